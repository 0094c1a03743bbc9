"""One outcome of many runs, at one date; nothing else from the runs is kept.

For studies of thousands of runs whose tables are not needed, and for studies that choose the next runs by the results
of earlier ones.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date as Date
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ess_sim.errors import ResultsError, whole_number
from ess_sim.experiments.engines.compute import compute
from ess_sim.experiments.engines.engine import MOST_RUNS, Engine, Failure
from ess_sim.experiments.experiment import ExperimentError, Progress
from ess_sim.experiments.identity import Inputs
from ess_sim.experiments.single_run import outcome_on, run_with
from ess_sim.inputs.scenario.outcomes import OUTCOMES
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.model.policies.own_code import code_of
from ess_sim.model.run.checks import check
from ess_sim.model.run.prepare import prepare, residents_of
from ess_sim.model.run.warm_up import compile_kernel
from ess_sim.results.indicators.outcomes import check_outcome
from ess_sim.results.storage.keys import Key
from ess_sim.results.tables.checking import day as one_day

__all__ = ["Case", "Measure", "check_one_territory", "evaluate", "simulated"]


Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Measure:
    """What is measured in a run.

    Attributes
    ----------
    outcome : str
        Key of `OUTCOMES`; shares are measured in %, so that differences are percentage points.
    day : datetime.date
        A recorded date of the run.
    """

    outcome: str
    day: Date

    @classmethod
    def of(cls, scenarios: Sequence[Scenario], outcome: str, date: Date | str | None) -> Measure:
        """The outcome at a date that all scenarios record; by default the last such date.

        Raises
        ------
        ResultsError
            For an unknown outcome, or a date that not all of them record.

        Examples
        --------
        >>> from ess_sim.inputs.catalogue.bundled import scenarios_dir
        >>> from ess_sim.model.run.read import read_scenario
        >>> laval = read_scenario(scenarios_dir() / "laval" / "baseline.yaml")
        >>> str(Measure.of([laval], "share_without_mt", None).day)
        '2037-06-15'
        """
        check_outcome(outcome)
        calendars = [s.calendar for s in scenarios]
        recorded = sorted(set[Date].intersection(*({c.date(d) for d in c.record_days} for c in calendars)))
        if not recorded:
            raise ResultsError("the scenarios have no recorded date in common: they cannot be compared")
        if date is None:
            return cls(outcome, recorded[-1])
        day = one_day(date).date()
        if day not in recorded:
            near = min(recorded, key=lambda d: abs(d - day))
            raise ResultsError(f"nothing is recorded on {day}: the nearest record is that of {near}")
        return cls(outcome, day)


def check_one_territory(scenarios: Sequence[Scenario]) -> None:
    """Checks scenarios that are to be compared, which must have the same zones and residents.

    Raises
    ------
    ScenarioError
        With all that is wrong with the scenarios in their territories.
    ResultsError
        If some have other zones or residents than the first.
    """
    check(*scenarios)
    residents = [residents_of(prepare(scenario)) for scenario in scenarios]
    if apart := [s.name for s, those in zip(scenarios, residents, strict=True) if those != residents[0]]:
        raise ResultsError(
            f"of different territories: {', '.join(map(repr, apart))} and {scenarios[0].name!r} have other zones or "
            "residents, so that no policy explains their difference"
        )


@dataclass(frozen=True)
class Case:
    """A run to make; ``number`` is the caller's own number for the scenario."""

    number: int
    scenario: Scenario
    replication: int
    inputs: Inputs | None = None


def _measured(case: Case, measure: Measure, seed: int) -> float:
    """The measured value of one run; called in the worker."""
    run = run_with(case.scenario, {}, seed=seed, replication=case.replication, inputs=case.inputs)
    return outcome_on(run, measure.outcome, measure.day) * OUTCOMES[measure.outcome].scale


def simulated(
    cases: Iterable[Case], measure: Measure, *, seed: int, jobs: int | None
) -> Generator[tuple[Case, float], None, None]:
    """Each case with its value, in the order in which they finish; ``cases`` is read only a little ahead.

    The scenarios must have been checked (`check`): in a worker, what is wrong with one is a failed run.

    Raises
    ------
    ValueError
        For fewer than one job.
    ExperimentError
        If a run fails; the others are abandoned.
    ResultsError
        If the outcome is undefined in a run, such as a refusal rate without practices.
    """
    engine = Engine(jobs=jobs)
    compile_kernel()  # once here rather than in each worker
    with closing(compute(engine, partial(_measured, measure=measure, seed=seed), _with_inputs(cases))) as outcomes:
        for case, value in outcomes:
            key = Key(case.scenario.name, 0, case.replication)
            if isinstance(value, Failure):
                raise ExperimentError(f"{key} failed: {value.summary}", {key: value.traceback})
            if not np.isfinite(value):
                raise ResultsError(f"{key} has no {measure.outcome} on {measure.day}: choose another outcome")
            yield case, value


def _with_inputs(cases: Iterable[Case]) -> Iterator[Case]:
    """Each case with what its files and its code were when its scenario came first."""
    known: dict[int, Inputs] = {}
    for case in cases:
        if case.number not in known:
            known[case.number] = Inputs.of(case.scenario)
        yield replace(case, inputs=known[case.number])


def evaluate(
    scenarios: Sequence[Scenario],
    measure: Measure,
    *,
    replications: int,
    seed: int,
    jobs: int | None = 1,
    progress: Progress | None = None,
) -> Floats:
    """Values of scenarios, with common random numbers.

    Parameters
    ----------
    scenarios : sequence of Scenario
        Scenarios that are identical except for their names are run only once.
    measure : Measure
    replications : int
        Runs of each scenario, ≥ 1.
    seed, jobs, progress
        As `ess_sim.run_experiment`.

    Returns
    -------
    array, shape (scenarios, replications)

    Raises
    ------
    ValueError
        For fewer than one replication or job, or a negative seed.
    ScenarioError
        Before anything runs, with all that is wrong with the scenarios in their territories.
    ExperimentError, ResultsError
        As `simulated`.

    Examples
    --------
    >>> from ess_sim.inputs.catalogue.bundled import scenarios_dir
    >>> from ess_sim.model.run.read import read_scenario
    >>> laval = read_scenario(scenarios_dir() / "laval" / "baseline.yaml").with_(horizon_years=1)
    >>> evaluate([laval], Measure.of([laval], "share_without_mt", None), replications=2, seed=1).shape
    (1, 2)
    """
    replications, seed = whole_number("replications", replications, 1, MOST_RUNS), whole_number("seed", seed, 0)
    # a scenario's digest covers only the names of a user's CSV files and policies, not what is in them
    digests = [(s.digest, prepare(s).digest, code_of(s.policies).whole) for s in scenarios]
    numbers = [digests.index(all_three) for all_three in digests]
    distinct = sorted(set(numbers))
    check(*(scenarios[n] for n in distinct))
    cases = [Case(n, scenarios[n], r) for r in range(replications) for n in distinct]
    values = np.empty((len(scenarios), replications))
    with closing(simulated(cases, measure, seed=seed, jobs=jobs)) as found:
        for done, (case, value) in enumerate(found, start=1):
            values[case.number, case.replication] = value
            if progress is not None:
                progress(done, len(cases), str(Key(case.scenario.name, 0, case.replication)))
    out: Floats = values[numbers]
    return out
