"""The inputs of a run, those of one kind together: how good they are, and which local figures would help most."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from ess_sim.faces.explanation.commented import LOCAL_FIGURES
from ess_sim.faces.words.glossary import glossary
from ess_sim.faces.words.speech import Speech

__all__ = ["GRADES", "Input", "counts_of", "inputs_of", "label_of", "value_of", "wished"]


GRADES = ("A", "B", "C", "D")


class Input(NamedTuple):
    """Figures of one key and origin.

    Attributes
    ----------
    key : str
    low, high : float
        Smallest and largest value; of people, both are their sum.
    unit : str
    grade : str
        ``"C–D"`` where they have several.
    given : bool
    source : str
        The first one's, where there are several.
    """

    key: str
    low: float
    high: float
    unit: str
    grade: str
    given: bool
    source: str


_PEOPLE = ("residents", "GPs", "retired GPs", "adults", "adults on its list")
"""Units of figures that add up."""

_MOST_WISHED = 3


def inputs_of(figures: pd.DataFrame, *, by_grade: bool = True) -> list[Input]:
    """One entry a key and origin, and a grade if wished, in the order of the figures."""
    found = []
    for _, rows in figures.groupby(["key", "given", "grade"] if by_grade else ["key", "given"], sort=False):
        first, values, grades = rows.iloc[0], rows["value"], sorted(set(rows["grade"]))
        low, high = (values.sum(), values.sum()) if first["unit"] in _PEOPLE else (values.min(), values.max())
        grade = "–".join(dict.fromkeys((grades[0], grades[-1])))
        found.append(Input(first["key"], low, high, first["unit"], grade, bool(first["given"]), first["source"]))
    return found


def counts_of(figures: pd.DataFrame) -> dict[bool, dict[str, int]]:
    """Number of inputs by whether the scenario states them, and by grade."""
    counts = {given: dict.fromkeys(GRADES, 0) for given in (True, False)}
    for each in inputs_of(figures):
        counts[each.given][each.grade] += 1
    return counts


def wished(figures: pd.DataFrame) -> list[str]:
    """Keys for which local figures would help most: assumptions and estimates, those too that a new file states."""
    weak = {each.key for each in inputs_of(figures) if each.grade in "CD"}
    weak.discard("supply.gp_ages")  # no key of a file says them
    return [key for key in LOCAL_FIGURES if key in weak][:_MOST_WISHED]


def label_of(key: str, speech: Speech, unit: str = "") -> str:
    """What an input is called, in this unit if that makes a difference; one without words keeps its key."""
    words = glossary().inputs.get(f"{key}, {unit}") or glossary().inputs.get(key)
    return words.to(speech.lang) if words else key.rpartition(".")[2]


def value_of(each: Input, speech: Speech) -> str:
    """The value of an input, a range where there are several."""
    of = 100.0 if (share := each.unit.startswith("share")) else 1.0
    ends = [end * of for end in dict.fromkeys((each.low, each.high))]
    text = "–".join(speech.number(end, 1 if share or end != round(end) else 0) for end in ends)
    return speech.say("percent", text) if share else text
