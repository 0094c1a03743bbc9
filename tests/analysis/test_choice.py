"""The best of several variants, for few runs, and which of them are worth their cost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

import numpy as np
import pytest
from hamlets import hamlets
from records import make_run, make_scenario

from ess_sim.analysis.studies.choice import front, select
from ess_sim.analysis.studies.evaluation import Case, Measure, evaluate
from ess_sim.errors import ResultsError
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.model.policies.departures import Departures
from ess_sim.results.comparison.differences import compare
from ess_sim.results.results import Results
from ess_sim.results.statistics.intervals import half_width
from ess_sim.results.statistics.selection import kim_nelson

# --- selection -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def variants(tmp_path_factory: pytest.TempPathFactory) -> list[Scenario]:
    """The hamlets when none, three, five or seven of eight GPs leave in the first spring."""
    scenario = hamlets(tmp_path_factory.mktemp("hamlets")).with_(horizon_years=1)
    gone = {"none": (), "three": (3,), "five": (5,), "seven": (7,)}
    return [
        scenario.with_(
            name=name, policies=(*scenario.policies, *(Departures(starts=date(2018, 4, 1), oldest=n) for n in who))
        )
        for name, who in gone.items()
    ]


def test_the_best_is_that_of_the_procedure(variants: list[Scenario]) -> None:
    """As if all runs had been made before."""
    chosen = select(variants, indifference=8.0, first=4, maximum=20, seed=2)
    values = evaluate(variants, Measure.of(variants, "share_without_mt", None), replications=20, seed=2)
    expected = kim_nelson(lambda s, r: values[np.ix_(s, list(r))], 4, indifference=8.0, first=4, maximum=20)
    assert chosen.best == "none"
    assert chosen.survivors == ("none",)
    table = chosen.table
    assert table["scenario"].tolist() == ["none", "three", "five", "seven"]
    assert table["replications"].tolist() == list(expected.replications)
    assert [None if n is None else int(n) for n in table["eliminated_at"].replace({np.nan: None})] == list(
        expected.eliminated_at
    )
    for row, x in zip(table.itertuples(), values, strict=True):
        used = x[: row.replications]
        assert row.mean == pytest.approx(used.mean())
        assert row.half_width == pytest.approx(float(half_width(used)))
        assert (row.low, row.high) == pytest.approx((row.mean - row.half_width, row.mean + row.half_width))
    assert (table["unit"] == "%").all()


@pytest.mark.validate  # in `make test` those change nothing who finish in any order, see below
def test_workers_change_nothing(variants: list[Scenario]) -> None:
    alone, together = (select(variants[:3], indifference=1.0, first=3, maximum=6, seed=2, jobs=jobs) for jobs in (1, 2))
    assert (alone.best, alone.survivors) == (together.best, together.survivors)
    assert alone.table.equals(together.table)


class Bench:
    """Made-up observations in place of runs; each replication's chance is common to all variants."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, means: dict[str, float], *, ahead: int = 0, sd: float = 1.0):
        self.made: list[tuple[str, int]] = []

        def simulated(cases: Iterable[Case], measure: Any, *, seed: int, jobs: Any) -> Iterator[tuple[Case, float]]:  # noqa: ARG001
            waiting: list[Case] = []
            for case in cases:
                self.made.append((case.scenario.name, case.replication))
                waiting.append(case)
                if len(waiting) > ahead:
                    late = len(self.made) % 2  # every other time, the last that was read is the first that finishes
                    yield self._observed(waiting.pop(-late), means, sd)
            while waiting:
                yield self._observed(waiting.pop(0), means, sd)

        monkeypatch.setattr("ess_sim.analysis.studies.choice.simulated", simulated)
        self.scenarios = [make_scenario(name) for name in means]

    @staticmethod
    def _observed(case: Case, means: dict[str, float], sd: float) -> tuple[Case, float]:
        own = np.random.default_rng([case.replication, case.number]).normal(scale=sd)
        return case, 10 + means[case.scenario.name] + np.random.default_rng(case.replication).normal() + own


MEANS = {"a": 0.5, "b": 0.0, "c": 3.0, "d": 0.6}


