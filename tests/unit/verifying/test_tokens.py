"""Tokens of our own issuers: a JWT holds the whole credential and where it is anchored, so it is judged as that is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import orjson
import pytest

from ledger.chain.registry import Reason, StatusAction
from ledger.documents.codecs import decode_base64url, encode_base64url
from ledger.documents.strict_json import JsonObject
from ledger.proofs.data_integrity import EDDSA_JCS, EDDSA_RDFC, Signer
from ledger.proofs.enveloped import envelop
from ledger.proofs.jose import parse_jwt_credential, sign_jwt
from ledger.proofs.sd_jwt_vc import sign_sd_jwt
from ledger.verifying.readings import RegistryKey
from ledger.verifying.report import VerificationReport
from tests.builders import PUBLISHER, a_credential, a_record, a_signer
from tests.fakes import MemoryRegistry
from tests.world import World, proofs_of

DAY = 86_400
NEW_KEY = a_signer(8)


def a_token(world: World, document: JsonObject, signer: Signer | None = None) -> bytes:
    """What the issuer hands out as a JWT, by the key that it signs with now."""
    return sign_jwt(document, signer or world.issuer.signers[-1], world.issuer.method).encode()


def verify(world: World, token: bytes, on: datetime | None = None) -> VerificationReport:
    return world.verifier().verify(token, on=on)


def decided(report: VerificationReport) -> tuple[str, str]:
    return report.verdict.value, report.code


def with_payload(token: bytes, **changes: object) -> bytes:
    """The token with other claims under the signature that it has."""
    head, payload, signature = token.decode().split(".")
    claims = orjson.loads(decode_base64url(payload)) | changes
    return ".".join((head, encode_base64url(orjson.dumps(claims)), signature)).encode()


def pass_days(world: World) -> datetime:
    """Lets two days go by, and gives the moment between them."""
    world.memory.time = world.memory.head.time + 2 * DAY
    world.memory.mine()
    return datetime.fromtimestamp(world.memory.time - DAY, UTC)


def close(world: World, signer: Signer, moment: datetime) -> None:
    world.close_key(world.issuer, signer, int(moment.timestamp()))


# --- what it says ---


def test_a_jwt_is_found_on_the_ledger_and_says_what_the_credential_says(world: World) -> None:
    (issued,) = world.issue(a_credential(300), suites=(EDDSA_RDFC, EDDSA_JCS))
    token = a_token(world, issued)
    report, whole = verify(world, token), world.verifier().verify(orjson.dumps(issued))
    assert decided(report) == ("valid", "valid")
    assert report.digest == whole.digest
    assert report.message == whole.message
    passed = [(check.id, check.outcome, check.code) for check in whole.checks]
    assert [(check.id, check.outcome, check.code) for check in report.checks] == passed
    assert report.check("signature").evidence["suites"] == ["vc-jwt EdDSA"]
    # The token stands in for the signatures; the proof of the place on the ledger is the only one in it.
    assert proofs_of(parse_jwt_credential(token).document) == [proofs_of(issued)[-1]]


def test_what_is_not_on_the_ledger_gets_no_proof_of_it(world: World) -> None:
    signed = world.sign(a_credential(300))
    token = a_token(world, signed)
    assert "proof" not in parse_jwt_credential(token).document
    assert verify(world, token).check("anchor").code == "no_anchor_proof"
    assert verify(world, token).verdict.value == "indeterminate"


# --- what takes its force ---


@pytest.mark.parametrize(
    ("action", "reason", "code"),
    [
        (StatusAction.REVOKE, Reason.ASSESSMENT_INVALID, "revoked"),
        (StatusAction.REVOKE, Reason.SUPERSEDED, "revoked"),
        (StatusAction.SUSPEND, Reason.COMPROMISED, "suspended"),
    ],
)
def test_a_jwt_is_in_force_as_long_as_its_credential(
    world: World, action: StatusAction, reason: Reason, code: str
) -> None:
    (issued,) = world.issue(a_credential(300))
    token, on = a_token(world, issued), pass_days(world)
    world.set_status(300, action, reason)
    report = verify(world, token)
    assert decided(report) == ("invalid", code)
    assert ("superseded" in report.message) == (reason is Reason.SUPERSEDED)
    then = verify(world, token, on)
    assert decided(then) == ("valid", "valid")
    assert [one.code for one in then.since] == [f"{code}_since"]


def test_a_jwt_of_a_withdrawn_batch_is_withdrawn(world: World) -> None:
    (issued,) = world.issue(a_credential(300))
    token = a_token(world, issued)
    world.withdraw(issued, Reason.ISSUED_IN_ERROR)
    assert decided(verify(world, token)) == ("invalid", "batch_withdrawn")


def test_a_jwt_counts_between_the_dates_of_its_credential(world: World) -> None:
    now = world.now()
    past, to_come = ((now + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ") for days in (-1, 9))
    over, early = world.issue(
        a_credential(300) | {"validUntil": past}, a_credential(301) | {"validFrom": to_come, "awardedDate": past}
    )
    assert decided(verify(world, a_token(world, over))) == ("invalid", "expired")
    assert decided(verify(world, a_token(world, early))) == ("invalid", "not_yet_valid")


def test_before_it_was_on_the_ledger_a_jwt_was_nothing(world: World) -> None:
    before = pass_days(world)
    (issued,) = world.issue(a_credential(300))
    assert decided(verify(world, a_token(world, issued), before)) == ("invalid", "not_anchored_yet")


# --- who signed what ---


def test_a_changed_jwt_is_not_valid_whoever_signs_it(world: World) -> None:
    issued, other = world.issue(a_credential(300), a_credential(301))
    token = a_token(world, issued)
    assert decided(verify(world, with_payload(token, name="Everything"))) == ("invalid", "digest_mismatch")
    # Even the issuer's own key makes no credential of what its ledger does not hold.
    forged = a_token(world, issued | {"name": "Everything"})
    assert decided(verify(world, forged)) == ("invalid", "root_not_anchored")
    assert verify(world, a_token(world, issued | {"proof": other["proof"]})).code == "root_not_anchored"
    assert decided(verify(world, a_token(world, issued, a_signer(9)))) == ("invalid", "signature_invalid")


def test_a_jwt_of_an_issuer_that_nobody_recognises_is_not_valid(world: World) -> None:
    nobody = world.register(PUBLISHER, a_signer(5), account="somebody else")
    (issued,) = world.issue(a_credential(300, issuer=PUBLISHER), issuer=nobody)
    token = sign_jwt(issued, a_signer(5), nobody.method).encode()
    assert decided(verify(world, token)) == ("invalid", "issuer_not_accredited")


def test_a_jwt_says_nothing_while_its_ledger_is_not_trusted_or_not_read(world: World) -> None:
    (issued,) = world.issue(a_credential(300))
    token = a_token(world, issued)
    readers: dict[RegistryKey, MemoryRegistry] = {}
    assert decided(world.verifier(readers=readers).verify(token)) == ("indeterminate", "registry_unreachable")
    assert not world.verifier(world.policy(registries=())).verify(token)


# --- keys ---


def test_a_key_of_later_signs_for_what_was_anchored_before_as_long_as_it_is_open(world: World) -> None:
    (issued,) = world.issue(a_credential(300))
    on = pass_days(world)
    world.add_key(world.issuer, NEW_KEY)
    token = a_token(world, issued)
    assert decided(verify(world, token)) == ("valid", "valid")
    assert decided(verify(world, token, on)) == ("valid", "valid")  # what it says was on the ledger then
    closed = pass_days(world)
    close(world, NEW_KEY, closed)
    assert decided(verify(world, token)) == ("indeterminate", "key_closed")
    assert decided(verify(world, token, closed - timedelta(hours=1))) == ("indeterminate", "key_closed")
    assert verify(world, a_token(world, issued, world.issuer.signers[0]))  # open when it was anchored


def test_a_key_that_was_stolen_before_the_anchor_signs_for_nothing(world: World) -> None:
    stolen = pass_days(world)
    (issued,) = world.issue(a_credential(300))
    token, on = a_token(world, issued), pass_days(world)
    close(world, world.issuer.signers[0], stolen)
    assert decided(verify(world, token)) == ("invalid", "key_not_valid_at_anchor")
    assert decided(verify(world, token, on)) == ("invalid", "key_not_valid_at_anchor")


def test_what_was_anchored_before_a_key_was_stolen_stays_good_as_a_jwt_too(world: World) -> None:
    (issued,) = world.issue(a_credential(300))
    token, stolen = a_token(world, issued), pass_days(world)
    close(world, world.issuer.signers[0], stolen)
    assert decided(verify(world, token)) == decided(world.verifier().verify(orjson.dumps(issued))) == ("valid", "valid")


def test_a_part_of_a_credential_needs_an_open_key_whatever_the_date(world: World) -> None:
    (issued,) = world.issue(a_credential(300))
    signed = sign_sd_jwt(issued, world.issuer.signers[0], world.issuer.method, issued_at=world.now())
    part, on = signed.compact().encode(), pass_days(world)
    assert decided(verify(world, part, on)) == ("valid", "valid")
    close(world, world.issuer.signers[0], pass_days(world))
    # Nothing shows that the part was signed before the key was closed, let alone by that date.
    assert decided(verify(world, part)) == ("indeterminate", "key_closed")
    assert decided(verify(world, part, on)) == ("indeterminate", "key_closed")


# --- among others ---


def test_a_jwt_in_a_record_is_one_of_its_credentials(world: World) -> None:
    first, second = world.issue(a_credential(300), a_credential(301))
    (record,) = world.issue(a_record(first, envelop(a_token(world, second))), issuer=world.publisher)
    assert decided(world.verifier().verify(orjson.dumps(record))) == ("valid", "valid")
    world.set_status(301, StatusAction.REVOKE)
    report = world.verifier().verify(orjson.dumps(record))
    assert (report.code, report.components[1].code) == ("component_invalid", "revoked")


def test_an_award_as_a_jwt_brings_what_it_rests_on(world: World) -> None:
    modules = world.modules()
    token = a_token(world, world.award(modules))
    assert decided(verify(world, token)) == ("valid", "valid")
    assert verify(world, token).check("stack").code == "components_proved"
    world.set_status(2, StatusAction.REVOKE)
    assert verify(world, token).verdict.value == "invalid"
