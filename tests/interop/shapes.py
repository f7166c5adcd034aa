"""Who judges shapes alone, and what they are asked about: the second table of docs/interop.md."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tests.interop.court import Court
from tests.interop.node_judges import Opinion
from tests.interop.rows import single
from tests.interop.shelf import Shelf

SHAPE_JUDGES = ("jsonld safe", "jsonld safe, older badges", "ajv")
_BADGE = "ob_v3p0_achievementcredential_schema.json"
_ENDORSEMENT = "ob_v3p0_endorsementcredential_schema.json"
_RECORD = "clr_v2p0_clrcredential_schema.json"


@dataclass(frozen=True)
class Kind:
    """Documents of one kind, the file of 1EdTech's schema for them, if there is one, and who else is asked."""

    documents: Callable[[Shelf], Iterable[bytes]]
    schema: str | None
    judges: tuple[str, ...] = SHAPE_JUDGES[:2]


SHAPED = {
    "credential": Kind(lambda s: (*s.credentials, s.other_issuer, s.expired, s.early), _BADGE),
    "credential, one proof as an object": Kind(lambda s: [single(s.credentials[0])], _BADGE),
    "award, with what it rests on": Kind(lambda s: [s.award, *s.components], _BADGE),
    "correction": Kind(lambda s: [s.correction], _BADGE),
    "endorsement": Kind(lambda s: [s.endorsement], _ENDORSEMENT),
    "recognition decision": Kind(lambda s: [s.recognition], _ENDORSEMENT),
    "record of one, of two": Kind(lambda s: [s.records[1], s.records[2]], _RECORD),
    "record of fifty": Kind(lambda s: [s.records[50]], _RECORD, ()),  # whoever checks its proof does it in safe mode
    "status list": Kind(lambda s: s.status_lists, None),
}


def judged_shapes(court: Court, title: str) -> dict[str, list[Opinion]]:
    """What each judge of shapes says of all documents of a kind; nobody has a schema for status lists."""
    kind = SHAPED[title]
    documents = list(kind.documents(court.shelf))
    judged = {judge: [court.shape(judge, one) for one in documents] for judge in kind.judges}
    if kind.schema:
        judged["ajv"] = [court.shape("ajv", one, kind.schema) for one in documents]
    return judged
