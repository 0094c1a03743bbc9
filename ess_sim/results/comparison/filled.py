"""Posts and intern places that scenarios offered and filled: numbers, and words to be printed beside a comparison."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import pandas as pd

from ess_sim.results.comparison.pairing import Outcomes
from ess_sim.results.comparison.rooms import rooms_of
from ess_sim.results.indicators import vacancies
from ess_sim.results.indicators.staffing import EVENTS, Offered, offered
from ess_sim.results.indicators.vacancies import REASONS, Missed, missed
from ess_sim.results.over_runs import rows_of
from ess_sim.results.run import RunTables

__all__ = ["MOST_RUNS", "Filled", "Own", "Runs", "filled", "in_parts", "may_offer", "own_of", "places", "unfilled"]


MOST_RUNS = 100
"""Runs of each scenario that are looked into: enough for means that are printed with one digit."""

_POSTS = {"sessions": "posts for retired GPs", "salaried": "posts for salaried GPs"}
_WHY_VACANT = {"sessions": "pool", "salaried": "candidates"}
"""Why a post of each kind stays vacant: as long as one is, all who would take it are hired every month."""
_NOT_HAD = {
    "structures": "structures did not join",
    "contracts": "contracts were not signed",
    "weeks": "weeks without a doctor",
}
_MODES = ("intern", "sessions", "salaried")
_SOME, _WHOLE = 0.05, 0.5
"""Least number that shows in what is printed with one digit, and with none."""
_NONE = 1e-9
"""Above this a number that was put together from means is more than 0."""


class Runs(Outcomes, Protocol):
    """What is needed of results."""

    def first(self, scenario: str, most: int) -> list[RunTables]: ...


class Filled(NamedTuple):
    """What scenarios offered, how much of it was filled, and what was lacking, in the mean over their (first 100) runs.

    Attributes
    ----------
    places : pandas.DataFrame
        See `places`.
    missing : pandas.DataFrame
        ``scenario``, ``kind`` (``interns``, ``structures``, ``contracts``, ``weeks``), ``actor``, ``reason`` (a key of
        `REASONS`), ``number``; ``made`` (structures that joined, contracts signed; NaN for other kinds).
    """

    places: pd.DataFrame
    missing: pd.DataFrame


def places(results: Runs, scenarios: Collection[str] | None = None) -> pd.DataFrame:
    """What each scenario offered, and how much of it was filled, in the mean over its (first 100) runs.

    Returns
    -------
    pandas.DataFrame
        ``scenario``, ``kind`` (``sessions``, ``salaried``: posts; ``interns``: places, summed over the semesters),
        ``actor`` (centre or policy), ``offered``, ``filled`` (posts: mean over the time that they were offered),
        ``why`` (what kept places from being filled).
    """
    return filled(results, scenarios).places


def filled(results: Runs, scenarios: Collection[str] | None = None) -> Filled:
    """Both tables of all scenarios, or of some."""
    wanted = set(results.scenarios if scenarios is None else scenarios)
    offers = [name for name in results.scenarios if name in wanted and may_offer(results.about(name).scenario)]
    made = list(_of_runs(results, offers)) if offers else []
    found = pd.DataFrame(
        [(name, *offer) for name, all_of, _ in made for offer in all_of], columns=["scenario", *Offered._fields]
    ).astype({"offered": float, "filled": float})
    rows = [
        (
            *key,
            part["offered"].mean(),
            part["filled"].mean(),
            ", ".join(sorted({w for why in part["why"] for w in why})),
        )
        for key, part in found.groupby(["scenario", "kind", "actor"], sort=True)
    ]
    return Filled(
        pd.DataFrame(rows, columns=["scenario", "kind", "actor", "offered", "filled", "why"]), _missing(results, made)
    )


def _missing(results: Runs, made: Sequence[tuple[str, list[Offered], list[Missed]]]) -> pd.DataFrame:
    """Mean over all looked-into runs of a scenario: one in which nothing was lacking counts, too."""
    columns = ["scenario", "kind", "actor", "reason", "number"]
    rows = [
        (name, one.kind, one.actor, reason, number)
        for name, _, lacking in made
        for one in lacking
        for reason, number in one.reasons.items()
    ]
    table = pd.DataFrame(rows, columns=columns).astype({"number": float})
    table = table.groupby(columns[:4], sort=True)["number"].sum().reset_index()
    had: dict[tuple[str, str, str], float] = {}
    for name, _, lacking in made:
        for one in lacking:
            key = name, one.kind, one.actor
            had[key] = had.get(key, 0.0) + one.made
    runs = {name: len(results.first(name, MOST_RUNS)) for name in {name for name, *_ in made}}
    each = [runs[name] for name in table["scenario"]]
    keys = table[columns[:3]].itertuples(index=False, name=None)
    return table.assign(number=table["number"] / each, made=[had[key] / n for key, n in zip(keys, each, strict=True)])


def _of_runs(results: Runs, scenarios: Sequence[str]) -> Iterator[tuple[str, list[Offered], list[Missed]]]:
    """The scenario, what one of its (first) runs offered, and what was lacking in it."""
    runs, run = (
        [run for name in scenarios for run in results.first(name, MOST_RUNS)],
        ["scenario", "draw", "replication"],
    )
    events = EVENTS | vacancies.EVENTS
    facts = rows_of(runs, "facts", vacancies.FACTS, lambda rows: rows["event"].isin(events))
    careers = rows_of(runs, "careers", vacancies.CAREERS, lambda rows: rows["mode"].isin(_MODES))
    of_run = dict(list(careers.groupby(run, observed=True, sort=False)))
    rooms = {name: rooms_of(results.about(name).scenario) for name in scenarios}
    for key, part in facts.groupby(run, observed=True, sort=False):
        name, own = str(key[0]), of_run.get(key, careers[:0])
        yield name, offered(part, own, results.recorded(name)[-1]), missed(part, own, rooms[name])


def may_offer(scenario: Mapping[str, Any]) -> bool:
    """Without a policy or a centre nothing is offered, and no table need be read."""
    return bool(scenario["policies"] or scenario["supply"].get("centres"))


class Own(NamedTuple):
    """What one scenario offered of one kind, that of its baseline apart.

    Attributes
    ----------
    scenario, kind : str
        Kind: as in `Filled`.
    actors : tuple of str
        Centres or policies.
    offered, filled : float
        NaN where only what was lacking is known.
    reasons : tuple of (str, float)
        What kept the rest from being filled, keys of `REASONS`, and how much of it; most first.
    """

    scenario: str
    kind: str
    actors: tuple[str, ...]
    offered: float
    filled: float
    reasons: tuple[tuple[str, float], ...]

    @property
    def missing(self) -> float:
        """What was not filled."""
        return (
            math.fsum(number for _, number in self.reasons) if math.isnan(self.offered) else self.offered - self.filled
        )


def own_of(found: Filled, compared: Mapping[str, str]) -> Iterator[Own]:
    """Of each scenario and kind; of scenarios that are compared, what they offer beyond their baselines."""
    posts, missing = found
    for (scenario, kind), rows in posts.groupby(["scenario", "kind"], sort=False):
        own = _beyond(rows, posts, compared)
        if own["offered"].sum() > 0:
            offered, filled = float(own["offered"].sum()), float(own["filled"].sum())
            lacking = offered - filled
            if str(kind) in _WHY_VACANT:
                reasons: tuple[tuple[str, float], ...] = ((_WHY_VACANT[str(kind)], lacking),)
                reasons = reasons if lacking >= _SOME else ()
            else:
                of_kind = (missing["scenario"] == scenario) & (missing["kind"] == kind)
                lacked = missing[of_kind & missing["actor"].isin(own["actor"])]
                reasons = _reasons(lacked) if lacking > _NONE else ()
            yield Own(str(scenario), str(kind), tuple(own["actor"].unique()), offered, filled, reasons)
    rest = missing[missing["kind"] != "interns"]
    for (scenario, kind), rows in rest.groupby(["scenario", "kind"], sort=False):
        own = _beyond(rows, rest, compared)
        if (lacking := float(own["number"].sum())) >= _SOME:
            had = float(own.drop_duplicates("actor")["made"].sum(skipna=False))
            yield Own(str(scenario), str(kind), tuple(own["actor"].unique()), had + lacking, had, _reasons(own))


def _beyond(rows: pd.DataFrame, table: pd.DataFrame, compared: Mapping[str, str]) -> pd.DataFrame:
    """Rows of one scenario without those of actors whom its baseline has, too."""
    base = compared.get(str(rows["scenario"].iloc[0]), "")
    return rows[~rows["actor"].isin(table.loc[table["scenario"] == base, "actor"])]


def _reasons(missing: pd.DataFrame) -> tuple[tuple[str, float], ...]:
    numbers = missing.groupby("reason", observed=True)["number"].sum().sort_values(ascending=False, kind="stable")
    return tuple((str(reason), float(number)) for reason, number in numbers.items() if number > 0)


def unfilled(results: Runs, compared: Mapping[str, str]) -> Iterator[str]:
    """How far each scenario's posts and places were filled, those of its baseline apart, and why not; a line each."""
    shown = [name for name in results.scenarios if name not in set(compared.values())] if compared else None
    found = filled(results, None if shown is None else {*shown, *compared.values()})
    for own in own_of(found, compared):
        if shown is not None and own.scenario not in shown:
            continue
        whose = own.actors[0] if len(own.actors) == 1 else f"{len(own.actors)} centres or policies"
        all_of, done, missing = own.offered, own.filled, own.missing
        # three figures, as of all numbers but whole places, of which a part of one is said, too
        digits = max(0, 2 - math.floor(math.log10(max(missing, _SOME))))
        if own.kind == "interns":
            digits = 0 if missing >= _WHOLE else -math.floor(math.log10(max(missing, 1e-3)))
        parts = in_parts(own.reasons, missing, digits)
        why = f": {_in_words(parts)}" if parts else ""
        if own.kind in _POSTS:
            yield f"{own.scenario}: {_POSTS[own.kind]} filled {done:.1f} of {all_of:.3g} ({whose}){why}"
        elif own.kind in _NOT_HAD:
            of = "" if math.isnan(all_of) else f" of {all_of:.3g}"
            yield f"{own.scenario}: {round(missing, digits):g}{of} {_NOT_HAD[own.kind]} ({whose}){why}"
        elif missing > _NONE:
            left = f"{missing:.{digits}f}"
            yield f"{own.scenario}: of {all_of:.0f} intern places {left} stayed vacant ({whose}){why}"
        else:
            yield f"{own.scenario}: all {all_of:.0f} intern places were filled ({whose})"


