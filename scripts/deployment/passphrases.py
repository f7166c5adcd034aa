"""Where the scripts get a passphrase from: a file or a person, never the command line, which others can read."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from pathlib import Path

from ledger.errors import KeystoreError
from ledger.folder import PASSPHRASE_VARIABLE, read_passphrase_file


def add_passphrase_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--passphrase-file",
        type=Path,
        metavar="FILE",
        help=f"where the key's passphrase stands; else {PASSPHRASE_VARIABLE} names it; else it is asked for",
    )


def passphrase_of(keystore: Path, file: Path | None, *, is_new: bool = False) -> str:
    """The passphrase of a key file; a new one is asked for twice.

    Raises KeystoreError: `passphrase_missing`, `key_permissions`, `passphrase_differs`.
    """
    named = file or os.environ.get(PASSPHRASE_VARIABLE)
    if named:
        return read_passphrase_file(Path(named))
    if not sys.stdin.isatty():
        raise KeystoreError("passphrase_missing", "nobody can be asked for the passphrase: use --passphrase-file")
    try:
        given = getpass.getpass(f"Passphrase of {keystore}: ")
        repeated = getpass.getpass("The same again: ") if is_new else given
    except EOFError:
        given = repeated = ""
    if not given:
        raise KeystoreError("passphrase_missing", "no passphrase was given")
    if given != repeated:
        raise KeystoreError("passphrase_differs", "that was not the same passphrase; nothing was made")
    return given
