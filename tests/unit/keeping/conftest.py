"""A small ledger in a folder on the embedded chain, made once; tests get copies of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.chain.registry import Reason
from ledger.issuing.values import Batch
from ledger.workspace import Workspace
from tests.office import JCS_ONLY, drafts, programme_file


def issue(workspace: Workspace, size: int, first: int, *, code: str = "needs") -> Batch:
    """A final batch of new learners, from `first` on."""
    batch = workspace.imports.draft_batch("usm", drafts(size, code=code, first=first), label=f"from {first}")
    return workspace.pipeline.advance(batch.id, suites=JCS_ONLY)


def ids(workspace: Workspace, batch: Batch) -> list[str]:
    return [credential.credential_id for credential in workspace.catalog.credentials(batch=batch.id)]


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recognised issuer with two final batches, of which one is withdrawn, and three credentials whose status
    changed."""
    folder = tmp_path_factory.mktemp("kept") / "data"
    with Workspace.init(folder, demo=True) as workspace:
        workspace.accreditors.register("mqa", name="Malaysian Qualifications Agency", country="MY")
        workspace.issuers.register("usm", name="Universiti Sains Malaysia", country="MY")
        workspace.accreditors.accredit("mqa", "usm")
        workspace.programmes.add("usm", programme_file("needs", "intro"))
        first, second = issue(workspace, 4, 1), issue(workspace, 2, 101)
        some = ids(workspace, first)
        workspace.revocation.revoke(some[:1], Reason.ISSUED_IN_ERROR)
        workspace.revocation.suspend(some[1:3], Reason.COMPROMISED)
        workspace.revocation.reinstate(some[2:3])
        workspace.desk.withdrawal.withdraw(second.id, Reason.ISSUED_IN_ERROR)
    return folder


@pytest.fixture
def folder(kept: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(kept, tmp_path / "data"))


@pytest.fixture
def workspace(folder: Path) -> Iterator[Workspace]:
    with Workspace.open(folder) as workspace:
        yield workspace
