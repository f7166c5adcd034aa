"""A small world to verify in: a registry, an accreditor, issuers with keys, and documents that were really issued.

It works on any registry: `MemoryRegistry` by default, the embedded chain or a node where a test of the command or of
the service needs one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from ledger.chain.addresses import issuer_id
from ledger.chain.registry import (
    FOREVER,
    Account,
    Accredit,
    AddKey,
    Address,
    AnchorBatch,
    CloseKey,
    IssuerId,
    Reason,
    RegisterIssuer,
    Registry,
    RegistryCall,
    Role,
    SetOperator,
    SetStatus,
    StatusAction,
    WithdrawBatch,
    perform,
)
from ledger.documents.accreditation import AccreditationStatement
from ledger.documents.canonical import digest
from ledger.documents.credential import (
    CREDENTIAL_MEDIA_TYPE,
    PATHWAY_MEDIA_TYPE,
    IssuerProfile,
    related_resource,
)
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.proofs.anchor_proof import AnchorProof, AwardEvidence, ComponentEvidence, from_proof
from ledger.proofs.data_integrity import EDDSA_JCS, Signer, sign
from ledger.proofs.known_shapes import canonicalize_own
from ledger.proofs.merkle import MerkleTree, entry, leaf_hash
from ledger.proofs.rdfc import canonicalize_rdf, canonicalize_with_own_terms
from ledger.stacking.pathway import Pathway
from ledger.verifying.anchoring import status_index_of
from ledger.verifying.policy import Policy, TrustedRegistry
from ledger.verifying.verifier import Verifier
from tests.builders import ISSUER, PUBLISHER, a_credential, a_pathway, a_signer, an_achievement
from tests.fakes import MemoryRegistry, fake_account

SIGNED_AT = datetime(2026, 11, 22, tzinfo=UTC)
MODULES = ("models", "needs", "evaluation")


class InProcess:
    """RDF canonicalisation without a child process: fast enough, and right for documents of our own making."""

    def canonicalize(
        self, document: Mapping[str, JsonValue], hash_name: str = "sha256", /, *, own_terms: bool = False
    ) -> bytes:
        if own_terms:
            return canonicalize_with_own_terms(document)
        return canonicalize_own(document) if hash_name == "sha256" else canonicalize_rdf(document, hash_name)


@dataclass
class Registered:
    """An issuer that the registry knows, the account that acts for it, and its keys, the newest last."""

    profile: IssuerProfile
    account: Account
    signers: list[Signer] = field(default_factory=list)

    @property
    def id(self) -> IssuerId:
        return issuer_id(self.account.address, self.profile.did)

    @property
    def method(self) -> str:
        if self.profile.did.startswith("did:key:"):
            return f"{self.profile.did}#{self.profile.did.removeprefix('did:key:')}"
        return f"{self.profile.did}#key-{len(self.signers)}"


class World:
    """`issuer` is accredited by `accreditor`, `publisher` by nobody."""

    def __init__(self, registry: Registry | None = None, account: Callable[[str], Account] = fake_account) -> None:
        self.memory = MemoryRegistry()
        self.registry: Registry = registry or self.memory
        self._account = account
        self.accreditor = account("accreditor")
        self.statements: dict[bytes, AccreditationStatement] = {}
        self.issuer = self.register(ISSUER, a_signer(1))
        self.accredit(self.issuer)
        self.publisher = self.register(PUBLISHER, a_signer(2))

    # --- setting up ---

    def register(self, profile: IssuerProfile, *signers: Signer, account: str | None = None) -> Registered:
        issuer = Registered(profile, self._account(account or profile.did))
        self.do(RegisterIssuer(profile.did), issuer.account)
        self.do(SetOperator(issuer.id, issuer.account.address, Role.ANCHOR | Role.REVOKE, 0), issuer.account)
        for signer in signers:
            self.add_key(issuer, signer)
        return issuer

    def add_key(self, issuer: Registered, signer: Signer) -> None:
        issuer.signers.append(signer)
        self.do(AddKey(issuer.id, signer.public_key), issuer.account)

    def close_key(self, issuer: Registered, signer: Signer, valid_until: int) -> None:
        self.do(CloseKey(issuer.id, signer.public_key, valid_until), issuer.account)

    def accredit(self, issuer: Registered, *, valid_until: int = FOREVER, by: Account | None = None) -> None:
        statement = AccreditationStatement(
            name=f"{issuer.profile.name} (recognised)",
            did=issuer.profile.did,
            issuer_id=issuer.id,
            country="MY",
            recognised=("Micro-credentials at bachelor level",),
            accreditor="Quality Agency",
            published=date(2026, 11, 22),
        )
        self.statements[statement.scope()] = statement
        self.do(Accredit(issuer.id, valid_until, statement.scope()), by or self.accreditor)

    def do(self, call: RegistryCall, account: Account) -> None:
        perform(self.registry, call, account)

    # --- issuing ---

    def issue(
        self,
        *documents: JsonObject,
        issuer: Registered | None = None,
        suites: Sequence[str] = (EDDSA_JCS,),
        signer: Signer | None = None,
        evidence: Sequence[AwardEvidence | None] = (),
        anchored_by: Registered | None = None,
    ) -> list[JsonObject]:
        """Signs these documents, anchors them as one batch and gives them back with their proofs."""
        issuer = issuer or self.issuer
        signed = [self.sign(document, issuer=issuer, suites=suites, signer=signer) for document in documents]
        return self.anchor(*signed, issuer=anchored_by or issuer, method=issuer.method, evidence=evidence)

    def sign(
        self,
        document: JsonObject,
        *,
        issuer: Registered | None = None,
        suites: Sequence[str] = (EDDSA_JCS,),
        signer: Signer | None = None,
    ) -> JsonObject:
        issuer = issuer or self.issuer
        proofs: list[JsonValue] = [
            sign(
                document,
                cryptosuite=suite,
                signer=signer or issuer.signers[-1],
                verification_method=issuer.method,
                created=SIGNED_AT,
            )
            for suite in suites
        ]
        return {**document, "proof": proofs[0] if len(proofs) == 1 else proofs}

    def anchor(
        self,
        *documents: JsonObject,
        issuer: Registered | None = None,
        method: str | None = None,
        evidence: Sequence[AwardEvidence | None] = (),
        indexes: Sequence[int] | None = None,
    ) -> list[JsonObject]:
        """Anchors signed documents as one batch and attaches their anchor proofs.

        The status indexes are those that the documents name, unless `indexes` says otherwise.
        """
        issuer = issuer or self.issuer
        indexes = indexes or [status_index_of(document) or 0 for document in documents]
        tree = MerkleTree(
            leaf_hash(entry(digest(document), index)) for document, index in zip(documents, indexes, strict=True)
        )
        transaction = self.registry.sign(AnchorBatch(issuer.id, tree.root, tree.size), issuer.account)
        self.registry.send(transaction)
        receipt = self.registry.receipt(transaction.hash)
        assert receipt is not None
        anchored_at = datetime.fromtimestamp(receipt.block.time, UTC)
        secured = []
        for leaf, (document, index) in enumerate(zip(documents, indexes, strict=True)):
            proof = AnchorProof(
                chain_id=self.registry.chain_id,
                registry=self.registry.registry,
                issuer_id=issuer.id,
                tree_size=tree.size,
                leaf_index=leaf,
                status_index=index,
                path=tree.inclusion_path(leaf),
                evidence=evidence[leaf] if leaf < len(evidence) else None,
            )
            secured.append(with_proof(document, proof.to_proof(anchored_at, method or issuer.method)))
        return secured

    def award(
        self, components: Sequence[JsonObject], *, pathway: Pathway | None = None, number: int = 500
    ) -> JsonObject:
        """The completion award over these issued credentials, issued itself."""
        pathway = pathway or a_pathway(*MODULES)
        related = [related_resource(pathway.id, media_type=PATHWAY_MEDIA_TYPE, digest=pathway.digest())]
        related += [
            related_resource(str(component["id"]), media_type=CREDENTIAL_MEDIA_TYPE, digest=digest(component))
            for component in components
        ]
        document = a_credential(number, achievement=an_achievement("instructional-design"), related=related)
        evidence = AwardEvidence(pathway.canonical(), tuple(evidence_of(component) for component in components))
        return self.issue(document, evidence=[evidence])[0]

    def modules(self, **changes: Any) -> list[JsonObject]:
        """The credentials of one learner for the three modules, issued."""
        return self.issue(
            *(
                a_credential(number, achievement=an_achievement(code), **changes)
                for number, code in enumerate(MODULES, 1)
            )
        )

    # --- changing status ---

    def set_status(
        self,
        status_index: int,
        action: StatusAction,
        reason: int = Reason.ISSUED_IN_ERROR,
        issuer: Registered | None = None,
    ) -> None:
        issuer = issuer or self.issuer
        words = ((status_index >> 8, 1 << (status_index & 255)),)
        self.do(SetStatus(issuer.id, action, int(reason), words), issuer.account)

    def withdraw(self, document: JsonObject, reason: Reason, issuer: Registered | None = None) -> None:
        issuer = issuer or self.issuer
        root = anchor_of(document).root_for(digest(document))
        self.do(WithdrawBatch(issuer.id, root, reason), issuer.account)

    # --- verifying ---

    def policy(self, **changes: Any) -> Policy:
        trusted = TrustedRegistry(self.registry.chain_id, self.registry.registry, "embedded", "the ledger of this test")
        arguments: dict[str, Any] = {
            "registries": (trusted,),
            "accreditors": (Address(self.accreditor.address),),
            "statements": self.statements,
        }
        return Policy(**(arguments | changes))

    def verifier(self, policy: Policy | None = None, **changes: Any) -> Verifier:
        arguments: dict[str, Any] = {"clock": self.now, "canonicalizer": InProcess()}
        readers = {(self.registry.chain_id, self.registry.registry): self.registry}
        return Verifier(policy or self.policy(), changes.pop("readers", readers), **(arguments | changes))

    def now(self) -> datetime:
        """The day after the newest final block."""
        return datetime.fromtimestamp(self.registry.final_block().time, UTC) + timedelta(days=1)


def with_proof(document: JsonObject, proof: JsonObject) -> JsonObject:
    """The document with one more proof, as its last."""
    present = document.get("proof", [])
    return {**document, "proof": [*(present if isinstance(present, list) else [present]), proof]}


def proofs_of(document: JsonObject) -> list[JsonObject]:
    proofs = document["proof"]
    return [proof for proof in (proofs if isinstance(proofs, list) else [proofs]) if isinstance(proof, dict)]


def anchor_of(document: JsonObject) -> AnchorProof:
    return from_proof(proofs_of(document)[-1])


def evidence_of(document: JsonObject) -> ComponentEvidence:
    proof = anchor_of(document)
    return ComponentEvidence(proof.issuer_id, proof.tree_size, proof.leaf_index, proof.status_index, proof.path)
