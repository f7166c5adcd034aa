"""Check 10 for an endorsement: is it about the document that was shown with it, and can its decision be read?

A recognition decision is judged as any credential (signature, anchor, status, issuer, period). Whether it counts in a
pathway is the pathway's business; here it is only said in words what is decided, by whom, about what.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ledger.documents.canonical import parse_digest_multibase
from ledger.documents.credential import CREDENTIAL_MEDIA_TYPE
from ledger.documents.recognition import Recognition, in_words, is_recognition, parse_recognition, read_recognition
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.documents.text import visible
from ledger.errors import MalformedDocument
from ledger.verifying.report import Check, Outcome, VerificationReport

_SHOWN = 200
_SPEAKS_OF_NOTHING_SHOWN = Check("stack", Outcome.SKIPPED, "not_needed", "What it endorses was not shown with it.")


def check_endorsement(document: JsonObject, shown: Mapping[bytes, JsonObject]) -> Check:
    """Check 10 for an endorsement. `shown` holds the documents that were handed in together, by digest.

    Codes: invalid `recognition_malformed`, `endorsed_mismatch` (another version of it was shown); valid `ok` if what it
    endorses was shown, byte for byte; skipped `not_shown`, `not_needed` if it was not.
    """
    recognition = None
    if is_recognition(document):
        try:
            recognition = parse_recognition(document)
        except MalformedDocument as problem:
            return Check("stack", Outcome.INVALID, problem.code, f"The decision can't be used: {problem}.")
    facts: dict[str, JsonValue] = {} if recognition is None else {"recognition": recognition_dict(recognition)}
    says = "" if recognition is None else f" It {decides(recognition)}."
    endorsed = _endorsed(document)
    versions = {digest for digest, other in shown.items() if other.get("id") == endorsed}
    bound = _bound(document, endorsed)
    if versions and bound and not versions & bound:
        message = f"It is about another version of the credential that was shown with it.{says}"
        return Check("stack", Outcome.INVALID, "endorsed_mismatch", message, facts)
    if versions & bound:
        message = f"The credential that it is about was shown, and is the one it was said of.{says}"
        return Check("stack", Outcome.VALID, "ok", message, facts)
    if recognition is None:
        return _SPEAKS_OF_NOTHING_SHOWN
    message = f"The credential that it is about was not shown with it.{says}"
    return Check("stack", Outcome.SKIPPED, "not_shown", message, facts)


def decides(recognition: Recognition) -> str:
    """What was decided, as the end of a sentence: `decides that urn:uuid:… counts for 15 NZQCF credits`."""
    return visible(f"decides that {recognition.credential_id} {in_words(recognition)}", limit=4 * _SHOWN)


def recognition_dict(recognition: Recognition) -> JsonObject:
    """The decision as JSON for a report: what of it there is, and by whom and about what."""
    members: JsonObject = {
        "recogniser": visible(recognition.recogniser_did, limit=_SHOWN),
        "credential": visible(recognition.credential_id, limit=_SHOWN),
        "credits": recognition.credits,
        "framework": recognition.framework,
        "level": recognition.level,
        "level_framework": recognition.level_framework,
        "pathway": recognition.pathway_id,
        "achievement": recognition.achievement_id,
        "valid_from": recognition.valid_from.isoformat(),
        "valid_until": recognition.valid_until.isoformat() if recognition.valid_until else None,
    }
    return {name: value for name, value in members.items() if value is not None}


def recognitions_among(
    documents: Iterable[JsonObject], reports: Sequence[VerificationReport]
) -> tuple[Recognition, ...]:
    """The decisions among documents, of those whose report, in the same order, is valid: revoked ones do not count."""
    pairs = zip(documents, reports, strict=True)
    found = (read_recognition(document) for document, report in pairs if report)
    return tuple(recognition for recognition in found if recognition is not None)


def _endorsed(document: JsonObject) -> str | None:
    subject = document.get("credentialSubject")
    identifier = subject.get("id") if isinstance(subject, dict) else None
    return identifier if isinstance(identifier, str) else None


def _bound(document: JsonObject, endorsed: str | None) -> set[bytes]:
    """The digests by which the endorsement binds the credential that it is about; one at most where it is sound."""
    related = document.get("relatedResource")
    found = set()
    for entry in related if isinstance(related, list) else [related]:
        if isinstance(entry, dict) and entry.get("id") == endorsed and entry.get("mediaType") == CREDENTIAL_MEDIA_TYPE:
            try:
                found.add(parse_digest_multibase(str(entry.get("digestMultibase"))))
            except MalformedDocument:
                continue
    return found
