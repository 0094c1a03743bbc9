"""Names of the kernel's numbers: codes of states, causes and calls, columns of its tables, and offsets in them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ess_sim.results.tables import cells, distributions
from ess_sim.results.tables.names import (
    BAND_STARTS,
    CALL_OUTCOMES,
    CALLERS,
    CAUSES,
    COUNTS,
    POOLS,
    STATES_WITHOUT,
)


def codes_of(table: tuple[str, ...], *wanted: str) -> tuple[int, ...]:
    """Places of names in a table of names, all of which must be asked for: none is forgotten when one is added.

    Raises
    ------
    ValueError
        If a name has no code in the kernel, or a code no name.

    >>> codes_of(("a", "b"), "b", "a")
    (1, 0)
    """
    if set(wanted) != set(table):
        raise ValueError(f"the kernel and the tables differ in {', '.join(sorted(set(wanted) ^ set(table)))}")
    return tuple(table.index(name) for name in wanted)


# Residents: columns of `res`. MINUTES (tenths, −1 where there are none) is about those with an MT; PAST, in its place,
# and SINCE are about those without; SPOT, in the place of SINCE, is about those listed in the territory.
CELL, PLACE, MINUTES, SINCE = range(4)
RES_COLUMNS = 4


PAST = MINUTES
"""How a resident came to be without MT: pool + ORIGIN_STEP × origin."""
SPOT = SINCE
"""Where a resident listed in the territory stands in ``of_zone``."""


# Residents as Python sees them: columns of `people`.
ZONE, BIRTH, ALD, PRECARIOUS, STATE, POOL, ORIGIN, PROVIDER = range(8)
FREE, LISTED = 0, 1  # the states without MT come after them, SEEKING first: state − SEEKING is the number of a list
SEEKING, DISCOURAGED, NOT_SEEKING = (2 + i for i in codes_of(STATES_WITHOUT, "seeking", "discouraged", "not_seeking"))
NO_POOL = 0
LOST, NEVER_DECLARED = (1 + i for i in codes_of(POOLS, "lost", "never_declared"))
NO_ORIGIN, REACHED_17, ARRIVED, LONG_STANDING = range(4)
ORIGIN_STEP = 4


NO_PROVIDER, OUTSIDE = ~FREE, ~LISTED
"""``mt`` holds the slot of a resident's provider or, where there is none, ``~state``."""


SEEN = -99
"""In ``mt``, for an instant: a resident who has been found already. See `sample_list`."""


ELSEWHERE = -2
"""Of a choice: no provider is open within the tolerance, but one is beyond it."""


UNKNOWN_DAY = -1_000_000
"""SINCE of a resident who was without MT before day 0: that spell's length is unknown."""


OLDEST = 88
"""From this age on residents are kept apart: their death rates would make the common bound a loose one."""
PRECARIOUS_STEP, ALD_STEP, BAND_STEP = cells.PRECARIOUS_STEP, cells.ALD_STEP, cells.BAND_STEP
ZONE_CELLS = cells.ZONE_STEP
MAX_AGE = 130
_AGES = np.arange(512)  # of free rows too


BAND_OF = np.maximum(0, np.searchsorted(BAND_STARTS, _AGES, side="right") - 1)
"""Index of the age band, by age."""
NEW_BAND = np.isin(_AGES, [*BAND_STARTS[1:], OLDEST]).astype(np.int64)
"""By age: 1 for those who have just entered an age band, or joined the oldest."""


# Lists of residents: one for each state without MT, in their order, then that of the far.
N_STATES_WITHOUT = len(STATES_WITHOUT)
LIST_FAR = N_STATES_WITHOUT
N_LISTS = LIST_FAR + 1


# Families of candidate events; all but the last fall on a resident drawn from a table.
E_ANYBODY, E_SEEKER, E_FAR, E_OLDEST, E_DISCOURAGED, E_NOT_SEEKING, E_NEWS, E_ARRIVAL = range(8)


# Sizes of what `counts` has the codes of: columns of `counts`, COUNTS_STEP a cell, and of `spread`, one row a zone.
N_COUNTS = len(COUNTS)
COUNTS_STEP = 16  # a cache line
N_BINS = distributions.N_BINS


