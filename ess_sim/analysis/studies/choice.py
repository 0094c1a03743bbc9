"""Choosing among variants: the best of many from few runs, and those that are worth their cost."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date as Date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ess_sim.analysis.studies.evaluation import Case, Measure, check_one_territory, simulated
from ess_sim.arguments import checked
from ess_sim.errors import ArgumentError, ResultsError, did_you_mean, whole_number
from ess_sim.experiments.experiment import Progress
from ess_sim.inputs.notebooks.cards import Shown
from ess_sim.inputs.scenario.outcomes import OUTCOMES
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.results.comparison.differences import compare, levels
from ess_sim.results.results import Results
from ess_sim.results.statistics.intervals import half_width
from ess_sim.results.statistics.selection import kim_nelson, pareto_front

__all__ = ["Choice", "front", "select"]


Floats = NDArray[np.float64]


# --- the best of many ---------------------------------------------------------------------------------------------
@dataclass(frozen=True, eq=False)
class Choice(Shown):
    """What a selection among scenarios found.

    Attributes
    ----------
    best : str or None
        Name of the best scenario; None if the replications ran out before it was found.
    survivors : tuple of str
        Scenarios that were not eliminated: the best, with those that equal it in every replication; or, if undecided,
        all those that may still be the best.
    table : pandas.DataFrame
        One row per scenario, in the order given: ``scenario``, ``unit`` (``%`` for shares), ``replications`` (used by
        the selection), ``mean``, ``half_width``, ``low``, ``high`` (of the mean over these; 95 % Student interval),
        ``eliminated_at`` (replications after which it was found to be worse than another; <NA> for survivors). These
        are intervals of levels: because scenarios share their random numbers, they differ far more clearly than the
        overlap suggests. They are slightly too narrow, because chance affects when a scenario is eliminated.
    """

    best: str | None
    survivors: tuple[str, ...]
    table: pd.DataFrame


@checked
def select(
    scenarios: Sequence[Scenario],
    *,
    indifference: float,
    outcome: str = "share_without_mt",
    date: Date | str | None = None,
    confidence: float = 0.95,
    first: int = 10,
    maximum: int = 500,
    seed: int = 1,
    jobs: int | None = 1,
    progress: Progress | None = None,
) -> Choice:
    """The best of several scenarios, from as few runs as it takes to identify it.

    Kim & Nelson's procedure with common random numbers: all scenarios are run a few times, then one more replication at
    a time, and each scenario is dropped as soon as it is clearly worse than another.

    Parameters
    ----------
    scenarios : sequence of Scenario
        At least two, with different names.
    indifference : float
        Smallest difference that matters, in the unit of the outcome (percentage points for shares), > 0. The smaller it
        is, the more runs are needed.
    outcome : str
        Key of `OUTCOMES`, which say which way is better.
    date : date, optional
        A recorded date; by default the last one that all scenarios record.
    confidence : float
        Probability of finding the best scenario if it is better than all others by at least the indifference.
    first : int
        Replications of every scenario before any is dropped, ≥ 3.
    maximum : int
        Maximum number of replications of a scenario.
    seed : int
        Root seed, ≥ 0.
    jobs : int, optional
        Workers, ≥ 1; None: one per core. Each replication of the survivors waits for the previous one; to keep the
        workers busy, runs are made a little ahead, which does not change the result.
    progress : callable, optional
        As `ess_sim.run_experiment`; the total is the maximum number of runs.

    Returns
    -------
    Choice

    Raises
    ------
    ResultsError
        For scenarios of different territories, an unknown outcome, a date that is not recorded, or a run in which the
        outcome is undefined.
    ValueError
        For fewer than two scenarios, two with one name, or numbers out of range.
    ScenarioError
        Before anything runs, with all that is wrong with the scenarios in their territories.
    ExperimentError
        If a run fails.

    Examples
    --------
    >>> from ess_sim.inputs.catalogue.bundled import scenarios_dir
    >>> from ess_sim.model.run.read import read_scenario
    >>> folder = scenarios_dir() / "laval"
    >>> two = [read_scenario(folder / name).with_(horizon_years=1) for name in ("baseline.yaml", "smp.yaml")]
    >>> select(two, indifference=0.5, first=3).best
    'laval-smp'
    """
    names = [s.name for s in scenarios]
    if len(names) < 2:
        raise ArgumentError("a selection needs at least two scenarios")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ArgumentError(f"two scenarios are called {twice[0]!r}: give each its own name")
    seed = whole_number("seed", seed, 0)
    measure = Measure.of(scenarios, outcome, date)
    check_one_territory(scenarios)
    cases = _Cases(scenarios, maximum)
    with closing(simulated(cases, measure, seed=seed, jobs=jobs)) as found:
        sample = _Sample(cases, found, progress)
        chosen = kim_nelson(
            sample,
            len(names),
            indifference=indifference,
            confidence=confidence,
            first=first,
            maximum=maximum,
            minimise=OUTCOMES[outcome].lower_is_better,
        )
    rows = []
    for number, name in enumerate(names):
        used = chosen.replications[number]
        x = np.array([sample.values[number, r] for r in range(used)])
        mean, half = float(x.mean()), float(half_width(x))
        rows.append((name, used, mean, half, mean - half, mean + half, chosen.eliminated_at[number]))
    columns = ["scenario", "replications", "mean", "half_width", "low", "high", "eliminated_at"]
    table = pd.DataFrame(rows, columns=columns).astype({"eliminated_at": "Int64"})
    table.insert(1, "unit", OUTCOMES[outcome].unit_of_level)
    best = None if chosen.best is None else names[chosen.best]
    return Choice(best, tuple(names[i] for i in chosen.survivors), table)


class _Cases:
    """Runs of the scenarios still in play, replication by replication; ``in_play`` changes while they are read."""

    def __init__(self, scenarios: Sequence[Scenario], maximum: int) -> None:
        self._scenarios = list(scenarios)
        self._maximum = maximum
        self.most = len(scenarios) * maximum
        self.in_play: tuple[int, ...] = tuple(range(len(scenarios)))

    def __iter__(self) -> Iterator[Case]:
        for replication in range(self._maximum):
            for number, scenario in enumerate(self._scenarios):
                if number in self.in_play:
                    yield Case(number, scenario, replication)


class _Sample:
    """Supplies the values that the selection requests, from runs that finish in any order and a little ahead."""

    def __init__(self, cases: _Cases, found: Generator[tuple[Case, float]], progress: Progress | None) -> None:
        self._cases, self._found, self._progress = cases, found, progress
        self.values: dict[tuple[int, int], float] = {}

    def __call__(self, systems: tuple[int, ...], replications: range) -> Floats:
        self._cases.in_play = systems
        wanted = [(s, r) for s in systems for r in replications]
        while not all(key in self.values for key in wanted):
            case, value = next(self._found)
            self.values[case.number, case.replication] = value
            if self._progress is not None:
                left = f"{case.scenario.name}, replication {case.replication}; {len(systems)} scenarios are in play"
                self._progress(len(self.values), self._cases.most, left)
        return np.array([self.values[key] for key in wanted]).reshape(len(systems), len(replications))


# --- what it costs ------------------------------------------------------------------------------------------------
@checked
def front(
    results: Results,
    costs: Mapping[str, float],
    *,
    baseline: str | None = None,
    outcome: str = "share_without_mt",
    date: Date | str | None = None,
) -> pd.DataFrame:
    """Which scenarios are worth their cost: no other scenario has at least as good an effect at no greater cost.

    Parameters
    ----------
    results : Results
        With the same replications in all scenarios.
    costs : mapping of str to float
        Cost of each scenario, including the baseline, in any unit: euros, posts, GPs' sessions.
    baseline : str, optional
        Scenario that effects are measured against, by default the first.
    outcome : str
        Key of `OUTCOMES`.
    date : date, optional
        A recorded date; by default the end.

    Returns
    -------
    pandas.DataFrame
        By cost: ``scenario``, ``cost``, ``unit`` (of the effect), ``n`` (replications), ``effect`` (mean paired
        difference from the baseline, 0 for itself), ``half_width``, ``low``, ``high`` (95 % Student interval; NaN with
        one replication), ``on_front``, and ``dominated_by``: of the scenarios that cost no more, the one with the best
        effect (empty on the front). The front is based on means: if intervals overlap, a scenario may be on it by
        chance.

    Raises
    ------
    ResultsError
        For a scenario without a cost, or a cost without a scenario; and as `ess_sim.compare`.
    ValueError
        For a cost that is not finite.

    Examples
    --------
    >>> from ess_sim.experiments.experiment import run_experiment
    >>> from ess_sim.inputs.catalogue.bundled import scenarios_dir
    >>> from ess_sim.model.run.read import read_scenario
    >>> folder = scenarios_dir() / "laval"
    >>> two = [read_scenario(folder / name).with_(horizon_years=1) for name in ("baseline.yaml", "smp.yaml")]
    >>> results = run_experiment(two, replications=2)
    >>> front(results, {"laval-baseline": 0, "laval-smp": 2.4})["on_front"].tolist()
    [True, True]
    """
    _check_costs(results.scenarios, costs)
    base = results.scenarios[0] if baseline is None else baseline
    dates = None if date is None else [date]
    if date is None:
        dates = [levels(results, outcomes=outcome)["date"].max()]
    paired = compare(results, baseline=base, outcomes=outcome, dates=dates).rename(columns={"difference": "effect"})
    if paired["effect"].isna().any():
        raise ResultsError(f"{outcome} is undefined in some scenarios: choose another outcome")
    own = {"scenario": base, "unit": paired["unit"].iloc[0], "n": paired["n"].max(), "effect": 0.0}
    own |= dict.fromkeys(("half_width", "low", "high"), 0.0)
    table = pd.concat([pd.DataFrame([own]), paired[list(own)]], ignore_index=True)
    table.insert(1, "cost", [float(costs[name]) for name in table["scenario"]])
    lower = OUTCOMES[outcome].lower_is_better
    table["on_front"] = pareto_front(table, cost="cost", effect="effect", minimise_effect=lower)
    table = table.sort_values(["cost", "effect"], ascending=[True, lower], kind="stable", ignore_index=True)
    # sorted by cost and effect: the best for no more than a given cost is the best so far
    effect = table["effect"] if lower else -table["effect"]
    best = [int(effect.iloc[: place + 1].to_numpy().argmin()) for place in range(len(table))]
    table["dominated_by"] = table["scenario"].to_numpy()[best]
    table.loc[table["on_front"], "dominated_by"] = ""
    return table


def _check_costs(scenarios: Sequence[str], costs: Mapping[str, float]) -> None:
    for name in costs:
        if name not in scenarios:
            raise ResultsError(f"a cost is given for {name!r}, which is not a scenario{did_you_mean(name, scenarios)}")
    for name in scenarios:
        if name not in costs:
            raise ResultsError(f"no cost is given for {name!r}: every scenario needs one, including the baseline")
        if not np.isfinite(costs[name]):
            raise ArgumentError(f"the cost of {name!r} must be a finite number, not {costs[name]!r}")
