"""docs/operations.md does what it says: its programs run, its options exist, its figures are the artifact's."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.main import get_command

import api.commands  # noqa: F401 - adds its commands to the ledger's
from ledger.chain import abi
from ledger.chain.addresses import checksum_address
from ledger.chain.artifact import artifact
from ledger.chain.deployment import deployment, registry_address, registry_code_hash
from ledger.chain.registry import AcceptAdmin, AddKey, AnchorBatch, Role, SetOperator
from ledger.chain.rpc import as_hex
from ledger.cli.main import app
from ledger.cli.main import run as cairn
from ledger.errors import TransactionReverted
from ledger.workspace import Workspace
from scripts.deployment.session import parse_arguments
from tests.office import JCS_ONLY, drafts

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    with Workspace.init(tmp_path / "data", demo=True) as workspace:
        workspace.issuers.register("um", name="Universiti Malaya", country="MY")
    return tmp_path / "data"


def program(name: str) -> str:
    """A program of the document, by the name of the file that it is written to."""
    found = re.search(rf"cat > {re.escape(name)} <<'EOF'\n(.*?)\nEOF\n", TEXT, re.DOTALL)
    assert found
    return found[1]


def run(data: Path, name: str, *arguments: object) -> str:
    """Runs it as the document does: from a file of this name, which must not hide a module of Python's own."""
    (data.parent / name).write_text(program(name))
    command = [sys.executable, name, *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(command, cwd=data.parent, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def type_command(data: Path, words: str) -> None:
    """Has a command of the document done in this folder."""
    assert f"$ {words}" in TEXT
    with pytest.raises(SystemExit) as ended:
        cairn([*shlex.split(words, comments=True)[1:], "--data", str(data)])
    assert ended.value.code == 0


def test_an_operator_is_replaced(data: Path) -> None:
    with Workspace.open(data) as workspace:
        old = workspace.catalog.issuer("um").anchoring_operator
        batch = workspace.imports.draft_batch("um", drafts(1), label="One")
    type_command(data, "cairn issuer operator um --replace anchoring")
    with Workspace.open(data) as workspace:
        issuer = workspace.catalog.issuer("um")
        former = workspace.keys.find_account(old)
        assert former is not None
        with pytest.raises(TransactionReverted, match="may not"):
            workspace.registry.sign(AnchorBatch(issuer.issuer_id, bytes(31) + b"1", 1), former)
        assert workspace.pipeline.advance(batch.id, suites=JCS_ONLY).is_finished


def test_the_admin_is_handed_over_in_two_steps(data: Path) -> None:
    with Workspace.open(data) as workspace:
        old = workspace.catalog.issuer("um").admin
    type_command(data, "cairn issuer admin um --replace")
    with Workspace.open(data) as workspace:
        issuer = workspace.catalog.issuer("um")
        former = workspace.keys.find_account(old)
        assert former is not None
        with pytest.raises(TransactionReverted, match="is not the admin"):
            workspace.registry.sign(AddKey(issuer.issuer_id, bytes(31) + b"1"), former)
        assert len(workspace.issuers.add_key("um").keys) == 2


def test_what_a_multi_signature_has_to_send_is_what_an_admin_would(data: Path) -> None:
    with Workspace.open(data) as workspace:
        issuer = workspace.catalog.issuer("um")
    operator = SetOperator(issuer.issuer_id, issuer.admin, Role.ANCHOR, 0)
    assert run(data, "calldata.py", "accept", data, "um") == as_hex(abi.encode_call(AcceptAdmin(issuer.issuer_id)))
    assert run(data, "calldata.py", "operator", data, "um", checksum_address(issuer.admin), 1) == as_hex(
        abi.encode_call(operator)
    )
    closing = run(data, "calldata.py", "close-key", data, "um", 1, 1795325430)
    assert closing.startswith(as_hex(artifact().selectors["closeKey"]))
    assert issuer.keys[0].public_key.hex() in closing


def test_a_backup_leaves_the_passphrase_out_and_can_be_restored(data: Path) -> None:
    with Workspace.open(data) as workspace:
        workspace.accreditors.register("agency", name="An Agency", country="MY")
        workspace.accreditors.accredit("agency", "um")
        batch = workspace.imports.draft_batch("um", drafts(2), label="Two")
        assert workspace.pipeline.advance(batch.id, suites=JCS_ONLY).is_finished
    section = TEXT.split("## Backup and restoring")[1]
    saving, restoring = re.findall(r"```console\n(.*?)```", section, re.DOTALL)[:2]
    passphrase = (data / "keys" / "passphrase").read_bytes().strip()
    type_in(data.parent, saving)
    (backup,) = (data.parent / "backup").glob("*.tar.gz")
    with tarfile.open(backup) as archive:
        kept = {member.name: archive.extractfile(member) for member in archive.getmembers() if member.isfile()}
        assert {"cairn.json", "ledger.db", "keys/issuers/um/admin.json", "keys/accreditors/agency.json"} <= kept.keys()
        assert any(name.startswith("statements/") for name in kept)
        assert [name for name, file in kept.items() if file is None or passphrase in file.read()] == []

    data.rename(data.parent / "lost")
    restoring = restoring.replace("WHERE-THE-PASSPHRASE-IS", "lost/keys/passphrase")
    type_in(data.parent, restoring.replace("WHEN.tar.gz", backup.name))
    with Workspace.open(data) as workspace:
        assert len(workspace.issuers.add_key("um").keys) == 2
        assert len(list(workspace.catalog.credentials())) == 2


def type_in(folder: Path, lines: str) -> None:
    """Types the lines of a document that begin with a $ into one shell."""
    typed = "\n".join(line.removeprefix("$ ") for line in lines.splitlines() if line.startswith("$ "))
    typed = typed.replace(".venv/bin/cairn", shlex.quote(str(Path(sys.executable).with_name("cairn"))))
    typed = typed.replace(".venv/bin/python", shlex.quote(sys.executable))
    subprocess.run(["bash", "-eo", "pipefail", "-c", typed], cwd=folder, check=True)


def test_git_ignores_every_file_that_holds_a_secret() -> None:
    public = {
        "contracts/deployments/11155111.json",
        "ledger/chain/artifacts/CredentialRegistry.json",
        "benchmarks/gas/results.json",
        "samples/um/programme.json",
        "cairn.json",  # named as it is called, wherever the data folder is
        "cairn-act-f6806881877e78c2.json",  # an act is signed for everybody to see
    }
    named = set(re.findall(r"(?<![\w/.…-])[\w.][\w./-]*(?:\.json|\.pass|/passphrase)(?![\w/])", TEXT))
    folders = re.findall(r"(?:--data|mkdir -p -m 700) ?([\w/]+)", TEXT)
    secret = {name.replace("DATA/", "data/") for name in named - public} | {f"{folder}/x" for folder in folders}
    assert {"secrets/payer.json", "secrets/payer.pass", "data/keys/passphrase", "secrets/x", "trial/x"} <= secret
    assert any(name.startswith("backup/") for name in secret)
    asked = ["git", "check-ignore", "--no-index", *sorted(secret)]
    ran = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    assert secret - set(ran.stdout.split()) == set(), ran.stderr


def test_the_options_are_those_of_the_commands() -> None:
    deploying = re.findall(r"python3 scripts/deploy\.py ([^\n`#]+)", TEXT)
    assert len(deploying) >= 4
    for line in deploying:
        assert parse_arguments(shlex.split(line)).chain_id == 11155111
    typed = re.findall(r"\$ \.venv/bin/cairn ((?:[^\n\\]|\\\n)+)", TEXT)
    assert len(typed) >= 8
    for line in typed:
        words = shlex.split(line.replace("\\\n", " "), comments=True)
        command: Any = get_command(app)
        while hasattr(command, "commands"):
            command = command.commands[words.pop(0)]
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= known, line


def test_the_figures_are_those_of_the_committed_artifact() -> None:
    """Whoever changes the contract writes the run of the document anew."""
    assert checksum_address(registry_address()) in TEXT
    assert as_hex(registry_code_hash()) in TEXT
    assert f"{len(deployment().data):,} bytes" in TEXT
    assert f"{len(artifact().deployed_bytecode):,} bytes of code" in TEXT


def test_the_keys_that_are_named_are_the_keys_that_are_made(data: Path) -> None:
    made = {path.relative_to(data).as_posix() for path in (data / "keys" / "issuers" / "um").iterdir()}
    assert made == {f"keys/issuers/um/{name}.json" for name in ("admin", "anchoring", "revoking", "key-1")}
    stated = orjson.loads((data / "keys" / "issuers" / "um" / "admin.json").read_bytes())["address"]
    assert isinstance(stated, str)
