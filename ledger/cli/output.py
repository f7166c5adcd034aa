"""What the commands print: one JSON object with `--json`, else lines and small tables; progress goes to stderr."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from ledger.chain.addresses import checksum_address
from ledger.chain.registry import FOREVER
from ledger.issuing.values import Batch, Issuer, SponsoredAct, StatusChange, StoredCredential

Json = Mapping[str, object]


def emit(value: Json, text: str, *, as_json: bool) -> None:
    """Prints the value as JSON, or the text."""
    sys.stdout.write((json.dumps(value, ensure_ascii=False) if as_json else text) + "\n")


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Columns as wide as their widest cell, without lines."""
    cells = [[str(cell) for cell in row] for row in [header, *rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in cells)


def when(seconds: int | None) -> str | None:
    """Unix seconds as UTC text; None for no time and for an end that is not set."""
    if seconds is None or seconds >= FOREVER:
        return None
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def credentials(number: int) -> str:
    """`1 credential`, `2,000 credentials`."""
    return f"{number:,} credential{'' if number == 1 else 's'}"


def issuer_dict(issuer: Issuer) -> dict[str, object]:
    return {
        "slug": issuer.slug,
        "kind": str(issuer.kind),
        "name": issuer.name,
        "did": issuer.did,
        "id": f"0x{issuer.issuer_id.hex()}",
        "admin": checksum_address(issuer.admin),
        "registered_at": when(issuer.registered_at),
        "keys": [
            {
                "id": issuer.verification_method(key),
                "public_key": f"0x{key.public_key.hex()}",
                "opened_at": when(key.opened_at),
                "closed_at": when(key.closed_at),
            }
            for key in issuer.keys
        ],
    }


def batch_dict(batch: Batch) -> dict[str, object]:
    sent = batch.transaction
    return {
        "id": batch.id,
        "issuer": batch.issuer,
        "label": batch.label,
        "state": str(batch.state),
        "finished": batch.is_finished,
        "size": batch.size,
        "bytes": batch.byte_count,
        "root": f"0x{batch.root.hex()}" if batch.root else None,
        "tx": f"0x{sent.hash.hex()}" if sent else None,
        "act": act_dict(batch.act) if batch.act else None,
        "block": batch.anchor_block,
        "anchored_at": when(batch.anchored_at),
        "gas": sent.gas_used if sent else None,
        "withdrawn_at": when(batch.withdrawn_at),
        "withdrawal_reason": batch.withdrawal_reason,
    }


def credential_dict(credential: StoredCredential) -> dict[str, object]:
    return {
        "id": credential.credential_id,
        "kind": str(credential.kind),
        "issuer": credential.issuer,
        "batch": credential.batch_id,
        "achievement": credential.achievement,
        "name": credential.name,
        "learner": credential.learner_name,
        "status_index": credential.status_index,
        "state": credential.state,
        "status": str(credential.status),
        "supersedes": credential.supersedes,
        "superseded_by": credential.superseded_by,
    }


def change_dict(change: StatusChange) -> dict[str, object]:
    return {
        "action": change.action.name.lower(),
        "reason": change.reason,
        "credentials": list(change.credential_ids),
        "final": change.is_final,
        "tx": f"0x{change.transaction.hash.hex()}" if change.transaction else None,
        "act": act_dict(change.act) if change.act else None,
        "block": change.block_number,
        "time": when(change.block_time),
    }


def act_dict(act: SponsoredAct) -> dict[str, object]:
    return {
        "id": act.id,
        "purpose": act.purpose,
        "state": act.state,
        "operator": checksum_address(act.operator),
        "nonce": f"0x{act.nonce:064x}",
        "deadline": when(act.deadline),
        "sponsor": act.sponsor,
        "said": act.said,
    }


def waiting_line(act: SponsoredAct) -> str:
    """Where an act is that others submit, and until when they can."""
    return f"act {act.id} {act.said or 'is kept'}, to be submitted by {when(act.deadline)}"


def ether(wei: int) -> str:
    """An amount in the chain's own currency, as exact as it is short."""
    return f"{wei / 10**18:.8f}".rstrip("0").rstrip(".")


class Bar:
    """A bar for each step of a long job, on a terminal; elsewhere nothing, so that logs stay readable."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._drawn = 0.0
        self._is_shown = sys.stderr.isatty()

    def __call__(self, step: str, done: int, total: int) -> None:
        now = time.monotonic()
        if not self._is_shown or (done < total and now - self._drawn < 0.1):
            return
        self._drawn = now
        filled = 24 if total == 0 else 24 * done // total
        sys.stderr.write(f"\r\x1b[2K  {self._label}  {step:<8} {'█' * filled}{'░' * (24 - filled)} {done:,}/{total:,}")
        sys.stderr.flush()

    def close(self) -> None:
        if self._is_shown and self._drawn:
            sys.stderr.write("\r\x1b[2K")
            sys.stderr.flush()


@contextmanager
def progress(label: str) -> Iterator[Bar]:
    """A bar that is wiped when the work is done."""
    bar = Bar(label)
    try:
        yield bar
    finally:
        bar.close()
