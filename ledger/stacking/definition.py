"""Definition files of pathways, which people write: a pathway's document with codes of the issuer's own achievements.

`code` stands in place of `id`, there is no `issuer`, and a component is a code, or an object with `code`, or one with
`achievement` and `issuer` for an achievement of someone else. The rest is as in the document:

    {"code": "pg-cert", "version": 1, "title": "Postgraduate Certificate", "award": "pg-cert",
     "components": ["digital-skills", {"code": "iot", "after": ["digital-skills"]},
                    {"achievement": "https://other.example/achievements/ux", "issuer": "did:web:other.example"}],
     "rule": {"creditsOf": ["digital-skills", "iot", "https://other.example/achievements/ux"],
              "atLeast": 60, "framework": "NZQCF"},
     "outsideLimit": {"credits": 30, "framework": "NZQCF"}}

In `recognisedBy`, `self` stands for the issuer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ledger.documents.achievement import Achievement, achievement_id
from ledger.documents.credential import IssuerProfile
from ledger.documents.fields import CODE, Fields
from ledger.documents.programme import Programme
from ledger.documents.strict_json import parse
from ledger.documents.text import URL_LIMIT
from ledger.errors import DraftError, MalformedDocument, Problem
from ledger.stacking.pathway import (
    LIMITS,
    Component,
    Pathway,
    Substitute,
    pathway_id,
    read_apel,
    read_conditions,
    read_heading,
    read_substitute,
)
from ledger.stacking.references import AchievementsOf, foreign_to_all
from ledger.stacking.rule_reading import read_demands, read_rule
from ledger.stacking.soundness import problems_of

SELF = "self"


def define_pathway(
    data: bytes,
    *,
    issuer: IssuerProfile,
    programme: Programme,
    others: Sequence[Pathway] = (),
    achievements_of: AchievementsOf = foreign_to_all,
) -> Pathway:
    """Reads a definition file and gives the pathway its addresses. Codes must be those of the issuer's `programme`.

    `others` are the pathways that are known already, of this issuer and of those whose awards count: no two awards may
    need each other. `achievements_of` knows what other issuers award. Raises DraftError with every problem: `field_*`,
    `string_*`, `pathway_reference` for what is not known, `pathway_cycle`, `pathway_order` for orders that contradict
    each other, `pathway_rule` for a component without a place, `pathway_unmeetable` for a rule that nobody could meet.
    """
    problems: list[Problem] = []
    try:
        root = Fields(parse(data, LIMITS), "", problems)
    except MalformedDocument as error:
        raise _refused([Problem(error.code, str(error))]) from error
    code, award = root.code("code"), root.code("award")
    version, title = read_heading(root)
    names, components = _read_components(root, issuer, programme)
    rule = read_rule(root.member("rule"), names)
    capstone = (
        _resolve(root, "capstone", root.text("capstone", limit=URL_LIMIT), names) if root.has("capstone") else None
    )
    limit, recognised_by, no_double_counting = read_conditions(root)
    root.close()
    if award and programme.find(award) is None:
        root.problem("award", "pathway_reference", f"“{award}” is not the code of an achievement of {programme.title}")
    if problems:
        raise _refused(problems)
    pathway = Pathway(
        id=pathway_id(issuer.base_url, code, version),
        version=version,
        title=title,
        issuer_did=issuer.did,
        award_id=achievement_id(issuer.base_url, award),
        components=components,
        rule=rule,
        capstone=capstone,
        outside_limit=limit,
        recognised_by=tuple(issuer.did if name == SELF else name for name in recognised_by),
        no_double_counting=no_double_counting,
    )
    known = {achievement_id(issuer.base_url, entry.code): entry for entry in programme.achievements}
    if problems := problems_of(pathway, known, others, achievements_of):
        raise _refused(problems)
    return pathway if pathway.is_plain else _titled(pathway, known)


def _refused(problems: Sequence[Problem]) -> DraftError:
    return DraftError(problems, then="nothing was published")


def _read_components(
    root: Fields, issuer: IssuerProfile, programme: Programme
) -> tuple[dict[str, str], tuple[Component, ...]]:
    """The components, and the achievement of each name that the rule may use: a code, or another's address."""
    names: dict[str, str] = {}
    found: list[tuple[Fields | None, Component]] = []
    for index, value in enumerate(root.values("components", at_least=1)):
        place = f"components[{index}]"
        fields = root.entry(place, value) if not isinstance(value, str) else None
        name, component = (
            (str(value), _own(root, place, str(value), issuer, programme))
            if fields is None
            else _read_component(fields, issuer, programme)
        )
        if name in names or component.achievement_id in names.values():
            root.problem(place, "field_duplicate", f"“{name}” stands twice")
        names[name] = component.achievement_id
        found.append((fields, component))
    return names, tuple(_after(fields, component, names) for fields, component in found)


def _read_component(fields: Fields, issuer: IssuerProfile, programme: Programme) -> tuple[str, Component]:
    """A component that is written as an object, but for what it comes after, and the name that it goes by."""
    if fields.has("code"):
        name = fields.code("code")
        component = _own(fields, "code", name, issuer, programme)
    else:
        component = Component(fields.text("achievement", limit=URL_LIMIT), fields.text("issuer", limit=URL_LIMIT))
        name = component.achievement_id
    return name, replace(
        component,
        title=fields.optional_text("title"),
        pathway_id=fields.optional_text("pathway", limit=URL_LIMIT),
        apel=read_apel(fields),
        substitutes=tuple(_read_substitute(entry, issuer, programme) for entry in fields.objects("substitutes")),
        demands=read_demands(fields),
    )


def _read_substitute(fields: Fields, issuer: IssuerProfile, programme: Programme) -> Substitute:
    if not fields.has("code"):
        return read_substitute(fields)
    own = _own(fields, "code", fields.code("code"), issuer, programme)
    substitute = Substitute(own.achievement_id, own.issuer_did, read_apel(fields))
    fields.close()
    return substitute


def _own(fields: Fields, place: str, code: str, issuer: IssuerProfile, programme: Programme) -> Component:
    if not CODE.fullmatch(code) or programme.find(code) is None:
        fields.problem(place, "pathway_reference", f"“{code}” is not the code of an achievement of this issuer")
    return Component(achievement_id(issuer.base_url, code), issuer.did)


def _after(fields: Fields | None, component: Component, names: Mapping[str, str]) -> Component:
    """The component with what it comes after, which may stand after it in the file."""
    if fields is None:
        return component
    ahead = fields.texts("after", limit=URL_LIMIT)
    fields.close()
    resolved = [_resolve(fields, f"after[{index}]", name, names) for index, name in enumerate(ahead)]
    return replace(component, after=tuple(resolved))


def _resolve(fields: Fields, place: str, name: str, names: Mapping[str, str]) -> str:
    if name and name not in names:
        fields.problem(place, "pathway_reference", f"“{name}” is not one of the components")
    return names.get(name, name)


def _titled(pathway: Pathway, known: Mapping[str, Achievement]) -> Pathway:
    """With the titles of the issuer's own achievements, so that what is missing can be said in words."""
    return replace(
        pathway,
        components=tuple(
            component
            if component.title is not None or component.achievement_id not in known
            else replace(component, title=known[component.achievement_id].title)
            for component in pathway.components
        ),
    )
