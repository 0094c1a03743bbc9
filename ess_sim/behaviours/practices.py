"""GPs with a list of their own: day 0, the yearly review, the notice, the hand-over, the exit, arrivals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ess_sim import elementary
from ess_sim.clock import DAYS_PER_YEAR, Phase
from ess_sim.errors import ScenarioError
from ess_sim.kernel import LISTED
from ess_sim.residents import Practice, Residents
from ess_sim.resources import departements, gp_age_profile
from ess_sim.scenario import Scenario, zones_of_blocks
from ess_sim.start import Hazards, Start, gravity_lists, largest_remainder
from ess_sim.streams import poisson_days
from ess_sim.territory import Territory
from ess_sim.world import Behaviour, Centre, Gp, Newcomer, World

__all__ = [
    "RETIREMENT_AGE",
    "REVIEWS",
    "bent",
    "day0_names",
    "exit_hazard",
    "expected_retirements",
    "leave",
    "list_holders_by_zone",
    "lists_problem",
    "notice",
    "open_day0",
    "outside_arrivals",
    "settle",
    "start_careers",
]

_EXIT_AGES = (
    (55, "exit_hazard_below_55"),
    (60, "exit_hazard_55_59"),
    (62, "exit_hazard_60_61"),
    (64, "exit_hazard_62_63"),
    (65, "exit_hazard_64"),
    (66, "exit_hazard_65"),
    (68, "exit_hazard_66_67"),
    (70, "exit_hazard_68_69"),
    (75, "exit_hazard_70_74"),
    (80, "exit_hazard_75_79"),
)
RETIREMENT_AGE = 60
"""From this age a GP who ceases joins the pool of retired GPs; before, she leaves for another way of working."""
REVIEWS = 80
"""Yearly reviews for which a GP's draws are made: more than anybody lives to see."""


def exit_hazard(p: Mapping[str, float], age: int) -> float:
    """Yearly probability that a list-holder of this age decides to cease (all causes from 55 on)."""
    for below, name in _EXIT_AGES:
        if age < below:
            return p[name]
    return p["exit_hazard_80_plus"]


def bent(probability: float, log_odds: float) -> float:
    """A probability moved on the scale of log-odds; 0 added is the same number, bit for bit."""
    if log_odds == 0.0 or probability <= 0.0 or probability >= 1.0:
        return probability
    odds = probability / (1.0 - probability) * float(elementary.exp(log_odds))
    return odds / (1.0 + odds)


# --- day 0 --------------------------------------------------------------------------------------------------------


def list_holders_by_zone(
    scenario: Scenario, territory: Territory, p: Mapping[str, float]
) -> tuple[NDArray[np.int64], NDArray[np.int64], list[str]]:
    """List-holding GPs of each zone on day 0, the block that speaks of the zone, and what had to be assumed."""
    adults = np.asarray(territory.adults, dtype=np.int64)
    blocks = scenario.supply.list_holding_gps or []
    index = zones_of_blocks(blocks, territory.zones)
    out = np.zeros(len(adults), dtype=np.int64)
    for i, block in enumerate(blocks):
        out[index == i] = largest_remainder(block.count, adults[index == i])
    rest = index == -1
    assumed = []
    if rest.any():
        residents = int(np.asarray(territory.population)[rest].sum())
        n = round(p["list_holders_per_100000"] * residents / 1e5)
        out[rest] = largest_remainder(n, adults[rest])
        assumed.append(
            f"list-holding GPs in {int(rest.sum())} zones: national density, "
            f"{p['list_holders_per_100000']:g} per 100,000 residents"
        )
        index = np.where(rest, len(blocks), index)
    return out, index, assumed


def _day0_name(zone: str, j: int) -> str:
    return f"gp-{zone}-{j + 1:03d}"


def day0_names(scenario: Scenario, territory: Territory, p: Mapping[str, float]) -> list[str]:
    """Names of the list-holding GPs of day 0, the same in every replication, by zone."""
    by_zone, _, _ = list_holders_by_zone(scenario, territory, p)
    return [_day0_name(zone, j) for zone, n in zip(territory.zones, by_zone, strict=True) for j in range(n)]


