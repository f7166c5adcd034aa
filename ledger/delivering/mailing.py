"""Writing to learners: plain text, one message for a credential, over SMTP.

A message is the same bytes each time but for its address, which is read from the catalog when it is sent: the outbox
holds no personal data.
"""

from __future__ import annotations

import os
import re
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from ipaddress import ip_address
from pathlib import Path
from string import Template
from urllib.parse import unquote, urlsplit

from ledger.delivering.values import Answer, Notification, Outcome
from ledger.errors import CairnError, NotFound, WorkspaceError
from ledger.issuing.catalog import Catalog
from ledger.issuing.values import CredentialStatus, Issuer, StoredCredential

URL_VARIABLE, FROM_VARIABLE, TEMPLATE_VARIABLE = "CAIRN_SMTP_URL", "CAIRN_MAIL_FROM", "CAIRN_MAIL_TEMPLATE"
TEMPLATE = Path(__file__).with_name("mail.en.txt")
SECONDS = 10.0
_PORTS = {"smtp": 587, "smtps": 465}
_WORDS = ("institution", "credential", "learner", "link", "check", "id")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_CLOSING = 421
_OVER = frozenset({CredentialStatus.REVOKED, CredentialStatus.REVOKING, CredentialStatus.WITHDRAWN})


@dataclass(frozen=True)
class MailSettings:
    """How mail leaves: where the server is, as whom, with which words. Outside this machine always over TLS."""

    scheme: str
    host: str
    port: int
    user: str | None
    password: str | None = field(repr=False)
    sender: Address
    subject: Template
    text: Template

    @property
    def is_local(self) -> bool:
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def mail_settings(environment: Mapping[str, str] = os.environ) -> MailSettings | None:
    """As CAIRN_SMTP_URL, CAIRN_MAIL_FROM and CAIRN_MAIL_TEMPLATE say; None where no server is named: no mail is sent.

    Raises WorkspaceError `settings`, in a sentence without the URL: it holds a password.
    """
    url = environment.get(URL_VARIABLE, "")
    if not url:
        return None
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if parts.scheme not in _PORTS or not host or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise WorkspaceError("settings", f"{URL_VARIABLE} is not of the form smtp://user:password@host:port")
    subject, text = _template(Path(environment.get(TEMPLATE_VARIABLE) or TEMPLATE))
    return MailSettings(
        scheme=parts.scheme,
        host=host,
        port=port or _PORTS[parts.scheme],
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        sender=_sender(environment.get(FROM_VARIABLE, "")),
        subject=subject,
        text=text,
    )


def compose(
    settings: MailSettings, notification: Notification, credential: StoredCredential, issuer: Issuer, link_base: str
) -> EmailMessage:
    """The message. Raises ValueError for an address that is not exactly one."""
    words = {
        "institution": issuer.name,
        "credential": credential.name,
        "learner": credential.learner_name,
        "link": link_base,
        "check": f"{link_base}/check",
        "id": credential.credential_id,
    }
    words = {name: _CONTROL.sub(" ", value) for name, value in words.items()}
    domain = urlsplit(link_base).hostname or "localhost"
    message = EmailMessage(policy=SMTP)
    message["Message-ID"] = f"<{notification.id.replace(':', '.')}@{domain if ':' not in domain else 'localhost'}>"
    message["Date"] = datetime.fromtimestamp(notification.happened_at, UTC)
    message["From"] = settings.sender
    message["To"] = _receiver(credential.email)
    message["Subject"] = settings.subject.substitute(words)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(settings.text.substitute(words), cte="quoted-printable")
    return message


