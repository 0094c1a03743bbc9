"""Rows of a table, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

__all__ = ["each"]


def each(frame: pd.DataFrame) -> Iterator[Any]:
    """The rows, with columns as attributes.

    >>> [row.a for row in each(pd.DataFrame({"a": [1, 2]}))]
    [1, 2]
    """
    yield from frame.itertuples(index=False)
