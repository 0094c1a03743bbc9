"""Random numbers in compiled code."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ess_sim import elementary
from ess_sim.model.kernel.compiled import inline


@inline
def step(s0: Any, s1: Any, s2: Any, s3: Any) -> Any:
    """64 random bits from a state of the generator, and the state that follows: xoshiro256++."""
    total = s0 + s3
    word = ((total << np.uint64(23)) | (total >> np.uint64(41))) + s0
    t = s1 << np.uint64(17)
    s2 ^= s0
    s3 ^= s1
    s1 ^= s2
    s0 ^= s3
    return word, s0, s1, s2 ^ t, (s3 << np.uint64(45)) | (s3 >> np.uint64(19))


@inline
def next_word(s: Any) -> Any:
    """The next 64 random bits."""
    word, s[0], s[1], s[2], s[3] = step(s[0], s[1], s[2], s[3])
    return word


@inline
def next_three(s: Any) -> Any:
    """Three words at once: the state is read and written only once."""
    one, s0, s1, s2, s3 = step(s[0], s[1], s[2], s[3])
    two, s0, s1, s2, s3 = step(s0, s1, s2, s3)
    three, s[0], s[1], s[2], s[3] = step(s0, s1, s2, s3)
    return one, two, three


@inline
def uniform_of(word: Any) -> Any:
    """A uniform number in [0, 1) with 53 bits."""
    return np.float64(word >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@inline
def uniform(s: Any) -> Any:
    """The next uniform number in [0, 1)."""
    return uniform_of(next_word(s))


_LOG_2 = math.log(2.0)
_STEPS = 128
_CENTRES = 1.0 + (np.arange(_STEPS) + 0.5) / _STEPS


_INVERSE, _LOG = 1.0 / _CENTRES, -elementary.log(1.0 / _CENTRES)
"""By the first bits of a number in [1, 2): the inverse of one near it, and that one's logarithm."""


@inline
def exponential_of(word: Any) -> Any:
    """An exponential number of mean 1: −log(1 − u) for a uniform u, to 1e-14.

    By a table and the first terms of the series, as calling the system's logarithm would take twice as long.
    """
    whole = np.int64(9007199254740992) - np.int64(word >> np.uint64(11))  # (1 − u)·2^53
    bits = np.float64(whole).view(np.int64)
    k = np.uint32(bits >> 45 & (_STEPS - 1))
    mantissa = np.int64(bits & 0xFFFFFFFFFFFFF | 0x3FF0000000000000).view(np.float64)
    r = mantissa * _INVERSE[k] - 1.0
    series = r * (1.0 - r * (1 / 2 - r * (1 / 3 - r * (1 / 4 - r * (1 / 5 - r * (1 / 6))))))
    return max(0.0, (1076 - (bits >> 52)) * _LOG_2 - _LOG[k] - series)


_exp, _log = inline(elementary.exp), inline(elementary.log)


@inline
def power(base: Any, exponent: Any) -> Any:
    """``base`` ≥ 0 to a power > 0, the same on every processor."""
    return _exp(exponent * _log(base)) if base > 0.0 else 0.0


@inline
def below(s: Any, n: Any) -> Any:
    """A uniform whole number in [0, n)."""
    return np.int64(uniform(s) * n)


@inline
def search(S: Any, table: Any, first: Any, last: Any) -> Any:
    """Draws k in [first, last) from a table of cumulated weights."""
    x = uniform(S.s) * S.f[table + last - 1]
    k, left = first, last - first
    while left > 1:  # no branch: it could not be predicted
        half = left >> 1
        k += half if S.f[table + k + half - 1] <= x else 0
        left -= half
    return k
