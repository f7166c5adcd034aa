"""What an issuer's machines do: draft batches, look at them, approve them, and change the status of credentials.

Every call names the issuer first, and a batch or credential of another issuer is the same as none.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Sequence

from ledger.chain.registry import Reason, StatusAction
from ledger.documents.strict_json import JsonObject
from ledger.durable.dispatcher import Dispatcher
from ledger.durable.orders import OrderKind, Orders
from ledger.errors import Conflict, NotFound
from ledger.failpoints import reach
from ledger.issuing.catalog import Catalog
from ledger.issuing.desk import Desk
from ledger.issuing.drafting import Then
from ledger.issuing.imports import Imports
from ledger.issuing.values import (
    Batch,
    BatchState,
    CredentialKind,
    Issuer,
    IssuerKind,
    RequestKey,
    StatusChange,
    StoredCredential,
)


class Issuing:
    """The work of issuers over HTTP."""

    def __init__(
        self,
        catalog: Catalog,
        imports: Imports,
        desk: Desk,
        orders: Orders,
        dispatcher: Callable[[], Dispatcher],
    ) -> None:
        self._catalog = catalog
        self._imports = imports
        self._revocation = desk.revocation
        self._withdrawal = desk.withdrawal
        self._orders = orders
        self._dispatcher = dispatcher

    def issuer(self, slug: str) -> Issuer:
        """An issuer that awards credentials. A publisher of records is none."""
        issuer = self._catalog.issuer(slug)
        if issuer.kind is not IssuerKind.ISSUER:
            raise NotFound("there is no such issuer", "issuer_unknown")
        return issuer

    def draft(
        self,
        issuer: str,
        programme: str,
        content: bytes,
        *,
        label: str | None,
        request: str | None,
        then: Then | None = None,
    ) -> tuple[Batch, bool]:
        """An open batch from a CSV file, and whether it is new; `then` is noted with a new one.

        `request` is the caller's name for this request: the same one with the same content gets the same batch again.
        Raises DraftError with every problem, Conflict `already_issued`, and `idempotency_conflict` if the name was used
        for something else.
        """
        self.issuer(issuer)
        reach("request.received")
        key = request_key(issuer, request, programme, label or "", content=content)
        return self._imports.import_once(issuer, programme, content, label=label, request=key, then=then)

    def batches(self, issuer: str) -> list[Batch]:
        """The batches of an issuer, the newest first."""
        self.issuer(issuer)
        return list(reversed(self._catalog.batches(issuer)))

    def batch(self, issuer: str, batch_id: int) -> Batch:
        batch = self._catalog.batch(batch_id)
        if batch.issuer != issuer:
            raise NotFound("there is no such batch", "batch_unknown")
        return batch

    def preview(self, issuer: str, batch_id: int, position: int) -> JsonObject:
        """One document of a batch as it will be signed."""
        return self._imports.preview(self.batch(issuer, batch_id).id, position)

    def approve(self, issuer: str, batch_id: int) -> Batch:
        """Has a batch signed and anchored in the background. Approving again changes nothing, or tries again."""
        batch = self.batch(issuer, batch_id)
        self._dispatcher().issue(batch.id)
        return self._catalog.batch(batch.id)

    def withdraw(self, issuer: str, batch_id: int, reason: Reason) -> Batch:
        """Has a batch withdrawn in the background. Raises Conflict `not_anchored`."""
        batch = self._withdrawal.require_anchored(self.batch(issuer, batch_id).id)
        self._dispatcher().withdraw(batch.id, reason)
        return self._catalog.batch(batch.id)

    def discard(self, issuer: str, batch_id: int) -> None:
        """Throws an open batch away. Raises Conflict `batch_approved`, `batch_sealed`."""
        batch = self.batch(issuer, batch_id)
        if batch.state is BatchState.OPEN and self._orders.find(OrderKind.ISSUE, batch.id) is not None:
            raise Conflict("this batch is approved; it is being signed", "batch_approved")
        self._imports.discard(batch.id)

    def credentials(self, issuer: str, batch_id: int, *, offset: int, limit: int) -> list[StoredCredential]:
        batch = self.batch(issuer, batch_id)
        return list(self._catalog.credentials(batch=batch.id, offset=offset, limit=limit))

    def document(self, issuer: str, credential_id: str) -> bytes:
        """A credential with the proofs that it has so far."""
        return self._catalog.document(self._own(issuer, credential_id).credential_id)

    def change_status(
        self, issuer: str, action: StatusAction, credential_ids: Sequence[str], reason: Reason | None
    ) -> list[StatusChange]:
        """Revokes, suspends or reinstates. What the registry does not hold at a final block yet is pending."""
        for credential_id in credential_ids:
            self._own(issuer, credential_id)
        return self.carry(self._revocation.ask(action, credential_ids, reason))

    def carry(self, calls: Sequence[int]) -> list[StatusChange]:
        """Has calls that were asked for brought to the chain, in the background."""
        self._dispatcher().change(calls)
        return list(self._revocation.changes(calls))

    def _own(self, issuer: str, credential_id: str) -> StoredCredential:
        credential = self._catalog.credential(credential_id)
        if credential.issuer != issuer or credential.kind is CredentialKind.RECORD:
            raise NotFound("there is no such credential", "credential_unknown")
        return credential


def request_key(issuer: str, name: str | None, *parts: str, content: bytes) -> RequestKey | None:
    """The caller's name for a request, with a hash of all that it asks for; None if it has no name."""
    if name is None:
        return None
    return RequestKey(issuer, name, hashlib.sha256("\0".join((*parts, "")).encode() + content).digest())


def csv_of(rows: Sequence[dict[str, str]], columns: Sequence[str]) -> bytes:
    """Rows of a JSON request as the CSV file that they stand for, so that both are read by one set of rules."""
    lines = io.StringIO(newline="")
    writer = csv.DictWriter(lines, columns)
    writer.writeheader()
    writer.writerows(rows)
    return lines.getvalue().encode()
