"""Roll-out of participatory structures (SECPa): flat funding and mediators, wave by wave, under one budget."""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Annotated, ClassVar, Literal, Self

from pydantic import ConfigDict, Field, ValidationInfo, field_validator

from ess_sim.clock import DAYS_PER_YEAR, Calendar, Phase
from ess_sim.inputs.editors.rules import rules
from ess_sim.inputs.scenario.blocks import Location
from ess_sim.inputs.scenario.centre_spec import (
    MEMBERS_PAY,
    CentreSpec,
    Finance,
    Form,
    Grant,
    Posts,
    SalariedGps,
    fitting,
)
from ess_sim.inputs.scenario.sourced import Frozen
from ess_sim.model.behaviours.centres.centres import open_centre
from ess_sim.model.behaviours.centres.ledger import charge, give
from ess_sim.model.behaviours.centres.outreach import mediators_at_work
from ess_sim.model.policies.ahead import Ahead, Limit
from ess_sim.model.policies.base import Case, Policy, Site, ZoneCodes
from ess_sim.model.policies.words import Words
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.records import Centre
from ess_sim.model.world.world import World

__all__ = ["SecpaRollout", "Wave"]


_SOURCE = "flat funding of participatory structures (SECPa)"


class Wave(Frozen):
    """So many structures join on one day."""

    opens: Annotated[date, Field(description="day on which they join")]
    count: Annotated[int, Field(ge=1, le=10_000, description="structures that join")]


