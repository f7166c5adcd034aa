"""Makes a keystore file with a new account's key; `scripts/new_account.py` hands over to it.

The file is of version 3 with scrypt: geth, clef, cast and `scripts/deploy.py` open it. Never writes over another file.
"""

from __future__ import annotations

import secrets
import sys
from pathlib import Path

from ledger.chain.accounts import KeystoreAccount
from ledger.chain.addresses import checksum_address
from ledger.chain.registry import Address
from ledger.cli.app import exit_code, trouble_with_file
from ledger.errors import CairnError, KeystoreError
from ledger.keystore import KeyKind, write_secret
from scripts.deployment.options import Parser
from scripts.deployment.passphrases import add_passphrase_option, passphrase_of


def main(arguments: list[str]) -> int:
    parser = Parser(prog="new_account.py", description="Makes a key, shows its account.", allow_abbrev=False)
    parser.add_argument("file", type=Path, help="the keystore file to make")
    add_passphrase_option(parser)
    options = parser.read(arguments)
    try:
        address = make(options.file, options.passphrase_file)
    except CairnError as error:
        print(f"new_account: {error}", file=sys.stderr)
        return exit_code(error)
    except OSError as error:
        print(f"new_account: cannot go on: {trouble_with_file(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    print(f"{checksum_address(address)} is the account of the key in {options.file}")
    return 0


def make(file: Path, passphrase_file: Path | None) -> Address:
    """Makes the key, opens it again to be sure, and gives its address."""
    if file.exists():
        raise KeystoreError("key_exists", f"there is a file at {file} already; it is not overwritten")
    passphrase = passphrase_of(file, passphrase_file, is_new=True)
    write_secret(file, secrets.token_bytes(32), passphrase, kind=KeyKind.SECP256K1)
    return KeystoreAccount.open(file, passphrase).address


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
