"""Certificates: PDF/A-3 with the signed document inside, every name set right, and nothing false put on paper."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from io import BytesIO
from typing import Any

import pypdf
import pytest
import segno

from ledger.chain.registry import StatusAction
from ledger.documents.credential import Learner
from ledger.documents.strict_json import JsonObject
from ledger.documents.text import REPLACEMENT
from ledger.errors import Conflict
from ledger.rendering.certificate import certificate_pdf
from ledger.rendering.content import content_of
from ledger.rendering.typefaces import FOLDER
from ledger.verifying.report import Outcome, VerificationReport
from ledger.wrapping.unwrapping import Wrapped, unwrap
from tests.builders import a_credential, a_record, a_signer, an_achievement
from tests.world import World

ADDRESS = "https://cairn.example/s/cairn_share_0123456789"
NAMES = {
    "Latin": "Nur Aisyah binti Rahman",
    "Chinese": "林佳穎 欧阳",
    "Cyrillic and Greek": "Ольга Ελένη",
    "Korean and Japanese": "김민수 山田ひらカタ",
    "Thai": "สมชาย",
}


def issued(world: World, name: str = "Nur Aisyah binti Rahman", **changes: Any) -> bytes:
    [document] = world.issue(a_credential(learner=Learner(name, "a@students.example", "0012"), **changes))
    return encoded(document)


def encoded(document: JsonObject) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def printed(world: World, document: bytes, **changes: Any) -> bytes:
    return certificate_pdf(document, world.verifier(**changes).verify(document), address=ADDRESS)


def read(pdf: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(BytesIO(pdf), strict=True)


def words(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text().split()) for page in read(pdf).pages)


@pytest.fixture
def world() -> World:
    return World()


def test_the_signed_document_is_inside_byte_for_byte_and_verifies(world: World) -> None:
    document = issued(world)
    pdf = printed(world, document)
    assert read(pdf).attachments == {"credential.json": [document]}
    [wrapped] = unwrap(pdf)
    assert isinstance(wrapped, Wrapped)
    assert world.verifier().verify(wrapped.content).verdict is Outcome.VALID


def test_it_claims_pdf_a_3b_and_keeps_to_what_that_asks(world: World) -> None:
    reader = read(printed(world, issued(world)))
    xmp = reader.xmp_metadata
    assert xmp is not None
    claimed = xmp.stream.get_data().decode()
    assert "<pdfaid:part>3</pdfaid:part>" in claimed
    assert "<pdfaid:conformance>B</pdfaid:conformance>" in claimed
    catalog: Any = reader.trailer["/Root"]
    [intent] = catalog["/OutputIntents"]
    assert intent.get_object()["/S"] == "/GTS_PDFA1"
    [attached] = catalog["/AF"]
    file = attached.get_object()
    assert file["/AFRelationship"] == "/Data"
    assert file["/EF"]["/F"].get_object()["/Subtype"] == "/application/vc"
    assert not reader.is_encrypted
    assert "/JavaScript" not in catalog.get("/Names", {})
    pages: list[Any] = list(reader.pages)
    for page in pages:
        for font in page["/Resources"].get_object()["/Font"].values():
            [below] = font.get_object()["/DescendantFonts"]
            assert {"/FontFile2", "/FontFile3"} & set(below.get_object()["/FontDescriptor"])


@pytest.mark.parametrize("script", NAMES)
def test_names_are_read_back_in_their_order(world: World, script: str) -> None:
    pdf = printed(world, issued(world, NAMES[script]))
    assert NAMES[script] in words(pdf)


@pytest.mark.parametrize("name", ["فاطمة الزهراء بنت عبدالله", "שרה לוי", "अनुष्का शर्मा", "நித்யா சுப்பிரமணியம்"])
def test_the_file_says_shaped_names_in_their_logical_order(world: World, name: str) -> None:
    # Programs that take text out of PDFs differ in how they undo shaping; all read the title the same way.
    reader = read(printed(world, issued(world, name)))
    assert reader.metadata is not None
    assert reader.metadata.title == f"{name} · Needs Assessment"
    with fonts_on_first_page(reader) as fonts:
        assert any(family in font for font in fonts for family in ("Naskh", "Hebrew", "Devanagari", "Tamil"))


@contextmanager
def fonts_on_first_page(reader: pypdf.PdfReader) -> Iterator[list[str]]:
    page: Any = reader.pages[0]
    yield [str(font.get_object()["/BaseFont"]) for font in page["/Resources"].get_object()["/Font"].values()]


def test_only_fonts_of_ours_are_used(world: World) -> None:
    ours = {path.stem.replace("-Regular", "").lower() for path in FOLDER.glob("*.ttf")}
    with fonts_on_first_page(read(printed(world, issued(world, "Ann 林 فاطمة")))) as fonts:
        names = {font.rpartition("+")[2].replace("-Regular", "").split("-")[0].lower() for font in fonts}
    assert names <= ours


def test_it_says_what_was_earned_in_plain_words(world: World) -> None:
    said = words(printed(world, issued(world, valid_until=date(2031, 3, 2))))
    for expected in (
        "Needs Assessment",
        "Universiti Sains Malaysia (recognised)",
        "issued by",
        "2 March 2026",
        "2 March 2031",
        "1 ECTS credit",
        "EQF level 6",
        "87.5 %",
        "Plan and carry out a needs assessment.",
        "Genuine and in force",
        "EMBEDDED CHAIN",
        "the ledger of this test",
        "urn:uuid:",
        "Without any site of ours",
        ADDRESS,
    ):
        assert expected in said, expected


def test_identifiers_can_be_copied_from_it(world: World) -> None:
    document = issued(world)
    report = world.verifier().verify(document)
    assert report.chain is not None
    assert report.digest is not None
    said = words(certificate_pdf(document, report, address=ADDRESS))
    for name in (report.digest, report.chain.registry):
        assert said.count(f"0x{(name or b'').hex()}") == 2  # on the first page and in the details
    elsewhere = replace(report, chain=replace(report.chain, registry=None))  # as documents of Blockcerts have it
    assert "Registry" not in words(certificate_pdf(document, elsewhere, address=ADDRESS))


def test_the_qr_code_leads_to_the_address(world: World) -> None:
    document = issued(world)
    report = world.verifier().verify(document)
    code = segno.make(ADDRESS, error="m", micro=False)
    drawn = sum(sum(row) for row in code.matrix)
    assert drawn > 0
    from ledger.rendering.qr import qr_svg

    expected = BytesIO()
    code.save(expected, kind="svg", dark="#000", light="#fff", border=4, xmldecl=False)
    assert qr_svg(ADDRESS) == expected.getvalue()
    other = certificate_pdf(document, report, address=ADDRESS + "x")
    assert other != certificate_pdf(document, report, address=ADDRESS)


def test_the_same_report_gives_the_same_file(world: World) -> None:
    document = issued(world)
    report = world.verifier().verify(document)
    assert certificate_pdf(document, report, address=ADDRESS) == certificate_pdf(document, report, address=ADDRESS)


@pytest.mark.parametrize(
    "name",
    [
        '#eval("1+1") #read("/etc/passwd") #image("x.png")',
        "$ sum_(i=0)^n ] } ) \\ # @ <a> *b* _c_ `d` = - + / ~",
        "]] #panic() [[",
        "#import sys: * // /* */",
        '"); pdf.attach("a", "b',
    ],
)
def test_texts_are_never_read_as_markup(world: World, name: str) -> None:
    pdf = printed(world, issued(world, name, achievement=an_achievement(title=name, description=name, criteria=name)))
    assert words(pdf).count(" ".join(name.split())) >= 3
    assert list(read(pdf).attachments) == ["credential.json"]


@pytest.mark.parametrize(
    "name", ["W" * 150, "Tengku Muhammad Ismail " * 6 + "Third", "林" * 150, "நி" * 75, "فاطمة " * 24 + "بنت"]
)
def test_long_names_keep_the_first_page_one_page(world: World, name: str) -> None:
    achievement = an_achievement(title="A very long title " * 8 + "that ends", outcomes=("Say much. " * 40,) * 10)
    reader = read(printed(world, issued(world, name.strip(), achievement=achievement)))
    first = " ".join(reader.pages[0].extract_text().split())
    assert "Fingerprint" in first
    assert len(reader.pages) <= 5
    assert "Say much." not in first


def test_what_cannot_be_drawn_is_marked_and_said(world: World) -> None:
    document = issued(world, "Ann 😀 Lee")
    report = world.verifier().verify(document)
    content = content_of(report)
    assert (content.name["text"], content.undrawn) == (f"Ann {REPLACEMENT} Lee", ("😀",))
    assert "stands for characters that this PDF cannot draw" in words(
        certificate_pdf(document, report, address=ADDRESS)
    )


def test_an_award_names_its_pathway(world: World) -> None:
    document = encoded(world.award(world.modules()))
    said = words(printed(world, document))
    assert "3 credentials of the learner, by the pathway “Instructional Design”, version 1" in said


def test_a_record_is_a_list_with_how_each_credential_stands(world: World) -> None:
    modules = world.modules()
    [record] = world.issue(a_record(*modules), issuer=world.publisher)
    world.set_status(2, StatusAction.REVOKE)
    document = encoded(record)
    pdf = printed(world, document)
    said = words(pdf)
    assert read(pdf).attachments == {"record.json": [document]}
    assert said.count("in force") == 3  # two rows, and the record itself
    assert said.count("revoked") == 1
    assert "put together by" in said.lower()


def test_a_record_of_many_credentials_goes_over_many_pages(world: World) -> None:
    credentials = world.issue(*(a_credential(number) for number in range(1, 61)))
    [record] = world.issue(a_record(*credentials), issuer=world.publisher)
    reader = read(printed(world, encoded(record)))
    assert len(reader.pages) >= 3
    assert all("STATUS" in page.extract_text() for page in list(reader.pages)[:-1])
    assert words(printed(world, encoded(record))).count("Needs Assessment") == 60


def test_a_withdrawn_or_altered_credential_is_never_put_on_paper(world: World) -> None:
    document = issued(world)
    altered = document.replace(b"Nur Aisyah", b"Nor Aisyah")
    with pytest.raises(Conflict, match="not valid") as refused:
        printed(world, altered)
    assert refused.value.code == "not_printable"
    world.set_status(1, StatusAction.SUSPEND)
    with pytest.raises(Conflict, match="suspended"):
        printed(world, document)


def test_an_expired_one_says_so_in_large_letters(world: World) -> None:
    said = words(printed(world, issued(world, valid_until=date(2026, 3, 3))))
    assert "EXPIRED" in said
    assert "Genuine and in force" not in said


def test_one_that_could_not_be_checked_says_so_and_confirms_no_name(world: World) -> None:
    document = issued(world)
    report = world.verifier(readers={}).verify(document)
    if report.verdict is not Outcome.INDETERMINATE:
        report = unchecked(report)
    said = words(certificate_pdf(document, report, address=ADDRESS))
    assert "NOT CONFIRMED" in said
    assert "nobody that is trusted here has confirmed it" in said
    assert "Genuine" not in said


def unchecked(report: VerificationReport) -> VerificationReport:
    checks = tuple(
        replace(check, outcome=Outcome.INDETERMINATE, code="registry_unreachable", message="The node gave no answer.")
        if check.id in ("anchor", "issuer", "status")
        else check
        for check in report.checks
    )
    issuer = replace(report.issuer, accredited_name=None)
    return replace(report, verdict=Outcome.INDETERMINATE, code="registry_unreachable", checks=checks, issuer=issuer)


def test_a_self_made_credential_in_a_great_name_confirms_nothing(world: World) -> None:
    stranger = world.register(replace(world.issuer.profile, did="did:web:elsewhere.example"), a_signer(9))
    [document] = world.issue(a_credential(issuer=stranger.profile), issuer=stranger)
    with pytest.raises(Conflict, match="no certificate is made"):
        printed(world, encoded(document))
