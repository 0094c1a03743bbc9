"""Random streams: named, independent of each other and of the order of calls."""

from __future__ import annotations

import math
import subprocess
import sys
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from strategies import near

from ess_sim.streams import Preferences, Streams, stable_rank

names = st.text(min_size=0, max_size=6)
keys = st.tuples(st.integers(0, 50), st.integers(0, 50), names, names)


def draws(key: tuple[int, int, str, str], n: int = 4) -> list[float]:
    seed, replication, process, entity = key
    return Streams(seed, replication).of(process, entity).random(n).tolist()


@given(keys)
def test_a_stream_is_a_function_of_its_key(key: tuple[int, int, str, str]) -> None:
    streams = Streams(key[0], key[1])
    streams.of("something", "else").random(100)
    assert streams.of(key[2], key[3]).random(4).tolist() == draws(key)
    assert np.array_equal(streams.words(key[2], key[3]), Streams(key[0], key[1]).words(key[2], key[3]))


@given(keys, keys)
def test_other_keys_are_other_streams(one: tuple[int, int, str, str], two: tuple[int, int, str, str]) -> None:
    assert (draws(one) == draws(two)) == (one == two)
    first, second = (Streams(k[0], k[1]).words(k[2], k[3]) for k in (one, two))
    assert np.array_equal(first, second) == (one == two)


def test_keys_do_not_run_into_each_other() -> None:
    """(1, 11) is not (11, 1), and a process's last letter is not an entity's first."""
    assert draws((1, 11, "a", "b")) != draws((11, 1, "a", "b"))
    assert draws((1, 1, "ab", "c")) != draws((1, 1, "a", "bc"))
    assert draws((1, 1, "a", "")) != draws((1, 1, "", "a"))


def test_a_stream_starts_anew_each_time() -> None:
    streams = Streams(1, 2)
    rng = streams.of("career", "gp-1")
    rng.random(10)
    assert streams.of("career", "gp-1").random() == draws((1, 2, "career", "gp-1"))[0]


def test_neighbours_are_independent_and_uniform() -> None:
    """Entities, replications and seeds next to each other: uniform first draws without correlation."""
    n = 4000
    for family in (
        [draws((1, 0, "career", f"gp-{i}"), 2) for i in range(n)],
        [draws((1, i, "career", "gp-1"), 2) for i in range(n)],
        [draws((i, 0, "career", "gp-1"), 2) for i in range(n)],
        [[w / 2**64 for w in Streams(i, 0).words("residents").tolist()[:2]] for i in range(n)],
    ):
        first, second = np.array(family).T
        assert near(first.mean(), 0.5, np.sqrt(1 / 12 / n))
        counts = np.histogram(first, bins=20, range=(0, 1))[0]
        assert ((counts - n / 20) ** 2 / (n / 20)).sum() < 50.8  # 19 degrees of freedom, p = 1e-4
        for x, y in ((first, second), (first[1:], first[:-1])):
            assert near(np.corrcoef(x, y)[0, 1], 0.0, 1 / np.sqrt(n))


def test_words_seed_the_kernel() -> None:
    words = Streams(1, 0).words("residents")
    assert words.shape == (4,)
    assert words.dtype == np.uint64
    assert words.all()
    words[:] = 0  # a copy: no other stream's words change
    assert Streams(1, 0).words("residents").all()


def test_ranks_depend_on_names_alone() -> None:
    ranks = [stable_rank(f"gp-{i}") for i in range(2000)]
    assert len(set(ranks)) == 2000
    assert all(0 <= r < 2**62 for r in ranks)
    assert near(float(np.mean(ranks)) / 2**62, 0.5, np.sqrt(1 / 12 / 2000))
    code = "from ess_sim.streams import *; print(stable_rank('é'), Streams(3, 4).of('a', 'b').random().hex())"
    expected = f"{stable_rank('é')} {Streams(3, 4).of('a', 'b').random().hex()}"
    for seed in ("0", "1"):  # of Python's own hashes
        found = subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True
        )
        assert found.stdout.strip() == expected, found.stderr


@given(
    st.lists(st.one_of(st.just(-np.inf), st.floats(-30, 30)), min_size=1, max_size=60),
    st.integers(0, 10_000),
    st.integers(0, 2**60 - 1),
)
def test_the_best_is_that_of_all_shocks(utility: list[float], seed: int, bits: int) -> None:
    """Whatever is left out of the reckoning, the choice is that of numpy's shocks, ties and closed ones included."""
    values, allowed = np.array(utility), np.array([bits >> k & 1 == 1 for k in range(len(utility))])
    every = values + np.random.default_rng(seed).gumbel(size=len(values))
    drawn = Preferences(values, np.random.default_rng(seed))
    assert [drawn[k] for k in range(len(values))] == every.tolist()
    assert drawn.best() == every.argmax()
    assert drawn.best(allowed) == np.where(allowed, every, -np.inf).argmax()
    less = np.where(allowed, 3.0, 0.0)
    assert drawn.best(less=less) == (every - less).argmax()


def test_a_shock_of_nothing_is_drawn_again() -> None:
    class Rigged:
        draws = iter([[0.5, 0.0, 0.25], [0.125]])

        def random(self, n: int) -> Any:
            return np.array(next(self.draws)[:n])

    rigged: Any = Rigged()
    drawn = Preferences(np.zeros(3), rigged)
    shocks = [-math.log(-math.log(1 - u)) for u in (0.5, 0.25, 0.125)]
    assert [drawn[k] for k in range(3)] == shocks
