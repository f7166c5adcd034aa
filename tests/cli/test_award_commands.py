"""Awards at the command line: looked at first, drafted, from documents too, by a queue or by themselves."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import orjson
import pytest

from ledger.documents.strict_json import parse
from ledger.issuing.values import CredentialKind
from ledger.verifying.report import VerificationReport
from ledger.workspace import Workspace
from tests.cli.conftest import Cairn, call
from tests.office import pathway_file, programme_file

HEADER = "achievement,learner_id,name,email,result,awarded_on"
MODULES = ("needs", "models")


def row(number: int, module: str) -> str:
    day = 1 + MODULES.index(module)
    return f"{module},{number:04},Learner {number},learner{number}@students.example,87.5,2026-03-0{day}"


def write(path: Path, *rows: str) -> Path:
    path.write_text("\n".join((HEADER, *rows)) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def completed(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which learner 1 has completed a pathway, 2 has done its first half, and 3 its second."""
    folder = Path(shutil.copytree(prepared, tmp_path_factory.mktemp("completed") / "data"))
    with Workspace.open(folder) as workspace:
        workspace.programmes.add("um", programme_file(*MODULES, award="design"))
        workspace.pathways.publish("um", pathway_file(*MODULES, award="design"))
        rows = (row(1, "needs"), row(1, "models"), row(2, "needs"), row(3, "models"))
        content = "\n".join((HEADER, *rows)) + "\n"
        batch = workspace.imports.import_rows("um", "design", content.encode())
        workspace.pipeline.advance(batch.id)
    return folder


@pytest.fixture
def school(completed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(completed, tmp_path / "school"))


def issue_rest(cairn: Cairn, school: Path, tmp_path: Path) -> Any:
    """Learner 2 does the rest, by the commands of a registrar; gives what `cairn issue` printed."""
    rows = write(tmp_path / "rest.csv", row(2, "models"))
    assert cairn("import", rows, "--issuer", "um", "--programme", "design", "--data", school).code == 0
    issued = cairn("issue", "--data", school, "--json")
    assert issued.code == 0, issued.err
    return issued.json()["batches"]


def documents_of(school: Path, learner_id: str, folder: Path) -> list[Path]:
    with Workspace.open(school) as workspace:
        held = workspace.catalog.credentials(issuer="um", learner_id=learner_id)
        paths = []
        for number, one in enumerate(held):
            path = folder / f"{learner_id}-{number}.json"
            path.write_bytes(workspace.catalog.document(one.credential_id))
            paths.append(path)
    return paths


def test_a_dry_run_shows_everybody_and_drafts_nothing(cairn: Cairn, school: Path) -> None:
    seen = cairn("award", "design", "--dry-run", "--data", school, "--json").json()
    told = cairn("award", "design", "--dry-run", "--data", school).out

    assert [(one["learner_id"], one["standing"], one["progress"]) for one in seen["learners"]] == [
        ("0001", "entitled", 1.0),
        ("0002", "incomplete", 0.5),
        ("0003", "incomplete", 0.5),
    ]
    assert len(seen["learners"][0]["rests_on"]) == 2
    assert "1 would be awarded" in told
    assert "0002  Learner 2, 50% of the way" in told
    with Workspace.open(school) as workspace:
        assert len(workspace.catalog.batches()) == 1


def test_an_award_is_drafted_by_the_name_of_its_pathway_alone(cairn: Cairn, school: Path) -> None:
    drafted = cairn("award", "design", "--data", school, "--json")
    again = cairn("award", "draft", "design/1", "--issuer", "um", "--data", school, "--json")

    assert (drafted.code, drafted.json()["batch"]["size"]) == (0, 1)
    assert (again.code, again.json()["batch"]) == (0, None)


def test_what_a_learner_hands_in_counts_beside_what_the_issuer_gave(cairn: Cairn, school: Path, tmp_path: Path) -> None:
    [handed_in] = documents_of(school, "0003", tmp_path)
    words = ("award", "design", "--learner", "0002", "--documents", handed_in, "--data", school)

    refused = cairn(*words)
    looked = cairn(*words, "--dry-run", "--json").json()["learners"][0]
    drafted = cairn(*words, "--also-known-as", "learner3@students.example", "--json")

    assert (refused.code, "issued to somebody else" in refused.err) == (1, True)
    assert [one["code"] for one in looked["refused"]] == ["learner_mismatch"]
    assert (drafted.code, drafted.json()["batch"]["size"]) == (0, 1)


