"""Providers that a resident can reach and that take patients."""

from __future__ import annotations

from typing import Any

import numpy as np

from ess_sim.model.kernel import codes as c
from ess_sim.model.kernel.arena import arena_of
from ess_sim.model.kernel.compiled import inline, jit
from ess_sim.model.kernel.counts import (
    offer,
    pair_of,
    seating,
    slot,
    zone_ints,
)
from ess_sim.model.kernel.draws import below, search, uniform


@inline
def sit(S: Any, p: Any, seat: Any) -> Any:
    """Provider p stands at this place of ``zone_providers``."""
    v = slot(S, p)
    S.m[S.n[c.A_ZONE_PROVIDERS] + seat] = p
    S.m[S.n[c.A_IN_NEWS] + seat] = S.m[v + c.V_NEWS]
    S.m[v + c.V_SEAT] = seat + 1


@inline
def swap_seats(S: Any, one: Any, other: Any) -> Any:
    """The providers at two places of ``zone_providers`` change places."""
    p, q = np.int64(S.m[S.n[c.A_ZONE_PROVIDERS] + one]), np.int64(S.m[S.n[c.A_ZONE_PROVIDERS] + other])
    sit(S, q, one)
    sit(S, p, other)


@jit
def change_room(S: Any, p: Any) -> Any:
    """Provider p has come to have room, or no longer has: she passes to those of her zone of whom that holds."""
    v = slot(S, p)
    z = seating(S, np.int64(S.m[v + c.V_ZONE]))
    if S.m[v + c.V_ROOMY] == 0:
        swap_seats(S, S.m[v + c.V_SEAT] - 1, S.m[z + c.Q_FIRST] + S.m[z + c.Q_ROOMY])
        S.m[z + c.Q_ROOMY] += 1
        S.n[c.I_ROOMY] += 1
    else:
        S.m[z + c.Q_ROOMY] -= 1
        S.n[c.I_ROOMY] -= 1
        swap_seats(S, S.m[v + c.V_SEAT] - 1, S.m[z + c.Q_FIRST] + S.m[z + c.Q_ROOMY])
    S.m[v + c.V_ROOMY] = 1 - S.m[v + c.V_ROOMY]


@inline
def review(S: Any, p: Any) -> Any:
    """Notes from when on provider p is open: it has room, takes patients and holds a token."""
    v, x = slot(S, p), offer(S, p)
    has_room = S.m[v + c.V_ACTIVE] == 1 and S.f[x + c.X_OPENNESS] > 0.0 and S.m[v + c.V_LIST] < S.f[x + c.X_TARGET]
    ready = S.f[x + c.X_RIPE] if has_room else np.inf
    S.f[S.n[c.A_READY] + p] = ready
    S.f[c.T_EARLIEST] = min(S.f[c.T_EARLIEST], ready)
    if has_room != (S.m[v + c.V_ROOMY] == 1) and S.m[v + c.V_SEAT] > 0:
        change_room(S, p)


@inline
def set_tokens(S: Any, p: Any, tokens: Any, t: Any) -> Any:
    """Provider p's bucket holds so many tokens at time t."""
    x = offer(S, p)
    S.f[x + c.X_TOKENS] = tokens
    S.f[x + c.X_TOKEN_TIME] = t
    S.f[x + c.X_RIPE] = t if tokens >= 1.0 else t + (1.0 - tokens) / S.f[x + c.X_INTAKE]


@inline
def tokens_of(S: Any, p: Any, t: Any) -> Any:
    """Tokens in the provider's bucket at time t."""
    x = offer(S, p)
    return min(S.f[x + c.X_BUCKET], S.f[x + c.X_TOKENS] + S.f[x + c.X_INTAKE] * (t - S.f[x + c.X_TOKEN_TIME]))


@inline
def admits(S: Any, p: Any, caller: Any) -> Any:
    """Whether the provider's list rule admits the caller."""
    return S.m[slot(S, p) + c.V_RULE] == c.RULE_ANYONE or caller == c.CALLER_WITHOUT


@inline
def open_to(S: Any, p: Any, caller: Any, t: Any) -> Any:
    """Whether provider p is open to the caller at time t (docs/model.md, 2.2)."""
    return S.f[S.n[c.A_READY] + p] <= t and admits(S, p, caller)


@inline
def take_seat(S: Any, p: Any) -> Any:
    """Provider p is one of her zone's from now on. There is a seat."""
    v = slot(S, p)
    z = seating(S, np.int64(S.m[v + c.V_ZONE]))
    seat = S.m[z + c.Q_FIRST] + S.m[z + c.Q_PROVIDERS]
    sit(S, p, seat)
    S.m[v + c.V_ROOMY] = 0
    S.m[z + c.Q_PROVIDERS] += 1
    S.n[c.I_ACTIVE] += 1
    S.n[c.I_IN_USE] = max(S.n[c.I_IN_USE], p + 1)
    review(S, p)


