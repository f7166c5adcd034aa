"""Check 7 for tokens, which an issuer signs whenever somebody asks, with the key that it has by then.

The ledger says when a credential was anchored, and never when a token around it was signed. What a closed key signed
may have been signed after it was stolen.

A token that holds the whole credential (VC-JWT) says nothing that the ledger does not hold. Its key counts as that of
any document does, if it was open at the anchor; one that came later has to be open. A token that keeps members back
(SD-JWT VC) holds a part of which only the signature says that it is one, so that its key has to be open in any case.

Open means at the newest final block, whatever date is asked about: a signature can always be younger than that date.
"""

from __future__ import annotations

from collections.abc import Sequence

from ledger.chain.registry import IssuerState
from ledger.documents.keys import PublicKey
from ledger.documents.strict_json import JsonValue
from ledger.verifying.anchoring import Anchoring
from ledger.verifying.dossier import Dossier
from ledger.verifying.issuer import check_key
from ledger.verifying.report import Check, Outcome, shown_bytes, shown_time


def check_signing_keys(
    dossier: Dossier, keys: Sequence[PublicKey], issuer: IssuerState, anchoring: Anchoring, now: int
) -> Check:
    """Check 7 for any document that is on the ledger. `now` is the time of the newest final block.

    Codes: those of `check_key` and, for a token, of `check_key_open`.
    """
    anchored_at = anchoring.anchored_at
    if dossier.token is None or anchored_at is None:
        return check_key(keys, issuer, anchoring)
    if dossier.selective is not None:
        return check_key_open(keys, issuer, now)
    since = {period.key for period in issuer.keys if period.valid_from > anchored_at}
    later = [key for key in keys if key.data in since]
    others = [key for key in keys if key.data not in since]
    if not others:
        return check_key_open(later, issuer, now)
    check = check_key(others, issuer, anchoring)
    return check_key_open(later, issuer, now) if later and check.outcome is Outcome.VALID else check


def check_key_open(keys: Sequence[PublicKey], issuer: IssuerState, now: int) -> Check:
    """Check 7: every key that signed is the issuer's, and open at block time `now`.

    Codes: invalid `key_not_registered`, indeterminate `key_closed`.
    """
    periods = {period.key: period for period in issuer.keys}
    for key in keys:
        evidence: dict[str, JsonValue] = {"key": shown_bytes(key.data), "read_at": shown_time(now)}
        period = periods.get(key.data)
        if period is None:
            message = "The key that signed was never among the issuer's keys in the registry."
            return Check("key", Outcome.INVALID, "key_not_registered", message, evidence)
        evidence |= {"valid_from": shown_time(period.valid_from), "valid_until": shown_time(period.valid_until)}
        if not period.covers(now):
            message = (
                "The key that signed is closed by now, and nothing shows that it signed before; ask whoever showed you "
                "this for a newly signed one."
            )
            return Check("key", Outcome.INDETERMINATE, "key_closed", message, evidence)
    return Check("key", Outcome.VALID, "ok", "The key that signed is the issuer's, and open.")
