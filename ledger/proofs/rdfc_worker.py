"""RDF canonicalisation of documents from strangers, in a child process that may fail in our stead.

A graph of ten blank nodes, under one kilobyte of JSON, can keep RDFC-1.0 busy for hours: see `ledger.bounded_process`.
Documents of shapes that Cairn makes need no child: `known_shapes` takes linear time, and declines whatever would not.
A request is one byte and the JSON of a document; the answer is N-Quads. The byte is 0 for SHA-256, 1 for SHA-384, and 2
for SHA-256 and a document that defines terms of its own.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

import orjson

from ledger.bounded_process import BUDGET, UNAVAILABLE, BoundedProcess, Budget, ProcessRefused, serve
from ledger.documents.strict_json import JsonValue
from ledger.errors import InvalidProof
from ledger.proofs.known_shapes import canonicalize_known

_HASHES = ("sha256", "sha384")
_OWN_TERMS = 2
_TROUBLE = {
    BUDGET: ("canonicalization_budget", "the document takes too long to canonicalize"),
    UNAVAILABLE: ("canonicalization_unavailable", "the process that canonicalizes did not start"),
}


class BoundedCanonicalizer:
    """`canonicalize_rdf` in a child process with a budget. Threads may share it; they take turns.

    The child starts with the first document of a shape that is not known, and ends with `close`, with this object, or
    with the interpreter.
    """

    def __init__(self, budget: Budget | None = None) -> None:
        self._process = BoundedProcess(__name__, budget)

    def canonicalize(
        self, document: Mapping[str, JsonValue], hash_name: str = "sha256", /, *, own_terms: bool = False
    ) -> bytes:
        """RDFC-1.0 of `document`, as `rdfc.canonicalize_rdf`, and with its codes. With `own_terms`, it may define some
        inside its context: then with SHA-256 only.

        Raises InvalidProof `canonicalization_budget` when the document costs too much, and
        `canonicalization_unavailable` when no child process can be had: then nothing is known about the document.
        """
        if own_terms:
            return self._ask(_OWN_TERMS, document)
        if hash_name == "sha256" and (known := canonicalize_known(document)) is not None:
            return known
        return self._ask(_HASHES.index(hash_name), document)

    def _ask(self, kind: int, document: Mapping[str, JsonValue]) -> bytes:
        try:
            return self._process.ask(bytes([kind]) + orjson.dumps(document))
        except ProcessRefused as error:
            raise InvalidProof(*_TROUBLE.get(error.code, (error.code, str(error)))) from error

    def warm_up(self) -> None:
        """Start the child beside whatever the caller does next; the first document then need not wait for it."""
        self._process.warm_up()

    def close(self) -> None:
        """End the child process. The next document starts another."""
        self._process.close()


def _canonicalize() -> None:
    """The child."""
    for client in ("requests", "aiohttp"):
        sys.modules[client] = None  # type: ignore[assignment]  # PyLD does without, and starts in half the time
    from ledger.proofs.rdfc import canonicalize_rdf, canonicalize_with_own_terms

    def answer(request: bytes) -> bytes:
        document = orjson.loads(request[1:])
        if request[0] == _OWN_TERMS:
            return canonicalize_with_own_terms(document)
        return canonicalize_rdf(document, _HASHES[request[0]])

    serve(answer)


if __name__ == "__main__":
    _canonicalize()
