"""The next event: rates, choice, and what happens."""

from __future__ import annotations

from typing import Any

import numpy as np

from ess_sim.model.kernel import codes as c
from ess_sim.model.kernel.arena import arena_of
from ess_sim.model.kernel.calls import call, news_event, news_reach
from ess_sim.model.kernel.compiled import inline, jit, prefetch
from ess_sim.model.kernel.counts import (
    age_of,
    cell_at,
    entry,
    is_lost_at,
    note_call,
    prefetch_resident,
    row,
    zone_floats,
)
from ess_sim.model.kernel.draws import exponential_of, next_three, uniform, uniform_of
from ess_sim.model.kernel.moves import (
    ald_onset,
    change_state,
    move_in,
    move_within,
    reach_17,
    release,
    remove,
)


@inline
def total_rate(S: Any) -> Any:
    """Upper bound of the rate of residents' events, per day: a pure function of whole numbers and parameters.

    Its parts are noted, from which an event's draws choose: by family, the highest rate of one resident, and that of
    all families before.
    """
    f, bound, before = S.f, c.B_BOUNDS, c.R_BEFORE
    look_again = f[c.P_NEED_MAX] + f[c.P_REACH_MAX]
    f[bound + c.E_ANYBODY] = f[c.P_HAZARD_MAX]
    f[bound + c.E_SEEKER] = f[c.P_CALL_MAX] + f[c.P_GIVE_UP_MAX]
    f[bound + c.E_FAR] = f[c.P_FAR] + f[c.P_OUTSIDE]
    f[bound + c.E_OLDEST] = f[c.P_HAZARD_OLDEST]
    f[bound + c.E_DISCOURAGED] = f[c.P_RETURN_MAX] + look_again
    f[bound + c.E_NOT_SEEKING] = look_again
    f[bound + c.E_NEWS] = f[c.P_NEWS]
    rate = f[before] = 0.0
    for family in range(c.E_ARRIVAL):
        size = news_reach(S) if family == c.E_NEWS else size_of(S, family)
        rate += size * f[bound + family]
        f[before + family + 1] = rate
    return rate + f[c.P_IMMIGRATION]


@jit
def add_up_rates(b: Any, n: Any, m: Any, f: Any, s: Any) -> Any:
    """That bound, for Python."""
    return total_rate(arena_of(b, n, m, f, s))


@inline
def draws_of(S: Any, ahead: Any) -> Any:
    """Offset in ``f`` of the draws of a candidate event to come: 0 is the next one."""
    return S.n[c.A_DRAWS] + ((S.n[c.I_NEXT] + ahead) & (c.IN_SIGHT - 1)) * c.N_DRAWS


@inline
def draw_ahead(S: Any, ahead: Any) -> Any:
    """Draws what decides on a candidate event to come, whatever happens until then."""
    d = draws_of(S, ahead)
    wait, family, place = next_three(S.s)
    S.f[d + c.D_WAIT] = exponential_of(wait)
    S.f[d + c.D_FAMILY] = uniform_of(family)
    S.f[d + c.D_PLACE] = uniform_of(place)


@inline
def wait_for_next(S: Any, t: Any) -> Any:
    """From time t on, the next candidate event is awaited; it never comes where the rate is 0."""
    rate = S.f[c.T_RATE]
    S.f[c.T_NEXT] = t + S.f[draws_of(S, 0) + c.D_WAIT] / rate if rate > 0.0 else np.inf


@jit
def rescale(S: Any) -> Any:
    """After an interruption: keep the pending time if the rate is bitwise the same, else rescale its remainder.

    Whom the candidate event falls on follows from the same draws.
    """
    rate = total_rate(S)
    old = S.f[c.T_RATE]
    if rate != old:
        now = S.f[c.T_NOW]
        S.f[c.T_RATE] = rate
        if old > 0.0 and rate > 0.0:
            S.f[c.T_NEXT] = now + (S.f[c.T_NEXT] - now) * (old / rate)
        else:
            wait_for_next(S, now)
    S.n[c.I_MOVED] = 0


@inline
def everyday_event(S: Any, i: Any, pos: Any, age: Any, x: Any) -> Any:
    """Rules 1–4 and 10: what can happen to anybody. Returns whether resident i wishes to call.

    ``x`` is uniform below the bound of her class of age; ``pos``: her position among the oldest, negative for others.
    """
    h = S.n[c.A_HAZARD] + age * c.H_COLUMNS
    if x >= S.f[h + c.H_ANY]:
        return False
    if x < S.f[h + c.H_DEATH]:
        remove(S, i, pos, c.F_DIED)
        return False
    x -= S.f[h + c.H_DEATH]
    if x < S.f[h + c.H_OUT]:
        remove(S, i, pos, c.F_MOVED_OUT)
        return False
    x -= S.f[h + c.H_OUT]
    if x < S.f[h + c.H_WITHIN]:
        move_within(S, i)
        return False
    x -= S.f[h + c.H_WITHIN]
    if x < S.f[h + c.H_ALD]:
        if not S.m[row(S, i) + c.CELL] & c.ALD_STEP:
            ald_onset(S, i)
        return False
    x -= S.f[h + c.H_ALD]
    return x < S.f[c.P_VOLUNTARY] and S.m[S.n[c.A_MT] + i] >= 0 and S.m[row(S, i) + c.PLACE] < 0


