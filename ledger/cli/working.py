"""`cairn work`, and how a command waits for work that it or another process carries."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from ledger.cli.app import DEFAULT_DATA, DataOption, app
from ledger.errors import CairnError, Conflict, KeystoreError, RegistryError, RegistryUnreachable, WorkspaceError
from ledger.sending.values import NOT_PLANNED, SENT

if TYPE_CHECKING:
    from ledger.chain.registry import Reason, StatusAction
    from ledger.durable.orders import Order, OrderKind
    from ledger.durable.running import Work
    from ledger.issuing.values import Batch, SponsoredAct, StatusChange
    from ledger.workspace import Workspace

PATIENCE = 15.0
"""For how many seconds a command waits while nothing goes on, before it leaves that to the next run."""
LOOK_SECONDS = 0.2
GONE = "worker_gone"

T = TypeVar("T")


@app.command()
def work(
    name: Annotated[
        str | None, typer.Option("--name", help="A name that stays the same when this worker is started again.")
    ] = None,
    data: DataOption = DEFAULT_DATA,
) -> None:
    """Carries what was asked for, without a site, until it is told to stop. On PostgreSQL several may work at once."""
    from ledger.durable.running import working
    from ledger.logs import set_up_logs
    from ledger.workspace import Workspace

    with Workspace.open(data) as workspace, told_to_stop() as stop:
        set_up_logs()
        node = workspace.serve_chain()
        with working(workspace, worker=name, alone=True) as work:
            sys.stderr.write(f"Cairn works for {data}" + (f"; its chain answers at {node}" if node else "") + "\n")
            while not stop.wait(0.5):
                if work.lost.is_set():
                    raise Conflict("another process has taken this worker's name and its work", "worker_lost")


@contextmanager
def told_to_stop() -> Iterator[Event]:
    """An event that Ctrl-C and SIGTERM set."""
    stop = Event()

    def told(_signal: int, _frame: object) -> None:
        stop.set()

    before = {each: signal.signal(each, told) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def issue_all(
    workspace: Workspace, batches: Sequence[int], *, wait: bool = True, sponsor: str | None = None, days: int = 7
) -> list[Batch]:
    """Has batches issued, all at the same time, and waits for them: until they are final, or else until they are sent.

    Does not wait for people who carry acts. Raises what stops the first that is stopped.
    """
    from ledger.cli.output import Bar, progress
    from ledger.durable.orders import OrderKind
    from ledger.issuing.progress import progress_of
    from ledger.issuing.values import BatchState

    drafted = {BatchState.OPEN, BatchState.SEALED, BatchState.PLANNED}

    def look(number: int, bar: Bar) -> Batch:
        batch = workspace.catalog.batch(number)
        now = progress_of(workspace.database, batch)
        bar(now.step, now.done, now.total)
        return batch

    def is_done(batch: Batch) -> bool:
        return batch.is_finished or is_carried(workspace, batch.act) or (not wait and batch.state not in drafted)

    def ask(work: Work) -> None:
        for number in batches:
            work.dispatcher.issue(number, sponsor=sponsor, days=days)

    def watch(work: Work) -> list[Batch]:
        done: list[Batch] = []
        for number in batches:
            with progress(f"batch {number}") as bar:
                done.append(wait_for(workspace, work, OrderKind.ISSUE, number, partial(look, number, bar), is_done))
        return done

    require_sponsor(sponsor)
    return carried(workspace, ask, watch) if batches else []


def withdraw(workspace: Workspace, batch: int, reason: Reason, *, sponsor: str | None = None, days: int = 7) -> Batch:
    """Has a batch withdrawn and waits for it, but not for people who carry acts. Raises what stops it."""
    from ledger.durable.orders import OrderKind
    from ledger.issuing.rows import withdrawal_purpose

    def is_done(seen: Batch) -> bool:
        act = workspace.sponsored_acts.find(withdrawal_purpose(batch))
        return seen.withdrawn_at is not None or is_carried(workspace, act)

    require_sponsor(sponsor)
    workspace.desk.withdrawal.require_anchored(batch)

    def ask(work: Work) -> None:
        work.dispatcher.withdraw(batch, reason, sponsor=sponsor, days=days)

    def watch(work: Work) -> Batch:
        return wait_for(workspace, work, OrderKind.WITHDRAW, batch, lambda: workspace.catalog.batch(batch), is_done)

    return carried(workspace, ask, watch)


def change_status(
    workspace: Workspace,
    action: StatusAction,
    credential_ids: Sequence[str],
    reason: Reason | None,
    *,
    sponsor: str | None = None,
    days: int = 7,
) -> tuple[StatusChange, ...]:
    """Has the status of credentials changed and waits for it, but not for people who carry acts.

    Raises as `Revocation.ask` before anything is stored, and what stops it after.
    """
    require_sponsor(sponsor)
    placing = workspace.placing(sponsor, days=days)
    calls = workspace.revocation.ask(action, credential_ids, reason, placing=placing)
    return carry_calls(workspace, calls, sponsor=sponsor, days=days)


def carry_calls(
    workspace: Workspace, calls: Sequence[int], *, sponsor: str | None = None, days: int = 7
) -> tuple[StatusChange, ...]:
    """Has calls that were asked for brought to the chain, and waits for them."""
    from ledger.durable.orders import OrderKind

    def is_done(change: StatusChange) -> bool:
        return change.is_final or is_carried(workspace, change.act)

    def ask(work: Work) -> None:
        work.dispatcher.change(calls, sponsor=sponsor, days=days)

    def watch(work: Work) -> None:
        for call_id in calls:
            look = partial(workspace.catalog.status_change, call_id)
            wait_for(workspace, work, OrderKind.STATUS, call_id, look, is_done)

    if not calls:
        return ()
    carried(workspace, ask, watch)
    return workspace.revocation.changes(calls)


def carried(workspace: Workspace, ask: Callable[[Work], None], watch: Callable[[Work], T]) -> T:
    """What `watch` gives when it has seen what `ask` asks for, whoever did it.

    If whoever did it is gone meanwhile, this process goes on with it, unless yet another does by then.
    """
    from ledger.durable.running import working
    from ledger.workspace import Workspace

    def once(opened: Workspace) -> T:
        with working(opened) as work:
            ask(work)
            done = watch(work)
            hand_out(work)
        return done

    try:
        return once(workspace)
    except RegistryUnreachable as error:
        if error.code != GONE:
            raise
    # Opened anew: this one may have asked the chain in the folder through the process that is gone.
    with Workspace.open(workspace.path) as again:
        return once(again)


def hand_out(work: Work) -> None:
    """Hands over what others are to hear, for a while, and says so if that was not all."""
    if not work.deliver():
        sys.stderr.write("more is to be delivered: `cairn deliveries --send` goes on with it, or `cairn serve`\n")


def is_carried(workspace: Workspace, act: SponsoredAct | None) -> bool:
    """Whether an act lies where a person finds it, and nobody submitted it yet: nothing is left to do here then."""
    if act is None or act.state != SENT or not act.waits_for_a_person:
        return False
    try:
        return workspace.sponsored_acts.look(act.purpose).state == SENT
    except RegistryError as error:
        if error.code != NOT_PLANNED:
            raise
        return False  # whoever works has seen meanwhile that it can never count


def require_sponsor(sponsor: str | None) -> None:
    """Raises CairnError `sponsor_invalid` before anything is asked for."""
    from ledger.relaying.sponsors import find_sponsor

    if sponsor is not None:
        find_sponsor(sponsor)


def wait_for(
    workspace: Workspace, work: Work, kind: OrderKind, subject: int, look: Callable[[], T], is_done: Callable[[T], bool]
) -> T:
    """Waits until an order is done as far as `is_done` asks for, whoever carries it, and gives what `look` saw last.

    Raises what stopped it: CairnError with the code and the sentence of its problem; RegistryUnreachable if a problem
    that may pass by itself has stood for as long as a command's patience lasts, or whoever worked is gone for so long.
    """
    from ledger.durable.checkpoints import PASSING
    from ledger.durable.orders import Orders

    orders, troubled_since = Orders(workspace.database), None
    alone_since: float | None = None
    while True:
        seen = look()
        if is_done(seen):
            return seen
        order = orders.find(kind, subject)
        if order is not None and order.problem is not None:
            troubled_since = troubled_since or time.monotonic()
            if order.is_parked:
                raise stopped(order)
            if time.monotonic() - troubled_since > PATIENCE:
                goes_on = "what was asked for is kept, and goes on when this is run again"
                if order.problem.code in PASSING:
                    raise Conflict(f"{order.problem.message}; {goes_on}", order.problem.code)
                raise RegistryUnreachable(f"{order.problem.message}; {goes_on}", order.problem.code)
        else:
            troubled_since = None
        alone_since = None if work.is_alive() else alone_since or time.monotonic()
        if alone_since is not None and time.monotonic() - alone_since > PATIENCE:
            raise RegistryUnreachable("nobody works for this ledger any more; run this again", GONE)
        time.sleep(LOOK_SECONDS)


def stopped(order: Order) -> CairnError:
    """The error of an order that waits for a person."""
    problem = order.problem
    if problem is None:
        return Conflict("this waits for a person", "parked")
    if problem.code.startswith(("key_", "passphrase_")):
        return KeystoreError(problem.code, problem.message)
    if problem.code in {"batch_corrupt", "database_corrupt"}:
        return WorkspaceError(problem.code, problem.message)
    return Conflict(problem.message, problem.code)
