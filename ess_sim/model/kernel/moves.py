"""Residents register, lose their MT, arrive, move, age and die."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ess_sim.model.kernel import codes as c
from ess_sim.model.kernel.compiled import inline, jit
from ess_sim.model.kernel.counts import (
    C_SEEKING,
    age_of,
    cell_at,
    cell_of,
    count,
    entry,
    flow,
    is_lost_at,
    pool_of,
    pop,
    pop_oldest,
    push,
    push_oldest,
    put_on,
    row,
    set_distance,
    slot,
    state_of,
    take_off,
    whole,
    zone_floats,
    zone_ints,
)
from ess_sim.model.kernel.draws import below, search, uniform
from ess_sim.model.kernel.supply import review


@inline
def home(S: Any, i: Any) -> Any:
    """Offset of the whole numbers of resident i's zone."""
    return zone_ints(S, whole(S.m[row(S, i) + c.CELL], c.ZONE_CELLS))


@jit
def divide_among_zones(S: Any) -> Any:
    """Gives each zone room in ``of_zone`` for the Z_LISTED residents it has, and some more, and empties it."""
    first = 0
    for z in range(S.n[c.I_ZONES]):
        v = zone_ints(S, z)
        S.m[v + c.Z_BLOCK] = first
        S.m[v + c.Z_SPOTS] = S.m[v + c.Z_LISTED] + S.m[v + c.Z_LISTED] // 8 + c.SPARE_SPOTS
        S.m[v + c.Z_LISTED] = 0
        first += S.m[v + c.Z_SPOTS]


@inline
def stand(S: Any, i: Any, v: Any) -> Any:
    """Notes resident i among those of her zone, of offset v, who are listed in the territory. There is room."""
    spot = S.m[v + c.Z_BLOCK] + S.m[v + c.Z_LISTED]
    S.m[S.n[c.A_OF_ZONE] + spot] = i
    S.m[row(S, i) + c.SPOT] = spot
    S.m[v + c.Z_LISTED] += 1


@jit
def make_spots(S: Any) -> Any:
    """Divides ``of_zone`` anew, as a zone has no room left. Rarely needed: zones hardly grow."""
    for z in range(S.n[c.I_ZONES]):
        S.m[zone_ints(S, z) + c.Z_LISTED] = 0
    for i in range(S.n[c.I_HIGH]):
        if S.m[S.n[c.A_MT] + i] >= 0:
            S.m[home(S, i) + c.Z_LISTED] += 1
    divide_among_zones(S)
    for i in range(S.n[c.I_HIGH]):
        if S.m[S.n[c.A_MT] + i] >= 0:
            stand(S, i, home(S, i))


@inline
def settle(S: Any, i: Any) -> Any:
    """Resident i, who has an MT in the territory, is one of her zone's such residents from now on."""
    v = home(S, i)
    if S.m[v + c.Z_LISTED] == S.m[v + c.Z_SPOTS]:
        make_spots(S)
    else:
        stand(S, i, v)


@inline
def unsettle(S: Any, i: Any) -> Any:
    """Resident i is no longer one of her zone's who have an MT in the territory: the last one moves to her spot."""
    v, spot = home(S, i), S.m[row(S, i) + c.SPOT]
    S.m[v + c.Z_LISTED] -= 1
    last = np.int64(S.m[S.n[c.A_OF_ZONE] + S.m[v + c.Z_BLOCK] + S.m[v + c.Z_LISTED]])
    S.m[S.n[c.A_OF_ZONE] + spot] = last
    S.m[row(S, last) + c.SPOT] = spot


@jit
def sort_by_provider(S: Any) -> Any:
    """Writes down who is on whose list, provider by provider. Who joins later is written down as she comes.

    Who leaves is left where she stands: ``mt`` says that she is gone.
    """
    first = 0
    for p in range(S.n[c.I_SLOTS]):
        v = slot(S, p)
        S.m[v + c.V_FIRST], S.m[v + c.V_SORTED], S.m[v + c.V_LATEST] = first, 0, 0
        first += S.m[v + c.V_LIST]
    for i in range(S.n[c.I_HIGH]):
        mt = np.int64(S.m[S.n[c.A_MT] + i])
        if mt >= 0:
            v = slot(S, mt)
            S.m[S.n[c.A_OF_PROVIDER] + S.m[v + c.V_FIRST] + S.m[v + c.V_SORTED]] = i
            S.m[v + c.V_SORTED] += 1
    S.n[c.I_JOINED] = 0


