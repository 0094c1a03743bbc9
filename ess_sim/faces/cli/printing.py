"""Tables and caveats on the standard output."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd

from ess_sim.results.results import Results
from ess_sim.results.statistics.intervals import FEWEST

__all__ = ["basis", "print_caveats", "print_records", "print_table", "shown", "without_matplotlib"]


def shown(value: object) -> str:
    r"""A value as it is printed: texts of a results folder may be a stranger's, and must not act on the terminal.

    >>> shown("Laval\x1b[31m\n99 %\u200b")
    'Laval\\x1b[31m\\n99 %\\u200b'
    """
    return _ACTING.sub(lambda found: repr(found[0])[1:-1], str(value))


_ACTING = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]")
"""Characters that end a line, move a cursor, colour what follows, turn the direction of reading, or are not seen."""


def without_matplotlib(error: Exception) -> str:
    """What there is to say of a figure when matplotlib cannot be imported."""
    why = (str(error).splitlines() or [""])[0][:200]
    return f"left out: matplotlib cannot start ({type(error).__name__}: {why}); see MPLBACKEND and your matplotlibrc"


def basis(n: int) -> str:
    """What numbers rest on, and what stands in brackets behind them."""
    if n == 1:
        return "one replication: no interval can be stated"
    if n < FEWEST:
        return f"mean of {n} replications: too few for an interval (from {FEWEST} on)"
    return f"mean of {n} replications [95 % interval]"


def print_table(table: pd.DataFrame) -> None:
    """Columns side by side in their full width: piped output must not depend on a terminal."""
    columns = [[shown(name), *map(shown, table[name])] for name in table.columns]
    widths = [max(map(len, column)) for column in columns]
    for row in zip(*columns, strict=True):
        print("  ".join(value.ljust(width) for value, width in zip(row, widths, strict=True)).rstrip())


def print_records(records: list[dict[str, str]]) -> None:
    """A table of records and an empty line."""
    print_table(pd.DataFrame(records))
    print()


def print_caveats(results: Results) -> None:
    """What the numbers rest on, repeated wherever they are printed."""
    grade_d = sorted({name for names in results.grade_d.values() for name in names})
    if grade_d:
        print(f"These results rest on {len(grade_d)} grade-D parameters (assumptions), listed in manifest.json.")
    for text in _together(text for texts in results.assumed.values() for text in texts):
        print(f"assumed: {shown(text)}")


_NUMBER = re.compile(r"(?<=: )[0-9]+(?=, from )")
_GRADED = "assumption (grade D): "


def _together(texts: Iterable[str]) -> list[str]:
    """Each text once; what differs between parameter draws by one number is one text with the range of it."""
    found: dict[str, list[int]] = {}
    for text in texts:
        number = _NUMBER.search(text)
        alike = _NUMBER.sub("{}", text)
        alike = f"{alike.removeprefix(_GRADED)} (grade D)" if alike.startswith(_GRADED) else alike
        numbers = found.setdefault(alike, [])
        numbers += [int(number[0])] if number else []
    return [
        text.replace("{}", str(min(n)) if min(n) == max(n) else f"{min(n)} to {max(n)}") if n else text
        for text, n in found.items()
    ]
