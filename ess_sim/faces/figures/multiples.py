"""Small multiples: one panel a zone or group, all on one scale."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ess_sim.arguments import checked
from ess_sim.faces.figures.lines import DIFFERENCE, difference_words, highlighted, looks, sample_words
from ess_sim.faces.figures.parts import date_axis, value_axis, wrapped
from ess_sim.faces.figures.style import GREY, INK, Page, frame, own_style
from ess_sim.faces.figures.tables import group_names, labels_of, one_outcome, order_of, with_columns
from ess_sim.faces.words.glossary import Language
from ess_sim.faces.words.speech import Speech, short
from ess_sim.results.statistics.intervals import FEWEST

__all__ = ["small_multiples"]

_ALL_WIDE, _HIGH = 8.3, 1.35
"""Inches: of all panels of a row together, of one panel from top to bottom."""
_MOST_RIBBONS = 2


@checked
@own_style()
def small_multiples(
    table: pd.DataFrame,
    *,
    outcome: str | None = None,
    lang: Language = "en",
    names: Mapping[str, str] | None = None,
    highlight: Sequence[str] | None = None,
    most: int = 12,
    title: str | None = None,
) -> Figure:
    """Differences over time by zone or group: a panel each, on one scale, the largest groups first.

    Parameters
    ----------
    table : pandas.DataFrame
        What `ess_sim.compare` returns with ``by``, for several dates: ``scenario``, ``baseline``, ``date``,
        ``outcome``, ``unit``, ``n``, ``group``, ``adults``, ``difference``, ``low``, ``high``.
    outcome, lang, names, highlight, title
        As for `ess_sim.figures.time`.
    most : int
        Most panels: of more groups, those with most adults; groups of age, illness and precarity keep their order.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ArgumentError
        If the table lacks a column, has no rows, or no such outcome or scenario.
    """
    speech = Speech("figures", lang)
    needed = (*DIFFERENCE, "group", "adults")
    made_by = "ess_sim.compare(…, by=…)"
    rows = one_outcome("small_multiples", with_columns("small_multiples", table, needed, made_by), outcome)
    rows = rows.assign(group=group_names(rows, speech))
    order = order_of(rows)
    sizes = rows.groupby("group", sort=False)["adults"].mean()
    places = {"zone", "departement"} & {*rows.columns}
    groups = list(sizes.sort_values(ascending=False, kind="stable").index if places else sizes.index)[:most]
    last = rows[rows["date"] == rows["date"].max()]
    effect = last.groupby(last["scenario"].astype(str))["difference"].mean()
    look = looks(order, highlighted("small_multiples", order, highlight, effect), first=False)
    titles = labels_of(order, names, order_of(rows, "baseline"))
    shown = [name for name in order if look[name].highlighted]
    columns = len(groups) if len(groups) <= 3 else 3 if len(groups) in (5, 6, 9) else 4
    lines, wide = -(-len(groups) // columns), _ALL_WIDE / columns
    head, below = difference_words(rows, names, speech)
    few = len(shown) <= _MOST_RIBBONS
    note = (
        sample_words(rows, look, "difference_of", False, speech)
        if few
        else speech.say("sentence", speech.say("difference_of", speech.number(int(rows["n"].max()))))
    )
    more = (
        speech.say("sentence", speech.say("groups_left_out", len(groups), len(sizes)))
        if len(sizes) > len(groups)
        else ""
    )
    width = 0.62 + _ALL_WIDE + 0.1
    legend = 0.22 * -(-len(shown) // 2)
    page = Page(width, legend + lines * (_HIGH + 0.5) + 0.1, title or head, below, [note, more])
    _legend(page, [(titles[name], look[name].colour) for name in shown], legend + lines * (_HIGH + 0.5) - 0.02)
    here = rows[rows["group"].isin(groups)]
    columns_shown = ["difference", *(["low", "high"] if few and rows["n"].max() >= FEWEST else [])]
    values: Any = here.loc[here["scenario"].isin(shown), columns_shown].to_numpy(float)
    values = np.append(values[np.isfinite(values)], 0.0)
    room = 0.08 * (values.max() - values.min()) or 0.5
    for i, group in enumerate(groups):
        row, column = divmod(i, columns)
        axes = page.axes(0.62 + column * wide, (lines - 1 - row) * (_HIGH + 0.5) + 0.32, wide - 0.2, _HIGH)
        axes.axhline(0, color=INK, linewidth=0.9, zorder=8)
        for name in reversed(order):
            part = here[(here["group"] == group) & (here["scenario"] == name)].sort_values("date", kind="stable")
            how = look[name]
            if few and how.highlighted and (part["n"] >= FEWEST).any():
                band: Any = (part["date"], part["low"], part["high"])
                axes.fill_between(*band, color=how.colour, alpha=0.22, linewidth=0)
            axes.plot(part["date"], part["difference"], color=how.colour, linewidth=1.6 if how.highlighted else 0.7)
        date_axis(axes, here["date"], most=3)
        value_axis(axes, lambda v: ("+" if v > 0 else "−" if v < 0 else "") + speech.figure(abs(v)))
        axes.set_ylim(values.min() - room, values.max() + room)
        frame(axes)
        axes.tick_params(labelsize=7.5, labelleft=column == 0, labelbottom=i + columns >= len(groups))
        adults = sizes[group]
        size = f"{speech.number(adults)}" if math.isfinite(adults) else ""
        axes.set_title(short(str(group), int(14 * wide)), fontsize=8.5, color=INK, loc="left", pad=9, fontweight="bold")
        axes.annotate(
            speech.say("adults", size), (0, 1), (0, 2), xycoords="axes fraction", textcoords="offset points"
        ).set(fontsize=7, color=GREY)
    return page.figure


def _legend(page: Page, entries: Sequence[tuple[str, str]], top: float) -> None:
    """Names in their colours, two a row, above the panels."""
    whole = float(page.figure.get_figheight())
    for i, (name, colour) in enumerate(entries):
        row, column = divmod(i, 2)
        x, y = (0.62 + column * (page.width - 0.7) / 2) / page.width, (page.bottom + top - 0.22 * row) / whole
        page.figure.text(
            x, y, f"▬ {wrapped(name, 50, 1)[0]}", fontsize=8.5, color=colour, fontweight="bold", va="center"
        )
