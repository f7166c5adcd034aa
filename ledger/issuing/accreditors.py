"""Accreditors: accounts that recognise issuers, and the statements with which they do.

The registry holds the hash of a statement; the statement itself is published (`Publish`) before the registry is told.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from sqlmodel import col, select

from ledger.chain.registry import Accredit, Address, EndAccreditation, Registry
from ledger.documents.accreditation import AccreditationStatement
from ledger.errors import Conflict, NotFound, TransactionReverted
from ledger.issuing.catalog import Catalog
from ledger.issuing.issuers import Fund, check_names
from ledger.issuing.rows import accreditation_value, accreditor_row, issuer_row, saved
from ledger.issuing.signer import KeyRing, accreditor_key
from ledger.issuing.tables import AccreditationRow, AccreditorRow
from ledger.issuing.values import Accreditation, Accreditor
from ledger.sending.journal import Journal
from ledger.storage import Database

DEFAULT_YEARS = 5
_YEAR = 31_557_600
DEFAULT_RECOGNISED = ("Micro-credentials and the awards that they stack into",)

Trust = Callable[[Address], None]
"""Adds an accreditor to those whose recognition counts for verdicts made with this folder."""
Publish = Callable[[AccreditationStatement], None]
"""Puts a statement where verifiers of this folder find it."""


class Accreditors:
    """Registers accreditors and recognises issuers in their name."""

    def __init__(
        self,
        database: Database,
        registry: Registry,
        journal: Journal,
        keys: KeyRing,
        *,
        fund: Fund,
        trust: Trust,
        publish: Publish,
    ) -> None:
        self._database = database
        self._registry = registry
        self._journal = journal
        self._keys = keys
        self._fund = fund
        self._trust = trust
        self._publish = publish
        self._catalog = Catalog(database)

    def register(self, slug: str, *, name: str, url: str | None = None, country: str | None = None) -> Accreditor:
        """Makes the accreditor's account and has this folder trust it. Run again with the same facts it does nothing.

        Raises DraftError for facts that no page could show, Conflict `accreditor_exists` for other facts.
        """
        check_names(slug, name, url, country)
        address = self._keys.create_account(accreditor_key(slug)).address
        try:
            known = self._catalog.accreditor(slug)
        except NotFound:
            with self._database.writing() as session:
                session.add(AccreditorRow(slug=slug, name=name, address=address, url=url, country=country))
            known = self._catalog.accreditor(slug)
        if (known.name, known.url, known.country) != (name, url, country):
            raise Conflict(f"there is an accreditor {slug!r} already, with other facts", "accreditor_exists")
        self._trust(address)
        return known

    def accredit(
        self,
        accreditor: str,
        issuer: str,
        *,
        statement: AccreditationStatement | None = None,
        until: int | None = None,
    ) -> Accreditation:
        """Recognises an issuer until `until` (Unix seconds; five years if not given) with a published statement.

        What is in force with the same statement is left as it is; so is anything in force if no statement is given.
        Another statement, or another end, follows the one in force. Raises Conflict `statement_mismatch` if the
        statement is about someone else, `country_missing` if none is given and the issuer has no country, and
        `period_over` for an end that lies behind.
        """
        now = self._registry.final_block().time
        if until is not None and until <= now:
            raise Conflict("the recognition would be over already; name a later day", "period_over")
        wanted = statement or self._statement(accreditor, issuer, now)
        row_id = self.open_row(accreditor, issuer, wanted, until, is_default=statement is None)
        return self._complete(row_id, accreditor, issuer)

    def end(self, accreditor: str, issuer: str) -> Accreditation:
        """Ends the recognition in force at this block; what was anchored before keeps it.

        Raises NotFound `not_accredited` if none is in force.
        """
        now = self._registry.final_block().time
        row = self.latest(accreditor, issuer)
        if row is None or row.valid_from is None or row.valid_until <= now:
            raise NotFound(f"{accreditor} does not recognise {issuer} now", "not_accredited")
        call = EndAccreditation(self._catalog.issuer(issuer).issuer_id)
        try:
            account = self._keys.account(accreditor_key(accreditor))
            ended = self._journal.complete(f"end-accreditation:{row.id}", call, account).block_time or now
        except TransactionReverted as error:
            if error.error != "NotAccredited":
                raise
            ended = now
        self.settle(saved(row.id), ended, ended=True)
        with self._database.reading() as session:
            return accreditation_value(session.get_one(AccreditationRow, row.id), accreditor, issuer)

    # --- the steps, for whoever carries them one by one ---

    def fund(self, account: Address) -> None:
        """Gives an account money for gas, where this folder can."""
        self._fund([account])

    def latest(self, accreditor: str, issuer: str) -> AccreditationRow | None:
        """The row of the newest recognition, in force or not."""
        with self._database.reading() as session:
            return session.exec(
                select(AccreditationRow)
                .where(
                    AccreditationRow.accreditor == accreditor_row(session, accreditor).id,
                    AccreditationRow.issuer == issuer_row(session, issuer).id,
                )
                .order_by(col(AccreditationRow.id).desc())
            ).first()

    def settle(self, row_id: int, block_time: int, *, ended: bool = False) -> None:
        """Notes the block in which a recognition began, or ended. One that begins ends the one in force before it."""
        with self._database.writing() as session:
            row = session.get_one(AccreditationRow, row_id)
            session.add(row)
            if ended:
                row.valid_until = min(row.valid_until, block_time)
                return
            row.valid_from = block_time
            before = session.exec(
                select(AccreditationRow).where(
                    AccreditationRow.accreditor == row.accreditor,
                    AccreditationRow.issuer == row.issuer,
                    col(AccreditationRow.id) < row.id,
                    col(AccreditationRow.valid_from).is_not(None),
                    AccreditationRow.valid_until > block_time,
                )
            )
            for one in before:
                one.valid_until = block_time
                session.add(one)

    def _statement(self, accreditor: str, issuer: str, now: int) -> AccreditationStatement:
        who, by = self._catalog.issuer(issuer), self._catalog.accreditor(accreditor)
        if who.country is None:
            raise Conflict(f"{issuer} has no country, which a statement of recognition names", "country_missing")
        return AccreditationStatement(
            name=who.name,
            did=who.did,
            issuer_id=who.issuer_id,
            country=who.country,
            recognised=DEFAULT_RECOGNISED,
            accreditor=by.name,
            published=datetime.fromtimestamp(now, UTC).date(),
        )

    def open_row(
        self,
        accreditor: str,
        issuer: str,
        statement: AccreditationStatement,
        until: int | None,
        *,
        is_default: bool = False,
    ) -> int:
        """The row of what is asked for: one that waits or is in force, or a new one."""
        who = self._catalog.issuer(issuer)
        if (statement.did, statement.issuer_id) != (who.did, who.issuer_id):
            raise Conflict("the statement is about another issuer", "statement_mismatch")
        scope = statement.scope()
        now = self._registry.final_block().time
        row = self.latest(accreditor, issuer)
        if row is not None and row.valid_until > now:
            same = is_default or row.scope == scope
            if row.valid_from is None or (same and until in (None, row.valid_until)):
                return saved(row.id)
        self._publish(statement)
        with self._database.writing() as session:
            added = AccreditationRow(
                accreditor=saved(accreditor_row(session, accreditor).id),
                issuer=saved(issuer_row(session, issuer).id),
                scope=scope,
                valid_until=until if until is not None else now + DEFAULT_YEARS * _YEAR,
            )
            session.add(added)
            session.flush()
            return saved(added.id)

    def _complete(self, row_id: int, accreditor: str, issuer: str) -> Accreditation:
        with self._database.reading() as session:
            row = session.get_one(AccreditationRow, row_id)
            scope, valid_until, done = row.scope, row.valid_until, row.valid_from is not None
        if not done:
            who = self._catalog.issuer(issuer)
            account = self._keys.account(accreditor_key(accreditor))
            self._fund([account.address])
            call = Accredit(who.issuer_id, valid_until, scope)
            transaction = self._journal.complete(f"accredit:{row_id}", call, account)
            if transaction.block_time is not None:
                self.settle(row_id, transaction.block_time)
        with self._database.reading() as session:
            return accreditation_value(session.get_one(AccreditationRow, row_id), accreditor, issuer)
