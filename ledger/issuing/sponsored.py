"""Acts that an operator signs and a sponsor submits: stored before they are handed over, judged by the chain alone.

The steps are those of the journal. `plan` signs and stores, `send` hands the stored act to its sponsor, `look` asks the
registry whether the act's nonce is spent. An act that was not submitted by its deadline is lost, and so is one whose
nonce was spent without its effect, that is cancelled: its purpose is free again. What a sponsor says is for people.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Collection
from typing import Protocol

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from ledger.chain.act_document import SignedAct, from_document, to_document
from ledger.chain.registry import Account, Address, CancelNonce, Registry, SponsorableCall
from ledger.chain.sponsoring import sign_act
from ledger.errors import Conflict, NotFound, RegistryError, TransactionReverted
from ledger.issuing.rows import act_value, live_act
from ledger.issuing.tables import SponsoredActRow
from ledger.issuing.values import SponsoredAct
from ledger.sending.journal import Journal
from ledger.sending.rows import standing_transaction
from ledger.sending.values import FINAL, IN_FLIGHT, LOST, MINED, NOT_PLANNED, PLANNED, SENT
from ledger.storage import Database

DAY = 86_400
DEFAULT_DAYS = 7
REPEAT_SECONDS = 30.0
"""How long one process waits before it hands the same act over again."""
_UNSETTLED = (*IN_FLIGHT, MINED)


class Sponsor(Protocol):
    """Someone who submits signed acts and pays: a relay, or a folder from which a person takes them."""

    @property
    def name(self) -> str:
        """Where it is, as `find_sponsor` finds it again."""
        ...

    def hand_over(self, act: SignedAct) -> str | None:
        """Gives the act away; doing it again does no harm. Returns what the sponsor says of it, for people.

        Raises RegistryUnreachable (`sponsor_unreachable`), and the act may have arrived all the same; Conflict
        (`sponsor_refused`) with the reason that was given.
        """
        ...


class SponsoredActs:
    """Acts by purpose. Implements `Courier`. `sponsor` takes new acts, and old ones from wherever they were before."""

    def __init__(
        self,
        database: Database,
        registry: Registry,
        find_sponsor: Callable[[str], Sponsor],
        *,
        sponsor: Sponsor | None = None,
        days: int = DEFAULT_DAYS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`days` is how long a new act can be submitted. Without `sponsor` there are no new acts."""
        self._database = database
        self._registry = registry
        self._find_sponsor = find_sponsor
        self._sponsor = sponsor
        self._days = days
        self._clock = clock
        self._handed_over: dict[tuple[int, str], float] = {}

    @property
    def takes_new(self) -> bool:
        """Whether there is a sponsor for new acts."""
        return self._sponsor is not None

    def acts(self) -> tuple[SponsoredAct, ...]:
        """Every act that was ever signed, the oldest first, as far as it is known."""
        with self._database.reading() as session:
            rows = session.exec(select(SponsoredActRow).order_by(col(SponsoredActRow.id))).all()
        return tuple(act_value(row) for row in rows)

    # --- the steps ---

    def find(self, purpose: str) -> SponsoredAct | None:
        """The act for this purpose, unless it was lost."""
        with self._database.reading() as session:
            row = live_act(session, purpose)
            return act_value(row) if row else None

    def plan(self, purpose: str, call: SponsorableCall, account: Account) -> SponsoredAct:
        """Signs the act and stores it; hands nothing over. Answers with what stands there already.

        Raises TransactionReverted if the registry would refuse it, Conflict `no_sponsor`, and `transaction_waits` if a
        transaction of our own came between.
        """
        while (stored := self.find(purpose)) is None:
            row = self._sign(purpose, call, account)
            try:
                with self._database.writing() as session:
                    if standing_transaction(session, purpose) is not None:
                        raise Conflict("another process sent this a moment ago; run it again", "transaction_waits")
                    session.add(row)
            except IntegrityError:
                # Another process was faster, with this purpose or this nonce: look again. Any other reason is raised.
                if not self._stands(purpose, row):
                    raise
        return stored

    def send(self, purpose: str) -> SponsoredAct:
        """Hands the stored act over: to the sponsor that was named now, or else to the one that has it already.

        Does nothing if this process did so half a minute ago. Raises as `Sponsor.hand_over`; the act stands all the
        same.
        """
        row = self._stored(purpose)
        if row.state not in IN_FLIGHT:
            return act_value(row)
        sponsor = self._sponsor or self._find_sponsor(row.sponsor)
        key, now = (row.id or 0, sponsor.name), time.monotonic()
        if now - self._handed_over.get(key, -REPEAT_SECONDS) < REPEAT_SECONDS:
            return act_value(row)
        if row.state == SENT and (known := self.look(purpose)).state not in IN_FLIGHT:
            return known  # somebody submitted it since
        self._note(row, IN_FLIGHT, sponsor=sponsor.name)
        said = sponsor.hand_over(from_document(row.document))
        self._handed_over[key] = now
        self._note(row, IN_FLIGHT, state=SENT, said=said)
        return self._value(row)

    def look(self, purpose: str) -> SponsoredAct:
        """Asks the registry, and notes: mined, final, lost, or back to sent after a reorganisation.

        Final says that the nonce is spent in a final block; whether the act was done or cancelled says its effect.
        """
        row = self._stored(purpose)
        if row.state == FINAL:
            return act_value(row)
        operator, nonce = Address(row.operator), int.from_bytes(row.nonce, "big")
        block, is_spent = self._registry.is_nonce_spent(operator, nonce)
        if is_spent:
            self._note(row, _UNSETTLED, state=FINAL, block_number=block.number, block_time=block.time)
        elif block.time > row.deadline:
            # Every later block is younger still, so that no block will ever hold it.
            self._note(row, _UNSETTLED, state=LOST)
        elif self._registry.is_nonce_spent_in_head(operator, nonce):
            self._note(row, IN_FLIGHT, state=MINED)
        elif row.state == MINED:
            self._note(row, [MINED], state=SENT)
        return self._value(row)

    def void(self, purpose: str) -> None:
        """Notes that a final block shows the nonce spent and not the effect: the act was cancelled."""
        with self._database.reading() as session:
            row = live_act(session, purpose)
        if row is not None:  # else another process saw the same
            self._note(row, [FINAL], state=LOST)

    def cancel(self, act_id: int, journal: Journal, account: Account) -> SponsoredAct:
        """Spends the act's nonce from its operator's own account, which pays for that. The act is worthless then.

        Raises NotFound `act_unknown`, Conflict `not_signer`, and `act_settled` if it was submitted or cancelled before.
        """
        with self._database.reading() as session:
            row = session.get(SponsoredActRow, act_id)
        if row is None:
            raise NotFound(f"there is no act {act_id}", "act_unknown")
        if account.address != row.operator:
            # A nonce of another account is another nonce: spending it would cancel nothing.
            raise Conflict(
                f"act {act_id} was signed by another account than the one that is to cancel it", "not_signer"
            )
        settled = Conflict(f"act {act_id} was submitted or cancelled already", "act_settled")
        if row.state not in _UNSETTLED:
            raise settled
        try:
            journal.complete(f"cancel:{act_id}", CancelNonce(int.from_bytes(row.nonce, "big")), account)
        except TransactionReverted as error:
            if error.error != "NonceAlreadySpent":
                raise
            raise settled from error
        return self.look(row.purpose)

    # --- what the steps share ---

    def _sign(self, purpose: str, call: SponsorableCall, account: Account) -> SponsoredActRow:
        """A row with an act that the registry would accept now."""
        if self._sponsor is None:
            raise Conflict("nobody was named who pays for this; name a sponsor", "no_sponsor")
        registry, operator = self._registry, account.address
        now = max(int(self._clock()), registry.final_block().time)
        deadline, nonce = now + self._days * DAY, self._next_nonce(operator)
        while True:
            act = sign_act(
                call,
                account,
                chain_id=registry.chain_id,
                registry=registry.registry,
                nonce=nonce,
                deadline=deadline,
            )
            try:
                registry.gas_limit(act, operator)
            except TransactionReverted as error:
                if error.error != "NonceAlreadySpent":
                    raise
                nonce = _new_nonce()  # as after restoring a backup that is older than the chain
            else:
                break
        return SponsoredActRow(
            purpose=purpose,
            state=PLANNED,
            operator=operator,
            nonce=_nonce_bytes(nonce),
            deadline=deadline,
            document=to_document(SignedAct(registry.chain_id, registry.registry, act)),
            sponsor=self._sponsor.name,
            planned_at=int(self._clock()),
        )

    def _next_nonce(self, operator: Address) -> int:
        """The next bit of the word that the operator's last nonce lies in: spending it costs 17,000 gas less."""
        with self._database.reading() as session:
            last = session.exec(
                select(SponsoredActRow.nonce)
                .where(SponsoredActRow.operator == operator)
                .order_by(col(SponsoredActRow.id).desc())
            ).first()
        if last is None or last[-1] == 255:
            return _new_nonce()
        return int.from_bytes(last, "big") + 1

    def _stands(self, purpose: str, row: SponsoredActRow) -> bool:
        with self._database.reading() as session:
            return live_act(session, purpose) is not None or _with_nonce(session, row) is not None

    def _stored(self, purpose: str) -> SponsoredActRow:
        with self._database.reading() as session:
            row = live_act(session, purpose)
        if row is None:
            raise RegistryError(NOT_PLANNED, f"nothing was signed for {purpose}")
        return row

    def _value(self, row: SponsoredActRow) -> SponsoredAct:
        with self._database.reading() as session:
            return act_value(session.get_one(SponsoredActRow, row.id))

    def _note(self, row: SponsoredActRow, expected: Collection[str], **values: object) -> None:
        """Changes an act in one of the expected states: another thread or process may have been faster."""
        with self._database.writing() as session:
            stored = session.get_one(SponsoredActRow, row.id)
            if stored.state not in expected:
                return
            for name, value in values.items():
                setattr(stored, name, value)
            session.add(stored)


def _with_nonce(session: Session, row: SponsoredActRow) -> SponsoredActRow | None:
    return session.exec(
        select(SponsoredActRow).where(SponsoredActRow.operator == row.operator, SponsoredActRow.nonce == row.nonce)
    ).first()


def _new_nonce() -> int:
    """The first bit of a word that nobody has used."""
    return secrets.randbits(248) << 8


def _nonce_bytes(nonce: int) -> bytes:
    return nonce.to_bytes(32, "big")


def require_no_act(session: Session, purpose: str) -> None:
    """Raises Conflict `act_waits` if what a transaction is planned for was handed to a sponsor."""
    if live_act(session, purpose) is not None:
        raise Conflict("this was handed to a sponsor a moment ago; run it again", "act_waits")
