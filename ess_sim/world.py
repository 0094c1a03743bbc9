"""The state of one run: clock, residents, doctors, centres, levers, streams, journal. It decides nothing itself.

Behaviours (generator functions in the modules above) move it. This is the only module that knows SimPy.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Generic, TypeVar

import numpy as np
import simpy
from numpy.typing import NDArray

from ess_sim import elementary
from ess_sim.clock import Calendar, Phase
from ess_sim.errors import did_you_mean
from ess_sim.parameters import Parameters
from ess_sim.residents import Residents
from ess_sim.scenario import Scenario
from ess_sim.streams import Streams, stable_rank
from ess_sim.structures import CentreSpec, Form, Grant
from ess_sim.tables import Entry, Fact, Stint
from ess_sim.territory import Territory

__all__ = [
    "Account",
    "At",
    "Behaviour",
    "Centre",
    "Claim",
    "Gp",
    "Intern",
    "Levers",
    "Newcomer",
    "Place",
    "PolicyClaim",
    "Retiree",
    "SalariedGp",
    "World",
]


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


Place = int | str
"""Where a lever is bent: the index of a zone, the name of an actor, '' for everywhere."""


class Levers:
    """Named quantities that policies bend, everywhere, in one zone, or for one actor.

    Contributions add up (`math.fsum`: any order, no residue). What a lever does:

    ``exit_log_odds``: added to the log-odds of a GP's yearly exit, ``retirement_log_odds`` at retirement age only.
    ``settle_log_odds``: of an intern's settling. ``retired_willing_log_odds``: of a retired GP's taking sessions.
    ``target_ratio``: relative gain of a practice's target. ``settle_appeal``: utility added to a zone in newcomers'
    choice. ``grant_ratio``: relative change of a centre's grants; its actor
    is a centre, a payer as ``/agency``, or both as ``centre/agency``.

    Of residents, by home zone where one is given: ``informed_share``: added to the share of informed callers.
    ``dare``: added to the share of calls that precarious residents dare to make. ``reach_rate``: added to the yearly
    rate at which those who do not look for an MT start to, ``reach_rate_precarious`` for the precarious only.
    ``financial_relief``: part of the financial barrier that is lifted. Everywhere only: ``call_ratio``: relative gain
    of the call rate; ``return_rate``: added to the yearly rate at which those who gave up look again;
    ``physical_relief``: part of the weight of distance that is lifted.
    """

    NAMES = (
        "exit_log_odds",
        "retirement_log_odds",
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
        self._contributions: dict[tuple[str, Place], list[float]] = {}
        self._sums: dict[tuple[str, Place], float] = {}
        self._listeners: list[tuple[frozenset[str], Callable[[Place], None]]] = []

    def __getitem__(self, name: str) -> float:
        """What is bent everywhere."""
        return self._sums.get((self._known(name), ""), 0.0)

    def at(self, name: str, zone: int = -1, actor: str = "") -> float:
        """What is bent everywhere, in the zone and for the actor, together."""
        sums = self._sums
        if not sums:
            return 0.0
        name = self._known(name)
        places: tuple[Place, ...] = ("", zone, actor) if actor else ("", zone)
        return math.fsum(sums.get((name, place), 0.0) for place in places)

    def by_zone(self, name: str, zones: int) -> NDArray[np.float64]:
        """What is bent in each zone, there and everywhere together, shape (zones,).

        >>> levers = Levers()
        >>> with levers.bend(dare=0.1), levers.bend(zone=2, dare=0.2), levers.bend(zone=2, reach_rate=1.0):
        ...     levers.by_zone("dare", 3).round(9).tolist()
        [0.1, 0.1, 0.3]
        """
        out = np.full(zones, self[name])
        for (bent, place), value in self._sums.items():
            if bent == name and not isinstance(place, str):
                out[place] += value
        return out

    def _known(self, name: str) -> str:
        if name not in self.NAMES:
            raise ValueError(f"unknown lever {name!r}{did_you_mean(name, self.NAMES)}")
        return name

    def of(self, name: str, actor: str) -> float:
        """What is bent for one actor alone."""
        return self._sums.get((self._known(name), actor), 0.0)

    def listen(self, names: Iterable[str], tell: Callable[[Place], None]) -> None:
        """From now on ``tell`` is called, with the place, whenever some of these levers have been bent or let go there.

        Whoever listens has written something down that depends on them.
        """
        self._listeners.append((frozenset(map(self._known, names)), tell))

    def silence(self) -> None:
        """Nobody listens any more."""
        self._listeners.clear()

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
        place: Place = actor if zone is None else zone
        bent = {self._known(name): float(value) for name, value in contributions.items()}
        for name, value in bent.items():
            self._contributions.setdefault((name, place), []).append(value)
        self._sum_up(bent, place)
        try:
            yield
        finally:
            for name, value in bent.items():
                self._contributions[name, place].remove(value)
            self._sum_up(bent, place)

    def _sum_up(self, names: Iterable[str], place: Place) -> None:
        for key in ((name, place) for name in names):
            if self._contributions[key]:
                self._sums[key] = math.fsum(self._contributions[key])
            else:
                del self._contributions[key]
                self._sums.pop(key, None)
        for wanted, tell in self._listeners:
            if not wanted.isdisjoint(names):
                tell(place)


BY_HOME_ZONE = ("informed_share", "dare", "reach_rate", "reach_rate_precarious", "financial_relief")
"""Levers that residents feel where they live."""

OF_RESIDENTS = (*BY_HOME_ZONE, "call_ratio", "return_rate", "physical_relief")


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
    heir: Centre | None = None  # that takes her list over when she leaves, as far as it has room
    aids: set[str] = field(default_factory=set)  # kinds of help, or of duty, that policies gave her
    stint: Stint | None = None


@dataclass(eq=False)
class Retiree:
    """A retired GP of the département's pool."""

    name: str
    birth_year: int
    retired_on: int
    woman: bool = False
    employer: Centre | None = None
    willing_draw: float | None = None  # drawn once for good: below the chance, she would take sessions
    stint: Stint | None = None


