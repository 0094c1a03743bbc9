"""Posts and intern places that centres and policies offered in one run, and how many of them were filled."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

import pandas as pd

__all__ = ["EVENTS", "FACTS", "Offered", "offered"]


_POSTS = {"sessions", "salaried"}
"""Kinds of posts for doctors: sessions of retired GPs, salaried GPs."""
_CHANGES = {"post_filled": 1, "sessions_ended": -1, "salaried_gp_left": -1}
_LEFT = {"sessions_ended": "sessions", "salaried_gp_left": "salaried"}


class Offered(NamedTuple):
    """What one actor offered of one kind.

    Attributes
    ----------
    kind : str
        ``sessions``, ``salaried`` (posts) or ``interns`` (places, summed over the semesters).
    actor : str
        Centre, or policy.
    offered, filled : float
        Number; of posts the mean over the time from the first claim to the closure or the end.
    why : tuple of str
        What kept places from being filled.
    """

    kind: str
    actor: str
    offered: float
    filled: float
    why: tuple[str, ...]


FACTS: dict[str, Any] = {"date": "datetime64[s]", "event": str, "actor": str, "value": float, "detail": str}
"""Columns of the table ``facts`` that are looked at, and as what."""
EVENTS = frozenset(
    {*_CHANGES, "post_vacant", "centre_closed", "intern_places_opened", "intern_hosted", "intern_place_vacant"}
)
"""The facts that say something of it; no other is needed."""


def offered(facts: pd.DataFrame, careers: pd.DataFrame, end: pd.Timestamp) -> list[Offered]:
    """All that was offered in a run that ended on this day, by actor and kind; no posts that were there for no day."""
    rows = facts.loc[facts["event"].isin(EVENTS), list(FACTS)].astype(FACTS)
    said = [_Fact(*row) for row in zip(*(rows[name] for name in FACTS), strict=True)]
    return [*_posts(said, end), *_intern_places(said, careers)] if said else []


class _Fact(NamedTuple):
    date: pd.Timestamp
    event: str
    actor: str
    value: float
    detail: str


def _posts(facts: Sequence[_Fact], end: pd.Timestamp) -> Iterator[Offered]:
    closed = {fact.actor: fact.date for fact in facts if fact.event == "centre_closed"}
    of_kind: dict[tuple[str, str], list[_Fact]] = {}
    for fact in facts:
        if fact.event in {*_CHANGES, "post_vacant"} and (kind := _LEFT.get(fact.event, fact.detail)) in _POSTS:
            of_kind.setdefault((fact.actor, kind), []).append(fact)
    for (actor, kind), rows in sorted(of_kind.items()):
        change, vacant = dict[pd.Timestamp, int](), dict[pd.Timestamp, float]()
        for fact in rows:
            change[fact.date] = change.get(fact.date, 0) + _CHANGES.get(fact.event, 0)
            if fact.event == "post_vacant":
                vacant[fact.date] = fact.value  # the last of a day
        dates = sorted(change)
        present = dict(zip(dates, accumulate(change[day] for day in dates), strict=True))  # at the end of each day
        # what was claimed in vain, and who was there on that day: a day on which someone left says one post too few
        posts = max([present[day] + n for day, n in vacant.items()] or present.values())
        last = min(closed.get(actor, end), end)
        there = [(day, n) for day, n in present.items() if day < last]
        if not there:  # claimed on its last day: for no time at all
            continue
        until = [*(day for day, _ in there[1:]), last]
        days = [(b - a).days for (a, _), b in zip(there, until, strict=True)]
        filled = sum(n * many for (_, n), many in zip(there, days, strict=True)) / sum(days)
        yield Offered(kind, actor, float(posts), float(filled), ())


def _intern_places(facts: Sequence[_Fact], careers: pd.DataFrame) -> Iterator[Offered]:
    openers = {"intern_places_opened", "intern_hosted", "intern_place_vacant"}
    actors = sorted({fact.actor for fact in facts if fact.event in openers})
    interns = set(careers.loc[careers["mode"] == "intern", "person"].astype(str)) if actors else set()
    for actor in actors:
        empty = [fact for fact in facts if fact.event == "intern_place_vacant" and fact.actor == actor]
        hosted = float(sum(person.startswith(f"{actor}-intern-") for person in interns))
        missed = math.fsum(fact.value for fact in empty)
        yield Offered("interns", actor, hosted + missed, hosted, tuple(sorted({fact.detail for fact in empty})))
