"""Credentials that other people's packages signed get the verdict that they deserve, and so do forgeries of them."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.interop.incoming import SAMPLES, Sample, all_judged, documents, judged, samples

EXIT_CODES = {"valid": 0, "invalid": 1, "unreadable": 2, "indeterminate": 3}
FITTING = {"not valid": {"invalid", "indeterminate", "unreadable"}}


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.name)
def test_every_sample_gets_its_verdict(sample: Sample) -> None:
    verdict = all_judged()[sample.name]
    assert verdict.verdict in FITTING.get(sample.verdict, {sample.verdict}), verdict
    if sample.check is not None:
        assert sample.check in verdict.checks, verdict


def test_nothing_is_valid_unless_any_issuer_is_asked_for() -> None:
    good = [sample for sample in samples() if sample.verdict == "valid"]
    assert len(good) > 30
    assert {one.verdict for one in judged(good, any_issuer=False).values()} <= {"invalid", "indeterminate"}


def test_no_file_lies_about_that_no_sample_uses() -> None:
    files = {path for path in SAMPLES.rglob("*") if path.suffix in {".json", ".jwt"}} - {SAMPLES / "samples.json"}
    assert files == {SAMPLES / sample.file for sample in samples()} | set(documents().values())


@pytest.mark.parametrize("name", ["jwt-rs256", "bitstring-revoked", "bitstring-not-given"])
def test_the_command_judges_a_file_with_the_copies_that_it_is_given(name: str) -> None:
    (sample,) = (one for one in samples() if one.name == name)
    copies = [
        word
        for url, path in documents().items()
        if url not in sample.without
        for word in ("--document", f"{url}={path}")
    ]
    words = ["verify", str(SAMPLES / sample.file), "--policy", "any-issuer", *copies, "--json"]
    ran = subprocess.run(
        [sys.executable, "-m", "api.commands", *words], capture_output=True, text=True, timeout=240, check=False
    )
    assert "Traceback" not in ran.stderr
    expected = all_judged()[name]
    assert ran.returncode == EXIT_CODES[expected.verdict]
    if expected.verdict != "unreadable":
        assert json.loads(ran.stdout)["code"] == expected.code
