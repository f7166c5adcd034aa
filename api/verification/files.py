"""A file that somebody brought, and what was found of each credential in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from api.presentations.checking import check_presentation
from api.problems import Refusal
from api.site import Site
from ledger.documents.strict_json import JsonObject
from ledger.errors import MalformedDocument
from ledger.verifying.presented import PresentationReport
from ledger.verifying.report import VerificationReport
from ledger.wrapping.judging import Item, gives_several, judge_each, shown
from ledger.wrapping.presented import presentation_in, presented_items
from ledger.wrapping.unwrapping import unwrap


@dataclass(frozen=True)
class Checked:
    """What is in a file, and a report or an error for each; `several` says to answer with a list."""

    items: tuple[Item, ...]
    results: tuple[VerificationReport | MalformedDocument, ...]
    several: bool
    presentation: PresentationReport | None = None
    """Who presents them, where the file is a presentation."""

    @property
    def reports(self) -> tuple[VerificationReport, ...]:
        """The reports, without what could not be read. There is one at least."""
        return tuple(result for result in self.results if not isinstance(result, MalformedDocument))

    def to_dict(self, site: Site) -> JsonObject:
        """The report, or `reports` with one for each thing in the file."""
        if self.presentation is not None:
            return self.presentation.to_dict()
        if not self.several:
            return site.shown(self.reports[0])
        listed = [
            shown(item, result if isinstance(result, MalformedDocument) else site.shown(result))
            for item, result in zip(self.items, self.results, strict=True)
        ]
        return {"reports": list(listed)}


def check_file(
    site: Site,
    data: bytes,
    *,
    any_issuer: bool = False,
    challenge: str | None = None,
    audience: str | None = None,
    on: datetime | None = None,
) -> Checked:
    """Takes a file apart and verifies what is in it, as `Site.verify` does.

    `challenge` and `audience` are what the holder was asked for who made a presentation; `on` is the moment that
    counts, if that is not now. Raises Refusal 422 for a presentation with a moment, and MalformedDocument where nothing
    in it can be read.
    """
    if (presentation := presentation_in(data)) is not None:
        if on is not None:
            raise Refusal(422, "date_not_for_this", "a presentation is an answer of this moment; leave out the date")
        report = check_presentation(site, presentation, challenge=challenge, audience=audience, any_issuer=any_issuer)
        named = presented_items(presentation)
        return Checked(named, report.credentials, len(named) != 1, report)
    items = unwrap(data)
    results = judge_each(items, partial(site.verify_many, any_issuer=any_issuer, on=on))
    return Checked(items, tuple(results), gives_several(data, items))