@inline
def note_joined(S: Any, i: Any, p: Any) -> Any:
    """Writes down that resident i has joined provider p's list."""
    k = S.n[c.I_JOINED]
    if k == S.n[c.I_MOST_JOINED]:
        sort_by_provider(S)
        return
    e, v = S.n[c.A_JOINED] + 2 * k, slot(S, p)
    S.m[e], S.m[e + 1] = i, S.m[v + c.V_LATEST]
    S.m[v + c.V_LATEST] = k + 1
    S.n[c.I_JOINED] = k + 1


@inline
def add_to_list(S: Any, i: Any, p: Any, number: Any) -> Any:
    """Counts resident i on provider p's list (1), or no longer (−1)."""
    v = slot(S, p)
    S.m[v + c.V_LIST] += number
    S.m[home(S, i) + c.Z_IN_CENTRES] += number * S.m[v + c.V_CENTRE]
    review(S, p)


@inline
def have(S: Any, i: Any, p: Any) -> Any:
    """Resident i, who is on no list, has provider p as her MT, or one OUTSIDE."""
    S.m[S.n[c.A_MT] + i] = p
    S.m[row(S, i) + c.PLACE] = -1
    if p >= 0:
        add_to_list(S, i, p, 1)
    set_distance(S, i)


@inline
def join(S: Any, i: Any, p: Any) -> Any:
    """Resident i, who is on no list, joins provider p's (or has her MT OUTSIDE). The caller updates the counts.

    Her entry of ``mt`` is still that of before.
    """
    came = S.m[S.n[c.A_MT] + i] < 0
    have(S, i, p)
    if p >= 0:
        note_joined(S, i, p)
        if came:
            settle(S, i)


@inline
def leave(S: Any, i: Any, for_another: Any) -> Any:
    """Takes a listed resident off her MT's list, for another here or not. The caller sets her next state."""
    p = np.int64(S.m[S.n[c.A_MT] + i])
    if p >= 0:
        add_to_list(S, i, p, -1)
        if not for_another:
            unsettle(S, i)
    if S.m[row(S, i) + c.PLACE] >= 0:
        pop(S, i, c.LIST_FAR)


@inline
def enter(S: Any, i: Any, state: Any) -> Any:
    """Resident i, who is on no list, is without MT."""
    S.m[S.n[c.A_MT] + i] = ~state
    push(S, i, state - c.SEEKING)


@jit
def change_state(S: Any, old: Any, pos: Any, state: Any) -> Any:
    """The resident at a position of the list of one state without MT passes to another such state.

    Nothing is read of her row: it would have to be waited for.
    """
    e = entry(S, old - c.SEEKING, pos)
    i, content = np.int64(S.m[e]), S.m[e + 1]
    first = S.n[c.A_COUNTS] + cell_at(S, e) * c.COUNTS_STEP + C_SEEKING - c.SEEKING
    S.m[first + old] -= 1
    S.m[first + state] += 1
    S.m[S.n[c.A_MT] + i] = ~state
    take_off(S, old - c.SEEKING, pos)
    put_on(S, i, state - c.SEEKING, content)


@jit
def remove(S: Any, i: Any, pos: Any, cause: Any) -> Any:
    """Resident i dies or leaves the territory; pos: her position among the oldest, negative for others."""
    count(S, i, -1)
    state = state_of(S.m[S.n[c.A_MT] + i])
    if state == c.LISTED:
        leave(S, i, False)
    else:
        flow(S, cause, S.m[row(S, i) + c.CELL], pool_of(S, i), -1)
        pop(S, i, state - c.SEEKING)
    if pos >= 0:
        pop_oldest(S, pos)
    S.m[S.n[c.A_MT] + i] = c.NO_PROVIDER
    S.b[i] = 0
    S.m[S.n[c.A_FREE] + S.n[c.I_FREE]] = i
    S.n[c.I_FREE] += 1


