"""Numbers of what was issued: in force is only what a verifier takes for valid."""

from __future__ import annotations

from ledger.chain.registry import Reason
from ledger.issuing.statistics import statistics_of
from tests.office import JCS_ONLY, Office


def test_drafts_and_what_a_compromised_key_signed_are_not_in_force(office: Office) -> None:
    batch = office.a_final_batch(3)
    draft = office.an_open_batch(2, code="intro")
    assert statistics_of(office.database, "usm").by_status == {"active": 3, "waiting": 2}

    credential = office.catalog.credentials(batch=batch.id)[0]
    office.revocation.revoke([credential.credential_id], Reason.ISSUED_IN_ERROR)
    opened = office.catalog.issuer("usm").current_key.opened_at or 0
    office.issuers.close_key("usm", 1, until=opened + 1)
    counted = statistics_of(office.database, "usm")

    assert counted.by_status == {"revoked": 1, "key_ended": 2, "waiting": 2}
    assert sum(counted.by_achievement.values()) == 5
    office.issuers.add_key("usm")
    office.pipeline.advance(draft.id, suites=JCS_ONLY)
    assert statistics_of(office.database, "usm").by_status == {"revoked": 1, "key_ended": 2, "active": 2}
