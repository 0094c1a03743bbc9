"""A territory with a halo: what lies around it lives on its own terms, and nothing of it is in the results."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest
from strategies import NONE, digests, room, scenario_of, town, without_mt

from ess_sim.clock import Phase
from ess_sim.inputs.catalogue.parameters import Parameters
from ess_sim.inputs.scenario.blocks import GpBlock, WithoutMtBlock
from ess_sim.inputs.scenario.centre_spec import DayZeroCentre, Posts, SalariedGps
from ess_sim.inputs.scenario.scenario import ResidentsStart, Scenario
from ess_sim.inputs.scenario.sourced import Count, Rate
from ess_sim.inputs.territory.ages import AGES
from ess_sim.inputs.territory.territory import Territory
from ess_sim.model import kernel as k
from ess_sim.model.behaviours.centres.centres import close_centre
from ess_sim.model.behaviours.centres.salaried import leave_post
from ess_sim.model.behaviours.gps import careers
from ess_sim.model.policies.base import Policy
from ess_sim.model.residents.day0 import Start, beside, draw_day0
from ess_sim.model.residents.rates import hazards
from ess_sim.model.run import simulation
from ess_sim.model.run.simulation import build_world, simulate
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.levers import Levers
from ess_sim.model.world.world import World
from ess_sim.results.run import Run
from ess_sim.results.tables.names import ORDINARY_CARE
from ess_sim.streams import Streams

OWN, AROUND = ("A1", "A2"), ("B1", "B2", "B3")

BUSY = {
    "call_rate_per_year": 8.0,
    "far_call_rate_per_year": 3.0,
    "voluntary_change_rate_per_year": 0.2,
    "precarious_share": 0.3,
    "move_out_rate_per_year": 0.09,
    "move_within_rate_per_year": 0.04,
    "exit_hazard_below_55": 0.1,
    "exit_hazard_55_59": 0.1,
}


def row_of_zones(zones: tuple[str, ...], first: int, adults: int) -> Territory:
    """Zones three kilometres apart on one road, of which others hold a part too."""
    population = np.zeros((len(zones), AGES), dtype=np.int64)
    for age, n in town(adults).items():
        population[:, age] = n
    return Territory(
        name="a road",
        zones=zones,
        zone_names=zones,
        departements=("53",) * len(zones),
        population=population,
        area_km2=np.full(len(zones), 4.0),
        longitude=np.arange(first, first + len(zones)) * 3 / 74.6,
        latitude=np.full(len(zones), 48.0),
    )


ALONE = row_of_zones(OWN, 0, 900)
HALO = row_of_zones(AROUND, 2, 900)
SURROUNDED = replace(ALONE, halo=HALO)
UNION = row_of_zones(OWN + AROUND, 0, 900)


def blocks(*, union: bool, **changes: Any) -> Scenario:
    """A scenario that says of the territory what holds by default around it, or says both."""
    own, around = {"zones": OWN, **NONE}, {"zones": AROUND, **NONE}
    gps = [GpBlock(count=2, **own), GpBlock(count=2, **around)]
    shares = [
        WithoutMtBlock(count=400, never_declared_part=0.25, **own),
        WithoutMtBlock(count=300, never_declared_part=0.5, **around),
    ]
    return scenario_of(
        years=3,
        supply={
            "list_holding_gps": tuple(gps if union else gps[:1]),
            "first_installations": None,
            "interns_per_semester": Count(count=0, **NONE),
        },
        residents=ResidentsStart(without_mt=tuple(shares if union else shares[:1])),
        **changes,
    )


class Recount(Policy):
    """Counts everyone again every so many days, those of the halo too."""

    kind: ClassVar[str] = "test_halo:Recount"

    def act(self, world: World) -> Behaviour:
        """Looks, and looks again."""
        while True:
            world.residents.advance(world.today)
            world.residents.check()
            assert sum(world.residents.by_mt()) == world.residents.count_adults(world.today)
            gone = [*world.retired, *(gp.name for gp in world.former)]
            assert not [name for name in gone if name.startswith("gp-B")], "the département's pools hold them already"
            yield world.at(world.today + 200, Phase.LEDGER, "recount")


TABLES = ("snapshots", "flows", "calls", "distributions", "facts", "providers", "careers")


def of_zones(run: Run, table: str) -> pd.DataFrame:
    """The rows of a table that concern a zone of the territory, with texts in the place of categories."""
    frame = run.table(table)
    frame = frame[frame["zone"].isin(OWN)].reset_index(drop=True)
    return frame.astype({c: str for c in frame if frame[c].dtype == "category"})


def test_rows_are_those_of_the_territory_and_its_halo_declared_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the same day 0 and no newcomers, the two as one territory give the same rows, and those of the halo."""
    drawn: list[Start] = []

    def kept(*arguments: Any) -> Start:
        drawn.append(beside(*arguments))
        return drawn[-1]

    monkeypatch.setattr(simulation, "beside", kept)
    parameters = {
        **BUSY,
        "entries_per_list_holder": 0.0,
        "absorption_minutes": -1.0,  # colleagues are those of either of the two
        "elsewhere_follows_share": 0.0,  # elsewhere is what is beyond both
    }
    density = {"list_holders_per_100000": 2 / HALO.population.sum() * 1e5}
    said = blocks(union=False, parameters=parameters | density, policies=[Recount()])
    with_halo = simulate(said, territory=SURROUNDED)
    monkeypatch.setattr(simulation, "draw_day0", lambda *_: drawn[0])
    union = simulate(blocks(union=True, parameters=parameters), territory=UNION)
    exits = union.facts.loc[union.facts["event"] == "gp_exited", "zone"]
    assert exits.isin(OWN).any()
    assert exits.isin(AROUND).any()
    assert len(union.flows.query("cause == 'moved_within' and zone in @OWN")) > 50
    assert with_halo.zones == OWN
    for table in TABLES:
        assert {*AROUND} & {*union.table(table)["zone"].astype(str)}, table
        pd.testing.assert_frame_equal(of_zones(with_halo, table), of_zones(union, table))
        assert {*with_halo.table(table)["zone"].cat.categories} == {*OWN}
    assert 0 < with_halo.spells["count"].sum() < union.spells["count"].sum()
    paid = [ordinary_care(run) for run in (with_halo, union)]
    assert len(paid[0]) > 5 * 35  # five sums in each of three years' months
    assert np.abs(paid[0] - paid[1]).max() <= 2  # of some sums the cents are rounded apart
    around = union.snapshots[union.snapshots["zone"].isin(AROUND)].groupby("date", observed=True)
    totals = with_halo.totals().set_index("date")
    assert totals["adults_around"].tolist() == around["adults"].sum().tolist()
    assert totals["without_mt_around"].tolist() == around[["lost", "never_declared"]].sum().sum(axis=1).tolist()


