"""What the ledger says in English words, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from api.web.ledger_words import in_words, need_said, property_name, said_of_credits
from api.web.visits import Visit, _visit
from ledger.documents.summary import Fact
from ledger.stacking.frameworks import INDICATIVE, rule_of


@pytest.fixture
def malay() -> Iterator[None]:
    token = _visit.set(Visit("ms"))
    yield
    _visit.reset(token)


@pytest.mark.usefixtures("malay")
def test_a_value_of_a_closed_list_is_said_in_the_readers_language_and_any_other_stays() -> None:
    known = Fact("assessment", "Europass", "project-work", "Project work", None)
    assert property_name(known) == "Kerja projek"
    assert property_name(Fact("learningOutcome", None, None, "Valid", None)) == "Valid"
    assert property_name(Fact("level", "EQF", "6", "EQF level 6", None)) == "Tahap 6 (EQF)"
    assert property_name(Fact("credits", "ECTS", "1.5", "1.5 ECTS credits", None)) == "1.5 kredit (ECTS)"
    assert property_name(Fact("credits", "ECTS", "<b>", "1 ECTS credit", None)) == "1 ECTS credit"


@pytest.mark.usefixtures("malay")
def test_rules_of_credits_and_needs_are_said_with_their_numbers_and_titles() -> None:
    assert said_of_credits(rule_of("NZQCF")) == "1 kredit (NZQCF) = 10 jam"
    assert said_of_credits(INDICATIVE).startswith("Ini sebagai petunjuk")
    assert need_said("A credential for “100%(x)s”.") == "Kredensial untuk “100%(x)s”."
    assert need_said("3.5 more ECTS credits at EQF 6 or above out of: “A”, “B”.") == (
        "3.5 kredit lagi (ECTS) pada EQF 6 atau lebih tinggi, daripada: “A”, “B”."
    )
    assert need_said("1 more US credit out of: “A”.") == "1 kredit lagi (US) daripada: “A”."
    assert need_said("Something else entirely.") == "Something else entirely."


def test_names_of_the_standard_are_words() -> None:
    assert [in_words(name) for name in ("MicroCredential", "CertificateOfCompletion", "Award")] == [
        "Micro-credential",
        "Certificate of completion",
        "Award",
    ]
