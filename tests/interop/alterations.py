"""Ways to change a signed document, each in something that matters. All of them leave it well formed."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import orjson

from ledger.documents.recognition import Decision
from ledger.proofs.status_list import encode_bits


def altered(document: bytes, *names: str) -> Iterator[bytes]:
    """The document changed in each of these ways, names in `CHANGES`; without names in those that every kind allows."""
    for name in names or EVERYWHERE:
        changed = copy.deepcopy(orjson.loads(document))
        CHANGES[name](changed)
        assert changed != orjson.loads(document), name
        yield orjson.dumps(changed)


def _set(*path: str | int, value: object) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        for step in path[:-1]:
            document = document[step]
        document[path[-1]] = value

    return change


def _drop(*path: str | int) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        for step in path[:-1]:
            document = document[step]
        del document[path[-1]]

    return change


def _swap_signatures(document: Any) -> None:
    first, second = document["proof"][:2]
    first["proofValue"], second["proofValue"] = second["proofValue"], first["proofValue"]


def _date_proofs_back(document: Any) -> None:
    for proof in document["proof"]:
        proof["created"] = "2020-01-01T00:00:00Z"


_SUBJECT = "credentialSubject"
_HELD = (_SUBJECT, "verifiableCredential")
CHANGES: dict[str, Callable[[Any], None]] = {
    "id": _set("id", value="urn:uuid:00000000-0000-4000-8000-000000000000"),
    "name": _set("name", value="Doctor of Everything"),
    "issuer's name": _set("issuer", "name", value="University of Oxford"),
    "begin": _set("validFrom", value="2020-01-01T00:00:00Z"),
    "end": _set("validUntil", value="2199-01-01T00:00:00Z"),
    "status entry": _set("credentialStatus", "statusListIndex", value="131071"),
    "no status": _drop("credentialStatus"),
    "description": _set("description", value="With distinction."),
    "signatures swapped": _swap_signatures,
    "proofs dated back": _date_proofs_back,
    "mark": _set(_SUBJECT, "result", 0, "value", value="97.5"),
    "result": _drop(_SUBJECT, "result"),
    "learner": _set(_SUBJECT, "identifier", 0, "identityHash", value="Somebody Else"),
    "e-mail": _set(_SUBJECT, "identifier", 1, "identityHash", value="sha256$" + "0" * 64),
    "achievement": _set(_SUBJECT, "achievement", "name", value="Everything"),
    "criteria": _set(_SUBJECT, "achievement", "criteria", "narrative", value="None."),
    "outcome": _set(_SUBJECT, "achievement", "description", value="How to do everything."),
    "component": _set("relatedResource", 1, "digestMultibase", value="uEiAAAA"),
    "components": _drop("relatedResource"),
    "comment": _set(_SUBJECT, "endorsementComment", value="We count it as a doctorate."),
    "decision": _set("relatedResource", 1, "id", value=Decision(60, "NZQCF", 9, "NZQCF").resource()["id"]),
    "endorsed": _set(_SUBJECT, "id", value="urn:uuid:00000000-0000-4000-8000-000000000000"),
    "note": _set("relatedResource", 0, "description", value="No reason."),
    "member's mark": _set(*_HELD, 0, _SUBJECT, "result", 0, "value", value="97.5"),
    "member": _drop(*_HELD, 1),
    "member's proof": _set(*_HELD, 0, "proof", 0, "proofValue", value="z" + "1" * 64),
    "bits": _set(_SUBJECT, "encodedList", value=encode_bits([])),
}

EVERYWHERE = tuple(CHANGES)[: tuple(CHANGES).index("mark")]
"""The changes that documents of every kind allow; the others are for some."""
