"""Check 10 for awards: each component holds, shown or not, and the pathway's rule is evaluated again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import orjson
import pytest

from ledger.chain.registry import Reason, StatusAction
from ledger.documents.canonical import digest, digest_multibase
from ledger.documents.credential import CREDENTIAL_MEDIA_TYPE, PATHWAY_MEDIA_TYPE, related_resource, superseded_resource
from ledger.documents.strict_json import JsonObject
from ledger.proofs.anchor_proof import AwardEvidence
from ledger.verifying.report import Outcome, VerificationReport
from tests.builders import ISSUER, a_credential, a_pathway, a_signer, an_achievement, credential_id
from tests.world import MODULES, World, evidence_of

PATHWAY = a_pathway(*MODULES)


def stack_of(world: World, award: JsonObject, *shown: JsonObject) -> tuple[Outcome, str]:
    """The award's stack check when these documents are handed in beside it."""
    reports = world.verifier().verify_many([orjson.dumps(document) for document in (award, *shown)])
    assert isinstance(reports[0], VerificationReport)
    check = reports[0].check("stack")
    return check.outcome, check.code


def an_award(
    world: World,
    components: list[JsonObject],
    *,
    related: list[JsonObject] | None = None,
    evidence: AwardEvidence | None = None,
    **changes: Any,
) -> JsonObject:
    """An award that may rest on anything: what it names and what its proof says are given apart."""
    named = [related_resource(PATHWAY.id, media_type=PATHWAY_MEDIA_TYPE, digest=PATHWAY.digest())]
    named += [
        related_resource(str(component["id"]), media_type=CREDENTIAL_MEDIA_TYPE, digest=digest(component))
        for component in components
    ]
    arguments = {"achievement": an_achievement("instructional-design"), "related": related or named} | changes
    document = a_credential(500, **arguments)
    whole = AwardEvidence(PATHWAY.canonical(), tuple(evidence_of(component) for component in components))
    return world.issue(document, evidence=[evidence or whole])[0]


def test_an_award_alone_is_proved_by_its_components_on_the_ledger(world: World) -> None:
    award = world.award(world.modules())
    report = world.verifier().verify(orjson.dumps(award))
    assert report
    check = report.check("stack")
    assert (check.outcome, check.code) == (Outcome.VALID, "components_proved")
    assert "not shown" in check.message


def test_an_award_beside_its_components_has_its_rule_evaluated_again(world: World) -> None:
    modules = world.modules()
    award = world.award(modules)
    assert stack_of(world, award, *modules) == (Outcome.VALID, "ok")
    assert stack_of(world, award, *modules[:2]) == (Outcome.VALID, "components_proved")


def test_another_version_of_a_component_is_not_taken_for_it_and_that_is_said(world: World) -> None:
    modules = world.modules()
    award, other = world.award(modules), modules[0] | {"name": "Another name"}

    reports = world.verifier().verify_many([orjson.dumps(document) for document in (award, other, *modules[1:])])
    assert isinstance(reports[0], VerificationReport)
    check = reports[0].check("stack")

    assert (check.outcome, check.code) == (Outcome.VALID, "components_proved")
    assert check.message.endswith(
        "1 of those that were shown is not in the form or version that the award names, and left out."
    )
    assert check.evidence["other_versions"] == [modules[0]["id"]]


@pytest.mark.parametrize("position", [0, 1, 2])
@pytest.mark.parametrize(
    ("action", "code"),
    [(StatusAction.REVOKE, "component_revoked"), (StatusAction.SUSPEND, "component_suspended")],
)
def test_the_award_falls_with_any_of_its_components(
    world: World, position: int, action: StatusAction, code: str
) -> None:
    modules = world.modules()
    award = world.award(modules)
    world.set_status(position + 1, action)
    assert stack_of(world, award) == (Outcome.INVALID, code)
    assert stack_of(world, award, *modules) == (Outcome.INVALID, code)


def test_the_award_falls_with_the_batch_of_its_components(world: World) -> None:
    modules = world.modules()
    award = world.award(modules)
    world.withdraw(modules[0], Reason.ISSUED_IN_ERROR)
    assert stack_of(world, award) == (Outcome.INVALID, "component_withdrawn")


def test_a_component_that_was_never_anchored_is_found(world: World) -> None:
    modules = world.modules()
    never = world.sign(a_credential(9, achievement=an_achievement("evaluation")))
    named = [related_resource(PATHWAY.id, media_type=PATHWAY_MEDIA_TYPE, digest=PATHWAY.digest())]
    named += [
        related_resource(str(component["id"]), media_type=CREDENTIAL_MEDIA_TYPE, digest=digest(component))
        for component in (*modules[:2], never)
    ]
    award = an_award(world, modules, related=named)
    assert stack_of(world, award) == (Outcome.INVALID, "component_not_anchored")


