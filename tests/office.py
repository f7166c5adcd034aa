"""An issuing office for tests: every service of issuing over a database in a folder and whatever registry is given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path

import orjson

from ledger.chain.registry import Address, Registry
from ledger.delivering.outbox import Outbox
from ledger.documents.accreditation import AccreditationStatement
from ledger.documents.credential import Learner
from ledger.issuing.accreditors import Accreditors
from ledger.issuing.awarding.affected import AffectedAwards
from ledger.issuing.awarding.awards import Awards
from ledger.issuing.awarding.candidates import Candidates
from ledger.issuing.awarding.completion import OnCompletion
from ledger.issuing.catalog import Catalog
from ledger.issuing.corrections import Corrections
from ledger.issuing.couriers import EitherCourier
from ledger.issuing.drafts import Draft
from ledger.issuing.imports import Imports
from ledger.issuing.issuers import Issuers
from ledger.issuing.pathways import Pathways
from ledger.issuing.pipeline import Pipeline
from ledger.issuing.programmes import Programmes
from ledger.issuing.records import Records
from ledger.issuing.revocation import Revocation
from ledger.issuing.signer import KeyRing
from ledger.issuing.sponsored import Sponsor, SponsoredActs, require_no_act
from ledger.issuing.status_lists import StatusLists
from ledger.issuing.values import Batch, Issuer, StoredCredential
from ledger.issuing.withdrawal import Withdrawal
from ledger.proofs.data_integrity import EDDSA_JCS
from ledger.relaying.sponsors import find_sponsor
from ledger.sending.journal import Journal
from ledger.storage import Database
from tests.builders import an_achievement

JCS_ONLY = (EDDSA_JCS,)
"""Signs forty times faster than with the RDF suite: for tests that are not about signatures."""


@dataclass
class Office:
    """The services over one database. `restarted` gives another process's view of the same folder."""

    folder: Path
    registry: Registry
    published: list[AccreditationStatement] = field(default_factory=list)
    trusted: list[bytes] = field(default_factory=list)
    is_genuine: bool | None = True
    """What the verifier of this office says of every document that is handed in."""
    fund: Callable[[Sequence[Address]], None] = lambda _accounts: None
    patience: float = 0.3
    sponsor: Sponsor | None = None
    find_sponsor: Callable[[str], Sponsor] = find_sponsor

    def restarted(self, registry: Registry | None = None, *, sponsor: Sponsor | None = None) -> Office:
        self.database.close()
        return replace(self, registry=registry or self.registry, sponsor=sponsor)

    @cached_property
    def database(self) -> Database:
        database = Database.at(self.folder / "ledger.db")
        database.migrate()
        return database

    @cached_property
    def keys(self) -> KeyRing:
        return KeyRing(self.folder / "keys", "a passphrase", demo=True)

    @cached_property
    def journal(self) -> Journal:
        return Journal(
            self.database,
            self.registry,
            accounts=self.keys.find_account,
            before_storing=require_no_act,
            patience=self.patience,
            poll=0.01,
        )

    @cached_property
    def sponsored(self) -> SponsoredActs:
        return SponsoredActs(self.database, self.registry, self.find_sponsor, sponsor=self.sponsor)

    @cached_property
    def courier(self) -> EitherCourier:
        return EitherCourier(self.journal, self.sponsored)

    @cached_property
    def catalog(self) -> Catalog:
        return Catalog(self.database)

    @cached_property
    def issuers(self) -> Issuers:
        return Issuers(
            self.database,
            self.registry,
            self.journal,
            self.keys,
            origin="https://cairn.example",
            fund=self.fund,
        )

    @cached_property
    def accreditors(self) -> Accreditors:
        return Accreditors(
            self.database,
            self.registry,
            self.journal,
            self.keys,
            fund=self.fund,
            trust=self.trusted.append,
            publish=self.published.append,
        )

    @cached_property
    def programmes(self) -> Programmes:
        return Programmes(self.database)

    @cached_property
    def imports(self) -> Imports:
        return Imports(self.database)

    @cached_property
    def pipeline(self) -> Pipeline:
        return Pipeline(
            self.database,
            self.registry,
            self.courier,
            self.keys,
            patience=self.patience,
            poll=0.01,
            correct=self.corrections.settle,
        )

    @cached_property
    def corrections(self) -> Corrections:
        return Corrections(self.database)

    @cached_property
    def revocation(self) -> Revocation:
        return Revocation(self.database, self.registry, self.courier, self.keys, patience=self.patience, poll=0.01)

    @cached_property
    def withdrawal(self) -> Withdrawal:
        return Withdrawal(self.database, self.registry, self.courier, self.keys, patience=self.patience, poll=0.01)

    @cached_property
    def status_lists(self) -> StatusLists:
        return StatusLists(self.database, self.registry, self.keys)

    @cached_property
    def awards(self) -> Awards:
        verdict = (self.is_genuine, "so says the office")
        return Awards(self.database, self.registry, judge=lambda documents: [verdict] * len(documents))

    @cached_property
    def pathways(self) -> Pathways:
        return Pathways(self.database)

    @cached_property
    def candidates(self) -> Candidates:
        return Candidates(self.database, announce=Outbox().note)

    @cached_property
    def on_completion(self) -> OnCompletion:
        return OnCompletion(self.database, self.awards, self.candidates)

    @cached_property
    def affected(self) -> AffectedAwards:
        return AffectedAwards(self.database, self.registry, announce=Outbox().note)

    @cached_property
    def records(self) -> Records:
        return Records(self.database, self.pipeline)

    # --- what tests ask for again and again ---

    def an_issuer(self, slug: str = "usm") -> Issuer:
        return self.issuers.register(
            slug, name="Universiti Sains Malaysia", url="https://www.usm.example/", country="MY"
        )

    def an_open_batch(self, size: int = 3, *, issuer: str = "usm", code: str = "needs", label: str = "Spring") -> Batch:
        return self.imports.draft_batch(issuer, drafts(size, code=code), label=label)

    def a_final_batch(self, size: int = 3, *, issuer: str = "usm", code: str = "needs") -> Batch:
        batch = self.an_open_batch(size, issuer=issuer, code=code)
        return self.pipeline.advance(batch.id, suites=JCS_ONLY)

    def credentials(self, batch: Batch) -> tuple[StoredCredential, ...]:
        return self.catalog.credentials(batch=batch.id)


