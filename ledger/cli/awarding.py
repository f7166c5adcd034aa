"""`cairn award`: who has completed a pathway, drafting their awards, the queue for a person, and what has fallen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ledger.cli.app import DEFAULT_DATA, DataOption, JsonOption, app
from ledger.cli.default_command import WithDefaultCommand
from ledger.cli.endorsing import last_day
from ledger.cli.pathways import IssuerOption, NameArgument
from ledger.cli.verify import read_file
from ledger.errors import CairnError, MalformedDocument

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from ledger.issuing.awarding.affected import Finding
    from ledger.issuing.awarding.applications import Applicant
    from ledger.issuing.awarding.candidates import Candidate
    from ledger.issuing.awarding.plan import AwardPlan
    from ledger.issuing.values import Batch, StoredPathway
    from ledger.workspace import Workspace

award_app = typer.Typer(
    help="Awards: drafted for who has completed a pathway, by a person or on completion.",
    cls=WithDefaultCommand,
    no_args_is_help=True,
)
app.add_typer(award_app, name="award")

CandidateArgument = Annotated[int, typer.Argument(help="The candidate's number, as `cairn award queue` shows it.")]


@award_app.command("draft")
def award(
    name: NameArgument,
    issuer: IssuerOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show who would be awarded, and what others lack; draft nothing.")
    ] = False,
    learners: Annotated[
        list[str] | None, typer.Option("--learner", help="Only this learner, by the issuer's number; may be repeated.")
    ] = None,
    documents: Annotated[
        list[Path] | None,
        typer.Option("--documents", help="A file that the learner hands in; may be repeated. Needs one --learner."),
    ] = None,
    more_documents: Annotated[list[Path] | None, typer.Argument(metavar="[FILES]", help="More such files.")] = None,
    learner_name: Annotated[str | None, typer.Option("--name", help="The learner's name, if unknown here.")] = None,
    email: Annotated[str | None, typer.Option(help="The learner's e-mail address, if unknown here.")] = None,
    other_emails: Annotated[
        list[str] | None,
        typer.Option("--also-known-as", help="Another e-mail address that you know to be the learner's."),
    ] = None,
    on: Annotated[str | None, typer.Option(help="The day of the award, YYYY-MM-DD; today if left out.")] = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Drafts the award of a pathway for everyone who has completed it and does not hold it yet.

    With --documents it is one learner, who hands in credentials of other institutions, recognition decisions or a
    record, beside what this issuer gave. This is what `cairn award PATHWAY` does; the word `draft` can be left out.
    """
    from ledger.cli.output import batch_dict, emit
    from ledger.workspace import Workspace

    files, day = [*(documents or []), *(more_documents or [])], last_day(on) if on else None
    about_one = bool(files or learner_name or email or other_emails)
    if about_one and len(learners or []) != 1:
        raise CairnError("usage", "documents, names and addresses are of one learner: say which with --learner")
    with Workspace.open(data) as workspace:
        pathway = workspace.pathways.find(name, issuer)
        if about_one:
            who = workspace.awards.applicant(
                pathway.issuer,
                (learners or [""])[0],
                name=learner_name,
                email=email,
                other_emails=other_emails or (),
            )
            contents = [content for file in files for content in handed_in(file)]
            emit_application(workspace, pathway, who, contents, day, dry_run=dry_run, as_json=as_json)
            return
        if dry_run:
            plan = workspace.awards.plan(pathway.issuer, pathway.pathway_id, learner_ids=learners, awarded_on=day)
            emit(plan_dict(plan), plan_text(plan), as_json=as_json)
            return
        batch = workspace.awards.draft(pathway.issuer, pathway.pathway_id, learner_ids=learners, awarded_on=day)
        if batch is None:
            text = "nobody has completed it who does not hold the award already; --dry-run shows who lacks what"
            emit({"batch": None}, text, as_json=as_json)
            return
        emit({"batch": batch_dict(batch)}, drafted(batch), as_json=as_json)


