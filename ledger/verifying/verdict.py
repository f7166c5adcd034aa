"""From eleven checks to one verdict: any `invalid` makes it invalid, else any `indeterminate` makes it indeterminate.

Valid needs more than the absence of trouble: every check that the document needs has to have run and passed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ledger.chain.providers import Providers
from ledger.verifying.dossier import Dossier
from ledger.verifying.issuer import nobody_asked
from ledger.verifying.report import (
    ChainFacts,
    Check,
    Consulted,
    IssuerFacts,
    Outcome,
    VerificationReport,
    in_words,
    to_the_second,
)
from ledger.verifying.structure import Kind
from ledger.verifying.subjects import SELF_PUBLISHED, is_self_published

ALWAYS_REQUIRED = frozenset({"structure", "schema", "signature", "period"})
REQUIRED_ON_A_LEDGER = frozenset({"inclusion", "anchor", "issuer", "key", "status"})

_ASKED_NOBODY = "The check accepts any issuer: nobody was asked who they are."
_SINCE = {
    "revoked_since": "It has been REVOKED since.",
    "suspended_since": "It has been SUSPENDED since.",
    "withdrawn_since": "It has been WITHDRAWN since.",
    "expired_since": "It has expired since.",
    "component_changed_since": "Something that it rests on HAS LOST ITS FORCE since.",
    "component_expired_since": "Something in it has expired since.",
}
_EXPLAINS_THE_OTHERS = ("digest_mismatch", "not_final")
"""Codes that say why several checks came out as they did: a changed document fails its signature too."""


def conclude(
    dossier: Dossier,
    checks: Sequence[Check],
    issuer: IssuerFacts,
    chain: ChainFacts | None,
    components: tuple[VerificationReport, ...] = (),
    *,
    any_issuer: bool = False,
    consulted: Sequence[Consulted] = (),
    as_of: datetime | None = None,
    later: bool = False,
) -> VerificationReport:
    """The report on a document, from all its checks in order and the reports on what it holds.

    `any_issuer` is the policy's word, `consulted` what was given or fetched and read. `as_of` is the moment that the
    verdict is for, `later` whether this is a record that was put together after it.
    """
    verdict, code, message = _verdict(dossier, checks, any_issuer)
    if verdict is Outcome.VALID and as_of is None:
        message = _good_news(dossier, issuer, chain, len(components), any_issuer)
    elif verdict is Outcome.VALID and as_of is not None:
        message = _good_news_of_then(dossier, issuer, chain, checks, any_issuer, as_of, later)
    elif as_of is not None:
        message = f"{message} Judged as of {to_the_second(as_of)}."
    return VerificationReport(
        verdict=verdict,
        code=code,
        message=message,
        checks=tuple(checks),
        digest=dossier.digest,
        issuer=issuer,
        chain=chain,
        components=components,
        document=dossier.document if dossier.is_readable else None,
        any_issuer=any_issuer,
        consulted=tuple(dict.fromkeys(consulted)),
        as_of=as_of,
    )


def required_checks(dossier: Dossier, any_issuer: bool = False) -> frozenset[str]:
    """Which checks have to pass. A record may do without a ledger of its own: trust comes from what it holds.

    Where any issuer will do, so may all that carries no anchor proof; and a kind that has no schema needs none.
    A Merkle proof on another chain needs that chain's word, and then no signature besides.
    """
    always = ALWAYS_REQUIRED - ({"schema"} if any_issuer and dossier.kind is Kind.OTHER else set())
    if dossier.kind is Kind.RECORD:
        return always | {"stack"} | (REQUIRED_ON_A_LEDGER if dossier.anchor is not None else frozenset())
    if any_issuer and dossier.merkle_proofs:
        by_itself = {"signature"} if not dossier.signatures and dossier.token is None else set()
        return always - by_itself | {"inclusion", "anchor", "issuer", "key"}
    if any_issuer and dossier.anchor is None:
        return always | {"issuer", "key"}
    return always | REQUIRED_ON_A_LEDGER


def _verdict(dossier: Dossier, checks: Sequence[Check], any_issuer: bool) -> tuple[Outcome, str, str]:
    for outcome in (Outcome.INVALID, Outcome.INDETERMINATE):
        found = [check for check in checks if check.outcome is outcome]
        if found:
            decisive = next((check for check in found if check.code in _EXPLAINS_THE_OTHERS), found[0])
            return outcome, decisive.code, decisive.message
    passed = {check.id for check in checks if check.outcome is Outcome.VALID}
    if missing := required_checks(dossier, any_issuer) - passed:
        return Outcome.INDETERMINATE, "check_not_run", f"A check that is needed was not made: {min(missing)}."
    return Outcome.VALID, "valid", ""


def reduced(providers: Providers) -> str:
    """What people have to know where fewer nodes than usual had to agree."""
    had_to = f"As was asked, only {providers.quorum} of {providers.asked} nodes had to agree, not {providers.usual}"
    return f"{had_to}; agreed: {', '.join(providers.agreed) or 'none'}."


def _good_news(dossier: Dossier, issuer: IssuerFacts, chain: ChainFacts | None, held: int, any_issuer: bool) -> str:
    if dossier.kind is Kind.RECORD and any_issuer:
        sentence = f"The record and every credential in it ({held}) are as they were signed. {_ASKED_NOBODY}"
    elif is_self_published(dossier):
        sentence = f"Every credential in the record ({held}) is genuine. {SELF_PUBLISHED}"
    elif dossier.kind is Kind.RECORD:
        sentence = f"The record is genuine, and so is every credential in it ({held})."
    elif any_issuer and issuer.accredited_from is None:
        sentence = f"The credential is as it was signed, and in force. {nobody_asked(issuer.did)}"
    else:
        who = issuer.accredited_name or "an issuer that a trusted accreditor recognised"
        sentence = f"The credential is genuine and in force. It was issued by {who}."
    sentence += _withheld(dossier)
    if chain is None:
        return sentence
    sentence += _reservations(chain)
    return f"{sentence} Checked as of {in_words(chain.block.time, clock=True)}." if chain.block else sentence


def _good_news_of_then(
    dossier: Dossier,
    issuer: IssuerFacts,
    chain: ChainFacts | None,
    checks: Sequence[Check],
    any_issuer: bool,
    as_of: datetime,
    later: bool,
) -> str:
    """The same for a moment of the past: what has happened since comes right after the verdict."""
    when = to_the_second(as_of)
    if dossier.kind is Kind.RECORD:
        sentences = [f"Every credential in the record was genuine and in force on {when}."]
        sentences += ["The record itself was put together later."] if later else []
    else:
        sentences = [f"The credential was genuine and in force on {when}."]
    sentences += [_SINCE[check.code] for check in checks if check.code in _SINCE]
    if is_self_published(dossier):
        sentences.append(SELF_PUBLISHED)
    if any_issuer and issuer.accredited_from is None:
        sentences.append(_ASKED_NOBODY if dossier.kind is Kind.RECORD else nobody_asked(issuer.did))
    elif dossier.kind is not Kind.RECORD:
        who = issuer.accredited_name or "an issuer that a trusted accreditor recognised"
        sentences.append(f"It was issued by {who}.")
    return " ".join(sentences) + _withheld(dossier) + (_reservations(chain) if chain else "")


def _withheld(dossier: Dossier) -> str:
    """What the holder keeps back."""
    withheld = dossier.selective.withheld if dossier.selective is not None else ()
    return f" Its holder withholds: {', '.join(withheld)}." if withheld else ""


def _reservations(chain: ChainFacts) -> str:
    """What else has to be known of the ledger that answered."""
    sentences = ""
    if chain.network != "production":
        sentences += f" It is on {chain.network_name}, which is not a public production network."
    if chain.providers is not None and chain.providers.is_reduced:
        sentences += f" {reduced(chain.providers)}"
    return sentences
