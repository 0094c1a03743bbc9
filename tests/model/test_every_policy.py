"""What every policy must do, whatever it is: wait for its day, commute, leave nothing behind, pay or say why not.

All kinds of the registry, on two communes; each gives an example of itself.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest
from frames import same_frames
from strategies import NONE, Audit, digests, scenario_of, without_mt

from ess_sim.clock import Phase
from ess_sim.errors import ScenarioError
from ess_sim.inputs.documents.nodes import NOWHERE, problem_at
from ess_sim.inputs.scenario.centre_spec import CentreSpec, DayZeroCentre, Finance, Grant, Posts, SalariedGps
from ess_sim.inputs.scenario.files import write_scenario
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.inputs.scenario.sourced import Count, Rate
from ess_sim.model.policies.base import Case, Policy
from ess_sim.model.policies.registry import KINDS
from ess_sim.model.residents.quantities import BY_ZONE
from ess_sim.model.run.read import read_scenario
from ess_sim.model.run.simulation import simulate
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.levers import Levers
from ess_sim.model.world.world import World
from ess_sim.results.run import Run
from ess_sim.results.tables.record import Fact
from ess_sim.results.tables.schema import SCHEMAS

HERE, THERE = "53034", "53054"
ON, OFF = date(2021, 3, 10), date(2022, 9, 1)
PAID_UP = OFF + timedelta(days=120)
"""By then staff whose funding has ended is dismissed."""

EXAMPLES = {kind: cls.example(Case(ON, OFF, (HERE, THERE))) for kind, cls in KINDS.items()}
each_kind = pytest.mark.parametrize("kind", sorted(KINDS))

CENTRE = DayZeroCentre(
    form="association",
    zone=HERE,
    name="example",
    posts=Posts(salaried_gps=SalariedGps(count=2, fte_each=0.5)),
    finance=Finance(reserves_euro=40_000, grants=(Grant(payer="agency", euro_per_year=60_000, **NONE),)),
    listed=150,
    **NONE,
)
"""There from day 0, and after the last policy has ended."""


class Look(Policy):
    """Looks, at the end of one day, what policies have put into the world."""

    kind: ClassVar[str] = "test_every_policy:Look"
    seen: ClassVar[dict[date, Counter[str]]] = {}
    rates: ClassVar[dict[date, list[float]]] = {}

    starts: date

    def act(self, world: World) -> Behaviour:
        """Counts what is bent or given, and what the residents' rates have become."""
        yield world.at(world.today, Phase.END, "look")
        self.seen[self.starts] = Counter(_found(world))
        self.rates[self.starts] = _rates(world)


def looks(*policies: Policy, on: Sequence[date]) -> list[tuple[Counter[str], list[float]]]:
    """What a look sees on each of these days in a world with these policies."""
    simulate(scenario(*policies, *(Look(starts=day) for day in on)))
    return [(Look.seen.pop(day), Look.rates.pop(day)) for day in on]


def _rates(world: World) -> list[float]:
    """All that levers change in the residents' tables."""
    tables = world.residents._tables
    columns = [quantity.column for quantity in BY_ZONE]
    bounds = sorted({quantity.highest for quantity in BY_ZONE} - {None})
    return [*tables.zfloat[:, columns].ravel(), *tables.weights, *tables.par[bounds]]


def _found(world: World) -> Iterator[str]:
    """Whatever is not as a world without policies has it."""
    actors = [*world.gps, *world.centres, "/agency", "example/agency"]
    for name in Levers.NAMES:
        if world.by_zone(name).any() or any(world.levers.of(name, actor) for actor in actors):
            yield f"lever {name}"
    junior = world.parameters["junior_target_residents"]
    for gp in world.gps.values():
        yield from ("aid" for _ in gp.aids)
        own = gp.base_target + (junior if gp.junior else 0.0)
        if world.residents.target(gp.slot) != round(own * gp.part_for_residents):
            yield "target"
    for centre in world.centres.values():
        if not centre.closed:
            yield from ("grant" for _ in centre.extra_grants)
            yield from ("cost" for _ in centre.extra_costs)
            yield from ("volunteer" for fte in centre.volunteers.values() if fte)
    yield from ("intern" for _ in world.extra_interns)
    yield from ("closed zones" for _ in world.closed_below)
    yield from ("hook" for _ in world.on_settled)
    yield from ("claim" for _ in world.claims)


