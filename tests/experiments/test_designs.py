"""Draws of the catalogue's parameters, and the split of variance into chance and not knowing."""

from __future__ import annotations

import dataclasses
import itertools
import warnings

import numpy as np
import pytest

from ess_sim.errors import ParameterError
from ess_sim.experiments.draws import designs as designs
from ess_sim.experiments.draws.designs import draw_parameters, space
from ess_sim.inputs.catalogue.parameters import catalogue, override_problems
from ess_sim.results.statistics.variance import nested_variance

METHODS = ["latin-hypercube", "sobol"]
NAMES = ["informed_share", "call_rate_per_year", "newcomer_target_relative"]

# --- draws -----------------------------------------------------------------------------------------------------------


def test_the_space_is_what_is_not_official():
    names = [p.name for p in space()]
    assert names == [n for n, p in catalogue().items() if p.grade != "A"]
    assert {p.grade for p in space(grades=("D",))} == {"D"}
    assert [p.name for p in space(["list_holders_per_100000"])] == [
        "list_holders_per_100000"
    ]  # official, but asked for


def test_unknown_names():
    for call in (
        lambda: space(["informed_shar"]),
        lambda: draw_parameters(2, seed=1, names=["informed_shar"]),
        lambda: draw_parameters(2, seed=1, fixed=["informed_shar"]),
    ):
        with pytest.raises(ParameterError, match="did you mean 'informed_share'"):
            call()
    with pytest.raises(ParameterError, match="unknown grade 'E'"):
        space(grades="DE")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("marginal", ["triangular", "uniform"])
def test_every_draw_is_lawful(method, marginal):
    everything = list(catalogue())
    for draw in draw_parameters(64, seed=3, names=everything, method=method, marginal=marginal):
        assert list(draw) == everything
        assert override_problems(draw) == []
        assert all(catalogue()[name].low <= value <= catalogue()[name].high for name, value in draw.items())
        assert all(type(value) is float for value in draw.values())


def test_no_corner_of_the_space_is_unlawful():
    """What holds for draws by chance holds for all: a rule between two parameters is kept by their ranges."""
    both = space(["notice_months_min", "notice_months_max"])
    for values in itertools.product(*((p.low, p.high) for p in both)):
        assert override_problems({p.name: v for p, v in zip(both, values, strict=True)}) == []


@pytest.mark.parametrize("method", METHODS)
def test_draws_follow_their_arguments(method):
    draws = draw_parameters(5, seed=1, names=NAMES, method=method)
    assert draws == draw_parameters(5, seed=1, names=NAMES[::-1], method=method)
    assert draws != draw_parameters(5, seed=2, names=NAMES, method=method)
    some = draw_parameters(5, seed=1, names=NAMES, method=method, fixed=["informed_share"])
    assert set(some[0]) == {"call_rate_per_year", "newcomer_target_relative"}


def test_a_longer_sobol_design_begins_with_the_shorter():
    longest = draw_parameters(70, seed=4, names=NAMES, method="sobol")
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # not even for a number that is no power of two
        for n in (1, 2, 5, 32, 33):
            assert draw_parameters(n, seed=4, names=NAMES, method="sobol") == longest[:n]


@pytest.mark.parametrize("name", NAMES)
def test_a_latin_hypercube_has_one_draw_in_each_slice(name):
    n = 50
    p = catalogue()[name]
    draws = draw_parameters(n, seed=5, names=NAMES, marginal="uniform")
    slices = [int((draw[name] - p.low) / (p.high - p.low) * n) for draw in draws]
    assert sorted(slices) == list(range(n))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("method", METHODS)
def test_marginals(name, method):
    p = catalogue()[name]
    values = np.array([d[name] for d in draw_parameters(1024, seed=6, names=NAMES, method=method)])
    a, c, b = p.low, p.value, p.high
    # mean, variance and the share below the mode of the triangular distribution
    assert values.mean() == pytest.approx((a + b + c) / 3, rel=0.003)
    assert values.var() == pytest.approx((a * a + b * b + c * c - a * b - a * c - b * c) / 18, rel=0.01)
    assert (values < c).mean() == pytest.approx((c - a) / (b - a), abs=0.003)
    even = np.array([d[name] for d in draw_parameters(1024, seed=6, names=NAMES, method=method, marginal="uniform")])
    assert even.mean() == pytest.approx((a + b) / 2, rel=0.003)
    assert even.var() == pytest.approx((b - a) ** 2 / 12, rel=0.01)


