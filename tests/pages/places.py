"""Every page of the site, each with the addresses at which there is something to see, and who may see it.

A page that nobody has listed here is found by its route and has the tests of all pages fail: it must be looked at, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from fastapi import FastAPI
from starlette.routing import BaseRoute, Route

from tests.pages.everything import ACCREDITOR, Everything

PARAMETER = re.compile(r"\{([a-z_]+)\}")
FILES = re.compile(
    r"\.(csv|json|xlsx|pdf|png|svg|zip|txt)$|\{form\}$|qr\.svg$"
    r"|/(file|document|metrics|openapi|linkedin|export|progress|state|acts)$"
)
"""Routes that answer with a file, with a part of a page, or lead elsewhere."""
PAGES_IN_THE_API = {"/s/{token}"}
MOST = 20
"""How many addresses of one route are looked at."""


@dataclass(frozen=True)
class Place:
    """A page at an address. `who` is nobody, learner, registrar or accreditor."""

    pattern: str
    address: str
    who: str


def patterns(routes: Sequence[BaseRoute]) -> Iterator[str]:
    """The routes that answer a browser's GET with a page or a part of one."""
    for route in routes:
        router = getattr(route, "original_router", None)
        if router is not None:
            yield from patterns(router.routes)
        elif isinstance(route, Route) and is_page(route):
            yield route.path


def is_page(route: Route) -> bool:
    described = route.include_in_schema and route.path not in PAGES_IN_THE_API
    return "GET" in (route.methods or ()) and not described and not FILES.search(route.path)


def who_sees(pattern: str) -> str:
    if pattern.startswith("/staff/accreditors"):
        return "accreditor"
    if pattern.startswith("/staff") and "sign-in" not in pattern and "enter" not in pattern:
        return "registrar"
    return "learner" if pattern.startswith("/wallet") else "nobody"


def places(app: FastAPI, world: Everything) -> Iterator[Place]:
    """Every page, at up to `MOST` addresses each."""
    for pattern in dict.fromkeys(patterns(app.routes)):
        names = PARAMETER.findall(pattern)
        values = [values_of(name, pattern, world)[:MOST] for name in names]
        for chosen in product(*values):
            address = pattern
            for name, value in zip(names, chosen, strict=True):
                address = address.replace(f"{{{name}}}", value)
            yield Place(pattern, address, who_sees(address))


def values_of(name: str, pattern: str, world: Everything) -> Sequence[str]:
    """What may stand for a parameter of a route."""
    if name == "slug" and pattern.startswith("/staff/accreditors"):
        return [ACCREDITOR]
    found = world.values.get(f"{pattern} {name}") or world.values.get(name)
    assert found, f"say in tests/pages/everything.py what stands for {name} in {pattern}"
    return found
