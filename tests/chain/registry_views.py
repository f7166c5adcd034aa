"""Everything that can be read of a registry, compared with its model at the end of a sequence."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from eth_abi.abi import decode as abi_decode
from eth_abi.abi import encode as abi_encode
from eth_utils.crypto import keccak

from ledger.chain.audit import differences
from ledger.chain.history import read_events
from ledger.chain.rebuild import fold
from ledger.chain.registry import FOREVER, Address, IssuerId
from ledger.chain.rpc import accepted, as_hex, data
from scripts.build_artifacts import ARTIFACT
from tests import registry_answers
from tests.chain.arenas import Arena, head
from tests.registry_model import Model

FUNCTIONS = {
    entry["name"]: entry
    for entry in json.loads(ARTIFACT.read_text(encoding="utf-8"))["abi"]
    if entry["type"] == "function"
}

Question = tuple[str, list[object], object]
"""A view, its arguments, and what the model answers."""


def compare_everything(
    arena: Arena, now: int, issuers: Sequence[IssuerId], roots: Sequence[bytes], accounts: Sequence[Address]
) -> None:
    """Events, storage and model agree, and every view answers as the model does."""
    block = head(arena.transport)
    state = arena.state
    for through, events in read_events(arena.transport, arena.registry, first=state.next_block, last=block.number):
        state = fold(state, events, through + 1)
    assert state == registry_answers.state_of(arena.model, block.number + 1)
    assert list(differences(arena.reader, arena.transport, block, state)) == []
    arena.keep(state)
    questions = [*views(arena.model, now, issuers, roots, accounts), states(arena.model, issuers, roots, accounts)]
    calls = [
        ("eth_call", [{"to": as_hex(arena.registry), "data": as_hex(calldata(name, *values))}, "latest"])
        for name, values, _ in questions
    ]
    answers = arena.transport.request_batch(calls)
    for (name, values, expected), answer in zip(questions, answers, strict=True):
        found = decoded(name, data(accepted(arena.transport, answer)))
        assert (found[2:] if name == "states" else found[0]) == expected, f"{name} {values}"


def views(
    model: Model, now: int, issuers: Sequence[IssuerId], roots: Sequence[bytes], accounts: Sequence[Address]
) -> Iterator[Question]:
    """Each view at the moments that matter to it. `differences` has asked the rest, about all that is known."""
    for name in issuers:
        issuer = model.issuers.get(name)
        yield "anchorOf", [name, roots[-1]], registry_answers.NO_ANCHOR
        yield "operatorOf", [name, b"\x01" * 20], (0, 0, 0)
        for key, period in list(issuer.keys.items())[:4] if issuer else [(roots[0], None)]:
            for time in (0, FOREVER, *((period.valid_from, period.valid_until - 1) if period else ())):
                yield "isKeyValidAt", [name, key, time], registry_answers.is_key_valid_at(model, name, key, time)
        for account in accounts[3:5]:
            periods = issuer.accreditations.get(account, []) if issuer else []
            for time in {now, *(moment for one in periods for moment in (one.valid_from, one.valid_until))}:
                found = registry_answers.accreditation_at(model, account, name, time)
                yield "accreditationAt", [account, name, time], found


def states(model: Model, issuers: Sequence[IssuerId], roots: Sequence[bytes], accounts: Sequence[Address]) -> Question:
    """What a verification asks."""
    queries = [(name, root, index) for name in issuers for root in roots for index in (0, 255, 257)]
    expected = (
        tuple(registry_answers.issuer_state(model, name) for name in issuers),
        tuple(registry_answers.credential_state(model, *query, accounts) for query in queries),
    )
    return "states", [issuers, queries, accounts], expected


def calldata(name: str, *values: object) -> bytes:
    kinds = [type_name(part) for part in FUNCTIONS[name]["inputs"]]
    return bytes(keccak(text=f"{name}({','.join(kinds)})")[:4] + abi_encode(kinds, values))


def decoded(name: str, answer: bytes) -> tuple[Any, ...]:
    return tuple(abi_decode([type_name(part) for part in FUNCTIONS[name]["outputs"]], answer))


def type_name(parameter: dict[str, Any]) -> str:
    if not parameter["type"].startswith("tuple"):
        return str(parameter["type"])
    return f"({','.join(map(type_name, parameter['components']))}){parameter['type'][5:]}"
