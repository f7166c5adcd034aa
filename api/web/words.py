"""The words of the pages: verdicts, checks, properties, and what is said about a network."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.chain.networks import NetworkKind
from ledger.verifying.report import Outcome

WORDS = {
    Outcome.VALID: "Valid",
    Outcome.INVALID: "Not valid",
    Outcome.INDETERMINATE: "Could not check",
    Outcome.SKIPPED: "Not checked",
}
CHECK_WORDS = {
    Outcome.VALID: "passed",
    Outcome.INVALID: "failed",
    Outcome.INDETERMINATE: "could not be checked",
    Outcome.SKIPPED: "did not run",
}
COUNTED = {
    Outcome.VALID: "valid",
    Outcome.INVALID: "not valid",
    Outcome.INDETERMINATE: "could not be checked",
}
TITLES = {
    "structure": "Readable document",
    "schema": "Published standard",
    "signature": "Signature",
    "inclusion": "Place in its batch",
    "anchor": "Anchor in the registry",
    "issuer": "Issuer",
    "key": "Signing key",
    "status": "Revocation",
    "period": "Period",
    "stack": "What it rests on",
    "holder": "Holder",
}
KINDS = {"achievement": "Credential", "award": "Award", "record": "Record", "endorsement": "Endorsement"}
UNNAMED = "A credential without a title"
UNKNOWN = "A file whose contents could not be established"


@dataclass(frozen=True)
class Banner:
    """A warning about the network, the same on every page that shows something from it."""

    title: str
    text: str


BANNERS: dict[NetworkKind, Banner] = {
    "embedded": Banner(
        "EMBEDDED CHAIN",
        "This site runs its own small chain on one machine. It shows how everything works; "
        "whoever runs the machine could rewrite it, so it is no proof to others.",
    ),
    "testnet": Banner(
        "TESTNET",
        "The registry stands on a test network. The checks are real, but such a network can be ended or reset.",
    ),
}

SINCE_THEN = "SINCE THEN"
AS_OF = "NOT AS OF NOW"
ANY_ISSUER = Banner(
    "ANY ISSUER ACCEPTED",
    "As was asked, this check accepts any issuer: somebody's key signed, and nobody was asked whose key that is.",
)
