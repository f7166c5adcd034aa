"""Check 11: are these the credentials of one person?

Nobody is asked yet to prove that a document is theirs, so for a single document there is nothing to check.
"""

from __future__ import annotations

from ledger.verifying.dossier import Dossier
from ledger.verifying.report import Check, Outcome
from ledger.verifying.structure import Kind
from ledger.verifying.subjects import Voucher, check_subjects

_NOT_ASKED = Check("holder", Outcome.SKIPPED, "not_needed", "Nobody was asked to prove that the document is theirs.")


def check_holder(dossier: Dossier, voucher: Voucher | None) -> Check:
    """Check 11. Codes: those of `check_subjects`."""
    return check_subjects(dossier, voucher) if dossier.kind is Kind.RECORD else _NOT_ASKED
