"""GPs, interns, retirees, centres and their accounts."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ess_sim.inputs.scenario.centre_spec import CentreSpec, Form, Grant
from ess_sim.results.tables.record import Stint
from ess_sim.streams import Preferences

__all__ = ["Account", "Centre", "Gp", "Intern", "Newcomer", "Retiree", "SalariedGp"]


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
    predecessors: list[Gp] = field(default_factory=list)  # in practice, to whom she is to succeed
    settled_on: int | None = None  # day, before day 0, of one who settled lately
    part_for_residents: float = 1.0  # of her places, as at her last review
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
    months_in_court: int = 0  # since receivership began
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
        """Interns the centre can host with the doctors present."""
        supervising = sum(gp.supervisor for gp in self.salaried) * self.spec.posts.salaried_gps.fte_each
        on_duty = int(self.sessions_fte + supervising + 1e-9)
        return self.spec.places_for_interns(on_duty, int(self.fte + 1e-9))


@dataclass(frozen=True)
class Newcomer:
    """A GP about to settle, and how she likes each zone."""

    name: str
    birth_year: int
    woman: bool
    origin: str
    likes: Preferences  # the zones
    among: Sequence[int] | None  # the only zones where she may settle
