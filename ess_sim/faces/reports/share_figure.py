"""The share of residents without MT over time, and its differences, drawn; no window, no global state.

The panels, the legend and the writing of the costs figure are here too: both figures share their looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ess_sim.errors import ResultsError
from ess_sim.results.comparison.differences import compare, levels
from ess_sim.results.comparison.pairing import Outcomes
from ess_sim.results.statistics.intervals import mean_region

__all__ = [
    "COLOURS",
    "GREY",
    "MOST_LINES",
    "acceptability_panel",
    "legend",
    "plane_panel",
    "plot_share",
    "target_file",
    "written",
]


COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito's palette (2008), which colour-blind readers can distinguish, without yellow: too light for a line."""
_DASHES = ("-", (0, (6, 2)), (0, (1.5, 1.5)), (0, (6, 2, 1.5, 2)))


MOST_LINES = 14
"""The most scenarios that can be distinguished in one picture."""
_MARKERS = "osD^vP"
GREY = "#555555"


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
        PNG or SVG file to write, by its suffix; replaced where it exists.
    baseline : str, optional
        Scenario to compare with: the first by default. With one scenario the right panel is left out.
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
    baseline = baseline if baseline is not None else names[0]
    dates = sorted(set.intersection(*(set(results.recorded(s)) for s in names)))
    level = levels(results, outcomes="share_without_mt", dates=dates)
    order = [baseline, *(s for s in names if s != baseline)] if baseline in names else list(names)
    style = {s: (COLOURS[i % len(COLOURS)], _DASHES[i // len(COLOURS) % len(_DASHES)]) for i, s in enumerate(order)}
    paired = compare(results, baseline=baseline, outcomes="share_without_mt", dates=dates) if len(names) > 1 else None

    figure = Figure(figsize=(12.0 if paired is not None else 7.5, 5.6), dpi=150, facecolor="white")
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, 2 if paired is not None else 1, squeeze=False)[0]
    _level_panel(panels[0], level, order, style)
    if paired is not None:
        _difference_panel(panels[1], paired, order[1:], style, baseline)
    n = int(level["n"].max())
    seed = seed if seed is not None else getattr(results, "seed", None)
    if note is None:
        names_d: dict[str, tuple[str, ...]] = getattr(results, "grade_d", {})
        number = len(set().union(*names_d.values()))
        many = f"{number} grade-D assumptions" if number else "grade-D assumptions"
        note = f"Conditional on {many}: a comparison of policies under stated conditions, not a forecast."
    below = legend(figure, panels[0], len(order))
    _notes(figure, n, seed, note)
    figure.tight_layout(rect=(0, below, 1, 1), w_pad=3)
    return written(figure, target)


def plane_panel(axes: Axes, points: pd.DataFrame, order: Sequence[str], thresholds: Sequence[float]) -> None:
    """Gain and cost of each pair of runs, with a region of 95 % for their mean."""
    scale, unit = (1e6, "million euro") if points["cost"].abs().max() >= 1e6 else (1e3, "thousand euro")
    for z, name in enumerate(reversed(order)):
        i = order.index(name)
        gain, cost = (points.loc[points["scenario"] == name, c].to_numpy(float) for c in ("gain", "cost"))
        colour, marker = COLOURS[i % len(COLOURS)], _MARKERS[i % len(_MARKERS)]
        axes.scatter(gain, cost / scale, s=16, color=colour, marker=marker, alpha=0.4, linewidths=0, zorder=10 + z)
        outline = mean_region(gain, cost / scale)
        axes.fill(*outline.T, facecolor=colour, alpha=0.15, linewidth=0, zorder=20 + z)
        axes.plot(*outline.T, color=colour, linewidth=1.4, zorder=30 + z)
        mean = axes.scatter(gain.mean(), cost.mean() / scale, s=85, color=colour, marker=marker, zorder=50 + z)
        mean.set_edgecolor("white")
        mean.set_label(name)
    axes.margins(0.08)
    axes.axhline(0, color="black", linewidth=1)
    axes.axvline(0, color="black", linewidth=1)
    right, top = axes.get_xlim()[1], axes.get_ylim()[1]
    for threshold in thresholds:
        if threshold and right > 0 and top > 0:
            axes.axline((0, 0), slope=threshold / scale, color=GREY, linewidth=0.9, linestyle=(0, (4, 3)), zorder=5)
            near_the_end = 0.92 * min(right, top * scale / threshold)
            label = axes.text(near_the_end, threshold * near_the_end / scale, f"{threshold:,.0f} €", zorder=6)
            label.set(fontsize=8.5, color=GREY, ha="center", va="center")
            label.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 1.5})
    axes.set_xlabel("resident-years with a médecin traitant gained")
    axes.set_ylabel(f"net public cost, {unit} (below 0: saved)")
    axes.xaxis.set_major_locator(MaxNLocator(6))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(_thousands)
    _frame(axes)


