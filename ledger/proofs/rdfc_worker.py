"""RDF canonicalisation of documents from strangers, in a child process that may fail in our stead.

A graph of ten blank nodes, under one kilobyte of JSON, can keep RDFC-1.0 busy for hours: see `ledger.bounded_process`.
Documents of shapes that Cairn makes need no child: `known_shapes` takes linear time, and declines whatever would not.
A request is one byte for the hash (0 for SHA-256, 1 for SHA-384) and the JSON of a document; the answer is N-Quads.
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

    def canonicalize(self, document: Mapping[str, JsonValue], hash_name: str = "sha256", /) -> bytes:
        """RDFC-1.0 of `document`, as `rdfc.canonicalize_rdf`, and with its codes.

        Raises InvalidProof `canonicalization_budget` when the document costs too much, and
        `canonicalization_unavailable` when no child process can be had: then nothing is known about the document.
        """
        if hash_name == "sha256" and (known := canonicalize_known(document)) is not None:
            return known
        request = bytes([_HASHES.index(hash_name)]) + orjson.dumps(document)
        try:
            return self._process.ask(request)
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
    from ledger.proofs.rdfc import canonicalize_rdf

    serve(lambda request: canonicalize_rdf(orjson.loads(request[1:]), _HASHES[request[0]]))


if __name__ == "__main__":
    _canonicalize()
