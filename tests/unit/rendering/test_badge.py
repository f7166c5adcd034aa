"""Badge pictures: complete in themselves, and with the credential baked in where others look for it."""

from __future__ import annotations

import re
import struct

import defusedxml.ElementTree
import pytest
from openbadgeslib.baking import ITXT_KEYWORD_OB3, extract_png, extract_svg

from ledger.chain.registry import StatusAction
from ledger.errors import Conflict
from ledger.rendering.badge import badge_png, badge_svg
from ledger.rendering.forms import Form, render
from ledger.wrapping.unwrapping import Wrapped, unwrap
from tests.builders import a_credential, a_record, an_achievement
from tests.unit.rendering.test_certificate import ADDRESS, encoded
from tests.world import World


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def document(world: World) -> bytes:
    [document] = world.issue(a_credential(achievement=an_achievement(title="تقييم الاحتياجات · 需求评估")))
    return encoded(document)


def test_others_find_the_credential_in_the_baked_badges(world: World, document: bytes) -> None:
    png = render(Form.PNG, document, world.verifier().verify, address=ADDRESS)
    svg = render(Form.SVG, document, world.verifier().verify, address=ADDRESS)
    assert (png.media_type, svg.media_type) == ("image/png", "image/svg+xml")
    assert extract_png(png.content, keyword=ITXT_KEYWORD_OB3) == document.decode()
    assert extract_svg(svg.content, element="openbadges:credential", text_fallback=True) == document.decode()
    for made in (png, svg):
        [wrapped] = unwrap(made.content)
        assert isinstance(wrapped, Wrapped)
        assert bool(world.verifier().verify(wrapped.content))


def test_a_record_is_baked_as_a_record(world: World) -> None:
    [record] = world.issue(a_record(*world.modules()), issuer=world.publisher)
    made = render(Form.PNG, encoded(record), world.verifier().verify, address=ADDRESS)
    assert made.file_name == "record.png"
    assert extract_png(made.content, keyword=b"clrcredential") == encoded(record).decode()


def test_the_png_is_of_the_size_that_people_expect(world: World, document: bytes) -> None:
    png = badge_png(world.verifier().verify(document))
    assert struct.unpack(">II", png[16:24]) == (800, 800)


def test_the_svg_needs_nothing_from_elsewhere(world: World, document: bytes) -> None:
    svg = badge_svg(world.verifier().verify(document))
    root = defusedxml.ElementTree.fromstring(svg)
    assert {element.tag.rpartition("}")[2] for element in root.iter()} <= {
        "svg", "path", "g", "use", "defs", "symbol", "clipPath"
    }  # fmt: skip
    assert all(link.startswith("#") for link in re.findall(r'href="([^"]*)"', svg))
    assert not re.search(r"url\((?!#)|@import|\son[a-z]+=", svg)


def test_a_badge_is_not_made_of_what_is_revoked(world: World, document: bytes) -> None:
    world.set_status(1, StatusAction.REVOKE)
    for form in (Form.PNG, Form.SVG, Form.PDF, Form.LINKEDIN):
        with pytest.raises(Conflict) as refused:
            render(form, document, world.verifier().verify, address=ADDRESS)
        assert refused.value.code == "not_printable"
    assert render(Form.JSON, document, world.verifier().verify, address=ADDRESS).content == document
