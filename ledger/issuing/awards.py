"""Awards for a pathway: who holds all that it asks for gets a credential that names and proves what it rests on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime

from ledger.chain.registry import IssuerId, Registry, StateQuery
from ledger.documents.achievement import Achievement, achievement_id
from ledger.documents.canonical import digest
from ledger.documents.credential import (
    CREDENTIAL_MEDIA_TYPE,
    PATHWAY_MEDIA_TYPE,
    Learner,
    build_credential,
    identity_hash,
    new_salt,
    related_resource,
)
from ledger.documents.result import COMPLETED
from ledger.documents.strict_json import JsonObject, JsonValue, parse
from ledger.errors import Conflict, NotFound
from ledger.issuing.catalog import Catalog
from ledger.issuing.drafting import Entry
from ledger.issuing.evidence import anchor_proof_of, component_evidence
from ledger.issuing.imports import Imports
from ledger.issuing.programmes import Programmes
from ledger.issuing.values import Batch, BatchState, CredentialKind, CredentialStatus, Issuer, StoredCredential
from ledger.proofs.anchor_proof import AwardEvidence
from ledger.stacking.evaluation import evaluate, read_held
from ledger.stacking.pathway import Pathway, parse_pathway
from ledger.storage import Database

IsGenuine = Callable[[bytes], bool]
"""Whether a document is valid now, asked of the folder's verifier: for components that others issued."""


class Awards:
    """Finds who has earned the award of a pathway, and drafts it. What it drafts goes through the pipeline as usual."""

    def __init__(self, database: Database, registry: Registry, *, is_genuine: IsGenuine) -> None:
        self._registry = registry
        self._is_genuine = is_genuine
        self._catalog = Catalog(database)
        self._imports = Imports(database)
        self._programmes = Programmes(database)

    def draft(
        self,
        issuer: str,
        pathway_id: str,
        *,
        learner_ids: Collection[str] | None = None,
        awarded_on: date | None = None,
        label: str | None = None,
    ) -> Batch | None:
        """Drafts the award for all learners (or those named) who hold all that the pathway asks for, and not the award.

        Counted are the issuer's own credentials that are final, and neither revoked nor suspended nor withdrawn at the
        newest final block. None if nobody is left. Raises Conflict `pathway_foreign` if the pathway asks for
        credentials of another issuer: those are known from documents only.
        """
        who, pathway = self._catalog.issuer(issuer), self._pathway(pathway_id)
        if any(component.issuer_did != who.did for component in pathway.components):
            raise Conflict(
                "the pathway asks for other issuers' credentials; hand in their documents", "pathway_foreign"
            )
        achievement = self._award(who, pathway)
        have = {held.learner_id for held in self._held(issuer, [achievement.code], statuses=None)}
        entries = []
        for learner, credentials in self._candidates(who, pathway).items():
            if learner.learner_id in have or (learner_ids is not None and learner.learner_id not in learner_ids):
                continue
            documents = [
                parse(document) for document in self._catalog.documents([c.credential_id for c in credentials])
            ]
            chosen = _chosen(pathway, documents)
            if chosen is not None:
                entries.append(_entry(who, achievement, pathway, learner, chosen, awarded_on or _today()))
        if not entries:
            return None
        return self._imports.store(issuer, entries, label=label or pathway.title)

    def draft_from_documents(
        self,
        issuer: str,
        pathway_id: str,
        learner: Learner,
        documents: Sequence[bytes],
        *,
        awarded_on: date | None = None,
        label: str | None = None,
    ) -> Batch:
        """Drafts the award for one learner from the documents of the components, whoever issued them.

        Raises Conflict: `component_invalid` for a document that is not valid now, `component_foreign` for one that is
        anchored elsewhere than the award will be, `learner_mismatch` for one that was issued to another e-mail address,
        `pathway_unmet` if something is missing. MalformedDocument for what cannot be read.
        """
        who, pathway = self._catalog.issuer(issuer), self._pathway(pathway_id)
        achievement = self._award(who, pathway)
        parsed = [parse(document) for document in documents]
        chosen = _chosen(pathway, parsed)
        if chosen is None:
            missing = evaluate(pathway, [held for document in parsed if (held := read_held(document))]).missing
            names = ", ".join(component.achievement_id for component in missing)
            raise Conflict(f"the pathway asks for more than was handed in: {names}", "pathway_unmet")
        for document, content in zip(parsed, documents, strict=True):
            if any(document is picked for picked in chosen):
                self._check_component(document, content, learner)
        entry = _entry(who, achievement, pathway, learner, chosen, awarded_on or _today())
        return self._imports.store(issuer, [entry], label=label or pathway.title)

    def _check_component(self, document: JsonObject, content: bytes, learner: Learner) -> None:
        name = document.get("name")
        if not self._is_genuine(content):
            raise Conflict(f"{name} is not valid now, so nothing can rest on it", "component_invalid")
        proof = anchor_proof_of(document)
        if (proof.chain_id, proof.registry) != (self._registry.chain_id, self._registry.registry):
            raise Conflict(f"{name} is anchored in another registry than the award will be", "component_foreign")
        if not _is_for(document, learner.email):
            raise Conflict(f"{name} was issued to another e-mail address", "learner_mismatch")

    def _candidates(self, who: Issuer, pathway: Pathway) -> Mapping[Learner, list[StoredCredential]]:
        """Each learner and their credentials that count: final, and in force at the newest final block."""
        codes = [component.achievement_id.rpartition("/achievements/")[2] for component in pathway.components]
        held = [
            credential
            for credential in self._held(who.slug, codes, statuses={CredentialStatus.ACTIVE})
            if credential.batch_state is BatchState.FINAL and credential.is_attached and not credential.superseded_by
        ]
        roots = {batch.id: batch.root or b"" for batch in self._catalog.batches(who.slug)}
        queries = [StateQuery(IssuerId(who.issuer_id), roots[c.batch_id], c.status_index) for c in held]
        states = self._registry.read([], queries, []).credentials if queries else ()
        found: dict[Learner, list[StoredCredential]] = defaultdict(list)
        for credential, state in zip(held, states, strict=True):
            in_force = state.anchor is not None and not (state.anchor.withdrawn_at or state.revoked or state.suspended)
            if in_force:
                learner = Learner(credential.learner_name, credential.email, credential.learner_id)
                found[learner].append(credential)
        return found

    def _held(
        self, issuer: str, codes: Sequence[str], *, statuses: Collection[CredentialStatus] | None
    ) -> Iterator[StoredCredential]:
        """The issuer's credentials for these achievements with one of these statuses; None: all that still count."""
        for credential in self._catalog.all_credentials(issuer=issuer, achievements=codes):
            gone = credential.status in {CredentialStatus.REVOKED, CredentialStatus.WITHDRAWN}
            if credential.status in statuses if statuses is not None else not gone:
                yield credential

    def _pathway(self, pathway_id: str) -> Pathway:
        return parse_pathway(self._catalog.pathway(pathway_id).content)

    def _award(self, who: Issuer, pathway: Pathway) -> Achievement:
        """The achievement that the pathway leads to, which must be the issuer's own."""
        for stored in self._catalog.programmes(who.slug):
            for achievement in self._programmes.parsed(who.slug, stored.code).achievements:
                if achievement_id(who.base_url, achievement.code) == pathway.award_id:
                    return achievement
        raise NotFound(f"{who.slug} has no achievement {pathway.award_id}", "achievement_unknown")


