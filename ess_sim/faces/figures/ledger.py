"""A centre's accounts by year: who pays, what for, what is left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ess_sim.arguments import checked
from ess_sim.errors import ArgumentError, did_you_mean
from ess_sim.faces.figures.parts import End, end_labels, value_axis
from ess_sim.faces.figures.style import COLOURS, GREY, INK, Page, frame, own_style
from ess_sim.faces.figures.tables import joined, named, order_of, with_columns
from ess_sim.faces.words.glossary import Language
from ess_sim.faces.words.speech import Speech
from ess_sim.results.tables.names import ORDINARY_CARE, PAYERS

__all__ = ["ledger"]

_SPENT = {
    **dict.fromkeys(("salaried_gps", "retired_gps", "trainees"), "spent_doctors"),
    **dict.fromkeys(("secretaries", "nurses", "mediators", "medical_assistants", "added_staff"), "spent_staff"),
    "premises_and_running": "spent_premises",
}
_EXPENSES = {
    "spent_doctors": "#4D4D4D",
    "spent_staff": "#808080",
    "spent_premises": "#ABABAB",
    "spent_other": "#D0D0D0",
}
_INCOME = {f"payer_{payer}": COLOURS[i] for i, payer in enumerate(p for p in PAYERS if p)}
_WHOLE = 360
"""Days of a year that count as a whole one."""
_MOST_YEARS = 8
"""Most years that are written below the axis."""


@checked
@own_style()
def ledger(
    table: pd.DataFrame,
    *,
    actor: str | None = None,
    scenario: str | None = None,
    lang: Language = "en",
    names: Mapping[str, str] | None = None,
    title: str | None = None,
) -> Figure:
    """What a centre receives and spends each year, by payer and use, and its balance since it opened.

    Parameters
    ----------
    table : pandas.DataFrame
        What ``results.table("accounts")`` returns: ``scenario``, ``draw``, ``replication``, ``date``, ``actor``,
        ``line``, ``payer``, ``cents``. Means over the runs are drawn.
    actor : str, optional
        Centre or policy; by default the first that is not ordinary care.
    scenario : str, optional
        By default the first in which it acts.
    lang : {'en', 'fr'}
    names : mapping of str to str, optional
        Titles of scenarios and actors, by their names.
    title : str, optional

    Returns
    -------
    matplotlib.figure.Figure
        What others pay and spend for it on one day (a grant in kind) counts on both sides.

    Raises
    ------
    ArgumentError
        If the table lacks a column, has no rows, or no such actor or scenario.
    """
    speech = Speech("figures", lang)
    needed = ("scenario", "draw", "replication", "date", "actor", "line", "payer", "cents")
    rows = with_columns("ledger", table, needed, 'results.table("accounts")')
    actors = [name for name in order_of(rows, "actor") if name not in ORDINARY_CARE]
    if actor is None and not actors:
        raise ArgumentError("ledger: no centre or policy has accounts in this table, only ordinary care")
    who = actors[0] if actor is None else actor
    where = order_of(rows[rows["actor"] == who])
    if not where:
        raise ArgumentError(f"ledger: no accounts of {who!r}{did_you_mean(who, order_of(rows, 'actor'))}")
    one = where[0] if scenario is None else scenario
    if one not in where:
        raise ArgumentError(f"ledger: no accounts of {who!r} in scenario {one!r}{did_you_mean(one, where)}")
    rows = rows[rows["scenario"] == one]
    runs = len(rows[["draw", "replication"]].drop_duplicates())
    titles = named([one, who], names)
    rows = rows[rows["actor"] == who]
    years = range(int(rows["date"].dt.year.min()), int(rows["date"].dt.year.max()) + 1)
    sums = _by_year(rows, runs)
    scale, unit = (1e6, "million_euro") if float(sums.abs().groupby("year").sum().max()) >= 4e6 else (1e3, "euro")
    note = [speech.say("mean_of", speech.number(runs)) if runs > 1 else speech.say("one_run")]
    if runs > 1:
        note.append(speech.say("runs_spread"))
    partial = _partial(rows)
    notes = [joined(note, speech), speech.say("part_year") if partial else ""]
    page = Page(
        8.6,
        5.6,
        title or speech.say("ledger_title", titles[who]),
        titles[one],
        notes,
    )
    top = page.axes(0.75, 2.35, 5.6, 3.0)
    _year_bars(top, sums, years, scale, speech)
    top.set_title(speech.say("ledger_y", speech.say(unit)), fontsize=8.5, color=GREY, loc="left", pad=5)
    below = page.axes(0.75, 0.4, 5.6, 1.45)
    _balance(below, rows, years, runs, scale, speech)
    below.set_title(speech.say("balance", speech.say(unit)), fontsize=8.5, color=GREY, loc="left", pad=5)
    shown = [*years][:: -(-len(years) // _MOST_YEARS)]
    below.set_xticks(shown, [f"{y}*" if y in partial else str(y) for y in shown])
    return page.figure


def _partial(rows: pd.DataFrame) -> set[int]:
    """First and last years, where they are not whole."""
    first, last = rows["date"].min(), rows["date"].max()
    found = set()
    if first.day_of_year > 366 - _WHOLE:
        found.add(int(first.year))
    if last.day_of_year < _WHOLE - 31:  # a month is booked on its last day or on the first of the next
        found.add(int(last.year))
    return found


def _by_year(rows: pd.DataFrame, runs: int) -> pd.Series[Any]:
    """Mean euro by year and kind, income above 0, expenses below."""
    payer, line = rows["payer"].astype(str), rows["line"].astype(str)
    kind = np.where(payer != "", "payer_" + payer, line.map(_SPENT).fillna("spent_other"))
    found = rows.assign(year=rows["date"].dt.year, kind=kind).groupby(["kind", "year"])["cents"].sum()
    return found / 100 / runs


def _year_bars(axes: Axes, sums: pd.Series[Any], years: range, scale: float, speech: Speech) -> None:
    frame(axes)
    ends: list[End] = []
    for kinds in (_INCOME, _EXPENSES):
        at = np.zeros(len(years))
        for kind, colour in kinds.items():
            if kind not in sums.index:
                continue
            value = sums[kind].reindex(years, fill_value=0.0).to_numpy(float) / scale
            axes.bar([*years], value, bottom=at, width=0.78, color=colour, linewidth=0.4, edgecolor="white", zorder=3)
            at += value
            middle = float((at - value / 2)[-1])
            ends.append(End(middle, speech.say(kind), "", colour))
    result = sums.groupby("year").sum().reindex(years, fill_value=0.0).to_numpy(float) / scale
    axes.plot([*years], result, "o-", color=INK, ms=3.5, linewidth=1.2, zorder=5, mec="white", mew=0.6)
    ends.append(End(float(result[-1]), speech.say("result_of_year"), "", INK))
    axes.axhline(0, color=INK, linewidth=1.0, zorder=4)
    axes.set_xlim(years[0] - 0.6, years[-1] + 0.6)
    axes.tick_params(labelbottom=False, length=0)
    value_axis(axes, lambda v: ("−" if v < 0 else "") + speech.figure(abs(v)))
    end_labels(axes, ends, letters=26, size=8)


def _balance(axes: Axes, rows: pd.DataFrame, years: range, runs: int, scale: float, speech: Speech) -> None:
    """All that came in less all that went out, at the end of each year: the mean, and eight runs of ten."""
    frame(axes)
    each = rows.assign(year=rows["date"].dt.year).groupby(["draw", "replication", "year"])["cents"].sum()
    table = each.unstack("year").reindex(columns=[*years]).fillna(0.0).cumsum(axis=1).to_numpy(float) / 100 / scale
    if len(table) < runs:  # runs in which nothing was booked
        table = np.vstack([table, np.zeros((runs - len(table), len(years)))])
    if runs > 1:
        low, high = np.quantile(table, [0.1, 0.9], axis=0)
        axes.fill_between([*years], low, high, color=INK, alpha=0.15, linewidth=0)
    axes.plot([*years], table.mean(axis=0), color=INK, linewidth=1.8)
    axes.axhline(0, color=INK, linewidth=0.8)
    axes.set_xlim(years[0] - 0.6, years[-1] + 0.6)
    value_axis(axes, lambda v: ("−" if v < 0 else "") + speech.figure(abs(v)))
