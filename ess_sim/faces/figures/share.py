"""The share of residents without MT over time, and its differences from a baseline, drawn."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ess_sim.arguments import checked
from ess_sim.faces.figures.style import COLOURS, DASHES, GREY, frame, legend, own_style, target_file, written
from ess_sim.results.comparison.differences import compare, levels
from ess_sim.results.comparison.pairing import Outcomes, across_territories, baselines
from ess_sim.results.statistics.intervals import FEWEST

__all__ = ["plot_share"]


@checked
@own_style()
def plot_share(
    results: Outcomes,
    path: Path | str,
    baseline: str | None = None,
    *,
    seed: int | None = None,
    note: str | None = None,
) -> Path:
    """Draw the share of residents without MT over time, and its difference from a baseline.

    Parameters
    ----------
    results : Results
    path : path
        PNG, SVG or PDF file to write, by its suffix; replaced where it exists.
    baseline : str, optional
        Scenario to compare with: by default that of the results, else the first. Scenarios of other territories have no
        difference from it, and without any difference the right panel is left out.
    seed : int, optional
        Root seed for the note line; ``results.seed`` where there is one.
    note : str, optional
        Last line below the panels, in place of how many assumptions the results rest on.

    Returns
    -------
    pathlib.Path
        The file written.

    Raises
    ------
    ResultsError
        For another suffix, an unknown baseline, or a file that cannot be written.
    """
    target = target_file(path)
    names = results.scenarios
    if baseline is None:
        shared = set(getattr(results, "baselines", {}).values())
        baseline = shared.pop() if len(shared) == 1 else names[0]
    dates = sorted(set.intersection(*(set(results.recorded(s)) for s in names)))
    level = levels(results, outcomes="share_without_mt", dates=dates)
    order = [baseline, *(s for s in names if s != baseline)] if baseline in names else list(names)
    style = {s: (COLOURS[i % len(COLOURS)], DASHES[i // len(COLOURS) % len(DASHES)]) for i, s in enumerate(order)}
    compared = baselines(names, baseline)
    compared = {s: b for s, b in compared.items() if s not in across_territories(results, compared)}
    paired = compare(results, baseline=compared, outcomes="share_without_mt", dates=dates) if compared else None

    figure = Figure(figsize=(12.0 if paired is not None else 7.5, 5.6), dpi=150, facecolor="white")
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, 2 if paired is not None else 1, squeeze=False)[0]
    _level_panel(panels[0], level, order, style)
    if paired is not None:
        _difference_panel(panels[1], paired, [s for s in order if s in compared], style, baseline)
    n = int(level["n"].max())
    seed = seed if seed is not None else getattr(results, "seed", None)
    if note is None:
        names_d: dict[str, tuple[str, ...]] = getattr(results, "grade_d", {})
        number = len(set().union(*names_d.values()))
        many = f"{number} grade-D assumptions" if number else "grade-D assumptions"
        note = f"Conditional on {many}: a comparison of policies under stated conditions, not a forecast."
    below = legend(figure, panels[0], len(order))
    drawn = len(getattr(results, "draws", ())) > 1
    _notes(figure, n, "parameter draws" if drawn else "replications", seed, note)
    figure.tight_layout(rect=(0, below, 1, 1), w_pad=3)
    return written(figure, target)


def _band(axes: Axes, rows: pd.DataFrame, columns: tuple[str, str], colour: str, alpha: float, z: int) -> None:
    """A band with fine edges: where several overlap, the edges still distinguish them."""
    low, high = (rows[c] for c in columns)
    axes.fill_between(rows["date"], low, high, color=colour, alpha=alpha, linewidth=0, zorder=z)
    for edge in (low, high):
        axes.plot(rows["date"], edge, color=colour, alpha=min(1.0, 3.5 * alpha), linewidth=0.7, zorder=z)


def _level_panel(axes: Axes, level: pd.DataFrame, order: Sequence[str], style: dict[str, tuple[str, Any]]) -> None:
    thin = len(order) ** -0.75  # many bands, each fainter: their overlap must not hide the means
    for z, name in enumerate(reversed(order)):
        rows = level[level["scenario"] == name]
        colour, dash = style[name]
        if (rows["n"] > 1).any():
            _band(axes, rows, ("p10", "p90"), colour, 0.10 * thin, z)
        if (rows["n"] >= FEWEST).any():
            _band(axes, rows, ("low", "high"), colour, 0.28 * thin, 20 + z)
        axes.plot(rows["date"], rows["mean"], color=colour, linestyle=dash, linewidth=2.2, label=name, zorder=40 + z)
    axes.set_title("Residents aged 17+ without a médecin traitant", loc="left", fontsize=12, fontweight="bold")
    axes.set_ylabel("share of residents aged 17+")
    axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g} %")
    shown = ["p90", "mean", *(["high"] if (level["n"] >= FEWEST).any() else [])]
    axes.set_ylim(0, 1.08 * float(np.nanmax(level[shown].to_numpy())))
    _axes(axes, level["date"])


def _difference_panel(
    axes: Axes, paired: pd.DataFrame, others: Sequence[str], style: dict[str, tuple[str, Any]], baseline: str
) -> None:
    axes.axhline(0, color=style[baseline][0], linewidth=2.2, zorder=1)
    thin = len(others) ** -0.75
    for z, name in enumerate(reversed(others)):
        rows = paired[paired["scenario"] == name]
        colour, dash = style[name]
        if (rows["n"] >= FEWEST).any():
            _band(axes, rows, ("low", "high"), colour, 0.28 * thin, 10 + z)
        axes.plot(rows["date"], rows["difference"], color=colour, linestyle=dash, linewidth=2.2, zorder=40 + z)
    axes.set_title(f"Difference from {baseline}", loc="left", fontsize=12, fontweight="bold")
    axes.set_ylabel("percentage points (below 0: fewer without MT)")
    _axes(axes, paired["date"])


def _axes(axes: Axes, dates: pd.Series[Any]) -> None:
    axes.set_xlim(dates.min(), dates.max())
    locator: Any = AutoDateLocator(minticks=4, maxticks=8)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    formatter: Any = ConciseDateFormatter(locator, show_offset=False)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_formatter(formatter)
    frame(axes)


def _notes(figure: Figure, n: int, what: str, seed: int | None, note: str) -> None:
    if n >= FEWEST:
        bands = f"Mean of {n} {what}. Dark bands: 95 % interval of the mean; light: 10–90 % of the {what}."
    elif n > 1:
        bands = f"Mean of {n} {what}, too few for an interval of it. Light bands: 10–90 % of the {what}."
    else:
        bands = "One replication: no interval can be stated."
    origin = f" Root seed {seed}." if seed is not None else ""
    figure.text(0.012, 0.050, bands + origin, fontsize=8.5, color=GREY)
    figure.text(0.012, 0.016, note, fontsize=8.5, color=GREY)
