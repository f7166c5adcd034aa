"""A credential that meets every profile, for tests to take something away from."""

from __future__ import annotations

from typing import Any

from ledger.documents.achievement import Recognition, Related
from tests.builders import RUBRIC, SKILLS, a_credential, an_achievement

PATH = ("credentialSubject", "achievement")


def a_complete_credential() -> Any:
    """120 hours, 12 New Zealand credits, EQF 7: fits CMF, NZQA, MicroHE and MICROBOL, and all that the EU asks for."""
    achievement = an_achievement(
        outcomes=("Tell a gap in performance from a gap in knowledge.", "Carry out a needs assessment."),
        workload_hours=120,
        levels=(("EQF", 7), ("MQF", 7), ("NZQCF", 8)),
        credits=(("ECTS", 5), ("NZQCF", 12), ("MQF", 3)),
        assessment=("written-examination",),
        credit_bearing=True,
        credit_towards=(Recognition("Master of Education", "https://www.usm.example/med", 0.5),),
        stacks_into=(Related("instructional-design", "Instructional Design"),),
        skills=SKILLS,
        result=RUBRIC,
    )
    document: Any = a_credential(achievement=achievement, result="competent")
    document["credentialSubject"] |= {"givenName": "Nur Aisyah", "familyName": "Rahman"}
    return document


def achievement_of(document: Any) -> Any:
    return document["credentialSubject"]["achievement"]


def entries(document: Any, *kinds: str) -> list[Any]:
    return [entry for entry in achievement_of(document)["alignment"] if entry["targetType"] in kinds]


def without(document: Any, *kinds: str) -> None:
    """Takes away the alignments of these types."""
    achievement = achievement_of(document)
    achievement["alignment"] = [entry for entry in achievement["alignment"] if entry["targetType"] not in kinds]