@jit
def seat_everyone(S: Any) -> Any:
    """Seats the active providers by zone, in the order of their slots, with seats to spare for newcomers."""
    for z in range(S.n[c.I_ZONES]):
        S.m[seating(S, z) + c.Q_PROVIDERS] = 0
    for p in range(S.n[c.I_SLOTS]):
        if S.m[slot(S, p) + c.V_ACTIVE] == 1:
            S.m[seating(S, np.int64(S.m[slot(S, p) + c.V_ZONE])) + c.Q_PROVIDERS] += 1
    first = 0
    for z in range(S.n[c.I_ZONES]):
        here = seating(S, z)
        seats = S.m[here + c.Q_PROVIDERS] + S.m[here + c.Q_PROVIDERS] // 4 + c.SPARE_SEATS
        S.m[here + c.Q_FIRST] = first
        S.m[here + c.Q_PROVIDERS] = S.m[here + c.Q_ROOMY] = 0
        S.m[zone_ints(S, z) + c.Z_SEATS] = seats
        first += seats
    S.n[c.I_ACTIVE] = S.n[c.I_ROOMY] = 0
    for p in range(S.n[c.I_SLOTS]):
        if S.m[slot(S, p) + c.V_ACTIVE] == 1:
            take_seat(S, p)


@inline
def appeal_of(S: Any, z: Any) -> Any:
    """Offset in ``f`` of what zone z's providers weigh in choices, distance aside."""
    return S.n[c.A_APPEAL] + c.N_APPEAL * z


@jit
def weigh_appeal(S: Any, z: Any) -> Any:
    """Adds up what callers who have chosen zone z choose among its providers by. Returns whether its bound has changed.

    The bound stands for the appeal in tables of choice, which would be out of date too often otherwise.
    """
    v, x = seating(S, z), appeal_of(S, z)
    S.f[x + c.APPEAL_SUM] = S.f[x + c.APPEAL_MAX] = 0.0
    for seat in range(S.m[v + c.Q_FIRST], S.m[v + c.Q_FIRST] + S.m[v + c.Q_PROVIDERS]):
        appeal = S.f[offer(S, np.int64(S.m[S.n[c.A_ZONE_PROVIDERS] + seat])) + c.X_APPEAL]
        S.f[x + c.APPEAL_SUM] += appeal
        S.f[x + c.APPEAL_MAX] = max(S.f[x + c.APPEAL_MAX], appeal)
    total, bound = S.f[x + c.APPEAL_SUM], S.f[x + c.APPEAL_BOUND]
    if bound * c.BOUND_WITHIN <= total <= bound and (total > 0.0 or bound == 0.0):
        return False
    S.f[x + c.APPEAL_BOUND] = c.BOUND_ABOVE * total
    return True


@inline
def weigh_news(S: Any, z: Any) -> Any:
    """Adds up the appeal of zone z's providers in the news who have a doctor."""
    v, x = seating(S, z), appeal_of(S, z) + c.APPEAL_NEWS
    S.f[x] = 0.0
    for seat in range(S.m[v + c.Q_FIRST], S.m[v + c.Q_FIRST] + S.m[v + c.Q_PROVIDERS]):
        if S.m[S.n[c.A_IN_NEWS] + seat] == 1:
            o = offer(S, np.int64(S.m[S.n[c.A_ZONE_PROVIDERS] + seat]))
            S.f[x] += S.f[o + c.X_APPEAL] if S.f[o + c.X_OPENNESS] > 0.0 else 0.0


@inline
def heard_in(S: Any, z: Any) -> Any:
    """Offset in ``f`` of the zones with lists in the news that residents of zone z hear of: weight and zone each."""
    return S.n[c.A_HEARD] + 2 * S.m[S.n[c.A_INDPTR] + z]


@jit
def refresh_supply(b: Any, n: Any, m: Any, f: Any, s: Any) -> Any:
    """Seats all active providers, and takes note of distances' weights; every table of choice is out of date."""
    S = arena_of(b, n, m, f, s)
    seat_everyone(S)
    for z in range(S.n[c.I_ZONES]):
        weigh_appeal(S, z)
        v, heard = zone_ints(S, z), heard_in(S, z)
        for j in range(S.m[v + c.Z_HEARD]):
            S.f[heard + 2 * j] = S.f[S.n[c.A_WEIGHTS] + pair_of(S, z, np.int64(S.f[heard + 2 * j + 1]))]
        S.m[v + c.Z_STALE] = c.STALE


