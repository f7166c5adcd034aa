"""Check 8: revoked, suspended, withdrawn, each with its reason, and the published list for documents of others."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from ledger.chain.registry import Reason, StatusAction
from ledger.documents.codecs import encode_base64url
from ledger.documents.did import did_key
from ledger.documents.strict_json import JsonObject
from ledger.errors import RegistryUnreachable
from ledger.proofs.data_integrity import EDDSA_JCS, sign
from ledger.proofs.status_list import build_status_list
from ledger.verifying.readings import MAX_HISTORY_LOOKUPS
from ledger.verifying.report import Outcome, VerificationReport
from ledger.verifying.status import NO_REASON, REASONS
from tests.builders import ISSUER, SALT, a_credential, a_signer
from tests.world import SIGNED_AT, World


@pytest.mark.parametrize("reason", list(Reason))
def test_a_revoked_credential_is_invalid_and_says_why_and_since_when(world: World, reason: Reason) -> None:
    (issued,) = world.issue(a_credential(300))
    assert world.verifier().verify(orjson.dumps(issued))
    world.set_status(300, StatusAction.REVOKE, reason)
    report = world.verifier().verify(orjson.dumps(issued))
    assert (report.verdict, report.code) == (Outcome.INVALID, "revoked")
    assert REASONS[reason] in report.message
    revoked_at = datetime.fromtimestamp(world.memory.head.time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert report.check("status").evidence["changed_at"] == revoked_at


def test_only_the_credential_that_was_revoked_is(world: World) -> None:
    issued = world.issue(*(a_credential(number) for number in (254, 255, 256, 257)))
    world.set_status(255, StatusAction.REVOKE)
    codes = [world.verifier().verify(orjson.dumps(document)).code for document in issued]
    assert codes == ["valid", "revoked", "valid", "valid"]


def test_a_suspension_comes_and_goes(world: World) -> None:
    (issued,) = world.issue(a_credential())
    world.set_status(1, StatusAction.SUSPEND, Reason.ASSESSMENT_INVALID)
    report = world.verifier().verify(orjson.dumps(issued))
    assert (report.verdict, report.code) == (Outcome.INVALID, "suspended")
    assert REASONS[Reason.ASSESSMENT_INVALID] in report.message
    world.set_status(1, StatusAction.REINSTATE, 0)
    assert world.verifier().verify(orjson.dumps(issued))


def test_revoked_wins_over_suspended(world: World) -> None:
    (issued,) = world.issue(a_credential())
    world.set_status(1, StatusAction.REVOKE, Reason.COMPROMISED)
    world.set_status(1, StatusAction.SUSPEND)
    report = world.verifier().verify(orjson.dumps(issued))
    assert (report.code, report.check("status").evidence["reason"]) == ("revoked", REASONS[Reason.COMPROMISED])


def test_a_withdrawn_batch_takes_all_its_credentials_along(world: World) -> None:
    issued = world.issue(a_credential(1), a_credential(2))
    (other,) = world.issue(a_credential(3))
    world.withdraw(issued[0], Reason.SUPERSEDED)
    for document in issued:
        report = world.verifier().verify(orjson.dumps(document))
        assert (report.verdict, report.code) == (Outcome.INVALID, "batch_withdrawn")
        assert REASONS[Reason.SUPERSEDED] in report.message
    assert world.verifier().verify(orjson.dumps(other))


class WithoutHistory:
    """A registry that answers for its state and not for its events."""

    def __init__(self, world: World) -> None:
        self._registry = world.registry
        self.chain_id, self.registry = world.registry.chain_id, world.registry.registry
        self.asked = 0

    def status_events(self, *_: Any) -> Any:
        self.asked += 1
        raise RegistryUnreachable("logs are not kept")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._registry, name)


def test_a_history_that_can_not_be_read_never_softens_the_verdict(world: World) -> None:
    issued = world.issue(*(a_credential(number) for number in range(1, 31)))
    for number in range(1, 31):
        world.set_status(number, StatusAction.REVOKE)
    reader = WithoutHistory(world)
    verifier = world.verifier(readers={(reader.chain_id, reader.registry): reader})
    reports = verifier.verify_many([orjson.dumps(document) for document in issued])
    for report in reports:
        assert isinstance(report, VerificationReport)
        assert (report.verdict, report.code) == (Outcome.INVALID, "revoked")
        assert NO_REASON in report.message
    assert reader.asked == MAX_HISTORY_LOOKUPS


# --- documents of others, without an anchor, that name a published list ---

LIST_URL = f"{ISSUER.base_url}/status/0"


def a_foreign_badge(index: int = 7, **status: Any) -> tuple[JsonObject, str]:
    """An Open Badge signed by a did:key, and that did."""
    did = did_key(a_signer(5).public_key)
    document: dict[str, Any] = a_credential(index, salt=SALT)
    document["issuer"] = {**document["issuer"], "id": did}
    document["credentialStatus"] = document["credentialStatus"] | status
    return secured(document, did), did


def secured(document: JsonObject, did: str, number: int = 5) -> JsonObject:
    method = f"{did}#{did.removeprefix('did:key:')}"
    proof = sign(
        document, cryptosuite=EDDSA_JCS, signer=a_signer(number), verification_method=method, created=SIGNED_AT
    )
    return {**document, "proof": proof}


def a_list(did: str, *revoked: int, number: int = 5, **changes: Any) -> bytes:
    document = build_status_list(issuer=ISSUER, list_number=0, status_indexes=revoked, valid_from=SIGNED_AT)
    return orjson.dumps(secured({**document, "issuer": did, **changes}, did, number))


def status_of(world: World, badge: JsonObject, documents: dict[str, bytes]) -> tuple[Outcome, str]:
    report = world.verifier(world.policy(documents=documents)).verify(orjson.dumps(badge))
    assert not report
    check = report.check("status")
    return check.outcome, check.code


def test_a_list_that_was_given_is_read(world: World) -> None:
    badge, did = a_foreign_badge()
    assert status_of(world, badge, {LIST_URL: a_list(did, 8)}) == (Outcome.VALID, "ok")
    assert status_of(world, badge, {LIST_URL: a_list(did, 7)}) == (Outcome.INVALID, "revoked")
    numbered, did = a_foreign_badge(statusListIndex="7")
    assert status_of(world, numbered, {LIST_URL: a_list(did, 7)}) == (Outcome.INVALID, "revoked")


def test_without_the_list_the_status_is_unknown(world: World) -> None:
    badge, _ = a_foreign_badge()
    assert status_of(world, badge, {}) == (Outcome.INDETERMINATE, "status_unknown")
    other, _ = a_foreign_badge(type="1EdTechRevocationList")
    assert status_of(world, other, {}) == (Outcome.INDETERMINATE, "status_unknown")


def test_a_list_that_can_not_be_relied_on_says_nothing(world: World) -> None:
    badge, did = a_foreign_badge()
    stranger = did_key(a_signer(6).public_key)
    wrong, bomb = orjson.loads(a_list(did)), orjson.loads(a_list(did))
    wrong["credentialSubject"]["encodedList"] = "u" + "A" * 100
    packed = zlib.compress(bytes(64 * 1024 * 1024), 9, wbits=31)
    bomb["credentialSubject"]["encodedList"] = "u" + encode_base64url(packed)
    unusable = {
        "of another issuer": a_list(stranger, number=6),
        "signed by another": a_list(did, number=6),
        "of another address": a_list(did, id=f"{ISSUER.base_url}/status/1"),
        "expired": a_list(did, validUntil="2026-11-22T00:00:01Z"),
        "not in force yet": a_list(did, validFrom="2099-01-01T00:00:00Z"),
        "unsigned": orjson.dumps(orjson.loads(a_list(did)) | {"proof": []}),
        "changed": orjson.dumps(orjson.loads(a_list(did, 7)) | {"validFrom": "2026-01-01T00:00:00Z"}),
        "packed wrongly": orjson.dumps(secured({k: v for k, v in wrong.items() if k != "proof"}, did)),
        "too large when unpacked": orjson.dumps(secured({k: v for k, v in bomb.items() if k != "proof"}, did)),
        "no list at all": orjson.dumps(secured(a_credential(issuer=ISSUER), did)),
    }
    for name, data in unusable.items():
        assert status_of(world, badge, {LIST_URL: data}) == (Outcome.INDETERMINATE, "status_unusable"), name
    assert status_of(world, badge, {LIST_URL: b"not JSON"}) == (Outcome.INDETERMINATE, "status_unusable")


@pytest.mark.parametrize("index", ["-1", "99999999", "7 ", "٧", "7.0", True, None, "1" * 40])
def test_an_index_outside_the_list_says_nothing(world: World, index: Any) -> None:
    badge, did = a_foreign_badge(statusListIndex=index)
    assert status_of(world, badge, {LIST_URL: a_list(did)})[0] is not Outcome.VALID
