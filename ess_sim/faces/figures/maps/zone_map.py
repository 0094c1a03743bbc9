"""Maps of zones: contours in colours, dots where there are none, far parts of the territory in frames of their own."""

from __future__ import annotations

import math
from collections.abc import Mapping
from os import PathLike
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm, Colormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ess_sim.arguments import checked
from ess_sim.errors import ArgumentError
from ess_sim.faces.figures.maps.ground import Ground, draw_ground, ground_of
from ess_sim.faces.figures.parts import wrapped
from ess_sim.faces.figures.style import GREY, INK, Page, own_style
from ess_sim.faces.figures.tables import (
    about,
    joined,
    labels_of,
    named,
    one_outcome,
    order_of,
    unit_words,
    with_columns,
)
from ess_sim.faces.words.glossary import Language
from ess_sim.faces.words.speech import Speech
from ess_sim.inputs.scenario.outcomes import OUTCOMES
from ess_sim.results.statistics.intervals import FEWEST

__all__ = ["zone_map"]

Value = Literal["difference", "residents", "mean_scenario", "mean_baseline"]
_NEEDED = ("scenario", "baseline", "date", "outcome", "unit", "n", "zone", "low", "high")
_MOST_PANELS = 6
_LEVELS, _MINUTES = colormaps["YlOrBr"], colormaps["YlGnBu"]
_DIFFERENCES = colormaps["RdBu_r"]  # blue: less, which most outcomes are better for
_SIDE = 3.0
"""Inches of a panel."""


class Scale(NamedTuple):
    """Colours of values, in steps."""

    colours: Colormap
    norm: BoundaryNorm


@checked
@own_style()
def zone_map(
    table: pd.DataFrame,
    *,
    value: Value = "difference",
    outcome: str | None = None,
    lang: Language = "en",
    names: Mapping[str, str] | None = None,
    geojson: str | PathLike[str] | None = None,
    positions: Mapping[str, tuple[float, float]] | None = None,
    title: str | None = None,
) -> Figure:
    """Values of zones on a map: a panel for each scenario and date, on one scale of colours.

    Parameters
    ----------
    table : pandas.DataFrame
        What `ess_sim.compare` returns with ``by="zone"``: ``scenario``, ``baseline``, ``date``, ``outcome``, ``unit``,
        ``n``, ``zone``, ``low``, ``high``, the column of the value, and ``group``, the zones' names. The first six
        pairs of scenario and date are drawn.
    value : {'difference', 'residents', 'mean_scenario', 'mean_baseline'}
        Column to draw: of differences, zones whose 95 % interval includes 0 are hatched.
    outcome, lang, names, title
        As for `time`.
    geojson : path, optional
        A user's own contours (see `ess_sim.inputs.territory.contours`).
    positions : mapping of str to (longitude, latitude), optional
        Where zones lie that have no contour: a dot is drawn there. Communes are known.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ArgumentError
        If the table lacks a column, has no rows or no such outcome, or no zone can be placed.
    TerritoryError
        If the GeoJSON cannot be used.
    """
    speech = Speech("figures", lang)
    needed = [*_NEEDED, value, *(["residents_low", "residents_high"] if value == "residents" else [])]
    rows = one_outcome("zone_map", with_columns("zone_map", table, needed, 'ess_sim.compare(…, by="zone")'), outcome)
    bases = order_of(rows, "baseline")
    titles = labels_of(order_of(rows), names, bases)
    panels = _panels(rows, value)
    ground = ground_of(rows, geojson, positions)
    if not ground.placed:
        raise ArgumentError(
            "zone_map: no zone has a contour or a position: geojson gives contours, "
            "positions gives (longitude, latitude)"
        )
    compared = value in ("difference", "residents")
    scale = _scale(rows, value, compared)
    columns = min(3, len(panels))
    lines = -(-len(panels) // columns)
    head_room = 0.5
    bar, wide = 0.6, _SIDE * (1.6 if len(panels) == 1 else 1.15 if len(panels) == 2 else 1.0)
    high = wide * ground.ratio
    page = Page(
        max(0.3 + columns * wide, 5.2),
        bar + lines * (high + head_room),
        title or _title(rows, value, named(bases, names), speech),
        "",
        [_note(rows, ground, compared, speech)],
    )
    shift = (page.width - columns * wide) / 2
    for i, (name, day) in enumerate(panels):
        row, column = divmod(i, columns)
        bottom = bar + (lines - 1 - row) * (high + head_room)
        axes = page.axes(shift + column * wide + 0.05, bottom, wide - 0.1, high)
        here = rows[(rows["scenario"] == name) & (rows["date"] == day)].set_index("zone")
        draw_ground(axes, ground, here[value], scale.colours, scale.norm, _unsure(here, value) if compared else set())
        shown = here["baseline"].iloc[0] if value == "mean_baseline" else name
        text = [*wrapped(titles[str(shown)], int(11 * wide), 2), speech.date(pd.Timestamp(day).date())]
        where: Any = {"xycoords": "axes fraction", "textcoords": "offset points"}
        for k, part in enumerate(reversed(text)):
            note = axes.annotate(part, (0, 1), (0, 3 + 11 * k), **where)
            note.set(fontsize=8.5, color=GREY if k == 0 else INK, fontweight="normal" if k == 0 else "bold")
    _bar(page, scale, value, str(rows["unit"].iloc[0]), compared, speech)
    return page.figure


def _panels(rows: pd.DataFrame, value: str) -> list[tuple[str, Any]]:
    """Scenario and date of each panel; of the baseline's level one a date."""
    pairs = list(dict.fromkeys(zip(rows["scenario"].astype(str), rows["date"], strict=True)))
    if value == "mean_baseline":
        of_date = {(rows.loc[rows["scenario"] == s, "baseline"].iloc[0], day): (s, day) for s, day in reversed(pairs)}
        pairs = list(reversed(of_date.values()))
    return pairs[:_MOST_PANELS]


def _scale(rows: pd.DataFrame, value: str, compared: bool) -> Scale:
    """Steps of round numbers that cover nearly all values; for differences as far below 0 as above."""
    found = rows[value].to_numpy(float)
    found = found[np.isfinite(found)]
    if not len(found):
        found = np.zeros(1)
    steps: Any
    if value == "residents":  # a town has many, most villages few
        ends = [k * 10.0**e for e in range(6) for k in (1, 3)]
        most = next((i for i, end in enumerate(ends) if end >= np.quantile(np.abs(found), 0.98)), len(ends) - 1)
        half = np.array(ends[max(0, most - 3) : max(4, most + 1)])
        steps, colours = np.concatenate([-half[::-1], half]), _DIFFERENCES
    elif compared:
        end = max(float(np.quantile(np.abs(found), 0.98)), 1e-9)
        steps = MaxNLocator(7, steps=[1, 2, 2.5, 5, 10]).tick_values(-end, end)
        step = steps[1] - steps[0]
        half = np.arange(math.ceil(end / step - 1e-9)) * step + step / 2  # 0 lies within a step of its own
        steps = np.concatenate([-half[::-1], half])
        better = str(rows["outcome"].iloc[0])
        lower = better not in OUTCOMES or OUTCOMES[better].lower_is_better
        colours = _DIFFERENCES if lower else colormaps["RdBu"]
    else:
        low, high = (float(x) for x in np.quantile(found, [0.02, 0.98]))
        steps = MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]).tick_values(low, max(high, low + 1e-9))
        colours = _MINUTES if str(rows["unit"].iloc[0]) == "minutes" else _LEVELS
    return Scale(colours, BoundaryNorm(steps, colours.N, extend="both"))


