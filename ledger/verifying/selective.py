"""What is judged in another way of a token that keeps members back (`ledger.proofs.sd_jwt_vc`).

The ledger holds the whole credential, not the token: that the one is part of the other, the issuer's signature says,
and no ledger says when it was given. So the key has to be open at the block that is read. What a closed key signed may
have been signed after it was stolen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ledger.chain.registry import IssuerState
from ledger.documents.keys import PublicKey
from ledger.documents.strict_json import JsonValue
from ledger.verifying.anchoring import Anchoring, Standing
from ledger.verifying.report import Check, Outcome, shown_bytes, shown_time

if TYPE_CHECKING:
    from ledger.proofs.sd_jwt_vc import SdJwtCredential

_HELD = "The ledger holds the credential of which the issuer signed this part."
_IN_HEAD = "The newest part of the ledger holds the credential of which the issuer signed this part."


def check_key_open(keys: Sequence[PublicKey], issuer: IssuerState, time: int) -> Check:
    """Check 7: every key that signed is the issuer's, and open at block time `time`.

    Codes: invalid `key_not_registered`, indeterminate `key_closed`.
    """
    periods = {period.key: period for period in issuer.keys}
    for key in keys:
        evidence: dict[str, JsonValue] = {"key": shown_bytes(key.data), "read_at": shown_time(time)}
        period = periods.get(key.data)
        if period is None:
            message = "The key that signed was never among the issuer's keys in the registry."
            return Check("key", Outcome.INVALID, "key_not_registered", message, evidence)
        evidence |= {"valid_from": shown_time(period.valid_from), "valid_until": shown_time(period.valid_until)}
        if not period.covers(time):
            message = (
                "The key that signed is closed by now, and nothing shows that it signed before; ask whoever showed you "
                "this for a newly signed one."
            )
            return Check("key", Outcome.INDETERMINATE, "key_closed", message, evidence)
    return Check("key", Outcome.VALID, "ok", "The key that signed is the issuer's, and open.")


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
