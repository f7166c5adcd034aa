"""`cairn verify` on credentials of others: from files alone, with an unsafe policy that says so, without a ledger."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.cli.verify import verify
from tests.cli.conftest import Cairn

SAMPLES = Path(__file__).resolve().parents[1] / "interop" / "samples"
IDENTITY = f"https://college.example/.well-known/did.json={SAMPLES / 'documents' / 'college-did.json'}"
LIST = f"https://college.example/status/bitstring={SAMPLES / 'documents' / 'list-bitstring.json'}"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without data."""
    monkeypatch.chdir(tmp_path)


def test_a_credential_of_others_is_judged_from_files_alone(cairn: Cairn) -> None:
    ran = cairn("verify", SAMPLES / "eddsa-rdfc-2022-did-web.json", "--policy", "any-issuer", "--document", IDENTITY)
    assert ran.code == 0
    assert "UNSAFE POLICY any-issuer" in ran.out
    assert "did:web:college.example" in ran.out
    assert "eddsa-rdfc-2022" in ran.out
    assert "given: https://college.example/.well-known/did.json" in ran.out


def test_its_status_comes_from_the_list_that_was_given(cairn: Cairn) -> None:
    known = ["--policy", "any-issuer", "--document", IDENTITY]
    for name, given, code, word in (
        ("bitstring-clear", [LIST], 0, "valid"),
        ("bitstring-revoked", [LIST], 1, "revoked"),
        ("bitstring-clear", [], 3, "status_unknown"),
    ):
        documents = [part for pair in given for part in ("--document", pair)]
        ran = cairn("verify", SAMPLES / f"{name}.json", *known, *documents, "--json")
        assert (ran.code, ran.json()["code"]) == (code, word)


def test_what_was_not_given_is_named_with_the_way_to_give_it(cairn: Cairn) -> None:
    sample = SAMPLES / "bitstring-clear.json"
    missing = [
        line for line in cairn("verify", sample, "--policy", "any-issuer").out.splitlines() if "not given:" in line
    ]
    assert [line.split()[2] for line in missing] == [pair.partition("=")[0] for pair in (IDENTITY, LIST)]
    assert all("--document URL=FILE" in line and "--fetch" in line for line in missing)
    given = ("--document", IDENTITY, "--document", LIST)
    assert "not given:" not in cairn("verify", sample, "--policy", "any-issuer", *given).out


def test_a_token_is_judged_alike(cairn: Cairn) -> None:
    report = cairn(
        "verify", SAMPLES / "jwt-es256.jwt", "--policy", "any-issuer", "--document", IDENTITY, "--json"
    ).json()
    assert (report["verdict"], report["policy"]) == ("valid", {"any_issuer": True})
    assert report["consulted"] == [{"url": "https://college.example/.well-known/did.json", "how": "given"}]


def test_who_does_not_ask_for_it_gets_no_verdict(cairn: Cairn) -> None:
    ran = cairn("verify", SAMPLES / "eddsa-jcs-2022-did-web.json", "--document", IDENTITY, "--json")
    assert (ran.code, ran.json()["code"], ran.json()["policy"]) == (3, "no_anchor_proof", {"any_issuer": False})


def test_without_a_ledger_and_without_any_of_that_a_folder_is_missing(cairn: Cairn) -> None:
    ran = cairn("verify", SAMPLES / "eddsa-jcs-2022-did-key.json")
    assert (ran.code, ran.out) == (2, "")
    assert "no data folder" in ran.err
    named = cairn("verify", SAMPLES / "eddsa-jcs-2022-did-key.json", "--policy", "any-issuer", "--data", "nowhere")
    assert named.code == 2


def test_there_is_no_other_policy(cairn: Cairn) -> None:
    ran = cairn("verify", SAMPLES / "eddsa-jcs-2022-did-key.json", "--policy", "anything")
    assert (ran.code, ran.out) == (2, "")
    assert "any-issuer" in ran.err


def test_the_help_calls_it_unsafe(cairn: Cairn) -> None:
    assert verify.__doc__
    shown = " ".join(cairn("verify", "--help").out.split())
    assert "UNSAFE" in shown


def test_what_would_have_to_be_fetched_from_nowhere_leaves_it_open(cairn: Cairn) -> None:
    ran = cairn("verify", SAMPLES / "eddsa-jcs-2022-did-web.json", "--policy", "any-issuer", "--fetch", "--json")
    assert (ran.code, ran.json()["code"]) == (3, "fetch_failed")


def test_an_issuer_can_not_write_to_the_terminal(cairn: Cairn, tmp_path: Path) -> None:
    data = (SAMPLES / "eddsa-jcs-2022-did-key.json").read_text(encoding="utf-8")
    path = tmp_path / "escaped.json"
    path.write_text(data.replace('"did:key:', '"\\u001b[2Jdid:key:', 1), encoding="utf-8")
    assert "\x1b" not in cairn("verify", path, "--policy", "any-issuer").out
