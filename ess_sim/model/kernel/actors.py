"""What actors do to residents: openings, closures, hand-overs, readings."""

from __future__ import annotations

from typing import Any

import numpy as np

from ess_sim.model.kernel import codes as c
from ess_sim.model.kernel.arena import arena_of
from ess_sim.model.kernel.calls import call, declare, set_news
from ess_sim.model.kernel.compiled import inline, jit, prefetch
from ess_sim.model.kernel.counts import (
    age_of,
    cell_at,
    cell_of,
    count,
    entry,
    offer,
    prefetch_resident,
    push_oldest,
    row,
    slot,
    state_of,
    zone_ints,
    zone_mts,
)
from ess_sim.model.kernel.draws import below, power, uniform
from ess_sim.model.kernel.events import await_entrance, draw_ahead, rescale, total_rate, wait_for_next
from ess_sim.model.kernel.moves import (
    change_cell,
    change_state,
    divide_among_zones,
    enter,
    have,
    join,
    leave,
    release,
    sort_by_provider,
    stand,
)
from ess_sim.model.kernel.supply import review, seat, set_tokens, tokens_of, unseat, weigh_news


@jit
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
    S = arena_of(b, n, m, f, s)
    S.n[c.I_HIGH], S.n[c.I_FIRST_BIRTH] = zone.shape[0], S.n[c.I_YEAR] - c.MAX_AGE - 1
    for i in range(S.n[c.I_HIGH]):
        S.m[zone_ints(S, zone[i]) + c.Z_LISTED] += state[i] == c.LISTED and provider[i] >= 0
    divide_among_zones(S)
    for i in range(S.n[c.I_HIGH]):
        S.b[i] = birth[i] - S.n[c.I_FIRST_BIRTH]
        r = row(S, i)
        S.m[r + c.CELL] = cell_of(zone[i], S.n[c.I_YEAR] - birth[i], ald[i], precarious[i])
        if state[i] == c.LISTED:
            have(S, i, provider[i] if provider[i] >= 0 else c.OUTSIDE)
            if provider[i] >= 0:
                stand(S, i, zone_ints(S, zone[i]))
        else:
            S.m[r + c.PAST] = pool[i] + c.ORIGIN_STEP * origin[i]
            S.m[r + c.SINCE] = c.UNKNOWN_DAY
            enter(S, i, state[i])
        if age_of(S, i) >= c.OLDEST:
            push_oldest(S, i)
        count(S, i, 1)
    sort_by_provider(S)
    await_entrance(S)
    for ahead in range(c.IN_SIGHT):
        draw_ahead(S, ahead)
    S.f[c.T_RATE] = total_rate(S)
    wait_for_next(S, S.f[c.T_NOW])


@jit
def new_year(b: Any, n: Any, m: Any, f: Any, s: Any) -> Any:
    """1 January: everyone turns a year older; those who enter another age band change cells."""
    S = arena_of(b, n, m, f, s)
    S.n[c.I_YEAR] += 1
    scratch = S.n[c.A_SCRATCH]
    passing = 0
    for j in range(S.n[c.I_HIGH]):  # no branch: it could not be predicted
        S.m[scratch + passing] = j
        passing += c.NEW_BAND[np.uint32(age_of(S, j))]
    for k in range(passing):
        prefetch_resident(S, np.int64(S.m[scratch + min(k + c.AHEAD, passing - 1)]))
        i = np.int64(S.m[scratch + k])
        if age_of(S, i) == c.OLDEST:
            push_oldest(S, i)
        else:
            count(S, i, -1)
            change_cell(S, i, S.m[row(S, i) + c.CELL] + c.BAND_STEP, c.F_BIRTHDAY)
            count(S, i, 1)
    rescale(S)


@jit
def apply_rates(b: Any, n: Any, m: Any, f: Any, s: Any) -> Any:
    """Recomputes the event bounds after rates have changed in the parameters."""
    rescale(arena_of(b, n, m, f, s))


@jit
def announce(b: Any, n: Any, m: Any, f: Any, s: Any, p: Any) -> Any:
    """Provider p's list is in the news from now on."""
    S = arena_of(b, n, m, f, s)
    set_news(S, p, 1)
    rescale(S)


@jit
def seat_slot(b: Any, n: Any, m: Any, f: Any, s: Any, p: Any) -> Any:
    """Callers find provider p, who has opened, from now on."""
    seat(arena_of(b, n, m, f, s), p)


@jit
def retire_slot(b: Any, n: Any, m: Any, f: Any, s: Any, p: Any) -> Any:
    """Provider p, who has no residents left and takes no one, is gone."""
    S = arena_of(b, n, m, f, s)
    set_news(S, p, 0)
    S.m[slot(S, p) + c.V_ACTIVE] = 0
    unseat(S, p)
    rescale(S)