def scenario(*policies: Policy, **changes: Any) -> Scenario:
    supply = {
        "centres": [CENTRE],
        "first_installations": Rate(per_year=2.0, **NONE),
        "interns_per_semester": Count(count=2, **NONE),
    }
    # volunteers are drawn: with few GPs there might be none
    parameters = {"solidarity_volunteer_share": 1.0} if any(p.kind == "solidarity_days" for p in policies) else {}
    fields = {"gps": 8, "years": 3, "residents": without_mt(0.25), "supply": supply, "parameters": parameters}
    return scenario_of(policies=policies, **(fields | changes))


@cache
def base(replication: int = 0) -> Run:
    return simulate(scenario(), replication=replication)


@cache
def alone(kind: str, replication: int = 0) -> Run:
    return simulate(scenario(EXAMPLES[kind]), replication=replication)


def again(policy: Policy) -> Policy:
    """The same once more; a centre that it opens has a name of its own."""
    centre = getattr(policy, "centre", None)
    if not isinstance(centre, CentreSpec) or centre.name is None:
        return policy
    return policy.model_copy(update={"centre": centre.model_copy(update={"name": f"{centre.name}-2"})})


TWICE = (*EXAMPLES.values(), *map(again, EXAMPLES.values()), Audit())
"""Two of each kind in one world, which share out what there is."""


@pytest.fixture(scope="module")
def together() -> Run:
    return simulate(scenario(*TWICE))


def before(run: Run, day: date) -> dict[str, pd.DataFrame]:
    """What the tables say of the days before one day."""
    end = pd.Timestamp(day)
    dated = {name: "from" if name == "careers" else "date" for name in SCHEMAS if name != "spells"}
    out = {name: run.table(name) for name in dated}
    out = {name: frame[frame[dated[name]] < end] for name, frame in out.items()}
    out["careers"] = out["careers"].drop(columns="to")  # the end may come later, and differ
    return {name: frame.astype(str).drop(columns="scenario").reset_index(drop=True) for name, frame in out.items()}


@cache
def before_of_base() -> dict[str, pd.DataFrame]:
    return before(base(), ON)


# --- each kind alone -------------------------------------------------------------------------------------------------


@each_kind
def test_an_example_acts_when_and_where_it_is_asked_to(kind: str) -> None:
    policy, calendar = EXAMPLES[kind], base().scenario.calendar
    assert type(policy) is KINDS[kind]
    assert policy.first_day(calendar) == calendar.day(ON)
    assert policy.last_day(calendar) in (calendar.day(OFF), calendar.horizon + 1)
    assert policy.problems(calendar, (HERE, THERE)) == []


@each_kind
def test_nothing_differs_before_the_first_day(kind: str) -> None:
    then = before(alone(kind), ON)
    assert len(then["facts"]) > 5
    for name, frame in before_of_base().items():
        same_frames(then[name], frame)


def happened(run: Run) -> tuple[list[Fact], bytes]:
    """All facts but what a policy says of its cost, and residents by state."""
    return [fact for fact in run.record.facts if fact.event != "cost_unknown"], run.record.counts.tobytes()


@each_kind
def test_something_differs_afterwards(kind: str) -> None:
    """In one replication at least: where GPs are few, later retirement may concern none of them."""
    assert any(happened(base(r)) != happened(alone(kind, r)) for r in range(20)), "a policy that changes nothing at all"


SHOCKS = ("departures", "grant_cut")


