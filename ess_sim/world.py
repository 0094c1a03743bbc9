"""The state of one run: clock, residents, doctors, centres, levers, streams, journal. It decides nothing itself.

Behaviours (generator functions in the modules above) move it. This is the only module that knows SimPy.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray

from ess_sim.clock import Calendar, Phase
from ess_sim.errors import did_you_mean
from ess_sim.parameters import Parameters
from ess_sim.residents import Residents
from ess_sim.scenario import Scenario
from ess_sim.streams import Streams, stable_rank
from ess_sim.tables import Entry, Fact, Stint
from ess_sim.territory import Territory

__all__ = ["At", "Behaviour", "Centre", "Claim", "Gp", "Intern", "Levers", "Retiree", "World"]


class At(simpy.Event):
    """Wakes a behaviour on a whole day, in a phase of that day, in an order that depends on names alone.

    SimPy breaks ties by order of creation; here equal days are told apart by the phase, then by the actor's name.
    """

    def __init__(self, env: simpy.Environment, day: int, phase: Phase, who: str) -> None:
        today = env.now
        if day < today:
            raise ValueError(f"{who}: day {day} is in the past (today is day {today})")
        # all at once, as SimPy's Timeout does: thousands are made in a run
        self.env = env
        self.callbacks = []
        self._ok = True
        self._value = None
        # SimPy's own priorities are 0 and 1: phases start at 2, each with room for 62-bit ranks
        env.schedule(self, (phase << 62) + stable_rank(who), day - today)  # type: ignore[arg-type]


Behaviour = Generator[At, Any, None]


class Levers:
    """Named quantities that policies bend, everywhere, in one zone, or for one actor.

    Contributions add up (`math.fsum`: any order, no residue). What a lever does:

    ``exit_log_odds``: added to the log-odds of a GP's yearly exit. ``settle_log_odds``: of an intern's settling.
    ``retired_willing_log_odds``: of a retired GP's taking sessions. ``target_ratio``: relative gain of a practice's
    target. ``settle_appeal``: utility added to a zone in newcomers' choice. ``grant_ratio``: relative change of a
    centre's grants.

    Of residents, by home zone where one is given: ``informed_share``: added to the share of informed callers.
    ``dare``: added to the share of calls that precarious residents dare to make. ``reach_rate``: added to the yearly
    rate at which those who do not look for an MT start to, ``reach_rate_precarious`` for the precarious only.
    ``financial_relief``: part of the financial barrier that is lifted. Everywhere only: ``call_ratio``: relative gain
    of the call rate; ``return_rate``: added to the yearly rate at which those who gave up look again;
    ``physical_relief``: part of the weight of distance that is lifted.
    """

    NAMES = (
        "exit_log_odds",
        "settle_log_odds",
        "retired_willing_log_odds",
        "target_ratio",
        "settle_appeal",
        "grant_ratio",
        "informed_share",
        "dare",
        "reach_rate",
        "reach_rate_precarious",
        "financial_relief",
        "call_ratio",
        "return_rate",
        "physical_relief",
    )

    def __init__(self) -> None:
        self._contributions: dict[tuple[str, int | str], list[float]] = {}
        self._sums: dict[tuple[str, int | str], float] = {}
        self.listeners: list[Callable[[], None]] = []

    def __getitem__(self, name: str) -> float:
        """What is bent everywhere."""
        return self._sums.get((self._known(name), ""), 0.0)

    def at(self, name: str, zone: int = -1, actor: str = "") -> float:
        """What is bent everywhere, in the zone and for the actor, together."""
        sums = self._sums
        if not sums:
            return 0.0
        name = self._known(name)
        places: tuple[int | str, ...] = ("", zone, actor) if actor else ("", zone)
        return math.fsum(sums.get((name, place), 0.0) for place in places)

    def _known(self, name: str) -> str:
        if name not in self.NAMES:
            raise ValueError(f"unknown lever {name!r}{did_you_mean(name, self.NAMES)}")
        return name

    @contextmanager
    def bend(self, *, zone: int | None = None, actor: str = "", **contributions: float) -> Iterator[None]:
        """Adds to levers for as long as the block lasts, across ``yield``.

        Parameters
        ----------
        zone : int, optional
            Index of the only zone in which they are bent.
        actor : str, optional
            Name of the only GP, centre or intern for whom they are bent.

        Examples
        --------
        >>> levers = Levers()
        >>> with levers.bend(exit_log_odds=-0.2):
        ...     levers["exit_log_odds"]
        -0.2
        >>> with levers.bend(zone=3, target_ratio=0.1):
        ...     levers.at("target_ratio", 3), levers.at("target_ratio", 4), levers["target_ratio"]
        (0.1, 0.0, 0.0)
        >>> levers["exit_log_odds"]
        0.0
        """
        if zone is not None and actor:
            raise ValueError("a lever is bent in a zone or for an actor, not both at once")
        key: int | str = actor if zone is None else zone
        bent = {(self._known(name), key): float(value) for name, value in contributions.items()}
        for place, value in bent.items():
            self._contributions.setdefault(place, []).append(value)
        self._sum_up(bent)
        try:
            yield
        finally:
            for place, value in bent.items():
                self._contributions[place].remove(value)
            self._sum_up(bent)

    def _sum_up(self, places: Iterable[tuple[str, int | str]]) -> None:
        for place in places:
            if self._contributions[place]:
                self._sums[place] = math.fsum(self._contributions[place])
            else:
                del self._contributions[place]
                self._sums.pop(place, None)
        for listener in self.listeners:
            listener()


BY_HOME_ZONE = ("informed_share", "dare", "reach_rate", "reach_rate_precarious", "financial_relief")
"""Levers that residents feel where they live."""


@dataclass(eq=False)
class Gp:
    """A list-holding liberal GP."""

    name: str
    zone: int
    birth_year: int
    woman: bool
    fte: float
    supervisor: bool
    sector2: bool
    practice: str  # GPs with the same practice are partners
    base_target: float = 0.0
    slot: int = -1
    leaves_on: int | None = None  # day of an announced exit
    successor: Gp | None = None
    junior: Intern | None = None
    stint: Stint | None = None


@dataclass(eq=False)
class Retiree:
    """A retired GP of the département's pool."""

    name: str
    birth_year: int
    retired_on: int
    employer: Centre | None = None
    stint: Stint | None = None


