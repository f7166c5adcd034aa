"""`docs/registry.md` says what the sources say, and cannot be made from sources that say too little."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from scripts.build_artifacts import ARTIFACT, CONTRACTS, SOURCES
from scripts.build_contract_reference import INTERFACE, REFERENCE, committed_reference, digest, reference
from scripts.contract_natspec import ReferenceIncomplete, declarations, reached, rights


def source(path: str) -> str:
    return (CONTRACTS / path).read_text(encoding="utf-8")


def implementation() -> list[str]:
    return [source(path) for path in SOURCES if path != INTERFACE]


def artifact() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(ARTIFACT.read_text(encoding="utf-8"))
    return document


def changed(pattern: str, replacement: str, text: str) -> str:
    """The text with exactly one place changed."""
    result, count = re.subn(pattern, replacement, text, flags=re.DOTALL)
    assert count == 1
    return result


def test_the_reference_is_made_from_the_sources_and_the_artifact_as_they_are() -> None:
    assert REFERENCE.read_text(encoding="utf-8") == committed_reference(), (
        "stale: python -m scripts.build_contract_reference"
    )


def test_every_function_event_and_error_of_the_abi_has_a_row() -> None:
    document = REFERENCE.read_text(encoding="utf-8")
    rows = {line.split("(")[0].removeprefix("| `") for line in document.splitlines() if line.startswith("| `")}
    assert {entry["name"] for entry in artifact()["abi"]} <= rows


@pytest.mark.parametrize(
    ("pattern", "missing"),
    [
        (r"Proposes the next admin \(zero takes a proposal back\)\. Only the admin\. ", "proposeAdmin: one sentence"),
        (r"It never\s+/// lifts a revocation\.", "setStatus: a sentence"),
        (r"/// @notice Anchors a batch\. ", "anchor: a sentence must say what it does"),
    ],
)
def test_a_function_that_says_too_little_stops_the_reference(pattern: str, missing: str) -> None:
    replacement = "/// @notice " if pattern.startswith("///") else ""
    with pytest.raises(ReferenceIncomplete, match=re.escape(missing)):
        reference(changed(pattern, replacement, source(INTERFACE)), implementation(), artifact())


def test_a_function_that_says_twice_who_may_call_it_stops_the_reference() -> None:
    twice = "Only the proposed admin. Anyone may call it. "
    interface = changed(r"Only the proposed admin\. ", twice, source(INTERFACE))
    with pytest.raises(ReferenceIncomplete, match="acceptAdmin: one sentence"):
        reference(interface, implementation(), artifact())


def test_a_view_that_says_nothing_stops_the_reference() -> None:
    interface = changed(r"/// @notice The revoked and the suspended bits of one word\.\n", "\n", source(INTERFACE))
    with pytest.raises(ReferenceIncomplete, match="statusWord: a view must say"):
        reference(interface, implementation(), artifact())


def test_a_source_that_the_abi_does_not_know_stops_the_reference() -> None:
    interface = changed(r"function cancelNonce\(", "function dropNonce(", source(INTERFACE))
    with pytest.raises(ReferenceIncomplete, match=r"\['cancelNonce', 'dropNonce'\]"):
        reference(interface, implementation(), artifact())


def test_an_error_that_no_function_reaches_stops_the_reference() -> None:
    sources = [text.replace("revert IssuerUnknown(", "revert IssuerMissing(") for text in implementation()]
    with pytest.raises(ReferenceIncomplete, match="accredit uses IssuerMissing"):
        reference(source(INTERFACE), sources, artifact())
    sources = [re.sub(r"if \([^\n]*revert IssuerUnknown[^\n]*", "", text) for text in implementation()]
    with pytest.raises(ReferenceIncomplete, match="nothing uses IssuerUnknown"):
        reference(source(INTERFACE), sources, artifact())


def test_errors_are_found_in_what_a_function_calls_in_the_order_of_its_checks() -> None:
    assert reached(implementation(), "revert")("withdrawFor") == [
        "NotOperator",
        "DeadlinePassed",
        "NonceAlreadySpent",
        "SignatureInvalid",
        "ReasonInvalid",
        "NotAnchored",
        "AlreadyWithdrawn",
    ]
    assert reached(implementation(), "emit")("accredit") == ["AccreditationEnded", "Accredited"]


def test_what_is_commented_out_or_quoted_is_not_reached() -> None:
    text = 'function act() external { // revert First()\n string memory said = "revert Second()"; revert Third(); }'
    assert reached([text], "revert")("act") == ["Third"]


def test_a_function_that_calls_itself_is_read_once() -> None:
    text = "function act() external { _step(); }\nfunction _step() private { if (a) _step(); revert Lost(); }"
    assert reached([text], "revert")("act") == ["Lost"]


def test_selectors_and_topics_are_those_of_the_standards() -> None:
    """ERC-5267 and ERC-20 publish theirs."""
    domain = next(entry for entry in artifact()["abi"] if entry.get("name") == "eip712Domain")
    assert digest(domain)[:8] == "84b0196e"
    transfer = {"name": "Transfer", "inputs": [{"type": "address"}, {"type": "address"}, {"type": "uint256"}]}
    assert digest(transfer) == "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"


def test_a_notice_is_taken_apart_by_sentences() -> None:
    said = rights(declarations(source(INTERFACE))["function", "anchor"])
    assert said.does == "Anchors a batch."
    assert said.who == "Only an operator with ANCHOR"
    assert "never" in said.never


def test_code_that_goes_on_in_the_next_line_gains_no_space() -> None:
    """The type that operators sign is hashed as it stands."""
    act_type = re.search(r'"(SponsoredAct\([^"]*\))"', source("src/SponsoredActs.sol"))
    assert act_type
    assert f"`{act_type[1]}`" in REFERENCE.read_text(encoding="utf-8")