@pytest.mark.parametrize("kind", sorted(EXAMPLES.keys() - set(SHOCKS)))
def test_no_policy_counts_as_free(kind: str) -> None:
    """It pays what it costs, or says what is not known of it."""
    ordinary = {(entry.actor, entry.line, entry.payer) for entry in base().record.entries}
    paid = {(entry.actor, entry.line, entry.payer) for entry in alone(kind).record.entries} - ordinary
    unknown = [fact for fact in alone(kind).record.facts if fact.event == "cost_unknown"]
    assert paid or unknown
    assert all(len(fact.detail) > 15 for fact in unknown)


@cache
def untouched() -> list[float]:
    """Rates of residents in a world without policies, which stay as they are."""
    (_, first), (_, last) = looks(on=(OFF, PAID_UP))
    assert first == last
    return first


@each_kind
def test_nothing_is_left_when_it_ends(kind: str) -> None:
    """Levers, marks, targets, hooks; only staff whose funding ends costs some months more."""
    (at_once, rates), (later, rates_later) = looks(EXAMPLES[kind], on=(OFF, PAID_UP))
    assert set(at_once) <= {"cost"}
    assert not later
    assert rates == rates_later == untouched()


@each_kind
def test_unknown_zones_wrong_dates_and_unknown_fields_are_problems(kind: str) -> None:
    policy, calendar = EXAMPLES[kind], base().scenario.calendar
    fields = type(policy).model_fields

    def places(**changes: Any) -> list[tuple[str | int, ...]]:
        return [at for at, _ in unchecked(changes).problems(calendar, (HERE, THERE))]

    def unchecked(changes: dict[str, Any]) -> Policy:
        return type(policy).model_construct(**(dict(policy) | changes))

    for end in {"ends", "closes"} & fields.keys():
        found = unchecked({end: ON}).problems(calendar, (HERE, THERE))
        assert ((end,), f"{ON} is not after the beginning, {ON}") in found
        assert places(**{end: date(2040, 1, 1)}) == [(end,)]
    for first in {"starts", "opens"} & fields.keys():
        assert (first,) in places(**{first: date(2019, 1, 1)})
    if "zone" in fields:
        assert places(zone="nowhere") == [("zone",)]
    if "zones" in fields:
        assert places(zones=(HERE, "nowhere")) == [("zones", 1)]
    with pytest.raises(ScenarioError, match="nonsense"):
        type(policy).model_validate(policy.model_dump() | {"nonsense": 1})


# --- all of them together --------------------------------------------------------------------------------------------


