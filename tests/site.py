"""A small ledger behind a site, for tests over HTTP: the real folder, database, chain and pipeline, seeded once."""

from __future__ import annotations

import atexit
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.main import create_app
from api.rates import RateLimiter
from api.settings import Settings
from api.site import Site
from api.staff.values import InstitutionKind, Role, Way, the_operator
from ledger.issuing.drafts import Draft
from ledger.issuing.values import Batch, IssuerKind, StoredCredential
from ledger.workspace import Workspace
from tests.office import JCS_ONLY, drafts, pathway_file, programme_file

MODULES = ("intro", "needs")
AWARD = "design"
LEARNERS = 3
RELAY_BUDGET = 10_000_000
ORIGIN = "http://127.0.0.1:8000"
NO_LIMITS = Settings(misses_per_minute=0, checks_per_minute=0, letters_per_minute=0, listed_per_minute=0)


@dataclass
class Campus:
    """The seeded ledger and its site. `usm` has a final batch of two modules for three learners; `um` has no batch.

    It relays what the operators of `usm` sign, and nobody else's acts.

    Tests that share it leave the seeded batch as it is: what they revoke, correct or hand over, they award first.
    """

    workspace: Workspace
    app: FastAPI
    client: TestClient
    batch: Batch
    keys: dict[str, str] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: count(200_000), repr=False)
    """Numbers of learners whom no other test knows."""

    @property
    def pristine(self) -> Path:
        """A copy of the data folder as it was seeded, which no process holds."""
        return self.workspace.path.with_name("pristine")

    @property
    def site(self) -> Site:
        site: Site = self.app.state.site
        return site

    def key(self, slug: str = "usm") -> dict[str, str]:
        """The header with which an issuer's machine asks."""
        return {"X-API-Key": self.keys[slug]}

    def staff_token(self, slug: str, *roles: Role, email: str = "") -> str:
        """The cookie of a new session of somebody who works for an issuer or an accreditor: as an admin, or so."""
        staff, highest = self.site.staff, max(roles, key=list(Role).index, default=Role.ADMIN)
        is_accreditor = slug in {one.slug for one in self.workspace.catalog.accreditors()}
        kind = InstitutionKind.ACCREDITOR if is_accreditor else InstitutionKind.ISSUER
        email = email or f"{highest}@{slug}.example"
        person = staff.people.find(email)
        known = staff.people.member(person.id, kind, slug) if person is not None else None
        if known is None:
            name = f"{highest.capitalize()} of {slug}"
            known = staff.people.add(the_operator(kind, slug), email, name, highest)
            person = staff.people.person(known.person_id)
        assert person is not None
        assert known.roles == {highest}, f"{email} works there in another role already: take another address"
        with self.workspace.database.writing() as session:
            return staff.sessions.begin(session, person.id, Way.LINK).token.text

    def staff(self, slug: str, *roles: Role, email: str = "") -> TestClient:
        """A browser in which somebody is signed in who works for an issuer or an accreditor; it follows no redirect."""
        client = TestClient(
            self.app, base_url=ORIGIN, follow_redirects=False, headers={"Sec-Fetch-Site": "same-origin"}
        )
        client.cookies.set("cairn-staff", self.staff_token(slug, *roles, email=email), domain="127.0.0.1")
        return client

    def settled(self) -> None:
        """Waits until everything that was asked for is done, or waits for a person."""
        deadline = time.monotonic() + 120
        while any(not order.is_parked for order in self.site.orders.open()) or any(
            batch.is_gathering for batch in self.workspace.catalog.unfinished_batches()
        ):
            assert time.monotonic() < deadline, "something that was asked for is not done"
            time.sleep(0.05)

    def credentials(self, email: str | None = None) -> tuple[StoredCredential, ...]:
        return self.workspace.catalog.credentials(batch=self.batch.id, email=email)

    def new_drafts(self, *codes: str) -> list[Draft]:
        """Drafts of these modules for one new learner."""
        number = next(self.numbers)
        return [draft for code in codes for draft in drafts(1, code=code, first=number)]

    def awarded(self, *codes: str, label: str = "For one test") -> tuple[StoredCredential, ...]:
        """New credentials of `usm`, final: these modules for one new learner."""
        batch = self.workspace.imports.draft_batch("usm", self.new_drafts(*codes), label=label)
        self.workspace.pipeline.advance(batch.id, suites=JCS_ONLY)
        return self.workspace.catalog.credentials(batch=batch.id)

    def document(self, position: int = 0) -> bytes:
        return self.workspace.catalog.document(self.credentials()[position].credential_id)

    def a_wallet(self) -> Owner:
        """A new wallet, seen by its owner."""
        made = self.client.post("/v1/wallets").json()
        return Owner(self, made["wallet_id"], made["token"])

    def a_full_wallet(self) -> Owner:
        """A wallet that holds the two modules of one learner."""
        owner = self.a_wallet()
        for credential in self.credentials("learner1@students.example"):
            owner.take_in(self.workspace.catalog.document(credential.credential_id))
        return owner


