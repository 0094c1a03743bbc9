"""Public cost and adult-years without MT, drawn on the cost-effectiveness plane."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ess_sim.faces.reports.share_figure import (
    GREY,
    acceptability_panel,
    legend,
    plane_panel,
    target_file,
    written,
)

__all__ = ["plot_costs"]


def plot_costs(
    pairs: pd.DataFrame,
    curve: pd.DataFrame,
    path: Path | str,
    *,
    baseline: str,
    thresholds: Sequence[float] = (),
    notes: Sequence[str] = (),
) -> Path:
    """Draw the cost-effectiveness plane and the acceptability curves of scenarios.

    Parameters
    ----------
    pairs : pandas.DataFrame
        ``scenario``, ``replication``, ``gain`` (resident-years with MT), ``cost`` (net public, euro), of one discount
        rate; a replication's points of several draws are averaged.
    curve : pandas.DataFrame
        ``scenario``, ``threshold`` (euro), ``mean``, ``low``, ``high`` (shares).
    path : path
        PNG or SVG file to write, by its suffix; replaced where it exists.
    baseline : str
        What the scenarios are compared with, for the labels.
    thresholds : sequence of float
        Euro per resident-year that a line marks in the plane.
    notes : sequence of str
        Up to two lines below the panels.

    Returns
    -------
    pathlib.Path
        The file written.

    Raises
    ------
    ResultsError
        For another suffix, or a file that cannot be written.
    """
    target = target_file(path)
    points = pairs.groupby(["scenario", "replication"], sort=False)[["gain", "cost"]].mean().reset_index()
    order = list(dict.fromkeys(points["scenario"]))
    figure = Figure(figsize=(12.0, 5.8), dpi=150, facecolor="white")
    FigureCanvasAgg(figure)
    plane, odds = figure.subplots(1, 2)
    plane_panel(plane, points, order, thresholds)
    plane.set_title(f"Gained and paid, difference from {baseline}", loc="left", fontsize=12, fontweight="bold")
    acceptability_panel(odds, curve, order)
    below = legend(figure, plane, len(order))
    for height, note in zip((0.050, 0.016), notes, strict=False):
        figure.text(0.012, height, note, fontsize=8.5, color=GREY)
    figure.tight_layout(rect=(0, below, 1, 1), w_pad=3)
    return written(figure, target)
