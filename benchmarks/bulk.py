"""How fast a list is checked: `python -m benchmarks.bulk [--embedded]`.

500 credentials of 500 learners, each signed under both suites and anchored in one batch, are given as one ZIP, and as a
table of 500 share links. What the page does is done in this process, part by part: reading what was given, keeping it
sealed, the run itself, opening what it came to, and the reports. The chain is an anvil where contracts' tools are, else
(or with `--embedded`) the embedded chain, whose EVM works in this process too. CPU and wall seconds, medians of three;
calls of the provider in one run.
"""

from __future__ import annotations

import argparse
import io
import statistics
import tempfile
import time
import zipfile
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TypeVar

from api.bulk.looking import report_file, shown_run
from api.bulk.queue import Queue
from api.bulk.resolving import Resolver
from api.bulk.running import RDF_SECONDS, ListWork
from api.clock import DAY, unix_now
from api.serving import collect_seldom
from api.settings import Settings
from api.sharing.values import Choice
from api.site import Site
from benchmarks.campus import moment
from benchmarks.records import Counting, node
from ledger.bulk.uploads import Brought, upload_of
from ledger.chain.reader import RpcRegistryReader
from ledger.chain.rpc import HttpTransport
from ledger.verifying.verifier import Verifier
from ledger.workspace import Workspace
from tests.office import drafts, learner

ROWS, ROUNDS = 500, 3
HERE = "http://127.0.0.1"

Answer = TypeVar("Answer")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--embedded", action="store_true", help="the embedded chain, also where there is an anvil")
    chain = nullcontext(None) if options.parse_args().embedded else node()
    print(moment())
    with chain as url, tempfile.TemporaryDirectory(prefix="cairn-benchmark-") as folder:
        nodes = () if url is None else (url,)
        with Workspace.init(Path(folder) / "data", rpc_urls=nodes, demo=True) as workspace:
            site = Site(workspace, Settings(data=workspace.path), HERE)
            try:
                archive, links = given(site)
                collect_seldom()  # as the server does
                where = "anvil" if url else "the embedded chain, asked over HTTP in this process"
                print(f"{ROWS} credentials, a ZIP of {len(archive):,} bytes; {where}")
                measure(site, "files", [Brought("all.zip", archive)], "", url)
                measure(site, "links", [], links, url)
            finally:
                site.close()


def given(site: Site) -> tuple[bytes, str]:
    """The credentials as one ZIP, and a table of links that show one each."""
    workspace = site.workspace
    workspace.accreditors.register("agency", name="Quality Agency", country="MY")
    workspace.issuers.register("college", name="College", country="MY")
    workspace.accreditors.accredit("agency", "college")
    batch = workspace.pipeline.advance(workspace.imports.draft_batch("college", drafts(ROWS), label="Spring").id)
    documents = [document for _, document in workspace.catalog.batch_documents(batch.id)]
    packed, until = io.BytesIO(), unix_now() + DAY
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for place, document in enumerate(documents):
            archive.writestr(f"{place}.json", document)
    wallet, _ = site.wallets.create(learner(1).email)
    site.wallets.keep(wallet, site.wallets.arrive_together(documents), "ledger")
    tokens = [
        site.links.create(wallet, Choice(credential_ids=(held.id,)), label="Shared", expires_at=until)[1]
        for held in site.wallets.credentials(wallet)
    ]
    return packed.getvalue(), "\n".join(["link", *(site.share_url(token) for token in tokens)])


def measure(site: Site, name: str, files: list[Brought], text: str, url: str | None) -> None:
    """All that is done for one list."""
    workspace = site.workspace
    provider = Counting(HttpTransport(url or workspace.serve_chain() or ""))
    reader = RpcRegistryReader([provider], workspace.reader.registry, workspace.reader.chain_id)
    verifier = Verifier(workspace.policy(), {(reader.chain_id, reader.registry): reader})
    judge = partial(verifier.verify_in_turn, rdf_seconds=RDF_SECONDS)
    resolver = Resolver(site.links, workspace.catalog, HERE, None)
    work = ListWork(Queue(workspace.database), resolver, judge, site.receipts, site.lists.sweep, lambda: False)

    upload = timed(f"{name}: read", lambda: upload_of(files, text))
    tokens: list[str] = []
    timed(f"{name}: kept", lambda: tokens.append(site.lists.create(upload, days=7, caller=f"caller {len(tokens)}")))
    timed(f"{name}: checked", work.work)
    print(f"{'':24}{provider.calls / ROUNDS:g} calls of the provider in one run")
    opened = site.lists.open(tokens[-1])
    shown = timed(f"{name}: opened", lambda: shown_run(site.lists, opened))
    for form in ("csv", "xlsx"):
        timed(f"{name}: report, {form}", partial(report_file, opened, shown, form))
    valid = sum(line.result.verdict == "valid" for line in shown.lines)
    print(f"{'':24}{valid} of {len(shown.lines)} valid")


def timed(title: str, work: Callable[[], Answer]) -> Answer:
    """Does it some times, says how long that took, and gives what the last came to."""
    walls, cpus = [], []
    for _ in range(ROUNDS):
        wall, cpu = time.perf_counter(), time.process_time()
        answer = work()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    print(f"{title:24}CPU {statistics.median(cpus):6.2f} s, wall {statistics.median(walls):6.2f} s", flush=True)
    return answer


if __name__ == "__main__":
    main()
