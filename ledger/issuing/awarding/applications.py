"""Documents that a learner hands in for an award: credentials of any institution, recognition decisions, or a record.

Each is judged by the folder's verifier, has to be anchored where the award will be, and has to be this learner's own:
it names one of their e-mail addresses by a salted hash, or the DID by which they are known here already.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ledger.chain.registry import Registry
from ledger.documents.canonical import canonicalize, digest, digest_multibase
from ledger.documents.credential import Learner, identity_hash
from ledger.documents.recognition import Recognition, is_recognition, read_recognition
from ledger.documents.strict_json import JsonObject, JsonValue, parse
from ledger.errors import InvalidProof, MalformedDocument
from ledger.issuing.awarding.plan import Holder, Refusal
from ledger.issuing.evidence import anchor_proof_of
from ledger.stacking.held import HeldCredential, read_held

Judge = Callable[[Sequence[bytes]], Sequence[tuple[bool | None, str]]]
"""Whether each of these documents is valid now (None: could not find out), and the sentence that says so."""

MAX_DOCUMENTS = 500
GRAVE = frozenset({"learner_mismatch", "credential_twice"})
"""Codes of what is never just left out: somebody has mixed something up."""


@dataclass(frozen=True)
class Applicant:
    """A learner, and other e-mail addresses that the institution knows to be theirs."""

    learner: Learner
    other_emails: frozenset[str] = frozenset()

    @property
    def emails(self) -> frozenset[str]:
        return self.other_emails | {self.learner.email}


@dataclass(frozen=True)
class Application:
    """What was handed in: what counts, with the documents by their digests, and what does not, and why."""

    held: tuple[HeldCredential, ...] = ()
    refused: tuple[Refusal, ...] = ()
    recognitions: tuple[Recognition, ...] = ()
    documents: Mapping[bytes, JsonObject] = field(default_factory=dict)

    def added_to(self, holder: Holder) -> Holder:
        """The learner with what they hold here already, and what they handed in."""
        known = {one.digest for one in holder.held}
        return replace(
            holder,
            held=(*holder.held, *(one for one in self.held if one.digest not in known)),
            refused=(*holder.refused, *self.refused),
            recognitions=(*holder.recognitions, *self.recognitions),
        )


class Applications:
    """Reads what learners hand in. Writes nothing."""

    def __init__(self, registry: Registry, judge: Judge) -> None:
        self._registry = registry
        self._judge = judge

    def read(self, applicant: Applicant, contents: Sequence[bytes]) -> Application:
        """What of it counts for this learner. Raises MalformedDocument for what cannot be read, or is too much."""
        documents = [document for content in contents for document in _inside(parse(content))]
        if not all("VerifiableCredential" in _types(document) for document in documents):
            raise MalformedDocument("not_a_credential", "something that was handed in is no credential")
        if len(documents) > MAX_DOCUMENTS:
            raise MalformedDocument("limit_documents", f"more than {MAX_DOCUMENTS} credentials were handed in")
        verdicts = self._judge([canonicalize(document) for document in documents]) if documents else ()
        held: list[HeldCredential] = []
        refused: list[Refusal] = []
        decisions: list[Recognition] = []
        kept: dict[bytes, JsonObject] = {}
        seen: set[str] = set()
        for document, (verdict, sentence) in zip(documents, verdicts, strict=True):
            refusal = self._refusal(applicant, document, verdict, sentence, seen)
            seen.add(_name(document))
            read = read_recognition(document) if is_recognition(document) else read_held(document)
            if refusal is not None or read is None:
                said = refusal or ("not_a_credential", "it is no credential for an achievement")
                refused.append(Refusal(_name(document), _title(document), *said))
                continue
            kept[digest(document)] = document
            if isinstance(read, Recognition):
                decisions.append(read)
            else:
                held.append(read)
        return Application(tuple(held), tuple(refused), tuple(decisions), kept)

    def _refusal(
        self, applicant: Applicant, document: JsonObject, verdict: bool | None, sentence: str, seen: Collection[str]
    ) -> tuple[str, str] | None:
        """Why a document does not count: a code and a sentence."""
        if _name(document) in seen:
            return "credential_twice", "it was handed in twice"
        if not is_recognition(document) and not _is_for(document, applicant):
            return "learner_mismatch", "it was issued to somebody else: it names none of this learner's addresses"
        if verdict is None:
            return "component_unchecked", f"it could not be checked: {sentence}"
        if not verdict:
            return "component_invalid", f"it is not valid now: {sentence}"
        try:
            proof = anchor_proof_of(document)
        except InvalidProof:
            return "component_foreign", "it is not anchored in a registry, so an award cannot prove that it rests on it"
        if (proof.chain_id, proof.registry) != (self._registry.chain_id, self._registry.registry):
            return "component_foreign", "it is anchored in another registry than the award will be"
        return None


def _inside(document: JsonObject) -> Iterator[JsonObject]:
    """The document, or of a record the credentials in it."""
    if "ClrCredential" not in _types(document):
        yield document
        return
    subject = document.get("credentialSubject")
    listed = subject.get("verifiableCredential") if isinstance(subject, dict) else None
    yield from (entry for entry in (listed if isinstance(listed, list) else [listed]) if isinstance(entry, dict))


def _types(document: JsonObject) -> list[JsonValue]:
    types = document.get("type")
    return types if isinstance(types, list) else [types]


def _name(document: JsonObject) -> str:
    """The id of a document, or what else tells it from others: a credential need not have one."""
    identifier = document.get("id")
    return identifier if isinstance(identifier, str) else digest_multibase(digest(document))


def _is_for(document: Mapping[str, JsonValue], applicant: Applicant) -> bool:
    """Whether the document names this learner: one of the addresses, which it does by a salted hash, or the DID."""
    subject = document.get("credentialSubject")
    if not isinstance(subject, dict):
        return False
    if applicant.learner.did is not None and subject.get("id") == applicant.learner.did:
        return True
    identifiers = subject.get("identifier")
    return any(
        _names(identity, email)
        for identity in (identifiers if isinstance(identifiers, list) else [identifiers])
        if isinstance(identity, dict) and identity.get("identityType") == "emailAddress"
        for email in applicant.emails
    )


def _names(identity: JsonObject, email: str) -> bool:
    salt = identity.get("salt")
    if identity.get("hashed") is True and isinstance(salt, str):
        return identity.get("identityHash") == identity_hash(email, salt)
    return identity.get("identityHash") == email


def _title(document: JsonObject) -> str:
    name = document.get("name")
    return name[:200] if isinstance(name, str) else ""
