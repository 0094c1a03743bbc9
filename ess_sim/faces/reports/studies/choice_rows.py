"""Mixes that a choice under a budget finished: what its picture, its page and its printed tables all show."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import pandas as pd

from ess_sim.analysis.budget.choice import BudgetChoice
from ess_sim.inputs.scenario.outcomes import OUTCOMES

__all__ = [
    "BASELINE",
    "SAME",
    "Marked",
    "beyond",
    "differences",
    "finished",
    "left_out",
    "marked",
    "next_run",
    "room_left",
    "stairs",
    "would_fit",
]


BASELINE = "baseline"
"""The mix without policies."""
SAME = "the same as "
"""How the note of a unit begins that does what another does."""


class Marked(NamedTuple):
    """A mix that a picture names.

    Attributes
    ----------
    mix : str
    names : tuple of str
        ``chosen``, and the rules of thumb that take it.
    """

    mix: str
    names: tuple[str, ...]


_COLUMNS = ("mix", "effect", "effect_low", "effect_high", "euro_a_year", "worst_year", "unknown", "runs", "runs_over")


def finished(
    front: pd.DataFrame, candidates: pd.DataFrame | None = None, rules: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Every mix with figures from fresh replications, each once, by cost.

    Parameters
    ----------
    front, candidates, rules : pandas.DataFrame
        Of a `BudgetChoice`, or its files.

    Returns
    -------
    pandas.DataFrame
        Columns that they share, ``on_front``, and ``over``: whether it exceeds the budget in a run.
    """
    tables = [table for table in (front, candidates, rules) if table is not None and len(table)]
    each = pd.concat([table[list(_COLUMNS)] for table in tables]).drop_duplicates("mix")
    on_front = dict(zip(front["mix"], front["on_front"], strict=True))
    each = each.assign(
        unknown=each["unknown"].fillna(""),
        on_front=[bool(on_front.get(mix, False)) for mix in each["mix"]],
        over=each["runs_over"] > 0,
    )
    return each.sort_values(["euro_a_year", "mix"], kind="stable", ignore_index=True)


def marked(candidates: pd.DataFrame | None = None, rules: pd.DataFrame | None = None) -> list[Marked]:
    """The chosen mix and those of the rules of thumb, each mix once with all of its names."""
    names: dict[str, list[str]] = {}
    if candidates is not None:
        for mix in candidates.loc[candidates["status"] == "chosen", "mix"]:
            names.setdefault(str(mix), []).append("chosen")
    if rules is not None:
        for rule, mix in zip(rules["rule"], rules["mix"], strict=True):
            names.setdefault(str(mix), []).append(str(rule))
    return [Marked(mix, tuple(of)) for mix, of in names.items()]


def stairs(mixes: pd.DataFrame, until: float) -> tuple[list[float], list[float]]:
    """The frontier as a line: from each mix on it that effect is to be had, until a dearer one does more.

    >>> on = pd.DataFrame({"euro_a_year": [0.0, 5.0], "effect": [-1.0, -2.0], "on_front": [True, True]})
    >>> stairs(on, 8.0)
    ([0.0, 5.0, 5.0, 8.0], [-1.0, -1.0, -2.0, -2.0])
    """
    on = mixes[mixes["on_front"]].sort_values("euro_a_year", kind="stable")
    x: list[float] = []
    y: list[float] = []
    for cost, effect in zip(on["euro_a_year"].tolist(), on["effect"].tolist(), strict=True):
        x += [cost, cost] if y else [cost]
        y += [y[-1], effect] if y else [effect]
    return (x, y) if not y else ([*x, max(until, x[-1])], [*y, y[-1]])


def beyond(budget: float, mixes: pd.DataFrame) -> bool:
    """Whether a budget lies so far beyond all costs that a picture with it would show nothing else."""
    return budget > 3 * max(float(mixes["worst_year"].max()), 1.0)


def differences(mix: str, chosen: str) -> tuple[list[str], list[str]] | None:
    """What a mix has less and more than the chosen one; None where to name all of it is shorter, and of the baseline.

    >>> differences("a + c + d", "a + b + c"), differences("a", "a + b + c"), differences("a + b", "a + b")
    ((['b'], ['d']), None, ([], []))
    """
    if BASELINE in (mix, chosen):
        return None
    mine, theirs = Counter(mix.split(" + ")), Counter(chosen.split(" + "))
    less, more = theirs - mine, mine - theirs
    if (less + more).total() >= mine.total():
        return None
    return list(less.elements()), list(more.elements())


def left_out(units: pd.DataFrame) -> list[tuple[str, int]]:
    """Why units were not to be chosen among, and how many of them; those that do what another does as one reason."""
    notes = Counter(str(note) for note in units["note"] if note and not str(note).startswith(SAME))
    alike = int(units["note"].str.startswith(SAME).sum())
    return [*notes.most_common(), *([(f"{SAME}another", alike)] if alike else [])]


def next_run(runs: int) -> float:
    """How often a further run may exceed what none of some runs has, with 95 % confidence: the rule of three.

    >>> round(next_run(60), 3)
    0.049
    """
    return float(1 - 0.05 ** (1 / runs)) if runs else 1.0


def room_left(found: BudgetChoice) -> float:
    """What of the budget the chosen mix leaves in the dearest year of all runs, or over the horizon in their mean."""
    if found.costs is None or not len(found.costs):
        return found.budget
    cost = found.costs["mean" if found.over_horizon else "worst"]
    return found.budget - float(cost.mean() if found.over_horizon else cost.max())


def would_fit(found: BudgetChoice) -> tuple[pd.DataFrame, pd.Series | None]:
    """Of the units that help alone, are to be chosen among and not in the chosen mix: what the room left would pay for.

    Returns
    -------
    DataFrame
        Those that cost no more alone, in their dearest year; the cheapest first.
    Series or None
        The cheapest of the others.
    """
    chosen = str(found.candidates.loc[found.candidates["status"] == "chosen", "mix"].iloc[0])
    units = found.units
    helps = units["effect_high"] < 0 if OUTCOMES[found.outcome].lower_is_better else units["effect_low"] > 0
    free = units[helps & (units["note"] == "") & ~units["unit"].isin(chosen.split(" + "))]
    free = free.sort_values("worst_year", kind="stable")
    fits = free["worst_year"] <= room_left(found)
    dear = free[~fits]
    return free[fits], None if dear.empty else dear.iloc[0]
