"""Results: what an achievement allows as a result, how a value is checked against it, and how it is written.

Open Badges 3.0 keeps the rule (`ResultDescription`) with the achievement and the value (`Result`) with the learner.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from ledger.documents.fields import Fields
from ledger.documents.strict_json import JsonObject

RESULT_TYPES = ("LetterGrade", "Percent", "Status")
COMPLETED = "Completed"
"""The one value of a `Status` result for which a credential is issued."""

_PERCENT = re.compile(r"(100(\.0{1,2})?|[1-9]?[0-9](\.[0-9]{1,2})?)", re.ASCII)
_NAMES = {"LetterGrade": "Final grade", "Percent": "Final mark", "Status": "Completion"}


@dataclass(frozen=True)
class ResultDescription:
    """The rule for a result. `required` is the pass mark; `allowed` lists grades from the best down."""

    result_type: str
    required: str | None = None
    allowed: tuple[str, ...] = ()

    def problem(self, value: str) -> str | None:
        """Why `value` can't stand in a credential, or None: the wrong form, outside the range, or not a pass."""
        if self.result_type == "Status":
            return None if value == COMPLETED else f"must be {COMPLETED}"
        if self.result_type == "Percent":
            if not _PERCENT.fullmatch(value):
                return "must be a number from 0 to 100, with at most two decimals"
            if self.required is not None and Decimal(value) < Decimal(self.required):
                return f"is below the pass mark of {self.required}"
            return None
        if value not in self.allowed:
            return f"must be one of: {', '.join(self.allowed)}"
        if self.required is not None and self.allowed.index(value) > self.allowed.index(self.required):
            return f"is below the pass grade of {self.required}"
        return None

    def to_dict(self, identifier: str) -> JsonObject:
        """The Open Badges 3.0 `ResultDescription` with this id."""
        document: JsonObject = {
            "id": identifier,
            "type": ["ResultDescription"],
            "name": _NAMES[self.result_type],
            "resultType": self.result_type,
        }
        if self.result_type == "Percent":
            document |= {"valueMin": "0", "valueMax": "100"}
        if self.allowed:
            document["allowedValue"] = list(self.allowed)
        if self.required is not None:
            document["requiredValue"] = self.required
        return document

    def result_to_dict(self, identifier: str, value: str) -> JsonObject:
        """The Open Badges 3.0 `Result` with this value, pointing at the description `identifier`."""
        member = "status" if self.result_type == "Status" else "value"
        return {"type": ["Result"], "resultDescription": identifier, member: value}


def parse_result_description(fields: Fields) -> ResultDescription:
    """Reads the `result` member of an achievement in a programme file."""
    result_type = fields.choice("type", RESULT_TYPES)
    allowed = fields.texts("allowed", limit=20, at_least=2) if result_type == "LetterGrade" else ()
    required = None
    if result_type != "Status" and fields.has("required"):
        required = fields.text("required", limit=20)
        if result_type == "LetterGrade" and required not in allowed:
            fields.problem("required", "field_choice", "must be one of the allowed grades")
        if result_type == "Percent" and not _PERCENT.fullmatch(required):
            fields.problem("required", "field_value", "must be a number from 0 to 100, with at most two decimals")
    fields.close()
    return ResultDescription(result_type, required, allowed)
