"""Interns of general practice: semesters, places by supervision, graduation, locum years, settling.

Only interns with a semester in the territory are followed; those who settle without one are part of the arrivals from
outside. Cohorts long before day 0 are played too, so that day 0 already holds interns and locums in progress.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

from ess_sim import elementary
from ess_sim.clock import DAYS_PER_YEAR, Phase
from ess_sim.model.behaviours.centres.lists import refresh_centre
from ess_sim.model.behaviours.gps.exits import bent_probability
from ess_sim.model.behaviours.gps.settling import settle
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.records import Centre, Gp, Intern
from ess_sim.model.world.world import World
from ess_sim.streams import stable_rank

__all__ = ["expected_settlers", "semesters", "settle_trained"]


_PAST_SEMESTERS = 30


FIRST_NEW_REGIME = date(2024, 11, 2)
"""First ambulatory semester of the cohort that entered in November 2023, the first with a fourth year."""


def _half_years(semester_start: date) -> int:
    """Semesters since the year 0."""
    return 2 * semester_start.year + (semester_start.month == 11)


def _semester_start(world: World, index: int) -> date:
    """First day of a semester; index 0 is the one in progress on day 0."""
    half_years = _half_years(world.calendar.date(world.calendar.semesters[0])) + index
    return date(half_years // 2, 11 if half_years % 2 else 5, 2)


def _settle_log_odds(world: World, intern: Intern) -> float:
    """How her semesters here bend the probability that an intern settles."""
    p = world.parameters
    generations = elementary.log_of(p["settle_odds_ratio_generations"]) if intern.generations else 0.0
    # centred, so that settle_probability is that of a mix of origins
    origin = elementary.log_of(p["settle_odds_ratio_local_origin"]) * (float(intern.local) - p["local_origin_share"])
    second = elementary.log_of(p["settle_odds_ratio_second_semester"])
    return (intern.semesters - 1) * second + generations + origin


def expected_settlers(p: Mapping[str, float], places: int) -> float:
    """Local settlers a year that the territory's internships yield without policy (before the fourth year)."""
    second = p["second_semester_share"]
    new_per_year = 2 * places / (1 + second)
    total = 0.0
    for semesters, chance in ((1, 1 - second), (2, second)):
        for local, share in ((1.0, p["local_origin_share"]), (0.0, 1 - p["local_origin_share"])):
            log_odds = (semesters - 1) * elementary.log_of(p["settle_odds_ratio_second_semester"])
            log_odds += elementary.log_of(p["settle_odds_ratio_local_origin"]) * (local - p["local_origin_share"])
            total += chance * share * bent_probability(p["settle_probability"], log_odds)
    return new_per_year * total


