"""A data folder, opened: where configuration, database, keys and chain come together, and nowhere else.

    DATA/cairn.json       the configuration
    DATA/ledger.db        the database, unless the configuration names a server
    DATA/chain/           the embedded chain
    DATA/keys/            encrypted key files, and the passphrase unless CAIRN_PASSPHRASE_FILE names another file
    DATA/mail/            mail to learners, where no mail server is named
    DATA/statements/      the statements with which accreditors recognise issuers, by their hash

Nothing is opened before it is used: verifying needs no database, listing needs no chain.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import TYPE_CHECKING

from ledger.chain.addresses import parse_address
from ledger.chain.networks import DEVELOPMENT_CHAINS, EMBEDDED_CHAIN_ID, network_of
from ledger.chain.registry import Address
from ledger.configuration import (
    DEFAULT_LINK_BASE,
    DEFAULT_ORIGIN,
    FILE,
    Configuration,
    finality_rule,
    reached_at,
    read_configuration,
    write_configuration,
)
from ledger.connection import ChainConnection, chain_of, check_registry
from ledger.documents.accreditation import AccreditationStatement
from ledger.errors import WorkspaceError
from ledger.folder import make_folder, make_passphrase, read_passphrase, read_statements, write_statement

if TYPE_CHECKING:
    from ledger.chain.code_watch import CodeWatch
    from ledger.chain.ethereum import EthereumRegistry
    from ledger.chain.reader import RpcRegistryReader
    from ledger.delivering.post_office import PostOffice
    from ledger.issuing.accreditor_acts import AccreditorActs
    from ledger.issuing.accreditors import Accreditors
    from ledger.issuing.administration import Administration
    from ledger.issuing.awarding.affected import AffectedAwards
    from ledger.issuing.awarding.awards import Awards
    from ledger.issuing.awarding.candidates import Candidates
    from ledger.issuing.awarding.completion import OnCompletion
    from ledger.issuing.catalog import Catalog
    from ledger.issuing.desk import Desk
    from ledger.issuing.imports import Imports
    from ledger.issuing.issuers import Issuers
    from ledger.issuing.jwt_export import JwtExport
    from ledger.issuing.pathways import Pathways
    from ledger.issuing.pipeline import Pipeline
    from ledger.issuing.programmes import Programmes
    from ledger.issuing.records import Records
    from ledger.issuing.revocation import Revocation
    from ledger.issuing.signer import KeyRing
    from ledger.issuing.sponsored import SponsoredActs
    from ledger.issuing.status_lists import StatusLists
    from ledger.issuing.status_requests import Placing
    from ledger.relaying.relay import Relay
    from ledger.relaying.submission import Submission
    from ledger.sending.journal import Journal
    from ledger.storage import Database
    from ledger.verifying.policy import Policy
    from ledger.verifying.report import VerificationReport
    from ledger.verifying.signature import Canonicalizer
    from ledger.verifying.verifier import Verifier


class Workspace:
    """An open data folder. Use it with `with`, or close it; threads may share it."""

    def __init__(self, path: Path, configuration: Configuration) -> None:
        """Use `init` or `open`."""
        self.path = path
        self._configuration = configuration
        self._connection = ChainConnection(path / "chain", configuration)
        self._lock = RLock()

    # --- opening and closing ---

    @classmethod
    def init(
        cls,
        path: Path,
        *,
        origin: str = DEFAULT_ORIGIN,
        link_base: str = DEFAULT_LINK_BASE,
        rpc_urls: Sequence[str] = (),
        chain_id: int | None = None,
        registry: Address | None = None,
        finality: str | None = None,
        quorum: int | None = None,
        database_url: str | None = None,
        demo: bool = False,
    ) -> Workspace:
        """Makes a data folder, or goes on with one whose making was interrupted; on a finished one it just opens it.

        Without `rpc_urls` the chain lives in the folder. Without `registry` it is the one at the address that it has on
        every chain; on a development chain it is deployed there. Without `finality` the rule is the chain's own. Raises
        WorkspaceError `finality_unknown` where nobody here knows that, `demo_chain` for a `demo` elsewhere than on a
        development chain, `workspace_invalid` for a folder with other things in it, `registry_missing`, and as `open`;
        Conflict `workspace_exists` if the folder was made with other settings; for nodes that differ, or are too few,
        as `chain_of`.
        """
        if rpc_urls:
            chain_id = chain_of(rpc_urls, expected=chain_id, quorum=quorum)
        elif chain_id is None:
            chain_id = EMBEDDED_CHAIN_ID
        if demo and chain_id not in DEVELOPMENT_CHAINS:
            # Its keys would sign nothing there, which nobody would learn before the first issuer is registered.
            why = f"a demonstration is for development chains only, not for chain {chain_id}; leave out --demo"
            raise WorkspaceError("demo_chain", why)
        wanted = Configuration(
            origin=origin,
            link_base=link_base,
            chain_id=chain_id,
            registry=registry,
            rpc_urls=tuple(rpc_urls),
            finality=finality_rule(chain_id, finality),
            quorum=quorum,
            database_url=database_url,
            demo=demo,
        )
        if not (path / FILE).exists():
            check_registry(wanted)
        make_folder(path, wanted)
        workspace = cls(path, read_configuration(path))
        try:
            workspace._finish_init()
        except BaseException:
            workspace.close()
            raise
        return workspace

    @classmethod
    def open(cls, path: Path) -> Workspace:
        """Opens a data folder. Opens neither database nor chain yet, and makes nothing.

        Raises WorkspaceError: `workspace_missing`, `workspace_invalid`, `workspace_incomplete` (an `init` was
        interrupted: run it again), `configuration_*`.
        """
        configuration = read_configuration(path)
        if configuration.registry is None:
            raise WorkspaceError("workspace_incomplete", f"{path} was never finished; run `cairn init` again")
        return cls(path, configuration)

    def close(self) -> None:
        """Lets go of the database and the chain."""
        with self._lock:
            database = self.__dict__.pop("database", None)
            if database is not None:
                database.close()
            self._connection.close()

    def __enter__(self) -> Workspace:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def configuration(self) -> Configuration:
        return self._configuration

    @property
    def poll(self) -> float:
        """How many seconds to wait between two looks at the chain: a public node is not to be pestered."""
        return 0.05 if self._configuration.chain_id in DEVELOPMENT_CHAINS else 3.0

    # --- the parts ---

    @cached_property
    def database(self) -> Database:
        """The database, brought to this version's schema. Makes none.

        One of an older Cairn is changed only where its chain has this version's registry, or the older Cairn could not
        open it again either. Raises WorkspaceError `database_*`, and then WrongChain or RegistryUnreachable too.
        """
        database = self._unopened_database()
        if database.file is not None and not database.file.exists():
            raise WorkspaceError("database_missing", f"there is no database at {database.file}")
        if database.revision() is None:
            raise WorkspaceError("database_missing", "the database is empty: it was never set up")
        if database.is_older():
            _ = self.registry
        database.migrate()
        return database

    @cached_property
    def reader(self) -> RpcRegistryReader:
        """Reads the registry, from several nodes where several are configured."""
        return self._connection.reader(self._configuration.registry)

    @cached_property
    def registry(self) -> EthereumRegistry:
        """The registry, to read and to change. Raises WrongChain if what stands at its address is not ours.

        Where the chain cannot be reached now, `code_watch` tells later, before anything is signed.
        """
        return self._connection.registry(self.reader, must_answer=False)

    @cached_property
    def code_watch(self) -> CodeWatch:
        """Looks once an hour whether the registry's code is still ours."""
        from ledger.chain.code_watch import CodeWatch

        return CodeWatch(self.reader)

    @cached_property
    def keys(self) -> KeyRing:
        from ledger.issuing.signer import KeyRing

        return KeyRing(self.path / "keys", read_passphrase(self.path), demo=self._configuration.demo)

    @cached_property
    def journal(self) -> Journal:
        return self._journal()

    # --- the services ---

    @cached_property
    def catalog(self) -> Catalog:
        """Reading what is stored. Never asks the chain."""
        from ledger.issuing.catalog import Catalog

        return Catalog(self.database)

    @cached_property
    def issuers(self) -> Issuers:
        from ledger.issuing.issuers import Issuers

        origin = self._configuration.origin
        return Issuers(self.database, self.registry, self.journal, self.keys, origin=origin, fund=self._connection.fund)

    @cached_property
    def administration(self) -> Administration:
        """What the admins of issuers do: keys, operators, and handing themselves over."""
        from ledger.issuing.administration import Administration

        fund = self._connection.fund
        return Administration(self.database, self.registry, self.journal, self.keys, self.issuers, fund=fund)

    @cached_property
    def accreditors(self) -> Accreditors:
        from ledger.issuing.accreditors import Accreditors

        return Accreditors(
            self.database,
            self.registry,
            self.journal,
            self.keys,
            fund=self._connection.fund,
            trust=self._trust,
            publish=self._publish,
        )

    @cached_property
    def accreditor_acts(self) -> AccreditorActs:
        """What accreditors' people ask for on pages; a worker of this folder carries it."""
        from ledger.issuing.accreditor_acts import AccreditorActs

        return AccreditorActs(
            self.database, self.registry, self.journal, self.keys, self.accreditors, statements=self.statements
        )

    @cached_property
    def programmes(self) -> Programmes:
        from ledger.issuing.programmes import Programmes

        return Programmes(self.database)

    @cached_property
    def pathways(self) -> Pathways:
        from ledger.issuing.pathways import Pathways

        return Pathways(self.database)

    @cached_property
    def imports(self) -> Imports:
        """Drafting batches. Never asks the chain."""
        from ledger.issuing.imports import Imports

        return Imports(self.database)

    @cached_property
    def desk(self) -> Desk:
        """Issuing, revoking and withdrawing, paid from the operators' own accounts; goes on with what sponsors hold."""
        return self._desk(self.sponsored_acts, self.placing())

    @property
    def pipeline(self) -> Pipeline:
        return self.desk.pipeline

    @property
    def revocation(self) -> Revocation:
        return self.desk.revocation

    @cached_property
    def sponsored_acts(self) -> SponsoredActs:
        """What operators signed for sponsors to submit. Signs nothing new."""
        from ledger.issuing.sponsored import SponsoredActs
        from ledger.relaying.sponsors import find_sponsor

        return SponsoredActs(self.database, self.registry, find_sponsor)

    def sponsored_desk(self, where: str, *, days: int) -> Desk:
        """As `desk`, paid for by a sponsor: a relay's address, or a folder for a person to carry signed acts from.

        `days` is how long a new act can be submitted. Raises CairnError `sponsor_invalid`.
        """
        from ledger.issuing.sponsored import SponsoredActs
        from ledger.relaying.sponsors import find_sponsor

        acts = SponsoredActs(self.database, self.registry, find_sponsor, sponsor=find_sponsor(where), days=days)
        return self._desk(acts, self.placing(where, days=days))

    def placing(self, sponsor: str | None = None, *, days: int | None = None) -> Placing:
        """Orders status calls in the transaction that stores them, paid for by this sponsor if one is named."""
        from ledger.durable.orders import OrderKind, Orders

        return partial(Orders(self.database).place_all, OrderKind.STATUS, sponsor=sponsor, sponsor_days=days)

    @cached_property
    def status_lists(self) -> StatusLists:
        from ledger.issuing.status_lists import StatusLists

        return StatusLists(self.database, self.registry, self.keys)

    @cached_property
    def awards(self) -> Awards:
        from ledger.errors import MalformedDocument
        from ledger.issuing.awarding.awards import Awards
        from ledger.verifying.report import Outcome

        verifier = self.verifier()

        def judge(documents: Sequence[bytes]) -> list[tuple[bool | None, str]]:
            return [
                (False, str(report))
                if isinstance(report, MalformedDocument)
                else (None if report.verdict is Outcome.INDETERMINATE else bool(report), report.message)
                for report in verifier.verify_many(documents)
            ]

        return Awards(self.database, self.registry, judge=judge)

    @cached_property
    def candidates(self) -> Candidates:
        """Who completed a pathway and is proposed. Never asks the chain."""
        from ledger.delivering.outbox import Outbox
        from ledger.issuing.awarding.candidates import Candidates

        return Candidates(self.database, announce=Outbox().note)

    @cached_property
    def on_completion(self) -> OnCompletion:
        from ledger.issuing.awarding.completion import OnCompletion

        return OnCompletion(self.database, self.awards, self.candidates)

    @cached_property
    def affected_awards(self) -> AffectedAwards:
        from ledger.delivering.outbox import Outbox
        from ledger.issuing.awarding.affected import AffectedAwards

        return AffectedAwards(self.database, self.registry, announce=Outbox().note)

    @cached_property
    def records(self) -> Records:
        from ledger.issuing.records import Records

        return Records(self.database, self.pipeline)

    @property
    def post_office(self) -> PostOffice:
        """Telling programs and learners of what happened, as the environment says. Raises WorkspaceError `settings`."""
        from ledger.delivering.post_office import PostOffice

        return PostOffice(self.database, self.keys, self.link_base, mail_folder=self.mail_folder)

    @property
    def link_base(self) -> str:
        """Where this site is reached: what every link begins with, in mails, pages and files alike.

        Raises WorkspaceError `settings`.
        """
        return reached_at(self._configuration)

    @property
    def mail_folder(self) -> Path:
        """Where mail goes if no mail server is named."""
        return self.path / "mail"

    def jwt_export(self, verify: Callable[[bytes], VerificationReport] | None = None) -> JwtExport:
        """Signing credentials as JWTs, as far as `verify` (this folder's own verifier) says that they hold."""
        from ledger.issuing.jwt_export import JwtExport
        from ledger.verifying.report import Outcome

        judge = verify or self.verifier().verify

        def in_force(document: bytes) -> tuple[bool | None, str]:
            report = judge(document)
            return None if report.verdict is Outcome.INDETERMINATE else bool(report), report.message

        return JwtExport(self.catalog, self.keys, in_force)

    # --- relaying ---

    @cached_property
    def relay(self) -> Relay:
        """Takes signed acts of others on. Closed until it has an account that pays."""
        from ledger.relaying.relay import Relay

        return Relay(self.database, self.registry, self.journal, self.keys, fund=self._connection.fund)

    @cached_property
    def submission(self) -> Submission:
        """Takes what the relay accepted to the chain."""
        from ledger.relaying.submission import Submission

        journal = self._journal(patience=0.0)
        return Submission(self.database, self.registry, journal, self.relay.budgets, lambda: self.relay.account)

    def balance(self, account: Address) -> int:
        """What an account holds, in wei."""
        return self._connection.balance(account)

    # --- verifying ---

    def policy(self, *, accreditors: Sequence[str] = (), documents: Mapping[str, bytes] | None = None) -> Policy:
        """This folder's registry, the accreditors named (addresses in hex) or else this folder's, its statements.

        `documents` are DID documents and status lists by URL. Raises MalformedDocument for what is no address.
        """
        from ledger.keeping.doubts import Doubts
        from ledger.verifying.policy import Policy, TrustedRegistry

        configured = self._configuration
        network = network_of(configured.chain_id)
        registry = TrustedRegistry(configured.chain_id, self.reader.registry, network.kind, network.name)
        named = tuple(parse_address(text) for text in accreditors)
        opened: Database | None = self.__dict__.get("database")
        doubts = Doubts(opened or configured.database_url or self.path / "ledger.db")
        return Policy((registry,), named or configured.accreditors, self.statements(), documents or {}, doubts.roots)

    def verifier(
        self,
        *,
        accreditors: Sequence[str] = (),
        documents: Mapping[str, bytes] | None = None,
        canonicalizer: Canonicalizer | None = None,
    ) -> Verifier:
        """A verifier with this folder's policy and chain. Needs neither database nor keys."""
        from ledger.verifying.verifier import Verifier

        policy = self.policy(accreditors=accreditors, documents=documents)
        readers = {(self.reader.chain_id, self.reader.registry): self.reader}
        return Verifier(policy, readers, canonicalizer=canonicalizer)

    def statements(self) -> dict[bytes, AccreditationStatement]:
        """The statements in this folder by their hash."""
        return read_statements(self.path)

    def serve_chain(self) -> str | None:
        """Serves the embedded chain on the loopback, so that other commands can use this folder meanwhile.

        Gives the URL; None if the chain does not live here, or another process holds it.
        """
        return self._connection.serve()

    # --- how the parts are made ---

    def _journal(self, *, patience: float = 120.0) -> Journal:
        from ledger.issuing.sponsored import require_no_act
        from ledger.sending.journal import Journal

        return Journal(
            self.database,
            self.registry,
            accounts=self.keys.find_account,
            before_storing=require_no_act,
            policy=self._configuration.fees,
            patience=patience,
            poll=self.poll,
        )

    def _desk(self, sponsored: SponsoredActs, placing: Placing) -> Desk:
        from ledger.hooks import hooks_of
        from ledger.issuing.couriers import EitherCourier
        from ledger.issuing.desk import Desk

        courier = EitherCourier(self.journal, sponsored)
        return Desk(
            self.database,
            self.registry,
            courier,
            self.keys,
            poll=self.poll,
            hooks=hooks_of(self.database, self.code_watch, placing),
        )

    def _finish_init(self) -> None:
        """What `init` does once `cairn.json` stands; each step looks first whether it was done."""
        if any((self.path / "keys").glob("*/*")):  # somebody is registered: what is gone now is lost
            _ = self.keys, self.database
        else:
            make_passphrase(self.path)
            database = self._unopened_database()
            database.migrate()
            database.close()
        if self._configuration.registry is None:
            self._configure(self._configuration.with_registry(self._connection.find_or_deploy()))
        _ = self.registry

    def _unopened_database(self) -> Database:
        from ledger.storage import Database

        url = self._configuration.database_url
        return Database(url) if url is not None else Database.at(self.path / "ledger.db")

    def _trust(self, accreditor: Address) -> None:
        self._configure(read_configuration(self.path).with_accreditor(accreditor))

    def _publish(self, statement: AccreditationStatement) -> None:
        write_statement(self.path, statement)

    def _configure(self, configuration: Configuration) -> None:
        with self._lock:
            if configuration != self._configuration:
                write_configuration(self.path, configuration)
                self._configuration = configuration
