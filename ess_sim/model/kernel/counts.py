"""Cells, counts, flows and lists of residents: where they are in the arena, and how they change."""

from __future__ import annotations

from typing import Any

import numpy as np

from ess_sim.model.kernel import codes as c
from ess_sim.model.kernel.compiled import inline, prefetch
from ess_sim.results.tables import cells
from ess_sim.results.tables.distributions import DISTRIBUTIONS, FIRST_BIN, LAST_VALUE
from ess_sim.results.tables.names import COUNTS, POOLS, STATES_WITHOUT

# Counts: columns of `counts`.
# Those by state stand side by side in the order of the states, at C_SEEKING + state − SEEKING; those by pool likewise.
C_LISTED, C_FAR, C_SEEKING, C_LOST, C_REACHABLE, C_MINUTES, *_ = c.codes_of(
    COUNTS,
    *("listed", "listed_far", STATES_WITHOUT[0], POOLS[0], "listed_reachable", "minutes"),
    *(*STATES_WITHOUT[1:], *POOLS[1:]),
)


# Distributions by zone.
_FIRST_BIN, _LAST_VALUE = np.array(FIRST_BIN), np.array(LAST_VALUE)
(D_MINUTES,) = c.codes_of(tuple(DISTRIBUTIONS), "minutes")


_pack = inline(cells.pack)


@inline
def row(S: Any, i: Any) -> Any:
    """Offset of resident i's columns in ``m``."""
    return S.n[c.A_RES] + i * c.RES_COLUMNS


@inline
def slot(S: Any, p: Any) -> Any:
    """Offset of provider p's block of whole numbers in ``m``."""
    return S.n[c.A_PINT] + p * c.N_PINT


@inline
def offer(S: Any, p: Any) -> Any:
    """Offset of provider p's block of floats in ``f``."""
    return S.n[c.A_PFLOAT] + p * c.N_PFLOAT


@inline
def zone_ints(S: Any, z: Any) -> Any:
    """Offset of zone z's block of whole numbers in ``m``."""
    return S.n[c.A_ZINT] + z * c.N_ZINT


@inline
def seating(S: Any, z: Any) -> Any:
    """Offset in ``m`` of where zone z's providers stand."""
    return S.n[c.A_SEATING] + z * c.N_SEATING


@inline
def zone_floats(S: Any, z: Any) -> Any:
    """Offset of zone z's block of floats in ``f``."""
    return S.n[c.A_ZFLOAT] + z * c.N_ZFLOAT


@inline
def zone_mts(S: Any, z: Any) -> Any:
    """Offset of zone z's numbers of residents with and without MT in ``m``."""
    return S.n[c.A_BY_MT] + 2 * z


@inline
def state_of(mt: Any) -> Any:
    """State of a resident from her entry of ``mt``."""
    return c.LISTED if mt >= 0 else ~mt


@inline
def pool_of(S: Any, i: Any) -> Any:
    """Pool of a resident without MT."""
    return S.m[row(S, i) + c.PAST] & (c.ORIGIN_STEP - 1)


@inline
def age_of(S: Any, i: Any) -> Any:
    """Age of resident i, above all ages where the row is free."""
    return S.n[c.I_YEAR] - S.n[c.I_FIRST_BIRTH] - np.int64(S.b[i])


@inline
def prefetch_resident(S: Any, i: Any) -> Any:
    """Prefetches resident i's cache lines."""
    prefetch(S.b, i)
    prefetch(S.m, row(S, i))
    prefetch(S.m, S.n[c.A_MT] + i)


@inline
def cell_of(zone: Any, age: Any, ald: Any, precarious: Any) -> Any:
    """Number of the cell of a resident of this age."""
    return _pack(zone, c.BAND_OF[np.uint32(age)], ald, precarious)


