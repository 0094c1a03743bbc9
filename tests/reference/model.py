"""The residents' rules of ``docs/model.md``, person by person in SimPy: slow, plain, and written from that page alone.

Every person is an object with at most one pending SimPy timeout, her next event. Her hazards are constant between two
events of hers, two acts of others that touch her (release, hand-over, a lever, a list that enters the news or ends
there) and two 1 Januaries; whenever one of these happens the pending timeout is superseded and drawn anew, which is
exact because waiting times are memoryless.
Nothing here imports the package under test. Section and rule numbers are those of ``docs/model.md``.
"""

from __future__ import annotations

import dataclasses
import gc
import math
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple

import numpy as np
import simpy

DAYS_PER_YEAR = 365.25
AGES = 131  # tables by age run from 0 to 130
ADULT = 17
BAND_STARTS = (17, 30, 45, 60, 75)
BANDS = ("17-29", "30-44", "45-59", "60-74", "75+")
BAND_OF_AGE = [sum(age >= start for start in BAND_STARTS[1:]) for age in range(AGES)]

LISTED, SEEKING, DISCOURAGED, NOT_SEEKING = "listed", "seeking", "discouraged", "not_seeking"
LOST, NEVER_DECLARED = "lost", "never_declared"
REACHED_17, ARRIVED, LONG_STANDING = "reached_17", "arrived", "long_standing"
ANYONE, WITHOUT_MT = "anyone", "without_mt"
NO_PROVIDER, OUTSIDE_PROVIDER = -1, -2
CALLERS = ("without_mt", "far", "change")
OUTCOMES = ("registered", "too_far", "no_place", "closed", "financial", "suppressed")


# --------------------------------------------------------------------------------------------------------------------
# Numbers

CATALOGUE_NAMES = {
    "call_rate": "call_rate_per_year",
    "young_call": "young_call_multiplier",
    "old_call": "old_call_multiplier",
    "ald_call": "ald_call_multiplier",
    "precarious_call": "precarious_call_multiplier",
    "far_call_rate": "far_call_rate_per_year",
    "change_rate": "voluntary_change_rate_per_year",
    "give_up_rate": "give_up_rate_per_year",
    "return_rate": "return_rate_per_year",
    "need_rate": "need_rate_per_year",
    "need_rate_lost": "need_rate_lost_per_year",
    "outside_release_rate": "outside_release_rate_per_year",
    "informed_share": "informed_share",
    "tolerance": "tolerance_minutes",
    "tau": "distance_decay_minutes",
    "sharpness": "acceptance_sharpness",
    "relatives": "relatives_accepted_share",
    "precarious_share": "precarious_share",
    "lost_share": "national_lost_share",
    "never_declared_share": "national_never_declared_share",
    "without_mt_young": "without_mt_relative_17_29",
    "without_mt_middle": "without_mt_relative_30_59",
    "without_mt_old": "without_mt_relative_60_plus",
    "searching_lost": "searching_share_lost",
    "searching_never_declared": "searching_share_never_declared",
    "discouraged_part": "discouraged_part",
    "released_young": "released_seeking_17_29",
    "released_middle": "released_seeking_30_59",
    "released_old": "released_seeking_60_plus",
    "released_ald": "released_seeking_ald",
    "family_gp": "family_gp_share",
    "entry_seeking": "entry_seeking_share",
}
"""Scalar fields of `Rules` and their names in the parameter catalogue."""


def _zeros() -> list[float]:
    return [0.0] * AGES