def test_only_survivors_run(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(monkeypatch, MEANS | {"c": 30.0})
    seen: list[tuple[int, int, str]] = []
    chosen = select(bench.scenarios, indifference=0.3, first=5, maximum=400, progress=lambda *x: seen.append(x))
    assert chosen.best == "b"
    used = dict(zip(chosen.table["scenario"], chosen.table["replications"], strict=True))
    assert used["c"] == 5 < used["b"]
    assert sorted(bench.made) == sorted((name, r) for name, n in used.items() for r in range(n))
    assert seen[0][:2] == (1, 4 * 400)
    assert seen[-1][2].endswith("2 scenarios are in play")


@pytest.mark.parametrize("ahead", [1, 3, 7])
def test_order_of_finishing_changes_nothing(monkeypatch: pytest.MonkeyPatch, ahead: int) -> None:
    with monkeypatch.context() as patch:
        bench = Bench(patch, MEANS)
        plain = select(bench.scenarios, indifference=0.5, first=5, maximum=300)
    bench = Bench(monkeypatch, MEANS, ahead=ahead)
    mixed = select(bench.scenarios, indifference=0.5, first=5, maximum=300)
    assert mixed.best == plain.best
    assert mixed.table.equals(plain.table)
    # little is made in vain: what was read before the last eliminations
    assert len(bench.made) <= plain.table["replications"].sum() + 4 * (2 * ahead + 1)


def test_more_list_holders_are_better(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(monkeypatch, MEANS, sd=0.1)
    chosen = select(bench.scenarios, indifference=0.5, outcome="list_holders")
    assert chosen.best == "c"
    assert set(chosen.table["unit"]) == {"GPs"}


def test_no_decision(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(monkeypatch, {"a": 0.0, "b": 0.0, "c": 50.0})
    chosen = select(bench.scenarios, indifference=0.05, first=4, maximum=7)
    assert chosen.best is None
    assert chosen.survivors == ("a", "b")
    assert chosen.table["eliminated_at"].isna().tolist() == [True, True, False]
    assert max(r for _, r in bench.made) == 6


def test_what_cannot_be_selected(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(monkeypatch, MEANS)
    two = bench.scenarios[:2]
    for scenarios, changes, error, said in (
        (two[:1], {}, ValueError, "at least two"),
        ([two[0], two[0]], {}, ValueError, "two scenarios are called 'a'"),
        (two, {"indifference": 0}, ValueError, "indifference above 0"),
        (two, {"first": 2}, ValueError, "3 ≤ first"),
        (two, {"maximum": 5}, ValueError, "first ≤ maximum"),
        (two, {"seed": -1}, ValueError, "seed must be"),
        (two, {"outcome": "share"}, ResultsError, "unknown outcome"),
        (two, {"date": "1999-01-01"}, ResultsError, "nothing is recorded"),
    ):
        with pytest.raises(error, match=said):
            select(scenarios, **({"indifference": 1.0} | changes))
    assert not bench.made


# --- costs -----------------------------------------------------------------------------------------------------------

SHIFTS = {"base": 0.0, "small": 0.02, "wasteful": 0.01, "large": 0.08}
COSTS = {"base": 0.0, "small": 10.0, "wasteful": 20.0, "large": 30.0}


@pytest.fixture(scope="module")
def results() -> Results:
    # scenarios that say the same must not differ
    said = {name: {"parameters": {"informed_share": 0.5 + s}} if s else {} for name, s in SHIFTS.items()}
    return Results([make_run(name, r, shift=s, **said[name]) for r in range(2) for name, s in SHIFTS.items()])


def test_front(results: Results) -> None:
    table = front(results, COSTS)
    assert table["scenario"].tolist() == ["base", "small", "wasteful", "large"]
    assert table["on_front"].tolist() == [True, True, False, True]
    assert table["dominated_by"].tolist() == ["", "", "small", ""]
    assert table["effect"][0] == table["half_width"][0] == 0
    end = results.recorded("base")[-1]
    paired = compare(results, baseline="base", outcomes="share_without_mt", dates=[end]).set_index("scenario")
    for row in table.iloc[1:].itertuples():
        theirs = paired.loc[row.scenario]
        assert (row.effect, row.half_width, row.low, row.high, row.n, row.unit) == (
            *(theirs[name] for name in ("difference", "half_width", "low", "high", "n")),
            "pp",
        )
    assert (table["effect"][1:] < 0).all()


def test_other_costs_other_fronts(results: Results) -> None:
    table = front(results, {"base": 5, "small": 5, "wasteful": 1, "large": 5}, date="2020-12-31").set_index("scenario")
    assert table.index[0] == "wasteful"
    assert table["on_front"].to_dict() == {"wasteful": True, "large": True, "small": False, "base": False}
    assert table.loc[["small", "base"], "dominated_by"].tolist() == ["large", "large"]
    against = front(results, COSTS, baseline="large").set_index("scenario")
    assert against.loc["large", "effect"] == 0
    assert (against.loc[["base", "small", "wasteful"], "effect"] > 0).all()
    assert against["on_front"].to_dict() == {"base": True, "small": True, "wasteful": False, "large": True}


def test_more_is_better_where_it_is(results: Results) -> None:
    """Nothing happens to list-holders here: the cheapest scenario is the only one on the front."""
    table = front(results, COSTS, outcome="list_holders").set_index("scenario")
    assert table["on_front"].tolist() == [True, False, False, False]
    assert table["dominated_by"].tolist() == ["", "base", "base", "base"]


def test_costs_must_be_given(results: Results) -> None:
    for costs, error, said in (
        (COSTS | {"smal": 1.0}, ResultsError, "did you mean 'small'"),
        ({n: c for n, c in COSTS.items() if n != "base"}, ResultsError, "no cost is given for 'base'"),
        (COSTS | {"small": float("nan")}, ValueError, "costs must be a mapping of texts to numbers"),
    ):
        with pytest.raises(error, match=said):
            front(results, costs)


def test_a_single_scenario_has_no_effect() -> None:
    with pytest.raises(ResultsError, match="one scenario"):
        front(Results([make_run("base", 0)]), {"base": 1})
