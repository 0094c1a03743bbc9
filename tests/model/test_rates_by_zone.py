"""Residents' rates that a scenario states by zone (docs/model.md, 2.1)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from strategies import (
    NONE,
    calls_by_outcome,
    crowd,
    digests,
    make_territory,
    near,
    population,
    scenario_of,
    still,
    town,
    without_mt,
)

from ess_sim.clock import DAYS_PER_YEAR
from ess_sim.errors import ScenarioError
from ess_sim.inputs.scenario.blocks import RATES, RatesBlock
from ess_sim.inputs.scenario.files import write_scenario
from ess_sim.inputs.scenario.scenario import ResidentsStart, Scenario
from ess_sim.model import kernel as k
from ess_sim.model.policies.base import Policy
from ess_sim.model.policies.lift_barriers import LiftBarriers
from ess_sim.model.policies.mediators import Mediators
from ess_sim.model.residents.quantities import BY_ZONE, bent_rates, rates_by_zone, write_rates
from ess_sim.model.run.checks import check, unreadable_parameters
from ess_sim.model.run.read import read_scenario
from ess_sim.model.run.simulation import simulate
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.levers import Levers
from ess_sim.model.world.world import World
from ess_sim.model.world.zonal import bend_each

CITY = make_territory({"A": town(), "B": town(), "C": town()}, km=2.0)
NEAR = np.full((3, 3), 5.0)


def block(zones: str, **rates: float) -> RatesBlock:
    return RatesBlock(zones=zones if zones == "remainder" else list(zones), **rates, **NONE)


def stating(*blocks: RatesBlock, **changes: Any) -> Scenario:
    residents = ResidentsStart(without_mt=without_mt(0.25).without_mt, rates=blocks or None)
    return scenario_of(gps=3, years=1, residents=residents, **changes)


def in_crowd(state: int, blocks: Sequence[RatesBlock], **rates: float) -> Any:
    """Six thousand residents of a state in three zones, with parameters for the first and the others' own rates."""
    zones = ["Z001", "Z002"]
    own = [RatesBlock(zones=[zone], **given, **NONE) for zone, given in zip(zones, blocks, strict=True)]
    day0 = crowd(6000, state, zones=3, zone=np.repeat([0, 1, 2], 2000))
    return population(day0, p=still(**rates), blocks=own, minutes=NEAR)


def test_calls_come_at_the_rate_of_the_zone() -> None:
    """The bound is the highest zone's; the others are thinned."""
    own: Any = [{"call_rate_per_year": 9.0}, {"call_rate_per_year": 0.0}]
    residents = in_crowd(k.SEEKING, own, call_rate_per_year=3.0)
    residents.advance(100)
    years = 100 / DAYS_PER_YEAR
    by_zone = residents._tables.calls.reshape(k.N_OUTCOMES * k.N_CALLERS, 3, -1).sum(axis=(0, 2))
    for made, rate in zip(by_zone, (3.0, 9.0, 0.0), strict=True):
        assert near(made, 2000 * rate * years, math.sqrt(2000 * rate * years))
    assert calls_by_outcome(residents).sum() == by_zone.sum()
    residents.check()


def test_who_gave_up_looks_again_at_the_rate_of_the_zone() -> None:
    """And is in need at the rate of all."""
    own: Any = [{"return_rate_per_year": 4.0}, {"return_rate_per_year": 0.0}]
    residents = in_crowd(k.DISCOURAGED, own, return_rate_per_year=1.0, need_rate_per_year=0.5)
    residents.advance(100)
    seeking = residents.counts.reshape(3, -1, k.N_COUNTS)[:, :, k.C_SEEKING].sum(axis=1)
    for found, rate in zip(seeking, (1.5, 4.5, 0.5), strict=True):
        chance = 1 - math.exp(-rate * 100 / DAYS_PER_YEAR)
        assert near(found, 2000 * chance, math.sqrt(2000 * chance * (1 - chance)))
    residents.check()


