"""A credential under an award falls: its issuer is told once, whoever issued that, and again when it stands again."""

from __future__ import annotations

from datetime import date

import orjson
import pytest
from sqlmodel import delete, select

from ledger.chain.registry import Reason, SetStatus, StatusAction, perform
from ledger.delivering.tables import EventRow
from ledger.issuing.awarding.applications import Applicant
from ledger.issuing.drafts import Draft
from ledger.issuing.signer import issuer_key
from ledger.issuing.tables import AwardComponentRow
from ledger.issuing.values import Batch
from tests.builders import an_achievement
from tests.fakes import MemoryRegistry
from tests.office import JCS_ONLY, Office, learner, pathway_file, programme_file

OWN = "https://cairn.example/issuers/usm/pathways/design/1"
FOREIGN = "https://cairn.example/issuers/um/achievements/language"


@pytest.fixture
def school(office: Office) -> Office:
    """An office with an award for the first learner, final, that rests on two of the issuer's own credentials."""
    office.programmes.add("usm", programme_file("needs", "models", award="design"))
    office.pathways.publish("usm", pathway_file("needs", "models", award="design"))
    issue(office, "usm", "needs")
    issue(office, "usm", "models")
    batch = office.awards.draft("usm", OWN)
    assert batch is not None
    office.pipeline.advance(batch.id, suites=JCS_ONLY)
    return office


def issue(office: Office, issuer: str, code: str) -> Batch:
    draft = Draft(2, an_achievement(code), learner(1), "87.5", date(2026, 3, 2 if code == "needs" else 3))
    return office.pipeline.advance(office.imports.draft_batch(issuer, [draft], label=code).id, suites=JCS_ONLY)


def component(office: Office, batch: int = 1) -> str:
    return office.catalog.credentials(batch=batch)[0].credential_id


def told(office: Office) -> list[tuple[str, str | None]]:
    with office.database.reading() as session:
        rows = session.exec(select(EventRow.kind, EventRow.body).order_by(EventRow.number)).all()  # type: ignore[arg-type]
    return [(kind, orjson.loads(body).get("what")) for kind, body in rows if kind.startswith("award.")]


def test_nothing_is_found_while_all_stands(school: Office) -> None:
    school.affected.look()

    assert (school.affected.findings(), told(school)) == ((), [])


def test_the_issuer_is_told_once_which_award_rests_on_what_was_revoked_and_why(school: Office) -> None:
    school.affected.look()
    school.revocation.revoke([component(school)], Reason.ASSESSMENT_INVALID)
    school.affected.look()
    school.affected.look()
    school.restarted().affected.look()

    (finding,) = school.affected.findings("usm")
    assert (finding.component, finding.what, finding.reason) == (
        component(school),
        "revoked",
        Reason.ASSESSMENT_INVALID,
    )
    assert (finding.award, finding.learner_id) == (school.catalog.credentials(batch=3)[0].credential_id, "0001")
    assert told(school) == [("award.affected", "revoked")]


def test_the_issuer_is_told_when_what_was_suspended_stands_again(school: Office) -> None:
    school.revocation.suspend([component(school)], Reason.ASSESSMENT_INVALID)
    school.affected.look()
    assert [one.what for one in school.affected.findings()] == ["suspended"]

    school.revocation.reinstate([component(school)])
    school.affected.look()

    assert school.affected.findings() == ()
    assert told(school) == [("award.affected", "suspended"), ("award.restored", None)]


def test_a_whole_batch_that_was_withdrawn_is_found_too(school: Office) -> None:
    school.withdrawal.withdraw(2, Reason.ISSUED_IN_ERROR)
    school.affected.look()

    (finding,) = school.affected.findings()
    assert (finding.component, finding.what) == (component(school, 2), "withdrawn")


def test_an_award_that_is_revoked_itself_needs_no_finding(school: Office) -> None:
    school.revocation.revoke([component(school)], Reason.ASSESSMENT_INVALID)
    school.affected.look()
    award = school.affected.findings()[0].award
    school.revocation.revoke([award], Reason.ASSESSMENT_INVALID)
    school.affected.look()

    assert school.affected.findings() == ()
    assert told(school) == [("award.affected", "revoked")]


def test_what_another_institution_revokes_on_its_own_is_seen_on_chain(school: Office, registry: MemoryRegistry) -> None:
    other = school.an_issuer("um")
    school.programmes.add("um", programme_file("language"))
    issue(school, "um", "language")
    definition = orjson.loads(pathway_file("needs", award="design")) | {
        "version": 2,
        "components": ["needs", {"achievement": FOREIGN, "issuer": other.did}],
        "rule": {"allOf": ["needs", FOREIGN], "inOrder": False},
    }
    school.pathways.publish("usm", orjson.dumps(definition))
    foreign = school.catalog.credentials(issuer="um")[0]
    newcomer = Applicant(learner(1))
    award = school.catalog.credentials(batch=3)[0].credential_id
    school.revocation.revoke([award], Reason.SUPERSEDED)
    document = school.catalog.document(foreign.credential_id)
    batch = school.awards.draft_for("usm", OWN.replace("/1", "/2"), newcomer, [document])
    school.pipeline.advance(batch.id, suites=JCS_ONLY)
    school.affected.look()
    assert school.affected.findings() == ()

    # The other institution uses a ledger of its own: here nobody hears of it.
    word = (foreign.status_index >> 8, 1 << (foreign.status_index & 255))
    call = SetStatus(other.issuer_id, StatusAction.REVOKE, Reason.COMPROMISED, (word,))
    perform(registry, call, school.keys.account(issuer_key("um", "revoking")))
    school.affected.look()

    (finding,) = school.affected.findings("usm")
    assert (finding.component, finding.what) == (foreign.credential_id, "revoked")
    assert finding.reason == Reason.COMPROMISED
    assert school.affected.findings("um") == ()


def test_awards_from_before_there_were_rows_are_found_all_the_same(school: Office) -> None:
    with school.database.writing() as session:
        session.exec(delete(AwardComponentRow))
    school.revocation.revoke([component(school)], Reason.ASSESSMENT_INVALID)
    school.affected.look()

    assert [one.component for one in school.affected.findings()] == [component(school)]
