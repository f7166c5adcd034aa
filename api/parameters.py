"""Parameters of paths and queries, each with one spelling: `1_0`, `٣` and `1e3` are not numbers here."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Path, Query
from pydantic import BeforeValidator

INTEGER = re.compile(r"[0-9]{1,18}", re.ASCII)


def plain_integer(value: object) -> object:
    if isinstance(value, str) and INTEGER.fullmatch(value) is None:
        raise ValueError("must be a number in plain digits")
    return value


HexId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", examples=["6f1c9a52c0e94c2f9f0a3c1f6f0e7b21"])]
Slug = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$", examples=["usm"])]
BatchId = Annotated[int, BeforeValidator(plain_integer), Path(ge=1, le=10**15, examples=[1])]
WholeNumber = Annotated[int, BeforeValidator(plain_integer), Path(ge=0, le=10**9, examples=[0])]
Offset = Annotated[int, BeforeValidator(plain_integer), Query(ge=0, le=10**9)]
Limit = Annotated[int, BeforeValidator(plain_integer), Query(ge=1, le=1000)]