def ordinary_care(run: Run) -> pd.Series[int]:
    """Cents of everybody's, by day, line and payer."""
    accounts = run.accounts.astype({"line": str, "payer": str})
    accounts = accounts[accounts["actor"].isin(ORDINARY_CARE)]
    return accounts.groupby(["date", "line", "payer"])["cents"].sum()


class Closes(Policy):
    """Closes the centre X, whose list crosses the border, or takes its doctors away."""

    kind: ClassVar[str] = "test_halo:Closes"

    starts: date
    leaves: bool = False

    def act(self, world: World) -> Behaviour:
        """Looks at the list, and closes."""
        centre = world.centres["X"]
        people = world.residents.people()
        homes = people[people[:, k.PROVIDER] == centre.slot, k.ZONE]
        assert (homes < len(OWN)).sum() > 20
        assert (homes >= len(OWN)).sum() > 20
        if self.leaves:
            for gp in list(centre.salaried):
                leave_post(world, gp, "other work")
        else:
            close_centre(world, centre)
        yield from ()


def test_residents_around_of_a_centre_that_closes_are_paid_for_once() -> None:
    """December costs the same, whether the centre closes on the day after its last or one day later."""
    posts = Posts(salaried_gps=SalariedGps(count=1))
    centre = DayZeroCentre(form="municipal", zone="A2", name="X", posts=posts, listed=400, **NONE)

    def december(closes: date) -> dict[str, float]:
        supply = {"centres": [centre]}
        said = scenario_of(gps=2, years=3, residents=without_mt(0.2), policies=[Closes(starts=closes)], supply=supply)
        accounts = simulate(said, territory=SURROUNDED).accounts.astype({"line": str})
        lines = ["fees", "consultations", "consultations without MT"]
        month = (accounts["date"] > "2021-12-01") & (accounts["date"] <= "2022-01-01")
        rows = accounts[month & accounts["line"].isin(lines) & (accounts["payer"] != "")]
        return {
            str(actor): float(cents) for actor, cents in rows.groupby("actor", observed=True)["cents"].sum().items()
        }

    one, other = (december(date(2022, 1, day)) for day in (1, 2))
    assert sum(one.values()) == pytest.approx(sum(other.values()), rel=0.005)
    for actor in ("liberal practices", "care around"):
        assert one[actor] == pytest.approx(other[actor], rel=0.02)


