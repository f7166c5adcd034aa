"""The doctor: looks at everything that a ledger needs to work, and says of each what is wrong and what to do.

Nothing is changed, and nothing that is found out is raised: each examination gives its findings, whatever happens.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from ledger.errors import CairnError

if TYPE_CHECKING:
    from ledger.storage import Database
    from ledger.workspace import Workspace

_MEGABYTE = 1 << 20
LEAST_DISK = 200 * _MEGABYTE
SCARCE_DISK = 1024 * _MEGABYTE
LARGEST_LOG = 64 * _MEGABYTE


class Health(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `remedy` is what to do, where something is to be done."""

    subject: str
    health: Health
    message: str
    remedy: str | None = None


Examination = Callable[["Workspace"], Iterator[Finding]]


def examine(workspace: Workspace) -> list[Finding]:
    """All findings, in order."""
    found: list[Finding] = []
    for subject, examination in EXAMINATIONS:
        try:
            found += examination(workspace)
        except CairnError as error:
            found.append(Finding(subject, Health.FAILURE, str(error)))
    return found


def _configuration(workspace: Workspace) -> Iterator[Finding]:
    configured = workspace.configuration
    place = "in the folder" if configured.is_embedded else f"{len(configured.rpc_urls)} nodes"
    yield _fine("configuration", f"chain {configured.chain_id} ({place}), finality {configured.finality}")
    if workspace.path.stat().st_mode & 0o077:
        yield Finding(
            "folder", Health.WARNING, "others on this machine may look into it", f"chmod 700 {workspace.path}"
        )
    nodes = len(configured.rpc_urls)
    if nodes == 1:
        yield Finding("nodes", Health.WARNING, "one node alone is believed", "name three of different companies")


def _database(workspace: Workspace) -> Iterator[Finding]:
    from ledger.keeping.integrity import file_problems
    from ledger.storage import newest_revision

    database = _unopened(workspace)
    try:
        if database.file is not None and (problems := file_problems(database.file)):
            for problem in problems:
                yield Finding("database", Health.FAILURE, problem, "cairn restore, from the newest backup")
            return
        found, newest = database.revision(), newest_revision()
        if found == newest:
            yield _fine("database", f"revision {found}, and its file is in order")
        elif found is None:
            yield Finding("database", Health.FAILURE, "it is empty: it was never set up", "cairn init")
        elif found < newest:
            yield Finding(
                "database", Health.WARNING, f"revision {found}; it will be brought to {newest} when it is used"
            )
        else:
            yield Finding("database", Health.FAILURE, f"a newer Cairn wrote it (revision {found})", "use that Cairn")
    finally:
        database.close()


def _room(workspace: Workspace) -> Iterator[Finding]:
    free = shutil.disk_usage(workspace.path).free
    told = f"{free // _MEGABYTE:,} MB are free"
    if free < LEAST_DISK:
        yield Finding("disk", Health.FAILURE, told, "make room: nothing can be stored soon")
    elif free < SCARCE_DISK:
        yield Finding("disk", Health.WARNING, told, "make room")
    else:
        yield _fine("disk", told)
    log = workspace.path / "ledger.db-wal"
    size = log.stat().st_size if log.exists() else 0
    if size > LARGEST_LOG:
        message = f"the write-ahead log has {size // _MEGABYTE:,} MB"
        yield Finding("log", Health.WARNING, message, "end what has been reading from the database for long")
    else:
        yield _fine("log", f"the write-ahead log has {size // 1024:,} KB")


def _keys(workspace: Workspace) -> Iterator[Finding]:
    from ledger.keeping.key_files import key_problems

    _require_current(workspace)
    catalog = workspace.catalog
    issuers, accreditors = catalog.issuers(), catalog.accreditors()
    problems = list(key_problems(workspace.keys, workspace.path / "keys", issuers, accreditors))
    for problem in problems:
        yield Finding("keys", Health.FAILURE, problem)
    if not problems:
        yield _fine(
            "keys", f"those of {len(issuers)} issuers and {len(accreditors)} accreditors open and are the right ones"
        )


def _nodes(workspace: Workspace) -> Iterator[Finding]:
    from ledger.chain.nodes import Standing

    block, nodes = workspace.reader.inspect()
    for node in nodes:
        reached = f"final block {node.final_block}" if node.final_block is not None else "it names no final block"
        if node.standing in (Standing.OK, Standing.UNTRIED) and node.final_block is not None:
            yield _fine(f"node {node.name}", reached)
        else:
            why = f": {node.trouble.message}" if node.trouble else ""
            yield Finding(f"node {node.name}", Health.FAILURE, f"it is {node.standing}; {reached}{why}", "replace it")
    if block is None:
        yield Finding("chain", Health.FAILURE, "too few nodes agree: nothing can be verified or issued")


