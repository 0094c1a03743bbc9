"""Elementary functions made only of basic IEEE operations and bit operations: the same bytes on every processor.

Basic are addition, multiplication, division, the square root, rounding to whole numbers, and scaling by powers of two.

The `exp`, `log` and `**` of numpy and of C libraries choose their instructions by the processor (AVX-512, FMA) and
differ in the last bit; matrix products, and decompositions and solutions built on them, differ in the order of their
sums. What reaches a result uses these functions instead, with the exceptions that ``docs/limits.md`` names. `exp` and
`log` work on arrays, on numbers, and in compiled code.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = [
    "backward",
    "cholesky",
    "exp",
    "exp_of",
    "forward",
    "gram",
    "log",
    "log_of",
    "power",
    "power_of",
    "principal",
    "product",
    "rounded",
]

_LOG2_HIGH = float.fromhex("0x1.62e42feep-1")  # ends in 21 zero bits: its product with a whole exponent is exact
_LOG2_LOW = float.fromhex("0x1.a39ef35793c76p-33")
_PER_LOG2 = 1.4426950408889634
_EXP = tuple(1.0 / math.factorial(n) for n in range(14, -1, -1))
_ATANH = tuple(2.0 / (2 * n + 1) for n in range(11, -1, -1))
_ROOT_HALF_BITS = 0x3FE6A09E667F3BCC
_ROOT_HALF = float.fromhex("0x1.6a09e667f3bccp-1")  # of these bits
_SMALLEST = 1e-307
_ONE_BITS = 0x3FF0000000000000
_MANTISSA_BITS = 0xFFFFFFFFFFFFF
_SWEEPS = 50
"""Maximum number of rounds of rotations; about eight are enough."""


def exp(x: Any) -> Any:
    """Return e to the power x, to 2 units in the last place, for x from −700 to 700; constant beyond these limits.

    x must not be NaN.

    >>> float(exp(0.0)), round(float(exp(1.0)), 12), exp(np.array([0.0, -2.0])).round(6).tolist()
    (1.0, 2.718281828459, [1.0, 0.135335])
    """
    x = np.minimum(np.maximum(np.float64(x), -700.0), 700.0)
    k = np.rint(x * _PER_LOG2)
    r = (x - k * _LOG2_HIGH) - k * _LOG2_LOW
    total = r * 0.0 + _EXP[0]
    for term in _EXP[1:]:
        total = total * r + term
    return total * np.int64((np.int64(k) + np.int64(1023)) << np.int64(52)).view(np.float64)


def log(x: Any) -> Any:
    """Natural logarithm of finite x > 0 (from 1e-307), to 3 units in the last place; about −709 for 0.

    x must not be NaN, which is not recognised here.

    >>> float(log(1.0)), round(float(log(10.0)), 12), log(np.array([2.0, 0.5])).round(6).tolist()
    (0.0, 2.302585092994, [0.693147, -0.693147])
    """
    bits = np.float64(x).view(np.int64) + np.int64(_ONE_BITS - _ROOT_HALF_BITS)
    k = np.float64((bits >> np.int64(52)) - np.int64(1023))
    m = np.int64((bits & np.int64(_MANTISSA_BITS)) + np.int64(_ROOT_HALF_BITS)).view(np.float64)  # in [√½, √2)
    f = (m - 1.0) / (m + 1.0)
    square = f * f
    total = f * 0.0 + _ATANH[0]
    for term in _ATANH[1:]:
        total = total * square + term
    return k * _LOG2_HIGH + (k * _LOG2_LOW + f * total)


def power(base: npt.ArrayLike, exponent: npt.ArrayLike) -> Any:
    """``base`` > 0 to the power ``exponent``, both finite.

    The error is at most about 2 + 4·|ln result| units in the last place.

    >>> round(float(power(1.045, -2)), 12)
    0.915729951237
    """
    return exp(np.asarray(exponent, dtype=np.float64) * log(np.asarray(base, dtype=np.float64)))


def exp_of(x: float) -> float:
    """`exp` of one number, in plain Python: the same bits in a tenth of the time.

    >>> exp_of(1.0) == float(exp(1.0))
    True
    """
    x = min(max(x, -700.0), 700.0)
    k = round(x * _PER_LOG2)
    r = (x - k * _LOG2_HIGH) - k * _LOG2_LOW
    total = r * 0.0 + _EXP[0]
    for term in _EXP[1:]:
        total = total * r + term
    return math.ldexp(total, k)


def log_of(x: float) -> float:
    """`log` of one number, in plain Python: the same bits in a tenth of the time.

    >>> log_of(10.0) == float(log(10.0))
    True
    """
    if x < _SMALLEST:
        return float(log(x))
    m, k = math.frexp(x)
    if m < _ROOT_HALF:
        m, k = 2.0 * m, k - 1
    f = (m - 1.0) / (m + 1.0)
    square = f * f
    total = f * 0.0 + _ATANH[0]
    for term in _ATANH[1:]:
        total = total * square + term
    return k * _LOG2_HIGH + (k * _LOG2_LOW + f * total)


def power_of(base: float, exponent: float) -> float:
    """`power` of one number, in plain Python: the same bits in a tenth of the time.

    >>> power_of(1.045, -2.0) == float(power(1.045, -2.0))
    True
    """
    return exp_of(exponent * log_of(base))


def product(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Matrix product of (n, k) and (k, m), summed over k from first to last.

    >>> product(np.eye(2), np.array([[1.0], [2.0]])).tolist()
    [[1.0], [2.0]]
    """
    total = np.zeros((a.shape[0], b.shape[1]))
    for j in range(a.shape[1]):
        total += a[:, j, None] * b[j]
    return total


