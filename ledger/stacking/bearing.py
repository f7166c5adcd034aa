"""Does an achievement bear credit, and does it meet the Common Microcredential Framework? As its document says.

Credit-bearing means what Oliver (2019) says: assessed at a formal level, and leading to entry to, or credit in, one or
more formal qualifications, whether or not the learner takes it up. The framework is that of the European MOOC
Consortium (2019).
"""

from __future__ import annotations

from dataclasses import dataclass

from ledger.documents.code_lists import CREDIT_BEARING
from ledger.documents.strict_json import JsonObject
from ledger.stacking.profiles.cmf import RULES
from ledger.stacking.profiles.finding import Severity
from ledger.stacking.profiles.reading import Reading, first_object


@dataclass(frozen=True)
class Bearing:
    """`credit_bearing` is None where the document does not say; `leads_to` names what it gives credit in or entry to.

    `missing` says, in a sentence each, what the Common Microcredential Framework asks for and does not find; it is
    empty where the framework is met.
    """

    credit_bearing: bool | None
    leads_to: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def meets_cmf(self) -> bool:
        return not self.missing

    def sentences(self) -> tuple[str, str]:
        """Both answers in words."""
        return self._credit(), self._framework()

    def to_dict(self) -> JsonObject:
        return {
            "credit_bearing": self.credit_bearing,
            "leads_to": list(self.leads_to),
            "meets_cmf": self.meets_cmf,
            "cmf_missing": list(self.missing),
        }

    def _credit(self) -> str:
        if self.credit_bearing is None:
            return "It does not say whether it bears credit."
        if not self.credit_bearing:
            return "Non-credit: it leads to no credit in a formal qualification, and to no entry to one."
        named = f", towards {', '.join(self.leads_to)}" if self.leads_to else "; it does not say towards what"
        return f"Credit-bearing{named}."

    def _framework(self) -> str:
        if self.meets_cmf:
            return "It meets the Common Microcredential Framework."
        return f"It does not meet the Common Microcredential Framework: {'; '.join(self.missing)}."


def bearing_of(document: JsonObject) -> Bearing | None:
    """What the credential of an achievement says; None for what is no such credential. Never raises."""
    achievement = first_object(first_object(document.get("credentialSubject")).get("achievement"))
    if not achievement:
        return None
    reading = Reading(achievement, document)
    missing = (gap.message for rule in RULES if rule.severity is Severity.ERROR for gap in rule.check(reading))
    return Bearing(is_credit_bearing(reading), _leads_to(reading), tuple(dict.fromkeys(missing)))


def is_credit_bearing(reading: Reading) -> bool | None:
    """What the achievement states; where it states nothing, True if it names what it gives credit in or entry to."""
    codes = {entry.code for entry in reading.of_kind(CREDIT_BEARING.target_type)} & CREDIT_BEARING.names.keys()
    if codes:
        return "credit-bearing" in codes
    return True if _leads_to(reading) else None


def _leads_to(reading: Reading) -> tuple[str, ...]:
    return tuple(entry.name for entry in reading.of_kind("creditTowards", "entryTo") if entry.name)