def test_who_looks_gives_up_at_the_rate_of_the_zone() -> None:
    """However often the others give up, or call."""
    own: Any = [{"give_up_rate_per_year": 4.0}, {"give_up_rate_per_year": 0.0}]
    residents = in_crowd(k.SEEKING, own, give_up_rate_per_year=1.0, call_rate_per_year=2.0)
    residents.advance(100)
    gone = residents.counts.reshape(3, -1, k.N_COUNTS)[:, :, k.C_SEEKING + k.DISCOURAGED - k.SEEKING].sum(axis=1)
    for found, rate in zip(gone, (1.0, 4.0, 0.0), strict=True):
        chance = 1 - math.exp(-rate * 100 / DAYS_PER_YEAR)
        assert near(found, 2000 * chance, math.sqrt(2000 * chance * (1 - chance)))
    made = residents._tables.calls.reshape(k.N_OUTCOMES * k.N_CALLERS, 3, -1).sum(axis=(0, 2))
    expected = 2000 * 2.0 * 100 / DAYS_PER_YEAR
    assert near(made[2], expected, math.sqrt(expected))


def test_levers_bend_the_zone_s_own_rate() -> None:
    blocks = [block("B", call_rate_per_year=4.0, informed_share=0.9), block("C", return_rate_per_year=2.0)]
    p = still(call_rate_per_year=2.0, informed_share=0.5, return_rate_per_year=1.0, precarious_call_multiplier=0.8)
    rates = rates_by_zone(blocks, "ABC", p)
    bent = bent_rates(rates, call_ratio=np.array([0.5, 0.5, -2.0]), return_rate=0.5, informed_share=0.2, dare=-0.3)
    found = {quantity.base: bent.by_zone[:, i] for i, quantity in enumerate(BY_ZONE) if isinstance(quantity.base, str)}
    assert (found["call_rate_per_year"] * DAYS_PER_YEAR).tolist() == pytest.approx([3.0, 6.0, 0.0])
    assert (found["return_rate_per_year"] * DAYS_PER_YEAR).tolist() == pytest.approx([1.5, 1.5, 2.5])
    assert found["informed_share"].tolist() == pytest.approx([0.7, 1.0, 0.7])
    assert found["precarious_call_multiplier"].tolist() == pytest.approx([0.5, 0.5, 0.5])
    tables = in_crowd(
        k.SEEKING, ({"call_rate_per_year": 1.0}, {"call_rate_per_year": 1.0}), old_call_multiplier=2.0
    )._tables
    write_rates(tables, bent)
    assert tables.par[k.P_CALL_MAX] == pytest.approx(6.0 * tables.loudness.max() / DAYS_PER_YEAR)
    assert tables.par[k.P_RETURN_MAX] == pytest.approx(2.5 / DAYS_PER_YEAR)
    with pytest.raises(TypeError, match="no levers of residents by zone: daring"):
        bent_rates(rates, daring=0.1)


def test_what_all_zones_state_is_what_the_parameter_says() -> None:
    """To the last byte; and a zone that states what holds everywhere changes nothing."""
    values = {"call_rate_per_year": 4.0, "informed_share": 0.3, "return_rate_per_year": 0.7}
    values |= {"give_up_rate_per_year": 0.7}
    plain = digests(simulate(stating(parameters=values), territory=CITY))
    everywhere = stating(block("B", **values, precarious_call_multiplier=0.8), block("remainder", **values))
    assert digests(simulate(everywhere, territory=CITY)) == plain
    assert digests(simulate(stating(block("B", call_rate_per_year=4.0), parameters=values), territory=CITY)) == plain
    other = stating(block("B", call_rate_per_year=8.0), parameters=values)
    assert digests(simulate(other, territory=CITY)) != plain


def test_a_parameter_that_every_zone_overrules_is_not_read() -> None:
    values = {"call_rate_per_year": 4.0, "informed_share": 0.3}
    everywhere = stating(
        block("B", call_rate_per_year=2.0),
        block("remainder", call_rate_per_year=3.0, informed_share=0.1),
        parameters=values,
    )
    ((name, what),) = unreadable_parameters(everywhere)
    assert (name, what) == ("call_rate_per_year", "not read, because the scenario gives residents.rates")
    assert unreadable_parameters(stating(block("ABC", **values), parameters=values)) == []
    run = simulate(everywhere.with_(parameters={"informed_share": 0.3}), territory=CITY)
    read = {parameter["name"]: parameter["read"] for parameter in run.parameters}
    assert not read["call_rate_per_year"]
    assert read["informed_share"]  # in B


# --- policies that act on what residents dare -------------------------------------------------------------------------