# Causes of flows of residents without MT, by pool.
(
    F_REACHED_17,
    F_DIED,
    F_MOVED_OUT,
    F_MOVED_IN,
    F_MOVED_WITHIN,
    F_BIRTHDAY,
    F_ALD_ONSET,
    F_RELEASED_CESSATION,
    F_RELEASED_CLOSURE,
    F_RELEASED_OUTSIDE,
    F_REGISTERED_LIBERAL,
    F_REGISTERED_CENTRE,
) = codes_of(
    CAUSES,
    *("reached_17", "died", "moved_out", "moved_in", "moved_within", "birthday", "ald_onset"),
    *("released_cessation", "released_closure", "released_outside", "registered_liberal", "registered_centre"),
)
N_CAUSES = len(CAUSES)
N_POOLS = len(POOLS)


# Calls: outcome × caller.
O_ACCEPTED, O_RELATIVE, O_TOO_FAR, O_NO_PLACE, O_CLOSED, O_FINANCIAL, O_SUPPRESSED = codes_of(
    CALL_OUTCOMES, "accepted", "accepted_relative", "too_far", "no_place", "closed", "financial", "suppressed"
)
N_OUTCOMES = len(CALL_OUTCOMES)
CALLER_WITHOUT, CALLER_FAR, CALLER_CHANGE = codes_of(CALLERS, "without_mt", "far", "change")
N_CALLERS = len(CALLERS)


# Whole numbers of the run: the first entries of `n`.
(
    I_HIGH,
    I_FREE,
    I_SEEK,
    I_DISC,
    I_NOT,
    I_FAR,
    I_ENTRY,
    I_YEAR,
    I_EVENTS,
    I_CALLS,
    I_FLOWS_TOUCHED,
    I_CALLS_TOUCHED,
    I_ACTIVE,
    I_ROWS,
    I_SLOTS,
    I_ZONES,
    I_CELLS,
    I_ENTRIES,
    I_FIRST_BIRTH,
    I_OLDEST,  # residents from OLDEST on
    I_NEXT,  # place of the next candidate event's draws in ``draws``
    I_NEWS,  # lists in the news
    I_IN_USE,  # slots up to the last active provider's
    I_MOVED,  # 1: a count that rates depend on may have changed since the rate was added up
    I_OWN_CELLS,  # cells of the territory; those of its halo follow
    I_ROOMY,  # providers with room: see review
    I_LAST_OPEN,  # a provider who was open when last looked for
    I_JOINED,  # entries of ``joined``
    I_MOST_JOINED,  # as many as fit
) = range(29)
N_INTS = 29


# Parameters, rates per day: the first entries of `f`. P_…_MAX is the highest of all residents, P_… that of each.
(
    P_HAZARD_MAX,
    P_HAZARD_OLDEST,
    P_VOLUNTARY,
    P_CALL_MAX,
    P_GIVE_UP_MAX,
    P_RETURN_MAX,
    P_NEED_MAX,
    P_REACH_MAX,
    P_FAR,
    P_OUTSIDE,
    P_IMMIGRATION,
    P_TOLERANCE,
    P_SHARPNESS,
    P_RELATIVES,
    P_FAMILY,
    P_ENTRY_SEEKING,
    P_NATIONAL_LOST_PART,
    P_SEARCH_LOST,
    P_SEARCH_NEVER,
    P_DISCOURAGED_PART,
    P_RELEASED_YOUNG,
    P_RELEASED_MIDDLE,
    P_RELEASED_OLD,
    P_RELEASED_ALD,
    P_NEWS,
    P_NEED_LOST,
    P_NEED_NEVER,
) = range(27)


# Times and rate: further entries of `f`, on the next cache line.
T_NOW, T_NEXT, T_RATE, T_ENTRANCE, T_EARLIEST = range(32, 37)


# By family of candidate events: highest rate of one resident, and of all families before it.
B_BOUNDS, R_BEFORE = 40, 48
N_PAR = 56


# Draws of a candidate event: columns of ``draws``, of which IN_SIGHT events have theirs already.
D_WAIT, D_FAMILY, D_PLACE = range(3)
N_DRAWS, IN_SIGHT = 4, 4


