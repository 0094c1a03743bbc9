"""What a policy is: a small frozen model whose one method is a behaviour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, ClassVar

from pydantic import BaseModel

from ess_sim.clock import Calendar
from ess_sim.errors import did_you_mean
from ess_sim.scenario import Location, PolicyModel
from ess_sim.world import Behaviour, World

__all__ = ["CENTRE_PARAMETERS", "Policy"]

CENTRE_PARAMETERS = frozenset(
    {
        "assistant_target_gain",
        "centre_list_per_fte",
        "centre_release_months",
        "consultations_per_fte",
        "consultations_per_patient",
        "retired_age_cap",
        "retired_sessions_years",
        "retired_willing_share",
    }
)
"""Catalogue parameters that only matter where a centre recruits retired GPs."""


class Policy(PolicyModel):
    """A dated intervention. Subclass it, name its ``kind``, give it fields, and write ``act``.

    `first_day` says when it acts for the first time: at the date in a field named ``starts`` or ``opens``, else at the
    scenario's start. ``act`` is a generator that moves the world: it yields ``world.at(day, Phase.POLICY, who)`` to
    wait, and bends levers inside ``with world.levers.bend(...)`` blocks.

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

    def to_block(self) -> dict[str, Any]:
        """The policy as plain data with its ``kind``, as a scenario file would hold it."""
        return {"kind": self.kind, **self.model_dump(mode="json")}

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
        elif isinstance(value, BaseModel):
            found += _problems(value, here, calendar, zones)
    return found