@dataclass
class Rules:
    """Every number the rules need; rates per year. The defaults are neutral: nothing happens by itself."""

    call_rate: float = 0.0
    young_call: float = 1.0
    old_call: float = 1.0
    ald_call: float = 1.0
    precarious_call: float = 1.0
    far_call_rate: float = 0.0
    change_rate: float = 0.0
    give_up_rate: float = 0.0
    return_rate: float = 0.0
    need_rate: float = 0.0  # of the never declared
    need_rate_lost: float = 0.0
    outside_release_rate: float = 0.0
    informed_share: float = 0.0
    tolerance: float = 20.0
    tau: float = 8.0
    sharpness: float = 60.0
    relatives: float = 0.0
    precarious_share: float = 0.0
    lost_share: float = 0.0
    never_declared_share: float = 0.0
    without_mt_young: float = 1.0
    without_mt_middle: float = 1.0
    without_mt_old: float = 1.0
    searching_lost: float = 1.0
    searching_never_declared: float = 1.0
    discouraged_part: float = 0.0
    released_young: float = 1.0
    released_middle: float = 1.0
    released_old: float = 1.0
    released_ald: float = 1.0
    family_gp: float = 0.0
    entry_seeking: float = 1.0
    # 2.1, by field and zone: what the scenario says of a zone; one that is not named has the number above
    here: Mapping[str, Mapping[int, float]] = field(default_factory=dict)
    # 2.5 and 2.6, by zone; a zone that is not named has the territory's share, and nothing added
    precarious_here: Mapping[int, float] = field(default_factory=dict)
    more_informed: Mapping[int, float] = field(default_factory=dict)
    more_dare: Mapping[int, float] = field(default_factory=dict)
    reached: Mapping[int, float] = field(default_factory=dict)
    reached_precarious: Mapping[int, float] = field(default_factory=dict)
    financial_relief: Mapping[int, float] = field(default_factory=dict)
    physical_relief: float = 0.0
    mu: Sequence[float] = field(default_factory=_zeros)
    onset: Sequence[float] = field(default_factory=_zeros)
    ald_prevalence: Sequence[float] = field(default_factory=_zeros)
    move_out: Sequence[float] = field(default_factory=_zeros)
    move_within: Sequence[float] = field(default_factory=_zeros)
    immigration_per_year: float = 0.0
    immigration_age_weights: tuple[Sequence[int], Sequence[float]] = ((40,), (1.0,))
    zone_weights: Sequence[float] = (1.0,)

    @classmethod
    def from_parameters(cls, p: Mapping[str, float], mortality: Any, population: np.ndarray) -> Rules:
        """The rules of a run.

        ``mortality`` has an index ``age`` (30–100) and columns ``men_all``, ``women_all`` (q per 100,000);
        ``population`` counts day-0 residents by zone and single year of age from 0.
        """
        mobility = [mobility_at(p, age) for age in range(AGES)]
        ages = list(range(ADULT, population.shape[1]))
        movers = [float(population[:, age].sum()) * mobility[age] for age in ages]
        scalars = {name: float(p[catalogue]) for name, catalogue in CATALOGUE_NAMES.items()}
        return cls(
            **scalars,
            mu=death_rates(p, mortality),
            onset=[ald_onset_rate(p, age) for age in range(AGES)],
            ald_prevalence=[ald_prevalence(p, age) for age in range(AGES)],
            move_out=[p["move_out_rate_per_year"] * m for m in mobility],
            move_within=[p["move_within_rate_per_year"] * m for m in mobility],
            immigration_per_year=p["move_out_rate_per_year"] * sum(movers),  # 2.5: as many as move out on day 0
            immigration_age_weights=(ages, movers),
            zone_weights=[float(zone[ADULT:].sum()) for zone in population],
        )

    def of(self, name: str, zone: int) -> float:
        """2.1: the zone's own number, or the territory's."""
        return self.here.get(name, {}).get(zone, getattr(self, name))

    def share_informed(self, zone: int) -> float:
        """2.6: κ."""
        return cut(self.of("informed_share", zone) + self.more_informed.get(zone, 0.0))

    def share_dared(self, zone: int) -> float:
        """2.6: of a precarious resident's calls."""
        return cut(self.of("precarious_call", zone) + self.more_dare.get(zone, 0.0))

    def rate_of_being_reached(self, zone: int, precarious: bool) -> float:
        """2.6: whoever does not look for an MT."""
        return (self.reached_precarious if precarious else self.reached).get(zone, 0.0)

    def barrier_left(self, zone: int) -> float:
        """2.6: part of the financial barrier that stands."""
        return 1.0 - cut(self.financial_relief.get(zone, 0.0))

    def share_precarious(self, zone: int) -> float:
        """2.5: of those who arrive."""
        return self.precarious_here.get(zone, self.precarious_share)

    def changed(self, values: Mapping[str, Any]) -> Rules:
        """These rules with some numbers changed, by field name or by catalogue name."""
        fields = {catalogue: name for name, catalogue in CATALOGUE_NAMES.items()}
        return dataclasses.replace(self, **{fields.get(name, name): value for name, value in values.items()})


def cut(value: float) -> float:
    """To [0, 1]."""
    return min(1.0, max(0.0, value))


def mobility_at(p: Mapping[str, float], age: int) -> float:
    """Mobility relative to the mean (2.1)."""
    if age < 30:
        return p["mobility_17_29"]
    if age < 45:
        return p["mobility_30_44"]
    if age < 60:
        return p["mobility_45_59"]
    return p["mobility_60_plus"]


def death_rates(p: Mapping[str, float], mortality: Any) -> list[float]:
    """Rule 1: μ by age. Men and women share the rate below 30, so as many of each reach 30."""
    men, women = 1.0, 1.0
    mu = _zeros()
    for age in range(30, 101):
        q_men = float(mortality.loc[age, "men_all"]) / 1e5
        q_women = float(mortality.loc[age, "women_all"]) / 1e5
        mu[age] = -math.log(1.0 - (men * q_men + women * q_women) / (men + women))
        men *= 1.0 - q_men
        women *= 1.0 - q_women
    for age in range(101, AGES):
        mu[age] = mu[100]
    first, last = p["death_rate_at_17"], mu[30]
    for age in range(ADULT, 30):
        mu[age] = first * (last / first) ** ((age - 17) / 13)
    return mu


