"""Puts documents before the judges and remembers what they said, so that tests and report ask each question once."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import orjson

from ledger.documents import contexts, schemas
from tests.interop.node_judges import NodeJudges, Opinion
from tests.interop.python_judges import PythonJudges
from tests.interop.rows import Row
from tests.interop.shelf import Shelf, fill

PYTHON_JUDGES = ("openbadgeslib", "openvc")


class Court:
    """The judges with the shelf. Use it with `with`; `folder` is where the office works."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._opinions: dict[tuple[Row, str], tuple[Opinion, ...]] = {}
        self._documents: dict[Row, tuple[bytes, ...]] = {}

    def __enter__(self) -> Court:
        self.shelf: Shelf = fill(self._folder)
        self.web = dict(self.shelf.web)
        self.node = NodeJudges().__enter__()
        self._brief(self.node)
        self._python = PythonJudges(self.web)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.node.__exit__(kind, error, trace)
        self.shelf.office.database.close()

    def documents(self, row: Row) -> tuple[bytes, ...]:
        """The documents of a row, made once."""
        if row not in self._documents:
            self._documents[row] = tuple(row.make(self.shelf, self.node))
        return self._documents[row]

    def opinions(self, row: Row, judge: str) -> tuple[Opinion, ...]:
        """What a judge says of each document of a row."""
        key = (row, judge)
        if key not in self._opinions:
            self._publish(dict(row.web(self.shelf)) if row.web else {})
            try:
                self._opinions[key] = tuple(self._judge(judge, document) for document in self.documents(row))
            finally:
                self._publish(self.shelf.web if row.web else {})
        return self._opinions[key]

    def looked_up(self, row: Row, judge: str) -> set[str]:
        """What a judge asks for who has seen nothing before: some keep what they read, for seconds or for good."""
        if judge in PYTHON_JUDGES:
            return {url for one in self.opinions(row, judge) for url in one.asked}
        with NodeJudges() as newcomer:
            self._brief(newcomer)
            return {url for document in self.documents(row) for url in newcomer.judge(judge, document).asked}

    def shape(self, judge: str, document: bytes, schema: str | None = None) -> Opinion:
        """What a judge of shapes says: `jsonld safe`, `jsonld safe, older badges`, or `ajv` with a schema's file."""
        if schema is None:
            return self.node.judge(judge, document)
        return self.node.judge(judge, document, schema=schema_address(schema))

    def _brief(self, node: NodeJudges) -> None:
        node.give({url: contexts.load(url) for url in contexts.CONTEXTS} | all_schemas())
        node.give(self.web)

    def _judge(self, judge: str, document: bytes) -> Opinion:
        match judge:
            case "openbadgeslib":
                return self._python.openbadgeslib(document)
            case "openvc":
                return self._python.openvc(document)
            case _:
                return self.node.judge(judge, document)

    def _publish(self, documents: dict[str, object]) -> None:
        if documents:
            self.web.update(documents)
            self.node.give(documents)


def schema_address(file: str) -> str:
    """Where a bundled schema is found on the judges' web."""
    return f"https://schemas.example/{file}"


def all_schemas() -> dict[str, object]:
    return {schema_address(name): orjson.loads(content) for name, content in schemas.files()}
