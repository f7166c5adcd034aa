"""Pathways: which credentials add up to an award, and by which rule. A pathway is a document with a digest.

An award names its pathway by id and digest, so the rule that was promised is the rule that verifiers evaluate. A new
rule is a new version with an id of its own.

    {"id": "https://cairn.example/issuers/usm/pathways/instructional-design/1",
     "version": 1,
     "title": "Instructional Design",
     "issuer": "did:web:cairn.example:issuers:usm",
     "award": "https://cairn.example/issuers/usm/achievements/instructional-design",
     "components": [{"achievement": "https://…/achievements/needs-assessment", "issuer": "did:web:…"}, …],
     "rule": {"allOf": ["https://…/achievements/needs-assessment", …], "inOrder": true}}

These members may be left out, and are then not written: `capstone`, `outsideLimit`, `recognisedBy`, `noDoubleCounting`;
of a component `title`, `pathway`, `apel`, `after`, `substitutes` and what it demands. `rules.py` has the rules, and
`docs/pathways.md` says what each member means, with an example.
"""

from __future__ import annotations

from dataclasses import dataclass

from ledger.documents.canonical import canonicalize, digest
from ledger.documents.fields import Fields
from ledger.documents.strict_json import JsonObject, Limits, parse
from ledger.documents.text import URL_LIMIT
from ledger.errors import MalformedDocument, Problem
from ledger.stacking.rule_reading import read_demands, read_outside_limit, read_rule
from ledger.stacking.rules import NO_DEMANDS, AllOf, Demands, OutsideLimit, Rule
from ledger.stacking.structure import structural_problems

MAX_COMPONENTS = 100
LIMITS = Limits(max_bytes=256 * 1024, depth=12, keys=20, items=MAX_COMPONENTS, string=2_048)


@dataclass(frozen=True)
class Substitute:
    """An achievement that counts in place of a component. `apel`: prior learning, recognised on evidence it carries."""

    achievement_id: str
    issuer_did: str
    apel: bool = False

    def to_dict(self) -> JsonObject:
        members: JsonObject = {"achievement": self.achievement_id, "issuer": self.issuer_did}
        return members | {"apel": True} if self.apel else members


@dataclass(frozen=True)
class Component:
    """One achievement that counts, and the DID of who must have awarded it.

    `pathway_id`: it is an award, and has to rest on this pathway. `apel`: it recognises prior learning, and has to
    carry its evidence. `after` names the components that have to be held before it.
    """

    achievement_id: str
    issuer_did: str
    title: str | None = None
    pathway_id: str | None = None
    apel: bool = False
    after: tuple[str, ...] = ()
    substitutes: tuple[Substitute, ...] = ()
    demands: Demands = NO_DEMANDS

    @property
    def name(self) -> str:
        """What to call it for people: its title, or the last part of its address."""
        return self.title or self.achievement_id.rstrip("/").rpartition("/")[2]

    @property
    def accepted(self) -> tuple[Component | Substitute, ...]:
        """Itself, and what counts in its place."""
        return (self, *self.substitutes)

    def to_dict(self) -> JsonObject:
        members: JsonObject = {"achievement": self.achievement_id, "issuer": self.issuer_did}
        if self.title is not None:
            members["title"] = self.title
        if self.pathway_id is not None:
            members["pathway"] = self.pathway_id
        if self.apel:
            members["apel"] = True
        if self.after:
            members["after"] = list(self.after)
        if self.substitutes:
            members["substitutes"] = [substitute.to_dict() for substitute in self.substitutes]
        return members | self.demands.members()


