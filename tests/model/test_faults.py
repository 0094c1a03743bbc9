"""Would a wrong engine be seen? Deliberate faults in the kernel, and the agreement tests that must find each.

The faults are written into a copy of the kernel's source, each behind a switch, so that one compilation serves for all;
with the switch at 0 the copy is the kernel, to the last resident.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hamlets import bender, hamlets, visitor
from paired import Actor, Observed, Pair, compare, describe, run_engine, run_pairs
from test_agreement import news, rumours

from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.model import kernel

ALPHA = 2e-4
REPLICATIONS = 80  # with 40 the smallest fault, the alias table's, is found by luck only
SEED = 21

NO_FAULT = 0
FAULTS = (
    "seekers served by index",
    "monthly steps",
    "age bands instead of birth years",
    "a waiting time begun anew",
    "hand-over takes the first of the list",
    "tokens never refilled",
    "alias table off by one",
)
NEWS_FAULTS = ("news never ends", "the discouraged hear no news")

_MONTH = "30.4375"
_INTS = kernel.N_INTS
_IF = "S.n[I_FAULT] == {}"
_SWITCHES = (_IF.format(i + 1) for i in range(len(FAULTS + NEWS_FAULTS)))
_BY_INDEX, _MONTHLY, _BANDS, _ANEW, _FIRST, _TOKENS, _ALIAS, _ENDLESS, _DEAF = _SWITCHES
_MIDDLE = "(23 if age < 30 else 37 if age < 45 else 52 if age < 60 else 67 if age < 75 else 82)"

PATCHES = (
    # the machinery
    ('"cache": True', '"cache": False'),
    (f"\nN_INTS = {_INTS}\n", f"\nN_INTS = {_INTS + 1}\nI_FAULT = {_INTS}\nFAULT = [0]\n"),
    ("    arena.s[:] = seed_words\n", "    arena.s[:] = seed_words\n    arena.n[I_FAULT] = FAULT[0]\n"),
    # the first of the seekers' list instead of a random one
    ("entry(S, SEEKING - SEEKING, pos)", f"entry(S, SEEKING - SEEKING, 0 if {_BY_INDEX} else pos)"),
    # residents live from month end to month end: all that happens in a month happens at its end
    (
        "if t > until:",
        f"if t > (math.floor(until / {_MONTH} + 1e-9) * {_MONTH} if {_MONTHLY} else until):",
    ),
    ("candidate_event(S, t)\n", f"candidate_event(S, math.ceil(t / {_MONTH}) * {_MONTH} if {_MONTHLY} else t)\n"),
    # everyone has the rates of the middle of her age band
    ("h = S.n[A_HAZARD] + age * H_COLUMNS\n", f"h = S.n[A_HAZARD] + ({_MIDDLE} if {_BANDS} else age) * H_COLUMNS\n"),
    # whoever interrupts makes the pending waiting time begin anew, at its full length
    (
        "    S.f[T_NOW] = until\n    return DONE",
        f"    if {_ANEW}:\n        S.f[T_NEXT] += until - S.f[T_NOW]\n    S.f[T_NOW] = until\n    return DONE",
    ),
    # whoever has the first row is handed over first
    ("j = k + below(S.s, n - k)", f"j = k if {_FIRST} else k + below(S.s, n - k)"),
    ("(t - S.f[x + X_TOKEN_TIME])", f"(0.0 if {_TOKENS} else t - S.f[x + X_TOKEN_TIME])"),
    ("t if tokens >= 1.0 else t +", f"t if tokens >= 1.0 else np.inf if {_TOKENS} else t +"),
    ("S.m[at(alias + k)] = giver", f"S.m[at(alias + k)] = (giver + 1) % n if {_ALIAS} else giver"),
    ("        set_news(S, p, 0)\n", f"        set_news(S, p, 1 if {_ENDLESS} else 0)\n"),
    ("    p = choose_news(S, z)\n", f"    p = NOBODY if {_DEAF} and state == DISCOURAGED else choose_news(S, z)\n"),
)


def faulty_source() -> str:
    """The kernel's source with `PATCHES`."""
    source = Path(kernel.__file__).read_text(encoding="utf-8")
    for old, new in PATCHES:
        assert source.count(old) == 1, f"the kernel has changed: {source.count(old)} times {old!r}"
        source = source.replace(old, new)
    return source


