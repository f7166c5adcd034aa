"""Endorsements: what an issuer says of a credential, an achievement or another organisation, anchored like the rest."""

from __future__ import annotations

from datetime import UTC, date, datetime

from ledger.documents.credential import Learner
from ledger.documents.endorsement import Endorsed, build_endorsement, require_comment, require_end
from ledger.documents.strict_json import JsonObject
from ledger.issuing.catalog import Catalog
from ledger.issuing.drafting import Entry
from ledger.issuing.imports import Imports
from ledger.issuing.values import Batch, CredentialKind, RequestKey
from ledger.storage import Database

_ABOUT_NOBODY = Learner("", "", "")


class Endorsements:
    """Drafts endorsements. Never asks the chain."""

    def __init__(self, database: Database) -> None:
        self._imports = Imports(database)
        self._catalog = Catalog(database)

    def draft(
        self,
        issuer: str,
        endorsed: Endorsed,
        comment: str,
        *,
        valid_until: date | None = None,
        request: RequestKey | None = None,
    ) -> tuple[Batch, bool]:
        """An open batch with one endorsement, at most once for a request; says whether the batch is new.

        Raises DraftError for a comment that cannot stand in a document and for a last day that is over, NotFound for
        an unknown issuer.
        """
        said, profile = require_comment(comment), self._catalog.issuer(issuer).profile
        today = datetime.now(UTC).date()
        last = require_end(valid_until, today)

        def build(endorsement_id: str, status_index: int) -> JsonObject:
            return build_endorsement(
                issuer=profile,
                endorsed=endorsed,
                comment=said,
                endorsed_on=today,
                status_index=status_index,
                endorsement_id=endorsement_id,
                valid_until=last,
            )

        name = f"Endorsement of {endorsed.name}"
        entry = Entry(CredentialKind.ENDORSEMENT, "endorsement", name, _ABOUT_NOBODY, build)
        return self._imports.store_once(issuer, [entry], label=name, request=request)
