"""Laws that hold whatever the parameters: closed forms, no effect of size, responses of one sign, none out of reach."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ess_sim import Policy, Results, Scenario, run_experiment
from ess_sim.clock import Phase
from ess_sim.inputs.catalogue.parameters import catalogue
from ess_sim.inputs.scenario.blocks import GpBlock, WithoutMtBlock
from ess_sim.inputs.scenario.scenario import ResidentsStart, Supply
from ess_sim.inputs.scenario.sourced import Count, Rate
from ess_sim.inputs.scenario.territory_spec import TerritorySpec
from ess_sim.model.behaviours.gps.settling import settle
from ess_sim.model.policies.mediators import Mediators
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.world import World
from ess_sim.results.indicators.shares import share_without_mt
from ess_sim.results.run import RunTables
from ess_sim.results.statistics.intervals import half_width
from validation.findings import Finding

MADE_UP = {"source": "made up for a check", "grade": "D"}
START = date(2020, 3, 1)
YEARS = 10
NEAR, FAR = ("A", "B"), ("C", "D")
KM_PER_DEGREE = 74.4  # of longitude, at the towns' latitude
HAZARD, PER_YEAR, GP_YEARS = 0.12, 60.0, 20
SIZES = {1: 320, 2: 240, 4: 160, 8: 80}
"""Replications by size: the larger a territory, the less its futures differ."""
PAIRS = 160
FROZEN = {
    "zone_choice_shortage": 0.0,  # residents do not steer newcomers,
    "elsewhere_follows_share": 0.0,  # nor, all over the territory, the places on its lists,
    "zone_choice_succession": 0.0,  # nor do GPs who are about to leave,
    "notice_share": 0.0,  # no GP takes over from another,
    "group_practice_share": 0.0,  # and none has partners
}
BLUE, GREY = "#0072B2", "#666666"


class ExtraGp(Policy):
    """One more GP settles, by the model's own door; she hosts no interns, whom others would have hosted."""

    kind: ClassVar[str] = "validation.laws:ExtraGp"

    starts: date
    zone: str

    def act(self, world: World) -> Behaviour:
        """She comes on the first day."""
        gp = settle(world, "extra-gp", origin="outside", among=[world.territory.zone_index(self.zone)])
        assert gp is not None
        gp.supervisor = False
        yield from ()  # a behaviour, though it never waits


class ExtraSupervisor(Policy):
    """The youngest GP who supervises no interns begins to."""

    kind: ClassVar[str] = "validation.laws:ExtraSupervisor"

    starts: date

    def act(self, world: World) -> Behaviour:
        """She is free from the first day, and hosts from the next semester on."""
        others = [gp for gp in world.gps.values() if not gp.supervisor]
        max(others, key=lambda gp: (gp.birth_year, gp.name)).supervisor = True
        yield world.at(world.calendar.horizon, Phase.POLICY, "extra-supervisor")


def check(out: Path, *, jobs: int) -> list[Finding]:
    """Findings of part ``laws``; writes ``laws_scale.csv``, ``laws_changes.csv`` and ``laws.png``."""
    with tempfile.TemporaryDirectory() as folder:
        place = partial(_towns, Path(folder))
        gps = _immigration_and_death(place, jobs)
        capacity = _capacity(place, jobs)
        shares, scale = _scaling(place, jobs)
        changes, monotone = _one_more(place, jobs)
        reach = _out_of_reach(place, jobs)
        many = _more_gps(place, jobs)
    shares.to_csv(out / "laws_scale.csv", index=False)
    changes.to_csv(out / "laws_changes.csv", index=False)
    _picture(shares, changes).savefig(out / "laws.png", dpi=150)
    return [*gps, capacity, *scale, *monotone, *reach, *many]


# --- towns -----------------------------------------------------------------------------------------------------------


def _towns(folder: Path, each: int, *, gap_km: float = 8.0) -> TerritorySpec:
    """Towns A, B, C, D in a row, 8 km apart but for B and C, with so many residents of each age from 0 to 84."""
    km = np.cumsum([0.0, 8.0, gap_km, 8.0])
    rows = ["zone,name,lon,lat,area_km2,age,count"]
    for zone, x in zip("ABCD", km / KM_PER_DEGREE, strict=True):
        rows += [f"{zone},{zone},{x:.6f},48,9,{age},{each}" for age in range(85)]
    path = folder / f"towns-{each}-{gap_km:g}.csv"
    path.write_text("\n".join([*rows, ""]), encoding="utf-8")
    return TerritorySpec(csv=str(path))


