"""`cairn verify` of badges, PDFs and archives: one report for one credential, a line or a list for several."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.workspace import Workspace
from ledger.wrapping.baking import bake_png, bake_svg
from tests.cli.conftest import Cairn
from tests.wrappings import SVG, a_pdf, a_png, a_zip


@pytest.fixture
def folder(final_folder: Path) -> Path:
    return final_folder


@pytest.fixture
def document(folder: Path) -> bytes:
    with Workspace.open(folder) as workspace:
        (batch,) = workspace.catalog.batches("um")
        return next(found for _, found in workspace.catalog.batch_documents(batch.id))


def test_what_is_in_a_file_is_verified_whatever_it_is_called(
    cairn: Cairn, document: bytes, folder: Path, tmp_path: Path
) -> None:
    path = tmp_path / "document.txt"
    badge = bake_png(a_png(), document, record=False)
    for data in (badge, bake_svg(SVG, document, record=False).encode(), a_pdf({"a.json": document})):
        path.write_bytes(data)
        report = cairn("verify", path, "--data", folder, "--json")
        assert (report.code, report.json()["verdict"]) == (0, "valid")

    changed = document.replace(b"Universiti Malaya", b"Universiti Melaka")
    path.write_bytes(
        a_zip({"good.png": badge, "../\x1b[31mbad.json": changed, "photo.png": a_png(), "x.zip": a_zip({"a": b"{}"})})
    )
    listed = cairn("verify", path, "--data", folder, "--json")
    assert listed.code == 1
    assert [(one["name"], one.get("verdict"), one.get("error", {}).get("code")) for one in listed.json()] == [
        ("good.png", "valid", None),
        ("?[31mbad.json", "invalid", None),
        ("photo.png", None, "image_without_credential"),
        ("x.zip", None, "archive_unsafe"),
    ]
    table = cairn("verify", path, "--data", folder)
    assert (table.code, len(table.out.splitlines()), "\x1b" in table.out) == (1, 5, False)
    assert table.out.splitlines()[-1] == "4 in all: 1 valid, 1 not valid, 2 not readable"

    for members, code in (({"a": badge}, 0), ({"a": badge, "b.png": a_png()}, 2), ({"b.png": a_png()}, 2)):
        path.write_bytes(a_zip(members))
        assert cairn("verify", path, "--data", folder).code == code


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (a_png(), "image_without_credential"),
        (a_pdf({}), "pdf_invalid"),
        (a_zip({"a": b" " * 20_000_000}), "archive_unsafe"),
        (b"\x1f\x8b\x08", "form_unsupported"),
        (b"<html></html>", "form_unsupported"),
    ],
)
def test_what_holds_no_credential_is_told_in_one_line(
    cairn: Cairn, prepared: Path, tmp_path: Path, data: bytes, code: str
) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    refused = cairn("verify", path, "--data", prepared, "--json")
    assert (refused.code, refused.json()["error"]["code"]) == (2, code)
    assert refused.err.count("\n") == 1
