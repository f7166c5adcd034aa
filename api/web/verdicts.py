"""A report in words for people: what a page shows of it, and nothing that the report does not say.

The institution's name comes from its accreditor; a name that only the document claims is labelled so. A network that is
not a production network is named in a banner on every page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from markupsafe import Markup, escape

from api.web.advice import advice_on
from api.web.check_sentences import sentence_of, sentence_of_change, sentence_of_verdict
from api.web.dates import day, moment, to_the_second
from api.web.listing import (
    IN_PLACE,
    Listing,
    Paging,
    award_picture,
    below_of,
    issuer_named,
    key_of,
    listing_of,
    quiet_of,
    tally,
)
from api.web.translating import gettext
from api.web.verdict_facts import Fact, changed_at, command_of, facts_of, ledger_of, more_of, withheld_of
from api.web.visits import visit
from api.web.words import (
    ANY_ISSUER,
    AS_OF,
    BANNERS,
    CHECK_WORDS,
    KINDS,
    SINCE_THEN,
    TITLES,
    UNKNOWN,
    WORDS,
    Banner,
)
from ledger.documents.fields import LANGUAGE
from ledger.documents.summary import Summary
from ledger.verifying.report import Check, Outcome, VerificationReport


@dataclass(frozen=True)
class CheckView:
    """One check as a sentence. `word` says in words what the symbol shows.

    `original` is what the verifier said, where the sentence is a translation of its code and says less.
    """

    outcome: str
    title: str
    word: str
    sentence: str
    code: str
    original: str = ""


@dataclass(frozen=True)
class VerdictView:
    """Everything that a page shows of one report. `key` is its place on the page.

    `when` says as of which block it was judged, `anchored` since when it stands on the ledger, `advice` what to do;
    each may be empty. `contents` lists the credentials inside; `parts` are the same in full, where they are few enough
    to be opened on one page. `picture` is that of an award alone.
    """

    outcome: str
    word: str
    sentence: str
    when: str
    anchored: str
    advice: str
    kind: str
    title: str
    language: str | None
    learner: str | None
    awarded: str | None
    issuer_name: str | None
    accredited_name: str | None
    claimed_name: str | None
    is_record: bool
    withheld: str
    facts: tuple[Fact, ...]
    more: tuple[Fact, ...]
    checks: tuple[CheckView, ...]
    parts: tuple[VerdictView, ...]
    tally: str
    ledger: tuple[Fact, ...]
    banners: tuple[Banner, ...]
    command: str
    quiet: str
    contents: Listing | None = None
    picture: Markup | None = None
    key: str = ""

    @property
    def learner_label(self) -> str:
        return gettext("Belongs to") if self.is_record else gettext("Awarded to")

    @property
    def issuer_label(self) -> str:
        return gettext("Put together by") if self.is_record else gettext("Institution")

    @property
    def claim_note(self) -> str:
        if self.is_record:
            return gettext("It need not be recognised: each credential inside stands on its own.")
        return gettext("No accreditor that this site trusts has vouched for it.")

    @property
    def parts_title(self) -> str:
        return gettext("Credentials in this record") if self.is_record else gettext("What this award rests on")


Successor = Callable[[VerificationReport], str | None]
"""The id of the credential that supersedes the one of a report, as far as this site knows."""


def view_of(
    report: VerificationReport,
    *,
    rpc: str | None = None,
    successor: Successor = lambda _: None,
    languages: Sequence[str] = (),
    key: str = "",
    paging: Paging = Paging(),
    may_hold: int = IN_PLACE,
    beside: Sequence[VerificationReport] = (),
) -> VerdictView:
    """The page's view of a report. `rpc` is a node's address to show in the command, if there is one to name.

    What is inside opens on the page itself where it `may_hold` so many, else on pages of their own behind `paging`.
    Title and description are in the first of the `languages` that the document has. `beside` are the credentials of the
    record that it is one of.
    """
    summary = report.summary
    titled = summary.in_language(languages) if summary else None
    kind = kind_of(summary)
    superseded_by = successor(report)
    in_place = len(report.components) <= may_hold
    return VerdictView(
        outcome=report.verdict.value,
        word=word_of(report.verdict, report.as_of),
        sentence=said_of(report),
        when=when_of(report),
        anchored=anchored_of(report),
        advice=advice_on(report, superseded_by),
        kind=gettext(KINDS[kind]) if kind in KINDS else gettext("Document"),
        title=(titled.title if titled else None) or gettext(UNKNOWN),
        language=titled.language if titled and LANGUAGE.fullmatch(titled.language or "") else None,
        learner=summary.learner_name if summary else None,
        awarded=day(summary.valid_from) if summary and summary.valid_from else None,
        issuer_name=issuer_named(report),
        accredited_name=report.issuer.accredited_name,
        claimed_name=report.issuer.claimed_name,
        is_record=kind == "record",
        withheld=withheld_of(report),
        facts=tuple(facts_of(report, superseded_by)),
        more=tuple(more_of(report, titled.description if titled else None)),
        checks=tuple(check_view(check) for check in report.checks),
        parts=stacked(report.components, rpc, successor, languages, key) if in_place else (),
        tally=tally(report.components),
        ledger=tuple(ledger_of(report)),
        banners=tuple(banners_of(report)),
        command=command_of(report, rpc),
        contents=listing_of(report.components, languages, paging, in_place=in_place, key=key)
        if report.components and not (key and in_place)
        else None,
        picture=None if key or report.components else award_picture(report, beside, languages, paging.to_credential),
        key=key,
        quiet=quiet_of(summary),
    )


def kind_of(summary: Summary | None) -> str:
    """award, achievement, record, endorsement, other; or document where nothing of it is known."""
    if summary is None:
        return "document"
    return "award" if summary.components else summary.kind


def said_of(report: VerificationReport) -> str:
    """The verdict in a sentence or two. As of when is said beside it, in the reader's own way of writing dates."""
    said, _, _ = sentence_of_verdict(report).partition(" Checked as of ")
    return Markup(" ").join(filter(None, (said, changed_at(report))))