@jit
def set_provider(
    b: Any, n: Any, m: Any, f: Any, s: Any, p: Any, target: Any, openness: Any, intake: Any, bucket: Any
) -> Any:
    """Changes what a provider can take, from now on."""
    S = arena_of(b, n, m, f, s)
    x = offer(S, p)
    now = S.f[c.T_NOW]
    held = min(bucket, tokens_of(S, p, now))
    S.f[x + c.X_TARGET] = target
    S.f[x + c.X_OPENNESS] = openness
    S.f[x + c.X_INTAKE] = intake
    S.f[x + c.X_BUCKET] = bucket
    set_tokens(S, p, held, now)
    review(S, p)
    if S.m[slot(S, p) + c.V_NEWS] == 1:
        weigh_news(S, np.int64(S.m[slot(S, p) + c.V_ZONE]))


@inline
def draw_one(S: Any, k: Any, n: Any) -> Any:
    """Puts at k one of the entries k…n − 1 of the scratch table, drawn at random, and returns it."""
    scratch = S.n[c.A_SCRATCH]
    j = k + below(S.s, n - k)
    S.m[scratch + k], S.m[scratch + j] = S.m[scratch + j], S.m[scratch + k]
    return np.int64(S.m[scratch + k])


@jit
def sample_list(S: Any, p: Any, needed: Any) -> Any:
    """Writes provider p's residents into the scratch table, a sample of ``needed`` first. Returns how many they are.

    Some of those written down have left since, or stand there twice: they left and came back.
    """
    v, mt, scratch = slot(S, p), S.n[c.A_MT], S.n[c.A_SCRATCH]
    sorted_ones = S.n[c.A_OF_PROVIDER] + S.m[v + c.V_FIRST]
    found = 0
    for k in range(S.m[v + c.V_SORTED]):
        prefetch(S.m, mt + S.m[sorted_ones + min(k + c.AHEAD, S.m[v + c.V_SORTED] - 1)])
        i = np.int64(S.m[sorted_ones + k])
        S.m[scratch + found] = i
        if S.m[mt + i] == p:
            S.m[mt + i] = c.SEEN
            found += 1
    link = np.int64(S.m[v + c.V_LATEST])
    while link > 0:
        e = S.n[c.A_JOINED] + 2 * (link - 1)
        i, link = np.int64(S.m[e]), np.int64(S.m[e + 1])
        if S.m[mt + i] == p:
            S.m[mt + i] = c.SEEN
            S.m[scratch + found] = i
            found += 1
    for k in range(found):
        S.m[mt + S.m[scratch + k]] = p
    if needed < found:  # all are all, in whatever order
        for k in range(needed):
            draw_one(S, k, found)
    return found


@jit
def find_members(b: Any, n: Any, m: Any, f: Any, s: Any, p: Any) -> Any:
    """Writes provider p's residents into the scratch table. Returns how many they are."""
    return sample_list(arena_of(b, n, m, f, s), p, 0)


@jit
def transfer(b: Any, n: Any, m: Any, f: Any, s: Any, p: Any, takers: Any, quotas: Any) -> Any:
    """Hands residents drawn at random from p's list over to the takers, ``quotas[k]`` to ``takers[k]``."""
    S = arena_of(b, n, m, f, s)
    number = 0
    for q in range(quotas.shape[0]):
        number += quotas[q]
    sample_list(S, p, number)
    k = S.n[c.A_SCRATCH]
    last = k + number - 1
    for q in range(takers.shape[0]):
        for _ in range(quotas[q]):
            prefetch_resident(S, np.int64(S.m[min(k + c.AHEAD, last)]))
            i = np.int64(S.m[k])
            k += 1
            count(S, i, -1)
            leave(S, i, True)
            join(S, i, takers[q])
            count(S, i, 1)
    rescale(S)


@jit
def release_some(b: Any, n: Any, m: Any, f: Any, s: Any, p: Any, number: Any, cause: Any) -> Any:
    """Releases so many residents drawn at random from p's list."""
    S = arena_of(b, n, m, f, s)
    sample_list(S, p, number)
    for k in range(number):
        prefetch_resident(S, np.int64(S.m[S.n[c.A_SCRATCH] + min(k + c.AHEAD, number - 1)]))
        release(S, np.int64(S.m[S.n[c.A_SCRATCH] + k]), cause, S.f[c.T_NOW])
    rescale(S)


@jit
def harvest(b: Any, n: Any, m: Any, f: Any, s: Any, flows: Any, calls: Any) -> Any:
    """Takes out what has been recorded since the last harvest: keys and values, shape (2, entries touched) each."""
    S = arena_of(b, n, m, f, s)
    for j in range(flows.shape[1]):
        key = S.m[S.n[c.A_FLOWS_TOUCHED] + j]
        flows[0, j], flows[1, j] = key, S.m[S.n[c.A_FLOWS] + key] >> 1
        S.m[S.n[c.A_FLOWS] + key] = 0
    for j in range(calls.shape[1]):
        key = S.m[S.n[c.A_CALLS_TOUCHED] + j]
        calls[0, j], calls[1, j] = key, S.m[S.n[c.A_CALLS] + key]
        S.m[S.n[c.A_CALLS] + key] = 0
    S.n[c.I_FLOWS_TOUCHED] = 0
    S.n[c.I_CALLS_TOUCHED] = 0