def ald_prevalence(p: Mapping[str, float], age: int) -> float:
    """p(age): piecewise linear through 17, 40, 60, 80, constant beyond (2.1)."""
    knots = (17, 40, 60, 80)
    return float(np.interp(age, knots, [p[f"ald_prevalence_at_{knot}"] for knot in knots]))


def ald_onset_rate(p: Mapping[str, float], age: int) -> float:
    """Rule 4: o(age) = (p(age + 1) − p(age)) / (1 − p(age)), never negative."""
    if age < ADULT:
        return 0.0
    here = ald_prevalence(p, age)
    return max(0.0, ald_prevalence(p, age + 1) - here) / (1.0 - here)


# --------------------------------------------------------------------------------------------------------------------
# What goes in


@dataclass
class PersonStart:
    """A resident on day 0; ``provider`` is −1 (none), −2 (outside) or a provider's key."""

    zone: int
    birth_year: int
    ald: bool
    precarious: bool
    state: str
    pool: str | None = None
    origin: str | None = None
    provider: int = NO_PROVIDER


@dataclass
class ProviderStart:
    """A provider on the day it opens, its bucket full (2.3)."""

    key: int
    zone: int
    kind: str
    target: float
    openness: float = 1.0
    rule: str = ANYONE
    appeal: float = 1.0
    financial: float = 0.0
    intake_per_day: float = 1e9
    bucket: float = 1e9
    takes_relatives: bool = True
    news_per_year: float = 0.0  # 2.7: the rate of rule 12; 0 if the opening is not announced


class SupplyEvent(NamedTuple):
    """Something that happens to supply at the instant ``day``.0.

    ``action`` is one of
    ``("open", *fields of ProviderStart)``, ``("target", key, value)``, ``("openness", key, value)``,
    ``("intake", key, per_day, bucket)``, ``("handover_and_close", key, [(share, [(taker key, limit), ...]), ...])``,
    ``("release_excess", key)``, ``("rates", {name: value})``,
    ``("accompany", zone, number, ald, precarious, share followed)``, where zone, ald and precarious are None if they
    do not matter and the share, if left out, is 0.
    """

    day: int
    action: tuple


# --------------------------------------------------------------------------------------------------------------------
# What comes out


@dataclass
class Counts:
    """The residents at one date. Arrays by zone × age band × ALD × precarious; calls and events are cumulative."""

    day: int
    adults: np.ndarray
    listed: np.ndarray
    listed_far: np.ndarray
    seeking: np.ndarray
    discouraged: np.ndarray
    not_seeking: np.ndarray
    lost: np.ndarray
    never_declared: np.ndarray
    lists: dict[int, int]
    calls: dict[tuple[str, str], int]
    rule_counts: dict[str, int]

    @property
    def without_mt(self) -> np.ndarray:
        return self.seeking + self.discouraged + self.not_seeking


# --------------------------------------------------------------------------------------------------------------------
# The model


class Person:
    __slots__ = ("ald", "birth_year", "origin", "pending", "pool", "precarious", "provider", "state", "zone")

    def __init__(self, zone: int, birth_year: int, ald: bool, precarious: bool) -> None:
        self.zone = zone
        self.birth_year = birth_year
        self.ald = ald
        self.precarious = precarious
        self.state = NOT_SEEKING
        self.pool: str | None = None
        self.origin: str | None = None
        self.provider: Provider | None = None
        self.pending: simpy.Timeout | None = None


class Provider:
    __slots__ = (
        "appeal",
        "bucket",
        "financial",
        "intake",
        "key",
        "members",
        "openness",
        "rule",
        "takes_relatives",
        "target",
        "tokens",
        "tokens_at",
        "zone",
    )

    def __init__(self, start: ProviderStart, now: float) -> None:
        self.key = start.key
        self.zone = start.zone
        self.target = start.target
        self.openness = start.openness
        self.rule = start.rule
        self.appeal = start.appeal
        self.financial = start.financial
        self.intake = start.intake_per_day
        self.bucket = start.bucket
        self.takes_relatives = start.takes_relatives
        self.tokens = start.bucket
        self.tokens_at = now
        self.members: dict[Person, None] = {}  # a dict keeps its order, so that a seed gives one run


OUTSIDE = Provider(ProviderStart(OUTSIDE_PROVIDER, -1, "outside", 0.0), 0.0)


