"""Credentials that a caller composed itself, as the VC API lets it: what only the issuer can say is put in here.

Each is signed at once and is a batch of one. Its learner is not known to this ledger but by what the document says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from ledger.documents.credential import Learner, new_credential_id, status_entry
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.documents.summary import summarize
from ledger.errors import Conflict, DraftError, NotFound, Problem
from ledger.issuing.catalog import Catalog
from ledger.issuing.drafting import Entry
from ledger.issuing.imports import Imports
from ledger.issuing.pipeline import Pipeline
from ledger.issuing.values import CredentialKind, Issuer, StoredCredential
from ledger.stacking.profiles.claims import document_problems
from ledger.storage import Database

_RANDOM_UUID = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_AMBIGUOUS = "endorsementJwt"
_KINDS = {
    "AchievementCredential": CredentialKind.ACHIEVEMENT,
    "OpenBadgeCredential": CredentialKind.ACHIEVEMENT,
    "EndorsementCredential": CredentialKind.ENDORSEMENT,
}


class Composed:
    """Issues credentials that were composed elsewhere."""

    def __init__(self, database: Database, pipeline: Pipeline) -> None:
        self._imports = Imports(database)
        self._pipeline = pipeline
        self._catalog = Catalog(database)

    def prepare(self, issuer: str, document: JsonObject) -> JsonObject:
        """The document with an id, if it has none, and with its issuer as a `Profile`, where it only has its DID.

        Raises DraftError with everything that keeps it from being issued. Its structure, its schema and whether it can
        be signed are for the caller and for drafting to look at.
        """
        owner = self._catalog.issuer(issuer)
        problems = list(_problems(owner, document))
        if problems:
            raise DraftError(problems, then="nothing was issued")
        named = document["issuer"]
        if not isinstance(named, dict) or "type" not in named:  # 1EdTech's validator asks for a Profile
            document = {**document, "issuer": {**owner.profile.to_dict(), **(named if isinstance(named, dict) else {})}}
        return document if "id" in document else {**document, "id": new_credential_id()}

    def issue(self, issuer: str, prepared: JsonObject) -> StoredCredential:
        """Stores and signs what `prepare` gave; its batch is then to be issued.

        Raises Conflict `already_issued` for an id that was used before, DraftError `schema_invalid`.
        """
        owner, summary = self._catalog.issuer(issuer), summarize(prepared)
        identifier = str(prepared["id"])
        self._require_new(identifier)

        def build(credential_id: str, status_index: int) -> JsonObject:
            return {**prepared, "id": credential_id, "credentialStatus": status_entry(owner.base_url, status_index)}

        entry = Entry(
            _kind(prepared),
            (summary.achievement_id or "composed").rsplit("/", 1)[-1][:100],
            summary.name or "Credential",
            # Whoever is not known is not taken for somebody else.
            Learner(summary.learner_name or "", "", identifier),
            build,
            credential_id=identifier,
        )
        batch = self._imports.store(issuer, [entry], label=f"Composed: {entry.name}")
        self._pipeline.seal(batch.id)
        (stored,) = self._catalog.credentials(batch=batch.id)
        return stored

    def _require_new(self, identifier: str) -> None:
        try:
            self._catalog.credential(identifier)
        except NotFound:
            return
        raise Conflict("a credential of this id was issued before", "already_issued")


def _problems(issuer: Issuer, document: JsonObject) -> list[Problem]:
    problems = []
    named = document.get("issuer")
    if (named.get("id") if isinstance(named, dict) else named) != issuer.did:
        problems.append(Problem("issuer_mismatch", f"must name {issuer.did}", column="issuer"))
    problems += [
        Problem("member_reserved", "is for the issuer to say; leave it out", column=name)
        for name in ("proof", "credentialStatus", "relatedResource")
        if name in document
    ]
    problems += _unfit(document)
    problems += document_problems(document, (), country=issuer.country, today=datetime.now(UTC).date())
    if _AMBIGUOUS in _names_in(document):
        message = "is not in every copy of the Open Badges context, so that wallets refuse it; use “endorsement”"
        problems.append(Problem("term_ambiguous", message, column=_AMBIGUOUS))
    if "id" in document and not _RANDOM_UUID.fullmatch(str(document["id"])):
        message = "must be the urn:uuid of a random UUID (version 4), or be left out: it keeps the digest unguessable"
        problems.append(Problem("id_guessable", message, column="id"))
    if _kind_or_none(document) is None:
        problems.append(Problem("kind_unsupported", f"must be one of: {', '.join(_KINDS)}", column="type"))
    return problems


def _names_in(value: JsonValue) -> Iterator[str]:
    """The names of all members, at any depth."""
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _names_in(inner)
    if isinstance(value, dict):
        yield from value


def _unfit(document: JsonObject) -> Iterator[Problem]:
    """What the schema lets pass, and every verifier refuses."""
    summary, subject = summarize(document), document.get("credentialSubject")
    is_achievement = _kind_or_none(document) is CredentialKind.ACHIEVEMENT
    if summary.valid_from and summary.valid_until and summary.valid_until < summary.valid_from:
        yield Problem("time_order", "is before validFrom", column="validUntil")
    if is_achievement and isinstance(subject, dict) and not subject.keys() & {"id", "identifier"}:
        # asked for by Open Badges 3.0, AchievementSubject
        yield Problem("learner_unnamed", "needs an id or an identifier of the learner", column="credentialSubject")


def _kind(document: JsonObject) -> CredentialKind:
    kind = _kind_or_none(document)
    if kind is None:
        raise ValueError("the document was not prepared")
    return kind


def _kind_or_none(document: JsonObject) -> CredentialKind | None:
    types = document.get("type")
    names = [name for name in (types if isinstance(types, list) else [types]) if isinstance(name, str)]
    found = {_KINDS[name] for name in names if name in _KINDS}
    return found.pop() if len(found) == 1 else None
