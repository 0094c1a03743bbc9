"""Providers that a resident can reach and that take patients."""

from __future__ import annotations

from typing import Any

import numpy as np

from ess_sim.model.kernel import codes as c
from ess_sim.model.kernel.arena import Arena
from ess_sim.model.kernel.compiled import at, inline, jit
from ess_sim.model.kernel.counts import (
    offer,
    pair_of,
    slot,
    weight_of,
    zone_floats,
    zone_ints,
)
from ess_sim.model.kernel.draws import below, search, uniform


@inline
def review(S: Any, p: Any) -> Any:
    """Notes from when on provider p is open: it has room, takes patients and holds a token."""
    v, x = slot(S, p), offer(S, p)
    has_room = S.m[v + c.V_ACTIVE] == 1 and S.f[x + c.X_OPENNESS] > 0.0 and S.m[v + c.V_LIST] < S.f[x + c.X_TARGET]
    S.f[at(S.n[c.A_READY] + p)] = S.f[x + c.X_RIPE] if has_room else np.inf


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
    return S.f[at(S.n[c.A_READY] + p)] <= t and admits(S, p, caller)


@jit
def refresh_supply(b: Any, n: Any, m: Any, f: Any, s: Any, changed: Any) -> Any:
    """Sorts the active providers by zone; marks the tables of choice that zone ``changed`` is part of as out of date.

    A negative zone marks them all.
    """
    S = Arena(b, n, m, f, s)
    n_zones = S.n[c.I_ZONES]
    for z in range(n_zones):
        v = zone_ints(S, z)
        S.m[v + c.Z_PROVIDERS] = 0
        near = pair_of(S, z, changed) if changed >= 0 else -1
        if changed < 0 or (near >= 0 and S.f[at(S.n[c.A_WEIGHTS] + near)] > 0.0):
            S.m[v + c.Z_STALE] = 1
        S.f[zone_floats(S, z) + c.ZF_APPEAL] = 0.0
        S.f[zone_floats(S, z) + c.ZF_APPEAL_MAX] = 0.0
    # counting sort
    S.n[c.I_IN_USE] = 0
    for p in range(S.n[c.I_SLOTS]):
        if S.m[slot(S, p) + c.V_ACTIVE] == 1:
            S.n[c.I_IN_USE] = p + 1
            z = S.m[slot(S, p) + c.V_ZONE]
            S.m[zone_ints(S, z) + c.Z_PROVIDERS] += 1
            S.f[zone_floats(S, z) + c.ZF_APPEAL] += S.f[offer(S, p) + c.X_APPEAL]
            S.f[zone_floats(S, z) + c.ZF_APPEAL_MAX] = max(
                S.f[zone_floats(S, z) + c.ZF_APPEAL_MAX], S.f[offer(S, p) + c.X_APPEAL]
            )
    start = 0
    for z in range(n_zones):
        S.m[zone_ints(S, z) + c.Z_FIRST] = start
        start += S.m[zone_ints(S, z) + c.Z_PROVIDERS]
        S.m[zone_ints(S, z) + c.Z_PROVIDERS] = 0
    S.n[c.I_ACTIVE] = start
    for p in range(S.n[c.I_IN_USE]):
        if S.m[slot(S, p) + c.V_ACTIVE] == 1:
            v = zone_ints(S, S.m[slot(S, p) + c.V_ZONE])
            S.m[at(S.n[c.A_ZONE_PROVIDERS] + S.m[v + c.Z_FIRST] + S.m[v + c.Z_PROVIDERS])] = p
            S.m[v + c.Z_PROVIDERS] += 1