@dataclass(eq=False)
class SalariedGp:
    """A GP without a list of her own: on a centre's list, or in other work (hospital, other employers)."""

    name: str
    birth_year: int
    woman: bool
    supervisor: bool
    first_review: int  # day of her first yearly review
    draws: list[float]  # one for each yearly review
    looks_from: list[int]  # days from which she looks for a post in a centre, for some months
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
    pledge: Callable[[bool], bool] | None = None  # as she graduates: would she settle anyway → a policy sends her
    stint: Stint | None = None


@dataclass
class Account:
    """A centre's money and what it is counted from."""

    reserves_cents: int = 0
    members_cents: int = 0  # what members can still pay in
    present: dict[str, float] = field(default_factory=dict)  # FTE by kind of post since the last change
    fte_days: dict[str, float] = field(default_factory=dict)  # since the last booking
    kept: dict[str, float] = field(default_factory=dict)  # part of its grants that each payer gives since then
    granted: dict[str, float] = field(default_factory=dict)  # euro by payer since the last booking
    accrued_to: int = 0
    booked_to: int = 0
    results: deque[int] = field(default_factory=lambda: deque(maxlen=12))  # of the last months, without help, in cents
    months_of_deficit: int = 0  # that a parent had to cover, since the last twelve months without a loss
    months_overdrawn: int = 0  # running, with reserves below zero
    crises: int = 0


