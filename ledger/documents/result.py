"""Results: what an achievement allows as a result, how a value is checked against it, and how it is written.

Open Badges 3.0 keeps the rule (`ResultDescription`) with the achievement and the value (`Result`) with the learner. A
result is a grade out of a list, a number within a range, a level of a rubric, or that the work was completed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from ledger.documents.fields import CODE, CODE_LIMIT, Fields
from ledger.documents.strict_json import JsonObject
from ledger.documents.text import NARRATIVE_LIMIT

GRADED = frozenset({"LetterGrade", "PerformanceLevel"})
NUMERIC = frozenset({"GradePointAverage", "Percent", "RawScore", "RubricScore", "ScaledScore"})
RUBRIC = "RubricCriterionLevel"
RESULT_TYPES = (*sorted(GRADED | NUMERIC), RUBRIC, "Status")
"""Those of Open Badges 3.0 that say what was achieved. A `PredictedScore` does not."""
COMPLETED = "Completed"
"""The one value of a `Status` result for which a credential is issued."""

_NUMBER = re.compile(r"(0|[1-9][0-9]{0,5})(\.[0-9]{1,2})?", re.ASCII)
_NAMES = {
    "GradePointAverage": "Grade point average",
    "LetterGrade": "Final grade",
    "Percent": "Final mark",
    "PerformanceLevel": "Performance",
    "RawScore": "Score",
    "RubricScore": "Score by the rubric",
    "ScaledScore": "Scaled score",
    RUBRIC: "Level reached",
    "Status": "Completion",
}


@dataclass(frozen=True)
class RubricLevel:
    """One standard of a rubric: its code, its name, what it takes, and the points that it is worth."""

    code: str
    name: str
    description: str | None = None
    points: str | None = None


@dataclass(frozen=True)
class ResultDescription:
    """The rule for a result. `required` is the pass mark, pass grade, or the code of the rubric level to reach.

    `allowed` lists grades and `levels` the levels of a rubric, failure included, from the best down. `minimum` and
    `maximum` bound a number, as it is written.
    """

    result_type: str
    required: str | None = None
    allowed: tuple[str, ...] = ()
    minimum: str = "0"
    maximum: str = "100"
    levels: tuple[RubricLevel, ...] = ()
    name: str | None = None

    def problem(self, value: str) -> str | None:
        """Why `value` can't stand in a credential, or None: the wrong form, outside the range, or not a pass."""
        if self.result_type == "Status":
            return None if value == COMPLETED else f"must be {COMPLETED}"
        if self.result_type in NUMERIC:
            return self._number_problem(value)
        if self.result_type == RUBRIC:
            return self._level_problem(value)
        if value not in self.allowed:
            return f"must be one of: {', '.join(self.allowed)}"
        if self.required is not None and self.allowed.index(value) > self.allowed.index(self.required):
            return f"is below the pass grade of {self.required}"
        return None

    def _number_problem(self, value: str) -> str | None:
        if not _NUMBER.fullmatch(value) or not Decimal(self.minimum) <= Decimal(value) <= Decimal(self.maximum):
            return f"must be a number from {self.minimum} to {self.maximum}, with at most two decimals"
        if self.required is not None and Decimal(value) < Decimal(self.required):
            return f"is below the pass mark of {self.required}"
        return None

    def _level_problem(self, value: str) -> str | None:
        level = self.level(value)
        if level is None:
            return f"must be one of: {', '.join(level.code for level in self.levels)}"
        codes = [known.code for known in self.levels]
        if self.required is not None and codes.index(level.code) > codes.index(self.required):
            return f"is below the level to reach, {self.required}"
        return None

    def level(self, value: str) -> RubricLevel | None:
        """The level of the rubric that has this code, or this name."""
        by_code = next((level for level in self.levels if level.code == value), None)
        return by_code or next((level for level in self.levels if level.name == value), None)

    def to_dict(self, identifier: str) -> JsonObject:
        """The Open Badges 3.0 `ResultDescription` with this id. Its lists go from low to high, as the standard asks."""
        document: JsonObject = {
            "id": identifier,
            "type": ["ResultDescription"],
            "name": self.name or _NAMES[self.result_type],
            "resultType": self.result_type,
        }
        if self.result_type in NUMERIC:
            document |= {"valueMin": self.minimum, "valueMax": self.maximum}
        if self.allowed:
            document["allowedValue"] = list(reversed(self.allowed))
        if self.levels:
            document["rubricCriterionLevel"] = [
                _level_to_dict(level, identifier, place) for place, level in enumerate(reversed(self.levels))
            ]
            if self.required is not None:
                document["requiredLevel"] = level_id(identifier, self.required)
        elif self.required is not None:
            document["requiredValue"] = self.required
        return document

    def result_to_dict(self, identifier: str, value: str) -> JsonObject:
        """The Open Badges 3.0 `Result` with this value, pointing at the description `identifier`."""
        result: JsonObject = {"type": ["Result"], "resultDescription": identifier}
        level = self.level(value)
        if level is not None:
            return result | {"achievedLevel": level_id(identifier, level.code), "value": level.name}
        return result | {"status" if self.result_type == "Status" else "value": value}


