"""All of delivering over one data folder, as its environment says."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from ledger.delivering.carriers import carrier_of
from ledger.delivering.claim_links import ClaimLinks
from ledger.delivering.delivery import BUDGET, Delivery
from ledger.delivering.mail_settings import mail_settings
from ledger.delivering.mailing import Mailer
from ledger.delivering.notifications import Notifications
from ledger.delivering.outbox import Outbox
from ledger.delivering.posting import WebhookSender
from ledger.delivering.reach import Reach
from ledger.delivering.spreading import Spreading
from ledger.delivering.values import Outcome
from ledger.delivering.webhooks import Webhooks
from ledger.issuing.catalog import Catalog
from ledger.issuing.signer import KeyRing
from ledger.storage import Database


class PostOffice:
    """`link_base` is where learners reach this site; `mail_folder` is for mail where no server is named.

    Raises WorkspaceError `settings`.
    """

    def __init__(
        self,
        database: Database,
        keys: KeyRing,
        link_base: str,
        *,
        mail_folder: Path | None = None,
        environment: Mapping[str, str] = os.environ,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._catalog = Catalog(database)
        self._mail = mail_settings(mail_folder, environment)
        self._claim_links = ClaimLinks(keys)
        self._link_base = link_base
        self._clock = clock
        reach = Reach.from_environment(environment)
        self.outbox = Outbox(clock)
        self.webhooks = Webhooks(database, self._catalog, keys, reach, clock)
        self.notifications = Notifications(database, clock)
        self._poster = WebhookSender(self.webhooks, reach, clock=clock)

    def delivery(
        self,
        *,
        worker: str | None = None,
        budget: float = BUDGET,
        is_stopping: Callable[[], bool] = lambda: False,
    ) -> Delivery:
        """A worker. `worker` names the place that it fills, if nobody else fills it at the same time."""
        mail, mailer = self._mail, None
        if mail is not None:
            mailer = Mailer(self._catalog, mail, carrier_of(mail), self._claim_links, self._link_base)
        spreading = Spreading(
            self._database,
            self._catalog,
            by_mail=mail is not None,
            most=mail.most if mail is not None else None,
            clock=self._clock,
        )
        return Delivery(
            self._database,
            spreading,
            self._poster,
            mailer,
            worker=worker,
            budget=budget,
            clock=self._clock,
            is_stopping=is_stopping,
        )

    def try_webhook(self, webhook_id: str) -> Outcome:
        """Sends a message of the type `webhook.test`, now and once. Raises NotFound `webhook_unknown`."""
        webhook = self.webhooks.webhook(webhook_id)
        message = f"test_{secrets.token_hex(8)}:{webhook.id}"
        return self._poster.post(webhook.id, webhook.url, message, b'{"type":"webhook.test","data":{}}')
