"""Intervals, tests and sequential rules, against known cases and published figures."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ess_sim.results.statistics import intervals
from ess_sim.results.statistics.intervals import bootstrap_interval, half_width, mean_region, ratio_interval, t_interval
from ess_sim.results.statistics.paired import holm, p_value, superiority, variance_reduction
from ess_sim.results.statistics.sequential import Moments, hoad, replications_needed

# Student's quantiles at 97.5 %, from the printed tables
T2, T9 = 4.302653, 2.262157


def rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


# --- intervals -------------------------------------------------------------------------------------------------------


def test_student_by_hand():
    assert half_width(np.array([1.0, 2.0, 3.0])) == pytest.approx(T2 / np.sqrt(3), rel=1e-6)
    low, high = t_interval(np.array([[1.0, 2.0, 3.0], [4.0, 4.0, 4.0]]))
    assert low == pytest.approx([2 - T2 / np.sqrt(3), 4], rel=1e-6)
    assert high == pytest.approx([2 + T2 / np.sqrt(3), 4], rel=1e-6)


@pytest.mark.parametrize("interval", [t_interval, bootstrap_interval])
@pytest.mark.parametrize("n", [0, 1])
def test_no_interval_without_two_values(interval, n):
    for limit in interval(np.ones((3, n))):
        assert limit.shape == (3,)
        assert np.isnan(limit).all()


def coverage(interval, values: np.ndarray, truth: float) -> float:
    low, high = interval(values)
    return float(((low <= truth) & (truth <= high)).mean())


def test_student_covers_95_percent():
    values = rng(1).normal(3, 2, size=(20_000, 10))
    assert coverage(t_interval, values, 3) == pytest.approx(0.95, abs=0.006)  # 4 standard errors


def test_bootstrap_covers_about_95_percent():
    normal = rng(2).normal(3, 2, size=(2_000, 40))
    assert coverage(bootstrap_interval, normal, 3) == pytest.approx(0.945, abs=0.02)


def test_bootstrap_leans_with_the_skew():
    """Student's interval of a skewed mean misses it far more often above than below; BCa is more even."""
    skewed = rng(3).exponential(1, size=(4_000, 40))

    def misses(interval) -> tuple[float, float]:
        low, high = interval(skewed)
        return float((low > 1).mean()), float((high < 1).mean())

    (t_low, t_high), (b_low, b_high) = misses(t_interval), misses(bootstrap_interval)
    assert abs(b_high - b_low) < abs(t_high - t_low) / 2
    assert b_low + b_high < 0.09


def test_bootstrap_is_deterministic_and_row_by_row():
    values = rng(4).gamma(2, size=(3, 12))
    low, high = bootstrap_interval(values, seed=5)
    again = bootstrap_interval(values[1], seed=5)
    assert [low[1], high[1]] == [float(x) for x in again]
    assert bootstrap_interval(values, seed=6)[0].tolist() != low.tolist()
    assert (low < values.mean(axis=1)).all()
    assert (values.mean(axis=1) < high).all()


def test_bootstrap_ties_of_whole_numbers_are_exact():
    """Samples with the very mean of the values count half below it, whatever the unit."""
    values = rng(5).integers(0, 4, size=(50, 12)).astype(float)
    one, three = bootstrap_interval(values), bootstrap_interval(3 * values)
    assert np.array(three) == pytest.approx(3 * np.array(one), rel=1e-12)


@pytest.mark.parametrize("n", range(2, 13))
def test_a_resample_of_every_value_once_ties_with_the_mean(monkeypatch, n):
    """Were it taken for lower or higher, 60 of 100 resamples would lean to one side, and so would the limits."""
    values = rng(n).normal(size=(200, n))
    only_first, only_last = np.eye(n)[:, :1] * n, np.eye(n)[:, -1:] * n
    counts = np.hstack([np.ones((n, 60)), np.repeat(only_first, 20, axis=1), np.repeat(only_last, 20, axis=1)])
    monkeypatch.setattr(intervals, "_resampling_counts", lambda *_: counts)
    low, high = bootstrap_interval(np.sort(values), resamples=100)
    np.testing.assert_allclose(low, values.min(axis=1))
    np.testing.assert_allclose(high, values.max(axis=1))


