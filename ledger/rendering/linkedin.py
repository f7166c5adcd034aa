"""The link with which a learner adds a credential to a LinkedIn profile. Nothing is sent: the learner's browser goes.

LinkedIn checks nothing; what it shows leads to `address`, so that must be a page where the credential can be checked.
"""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote, urlencode

from ledger.documents.text import url_problem
from ledger.errors import CairnError, Conflict
from ledger.rendering.content import content_of
from ledger.verifying.report import VerificationReport

ENTRY = "https://www.linkedin.com/profile/add"


def linkedin_link(report: VerificationReport, *, address: str) -> str:
    """The link for a valid credential that is shown at `address`, an https address that anyone can open.

    Raises CairnError `address_invalid` for another address, and as `content_of`.
    """
    if problem := url_problem(address):
        raise CairnError("address_invalid", f"the public address {problem.message}")
    content = content_of(report)
    if content.entries:
        raise Conflict("a profile takes single credentials, not a record", "form_unsupported")
    if content.standing == "unknown" or report.summary is None:
        raise Conflict(f"what could not be checked has no place in a profile: {content.status}", "form_unsupported")
    summary = report.summary
    values = {
        "startTask": "CERTIFICATION_NAME",
        "name": summary.achievement_name or summary.name or "",
        "organizationName": report.issuer.accredited_name or report.issuer.claimed_name or "",
        **month_of("issue", summary.valid_from),
        **month_of("expiration", summary.valid_until),
        "certUrl": address,
        "certId": summary.id or "",
    }
    return f"{ENTRY}?{urlencode({name: value for name, value in values.items() if value}, quote_via=quote, safe='')}"


def month_of(prefix: str, moment: datetime | None) -> dict[str, str]:
    """A date as LinkedIn takes it: a year and a month."""
    if moment is None:
        return {}
    return {f"{prefix}Year": str(moment.year), f"{prefix}Month": str(moment.month)}
