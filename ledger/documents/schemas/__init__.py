"""The JSON Schemas that 1EdTech publishes for Open Badges 3.0 and CLR 2.0 (draft 2019-09), bundled unchanged.

`README.md` says where the files come from. Nothing is fetched: each schema is complete in itself.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from ledger.documents.strict_json import JsonObject

if TYPE_CHECKING:
    from jsonschema_rs import Draft201909Validator

_FILES = {
    "ClrCredential": "clr_v2p0_clrcredential_schema.json",
    "EndorsementCredential": "ob_v3p0_endorsementcredential_schema.json",
    "AchievementCredential": "ob_v3p0_achievementcredential_schema.json",
    "OpenBadgeCredential": "ob_v3p0_achievementcredential_schema.json",
}
_MAX_PROBLEMS = 20
_MAX_TEXT = 200


def schema_problems(document: JsonObject) -> list[str]:
    """What the schema of the document's type finds wrong: up to 20 sentences, each with a JSON pointer; none if valid.

    A document of none of the three types has one problem: that there is no schema for it. Values are never repeated.
    Credentials inside a record are only checked as far as the record's own schema does.
    """
    types = document.get("type")
    names = types if isinstance(types, list) else [types]
    file = next((file for name, file in _FILES.items() if name in names), None)
    if file is None:
        return ["/type: not an AchievementCredential, EndorsementCredential or ClrCredential"]
    problems = []
    for error in _validator(file).iter_errors(document):
        pointer = "/" + "/".join(map(str, error.instance_path))
        problems.append(f"{pointer[:_MAX_TEXT]}: {error.message[:_MAX_TEXT]}")
        if len(problems) == _MAX_PROBLEMS:
            break
    return problems


def files() -> list[tuple[str, bytes]]:
    """The schema files by name, with their bytes."""
    return [(name, (resources.files(__package__) / name).read_bytes()) for name in sorted(set(_FILES.values()))]


@cache
def _validator(file: str) -> Draft201909Validator:
    import orjson
    from jsonschema_rs import Draft201909Validator

    schema = orjson.loads((resources.files(__package__) / file).read_bytes())
    return Draft201909Validator(schema, validate_formats=True, mask="the value")