class Mailer:
    """Sends mail, over one connection until `close`. One thread at a time."""

    def __init__(self, catalog: Catalog, settings: MailSettings, link_base: str) -> None:
        self._catalog = catalog
        self._settings = settings
        self._link_base = link_base
        self._server: smtplib.SMTP | None = None

    def send(self, notification: Notification) -> Outcome:
        """Hands it over to the mail server. Never raises for what the server does."""
        try:
            credential = self._catalog.credential(notification.credential or "")
        except NotFound:
            return Outcome(Answer.MOOT, "this ledger does not know the credential any more")
        if credential.status in _OVER:
            return Outcome(Answer.MOOT, "the credential was revoked or withdrawn before its learner was written to")
        issuer = self._catalog.issuer(credential.issuer)
        try:
            message = compose(self._settings, notification, credential, issuer, self._link_base)
        except ValueError:
            return Outcome(Answer.REFUSED, "the learner's e-mail address cannot be written to")
        try:
            self._connected().send_message(message, self._settings.sender.addr_spec, [credential.email])
        except smtplib.SMTPRecipientsRefused as error:
            code = next(iter(error.recipients.values()))[0]
            return Outcome(Answer.LATER if code < 500 else Answer.REFUSED, f"the address was refused (SMTP {code})")
        except smtplib.SMTPNotSupportedError:
            return Outcome(Answer.REFUSED, "the mail server cannot write to such an address")
        except smtplib.SMTPDataError as error:
            code = error.smtp_code
            answer = Answer.AWAY if code == _CLOSING else Answer.LATER if code < 500 else Answer.REFUSED
            return Outcome(answer, f"the message was refused (SMTP {code})")
        except smtplib.SMTPResponseException as error:
            return self._away(f"SMTP {error.smtp_code}")
        except (smtplib.SMTPException, CairnError, OSError) as error:
            return self._away(type(error).__name__)
        return Outcome(Answer.TAKEN)

    def close(self) -> None:
        """Ends the connection, if there is one."""
        server, self._server = self._server, None
        if server is not None:
            try:
                server.quit()
            except (smtplib.SMTPException, OSError):
                server.close()

    def _away(self, why: str) -> Outcome:
        self.close()
        return Outcome(Answer.AWAY, f"the mail server {self._settings.host} takes nothing now ({why})")

    def _connected(self) -> smtplib.SMTP:
        """The connection, a new one if the server has ended it meanwhile: before a message, never within one."""
        if self._server is not None:
            try:
                if self._server.noop()[0] == 250:
                    return self._server
            except (smtplib.SMTPException, OSError):
                pass
            self.close()
        self._server = self._connect()
        return self._server

    def _connect(self) -> smtplib.SMTP:
        settings = self._settings
        if settings.scheme == "smtps":
            trusted = ssl.create_default_context()
            server: smtplib.SMTP = smtplib.SMTP_SSL(settings.host, settings.port, timeout=SECONDS, context=trusted)
        else:
            server = smtplib.SMTP(settings.host, settings.port, timeout=SECONDS)
        try:
            if settings.scheme == "smtp" and not settings.is_local:
                server.starttls(context=ssl.create_default_context())
            if settings.user is not None:
                server.login(settings.user, settings.password or "")
        except smtplib.SMTPNotSupportedError as error:
            server.close()
            raise CairnError("mail_server", "the mail server offers no TLS, or no way to log in") from error
        except BaseException:
            server.close()
            raise
        return server


def _receiver(text: str) -> Address:
    try:
        address = Address(addr_spec=text)
    except (IndexError, MessageError) as error:
        raise ValueError("this is not an e-mail address") from error
    if address.addr_spec != text:
        raise ValueError("this is not exactly one e-mail address")
    return address


def _sender(text: str) -> Address:
    message = EmailMessage(policy=SMTP)
    try:
        message["From"] = text
        (sender,) = message["From"].addresses
    except (ValueError, IndexError, MessageError) as error:
        raise WorkspaceError("settings", f"{FROM_VARIABLE} is not one e-mail address") from error
    if not sender.domain or not sender.username or message["From"].defects:
        raise WorkspaceError("settings", f"{FROM_VARIABLE} is not one e-mail address")
    found: Address = sender
    return found


def _template(path: Path) -> tuple[Template, Template]:
    """The subject of the first line, and the text after the empty one."""
    try:
        head, _, text = path.read_text(encoding="utf-8").partition("\n\n")
        subject, body = Template(head.removeprefix("Subject: ")), Template(text)
        for part in (subject, body):
            part.substitute(dict.fromkeys(_WORDS, ""))
    except (OSError, UnicodeDecodeError) as error:
        raise WorkspaceError("settings", f"the words for mail cannot be read from {path}") from error
    except (KeyError, ValueError) as error:
        raise WorkspaceError("settings", f"the words for mail in {path} name something that there is not") from error
    if not head.startswith("Subject: ") or "\n" in head or not text.strip():
        raise WorkspaceError("settings", f"the words for mail in {path} do not begin with a subject and an empty line")
    return subject, body
