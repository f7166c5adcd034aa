"""What an issuer's admin does in the registry: keys, operators, and handing itself over.

What is wanted is stored first and done after, in steps that are each looked up before they are done again, so that a
crash neither loses nor repeats one. It is final when the block of its last step is.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence

from sqlmodel import col, func, select

from ledger.chain.quotes import Quote
from ledger.chain.registry import (
    FOREVER,
    AcceptAdmin,
    Account,
    AddKey,
    Address,
    CloseKey,
    ProposeAdmin,
    Registry,
    RegistryCall,
    Role,
    SetOperator,
)
from ledger.errors import Conflict, KeystoreError, NotFound, RegistryError, TransactionReverted
from ledger.failpoints import reach
from ledger.issuing.admin_acts import (
    ASKED,
    FAILED,
    NOTHING,
    OPEN,
    PARTS,
    SENT,
    ActKind,
    AdminAct,
    Operator,
    Wanted,
    act_value,
    check_end,
)
from ledger.issuing.catalog import Catalog
from ledger.issuing.issuers import Fund, Issuers
from ledger.issuing.rows import issuer_row, saved
from ledger.issuing.signer import KeyRing, issuer_key
from ledger.issuing.status_requests import PENDING
from ledger.issuing.tables import AdminActRow, BatchRow, IssuerRow, StatusCallRow
from ledger.issuing.values import BatchState, Issuer
from ledger.sending.journal import Journal
from ledger.sending.values import FINAL
from ledger.storage import Database

logger = logging.getLogger("cairn.issuing")

_NOBODY = Address(bytes(20))
_A_KEY = bytes(range(32))
"""Stands for a key that is not made yet, where only the price is asked."""


class Administration:
    """Asks for acts of admins, and brings them about. `fund` is called for accounts that are about to pay for gas."""

    def __init__(
        self,
        database: Database,
        registry: Registry,
        journal: Journal,
        keys: KeyRing,
        issuers: Issuers,
        *,
        fund: Fund,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._registry = registry
        self._journal = journal
        self._keys = keys
        self._issuers = issuers
        self._fund = fund
        self._clock = clock
        self._catalog = Catalog(database)

    # --- what there is ---

    def operators(self, slug: str) -> tuple[Operator, ...]:
        """Who may act for an issuer, as far as this ledger brought it about; whose time has ended too."""
        issuer = self._catalog.issuer(slug)
        found = {
            account: Operator(account, role, issuer.registered_at, None, part)
            for part, role, account in (
                ("anchoring", Role.ANCHOR, issuer.anchoring_operator),
                ("revoking", Role.REVOKE, issuer.revoking_operator),
            )
        }
        for act in reversed(self.acts(slug)):
            wanted = act.wanted
            if act.state == FINAL and wanted.kind is ActKind.SET_OPERATOR and wanted.account is not None:
                part = found[wanted.account].part if wanted.account in found else None
                found[wanted.account] = Operator(
                    wanted.account, wanted.roles, wanted.valid_from or act.block_time, wanted.until, part
                )
        return tuple(found.values())

    def acts(self, slug: str) -> tuple[AdminAct, ...]:
        """What was asked of an issuer's admin, the newest first."""
        with self._database.reading() as session:
            query = select(AdminActRow).where(AdminActRow.issuer == issuer_row(session, slug).id)
            rows = session.exec(query.order_by(col(AdminActRow.id).desc())).all()
            return tuple(act_value(row, slug) for row in rows)

    def act(self, act_id: int) -> AdminAct:
        """Raises NotFound `act_unknown`."""
        with self._database.reading() as session:
            row = session.get(AdminActRow, act_id)
            if row is None:
                raise NotFound("there is no such act of an admin", "act_unknown")
            return act_value(row, session.get_one(IssuerRow, row.issuer).slug)

    def doubtful(self, slug: str, number: int, since: int) -> int:
        """How many credentials were signed with a key and anchored from a moment on: those that become invalid if the
        key ends then."""
        issuer = self._catalog.issuer(slug)
        method = next((issuer.verification_method(key) for key in issuer.keys if key.number == number), "")
        with self._database.reading() as session:
            query = select(func.coalesce(func.sum(BatchRow.size), 0)).where(
                BatchRow.verification_method == method, col(BatchRow.anchored_at) >= since
            )
            return int(session.exec(query).one())

    def quotes(self, slug: str, wanted: Wanted) -> tuple[Quote, ...]:
        """What an act would take now, a quote for each of its steps that can be asked for before others are done.

        Raises TransactionReverted if the registry would refuse it, Conflict and NotFound as `ask`, RegistryError.
        """
        issuer = self._checked(slug, wanted)
        calls = self._calls(issuer, wanted)
        try:
            admin = self._keys.account(issuer_key(slug, "admin")).address
        except KeystoreError:
            admin = issuer.admin
        return tuple(self._registry.quote(call, admin) for call in calls)

    # --- asking and doing ---

    def ask(self, slug: str, wanted: Wanted, *, by: str) -> AdminAct:
        """Stores what is wanted. Asked for again while it is under way, it is the same act.

        Raises NotFound `key_unknown`, Conflict `key_end`, `operator_account`, `operator_roles`, `act_open` while
        another act about the same is under way, `issuer_unregistered`; KeystoreError where the admin's key is not here.
        """
        self._checked(slug, wanted)
        self._keys.account(issuer_key(slug, "admin"))
        with self._database.writing(alone=b"admin-acts") as session:
            owner = saved(issuer_row(session, slug).id)
            query = select(AdminActRow).where(AdminActRow.issuer == owner, col(AdminActRow.state).in_(OPEN))
            for row in session.exec(query).all():
                known = Wanted.of(row.kind, row.wanted)
                if known == wanted:
                    return act_value(row, slug)
                if known.kind is wanted.kind and wanted.kind is not ActKind.SET_OPERATOR:
                    raise Conflict("an act of this kind is under way; wait until it is final", "act_open")
            row = AdminActRow(
                issuer=owner,
                kind=wanted.kind,
                wanted=wanted.to_bytes(),
                state=ASKED,
                asked_by=by,
                asked_at=int(self._clock()),
            )
            session.add(row)
            session.flush()
            made = act_value(row, slug)
        reach("admin.asked")
        return made

    def carry(self, act_id: int) -> AdminAct:
        """Takes an act as far as it goes now. A refusal of the registry is noted; RegistryUnreachable is raised."""
        act = self.act(act_id)
        if not act.is_open:
            return act
        try:
            purposes = self._done(act)
            done = [self._journal.look(purpose) for purpose in purposes if self._journal.find(purpose) is not None]
        except (TransactionReverted, Conflict, NotFound, KeystoreError) as error:
            logger.warning("an act of an admin failed: %s", error.code)
            return self._note(act, FAILED, said=str(error))
        last = max(done, key=lambda one: one.block_number or 0, default=None)
        is_final = all(one.state == FINAL for one in done)
        waits = self._waits_for(self.act(act_id))
        state = FINAL if is_final and waits is None else SENT
        block = (last.block_number, last.block_time) if last is not None else (None, None)
        return self._note(act, state, said=waits, block=block)

    def work(self) -> bool:
        """One round over all acts that are under way; says whether something is left."""
        with self._database.reading() as session:
            waiting = session.exec(select(AdminActRow.id).where(col(AdminActRow.state).in_(OPEN))).all()
        left = False
        for act_id in waiting:
            try:
                left = self.carry(saved(act_id)).is_open or left
            except RegistryError as error:
                logger.warning("an act of an admin waits: %s", error.code)
                left = True
        return left

    # --- the steps ---

    def _done(self, act: AdminAct) -> Sequence[str]:
        """Does the steps of an act that are not done yet, and gives their purposes."""
        wanted, slug = act.wanted, act.issuer
        issuer, base = self._catalog.issuer(slug), f"admin-act:{act.id}"
        admin = self._keys.account(issuer_key(slug, "admin"))
        match wanted.kind:
            case ActKind.OPEN_KEY:
                number = wanted.number or 0
                if not any(key.number == number and key.opened_at is not None for key in issuer.keys):
                    self._issuers.add_key(slug)
                return [f"key:{slug}:{number}"]
            case ActKind.CLOSE_KEY:
                number, until = wanted.number or 0, wanted.until or 0
                self._issuers.close_key(slug, number, until=until, compromised=wanted.compromised)
                return [f"close-key:{slug}:{number}:{until}"]
            case ActKind.REPLACE_OPERATOR:
                return self._replace_operator(issuer, wanted.part or "", base, admin)
            case ActKind.REPLACE_ADMIN:
                return self._replace_admin(issuer, base, admin)
            case _:
                (call,) = self._calls(issuer, wanted)
                self._journal.complete(base, call, admin)
                return [base]

    def _replace_operator(self, issuer: Issuer, part: str, base: str, admin: Account) -> Sequence[str]:
        """Grants the role to a new account, puts its key in the place of the old one, and ends the old one's role."""
        place, successor = issuer_key(issuer.slug, part), issuer_key(issuer.slug, f"next-{part}")
        grant, end = f"{base}:grant", f"{base}:end"
        if self._journal.find(grant) is None or self._keys.holds(successor):
            account = self._keys.create_account(successor)
            self._fund([account.address])
            self._journal.complete(grant, SetOperator(issuer.issuer_id, account.address, PARTS[part], 0), admin)
            reach("admin.granted")
            former = getattr(issuer, f"{part}_operator")
            with self._database.writing() as session:
                row = issuer_row(session, issuer.slug)
                setattr(row, part, account.address)
                session.add(row)
                kept = session.exec(select(AdminActRow).where(AdminActRow.id == _number(base))).one()
                if Wanted.of(kept.kind, kept.wanted).account is None:
                    kept.wanted = Wanted(ActKind.REPLACE_OPERATOR, account=former, part=part).to_bytes()
                    session.add(kept)
            self._keys.hand_on(place, successor)
            reach("admin.handed_on")
        former = self.act(_number(base)).wanted.account
        if former is not None and self._waits_for(self.act(_number(base))) is None:
            self._journal.complete(end, SetOperator(issuer.issuer_id, former, NOTHING, 0), admin)
            return [grant, end]
        return [grant]

    def _replace_admin(self, issuer: Issuer, base: str, admin: Account) -> Sequence[str]:
        """Proposes a new account, accepts as that one, and puts its key in the place of the old one."""
        place, successor = issuer_key(issuer.slug, "admin"), issuer_key(issuer.slug, "next-admin")
        proposal, acceptance = f"{base}:propose", f"{base}:accept"
        if self._journal.find(acceptance) is None or self._keys.holds(successor):
            account = self._keys.create_account(successor)
            self._fund([account.address])
            self._journal.complete(proposal, ProposeAdmin(issuer.issuer_id, account.address), admin)
            reach("admin.proposed")
            self._journal.complete(acceptance, AcceptAdmin(issuer.issuer_id), account)
            with self._database.writing() as session:
                row = issuer_row(session, issuer.slug)
                row.admin = account.address
                session.add(row)
            self._keys.hand_on(place, successor)
            reach("admin.handed_on")
        return [proposal, acceptance]

    def _waits_for(self, act: AdminAct) -> str | None:
        """Why the last step of an act is not to be done yet: what the old operator signed is still on its way."""
        if act.wanted.kind is not ActKind.REPLACE_OPERATOR or act.wanted.account is None:
            return None
        with self._database.reading() as session:
            owner = issuer_row(session, act.issuer).id
            moving = (BatchState.PLANNED, BatchState.SENT, BatchState.MINED, BatchState.SAFE)
            batches = select(BatchRow.id).where(BatchRow.issuer == owner, col(BatchRow.state).in_(moving))
            calls = select(StatusCallRow.id).where(StatusCallRow.issuer == owner, StatusCallRow.state == PENDING)
            if session.exec(batches).first() is None and session.exec(calls).first() is None:
                return None
        return "what the old account signed is still on its way; its role ends after that"

    # --- what the steps share ---

    def _calls(self, issuer: Issuer, wanted: Wanted) -> tuple[RegistryCall, ...]:
        """The calls of an act that can be named before others are done."""
        account = wanted.account or _NOBODY
        match wanted.kind:
            case ActKind.OPEN_KEY:
                return (AddKey(issuer.issuer_id, _A_KEY),)
            case ActKind.CLOSE_KEY:
                key = next(one for one in issuer.keys if one.number == wanted.number)
                return (CloseKey(issuer.issuer_id, key.public_key, wanted.until or 0),)
            case ActKind.SET_OPERATOR:
                until = FOREVER if wanted.until is None else wanted.until
                return (SetOperator(issuer.issuer_id, account, wanted.roles, wanted.valid_from, until),)
            case ActKind.REPLACE_OPERATOR:
                part = wanted.part or "anchoring"
                old = getattr(issuer, f"{part}_operator")
                grant = SetOperator(issuer.issuer_id, Address(_A_KEY[:20]), PARTS[part], 0)
                return (grant, SetOperator(issuer.issuer_id, old, NOTHING, 0))
            case ActKind.PROPOSE_ADMIN:
                return (ProposeAdmin(issuer.issuer_id, account),)
            case ActKind.REPLACE_ADMIN:
                return (ProposeAdmin(issuer.issuer_id, Address(_A_KEY[:20])),)

    def _checked(self, slug: str, wanted: Wanted) -> Issuer:
        issuer = self._catalog.issuer(slug)
        if issuer.registered_at is None:
            raise Conflict(f"{slug} is not registered yet: register it again to go on", "issuer_unregistered")
        if wanted.kind is ActKind.CLOSE_KEY:
            check_end(issuer, wanted, now=int(self._clock()))
        if wanted.kind is ActKind.SET_OPERATOR:
            if wanted.account in {None, _NOBODY, issuer.admin}:
                raise Conflict("name the account of the operator, which is not the admin's own", "operator_account")
            if wanted.until is not None and wanted.until <= wanted.valid_from:
                raise Conflict("an operator's time must end after it begins", "operator_period")
        if wanted.kind is ActKind.REPLACE_OPERATOR and wanted.part not in PARTS:
            raise Conflict("name the operator that is replaced: anchoring or revoking", "operator_roles")
        return issuer

    def _note(
        self, act: AdminAct, state: str, *, said: str | None = None, block: tuple[int | None, int | None] = (None, None)
    ) -> AdminAct:
        with self._database.writing() as session:
            row = session.get_one(AdminActRow, act.id, with_for_update=True)
            row.state, row.said = state, said
            row.block_number, row.block_time = block[0] or row.block_number, block[1] or row.block_time
            session.add(row)
            return act_value(row, act.issuer)


def _number(base: str) -> int:
    return int(base.split(":")[1])