@pytest.mark.parametrize("value", [0.0, 2.0])
def test_a_mode_at_an_end(value, monkeypatch):
    p = dataclasses.replace(catalogue()["informed_share"], value=value, low=0.0, high=2.0)
    monkeypatch.setattr(designs, "catalogue", lambda: {p.name: p})
    values = np.array([d[p.name] for d in draw_parameters(512, seed=1)])
    assert values.mean() == pytest.approx((2 + value) / 3, rel=0.005)
    assert values.min() >= 0
    assert values.max() <= 2


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"n": 0}, "at least one draw"),
        ({"method": "grid"}, "unknown method 'grid'"),
        ({"marginal": "normal"}, "unknown marginal 'normal'"),
        ({"fixed": NAMES}, "all of them are fixed"),
    ],
)
def test_draws_refuse(wrong, message):
    given = {"n": 4, "seed": 1, "names": NAMES} | wrong
    with pytest.raises(ValueError, match=message):
        draw_parameters(given.pop("n"), **given)


# --- variance --------------------------------------------------------------------------------------------------------


def test_components_by_hand():
    found = nested_variance(np.array([[1.0, 3], [5, 7]]))
    # mean squares: between 2·(4 − 2)²·2 = 16, within 2; (16 − 2) / 2 = 7
    assert (found.mean, found.within, found.between) == (4, 2, 7)
    assert np.isnan([*found.not_knowing, *found.both]).all()  # too few draws
    assert nested_variance(np.array([[1.0, 3], [1, 3]])).between == 0


def test_ranges_by_hand():
    """Of 10 draws: Student's 97.5 % point for 9 degrees of freedom is 2.262157."""
    x = np.arange(1.0, 11)[:, None]  # of variance 55 / 6
    one = nested_variance(x)
    assert one.both == pytest.approx((5.5 - 7.18322, 5.5 + 7.18322), abs=1e-4)  # √(1.1 · 55 / 6)
    assert np.isnan([one.between, one.within, *one.not_knowing]).all()
    two = nested_variance(x + np.array([-1, 1]))  # 2 within; 55 / 6 − 1 between
    assert (two.within, two.between) == pytest.approx((2, 55 / 6 - 1))
    assert two.both == pytest.approx((5.5 - 7.53109, 5.5 + 7.53109), abs=1e-4)  # √(1.1 · 55 / 6 + 1)
    # √(9.0833) with 9.0833² / (10.0833² / 9 + 1² / 10) = 7.24 degrees of freedom, narrower than √(10.0833) with 9
    assert two.not_knowing == pytest.approx((5.5 - 7.07916, 5.5 + 7.07916), abs=1e-4)
    still = nested_variance(np.full((10, 2), 3.0))
    assert still.both == still.not_knowing == (3, 3)


def test_known_components():
    rng = np.random.default_rng(1)
    draws, replications = 2_000, 8
    values = 10 + 2 * rng.normal(size=(draws, 1)) + 3 * rng.normal(size=(draws, replications))
    found = nested_variance(values)
    assert found.mean == pytest.approx(10, abs=0.2)
    assert found.between == pytest.approx(4, rel=0.1)
    assert found.within == pytest.approx(9, rel=0.05)
    for got, sd in ((found.not_knowing, 2), (found.both, np.sqrt(13))):
        assert got == pytest.approx((10 - 1.96 * sd, 10 + 1.96 * sd), abs=0.35)


def _normal(rng, size):
    return rng.standard_normal(size)


def _skewed(rng, size):
    return rng.exponential(size=size) - 1


@pytest.mark.parametrize("replications", [1, 2, 4])
@pytest.mark.parametrize("draws", [10, 20, 40, 50])
@pytest.mark.parametrize("made", [_normal, _skewed])
def test_ranges_hold_new_futures(made, draws, replications):
    """95 % ranges hold 93 % or more, however chance and not knowing divide the variance."""
    rng = np.random.default_rng([draws, replications])
    for ratio in (0.2, 1.0, 5.0):

        def expected(size, ratio=ratio):
            return ratio**0.5 * made(rng, size)

        new = np.sort(expected(20_000))
        futures = np.sort(new + made(rng, 20_000))
        held = []
        for _ in range(250):
            found = nested_variance(expected((draws, 1)) + made(rng, (draws, replications)))
            held.append(
                [np.diff(np.searchsorted(x, r))[0] for x, r in ((futures, found.both), (new, found.not_knowing))]
            )
        future, expectation = np.mean(held, axis=0) / 20_000
        assert 0.93 <= future <= 0.98, (ratio, future)
        assert replications == 1 or expectation >= 0.93, (ratio, expectation)


def test_unbiased_where_nothing_is_unknown():
    """The estimate before it is cut at 0 has mean 0: it is positive about half of the time."""
    rng = np.random.default_rng(3)
    found = [nested_variance(rng.normal(size=(20, 5))).between for _ in range(300)]
    assert 0.3 < np.mean(np.array(found) > 0) < 0.6
    assert np.mean(found) < 0.05


@pytest.mark.parametrize("values", [np.ones(4), np.ones((1, 4)), np.ones((4, 0)), np.array([[1.0, np.nan], [1, 2]])])
def test_variance_refuses(values):
    with pytest.raises(ValueError, match="2 draws × 1 replication"):
        nested_variance(values)
