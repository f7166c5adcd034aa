"""Claimed profiles and reserved titles: what does not hold is not drafted, and the rest is shown with the drafts."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from ledger.errors import DraftError
from ledger.issuing.profile_checks import ProfileChecks
from tests.office import Office, programme_file

ROWS = (
    b"achievement,learner_id,name,email,result,awarded_on\n"
    b"needs,0012,Aisyah,a@students.example,87.5,2026-03-02\n"
    b"needs,0013,Bee,b@students.example,60,2026-03-02\n"
)


def a_file(*claims: str, title: str = "Needs", **changes: object) -> bytes:
    programme: Any = orjson.loads(programme_file("needs"))
    programme["achievements"][0] |= {"title": title} | changes
    return orjson.dumps(programme | {"profiles": list(claims)})


def refused(office: Office, content: bytes) -> list[str | None]:
    with pytest.raises(DraftError) as caught:
        office.programmes.add("usm", content)
    assert office.catalog.programmes("usm") == ()
    return [problem.column for problem in caught.value.problems]


def test_a_programme_that_does_not_fit_what_it_claims_is_not_stored(office: Office) -> None:
    columns = refused(office, a_file("eu", "cmf", "nzqa"))

    assert "achievements[0].workload_hours" in columns
    assert "achievements[0].levels" in columns
    assert office.programmes.add("usm", a_file("eu")).code == "design"


def test_a_malaysian_issuer_gives_no_micro_credential_the_title_of_a_qualification(office: Office) -> None:
    assert office.catalog.issuer("usm").country == "MY"
    assert refused(office, a_file(title="Sijil Keperluan")) == ["achievements[0].title"]
    assert office.programmes.add("usm", a_file(title="Mastery of needs")).code == "design"


def test_what_was_stored_before_is_restored_whatever_it_is_called(office: Office) -> None:
    content = a_file("mqa", title="Diploma in Needs")

    assert office.programmes.add("usm", content, restored=True).code == "design"
    assert office.programmes.add("usm", content).code == "design"
    with pytest.raises(DraftError) as caught:
        office.imports.import_rows("usm", "design", ROWS)
    assert {(problem.row, problem.column) for problem in caught.value.problems} == {
        (2, "/credentialSubject/achievement/name"),
        (2, "/name"),
    }
    assert office.catalog.batches() == ()


def test_drafts_are_shown_with_what_the_claimed_profiles_miss(office: Office) -> None:
    office.programmes.add("usm", a_file("eu", "mqa"))
    batch = office.imports.import_rows("usm", "design", ROWS)

    checked = ProfileChecks(office.database).of_batch(batch.id)
    assert checked.profiles == ("eu", "mqa")
    assert {finding.rule for finding in checked.findings} >= {"eu.workload-ects", "mqa.credits"}
    assert len(checked.findings) == len(set(checked.findings))
