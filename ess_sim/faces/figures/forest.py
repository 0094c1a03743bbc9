"""Many differences in one picture: a row each, sorted, with their intervals."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ess_sim.arguments import checked
from ess_sim.faces.figures.lines import DIFFERENCE, difference_words
from ess_sim.faces.figures.parts import wrapped
from ess_sim.faces.figures.style import COLOURS, GREY, INK, Page, own_style
from ess_sim.faces.figures.tables import (
    digits_for,
    group_names,
    joined,
    labels_of,
    one_outcome,
    order_of,
    sample,
    signed,
    with_columns,
)
from ess_sim.faces.words.glossary import Language
from ess_sim.faces.words.speech import Speech
from ess_sim.inputs.scenario.outcomes import OUTCOMES
from ess_sim.results.comparison.pairing import wanted_dates
from ess_sim.results.statistics.intervals import FEWEST

__all__ = ["bar_words", "forest", "forest_panel", "limits_of"]

_MOST_DATES = 3
_ROW = 0.36
_LETTERS = 44


@checked
@own_style()
def forest(
    table: pd.DataFrame,
    *,
    outcome: str | None = None,
    dates: Any = None,
    lang: Language = "en",
    names: Mapping[str, str] | None = None,
    most: int = 40,
    title: str | None = None,
) -> Figure:
    """Differences of scenarios, or of groups, with intervals: a row each, the best first.

    Parameters
    ----------
    table : pandas.DataFrame
        What `ess_sim.compare` returns, with ``by`` or without: ``scenario``, ``baseline``, ``date``, ``outcome``,
        ``unit``, ``n``, ``difference``, ``low``, ``high``; with ``p_holm`` the adjusted p of the last date, with
        ``group`` a row for each group.
    outcome : str, optional
        By default the first of the table.
    dates : date or sequence of date, optional
        Up to three, side by side; by default the last.
    lang : {'en', 'fr'}
    names : mapping of str to str, optional
        Titles of scenarios, by their names.
    most : int
        Most rows: of more, those with the largest differences are shown, and a note says so.
    title : str, optional

    Returns
    -------
    matplotlib.figure.Figure
        A circle is hollow where the interval includes 0.

    Raises
    ------
    ArgumentError, ResultsError
        If the table lacks a column, has no rows, no such outcome, or a date is not in it.
    """
    speech = Speech("figures", lang)
    rows = one_outcome("forest", with_columns("forest", table, DIFFERENCE, "ess_sim.compare"), outcome)
    known = pd.DatetimeIndex(rows["date"].unique()).sort_values()
    days = [known[-1]] if dates is None else wanted_dates(known, dates)[:_MOST_DATES]
    rows = _labelled(rows, labels_of(order_of(rows), names, order_of(rows, "baseline")), speech)
    last = rows[rows["date"] == days[-1]]
    lower = _lower(rows)
    ranked = last.assign(size=last["difference"].abs()).sort_values("size", ascending=False, kind="stable")
    shown = ranked.head(most).sort_values("difference", ascending=lower, kind="stable", na_position="last")
    labels = list(shown["label"])
    head, below = difference_words(rows, names, speech)
    wide, side, right = 2.1 if len(days) > 1 else 3.4, 3.05, 2.5 if "p_holm" in rows.columns else 1.9
    width = side + len(days) * wide + 0.25 * (len(days) - 1) + right
    page = Page(width, 0.62 + _ROW * len(labels), title or head, below, [_note(rows, len(last), len(labels), speech)])
    limits = limits_of(rows[rows["date"].isin(days) & rows["label"].isin(labels)])
    for i, day in enumerate(days):
        axes = page.axes(side + i * (wide + 0.25), 0.3, wide, _ROW * len(labels))
        here = rows[rows["date"] == day].set_index("label").reindex(labels)
        forest_panel(axes, here, limits, speech, label=i == 0, words=i == len(days) - 1, lower=lower)
        axes.set_title(speech.date(day.date()), fontsize=9.5, color=INK, loc="left", pad=4)
    return page.figure


def _lower(rows: pd.DataFrame) -> bool:
    outcome = str(rows["outcome"].iloc[0])
    return outcome not in OUTCOMES or OUTCOMES[outcome].lower_is_better


def _labelled(rows: pd.DataFrame, titles: Mapping[str, str], speech: Speech) -> pd.DataFrame:
    """Rows with what each is called: its scenario, its group, or both; none twice at a date."""
    scenario = [titles[str(name)] for name in rows["scenario"]]
    if "group" not in rows.columns:
        words = scenario
    else:
        groups = group_names(rows, speech)
        many = rows["scenario"].nunique() > 1
        words = [f"{g} · {s}" for g, s in zip(groups, scenario, strict=True)] if many else groups
    found = rows.assign(label=words)
    twice = found.duplicated(["date", "label"], keep=False)
    found.loc[twice, "label"] += " (" + found.loc[twice, "scenario"].astype(str) + ")"
    return found


def limits_of(rows: pd.DataFrame) -> tuple[float, float]:
    """The range of differences and intervals, and 0, with some room."""
    values = rows[["difference", "low", "high"]].to_numpy(float)
    values = values[np.isfinite(values)]
    low, high = min(0.0, *values), max(0.0, *values) if len(values) else 1.0
    room = 0.05 * (high - low) or 0.5
    return low - room, high + room


def forest_panel(
    axes: Axes,
    rows: pd.DataFrame,
    limits: tuple[float, float],
    speech: Speech,
    *,
    label: bool,
    words: bool,
    lower: bool,
    letters: int = _LETTERS,
) -> None:
    """One date: rows from the top, their names to the left, their numbers to the right.

    Parameters
    ----------
    axes : Axes
    rows : pandas.DataFrame
        Index: names; ``difference``, ``low``, ``high``, ``n``, perhaps ``p_holm``.
    limits : (float, float)
        Of the values.
    speech : Speech
    label, words : bool
        Whether names and numbers are written.
    lower : bool
        Whether lower is better, and blue.
    letters : int
        Longest line of a name.
    """
    axes.set_xlim(*limits)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.axvline(0, color=INK, linewidth=1.0)
    digits = digits_for(*rows["difference"])
    for y, (name, row) in enumerate(rows.iterrows()):
        value, low, high = (float(row[c]) for c in ("difference", "low", "high"))
        sure = row["n"] >= FEWEST and math.isfinite(low)
        open_ = sure and low <= 0 <= high
        colour = GREY if open_ or value == 0 else COLOURS[0] if (value < 0) == lower else COLOURS[1]
        if y % 2 == 0:
            axes.axhspan(y - 0.5, y + 0.5, color="#F4F6F8", linewidth=0, zorder=0)
        if sure:
            axes.plot([low, high], [y, y], color=colour, linewidth=2.2, solid_capstyle="butt", zorder=3)
        axes.plot([value], [y], "o", ms=6, color=colour, mfc="white" if open_ else colour, mew=1.6, zorder=4)
        if label:
            text = "\n".join(wrapped(str(name), letters))
            axes.annotate(text, (0, y), (-8, 0), xycoords=("axes fraction", "data"), textcoords="offset points").set(
                fontsize=8.5, ha="right", va="center", linespacing=1.05, annotation_clip=False
            )
        if words:
            said = _said(value, low, high, digits, speech, sure=sure)
            p = row.get("p_holm", math.nan)
            if math.isfinite(p):
                said += f"   p {speech.say('below_p') if p < 0.001 else speech.number(p, 3)}"
            axes.annotate(said, (1, y), (8, 0), xycoords=("axes fraction", "data"), textcoords="offset points").set(
                fontsize=8.5, va="center", annotation_clip=False
            )
    axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(lambda v, _: ("+" if v > 0 else "−" if v < 0 else "") + speech.figure(abs(v)))
    axes.set_yticks([])
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(colors=GREY, labelcolor="black", labelsize=8.5)


def _said(value: float, low: float, high: float, digits: int, speech: Speech, *, sure: bool) -> str:
    texts = [signed(x, digits, speech) for x in (value, low, high)]
    if not math.isfinite(value):
        return "–"
    return f"{texts[0]} {speech.say('interval', *texts[1:])}" if sure else texts[0]


def _note(rows: pd.DataFrame, there: int, shown: int, speech: Speech) -> str:
    n = int(rows["n"].max())
    parts = [sample(n, "difference_of", speech), *bar_words(rows, speech)]
    if shown < there:
        parts.append(speech.say("left_out", shown, there))
    return joined(parts, speech)


def bar_words(rows: pd.DataFrame, speech: Speech) -> list[str]:
    """What bars, hollow circles and p are; nothing where there are too few runs for them."""
    if int(rows["n"].max()) < FEWEST:
        return []
    return [speech.say("bars"), speech.say("hollow"), *([speech.say("p_holm")] if "p_holm" in rows.columns else [])]
