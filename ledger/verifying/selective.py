"""What is judged in another way of a token that keeps members back (`ledger.proofs.sd_jwt_vc`).

The ledger holds the whole credential, not the token: that the one is part of the other, the issuer's signature says,
by a key that has to be open (`token_keys`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ledger.documents.strict_json import JsonValue
from ledger.verifying.anchoring import Anchoring, Standing
from ledger.verifying.report import Check, Outcome, shown_time

if TYPE_CHECKING:
    from ledger.proofs.sd_jwt_vc import SdJwtCredential

_HELD = "The ledger holds the credential of which the issuer signed this part."
_IN_HEAD = "The newest part of the ledger holds the credential of which the issuer signed this part."


def of_the_whole(anchoring: Anchoring) -> Anchoring:
    """Checks 4 and 5 in words that are true of a part of a credential."""
    if anchoring.inclusion.outcome is not Outcome.VALID:
        return anchoring
    message = _IN_HEAD if anchoring.standing is Standing.PENDING else _HELD
    return replace(anchoring, inclusion=replace(anchoring.inclusion, message=message))


def with_withheld(check: Check, credential: SdJwtCredential) -> Check:
    """Check 3 with what was kept back, in words, and in the evidence with whom the presentation was for."""
    withheld: list[JsonValue] = [*credential.withheld]
    if credential.unnamed:
        withheld.append(f"{credential.unnamed} that the issuer does not name")
    evidence: dict[str, JsonValue] = {**check.evidence, "withheld": withheld}
    if (binding := credential.key_binding) is not None:
        issued_at = shown_time(int(binding.issued_at.timestamp()))
        evidence["key_binding"] = {"audience": binding.audience, "nonce": binding.nonce, "issued_at": issued_at}
    if check.outcome is not Outcome.VALID:
        return replace(check, evidence=evidence)
    said = ", ".join(str(name) for name in withheld) or "nothing"
    message = f"The issuer signed what is shown here, and lets its holder keep the rest back. Withheld: {said}."
    return replace(check, message=message, evidence=evidence)