@dataclass(eq=False)
class Intern:
    """An intern with at least one semester in the territory."""

    name: str
    first_semester: int  # index of the semester
    graduation: int  # index of the semester at whose beginning she graduates
    birth_year: int
    local: bool  # comes from the territory
    returns: bool  # wishes a second semester, or her junior year, in the territory
    semesters: int = 0
    generations: bool = False  # one of them in a structure with several generations of doctors
    zone: int = -1  # of the last host
    host: Gp | Centre | None = None
    sponsor: str = ""  # centre or policy that brought her from elsewhere
    stint: Stint | None = None


@dataclass(eq=False)
class Centre:
    """A health centre: one list for all its doctors."""

    name: str
    zone: int
    fte_each: float
    holds_list: bool
    interns_hold_list: bool
    intern_places: int
    rooms: int
    only_without_mt: bool
    assistant: bool = False
    sessions: list[Retiree] = field(default_factory=list)
    interns: list[Intern] = field(default_factory=list)
    slot: int = -1
    without_doctor_since: int | None = None
    closed: bool = False

    @property
    def fte(self) -> float:
        """FTE of doctors present."""
        return self.fte_each * len(self.sessions)

    @property
    def training_places(self) -> int:
        """Interns the centre can host: a supervisor on duty all week for each, and a consulting room to each doctor."""
        on_duty = int(self.fte + 1e-9)
        return max(0, min(self.intern_places, on_duty, self.rooms - on_duty))


@dataclass(frozen=True)
class Claim:
    """A centre's wish for retired GPs, settled with the other claims of the day."""

    centre: Centre
    posts: int
    retired_for_at_most_years: float


