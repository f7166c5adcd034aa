"""How mail leaves, as the environment says: through which server or into which folder, as whom, with which words."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from ipaddress import ip_address
from pathlib import Path
from string import Template
from urllib.parse import unquote, urlsplit

from ledger.errors import WorkspaceError

URL_VARIABLE, FROM_VARIABLE, TEMPLATE_VARIABLE = "CAIRN_SMTP_URL", "CAIRN_MAIL_FROM", "CAIRN_MAIL_TEMPLATE"
FOLDER_VARIABLE = "CAIRN_MAIL_FOLDER"
TEMPLATE = Path(__file__).with_name("mail.en.txt")
WORDS = ("institution", "credential", "learner", "link", "check", "id")
NO_FOLDER = "none"
MOST_UNASKED = 500
"""Learners of a batch who are written to where nobody named the folder: enough to try, never a million files."""
_PORTS = {"smtp": 587, "smtps": 465}
_NOBODY = Address("Cairn", "no-reply", "localhost")


@dataclass(frozen=True)
class MailServer:
    """A mail server. Outside this machine always over TLS."""

    scheme: str
    host: str
    port: int
    user: str | None
    password: str | None = field(repr=False)

    @property
    def is_local(self) -> bool:
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


@dataclass(frozen=True)
class MailSettings:
    """How mail leaves. Without a `server` it goes into the `folder`.

    Nobody of a batch of more than `most` learners is written to; None is no limit.
    """

    server: MailServer | None
    folder: Path
    most: int | None
    sender: Address
    subject: Template
    text: Template


def mail_settings(folder: Path | None, environment: Mapping[str, str] = os.environ) -> MailSettings | None:
    """As CAIRN_SMTP_URL, CAIRN_MAIL_FOLDER, CAIRN_MAIL_FROM and CAIRN_MAIL_TEMPLATE say.

    Where no server is named mail goes into the folder that the environment names, or into the given one; None where
    there is none of them: no mail leaves. Raises WorkspaceError `settings`, in a sentence without the URL: it holds a
    password.
    """
    url, named = environment.get(URL_VARIABLE, ""), environment.get(FOLDER_VARIABLE, "")
    server = _server(url) if url else None
    into = None if named == NO_FOLDER else Path(named) if named else folder
    if server is None and into is None:
        return None
    subject, text = _template(Path(environment.get(TEMPLATE_VARIABLE) or TEMPLATE))
    sender = environment.get(FROM_VARIABLE, "")
    # Into a folder nobody writes back; a mail server wants to know who sends.
    known = _sender(sender) if sender or server is not None else _NOBODY
    most = MOST_UNASKED if server is None and not named else None
    return MailSettings(server, into or Path(), most, known, subject, text)


def _server(url: str) -> MailServer:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if parts.scheme not in _PORTS or not host or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise WorkspaceError("settings", f"{URL_VARIABLE} is not of the form smtp://user:password@host:port")
    return MailServer(
        scheme=parts.scheme,
        host=host,
        port=port or _PORTS[parts.scheme],
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


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
            part.substitute(dict.fromkeys(WORDS, ""))
    except (OSError, UnicodeDecodeError) as error:
        raise WorkspaceError("settings", f"the words for mail cannot be read from {path}") from error
    except (KeyError, ValueError) as error:
        raise WorkspaceError("settings", f"the words for mail in {path} name something that there is not") from error
    if not head.startswith("Subject: ") or "\n" in head or not text.strip():
        raise WorkspaceError("settings", f"the words for mail in {path} do not begin with a subject and an empty line")
    return subject, body