@inline
def seeker_event(S: Any, pos: Any, cell: Any, x: Any) -> Any:
    """Rules 7 and 8: a seeker gives up or wishes to call, thinned by her own call rate. Returns whether she calls.

    ``pos``: her position among the seekers; ``x`` is uniform below the bound of both rates.
    """
    here = zone_floats(S, cell // c.ZONE_CELLS)
    if x < S.f[c.P_GIVE_UP_MAX]:
        if x < S.f[here + c.ZF_GIVE_UP]:
            change_state(S, c.SEEKING, pos, c.DISCOURAGED)
        return False
    x -= S.f[c.P_GIVE_UP_MAX]
    if x >= S.f[here + c.ZF_CALL] * S.f[S.n[c.A_LOUDNESS] + cell % c.ZONE_CELLS]:
        return False
    if cell & c.PRECARIOUS_STEP and uniform(S.s) >= S.f[here + c.ZF_DARE]:
        note_call(S, cell, c.CALLER_WITHOUT, c.O_SUPPRESSED)
        return False
    return True


@inline
def family_of(S: Any, ahead: Any) -> Any:
    """Family of a candidate event to come: a pure function of its draw and of counts."""
    x = S.f[draws_of(S, ahead) + c.D_FAMILY] * S.f[c.T_RATE]
    family = np.int64(0)
    for k in range(1, c.E_ARRIVAL + 1):  # no branch: it could not be predicted
        family += x >= S.f[c.R_BEFORE + k]
    return family


@inline
def place_of(S: Any, ahead: Any, family: Any) -> Any:
    """Position among its family of whom a candidate event to come falls on, and a fraction, uniform in [0, 1).

    Both come from one draw of their own, so that they hardly depend on counts: nearly always it is known long before
    who it will be.
    """
    size = size_of(S, family)
    x = S.f[draws_of(S, ahead) + c.D_PLACE] * size
    pos = max(np.int64(0), min(np.int64(x), size - 1))
    return pos, x - pos


# By family: in which table they stand, how far apart (0: anybody is the row drawn), and how many there are. News reach
# seekers, then those who gave up; arrivals are of no table.
_TABLE_OF = np.array(
    [c.A_OLDEST, c.A_SEEKING, c.A_FAR, c.A_OLDEST, c.A_DISCOURAGED, c.A_NOT_SEEKING, *[c.A_SEEKING] * 2]
)
_STEP_OF = np.array([0, 2, 2, 1, 2, 2, 2, 0])
_SIZE_OF = np.array([c.I_HIGH, c.I_SEEK, c.I_FAR, c.I_OLDEST, c.I_DISC, c.I_NOT, c.I_SEEK, c.I_SEEK])


@inline
def size_of(S: Any, family: Any) -> Any:
    """Number of residents whom candidate events of a family may fall on."""
    others = S.n[c.I_DISC] if family == c.E_NEWS else 0
    return S.n[_SIZE_OF[np.uint32(family)]] + others


@inline
def see(S: Any, ahead: Any) -> Any:
    """Prefetches whom a candidate event to come will fall on, or her entry of a list."""
    family = family_of(S, ahead)
    pos, _ = place_of(S, ahead, family)
    if family == c.E_ANYBODY:
        prefetch_resident(S, pos)
    else:
        which = np.uint32(family)
        prefetch(S.m, S.n[_TABLE_OF[which]] + pos * _STEP_OF[which])


@inline
def candidate_event(S: Any, t: Any) -> Any:
    """The next candidate event: whether it is real, and what happens then."""
    family = family_of(S, 0)
    if family == c.E_ARRIVAL:
        if S.f[c.P_IMMIGRATION] > 0.0:
            move_in(S, t)
        return
    pos, part = place_of(S, 0, family)
    x = part * S.f[c.B_BOUNDS + family]
    if family == c.E_ANYBODY:
        i = pos
        age = age_of(S, i)
        # those from OLDEST on have a list of their own; a free row is older still
        if age >= c.OLDEST or not everyday_event(S, i, -1, age, x):
            return
        cell = np.int64(S.m[row(S, i) + c.CELL])
        caller = c.CALLER_CHANGE
    elif family == c.E_SEEKER:
        e = entry(S, c.SEEKING - c.SEEKING, pos)
        i, cell = np.int64(S.m[e]), cell_at(S, e)
        if not seeker_event(S, pos, cell, x):
            return
        caller = c.CALLER_WITHOUT
    elif family == c.E_FAR:
        e = entry(S, c.LIST_FAR, pos)
        i, cell = np.int64(S.m[e]), cell_at(S, e)
        if x >= S.f[c.P_FAR]:
            if S.m[S.n[c.A_MT] + i] == c.OUTSIDE:
                release(S, i, c.F_RELEASED_OUTSIDE, t)
            return
        caller = c.CALLER_FAR
    elif family == c.E_OLDEST:
        i = np.int64(S.m[S.n[c.A_OLDEST] + pos])
        if not everyday_event(S, i, pos, min(c.MAX_AGE, age_of(S, i)), x):
            return
        cell = np.int64(S.m[row(S, i) + c.CELL])
        caller = c.CALLER_CHANGE
    else:
        rare_event(S, family, pos, x, t)
        return
    call(S, i, cell, caller, False, t)


@inline
def look_again(S: Any, state: Any, pos: Any, x: Any) -> Any:
    """Someone in a state of not looking starts to: looks again, is in need, or is reached, as where she lives.

    ``pos``: her position on the state's list; ``x`` is uniform below the sum of the highest rates of what can happen.
    """
    e = entry(S, state - c.SEEKING, pos)
    cell = cell_at(S, e)
    here = zone_floats(S, cell // c.ZONE_CELLS)
    if state == c.DISCOURAGED:
        if x < S.f[c.P_RETURN_MAX]:
            if x < S.f[here + c.ZF_RETURN]:
                change_state(S, state, pos, c.SEEKING)
            return
        x -= S.f[c.P_RETURN_MAX]
    if x < S.f[c.P_NEED_MAX]:
        if x < S.f[c.P_NEED_LOST if is_lost_at(S, e) else c.P_NEED_NEVER]:
            change_state(S, state, pos, c.SEEKING)
        return
    x -= S.f[c.P_NEED_MAX]
    if x < S.f[here + c.ZF_REACH + (cell & c.PRECARIOUS_STEP)]:
        change_state(S, state, pos, c.SEEKING)


@jit
def rare_event(S: Any, family: Any, pos: Any, x: Any, t: Any) -> Any:
    """Rules 5, 6 and 12; ``x`` is uniform below the bound of the family."""
    if family == c.E_DISCOURAGED:
        look_again(S, c.DISCOURAGED, pos, x)
    elif family == c.E_NOT_SEEKING:
        look_again(S, c.NOT_SEEKING, pos, x)
    elif pos < S.n[c.I_SEEK]:
        news_event(S, c.SEEKING, pos, t)
    else:
        news_event(S, c.DISCOURAGED, pos - S.n[c.I_SEEK], t)


@inline
def pass_on(S: Any, t: Any) -> Any:
    """A candidate event is over: the next one is awaited, and one more comes into sight."""
    if S.n[c.I_MOVED] == 1:
        S.f[c.T_RATE] = total_rate(S)
        S.n[c.I_MOVED] = 0
    draw_ahead(S, 0)  # in the place of the one that is over, the last in sight
    S.n[c.I_NEXT] += 1
    wait_for_next(S, t)
    see(S, c.IN_SIGHT - 1)


@inline
def await_entrance(S: Any) -> Any:
    """Notes when the next resident reaches 17."""
    n = S.n
    S.f[c.T_ENTRANCE] = S.f[n[c.A_ENTRY_TIME] + n[c.I_ENTRY]] if n[c.I_ENTRY] < n[c.I_ENTRIES] else np.inf


@jit
def advance(b: Any, n: Any, m: Any, f: Any, s: Any, until: Any) -> Any:
    """Simulates every residents' event up to and including time ``until`` (days since the start).

    Returns DONE, or ROOM_FULL when there is no row left for a newcomer: grow the arrays and call again.
    """
    S = arena_of(b, n, m, f, s)
    rows = n[c.I_ROWS]
    while True:
        entrance = S.f[c.T_ENTRANCE]
        t = min(entrance, S.f[c.T_NEXT])
        if t > until:
            break
        if n[c.I_FREE] == 0 and n[c.I_HIGH] == rows:
            return c.ROOM_FULL
        S.f[c.T_NOW] = t
        n[c.I_EVENTS] += 1
        if entrance <= S.f[c.T_NEXT]:
            reach_17(S, S.m[S.n[c.A_ENTRY_ZONE] + n[c.I_ENTRY]], t)
            n[c.I_ENTRY] += 1
            await_entrance(S)
            rescale(S)
        else:
            candidate_event(S, t)
            pass_on(S, t)
    S.f[c.T_NOW] = until
    return c.DONE