def learner(number: int) -> Learner:
    return Learner(f"Learner {number}", f"learner{number}@students.example", f"{number:04}")


def drafts(size: int, *, code: str = "needs", first: int = 1) -> Sequence[Draft]:
    """Drafts for learners `first`, `first` + 1, …, as from the rows of a file."""
    achievement = an_achievement(code)
    return [
        Draft(row, achievement, learner(number), "87.5", date(2026, 3, 2))
        for row, number in enumerate(range(first, first + size), start=2)
    ]


def programme_file(*codes: str, award: str | None = None) -> bytes:
    """A programme of these achievements, and of an award without a result."""
    achievements = [_achievement(code) for code in codes]
    if award is not None:
        achievements.append({**_achievement(award), "achievement_type": "Award"})
        del achievements[-1]["result"]
    return orjson.dumps({"code": "design", "title": "Design", "achievements": achievements})


def pathway_file(*codes: str, award: str) -> bytes:
    """The definition of a pathway: all of these, in order."""
    return orjson.dumps(
        {
            "code": "design",
            "version": 1,
            "title": "Design",
            "award": award,
            "components": list(codes),
            "rule": {"allOf": list(codes), "inOrder": True},
        }
    )


def _achievement(code: str) -> dict[str, object]:
    return {
        "code": code,
        "title": code.capitalize(),
        "description": "How to find out whether training is the answer.",
        "outcomes": ["Plan and carry out a needs assessment."],
        "criteria": "A needs assessment of a real course.",
        "achievement_type": "MicroCredential",
        "language": "en",
        "participation": "online",
        "workload_hours": 25,
        "levels": {"EQF": 6},
        "credit_bearing": False,
        "task_level": "bachelor",
        "complexity": "skill-complex",
        "supervision": "online-one-factor",
        "assessment": ["project-work"],
        "quality_assurance": [{"type": "internal", "body": "Senate", "url": "https://www.usm.example/senate"}],
        "result": {"type": "Percent", "required": "50"},
    }
