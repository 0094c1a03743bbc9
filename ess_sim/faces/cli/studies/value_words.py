"""The value of information, printed and drawn."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from ess_sim.analysis.worth.worth import Worth
from ess_sim.faces.cli.parts.printing import print_records, shown
from ess_sim.faces.cli.studies.drawing import draw
from ess_sim.inputs.catalogue.parameters import catalogue

__all__ = ["draw_value", "print_value"]


_MOST = 12
"""Rows of a kind that are printed; all are in the file."""


_SURE, _NEARLY_ALL = 0.05, 0.995


def print_value(worth: Worth) -> None:
    """The decision, what it would be worth to know, and which measurement would help most."""
    print(shown(f"decision: {worth.decision}, among {len(worth.choices)} scenarios") + "\n")
    digits = _digits_apart(worth.choices["mean"])
    print_records([_choice(row, digits) for row in worth.choices.itertuples(index=False)])
    print(
        "expected gain from knowing before choosing [95 % interval], and the 95th percentile of what shuffled draws "
        "show, which know nothing\n"
    )
    table = worth.table
    for kinds in (("all", "group"), ("parameter",)):
        rows = table[table["kind"].isin(kinds)]
        some = rows[(rows["value"] > 0) | (rows["kind"] == "all")].head(_MOST)
        if len(some):
            print_records([_record(row) for row in some.itertuples(index=False)])
        if left := len(rows) - len(some):
            more = "more " if len(some) else ""
            what, each, are = (f"{kinds[-1]}s", "each ", "are") if left > 1 else (kinds[-1], "", "is")
            print(f"{left} {more}{what}, {each}worth {_at_most(rows, some)}, {are} in value.csv\n")
    for line in conclusion(worth):
        print(shown(line))


def _choice(row: Any, digits: int) -> dict[str, str]:
    return {
        "scenario": row.scenario,
        "mean [95 % interval]": _interval(row.mean, row.low, row.high, digits, row.unit),
        "best in": f"{100 * row.best:.0f} % of draws",
    }


def _at_most(rows: Any, some: Any) -> str:
    return "nothing" if not rows.drop(some.index)["value"].any() else "no more"


def conclusion(worth: Worth) -> list[str]:
    """What follows, in sentences."""
    whole: Any = next(worth.table.itertuples(index=False))
    lines = []
    if worth.choices["best"].max() >= _NEARLY_ALL and not worth.measure:
        lines.append(
            f"{worth.best} is expected to be best in all {whole.draws} draws: within the ranges that were drawn no "
            "decision hangs on a parameter, and no measurement would change it."
        )
    elif not worth.measure:
        first: Any = next(worth.table[worth.table["kind"] == "parameter"].itertuples(index=False))
        largest = f" The largest, {first.name}, has an adjusted p of {first.p_holm:.2g}." if first.value > 0 else ""
        lines.append(
            f"No single parameter shows more than shuffled draws do: with {whole.draws} draws, none can be named whose "
            f"measurement would help.{largest}"
        )
    else:
        top: Any = next(worth.table[worth.table["name"] == worth.measure].itertuples(index=False))
        p = catalogue()[worth.measure]
        lines.append(f"The measurement that would help most: {worth.measure} ({p.unit}, grade {p.grade}). {p.note}")
        lines.append(f"  It is worth {_amount(top)}{_in_people(top, worth)}.")
        sure = worth.table[(worth.table["value"] > 0) & (worth.table["p_holm"] <= _SURE)]
        for kind, words in (("parameter", "also"), ("group", "groups")):
            names = [str(n) for n in sure.loc[sure["kind"] == kind, "name"] if n != worth.measure]
            if names:
                more = ", ".join(names)
                lines.append(f"  {words} above what shuffled draws show, in an order that is not sure: {more}")
    lines.append(f"EVPI, of all {whole.parameters} parameters together, is {_amount(whole)}{_in_people(whole, worth)}.")
    digits = _digits(worth.at_most)
    lines.append(
        f"  The regression explains up to {100 * whole.explained:.0f} % of the variance of a difference between draws. "
        f"If nothing were chance, it would be {_number(worth.at_most, digits if round(worth.at_most, digits) else 0)} "
        f"{whole.unit}."
    )
    lines.append("This is the value of knowing parameters, not chance; how they could be measured is not known here.")
    return [*lines, *(f"note: {note}" for note in worth.notes)]


def _amount(row: Any) -> str:
    return _interval(row.value, row.low, row.high, _digits(row.value, row.high), row.unit)


def _in_people(row: Any, worth: Worth) -> str:
    if not math.isfinite(row.people):
        return ""
    people = _interval(row.people, row.people_low, row.people_high, _digits(row.people, row.people_high), "people")
    years = "" if worth.decision.startswith("the highest net") else ", and as many resident-years a year while it lasts"
    return f": {people} ({worth.people_words}{years})"


def _record(row: Any) -> dict[str, str]:
    digits = _digits(row.value, row.high)
    found = {
        "to know": row.name if row.kind != "group" else f"{row.name} ({row.parameters})",
        "grade": row.grade,
        f"gain, {row.unit}": _interval(row.value, row.low, row.high, digits),
        "shuffled": _number(row.null_high, digits),
        "adjusted p": f"{row.p_holm:.2g}" if row.value > 0 else "–",
    }
    if math.isfinite(row.people):
        found["people"] = _number(row.people, _digits(row.people))
    return found


def _interval(value: float, low: float, high: float, digits: int, unit: str = "") -> str:
    text = f"{_number(value, digits)} [{_number(low, digits)}, {_number(high, digits)}]"
    return f"{text} {unit}".strip()


def _digits(*values: float) -> int:
    """As many decimals as show two digits of the largest."""
    largest = max((abs(v) for v in values if math.isfinite(v)), default=0.0)
    return 0 if largest >= 10 or largest == 0 else min(5, 1 - math.floor(math.log10(largest)))


def _digits_apart(means: Iterable[float]) -> int:
    """As many decimals as tell the choices apart, one more than those of a large number at most.

    >>> _digits_apart([11.9, 11.0]), _digits_apart([0.0, 250_000.0]), _digits_apart([11.0, 11.0])
    (1, 0, 0)
    """
    values = list(means)
    many = _digits(*values)
    return max(many, min(many + 1, _digits(max(values) - min(values)))) if max(values) > min(values) else many


def _number(value: float, digits: int) -> str:
    text = f"{value:,.{digits}f}"
    return text.lstrip("-") if float(text.replace(",", "")) == 0 else text.replace("-", "−")


def draw_value(worth: Worth, path: Path) -> str:
    """The figure; returns what there is to say of it."""
    return draw(_figure, [path], worth.table)[0]


def _figure() -> Callable[..., Any]:
    from ess_sim.faces.figures.studies.worth import worth

    return worth
