"""An employer without an account checks what they were sent: by hand, by dropping, pasting, and with a camera."""

from __future__ import annotations

import base64
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import orjson
import pypdf
import pytest
from playwright.sync_api import Browser, BrowserType, FilePayload, Page, expect

from tests.pages.looking import DESKTOP, PHONE, Look, looking
from tests.pages.scanning import film_of, picture_of
from tests.site import ORIGIN, Campus

pytestmark = pytest.mark.chromium

GIVE = """
([kind, files, text]) => {
  const data = new DataTransfer();
  for (const [name, type, content] of files) {
    data.items.add(new File([Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0))], name, { type }));
  }
  if (text) data.setData("text/plain", text);
  const event = kind === "paste"
    ? new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })
    : new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true });
  document.querySelector("main").dispatchEvent(event);
}
"""


def file(name: str, content: bytes, kind: str = "application/json") -> FilePayload:
    return {"name": name, "mimeType": kind, "buffer": content}


def give(page: Page, kind: str, *files: FilePayload, text: str = "") -> None:
    """Drops or pastes files or a text on the page."""
    packed = [[one["name"], one["mimeType"], base64.b64encode(one["buffer"]).decode()] for one in files]
    page.wait_for_load_state()  # before, no script of the page listens
    page.evaluate(GIVE, [kind, packed, text])


@pytest.mark.parametrize(("options", "colours"), [(PHONE, "light"), (DESKTOP, "dark")], ids=["phone", "desktop"])
def test_the_page_and_its_answers_are_open_to_everyone(
    campus: Campus, address: str, look: Callable[..., Look], options: dict[str, Any], colours: str
) -> None:
    found = look(**options, color_scheme=colours)
    page = found.page
    page.goto(f"{address}/check")
    expect(page.get_by_role("heading", level=1)).to_have_text("Check a credential")
    assert found.serious() == []
    page.get_by_role("button", name="Check it").click()
    expect(page.get_by_role("alert").filter(has_text="Not read")).to_be_visible()
    assert found.serious() == []
    page.get_by_label("… or choose files").set_input_files(file("a.json", campus.document()))
    page.get_by_role("button", name="Check it").click()
    expect(page.locator(".verdict .word")).to_have_text("Valid")
    assert found.serious() == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_without_a_script_everything_can_be_chosen_pasted_and_taken_along(
    campus: Campus, address: str, look: Callable[..., Look]
) -> None:
    page = look(**PHONE, java_script_enabled=False).page
    page.goto(f"{address}/check")
    expect(page.get_by_role("button", name="Scan a QR code")).to_be_hidden()

    page.get_by_label("Paste a link").fill("Dear Sir or Madam")
    page.get_by_role("button", name="Check it").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was checked.")
    expect(page.get_by_label("Paste a link")).to_have_value("Dear Sir or Madam")

    page.get_by_label("Paste a link").fill(campus.document().decode())
    page.get_by_role("button", name="Check it").click()
    expect(page.locator(".verdict .word")).to_have_text("Valid")

    page.get_by_label("Name the learner").check()
    with page.expect_download() as kept:
        page.get_by_role("button", name="Receipt as PDF").click()
    paper = Path(kept.value.path()).read_bytes()
    assert kept.value.suggested_filename == "verification-receipt.pdf"
    assert campus.credentials()[0].learner_name in pypdf.PdfReader(BytesIO(paper)).pages[0].extract_text()

    page.get_by_role("link", name="Check something else").click()
    page.get_by_label("… or choose files").set_input_files(
        [file("receipt.pdf", paper, "application/pdf"), file("credential.json", campus.document())]
    )
    page.get_by_role("button", name="Check it").click()
    expect(page.get_by_text("A genuine receipt")).to_be_visible()
    expect(page.get_by_text("Now: Valid")).to_be_visible()


