"""Where a difference comes from: the flows that moved residents, one below the other until they make the whole."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ess_sim.arguments import checked
from ess_sim.errors import ArgumentError
from ess_sim.faces.figures.parts import wrapped
from ess_sim.faces.figures.style import COLOURS, GREY, INK, Page, own_style
from ess_sim.faces.figures.tables import digits_for, joined, labels_of, named, order_of, sample, signed, with_columns
from ess_sim.faces.words.glossary import Language, phrases
from ess_sim.faces.words.speech import Speech, plain
from ess_sim.results.statistics.intervals import FEWEST

__all__ = ["decomposition"]

_MOST = 4
_ROW, _SIDE, _WIDE, _HEAD = 0.3, 2.05, 2.35, 0.55
_WORDS_WIDE = 1.75
"""Inches to the right of bars, for numbers."""
_SMALL = 0.01
"""Flows below this part of the largest one in all scenarios are drawn together."""


@checked
@own_style()
def decomposition(
    table: pd.DataFrame,
    *,
    measure: Literal["residents", "points"] = "residents",
    lang: Language = "en",
    names: Mapping[str, str] | None = None,
    title: str | None = None,
) -> Figure:
    """The difference in residents without MT as steps, a flow each, down to the total.

    Parameters
    ----------
    table : pandas.DataFrame
        What `ess_sim.by_flow` returns without groups, of up to four scenarios one below the other (`pandas.concat`):
        ``scenario``, ``baseline``, ``date``, ``cause``, ``n``, and ``residents`` with ``half_width`` or ``points`` with
        ``points_half_width``.
    measure : {'residents', 'points'}
        Numbers of residents, or percentage points of the share without MT.
    lang : {'en', 'fr'}
    names : mapping of str to str, optional
        Titles of scenarios, by their names.
    title : str, optional

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ArgumentError
        If the table lacks a column, has no rows, or is divided by groups.
    """
    speech = Speech("figures", lang)
    half = "half_width" if measure == "residents" else "points_half_width"
    needed = ("scenario", "baseline", "date", "cause", "n", measure, half)
    rows = with_columns("decomposition", table, needed, "ess_sim.by_flow")
    if rows.duplicated(["scenario", "baseline", "date", "cause"]).any():
        raise ArgumentError("decomposition: more than one row of a cause: choose one group, or by_flow without `by`")
    pairs = rows.drop_duplicates(["scenario", "baseline", "date"])[["scenario", "baseline", "date"]].head(_MOST)
    bases = order_of(rows, "baseline")
    titles, full = labels_of(order_of(rows), names, bases), named(bases, names)
    rows = rows.assign(value=rows[measure].astype(float), half=rows[half].astype(float))
    causes, small = _causes(rows)
    labels = [*causes, *(["small_causes"] if small else []), "total"]
    side, each = _SIDE, _WIDE + _WORDS_WIDE
    n = int(rows["n"].max())
    note = [sample(n, "difference_of", speech), *([speech.say("bars")] if n >= FEWEST else []), speech.say("fewer")]
    firsts = pairs[["baseline", "date"]].drop_duplicates()
    alike = len(firsts) == 1
    against = [
        speech.say("flow_subtitle", full[str(b)], speech.date(pd.Timestamp(day).date()))
        for b, day in pairs[["baseline", "date"]].itertuples(index=False)
    ]
    page = Page(
        side + len(pairs) * each + 0.1,
        _HEAD + len(labels) * _ROW + 0.35,
        title or speech.say("flow_title" if measure == "residents" else "flow_title_points"),
        against[0] if alike else "",
        [joined(note, speech)],
    )
    limits = _limits(rows, pairs, causes)
    for i, (scenario, baseline, day) in enumerate(pairs.itertuples(index=False)):
        axes = page.axes(side + i * each, 0.3, _WIDE, len(labels) * _ROW)
        here = rows[(rows["scenario"] == scenario) & (rows["baseline"] == baseline) & (rows["date"] == day)]
        _steps(axes, here.set_index(here["cause"].astype(str)), causes, small, limits, speech, label=i == 0)
        where: Any = {"xycoords": "axes fraction", "textcoords": "offset points"}
        texts = [*wrapped(titles[str(scenario)], 44, 2), *([] if alike else wrapped(against[i], 56, 1))]
        for k, text in enumerate(reversed(texts)):
            note_text = axes.annotate(text, (0, 1), (0, 4 + 11 * k), **where)
            grey = k == 0 and not alike
            note_text.set(
                fontsize=7.5 if grey else 8.5, color=GREY if grey else INK, fontweight="normal" if grey else "bold"
            )
    return page.figure


def _causes(rows: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Flows that are drawn, in the table's order, and those that are too small for a bar of their own."""
    size = (
        rows.assign(cause=rows["cause"].astype(str), size=rows["value"].abs())
        .groupby("cause", sort=False)["size"]
        .max()
    )
    size = size.drop("total", errors="ignore").fillna(0.0)
    least = _SMALL * float(size.max() or 0.0)
    return [c for c in size.index if size[c] > least], [c for c in size.index if 0 < size[c] <= least]


