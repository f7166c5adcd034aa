"""The site over the main job's data, with somebody signed in to everything: what pictures and measurements look at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson
from fastapi.testclient import TestClient
from playwright.sync_api import BrowserContext

from api.main import create_app
from api.site import Site
from api.staff import values as staff_values
from api.staff.values import InstitutionKind, Role, the_operator
from api.wallets.access.values import Way
from ledger.workspace import Workspace
from scripts import main_job
from scripts.cast import ACCREDITOR
from tests.pages.looking import serving
from tests.site import NO_LIMITS

SLUG = "um"


@dataclass(frozen=True)
class Showcase:
    """`address` is where the site answers; `share` the path of the record's link; `files` by what the main job says."""

    address: str
    share: str
    files: dict[str, Path]
    site: Site
    wallet_id: str

    def enter(self, context: BrowserContext) -> None:
        """Signs a browser in as the learner, and as an admin of a university and of the accreditor."""
        database, staff = self.site.workspace.database, self.site.staff
        with database.writing() as session:
            learner = self.site.access.sessions.begin(session, self.wallet_id, Way.LINK).token.text
        email = "registry@um.example"
        person = staff.people.find(email)
        if person is None:
            member = staff.people.add(
                the_operator(InstitutionKind.ISSUER, SLUG), email, "Aminah binti Yusof", Role.ADMIN
            )
            agency = the_operator(InstitutionKind.ACCREDITOR, ACCREDITOR.slug)
            staff.people.add(agency, email, "Aminah binti Yusof", Role.ADMIN)
            person = staff.people.person(member.person_id)
        with database.writing() as session:
            token = staff.sessions.begin(session, person.id, staff_values.Way.LINK).token.text
        cookies = {"cairn": learner, "cairn-staff": token}
        context.add_cookies([{"name": name, "value": value, "url": self.address} for name, value in cookies.items()])


@contextmanager
def showcase(folder: Path) -> Iterator[Showcase]:
    """Does the main job in a folder, and serves what came of it."""
    data = folder / "data"
    if main_job.main(["--data", str(data)]) != 0:
        raise RuntimeError("the main job failed")
    summary = orjson.loads((data / main_job.SUMMARY).read_bytes())
    with Workspace.open(data) as workspace:
        app = create_app(workspace, NO_LIMITS)
        site: Site = app.state.site
        with TestClient(app), serving(app) as address:
            files = {name: data / path for name, path in summary["files"].items()}
            share = "/s/" + str(summary["share_url"]).rpartition("/s/")[2]
            wallet = site.wallets.with_address(summary["learner"]) or ""
            yield Showcase(address, share, files, site, wallet)
