"""Writing to learners: plain text, one message for a credential, with a link that only its reader has.

A message is the same bytes each time but for its address, which is read from the catalog when it is sent: the outbox
holds no personal data.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from urllib.parse import urlsplit

from ledger.delivering.carriers import Carrier
from ledger.delivering.claim_links import ClaimLinks
from ledger.delivering.mail_settings import MailSettings
from ledger.delivering.values import Answer, Notification, Outcome
from ledger.errors import KeystoreError, NotFound
from ledger.issuing.catalog import Catalog
from ledger.issuing.values import CredentialStatus, Issuer, StoredCredential

NO_NAME = "learner"
"""How a learner is greeted of whom an institution that recognises another's credential knows the address alone."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_OVER = frozenset({CredentialStatus.REVOKED, CredentialStatus.REVOKING, CredentialStatus.WITHDRAWN})


def compose(
    settings: MailSettings,
    notification: Notification,
    credential: StoredCredential,
    issuer: Issuer,
    link_base: str,
    link: str,
) -> EmailMessage:
    """The message, with the link at which its reader collects. Raises ValueError for an address that is not one."""
    words = {
        "institution": issuer.name,
        "credential": credential.name,
        "learner": credential.learner_name or NO_NAME,
        "link": link,
        "check": f"{link_base}/check",
        "id": credential.credential_id,
    }
    words = {name: _CONTROL.sub(" ", value) for name, value in words.items()}
    return letter(
        settings.sender,
        credential.email,
        name=notification.id.replace(":", "."),
        written_at=notification.happened_at,
        link_base=link_base,
        subject=settings.subject.substitute(words),
        text=settings.text.substitute(words),
    )


def letter(
    sender: Address, receiver: str, *, name: str, written_at: int, link_base: str, subject: str, text: str
) -> EmailMessage:
    """A plain message, known again by its name. Raises ValueError for a receiver that is not exactly one address."""
    domain = urlsplit(link_base).hostname or "localhost"
    message = EmailMessage(policy=SMTP)
    message["Message-ID"] = f"<{name}@{domain if ':' not in domain else 'localhost'}>"
    message["Date"] = datetime.fromtimestamp(written_at, UTC)
    message["From"] = sender
    message["To"] = _receiver(receiver)
    message["Subject"] = subject
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text, cte="quoted-printable")
    return message


class Mailer:
    """Sends mail to learners. One thread at a time."""

    def __init__(
        self, catalog: Catalog, settings: MailSettings, carrier: Carrier, links: ClaimLinks, link_base: str
    ) -> None:
        self._catalog = catalog
        self._settings = settings
        self._carrier = carrier
        self._links = links
        self._link_base = link_base

    def send(self, notification: Notification) -> Outcome:
        """Hands it over to the carrier. Never raises for what that does."""
        try:
            credential = self._catalog.credential(notification.credential or "")
        except NotFound:
            return Outcome(Answer.MOOT, "this ledger does not know the credential any more")
        if credential.status in _OVER:
            return Outcome(Answer.MOOT, "the credential was revoked or withdrawn before its learner was written to")
        issuer = self._catalog.issuer(credential.issuer)
        try:
            link = self._claim_link(credential, notification.happened_at)
            message = compose(self._settings, notification, credential, issuer, self._link_base, link)
        except KeystoreError:
            return Outcome(Answer.AWAY, "the key file under which links to claim are made does not open")
        except ValueError:
            return Outcome(Answer.REFUSED, "the learner's e-mail address cannot be written to")
        return self._carrier.carry(message, credential.email)

    def close(self) -> None:
        self._carrier.close()

    def _claim_link(self, credential: StoredCredential, since: int) -> str:
        token = self._links.token(credential.credential_id, credential.email, since=since)
        return f"{self._link_base}/claim/{token}"


def _receiver(text: str) -> Address:
    try:
        address = Address(addr_spec=text)
    except (IndexError, MessageError) as error:
        raise ValueError("this is not an e-mail address") from error
    if address.addr_spec != text:
        raise ValueError("this is not exactly one e-mail address")
    return address
