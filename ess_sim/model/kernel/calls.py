"""A resident calls practices and is accepted or not; news of openings."""

from __future__ import annotations

from typing import Any

import numpy as np

from ess_sim.model.kernel import codes as c
from ess_sim.model.kernel.compiled import inline, jit
from ess_sim.model.kernel.counts import (
    cell_at,
    entry,
    note_call,
    offer,
    pair_of,
    seating,
    slot,
    weight_of,
    zone_floats,
    zone_ints,
)
from ess_sim.model.kernel.draws import power, uniform
from ess_sim.model.kernel.moves import change_state, register
from ess_sim.model.kernel.supply import (
    add_found,
    admits,
    appeal_of,
    choose_open,
    draw_provider,
    heard_in,
    one_found,
    open_to,
    refresh_zone,
    set_tokens,
    tokens_of,
    weigh_news,
)


@inline
def call(S: Any, i: Any, cell: Any, caller: Any, helped: Any, t: Any) -> Any:
    """Resident i calls a provider (docs/model.md, 2.2); a resident who is helped makes an informed call."""
    S.n[c.I_CALLS] += 1
    z = np.int64(cell // c.ZONE_CELLS)
    own = c.NO_PROVIDER if caller == c.CALLER_WITHOUT else np.int64(S.m[S.n[c.A_MT] + i])
    # a far MT is a candidate where relief reaches further than the tolerance
    own_near = 1 if caller == c.CALLER_CHANGE or (own >= 0 and weight_of(S, z, own) > 0.0) else 0
    v = zone_ints(S, z)
    if S.m[v + c.Z_STALE] == c.STALE or (S.m[v + c.Z_STALE] == c.FEWER and S.m[v + c.Z_CANDIDATES] <= own_near):
        refresh_zone(S, z)
    if helped or uniform(S.s) < S.f[zone_floats(S, z) + c.ZF_INFORMED] or S.m[v + c.Z_CANDIDATES] <= own_near:
        p = choose_open(S, z, own, caller, t)
    else:
        p = draw_provider(S, z)
        while own_near == 1 and p == own:
            p = draw_provider(S, z)
    if p < 0:
        note_call(S, cell, caller, c.O_TOO_FAR if p == c.ELSEWHERE else c.O_NO_PLACE)
        return
    ask(S, i, cell, caller, p, t)


@inline
def accepts(S: Any, p: Any) -> Any:
    """Whether provider p, which is open, accepts a caller: with chance openness × (1 − (list / target)^s).

    Most often two bounds settle it without the power, which is slow to compute: with y = s·(1 − list /
    target) it lies between 1 − y (for s ≥ 1) and exp(−y), and that below 1 / (1 + y + y²/2 + y³/6).
    """
    x = offer(S, p)
    openness, s = S.f[x + c.X_OPENNESS], S.f[c.P_SHARPNESS]
    ratio = S.m[slot(S, p) + c.V_LIST] / S.f[x + c.X_TARGET]
    y = s * (1.0 - ratio)
    draw = uniform(S.s)
    if s >= 1.0 and draw >= openness * y + c.ROUNDING:
        return False
    if draw < openness * (1.0 - 1.0 / (1.0 + y * (1.0 + y * (0.5 + y / 6.0)))) - c.ROUNDING:
        return True
    return draw < openness * (1.0 - power(ratio, s))


@inline
def refuses_half(S: Any, p: Any) -> Any:
    """Whether provider p, her openness aside, turns away half of those who call: (list / target)^s ≥ ½, or full."""
    listed, target = S.m[slot(S, p) + c.V_LIST], S.f[offer(S, p) + c.X_TARGET]
    return listed >= target or power(listed / target, S.f[c.P_SHARPNESS]) >= 0.5


@inline
def ask(S: Any, i: Any, cell: Any, caller: Any, p: Any, t: Any) -> Any:
    """Resident i asks provider p for a place. Returns whether p refused her, financial barriers aside."""
    z = np.int64(cell // c.ZONE_CELLS)
    x = offer(S, p)
    relative = False
    if open_to(S, p, caller, t):
        accepted = accepts(S, p)
    else:
        relative = (
            S.m[slot(S, p) + c.V_RELATIVES] == 1
            and S.f[x + c.X_OPENNESS] > 0.0
            and admits(S, p, caller)
            and uniform(S.s) < S.f[c.P_RELATIVES]
        )
        accepted = relative
    if not accepted:
        note_call(S, cell, caller, c.O_CLOSED)
        return True
    if cell & c.PRECARIOUS_STEP and uniform(S.s) < S.f[x + c.X_FINANCIAL] * S.f[zone_floats(S, z) + c.ZF_BARRIER]:
        note_call(S, cell, caller, c.O_FINANCIAL)
        return False
    note_call(S, cell, caller, c.O_RELATIVE if relative else c.O_ACCEPTED)
    if not relative:
        set_tokens(S, p, tokens_of(S, p, t) - 1.0, t)
    register(S, i, p, t)
    return False


@inline
def news_reach(S: Any) -> Any:
    """Number of residents who may learn of a list in the news."""
    return (S.n[c.I_SEEK] + S.n[c.I_DISC]) * min(np.int64(1), S.n[c.I_NEWS])


@inline
def choose_in_news(S: Any, z: Any) -> Any:
    """A provider in the news, with a doctor, within the tolerance of zone z, by weights; else NO_PROVIDER."""
    heard = heard_in(S, z)
    total = 0.0
    n = np.int64(0)
    for j in range(S.m[zone_ints(S, z) + c.Z_HEARD]):
        y = np.int64(S.f[heard + 2 * j + 1])
        weight = S.f[heard + 2 * j] * S.f[appeal_of(S, y) + c.APPEAL_NEWS]
        if weight > 0.0:
            total += weight
            S.m[S.n[c.A_FOUND] + n] = y
            S.f[S.n[c.A_FOUND_WEIGHT] + n] = total
            n += 1
    return one_in_news(S, one_found(S, n)) if n > 0 else c.NO_PROVIDER


@inline
def one_in_news(S: Any, y: Any) -> Any:
    """A provider of zone y in the news, with a doctor, by appeal. There must be one."""
    x = uniform(S.s) * S.f[appeal_of(S, y) + c.APPEAL_NEWS]
    seat, found = np.int64(S.m[seating(S, y) + c.Q_FIRST]), np.int64(c.NO_PROVIDER)
    while x >= 0.0 and seat < S.m[seating(S, y) + c.Q_FIRST] + S.m[seating(S, y) + c.Q_PROVIDERS]:
        if S.m[S.n[c.A_IN_NEWS] + seat] == 1:
            p = np.int64(S.m[S.n[c.A_ZONE_PROVIDERS] + seat])
            if S.f[offer(S, p) + c.X_OPENNESS] > 0.0:
                found = p
                x -= S.f[offer(S, p) + c.X_APPEAL]
        seat += 1
    return found


@jit
def choose_relative(S: Any, z: Any) -> Any:
    """A provider who takes relatives, with a doctor, within the tolerance of zone z, by weights; else NO_PROVIDER."""
    n = np.int64(0)
    for k in range(S.m[S.n[c.A_INDPTR] + z], S.m[S.n[c.A_INDPTR] + z + 1]):
        v, nearness = seating(S, np.int64(S.m[S.n[c.A_INDICES] + k])), S.f[S.n[c.A_WEIGHTS] + k]
        if nearness > 0.0:
            for seat in range(S.m[v + c.Q_FIRST], S.m[v + c.Q_FIRST] + S.m[v + c.Q_PROVIDERS]):
                p = np.int64(S.m[S.n[c.A_ZONE_PROVIDERS] + seat])
                if S.m[slot(S, p) + c.V_RELATIVES] == 1:
                    n = add_found(S, p, nearness, n)
    return one_found(S, n)


@inline
def declare(S: Any, i: Any, cell: Any, t: Any) -> Any:
    """Resident i declares a GP who follows her already, if there is one (docs/model.md, 2.6). Returns whether."""
    p = choose_relative(S, np.int64(cell // c.ZONE_CELLS))
    if p == c.NO_PROVIDER:
        return False
    S.n[c.I_CALLS] += 1
    note_call(S, cell, c.CALLER_WITHOUT, c.O_RELATIVE)
    register(S, i, p, t)
    return True


@inline
def hear(S: Any, z: Any, y: Any, news: Any) -> Any:
    """Residents of zone z hear of lists in zone y from now on (1), or no longer (0)."""
    v, heard = zone_ints(S, z), heard_in(S, z)
    last = S.m[v + c.Z_HEARD] - 1
    if news == 1:
        j = last
        while j >= 0 and S.f[heard + 2 * j + 1] > y:
            S.f[heard + 2 * j + 2], S.f[heard + 2 * j + 3] = S.f[heard + 2 * j], S.f[heard + 2 * j + 1]
            j -= 1
        S.f[heard + 2 * j + 2], S.f[heard + 2 * j + 3] = S.f[S.n[c.A_WEIGHTS] + pair_of(S, z, y)], y
        S.m[v + c.Z_HEARD] += 1
    else:
        j = np.int64(0)
        while S.f[heard + 2 * j + 1] != y:
            j += 1
        for k in range(heard + 2 * j, heard + 2 * last):
            S.f[k] = S.f[k + 2]
        S.m[v + c.Z_HEARD] = last


@jit
def set_news(S: Any, p: Any, news: Any) -> Any:
    """Provider p's list is in the news (1) or not (0)."""
    v = slot(S, p)
    more = news - S.m[v + c.V_NEWS]
    if more == 0:
        return
    y = np.int64(S.m[v + c.V_ZONE])
    here = seating(S, y) + c.Q_NEWS
    others = S.m[here] - S.m[v + c.V_NEWS]
    S.m[v + c.V_NEWS] = news
    S.m[S.n[c.A_IN_NEWS] + S.m[v + c.V_SEAT] - 1] = news
    S.m[here] += more
    S.n[c.I_NEWS] += more
    S.n[c.I_MOVED] = 1
    weigh_news(S, y)
    if others == 0:
        for j in range(S.m[S.n[c.A_ORIGIN_INDPTR] + y], S.m[S.n[c.A_ORIGIN_INDPTR] + y + 1]):
            hear(S, np.int64(S.m[S.n[c.A_ORIGINS] + j]), y, news)


@jit
def news_event(S: Any, state: Any, pos: Any, t: Any) -> Any:
    """A resident who looks or gave up learns of a list in the news and calls there (docs/model.md, 2.7).

    The news is over with the first such caller for whom there was time but no place on a list that is nearly full.
    """
    e = entry(S, state - c.SEEKING, pos)
    i, cell = np.int64(S.m[e]), cell_at(S, e)
    z = cell // c.ZONE_CELLS
    p = choose_in_news(S, z)
    if p == c.NO_PROVIDER:
        return
    if state == c.DISCOURAGED:
        change_state(S, state, pos, c.SEEKING)
    if cell & c.PRECARIOUS_STEP and uniform(S.s) >= S.f[zone_floats(S, z) + c.ZF_DARE]:
        note_call(S, cell, c.CALLER_WITHOUT, c.O_SUPPRESSED)
        return
    S.n[c.I_CALLS] += 1
    has_time = tokens_of(S, p, t) >= 1.0
    if ask(S, i, cell, c.CALLER_WITHOUT, p, t) and has_time and refuses_half(S, p):
        set_news(S, p, 0)
