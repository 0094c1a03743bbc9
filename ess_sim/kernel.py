"""The residents' dynamics, compiled: an exact next-event simulation between two actor events.

Arrays in, counts and flows out; no Python object and no file. The rules, by number, are those of ``docs/model.md``. All
residents' events form one continuous-time Markov chain: the kernel holds the absolute time of the next *candidate*
event, drawn from an upper bound of the total rate, and thins it by the true rate of the resident it falls on. The
bound is a pure function of integer counts and fixed parameters, so that it has no memory of the order of events. An
actor who interrupts and changes nothing leaves the pending time untouched; otherwise its remainder is rescaled, which
is exact because an exponential waiting time has no memory.

Most of the time goes into waiting for memory, so a resident is small: a byte in ``b``, which most candidate events
need alone, her MT or state in ``mt``, and a row of ``res``, four to a cache line. Residents on whom an event of their
own may fall (those without MT, those with a far MT, the oldest) stand on swap-remove lists; everyone else is met by
drawing a row. Whoever may call stands on her list with her cell, so that a call that fails, as most do, needs nothing
else of her. What the next event will need is asked for while the present one goes on (`prefetch`). A provider has no
list of residents: on the rare days when it is needed, ``mt`` is searched for it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast

import numba
import numpy as np
from llvmlite import ir
from numba.core import cgutils, config, types
from numba.extending import intrinsic
from numpy.typing import NDArray

from ess_sim import elementary
from ess_sim.errors import TerritoryError

# Residents: columns of `res`. MINUTES (tenths, −1 where there are none) is about those with an MT; PAST, in its place,
# and SINCE are about those without.
CELL, PLACE, MINUTES, SINCE = range(4)
RES_COLUMNS = 4
PAST = MINUTES
"""How a resident came to be without MT: pool + 4 × origin."""

# Residents as Python sees them: columns of `people`.
ZONE, BIRTH, ALD, PRECARIOUS, STATE, POOL, ORIGIN, PROVIDER = range(8)

FREE, LISTED, SEEKING, DISCOURAGED, NOT_SEEKING = range(5)
NO_POOL, LOST, NEVER_DECLARED = range(3)
NO_ORIGIN, REACHED_17, ARRIVED, LONG_STANDING = range(4)
NOBODY, OUTSIDE = ~FREE, ~LISTED
"""``mt`` holds the slot of a resident's provider or, where there is none, ``~state``."""
ELSEWHERE = -2
"""Of a choice: nobody is open within the tolerance, but somebody is beyond it."""

UNKNOWN_DAY = -1_000_000
"""SINCE of a resident who was without MT before day 0: that spell's length is unknown."""

OLDEST = 90
"""From this age on residents are kept apart: their death rates would make the common bound a loose one."""

BAND_STARTS = (17, 30, 45, 60, 75)
N_BANDS = len(BAND_STARTS)
ZONE_CELLS = N_BANDS * 4
MAX_AGE = 130
NEW_BAND = np.isin(np.arange(512), [*BAND_STARTS[1:], OLDEST]).astype(np.int64)
"""By age: 1 for those who have just entered an age band, or joined the oldest; it reaches to ages of free rows."""

# Lists of residents, after those of the states without MT.
N_STATES_WITHOUT = 3
LIST_FAR = 3
N_LISTS = 4

# Families of candidate events; all but the last fall on somebody drawn from a table.
E_ANYBODY, E_SEEKER, E_FAR, E_OLDEST, E_RARE = range(5)

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
    I_ACTIVE,
    I_ROWS,
    I_SLOTS,
    I_ZONES,
    I_CELLS,
    I_ENTRIES,
    I_FIRST_BIRTH,
    I_OLDEST,  # residents from OLDEST on
    I_FAMILY,  # of the next candidate event: see pick
    I_POSITION,
    I_NEWS,  # lists in the news
    I_IN_USE,  # slots up to the last active provider's
    I_MOVED,  # 1: a count that rates depend on may have changed since the rate was added up
) = range(25)
N_INTS = 25

# Parameters, rates per day: the first entries of `f`.
(
    P_HAZARD_MAX,
    P_HAZARD_OLDEST,
    P_VOLUNTARY,
    P_CALL,
    P_CALL_MAX,
    P_GIVE_UP,
    P_RETURN,
    P_NEED,
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
) = range(26)

# Times and rate: further entries of `f`, on the next cache line.
T_NOW, T_NEXT, T_RATE, T_LOT, T_REST, T_ENTRANCE = range(32, 38)
# By family of candidate events: highest rate of one resident, and of them all.
B_ANYBODY, B_SEEKER, B_FAR, B_OLDEST, R_ANYBODY, R_SEEKER, R_FAR, R_OLDEST = range(38, 46)
N_PAR = 46

# Providers: columns of `pint` and `pfloat`.
V_ACTIVE, V_ZONE, V_LIST, V_RULE, V_CENTRE, V_RELATIVES, V_NEWS = range(7)
N_PINT = 8
(X_TARGET, X_OPENNESS, X_APPEAL, X_FINANCIAL, X_TOKENS, X_TOKEN_TIME, X_RIPE, X_INTAKE, X_BUCKET) = range(9)
N_PFLOAT = 16
RULE_ANYONE, RULE_WITHOUT_MT = range(2)

# Zones: columns of `zint` and `zfloat`.
Z_STALE, Z_CANDIDATES, Z_CHOICES, Z_FIRST, Z_PROVIDERS, Z_LISTED = range(6)
N_ZINT = 8
(ZF_APPEAL, ZF_APPEAL_MAX, ZF_INFORMED, ZF_DARE, ZF_BARRIER, ZF_REACH, ZF_REACH_PRECARIOUS, ZF_PRECARIOUS) = range(8)
N_ZFLOAT = 8

# Hazards by age: columns of `hazard`, rates per day; H_ANY is their sum and the rate of voluntary change.
H_DEATH, H_OUT, H_WITHIN, H_ALD, H_ANY = range(5)
H_COLUMNS = 5

ROOM_FULL, DONE = 1, 0

ROUNDING = 1e-9
"""Of a probability: far more than what rounding can change."""
AHEAD = 8
"""Where many residents change at once, so many are fetched from memory before it is their turn."""
BLOCK = 32
"""Where all residents are looked through, so many at a time."""

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
        return self.zones * ZONE_CELLS


class Tables(NamedTuple):
    """Views of a run's tables inside its arena, for Python; compiled code finds them by their places."""

    res: NDArray[np.int32]  # resident × column
    mt: NDArray[np.int32]  # slot of the provider, or ~state
    seeking: NDArray[np.int32]  # position × (resident, cell); the next three likewise
    discouraged: NDArray[np.int32]
    not_seeking: NDArray[np.int32]
    far: NDArray[np.int32]
    oldest: NDArray[np.int32]  # residents from OLDEST on
    free: NDArray[np.int32]
    scratch: NDArray[np.int32]
    counts: NDArray[np.int32]  # cell × column
    flows: NDArray[np.int32]  # twice the flow, plus 1 where something has been booked since the last harvest
    flows_touched: NDArray[np.int32]
    calls: NDArray[np.int32]
    calls_touched: NDArray[np.int32]
    spells: NDArray[np.int32]  # pool × months, of spells that ended in a registration
    pint: NDArray[np.int32]  # provider × column
    listed_by: NDArray[np.int32]  # zone × provider
    indptr: NDArray[np.int32]
    indices: NDArray[np.int32]
    pair: NDArray[np.int32]  # zone × zone: place in ``indices``, −1 beyond the cut-off
    choice: NDArray[np.int32]  # zones to choose from, and two more tables in the same places: see refresh_zone
    alias: NDArray[np.int32]
    zint: NDArray[np.int32]  # zone × column
    zone_providers: NDArray[np.int32]
    found: NDArray[np.int32]  # scratch: open providers, with cumulated weights
    entry_zone: NDArray[np.int32]
    par: NDArray[np.float64]  # P_…, T_…, B_… and R_…: the beginning of `f`
    pfloat: NDArray[np.float64]  # provider × column
    ready: NDArray[np.float64]  # by provider: time from which it is open, for ever where it is full or takes nobody
    found_weight: NDArray[np.float64]
    minutes: NDArray[np.float64]
    weights: NDArray[np.float64]  # exp(−minutes/τ), 0 beyond the tolerance
    alias_share: NDArray[np.float64]
    zfloat: NDArray[np.float64]  # zone × column
    loudness: NDArray[np.float64]  # factor of the call rate by band × ALD × precarious
    hazard: NDArray[np.float64]  # age × column
    arrival_ages: NDArray[np.float64]  # cumulated weights by age
    zone_adults: NDArray[np.float64]  # cumulated shares by zone
    ald_prevalence: NDArray[np.float64]  # by age
    arrival_without: NDArray[np.float64]  # probability by age
    entry_time: NDArray[np.float64]


class Arena(NamedTuple):
    """All memory of one run in five arrays: passing thirty arrays from function to function would cost more than the
    events.

    ``b`` holds each resident's birth year since I_FIRST_BIRTH, 0 where a row is free: it is small enough to stay in the
    cache. ``n`` holds whole numbers (sizes, counters, and the place of every table), ``m`` int32
    tables, ``f`` float tables, ``s`` the random generator's state.

    Functions that Python calls take the five one by one: numba is slow to recognise a named tuple.
    """

    b: NDArray[np.uint8]
    n: NDArray[np.int64]
    m: NDArray[np.int32]
    f: NDArray[np.float64]
    s: NDArray[np.uint64]


