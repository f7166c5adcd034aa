"""Accounts that sign transactions: keystore files, and the ten accounts that every development node funds.

No account shows its key, and none that a demonstration made signs for anything but a test chain.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ledger.chain.addresses import checksum_address
from ledger.chain.networks import DEVELOPMENT_CHAINS
from ledger.chain.registry import Address
from ledger.errors import KeystoreError, WrongChain
from ledger.keystore import KeyKind, read_secret

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

_DEV_ACCOUNTS = 10
_TEST_MNEMONIC = "test test test test test test test test test test test junk"


class KeystoreAccount:
    """An account whose key lies in a keystore file. Implements `Account`."""

    def __init__(self, signer: LocalAccount, *, test_chains_only: bool) -> None:
        self._signer = signer
        self._test_chains_only = test_chains_only
        self._address = Address(bytes.fromhex(signer.address[2:]))

    @classmethod
    def open(cls, path: Path, passphrase: str) -> KeystoreAccount:
        """Opens a keystore file. Raises `KeystoreError`, `key_kind` among them for a key that is no account's."""
        secret = read_secret(path, passphrase)
        if secret.kind is not KeyKind.SECP256K1:
            raise KeystoreError("key_kind", f"the key at {path} signs credentials; it is no account's key")
        return cls(_signer(secret.value), test_chains_only=secret.demo)

    @property
    def address(self) -> Address:
        return self._address

    def sign_transaction(self, transaction: dict[str, Any]) -> bytes:
        """Signs. Raises `WrongChain` where a demonstration's key is asked to sign for another chain than a test's."""
        self._check_chain(transaction.get("chainId"))
        return bytes(self._signer.sign_transaction(transaction).raw_transaction)

    def sign_act(self, chain_id: int, digest: bytes) -> bytes:
        """Signs the EIP-712 digest of an act. Raises as `sign_transaction`."""
        from eth_typing import Hash32

        self._check_chain(chain_id)
        return bytes(self._signer.unsafe_sign_hash(Hash32(digest)).signature)

    def _check_chain(self, chain_id: object) -> None:
        if self._test_chains_only and chain_id not in DEVELOPMENT_CHAINS:
            raise WrongChain(f"this key is for demonstrations and signs nothing for chain {chain_id}")

    def __repr__(self) -> str:
        return f"KeystoreAccount({checksum_address(self._address)})"


@functools.cache
def dev_account(index: int) -> KeystoreAccount:
    """One of the ten accounts that the embedded chain and anvil fund. Everybody has their keys: test chains only.

    They come from the mnemonic "test … junk" at m/44'/60'/0'/0/index, as in anvil and Hardhat.
    """
    from eth_account import Account

    if not 0 <= index < _DEV_ACCOUNTS:
        raise ValueError(f"there are {_DEV_ACCOUNTS} development accounts, counted from 0")
    Account.enable_unaudited_hdwallet_features()
    signer = Account.from_mnemonic(_TEST_MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}")
    return KeystoreAccount(signer, test_chains_only=True)


def dev_addresses() -> tuple[Address, ...]:
    return tuple(dev_account(index).address for index in range(_DEV_ACCOUNTS))


def _signer(secret: bytes) -> LocalAccount:
    from eth_account import Account

    signer: LocalAccount = Account.from_key(secret)
    return signer
