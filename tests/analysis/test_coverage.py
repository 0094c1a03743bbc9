"""What `compare` says of differences that are known: how often its intervals hold them, how often it cries wolf.

Each date of the made-up results is a study of its own, with replications of its own: one comparison tests them all.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from ess_sim.results.comparison import differences
from ess_sim.results.comparison.differences import compare
from ess_sim.results.storage.keys import About

Floats = NDArray[np.float64]


class Studies:
    """Results whose values are given, shape (studies, replications) for each scenario."""

    declared_outcomes = ("share_without_mt",)

    def __init__(self, **values: Floats) -> None:
        self.scenarios = tuple(values)
        studies, replications = next(iter(values.values())).shape
        self._days = pd.date_range("2020-01-01", periods=studies, unit="s")
        self._frame = pd.concat(
            pd.DataFrame(
                {
                    "scenario": name,
                    "draw": 0,
                    "replication": np.tile(np.arange(replications), studies),
                    "date": np.repeat(self._days, replications),
                    "outcome": "share_without_mt",
                    "value": given.ravel(),
                }
            )
            for name, given in values.items()
        )

    def outcomes(self, names: object = None, dates: object = None) -> pd.DataFrame:  # noqa: ARG002
        return self._frame

    def recorded(self, scenario: str) -> pd.DatetimeIndex:  # noqa: ARG002
        return self._days

    def about(self, scenario: str) -> About:
        # scenarios of other horizons may differ from the first day on
        return About({"start": "2020-01-01", "policies": [], "horizon_years": scenario}, [])

    def compared(self) -> pd.DataFrame:
        return compare(self, baseline=self.scenarios[0], dates=list(self._days))


def share_within(table: pd.DataFrame, truth: float, low: str, high: str) -> float:
    return float(((table[low] <= truth) & (truth <= table[high])).mean())


STUDIES, N = 1_000, 30
ERROR = np.sqrt(0.95 * 0.05 / STUDIES)
"""Standard error of a coverage of 95 %."""


def pairs(skewed: bool) -> tuple[Floats, Floats]:
    """A baseline and a scenario that share most of their chance; the true difference is −0.02."""
    rng = np.random.default_rng(12)
    common = 0.15 + 0.02 * rng.normal(size=(STUDIES, N))
    if skewed:  # the scenario helps a little in most futures, much in a few
        return common, common - 0.02 * rng.exponential(size=(STUDIES, N))
    return common, common - 0.02 + 0.004 * rng.normal(size=(STUDIES, N))


def test_intervals_of_normal_differences_hold_the_truth():
    base, other = pairs(skewed=False)
    table = Studies(base=base, other=other).compared()
    assert len(table) == STUDIES
    assert table["variance_reduction"].median() > 20
    assert share_within(table, -2, "low", "high") == pytest.approx(0.95, abs=3 * ERROR)
    # the bootstrap is known to be a little narrow with 30 replications: 93 to 94 %
    assert share_within(table, -2, "boot_low", "boot_high") == pytest.approx(0.935, abs=3 * ERROR)


def test_intervals_of_skewed_differences_hold_the_truth():
    table = Studies(**dict(zip(("base", "other"), pairs(skewed=True), strict=True))).compared()
    student = share_within(table, -2, "low", "high")
    boot = share_within(table, -2, "boot_low", "boot_high")
    # both miss more often than they say, each in a way that is known: neither may be far off
    assert student == pytest.approx(0.93, abs=0.02)
    assert boot == pytest.approx(0.93, abs=0.02)


@pytest.fixture
def no_bootstrap(monkeypatch):
    """Half of the time of a comparison, of which p-values know nothing."""
    monkeypatch.setattr(differences, "bootstrap_interval", lambda d: (d.min(), d.max()))


NOISE = {"normal": "normal", "heavy tails": "laplace", "skewed": "exponential"}


@pytest.mark.usefixtures("no_bootstrap")
@pytest.mark.parametrize("kind", NOISE)
def test_policies_without_effect_raise_few_false_alarms(kind):
    """Four policies, none of which does anything on average, against one baseline."""
    policies, rng = 4, np.random.default_rng(3)
    noise = getattr(rng, NOISE[kind])(size=(policies, STUDIES, N))
    noise -= 1.0 if kind == "skewed" else 0.0
    base = 0.15 + 0.02 * rng.normal(size=(STUDIES, N))
    table = Studies(base=base, **{f"idle{i}": base + 0.01 * noise[i] for i in range(policies)}).compared()
    alarms = table.assign(alarm=table["p_holm"] <= 0.05, bare=table["p"] <= 0.05).groupby("date")[["alarm", "bare"]]
    raised = alarms.any().mean()
    print(f"{kind}: false alarms {raised['alarm']:.3f}, without Holm {raised['bare']:.3f}")
    assert raised["bare"] > 0.12  # what Holm is for
    # a known limit: with 30 replications Student's test takes the few large values of a long tail for an effect
    assert 0.02 < raised["alarm"] <= (0.15 if kind == "skewed" else 0.05 + 3 * ERROR)


@pytest.mark.usefixtures("no_bootstrap")
def test_half_a_point_is_found_among_idle_policies():
    base, other = pairs(skewed=False)
    idle = base + 0.004 * np.random.default_rng(4).normal(size=base.shape)
    table = Studies(base=base, other=other + 0.015, idle=idle).compared().set_index("scenario")
    assert (table.loc["other", "p_holm"] <= 0.05).mean() > 0.99
    assert (table.loc["idle", "p_holm"] <= 0.05).mean() == pytest.approx(0.05, abs=3 * ERROR)