@cache
def gp_ages(departement: str) -> tuple[NDArray[np.int64], NDArray[np.float64], bool]:
    """Ages of GPs and their probabilities in a département, and whether another profile stands in for its own.

    Even within the published bands (up to 60, 61–62, 63–65); beyond 65 each age has 0.78 times the GPs of the one
    before.
    """
    known = departement in set(departements()["code"])
    profile = gp_age_profile(departement if known else "53")
    up_to_60, sixty_one, sixty_three, over_65 = profile.shares
    ages = np.arange(32, 81)
    weight = np.select(
        [ages <= 60, ages <= 62, ages <= 65],
        [up_to_60 / 29, sixty_one / 2, sixty_three / 3],
        elementary.power(0.78, ages - 66.0),
    )
    old = ages > 65
    weight[old] *= over_65 / weight[old].sum()
    return ages, weight / weight.sum(), profile.stand_in or not known


def _new_gp(
    world: World, name: str, zone: int, birth_year: int, woman: bool, practice: str, rng: np.random.Generator
) -> Gp:
    p = world.parameters
    return Gp(
        name=name,
        zone=zone,
        birth_year=birth_year,
        woman=woman,
        fte=p["women_fte"] if woman else 1.0,
        supervisor=bool(rng.random() < p["supervisor_share"]),
        sector2=bool(rng.random() < p["sector2_share"]),
        practice=practice,
    )


def day0_gps(world: World) -> tuple[list[Gp], NDArray[np.float64]]:
    """The list-holding GPs of day 0 and the list sizes drawn for them (a gamma around each block's mean)."""
    p, territory = world.parameters, world.territory
    by_zone, block, assumed = list_holders_by_zone(world.scenario, territory, p)
    world.assumed += assumed
    gps: list[Gp] = []
    factors: list[float] = []
    stand_ins = set()
    for z, n in enumerate(by_zone):
        if n == 0:
            continue
        ages, chances, stand_in = gp_ages(territory.departements[z])
        cumulative = np.cumsum(chances)
        if stand_in:
            stand_ins.add(territory.departements[z] or territory.zones[z])
        for j in range(int(n)):
            name = _day0_name(territory.zones[z], j)
            rng = world.streams.of("gp", name)
            age = int(ages[cumulative.searchsorted(rng.random())])
            woman = bool(rng.random() < p["gps_women_share"])
            in_group = rng.random() < p["group_practice_share"]
            factor = rng.gamma(p["list_gamma_shape"]) / p["list_gamma_shape"]
            group = f"group-{territory.zones[z]}-{int(j / p['group_size'])}" if in_group else name
            gp = _new_gp(world, name, z, world.calendar.start.year - age, woman, group, rng)
            gps.append(gp)
            factors.append(factor * gp.fte)
    if stand_ins:
        world.assumed.append(f"GPs' ages: profile of other départements for {', '.join(sorted(stand_ins))}")
    sizes = np.array(factors)
    if gps:
        # a block's lists hold as many residents as live in it with an MT
        of_block = block[[g.zone for g in gps]]
        weight = np.asarray(territory.adults, dtype=float)
        for b in np.unique(of_block):
            inside = of_block == b
            sizes[inside] *= weight[block == b].sum() / sizes[inside].sum()
    return gps, sizes


def open_day0(world: World, day0: Start, rates: Hazards) -> None:
    """Puts residents on lists, gives every GP her target, and opens the books."""
    p = world.parameters
    gps, sizes = day0_gps(world)
    zones = np.array([g.zone for g in gps], dtype=np.int64)
    centres, listed = _day0_centres(world)
    zones = np.append(zones, np.array([c.zone for c in centres], dtype=np.int64))
    sizes = np.append(sizes, _centre_sizes(listed, day0, float(sizes.sum())))
    on_list_of = gravity_lists(day0, world.territory, zones, sizes, p, world.streams)
    lists = np.bincount(on_list_of[on_list_of >= 0], minlength=len(zones)).astype(float)[: len(gps)]
    rooms = np.zeros(len(gps))
    mean_list = max(1.0, lists.mean()) if gps else 1.0
    for i, gp in enumerate(gps):
        rng = world.streams.of("latent-room", gp.name)
        has_room = rng.random() < p["practices_with_room_share"]
        rooms[i] = rng.exponential() * (0.5 + 0.5 * lists[i] / mean_list) if has_room else 0.0
    if rooms.sum() > 0:
        rooms *= p["latent_room_to_adults"] * day0.adults.sum() / rooms.sum()
    barrier = {sector2: _financial_barrier(p, sector2) for sector2 in (False, True)}
    practices = []
    for gp, size, room in zip(gps, lists, rooms, strict=True):
        gp.base_target = float(round(size + room))
        practices.append(Practice(gp.zone, gp.base_target, gp.fte, financial_barrier=barrier[gp.sector2]))
    for centre in centres:  # its target follows, as soon as its staff is in place
        fte = centre.spec.posts.doctors_fte
        practices.append(Practice(centre.zone, 0.0, fte, centre=True, only_without_mt=centre.spec.only_without_mt))
    world.residents = Residents(world.territory, world.calendar, p, rates, day0, practices, on_list_of, world.streams)
    for slot, gp in enumerate(gps):
        _enter(world, gp, slot)
        world.note("gp_present", gp.name, gp.zone, residents=world.residents.list_size(slot), value=gp.base_target)
    for slot, centre in enumerate(centres, start=len(gps)):
        centre.slot = slot
        world.centres[centre.name] = centre
        world.own(slot, centre.name, centre.zone, centre=True)
    fte = sum(g.fte for g in gps)
    world.mean_list_per_fte = float(lists.sum() / fte) if lists.sum() else p["centre_list_per_fte"]