@dataclass(frozen=True)
class Pathway:
    """One version of a pathway. `award_id` is the id of the achievement that it leads to.

    `capstone` is the component that comes last, beside the rule; `recognised_by` are the DIDs of those whose
    recognition decisions count; `no_double_counting`: nothing counts that another award rests on already.
    """

    id: str
    version: int
    title: str
    issuer_did: str
    award_id: str
    components: tuple[Component, ...]
    rule: Rule
    capstone: str | None = None
    outside_limit: OutsideLimit | None = None
    recognised_by: tuple[str, ...] = ()
    no_double_counting: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether the rule is that all components are held, once each, and nothing else: then each has its place."""
        if not isinstance(self.rule, AllOf) or self.capstone is not None or self.recognised_by:
            return False
        if len(self.rule.items) < len(self.components):
            return False
        return all(isinstance(item, str) for item in self.rule.items) and not any(
            component.substitutes for component in self.components
        )

    def to_dict(self) -> JsonObject:
        members: JsonObject = {
            "id": self.id,
            "version": self.version,
            "title": self.title,
            "issuer": self.issuer_did,
            "award": self.award_id,
            "components": [component.to_dict() for component in self.components],
            "rule": self.rule.to_dict(),
        }
        if self.capstone is not None:
            members["capstone"] = self.capstone
        if self.outside_limit is not None:
            members["outsideLimit"] = self.outside_limit.to_dict()
        if self.recognised_by:
            members["recognisedBy"] = list(self.recognised_by)
        if self.no_double_counting:
            members["noDoubleCounting"] = True
        return members

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
    value = parse(data, LIMITS)
    root = Fields(value, "", problems)
    identifier, issuer_did, award_id = (root.text(name, limit=URL_LIMIT) for name in ("id", "issuer", "award"))
    version, title = read_heading(root)
    components = tuple(_read_component(fields) for fields in root.objects("components", at_least=1))
    names = {component.achievement_id: component.achievement_id for component in components}
    if len(names) < len(components):
        root.problem("components", "field_duplicate", "hold one achievement twice")
    rule = read_rule(root.member("rule"), names)
    capstone = root.text("capstone", limit=URL_LIMIT) if root.has("capstone") else None
    conditions = read_conditions(root)
    pathway = Pathway(identifier, version, title, issuer_did, award_id, components, rule, capstone, *conditions)
    root.close()
    if not problems:
        problems += structural_problems(pathway)
    if not problems and canonicalize(value) != pathway.canonical():
        problems.append(Problem("pathway_form", "it says something in another way than it is written"))
    if problems:
        raise MalformedDocument("pathway_invalid", f"the pathway is not one that Cairn can read: {problems[0]}")
    return pathway


def read_heading(root: Fields) -> tuple[int, str]:
    """Version and title."""
    return root.integer("version", low=1, high=10_000), root.text("title")


def read_conditions(root: Fields) -> tuple[OutsideLimit | None, tuple[str, ...], bool]:
    """What a pathway demands beside its rule, in the order of its last members."""
    limit = read_outside_limit(root.member("outsideLimit")) if root.has("outsideLimit") else None
    recognised_by = root.texts("recognisedBy", limit=URL_LIMIT)
    return limit, recognised_by, root.has("noDoubleCounting") and root.flag("noDoubleCounting")


def read_substitute(fields: Fields) -> Substitute:
    """An achievement that counts in place of a component, by its address and who awards it."""
    identifier, issuer_did = fields.text("achievement", limit=URL_LIMIT), fields.text("issuer", limit=URL_LIMIT)
    substitute = Substitute(identifier, issuer_did, read_apel(fields))
    fields.close()
    return substitute


def read_apel(fields: Fields) -> bool:
    """Whether prior learning is meant."""
    return fields.has("apel") and fields.flag("apel")


def _read_component(fields: Fields) -> Component:
    component = Component(
        achievement_id=fields.text("achievement", limit=URL_LIMIT),
        issuer_did=fields.text("issuer", limit=URL_LIMIT),
        title=fields.optional_text("title"),
        pathway_id=fields.optional_text("pathway", limit=URL_LIMIT),
        apel=read_apel(fields),
        after=fields.texts("after", limit=URL_LIMIT),
        substitutes=tuple(read_substitute(entry) for entry in fields.objects("substitutes")),
        demands=read_demands(fields),
    )
    fields.close()
    return component
