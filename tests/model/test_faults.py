"""Would a wrong engine be seen? Deliberate faults in the kernel, and the agreement tests that must find each.

The faults are written into a copy of the kernel's folder, each behind a switch, so that one compilation serves for all;
with the switch at 0 the copy is the kernel, to the last resident.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hamlets import bender, hamlets, visitor
from paired import Actor, Observed, Pair, compare, describe, run_engine, run_pairs, run_reference
from test_agreement import news, rumours

from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.model import kernel

ALPHA = 2e-4
REPLICATIONS = 80
NEWS_REPLICATIONS = 120  # with 40, news that ends with the first refusal is found by luck only
SEED = 21

NO_FAULT = 0
FAULTS = (
    "seekers served by index",
    "monthly steps",
    "age bands instead of birth years",
    "a waiting time begun anew",
    "hand-over takes the first of the list",
    "tokens never refilled",
    "one need for both pools",
)
CHOICE_FAULTS = ("alias table off by one",)
NEWS_FAULTS = ("news never ends", "the discouraged hear no news", "any refusal ends the news")

ALL_FAULTS = (*FAULTS, *CHOICE_FAULTS, *NEWS_FAULTS)

_MONTH = "30.4375"
_INTS = kernel.N_INTS
_IF = "S.n[c.I_FAULT] == {}"
_SWITCHES = (_IF.format(i + 1) for i in range(len(ALL_FAULTS)))
_BY_INDEX, _MONTHLY, _BANDS, _ANEW, _FIRST, _TOKENS, _NEED, _ALIAS, _ENDLESS, _DEAF, _BRIEF = _SWITCHES
_MIDDLE = "(23 if age < 30 else 37 if age < 45 else 52 if age < 60 else 67 if age < 75 else 82)"

PATCHES = (
    # the machinery
    ("dispatcher._cache = _Cache(function)", "pass"),
    (f"\nN_INTS = {_INTS}\n", f"\nN_INTS = {_INTS + 1}\nI_FAULT = {_INTS}\nFAULT = [0]\n"),
    ("    arena.s[:] = seed_words\n", "    arena.s[:] = seed_words\n    arena.n[c.I_FAULT] = c.FAULT[0]\n"),
    # the first of the seekers' list instead of a random one
    ("entry(S, c.SEEKING - c.SEEKING, pos)", f"entry(S, c.SEEKING - c.SEEKING, 0 if {_BY_INDEX} else pos)"),
    # residents live from month end to month end: all that happens in a month happens at its end
    (
        "if t > until:",
        f"if t > (np.floor(until / {_MONTH} + 1e-9) * {_MONTH} if {_MONTHLY} else until):",
    ),
    ("candidate_event(S, t)\n", f"candidate_event(S, np.ceil(t / {_MONTH}) * {_MONTH} if {_MONTHLY} else t)\n"),
    # everyone has the rates of the middle of her age band
    (
        "h = S.n[c.A_HAZARD] + age * c.H_COLUMNS\n",
        f"h = S.n[c.A_HAZARD] + ({_MIDDLE} if {_BANDS} else age) * c.H_COLUMNS\n",
    ),
    # every interruption makes the pending waiting time begin anew, at its full length
    (
        "    S.f[c.T_NOW] = until\n    return c.DONE",
        f"    if {_ANEW}:\n        S.f[c.T_NEXT] += until - S.f[c.T_NOW]\n    S.f[c.T_NOW] = until\n    return c.DONE",
    ),
    # residents with the first rows are handed over first
    ("j = k + below(S.s, n - k)", f"j = k if {_FIRST} else k + below(S.s, n - k)"),
    ("(t - S.f[x + c.X_TOKEN_TIME])", f"(0.0 if {_TOKENS} else t - S.f[x + c.X_TOKEN_TIME])"),
    ("t if tokens >= 1.0 else t +", f"t if tokens >= 1.0 else np.inf if {_TOKENS} else t +"),
    ("S.m[other + k] = giver", f"S.m[other + k] = (giver + 1) % n if {_ALIAS} else giver"),
    (
        "if is_lost_at(S, e) else c.P_NEED_NEVER",
        f"if is_lost_at(S, e) and not {_NEED} else c.P_NEED_NEVER",
    ),
    ("and has_time and refuses_half(S, p):", f"and has_time and ({_BRIEF} or refuses_half(S, p)):"),
    ("        set_news(S, p, 0)\n", f"        set_news(S, p, 1 if {_ENDLESS} else 0)\n"),
    (
        "    p = choose_in_news(S, z)\n",
        f"    p = c.NO_PROVIDER if {_DEAF} and state == c.DISCOURAGED else choose_in_news(S, z)\n",
    ),
)
COPY = "faulty_kernel"


def faulty_sources() -> dict[str, str]:
    """The kernel's files with `PATCHES`, as those of a package of another name, which imports nothing of the kernel."""
    folder = Path(kernel.__file__).parent
    sources = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.py"))}
    for old, new in PATCHES:
        holders = [name for name, source in sources.items() for _ in range(source.count(old))]
        assert len(holders) == 1, f"the kernel has changed: {old!r} is in {holders}"
        sources[holders[0]] = sources[holders[0]].replace(old, new)
    return {name: source.replace(kernel.__name__, COPY) for name, source in sources.items()}


