"""The league table of a benchmark in one picture: over all territories with ranks, and each territory as a tile."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, TwoSlopeNorm
from matplotlib.figure import Figure

from ess_sim.analysis.benchmark.league import COLUMNS, OVERALL
from ess_sim.analysis.benchmark.measures import MEASURES
from ess_sim.arguments import checked
from ess_sim.errors import ArgumentError, did_you_mean
from ess_sim.faces.figures.forest import forest_panel, limits_of
from ess_sim.faces.figures.parts import wrapped
from ess_sim.faces.figures.style import COLOURS, GREY, INK, Page, own_style
from ess_sim.faces.figures.tables import digits_for, signed, with_columns
from ess_sim.faces.reports.studies.league import dose_label
from ess_sim.faces.words.glossary import Language
from ess_sim.faces.words.speech import Speech

__all__ = ["league_figure"]

_ROW, _TILE, _SIDE, _WIDE, _WORDS = 0.34, 0.78, 3.3, 2.2, 2.75
_TINTS = LinearSegmentedColormap.from_list("effect", [COLOURS[0], "#FFFFFF", COLOURS[1]])


@checked
@own_style()
def league_figure(
    table: pd.DataFrame,
    *,
    measure: str = "share_without_mt",
    year: int | None = None,
    lang: Language = "en",
    names: Mapping[str, str] | None = None,
    title: str | None = None,
) -> Figure:
    """A benchmark's league table: effects over all territories with intervals, and in each territory.

    Parameters
    ----------
    table : pandas.DataFrame
        The ``league`` of `ess_sim.benchmark`.
    measure : str
        Key of the benchmark's measures.
    year : int, optional
        By default the last.
    lang : {'en', 'fr'}
    names : mapping of str to str, optional
        What territories are called; by default their keys.
    title : str, optional

    Returns
    -------
    matplotlib.figure.Figure
        Tiles are blue where fewer residents lack an MT; pale numbers are those that chance explains (adjusted p 0.05 or
        more).

    Raises
    ------
    ArgumentError
        If the table lacks a column, or has no rows of the measure or year.
    """
    speech = Speech("figures", lang)
    table = with_columns("league_figure", table, COLUMNS, "ess_sim.benchmark")
    known = list(pd.unique(table["measure"]))
    if measure not in known:
        raise ArgumentError(f"league_figure: no rows of measure {measure!r}{did_you_mean(measure, known)}")
    rows = table[table["measure"] == measure]
    last = int(rows["year"].max()) if year is None else year
    rows = rows[rows["year"] == last]
    if rows.empty:
        raise ArgumentError(f"league_figure: no rows of year {last}")
    territories = [key for key in pd.unique(rows["territory"]) if key != OVERALL]
    first = OVERALL if len(territories) > 1 else territories[0]
    whole = rows[rows["territory"] == first].sort_values("effect", kind="stable").set_index("dose")
    doses = list(whole.index)
    tiles = territories if first == OVERALL else []
    about = MEASURES[measure]
    height = _ROW * len(doses)
    name = about.name.to(lang)
    page = Page(
        _SIDE + _WIDE + _WORDS + _TILE * len(tiles) + 0.2,
        height + 0.7,
        title or speech.say("league_title", f"{name[:1].upper()}{name[1:]}", last),
        speech.say("league_below" if tiles else "lower_is_better", about.unit.to(lang)),
        [speech.say("league_note" if tiles else "league_bars"), speech.say("conditional_unknown")],
    )
    axes = page.axes(_SIDE, 0.3, _WIDE, height)
    shown = whole.rename(columns={"effect": "difference"}).rename(index={d: dose_label(d, lang) for d in doses})
    forest_panel(axes, shown, limits_of(shown), speech, label=True, words=True, lower=True, letters=46)
    if tiles:
        ground = page.axes(_SIDE + _WIDE + _WORDS, 0.3, _TILE * len(tiles), height)
        _tiles(ground, rows, tiles, doses, names or {}, speech)
    return page.figure


def _tiles(
    axes: Axes,
    rows: pd.DataFrame,
    territories: list[str],
    doses: list[str],
    names: Mapping[str, str],
    speech: Speech,
) -> None:
    by = rows.set_index(["territory", "dose"])
    values = np.array([[by["effect"].get((key, dose), np.nan) for key in territories] for dose in doses], dtype=float)
    sure = np.array([[by["p_holm"].get((key, dose), np.nan) for key in territories] for dose in doses]) < 0.05
    ranked = np.array([[by["rank"].get((key, dose), np.nan) for key in territories] for dose in doses])
    top = float(np.nanpercentile(np.abs(values), 95)) or 1.0
    tint = TwoSlopeNorm(0.0, -top, top)
    axes.imshow(np.clip(values, -top, top), cmap=_TINTS, norm=tint, aspect="auto", alpha=0.75)
    digits = digits_for(*values[np.isfinite(values)])
    for (y, x), value in np.ndenumerate(values):
        if not np.isfinite(value):
            text, colour = "–", GREY
        else:
            text, colour = signed(value, digits, speech), INK if sure[y, x] else GREY
        weight = "bold" if sure[y, x] else "normal"
        style = "normal" if np.isfinite(ranked[y, x]) else "italic"
        axes.text(x, y, text, ha="center", va="center", fontsize=8, color=colour, fontweight=weight, fontstyle=style)
    axes.set_yticks([])
    labels = ["\n".join(wrapped(names.get(key, key.replace("_", " ")), 11)) for key in territories]
    axes.set_xticks(range(len(territories)), labels, fontsize=8)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.set_xticks(np.arange(-0.5, len(territories)), minor=True)
    axes.set_yticks(np.arange(-0.5, len(doses)), minor=True)
    axes.grid(which="minor", color="white", linewidth=1.5)
    axes.tick_params(which="minor", length=0)
    axes.spines[:].set_visible(False)