@jit
def supply_changed(S: Any, y: Any, fewer: Any) -> Any:
    """Providers of zone y have come, or ``fewer`` are left: what the zones that reach it know of it changes."""
    worth = c.STALE if weigh_appeal(S, y) else c.FEWER
    for k in range(S.m[S.n[c.A_ORIGIN_INDPTR] + y], S.m[S.n[c.A_ORIGIN_INDPTR] + y + 1]):
        v = zone_ints(S, np.int64(S.m[S.n[c.A_ORIGINS] + k]))
        S.m[v + c.Z_STALE] = max(S.m[v + c.Z_STALE], worth)
        S.m[v + c.Z_CANDIDATES] -= fewer


@jit
def seat(S: Any, p: Any) -> Any:
    """Callers find provider p from now on."""
    z = np.int64(S.m[slot(S, p) + c.V_ZONE])
    if S.m[seating(S, z) + c.Q_PROVIDERS] == S.m[zone_ints(S, z) + c.Z_SEATS]:
        seat_everyone(S)
    else:
        take_seat(S, p)
    supply_changed(S, z, 0)


@jit
def unseat(S: Any, p: Any) -> Any:
    """Provider p, who has no room any more, is found no longer: the last one of her zone takes her seat."""
    v = slot(S, p)
    z = np.int64(S.m[v + c.V_ZONE])
    here = seating(S, z)
    S.m[here + c.Q_PROVIDERS] -= 1
    S.n[c.I_ACTIVE] -= 1
    swap_seats(S, S.m[v + c.V_SEAT] - 1, S.m[here + c.Q_FIRST] + S.m[here + c.Q_PROVIDERS])
    S.m[v + c.V_SEAT] = 0
    supply_changed(S, z, 1)


@jit
def refresh_zone(S: Any, z: Any) -> Any:
    """Table of choice of zone z: with what weight its residents choose a zone, were its appeal its bound.

    Walker's alias method, so that a draw takes constant time. There are Z_CHOICES places, of a share and two zones
    each: the first zone is drawn with that share, the second with the rest.
    """
    first = S.m[S.n[c.A_INDPTR] + z]
    share = S.n[c.A_CHOICE] + 2 * first
    scratch, zones = S.n[c.A_STACK], S.n[c.I_ZONES]
    own, other = scratch + zones, scratch + 2 * zones
    total = 0.0
    candidates = 0
    n = 0
    for k in range(first, S.m[S.n[c.A_INDPTR] + z + 1]):
        y = S.m[S.n[c.A_INDICES] + k]
        weight = S.f[S.n[c.A_WEIGHTS] + k]
        providers = S.m[seating(S, y) + c.Q_PROVIDERS]
        if weight > 0.0 and providers > 0:
            weight *= S.f[appeal_of(S, y) + c.APPEAL_BOUND]
            candidates += providers
            S.m[own + n] = y
            S.f[share + 2 * n] = weight
            total += weight
            n += 1
    S.m[zone_ints(S, z) + c.Z_CANDIDATES] = candidates
    S.m[zone_ints(S, z) + c.Z_CHOICES] = n
    S.m[zone_ints(S, z) + c.Z_STALE] = c.FRESH
    small, large = 0, n  # stacks that grow towards each other
    for k in range(n):
        S.f[share + 2 * k] *= n / total
        S.m[other + k] = k
        if S.f[share + 2 * k] < 1.0:
            S.m[scratch + small] = k
            small += 1
        else:
            large -= 1
            S.m[scratch + large] = k
    while small > 0 and large < n:
        small -= 1
        k, giver = S.m[scratch + small], S.m[scratch + large]
        S.m[other + k] = giver
        S.f[share + 2 * giver] -= 1.0 - S.f[share + 2 * k]
        if S.f[share + 2 * giver] < 1.0:
            large += 1
            S.m[scratch + small] = giver
            small += 1
    # what is left differs from 1 by rounding only
    while small > 0:
        small -= 1
        S.f[share + 2 * S.m[scratch + small]] = 1.0
    while large < n:
        S.f[share + 2 * S.m[scratch + large]] = 1.0
        large += 1
    for k in range(n):
        both = np.int64(S.m[own + k]) << 32 | np.int64(S.m[own + S.m[other + k]])
        S.f[share + 2 * k + 1] = np.int64(both).view(np.float64)


