"""Puts the registry on a chain of one's choice; `scripts/deploy.py` hands over to it once the environment stands.

It shows what it would cost, asks, sends one transaction, waits until that is final, reads the code at a final block,
checks its hash and writes a record. Stopped anywhere, it goes on where it stopped when it is run again.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

from ledger.chain.accounts import KeystoreAccount
from ledger.chain.addresses import caip10
from ledger.chain.deployment import Site, deployment, look
from ledger.chain.reader import Finality
from ledger.chain.registry import Address, SignedTransaction
from ledger.chain.rpc import HttpTransport, Transport, as_hex
from ledger.chain.transactions import quote, sign
from ledger.cli.app import exit_code, trouble_with_file
from ledger.errors import CairnError, RegistryError, TransactionReverted, WorkspaceError
from ledger.keystore import read_stated_address
from scripts.deployment.options import Parser
from scripts.deployment.passphrases import add_passphrase_option, passphrase_of
from scripts.deployment.plan import quote_lines, site_lines
from scripts.deployment.record import RECORDS, DeploymentFiles
from scripts.deployment.watch import DeploymentWatch, await_final

_TIMEOUT = 15.0
"""Seconds that a node may take for an answer: it is given 18 kB at once."""
_NOBODY = Address(bytes(20))

Pause = Callable[[float], None]


def main(arguments: list[str], pause: Pause = time.sleep) -> int:
    options = parse_arguments(arguments)
    files = DeploymentFiles(options.records, options.chain_id)
    try:
        with HttpTransport(options.rpc, timeout=_TIMEOUT) as transport:
            if options.dry_run:
                return rehearse(options, files, transport)
            with files.held():
                return deploy(options, files, transport, pause)
    except CairnError as error:
        complain(f"{error}{way_on(error, files, is_rehearsal=options.dry_run)}")
        return exit_code(error)
    except KeyboardInterrupt:
        complain("stopped; run the same command again to go on")
        return 130
    except OSError as error:
        complain(f"cannot go on: {trouble_with_file(error)}")
        return 2


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    parser = Parser(
        prog="deploy.py",
        description="Puts the registry on a chain, at the address that it has on all of them.",
        allow_abbrev=False,  # --passphrase would be taken for --passphrase-file
    )
    parser.add_argument("--rpc", required=True, metavar="URL", help="JSON-RPC address of a node of that chain")
    parser.add_argument("--chain-id", required=True, type=positive, metavar="N", help="the chain that is meant")
    parser.add_argument("--keystore", type=Path, metavar="FILE", help="key of the account that pays (keystore V3)")
    add_passphrase_option(parser)
    parser.add_argument("--dry-run", action="store_true", help="show what it would cost; sign and send nothing")
    parser.add_argument("--yes", action="store_true", help="do not ask before sending")
    parser.add_argument(
        "--finality", type=finality, default="finalized", metavar="WHEN", help="finalized, safe, or confirmations"
    )
    parser.add_argument(
        "--patience", type=positive, default=60, metavar="MINUTES", help="how long to wait for finality (60)"
    )
    parser.add_argument(
        "--records", type=Path, default=RECORDS, metavar="DIR", help="where the record goes (contracts/deployments)"
    )
    return parser.read(arguments)


def positive(text: str) -> int:
    if text.isascii() and text.isdecimal() and 0 < int(text) < 2**64:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text[:40]!r} is not a positive number")


def finality(text: str) -> Finality:
    """Never `latest`: a record of a block that may still vanish is worth nothing."""
    match text:
        case "finalized" | "safe":
            return text
    if text.isascii() and text.isdecimal() and 0 < int(text) < 100_000:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text[:40]!r} is none of finalized, safe, or a number of confirmations")


# --- the two things that it does ------------------------------------------------------------------------------------


def rehearse(options: argparse.Namespace, files: DeploymentFiles, transport: Transport) -> int:
    """A dry run: everything is asked, nothing is signed, sent or written."""
    site = look(transport, options.chain_id)
    show(site_lines(site, transport.name))
    if site.is_deployed():
        show(["Nothing would be sent: the registry is there already."])
    elif (pending := files.read_pending()) is not None:
        show([f"Nothing new would be signed: {as_hex(pending.hash)} was signed before, and would be sent again."])
    else:
        site.require_deployer()
        payer = payer_of(options)
        quoted = quote(transport, options.chain_id, deployment(), payer or _NOBODY)
        show(quote_lines(quoted, has_payer=payer is not None))
        if payer is not None:
            quoted.require_funds()
        show(["Nothing was signed or sent."])
    return 0


def deploy(options: argparse.Namespace, files: DeploymentFiles, transport: Transport, pause: Pause) -> int:
    """Deploys, or goes on with a deployment, and records it."""
    site = look(transport, options.chain_id)
    show(site_lines(site, transport.name))
    transaction = files.read_pending()
    if not site.is_deployed() and transaction is None:
        transaction = signed_deployment(options, site, transport)
        if transaction is None:
            complain("nothing was sent")
            return 1
        # From here on no second transaction is made, whatever happens.
        files.write_pending(transaction)
        say(f"transaction {as_hex(transaction.hash)}, nonce {transaction.nonce}")
    try:
        watch = DeploymentWatch(transport, options.chain_id, options.finality, transaction)
        receipt = await_final(watch, patience=60 * options.patience, pause=pause, say=say)
        deployed = watch.read(receipt)
    except RegistryError as error:
        if isinstance(error, TransactionReverted) or error.code == "nonce_taken":
            files.forget_pending()  # it will never be: the next run begins anew
        raise
    files.write_record(deployed)
    name = caip10(options.chain_id, site.address)
    show([f"The registry is {name}, its code is this version's, and {files.record} says how it came there."])
    return 0


def signed_deployment(options: argparse.Namespace, site: Site, transport: Transport) -> SignedTransaction | None:
    """Opens the key, shows the cost, asks, and signs. None if the answer was no."""
    site.require_deployer()
    account = open_account(options)
    quoted = quote(transport, options.chain_id, deployment(), account.address)
    show(quote_lines(quoted, has_payer=True))
    quoted.require_funds()
    if not options.yes and not is_confirmed():
        return None
    return sign(quoted, account)


# --- who pays -------------------------------------------------------------------------------------------------------


def payer_of(options: argparse.Namespace) -> Address | None:
    """The account of the key file, by what it says of itself; a file that says nothing has to be opened."""
    if options.keystore is None:
        return None
    stated = read_stated_address(options.keystore)
    return Address(stated) if stated is not None else open_account(options).address


def open_account(options: argparse.Namespace) -> KeystoreAccount:
    if options.keystore is None:
        raise CairnError("usage", "--keystore names the file with the key of the account that pays")
    read_stated_address(options.keystore)  # a missing file is told before anybody is asked for its passphrase
    return KeystoreAccount.open(options.keystore, passphrase_of(options.keystore, options.passphrase_file))


def is_confirmed() -> bool:
    if not sys.stdin.isatty():
        raise WorkspaceError("not_confirmed", "nobody can be asked whether to deploy: use --yes or --dry-run")
    try:
        return input("Deploy? Type yes: ").strip().lower() == "yes"
    except EOFError:
        return False


# --- what it says ---------------------------------------------------------------------------------------------------


def way_on(error: CairnError, files: DeploymentFiles, *, is_rehearsal: bool) -> str:
    """What to do after an error that leaves a signed transaction behind."""
    if not isinstance(error, RegistryError) or not files.pending.exists():
        return ""
    if is_rehearsal:
        return f"; nothing was sent, and the transaction that was signed before is still in {files.pending}"
    return f"; run the same command again to go on (the signed transaction is kept in {files.pending})"


def show(lines: list[str]) -> None:
    """The plan and the outcome: what a reader wants to keep."""
    print("\n".join(lines), flush=True)


def say(line: str) -> None:
    """Progress."""
    print(f"  {line}", file=sys.stderr, flush=True)


def complain(message: str) -> None:
    print(f"deploy: {message}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