@pytest.mark.parametrize("leaves", [False, True])
def test_everyone_is_paid_for_once_in_every_month(leaves: bool) -> None:
    """Where all residents need as much, wherever their MT is, a month costs so much for each of them."""
    needs = dict.fromkeys(("consultations_per_patient", "consultations_without_mt_per_year"), 4.0)
    no_one_else = dict.fromkeys(("children_per_listed_adult", "centre_undeclared_per_declared"), 0.0)
    posts = Posts(salaried_gps=SalariedGps(count=1))
    centre = DayZeroCentre(form="municipal", zone="A2", name="X", posts=posts, listed=400, **NONE)
    said = scenario_of(
        gps=2,
        years=3,
        residents=without_mt(0.2),
        policies=[Closes(starts=date(2021, 3, 17), leaves=leaves)],
        supply={"centres": [centre], "interns_per_semester": Count(count=0, **NONE)},
        parameters={**BUSY, **needs, **no_one_else, "fee_rejects_share": 0.0, "other_gps_per_list_holder": 0.0},
    )
    run = simulate(said, territory=SURROUNDED)
    released = run.facts[run.facts["event"].isin(["list_released", "centre_closed"])]
    assert released.loc[released["actor"] == "X", "residents"].max() > 200
    accounts = run.accounts[run.accounts["payer"] != ""].astype({"line": str})
    lines = ["fees", "consultations", "consultations without MT"]
    accounts = accounts[accounts["line"].isin(lines)]
    month = (accounts["date"] - pd.Timedelta(days=1)).dt.to_period("M")
    euro = (accounts["cents"].groupby(month).sum() / 100).iloc[1:-1]  # whole months
    totals = run.totals()
    adults = totals[["adults", "adults_around"]].sum(axis=1).groupby(totals["date"].dt.to_period("M")).last()
    assert len(euro) > 30
    np.testing.assert_allclose(euro, adults[euro.index] * 4.0 / 12 * 25, rtol=0.003)


