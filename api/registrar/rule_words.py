"""The rule of a pathway in plain sentences, from a form that may not be complete yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from api.registrar.pathway_form import Form, name_of
from api.web.translating import gettext, ngettext

MISSING = "…"


@dataclass(frozen=True)
class Said:
    """A sentence, what it holds, and of which kind it is: award, group, component, or a condition."""

    text: str
    kind: str
    parts: tuple[Said, ...] = ()


def said(form: Form, titles: Mapping[str, str]) -> Said:
    """What a pathway asks for. `titles` are those of achievements by the names that the form has for them."""
    named = {name_of(one): one for one in form["components"] if name_of(one)}
    award = titles.get(form["award"], form["award"]) or MISSING
    top = gettext("“%(award)s” is awarded for:") % {"award": award}
    return Said(top, "award", (_rule(form["rule"], named, titles), *_conditions(form, named, titles)))


def lines(found: Said, depth: int = 0) -> list[tuple[int, str]]:
    """Every sentence with how deep it stands."""
    return [(depth, found.text), *(line for part in found.parts for line in lines(part, depth + 1))]


def title_of(name: str, named: Mapping[str, Form], titles: Mapping[str, str]) -> str:
    """What to call a component."""
    if name in titles:
        return titles[name]
    given = named[name]["title"].strip() if name in named else ""
    return given or name.rstrip("/").rpartition("/")[2] or MISSING


def _rule(form: Form, named: Mapping[str, Form], titles: Mapping[str, str]) -> Said:
    items = [_item(one, named, titles) for one in form["items"] if one["rule"] is not None or one["name"]]
    more = [Said(text, "condition") for text in (*_of_which(form), *_demands(form["demands"]))]
    return Said(_heading(form), "group", (*items, *more))


def _heading(form: Form) -> str:
    amount = form["at_least"].strip() or MISSING
    if form["kind"] == "someOf":
        return gettext("at least %(n)s of these") % {"n": amount}
    if form["kind"] == "creditsOf":
        values = {"n": amount, "framework": form["framework"] or MISSING}
        if form["recognised"]:
            return gettext("at least %(n)s %(framework)s credits from these, or recognised for it") % values
        return gettext("at least %(n)s %(framework)s credits from these") % values
    return gettext("all of these, in this order") if form["in_order"] else gettext("all of these")


def _item(item: Form, named: Mapping[str, Form], titles: Mapping[str, str]) -> Said:
    if item["rule"] is not None:
        return _rule(item["rule"], named, titles)
    name = item["name"]
    return Said(title_of(name, named, titles), "component", tuple(_about(named.get(name), named, titles)))


def _about(component: Form | None, named: Mapping[str, Form], titles: Mapping[str, str]) -> Iterator[Said]:
    if component is None:
        return
    if ahead := [title_of(name, named, titles) for name in component["after"] if name]:
        yield Said(gettext("only after %(names)s") % {"names": ", ".join(ahead)}, "condition")
    if component["apel"]:
        yield Said(gettext("recognises prior learning, with its evidence"), "condition")
    if component["pathway"].strip():
        yield Said(gettext("is an award that rests on its own pathway"), "condition")
    for one in component["substitutes"]:
        name = one["code"] or one["achievement"].strip()
        if name:
            yield Said(gettext("or in its place: %(name)s") % {"name": title_of(name, {}, titles)}, "condition")
    for text in _demands(component["demands"]):
        yield Said(text, "condition")


def _of_which(form: Form) -> Iterator[str]:
    if form["kind"] == "creditsOf":
        for one in form["of_which"]:
            values = {name: one[name].strip() or MISSING for name in ("at_least", "framework", "level")}
            yield gettext("of which at least %(at_least)s at %(framework)s level %(level)s or above") % values


def _demands(form: Form) -> Iterator[str]:
    if form["level"].strip():
        values = {"framework": form["framework"] or MISSING, "level": form["level"].strip()}
        yield gettext("each at %(framework)s level %(level)s or above") % values
    for one in form["grades"]:
        values = {"value": one["value"].strip() or MISSING, "type": one["type"] or MISSING}
        yield gettext("each with a result of %(value)s or better (%(type)s)") % values
    if age := form["age"].strip():
        number = int(age) if age.isascii() and age.isdigit() and len(age) < 5 else 0
        if form["age_unit"] == "M":
            yield ngettext(
                "each awarded no longer than %(num)s month before",
                "each awarded no longer than %(num)s months before",
                number,
            ) % {"num": number}
        else:
            yield ngettext(
                "each awarded no longer than %(num)s year before",
                "each awarded no longer than %(num)s years before",
                number,
            ) % {"num": number}


def _conditions(form: Form, named: Mapping[str, Form], titles: Mapping[str, str]) -> Iterator[Said]:
    """What is asked of the whole."""
    if form["capstone"]:
        name = title_of(form["capstone"], named, titles)
        yield Said(gettext("and, last of all, %(name)s") % {"name": name}, "condition")
    limit, amount = form["outside"], form["outside"]["amount"].strip() or MISSING
    values = {"n": amount, "framework": limit["framework"] or MISSING}
    if limit["kind"] == "number":
        yield Said(gettext("no more than %(n)s credentials from other institutions") % values, "condition")
    if limit["kind"] == "credits":
        yield Said(gettext("no more than %(n)s %(framework)s credits from other institutions") % values, "condition")
    if limit["kind"] == "percent":
        told = gettext("no more than %(n)s%% of the %(framework)s credits from other institutions") % values
        yield Said(told, "condition")
    if authorities := [one.strip() for one in form["recognised_by"] if one.strip()]:
        names = ", ".join(gettext("you") if one == "self" else one for one in authorities)
        yield Said(gettext("recognition decisions count that are made by: %(names)s") % {"names": names}, "condition")
    if form["no_double_counting"]:
        yield Said(gettext("nothing counts that another award rests on already"), "condition")
