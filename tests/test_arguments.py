"""Whatever a public function is called with: a result, or the package's own error. Never another library's, never mute.

The whole of it, some 6,000 calls, is part of ``make validate``; here every 40th of them, and what each kind looks like.
"""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pytest
from calls import Call, calls, outcome

import ess_sim
from ess_sim.arguments import checked, given
from ess_sim.errors import ArgumentError

STEP = 40


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Call]]:
    folder, before = tmp_path_factory.mktemp("calls"), Path.cwd()
    os.chdir(folder)  # "no" is a valid path
    yield calls(folder)
    os.chdir(before)


def not_allowed(made: Mapping[str, Call], step: int, first: int = 0) -> dict[str, str]:
    """Wrong calls that end in another library's error, by name: every ``step``-th of all, from ``first`` on.

    Python's own words for an argument too many or too few will do; matplotlib's for a text that no font has, too.
    """
    variants = [(name, call, *variant) for name, call in made.items() for variant in call.variants()]
    ends = {f"{name}({label})": outcome(call.function, args) for name, call, label, args in variants[first::step]}
    python = r"TypeError: \S+\(\) (got an unexpected keyword|missing 1 required positional)"
    fine = re.compile(rf"result$|refused: |{python}|TypeError: set_text")
    return {name: end for name, end in ends.items() if not fine.match(end)}


def test_a_slice_of_wrong_calls(made: Mapping[str, Call]) -> None:
    quick = {name: call for name, call in made.items() if not name.startswith(SLOW)}
    assert not_allowed(quick, STEP) == {}


SLOW = (
    "sensitivity",
    "flip_points",
    "select",
    "critical_gps",
    "benchmark",
    "choose",
    "tipping_point",
    "plot_",
    "read_library",
    "Posterior.read",
)


@pytest.mark.validate
def test_all_wrong_calls(made: Mapping[str, Call]) -> None:
    assert not_allowed(made, 1) == {}


def test_every_public_function_is_called(made: Mapping[str, Call]) -> None:
    """And the calls themselves are right, so that a refusal is that of the wrong argument."""
    own = {"Behaviour", "Phase", "Policy", "World", "policies", "__version__"}  # no functions, or never called by users
    errors = {name for name in ess_sim.__all__ if name.endswith("Error")}
    assert set(ess_sim.__all__) - own - errors == {name.split(".")[0] for name in made}
    for name, value in inspect.getmembers(ess_sim.Results):
        if not name.startswith("_") and callable(value):
            assert f"Results.{name}" in made


def test_public_functions_are_checked(made: Mapping[str, Call]) -> None:
    """All that take arguments; a scenario's are checked as a file is."""
    plain = {"Scenario", "Scenario.with_", "Scenario.with_parameters", "scenarios_dir"}
    codes = {f"Territory.from_{kind}" for kind in ("epci", "ept", "departement", "communes")}  # say how to quote a code
    checks = {name for name, call in made.items() if _is_checked(call.function)}
    asks = {f"Results.{name}" for name in ("zones", "recorded", "pairs", "paired")}  # `about`, or nothing
    assert made.keys() - checks - asks == plain | codes


def _is_checked(function: Any) -> bool:
    function = function.__init__ if isinstance(function, type) else function
    return hasattr(getattr(function, "__func__", function), "__wrapped__")


SAID = {
    "simulate(scenario='x.yaml')": "scenario must be a Scenario, not 'x.yaml' (read_scenario reads one from a file",
    "simulate(scenario={'name': 'a'})": "Scenario(…) makes one of what a file would say",
    "simulate(scenari=None)": "simulate has no argument 'scenari' (did you mean 'scenario'?)",
    "run_experiment(scenarios=[], overwrite='no')": "overwrite must be True or False, not 'no'",
    "run_experiment(scenarios=[], engine=None)": "engine must be a text or an Executor, not None",
    "run_experiment(scenarios=[], design='sobl')": "'latin-hypercube' or 'sobol', not 'sobl' (did you mean 'sobol'?)",
    "run_experiment(scenarios=[], draws='natinal')": "not 'natinal' (Posterior.read reads one",
    "run_experiment(scenarios=[], replications=1, seed=-1)": "seed must be a whole number ≥ 0, not -1",
    "CrowFly(within_max_minutes=float('nan'))": "within_max_minutes must be a number, not nan",
    "CrowFly(reach_km=0)": "all values must be positive",
    "explain(scenario=3, lang='de')": "scenario must be a Scenario, not 3",
    "read_scenario(path='\\0')": r"path must be a text or a path, not '\x00'",
}


