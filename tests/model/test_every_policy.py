"""What every policy must do, whatever it is: commute, wait for its day, leave no residue, keep the accounts of people.

All kinds at once, on two communes. `EVERY` holds an instance of each; a new kind needs one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest
from strategies import Audit, digests, scenario_of, without_mt

from ess_sim.clock import Calendar
from ess_sim.inputs.scenario.centre_spec import (
    CentreSpec,
    DayZeroCentre,
    Finance,
    Grant,
    Interns,
    Posts,
    RetiredGps,
    SalariedGps,
)
from ess_sim.inputs.scenario.files import write_scenario
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.inputs.scenario.sourced import Count, Rate
from ess_sim.model.policies.ald_campaign import AldCampaign
from ess_sim.model.policies.base import Policy
from ess_sim.model.policies.cesp import Cesp
from ess_sim.model.policies.departures import Departures
from ess_sim.model.policies.grant_cut import GrantCut
from ess_sim.model.policies.host_interns import HostInterns
from ess_sim.model.policies.later_retirement import LaterRetirement
from ess_sim.model.policies.lift_barriers import LiftBarriers
from ess_sim.model.policies.mediators import Mediators
from ess_sim.model.policies.medical_assistants import MedicalAssistants
from ess_sim.model.policies.medicobus import Medicobus
from ess_sim.model.policies.nurse_delegation import NurseDelegation
from ess_sim.model.policies.open_centre import OpenCentre
from ess_sim.model.policies.outreach_van import OutreachVan
from ess_sim.model.policies.planned_handover import PlannedHandover
from ess_sim.model.policies.recruit_retired_gps import RecruitRetiredGps
from ess_sim.model.policies.registry import KINDS
from ess_sim.model.policies.regulated_installation import RegulatedInstallation
from ess_sim.model.policies.rotating_doctors import RotatingDoctors
from ess_sim.model.policies.secpa_rollout import SecpaRollout, Wave
from ess_sim.model.policies.settlement_grant import SettlementGrant
from ess_sim.model.policies.smp import Smp
from ess_sim.model.policies.solidarity_days import SolidarityDays
from ess_sim.model.run.read import read_scenario
from ess_sim.model.run.simulation import simulate
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.levers import Levers
from ess_sim.model.world.world import World
from ess_sim.results.run import Run
from ess_sim.results.tables.schema import SCHEMAS

HERE, THERE = "53034", "53054"
NONE = {"source": "none", "grade": "D"}
ON, OFF = date(2021, 3, 10), date(2022, 9, 1)


def centre(name: str, zone: str = HERE) -> CentreSpec:
    grant = Grant(payer="agency", euro_per_year=60_000, **NONE)
    return CentreSpec(
        form="association",
        zone=zone,
        name=name,
        posts=Posts(salaried_gps=SalariedGps(count=2, fte_each=0.5), nurses=1.0, mediators=0.5),
        finance=Finance(reserves_euro=40_000, grants=(grant,)),
    )


def every(on: date = ON, off: date | None = OFF) -> dict[str, Policy]:
    """An instance of each kind that begins and, where it can, ends on these days."""
    retired = RetiredGps(count=3, fte_each=0.5)
    found: Sequence[Policy] = (
        AldCampaign(starts=on, ends=off, contacted_share=0.5),
        Cesp(starts=on, ends=off, zones=(HERE,), per_year=1),
        Departures(starts=on, oldest=1),
        GrantCut(starts=on, ends=off, centre="case", cut=0.5),
        HostInterns(starts=on, ends=off, zone=THERE, per_semester=1),
        LaterRetirement(starts=on, ends=off),
        LiftBarriers(starts=on, ends=off, physical=0.5, financial=0.5, psychological=0.5),
        Mediators(starts=on, ends=off, zones=(HERE,), fte=1.0),
        MedicalAssistants(starts=on, ends=off, contracts=2),
        Medicobus(starts=on, ends=off, zones=(HERE, THERE), fte=0.4),
        NurseDelegation(starts=on, ends=off, zones=(HERE, THERE), nurses=1.0),
        OpenCentre(opens=on, closes=off, centre=centre("maison")),
        OutreachVan(starts=on, ends=off, zones=(THERE,), screenings_per_year=300),
        PlannedHandover(opens=on, closes=off, centre=centre("releve", THERE), retires=date(2021, 9, 1)),
        RecruitRetiredGps(opens=on, closes=off, zone=HERE, count=3),
        RegulatedInstallation(starts=on, ends=off, threshold=0.1),
        RotatingDoctors(opens=on, closes=off, zone=THERE, lines=1),
        SecpaRollout(waves=(Wave(opens=on, count=1),), ends=off, zones=(HERE,)),
        SettlementGrant(starts=on, ends=off, zones=(HERE, THERE)),
        Smp(opens=on, closes=off, zone=HERE, retired_gps=retired, interns=Interns(per_semester=1)),
        SolidarityDays(starts=on, ends=off, zones=(HERE,)),
    )
    return {policy.kind: policy for policy in found}


EVERY = every()
CASE = DayZeroCentre(
    **centre("case").model_dump() | {"posts": Posts(salaried_gps=SalariedGps(count=2, fte_each=0.5))},
    listed=150,
    **NONE,
)
"""There from day 0, and after the last policy has ended."""


class Tidy(Policy):
    """Looks, after all policies have ended, whether anything is still bent."""

    kind: ClassVar[str] = "test_every_policy:Tidy"

    def first_day(self, calendar: Calendar) -> int:
        """The day after the others have ended."""
        return calendar.day(OFF) + 1

    def act(self, world: World) -> Behaviour:
        """Every lever stands where it stood."""
        for name in Levers.NAMES:
            assert not world.by_zone(name).any(), name
            assert not any(world.levers.of(name, actor) for actor in (*world.gps, *world.centres)), name
        assert not world.extra_interns
        assert not world.claims
        yield from ()


def scenario(*policies: Policy, **changes: Any) -> Scenario:
    supply = {
        "centres": [CASE],
        "first_installations": Rate(per_year=2.0, **NONE),
        "interns_per_semester": Count(count=2, **NONE),
    }
    return scenario_of(gps=8, years=3, residents=without_mt(0.25), supply=supply, policies=policies, **changes)


@pytest.fixture(scope="module")
def base() -> Run:
    return simulate(scenario())


@pytest.fixture(scope="module")
def together() -> Run:
    return simulate(scenario(*EVERY.values(), Audit(), Tidy()))


def before(run: Run, day: date) -> dict[str, pd.DataFrame]:
    """What the tables say of the days before one day."""
    end = pd.Timestamp(day)
    dated = {name: "from" if name == "careers" else "date" for name in SCHEMAS if name != "spells"}
    out = {name: run.table(name) for name in dated}
    out = {name: frame[frame[dated[name]] < end] for name, frame in out.items()}
    out["careers"] = out["careers"].drop(columns="to")  # the end may come later, and differ
    return {name: frame.astype(str).drop(columns="scenario").reset_index(drop=True) for name, frame in out.items()}


def test_there_is_an_instance_of_every_kind() -> None:
    assert set(EVERY) == set(KINDS)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_nothing_differs_before_the_first_day_and_something_does_afterwards(kind: str, base: Run) -> None:
    run = simulate(scenario(EVERY[kind]))
    then = before(run, ON)
    assert len(then["facts"]) > 5
    for name, frame in before(base, ON).items():
        pd.testing.assert_frame_equal(then[name], frame, obj=name)
    changed = [name for name, digest in digests(run).items() if digest != digests(base)[name]]
    assert changed, "a policy that changes nothing at all"


SHOCKS = ("departures", "grant_cut")


@pytest.mark.parametrize("kind", sorted(EVERY.keys() - set(SHOCKS)))
def test_no_policy_counts_as_free(kind: str, base: Run) -> None:
    """It books what it costs, or says that nobody knows."""
    run = simulate(scenario(EVERY[kind], parameters={"solidarity_volunteer_share": 1.0} if "days" in kind else {}))
    before = {(entry.actor, entry.line, entry.payer) for entry in base.record.entries}
    booked = {(entry.actor, entry.line, entry.payer) for entry in run.record.entries} - before
    assert booked or any(fact.event == "cost_unknown" for fact in run.record.facts)


def test_the_order_of_all_policies_together_does_not_matter(together: Run) -> None:
    policies = [*EVERY.values(), Audit(), Tidy()]
    for seed in range(2):
        order = np.random.default_rng(seed).permutation(len(policies))
        assert digests(simulate(scenario(*(policies[i] for i in order)))) == digests(together)


def test_all_policies_together_leave_no_lever_bent(together: Run) -> None:
    """`Tidy` would have raised; it must have been there."""
    assert any(policy.kind == Tidy.kind for policy in together.scenario.policies)


def test_flows_explain_the_change_of_stock_under_all_policies(together: Run) -> None:
    snapshots = together.snapshots.groupby("date")[["lost", "never_declared"]].sum().sum(axis=1)
    flows = together.flows.groupby("date")["count"].sum().reindex(snapshots.index, fill_value=0)
    assert (snapshots.diff().iloc[1:] == flows.iloc[1:]).all()


DOCTORS = ("liberal", "salaried", "other", "sessions", "retired", "locum")


def test_nobody_is_in_two_places_and_nobody_comes_from_nowhere(together: Run) -> None:
    """Head counts by pool: every doctor has an origin, and is in one pool at a time."""
    careers = together.careers[together.careers["mode"].isin(DOCTORS)]
    known = ("gp-", "arrival-", "intern-", "retiree-", "retired-elsewhere-", "other-", "salaried-", "smp-", "interns-")
    assert not [person for person in careers["person"].unique() if not str(person).startswith(known)]
    end = pd.Timestamp(together.scenario.calendar.end)
    for person, stints in careers.sort_values("from").groupby("person", observed=True):
        last = stints["to"].fillna(end)
        assert (stints["from"].iloc[1:].to_numpy() >= last.iloc[:-1].to_numpy()).all(), (person, stints)


def test_centres_accounts_add_up_under_all_policies(together: Run) -> None:
    """Opening reserves plus every line are the reserves that the last fact states."""
    facts, accounts = together.facts, together.accounts
    said = facts[facts["event"].isin(["reserves", "centre_closed"])].drop_duplicates("actor", keep="last")
    assert {"case", "maison", "releve"} <= set(said["actor"])
    for row in said.itertuples():
        own = accounts[(accounts["actor"] == row.actor) & (accounts["date"] <= row.date)]
        assert own["cents"].sum() == round(100 * row.value), row.actor


def test_all_policies_can_be_written_and_read(tmp_path: Path) -> None:
    one = scenario(*EVERY.values())
    write_scenario(one, tmp_path / "all.yaml")
    assert read_scenario(tmp_path / "all.yaml").digest == one.digest