@award_app.command("queue")
def queue(
    issuer: IssuerOption = None,
    every: Annotated[bool, typer.Option("--all", help="Those too of whom is decided.")] = False,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Shows who has completed a pathway and waits for a person to approve the award."""
    from ledger.cli.output import emit, table, when
    from ledger.issuing.awarding.candidates import CandidateState
    from ledger.workspace import Workspace

    with Workspace.open(data) as workspace:
        found = workspace.candidates.all(issuer, *(() if every else (CandidateState.PROPOSED,)))
    rows = [
        (c.id, c.issuer, c.learner_id, c.learner_name, c.title, c.state, when(c.proposed_at), c.reason or "")
        for c in found
    ]
    header = ("candidate", "issuer", "learner", "name", "award", "state", "since", "why")
    value = {"candidates": [candidate_dict(candidate) for candidate in found]}
    emit(value, table(header, rows) if rows else "nobody waits", as_json=as_json)


@award_app.command("approve")
def approve(
    candidates: Annotated[
        list[int] | None, typer.Argument(help="Candidates' numbers, as the queue shows them.")
    ] = None,
    everyone: Annotated[
        str | None, typer.Option("--all-of", metavar="PATHWAY", help="All who wait for the award of this pathway.")
    ] = None,
    issuer: IssuerOption = None,
    wait: Annotated[bool, typer.Option(help="Wait until the awards are final.")] = True,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Awards candidates of the queue: what they rest on is looked at anew, then the awards are drafted and issued."""
    from ledger.cli.issuing import batch_line
    from ledger.cli.output import batch_dict, emit
    from ledger.cli.working import issue_all
    from ledger.issuing.awarding.candidates import CandidateState
    from ledger.workspace import Workspace

    if bool(candidates) == bool(everyone):
        raise CairnError("usage", "name candidates by their numbers, or all of a pathway by --all-of")
    with Workspace.open(data) as workspace:
        chosen = list(candidates or [])
        if everyone:
            pathway = workspace.pathways.find(everyone, issuer)
            found = workspace.candidates.all(None, CandidateState.PROPOSED, pathway_id=pathway.pathway_id)
            chosen = [candidate.id for candidate in found]
        drafts = workspace.on_completion.approve(chosen)
        done = issue_all(workspace, [batch.id for batch in drafts], wait=wait)
    text = "\n".join(map(batch_line, done)) or "nobody waits"
    emit({"batches": [batch_dict(one) for one in done]}, text, as_json=as_json)


@award_app.command("refuse")
def refuse(
    candidate: CandidateArgument,
    reason: Annotated[str, typer.Option(help="Why, for those who look at it later.")],
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Refuses a candidate of the queue, who is not proposed again unless what they hold changes."""
    from ledger.cli.output import emit
    from ledger.workspace import Workspace

    with Workspace.open(data) as workspace:
        refused = workspace.candidates.refuse(candidate, reason)
    emit(candidate_dict(refused), f"candidate {refused.id} ({refused.learner_id}) is refused", as_json=as_json)


@award_app.command("affected")
def affected(issuer: IssuerOption = None, data: DataOption = DEFAULT_DATA, as_json: JsonOption = False) -> int:
    """Shows the awards that rest on a credential which was revoked, suspended or withdrawn since. Asks the registry.

    Ends with 1 if there are any, and with 3 if the registry could not be asked; what is known is shown all the same.
    """
    from ledger.cli.app import EXIT_UNKNOWN
    from ledger.cli.output import emit, table
    from ledger.errors import RegistryError
    from ledger.workspace import Workspace

    unknown = None
    with Workspace.open(data) as workspace:
        try:
            workspace.affected_awards.look()
        except RegistryError as error:
            unknown = str(error)
        found = workspace.affected_awards.findings(issuer)
    rows = [(one.issuer, one.learner_id, one.name, one.award, one.what, one.component) for one in found]
    header = ("issuer", "learner", "award", "id", "rests on what was", "component")
    text = table(header, rows) if rows else "every award rests on credentials that are in force"
    if unknown is not None:
        text = f"! the registry could not be asked ({unknown}); this is what was known before\n{text}"
    emit({"affected": [finding_dict(one) for one in found], "unknown": unknown}, text, as_json=as_json)
    return EXIT_UNKNOWN if unknown is not None else int(bool(found))


def emit_application(
    workspace: Workspace,
    pathway: StoredPathway,
    who: Applicant,
    contents: Sequence[bytes],
    day: date | None,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    """What becomes of one learner with what they hand in."""
    from ledger.cli.output import batch_dict, emit

    if dry_run:
        plan = workspace.awards.plan_for(pathway.issuer, pathway.pathway_id, who, contents, awarded_on=day)
        emit(plan_dict(plan), plan_text(plan), as_json=as_json)
        return
    batch = workspace.awards.draft_for(pathway.issuer, pathway.pathway_id, who, contents, awarded_on=day)
    emit({"batch": batch_dict(batch)}, drafted(batch), as_json=as_json)


def handed_in(file: Path) -> list[bytes]:
    """The credentials in a file: one, or those of a picture, a PDF or an archive. Raises MalformedDocument."""
    from ledger.wrapping.unwrapping import Unreadable, unwrap

    found = []
    for item in unwrap(read_file(file)):
        if isinstance(item, Unreadable):
            raise MalformedDocument(item.error.code, f"{file}: {item.name}: {item.error}")
        found.append(item.content)
    return found


def drafted(batch: Batch) -> str:
    what, them = ("1 award", "it") if batch.size == 1 else (f"{batch.size:,} awards", "them")
    return f"batch {batch.id}: {what} drafted; `cairn issue {batch.id}` signs and anchors {them}"


def plan_text(plan: AwardPlan) -> str:
    """Who would be awarded, who is how far and lacks what, and which credentials do not count."""
    from ledger.issuing.awarding.plan import Standing

    lines = [f"{plan.pathway.name}, version {plan.pathway.version}; nothing was drafted"]
    entitled = plan.of(Standing.ENTITLED)
    lines.append(f"{len(entitled):,} would be awarded")
    for one in entitled:
        lines.append(f"  {one.learner.learner_id}  {one.learner.name}")
        lines += [f"      rests on “{held.title}” ({held.credential_id})" for held in one.evaluation.chosen]
    lacking = plan.of(Standing.INCOMPLETE)
    if lacking:
        lines.append(f"{len(lacking):,} lack something")
    for one in lacking:
        lines.append(f"  {one.learner.learner_id}  {one.learner.name}, {one.evaluation.progress:.0%} of the way")
        lines += [f"      lacks: {need}" for need in one.evaluation.needs]
    if awarded := plan.of(Standing.AWARDED):
        lines.append(f"{len(awarded):,} hold the award already")
    refused = [(one, refusal) for one in plan.prospects for refusal in one.refused]
    if refused:
        lines.append("what does not count")
    lines += [
        f"  {one.learner.learner_id}  “{refusal.title}” ({refusal.credential_id}): {refusal.reason} ({refusal.code})"
        for one, refusal in refused
    ]
    return "\n".join(lines)


def plan_dict(plan: AwardPlan) -> dict[str, object]:
    from ledger.cli.pathways import pathway_dict

    return {
        "pathway": pathway_dict(plan.pathway),
        "learners": [
            {
                "learner_id": one.learner.learner_id,
                "name": one.learner.name,
                "standing": str(one.standing),
                "award": one.award,
                "progress": round(one.evaluation.progress, 3),
                "rests_on": [held.credential_id for held in one.evaluation.chosen],
                "needs": list(one.evaluation.needs),
                "refused": [vars(refusal) for refusal in one.refused],
            }
            for one in plan.prospects
        ],
    }


def candidate_dict(candidate: Candidate) -> dict[str, object]:
    from ledger.cli.output import when

    return vars(candidate) | {
        "state": str(candidate.state),
        "components": list(candidate.components),
        "proposed_at": when(candidate.proposed_at),
        "decided_at": when(candidate.decided_at),
    }


def finding_dict(finding: Finding) -> dict[str, object]:
    from ledger.cli.output import when

    return vars(finding) | {"found_at": when(finding.found_at)}
