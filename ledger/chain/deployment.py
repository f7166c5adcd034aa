"""The one address of the registry, the same on every chain, and what stands there.

The deterministic deployer makes the registry with CREATE2 (EIP-1014): its address follows from the deployer's, a fixed
salt and the code that makes it. Who pays, and when, changes nothing: whoever is first does it for all.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ledger.chain.addresses import checksum_address, keccak
from ledger.chain.artifact import artifact
from ledger.chain.quotes import Payload
from ledger.chain.registry import Account, Address
from ledger.chain.rpc import Transport, accepted, as_hex, check_chain, data
from ledger.chain.transactions import quote, send_and_wait, sign
from ledger.errors import RegistryError, WrongChain

SALT = keccak(b"cairn credential registry 1")
"""Says what is deployed, and that it is the first of its kind. Other code gets another address with the same salt."""

DEPLOYER = Address(bytes.fromhex("4e59b44847b379578588920ca78fbf26c0b4956c"))
"""The deterministic deployer that public chains and development nodes share."""
DEPLOYER_CODE = bytes.fromhex(
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0"
    "3601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3"
)
"""Its code: CREATE2 with the first word of what it is sent as salt, the rest as init code.

Source: github.com/Arachnid/deterministic-deployment-proxy, by Zoltu (Unlicense).
"""


class Standing(StrEnum):
    """What there is at the registry's address."""

    NOT_DEPLOYED = "not deployed"
    DEPLOYED = "deployed"
    OTHER_CODE = "other code"


@dataclass(frozen=True)
class Site:
    """The registry's place on one chain, and what a node says of it at one block."""

    chain_id: int
    address: Address
    code: bytes
    has_deployer: bool

    @property
    def standing(self) -> Standing:
        if not self.code:
            return Standing.NOT_DEPLOYED
        return Standing.DEPLOYED if code_hash(self.code) == registry_code_hash() else Standing.OTHER_CODE

    def is_deployed(self) -> bool:
        """Whether the registry stands there. Raises `WrongChain` if other code does."""
        if self.standing is Standing.OTHER_CODE:
            raise WrongChain(
                f"at {checksum_address(self.address)} on chain {self.chain_id} stands other code than this registry's: "
                f"its hash is {as_hex(code_hash(self.code))}, not {as_hex(registry_code_hash())}"
            )
        return self.standing is Standing.DEPLOYED

    def require_deployer(self) -> None:
        """Raises `RegistryError` (`deployer_missing`) if nothing can be deployed on this chain yet."""
        if not self.has_deployer:
            raise RegistryError(
                "deployer_missing",
                f"chain {self.chain_id} has no deterministic deployer at {checksum_address(DEPLOYER)}; "
                "docs/operations.md says how to put it there",
            )


def code_hash(code: bytes) -> bytes:
    """What EXTCODEHASH gives for this code."""
    return keccak(code)


def registry_code_hash() -> bytes:
    """The hash of the code that the committed artifact leaves on a chain."""
    return code_hash(artifact().deployed_bytecode)


def registry_address(salt: bytes = SALT) -> Address:
    """Where the committed artifact stands on every chain; with another salt, where a copy of it does."""
    return Address(keccak(b"\xff" + DEPLOYER + salt + keccak(artifact().bytecode))[12:])


def deployment(salt: bytes = SALT) -> Payload:
    """What to send to have the registry made."""
    return Payload(DEPLOYER, salt + artifact().bytecode)


def look(transport: Transport, chain_id: int, *, salt: bytes = SALT, block: object = "latest") -> Site:
    """What stands at the registry's address at a block. One round trip. Raises `WrongChain`, `RegistryUnreachable`."""
    address = registry_address(salt)
    found_chain, deployer, code = transport.request_batch(
        [
            ("eth_chainId", []),
            ("eth_getCode", [as_hex(DEPLOYER), block]),
            ("eth_getCode", [as_hex(address), block]),
        ]
    )
    check_chain(transport, found_chain, chain_id)
    has_deployer = data(accepted(transport, deployer)) == DEPLOYER_CODE
    return Site(chain_id, address, data(accepted(transport, code)), has_deployer)


def deploy(
    transport: Transport, account: Account, *, chain_id: int, salt: bytes = SALT, timeout: float = 120.0
) -> Address:
    """Puts the registry at its address, unless it stands there, and waits at most `timeout` seconds for its block.

    Raises `RegistryError` (`deployer_missing`, `funds_low`), `TransactionReverted`, `WrongChain` and
    `RegistryUnreachable`. After any of them it can be done again.
    """
    site = look(transport, chain_id, salt=salt)
    if site.is_deployed():
        return site.address
    site.require_deployer()
    try:
        quoted = quote(transport, chain_id, deployment(salt), account.address)
        send_and_wait(transport, sign(quoted, account), timeout)
    except RegistryError:
        # Somebody else may have been faster, and an answer may have been lost: only what stands there counts.
        if not look(transport, chain_id, salt=salt).is_deployed():
            raise
    return site.address
