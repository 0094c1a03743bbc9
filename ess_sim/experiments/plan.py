"""The cells of an experiment: scenarios × draws × replications."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from ess_sim.errors import ParameterError
from ess_sim.experiments.draws.designs import Design, draw_parameters
from ess_sim.experiments.draws.posterior import Posterior, check_draws
from ess_sim.experiments.engines.engine import MOST_RUNS
from ess_sim.experiments.identity import Inputs
from ess_sim.inputs.catalogue.parameters import Parameters
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.model.run.checks import unreadable_parameters
from ess_sim.results.keeping import Keep
from ess_sim.results.storage.keys import RESULTS_VERSION, Key, Shard, planned

__all__ = ["Cell", "DrawnValues", "Plan"]


Draws = int | Posterior | Sequence[Mapping[str, float]] | None
"""A number of draws, or the draws; None: the scenario's own values."""


@dataclass(frozen=True)
class DrawnValues:
    """The parameter values to run with: the scenarios' own, or numbered draws."""

    method: str
    values: tuple[Mapping[str, float], ...]  # of all drawn parameters; draw n is at n − 1
    elicited: Mapping[str, Any] | None = None  # whose answers they come from

    @classmethod
    def make(cls, scenarios: Sequence[Scenario], given: Draws, design: Design, seed: int) -> DrawnValues:
        if given is None:
            out = cls(design, ())
        elif isinstance(given, int):
            out = cls(design, draw_parameters(given, seed=seed, method=design))
        elif isinstance(given, Posterior):
            out = cls(f"posterior {given.name}", given.draws, given.about.get("elicited"))
        else:
            check_draws(given)
            out = cls("given", tuple({name: float(v) for name, v in draw.items()} for draw in given))
        for scenario in scenarios:  # a scenario's own values may be incompatible with drawn ones
            for number in out.numbers:
                try:
                    Parameters({**scenario.parameters, **out.of(scenario, number)})
                except ParameterError as error:
                    raise ParameterError(f"{scenario.name}, draw {number}: {error}") from None
        return out

    @property
    def numbers(self) -> list[int]:
        return list(range(1, len(self.values) + 1)) or [0]

    def of(self, scenario: Scenario, number: int) -> dict[str, float]:
        """The values that a draw overrides: of all parameters that the scenario can read and does not set itself."""
        if number == 0:
            return {}
        drawn = {n: v for n, v in self.values[number - 1].items() if n not in scenario.parameters}
        unread = {name for name, _ in unreadable_parameters(scenario, drawn)}
        return {name: value for name, value in sorted(drawn.items()) if name not in unread}

    def to_dict(self) -> dict[str, Any] | None:
        if not self.values:
            return None
        return {"method": self.method, "n": len(self.values), "values": [dict(v) for v in self.values]}


@dataclass
class Plan:
    """What was asked for. With a precision, ``replications`` is reduced to what it took."""

    scenarios: tuple[Scenario, ...]
    baselines: Mapping[str, str]
    draws: DrawnValues
    replications: int
    seed: int
    precision: float | None
    inputs: Mapping[str, Inputs] = field(default_factory=dict)  # of each scenario, by its name
    keep: Keep = field(default_factory=Keep)
    shard: Shard | None = None  # the only runs that are made
    baselines_said: bool = True  # else they are the usual ones

    def __post_init__(self) -> None:
        self.inputs = self.inputs or {s.name: Inputs.of(s) for s in self.scenarios}

    @property
    def total(self) -> int:
        """Number of the cells that are to be made."""
        return len(range(self._own.start, self._own.stop))

    @property
    def of_all_shards(self) -> int:
        return len(self.scenarios) * len(self.draws.numbers) * self.replications

    @property
    def _own(self) -> slice:
        """Which of all cells are to be made."""
        return slice(0, self.of_all_shards) if self.shard is None else self.shard.of(self.of_all_shards)

    def cells(self) -> Iterator[Cell]:
        """All cells, in the order of `planned`."""
        scenarios = {s.name: s for s in self.scenarios}
        overrides = {(s.name, d): self.draws.of(s, d) for s in self.scenarios for d in self.draws.numbers}
        keys = planned(list(scenarios), self.draws.numbers, self.replications)
        for key in islice(keys, self._own.start, self._own.stop):
            own = overrides[key.scenario, key.draw]
            yield Cell(scenarios[key.scenario], own, key, self.seed, self.inputs[key.scenario], self.keep)


@dataclass(frozen=True)
class Cell:
    """One run to make."""

    scenario: Scenario
    overrides: dict[str, float]
    key: Key
    seed: int
    inputs: Inputs
    keep: Keep

    @property
    def stream(self) -> int:
        """The replication whose random numbers the run takes.

        No two draws have one in common: chance that all draws share would be in none of their ranges. Scenarios have.
        """
        return self.key.draw * MOST_RUNS + self.key.replication

    @property
    def identity(self) -> dict[str, Any]:
        """What a note must say for its run to be this one."""
        return {
            "scenario": self.scenario.digest,
            "territory": self.inputs.territory,
            "code": self.inputs.code.whole,
            "seed": self.seed,
            "draw": self.key.draw,
            "replication": self.key.replication,
            "parameters": self.overrides,
            "results_version": RESULTS_VERSION,
        }
