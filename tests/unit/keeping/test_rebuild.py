"""A database that is gone comes back: the registry's part from the chain, the documents from an archive."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.chain.registry import Reason
from ledger.errors import DraftError, WorkspaceError
from ledger.issuing.values import CredentialStatus
from ledger.keeping.archive import export_archive
from ledger.keeping.parts import import_archive, make_database, rebuilding, reconciler
from ledger.workspace import Workspace
from tests.unit.keeping.conftest import ids, issue

ROOT = Path(__file__).resolve().parents[3]


def lose(folder: Path) -> None:
    for file in folder.glob("ledger.db*"):
        file.unlink()


@pytest.fixture
def archived(folder: Path) -> Path:
    """An archive of the ledger, whose database is lost."""
    with Workspace.open(folder) as workspace:
        export_archive(workspace.catalog, folder.parent / "archive")
    return folder.parent / "archive"


def rebuilt(folder: Path) -> Workspace:
    workspace = Workspace.open(folder)
    make_database(workspace)
    rebuilding(workspace).run()
    return workspace


def everything(workspace: Workspace) -> dict[str, object]:
    """What a rebuilt ledger must have as it was."""
    catalog = workspace.catalog
    return {
        "issuers": catalog.issuers(),
        "accreditors": catalog.accreditors(),
        "accreditations": catalog.accreditations("usm"),
        "programmes": catalog.programmes("usm"),
        "batches": [
            (b.root, b.size, b.state, b.anchored_at, b.anchor_block, b.withdrawn_at) for b in catalog.batches()
        ],
        "documents": dict(pair for batch in catalog.batches() for pair in catalog.batch_documents(batch.id)),
        "statuses": {c.credential_id: (c.status, c.email, c.learner_id) for c in catalog.credentials()},
    }


def test_the_chain_gives_back_all_but_the_documents(folder: Path) -> None:
    with Workspace.open(folder) as workspace:
        before = everything(workspace)
    lose(folder)
    with rebuilt(folder) as workspace:
        after = everything(workspace)
        found = reconciler(workspace).run()
        used = workspace.catalog.status_indexes_used("usm")

    for part in ("accreditations", "batches"):
        assert after[part] == before[part], part
    assert after["issuers"] == before["issuers"]
    assert (after["documents"], after["statuses"]) == ({}, {})
    assert (found.differences, found.raised) == ((), ())
    assert used > 6


def test_rebuilding_again_changes_nothing(folder: Path) -> None:
    lose(folder)
    with rebuilt(folder) as workspace:
        before = everything(workspace)
        again = rebuilding(workspace).run()
        assert everything(workspace) == before

    assert (again.issuers, again.accreditors, again.accreditations, again.batches) == (0, 0, 0, 0)


def test_an_archive_gives_back_the_documents_to_the_byte_and_they_can_be_revoked(folder: Path, archived: Path) -> None:
    with Workspace.open(folder) as workspace:
        before = everything(workspace)
    lose(folder)
    with rebuilt(folder) as workspace:
        taken = import_archive(workspace, archived)
        after = everything(workspace)
        again = import_archive(workspace, archived)
        assert (taken.read, taken.added, taken.lacking) == (6, 6, 0)
        assert (again.added, again.lacking) == (0, 0)
        assert after == before
        assert reconciler(workspace).run().differences == ()

        active = [name for name, (status, _, _) in after["statuses"].items() if status == CredentialStatus.ACTIVE]  # type: ignore[attr-defined]
        documents = [workspace.catalog.document(name) for name in active]
        assert all(workspace.verifier().verify_many(documents))
        workspace.revocation.revoke(active, Reason.ISSUED_IN_ERROR)
        assert not any(workspace.verifier().verify_many(documents))
        issue(workspace, 2, 800)
        assert reconciler(workspace).run().differences == ()


def test_an_archive_is_for_its_owner_alone(archived: Path) -> None:
    files = [path for path in archived.rglob("*") if path.is_file()]

    assert len(files) == 3
    assert {path.stat().st_mode & 0o077 for path in files} == {0}


def test_learners_own_copies_bring_back_what_they_are(folder: Path, tmp_path: Path) -> None:
    copies = tmp_path / "copies"
    copies.mkdir()
    with Workspace.open(folder) as workspace:
        names = ids(workspace, workspace.catalog.batch(1))
        for number in (1, 3):
            pretty = json.dumps(json.loads(workspace.catalog.document(names[number])), indent=2)
            (copies / f"{number}.json").write_text(pretty)
    lose(folder)
    with rebuilt(folder) as workspace:
        taken = import_archive(workspace, copies)
        found = {c.credential_id: c for c in workspace.catalog.credentials()}

        assert (taken.added, taken.lacking) == (2, 2)
        assert {name: c.status for name, c in found.items()} == {names[1]: "suspended", names[3]: "active"}
        assert workspace.verifier().verify(workspace.catalog.document(names[3]))
        assert reconciler(workspace).run().differences == ()


@pytest.mark.parametrize(("old", "new"), [("Learner 1", "Learner 9"), ('"87.5"', '"97.5"')])
def test_a_document_that_was_changed_is_not_taken_back(folder: Path, archived: Path, old: str, new: str) -> None:
    lose(folder)
    file = next(path for path in (archived / "usm").iterdir() if "learner1@" in path.read_text())
    old, new = (json.dumps(text)[1:-1] for text in (old, new))  # a document is a string in its line
    file.write_text(file.read_text().replace(old, new, 1))
    with rebuilt(folder) as workspace:
        with pytest.raises(DraftError) as refused:
            import_archive(workspace, file)
        assert refused.value.problems[0].code == "not_of_this_ledger"
        assert "line 1" in refused.value.problems[0].message
        assert workspace.catalog.credentials() == ()


def test_a_folder_without_documents_is_no_archive(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(WorkspaceError, match="no documents"):
        import_archive(workspace, tmp_path / "empty")


def test_a_rebuild_that_is_killed_goes_on(folder: Path) -> None:
    with Workspace.open(folder) as workspace:
        before = everything(workspace)
    lose(folder)
    code = (
        "import os, signal, sys\nfrom pathlib import Path\n"
        "from ledger.issuing.recovery import Recovery\nfrom ledger.keeping.parts import make_database, rebuilding\n"
        "from ledger.workspace import Workspace\n"
        "Recovery.batches = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "with Workspace.open(Path(sys.argv[1])) as workspace:\n"
        "    make_database(workspace)\n    rebuilding(workspace).run()\n"
    )
    died = subprocess.run(
        [sys.executable, "-c", code, str(folder)], check=False, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert died.returncode == -signal.SIGKILL
    with rebuilt(folder) as workspace:
        assert everything(workspace)["batches"] == before["batches"]


def test_an_older_database_gets_what_it_lacks(folder: Path, tmp_path: Path) -> None:
    older = (folder / "ledger.db").read_bytes()
    with Workspace.open(folder) as workspace:
        lost = issue(workspace, 3, 1000)
        workspace.revocation.revoke(
            [*ids(workspace, lost)[:1], ids(workspace, workspace.catalog.batch(1))[3]], Reason.COMPROMISED
        )
        before = everything(workspace)
        export_archive(workspace.catalog, tmp_path / "archive")
    lose(folder)
    (folder / "ledger.db").write_bytes(older)
    with rebuilt(folder) as workspace:
        import_archive(workspace, tmp_path / "archive")
        assert everything(workspace) == before
        assert reconciler(workspace).run().differences == ()
