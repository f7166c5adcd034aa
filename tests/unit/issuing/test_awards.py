"""Awards: drafted for those who hold all that the pathway asks for, resting on documents and not on rows."""

from __future__ import annotations

from datetime import date

import orjson
import pytest

from ledger.chain.registry import Reason
from ledger.documents.canonical import digest, digest_multibase
from ledger.errors import Conflict, NotFound
from ledger.issuing.drafts import Draft
from ledger.issuing.evidence import component_evidence, decode_evidence, encode_evidence
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
    office.programmes.add_pathway("usm", "design", pathway_file(*MODULES, award="design"))
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


def test_documents_alone_are_enough_for_an_award(school: Office) -> None:
    issue(school, *all_modules(1))

    batch = school.awards.draft_from_documents("usm", PATHWAY, learner(1), documents_of(school, 1))

    assert school.credentials(batch)[0].kind == "award"


def test_documents_of_somebody_else_are_not(school: Office) -> None:
    issue(school, *all_modules(1))

    with pytest.raises(Conflict) as caught:
        school.awards.draft_from_documents("usm", PATHWAY, learner(2), documents_of(school, 1))

    assert caught.value.code == "learner_mismatch"


def test_documents_that_leave_something_out_are_not(school: Office) -> None:
    issue(school, *all_modules(1))

    with pytest.raises(Conflict, match="evaluation") as caught:
        school.awards.draft_from_documents("usm", PATHWAY, learner(1), documents_of(school, 1)[:2])

    assert caught.value.code == "pathway_unmet"


def test_documents_that_are_not_valid_are_not(school: Office) -> None:
    issue(school, *all_modules(1))
    doubting = school.restarted()
    doubting.is_genuine = lambda _document: False

    with pytest.raises(Conflict) as caught:
        doubting.awards.draft_from_documents("usm", PATHWAY, learner(1), documents_of(school, 1))

    assert caught.value.code == "component_invalid"


def test_documents_that_are_anchored_elsewhere_are_not(school: Office) -> None:
    issue(school, *all_modules(1))
    documents = documents_of(school, 1)
    elsewhere = school.restarted(MemoryRegistry(chain_id=31337))

    with pytest.raises(Conflict) as caught:
        elsewhere.awards.draft_from_documents("usm", PATHWAY, learner(1), documents)

    assert caught.value.code == "component_foreign"


def test_evidence_survives_being_stored(school: Office) -> None:
    issue(school, *all_modules(1))
    places = tuple(component_evidence(orjson.loads(document)) for document in documents_of(school, 1))
    evidence = AwardEvidence(b"{}", places)

    assert decode_evidence(encode_evidence(evidence)) == evidence


def test_an_unknown_pathway_is_not_found(school: Office) -> None:
    with pytest.raises(NotFound):
        school.awards.draft("usm", "https://cairn.example/issuers/usm/pathways/design/2")
