"""Contrat d'engagement de service public (CESP): an allowance in training for some years of practice in given zones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Annotated, ClassVar, Self

from pydantic import Field

from ess_sim.clock import DAYS_PER_YEAR, Calendar, Phase
from ess_sim.errors import ScenarioError
from ess_sim.model.behaviours.gps.careers import leave
from ess_sim.model.behaviours.internships import settle_trained
from ess_sim.model.policies.ahead import Ahead, Limit
from ess_sim.model.policies.base import Case, Policy, Site, ZoneCodes, zone_indices
from ess_sim.model.policies.words import Words
from ess_sim.model.world.allotment import settle_policy_claims
from ess_sim.model.world.claims import PolicyClaim
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.records import Intern
from ess_sim.model.world.world import World

__all__ = ["Cesp"]


class Cesp(Policy):
    """Each November some of the faculty's interns here sign; as they graduate they settle in the contract's zones.

    After ``ends`` no contract is signed any more; those signed are honoured.
    """

    kind: ClassVar[str] = "cesp"
    label: ClassVar[Words] = Words("Interns under contract (CESP)", "Contrats d'engagement de service public (CESP)")
    about: ClassVar[str] = "Interns get a monthly allowance and settle for some years where doctors lack (CESP)."

    starts: date
    ends: date | None = None
    zones: ZoneCodes | None = Field(None, description="where they settle; left out: anywhere in the territory")
    per_year: Annotated[int, Field(ge=1, le=10_000, description="contracts signed each November")]

    dose: ClassVar[Words] = Words(
        "one contract a year, as in the scenario of Laval, in the zones that lack GPs most",
        "un contrat par an, comme dans le scénario de Laval, dans les zones les plus démunies",
    )

    @classmethod
    def standard(cls, site: Site) -> Self:
        """Its usual dose where a new scenario needs it most."""
        return cls(starts=site.start, zones=site.stops, per_year=1)

    @classmethod
    def example(cls, case: Case) -> Self:
        """An instance for tests."""
        return cls(starts=case.starts, ends=case.ends, zones=case.zones[:1], per_year=1)

    def limits(self, ahead: Ahead) -> Iterator[Limit]:
        """Novembers in its time, and interns who can sign."""
        n = self.per_year
        if not self._autumns(ahead.calendar):
            yield Limit(
                (),
                n,
                0,
                Words(
                    f"0 of {n} contracts can be signed: no university year begins while it acts (2 November)",
                    f"contrats possibles\u00a0: 0 sur {n}\u00a0; aucune année universitaire ne commence pendant la "
                    "mesure (2 novembre)",
                ),
                void=True,
            )
        elif n > (new := 2 * ahead.interns):
            yield Limit(
                ("per_year",),
                n,
                new,
                Words(
                    f"{new} of {n} contracts a year can be signed, once interns in training have signed: the faculty "
                    f"sends {ahead.interns} a semester",
                    f"contrats possibles par an\u00a0: {new} sur {n}, une fois signés ceux des internes en formation"
                    f"\u00a0; la faculté envoie {ahead.interns} interne{'s'[: ahead.interns > 1]} par semestre",
                ),
            )

    def _autumns(self, calendar: Calendar) -> list[int]:
        """Days on which contracts are signed."""
        first, last = self.first_day(calendar), self.last_day(calendar)
        return [day for day in calendar.semesters if first <= day < last and calendar.date(day).month == 11]

    def act(self, world: World) -> Behaviour:
        """Signs contracts when the university year begins, after the semester's places have been shared out."""
        name = world.unique_name(f"cesp-{self.zones[0]}" if self.zones else "cesp")
        zones = [z for z in zone_indices(world, self.zones or world.territory.zones) if world.territory.adults[z] > 0]
        if not zones:
            raise ScenarioError(
                f"cesp: no resident aged 17 or over lives in {', '.join(self.zones or ())}; name other zones"
            )
        signed: dict[str, int] = {}  # day of the contract of those in training
        last = self.last_day(world.calendar)
        world.begin(_allowances(world, name, signed, last))

        def sign(intern: Intern) -> None:
            signed[intern.name] = world.today
            intern.pledge = _pledge(world, name, intern, zones, signed)
            world.note("cesp_signed", name, intern.zone, other=intern.name)

        for day in self._autumns(world.calendar):
            yield world.at(day, Phase.POLICY, name)
            world.policy_claims.append(PolicyClaim(name, self.kind, self.per_year, (lambda _: True,), sign))
            yield world.at(day, Phase.CLAIMS, name)
            settle_policy_claims(world, self.kind, lambda: _free_interns(world))
            vacant = self.per_year - sum(since == day for since in signed.values())
            if vacant:
                world.note("cesp_vacant", name, value=float(vacant), detail="no intern free")


def _free_interns(world: World) -> list[Intern]:
    """The faculty's interns in training without a contract, in the order of a draw of their own."""
    free = [i for i in world.interns if not i.sponsor and i.pledge is None]
    return sorted(free, key=lambda i: (world.streams.of("cesp-wish", i.name).random(), i.name))


def _allowances(world: World, name: str, signed: dict[str, int], last: int) -> Behaviour:
    """What those under contract and in training get each month."""
    euro = world.parameters["cesp_allowance_euro_per_month"]
    for day in world.first_of_months():
        if day > world.calendar.horizon or (day > last and not signed):
            return
        yield world.at(day, Phase.LEDGER, name)
        world.pay(name, "allowances", "state", euro * len(signed))


def _pledge(
    world: World, name: str, intern: Intern, zones: list[int], signed: dict[str, int]
) -> Callable[[bool], bool]:
    """What she does as she graduates: she keeps her contract, or breaks it and is like any other."""
    p = world.parameters

    def graduate(anyway: bool) -> bool:
        trained = (world.today - signed.pop(intern.name)) / DAYS_PER_YEAR
        rng = world.streams.of("cesp", intern.name)
        if rng.random() < p["cesp_break_probability"]:
            world.note("cesp_broken", name, intern.zone, other=intern.name)
            return False
        years = max(trained, p["cesp_commitment_years_min"])
        stays = rng.random() >= p["cesp_leave_probability"]
        world.begin(_commitment(world, name, intern, zones, years, anyway=anyway, stays=stays))
        return True

    return graduate


def _commitment(
    world: World, name: str, intern: Intern, zones: list[int], years: float, *, anyway: bool, stays: bool
) -> Behaviour:
    """She settles at once, without years as a locum; when her time is over, she stays or goes."""
    sponsor = "" if anyway else name
    gp = settle_trained(world, intern, intern.birth_year, sponsor=sponsor, among=zones, persuaded=not anyway)
    if gp is None:  # she took a post in a centre of these zones, and keeps to its rules
        return
    yield world.at(world.today + round(years * DAYS_PER_YEAR), Phase.SUPPLY, gp.name)
    if gp.name in world.gps and gp.leaves_on is None:
        world.note("cesp_fulfilled", name, gp.zone, other=gp.name, value=years, detail="stays" if stays else "leaves")
        if not stays:
            leave(world, gp)
