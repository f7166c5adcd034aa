"""Other people's credentials (`samples/`) before Cairn's verifier: no chain, no accreditor, no network, any issuer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from ledger.errors import MalformedDocument
from ledger.proofs.rdfc_worker import BoundedCanonicalizer
from ledger.verifying.policy import Policy
from ledger.verifying.verifier import Verifier

SAMPLES = Path(__file__).resolve().parent / "samples"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Sample:
    """A credential, what has to be found (`not valid`: invalid or indeterminate), and by which check, if by one only.

    `without` are the addresses of documents that the verifier is not to be given.
    """

    name: str
    file: str
    verdict: str
    check: str | None
    without: tuple[str, ...]
    about: str

    @property
    def content(self) -> bytes:
        return (SAMPLES / self.file).read_bytes().strip()

    @property
    def is_token(self) -> bool:
        return self.file.endswith(".jwt")


@dataclass(frozen=True)
class Found:
    """Cairn's verdict, or `unreadable`, with its code; `checks` are those that came out so."""

    verdict: str
    code: str
    checks: tuple[str, ...] = ()


@cache
def samples() -> tuple[Sample, ...]:
    listed = json.loads((SAMPLES / "samples.json").read_bytes())["samples"]
    return tuple(Sample(**{**one, "without": tuple(one["without"])}) for one in listed)


@cache
def documents() -> dict[str, Path]:
    """The file of each document that the samples name, by its address."""
    listed = json.loads((SAMPLES / "samples.json").read_bytes())["documents"]
    return {url: SAMPLES / file for url, file in listed.items()}


def given(sample: Sample) -> dict[str, bytes]:
    """What a verifier of this sample is given."""
    return {url: path.read_bytes() for url, path in documents().items() if url not in sample.without}


def judged(chosen: Sequence[Sample], *, any_issuer: bool = True) -> dict[str, Found]:
    """What Cairn finds of each sample, by its name."""
    canonicalizer = BoundedCanonicalizer()
    found = {}
    for sample in chosen:
        policy = Policy((), (), documents=given(sample), any_issuer=any_issuer)
        try:
            report = Verifier(policy, {}, clock=lambda: NOW, canonicalizer=canonicalizer).verify(sample.content)
        except MalformedDocument as error:
            found[sample.name] = Found("unreadable", error.code)
            continue
        decisive = tuple(check.id for check in report.checks if check.outcome == report.verdict)
        found[sample.name] = Found(report.verdict.value, report.code, decisive)
    return found


@cache
def all_judged() -> dict[str, Found]:
    """What Cairn finds of every sample."""
    return judged(samples())