def test_an_award_and_components_that_are_not_final_are_left_open(world: World) -> None:
    world.memory.finality_lag = 10
    award = world.award(world.modules())
    assert stack_of(world, award) == (Outcome.INDETERMINATE, "not_final")
    assert world.verifier().verify(orjson.dumps(award)).verdict is Outcome.INDETERMINATE
    world.memory.mine(10)
    assert world.verifier().verify(orjson.dumps(award))


def test_a_component_whose_issuer_nobody_recognised_is_found(world: World) -> None:
    other = world.register(replace(ISSUER, did="did:web:other.example"), a_signer(7))
    pathway = a_pathway(*MODULES, issuer=ISSUER)
    components = tuple(replace(component, issuer_did=other.profile.did) for component in pathway.components)
    pathway = replace(pathway, components=components)
    documents = [
        a_credential(number, issuer=replace(other.profile), achievement=an_achievement(code))
        for number, code in enumerate(MODULES, 1)
    ]
    award = world.award(world.issue(*documents, issuer=other), pathway=pathway)
    assert stack_of(world, award) == (Outcome.INVALID, "component_issuer_not_accredited")
    world.accredit(other)
    documents = [document | {"id": f"{document['id']}0"} for document in documents]
    award = world.award(world.issue(*documents, issuer=other), pathway=pathway, number=501)
    assert stack_of(world, award) == (Outcome.VALID, "components_proved")


def test_a_component_of_another_issuer_than_the_rule_asks_for_is_found(world: World) -> None:
    other = world.register(replace(ISSUER, did="did:web:other.example"), a_signer(7))
    world.accredit(other)
    documents = [a_credential(number, achievement=an_achievement(code)) for number, code in enumerate(MODULES, 1)]
    award = world.award(world.issue(*documents, issuer=other))
    assert stack_of(world, award) == (Outcome.INVALID, "component_issuer_mismatch")


def test_the_rule_is_evaluated_over_what_the_components_say(world: World) -> None:
    wrong = world.issue(*(a_credential(number, achievement=an_achievement("models")) for number in (1, 2, 3)))
    award = world.award(wrong)
    assert stack_of(world, award) == (Outcome.VALID, "components_proved")
    assert stack_of(world, award, *wrong) == (Outcome.INVALID, "rule_not_met")


def test_an_order_that_was_not_kept_is_found(world: World) -> None:
    days = (date(2026, 3, 9), date(2026, 3, 2), date(2026, 3, 16))
    documents = [
        a_credential(number, achievement=an_achievement(code), awarded_on=day)
        for number, (code, day) in enumerate(zip(MODULES, days, strict=True), 1)
    ]
    modules = world.issue(*documents)
    assert stack_of(world, world.award(modules), *modules) == (Outcome.INVALID, "rule_not_met")


def test_fewer_components_than_the_rule_demands_are_too_few_even_unseen(world: World) -> None:
    award = an_award(world, world.modules()[:2])
    assert stack_of(world, award) == (Outcome.INVALID, "rule_not_met")


def test_one_credential_never_counts_twice(world: World) -> None:
    modules = world.modules()
    award = an_award(world, [modules[0], modules[0], modules[2]])
    assert stack_of(world, award) == (Outcome.INVALID, "component_duplicate")


def test_a_rule_that_the_award_does_not_name_is_refused(world: World) -> None:
    modules = world.modules()
    evidence = tuple(evidence_of(module) for module in modules)
    easier = a_pathway(*MODULES, in_order=False)
    award = an_award(world, modules, evidence=AwardEvidence(easier.canonical(), evidence))
    assert stack_of(world, award) == (Outcome.INVALID, "pathway_mismatch")


@pytest.mark.parametrize(
    "change",
    [
        {"award_id": f"{ISSUER.base_url}/achievements/other"},
        {"issuer_did": "did:web:other.example"},
        {"id": f"{ISSUER.base_url}/pathways/other/1"},
    ],
)
def test_a_rule_that_leads_elsewhere_is_refused(world: World, change: dict[str, str]) -> None:
    modules = world.modules()
    pathway = replace(PATHWAY, **change)  # type: ignore[arg-type]
    named = [related_resource(PATHWAY.id, media_type=PATHWAY_MEDIA_TYPE, digest=pathway.digest())]
    named += [
        related_resource(str(module["id"]), media_type=CREDENTIAL_MEDIA_TYPE, digest=digest(module))
        for module in modules
    ]
    evidence = AwardEvidence(pathway.canonical(), tuple(evidence_of(module) for module in modules))
    award = an_award(world, modules, related=named, evidence=evidence)
    assert stack_of(world, award) == (Outcome.INVALID, "pathway_mismatch")