def _registry(workspace: Workspace) -> Iterator[Finding]:
    from ledger.keeping.parts import chain_view

    match chain_view(workspace).code_is():
        case "ours":
            yield _fine("registry", "its code is that of this version")
        case "none":
            yield Finding(
                "registry", Health.FAILURE, "it is not on this chain", "cairn reconcile: was the chain wiped?"
            )
        case _:
            yield Finding(
                "registry", Health.FAILURE, "other code stands at its address", "sign nothing, and find out why"
            )


def _clock(workspace: Workspace) -> Iterator[Finding]:
    from ledger.chain.skew import skew

    found = skew(workspace.registry.head_block(), time.time(), chain_id=workspace.configuration.chain_id)
    told = f"the newest block is {abs(found.seconds):,} s {'ahead of' if found.seconds > 0 else 'behind'} this machine"
    if found.is_alarming and not (found.seconds > 0 and not found.makes_blocks_alone):
        yield Finding(
            "clock", Health.FAILURE, told, "set this machine's clock right, or ask why the chain stands still"
        )
    else:
        yield _fine("clock", told)


def _work(workspace: Workspace) -> Iterator[Finding]:
    from ledger.durable.orders import Orders
    from ledger.durable.sweep import overdue
    from ledger.keeping.parts import holds_of

    _require_current(workspace)
    for hold in holds_of(workspace).open():
        remedy = f"cairn reconcile --accept {hold.id} --by NAME"
        yield Finding("hold", Health.FAILURE, f"issuing stands still: {hold.code}: {hold.detail}", remedy)
    orders = Orders(workspace.database).open()
    late = overdue(orders)
    for order in orders:
        if order.is_parked and order.problem is not None:
            subject = f"{order.kind} {order.subject}"
            yield Finding("queue", Health.WARNING, f"{subject} waits for a person: {order.problem.message}")
    for alert in late:
        if not alert.order.is_parked:
            subject = f"{alert.order.kind} {alert.order.subject}"
            message = f"{subject} has waited for {alert.seconds / 60:,.0f} minutes"
            yield Finding("queue", Health.FAILURE, message, "is `cairn serve` or a worker running?")
    if not late:
        oldest = min((order.asked_at for order in orders), default=None)
        age = "nothing waits" if oldest is None else f"the oldest of {len(orders)} waits {time.time() - oldest:,.0f} s"
        yield _fine("queue", age)


def _money(workspace: Workspace) -> Iterator[Finding]:
    from ledger.chain.addresses import checksum_address
    from ledger.sending.book import Book
    from ledger.sending.forecast import forecast

    _require_current(workspace)
    book = Book(workspace.database, time.time)
    for issuer in workspace.catalog.issuers():
        for part, account in (("anchoring", issuer.anchoring_operator), ("revoking", issuer.revoking_operator)):
            found = forecast(book, workspace.registry, account, workspace.configuration.fees)
            subject = f"balance of {issuer.slug}"
            told = f"the {part} account lasts for {min(found.left, 10**6):,} transactions as fees are now"
            if found.problem is None:
                yield _fine(subject, told)
            else:
                severity = Health.FAILURE if found.balance < found.needed else Health.WARNING
                yield Finding(subject, severity, told, f"send money to {checksum_address(account)}")


def _fine(subject: str, message: str) -> Finding:
    return Finding(subject, Health.OK, message)


def _unopened(workspace: Workspace) -> Database:
    """The database as it is: `workspace.database` would bring an older one up to date."""
    from ledger.errors import WorkspaceError
    from ledger.storage import Database

    url = workspace.configuration.database_url
    if url is not None:
        return Database(url)
    file = workspace.path / "ledger.db"
    if not file.is_file():
        raise WorkspaceError("database_missing", f"there is no database at {file}: restore one, or `cairn rebuild`")
    return Database.at(file)


def _require_current(workspace: Workspace) -> None:
    """Raises WorkspaceError rather than look into a database that this version would change."""
    database = _unopened(workspace)
    try:
        database.check()
    finally:
        database.close()


EXAMINATIONS: tuple[tuple[str, Examination], ...] = (
    ("configuration", _configuration),
    ("disk", _room),
    ("database", _database),
    ("keys", _keys),
    ("chain", _nodes),
    ("registry", _registry),
    ("clock", _clock),
    ("queue", _work),
    ("balance", _money),
)
"""What is looked at, and what a finding is called where looking itself fails."""
