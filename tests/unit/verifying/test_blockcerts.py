"""Blockcerts of others: what their proofs, the chains that these name, and their issuers' documents come to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from ledger.chain.foreign_anchors import Inscription
from ledger.chain.registry import BlockRef
from ledger.documents.strict_json import JsonObject, JsonValue, parse
from ledger.errors import InvalidProof, RegistryUnreachable
from ledger.verifying.inscriptions import MAX_LOOKUPS
from ledger.verifying.readings import Unknown
from ledger.verifying.report import Outcome, VerificationReport
from tests.blockcerts import Batch, a_blockcert
from tests.world import World

VECTORS = Path(__file__).parents[2] / "vectors" / "blockcerts"
SEPOLIA = "eip155:11155111"
ISSUER = "https://www.blockcerts.org/samples/3.0/issuer-blockcerts.json"
REVOKED = "https://www.blockcerts.org/samples/3.0/revocation-list-blockcerts.json"
ROOT = bytes.fromhex("b2c64ed78cccda992431c265a1d0bb657e8cefd14b1ef15ceadcc697c566994f")
TRANSACTION = bytes.fromhex("1f615470024000c3ab532ed74c5a60b8f6c2feb6489a67be20f103831996f9ab")
SENDER = "0x40cf9b7db6fcc742ad0a76b8588c7f8de2b54a60"
ANCHORED_AT = int(datetime(2022, 11, 2, 2, 33, 24, tzinfo=UTC).timestamp())
BLOCK = BlockRef(2213021, b"\x0b" * 32, ANCHORED_AT)
GENUINE = Inscription(ROOT, SENDER, BLOCK, succeeded=True, is_final=True)


class Chain:
    """A chain that holds what it is told."""

    def __init__(self, found: Mapping[bytes, Inscription] | None = None) -> None:
        self._found = {TRANSACTION: GENUINE} if found is None else found
        self.asked: list[bytes] = []

    def read(self, transaction: bytes) -> Inscription | None:
        self.asked.append(transaction)
        return self._found.get(transaction)


class Silent:
    def read(self, transaction: bytes) -> Inscription | None:
        raise RegistryUnreachable("fewer than 2 of 2 nodes agree", "providers_disagree")


def vector(name: str) -> JsonObject:
    return parse((VECTORS / f"{name}.json").read_bytes())


def given(**others: JsonObject) -> dict[str, bytes]:
    profile = vector("issuer-profile") | others.pop("profile", {})
    documents = {ISSUER: profile, REVOKED: revocations()} | others
    return {url: orjson.dumps(document) for url, document in documents.items()}


def revocations(*ids: str, **changes: Any) -> JsonObject:
    entries = [{"id": each, "revocationReason": "Honor code violation"} for each in ids]
    return {"id": REVOKED, "type": "RevocationList", "issuer": ISSUER, "revokedAssertions": entries} | changes


def verify(world: World, document: JsonObject, chain: Any = None, **policy: Any) -> VerificationReport:
    arguments: dict[str, Any] = {"any_issuer": True, "documents": given()} | policy
    readers = {SEPOLIA: Chain() if chain is None else chain}
    return world.verifier(world.policy(**arguments), inscriptions=readers).verify(orjson.dumps(document))


def outcomes(report: VerificationReport) -> dict[str, str]:
    return {check.id: check.code for check in report.checks if check.outcome is not Outcome.SKIPPED}


def test_a_genuine_document_of_an_issuer_that_publishes_its_account_is_valid(world: World) -> None:
    report = verify(world, vector("sepolia-3.0"))
    assert (report.verdict, report.code) == (Outcome.VALID, "valid")
    assert outcomes(report) == {
        "structure": "ok",
        "inclusion": "ok",
        "anchor": "ok",
        "issuer": "any_issuer",
        "key": "ok",
        "status": "ok",
        "period": "ok",
    }
    assert report.check("signature").code == "not_needed"
    assert report.chain is not None
    assert (report.chain.network, report.chain.network_name) == ("testnet", "Sepolia")
    assert "not a public production network" in report.message
    assert report.check("anchor").evidence["time"] == "2022-11-02T02:33:24Z"
    assert {document.url for document in report.consulted} == {ISSUER, REVOKED}


def test_without_a_policy_for_any_issuer_nobody_vouches_for_one(world: World) -> None:
    report = verify(world, vector("sepolia-3.0"), any_issuer=False)
    assert report.verdict is Outcome.INDETERMINATE
    assert report.check("issuer").code == "no_accreditor"
    assert report.check("anchor").outcome is Outcome.VALID


def test_without_a_node_of_its_chain_inclusion_is_all_that_is_known(world: World) -> None:
    policy = world.policy(any_issuer=True, documents=given())
    report = world.verifier(policy).verify(orjson.dumps(vector("sepolia-3.0")))
    assert (report.verdict, report.code) == (Outcome.INDETERMINATE, "anchor_unconfigured")
    assert report.check("inclusion").outcome is Outcome.VALID
    assert report.check("key").outcome is Outcome.INDETERMINATE


def test_without_the_issuers_document_nobody_knows_whose_account_it_was(world: World) -> None:
    report = verify(world, vector("sepolia-3.0"), documents={})
    assert (report.verdict, report.code) == (Outcome.INDETERMINATE, "key_unknown")
    assert report.check("anchor").outcome is Outcome.VALID


@pytest.mark.parametrize("name", ["trial-3.1-data-integrity", "trial-3.1-two-proofs"])
def test_a_proof_made_on_trial_is_never_more_than_that(world: World, name: str) -> None:
    report = verify(world, vector(name))
    assert (report.verdict, report.code) == (Outcome.INDETERMINATE, "anchor_on_trial")
    assert report.check("inclusion").outcome is Outcome.VALID


def test_an_expired_document_is_not_valid(world: World) -> None:
    report = verify(world, vector("trial-3.0-expired"))
    assert (report.verdict, report.code) == (Outcome.INVALID, "expired")


def test_a_document_with_a_vocabulary_of_its_own_is_not_judged(world: World) -> None:
    document = vector("bitcoin-testnet-3.0-inline-context")
    report = verify(world, document)
    assert (report.verdict, report.code) == (Outcome.INDETERMINATE, "context_inline")
    assert (report.check("inclusion").outcome, report.check("inclusion").code) == (Outcome.VALID, "ok")
    assert (report.check("anchor").outcome, report.check("anchor").code) == (Outcome.INDETERMINATE, "chain_unsupported")
    changes: list[JsonObject] = [
        {"issuer": []},
        {"type": ["BlockcertsCredential"]},
        {"@context": [{}, "https://w3id.org/blockcerts/v3"]},
    ]
    for change in changes:
        assert verify(world, document | change).verdict is Outcome.INVALID


INLINE: dict[str, JsonValue] = {"honours": "https://college.example/terms#honours"}


def in_own_terms(*terms: JsonValue, **members: Any) -> JsonObject:
    """A Blockcert with a vocabulary of its own, as its issuer would put it on the chain."""
    plain = a_blockcert("Ana")
    contexts: Any = plain["@context"]
    return plain | {"@context": [contexts[0], *(terms or (INLINE,)), *contexts[1:]], "honours": "first"} | members


def judged_on_chain(world: World, document: JsonObject, *changes: JsonObject) -> VerificationReport:
    batch = Batch(document, a_blockcert("Ben"))
    issued = batch.issued(0, TRANSACTION)
    for change in changes:
        issued |= change
    chain = Chain({TRANSACTION: replace(GENUINE, content=batch.root)})
    return verify(world, issued, chain)


def test_the_place_of_a_document_with_a_vocabulary_of_its_own_is_checked_and_it_is_never_valid(world: World) -> None:
    report = judged_on_chain(world, in_own_terms())
    assert (report.verdict, report.code) == (Outcome.INDETERMINATE, "context_inline")
    found = {check.id: check.code for check in report.checks if check.outcome is Outcome.VALID}
    assert found == {"inclusion": "ok", "anchor": "ok"}
    assert report.document is None


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"honours": "second"}, "digest_mismatch"),
        ({"validUntil": "2099-01-01T00:00:00Z"}, "digest_mismatch"),
        ({"award": "everything"}, "undefined_term"),
    ],
)
def test_a_changed_document_with_a_vocabulary_of_its_own_is_found_out(
    world: World, change: JsonObject, code: str
) -> None:
    report = judged_on_chain(world, in_own_terms(), change)
    assert (report.verdict, report.code) == (Outcome.INVALID, code if code == "digest_mismatch" else "undefined_term")
    assert report.check("anchor").outcome is Outcome.SKIPPED


def test_members_renamed_by_a_changed_vocabulary_leave_no_trace_and_are_not_valid(world: World) -> None:
    renamed = in_own_terms({"merit": INLINE["honours"]})
    issued = judged_on_chain(world, in_own_terms(), {"@context": renamed["@context"], "merit": "first", "honours": []})
    assert issued.verdict is not Outcome.VALID


@pytest.mark.parametrize(
    "terms",
    [
        {"@import": "https://college.example/terms"},
        {"honours": {"@id": "https://college.example/terms#h", "@context": "https://college.example/terms"}},
        {"honours": {"@id": "https://college.example/terms#h", "@context": [{"@import": "https://a.example/"}]}},
    ],
)
def test_a_vocabulary_of_its_own_brings_in_nothing_from_elsewhere(world: World, terms: JsonObject) -> None:
    issued = Batch(a_blockcert("Ana")).issued(0, TRANSACTION) | {"@context": in_own_terms(terms)["@context"]}
    report = verify(world, issued)
    assert (report.verdict, report.code) == (Outcome.INDETERMINATE, "context_inline")
    assert report.check("inclusion").code == "context_untrusted"


# --- tampering ---


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"credentialSubject": {"id": "did:example:ebfeb1f712ebc6f1c276e12ec21", "name": "X"}}, "digest_mismatch"),
        ({"issuer": "https://attacker.example/profile.json"}, "digest_mismatch"),
        ({"id": "urn:uuid:bbba8553-8ec1-445f-82c9-a57251dd731d"}, "digest_mismatch"),
        ({"issuanceDate": "2020-01-01T00:00:00Z"}, "digest_mismatch"),
        ({"expirationDate": "2099-01-01T00:00:00Z"}, "digest_mismatch"),
        ({"honours": True}, "undefined_term"),
        ({"proof": {}}, "proof_malformed"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else value,
)
def test_a_changed_document_is_not_valid(world: World, change: JsonObject, code: str) -> None:
    document = vector("sepolia-3.0")
    if change == {"proof": {}}:
        change = {"proof": {**document["proof"], "previousValue": "z"}}  # type: ignore[dict-item]
    report = verify(world, document | change)
    assert (report.verdict, report.check("inclusion").code) == (Outcome.INVALID, code)
    assert report.check("anchor").outcome is Outcome.SKIPPED


def test_the_proof_of_another_document_is_refused(world: World) -> None:
    report = verify(world, vector("sepolia-3.0") | {"proof": vector("trial-3.0-expired")["proof"]})
    assert (report.verdict, report.code) == (Outcome.INVALID, "digest_mismatch")


def test_one_bad_proof_among_several_is_enough(world: World) -> None:
    document = vector("trial-3.1-two-proofs")
    assert isinstance(document["proof"], list)
    report = verify(world, document | {"proof": document["proof"][::-1]})
    assert (report.verdict, report.code) == (Outcome.INVALID, "digest_mismatch")
    many = verify(world, document | {"proof": [document["proof"][0]] * 5})
    assert (many.verdict, many.code) == (Outcome.INVALID, "proof_ambiguous")


def test_a_document_that_costs_too_much_to_canonicalise_is_not_judged(world: World) -> None:
    class Spent:
        def canonicalize(
            self, document: Mapping[str, JsonValue], hash_name: str = "sha256", /, *, own_terms: bool = False
        ) -> bytes:
            raise InvalidProof("canonicalization_budget", "the document takes too long to canonicalize")

    policy = world.policy(any_issuer=True, documents=given())
    verifier = world.verifier(policy, canonicalizer=Spent(), inscriptions={SEPOLIA: Chain()})
    report = verifier.verify(orjson.dumps(vector("sepolia-3.0")))
    assert (report.verdict, report.code) == (Outcome.INDETERMINATE, "canonicalization_budget")


# --- the chain ---


@pytest.mark.parametrize(
    ("found", "verdict", "code"),
    [
        ({"content": bytes(32)}, Outcome.INVALID, "anchor_mismatch"),
        ({"content": ROOT + b"\x00"}, Outcome.INVALID, "anchor_mismatch"),
        ({"content": b"\xb2\xcc\x5e\x1a" + ROOT}, Outcome.INVALID, "anchor_mismatch"),
        ({"content": b""}, Outcome.INVALID, "anchor_mismatch"),
        ({"succeeded": False}, Outcome.INVALID, "anchor_reverted"),
        ({"is_final": False}, Outcome.INDETERMINATE, "not_final"),
        ({"block": None, "is_final": False}, Outcome.INDETERMINATE, "not_final"),
        ({"sender": "0x" + "11" * 20}, Outcome.INVALID, "sender_mismatch"),
    ],
)
def test_what_the_transaction_is_decides(world: World, found: dict[str, Any], verdict: Outcome, code: str) -> None:
    inscription = Inscription(
        **{
            "content": ROOT,
            "sender": SENDER,
            "block": BLOCK,
            "succeeded": True,
            "is_final": True,
            **found,
        }
    )
    report = verify(world, vector("sepolia-3.0"), Chain({TRANSACTION: inscription}))
    assert (report.verdict, report.code) == (verdict, code)
    assert report.check("inclusion").outcome is Outcome.VALID


def test_a_transaction_that_nobody_knows_settles_nothing(world: World) -> None:
    report = verify(world, vector("sepolia-3.0"), Chain({}))
    assert (report.verdict, report.code) == (Outcome.INDETERMINATE, "anchor_not_found")


def test_a_chain_out_of_reach_settles_nothing(world: World) -> None:
    report = verify(world, vector("sepolia-3.0"), Silent())
    assert (report.verdict, report.code) == (Outcome.INDETERMINATE, "providers_disagree")


def test_only_the_chain_that_is_named_is_asked(world: World) -> None:
    chain = Chain()
    policy = world.policy(any_issuer=True, documents=given())
    verifier = world.verifier(policy, inscriptions={"eip155:1": chain})
    assert verifier.verify(orjson.dumps(vector("sepolia-3.0"))).code == "anchor_unconfigured"
    assert chain.asked == []


def test_a_transaction_is_asked_for_once_however_many_documents_name_it(world: World) -> None:
    chain = Chain()
    policy = world.policy(any_issuer=True, documents=given())
    verifier = world.verifier(policy, inscriptions={SEPOLIA: chain})
    reports = verifier.verify_many([orjson.dumps(vector("sepolia-3.0"))] * (MAX_LOOKUPS + 1))
    assert all(isinstance(report, VerificationReport) and bool(report) for report in reports)
    assert chain.asked == [TRANSACTION]


# --- the issuer's document ---


@pytest.mark.parametrize(
    ("profile", "verdict", "code"),
    [
        ({"id": "https://attacker.example/profile.json"}, Outcome.INDETERMINATE, "document_unreadable"),
        ({"publicKey": []}, Outcome.VALID, "ok"),
        ({"verificationMethod": []}, Outcome.VALID, "ok"),
        ({"verificationMethod": [], "publicKey": []}, Outcome.INDETERMINATE, "key_unknown"),
        ({"assertionMethod": [], "publicKey": []}, Outcome.INDETERMINATE, "key_unknown"),
        ({"publicKey": [{"id": f"ecdsa-koblitz-pubkey:0x{'11' * 20}"}]}, Outcome.INVALID, "key_not_registered"),
        (
            {"publicKey": [{"id": f"ecdsa-koblitz-pubkey:{SENDER}", "created": "2022-11-03T00:00:00Z"}]},
            Outcome.INVALID,
            "key_not_valid_at_anchor",
        ),
        (
            {"publicKey": [{"id": f"ecdsa-koblitz-pubkey:{SENDER}", "revoked": "2022-11-01T00:00:00Z"}]},
            Outcome.INVALID,
            "key_not_valid_at_anchor",
        ),
        (
            {"publicKey": [{"id": f"ecdsa-koblitz-pubkey:{SENDER}", "expires": "2022-11-03T00:00:00Z"}]},
            Outcome.VALID,
            "ok",
        ),
        ({"publicKey": [{"id": f"ecdsa-koblitz-pubkey:{SENDER}", "created": "lately"}]}, Outcome.INDETERMINATE, None),
        ({"publicKey": "ecdsa-koblitz-pubkey"}, Outcome.INDETERMINATE, "document_unreadable"),
    ],
)
def test_what_the_issuer_publishes_decides(
    world: World, profile: JsonObject, verdict: Outcome, code: str | None
) -> None:
    report = verify(world, vector("sepolia-3.0"), documents=given(profile=profile))
    assert report.verdict is verdict
    assert report.check("key").code == (code or "document_unreadable")


class Web:
    """What is published, and who asked for it."""

    def __init__(self, documents: Mapping[str, bytes]) -> None:
        self._documents = documents
        self.asked: list[str] = []

    def fetch(self, url: str) -> bytes | Unknown:
        self.asked.append(url)
        return self._documents.get(url, Unknown("fetch_failed", "nothing is there"))


def test_no_list_is_fetched_for_a_document_that_stands_on_no_chain(world: World) -> None:
    document = orjson.dumps(vector("sepolia-3.0"))
    policy = world.policy(any_issuer=True, fetch=True)
    for chain, verdict, asked in (
        (Chain(), Outcome.VALID, [ISSUER, REVOKED]),
        (Chain({}), Outcome.INDETERMINATE, [ISSUER]),
    ):
        web = Web(given())
        verifier = world.verifier(policy, fetcher=web, inscriptions={SEPOLIA: chain})
        assert verifier.verify(document).verdict is verdict
        assert web.asked == asked


# --- status ---


def test_what_the_issuers_list_names_is_revoked(world: World) -> None:
    document = vector("sepolia-3.0")
    report = verify(world, document, documents=given(**{REVOKED: revocations(str(document["id"]))}))
    assert (report.verdict, report.code) == (Outcome.INVALID, "revoked")
    other = verify(world, document, documents=given(**{REVOKED: revocations("urn:uuid:1")}))
    assert other.verdict is Outcome.VALID


def test_a_list_that_is_missing_or_of_another_leaves_the_status_unknown(world: World) -> None:
    document = vector("sepolia-3.0")
    without = {url: content for url, content in given().items() if url != REVOKED}
    assert verify(world, document, documents=without).code == "status_unknown"
    for bad in (
        revocations(issuer="https://attacker.example"),
        revocations(id="https://attacker.example"),
        revocations(revokedAssertions="none"),
        revocations(revokedAssertions=["urn:uuid:1"]),
    ):
        report = verify(world, document, documents=given(**{REVOKED: bad}))
        assert (report.verdict, report.code) == (Outcome.INDETERMINATE, "status_unusable")


def test_an_issuer_that_keeps_no_list_revokes_nothing(world: World) -> None:
    profile = {name: value for name, value in vector("issuer-profile").items() if name != "revocationList"}
    report = verify(world, vector("sepolia-3.0"), documents={ISSUER: orjson.dumps(profile)})
    assert report.verdict is Outcome.VALID
    assert report.check("status").code == "not_needed"