def _scenario(
    name: str,
    territory: TerritorySpec,
    *,
    gps: int,
    installations: float,
    interns: int,
    years: int = YEARS,
    without: float = 0.12,
    parameters: Mapping[str, float] | None = None,
    policies: Sequence[Policy] = (),
) -> Scenario:
    """GPs spread over all towns, and nothing left to national figures."""
    supply = Supply(
        list_holding_gps=[GpBlock(zones="remainder", count=gps, **MADE_UP)],  # type: ignore[arg-type]
        first_installations=Rate(per_year=installations, **MADE_UP),  # type: ignore[arg-type]
        interns_per_semester=Count(count=interns, **MADE_UP),  # type: ignore[arg-type]
        retired_pool=Count(count=gps // 3, **MADE_UP),  # type: ignore[arg-type]
        departement_list_holders=Count(count=4 * gps, **MADE_UP),  # type: ignore[arg-type]
    )
    block = WithoutMtBlock(zones="remainder", share=without, never_declared_part=0.5, **MADE_UP)  # type: ignore[arg-type]
    return Scenario(
        name=name,
        start=START,
        horizon_years=years,
        territory=territory,
        supply=supply,
        residents=ResidentsStart(without_mt=(block,)),
        parameters=dict(parameters or {}),
        policies=tuple(policies),
    )


def _last_share(zones: Sequence[str], run: RunTables) -> pd.DataFrame:
    """Share without MT of some zones together at the last record, in percent, and their list-holding GPs."""
    table = share_without_mt(run.table("snapshots"), "zone")
    here = table[(table["date"] == table["date"].max()) & table["zone"].isin(list(zones))]
    providers = run.table("providers")
    gps = ((providers["date"] == table["date"].max()) & providers["zone"].isin(list(zones))).sum()
    return pd.DataFrame({"share": [100 * here["without_mt"].sum() / here["adults"].sum()], "gps": [gps]})


def _interval(values: NDArray[np.float64]) -> tuple[float, float, float]:
    """Mean and its 95 % Student interval."""
    mean, half = float(values.mean()), float(half_width(values))
    return mean, mean - half, mean + half


# --- closed forms ----------------------------------------------------------------------------------------------------


def _immigration_and_death(place: partial[TerritorySpec], jobs: int) -> list[Finding]:
    """GPs settle as a Poisson process, and each leaves with the same chance at each yearly review."""
    hazards = {name: HAZARD for name in catalogue() if name.startswith("exit_hazard_")}
    scenario = _scenario(
        "gps",
        place(10),
        gps=0,
        installations=PER_YEAR,
        interns=0,
        years=GP_YEARS,
        parameters=hazards | {"notice_share": 0.0},
    )

    def last(run: RunTables) -> pd.DataFrame:
        providers = run.table("providers")
        return pd.DataFrame({"gps": [int((providers["date"] == providers["date"].max()).sum())]})

    stocks = run_experiment([scenario], replications=60, seed=2, jobs=jobs).each(last)["gps"].to_numpy(dtype=float)
    # who came within a year has had her review with a chance that grows evenly: half a hazard on average
    expected = PER_YEAR * (1 - HAZARD / 2) * (1 - (1 - HAZARD) ** GP_YEARS) / HAZARD
    note = f"{len(stocks)} runs, {expected:.1f} expected"
    return [
        Finding("laws/gps_mean", *_interval(stocks / expected), note),
        Finding("laws/gps_spread", float(stocks.var(ddof=1) / stocks.mean()), note=note),
    ]


def _capacity(place: partial[TerritorySpec], jobs: int) -> Finding:
    """No resident waits, gives up or goes elsewhere, no GP leaves: places fill through deaths and birthdays."""
    never = ("move_out_rate_per_year", "nominal_mt_share", "family_gp_share", "relatives_accepted_share",
             "give_up_rate_per_year", "far_call_rate_per_year", "voluntary_change_rate_per_year", "precarious_share",
             "target_decline_from_60", "stretch_per_year")  # fmt: skip
    hazards = [name for name in catalogue() if name.startswith("exit_hazard_")]
    always = {
        "call_rate_per_year": 1000.0,
        "need_rate_per_year": 1e3,
        "need_rate_lost_per_year": 1e3,
        "informed_share": 1.0,
        "intake_per_month_per_fte": 1e5,
        "acceptance_sharpness": 400.0,
    }
    scenario = _scenario(
        "capacity",
        place(60),
        gps=16,
        installations=0.0,
        interns=0,
        years=3,
        without=0.15,
        parameters=dict.fromkeys([*never, *hazards], 0.0) | always,
    )

    def gap(run: RunTables) -> pd.DataFrame:
        snapshots, providers = run.table("snapshots"), run.table("providers")
        adults = snapshots.groupby("date")["adults"].sum()
        places = providers.groupby("date")["target"].sum()
        without = snapshots.groupby("date")[["lost", "never_declared"]].sum().sum(axis=1)
        off = (without - (adults - places)).iloc[1:].abs()
        return pd.DataFrame({"off": [off.max()], "without": [without.iloc[1:].min()], "records": [len(off)]})

    found = run_experiment([scenario], replications=10, seed=3, jobs=jobs).each(gap)
    note = f"10 runs, {int(found['records'].sum())} records; never fewer than {int(found['without'].min())} without MT"
    return Finding("laws/capacity", float(found["off"].max()), note=note)


# --- size ------------------------------------------------------------------------------------------------------------


def _scaling(place: partial[TerritorySpec], jobs: int) -> tuple[pd.DataFrame, list[Finding]]:
    """The same territory with k times the residents, GPs, arrivals, interns and retired GPs.

    Once as it is, and once with GPs who neither come nor go: the share falls with supply, but not below what residents
    who do not look leave. So chance in supply, of which a small territory has more, raises its mean.
    """
    nobody_leaves = {name: 0.0 for name in catalogue() if name.startswith("exit_hazard_")}
    parts = []
    for k, replications in SIZES.items():
        size = partial(_scenario, territory=place(60 * k), gps=16 * k)
        for supply, scenario in (
            ("moving", size(f"size-{k}", installations=0.8 * k, interns=2 * k)),
            ("fixed", size(f"fixed-{k}", installations=0.0, interns=0, parameters=nobody_leaves)),
        ):
            results = run_experiment([scenario], replications=replications, seed=4, jobs=jobs)
            parts.append(results.each(partial(_last_share, "ABCD")).assign(supply=supply, size=k))
    table = pd.concat(parts, ignore_index=True)[["supply", "size", "replication", "share", "gps"]]
    moving = _by_size(table, "moving", "share")
    findings = [*_doublings("scale", moving), *_doublings("scale_fixed", _by_size(table, "fixed", "share"))]
    spread = {k: float(values.std(ddof=1)) for k, values in moving.items()}
    note = "; ".join(f"{k}: {sd:.2f} points" for k, sd in spread.items())
    findings.append(Finding("laws/scale_spread", spread[1] / spread[4], note=note))
    gps = {k: values / k for k, values in _by_size(table, "moving", "gps").items()}
    note = "; ".join(f"{k}: {values.mean():.2f}" for k, values in gps.items())
    return table, [*findings, Finding("laws/scale_supply", float(gps[1].mean() / gps[8].mean()), note=note)]


def _by_size(table: pd.DataFrame, supply: str, value: str) -> dict[int, NDArray[np.float64]]:
    """One value a future, by size."""
    here = table[table["supply"] == supply]
    return {k: here.loc[here["size"] == k, value].to_numpy(dtype=np.float64) for k in SIZES}


def _doublings(name: str, of: Mapping[int, NDArray[np.float64]]) -> list[Finding]:
    """What each doubling of the territory changes in the mean."""
    findings = []
    for small, large in ((1, 2), (2, 4), (4, 8)):
        change = float(of[large].mean() - of[small].mean())
        half = math.hypot(float(half_width(of[small])), float(half_width(of[large])))
        note = f"{of[small].mean():.2f} % in {len(of[small])} runs, {of[large].mean():.2f} % in {len(of[large])}"
        findings.append(Finding(f"laws/{name}_{small}_{large}", change, change - half, change + half, note))
    return findings


# --- one more --------------------------------------------------------------------------------------------------------


def _paired(results: Results, zones: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    """Change of the share without MT from the first scenario, by scenario and replication, in points."""
    table = results.each(partial(_last_share, zones)).pivot(index="replication", columns="scenario", values="share")
    first, *others = results.scenarios
    return {str(name): (table[name] - table[first]).to_numpy(dtype=np.float64) for name in others}


def _one_more(place: partial[TerritorySpec], jobs: int) -> tuple[pd.DataFrame, list[Finding]]:
    """One more GP, supervisor or mediator, all else drawn alike; the supervisors are what limits interns."""
    towns = place(60)
    starts = date(2020, 4, 1)
    policies = {
        "nothing": (),
        "one_more_gp": (ExtraGp(starts=starts, zone="B"),),
        "one_more_supervisor": (ExtraSupervisor(starts=starts),),
        "one_more_mediator": (Mediators(starts=starts, fte=1.0),),
    }
    scenarios = [
        _scenario(name, towns, gps=16, installations=0.8, interns=12, parameters=FROZEN, policies=added)
        for name, added in policies.items()
    ]
    changes = _paired(run_experiment(scenarios, replications=PAIRS, seed=5, jobs=jobs), "ABCD")
    findings = []
    for name, change in changes.items():
        mean, low, high = _interval(change)
        note = f"mean {mean:.2f} [{low:.2f}, {high:.2f}], {len(change)} pairs"
        findings.append(Finding(f"laws/{name}", low, note=note))
    rows = [(name, i, value) for name, change in changes.items() for i, value in enumerate(change)]
    return pd.DataFrame(rows, columns=["added", "replication", "change"]), findings


def _more_gps(place: partial[TerritorySpec], jobs: int) -> list[Finding]:
    """Twice and five times as many GPs on day 0, who share the same residents; the stated share stays."""
    towns = place(60)
    scenarios = [_scenario(f"gps-{n}", towns, gps=n, installations=0.8, interns=2, years=5) for n in (16, 32, 80)]
    changes = _paired(run_experiment(scenarios, replications=PAIRS, seed=7, jobs=jobs), "ABCD")
    twice, five = changes.values()
    findings = []
    for name, change in (("2", twice), ("5", five), ("5_for_2", five - twice)):
        mean, low, high = _interval(change)
        note = f"mean {mean:.2f} [{low:.2f}, {high:.2f}] points, {len(change)} pairs"
        findings.append(Finding(f"laws/gps_times_{name}", low, note=note))
    return findings


def _out_of_reach(place: partial[TerritorySpec], jobs: int) -> list[Finding]:
    """A GP more in A; C and D are 100 km away, beyond every tolerance and the territory's cut-off, and no one moves."""
    towns = place(60, gap_km=100.0)
    still = FROZEN | {"move_within_rate_per_year": 0.0}
    scenarios = [
        _scenario(name, towns, gps=16, installations=0.8, interns=2, parameters=still, policies=added)
        for name, added in {"nothing": (), "extra": (ExtraGp(starts=date(2020, 4, 1), zone="A"),)}.items()
    ]
    results = run_experiment(scenarios, replications=PAIRS, seed=6, jobs=jobs)
    near, far = (_interval(_paired(results, zones)["extra"]) for zones in (NEAR, FAR))
    differing = rows = 0
    for one, other in results.pairs("nothing", "extra"):
        own, with_her = _acts_of_others(one), _acts_of_others(other)
        differing += len(set(own) ^ set(with_her)) + abs(len(own) - len(with_her))
        rows += len(own)
    note = "mean {:.2f} [{:.2f}, {:.2f}] points, {} pairs"
    return [
        Finding("laws/extra_gp_near", near[2], note=note.format(*near, PAIRS)),
        Finding("laws/extra_gp_far", 2 * far[0] / (far[2] - far[1]), note=note.format(*far, PAIRS)),
        Finding("laws/extra_gp_others", float(differing), note=f"of {rows} rows in {PAIRS} pairs"),
    ]


def _acts_of_others(run: RunTables) -> list[tuple[str, ...]]:
    """What all but the extra GP did, and when: facts without the residents they touched, and careers."""
    facts = run.table("facts")
    # whether anything of a list is handed over, and how large it is, is the residents' doing
    facts = facts[(facts["actor"] != "extra-gp") & (facts["event"] != "list_handed_over")]
    careers = run.table("careers")
    careers = careers[careers["person"] != "extra-gp"].drop(columns=["scenario", "draw", "replication"])
    dated = facts[["date", "event", "actor", "zone", "other", "detail"]]
    return [tuple(map(str, row)) for table in (dated, careers) for row in table.itertuples(index=False)]


# --- picture ---------------------------------------------------------------------------------------------------------


def _picture(shares: pd.DataFrame, changes: pd.DataFrame) -> Figure:
    """Shares by size of the territory, and what one more of each changes, with 95 % intervals of the mean."""
    figure = Figure(figsize=(9, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    moving = shares[shares["supply"] == "moving"]
    for axes, table, by, value in ((left, moving, "size", "share"), (right, changes, "added", "change")):
        groups = [(name, group.to_numpy(dtype=np.float64)) for name, group in table.groupby(by, sort=False)[value]]
        for x, (_, values) in enumerate(groups):
            axes.plot(np.full(len(values), x + 0.12), values, ".", color=GREY, alpha=0.3, markersize=4)
            mean, low, high = _interval(values)
            axes.errorbar(x, mean, yerr=[[mean - low], [high - mean]], fmt="o", color=BLUE, capsize=4)
        names = [str(name).replace("one_more_", "").replace("_", " ") for name, _ in groups]
        axes.set_xticks(range(len(groups)), names)
    left.set_xlabel("size of the territory (1: 16,000 adults)")
    left.set_ylabel("adults without MT after 10 years (%)")
    left.set_title("The same territory, k times: futures and their mean")
    right.axhline(0.0, color="black", linewidth=0.8)
    right.set_xlabel("one more")
    right.set_ylabel("paired change after 10 years (points)")
    right.set_title("All else drawn alike")
    return figure
