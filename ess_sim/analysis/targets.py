"""Calibration files: which parameters to fit to which dated figures, and how those figures are read off a run."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from ess_sim.analysis.designs import Marginal, space
from ess_sim.complaints import validated
from ess_sim.documents import Location, MappingNode, Reader, mark_of, problem_at
from ess_sim.errors import ParameterError, Problem, ScenarioError, did_you_mean, shortened
from ess_sim.indicators import UNITS
from ess_sim.parameters import Parameter, catalogue, override_problems
from ess_sim.results import Run
from ess_sim.scenario import Scenario
from ess_sim.simulate import read_scenario, unreadable_parameters
from ess_sim.sourced import Frozen, Sourced, Text

__all__ = ["STATISTICS", "Calibration", "Target", "read_calibration", "statistic"]

_95 = 1.959963984540054
"""Half-width of a normal distribution's middle 95 %, in standard deviations."""


# --- what a target may be -----------------------------------------------------------------------------------------


def _share_at_ages(*bands: str) -> Callable[[Run, pd.Timestamp], float]:
    def share(run: Run, when: pd.Timestamp) -> float:
        shares = run.share_without_mt(by="age_band")
        here = shares[(shares["date"] == when) & shares["age_band"].isin(bands)]
        adults = int(here["adults"].sum())
        return int(here["without_mt"].sum()) / adults if adults else np.nan

    return share


def _searching_share(run: Run, when: pd.Timestamp) -> float:
    now = run.snapshots[run.snapshots["date"] == when]
    without = int(now["lost"].sum()) + int(now["never_declared"].sum())
    return int(now["seeking"].sum()) / without if without else np.nan


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


STATISTICS: Mapping[str, tuple[str, Callable[[Run, pd.Timestamp], float]]] = {
    "share_without_mt_17_29": ("share without MT of the residents under 30", _share_at_ages("17-29")),
    "share_without_mt_60_plus": ("share without MT of the residents of 60 or over", _share_at_ages("60-74", "75+")),
    "searching_share": ("part of the residents without MT who look for one", _searching_share),
    "cessations_per_list_holder": (
        "list-holding liberal GPs who ceased since the start, a year and list-holder",
        _yearly_per_list_holder("gp_exited"),
    ),
    "installations_per_list_holder": (
        "liberal GPs who settled since the start, a year and list-holder",
        _yearly_per_list_holder("gp_settled"),
    ),
}
"""What a target may be besides the outcomes of `ess_sim.indicators.UNITS`: words, and how it is read off a run."""


def statistic(run: Run, name: str, when: date) -> float:
    """An outcome or a statistic of a run on a recorded day; NaN where nobody is concerned."""
    day = pd.Timestamp(when)
    if name in STATISTICS:
        return STATISTICS[name][1](run, day)
    outcomes = run.outcomes()
    return float(outcomes.loc[(outcomes["date"] == day) & (outcomes["outcome"] == name), "value"].iloc[0])


# --- the file -----------------------------------------------------------------------------------------------------


class Target(Sourced):
    """A dated figure.

    ``sd``, or ``low`` and ``high``, between which the truth lies with 95 % probability, say how far the simulated
    expectation may be from it, the model's own coarseness included. ``held_out``: not fitted, but compared.
    """

    outcome: Text
    date: date
    value: float
    sd: Annotated[float, Field(gt=0)] | None = None
    low: float | None = None
    high: float | None = None
    held_out: bool = False

    @model_validator(mode="after")
    def _one_uncertainty(self) -> Target:
        if (self.sd is None) == (self.low is None and self.high is None) or (self.low is None) != (self.high is None):
            raise ValueError("give either sd, or low and high")
        if self.low is not None and self.high is not None and not self.low <= self.value <= self.high > self.low:
            raise ValueError(f"value {self.value:g} must lie between low {self.low:g} and high {self.high:g}")
        return self

    @property
    def spread(self) -> float:
        """Standard deviation."""
        if self.sd is not None:
            return self.sd
        assert self.low is not None
        assert self.high is not None
        return (self.high - self.low) / (2 * _95)

    @property
    def name(self) -> str:
        """Outcome and date in one word."""
        return f"{self.outcome}@{self.date}"


class _Spec(Frozen):
    """The keys of a calibration file."""

    calibration: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
    title: str = ""
    description: str = ""
    scenario: Text
    parameters: Annotated[list[Text], Field(min_length=1)]
    ranges: dict[str, tuple[float, float]] = Field(default_factory=dict)
    prior: Marginal = "triangular"
    targets: Annotated[list[Target], Field(min_length=1)]
    observed: Literal["expectation", "one future"] = "expectation"
    simulations: Annotated[int, Field(ge=20)] = 250
    replications: Annotated[int, Field(ge=2)] = 2
    draws: Annotated[int, Field(ge=2)] = 100
    seed: Annotated[int, Field(ge=0)] = 1


@dataclass(frozen=True)
class Calibration:
    """A calibration as its file declares it.

    Attributes
    ----------
    name, title : str
    scenario : Scenario
        Cut off after the last target.
    parameters : tuple of Parameter
        To be fitted, with the ranges of the prior.
    prior : {"triangular", "uniform"}
    targets : tuple of Target
    chance : bool
        Whether what was observed is one future of the scenario rather than an expectation.
    simulations, replications, draws, seed : int
        See `ess_sim.analysis.calibration.fit`.
    """

    name: str
    title: str
    scenario: Scenario
    parameters: tuple[Parameter, ...]
    prior: Marginal
    targets: tuple[Target, ...]
    chance: bool
    simulations: int
    replications: int
    draws: int
    seed: int


