"""The words of the pages: verdicts, checks, properties, and what is said about a network. Translated where shown."""

from __future__ import annotations

from dataclasses import dataclass

from api.web.translating import noted
from ledger.chain.networks import NetworkKind
from ledger.verifying.report import Outcome

WORDS = {
    Outcome.VALID: noted("Valid"),
    Outcome.INVALID: noted("Not valid"),
    Outcome.INDETERMINATE: noted("Could not check"),
    Outcome.SKIPPED: noted("Not checked"),
}
CHECK_WORDS = {
    Outcome.VALID: noted("passed"),
    Outcome.INVALID: noted("failed"),
    Outcome.INDETERMINATE: noted("could not be checked"),
    Outcome.SKIPPED: noted("did not run"),
}
COUNTED = {
    Outcome.VALID: noted("valid"),
    Outcome.INVALID: noted("not valid"),
    Outcome.INDETERMINATE: noted("could not be checked"),
}
TITLES = {
    "structure": noted("Readable document"),
    "schema": noted("Published standard"),
    "signature": noted("Signature"),
    "inclusion": noted("Place in its batch"),
    "anchor": noted("Anchor in the registry"),
    "issuer": noted("Issuer"),
    "key": noted("Signing key"),
    "status": noted("Revocation"),
    "period": noted("Period"),
    "stack": noted("What it rests on"),
    "holder": noted("Holder"),
}
KINDS = {
    "achievement": noted("Credential"),
    "award": noted("Award"),
    "record": noted("Record"),
    "endorsement": noted("Endorsement"),
}
UNNAMED = noted("A credential without a title")
UNKNOWN = noted("A file whose contents could not be established")


@dataclass(frozen=True)
class Banner:
    """A warning about the network, the same on every page that shows something from it."""

    title: str
    text: str


BANNERS: dict[NetworkKind, Banner] = {
    "embedded": Banner(
        noted("EMBEDDED CHAIN"),
        noted(
            "This site runs its own small chain on one machine. It shows how everything works; "
            "whoever runs the machine could rewrite it, so it is no proof to others."
        ),
    ),
    "testnet": Banner(
        noted("TESTNET"),
        noted("The registry stands on a test network. The checks are real, but such a network can be ended or reset."),
    ),
}

SINCE_THEN = noted("SINCE THEN")
AS_OF = noted("NOT AS OF NOW")
ANY_ISSUER = Banner(
    noted("ANY ISSUER ACCEPTED"),
    noted(
        "As was asked, this check accepts any issuer: somebody's key signed, and nobody was asked whose key that is."
    ),
)
