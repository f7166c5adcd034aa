"""The ledger that every run begins from: made once by the ledger's own services, then copied with its chain.

It has an accreditor, a recognised issuer with a programme, a publisher of records, one batch that is final and three
that are drafted. Nothing in it is secret, and nothing of it outlives the run.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.bootstrap import ROOT
from scripts.faulting.anvil import Anvil, Shape
from scripts.faulting.postgres import Postgres
from scripts.faulting.program import Ended, Program

ISSUER = "usm"
PROGRAMME = "instructional-design"
SETTLED = 1
"""The batch that is final."""
SETTLED_SIZE = 3
DRAFTED = {2: 1, 3: 2, 4: 5}
"""The drafted batches, with their sizes."""
HEADER = "achievement,learner_id,name,email,result,awarded_on"


class Unprepared(Exception):
    """The template could not be made: the machine or the program is not fit for the harness at all."""


@dataclass(frozen=True)
class Template:
    """A data folder and the state of its chain. Whoever begins from it copies both."""

    data: Path
    chain: Path
    url: str
    api_key: str
    registry: str
    cluster: Path | None = None
    """The folder of its PostgreSQL server, which is stopped; None with SQLite."""


def rows(first: int, count: int) -> str:
    """A file of learners, each with one module; no two runs of numbers overlap."""
    learners = range(first, first + count)
    lines = [f"introduction,L{one:05},Learner {one},learner{one}@students.example,80,2026-01-28" for one in learners]
    return "\n".join([HEADER, *lines]) + "\n"


def make_template(folder: Path, *, on_postgres: bool = False) -> Template:
    """Makes the template in an empty folder. Raises `Unprepared` with what a command said, `Skipped` as `Postgres`."""
    folder.mkdir(parents=True)
    server = Postgres(folder).make().start() if on_postgres else None
    anvil = Anvil(folder, shape=Shape(seconds=0.1, slots=1)).start()
    try:
        data = folder / "data"
        program = Program(data)
        registry = begin(data, anvil.url, server.sqlalchemy_url if server else None)
        do(program, "issue", str(SETTLED))
        key = str(do(program, "api-key", ISSUER).value["key"])
        anvil.save(folder / "chain.json")
        return Template(data, folder / "chain.json", anvil.url, key, registry, folder if server else None)
    finally:
        if server is not None:
            server.stop()
        anvil.stop()


def begin(data: Path, url: str, database_url: str | None) -> str:
    """Makes the data folder with all that is registered and drafted, and gives the registry's address."""
    from ledger.chain.addresses import checksum_address
    from ledger.issuing.values import IssuerKind
    from ledger.workspace import Workspace

    with Workspace.init(data, rpc_urls=[url], demo=True, database_url=database_url) as workspace:
        workspace.accreditors.register("mqa", name="Malaysian Qualifications Agency", country="MY")
        workspace.issuers.register(ISSUER, name="Universiti Sains Malaysia", country="MY")
        workspace.accreditors.accredit("mqa", ISSUER)
        workspace.issuers.register("wallet", name="Cairn wallets", kind=IssuerKind.PUBLISHER)
        workspace.programmes.add(ISSUER, (ROOT / "samples" / ISSUER / "programme.json").read_bytes())
        for size in (SETTLED_SIZE, *DRAFTED.values()):  # each of learners of its own
            content = rows(100 * size, size).encode()
            workspace.imports.import_rows(ISSUER, PROGRAMME, content, label=f"{size} learners")
        return checksum_address(workspace.reader.registry)


def do(program: Program, *words: str) -> Ended:
    ended = program.run(*words, "--json", seconds=120)
    if ended.code != 0:
        raise Unprepared(str(ended))
    return ended


def point_at_database(data: Path, url: str | None) -> None:
    """Has a data folder keep its ledger in another database, on a server or in the folder."""
    path = data / "cairn.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["database_url"] = url
    path.write_text(json.dumps(content), encoding="utf-8")


def point_at(data: Path, urls: Sequence[str]) -> None:
    """Has a data folder ask other nodes."""
    path = data / "cairn.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["chain"]["rpc_urls"] = list(urls)
    path.write_text(json.dumps(content), encoding="utf-8")
