"""A registrar's whole job in a browser: a file with mistakes, a second person, the block, a letter that came back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import expect

from api.staff.values import Role
from tests.pages.looking import DESKTOP, PATIENCE, PHONE, Look, reload_until, serving
from tests.sinks import MailSink, mail_sink
from tests.site import Campus, apart

UM = Path(__file__).resolve().parents[2] / "samples" / "um"
HEADINGS = "Kod Kursus,No. Matrik,Nama Penuh,E-mel,Gred,Tarikh,Fakulti"
BOUNCING = "hanako.ueda@example.org"


@dataclass
class Office:
    """A site of its own with mail, an institution with a programme and no batch, and a file with three mistakes.

    What issues something there issues in an institution that no other test of this file issues in.
    """

    campus: Campus
    address: str
    mail: MailSink
    file: Path

    def path(self, slug: str = "um") -> str:
        return f"{self.address}/staff/issuers/{slug}"

    def enter(self, found: Look, *roles: Role, email: str) -> None:
        """Signs a browser in as somebody of the institution whose name the address ends with."""
        slug = email.rpartition("@")[2].removesuffix(".example")
        token = self.campus.staff_token(slug, *roles, email=email)
        found.page.context.add_cookies([{"name": "cairn-staff", "value": token, "url": self.address}])


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    with pytest.MonkeyPatch.context() as patch, mail_sink() as mail:
        patch.setenv("CAIRN_SMTP_URL", mail.url)
        patch.setenv("CAIRN_MAIL_FROM", "registry@um.example")
        patch.setattr("ledger.delivering.schedule.REFUSALS", 1)  # nobody waits here for the third try
        mail.refuses[BOUNCING] = "550 no such user"
        with apart(folder) as campus, serving(campus.app) as address:
            campus.workspace.programmes.add("um", (UM / "programme.json").read_bytes())
            for name in ("one", "two"):  # two who may approve: then two persons are needed
                campus.staff_token("um", Role.APPROVES, email=f"{name}@um.example")
            yield Office(campus, address, mail, a_file(folder / "learners.csv"))


def a_file(path: Path) -> Path:
    """Nine rows of the samples under other headings: a date in another form, no address, a grade that is no pass."""
    rows = [f"{line},FBL" for line in (UM / "learners.csv").read_text("utf-8").splitlines()[1:10]]
    rows[0] = rows[0].replace("2025-09-20", "20/09/2025")
    rows[1] = rows[1].replace("@students.example", "")
    rows[2] = rows[2].replace(",B+,", ",E,")
    path.write_text("\n".join([HEADINGS, *rows, ""]), "utf-8")
    return path


def test_from_a_file_with_mistakes_to_credentials_that_learners_have(office: Office, look: Callable[..., Look]) -> None:
    preparer, approver = look(**DESKTOP), look(**PHONE)
    office.enter(preparer, Role.PREPARES, email="prepares@um.example")
    office.enter(approver, Role.APPROVES, email="one@um.example")

    batch = a_batch_is_prepared(office, preparer)
    a_second_person_approves(office, approver, batch)
    a_letter_that_came_back_is_mended(office, preparer)
    everything_is_found_again(office, preparer)


def a_batch_is_prepared(office: Office, found: Look) -> str:
    page = found.page
    page.goto(office.path())
    expect(page.get_by_text("From here to your first credential")).to_be_visible()
    assert found.serious() == []

    page.get_by_role("link", name="New batch").click()
    page.set_input_files("#file", office.file)
    assert found.serious() == []
    page.get_by_role("button", name="Check the file").click()
    # Six columns are taken for what they are by their Malay names, and one of ours is left out.
    for number, name in enumerate(("achievement", "learner_id", "name", "email", "result", "awarded_on", "")):
        expect(page.locator(f"#column-{number}")).to_have_value(name)
    assert found.serious() == []

    page.get_by_role("button", name="Check the rows").click()
    expect(page.get_by_role("heading", name="3 rows have to be put right")).to_be_visible()
    expect(page.locator("[aria-invalid]")).to_have_count(3)
    expect(page.get_by_text("Write one of: A+, A, A-, B+, B, B-, C+, C.")).to_be_visible()
    assert found.serious() == []
    page.get_by_label("Row 2, Awarded on").fill("2025-09-20")
    page.get_by_label("Row 3, E-mail").fill("nur.aisyah@students.example")
    page.get_by_role("button", name="Check again").click()
    expect(page.get_by_role("heading", name="1 row has to be put right")).to_be_visible()
    page.get_by_label("Row 4, Result").fill("B+")
    page.get_by_role("button", name="Check again").click()
    expect(page.get_by_role("heading", name="All 9 rows are right")).to_be_visible()

    page.get_by_role("button", name="Make a draft of 9 credentials").click()
    expect(page.get_by_role("heading", name="Introduction to Malay language")).to_be_visible()
    page.get_by_role("link", name="Certificate").click()
    width = page.locator(".sheet-picture").evaluate("picture => picture.decode().then(() => picture.naturalWidth)")
    assert width > 400
    assert found.serious() == []
    page.get_by_role("button", name="Send for approval").click()
    expect(page.get_by_text("Somebody with the role “Approves” has to look at it.")).to_be_visible()
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    return page.url


def a_second_person_approves(office: Office, found: Look, batch: str) -> None:
    page = found.page
    page.goto(office.path())
    page.get_by_role("link", name="waits for your approval").click()
    expect(page).to_have_url(batch)
    facts = page.locator(".facts")
    expect(facts).to_contain_text(re.compile(r"about [0-9.]+ ETH, however many credentials there are"))
    expect(facts).to_contain_text(re.compile("Cairn[’']s embedded chain"))
    expect(facts).to_contain_text("enough for about")
    assert found.serious() == []
    page.get_by_role("button", name="Approve and send").click()
    # The states come by themselves: nobody loads the page again.
    expect(page.locator(".stages li.done", has_text="Ready for learners")).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".stages").get_by_text(re.compile(r"Block [0-9]+"))).to_have_count(2)
    expect(page.locator(".stages").get_by_text(re.compile(r"[0-9,]+ gas used"))).to_have_count(1)
    expect(page.locator("#found tbody .chip.valid").filter(has_text="Issued").first).to_be_visible(timeout=PATIENCE)
    expect(page.locator("#found tbody").get_by_text("Draft")).to_have_count(0)
    expect(page.get_by_role("link", name="Deliveries")).to_be_visible()
    page.reload()
    expect(page.get_by_role("link", name="Deliveries")).to_be_visible()
    assert found.serious() == []


def a_letter_that_came_back_is_mended(office: Office, found: Look) -> None:
    page = found.page
    page.goto(f"{office.path()}/batches")
    page.locator("tbody a").first.click()
    page.get_by_role("link", name="Deliveries").click()
    expect(page.get_by_role("link", name="Came back")).to_be_visible()
    reload_until(page.get_by_role("link", name="Came back (4)"))
    page.get_by_role("link", name="Came back (4)").click()
    expect(page.get_by_text("The mail server knows no such address. (code 550)")).to_have_count(4)
    assert found.serious() == []
    page.locator("tbody a").first.click()
    page.get_by_label("Address").fill("hanako@students.example")
    assert found.serious() == []
    page.get_by_role("button", name="Correct it and write again").click()
    expect(page.get_by_text("The address is corrected")).to_be_visible()
    for _ in range(PATIENCE // 200):
        if sum(str(message["To"]) == "hanako@students.example" for message in office.mail.messages) == 4:
            break
        page.wait_for_timeout(200)
    else:
        pytest.fail("the letters did not go to the other address")


def everything_is_found_again(office: Office, found: Look) -> None:
    page = found.page
    page.goto(f"{office.path()}/credentials")
    page.get_by_label("Name, number, address or id").fill("hanako@students")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_text("4 were found.")).to_be_visible()
    page.select_option("#achievement", label="Malay language advanced")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("status").get_by_text("1 was found.")).to_be_visible()
    assert found.serious() == []
    page.locator("tbody a").first.click()
    page.get_by_role("button", name="A link to hand over").click()
    expect(page.get_by_label("A link for the learner")).to_have_value(re.compile("/claim/cairn_mail_"))


def test_the_same_without_script(office: Office, look: Callable[..., Look]) -> None:
    preparer = look(**DESKTOP, java_script_enabled=False)
    approver = look(**DESKTOP, java_script_enabled=False, color_scheme="dark")
    office.enter(preparer, Role.APPROVES, email="one@usm.example")
    office.enter(approver, Role.APPROVES, email="two@usm.example")
    page = preparer.page
    page.goto(f"{office.path('usm')}/batches/new")
    page.locator("summary", has_text="Or paste rows").click()
    page.get_by_label("Rows with their headings").fill(
        "achievement\tlearner_id\tname\temail\tresult\tawarded_on\n"
        "intro\tS9001\tمريم علي\tmaryam@students.example\t88\t2026-01-17\n"
        "intro\tS9002\tTan Wei\ttan@gmial.com\t88\t17.1.2026\n"
    )
    page.get_by_role("button", name="Check the file").click()
    page.get_by_label("Row 3, Awarded on").fill("2026-01-17")
    page.get_by_role("button", name="Check again").click()
    expect(page.get_by_text("The address looks mistyped.")).to_be_visible()
    page.get_by_role("button", name="Make a draft of 2 credentials").click()
    page.get_by_role("button", name="Send for approval").click()
    expect(page.get_by_text("You prepared this batch: somebody else has to approve it.")).to_be_visible()

    other = approver.page
    other.goto(page.url)
    other.locator("summary", has_text="Send it back").click()
    other.get_by_label("What has to be changed").fill("Learner S9002 has another address.")
    with other.expect_navigation():
        other.get_by_role("button", name="Send it back").click()
    page.goto(office.path("usm"))
    page.get_by_role("link", name="was sent back to you").click()
    expect(page.get_by_text("Learner S9002 has another address.")).to_be_visible()
    page.get_by_role("button", name="Send for approval").click()
    expect(page.get_by_text("You prepared this batch: somebody else has to approve it.")).to_be_visible()
    other.reload()
    with other.expect_navigation():
        other.get_by_role("button", name="Approve and send").click()
    office.campus.settled()
    other.reload()
    expect(other.locator(".stages li.done")).to_have_count(8)


def test_on_a_phone_and_from_the_right(office: Office, look: Callable[..., Look]) -> None:
    found = look(**PHONE, color_scheme="dark")
    office.enter(found, Role.APPROVES, email="two@um.example")
    for path in ("", "/batches", "/batches/new", "/credentials", "/bounces"):
        found.page.goto(f"{office.path()}{path}?lang=ar")
        assert found.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert found.serious() == [], path
