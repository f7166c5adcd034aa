"""JSON values for property tests."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
INTEGERS = st.integers(-(2**53) + 1, 2**53 - 1)


def _decimal(digits: int, places: int) -> float:
    return float(digits / 10**places)


DECIMALS = st.builds(_decimal, st.integers(-(10**9), 10**9), st.integers(1, 3)).filter(lambda x: not x.is_integer())
"""Decimals that the strict loader takes: at most 12 significant digits and no exponent."""


def _nested(scalars: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        scalars,
        lambda values: st.lists(values, max_size=5) | st.dictionaries(TEXTS, values, max_size=5),
        max_leaves=20,
    )


PLAIN_VALUES = _nested(st.none() | st.booleans() | INTEGERS | DECIMALS | TEXTS)
"""Values that the strict loader reads."""

PLAIN_OBJECTS = st.dictionaries(TEXTS, PLAIN_VALUES, max_size=6)

ANY_VALUES = _nested(
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64)
    | st.floats()
    | st.text(st.characters(exclude_categories=[]), max_size=20)
)
"""Values that a Python program may hold, whether or not JSON has a form for them."""
