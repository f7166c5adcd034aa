"""Coming in by a link: one in a mail about a credential, one that somebody asked for, or a claim of an issuer.

Looking at a link changes nothing: programs that scan mail open every one. Only confirming uses it, once.

A link that we sent shows that its reader has the address. A claim that an issuer handed over shows only that the
issuer wanted somebody to have the credentials: it never opens a wallet that is there already, or an issuer could open
anybody's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sqlmodel import Session, col, delete

from api.clock import Clock, unix_now
from api.tokens import LINK, parse_token
from api.wallets.access.addresses import Addresses
from api.wallets.access.adopting import adopt
from api.wallets.access.audit import Audit
from api.wallets.access.letters import queue
from api.wallets.access.postman import proven_by
from api.wallets.access.sessions import Sessions
from api.wallets.access.tables import LinkRow, UsedClaimRow
from api.wallets.access.values import Entered, Way, What
from api.wallets.claims import Claims
from api.wallets.service import Wallets, new_wallet
from ledger.delivering.claim_links import PREFIX, ClaimLinks, ClaimToken, read_claim_token
from ledger.errors import Conflict, NotFound
from ledger.issuing.catalog import Catalog
from ledger.storage import Database

OfferKind = Literal["claim", "enter", "address", "handed_over"]


@dataclass(frozen=True)
class Offer:
    """What a link would do. `wallet_id` is the wallet that it opens, or that the address is to be added to.

    `credential_id` is what the mail with the link was about, and `batch_id` of what an issuer handed over.
    """

    kind: OfferKind
    email: str
    wallet_id: str | None
    credential_id: str | None = None
    batch_id: int | None = None


@dataclass(frozen=True)
class Used:
    """What a link did: it opened a wallet (`entered`), or an address now belongs to one."""

    wallet_id: str
    email: str
    entered: Entered | None


class Entering:
    """The links that open wallets."""

    def __init__(
        self,
        database: Database,
        catalog: Catalog,
        wallets: Wallets,
        claims: Claims,
        links: ClaimLinks,
        addresses: Addresses,
        sessions: Sessions,
        audit: Audit,
        gather: Callable[[str, str], object],
        clock: Clock = unix_now,
    ) -> None:
        """`gather` puts into a wallet what was awarded to an address."""
        self._database = database
        self._catalog = catalog
        self._wallets = wallets
        self._claims = claims
        self._links = links
        self._addresses = addresses
        self._sessions = sessions
        self._audit = audit
        self._gather = gather
        self._clock = clock

    def offer(self, token: str) -> Offer:
        """What a link would do; nothing is changed. Raises NotFound `link_unknown`, alike for used and ended ones."""
        with self._database.reading() as session:
            return self._offer(session, token)

    def use(self, token: str, *, into: str | None = None) -> Used:
        """Uses a link. `into` is the wallet that its user is signed in to and wants an address or credentials in.

        Without it a link opens the wallet of its address, or a new one. Raises NotFound `link_unknown`, Conflict
        `address_elsewhere` where the address opens another wallet than the one named, `sign_in_first` for a claim that
        an issuer handed over to somebody who has a wallet: a link to sign in is on its way then.
        """
        with self._database.reading() as session:
            offer = self._offer(session, token)
        if offer.kind == "handed_over":
            return self._take_handed_over(token, offer, into)
        with self._database.writing(alone=offer.email.encode()) as session:
            offer = self._offer(session, token)
            self._use_up(session, token)
            used = self._enter_or_add(session, offer, into)
        self._gather(used.wallet_id, used.email)
        return used

    def shown_by(self, session: Session, token: str) -> str | None:
        """The wallet whose owner a link shows somebody to be, and the link is used up; None if it shows nothing."""
        try:
            offer = self._offer(session, token)
        except NotFound:
            return None
        wallet = proven_by(session, offer.email)
        if offer.kind == "handed_over" or wallet is None:
            return None
        self._use_up(session, token)
        return wallet

    def _offer(self, session: Session, token: str) -> Offer:
        if token.startswith(PREFIX):
            return self._offer_of_mail(session, token)
        token_hash = parse_token(LINK, token)
        if token_hash is not None:
            row = session.get(LinkRow, token_hash)
            if row is None or row.expires_at <= self._clock():
                raise unknown()
            kind: OfferKind = "address" if row.purpose == "address" else "enter"
            return Offer(kind, row.email, row.wallet if kind == "address" else proven_by(session, row.email))
        waiting = self._claims.waiting_for(session, token)
        if waiting is None:
            raise unknown()
        batch_id, email = waiting
        return Offer("handed_over", email, None, batch_id=batch_id)

    def _offer_of_mail(self, session: Session, token: str) -> Offer:
        email, claim = self._ours(token)
        if session.get(UsedClaimRow, claim.hash) is not None:
            raise unknown()
        return Offer("claim", email, proven_by(session, email), claim.credential_id)

    def _ours(self, token: str) -> tuple[str, ClaimToken]:
        claim = read_claim_token(token)
        if claim is None or claim.expires_at <= self._clock():
            raise unknown()
        try:
            email = self._catalog.credential(claim.credential_id).email
        except NotFound:
            raise unknown() from None
        if not email or not self._links.is_ours(claim, email):
            raise unknown()
        return email, claim

    def _use_up(self, session: Session, token: str) -> None:
        now = self._clock()
        if token.startswith(PREFIX):
            _, claim = self._ours(token)
            session.exec(delete(UsedClaimRow).where(col(UsedClaimRow.expires_at) <= now))
            session.add(UsedClaimRow(token_hash=claim.hash, expires_at=claim.expires_at))
        else:
            session.exec(delete(LinkRow).where(col(LinkRow.token_hash) == parse_token(LINK, token)))
        session.flush()

    def _enter_or_add(self, session: Session, offer: Offer, into: str | None) -> Used:
        if offer.kind == "address":
            if offer.wallet_id is None:
                raise unknown()
            self._addresses.prove(session, offer.wallet_id, offer.email, Way.LINK)
            return Used(offer.wallet_id, offer.email, None)
        if into is not None:
            self._addresses.prove(session, into, offer.email, Way.LINK)
            return Used(into, offer.email, None)
        wallet = offer.wallet_id or adopt(session, offer.email) or new_wallet(session, now=self._clock())
        self._addresses.prove(session, wallet, offer.email, Way.LINK)
        self._audit.tell(session, wallet, What.SIGNED_IN, Way.LINK, except_for=offer.email)
        return Used(wallet, offer.email, self._sessions.begin(session, wallet, Way.LINK))

    def _take_handed_over(self, token: str, offer: Offer, into: str | None) -> Used:
        wallet, entered = into, None
        with self._database.writing(alone=offer.email.encode()) as session:
            is_known = into is None and proven_by(session, offer.email) is not None
            if is_known:
                queue(session, "enter", offer.email, now=self._clock())
            elif wallet is None:
                wallet = new_wallet(session, now=self._clock())
                self._audit.note(session, wallet, What.SIGNED_IN, Way.LINK)
                entered = self._sessions.begin(session, wallet, Way.LINK)
        if wallet is None:
            message = "there is a wallet for this address already: we have sent a link to it; open that first"
            raise Conflict(message, "sign_in_first")
        self._claims.take(wallet, token)
        return Used(wallet, offer.email, entered)


def unknown() -> NotFound:
    return NotFound("there is no such link, or it was used, or it has ended", "link_unknown")