def gram(rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Matrix product of ``rows`` with its transpose, symmetric to the last bit.

    >>> gram(np.array([[1.0, 2.0], [3.0, 4.0]])).tolist()
    [[5.0, 11.0], [11.0, 25.0]]
    """
    x = np.ascontiguousarray(rows)
    out = np.empty((len(x), len(x)))
    for i, row in enumerate(x):
        out[i, i:] = out[i:, i] = (x[i:] * row).sum(axis=1)
    return out


def cholesky(matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Cholesky factor: the lower triangular matrix whose product with its transpose is the given one.

    Raises
    ------
    numpy.linalg.LinAlgError
        If the matrix is not positive definite.

    Examples
    --------
    >>> cholesky(np.array([[4.0, 2.0], [2.0, 10.0]])).tolist()
    [[2.0, 0.0], [1.0, 3.0]]
    """
    lower = np.array(matrix, dtype=np.float64)
    for j in range(len(lower)):
        if not lower[j, j] > 0:
            raise np.linalg.LinAlgError("the matrix is not positive definite")
        lower[j:, j] /= np.sqrt(lower[j, j])
        below = lower[j + 1 :, j].copy()
        lower[j + 1 :, j + 1 :] -= below[:, None] * below
    return np.tril(lower)


def forward(factor: npt.NDArray[np.float64], right: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Solution x, shape (n, m), of factor · x = right for a lower triangular factor.

    >>> forward(np.array([[2.0, 0.0], [1.0, 3.0]]), np.array([[4.0], [8.0]])).tolist()
    [[2.0], [2.0]]
    """
    x = np.array(right, dtype=np.float64)
    for j in range(len(x)):
        x[j] /= factor[j, j]
        x[j + 1 :] -= factor[j + 1 :, j, None] * x[j]
    return x


def backward(factor: npt.NDArray[np.float64], right: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Solution x, shape (n, m), of factorᵀ · x = right for a lower triangular factor.

    >>> backward(np.array([[2.0, 0.0], [1.0, 3.0]]), np.array([[5.0], [3.0]])).tolist()
    [[2.0], [1.0]]
    """
    x = np.array(right, dtype=np.float64)
    for j in range(len(x) - 1, -1, -1):
        x[j] /= factor[j, j]
        x[:j] -= factor[j, :j, None] * x[j]
    return x


def principal(matrix: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Eigenvalues of a symmetric matrix, ascending, and eigenvectors, in columns, by Jacobi rotations.

    >>> values, directions = principal(np.array([[2.0, 1.0], [1.0, 2.0]]))
    >>> values.round(9).tolist(), directions.round(3).tolist()
    ([1.0, 3.0], [[0.707, 0.707], [-0.707, 0.707]])
    """
    a, axes = np.array(matrix, dtype=np.float64), np.eye(len(matrix))
    for _ in range(_SWEEPS):
        beside = a - np.diag(a.diagonal())
        if (beside * beside).sum() <= 1e-30 * (a * a).sum():
            break
        for i, j in zip(*np.triu_indices(len(a), 1), strict=True):
            if a[i, j] == 0:
                continue
            slope = float(a[j, j] - a[i, i]) / (2.0 * float(a[i, j]))
            tangent = math.copysign(1.0, slope) / (abs(slope) + math.sqrt(slope * slope + 1.0))
            cos = 1.0 / math.sqrt(tangent * tangent + 1.0)
            turn = np.array([[cos, tangent * cos], [-tangent * cos, cos]])
            at = [int(i), int(j)]
            a[:, at] = product(a[:, at], turn)
            a[at] = product(turn.T, a[at])
            axes[:, at] = product(axes[:, at], turn)
    order = np.argsort(a.diagonal(), kind="stable")
    return a.diagonal()[order], axes[:, order]


def rounded(values: npt.ArrayLike, bits: int = 40, *, each: bool = False) -> npt.NDArray[np.float64]:
    """Values rounded to ``bits`` bits of the largest (40 bits are 12 digits, 27 are 8): removes rounding differences.

    With ``each``, every value is rounded to that many bits of its own. Values that are not finite stay as they are. Two
    numbers that differ by an error e are rounded to different values only if a boundary lies between them, which has a
    probability of e · 2^bits over the largest value.

    >>> bool(rounded([0.1 + 0.2])[0] == rounded([0.3])[0])
    True
    >>> rounded([3.0, 0.1], 3).tolist(), rounded([3.0, 0.1], 3, each=True).tolist()
    ([3.0, 0.0], [3.0, 0.09375])
    """
    x = np.asarray(values, dtype=np.float64)
    finite = np.isfinite(x)
    _, exponent = np.frexp(np.where(finite, x, 0.0) if each else np.max(np.abs(x), initial=0.0, where=finite))
    shift = bits - exponent
    return np.where(finite, np.ldexp(np.rint(np.ldexp(x, shift, where=finite, out=np.zeros_like(x))), -shift), x)
