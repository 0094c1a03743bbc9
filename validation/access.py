"""Accessibility: the method against PySAL's, and DREES's APL made of runs beside the published one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from access.fca import two_stage_fca
from access.weights import step_fn
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ess_sim import Scenario, read_scenario, run_experiment
from ess_sim.analysis.accounts.accessibility import DISTANCE_BANDS, NEEDS, apl, floating_catchment, mean_apl
from ess_sim.inputs.scenario.blocks import GpBlock
from ess_sim.inputs.scenario.scenario import Supply
from ess_sim.inputs.scenario.sourced import Count
from ess_sim.inputs.scenario.territory_spec import TerritorySpec
from ess_sim.model.run.prepare import prepare
from ess_sim.results.run import RunTables
from validation.findings import Finding, read_tolerances

SCENARIOS = Path(__file__).resolve().parents[1] / "scenarios"
DAYS = (date(2022, 6, 30), date(2023, 6, 30))
REPLICATIONS = 20
LAVAL = "53130"
EQUAL = dict.fromkeys(NEEDS, 1.0)
MAYENNE = Scenario(
    name="mayenne",
    start=date(2021, 1, 1),
    horizon_years=3,
    territory=TerritorySpec(departement="53"),
    supply=Supply(
        list_holding_gps=(
            GpBlock(zones="remainder", count=185, source="180–190 liberal GPs: CPAM through the press, 2021", grade="C")
        ),
        interns_per_semester=Count(count=16, source="Laval's six, in proportion to residents", grade="D"),
    ),
)
PLACES = {"national": "Reduced France", "mayenne": "Mayenne", "laval": "Laval"}
BLUE, ORANGE = "#0072B2", "#D55E00"


def check(out: Path, *, jobs: int) -> list[Finding]:
    """Findings of part ``access``; writes ``access_apl.csv`` (by place, run and date) and ``access_apl.png``."""
    scenarios = {
        "national": read_scenario(SCENARIOS / "national" / "baseline.yaml").with_(horizon_years=6),
        "mayenne": MAYENNE,
        "laval": read_scenario(SCENARIOS / "laval" / "smp.yaml").with_(horizon_years=7),
    }
    parts = [_indicators(place, scenario, jobs).assign(place=place) for place, scenario in scenarios.items()]
    table = pd.concat(parts, ignore_index=True)
    table.to_csv(out / "access_apl.csv", index=False)
    findings = [
        Finding("access/pysal", max(_differences_from_pysal()), note="100 random landscapes, plain and weighted"),
        Finding("access/conservation", float(table.loc[table["what"] == "lost", "value"].max()), note="all runs"),
        *(_apl(place, day, table) for place in PLACES for day in DAYS),
        _of_65(table),
    ]
    _picture(findings).savefig(out / "access_apl.png", dpi=150)
    return findings


def _indicators(place: str, scenario: Scenario, jobs: int) -> pd.DataFrame:
    """APL of a place by replication and date.

    Of ``all`` GPs, those of ``65`` or younger, with ``equal`` needs at all ages; and what is ``lost`` between supply
    and accessibility, relative.
    """
    territory = prepare(scenario)

    def of(run: RunTables) -> pd.DataFrame:
        parts = []
        for what, oldest, needs in (("all", None, NEEDS), ("65", 65, NEEDS), ("equal", None, EQUAL)):
            table = apl(run, territory, DAYS, oldest=oldest, needs=needs)
            here = table[table["zone"] == LAVAL][["date", "apl"]] if place == "laval" else mean_apl(table)
            reached = (table["apl"] * table["standardised"]).groupby(table["date"]).sum()
            lost = abs(reached / table.groupby("date")["consultations"].sum() - 1).rename("value").reset_index()
            parts += [here.rename(columns={"apl": "value"}).assign(what=what), lost.assign(what="lost")]
        return pd.concat(parts)

    return run_experiment([scenario], replications=REPLICATIONS, seed=1, jobs=jobs).each(of)


def _values(table: pd.DataFrame, place: str, day: date, what: str) -> NDArray[np.float64]:
    """One value a future."""
    rows = (table["place"] == place) & (table["date"] == pd.Timestamp(day)) & (table["what"] == what)
    return table.loc[rows, "value"].to_numpy(dtype=np.float64)


def _apl(place: str, day: date, table: pd.DataFrame) -> Finding:
    """A place's APL, and where the published one lies among the futures."""
    finding, futures = f"access/{place}_{day.year}", _values(table, place, day, "all")
    low, high = np.quantile(futures, [0.025, 0.975])
    below = (futures < read_tolerances()[finding]["observed"]).mean()
    equal = _values(table, place, day, "equal").mean()
    note = f"mean and 95 % of {len(futures)} futures, {below:.0%} below the published figure"
    return Finding(finding, float(futures.mean()), low, high, f"{note}; {equal:.2f} with equal needs at all ages")


