"""The LinkedIn link: every value percent-encoded, dates as years and months, and only what was checked."""

from __future__ import annotations

from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest

from ledger.errors import CairnError, Conflict
from ledger.rendering.linkedin import linkedin_link
from ledger.verifying.report import VerificationReport
from tests.builders import a_credential, a_record, an_achievement, credential_id
from tests.unit.rendering.test_certificate import ADDRESS, encoded, unchecked
from tests.world import World

TITLE = "R&D = 100% ? #1 / نِظام + “x”"


def report(world: World) -> VerificationReport:
    credential = a_credential(achievement=an_achievement(title=TITLE), valid_until=date(2031, 12, 31))
    [document] = world.issue(credential)
    return world.verifier().verify(encoded(document))


def test_every_value_comes_back_as_it_was() -> None:
    link = linkedin_link(report(World()), address=ADDRESS)
    parts = urlsplit(link)
    assert (parts.scheme, parts.netloc, parts.path, parts.fragment) == ("https", "www.linkedin.com", "/profile/add", "")
    assert link.isascii()
    assert {name: value for name, [value] in parse_qs(parts.query, strict_parsing=True).items()} == {
        "startTask": "CERTIFICATION_NAME",
        "name": TITLE,
        "organizationName": "Universiti Sains Malaysia (recognised)",
        "issueYear": "2026",
        "issueMonth": "3",
        "expirationYear": "2031",
        "expirationMonth": "12",
        "certUrl": ADDRESS,
        "certId": credential_id(1),
    }


@pytest.mark.parametrize(
    "address",
    ["http://cairn.example/s/x", "javascript:alert(1)", "https://", "", "https://a.example/ b", "//a.example"],
)
def test_only_a_public_https_address_is_linked_to(address: str) -> None:
    with pytest.raises(CairnError) as refused:
        linkedin_link(report(World()), address=address)
    assert refused.value.code == "address_invalid"


def test_what_could_not_be_checked_or_is_no_achievement_is_not_offered() -> None:
    world = World()
    with pytest.raises(Conflict) as refused:
        linkedin_link(unchecked(report(world)), address=ADDRESS)
    assert refused.value.code == "form_unsupported"
    [record] = world.issue(a_record(), issuer=world.publisher)
    with pytest.raises(Conflict):
        linkedin_link(world.verifier().verify(encoded(record)), address=ADDRESS)
