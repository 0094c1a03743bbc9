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
from ess_sim.model.kernel.draws import below, exponential, uniform
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

    Its parts that `pick` needs are noted.
    """
    n = S.n
    S.f[c.B_ANYBODY] = S.f[c.P_HAZARD_MAX]
    S.f[c.B_SEEKER] = S.f[c.P_CALL_MAX] + S.f[c.P_GIVE_UP_MAX]
    S.f[c.B_FAR] = S.f[c.P_FAR] + S.f[c.P_OUTSIDE]
    S.f[c.B_OLDEST] = S.f[c.P_HAZARD_OLDEST]
    S.f[c.R_ANYBODY] = n[c.I_HIGH] * S.f[c.B_ANYBODY]
    S.f[c.R_SEEKER] = n[c.I_SEEK] * S.f[c.B_SEEKER]
    S.f[c.R_FAR] = n[c.I_FAR] * S.f[c.B_FAR]
    S.f[c.R_OLDEST] = n[c.I_OLDEST] * S.f[c.B_OLDEST]
    return (
        S.f[c.R_ANYBODY]
        + S.f[c.R_OLDEST]
        + S.f[c.R_SEEKER]
        + n[c.I_DISC] * (S.f[c.P_RETURN_MAX] + S.f[c.P_NEED_MAX] + S.f[c.P_REACH_MAX])
        + n[c.I_NOT] * (S.f[c.P_NEED_MAX] + S.f[c.P_REACH_MAX])
        + S.f[c.R_FAR]
        + news_reach(S) * S.f[c.P_NEWS]
        + S.f[c.P_IMMIGRATION]
    )


@jit
def add_up_rates(b: Any, n: Any, m: Any, f: Any, s: Any) -> Any:
    """That bound, for Python."""
    return total_rate(arena_of(b, n, m, f, s))


@inline
def waiting_time(S: Any, rate: Any) -> Any:
    """An exponential waiting time; none comes where the rate is 0."""
    return exponential(S.s) / rate if rate > 0.0 else np.inf


@inline
def next_candidate(S: Any, t: Any) -> Any:
    """The next candidate event, from time t on. `pick` has chosen it already, and does again where a count moved."""
    moved = S.n[c.I_MOVED] == 1
    if moved:
        S.f[c.T_RATE] = total_rate(S)
    S.f[c.T_NEXT] = t + waiting_time(S, S.f[c.T_RATE])
    if moved:
        pick(S)
        S.n[c.I_MOVED] = 0


@jit
def rescale(S: Any) -> Any:
    """After an interruption: keep the pending time if the rate is bitwise the same, else rescale its remainder.

    Whom the candidate event falls on follows from the same lot.
    """
    rate = total_rate(S)
    old = S.f[c.T_RATE]
    if rate != old:
        now = S.f[c.T_NOW]
        if old > 0.0 and rate > 0.0:
            S.f[c.T_NEXT] = now + (S.f[c.T_NEXT] - now) * (old / rate)
        else:
            S.f[c.T_NEXT] = now + waiting_time(S, rate)
        S.f[c.T_RATE] = rate
    pick(S)


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


# By family: how many there are, in which table they stand, and how far apart (0: anybody is the row drawn).
_SIZE_OF = np.array([c.I_HIGH, c.I_SEEK, c.I_FAR, c.I_OLDEST])
_TABLE_OF, _STEP_OF = np.array([c.A_OLDEST, c.A_SEEKING, c.A_FAR, c.A_OLDEST]), np.array([0, 2, 2, 1])


@inline
def pick(S: Any) -> Any:
    """Chooses from T_LOT, uniform in [0, 1), the family of the next candidate event and whom it falls on.

    A pure function of the lot and of counts: after a change of counts, picking again uses the same lot.

    What is left of the lot (T_REST) is uniform below the bound of her rates. She is prefetched, or her entry of a list,
    although most candidate events leave her as she is: waiting until that is known would mean waiting for memory.
    """
    n = S.n
    x = S.f[c.T_LOT] * S.f[c.T_RATE]
    rest, family = x, np.int64(c.E_ANYBODY)
    for k in range(c.E_RARE):  # no branch: it could not be predicted
        x -= S.f[c.R_ANYBODY + k]
        rest = rest if x < 0.0 else x
        family += x >= 0.0
    n[c.I_FAMILY] = family
    if family == c.E_RARE:
        S.f[c.T_REST] = rest
        return
    bound, which = S.f[c.B_ANYBODY + family], np.uint32(family)
    pos = min(np.int64(rest / bound), n[_SIZE_OF[which]] - 1)
    n[c.I_POSITION], S.f[c.T_REST] = pos, rest - pos * bound
    if family == c.E_ANYBODY:
        prefetch_resident(S, pos)
    else:
        prefetch(S.m, n[_TABLE_OF[which]] + pos * _STEP_OF[which])


@inline
def candidate_event(S: Any, t: Any) -> Any:
    """The candidate event that `pick` has chosen: whether it is real, and what happens then."""
    family, pos, x = S.n[c.I_FAMILY], S.n[c.I_POSITION], S.f[c.T_REST]
    # before this event changes any count, the next one is nearly always picked right: it is prefetched meanwhile
    S.f[c.T_LOT] = uniform(S.s)
    pick(S)
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
        rare_event(S, x, t)
        return
    call(S, i, cell, caller, False, t)


@inline
def look_again(S: Any, state: Any, x: Any) -> Any:
    """Someone in a state of not looking starts to: looks again, is in need, or is reached, as where she lives.

    ``x`` is uniform below the sum of the highest rates of what can happen in her state.
    """
    pos = below(S.s, S.n[c.I_DISC if state == c.DISCOURAGED else c.I_NOT])
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
def rare_event(S: Any, x: Any, t: Any) -> Any:
    """Rules 5, 6 and 12 and moving in; ``x`` is uniform below their bounds' sum."""
    n = S.n
    part = n[c.I_DISC] * (S.f[c.P_RETURN_MAX] + S.f[c.P_NEED_MAX] + S.f[c.P_REACH_MAX])
    if x < part:
        look_again(S, c.DISCOURAGED, x / n[c.I_DISC])
        return
    x -= part
    part = n[c.I_NOT] * (S.f[c.P_NEED_MAX] + S.f[c.P_REACH_MAX])
    if x < part:
        look_again(S, c.NOT_SEEKING, x / n[c.I_NOT])
        return
    x -= part
    part = news_reach(S) * S.f[c.P_NEWS]
    if x < part:
        pos = min(np.int64(x / S.f[c.P_NEWS]), news_reach(S) - 1)
        if pos < n[c.I_SEEK]:
            news_event(S, c.SEEKING, pos, t)
        else:
            news_event(S, c.DISCOURAGED, pos - n[c.I_SEEK], t)
        return
    if S.f[c.P_IMMIGRATION] > 0.0:
        move_in(S, t)


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
            next_candidate(S, t)
    S.f[c.T_NOW] = until
    return c.DONE