# Providers: columns of `pint` and `pfloat`.
(
    V_ACTIVE,
    V_ZONE,
    V_LIST,
    V_RULE,
    V_CENTRE,
    V_RELATIVES,
    V_NEWS,
    V_SEAT,  # place in ``zone_providers`` + 1; 0: none yet
    V_ROOMY,  # 1: among those of the zone who have room, who come first
    V_SORTED,  # the first so many residents from V_FIRST on in ``of_provider`` are, or were, on the list
    V_FIRST,
    V_LATEST,  # place + 1 in ``joined`` of who joined last since then; 0: no one did
) = range(12)
N_PINT = 16  # a cache line
(X_TARGET, X_OPENNESS, X_APPEAL, X_FINANCIAL, X_TOKENS, X_TOKEN_TIME, X_RIPE, X_INTAKE, X_BUCKET) = range(9)
N_PFLOAT = 16
RULE_ANYONE, RULE_WITHOUT_MT = range(2)


# Zones: columns of `zint` and `zfloat`.
(
    Z_STALE,
    Z_CANDIDATES,
    Z_CHOICES,
    Z_SEATS,  # as many providers fit
    Z_BLOCK,  # its residents listed in the territory in ``of_zone``
    Z_LISTED,
    Z_SPOTS,  # as many of them fit
    Z_IN_CENTRES,  # of them, on lists of centres
    Z_HEARD,  # entries of ``heard``: zones within the cut-off with lists in the news
) = range(9)
N_ZINT = 16  # a cache line


# What callers from all around look at: columns of ``seating``, four zones to a cache line, and of ``appeal``.
(
    Q_FIRST,  # the zone's providers in ``zone_providers``, those with room first
    Q_PROVIDERS,
    Q_ROOMY,
    Q_NEWS,  # providers in the news
) = range(4)
N_SEATING = 4
APPEAL_SUM, APPEAL_MAX, APPEAL_BOUND, APPEAL_NEWS = range(4)
N_APPEAL = 4


# Whether a zone's table of choice can be used, in ascending need: as it is; its number of candidates is a lower bound;
# it has to be made again.
FRESH, FEWER, STALE = range(3)
BOUND_ABOVE, BOUND_WITHIN = 1.25, 0.4
"""A zone's bound is so many times its appeal when it is set, and stands while the appeal is so large a part of it."""


W_LISTED, W_WITHOUT = range(2)  # columns of ``by_mt``
(
    ZF_CALL,
    ZF_INFORMED,
    ZF_DARE,
    ZF_BARRIER,
    ZF_REACH,
    ZF_REACH_PRECARIOUS,
    ZF_RETURN,
    ZF_GIVE_UP,
    ZF_PRECARIOUS,
) = range(9)
N_ZFLOAT = 16  # two cache lines
if {PRECARIOUS_STEP, ALD_STEP} != {1, 2} or BAND_STEP % 4 or ZONE_CELLS % 4:
    raise ValueError("ALD and precarious are not the two lowest bits of a cell's number, as the kernel reads them")
if ZF_REACH_PRECARIOUS != ZF_REACH + PRECARIOUS_STEP:
    raise ValueError("a cell's bit for the precarious does not lead from ZF_REACH to ZF_REACH_PRECARIOUS")


# Hazards by age: columns of `hazard`, rates per day; H_ANY is their sum and the rate of voluntary change.
H_DEATH, H_OUT, H_WITHIN, H_ALD, H_ANY = range(5)
H_COLUMNS = 5
ROOM_FULL, DONE = 1, 0


ROUNDING = 1e-9
"""Of a probability: far more than what rounding can change."""


AHEAD = 8
"""Where many residents change at once, so many are fetched from memory before it is their turn."""


SPARE_SPOTS, SPARE_SEATS = 48, 3
"""Residents and providers by whom any zone may grow before tables are divided among the zones anew."""


NEVER = 1e300
"""A time beyond all others."""
MAX_SPELL_MONTHS = 240


