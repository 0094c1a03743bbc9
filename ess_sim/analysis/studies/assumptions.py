"""What assumptions do to a result: which of them matter, and at which value the ranking of two scenarios reverses.

An assumption is a parameter of grade D, which has never been measured. Every evaluation uses the same random numbers,
so that any difference between two evaluations is due to the assumption.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date as Date
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ess_sim.analysis.studies.evaluation import Measure, check_one_territory, evaluate
from ess_sim.analysis.studies.indices import morris, problem, sobol
from ess_sim.analysis.studies.reversals import FlipPoint, flip_point
from ess_sim.arguments import checked
from ess_sim.errors import ArgumentError, ParameterError, whole_number
from ess_sim.experiments.draws.designs import space
from ess_sim.experiments.experiment import Progress
from ess_sim.inputs.catalogue.parameters import Parameter, Parameters
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.model.run.checks import unreadable_parameters
from ess_sim.model.run.simulation import simulate
from ess_sim.results.statistics.intervals import half_width

__all__ = ["flip_points", "sensitivity"]


Floats = NDArray[np.float64]


@checked
def sensitivity(
    scenario: Scenario,
    baseline: Scenario | None = None,
    *,
    method: Literal["morris", "sobol"] = "morris",
    parameters: Sequence[str] | None = None,
    outcome: str = "share_without_mt",
    date: Date | str | None = None,
    replications: int,
    seed: int = 1,
    jobs: int | None = 1,
    trajectories: int = 10,
    n: int = 64,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Which parameters matter for a scenario, or for its difference from a baseline.

    Parameters
    ----------
    scenario : Scenario
    baseline : Scenario, optional
        With it, the outcome is scenario − baseline, paired within each replication.
    method : {"morris", "sobol"}
        Screening by elementary effects, (parameters + 1) × ``trajectories`` evaluations; or shares of variance,
        (parameters + 2) × ``n`` evaluations, for the few parameters that a screening has singled out.
    parameters : sequence of str, optional
        By default the assumptions (grade D) that one run of each scenario reads and neither scenario sets itself.
    outcome : str
        Key of `OUTCOMES`.
    date : date, optional
        A recorded date; by default the end.
    replications : int
        Runs averaged in one evaluation, ≥ 1; all evaluations use the same random numbers.
    seed : int
        Root seed of the runs, and seed of the design.
    jobs, progress
        As `ess_sim.run_experiment`.
    trajectories : int
        Number of Morris trajectories, ≥ 2.
    n : int
        Base draws for Sobol', a power of two.

    Returns
    -------
    pandas.DataFrame
        As `morris` or `sobol`; effects on shares are in percentage points. A parameter that only one of the two
        scenarios can read varies only in that one.

    Raises
    ------
    ImportError
        Where SALib is not installed.
    ParameterError
        For an unknown parameter, one that no scenario can read, or none at all; or for values that are incompatible
        with those that a scenario sets itself.
    ResultsError
        For scenarios of different territories, an unknown outcome, or a date that is not recorded.
    ValueError
        For an unknown method, or numbers out of range.
    ExperimentError
        If a run fails.

    Examples
    --------
    >>> from ess_sim.inputs.catalogue.bundled import scenarios_dir
    >>> from ess_sim.model.run.read import read_scenario
    >>> laval = read_scenario(scenarios_dir() / "laval" / "baseline.yaml").with_(horizon_years=1)
    >>> names = ["call_rate_per_year", "mobility_60_plus"]
    >>> table = sensitivity(laval, parameters=names, replications=1, trajectories=2)
    >>> table["parameter"].tolist()
    ['call_rate_per_year', 'mobility_60_plus']
    """
    seed = whole_number("seed", seed, 0)
    sides = [scenario] if baseline is None else [scenario, baseline]
    measure = Measure.of(sides, outcome, date)
    check_one_territory(sides)
    chosen = problem(_chosen(sides, parameters, seed))

    def mean_outcomes(points: list[dict[str, float]]) -> Floats:
        varied = [_varied(side, point) for side in sides for point in points]
        values = evaluate(varied, measure, replications=replications, seed=seed, jobs=jobs, progress=progress)
        means = values.mean(axis=1).reshape(len(sides), len(points))
        out: Floats = means[0] if baseline is None else means[0] - means[1]
        return out

    if method == "morris":
        return morris(mean_outcomes, chosen, trajectories=trajectories, seed=seed)
    if method == "sobol":
        return sobol(mean_outcomes, chosen, n=n, seed=seed)
    raise ArgumentError(f"unknown method {method!r}: choose morris or sobol")


