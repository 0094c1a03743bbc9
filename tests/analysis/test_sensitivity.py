"""Sensitivity measures against functions whose indices are known, and turning points of noisy comparisons."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from ess_sim.analysis.studies.indices import morris, problem, sobol
from ess_sim.analysis.studies.reversals import flip_point
from ess_sim.experiments.draws.designs import space

A, B = 7.0, 0.1
ISHIGAMI = {"num_vars": 3, "names": ["x1", "x2", "x3"], "bounds": [[-np.pi, np.pi]] * 3}


def ishigami(runs: list[dict[str, float]]) -> np.ndarray:
    """Ishigami & Homma (1990): interacting, bent and with a parameter that acts through another only."""
    x1, x2, x3 = np.array([[run[name] for name in ISHIGAMI["names"]] for run in runs]).T
    return np.sin(x1) + A * np.sin(x2) ** 2 + B * x3**4 * np.sin(x1)


# the parts of its variance, by integration
V1 = 0.5 * (1 + B * np.pi**4 / 5) ** 2
V2 = A**2 / 8
V13 = B**2 * np.pi**8 * (1 / 18 - 1 / 50)
V = V1 + V2 + V13


def test_problem():
    assert problem(space(["informed_share", "tolerance_minutes"])) == {
        "num_vars": 2,
        "names": ["informed_share", "tolerance_minutes"],
        "bounds": [[0.0, 0.9], [20.0, 45.0]],
    }
    with pytest.raises(ValueError, match="at least one"):
        problem([])


# --- Sobol' and Morris -----------------------------------------------------------------------------------------------


def test_sobol_indices_of_ishigami():
    table = sobol(ishigami, ISHIGAMI, n=2048, seed=1, second_order=True)
    found = table.set_index(["order", "parameter", "other"])
    truth = {
        ("first", "x1", ""): V1 / V,
        ("first", "x2", ""): V2 / V,
        ("first", "x3", ""): 0,
        ("total", "x1", ""): (V1 + V13) / V,
        ("total", "x2", ""): V2 / V,
        ("total", "x3", ""): V13 / V,
        ("second", "x1", "x2"): 0,
        ("second", "x1", "x3"): V13 / V,
        ("second", "x2", "x3"): 0,
    }
    assert set(found.index) == set(truth)
    for key, index in truth.items():
        assert found.loc[key, "index"] == pytest.approx(index, abs=0.02), key
        assert 0 < found.loc[key, "half_width"] < 0.15


def test_sobol_runs():
    asked: list[dict[str, float]] = []

    def evaluate(runs):
        asked.extend(runs)
        return ishigami(runs)

    table = sobol(evaluate, ISHIGAMI, n=16, seed=1)
    assert len(asked) == 16 * (3 + 2)
    assert set(table["order"]) == {"first", "total"}
    assert all(list(run) == ISHIGAMI["names"] and abs(run["x1"]) <= np.pi for run in asked)
    with pytest.raises(ValueError, match="power of two, not 12"):
        sobol(ishigami, ISHIGAMI, n=12, seed=1)


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(
    "method",
    [lambda s: morris(ishigami, ISHIGAMI, trajectories=5, seed=s), lambda s: sobol(ishigami, ISHIGAMI, n=8, seed=s)],
)
def test_the_seed_settles_everything(method, seed):
    np.random.seed(1)  # noqa: NPY002 # the global generator, from which nothing must be drawn
    before = np.random.get_state()[1].tolist()  # noqa: NPY002
    table = method(seed)
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002
    assert method(seed).equals(table)
    assert not method(seed + 2).equals(table)


def test_an_outcome_that_never_varies():
    def nothing(runs):
        return np.full(len(runs), 0.1)  # whose mean may be off by a rounding

    with pytest.warns(UserWarning, match="Constant values"):
        assert sobol(nothing, ISHIGAMI, n=16, seed=1)[["index", "half_width"]].isna().all(axis=None)
    assert (morris(nothing, ISHIGAMI, trajectories=4, seed=1)["mu_star"] == 0).all()


def test_morris_ranks():
    linear = {"num_vars": 4, "names": list("abcd"), "bounds": [[0, 1], [0, 10], [5, 6], [0, 1]]}

    def evaluate(runs):
        return [2 * r["a"] - 0.5 * r["b"] + 0.1 * r["c"] for r in runs]

    table = morris(evaluate, linear, trajectories=6, seed=1).set_index("parameter")
    assert table.index.tolist() == ["b", "a", "c", "d"]
    # effects of a linear function are its slopes times the ranges, without spread
    assert table["mu"].to_dict() == pytest.approx({"b": -5, "a": 2, "c": 0.1, "d": 0})
    assert table["mu_star"].to_numpy() == pytest.approx(table["mu"].abs().to_numpy())
    assert table["sigma"].to_numpy() == pytest.approx(np.zeros(4), abs=1e-9)
    assert table["half_width"].to_numpy() == pytest.approx(np.zeros(4), abs=1e-9)


def test_morris_of_ishigami():
    table = morris(ishigami, ISHIGAMI, trajectories=200, seed=1).set_index("parameter")
    assert table.index.tolist() == ["x2", "x1", "x3"]
    # Steps lead over two thirds of the range, from −π to π/3 or from −π/3 to π, and back.
    step = 1.5 * np.sin(np.pi / 3)
    assert table.loc["x1", "mu_star"] == pytest.approx(step * (1 + B * np.pi**4 * (1 + 1 / 81) / 2), rel=0.1)
    assert table.loc["x2", "mu_star"] == pytest.approx(1.5 * A * np.sin(np.pi / 3) ** 2)
    assert table.loc["x3", "mu_star"] == pytest.approx(step / 2 * B * np.pi**4 * (1 - 1 / 81), rel=0.15)
    # x2 and x3 act in both directions alike
    assert table.loc[["x2", "x3"], "mu"].abs().max() < 2
    assert table.loc["x2", "sigma"] == pytest.approx(table.loc["x2", "mu_star"], rel=0.02)
    assert table.loc["x2", "half_width"] == pytest.approx(0, abs=1e-9)
    assert 0.3 < table.loc["x1", "half_width"] < 1.2


@pytest.mark.parametrize("answer", [lambda _: [1.0], lambda runs: [np.nan] * len(runs)])
@pytest.mark.parametrize(
    "method", [lambda f: morris(f, ISHIGAMI, trajectories=3, seed=1), lambda f: sobol(f, ISHIGAMI, n=4, seed=1)]
)
def test_outcomes_are_checked(method, answer):
    with pytest.raises(ValueError, match="one finite outcome"):
        method(answer)


def test_one_trajectory_has_no_spread():
    with pytest.raises(ValueError, match="at least 2"):
        morris(ishigami, ISHIGAMI, trajectories=1, seed=1)


def test_without_salib(monkeypatch):
    for module in [m for m in sys.modules if m.split(".")[0] == "SALib"]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "SALib", None)  # as where it is not installed
    with pytest.raises(ImportError, match=r"pip install 'ess_sim\[sensitivity\]'"):
        sobol(ishigami, ISHIGAMI, n=4, seed=1)


# --- flip points -----------------------------------------------------------------------------------------------------


def noisy(turn: float, *, slope: float = 1.0, sd: float = 0.1, n: int = 20):
    """Differences over replications that share their random numbers at all values."""
    chance = np.random.default_rng(1).normal(scale=sd, size=n)

    def difference(x: float) -> np.ndarray:
        return slope * (x - turn) + chance - chance.mean()

    return difference


@pytest.mark.parametrize("slope", [1.0, -3.0])
@pytest.mark.parametrize("turn", [0.01, 0.3, 0.77])
def test_flip_point(turn, slope):
    found = flip_point(noisy(turn, slope=slope), 0, 1, tolerance=0.02)
    assert found.value == pytest.approx(turn, abs=1e-9)  # a straight line: the last interpolation is exact
    assert len(found.evaluations) == 2 + 6
    # the sign is unclear where the line is within the interval's half-width, and at tried values only
    half = found.evaluations[0][2] / abs(slope)
    low, high = found.interval
    assert low <= max(turn - half, 0)
    assert high >= min(turn + half, 1)
    tried = [x for x, _, _ in found.evaluations]
    assert tried == sorted(tried)
    assert {low, high} <= set(tried)
    clear = {x for x, mean, half_width in found.evaluations if abs(mean) > half_width}
    assert low in clear | {0}
    assert high in clear | {1}
    assert not any(low < x < high and x in clear for x in tried)


def test_the_interval_shrinks_with_the_noise():
    def width(sd: float) -> float:
        low, high = flip_point(noisy(0.4, sd=sd), 0, 1, tolerance=0.001).interval
        return high - low

    assert width(0.001) < width(0.1) < width(1.0)
    assert width(0.0) <= 0.001


def test_a_bent_difference():
    found = flip_point(lambda x: np.array([x**3 - 0.027, x**3 - 0.0271]), 0, 1, tolerance=1e-4)
    assert found.value == pytest.approx(0.3, abs=1e-3)


def test_interval_covers_the_turn():
    """Were all replications made, the turn would lie where the few leave the sign open, most of the time."""
    covered = 0
    for seed in range(200):
        chance = np.random.default_rng(seed).normal(scale=0.3, size=12)
        low, high = flip_point(lambda x, c=chance: x - 0.5 + c, 0, 1, tolerance=0.01).interval
        covered += low <= 0.5 <= high
    assert covered / 200 >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / 200)


def test_no_turn():
    clear = flip_point(noisy(-1.0), 0, 1, tolerance=0.01)
    assert (clear.value, clear.interval, len(clear.evaluations)) == (None, None, 2)
    unclear = flip_point(noisy(-0.01), 0, 1, tolerance=0.01)  # above 0 throughout, but hardly at the low end
    low, high = unclear.interval
    edge = unclear.evaluations[0][2] - 0.01  # where the line leaves the interval's half-width
    assert (unclear.value, low) == (None, 0)
    assert edge <= high <= edge + 0.01
    above = flip_point(noisy(1.01), 0, 1, tolerance=0.01)  # the same from the other end, below 0
    assert above.interval == pytest.approx((1 - high, 1))
    nothing = flip_point(lambda _: np.zeros(5), 0, 1, tolerance=0.01)
    assert (nothing.value, nothing.interval) == (None, (0, 1))


def test_one_replication_settles_no_sign():
    found = flip_point(lambda x: [x - 0.5], 0, 2, tolerance=0.1)
    assert found.value == pytest.approx(0.5)
    assert found.interval == (0, 2)


@pytest.mark.parametrize(("low", "high", "tolerance"), [(1, 1, 0.1), (2, 1, 0.1), (0, 1, 0), (0, 1, -1)])
def test_flip_point_refuses(low, high, tolerance):
    with pytest.raises(ValueError, match="low must be below high"):
        flip_point(noisy(0.5), low, high, tolerance=tolerance)


@pytest.mark.parametrize("values", [[], [np.nan, 1.0], [[1.0, 2.0]], 1.0])
def test_flip_point_checks_the_differences(values):
    with pytest.raises(ValueError, match="finite paired differences"):
        flip_point(lambda _: values, 0, 1, tolerance=0.1)
