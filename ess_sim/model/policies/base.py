"""What a policy is: a small frozen model whose one method is a behaviour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, Field

from ess_sim.clock import Calendar
from ess_sim.errors import ScenarioError, did_you_mean
from ess_sim.inputs.scenario.blocks import Location
from ess_sim.inputs.scenario.scenario import PolicyModel
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.records import Centre, Gp
from ess_sim.model.world.world import World

__all__ = [
    "CENTRE_PARAMETERS",
    "MEDIATOR_PARAMETERS",
    "GpNames",
    "Policy",
    "ZoneCodes",
    "named_centre",
    "named_gps",
    "zone_indices",
]


MEDIATOR_PARAMETERS = frozenset(
    {
        "mediator_accompanied_share",
        "mediator_agency_euro_per_fte_year",
        "mediator_contacts_per_fte_year",
        "mediator_contacts_without_mt_share",
        "mediator_dare_share",
        "mediator_precarious_weight",
    }
)
"""Catalogue parameters that only matter where there are mediators."""


CENTRE_PARAMETERS = MEDIATOR_PARAMETERS | {
    "assistant_subsidy_first_year_euro",
    "assistant_subsidy_later_years_euro",
    "assistant_subsidy_second_year_euro",
    "assistant_target_gain",
    "association_rescue_probability",
    "centre_flat_payments_to_fees",
    "centre_interns_most",
    "centre_list_per_fte",
    "centre_release_months",
    "centre_reserves_months",
    "consultations_per_fte",
    "cooperative_takeover_probability",
    "doctors_per_assistant",
    "employer_contribution_rate",
    "fee_rejects_share",
    "group_patience_months",
    "intern_target_residents",
    "medical_assistant_cost_euro_per_fte_year",
    "months_overdrawn_to_crisis",
    "municipal_patience_months",
    "mutualist_patience_months",
    "new_centre_reserves_months",
    "newcomer_salaried_share",
    "nurse_cost_euro_per_fte_year",
    "nurse_fees_euro_per_fte_year",
    "opening_news_rate_per_year",
    "other_gp_looking_rate_per_year",
    "other_gp_search_months",
    "other_gps_per_list_holder",
    "receivership_months",
    "rescue_most_euro",
    "retired_age_cap",
    "retired_gp_gross_euro_per_day",
    "retired_sessions_years",
    "retired_willing_share",
    "salaried_gp_gross_euro_per_fte_year",
    "salaried_turnover_per_year",
    "secretaries_per_doctor_fte",
    "secretary_cost_euro_per_fte_year",
    "settle_odds_ratio_generations",
    "staff_share_of_costs",
    "teulade_share_of_contributions",
    "working_days_per_year",
}
"""Catalogue parameters that only matter where there is a centre, which may employ mediators."""


ZoneCodes = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1, strict=False)]
"""One or more zones, where a policy may name several."""


def _once(names: tuple[str, ...]) -> tuple[str, ...]:
    for name, n in Counter(names).items():
        if n > 1:
            raise ValueError(f"{name!r} is named twice")
    return names


GpNames = Annotated[
    tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1, strict=False), AfterValidator(_once)
]
"""GPs of day 0, each once; `simulate` tells whether there are such GPs."""


def zone_indices(world: World, zones: Sequence[str]) -> list[int]:
    """Indices of the zones named, each once, in the territory's order."""
    return sorted(world.territory.zone_index(zone) for zone in set(zones))


def named_centre(world: World, name: str) -> Centre:
    """The centre of this name, open or closed; an error where there has been none."""
    if name not in world.centres:
        today = world.calendar.date(world.today)
        raise ScenarioError(f"no centre {name!r} on {today}{did_you_mean(name, world.centres)}")
    return world.centres[name]


