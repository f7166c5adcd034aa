"""The command's root: options that every command shares, and the one place where errors become a line and a code.

Exit codes: 0 done or valid · 1 invalid, or refused by what is stored or by the registry · 2 unreadable input or wrong
usage · 3 could not find out (no answer from the chain). Nothing that a user can type gives a traceback.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Never

import typer
from typer.exceptions import TyperException

from ledger.errors import CairnError, Conflict, DraftError, RegistryUnreachable, TransactionReverted
from ledger.logs import keep_quiet

EXIT_REFUSED = 1
EXIT_USAGE = 2
EXIT_UNKNOWN = 3
EXIT_PIPE = 141
"""Whoever read our output went away: no verdict was told, so none of the codes above."""
SHOWN_PROBLEMS = 20

app = typer.Typer(
    name="cairn",
    help="Issue, anchor, gather, share and check credentials for lifelong learning.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

DataOption = Annotated[
    Path, typer.Option("--data", envvar="CAIRN_DATA", help="The data folder of this ledger.", show_default=True)
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]

DEFAULT_DATA = Path("data")


def exit_code(error: CairnError) -> int:
    """The exit code that an error means."""
    if isinstance(error, RegistryUnreachable):
        return EXIT_UNKNOWN
    if isinstance(error, Conflict | TransactionReverted):
        return EXIT_REFUSED
    return EXIT_USAGE


def trouble_with_file(error: OSError) -> str:
    """What the system says is wrong, and with which file, as far as it tells."""
    named = [str(name) for name in (error.filename, error.filename2) if name is not None]
    return f"{error.strerror or error}: {', '.join(named)}" if named else f"{error.strerror or error}"


def report_error(error: CairnError, *, as_json: bool) -> None:
    """Says what went wrong: one line, and for an import the problems below it, each with row and column."""
    problems = error.problems if isinstance(error, DraftError) else ()
    if as_json:
        listed = [{"code": p.code, "message": p.message, "row": p.row, "column": p.column} for p in problems]
        body: dict[str, object] = {"code": error.code, "message": str(error)}
        sys.stdout.write(json.dumps({"error": body | ({"problems": listed} if listed else {})}) + "\n")
    sys.stderr.write(f"cairn: {error}\n")
    if as_json:
        return
    for problem in problems[:SHOWN_PROBLEMS]:
        sys.stderr.write(f"  {problem}\n")
    if len(problems) > SHOWN_PROBLEMS:
        sys.stderr.write(f"  … and {len(problems) - SHOWN_PROBLEMS} more (all of them with --json)\n")


def drop_output() -> None:
    """Points stdout elsewhere once it takes no more, or Python complains once more while it exits."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def run(arguments: list[str] | None = None) -> Never:
    """Runs the command and ends the process with the right code."""
    words = sys.argv[1:] if arguments is None else arguments
    if sys.stdin is None or sys.stdout is None or sys.stderr is None:  # closed by whoever started us
        sys.exit(EXIT_USAGE)
    keep_quiet()
    try:
        result = app(args=words, standalone_mode=False)
        sys.stdout.flush()
    except CairnError as error:
        report_error(error, as_json="--json" in words)
        sys.exit(exit_code(error))
    except typer.Abort:
        sys.stderr.write("cairn: stopped\n")
        sys.exit(130)
    except KeyboardInterrupt:
        sys.stderr.write("cairn: stopped\n")
        sys.exit(130)
    except (BrokenPipeError, SystemExit) as error:
        if isinstance(error, SystemExit) and not isinstance(error.__context__, BrokenPipeError):
            raise
        drop_output()
        sys.exit(EXIT_PIPE)
    except OSError as error:
        drop_output()
        sys.stderr.write(f"cairn: cannot go on: {trouble_with_file(error)}\n")
        sys.exit(EXIT_USAGE)
    except TyperException as error:
        explain = getattr(error, "format_message", None)
        report_error(CairnError("usage", explain() if explain else str(error)), as_json="--json" in words)
        sys.exit(EXIT_USAGE)
    sys.exit(result if isinstance(result, int) else 0)
