"""`cairn recognise` and `cairn compare`: what a credential counts for elsewhere, decided, or only reckoned."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.app import DEFAULT_DATA, DataOption, JsonOption, app


@app.command()
def recognise(
    file: Annotated[Path, typer.Argument(help="The credential: JSON, JWT, PDF, PNG or SVG.")],
    issuer: Annotated[str, typer.Option(help="The short name of the issuer that recognises it.")],
    number: Annotated[float | None, typer.Option("--credits", help="For how many credits it counts.")] = None,
    framework: Annotated[str | None, typer.Option(help="Whose credits: ECTS, NZQCF, MQF, CATS or US.")] = None,
    level: Annotated[int | None, typer.Option(help="At which level it counts.")] = None,
    level_framework: Annotated[
        str | None, typer.Option(help="Whose level, if not the framework's own: EQF, NZQCF, MQF, FHEQ, AQF.")
    ] = None,
    pathway: Annotated[str | None, typer.Option(help="In which pathway: its code, code/version, or address.")] = None,
    stands_for: Annotated[
        str | None,
        typer.Option("--as", help="The achievement of that pathway that it stands for: its code or address."),
    ] = None,
    comment: Annotated[str | None, typer.Option(help="What is to be said besides, in plain words.")] = None,
    until: Annotated[str | None, typer.Option(help="Last day of the decision, YYYY-MM-DD.")] = None,
    email: Annotated[str | None, typer.Option(help="The learner's address, who may claim the decision.")] = None,
    unverified: Annotated[
        str | None, typer.Option(help="Why it is recognised although it did not verify; stands in the decision.")
    ] = None,
    document: Annotated[
        list[str] | None, typer.Option(help="URL=FILE: what the credential names and the check needs; repeat.")
    ] = None,
    policy: Annotated[str | None, typer.Option(help="any-issuer (UNSAFE): nobody is asked who issued it.")] = None,
    fetch: Annotated[bool, typer.Option("--fetch", help="Fetches what the credential names for the check.")] = False,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Drafts a recognition decision: an issuer counts somebody's credential for credits, a level, or a component."""
    from ledger.cli.endorsing import last_day
    from ledger.cli.output import batch_dict, emit
    from ledger.cli.verify import Wanted as Check
    from ledger.cli.verify import (
        accepts_any_issuer,
        parse_finality,
        read_file,
        read_named_document,
        verify_with_workspace,
    )
    from ledger.documents.summary import summarize
    from ledger.issuing.recognitions import Recognitions, Wanted
    from ledger.recognising import recognisable
    from ledger.workspace import Workspace

    check = Check(
        accreditors=(),
        min_rpc=None,
        documents=dict(read_named_document(pair) for pair in document or []),
        any_issuer=accepts_any_issuer(policy),
        fetch=fetch,
        anchor_nodes={},
        finality=parse_finality("finalized"),
    )
    wanted = Wanted(
        credits=number,
        framework=framework,
        level=level,
        level_framework=level_framework,
        pathway=pathway,
        achievement=stands_for,
        comment=comment,
        valid_until=last_day(until) if until else None,
        unverified=unverified,
        email=email,
    )
    endorsed = recognisable(
        read_file(file), lambda found: verify_with_workspace(found, data, check), unverified=unverified is not None
    )
    with Workspace.open(data) as workspace:
        service = Recognitions(workspace.database)
        batch, _ = service.draft(issuer, endorsed, wanted)
        used = service.is_used(issuer, wanted)
        said = summarize(workspace.imports.preview(batch.id)).comment or ""
        text = f"{said}\nbatch {batch.id}: “{batch.label}” drafted; `cairn issue {batch.id}` signs and anchors it"
        if not used:
            text += f"\nthe pathway does not name {issuer} in recognisedBy, so its rule will not use this decision"
        emit(batch_dict(batch) | {"decision": said, "used_by_pathway": used}, text, as_json=as_json)


@app.command()
def compare(
    amount: Annotated[float, typer.Argument(help="How many credits, hours, or (AQF) years of full-time study.")],
    framework: Annotated[str, typer.Argument(help="ECTS, NZQCF, MQF, CATS, US, AQF, or hours.")],
    level: Annotated[int | None, typer.Option(help="A level to compare too.")] = None,
    level_framework: Annotated[
        str | None, typer.Option(help="Whose level: EQF, QF-EHEA, NZQCF, MQF, FHEQ or AQF.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Reckons credits and levels of one system in the others, by hours. Indicative; never a recognition decision."""
    from ledger.cli.output import emit
    from ledger.stacking.comparison import compare as compared
    from ledger.stacking.comparison import sentences

    found = compared(amount, framework, level=level, level_framework=level_framework)
    emit(found.to_dict(), "\n".join(sentences(found)), as_json=as_json)
