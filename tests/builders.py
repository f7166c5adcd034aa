"""Small values for tests: each builder gives something valid, and takes what a test cares about."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ledger.documents.achievement import (
    Achievement,
    AwardingBody,
    QualityAssurance,
    Related,
    SkillAlignment,
    Translation,
)
from ledger.documents.contexts import CREDENTIALS_V1
from ledger.documents.credential import OPEN_BADGES_CONTEXT, IssuerProfile, Learner, build_credential
from ledger.documents.programme import Programme
from ledger.documents.record import Association, PreviousVersion, Subject, build_record
from ledger.documents.result import ResultDescription, RubricLevel
from ledger.documents.strict_json import JsonObject
from ledger.stacking.pathway import Component, Pathway, pathway_id
from ledger.stacking.rules import AllOf

ISSUER = IssuerProfile(
    did="did:web:cairn.example:issuers:usm",
    name="Universiti Sains Malaysia",
    base_url="https://cairn.example/issuers/usm",
    url="https://www.usm.example/",
    country="MY",
)
PUBLISHER = IssuerProfile(
    did="did:web:cairn.example:issuers:records",
    name="Cairn Records",
    base_url="https://cairn.example/issuers/records",
)
LEARNER = Learner("Nur Aisyah binti Rahman", "nur.aisyah@students.example", "0012")
SALT = bytes(range(16))
PERCENT = ResultDescription("Percent", required="50")
GRADES = ResultDescription("LetterGrade", required="C", allowed=("A", "B", "C", "D"))
STATUS = ResultDescription("Status")
RUBRIC = ResultDescription(
    "RubricCriterionLevel",
    required="competent",
    levels=(
        RubricLevel("outstanding", "Outstanding", "Every need is backed by evidence of two kinds.", "4"),
        RubricLevel("competent", "Competent", "Every need is backed by evidence.", "2.5"),
        RubricLevel("not-yet", "Not yet competent", "Some need is only asserted.", "0"),
    ),
)
AWARDING_BODY = AwardingBody("https://www.um.example/", "Universiti Malaya", "https://www.um.example/", "MY")
TRANSLATIONS = (
    Translation("ms", "Penilaian Keperluan", "Bagaimana mengetahui sama ada latihan itu jawapannya."),
    Translation("zh-Hant", "需求評估"),
)
SKILLS = (
    SkillAlignment("ext:ESCOSkill", "ESCO", "identify training needs", "http://data.europa.eu/esco/skill/a1b2c3"),
    SkillAlignment("CFItem", "CASE", "Needs analysis", "https://case.example/items/1", "NA-1", "Finds needs."),
    SkillAlignment("ceasn:Competency", "CTDL", "Needs analysis", "https://credentialengine.example/ce-1"),
)


class FixedSigner:
    """An Ed25519 key that is the same in every run: `number` chooses which."""

    def __init__(self, number: int = 1) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)

    @property
    def public_key(self) -> bytes:
        return self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)


def a_signer(number: int = 1) -> FixedSigner:
    return FixedSigner(number)


def credential_id(number: int) -> str:
    """A `urn:uuid:` (v4 in form) that is the same in every run."""
    return f"urn:uuid:00000000-0000-4000-8000-{number:012x}"


def an_achievement(code: str = "needs-assessment", **changes: Any) -> Achievement:
    achievement = Achievement(
        code=code,
        title="Needs Assessment",
        description="How to find out whether training is the answer, and to what question.",
        outcomes=("Tell a gap in performance from a gap in knowledge.", "Plan and carry out a needs assessment."),
        criteria="A needs assessment of a real course, marked by a rubric of five criteria.",
        achievement_type="MicroCredential",
        language="en",
        participation="online",
        workload_hours=25,
        levels=(("EQF", 6), ("MQF", 6)),
        credits=(("ECTS", 1),),
        credit_bearing=False,
        task_level="bachelor",
        complexity="skill-complex",
        supervision="online-one-factor",
        assessment=("project-work", "quiz"),
        quality_assurance=(QualityAssurance("internal", "Senate of the university", "https://www.usm.example/senate"),),
        prerequisites=(Related("instructional-design-models", "Instructional Design Models"),),
        stacks_into=(Related("instructional-design", "Instructional Design"),),
        field_of_study="Education",
        tags=("instructional design", "training"),
        result=PERCENT,
    )
    return replace(achievement, **changes)


def a_programme(*codes: str, **changes: Any) -> Programme:
    """A programme of achievements with these codes that differ in nothing else, or in `changes`."""
    changes = {"prerequisites": (), "stacks_into": ()} | changes
    return Programme(
        code="instructional-design",
        title="Instructional Design",
        achievements=tuple(an_achievement(code, **changes) for code in codes or ("models", "needs", "evaluation")),
    )


def a_programme_object() -> dict[str, Any]:
    """A programme file as JSON values, to be bent and encoded by a test."""
    return copy.deepcopy(_PROGRAMME)


def a_credential(number: int = 1, **changes: Any) -> JsonObject:
    """An unsecured credential, with status index `number` and an id made of it."""
    arguments: dict[str, Any] = {
        "issuer": ISSUER,
        "achievement": an_achievement(),
        "learner": LEARNER,
        "result": "87.5",
        "awarded_on": date(2026, 3, 2),
        "status_index": number,
        "credential_id": credential_id(number),
        "salt": SALT,
    }
    return build_credential(**(arguments | changes))


def a_pathway(*codes: str, in_order: bool = True, issuer: IssuerProfile = ISSUER) -> Pathway:
    """The pathway from these achievements to `instructional-design`."""
    ids = tuple(f"{issuer.base_url}/achievements/{code}" for code in codes or ("models", "needs", "evaluation"))
    return Pathway(
        id=pathway_id(issuer.base_url, "instructional-design", 1),
        version=1,
        title="Instructional Design",
        issuer_did=issuer.did,
        award_id=f"{issuer.base_url}/achievements/instructional-design",
        components=tuple(Component(identifier, issuer.did) for identifier in ids),
        rule=AllOf(ids, in_order),
    )


def older(document: JsonObject, context: str = OPEN_BADGES_CONTEXT) -> JsonObject:
    """The document in version 1.1 of the data model, with this context of Open Badges."""
    renamed = {name: value for name, value in document.items() if name != "validFrom"}
    return renamed | {"@context": [CREDENTIALS_V1, context], "issuanceDate": document["validFrom"]}


def a_record(
    *credentials: JsonObject,
    associations: tuple[Association, ...] = (),
    previous: PreviousVersion | None = None,
    number: int = 900,
    subject: Subject = Subject((LEARNER.name,)),
) -> JsonObject:
    """An unsecured record of these credentials, or of one."""
    return build_record(
        publisher=PUBLISHER,
        name="Learning record of Nur Aisyah binti Rahman",
        learner=subject,
        credentials=credentials or (a_credential(),),
        associations=associations,
        status_index=number,
        record_id=credential_id(number),
        valid_from=datetime(2026, 11, 22, 8, 0, tzinfo=UTC),
        previous=previous,
    )


_PROGRAMME: dict[str, Any] = {
    "code": "instructional-design",
    "title": "Instructional Design",
    "achievements": [
        {
            "code": "needs-assessment",
            "title": "Needs Assessment",
            "description": "How to find out whether training is the answer.",
            "outcomes": ["Plan and carry out a needs assessment."],
            "criteria": "A needs assessment of a real course.",
            "achievement_type": "MicroCredential",
            "language": "en",
            "participation": "online",
            "workload_hours": 25,
            "levels": {"EQF": 6, "MQF": 6},
            "credits": {"ECTS": 1},
            "credit_bearing": False,
            "task_level": "bachelor",
            "complexity": "skill-complex",
            "supervision": "online-one-factor",
            "assessment": ["project-work"],
            "quality_assurance": [{"type": "internal", "body": "Senate", "url": "https://www.usm.example/senate"}],
            "stacks_into": ["instructional-design"],
            "result": {"type": "Percent", "required": "50"},
        },
        {
            "code": "instructional-design",
            "title": "Instructional Design",
            "description": "All modules of instructional design.",
            "outcomes": ["Design, carry out and evaluate instruction."],
            "criteria": "All modules.",
            "achievement_type": "Award",
            "language": "en",
            "participation": "both",
            "workload_hours": 50,
            "levels": {"EQF": 6},
            "credit_bearing": True,
            "task_level": "bachelor",
            "complexity": "skills-complex",
            "supervision": "supervised",
            "assessment": ["portfolio"],
            "quality_assurance": [{"type": "institution", "body": "Agency", "url": "https://www.agency.example/"}],
            "credit_towards": [
                {"programme": "Master of Education", "url": "https://www.usm.example/med", "units": 0.5}
            ],
            "prerequisites": ["needs-assessment"],
        },
    ],
}
