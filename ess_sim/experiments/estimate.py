"""What runs will take, before they start: a rough estimate, for those that no one would have meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.model.run.prepare import prepare

__all__ = ["Estimate", "estimated"]


_ADULT_YEARS_PER_SECOND = 5e6
"""On one core, with lists as full as in most of France: a run of Laval (93,000 adults) takes 0.2 s for 10 years."""


_BYTES_PER_ADULT = 500
_BYTES_BEFORE = 300_000_000
"""Python, its libraries and the compiled kernel."""


@dataclass(frozen=True)
class Estimate:
    """What some runs take at usual rates.

    Attributes
    ----------
    runs : int
    adult_years : float
        Adults × years × runs.
    adults : int
        Those of the largest territory, with its halo.
    """

    runs: int
    adult_years: float
    adults: int

    @property
    def hours(self) -> float:
        """Hours of one core."""
        return self.adult_years / _ADULT_YEARS_PER_SECOND / 3600

    @property
    def gigabytes(self) -> float:
        """Memory of each worker."""
        return (_BYTES_BEFORE + _BYTES_PER_ADULT * self.adults) / 1e9

    @property
    def words(self) -> str:
        """One line.

        >>> Estimate(1000, 1e12, 10_000_000).words
        'at usual rates 1,000 runs take about 56 hours of one core, and 5.3 GB in each worker (10,000,000 adults)'
        """
        return (
            f"at usual rates {self.runs:,} runs take about {self.hours:,.0f} hours of one core, "
            f"and {self.gigabytes:.1f} GB in each worker ({self.adults:,} adults)"
        )


def estimated(scenarios: Sequence[Scenario], runs_each: int) -> Estimate:
    """What runs of scenarios take: adults × years × runs.

    Parameters
    ----------
    scenarios : sequence of Scenario
        With territories that can be built; each is built once.
    runs_each : int
        Runs of each scenario.

    Examples
    --------
    >>> from ess_sim.inputs.catalogue.bundled import scenarios_dir
    >>> from ess_sim.model.run.read import read_scenario
    >>> estimate = estimated([read_scenario(scenarios_dir() / "laval" / "baseline.yaml")], 20)
    >>> round(estimate.adult_years / estimate.adults)
    400
    """
    adults = [int(prepare(scenario).whole.adults.sum()) for scenario in scenarios]
    years = sum(n * scenario.horizon_years for n, scenario in zip(adults, scenarios, strict=True))
    return Estimate(runs_each * len(scenarios), float(years * runs_each), max(adults, default=0))
