"""What is compared: the acts, what each cost in each system, and what a chain can tell of it afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

ACTS = {
    "deploy": "put the contract on the chain",
    "issuer": "set up an issuer",
    "key": "publish a signing key",
    "accredit": "recognise an issuer",
    "anchor_1": "anchor a batch of 1",
    "anchor_million": "anchor a batch of 1,000,000",
    "anchor_most": "anchor a batch of 4,294,967,295",
    "anchor_ten": "anchor 10 batches at once",
    "sponsored_first": "anchor what another account signed, its first",
    "sponsored_later": "anchor what another account signed, a later one",
    "withdraw": "withdraw a whole batch",
    "revoke_fresh": "revoke one credential",
    "revoke_used": "revoke one more beside it",
    "revoke_256": "revoke 256 neighbours",
    "revoke_10240": "revoke 10,240 neighbours",
    "check_million": "check one of 1,000,000 on chain",
}

QUESTIONS = {
    "issuer": "who issued",
    "time": "when",
    "size": "how many",
    "batch": "batch withdrawn",
    "status": "one credential revoked",
    "accreditation": "issuer recognised then",
    "key": "key valid then",
}


@dataclass(frozen=True)
class Figure:
    """Gas of whole transactions, calldata and the 21,000 of each included, that together dealt with `things`."""

    call: str
    gas: int
    transactions: int = 1
    things: int = 1
    remark: str = ""


@dataclass(frozen=True)
class Missing:
    """The system has no such act, and why."""

    reason: str


Cell = tuple[Figure, ...] | Missing


@dataclass(frozen=True)
class Answer:
    """How a question is answered by the chain: by `reading`, whose answer was compared in the run, or `missing`."""

    reading: str = ""
    missing: str = ""


@dataclass(frozen=True)
class System:
    """One system: its column's `name`, where its contracts come from, and what was measured of them."""

    name: str
    package: str
    version: str
    licence: str
    code: str
    """How the byte-code was made."""
    acts: Mapping[str, Cell]
    answers: Mapping[str, Answer]


@dataclass(frozen=True)
class Results:
    """One run."""

    node: str
    hardfork: str
    systems: tuple[System, ...]


def as_json(results: Results) -> dict[str, Any]:
    """Inverse of `from_json`. Missing acts and answers keep their reason under `none`."""
    return {
        "generatedBy": "python -m benchmarks.gas",
        "node": results.node,
        "hardfork": results.hardfork,
        "systems": [
            {
                "name": system.name,
                "package": system.package,
                "version": system.version,
                "licence": system.licence,
                "code": system.code,
                "acts": {act: _cell_as_json(system.acts[act]) for act in ACTS},
                "answers": {question: _answer_as_json(system.answers[question]) for question in QUESTIONS},
            }
            for system in results.systems
        ],
    }


def from_json(document: Mapping[str, Any]) -> Results:
    """Raises `KeyError` for a document that lacks an act, a question or a fact."""
    return Results(
        document["node"],
        document["hardfork"],
        tuple(
            System(
                system["name"],
                system["package"],
                system["version"],
                system["licence"],
                system["code"],
                {act: _cell_from_json(system["acts"][act]) for act in ACTS},
                {question: _answer_from_json(system["answers"][question]) for question in QUESTIONS},
            )
            for system in document["systems"]
        ),
    )


def _cell_as_json(cell: Cell) -> object:
    return {"none": cell.reason} if isinstance(cell, Missing) else [asdict(figure) for figure in cell]


def _cell_from_json(cell: Any) -> Cell:
    return Missing(cell["none"]) if isinstance(cell, dict) else tuple(Figure(**figure) for figure in cell)


def _answer_as_json(answer: Answer) -> dict[str, str]:
    return {"none": answer.missing} if answer.missing else {"reading": answer.reading}


def _answer_from_json(answer: Any) -> Answer:
    return Answer(answer.get("reading", ""), answer.get("none", ""))