class ReferenceModel:
    """One run.

    ``minutes`` is a dense array (inf: not reachable) or a mapping of (from, to); ``entries`` are the days and zones of
    those who reach 17.
    """

    def __init__(
        self,
        rules: Rules,
        *,
        start: date,
        minutes: Mapping[tuple[int, int], float] | np.ndarray,
        persons: Iterable[PersonStart] = (),
        providers: Iterable[ProviderStart] = (),
        entries: Iterable[tuple[float, int]] = (),
        supply: Iterable[SupplyEvent] = (),
        seed: int = 0,
    ) -> None:
        self.rules = rules
        self.start = start
        self.zones = len(rules.zone_weights)
        self.minutes = self._dense(minutes)
        self.longest_known = max((m for row in self.minutes for m in row if m < math.inf), default=0.0)
        self.entries = list(entries)
        self.supply: dict[int, list[tuple]] = {}
        for event in supply:
            self.supply.setdefault(event.day, []).append(event.action)
        self.rng = random.Random(seed)
        self.env = simpy.Environment()
        self.year = start.year
        self.next_new_year = self._day_of_new_year()
        self.residents: dict[Person, None] = {}
        self.providers: dict[int, Provider] = {}
        # For each zone, how many of its residents each provider of the territory has: whose GP a family has (2.5).
        self.families: list[Counter[int]] = [Counter() for _ in range(self.zones)]
        self.within_reach: dict[int, list[tuple[Provider, float]]] = {}
        self.heard_in: dict[int, list[tuple[Provider, float]]] = {}
        self.news: dict[Provider, float] = {}  # 2.7: the lists in the news, and the rate at which they are heard of
        self.calls: Counter[tuple[str, str]] = Counter()
        self.rule_counts: Counter[str] = Counter()
        self.wake_ups = 0
        for provider in providers:
            self.opens(provider)
        for person in persons:
            self._settle_on_day_0(person)

    def _dense(self, minutes: Mapping[tuple[int, int], float] | np.ndarray) -> list[list[float]]:
        zones = range(self.zones)
        if isinstance(minutes, Mapping):
            return [[float(minutes.get((a, b), math.inf)) for b in zones] for a in zones]
        return [[float(minutes[a, b]) for b in zones] for a in zones]

    def _settle_on_day_0(self, start: PersonStart) -> None:
        if (start.state == LISTED) != (start.provider != NO_PROVIDER):
            raise ValueError(f"a resident is LISTED if and only if she has a provider: {start}")
        person = Person(start.zone, start.birth_year, start.ald, start.precarious)
        self.residents[person] = None
        if start.state == LISTED:
            self.joins(person, OUTSIDE if start.provider == OUTSIDE_PROVIDER else self.providers[start.provider])
        else:
            person.state, person.pool, person.origin = start.state, start.pool, start.origin

    # ---- Time (1) --------------------------------------------------------------------------------------------------

    def run(self, until_day: int, record_days: Sequence[int]) -> list[Counts]:
        """Run once, to ``until_day``; a record is taken after the supply events of its day."""
        if any(day > until_day for day in record_days):
            raise ValueError("a record lies beyond the end")
        # SimPy breaks ties by the order of scheduling: at one instant new year, then entries, then actors.
        for day in self._new_years(until_day):
            self.env.timeout(day).callbacks.append(self._new_year)
        for day, zone in sorted(self.entries):
            if day <= until_day:
                self.env.timeout(day, zone).callbacks.append(self._entry)
        self.env.process(self._arrivals())
        for person in self.residents:
            self.draws_next_event(person)
        records: list[Counts] = []
        collecting = gc.isenabled()
        gc.disable()  # a fifth of the time, and nothing to find: whoever leaves is in no reference cycle
        try:
            self.env.run(until=self.env.process(self._actors(until_day, set(record_days), records)))
        finally:
            if collecting:
                gc.enable()
        return records

    def _actors(self, until_day: int, record_days: set[int], records: list[Counts]) -> Iterator[simpy.Event]:
        days = {day for day in self.supply if day <= until_day} | record_days | {until_day}
        for day in sorted(days):
            yield self.env.timeout(day - self.env.now)
            for action in self.supply.get(day, ()):
                self.applies(action)
            if day in record_days:
                records.append(self.counts(day))

    def _new_years(self, until_day: int) -> list[int]:
        last = (self.start + timedelta(days=until_day)).year
        return [(date(year, 1, 1) - self.start).days for year in range(self.start.year + 1, last + 1)]

    def _new_year(self, _: simpy.Event) -> None:
        """Everyone turns a year older: all hazards change."""
        self.year += 1
        self.next_new_year = self._day_of_new_year()
        for person in self.residents:
            self.draws_next_event(person)
        self.wake_ups += len(self.residents)

    @property
    def real_events(self) -> int:
        """Events of the model: rules fired, arrivals, entries."""
        return sum(self.rule_counts.values())

    @property
    def events(self) -> int:
        """Events processed, the 1 January of each resident included."""
        return self.real_events + self.wake_ups

    def age(self, person: Person) -> int:
        return min(self.year - person.birth_year, AGES - 1)

    # ---- Next event of a person (2.1) --------------------------------------------------------------------------------

    def hazards(self, person: Person) -> list[tuple[float, Any]]:
        """Rates per year of all that can happen to her now."""
        rules, age, state = self.rules, self.age(person), person.state
        hazards = [
            (rules.mu[age], self.dies),
            (rules.move_out[age], self.moves_out),
            (rules.move_within[age], self.moves_within),
        ]
        if not person.ald:
            hazards.append((rules.onset[age], self.becomes_ald))
        if state == LISTED:
            if self.is_far(person):
                hazards.append((rules.far_call_rate, self.calls_for_nearer))
            else:
                hazards.append((rules.change_rate, self.calls_for_change))
            if person.provider is OUTSIDE:
                hazards.append((rules.outside_release_rate, self.loses_outside_mt))
        elif state == SEEKING:
            hazards.append((rules.of("give_up_rate", person.zone), self.gives_up))
            hazards.append((self.rate_of_wishes_to_call(person, age), self.wishes_to_call))
        else:
            hazards.append((rules.need_rate_lost if person.pool == LOST else rules.need_rate, self.needs))
            hazards.append((rules.rate_of_being_reached(person.zone, person.precarious), self.is_reached))
            if state == DISCOURAGED:
                hazards.append((rules.of("return_rate", person.zone), self.returns))
        if state in (SEEKING, DISCOURAGED):
            hazards.append((self.rate_of_news(person.zone), self.hears_of_opening))
        return hazards

    def rate_of_wishes_to_call(self, person: Person, age: int) -> float:
        """Rule 8's rate."""
        rate = self.rules.of("call_rate", person.zone)
        if age < 30:
            rate *= self.rules.young_call
        elif age >= 60:
            rate *= self.rules.old_call
        if person.ald:
            rate *= self.rules.ald_call
        return rate

    def draws_next_event(self, person: Person) -> None:
        """Replace her pending event. Nothing is kept pending beyond the new year, when all is drawn anew."""
        person.pending = None
        hazards = self.hazards(person)
        total = 0.0
        for rate, _ in hazards:
            total += rate
        if total > 0.0:
            delay = self.rng.expovariate(total) * DAYS_PER_YEAR
            if self.env.now + delay < self.next_new_year:
                person.pending = self.env.timeout(delay, (person, hazards))
                person.pending.callbacks.append(self._happens)

    def _day_of_new_year(self) -> int:
        return (date(self.year + 1, 1, 1) - self.start).days

    def _happens(self, event: simpy.Timeout) -> None:
        person, hazards = event.value  # the hazards it was drawn with: whatever changes them draws anew
        if person.pending is not event:  # superseded, or she left
            return
        rule = self.rng.choices([rule for _, rule in hazards], [rate for rate, _ in hazards])[0]
        self.rule_counts[rule.__name__] += 1
        rule(person)
        if person in self.residents:
            self.draws_next_event(person)

    # ---- Rules 1 to 12 -----------------------------------------------------------------------------------------------

    def dies(self, person: Person) -> None:
        """Rule 1."""
        self._goes(person)

    def moves_out(self, person: Person) -> None:
        """Rule 2."""
        self._goes(person)

    def moves_within(self, person: Person) -> None:
        """Rule 3."""
        mt = person.provider
        if mt is not None and mt is not OUTSIDE:
            self.families[person.zone][mt.key] -= 1
        person.zone = self.rng.choices(range(self.zones), self.rules.zone_weights)[0]
        if mt is not None and mt is not OUTSIDE:
            self.families[person.zone][mt.key] += 1

    def becomes_ald(self, person: Person) -> None:
        """Rule 4."""
        person.ald = True
        if person.state in (NOT_SEEKING, DISCOURAGED):
            person.state = SEEKING

    def needs(self, person: Person) -> None:
        """Rule 5."""
        person.state = SEEKING

    def returns(self, person: Person) -> None:
        """Rule 6."""
        person.state = SEEKING

    def is_reached(self, person: Person) -> None:
        """2.6."""
        person.state = SEEKING

    def gives_up(self, person: Person) -> None:
        """Rule 7."""
        person.state = DISCOURAGED

    def wishes_to_call(self, person: Person) -> None:
        """Rule 8."""
        self.calls["without_mt", "suppressed" if self.dares_not(person) else self.call(person)] += 1

    def calls_for_nearer(self, person: Person) -> None:
        """Rule 9."""
        self.calls["far", self.call(person)] += 1

    def calls_for_change(self, person: Person) -> None:
        """Rule 10."""
        self.calls["change", self.call(person)] += 1

    def loses_outside_mt(self, person: Person) -> None:
        """Rule 11."""
        self.is_released(person)

    def hears_of_opening(self, person: Person) -> None:
        """Rule 12, and what follows from it (2.7)."""
        person.state = SEEKING  # step 1
        lists = self.lists_in_the_news(person.zone)
        announced = self.rng.choices([p for p, _ in lists], [weight for _, weight in lists])[0]  # step 2
        outcome = "suppressed" if self.dares_not(person) else self.asks(person, announced)  # step 3
        self.calls["without_mt", outcome] += 1
        if outcome == "closed" and self.tokens(announced) >= 1.0 and self.turns_half_away(announced):  # step 4
            del self.news[announced]
            self.news_changes()

    # ---- News of an opening (2.7) ------------------------------------------------------------------------------------

    def turns_half_away(self, provider: Provider) -> bool:
        """Whether her list is so full that half of the callers are turned away."""
        length = len(provider.members)
        return length >= provider.target or (length / provider.target) ** self.rules.sharpness >= 0.5

    def lists_in_the_news(self, zone: int) -> list[tuple[Provider, float]]:
        """Those that residents of the zone may hear of, and their weights; kept until the news changes."""
        if zone not in self.heard_in:
            self.heard_in[zone] = [
                (p, weight) for p, weight in self.reachable_from(zone) if p in self.news and p.openness > 0.0
            ]
        return self.heard_in[zone]

    def rate_of_news(self, zone: int) -> float:
        """Rule 12's rate: that of one list, however many there are."""
        return max((self.news[provider] for provider, _ in self.lists_in_the_news(zone)), default=0.0)

    def news_changes(self) -> None:
        """Hazards may change for whoever could hear."""
        self.heard_in.clear()
        for person in self.residents:
            if person.state in (SEEKING, DISCOURAGED):
                self.draws_next_event(person)

    # ---- A call (2.2) ------------------------------------------------------------------------------------------------

    def is_far(self, person: Person) -> bool:
        """Of a LISTED resident (2)."""
        mt = person.provider
        return mt is OUTSIDE or self.minutes[person.zone][mt.zone] > self.rules.tolerance

    def admits(self, provider: Provider, person: Person) -> bool:
        """The list rule."""
        return provider.rule == ANYONE or person.state != LISTED

    def is_open_to(self, provider: Provider, person: Person) -> bool:
        return (
            provider.openness > 0.0
            and len(provider.members) < provider.target
            and self.tokens(provider) >= 1.0
            and self.admits(provider, person)
        )

    def dares_not(self, person: Person) -> bool:
        """Rule 8: whether her call is suppressed."""
        return person.precarious and self.rng.random() < 1.0 - self.rules.share_dared(person.zone)

    def call(self, person: Person, *, helped: bool = False) -> str:
        """One call and its outcome."""
        informed = helped or self.rng.random() < self.rules.share_informed(person.zone)  # step 1
        candidates = [  # step 2
            (provider, weight)
            for provider, weight in self.reachable_from(person.zone)
            if provider is not person.provider and (not informed or self.is_open_to(provider, person))
        ]
        if not candidates:  # step 3
            return "too_far" if self.is_some_list_open_to(person) else "no_place"
        chosen = self.rng.choices([p for p, _ in candidates], [weight for _, weight in candidates])[0]  # step 4
        return self.asks(person, chosen)

    def asks(self, person: Person, chosen: Provider) -> str:
        """Steps 5 to 7 with one provider."""
        relative = not self.is_open_to(chosen, person)
        if self.rng.random() >= self.acceptance(chosen, person):  # step 5
            return "closed"
        if person.precarious and self.rng.random() < chosen.financial * self.rules.barrier_left(person.zone):  # step 6
            return "financial"
        if not relative:  # step 7
            chosen.tokens = self.tokens(chosen) - 1.0
            chosen.tokens_at = self.env.now
        self.joins(person, chosen)
        return "registered"

    def reachable_from(self, zone: int) -> list[tuple[Provider, float]]:
        """Step 2 and the weights of step 4: providers within the tolerance; kept until a provider opens or ends."""
        if zone not in self.within_reach:
            minutes, relief = self.minutes[zone], cut(self.rules.physical_relief)
            tolerance = self.rules.tolerance
            tolerance = max(tolerance, tolerance + relief * (self.longest_known - tolerance))  # 2.6
            self.within_reach[zone] = [
                (provider, math.exp(-(1.0 - relief) * minutes[provider.zone] / self.rules.tau) * provider.appeal)
                for provider in self.providers.values()
                if minutes[provider.zone] <= tolerance
            ]
        return self.within_reach[zone]

    def is_some_list_open_to(self, person: Person) -> bool:
        """Step 3: anywhere in the territory."""
        return any(p is not person.provider and self.is_open_to(p, person) for p in self.providers.values())

    def acceptance(self, provider: Provider, person: Person) -> float:
        """Step 5: probability."""
        if self.is_open_to(provider, person):
            fill = len(provider.members) / provider.target
            return provider.openness * (1.0 - fill**self.rules.sharpness)
        if provider.openness > 0.0 and self.admits(provider, person) and provider.takes_relatives:
            return self.rules.relatives
        return 0.0

    # ---- Lists and tokens (2.3) --------------------------------------------------------------------------------------

    def tokens(self, provider: Provider) -> float:
        """Tokens in the bucket at this instant."""
        grown = provider.tokens + provider.intake * (self.env.now - provider.tokens_at)
        return grown if grown < provider.bucket else provider.bucket

    def joins(self, person: Person, provider: Provider) -> None:
        self.leaves_list(person)
        person.state, person.pool, person.origin = LISTED, None, None
        person.provider = provider
        if provider is not OUTSIDE:
            provider.members[person] = None
            self.families[person.zone][provider.key] += 1

    def leaves_list(self, person: Person) -> None:
        provider = person.provider
        if provider is not None and provider is not OUTSIDE:
            del provider.members[person]
            self.families[person.zone][provider.key] -= 1
        person.provider = None

    def _goes(self, person: Person) -> None:
        self.leaves_list(person)
        person.pending = None
        del self.residents[person]

    # ---- Supply ------------------------------------------------------------------------------------------------------

    def applies(self, action: tuple) -> None:
        """One event of supply or of a policy."""
        kind, *rest = action
        if kind == "open":
            self.opens(ProviderStart(*rest))
        elif kind == "target":
            self.providers[rest[0]].target = rest[1]
        elif kind == "openness":
            self.changes_openness(self.providers[rest[0]], rest[1])
        elif kind == "intake":
            self.changes_intake(self.providers[rest[0]], rest[1], rest[2])
        elif kind == "handover_and_close":
            self.ends(self.providers[rest[0]], rest[1])
        elif kind == "release_excess":
            self.releases_excess(self.providers[rest[0]])
        elif kind == "rates":
            self.changes_rates(rest[0])
        elif kind == "accompany":
            self.accompanies(*rest)
        else:
            raise ValueError(f"unknown supply event {kind!r}")

    def opens(self, start: ProviderStart) -> None:
        if start.key in self.providers or start.key < 0:
            raise ValueError(f"a provider's key is new and not negative: {start}")
        if start.appeal <= 0.0 or start.rule not in (ANYONE, WITHOUT_MT):
            raise ValueError(f"a provider has a positive appeal and a known list rule: {start}")
        provider = self.providers[start.key] = Provider(start, self.env.now)
        self.within_reach.clear()
        if start.news_per_year > 0.0:
            self.news[provider] = start.news_per_year
            self.news_changes()

    def changes_openness(self, provider: Provider, openness: float) -> None:
        provider.openness = openness
        if provider in self.news:  # 2.7: nobody hears of a list that takes nobody
            self.news_changes()

    def changes_intake(self, provider: Provider, per_day: float, bucket: float) -> None:
        """2.3: tokens up to date first, then cut to the new size."""
        provider.tokens = min(self.tokens(provider), bucket)
        provider.tokens_at = self.env.now
        provider.intake, provider.bucket = per_day, bucket

    def ends(self, provider: Provider, handovers: Sequence[tuple[float, Sequence[tuple[int, float]]]]) -> None:
        """2.4: hand-overs one after another, then release of the rest. Whoever takes all has an infinite limit."""
        drawn = self.rng.sample(list(provider.members), len(provider.members))  # all, in random order
        for share, takers in handovers:
            intended = math.floor(share * len(drawn) + 0.5)  # of those who are still there
            for key, limit in takers:
                taker = self.providers[key]
                room = intended if limit == math.inf else math.floor(limit) - len(taker.members)
                number = min(intended, max(0, room))
                intended -= number
                for _ in range(number):
                    person = drawn.pop()
                    self.joins(person, taker)
                    self.draws_next_event(person)
        for person in drawn:
            self.is_released(person)
            self.draws_next_event(person)
        del self.providers[provider.key]
        self.within_reach.clear()
        if provider in self.news:
            del self.news[provider]
            self.news_changes()

    def releases_excess(self, centre: Provider) -> None:
        """2.4: down to the target; of a target that is no whole number, the list stops below it."""
        number = max(0, len(centre.members) - math.floor(centre.target))
        for person in self.rng.sample(list(centre.members), number):
            self.is_released(person)
            self.draws_next_event(person)

    def is_released(self, person: Person) -> None:
        """2.4: what becomes of a resident whose MT ended."""
        rules, age = self.rules, self.age(person)
        if person.ald:
            seeking = rules.released_ald
        elif age < 30:
            seeking = rules.released_young
        elif age < 60:
            seeking = rules.released_middle
        else:
            seeking = rules.released_old
        self.leaves_list(person)
        person.pool, person.origin = LOST, None
        person.state = SEEKING if self.rng.random() < seeking else NOT_SEEKING

    def accompanies(
        self, zone: int | None, number: int, ald: bool | None, precarious: bool | None, followed: float = 0.0
    ) -> None:
        """2.6: calls in company, and declarations of those whom a GP follows."""
        fitting = [
            person
            for person in self.residents
            if person.state != LISTED
            and zone in (None, person.zone)
            and ald in (None, person.ald)
            and precarious in (None, person.precarious)
        ]
        for person in self.rng.sample(fitting, min(number, len(fitting))):
            person.state = SEEKING
            follow = self.practices_that_may_follow(person.zone) if self.rng.random() < followed else []
            if follow:
                self.joins(person, self.rng.choices([p for p, _ in follow], [weight for _, weight in follow])[0])
                outcome = "registered"
            else:
                outcome = self.call(person, helped=True)
            self.calls["without_mt", outcome] += 1
            self.draws_next_event(person)

    def practices_that_may_follow(self, zone: int) -> list[tuple[Provider, float]]:
        """2.6: whoever takes relatives, and their weights."""
        return [(p, weight) for p, weight in self.reachable_from(zone) if p.takes_relatives and p.openness > 0.0]

    def changes_rates(self, values: Mapping[str, Any]) -> None:
        """A lever: hazards may change for everyone."""
        self.rules = self.rules.changed(values)
        self.within_reach.clear()
        self.heard_in.clear()
        for person in self.residents:
            self.draws_next_event(person)

    # ---- Arrivals (2.5) ----------------------------------------------------------------------------------------------

    def _arrivals(self) -> Iterator[simpy.Event]:
        rate = self.rules.immigration_per_year
        while rate > 0.0:
            yield self.env.timeout(self.rng.expovariate(rate) * DAYS_PER_YEAR)
            self.moves_in()

    def moves_in(self) -> None:
        """Moving in."""
        rules, rng = self.rules, self.rng
        ages, weights = rules.immigration_age_weights
        age = rng.choices(ages, weights)[0]
        zone = rng.choices(range(self.zones), rules.zone_weights)[0]
        ald = rng.random() < rules.ald_prevalence[age]
        person = Person(zone, self.year - age, ald, rng.random() < rules.share_precarious(zone))
        if rng.random() < self.share_of_arrivals_without_mt(age):
            self._without_mt_on_arrival(person)
        else:
            self.joins(person, OUTSIDE)
        self.rule_counts["moves_in"] += 1
        self.residents[person] = None
        self.draws_next_event(person)

    def share_of_arrivals_without_mt(self, age: int) -> float:
        rules = self.rules
        if age < 30:
            relative = rules.without_mt_young
        elif age < 60:
            relative = rules.without_mt_middle
        else:
            relative = rules.without_mt_old
        return min(1.0, (rules.lost_share + rules.never_declared_share) * relative)

    def _without_mt_on_arrival(self, person: Person) -> None:
        rules, rng = self.rules, self.rng
        if rng.random() < rules.lost_share / (rules.lost_share + rules.never_declared_share):
            person.pool, searching = LOST, rules.searching_lost
        else:
            person.pool, person.origin, searching = NEVER_DECLARED, ARRIVED, rules.searching_never_declared
        if rng.random() < searching:
            person.state = SEEKING
        elif rng.random() < rules.discouraged_part:
            person.state = DISCOURAGED
        else:
            person.state = NOT_SEEKING

    def _entry(self, event: simpy.Timeout) -> None:
        self.reaches_17(event.value)

    def reaches_17(self, zone: int) -> None:
        """Reaching 17."""
        rules, rng = self.rules, self.rng
        precarious = rng.random() < rules.share_precarious(zone)
        ald = rng.random() < rules.ald_prevalence[ADULT]
        person = Person(zone, self.year - ADULT, ald, precarious)
        family_gp = self.family_gp(zone) if rng.random() < rules.family_gp else None
        if family_gp is not None:
            self.joins(person, family_gp)
        else:
            person.pool, person.origin = NEVER_DECLARED, REACHED_17
            person.state = SEEKING if rng.random() < rules.entry_seeking else NOT_SEEKING
        self.rule_counts["reaches_17"] += 1
        self.residents[person] = None
        self.draws_next_event(person)

    def family_gp(self, zone: int) -> Provider | None:
        """The provider of a resident drawn among the zone's LISTED in the territory, if there is one."""
        family = self.families[zone]
        if family.total() == 0:
            return None
        return self.providers[self.rng.choices(list(family), list(family.values()))[0]]

    # ---- Record ------------------------------------------------------------------------------------------------------

    def counts(self, day: int) -> Counts:
        """Count everyone, one by one."""
        shape = (self.zones, len(BANDS), 2, 2)
        names = ("adults", LISTED, "listed_far", SEEKING, DISCOURAGED, NOT_SEEKING, LOST, NEVER_DECLARED)
        flat = {name: [0] * math.prod(shape) for name in names}
        for person in self.residents:
            band = BAND_OF_AGE[self.age(person)]
            cell = ((person.zone * len(BANDS) + band) * 2 + person.ald) * 2 + person.precarious
            flat["adults"][cell] += 1
            flat[person.state][cell] += 1
            if person.state != LISTED:
                flat[person.pool][cell] += 1
            elif self.is_far(person):
                flat["listed_far"][cell] += 1
        arrays = {name: np.array(values).reshape(shape) for name, values in flat.items()}
        lists = {key: len(provider.members) for key, provider in self.providers.items()}
        return Counts(day=day, **arrays, lists=lists, calls=dict(self.calls), rule_counts=dict(self.rule_counts))
