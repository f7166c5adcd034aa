"""The form of a pathway and its definition are made from each other without a loss, for rules of every kind."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.registrar.editing.form_tree import edited, pairs_of, shaped, tree_of
from api.registrar.editing.numbers import number
from api.registrar.pathway_form import PATHWAY, definition_of, field_of, pathway_form
from api.registrar.pathway_reopening import definition_of_pathway, form_of
from api.registrar.rule_words import lines, said
from ledger.documents.code_lists import CREDIT_FRAMEWORKS, LEVEL_FRAMEWORKS
from ledger.documents.credential import IssuerProfile
from ledger.documents.programme import parse_programme
from ledger.stacking.definition import define_pathway
from tests.office import pathway_file, programme_file

CODES = ("intro", "needs", "models", "design-2")
OTHER = "https://other.example/achievements/ux"
NAMES = (*CODES, OTHER)

numbers = st.one_of(st.integers(1, 90), st.sampled_from([0.5, 2.5, 12.25]))
frameworks = st.sampled_from(sorted(CREDIT_FRAMEWORKS))
levels = st.fixed_dictionaries({"framework": st.sampled_from(sorted(LEVEL_FRAMEWORKS)), "level": st.integers(1, 8)})
grades = st.lists(
    st.fixed_dictionaries({"type": st.sampled_from(["Percent", "LetterGrade"]), "value": st.sampled_from(["65", "B"])}),
    min_size=1,
    max_size=2,
)
demands: dict[str, st.SearchStrategy[Any]] = {
    "minimumLevel": levels,
    "minimumGrade": grades,
    "maximumAge": st.sampled_from(["P5Y", "P18M"]),
}
apel: dict[str, st.SearchStrategy[Any]] = {"apel": st.just(True)}
names = st.sampled_from(NAMES)
FOREIGN = {"achievement": st.just(OTHER), "issuer": st.just("did:web:other.example")}
portions = st.fixed_dictionaries({"atLeast": numbers, "minimumLevel": levels})
substitutes = st.lists(
    st.one_of(
        st.fixed_dictionaries({"code": st.sampled_from(CODES)}, optional=apel),
        st.fixed_dictionaries(
            {"achievement": st.just(OTHER), "issuer": st.just("did:web:other.example")}, optional=apel
        ),
    ),
    min_size=1,
    max_size=2,
)
more: dict[str, st.SearchStrategy[Any]] = {
    **demands,
    **apel,
    "title": st.just("Another name"),
    "pathway": st.just("https://other.example/pathways/a/1"),
    "after": st.lists(names, min_size=1, max_size=3, unique=True),
    "substitutes": substitutes,
}
components = st.one_of(
    st.sampled_from(CODES),
    st.fixed_dictionaries({"code": st.sampled_from(CODES)}, optional=more).filter(lambda one: len(one) > 1),
    st.fixed_dictionaries(FOREIGN, optional=more),
)
sums = st.fixed_dictionaries(
    {"creditsOf": st.lists(names, max_size=3, unique=True), "atLeast": numbers, "framework": frameworks},
    optional={
        **demands,
        "recognised": st.just(True),
        "ofWhich": st.lists(
            st.fixed_dictionaries({"atLeast": numbers, "minimumLevel": levels}), min_size=1, max_size=2
        ),
    },
)


def groups(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    items = st.lists(st.one_of(names, inner), min_size=1, max_size=3)
    return st.one_of(
        st.fixed_dictionaries({"allOf": items, "inOrder": st.booleans()}, optional=demands),
        st.fixed_dictionaries({"someOf": items, "atLeast": st.integers(1, 3)}, optional=demands),
    )


rules = st.recursive(st.one_of(groups(names), sums), groups, max_leaves=6)
limits = st.one_of(
    st.fixed_dictionaries({"number": st.integers(0, 9)}),
    st.fixed_dictionaries({"credits": numbers, "framework": frameworks}),
    st.fixed_dictionaries({"percent": numbers, "framework": frameworks}),
)
definitions = st.fixed_dictionaries(
    {
        "code": st.just("pg-cert"),
        "version": st.just(3),
        "title": st.sampled_from(["Postgraduate Certificate", "شهادة", "A <b>title</b> & more"]),
        "award": st.just("pg-cert"),
        "components": st.lists(components, min_size=1, max_size=4),
        "rule": rules,
    },
    optional={
        "capstone": names,
        "outsideLimit": limits,
        "recognisedBy": st.lists(st.sampled_from(["self", "did:web:other.example"]), min_size=1, unique=True),
        "noDoubleCounting": st.just(True),
    },
)


@settings(max_examples=150, deadline=None)
@given(definitions)
def test_every_definition_comes_back_from_its_form_as_posted_by_a_browser(definition: dict[str, Any]) -> None:
    form = form_of(definition)
    posted = list(pairs_of(form))
    assert len({name for name, _ in posted}) == len(posted)
    again = pathway_form(tree_of(posted))

    assert again == form
    assert definition_of(again, 3) == definition
    assert lines(said(again, {}))


def test_a_published_pathway_is_taken_up_as_the_definition_that_it_came_from() -> None:
    issuer = IssuerProfile("did:web:cairn.example:issuers:usm", "USM", "https://cairn.example/issuers/usm", None, "MY")
    content = orjson.loads(pathway_file("intro", "needs", award="design"))
    content["components"] = ["intro", {"code": "needs", "after": ["intro"], "substitutes": [{"code": "models"}]}]
    content["recognisedBy"] = ["self"]
    programme = parse_programme(programme_file("intro", "needs", "models", award="design"))
    pathway = define_pathway(orjson.dumps(content), issuer=issuer, programme=programme)

    definition = definition_of_pathway(pathway, issuer.base_url)
    assert definition == content
    assert definition_of(form_of(definition), 1) == content


@pytest.mark.parametrize(
    ("column", "field"),
    [
        ("title", "title"),
        ("components[0].after[1]", "components.0.after.1"),
        ("components[2].minimumLevel.level", "components.2.demands.level"),
        ("components[2].substitutes[0]", "components.2.substitutes.0"),
        ("rule", "rule"),
        ("rule.atLeast", "rule.at_least"),
        ("rule.allOf", "rule"),
        ("rule.allOf[1]", "rule.items.1"),
        ("rule.allOf[1].someOf[0]", "rule.items.1.rule.items.0"),
        ("rule.allOf[1].atLeast", "rule.items.1.rule.at_least"),
        ("rule.creditsOf[1]", "rule.items.1"),
        ("rule.ofWhich[0].atLeast", "rule.of_which.0.at_least"),
        ("rule.allOf[0].ofWhich[1].minimumLevel.framework", "rule.items.0.rule.of_which.1.framework"),
        ("outsideLimit.credits", "outside.amount"),
        ("outsideLimit.framework", "outside.framework"),
        (None, ""),
    ],
)
def test_a_problem_is_shown_at_the_field_that_it_is_about(column: str | None, field: str) -> None:
    assert field_of(column) == field


@pytest.mark.parametrize(
    ("typed", "meant"),
    [(" 5 ", 5), ("1.5", 1.5), ("1,5", 1.5), ("12,25", 12.25), ("1,500", "1,500"), ("1,5,0", "1,5,0"), ("05", "05")],
)
def test_a_comma_parts_decimals_where_it_cannot_part_thousands(typed: str, meant: object) -> None:
    assert number(typed) == meant


def test_buttons_add_nest_move_and_remove() -> None:
    form: Any = pathway_form({"components": [{"code": "a"}, {"code": "b"}], "rule": {"items": [{"name": "a"}]}})
    assert edited(form, PATHWAY, "add components") == "components.2"
    assert edited(form, PATHWAY, "up components.1") == "components.0"
    assert [one["code"] for one in form["components"]] == ["b", "a", ""]
    assert edited(form, PATHWAY, "nest rule.items") == "rule.items.1"
    assert edited(form, PATHWAY, "add rule.items.1.rule.items") == "rule.items.1.rule.items.0"
    assert edited(form, PATHWAY, "nest rule.items.1.rule.items") == "rule.items.1.rule.items.1"
    assert edited(form, PATHWAY, "remove rule.items.0") == "rule.items"
    assert len(form["rule"]["items"][0]["rule"]["items"]) == 2
    assert shaped(form, PATHWAY) == form


@pytest.mark.parametrize(
    "command",
    ["", "add", "add title", "remove components", "remove components.9", "up components.0", "down components.0",
     "burn components.0", "add components.x", "add " + "rule.items." * 300, "remove components.-1"],
)  # fmt: skip
def test_a_command_that_means_nothing_changes_nothing(command: str) -> None:
    form: Any = pathway_form({"components": [{"code": "a"}]})
    before = orjson.dumps(form)
    assert edited(form, PATHWAY, command) is None
    assert orjson.dumps(form) == before


@given(st.lists(st.tuples(st.text(max_size=30), st.text(max_size=10)), max_size=20))
def test_no_fields_whatever_break_the_form(pairs: list[tuple[str, str]]) -> None:
    form = pathway_form(
        tree_of([*pairs, ("components.0.code", "a"), ("components", "x"), ("rule.items.0.rule.kind", "z")])
    )
    definition_of(form, 1)
    lines(said(form, {}))
