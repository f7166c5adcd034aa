"""Digital Bazaar's vc accepts a presentation that Cairn signs, for the challenge and the audience that were asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import orjson
import pytest

from ledger.documents.did import did_key
from ledger.issuing.signer import Ed25519Signer
from ledger.proofs.presenting import holder_of_did_key, present
from tests.interop.court import Court

pytestmark = pytest.mark.node

KEY = Ed25519Signer.from_seed(b"\x33" * 32)
HOLDER = holder_of_did_key(did_key(KEY.public_key), KEY)
ASKED = {"challenge": "n-1", "domain": "https://employer.example"}


def a_presentation(court: Court) -> bytes:
    return orjson.dumps(
        present(
            court.shelf.credentials[:1],
            HOLDER,
            challenge=ASKED["challenge"],
            audience=ASKED["domain"],
            created=datetime.now(UTC),
            lifetime=timedelta(minutes=10),
        )
    )


@pytest.mark.parametrize("judge", ["vp rdfc", "vp jcs"])
def test_a_presentation_is_accepted_for_what_was_asked(judge: str, court: Court) -> None:
    document = a_presentation(court)
    good = court.node.judge(judge, document, **ASKED)
    assert good.accepts, good.reason
    for change in ({"challenge": "n-2"}, {"domain": "https://x.example"}):
        assert not court.node.judge(judge, document, **ASKED | change).accepts
    changed = orjson.dumps({**orjson.loads(document), "id": "urn:uuid:00000000-0000-4000-8000-000000000000"})
    assert not court.node.judge(judge, changed, **ASKED).accepts
