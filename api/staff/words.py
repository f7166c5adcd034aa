"""Words for roles and for what stands in logs, in the reader's language. Codes stay as they are in exports."""

from __future__ import annotations

from api.staff.values import Role, Way
from api.web.translating import gettext, noted

ROLES = {
    Role.PREPARES: (noted("Prepares"), noted("Drafts, imports, and looks at everything.")),
    Role.APPROVES: (
        noted("Approves"),
        noted("As above; also approves what somebody else prepared, revokes and suspends."),
    ),
    Role.ADMIN: (noted("Admin"), noted("As above; also invites people, changes roles, and sees to keys.")),
}
"""What a role is called, and what whoever has it may do."""
WAYS = {Way.LINK: noted("by e-mail link"), Way.PASSKEY: noted("by passkey")}
ACTIONS = {
    "signed_in": noted("Signed in"),
    "passkey_added": noted("Added a passkey"),
    "passkey_removed": noted("Removed a passkey"),
    "person_added": noted("Invited a person"),
    "person_removed": noted("Removed a person"),
    "role_changed": noted("Changed a role"),
    "two_persons_set": noted("Chose whether two persons are needed"),
    "recognition_prepared": noted("Prepared a recognition"),
    "recognition_approved": noted("Approved a recognition"),
    "recognition_withdrawn": noted("Took a prepared recognition back"),
    "recognition_final": noted("A change to the register became final"),
    "exported": noted("Exported a file"),
    "achievement_published": noted("Published an achievement"),
    "address_corrected": noted("Corrected an address"),
    "api_key_made": noted("Made a key for a machine"),
    "api_key_closed": noted("Closed the key of a machine"),
    "award_approved": noted("Approved an award"),
    "award_refused": noted("Refused an award"),
    "awarding_set": noted("Changed how awards are made"),
    "batch_drafted": noted("Prepared a batch"),
    "batch_sent_for_approval": noted("Sent a batch for approval"),
    "batch_taken_back": noted("Took a batch back"),
    "batch_approved": noted("Approved a batch"),
    "batch_refused": noted("Refused a batch"),
    "revoke_proposed": noted("Proposed to revoke"),
    "revoke_taken_back": noted("Took the proposal to revoke back"),
    "revoke_refused": noted("Refused to revoke"),
    "revoke_approved": noted("Approved a revocation"),
    "suspend_proposed": noted("Proposed to suspend"),
    "suspend_taken_back": noted("Took the proposal to suspend back"),
    "suspend_refused": noted("Refused to suspend"),
    "suspend_approved": noted("Approved a suspension"),
    "reinstate_proposed": noted("Proposed to end a suspension"),
    "reinstate_taken_back": noted("Took the proposal to end a suspension back"),
    "reinstate_refused": noted("Refused to end a suspension"),
    "reinstate_approved": noted("Approved the end of a suspension"),
    "batch_discarded": noted("Discarded a batch"),
    "batch_taken_away": noted("Downloaded the credentials of a batch"),
    "claim_link_made": noted("Made a claim link"),
    "file_brought": noted("Brought a file"),
    "file_discarded": noted("Discarded a file"),
    "letter_sent_again": noted("Sent a letter again"),
    "pathway_published": noted("Published a pathway"),
    "programme_imported": noted("Imported a programme"),
    "open_key_asked": noted("Asked for a new signing key"),
    "close_key_asked": noted("Asked to close a signing key"),
    "set_operator_asked": noted("Asked to name an operator"),
    "replace_operator_asked": noted("Asked to replace an operator"),
    "propose_admin_asked": noted("Asked to propose an admin"),
    "replace_admin_asked": noted("Asked to replace the admin"),
}
"""What a line of a log tells, for the words of this package; others are shown as their word."""


def role_name(role: Role) -> str:
    return gettext(ROLES[role][0])


def way_name(way: Way) -> str:
    return gettext(WAYS[way])


def action_name(what: str) -> str:
    """What a line tells, in words; a word that is not known here with spaces in it."""
    known = ACTIONS.get(what)
    return gettext(known) if known is not None else what.replace("_", " ").capitalize()