class Tables(NamedTuple):
    """Views of a run's tables inside its arena, for Python; compiled code finds them by their offsets."""

    res: NDArray[np.int32]  # resident × column
    mt: NDArray[np.int32]  # slot of the provider, or ~state
    seeking: NDArray[np.int32]  # position × (resident, 2·cell + 1 if LOST); the next three likewise
    discouraged: NDArray[np.int32]
    not_seeking: NDArray[np.int32]
    far: NDArray[np.int32]
    oldest: NDArray[np.int32]  # residents from OLDEST on
    free: NDArray[np.int32]
    scratch: NDArray[np.int32]
    counts: NDArray[np.int32]  # cell × column, N_COUNTS of which are used
    spread: NDArray[np.int32]  # zone × bin of all distributions
    flows: NDArray[np.int32]  # twice the flow, plus 1 where something has been recorded since the last harvest
    flows_touched: NDArray[np.int32]
    calls: NDArray[np.int32]
    calls_touched: NDArray[np.int32]
    spells: NDArray[np.int32]  # pool × months, of spells that ended in a registration
    pint: NDArray[np.int32]  # provider × column
    of_zone: NDArray[np.int32]  # residents listed in the territory, by home zone: Z_LISTED from Z_BLOCK on
    of_provider: NDArray[np.int32]  # residents by provider, as they were when last sorted
    joined: NDArray[np.int32]  # who joined a list since then, and the entry before it of the same list
    by_mt: NDArray[np.int32]  # zone × (with MT, without)
    indptr: NDArray[np.int32]
    indices: NDArray[np.int32]
    origin_indptr: NDArray[np.int32]  # the transpose: from which zones each is within the cut-off
    origins: NDArray[np.int32]
    zint: NDArray[np.int32]  # zone × column
    seating: NDArray[np.int32]  # zone × column
    zone_providers: NDArray[np.int32]
    in_news: NDArray[np.int32]  # in the same places: 1 for a provider in the news
    stack: NDArray[np.int32]  # scratch of refresh_zone: three times the zones
    found: NDArray[np.int32]  # scratch: open providers, with cumulated weights
    entry_zone: NDArray[np.int32]
    par: NDArray[np.float64]  # P_…, T_…, B_… and R_…: the beginning of `f`
    draws: NDArray[np.float64]  # candidate event to come × column
    pfloat: NDArray[np.float64]  # provider × column
    ready: NDArray[np.float64]  # by provider: from when on it is open; inf where it is full or closed to all
    found_weight: NDArray[np.float64]
    minutes: NDArray[np.float64]
    weights: NDArray[np.float64]  # exp(−minutes/τ), 0 beyond the tolerance
    heard: NDArray[np.float64]  # in each place a weight and a zone with lists in the news, zones in ascending order
    choice: NDArray[np.float64]  # in each place a share and the bits of two zones: see refresh_zone
    zfloat: NDArray[np.float64]  # zone × column
    appeal: NDArray[np.float64]  # zone × column
    loudness: NDArray[np.float64]  # factor of the call rate by band × ALD × precarious
    hazard: NDArray[np.float64]  # age × column
    arrival_ages: NDArray[np.float64]  # cumulated weights by age
    zone_adults: NDArray[np.float64]  # cumulated shares by zone
    ald_prevalence: NDArray[np.float64]  # by age
    arrival_without: NDArray[np.float64]  # probability by age
    entry_time: NDArray[np.float64]


(
    A_RES, A_MT, A_SEEKING, A_DISCOURAGED, A_NOT_SEEKING, A_FAR, A_OLDEST, A_FREE, A_SCRATCH, A_COUNTS, A_SPREAD,
    A_FLOWS, A_FLOWS_TOUCHED, A_CALLS, A_CALLS_TOUCHED, A_SPELLS, A_PINT, A_OF_ZONE, A_OF_PROVIDER, A_JOINED, A_BY_MT,
    A_INDPTR, A_INDICES, A_ORIGIN_INDPTR, A_ORIGINS, A_ZINT, A_SEATING, A_ZONE_PROVIDERS, A_IN_NEWS, A_STACK,
    A_FOUND, A_ENTRY_ZONE, A_PAR, A_DRAWS, A_PFLOAT, A_READY, A_FOUND_WEIGHT, A_MINUTES, A_WEIGHTS, A_HEARD, A_CHOICE,
    A_ZFLOAT, A_APPEAL, A_LOUDNESS, A_HAZARD, A_ARRIVAL_AGES, A_ZONE_ADULTS, A_ALD_PREVALENCE, A_ARRIVAL_WITHOUT,
    A_ENTRY_TIME,
) = range(N_INTS, N_INTS + len(Tables._fields))  # fmt: skip


LISTS = (*STATES_WITHOUT, "far")
"""Names of the lists. Their tables and their sizes stand in this order, so that a list's number finds both."""
if Tables._fields[A_SEEKING - N_INTS :][:N_LISTS] != LISTS or (*range(I_SEEK + 1, I_SEEK + N_LISTS),) != (
    I_DISC,
    I_NOT,
    I_FAR,
):
    raise ValueError(f"the kernel's lists are not {', '.join(LISTS)}, in this order")