def test_several_files_may_follow_one_option_and_a_newcomer_is_named(
    cairn: Cairn, school: Path, tmp_path: Path
) -> None:
    files = documents_of(school, "0001", tmp_path)
    words = ("award", "design", "--learner", "new", "--documents", *files, "--data", school)

    unnamed = cairn(*words)
    named = cairn(*words, "--name", "Learner 1", "--email", "learner1@students.example", "--json")

    assert (unnamed.code, "give a name and an address" in unnamed.err) == (1, True)
    assert (named.code, named.json()["batch"]["size"]) == (0, 1)


def test_a_queue_is_shown_approved_and_refused(cairn: Cairn, school: Path, tmp_path: Path) -> None:
    assert cairn("pathway", "auto", "design", "queue", "--data", school).code == 0
    issued = issue_rest(cairn, school, tmp_path)
    queued = cairn("award", "queue", "--data", school, "--json").json()["candidates"]

    assert len(issued) == 1
    assert [(one["learner_id"], one["state"]) for one in queued] == [("0001", "proposed"), ("0002", "proposed")]
    first, second = (one["id"] for one in queued)

    approved = cairn("award", "approve", first, "--data", school, "--json")
    refused = cairn("award", "refuse", second, "--reason", "The fee is not paid.", "--data", school)
    again = cairn("award", "approve", second, "--data", school)

    assert (approved.code, [one["state"] for one in approved.json()["batches"]]) == (0, ["final"])
    assert (refused.code, again.code, "was refused" in again.err) == (0, 1, True)
    assert "nobody waits" in cairn("award", "queue", "--data", school).out
    assert "The fee is not paid." in cairn("award", "queue", "--all", "--data", school).out


def test_a_whole_queue_is_approved_at_once(cairn: Cairn, school: Path) -> None:
    assert cairn("pathway", "auto", "design", "queue", "--data", school).code == 0
    assert cairn("issue", "--data", school).code == 0
    unsaid = cairn("award", "approve", "--data", school)

    approved = cairn("award", "approve", "--all-of", "design", "--data", school, "--json")
    again = cairn("award", "approve", "--all-of", "design", "--data", school)

    assert (unsaid.code, "name candidates" in unsaid.err) == (2, True)
    assert [one["size"] for one in approved.json()["batches"]] == [1]
    assert (again.code, again.out) == (0, "nobody waits\n")


def test_who_completes_a_pathway_that_awards_by_itself_is_awarded_with_the_last_module(
    cairn: Cairn, school: Path, tmp_path: Path
) -> None:
    assert cairn("pathway", "auto", "design", "on", "--data", school).code == 0
    modules, *awards = issue_rest(cairn, school, tmp_path)

    assert (modules["size"], sum(one["size"] for one in awards)) == (1, 2)
    assert {one["state"] for one in awards} == {"final"}
    assert cairn("issue", "--data", school, "--json").json() == {"batches": []}


def test_an_award_under_which_a_module_falls_is_shown_and_does_not_verify(
    cairn: Cairn, school: Path, tmp_path: Path
) -> None:
    assert cairn("award", "design", "--data", school).code == 0
    assert cairn("issue", "--data", school).code == 0
    *modules, award = documents_of(school, "0001", tmp_path)
    before = cairn("award", "affected", "--data", school)
    fallen = str(parse(modules[0].read_bytes())["id"])
    assert cairn("revoke", fallen, "--reason", "assessment_invalid", "--data", school).code == 0

    after = cairn("award", "affected", "--data", school, "--json")
    verified = cairn("verify", award, "--data", school, "--json")

    assert (before.code, "in force" in before.out) == (0, True)
    assert (after.code, [(one["component"], one["what"]) for one in after.json()["affected"]]) == (
        1,
        [(fallen, "revoked")],
    )
    assert (verified.code, verified.json()["code"]) == (1, "component_revoked")
    assert "rests on a credential that was revoked" in cairn("status", "--data", school).out


