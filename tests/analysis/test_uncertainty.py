"""Uncertainty from chance and from unknown parameters, separated in results whose parts are known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hamlets import hamlets
from records import make_run

from ess_sim.analysis.accounts.robustness import regret_table, uncertainty
from ess_sim.errors import ResultsError
from ess_sim.experiments.experiment import run_experiment
from ess_sim.results.comparison.differences import compare, levels
from ess_sim.results.results import Results
from ess_sim.results.statistics.intervals import t_interval
from ess_sim.results.statistics.variance import nested_variance
from ess_sim.results.storage.keys import About

DAY = pd.Timestamp("2020-01-01")


class GivenResults:
    """Results whose values on one day are given: by scenario an array of shape (draws, replications)."""

    declared_outcomes = ("share_without_mt", "list_holders")

    def __init__(self, first_draw: int = 1, **values: Any) -> None:
        self.scenarios = tuple(values)
        self.baselines = dict.fromkeys(self.scenarios[1:], self.scenarios[0])
        cells = [
            (name, first_draw + d, r, value)
            for name, x in values.items()
            for (d, r), value in np.ndenumerate(np.asarray(x, dtype=float))
        ]
        self._runs = pd.DataFrame(cells, columns=["scenario", "draw", "replication", "value"])

    @property
    def draws(self) -> tuple[int, ...]:
        return tuple(sorted(self._runs["draw"].unique()))

    @property
    def replications(self) -> tuple[int, ...]:
        return tuple(sorted(self._runs["replication"].unique()))

    def without(self, scenario: str, draw: int, replication: int) -> GivenResults:
        """One run less."""
        key = (scenario, draw, replication)
        same = self._runs[["scenario", "draw", "replication"]].apply(tuple, axis=1) == key
        assert same.sum() == 1
        self._runs = self._runs[~same]
        return self

    def outcomes(self, names: Any = None, dates: Any = None) -> pd.DataFrame:
        del dates
        parts = [self._runs.assign(outcome=name, date=DAY) for name in names or self.declared_outcomes]
        return pd.concat(parts, ignore_index=True)

    def each(self, numbers: Callable[[Any], pd.DataFrame]) -> pd.DataFrame:
        return self._runs.drop(columns="value").merge(numbers(None), how="cross")

    def recorded(self, scenario: str) -> pd.DatetimeIndex:
        assert scenario in self.scenarios
        return pd.DatetimeIndex([DAY])

    def about(self, scenario: str) -> About:
        # scenarios of other horizons may differ from the first day on
        return About({"start": "2020-01-01", "policies": [], "horizon_years": scenario, "outcomes": []}, [])


BASE = np.array([[0.10, 0.13], [0.20, 0.21], [0.15, 0.17]])
CENTRE = np.array([[0.09, 0.12], [0.21, 0.24], [0.11, 0.13]])
TEN = np.vstack([BASE, BASE + 0.01, BASE + 0.03, BASE[:1]])
CENTRE_OF_TEN = np.vstack([CENTRE, CENTRE + 0.02, CENTRE + 0.02, CENTRE[1:2]])


def test_levels_and_differences_by_hand() -> None:
    table = uncertainty(GivenResults(base=TEN, centre=CENTRE_OF_TEN), outcomes="share_without_mt")
    assert table["scenario"].tolist() == ["base", "centre", "centre"]
    assert table["baseline"].tolist() == ["", "", "base"]
    assert table["unit"].tolist() == ["%", "%", "pp"]
    assert (table[["draws", "replications"]] == [10, 2]).all(axis=None)
    for row, x in zip(table.itertuples(), (TEN, CENTRE_OF_TEN, CENTRE_OF_TEN - TEN), strict=True):
        found = nested_variance(100 * x)
        assert row.mean == pytest.approx(100 * x.mean())
        least = -100.0 if row.baseline else 0.0  # what a share, or a difference of shares, can be
        limits = np.clip(t_interval(100 * x.mean(axis=1)), least, 100.0)
        assert (row.mean_low, row.mean_high) == pytest.approx(tuple(map(float, limits)))
        assert (row.expected_low, row.expected_high) == pytest.approx(found.not_knowing)
        assert (row.future_low, row.future_high) == pytest.approx(found.both)
        assert (row.variance_chance, row.variance_not_knowing) == pytest.approx((found.within, found.between))
        assert row.share_not_knowing == pytest.approx(found.between / (found.within + found.between))
    better = table[["draws_better", "draws_better_low", "draws_better_high"]]
    assert better.iloc[:2].isna().all(axis=None)
    # the first, third, sixth, seventh and ninth draw, and a tie in the fourth; Wilson's limits of 5½ in 10
    assert better.iloc[2].tolist() == pytest.approx([0.55, 0.274, 0.799], abs=1e-3)


def test_more_list_holders_are_better() -> None:
    table = uncertainty(GivenResults(base=TEN, centre=CENTRE_OF_TEN), outcomes="list_holders")
    row = table[table["baseline"] == "base"].iloc[0]
    assert row["draws_better"] == pytest.approx(0.45)
    assert row["mean"] == pytest.approx((CENTRE_OF_TEN - TEN).mean())
    assert row["unit"] == "GPs"


def test_what_scenarios_share_cancels_in_a_difference() -> None:
    rng = np.random.default_rng(1)
    draws, replications = 400, 10
    chance = 0.02 * rng.normal(size=(draws, replications))
    unknown = 0.03 * rng.normal(size=(draws, 1))
    level = 0.15 + unknown + chance
    effect = -0.01 + 0.01 * rng.normal(size=(draws, 1))
    table = uncertainty(GivenResults(base=level, centre=level + effect), outcomes="share_without_mt")
    base, _, difference = table.to_dict("records")
    assert base["variance_chance"] == pytest.approx(4, rel=0.05)
    assert base["variance_not_knowing"] == pytest.approx(9, rel=0.1)
    assert base["share_not_knowing"] == pytest.approx(9 / 13, abs=0.08)
    assert difference["share_not_knowing"] == pytest.approx(1)
    assert difference["mean_high"] - difference["mean_low"] == pytest.approx(4 / 20, abs=0.02)
    assert (difference["expected_low"], difference["expected_high"]) == pytest.approx((-2.96, 0.96), abs=0.3)
    assert difference["draws_better"] == pytest.approx(0.84, abs=0.06)  # the normal distribution up to one sd


def test_more_draws_narrow_the_mean_alone() -> None:
    rng = np.random.default_rng(2)

    def widths(draws: int) -> tuple[float, float, float]:
        x = 0.15 + 0.01 * rng.normal(size=(draws, 1)) + 0.02 * rng.normal(size=(draws, 4))
        (row,) = uncertainty(GivenResults(base=x), outcomes="share_without_mt").to_dict("records")
        return tuple(row[f"{of}_high"] - row[f"{of}_low"] for of in ("mean", "expected", "future"))

    few, many = widths(40), widths(640)
    assert many[0] < few[0] / 2.5
    assert many[1:] == pytest.approx((3.92, 8.77), rel=0.1)  # 2 × 1.96 standard deviations
    assert few[1:] == pytest.approx(many[1:], rel=0.4)


def test_one_replication_tells_chance_from_not_knowing_no_longer() -> None:
    """The range of one future remains, within what a share can be."""
    table = uncertainty(GivenResults(base=TEN[:, :1] / 2, centre=CENTRE_OF_TEN[:, :1] / 2), outcomes="share_without_mt")
    parts = ["expected_low", "expected_high", "variance_chance", "variance_not_knowing", "share_not_knowing"]
    assert table[parts].isna().all(axis=None)
    assert (table["future_low"] < table["mean_low"]).all()
    wide = np.where(np.arange(10)[:, None] < 9, 0.01, 0.5)
    (row,) = uncertainty(GivenResults(base=wide), outcomes="share_without_mt").to_dict("records")
    assert row["future_low"] == 0 < row["future_high"] < 100


def test_nothing_varies() -> None:
    (row,) = uncertainty(GivenResults(base=np.full((10, 3), 0.1)), outcomes="share_without_mt").to_dict("records")
    assert np.isnan(row["share_not_knowing"])
    assert [row["mean"], row["mean_low"], row["future_high"]] == pytest.approx([10, 10, 10])


def test_a_run_without_a_value() -> None:
    hole = TEN.copy()
    hole[1, 0] = np.nan
    table = uncertainty(GivenResults(base=hole, centre=CENTRE_OF_TEN), outcomes="share_without_mt")
    assert table["variance_chance"].isna().tolist() == [True, False, True]
    assert table["draws_better"].isna().all()
    with pytest.raises(ResultsError, match="some runs of 'base' have no share_without_mt on 2020-01-01"):
        regret_table(GivenResults(base=hole, centre=CENTRE_OF_TEN))


def test_regret() -> None:
    results = GivenResults(base=BASE, centre=CENTRE, interns=[[0.08, 0.10], [0.23, 0.24], [0.16, 0.17]])
    table = regret_table(results)
    assert table.index.tolist() == ["base", "centre", "interns"]
    # means of the draws: 11.5, 20.5, 16; 10.5, 22.5, 12; 9, 23.5, 16.5
    assert table["max_regret"].tolist() == pytest.approx([4, 2, 4.5])
    assert table["mean_regret"].tolist() == pytest.approx([6.5 / 3, 3.5 / 3, 7.5 / 3])
    assert table["share_best"].tolist() == pytest.approx([1 / 3, 1 / 3, 1 / 3])
    more = regret_table(results, outcome="list_holders")  # of which more are better
    assert more["share_best"].tolist() == pytest.approx([1 / 3, 0, 2 / 3])


@pytest.mark.parametrize(
    ("ask", "fewest", "what"), [(uncertainty, 10, "95 % ranges need"), (regret_table, 2, "regret needs")]
)
def test_what_cannot_be_computed(ask: Callable[[Any], pd.DataFrame], fewest: int, what: str) -> None:
    few = f"{what} at least {fewest} parameter draws, not {fewest - 1}: run the experiment with more"
    for results, said in (
        (GivenResults(first_draw=0, base=TEN[:1]), "no parameter draws: run the experiment with draws"),
        (GivenResults(base=TEN[: fewest - 1]), few),
        (GivenResults(base=TEN, centre=CENTRE_OF_TEN).without("centre", 2, 1), "draw 2 of 'centre' has no replication"),
        (GivenResults(base=TEN, centre=CENTRE_OF_TEN[:, :1]), "draw 1 of 'centre' has no replication 1"),
    ):
        with pytest.raises(ResultsError, match=said):
            ask(results)


def test_baselines_that_cannot_be() -> None:
    with pytest.raises(ResultsError, match="one scenario"):
        uncertainty(GivenResults(base=TEN), baseline="base")
    with pytest.raises(ResultsError, match="did you mean 'base'"):
        uncertainty(GivenResults(base=TEN, centre=CENTRE_OF_TEN), baseline="bass")


def test_plain_results_have_no_draws() -> None:
    with pytest.raises(ResultsError, match="no parameter draws"):
        uncertainty(Results([make_run("base", 0), make_run("base", 1)]))


def test_an_experiment_with_draws(tmp_path: Path) -> None:
    """Intervals of the mean are those of `levels` and `compare`; from a folder all is the same."""
    smp = hamlets(tmp_path).with_(horizon_years=1, outcomes=("share_without_mt", "list_holders"))
    policy_free = {n: v for n, v in smp.parameters.items() if n not in smp.policies[0].reads()}
    base = smp.with_(name="base", policies=(), parameters=policy_free)
    results = run_experiment([base, smp], replications=2, draws=10, seed=1, out=tmp_path / "out")
    table = uncertainty(results)
    alone = table[table["baseline"] == ""].reset_index(drop=True)
    expected = levels(results).sort_values(["scenario"], kind="stable", ignore_index=True)
    for ours, theirs in (("mean", "mean"), ("mean_low", "low"), ("mean_high", "high"), ("date", "date")):
        assert alone[ours].tolist() == expected[theirs].tolist()
    paired = table[table["baseline"] == "base"].set_index("outcome")
    theirs = compare(results, baseline="base").set_index("outcome").loc[paired.index]
    assert paired["mean"].tolist() == theirs["difference"].tolist()
    assert paired["mean_low"].tolist() == theirs["low"].tolist()
    assert paired.loc["share_without_mt", "variance_not_knowing"] >= 0
    with pytest.raises(ResultsError, match="nearest record"):
        uncertainty(results, dates=["2019-03-14"])
    assert regret_table(results)["share_best"].sum() >= 1
