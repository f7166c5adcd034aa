"""How fast documents are read and made canonical, and whether our canonical form is RFC 8785 to the byte.

    python benchmarks/canonical.py [documents]

Compares 100,000 random documents with the reference library, then measures CPU time on a credential of ours: the best
of seven rounds, since other work on the machine can only make a round slower.
"""

from __future__ import annotations

import json
import platform
import random
import struct
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import orjson
import rfc8785

from ledger.documents.canonical import canonicalize, digest
from ledger.documents.strict_json import parse
from tests.builders import a_credential

ALPHABETS = (
    'abcdefgh :"\\/',
    "äöüéß€",
    "学習者评价",
    "\x00\x01\b\t\n\f\r\x1f\x7f\x80\u2028\u2029",
    "🎓👩‍🎓𝔘",
    "\ue000\ufb33\uffff",
)


def text(rng: random.Random) -> str:
    alphabet = rng.choice(ALPHABETS) if rng.random() < 0.9 else "".join(ALPHABETS)
    return "".join(rng.choices(alphabet, k=rng.randrange(12)))


def number(rng: random.Random) -> float:
    kind = rng.randrange(6)
    if kind == 0:
        return rng.randrange(-(2**53) + 1, 2**53)
    if kind == 1:
        return rng.randrange(-1000, 1000)
    if kind == 2:
        return round(rng.uniform(-1000, 1000), rng.randrange(4))
    if kind == 3:
        return float(rng.randrange(10**16))
    if kind == 4:
        return rng.random() * 10.0 ** rng.randrange(-10, 25)
    value: float = struct.unpack(">d", rng.randbytes(8))[0]
    return value if value - value == 0 else 0.0  # neither infinite nor NaN


def value(rng: random.Random, depth: int) -> Any:
    kind = rng.randrange(8 if depth else 5)
    if kind < 2:
        return text(rng)
    if kind == 2:
        return rng.choice((None, True, False))
    if kind < 5:
        return number(rng)
    if kind == 5:
        return [value(rng, depth - 1) for _ in range(rng.randrange(4))]
    return {text(rng): value(rng, depth - 1) for _ in range(rng.randrange(5))}


def microseconds(function: Callable[[], object], rounds: int = 7) -> float:
    count = 1
    while True:
        start = time.process_time()
        for _ in range(count):
            function()
        if time.process_time() - start > 0.02:
            break
        count *= 2
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        for _ in range(count):
            function()
        best = min(best, time.process_time() - start)
    return best / count * 1e6


def compare(count: int) -> int:
    rng = random.Random(8785)  # noqa: S311 the same documents in every run
    equal = 0
    for _ in range(count):
        document = {text(rng): value(rng, 3) for _ in range(rng.randrange(1, 8))}
        equal += canonicalize(document) == rfc8785.dumps(document)
    return equal


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    equal = compare(count)
    credential: Any = a_credential()
    latin = {**credential, "name": "Évaluation des besoins"}
    emoji = {**credential, "name": "Needs Assessment 🎓"}
    data = orjson.dumps(credential)
    indented = json.dumps(credential, indent=2).encode()
    bad = json.dumps({**credential, "name": "x" * 9000}).encode()
    fast, slow = microseconds(lambda: canonicalize(credential)), microseconds(lambda: rfc8785.dumps(credential))

    print(f"Python {platform.python_version()}, orjson {version('orjson')}, rfc8785 {version('rfc8785')}")
    print(f"{equal:,} of {count:,} random documents are equal to the byte")
    print(f"a credential of {len(data):,} bytes, CPU microseconds:")
    print(f"  canonicalize            {fast:8.1f}")
    print(f"  … with accents          {microseconds(lambda: canonicalize(latin)):8.1f}")
    print(f"  … with an emoji         {microseconds(lambda: canonicalize(emoji)):8.1f}")
    print(f"  … and digest            {microseconds(lambda: digest(credential)):8.1f}")
    print(f"  rfc8785 alone           {slow:8.1f}  ({slow / fast:.0f} times as long)")
    print(f"  parse, compact          {microseconds(lambda: parse(data)):8.1f}")
    print(f"  parse, indented         {microseconds(lambda: parse(indented)):8.1f}")
    print(f"  orjson alone            {microseconds(lambda: orjson.loads(data)):8.1f}")
    print(f"  json alone              {microseconds(lambda: json.loads(data)):8.1f}")
    print(f"  refusing a long string  {microseconds(lambda: refusal(bad)):8.1f}")
    if equal != count or slow < 10 * fast:
        raise SystemExit("the fast path is not equal, or not ten times as fast")


def refusal(data: bytes) -> str:
    from ledger.errors import MalformedDocument

    try:
        parse(data)
    except MalformedDocument as error:
        return error.code
    raise AssertionError


if __name__ == "__main__":
    main()
