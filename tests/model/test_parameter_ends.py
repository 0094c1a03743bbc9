"""Every parameter at both ends of what a scenario may say: a run that counts, or a refusal before it begins."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, ClassVar

import numpy as np
import pytest
from strategies import NONE, make_territory, scenario_of, town, without_mt

from ess_sim.clock import Phase
from ess_sim.errors import ParameterError, ScenarioError
from ess_sim.inputs.catalogue.parameters import Parameters, catalogue, override_problems
from ess_sim.inputs.scenario.centre_spec import DayZeroCentre, Finance, Grant, Posts, SalariedGps
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.inputs.scenario.sourced import Rate
from ess_sim.model import kernel as k
from ess_sim.model.policies.base import Case, Policy
from ess_sim.model.policies.registry import KINDS
from ess_sim.model.residents.rates import hazards
from ess_sim.model.run.simulation import simulate
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.world import World
from ess_sim.results.run import Run

PLACE = make_territory({"A": town(600), "B": town(400)})
ALL_KINDS = tuple(kind.example(Case(date(2020, 4, 10), date(2021, 1, 20), ("A", "B"))) for kind in KINDS.values())
CENTRE = DayZeroCentre(
    form="association",
    zone="A",
    name="example",
    posts=Posts(salaried_gps=SalariedGps(count=2, fte_each=0.5)),
    finance=Finance(reserves_euro=40_000, grants=(Grant(payer="agency", euro_per_year=60_000, **NONE),)),
    listed=100,
    **NONE,
)
NEVER = {"ready", "entry_time"}
"""Tables of the kernel in which infinity means never, as it does where a provider who takes nobody would be ready."""


class Look(Policy):
    """Looks at all of the kernel's numbers, and recounts everybody."""

    kind: ClassVar[str] = "test_parameter_ends:Look"

    def act(self, world: World) -> Behaviour:
        """Every two months."""
        for day in range(60, world.calendar.horizon, 60):
            yield world.at(day, Phase.END, "look")
            residents = world.residents
            residents.advance(day)
            residents.check()
            for name, table in residents._tables._asdict().items():
                if table.dtype.kind == "f" and name not in NEVER:
                    never = {"pfloat": k.X_RIPE, "par": k.T_ENTRANCE}.get(name)  # the last has reached 17
                    numbers = table if never is None else np.delete(table, never, axis=-1)
                    assert np.isfinite(numbers).all(), name
            assert (residents.providers()[1][:, 1] >= 0).all(), "a target below 0"


INSTEAD_OF = {"entries_per_list_holder": "first_installations", "retired_pool_per_list_holder": "retired_pool"}
"""What a scenario must not say so that a parameter is read."""


def scenario(parameters: Mapping[str, float]) -> Scenario:
    """All kinds of policies, a centre, and what else a parameter may need to be read."""
    supply: dict[str, Any] = {"centres": [CENTRE], "first_installations": Rate(per_year=2.0, **NONE)}
    supply |= {key: None for name, key in INSTEAD_OF.items() if name in parameters}
    policies = (*ALL_KINDS, Look())
    return scenario_of(
        gps=4, years=1, residents=without_mt(0.2), policies=policies, supply=supply, parameters=parameters
    )


def run(**parameters: float) -> Run:
    made = simulate(scenario(parameters), territory=PLACE)
    values = made.outcomes()
    assert not np.isinf(values["value"]).any()
    shares = values[values["outcome"].str.startswith("share_without_mt")].dropna()
    assert shares["value"].between(0, 1).all()
    people = made.snapshots
    assert (people["adults"] == people[["listed", "seeking", "discouraged", "not_seeking"]].sum(axis=1)).all()
    return made


def ends(name: str) -> tuple[float, float]:
    """The smallest and the largest value that a scenario may give, as a refusal says."""
    (_, said), *_ = override_problems({name: 1e300})
    found = re.search(r"between (\S+) and (\S+)$", said)
    assert found, said
    low, high = map(float, found.groups())
    return (low if not override_problems({name: low}) else 1e-9), high