def level_id(result_id: str, code: str) -> str:
    """The address that names a level of the rubric of a result description."""
    return f"{result_id}/levels/{code}"


def _level_to_dict(level: RubricLevel, identifier: str, place: int) -> JsonObject:
    """The Open Badges 3.0 `RubricCriterionLevel`; `level` counts from the lowest, 0."""
    document: JsonObject = {
        "id": level_id(identifier, level.code),
        "type": ["RubricCriterionLevel"],
        "name": level.name,
        "level": str(place),
    }
    if level.description is not None:
        document["description"] = level.description
    if level.points is not None:
        document["points"] = level.points
    return document


def parse_result_description(fields: Fields) -> ResultDescription:
    """Reads the `result` member of an achievement in a programme file."""
    result_type = fields.choice("type", RESULT_TYPES)
    name = fields.optional_text("name")
    if result_type == RUBRIC:
        description = _parse_rubric(fields, name)
    elif result_type in NUMERIC:
        description = _parse_range(fields, result_type, name)
    elif result_type in GRADED:
        allowed = fields.texts("allowed", limit=20, at_least=2)
        required = fields.optional_text("required", limit=20)
        if required is not None and required not in allowed:
            fields.problem("required", "field_choice", "must be one of the allowed grades")
        description = ResultDescription(result_type, required, allowed, name=name)
    else:
        description = ResultDescription(result_type, name=name)
    fields.close()
    return description


def _parse_range(fields: Fields, result_type: str, name: str | None) -> ResultDescription:
    """A number; all but percentages must say up to what."""
    is_percent = result_type == "Percent"
    minimum = fields.text("minimum", limit=20) if not is_percent and fields.has("minimum") else "0"
    maximum = "100" if is_percent else fields.text("maximum", limit=20)
    required = fields.optional_text("required", limit=20)
    ends = (("minimum", minimum), ("maximum", maximum), ("required", required))
    wrong = [end for end, value in ends if value and not _NUMBER.fullmatch(value)]
    for end in wrong:
        fields.problem(end, "field_value", "must be a number, with at most two decimals")
    if wrong or not maximum:
        return ResultDescription(result_type, name=name)
    if Decimal(minimum) >= Decimal(maximum):
        fields.problem("maximum", "field_range", "must be more than the minimum")
    elif required is not None and not Decimal(minimum) <= Decimal(required) <= Decimal(maximum):
        fields.problem("required", "field_value", f"must be a number from {minimum} to {maximum}")
    return ResultDescription(result_type, required, minimum=minimum, maximum=maximum, name=name)


def _parse_rubric(fields: Fields, name: str | None) -> ResultDescription:
    """A rubric: at least two levels from the best down, of which at least the last is a failure."""
    levels: list[RubricLevel] = []
    for index, entry in enumerate(fields.objects("levels", at_least=2)):
        level = RubricLevel(
            code=entry.text("code", limit=CODE_LIMIT),
            name=entry.text("name"),
            description=entry.text("description", limit=NARRATIVE_LIMIT) if entry.has("description") else None,
            points=str(entry.number("points", low=0, high=100_000)) if entry.has("points") else None,
        )
        entry.close()
        if level.code and not CODE.fullmatch(level.code):
            entry.problem("code", "field_code", "must consist of lower-case letters, digits and single hyphens")
        if any(known.code == level.code or known.name == level.name for known in levels):
            fields.problem(f"levels[{index}]", "field_duplicate", "has the code or the name of an earlier level")
        levels.append(level)
    required = fields.text("required", limit=CODE_LIMIT)
    if levels and required and required not in [level.code for level in levels[:-1]]:
        message = "must be the code of a level above the last: a rubric says what failing is, too"
        fields.problem("required", "field_choice", message)
    return ResultDescription(RUBRIC, required, levels=tuple(levels), name=name)
