"""What registrars write and take back, put together: drafts of editors, changes of status, and acts of admins."""

from __future__ import annotations

from api.background import Background
from api.issuers.service import Issuing
from api.registrar.editing.drafts import EditorDrafts
from api.registrar.status.proposals import Proposals
from api.staff.staff import Staff
from ledger.workspace import Workspace

IDLE_SECONDS = 5.0


class AdminWork:
    """Acts of admins, brought about round by round."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def work(self) -> bool:
        return self._workspace.administration.work()


class Control:
    """The services. `acting` brings about what admins were asked for while the site serves."""

    def __init__(self, workspace: Workspace, issuing: Issuing, staff: Staff) -> None:
        self.drafts = EditorDrafts(workspace.database)
        self.proposals = Proposals(workspace, issuing, staff.people, staff.audit)
        self.acting = Background("admin acts", AdminWork(workspace), poll=workspace.poll, idle=IDLE_SECONDS)
