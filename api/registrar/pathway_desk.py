"""What the pages of pathways ask of the ledger: checks of a draft, its next version, and who would be awarded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from api.registrar.pathway_form import Form, definition_of, field_of, name_of
from api.registrar.pathway_reopening import definition_of_pathway, form_of
from api.registrar.rule_words import lines, said
from api.site import Site
from api.web.translating import gettext, noted
from ledger.documents.canonical import canonicalize
from ledger.documents.programme import Programme
from ledger.errors import DraftError, NotFound, Problem
from ledger.issuing.awarding.plan import Prospect, Standing
from ledger.issuing.values import StoredPathway
from ledger.stacking.pathway import Pathway, parse_pathway

PLACES = {
    "code": noted("Code"),
    "title": noted("Title"),
    "award": noted("Award"),
    "components": noted("Components"),
    "rule": noted("Rule"),
    "capstone": noted("Capstone"),
    "outside": noted("From other institutions"),
    "recognised_by": noted("Recognition"),
    "no_double_counting": noted("Counting twice"),
}
"""What the parts of the form are called."""


@dataclass(frozen=True)
class Checked:
    """A form after its checks: the pathway that it stands for if nothing is wrong, or what is, by field."""

    pathway: Pathway | None
    problems: tuple[tuple[str, str], ...]


def programmes_of(site: Site, issuer: str) -> list[Programme]:
    """Everything that an issuer awards."""
    workspace = site.workspace
    return [workspace.programmes.parsed(issuer, stored.code) for stored in workspace.catalog.programmes(issuer)]


def titles_of(site: Site, issuer: str) -> dict[str, str]:
    """The titles of all that an issuer awards, by code."""
    return {one.code: one.title for programme in programmes_of(site, issuer) for one in programme.achievements}


def next_version(site: Site, issuer: str, code: str) -> int:
    """The number of the version that would be published next."""
    known = [one.version for one in site.workspace.pathways.all(issuer) if one.code == code]
    return max(known, default=0) + 1


def check(site: Site, issuer: str, form: Form) -> Checked:
    """Reads a form as it would be published. Changes nothing."""
    content = canonicalize(definition_of(form, next_version(site, issuer, form["code"].strip())))
    try:
        return Checked(site.workspace.pathways.read(issuer, content), ())
    except NotFound:
        told = gettext("There is nothing to make a pathway of yet. Write an achievement first.")
        return Checked(None, (("components", told),))
    except DraftError as error:
        titles = titles_of(site, issuer)
        found = dict.fromkeys((field_of(one.column), sentence(form, one, titles)) for one in error.problems)
        return Checked(None, tuple(found))


def sentence(form: Form, problem: Problem, titles: Mapping[str, str]) -> str:
    """A problem of a definition, with the part of the form that it is about in words."""
    place = field_of(problem.column)
    first, *rest = place.split(".") if place else [""]
    name = gettext(PLACES[first]) if first in PLACES else gettext("Pathway")
    if first == "components" and rest and rest[0].isdigit() and int(rest[0]) < len(form["components"]):
        called = name_of(form["components"][int(rest[0])])
        values = {"n": int(rest[0]) + 1, "name": titles.get(called, called) or "…"}
        name = gettext("Component %(n)s (%(name)s)") % values
    elif problem.code in {"field_missing", "string_empty"}:
        return gettext("“%(field)s” is still missing.") % {"field": name}
    return gettext("%(place)s: %(problem)s.") % {"place": name, "problem": problem.message.rstrip(".")}


def form_of_stored(site: Site, stored: StoredPathway) -> Form:
    """The form of a published version."""
    base_url = site.workspace.catalog.issuer(stored.issuer).base_url
    return form_of(definition_of_pathway(parse_pathway(stored.content), base_url))


@dataclass(frozen=True)
class Changed:
    """A sentence of two versions: in both, only in the newer one (`added`), or only in the older (`removed`)."""

    text: str
    depth: int
    what: str


def comparison(site: Site, older: StoredPathway, newer: StoredPathway) -> list[Changed]:
    """What two versions ask for, sentence by sentence."""
    titles = titles_of(site, newer.issuer)
    before, after = (lines(said(form_of_stored(site, one), titles)) for one in (older, newer))
    found: list[Changed] = []
    for tag, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            found += [Changed(text, depth, "") for depth, text in after[k:m]]
        else:
            found += [Changed(text, depth, "removed") for depth, text in before[i:j]]
            found += [Changed(text, depth, "added") for depth, text in after[k:m]]
    return found


@dataclass(frozen=True)
class DryRun:
    """Who would be awarded, who is close, and who is not, with what each lacks and why credentials do not count."""

    entitled: Sequence[Prospect]
    close: Sequence[Prospect]
    far: Sequence[Prospect]
    awarded: Sequence[Prospect]


CLOSE = 0.5
"""From how much of a pathway on somebody is called close."""


def dry_run(prospects: Sequence[Prospect]) -> DryRun:
    incomplete = [one for one in prospects if one.standing is Standing.INCOMPLETE]
    return DryRun(
        [one for one in prospects if one.standing is Standing.ENTITLED],
        [one for one in incomplete if one.evaluation.progress >= CLOSE],
        [one for one in incomplete if one.evaluation.progress < CLOSE],
        [one for one in prospects if one.standing is Standing.AWARDED],
    )
