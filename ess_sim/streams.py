"""Named, keyed random streams.

Every exogenous process draws from its own stream, whose key is (root seed, replication, process, entity); draws never
depend on the order of calls. Two scenarios with the same root seed and replication therefore give each GP, intern and
centre the same draws, no matter what else differs: common random numbers by construction. There is no global generator.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random.bit_generator import ISeedSequence
from numpy.typing import NDArray

from ess_sim.clock import DAYS_PER_YEAR
from ess_sim.errors import ArgumentError

__all__ = ["Preferences", "Streams", "poisson_days", "stable_rank"]


_LITTLE_ENDIAN = np.dtype("<u8")


def stable_rank(name: str) -> int:
    """A 62-bit integer that depends only on ``name``: it breaks ties independently of the order of calls."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big") >> 2


def poisson_days(rng: np.random.Generator, per_year: float, horizon: int) -> Iterator[int]:
    """Days, from 1 to ``horizon``, on which the events of a Poisson process fall (an event within a day: its end).

    Each time is drawn only when it is requested, so the caller may use ``rng`` for one event before the time of the
    next one is drawn.

    >>> list(poisson_days(np.random.default_rng(1), 3.0, 365))
    [131, 169]
    """
    time = 0.0
    while per_year > 0:
        time += rng.exponential(DAYS_PER_YEAR / per_year)
        day = math.ceil(time)
        if day > horizon:
            return
        yield day


_SLACK = 1e-6
"""Of a bound that is a sum of logarithms: far more than what rounding can change."""


class Preferences:
    """Utilities of alternatives, each with a Gumbel shock of its own: to take the best is a logit choice.

    The shocks are those of ``rng.gumbel``, bit for bit, but are computed only where they are needed: of a country's
    35,000 communes few come near to being the best.

    Parameters
    ----------
    utility : float array, shape (alternatives,)
        −inf where one cannot be chosen.
    rng : numpy.random.Generator
        At the start of the shocks; of no other use after that.

    Examples
    --------
    >>> utility = np.array([0.0, 1.0, -np.inf])
    >>> drawn = Preferences(utility, np.random.default_rng(1))
    >>> every = utility + np.random.default_rng(1).gumbel(size=3)
    >>> drawn.best() == int(every.argmax()), drawn[0] == float(every[0])
    (True, True)
    """

    def __init__(self, utility: NDArray[np.float64], rng: np.random.Generator) -> None:
        self._utility = utility
        draws = rng.random(len(utility))
        while not draws.all():  # nor does the Gumbel distribution take a 0
            draws = np.append(draws[draws > 0.0], rng.random(int((draws == 0.0).sum())))
        self._draws = draws

    def __getitem__(self, k: int) -> float:
        """Utility of an alternative, its shock included."""
        return float(self._utility[k]) + (0.0 - math.log(-math.log(1.0 - float(self._draws[k]))))

    def best(self, allowed: NDArray[np.bool_] | None = None, *, less: NDArray[np.float64] | None = None) -> int:
        """The best alternative, the first of equal ones: of those allowed, with ``less`` taken off their utilities."""
        # a shock −log(−log(1 − u)) is at most −log(u), and not far below where it is large
        bound = np.log(self._draws)
        np.subtract(self._utility, bound, out=bound)  # in place: arrays of a country's zones take long to come by
        if less is not None:
            bound -= less
        if allowed is not None:
            bound[~allowed] = -np.inf
        top = int(bound.argmax())
        if bound[top] == -np.inf:
            return 0
        few = np.flatnonzero(bound >= self._less(top, less) - _SLACK).tolist()
        return max(few, key=lambda k: (self._less(k, less), -k))

    def _less(self, k: int, less: NDArray[np.float64] | None) -> float:
        return self[k] if less is None else self[k] - float(less[k])


class _Hashed(ISeedSequence):
    """Gives a generator its state unchanged: the words are hashed already, and hashing them again takes time."""

    def __init__(self, words: NDArray[np.uint64]) -> None:
        self._words = words

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> NDArray[Any]:
        """The first ``n_words`` words; numpy's PCG64 asks for four of 64 bits."""
        state: NDArray[Any] = self._words[:n_words].astype(dtype, copy=False)
        if len(state) < n_words:
            raise ArgumentError(f"a stream has four words, but {n_words} were requested")
        return state


@dataclass(frozen=True)
class Streams:
    """The random streams of one run.

    Parameters
    ----------
    seed : int
        Root seed, ≥ 0.
    replication : int
        Replication number, ≥ 0.
    part : str, optional
        Name of a part of the world whose processes draw apart from all others.

    Examples
    --------
    >>> s = Streams(1, 0)
    >>> s.of("career", "gp-1").random() == s.of("career", "gp-1").random()
    True
    >>> s.of("career", "gp-1").random() == s.of("career", "gp-2").random()
    False
    """

    seed: int
    replication: int
    part: str = ""

    def of(self, process: str, entity: str = "") -> np.random.Generator:
        """The generator of one process of one entity, at its start."""
        seed = _Hashed(self.words(process, entity))
        return np.random.Generator(np.random.PCG64(seed))  # type: ignore[arg-type]  # numpy's stubs omit ISeedSequence

    def words(self, process: str, entity: str = "") -> NDArray[np.uint64]:
        """The key of a stream hashed (BLAKE2b) to four 64-bit words, shape (4,)."""
        of_part = f"{self.part}\x1f{process}" if self.part else process
        key = f"{self.seed}\x1f{self.replication}\x1f{of_part}\x1f{entity}"
        digest = hashlib.blake2b(key.encode(), digest_size=32).digest()
        return np.frombuffer(digest, dtype=_LITTLE_ENDIAN).astype(np.uint64)