class SecpaRollout(Policy):
    """Structures join wave by wave as long as the budget covers each of them until the end of the funding.

    In each zone a centre that is there is supported; else, where ``posts`` say how it is staffed, a new one opens. The
    insurer pays the flat funding. It employs mediators, who go out to residents without MT, and other staff
    (psychologists, social workers, interpreters). When the funding ends, this staff is dismissed, which costs the
    centre some months of its pay; the centre goes on without.

    """

    model_config = ConfigDict(json_schema_extra=rules(MEMBERS_PAY))

    kind: ClassVar[str] = "secpa_rollout"
    label: ClassVar[Words] = Words(
        "Roll-out of participatory structures (SECPa)",
        "Déploiement de structures d'exercice coordonné participatives (SECPa)",
    )
    about: ClassVar[str] = "Participatory structures (SECPa) join wave by wave, with flat funding under one budget."
    opens_centre: ClassVar[bool] = True
    brings_mediators: ClassVar[bool] = True
    brings_grants: ClassVar[bool] = True

    waves: Annotated[tuple[Wave, ...], Field(min_length=1, description="who joins when")]
    ends: date | None = Field(None, description="end of the funding; left out: none")
    zones: ZoneCodes | Literal["by_shortage"] = Field(
        "by_shortage",
        description="in order of priority, one structure for each time that a zone is named; or wherever most "
        "residents without MT come on one structure more",
    )
    budget_euro: Annotated[float, Field(ge=0, le=1e12)] | None = Field(
        None, description="for the flat funding of all structures until the end, euros; left out: no limit"
    )
    form: Form = Field("association", description="legal form of new structures")
    posts: Posts | None = Field(None, description="of new structures; left out: only centres that are there join")
    finance: Finance = Field(Finance(), description="money of new structures")

    field_labels: ClassVar[dict[str, Words]] = {
        "waves": Words("waves", "vagues"),
        "budget_euro": Words("whole budget, euros", "budget total, en euros"),
    }

    @field_validator("finance")
    @classmethod
    def _of_new_ones(cls, value: Finance, info: ValidationInfo) -> Finance:
        if value != Finance() and info.data.get("posts", value) is None:
            raise ValueError("only new structures read finance, and there are none without posts")
        return fitting(info.data.get("form"), value)

    def first_day(self, calendar: Calendar) -> int:
        """Day of the first wave."""
        return min(calendar.day(wave.opens) for wave in self.waves)

    def problems(self, calendar: Calendar, zones: Sequence[str]) -> list[tuple[Location, str]]:
        """What `Policy.problems` finds, and waves outside the horizon or after the end."""
        found = super().problems(calendar, zones)
        for i, wave in enumerate(self.waves):
            if not calendar.start <= wave.opens <= calendar.end:
                what = f"{wave.opens} is outside the horizon, {calendar.start} to {calendar.end}"
                found.append((("waves", i, "opens"), what))
            elif self.ends is not None and wave.opens >= self.ends:
                found.append((("waves", i, "opens"), f"{wave.opens} is not before the end, {self.ends}"))
        return found

    dose: ClassVar[Words] = Words(
        "one structure of 2 FTE of GPs in five posts, as in the scenarios of the roll-out",
        "une structure de 2 ETP de médecins sur cinq postes, comme dans les scénarios du déploiement",
    )

    @classmethod
    def standard(cls, site: Site) -> Self:
        """Its usual dose where a new scenario needs it most."""
        posts = Posts(salaried_gps=SalariedGps(count=5, fte_each=0.4))
        return cls(waves=(Wave(opens=site.start, count=1),), zones=(site.zone,), posts=posts)

    @classmethod
    def example(cls, case: Case) -> Self:
        """An instance for tests."""
        posts = Posts(salaried_gps=SalariedGps(count=1))
        money = Finance(reserves_euro=30_000)
        waves = (Wave(opens=case.starts, count=1), Wave(opens=case.middle, count=1))
        return cls(
            waves=waves, ends=case.ends, zones=case.zones, budget_euro=2e6, form="scic", posts=posts, finance=money
        )

    def centres_opened(self) -> tuple[CentreSpec, ...]:
        """As many new centres as structures join at most, all in one zone, for want of knowing where."""
        if self.posts is None or self.form is None:
            return ()
        zone = self.zones[0] if self.zones else "anywhere"
        one = CentreSpec(form=self.form, zone=zone, posts=self.posts)
        return (one,) * sum(wave.count for wave in self.waves)

    def limits(self, ahead: Ahead) -> Iterator[Limit]:
        """What the budget covers, and the zones that are named.

        A structure that finds no zone leaves its money to others: so where centres that are there join, only the run
        says how many.
        """
        asked = sum(wave.count for wave in self.waves)
        covered = self._covered(ahead)
        if covered < asked and self.posts is not None:
            euro = self.budget_euro or 0.0
            en, fr = f"{euro:,.0f}", f"{euro:,.0f}".replace(",", "\u202f")
            yield Limit(
                ("budget_euro",),
                asked,
                covered,
                Words(
                    f"{covered} of {asked} structures can join: the budget, {en} euros, covers no more until the end",
                    f"structures qui peuvent rejoindre le dispositif\u00a0: {covered} sur {asked}\u00a0; le budget de "
                    f"{fr} euros n'en couvre pas davantage jusqu'à la fin",
                ),
            )
        if self.zones != "by_shortage" and len(self.zones) < asked:
            n = len(self.zones)
            yield Limit(
                ("zones",),
                asked,
                n,
                Words(
                    f"{n} of {asked} structures can join: one for each time that a zone is named",
                    f"structures qui peuvent rejoindre le dispositif\u00a0: {n} sur {asked}\u00a0; une par mention "
                    "d'une zone",
                ),
            )

    def centres_at_most(self, ahead: Ahead) -> tuple[CentreSpec, ...]:
        """As many as the budget covers and zones are named."""
        covered = self.centres_opened()[: self._covered(ahead)]
        return covered if self.zones == "by_shortage" else covered[: len(self.zones)]

    def _covered(self, ahead: Ahead) -> int:
        """Structures that the budget covers if there is always a place."""
        left, joined = self.budget_euro, 0
        for wave in self._in_order:
            day, ends = ahead.calendar.day(wave.opens), self.last_day(ahead.calendar)
            euro = _committed(ahead.p, ahead.calendar, day, ends)
            for _ in range(wave.count):
                if left is None or euro <= left:
                    joined, left = joined + 1, None if left is None else left - euro
        return joined

    @property
    def _in_order(self) -> list[Wave]:
        return sorted(self.waves, key=lambda wave: (wave.opens, wave.count))

    def act(self, world: World) -> Behaviour:
        """Wave after wave, then the end of the funding, then the end of what the staff costs."""
        rollout = _Rollout(world, self)
        for wave in self._in_order:
            yield world.at(world.calendar.day(wave.opens), Phase.POLICY, rollout.name)
            rollout.open_wave(wave.count)
        if self.ends is None:
            return
        yield world.at(rollout.ends, Phase.POLICY, rollout.name)
        for centre in rollout.members:
            give(world, centre, rollout.name, None)
            if not centre.closed:
                world.note("secpa_funding_ended", rollout.name, centre.zone, other=centre.name)
        yield world.at(rollout.dismissed, Phase.POLICY, rollout.name)
        for centre in rollout.members:
            charge(world, centre, rollout.name, 0.0)