def read_calibration(path: Path | str) -> Calibration:
    """Read a calibration file and the scenario that it names.

    Parameters
    ----------
    path : path
        A YAML file with a key ``calibration``; the scenario's path is relative to it.

    Returns
    -------
    Calibration

    Raises
    ------
    ScenarioError
        With every problem of the file and of its scenario, each ``file:line:column: where: what is wrong``.
    """
    reader = Reader()
    document = reader.read(os.path.normpath(os.fspath(path)))
    if document is None:
        raise ScenarioError(reader.problems)
    draft = _Draft(document.own)
    calibration = draft.calibration()
    if calibration is None or reader.problems:
        raise ScenarioError([*reader.problems, *draft.problems])
    return calibration


@dataclass
class _Draft:
    """Turns a tree into a calibration, or says in ``problems`` all that is wrong with it."""

    tree: MappingNode
    problems: list[Problem] = field(default_factory=list)

    def calibration(self) -> Calibration | None:
        """The calibration, or None where there are problems."""
        spec, self.problems = validated(_Spec, self.tree)
        if spec is None:
            return None
        scenario = self._scenario(spec.scenario)
        parameters = self._parameters(spec, scenario)
        for i, target in enumerate(spec.targets):
            self._target(i, target, spec, scenario)
        if all(t.held_out for t in spec.targets):
            self._say(("targets",), "every target is held out: nothing is left to fit to", key=True)
        if scenario is None or self.problems:
            return None
        last = max(t.date for t in spec.targets)
        years = next(n for n in range(1, scenario.horizon_years + 1) if _ends(scenario, n) >= last)
        return Calibration(
            name=spec.calibration,
            title=spec.title,
            scenario=scenario.with_(horizon_years=years),
            parameters=parameters,
            prior=spec.prior,
            targets=tuple(spec.targets),
            chance=spec.observed == "one future",
            simulations=spec.simulations,
            replications=spec.replications,
            draws=spec.draws,
            seed=spec.seed,
        )

    def _say(self, at: Location, what: str, *, key: bool = False) -> None:
        self.problems.append(problem_at(mark_of(self.tree, at, key=key), at, what))

    def _scenario(self, text: str) -> Scenario | None:
        mark = mark_of(self.tree, ("scenario",))
        path = os.path.normpath(os.path.join(os.path.dirname(mark.file), text))
        try:
            return read_scenario(path)
        except ScenarioError as error:
            # of a file that cannot be opened at all, the place that names it is the one to mend
            whole = [p for p in error.problems if (p.file, p.line) == (path, 0)]
            self.problems += [problem_at(mark, ("scenario",), p.what) for p in whole]
            self.problems += [p for p in error.problems if p not in whole]
            return None

    def _parameters(self, spec: _Spec, scenario: Scenario | None) -> tuple[Parameter, ...]:
        known = catalogue()
        for i, name in enumerate(spec.parameters):
            at: Location = ("parameters", i)
            if name not in known:
                self._say(at, f"unknown parameter {shortened(name)!r}{did_you_mean(name[:200], known)}")
            elif name in spec.parameters[:i]:
                self._say(at, f"the parameter {name!r} is named twice")
            elif scenario is not None and name in scenario.parameters:
                self._say(at, "the scenario sets it itself: a draw would not change it")
            elif scenario is not None:
                changed = scenario.with_(parameters={**scenario.parameters, name: known[name].value})
                for unread in (what for other, what in unreadable_parameters(changed) if other == name):
                    self._say(at, unread)
        for name, (low, high) in spec.ranges.items():
            at = ("ranges", name)
            if name not in spec.parameters:
                self._say(at, f"not among the parameters{did_you_mean(name[:200], spec.parameters)}", key=True)
            elif not low < high:
                self._say(at, f"must begin below its end, not {low:g} to {high:g}")
            else:
                wrong = {what for end in (low, high) for _, what in override_problems({name: end})}
                for what in sorted(wrong):
                    self._say(at, what)
        if self.problems:
            return ()
        try:
            chosen = space(spec.parameters)
        except ParameterError:  # said above
            return ()
        return tuple(_within(p, *spec.ranges.get(p.name, (p.low, p.high))) for p in chosen)

    def _target(self, i: int, target: Target, spec: _Spec, scenario: Scenario | None) -> None:
        known = [*UNITS, *STATISTICS]
        if target.outcome not in known:
            hint = did_you_mean(target.outcome[:200], known)
            self._say(("targets", i, "outcome"), f"unknown outcome {shortened(target.outcome)!r}{hint}")
        elif target.name in [t.name for t in spec.targets[:i]]:
            self._say(("targets", i), "a second target of this outcome on this date")
        if scenario is None:
            return
        days = [scenario.calendar.date(d) for d in scenario.calendar.record_days]
        at: Location = ("targets", i, "date")
        if not days[0] < target.date <= days[-1]:
            self._say(at, f"{target.date} is not after the scenario's start, {days[0]}, and up to its end, {days[-1]}")
        elif target.date not in days:
            near = min(days[1:], key=lambda day: abs((day - target.date).days))
            self._say(at, f"nothing is recorded on {target.date}: the nearest record is that of {near}")


def _ends(scenario: Scenario, years: int) -> date:
    return scenario.with_(horizon_years=years).calendar.end


def _within(p: Parameter, low: float, high: float) -> Parameter:
    """The parameter with a range of the file's own; its likeliest value stays where that lies inside."""
    return replace(p, low=low, high=high, value=min(max(p.value, low), high))
