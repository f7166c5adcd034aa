from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openbadgeslib import baking as judge

from ledger.documents.strict_json import parse
from ledger.errors import MalformedDocument
from ledger.wrapping.baking import bake_svg
from ledger.wrapping.svg import credential_in_svg
from tests.wrappings import JWS, SVG, an_svg

DOCUMENT = '{"name":"学習 🎓 ]]> &amp; <b>"}'.encode()
OPEN_BADGES = 'xmlns:openbadges="https://purl.imsglobal.org/ob/v3p0"'
RECORD = 'xmlns:clr="https://purl.imsglobal.org/clr/v2p0"'
VECTORS = Path(__file__).resolve().parents[2] / "vectors" / "1edtech-baked-badges"


def code_for(picture: bytes) -> str:
    with pytest.raises(MalformedDocument) as caught:
        credential_in_svg(picture)
    return caught.value.code


@pytest.mark.parametrize("content", [DOCUMENT, JWS])
@pytest.mark.parametrize("record", [False, True])
def test_what_is_baked_in_can_be_read_by_us_and_by_others(content: bytes, record: bool) -> None:
    baked = bake_svg(SVG, content, record=record).encode()
    assert credential_in_svg(baked) == content
    element = "clr:credential" if record else judge.SVG_ELEMENT_OB3
    assert judge.extract_svg(baked, element=element, text_fallback=True) == content.decode()


@pytest.mark.parametrize(("content", "as_text"), [(DOCUMENT, True), (JWS, False), (JWS, True)])
def test_what_others_bake_in_can_be_read(content: bytes, as_text: bool) -> None:
    baked = judge.bake_svg(
        SVG.encode(),
        content.decode(),
        "a comment",
        element=judge.SVG_ELEMENT_OB3,
        namespace=judge.SVG_NS_OB3,
        as_text=as_text,
    )
    assert credential_in_svg(baked) == content


def test_the_samples_that_the_standards_body_publishes_can_be_read() -> None:
    document = parse(credential_in_svg((VECTORS / "simple-json.svg").read_bytes()))
    assert (document["id"], document["name"]) == ("http://example.edu/credentials/3732", "Example University Degree")
    jws = credential_in_svg((VECTORS / "simple-jwt.svg").read_bytes())
    assert jws.startswith(b"eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.")
    assert jws.count(b".") == 2


def test_a_published_sample_can_be_baked_again() -> None:
    picture = (VECTORS / "simple-json.svg").read_text(encoding="utf-8")
    baked = bake_svg(picture, JWS, record=False)
    assert credential_in_svg(baked.encode()) == JWS
    shape = picture[picture.index("<g>") :]
    assert baked.endswith(shape)


def test_the_credential_is_the_first_element_and_the_rest_stays() -> None:
    assert bake_svg(SVG, DOCUMENT.replace(b"]]>", b""), record=False) == SVG.replace(
        ' viewBox="0 0 9 9">',
        f' viewBox="0 0 9 9" {OPEN_BADGES}><openbadges:credential><![CDATA['
        f"{DOCUMENT.decode().replace(']]>', '')}]]></openbadges:credential>",
    )


def test_baking_again_takes_the_place_of_what_was_baked_in() -> None:
    nested = an_svg('<g><openbadges:credential verify="a.b.c"/></g>', OPEN_BADGES).decode()
    for first in (bake_svg(SVG, JWS, record=False), bake_svg(SVG, DOCUMENT, record=True), nested):
        twice = bake_svg(first, DOCUMENT, record=False).encode()
        assert credential_in_svg(twice) == DOCUMENT
        assert JWS not in twice


@pytest.mark.parametrize(
    "picture",
    [
        '<svg xmlns="http://www.w3.org/2000/svg"/>',
        '<?xml version="1.0" encoding="UTF-8"?>\n<!-- drawn --><svg xmlns="http://www.w3.org/2000/svg" />',
        '<s:svg xmlns:s="http://www.w3.org/2000/svg" s:title="a > b"><s:g/></s:svg>',
        "<svg xmlns='http://www.w3.org/2000/svg' xmlns:openbadges='http://openbadges.org'></svg>",
        f'<svg xmlns="http://www.w3.org/2000/svg" {OPEN_BADGES}\n>é</svg>',
    ],
)
def test_pictures_of_many_shapes_can_be_baked(picture: str) -> None:
    for content in (DOCUMENT, JWS):
        baked = bake_svg(picture, content, record=False).encode()
        assert credential_in_svg(baked) == content
        ElementTree.fromstring(baked)  # noqa: S314 - our own picture


@settings(max_examples=60, deadline=None)
@given(value=st.text())
def test_every_text_survives_the_picture(value: str) -> None:
    document = orjson.dumps({"name": value.replace("\x00", "")})
    assert orjson.loads(credential_in_svg(bake_svg(SVG, document, record=False).encode())) == orjson.loads(document)


BOMB = '<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
DEFAULT = '<!DOCTYPE svg [<!ATTLIST svg verify CDATA "a.b.c">]>'
CREDENTIAL = '<openbadges:credential verify="a.b.c"/>'


@pytest.mark.parametrize(
    ("picture", "code"),
    [
        (SVG.encode(), "image_without_credential"),
        (an_svg("<openbadges:credential/>"), "image_invalid"),
        (an_svg('<a:assertion xmlns:a="http://openbadges.org" verify="a.b.c"/>'), "open_badges_2"),
        (an_svg(CREDENTIAL * 2, OPEN_BADGES), "image_ambiguous"),
        (an_svg(CREDENTIAL + '<clr:credential verify="a.b.c"/>', f"{OPEN_BADGES} {RECORD}"), "image_ambiguous"),
        (an_svg("<openbadges:credential>{<b/>}</openbadges:credential>", OPEN_BADGES), "image_invalid"),
        (BOMB.encode() + an_svg(CREDENTIAL + "&b;", OPEN_BADGES), "image_invalid"),
        (OUTSIDE.encode() + an_svg(CREDENTIAL + "&x;", OPEN_BADGES), "image_invalid"),
        (DEFAULT.encode() + an_svg(CREDENTIAL, OPEN_BADGES), "image_invalid"),
        (b'<!DOCTYPE svg SYSTEM "http://127.0.0.1:9/x.dtd">' + an_svg("&nbsp;"), "image_invalid"),
        (an_svg("<a>" * 300), "image_invalid"),
        (an_svg("<a/>" * 150_000), "image_invalid"),
        (an_svg(CREDENTIAL, OPEN_BADGES)[:-3], "image_invalid"),
        (b'<?xml version="1.0" encoding="rot13"?><svg/>', "image_invalid"),
        (b'<?xml version="1.0" encoding="shift_jis"?><svg/>', "image_invalid"),
        (b"<html></html>", "form_unsupported"),
        (b"<svg/>", "form_unsupported"),
    ],
)
def test_what_is_damaged_hostile_or_unclear_is_refused(picture: bytes, code: str) -> None:
    assert code_for(picture) == code


def test_a_script_in_a_picture_does_no_harm_because_it_is_never_drawn() -> None:
    assert credential_in_svg(an_svg(CREDENTIAL + "<script>alert(1)</script>", OPEN_BADGES)) == b"a.b.c"


@pytest.mark.parametrize("picture", ["", "hello", "<svg", '<?xml version="1.0" encoding="latin-1"?>' + SVG])
def test_what_is_no_picture_is_not_baked(picture: str) -> None:
    with pytest.raises(MalformedDocument) as caught:
        bake_svg(picture, DOCUMENT, record=False)
    assert caught.value.code == "image_invalid"
