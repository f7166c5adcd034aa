"""Letters to learners about the ways into their wallets, and to people who work for institutions, with their links to
sign in: what they say, and the queue that they wait in.

Whoever asks for a link only puts a letter into the queue. Whether there is anybody to write to is found out later, by
the one who sends: so the answer, and the time that it takes, say nothing about who has a wallet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlmodel import Session, col, delete, or_, select

from api.wallets.access.tables import LetterRow, LinkRow
from api.wallets.access.values import What

LetterKind = Literal["enter", "address", "notice", "staff", "staff_invited"]
STAFF_LETTERS = frozenset({"staff", "staff_invited"})

ENTER = (
    "Your link to sign in",
    """Somebody, you we hope, asked to sign in to the wallet of this address.

This link works once, within an hour:

    {link}

If it was not you, do nothing: without this link nobody comes in.

A machine wrote this, and reads no answers.
""",
)
ADDRESS = (
    "Is this address yours?",
    """Somebody, you we hope, wants to add this address to a wallet of credentials.

If that is so, confirm it within an hour, where you are signed in or anywhere else:

    {link}

From then on the wallet can be opened by links to this address. If it was not you, do nothing.

A machine wrote this, and reads no answers.
""",
)
NOTICES = {
    What.SIGNED_IN: "somebody signed in by a link that was sent to another of its addresses",
    What.TOKEN_MADE: "a token for programs was made, which opens it",
    What.ADDRESS_ADDED: "an e-mail address was added, whose links open it",
    What.ADDRESS_REMOVED: "an e-mail address was removed: its links no longer open it",
    What.PASSKEY_ADDED: "a passkey was added, which opens it",
    What.PASSKEY_COPIED: "a passkey was stopped, because there seems to be a copy of it",
    What.ACCOUNT_ADDED: "an Ethereum account was added, which opens it",
    What.CODES_MADE: "new recovery codes were made; the ones before no longer work",
    What.CODE_USED: "somebody signed in with a recovery code",
    What.MERGED: "another wallet was merged into it, with everything that opened that one",
}
NOTICE = (
    "Your wallet of credentials",
    """This is about your wallet of credentials: {what}.

If that was you, there is nothing to do. If not, sign in, remove what you do not know, and sign out everywhere:

    {link}

A machine wrote this, and reads no answers.
""",
)

STAFF = (
    "Your link to sign in as a member of staff",
    """Somebody, you we hope, asked to sign in to the pages for people who work for an institution.

This link works once, within an hour:

    {link}

If it was not you, do nothing: without this link nobody comes in.

A machine wrote this, and reads no answers.
""",
)
STAFF_INVITED = (
    "You were invited to work with credentials",
    """You were invited to the pages for people who work for {what}.

This link signs you in once, within an hour. After that, ask for a new one on the page to sign in, with this address:

    {link}

If you do not know what this is about, do nothing.

A machine wrote this, and reads no answers.
""",
)


@dataclass(frozen=True)
class Words:
    """What a letter says."""

    subject: str
    text: str


def words_of(kind: LetterKind, *, link: str, said: str | None = None) -> Words:
    """The words of a letter with a link, or with one to the page to sign in."""
    if kind in STAFF_LETTERS:
        subject, text = STAFF if kind == "staff" else STAFF_INVITED
        return Words(subject, text.format(link=link, what=said or ""))
    subject, text = {"enter": ENTER, "address": ADDRESS, "notice": NOTICE}[kind]
    what = NOTICES.get(What(said), "something about what opens it has changed") if said else ""
    return Words(subject, text.format(link=link, what=what))


def queue(
    session: Session,
    kind: LetterKind,
    email: str,
    *,
    now: int,
    wallet_id: str | None = None,
    said: str | None = None,
) -> None:
    """Puts a letter into the queue, within the caller's transaction."""
    session.add(LetterRow(kind=kind, email=email, wallet=wallet_id, said=said, created_at=now, due_at=now))


def forget_letters(session: Session, wallet_id: str, emails: Sequence[str]) -> list[str]:
    """Deletes letters that wait and links that were sent, to these addresses and for this wallet.

    Gives all addresses that were written to: some were asked for and never became the wallet's.
    """
    asked_for: set[str] = set()
    for table in (LetterRow, LinkRow):
        asked_for |= set(session.exec(select(table.email).where(table.wallet == wallet_id)))
        theirs = or_(col(table.wallet) == wallet_id, col(table.email).in_(emails))
        session.exec(delete(table).where(theirs))
    return [*emails, *sorted(asked_for - set(emails))]
