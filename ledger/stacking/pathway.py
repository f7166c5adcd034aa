"""Pathways: which achievements add up to an award, and by which rule. A pathway is a document with a digest.

An award names its pathway by id and digest, so the rule that was promised is the rule that verifiers evaluate. A new
rule is a new version with an id of its own.

    {"id": "https://cairn.example/issuers/usm/pathways/instructional-design/1",
     "version": 1,
     "title": "Instructional Design",
     "issuer": "did:web:cairn.example:issuers:usm",
     "award": "https://cairn.example/issuers/usm/achievements/instructional-design",
     "components": [{"achievement": "https://…/achievements/needs-assessment", "issuer": "did:web:…"}, …],
     "rule": {"allOf": ["https://…/achievements/needs-assessment", …], "inOrder": true}}

A definition file, which people write, says the same with codes of the issuer's own achievements: `code` in place of
`id`, no `issuer`, and a component is a code, or an object as above for an achievement of another issuer.
"""

from __future__ import annotations

from dataclasses import dataclass

from ledger.documents.achievement import achievement_id
from ledger.documents.canonical import canonicalize, digest
from ledger.documents.credential import IssuerProfile
from ledger.documents.fields import CODE, Fields
from ledger.documents.programme import Programme
from ledger.documents.strict_json import JsonObject, JsonValue, Limits, parse
from ledger.errors import DraftError, MalformedDocument, Problem

MAX_COMPONENTS = 100
_LIMITS = Limits(max_bytes=256 * 1024, depth=8, keys=20, items=MAX_COMPONENTS, string=2_048)


@dataclass(frozen=True)
class Component:
    """One achievement that counts, and the DID of who must have awarded it."""

    achievement_id: str
    issuer_did: str


@dataclass(frozen=True)
class AllOf:
    """The rule that every one of these achievements is held; `in_order`: none awarded before the one ahead of it."""

    achievement_ids: tuple[str, ...]
    in_order: bool


Rule = AllOf


@dataclass(frozen=True)
class Pathway:
    """One version of a pathway. `award_id` is the id of the achievement that it leads to."""

    id: str
    version: int
    title: str
    issuer_did: str
    award_id: str
    components: tuple[Component, ...]
    rule: Rule

    def to_dict(self) -> JsonObject:
        components: list[JsonValue] = [
            {"achievement": component.achievement_id, "issuer": component.issuer_did} for component in self.components
        ]
        return {
            "id": self.id,
            "version": self.version,
            "title": self.title,
            "issuer": self.issuer_did,
            "award": self.award_id,
            "components": components,
            "rule": {"allOf": list(self.rule.achievement_ids), "inOrder": self.rule.in_order},
        }

    def canonical(self) -> bytes:
        """The RFC 8785 bytes: the form in which an award's anchor proof carries the pathway."""
        return canonicalize(self.to_dict())

    def digest(self) -> bytes:
        """The 32 bytes by which an award names this pathway."""
        return digest(self.to_dict())

    def component(self, achievement_id: str) -> Component:
        """The component with this achievement id. Raises KeyError if there is none."""
        for component in self.components:
            if component.achievement_id == achievement_id:
                return component
        raise KeyError(achievement_id)


def pathway_id(base_url: str, code: str, version: int) -> str:
    """The address that names a version of an issuer's pathway."""
    return f"{base_url}/pathways/{code}/{version}"


def parse_pathway(data: bytes) -> Pathway:
    """Reads a pathway document, such as the one that an award's anchor proof carries.

    Raises MalformedDocument: the codes of the strict loader, or `pathway_invalid` with the first problem.
    """
    problems: list[Problem] = []
    root = Fields(parse(data, _LIMITS), "", problems)
    identifier, issuer_did, award_id = (root.text(name, limit=2_048) for name in ("id", "issuer", "award"))
    version, title = _parse_heading(root)
    components = tuple(_parse_component(fields) for fields in root.objects("components", at_least=1))
    rule = _parse_rule(root, tuple(component.achievement_id for component in components))
    root.close()
    if problems:
        raise MalformedDocument("pathway_invalid", f"the pathway is not one that Cairn can read: {problems[0]}")
    return Pathway(identifier, version, title, issuer_did, award_id, components, rule)


def define_pathway(data: bytes, *, issuer: IssuerProfile, programme: Programme) -> Pathway:
    """Reads a definition file and gives the pathway its addresses. Codes must be those of the issuer's `programme`.

    Raises DraftError with every problem.
    """
    problems: list[Problem] = []
    try:
        root = Fields(parse(data, _LIMITS), "", problems)
    except MalformedDocument as error:
        raise DraftError([Problem(error.code, str(error))]) from error
    code, award = root.code("code"), root.code("award")
    version, title = _parse_heading(root)
    components = _define_components(root, issuer, programme)
    names = tuple(components)
    rule = _parse_rule(root, names)
    root.close()
    if programme.find(award) is None:
        root.problem("award", "pathway_reference", f"“{award}” is not the code of an achievement of {programme.title}")
    if award in names:
        root.problem("award", "pathway_reference", "can't be a component of itself")
    if problems:
        raise DraftError(problems)
    return Pathway(
        id=pathway_id(issuer.base_url, code, version),
        version=version,
        title=title,
        issuer_did=issuer.did,
        award_id=achievement_id(issuer.base_url, award),
        components=tuple(components.values()),
        rule=AllOf(tuple(components[name].achievement_id for name in rule.achievement_ids), rule.in_order),
    )


def _parse_heading(root: Fields) -> tuple[int, str]:
    return root.integer("version", low=1, high=10_000), root.text("title")


def _parse_component(fields: Fields) -> Component:
    component = Component(fields.text("achievement", limit=2_048), fields.text("issuer", limit=2_048))
    fields.close()
    return component


def _define_components(root: Fields, issuer: IssuerProfile, programme: Programme) -> dict[str, Component]:
    """The components by the name that the rule uses for them: the code, or the address of another's achievement."""
    components: dict[str, Component] = {}
    for index, value in enumerate(root.values("components", at_least=1)):
        place = f"components[{index}]"
        if isinstance(value, str):
            if not CODE.fullmatch(value) or programme.find(value) is None:
                root.problem(place, "pathway_reference", f"“{value}” is not the code of an achievement of this issuer")
            name, component = value, Component(achievement_id(issuer.base_url, value), issuer.did)
        else:
            component = _parse_component(root.entry(place, value))
            name = component.achievement_id
        if name in components:
            root.problem(place, "field_duplicate", f"“{name}” stands twice")
        components[name] = component
    return components


def _parse_rule(root: Fields, names: tuple[str, ...]) -> AllOf:
    """The rule; its `allOf` must hold every component once, in some order."""
    fields = root.member("rule")
    rule = AllOf(fields.texts("allOf", limit=2_048, at_least=1), fields.flag("inOrder"))
    fields.close()
    if root.has("rule") and sorted(rule.achievement_ids) != sorted(names):
        root.problem("rule.allOf", "pathway_rule", "must name each of the components once")
    return rule
