"""Verifiers of the site: the data folder's policy, read again when its files change, and one child process each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock

from ledger.chain.addresses import checksum_address
from ledger.configuration import FILE, read_configuration
from ledger.errors import MalformedDocument
from ledger.proofs.rdfc_worker import BoundedCanonicalizer
from ledger.verifying.report import VerificationReport
from ledger.verifying.verifier import Verifier
from ledger.workspace import Workspace


class Checker:
    """Verifies under the policy of a data folder. Threads may share it.

    RDF canonicalisation happens in one child process for each checker, so one for strangers' documents and one for what
    wallets hold do not wait for each other.
    """

    def __init__(self, workspace: Workspace, told: Callable[[VerificationReport], None]) -> None:
        """`told` hears of every report."""
        self._workspace = workspace
        self._told = told
        self._canonicalizer = BoundedCanonicalizer()
        self._lock = Lock()
        self._version: tuple[int, ...] = ()
        self._verifier: Verifier | None = None

    def verify(self, document: bytes) -> VerificationReport:
        """The report on one document. Raises MalformedDocument if it cannot be read."""
        report = self._current().verify(document)
        self._told(report)
        return report

    def verify_many(self, documents: Sequence[bytes]) -> Sequence[VerificationReport | MalformedDocument]:
        """A report, or why there is none, for each document."""
        found = self._current().verify_many(documents)
        for report in found:
            if isinstance(report, VerificationReport):
                self._told(report)
        return found

    def close(self) -> None:
        self._canonicalizer.close()

    def _current(self) -> Verifier:
        """The verifier for the policy of this moment: another process may have recognised an issuer meanwhile."""
        version = self._files()
        with self._lock:
            if self._verifier is None or version != self._version:
                accreditors = read_configuration(self._workspace.path).accreditors
                policy = self._workspace.policy(accreditors=[checksum_address(address) for address in accreditors])
                reader = self._workspace.reader
                readers = {(reader.chain_id, reader.registry): reader}
                self._verifier = Verifier(policy, readers, canonicalizer=self._canonicalizer)
                self._version = version
            return self._verifier

    def _files(self) -> tuple[int, ...]:
        paths = (self._workspace.path / FILE, self._workspace.path / "statements")
        return tuple(path.stat().st_mtime_ns if path.exists() else 0 for path in paths)