def when_of(report: VerificationReport) -> str:
    """As of which block the verdict holds; empty where no chain was asked."""
    chain = report.chain
    if chain is None or chain.block is None:
        return ""
    said = gettext("Checked against the registry as of block %(number)s, %(moment)s.")
    return escape(said) % {"number": f"{chain.block.number:,}", "moment": moment(chain.block.time)}


def anchored_of(report: VerificationReport) -> str:
    """When it was put on the ledger; empty where it was not, or nobody looked."""
    if report.chain is None or report.chain.anchored_at is None:
        return ""
    return escape(gettext("Recorded in the registry on %(moment)s.")) % {"moment": moment(report.chain.anchored_at)}


def word_of(verdict: Outcome, as_of: datetime | None) -> str:
    """The verdict in words, with the moment that it is for, where that is not now."""
    word = gettext(WORDS[verdict])
    if as_of is None:
        return word
    return gettext("%(verdict)s, as of %(moment)s") % {"verdict": word, "moment": to_the_second(as_of)}


def banners_of(report: VerificationReport) -> Iterator[Banner]:
    """The warnings that belong above a report: that any issuer was accepted, and which kind of network it stands on."""
    for change in report.since:
        yield Banner(gettext(SINCE_THEN), sentence_of_change(change))
    if report.as_of is not None:
        held = gettext("This is what held on %(moment)s. Leave out the date to see what holds now.")
        yield Banner(gettext(AS_OF), held % {"moment": to_the_second(report.as_of)})
    if report.any_issuer:
        yield Banner(gettext(ANY_ISSUER.title), gettext(ANY_ISSUER.text))
    warned = BANNERS.get(report.chain.network) if report.chain is not None else visit().banner
    if warned is not None:
        yield Banner(warned.title, gettext(warned.text))


def stacked(
    reports: Sequence[VerificationReport],
    rpc: str | None,
    successor: Successor,
    languages: Sequence[str],
    key: str = "",
) -> tuple[VerdictView, ...]:
    """The credentials of a record, each award standing over those of the record that it rests on."""
    below = below_of(reports)
    views = [
        view_of(report, rpc=rpc, successor=successor, languages=languages, key=key_of(place, key))
        for place, report in enumerate(reports)
    ]

    def standing(place: int) -> VerdictView:
        parts = below.get(place, [])
        if not parts:
            return views[place]
        said = tally([reports[part] for part in parts])
        return replace(views[place], parts=tuple(standing(part) for part in parts), tally=said)

    return tuple(standing(place) for place in below[None])


def check_view(check: Check) -> CheckView:
    title = gettext(TITLES[check.id]) if check.id in TITLES else check.id
    said, original = sentence_of(check), sentence(check.message)
    return CheckView(
        check.outcome.value, title, gettext(CHECK_WORDS[check.outcome]), said, check.code, original * (said != original)
    )


def sentence(text: str) -> str:
    """A message as a sentence: capital letter, full stop."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".") if text else ""
