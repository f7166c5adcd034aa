"""Looks at every row of a file before anything is drafted: what keeps it from being issued, and what looks mistaken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlmodel import col, select

from ledger.documents.programme import Programme
from ledger.errors import DraftError, Problem
from ledger.issuing.catalog import Catalog
from ledger.issuing.csv_rows import MAX_ROWS, Problems
from ledger.issuing.drafting import entry_from_draft, issued_before
from ledger.issuing.drafts import Draft, examine_csv
from ledger.issuing.profile_checks import require_profiles
from ledger.issuing.rows import issuer_row
from ledger.issuing.tables import CredentialRow
from ledger.storage import INSERT_CHUNK, Database

COMMON_DOMAINS = ("gmail.com", "outlook.com", "hotmail.com", "yahoo.com", "icloud.com", "live.com")
REAL_NEIGHBOURS = frozenset({"mail.com", "ymail.com", "email.com"})
"""Domains that are nearly a common one, and are real."""
USUAL = 5
"""How many rows with one mail domain make it the usual one of a file."""
_NEAR = 2


@dataclass(frozen=True)
class Examined:
    """What was found in a file: problems keep a row from being issued, warnings are for people to look at."""

    rows: int
    good: frozenset[int]
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


class Examination:
    """Examines files for the programmes of a ledger's issuers. Never asks the chain, and stores nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._catalog = Catalog(database)

    def examine(self, issuer: str, programme: Programme, content: bytes) -> Examined:
        """Everything that `Imports.import_rows` would refuse of a CSV file, row by row, and what looks mistaken.

        `good` are the numbers of the rows that nothing keeps back; the header has number 1.
        """
        today = datetime.now(UTC).date()
        found = Problems(most=MAX_ROWS * 4)
        drafts = examine_csv(content, programme, found, today=today)
        problems = [*found.listed(), *self._refused(issuer, programme, drafts, today)]
        wrong = {problem.row for problem in problems}
        whole = None in wrong or 1 in wrong
        good = frozenset() if whole else frozenset(draft.row for draft in drafts if draft.row not in wrong)
        rows = len({draft.row for draft in drafts} | {row for row in wrong if row is not None and row > 1})
        return Examined(rows, good, tuple(problems), tuple(self._warnings(issuer, drafts)))

    def _refused(self, issuer: str, programme: Programme, drafts: Sequence[Draft], today: date) -> Iterator[Problem]:
        profile = self._catalog.issuer(issuer).profile
        entries = [entry_from_draft(profile, draft) for draft in drafts]
        for row in issued_before(self._database, issuer, entries):
            yield Problem("already_issued", "was issued to this learner before, and is not revoked", row, "achievement")
        try:
            require_profiles(entries, programme.profiles, country=profile.country, today=today)
        except DraftError as error:
            yield from error.problems

    def _warnings(self, issuer: str, drafts: Sequence[Draft]) -> Iterator[Problem]:
        yield from self._other_names(issuer, drafts)
        yield from _shared_addresses(drafts)
        yield from _mistyped_addresses(drafts)

    def _other_names(self, issuer: str, drafts: Sequence[Draft]) -> Iterator[Problem]:
        first: dict[str, Draft] = {}
        for draft in drafts:
            first.setdefault(draft.learner.learner_id, draft)
        learners = sorted(first)
        for start in range(0, len(learners), INSERT_CHUNK):
            chunk = learners[start : start + INSERT_CHUNK]
            with self._database.reading() as session:
                known = session.exec(
                    select(CredentialRow.learner_id, CredentialRow.learner_name)
                    .where(CredentialRow.issuer == issuer_row(session, issuer).id)
                    .where(col(CredentialRow.learner_id).in_(chunk))
                    .order_by(col(CredentialRow.id))
                ).all()
            for learner, name in dict(known).items():
                draft = first[learner]
                if name and name != draft.learner.name:
                    yield Problem("name_differs", f"was “{name}” the last time", draft.row, "name")


def _shared_addresses(drafts: Sequence[Draft]) -> Iterator[Problem]:
    """One address for two learners: one of them may be the same person under another number."""
    first: dict[str, Draft] = {}
    told: set[tuple[str, str]] = set()
    for draft in drafts:
        other = first.setdefault(draft.learner.email, draft)
        pair = (draft.learner.email, draft.learner.learner_id)
        if other.learner.learner_id != draft.learner.learner_id and pair not in told:
            told.add(pair)
            yield Problem("address_shared", f"is that of the learner in row {other.row} too", draft.row, "email")


def _mistyped_addresses(drafts: Sequence[Draft]) -> Iterator[Problem]:
    """A domain that is nearly, and not quite, a common one or the usual one of the file."""
    domains = Counter(draft.learner.email.rpartition("@")[2] for draft in drafts)
    usual = [domain for domain, count in domains.items() if count >= USUAL]
    meant: dict[str, str] = {}
    for domain, count in domains.items():
        if domain in COMMON_DOMAINS or domain in REAL_NEIGHBOURS or count >= USUAL:
            continue
        if (near := next((one for one in (*COMMON_DOMAINS, *usual) if is_near(domain, one)), None)) is not None:
            meant[domain] = near
    for draft in drafts:
        if (near := meant.get(draft.learner.email.rpartition("@")[2])) is not None:
            yield Problem("address_mistyped", f"ends nearly as “{near}”, and not quite", draft.row, "email")


def is_near(one: str, other: str) -> bool:
    """Whether two words differ by one letter that is missing, added, or another, or by two neighbours that changed
    places; short words never."""
    if one == other or abs(len(one) - len(other)) > 1 or min(len(one), len(other)) < _NEAR * 3:
        return False
    start = next((place for place, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), None)
    if start is None:
        return True
    left, right = one[start:], other[start:]
    swapped = left[:2] == right[:2][::-1] and left[2:] == right[2:]
    return swapped or left[1:] == right[1:] or left[1:] == right or left == right[1:]
