"""What learners hold of an issuer's own credentials: those in force by the registry, and why others do not count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice

import orjson

from ledger.chain.registry import CredentialState, IssuerId, Registry, StateQuery
from ledger.documents.credential import Learner
from ledger.documents.recognition import Recognition, read_recognition
from ledger.documents.strict_json import JsonObject
from ledger.issuing.awarding.plan import Holder, Refusal
from ledger.issuing.catalog import Catalog
from ledger.issuing.forgetting import is_forgotten
from ledger.issuing.values import BatchState, CredentialKind, CredentialStatus, Issuer, StoredCredential
from ledger.stacking.held import HeldCredential, read_held
from ledger.storage import Database

_AT_ONCE = 2_000
_PAGE = 1_000
_FALLEN = {
    CredentialStatus.REVOKED: ("revoked", "it has been revoked"),
    CredentialStatus.REVOKING: ("revoked", "it is being revoked"),
    CredentialStatus.SUSPENDED: ("suspended", "it is suspended"),
    CredentialStatus.SUSPENDING: ("suspended", "it is being suspended"),
    CredentialStatus.REINSTATING: ("suspended", "its suspension has not ended yet"),
    CredentialStatus.WITHDRAWN: ("withdrawn", "it was withdrawn with its batch"),
}


class Holdings:
    """Reads what learners hold, and asks the registry about it. Writes nothing."""

    def __init__(self, database: Database, registry: Registry) -> None:
        self._registry = registry
        self._catalog = Catalog(database)

    def of(
        self, issuer: Issuer, codes: Collection[str], *, learner_ids: Collection[str] | None = None
    ) -> dict[str, Holder]:
        """Every learner of the issuer, or of these, who was given one of these achievements, by learner id.

        A name or an address that changed is that of the newest credential. Who was forgotten is no learner any more.
        Raises RegistryError.
        """
        known = self._catalog.all_credentials(issuer=issuer.slug, achievements=codes, learner_ids=learner_ids)
        given = (credential for credential in known if not is_forgotten(credential.learner_id))
        learners: dict[str, Learner] = {}
        held: dict[str, list[HeldCredential]] = defaultdict(list)
        refused: dict[str, list[Refusal]] = defaultdict(list)
        while chunk := list(islice(given, _AT_ONCE)):
            for credential, refusal in self._judged(issuer, chunk):
                learners[credential.learner_id] = Learner(
                    credential.learner_name, credential.email, credential.learner_id
                )
                if refusal is not None:
                    refused[credential.learner_id].append(refusal)
            for learner_id, document in self._documents(chunk, refused):
                if (read := read_held(document)) is not None:
                    held[learner_id].append(read)
                    learners[learner_id] = with_did(learners[learner_id], document)
        return {
            learner_id: Holder(learner, tuple(held[learner_id]), tuple(refused[learner_id]))
            for learner_id, learner in learners.items()
        }

    def recognitions(self, issuer: Issuer) -> tuple[Recognition, ...]:
        """The issuer's own recognition decisions that are in force. Raises RegistryError."""
        found: list[Recognition] = []
        offset = 0
        while page := self._catalog.credentials(
            issuer=issuer.slug, kind=CredentialKind.ENDORSEMENT, offset=offset, limit=_PAGE
        ):
            offset += len(page)
            standing = [one.credential_id for one, refusal in self._judged(issuer, page) if refusal is None]
            read = (read_recognition(orjson.loads(document)) for document in self._catalog.documents(standing))
            found += [decision for decision in read if decision is not None]
        return tuple(found)

    def _judged(
        self, issuer: Issuer, credentials: Sequence[StoredCredential]
    ) -> Iterator[tuple[StoredCredential, Refusal | None]]:
        """Each credential, and why it does not count, if so."""
        roots = {number: self._catalog.batch(number).root for number in {one.batch_id for one in credentials}}
        asked = [
            (one, StateQuery(IssuerId(issuer.issuer_id), root, one.status_index))
            for one in credentials
            if _refusal(one) is None and (root := roots[one.batch_id]) is not None
        ]
        states: Mapping[str, CredentialState] = {}
        if asked:
            reading = self._registry.read([], [query for _, query in asked], [])
            states = {one.credential_id: state for (one, _), state in zip(asked, reading.credentials, strict=True)}
        for one in credentials:
            said = _refusal(one) or _fallen(states.get(one.credential_id))
            yield one, None if said is None else Refusal(one.credential_id, one.name, *said)

    def _documents(
        self, chunk: Sequence[StoredCredential], refused: Mapping[str, Sequence[Refusal]]
    ) -> Iterator[tuple[str, JsonObject]]:
        """The documents of those that count, with the ids of their learners."""
        barred = {one.credential_id for refusals in refused.values() for one in refusals}
        counting = {one.credential_id: one.learner_id for one in chunk if one.credential_id not in barred}
        # By its id: a learner who is forgotten in this moment takes documents away.
        for content in self._catalog.documents(list(counting)):
            document = orjson.loads(content)
            yield counting[document["id"]], document


def with_did(learner: Learner, document: JsonObject) -> Learner:
    """The learner with the identifier of their own that a credential of theirs names, if it names one."""
    subject = document.get("credentialSubject")
    named = subject.get("id") if isinstance(subject, dict) else None
    if not isinstance(named, str) or not named.startswith("did:"):
        return learner
    return Learner(learner.name, learner.email, learner.learner_id, named)


def _refusal(credential: StoredCredential) -> tuple[str, str] | None:
    """What the database knows against it: a code and a phrase."""
    if credential.status in _FALLEN:
        return _FALLEN[credential.status]
    if credential.superseded_by is not None:
        return "superseded", "a correction takes its place"
    if credential.batch_state is not BatchState.FINAL or not credential.is_attached:
        return "not_final", "it is not final yet"
    return None


def _fallen(state: CredentialState | None) -> tuple[str, str] | None:
    """What the registry knows against it."""
    if state is None or state.anchor is None:
        return "not_final", "the registry does not hold it"
    if state.anchor.withdrawn_at:
        return _FALLEN[CredentialStatus.WITHDRAWN]
    if state.revoked:
        return _FALLEN[CredentialStatus.REVOKED]
    return _FALLEN[CredentialStatus.SUSPENDED] if state.suspended else None
