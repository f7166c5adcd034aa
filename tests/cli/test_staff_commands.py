"""`cairn staff` and `cairn audit`: the first admin, links without mail, and whether logs are whole."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from tests.cli.conftest import Cairn

ADMIN = ("--email", "Admin@um.example", "--name", "Aminah", "--role", "admin", "--issuer", "um")


def test_the_first_admin_is_made_listed_let_in_and_kept(cairn: Cairn, folder: Path) -> None:
    at = ("--data", folder, "--json")
    assert cairn("staff", "list", "--issuer", "um", *at).json() == {"people": [], "two_persons": False}
    made = cairn("staff", "add", *ADMIN, *at)
    assert (made.code, made.json()["email"], made.json()["roles"]) == (0, "admin@um.example", ["admin"])
    assert cairn("staff", "add", *ADMIN, *at).code == 1
    link = cairn("staff", "link", "--email", "admin@um.example", *at).json()["link"]
    assert link.startswith("http://127.0.0.1:8000/staff/enter/cairn_staff_link_")
    assert [one["name"] for one in cairn("staff", "list", "--issuer", "um", *at).json()["people"]] == ["Aminah"]
    removed = cairn("staff", "remove", "--email", "admin@um.example", "--issuer", "um", "--data", folder)
    assert (removed.code, "look after the people" in removed.err) == (1, True)
    assert cairn("staff", "add", *ADMIN[:-2], "--accreditor", "agency", *at).code == 0


def test_what_makes_no_sense_is_refused(cairn: Cairn, folder: Path) -> None:
    at = ("--data", folder)
    assert cairn("staff", "list", *at).code == 2
    assert cairn("staff", "list", "--issuer", "um", "--accreditor", "agency", *at).code == 2
    assert cairn("staff", "list", "--issuer", "nobody", *at).code == 2
    assert cairn("staff", "link", "--email", "nobody@um.example", *at).code == 2
    assert cairn("staff", "add", *ADMIN[:4], "--role", "emperor", "--issuer", "um", *at).code == 2


def test_a_log_that_was_changed_is_told(cairn: Cairn, folder: Path) -> None:
    assert cairn("audit", "check", "--data", folder, "--json").json() == {"logs": []}
    cairn("staff", "add", *ADMIN, "--data", folder)
    sound = cairn("audit", "check", "--data", folder, "--json")
    [log] = sound.json()["logs"]
    assert (sound.code, log["lines"], log["broken_at"], log["institution"]) == (0, 1, None, "um")
    with sqlite3.connect(folder / "ledger.db") as database:
        database.execute("DROP TRIGGER staff_audit_update")
        database.execute("UPDATE staff_audit SET who = 'somebody else'")
    told = cairn("audit", "check", "--data", folder)
    assert (told.code, "BROKEN at line 1" in told.out) == (1, True)
