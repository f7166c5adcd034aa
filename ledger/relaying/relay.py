"""The relay's counter: it takes signed acts of issuers that have a budget, and refuses everything else by name.

It is closed until it has an account of its own to pay with. It takes only what the registry, asked at that moment,
would accept, and sets the gas aside in the same writing session in which it stores the act. `submission.py` takes what
was accepted to the chain.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence

from sqlmodel import Session, col, select

from ledger.chain.act_document import SignedAct, from_document, to_document
from ledger.chain.addresses import caip10
from ledger.chain.registry import Account, Address, IssuerId, Registry
from ledger.errors import Conflict, InvalidProof, NotFound, TransactionReverted
from ledger.issuing.signer import KeyRing
from ledger.relaying.budgets import Budgets
from ledger.relaying.tables import RelayedActRow
from ledger.relaying.values import RelayedAct, RelayState
from ledger.sending.journal import Journal
from ledger.storage import Database

RELAY_KEY = "relay"
"""The name of the key file of the account that pays."""
SECONDS_AHEAD = 600
"""How far an act's deadline must lie ahead: a few blocks, and a few more if they are full."""


class Relay:
    """Accepts signed acts. `fund` gives an account money where the chain is one for development."""

    def __init__(
        self,
        database: Database,
        registry: Registry,
        journal: Journal,
        keys: KeyRing,
        *,
        fund: Callable[[Sequence[Address]], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._registry = registry
        self._journal = journal
        self._keys = keys
        self._fund = fund
        self._clock = clock
        self.budgets = Budgets(database, clock)

    def open(self) -> Address:
        """Makes the account that pays, if there is none yet. It pays for nobody before somebody has a budget."""
        address = self._keys.create_account(RELAY_KEY).address
        self._fund([address])
        return address

    @property
    def is_open(self) -> bool:
        return self._keys.holds(RELAY_KEY)

    @property
    def account(self) -> Account:
        """The account that pays. Raises NotFound `relay_off` if there is none."""
        if not self.is_open:
            raise NotFound("this ledger relays nothing", "relay_off")
        return self._keys.account(RELAY_KEY)

    def accept(self, content: bytes) -> tuple[RelayedAct, bool]:
        """Takes a signed act on, and says whether it is new: the same act again gives the same entry.

        Raises, in this order: NotFound `relay_off`; MalformedDocument; Conflict `registry_mismatch`,
        `nonce_in_flight`, `deadline_near`, `no_budget`; InvalidProof `signature_invalid`; TransactionReverted if the
        registry would refuse it; BudgetExhausted and Conflict `budget_too_small`. Nothing is stored then.
        """
        payer = self.account.address
        signed = from_document(content)
        self._require_ours(signed)
        with self._database.reading() as session:
            known = self._known(session, signed)
        if known is not None:
            return self._value(known), False
        self._require_time(signed)
        self.budgets.require(signed.act.call.issuer_id)
        return self._store(signed, self._simulate(signed, payer))

    def entry(self, entry_id: str) -> RelayedAct:
        """An act that was accepted. Raises NotFound `relay_entry_unknown`."""
        with self._database.reading() as session:
            row = session.exec(select(RelayedActRow).where(RelayedActRow.id == entry_id)).first()
        if row is None:
            raise NotFound("there is no such act here", "relay_entry_unknown")
        return self._value(row)

    def entries(self, *, limit: int = 100) -> tuple[RelayedAct, ...]:
        """What was accepted, the newest first."""
        with self._database.reading() as session:
            query = select(RelayedActRow).order_by(col(RelayedActRow.number).desc()).limit(limit)
            rows = session.exec(query).all()
        return tuple(self._value(row) for row in rows)

    # --- the checks, in their order ---

    def _require_ours(self, signed: SignedAct) -> None:
        registry = self._registry
        if (signed.chain_id, signed.registry) != (registry.chain_id, registry.registry):
            ours = caip10(registry.chain_id, registry.registry)
            raise Conflict(f"this relay submits to {ours}, and the act is for another registry", "registry_mismatch")

    def _known(self, session: Session, signed: SignedAct) -> RelayedActRow | None:
        """The entry of this act. Raises Conflict `nonce_in_flight` if another act with its nonce was accepted."""
        given = signed.act.authorization
        row = session.exec(
            select(RelayedActRow).where(
                RelayedActRow.operator == given.operator,
                RelayedActRow.nonce == given.nonce.to_bytes(32, "big"),
                RelayedActRow.state != RelayState.FAILED,
            )
        ).one_or_none()
        if row is not None and row.digest != signed.digest:
            raise Conflict("another act with this nonce is on its way already", "nonce_in_flight")
        return row

    def _require_time(self, signed: SignedAct) -> None:
        # Where a chain makes a block for each call, its time runs ahead of the clock.
        now = max(int(self._clock()), self._registry.final_block().time)
        if signed.act.authorization.deadline < now + SECONDS_AHEAD:
            raise Conflict("the act's deadline has passed, or is too near to be met", "deadline_near")

    def _simulate(self, signed: SignedAct, payer: Address) -> int:
        """The gas that the act may take. The registry judges the signature: a contract's is known to its code alone."""
        try:
            return self._registry.gas_limit(signed.act, payer)
        except TransactionReverted as error:
            if error.error == "SignatureInvalid":
                raise InvalidProof("signature_invalid", "the operator that the act names did not sign it") from error
            raise

    def _store(self, signed: SignedAct, gas: int) -> tuple[RelayedAct, bool]:
        given, issuer_id = signed.act.authorization, signed.act.call.issuer_id
        with self._database.writing() as session:
            if (known := self._known(session, signed)) is None:
                self.budgets.take(session, issuer_id, gas)
                row = RelayedActRow(
                    id=secrets.token_hex(16),
                    issuer_id=issuer_id,
                    operator=given.operator,
                    nonce=given.nonce.to_bytes(32, "big"),
                    digest=signed.digest,
                    deadline=given.deadline,
                    document=to_document(signed),
                    state=RelayState.ACCEPTED,
                    gas_reserved=gas,
                    accepted_at=int(self._clock()),
                )
                session.add(row)
        return self._value(known or row), known is None

    def _value(self, row: RelayedActRow) -> RelayedAct:
        return RelayedAct(
            id=row.id,
            issuer_id=IssuerId(row.issuer_id),
            operator=Address(row.operator),
            nonce=int.from_bytes(row.nonce, "big"),
            deadline=row.deadline,
            state=RelayState(row.state),
            gas=row.gas_reserved if row.gas_used is None else row.gas_used,
            accepted_at=row.accepted_at,
            problem=row.problem,
            transaction=self._journal.find(relay_purpose(row.id)),
        )


def relay_purpose(entry_id: str) -> str:
    return f"relay:{entry_id}"