class _Rollout:
    """A roll-out in progress: its members, what they commit of the budget, the zones left."""

    def __init__(self, world: World, policy: SecpaRollout) -> None:
        self.world = world
        self.policy = policy
        self.name = world.unique_name("secpa")
        calendar, p = world.calendar, world.parameters
        self.ends = policy.last_day(calendar)
        self.dismissed = self.ends + round(p["secpa_dismissal_months"] / 12 * DAYS_PER_YEAR)
        self.members: list[Centre] = []
        self._left = policy.budget_euro
        self._queue = None if policy.zones == "by_shortage" else list(policy.zones)
        self._here: Counter[int] = Counter()  # structures by zone
        self._without_mt: list[int] = []  # residents by zone, on the day of the last wave

    def open_wave(self, count: int) -> None:
        """So many structures join today, as far as money and places go."""
        world = self.world
        zones = range(len(world.territory.zones)) if self._queue is None else ()
        self._without_mt = [world.residents.count_without_mt(world.today, zone=z) for z in zones]
        for _ in range(count):
            self._add()

    def _add(self) -> None:
        """One structure more, if the budget covers it until the end and there is a place for it."""
        world, p = self.world, self.world.parameters
        euro_per_year = p["secpa_euro_per_structure_per_year"]
        euro = _committed(p, world.calendar, world.today, self.ends)
        if self._left is not None and euro > self._left:
            self._note_missing("no money left")
            return
        zone = self._next_zone()
        if zone is None:
            self._note_missing("no zone left")
            return
        centre = self._supported(zone)
        detail = "existing centre"
        if centre is None:
            if self.policy.posts is None:
                self._note_missing("no centre there", zone)
                return
            centre, detail = self._new(zone), "new centre"
        if self._left is not None:
            self._left -= euro
        self._here[zone] += 1
        self.members.append(centre)
        world.note("secpa_joined", self.name, zone, other=centre.name, value=euro, detail=detail)
        grant = Grant(payer="insurer", euro_per_year=euro_per_year, source=_SOURCE, grade="A")
        give(world, centre, self.name, grant)
        charge(world, centre, self.name, p["secpa_staff_share"] * euro_per_year)
        team = world.unique_name(f"mediators-{centre.name}")
        last = min(self.ends, world.calendar.horizon)
        fte = p["secpa_mediators_fte"]
        world.begin(mediators_at_work(world, team, [zone], fte, last, centre))

    def _note_missing(self, why: str, zone: int = -1) -> None:
        self.world.note("secpa_not_joined", self.name, zone, value=1.0, detail=why)

    def _next_zone(self) -> int | None:
        if self._queue is not None:
            return self.world.territory.zone_index(self._queue.pop(0)) if self._queue else None
        numbers = self._without_mt
        possible = [z for z, n in enumerate(numbers) if n and (self.policy.posts or self._supported(z))]
        # as seats are shared out: the zone with most residents for each structure, itself included
        return max(possible, key=lambda z: numbers[z] / (1 + self._here[z]), default=None)

    def _supported(self, zone: int) -> Centre | None:
        """The oldest open centre of a zone without such funding."""
        centres = [c for c in self.world.centres.values() if c.zone == zone and not c.closed and not _funded(c)]
        return min(centres, key=lambda c: (c.opened_on, c.name), default=None)

    def _new(self, zone: int) -> Centre:
        world, policy = self.world, self.policy
        assert policy.posts is not None
        code = world.territory.zones[zone]
        spec = CentreSpec(form=policy.form, zone=code, posts=policy.posts, finance=policy.finance)
        centre = Centre(world.unique_name(f"secpa-{code}"), zone, spec)
        world.begin(open_centre(world, centre))
        return centre


def _funded(centre: Centre) -> bool:
    return any(grant.source == _SOURCE for grant in centre.extra_grants.values())


def _committed(p: Mapping[str, float], calendar: Calendar, day: int, ends: int) -> float:
    """What a structure that joins on a day takes of the budget: its flat funding until the end."""
    years = _years(calendar.date(day), calendar.date(min(ends, calendar.horizon)))
    return p["secpa_euro_per_structure_per_year"] * years


def _years(first: date, end: date) -> float:
    """Years as accounts count them: each month is a twelfth."""

    def months(day: date) -> float:
        return 12 * day.year + day.month + (day.day - 1) / monthrange(day.year, day.month)[1]

    return (months(end) - months(first)) / 12
