"""What reports and pages show of a document, ours or a stranger's."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.documents.credential import Evidence, related_resource, superseded_resource
from ledger.documents.strict_json import MAX_INTEGER
from ledger.documents.summary import Shown, Summary, Titled, summarize
from tests.builders import (
    AWARDING_BODY,
    GRADES,
    ISSUER,
    LEARNER,
    RUBRIC,
    TRANSLATIONS,
    a_credential,
    a_record,
    an_achievement,
    credential_id,
)


def test_a_credential_of_ours_is_summarised_in_full() -> None:
    summary = summarize(
        a_credential(valid_until=date(2029, 3, 1), evidence=[Evidence("https://p.example/x")], narrative="Did it.")
    )

    assert summary.kind == "achievement"
    assert summary.id == credential_id(1)
    assert summary.name == summary.achievement_name == "Needs Assessment"
    assert (summary.issuer_id, summary.issuer_name, summary.issuer_country) == (ISSUER.did, ISSUER.name, "MY")
    assert summary.learner_name == LEARNER.name
    assert summary.achievement_type == "MicroCredential"
    assert summary.result == "87.5"
    assert summary.credits_earned == 1
    assert summary.valid_from == datetime(2026, 3, 2, tzinfo=UTC)
    assert summary.valid_until == datetime(2029, 3, 1, 23, 59, 59, tzinfo=UTC)
    assert summary.evidence == (Shown("https://p.example/x", None, None, None),)
    assert summary.outcomes == an_achievement().outcomes
    assert (summary.awarding_body, summary.translations) == (None, ())
    assert [(level.framework, level.code) for level in summary.levels] == [("EQF", "6"), ("MQF", "6")]
    assert summary.levels[0].url == "http://data.europa.eu/snb/eqf/6"
    assert summary.credits[0].name == "1 ECTS credit"
    assert summary.stacks_into[0].name == "Instructional Design"


def test_letter_grades_and_status_are_results_too() -> None:
    assert summarize(a_credential(achievement=an_achievement(result=GRADES), result="B")).result == "B"


def test_an_awarding_body_is_told_from_who_seals() -> None:
    summary = summarize(a_credential(achievement=an_achievement(awarding_body=AWARDING_BODY)))
    document: Any = a_credential()
    document["credentialSubject"]["source"] = {"id": ISSUER.did, "type": ["Profile"], "name": "The same"}

    assert (summary.awarding_body, summary.awarding_country) == ("Universiti Malaya", "MY")
    assert summary.issuer_name == ISSUER.name
    assert summarize(document).awarding_body is None


def test_the_title_is_shown_in_the_first_language_that_there_is() -> None:
    summary = summarize(a_credential(achievement=an_achievement(translations=TRANSLATIONS)))

    own = Titled("en", "Needs Assessment", summary.description)
    assert summary.in_language(["fr", "ms-MY"]) == Titled("ms", TRANSLATIONS[0].title, TRANSLATIONS[0].description)
    assert summary.in_language(["zh-Hant"]) == Titled("zh-Hant", TRANSLATIONS[1].title, summary.description)
    assert summary.in_language(["en-GB", "ms"]) == own
    assert summary.in_language(["", "fr"]) == summary.in_language([]) == own


def test_a_level_of_a_rubric_is_a_result() -> None:
    document: Any = a_credential(achievement=an_achievement(result=RUBRIC), result="outstanding")

    assert summarize(document).result == "Outstanding"
    del document["credentialSubject"]["result"][0]["value"]
    assert summarize(document).result == "Outstanding"


def test_an_award_names_its_components_but_not_its_pathway() -> None:
    related = [
        related_resource("https://cairn.example/p/1", media_type="application/json", digest=bytes(32)),
        related_resource(credential_id(3), media_type="application/vc", digest=bytes(32)),
    ]

    assert summarize(a_credential(related=related)).components == (credential_id(3),)


def test_a_correction_names_what_it_supersedes_and_rests_on_nothing() -> None:
    superseded = superseded_resource(credential_id(3), digest=bytes(32), note="The name was misspelt.")
    summary = summarize(a_credential(related=[superseded]))

    assert (summary.supersedes, summary.correction) == (credential_id(3), "The name was misspelt.")
    assert summary.components == ()
    assert summarize(a_credential(related=[superseded, superseded])).supersedes is None


def test_a_record_is_summarised_with_its_members() -> None:
    summary = summarize(a_record(a_credential(1), a_credential(2)))

    assert summary.kind == "record"
    assert summary.learner_name == LEARNER.name
    assert [member.id for member in summary.members] == [credential_id(1), credential_id(2)]
    assert summary.components == ()


def test_the_summary_is_json_without_what_is_empty() -> None:
    document: Any = summarize(a_record(a_credential(1))).to_dict()

    assert document["members"][0]["valid_from"] == "2026-03-02T00:00:00Z"
    assert document["members"][0]["facts"][0]["kind"] == "level"
    assert "achievement_id" not in document
    assert orjson.loads(orjson.dumps(document)) == document
    assert Summary("other").to_dict() == {"kind": "other"}


def test_a_foreign_document_is_read_as_far_as_it_goes() -> None:
    summary = summarize(
        {
            "type": ["VerifiableCredential", "OpenBadgeCredential"],
            "id": "https://other.example/1",
            "issuer": "did:web:other.example",
            "issuanceDate": "2024-05-06T07:08:09+02:00",
            "name": {"ms": "Lencana", "en": "Badge"},
            "credentialSubject": [{"achievement": {"name": [{"@value": "Kemahiran"}], "tag": "one"}}],
        }
    )

    assert summary.kind == "achievement"
    assert summary.issuer_id == "did:web:other.example"
    assert summary.name == "Badge"
    assert summary.achievement_name == "Kemahiran"
    assert summary.valid_from == datetime(2024, 5, 6, 5, 8, 9, tzinfo=UTC)
    assert summary.tags == ("one",)


def test_what_could_deceive_the_eye_is_not_shown_as_it_is() -> None:
    document: Any = a_credential(evidence=[Evidence("javascript:alert(1)")])
    document["name"] = "Master\u202e of Science"
    document["issuer"]["url"] = "http://phish.example/"

    summary = summarize(document)

    assert summary.name == "Master\ufffd of Science"
    assert summary.evidence == ()
    assert summary.issuer_url is None


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
_MEMBERS = ["id", "type", "name", "description", "issuer", "validFrom", "validUntil", "credentialSubject", "evidence"]
_SUBJECT = ["identifier", "source", "achievement", "result", "creditsEarned", "verifiableCredential", "narrative"]


@given(st.data())
@settings(deadline=None, max_examples=300)
def test_no_document_makes_it_raise(data: st.DataObject) -> None:
    document: Any = a_record(a_credential(1)) if data.draw(st.booleans()) else a_credential(1)
    for name in data.draw(st.lists(st.sampled_from([*_MEMBERS, "relatedResource"]), max_size=3)):
        document[name] = data.draw(_JSON)
    if isinstance(document["credentialSubject"], dict):
        for name in data.draw(st.lists(st.sampled_from(_SUBJECT), max_size=3)):
            document["credentialSubject"][name] = data.draw(_JSON)

    assert orjson.dumps(summarize(document).to_dict())
