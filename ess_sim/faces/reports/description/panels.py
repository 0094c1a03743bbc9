"""Panels of distributions: residents by age, GPs by age, minutes to the nearest GP."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from ess_sim.faces.figures.style import COLOURS, GREY, frame
from ess_sim.faces.words.speech import Speech
from ess_sim.model.run.situation import Situation

__all__ = ["ages_panel", "dressed", "empty", "gp_ages_panel", "minutes_panel", "title_of"]


_HERE, _OLD = COLOURS[0], COLOURS[1]
_BARS = 15
"""Bars of the distribution of minutes, up to the cut-off."""

_LETTERS = 11.5
"""Letters of a title to an inch."""


def title_of(axes: Axes, text: str) -> None:
    """What a panel shows, above its left edge."""
    drawn: Any = axes.figure
    letters = int(axes.get_position().width * drawn.get_figwidth() * _LETTERS)
    axes.set_title(textwrap.fill(text, letters), loc="left", fontsize=10, fontweight="bold", pad=8)


def empty(axes: Axes, text: str) -> None:
    """A panel that has nothing to show says so."""
    axes.set_axis_off()
    axes.text(0.5, 0.5, text, ha="center", va="center", color=GREY, fontsize=10, transform=axes.transAxes)


def ages_panel(axes: Axes, situation: Situation, speech: Speech) -> None:
    """Both sexes together, five years a bar, with the outline of France."""
    ages = situation.ages
    old = ages["age_from"] >= 65
    title_of(axes, speech.say("ages_title", speech.percent(situation.share_of_residents(65))))
    places = np.arange(len(ages))
    axes.barh(places, 100 * ages["share"], height=0.86, color=np.where(old, _OLD, _HERE), alpha=0.75)
    outline = np.repeat(100 * ages["france"].to_numpy(), 2)
    axes.plot(outline, np.repeat(places, 2) + np.tile([-0.5, 0.5], len(ages)), color="black", linewidth=1.3)
    last = len(ages) - 1
    names = [speech.band(int(age), 5, last=i == last) for i, age in enumerate(ages["age_from"])]
    axes.set_yticks(places[::2], names[::2])
    axes.set_ylim(-0.6, len(ages) - 0.4)
    widest = 100 * max(ages["share"].max(), ages["france"].max())
    axes.set_xlim(0, 1.12 * widest)
    axes.text(0.97, 0.93, "— France", transform=axes.transAxes, ha="right", fontsize=9)
    axes.set_xlabel(speech.say("ages_x"), fontsize=9)
    axes.set_ylabel(speech.say("ages_y"), fontsize=9)
    dressed(axes, "x")


def gp_ages_panel(axes: Axes, situation: Situation, speech: Speech) -> None:
    """Expected GPs with a list, five years a bar."""
    if not situation.gps:
        title_of(axes, speech.say("gp_ages_none"))
        empty(axes, "–")
        return
    by_age = situation.gp_ages.groupby("age")["gps"].sum()
    old = by_age.index >= 60
    old_share = speech.percent(situation.share_of_gps(60), 0)
    title_of(axes, speech.say("gp_ages_title", speech.number(situation.gps), old_share))
    bands = by_age.groupby((by_age.index // 5) * 5).sum()
    bands = bands.reindex(range(30, 85, 5), fill_value=0.0)
    old = bands.index >= 60
    axes.bar(np.arange(len(bands)), bands, width=0.86, color=np.where(old, _OLD, _HERE), alpha=0.75)
    names = [speech.band(int(age), 5, last=age == bands.index[-1]) for age in bands.index]
    axes.set_xticks(np.arange(len(bands))[::2], names[::2])
    axes.set_xlabel(speech.say("ages_y"), fontsize=9)
    axes.set_ylabel(speech.say("gp_ages_y"), fontsize=9)
    axes.yaxis.set_major_formatter(lambda value, _: speech.figure(value))
    dressed(axes, "y")


def minutes_panel(axes: Axes, situation: Situation, speech: Speech) -> None:
    """Adults by minutes to the nearest zone with a GP."""
    cutoff = situation.cutoff_minutes
    title_of(axes, speech.say("minutes_title", speech.reached(situation.minutes_quantile(0.5), cutoff)))
    minutes = situation.zones["minutes_to_gp"].to_numpy()
    near = np.isfinite(minutes)
    width = cutoff / _BARS
    bar = np.minimum(np.floor(np.where(near, minutes, 0.0) / width), _BARS - 1).astype(int)
    bar[~near] = _BARS + 2  # after a gap: how much further is unknown
    adults = np.bincount(bar, weights=situation.zones["adults"], minlength=_BARS + 3)
    share = 100 * adults / max(1.0, adults.sum())
    colours = np.where(np.arange(_BARS + 3) > _BARS, _OLD, _HERE)
    axes.bar(np.arange(_BARS + 3) + 0.5, share, width=0.9, color=colours, alpha=0.75)
    marks = np.arange(0, _BARS + 1, 5)
    axes.set_xticks(
        [*marks, _BARS + 2.5], [*(speech.figure(mark * width) for mark in marks), f"> {speech.figure(cutoff)}"]
    )
    axes.set_xlabel(speech.say("minutes_x"), fontsize=9)
    axes.set_ylabel(speech.say("minutes_y"), fontsize=9)
    if share[-1] > 0:
        far = speech.percent(share[-1] / 100)
        axes.annotate(far, (_BARS + 2.5, share[-1]), (0, 3), textcoords="offset points", ha="center", fontsize=8.5)
    dressed(axes, "y")


def dressed(axes: Axes, values: str) -> None:
    """Grid lines for the values, small letters at the ticks."""
    frame(axes)
    axes.grid(visible=False)
    axes.grid(axis=values, color="#DDDDDD", linewidth=0.8)  # type: ignore[arg-type]
    axes.tick_params(labelsize=8.5)
    (axes.xaxis if values == "x" else axes.yaxis).set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
