"""What is written down of a deployment: the signed transaction before it is sent, and the record once it is final.

contracts/deployments/11155111.json           the record: everything in it can be read from the chain again
contracts/deployments/11155111.pending.json   the transaction that was signed, so that no second one is ever made
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson

from ledger.chain.addresses import checksum_address, keccak, parse_address
from ledger.chain.deployment import DEPLOYER, SALT, registry_address, registry_code_hash
from ledger.chain.networks import network_of
from ledger.chain.registry import Address, Receipt, SignedTransaction
from ledger.chain.rpc import as_hex
from ledger.configuration import write_atomically
from ledger.errors import CairnError, Conflict, WorkspaceError
from scripts.build_artifacts import ARTIFACT, ROOT

RECORDS = ROOT / "contracts" / "deployments"
_ABOUT_SOURCES = {"network", "sourceSha256", "solc", "settings"}
"""What a record says of the sources. They may change in a comment, and then still give the code that is there."""


@dataclass(frozen=True)
class Deployment:
    """The transaction that put the registry on a chain. `gas_price` is what it paid for a unit of gas, in wei."""

    chain_id: int
    sender: Address
    receipt: Receipt
    gas_price: int

    @property
    def cost(self) -> int:
        """In wei."""
        return self.receipt.gas_used * self.gas_price

    def to_dict(self) -> dict[str, object]:
        """The record. Wei are text: they do not fit the numbers of every JSON reader."""
        artifact = json.loads(ARTIFACT.read_text(encoding="utf-8"))
        block = self.receipt.block
        return {
            "chainId": self.chain_id,
            "network": network_of(self.chain_id).name,
            "address": checksum_address(registry_address()),
            "deployer": checksum_address(DEPLOYER),
            "salt": as_hex(SALT),
            "sender": checksum_address(self.sender),
            "transactionHash": as_hex(self.receipt.transaction_hash),
            "blockNumber": block.number,
            "blockHash": as_hex(block.hash),
            "blockTime": datetime.fromtimestamp(block.time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "codeHash": as_hex(registry_code_hash()),
            "sourceSha256": artifact["sourceSha256"],
            "solc": artifact["solc"],
            "settings": artifact["settings"],
            "gasUsed": self.receipt.gas_used,
            "gasPriceWei": str(self.gas_price),
            "costWei": str(self.cost),
        }


class DeploymentFiles:
    """The files of one chain in the folder of records."""

    def __init__(self, folder: Path, chain_id: int) -> None:
        self._folder = folder
        self.record = folder / f"{chain_id}.json"
        self.pending = folder / f"{chain_id}.pending.json"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keeps others from deploying meanwhile. Raises Conflict (`deployment_running`)."""
        self._folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._folder, os.O_RDONLY)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                message = f"another deployment is running with the records in {self._folder}"
                raise Conflict(message, "deployment_running") from None
            yield
        finally:
            os.close(descriptor)

    def write_pending(self, transaction: SignedTransaction) -> None:
        """Keeps a signed transaction. What it is for is told by the address, which changes with the code."""
        content = {
            "address": checksum_address(registry_address()),
            "sender": checksum_address(transaction.sender),
            "nonce": transaction.nonce,
            "transaction": as_hex(transaction.raw),
        }
        write_atomically(self.pending, _as_json(content), mode=0o600)

    def read_pending(self) -> SignedTransaction | None:
        """The transaction that was signed before and has no record yet. Raises WorkspaceError (`pending_invalid`)."""
        if not self.pending.exists():
            return None
        try:
            content = orjson.loads(self.pending.read_bytes())
            raw = bytes.fromhex(content["transaction"].removeprefix("0x"))
            sender, nonce = parse_address(content["sender"]), int(content["nonce"])
            is_ours = parse_address(content["address"]) == registry_address()
        except (ValueError, KeyError, TypeError, AttributeError, CairnError) as error:
            raise self._invalid("is damaged") from error
        if not is_ours:
            raise self._invalid("is of another version of the registry")
        return SignedTransaction(raw, keccak(raw), sender, nonce)

    def write_record(self, deployment: Deployment) -> None:
        """Writes the record; one that is there already must say the same. Raises Conflict (`record_differs`)."""
        content = deployment.to_dict()
        if self.record.exists():
            self._require_same(content)
        else:
            write_atomically(self.record, _as_json(content))
        self.forget_pending()

    def forget_pending(self) -> None:
        self.pending.unlink(missing_ok=True)

    def _require_same(self, content: dict[str, object]) -> None:
        told = [name for name in content if name not in _ABOUT_SOURCES]
        try:
            stored = orjson.loads(self.record.read_bytes())
            different = [name for name in told if stored.get(name) != content[name]]
        except (ValueError, AttributeError):
            different = told
        if different:
            raise Conflict(
                f"{self.record} says otherwise than the chain ({', '.join(different)}): ask another node; "
                "if the record is wrong, move it away and run this again",
                "record_differs",
            )

    def _invalid(self, what: str) -> WorkspaceError:
        return WorkspaceError(
            "pending_invalid",
            f"{self.pending} {what}: see whether the transaction in it was mined, move it away and run this again",
        )


def _as_json(content: dict[str, object]) -> bytes:
    return orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n"