def test_their_order_does_not_matter(together: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even where the world starts them in the order of the scenario, instead of an order of its own."""
    monkeypatch.setattr(Scenario, "policies_by_content", property(lambda self: self.policies))
    for seed in range(2):
        order = np.random.default_rng(seed).permutation(len(TWICE))
        assert digests(simulate(scenario(*(TWICE[i] for i in order)))) == digests(together)


def test_what_is_looked_for_is_found_while_policies_act_and_not_afterwards() -> None:
    """Otherwise `test_nothing_is_left_when_it_ends` would say nothing."""
    (during, rates), (at_once, _), (later, rates_later) = looks(*TWICE, on=(date(2022, 6, 1), OFF, PAID_UP))
    assert {"aid", "target", "grant", "cost", "volunteer", "intern", "closed zones", "hook"} <= set(during)
    assert len([found for found in during if found.startswith("lever ")]) > 5
    assert sum(one != other for one, other in zip(rates, untouched(), strict=True)) > 5
    assert set(at_once) <= {"cost"}
    assert not later
    assert rates_later == untouched()


def test_flows_explain_the_change_of_stock_under_all_policies(together: Run) -> None:
    snapshots = together.snapshots.groupby("date")[["lost", "never_declared"]].sum().sum(axis=1)
    flows = together.flows.groupby("date")["count"].sum().reindex(snapshots.index, fill_value=0)
    assert (snapshots.diff().iloc[1:] == flows.iloc[1:]).all()


DOCTORS = ("liberal", "salaried", "other", "sessions", "retired", "locum")


def test_no_doctor_is_in_two_places_or_comes_from_nowhere(together: Run) -> None:
    """Head counts by pool: every doctor has an origin, and is in one pool at a time."""
    careers = together.careers[together.careers["mode"].isin(DOCTORS)]
    known = (
        "gp-",
        "arrival-",
        "intern-",
        "retiree-",
        "retired-elsewhere-",
        "retired-beyond-",
        "other-",
        "salaried-",
        "smp-",
        "interns-",
    )
    assert not [person for person in careers["person"].unique() if not str(person).startswith(known)]
    end = pd.Timestamp(together.scenario.calendar.end)
    for person, stints in careers.sort_values("from").groupby("person", observed=True):
        last = stints["to"].fillna(end)
        assert (stints["from"].iloc[1:].to_numpy() >= last.iloc[:-1].to_numpy()).all(), (person, stints)


@pytest.mark.parametrize("of", [*sorted(KINDS), "all together"])
def test_centres_accounts_add_up(of: str, request: pytest.FixtureRequest) -> None:
    """Opening reserves plus every line are the reserves that the last fact states."""
    run = request.getfixturevalue("together") if of == "all together" else alone(of)
    facts, accounts = run.facts, run.accounts
    said = facts[facts["event"].isin(["reserves", "centre_closed"])].drop_duplicates("actor", keep="last")
    opened = facts.loc[facts["event"] == "centre_opened", "actor"]
    assert {"example", *opened} <= set(said["actor"])
    assert len(opened) > 5 or of != "all together"
    for row in said.itertuples():
        own = accounts[(accounts["actor"] == row.actor) & (accounts["date"] <= row.date)]
        assert own["cents"].sum() == round(100 * row.value), row.actor


def test_all_policies_can_be_written_and_read(tmp_path: Path) -> None:
    one = scenario(*EXAMPLES.values())
    write_scenario(one, tmp_path / "all.yaml")
    assert read_scenario(tmp_path / "all.yaml").digest == one.digest


def _numbers(block: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where numbers stand in a policy's block."""
    if isinstance(block, dict | list):
        for key, inner in block.items() if isinstance(block, dict) else enumerate(block):
            yield from _numbers(inner, (*at, key))
    elif isinstance(block, int | float) and not isinstance(block, bool):
        yield at


def _with(block: Any, at: tuple[Any, ...], value: Any) -> Any:
    changed = copy.deepcopy(block)
    inner = changed
    for part in at[:-1]:
        inner = inner[part]
    inner[at[-1]] = value
    return changed


@each_kind
@pytest.mark.parametrize("given", [True, "5"])
def test_what_is_no_number_is_refused_where_a_number_stands(kind: str, given: Any) -> None:
    block = EXAMPLES[kind].to_block()
    del block["kind"]
    for at in _numbers(block):
        with pytest.raises(ScenarioError, match=r"must be a .*number.*, not (true|'5')") as caught:
            KINDS[kind](**_with(block, at, given))
        assert len(caught.value.problems) == 1
        assert caught.value.problems[0].where == problem_at(NOWHERE, at, "").where


def test_policies_and_centres_have_many_numbers() -> None:
    assert sum(len(list(_numbers(policy.to_block()))) for policy in EXAMPLES.values()) > 40


def test_whole_numbers_and_lists_fit_where_fractions_and_tuples_stand() -> None:
    van = KINDS["outreach_van"](starts="2021-03-10", zones=[HERE], screenings_per_year=500)
    assert van.to_block()["screenings_per_year"] == 500.0
    assert type(van.screenings_per_year) is float  # type: ignore[attr-defined]
    assert van.zones == (HERE,)  # type: ignore[attr-defined]
