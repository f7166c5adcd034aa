"""One of everything that pages show, with hostile words in every field that takes words.

A kind of thing comes often enough that each of its fields has had every payload that our own checks let through. What
they refuse (controls, signs that turn text) comes in by documents of strangers only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import cycle, islice
from typing import Any

import orjson

from api.staff.values import InstitutionKind, Role, the_operator
from ledger.chain.registry import Reason
from ledger.documents.achievement import Achievement
from ledger.documents.credential import Learner
from ledger.documents.strict_json import parse
from ledger.documents.text import NAME_LIMIT, text_problem
from ledger.issuing.drafts import Draft
from ledger.issuing.values import Batch
from tests.office import JCS_ONLY
from tests.pages.payloads import PAYLOADS
from tests.site import ORIGIN, Campus, Owner

ACHIEVEMENTS = 20
SLUG, ACCREDITOR = "hostile", "hostiles"
AWARD = "top"
ALLOWED = tuple(payload for payload in PAYLOADS if text_problem(payload) is None)
EMAIL = "learner{}@students.example"
FORM = "/staff/issuers/{slug}"


class Words:
    """The payloads that our own fields take, in turn, as many at a time as fit."""

    def __init__(self) -> None:
        self._waiting = list(ALLOWED)

    def some(self, limit: int = NAME_LIMIT, *, words: int = 10_000) -> str:
        """The next payloads that fit into so many characters and words. One that was used waits longest."""
        taken: list[str] = []
        for payload in [*self._waiting]:
            longer = " ".join([*taken, payload])
            if len(longer) <= limit and len(longer.split()) <= words:
                taken.append(payload)
                self._waiting.remove(payload)
        self._waiting += taken
        return " ".join(taken)


@dataclass(frozen=True)
class Everything:
    """What there is. `values` are what may stand for the parameters of routes: by name, or by route and name."""

    campus: Campus
    owner: Owner
    foreign: bytes
    """A document of a stranger with every payload in it."""
    values: dict[str, list[str]]


def everything(campus: Campus) -> Everything:
    """Makes it all in a campus of one's own, by the services that the pages use themselves."""
    say, workspace = Words(), campus.workspace
    workspace.issuers.register(SLUG, name=say.some(), url="https://hostile.example/", country="MY")
    workspace.accreditors.register(ACCREDITOR, name=say.some(), country="MY")
    workspace.accreditors.accredit(ACCREDITOR, SLUG)
    workspace.programmes.add(SLUG, orjson.dumps(programme(say)))
    workspace.pathways.publish(SLUG, orjson.dumps(pathway(say)))
    achievements = workspace.programmes.parsed(SLUG, SLUG).achievements[:-1]
    batch = issued(campus, drafts(say, achievements, len(ALLOWED)), say.some(60))
    waiting = workspace.imports.draft_batch(SLUG, drafts(say, achievements[:2], 2, first=500), label=say.some(60))
    full = issued(campus, [one for each in achievements for one in drafts(say, [each], 1, first=900)], say.some(60))
    drafted = workspace.awards.draft(SLUG, workspace.pathways.find(SLUG, SLUG).pathway_id, learner_ids=["0900"])
    assert drafted is not None
    workspace.pipeline.advance(drafted.id, suites=JCS_ONLY)
    credentials = workspace.catalog.credentials(batch=batch.id)
    workspace.revocation.revoke([credentials[-1].credential_id], Reason.ASSESSMENT_INVALID)

    owner = campus.a_wallet()
    held = [*workspace.catalog.credentials(batch=full.id), *workspace.catalog.credentials(batch=drafted.id)]
    for credential in held:
        owner.take_in(workspace.catalog.document(credential.credential_id))
    foreign = poisoned(parse(workspace.catalog.document(held[0].credential_id)))
    values = {
        "slug": [SLUG],
        "kinds": ["issuers"],
        "issuer": [SLUG],
        "code": [SLUG],
        "programme": [SLUG],
        "version": ["1"],
        "batch_id": [str(one.id) for one in (batch, waiting, drafted)],
        "credential_id": [one.credential_id for one in credentials],
        "held_id": owner.held(),
    }
    return Everything(campus, owner, foreign, values | shared(owner, say) | asked_by_staff(campus, say, values))