def test_bootstrap_of_what_does_not_vary():
    low, high = bootstrap_interval(np.full(8, 0.1))
    assert [float(low), float(high)] == pytest.approx([0.1, 0.1])
    with pytest.raises(ValueError, match="at least 100"):
        bootstrap_interval(np.arange(8.0), resamples=50)


# --- paired tests ----------------------------------------------------------------------------------------------------


def test_p_value_turns_at_the_interval():
    """The p-value is 5 % where the 95 % interval ends at 0."""
    d = rng(1).normal(size=(50, 10))
    centred, half = d - d.mean(axis=1, keepdims=True), half_width(d)[:, None]
    assert p_value(centred + half) == pytest.approx(np.full(50, 0.05))
    assert p_value(centred - half) == pytest.approx(np.full(50, 0.05))
    assert p_value(centred + half * 0.99).min() > 0.05
    assert p_value(centred + half * 1.01).max() < 0.05
    assert p_value(centred) == pytest.approx(np.ones(50))


def test_p_value_of_what_does_not_vary():
    assert p_value(np.zeros(5)) == 1
    assert p_value(np.full(5, 2.0)) == 0
    assert np.isnan(p_value(np.array([1.0])))


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.5, 0.9, 0.7]) == pytest.approx([1, 1, 1])
    assert holm([]).tolist() == []
    with_gap = holm([0.04, np.nan, 0.01])
    assert with_gap[[0, 2]] == pytest.approx([0.04, 0.02])
    assert np.isnan(with_gap[1])


@given(arrays(float, st.integers(1, 30), elements=st.floats(0, 1)))
def test_holm_keeps_the_order(p):
    adjusted = holm(p)
    assert (adjusted >= p).all()
    assert (adjusted <= np.minimum(p * len(p), 1)).all()
    order = np.argsort(p, kind="stable")
    assert (np.diff(adjusted[order]) >= 0).all()


def test_false_alarms_after_holm():
    """Six policies that do nothing: at most 5 % of the studies claim that any of them does something."""
    studies, policies, n = 4_000, 6, 10
    baseline = rng(7).normal(size=(studies, 1, n))
    differences = rng(8).normal(size=(studies, policies, n)) - baseline  # one baseline for all: correlated
    p = p_value(differences)
    alarms = np.mean([(holm(row) <= 0.05).any() for row in p])
    assert alarms <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / studies)
    assert (p <= 0.05).any(axis=1).mean() > 0.1  # what Holm is for


def test_superiority():
    # Wilson's limits for 81 of 263, the example that Newcombe (1998) computes: 0.2553 to 0.3662
    a = np.r_[np.zeros(81), np.full(182, 2.0)]
    assert superiority(a, np.ones(263)) == pytest.approx((81 / 263, 0.2553, 0.3662), abs=1e-4)
    assert superiority([1, 1], [1, 1])[0] == 0.5
    share, low, high = superiority(np.zeros(20), np.ones(20))
    assert (share, high) == (1, 1)
    assert 0.8 < low < 0.9


@given(arrays(float, st.tuples(st.just(2), st.integers(1, 40)), elements=st.integers(0, 4)))
def test_superiority_is_symmetric(values):
    a, b = values
    share, low, high = superiority(a, b)
    assert 0 <= low <= share <= high <= 1
    assert superiority(b, a) == pytest.approx((1 - share, 1 - high, 1 - low))


def test_variance_reduction():
    assert variance_reduction([1, 2, 3], [1, 2, 4]) == pytest.approx(10)  # (1 + 7/3) / (1/3)
    assert variance_reduction([1, 2, 3], [2, 3, 4]) == np.inf
    assert np.isnan(variance_reduction([1, 1], [2, 2]))
    assert np.isnan(variance_reduction([1], [2]))
    a, b = rng(1).normal(size=(2, 20_000))
    assert variance_reduction(a, b) == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize("function", [superiority, variance_reduction, ratio_interval, mean_region])
