"""The residents' dynamics, compiled: an exact next-event simulation between two actor events.

Arrays in, counts and flows out; no Python object and no file. The rules, by number, are those of ``docs/model.md``. All
residents' events form one continuous-time Markov chain: the kernel holds the absolute time of the next *candidate*
event, drawn from an upper bound of the total rate, and thins it by the true rate of the resident it falls on. The
bound is a pure function of integer counts and fixed parameters, so that it has no memory of the order of events. An
actor who interrupts and changes nothing leaves the pending time untouched; otherwise its remainder is rescaled, which
is exact because an exponential waiting time has no memory.

One row of ``res`` is one resident, 16 int32 = one cache line. Lists of residents are swap-remove arrays (those
without MT, those with a far MT) or doubly linked lists (a provider's list), so that every event takes constant time.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

# Residents: columns of `res`.
ZONE, BIRTH, ALD, PRECARIOUS, STATE, POOL, ORIGIN, PROVIDER = range(8)
NEXT, PREV, POS, FARPOS, MINUTES, SINCE, CELL, LIVEPOS = range(8, 16)
RES_COLUMNS = 16

BORN, ILL = 0x7FFF, 0x8000
"""Parts of an entry of ``b``: birth year since the run's first, and long-term illness."""

FREE, LISTED, SEEKING, DISCOURAGED, NOT_SEEKING = range(5)
NO_POOL, LOST, NEVER_DECLARED = range(3)
NO_ORIGIN, REACHED_17, ARRIVED, LONG_STANDING = range(4)
NOBODY, OUTSIDE = -1, -2
UNKNOWN_DAY = -1_000_000
"""SINCE of a resident who was without MT before day 0: that spell's length is unknown."""

OLDEST = 90
"""From this age on residents are kept apart: their death rates would make the common bound a loose one."""

BAND_STARTS = (17, 30, 45, 60, 75)
N_BANDS = len(BAND_STARTS)
MAX_AGE = 130

# Counts: columns of `counts`, one row a cell = zone × band × ALD × precarious.
C_LISTED, C_FAR, C_SEEKING, C_DISCOURAGED, C_NOT_SEEKING, C_LOST, C_NEVER, C_REACHABLE, C_MINUTES = range(9)
N_COUNTS = 9

# Causes of flows of residents without MT.
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
) = range(12)
N_CAUSES = 12

# Calls: outcome × caller.
O_ACCEPTED, O_RELATIVE, O_TOO_FAR, O_NO_PLACE, O_CLOSED, O_FINANCIAL, O_SUPPRESSED = range(7)
N_OUTCOMES = 7
CALLER_WITHOUT, CALLER_FAR, CALLER_CHANGE = range(3)
N_CALLERS = 3

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
    I_OPEN,
    I_ACTIVE,
    I_POPULATED_ZONES,
    I_ROWS,
    I_SLOTS,
    I_ZONES,
    I_CELLS,
    I_ENTRIES,
    I_FIRST_BIRTH,
    I_LIVE,  # residents below OLDEST
    I_OLDEST,  # residents from OLDEST on
) = range(23)
N_INTS = 23

# Parameters, rates per day: the first entries of `f`.
(
    P_HAZARD_MAX,
    P_HAZARD_OLDEST,
    P_VOLUNTARY,
    P_CALL,
    P_CALL_MAX,
    P_YOUNG,
    P_OLD,
    P_ALD,
    P_PRECARIOUS,
    P_GIVE_UP,
    P_RETURN,
    P_NEED,
    P_FAR,
    P_OUTSIDE,
    P_IMMIGRATION,
    P_INFORMED,
    P_TOLERANCE,
    P_SHARPNESS,
    P_RELATIVES,
    P_FAMILY,
    P_ENTRY_SEEKING,
    P_PRECARIOUS_SHARE,
    P_NATIONAL_LOST_PART,
    P_SEARCH_LOST,
    P_SEARCH_NEVER,
    P_DISCOURAGED_PART,
    P_RELEASED_YOUNG,
    P_RELEASED_MIDDLE,
    P_RELEASED_OLD,
    P_RELEASED_ALD,
) = range(30)
N_PAR = 30

# Times and rate: further entries of `f`, on the next cache line.
T_NOW, T_NEXT, T_RATE = range(32, 35)

# Providers: columns of `pint` and `pfloat`.
V_ACTIVE, V_ZONE, V_LIST, V_HEAD, V_RULE, V_CENTRE, V_RELATIVES, V_OPEN = range(8)
(X_TARGET, X_OPENNESS, X_APPEAL, X_FINANCIAL, X_TOKENS, X_TOKEN_TIME, X_INTAKE, X_BUCKET) = range(8)
RULE_ANYONE, RULE_WITHOUT_MT = range(2)

# Zones: columns of `zint` and `zfloat`.
Z_STALE, Z_OPEN, Z_CANDIDATES, Z_FIRST, Z_LISTED, Z_FILLED = range(6)
N_ZINT = 6
ZF_APPEAL, ZF_APPEAL_MAX = range(2)

# Hazards by age: columns of `hazard`, rates per day; H_ANY is their sum and the rate of voluntary change.
H_DEATH, H_OUT, H_WITHIN, H_ALD, H_ANY = range(5)
H_COLUMNS = 5

ROOM_FULL, DONE = 1, 0

MAX_SPELL_MONTHS = 240


class Layout(NamedTuple):
    """Sizes of one run, from which the places of all its tables follow."""

    rows: int  # residents that fit
    slots: int  # providers that fit
    zones: int
    pairs: int  # zone pairs within the travel cut-off
    entries: int  # future adults

    @property
    def cells(self) -> int:
        """Zone × age band × ALD × precarious."""
        return self.zones * N_BANDS * 4


class Tables(NamedTuple):
    """Views of a run's tables inside its arena, for Python; compiled code finds them by their places."""

    res: NDArray[np.int32]  # resident × column
    lists: NDArray[np.int32]  # seeking, discouraged, not seeking, far, below OLDEST, from OLDEST on × position
    free: NDArray[np.int32]
    scratch: NDArray[np.int32]
    counts: NDArray[np.int32]  # cell × column
    flows: NDArray[np.int32]
    flows_mark: NDArray[np.int32]
    flows_touched: NDArray[np.int32]
    calls: NDArray[np.int32]
    calls_touched: NDArray[np.int32]
    spells: NDArray[np.int32]  # pool × months, of spells that ended in a registration
    pint: NDArray[np.int32]  # provider × column
    listed_by: NDArray[np.int32]  # zone × provider
    indptr: NDArray[np.int32]
    indices: NDArray[np.int32]
    alias: NDArray[np.int32]  # by pair: see refresh_zone
    zint: NDArray[np.int32]  # zone × column
    zone_providers: NDArray[np.int32]
    found: NDArray[np.int32]  # scratch: open providers, with cumulated weights
    entry_zone: NDArray[np.int32]
    par: NDArray[np.float64]  # P_… and T_…: the beginning of `f`
    pfloat: NDArray[np.float64]  # provider × column
    found_weight: NDArray[np.float64]
    minutes: NDArray[np.float64]
    weights: NDArray[np.float64]  # exp(−minutes/τ), 0 beyond the tolerance
    alias_share: NDArray[np.float64]  # by pair: see refresh_zone
    zfloat: NDArray[np.float64]  # zone × column
    hazard: NDArray[np.float64]  # age × column
    arrival_ages: NDArray[np.float64]  # cumulated weights by age
    zone_adults: NDArray[np.float64]  # cumulated shares by zone
    ald_prevalence: NDArray[np.float64]  # by age
    arrival_without: NDArray[np.float64]  # probability by age
    entry_time: NDArray[np.float64]


