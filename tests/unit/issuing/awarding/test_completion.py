"""Awarding on completion: proposed or awarded once for each version, looked at anew before a person's word counts."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlmodel import select

from ledger.chain.registry import Reason
from ledger.delivering.tables import EventRow
from ledger.errors import Conflict, DraftError, NotFound
from ledger.issuing.awarding.candidates import CandidateState
from ledger.issuing.drafting import store_batch
from ledger.issuing.drafts import Draft
from ledger.issuing.forgetting import credentials_of_learner, forget_credentials
from ledger.issuing.values import Awarding, Batch, CredentialKind
from tests.builders import an_achievement
from tests.office import JCS_ONLY, Office, learner, pathway_file, programme_file

PATHWAY = "https://cairn.example/issuers/usm/pathways/design/1"
MODULES = ("needs", "models")


@pytest.fixture
def school(office: Office) -> Office:
    office.programmes.add("usm", programme_file(*MODULES, award="design"))
    office.pathways.publish("usm", pathway_file(*MODULES, award="design"))
    return office


def issue(office: Office, *held: tuple[int, str]) -> Batch:
    """Credentials for (learner, module), final."""
    drafts = [
        Draft(row, an_achievement(code), learner(number), "87.5", date(2026, 3, 1 + MODULES.index(code)))
        for row, (number, code) in enumerate(held, start=2)
    ]
    return office.pipeline.advance(office.imports.draft_batch("usm", drafts, label="modules").id, suites=JCS_ONLY)


def awards(office: Office) -> list[str]:
    """The learners who have the award, drafted or issued, revoked or not."""
    return [one.learner_id for one in office.catalog.credentials(issuer="usm", kind=CredentialKind.AWARD)]


def proposed(office: Office) -> list[str]:
    return [one.learner_id for one in office.candidates.all("usm", CandidateState.PROPOSED)]


def events(office: Office) -> list[str]:
    with office.database.reading() as session:
        return list(session.exec(select(EventRow.kind)).all())


def test_who_completes_a_pathway_is_awarded_once(school: Office) -> None:
    issue(school, (1, "needs"), (1, "models"), (2, "needs"))
    school.on_completion.look()
    assert awards(school) == []  # nobody has turned it on

    school.pathways.set_awarding(PATHWAY, Awarding.AUTO)
    school.on_completion.look()
    school.on_completion.look()
    assert awards(school) == ["0001"]
    (batch,) = school.on_completion.batches(drafts=True)

    school.pipeline.advance(batch, suites=JCS_ONLY)
    issue(school, (2, "models"))
    school.on_completion.look()

    assert awards(school) == ["0001", "0002"]
    assert [one.state for one in school.candidates.all("usm")] == [CandidateState.DRAFTED] * 2
    assert "award.proposed" not in events(school)  # there is nothing for a person to decide


def test_an_award_that_was_taken_back_is_not_given_again_by_a_machine(school: Office) -> None:
    school.pathways.set_awarding(PATHWAY, Awarding.AUTO)
    issue(school, (1, "needs"), (1, "models"))
    school.on_completion.look()
    (batch,) = school.on_completion.batches(drafts=True)
    school.pipeline.advance(batch, suites=JCS_ONLY)
    (award,) = school.catalog.credentials(issuer="usm", kind=CredentialKind.AWARD)
    school.revocation.revoke([award.credential_id], Reason.ISSUED_IN_ERROR)

    school.on_completion.look()

    assert (awards(school), proposed(school)) == (["0001"], [])


def test_those_who_complete_a_pathway_are_awarded_though_others_of_their_batch_were_forgotten(school: Office) -> None:
    issue(school, (1, "needs"), (1, "models"), (2, "needs"), (2, "models"))
    with school.database.writing() as session:
        forget_credentials(session, credentials_of_learner(session, "usm", learner_id="0001"))

    school.pathways.set_awarding(PATHWAY, Awarding.AUTO)
    school.on_completion.look()

    assert awards(school) == ["0002"]


def test_a_queue_proposes_and_a_person_approves(school: Office) -> None:
    school.pathways.set_awarding(PATHWAY, Awarding.QUEUE)
    modules = issue(school, (1, "needs"), (1, "models"), (2, "needs"), (2, "models"))
    school.on_completion.look()
    first, second = school.candidates.all("usm")

    assert awards(school) == []
    assert (first.learner_id, first.learner_name, first.title) == ("0001", "Learner 1", "Design")
    assert set(first.components) == {c.credential_id for c in school.credentials(modules) if c.learner_id == "0001"}
    assert events(school) == ["award.proposed"] * 2

    (batch,) = school.on_completion.approve([second.id])

    assert [one.learner_id for one in school.credentials(batch)] == ["0002"]
    assert school.on_completion.batches(drafts=True) == (batch.id,)
    assert school.candidates.candidate(second.id).batch == batch.id
    with pytest.raises(Conflict) as caught:
        school.on_completion.approve([second.id])
    assert caught.value.code == "candidate_decided"


def test_who_was_refused_is_proposed_again_only_when_what_they_hold_changes(school: Office) -> None:
    school.pathways.set_awarding(PATHWAY, Awarding.QUEUE)
    modules = issue(school, (1, "needs"), (1, "models"))
    school.on_completion.look()
    (candidate,) = school.candidates.all("usm")
    refused = school.candidates.refuse(candidate.id, "The fee is not paid.")
    other = issue(school, (2, "needs"))
    school.on_completion.look()

    assert (refused.state, refused.reason) == (CandidateState.REFUSED, "The fee is not paid.")
    assert proposed(school) == []
    with pytest.raises(Conflict):
        school.on_completion.approve([candidate.id])

    # The same module, given anew: what they hold has changed.
    held = next(one for one in school.credentials(modules) if one.achievement == "models")
    school.revocation.revoke([held.credential_id], Reason.ISSUED_IN_ERROR)
    school.on_completion.look()
    assert proposed(school) == []
    issue(school, (1, "models"))
    school.on_completion.look()

    assert other.size == 1
    assert proposed(school) == ["0001"]


@pytest.mark.parametrize("change", ["revoke", "suspend"])
def test_a_module_that_fell_since_is_noticed_when_a_person_approves(school: Office, change: str) -> None:
    school.pathways.set_awarding(PATHWAY, Awarding.QUEUE)
    issue(school, (1, "needs"), (1, "models"))
    school.on_completion.look()
    (candidate,) = school.candidates.all("usm")
    getattr(school.revocation, change)([candidate.components[0]], Reason.ASSESSMENT_INVALID)

    with pytest.raises(Conflict, match="nothing was drafted") as caught:
        school.on_completion.approve([candidate.id])

    lapsed = school.candidates.candidate(candidate.id)
    assert caught.value.code == ("component_revoked" if change == "revoke" else "component_suspended")
    assert (lapsed.state, awards(school)) == (CandidateState.LAPSED, [])
    assert lapsed.reason is not None
    assert candidate.components[0] in lapsed.reason


def test_a_proposal_lapses_with_what_it_rests_on_and_comes_back_with_it(school: Office) -> None:
    school.pathways.set_awarding(PATHWAY, Awarding.QUEUE)
    issue(school, (1, "needs"), (1, "models"))
    school.on_completion.look()
    (candidate,) = school.candidates.all("usm")

    school.revocation.suspend([candidate.components[0]], Reason.ASSESSMENT_INVALID)
    school.on_completion.look()
    assert proposed(school) == []
    school.revocation.reinstate([candidate.components[0]])
    school.on_completion.look()

    assert proposed(school) == ["0001"]


def test_of_two_workers_that_look_at_once_one_drafts(school: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one knows already who is entitled when the first one drafts."""
    school.pathways.set_awarding(PATHWAY, Awarding.QUEUE)
    issue(school, (1, "needs"), (1, "models"))
    school.on_completion.look()
    school.pathways.set_awarding(PATHWAY, Awarding.AUTO)

    def beaten(*arguments: Any, **options: Any) -> tuple[int, bool]:
        monkeypatch.undo()
        school.on_completion.look()
        return store_batch(*arguments, **options)

    monkeypatch.setattr("ledger.issuing.imports.store_batch", beaten)
    school.on_completion.look()

    assert awards(school) == ["0001"]
    assert len(school.on_completion.batches(drafts=True)) == 1


def test_a_refusal_needs_a_reason_and_a_candidate(school: Office) -> None:
    school.pathways.set_awarding(PATHWAY, Awarding.QUEUE)
    issue(school, (1, "needs"), (1, "models"))
    school.on_completion.look()
    (candidate,) = school.candidates.all("usm")

    with pytest.raises(DraftError):
        school.candidates.refuse(candidate.id, "  ")
    with pytest.raises(NotFound):
        school.candidates.refuse(candidate.id + 1, "Nobody.")
    assert proposed(school) == ["0001"]
