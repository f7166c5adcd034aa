"""Words for the register, in the reader's language."""

from __future__ import annotations

from api.accreditation.register import Standing
from api.web.translating import gettext, noted
from ledger.issuing.accreditor_acts import Act, ActKind, ActState

STANDINGS = {
    Standing.RECOGNISED: (noted("Recognised"), "valid"),
    Standing.ENDS_SOON: (noted("Ends soon"), "waiting"),
    Standing.ENDED: (noted("Ended"), "invalid"),
    Standing.NEVER: (noted("Not recognised"), ""),
}
KINDS = {
    ActKind.RECOGNISE: noted("Recognise"),
    ActKind.SHORTEN: noted("End earlier"),
    ActKind.END: noted("End now"),
}
STATES = {
    ActState.WAITS: (noted("Waits for approval"), "waiting"),
    ActState.GOING: (noted("On its way"), "waiting"),
    ActState.FINAL: (noted("Final"), "valid"),
    ActState.FAILED: (noted("Refused by the registry"), "invalid"),
    ActState.TAKEN_BACK: (noted("Taken back"), ""),
}
STAGES = {
    "planned": noted("The transaction is signed and about to be sent."),
    "sent": noted("The transaction was sent and waits for a block."),
    "mined": noted("The transaction is in a block that is not final yet."),
    "safe": noted("The transaction is in a block that is nearly final."),
    "final": noted("The transaction is in a final block."),
}


def standing_word(standing: Standing) -> tuple[str, str]:
    """The state of a recognition in a word, and the kind of its chip."""
    word, kind = STANDINGS[standing]
    return gettext(word), kind


def kind_word(act: Act) -> str:
    return gettext(KINDS[act.kind])


def state_word(act: Act) -> tuple[str, str]:
    word, kind = STATES[act.state]
    return gettext(word), kind


def stage_sentence(state: str) -> str:
    """How far the transaction of an act is."""
    return gettext(STAGES[state]) if state in STAGES else ""


def refusal_sentence(code: str) -> tuple[str, str]:
    """The field that a refusal is about, and a sentence for it."""
    known = {
        "act_open": ("", noted("Something about this issuer is on its way already, or waits for approval.")),
        "period_over": ("until", noted("This day is over. Name a later one.")),
        "end_later": ("until", noted("An end may only move earlier. To recognise for longer, recognise anew.")),
        "statement_missing": ("", noted("The statement of this recognition is not on this machine. Recognise anew.")),
        "not_accredited": ("", noted("You do not recognise this issuer now, so there is nothing to end.")),
        "second_person": ("", noted("Somebody else has to approve what you prepared.")),
        "act_settled": ("", noted("This was decided already.")),
    }
    field, sentence = known.get(code, ("", noted("This cannot be done now.")))
    return field, gettext(sentence)
