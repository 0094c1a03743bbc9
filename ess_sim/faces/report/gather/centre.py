"""The life of centres: doctors, list, consultations, money, and how they fared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ess_sim.errors import NotKeptError
from ess_sim.faces.report.gather.batch import Batch, Estimate, Floats, estimate
from ess_sim.faces.report.gather.who import MOST_SCENARIOS
from ess_sim.results.comparison.filled import may_offer

__all__ = ["FATES", "MEASURES", "Centres", "Life", "centres"]


MEASURES = ("doctors", "fte", "list", "consultations", "income", "spending", "reserves")
FATES = ("centre_closed", "rescue", "receivership", "taken_over")
_CHANGES = {"post_filled": 1, "sessions_ended": -1, "salaried_gp_left": -1}
_POSTS = ("sessions", "salaried")
"""Posts of doctors, as facts that fill one say it."""


class Life(NamedTuple):
    """All centres of a scenario together, by year.

    Attributes
    ----------
    scenario : str
    actors : list of str
    years : list of int
        Whole calendar years after the first day.
    measures : dict of str to list of Estimate
        ``doctors`` present at the end of each year, their ``fte`` (NaN where careers are not kept), and adults on the
        ``list``; ``consultations``, ``income`` and ``spending`` (euro) in it; ``reserves`` (euro) at its end.
    fates : dict of str to int
        In how many of the ``runs`` a centre closed for want of money, was rescued, …
    runs : int
    opening : Estimate
        Euro that they began with.
    settled : Estimate
        Interns who settled in the territory up to the end more than in the baseline.
    """

    scenario: str
    actors: list[str]
    years: list[int]
    measures: dict[str, list[Estimate]]
    fates: dict[str, int]
    runs: int
    opening: Estimate
    settled: Estimate


@dataclass(frozen=True, eq=False)
class Centres:
    """Lives of centres."""

    lives: list[Life]


def centres(batch: Batch) -> Centres:
    """Of the first scenarios in which a centre opens.

    Raises
    ------
    NotKeptError
        If the folder has no facts, lists or accounts.
    """
    chosen = [s for s in batch.results.scenarios if may_offer(batch.scenario(s))]
    chosen = [s for s in chosen if s in batch.compared or not batch.compared][:MOST_SCENARIOS]
    lives = [_life(batch, name) for name in chosen]
    return Centres([life for life in lives if life is not None])


def _life(batch: Batch, name: str) -> Life | None:
    years = list(range(batch.dates[0].year, batch.dates[-1].year))
    found: dict[str, list[Floats]] = {measure: [] for measure in MEASURES}
    fates, actors, runs, settled, opening = dict.fromkeys(FATES, 0), set[str](), 0, [], []
    base = batch.compared.get(name, name)
    for other, run in batch.thin.pairs(base, name):
        facts = run.table("facts").astype({"event": str, "actor": str, "detail": str})
        settled.append(_settled(run.table("facts")) - _settled(other.table("facts")))
        opened = set(facts.loc[facts["event"].isin(("centre_opened", "centre_present")), "actor"])
        actors |= opened
        runs += 1
        opening.append(_opening(run, opened))
        mine = facts[facts["actor"].isin(opened)]
        for fate in FATES:
            rows = mine[mine["event"] == fate]
            fates[fate] += bool((rows["detail"] != "planned").any())
        for measure, values in _measured(run, mine, opened, years).items():
            found[measure].append(values)
    if not actors or not years:
        return None
    means = {
        m: [estimate(column) for column in batch.thin.observed(name, np.array(rows)).T] for m, rows in found.items()
    }
    gained = batch.thin.observed(name, np.array(settled, float))
    begun = batch.thin.observed(name, np.array(opening, float))
    return Life(name, sorted(actors), years, means, fates, runs, estimate(begun), estimate(gained))


def _opening(run: Any, actors: set[str]) -> float:
    accounts = run.table("accounts")
    own = accounts["actor"].astype(str).isin(actors) & (accounts["line"].astype(str) == "opening_reserves")
    return float(accounts.loc[own, "cents"].sum()) / 100


def _fte(run: Any, ends: pd.DatetimeIndex) -> Floats:
    """FTE of the doctors in centres' posts on these days."""
    try:
        careers = run.table("careers")
    except NotKeptError:
        return np.full(len(ends), np.nan)
    there = careers[careers["mode"].astype(str).isin(_POSTS)]
    begun, left = there["from"], there["to"]
    return np.array([float(there["fte"][(begun <= end) & (left.isna() | (left > end))].sum()) for end in ends])


def _settled(facts: pd.DataFrame) -> int:
    return int((facts["event"] == "intern_settled").sum())


def _measured(run: Any, facts: pd.DataFrame, actors: set[str], years: list[int]) -> dict[str, Floats]:
    """One value a year of each measure."""
    ends = pd.DatetimeIndex([f"{year}-12-31" for year in years])
    change = facts["event"].map(_CHANGES).where((facts["event"] != "post_filled") | facts["detail"].isin(_POSTS))
    moved = change[change.notna()].groupby(facts["date"]).sum().cumsum()
    doctors = np.array(
        [float(moved[moved.index <= end].iloc[-1]) if (moved.index <= end).any() else 0.0 for end in ends]
    )
    providers = run.table("providers")
    rows = providers[(providers["kind"] == "centre") & providers["date"].isin(ends)]
    rows = rows[rows["provider"].astype(str).isin(actors)]
    lists = rows.groupby("date")["list"].sum().reindex(ends, fill_value=0).to_numpy(float)
    accounts = run.table("accounts")
    booked = accounts[accounts["actor"].astype(str).isin(actors)]
    year = booked["date"].dt.year
    paid, euro = booked["payer"].astype(str) != "", booked["cents"] / 100
    current = booked["line"].astype(str) != "opening_reserves"

    def of_year(which: Any) -> Floats:
        out: Floats = euro[which].groupby(year[which]).sum().reindex(years, fill_value=0.0).to_numpy(float)
        return out

    def stated(event: str) -> Floats:
        rows = facts[facts["event"] == event]
        out: Floats = rows.groupby(rows["detail"])["value"].sum().reindex([str(year) for year in years]).to_numpy(float)
        return out

    return {
        "doctors": doctors,
        "fte": _fte(run, ends),
        "list": lists,
        "consultations": np.nan_to_num(stated("consultations")),
        "income": of_year(paid & current),
        "spending": -of_year(~paid),
        "reserves": stated("reserves"),
    }
