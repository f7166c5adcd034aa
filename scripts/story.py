"""The main job in stages: three universities issue, one learner gathers and shares, anyone checks.

Each stage looks first at what the data folder holds already, so that a second run goes on where the first one stopped
and doubles nothing.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from api.clock import DAY, unix_now
from api.settings import Settings, safe_base
from api.sharing.values import Choice, Link
from api.site import Site
from api.wallets.values import Held, Record
from ledger.chain.reader import RpcRegistryReader
from ledger.chain.registry import Reason, StatusAction
from ledger.chain.rpc import HttpTransport
from ledger.cli.working import change_status, issue_all
from ledger.documents.did import document_url
from ledger.documents.strict_json import JsonObject, parse
from ledger.errors import CairnError
from ledger.issuing.values import Batch, Issuer, IssuerKind
from ledger.verifying.report import VerificationReport
from ledger.verifying.verifier import Verifier
from ledger.workspace import Workspace
from scripts.cast import ACCREDITOR, ISSUERS, LEARNER_EMAIL, PUBLISHER, PURDUE, USM, Institution

RECORD_NAME = "My cairn"
LINK_LABEL = "Application"
LINK_DAYS = 90


@dataclass(frozen=True)
class Expected:
    """One of the five documents that the main job checks, and the verdict that it must get."""

    title: str
    verdict: str
    code: str | None
    report: VerificationReport

    @property
    def is_met(self) -> bool:
        return self.report.verdict == self.verdict and self.code in (None, self.report.code)


@dataclass
class Stages:
    """How long each stage took, in seconds, in the order in which they ran."""

    announce: Callable[[str], None]
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def __call__(self, name: str, title: str) -> Iterator[None]:
        self.announce(title)
        started = time.monotonic()
        yield
        self.seconds[name] = round(self.seconds.get(name, 0.0) + time.monotonic() - started, 3)


class Story:
    """The main job on one open data folder."""

    def __init__(self, workspace: Workspace) -> None:
        settings = Settings(data=workspace.path)
        self.workspace = workspace
        self.site = Site(workspace, settings, safe_base(settings, workspace.link_base))
        self.files = workspace.path / "documents"

    # --- 2: who takes part ---

    def register(self) -> None:
        """The accreditor, three issuers and the publisher of records; the accreditor recognises the issuers."""
        self.workspace.accreditors.register(
            ACCREDITOR.slug, name=ACCREDITOR.name, url=ACCREDITOR.url, country=ACCREDITOR.country
        )
        for who in (*ISSUERS, PUBLISHER):
            kind = IssuerKind.PUBLISHER if who is PUBLISHER else IssuerKind.ISSUER
            self.workspace.issuers.register(who.slug, name=who.name, kind=kind, url=who.url, country=who.country)
        for who in ISSUERS:
            self.workspace.accreditors.accredit(ACCREDITOR.slug, who.slug)

    def issuer(self, who: Institution) -> Issuer:
        return self.workspace.catalog.issuer(who.slug)

    # --- 3: what they offer, and who has earned it ---

    def import_samples(self) -> None:
        """Programmes, the pathway, and a batch of drafts from each CSV file."""
        for who in ISSUERS:
            self.workspace.programmes.add(who.slug, (who.folder / "programme.json").read_bytes())
            if self._batch(who.slug, who.programme) is None:
                rows = (who.folder / "learners.csv").read_bytes()
                self.workspace.imports.import_rows(who.slug, who.programme, rows, label=who.programme)
        pathway = (USM.folder / "pathway.json").read_bytes()
        self.workspace.pathways.publish(USM.slug, pathway)

    # --- 4: signed, anchored, proved ---

    def issue(self, institution: Institution) -> Batch:
        """Whatever is left to do for the institution's batch."""
        batch = self._batch(institution.slug, institution.programme)
        if batch is None:
            raise LookupError(f"no batch was imported for {institution.slug}")
        return self._issue(batch.id)

    def award(self) -> Batch:
        """The completion award for everyone who has passed all nine modules."""
        (pathway,) = self.workspace.catalog.pathways(USM.slug)
        label = f"{USM.programme} award"
        drafted = self._batch(USM.slug, label) or self.workspace.awards.draft(USM.slug, pathway.pathway_id, label=label)
        if drafted is None:
            raise LookupError("nobody has earned the award")
        return self._issue(drafted.id)

    def _issue(self, batch_id: int) -> Batch:
        (batch,) = issue_all(self.workspace, [batch_id])
        return batch

    def _batch(self, issuer: str, label: str) -> Batch | None:
        return next((batch for batch in self.workspace.catalog.batches(issuer) if batch.label == label), None)

    # --- 5: one learner's wallet, record and link ---

    def gather(self) -> tuple[str, Record]:
        """One learner claims from every institution; the wallet's id, and the record of all that it holds."""
        wallet = self.site.wallets.with_address(LEARNER_EMAIL)
        if wallet is None:
            wallet, _ = self.site.wallets.create(LEARNER_EMAIL)
        batches = [batch for who in ISSUERS for batch in self.workspace.catalog.batches(who.slug)]
        held = {credential.credential_id for credential in self.site.wallets.credentials(wallet)}
        for batch in batches:
            mine = self.workspace.catalog.credentials(batch=batch.id, email=LEARNER_EMAIL)
            if any(credential.credential_id not in held for credential in mine):
                claims = self.site.claims.create(batch.issuer, batch.id, LINK_DAYS)
                token = next(claim.token for claim in claims if claim.email == LEARNER_EMAIL)
                self.site.claims.take(wallet, token)
        return wallet, self._record(wallet)

    def _record(self, wallet: str) -> Record:
        held = sorted(self.site.wallets.credentials(wallet), key=lambda one: (one.valid_from or "", one.credential_id))
        for record in self.site.records.records(wallet):
            if record.version is not None and record.size == len(held):
                break
        else:
            record = self.site.records.make(wallet, [one.id for one in held], name=RECORD_NAME)
        self._issue(self.workspace.catalog.credential(record.credential_id).batch_id)
        return self.site.records.record(wallet, record.id)

    def share(self, wallet: str, record: Record, known: str | None) -> str:
        """The share link of an earlier run while it opens this record, else a new one."""
        if known is not None and self._opens(known, wallet, record):
            return known
        for lost in self._live_links(wallet):
            if lost.record_id == record.id and lost.label == LINK_LABEL:  # made by a run that died before telling it
                self.site.links.withdraw(wallet, lost.id)
        until = unix_now() + LINK_DAYS * DAY
        _, token = self.site.links.create(wallet, Choice(record_id=record.id), label=LINK_LABEL, expires_at=until)
        return self.site.share_url(token)

    def _opens(self, url: str, wallet: str, record: Record) -> bool:
        try:
            link = self.site.links.find(url.rpartition("/")[2]).id
        except CairnError:
            return False
        return any(one.id == link and one.record_id == record.id for one in self._live_links(wallet))

    def _live_links(self, wallet: str) -> list[Link]:
        return [link for link in self.site.links.links(wallet) if link.state == "live"]

    # --- 6: five documents are checked ---

    def write_files(self, wallet: str, record: Record) -> dict[str, Path]:
        """The documents that are checked below, as files; the revoked one is revoked here."""
        held = self.site.wallets.credentials(wallet)
        valid = self._first(held, self.issuer(USM).did)
        award = next(one for one in held if one.kind == "award")
        document = parse(valid.document)
        name = str(document["name"])
        changed = valid.document.replace(name.encode(), (name[:-1] + chr(ord(name[-1]) ^ 1)).encode(), 1)
        contents = {
            "valid": valid.document,
            "altered": changed,
            "revoked": self._revoke_one(),
            "award": award.document,
            "record": self.site.records.document(wallet, record.id),
        }
        self.files.mkdir(exist_ok=True)
        return {title: self._write(f"{title}.json", content) for title, content in contents.items()}

    def _first(self, held: list[Held], issuer_did: str) -> Held:
        mine = [one for one in held if one.issuer == issuer_did and one.kind == "credential"]
        return min(mine, key=lambda one: one.valid_from or "")

    def _revoke_one(self) -> bytes:
        """The credential of another learner, revoked with a reason. Revoking it again changes nothing."""
        batch = self._batch(PURDUE.slug, PURDUE.programme)
        if batch is None:
            raise LookupError("the batch was not imported")
        others = self.workspace.catalog.credentials(batch=batch.id)
        chosen = next(one for one in others if one.email != LEARNER_EMAIL)
        change_status(self.workspace, StatusAction.REVOKE, [chosen.credential_id], Reason.ASSESSMENT_INVALID)
        return self.workspace.catalog.document(chosen.credential_id)

    def verify(self, files: dict[str, Path]) -> list[Expected]:
        """Five documents and the verdicts that they must get."""
        verifier, cut_off = self.workspace.verifier(), self._verifier_without_chain()
        cases = [
            ("the record", "record", "valid", None, verifier),
            ("one credential", "valid", "valid", None, verifier),
            ("one letter changed", "altered", "invalid", None, verifier),
            ("revoked with a reason", "revoked", "invalid", "revoked", verifier),
            ("while the chain is out of reach", "valid", "indeterminate", None, cut_off),
        ]
        return [
            Expected(title, verdict, code, by.verify(files[name].read_bytes()))
            for title, name, verdict, code, by in cases
        ]

    def _verifier_without_chain(self) -> Verifier:
        """The same policy, asking a node that is not there."""
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            port = closed.getsockname()[1]
        reader = self.workspace.reader
        node = HttpTransport(f"http://127.0.0.1:{port}")
        key = (reader.chain_id, reader.registry)
        return Verifier(self.workspace.policy(), {key: RpcRegistryReader([node], reader.registry, reader.chain_id)})

    def write_named_documents(self) -> dict[str, Path]:
        """Copies of the DID documents and status lists that the documents name, so that others can check offline."""
        found: dict[str, Path] = {}
        for who in (*ISSUERS, PUBLISHER):
            issuer = self.issuer(who)
            did_file = self._write(f"{who.slug}-did.json", as_json(self.workspace.issuers.did_document(who.slug)))
            found[issuer.did] = found[document_url(issuer.did)] = did_file
            status_list = self.workspace.status_lists.publish(who.slug, 0)
            found[status_list.url] = self._write(f"{who.slug}-status-0.json", status_list.document)
        return found

    def _write(self, name: str, content: bytes) -> Path:
        path = self.files / name
        path.write_bytes(content)
        return path


def as_json(value: JsonObject) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2) + b"\n"
