"""Writes docs/interop.md from what the judges say: `python -m tests.interop.report`. A test finds it stale."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import orjson

from ledger.documents import contexts
from tests.interop import node_judges, python_judges
from tests.interop.court import Court
from tests.interop.incoming import Sample, all_judged, documents, samples
from tests.interop.node_judges import NodeJudges, Opinion
from tests.interop.rows import BAD, GOOD, JUDGES, TOKEN_JUDGES, TOKENS, Row
from tests.interop.shapes import SHAPE_JUDGES, SHAPED, judged_shapes

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "interop.md"

HEADS = {
    "vc rdfc": "`vc`, `eddsa-rdfc-2022`",
    "vc jcs": "`vc`, `eddsa-jcs-2022`",
    "verifier-core": "`verifier-core`",
    "openbadgeslib": "`openbadgeslib`",
    "openvc": "`openvc-core`",
    "jsonld safe": "`jsonld`, safe mode",
    "jsonld safe, older badges": "the same, DCC's copy of the badge context",
    "ajv": "`ajv`, 1EdTech's schema",
    "jose": "`jose`",
}
WHO = {
    "vc rdfc": ("@digitalbazaar/vc", "@digitalbazaar/eddsa-rdfc-2022-cryptosuite"),
    "vc jcs": ("@digitalbazaar/vc", "@digitalbazaar/eddsa-jcs-2022-cryptosuite"),
    "verifier-core": ("@digitalcredentials/verifier-core",),
    "openbadgeslib": ("openbadgeslib",),
    "openvc": ("openvc-core",),
    "jsonld safe": ("jsonld",),
    "ajv": ("ajv",),
    "jose": ("jose",),
}
ABOUT = {
    "vc rdfc": "Digital Bazaar's library, with `@digitalbazaar/vc-bitstring-status-list`. It finds a revoked "
    "credential verified; whoever calls it has to read the status beside that, as is done here.",
    "vc jcs": "The same with the other suite alone, which needs no JSON-LD.",
    "verifier-core": "The Digital Credentials Consortium's, in the Learner Credential Wallet and VerifierPlus. It does "
    "not know `eddsa-jcs-2022`, nor look into a record.",
    "openbadgeslib": "Badges by its verifier with their status; it reads status lists signed as JWTs alone, so that "
    "the signature of ours is not checked by it. Records, endorsements and status lists by its check of the proof.",
    "openvc": "Its one call for all kinds, with its own check of the status list.",
    "jsonld safe": "Refuses whatever it would drop. Twice: 1EdTech's published context for badges, and the older copy "
    "that stands under the same address in the packages of the Digital Credentials Consortium.",
    "ajv": "The schemas of Open Badges 3.0 and CLR 2.0, draft 2019-09.",
    "jose": "Signed JWTs, by the key that the issuer's DID document has under the token's `kid`.",
}
INTRODUCTION = """\
# Who accepts what

Other people's verifiers judge what Cairn hands out, and Cairn judges what other people's packages sign. Everything here
was said by their code, on documents that came out of Cairn's pipeline, in a process that can reach no network.
`python3 scripts/test.py --full` asks them again; a test fails if this page says anything else. It is written by
`python -m tests.interop.report`.
"""

OUTGOING = """\
A credential carries `eddsa-rdfc-2022`, `eddsa-jcs-2022` and the anchor proof, in an array. What is to be accepted:
"""
TOKEN = """\
EdDSA, after VC-JOSE-COSE: the payload is the credential with its anchor proof. 1EdTech's validator takes RS256 and
ES256 alone, so not these.
"""
SHAPE = """
The further rules of 1EdTech's public validator that can be asked offline (places of the contexts, types, the key's
name, …) are tests of our own: `tests/interop/validator_rules.py`."""
LOOKED_UP = """\
Contexts that a judge brings along are not looked up. Under `https://cairn.example/` is what Cairn publishes.
"""
INCOMING = """\
The samples in `tests/interop/samples/`, judged by `cairn verify --policy any-issuer` with copies of the documents that
they name, and by two of the judges above. Those have every document, also where Cairn was not given one. Tokens are not
theirs to read.
"""


class Notes:
    """The notes below a table, numbered as they come up."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def mark(self, text: str) -> str:
        return f" ({self._numbers.setdefault(text, len(self._numbers) + 1)})"

    def lines(self) -> list[str]:
        return [f"{number}. {text}" for text, number in self._numbers.items()]


def render(court: Court) -> str:
    """The whole page."""
    parts = [
        INTRODUCTION,
        *_judges(),
        *_outgoing(court),
        *_tokens(court),
        *_shapes(court),
        *_looked_up(court),
        *_incoming(),
    ]
    return "\n".join(parts) + "\n"