class Arena(NamedTuple):
    """All memory of one run in four arrays: passing thirty arrays from function to function would cost more than the
    events.

    ``b`` holds each resident's birth year since the run's first and, in bit 15, whether she is ill for long; 0 where a
    row is free. It is small enough to stay in the cache, and most candidate events need no more. ``n`` holds whole
    numbers (sizes, counters, and the place of every table), ``m`` int32 tables, ``f`` float tables, ``s`` the random
    generator's state.
    """

    b: NDArray[np.uint16]
    n: NDArray[np.int64]
    m: NDArray[np.int32]
    f: NDArray[np.float64]
    s: NDArray[np.uint64]


def _shapes(layout: Layout) -> dict[str, tuple[int, ...]]:
    rows, slots, zones, pairs, entries = layout
    flows, calls = N_CAUSES * 2 * layout.cells, N_OUTCOMES * N_CALLERS * layout.cells
    ages = MAX_AGE + 1
    return {
        "res": (rows, RES_COLUMNS), "lists": (6, rows), "free": (rows,), "scratch": (max(rows, zones),),
        "counts": (layout.cells, N_COUNTS),
        "flows": (flows,), "flows_mark": (flows,), "flows_touched": (flows,),
        "calls": (calls,), "calls_touched": (calls,),
        "spells": (2, MAX_SPELL_MONTHS + 1), "pint": (slots, 8), "listed_by": (zones, slots),
        "indptr": (zones + 1,), "indices": (pairs,), "alias": (pairs,), "zint": (zones, N_ZINT),
        "zone_providers": (slots,), "found": (slots,), "entry_zone": (entries,),
        "par": (T_RATE + 1,), "pfloat": (slots, 8), "found_weight": (slots,), "minutes": (pairs,), "weights": (pairs,),
        "alias_share": (pairs,), "zfloat": (zones, 2), "hazard": (ages, H_COLUMNS), "arrival_ages": (ages,),
        "zone_adults": (zones,), "ald_prevalence": (ages,), "arrival_without": (ages,), "entry_time": (entries,),
    }  # fmt: skip


_FIRST_FLOAT = "par"


def _aligned(size: int, dtype: Any) -> NDArray[Any]:
    """Zeros that start on a cache line, so that a resident's row is one line and not two.

    Filled by hand: numpy asks for huge pages but gets them late, if at all, for memory that comes zeroed.
    """
    spare = 64 // np.dtype(dtype).itemsize
    raw = np.empty(size + spare, dtype=dtype)
    raw.fill(0)
    first = -raw.ctypes.data % 64 // raw.itemsize
    return raw[first : first + size]


