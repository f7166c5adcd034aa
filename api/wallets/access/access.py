"""The ways into wallets, put together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlmodel import col, select

from api.clock import Clock, unix_now
from api.wallets.access.accounts import Accounts
from api.wallets.access.addresses import Addresses
from api.wallets.access.audit import Audit
from api.wallets.access.challenges import Challenges
from api.wallets.access.entering import Entering
from api.wallets.access.merging import Merging, MoveShares
from api.wallets.access.passkeys import Passkeys
from api.wallets.access.postman import Postman, StaffLink
from api.wallets.access.recovery import RecoveryCodes
from api.wallets.access.sessions import Sessions
from api.wallets.access.values import Entered, Way, What
from api.wallets.access.ways import Ways
from api.wallets.claims import Claims
from api.wallets.gathering import final_awards, learners_credentials
from api.wallets.service import Wallets
from api.wallets.tables import WalletCredentialRow
from ledger.delivering.claim_links import ClaimLinks
from ledger.delivering.mail_settings import mail_settings
from ledger.errors import Conflict, NotProven
from ledger.issuing.values import BatchState, StoredCredential

if TYPE_CHECKING:
    from ledger.documents.strict_json import JsonObject
    from ledger.workspace import Workspace


@dataclass(frozen=True)
class Waiting:
    """Credentials that are a wallet's learner's and not in it: `final` ones, and those `on_the_way` to the registry."""

    final: tuple[StoredCredential, ...]
    on_the_way: tuple[StoredCredential, ...]


class Access:
    """How learners come into their wallets. `base` is what this site's links begin with, and no request says it.

    `staff_link` makes the links in letters to people who work for institutions: one post office sends both.

    Raises WorkspaceError `settings` for mail settings that make no sense.
    """

    def __init__(
        self,
        workspace: Workspace,
        wallets: Wallets,
        claims: Claims,
        move_shares: MoveShares,
        base: str,
        staff_link: StaffLink,
        clock: Clock = unix_now,
    ) -> None:
        self._database, self._catalog, self._wallets = workspace.database, workspace.catalog, wallets
        database = workspace.database
        self.audit = Audit(database, clock)
        self.sessions = Sessions(database, self.audit, clock)
        self.ways = Ways(database, self.audit, clock)
        self.mail_addresses = Addresses(database, self.audit, clock)
        self.recovery = RecoveryCodes(database, self.sessions, self.audit, clock)
        challenges = Challenges(database, clock)
        self.passkeys = Passkeys(database, challenges, self.sessions, self.audit, base, clock)
        self.accounts = Accounts(database, challenges, self.sessions, self.audit, base, clock)
        self.entering = Entering(
            database,
            workspace.catalog,
            wallets,
            claims,
            ClaimLinks(workspace.keys),
            self.mail_addresses,
            self.sessions,
            self.audit,
            self.gather,
            clock,
        )
        self.postman = Postman(
            database,
            mail_settings(workspace.mail_folder),
            base,
            is_learner=self._is_learner,
            staff_link=staff_link,
            clock=clock,
        )
        self._merging = Merging(database, self.audit, move_shares, clock)

    def addresses(self, wallet_id: str) -> tuple[str, ...]:
        """The e-mail addresses that a wallet has shown to be its own, the oldest first."""
        return self.mail_addresses.proven(wallet_id)

    def gather(self, wallet_id: str, email: str) -> int:
        """Puts into a wallet what was awarded to an address and is not in it yet; says how many that were.

        A wallet that is full stays as it is: whoever comes in must not be kept out by that.
        """
        awarded = final_awards(self._catalog, email)
        with self._database.reading() as session:
            held = set(
                session.exec(
                    select(WalletCredentialRow.credential_id).where(col(WalletCredentialRow.wallet) == wallet_id)
                )
            )
        missing = [one.credential_id for one in awarded if one.credential_id not in held]
        if not missing:
            return 0
        arrivals = self._wallets.arrive_together(list(self._catalog.documents(missing)))
        try:
            return len(self._wallets.keep(wallet_id, arrivals, "claim"))
        except Conflict:
            return 0

    def gather_all(self, wallet_id: str) -> int:
        """As `gather`, for every address that the wallet has shown to be its own."""
        return sum(self.gather(wallet_id, email) for email in self.addresses(wallet_id))

    def waiting(self, wallet_id: str) -> Waiting:
        """What was awarded to the wallet's addresses and is not in it: final already, or signed and on its way."""
        found = [one for email in self.addresses(wallet_id) for one in learners_credentials(self._catalog, email)]
        with self._database.reading() as session:
            held = set(
                session.exec(
                    select(WalletCredentialRow.credential_id).where(col(WalletCredentialRow.wallet) == wallet_id)
                )
            )
        missing = [one for one in found if one.credential_id not in held]
        return Waiting(
            tuple(one for one in missing if one.is_attached),
            tuple(one for one in missing if not one.is_attached and one.batch_state is not BatchState.OPEN),
        )

    def enter_by_token(self, token: str) -> Entered:
        """Signs a browser in to the wallet that a token for programs opens. Raises NotProven `token_refused`."""
        wallet_id = self._wallets.owner(token)
        if wallet_id is None:
            raise NotProven("this is no wallet's token, or it was ended", "token_refused")
        with self._database.writing() as session:
            self.audit.note(session, wallet_id, What.SIGNED_IN, Way.TOKEN)
            return self.sessions.begin(session, wallet_id, Way.TOKEN)

    def merge_by_token(self, target: str, token: str, way: Way) -> None:
        """Merges the wallet that a token for programs opens. Raises NotProven `merge_refused`, and as `Merging`."""
        source = self._wallets.owner(token)
        if source is None:
            raise refused()
        self._merging.merge(target, source, way)

    def merge_by_link(self, target: str, token: str, way: Way) -> None:
        """Merges the wallet of the address that a one-time link went to; the link is used up."""
        with self._database.writing() as session:
            source = self.entering.shown_by(session, token)
        if source is None:
            raise refused()
        self._merging.merge(target, source, way)

    def merge_by_passkey(self, target: str, answer: JsonObject, way: Way) -> None:
        """Merges the wallet of the passkey that signed."""
        self._merging.merge(target, self.passkeys.shown(answer), way)

    def merge_by_account(self, target: str, message: str, signature: str, way: Way) -> None:
        """Merges the wallet of the account that signed."""
        self._merging.merge(target, self.accounts.shown(message, signature), way)

    def _is_learner(self, email: str) -> bool:
        return bool(final_awards(self._catalog, email))


def refused() -> NotProven:
    return NotProven("this does not show that the other wallet is yours", "merge_refused")
