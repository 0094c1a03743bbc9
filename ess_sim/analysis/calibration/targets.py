"""Calibration files: which parameters to fit to which dated figures."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from ess_sim.analysis.calibration.observables import STATISTICS
from ess_sim.arguments import checked
from ess_sim.errors import ScenarioError, did_you_mean, shortened
from ess_sim.experiments.draws.designs import Marginal, space
from ess_sim.inputs.catalogue.parameters import Parameter, catalogue, override_problems
from ess_sim.inputs.documents.draft import Draft
from ess_sim.inputs.documents.nodes import (
    ListNode,
    Location,
    MappingNode,
    Node,
    ScalarNode,
    text_of,
)
from ess_sim.inputs.documents.validate import validated
from ess_sim.inputs.scenario.outcomes import OUTCOMES
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.inputs.scenario.sourced import Frozen, Sourced, Text
from ess_sim.model.run.checks import unreadable_parameters
from ess_sim.model.run.read import read_scenario

__all__ = ["Calibration", "Target", "read_calibration"]


_95 = 1.959963984540054
"""Half-width of the central 95 % of a normal distribution, in standard deviations."""


class Figure(Frozen):
    """A number with its uncertainty."""

    value: float
    sd: Annotated[float, Field(gt=0)] | None = None
    low: float | None = None
    high: float | None = None

    @model_validator(mode="after")
    def _one_uncertainty(self) -> Figure:
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


class Target(Sourced, Figure):
    """A dated figure.

    ``sd``, or ``low`` and ``high`` (between which the truth lies with 95 % probability), say how far the simulated
    expectation may be from it, including the model's own coarseness. ``held_out``: compared, but not fitted.
    """

    outcome: Text
    date: date
    held_out: bool = False

    @property
    def name(self) -> str:
        """Outcome and date, e.g. ``share_lost@2021-06-30``."""
        return f"{self.outcome}@{self.date}"


class _Spec(Frozen):
    """The keys of a calibration file."""

    calibration: str
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
        Parameters to fit, with the ranges of the prior.
    prior : {"triangular", "uniform"}
    targets : tuple of Target
    chance : bool
        Whether the observations are one realisation of the scenario rather than expectations.
    simulations, replications, draws, seed : int
        See `infer`.
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


@checked
def read_calibration(path: Path | str, *, allow_code: bool = False) -> Calibration:
    """Read a calibration file and the scenario that it names.

    Parameters
    ----------
    path : path
        A YAML file with a key ``calibration``; the scenario's path is relative to it.
    allow_code : bool
        As `ess_sim.read_scenario`.

    Returns
    -------
    Calibration

    Raises
    ------
    ScenarioError
        With every problem of the file and of its scenario, each ``file:line:column: where: what is wrong``.
    """
    return _Draft.read(path, allow_code=allow_code)


class _Draft(Draft[Calibration]):
    """Turns a tree into a calibration. Each part is checked even if others cannot be read."""

    def made(self) -> Calibration | None:
        spec, self.problems = validated(_Spec, self.tree)
        self.check_name("calibration")
        self.check_at_most({"simulations": 100_000, "replications": 10_000, "draws": 100_000})
        scenario = self._scenario()
        self._ranges(self._parameters(scenario))
        self._targets(scenario)
        if spec is None or scenario is None or self.problems:
            return None
        last = max(t.date for t in spec.targets)
        years = next(n for n in range(1, scenario.horizon_years + 1) if _ends(scenario, n) >= last)
        return Calibration(
            name=spec.calibration,
            title=spec.title,
            scenario=scenario.with_(horizon_years=years),
            parameters=tuple(_within(p, *spec.ranges.get(p.name, (p.low, p.high))) for p in space(spec.parameters)),
            prior=spec.prior,
            targets=tuple(spec.targets),
            chance=spec.observed == "one future",
            simulations=spec.simulations,
            replications=spec.replications,
            draws=spec.draws,
            seed=spec.seed,
        )

    def _scenario(self) -> Scenario | None:
        text = text_of(self.tree.get("scenario"))
        if not text:
            return None
        path = self.beside(text)
        if not self.may_read(path, ("scenario",)):
            return None
        try:
            return read_scenario(path, allow_code=self.allow_code)
        except ScenarioError as error:
            self.take(error, path, ("scenario",))
            return None

    def _parameters(self, scenario: Scenario | None) -> set[str]:
        """The names given, known or not."""
        known = catalogue()
        named: set[str] = set()
        for i, _, name in self.texts("parameters"):
            at: Location = ("parameters", i)
            if name not in known:
                self.say(at, _unknown_parameter(name))
            elif name in named:
                self.say(at, f"the parameter {name!r} is named twice")
            elif scenario is not None and name in scenario.parameters:
                self.say(at, "the scenario sets this parameter itself: a draw would not change it")
            elif scenario is not None:
                for _, unread in unreadable_parameters(scenario, [name]):
                    self.say(at, unread)
            named.add(name)
        return named

    def _ranges(self, named: set[str]) -> None:
        node = self.tree.get("ranges")
        for name, (_, given) in node.items.items() if isinstance(node, MappingNode) else ():
            at: Location = ("ranges", name)
            ends = [_number(item) for item in given.items] if isinstance(given, ListNode) else []
            numbers = [end for end in ends if end is not None]
            if self.full:
                return
            if name not in named:
                hint = "" if name in catalogue() else did_you_mean(name[:200], named)
                self.say(at, f"not among the parameters{hint}", key=True)
            elif name not in catalogue():
                self.say(at, _unknown_parameter(name), key=True)
            if len(ends) == len(numbers) == 2 and not numbers[0] < numbers[1]:
                self.say(at, f"must begin below its end, not {numbers[0]:g} to {numbers[1]:g}")
            elif name in catalogue():
                for what in sorted({what for end in numbers for _, what in override_problems({name: end})}):
                    self.say(at, what)

    def _targets(self, scenario: Scenario | None) -> None:
        known = [*OUTCOMES, *STATISTICS]
        days = [scenario.calendar.date(d) for d in scenario.calendar.record_days] if scenario is not None else []
        node = self.tree.get("targets")
        items = node.items if isinstance(node, ListNode) else []
        seen: set[tuple[str, date | None]] = set()
        for i, item in enumerate(items):
            if self.full:
                return
            if not isinstance(item, MappingNode):
                continue
            at: Location = ("targets", i)
            outcome, day = text_of(item.get("outcome")), _day(item.get("date"))
            if outcome and outcome not in known:
                hint = did_you_mean(outcome[:200], known)
                self.say((*at, "outcome"), f"unknown outcome {shortened(outcome)!r}{hint}")
            elif outcome and day is not None and (outcome, day) in seen:
                self.say(at, "a second target of this outcome on this date")
            seen.add((outcome, day))
            if day is not None and days and (wrong := _not_recorded(day, days)):
                self.say((*at, "date"), wrong)
            low, high = _limits(outcome)
            for key in ("value", "low", "high"):
                number = _number(item.get(key))
                if number is not None and not low <= number <= high:
                    percent = f": write {number / 100:g} for {number:g} %" if 1 < number <= 100 else ""
                    what = "a share" if (low, high) == (0, 1) else "it"
                    ends = f"lies between {low:g} and {high:g}" if math.isfinite(high) else f"is {low:g} or more"
                    self.say((*at, key), f"{what} {ends}, not {number:g}{percent}")
            others = set(item.items) - set(Figure.model_fields)
            if others <= set(Target.model_fields):  # otherwise a misspelt key may be the one that seems to be missing
                self.problems += validated(Figure, item.without(*others), at)[1]
        if items and all(isinstance(item, MappingNode) and _is_true(item.get("held_out")) for item in items):
            self.say(("targets",), "every target is held out: none is left to fit", key=True)


def _limits(outcome: str | None) -> tuple[float, float]:
    """Between what a figure of an outcome or a statistic can lie."""
    if outcome is not None and outcome in OUTCOMES:
        low, high = OUTCOMES[outcome].limits_of_level
        return low / 100, high / 100  # those of shares are in percent
    return STATISTICS[outcome].limits if outcome is not None and outcome in STATISTICS else (-math.inf, math.inf)


def _unknown_parameter(name: str) -> str:
    return f"unknown parameter {shortened(name)!r}{did_you_mean(name[:200], catalogue())}"


def _number(node: Node | None) -> float | None:
    value = node.value if isinstance(node, ScalarNode) else None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _day(node: Node | None) -> date | None:
    value = node.value if isinstance(node, ScalarNode) else None
    with suppress(ValueError):
        return date.fromisoformat(value) if isinstance(value, str) else value if isinstance(value, date) else None
    return None


def _is_true(node: Node | None) -> bool:
    return isinstance(node, ScalarNode) and node.value is True


def _not_recorded(day: date, days: list[date]) -> str:
    """Why a day of a scenario has no record; '' if it has one."""
    if not days[0] < day <= days[-1]:
        return f"{day} is not after the scenario's start, {days[0]}, and up to its end, {days[-1]}"
    if day not in days:
        near = min(days[1:], key=lambda other: abs((other - day).days))
        return f"nothing is recorded on {day}: the nearest record is that of {near}"
    return ""


def _ends(scenario: Scenario, years: int) -> date:
    return scenario.with_(horizon_years=years).calendar.end


def _within(p: Parameter, low: float, high: float) -> Parameter:
    """The parameter with the range of the file; its central value is kept if it lies inside."""
    return replace(p, low=low, high=high, value=min(max(p.value, low), high))
