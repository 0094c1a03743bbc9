"""Runs of mixes on the model: in processes that stay, and noted in a file from which the search goes on."""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Any, Self

import numpy as np

from ess_sim.analysis.budget.mixes.notes import Notes
from ess_sim.analysis.budget.mixes.trials import Lived, Spot
from ess_sim.analysis.budget.mixes.units import Mix, Unit
from ess_sim.analysis.studies.evaluation import Measure
from ess_sim.clock import add_years
from ess_sim.errors import ResultsError
from ess_sim.experiments.engines.compute import compute
from ess_sim.experiments.engines.engine import MOST_RUNS, Engine, Failure
from ess_sim.experiments.experiment import ExperimentError
from ess_sim.experiments.identity import Inputs
from ess_sim.experiments.plan import DrawnValues
from ess_sim.experiments.single_run import outcome_on, run_with
from ess_sim.inputs.scenario.outcomes import OUTCOMES
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.model.run.warm_up import compile_kernel
from ess_sim.results.keeping import Keep
from ess_sim.results.storage.keys import RESULTS_VERSION
from ess_sim.results.tables.names import ORDINARY_CARE

__all__ = ["Question", "Runs", "scenario_of"]


_KEEP = Keep.of("facts,accounts")


def scenario_of(baseline: Scenario, units: Sequence[Unit], mix: Mix, name: str = "mix") -> Scenario:
    """The baseline with the policies of a mix beside its own."""
    more = [policy for unit in mix for policy in units[unit].policies]
    return baseline.with_(name=name, policies=[*baseline.policies, *more])


@dataclass(frozen=True)
class Question:
    """What is read off each run.

    Attributes
    ----------
    measure : Measure
    payers : tuple of str
        Public payers whose money counts.
    seed : int
    """

    measure: Measure
    payers: tuple[str, ...]
    seed: int

    def of(self, baseline: Scenario) -> dict[str, Any]:
        """All that a run depends on beside the mix, the draw and the replication, as plain data."""
        inputs = Inputs.of(baseline)
        return {
            "name": baseline.name,
            "results_version": RESULTS_VERSION,
            "years": baseline.horizon_years,
            "scenario": baseline.digest,
            "territory": inputs.territory,
            "code": inputs.code.whole,
            "outcome": self.measure.outcome,
            "day": self.measure.day.isoformat(),
            "payers": list(self.payers),
            "seed": self.seed,
        }


@dataclass(frozen=True)
class _Case:
    spot: Spot
    scenario: Scenario
    overrides: Mapping[str, float]
    inputs: Inputs


class Runs:
    """A maker of runs, to be closed: its processes stay between one call and the next.

    Parameters
    ----------
    baseline : Scenario
        That has been checked, as have the baselines with each of the units.
    units : sequence of Unit
    question : Question
    jobs : int, optional
    notes : Notes, optional
        Where finished runs are noted.
    drawn : DrawnValues, optional
    """

    def __init__(
        self,
        baseline: Scenario,
        units: Sequence[Unit],
        question: Question,
        *,
        jobs: int | None,
        notes: Notes | None = None,
        drawn: DrawnValues | None = None,
    ) -> None:
        self._baseline, self._units, self._question, self._drawn = baseline, units, question, drawn
        self._scenarios: dict[Mix, tuple[Scenario, Inputs]] = {}
        self._notes = notes
        self._waiting: deque[_Case] = deque()
        calendar = baseline.calendar
        ends = tuple(calendar.day(add_years(calendar.start, y)) for y in range(1, calendar.horizon_years))
        self._work = partial(_lived, question=question, ends=ends)
        self._results = compute(Engine(jobs=jobs), self._work, _Taken(self._waiting))
        self._ready = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with closing(self._results):
            pass

    @property
    def kept(self) -> int:
        """How many finished runs are noted."""
        return 0 if self._notes is None else len(self._notes.found)

    def __call__(self, spots: Sequence[Spot]) -> Iterator[tuple[Spot, Lived]]:
        """Each run with what is kept of it, in the order in which they finish.

        Raises
        ------
        ExperimentError
            If a run fails.
        ResultsError
            If the outcome is undefined in a run.
        """
        keys: dict[Spot, str] = {}
        for spot in spots:
            scenario, inputs = self._of(spot.mix)
            overrides = self._drawn.of(scenario, spot.draw) if self._drawn is not None else {}
            keys[spot] = self._key(scenario, inputs, spot, overrides)
            if self._notes is not None and (known := self._notes.found.get(keys[spot])) is not None:
                yield spot, known
            else:
                self._waiting.append(_Case(spot, scenario, overrides, inputs))
        if self._waiting and not self._ready:
            compile_kernel()  # once here rather than in each worker
            self._ready = True
        for _ in range(len(self._waiting)):
            case, lived = next(self._results)
            spot = case.spot
            if isinstance(lived, Failure):
                raise ExperimentError(f"a run failed: {_named(spot, self._units)} ({lived.summary})", {})
            if not np.isfinite(lived.value):
                measure = self._question.measure
                raise ResultsError(
                    f"{_named(spot, self._units)} has no {measure.outcome} on {measure.day}: choose another outcome"
                )
            if self._notes is not None:
                self._notes.add(keys[spot], lived)
            yield spot, lived

    def _of(self, mix: Mix) -> tuple[Scenario, Inputs]:
        if mix not in self._scenarios:
            scenario = scenario_of(self._baseline, self._units, mix)
            self._scenarios[mix] = scenario, Inputs.of(scenario)
        return self._scenarios[mix]

    def _key(self, scenario: Scenario, inputs: Inputs, spot: Spot, overrides: Mapping[str, float]) -> str:
        asked = self._question
        parts = (
            *(RESULTS_VERSION, scenario.digest, inputs.territory, inputs.code.whole, asked.seed),
            *(spot.draw, spot.replication, sorted(overrides.items())),
            *(asked.measure.outcome, asked.measure.day.isoformat(), asked.payers),
        )
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def _named(spot: Spot, units: Sequence[Unit]) -> str:
    mix = " + ".join(units[unit].key for unit in spot.mix) or "the baseline"
    return f"{mix}, replication {spot.replication}" + (f" of draw {spot.draw}" if spot.draw else "")


class _Taken(Iterator[_Case]):
    """What is waiting; more may come after it has been empty."""

    def __init__(self, waiting: deque[_Case]) -> None:
        self._waiting = waiting

    def __next__(self) -> _Case:
        if not self._waiting:
            raise StopIteration
        return self._waiting.popleft()


def _lived(case: _Case, question: Question, ends: tuple[int, ...]) -> Lived:
    """One run; called in the worker. The last day belongs to the last year."""
    stream = case.spot.draw * MOST_RUNS + case.spot.replication
    run = run_with(
        case.scenario, case.overrides, seed=question.seed, replication=stream, inputs=case.inputs, keep=_KEEP
    )
    cents = [0] * (len(ends) + 1)
    for entry in run.record.entries:
        if entry.payer in question.payers and entry.actor not in ORDINARY_CARE:
            cents[bisect_right(ends, entry.day)] += entry.cents
    facts = run.record.facts
    unknown = sorted({(fact.actor, fact.detail) for fact in facts if fact.event == "cost_unknown"})
    measure, totals = question.measure, run.totals().set_index("date")["without_mt"]
    value = outcome_on(run, measure.outcome, measure.day) * OUTCOMES[measure.outcome].scale
    return Lived(value, int(totals.loc[str(measure.day)]), tuple(cents), tuple(unknown))
