"""`cairn lint`: what a credential, an achievement or a programme file lacks for a profile, and who asks for it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ledger.cli.app import EXIT_REFUSED, JsonOption, app
from ledger.cli.verify import read_source
from ledger.errors import CairnError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.documents.strict_json import JsonObject
    from ledger.stacking.profiles.finding import Finding

_PLURALS = {"error": "errors", "warning": "warnings", "note": "notes"}


@app.command()
def lint(
    file: Annotated[
        Path, typer.Argument(help="A credential or record in any form, an achievement or a programme; - for stdin.")
    ],
    profile: Annotated[
        list[str], typer.Option(help="eu, cmf, mqa, nzqa, microhe or microbol; repeat for several.", show_default=False)
    ],
    as_json: JsonOption = False,
) -> int:
    """Says what a description lacks for a profile, and why. Exit code 0 no errors, 1 errors found, 2 not readable."""
    import json
    from datetime import UTC, datetime

    from ledger.documents.code_lists import PROFILES
    from ledger.linting import lint_file

    for name in profile:
        if name not in PROFILES:
            raise CairnError("usage", f"there is no profile {name!r}; there are {', '.join(PROFILES)}")
    findings = lint_file(read_source(str(file)), profile, today=datetime.now(UTC).date())
    value = findings_dict(findings, profile)
    text = json.dumps(value, ensure_ascii=False) + "\n" if as_json else findings_table(findings, profile)
    sys.stdout.write(text)
    return EXIT_REFUSED if value["errors"] else 0


def findings_dict(findings: Sequence[Finding], profiles: Sequence[str]) -> JsonObject:
    """Findings as JSON, with their numbers by severity."""
    return {
        "profiles": list(profiles),
        **{_PLURALS[severity]: number for severity, number in counted(findings).items()},
        "findings": [finding.to_dict() for finding in findings],
    }


def findings_table(findings: Sequence[Finding], profiles: Sequence[str]) -> str:
    """Findings as a table: severity, rule and what is missing; below each where, and who asks for it."""
    number = counted(findings)
    said = ", ".join(f"{many} {kind if many == 1 else _PLURALS[kind]}" for kind, many in number.items())
    rule_width = max((len(finding.rule) for finding in findings), default=0)
    lines = [f"{' + '.join(profiles)}: {said}"]
    for finding in findings:
        lines.append(f"  {finding.severity:<8} {finding.rule:<{rule_width}}  {finding.message}")
        where = f"{finding.path} · " if finding.path else ""
        lines.append(f"  {'':<8} {'':<{rule_width}}  {where}{finding.source}")
    return "\n".join(lines) + "\n"


def counted(findings: Sequence[Finding]) -> dict[str, int]:
    """How many findings there are of each severity."""
    return {kind: sum(finding.severity == kind for finding in findings) for kind in _PLURALS}
