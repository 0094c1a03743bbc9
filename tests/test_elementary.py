"""Elementary functions from basic operations: near the system's, alike for arrays, numbers and compiled code."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ess_sim import elementary
from ess_sim.model.kernel.draws import power

EXPONENTS = st.floats(-700.0, 700.0)
POSITIVE = st.floats(1e-300, 1e300)


@given(EXPONENTS)
def test_exp_is_near_the_true_value(x: float) -> None:
    assert math.isclose(elementary.exp(x), math.exp(x), rel_tol=5e-16)


@given(POSITIVE)
def test_log_is_near_the_true_value(x: float) -> None:
    assert math.isclose(elementary.log(x), math.log(x), rel_tol=7e-16)


@given(st.floats(1e-3, 1e3), st.floats(-50.0, 50.0))
def test_power_is_near_the_true_value(base: float, exponent: float) -> None:
    assert math.isclose(elementary.power(base, exponent), base**exponent, rel_tol=1e-13)


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=40), st.floats(0.1, 300.0))
def test_arrays_numbers_and_compiled_code_give_the_same_bits(bases: list[float], exponent: float) -> None:
    array = np.array(bases)
    with np.errstate(all="raise"):
        together = np.where(array > 0, elementary.power(array, exponent), 0.0)
    one_by_one = [float(elementary.power(x, exponent)) if x > 0 else 0.0 for x in bases]
    compiled = [power(x, exponent) for x in bases]
    plain = [elementary.power_of(x, exponent) if x > 0 else 0.0 for x in bases]
    assert together.tolist() == one_by_one == compiled == plain


@given(EXPONENTS | st.floats(-1e4, 1e4), POSITIVE | st.floats(0.0, 1e-300))
def test_plain_numbers_give_the_same_bits(x: float, positive: float) -> None:
    assert elementary.exp_of(x) == elementary.exp(x)
    assert elementary.log_of(positive) == elementary.log(positive)


@given(st.floats(1e-3, 1e3), st.floats(-50.0, 50.0))
def test_the_error_of_power_is_bounded(base: float, exponent: float) -> None:
    result, true = float(elementary.power(base, exponent)), base**exponent
    assert abs(result - true) <= (2 + 4 * abs(math.log(true))) * math.ulp(true) + math.ulp(true)  # the last: of **


@pytest.mark.parametrize("kind", [np.float32, np.int16, np.float64])
def test_arrays_of_any_kind_are_computed_with_all_digits(kind: type) -> None:
    few = np.array([1, 2, 7], dtype=kind)
    for function in (elementary.exp, elementary.log):
        found = function(few)
        assert found.dtype == np.float64
        assert found.tolist() == function(few.astype(np.float64)).tolist()


def test_ends_of_the_range() -> None:
    assert elementary.exp(0.0) == 1.0
    assert elementary.log(1.0) == 0.0
    assert 0.0 < elementary.exp(-math.inf) < 1e-303
    assert 1e303 < elementary.exp(math.inf) < math.inf
    assert elementary.log(0.0) < -700
    assert math.isnan(elementary.rounded([math.nan])[0])


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=50))
def test_a_rounded_sum_forgets_its_order(values: list[float]) -> None:
    forth, back = sum(values), sum(reversed(values))
    size = max(map(abs, values))
    assert (
        abs(elementary.rounded([forth, size])[0] - elementary.rounded([back, size])[0]) <= size * len(values) * 2.0**-39
    )


def test_rounding_keeps_twelve_digits_and_drops_the_rest() -> None:
    assert elementary.rounded([math.pi])[0] == pytest.approx(math.pi, rel=1e-12)
    assert elementary.rounded([math.pi])[0] == elementary.rounded([math.pi * (1 + 2e-16)])[0]
    assert elementary.rounded([1e6 * math.pi], bits=10)[0] == pytest.approx(1e6 * math.pi, rel=1e-3)


def test_each_value_keeps_digits_of_its_own() -> None:
    values = np.array([1e6 * math.pi, -1e-9 * math.pi, 0.0, math.inf])
    kept = elementary.rounded(values, bits=32, each=True)
    np.testing.assert_allclose(kept, values, rtol=2.0**-32)
    assert kept[1] != values[1]
    assert elementary.rounded(values, bits=32)[1] == 0.0


@pytest.mark.parametrize("n", [1, 2, 7, 30])
def test_decompositions_are_those_of_numpy(n: int) -> None:
    rng = np.random.default_rng(n)
    x = rng.random((n, 3 * n))
    matrix = elementary.gram(x)
    np.testing.assert_allclose(matrix, x @ x.T, rtol=1e-13)
    assert (matrix == matrix.T).all()
    factor = elementary.cholesky(matrix)
    np.testing.assert_allclose(factor, np.linalg.cholesky(matrix), rtol=1e-9, atol=1e-12)
    right = rng.random((n, 2))
    np.testing.assert_allclose(elementary.forward(factor, right), np.linalg.solve(factor, right), rtol=1e-9)
    np.testing.assert_allclose(elementary.backward(factor, right), np.linalg.solve(factor.T, right), rtol=1e-9)
    values, directions = elementary.principal(matrix)
    np.testing.assert_allclose(values, np.linalg.eigvalsh(matrix), rtol=1e-9)
    np.testing.assert_allclose(directions @ np.diag(values) @ directions.T, matrix, rtol=1e-9)
    np.testing.assert_allclose(directions.T @ directions, np.eye(n), atol=1e-12)


@pytest.mark.parametrize("matrix", [[[0.0]], [[1.0, 2.0], [2.0, 1.0]], [[math.nan]]])
def test_what_is_not_positive_definite_has_no_factor(matrix: list[list[float]]) -> None:
    with pytest.raises(np.linalg.LinAlgError, match="not positive definite"):
        elementary.cholesky(np.array(matrix))


def test_products_of_matrices_are_those_of_numpy() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.random((7, 30)), rng.random((30, 4))
    np.testing.assert_allclose(elementary.product(a, b), a @ b, rtol=1e-14)