def _today() -> date:
    return datetime.now(UTC).date()


def _chosen(pathway: Pathway, documents: Sequence[JsonObject]) -> list[JsonObject] | None:
    """The documents that the award rests on, in the order of the rule; None if the rule is not met."""
    by_id = {held.credential_id: (held, document) for document in documents if (held := read_held(document))}
    evaluation = evaluate(pathway, [held for held, _ in by_id.values()])
    if not evaluation.satisfied:
        return None
    return [by_id[held.credential_id][1] for held in evaluation.chosen]


def _entry(
    who: Issuer,
    achievement: Achievement,
    pathway: Pathway,
    learner: Learner,
    components: Sequence[JsonObject],
    awarded_on: date,
) -> Entry:
    related = [
        related_resource(pathway.id, media_type=PATHWAY_MEDIA_TYPE, digest=pathway.digest()),
        *(
            related_resource(str(document["id"]), media_type=CREDENTIAL_MEDIA_TYPE, digest=digest(document))
            for document in components
        ),
    ]
    is_status = achievement.result is not None and achievement.result.result_type == "Status"

    def build(credential_id: str, status_index: int) -> JsonObject:
        return build_credential(
            issuer=who.profile,
            achievement=achievement,
            learner=learner,
            result=COMPLETED if is_status else None,
            awarded_on=awarded_on,
            status_index=status_index,
            credential_id=credential_id,
            salt=new_salt(),
            related=related,
        )

    evidence = AwardEvidence(pathway.canonical(), tuple(component_evidence(document) for document in components))
    return Entry(CredentialKind.AWARD, achievement.code, achievement.title, learner, build, evidence=evidence)


def _is_for(document: Mapping[str, JsonValue], email: str) -> bool:
    """Whether the document names this e-mail address, which it does by a salted hash."""
    subject = document.get("credentialSubject")
    identifiers = subject.get("identifier") if isinstance(subject, dict) else None
    for identity in identifiers if isinstance(identifiers, list) else [identifiers]:
        if not isinstance(identity, dict) or identity.get("identityType") != "emailAddress":
            continue
        salt = identity.get("salt")
        if identity.get("hashed") is True and isinstance(salt, str):
            if identity.get("identityHash") == identity_hash(email, salt):
                return True
        elif identity.get("identityHash") == email:
            return True
    return False
