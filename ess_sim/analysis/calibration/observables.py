"""Figures that a calibration can compare with observations, and how each is read off a run."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd

from ess_sim.experiments.single_run import outcome_on
from ess_sim.results.run import Run

__all__ = ["STATISTICS", "Statistic", "statistic", "why_undefined"]


class Statistic(NamedTuple):
    """A figure that a target may be.

    Attributes
    ----------
    about : str
        What it means.
    read : callable
        Takes a run and a recorded day; NaN where it is undefined.
    undefined : str
        When it is.
    limits : tuple of float
        Between what it can lie.
    """

    about: str
    read: Callable[[Run, pd.Timestamp], float]
    undefined: str
    limits: tuple[float, float] = (0.0, 1.0)


def _share_at_ages(*bands: str) -> Callable[[Run, pd.Timestamp], float]:
    def share(run: Run, when: pd.Timestamp) -> float:
        shares = run.share_without_mt(by="age_band")
        here = shares[(shares["date"] == when) & shares["age_band"].isin(bands)]
        adults = int(here["adults"].sum())
        return int(here["without_mt"].sum()) / adults if adults else np.nan

    return share


def _part_of_those_without(state: str) -> Callable[[Run, pd.Timestamp], float]:
    def share(run: Run, when: pd.Timestamp) -> float:
        now = run.snapshots[run.snapshots["date"] == when]
        without = int(now["lost"].sum()) + int(now["never_declared"].sum())
        return int(now[state].sum()) / without if without else np.nan

    return share


def _registered_without_mt_share(run: Run, when: pd.Timestamp) -> float:
    calls = run.calls
    months = 12 * when.year + when.month - (12 * calls["date"].dt.year + calls["date"].dt.month)
    of_the_year = (calls["date"] <= when) & (months < 12)
    registered = calls[of_the_year & calls["outcome"].isin(["accepted", "accepted_relative"])]
    callers = int(registered["count"].sum())
    without = int(registered.loc[registered["caller"] == "without_mt", "count"].sum())
    return without / callers if callers else np.nan


def _list_growth_in_post(run: Run, when: pd.Timestamp) -> float:
    lists = run.providers[run.providers["kind"] == "liberal"]
    days = (lists["date"].min(), when)
    first, now = (lists.loc[lists["date"] == day, ["provider", "list"]].set_index("provider")["list"] for day in days)
    both = first.index.intersection(now.index)
    before, after = (
        int(part.loc[both].sum()) * _with_elsewhere(run, day) for part, day in zip((first, now), days, strict=True)
    )
    years = (when - pd.Timestamp(run.scenario.start)).days / 365.25
    return (after / before - 1.0) / years if before and years else np.nan


def _with_elsewhere(run: Run, day: pd.Timestamp) -> float:
    """Lists with the residents of elsewhere, as many as have an MT outside, for each resident followed."""
    here = int(run.providers.loc[run.providers["date"] == day, "list"].sum())
    listed = int(run.snapshots.loc[run.snapshots["date"] == day, "listed"].sum())
    return listed / here if here else np.nan


def _absorbed_share(run: Run, when: pd.Timestamp) -> float:
    facts = run.facts[run.facts["date"] <= when]
    handed = facts[(facts["event"] == "list_handed_over") & facts["other"].isin(run.careers["person"])]
    reserved = facts.loc[facts["event"] == "succession_reserved", ["actor", "other"]]
    succeeded = handed.merge(reserved, on=["actor", "other"])["actor"]
    alone, handed = (some[~some["actor"].isin(succeeded)] for some in (facts, handed))
    lists = int(alone.loc[alone["event"] == "gp_exited", "residents"].sum())
    return int(handed["residents"].sum()) / lists if lists else np.nan


def _yearly_per_list_holder(event: str) -> Callable[[Run, pd.Timestamp], float]:
    def rate(run: Run, when: pd.Timestamp) -> float:
        facts, providers = run.facts, run.providers
        events = int(((facts["event"] == event) & (facts["date"] <= when)).sum())
        began = pd.Timestamp(run.scenario.start)
        there = providers[(providers["kind"] == "liberal") & (providers["date"] <= when)]
        mean = there.groupby("date").size().mean()
        years = (when - began).days / 365.25
        return events / (mean * years) if years and mean else np.nan

    return rate


STATISTICS: Mapping[str, Statistic] = {
    "share_without_mt_17_29": Statistic(
        "share without MT of residents under 30", _share_at_ages("17-29"), "no resident is of these ages"
    ),
    "share_without_mt_60_plus": Statistic(
        "share without MT of residents aged 60 or over",
        _share_at_ages("60-74", "75+"),
        "no resident is of these ages",
    ),
    "searching_share": Statistic(
        "share of residents without MT who are looking for one",
        _part_of_those_without("seeking"),
        "no resident is without MT",
    ),
    "gave_up_share": Statistic(
        "share of residents without MT who gave up looking",
        _part_of_those_without("discouraged"),
        "no resident is without MT",
    ),
    "registered_without_mt_share": Statistic(
        "of residents registered at a call (relatives of listed patients, too) in the twelve calendar months that end "
        "with the date's, the share who had no MT",
        _registered_without_mt_share,
        "no call of these twelve months ended with a registration",
    ),
    "list_growth_in_post": Statistic(
        "growth of the mean list of the liberal GPs who are in practice on day 0 and on the date, those who have "
        "announced their exit included, per year, without compounding",
        _list_growth_in_post,
        "no liberal GP with a list on day 0 is in practice on this date",
        (-1.0, 1.0),
    ),
    "absorbed_share": Statistic(
        "of residents on the lists of GPs who have ceased without a successor since the start, the share whom other "
        "GPs took over on the last day",
        _absorbed_share,
        "no GP with a list has ceased without a successor",
    ),
    "cessations_per_list_holder": Statistic(
        "list-holding liberal GPs who have ceased since the start, per year and list-holder",
        _yearly_per_list_holder("gp_exited"),
        "no liberal GP is there",
        (0.0, math.inf),
    ),
    "installations_per_list_holder": Statistic(
        "liberal GPs who have settled since the start, per year and list-holder",
        _yearly_per_list_holder("gp_settled"),
        "no liberal GP is there",
        (0.0, math.inf),
    ),
}
"""What a target may be besides the outcomes of `OUTCOMES`."""


def why_undefined(name: str) -> str:
    """When an outcome or a statistic has no value."""
    return STATISTICS[name].undefined if name in STATISTICS else "no resident or practice in its group"


def statistic(run: Run, name: str, when: date) -> float:
    """An outcome or a statistic of a run on a recorded day; NaN where it is undefined (`why_undefined`)."""
    if name in STATISTICS:
        return STATISTICS[name].read(run, pd.Timestamp(when))
    return outcome_on(run, name, when)