def _judges() -> list[str]:
    known = node_judges.versions() | python_judges.versions()
    rows = [
        (HEADS[judge], "<br>".join(f"`{package}` {known[package]}" for package in packages), ABOUT[judge])
        for judge, packages in WHO.items()
    ]
    return ["## The judges\n", *_table(("judge", "packages", ""), rows)]


def _outgoing(court: Court) -> list[str]:
    notes = Notes()
    heads = ("document", *(HEADS[judge] for judge in JUDGES))
    good, bad = ([_outgoing_row(court, row, notes) for row in rows] for rows in (GOOD, BAD))
    return [
        "\n## What Cairn hands out\n",
        OUTGOING,
        *_table(heads, good),
        "\nWhat is to be refused:\n",
        *_table(heads, bad),
        "",
        *notes.lines(),
    ]


def _tokens(court: Court) -> list[str]:
    notes = Notes()
    rows = [_outgoing_row(court, row, notes, TOKEN_JUDGES) for row in TOKENS]
    heads = ("JWT of a", *(HEADS[judge] for judge in TOKEN_JUDGES))
    return ["\n## What Cairn hands out as a JWT\n", TOKEN, *_table(heads, rows), "", *notes.lines()]


def _outgoing_row(court: Court, row: Row, notes: Notes, judges: Sequence[str] = JUDGES) -> list[str]:
    cells = [row.title]
    for judge in judges:
        said = _said(court.opinions(row, judge))
        if judge in row.unlike:
            said = f"**{said}**{notes.mark(row.unlike[judge])}"
        cells.append(said)
    return cells


def _said(opinions: Sequence[Opinion]) -> str:
    accepted = sum(one.accepts for one in opinions)
    if accepted in (0, len(opinions)):
        return "accepts" if accepted else "refuses"
    return f"accepts {accepted} of {len(opinions)}"


def _shapes(court: Court) -> list[str]:
    rows = []
    for title in SHAPED:
        judged_by = judged_shapes(court, title)
        rows.append([title, *(_said(judged_by[judge]) if judge in judged_by else "–" for judge in SHAPE_JUDGES)])
    return [
        "\n## What shape it has\n",
        *_table(("document", *(HEADS[judge] for judge in SHAPE_JUDGES)), rows),
        SHAPE,
    ]


def _looked_up(court: Court) -> list[str]:
    rows = [
        [HEADS[judge], *(_addresses(court.looked_up(GOOD[place], judge)) for place in (0, _place("record of two")))]
        for judge in JUDGES
    ]
    return [
        "\n## What they look up\n",
        LOOKED_UP,
        *_table(("judge", "for credentials", "for a record"), rows),
    ]


def _place(title: str) -> int:
    return next(place for place, row in enumerate(GOOD) if row.title == title)


def _addresses(urls: Iterable[str]) -> str:
    return "<br>".join(f"`{url}`" for url in sorted(urls)) or "nothing"


def _incoming() -> list[str]:
    ours, theirs = all_judged(), _by_their_makers(samples())
    rows = [
        [
            sample.name,
            sample.about,
            *(theirs[sample.name]),
            ours[sample.name].verdict
            + ("" if ours[sample.name].verdict == "valid" else f": `{ours[sample.name].code}`"),
        ]
        for sample in samples()
    ]
    heads = ("sample", "what it is", "`vc`, all suites", "`verifier-core`", "Cairn")
    return [
        "\n## What Cairn makes of other people's credentials\n",
        INCOMING,
        *_table(heads, rows),
    ]


def _by_their_makers(chosen: Sequence[Sample]) -> dict[str, tuple[str, str]]:
    """What Digital Bazaar's vc and verifier-core say of each sample."""
    web = {url: contexts.load(url) for url in contexts.CONTEXTS} | {
        url: _json(path) for url, path in documents().items()
    }
    said = {}
    with NodeJudges() as judges:
        judges.give(web)
        for sample in chosen:
            if sample.is_token:
                said[sample.name] = ("–", "–")
                continue
            first, second = (judges.judge(judge, sample.content) for judge in ("vc any", "verifier-core"))
            said[sample.name] = (_said([first]), _said([second]))
    return said


def _json(path: Path) -> object:
    return orjson.loads(path.read_bytes())


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in (heads, ["---"] * len(heads), *rows)]


def main() -> int:
    with tempfile.TemporaryDirectory() as folder, Court(Path(folder)) as court:
        DOCUMENT.write_text(render(court), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
