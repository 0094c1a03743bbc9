"""Grant cut: payers give centres less than they had promised. A shock, to see which centres live through it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date
from typing import Annotated, ClassVar, Self

from pydantic import ConfigDict, Field, model_validator

from ess_sim.clock import Phase
from ess_sim.errors import ScenarioError
from ess_sim.inputs.editors.rules import exactly_one, given, rules
from ess_sim.inputs.scenario.centre_spec import Payer
from ess_sim.model.behaviours.centres.ledger import grants_of
from ess_sim.model.policies.ahead import Ahead, Limit
from ess_sim.model.policies.base import Case, Policy, Site, named_centre
from ess_sim.model.policies.words import Words
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.records import Centre
from ess_sim.model.world.world import World

__all__ = ["GrantCut"]


class GrantCut(Policy):
    """Grants fall by a part, ``cut``, or to a yearly sum, ``to_euro_per_year``; cuts of several policies add up.

    Those of one centre where ``centre`` names it, else of all; those of one ``payer``, else of all.
    """

    model_config = ConfigDict(
        json_schema_extra=rules(
            exactly_one(("cut", "to_euro_per_year")), {"if": given("to_euro_per_year"), "then": given("centre")}
        )
    )

    kind: ClassVar[str] = "grant_cut"
    label: ClassVar[Words] = Words("Grants cut", "Baisse de subventions")
    about: ClassVar[str] = "A shock: payers cut their grants to one centre, or to all, from one day to the next."

    starts: date
    ends: date | None = None
    centre: Annotated[str, Field(min_length=1)] | None = Field(None, description="name of one centre; left out: all")
    payer: Payer | None = Field(None, description="whose grants; left out: those of all payers")
    cut: Annotated[float, Field(gt=0, le=1)] | None = Field(
        None, description="part by which they fall; give this or to_euro_per_year"
    )
    to_euro_per_year: Annotated[float, Field(ge=0, le=1e9)] | None = Field(
        None, description="what is left of them, euros a year; give this or cut"
    )

    field_labels: ClassVar[dict[str, Words]] = {
        "cut": Words("part of the grants cut", "part des subventions supprimée"),
        "to_euro_per_year": Words("grants cut to, euros a year", "subventions ramenées à, en euros par an"),
    }

    @model_validator(mode="after")
    def _one(self) -> GrantCut:
        if (self.cut is None) == (self.to_euro_per_year is None):
            raise ValueError("give exactly one of cut and to_euro_per_year")
        if self.to_euro_per_year is not None and self.centre is None:
            raise ValueError("to_euro_per_year needs a centre")
        return self

    @classmethod
    def standard(cls, site: Site) -> Self:  # noqa: ARG003 - nowhere in a new scenario
        """None: it cuts the grants of centres, and a new scenario has none."""
        raise ScenarioError("it cuts grants of health centres, and a new scenario has no centre: try open_centre")

    @classmethod
    def example(cls, case: Case) -> Self:
        """An instance for tests."""
        return cls(starts=case.starts, ends=case.ends, centre="example", payer="agency", cut=0.5)

    def limits(self, ahead: Ahead) -> Iterator[Limit]:
        """Grants that can be cut: those of other centres and days are counted, too."""
        if ahead.grants is None:
            return
        given = math.fsum(grant.euro_per_year for grant in ahead.grants if self.payer in (None, grant.payer))
        if not given:
            whose, fr = (f" of this payer ({self.payer})", " de ce financeur") if self.payer else ("", "")
            yield Limit(
                (),
                1,
                0,
                Words(
                    f"it changes nothing: no centre has a grant{whose}",
                    f"elle ne change rien\u00a0: aucun centre n'a de subvention{fr}",
                ),
                void=True,
            )
        elif self.to_euro_per_year is not None and self.to_euro_per_year >= given:
            yield Limit(
                (),
                1,
                0,
                Words(
                    f"it changes nothing: {self.to_euro_per_year:,.0f} euros a year are to be left, and no more than "
                    f"{given:,.0f} are given",
                    f"elle ne change rien\u00a0: {_fr(self.to_euro_per_year)} euros par an doivent rester, et il n'en "
                    f"est pas versé plus de {_fr(given)}",
                ),
                void=True,
            )

    def act(self, world: World) -> Behaviour:
        """Bends the centre's grants from the first day to the last, by the day."""
        name = world.unique_name(f"grant-cut-{self.centre}" if self.centre else "grant-cut")
        yield world.at(world.today, Phase.SUPPLY, name)  # after centres that open today
        centre = named_centre(world, self.centre) if self.centre else None
        part = self._part(world, centre)
        zone = centre.zone if centre else -1
        whose, payer = self.centre or "every centre", self.payer or "every payer"
        world.note("grant_cut", name, zone, other=whose, value=part, detail=payer)
        actor = (self.centre or "") + (f"/{self.payer}" if self.payer else "")
        with world.levers.bend(actor=actor, grant_ratio=-part):
            yield world.at(self.last_day(world.calendar), Phase.POLICY, name)
        world.note("grant_restored", name, zone, other=whose, value=part, detail=payer)

    def _part(self, world: World, centre: Centre | None) -> float:
        """Part of the grants that is cut: none where the sum wanted is not below what is given."""
        if self.cut is not None:
            return self.cut
        assert centre is not None
        assert self.to_euro_per_year is not None
        today = world.calendar.date(world.today)
        tomorrow = world.calendar.date(world.today + 1)
        given = math.fsum(
            grant.euro_per_year
            for grant in grants_of(centre)
            if self.payer in (None, grant.payer) and grant.paid(today, tomorrow)
        )
        return max(0.0, 1.0 - self.to_euro_per_year / given) if given else 0.0


def _fr(euro: float) -> str:
    return f"{euro:,.0f}".replace(",", "\u202f")