def _day0_centres(world: World) -> tuple[list[Centre], list[int]]:
    """Centres that are there on day 0, and the adults on their lists, in an order that no file's order changes."""
    specs = sorted(world.scenario.supply.centres or [], key=lambda spec: spec.model_dump_json())
    names = [world.unique_name(spec.name or f"centre-{spec.zone}") for spec in specs]
    centres = [Centre(n, world.territory.zone_index(s.zone), s) for n, s in zip(names, specs, strict=True)]
    return centres, [spec.listed for spec in specs]


def lists_problem(listed: Sequence[int], inside: int, *, without_gps: bool) -> str:
    """Why centres cannot have so many of the ``inside`` adults with an MT in the territory; '' where they can."""
    held = sum(listed)
    if held > inside or (held == inside and listed and not without_gps):
        left = "" if held > inside else ", and the GPs need some"
        return f"{held} adults on lists of centres, but only {inside} have an MT in the territory{left}"
    if listed and without_gps and held < inside:
        return (
            f"there is no list-holding GP, so the centres' lists must hold all {inside} adults who have an MT in the "
            f"territory, not {held}"
        )
    return ""


def _centre_sizes(listed: Sequence[int], day0: Start, of_gps: float) -> list[float]:
    """Sizes of the centres' lists on the scale of the GPs', so that each centre gets what the scenario says."""
    inside = int(((day0.state == LISTED) & ~day0.outside).sum())
    wrong = lists_problem(listed, inside, without_gps=not of_gps)
    if wrong:
        raise ScenarioError(f"supply.centres: {wrong}")
    return [n * of_gps / (inside - sum(listed)) if of_gps else float(n) for n in listed]


def _financial_barrier(p: Mapping[str, float], sector2: bool) -> float:
    """Probability that money stops an accepted precarious caller at a liberal practice."""
    uninsured = p["precarious_without_c2s_share"]
    deterred = p["sector2_barrier"] if sector2 else p["upfront_payment_barrier"]
    return uninsured * deterred + (1.0 - uninsured) * p["c2s_refusal_probability"]


def _enter(world: World, gp: Gp, slot: int) -> None:
    gp.slot = slot
    gp.stint = world.stint(gp.name, "liberal", gp.zone, gp.fte, gp.birth_year, gp.woman)
    world.gps[gp.name] = gp
    world.own(slot, gp.name, gp.zone, centre=False)


def start_careers(world: World) -> None:
    """Starts the career of everyone in practice on day 0."""
    for gp in list(world.gps.values()):
        world.begin(career(world, gp))


# --- a career -----------------------------------------------------------------------------------------------------


def career(world: World, gp: Gp) -> Behaviour:
    """Yearly review until the decision to cease; then the notice, if any, and the exit.

    All draws are made at the beginning, so that what others do never shifts them.
    """
    p = world.parameters
    rng = world.streams.of("career", gp.name)
    first = world.today + 1 + int(rng.random() * 365)
    draws = rng.random(REVIEWS).tolist()
    announces = rng.random() < p["notice_share"]
    months = p["notice_months_min"] + rng.random() * (p["notice_months_max"] - p["notice_months_min"])
    decline = 1.0 - p["target_decline_from_60"]
    for year, draw in enumerate(draws):
        yield world.at(first + round(DAYS_PER_YEAR * year), Phase.SUPPLY, gp.name)
        if gp.name not in world.gps:  # a policy made her leave
            return
        age = world.year - gp.birth_year
        log_odds = world.levers.at("exit_log_odds", gp.zone, gp.name)
        if age >= RETIREMENT_AGE:
            log_odds += world.levers.at("retirement_log_odds", gp.zone, gp.name)
        if draw < bent(exit_hazard(p, age), log_odds):
            break
        if age >= 60:
            gp.base_target *= decline
            world.apply_target(gp)
    if announces:
        days = max(1, round(months * DAYS_PER_YEAR / 12))
        world.note("gp_announced", gp.name, gp.zone, value=float(days))
        yield from notice(world, gp, world.today + days)
    if gp.name in world.gps:
        leave(world, gp)