class _Intake:
    """The interns in training, semester by semester."""

    def __init__(self, world: World, faculty_places: int) -> None:
        self.world = world
        self.faculty_places = faculty_places
        self.training = world.interns
        self._first = _half_years(_semester_start(world, 0))
        self._first_with_fourth_year = _half_years(FIRST_NEW_REGIME) - self._first

    def _new(self, name: str, index: int, sponsor: str = "") -> Intern:
        """An intern whose first semester here is this one."""
        p = self.world.parameters
        rng = self.world.streams.of("intern", name)
        local = bool(rng.random() < p["local_origin_share"])
        returns = bool(rng.random() < p["second_semester_share"])
        graduation = index + (6 if index >= self._first_with_fourth_year else 4)
        # of someone who will first settle at the mean age, after the mean time as a locum
        birth_year = (self._first + graduation) // 2 - round(p["entry_age_mean"] - p["locum_years_mean"])
        return Intern(name, index, graduation, birth_year, local, returns, sponsor=sponsor)

    def candidates(self, index: int) -> tuple[list[Intern], list[Intern]]:
        """Docteurs juniors and interns who would come this semester, in order of priority."""
        p = self.world.parameters
        juniors, returning = [], []
        for intern in self.training:
            if not intern.returns:
                continue
            semester = index - intern.first_semester
            if semester == 2:
                returning.append(intern)
            elif semester >= 4:  # others have graduated
                juniors.append(intern)
        expected = self.faculty_places / (1 + p["second_semester_share"])
        name = f"intern-{_semester_start(self.world, index):%Y-%m}"
        extra = self.world.streams.of("intern-intake", name).random() < expected - int(expected)
        free = self.faculty_places - sum(not i.sponsor for i in returning)
        new = min(free, int(expected) + int(extra))
        return juniors, returning + [self._new(f"{name}-{j + 1:02d}", index) for j in range(new)]

    def hosts(self, index: int) -> list[Gp]:
        """Supervisors with a consulting room for a trainee, in an order keyed by semester."""
        free = [g for g in self.world.gps.values() if g.supervisor and g.leaves_on is None]
        return sorted(free, key=lambda g: stable_rank(f"{index}/{g.name}"))

    def place(self, intern: Intern, host: Gp | Centre, mode: str, *, visible: bool = True) -> None:
        """The intern spends the semester with a host."""
        world = self.world
        intern.host, intern.zone = host, host.zone
        if not intern.semesters:
            self.training.append(intern)
        intern.semesters += 1
        if isinstance(host, Centre):
            host.interns.append(intern)
            intern.generations |= bool(host.sessions)
        elif mode == "junior":
            host.junior = intern
            if host.name in world.gps and host.slot >= 0:
                world.apply_target(host)
        if visible:
            intern.stint = world.stint(intern.name, mode, host.zone, 1.0, intern.birth_year, False)

    def end_semester(self) -> None:
        """Everyone leaves her host."""
        world = self.world
        for intern in self.training:
            host, intern.host = intern.host, None
            world.end_stint(intern.stint)
            intern.stint = None
            if isinstance(host, Gp) and host.junior is intern:
                host.junior = None
                if host.name in world.gps:
                    world.apply_target(host)
            elif isinstance(host, Centre) and intern in host.interns:
                host.interns.remove(intern)

    def graduates(self, index: int) -> list[Intern]:
        """Interns whose training ends as the semester begins."""
        out = [i for i in self.training if i.graduation == index]
        self.training[:] = [i for i in self.training if i.graduation > index]
        return out

    def assign(self, index: int, *, announce: bool) -> None:
        """Shares the semester's places out."""
        world = self.world
        hosts = self.hosts(index)
        juniors, interns = self.candidates(index)
        wishes = [(i, "junior") for i in juniors] + [(i, "intern") for i in interns]
        # whom a policy brought comes last, so that she never takes the place of anybody else
        for taken, (intern, mode) in enumerate(sorted(wishes, key=lambda wish: bool(wish[0].sponsor))):
            if taken < len(hosts):
                self.place(intern, hosts[taken], mode, visible=index >= 0)
            elif announce:
                world.note("intern_without_place", intern.name, detail="no supervisor free")
        del hosts[: len(wishes)]
        if not announce:
            return
        if hosts:
            world.note(
                "supervisors_idle", "faculty", value=float(len(hosts)), detail="the places that the faculty fills bind"
            )
        when = f"{_semester_start(world, index):%Y-%m}"
        for sponsor, (zone, places) in sorted(world.extra_interns.items()):
            here = [h for h in hosts if h.zone == zone]
            for j in range(places):
                if not here:
                    world.note(
                        "intern_place_vacant", sponsor, zone, value=float(places - j), detail="no supervisor free"
                    )
                    break
                host = here.pop(0)
                hosts.remove(host)
                self.place(self._new(f"{sponsor}-intern-{when}-{j + 1}", index, sponsor), host, "intern")
        self._send_to_centres(index, when)

    def _send_to_centres(self, index: int, when: str) -> None:
        """Centres' interns: the faculty sends so many on top of its usual ones, shared out by keyed priorities."""
        world = self.world
        teaching = [c for c in world.centres.values() if not c.closed and c.spec.posts.interns.per_semester]
        if not teaching:
            return
        teaching.sort(key=lambda c: c.name)
        wishes = [(centre, j) for centre in teaching for j in range(centre.training_places)]
        wishes.sort(key=lambda wish: stable_rank(f"{index}/{wish[0].name}/{wish[1]}"))
        sent = Counter(centre.name for centre, _ in wishes[: int(world.parameters["centre_interns_most"])])
        for centre in teaching:
            places, hosted = centre.training_places, sent[centre.name]
            for j in range(hosted):
                intern = self._new(f"{centre.name}-intern-{when}-{j + 1}", index, centre.name)
                self.place(intern, centre, "intern")
                world.note("intern_hosted", centre.name, centre.zone, other=intern.name)
            for vacant, why in (
                (centre.spec.posts.interns.per_semester - places, "no supervisor on duty or no room"),
                (places - hosted, "the faculty sends no more"),
            ):
                if vacant > 0:
                    world.note("intern_place_vacant", centre.name, centre.zone, value=float(vacant), detail=why)


