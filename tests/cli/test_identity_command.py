"""`cairn issuer did`: one's own domain names the registry's entry, and the registry names the domain."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ledger.documents.did import parse_did_document
from ledger.documents.strict_json import parse
from tests.cli.conftest import Cairn

PAST = "2020-01-01T00:00:00Z"
OWN = "did:web:uni.example:credentials"


@pytest.fixture
def own(cairn: Cairn, folder: Path) -> Path:
    """A ledger with an issuer on a domain of its own."""
    got = cairn(
        *("issuer", "register", "own", "--name", "Own University", "--country", "NZ", "--did", OWN, "--data", folder)
    )
    assert got.code == 0, got
    return folder


def test_the_document_is_written_where_the_domain_has_to_serve_it(cairn: Cairn, own: Path, tmp_path: Path) -> None:
    written = cairn("issuer", "did", "own", "--out", tmp_path / "site", "--data", own, "--json").json()
    file = tmp_path / "site" / "credentials" / "did.json"

    assert written == {"did": OWN, "url": "https://uni.example/credentials/did.json", "file": str(file)}
    document = parse_did_document(parse(file.read_bytes()))
    assert (document.id, list(document.keys)) == (OWN, [f"{OWN}#key-1"])
    assert document.registry is not None
    assert cairn("issuer", "did", "own", "--data", own).out.encode() == file.read_bytes()


def test_the_domain_itself_serves_it_in_its_well_known_place(cairn: Cairn, folder: Path, tmp_path: Path) -> None:
    cairn(
        *("issuer", "register", "whole", "--name", "Whole", "--country", "NZ", "--did", "did:web:uni.example"),
        *("--data", folder),
    )
    assert cairn("issuer", "did", "whole", "--out", tmp_path, "--data", folder).code == 0
    assert (tmp_path / ".well-known" / "did.json").exists()


def test_what_is_published_is_compared_with_the_registry_both_ways(cairn: Cairn, own: Path, tmp_path: Path) -> None:
    cairn("issuer", "did", "own", "--out", tmp_path, "--data", own)
    file = tmp_path / "credentials" / "did.json"

    def check(path: Path = file) -> tuple[int, list[str]]:
        got = cairn("issuer", "did", "own", "--check", "--document", path, "--data", own, "--json")
        return got.code, [problem["code"] for problem in got.json()["problems"]]

    assert check() == (0, [])
    good = json.loads(file.read_text())
    for name, changes, code in (
        ("another issuer", json.loads(file.read_text().replace(OWN, "did:web:other.example")), "did_mismatch"),
        ("no registry", {"service": []}, "registry_missing"),
        (
            "another entry",
            {"service": [good["service"][0] | {"serviceEndpoint": good["service"][0]["serviceEndpoint"] | {
                "issuerId": "0x" + "11" * 32}}]},
            "registry_mismatch",
        ),
        ("no key", {"assertionMethod": []}, "key_missing"),
    ):  # fmt: skip
        other = tmp_path / f"{name}.json"
        other.write_text(json.dumps(good | changes))
        assert check(other) == (1, [code]), name
    cairn("issuer", "key", "own", "--add", "--data", own)
    assert check() == (1, ["key_missing"])


def test_a_retired_key_stays_listed_and_a_compromised_one_does_not(cairn: Cairn, own: Path) -> None:
    def listed() -> list[str]:
        return [name.split("#")[1] for name in cairn("issuer", "did", "own", "--data", own).json()["assertionMethod"]]

    cairn("issuer", "key", "own", "--add", "--data", own)
    cairn("issuer", "key", "own", "--add", "--data", own)
    keys = cairn("issuer", "key", "own", "--close", 1, "--data", own, "--json").json()["keys"]
    assert listed() == ["key-1", "key-2", "key-3"]
    opened = keys[1]["opened_at"]
    assert cairn("issuer", "key", "own", "--close", 2, "--since", opened, "--data", own).code == 0
    assert listed() == ["key-1", "key-3"]


@pytest.mark.parametrize("did", ["did:web:127.0.0.1", "did:web:UNI.example", "did:key:z6Mk", "uni.example"])
def test_a_did_that_is_no_plain_did_web_registers_nothing(cairn: Cairn, folder: Path, did: str) -> None:
    words = ("issuer", "register", "odd", "--name", "Odd", "--country", "NZ", "--did", did, "--data", folder)
    assert cairn(*words).code == 2
    assert "no issuer" in cairn("issuer", "did", "odd", "--data", folder).err


def test_an_issuers_did_does_not_change(cairn: Cairn, own: Path) -> None:
    words = ("issuer", "register", "own", "--name", "Own University", "--country", "NZ", "--data", own)
    assert cairn(*words).code == 0
    assert cairn(*words, "--did", "did:web:other.example").code == 1


def test_a_did_belongs_to_one_issuer_and_a_second_one_leaves_nothing_behind(
    cairn: Cairn, own: Path, tmp_path: Path
) -> None:
    keys = sorted((own / "keys").rglob("*"))
    got = cairn(*("issuer", "register", "two", "--name", "Two", "--country", "NZ", "--did", OWN, "--data", own))
    assert got.code == 1
    assert f"{OWN} is the DID of the issuer 'own' already" in got.err
    assert sorted((own / "keys").rglob("*")) == keys


def test_an_address_that_gives_no_document_is_named(cairn: Cairn, own: Path) -> None:
    got = cairn("issuer", "did", "own", "--check", "--data", own)
    assert got.code == 2
    assert got.err.startswith("cairn: https://uni.example/credentials/did.json gives no DID document: ")