@inline
def released_state(S: Any, i: Any) -> Any:
    """State of a resident whose MT has ended."""
    age = age_of(S, i)
    if S.m[row(S, i) + c.CELL] & c.ALD_STEP:
        chance = S.f[c.P_RELEASED_ALD]
    elif age < 30:
        chance = S.f[c.P_RELEASED_YOUNG]
    elif age < 60:
        chance = S.f[c.P_RELEASED_MIDDLE]
    else:
        chance = S.f[c.P_RELEASED_OLD]
    return c.SEEKING if uniform(S.s) < chance else c.NOT_SEEKING


@jit
def release(S: Any, i: Any, cause: Any, t: Any) -> Any:
    """The MT of resident i ends and no provider takes over."""
    count(S, i, -1)
    leave(S, i, False)
    start_without(S, i, released_state(S, i), c.LOST, cause, t)


@jit
def register(S: Any, i: Any, p: Any, t: Any) -> Any:
    """Resident i joins provider p's list, from another list or from the pools."""
    r = row(S, i)
    count(S, i, -1)
    state = state_of(S.m[S.n[c.A_MT] + i])
    if state == c.LISTED:
        leave(S, i, True)
    else:
        cause = c.F_REGISTERED_CENTRE if S.m[slot(S, p) + c.V_CENTRE] == 1 else c.F_REGISTERED_LIBERAL
        pool = pool_of(S, i)
        flow(S, cause, S.m[r + c.CELL], pool, -1)
        if S.m[r + c.SINCE] > c.UNKNOWN_DAY and S.m[r + c.CELL] < S.n[c.I_OWN_CELLS]:
            months = np.int64((t - S.m[r + c.SINCE]) / 30.4375)
            S.m[S.n[c.A_SPELLS] + (pool - c.LOST) * (c.MAX_SPELL_MONTHS + 1) + min(months, c.MAX_SPELL_MONTHS)] += 1
        pop(S, i, state - c.SEEKING)
    join(S, i, p)
    count(S, i, 1)


@jit
def arrive(S: Any, zone: Any, age: Any, ald: Any, precarious: Any) -> Any:
    """A free row for a new resident, filled but for her MT or state."""
    if S.n[c.I_FREE] > 0:
        S.n[c.I_FREE] -= 1
        i = np.int64(S.m[S.n[c.A_FREE] + S.n[c.I_FREE]])
    else:
        i = S.n[c.I_HIGH]
        S.n[c.I_HIGH] += 1
        S.n[c.I_MOVED] = 1
        S.m[S.n[c.A_MT] + i] = c.NO_PROVIDER
    S.b[i] = S.n[c.I_YEAR] - age - S.n[c.I_FIRST_BIRTH]
    S.m[row(S, i) + c.CELL] = cell_of(zone, age, ald, precarious)
    if age >= c.OLDEST:
        push_oldest(S, i)
    return i


@inline
def start_without(S: Any, i: Any, state: Any, past: Any, cause: Any, t: Any) -> Any:
    """A resident who is on no list begins a spell without MT."""
    r = row(S, i)
    S.m[r + c.PAST] = past
    S.m[r + c.SINCE] = np.int32(math.floor(t))
    enter(S, i, state)
    count(S, i, 1)
    flow(S, cause, S.m[r + c.CELL], pool_of(S, i), 1)


@jit
def move_in(S: Any, t: Any) -> Any:
    """Someone moves in from outside (docs/model.md, 2.5)."""
    age = search(S, S.n[c.A_ARRIVAL_AGES], 0, c.MAX_AGE + 1)
    zone = search(S, S.n[c.A_ZONE_ADULTS], 0, S.n[c.I_ZONES])
    ald = 1 if uniform(S.s) < S.f[S.n[c.A_ALD_PREVALENCE] + age] else 0
    precarious = 1 if uniform(S.s) < S.f[zone_floats(S, zone) + c.ZF_PRECARIOUS] else 0
    i = arrive(S, zone, age, ald, precarious)
    if uniform(S.s) < S.f[S.n[c.A_ARRIVAL_WITHOUT] + age]:
        lost = uniform(S.s) < S.f[c.P_NATIONAL_LOST_PART]
        if uniform(S.s) < S.f[c.P_SEARCH_LOST if lost else c.P_SEARCH_NEVER]:
            state = c.SEEKING
        elif uniform(S.s) < S.f[c.P_DISCOURAGED_PART]:
            state = c.DISCOURAGED
        else:
            state = c.NOT_SEEKING
        start_without(S, i, state, c.LOST if lost else c.NEVER_DECLARED + c.ORIGIN_STEP * c.ARRIVED, c.F_MOVED_IN, t)
    else:
        join(S, i, c.OUTSIDE)
        count(S, i, 1)


