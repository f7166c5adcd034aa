"""Handing a notification over to a webhook: one signed POST, of which only the status of the answer counts."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cached_property

import httpcore
import orjson

from ledger.delivering.reach import Place, Reach
from ledger.delivering.signatures import signed_headers
from ledger.delivering.values import Answer, Notification, Outcome
from ledger.delivering.webhooks import Webhooks
from ledger.errors import CairnError, KeystoreError
from ledger.pinned_network import PinnedNetwork

SECONDS = 10.0
_GONE, _TOO_MANY = 410, 429
_LATER = frozenset({408, 425})
_AWAY = frozenset({_TOO_MANY, 502, 503, 504})
_MOST_WAIT = 86_400


class WebhookSender:
    """Sends to webhooks. `seconds` is how long all of it may take; `clock` gives Unix seconds."""

    def __init__(
        self, webhooks: Webhooks, reach: Reach, *, seconds: float = SECONDS, clock: Callable[[], float] = time.time
    ) -> None:
        self._webhooks = webhooks
        self._reach = reach
        self._seconds = seconds
        self._clock = clock

    def send(self, notification: Notification) -> Outcome:
        """Hands it over, and closes the webhook if its receiver says that it is gone."""
        webhook = self._webhooks.webhook(notification.lane)
        if webhook.closed_at is not None:
            return Outcome(Answer.MOOT, webhook.said)
        outcome = self.post(webhook.id, webhook.url, notification.id, webhook_body(notification))
        if outcome.answer is Answer.GONE:
            self._webhooks.close(webhook.id, outcome.problem or "gone")
        return outcome

    def post(self, webhook_id: str, url: str, message_id: str, body: bytes) -> Outcome:
        """Posts a signed body. Raises nothing for what the receiver does, nor for a secret that does not open."""
        try:
            secret = self._webhooks.secret(webhook_id)
            place = self._reach.place(url)
        except KeystoreError:
            return Outcome(Answer.AWAY, "the key file with the secret of this webhook does not open")
        except CairnError as error:
            return Outcome(Answer.REFUSED, str(error))
        headers: dict[bytes | str, bytes | str] = {
            "Host": place.authority,
            "Content-Type": "application/json",
            "User-Agent": "Cairn",
            "Connection": "close",
        }
        headers.update(signed_headers(secret, message_id, int(self._clock()), body).items())
        try:
            return self._exchange(place, headers, body)
        except CairnError as error:
            return Outcome(Answer.REFUSED, str(error))
        except (httpcore.TimeoutException, TimeoutError):
            return Outcome(Answer.AWAY, f"{place.host} did not answer within {self._seconds:g} seconds")
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
            return Outcome(Answer.AWAY, f"{place.host} cannot be reached ({type(error).__name__})")

    def _exchange(self, place: Place, headers: Mapping[bytes | str, bytes | str], body: bytes) -> Outcome:
        url = httpcore.URL(scheme=place.scheme, host=place.host.encode(), port=place.port, target=place.target.encode())
        backend = PinnedNetwork(lambda *_: self._reach.addresses(place), time.monotonic() + self._seconds)
        timeouts = {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), self._seconds)}
        with (
            httpcore.ConnectionPool(ssl_context=self._trusted, network_backend=backend) as pool,
            pool.stream("POST", url, headers=headers, content=body, extensions=timeouts) as response,
        ):
            # The body of the answer is left unread: whatever it is, it tells us nothing.
            return _outcome(place.host, response.status, dict(response.headers))

    @cached_property
    def _trusted(self) -> ssl.SSLContext:
        import httpx

        return httpx.create_ssl_context()


def webhook_body(notification: Notification) -> bytes:
    """What a receiver reads: the same bytes each time."""
    moment = datetime.fromtimestamp(notification.happened_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    head = orjson.dumps({"type": notification.kind, "timestamp": moment})
    return head[:-1] + b',"data":' + notification.body + b"}"


def _outcome(host: str, status: int, headers: dict[bytes, bytes]) -> Outcome:
    if 200 <= status < 300:
        return Outcome(Answer.TAKEN)
    said = f"{host} answered with HTTP status {status}"
    if status == _GONE:
        return Outcome(Answer.GONE, said)
    if status in _AWAY:
        asked = next((value for name, value in headers.items() if name.lower() == b"retry-after"), b"")
        wait = min(int(asked), _MOST_WAIT) if asked.isdigit() and len(asked) < 10 else 0
        return Outcome(Answer.AWAY, said, wait)
    if status in _LATER or status >= 500:
        return Outcome(Answer.LATER, said)
    return Outcome(Answer.REFUSED, f"{said}, and redirections are not followed" if status < 400 else said)
