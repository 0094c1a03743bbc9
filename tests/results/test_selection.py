"""Selection of the best, Pareto fronts and regret, against known cases."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ess_sim.results.statistics.selection import kim_nelson, pareto_front, regret

# --- Kim & Nelson ----------------------------------------------------------------------------------------------------


class Bench:
    """Normal systems with common random numbers: what all share, and what each has of its own."""

    def __init__(self, means, *, seed: int, shared: float, own: float = 1.0) -> None:
        self.means = np.array(means)
        self.rng = np.random.default_rng(seed)
        self.shared, self.own = shared, own
        self.calls: list[tuple[tuple[int, ...], range]] = []

    def __call__(self, systems, replications):
        self.calls.append((systems, replications))
        chance = self.shared * self.rng.normal(size=len(replications))
        noise = self.own * self.rng.normal(size=(len(systems), len(replications)))
        return self.means[list(systems), None] + chance + noise


@pytest.mark.parametrize(("k", "shared"), [(2, 0.0), (4, 1.5)])
def test_probability_of_correct_selection(k, shared):
    """Slippage configuration, the least favourable one: all others are worse by just the indifference."""
    studies = 300
    means = [0.5] * (k - 1) + [0.0]
    right = 0
    for seed in range(studies):
        bench = Bench(means, seed=seed, shared=shared)
        right += kim_nelson(bench, k, indifference=0.5, confidence=0.9, maximum=2_000).best == k - 1
    assert right / studies >= 0.9  # the procedure is conservative: no allowance for noise is needed
    assert right < studies  # and the case is not trivial


def test_elimination_by_hand():
    """Variance 1 of the first three differences: h² = 2·(0.1⁻¹ − 1) = 18, and the sum may lag by 9 − r/2."""
    worse_by = np.array([1.0, 2, 3, 0.9, 1, 1])

    def sample(systems, replications):
        return np.array([np.zeros(6), worse_by])[np.ix_(systems, replications)]

    found = kim_nelson(sample, 2, indifference=1.0, confidence=0.95, first=3, maximum=6)
    assert worse_by[:4].sum() < 9 - 4 / 2
    assert worse_by[:5].sum() > 9 - 5 / 2
    assert (found.best, found.eliminated_at) == (0, (None, 5))


def test_common_random_numbers_save_replications():
    def replications(shared: float, own: float) -> int:
        bench = Bench([0.0, 0.5, 0.5], seed=1, shared=shared, own=own)
        found = kim_nelson(bench, 3, indifference=0.3, maximum=5_000)
        assert found.best == 0
        return sum(found.replications)

    assert replications(shared=1.0, own=0.2) < replications(shared=0.0, own=np.hypot(1, 0.2)) / 3


def test_bookkeeping():
    bench = Bench([0.0, 5.0, 0.6, 0.5], seed=3, shared=2.0)
    found = kim_nelson(bench, 4, indifference=0.5, first=8, maximum=1_000)
    assert found.best == 0
    assert found.survivors == (0,)
    assert found.eliminated_at[0] is None
    assert found.eliminated_at[1] == 8 < found.replications[3]
    assert bench.calls[0] == ((0, 1, 2, 3), range(8))
    for system in range(4):
        made = sum(len(replications) for systems, replications in bench.calls if system in systems)
        assert made == found.replications[system]
        assert found.eliminated_at[system] in (None, made)
    assert all(len(replications) == 1 for _, replications in bench.calls[1:])


def test_more_is_better():
    bench = Bench([0.0, 5.0, 1.0], seed=3, shared=1.0)
    assert kim_nelson(bench, 3, indifference=0.5, maximum=1_000, minimise=False).best == 1


def test_no_decision_within_the_maximum():
    found = kim_nelson(Bench([0.0, 0.0, 99.0], seed=1, shared=0.0), 3, indifference=0.1, maximum=30)
    assert found.best is None
    assert found.survivors == (0, 1)
    assert found.replications == (30, 30, 10)


def test_variants_that_change_nothing_tie():
    """With common random numbers a variant without effect gives the very same values."""

    def sample(systems, replications):
        chance = np.array([np.random.default_rng(r).normal() for r in replications])
        return np.array([[2.0], [0.0], [0.0]])[list(systems)] + chance

    found = kim_nelson(sample, 3, indifference=0.5, maximum=1_000)
    assert (found.best, found.survivors, found.replications) == (1, (1, 2), (10, 10, 10))


@given(st.permutations(range(4)))
def test_names_of_systems_do_not_matter(order):
    means = np.array([0.0, 1.0, 1.5, 2.0])
    noise = np.random.default_rng(5).normal(size=(4, 500))

    def sample(systems, replications):
        chosen = [order[s] for s in systems]
        return means[chosen, None] + noise[np.ix_(chosen, list(replications))]

    found = kim_nelson(sample, 4, indifference=0.5, maximum=500)
    assert order[found.best] == 0


@pytest.mark.parametrize(
    "wrong", [{"k": 1}, {"indifference": 0}, {"confidence": 0.3}, {"confidence": 1}, {"first": 2}, {"maximum": 5}]
)
def test_kim_nelson_refuses(wrong):
    given = {"k": 3, "indifference": 1.0, "maximum": 100} | wrong
    with pytest.raises(ValueError, match="a selection needs"):
        kim_nelson(Bench([0, 1, 2], seed=1, shared=0), given.pop("k"), **given)


@pytest.mark.parametrize("values", [np.zeros((3, 2)), np.full((2, 10), np.nan)])
def test_kim_nelson_refuses_what_is_no_sample(values):
    with pytest.raises(ValueError, match="2 × 10 finite"):
        kim_nelson(lambda *_: values, 2, indifference=1, maximum=100)


# --- fronts and regret -----------------------------------------------------------------------------------------------


def test_front_by_hand():
    table = pd.DataFrame(
        {
            "cost": [0.0, 1, 1, 1, 3, 2, np.nan, 0],
            "share": [9.0, 7, 8, 7, 7, 5, 1, np.nan],
        },
        index=list("abcdefgh"),
    )
    front = pareto_front(table, cost="cost", effect="share")
    assert front[front].index.tolist() == ["a", "b", "d", "f"]  # b and d are equal; c, e are beaten; g, h incomplete
    gained = table.assign(gain=-table["share"])
    assert pareto_front(gained, cost="cost", effect="gain", minimise_effect=False).equals(front)


costs_and_effects = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=12)


@given(costs_and_effects)
def test_front_holds_what_nothing_beats(points):
    table = pd.DataFrame(points, columns=["cost", "share"])
    front = pareto_front(table, cost="cost", effect="share")
    for (c, e), on_front in zip(points, front, strict=True):
        beaten = any((x, y) != (c, e) and x <= c and y <= e for x, y in points)
        assert on_front != beaten


def test_front_refuses_an_unknown_column():
    with pytest.raises(ValueError, match="no column 'price': the table has cost"):
        pareto_front(pd.DataFrame({"cost": [1]}), cost="price", effect="cost")


def test_regret_by_hand():
    values = pd.DataFrame({"nothing": [10.0, 10, 10], "centre": [8.0, 9, 12], "interns": [9.0, 9, 9]})
    table = regret(values)
    assert table.index.tolist() == ["nothing", "centre", "interns"]
    assert table["mean_regret"].tolist() == pytest.approx([4 / 3, 1, 1 / 3])
    assert table["max_regret"].tolist() == [2, 3, 1]
    assert table["p95_regret"].tolist() == pytest.approx([1.9, 2.7, 0.9])
    assert table["share_best"].tolist() == pytest.approx([0, 2 / 3, 2 / 3])  # a tie in the second state
    assert regret(-values, minimise=False).equals(table)


@pytest.mark.parametrize("values", [pd.DataFrame(), pd.DataFrame({"a": [1.0, np.nan]})])
def test_regret_refuses(values):
    with pytest.raises(ValueError, match="finite value"):
        regret(values)
