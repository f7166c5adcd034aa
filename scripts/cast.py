"""Who takes part in the main job: the institutions of `samples/`, and the learner whose record is made."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
LEARNER_EMAIL = "nur.aisyah@students.example"


@dataclass(frozen=True)
class Institution:
    """An issuer and the folder of its sample files."""

    slug: str
    name: str
    url: str
    country: str
    programme: str

    @property
    def folder(self) -> Path:
        return SAMPLES / self.slug


ACCREDITOR = Institution("mqa-demo", "Demonstration Qualifications Agency", "https://agency.example", "MY", "")
PUBLISHER = Institution("wallet", "Cairn demonstration wallet", "https://cairn.example", "MY", "")
USM = Institution("usm", "Universiti Sains Malaysia", "https://www.usm.my", "MY", "instructional-design")
UM = Institution("um", "Universiti Malaya", "https://www.um.edu.my", "MY", "mastery-of-malay-language")
PURDUE = Institution(
    "purdue", "Purdue University on FutureLearn", "https://www.futurelearn.com", "US", "digital-media-analytics"
)
ISSUERS = (USM, UM, PURDUE)
