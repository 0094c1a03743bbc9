"""One scenario, one seed, one replication: one result, whatever runs beside it and in whatever order it was written."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from strategies import Bend, Idle, csv_text, digests, events, scenario_of, town, without_mt, worlds
from work import PATIENCE

from ess_sim.experiments.experiment import run_experiment
from ess_sim.inputs.catalogue.bundled import scenarios_dir
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.inputs.scenario.territory_spec import TerritorySpec
from ess_sim.inputs.territory.territory import Territory
from ess_sim.model.policies.host_interns import HostInterns
from ess_sim.model.policies.recruit_retired_gps import RecruitRetiredGps
from ess_sim.model.policies.smp import Interns, RetiredGps, Smp
from ess_sim.model.run.read import read_scenario
from ess_sim.model.run.simulation import simulate
from ess_sim.results.run import Run
from ess_sim.results.tables.record import Sparse
from ess_sim.results.tables.schema import SCHEMAS

ZONES = ("53034", "53054")
SMP = Smp(
    opens=date(2020, 5, 1),
    zone=ZONES[1],
    retired_gps=RetiredGps(count=5, fte_each=0.5),
    interns=Interns(per_semester=1),
    rooms=4,
)
SESSIONS = RecruitRetiredGps(opens=date(2020, 5, 1), zone=ZONES[0], count=4)
HOSTS = HostInterns(starts=date(2020, 9, 1), zone=ZONES[1], per_semester=1)
RICH = scenario_of(gps=6, years=3, policies=[SMP, SESSIONS, HOSTS])


def same(one: Run, two: Run) -> None:
    """The two records are equal, array by array."""
    a, b = one.record, two.record
    assert np.array_equal(a.days, b.days)
    assert np.array_equal(a.counts, b.counts)
    assert np.array_equal(a.spells, b.spells)
    for x, y in ((a.flows, b.flows), (a.calls, b.calls)):
        assert np.array_equal(_sorted(x), _sorted(y))
    assert [repr(f) for f in a.facts] == [repr(f) for f in b.facts]
    assert a.stints == b.stints
    assert (a.owners, a.owner_zone, a.owner_centre) == (b.owners, b.owner_zone, b.owner_centre)
    assert len(a.providers) == len(b.providers)
    assert all(np.array_equal(x, y) for x, y in zip(a.providers, b.providers, strict=True))
    assert (a.events, a.calls_made) == (b.events, b.calls_made)


def _sorted(sparse: Sparse) -> Any:
    when, key, value = sparse.arrays()
    order = np.lexsort((key, when))
    order = order[value[order] != 0]
    return np.stack([when[order], key[order], value[order]])


# --- the same again --------------------------------------------------------------------------------------------------


def test_twice_is_the_same_and_others_are_not() -> None:
    first = digests(simulate(RICH, seed=3, replication=2))
    assert digests(simulate(RICH, seed=3, replication=2)) == first
    for seed, replication in ((3, 1), (2, 2), (2, 3)):
        other = simulate(RICH, seed=seed, replication=replication)
        found = digests(other)
        for table in ("snapshots", "flows", "calls", "facts", "providers"):
            assert found[table] != first[table], table


def test_seeds_and_replications_are_not_interchangeable() -> None:
    runs = [simulate(RICH, seed=s, replication=r) for s in range(3) for r in range(3)]
    assert len({run.record.counts.tobytes() for run in runs}) == 9


PLAIN = scenario_of(gps=6, name="plain")


@cache
def alone() -> dict[tuple[str, int], dict[str, str]]:
    return {(s.name, r): digests(simulate(s, seed=4, replication=r)) for s in (RICH, PLAIN) for r in range(2)}


# that workers give the same bytes is also a test of experiments, and that other processes do, one of the golden numbers
@pytest.mark.parametrize("jobs", [1, pytest.param(2, marks=pytest.mark.validate)])
def test_alone_or_in_a_batch(jobs: int) -> None:
    # the other way round, among others
    results = run_experiment([PLAIN, RICH, scenario_of(gps=1, name="other")], replications=2, seed=4, jobs=jobs)
    for (name, replication), expected in alone().items():
        assert digests(results.run(name, replication)) == expected


def test_order_of_communes_does_not_matter() -> None:
    one = simulate(RICH)
    assert one.zones == ZONES
    same(one, simulate(RICH.with_(territory=TerritorySpec(communes=list(ZONES[::-1])))))


def test_order_of_csv_rows_does_not_matter(tmp_path: Path) -> None:
    people = {"north": town(700), "south": town(300), "east": town(150)}
    runs = []
    rows = sum(len(p) for p in people.values())
    for i, order in enumerate([range(rows), reversed(range(rows)), np.random.default_rng(1).permutation(rows)]):
        path = tmp_path / f"{i}" / "people.csv"
        path.parent.mkdir()
        path.write_text(csv_text(people, list(order)), encoding="utf-8")
        runs.append(simulate(scenario_of(path, gps=4)))
    assert runs[0].record.counts[0].sum() > 0
    assert digests(runs[0]) == digests(runs[1]) == digests(runs[2])


def test_order_of_blocks_does_not_matter() -> None:
    def scenario(order: slice) -> Scenario:
        blocks = [
            {"zones": [ZONES[0]], "count": 2, "source": "none", "grade": "D"},
            {"zones": "remainder", "count": 4, "source": "none", "grade": "D"},
        ]
        supply = RICH.supply.model_dump() | {"list_holding_gps": blocks[order]}
        return RICH.with_(supply=type(RICH.supply).model_validate(supply))

    same(simulate(scenario(slice(None))), simulate(scenario(slice(None, None, -1))))


# --- a policy that does nothing --------------------------------------------------------------------------------------


def test_idle_policy_changes_no_bit() -> None:
    for replication in range(3):
        one = simulate(RICH, replication=replication)
        same(one, simulate(RICH.with_(policies=(*RICH.policies, Idle())), replication=replication))


@settings(max_examples=20)
@given(worlds(years=2))
def test_idle_policy_changes_no_bit_anywhere(world: tuple[Scenario, Territory]) -> None:
    scenario, territory = world
    one = simulate(scenario, territory=territory)
    same(one, simulate(scenario.with_(policies=(*scenario.policies, Idle())), territory=territory))


def test_idle_policy_is_one_that_could_matter() -> None:
    """The same, bending by something: every lever that residents or GPs feel leaves a trace.

    Where so many look for a place that lists are full at times: otherwise it does not help to be informed.
    """
    start, crowded = without_mt(0.2), {"call_rate_per_year": 4.0}
    for lever, by in (("call_ratio", 0.5), ("return_rate", 0.5), ("informed_share", 0.3), ("target_ratio", 0.1)):
        bend = Bend(starts=date(2020, 9, 1), lever=lever, by=by)
        bent = simulate(scenario_of(gps=6, residents=start, parameters=crowded, policies=[bend]))
        plain = simulate(scenario_of(gps=6, residents=start, parameters=crowded))
        assert not np.array_equal(bent.record.counts, plain.record.counts), lever
        assert np.array_equal(bent.record.counts[:6], plain.record.counts[:6]), lever


def test_bends_commute_and_leave_no_residue() -> None:
    first = Bend(starts=date(2020, 9, 1), ends=date(2021, 3, 1), lever="call_ratio", by=0.1)
    second = Bend(starts=date(2020, 9, 1), ends=date(2021, 1, 1), lever="call_ratio", by=0.2)
    third = Bend(starts=date(2020, 9, 1), ends=date(2021, 6, 1), lever="call_ratio", by=-0.3)
    runs = [simulate(scenario_of(gps=3, policies=order)) for order in ([first, second, third], [third, first, second])]
    same(*runs)
    # +x and −x on the same days is nothing at all, to the last bit
    undone = [Bend(starts=date(2020, 9, 1), lever="call_ratio", by=by) for by in (0.1, 0.2, -0.2, -0.1)]
    plain = simulate(scenario_of(gps=3))
    found = simulate(scenario_of(gps=3, policies=undone))
    # candidate events are rescaled there and back within one instant, which costs a rounding at most
    assert np.array_equal(found.record.counts, plain.record.counts)
    assert digests(found)["facts"] == digests(plain)["facts"]


# --- before a policy starts, nothing; after it, only what it touches -------------------------------------------------

FIRST_DAY = date(2022, 3, 10)


@pytest.fixture(scope="module")
def laval() -> dict[str, Run]:
    """The four scenarios of Laval with every policy moved to 10 March 2022."""
    runs = {}
    for name in ("baseline", "smp", "smp_interns_only", "smp_retired_only"):
        scenario = read_scenario(scenarios_dir() / "laval" / f"{name}.yaml").with_(horizon_years=9)
        later = {"opens": FIRST_DAY, "assistant_from": FIRST_DAY}  # no assistant works in a centre before it opens
        moved = tuple(p.model_copy(update=later) for p in scenario.policies)
        runs[name] = simulate(scenario.with_(name="laval", policies=moved), seed=1)
    return runs


POLICIES = ("smp", "smp_interns_only", "smp_retired_only")


@pytest.mark.parametrize("name", POLICIES)
def test_identical_before_the_first_day(laval: dict[str, Run], name: str) -> None:
    for table in ("snapshots", "flows", "calls", "providers", "facts"):
        before = []
        for run in (laval["baseline"], laval[name]):
            frame = run.table(table)
            early = frame[frame["date"] < str(FIRST_DAY)].reset_index(drop=True)
            assert len(early) > 50
            before.append(early.astype({c: str for c in early if early[c].dtype == "category"}))
        assert before[0].equals(before[1]), table


@pytest.mark.parametrize("name", POLICIES)
def test_different_after_the_first_day(laval: dict[str, Run], name: str) -> None:
    a, b = laval["baseline"], laval[name]
    opened = events(b, "centre_opened")
    assert opened["date"].dt.date.tolist() == [FIRST_DAY]
    assert len(events(b, "intern_hosted")) > 3 or name == "smp_retired_only"
    if name != "smp_interns_only":  # whose centre holds no list: residents feel it when a former intern settles
        later = a.snapshots["date"] >= "2022-03-31"
        assert not a.snapshots[later].equals(b.snapshots[later])


@pytest.mark.parametrize("name", POLICIES)
def test_others_keep_their_draws(laval: dict[str, Run], name: str) -> None:
    a, b = laval["baseline"], laval[name]

    def dated(run: Run, event: str, prefix: str = "") -> list[Any]:
        frame = events(run, event)
        frame = frame[frame["actor"].astype(str).str.startswith(prefix)]
        return frame[["date", "actor"]].astype(str).to_numpy().tolist()

    # GPs of day 0 announce and leave on the same days, arrivals arrive on the same days
    for event, prefix in (("gp_announced", "gp-"), ("gp_exited", "gp-"), ("gp_settled", "arrival-")):
        assert dated(a, event, prefix) == dated(b, event, prefix)
        assert any(d >= str(FIRST_DAY) for d, _ in dated(a, event, prefix))
    # interns of the faculty's own cohorts graduate on the same days, and settle or not as they would have
    base = [r for r in dated(b, "intern_graduated") if r[1].startswith("intern-")]
    graduates = {actor: day for day, actor in dated(a, "intern_graduated")}
    known = [(day, actor) for day, actor in base if actor in graduates]
    assert len(known) >= 0.9 * len(graduates)
    assert all(graduates[actor] == day for day, actor in known)
    settled_a = {actor: day for day, actor in dated(a, "gp_settled", "intern-")}
    settled_b = {actor: day for day, actor in dated(b, "gp_settled", "intern-")}
    assert all(settled_a[x] == settled_b[x] for x in settled_a.keys() & settled_b.keys())
    # newcomers are the same persons
    persons = [
        {
            (s.person, s.birth_year, s.woman, s.fte)
            for s in run.record.stints
            if s.person.startswith("arrival-") and s.mode == "liberal"
        }
        for run in (a, b)
    ]
    assert persons[0] == persons[1]
    assert len(persons[0]) > 3


# --- compiled or not -------------------------------------------------------------------------------------------------

_SCRIPT = """
import warnings
from datetime import date
import numpy as np
np.seterr(all="ignore")
warnings.simplefilter("ignore")
from strategies import digests, make_territory, scenario_of
from ess_sim.inputs.scenario.centre_spec import Interns, RetiredGps
from ess_sim.model.policies.smp import Smp
from ess_sim.model.run.simulation import simulate
people = {age: 60 for age in (16, 18, 25, 29, 40, 44, 59, 62, 74, 80)}
territory = make_territory({"A": people, "B": people, "C": {40: 9}}, km=9.0)
interns = Interns(per_semester=1)
smp = Smp(opens=date(2020, 6, 1), zone="B", retired_gps=RetiredGps(count=5, fte_each=0.5), interns=interns)
pool = {"retired_pool": {"count": 20, "source": "x", "grade": "D"}}
scenario = scenario_of(gps=3, years=1, policies=[smp], supply=pool)
run = simulate(scenario, seed=6, territory=territory)
assert run.record.events > 300, run.record.events
print(run.record.events, run.record.calls_made, sorted(digests(run).items()))
"""


_VARIANTS = """
import inspect
from ess_sim.model import kernel
from ess_sim.model.run.warm_up import compile_kernel
compile_kernel()
for name, f in vars(kernel).items():
    if hasattr(f, "py_func") and list(inspect.signature(f.py_func).parameters)[:5] == list(kernel.Arena._fields):
        print(name, len(f.signatures))
"""


def _output(script: str, *, compiled: bool) -> list[str]:
    own = {"NUMBA_DISABLE_JIT": str(int(not compiled)), "PYTHONHASHSEED": str(int(compiled))}
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)} | own,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def compiled() -> list[str]:
    """Variants of each compiled function once the kernel is compiled, and what a run then says."""
    return _output(_VARIANTS + _SCRIPT, compiled=True)


def test_compiling_leaves_nothing_to_be_compiled_in_a_run(compiled: list[str]) -> None:
    variants = dict(line.split() for line in compiled[:-1])
    assert {"advance", "begin", "accompany", "announce"} < set(variants)
    assert set(variants.values()) == {"1"}, variants


def test_compiled_or_not(compiled: list[str]) -> None:
    """The kernel is plain Python, too: the tables do not depend on the compiler."""
    assert [compiled[-1]] == _output(_SCRIPT, compiled=False)
    assert all(table in compiled[-1] for table in SCHEMAS)