def shared(owner: Owner, say: Words) -> dict[str, list[str]]:
    """Links, opened by people who say hostile things of what they need them for; and a list of everything."""
    client, held = owner.campus.client, owner.held()
    wanted: list[dict[str, Any]] = [{"credential_ids": held[:1]}, {"credential_ids": held}, {}]
    links = [owner.a_link(label=say.some(100), purpose=say.some(200), **one) for one in wanted]
    for link in links:
        client.post(link["url"].removeprefix(ORIGIN), data={"purpose": say.some(200)})
    rows = [f"{quoted(say.some(100))},{link['url']},{quoted(say.some(100))}" for link in links for _ in range(10)]
    table = "\n".join([f"{quoted(say.some(100))},link,{quoted(say.some(100))}", *rows])
    answer = client.post("/bulk", files={"file": (f"{say.some(60)}.csv", table.encode())}, follow_redirects=False)
    listed = answer.headers["location"].split("/")[2]
    tokens = [link["url"].rpartition("/")[2] for link in links]
    return {
        "/s/{token} token": tokens,
        "link_id": [link["id"] for link in links],
        "/bulk/{token} token": [listed],
        "/bulk/{token}/rows/{position} token": [listed],
        "/bulk/{token}/changes token": [listed],
        "position": [str(number + 1) for number in range(10)],
    }


def asked_by_staff(campus: Campus, say: Words, values: dict[str, list[str]]) -> dict[str, list[str]]:
    """What people of the institution have begun: a file, drafts of the editors, a revocation, a key, a colleague."""
    staff, start = campus.staff(SLUG), f"/staff/issuers/{SLUG}"

    def post(path: str, files: dict[str, Any] | None = None, **fields: str) -> str:
        answer = staff.post(f"{start}{path}", data=fields, files=files)
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"]).rpartition("/")[2].partition("?")[0]

    heads = ["achievement", "learner_id", "name", "email", "awarded_on"]
    rows = [f"a0,{number},{quoted(say.some())},{quoted(say.some(60))},{quoted(say.some(40))}" for number in range(20)]
    table = "\n".join([",".join([*heads, quoted(say.some(60))]), *(f"{row},{quoted(say.some(60))}" for row in rows)])
    sheet = post("/batches/new", {"file": (f"{say.some(60)}.csv", table.encode())}, programme=SLUG, label=say.some(60))
    achievement_draft = post("/achievements", do="change", which=f"{SLUG}/a0")
    pathway_draft = post(f"/pathways/{SLUG}/1", do="edit")
    named = "\n".join(values["credential_id"][:3])
    change = post("/status", action="revoke", reason="2", note=say.some(200), named=named)
    key = post("/keys", act="open_key", sure="yes")
    colleague = campus.site.staff.people.add(
        the_operator(InstitutionKind.ISSUER, SLUG), "colleague@hostile.example", say.some(100), Role.PREPARES
    )
    claims = campus.client.post(
        f"/v1/issuers/{SLUG}/batches/{values['batch_id'][0]}/claims",
        json={},
        headers={"X-API-Key": campus.site.keys.create(SLUG, say.some(60))[1]},
    ).json()
    return {
        "sheet_id": [sheet],
        f"{FORM}/achievements/drafts/{{number}} number": [achievement_draft],
        f"{FORM}/achievements/drafts/{{number}}/preview number": [achievement_draft],
        f"{FORM}/pathways/drafts/{{number}} number": [pathway_draft],
        f"{FORM}/pathways/drafts/{{number}}/try number": [pathway_draft],
        f"{FORM}/status/{{number}} number": [change],
        f"{FORM}/keys/acts/{{number}} number": [key],
        "person_id": [colleague.person_id],
        "/claim/{token} token": [claims[0]["token"]],
        "/enter/{token} token": [claims[1]["token"]],
        "/staff/enter/{token} token": [campus.site.staff.links.make(colleague.person_id).text],
    }