@pytest.mark.parametrize("call", SAID)
def test_what_is_said(call: str) -> None:
    with pytest.raises(ess_sim.EssSimError) as error:
        eval(call, vars(ess_sim) | {name: getattr(ess_sim, name) for name in ess_sim.__all__})
    assert SAID[call] in str(error.value)
    assert isinstance(error.value, ValueError)


def test_outcomes_by_name(made: Mapping[str, Call]) -> None:
    outcomes = made["Results.outcomes"].function
    with pytest.raises(
        ess_sim.ResultsError, match=r"unknown outcome 'share_without_m' \(did you mean 'share_without_mt'"
    ):
        outcomes("share_without_m")
    one, listed = outcomes("share_without_mt"), outcomes(["share_without_mt"])
    pd.testing.assert_frame_equal(one, listed)
    assert set(one["outcome"]) == {"share_without_mt"}
    day = one["date"].iloc[0].date()
    assert set(outcomes("share_without_mt", day)["date"].dt.date) == {day}
    with pytest.raises(ess_sim.ResultsError, match="'soon' is no date"):
        outcomes(dates="soon")


# --- the checks themselves


@checked
def takes(
    number: int = 1,
    share: float = 0.5,
    *,
    names: Sequence[str] = (),
    values: Mapping[str, float] | None = None,
    pair: tuple[int, str] = (1, "a"),
    how: Literal["slow", "fast"] = "slow",
    numbers: Callable[[int], int] | None = None,
    path: Path | str = "a",
) -> tuple[Any, ...]:
    """A function with a bit of everything."""
    return number, share, names, values, pair, how, numbers, path


FITS: Mapping[str, Sequence[Any]] = {
    "number": (0, -3, np.int64(3), 10**40),
    "share": (1, 0.5, np.float32(2), float("inf"), np.float64(-1)),
    "names": ([], ("a",), ["a", "b"], pd.Index(["a"]), np.array(["a"])),
    "values": (None, {}, {"a": 1}, {"a": np.float64(2)}),
    "pair": ((2, "b"),),
    "how": ("fast",),
    "numbers": (abs, None),
    "path": ("b", Path("b")),
}
DO_NOT: Mapping[str, Sequence[Any]] = {
    "number": (True, 1.0, "1", None, [1], float("nan")),
    "share": (True, float("nan"), "0.5", None, 1j, np.array([0.5, 0.5])),
    "names": ("a", None, {"a": 1}, [1], [["a"]], 3, np.array([["a"]])),
    "values": ([("a", 1)], {1: 1}, {"a": "b"}, {"a": float("nan")}, "a"),
    "pair": ([1, "a"], (1,), ("a", 1), None),
    "how": ("fats", None, 1, ["slow"]),
    "numbers": ("abs", 3),
    "path": ("", "\0", "\ud800", None, b"b"),
}


@pytest.mark.parametrize("name", FITS)
def test_types(name: str) -> None:
    for value in FITS[name]:
        takes(**{name: value})
    for value in DO_NOT[name]:
        with pytest.raises(ArgumentError, match=rf"^takes: {name} must be "):
            takes(**{name: value})


def test_all_at_once() -> None:
    with pytest.raises(ArgumentError) as error:
        takes("1", how="fats", names="a", values={"a": "b"})  # type: ignore[arg-type]
    assert str(error.value).splitlines() == [
        "takes: number must be a whole number, not '1'",
        "takes: names must be a sequence of texts, not 'a'",
        "takes: values must be a mapping of texts to numbers, or None, not {'a': 'b'}",
        "takes: how must be 'slow' or 'fast', not 'fats' (did you mean 'fast'?)",
    ]


@checked
@dataclass(frozen=True)
class Base:
    """A data class."""

    size: int


@dataclass(frozen=True)
class Derived(Base):
    """One that adds a field, unchecked."""

    other: int = 1


def test_classes() -> None:
    assert Base(3).size == 3
    with pytest.raises(ArgumentError, match="Base: size must be a whole number"):
        Base("3")  # type: ignore[arg-type]
    assert Derived(3, 4).other == 4
    with pytest.raises(ArgumentError, match=r"takes: too many positional arguments"):
        takes(1, 2, 3)  # type: ignore[misc]


class Hostile:
    """Whatever is asked of it fails."""

    def __repr__(self) -> str:
        raise RuntimeError


def test_what_is_given_is_shown_safely() -> None:
    assert given("\x1b[31m" + "a" * 1000).isprintable()
    assert len(given(["a" * 1000] * 1000)) <= 60
    assert given(Hostile()) == "a Hostile"
    assert "Hostile" in given([Hostile()])
    assert given(pd.DataFrame({"a": [1]})) == "a DataFrame"


def test_the_import_stays_light() -> None:
    code = "import sys, ess_sim; sys.exit('numpy' in sys.modules or 'ess_sim.arguments' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