def test_a_link_opens_its_page_and_asks_for_its_pin(campus: Campus, address: str, look: Callable[..., Look]) -> None:
    path = campus.a_full_wallet().a_path(pin="295174")
    page = look(java_script_enabled=False).page
    page.goto(f"{address}/check")
    page.get_by_label("Paste a link").fill(ORIGIN + path)
    page.get_by_role("button", name="Check it").click()
    expect(page).to_have_url(address + path)
    page.get_by_label("PIN").fill("295174")
    page.get_by_role("button", name="Open").click()
    expect(page.locator(".verdict .word")).to_have_text("Valid")

    page.goto(f"{address}/check")
    page.get_by_label("Paste a link").fill("https://elsewhere.example/badge/7")
    page.get_by_role("button", name="Check it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("A link to another site")
    expect(page.get_by_role("link", name="elsewhere.example")).to_have_attribute("rel", "noreferrer noopener nofollow")


@pytest.mark.parametrize("kind", ["drop", "paste"])
def test_files_and_texts_are_dropped_and_pasted_anywhere(
    campus: Campus, address: str, look: Callable[..., Look], kind: str
) -> None:
    page = look().page
    page.goto(f"{address}/check")
    give(page, kind, file("a.json", campus.document(0)), file("b.json", campus.document(1)), file("c.txt", b"{"))
    expect(page.get_by_role("heading", level=1)).to_have_text("What was checked")
    for name in ("a.json", "b.json", "c.txt"):
        expect(page.get_by_role("heading", name=name)).to_be_visible()

    page.goto(f"{address}/check")
    give(page, kind, text=campus.document().decode())
    expect(page.locator(".verdict .word")).to_have_text("Valid")


def test_what_is_too_large_or_shows_no_code_is_said_before_it_is_sent(address: str, look: Callable[..., Look]) -> None:
    page = look(**PHONE).page
    page.goto(f"{address}/check")
    give(page, "drop", file("large.json", b" " * (5 * 1024 * 1024 + 1)))
    expect(page.get_by_role("alert")).to_contain_text("more than 5 MB")
    give(page, "drop", *[file(f"{number}.json", b"{}") for number in range(21)])
    expect(page.get_by_role("alert")).to_contain_text("more than 20 files")
    page.get_by_label("… or choose a photo of it").set_input_files(file("no.jpg", b"\xff\xd8\xff", "image/jpeg"))
    expect(page.get_by_role("alert")).to_contain_text("could not be opened")
    expect(page).to_have_url(f"{address}/check")


def test_a_photo_of_a_code_is_read_in_the_browser(campus: Campus, address: str, look: Callable[..., Look]) -> None:
    path = campus.a_full_wallet().a_path()
    found = look(**PHONE)
    found.page.goto(f"{address}/check")
    photo = file("photo.png", picture_of(ORIGIN + path), "image/png")
    found.page.get_by_label("… or choose a photo of it").set_input_files(photo)
    expect(found.page).to_have_url(address + path)

    found.page.goto(f"{address}/check")
    give(found.page, "drop", file("screenshot.png", picture_of('{"a": "code that holds a text"}'), "image/png"))
    expect(found.page.locator(".verdict .word")).to_have_text("Not valid")


def test_a_receipt_alone_says_what_held_then_and_offers_to_look_again(
    campus: Campus, address: str, look: Callable[..., Look]
) -> None:
    receipt = campus.client.post(
        "/v1/receipts", content=campus.document(), headers={"Content-Type": "application/json"}
    ).content
    found = look(**PHONE)
    page = found.page
    page.goto(f"{address}/check")
    give(page, "drop", file("receipt.json", receipt))
    expect(page.get_by_text("It says what held then, and nothing about now.")).to_be_visible()
    expect(page.get_by_role("heading", name="What holds now?")).to_be_visible()
    assert found.serious() == []
    give(page, "drop", file("receipt.json", receipt), file("credential.json", campus.document()))
    expect(page.get_by_text("Now: Valid")).to_be_visible()

    forged = orjson.loads(receipt)
    forged["documents"][0]["title"] = "Doctor of Everything"
    page.goto(f"{address}/check")
    give(page, "drop", file("receipt.json", orjson.dumps(forged)))
    expect(page.get_by_text("Not a genuine receipt")).to_be_visible()
    expect(page.get_by_text("Doctor of Everything")).to_have_count(0)


def with_camera(browser_type: BrowserType, options: dict[str, Any], film: Path, *, allowed: bool = True) -> Browser:
    """A browser of its own, whose camera shows a film. What starts it belongs to the process, not to a context."""
    answer = "--use-fake-ui-for-media-stream" if allowed else "--deny-permission-prompts"
    camera = ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={film}", answer]
    return browser_type.launch(**{**options, "args": [*options["args"], *camera]})


@pytest.mark.parametrize("options", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_a_code_before_the_camera_opens_what_it_leads_to(
    campus: Campus,
    address: str,
    tmp_path: Path,
    browser_type: BrowserType,
    browser_type_launch_args: dict[str, Any],
    options: dict[str, Any],
) -> None:
    path = campus.a_full_wallet().a_path()
    film = film_of(ORIGIN + path, tmp_path / "code.y4m")
    with with_camera(browser_type, browser_type_launch_args, film) as browser:
        found = looking(browser, **options)
        fetched: list[str] = []
        found.page.on("request", lambda request: fetched.append(request.url))
        found.page.goto(f"{address}/check")
        assert not any("jsqr" in url for url in fetched)
        found.page.get_by_role("button", name="Scan a QR code").click()
        expect(found.page).to_have_url(address + path)
        expect(found.page.locator(".verdict .word")).to_have_text("Valid")
        assert any("jsqr" in url for url in fetched)
        assert found.complaints == []


def test_the_camera_can_be_stopped_and_a_refusal_says_what_to_do(
    address: str, tmp_path: Path, browser_type: BrowserType, browser_type_launch_args: dict[str, Any]
) -> None:
    film = film_of("x", tmp_path / "code.y4m")
    film.write_bytes(film.read_bytes().replace(bytes([16]), bytes([235])))  # nothing but white
    with with_camera(browser_type, browser_type_launch_args, film) as browser:
        found = looking(browser, **DESKTOP)
        found.page.goto(f"{address}/check")
        found.page.get_by_role("button", name="Scan a QR code").click()
        expect(found.page.get_by_text("Hold the code in front of the camera.")).to_be_visible()
        assert found.serious() == []
        found.page.get_by_role("button", name="Stop the camera").click()
        expect(found.page.locator("video")).to_be_hidden()
        expect(found.page.get_by_role("button", name="Scan a QR code")).to_be_focused()
        assert found.complaints == []
    with with_camera(browser_type, browser_type_launch_args, film, allowed=False) as browser:
        found = looking(browser, **DESKTOP)
        found.page.goto(f"{address}/check")
        found.page.get_by_role("button", name="Scan a QR code").click()
        expect(found.page.get_by_role("alert")).to_contain_text("The camera was not allowed.")
        assert found.complaints == []
