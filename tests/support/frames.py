"""Whether two tables are the same: exactly, and soon."""

from __future__ import annotations

import pandas as pd


def same_frames(one: pd.DataFrame, other: pd.DataFrame) -> None:
    """Every value, type and category is the same.

    ``assert_frame_equal`` looks at the values of a categorical column one by one, a fifth of a second for a table of a
    run; here it only says what differs.
    """
    if not (one.equals(other) and _categories(one) == _categories(other)):
        pd.testing.assert_frame_equal(one, other, check_exact=True)
        raise AssertionError("the tables differ")


def _categories(frame: pd.DataFrame) -> dict[str, list[object]]:
    """In their order, which is part of a table."""
    return {
        str(name): list(dtype.categories)
        for name, dtype in frame.dtypes.items()
        if isinstance(dtype, pd.CategoricalDtype)
    }