@jit
def refresh_zone(S: Any, z: Any) -> Any:
    """Table of choice of zone z: with what weight its residents choose a provider in each zone within the tolerance.

    Walker's alias method, so that a draw takes constant time. Zones with providers within the tolerance are
    ``choice[k]``, Z_CHOICES of them; column k keeps the share ``alias_share[k]`` and leaves the rest to zone
    ``alias[k]``.
    """
    first = S.m[at(S.n[c.A_INDPTR] + z)]
    choice, alias, share = S.n[c.A_CHOICE] + first, S.n[c.A_ALIAS] + first, S.n[c.A_ALIAS_SHARE] + first
    scratch = S.n[c.A_SCRATCH]
    total = 0.0
    candidates = 0
    n = 0
    for k in range(first, S.m[at(S.n[c.A_INDPTR] + z + 1)]):
        y = S.m[at(S.n[c.A_INDICES] + k)]
        weight = S.f[at(S.n[c.A_WEIGHTS] + k)]
        if weight > 0.0 and S.m[zone_ints(S, y) + c.Z_PROVIDERS] > 0:
            weight *= S.f[zone_floats(S, y) + c.ZF_APPEAL]
            candidates += S.m[zone_ints(S, y) + c.Z_PROVIDERS]
            S.m[at(choice + n)] = y
            S.f[at(share + n)] = weight
            total += weight
            n += 1
    S.m[zone_ints(S, z) + c.Z_CANDIDATES] = candidates
    S.m[zone_ints(S, z) + c.Z_CHOICES] = n
    S.m[zone_ints(S, z) + c.Z_STALE] = 0
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


@inline
def draw_provider(S: Any, z: Any) -> Any:
    """A provider within the tolerance of zone z, with weights exp(−minutes/τ) × appeal. There must be one."""
    first = S.m[at(S.n[c.A_INDPTR] + z)]
    x = uniform(S.s) * S.m[zone_ints(S, z) + c.Z_CHOICES]
    k = np.int64(x)
    own, other = S.m[at(S.n[c.A_CHOICE] + first + k)], S.m[at(S.n[c.A_ALIAS] + first + k)]
    y = np.int64(own if x - k < S.f[at(S.n[c.A_ALIAS_SHARE] + first + k)] else other)
    v = zone_ints(S, y)
    while True:
        p = np.int64(S.m[at(S.n[c.A_ZONE_PROVIDERS] + S.m[v + c.Z_FIRST] + below(S.s, S.m[v + c.Z_PROVIDERS]))])
        if S.f[offer(S, p) + c.X_APPEAL] >= S.f[zone_floats(S, y) + c.ZF_APPEAL_MAX]:
            return p
        if uniform(S.s) * S.f[zone_floats(S, y) + c.ZF_APPEAL_MAX] < S.f[offer(S, p) + c.X_APPEAL]:
            return p


@jit
def choose_open(S: Any, z: Any, own: Any, caller: Any, t: Any) -> Any:
    """A provider within the tolerance of zone z and open to the caller, her own MT excepted; else a code.

    The codes are ELSEWHERE and NO_PROVIDER.
    """
    ready = S.f[S.n[c.A_READY] : S.n[c.A_READY] + S.n[c.I_IN_USE]]
    n_open = 0
    for p in range(ready.shape[0]):
        n_open += 1 if ready[p] <= t else 0
    if n_open == 0:
        return c.NO_PROVIDER
    # where many are open, trying is quicker than listing; a draw kept because it is open has the right distribution
    if n_open * 8 > S.n[c.I_ACTIVE] and S.m[zone_ints(S, z) + c.Z_CHOICES] > 0:
        for _ in range(6):
            p = draw_provider(S, z)
            if p != own and open_to(S, p, caller, t):
                return p
    found, weight = S.n[c.A_FOUND], S.n[c.A_FOUND_WEIGHT]
    n_open = 0
    for p in range(ready.shape[0]):  # no branch: it could not be predicted
        S.m[at(found + n_open)] = p
        n_open += 1 if ready[p] <= t else 0
    total = 0.0
    n = 0
    nearest = c.NO_PROVIDER
    for j in range(n_open):
        q = np.int64(S.m[at(found + j)])
        if q != own and admits(S, q, caller):
            nearest = c.ELSEWHERE
            nearness = weight_of(S, z, q)
            if nearness > 0.0:
                total += nearness * S.f[offer(S, q) + c.X_APPEAL]
                S.m[at(found + n)] = q
                S.f[at(weight + n)] = total
                n += 1
    if n == 0:
        return nearest
    return np.int64(S.m[at(found + search(S, weight, 0, n))])