def _shapes(layout: Layout) -> dict[str, tuple[int, ...]]:
    rows, slots, zones, pairs, entries = layout
    flows, calls = N_CAUSES * 2 * layout.cells, N_OUTCOMES * N_CALLERS * layout.cells
    ages = MAX_AGE + 1
    return {
        "res": (rows, RES_COLUMNS), "mt": (rows,), "seeking": (rows, 2), "discouraged": (rows, 2),
        "not_seeking": (rows, 2), "far": (rows, 2), "oldest": (rows,), "free": (rows,),
        "scratch": (max(rows, zones),),
        "counts": (layout.cells, N_COUNTS),
        "flows": (flows,), "flows_touched": (flows,), "calls": (calls,), "calls_touched": (calls,),
        "spells": (2, MAX_SPELL_MONTHS + 1), "pint": (slots, N_PINT), "listed_by": (zones, slots),
        "indptr": (zones + 1,), "indices": (pairs,), "pair": (zones, zones), "choice": (pairs,), "alias": (pairs,),
        "zint": (zones, N_ZINT), "zone_providers": (slots,), "found": (slots,), "entry_zone": (entries,),
        "par": (N_PAR,), "pfloat": (slots, N_PFLOAT), "ready": (slots,), "found_weight": (slots,),
        "minutes": (pairs,), "weights": (pairs,), "alias_share": (pairs,), "zfloat": (zones, N_ZFLOAT),
        "loudness": (ZONE_CELLS,), "hazard": (ages, H_COLUMNS), "arrival_ages": (ages,), "zone_adults": (zones,),
        "ald_prevalence": (ages,), "arrival_without": (ages,), "entry_time": (entries,),
    }  # fmt: skip


_FIRST_FLOAT = "par"


_CACHE_LINE, _HUGE_PAGE = 64, 1 << 21