def allocate(layout: Layout, seed_words: NDArray[np.uint64]) -> tuple[Arena, Tables]:
    """An arena for a run of these sizes, all zeros, and the views of its tables."""
    n = np.zeros(N_INTS + len(Tables._fields), dtype=np.int64)
    n[I_ROWS], n[I_SLOTS], n[I_ZONES], n[I_CELLS], n[I_ENTRIES] = (
        layout.rows,
        layout.slots,
        layout.zones,
        layout.cells,
        layout.entries,
    )
    shapes = _shapes(layout)
    sizes = [0, 0]
    places = {}
    for k, name in enumerate(Tables._fields):
        which = int(k >= Tables._fields.index(_FIRST_FLOAT))
        places[name] = (which, sizes[which])
        n[N_INTS + k] = sizes[which]
        # tables start on a cache line
        sizes[which] += -(-int(np.prod(shapes[name])) // 16) * 16
    m, f = _aligned(sizes[0], np.int32), _aligned(sizes[1], np.float64)
    views: dict[str, Any] = {
        name: (m, f)[which][first : first + int(np.prod(shapes[name]))].reshape(shapes[name])
        for name, (which, first) in places.items()
    }
    return Arena(np.zeros(layout.rows, dtype=np.uint16), n, m, f, seed_words.copy()), Tables(**views)


(
    A_RES, A_LISTS, A_FREE, A_SCRATCH, A_COUNTS, A_FLOWS, A_FLOWS_MARK, A_FLOWS_TOUCHED, A_CALLS,
    A_CALLS_TOUCHED, A_SPELLS, A_PINT, A_LISTED_BY, A_INDPTR, A_INDICES, A_ALIAS, A_ZINT, A_ZONE_PROVIDERS, A_FOUND,
    A_ENTRY_ZONE, A_PAR, A_PFLOAT, A_FOUND_WEIGHT, A_MINUTES, A_WEIGHTS, A_ALIAS_SHARE, A_ZFLOAT, A_HAZARD,
    A_ARRIVAL_AGES, A_ZONE_ADULTS, A_ALD_PREVALENCE, A_ARRIVAL_WITHOUT, A_ENTRY_TIME,
) = range(N_INTS, N_INTS + len(Tables._fields))  # fmt: skip


_Function = TypeVar("_Function", bound=Callable[..., Any])

# No compiled function allocates anything, so that reference counts (they took a fifth of the time) can be left out.
_OPTIONS: dict[str, Any] = {"cache": True, "error_model": "numpy", "_nrt": False}


def _jit(function: _Function) -> _Function:
    """Compiles on first call; the machine code is cached beside this file."""
    return cast(_Function, numba.njit(**_OPTIONS)(function))


def _inline(function: _Function) -> _Function:
    """Idem, and always merged into its callers."""
    return cast(_Function, numba.njit(**_OPTIONS, forceinline=True)(function))


# --- random numbers: xoshiro256++ (Blackman & Vigna 2019), inlined so that no call leaves the loop ----------------


@_inline
def next_word(s: Any) -> Any:
    """The next 64 random bits."""
    total = s[0] + s[3]
    result = ((total << np.uint64(23)) | (total >> np.uint64(41))) + s[0]
    t = s[1] << np.uint64(17)
    s[2] ^= s[0]
    s[3] ^= s[1]
    s[1] ^= s[2]
    s[0] ^= s[3]
    s[2] ^= t
    s[3] = (s[3] << np.uint64(45)) | (s[3] >> np.uint64(19))
    return result


@_inline
def uniform(s: Any) -> Any:
    """A uniform number in [0, 1) with 53 bits."""
    return np.float64(next_word(s) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@_inline
def below(s: Any, n: Any) -> Any:
    """A uniform whole number in [0, n)."""
    return np.int64(uniform(s) * n)


@_inline
def search(S: Any, table: Any, first: Any, last: Any) -> Any:
    """Draws k in [first, last) from a table of cumulated weights."""
    x = uniform(S.s) * S.f[table + last - 1]
    low, high = first, last - 1
    while low < high:
        mid = (low + high) >> 1
        if S.f[table + mid] > x:
            high = mid
        else:
            low = mid + 1
    return low


# --- where things are ---------------------------------------------------------------------------------------------


@_inline
def row(S: Any, i: Any) -> Any:
    """First place of resident i in ``m``."""
    return S.n[A_RES] + i * RES_COLUMNS


@_inline
def slot(S: Any, p: Any) -> Any:
    """First place of provider p's whole numbers in ``m``."""
    return S.n[A_PINT] + p * 8


@_inline
def offer(S: Any, p: Any) -> Any:
    """First place of provider p's numbers in ``f``."""
    return S.n[A_PFLOAT] + p * 8


@_inline
def place(S: Any, z: Any) -> Any:
    """First place of zone z's whole numbers in ``m``."""
    return S.n[A_ZINT] + z * N_ZINT


# --- accounts -----------------------------------------------------------------------------------------------------


@_inline
def band_of(age: Any) -> Any:
    """Index of the age band."""
    if age < 30:
        return 0
    if age < 45:
        return 1
    if age < 60:
        return 2
    if age < 75:
        return 3
    return 4


@_inline
def cell_of(S: Any, i: Any) -> Any:
    """Index of resident i's cell: zone × band × ALD × precarious."""
    r = row(S, i)
    band = band_of(S.n[I_YEAR] - S.m[r + BIRTH])
    return ((S.m[r + ZONE] * N_BANDS + band) * 2 + S.m[r + ALD]) * 2 + S.m[r + PRECARIOUS]


@_inline
def count(S: Any, i: Any, sign: Any) -> Any:
    """Adds resident i to the counts of her cell, or takes her out."""
    r = row(S, i)
    c = S.n[A_COUNTS] + S.m[r + CELL] * N_COUNTS
    state = S.m[r + STATE]
    if state == LISTED:
        S.m[c + C_LISTED] += sign
        if S.m[r + FARPOS] >= 0:
            S.m[c + C_FAR] += sign
        if S.m[r + MINUTES] >= 0:
            S.m[c + C_REACHABLE] += sign
            S.m[c + C_MINUTES] += sign * S.m[r + MINUTES]
    else:
        S.m[c + C_SEEKING + state - SEEKING] += sign
        S.m[c + C_LOST + S.m[r + POOL] - LOST] += sign


@_inline
def flow(S: Any, cause: Any, cell: Any, pool: Any, delta: Any) -> Any:
    """Books a change of the residents without MT."""
    key = (cause * 2 + pool - LOST) * S.n[I_CELLS] + cell
    S.m[S.n[A_FLOWS] + key] += delta
    if S.m[S.n[A_FLOWS_MARK] + key] == 0:
        S.m[S.n[A_FLOWS_MARK] + key] = 1
        S.m[S.n[A_FLOWS_TOUCHED] + S.n[I_FLOWS_TOUCHED]] = key
        S.n[I_FLOWS_TOUCHED] += 1


@_inline
def note_call(S: Any, i: Any, caller: Any, outcome: Any) -> Any:
    """Counts a call by outcome, caller and cell."""
    key = (outcome * N_CALLERS + caller) * S.n[I_CELLS] + S.m[row(S, i) + CELL]
    if S.m[S.n[A_CALLS] + key] == 0:
        S.m[S.n[A_CALLS_TOUCHED] + S.n[I_CALLS_TOUCHED]] = key
        S.n[I_CALLS_TOUCHED] += 1
    S.m[S.n[A_CALLS] + key] += 1


# --- lists --------------------------------------------------------------------------------------------------------


@_inline
def push_state(S: Any, i: Any) -> Any:
    """Puts a resident without MT on the list of her state."""
    k = S.m[row(S, i) + STATE] - SEEKING
    n = S.n[I_SEEK + k]
    S.m[S.n[A_LISTS] + k * S.n[I_ROWS] + n] = i
    S.m[row(S, i) + POS] = n
    S.n[I_SEEK + k] = n + 1


@_inline
def pop_state(S: Any, i: Any) -> Any:
    """Takes her off it: the last one takes her place."""
    k = S.m[row(S, i) + STATE] - SEEKING
    n = S.n[I_SEEK + k] - 1
    last = S.m[S.n[A_LISTS] + k * S.n[I_ROWS] + n]
    pos = S.m[row(S, i) + POS]
    S.m[S.n[A_LISTS] + k * S.n[I_ROWS] + pos] = last
    S.m[row(S, last) + POS] = pos
    S.n[I_SEEK + k] = n


@_inline
def set_brief(S: Any, i: Any) -> Any:
    """Notes resident i's birth year and illness in ``b``."""
    r = row(S, i)
    S.b[i] = S.m[r + BIRTH] - S.n[I_FIRST_BIRTH] + S.m[r + ALD] * ILL


@_inline
def age_of(S: Any, brief: Any) -> Any:
    """Age from an entry of ``b``."""
    return min(S.n[I_YEAR] - S.n[I_FIRST_BIRTH] - (brief & BORN), MAX_AGE)


@_inline
def push_live(S: Any, i: Any) -> Any:
    """Puts a resident on the list of her class of age."""
    k = 1 if age_of(S, np.int64(S.b[i])) >= OLDEST else 0
    n = S.n[I_LIVE + k]
    S.m[S.n[A_LISTS] + (4 + k) * S.n[I_ROWS] + n] = i
    S.m[row(S, i) + LIVEPOS] = n
    S.n[I_LIVE + k] = n + 1


@_inline
def pop_live(S: Any, i: Any, k: Any) -> Any:
    """Takes her off it: k = 0 below OLDEST, 1 from then on."""
    n = S.n[I_LIVE + k] - 1
    last = S.m[S.n[A_LISTS] + (4 + k) * S.n[I_ROWS] + n]
    pos = S.m[row(S, i) + LIVEPOS]
    S.m[S.n[A_LISTS] + (4 + k) * S.n[I_ROWS] + pos] = last
    S.m[row(S, last) + LIVEPOS] = pos
    S.n[I_LIVE + k] = n


@_inline
def push_far(S: Any, i: Any) -> Any:
    """Puts a listed resident on the list of those whose MT is far."""
    n = S.n[I_FAR]
    S.m[S.n[A_LISTS] + 3 * S.n[I_ROWS] + n] = i
    S.m[row(S, i) + FARPOS] = n
    S.n[I_FAR] = n + 1


@_inline
def pop_far(S: Any, i: Any) -> Any:
    """Takes her off it."""
    n = S.n[I_FAR] - 1
    last = S.m[S.n[A_LISTS] + 3 * S.n[I_ROWS] + n]
    pos = S.m[row(S, i) + FARPOS]
    S.m[S.n[A_LISTS] + 3 * S.n[I_ROWS] + pos] = last
    S.m[row(S, last) + FARPOS] = pos
    S.m[row(S, i) + FARPOS] = -1
    S.n[I_FAR] = n


@_inline
def minutes_between(S: Any, origin: Any, destination: Any) -> Any:
    """Minutes from zone to zone; −1 beyond the territory's cut-off."""
    low, high = S.m[S.n[A_INDPTR] + origin], S.m[S.n[A_INDPTR] + origin + 1]
    while low < high:
        mid = (low + high) >> 1
        if S.m[S.n[A_INDICES] + mid] < destination:
            low = mid + 1
        else:
            high = mid
    if low < S.m[S.n[A_INDPTR] + origin + 1] and S.m[S.n[A_INDICES] + low] == destination:
        return S.f[S.n[A_MINUTES] + low]
    return -1.0


@_inline
def set_distance(S: Any, i: Any) -> Any:
    """Minutes to a listed resident's MT, and whether it is far."""
    r = row(S, i)
    minutes = -1.0
    if S.m[r + PROVIDER] >= 0:
        minutes = minutes_between(S, S.m[r + ZONE], S.m[slot(S, S.m[r + PROVIDER]) + V_ZONE])
    S.m[r + MINUTES] = np.int32(minutes * 10.0 + 0.5) if minutes >= 0 else -1
    far = minutes < 0 or minutes > S.f[P_TOLERANCE]
    if far and S.m[r + FARPOS] < 0:
        push_far(S, i)
    elif not far and S.m[r + FARPOS] >= 0:
        pop_far(S, i)


# --- providers ----------------------------------------------------------------------------------------------------


@_inline
def review_open(S: Any, p: Any) -> Any:
    """Keeps the counts of providers that have room and take patients."""
    v = slot(S, p)
    now = (
        1
        if S.m[v + V_ACTIVE] == 1
        and S.f[offer(S, p) + X_OPENNESS] > 0.0
        and S.m[v + V_LIST] < S.f[offer(S, p) + X_TARGET]
        else 0
    )
    if now != S.m[v + V_OPEN]:
        S.m[place(S, S.m[v + V_ZONE]) + Z_OPEN] += now - S.m[v + V_OPEN]
        S.n[I_OPEN] += now - S.m[v + V_OPEN]
        S.m[v + V_OPEN] = now


@_inline
def tokens(S: Any, p: Any, t: Any) -> Any:
    """Tokens in the provider's bucket at time t."""
    x = offer(S, p)
    return min(S.f[x + X_BUCKET], S.f[x + X_TOKENS] + S.f[x + X_INTAKE] * (t - S.f[x + X_TOKEN_TIME]))


@_inline
def admits(S: Any, p: Any, i: Any) -> Any:
    """Whether the provider's list rule admits resident i."""
    return S.m[slot(S, p) + V_RULE] == RULE_ANYONE or S.m[row(S, i) + STATE] != LISTED


@_inline
def open_to(S: Any, p: Any, i: Any, t: Any) -> Any:
    """Whether provider p is open to resident i at time t (docs/model.md, 2.2)."""
    return S.m[slot(S, p) + V_OPEN] == 1 and admits(S, p, i) and tokens(S, p, t) >= 1.0


@_jit
def refresh_supply(S: Any, changed: Any) -> Any:
    """Sorts the active providers by zone; marks the tables of choice that zone ``changed`` is part of as out of date.

    A negative zone marks them all.
    """
    n_zones = S.n[I_ZONES]
    n = 0
    for z in range(n_zones):
        S.m[place(S, z) + Z_FIRST] = 0
        S.m[place(S, z) + Z_FILLED] = 0
        if changed < 0 or minutes_between(S, z, changed) >= 0.0:
            S.m[place(S, z) + Z_STALE] = 1
        S.f[S.n[A_ZFLOAT] + z * 2 + ZF_APPEAL] = 0.0
        S.f[S.n[A_ZFLOAT] + z * 2 + ZF_APPEAL_MAX] = 0.0
    # counting sort: Z_FIRST holds counts, then starts
    for p in range(S.n[I_SLOTS]):
        if S.m[slot(S, p) + V_ACTIVE] == 1:
            z = S.m[slot(S, p) + V_ZONE]
            S.m[place(S, z) + Z_FIRST] += 1
            S.f[S.n[A_ZFLOAT] + z * 2 + ZF_APPEAL] += S.f[offer(S, p) + X_APPEAL]
            S.f[S.n[A_ZFLOAT] + z * 2 + ZF_APPEAL_MAX] = max(
                S.f[S.n[A_ZFLOAT] + z * 2 + ZF_APPEAL_MAX], S.f[offer(S, p) + X_APPEAL]
            )
            n += 1
    S.n[I_ACTIVE] = n
    start = n
    for z in range(n_zones - 1, -1, -1):
        start -= S.m[place(S, z) + Z_FIRST]
        S.m[place(S, z) + Z_FIRST] = start
    for p in range(S.n[I_SLOTS]):
        if S.m[slot(S, p) + V_ACTIVE] == 1:
            z = place(S, S.m[slot(S, p) + V_ZONE])
            S.m[S.n[A_ZONE_PROVIDERS] + S.m[z + Z_FIRST] + S.m[z + Z_FILLED]] = p
            S.m[z + Z_FILLED] += 1


@_inline
def zone_end(S: Any, z: Any) -> Any:
    """One past the last provider of zone z in `zone_providers`."""
    return S.m[place(S, z + 1) + Z_FIRST] if z + 1 < S.n[I_ZONES] else S.n[I_ACTIVE]


@_jit
def refresh_zone(S: Any, z: Any) -> Any:
    """Table of choice of zone z: with what weight its residents choose a provider in each zone within the tolerance.

    Walker's alias method, so that a draw takes constant time: pair k keeps the share ``alias_share[k]`` of its column
    and leaves the rest to pair ``alias[k]``.
    """
    first = S.m[S.n[A_INDPTR] + z]
    n = S.m[S.n[A_INDPTR] + z + 1] - first
    share, alias, scratch = S.n[A_ALIAS_SHARE] + first, S.n[A_ALIAS] + first, S.n[A_SCRATCH]
    total = 0.0
    candidates = 0
    for k in range(n):
        weight = S.f[S.n[A_WEIGHTS] + first + k]
        if weight > 0.0:
            y = S.m[S.n[A_INDICES] + first + k]
            weight *= S.f[S.n[A_ZFLOAT] + y * 2 + ZF_APPEAL]
            candidates += zone_end(S, y) - S.m[place(S, y) + Z_FIRST]
        S.f[share + k] = weight
        total += weight
    S.m[place(S, z) + Z_CANDIDATES] = candidates
    S.m[place(S, z) + Z_STALE] = 0
    if candidates == 0:
        return
    small, large = 0, n  # stacks that grow towards each other
    for k in range(n):
        S.f[share + k] *= n / total
        S.m[alias + k] = k
        if S.f[share + k] < 1.0:
            S.m[scratch + small] = k
            small += 1
        else:
            large -= 1
            S.m[scratch + large] = k
    while small > 0 and large < n:
        small -= 1
        k, giver = S.m[scratch + small], S.m[scratch + large]
        S.m[alias + k] = giver
        S.f[share + giver] -= 1.0 - S.f[share + k]
        if S.f[share + giver] < 1.0:
            large += 1
            S.m[scratch + small] = giver
            small += 1
    # what is left differs from 1 by rounding only; an empty column (rounding never gives it a giver's place) keeps none
    while small > 0:
        small -= 1
        S.f[share + S.m[scratch + small]] = 1.0
    while large < n:
        S.f[share + S.m[scratch + large]] = 1.0
        large += 1


@_inline
def draw_provider(S: Any, z: Any) -> Any:
    """A provider within the tolerance of zone z, with weights exp(−minutes/τ) × appeal. There must be one."""
    first = S.m[S.n[A_INDPTR] + z]
    x = uniform(S.s) * (S.m[S.n[A_INDPTR] + z + 1] - first)
    k = np.int64(x)
    if x - k >= S.f[S.n[A_ALIAS_SHARE] + first + k]:
        k = np.int64(S.m[S.n[A_ALIAS] + first + k])
    y = S.m[S.n[A_INDICES] + first + k]
    start = S.m[place(S, y) + Z_FIRST]
    n = zone_end(S, y) - start
    while True:
        p = S.m[S.n[A_ZONE_PROVIDERS] + start + below(S.s, n)]
        if S.f[offer(S, p) + X_APPEAL] >= S.f[S.n[A_ZFLOAT] + y * 2 + ZF_APPEAL_MAX]:
            return p
        if uniform(S.s) * S.f[S.n[A_ZFLOAT] + y * 2 + ZF_APPEAL_MAX] < S.f[offer(S, p) + X_APPEAL]:
            return p


@_jit
def draw_open_provider(S: Any, i: Any, t: Any) -> Any:
    """A provider open to resident i within the tolerance, or NOBODY."""
    r = row(S, i)
    z, own = S.m[r + ZONE], S.m[r + PROVIDER]
    if S.n[I_OPEN] == 0:
        return NOBODY
    # where many are open, trying is quicker than listing; a draw kept because it is open has the right distribution
    if S.n[I_OPEN] * 4 > S.n[I_ACTIVE] and S.m[place(S, z) + Z_CANDIDATES] > 0:
        for _ in range(3):
            p = draw_provider(S, z)
            if p != own and open_to(S, p, i, t):
                return p
    total = 0.0
    n = 0
    found, weight = S.n[A_FOUND], S.n[A_FOUND_WEIGHT]
    for k in range(S.m[S.n[A_INDPTR] + z], S.m[S.n[A_INDPTR] + z + 1]):
        y = S.m[S.n[A_INDICES] + k]
        if S.m[place(S, y) + Z_OPEN] > 0 and S.f[S.n[A_WEIGHTS] + k] > 0.0:
            for j in range(S.m[place(S, y) + Z_FIRST], zone_end(S, y)):
                p = S.m[S.n[A_ZONE_PROVIDERS] + j]
                if p != own and open_to(S, p, i, t):
                    total += S.f[S.n[A_WEIGHTS] + k] * S.f[offer(S, p) + X_APPEAL]
                    S.m[found + n] = p
                    S.f[weight + n] = total
                    n += 1
    if n == 0:
        return NOBODY
    return S.m[found + search(S, weight, 0, n)]


@_jit
def any_open(S: Any, i: Any, t: Any) -> Any:
    """Whether any provider of the territory other than her own is open to resident i."""
    if S.n[I_OPEN] == 0:
        return False
    for j in range(S.n[I_ACTIVE]):
        p = S.m[S.n[A_ZONE_PROVIDERS] + j]
        if p != S.m[row(S, i) + PROVIDER] and open_to(S, p, i, t):
            return True
    return False


# --- residents' moves between states ------------------------------------------------------------------------------


@_inline
def join(S: Any, i: Any, p: Any) -> Any:
    """Links resident i into provider p's list (OUTSIDE: none). Counts are the caller's business."""
    r = row(S, i)
    S.m[r + STATE] = LISTED
    S.m[r + POOL] = NO_POOL
    S.m[r + ORIGIN] = NO_ORIGIN
    S.m[r + PROVIDER] = p
    if p >= 0:
        head = S.m[slot(S, p) + V_HEAD]
        S.m[r + NEXT] = head
        S.m[r + PREV] = -1
        if head >= 0:
            S.m[row(S, head) + PREV] = i
        S.m[slot(S, p) + V_HEAD] = i
        S.m[slot(S, p) + V_LIST] += 1
        S.m[S.n[A_LISTED_BY] + S.m[r + ZONE] * S.n[I_SLOTS] + p] += 1
        S.m[place(S, S.m[r + ZONE]) + Z_LISTED] += 1
        review_open(S, p)
    set_distance(S, i)


@_inline
def leave(S: Any, i: Any) -> Any:
    """Takes a listed resident off her MT's list. Her next state is the caller's business."""
    r = row(S, i)
    p = S.m[r + PROVIDER]
    if p >= 0:
        if S.m[r + PREV] >= 0:
            S.m[row(S, S.m[r + PREV]) + NEXT] = S.m[r + NEXT]
        else:
            S.m[slot(S, p) + V_HEAD] = S.m[r + NEXT]
        if S.m[r + NEXT] >= 0:
            S.m[row(S, S.m[r + NEXT]) + PREV] = S.m[r + PREV]
        S.m[slot(S, p) + V_LIST] -= 1
        S.m[S.n[A_LISTED_BY] + S.m[r + ZONE] * S.n[I_SLOTS] + p] -= 1
        S.m[place(S, S.m[r + ZONE]) + Z_LISTED] -= 1
        review_open(S, p)
    if S.m[r + FARPOS] >= 0:
        pop_far(S, i)
    S.m[r + PROVIDER] = NOBODY
    S.m[r + MINUTES] = -1


@_jit
def change_state(S: Any, i: Any, state: Any) -> Any:
    """A resident without MT passes to another state without MT."""
    count(S, i, -1)
    pop_state(S, i)
    S.m[row(S, i) + STATE] = state
    push_state(S, i)
    count(S, i, 1)


@_jit
def remove(S: Any, i: Any, cause: Any) -> Any:
    """Resident i dies or leaves the territory."""
    r = row(S, i)
    count(S, i, -1)
    if S.m[r + STATE] == LISTED:
        leave(S, i)
    else:
        flow(S, cause, S.m[r + CELL], S.m[r + POOL], -1)
        pop_state(S, i)
    S.m[r + STATE] = FREE
    pop_live(S, i, 1 if age_of(S, np.int64(S.b[i])) >= OLDEST else 0)
    S.b[i] = 0
    S.m[S.n[A_FREE] + S.n[I_FREE]] = i
    S.n[I_FREE] += 1


@_jit
def released_state(S: Any, i: Any) -> Any:
    """State of a resident whose MT has ended."""
    age = S.n[I_YEAR] - S.m[row(S, i) + BIRTH]
    if S.m[row(S, i) + ALD] == 1:
        chance = S.f[P_RELEASED_ALD]
    elif age < 30:
        chance = S.f[P_RELEASED_YOUNG]
    elif age < 60:
        chance = S.f[P_RELEASED_MIDDLE]
    else:
        chance = S.f[P_RELEASED_OLD]
    return SEEKING if uniform(S.s) < chance else NOT_SEEKING


@_jit
def release(S: Any, i: Any, cause: Any, t: Any) -> Any:
    """The MT of resident i ends and nobody takes over."""
    count(S, i, -1)
    leave(S, i)
    r = row(S, i)
    S.m[r + STATE] = released_state(S, i)
    S.m[r + POOL] = LOST
    S.m[r + SINCE] = np.int32(math.floor(t))
    push_state(S, i)
    count(S, i, 1)
    flow(S, cause, S.m[r + CELL], LOST, 1)


@_jit
def register(S: Any, i: Any, p: Any, t: Any) -> Any:
    """Resident i joins provider p's list, from another list or from the pools."""
    r = row(S, i)
    count(S, i, -1)
    if S.m[r + STATE] == LISTED:
        leave(S, i)
    else:
        cause = F_REGISTERED_CENTRE if S.m[slot(S, p) + V_CENTRE] == 1 else F_REGISTERED_LIBERAL
        flow(S, cause, S.m[r + CELL], S.m[r + POOL], -1)
        if S.m[r + SINCE] > UNKNOWN_DAY:
            months = np.int64((t - S.m[r + SINCE]) / 30.4375)
            S.m[S.n[A_SPELLS] + (S.m[r + POOL] - LOST) * (MAX_SPELL_MONTHS + 1) + min(months, MAX_SPELL_MONTHS)] += 1
        pop_state(S, i)
    join(S, i, p)
    count(S, i, 1)


@_jit
def arrive(S: Any, zone: Any, birth: Any, ald: Any, precarious: Any) -> Any:
    """A free row for a new resident, filled but for her state."""
    if S.n[I_FREE] > 0:
        S.n[I_FREE] -= 1
        i = S.m[S.n[A_FREE] + S.n[I_FREE]]
    else:
        i = S.n[I_HIGH]
        S.n[I_HIGH] += 1
    r = row(S, i)
    S.m[r + ZONE] = zone
    S.m[r + BIRTH] = birth
    S.m[r + ALD] = ald
    S.m[r + PRECARIOUS] = precarious
    S.m[r + FARPOS] = -1
    S.m[r + MINUTES] = -1
    S.m[r + PROVIDER] = NOBODY
    S.m[r + CELL] = cell_of(S, i)
    set_brief(S, i)
    push_live(S, i)
    return i


@_jit
def start_without(S: Any, i: Any, state: Any, pool: Any, origin: Any, cause: Any, t: Any) -> Any:
    """A new resident starts without MT."""
    r = row(S, i)
    S.m[r + STATE] = state
    S.m[r + POOL] = pool
    S.m[r + ORIGIN] = origin
    S.m[r + SINCE] = np.int32(math.floor(t))
    push_state(S, i)
    count(S, i, 1)
    flow(S, cause, S.m[r + CELL], pool, 1)


@_jit
def move_in(S: Any, t: Any) -> Any:
    """Someone moves in from outside (docs/model.md, 2.5)."""
    age = search(S, S.n[A_ARRIVAL_AGES], 0, MAX_AGE + 1)
    zone = search(S, S.n[A_ZONE_ADULTS], 0, S.n[I_ZONES])
    ald = 1 if uniform(S.s) < S.f[S.n[A_ALD_PREVALENCE] + age] else 0
    precarious = 1 if uniform(S.s) < S.f[P_PRECARIOUS_SHARE] else 0
    i = arrive(S, zone, S.n[I_YEAR] - age, ald, precarious)
    if uniform(S.s) < S.f[S.n[A_ARRIVAL_WITHOUT] + age]:
        pool, search_share = LOST, S.f[P_SEARCH_LOST]
        if uniform(S.s) >= S.f[P_NATIONAL_LOST_PART]:
            pool, search_share = NEVER_DECLARED, S.f[P_SEARCH_NEVER]
        if uniform(S.s) < search_share:
            state = SEEKING
        elif uniform(S.s) < S.f[P_DISCOURAGED_PART]:
            state = DISCOURAGED
        else:
            state = NOT_SEEKING
        start_without(S, i, state, pool, ARRIVED, F_MOVED_IN, t)
    else:
        join(S, i, OUTSIDE)
        count(S, i, 1)


@_jit
def reach_17(S: Any, zone: Any, t: Any) -> Any:
    """A resident of the territory becomes an adult (docs/model.md, 2.5)."""
    ald = 1 if uniform(S.s) < S.f[S.n[A_ALD_PREVALENCE] + 17] else 0
    precarious = 1 if uniform(S.s) < S.f[P_PRECARIOUS_SHARE] else 0
    i = arrive(S, zone, S.n[I_YEAR] - 17, ald, precarious)
    family = uniform(S.s) < S.f[P_FAMILY]
    if family and S.m[place(S, zone) + Z_LISTED] > 0:
        # the MT of a random resident of the zone = a provider in proportion to its residents from there
        left = below(S.s, S.m[place(S, zone) + Z_LISTED])
        p = 0
        while left >= S.m[S.n[A_LISTED_BY] + zone * S.n[I_SLOTS] + p]:
            left -= S.m[S.n[A_LISTED_BY] + zone * S.n[I_SLOTS] + p]
            p += 1
        join(S, i, p)
        count(S, i, 1)
    else:
        state = SEEKING if uniform(S.s) < S.f[P_ENTRY_SEEKING] else NOT_SEEKING
        start_without(S, i, state, NEVER_DECLARED, REACHED_17, F_REACHED_17, t)


@_jit
def move_within(S: Any, i: Any) -> Any:
    """Resident i moves to another zone of the territory and keeps her MT, near or far."""
    if S.n[I_POPULATED_ZONES] < 2:
        return
    r = row(S, i)
    old = S.m[r + ZONE]
    new = old
    while new == old:
        new = search(S, S.n[A_ZONE_ADULTS], 0, S.n[I_ZONES])
    count(S, i, -1)
    old_cell = S.m[r + CELL]
    p = S.m[r + PROVIDER]
    if p >= 0:
        S.m[S.n[A_LISTED_BY] + old * S.n[I_SLOTS] + p] -= 1
        S.m[place(S, old) + Z_LISTED] -= 1
        S.m[S.n[A_LISTED_BY] + new * S.n[I_SLOTS] + p] += 1
        S.m[place(S, new) + Z_LISTED] += 1
    S.m[r + ZONE] = new
    S.m[r + CELL] = cell_of(S, i)
    if S.m[r + STATE] == LISTED:
        set_distance(S, i)
    else:
        flow(S, F_MOVED_WITHIN, old_cell, S.m[r + POOL], -1)
        flow(S, F_MOVED_WITHIN, S.m[r + CELL], S.m[r + POOL], 1)
    count(S, i, 1)


@_jit
def ald_onset(S: Any, i: Any) -> Any:
    """Resident i falls ill for long; if she was not looking for an MT, she does now."""
    r = row(S, i)
    count(S, i, -1)
    old_cell = S.m[r + CELL]
    S.m[r + ALD] = 1
    set_brief(S, i)
    S.m[r + CELL] = cell_of(S, i)
    if S.m[r + STATE] != LISTED:
        flow(S, F_ALD_ONSET, old_cell, S.m[r + POOL], -1)
        flow(S, F_ALD_ONSET, S.m[r + CELL], S.m[r + POOL], 1)
        if S.m[r + STATE] != SEEKING:
            pop_state(S, i)
            S.m[r + STATE] = SEEKING
            push_state(S, i)
    count(S, i, 1)


@_jit
def call(S: Any, i: Any, caller: Any, t: Any) -> Any:
    """Resident i calls a provider (docs/model.md, 2.2)."""
    S.n[I_CALLS] += 1
    r = row(S, i)
    z, own = S.m[r + ZONE], S.m[r + PROVIDER]
    if S.m[place(S, z) + Z_STALE] == 1:
        refresh_zone(S, z)
    p = NOBODY
    if uniform(S.s) < S.f[P_INFORMED]:
        p = draw_open_provider(S, i, t)
    else:
        own_near = 1 if own >= 0 and S.m[r + FARPOS] < 0 else 0
        if S.m[place(S, z) + Z_CANDIDATES] > own_near:
            p = draw_provider(S, z)
            while p == own:
                p = draw_provider(S, z)
    if p == NOBODY:
        note_call(S, i, caller, O_TOO_FAR if any_open(S, i, t) else O_NO_PLACE)
        return
    x = offer(S, p)
    relative = False
    if open_to(S, p, i, t):
        chance = S.f[x + X_OPENNESS] * (1.0 - (S.m[slot(S, p) + V_LIST] / S.f[x + X_TARGET]) ** S.f[P_SHARPNESS])
        accepted = uniform(S.s) < chance
    else:
        relative = (
            S.m[slot(S, p) + V_RELATIVES] == 1
            and S.f[x + X_OPENNESS] > 0.0
            and admits(S, p, i)
            and uniform(S.s) < S.f[P_RELATIVES]
        )
        accepted = relative
    if not accepted:
        note_call(S, i, caller, O_CLOSED)
        return
    if S.m[r + PRECARIOUS] == 1 and uniform(S.s) < S.f[x + X_FINANCIAL]:
        note_call(S, i, caller, O_FINANCIAL)
        return
    note_call(S, i, caller, O_RELATIVE if relative else O_ACCEPTED)
    if not relative:
        S.f[x + X_TOKENS] = tokens(S, p, t) - 1.0
        S.f[x + X_TOKEN_TIME] = t
    register(S, i, p, t)


# --- the clock ----------------------------------------------------------------------------------------------------


@_inline
def total_rate(S: Any) -> Any:
    """Upper bound of the rate of residents' events, per day: a pure function of whole numbers and parameters."""
    n = S.n
    return (
        n[I_LIVE] * S.f[P_HAZARD_MAX]
        + n[I_OLDEST] * S.f[P_HAZARD_OLDEST]
        + n[I_SEEK] * (S.f[P_CALL_MAX] + S.f[P_GIVE_UP])
        + n[I_DISC] * (S.f[P_RETURN] + S.f[P_NEED])
        + n[I_NOT] * S.f[P_NEED]
        + n[I_FAR] * (S.f[P_FAR] + S.f[P_OUTSIDE])
        + S.f[P_IMMIGRATION]
    )


@_inline
def waiting_time(S: Any, rate: Any) -> Any:
    """An exponential waiting time; none comes where the rate is 0."""
    return -math.log(1.0 - uniform(S.s)) / rate if rate > 0.0 else np.inf


@_jit
def rescale(S: Any) -> Any:
    """After an interruption: keep the pending time if the rate is bitwise the same, else rescale its remainder."""
    rate = total_rate(S)
    old = S.f[T_RATE]
    if rate != old:
        now = S.f[T_NOW]
        if old > 0.0 and rate > 0.0:
            S.f[T_NEXT] = now + (S.f[T_NEXT] - now) * (old / rate)
        else:
            S.f[T_NEXT] = now + waiting_time(S, rate)
        S.f[T_RATE] = rate


@_inline
def everyday_event(S: Any, i: Any, bound: Any, t: Any) -> Any:
    """Rules 1–4 and 10: what can happen to anybody, thinned from the bound by the resident's own rates."""
    h = S.n[A_HAZARD] + age_of(S, np.int64(S.b[i])) * H_COLUMNS
    x = uniform(S.s) * bound
    if x >= S.f[h + H_ANY]:
        return
    r = row(S, i)
    if x < S.f[h + H_DEATH]:
        remove(S, i, F_DIED)
        return
    x -= S.f[h + H_DEATH]
    if x < S.f[h + H_OUT]:
        remove(S, i, F_MOVED_OUT)
        return
    x -= S.f[h + H_OUT]
    if x < S.f[h + H_WITHIN]:
        move_within(S, i)
        return
    x -= S.f[h + H_WITHIN]
    if x < S.f[h + H_ALD]:
        if S.m[r + ALD] == 0:
            ald_onset(S, i)
        return
    x -= S.f[h + H_ALD]
    if x < S.f[P_VOLUNTARY] and S.m[r + STATE] == LISTED and S.m[r + FARPOS] < 0:
        call(S, i, CALLER_CHANGE, t)


@_inline
def seeker_event(S: Any, i: Any, t: Any) -> Any:
    """Rules 7 and 8: a seeker gives up or wishes to call, thinned by her own call rate."""
    x = uniform(S.s) * (S.f[P_CALL_MAX] + S.f[P_GIVE_UP])
    if x < S.f[P_GIVE_UP]:
        change_state(S, i, DISCOURAGED)
        return
    x -= S.f[P_GIVE_UP]
    brief = np.int64(S.b[i])
    age = age_of(S, brief)
    rate = S.f[P_CALL]
    if age < 30:
        rate *= S.f[P_YOUNG]
    elif age >= 60:
        rate *= S.f[P_OLD]
    if brief & ILL:
        rate *= S.f[P_ALD]
    if x >= rate:
        return
    if S.m[row(S, i) + PRECARIOUS] == 1 and uniform(S.s) >= S.f[P_PRECARIOUS]:
        note_call(S, i, CALLER_WITHOUT, O_SUPPRESSED)
        return
    call(S, i, CALLER_WITHOUT, t)


@_inline
def candidate_event(S: Any, t: Any) -> Any:
    """One candidate event: which family, whom it falls on, and whether it is real."""
    n = S.n
    x = uniform(S.s) * S.f[T_RATE]
    part = n[I_LIVE] * S.f[P_HAZARD_MAX] + n[I_OLDEST] * S.f[P_HAZARD_OLDEST]
    if x < part:
        k, bound = 4, S.f[P_HAZARD_MAX]
        if x >= n[I_LIVE] * bound:
            k, bound = 5, S.f[P_HAZARD_OLDEST]
        everyday_event(S, S.m[S.n[A_LISTS] + k * n[I_ROWS] + below(S.s, n[I_LIVE + k - 4])], bound, t)
        return
    x -= part
    part = n[I_SEEK] * (S.f[P_CALL_MAX] + S.f[P_GIVE_UP])
    if x < part:
        seeker_event(S, S.m[S.n[A_LISTS] + below(S.s, n[I_SEEK])], t)
        return
    x -= part
    part = n[I_DISC] * (S.f[P_RETURN] + S.f[P_NEED])
    if x < part:
        change_state(S, S.m[S.n[A_LISTS] + 1 * S.n[I_ROWS] + below(S.s, n[I_DISC])], SEEKING)
        return
    x -= part
    part = n[I_NOT] * S.f[P_NEED]
    if x < part:
        change_state(S, S.m[S.n[A_LISTS] + 2 * S.n[I_ROWS] + below(S.s, n[I_NOT])], SEEKING)
        return
    x -= part
    part = n[I_FAR] * (S.f[P_FAR] + S.f[P_OUTSIDE])
    if x < part:
        i = S.m[S.n[A_LISTS] + 3 * S.n[I_ROWS] + below(S.s, n[I_FAR])]
        if uniform(S.s) * (S.f[P_FAR] + S.f[P_OUTSIDE]) < S.f[P_FAR]:
            call(S, i, CALLER_FAR, t)
        elif S.m[row(S, i) + PROVIDER] == OUTSIDE:
            release(S, i, F_RELEASED_OUTSIDE, t)
        return
    if S.f[P_IMMIGRATION] > 0.0:
        move_in(S, t)


@_jit
def advance(S: Any, until: Any) -> Any:
    """Simulates every residents' event up to and including time ``until`` (days since the start).

    Returns DONE, or ROOM_FULL when there is no row left for a newcomer: grow the arrays and call again.
    """
    n = S.n
    rows = S.n[I_ROWS]
    while True:
        entry = S.f[S.n[A_ENTRY_TIME] + n[I_ENTRY]] if n[I_ENTRY] < S.n[I_ENTRIES] else np.inf
        t = min(entry, S.f[T_NEXT])
        if t > until:
            break
        if n[I_FREE] == 0 and n[I_HIGH] == rows:
            return ROOM_FULL
        S.f[T_NOW] = t
        n[I_EVENTS] += 1
        if entry <= S.f[T_NEXT]:
            reach_17(S, S.m[S.n[A_ENTRY_ZONE] + n[I_ENTRY]], t)
            n[I_ENTRY] += 1
            rescale(S)
        else:
            candidate_event(S, t)
            S.f[T_RATE] = total_rate(S)
            S.f[T_NEXT] = t + waiting_time(S, S.f[T_RATE])
    S.f[T_NOW] = until
    return DONE


# --- what actors do -----------------------------------------------------------------------------------------------


@_jit
def begin(S: Any) -> Any:
    """Links and counts the residents of day 0 and draws the first waiting time."""
    for i in range(S.n[I_HIGH]):
        r = row(S, i)
        set_brief(S, i)
        push_live(S, i)
        S.m[r + CELL] = cell_of(S, i)
        S.m[r + FARPOS] = -1
        S.m[r + MINUTES] = -1
        if S.m[r + STATE] == LISTED:
            join(S, i, S.m[r + PROVIDER])
        else:
            push_state(S, i)
        count(S, i, 1)
    S.f[T_RATE] = total_rate(S)
    S.f[T_NEXT] = S.f[T_NOW] + waiting_time(S, S.f[T_RATE])


@_jit
def new_year(S: Any) -> Any:
    """1 January: everyone turns a year older; those who enter another age band change cells."""
    S.n[I_YEAR] += 1
    for i in range(S.n[I_HIGH]):
        r = row(S, i)
        if S.m[r + STATE] == FREE:
            continue
        age = S.n[I_YEAR] - S.m[r + BIRTH]
        if age == 30 or age == 45 or age == 60 or age == 75:
            count(S, i, -1)
            old_cell = S.m[r + CELL]
            S.m[r + CELL] = cell_of(S, i)
            if S.m[r + STATE] != LISTED:
                flow(S, F_BIRTHDAY, old_cell, S.m[r + POOL], -1)
                flow(S, F_BIRTHDAY, S.m[r + CELL], S.m[r + POOL], 1)
            count(S, i, 1)
        elif age == OLDEST:
            pop_live(S, i, 0)
            push_live(S, i)
    rescale(S)


@_jit
def set_provider(S: Any, p: Any, target: Any, openness: Any, intake: Any, bucket: Any) -> Any:
    """Changes what a provider can take, from now on."""
    x = offer(S, p)
    S.f[x + X_TOKENS] = min(bucket, tokens(S, p, S.f[T_NOW]))
    S.f[x + X_TOKEN_TIME] = S.f[T_NOW]
    S.f[x + X_TARGET] = target
    S.f[x + X_OPENNESS] = openness
    S.f[x + X_INTAKE] = intake
    S.f[x + X_BUCKET] = bucket
    review_open(S, p)


@_jit
def sample_list(S: Any, p: Any, needed: Any) -> Any:
    """Writes provider p's residents into the scratch table, a sample of ``needed`` first. Returns their number."""
    scratch = S.n[A_SCRATCH]
    n = S.m[slot(S, p) + V_LIST]
    i = S.m[slot(S, p) + V_HEAD]
    for k in range(n):
        S.m[scratch + k] = i
        i = S.m[row(S, i) + NEXT]
    for k in range(min(needed, n)):
        j = k + below(S.s, n - k)
        i = S.m[scratch + k]
        S.m[scratch + k] = S.m[scratch + j]
        S.m[scratch + j] = i
    return n


@_jit
def transfer(S: Any, p: Any, takers: Any, quotas: Any) -> Any:
    """Hands residents drawn at random from p's list over to the takers, ``quotas[k]`` to ``takers[k]``."""
    sample_list(S, p, quotas.sum())
    k = S.n[A_SCRATCH]
    for q in range(takers.shape[0]):
        for _ in range(quotas[q]):
            i = S.m[k]
            k += 1
            count(S, i, -1)
            leave(S, i)
            join(S, i, takers[q])
            count(S, i, 1)
    rescale(S)


@_jit
def release_some(S: Any, p: Any, n: Any, cause: Any) -> Any:
    """Releases n residents drawn at random from p's list."""
    size = sample_list(S, p, n)
    for k in range(min(n, size)):
        release(S, S.m[S.n[A_SCRATCH] + k], cause, S.f[T_NOW])
    rescale(S)