@jit
def look_at_providers(b: Any, n: Any, m: Any, f: Any, s: Any, slots: Any, figures: Any) -> Any:
    """Writes down the active providers: slots, and four figures each, shape (active, 4).

    List, target, openness, and the chance that a standard caller without MT is accepted.
    """
    S = arena_of(b, n, m, f, s)
    j = 0
    for p in range(S.n[c.I_IN_USE]):
        if S.m[slot(S, p) + c.V_ACTIVE] == 1:
            slots[j] = p
            figures[j, 0] = S.m[slot(S, p) + c.V_LIST]
            figures[j, 1] = S.f[offer(S, p) + c.X_TARGET]
            figures[j, 2] = S.f[offer(S, p) + c.X_OPENNESS]
            ratio = figures[j, 0] / figures[j, 1] if figures[j, 1] > 0.0 else 1.0
            takes = ratio < 1.0 and tokens_of(S, p, S.f[c.T_NOW]) >= 1.0
            figures[j, 3] = figures[j, 2] * (1.0 - power(ratio, S.f[c.P_SHARPNESS])) if takes else 0.0
            j += 1


@jit
def count_anew(b: Any, n: Any, m: Any, f: Any, s: Any) -> Any:
    """Adds every resident to counts and distributions that have been emptied."""
    S = arena_of(b, n, m, f, s)
    for i in range(S.n[c.I_HIGH]):
        if S.m[S.n[c.A_MT] + i] != c.NO_PROVIDER:
            count(S, i, 1)


@jit
def count_by_mt(b: Any, n: Any, m: Any, f: Any, s: Any) -> Any:
    """Adults with an MT in a liberal practice, in a centre, outside the territory, and without MT."""
    S = arena_of(b, n, m, f, s)
    liberal, centres = 0, 0
    for z in range(S.n[c.I_ZONES]):
        v = zone_ints(S, z)
        liberal += S.m[v + c.Z_LISTED] - S.m[v + c.Z_IN_CENTRES]
        centres += S.m[v + c.Z_IN_CENTRES]
    without = 0
    for k in range(c.N_STATES_WITHOUT):
        without += S.n[c.I_SEEK + k]
    return liberal, centres, S.n[c.I_HIGH] - S.n[c.I_FREE] - without - liberal - centres, without


@jit
def share_without_mt(b: Any, n: Any, m: Any, f: Any, s: Any, share: Any) -> Any:
    """Writes down the share of adults without MT by zone, 0 where no adult lives."""
    S = arena_of(b, n, m, f, s)
    for z in range(S.n[c.I_ZONES]):
        here = zone_mts(S, z)
        listed, without = S.m[here + c.W_LISTED], S.m[here + c.W_WITHOUT]
        share[z] = without / (listed + without) if without else 0.0


@jit
def accompany(
    b: Any, n: Any, m: Any, f: Any, s: Any, zone: Any, ald: Any, precarious: Any, wanted: Any, followed: Any
) -> Any:
    """Residents without MT drawn at random are helped to a call: each starts to look and makes an informed one now.

    At most ``wanted`` of those who live in ``zone`` (−1: anywhere in the territory), with ALD or not, precarious or not
    (−1: any). A part ``followed`` of them declare the GP who follows them instead. Returns their number; how many have
    an MT afterwards is a matter of counting before and after.
    """
    S = arena_of(b, n, m, f, s)
    first_zone, end_zone = (0, S.n[c.I_OWN_CELLS] // c.ZONE_CELLS) if zone < 0 else (zone, zone + 1)
    first, end = first_zone * c.ZONE_CELLS, end_zone * c.ZONE_CELLS
    asked = (c.ALD_STEP if ald >= 0 else 0) + (c.PRECARIOUS_STEP if precarious >= 0 else 0)  # bits of a cell
    wished = c.ALD_STEP * max(0, ald) + c.PRECARIOUS_STEP * max(0, precarious)
    scratch = S.n[c.A_SCRATCH]
    fitting = 0
    for k in range(c.N_STATES_WITHOUT):
        size = S.n[c.I_SEEK + k]
        for pos in range(size):
            e = entry(S, k, pos)
            cell = cell_at(S, e)
            if first <= cell < end and cell & asked == wished:
                S.m[scratch + fitting] = S.m[e]
                fitting += 1
    contacted = min(fitting, wanted)
    for k in range(contacted):
        i = draw_one(S, k, fitting)
        state = state_of(S.m[S.n[c.A_MT] + i])
        if state != c.SEEKING:
            change_state(S, state, np.int64(S.m[row(S, i) + c.PLACE]), c.SEEKING)
        cell = np.int64(S.m[row(S, i) + c.CELL])
        if followed > 0.0 and uniform(S.s) < followed and declare(S, i, cell, S.f[c.T_NOW]):
            continue
        call(S, i, cell, c.CALLER_WITHOUT, True, S.f[c.T_NOW])
    rescale(S)
    return contacted
