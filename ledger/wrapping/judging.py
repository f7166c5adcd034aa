"""Judging what came out of a file: one result for each thing in it, in its order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.errors import MalformedDocument
from ledger.wrapping.unwrapping import Form, Unreadable, Wrapped, form_of

T = TypeVar("T")

Item = Wrapped | Unreadable


def gives_several(data: bytes, items: Sequence[Item]) -> bool:
    """Whether to answer with a list: for an archive always, however much is in it."""
    return len(items) > 1 or form_of(data) is Form.ZIP


def judge_each(
    items: Sequence[Item], judge: Callable[[Sequence[bytes]], Sequence[T | MalformedDocument]]
) -> list[T | MalformedDocument]:
    """What `judge` says of each item, in their order; of what could not be read, why. It is asked once, for all.

    Raises MalformedDocument where nothing at all can be read: with its own code for a single item, and
    `archive_without_credential` for several.
    """
    judged = iter(judge([item.content for item in items if isinstance(item, Wrapped)]))
    results = [next(judged) if isinstance(item, Wrapped) else item.error for item in items]
    errors = [result for result in results if isinstance(result, MalformedDocument)]
    if len(errors) < len(results):
        return results
    if len(errors) == 1:
        raise errors[0]
    message = f"none of the {len(errors)} files inside is a credential; the first: {errors[0]}"
    raise MalformedDocument("archive_without_credential", message)


def shown(item: Item, result: Mapping[str, JsonValue] | MalformedDocument) -> JsonObject:
    """One result as JSON: the file's name and form, and the members of the result, or `error` with code and message."""
    named: JsonObject = {"name": item.name}
    if isinstance(item, Wrapped):
        named["form"] = item.form.value
    if isinstance(result, MalformedDocument):
        return named | {"error": {"code": result.code, "message": str(result)}}
    return named | dict(result)
