"""Lines over time: levels of scenarios, and their differences from a baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ess_sim.arguments import checked
from ess_sim.errors import ArgumentError, did_you_mean
from ess_sim.faces.figures.parts import End, Mark, date_axis, end_labels, mark_days, value_axis
from ess_sim.faces.figures.style import COLOURS, FAINT, INK, MOST_NAMED, Page, frame, own_style
from ess_sim.faces.figures.tables import (
    about,
    digits_for,
    joined,
    labels_of,
    named,
    one_outcome,
    order_of,
    sample,
    signed,
    unit_words,
    with_columns,
)
from ess_sim.faces.words.glossary import Language
from ess_sim.faces.words.speech import Speech
from ess_sim.inputs.scenario.outcomes import OUTCOMES
from ess_sim.results.statistics.intervals import FEWEST

__all__ = [
    "Look",
    "difference",
    "difference_panel",
    "difference_words",
    "highlighted",
    "level_panel",
    "looks",
    "sample_words",
    "time",
]

LEVEL = ("scenario", "date", "outcome", "unit", "n", "mean", "low", "high", "p10", "p90")
DIFFERENCE = ("scenario", "baseline", "date", "outcome", "unit", "n", "difference", "low", "high")
_MOST_RIBBONS = 2
_LETTERS = 24
_MARGIN = 2.35
"""Inches to the right of the axes, for names."""


class Look(NamedTuple):
    """How a scenario is drawn: named and in a colour of its own, or grey among others."""

    colour: str
    highlighted: bool


def looks(order: Sequence[str], chosen: Sequence[str], *, first: bool) -> dict[str, Look]:
    """The look of each scenario; ``first``: the first one is the baseline, in black."""
    colours = iter([*([INK] if first else []), *(c for c in COLOURS if c != "#000000"), INK])
    found = {}
    for name in order:
        if name in chosen:
            found[name] = Look(next(colours, INK), True)
    return {name: found.get(name, Look(FAINT, False)) for name in order}


def highlighted(
    figure: str, order: Sequence[str], given: Sequence[str] | None, last: pd.Series[Any], always: Sequence[str] = ()
) -> list[str]:
    """Which scenarios are named: those given, else all of few, else of many the ends and those that always are.

    Raises
    ------
    ArgumentError
        For an unknown one.
    """
    if given is not None:
        for name in given:
            if name not in order:
                raise ArgumentError(f"{figure}: highlight: no scenario {name!r}{did_you_mean(name, order)}")
        return list(dict.fromkeys(given))
    if len(order) <= MOST_NAMED:
        return list(order)
    ranked = list(last.reindex(list(order)).dropna().sort_values(kind="stable").index)
    return [name for name in order if name in {*always, *ranked[:2], *ranked[-1:]}]


def _band(axes: Axes, rows: pd.DataFrame, columns: tuple[str, str], colour: str, alpha: float, z: float) -> None:
    low, high = (rows[column] for column in columns)
    axes.fill_between(rows["date"], low, high, color=colour, alpha=alpha, linewidth=0, zorder=z)


def _last(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """The last row of each scenario that has a value."""
    there = table[np.isfinite(table[column].to_numpy(float))].sort_values("date", kind="stable")
    last: pd.DataFrame = there.drop_duplicates("scenario", keep="last").set_index("scenario")
    return last


def _draw(axes: Axes, table: pd.DataFrame, column: str, look: Mapping[str, Look], *, wide: bool) -> bool:
    """Lines, with ribbons where few are named, else whiskers at the right; whether there are whiskers."""
    named_ones = [name for name, how in look.items() if how.highlighted]
    ribbons = len(named_ones) <= _MOST_RIBBONS
    last, whiskers = _last(table, column), False
    for z, (name, how) in enumerate(reversed(list(look.items()))):
        rows = table[table["scenario"] == name]
        front = 40 + z if how.highlighted else 10
        sure = bool((rows["n"] >= FEWEST).any()) and how.highlighted
        if ribbons and how.highlighted and wide and (rows["n"] > 1).any():
            _band(axes, rows, ("p10", "p90"), how.colour, 0.10, front - 30)
        if ribbons and sure:
            _band(axes, rows, ("low", "high"), how.colour, 0.24, front - 25)
        axes.plot(rows["date"], rows[column], color=how.colour, linewidth=2.0 if how.highlighted else 0.9, zorder=front)
        if sure and not ribbons and name in last.index:
            ends = [float(last[end][name]) for end in ("low", "high")]
            x = 1.008 + 0.012 * named_ones.index(name)
            beside: Any = {"transform": axes.get_yaxis_transform(), "clip_on": False}
            axes.plot([x, x], ends, color=how.colour, linewidth=2.2, **beside)
            whiskers = True
    return whiskers


def _ends(
    table: pd.DataFrame, column: str, look: Mapping[str, Look], titles: Mapping[str, str], speech: Speech, *, sign: bool
) -> list[End]:
    last = _last(table, column)
    digits = digits_for(*last[column]) if sign else 1
    ends = []
    for name, how in look.items():
        if how.highlighted and name in last.index:
            row: Any = last.loc[name]
            values = [signed(float(row[c]), digits, speech, plus=sign) for c in (column, "low", "high")]
            if not sign and row["unit"] == "%":
                values[0] = speech.say("percent", values[0])
            note = values[0] if row["n"] < FEWEST else f"{values[0]} {speech.say('interval', *values[1:])}"
            ends.append(End(float(row[column]), titles[name], note, how.colour))
    return ends


def _limits(axes: Axes, table: pd.DataFrame, columns: Sequence[str], look: Mapping[str, Look], *, zero: bool) -> None:
    """The range of all lines, of the intervals of those that are named, and of 0 where it belongs there."""
    shown = table[table["scenario"].isin([n for n, how in look.items() if how.highlighted])]
    sure = shown[list(columns)].where(shown["n"] >= FEWEST)  # else the interval is not drawn
    values = np.concatenate([table[columns[0]].to_numpy(float), sure.to_numpy(float).ravel()])
    values = values[np.isfinite(values)]
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    room = 0.06 * (high - low) or 0.5
    axes.set_ylim(low if zero and low == 0 else low - room, high if zero and high == 0 and low < 0 else high + room)


def level_panel(
    axes: Axes, table: pd.DataFrame, look: Mapping[str, Look], titles: Mapping[str, str], speech: Speech
) -> bool:
    """Levels of one outcome in given axes (see `time`), with names at the ends; whether there are whiskers."""
    spread_too = len([1 for how in look.values() if how.highlighted]) == 1
    columns = ["mean", "low", "high", *(["p10", "p90"] if spread_too else [])]
    unit = str(table["unit"].iloc[0])
    _limits(axes, table, columns, look, zero=unit == "%")
    date_axis(axes, table["date"])
    whiskers = _draw(axes, table, "mean", look, wide=spread_too)
    per_cent = unit == "%"
    value_axis(axes, lambda v: speech.say("percent", speech.figure(v)) if per_cent else speech.figure(v))
    frame(axes)
    size = len([1 for how in look.values() if how.highlighted])
    end_labels(
        axes, _ends(table, "mean", look, titles, speech, sign=False), letters=_LETTERS, gap=5.0 * size * whiskers
    )
    return whiskers


def difference_panel(
    axes: Axes, table: pd.DataFrame, look: Mapping[str, Look], titles: Mapping[str, str], speech: Speech
) -> bool:
    """Differences of one outcome in given axes (see `difference`), with names; whether there are whiskers."""
    _limits(axes, table, ["difference", "low", "high"], look, zero=True)
    date_axis(axes, table["date"])
    axes.axhline(0, color=INK, linewidth=1.2, zorder=8)
    whiskers = _draw(axes, table, "difference", look, wide=False)
    value_axis(axes, lambda v: ("+" if v > 0 else "−" if v < 0 else "") + speech.figure(abs(v)))
    frame(axes)
    size = len([1 for how in look.values() if how.highlighted])
    ends = _ends(table, "difference", look, titles, speech, sign=True)
    end_labels(axes, ends, letters=_LETTERS, gap=5.0 * size * whiskers)
    return whiskers


def sample_words(table: pd.DataFrame, look: Mapping[str, Look], key: str, whiskers: bool, speech: Speech) -> str:
    """What the lines and bands are, in a sentence: how many runs, what the bands mean, how many are grey."""
    n, grey = int(table["n"].max()), len([1 for how in look.values() if not how.highlighted])
    few = len(look) - grey <= _MOST_RIBBONS
    parts = [sample(n, key, speech)]
    if n >= FEWEST:
        parts.append(speech.say("whiskers" if whiskers else "ribbons"))
    if n > 1 and len(look) - grey == 1 and few and "p10" in table.columns:
        parts.append(speech.say("wide_ribbon"))
    if grey:
        parts.append(speech.say("in_grey_one") if grey == 1 else speech.say("in_grey", grey))
    return joined(parts, speech)


def _page(title: str, subtitle: str, note: str, marks: Sequence[Mark]) -> tuple[Page, Axes]:
    above = 0.16 * min(len(marks), 3)
    page = Page(8.6, 4.0 + above, title, subtitle, [note])
    return page, page.axes(0.62, 0.42, 8.6 - 0.62 - _MARGIN, 3.42)


@checked
@own_style()
def time(
    table: pd.DataFrame,
    *,
    outcome: str | None = None,
    lang: Language = "en",
    names: Mapping[str, str] | None = None,
    marks: Sequence[Mark] = (),
    highlight: Sequence[str] | None = None,
    title: str | None = None,
) -> Figure:
    """Levels of an outcome over time, one line a scenario.

    Parameters
    ----------
    table : pandas.DataFrame
        What `levels` returns: ``scenario``, ``date``, ``outcome``, ``unit``, ``n``, ``mean``, ``low``, ``high``,
        ``p10``, ``p90``. The first scenario is drawn in black, as the baseline.
    outcome : str, optional
        By default the first of the table.
    lang : {'en', 'fr'}
    names : mapping of str to str, optional
        Titles of scenarios, by their names.
    marks : sequence of (date, str), optional
        Days to mark, of an opening say, and what happened then.
    highlight : sequence of str, optional
        Scenarios to name and draw in colours; the others are grey. By default all of up to five; of more the first and
        those with the highest and lowest values at the end.
    title : str, optional
        By default what the outcome means.

    Returns
    -------
    matplotlib.figure.Figure
        Bands are drawn of two scenarios at most, else the intervals of the last date stand beside the ends.

    Raises
    ------
    ArgumentError
        If the table lacks a column, has no rows, or no such outcome or scenario.
    """
    speech = Speech("figures", lang)
    rows = one_outcome("time", with_columns("time", table, LEVEL, "ess_sim.figures.levels"), outcome)
    order = order_of(rows)
    look = looks(order, highlighted("time", order, highlight, _last(rows, "mean")["mean"], order[:1]), first=True)
    what = title or about(str(rows["outcome"].iloc[0]), speech)
    unit = str(rows["unit"].iloc[0])
    whiskers = sum(how.highlighted for how in look.values()) > _MOST_RIBBONS
    note = sample_words(rows, look, "mean_of", whiskers, speech)
    page, axes = _page(what, "" if unit == "%" else unit_words(unit, speech), note, marks)
    level_panel(axes, rows, look, labels_of(order, names), speech)
    mark_days(axes, marks)
    return page.figure


@checked
@own_style()
def difference(
    table: pd.DataFrame,
    *,
    outcome: str | None = None,
    lang: Language = "en",
    names: Mapping[str, str] | None = None,
    marks: Sequence[Mark] = (),
    highlight: Sequence[str] | None = None,
    title: str | None = None,
) -> Figure:
    """Paired differences from the baseline over time, one line a scenario.

    Parameters
    ----------
    table : pandas.DataFrame
        What `ess_sim.compare` returns for many dates (``dates=results.recorded(name)``): ``scenario``, ``baseline``,
        ``date``, ``outcome``, ``unit``, ``n``, ``difference``, ``low``, ``high``.
    outcome, lang, names, marks, highlight, title
        As for `time`.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ArgumentError
        As for `time`.
    """
    speech = Speech("figures", lang)
    rows = one_outcome("difference", with_columns("difference", table, DIFFERENCE, "ess_sim.compare"), outcome)
    order = order_of(rows)
    look = looks(
        order, highlighted("difference", order, highlight, _last(rows, "difference")["difference"]), first=False
    )
    head, below = difference_words(rows, names, speech)
    whiskers = sum(how.highlighted for how in look.values()) > _MOST_RIBBONS
    note = sample_words(rows, look, "difference_of", whiskers, speech)
    page, axes = _page(title or head, below, note, marks)
    difference_panel(axes, rows, look, labels_of(order, names, order_of(rows, "baseline")), speech)
    mark_days(axes, marks)
    return page.figure


def difference_words(rows: pd.DataFrame, names: Mapping[str, str] | None, speech: Speech) -> tuple[str, str]:
    """Title and subtitle of differences of one outcome: what it is, from what, in which unit, which way is better."""
    outcome = str(rows["outcome"].iloc[0])
    bases = order_of(rows, "baseline")
    what = about(outcome, speech)
    head = (
        speech.say("difference_title", what, named(bases, names)[bases[0]])
        if len(bases) == 1
        else speech.say("difference_of_each", what)
    )
    lower = outcome not in OUTCOMES or OUTCOMES[outcome].lower_is_better
    unit = unit_words(str(rows["unit"].iloc[0]), speech)
    return head, speech.say("lower_is_better" if lower else "higher_is_better", unit[:1].upper() + unit[1:])
