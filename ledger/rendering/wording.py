"""The fixed words of certificates and badges, in one table so that other languages can stand beside English."""

from __future__ import annotations

from collections.abc import Mapping

ENGLISH: Mapping[str, str] = {
    "lang": "en",
    "certificate": "Certificate",
    "award": "Award",
    "record": "Learning record",
    "certifies": "This certifies that",
    "earned": "has earned",
    "issued_by": "issued by",
    "confirmed": "under the name that its accreditor put on the registry",
    "unconfirmed": "as the credential itself says; nobody that is trusted here has confirmed it",
    "assembled_by": "put together by",
    "assembled": "Put together",
    "awarded": "Awarded",
    "valid_until": "Valid until",
    "credits": "Credits",
    "level": "Level",
    "result": "Result",
    "entries": "Credentials",
    "outcomes": "The successful learner can",
    "about": "About this achievement",
    "criteria": "How it was earned",
    "described": "In detail",
    "rests_on": "Rests on",
    "awarding_body": "Awarded by",
    "narrative": "About this learner's work",
    "evidence": "Evidence",
    "translations": "Also called",
    "proof": "How to check this",
    "scan": "Scan to check",
    "status": "When this was made",
    "anchored": "Anchored",
    "registry": "Registry",
    "identifier": "Credential",
    "fingerprint": "Fingerprint",
    "issuer_did": "Issuer (DID)",
    "accreditor": "Accredited by",
    "timeline": "What was earned",
    "issuer": "Issuer",
    "page": "Page",
    "of": "of",
    "date": "Date",
    "title": "Title",
    "standing": "Status",
    "attached": "The signed document is attached to this PDF as {name}. Paper proves nothing: that file does.",
    "independent": (
        "Without any site of ours: give this PDF to the command “cairn verify” with any node of {network}, "
        "or the attached file to any Open Badges 3.0 verifier."
    ),
    "undrawn": "The mark \N{REPLACEMENT CHARACTER} stands for characters that this PDF cannot draw; the file has them.",
    "kind_MicroCredential": "Micro-credential",
    "kind_CertificateOfCompletion": "Certificate of completion",
    "kind_LearningProgram": "Learning programme",
    "kind_Award": "Award",
}

STANDING: Mapping[str, str] = {
    "valid": "Genuine and in force, as of {moment}.",
    "expired": "Genuine, and expired. Checked as of {moment}.",
    "not_yet_valid": "Genuine, and not yet in force. Checked as of {moment}.",
    "unknown": "Could not be checked in full: {reason}",
}
"""What is said of a document on paper; one that is not valid is never put on paper."""

NETWORKS: Mapping[str, tuple[str, str]] = {
    "embedded": (
        "EMBEDDED CHAIN",
        "This registry runs on one machine. It shows how everything works and proves nothing to others.",
    ),
    "testnet": ("TESTNET", "This registry stands on a test network, which can be ended or reset at any time."),
}
"""The mark of a network that is not a production one, and what it means."""

ROW_STANDING: Mapping[str, str] = {
    "valid": "in force",
    "expired": "expired",
    "not_yet_valid": "not yet in force",
    "revoked": "revoked",
    "suspended": "suspended",
    "batch_withdrawn": "withdrawn",
}
"""How the credentials in a record stand; any other that is not valid is `not valid`, or `not checked`."""

DESCRIBED: Mapping[str, str] = {
    "workload": "Workload",
    "participation": "Participation",
    "assessment": "Assessment",
    "supervision": "Supervision and identity",
    "complexity": "Main task",
    "taskLevel": "Level of the main task",
    "creditBearing": "Credit",
    "qualityAssurance": "Quality assurance",
    "entryTo": "Gives entry to",
    "creditTowards": "Counts towards",
    "prerequisite": "Builds on",
    "stacksInto": "Stacks into",
    "ESCOSkill": "Skills (ESCO)",
    "ESCOOccupation": "Occupations (ESCO)",
    "ESCOQualification": "Qualifications (ESCO)",
    "ceasn:Competency": "Competencies (CTDL)",
    "ceterms:Credential": "Credentials (CTDL)",
    "CTDL": "Described in CTDL as",
    "CFItem": "Competencies (CASE)",
    "translation": "In other languages",
}
"""How the described properties of an achievement are called, on paper and on pages, by their kind."""
