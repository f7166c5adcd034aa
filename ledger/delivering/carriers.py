"""What takes a mail away: a mail server, or a folder in which a person finds it."""

from __future__ import annotations

import os
import re
import smtplib
import ssl
import threading
from collections.abc import Callable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Protocol

from ledger.delivering.mail_settings import MailServer, MailSettings, mail_settings
from ledger.delivering.values import Answer, Outcome
from ledger.errors import CairnError

SECONDS = 10.0
_CLOSING = 421
_FILE_NAME = re.compile(r"[^A-Za-z0-9._-]")


class Carrier(Protocol):
    """Takes mails away. One thread at a time."""

    def carry(self, message: EmailMessage, receiver: str) -> Outcome:
        """Takes a mail to one receiver. Never raises for what happens outside."""
        ...

    def close(self) -> None:
        """Ends what is kept open between two mails."""
        ...


def carrier_of(settings: MailSettings) -> Carrier:
    """Whatever the settings name: the server, or else the folder."""
    return ServerCarrier(settings.server) if settings.server is not None else FolderCarrier(settings.folder)


def forgetter(folder: Path | None) -> Callable[[str], int]:
    """Deletes the mails to an address that lie in the folder for mail, if mail goes into one."""
    settings = mail_settings(folder)
    if settings is None or settings.server is not None:
        return lambda _: 0
    return FolderCarrier(settings.folder).forget


class FolderCarrier:
    """Puts each mail into a folder as a file of its own, `….eml`, that only the folder's owner may read.

    A mail that comes again takes the place of the one before. Its text stands there as it reads: who looks into the
    file for a link finds it in one piece.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def carry(self, message: EmailMessage, receiver: str) -> Outcome:
        del receiver  # it stands in the message
        name = _FILE_NAME.sub("-", str(message["Message-ID"]).strip("<>").partition("@")[0])
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            unfinished = self._folder / f".{name}.{threading.get_ident()}"
            with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(readable(message))
            unfinished.replace(self._folder / f"{name}.eml")
        except OSError as error:
            return Outcome(Answer.AWAY, f"the folder for mail takes nothing now ({type(error).__name__})")
        return Outcome(Answer.TAKEN)

    def close(self) -> None:
        """Nothing is kept open."""

    def forget(self, email: str) -> int:
        """Deletes the mails to an address, and says how many there were."""
        wanted = email.lower()
        count = 0
        for path in self._folder.glob("*.eml"):
            head = message_from_bytes(path.read_bytes().partition(b"\n\n")[0], policy=SMTP)
            if any(address.addr_spec.lower() == wanted for address in head["To"].addresses):
                path.unlink(missing_ok=True)
                count += 1
        return count


def readable(message: EmailMessage) -> bytes:
    """The same message with its text in UTF-8 as it is (8bit, RFC 6152), and with the line ends of files."""
    text = message.get_content()
    plain = message_from_bytes(message.as_bytes(), policy=SMTP.clone(linesep="\n"))
    plain.set_content(text.replace("\r\n", "\n"), cte="8bit")
    return plain.as_bytes()


class ServerCarrier:
    """Hands mails to a mail server, over one connection until `close`."""

    def __init__(self, server: MailServer) -> None:
        self._settings = server
        self._server: smtplib.SMTP | None = None

    def carry(self, message: EmailMessage, receiver: str) -> Outcome:
        sender = message["From"].addresses[0].addr_spec
        try:
            self._connected().send_message(message, sender, [receiver])
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
