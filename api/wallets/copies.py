"""Of two copies of one credential, which one a wallet keeps."""

from __future__ import annotations

from api.wallets.tables import WalletCredentialRow
from ledger.verifying.report import Outcome
from ledger.wrapping.content import is_token, sd_jwt


def replace_held(held: WalletCredentialRow, by: WalletCredentialRow) -> None:
    """Puts another copy of a credential in the place of the one that is held, under the same id."""
    for name in ("kind", "name", "issuer_name", "learner_name", "valid_from", "source", "added_at", "verdict", "code"):
        setattr(held, name, getattr(by, name))
    held.document = by.document


def replaces(arriving: WalletCredentialRow, held: WalletCredentialRow) -> bool:
    """Open Badges 3.0, "equality and comparison": the newer `validFrom` replaces. A copy that fails never replaces, nor
    does one that says less of the same."""
    if arriving.document == held.document and arriving.verdict == held.verdict:
        return False
    holds, held_holds = arriving.verdict == Outcome.VALID, held.verdict == Outcome.VALID
    if held_holds and not holds:
        return False
    before, after = held.valid_from or "", arriving.valid_from or ""
    if before == after and holds == held_holds:
        return fullness(arriving.document) >= fullness(held.document)
    return after >= before


def fullness(document: bytes) -> tuple[int, int]:
    """How much a copy says: JSON has every proof, a token one, and an SD-JWT what was not kept back of it."""
    if (token := sd_jwt(document)) is not None:
        return 0, token.count(b"~")
    return (1 if is_token(document) else 2), 0
