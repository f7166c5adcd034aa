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