@dataclass
class Owner:
    """A wallet and its token."""

    campus: Campus
    wallet_id: str
    token: str

    @property
    def path(self) -> str:
        return f"/v1/wallets/{self.wallet_id}"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def take_in(self, document: bytes) -> dict[str, object]:
        """Imports a document and gives the answer."""
        response = self.campus.client.post(
            f"{self.path}/credentials",
            content=document,
            headers=self.headers | {"Content-Type": "application/json"},
        )
        assert response.status_code == 200, response.text
        answer: dict[str, object] = response.json()
        return answer

    def held(self) -> list[str]:
        """The ids of everything that the wallet holds."""
        found = self.campus.client.get(f"{self.path}/credentials", headers=self.headers).json()
        return [entry["id"] for entry in found]

    def a_record(self) -> dict[str, object]:
        response = self.campus.client.post(
            f"{self.path}/records", json={"credential_ids": self.held()}, headers=self.headers
        )
        assert response.status_code == 201, response.text
        self.campus.settled()
        made: dict[str, object] = response.json()
        record: dict[str, object] = self.campus.client.get(
            f"{self.path}/records/{made['id']}", headers=self.headers
        ).json()
        return record

    def a_link(self, **wanted: object) -> dict[str, str]:
        """A share link to a new record, or to what is wanted."""
        if "record_id" not in wanted and "credential_ids" not in wanted:
            wanted["record_id"] = self.a_record()["id"]
        response = self.campus.client.post(f"{self.path}/links", json=wanted, headers=self.headers)
        assert response.status_code == 201, response.text
        self.campus.settled()
        link: dict[str, str] = response.json()
        return link

    def a_path(self, **wanted: object) -> str:
        """The path of a new share link."""
        return self.a_link(**wanted)["url"].removeprefix(ORIGIN)


_seeded: Campus | None = None
_is_awake = False


def seeded(factory: pytest.TempPathFactory) -> Campus:
    """The campus of this test process, running; every folder of tests shares it. One person alone issues there."""
    global _seeded, _is_awake
    if _seeded is None:
        campus = a_campus(factory.mktemp("site") / "data")
        for slug in campus.keys:  # or it would depend on whom other tests let in
            campus.site.staff.people.choose_two_persons(the_operator(InstitutionKind.ISSUER, slug), False)
        # Nothing writes at this moment, so that the copy of the open databases is whole.
        shutil.copytree(campus.workspace.path, campus.pristine, ignore=shutil.ignore_patterns("*.lock"))
        campus.client.__enter__()
        _seeded, _is_awake = campus, True
    return _seeded


def wake_seeded() -> None:
    """Has the shared campus serve and work again, if there is one."""
    global _is_awake  # noqa: PLW0603
    if _seeded is not None and not _is_awake:
        _seeded.client.__enter__()
        _is_awake = True


def rest_seeded() -> None:
    """Has the shared campus end its work for a while."""
    global _is_awake  # noqa: PLW0603
    if _seeded is not None and _is_awake:
        _seeded.client.__exit__(None, None, None)
        _is_awake = False


def close_seeded() -> None:
    """Ends the shared campus, if there is one."""
    global _seeded  # noqa: PLW0603
    if _seeded is not None:
        rest_seeded()
        _seeded.workspace.close()
    _seeded = None


def limited(limiter: RateLimiter, monkeypatch: pytest.MonkeyPatch, per_minute: int) -> None:
    """Has a limiter count from now on for this test, and nothing be given back while a slow machine works."""
    now = time.monotonic()
    monkeypatch.setattr(limiter, "per_minute", per_minute)
    monkeypatch.setattr(limiter, "_clock", lambda: now)
    monkeypatch.setattr(limiter, "_buckets", type(limiter._buckets)())


@contextmanager
def apart(folder: Path) -> Iterator[Campus]:
    """A running campus of its own, for what would spoil the shared one, which rests meanwhile."""
    rest_seeded()
    campus = a_campus(folder / "data")
    try:
        with campus.client:
            yield campus
    finally:
        campus.workspace.close()


def a_campus(folder: Path) -> Campus:
    """A seeded ledger in a new folder with a site over it. The client is not started; use it with `with`."""
    made = seed()
    workspace = Workspace.open(Path(shutil.copytree(made.folder, folder)))
    app = create_app(workspace, NO_LIMITS)
    return Campus(
        workspace, app, TestClient(app, base_url=ORIGIN), workspace.catalog.batch(made.batch_id), {**made.keys}
    )


@dataclass(frozen=True)
class Seed:
    """A closed data folder of which every campus is a copy. `keys` are of the machines of its issuers."""

    folder: Path
    batch_id: int
    keys: dict[str, str]


@cache
def seed() -> Seed:
    """Seeds a ledger, once for this process. Begin with it where nothing is patched yet: all tests share what it is."""
    keeper = tempfile.TemporaryDirectory(prefix="cairn-seed-")
    atexit.register(keeper.cleanup)
    folder = Path(keeper.name) / "data"
    workspace = Workspace.init(folder, demo=True)
    workspace.accreditors.register("mqa", name="Malaysian Qualifications Agency", country="MY")
    for slug, name in (("usm", "Universiti Sains Malaysia"), ("um", "Universiti Malaya")):
        workspace.issuers.register(slug, name=name, url=f"https://www.{slug}.example/", country="MY")
        workspace.accreditors.accredit("mqa", slug)
    workspace.issuers.register("records", name="Cairn Records", kind=IssuerKind.PUBLISHER)
    workspace.relay.open()
    workspace.relay.budgets.set(workspace.catalog.issuer("usm").issuer_id, gas=RELAY_BUDGET, days=30)
    workspace.programmes.add("usm", programme_file(*MODULES, award=AWARD))
    workspace.pathways.publish("usm", pathway_file(*MODULES, award=AWARD))
    rows = [draft for code in MODULES for draft in drafts(LEARNERS, code=code)]
    batch = workspace.imports.draft_batch("usm", rows, label="Spring")
    batch = workspace.pipeline.advance(batch.id, suites=JCS_ONLY)
    site: Site = create_app(workspace, NO_LIMITS).state.site
    keys = {slug: site.keys.create(slug, "tests")[1] for slug in ("usm", "um")}
    workspace.close()
    return Seed(folder, batch.id, keys)