def test_a_rule_that_can_not_be_read_is_refused(world: World) -> None:
    from hashlib import sha256

    modules = world.modules()
    for data in (b"{", b"{}", b"[]", b'{"rule":{}}'):
        named = [related_resource(PATHWAY.id, media_type=PATHWAY_MEDIA_TYPE, digest=sha256(data).digest())]
        named += [
            related_resource(str(module["id"]), media_type=CREDENTIAL_MEDIA_TYPE, digest=digest(module))
            for module in modules
        ]
        evidence = AwardEvidence(data, tuple(evidence_of(module) for module in modules))
        fresh = World()
        fresh.modules()
        award = an_award(fresh, modules, related=named, evidence=evidence)
        assert stack_of(fresh, award) == (Outcome.INVALID, "pathway_invalid")


def test_evidence_that_was_left_out_leaves_it_open(world: World) -> None:
    modules = world.modules()
    award = world.award(modules)
    from tests.unit.verifying.test_inclusion import with_anchor

    stripped = with_anchor(award, evidence=None)
    assert stack_of(world, stripped) == (Outcome.INDETERMINATE, "evidence_missing")


def test_evidence_for_other_credentials_does_not_fit(world: World) -> None:
    modules = world.modules()
    others = world.issue(*(a_credential(number, achievement=an_achievement("models")) for number in (11, 12, 13)))
    evidence = AwardEvidence(PATHWAY.canonical(), tuple(evidence_of(other) for other in others))
    assert stack_of(world, an_award(world, modules, evidence=evidence)) == (Outcome.INVALID, "component_not_anchored")
    shorter = AwardEvidence(PATHWAY.canonical(), tuple(evidence_of(module) for module in modules[:2]))
    fresh = World()
    fresh.modules()
    assert stack_of(fresh, an_award(fresh, modules, evidence=shorter)) == (Outcome.INVALID, "evidence_mismatch")


def test_evidence_without_an_award_is_refused(world: World) -> None:
    modules = world.modules()
    evidence = AwardEvidence(PATHWAY.canonical(), tuple(evidence_of(module) for module in modules))
    (issued,) = world.issue(a_credential(9), evidence=[evidence])
    assert stack_of(world, issued) == (Outcome.INVALID, "evidence_mismatch")


@pytest.mark.parametrize("digest_text", ["", "u", "zQm", 7, None, digest_multibase(bytes(32))[:-1]])
def test_a_component_without_a_usable_digest_is_refused(world: World, digest_text: Any) -> None:
    modules = world.modules()
    named: list[Any] = [related_resource(PATHWAY.id, media_type=PATHWAY_MEDIA_TYPE, digest=PATHWAY.digest())]
    named.append({"id": modules[0]["id"], "mediaType": CREDENTIAL_MEDIA_TYPE, "digestMultibase": digest_text})
    award = an_award(world, modules, related=named)
    report = world.verifier().verify(orjson.dumps(award))
    assert report.verdict is Outcome.INVALID
    assert report.check("stack").code == "stack_malformed"


def test_other_related_resources_do_not_make_an_award(world: World) -> None:
    related = [related_resource("https://usm.example/handbook.pdf", media_type="application/pdf", digest=bytes(32))]
    (issued,) = world.issue(a_credential(related=related))
    assert stack_of(world, issued) == (Outcome.SKIPPED, "not_needed")


def test_a_correction_rests_on_nothing_and_says_what_it_supersedes(world: World) -> None:
    (superseded,) = world.issue(a_credential(7))
    named = superseded_resource(str(superseded["id"]), digest=digest(superseded), note="The name was misspelt.")
    (correction,) = world.issue(a_credential(8, related=[named]))
    report = world.verifier().verify(orjson.dumps(correction))

    assert report.verdict is Outcome.VALID
    assert report.check("stack").code == "not_needed"
    summary: Any = report.to_dict()["summary"]
    assert (summary["supersedes"], summary["correction"]) == (superseded["id"], "The name was misspelt.")


def test_what_an_award_supersedes_is_none_of_its_components(world: World) -> None:
    modules = world.modules()
    named = [related_resource(PATHWAY.id, media_type=PATHWAY_MEDIA_TYPE, digest=PATHWAY.digest())]
    named += [
        related_resource(str(component["id"]), media_type=CREDENTIAL_MEDIA_TYPE, digest=digest(component))
        for component in modules
    ]
    named.append(superseded_resource(credential_id(99), digest=bytes(32)))
    award = an_award(world, modules, related=named)

    assert stack_of(world, award, *modules) == (Outcome.VALID, "ok")