def semesters(world: World, faculty_places: int) -> Behaviour:
    """Plays the cohorts before day 0, then every semester to the horizon."""
    intake = _Intake(world, faculty_places)
    calendar = world.calendar
    for index in range(-_PAST_SEMESTERS, 1):
        intake.end_semester()
        for intern in intake.graduates(index):
            _graduate(world, intern, calendar.day(_semester_start(world, index)))
        intake.assign(index, announce=False)
    for index, day in enumerate(calendar.semesters[1:], start=1):
        yield world.at(day, Phase.SUPPLY, "semesters")
        intake.end_semester()
        for intern in intake.graduates(index):
            _graduate(world, intern, day)
        intake.assign(index, announce=True)
        for centre in sorted(world.centres.values(), key=lambda c: c.name):
            refresh_centre(world, centre)


def _graduate(world: World, intern: Intern, day: int) -> None:
    """She becomes a locum and settles here later, or leaves."""
    p = world.parameters
    rng = world.streams.of("graduation", intern.name)
    log_odds = _settle_log_odds(world, intern)
    moved = log_odds + world.levers.at("settle_log_odds", intern.zone, intern.name)
    draw = rng.random()
    settles = draw < bent_probability(p["settle_probability"], moved)
    persuaded = settles and draw >= bent_probability(p["settle_probability"], log_odds)
    wait = rng.exponential(p["locum_years_mean"]) * DAYS_PER_YEAR
    settling_day = math.ceil(day + wait)
    pledged = intern.pledge is not None and intern.pledge(settles)
    if day >= 0:
        detail = "pledged" if pledged else "stays" if settles else "leaves"
        world.note(
            "intern_graduated",
            intern.name,
            intern.zone,
            other=intern.sponsor,
            value=float(intern.semesters),
            detail=detail,
        )
    if settles and settling_day >= 1 and not pledged:
        world.begin(_locum(world, intern, max(day, 0), settling_day, persuaded))


def _locum(world: World, intern: Intern, since: int, settling_day: int, persuaded: bool) -> Behaviour:
    """Years as a locum, who holds no list, then a practice of her own."""
    age = world.parameters["entry_age_mean"] - world.parameters["locum_years_mean"]
    birth_year = world.calendar.date(since).year - round(age)
    stint = world.stint(intern.name, "locum", intern.zone, 1.0, birth_year, False, since)
    if settling_day > world.calendar.horizon:
        return
    yield world.at(settling_day, Phase.SUPPLY, intern.name)
    world.end_stint(stint)
    settle_trained(world, intern, birth_year, sponsor=intern.sponsor, persuaded=persuaded)


def settle_trained(
    world: World,
    intern: Intern,
    birth_year: int,
    *,
    sponsor: str,
    among: Sequence[int] | None = None,
    persuaded: bool = False,
) -> Gp | None:
    """A doctor trained here settles (see `settle`); a fact records where, and who brought her (if any)."""
    origin = "diverted" if sponsor else "local"
    gp = settle(
        world,
        intern.name,
        origin=origin,
        trained_in=intern.zone,
        birth_year=birth_year,
        among=among,
        persuaded=persuaded,
    )
    zone = gp.zone if gp is not None else _zone_of_post(world, intern.name)
    if zone is not None:
        world.note("intern_settled", intern.name, zone, other=sponsor, value=float(intern.semesters), detail=origin)
    return gp


def _zone_of_post(world: World, name: str) -> int | None:
    """Zone of the centre where someone is salaried; None if she is not."""
    return next((c.zone for c in world.centres.values() for gp in c.salaried if gp.name == name), None)