@pytest.mark.parametrize(("a", "b"), [([1, 2], [1]), ([], []), ([[1]], [[2]])])
def test_what_cannot_be_paired(function, a, b):
    with pytest.raises(ValueError, match="one length"):
        function(a, b)


# --- two means at once -----------------------------------------------------------------------------------------------


def correlated(n: int, samples: int) -> tuple[np.ndarray, np.ndarray]:
    """Two correlated variables with means 100 and 5, shape (samples, n) each."""
    common, own = rng(8).normal(size=(2, samples, n))
    return 100 + 30 * common + 20 * own, 5 + 1.5 * common


def test_fieller_covers_95_percent():
    held = []
    for y, x in zip(*correlated(12, 4000), strict=True):
        low, high = ratio_interval(y, x)
        assert low < y.mean() / x.mean() < high
        held.append(low <= 20 <= high)
    assert np.mean(held) == pytest.approx(0.95, abs=0.014)  # 4 standard errors


def test_no_ratio_where_the_denominator_may_be_0():
    y = np.array([1.0, 2.0, 3.0])
    for x in (y - 2, y * 0, [-1.0, 2.0, 3.0]):
        assert np.isnan(ratio_interval(y, x)).all()
    assert np.isnan(ratio_interval([1.0], [1.0])).all()
    assert ratio_interval(2 * y + 20, y + 10) == pytest.approx((2, 2))
    low, high = ratio_interval([5.0, 6.0, 7.0], [2.0, 2.0, 2.0])  # a known denominator: Student's limits over it
    assert (low, high) == pytest.approx((3 - T2 / np.sqrt(3) / 2, 3 + T2 / np.sqrt(3) / 2), rel=1e-6)


def test_the_region_of_two_means_covers_95_percent():
    held = []
    for x, y in zip(*correlated(12, 4000), strict=True):
        outline = mean_region(x, y)[:-1] - [100, 5]
        # the true means are inside where the outline winds once around them
        angle = np.unwrap(np.arctan2(outline[:, 1] / 1.5, outline[:, 0] / 30))
        held.append(abs(angle[-1] - angle[0]) > np.pi)
    assert np.mean(held) == pytest.approx(0.95, abs=0.014)


def test_a_region_is_closed_and_needs_three_pairs():
    outline = mean_region([1.0, 2.0, 4.0], [7.0, 7.0, 7.0], corners=9)
    assert outline.shape == (9, 2)
    np.testing.assert_allclose(outline[0], outline[-1])
    np.testing.assert_allclose(outline[:, 1], 7)
    assert mean_region([1.0, 2.0], [1.0, 2.0]).shape == (0, 2)


# --- how many replications -------------------------------------------------------------------------------------------


@given(st.integers(2, 30), st.floats(0.05, 3))
def test_replications_needed_is_the_first_that_suffices(n, target):
    values = rng(n).normal(size=n)
    needed = replications_needed(values, target)

    def half(m: int) -> float:
        """The interval of m values with the very same standard deviation."""
        some = np.resize([-1.0, 1.0], m)
        return float(half_width((some - some.mean()) * values.std(ddof=1) / some.std(ddof=1)))

    assert half(needed) <= target * (1 + 1e-9)
    assert needed == 2 or half(needed - 1) > target


def test_replications_needed_for_what_does_not_vary():
    assert replications_needed(np.ones(5), 0.1) == 2


@pytest.mark.parametrize(("values", "target"), [([1.0], 1), ([1.0, 2.0], 0), ([1.0, np.nan], 1), ([[1.0, 2.0]], 1)])
def test_replications_needed_refuses(values, target):
    with pytest.raises(ValueError, match="replications needed"):
        replications_needed(np.array(values), target)


series = arrays(float, st.tuples(st.integers(2, 20), st.just(3)), elements=st.floats(-1e3, 1e3))