def test_outcomes_are_those_of_the_territory() -> None:
    run = simulate(blocks(union=False, parameters=BUSY), territory=SURROUNDED)
    outcomes = run.outcomes().pivot(index="date", columns="outcome", values="value")
    day0 = run.snapshots[run.snapshots["date"] == run.snapshots["date"].min()]
    assert day0["lost"].sum() + day0["never_declared"].sum() == 400
    assert outcomes["share_without_mt"].iloc[0] == 400 / day0["adults"].sum()
    lists = run.providers.groupby("date")["list"]
    assert (outcomes["list_holders"].to_numpy() == lists.size().to_numpy()).all()
    # the accounts of residents without MT add up although some move into the halo or come from it
    stocks = run.snapshots.groupby("date")[["lost", "never_declared"]].sum().sum(axis=1)
    flows = run.flows.groupby("date")["count"].sum().reindex(stocks.index, fill_value=0)
    assert (stocks.diff().iloc[1:] == flows.iloc[1:]).all()
    assert run.flows.query("cause == 'moved_within'").groupby("date")["count"].sum().abs().sum() > 0


def test_day0_is_drawn_for_each_of_the_two() -> None:
    """The same people by age in both, yet not the same persons; lists and targets are those of the adults of each."""
    scenario = scenario_of(gps=2, residents=without_mt(0.11), parameters=room(0.25))
    world = build_world(scenario, seed=1, replication=0, territory=SURROUNDED)
    people, halo = world.residents.people(), world.halo
    assert halo is not None
    first, *_, last = (people[people[:, k.ZONE] == z][:, [k.ALD, k.PRECARIOUS, k.STATE]] for z in range(5))
    assert len(first) == len(last)
    assert not np.array_equal(first, last)
    for gps, zones in ((world.gps, (0, 1)), (halo.gps, (2, 3, 4))):
        lists = sum(world.residents.list_size(gp.slot) for gp in gps.values())
        inside = np.isin(people[:, k.ZONE], zones) & (people[:, k.STATE] == k.LISTED)
        assert lists == pytest.approx((inside & (people[:, k.PROVIDER] != k.OUTSIDE)).sum(), abs=1)
        assert sum(gp.base_target for gp in gps.values()) == pytest.approx(1.25 * lists, rel=0.08)


@pytest.mark.parametrize("where", ["A2", "B1"])
def test_lists_are_handed_over_on_one_side_of_the_border(where: str) -> None:
    """Colleagues on the other side are as near, and take nobody over."""
    parameters = room(0.3) | {"absorption_minutes": 30.0, "list_holders_per_100000": 400.0, "handover_share": 1.0}
    world = build_world(scenario_of(gps=4, parameters=parameters), seed=1, replication=0, territory=SURROUNDED)
    assert world.halo is not None
    sides = [world.gps, world.halo.gps]
    here, there = sides if where in OWN else sides[::-1]
    gp = next(gp for gp in here.values() if gp.name.startswith(f"gp-{where}"))
    before = {one.name: world.residents.list_size(one.slot) for side in sides for one in side.values()}
    careers.leave(world, gp)
    taken = [[world.residents.list_size(g.slot) - before[g.name] for g in side.values()] for side in (here, there)]
    assert sum(taken[0]) > 50
    assert not any(taken[1])
    assert len(taken[1]) > 2


def test_a_halo_leaves_what_is_said_of_the_territory_as_it_is() -> None:
    """Day 0, and who ceases, arrives and retires when: the same persons on the same days with and without a halo."""
    scenario = scenario_of(
        years=3,
        parameters={**BUSY, "zone_choice_shortage": 0.0},
        residents=without_mt(0.2),
        supply={"first_installations": Rate(per_year=4, **NONE)},
    )
    start, supply = [], []
    for territory in (ALONE, SURROUNDED):
        day0 = draw_day0(scenario, ALONE, Streams(1, 0), p := Parameters(scenario.parameters), hazards(p))
        world = build_world(scenario, seed=1, replication=0, territory=territory)
        people = world.residents.people()
        assert np.array_equal(day0.zone, people[: len(day0.zone), k.ZONE])
        start.append(people[: len(day0.zone), : k.PROVIDER])
        facts = simulate(scenario, territory=territory).facts
        supply.append(facts[facts["event"].isin(["gp_exited", "gp_settled", "gp_announced", "intern_graduated"])])
    assert np.array_equal(*start)
    assert len(supply[0].query("event == 'gp_settled'")) > 5
    columns = ["date", "event", "actor", "zone", "detail"]
    pd.testing.assert_frame_equal(*(f[columns].astype(str).reset_index(drop=True) for f in supply))


