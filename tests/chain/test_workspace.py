"""A data folder from its making to its daily use, on the embedded chain: what opens, and what is refused how."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Timer

import orjson
import pytest

from ledger import connection
from ledger.chain.embedded import EmbeddedNode
from ledger.chain.networks import EMBEDDED_CHAIN_ID
from ledger.chain.registry import Address
from ledger.configuration import FILE
from ledger.documents.did import parse_did_document
from ledger.durable.running import working
from ledger.errors import CairnError, Conflict, KeystoreError, WrongChain
from ledger.verifying.report import Outcome
from ledger.workspace import Workspace
from tests.office import JCS_ONLY, drafts

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with an accreditor, an issuer that it recognises, and one final batch."""
    folder = tmp_path_factory.mktemp("made") / "data"
    with Workspace.init(folder, demo=True) as workspace:
        workspace.accreditors.register("mqa", name="Malaysian Qualifications Agency", country="MY")
        workspace.issuers.register("usm", name="Universiti Sains Malaysia", country="MY")
        workspace.accreditors.accredit("mqa", "usm")
        batch = workspace.imports.draft_batch("usm", drafts(3), label="Spring")
        workspace.pipeline.advance(batch.id)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "data"))


@pytest.fixture
def workspace(folder: Path) -> Iterator[Workspace]:
    with Workspace.open(folder) as workspace:
        yield workspace


def a_document(workspace: Workspace) -> bytes:
    return workspace.catalog.document(workspace.catalog.credentials()[0].credential_id)


def refusal(action: object) -> str:
    with pytest.raises(CairnError) as caught:
        action()  # type: ignore[operator]
    assert "\n" not in str(caught.value)
    return caught.value.code


def test_what_was_issued_verifies_after_opening_the_folder_again(workspace: Workspace) -> None:
    report = workspace.verifier().verify(a_document(workspace))

    assert report.verdict is Outcome.VALID
    assert report.issuer is not None
    assert report.issuer.accredited_name == "Universiti Sains Malaysia"


def test_accreditors_that_are_named_replace_those_of_the_folder(workspace: Workspace) -> None:
    policy = workspace.policy(accreditors=["0x" + "11" * 20])

    assert policy.accreditors == (b"\x11" * 20,)
    assert workspace.policy().accreditors == (workspace.catalog.accreditor("mqa").address,)


def test_the_embedded_chain_is_named_as_what_it_is(workspace: Workspace) -> None:
    (trusted,) = workspace.policy().registries

    assert (trusted.network, trusted.chain_id) == ("embedded", EMBEDDED_CHAIN_ID)


def test_a_statement_that_was_changed_is_not_believed(folder: Path) -> None:
    (file,) = (folder / "statements").iterdir()
    file.write_bytes(file.read_bytes().replace(b"Universiti Sains Malaysia", b"Universiti Sains Elsewhere"))

    with Workspace.open(folder) as workspace:
        report = workspace.verifier().verify(a_document(workspace))

    assert report.issuer is None or report.issuer.accredited_name is None


def test_init_on_a_finished_folder_opens_it_and_changes_nothing(folder: Path) -> None:
    before = (folder / FILE).read_bytes()
    with Workspace.init(folder, demo=True) as workspace:
        assert workspace.catalog.batches()[0].is_finished

    assert (folder / FILE).read_bytes() == before


def test_init_with_other_settings_is_refused(folder: Path) -> None:
    with pytest.raises(Conflict, match="another origin, demo") as caught:
        Workspace.init(folder, origin="https://other.example")

    assert caught.value.code == "workspace_exists"


def test_init_leaves_a_folder_with_other_things_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")

    assert refusal(lambda: Workspace.init(tmp_path)) == "workspace_invalid"
    assert refusal(lambda: Workspace.init(tmp_path / "letter.txt")) == "workspace_invalid"
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


@pytest.mark.parametrize("lost", [[], ["keys"], ["ledger.db"], ["chain"], ["keys", "ledger.db", "chain"]], ids=str)
def test_an_interrupted_init_is_finished_by_the_next(tmp_path: Path, lost: list[str]) -> None:
    folder = tmp_path / "data"
    Workspace.init(folder, demo=True).close()
    content = orjson.loads((folder / FILE).read_bytes())
    content["chain"]["registry"] = None
    (folder / FILE).write_bytes(orjson.dumps(content))
    for name in lost:
        shutil.rmtree(folder / name) if (folder / name).is_dir() else (folder / name).unlink()
    assert refusal(lambda: Workspace.open(folder)) == "workspace_incomplete"

    with Workspace.init(folder, demo=True) as workspace:
        assert workspace.issuers.register("usm", name="USM", country="MY").registered_at is not None