def in_parts(reasons: Sequence[tuple[str, float]], whole: float, digits: int) -> tuple[tuple[str, float], ...]:
    """Reasons with numbers that are rounded so that they add up to the rounded whole; none that is then zero.

    Examples
    --------
    >>> in_parts([("rooms", 103.5), ("supervisors", 16.7)], 120.2, 0)
    (('rooms', 103.0), ('supervisors', 17.0))
    >>> in_parts([("rooms", 119.8), ("supervisors", 0.2)], 120.0, 0)
    (('rooms', 120.0),)
    """
    if not reasons:
        return ()
    unit, every = 10**digits, math.fsum(number for _, number in reasons)
    total = round(whole * unit)
    exact = [total * number / every for _, number in reasons]
    parts = [math.floor(x + 1e-9) for x in exact]
    by_rest = sorted(range(len(parts)), key=lambda k: parts[k] - exact[k])  # largest remainder first
    for k in by_rest[: total - sum(parts)]:
        parts[k] += 1
    return tuple((reason, part / unit) for (reason, _), part in zip(reasons, parts, strict=True) if part)


def _in_words(reasons: Sequence[tuple[str, float]]) -> str:
    """What was lacking, with numbers where there are several reasons."""
    words = [(REASONS.get(reason, reason), number) for reason, number in reasons]
    return ", ".join(f"{said} ({number:g})" if len(words) > 1 else said for said, number in words)