ENDS = [(name, value) for name in catalogue() for value in ends(name)]


def fails_at(pairs: list[tuple[str, float]]) -> Iterator[str]:
    """Which of these values end neither in a sound run nor in a refusal before it."""
    for name, value in pairs:
        try:
            run(**{name: value})
        except ScenarioError:  # lists that cannot be, one bound above another
            continue
        except Exception as error:
            yield f"{name} = {value:g}: {type(error).__name__}: {error}"


def test_some_ends() -> None:
    assert len(ENDS) == 2 * len(catalogue())
    assert list(fails_at(ENDS[::8])) == []


@pytest.mark.validate
def test_all_ends() -> None:
    assert list(fails_at(ENDS)) == []


STOPPED = {"death_rate_at_17": 0.0, **{f"ald_prevalence_at_{age}": 1.0 for age in (17, 40, 60, 80)}}
"""Values of which a rate by age has no value but a limit: once they stopped the residents' clock."""


@pytest.mark.parametrize("name", STOPPED)
def test_residents_move_and_register_at_the_limits(name: str) -> None:
    made = run(**{name: STOPPED[name]})
    late = made.flows[made.flows["date"] > "2020-06-01"]
    causes = set(late["cause"].astype(str))
    assert "moved_in" in causes
    assert {"registered_liberal", "registered_centre"} & causes


@pytest.mark.parametrize("name", STOPPED)
def test_rates_are_those_of_the_values_near_by(name: str) -> None:
    """A limit: at the end itself they are what they become as a value goes there."""
    at = STOPPED[name]
    there, near = (hazards(Parameters({name: value})) for value in (at, abs(at - 1e-12)))
    for part in ("death", "move_out", "move_within", "ald_onset", "ald_prevalence"):
        np.testing.assert_allclose(getattr(there, part), getattr(near, part), atol=1e-3)


def test_without_deaths_of_the_young() -> None:
    death = hazards(Parameters({"death_rate_at_17": 0.0})).death
    assert (death[:30] == 0).all()
    assert (death[30:] > 0).all()


def test_everybody_has_an_ald() -> None:
    """All get one in the year before, at the rate 1; then there is no onset, as wherever prevalence stays or falls."""
    for others in ((60, 80), ()):
        onset = hazards(Parameters({f"ald_prevalence_at_{age}": 1.0 for age in (40, *others)})).ald_onset
        assert onset[39] == pytest.approx(1.0)
        assert (onset[40:60] == 0.0).all()


@pytest.mark.parametrize("name", ["ald_prevalence_at_40", "mobility_60_plus", "move_out_rate_per_year"])
def test_rates_that_are_none_name_their_parameters(name: str) -> None:
    with pytest.raises(ParameterError, match=f"{name} = nan"):
        hazards({**Parameters(), name: float("nan")})


class Less(Policy):
    """Takes away twice what a GP or a centre would take."""

    kind: ClassVar[str] = "test_parameter_ends:Less"

    def act(self, world: World) -> Behaviour:
        """All year."""
        with world.levers.bend(target_ratio=-2.0):
            yield world.at(world.calendar.horizon, Phase.POLICY, "less")


def test_targets_do_not_fall_below_0() -> None:
    most = scenario({"target_decline_from_60": ends("target_decline_from_60")[1]})
    made = simulate(most.with_(policies=(Less(), Look()), parameters={}), territory=PLACE)
    targets = made.providers.groupby("date")["target"]
    assert targets.min().eq(0).any()
    assert targets.min().ge(0).all()
    decline = simulate(scenario_of(gps=30, years=1, parameters=most.parameters, policies=(Look(),)), territory=PLACE)
    assert decline.providers["target"].eq(0).any()
    assert decline.providers["target"].ge(0).all()
