"""Check 6: registered under this DID, recognised at anchor time by someone who is trusted, and rightly named."""

from __future__ import annotations

from dataclasses import replace

import orjson
import pytest

from ledger.chain.addresses import caip10
from ledger.chain.registry import EndAccreditation
from ledger.documents.did import did_document
from ledger.verifying.report import Outcome, VerificationReport
from tests.builders import ISSUER, LEARNER, a_credential, a_record, a_signer
from tests.fakes import fake_account
from tests.world import Registered, World

DID_URL = "https://cairn.example/issuers/usm/did.json"


def verify(world: World, document: object, **policy: object) -> VerificationReport:
    return world.verifier(world.policy(**policy)).verify(orjson.dumps(document))


def own_document(world: World, issuer: Registered) -> bytes:
    keys = [signer.public_key for signer in issuer.signers]
    registry = caip10(world.registry.chain_id, world.registry.registry)
    return orjson.dumps(did_document(issuer.profile.did, dict(enumerate(keys, 1)), registry, issuer.id))


def test_the_name_comes_from_the_accreditor_and_never_from_the_document(world: World) -> None:
    (issued,) = world.issue(a_credential())
    report = verify(world, issued)
    assert report.issuer.accredited_name == "Universiti Sains Malaysia (recognised)"
    assert report.issuer.claimed_name == "Universiti Sains Malaysia"
    assert report.issuer.accreditor == world.accreditor.address
    without_statement = verify(world, issued, statements={})
    assert without_statement
    assert without_statement.issuer.accredited_name is None
    assert "Universiti" not in without_statement.message


def test_a_statement_about_another_issuer_gives_no_name(world: World) -> None:
    (issued,) = world.issue(a_credential())
    forged = {scope: replace(statement, did="did:web:other.example") for scope, statement in world.statements.items()}
    assert verify(world, issued, statements=forged).issuer.accredited_name is None


def test_nobody_is_trusted_by_default(world: World) -> None:
    (issued,) = world.issue(a_credential())
    report = verify(world, issued, accreditors=())
    assert (report.verdict, report.code) == (Outcome.INVALID, "issuer_not_accredited")


def test_an_accreditor_whom_the_policy_does_not_name_counts_for_nothing(world: World) -> None:
    (issued,) = world.issue(a_credential())
    report = verify(world, issued, accreditors=(fake_account("somebody").address,))
    assert (report.verdict, report.code) == (Outcome.INVALID, "issuer_not_accredited")


def test_a_famous_name_under_an_own_entry_is_not_accredited(world: World) -> None:
    impostor = world.register(replace(ISSUER, did="did:web:usm.evil.example"), a_signer(7))
    (issued,) = world.issue(a_credential(issuer=impostor.profile), issuer=impostor)
    report = verify(world, issued)
    assert (report.verdict, report.code) == (Outcome.INVALID, "issuer_not_accredited")
    assert report.issuer.accredited_name is None


def test_an_impostor_who_registers_the_same_did_is_another_issuer(world: World) -> None:
    impostor = world.register(ISSUER, a_signer(7), account="impostor")
    (issued,) = world.issue(a_credential(), issuer=impostor)
    assert verify(world, issued).code == "issuer_not_accredited"
    documents = {DID_URL: own_document(world, world.issuer)}
    assert verify(world, issued, documents=documents).code == "did_mismatch"


def test_the_entry_of_another_issuer_can_not_be_borrowed(world: World) -> None:
    thief = replace(ISSUER, did="did:web:thief.example")
    signed = world.sign(a_credential(issuer=thief), issuer=Registered(thief, world.issuer.account, [a_signer(1)]))
    (borrowed,) = world.anchor(signed, method="did:web:thief.example#key-1")
    report = verify(world, borrowed)
    assert (report.verdict, report.code) == (Outcome.INVALID, "did_mismatch")
    assert report.check("key").outcome is Outcome.SKIPPED


def test_an_issuer_that_the_registry_does_not_know_is_invalid(world: World) -> None:
    unknown = Registered(replace(ISSUER, did="did:web:unknown.example"), fake_account("unknown"), [a_signer(7)])
    signed = world.sign(a_credential(issuer=unknown.profile), issuer=unknown)
    (issued,) = world.anchor(signed, method=unknown.method)
    from tests.unit.verifying.test_inclusion import with_anchor

    report = verify(world, with_anchor(issued, issuer_id=unknown.id))
    assert report.verdict is Outcome.INVALID
    assert report.check("issuer").code == "issuer_unknown"


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        ("before the accreditation", "issuer_not_accredited"),
        ("while it is in force", "valid"),
        ("after it ended", "issuer_not_accredited"),
        ("after it ran out", "issuer_not_accredited"),
        ("in force then, ended now", "valid"),
    ],
)
def test_what_counts_is_the_accreditation_at_anchor_time(world: World, moment: str, code: str) -> None:
    issuer = world.register(replace(ISSUER, did="did:web:late.example"), a_signer(7))
    document = a_credential(issuer=issuer.profile)
    if moment == "before the accreditation":
        (issued,) = world.issue(document, issuer=issuer)
        world.accredit(issuer)
    else:
        world.accredit(issuer, valid_until=world.memory.head.time + 1_000)
        if moment == "after it ended":
            world.do(EndAccreditation(issuer.id), world.accreditor)
        if moment == "after it ran out":
            world.memory.time += 2_000
        (issued,) = world.issue(document, issuer=issuer)
        if moment == "in force then, ended now":
            world.do(EndAccreditation(issuer.id), world.accreditor)
    assert verify(world, issued).code == code


