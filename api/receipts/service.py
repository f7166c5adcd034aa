"""Makes receipts of this site's checks, signed by its publisher, and judges receipts of anyone's.

Nothing is stored: a receipt is made of reports that the caller has just had made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version

import orjson

from api.receipts.drafts import Drafts
from ledger.chain.addresses import caip10
from ledger.configuration import read_configuration
from ledger.documents.strict_json import JsonObject
from ledger.errors import Conflict
from ledger.issuing.receipt_keys import kept_receipt_keys
from ledger.issuing.signer import issuer_key
from ledger.issuing.values import Issuer, IssuerKind
from ledger.receipts.publisher_keys import published_receipt_keys
from ledger.receipts.reading import Receipt, read_receipt
from ledger.receipts.signature import Judgement, judge, signed
from ledger.receipts.writing import Publisher, Terms, receipt_of
from ledger.workspace import Workspace


@dataclass(frozen=True)
class JudgedReceipt:
    """A receipt that somebody brought, whether its publisher signed it, and whether that is this site."""

    receipt: Receipt
    judgement: Judgement
    is_ours: bool


class CheckReceipts:
    """Receipts of checks. Threads share it."""

    def __init__(self, workspace: Workspace, base: str, *, fetch: bool) -> None:
        self._workspace = workspace
        self._site = f"{base}/check"
        self._fetch = fetch

    @cached_property
    def drafts(self) -> Drafts:
        """What pages hand back to have a receipt made."""
        return Drafts(self._workspace.keys)

    @property
    def is_open(self) -> bool:
        """Whether there is a publisher here that can sign."""
        publisher = self._publisher()
        return publisher is not None and any(key.opened_at and not key.closed_at for key in publisher.keys)

    def draft(self, entries: Sequence[JsonObject]) -> str | None:
        """What a page hands back for a receipt of a check that was made now; None where nobody could sign one."""
        return self.drafts.seal(entries) if self.is_open else None

    def make(
        self,
        entries: Sequence[JsonObject],
        checked_at: datetime,
        *,
        any_issuer: bool = False,
        personal: bool = False,
    ) -> bytes:
        """A signed receipt, as JSON, of `ledger.receipts.writing.entry_of` each report, and `unread_entry`.

        With `personal` it names learners, and what the caller calls each document. Raises Conflict `no_publisher`,
        `no_key`; KeystoreError if the key is not here.
        """
        issuer = self._publisher()
        if issuer is None:
            raise Conflict("this site has no publisher whose name could stand under a receipt", "no_publisher")
        key = issuer.current_key
        configuration = read_configuration(self._workspace.path)
        registry = caip10(self._workspace.reader.chain_id, self._workspace.reader.registry)
        receipt = receipt_of(
            entries,
            publisher=Publisher(issuer.did, issuer.name, registry, issuer.issuer_id),
            site=self._site,
            terms=Terms((registry,), configuration.accreditors, any_issuer, self._fetch),
            software=f"Cairn {version('cairn')}",
            checked_at=checked_at,
            personal=personal,
        )
        signer = self._workspace.keys.signer(issuer_key(issuer.slug, f"key-{key.number}"))
        whole = signed(receipt, signer, issuer.verification_method(key), datetime.now(UTC))
        return orjson.dumps(whole, option=orjson.OPT_INDENT_2)

    def judge(self, receipt: Receipt) -> JudgedReceipt:
        """Whether a receipt is what its publisher signed: by the keys that are kept here, or those that it publishes,
        where the site may fetch them."""
        kept = kept_receipt_keys(self._workspace.catalog, receipt.publisher_did)
        if kept is not None:
            return JudgedReceipt(receipt, judge(receipt, kept), is_ours=True)
        keys = published_receipt_keys(receipt.publisher_did, {}, fetch=self._fetch)
        return JudgedReceipt(receipt, judge(receipt, keys), is_ours=False)

    def _publisher(self) -> Issuer | None:
        for issuer in self._workspace.catalog.issuers():
            if issuer.kind is IssuerKind.PUBLISHER and issuer.registered_at is not None:
                return issuer
        return None


def as_pdf(receipt: bytes) -> bytes:
    """A receipt that was just made, as PDF/A-3 with itself attached. Raises as `receipt_pdf`."""
    from ledger.rendering.receipt import receipt_pdf

    return receipt_pdf(read_receipt(orjson.loads(receipt)), receipt)