def test_the_faults_fit_the_kernel() -> None:
    """Noticed with every change of the kernel, not only when the faults are planted."""
    for name, source in faulty_sources().items():
        compile(source, name, "exec")
        assert "\nfrom ess_sim.model" not in source, "the copy would use the kernel itself"


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The kernel with the faults: a package of another name whose machine code is kept nowhere."""
    parent = tmp_path_factory.mktemp("faults")
    (parent / COPY).mkdir()
    for name, source in faulty_sources().items():
        (parent / COPY / name).write_text(source, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(parent)
        yield importlib.import_module(COPY)
    for name in [n for n in sys.modules if n.split(".")[0] == COPY]:
        del sys.modules[name]


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    return hamlets(tmp_path_factory.mktemp("hamlets"))


@pytest.fixture(scope="module")
def pairs(scenario: Scenario) -> list[Pair]:
    """Of the true kernel."""
    return run_pairs(scenario, REPLICATIONS, seed=SEED, days=(scenario.calendar.horizon,), actors=(bender, visitor))


def users_of_the_kernel() -> list[ModuleType]:
    """Modules of the package that call the kernel, all of which call it ``k``."""
    loaded = [m for name, m in sys.modules.items() if name.startswith("ess_sim.")]
    return [m for m in loaded if getattr(m, "k", None) is kernel]


def with_fault(
    module: ModuleType, fault: int, scenario: Scenario, pairs: list[Pair], actors: Sequence[Actor]
) -> list[Pair]:
    """The same pairs with the engine's side run by the kernel with a fault.

    Where lists, which the fault changes, decide who takes over, the reference gets the supply of the faulty run.
    """
    out = []
    days = (scenario.calendar.horizon,)
    with pytest.MonkeyPatch.context() as patch:
        for user in users_of_the_kernel():
            patch.setattr(user, "k", module)
        module.FAULT[0] = fault
        for replication, pair in enumerate(pairs):
            given, observed = run_engine(scenario, seed=SEED, replication=replication, days=days, actors=actors)
            assert given.persons == pair.given.persons
            same_supply = given.supply == pair.given.supply
            answer = (
                pair.reference
                if same_supply
                else run_reference(given, seed=1_000_003 * (SEED + 1) + replication, days=days)[0]
            )
            out.append(Pair(given, observed, answer))
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
    wrong = with_fault(module, ALL_FAULTS.index(fault) + 1, scenario, pairs, (bender, visitor))
    find(fault, wrong, scenario.calendar.horizon)


@pytest.fixture(scope="module")
def distant(scenario: Scenario) -> Scenario:
    """Distance counts so much, and so few callers know who is open, that it shows whom the others call."""
    return scenario.with_parameters(distance_decay_minutes=4.0, informed_share=0.0)


@pytest.fixture(scope="module")
def distant_pairs(distant: Scenario) -> list[Pair]:
    """Of the true kernel."""
    return run_pairs(distant, REPLICATIONS, seed=SEED, days=(distant.calendar.horizon,))


@pytest.mark.validate
@pytest.mark.parametrize("fault", CHOICE_FAULTS)
def test_a_fault_of_the_choice_is_found(
    fault: str, distant: Scenario, distant_pairs: list[Pair], module: ModuleType
) -> None:
    find(fault, with_fault(module, ALL_FAULTS.index(fault) + 1, distant, distant_pairs, ()), distant.calendar.horizon)


@pytest.mark.validate
@pytest.mark.parametrize("fault", NEWS_FAULTS)
def test_a_fault_in_the_news_is_found(fault: str, tmp_path: Path, module: ModuleType) -> None:
    scenario = news(tmp_path)
    pairs = run_pairs(scenario, NEWS_REPLICATIONS, seed=SEED, days=(scenario.calendar.horizon,), actors=(rumours,))
    wrong = with_fault(module, ALL_FAULTS.index(fault) + 1, scenario, pairs, (rumours,))
    find(fault, wrong, scenario.calendar.horizon)
