"""One run and several as cards: declared outcomes, differences from the baseline, the share without MT over time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import pandas as pd

from ess_sim.inputs.languages.bilingual import in_language
from ess_sim.inputs.notebooks.cards import Picture, Table, card
from ess_sim.inputs.notebooks.pictures import sparkline
from ess_sim.inputs.scenario.outcomes import OUTCOMES
from ess_sim.results.statistics.intervals import FEWEST, half_width
from ess_sim.results.storage.keys import About

__all__ = ["ResultsCard", "RunCard"]


_HEADLINE = "share_without_mt"
_MOST_RUNS, _MOST_LINES = 400, 100
"""Results of more runs show no levels, those of more than so many no lines: each is read from its folder."""


class _Run(Protocol):
    scenario: Any
    seed: int
    replication: int
    draw: int

    def outcomes(self) -> pd.DataFrame: ...


class _Results(Protocol):
    @property
    def scenarios(self) -> tuple[str, ...]: ...
    @property
    def replications(self) -> tuple[int, ...]: ...
    @property
    def draws(self) -> tuple[int, ...]: ...
    @property
    def baselines(self) -> dict[str, str]: ...
    @property
    def declared_outcomes(self) -> tuple[str, ...]: ...
    @property
    def seed(self) -> int: ...
    def about(self, scenario: str) -> About: ...
    def recorded(self, scenario: str) -> pd.DatetimeIndex: ...
    def outcomes(self, names: Any = None, dates: Any = None) -> pd.DataFrame: ...


class RunCard:
    """A run that notebooks show as a card."""

    def _repr_html_(self: _Run) -> str:
        wide = self.outcomes().pivot(index="date", columns="outcome", values="value")
        declared = [name for name in dict.fromkeys((_HEADLINE, *self.scenario.outcomes)) if name in wide]
        rows = [
            (OUTCOMES[name].about, *(_level(name, wide[name].iloc[i]) for i in (0, -1)), sparkline(wide[name].tolist()))
            for name in declared
        ]
        facts = {
            "scenario": f"{self.scenario.name}: {in_language(self.scenario.title)}".removesuffix(": "),
            "random numbers": f"seed {self.seed}, replication {self.replication}"
            + (f", draw {self.draw}" if self.draw else ""),
        }
        columns = ["", str(wide.index[0].date()), str(wide.index[-1].date()), ""]
        return card("One run", facts, [Table(columns, rows)], note="one future of many: compare several replications")


class ResultsCard:
    """Results that notebooks show as a card."""

    def _repr_html_(self: _Results) -> str:
        n, m, draws = len(self.scenarios), len(self.replications), len(self.draws)
        runs = n * m * draws
        facts = {"random numbers": f"seed {self.seed}", "runs": f"{_many(n, 'scenario')} × {_many(m, 'replication')}"}
        if draws > 1:
            facts["runs"] += f" × {draws} parameter draws"
        columns = ["scenario", "", "level", "difference", ""]
        if runs > _MOST_RUNS:
            titles = [(name, _title(self, name)) for name in self.scenarios]
            return card("Results", facts, [Table(columns[:2], titles)], note="levels: ess_sim.summary(results)")
        outcome = (*self.declared_outcomes, _HEADLINE)[0]
        last = min(self.recorded(name)[-1] for name in self.scenarios)
        seen = _by_observation(self.outcomes(outcome, [last]), draws > 1)
        lines = _lines(self, outcome) if runs <= _MOST_LINES else {}
        rows: list[tuple[Any, ...]] = []
        for name in self.scenarios:
            base = self.baselines.get(name)
            apart = seen[name] - seen[base] if base is not None else None
            difference = "–" if apart is None else _interval(outcome, apart.dropna().to_numpy(), signed=True)
            level = _interval(outcome, seen[name].dropna().to_numpy())
            rows.append((name, _title(self, name), level, difference, lines.get(name, Picture())))
        facts[OUTCOMES[outcome].about] = f"on {last.date()}, mean [95 % interval]"
        return card("Results", facts, [Table(columns, rows)])


def _title(results: _Results, name: str) -> str:
    return in_language(results.about(name).scenario.get("title"))


def _lines(results: _Results, outcome: str) -> dict[str, Picture]:
    """The mean of all runs over time, all scenarios on one scale."""
    every = results.outcomes(outcome).groupby(["scenario", "date"], observed=True)["value"].mean()
    low, high = float(every.min()), float(every.max())
    return {name: sparkline(every[name].tolist(), low, high) for name in results.scenarios}


def _by_observation(frame: pd.DataFrame, drawn: bool) -> Mapping[str, pd.Series[float]]:
    """Values of each scenario by replication, or their means by draw where there are draws."""
    by = "draw" if drawn else "replication"
    means = frame.groupby(["scenario", by], observed=True)["value"].mean()
    return {str(name): means[name] for name in means.index.unique("scenario")}


def _level(outcome: str, value: float) -> str:
    about = OUTCOMES[outcome]
    return _number(about.scale * value, about.unit_of_level) if np.isfinite(value) else "–"


def _number(value: float, unit: str, *, signed: bool = False) -> str:
    text = f"{value:+,.2f}" if signed else f"{value:,.2f}"
    text = text if unit in ("%", "pp", "") else text.removesuffix(".00")
    return f"{text.replace('-', '−')} {unit}"


def _interval(outcome: str, values: Any, *, signed: bool = False) -> str:
    """Mean and 95 % interval, as `summary` has them."""
    if not len(values):
        return "–"
    about = OUTCOMES[outcome]
    x = about.scale * values
    mean, half = float(x.mean()), float(half_width(x))
    text = _number(mean, about.unit_of_difference if signed else about.unit_of_level, signed=signed)
    if len(x) < FEWEST or not np.isfinite(half):
        return text
    limits = about.limits_of_difference if signed else about.limits_of_level
    low, high = (_number(float(v), "", signed=signed).rstrip() for v in np.clip([mean - half, mean + half], *limits))
    return f"{text} [{low}, {high}]"


def _many(n: int, what: str) -> str:
    return f"{n:,} {what}{'s' if n > 1 else ''}"