def test_residents_register_beyond_the_border() -> None:
    """Without GPs of their own, residents of the territory are listed in the halo, some minutes away."""
    said = scenario_of(gps=0, residents=without_mt(0.5), supply={"interns_per_semester": Count(count=0, **NONE)})
    run = simulate(said.with_parameters(list_holders_per_100000=200.0), territory=SURROUNDED)
    assert run.providers.empty
    assert not (run.facts["event"] == "gp_present").any()
    last = run.snapshots[run.snapshots["date"] == run.snapshots["date"].max()]
    assert last["listed_reachable"].sum() > 0.3 * last["adults"].sum()
    assert last["minutes"].sum() / last["listed_reachable"].sum() > 3
    assert -run.flows.query("cause == 'registered_liberal'")["count"].sum() > 50


class Witness(Policy):
    """Bends everything that can be bent, and looks at what it bends."""

    kind: ClassVar[str] = "test_halo:Witness"

    def act(self, world: World) -> Behaviour:
        """Notes what holds here and there."""
        tables, own = world.residents._tables, int(world.residents._tables.indptr[2])
        before = tables.zfloat.copy(), tables.weights.copy()
        with world.levers.bend(**{name: 0.3 for name in Levers.NAMES if name != "grant_ratio"}):
            after = tables.zfloat.copy(), tables.weights.copy()
            for b, a, n in zip(before, after, (2, own), strict=True):
                assert (b[:n] != a[:n]).any()
                assert np.array_equal(b[n:], a[n:])
            assert world.halo is not None
            here, there = next(iter(world.gps.values())), next(iter(world.halo.gps.values()))
            assert [world.bent_for("exit_log_odds", gp) for gp in (here, there)] == [0.3, 0.0]
            offers = world.residents._offers
            assert offers[here.slot].target == round(here.base_target * 1.3)
            assert offers[there.slot].target == there.base_target
            without = world.residents.count_without_mt(world.today)
            assert world.residents.accompany(world.today, n=10**6)[0] == without
            assert len(world.residents.share_without_mt(world.today)) == 2
            yield world.at(world.calendar.horizon, Phase.POLICY, "witness")


def test_policies_do_not_reach_into_the_halo() -> None:
    simulate(scenario_of(years=1, residents=without_mt(0.3), policies=[Witness()]), territory=SURROUNDED)


def test_without_a_halo_nothing_changes() -> None:
    assert ALONE.whole is ALONE
    empty = replace(SURROUNDED, halo=None)
    assert empty.digest == ALONE.digest != SURROUNDED.digest
    scenario = scenario_of(years=1)
    assert digests(simulate(scenario, territory=empty)) == digests(simulate(scenario, territory=ALONE))


def test_arrivals_and_departures_of_residents_balance_in_each_of_the_two() -> None:
    """Movers choose zones so that an old halo does not fill up with the territory's young, or the other way round."""
    old = replace(HALO, population=np.where(np.arange(AGES) < 50, 0, HALO.population * 3))
    scenario = scenario_of(years=1)
    p = Parameters(scenario.parameters)
    rates, streams = hazards(p), Streams(1, 0)
    both = beside(draw_day0(scenario, ALONE, streams, p, rates), draw_day0(scenario, old, streams, p, rates), rates)
    moving = rates.move_out + rates.move_within
    leaving = np.bincount(both.zone, moving[scenario.start.year - both.birth])
    assert both.destinations is not None
    assert both.destinations[:2].sum() == pytest.approx(leaving[:2].sum())
    assert both.destinations[2:].sum() == pytest.approx(leaving[2:].sum())
    here, *_, there = both.destinations / both.adults
    assert there < 0.8 * here
