"""The parts of the site, put together once: what routes and commands work with."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from threading import Event

from api.accreditation.desk import Desk
from api.accreditation.history import RegistryEvents
from api.accreditation.register import Register
from api.background import Background
from api.bulk.queue import Queue
from api.bulk.resolving import Resolver
from api.bulk.running import RDF_SECONDS, ListWork
from api.bulk.service import Lists, Room
from api.checking import Checker
from api.issuers.composing import Composing
from api.issuers.keys import ApiKeys
from api.issuers.published import Published
from api.issuers.service import Issuing
from api.metrics.means import money_source, node_source, sending_source, work_source
from api.metrics.measures import Metrics, delivery_source, issuing_source
from api.presentations.service import Challenges
from api.printing import Press
from api.rates import RateLimiter
from api.receipts.service import CheckReceipts
from api.registrar.control import Control
from api.registrar.work import RegistrarWork
from api.settings import Settings
from api.sharing.contents import Choosing
from api.sharing.moving import move_links
from api.sharing.pins import Pins
from api.sharing.receipts import Receipts
from api.sharing.service import Links
from api.sharing.shelf import Shelf
from api.staff.staff import Staff
from api.wallets.access.access import Access
from api.wallets.claims import Claims
from api.wallets.erasing import Erasing
from api.wallets.holdings import Holdings
from api.wallets.keys import WalletKeys
from api.wallets.overview import Overviews
from api.wallets.records import Records
from api.wallets.service import Wallets
from api.wallets.sights import Sights
from api.web.verdicts import Successor
from api.web.words import BANNERS, Banner
from ledger.chain.networks import network_of
from ledger.delivering.carriers import forgetter
from ledger.delivering.notifications import Notifications
from ledger.documents.presentation import Presentation
from ledger.documents.strict_json import JsonObject
from ledger.durable.orders import Orders
from ledger.durable.running import waiting, working
from ledger.errors import MalformedDocument
from ledger.issuing.composed import Composed
from ledger.stacking.totals import DEFAULT_UNIT
from ledger.verifying.fetching import GuardedFetcher
from ledger.verifying.presented import Asked, PresentationReport
from ledger.verifying.report import VerificationReport
from ledger.workspace import Workspace

LETTERS_SECONDS = 5.0
"""How often to look for letters that another process of this site was asked for."""
LISTS_SECONDS = 5.0
"""How often to look for lists that another process of this site was asked to check."""
PAGE_SECONDS = 2.0
"""How old a page or its JSON may be in what it says besides its verdicts: that a correction was issued meanwhile."""
SUM_SECONDS = 30.0
"""How old a sum may be in what it says besides its verdicts: how far they come in the pathways that are published."""


class Site:
    """Services over one open data folder. `base` is what links begin with; it never comes from a request."""

    def __init__(self, workspace: Workspace, settings: Settings, base: str) -> None:
        self.workspace = workspace
        self.base = base
        self.network = network_of(workspace.configuration.chain_id)
        self.node_url: str | None = None
        self.is_stopping = False
        """Long answers end once this is set: the server is to end, and waits for them."""
        self.lost = Event()
        """Set once another process has taken this site's work over: the server must end."""
        self.settings = settings
        self.misses = RateLimiter(settings.misses_per_minute)
        self.checks = RateLimiter(settings.checks_per_minute)
        self.letters = RateLimiter(settings.letters_per_minute)
        self.listed = RateLimiter(settings.listed_per_minute)
        database, catalog = workspace.database, workspace.catalog
        self.orders = Orders(database)
        self.metrics = Metrics(
            {
                "issuing": issuing_source(catalog, self.orders),
                "delivering": delivery_source(Notifications(database)),
                "work": work_source(database),
                "sending": sending_source(database),
                "nodes": node_source(workspace),
                "money": money_source(workspace),
            }
        )
        self._strangers = Checker(workspace, self.metrics.count_verdict, fetch=settings.fetch)
        self._own = Checker(workspace, self.metrics.count_verdict)
        self._listed = Checker(workspace, self.metrics.count_verdict, fetch=settings.fetch)
        self.wallets = Wallets(database, self._own.verify_many)
        self.wallet_keys = WalletKeys(database, workspace.keys)
        self.challenges = Challenges(database)
        self.erasing = Erasing(database, forgetter(workspace.mail_folder))
        self.claims = Claims(database, catalog, self.wallets)
        self._dispatcher = waiting(workspace)
        self.records = Records(database, catalog, self.wallets, workspace.records, self._issue, self.wallet_keys)
        self.holdings = Holdings(self.wallets, self.wallet_keys)
        self.overviews = Overviews(database, self.holdings, self._own.verify_many_again)
        self.sights = Sights(database)
        self.receipts = Receipts(database)
        self.links = Links(database, Choosing(self.wallets, self.records, catalog, self.sign_sd_jwt), self.receipts)
        self.pins = Pins(database)
        self.lists = Lists(database, Room(settings.lists_megabytes))
        self._queue = Queue(database)
        self.listing = Background("lists", self._list_work(), idle=LISTS_SECONDS)
        self.shelf: Shelf[bytes] = Shelf(PAGE_SECONDS)
        self._sums: Shelf[JsonObject] = Shelf(SUM_SECONDS)
        self.keys = ApiKeys(database, catalog)
        self.published = Published(workspace)
        self.press = Press()
        self.check_receipts = CheckReceipts(workspace, base, fetch=settings.fetch)
        self.staff = Staff(workspace, base)
        self.register = Register(workspace)
        self.registry_events = RegistryEvents(workspace)
        self.accreditors_desk = Desk(workspace, self.staff)
        self.access = Access(workspace, self.wallets, self.claims, move_links, base, self.staff.links.for_letter)
        self.writing = Background("letters", self.access.postman, idle=LETTERS_SECONDS)
        self.relaying = Background("relaying", workspace.submission, poll=workspace.poll)
        self.issuing = Issuing(catalog, workspace.imports, workspace.desk, self.orders, lambda: self._dispatcher)
        self.control = Control(workspace, self.issuing, self.staff)
        self.registrar = RegistrarWork(workspace, self.issuing, self.orders, self.staff)
        self.composing = Composing(Composed(database, workspace.pipeline), self.issuing.approve)

    @property
    def banner(self) -> Banner | None:
        """The warning about this site's network, if it needs one."""
        return BANNERS.get(self.network.kind)

    def share_url(self, token: str) -> str:
        return f"{self.base}/s/{token}"

    def list_url(self, token: str) -> str:
        return f"{self.base}/bulk/{token}"

    def verify(self, document: bytes, *, any_issuer: bool = False) -> VerificationReport:
        """The report on a document that somebody brought. Raises MalformedDocument if it cannot be read."""
        return self._strangers.verify(document, any_issuer=any_issuer)

    def verify_many(
        self, documents: Sequence[bytes], *, any_issuer: bool = False, on: datetime | None = None
    ) -> Sequence[VerificationReport | MalformedDocument]:
        """As `verify`, for several at once, with an error in the place of what cannot be read; as of now, or of a
        moment of the past."""
        return self._strangers.verify_many(documents, any_issuer=any_issuer, on=on)

    def verify_presentation(
        self, presentation: Presentation, asked: Asked, *, any_issuer: bool = False
    ) -> PresentationReport:
        """The report on what a holder presents. Raises MalformedDocument for something in it that cannot be read."""
        return self._strangers.verify_presentation(presentation, asked, any_issuer=any_issuer)

    def verify_shared(self, document: bytes) -> VerificationReport:
        """The report of this moment on a document that a wallet shares."""
        return self._own.verify_again(document)

    def verify_shared_on(self, documents: Sequence[bytes], on: datetime) -> list[VerificationReport]:
        """The reports on what a wallet shares, as of a moment of the past."""
        reports = []
        for found in self._own.verify_many(documents, on=on):
            if isinstance(found, MalformedDocument):
                raise found
            reports.append(found)
        return reports

    def adds_up(self, reports: Sequence[VerificationReport], unit: str = DEFAULT_UNIT) -> JsonObject:
        """What the credentials in these reports add up to, as of when they were checked."""
        key = (unit, *(report.digest for report in reports))
        return self._sums.content(key, reports, lambda: self.overviews.of_reports(reports, unit=unit))

    def sign_jwt(self, credential_id: str) -> str:
        """A credential of this ledger as a JWT that its issuer signs now. Raises as `JwtExport.export`."""
        return self.workspace.jwt_export(self._own.verify).export(credential_id)

    def sign_sd_jwt(self, credential_id: str, hidden: Collection[str]) -> str:
        """A credential of this ledger as an SD-JWT VC that its issuer signs now. Raises as `export_sd_jwt`."""
        return self.workspace.jwt_export(self._own.verify).export_sd_jwt(credential_id, hidden)

    def successor(self, report: VerificationReport) -> str | None:
        """The id of the final credential of this ledger that supersedes the one of the report."""
        name = report.summary.id if report.summary else None
        return self.workspace.catalog.successor(name, report.digest) if name else None

    def successors(self, reports: Sequence[VerificationReport]) -> Successor:
        """As `successor`, for these reports and their parts, looked up once."""
        found = self.corrections(reports)
        return lambda report: found.get(report.summary.id or "") if report.summary else None

    def corrections(self, reports: Sequence[VerificationReport]) -> dict[str, str]:
        """Which of these reports and their parts are about something superseded, and by which credential, by ids."""
        return self.workspace.catalog.successors(dict(named(reports)))

    def shown(self, report: VerificationReport) -> JsonObject:
        """The report as JSON, with `superseded_by` where this ledger knows of a correction."""
        successor = self.successor(report)
        return report.to_dict() | ({"superseded_by": successor} if successor else {})

    @contextmanager
    def running(self) -> Iterator[None]:
        """The time in which the site serves: it works for the folder, and the embedded chain is published.

        Raises Conflict `worker_busy`.
        """
        self.node_url = self.workspace.serve_chain()
        self.is_stopping = False
        try:
            with working(self.workspace, worker=self.settings.worker, alone=True) as work:
                self._dispatcher, self.lost = work.dispatcher, work.lost
                self.relaying.start()
                self.writing.start()
                self.control.acting.start()
                if self.workspace.database.file is not None:  # nobody else works for this folder
                    self._queue.release()
                self.listing.start()
                try:
                    yield
                finally:
                    self.is_stopping = True
                    self.relaying.stop()
                    self.writing.stop()
                    self.control.acting.stop()
                    self.listing.stop()
                    self._dispatcher = waiting(self.workspace)
        finally:
            self.close()

    def _list_work(self) -> ListWork:
        """Checking lists, with a child process of its own for what strangers sign."""
        fetcher = GuardedFetcher() if self.settings.fetch else None
        resolver = Resolver(self.links, self.workspace.catalog, self.base, fetcher)
        judge = partial(self._listed.verify_in_turn, rdf_seconds=RDF_SECONDS)
        return ListWork(self._queue, resolver, judge, self.receipts, self.lists.sweep, lambda: self.is_stopping)

    def _issue(self, batch_id: int) -> None:
        self._dispatcher.issue(batch_id)

    def close(self) -> None:
        """Ends the child processes. The data folder stays open: its opener closes it."""
        self._strangers.close()
        self._own.close()
        self._listed.close()
        self.composing.close()


def named(reports: Sequence[VerificationReport]) -> Iterator[tuple[str, bytes]]:
    """The id and the digest of every document that these reports are about."""
    for report in reports:
        if report.summary is not None and report.summary.id:
            yield report.summary.id, report.digest
        yield from named(report.components)