def acceptability_panel(axes: Axes, curve: pd.DataFrame, order: Sequence[str]) -> None:
    """How probably each scenario has the highest net benefit, over thresholds."""
    thin = len(order) ** -0.75
    for z, name in enumerate(reversed(order)):
        i = order.index(name)
        rows = curve[curve["scenario"] == name]
        colour, dash = COLOURS[i % len(COLOURS)], _DASHES[i // len(COLOURS) % len(_DASHES)]
        band = rows["threshold"], rows["low"], rows["high"]
        axes.fill_between(*band, color=colour, alpha=0.2 * thin, linewidth=0, zorder=10 + z)
        line = axes.plot(rows["threshold"], rows["mean"], color=colour, linestyle=dash, linewidth=2.2, zorder=40 + z)[0]
        line.set(marker=_MARKERS[i % len(_MARKERS)], markevery=0.1, markersize=7, markeredgecolor="white")
    axes.set_title("Worth its cost?", loc="left", fontsize=12, fontweight="bold")
    axes.set_xlabel("worth of a resident-year with a médecin traitant, euro")
    axes.set_ylabel("share of futures with a net benefit above 0")
    axes.set_xlim(curve["threshold"].min(), curve["threshold"].max())
    axes.set_ylim(-0.02, 1.02)
    axes.xaxis.set_major_formatter(_thousands)
    axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
    _frame(axes)


def _thousands(value: float, _: float) -> str:
    return f"{value:,g}".replace("-", "−")


def target_file(path: Path | str) -> Path:
    """The path of a figure, if its kind is one that is written."""
    target = Path(path)
    if target.suffix.lower() not in (".png", ".svg"):
        raise ResultsError(f"{target}: a figure is a .png or .svg file")
    return target


def written(figure: Figure, target: Path) -> Path:
    """Writes a figure, the same bytes each time."""
    metadata: dict[str, Any] = {"Date": None} if target.suffix.lower() == ".svg" else {"Software": None}
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        # without a salt of its own, an SVG's internal names differ from one drawing to the next
        with rc_context({"svg.hashsalt": "ess_sim"}):
            figure.savefig(target, metadata=metadata)
    except OSError as error:
        raise ResultsError(f"{target}: cannot be written ({error.strerror or error})") from error
    return target


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
            _band(axes, rows, ("low", "high"), colour, 0.28 * thin, 20 + z)
        axes.plot(rows["date"], rows["mean"], color=colour, linestyle=dash, linewidth=2.2, label=name, zorder=40 + z)
    axes.set_title("Residents aged 17+ without a médecin traitant", loc="left", fontsize=12, fontweight="bold")
    axes.set_ylabel("share of residents aged 17+")
    axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g} %")
    axes.set_ylim(0, 1.08 * float(np.nanmax(level[["p90", "high", "mean"]].to_numpy())))
    _axes(axes, level["date"])


def _difference_panel(
    axes: Axes, paired: pd.DataFrame, others: Sequence[str], style: dict[str, tuple[str, Any]], baseline: str
) -> None:
    axes.axhline(0, color=style[baseline][0], linewidth=2.2, zorder=1)
    thin = len(others) ** -0.75
    for z, name in enumerate(reversed(others)):
        rows = paired[paired["scenario"] == name]
        colour, dash = style[name]
        if (rows["n"] > 1).any():
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
    _frame(axes)


def _frame(axes: Axes) -> None:
    axes.grid(axis="y", color="#DDDDDD", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=GREY, labelcolor="black")


def legend(figure: Figure, axes: Axes, entries: int) -> float:
    """A legend below the panels, in the order of the scenarios; returns the height that it and the notes take."""
    handles, labels = axes.get_legend_handles_labels()
    columns = max(1, min(entries, int(figure.get_figwidth() * 10 / (max(len(label) for label in labels) + 6))))
    lines = -(-entries // columns)
    figure.legend(
        handles[::-1],
        labels[::-1],
        loc="lower center",
        bbox_to_anchor=(0.5, 0.085),
        ncols=columns,
        frameon=False,
        fontsize=10,
    )
    return 0.095 + 0.045 * lines


def _notes(figure: Figure, n: int, seed: int | None, note: str) -> None:
    if n > 1:
        bands = f"Mean of {n} replications. Dark bands: 95 % interval of the mean; light: 10–90 % of the replications."
    else:
        bands = "One replication: no interval can be stated."
    origin = f" Root seed {seed}." if seed is not None else ""
    figure.text(0.012, 0.050, bands + origin, fontsize=8.5, color=GREY)
    figure.text(0.012, 0.016, note, fontsize=8.5, color=GREY)