def notice(world: World, gp: Gp, last: int) -> Behaviour:
    """From the announcement to ``last``: intake tapers month by month, and a successor may reserve the place.

    If two exits are announced, that of an earlier day counts.
    """
    gp.leaves_on = last if gp.leaves_on is None else min(last, gp.leaves_on)
    days, openness = last - world.today, world.residents.openness(gp.slot)
    day = world.today
    while True:
        if gp.leaves_on == last:
            world.residents.adjust(day, gp.slot, openness=openness * ((last - day) / days))
        day = min(last, day + 30)
        yield world.at(day, Phase.SUPPLY, gp.name)
        if day == last or gp.name not in world.gps:
            return


def leave(world: World, gp: Gp) -> None:
    """Her last day: the list passes to the successor and to partners with room; the rest is released."""
    p = world.parameters
    residents = world.residents
    world.gps.pop(gp.name)
    takers: list[tuple[Gp, float]] = []
    if gp.successor is not None and gp.successor.name in world.gps:
        takers.append((gp.successor, residents.target(gp.successor.slot)))
    limit = 1.0 + p["handover_excess"]
    taken = _to_heir(world, gp, limit)
    partners = [
        g for g in world.gps.values() if g.practice == gp.practice and g is not gp.successor and g.leaves_on is None
    ]
    takers += [(g, residents.target(g.slot) * limit) for g in sorted(partners, key=lambda g: g.name)]
    intended, realised = residents.hand_over(
        world.today, gp.slot, p["handover_share"], [(g.slot, limit) for g, limit in takers]
    )
    for (taker, _), n in zip(takers, realised, strict=True):
        if n:
            world.note("list_handed_over", gp.name, gp.zone, other=taker.name, residents=n, value=float(intended))
    released = residents.close(world.today, gp.slot)
    world.note("list_released", gp.name, gp.zone, residents=released, value=float(intended))
    age = world.year - gp.birth_year
    retires = age >= RETIREMENT_AGE
    world.note(
        "gp_exited",
        gp.name,
        gp.zone,
        residents=taken + released + sum(realised),
        value=float(age),
        detail="retired" if retires else "other",
    )
    world.end_stint(gp.stint)
    if retires:
        world.on_retirement(gp.name, gp.birth_year, gp.woman)
    elif world.on_other_work is not None:
        world.on_other_work(gp)
    else:
        world.former.append(gp)


def _to_heir(world: World, gp: Gp, limit: float) -> int:
    """A planned hand-over: the list passes to a centre, as far as it has room; returns how many."""
    if gp.heir is None:
        return 0
    centre, residents = gp.heir, world.residents
    # a centre that has closed, or no doctor yet, takes nobody
    takers = [] if centre.closed or centre.slot < 0 else [(centre.slot, residents.target(centre.slot) * limit)]
    intended, realised = residents.hand_over(world.today, gp.slot, 1.0, takers)
    taken = sum(realised)
    world.note("list_handed_over", gp.name, gp.zone, other=centre.name, residents=taken, value=float(intended))
    return taken


# --- arrivals -----------------------------------------------------------------------------------------------------


def outside_arrivals(world: World, per_year: float) -> Behaviour:
    """First installations from outside: a Poisson process whose times and persons are frozen across scenarios."""
    days = poisson_days(world.streams.of("outside-arrivals"), per_year, world.calendar.horizon)
    for n, day in enumerate(days, start=1):
        name = f"arrival-{n:04d}"
        yield world.at(day, Phase.SUPPLY, name)
        settle(world, name, origin="outside")