class Peek(Policy):
    """Notes what the precarious of each zone dare."""

    kind: ClassVar[str] = "test_rates_by_zone:Peek"
    seen: ClassVar[list[list[float]]] = []

    starts: date

    def act(self, world: World) -> Behaviour:
        """Looks once."""
        yield world.at(world.today + 1, 9, "peek")  # type: ignore[arg-type]
        self.seen.append(world.residents._tables.zfloat[:, k.ZF_DARE].tolist())


def dared(*policies: Policy) -> list[float]:
    blocks = block("A", precarious_call_multiplier=0.2), block("B", precarious_call_multiplier=1.0)
    peek = Peek(starts=date(2020, 6, 1))
    residents = ResidentsStart(without_mt=without_mt(0.25).without_mt, rates=blocks)
    simulate(scenario_of(gps=3, years=1, residents=residents, policies=[*policies, peek]), territory=CITY)
    return Peek.seen.pop()


def test_policies_lift_what_each_zone_lacks() -> None:
    starts = date(2020, 4, 1)
    assert dared() == [0.2, 1.0, 0.8]
    assert dared(LiftBarriers(starts=starts, psychological=0.5)) == pytest.approx([0.6, 1.0, 0.9])
    for zones in (("A", "B", "C"), None):
        a, b, c = dared(Mediators(starts=starts, zones=zones, fte=2.0))
        assert 0.2 < a < b == 1.0
        assert (a - 0.2) / 0.8 == pytest.approx((c - 0.8) / 0.2)  # the same part of what is lacking


def test_an_array_bends_each_zone_by_its_own_value() -> None:
    levers, changed = Levers(), []
    levers.on_change(["dare"], changed.append)
    with bend_each(levers, dare=np.array([0.1, 0.2])):
        assert levers.by_zone("dare", 2).tolist() == [0.1, 0.2]
    assert changed == [0, 1, 1, 0]
    assert not levers.by_zone("dare", 2).any()
    with bend_each(levers, dare=np.array([0.2, 0.2])):
        assert levers["dare"] == 0.2
    assert levers["dare"] == 0.0


# --- what a scenario may say ------------------------------------------------------------------------------------------


WRONG: list[tuple[list[dict[str, Any]], str]] = [
    ([{"zones": ["53034"]}], f"[0]: give at least one of {', '.join(RATES)}"),
    ([{"zones": ["53034"], "call_rate": 2.0}], "[0].call_rate: unknown key (did you mean 'call_rate_per_year'?)"),
    ([{"zones": ["53034"], "tolerance_minutes": 2.0}], "[0].tolerance_minutes: unknown key"),
    (
        [{"zones": ["53034"], "call_rate_per_year": -1.0}],
        "[0].call_rate_per_year: -1 per year is out of range: it lies between 0 and 1000",
    ),
    ([{"zones": ["53034"], "informed_share": True}], "[0].informed_share: must be a number, not true"),
    (
        [{"zones": [zone], "informed_share": 0.5} for zone in ("53034", "53034")],
        "[1].zones[0]: zone '53034' is already named by block 0",
    ),
    ([{"zones": ["53035"], "informed_share": 0.5}], "[0].zones[0]: unknown zone '53035' in this territory"),
    ([{"zones": "remainder", "informed_share": 0.5}] * 2, "[1].zones: a second remainder (the first is block 0)"),
]


@pytest.mark.parametrize(("blocks", "what"), WRONG)
def test_what_is_wrong_with_rates(blocks: list[dict[str, Any]], what: str) -> None:
    with pytest.raises(ScenarioError) as error:
        check(scenario_of(residents={"rates": [one | NONE for one in blocks]}))
    assert any(f"{p.where}: {p.what}".startswith(f"residents.rates{what}") for p in error.value.problems)


def test_rates_are_part_of_the_scenario(tmp_path: Path) -> None:
    """Its digest, its file, its equality; one that states none is what it was before there were any."""
    one = scenario_of(residents={"rates": [{"zones": ["53034"], "call_rate_per_year": 3, **NONE}]})
    other = scenario_of(residents={"rates": [{"zones": ["53034"], "call_rate_per_year": 4, **NONE}]})
    assert len({scenario.digest for scenario in (scenario_of(), one, other)}) == 3
    assert "rates" not in scenario_of().to_dict()["residents"]
    assert one.to_dict()["residents"]["rates"] == [{"zones": ["53034"], "call_rate_per_year": 3.0, **NONE}]
    write_scenario(one, tmp_path / "one.yaml")
    assert read_scenario(tmp_path / "one.yaml") == one
    assert len({one, other, scenario_of()}) == 3
