"""Named, keyed random streams.

Every exogenous process draws from a stream of its own whose key is (root seed, replication, process, entity), never
from the order of calls. Two scenarios with one root seed and one replication therefore give each GP, intern and
centre the same draws, whatever else differs: common random numbers by construction. There is no global generator.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.random.bit_generator import ISeedSequence
from numpy.typing import NDArray

from ess_sim.clock import DAYS_PER_YEAR

__all__ = ["Streams", "poisson_days", "stable_rank"]


_LITTLE_ENDIAN = np.dtype("<u8")


@lru_cache(maxsize=100_000)
def stable_rank(name: str) -> int:
    """A 62-bit integer that depends on ``name`` alone: breaks ties in an order that no call order can change."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big") >> 2


def poisson_days(rng: np.random.Generator, per_year: float, horizon: int) -> Iterator[int]:
    """Whole days, from 1 to ``horizon``, at whose end a Poisson process has had another event.

    Each time is drawn when it is asked for: what else ``rng`` draws for an event comes before the next one's time.

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


class _Hashed(ISeedSequence):
    """Hands a generator its state as it is: the words are hashed already, and hashing them again would take longer."""

    def __init__(self, words: NDArray[np.uint64]) -> None:
        self._words = words

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> NDArray[Any]:
        """The first ``n_words`` words; numpy's PCG64 asks for four of 64 bits."""
        state: NDArray[Any] = self._words[:n_words].astype(dtype, copy=False)
        if len(state) < n_words:
            raise ValueError(f"a stream has four words, {n_words} were asked for")
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

    def of(self, process: str, entity: str = "") -> np.random.Generator:
        """The generator of one process of one entity, at its beginning."""
        seed = _Hashed(self.words(process, entity))
        return np.random.Generator(np.random.PCG64(seed))  # type: ignore[arg-type]  # numpy stubs forget ISeedSequence

    def words(self, process: str, entity: str = "") -> NDArray[np.uint64]:
        """Four 64-bit words, shape (4,): the key of a stream, hashed (BLAKE2b)."""
        key = f"{self.seed}\x1f{self.replication}\x1f{process}\x1f{entity}"
        digest = hashlib.blake2b(key.encode(), digest_size=32).digest()
        return np.frombuffer(digest, dtype=_LITTLE_ENDIAN).astype(np.uint64)