def quoted(text: str) -> str:
    """A cell of a CSV file."""
    return '"' + text.replace('"', '""') + '"'


def programme(say: Words) -> dict[str, Any]:
    """A programme whose every text is hostile."""
    achievements = [achievement(say, f"a{number}") for number in range(ACHIEVEMENTS)]
    return {"code": SLUG, "title": say.some(), "achievements": [*achievements, achievement(say, AWARD, "Award")]}


def achievement(say: Words, code: str, kind: str = "MicroCredential") -> dict[str, Any]:
    return {
        "code": code,
        "title": say.some(),
        "description": say.some(500, words=30),
        "titles": {"ms": say.some(), "ar": say.some()},
        "descriptions": {"ms": say.some(500, words=30)},
        "outcomes": [say.some(words=16) for _ in range(6)],
        "criteria": say.some(2000),
        "achievement_type": kind,
        "language": "en",
        "participation": "online",
        "workload_hours": 25,
        "levels": {"EQF": 6},
        "credits": {"ECTS": 1},
        "credit_bearing": True,
        "task_level": "bachelor",
        "complexity": "skill-complex",
        "supervision": "online-one-factor",
        "assessment": ["project-work"],
        "quality_assurance": [{"type": "internal", "body": say.some(), "url": "https://hostile.example/senate"}],
        "field_of_study": say.some(60),
        "specialization": say.some(60),
        "tags": [say.some(60) for _ in range(5)],
        "entry_to": [{"programme": say.some(), "url": "https://hostile.example/entry"}],
        "credit_towards": [{"programme": say.some(), "url": "https://hostile.example/towards", "units": 0.5}],
        "human_code": say.some(40),
        "version": say.some(40),
        "alignments": [
            {
                "type": "ESCO",
                "url": "http://data.europa.eu/esco/skill/a1b2c3",
                "name": say.some(),
                "target": "skill",
                "code": say.some(40),
                "framework": say.some(),
                "description": say.some(300),
            }
        ],
    } | ({} if kind == "Award" else {"result": {"type": "Status", "name": say.some()}})


def pathway(say: Words) -> dict[str, Any]:
    codes = [f"a{number}" for number in range(ACHIEVEMENTS)]
    return {
        "code": SLUG,
        "version": 1,
        "title": say.some(),
        "award": AWARD,
        "components": codes,
        "rule": {"allOf": codes, "inOrder": False},
    }


def drafts(say: Words, achievements: Any, learners: int, *, first: int = 1) -> list[Draft]:
    """One credential a learner, of each achievement in turn."""
    of_each: list[Achievement] = list(islice(cycle(achievements), learners))
    return [
        Draft(
            number + 2,
            of_each[number],
            Learner(say.some(), EMAIL.format(first + number), f"{first + number:04}"),
            "Completed",
            date(2026, 3, 2),
            narrative=say.some(600),
        )
        for number in range(learners)
    ]


def issued(campus: Campus, rows: list[Draft], label: str) -> Batch:
    batch = campus.workspace.imports.draft_batch(SLUG, rows, label=label)
    return campus.workspace.pipeline.advance(batch.id, suites=JCS_ONLY)


def poisoned(document: Any) -> bytes:
    """A document with every payload in each of its texts, whatever they say: as a stranger may write one."""
    everything_said = " ".join(PAYLOADS)
    kept = {"@context", "type", "id", "proof", "validFrom", "validUntil", "achievementType", "digestMultibase"}

    def poison(value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            return {key: inner if key in kept else poison(inner, key) for key, inner in value.items()}
        if isinstance(value, list):
            return [poison(inner, name) for inner in value]
        return everything_said if isinstance(value, str) else value

    return orjson.dumps(poison(document))
