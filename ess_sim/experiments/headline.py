"""The headline of an experiment while it runs: an outcome at the last record, its precision so far, when to stop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ess_sim.inputs.scenario.outcomes import OUTCOMES
from ess_sim.results.statistics.intervals import half_width
from ess_sim.results.statistics.sequential import hoad
from ess_sim.results.storage.keys import Key

__all__ = ["Headline"]


class Headline:
    """Paired differences from the baseline (the level, for a single scenario) as runs come in.

    Parameters
    ----------
    outcome : str
        Key of `OUTCOMES`.
    scenarios : sequence of str
    baselines : mapping of str to str
        Which of them is compared with which (`baselines`); empty for a single scenario.
    draws : sequence of int
        Parameter draws; of several, each is an observation, with the mean over its replications.
    precision : float, optional
        Half-width of every 95 % interval that is enough, in percentage points for shares.

    Attributes
    ----------
    enough : int or None
        Replications after which the precision was reached and had held through a look-ahead (Hoad's algorithm). It
        depends on the values alone, not on the order in which they came.
    """

    def __init__(
        self,
        outcome: str,
        scenarios: Sequence[str],
        baselines: Mapping[str, str],
        draws: Sequence[int],
        precision: float | None = None,
    ) -> None:
        self.outcome = outcome
        self._scenarios = list(scenarios)
        self._baselines = dict(baselines)
        self._draws = list(draws)
        self._about = OUTCOMES[outcome]
        self._values: dict[Key, float] = {}
        self._series: dict[str, list[list[float]]] = {name: [] for name in self._baselines or self._scenarios}
        self._n = 0
        self._precision = precision
        self.enough: int | None = None

    def add(self, key: Key, value: float | None) -> None:
        """Takes in the value at the end of a run; None for a run that has none."""
        self._values[key] = float("nan") if value is None else value * self._about.scale
        while all(Key(s, d, self._n) in self._values for s in self._scenarios for d in self._draws):
            found = {s: [self._values.pop(Key(s, d, self._n)) for d in self._draws] for s in self._scenarios}
            for name, series in self._series.items():
                base = found[self._baselines[name]] if self._baselines else [0.0] * len(self._draws)
                series.append([x - b for x, b in zip(found[name], base, strict=True)])
            self._n += 1
            if self.enough is None and self._precision is not None and self._precise(self._precision):
                self.enough = self._n

    def values(self, scenario: str) -> NDArray[np.float64]:
        """The differences (or levels) so far by observation, those of failed runs left out."""
        runs = np.array(self._series[scenario], dtype=np.float64).reshape(-1, len(self._draws))
        observed = runs.mean(axis=0) if len(runs) and len(self._draws) > 1 else runs.ravel()
        out: NDArray[np.float64] = observed[np.isfinite(observed)]
        return out

    def half_widths(self) -> dict[str, float]:
        """Half-width of each difference's 95 % interval so far, in percentage points for shares."""
        return {name: float(half_width(self.values(name))) for name in self._series}

    def _precise(self, wanted: float) -> bool:
        """Whether every interval is as narrow as wanted, and stayed so through the look-ahead."""
        for name in self._series:
            x = self.values(name)
            if len(x) < 3 or hoad(x, precision=wanted, budget=len(x), absolute=True).needed is None:
                return False
        return True

    def __str__(self) -> str:
        halves = self.half_widths()
        widest = max(halves, key=lambda name: float(np.nan_to_num(halves[name])))
        x = self.values(widest)
        if len(x) < 2:
            return ""
        unit = self._about.unit_of_difference if self._baselines else self._about.unit_of_level
        mean = f"{x.mean():{'+' if self._baselines else ''}.2f}".replace("-", "−")
        return f"{widest} {mean} ± {halves[widest]:.2f} {unit}"