@dataclass(eq=False)
class Centre:
    """A health centre: one list for all its doctors.

    What policies bring, and take away again, each under its own name: ``volunteers`` (FTE of doctors from outside the
    territory's pools) by `centres.volunteer`, ``extra_grants`` by `ledger.give`, ``extra_costs`` (yearly cost of staff
    in euro) by `ledger.charge`. ``annexes`` are further zones where it holds surgery, each with the slot of its list
    there (−1 until it has one); its doctors' time is divided equally. ``announced``: a list that opens is in the news.
    """

    name: str
    zone: int
    spec: CentreSpec
    sessions: list[Retiree] = field(default_factory=list)
    salaried: list[SalariedGp] = field(default_factory=list)
    interns: list[Intern] = field(default_factory=list)
    volunteers: dict[str, float] = field(default_factory=dict)
    extra_grants: dict[str, Grant] = field(default_factory=dict)
    extra_costs: dict[str, float] = field(default_factory=dict)
    annexes: dict[int, int] = field(default_factory=dict)
    account: Account = field(default_factory=Account)
    slot: int = -1
    opened_on: int = 0
    assistants_since: int = 0
    without_doctor_since: int | None = None
    vacant_since: dict[str, int] = field(default_factory=dict)  # by kind of post
    closed: bool = False
    on_close: list[Callable[[], None]] = field(default_factory=list)
    announced: bool = True

    def __post_init__(self) -> None:
        self.form: Form = self.spec.form  # a takeover changes it, and the manager
        self.manager = self.spec.manager or self.name
        self.assistants = self.spec.posts.medical_assistants

    @property
    def sessions_fte(self) -> float:
        """FTE of retired GPs present."""
        return self.spec.posts.retired_gps.fte_each * len(self.sessions)

    @property
    def salaried_fte(self) -> float:
        """FTE of salaried GPs present."""
        return self.spec.posts.salaried_gps.fte_each * len(self.salaried)

    @property
    def fte(self) -> float:
        """FTE of doctors present."""
        return self.sessions_fte + self.salaried_fte + math.fsum(self.volunteers.values())

    @property
    def list_fte(self) -> float:
        """FTE of doctors present who hold the list."""
        return self.fte if self.spec.posts.retired_gps.list else self.fte - self.sessions_fte

    @property
    def reserves_cents(self) -> int:
        """Own funds today; below zero: debts."""
        return self.account.reserves_cents

    @property
    def slots(self) -> list[int]:
        """Slots of its lists."""
        return [slot for slot in (self.slot, *self.annexes.values()) if slot >= 0]

    def vacant(self, kind: str) -> int:
        """Posts without a holder, of kind ``sessions`` or ``salaried``."""
        posts = self.spec.posts
        if self.closed:
            return 0
        if kind == "salaried":
            return posts.salaried_gps.count - len(self.salaried)
        return posts.retired_gps.count - len(self.sessions)

    @property
    def training_places(self) -> int:
        """Interns the centre can host: a supervisor on duty all week for each, and a consulting room to each doctor."""
        supervising = sum(gp.supervisor for gp in self.salaried) * self.spec.posts.salaried_gps.fte_each
        on_duty = int(self.sessions_fte + supervising + 1e-9)
        rooms = self.spec.rooms_for_all - int(self.fte + 1e-9)
        return max(0, min(self.spec.posts.interns.per_semester, on_duty, rooms))


@dataclass(frozen=True)
class Newcomer:
    """A GP about to settle, and what she sees in each zone (utility, shape (zones,))."""

    name: str
    birth_year: int
    woman: bool
    origin: str
    utility: NDArray[np.float64]
    among: Sequence[int] | None  # the only zones where she may settle


Person = TypeVar("Person")


@dataclass(frozen=True)
class PolicyClaim(Generic[Person]):
    """A policy's wish for GPs or interns, settled with the day's other wishes of its kind.

    Attributes
    ----------
    policy : str
        Name of the claimant.
    kind : str
        What they are wanted for, such as ``medical assistant``.
    places : int
        How many are wanted.
    wanted : tuple of callables
        Whether somebody is wanted: first of all, then in the second place, and so on.
    take : callable
        Told of everybody who comes.
    """

    policy: str
    kind: str
    places: int
    wanted: tuple[Callable[[Person], bool], ...]
    take: Callable[[Person], None]


@dataclass(frozen=True)
class Claim:
    """A centre's wish for doctors, settled with the other claims of the day: ``sessions`` or ``salaried``."""

    centre: Centre
    kind: str