@jit
def reach_17(S: Any, zone: Any, t: Any) -> Any:
    """A resident of the territory becomes an adult (docs/model.md, 2.5)."""
    ald = 1 if uniform(S.s) < S.f[S.n[c.A_ALD_PREVALENCE] + 17] else 0
    precarious = 1 if uniform(S.s) < S.f[zone_floats(S, zone) + c.ZF_PRECARIOUS] else 0
    i = arrive(S, zone, 17, ald, precarious)
    family = uniform(S.s) < S.f[c.P_FAMILY]
    if family and S.m[zone_ints(S, zone) + c.Z_LISTED] > 0:
        v = zone_ints(S, zone)
        parent = S.m[S.n[c.A_OF_ZONE] + S.m[v + c.Z_BLOCK] + below(S.s, S.m[v + c.Z_LISTED])]
        join(S, i, np.int64(S.m[S.n[c.A_MT] + parent]))
        count(S, i, 1)
    else:
        state = c.SEEKING if uniform(S.s) < S.f[c.P_ENTRY_SEEKING] else c.NOT_SEEKING
        start_without(S, i, state, c.NEVER_DECLARED + c.ORIGIN_STEP * c.REACHED_17, c.F_REACHED_17, t)


@jit
def move_within(S: Any, i: Any) -> Any:
    """Resident i moves within the territory, to her own zone or another, and keeps her MT, near or far."""
    r = row(S, i)
    old_cell = S.m[r + c.CELL]
    old = old_cell // c.ZONE_CELLS
    # her own zone included, so that as many leave a zone as come to it
    new = search(S, S.n[c.A_ZONE_ADULTS], 0, S.n[c.I_ZONES])
    if new == old:
        return
    count(S, i, -1)
    p = np.int64(S.m[S.n[c.A_MT] + i])
    if p >= 0:
        S.m[home(S, i) + c.Z_IN_CENTRES] -= S.m[slot(S, p) + c.V_CENTRE]
        unsettle(S, i)
    change_cell(S, i, old_cell + (new - old) * c.ZONE_CELLS, c.F_MOVED_WITHIN)
    if p >= 0:
        S.m[home(S, i) + c.Z_IN_CENTRES] += S.m[slot(S, p) + c.V_CENTRE]
        settle(S, i)
    if state_of(p) == c.LISTED:
        set_distance(S, i)
    count(S, i, 1)


@inline
def change_cell(S: Any, i: Any, cell: Any, cause: Any) -> Any:
    """Resident i passes to another cell. The caller updates the counts."""
    r = row(S, i)
    state = state_of(S.m[S.n[c.A_MT] + i])
    if state != c.LISTED:
        flow(S, cause, S.m[r + c.CELL], pool_of(S, i), -1)
        flow(S, cause, cell, pool_of(S, i), 1)
    if state != c.LISTED or S.m[r + c.PLACE] >= 0:
        e = entry(S, c.LIST_FAR if state == c.LISTED else state - c.SEEKING, S.m[r + c.PLACE])
        S.m[e + 1] = 2 * cell + is_lost_at(S, e)
    S.m[r + c.CELL] = cell


@jit
def ald_onset(S: Any, i: Any) -> Any:
    """Resident i falls ill for long; if she was not looking for an MT, she does now."""
    count(S, i, -1)
    change_cell(S, i, S.m[row(S, i) + c.CELL] + c.ALD_STEP, c.F_ALD_ONSET)
    state = state_of(S.m[S.n[c.A_MT] + i])
    if state not in (c.LISTED, c.SEEKING):
        pop(S, i, state - c.SEEKING)
        enter(S, i, c.SEEKING)
    count(S, i, 1)