def _limits(rows: pd.DataFrame, pairs: pd.DataFrame, causes: list[str]) -> tuple[float, float]:
    ends = [0.0]
    for scenario, baseline, day in pairs.itertuples(index=False):
        here = rows[(rows["scenario"] == scenario) & (rows["baseline"] == baseline) & (rows["date"] == day)]
        value = here.set_index(here["cause"].astype(str))["value"].reindex([*causes, "total"]).fillna(0.0)
        sums = value[causes].cumsum()
        ends += [*sums, value["total"]]
    low, high = min(ends), max(ends)
    room = 0.08 * (high - low) or 1.0
    return low - room, high + room


def _steps(
    axes: Axes,
    rows: pd.DataFrame,
    causes: list[str],
    small: list[str],
    limits: tuple[float, float],
    speech: Speech,
    *,
    label: bool,
) -> None:
    """Bars of one scenario, each beginning where the one above ends."""
    known = phrases("figures")
    total = rows["value"].get("total", math.nan)
    bars = [(f"cause_{c}", float(rows["value"].get(c, math.nan)), float(rows["half"].get(c, math.nan))) for c in causes]
    if small:
        bars.append(("small_causes", float(rows["value"].reindex(small).sum()), math.nan))
    bars.append(("cause_total", float(total), float(rows["half"].get("total", math.nan))))
    digits = digits_for(*(v for _, v, _ in bars))
    at, sure = 0.0, int(rows["n"].max()) >= FEWEST
    axes.set_xlim(*limits)
    axes.set_ylim(len(bars) - 0.45, -0.55)
    axes.axvline(0, color=INK, linewidth=0.9, zorder=1)
    for y, (key, value, half) in enumerate(bars):
        last = y == len(bars) - 1
        start = 0.0 if last else at
        colour = COLOURS[0] if value < 0 else COLOURS[1]
        axes.barh(y, value, left=start, height=0.62, color=colour, alpha=1.0 if last else 0.65, linewidth=0, zorder=3)
        if not last and np.isfinite(value):
            at = start + value
            axes.plot([at, at], [y, y + 0.9], color=GREY, linewidth=0.7, zorder=2)
        if sure and math.isfinite(half):
            end = start + value
            axes.plot([end - half, end + half], [y, y], color=INK, linewidth=1.1, zorder=4)
        texts = (
            [signed(x, digits, speech) for x in (value, value - half, value + half)] if math.isfinite(value) else ["–"]
        )
        said = f"{texts[0]} {speech.say('interval', *texts[1:])}" if sure and math.isfinite(half) else texts[0]
        where: Any = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points", "annotation_clip": False}
        bold = "bold" if last else "normal"
        axes.annotate(said, (1, y), (6, 0), **where).set(fontsize=8, va="center", fontweight=bold)
        if label:
            name = speech.say(key) if key in known else plain(key.removeprefix("cause_"))
            axes.annotate(name, (0, y), (-6, 0), **where).set(fontsize=8.5, va="center", ha="right", fontweight=bold)
    axes.axhline(len(bars) - 1.5, color="#BBBBBB", linewidth=0.8)
    axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(lambda v, _: ("+" if v > 0 else "−" if v < 0 else "") + speech.figure(abs(v)))
    axes.set_yticks([])
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(colors=GREY, labelcolor="black", labelsize=8)
