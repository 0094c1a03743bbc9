"""What the figures read of a table: its columns, one outcome, the order and names of its scenarios."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from ess_sim.errors import ArgumentError, did_you_mean
from ess_sim.faces.words.glossary import glossary
from ess_sim.faces.words.speech import Speech, apart, plain
from ess_sim.inputs.scenario.outcomes import OUTCOMES
from ess_sim.results.statistics.intervals import FEWEST

__all__ = [
    "about",
    "digits_for",
    "group_names",
    "labels_of",
    "named",
    "one_outcome",
    "order_of",
    "signed",
    "unit_words",
    "with_columns",
]


_LONG = 44
"""Letters of a title from which on all leave out the words with which all begin."""


def with_columns(figure: str, table: pd.DataFrame, needed: Sequence[str], made_by: str) -> pd.DataFrame:
    """The table, if it has rows and all columns that a figure needs.

    Raises
    ------
    ArgumentError
        Otherwise, in one line.
    """
    if missing := [name for name in needed if name not in table.columns]:
        near = did_you_mean(missing[0], map(str, table.columns))
        what = f"no column{'s' if len(missing) > 1 else ''} {', '.join(map(repr, missing))}{near}"
        raise ArgumentError(f"{figure}: the table has {what}; {made_by} makes one")
    if table.empty:
        raise ArgumentError(f"{figure}: the table has no rows")
    return table


def one_outcome(figure: str, table: pd.DataFrame, outcome: str | None) -> pd.DataFrame:
    """The rows of one outcome: the one named, else the first.

    Raises
    ------
    ArgumentError
        If the table has no rows of it.
    """
    known = [str(name) for name in pd.unique(table["outcome"])]
    wanted = known[0] if outcome is None else outcome
    if wanted not in known:
        raise ArgumentError(f"{figure}: no rows of outcome {wanted!r}{did_you_mean(wanted, known)}")
    return table[table["outcome"] == wanted]


def order_of(table: pd.DataFrame, column: str = "scenario") -> list[str]:
    """Its scenarios (or other names), in the order of their first rows."""
    return [str(name) for name in pd.unique(table[column])]


def named(order: Iterable[str], names: Mapping[str, str] | None) -> dict[str, str]:
    """What each scenario is called in the picture: its title where one is given, else its name, on one line."""
    given = names or {}
    return {name: plain(given.get(name) or name) for name in order}


def labels_of(order: Sequence[str], names: Mapping[str, str] | None, bases: Sequence[str] = ()) -> dict[str, str]:
    """What each scenario is called beside its line or row: where a title is long, without the words that all share.

    Parameters
    ----------
    order : sequence of str
        Scenarios of the picture.
    names : mapping of str to str, optional
        Their titles.
    bases : sequence of str
        What they are compared with, and what a head names in full.

    Examples
    --------
    >>> where = "Communauté de communes du Sud Nivernais"
    >>> titles = {"a": f"{where}, no policy", "b": f"{where}, SMP"}
    >>> labels_of(["a", "b"], titles)
    {'a': 'No policy', 'b': 'SMP'}
    """
    full = named(dict.fromkeys([*order, *bases]), names)
    return dict(zip(full, apart(list(full.values()), _LONG), strict=True))


def about(outcome: str, speech: Speech) -> str:
    """What an outcome means, beginning with a capital letter; its name where it is not one of the package's."""
    what = OUTCOMES.get(outcome)
    text = plain(outcome) if what is None else what.about_fr if speech.lang == "fr" else what.about
    return text[:1].upper() + text[1:]


def unit_words(unit: str, speech: Speech) -> str:
    """A unit in words: ``pp`` is points."""
    if unit == "pp":
        return speech.say("points")
    return glossary().units_fr.get(unit, unit) if speech.lang == "fr" else unit


def group_names(table: pd.DataFrame, speech: Speech) -> list[str]:
    """What the group of each row is called: zones by their names, other groups in the language of the picture."""
    words = {
        "ald": ("without_ald", "with_ald"),
        "precarious": ("not_precarious", "precarious"),
    }
    kinds = [name for name in ("zone", "departement", "age_band", "ald", "precarious") if name in table.columns]
    if not kinds or not {"ald", "precarious", "age_band"} & {*kinds} or {"zone", "departement"} & {*kinds}:
        return [plain(name) for name in table["group"]]

    def one(kind: str, value: Any) -> str:
        return speech.say(words[kind][int(value)]) if kind in words else speech.say("aged", value)

    return [", ".join(one(kind, row[kind]) for kind in kinds) for _, row in table[kinds].iterrows()]


def digits_for(*values: float) -> int:
    """Digits after the decimal point with which values of this size are said.

    >>> digits_for(0.4), digits_for(12.5, -3), digits_for(700)
    (2, 1, 0)
    """
    largest = max((abs(v) for v in values if math.isfinite(v)), default=0.0)
    return 2 if largest < 2 else 1 if largest < 100 else 0


def signed(value: float, digits: int, speech: Speech, *, plus: bool = True) -> str:
    """A number with its sign.

    >>> signed(-1.25, 1, Speech("figures", "fr")), signed(0.04, 1, Speech("figures", "en"))
    ('−1,2', '0.0')
    """
    text = speech.number(abs(value), digits)
    if not any(c in "123456789" for c in text):
        return text
    return f"−{text}" if value < 0 else f"+{text}" if plus else text


def joined(parts: Sequence[str], speech: Speech) -> str:
    """Parts of a note as one sentence.

    >>> joined(["Mean of 20 runs", "bars: 95 %"], Speech("figures", "en"))
    'Mean of 20 runs; bars: 95 %.'
    """
    text = parts[0]
    for part in parts[1:]:
        text = speech.say("then", text, part)
    return speech.say("sentence", text)


def sample(n: int, key: str, speech: Speech) -> str:
    """How many runs a mean is of, in the words of ``key``; that they are too few for an interval where they are."""
    if n >= FEWEST:
        return speech.say(key, speech.number(n))
    return speech.say("of_few", n) if n > 1 else speech.say("of_one")