def test_what_is_asked_wrongly_gets_one_clear_line(cairn: Cairn, school: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_bytes(orjson.dumps({"id": 1})[:-1])
    for words, code, said in (
        (("nothing", "--dry-run"), 2, "there is no pathway 'nothing'"),
        (("design", "--documents", bad), 2, "say which with --learner"),
        (("design", "--learner", "0001", "--documents", bad), 2, "JSON"),
        (("design", "--on", "soon"), 2, "is not a day"),
        (("design", "--on", "2999-01-01"), 1, "has not come yet"),
        (("approve", "77"), 2, "there is no such candidate"),
        (("refuse", "77", "--reason", "No."), 2, "there is no such candidate"),
        (("queue", "--issuer", "nobody"), 2, "nobody"),
    ):
        ran = cairn("award", *words, "--data", school)
        assert (ran.code, said in ran.err, ran.err.count("\n")) == (code, True, 1), (words, ran.err)


def test_the_words_of_the_group_are_not_pathways(capfd: pytest.CaptureFixture[str]) -> None:
    assert "affected" in call(capfd, ("award", "--help")).out


def test_what_another_institution_gave_counts_as_recognised_and_the_award_proves_it(
    cairn: Cairn, school: Path, tmp_path: Path
) -> None:
    definition = orjson.loads(pathway_file(*MODULES, award="design")) | {"version": 2, "recognisedBy": ["self"]}
    with Workspace.open(school) as workspace:
        workspace.issuers.register("aex", name="academyEX", country="NZ")
        workspace.accreditors.accredit("agency", "aex")
        workspace.programmes.add("aex", programme_file("ux"))
        workspace.pathways.publish("um", orjson.dumps(definition))
        row = "ux,A-7,Learner 2,learner2@students.example,87.5,2026-03-09"
        batch = workspace.imports.import_rows("aex", "design", f"{HEADER}\n{row}\n".encode())
        workspace.pipeline.advance(batch.id)
        foreign, bare = tmp_path / "foreign.json", ("award", "design/2", "--learner", "0002", "--data", school)
        foreign.write_bytes(workspace.catalog.document(workspace.catalog.credentials(issuer="aex")[0].credential_id))
    before = cairn(*bare, "--documents", foreign)
    words = ("--issuer", "um", "--pathway", "design/2", "--as", "models", "--data", school)
    assert cairn("recognise", foreign, *words).code == 0
    assert cairn("issue", "--data", school).code == 0

    drafted = cairn(*bare, "--documents", foreign, "--json")
    assert cairn("issue", "--data", school).code == 0
    *own, award = documents_of(school, "0002", tmp_path)
    with Workspace.open(school) as workspace:
        decided = workspace.catalog.credentials(issuer="um", kind=CredentialKind.ENDORSEMENT)[0].credential_id
        decision = tmp_path / "decision.json"
        decision.write_bytes(workspace.catalog.document(decided))

    assert (before.code, "asks for more" in before.err) == (1, True)
    assert (drafted.code, drafted.json()["batch"]["size"]) == (0, 1)
    related = orjson.loads(award.read_bytes())["relatedResource"]
    assert [entry["id"] for entry in related[2:]] == [orjson.loads(foreign.read_bytes())["id"], decided]
    shown = [path.read_bytes() for path in (award, *own, foreign, decision)]
    with Workspace.open(school) as workspace:
        [alone], together = (workspace.verifier().verify_many(some) for some in (shown[:1], shown))
    assert isinstance(alone, VerificationReport)
    assert isinstance(together[0], VerificationReport)
    assert [report.check("stack").code for report in (alone, together[0])] == ["components_proved", "ok"]

    assert cairn("revoke", decided, "--reason", "issued_in_error", "--data", school).code == 0
    found = cairn("award", "affected", "--data", school, "--json").json()["affected"]
    assert [(one["component"], one["what"]) for one in found] == [(decided, "revoked")]