def _unsure(here: pd.DataFrame, value: str) -> set[str]:
    """Zones whose interval includes 0."""
    low, high = ("residents_low", "residents_high") if value == "residents" else ("low", "high")
    within = (here[low] <= 0) & (here[high] >= 0) & (here["n"] >= FEWEST)
    return {str(zone) for zone in here.index[within]}


def _bar(page: Page, scale: Scale, value: str, unit: str, compared: bool, speech: Speech) -> None:
    axes = page.axes(max(0.4, page.width / 2 - 2.0), 0.36, min(4.0, page.width - 0.8), 0.12)
    bar = page.figure.colorbar(
        ScalarMappable(scale.norm, scale.colours), cax=axes, orientation="horizontal", ticks=scale.norm.boundaries
    )
    outline: Any = bar.outline
    outline.set_visible(False)
    per_cent = unit in ("%", "pp") and not compared

    def said(v: float, _: float) -> str:
        sign = "" if not compared or not v else "+" if v > 0 else "−"
        text = sign + speech.figure(round(abs(v), 4))
        return speech.say("percent", text) if per_cent else text

    bar.ax.xaxis.set_major_formatter(said)
    bar.ax.tick_params(labelsize=8, length=0, labelcolor="black")
    words = speech.say("value_residents") if value == "residents" else "" if per_cent else unit_words(unit, speech)
    bar.ax.set_xlabel(words, fontsize=8.5, labelpad=1)


def _title(rows: pd.DataFrame, value: str, titles: Mapping[str, str], speech: Speech) -> str:
    what = about(str(rows["outcome"].iloc[0]), speech)
    bases = order_of(rows, "baseline")
    if value in ("mean_scenario", "mean_baseline"):
        return what
    return (
        speech.say("difference_title", what, titles[bases[0]])
        if len(bases) == 1
        else speech.say("difference_of_each", what)
    )


def _note(rows: pd.DataFrame, ground: Ground, compared: bool, speech: Speech) -> str:
    n = int(rows["n"].max())
    key = "difference_of" if compared else "mean_of"
    parts = [
        speech.say(key, speech.number(n)) if n >= FEWEST else speech.say("of_few", n) if n > 1 else speech.say("of_one")
    ]
    if compared and n >= FEWEST:
        parts.append(speech.say("hatched"))
    if rows[[c for c in ("difference", "mean_scenario") if c in rows.columns]].isna().any(axis=None):
        parts.append(speech.say("unknown_value"))
    if ground.dots:
        parts.append(speech.say("dots"))
    if len(ground.frames) > 1:
        parts.append(speech.say("frames"))
    if ground.unplaced:
        few = len(ground.unplaced) == 1
        parts.append(speech.say("unplaced_one") if few else speech.say("unplaced", len(ground.unplaced)))
    return joined(parts, speech)