@given(series)
def test_moments_are_numpys(values):
    moments = Moments()
    for x in values:
        moments.add(x)
    assert moments.n == len(values)
    assert moments.mean == pytest.approx(values.mean(axis=0), abs=1e-9)
    assert moments.variance == pytest.approx(values.var(axis=0, ddof=1), rel=1e-9, abs=1e-6)
    assert moments.half_width == pytest.approx(half_width(values.T), rel=1e-6, abs=1e-3)


def test_moments_keep_their_digits():
    """Where the naive sum of squares loses all of them."""
    moments = Moments()
    for x in (1e9 + 1, 1e9 + 2, 1e9 + 3):
        moments.add(x)
    assert moments.variance == pytest.approx(1)
    assert np.isnan(Moments().variance)


def observations(mean: float, sd: float, first: int) -> Iterator[float]:
    r = first
    while True:
        yield np.random.default_rng(r).normal(mean, sd)
        r += 1


@pytest.mark.parametrize(("mean", "sd", "needed"), [(7, 0.2, 5), (10, 2, 58), (50, 1, 4)])
def test_without_look_ahead_it_is_the_confidence_interval_method_as_published(mean, sd, needed):
    found = hoad(observations(mean, sd, 1), precision=0.05, lookahead=0, budget=100)
    assert found.needed == needed == len(found.trajectory)
    assert found.half_width / found.mean == pytest.approx(found.trajectory[-1])
    x = np.array([np.random.default_rng(r).normal(mean, sd) for r in range(1, needed + 1)])
    assert found.mean == pytest.approx(x.mean())
    assert found.half_width == pytest.approx(half_width(x))


@pytest.mark.parametrize(("mean", "sd", "needed", "made"), [(100, 4, 3, 13), (1, 1, 332, 365), (44, 27, 171, 188)])
def test_hoad_as_published(mean, sd, needed, made):
    found = hoad(observations(mean, sd, 0), precision=0.1, lookahead=10, budget=500)
    assert found.needed == needed
    assert len(found.trajectory) == made  # 10 further ones, or a tenth of what was found
    assert max(found.trajectory[needed - 1 :]) <= 0.1


def test_hoad_is_not_taken_in():
    """The interval is narrow by chance after three observations, and the fourth shows it."""
    values = [10.0, 10.1, 9.9, 20.0, *([10.0, 20.0] * 50)]
    found = hoad(values, precision=0.1, lookahead=5, budget=100)
    assert found.needed > 30
    assert found.trajectory[found.needed - 2] > 0.1 >= found.trajectory[found.needed - 1]
    assert hoad(values, precision=0.1, lookahead=0, budget=100).needed == 3


def test_precision_can_be_a_half_width():
    values = [-1.0, 1.0] * 50
    found = hoad(values, precision=0.5, lookahead=0, budget=100, absolute=True)
    assert found.half_width == found.trajectory[-1] <= 0.5 < found.trajectory[-2]
    assert hoad(values, precision=0.5, lookahead=0, budget=100).needed is None  # half-widths of a mean near 0
    assert hoad([0.0] * 20, precision=0.1, budget=20).needed == 3


def test_a_budget_that_does_not_suffice():
    found = hoad(observations(1, 1, 0), precision=0.1, lookahead=10, budget=340)  # 332 reach it, none may look ahead
    assert (found.needed, len(found.trajectory)) == (None, 340)
    assert found.half_width / found.mean == pytest.approx(found.trajectory[-1])
    short = hoad([1.0, 2.0], precision=0.1, lookahead=0, budget=100)
    assert (short.needed, len(short.trajectory)) == (None, 2)


def test_sequential_methods_take_no_more_than_they_need():
    values = observations(50, 1, 1)
    hoad(values, precision=0.05, lookahead=0, budget=100)
    assert next(values) == np.random.default_rng(5).normal(50, 1)


@pytest.mark.parametrize(
    "wrong", [{"precision": 0.0}, {"precision": 0.1, "lookahead": -1}, {"precision": 0.1, "budget": 2}]
)
def test_hoad_refuses(wrong):
    with pytest.raises(ValueError, match=r"precision|out of order"):
        hoad([1.0], **{"budget": 10} | wrong)
