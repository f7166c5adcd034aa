"""`cairn issuer operator | admin`: priced first, done once, and the folder goes on issuing with the new keys."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Cairn

OTHER = "0x" + "12" * 20


def test_an_operator_is_named_listed_and_ended(cairn: Cairn, folder: Path) -> None:
    priced = cairn("issuer", "operator", "um", OTHER, "--revoke", "--dry-run", "--data", folder)
    assert priced.code == 0
    assert "gas" in priced.out
    assert "nothing was sent" in priced.out
    assert len(cairn("issuer", "operator", "um", "--data", folder, "--json").json()["operators"]) == 2

    named = cairn("issuer", "operator", "um", OTHER, "--revoke", "--until", "2031-12-31", "--data", folder, "--json")
    assert named.json()["state"] == "final"
    listed = cairn("issuer", "operator", "um", "--data", folder, "--json").json()["operators"]
    assert (listed[2]["roles"], listed[2]["until"], listed[2]["key"]) == (2, "2032-01-01T00:00:00Z", None)

    assert cairn("issuer", "operator", "um", OTHER, "--data", folder).code == 0
    assert cairn("issuer", "operator", "um", "--data", folder, "--json").json()["operators"][2]["roles"] == 0


def test_new_keys_take_over_and_the_folder_goes_on_issuing(cairn: Cairn, folder: Path, rows: Path) -> None:
    for words in (
        ("issuer", "operator", "um", "--replace", "anchoring"),
        ("issuer", "operator", "um", "--replace", "revoking"),
        ("issuer", "admin", "um", "--replace"),
        ("issuer", "key", "um", "--add"),
        ("import", rows, "--issuer", "um"),
        ("issue",),
    ):
        ran = cairn(*words, "--data", folder)
        assert ran.code == 0, (words, ran)
    batches = cairn("status", "--data", folder, "--json").json()["batches"]
    assert [batch["state"] for batch in batches] == ["final"]


def test_what_cannot_be_is_refused(cairn: Cairn, folder: Path) -> None:
    assert cairn("issuer", "operator", "um", "0x12", "--anchor", "--data", folder).code == 1
    assert cairn("issuer", "operator", "um", OTHER, "--replace", "anchoring", "--data", folder).code == 2
    assert cairn("issuer", "operator", "um", "--replace", "admin", "--data", folder).code == 1
    assert cairn("issuer", "admin", "um", "--data", folder).code == 2
    assert cairn("issuer", "admin", "um", "--replace", "--propose", OTHER, "--data", folder).code == 2
