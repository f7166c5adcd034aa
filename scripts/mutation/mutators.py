"""Small wrong changes of Solidity source, found by rules over its text without comments and strings.

A change that does not compile costs little, so the rules need not know types. The same source gives the same mutants
in the same order.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

SWAPS: dict[str, tuple[str, ...]] = {
    "<": ("<=", ">="),
    "<=": ("<", ">"),
    ">": (">=", "<="),
    ">=": (">", "<"),
    "==": ("!=",),
    "!=": ("==",),
    "&&": ("||",),
    "||": ("&&",),
    "+": ("-",),
    "-": ("+",),
    "/": ("*",),
    "&": ("|", "^"),
    "|": ("&", "^"),
    "^": ("&", "|"),
    ">>": ("<<",),
    "<<": (">>",),
    ">>=": ("<<=",),
}
FAMILIES = (
    ("true", "false"),
    ("ANCHOR", "REVOKE"),
    ("DOMAIN_TYPE", "ACT_TYPE"),
    ("NAME", "VERSION"),
    ("_revoked", "_suspended"),
    (".validFrom", ".validUntil"),
    ("StatusAction.Revoke", "StatusAction.Suspend", "StatusAction.Reinstate"),
    ("this.anchor.selector", "this.withdraw.selector", "this.setStatus.selector"),
    (
        "CheckResult.NotAnchored",
        "CheckResult.Withdrawn",
        "CheckResult.NotIncluded",
        "CheckResult.Revoked",
        "CheckResult.Suspended",
        "CheckResult.Valid",
    ),
)
"""Names that stand for values of one type: each is replaced by the next of its family."""

NOT_CODE = re.compile(r"//[^\n]*|/\*.*?\*/|(?:\bhex)?\"[^\"\n]*\"|^(?:pragma|import)[^;]*;", re.DOTALL | re.MULTILINE)
STRING = re.compile(r"(hex)?\"([^\"\n]+)\"")
NUMBER = re.compile(r"\b(?:0x[0-9a-fA-F]+|\d[\d_]*)\b")
STATEMENT = re.compile(
    r"(?!mapping|assembly)(?:emit )?[A-Za-z_]\w*(?:\.\w+|\[[^;=]*?\])*(?: [|^&]?(?:>>|<<)?:?= |\()[^;]*;"
)
YUL_ASSIGNMENT = re.compile(r"^ +(\w+ := .*)$", re.MULTILINE)
CONDITION = re.compile(r"\b(?:if|while) (?=\()")
CALL = re.compile(r"(?<![\w.])(?!mapping\b)(?:[\w.]+)(?=\()")
INDEXED = re.compile(r"\[([\w.]+)\]\[([\w.]+)\]")


@dataclass(frozen=True)
class Mutant:
    """One change of one file: the text from `start` to `end` becomes `replacement`."""

    path: str
    operator: str
    start: int
    end: int
    replacement: str

    def apply(self, source: str) -> str:
        return source[: self.start] + self.replacement + source[self.end :]

    def line(self, source: str) -> int:
        return source.count("\n", 0, self.start) + 1

    def function(self, source: str) -> str:
        """The name of the function that it is in, or of the last one before it; empty before the first."""
        names = re.findall(r"^ +function (\w+)", source[: self.start], re.MULTILINE)
        return names[-1] if names else ""

    def change(self, source: str) -> str:
        """`before → after`, each on one line."""
        before = " ".join(source[self.start : self.end].split())
        return f"{before} → {' '.join(self.replacement.split()) or '(nothing)'}"

    def id(self, source: str) -> str:
        """The same for the same change of the same text, wherever other lines move it."""
        first = source.rfind("\n", 0, self.start) + 1
        last = source.find("\n", self.end)
        lines = source[first:last]
        change = (self.start - first, self.end - first, self.replacement, source[:first].count(lines))
        return hashlib.sha256("\0".join((self.path, lines, *map(str, change))).encode()).hexdigest()[:12]


def code_of(source: str) -> str:
    """The source with blanks for comments, strings, pragma and imports: every place stays where it was."""
    return NOT_CODE.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), source)


def mutants_of(path: str, source: str) -> list[Mutant]:
    """All mutants of a file, in the order of their places, none twice."""
    code = code_of(source)
    found: dict[str, Mutant] = {}
    for start, end, replacement, operator in _changes(source, code):
        mutant = Mutant(path, operator, start, end, replacement)
        text = mutant.apply(source)
        if text != source:
            found.setdefault(text, mutant)
    return sorted(found.values(), key=lambda one: (one.start, one.end, one.replacement))


Change = tuple[int, int, str, str]


def _changes(source: str, code: str) -> Iterator[Change]:
    yield from _operators(code)
    yield from _conditions(code)
    yield from _statements(code)
    yield from _numbers(code)
    yield from _names(code)
    yield from _arguments(source, code)
    yield from _strings(source)


def _operators(code: str) -> Iterator[Change]:
    for found in re.finditer(r"(?<= )(?:[<>=!]=|[<>]|&&|\|\||[-+/&|^]|>>=|>>|<<)(?= |\n)", code):
        for other in SWAPS[found.group()]:
            yield *found.span(), other, "operator"
    for found in re.finditer(r"~|(?<=[(= ])!(?=[\w(])", code):
        yield *found.span(), "", "complement"
    for found in re.finditer(r"\+\+", code):
        yield *found.span(), "--", "operator"


def _conditions(code: str) -> Iterator[Change]:
    for found in CONDITION.finditer(code):
        start, end = found.end() + 1, closing(code, found.end())
        after = code[end + 1 :].lstrip(" {\n")
        yield start, end, f"!({code[start:end]})", "negation"
        yield start, end, "false", "guard removed" if after.startswith("revert") else "never"
        if not after.startswith("revert") and found.group() == "if ":
            yield start, end, "true", "always"


def _statements(code: str) -> Iterator[Change]:
    for found in STATEMENT.finditer(code):
        before = code[: found.start()].rstrip()
        if before.endswith((";", "{", "}", ")", " else")):
            yield *found.span(), "{}", "statement removed"
    for found in re.finditer(r"\breturn;", code):
        yield *found.span(), "{}", "statement removed"
    for found in YUL_ASSIGNMENT.finditer(code):
        yield *found.span(1), "", "statement removed"


def _numbers(code: str) -> Iterator[Change]:
    for found in NUMBER.finditer(code):
        text = found.group()
        value = int(text.replace("_", ""), 0)
        for other in (value + 1, value - 1):
            if other >= 0:
                written = f"0x{other:0{len(text) - 2}x}" if text.startswith("0x") else str(other)
                yield *found.span(), written, "constant"
    for found in re.finditer(r"\btype\(\w+\)\.max", code):
        yield *found.span(), f"{found.group()} - 1", "constant"


def _names(code: str) -> Iterator[Change]:
    for family in FAMILIES:
        for name, other in zip(family, (*family[1:], family[0]), strict=True):
            for found in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", code):
                if "=" not in code[found.end() : found.end() + 3] or name.startswith("."):
                    yield *found.span(), other, "name"


def _arguments(source: str, code: str) -> Iterator[Change]:
    for found in CALL.finditer(code):
        if not code[: found.start()].endswith(("function ", "event ", "error ")):
            parts = list(_parts(code, found.end() + 1, closing(code, found.end())))
            for (start, end), (next_start, next_end) in pairwise(parts):
                swapped = source[next_start:next_end] + source[end:next_start] + source[start:end]
                yield start, next_end, swapped, "arguments swapped"
    for found in INDEXED.finditer(code):
        yield *found.span(), f"[{found[2]}][{found[1]}]", "arguments swapped"


def _strings(source: str) -> Iterator[Change]:
    code = NOT_CODE.sub(lambda found: found.group() if found.group()[-1] == '"' else " " * len(found.group()), source)
    for found in STRING.finditer(code):
        start, end = found.span(2)
        for place in sorted({start, (start + end) // 2, end - 1}):
            character = source[place]
            other = f"{(int(character, 16) + 1) % 16:x}" if found[1] else chr(ord(character) ^ 1)
            yield place, place + 1, other, "string"


def closing(code: str, opening: int) -> int:
    """The place of the bracket that closes the one at `opening`."""
    depth = 0
    for place in range(opening, len(code)):
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(code[place], 0)
        if depth == 0:
            return place
    raise ValueError(f"nothing closes the bracket at {opening}")


def _parts(code: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The places of the arguments between two brackets, without blanks; of `({name: value})` those of the values."""
    inner = code[start:end]
    if inner.startswith("{"):
        start, end = start + 1, end - 1
    begin = place = start
    while place <= end:
        if place < end and code[place] in "([{":
            place = closing(code, place)
        elif place == end or code[place] == ",":
            text = code[begin:place]
            named = re.match(r"\s*\w+: ", text) if inner.startswith("{") else re.match(r"\s*", text)
            if text.strip() and named:
                yield begin + named.end(), begin + len(text.rstrip())
            begin = place + 1
        place += 1
