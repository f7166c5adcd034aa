"""Verification as of a date: what a moment of the past means, and what has happened since, which nobody may miss.

The checks are the same, on what stood at that moment. Whoever reads "valid on that date" must see beside it that the
credential was revoked later: checks that passed say so by a code that ends in `_since`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from ledger.chain.registry import StateQuery, StatusAction
from ledger.documents.codecs import parse_date_time_stamp
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.errors import CairnError, MalformedDocument
from ledger.verifying.anchoring import Place, anchored_later
from ledger.verifying.dossier import Dossier
from ledger.verifying.findings import Findings
from ledger.verifying.period import CLOCK_TOLERANCE, check_period
from ledger.verifying.readings import Access, View
from ledger.verifying.report import Check, Outcome, VerificationReport, in_words, shown_time, to_the_second
from ledger.verifying.status import reason_in_words
from ledger.verifying.structure import Kind

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EXPIRED = "expired_since"
_REVOKED_BY_NOW = "The document is revoked by now. Since when is not known, so what held on that date can't be told."


@dataclass(frozen=True)
class AsOf:
    """The moment that a verification is for, and the time at which it is made, both in UTC."""

    on: datetime
    now: datetime

    @property
    def moment(self) -> int:
        """In Unix seconds."""
        return int(self.on.timestamp() // 1)

    @property
    def is_past(self) -> bool:
        """Whether what is published now may be something else than what was published then."""
        return self.on < self.now


class MomentRefused(CairnError):
    """A moment that nothing can be verified as of: `date_invalid`, `date_in_future`."""


def as_of(on: datetime, now: datetime) -> AsOf:
    """Raises MomentRefused for a time without a zone, and for one that has not come, but for what clocks may differ by:
    there the chain's has the last word (`require_come`)."""
    if on.tzinfo is None:
        raise MomentRefused("date_invalid", "a time to verify as of needs a time zone")
    if on > now + CLOCK_TOLERANCE:
        raise _in_future(on)
    return AsOf(on.astimezone(UTC), now)


def require_come(moment: AsOf, access: Iterable[Access]) -> None:
    """Raises MomentRefused `date_in_future` for a moment that has come neither by our clock nor by that of a chain."""
    newest = [one.past.newest.block.time for one in access if isinstance(one, View) and one.past is not None]
    if moment.on > moment.now and max(newest, default=0) < moment.moment:
        raise _in_future(moment.on)


def _in_future(on: datetime) -> MomentRefused:
    return MomentRefused("date_in_future", f"{to_the_second(on)} has not come yet: nobody knows what holds then")


def parse_moment(text: str, now: datetime) -> datetime:
    """The moment that a date or a time (RFC 3339, with its zone) means. A date means the end of that day in UTC.

    Raises MomentRefused `date_invalid`, and `date_in_future` for what has not come or, for a day, is not over yet.
    """
    try:
        on = parse_date_time_stamp(f"{text}T23:59:59Z" if _DAY.fullmatch(text) else text)
    except MalformedDocument:
        message = "a date to verify as of is written as 2026-09-01, or as 2026-09-01T12:00:00Z with a time"
        raise MomentRefused("date_invalid", message) from None
    if on > now and _DAY.fullmatch(text):
        message = f"{in_words(on)} is not over yet in UTC; give a time that has passed, or leave out the date"
        raise MomentRefused("date_in_future", message)
    return as_of(on, now).on


# --- records that were put together later ---


def is_later(dossier: Dossier, access: Access | None, moment: AsOf) -> bool:
    """Whether a record was put together only after the moment: then it is judged as of now, and what it holds as of
    then. It says who assembled it and when; trust comes from each credential in it."""
    if dossier.kind is not Kind.RECORD:
        return False
    place = dossier.anchor
    if isinstance(access, View) and isinstance(place, Place) and access.anchored_later(place.query) is not None:
        return True
    return check_period(dossier.document, moment.on, None).code == "not_yet_valid"


# --- what has happened since ---


def with_changes_since(check: Check, query: StateQuery, view: View) -> Check:
    """Check 8 with what became of the status afterwards. Codes of a check that passed: `withdrawn_since`,
    `revoked_since`, `suspended_since`."""
    if check.outcome is Outcome.VALID:
        change = _worse(query, view)
        if change is None:
            return check
        code, sentence, facts = change
        return _changed(check, code, sentence, facts)
    if check.code == "suspended" and not view.now_of(query).suspended:
        ended = _when(StatusAction.REINSTATE, query, view)
        sentence = f"It has been reinstated since{_on(ended[0] if ended else None)}."
        return replace(check, message=f"{check.message} {sentence}")
    return check


def key_of_now(check: Check) -> Check:
    """Check 7 with what it rests on: a key that was found to be in other hands counts as such for every date."""
    if check.code != "key_not_valid_at_anchor":
        return check
    return replace(check, message=f"{check.message} What is known of the key now counts for every date.")


