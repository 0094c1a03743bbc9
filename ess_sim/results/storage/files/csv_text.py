"""Tables as CSV, in which no text of a user's is a formula."""

from __future__ import annotations

import re

import pandas as pd

__all__ = ["csv_text", "inert"]

_FORMULA = re.compile(r"[=@\t\r]|[+-](?![\d.,]*$)")
"""How a text begins that a spreadsheet would run; a number with a sign is none (as in the report's script)."""


def inert(text: str) -> str:
    """A text that a spreadsheet shows instead of running it: with an apostrophe before it, where it needs one.

    Examples
    --------
    >>> [inert(text) for text in ("=1+1", "-A1", "-3,5", "Laval")]
    ["'=1+1", "'-A1", '-3,5', 'Laval']
    """
    return f"'{text}" if _FORMULA.match(text) else text


def csv_text(table: pd.DataFrame) -> str:
    r"""A table as commands write it: commas, points, one line a row, its texts `inert`.

    Parameters
    ----------
    table : pandas.DataFrame
        Its index is left out.

    Examples
    --------
    >>> csv_text(pd.DataFrame({"name": ["@A"], "adults": [-3]}))
    "name,adults\n'@A,-3\n"
    """
    texts = [n for n in table if not pd.api.types.is_numeric_dtype(table[n]) and table[n].dtype.kind != "M"]
    said = {str(n): [inert(x) if isinstance(x, str) else x for x in table[n]] for n in texts}
    return str(table.assign(**said).to_csv(index=False, lineterminator="\n"))
