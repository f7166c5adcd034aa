"""What accreditors' people do: prepare, approve, take back; with a line in the log of the accreditor for each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from api.accreditation.forms import Ending, Recognising
from api.clock import Clock, unix_now
from api.staff.staff import Staff
from api.staff.values import Member, Role
from ledger.chain.amounts import money
from ledger.chain.networks import DEVELOPMENT_CHAINS
from ledger.chain.registry import Accredit, EndAccreditation, RegistryCall
from ledger.documents.accreditation import AccreditationStatement
from ledger.errors import CairnError, Conflict
from ledger.issuing.accreditor_acts import Act, statement_about
from ledger.workspace import Workspace


@dataclass(frozen=True)
class Cost:
    """What a transaction would cost, in the chain's currency. Everything is empty where nobody could be asked.

    `lacks` is what the account must hold and does not, else empty.
    """

    cost: str = ""
    gas: int = 0
    balance: str = ""
    lacks: str = ""
    is_test: bool = False

    @property
    def is_known(self) -> bool:
        return bool(self.cost)


class Desk:
    """The desk of all accreditors."""

    def __init__(self, workspace: Workspace, staff: Staff, clock: Clock = unix_now) -> None:
        self._workspace = workspace
        self._staff = staff
        self._clock = clock

    def today(self) -> date:
        return datetime.fromtimestamp(self._clock(), UTC).date()

    def statement(self, member: Member, issuer: str, wanted: Recognising) -> AccreditationStatement:
        """What would be published. Raises MalformedDocument."""
        return statement_about(
            self._workspace.catalog,
            member.institution,
            issuer,
            name=wanted.name,
            country=wanted.country,
            recognised=wanted.recognised,
            on=self.today(),
        )

    def cost_of_recognising(self, member: Member, issuer: str, statement: AccreditationStatement, until: int) -> Cost:
        return self._cost(member, Accredit(self._workspace.catalog.issuer(issuer).issuer_id, until, statement.scope()))

    def cost_of_ending(self, member: Member, issuer: str, until: int | None, scope: bytes) -> Cost:
        issuer_id = self._workspace.catalog.issuer(issuer).issuer_id
        call = EndAccreditation(issuer_id) if until is None else Accredit(issuer_id, until, scope)
        return self._cost(member, call)

    def recognise(self, member: Member, issuer: str, wanted: Recognising) -> Act:
        """Asks for a recognition; it goes on its way at once where this person may have that. Raises Conflict."""
        act = self._workspace.accreditor_acts.recognise(
            member.institution,
            self.statement(member, issuer, wanted),
            issuer,
            wanted.until,
            prepared_by=member.person_id,
        )
        self._staff.audit.note(member, "recognition_prepared", issuer, f"act {act.id}: recognise")
        return self._sent_if_allowed(member, act)

    def end(self, member: Member, issuer: str, wanted: Ending) -> Act:
        """Asks for an end, or an earlier one; else as `recognise`. Raises Conflict, NotFound."""
        acts = self._workspace.accreditor_acts
        if wanted.until is None:
            act = acts.end(member.institution, issuer, reason=wanted.reason, prepared_by=member.person_id)
        else:
            act = acts.shorten(
                member.institution, issuer, wanted.until, reason=wanted.reason, prepared_by=member.person_id
            )
        self._staff.audit.note(member, "recognition_prepared", issuer, f"act {act.id}: {act.kind}; {wanted.reason}")
        return self._sent_if_allowed(member, act)

    def approve(self, member: Member, act_id: int) -> Act:
        """Raises Conflict `act_settled`, `second_person`."""
        act = self._workspace.accreditor_acts.get(member.institution, act_id)
        if not self.may_approve(member, act):
            raise Conflict("somebody else has to approve what you prepared", "second_person")
        approved = self._workspace.accreditor_acts.approve(act_id, member.person_id)
        self._staff.audit.note(member, "recognition_approved", approved.issuer, f"act {act_id}: {approved.kind}")
        return approved

    def take_back(self, member: Member, act_id: int) -> Act:
        """Raises Conflict `act_settled`."""
        self._workspace.accreditor_acts.get(member.institution, act_id)
        taken = self._workspace.accreditor_acts.take_back(act_id)
        self._staff.audit.note(member, "recognition_withdrawn", taken.issuer, f"act {act_id}: {taken.kind}")
        return taken

    def may_approve(self, member: Member, act: Act) -> bool:
        """Whether this person may: by their role, and as the second one where two are needed."""
        needed = self._staff.people.two_persons(member.kind, member.institution).needed
        return member.may(Role.APPROVES) and not (needed and act.prepared_by == member.person_id)

    def _sent_if_allowed(self, member: Member, act: Act) -> Act:
        return self.approve(member, act.id) if self.may_approve(member, act) else act

    def _cost(self, member: Member, call: RegistryCall) -> Cost:
        chain_id = self._workspace.configuration.chain_id
        is_test = chain_id in DEVELOPMENT_CHAINS
        try:
            account = self._workspace.catalog.accreditor(member.institution).address
            quote = self._workspace.registry.quote(call, account)
        except CairnError:
            return Cost(is_test=is_test)
        return Cost(
            cost=money(quote.cost, chain_id),
            gas=quote.gas,
            balance=money(quote.balance, chain_id),
            lacks="" if quote.is_affordable or is_test else money(quote.cost_limit, chain_id),
            is_test=is_test,
        )