def _zeros(size: int) -> NDArray[np.uint8]:
    """Bytes, all 0, on huge pages where the run is large enough, so that addresses are found quickly.

    Filled by hand: numpy asks for huge pages but gets them late, if at all, for memory that comes zeroed.
    """
    raw = np.empty((size // _HUGE_PAGE + 2) * _HUGE_PAGE, dtype=np.uint8)
    first = -raw.ctypes.data % _HUGE_PAGE
    raw[first : first + size] = 0
    return raw[first : first + size]


def allocate(layout: Layout, seed_words: NDArray[np.uint64]) -> tuple[Arena, Tables]:
    """An arena for a run of these sizes, empty, and the views of its tables.

    Raises
    ------
    TerritoryError
        If a place in a table would not fit into 32 bits.
    """
    shapes = _shapes(layout)
    lengths = {name: -(-math.prod(shape) // _CACHE_LINE) * _CACHE_LINE for name, shape in shapes.items()}
    first_float = Tables._fields.index(_FIRST_FLOAT)
    int_tables, float_tables = Tables._fields[:first_float], Tables._fields[first_float:]
    sizes: dict[str, tuple[int, Any]] = {
        "b": (layout.rows, np.uint8),
        "n": (N_INTS + len(shapes), np.int64),
        "m": (sum(lengths[name] for name in int_tables), np.int32),
        "f": (sum(lengths[name] for name in float_tables), np.float64),
        "s": (len(seed_words), np.uint64),
    }
    if max(size for size, _ in sizes.values()) >= 1 << 32:
        raise TerritoryError(
            f"{layout.zones:,} zones with {layout.rows:,} residents and {layout.slots:,} practices are too many for "
            "one run: divide the territory"
        )
    memory = _zeros(sum(size * np.dtype(dtype).itemsize + _CACHE_LINE for size, dtype in sizes.values()))
    arrays: dict[str, NDArray[Any]] = {}
    for name, (size, dtype) in sizes.items():
        arrays[name] = memory[: size * np.dtype(dtype).itemsize].view(dtype)
        memory = memory[-(-arrays[name].nbytes // _CACHE_LINE) * _CACHE_LINE :]
    arena = Arena(**arrays)
    sizes_of_run = (layout.rows, layout.slots, layout.zones, layout.cells, layout.entries)
    arena.n[[I_ROWS, I_SLOTS, I_ZONES, I_CELLS, I_ENTRIES]] = sizes_of_run
    views: dict[str, Any] = {}
    for which, names in ((arena.m, int_tables), (arena.f, float_tables)):
        place = 0
        for name in names:
            arena.n[N_INTS + Tables._fields.index(name)] = place
            views[name] = which[place : place + math.prod(shapes[name])].reshape(shapes[name])
            place += lengths[name]
    tables = Tables(**views)
    tables.ready.fill(np.inf)
    arena.s[:] = seed_words
    return arena, tables


(
    A_RES, A_MT, A_SEEKING, A_DISCOURAGED, A_NOT_SEEKING, A_FAR, A_OLDEST, A_FREE, A_SCRATCH, A_COUNTS, A_FLOWS,
    A_FLOWS_TOUCHED, A_CALLS, A_CALLS_TOUCHED, A_SPELLS, A_PINT, A_LISTED_BY, A_INDPTR, A_INDICES, A_PAIR, A_CHOICE,
    A_ALIAS, A_ZINT, A_ZONE_PROVIDERS, A_FOUND, A_ENTRY_ZONE, A_PAR, A_PFLOAT, A_READY, A_FOUND_WEIGHT, A_MINUTES,
    A_WEIGHTS, A_ALIAS_SHARE, A_ZFLOAT, A_LOUDNESS, A_HAZARD, A_ARRIVAL_AGES, A_ZONE_ADULTS, A_ALD_PREVALENCE,
    A_ARRIVAL_WITHOUT, A_ENTRY_TIME,
) = range(N_INTS, N_INTS + len(Tables._fields))  # fmt: skip


# --- residents as Python sees them --------------------------------------------------------------------------------


def people(arena: Arena, tables: Tables) -> NDArray[np.int64]:
    """The residents, one a row (some rows are FREE), shape (rows, 8): ZONE, BIRTH, … PROVIDER."""
    high = arena.n[I_HIGH]
    mt, cell, past = tables.mt[:high], tables.res[:high, CELL], tables.res[:high, PAST]
    out = np.empty((high, 8), dtype=np.int64)
    out[:, ZONE] = cell // ZONE_CELLS
    out[:, BIRTH] = arena.b[:high] + arena.n[I_FIRST_BIRTH]
    out[:, ALD], out[:, PRECARIOUS] = cell >> 1 & 1, cell & 1
    out[:, STATE] = np.where(mt >= 0, LISTED, ~mt)
    without = out[:, STATE] > LISTED
    out[:, POOL] = np.where(without, past & 3, NO_POOL)
    out[:, ORIGIN] = np.where(without, past >> 2, NO_ORIGIN)
    out[:, PROVIDER] = np.where(mt >= OUTSIDE, mt, NOBODY)
    return out


_Function = TypeVar("_Function", bound=Callable[..., Any])

# No compiled function allocates anything, so that reference counts (they took a fifth of the time) can be left out.
_OPTIONS: dict[str, Any] = {"cache": True, "error_model": "numpy", "_nrt": False}


def _jit(function: _Function) -> _Function:
    """Compiles on first call; the machine code is cached beside this file."""
    return cast(_Function, numba.njit(**_OPTIONS)(function))


def _inline(function: _Function) -> _Function:
    """Idem, and always merged into its callers."""
    return cast(_Function, numba.njit(**_OPTIONS, forceinline=True)(function))


def _prefetch(_: Any, array: Any, index: Any) -> Any:
    """Has an element of an array fetched into the cache while other work goes on."""

    def generate(context: Any, builder: Any, _: Any, values: Any) -> Any:
        data = context.make_array(array)(context, builder, values[0]).data
        address = builder.bitcast(builder.gep(data, [values[1]]), cgutils.voidptr_t)
        flags = [cgutils.int32_t] * 3
        kind = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, *flags])
        function = builder.module.declare_intrinsic("llvm.prefetch", [cgutils.voidptr_t], kind)
        to_read, to_stay, data_not_code = (flag(value) for flag, value in zip(flags, (0, 3, 1), strict=True))
        builder.call(function, [address, to_read, to_stay, data_not_code])
        return context.get_dummy_value()

    return types.none(array, index), generate


def _nothing(*_: Any) -> None:
    """Plain Python, as numba runs it where it is told not to compile, cannot prefetch."""


prefetch: Any = _nothing if config.DISABLE_JIT else intrinsic(_prefetch)  # type: ignore[attr-defined]


@_inline
def at(place: Any) -> Any:
    """A place in a table. Being unsigned it is not counted from the table's end, and no code looks whether it is."""
    return np.int64(np.uint32(place))


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


_LOG_2 = math.log(2.0)
_STEPS = 128
_CENTRES = 1.0 + (np.arange(_STEPS) + 0.5) / _STEPS
_INVERSE, _LOG = 1.0 / _CENTRES, -elementary.log(1.0 / _CENTRES)
"""By the first bits of a number in [1, 2): the inverse of one near it, and that one's logarithm."""


@_inline
def exponential(s: Any) -> Any:
    """An exponential number of mean 1: −log(1 − u) for a uniform u, to 1e-14.

    By a table and the first terms of the series, as calling the system's logarithm would take twice as long.
    """
    whole = np.int64(9007199254740992) - np.int64(next_word(s) >> np.uint64(11))  # (1 − u)·2^53
    bits = np.float64(whole).view(np.int64)
    k = at(bits >> 45 & (_STEPS - 1))
    mantissa = np.int64(bits & 0xFFFFFFFFFFFFF | 0x3FF0000000000000).view(np.float64)
    r = mantissa * _INVERSE[k] - 1.0
    series = r * (1.0 - r * (1 / 2 - r * (1 / 3 - r * (1 / 4 - r * (1 / 5 - r * (1 / 6))))))
    return max(0.0, (1076 - (bits >> 52)) * _LOG_2 - _LOG[k] - series)


_exp, _log = _inline(elementary.exp), _inline(elementary.log)


@_inline
def power(base: Any, exponent: Any) -> Any:
    """``base`` ≥ 0 to a power > 0, the same on every processor."""
    return _exp(exponent * _log(base)) if base > 0.0 else 0.0


@_inline
def below(s: Any, n: Any) -> Any:
    """A uniform whole number in [0, n)."""
    return np.int64(uniform(s) * n)


@_inline
def search(S: Any, table: Any, first: Any, last: Any) -> Any:
    """Draws k in [first, last) from a table of cumulated weights."""
    x = uniform(S.s) * S.f[at(table + last - 1)]
    k, left = first, last - first
    while left > 1:  # without a branch that nobody could foresee
        half = left >> 1
        k += half if S.f[at(table + k + half - 1)] <= x else 0
        left -= half
    return k


# --- where things are ---------------------------------------------------------------------------------------------


@_inline
def row(S: Any, i: Any) -> Any:
    """First place of resident i in ``m``."""
    return at(S.n[A_RES] + i * RES_COLUMNS)


@_inline
def slot(S: Any, p: Any) -> Any:
    """First place of provider p's whole numbers in ``m``."""
    return at(S.n[A_PINT] + p * N_PINT)


@_inline
def offer(S: Any, p: Any) -> Any:
    """First place of provider p's numbers in ``f``."""
    return at(S.n[A_PFLOAT] + p * N_PFLOAT)


@_inline
def place(S: Any, z: Any) -> Any:
    """First place of zone z's whole numbers in ``m``."""
    return at(S.n[A_ZINT] + z * N_ZINT)


@_inline
def manner(S: Any, z: Any) -> Any:
    """First place of zone z's numbers in ``f``."""
    return at(S.n[A_ZFLOAT] + z * N_ZFLOAT)


@_inline
def state_of(mt: Any) -> Any:
    """State of a resident from her entry of ``mt``."""
    return LISTED if mt >= 0 else ~mt


@_inline
def pool_of(S: Any, i: Any) -> Any:
    """Pool of a resident without MT."""
    return S.m[row(S, i) + PAST] & 3


@_inline
def age_of(S: Any, i: Any) -> Any:
    """Age of resident i, above all ages where the row is free."""
    return S.n[I_YEAR] - S.n[I_FIRST_BIRTH] - np.int64(S.b[at(i)])


@_inline
def expect(S: Any, i: Any) -> Any:
    """Resident i will be needed soon: she is fetched from memory meanwhile."""
    prefetch(S.b, i)
    prefetch(S.m, row(S, i))
    prefetch(S.m, S.n[A_MT] + i)


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
def cell_of(zone: Any, age: Any, ald: Any, precarious: Any) -> Any:
    """Index of a cell: zone × band × ALD × precarious."""
    return ((zone * N_BANDS + band_of(age)) * 2 + ald) * 2 + precarious


@_inline
def count(S: Any, i: Any, sign: Any) -> Any:
    """Adds resident i to the counts of her cell, or takes her out."""
    r = row(S, i)
    c = S.n[A_COUNTS] + S.m[r + CELL] * N_COUNTS
    state = state_of(S.m[at(S.n[A_MT] + i)])
    if state == LISTED:
        S.m[at(c + C_LISTED)] += sign
        if S.m[r + PLACE] >= 0:
            S.m[at(c + C_FAR)] += sign
        if S.m[r + MINUTES] >= 0:
            S.m[at(c + C_REACHABLE)] += sign
            S.m[at(c + C_MINUTES)] += sign * S.m[r + MINUTES]
    else:
        S.m[at(c + C_SEEKING + state - SEEKING)] += sign
        S.m[at(c + C_LOST + pool_of(S, i) - LOST)] += sign


@_inline
def flow(S: Any, cause: Any, cell: Any, pool: Any, delta: Any) -> Any:
    """Books a change of the residents without MT."""
    key = (cause * 2 + pool - LOST) * S.n[I_CELLS] + cell
    k = S.n[A_FLOWS] + key
    if S.m[at(k)] == 0:
        S.m[at(k)] = 1
        S.m[at(S.n[A_FLOWS_TOUCHED] + S.n[I_FLOWS_TOUCHED])] = key
        S.n[I_FLOWS_TOUCHED] += 1
    S.m[at(k)] += 2 * delta


@_inline
def note_call(S: Any, cell: Any, caller: Any, outcome: Any) -> Any:
    """Counts a call by outcome, caller and cell."""
    key = (outcome * N_CALLERS + caller) * S.n[I_CELLS] + cell
    k = S.n[A_CALLS] + key
    if S.m[at(k)] == 0:
        S.m[at(S.n[A_CALLS_TOUCHED] + S.n[I_CALLS_TOUCHED])] = key
        S.n[I_CALLS_TOUCHED] += 1
    S.m[at(k)] += 1


# --- lists --------------------------------------------------------------------------------------------------------


@_inline
def entry(S: Any, k: Any, pos: Any) -> Any:
    """First place in ``m`` of an entry of list k."""
    return at(S.n[at(A_SEEKING + k)] + pos * 2)


@_inline
def push(S: Any, i: Any, k: Any) -> Any:
    """Puts resident i on list k: 0, 1, 2 of her state without MT, or LIST_FAR."""
    n = S.n[I_SEEK + k]
    r, e = row(S, i), entry(S, k, n)
    S.m[e] = i
    S.m[e + 1] = S.m[r + CELL]
    S.m[r + PLACE] = n
    S.n[I_SEEK + k] = n + 1
    S.n[I_MOVED] = 1


@_inline
def pop(S: Any, i: Any, k: Any) -> Any:
    """Takes her off it: the last one takes her place."""
    n = S.n[I_SEEK + k] - 1
    pos = np.int64(S.m[row(S, i) + PLACE])
    e, last = entry(S, k, pos), entry(S, k, n)
    S.m[e] = S.m[at(last)]
    S.m[e + 1] = S.m[at(last + 1)]
    S.m[row(S, np.int64(S.m[at(last)])) + PLACE] = pos
    S.n[I_SEEK + k] = n
    S.n[I_MOVED] = 1


@_inline
def push_oldest(S: Any, i: Any) -> Any:
    """Puts resident i on the list of those from OLDEST on."""
    S.m[at(S.n[A_OLDEST] + S.n[I_OLDEST])] = i
    S.n[I_OLDEST] += 1
    S.n[I_MOVED] = 1


@_inline
def pop_oldest(S: Any, pos: Any) -> Any:
    """Takes whoever stands at a position off it."""
    S.n[I_OLDEST] -= 1
    S.m[at(S.n[A_OLDEST] + pos)] = S.m[at(S.n[A_OLDEST] + S.n[I_OLDEST])]
    S.n[I_MOVED] = 1


@_inline
def pair_of(S: Any, origin: Any, destination: Any) -> Any:
    """Place of a pair of zones in ``minutes`` and ``weights``; −1 beyond the territory's cut-off."""
    return np.int64(S.m[at(S.n[A_PAIR] + origin * S.n[I_ZONES] + destination)])


@_inline
def weight_of(S: Any, z: Any, p: Any) -> Any:
    """What the distance to provider p weighs in the choice of zone z's residents; 0 beyond the tolerance."""
    k = pair_of(S, z, S.m[slot(S, p) + V_ZONE])
    return S.f[at(S.n[A_WEIGHTS] + k)] if k >= 0 else 0.0


@_inline
def set_distance(S: Any, i: Any) -> Any:
    """Minutes to a listed resident's MT, and whether it is far. Her PLACE must be right, or −1."""
    r = row(S, i)
    p = np.int64(S.m[at(S.n[A_MT] + i)])
    k = pair_of(S, S.m[r + CELL] // ZONE_CELLS, S.m[slot(S, p) + V_ZONE]) if p >= 0 else -1
    minutes = S.f[at(S.n[A_MINUTES] + k)] if k >= 0 else np.inf
    S.m[r + MINUTES] = np.int32(minutes * 10.0 + 0.5) if k >= 0 else -1
    far = minutes > S.f[P_TOLERANCE]
    if far and S.m[r + PLACE] < 0:
        push(S, i, LIST_FAR)
    elif not far and S.m[r + PLACE] >= 0:
        pop(S, i, LIST_FAR)
        S.m[r + PLACE] = -1


# --- providers ----------------------------------------------------------------------------------------------------


@_inline
def review(S: Any, p: Any) -> Any:
    """Notes from when on provider p is open: it has room, takes patients and holds a token."""
    v, x = slot(S, p), offer(S, p)
    has_room = S.m[v + V_ACTIVE] == 1 and S.f[x + X_OPENNESS] > 0.0 and S.m[v + V_LIST] < S.f[x + X_TARGET]
    S.f[at(S.n[A_READY] + p)] = S.f[x + X_RIPE] if has_room else np.inf


@_inline
def set_tokens(S: Any, p: Any, tokens: Any, t: Any) -> Any:
    """Provider p's bucket holds so many tokens at time t."""
    x = offer(S, p)
    S.f[x + X_TOKENS] = tokens
    S.f[x + X_TOKEN_TIME] = t
    S.f[x + X_RIPE] = t if tokens >= 1.0 else t + (1.0 - tokens) / S.f[x + X_INTAKE]


@_inline
def tokens_of(S: Any, p: Any, t: Any) -> Any:
    """Tokens in the provider's bucket at time t."""
    x = offer(S, p)
    return min(S.f[x + X_BUCKET], S.f[x + X_TOKENS] + S.f[x + X_INTAKE] * (t - S.f[x + X_TOKEN_TIME]))


@_inline
def admits(S: Any, p: Any, caller: Any) -> Any:
    """Whether the provider's list rule admits the caller."""
    return S.m[slot(S, p) + V_RULE] == RULE_ANYONE or caller == CALLER_WITHOUT


@_inline
def open_to(S: Any, p: Any, caller: Any, t: Any) -> Any:
    """Whether provider p is open to the caller at time t (docs/model.md, 2.2)."""
    return S.f[at(S.n[A_READY] + p)] <= t and admits(S, p, caller)


@_jit
def refresh_supply(b: Any, n: Any, m: Any, f: Any, s: Any, changed: Any) -> Any:
    """Sorts the active providers by zone; marks the tables of choice that zone ``changed`` is part of as out of date.

    A negative zone marks them all.
    """
    S = Arena(b, n, m, f, s)
    n_zones = S.n[I_ZONES]
    for z in range(n_zones):
        v = place(S, z)
        S.m[v + Z_PROVIDERS] = 0
        near = pair_of(S, z, changed) if changed >= 0 else -1
        if changed < 0 or (near >= 0 and S.f[at(S.n[A_WEIGHTS] + near)] > 0.0):
            S.m[v + Z_STALE] = 1
        S.f[manner(S, z) + ZF_APPEAL] = 0.0
        S.f[manner(S, z) + ZF_APPEAL_MAX] = 0.0
    # counting sort
    S.n[I_IN_USE] = 0
    for p in range(S.n[I_SLOTS]):
        if S.m[slot(S, p) + V_ACTIVE] == 1:
            S.n[I_IN_USE] = p + 1
            z = S.m[slot(S, p) + V_ZONE]
            S.m[place(S, z) + Z_PROVIDERS] += 1
            S.f[manner(S, z) + ZF_APPEAL] += S.f[offer(S, p) + X_APPEAL]
            S.f[manner(S, z) + ZF_APPEAL_MAX] = max(S.f[manner(S, z) + ZF_APPEAL_MAX], S.f[offer(S, p) + X_APPEAL])
    start = 0
    for z in range(n_zones):
        S.m[place(S, z) + Z_FIRST] = start
        start += S.m[place(S, z) + Z_PROVIDERS]
        S.m[place(S, z) + Z_PROVIDERS] = 0
    S.n[I_ACTIVE] = start
    for p in range(S.n[I_IN_USE]):
        if S.m[slot(S, p) + V_ACTIVE] == 1:
            v = place(S, S.m[slot(S, p) + V_ZONE])
            S.m[at(S.n[A_ZONE_PROVIDERS] + S.m[v + Z_FIRST] + S.m[v + Z_PROVIDERS])] = p
            S.m[v + Z_PROVIDERS] += 1


@_jit
def refresh_zone(S: Any, z: Any) -> Any:
    """Table of choice of zone z: with what weight its residents choose a provider in each zone within the tolerance.

    Walker's alias method, so that a draw takes constant time. Zones with providers within the tolerance are
    ``choice[k]``, Z_CHOICES of them; column k keeps the share ``alias_share[k]`` and leaves the rest to zone
    ``alias[k]``.
    """
    first = S.m[at(S.n[A_INDPTR] + z)]
    choice, alias, share = S.n[A_CHOICE] + first, S.n[A_ALIAS] + first, S.n[A_ALIAS_SHARE] + first
    scratch = S.n[A_SCRATCH]
    total = 0.0
    candidates = 0
    n = 0
    for k in range(first, S.m[at(S.n[A_INDPTR] + z + 1)]):
        y = S.m[at(S.n[A_INDICES] + k)]
        weight = S.f[at(S.n[A_WEIGHTS] + k)]
        if weight > 0.0 and S.m[place(S, y) + Z_PROVIDERS] > 0:
            weight *= S.f[manner(S, y) + ZF_APPEAL]
            candidates += S.m[place(S, y) + Z_PROVIDERS]
            S.m[at(choice + n)] = y
            S.f[at(share + n)] = weight
            total += weight
            n += 1
    S.m[place(S, z) + Z_CANDIDATES] = candidates
    S.m[place(S, z) + Z_CHOICES] = n
    S.m[place(S, z) + Z_STALE] = 0
    small, large = 0, n  # stacks that grow towards each other
    for k in range(n):
        S.f[at(share + k)] *= n / total
        S.m[at(alias + k)] = k
        if S.f[at(share + k)] < 1.0:
            S.m[at(scratch + small)] = k
            small += 1
        else:
            large -= 1
            S.m[at(scratch + large)] = k
    while small > 0 and large < n:
        small -= 1
        k, giver = S.m[at(scratch + small)], S.m[at(scratch + large)]
        S.m[at(alias + k)] = giver
        S.f[at(share + giver)] -= 1.0 - S.f[at(share + k)]
        if S.f[at(share + giver)] < 1.0:
            large += 1
            S.m[at(scratch + small)] = giver
            small += 1
    # what is left differs from 1 by rounding only
    while small > 0:
        small -= 1
        S.f[at(share + S.m[at(scratch + small)])] = 1.0
    while large < n:
        S.f[at(share + S.m[at(scratch + large)])] = 1.0
        large += 1
    for k in range(n):
        S.m[at(alias + k)] = S.m[at(choice + S.m[at(alias + k)])]


@_inline
def draw_provider(S: Any, z: Any) -> Any:
    """A provider within the tolerance of zone z, with weights exp(−minutes/τ) × appeal. There must be one."""
    first = S.m[at(S.n[A_INDPTR] + z)]
    x = uniform(S.s) * S.m[place(S, z) + Z_CHOICES]
    k = np.int64(x)
    own, other = S.m[at(S.n[A_CHOICE] + first + k)], S.m[at(S.n[A_ALIAS] + first + k)]
    y = np.int64(own if x - k < S.f[at(S.n[A_ALIAS_SHARE] + first + k)] else other)
    v = place(S, y)
    while True:
        p = np.int64(S.m[at(S.n[A_ZONE_PROVIDERS] + S.m[v + Z_FIRST] + below(S.s, S.m[v + Z_PROVIDERS]))])
        if S.f[offer(S, p) + X_APPEAL] >= S.f[manner(S, y) + ZF_APPEAL_MAX]:
            return p
        if uniform(S.s) * S.f[manner(S, y) + ZF_APPEAL_MAX] < S.f[offer(S, p) + X_APPEAL]:
            return p


@_jit
def choose_open(S: Any, z: Any, own: Any, caller: Any, t: Any) -> Any:
    """A provider open to a caller of zone z within the tolerance, her own MT excepted; else ELSEWHERE or NOBODY."""
    ready = S.f[S.n[A_READY] : S.n[A_READY] + S.n[I_IN_USE]]
    n_open = 0
    for p in range(ready.shape[0]):
        n_open += 1 if ready[p] <= t else 0
    if n_open == 0:
        return NOBODY
    # where many are open, trying is quicker than listing; a draw kept because it is open has the right distribution
    if n_open * 8 > S.n[I_ACTIVE] and S.m[place(S, z) + Z_CHOICES] > 0:
        for _ in range(6):
            p = draw_provider(S, z)
            if p != own and open_to(S, p, caller, t):
                return p
    found, weight = S.n[A_FOUND], S.n[A_FOUND_WEIGHT]
    n_open = 0
    for p in range(ready.shape[0]):  # without a branch that nobody could foresee
        S.m[at(found + n_open)] = p
        n_open += 1 if ready[p] <= t else 0
    total = 0.0
    n = 0
    nearest = NOBODY
    for j in range(n_open):
        q = np.int64(S.m[at(found + j)])
        if q != own and admits(S, q, caller):
            nearest = ELSEWHERE
            nearness = weight_of(S, z, q)
            if nearness > 0.0:
                total += nearness * S.f[offer(S, q) + X_APPEAL]
                S.m[at(found + n)] = q
                S.f[at(weight + n)] = total
                n += 1
    if n == 0:
        return nearest
    return np.int64(S.m[at(found + search(S, weight, 0, n))])


# --- residents' moves between states ------------------------------------------------------------------------------


@_inline
def join(S: Any, i: Any, p: Any) -> Any:
    """Resident i, who is on no list, joins provider p's (or has her MT OUTSIDE). Counts are the caller's business."""
    r = row(S, i)
    S.m[at(S.n[A_MT] + i)] = p
    S.m[r + PLACE] = -1
    if p >= 0:
        z = S.m[r + CELL] // ZONE_CELLS
        S.m[slot(S, p) + V_LIST] += 1
        S.m[at(S.n[A_LISTED_BY] + z * S.n[I_SLOTS] + p)] += 1
        S.m[place(S, z) + Z_LISTED] += 1
        review(S, p)
    set_distance(S, i)


@_inline
def leave(S: Any, i: Any) -> Any:
    """Takes a listed resident off her MT's list. Her next state is the caller's business."""
    r = row(S, i)
    p = np.int64(S.m[at(S.n[A_MT] + i)])
    if p >= 0:
        z = S.m[r + CELL] // ZONE_CELLS
        S.m[slot(S, p) + V_LIST] -= 1
        S.m[at(S.n[A_LISTED_BY] + z * S.n[I_SLOTS] + p)] -= 1
        S.m[place(S, z) + Z_LISTED] -= 1
        review(S, p)
    if S.m[r + PLACE] >= 0:
        pop(S, i, LIST_FAR)


@_inline
def enter(S: Any, i: Any, state: Any) -> Any:
    """Resident i, who is on no list, is without MT."""
    S.m[at(S.n[A_MT] + i)] = ~state
    push(S, i, state - SEEKING)


@_jit
def change_state(S: Any, i: Any, state: Any) -> Any:
    """A resident without MT passes to another state without MT."""
    c = S.n[A_COUNTS] + S.m[row(S, i) + CELL] * N_COUNTS + C_SEEKING - SEEKING
    old = ~S.m[at(S.n[A_MT] + i)]
    S.m[at(c + old)] -= 1
    S.m[at(c + state)] += 1
    pop(S, i, old - SEEKING)
    enter(S, i, state)


@_jit
def remove(S: Any, i: Any, pos: Any, cause: Any) -> Any:
    """Resident i dies or leaves the territory; pos: her position among the oldest, negative for others."""
    count(S, i, -1)
    state = state_of(S.m[at(S.n[A_MT] + i)])
    if state == LISTED:
        leave(S, i)
    else:
        flow(S, cause, S.m[row(S, i) + CELL], pool_of(S, i), -1)
        pop(S, i, state - SEEKING)
    if pos >= 0:
        pop_oldest(S, pos)
    S.m[at(S.n[A_MT] + i)] = NOBODY
    S.b[at(i)] = 0
    S.m[at(S.n[A_FREE] + S.n[I_FREE])] = i
    S.n[I_FREE] += 1


@_inline
def released_state(S: Any, i: Any) -> Any:
    """State of a resident whose MT has ended."""
    age = age_of(S, i)
    if S.m[row(S, i) + CELL] & 2:
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
    start_without(S, i, released_state(S, i), LOST, cause, t)


@_jit
def register(S: Any, i: Any, p: Any, t: Any) -> Any:
    """Resident i joins provider p's list, from another list or from the pools."""
    r = row(S, i)
    count(S, i, -1)
    state = state_of(S.m[at(S.n[A_MT] + i)])
    if state == LISTED:
        leave(S, i)
    else:
        cause = F_REGISTERED_CENTRE if S.m[slot(S, p) + V_CENTRE] == 1 else F_REGISTERED_LIBERAL
        pool = pool_of(S, i)
        flow(S, cause, S.m[r + CELL], pool, -1)
        if S.m[r + SINCE] > UNKNOWN_DAY:
            months = np.int64((t - S.m[r + SINCE]) / 30.4375)
            S.m[at(S.n[A_SPELLS] + (pool - LOST) * (MAX_SPELL_MONTHS + 1) + min(months, MAX_SPELL_MONTHS))] += 1
        pop(S, i, state - SEEKING)
    join(S, i, p)
    count(S, i, 1)


@_jit
def arrive(S: Any, zone: Any, age: Any, ald: Any, precarious: Any) -> Any:
    """A free row for a new resident, filled but for her MT or state."""
    if S.n[I_FREE] > 0:
        S.n[I_FREE] -= 1
        i = np.int64(S.m[at(S.n[A_FREE] + S.n[I_FREE])])
    else:
        i = S.n[I_HIGH]
        S.n[I_HIGH] += 1
        S.n[I_MOVED] = 1
    S.b[at(i)] = S.n[I_YEAR] - age - S.n[I_FIRST_BIRTH]
    S.m[row(S, i) + CELL] = cell_of(zone, age, ald, precarious)
    if age >= OLDEST:
        push_oldest(S, i)
    return i


@_inline
def start_without(S: Any, i: Any, state: Any, past: Any, cause: Any, t: Any) -> Any:
    """A resident who is on no list begins a spell without MT."""
    r = row(S, i)
    S.m[r + PAST] = past
    S.m[r + SINCE] = np.int32(math.floor(t))
    enter(S, i, state)
    count(S, i, 1)
    flow(S, cause, S.m[r + CELL], pool_of(S, i), 1)


@_jit
def move_in(S: Any, t: Any) -> Any:
    """Someone moves in from outside (docs/model.md, 2.5)."""
    age = search(S, S.n[A_ARRIVAL_AGES], 0, MAX_AGE + 1)
    zone = search(S, S.n[A_ZONE_ADULTS], 0, S.n[I_ZONES])
    ald = 1 if uniform(S.s) < S.f[at(S.n[A_ALD_PREVALENCE] + age)] else 0
    precarious = 1 if uniform(S.s) < S.f[manner(S, zone) + ZF_PRECARIOUS] else 0
    i = arrive(S, zone, age, ald, precarious)
    if uniform(S.s) < S.f[at(S.n[A_ARRIVAL_WITHOUT] + age)]:
        lost = uniform(S.s) < S.f[P_NATIONAL_LOST_PART]
        if uniform(S.s) < S.f[P_SEARCH_LOST if lost else P_SEARCH_NEVER]:
            state = SEEKING
        elif uniform(S.s) < S.f[P_DISCOURAGED_PART]:
            state = DISCOURAGED
        else:
            state = NOT_SEEKING
        start_without(S, i, state, LOST if lost else NEVER_DECLARED + 4 * ARRIVED, F_MOVED_IN, t)
    else:
        join(S, i, OUTSIDE)
        count(S, i, 1)


@_jit
def reach_17(S: Any, zone: Any, t: Any) -> Any:
    """A resident of the territory becomes an adult (docs/model.md, 2.5)."""
    ald = 1 if uniform(S.s) < S.f[at(S.n[A_ALD_PREVALENCE] + 17)] else 0
    precarious = 1 if uniform(S.s) < S.f[manner(S, zone) + ZF_PRECARIOUS] else 0
    i = arrive(S, zone, 17, ald, precarious)
    family = uniform(S.s) < S.f[P_FAMILY]
    if family and S.m[place(S, zone) + Z_LISTED] > 0:
        # the MT of a random resident of the zone = a provider in proportion to its residents from there
        left = below(S.s, S.m[place(S, zone) + Z_LISTED])
        p = 0
        while left >= S.m[at(S.n[A_LISTED_BY] + zone * S.n[I_SLOTS] + p)]:
            left -= S.m[at(S.n[A_LISTED_BY] + zone * S.n[I_SLOTS] + p)]
            p += 1
        join(S, i, p)
        count(S, i, 1)
    else:
        state = SEEKING if uniform(S.s) < S.f[P_ENTRY_SEEKING] else NOT_SEEKING
        start_without(S, i, state, NEVER_DECLARED + 4 * REACHED_17, F_REACHED_17, t)


@_jit
def move_within(S: Any, i: Any) -> Any:
    """Resident i moves within the territory, to her own zone or another, and keeps her MT, near or far."""
    r = row(S, i)
    old_cell = S.m[r + CELL]
    old = old_cell // ZONE_CELLS
    # her own zone included, so that as many leave a zone as come to it
    new = search(S, S.n[A_ZONE_ADULTS], 0, S.n[I_ZONES])
    if new == old:
        return
    count(S, i, -1)
    p = S.m[at(S.n[A_MT] + i)]
    if p >= 0:
        S.m[at(S.n[A_LISTED_BY] + old * S.n[I_SLOTS] + p)] -= 1
        S.m[place(S, old) + Z_LISTED] -= 1
        S.m[at(S.n[A_LISTED_BY] + new * S.n[I_SLOTS] + p)] += 1
        S.m[place(S, new) + Z_LISTED] += 1
    change_cell(S, i, old_cell + (new - old) * ZONE_CELLS, F_MOVED_WITHIN)
    if state_of(p) == LISTED:
        set_distance(S, i)
    count(S, i, 1)


@_inline
def change_cell(S: Any, i: Any, cell: Any, cause: Any) -> Any:
    """Resident i passes to another cell. Counts are the caller's business."""
    r = row(S, i)
    state = state_of(S.m[at(S.n[A_MT] + i)])
    if state != LISTED:
        flow(S, cause, S.m[r + CELL], pool_of(S, i), -1)
        flow(S, cause, cell, pool_of(S, i), 1)
        S.m[entry(S, state - SEEKING, S.m[r + PLACE]) + 1] = cell
    elif S.m[r + PLACE] >= 0:
        S.m[entry(S, LIST_FAR, S.m[r + PLACE]) + 1] = cell
    S.m[r + CELL] = cell


@_jit
def ald_onset(S: Any, i: Any) -> Any:
    """Resident i falls ill for long; if she was not looking for an MT, she does now."""
    count(S, i, -1)
    change_cell(S, i, S.m[row(S, i) + CELL] + 2, F_ALD_ONSET)
    state = state_of(S.m[at(S.n[A_MT] + i)])
    if state > SEEKING:
        pop(S, i, state - SEEKING)
        enter(S, i, SEEKING)
    count(S, i, 1)


@_inline
def call(S: Any, i: Any, cell: Any, caller: Any, helped: Any, t: Any) -> Any:
    """Resident i calls a provider (docs/model.md, 2.2); who is helped is informed."""
    S.n[I_CALLS] += 1
    z = np.int64(cell // ZONE_CELLS)
    if S.m[place(S, z) + Z_STALE] == 1:
        refresh_zone(S, z)
    own = NOBODY if caller == CALLER_WITHOUT else np.int64(S.m[at(S.n[A_MT] + i)])
    # a far MT is a candidate where relief reaches further than the tolerance
    own_near = 1 if caller == CALLER_CHANGE or (own >= 0 and weight_of(S, z, own) > 0.0) else 0
    if helped or uniform(S.s) < S.f[manner(S, z) + ZF_INFORMED] or S.m[place(S, z) + Z_CANDIDATES] <= own_near:
        p = choose_open(S, z, own, caller, t)
    else:
        p = draw_provider(S, z)
        while own_near == 1 and p == own:
            p = draw_provider(S, z)
    if p < 0:
        note_call(S, cell, caller, O_TOO_FAR if p == ELSEWHERE else O_NO_PLACE)
        return
    ask(S, i, cell, caller, p, t)


@_inline
def accepts(S: Any, p: Any) -> Any:
    """Whether provider p, who is open, takes a caller: with chance openness × (1 − (list / target)^s).

    Most often two bounds of the power tell, and it need not be worked out, which takes long: with y = s·(1 − list /
    target) it lies between 1 − y (for s ≥ 1) and exp(−y), and that below 1 / (1 + y + y²/2 + y³/6).
    """
    x = offer(S, p)
    openness, s = S.f[x + X_OPENNESS], S.f[P_SHARPNESS]
    ratio = S.m[slot(S, p) + V_LIST] / S.f[x + X_TARGET]
    y = s * (1.0 - ratio)
    draw = uniform(S.s)
    if s >= 1.0 and draw >= openness * y + ROUNDING:
        return False
    if draw < openness * (1.0 - 1.0 / (1.0 + y * (1.0 + y * (0.5 + y / 6.0)))) - ROUNDING:
        return True
    return draw < openness * (1.0 - power(ratio, s))


@_inline
def ask(S: Any, i: Any, cell: Any, caller: Any, p: Any, t: Any) -> Any:
    """Resident i asks provider p for a place. Returns whether p would not have her (a barrier aside)."""
    z = np.int64(cell // ZONE_CELLS)
    x = offer(S, p)
    relative = False
    if open_to(S, p, caller, t):
        accepted = accepts(S, p)
    else:
        relative = (
            S.m[slot(S, p) + V_RELATIVES] == 1
            and S.f[x + X_OPENNESS] > 0.0
            and admits(S, p, caller)
            and uniform(S.s) < S.f[P_RELATIVES]
        )
        accepted = relative
    if not accepted:
        note_call(S, cell, caller, O_CLOSED)
        return True
    if cell & 1 and uniform(S.s) < S.f[x + X_FINANCIAL] * S.f[manner(S, z) + ZF_BARRIER]:
        note_call(S, cell, caller, O_FINANCIAL)
        return False
    note_call(S, cell, caller, O_RELATIVE if relative else O_ACCEPTED)
    if not relative:
        set_tokens(S, p, tokens_of(S, p, t) - 1.0, t)
    register(S, i, p, t)
    return False


@_inline
def news_reach(S: Any) -> Any:
    """Residents who may hear of a list in the news."""
    return (S.n[I_SEEK] + S.n[I_DISC]) * min(np.int64(1), S.n[I_NEWS])


@_jit
def choose_news(S: Any, z: Any) -> Any:
    """A list in the news within the tolerance of zone z where a doctor is; else NOBODY."""
    found, weight = S.n[A_FOUND], S.n[A_FOUND_WEIGHT]
    total = 0.0
    n = 0
    for p in range(S.n[I_IN_USE]):
        if S.m[slot(S, p) + V_NEWS] == 1 and S.f[offer(S, p) + X_OPENNESS] > 0.0:
            nearness = weight_of(S, z, p)
            if nearness > 0.0:
                total += nearness * S.f[offer(S, p) + X_APPEAL]
                S.m[at(found + n)] = p
                S.f[at(weight + n)] = total
                n += 1
    return np.int64(S.m[at(found + search(S, weight, 0, n))]) if n else NOBODY


@_jit
def set_news(S: Any, p: Any, news: Any) -> Any:
    """Provider p's list is in the news (1) or not (0)."""
    S.n[I_NEWS] += news - S.m[slot(S, p) + V_NEWS]
    S.m[slot(S, p) + V_NEWS] = news
    S.n[I_MOVED] = 1


@_jit
def hear(S: Any, state: Any, pos: Any, t: Any) -> Any:
    """A resident who looks or gave up hears of a list in the news and calls there (docs/model.md, 2.7).

    The news is over with the first such caller for whom there was time but no place.
    """
    e = entry(S, state - SEEKING, pos)
    i, cell = np.int64(S.m[e]), np.int64(S.m[e + 1])
    z = cell // ZONE_CELLS
    p = choose_news(S, z)
    if p == NOBODY:
        return
    if state == DISCOURAGED:
        change_state(S, i, SEEKING)
    if cell & 1 and uniform(S.s) >= S.f[manner(S, z) + ZF_DARE]:
        note_call(S, cell, CALLER_WITHOUT, O_SUPPRESSED)
        return
    S.n[I_CALLS] += 1
    has_time = tokens_of(S, p, t) >= 1.0
    if ask(S, i, cell, CALLER_WITHOUT, p, t) and has_time:
        set_news(S, p, 0)


# --- the clock ----------------------------------------------------------------------------------------------------


@_inline
def total_rate(S: Any) -> Any:
    """Upper bound of the rate of residents' events, per day: a pure function of whole numbers and parameters.

    Its parts that `pick` needs are noted.
    """
    n = S.n
    S.f[B_ANYBODY] = S.f[P_HAZARD_MAX]
    S.f[B_SEEKER] = S.f[P_CALL_MAX] + S.f[P_GIVE_UP]
    S.f[B_FAR] = S.f[P_FAR] + S.f[P_OUTSIDE]
    S.f[B_OLDEST] = S.f[P_HAZARD_OLDEST]
    S.f[R_ANYBODY] = n[I_HIGH] * S.f[B_ANYBODY]
    S.f[R_SEEKER] = n[I_SEEK] * S.f[B_SEEKER]
    S.f[R_FAR] = n[I_FAR] * S.f[B_FAR]
    S.f[R_OLDEST] = n[I_OLDEST] * S.f[B_OLDEST]
    return (
        S.f[R_ANYBODY]
        + S.f[R_OLDEST]
        + S.f[R_SEEKER]
        + n[I_DISC] * (S.f[P_RETURN] + S.f[P_NEED] + S.f[P_REACH_MAX])
        + n[I_NOT] * (S.f[P_NEED] + S.f[P_REACH_MAX])
        + S.f[R_FAR]
        + news_reach(S) * S.f[P_NEWS]
        + S.f[P_IMMIGRATION]
    )


@_inline
def waiting_time(S: Any, rate: Any) -> Any:
    """An exponential waiting time; none comes where the rate is 0."""
    return exponential(S.s) / rate if rate > 0.0 else np.inf


@_inline
def next_candidate(S: Any, t: Any) -> Any:
    """The next candidate event, from time t on. `pick` has chosen it already, and does again where a count moved."""
    moved = S.n[I_MOVED] == 1
    if moved:
        S.f[T_RATE] = total_rate(S)
    S.f[T_NEXT] = t + waiting_time(S, S.f[T_RATE])
    if moved:
        pick(S)
        S.n[I_MOVED] = 0


@_jit
def rescale(S: Any) -> Any:
    """After an interruption: keep the pending time if the rate is bitwise the same, else rescale its remainder.

    Whom the candidate event falls on follows from the same lot.
    """
    rate = total_rate(S)
    old = S.f[T_RATE]
    if rate != old:
        now = S.f[T_NOW]
        if old > 0.0 and rate > 0.0:
            S.f[T_NEXT] = now + (S.f[T_NEXT] - now) * (old / rate)
        else:
            S.f[T_NEXT] = now + waiting_time(S, rate)
        S.f[T_RATE] = rate
    pick(S)


@_inline
def everyday_event(S: Any, i: Any, pos: Any, age: Any, x: Any) -> Any:
    """Rules 1–4 and 10: what can happen to anybody. Returns whether resident i wishes to call.

    ``x`` is uniform below the bound of her class of age; ``pos``: her position among the oldest, negative for others.
    """
    h = S.n[A_HAZARD] + age * H_COLUMNS
    if x >= S.f[h + H_ANY]:
        return False
    if x < S.f[h + H_DEATH]:
        remove(S, i, pos, F_DIED)
        return False
    x -= S.f[h + H_DEATH]
    if x < S.f[h + H_OUT]:
        remove(S, i, pos, F_MOVED_OUT)
        return False
    x -= S.f[h + H_OUT]
    if x < S.f[h + H_WITHIN]:
        move_within(S, i)
        return False
    x -= S.f[h + H_WITHIN]
    if x < S.f[h + H_ALD]:
        if not S.m[row(S, i) + CELL] & 2:
            ald_onset(S, i)
        return False
    x -= S.f[h + H_ALD]
    return x < S.f[P_VOLUNTARY] and S.m[at(S.n[A_MT] + i)] >= 0 and S.m[row(S, i) + PLACE] < 0


@_inline
def seeker_event(S: Any, i: Any, cell: Any, x: Any) -> Any:
    """Rules 7 and 8: a seeker gives up or wishes to call, thinned by her own call rate. Returns whether she calls.

    ``x`` is uniform below the bound of both rates.
    """
    if x < S.f[P_GIVE_UP]:
        change_state(S, i, DISCOURAGED)
        return False
    x -= S.f[P_GIVE_UP]
    if x >= S.f[P_CALL] * S.f[at(S.n[A_LOUDNESS] + cell % ZONE_CELLS)]:
        return False
    if cell & 1 and uniform(S.s) >= S.f[manner(S, cell // ZONE_CELLS) + ZF_DARE]:
        note_call(S, cell, CALLER_WITHOUT, O_SUPPRESSED)
        return False
    return True


# By family: how many there are, in which table they stand, and how far apart (0: anybody is the row drawn).
_SIZE_OF = np.array([I_HIGH, I_SEEK, I_FAR, I_OLDEST])
_TABLE_OF, _STEP_OF = np.array([A_OLDEST, A_SEEKING, A_FAR, A_OLDEST]), np.array([0, 2, 2, 1])


@_inline
def pick(S: Any) -> Any:
    """Chooses from T_LOT, uniform in [0, 1), the family of the next candidate event and whom it falls on.

    A pure function of the lot and of counts: whoever changes counts picks again, from the same lot.

    What is left of the lot (T_REST) is uniform below the bound of her rates. She is asked for from memory, though most
    candidate events leave her as she is: who waits for that to be known waits for memory.
    """
    n = S.n
    x = S.f[T_LOT] * S.f[T_RATE]
    rest, family = x, np.int64(E_ANYBODY)
    for k in range(E_RARE):  # without a branch that nobody could foresee
        x -= S.f[R_ANYBODY + k]
        rest = rest if x < 0.0 else x
        family += x >= 0.0
    n[I_FAMILY] = family
    if family == E_RARE:
        S.f[T_REST] = rest
        return
    bound = S.f[at(B_ANYBODY + family)]
    pos = min(np.int64(rest / bound), n[at(_SIZE_OF[family])] - 1)
    n[I_POSITION], S.f[T_REST] = pos, rest - pos * bound
    on_list = np.int64(S.m[at(n[at(_TABLE_OF[family])] + pos * _STEP_OF[family])])
    expect(S, pos if family == E_ANYBODY else on_list)


@_inline
def candidate_event(S: Any, t: Any) -> Any:
    """The candidate event that `pick` has chosen: is it real, and what happens?"""
    family, pos, x = S.n[I_FAMILY], S.n[I_POSITION], S.f[T_REST]
    # before this event changes any count, the next one is nearly always picked right: it comes from memory meanwhile
    S.f[T_LOT] = uniform(S.s)
    pick(S)
    if family == E_ANYBODY:
        i = pos
        age = age_of(S, i)
        # those from OLDEST on have a list of their own; a free row is older still
        if age >= OLDEST or not everyday_event(S, i, -1, age, x):
            return
        cell = np.int64(S.m[row(S, i) + CELL])
        caller = CALLER_CHANGE
    elif family == E_SEEKER:
        e = entry(S, SEEKING - SEEKING, pos)
        i, cell = np.int64(S.m[e]), np.int64(S.m[e + 1])
        if not seeker_event(S, i, cell, x):
            return
        caller = CALLER_WITHOUT
    elif family == E_FAR:
        e = entry(S, LIST_FAR, pos)
        i, cell = np.int64(S.m[e]), np.int64(S.m[e + 1])
        if x >= S.f[P_FAR]:
            if S.m[at(S.n[A_MT] + i)] == OUTSIDE:
                release(S, i, F_RELEASED_OUTSIDE, t)
            return
        caller = CALLER_FAR
    elif family == E_OLDEST:
        i = np.int64(S.m[at(S.n[A_OLDEST] + pos)])
        if not everyday_event(S, i, pos, min(MAX_AGE, age_of(S, i)), x):
            return
        cell = np.int64(S.m[row(S, i) + CELL])
        caller = CALLER_CHANGE
    else:
        rare_event(S, x, t)
        return
    call(S, i, cell, caller, False, t)


@_inline
def look_again(S: Any, state: Any, x: Any) -> Any:
    """Someone in a state of not looking starts to: by herself (``x`` < 0), or because she is reached where she lives.

    ``x`` is uniform up to the highest rate at which anybody is reached.
    """
    e = entry(S, state - SEEKING, below(S.s, S.n[I_DISC if state == DISCOURAGED else I_NOT]))
    cell = S.m[e + 1]
    if x < 0.0 or x < S.f[manner(S, cell // ZONE_CELLS) + ZF_REACH + (cell & 1)]:
        change_state(S, np.int64(S.m[e]), SEEKING)


@_jit
def rare_event(S: Any, x: Any, t: Any) -> Any:
    """Rules 5, 6 and 12 and moving in; ``x`` is uniform below their bounds' sum."""
    n = S.n
    part = n[I_DISC] * (S.f[P_RETURN] + S.f[P_NEED] + S.f[P_REACH_MAX])
    if x < part:
        look_again(S, DISCOURAGED, x / n[I_DISC] - S.f[P_RETURN] - S.f[P_NEED])
        return
    x -= part
    part = n[I_NOT] * (S.f[P_NEED] + S.f[P_REACH_MAX])
    if x < part:
        look_again(S, NOT_SEEKING, x / n[I_NOT] - S.f[P_NEED])
        return
    x -= part
    part = news_reach(S) * S.f[P_NEWS]
    if x < part:
        pos = min(np.int64(x / S.f[P_NEWS]), news_reach(S) - 1)
        if pos < n[I_SEEK]:
            hear(S, SEEKING, pos, t)
        else:
            hear(S, DISCOURAGED, pos - n[I_SEEK], t)
        return
    if S.f[P_IMMIGRATION] > 0.0:
        move_in(S, t)


@_inline
def await_entrance(S: Any) -> Any:
    """Notes when the next resident reaches 17."""
    n = S.n
    S.f[T_ENTRANCE] = S.f[at(n[A_ENTRY_TIME] + n[I_ENTRY])] if n[I_ENTRY] < n[I_ENTRIES] else np.inf


@_jit
def advance(b: Any, n: Any, m: Any, f: Any, s: Any, until: Any) -> Any:
    """Simulates every residents' event up to and including time ``until`` (days since the start).

    Returns DONE, or ROOM_FULL when there is no row left for a newcomer: grow the arrays and call again.
    """
    S = Arena(b, n, m, f, s)
    rows = n[I_ROWS]
    while True:
        entrance = S.f[T_ENTRANCE]
        t = min(entrance, S.f[T_NEXT])
        if t > until:
            break
        if n[I_FREE] == 0 and n[I_HIGH] == rows:
            return ROOM_FULL
        S.f[T_NOW] = t
        n[I_EVENTS] += 1
        if entrance <= S.f[T_NEXT]:
            reach_17(S, S.m[at(S.n[A_ENTRY_ZONE] + n[I_ENTRY])], t)
            n[I_ENTRY] += 1
            await_entrance(S)
            rescale(S)
        else:
            candidate_event(S, t)
            next_candidate(S, t)
    S.f[T_NOW] = until
    return DONE


# --- what actors do -----------------------------------------------------------------------------------------------


@_jit
def begin(
    b: Any,
    n: Any,
    m: Any,
    f: Any,
    s: Any,
    zone: Any,
    birth: Any,
    ald: Any,
    precarious: Any,
    state: Any,
    pool: Any,
    origin: Any,
    provider: Any,
) -> Any:
    """Settles the residents of day 0, one entry each, and draws the first waiting time.

    Codes are those of `people`, but ``provider`` is negative wherever the MT is not in the territory. I_YEAR must be
    set, and the providers be there.
    """
    S = Arena(b, n, m, f, s)
    S.n[I_HIGH], S.n[I_FIRST_BIRTH] = zone.shape[0], S.n[I_YEAR] - MAX_AGE - 1
    for i in range(S.n[I_HIGH]):
        S.b[at(i)] = birth[i] - S.n[I_FIRST_BIRTH]
        r = row(S, i)
        S.m[r + CELL] = cell_of(zone[i], S.n[I_YEAR] - birth[i], ald[i], precarious[i])
        if state[i] == LISTED:
            join(S, i, provider[i] if provider[i] >= 0 else OUTSIDE)
        else:
            S.m[r + PAST] = pool[i] + 4 * origin[i]
            S.m[r + SINCE] = UNKNOWN_DAY
            enter(S, i, state[i])
        if age_of(S, i) >= OLDEST:
            push_oldest(S, i)
        count(S, i, 1)
    await_entrance(S)
    S.f[T_LOT] = uniform(S.s)
    S.n[I_MOVED] = 1
    next_candidate(S, S.f[T_NOW])


@_jit
def new_year(b: Any, n: Any, m: Any, f: Any, s: Any) -> Any:
    """1 January: everyone turns a year older; those who enter another age band change cells."""
    S = Arena(b, n, m, f, s)
    S.n[I_YEAR] += 1
    scratch = S.n[A_SCRATCH]
    passing = 0
    for j in range(S.n[I_HIGH]):  # without a branch that nobody could foresee
        S.m[at(scratch + passing)] = j
        passing += NEW_BAND[at(age_of(S, j))]
    for k in range(passing):
        expect(S, np.int64(S.m[at(scratch + min(k + AHEAD, passing - 1))]))
        i = np.int64(S.m[at(scratch + k)])
        if age_of(S, i) == OLDEST:
            push_oldest(S, i)
        else:
            count(S, i, -1)
            change_cell(S, i, S.m[row(S, i) + CELL] + 4, F_BIRTHDAY)
            count(S, i, 1)
    rescale(S)


@_jit
def heed_rates(b: Any, n: Any, m: Any, f: Any, s: Any) -> Any:
    """Rates that have been written into the parameters hold from now on."""
    rescale(Arena(b, n, m, f, s))


@_jit
def announce(b: Any, n: Any, m: Any, f: Any, s: Any, p: Any) -> Any:
    """Provider p's list is in the news from now on."""
    S = Arena(b, n, m, f, s)
    set_news(S, p, 1)
    rescale(S)


@_jit
def retire_slot(b: Any, n: Any, m: Any, f: Any, s: Any, p: Any) -> Any:
    """Provider p, who has no residents left, is gone; `refresh_supply` must follow."""
    S = Arena(b, n, m, f, s)
    S.m[slot(S, p) + V_ACTIVE] = 0
    set_news(S, p, 0)
    rescale(S)


@_jit
def set_provider(
    b: Any, n: Any, m: Any, f: Any, s: Any, p: Any, target: Any, openness: Any, intake: Any, bucket: Any
) -> Any:
    """Changes what a provider can take, from now on."""
    S = Arena(b, n, m, f, s)
    x = offer(S, p)
    now = S.f[T_NOW]
    held = min(bucket, tokens_of(S, p, now))
    S.f[x + X_TARGET] = target
    S.f[x + X_OPENNESS] = openness
    S.f[x + X_INTAKE] = intake
    S.f[x + X_BUCKET] = bucket
    set_tokens(S, p, held, now)
    review(S, p)


@_inline
def draw_one(S: Any, k: Any, n: Any) -> Any:
    """Puts at k one of the entries k…n − 1 of the scratch table, drawn at random, and returns it."""
    scratch = S.n[A_SCRATCH]
    j = k + below(S.s, n - k)
    S.m[at(scratch + k)], S.m[at(scratch + j)] = S.m[at(scratch + j)], S.m[at(scratch + k)]
    return np.int64(S.m[at(scratch + k)])


@_jit
def sample_list(S: Any, p: Any, needed: Any) -> Any:
    """Writes provider p's residents into the scratch table, a sample of ``needed`` first."""
    scratch = S.n[A_SCRATCH]
    n = S.m[slot(S, p) + V_LIST]
    mt, high = S.n[A_MT], S.n[I_HIGH]
    found = 0
    for first in range(0, high, BLOCK):
        end = min(first + BLOCK, high)
        here = 0
        for i in range(first, end):
            here += S.m[at(mt + i)] == p
        if here > 0:
            for i in range(first, end):
                S.m[at(scratch + found)] = i
                found += S.m[at(mt + i)] == p
    for k in range(needed):
        draw_one(S, k, n)


@_jit
def transfer(b: Any, n: Any, m: Any, f: Any, s: Any, p: Any, takers: Any, quotas: Any) -> Any:
    """Hands residents drawn at random from p's list over to the takers, ``quotas[k]`` to ``takers[k]``."""
    S = Arena(b, n, m, f, s)
    sample_list(S, p, quotas.sum())
    k = S.n[A_SCRATCH]
    last = k + quotas.sum() - 1
    for q in range(takers.shape[0]):
        for _ in range(quotas[q]):
            expect(S, np.int64(S.m[at(min(k + AHEAD, last))]))
            i = np.int64(S.m[at(k)])
            k += 1
            count(S, i, -1)
            leave(S, i)
            join(S, i, takers[q])
            count(S, i, 1)
    rescale(S)


@_jit
def release_some(b: Any, n: Any, m: Any, f: Any, s: Any, p: Any, number: Any, cause: Any) -> Any:
    """Releases so many residents drawn at random from p's list."""
    S = Arena(b, n, m, f, s)
    sample_list(S, p, number)
    for k in range(number):
        expect(S, np.int64(S.m[at(S.n[A_SCRATCH] + min(k + AHEAD, number - 1))]))
        release(S, np.int64(S.m[at(S.n[A_SCRATCH] + k)]), cause, S.f[T_NOW])
    rescale(S)


@_jit
def harvest(b: Any, n: Any, m: Any, f: Any, s: Any, flows: Any, calls: Any) -> Any:
    """Takes out what has been booked since the last harvest: keys and values, shape (2, entries touched) each."""
    S = Arena(b, n, m, f, s)
    for j in range(flows.shape[1]):
        key = S.m[at(S.n[A_FLOWS_TOUCHED] + j)]
        flows[0, j], flows[1, j] = key, S.m[at(S.n[A_FLOWS] + key)] >> 1
        S.m[at(S.n[A_FLOWS] + key)] = 0
    for j in range(calls.shape[1]):
        key = S.m[at(S.n[A_CALLS_TOUCHED] + j)]
        calls[0, j], calls[1, j] = key, S.m[at(S.n[A_CALLS] + key)]
        S.m[at(S.n[A_CALLS] + key)] = 0
    S.n[I_FLOWS_TOUCHED] = 0
    S.n[I_CALLS_TOUCHED] = 0


@_jit
def look_at_providers(b: Any, n: Any, m: Any, f: Any, s: Any, slots: Any, figures: Any) -> Any:
    """Writes down the active providers: slots, and four figures each, shape (active, 4).

    List, target, openness, and the chance that a standard caller without MT is accepted.
    """
    S = Arena(b, n, m, f, s)
    j = 0
    for p in range(S.n[I_IN_USE]):
        if S.m[slot(S, p) + V_ACTIVE] == 1:
            slots[j] = p
            figures[j, 0] = S.m[slot(S, p) + V_LIST]
            figures[j, 1] = S.f[offer(S, p) + X_TARGET]
            figures[j, 2] = S.f[offer(S, p) + X_OPENNESS]
            ratio = figures[j, 0] / figures[j, 1] if figures[j, 1] > 0.0 else 1.0
            takes = ratio < 1.0 and tokens_of(S, p, S.f[T_NOW]) >= 1.0
            figures[j, 3] = figures[j, 2] * (1.0 - power(ratio, S.f[P_SHARPNESS])) if takes else 0.0
            j += 1


@_jit
def count_by_mt(b: Any, n: Any, m: Any, f: Any, s: Any) -> Any:
    """Adults with an MT in a liberal practice, in a centre, outside the territory, and without MT."""
    S = Arena(b, n, m, f, s)
    liberal, centres = 0, 0
    for p in range(S.n[I_SLOTS]):
        if S.m[slot(S, p) + V_CENTRE] == 1:
            centres += S.m[slot(S, p) + V_LIST]
        else:
            liberal += S.m[slot(S, p) + V_LIST]
    without = S.n[I_SEEK] + S.n[I_DISC] + S.n[I_NOT]
    return liberal, centres, S.n[I_HIGH] - S.n[I_FREE] - without - liberal - centres, without


@_jit
def share_without_mt(b: Any, n: Any, m: Any, f: Any, s: Any, share: Any) -> Any:
    """Writes down the share of adults without MT by zone, 0 where nobody lives."""
    S = Arena(b, n, m, f, s)
    for z in range(S.n[I_ZONES]):
        listed, without = 0, 0
        for cell in range(z * ZONE_CELLS, (z + 1) * ZONE_CELLS):
            c = at(S.n[A_COUNTS] + cell * N_COUNTS)
            listed += S.m[c + C_LISTED]
            without += S.m[c + C_LOST] + S.m[c + C_NEVER]
        share[z] = without / (listed + without) if without else 0.0


@_jit
def accompany(b: Any, n: Any, m: Any, f: Any, s: Any, zone: Any, ald: Any, precarious: Any, wanted: Any) -> Any:
    """Residents without MT drawn at random are helped to a call: each starts to look and makes an informed one now.

    At most ``wanted`` of those who live in ``zone``, with ALD or not, precarious or not (each −1: any). Returns their
    number; those who have an MT afterwards can be counted.
    """
    S = Arena(b, n, m, f, s)
    first_zone, end_zone = (0, S.n[I_ZONES]) if zone < 0 else (zone, zone + 1)
    for z in range(first_zone, end_zone):
        if S.m[place(S, z) + Z_STALE] == 1:  # it would need the scratch table
            refresh_zone(S, z)
    first, end = first_zone * ZONE_CELLS, end_zone * ZONE_CELLS
    asked = (2 if ald >= 0 else 0) + (1 if precarious >= 0 else 0)  # the last bits of a cell
    wished = 2 * max(0, ald) + max(0, precarious)
    scratch = S.n[A_SCRATCH]
    fitting = 0
    for k in range(N_STATES_WITHOUT):
        size = S.n[I_SEEK + k]
        on_list = S.m[entry(S, k, 0) : entry(S, k, size)]
        for pos in range(size):
            cell = on_list[2 * pos + 1]
            if first <= cell < end and cell & asked == wished:
                S.m[at(scratch + fitting)] = on_list[2 * pos]
                fitting += 1
    contacted = min(fitting, wanted)
    for k in range(contacted):
        i = draw_one(S, k, fitting)
        if S.m[at(S.n[A_MT] + i)] != ~SEEKING:
            change_state(S, i, SEEKING)
        call(S, i, np.int64(S.m[row(S, i) + CELL]), CALLER_WITHOUT, True, S.f[T_NOW])
    rescale(S)
    return contacted
