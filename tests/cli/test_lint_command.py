"""`cairn lint`: findings as a table or as JSON, and an exit code that a script can go by."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from ledger.wrapping.baking import bake_svg
from tests.cli.conftest import SAMPLES, Cairn
from tests.unit.stacking.profiles.described import a_complete_credential, without

PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"></svg>'
PROFILES = ("cmf", "eu", "microbol", "microhe", "mqa", "nzqa")


def written(folder: Path, document: Any) -> Path:
    file = folder / "document.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    return file


@pytest.mark.parametrize("profile", PROFILES)
def test_a_complete_credential_meets_each_profile(cairn: Cairn, tmp_path: Path, profile: str) -> None:
    ran = cairn("lint", written(tmp_path, a_complete_credential()), "--profile", profile)

    assert (ran.code, ran.out) == (0, f"{profile}: 0 errors, 0 warnings, 0 notes\n")


def test_an_error_is_exit_code_1_and_says_where_and_who_asks(cairn: Cairn, tmp_path: Path) -> None:
    document = a_complete_credential()
    without(document, "ext:assessment")
    ran = cairn("lint", written(tmp_path, document), "--profile", "eu", "--profile", "mqa")

    assert ran.code == 1
    assert ran.out.startswith("eu + mqa: 2 errors, 0 warnings, 0 notes\n")
    assert "eu.assessment" in ran.out
    assert "Council Recommendation 2022/C 243/02 (2022), Annex I, mandatory elements" in ran.out


def test_warnings_and_notes_are_no_reason_to_stop(cairn: Cairn) -> None:
    for folder in ("usm", "um", "purdue"):
        ran = cairn("lint", SAMPLES / folder / "programme.json", "--profile", "eu", "--json")
        assert (ran.code, ran.json()["errors"]) == (0, 0)
        assert ran.json()["notes"] == sum(finding["severity"] == "note" for finding in ran.json()["findings"])


def test_a_credential_is_taken_out_of_what_it_came_in(cairn: Cairn, tmp_path: Path) -> None:
    document = a_complete_credential()
    without(document, "ext:level")
    badge = tmp_path / "badge.svg"
    badge.write_text(bake_svg(PICTURE, json.dumps(document).encode(), record=False), encoding="utf-8")
    archive = tmp_path / "badges.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.write(badge, "one.svg")
        packed.writestr("two.json", json.dumps(a_complete_credential()))

    assert cairn("lint", badge, "--profile", "eu", "--json").json()["findings"][0]["rule"] == "eu.level"
    ran = cairn("lint", archive, "--profile", "eu", "--json")
    assert (ran.code, ran.json()["errors"]) == (1, 1)
    assert ran.json()["findings"][0]["path"] == "one.svg:/credentialSubject/achievement/alignment"


def test_what_cannot_be_read_in_an_archive_is_named(cairn: Cairn, tmp_path: Path) -> None:
    archive = tmp_path / "badges.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("one.json", json.dumps(a_complete_credential()))
        packed.writestr("notes.txt", "nothing")

    ran = cairn("lint", archive, "--profile", "eu")
    assert (ran.code, ran.err.startswith("cairn: notes.txt: ")) == (2, True)


@pytest.mark.parametrize("content", ["", "{", '{"code": "x", "achievements": []}', '{"a": 1, "a": 2}'])
def test_what_cannot_be_read_is_exit_code_2(cairn: Cairn, tmp_path: Path, content: str) -> None:
    file = tmp_path / "document.json"
    file.write_text(content, encoding="utf-8")

    ran = cairn("lint", file, "--profile", "eu")
    assert (ran.code, "imported" in ran.err) == (2, False)
    assert cairn("lint", tmp_path / "nothing.json", "--profile", "eu").code == 2


def test_an_unknown_profile_is_wrong_usage(cairn: Cairn, tmp_path: Path) -> None:
    ran = cairn("lint", written(tmp_path, {}), "--profile", "iso")

    assert ran.code == 2
    assert "there are cmf, eu, microbol, microhe, mqa, nzqa" in ran.err
    assert cairn("lint", written(tmp_path, {})).code == 2


def test_a_preview_comes_with_what_the_claimed_profiles_miss(cairn: Cairn, folder: Path, rows: Path) -> None:
    cairn("import", rows, "--issuer", "um", "--data", folder)
    shown = cairn("issue", "--preview", "--data", folder, "--json").json()

    [checked] = shown["findings"]
    assert checked["profiles"] == ["eu", "mqa"]
    assert checked["errors"] == 0
    assert "eu.workload-ects" in {finding["rule"] for finding in checked["findings"]}
    assert "eu + mqa: 0 errors" in cairn("issue", "--preview", "--data", folder).out


def test_a_title_of_the_malaysian_framework_is_refused_at_import(cairn: Cairn, folder: Path, tmp_path: Path) -> None:
    programme = json.loads((SAMPLES / "usm" / "programme.json").read_bytes())
    programme["achievements"][2]["titles"] = {"ta": "தேவை மதிப்பீட்டில் டிப்ளமோ"}
    ran = cairn("import", written(tmp_path, programme), "--issuer", "um", "--data", folder, "--json")

    assert ran.code == 2
    [problem] = ran.json()["error"]["problems"]
    assert (problem["code"], problem["column"]) == ("profile_unmet", "achievements[2].title")
    assert "“தேவை மதிப்பீட்டில் டிப்ளமோ”" in problem["message"]