@checked
def flip_points(
    first: Scenario,
    second: Scenario,
    *,
    parameters: Sequence[str] | None = None,
    outcome: str = "share_without_mt",
    date: Date | str | None = None,
    replications: int,
    seed: int = 1,
    jobs: int | None = 1,
    tolerance: float = 1 / 64,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """For each assumption, the value at which the ranking of two scenarios reverses, all other parameters unchanged.

    Parameters
    ----------
    first, second : Scenario
        The ranking is the sign of the mean paired difference first − second.
    parameters : sequence of str, optional
        As in `sensitivity`.
    outcome, date
        As in `sensitivity`.
    replications : int
        Runs of each scenario at each value, ≥ 1; with one, no sign is ever clear.
    seed, jobs : int
        As `ess_sim.run_experiment`.
    tolerance : float
        Precision of a value, as a share of the parameter's range, 0–1.
    progress : callable, optional
        As `ess_sim.run_experiment`, for each set of runs: first all those that show which parameters matter, then two
        scenarios at a time.

    Returns
    -------
    pandas.DataFrame
        One row per parameter, those that reverse the ranking first: ``parameter``, ``unit`` (of the parameter),
        ``low``, ``central``, ``high`` (its range, and its value in ``first``), ``flips``, ``value`` (where the mean
        difference changes sign; NaN if it does not), ``unclear_low``, ``unclear_high`` (range of values in which these
        replications leave the sign unclear; NaN if it is clear and the same at both ends), and the differences
        ``difference_low``, ``difference_central``, ``difference_high`` with the half-widths of their 95 % Student
        intervals, ``half_width_low``, ``half_width_central``, ``half_width_high`` (percentage points for shares).

    Raises
    ------
    ParameterError, ResultsError, ExperimentError
        As `sensitivity`.
    ValueError
        For numbers out of range.

    Notes
    -----
    Each parameter is tried at both ends and at the central value; further runs are spent only on those that reverse the
    ranking there. If the ranking is the same at both ends but different at the central value, it reverses twice, and
    the reversal below the central value is given. Two reversals between neighbouring values of these three are missed.

    Many parameters are tried, each interval with its own 5 % error: among twenty, expect one sign that only seems
    clear.

    Examples
    --------
    >>> from ess_sim.inputs.catalogue.bundled import scenarios_dir
    >>> from ess_sim.model.run.read import read_scenario
    >>> folder = scenarios_dir() / "laval"
    >>> retired, interns = (
    ...     read_scenario(folder / f"smp_{name}_only.yaml").with_(horizon_years=1) for name in ("retired", "interns")
    ... )
    >>> table = flip_points(retired, interns, parameters=["settle_probability"], replications=2)
    >>> table["flips"].tolist()  # within a year, no intern has settled
    [False]
    """
    sides = (first, second)
    measure = Measure.of(sides, outcome, date)
    check_one_territory(sides)
    if not 0 < tolerance < 1:
        raise ArgumentError(f"tolerance is a share of each parameter's range, above 0 and below 1, not {tolerance!r}")
    chosen = _chosen(sides, parameters, seed)

    def differences(points: Sequence[Mapping[str, float]]) -> Floats:
        varied = [_varied(side, point) for side in sides for point in points]
        values = evaluate(varied, measure, replications=replications, seed=seed, jobs=jobs, progress=progress)
        return values[: len(points)] - values[len(points) :]

    as_is, *ends = differences([{}, *({p.name: x} for p in chosen for x in (p.low, p.high))])
    rows = []
    for p, at_low, at_high in zip(chosen, ends[::2], ends[1::2], strict=True):
        tried = {p.low: at_low, p.high: at_high}
        central = first.parameters.get(p.name, p.value)
        found = _reversal(p, central, as_is, tried, differences, tolerance)
        low, high = found.interval or (np.nan, np.nan)
        value = np.nan if found.value is None else found.value
        about = (p.name, p.unit, p.low, central, p.high, found.value is not None, value, low, high)
        at = (at_low, as_is, at_high)
        rows.append((*about, *(float(d.mean()) for d in at), *(float(half_width(d)) for d in at)))
    where = ("low", "central", "high")
    columns = ["parameter", "unit", *where, "flips", "value", "unclear_low", "unclear_high"]
    columns += [*(f"difference_{x}" for x in where), *(f"half_width_{x}" for x in where)]
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values("flips", ascending=False, kind="stable", ignore_index=True)


def _reversal(
    p: Parameter,
    central: float,
    as_is: Floats,
    ends: Mapping[float, Floats],
    differences: Callable[[Sequence[Mapping[str, float]]], Floats],
    tolerance: float,
) -> FlipPoint:
    """Where the ranking reverses between the ends or, if only the central value differs, below the central value."""
    known, high = dict(ends), p.high
    at_low, at_high, at_central = (float(np.sign(d.mean())) for d in (known[p.low], known[p.high], as_is))
    if p.low < central < p.high and at_low * at_high > 0 and at_low * at_central < 0:
        known[central], high = as_is, central

    def difference(x: float) -> Floats:
        return known[x] if x in known else np.asarray(differences([{p.name: x}])[0])

    return flip_point(difference, p.low, high, tolerance=tolerance * (p.high - p.low))


def _chosen(scenarios: Sequence[Scenario], names: Sequence[str] | None, seed: int) -> tuple[Parameter, ...]:
    """The parameters to vary."""
    if names is None:
        # one complete run each, because some parameters are read late, e.g. when the first interns finish
        read = set().union(*(simulate(s, seed=seed).grade_d for s in scenarios))
        names = sorted(read.difference(*(s.parameters for s in scenarios)))
    chosen = space(names)
    if not chosen:
        raise ParameterError("no parameter to vary: name some, or let the scenarios leave some assumptions unset")
    for p in chosen:
        own = {s.parameters.get(p.name, p.value) for s in scenarios if p.name not in _unread(s, {p.name: p.value})}
        if not own:
            raise ParameterError(f"{p.name}: {' and '.join(s.name for s in scenarios)} cannot read it")
        if len(own) > 1:
            raise ParameterError(
                f"{p.name}: {' and '.join(s.name for s in scenarios)} set it to different values: it cannot be "
                "varied in both at once"
            )
    return chosen


def _varied(scenario: Scenario, point: Mapping[str, float]) -> Scenario:
    """The scenario with new values of those parameters that it can read."""
    unread = _unread(scenario, point)
    parameters = {**scenario.parameters, **{name: value for name, value in point.items() if name not in unread}}
    try:
        Parameters(parameters)
    except ParameterError as error:
        raise ParameterError(f"{scenario.name}: {error}") from None
    return scenario.with_(parameters=parameters)


def _unread(scenario: Scenario, point: Mapping[str, float]) -> set[str]:
    """Parameters that the scenario cannot read."""
    return {name for name, _ in unreadable_parameters(scenario, point)}