class World:
    """The state of one run.

    Attributes
    ----------
    gps : dict of str to Gp
        List-holding liberal GPs in practice.
    retired : dict of str to Retiree
        The département's pool of retired GPs.
    centres : dict of str to Centre
    claims : list of Claim
        Today's claims on retired GPs and on GPs in other work.
    policy_claims : list of PolicyClaim
        Today's wishes of policies for GPs or interns.
    others : dict of str to SalariedGp
        GPs of the territory in other work; followed from the first centre on.
    former : list of Gp
        List-holders who left for other work before it was followed.
    offer_post, on_other_work : callable
        Set by `salaried`, once a centre has opened: offers a vacant post to a newcomer (true: she took it); takes a
        list-holder who leaves for other work.
    extra_interns : dict of str to (zone, places)
        Places that policies open with supervisors of a zone, by sponsor.
    interns : list of Intern
        In training, with a semester in the territory.
    closed_below : dict of str to float
        Share without MT below which a zone is closed to newcomers, by the policy that says so.
    on_settled : list of callables
        Told of every newcomer who settles, and of the zone that she would have chosen if no lever were bent (−1: none).
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
        self.levers.listen(OF_RESIDENTS, self._bend_residents)
        self.levers.listen(["target_ratio"], self._bend_targets)
        self.gps: dict[str, Gp] = {}
        self.retired: dict[str, Retiree] = {}
        self.centres: dict[str, Centre] = {}
        self.claims: list[Claim] = []
        self.policy_claims: list[PolicyClaim[Any]] = []
        self.others: dict[str, SalariedGp] = {}
        self.former: list[Gp] = []
        self.offer_post: Callable[[Newcomer], bool] | None = None
        self.on_other_work: Callable[[Gp], None] | None = None
        self.extra_interns: dict[str, tuple[int, int]] = {}
        self.interns: list[Intern] = []
        self.closed_below: dict[str, float] = {}
        self.on_settled: list[Callable[[Gp, int], None]] = []
        self.owners: list[str] = []
        self.owner_zone: list[int] = []
        self.owner_centre: list[bool] = []
        self.owner_of_slot = np.zeros(0, dtype=np.int64)
        self.facts: list[Fact] = []
        self.entries: list[Entry] = []
        self.stints: list[Stint] = []
        self.assumed: list[str] = []
        self.care_booked_to = 0  # day up to which ordinary care is booked
        self.cared_for = 0.0  # adult-years since then that centres which have closed have booked
        adults = np.asarray(territory.adults)
        self.log_adults = np.where(adults > 0, elementary.log(adults), -np.inf)  # by zone
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
        self.levers.silence()
        for behaviour in self._behaviours:
            behaviour.close()

    def first_of_months(self) -> Iterator[int]:
        """First days of the coming months, without end."""
        today = self.calendar.date(self.today)
        year, month = today.year, today.month
        while True:
            year, month = (year + 1, 1) if month == 12 else (year, month + 1)
            yield self.calendar.day(date(year, month, 1))

    def settling_days(self, last: int) -> Iterator[int]:
        """First days of the coming months before ``last``, then ``last``: what goes by the month is settled then."""
        for day in self.first_of_months():
            if day >= last:
                break
            yield day
        yield last

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

    def _bend_residents(self, _: Place) -> None:
        """Passes bent levers on to the residents, from today on."""
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

    def _bend_targets(self, place: Place) -> None:
        """Passes bent targets on to the practices of the place, from today on."""
        if isinstance(place, int):
            gps = [gp for gp in self.gps.values() if gp.zone == place]
        elif place:
            gps = [self.gps[place]] if place in self.gps else []
        else:
            gps = list(self.gps.values())
        for gp in gps:
            self.apply_target(gp)

    def by_zone(self, lever: str) -> NDArray[np.float64]:
        """A lever in each zone, shape (zones,)."""
        return self.levers.by_zone(lever, len(self.territory.zones))

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

    def on_retirement(self, name: str, birth_year: int, woman: bool = False) -> None:
        """A GP joins the pool of retired GPs today."""
        retiree = Retiree(name, birth_year, self.today, woman)
        if self.on_other_work is not None:  # the pools are followed
            retiree.stint = self.stint(name, "retired", -1, 0.0, birth_year, woman)
        self.retired[name] = retiree

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
