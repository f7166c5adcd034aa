"""Runs the main job and shows what happened; `scripts/run.py` hands over to it once the environment stands."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

import orjson
from rich.console import Console
from rich.table import Table

from api.serving import listen, run_site
from api.settings import load_settings
from ledger.chain.addresses import checksum_address
from ledger.cli.app import exit_code
from ledger.cli.output import batch_dict, issuer_dict
from ledger.configuration import FILE, write_atomically
from ledger.errors import CairnError, WorkspaceError
from ledger.verifying.report import VerificationReport
from ledger.workspace import Workspace
from scripts.cast import ACCREDITOR, ISSUERS, LEARNER_EMAIL, PUBLISHER
from scripts.story import Expected, Stages, Story

SUMMARY = "summary.json"
OUTCOME_STYLES = {"valid": "green", "invalid": "red", "indeterminate": "yellow"}


def main(arguments: list[str]) -> int:
    options = parse_arguments(arguments)
    console = Console(stderr=True, highlight=False)
    try:
        if options.fresh and not begin_again(options.data, sure=options.yes):
            return 1
        if not options.serve:
            return do_and_show(options.data, console)
        settings = load_settings(data=options.data)
        with listen(settings.host, settings.port) as listener:
            code = do_and_show(options.data, console)
            if code == 0:
                with Workspace.open(options.data) as workspace:
                    run_site(workspace, settings, listener, announce=lambda line: console.print(line, markup=False))
            return code
    except CairnError as error:
        console.print(f"cairn: {error}", markup=False, soft_wrap=True)
        return exit_code(error)
    except KeyboardInterrupt:
        console.print("stopped; run the same command again to go on")
        return 130


def do_and_show(data: Path, console: Console) -> int:
    """The main job and what came of it; 1 if a document got another verdict than it must."""
    summary, expected = do_main_job(data, console)
    show(summary, expected, data)
    if all(one.is_met for one in expected):
        return 0
    console.print("[red]A document got another verdict than it must: see above.[/]")
    return 1


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="run.py", description="Sets Cairn up and does its main job.")
    parser.add_argument("--data", type=Path, default=Path("data"), metavar="DIR", help="the data folder (data)")
    parser.add_argument("--serve", action="store_true", help="then open the site on http://127.0.0.1:8000")
    parser.add_argument("--fresh", action="store_true", help="delete the data folder first, after asking")
    parser.add_argument("--yes", action="store_true", help="with --fresh: do not ask")
    return parser.parse_args(arguments)


def begin_again(data: Path, *, sure: bool) -> bool:
    """Deletes a data folder of ours after asking. Raises WorkspaceError for any other folder."""
    if not data.exists():
        return True
    if not (data / FILE).is_file():
        raise WorkspaceError("workspace_invalid", f"{data} is not a data folder of Cairn, so it is not deleted")
    if not sure:
        if not sys.stdin.isatty():
            raise WorkspaceError("not_confirmed", "--fresh asks before it deletes; add --yes where nobody can answer")
        answer = input(f"Delete {data} with its keys, chain and credentials? Type yes: ")
        if answer.strip().lower() != "yes":
            print("Nothing was deleted.", file=sys.stderr)
            return False
    shutil.rmtree(data)
    return True


def do_main_job(data: Path, console: Console) -> tuple[dict[str, object], list[Expected]]:
    """All stages; writes and returns the summary."""
    stages = Stages(announce=lambda title: console.print(f"[dim]·[/] {title}"))
    with stages("open", "opening the embedded chain and the registry"):
        workspace = Workspace.init(data, demo=True)
    with workspace:
        story = Story(workspace)
        try:
            with stages("register", "registering an accreditor, three issuers and the publisher of records"):
                story.register()
            with stages("import", "importing programmes and learners"):
                story.import_samples()
            with stages("issue", "signing, sealing, anchoring and proving three batches"):
                batches = [story.issue(who) for who in ISSUERS]
            with stages("award", "awarding completion to those who passed all nine modules"):
                batches.append(story.award())
            with stages("gather", "gathering one learner's credentials into a record, with a share link"):
                wallet, record = story.gather()
                share_url = story.share(wallet, record, known_link(data))
            with stages("verify", "checking five documents"):
                files = story.write_files(wallet, record)
                expected = story.verify(files)
                named = story.write_named_documents()
        finally:
            story.site.close()
        batches.append(workspace.catalog.batch(workspace.catalog.credential(record.credential_id).batch_id))
        summary = {
            "chain_id": workspace.configuration.chain_id,
            "registry": checksum_address(workspace.reader.registry),
            "accreditor": checksum_address(workspace.catalog.accreditor(ACCREDITOR.slug).address),
            "issuers": [{k: issuer_dict(story.issuer(who))[k] for k in ("name", "id", "did")} for who in ISSUERS],
            "publisher": {k: issuer_dict(story.issuer(PUBLISHER))[k] for k in ("name", "id", "did")},
            "batches": [batch_dict(batch) for batch in batches],
            "counts": {
                "credentials": sum(batch.size for batch in batches[: len(ISSUERS)]),
                "awards": batches[len(ISSUERS)].size,
                "batches": len(batches),
                "gathered": record.size,
            },
            "learner": LEARNER_EMAIL,
            "share_url": share_url,
            "files": {title: path.relative_to(data).as_posix() for title, path in files.items()},
            "documents": {url: path.relative_to(data).as_posix() for url, path in named.items()},
            "seconds": stages.seconds,
        }
    write_summary(data, summary)
    return summary, expected


def known_link(data: Path) -> str | None:
    """The share link that an earlier run made: its token stands nowhere else, only its hash is stored."""
    try:
        link = orjson.loads((data / SUMMARY).read_bytes()).get("share_url")
    except (OSError, ValueError, AttributeError):
        return None
    return link if isinstance(link, str) else None


def write_summary(data: Path, summary: dict[str, object]) -> None:
    content = orjson.dumps(summary, option=orjson.OPT_INDENT_2) + b"\n"
    write_atomically(data / SUMMARY, content, mode=0o600)


def show(summary: dict[str, object], expected: list[Expected], data: Path) -> None:
    """What happened, as two small tables and where to look next."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    batches = Table("batch", "credentials", "bytes", "gas", "block", box=None, pad_edge=False)
    for batch in as_rows(summary["batches"]):
        name = f"{batch['issuer']}: {batch['label']}"
        batches.add_row(name, f"{batch['size']:,}", f"{batch['bytes']:,}", f"{batch['gas']:,}", str(batch["block"]))
    verdicts = Table("checked", "verdict", "because", box=None, pad_edge=False)
    for one in expected:
        verdict = one.report.verdict.value
        verdicts.add_row(one.title, f"[{OUTCOME_STYLES[verdict]}]{verdict}[/]", because(one.report))
    seconds = summary["seconds"]
    timed = "  ".join(f"{name} {value:.1f}" for name, value in seconds.items()) if isinstance(seconds, dict) else ""
    console.print(batches)
    console.print()
    console.print(verdicts)
    console.print()
    console.print(f"seconds     {timed}", soft_wrap=True)
    console.print(f"files       {data / 'documents'}, {data / SUMMARY}", soft_wrap=True)
    console.print(f"share link  {summary['share_url']}", soft_wrap=True)
    command = "python3 scripts/run.py --serve" + ("" if data == Path("data") else f" --data {data}")
    console.print(f"to open it  {command}", soft_wrap=True)


def because(report: VerificationReport) -> str:
    """The checks that decided, each with its code; for a good document, how many checks it passed."""
    decisive = [check for check in report.checks if check.outcome == report.verdict]
    if report:
        members = f", and {len(report.components)} credentials in it" if report.components else ""
        return f"{len(decisive)} checks passed{members}"
    by_code: dict[str, list[str]] = {}
    for check in decisive:
        by_code.setdefault(check.code, []).append(check.id)
    told = "; ".join(f"{', '.join(ids)}: {code}" for code, ids in by_code.items())
    reason = report.check("status").evidence.get("reason")
    return f"{told} ({reason})" if isinstance(reason, str) else told


def as_rows(value: object) -> list[dict[str, object]]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
