"""Awards: drafted for those who hold all that the pathway asks for, resting on documents and not on rows."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import date
from typing import Any

import orjson
import pytest

from ledger.chain.registry import Reason
from ledger.documents.canonical import digest, digest_multibase
from ledger.errors import Conflict, DraftError, MalformedDocument, NotFound
from ledger.issuing.awarding.applications import Applicant
from ledger.issuing.awarding.plan import Standing
from ledger.issuing.drafting import store_batch
from ledger.issuing.drafts import Draft
from ledger.issuing.evidence import component_evidence, decode_evidence, encode_evidence
from ledger.issuing.forgetting import credentials_of_learner, forget_credentials
from ledger.issuing.values import CredentialKind
from ledger.proofs.anchor_proof import AwardEvidence, from_proof
from tests.builders import an_achievement
from tests.fakes import MemoryRegistry
from tests.office import JCS_ONLY, Office, learner, pathway_file, programme_file

PATHWAY = "https://cairn.example/issuers/usm/pathways/design/1"
MODULES = ("needs", "models", "evaluation")


@pytest.fixture
def school(office: Office) -> Office:
    """An office whose issuer has a programme of three modules and an award that rests on them."""
    office.programmes.add("usm", programme_file(*MODULES, award="design"))
    office.pathways.publish("usm", pathway_file(*MODULES, award="design"))
    return office


def issue(office: Office, *held: tuple[int, str, int]) -> None:
    """Credentials for (learner, module, day in March), final."""
    drafts = [
        Draft(row, an_achievement(code), learner(number), "87.5", date(2026, 3, day))
        for row, (number, code, day) in enumerate(held, start=2)
    ]
    office.pipeline.advance(office.imports.draft_batch("usm", drafts, label="modules").id, suites=JCS_ONLY)


def all_modules(*learners: int) -> list[tuple[int, str, int]]:
    return [(number, code, day) for number in learners for day, code in enumerate(MODULES, start=1)]


def documents_of(office: Office, number: int) -> list[bytes]:
    held = office.catalog.credentials(issuer="usm", learner_id=f"{number:04}")
    return list(office.catalog.documents([credential.credential_id for credential in held]))


def test_only_who_holds_every_module_gets_the_award(school: Office) -> None:
    issue(school, *all_modules(1, 2), (3, "needs", 1))

    batch = school.awards.draft("usm", PATHWAY)

    assert batch is not None
    assert [credential.learner_id for credential in school.credentials(batch)] == ["0001", "0002"]


def test_an_award_names_and_proves_what_it_rests_on(school: Office) -> None:
    issue(school, *all_modules(1))
    batch = school.awards.draft("usm", PATHWAY)
    assert batch is not None
    school.pipeline.advance(batch.id, suites=JCS_ONLY)

    (award,) = school.credentials(batch)
    document = orjson.loads(school.catalog.document(award.credential_id))
    evidence = from_proof(document["proof"][-1]).evidence
    components = [orjson.loads(content) for content in documents_of(school, 1)[:3]]
    pathway = school.catalog.pathway(PATHWAY)

    assert evidence is not None
    assert evidence.pathway == pathway.content
    assert [entry["id"] for entry in document["relatedResource"]] == [PATHWAY, *(c["id"] for c in components)]
    for component, entry, place in zip(components, document["relatedResource"][1:], evidence.components, strict=True):
        assert entry["digestMultibase"] == digest_multibase(digest(component))
        assert place.root_for(digest(component)) == school.catalog.batches("usm")[0].root


def test_an_award_is_drafted_once(school: Office) -> None:
    issue(school, *all_modules(1))
    school.awards.draft("usm", PATHWAY)

    assert school.awards.draft("usm", PATHWAY) is None


@pytest.mark.parametrize("change", ["revoke", "suspend"])
def test_a_module_that_is_not_in_force_counts_for_nothing(school: Office, change: str) -> None:
    issue(school, *all_modules(1))
    held = school.catalog.credentials(issuer="usm")[0].credential_id
    getattr(school.revocation, change)([held], Reason.ASSESSMENT_INVALID)

    assert school.awards.draft("usm", PATHWAY) is None


def test_a_module_that_the_registry_alone_knows_to_be_revoked_counts_for_nothing(
    school: Office, registry: MemoryRegistry
) -> None:
    issue(school, *all_modules(1))
    issuer = school.catalog.issuer("usm")
    registry._head.revoked[issuer.issuer_id, 0] = registry._final.revoked[issuer.issuer_id, 0] = 1

    assert school.awards.draft("usm", PATHWAY) is None


def test_modules_that_are_not_final_do_not_count_yet(school: Office, registry: MemoryRegistry) -> None:
    drafts = [
        Draft(2, an_achievement(code), learner(1), "87.5", date(2026, 3, day))
        for day, code in enumerate(MODULES, start=1)
    ]
    batch = school.imports.draft_batch("usm", drafts, label="modules")
    school.pipeline.seal(batch.id, suites=JCS_ONLY)

    assert school.awards.draft("usm", PATHWAY) is None


def test_modules_in_the_wrong_order_do_not_make_an_award(school: Office) -> None:
    issue(school, (1, "needs", 3), (1, "models", 2), (1, "evaluation", 1))

    assert school.awards.draft("usm", PATHWAY) is None


def test_the_award_can_be_kept_to_some_learners(school: Office) -> None:
    issue(school, *all_modules(1, 2))

    batch = school.awards.draft("usm", PATHWAY, learner_ids=["0002"])

    assert batch is not None
    assert [credential.learner_id for credential in school.credentials(batch)] == ["0002"]


def applicant(office: Office, number: int) -> Applicant:
    return office.awards.applicant("usm", f"{number:04}")


def test_documents_alone_are_enough_for_an_award(school: Office) -> None:
    issue(school, *all_modules(1))
    documents = documents_of(school, 1)
    newcomer = Applicant(replace(learner(1), learner_id="new"))

    batch = school.awards.draft_for("usm", PATHWAY, newcomer, documents)

    assert school.credentials(batch)[0].kind == "award"
    assert school.credentials(batch)[0].learner_id == "new"


def test_what_is_handed_in_adds_to_what_the_issuer_gave(school: Office) -> None:
    issue(school, *all_modules(1), (2, "needs", 1), (2, "models", 2))
    issue(school, (3, "evaluation", 5))
    other = replace(learner(2), email=learner(3).email)  # the third learner is the second, under another address

    with pytest.raises(Conflict) as caught:
        school.awards.draft_for("usm", PATHWAY, Applicant(learner(2)), documents_of(school, 3))
    knowing = school.awards.applicant("usm", "0002", other_emails=[other.email])
    batch = school.awards.draft_for("usm", PATHWAY, knowing, documents_of(school, 3))

    assert caught.value.code == "learner_mismatch"
    assert [one.learner_id for one in school.credentials(batch)] == ["0002"]


def test_documents_of_somebody_else_are_not(school: Office) -> None:
    issue(school, *all_modules(1), (2, "needs", 1))

    with pytest.raises(Conflict) as caught:
        school.awards.draft_for("usm", PATHWAY, applicant(school, 2), documents_of(school, 1))

    assert caught.value.code == "learner_mismatch"


def test_documents_that_leave_something_out_are_not(school: Office) -> None:
    issue(school, *all_modules(1))
    newcomer = Applicant(replace(learner(1), learner_id="new"))

    with pytest.raises(Conflict, match="evaluation") as caught:
        school.awards.draft_for("usm", PATHWAY, newcomer, documents_of(school, 1)[:2])

    assert caught.value.code == "pathway_unmet"


@pytest.mark.parametrize("nothing", [b"{}", b'{"type": "Person"}'])
def test_what_is_no_credential_is_not_read_as_somebody_else_s(school: Office, nothing: bytes) -> None:
    issue(school, *all_modules(1))

    with pytest.raises(MalformedDocument) as caught:
        school.awards.plan_for("usm", PATHWAY, applicant(school, 1), [nothing])

    assert caught.value.code == "not_a_credential"


def test_a_document_that_is_there_twice_is_a_mistake(school: Office) -> None:
    issue(school, *all_modules(1))
    documents = documents_of(school, 1)

    with pytest.raises(Conflict) as caught:
        school.awards.draft_for("usm", PATHWAY, applicant(school, 1), [*documents, documents[0]])

    assert caught.value.code == "credential_twice"


@pytest.mark.parametrize(("verdict", "code"), [(False, "component_invalid"), (None, "component_unchecked")])
def test_documents_that_are_not_valid_are_not(school: Office, verdict: bool | None, code: str) -> None:
    issue(school, *all_modules(1))
    doubting = school.restarted()
    doubting.is_genuine = verdict
    newcomer = Applicant(replace(learner(1), learner_id="new"))

    with pytest.raises(Conflict) as caught:
        doubting.awards.draft_for("usm", PATHWAY, newcomer, documents_of(school, 1))

    assert caught.value.code == code


def test_documents_that_are_anchored_elsewhere_are_not(school: Office) -> None:
    issue(school, *all_modules(1))
    documents = documents_of(school, 1)
    elsewhere = school.restarted(MemoryRegistry(chain_id=31337))
    newcomer = Applicant(replace(learner(1), learner_id="new"))

    with pytest.raises(Conflict) as caught:
        elsewhere.awards.draft_for("usm", PATHWAY, newcomer, documents)

    assert caught.value.code == "component_foreign"


def test_who_is_unknown_here_needs_a_name_and_an_address(school: Office) -> None:
    with pytest.raises(Conflict) as caught:
        school.awards.applicant("usm", "0099", name="Somebody")
    with pytest.raises(DraftError):
        school.awards.applicant("usm", "0099", name="Somebody", email="nowhere")

    assert caught.value.code == "learner_unknown"


def test_a_dry_run_says_who_would_be_awarded_what_others_lack_and_why_credentials_do_not_count(school: Office) -> None:
    issue(school, *all_modules(1, 2), (3, "needs", 1), (4, "needs", 1), (4, "models", 2))
    fallen = school.catalog.credentials(issuer="usm", learner_id="0002")[0].credential_id
    school.revocation.revoke([fallen], Reason.ASSESSMENT_INVALID)
    with sqlite3.connect(school.folder / "ledger.db") as watching:
        before = watching.execute("PRAGMA data_version").fetchone()
        plan = school.awards.plan("usm", PATHWAY)
        after = watching.execute("PRAGMA data_version").fetchone()

    entitled, lacking = plan.of(Standing.ENTITLED), plan.of(Standing.INCOMPLETE)
    assert [one.learner.learner_id for one in entitled] == ["0001"]
    assert sorted(one.learner.learner_id for one in lacking[:2]) == ["0002", "0004"]
    assert lacking[2].learner.learner_id == "0003"
    second = next(one for one in lacking if one.learner.learner_id == "0002")
    assert [(one.credential_id, one.code) for one in second.refused] == [(fallen, "revoked")]
    assert len(second.evaluation.needs) == 1
    assert before == after, "a dry run has written something"


def test_who_was_forgotten_is_no_learner_any_more_and_in_nobodys_way(school: Office) -> None:
    issue(school, *all_modules(1, 2), (3, "needs", 1))
    fallen = school.catalog.credentials(issuer="usm", learner_id="0002")[0].credential_id
    school.revocation.revoke([fallen], Reason.ASSESSMENT_INVALID)
    for number in ("0002", "0003"):
        with school.database.writing() as session:
            forget_credentials(session, credentials_of_learner(session, "usm", learner_id=number))

    plan = school.awards.plan("usm", PATHWAY)

    assert [(one.learner.learner_id, one.standing) for one in plan.prospects] == [("0001", Standing.ENTITLED)]
    batch = school.awards.draft("usm", PATHWAY)
    assert batch is not None
    assert [credential.learner_id for credential in school.credentials(batch)] == ["0001"]


def test_an_award_bears_the_identifier_of_the_learners_own(school: Office) -> None:
    did = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
    drafts = [
        Draft(row, an_achievement(code), replace(learner(1), did=did), "87.5", date(2026, 3, row))
        for row, code in enumerate(MODULES, start=2)
    ]
    school.pipeline.advance(school.imports.draft_batch("usm", drafts, label="modules").id, suites=JCS_ONLY)

    batch = school.awards.draft("usm", PATHWAY)

    assert batch is not None
    assert school.imports.preview(batch.id)["credentialSubject"]["id"] == did  # type: ignore[index,call-overload]


def test_nothing_is_awarded_on_a_day_that_has_not_come(school: Office) -> None:
    issue(school, *all_modules(1))

    with pytest.raises(Conflict) as caught:
        school.awards.draft("usm", PATHWAY, awarded_on=date(2999, 1, 1))

    assert caught.value.code == "award_date"


def test_evidence_survives_being_stored(school: Office) -> None:
    issue(school, *all_modules(1))
    places = tuple(component_evidence(orjson.loads(document)) for document in documents_of(school, 1))
    evidence = AwardEvidence(b"{}", places)

    assert decode_evidence(encode_evidence(evidence)) == evidence


def test_an_unknown_pathway_is_not_found(school: Office) -> None:
    with pytest.raises(NotFound):
        school.awards.draft("usm", "https://cairn.example/issuers/usm/pathways/design/2")


def two_pathways(office: Office, *exclusive: str) -> tuple[str, str]:
    """Two pathways that both ask for `needs`, of which those named let nothing count twice; gives their ids."""
    office.programmes.add("usm", programme_file("needs", "models", award="design"))
    more = orjson.loads(programme_file("evaluation", award="second")) | {"code": "more"}
    office.programmes.add("usm", orjson.dumps(more))
    published = []
    for code, other in (("design", "models"), ("second", "evaluation")):
        definition = orjson.loads(pathway_file("needs", other, award=code)) | {"code": code}
        condition = {"noDoubleCounting": True} if code in exclusive else {}
        published.append(office.pathways.publish("usm", orjson.dumps(definition | condition))[0].pathway_id)
    return published[0], published[1]


@pytest.mark.parametrize("exclusive", ["design", "second"])
def test_a_credential_that_counts_once_only_is_refused_for_a_second_award(office: Office, exclusive: str) -> None:
    first, second = two_pathways(office, exclusive)
    issue(office, *all_modules(1))
    drafted = office.awards.draft("usm", first)
    assert drafted is not None
    (award,) = office.credentials(drafted)

    (prospect,) = office.awards.plan("usm", second).prospects

    assert prospect.standing is Standing.INCOMPLETE
    assert [one.code for one in prospect.refused] == ["counted_elsewhere"]
    assert award.credential_id in prospect.refused[0].reason
    assert office.awards.draft("usm", second) is None
    with pytest.raises(Conflict, match="counts towards") as caught:
        office.awards.draft_for("usm", second, applicant(office, 1), [])
    assert caught.value.code == "counted_elsewhere"

    office.imports.discard(drafted.id)
    assert office.awards.draft("usm", second) is not None


def test_a_credential_may_count_twice_where_neither_pathway_forbids_it(office: Office) -> None:
    first, second = two_pathways(office)
    issue(office, *all_modules(1))

    assert office.awards.draft("usm", first) is not None
    assert office.awards.draft("usm", second) is not None


def test_nothing_is_counted_twice_though_two_awards_are_drafted_at_once(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = two_pathways(office, "design")
    issue(office, *all_modules(1))

    def beaten(*arguments: Any, **options: Any) -> tuple[int, bool]:
        monkeypatch.undo()
        assert office.awards.draft("usm", first) is not None
        return store_batch(*arguments, **options)

    monkeypatch.setattr("ledger.issuing.imports.store_batch", beaten)
    with pytest.raises(Conflict) as caught:
        office.awards.draft("usm", second)

    assert caught.value.code == "double_counting"
    assert [one.achievement for one in office.catalog.credentials(kind=CredentialKind.AWARD)] == ["design"]
