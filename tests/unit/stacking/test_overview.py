"""The overview: only what is valid and the learner's own counts, and everything is there."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from ledger.documents.canonical import digest
from ledger.documents.credential import CREDENTIAL_MEDIA_TYPE, PATHWAY_MEDIA_TYPE, related_resource
from ledger.documents.strict_json import JsonObject
from ledger.stacking.held import read_held
from ledger.stacking.overview import Entry, overview
from ledger.stacking.progress import stacks_into
from tests.builders import ISSUER, a_credential, a_pathway, an_achievement

TODAY = date(2026, 11, 22)
CODES = ("models", "needs")


def modules(**changes: Any) -> list[JsonObject]:
    return [a_credential(number, achievement=an_achievement(code), **changes) for number, code in enumerate(CODES, 1)]


def entry(document: JsonObject, **changes: Any) -> Entry:
    return replace(Entry(str(document["id"]), document, "valid", "valid", ISSUER.name, "shown"), **changes)


def an_award(components: list[JsonObject]) -> JsonObject:
    pathway = a_pathway(*CODES)
    related = [related_resource(pathway.id, media_type=PATHWAY_MEDIA_TYPE, digest=pathway.digest())]
    related += [
        related_resource(str(one["id"]), media_type=CREDENTIAL_MEDIA_TYPE, digest=digest(one)) for one in components
    ]
    return a_credential(500, achievement=an_achievement("instructional-design"), related=related)


def of(*entries: Entry, **changes: Any) -> Any:
    return overview(entries, changes.pop("pathways", [a_pathway(*CODES)]), on=TODAY, **changes)


@pytest.mark.parametrize(
    "change",
    [
        {"verdict": "invalid", "code": "revoked"},
        {"verdict": "indeterminate", "code": "no_anchor_proof"},
        {"whose": "other"},
    ],
)
def test_what_does_not_count_is_listed_with_its_reason_and_counts_nowhere(change: dict[str, str]) -> None:
    good, bad = modules()
    found = of(entry(good), entry(bad, **change))
    alone = of(entry(good))
    assert (found["credentials"], found["counted"]) == (2, 1)
    assert [one["id"] for one in found["not_counted"]] == [bad["id"]]
    assert found["not_counted"][0]["code"] == change.get("code", "valid")
    for part in ("totals", "levels", "skills", "tags", "pathways"):
        assert found[part] == alone[part]
    assert [line["counted"] for line in found["timeline"]] == [True, False]


def test_credits_levels_and_issuers_add_up() -> None:
    found = of(*map(entry, modules()))
    stated = found["totals"]["by_framework"]
    one = of(entry(modules()[0]))["totals"]["by_framework"]
    assert stated == {framework: 2 * number for framework, number in one.items()}
    assert found["issuers"] == [
        {"did": ISSUER.did, "name": ISSUER.name, "claimed_name": ISSUER.name, "credentials": 2, "counted": 2}
    ]
    assert all(sum(levels.values()) == 2 for levels in found["levels"].values())


def test_a_claimed_name_is_never_shown_as_accredited() -> None:
    found = of(entry(modules()[0], verdict="indeterminate", issuer_name=None))
    assert (found["issuers"][0]["name"], found["issuers"][0]["claimed_name"]) == (None, ISSUER.name)


def test_the_timeline_is_in_the_order_of_time() -> None:
    days = [TODAY - timedelta(days=days) for days in (1, 900, 30)]
    documents = [a_credential(number, awarded_on=day) for number, day in enumerate(days, 1)]
    found = of(*map(entry, documents))
    assert [line["from"][:10] for line in found["timeline"]] == sorted(day.isoformat() for day in days)


def test_a_pathway_goes_from_begun_to_complete_to_awarded() -> None:
    first, second = modules()
    award = an_award([first, second])
    for entries, state in (
        ([first], "in_progress"),
        ([first, second], "complete"),
        ([first, second, award], "awarded"),
    ):
        (pathway,) = of(*map(entry, entries))["pathways"]
        assert pathway["state"] == state
    assert of(entry(a_credential(9, achievement=an_achievement("other"))))["pathways"] == []


def test_an_award_is_associated_with_its_components_as_far_as_they_are_there() -> None:
    first, second = modules()
    award = an_award([first, second])
    assert of(entry(award), entry(second))["associations"] == [{"award": award["id"], "component": second["id"]}]


def test_one_credential_stacks_into_each_pathway_that_names_it() -> None:
    first, second = modules()
    held = [found for document in (first, second) if (found := read_held(document))]
    pathways = [a_pathway(*CODES), a_pathway("elsewhere")]
    (counts,) = stacks_into(held[0], pathways, held, [], TODAY)
    assert (counts["standing"], counts["state"]) == ("counts", "complete")
    again = [one for one in [read_held(a_credential(3, achievement=an_achievement("models")))] if one]
    (spare,) = stacks_into(again[0], pathways, [*held, *again], [], TODAY)
    assert spare["standing"] == "not_needed"
    other = replace(held[0], issuer_did="did:web:elsewhere.example", digest=bytes(32))
    (refused,) = stacks_into(other, pathways, [other, held[1]], [], TODAY)
    assert refused["standing"] == "refused"
    assert isinstance(refused["refused_because"], dict)