def test_the_faults_fit_the_kernel() -> None:
    """Told with every change of the kernel, not only when the faults are planted."""
    compile(faulty_source(), "faulty_kernel.py", "exec")


def faulty_kernel() -> ModuleType:
    """The kernel with the faults, as a module of another name that nobody caches."""
    source = faulty_source()
    module = ModuleType("faulty_kernel")
    sys.modules[module.__name__] = module
    exec(compile(source, "faulty_kernel.py", "exec"), module.__dict__)
    return module


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    return hamlets(tmp_path_factory.mktemp("hamlets"))


@pytest.fixture(scope="module")
def pairs(scenario: Scenario) -> list[Pair]:
    """Of the true kernel."""
    return run_pairs(scenario, REPLICATIONS, seed=SEED, days=(scenario.calendar.horizon,), actors=(bender, visitor))


@pytest.fixture(scope="module")
def module() -> ModuleType:
    return faulty_kernel()


def with_fault(
    module: ModuleType, fault: int, scenario: Scenario, pairs: list[Pair], actors: Sequence[Actor]
) -> list[Pair]:
    """The same pairs with the engine's side run by the kernel with a fault."""
    out = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ess_sim.model.residents.residents.k", module)
        module.FAULT[0] = fault
        for replication, pair in enumerate(pairs):
            given, observed = run_engine(
                scenario, seed=SEED, replication=replication, days=(scenario.calendar.horizon,), actors=actors
            )
            # residents do not steer supply here, so the reference's answer holds for the faulty engine too
            assert given.supply == pair.given.supply
            assert given.persons == pair.given.persons
            out.append(Pair(given, observed, pair.reference))
    return out


def same(one: Observed, other: Observed) -> bool:
    return (
        all(np.array_equal(one.cells[name], other.cells[name]) for name in one.cells)
        and np.array_equal(one.calls, other.calls)
        and (one.lists, one.events) == (other.lists, other.events)
    )


def find(fault: str, wrong: list[Pair], day: int) -> None:
    """Fails if no test rejects."""
    tests, cells = compare(wrong, (day,), alpha=ALPHA)
    rejected = tests[tests.rejected]
    print(f"{fault}: {len(rejected)} of {len(tests)} tests reject")
    print(rejected.sort_values("p").head(5).to_string())
    assert len(rejected), describe(tests, cells)


@pytest.mark.validate
def test_control_without_a_fault_nothing_is_found(scenario: Scenario, pairs: list[Pair], module: ModuleType) -> None:
    """The same machinery, the switch at 0."""
    control = with_fault(module, NO_FAULT, scenario, pairs, (bender, visitor))
    assert all(same(one.engine, other.engine) for one, other in zip(pairs, control, strict=True))
    tests, cells = compare(control, (scenario.calendar.horizon,), alpha=ALPHA)
    assert not tests.rejected.any(), describe(tests, cells)


@pytest.mark.validate
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found(fault: str, scenario: Scenario, pairs: list[Pair], module: ModuleType) -> None:
    wrong = with_fault(module, FAULTS.index(fault) + 1, scenario, pairs, (bender, visitor))
    find(fault, wrong, scenario.calendar.horizon)


@pytest.mark.validate
@pytest.mark.parametrize("fault", NEWS_FAULTS)
def test_a_fault_in_the_news_is_found(fault: str, tmp_path: Path, module: ModuleType) -> None:
    scenario = news(tmp_path)
    pairs = run_pairs(scenario, 40, seed=SEED, days=(scenario.calendar.horizon,), actors=(rumours,))
    wrong = with_fault(module, (FAULTS + NEWS_FAULTS).index(fault) + 1, scenario, pairs, (rumours,))
    find(fault, wrong, scenario.calendar.horizon)