def named_gps(world: World, kind: str, names: Sequence[str]) -> list[Gp]:
    """GPs of day 0, named by a policy of this kind, who are still in practice, in the order of their names."""
    known = [fact.actor for fact in world.facts if fact.event == "gp_present"]
    for name in names:
        if name not in known:
            raise ScenarioError(f"{kind}: no GP {name!r} on day 0{did_you_mean(name, known)}")
    return [world.gps[name] for name in sorted(names) if name in world.gps]


class Policy(PolicyModel):
    """A dated intervention. Subclass it, name its ``kind``, give it fields, and write ``act``.

    `first_day` says when it acts for the first time: at the date in a field named ``starts`` or ``opens``, else at the
    scenario's start. ``act`` is a generator that moves the world: it yields ``world.at(day, Phase.POLICY, who)`` to
    wait, and bends levers inside ``with world.levers.bend(...)`` blocks. What it costs it books (``world.pay``), or it
    says that nobody knows (``world.note("cost_unknown", who, detail="what")``): otherwise it counts as free.

    Attributes
    ----------
    kind : str
        Name in scenario files (class attribute).
    about : str
        One sentence for ``ess-sim policies`` (class attribute).
    reads : frozenset of str
        Catalogue parameters that matter only where this policy is switched on (class attribute). Overriding one of
        them in a scenario without such a policy is an error.
    """

    kind: ClassVar[str]
    about: ClassVar[str] = ""
    reads: ClassVar[frozenset[str]] = frozenset()

    def act(self, world: World) -> Behaviour:
        """Move the world, from ``first_day`` on."""
        raise NotImplementedError

    def first_day(self, calendar: Calendar) -> int:
        """Whole day since the start on which the policy acts for the first time."""
        dates = [getattr(self, name, None) for name in ("starts", "opens")]
        return max((calendar.day(d) for d in dates if d is not None), default=0)

    def last_day(self, calendar: Calendar) -> int:
        """Whole day since the start on which the policy ends; beyond the horizon where no date says so."""
        dates = [getattr(self, name, None) for name in ("ends", "closes")]
        return min((calendar.day(d) for d in dates if d is not None), default=calendar.horizon + 1)

    def last_day_of_run(self, calendar: Calendar) -> int:
        """The day on which the policy ends, at the latest the run's last one."""
        return min(self.last_day(calendar), calendar.horizon)

    def to_block(self) -> dict[str, Any]:
        """The policy as plain data with its ``kind``, as a scenario file would hold it."""
        return {"kind": self.kind, **self.model_dump(mode="json", warnings=False)}  # lists are kept as tuples

    def problems(self, calendar: Calendar, zones: Sequence[str]) -> list[tuple[Location, str]]:
        """Dates outside the horizon or before the beginning, and unknown zones, in the policy and the models in it."""
        found = _problems(self, (), calendar, zones)
        first = calendar.date(self.first_day(calendar))
        for name in ("ends", "closes"):
            last = getattr(self, name, None)
            if last is not None and last <= first:
                found.append(((name,), f"{last} is not after the beginning, {first}"))
        return found


def _problems(model: BaseModel, at: Location, calendar: Calendar, zones: Sequence[str]) -> list[tuple[Location, str]]:
    found: list[tuple[Location, str]] = []
    for name in type(model).model_fields:
        value = getattr(model, name)
        here = (*at, name)
        if isinstance(value, date) and not calendar.start <= value <= calendar.end:
            found.append((here, f"{value} is outside the horizon, {calendar.start} to {calendar.end}"))
        elif name == "zone" and isinstance(value, str) and value not in zones:
            found.append((here, f"unknown zone {value!r} in this territory{did_you_mean(value, zones)}"))
        elif name == "zones" and isinstance(value, tuple):
            unknown = [(i, code) for i, code in enumerate(value) if isinstance(code, str) and code not in zones]
            found += [((*here, i), f"unknown zone {z!r} in this territory{did_you_mean(z, zones)}") for i, z in unknown]
        elif isinstance(value, BaseModel):
            found += _problems(value, here, calendar, zones)
    return found
