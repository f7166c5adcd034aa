"""Evaluating a pathway: what is met, what is missing, what can't count and why."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.documents.canonical import digest
from ledger.stacking.evaluation import evaluate
from ledger.stacking.held import HeldCredential, read_held
from tests.builders import ISSUER, a_credential, a_pathway, an_achievement, credential_id

CODES = ("models", "needs", "evaluation")


def held(code: str, day: int = 1, number: int = 0, issuer: str = ISSUER.did) -> HeldCredential:
    return HeldCredential(
        achievement_id=f"{ISSUER.base_url}/achievements/{code}",
        credential_id=credential_id(number or 100 * CODES.index(code) + day),
        issuer_did=issuer,
        awarded_on=date(2026, 3, day),
        digest=bytes([day]) * 32,
    )


def test_all_in_order_satisfies() -> None:
    evaluation = evaluate(a_pathway(), [held("evaluation", 3), held("models", 1), held("needs", 2)])

    assert evaluation.satisfied
    assert [credential.awarded_on.day for credential in evaluation.chosen] == [1, 2, 3]
    assert (evaluation.missing, evaluation.refused) == ((), ())


def test_two_awards_on_one_day_are_in_order() -> None:
    assert evaluate(a_pathway(), [held("models", 5), held("needs", 5), held("evaluation", 5)]).satisfied


def test_what_is_missing_would_complete_it() -> None:
    evaluation = evaluate(a_pathway(), [held("models", 1), held("evaluation", 3)])

    assert not evaluation.satisfied
    assert [component.achievement_id for component in evaluation.missing] == [f"{ISSUER.base_url}/achievements/needs"]
    assert len(evaluation.met) == 2


def test_nothing_held_is_not_satisfied() -> None:
    evaluation = evaluate(a_pathway(), [])

    assert not evaluation.satisfied
    assert len(evaluation.missing) == 3


def test_a_module_before_its_predecessor_is_refused_with_the_reason() -> None:
    evaluation = evaluate(a_pathway(), [held("models", 4), held("needs", 3), held("evaluation", 5)])

    assert not evaluation.satisfied
    assert evaluation.refused[0].reason == (
        f"it was awarded on 2026-03-03, before “{ISSUER.base_url}/achievements/models” on 2026-03-04, "
        "which must come first"
    )


def test_the_order_does_not_matter_where_the_rule_does_not_ask_for_it() -> None:
    assert evaluate(a_pathway(in_order=False), [held("models", 4), held("needs", 3), held("evaluation", 1)]).satisfied


def test_a_repeated_module_counts_once_and_helps_the_order() -> None:
    again = held("needs", 6)
    evaluation = evaluate(
        a_pathway(), [held("models", 4), held("needs", 3), again, held("needs", 7), held("evaluation", 7)]
    )

    assert evaluation.satisfied
    assert evaluation.met[1].credential == again


def test_the_same_achievement_from_someone_else_does_not_count() -> None:
    other = held("needs", 2, issuer="did:web:mill.example")
    evaluation = evaluate(a_pathway(), [held("models", 1), other, held("evaluation", 3)])

    assert not evaluation.satisfied
    assert evaluation.refused[0].credential == other
    assert "issued by did:web:mill.example" in evaluation.refused[0].reason


def test_what_is_no_part_of_the_pathway_is_left_alone() -> None:
    stranger = HeldCredential("https://x.example/a", "urn:x", "did:web:x.example", date(2026, 1, 1), bytes(32))

    assert evaluate(a_pathway(), [stranger]).refused == ()


@given(st.lists(st.tuples(st.sampled_from(CODES), st.integers(1, 9)), max_size=7, unique=True), st.booleans())
@settings(deadline=None)
def test_it_is_satisfied_exactly_when_some_choice_fits(taken: list[tuple[str, int]], in_order: bool) -> None:
    credentials = [held(code, day) for code, day in taken]
    days = [[day for code, day in taken if code == wanted] for wanted in CODES]
    fits = any(not in_order or first <= second <= third for first in days[0] for second in days[1] for third in days[2])

    evaluation = evaluate(a_pathway(in_order=in_order), credentials)

    assert evaluation.satisfied == fits
    assert all(evaluate(a_pathway(in_order=in_order), shuffled) == evaluation for shuffled in _some(credentials))


def _some(credentials: list[HeldCredential]) -> list[list[HeldCredential]]:
    return [list(order) for order, _ in zip(permutations(credentials), range(10), strict=False)]


def test_a_credential_is_read_for_evaluation_from_its_document() -> None:
    document = a_credential(7, achievement=an_achievement("needs"))

    assert read_held(document) == HeldCredential(
        achievement_id=f"{ISSUER.base_url}/achievements/needs",
        credential_id=credential_id(7),
        issuer_did=ISSUER.did,
        awarded_on=date(2026, 3, 2),
        digest=digest(document),
        credits=(("ECTS", 1.0),),
        levels=(("EQF", 6), ("MQF", 6)),
        result="87.5",
        result_kind="Percent",
        title="Needs Assessment",
        scale=("0", "100"),
    )


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("id", None),
        ("issuer", {"name": "no id"}),
        ("validFrom", "yesterday"),
        ("validFrom", 7),
        ("credentialSubject", []),
        ("credentialSubject", {"achievement": [1]}),
    ],
)
def test_a_document_that_names_no_achievement_issuer_or_date_is_nothing_to_evaluate(member: str, value: Any) -> None:
    assert read_held(a_credential() | {member: value}) is None


def test_a_proof_does_not_change_what_is_read() -> None:
    document = a_credential()

    assert read_held(document | {"proof": {"type": "DataIntegrityProof"}}) == read_held(document)


def test_a_hundred_components_are_evaluated_at_once() -> None:
    codes = tuple(f"m{number}" for number in range(100))
    credentials = [
        HeldCredential(
            f"{ISSUER.base_url}/achievements/{code}",
            credential_id(number),
            ISSUER.did,
            date(2026, 1, 1) + timedelta(days=number),
            bytes(32),
        )
        for number, code in enumerate(codes)
    ]

    assert evaluate(a_pathway(*codes), credentials).satisfied
