"""The rows of the table in docs/interop.md: kinds and shapes of documents, and what a verifier should say of them.

Where a judge says something else, `unlike` has its name and why: a finding about the judge, which the tests hold on to.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from tests.interop.alterations import altered
from tests.interop.node_judges import NodeJudges
from tests.interop.shelf import Shelf

JUDGES = ("vc rdfc", "vc jcs", "verifier-core", "openbadgeslib", "openvc")
"""Those who judge signature, dates and status."""

TOKEN_JUDGES = ("jose", "openbadgeslib", "openvc")
"""Those who judge credentials as JWTs."""

READS_RDFC = ("vc rdfc", "verifier-core", "openbadgeslib")

_NO_ARRAY = "Reads `proof` as an object only, never as an array."
_NO_ALIAS = "Asks for `OpenBadgeCredential`, the context's other name for the same type."
_NO_JCS = "Does not know `eddsa-jcs-2022`."
_NO_RDFC = "Looks for `eddsa-jcs-2022`, which is not there."
_NO_RECORD = "Refuses every record: the CLR context does not survive its comparison with the compacted form."
_TOO_LARGE = "Reads no document above 262,144 bytes."
_OLD_FORM = "Reads the older form alone, with the credential in `vc`."
_SIGNATURE_ALONE = "Checks the signature alone; status and dates are for whoever calls it."
_HIDDEN = "Sees RDF, where the end is signed and intact, but asks the JSON for dates, where it is under another name."

CLAIMS = ("mark", "result", "learner", "e-mail", "achievement", "criteria", "outcome")

Makes = Callable[[Shelf, NodeJudges], Iterable[bytes]]


@dataclass(frozen=True, eq=False)
class Row:
    """Documents of one kind or shape. `web` replaces what is published, for this row alone."""

    title: str
    make: Makes
    accepted: bool
    unlike: Mapping[str, str] = field(default_factory=dict)
    web: Callable[[Shelf], Mapping[str, Any]] | None = None

    def expected(self, judge: str) -> bool:
        """Whether this judge accepts the documents of this row."""
        return self.accepted != (judge in self.unlike)


def single(document: bytes) -> bytes:
    """The document with its first proof, `eddsa-rdfc-2022`, as an object."""
    value = orjson.loads(document)
    return orjson.dumps({**value, "proof": value["proof"][0]})


def with_proofs(document: bytes, *order: int) -> bytes:
    """The document with these of its proofs, in this order: 0 RDF, 1 JSON, 2 the anchor."""
    value = orjson.loads(document)
    return orjson.dumps({**value, "proof": [value["proof"][position] for position in order]})


def open_badge(shelf: Shelf) -> bytes:
    """A credential under the other name of its type, signed anew."""
    document = orjson.loads(shelf.credentials[0])
    document["type"] = ["VerifiableCredential", "OpenBadgeCredential"]
    return orjson.dumps(shelf.resigned(document, by="usm", method=document["proof"][0]["verificationMethod"]))


def members(record: bytes) -> list[bytes]:
    """The credentials in a record, each by itself."""
    return [orjson.dumps(one) for one in orjson.loads(record)["credentialSubject"]["verifiableCredential"]]


def altered_tokens(token: bytes) -> Iterable[bytes]:
    """The token with another mark in it, with the signature of nobody, and signed by nobody."""
    header, payload, signature = token.decode().split(".")
    content = orjson.loads(urlsafe_b64decode(payload + "=="))
    content["credentialSubject"]["result"][0]["value"] = "97.5"
    unsigned = _encoded({**orjson.loads(urlsafe_b64decode(header + "==")), "alg": "none"})
    for parts in (
        (header, _encoded(content), signature),
        (header, payload, _encoded({})),
        (unsigned, payload, ""),
    ):
        yield ".".join(parts).encode()


def _encoded(value: object) -> str:
    return urlsafe_b64encode(orjson.dumps(value)).rstrip(b"=").decode()


def _forged(shelf: Shelf) -> Iterable[bytes]:
    document = orjson.loads(shelf.credentials[0])
    own = document["proof"][0]["verificationMethod"]
    other = orjson.loads(shelf.other_issuer)["proof"][0]["verificationMethod"]
    yield orjson.dumps(shelf.resigned(document, by="um", method=own))
    yield orjson.dumps(shelf.resigned(document, by="um", method=other))


def _hidden_end(shelf: Shelf) -> bytes:
    document = orjson.loads(shelf.expired)
    end = {"@type": "http://www.w3.org/2001/XMLSchema#dateTime", "@value": document.pop("validUntil")}
    return orjson.dumps({**document, "https://www.w3.org/2018/credentials#validUntil": end})


def _with_undefined_term(document: bytes) -> bytes:
    return orjson.dumps({**orjson.loads(document), "honours": "first class"})


def _listed(moment: str) -> Callable[[Shelf], Mapping[str, Any]]:
    return lambda shelf: {shelf.revocation.url: orjson.loads(getattr(shelf.revocation, moment))}


def _singles_published(shelf: Shelf) -> Mapping[str, Any]:
    """All that is published, each signed document with one proof as an object."""
    return {url: {**one, "proof": one["proof"][0]} if "proof" in one else one for url, one in shelf.web.items()}


ARRAY = {"openvc": _NO_ARRAY}

GOOD = (
    Row("credential", lambda s, _: (*s.credentials, s.other_issuer), True, ARRAY),
    Row("credential, without the anchor proof", lambda s, _: [with_proofs(s.credentials[0], 0, 1)], True, ARRAY),
    Row(
        "credential, its proofs in other orders",
        lambda s, _: [with_proofs(s.credentials[0], *order) for order in ((1, 0), (1, 0, 2), (2, 1, 0), (0, 2, 1))],
        True,
        ARRAY,
    ),
    Row(
        "credential, `eddsa-rdfc-2022` alone, as an object",
        lambda s, _: [single(s.credentials[0])],
        True,
        {"vc jcs": _NO_RDFC, "openvc": _NO_ALIAS},
        _singles_published,
    ),
    Row(
        "the same as an `OpenBadgeCredential`",
        lambda s, _: [single(open_badge(s))],
        True,
        {"vc jcs": _NO_RDFC},
        _singles_published,
    ),
    Row(
        "credential, `eddsa-jcs-2022` and the anchor",
        lambda s, _: [with_proofs(s.credentials[0], 1, 2)],
        True,
        dict.fromkeys(READS_RDFC, _NO_JCS) | ARRAY,
    ),
    Row(
        "credential, written anew by Node: pretty, members sorted",
        lambda s, node: [node.reserialized(one) for one in (*s.credentials, s.award)],
        True,
        ARRAY,
    ),
    Row(
        "credential, written anew by Python's json: indented, members sorted, ASCII",
        lambda s, _: [json.dumps(json.loads(s.credentials[0]), indent=4, sort_keys=True).encode()],
        True,
        ARRAY,
    ),
    Row("award, with what it rests on", lambda s, _: [s.award, *s.components], True, ARRAY),
    Row("correction", lambda s, _: [s.correction], True, ARRAY),
    Row("endorsement", lambda s, _: [s.endorsement], True, ARRAY),
    Row("recognition decision", lambda s, _: [s.recognition], True, ARRAY),
    Row(
        "endorsement, `eddsa-rdfc-2022` alone, as an object",
        lambda s, _: [single(s.endorsement)],
        True,
        {"vc jcs": _NO_RDFC},
        _singles_published,
    ),
    Row(
        "credential of before the issuer's new key, and of after", lambda s, _: [s.award, s.after_rotation], True, ARRAY
    ),
    Row("record of one credential", lambda s, _: [s.records[1]], True, ARRAY),
    Row("record of two", lambda s, _: [s.records[2]], True, ARRAY),
    Row("record of fifty", lambda s, _: [s.records[50]], True, ARRAY | {"openbadgeslib": _TOO_LARGE}),
    Row("record, written anew by Node", lambda s, node: [node.reserialized(s.records[2])], True, ARRAY),
    Row(
        "record, `eddsa-rdfc-2022` alone, as an object",
        lambda s, _: [single(s.records[1])],
        True,
        {"vc jcs": _NO_RDFC, "openvc": _NO_RECORD},
        _singles_published,
    ),
    Row(
        "credentials in a record, each by itself",
        lambda s, _: [*members(s.records[2]), *members(s.records[50])[::10]],
        True,
        ARRAY,
    ),
    Row("status list", lambda s, _: s.status_lists, True, ARRAY),
    Row(
        "credential, before it is revoked",
        lambda s, _: [s.revocation.document],
        True,
        ARRAY,
        _listed("before"),
    ),
    Row(
        "the same, its revocation not final yet",
        lambda s, _: [s.revocation.document],
        True,
        ARRAY,
        _listed("pending"),
    ),
)

BAD = (
    Row(
        "revoked credential, one block after its revocation is final",
        lambda s, _: [s.revocation.document],
        False,
        web=_listed("after"),
    ),
    Row("credential that a correction took the place of", lambda s, _: [s.superseded], False),
    Row("credential that has expired", lambda s, _: [s.expired], False),
    Row("credential that is not valid yet", lambda s, _: [s.early], False),
    Row("credential, altered in what every document has", lambda s, _: altered(s.credentials[0]), False),
    Row(
        "credential, altered in what it says of the learner",
        lambda s, _: altered(s.credentials[0], *CLAIMS),
        False,
    ),
    Row("award, altered", lambda s, _: altered(s.award, "name", "component", "components"), False),
    Row("correction, altered", lambda s, _: altered(s.correction, "note", "components"), False),
    Row("endorsement, altered", lambda s, _: altered(s.endorsement, "comment", "endorsed", "end"), False),
    Row("recognition decision, altered", lambda s, _: altered(s.recognition, "comment", "decision", "end"), False),
    Row(
        "record, altered, or a credential in it",
        lambda s, _: altered(s.records[2], "name", "member", "member's mark", "member's proof"),
        False,
    ),
    Row("status list, a bit cleared", lambda s, _: altered(s.status_lists[0], "bits"), False),
    Row("credential, signed by another issuer's key", lambda s, _: _forged(s), False),
    Row(
        "credential, the anchor its only proof",
        lambda s, _: [with_proofs(s.credentials[0], 2)],
        False,
    ),
    Row(
        "credential with a member that no context defines", lambda s, _: [_with_undefined_term(s.credentials[0])], False
    ),
    Row(
        "expired credential, the end put under its full IRI",
        lambda s, _: [_hidden_end(s)],
        False,
        {"vc rdfc": _HIDDEN, "verifier-core": _HIDDEN},
    ),
    Row(
        "`OpenBadgeCredential` with one proof, altered",
        lambda s, _: [
            orjson.dumps({**orjson.loads(single(open_badge(s))), **change})
            for change in ({"name": "Doctor of Everything"}, {"validUntil": "2199-01-01T00:00:00Z"})
        ],
        False,
        web=_singles_published,
    ),
)

TOKENS = (
    Row("credential", lambda s, _: [s.token], True, {"openvc": _OLD_FORM}),
    Row("credential, altered", lambda s, _: altered_tokens(s.token), False),
    Row("revoked credential", lambda s, _: [s.revoked_token], False, {"jose": _SIGNATURE_ALONE}),
)

ROWS = GOOD + BAD