class World:
    """The state of one run.

    Attributes
    ----------
    gps : dict of str to Gp
        List-holding GPs in practice.
    retired : dict of str to Retiree
        The département's pool of retired GPs.
    centres : dict of str to Centre
    claims : list of Claim
        Today's claims on retired GPs.
    extra_interns : dict of str to (zone, places)
        Places that policies open with supervisors of a zone, by sponsor.
    facts : list of Fact
    entries : list of Entry
        Money booked.
    stints : list of Stint
    """

    def __init__(self, scenario: Scenario, territory: Territory, parameters: Parameters, streams: Streams) -> None:
        self.scenario = scenario
        self.territory = territory
        self.parameters = parameters
        self.streams = streams
        self.calendar: Calendar = scenario.calendar
        self.levers = Levers()
        self.levers.listeners.append(self._apply_levers)
        self.gps: dict[str, Gp] = {}
        self.retired: dict[str, Retiree] = {}
        self.centres: dict[str, Centre] = {}
        self.claims: list[Claim] = []
        self.extra_interns: dict[str, tuple[int, int]] = {}
        self.owners: list[str] = []
        self.owner_zone: list[int] = []
        self.owner_centre: list[bool] = []
        self.owner_of_slot = np.zeros(0, dtype=np.int64)
        self.facts: list[Fact] = []
        self.entries: list[Entry] = []
        self.stints: list[Stint] = []
        self.assumed: list[str] = []
        with np.errstate(divide="ignore"):
            self.log_adults = np.log(territory.adults)  # by zone; −inf where nobody lives
        self.mean_list_per_fte = 0.0  # of day 0: what newcomers measure their target by
        self._names: set[str] = set()
        self._residents: Residents | None = None
        self._env = simpy.Environment(initial_time=0)
        self._behaviours: list[Generator[Any, Any, None]] = []

    # --- clock ----------------------------------------------------------------------------------------------------

    @property
    def today(self) -> int:
        """Whole days since the start."""
        return int(self._env.now)

    @property
    def year(self) -> int:
        """Today's calendar year."""
        return self.calendar.year(self.today)

    def at(self, day: int, phase: Phase, who: str) -> At:
        """An event to ``yield``: wakes on that day and phase; equal phases go by a rank that depends on ``who``."""
        return At(self._env, day, phase, who)

    def begin(self, behaviour: Generator[Any, Any, None]) -> None:
        """Starts a behaviour today."""
        self._env.process(behaviour)
        self._behaviours.append(behaviour)

    def run(self) -> None:
        """Runs to the horizon, its last day's records included; then every behaviour ends, and nobody listens."""
        self._env.run(until=self.at(self.calendar.horizon, Phase.END, "end"))
        # a behaviour that waits for ever holds the world for ever: its memory would not be there for the next run
        self.levers.listeners.clear()
        for behaviour in self._behaviours:
            behaviour.close()

    def unique_name(self, wanted: str) -> str:
        """``wanted``, or ``wanted-2`` and so on where a centre or sponsor already bears it."""
        name, n = wanted, 1
        while name in self._names:
            n += 1
            name = f"{wanted}-{n}"
        self._names.add(name)
        return name

    # --- residents ------------------------------------------------------------------------------------------------

    @property
    def residents(self) -> Residents:
        """The residents (set once, when day 0 is ready)."""
        assert self._residents is not None
        return self._residents

    @residents.setter
    def residents(self, residents: Residents) -> None:
        self._residents = residents

    def _apply_levers(self) -> None:
        """Passes bent levers on to the residents and the practices, from today on."""
        p = self.parameters
        self.residents.advance(self.today)
        by_zone = {name: self.by_zone(name) for name in BY_HOME_ZONE}
        reach = np.column_stack([by_zone["reach_rate"], by_zone["reach_rate"] + by_zone["reach_rate_precarious"]])
        self.residents.rates_of_behaviour(
            calls_per_year=p["call_rate_per_year"] * (1.0 + self.levers["call_ratio"]),
            returns_per_year=p["return_rate_per_year"] + self.levers["return_rate"],
            informed_share=p["informed_share"] + by_zone["informed_share"],
            dare=p["precarious_call_multiplier"] + by_zone["dare"],
            reach=reach,
            financial_relief=by_zone["financial_relief"],
            physical_relief=self.levers["physical_relief"],
        )
        for gp in self.gps.values():
            self.apply_target(gp)

    def by_zone(self, lever: str) -> NDArray[np.float64]:
        """A lever in each zone, shape (zones,)."""
        return np.array([self.levers.at(lever, z) for z in range(len(self.territory.zones))])

    def apply_target(self, gp: Gp) -> None:
        """Writes a GP's target: her own, bent by the lever, with what a docteur junior adds."""
        junior = self.parameters["junior_target_residents"] if gp.junior else 0.0
        gain = 1.0 + self.levers.at("target_ratio", gp.zone, gp.name)
        target = float(round(gp.base_target * gain + junior))
        self.residents.adjust(self.today, gp.slot, target=target)

    def own(self, slot: int, name: str, zone: int, *, centre: bool) -> None:
        """Books whose list a slot is."""
        if slot >= len(self.owner_of_slot):
            self.owner_of_slot = np.pad(self.owner_of_slot, (0, slot + 64))
        self.owner_of_slot[slot] = len(self.owners)
        self.owners.append(name)
        self.owner_zone.append(zone)
        self.owner_centre.append(centre)

    def on_retirement(self, name: str, birth_year: int) -> None:
        """A GP joins the pool of retired GPs today."""
        self.retired[name] = Retiree(name, birth_year, self.today)

    # --- journal --------------------------------------------------------------------------------------------------

    def note(
        self,
        event: str,
        actor: str,
        zone: int = -1,
        *,
        other: str = "",
        residents: int = -1,
        value: float = float("nan"),
        detail: str = "",
    ) -> None:
        """Writes a dated fact."""
        self.facts.append(Fact(self.today, event, actor, zone, other, residents, value, detail))

    def pay(self, actor: str, line: str, payer: str, euro: float, zone: int = -1) -> int:
        """Books money, to the cent, and returns the cents: what ``payer`` pays, or (negative) what the actor spends."""
        cents = round(euro * 100)
        if cents:
            self.entries.append(Entry(self.today, actor, zone, line, payer, cents))
        return cents

    def stint(
        self, person: str, mode: str, zone: int, fte: float, birth_year: int, woman: bool, since: int | None = None
    ) -> Stint:
        """Opens a stretch of working life; close it with `end_stint`."""
        stint = Stint(person, mode, zone, fte, birth_year, woman, self.today if since is None else since)
        self.stints.append(stint)
        return stint

    def end_stint(self, stint: Stint | None) -> None:
        """Closes a stretch of working life today."""
        if stint is not None:
            stint.last_day = self.today
