"""Public cost and adult-years without MT, drawn on the cost-effectiveness plane."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ess_sim.arguments import checked
from ess_sim.faces.figures.style import (
    COLOURS,
    DASHES,
    GREY,
    MARKERS,
    NOTE_HEIGHT,
    frame,
    legend,
    own_style,
    target_file,
    written,
)
from ess_sim.faces.figures.tables import labels_of, named
from ess_sim.faces.words.glossary import Language
from ess_sim.faces.words.speech import Speech, short
from ess_sim.results.comparison.pairing import observations
from ess_sim.results.statistics.intervals import FEWEST, mean_region

__all__ = ["plot_costs"]

_LETTERS = 48
"""In a row of a panel's title."""
_LONGEST = 70
"""Letters of a scenario's name in the legend."""
_LONGEST_NOTE = 190


@checked
@own_style()
def plot_costs(
    pairs: pd.DataFrame,
    curve: pd.DataFrame,
    path: Path | str,
    *,
    baseline: str | None = None,
    thresholds: Sequence[float] = (),
    notes: Sequence[str] = (),
    lang: Language = "en",
    names: Mapping[str, str] | None = None,
) -> Path:
    """Draw the cost-effectiveness plane and the acceptability curves of scenarios.

    Parameters
    ----------
    pairs : pandas.DataFrame
        ``scenario``, ``draw``, ``replication``, ``gain`` (resident-years with MT), ``cost`` (net public, euro), of one
        discount rate; with several draws the points of each are averaged.
    curve : pandas.DataFrame
        ``scenario``, ``threshold`` (euro), ``mean``, ``low``, ``high`` (shares).
    path : path
        PNG, SVG or PDF file to write, by its suffix; replaced where it exists.
    baseline : str, optional
        What the scenarios are compared with, for the title; by default each with its own baseline.
    thresholds : sequence of float
        Euro per resident-year that a line marks in the plane.
    notes : sequence of str
        Up to two lines below the panels.
    lang : {'en', 'fr'}
    names : mapping of str to str, optional
        Titles of scenarios, by their names.

    Returns
    -------
    pathlib.Path
        The file written.

    Raises
    ------
    ResultsError
        For another suffix, or a file that cannot be written.
    """
    target, speech = target_file(path), Speech("figures", lang)
    each = ["scenario", observations(pairs["draw"])]
    points = pairs.groupby(each, sort=False)[["gain", "cost"]].mean().reset_index()
    order = list(dict.fromkeys(points["scenario"]))
    figure = Figure(figsize=(12.0, 5.8), dpi=150, facecolor="white")
    FigureCanvasAgg(figure)
    plane, odds = figure.subplots(1, 2)
    titles = labels_of(order, names, [] if baseline is None else [baseline])
    plane_panel(plane, points, order, thresholds, titles, speech)
    base = "" if baseline is None else named([baseline], names)[baseline]
    than = speech.say("costs_title", base) if base else speech.say("costs_title_each")
    rows = textwrap.wrap(than, _LETTERS, max_lines=2, placeholder="…")
    plane.set_title("\n".join(rows), loc="left", fontsize=12, fontweight="bold")
    acceptability_panel(odds, curve, order, speech)
    below = legend(figure, plane, len(order), len(notes))
    for line, note in enumerate(reversed(notes)):
        figure.text(0.012, 0.016 + NOTE_HEIGHT * line, short(note, _LONGEST_NOTE), fontsize=8.5, color=GREY)
    figure.tight_layout(rect=(0, below, 1, 1), w_pad=3)
    return written(figure, target)


def plane_panel(
    axes: Axes,
    points: pd.DataFrame,
    order: Sequence[str],
    thresholds: Sequence[float],
    titles: Mapping[str, str],
    speech: Speech,
) -> None:
    """Gain and cost of each pair of runs, with a region of 95 % for their mean."""
    scale, unit = (1e6, "million_euro") if points["cost"].abs().max() >= 1e6 else (1e3, "euro")
    for z, name in enumerate(reversed(order)):
        i = order.index(name)
        gain, cost = (points.loc[points["scenario"] == name, c].to_numpy(float) for c in ("gain", "cost"))
        colour, marker = COLOURS[i % len(COLOURS)], MARKERS[i % len(MARKERS)]
        axes.scatter(gain, cost / scale, s=16, color=colour, marker=marker, alpha=0.4, linewidths=0, zorder=10 + z)
        if len(gain) >= FEWEST:
            outline = mean_region(gain, cost / scale)
            axes.fill(*outline.T, facecolor=colour, alpha=0.15, linewidth=0, zorder=20 + z)
            axes.plot(*outline.T, color=colour, linewidth=1.4, zorder=30 + z)
        mean = axes.scatter(gain.mean(), cost.mean() / scale, s=85, color=colour, marker=marker, zorder=50 + z)
        mean.set_edgecolor("white")
        mean.set_label(short(titles[name], _LONGEST))
    axes.margins(0.08)
    axes.axhline(0, color="black", linewidth=1)
    axes.axvline(0, color="black", linewidth=1)
    right, top = axes.get_xlim()[1], axes.get_ylim()[1]
    for threshold in thresholds:
        if threshold and right > 0 and top > 0:
            axes.axline((0, 0), slope=threshold / scale, color=GREY, linewidth=0.9, linestyle=(0, (4, 3)), zorder=5)
            near_the_end = 0.92 * min(right, top * scale / threshold)
            label = axes.text(
                near_the_end,
                threshold * near_the_end / scale,
                speech.say("euro_sign", speech.number(threshold)),
                zorder=6,
            )
            label.set(fontsize=8.5, color=GREY, ha="center", va="center")
            label.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 1.5})
    axes.set_xlabel(speech.say("costs_x"))
    axes.set_ylabel(speech.say("costs_y", speech.say(unit)))
    axes.xaxis.set_major_locator(MaxNLocator(6))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(_written(speech))
    frame(axes)


def acceptability_panel(axes: Axes, curve: pd.DataFrame, order: Sequence[str], speech: Speech) -> None:
    """How probably each scenario has the highest net benefit, over thresholds."""
    thin = len(order) ** -0.75
    for z, name in enumerate(reversed(order)):
        i = order.index(name)
        rows = curve[curve["scenario"] == name]
        colour, dash = COLOURS[i % len(COLOURS)], DASHES[i // len(COLOURS) % len(DASHES)]
        band = rows["threshold"], rows["low"], rows["high"]
        axes.fill_between(*band, color=colour, alpha=0.2 * thin, linewidth=0, zorder=10 + z)
        line = axes.plot(rows["threshold"], rows["mean"], color=colour, linestyle=dash, linewidth=2.2, zorder=40 + z)[0]
        line.set(marker=MARKERS[i % len(MARKERS)], markevery=0.1, markersize=7, markeredgecolor="white")
    axes.set_title(speech.say("worth_title"), loc="left", fontsize=12, fontweight="bold")
    axes.set_xlabel(speech.say("worth_x"))
    axes.set_ylabel(speech.say("worth_y"))
    axes.set_xlim(curve["threshold"].min(), curve["threshold"].max())
    axes.set_ylim(-0.02, 1.02)
    axes.xaxis.set_major_formatter(_written(speech))
    axes.yaxis.set_major_formatter(lambda value, _: speech.percent(value, 0))
    frame(axes)


def _written(speech: Speech) -> Callable[[float, float], str]:
    return lambda value, _: ("−" if value < 0 else "") + speech.figure(abs(value))