def test_a_records_publisher_needs_no_accreditation_but_an_entry_under_its_did(world: World) -> None:
    modules = world.modules()
    (record,) = world.issue(a_record(*modules), issuer=world.publisher)
    report = verify(world, record)
    assert report
    assert report.check("issuer").code == "publisher"
    signed = world.sign(a_record(*modules, number=901), issuer=world.publisher)
    (borrowed,) = world.anchor(signed, method=world.publisher.method)
    assert verify(world, borrowed).code == "did_mismatch"


# --- the issuer's own DID document, where it was given ---


def test_a_did_document_that_names_registry_and_key_back_is_consulted(world: World) -> None:
    (issued,) = world.issue(a_credential())
    report = verify(world, issued, documents={DID_URL: own_document(world, world.issuer)})
    assert report
    assert report.check("issuer").evidence["did_document"] == "consulted"
    assert verify(world, issued).check("issuer").evidence["did_document"] == "not consulted"


def test_a_did_document_may_be_given_under_the_did_itself(world: World) -> None:
    (issued,) = world.issue(a_credential())
    good = verify(world, issued, documents={ISSUER.did: own_document(world, world.issuer)})
    assert good.check("issuer").evidence["did_document"] == "consulted"
    assert verify(world, issued, documents={ISSUER.did: b"{}"}).code == "document_unreadable"


def test_a_did_document_that_says_otherwise_makes_it_invalid(world: World) -> None:
    (issued,) = world.issue(a_credential())
    registry = caip10(world.registry.chain_id, world.registry.registry)
    key = world.issuer.signers[0].public_key
    contradictions = {
        "of somebody else": did_document("did:web:other.example", {1: key}, registry, world.issuer.id),
        "another registry": did_document(ISSUER.did, {1: key}, caip10(1, world.registry.registry), world.issuer.id),
        "another issuer id": did_document(ISSUER.did, {1: key}, registry, world.publisher.id),
        "another key": did_document(ISSUER.did, {1: a_signer(9).public_key}, registry, world.issuer.id),
        "no registry": {**did_document(ISSUER.did, {1: key}, registry, world.issuer.id), "service": []},
    }
    for name, document in contradictions.items():
        report = verify(world, issued, documents={DID_URL: orjson.dumps(document)})
        assert (report.verdict, report.code) == (Outcome.INVALID, "did_mismatch"), name


def test_a_key_that_has_left_the_did_document_is_noted_only(world: World) -> None:
    (issued,) = world.issue(a_credential())
    registry = caip10(world.registry.chain_id, world.registry.registry)
    document = did_document(ISSUER.did, {}, registry, world.issuer.id)
    report = verify(world, issued, documents={DID_URL: orjson.dumps(document)})
    assert report
    assert report.check("issuer").evidence["key_in_did_document"] == "no longer listed"


@pytest.mark.parametrize("data", [b"", b"[]", b'{"id":1}', b"\xff"])
def test_an_unreadable_did_document_leaves_it_open(world: World, data: bytes) -> None:
    (issued,) = world.issue(a_credential())
    report = verify(world, issued, documents={DID_URL: data})
    assert (report.verdict, report.code) == (Outcome.INDETERMINATE, "document_unreadable")


def test_a_did_that_no_url_stands_for_needs_no_document(world: World) -> None:
    for number, did in enumerate(
        ("did:web:Cairn.Example", "did:web:127.0.0.1", "did:ethr:0x1", "https://usm.example/")
    ):
        issuer = world.register(replace(ISSUER, did=did), a_signer(20 + number))
        world.accredit(issuer)
        (issued,) = world.issue(a_credential(number, issuer=issuer.profile), issuer=issuer)
        assert verify(world, issued), did


def test_a_homoglyph_in_the_name_changes_nothing_that_is_trusted(world: World) -> None:
    profile = replace(ISSUER, did="did:web:cairn.example:issuers:usn", name="Univеrsiti Sains Malaysia")
    impostor = world.register(profile, a_signer(7))
    (issued,) = world.issue(a_credential(issuer=profile, learner=LEARNER), issuer=impostor)
    assert verify(world, issued).code == "issuer_not_accredited"
