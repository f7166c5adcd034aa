"""Every code that a check can carry has a sentence for readers of other languages than English."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from api.web.check_sentences import GIVEN_REASONS, PASSED, SENTENCES, WITHIN, sentence_of, sentence_of_code
from api.web.visits import Visit, _visit
from ledger.verifying.report import CHECK_IDS, Check, Outcome
from ledger.verifying.status import NO_REASON, REASONS

FORMAT = (Path(__file__).resolve().parents[3] / "docs" / "format.md").read_text(encoding="utf-8")
VERDICTS = {"ok", "valid", "check_not_run"}


def documented() -> set[str]:
    """The codes of the table of codes, which another test compares with the verifier."""
    table = FORMAT[FORMAT.index("| check | outcome | code | when |") :].split("\n\n", 1)[0].splitlines()[2:]
    return {code for line in table for code in re.findall(r"`([a-z_]+)`", line.split("|")[3])}


def test_every_code_has_a_sentence_and_every_sentence_a_code() -> None:
    assert len(documented()) > 120
    assert set(SENTENCES) == documented() | VERDICTS
    assert set(PASSED) == set(CHECK_IDS)
    assert {check for check, _ in WITHIN} <= set(CHECK_IDS)
    assert {code for _, code in WITHIN} <= set(SENTENCES)


def test_every_reason_for_a_change_of_status_can_be_said() -> None:
    assert set(GIVEN_REASONS) == set(REASONS.values())


@pytest.mark.parametrize("code", ["revoked", "suspended", "batch_withdrawn"])
@pytest.mark.parametrize("language", ["ms", "ar"])
def test_the_reason_of_the_issuer_is_said_too(language: str, code: str) -> None:
    token = _visit.set(Visit(language))
    try:
        said = {
            sentence_of(Check("status", Outcome.INVALID, code, "x", {"reason": reason}))
            for reason in (*REASONS.values(), NO_REASON)
        }
        assert len(said) == len(REASONS) + 1
        assert all(one.startswith(sentence_of_code(code)) and "error" not in one for one in said)
    finally:
        _visit.reset(token)


def test_what_could_not_be_checked_never_sounds_like_a_verdict() -> None:
    unknown = {
        code
        for line in FORMAT.splitlines()
        if "| indeterminate |" in line
        for code in re.findall(r"`([a-z_]+)`", line.split("|")[3])
    }
    for code in unknown & set(SENTENCES):
        assert not re.search(r"\b(forged|fake|false|not valid)\b", SENTENCES[code]), code


@pytest.mark.parametrize("language", ["ms", "ar"])
def test_a_check_is_said_in_the_readers_language(language: str) -> None:
    check = Check("status", Outcome.INVALID, "revoked", "it was revoked on 3 May 2026")
    assert sentence_of(check) == "It was revoked on 3 May 2026."
    token = _visit.set(Visit(language))
    try:
        said = sentence_of(check)
        assert said == sentence_of_code("revoked", "status")
        assert "3 May" not in said
        assert sentence_of_code("ok", "status") != sentence_of_code("ok", "issuer")
        assert sentence_of(Check("status", Outcome.INVALID, "new_code", "something new")) == "Something new."
    finally:
        _visit.reset(token)