def test_opening_makes_nothing(tmp_path: Path, folder: Path) -> None:
    assert refusal(lambda: Workspace.open(tmp_path / "none")) == "workspace_missing"
    assert refusal(lambda: Workspace.open(tmp_path)) == "workspace_invalid"
    (folder / "ledger.db").unlink()
    shutil.rmtree(folder / "chain")

    with Workspace.open(folder) as workspace:
        assert refusal(lambda: workspace.catalog) == "database_missing"
        assert refusal(lambda: workspace.registry) == "workspace_missing"
    assert not (folder / "ledger.db").exists()
    assert not (folder / "chain" / "chain.sqlite").exists()


def test_init_makes_no_new_database_or_passphrase_where_one_was_lost(folder: Path) -> None:
    (folder / "ledger.db").unlink()
    assert refusal(lambda: Workspace.init(folder, demo=True)) == "database_missing"
    (folder / "keys" / "passphrase").unlink()
    assert refusal(lambda: Workspace.init(folder, demo=True)) == "passphrase_missing"
    assert not (folder / "ledger.db").exists()
    assert not (folder / "keys" / "passphrase").exists()


def test_a_registry_that_is_not_there_is_told_apart(folder: Path) -> None:
    content = orjson.loads((folder / FILE).read_bytes())
    content["chain"]["registry"] = "0x" + "11" * 20
    (folder / FILE).write_bytes(orjson.dumps(content))

    with Workspace.open(folder) as workspace:
        assert refusal(lambda: workspace.pipeline) == "wrong_chain"


def test_secrets_are_for_their_owner_alone(folder: Path) -> None:
    secrets = [path for path in (folder / "keys").rglob("*") if path.is_file()]

    assert len(secrets) >= 6
    for path in [folder / "keys", *secrets]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_a_passphrase_that_others_may_read_is_refused(folder: Path) -> None:
    (folder / "keys" / "passphrase").chmod(0o644)

    with Workspace.open(folder) as workspace, pytest.raises(KeystoreError) as caught:
        _ = workspace.keys

    assert caught.value.code == "key_permissions"


def test_the_passphrase_may_lie_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "secret"
    secret.write_text("correct horse\n")
    secret.chmod(0o600)
    monkeypatch.setenv("CAIRN_PASSPHRASE_FILE", str(secret))

    with Workspace.init(tmp_path / "data", demo=True) as workspace:
        workspace.issuers.register("usm", name="USM")

    assert not (tmp_path / "data" / "keys" / "passphrase").exists()
    secret.write_text("wrong horse\n")
    with Workspace.open(tmp_path / "data") as workspace:
        assert refusal(lambda: workspace.issuers.add_key("usm")) == "key_locked"
    monkeypatch.setenv("CAIRN_PASSPHRASE_FILE", str(tmp_path / "none"))
    with Workspace.open(tmp_path / "data") as workspace:
        assert refusal(lambda: workspace.keys) == "passphrase_missing"


def test_another_process_works_through_the_one_that_holds_the_chain(workspace: Workspace, folder: Path) -> None:
    url = workspace.serve_chain()
    assert url is not None

    issued = run(
        folder,
        "workspace.issuers.register('um', name='Universiti Malaya', country='MY');"
        "batch = workspace.imports.draft_batch('um', drafts(2), label='Two');"
        "print(workspace.pipeline.advance(batch.id, suites=JCS_ONLY).state)",
    )

    assert issued.stdout.strip() == "final"
    assert workspace.catalog.batches("um")[0].is_finished
    assert workspace.verifier().verify(a_document(workspace))


def test_another_process_waits_for_nobody_if_the_chain_is_held_and_not_served(
    workspace: Workspace, folder: Path
) -> None:
    _ = workspace.registry

    refused = run(folder, "workspace.registry", prepare="from ledger import connection; connection.HELD_PATIENCE = 0.0")

    assert refused.returncode != 0
    assert "workspace_busy" in refused.stdout


def test_a_command_waits_for_one_that_only_looks_at_the_chain(
    workspace: Workspace, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "HELD_PATIENCE", 300.0)
    held = EmbeddedNode.open(folder / "chain", create=False)
    letting_go = Timer(0.7, held.close)
    letting_go.start()
    try:
        assert workspace.reader.final_block().number > 0
    finally:
        letting_go.join()


