"""What the deployed code can and cannot do, read from the code itself, instruction by instruction."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from ledger.chain.accounts import dev_account
from ledger.chain.deployment import deploy, registry_address
from ledger.chain.networks import ANVIL_CHAIN_ID
from ledger.chain.rpc import HttpTransport, Transport, as_hex, data, request
from scripts.build_artifacts import ARTIFACT
from tests.chain.conftest import Embedded

PUSH1, PUSH32 = 0x60, 0x7F
GAS, STATICCALL = 0x5A, 0xFA
INSTRUCTIONS = {
    *(0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0A, 0x0B),
    *range(0x10, 0x1E),
    0x20,
    *range(0x30, 0x49),
    *range(0x50, 0x5C),
    *range(0x60, 0xA5),
    *(0xF0, 0xF1, 0xF2, 0xF3, 0xF4, 0xF5, 0xFA, 0xFD, 0xFE, 0xFF),
}
"""Every instruction of the Paris rules (Ethereum Yellow Paper, appendix H)."""
FORBIDDEN = {
    0xF0: "CREATE",
    0xF1: "CALL",
    0xF2: "CALLCODE",
    0xF4: "DELEGATECALL",
    0xF5: "CREATE2",
    0x31: "BALANCE",
    0x32: "ORIGIN",
    0x47: "SELFBALANCE",
    0xFF: "SELFDESTRUCT",
}


@dataclass(frozen=True)
class Instruction:
    """One instruction, and what it pushes."""

    opcode: int
    operand: bytes


def artifact() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(ARTIFACT.read_text(encoding="utf-8"))
    return content


def deployed_code() -> bytes:
    return bytes.fromhex(artifact()["deployedBytecode"][2:])


def instructions(code: bytes) -> Iterator[Instruction]:
    """The instructions of a contract in their order; those of PUSH carry data that is no instruction."""
    position = 0
    while position < len(code):
        opcode = code[position]
        size = opcode - PUSH1 + 1 if PUSH1 <= opcode <= PUSH32 else 0
        yield Instruction(opcode, code[position + 1 : position + 1 + size])
        position += 1 + size


def test_the_code_is_instructions_from_end_to_end() -> None:
    # So that reading it in a line sees what a machine sees that jumps: no data, and no metadata, lie between.
    code = deployed_code()
    read = list(instructions(code))
    assert {instruction.opcode for instruction in read} <= INSTRUCTIONS
    assert sum(1 + len(instruction.operand) for instruction in read) == len(code)


def test_it_can_not_call_strangers_make_contracts_or_destroy_itself() -> None:
    used = {FORBIDDEN[found.opcode] for found in instructions(deployed_code()) if found.opcode in FORBIDDEN}
    assert used == set()


def test_it_asks_others_in_three_places_and_only_one_of_them_is_not_the_machine_itself() -> None:
    # SHA-256 and the recovery of a signer are precompiled and get all gas; an operator's contract gets 500,000.
    read = list(instructions(deployed_code()))
    asked = [read[place - 1] for place, found in enumerate(read) if found.opcode == STATICCALL]
    limits = [before.operand for before in asked if before.opcode != GAS]
    assert len(asked) == 3
    assert [int.from_bytes(limit, "big") for limit in limits] == [500_000]


def test_it_fits_every_chain() -> None:
    assert len(deployed_code()) <= 24_576


def test_no_function_takes_ether() -> None:
    abi = artifact()["abi"]
    assert {entry["type"] for entry in abi} == {"function", "event", "error"}
    assert {entry["stateMutability"] for entry in abi if entry["type"] == "function"} == {"view", "pure", "nonpayable"}


def test_there_is_nothing_to_set_when_it_is_deployed() -> None:
    # No constructor argument and no immutable value: the same code, and the same hash of it, on every chain.
    content = artifact()
    assert content["bytecode"].endswith(content["deployedBytecode"][2:])
    assert "constructor" not in {entry["type"] for entry in content["abi"]}


def test_what_stands_on_the_embedded_chain_is_this_code(embedded: Embedded) -> None:
    assert _code_at(embedded.transport) == deployed_code()


@pytest.mark.node
def test_what_stands_on_anvil_is_this_code(anvil: str) -> None:
    with HttpTransport(anvil) as transport:
        deploy(transport, dev_account(0), chain_id=ANVIL_CHAIN_ID)
        assert _code_at(transport) == deployed_code()


def _code_at(transport: Transport) -> bytes:
    return data(request(transport, "eth_getCode", as_hex(registry_address()), "latest"))
