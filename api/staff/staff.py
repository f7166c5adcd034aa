"""The services for people who work for institutions, put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.clock import Clock, unix_now
from api.staff.audit import Audit
from api.staff.links import Links
from api.staff.passkeys import Passkeys
from api.staff.people import People
from api.staff.sessions import Sessions

if TYPE_CHECKING:
    from api.staff.values import Entered, Way
    from ledger.workspace import Workspace


class Staff:
    """Who works for institutions, how they come in, and what they did. `base` is what this site's links begin with."""

    def __init__(self, workspace: Workspace, base: str, clock: Clock = unix_now) -> None:
        database = workspace.database
        self.audit = Audit(database, clock)
        self.people = People(database, workspace.catalog, self.audit, clock)
        self.sessions = Sessions(database, clock)
        self.links = Links(database, self.sessions, clock)
        self.passkeys = Passkeys(database, self.sessions, base, clock)

    def note_entry(self, entered: Entered, way: Way) -> None:
        """Notes in the log of each of their institutions that somebody signed in."""
        for _, member in self.people.memberships(entered.person_id):
            self.audit.note(member, "signed_in", member.person_id, way)