def test_a_worker_of_any_kind_lets_others_ask_the_chain_in_its_folder(workspace: Workspace, folder: Path) -> None:
    with working(workspace) as work:
        assert work.is_executor
        other = run(folder, "print(workspace.reader.final_block().number)", prepare="")
    assert int(other.stdout) > 0


def test_verifying_needs_neither_database_nor_keys_nor_web3(workspace: Workspace, folder: Path) -> None:
    file = folder / "credential.json"
    file.write_bytes(a_document(workspace))
    workspace.serve_chain()
    (folder / "keys").rename(folder / "no-keys")

    checked = run(
        folder,
        f"import sys; report = workspace.verifier().verify(Path({str(file)!r}).read_bytes()); print(report.verdict,"
        "sorted({'sqlalchemy', 'sqlmodel', 'alembic', 'web3', 'eth', 'eth_account', 'pyld'} & set(sys.modules)))",
        prepare="",
    )

    assert checked.stdout.strip() == "valid []"


def test_the_did_document_is_the_one_that_verifiers_ask_for(workspace: Workspace) -> None:
    document = parse_did_document(workspace.issuers.did_document("usm"))

    assert document.id == "did:web:cairn.example:issuers:usm"
    assert document.registry is not None


def run(
    folder: Path, statements: str, *, prepare: str = "from tests.office import JCS_ONLY, drafts;"
) -> subprocess.CompletedProcess[str]:
    """Another process that opens the folder and does this; a refusal is printed as its code."""
    program = (
        "from pathlib import Path\n"
        "from ledger.errors import CairnError\n"
        "from ledger.workspace import Workspace\n"
        f"{prepare}\n"
        f"with Workspace.open(Path({str(folder)!r})) as workspace:\n"
        "    try:\n"
        f"        exec({statements!r})\n"
        "    except CairnError as error:\n"
        "        print(error.code)\n"
        "        raise SystemExit(1)\n"
    )
    return subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, check=False
    )


# --- a chain elsewhere ----------------------------------------------------------------------------------------------


@pytest.mark.node
def test_a_folder_may_use_a_node_elsewhere(anvil: str, tmp_path: Path) -> None:
    with Workspace.init(tmp_path / "data", rpc_urls=[anvil], finality="latest", demo=True) as workspace:
        workspace.issuers.register("usm", name="Universiti Sains Malaysia", country="MY")
        batch = workspace.imports.draft_batch("usm", drafts(1), label="One")
        assert workspace.pipeline.advance(batch.id, suites=JCS_ONLY).is_finished
        registry = workspace.reader.registry

    with Workspace.init(tmp_path / "other", rpc_urls=[anvil], registry=registry, demo=True) as workspace:
        assert workspace.reader.registry == registry
        assert workspace.serve_chain() is None


@pytest.mark.node
def test_a_registry_that_is_not_ours_is_refused_before_anything_is_made(anvil: str, tmp_path: Path) -> None:
    nobody = Address(b"\x11" * 20)

    assert refusal(lambda: Workspace.init(tmp_path / "data", rpc_urls=[anvil], registry=nobody)) == "wrong_chain"
    assert not (tmp_path / "data").exists()


def test_a_node_that_does_not_answer_is_said_before_anything_is_made(tmp_path: Path) -> None:
    nowhere = ["http://127.0.0.1:9"]

    assert refusal(lambda: Workspace.init(tmp_path / "data", rpc_urls=nowhere)) == "registry_unreachable"
    assert refusal(lambda: Workspace.init(tmp_path / "data", rpc_urls=nowhere, chain_id=1)) == "registry_unreachable"
    assert not (tmp_path / "data").exists()


def test_a_folder_whose_registry_is_of_another_version_stays_as_the_older_cairn_left_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_revision(folder, "0001")
    monkeypatch.setattr("ledger.chain.ethereum.EthereumRegistry.verify_code", another_code)

    with Workspace.open(folder) as workspace, pytest.raises(WrongChain):
        workspace.catalog.batches()

    with closing(sqlite3.connect(folder / "ledger.db")) as database:
        assert database.execute("SELECT version_num FROM alembic_version").fetchall() == [("0001",)]


def set_revision(folder: Path, revision: str) -> None:
    with closing(sqlite3.connect(folder / "ledger.db")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = ?", [revision])


def another_code(_: object) -> None:
    raise WrongChain("other code stands there")