def settle(
    world: World,
    name: str,
    *,
    origin: str,
    trained_in: int = -1,
    birth_year: int | None = None,
    among: Sequence[int] | None = None,
    persuaded: bool = False,
) -> Gp | None:
    """A GP settles as a list-holder in the zone she likes best (utility plus her own Gumbel shock a zone).

    Returns None where she takes a vacant post in a centre instead, where no zone is open to her, or none that she would
    take instead of the one she wanted.

    Parameters
    ----------
    origin : str
        ``outside``, ``local`` (trained here) or ``diverted`` (trained here because a policy brought her).
    trained_in : int
        Index of the zone of her last semester here, −1 if none.
    among : sequence of int, optional
        The only zones in which she may settle, whatever is closed to others.
    persuaded : bool
        She would not have come without a policy.
    """
    p = world.parameters
    rng = world.streams.of("settler", name)
    age = p["entry_age_mean"] + p["entry_age_sd"] * rng.standard_normal()
    woman = bool(rng.random() < p["entrants_women_share"])
    factor = rng.gamma(p["newcomer_target_gamma_shape"]) / p["newcomer_target_gamma_shape"]
    group_draw = rng.random()
    shocks = world.streams.of("zone-taste", name).gumbel(size=len(world.territory.zones))
    leaving = [g for g in world.gps.values() if g.leaves_on is not None and g.successor is None and g.heir is None]
    utility = _zone_utility(world, leaving, trained_in) + shocks
    if birth_year is None:
        birth_year = world.year - round(age)
    if world.offer_post is not None and world.offer_post(Newcomer(name, birth_year, woman, origin, utility, among)):
        return None
    zone = _chosen_zone(world, name, utility, leaving, among)
    if zone is None:
        return None
    gp = _new_gp(
        world,
        name,
        zone,
        birth_year,
        woman,
        name,
        rng,
    )
    gp.base_target = float(round(world.mean_list_per_fte * p["newcomer_target_relative"] * gp.fte * factor))
    here = sorted((g for g in leaving if g.zone == zone), key=lambda g: (g.leaves_on or 0, g.name))
    if here:
        predecessor = here[0]
        predecessor.successor = gp
        gp.practice = predecessor.practice
        world.note("succession_reserved", predecessor.name, zone, other=name)
    else:
        groups = {g.practice for g in world.gps.values() if g.zone == zone and g.practice.startswith("group-")}
        if groups:
            gp.practice = sorted(groups)[int(group_draw * len(groups))]
    practice = Practice(zone, gp.base_target, gp.fte, financial_barrier=_financial_barrier(p, gp.sector2))
    slot = world.residents.open(world.today, practice)
    _enter(world, gp, slot)
    world.apply_target(gp)
    world.note("gp_settled", name, zone, value=gp.base_target, detail=origin)
    world.begin(career(world, gp))
    if world.on_settled:
        unbent = -1 if persuaded else int(np.argmax(utility - world.by_zone("settle_appeal")))
        for told in world.on_settled:
            told(gp, unbent)
    return gp


def _chosen_zone(
    world: World, name: str, utility: NDArray[np.float64], leaving: Sequence[Gp], among: Sequence[int] | None
) -> int | None:
    """The best zone of those open to a newcomer; None if she gives up, as some do who are sent elsewhere."""
    wanted = int(np.argmax(utility))
    if among is not None:
        return max(among, key=lambda zone: utility[zone])
    if not world.closed_below:
        return wanted
    closed = world.residents.share_without_mt(world.today) < max(world.closed_below.values())
    closed[[g.zone for g in leaving]] = False  # who takes over a practice may settle anywhere
    if not closed[wanted]:
        return wanted
    instead = int(np.argmax(np.where(closed, -np.inf, utility)))
    possible = not closed[instead] and np.isfinite(utility[instead])
    draw = world.streams.of("redirected", name).random()
    if possible and draw < world.parameters["redirected_settle_share"]:
        world.note("newcomer_redirected", name, instead, other=world.territory.zones[wanted])
        return instead
    world.note("newcomer_turned_away", name, wanted, detail="zone closed" if possible else "every zone closed")
    return None


def _zone_utility(world: World, leaving: Sequence[Gp], trained_in: int) -> NDArray[np.float64]:
    """What a newcomer sees in each zone, before her own taste; −inf where nobody lives."""
    p = world.parameters
    utility: NDArray[np.float64] = p["zone_choice_adults"] * world.log_adults
    utility += p["zone_choice_shortage"] * world.residents.share_without_mt(world.today)
    for zone in {g.zone for g in leaving}:
        utility[zone] += p["zone_choice_succession"]
    if trained_in >= 0:
        utility[trained_in] += p["zone_choice_training"]
    utility += world.by_zone("settle_appeal")
    return utility


def expected_retirements(p: Mapping[str, float], departement: str) -> float:
    """Retirements a year per list-holder at the département's profile of ages."""
    ages, chances, _ = gp_ages(departement)
    return float(sum(c * exit_hazard(p, int(a)) for a, c in zip(ages, chances, strict=True) if a >= RETIREMENT_AGE))
