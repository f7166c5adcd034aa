"""`cairn verify-receipt`: whether a receipt of a check is what its publisher signed, by the publisher's key alone."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ledger.cli.app import DEFAULT_DATA, DataOption, JsonOption, app
from ledger.cli.report_text import SIGNS, WORDS, paint, sign
from ledger.cli.verify import read_named_document, read_source
from ledger.documents.text import visible
from ledger.errors import MalformedDocument
from ledger.verifying.report import EXIT_CODES

if TYPE_CHECKING:
    from ledger.receipts.reading import Receipt, Stated
    from ledger.receipts.signature import Judgement, PublisherKeys
    from ledger.verifying.readings import Unknown


@app.command("verify-receipt")
def verify_receipt(
    source: Annotated[str, typer.Argument(help="A receipt: a JSON file, a PDF that holds one, or - for stdin.")],
    document: Annotated[
        list[str] | None,
        typer.Option(help="URL=FILE or DID=FILE: the DID document of the receipt's publisher, as it was kept."),
    ] = None,
    fetch: Annotated[
        bool, typer.Option("--fetch", help="Fetches that DID document, which tells its host of the check.")
    ] = False,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> int:
    """Checks who signed a receipt. It says what held then. Exit code 0 genuine, 1 not, 3 could not check, 2 no receipt.

    The key comes from --document, from the data folder, or is fetched. No ledger is asked.
    """
    from ledger.receipts.signature import judge

    receipt = read_one(read_source(source))
    given = dict(read_named_document(pair) for pair in document or [])
    judgement = judge(receipt, keys_for(receipt.publisher_did, given, data, fetch=fetch))
    if as_json:
        shown = judgement.to_dict() | {"receipt": receipt.body if judgement else None}
        sys.stdout.write(json.dumps(shown, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(rendered(receipt, judgement))
    return EXIT_CODES[judgement.outcome]


def read_one(content: bytes) -> Receipt:
    """The receipt in a file. Raises MalformedDocument for a file with none, or several."""
    from ledger.receipts.reading import receipt_in
    from ledger.wrapping.unwrapping import Wrapped, unwrap

    found = [receipt_in(item.content) for item in unwrap(content) if isinstance(item, Wrapped)]
    receipts = [receipt for receipt in found if receipt is not None]
    if len(receipts) != 1:
        raise MalformedDocument("receipt_missing", "there is not one receipt of a check in this")
    return receipts[0]


def keys_for(did: str, given: Mapping[str, bytes], data: Path, *, fetch: bool) -> PublisherKeys | Unknown:
    """The keys of a publisher: given, kept in a data folder, or fetched."""
    from ledger.receipts.publisher_keys import published_receipt_keys
    from ledger.verifying.readings import Unknown

    found = published_receipt_keys(did, given, fetch=False)
    if isinstance(found, Unknown) and data.exists():
        from ledger.issuing.receipt_keys import kept_receipt_keys
        from ledger.workspace import Workspace

        with Workspace.open(data) as workspace:
            found = kept_receipt_keys(workspace.catalog, did) or found
    return published_receipt_keys(did, given, fetch=True) if isinstance(found, Unknown) and fetch else found


def rendered(receipt: Receipt, judgement: Judgement) -> str:
    """What came out, as text; what the receipt says only if it is genuine."""
    publisher = f"{visible(receipt.publisher_name, limit=200)} ({visible(receipt.publisher_did, limit=300)})"
    lines = [f"{sign(judgement.outcome, strong=True)}  {judgement.message}"]
    if not judgement:
        return "\n".join([*lines, f"  it says that it is from {publisher}"]) + "\n"
    lines += [f"  signed by {publisher}", f"  what held at {receipt.checked_at:%Y-%m-%d %H:%M:%S} UTC, not now:"]
    lines += [line for stated in receipt.documents for line in told(stated)]
    return "\n".join(lines) + "\n"


def told(stated: Stated) -> list[str]:
    """One document, as the receipt tells of it."""
    word = WORDS.get(stated.verdict, "COULD NOT BE READ")
    name = " · ".join(filter(None, (stated.name, stated.title, stated.learner))) or stated.id or "a document"
    by = f", {stated.accredited_name}" if stated.accredited_name else ""
    shown = paint(f"{SIGNS.get(stated.verdict, '?')} {word}", stated.verdict)
    lines = [f"  {shown}  {visible(name + by, limit=500)}: {visible(stated.message)}"]
    return lines + ([f"      {visible(stated.digest, limit=100)}"] if stated.digest else [])
