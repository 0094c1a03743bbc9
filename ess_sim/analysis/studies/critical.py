"""Which GPs are critical: what the loss of one GP, or of the oldest several at once, does to residents a year later.

Everything else continues as the scenario says, with the same random numbers: other GPs retire and settle as they would
have done anyway, and only residents are affected.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from ess_sim.arguments import checked
from ess_sim.errors import ArgumentError, ScenarioError, did_you_mean
from ess_sim.experiments.experiment import Progress, run_experiment
from ess_sim.inputs.catalogue.parameters import Parameters
from ess_sim.inputs.notebooks.cards import Shown
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.model.behaviours.gps.day0 import day0_names
from ess_sim.model.policies.departures import Departures
from ess_sim.model.run.checks import check
from ess_sim.model.run.prepare import prepare
from ess_sim.results.results import Results
from ess_sim.results.run import RunTables
from ess_sim.results.statistics.intervals import half_width

__all__ = ["TippingPoint", "critical_gps", "tipping_point"]


_NO_DEPARTURE = "no-departure"
"""Name of the scenario without a departure."""


@checked
def critical_gps(
    scenario: Scenario,
    *,
    gps: Sequence[str] | None = None,
    replications: int,
    seed: int = 1,
    jobs: int = 1,
    months: int = 12,
    out: Path | str | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Residents left without MT some months from now if a GP left tomorrow, for each GP in turn.

    Parameters
    ----------
    scenario : Scenario
        Its start stands for today. It is run no longer than needed.
    gps : sequence of str, optional
        Names of list-holding GPs of day 0, such as ``gp-53130-001``; by default all of them.
    replications : int
        Runs of each case, ≥ 1; (GPs + 1) × replications in all.
    seed, jobs, out, progress
        As `ess_sim.run_experiment`; give ``out`` if the runs do not fit into memory.
    months : int
        Months from the start to the record that is used (the first on or after that day), ≥ 1.

    Returns
    -------
    pandas.DataFrame
        One row per GP, the greatest loss first: ``rank``, ``gp``, ``zone``, ``age`` (mean, years), ``list`` (mean,
        residents on day 0), ``places`` (mean; her list plus the room up to her target), ``n`` (replications), ``loss``
        (mean number of residents without MT if she leaves, minus the number if no GP leaves), ``half_width``, ``low``,
        ``high`` (95 % Student interval over the paired replications; NaN with one).

    Raises
    ------
    ScenarioError
        If no GP has a given name on day 0, or there is no GP at all.
    ValueError
        For fewer than one month, GP, replication or process.

    Notes
    -----
    A GP's age, list and practice are drawn anew in each replication: her row is an average over the persons she might
    be. GPs in one zone therefore differ only by chance, apart from the partners that their numbers give them, and the
    intervals also include the spread of list sizes.

    Examples
    --------
    >>> from ess_sim.inputs.catalogue.bundled import scenarios_dir
    >>> from ess_sim.model.run.read import read_scenario
    >>> laval = read_scenario(scenarios_dir() / "laval" / "baseline.yaml")
    >>> table = critical_gps(laval, gps=["gp-53130-001"], replications=2, seed=1)
    >>> bool(table["loss"].iloc[0] > 0)
    True
    """
    base = _shortened(scenario, months)
    known = _day0(base)
    wanted = known if gps is None else list(dict.fromkeys(gps))
    if not wanted:
        raise ArgumentError("no GP named: critical_gps needs at least one")
    for name in wanted:
        if name not in known:
            raise ScenarioError(f"{base.name} has no GP {name!r} on day 0{did_you_mean(name, known)}")
    width = len(str(len(wanted)))
    # numbered, because a GP's name contains a zone code, which may have characters that scenario names may not
    cases = [f"departure-{i + 1:0{width}d}" for i in range(len(wanted))]
    variants = [_departure(base, name, gps=(gp,)) for name, gp in zip(cases, wanted, strict=True)]
    results = run_experiment(
        [base.with_(name=_NO_DEPARTURE), *variants],
        replications=replications,
        seed=seed,
        jobs=jobs,
        out=out,
        progress=progress,
    )
    without = _without_mt(results, base, months)["without_mt"].unstack("scenario")
    losses = without[cases].sub(without[_NO_DEPARTURE], axis=0).to_numpy(float).T
    mean, half = losses.mean(axis=1), half_width(losses)
    table = pd.DataFrame({"gp": wanted, "n": replications, "loss": mean, "half_width": half})
    table["low"], table["high"] = mean - half, mean + half
    table = table.merge(_persons(results), on="gp", how="left")
    table = table.sort_values(["loss", "gp"], ascending=[False, True], ignore_index=True)
    table.insert(0, "rank", np.arange(1, len(table) + 1))
    columns = ["rank", "gp", "zone", "age", "list", "places", "n", "loss", "half_width", "low", "high"]
    return table[columns]


@dataclass(frozen=True, eq=False)
class TippingPoint(Shown):
    """The number of simultaneous departures after which a share without MT is exceeded.

    Attributes
    ----------
    table : pandas.DataFrame
        The numbers of departures that were tried, in order: ``departures``, ``n`` (replications), ``share`` (mean
        share without MT, %), ``half_width``, ``low``, ``high`` (95 % Student interval).
    mean_exceeds : int or None
        Fewest departures after which the mean exceeds the threshold; None if it does not even when all GPs leave.
    interval_exceeds : int or None
        Fewest departures after which the whole interval exceeds it; None if it never does.
    """

    table: pd.DataFrame
    mean_exceeds: int | None
    interval_exceeds: int | None


