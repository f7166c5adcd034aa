"""May a credential be recognised? What a file holds is taken out and verified, by the policy of whoever decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ledger.documents.endorsement import Endorsed, endorsed_document
from ledger.errors import Conflict, MalformedDocument, RegistryUnreachable
from ledger.verifying.report import Outcome, VerificationReport
from ledger.wrapping.unwrapping import Wrapped, unwrap

Verify = Callable[[Sequence[bytes]], Sequence[VerificationReport | MalformedDocument]]


def recognisable(data: bytes, verify: Verify, *, unverified: bool = False) -> Endorsed:
    """The one credential in a file (JSON, a JWT, a picture or a PDF), bound by its digest, if it is valid now.

    With `unverified`, also one that is not, or that could not be checked; then it has to be readable only. Raises
    MalformedDocument for what can't be read or is no single credential of an achievement, Conflict `recognise_invalid`,
    RegistryUnreachable `recognise_indeterminate`.
    """
    items = unwrap(data)
    if len(items) != 1 or not isinstance(items[0], Wrapped):
        raise MalformedDocument("recognise_several", f"there are {len(items)} files inside; recognise one at a time")
    (report,) = verify([items[0].content])
    if isinstance(report, MalformedDocument):
        raise report
    summary = report.summary
    if report.document is None or summary is None:
        raise MalformedDocument("schema_credential", report.message)
    if summary.kind != "achievement":
        raise MalformedDocument("schema_kind", "only the credential of an achievement can be recognised, and it alone")
    if not report and not unverified:
        advice = "give the reason why it is recognised unverified."
        if report.verdict is Outcome.INDETERMINATE:
            message = f"the credential could not be checked: {report.message} Try again, or {advice}"
            raise RegistryUnreachable(message, "recognise_indeterminate")
        raise Conflict(
            f"the credential is not valid: {report.message} If it is to be recognised all the same, {advice}",
            "recognise_invalid",
        )
    return endorsed_document(report.document)
