"""The services of registrars' pages, put together."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from api.registrar.approvals import Approvals
from api.registrar.checking import Checking
from api.registrar.sheets import ImportSheets
from api.staff.values import InstitutionKind
from ledger.delivering.notifications import Notifications
from ledger.issuing.examining import Examination
from ledger.issuing.searching import Search

if TYPE_CHECKING:
    from api.issuers.service import Issuing
    from api.staff.staff import Staff
    from ledger.durable.orders import Orders
    from ledger.workspace import Workspace


class RegistrarWork:
    """What registrars work with beside the services of issuing."""

    def __init__(self, workspace: Workspace, issuing: Issuing, orders: Orders, staff: Staff) -> None:
        self._workspace = workspace

        def needs_two(slug: str) -> bool:
            return staff.people.two_persons(InstitutionKind.ISSUER, slug).needed

        self.approvals = Approvals(workspace.database, issuing, orders, needs_two, staff.audit.note_in)
        self.search = Search(workspace.database)
        self.letters = Notifications(workspace.database)
        self.checking = Checking(Examination(workspace.database))

    @cached_property
    def sheets(self) -> ImportSheets:
        return ImportSheets(self._workspace.database, self._workspace.imports, self.approvals)