@inline
def draw_provider(S: Any, z: Any) -> Any:
    """A provider within the tolerance of zone z, with weights exp(−minutes/τ) × appeal. There must be one.

    A zone drawn is kept with its appeal's part of its bound.
    """
    choices, share = S.m[zone_ints(S, z) + c.Z_CHOICES], S.n[c.A_CHOICE] + 2 * S.m[S.n[c.A_INDPTR] + z]
    while True:
        lot = uniform(S.s) * choices
        k = share + 2 * np.int64(lot)
        both = np.float64(S.f[k + 1]).view(np.int64)
        y = both >> 32 if lot - np.int64(lot) < S.f[k] else both & 0xFFFFFFFF
        x = appeal_of(S, y)
        part = uniform(S.s) * S.f[x + c.APPEAL_BOUND]
        if part < S.f[x + c.APPEAL_SUM]:
            break
    v, providers = seating(S, y), S.m[seating(S, y) + c.Q_PROVIDERS]
    highest = S.f[x + c.APPEAL_MAX]
    if S.f[x + c.APPEAL_SUM] == providers * highest:  # all appeal alike, and the part is uniform below their sum
        place = min(np.int64(part / highest), np.int64(providers - 1))
        return np.int64(S.m[S.n[c.A_ZONE_PROVIDERS] + S.m[v + c.Q_FIRST] + place])
    while True:
        p = np.int64(S.m[S.n[c.A_ZONE_PROVIDERS] + S.m[v + c.Q_FIRST] + below(S.s, providers)])
        if uniform(S.s) * highest < S.f[offer(S, p) + c.X_APPEAL]:
            return p


@inline
def add_found(S: Any, p: Any, nearness: Any, n: Any) -> Any:
    """Adds provider p to the n found, with the weights cumulated, if it has a doctor. Returns how many are found."""
    x = offer(S, p)
    if S.f[x + c.X_OPENNESS] <= 0.0:
        return n
    weight = S.n[c.A_FOUND_WEIGHT] + n
    S.m[S.n[c.A_FOUND] + n] = p
    S.f[weight] = (S.f[weight - 1] if n > 0 else 0.0) + nearness * S.f[x + c.X_APPEAL]
    return n + 1


@inline
def one_found(S: Any, n: Any) -> Any:
    """One of the n providers found, by weights; NO_PROVIDER if there is none."""
    return np.int64(S.m[S.n[c.A_FOUND] + search(S, S.n[c.A_FOUND_WEIGHT], 0, n)]) if n > 0 else c.NO_PROVIDER


@jit
def open_anywhere(S: Any, own: Any, caller: Any, t: Any) -> Any:
    """Whether any provider but her own is open to the caller, wherever it is."""
    p = S.n[c.I_LAST_OPEN]
    if p != own and open_to(S, p, caller, t):
        return True
    earliest = c.NEVER
    for p in range(S.n[c.I_IN_USE]):
        earliest = min(earliest, S.f[S.n[c.A_READY] + p])
        if p != own and open_to(S, p, caller, t):
            S.n[c.I_LAST_OPEN] = p
            return True
    S.f[c.T_EARLIEST] = earliest
    return False


@jit
def choose_open(S: Any, z: Any, own: Any, caller: Any, t: Any) -> Any:
    """A provider within the tolerance of zone z and open to the caller, her own MT excepted; else a code.

    The codes are ELSEWHERE and NO_PROVIDER.
    """
    if t < S.f[c.T_EARLIEST]:  # no list is open
        return c.NO_PROVIDER
    # where many are open, trying is quicker than listing; a draw kept because it is open has the right distribution
    if S.n[c.I_ROOMY] * 8 > S.n[c.I_ACTIVE] and S.m[zone_ints(S, z) + c.Z_CHOICES] > 0:
        for _ in range(6):
            p = draw_provider(S, z)
            if p != own and open_to(S, p, caller, t):
                return p
    n = np.int64(0)
    for k in range(S.m[S.n[c.A_INDPTR] + z], S.m[S.n[c.A_INDPTR] + z + 1]):
        v = seating(S, np.int64(S.m[S.n[c.A_INDICES] + k]))
        nearness = S.f[S.n[c.A_WEIGHTS] + k]
        if nearness > 0.0:
            for place in range(S.m[v + c.Q_FIRST], S.m[v + c.Q_FIRST] + S.m[v + c.Q_ROOMY]):
                p = np.int64(S.m[S.n[c.A_ZONE_PROVIDERS] + place])
                if p != own and open_to(S, p, caller, t):
                    n = add_found(S, p, nearness, n)
    if n == 0:
        return c.ELSEWHERE if open_anywhere(S, own, caller, t) else c.NO_PROVIDER
    return one_found(S, n)
