"""Files that somebody brought, and what was found of each credential and each receipt in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from api.presentations.checking import check_presentation
from api.problems import Refusal
from api.receipts.service import JudgedReceipt
from api.site import Site
from api.verification.given import GivenFile
from ledger.documents.strict_json import JsonObject
from ledger.errors import MalformedDocument
from ledger.receipts.reading import receipt_in
from ledger.receipts.writing import entry_of, unread_entry
from ledger.verifying.presented import PresentationReport
from ledger.verifying.report import VerificationReport
from ledger.wrapping.judging import Item, gives_several, judge_each, shown
from ledger.wrapping.presented import presentation_in, presented_items, unwrap_presented
from ledger.wrapping.unwrapping import Unreadable, Wrapped, unwrap


@dataclass(frozen=True)
class Checked:
    """What is in a file, and a report or an error for each; `several` says to answer with a list."""

    items: tuple[Item, ...]
    results: tuple[VerificationReport | MalformedDocument, ...]
    several: bool
    presentation: PresentationReport | None = None
    """Who presents them, where the file is a presentation."""
    receipts: tuple[JudgedReceipt, ...] = ()
    """Receipts of earlier checks among the files."""

    @property
    def reports(self) -> tuple[VerificationReport, ...]:
        """The reports, without what could not be read."""
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

    def entries(self) -> list[JsonObject]:
        """What a receipt says of each thing."""
        return [
            unread_entry(result, item.name) if isinstance(result, MalformedDocument) else entry_of(result, item.name)
            for item, result in zip(self.items, self.results, strict=True)
        ]


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
    in it can be read, or it is a receipt.
    """
    if (presentation := presentation_in(data)) is not None:
        if on is not None:
            raise Refusal(422, "date_not_for_this", "a presentation is an answer of this moment; leave out the date")
        report = check_presentation(site, presentation, challenge=challenge, audience=audience, any_issuer=any_issuer)
        named = presented_items(presentation)
        return Checked(named, report.credentials, len(named) != 1, report)
    items = unwrap(data)
    if len(items) == 1 and isinstance(items[0], Wrapped) and receipt_in(items[0].content) is not None:
        raise MalformedDocument("receipt_given", "this is the receipt of a check, and no credential")
    results = judge_each(items, partial(site.verify_many, any_issuer=any_issuer, on=on))
    return Checked(items, tuple(results), gives_several(data, items))


def check_files(site: Site, files: Sequence[GivenFile], *, on: datetime | None = None) -> Checked:
    """As `check_file`, for one file or several, among which receipts of earlier checks may be.

    Raises as `check_file`, and MalformedDocument where there is nothing readable in any of them.
    """
    if len(files) == 1 and presentation_in(files[0].content) is not None:
        return check_file(site, files[0].content, on=on)
    items = unwrap(files[0].content) if len(files) == 1 else tuple(item for one in files for item in _named(one))
    documents, receipts = _apart(site, items)
    several = len(documents) > 1 or (len(files) == 1 and gives_several(files[0].content, items))
    try:
        results = judge_each(documents, partial(site.verify_many, on=on)) if documents else []
    except MalformedDocument as error:
        if not receipts:
            raise
        results = [one.error if isinstance(one, Unreadable) else error for one in documents]
    return Checked(tuple(documents), tuple(results), several, receipts=tuple(receipts))


def receipts_in(site: Site, data: bytes) -> list[JudgedReceipt]:
    """The receipts in a file, judged. Raises MalformedDocument for what cannot be read."""
    documents, receipts = _apart(site, unwrap(data))
    for one in documents:
        if isinstance(one, Unreadable):
            raise one.error
    return receipts


def _apart(site: Site, items: Sequence[Item]) -> tuple[list[Item], list[JudgedReceipt]]:
    """Documents, and receipts of earlier checks."""
    documents: list[Item] = []
    receipts: list[JudgedReceipt] = []
    for item in items:
        try:
            receipt = receipt_in(item.content) if isinstance(item, Wrapped) else None
        except MalformedDocument as error:
            documents.append(Unreadable(item.name, error))
            continue
        if receipt is None:
            documents.append(item)
        else:
            receipts.append(site.check_receipts.judge(receipt))
    return documents, receipts


def _named(file: GivenFile) -> tuple[Item, ...]:
    """What is in one of several files, each thing with the file's name before its own."""
    try:
        found = unwrap_presented(file.content)
    except MalformedDocument as error:
        return (Unreadable(file.name, error),)
    return tuple(replace(item, name=": ".join(filter(None, (file.name, item.name)))) for item in found)
