"""Each branch of a contract's .tree file has its Foundry test and each test its branch, by name; needs no compiler.

A tree is text that a person can review who reads no Solidity: a condition ("when …" for what is called, "given …" for
what was before) and under it what should happen. Its test is named after the condition, and shows what the tree
promises: the error that it reverts with, the event that it emits.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "contracts" / "test"
ABI = json.loads((ROOT / "ledger/chain/artifacts/CredentialRegistry.json").read_text(encoding="utf-8"))["abi"]
TREES = sorted(FOLDER.glob("*.tree"))
TEST_FUNCTION = re.compile(r"^    function test(?:Fuzz)?_(\w+)\((.*?)^    }$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Branch:
    """One condition and the sentences under it."""

    condition: str
    promises: tuple[str, ...]

    @property
    def test_name(self) -> str:
        """`given the key is new` → `GivenTheKeyIsNew`, and `RevertGiven_…` where the call should revert."""
        word, *rest = self.condition.split()
        name = "".join(part[0].upper() + part[1:] for part in re.findall(r"\w+", " ".join(rest)))
        reverts = self.promises[0].startswith("it should revert")
        return f"Revert{word.title()}_{name}" if reverts else f"{word.title()}{name}"


def branches(tree: Path) -> Iterator[Branch]:
    """The branches of a tree, in order. A line's place in the tree is the length of what is drawn before it."""
    title, *lines = tree.read_text(encoding="utf-8").splitlines()
    assert title == tree.stem
    condition, promises = "", list[str]()
    for line in lines:
        drawn, text = re.fullmatch(r"([│├└─ ]+)(.+)", line).groups()  # type: ignore[union-attr]
        if len(drawn) == 4:
            if condition:
                yield Branch(condition, tuple(promises))
            condition, promises = text, []
        else:
            assert len(drawn) == 8, line
            promises.append(text)
    yield Branch(condition, tuple(promises))


def solidity_tests(tree: Path) -> dict[str, str]:
    """The bodies of the tests beside a tree, by name without `test_`."""
    found = TEST_FUNCTION.findall(tree.with_suffix(".t.sol").read_text(encoding="utf-8"))
    assert len({name for name, _ in found}) == len(found)
    return dict(found)


def source_of(tree: Path) -> str:
    """The tests beside a tree, and before them the files of the folder that they import."""
    tests = tree.with_suffix(".t.sol").read_text(encoding="utf-8")
    imported = re.findall(r'"\./(\w+\.sol)"', tests)
    return "".join((FOLDER / name).read_text(encoding="utf-8") for name in imported) + tests


def promised(kind: str, pattern: str) -> set[str]:
    """The names of that kind (error, event) that the promises of all trees mention after the pattern."""
    names = {entry["name"] for entry in ABI if entry["type"] == kind}
    texts = [promise for tree in TREES for branch in branches(tree) for promise in branch.promises]
    return {name for text in texts for name in re.findall(pattern, text) if name in names}


def test_there_are_trees() -> None:
    assert len(TREES) > 10


@pytest.mark.parametrize("tree", TREES, ids=lambda tree: tree.stem)
def test_a_tree_and_its_tests_name_the_same_branches_in_the_same_order(tree: Path) -> None:
    assert [branch.test_name for branch in branches(tree)] == list(solidity_tests(tree))


@pytest.mark.parametrize("tree", TREES, ids=lambda tree: tree.stem)
def test_every_branch_says_how_it_begins_and_what_should_happen(tree: Path) -> None:
    for branch in branches(tree):
        assert re.match(r"(when|given) ", branch.condition), branch
        assert branch.promises, branch
        assert all(promise.startswith("it should ") for promise in branch.promises), branch


@pytest.mark.parametrize("tree", TREES, ids=lambda tree: tree.stem)
def test_a_test_shows_the_event_that_its_branch_promises(tree: Path) -> None:
    bodies = solidity_tests(tree)
    for branch in branches(tree):
        for event in re.findall(r"should emit (\w+)", " ".join(branch.promises)):
            assert f"emit ICredentialRegistry.{event}(" in bodies[branch.test_name], branch


@pytest.mark.parametrize("tree", TREES, ids=lambda tree: tree.stem)
def test_a_test_shows_the_error_that_its_branch_promises(tree: Path) -> None:
    source = source_of(tree)
    bodies = solidity_tests(tree)
    for branch in branches(tree):
        for error in re.findall(r"should revert with (\w+)", " ".join(branch.promises)):
            body = bodies[branch.test_name]
            helper = f"_expect{error}("  # a function of the test or of what it builds on that expects this very error
            assert any(way in body for way in (f"{error}.selector", helper, f"{error}(uint256)")), branch
            assert helper not in body or f"{error}.selector" in source, branch


def test_no_test_stands_without_a_tree() -> None:
    assert {path.name.removesuffix(".t.sol") for path in FOLDER.glob("*.t.sol")} == {tree.stem for tree in TREES}


def test_each_invariant_says_where_it_is_shown_and_is_shown_there() -> None:
    tree = FOLDER / "stateful" / "invariants.tree"
    places = {branch.condition.split()[0]: branch.promises for branch in branches(tree)}
    assert list(places) == [f"I{number}" for number in range(1, 13)]
    for place in (place for found in places.values() for place in found):
        function, _, path = place.rpartition(" in ")
        source = (ROOT / path).read_text(encoding="utf-8")
        assert not function or f"    function {function}(" in source, place


def test_each_invariant_of_the_campaign_is_listed_and_asked_for() -> None:
    source = (FOLDER / "stateful" / "invariants.t.sol").read_text(encoding="utf-8")
    functions = re.findall(r"^    function (I\d+_\w+)\(\) external view {$", source, re.MULTILINE)
    assert functions == re.findall(r'^            "(I\d+_\w+)\(\)",?$', source, re.MULTILINE)
    tree = (FOLDER / "stateful" / "invariants.tree").read_text(encoding="utf-8")
    assert functions == re.findall(r"(I\d+_\w+) in contracts/test/stateful/invariants\.t\.sol", tree)


def test_every_function_of_the_registry_has_its_tree() -> None:
    functions = {entry["name"] for entry in ABI if entry["type"] == "function"}
    getters = (FOLDER / "getters.tree").read_text(encoding="utf-8")
    assert {name for name in functions if name not in {tree.stem for tree in TREES} and name not in getters} == set()


@pytest.mark.parametrize(("kind", "pattern"), [("error", r"revert with (\w+)"), ("event", r"emit (\w+)")])
def test_every_error_and_every_event_is_promised_by_some_branch(kind: str, pattern: str) -> None:
    assert promised(kind, pattern) == {entry["name"] for entry in ABI if entry["type"] == kind}
