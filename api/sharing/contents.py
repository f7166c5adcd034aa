"""What links show: a record or a credential as it is, or credentials from which something is withheld.

Only a credential's issuer can sign it without a part of it. So what hides something holds credentials of this ledger's
own issuers alone, each signed once more for that link (`ledger.proofs.sd_jwt_vc`).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from threading import Lock

from api.sharing.values import Choice, Contents, Item
from api.wallets.records import Records
from api.wallets.service import Wallets
from api.wallets.values import Held
from ledger.documents.strict_json import JsonObject, parse
from ledger.documents.summary import summarize
from ledger.errors import Conflict, MalformedDocument, NotFound
from ledger.issuing.catalog import Catalog
from ledger.proofs.enveloped import is_envelope, open_envelope
from ledger.verifying.structure import is_anchor, nested_credentials, proofs_of

KEPT_RECORDS = 50

SignPart = Callable[[str, Collection[str]], str]
"""A credential of this ledger, by its id, as a token without what is hidden."""


class Choosing:
    """Turns what a learner chose into what a link shows."""

    def __init__(self, wallets: Wallets, records: Records, catalog: Catalog, sign_part: SignPart) -> None:
        self._wallets = wallets
        self._records = records
        self._catalog = catalog
        self._sign_part = sign_part
        self._lock = Lock()
        self._anchored: OrderedDict[str, bytes] = OrderedDict()

    def contents(self, wallet_id: str, choice: Choice, *, name: str) -> Contents:
        """What a link to this choice shows; several credentials that hide nothing are put into a record of their own.

        Raises NotFound for what the wallet does not hold; Conflict `not_ours`, `not_hideable`, `not_in_force`,
        `disclosure_forbidden`, and as `Records.make`.
        """
        if choice.hidden:
            return Contents(items=self._items(self._chosen(wallet_id, choice), choice.hidden))
        if choice.record_id is not None:
            return Contents(record_id=self._records.record(wallet_id, choice.record_id).id)
        if len(choice.credential_ids) == 1:
            return Contents(credential_id=self._wallets.credential(wallet_id, choice.credential_ids[0]).id)
        return Contents(record_id=self._records.make(wallet_id, choice.credential_ids, name=name, selection=True).id)

    def preview(self, wallet_id: str, choice: Choice) -> tuple[bytes, ...]:
        """The documents that a link to this choice would show. Makes and keeps nothing. Raises as `contents`."""
        if choice.record_id is not None and not choice.hidden:
            return (self._records.document(wallet_id, choice.record_id),)
        chosen = self._chosen(wallet_id, choice)
        if choice.hidden:
            return tuple(item.document for item in self._items(chosen, choice.hidden))
        return tuple(held.document for held in chosen)

    def documents(self, wallet_id: str, contents: Contents) -> tuple[bytes, ...]:
        """What a link shows now. Raises NotFound for what is gone."""
        if contents.record_id is not None:
            return (self._record(wallet_id, contents.record_id),)
        if contents.credential_id is not None:
            return (self._wallets.credential(wallet_id, contents.credential_id).document,)
        if not contents.items:
            raise NotFound("nothing is left of what the link showed", "not_found")
        return tuple(item.document for item in contents.items)

    def narrowed(self, wallet_id: str, shown: Contents, choice: Choice) -> Choice:
        """A choice that shows no more than a link does. Raises Conflict `wider` for one that would show more."""
        before = self.held_ids(wallet_id, shown)
        wanted = choice.credential_ids or tuple(before)
        if not set(wanted) <= set(before):
            raise Conflict("a link can be made to show less, never more; make another link for that", "wider")
        return Choice(credential_ids=wanted, hidden=choice.hidden)

    def held_ids(self, wallet_id: str, shown: Contents) -> list[str]:
        """The credentials of the wallet that a link shows, in its order."""
        if shown.credential_id is not None:
            return [shown.credential_id]
        if shown.record_id is None:
            return [item.held_id for item in shown.items]
        return self._in_record(wallet_id, shown.record_id)

    def _record(self, wallet_id: str, record_id: str) -> bytes:
        """A record, from memory where it has its anchor proof: it never changes again.

        Whoever asks has found a link to it just now, which would be gone with the record.
        """
        with self._lock:
            if record_id in self._anchored:
                self._anchored.move_to_end(record_id)
                return self._anchored[record_id]
        document = self._records.document(wallet_id, record_id)
        if any(is_anchor(proof) for proof in proofs_of(parse(document))):
            with self._lock:
                self._anchored[record_id] = document
                while len(self._anchored) > KEPT_RECORDS:
                    self._anchored.popitem(last=False)
        return document

    def _chosen(self, wallet_id: str, choice: Choice) -> list[Held]:
        ids = list(choice.credential_ids)
        if choice.record_id is not None:
            ids = self._in_record(wallet_id, choice.record_id)
        return self._wallets.chosen(wallet_id, ids)

    def _in_record(self, wallet_id: str, record_id: str) -> list[str]:
        """The credentials of the wallet that stand in one of its records. What it holds no more is left out."""
        inside = nested_credentials(parse(self._records.document(wallet_id, record_id)))
        names = [id_in_record(entry) for entry in inside if isinstance(entry, dict)]
        held = {one.credential_id: one.id for one in self._wallets.credentials(wallet_id)}
        return [held[name] for name in names if name in held]

    def _items(self, chosen: Sequence[Held], hidden: Collection[str]) -> tuple[Item, ...]:
        return tuple(Item(held.id, self._part(held, hidden).encode()) for held in chosen)

    def _part(self, held: Held, hidden: Collection[str]) -> str:
        try:
            ours = parse(self._catalog.document(held.credential_id)) == parse(held.document)
        except (NotFound, MalformedDocument):
            ours = False
        if not ours:
            message = f"{held.name!r} was not issued here: only its issuer can sign it without a part of it"
            raise Conflict(message, "not_ours")
        return self._sign_part(held.credential_id, hidden)


def id_in_record(entry: JsonObject) -> str | None:
    """The id of a credential that stands in a record: as it is, or as a token in its envelope."""
    return summarize(open_envelope(entry).document if is_envelope(entry) else entry).id
