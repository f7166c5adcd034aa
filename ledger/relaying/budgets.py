"""Gas budgets: how much the relay may use for an issuer in any so many days. Without one, nothing is paid for anybody.

What is in the hands of the relay counts with the gas that is set aside for it, what came to an end with the gas that
was used. Room is looked for and taken in one writing session, so that two requests at a time cannot overrun a budget.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from sqlmodel import Session, col, or_, select

from ledger.chain.registry import IssuerId
from ledger.errors import CairnError, Conflict
from ledger.relaying.tables import BudgetRow, RelayedActRow
from ledger.relaying.values import Budget, BudgetExhausted
from ledger.storage import Database

DAY = 86_400
MOST_GAS = 10**15
MOST_DAYS = 366


class Budgets:
    """The budgets of a data folder. `clock` gives Unix seconds."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    @property
    def now(self) -> int:
        """The time that budgets go by, in Unix seconds."""
        return int(self._clock())

    def set(self, issuer_id: IssuerId, *, gas: int, days: int) -> Budget:
        """Gives an issuer a budget in place of the one that it has; 0 gas closes it. What was accepted goes on.

        Raises CairnError `budget_invalid`.
        """
        if not 0 <= gas <= MOST_GAS or not 1 <= days <= MOST_DAYS:
            raise CairnError("budget_invalid", f"a budget is 0 to {MOST_GAS:,} gas for 1 to {MOST_DAYS} days")
        with self._database.writing() as session:
            row = session.get(BudgetRow, issuer_id) or BudgetRow(issuer_id=issuer_id, gas=0, days=days, changed_at=0)
            row.gas, row.days, row.changed_at = gas, days, self.now
            session.add(row)
            return self._value(session, row)

    def all(self) -> tuple[Budget, ...]:
        """Every budget, closed ones too."""
        with self._database.reading() as session:
            rows = session.exec(select(BudgetRow).order_by(col(BudgetRow.issuer_id))).all()
            return tuple(self._value(session, row) for row in rows)

    def require(self, issuer_id: IssuerId) -> None:
        """Raises Conflict `no_budget` if nothing is paid for this issuer at all."""
        with self._database.reading() as session:
            self._open_row(session, issuer_id, locked=False)

    def take(self, session: Session, issuer_id: IssuerId, gas: int, *, held: int = 0) -> None:
        """Makes sure, in a writing session, that there is room for this gas besides what is `held` for the same act.

        Raises BudgetExhausted, Conflict `no_budget`, and `budget_too_small` for an act that no wait makes room for.
        """
        row = self._open_row(session, issuer_id, locked=True)
        if gas > row.gas:
            raise Conflict(
                f"this act may take {gas:,} gas, and the whole budget of its issuer is {row.gas:,}", "budget_too_small"
            )
        counted = self._counted(session, row)
        missing = sum(charge for _, charge in counted) - held + gas - row.gas
        if missing > 0:
            frees_at = _frees_at(counted, missing, row.days)
            moment = datetime.fromtimestamp(frees_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            raise BudgetExhausted(f"the issuer's gas budget is used up; there is room again at {moment}", frees_at)

    def _open_row(self, session: Session, issuer_id: IssuerId, *, locked: bool) -> BudgetRow:
        query = select(BudgetRow).where(BudgetRow.issuer_id == issuer_id)
        row = session.exec(query.with_for_update() if locked else query).first()
        if row is None or row.gas == 0:
            raise Conflict("this relay pays nothing for this issuer", "no_budget")
        return row

    def _counted(self, session: Session, budget: BudgetRow) -> list[tuple[int, int]]:
        """Since when each act counts and with how much gas, the oldest first.

        These are the acts that used gas in the last days, and all that are still on their way: they count from now on.
        """
        since = self.now - budget.days * DAY
        rows = session.exec(
            select(RelayedActRow.spent_at, RelayedActRow.gas_reserved, RelayedActRow.gas_used)
            .where(
                RelayedActRow.issuer_id == budget.issuer_id,
                or_(col(RelayedActRow.spent_at) > since, col(RelayedActRow.spent_at).is_(None)),
            )
            .order_by(col(RelayedActRow.number))
        )
        return sorted(
            (self.now if spent_at is None else spent_at, reserved if used is None else used)
            for spent_at, reserved, used in rows
        )

    def _value(self, session: Session, row: BudgetRow) -> Budget:
        used = sum(charge for _, charge in self._counted(session, row))
        return Budget(IssuerId(row.issuer_id), row.gas, row.days, used)


def _frees_at(counted: Sequence[tuple[int, int]], missing: int, days: int) -> int:
    """When enough of what counts now lies `days` days back."""
    moment = 0
    for spent_at, charge in counted:
        moment = spent_at + days * DAY
        missing -= charge
        if missing <= 0:
            break
    return moment
