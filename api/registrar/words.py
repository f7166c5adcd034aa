"""Words of the pages of registrars, in the reader's language where they are shown."""

from __future__ import annotations

from collections.abc import Mapping

from api.registrar.status.proposals import Action, State
from api.web.translating import gettext, noted
from ledger.chain.registry import Reason
from ledger.issuing.admin_acts import ActKind
from ledger.issuing.bulk_revocation import RowState

REASONS: Mapping[Reason, tuple[str, str]] = {
    Reason.ISSUED_IN_ERROR: (
        noted("Issued in error"),
        noted("It should never have been issued: another person, another course, or twice."),
    ),
    Reason.ASSESSMENT_INVALID: (
        noted("The assessment is not valid"),
        noted("The result does not stand, for example because of a mistake in marking or of cheating."),
    ),
    Reason.ACCREDITATION_WITHDRAWN: (
        noted("Accreditation withdrawn"),
        noted("The course lost its recognition, also for the time in which this was issued."),
    ),
    Reason.COMPROMISED: (
        noted("Obtained by fraud"),
        noted("Somebody got it by deceit, or a stolen key issued it."),
    ),
    Reason.SUPERSEDED: (
        noted("Replaced by another"),
        noted("A corrected credential takes its place. Use “Correct” on the credential: it links the two."),
    ),
}
ACTIONS: Mapping[Action, tuple[str, str]] = {
    Action.REVOKE: (
        noted("Revoke"),
        noted("For ever. Whoever checks it is told that it is revoked, since when and why."),
    ),
    Action.SUSPEND: (noted("Suspend"), noted("For a while. It does not count until it is reinstated.")),
    Action.REINSTATE: (noted("Reinstate"), noted("Ends a suspension. It counts again.")),
    Action.WITHDRAW: (
        noted("Withdraw a whole batch"),
        noted("For ever, and for everything in it: the batch as a whole was issued in error."),
    ),
}
STATES: Mapping[State, str] = {
    State.PREPARED: noted("Being looked at"),
    State.PROPOSED: noted("Waits for a second person"),
    State.DONE: noted("Approved"),
    State.REFUSED: noted("Refused"),
}
ROWS: Mapping[RowState, str] = {
    RowState.REVOKE: noted("Will be revoked"),
    RowState.SUSPEND: noted("Will be suspended"),
    RowState.REINSTATE: noted("Will be reinstated"),
    RowState.SUSPENDED: noted("Suspended already"),
    RowState.ACTIVE: noted("Not suspended"),
    RowState.PENDING: noted("Being revoked already"),
    RowState.REVOKED: noted("Revoked already"),
    RowState.WITHDRAWN: noted("Withdrawn with its batch already"),
    RowState.DRAFT: noted("A draft: discard its batch instead"),
    RowState.UNKNOWN: noted("No credential of yours"),
    RowState.FOREIGN: noted("Of another institution"),
    RowState.DUPLICATE: noted("Named twice"),
    RowState.MISMATCH: noted("Learner and achievement are not those of the credential"),
}
"""What becomes of a row before it is decided."""
ACTS: Mapping[ActKind, str] = {
    ActKind.OPEN_KEY: noted("Open a signing key"),
    ActKind.CLOSE_KEY: noted("Close a signing key"),
    ActKind.SET_OPERATOR: noted("Set an operator"),
    ActKind.REPLACE_OPERATOR: noted("Replace an operator’s key"),
    ActKind.PROPOSE_ADMIN: noted("Propose another admin account"),
    ActKind.REPLACE_ADMIN: noted("Replace the admin’s key"),
}
STATUSES = {
    "active": noted("In force"),
    "revoked": noted("Revoked"),
    "revoking": noted("Being revoked"),
    "suspended": noted("Suspended"),
    "suspending": noted("Being suspended"),
    "reinstating": noted("Being reinstated"),
    "withdrawn": noted("Withdrawn with its batch"),
    "waiting": noted("Not issued yet"),
    "key_ended": noted("Not valid: key closed"),
}
FALLS = {
    "revoked": noted("a part was revoked"),
    "suspended": noted("a part was suspended"),
    "withdrawn": noted("a part was withdrawn"),
}
ANCHORS = noted("may anchor batches")
REVOKES = noted("may revoke and suspend")
ACT_STATES = {
    "asked": noted("Asked for"),
    "sent": noted("On its way"),
    "final": noted("Final"),
    "failed": noted("Failed"),
}


def reason_choices() -> list[tuple[str, str, str]]:
    """Each reason of the registry: its number, its name, and when to use it."""
    return [(str(int(reason)), gettext(name), gettext(said)) for reason, (name, said) in REASONS.items()]


def action_choices() -> list[tuple[str, str, str]]:
    return [(str(action), gettext(name), gettext(said)) for action, (name, said) in ACTIONS.items()]


def reason_name(reason: int) -> str:
    return gettext(REASONS[Reason(reason)][0]) if reason in set(Reason) else str(reason)
