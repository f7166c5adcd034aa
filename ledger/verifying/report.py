"""What a verification found: one verdict, and every check that led to it.

Three outcomes and no fourth: `valid`, `invalid`, and `indeterminate` for "could not find out". A check that did not
run is `skipped` and says why; a report is only valid if every check that its document needs has passed. `bool(report)`
means valid, so a report that is looked at carelessly errs on the safe side.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Literal

from ledger.chain.networks import NetworkKind
from ledger.chain.providers import Providers
from ledger.chain.registry import FOREVER, Address, BlockRef, IssuerId
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.documents.summary import Summary, summarize
from ledger.errors import CairnError

if TYPE_CHECKING:
    from ledger.stacking.bearing import Bearing


class Outcome(StrEnum):
    """How one check, or a whole verification, came out. A verdict is never `skipped`."""

    VALID = "valid"
    INVALID = "invalid"
    INDETERMINATE = "indeterminate"
    SKIPPED = "skipped"


CHECK_IDS = (
    "structure",
    "schema",
    "signature",
    "inclusion",
    "anchor",
    "issuer",
    "key",
    "status",
    "period",
    "stack",
    "holder",
)
"""The eleven checks, in the order in which they are made and reported."""

SINCE = "_since"
"""How the code of a check ends that passed as of a moment of the past, and would not pass now."""

EXIT_CODES = {Outcome.VALID: 0, Outcome.INVALID: 1, Outcome.INDETERMINATE: 3}


@dataclass(frozen=True)
class Check:
    """One question and its answer.

    Programs branch on `code`, people read `message`; `evidence` holds the facts behind it (blocks, times, keys, ids).
    """

    id: str
    outcome: Outcome
    code: str
    message: str
    evidence: Mapping[str, JsonValue] = field(default_factory=dict)

    def to_dict(self) -> JsonObject:
        return {
            "id": self.id,
            "outcome": self.outcome.value,
            "code": self.code,
            "message": self.message,
            "evidence": dict(self.evidence),
        }


@dataclass(frozen=True)
class IssuerFacts:
    """Who issued. `accredited_name` was vouched for by the accreditor; `claimed_name` is only what the document says.

    The times bound the accreditation that was in force when the batch was anchored (Unix seconds).
    """

    did: str | None
    claimed_name: str | None
    issuer_id: IssuerId | None = None
    accredited_name: str | None = None
    accreditor: Address | None = None
    accredited_from: int | None = None
    accredited_until: int | None = None

    def to_dict(self) -> JsonObject:
        return {
            "did": self.did,
            "accredited_name": self.accredited_name,
            "claimed_name": self.claimed_name,
            "issuer_id": shown_bytes(self.issuer_id),
            "accreditor": shown_bytes(self.accreditor),
            "accredited_from": shown_time(self.accredited_from),
            "accredited_until": shown_time(self.accredited_until),
        }


@dataclass(frozen=True)
class ChainFacts:
    """Which ledger answered, and as of which block. `network` is the kind: a test network is always named as such.

    `registry` is None for a ledger that holds documents without one. `providers` says how many nodes were asked, who
    agreed, and how many had to; `None` if no nodes were asked.
    """

    chain_id: int
    registry: Address | None
    network: NetworkKind
    network_name: str
    block: BlockRef | None = None
    anchored_at: int | None = None
    sources: tuple[str, ...] = ()
    providers: Providers | None = None

    def to_dict(self) -> JsonObject:
        block: JsonValue = None
        if self.block is not None:
            block = {
                "number": self.block.number,
                "hash": shown_bytes(self.block.hash),
                "time": shown_time(self.block.time),
            }
        return {
            "chain_id": self.chain_id,
            "registry": shown_bytes(self.registry),
            "network": self.network,
            "network_name": self.network_name,
            "block": block,
            "anchored_at": shown_time(self.anchored_at),
            "sources": list(self.sources),
            "providers": None if self.providers is None else _shown_providers(self.providers),
        }


def _shown_providers(providers: Providers) -> JsonObject:
    return {
        "asked": providers.asked,
        "agreed": list(providers.agreed),
        "quorum": providers.quorum,
        "reduced": providers.is_reduced,
        "troubles": [{"node": one.node, "code": one.code, "message": one.message} for one in providers.troubles],
    }


@dataclass(frozen=True)
class Consulted:
    """A document of somebody else's that was read for a check: its address, and whether it was given or fetched."""

    url: str
    how: Literal["given", "fetched"]

    def to_dict(self) -> JsonObject:
        return {"url": self.url, "how": self.how}


@dataclass(frozen=True)
class Since:
    """One thing that has changed since the moment that a verdict is for: a sentence, and a time if it is known."""

    code: str
    message: str
    changed_at: JsonValue = None

    def to_dict(self) -> JsonObject:
        return {"code": self.code, "message": self.message, "changed_at": self.changed_at}


