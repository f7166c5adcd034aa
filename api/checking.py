"""Verifiers of the site: the data folder's policy, read again when its files change, and one child process each."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from threading import Lock

from api.remembering import Remembered, State
from ledger.chain.addresses import checksum_address
from ledger.chain.foreign_anchors import inscription_readers
from ledger.configuration import FILE, read_configuration
from ledger.documents.presentation import Presentation
from ledger.errors import MalformedDocument
from ledger.proofs.rdfc_worker import BoundedCanonicalizer
from ledger.verifying.policy import Policy
from ledger.verifying.presented import Asked, PresentationReport
from ledger.verifying.report import VerificationReport
from ledger.verifying.verifier import Verifier
from ledger.workspace import Workspace


class Checker:
    """Verifies under the policy of a data folder. Threads may share it.

    RDF canonicalisation happens in one child process for each checker, so one for strangers' documents and one for what
    wallets hold do not wait for each other.
    """

    def __init__(
        self, workspace: Workspace, told: Callable[[VerificationReport], None], *, fetch: bool = False
    ) -> None:
        """`told` hears of every report. With `fetch`, what documents name and nobody gave is fetched."""
        self._workspace = workspace
        self._told = told
        self._fetch = fetch
        self._canonicalizer = BoundedCanonicalizer()
        self._lock = Lock()
        self._version: tuple[int, ...] = ()
        self._verifiers: dict[bool, tuple[Verifier, Policy]] = {}
        self._remembered = Remembered(self._state, time.time)

    def verify(self, document: bytes, *, any_issuer: bool = False) -> VerificationReport:
        """The report on one document. Raises MalformedDocument if it cannot be read.

        `any_issuer` asks nobody who the issuer is: unsafe, and only for a caller who has asked for it.
        """
        report = self._current(any_issuer)[0].verify(document)
        self._told(report)
        return report

    def verify_again(self, document: bytes) -> VerificationReport:
        """As `verify`, for what is asked for again and again: the last report, where a fresh one could be no other."""
        verifier, _ = self._current(False)
        report = self._remembered.report(document, verifier, verifier.verify)
        self._told(report)
        return report

    def verify_many_again(self, documents: Sequence[bytes]) -> list[VerificationReport | MalformedDocument]:
        """As `verify_again`, for several at once, with an error in the place of what cannot be read."""
        verifier, _ = self._current(False)
        found = self._remembered.reports(documents, verifier, verifier.verify_many)
        for report in found:
            if isinstance(report, VerificationReport):
                self._told(report)
        return found

    def verify_many(
        self, documents: Sequence[bytes], *, any_issuer: bool = False, on: datetime | None = None
    ) -> Sequence[VerificationReport | MalformedDocument]:
        """A report, or why there is none, for each document, as of now or as of a moment of the past."""
        found = self._current(any_issuer)[0].verify_many(documents, on=on)
        for report in found:
            if isinstance(report, VerificationReport):
                self._told(report)
        return found

    def verify_in_turn(
        self, documents: Sequence[bytes], *, rdf_seconds: float
    ) -> Iterator[VerificationReport | MalformedDocument]:
        """As `verify_many`, one after another, with so much time for RDF canonicalisation in all."""
        for report in self._current(False)[0].verify_in_turn(documents, rdf_seconds=rdf_seconds):
            if isinstance(report, VerificationReport):
                self._told(report)
            yield report

    def verify_presentation(
        self, presentation: Presentation, asked: Asked, *, any_issuer: bool = False
    ) -> PresentationReport:
        """The report on what a holder presents in answer to a challenge."""
        found = self._current(any_issuer)[0].verify_presentation(presentation, asked)
        for report in found.credentials:
            self._told(report)
        return found

    def close(self) -> None:
        self._canonicalizer.close()

    def _current(self, any_issuer: bool) -> tuple[Verifier, Policy]:
        """The verifier for the policy of this moment: another process may have recognised an issuer meanwhile."""
        version = self._files()
        with self._lock:
            if version != self._version:
                self._verifiers.clear()
                self._version = version
            if any_issuer not in self._verifiers:
                self._verifiers[any_issuer] = self._new_verifier(any_issuer)
            return self._verifiers[any_issuer]

    def _new_verifier(self, any_issuer: bool) -> tuple[Verifier, Policy]:
        accreditors = read_configuration(self._workspace.path).accreditors
        policy = self._workspace.policy(accreditors=[checksum_address(address) for address in accreditors])
        reader = self._workspace.reader
        readers = {(reader.chain_id, reader.registry): reader}
        asked = replace(policy, any_issuer=any_issuer, fetch=self._fetch)
        others = inscription_readers(self._workspace.configuration.anchor_rpc_urls)
        return Verifier(asked, readers, canonicalizer=self._canonicalizer, inscriptions=others), asked

    def _state(self) -> State:
        """The newest final block, and the batches in doubt. Raises RegistryError and WorkspaceError."""
        return self._workspace.reader.final_block().hash, self._current(False)[1].doubts()

    def _files(self) -> tuple[int, ...]:
        paths = (self._workspace.path / FILE, self._workspace.path / "statements")
        return tuple(path.stat().st_mtime_ns if path.exists() else 0 for path in paths)