@checked
def tipping_point(
    scenario: Scenario,
    *,
    threshold: float,
    replications: int,
    seed: int = 1,
    jobs: int = 1,
    months: int = 12,
    progress: Progress | None = None,
) -> TippingPoint:
    """Number of simultaneous retirements, oldest first, after which the share without MT exceeds a threshold.

    Parameters
    ----------
    scenario : Scenario
        Its start stands for today; the GPs leave tomorrow. It is run no longer than needed.
    threshold : float
        Share of residents aged 17+ without MT, in % (0–100).
    replications : int
        Runs of each number of departures, ≥ 2.
    seed, jobs, progress
        As `ess_sim.run_experiment`.
    months : int
        Months from the start to the record that is used (the first on or after that day), ≥ 1.

    Returns
    -------
    TippingPoint

    Raises
    ------
    ScenarioError
        If there is no GP on day 0.
    ValueError
        For a threshold outside 0–100, fewer than two replications, one month or one process.

    Notes
    -----
    The search is a bisection: it assumes that one more departure never lowers the share (which the same random numbers
    ensure in all but the smallest steps) and tries at most about 2 log₂(GPs) numbers.

    Examples
    --------
    >>> from ess_sim.inputs.catalogue.bundled import scenarios_dir
    >>> from ess_sim.model.run.read import read_scenario
    >>> laval = read_scenario(scenarios_dir() / "laval" / "baseline.yaml")
    >>> tipping_point(laval, threshold=2, replications=2).mean_exceeds  # it is above 2 % without any departure
    0
    """
    if not 0 <= threshold <= 100:
        raise ArgumentError(f"threshold is a share in %, from 0 to 100, not {threshold!r}")
    if replications < 2:
        raise ArgumentError("replications must be 2 or more: one run has no interval")
    base = _shortened(scenario, months)
    most = len(_day0(base))
    found: dict[int, tuple[float, float, float, float]] = {}

    def tried(n: int) -> tuple[float, float, float, float]:
        if n not in found:
            variant = _departure(base, base.name, oldest=n) if n else base
            results = run_experiment(variant, replications=replications, seed=seed, jobs=jobs, progress=progress)
            shares = 100.0 * _without_mt(results, base, months)["share"].to_numpy(float)
            mean, half = float(shares.mean()), float(half_width(shares))
            found[n] = mean, half, mean - half, mean + half
        return found[n]

    mean_exceeds = _first(lambda n: tried(n)[0] > threshold, most)
    interval_exceeds = _first(lambda n: tried(n)[2] > threshold, most)
    rows = [(n, replications, *found[n]) for n in sorted(found)]
    table = pd.DataFrame(rows, columns=["departures", "n", "share", "half_width", "low", "high"])
    return TippingPoint(table, mean_exceeds, interval_exceeds)


def _first(holds: Callable[[int], bool], most: int) -> int | None:
    """Smallest number from 0 to ``most`` for which a condition holds that also holds for all greater ones."""
    if holds(0):
        return 0
    if not holds(most):
        return None
    no, yes = 0, most
    while yes - no > 1:
        middle = (no + yes) // 2
        no, yes = (no, middle) if holds(middle) else (middle, yes)
    return yes


# --- shared by both -----------------------------------------------------------------------------------------------
def _shortened(scenario: Scenario, months: int) -> Scenario:
    """The scenario cut to the whole years that these months need."""
    if months < 1:
        raise ArgumentError(f"months must be 1 or more, not {months!r}")
    return scenario.with_(horizon_years=math.ceil(months / 12))


def _day0(scenario: Scenario) -> list[str]:
    """Names of the GPs of day 0, once the scenario itself is in order: its variants would repeat its faults."""
    check(scenario)
    names = day0_names(scenario, prepare(scenario), Parameters(scenario.parameters))
    if not names:
        raise ScenarioError(f"{scenario.name} has no list-holding GP on day 0, so none can leave")
    return names


def _departure(base: Scenario, name: str, *, gps: tuple[str, ...] | None = None, oldest: int | None = None) -> Scenario:
    """The scenario with some GPs leaving tomorrow."""
    shock = Departures(starts=base.start + timedelta(days=1), gps=gps, oldest=oldest)
    return base.with_(name=name, policies=(*base.policies, shock))


def _without_mt(results: Results, base: Scenario, months: int) -> pd.DataFrame:
    """``adults``, ``without_mt``, ``share`` by replication and scenario, at the first record after that many months."""
    shares = results.share_without_mt()
    recorded = shares["date"].drop_duplicates()
    day = recorded[recorded >= pd.Timestamp(base.start) + pd.DateOffset(months=months)].min()
    then: pd.DataFrame = shares[shares["date"] == day]
    return then.set_index(["replication", "scenario"]).sort_index()


def _persons(results: Results) -> pd.DataFrame:
    """Means over the replications of each GP's day 0: ``gp``, ``zone``, ``age``, ``list``, ``places``."""
    found = results.each(lambda run: _persons_of(run) if run.name == _NO_DEPARTURE else pd.DataFrame())
    return found.groupby(["gp", "zone"], observed=True)[["age", "list", "places"]].mean().reset_index()


def _persons_of(run: RunTables) -> pd.DataFrame:
    providers, careers = run.table("providers"), run.table("careers")
    today = providers["date"].min()
    here = providers[(providers["date"] == today) & (providers["kind"] == "liberal")]
    practising = careers[(careers["mode"] == "liberal") & (careers["from"] == today)]
    age = (today.year - practising["birth_year"]).set_axis(practising["person"].astype(str))
    gp = here["provider"].astype(str)
    places = np.maximum(here["list"], here["target"])
    return pd.DataFrame({"gp": gp, "zone": here["zone"], "age": gp.map(age), "list": here["list"], "places": places})