def _of_65(table: pd.DataFrame) -> Finding:
    """GPs of 65 or younger over all, in the reduced France."""
    young, everyone = (_values(table, "national", DAYS[1], what).mean() for what in ("65", "all"))
    note = f"{young:.2f} of {everyone:.2f}, means of {REPLICATIONS} futures; published 3.30 of 3.745"
    return Finding("access/national_65_2023", float(young / everyone), note=note)


def _differences_from_pysal() -> Iterator[float]:
    """Largest relative difference on each of 100 random landscapes, with one band of distance and with DREES's."""
    rng = np.random.default_rng(1)
    for case in range(100):
        zones, places = rng.integers(2, 200, 2)
        supply, demand = rng.gamma(1.0, 5000.0, places), rng.gamma(1.0, 1000.0, zones)
        kept = np.flatnonzero(rng.random(zones * places) < rng.uniform(0.05, 1.0))
        origins, destinations, minutes = kept // places, kept % places, rng.uniform(0.0, 30.0, len(kept))
        bands = DISTANCE_BANDS if case % 2 else ((20.0, 1.0),)
        costs = pd.DataFrame({"origin": origins, "dest": destinations, "cost": minutes})
        theirs = two_stage_fca(
            pd.DataFrame({"demand": demand}),
            pd.DataFrame({"supply": supply}),
            costs[costs["cost"] < bands[-1][0]],
            demand_index=True,
            supply_index=True,
            weight_fn=step_fn(dict(bands)),
        )
        ours = floating_catchment(supply, demand, origins, destinations, minutes, bands)
        there = theirs.reindex(range(zones), fill_value=0.0).to_numpy()
        yield float(np.max(np.abs(ours - there) / np.maximum(there, 1e-12)))


def _picture(findings: list[Finding]) -> Figure:
    """Simulated means with the interval of futures beside the published figures, by place and year."""
    published = {name: entry["observed"] for name, entry in read_tolerances().items()}
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    found = {f.id: f for f in findings}
    labels = []
    for x, (place, day) in enumerate((place, day) for place in PLACES for day in DAYS):
        f = found[f"access/{place}_{day.year}"]
        axes.errorbar(
            x,
            f.simulated,
            yerr=[[f.simulated - f.low], [f.high - f.simulated]],
            fmt="o",
            color=BLUE,
            capsize=4,
            label="simulated: mean, 95 % of futures" if x == 0 else None,
        )
        axes.plot(x, published[f.id], "D", color=ORANGE, label="published (DREES)" if x == 0 else None)
        labels.append(f"{PLACES[place]}\n{day.year}")
    axes.set_xticks(range(len(labels)), labels, fontsize=8)
    axes.set_ylim(0, 5)
    axes.set_ylabel("APL: consultations a year\nwithin reach of a standardised resident")
    axes.set_title("Potential accessibility of GPs, simulated and published")
    axes.legend(loc="lower right")
    return figure