@inline
def whole(value: Any, step: Any) -> Any:
    """How often a step goes into a whole number ≥ 0. Being unsigned, the division needs no correction."""
    return np.int64(np.uint32(value) // np.uint32(step))


@inline
def spread(S: Any, i: Any, which: Any, value: Any, sign: Any) -> Any:
    """Adds resident i to a distribution of her zone at a value ≥ 0, or takes her out."""
    zone, k = whole(S.m[row(S, i) + c.CELL], c.ZONE_CELLS), np.uint32(which)
    S.m[S.n[c.A_SPREAD] + zone * c.N_BINS + _FIRST_BIN[k] + min(value, _LAST_VALUE[k])] += sign


@inline
def count(S: Any, i: Any, sign: Any) -> Any:
    """Adds resident i to the counts of her cell and the distributions of her zone, or takes her out.

    What is counted of her changes while she is out: each change stands between two calls.
    """
    r = row(S, i)
    first = S.n[c.A_COUNTS] + S.m[r + c.CELL] * c.COUNTS_STEP
    here = zone_mts(S, whole(S.m[r + c.CELL], c.ZONE_CELLS))
    state = state_of(S.m[S.n[c.A_MT] + i])
    if state == c.LISTED:
        S.m[here + c.W_LISTED] += sign
        S.m[first + C_LISTED] += sign
        if S.m[r + c.PLACE] >= 0:
            S.m[first + C_FAR] += sign
        if S.m[r + c.MINUTES] >= 0:
            S.m[first + C_REACHABLE] += sign
            S.m[first + C_MINUTES] += sign * S.m[r + c.MINUTES]
            spread(S, i, D_MINUTES, whole(S.m[r + c.MINUTES] + 5, 10), sign)
    else:
        S.m[here + c.W_WITHOUT] += sign
        S.m[first + C_SEEKING + state - c.SEEKING] += sign
        S.m[first + C_LOST + pool_of(S, i) - c.LOST] += sign


@inline
def flow(S: Any, cause: Any, cell: Any, pool: Any, delta: Any) -> Any:
    """Records a change of the residents without MT."""
    key = (cause * c.N_POOLS + pool - c.LOST) * S.n[c.I_CELLS] + cell
    k = S.n[c.A_FLOWS] + key
    if S.m[k] == 0:
        S.m[k] = 1
        S.m[S.n[c.A_FLOWS_TOUCHED] + S.n[c.I_FLOWS_TOUCHED]] = key
        S.n[c.I_FLOWS_TOUCHED] += 1
    S.m[k] += 2 * delta


@inline
def note_call(S: Any, cell: Any, caller: Any, outcome: Any) -> Any:
    """Counts a call by outcome, caller and cell."""
    key = (outcome * c.N_CALLERS + caller) * S.n[c.I_CELLS] + cell
    k = S.n[c.A_CALLS] + key
    if S.m[k] == 0:
        S.m[S.n[c.A_CALLS_TOUCHED] + S.n[c.I_CALLS_TOUCHED]] = key
        S.n[c.I_CALLS_TOUCHED] += 1
    S.m[k] += 1


@inline
def entry(S: Any, k: Any, pos: Any) -> Any:
    """Offset in ``m`` of an entry of list k."""
    return S.n[c.A_SEEKING + k] + pos * 2


@inline
def cell_at(S: Any, e: Any) -> Any:
    """Cell of the resident of an entry."""
    return np.int64(S.m[e + 1] >> 1)


@inline
def is_lost_at(S: Any, e: Any) -> Any:
    """1 if the resident of an entry has lost an MT, 0 if she has never declared one or is far."""
    return S.m[e + 1] & 1


@inline
def put_on(S: Any, i: Any, k: Any, content: Any) -> Any:
    """Puts resident i on list k, with this beside her: see `push`."""
    n = S.n[c.I_SEEK + k]
    e = entry(S, k, n)
    S.m[e], S.m[e + 1] = i, content
    S.m[row(S, i) + c.PLACE] = n
    S.n[c.I_SEEK + k] = n + 1
    S.n[c.I_MOVED] = 1


@inline
def take_off(S: Any, k: Any, pos: Any) -> Any:
    """Takes who stands at a position of list k off it: the last one moves there."""
    n = S.n[c.I_SEEK + k] - 1
    e, last = entry(S, k, pos), entry(S, k, n)
    S.m[e], S.m[e + 1] = S.m[last], S.m[last + 1]
    S.m[row(S, np.int64(S.m[last])) + c.PLACE] = pos
    S.n[c.I_SEEK + k] = n
    S.n[c.I_MOVED] = 1


@inline
def push(S: Any, i: Any, k: Any) -> Any:
    """Puts resident i on list k: 0, 1, 2 of her state without MT, or LIST_FAR.

    Her cell and pool are written there, too: most events leave her as she is, and need not look for her row.
    """
    put_on(S, i, k, 2 * S.m[row(S, i) + c.CELL] + (k != c.LIST_FAR and pool_of(S, i) == c.LOST))


@inline
def pop(S: Any, i: Any, k: Any) -> Any:
    """Takes resident i off list k."""
    take_off(S, k, np.int64(S.m[row(S, i) + c.PLACE]))


@inline
def push_oldest(S: Any, i: Any) -> Any:
    """Puts resident i on the list of those from OLDEST on."""
    S.m[S.n[c.A_OLDEST] + S.n[c.I_OLDEST]] = i
    S.n[c.I_OLDEST] += 1
    S.n[c.I_MOVED] = 1


@inline
def pop_oldest(S: Any, pos: Any) -> Any:
    """Takes the resident at a position off that list."""
    S.n[c.I_OLDEST] -= 1
    S.m[S.n[c.A_OLDEST] + pos] = S.m[S.n[c.A_OLDEST] + S.n[c.I_OLDEST]]
    S.n[c.I_MOVED] = 1


@inline
def pair_of(S: Any, origin: Any, destination: Any) -> Any:
    """Place of a pair of zones in ``minutes`` and ``weights``; −1 beyond the territory's cut-off."""
    place = np.int64(S.m[S.n[c.A_INDPTR] + origin])
    left = S.m[S.n[c.A_INDPTR] + origin + 1] - place
    found = left > 0
    while left > 1:  # no branch: it could not be predicted
        half = left >> 1
        place += half if S.m[S.n[c.A_INDICES] + place + half] <= destination else 0
        left -= half
    return place if found and S.m[S.n[c.A_INDICES] + place] == destination else np.int64(-1)


@inline
def weight_of(S: Any, z: Any, p: Any) -> Any:
    """What the distance to provider p weighs in the choice of zone z's residents; 0 beyond the tolerance."""
    k = pair_of(S, z, S.m[slot(S, p) + c.V_ZONE])
    return S.f[S.n[c.A_WEIGHTS] + k] if k >= 0 else 0.0


@inline
def set_distance(S: Any, i: Any) -> Any:
    """Minutes to a listed resident's MT, and whether it is far. Her PLACE must be right, or −1."""
    r = row(S, i)
    p = np.int64(S.m[S.n[c.A_MT] + i])
    k = pair_of(S, S.m[r + c.CELL] // c.ZONE_CELLS, S.m[slot(S, p) + c.V_ZONE]) if p >= 0 else -1
    minutes = S.f[S.n[c.A_MINUTES] + k] if k >= 0 else np.inf
    S.m[r + c.MINUTES] = np.int32(minutes * 10.0 + 0.5) if k >= 0 else -1
    far = minutes > S.f[c.P_TOLERANCE]
    if far and S.m[r + c.PLACE] < 0:
        push(S, i, c.LIST_FAR)
    elif not far and S.m[r + c.PLACE] >= 0:
        pop(S, i, c.LIST_FAR)
        S.m[r + c.PLACE] = -1
