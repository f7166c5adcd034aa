"""The mutants of the registry contract: which changes are made, and that nothing but code is changed; no compiler."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from scripts.build_artifacts import SOURCES
from scripts.mutate_contract import Result, all_mutants, id_of, known_equivalents, report, score, source_of
from scripts.mutation.mutators import closing, code_of, mutants_of

ROOT = Path(__file__).parents[2]


def changes(source: str) -> set[str]:
    """What each mutant makes of one line."""
    return {mutant.apply(source) for mutant in mutants_of("a.sol", source)}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = a < b;", {"x = a <= b;", "x = a >= b;"}),
        ("x = a && b;", {"x = a || b;"}),
        ("x = a ^ ~b;", {"x = a & ~b;", "x = a | ~b;", "x = a ^ b;"}),
        ("x >>= y;", {"x <<= y;"}),
        ("x = 255;", {"x = 256;", "x = 254;"}),
        ("x = 0;", {"x = 1;"}),
        ("x = 0x0f;", {"x = 0x10;", "x = 0x0e;"}),
        ("return true;", {"return false;"}),
        ('NAME = "ac";', {'NAME = "`c";', 'NAME = "ab";'}),
        ('f(hex"19");', {'f(hex"29");', 'f(hex"1a");'}),
        ("x = type(uint64).max;", {"x = type(uint64).max - 1;"}),
        ("_anchors[issuerId][root].y();", {"_anchors[root][issuerId].y();"}),
        ("x = StatusAction.Revoke;", {"x = StatusAction.Suspend;"}),
    ],
)
def test_a_rule_makes_these_changes(source: str, expected: set[str]) -> None:
    assert expected <= changes(source)
    assert changes(source) - expected <= {"{}"}, "nothing else, but that the statement may be removed"


def test_a_condition_is_negated_and_its_guard_removed() -> None:
    source = "if (a(b)) revert No(a);"
    assert changes(source) == {"if (!(a(b))) revert No(a);", "if (false) revert No(a);"}


def test_a_branch_is_taken_always_and_never() -> None:
    source = "if (found) return;"
    made = changes(source)
    assert made == {"if (!(found)) return;", "if (false) return;", "if (true) return;", "if (found) {}"}


@pytest.mark.parametrize("statement", ["x = y;", "emit Told(x);", "_requireAdmin(x);", "x.push(y);", "x[y].z = y;"])
def test_a_statement_is_removed(statement: str) -> None:
    assert "{ {} }" in changes(f"{{ {statement} }}")


def test_a_statement_after_else_is_removed() -> None:
    assert "if (a) x = b; else {}" in changes("if (a) x = b; else x = c;")


def test_an_expression_within_a_statement_is_no_statement() -> None:
    source = "{ x = keccak256(\n    abi.encode(a)\n); }"
    assert changes(source) == {"{ {} }"}


def test_neighbouring_arguments_are_swapped_in_calls_and_in_structs() -> None:
    assert {"{ emit Told(b, a, f(c)); }", "{ emit Told(a, f(c), b); }"} <= changes("{ emit Told(a, b, f(c)); }")
    assert "{ x = Period({from: b, until: a}); }" in changes("{ x = Period({from: a, until: b}); }")


def test_parameters_of_a_declaration_are_not_swapped() -> None:
    assert changes("function f(uint256 a, uint256 b) private {}") == set()


@pytest.mark.parametrize(
    "source", ["// x < 1 && y\n", "/* if (x) return 1; */", "pragma solidity 0.8.37;", 'import {A} from "./A.sol";']
)
def test_comments_and_imports_are_left_alone(source: str) -> None:
    assert changes(source) == set()


def test_code_keeps_its_places() -> None:
    source = source_of(SOURCES[0])
    code = code_of(source)
    assert len(code) == len(source)
    assert all(left in (right, " ") for left, right in zip(code, source, strict=True))


def test_a_bracket_that_is_never_closed_is_an_error() -> None:
    assert closing("f(a[b], {c})", 1) == 11
    with pytest.raises(ValueError, match="nothing closes"):
        closing("f(a", 1)


def test_each_mutant_of_the_contract_changes_it_and_has_its_own_id() -> None:
    mutants = all_mutants()
    assert len(mutants) > 600
    assert len({id_of(mutant) for mutant in mutants}) == len(mutants)
    assert all(mutant.apply(source_of(mutant.path)) != source_of(mutant.path) for mutant in mutants)
    assert mutants == all_mutants()


def test_an_id_outlives_lines_that_are_added_elsewhere() -> None:
    source = "{\n    x = a < b;\n}\n"
    before = [mutant.id(source) for mutant in mutants_of("a.sol", source)]
    longer = "\n// a comment\n" + source
    assert [mutant.id(longer) for mutant in mutants_of("a.sol", longer)] == before


def test_every_file_with_code_has_mutants() -> None:
    counts = Counter(mutant.path for mutant in all_mutants())
    assert set(counts) == set(SOURCES) - {"src/ICredentialRegistry.sol"}


def test_each_equivalent_mutant_is_one_that_is_made_and_has_a_reason() -> None:
    ids = {id_of(mutant) for mutant in all_mutants()}
    for key, reason in known_equivalents().items():
        assert key in ids
        assert len(reason.split()) > 4, key


def test_the_report_names_survivors_and_ends_with_the_score() -> None:
    mutants = [one for one in all_mutants() if id_of(one) not in known_equivalents()][:4]
    statuses = ("killed", "survived", "stillborn", "killed")
    results = {id_of(one): Result(status) for one, status in zip(mutants, statuses, strict=True)}
    first, *_, last = report(mutants, results)
    assert first.startswith(f"survived {id_of(mutants[1])} contracts/{mutants[1].path}:")
    assert last.strip() == "mutants=4 killed=2 survived=1 equivalent=0 stillborn=1 score=66.7%"


def test_what_is_stillborn_or_equivalent_does_not_count() -> None:
    assert score(Counter(killed=19, survived=1, stillborn=50, equivalent=30)) == 95