def period_since(check: Check, document: JsonObject, moment: AsOf) -> Check:
    """Check 9 with whether the document has expired since: `expired_since`."""
    if check.outcome is not Outcome.VALID or check_period(document, moment.now, None).code != "expired":
        return check
    return _changed(check, _EXPIRED, "It has expired since.")


def components_since(check: Check, queries: Sequence[StateQuery], view: View) -> Check:
    """Check 10 of an award with what became of its components. Code of a check that passed: `component_changed_since`.

    A component that is on the ledger by now was not, if it was not found there then.
    """
    if check.code == "not_final" or check.code.endswith("_not_anchored"):
        code = "component_not_anchored" if check.code == "not_final" else check.code
        message = "Something that the award rests on was not on the ledger at that moment."
        return replace(check, outcome=Outcome.INVALID, code=code, message=message)
    changes = [change for query in queries if query in view.states and (change := _worse(query, view))]
    if check.outcome is not Outcome.VALID or not changes:
        return check
    listed: list[JsonValue] = [{"code": code, **facts} for code, _, facts in changes]
    sentence = f"{len(changes)} of the {len(queries)} documents that it rests on have lost their force since."
    if len(changes) == 1:
        sentence = f"Something that it rests on has lost its force since: {changes[0][1]}"
    return _changed(check, "component_changed_since", sentence, {"changes": listed})


def record_since(check: Check, reports: Sequence[VerificationReport]) -> Check:
    """Check 10 of a record with what became of what it holds: `component_changed_since`, `component_expired_since`."""
    if check.outcome is not Outcome.VALID:
        return check
    changed = [report for report in reports if any(one.code != _EXPIRED for one in report.since)]
    expired = [report for report in reports if report not in changed and report.since]
    sentences = []
    if changed:
        sentences.append(f"{_counted(len(changed), len(reports))} in it have lost their force since; see each of them.")
    if expired:
        sentences.append(f"{_counted(len(expired), len(reports))} in it have expired since.")
    if not sentences:
        return check
    code = "component_changed_since" if changed else "component_expired_since"
    return _changed(check, code, " ".join(sentences))


def inscribed_by(findings: Findings, document: JsonObject, moment: AsOf) -> Findings:
    """The findings about a document on another chain: it must have been there then. A list of revoked documents that
    its issuer publishes now does not say since when they are."""
    signature, inclusion, anchor, issuer, key, status = findings.checks
    if findings.anchored_at is not None and findings.anchored_at > moment.moment:
        message = anchored_later(findings.anchored_at)
        anchor = Check("anchor", Outcome.INVALID, "not_anchored_yet", message, anchor.evidence)
    if moment.is_past and status.code == "revoked" and document.get("credentialStatus") is None:
        status = Check("status", Outcome.INDETERMINATE, "no_history", _REVOKED_BY_NOW)
    return replace(findings, checks=(signature, inclusion, anchor, issuer, key, status))


def _changed(check: Check, code: str, sentence: str, facts: Mapping[str, JsonValue] | None = None) -> Check:
    """A check that passed, and would not now."""
    evidence = {**check.evidence, **(facts or {}), "since": sentence}
    return replace(check, code=code, message=f"{check.message} {sentence}", evidence=evidence)


def _worse(query: StateQuery, view: View) -> tuple[str, str, dict[str, JsonValue]] | None:
    """How the status of a credential that stood then got worse: a code, a sentence, and facts."""
    then, now = view.states[query], view.now_of(query)
    if now.anchor and now.anchor.withdrawn_at and not (then.anchor and then.anchor.withdrawn_at):
        reason = reason_in_words(now.anchor.withdrawal_reason)
        told = f"The issuer has withdrawn its whole batch since{_on(now.anchor.withdrawn_at)}: {reason}."
        return _told("withdrawn_since", told, reason, now.anchor.withdrawn_at)
    for action, was, is_now, code, word in (
        (StatusAction.REVOKE, then.revoked, now.revoked, "revoked_since", "revoked"),
        (StatusAction.SUSPEND, then.suspended, now.suspended, "suspended_since", "suspended"),
    ):
        if is_now and not was:
            found = _when(action, query, view)
            reason = reason_in_words(found[1] if found else 0)
            at = found[0] if found else None
            return _told(code, f"The issuer has {word} it since{_on(at)}: {reason}.", reason, at)
    return None


def _told(code: str, sentence: str, reason: str, at: int | None) -> tuple[str, str, dict[str, JsonValue]]:
    return code, sentence, {"reason": reason, "changed_at": shown_time(at)}


def _when(action: StatusAction, query: StateQuery, view: View) -> tuple[int, int] | None:
    """When a status last changed in this way since, and why; None if the events could not be read."""
    changes = view.past.changes if view.past else {}
    events = changes.get((query.issuer_id, query.status_index), ())
    found = [(event.block.time, event.reason) for event in events if event.action is action]
    return found[-1] if found else None


def _on(seconds: int | None) -> str:
    return f", on {in_words(seconds, clock=True)}" if seconds else ""


def _counted(some: int, whole: int) -> str:
    return f"{some} of the {whole} credentials"