@dataclass(frozen=True)
class VerificationReport:
    """The verdict on one document.

    `code` is `valid`, or the code of the check that decided. `checks` holds all eleven in order. `chain` is `None`
    unless the document names a registry that the policy trusts. `components` are the reports on what a record holds, in
    its order. `document` is what was verified, as received, and `summary` what it says; both are `None` if the
    structure is not to be trusted. Show nothing of a document but what comes from here.

    `any_issuer` says that the policy asked nobody who the issuer is: show that wherever the verdict is shown.
    `consulted` are the DID documents, keys and status lists that were given or fetched, and read.

    `as_of` is the moment that the verdict is for, where that is not now: show it with the verdict, and with both what
    has happened since.
    """

    verdict: Outcome
    code: str
    message: str
    checks: tuple[Check, ...]
    digest: bytes
    issuer: IssuerFacts
    chain: ChainFacts | None
    components: tuple[VerificationReport, ...] = ()
    document: JsonObject | None = field(default=None, repr=False, compare=False)
    any_issuer: bool = False
    consulted: tuple[Consulted, ...] = ()
    as_of: datetime | None = None

    def __bool__(self) -> bool:
        return self.verdict is Outcome.VALID

    @cached_property
    def summary(self) -> Summary | None:
        """What the document says. One that follows no schema for achievements is never shown as an achievement."""
        if self.document is None:
            return None
        summary = summarize(self.document)
        if summary.kind != "other":
            return summary
        return summarize({name: value for name, value in self.document.items() if name != "credentialSubject"})

    @property
    def withheld(self) -> tuple[str, ...]:
        """What the holder keeps back of a credential that allows it, in words; it is in the evidence of check 3."""
        words = next((check.evidence.get("withheld") for check in self.checks if check.id == "signature"), None)
        return tuple(str(word) for word in words) if isinstance(words, list) else ()

    @property
    def since(self) -> tuple[Since, ...]:
        """For which reasons what was valid as of the moment would not be now. These have to be shown."""
        return tuple(
            Since(check.code, str(check.evidence.get("since")), check.evidence.get("changed_at"))
            for check in self.checks
            if check.code.endswith(SINCE)
        )

    @cached_property
    def bearing(self) -> Bearing | None:
        """Whether it bears credit and meets the Common Microcredential Framework; None for what is no achievement."""
        if self.document is None or self.summary is None or self.summary.kind != "achievement":
            return None
        from ledger.stacking.bearing import bearing_of

        return bearing_of(self.document)

    @property
    def exit_code(self) -> int:
        """0 valid, 1 invalid, 3 could not find out."""
        return EXIT_CODES[self.verdict]

    def check(self, check_id: str) -> Check:
        """The check with this id; raises KeyError if there is no such check."""
        for check in self.checks:
            if check.id == check_id:
                return check
        raise KeyError(check_id)

    def raise_if_invalid(self) -> None:
        """Raises VerificationFailed unless the verdict is valid; "could not find out" raises too."""
        if not self:
            raise VerificationFailed(self)

    def to_dict(self) -> JsonObject:
        """The report as JSON: stable names, times as UTC text, bytes as hex; `as_of`, `since` only where they apply."""
        report: JsonObject = {
            "verdict": self.verdict.value,
            "code": self.code,
            "message": self.message,
            "digest": shown_bytes(self.digest),
            "summary": self.summary.to_dict() if self.summary else None,
            "withheld": list(self.withheld),
            "bearing": self.bearing.to_dict() if self.bearing else None,
            "issuer": self.issuer.to_dict(),
            "chain": self.chain.to_dict() if self.chain else None,
            "policy": {"any_issuer": self.any_issuer},
            "consulted": [document.to_dict() for document in self.consulted],
            "checks": [check.to_dict() for check in self.checks],
            "components": [component.to_dict() for component in self.components],
        }
        if self.as_of is not None:
            report["as_of"] = shown_time(int(self.as_of.timestamp() // 1))
            report["since"] = [one.to_dict() for one in self.since]
        return report


class VerificationFailed(CairnError):
    """A document was required to be valid and is not, or could not be checked. Carries the whole report."""

    def __init__(self, report: VerificationReport) -> None:
        self.report = report
        super().__init__(report.code, report.message)


@lru_cache(maxsize=1024)
def shown_time(seconds: int | None) -> str | None:
    """Unix seconds as UTC text; `None` for no time and for an end that is not set."""
    if seconds is None or seconds >= FOREVER:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, OSError, ValueError):
        return str(seconds)


@lru_cache(maxsize=1024)
def in_words(moment: datetime | int, *, clock: bool = False) -> str:
    """A date for people, `2 March 2026`, or with the time of day. A number is Unix seconds."""
    try:
        when = datetime.fromtimestamp(moment, UTC) if isinstance(moment, int) else moment.astimezone(UTC)
    except (OverflowError, OSError, ValueError):
        return "an unknown date"
    return f"{when.day} {when:%B %Y}" + (f", {when:%H:%M} UTC" if clock else "")


def to_the_second(moment: datetime) -> str:
    """A moment for people, `2 March 2026, 23:59:59 UTC`."""
    when = moment.astimezone(UTC)
    return f"{when.day} {when:%B %Y, %H:%M:%S} UTC"


def shown_bytes(value: bytes | None) -> str | None:
    return None if value is None else f"0x{value.hex()}"
