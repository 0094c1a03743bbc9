"""Posts and intern places that centres and policies offered in one run, and how many of them were filled."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pandas as pd

__all__ = ["Offered", "offered"]


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


def offered(facts: pd.DataFrame, careers: pd.DataFrame, end: pd.Timestamp) -> list[Offered]:
    """All that was offered in a run that ended on this day, by actor and kind; no posts that were there for no day."""
    return [*_posts(facts, end), *_intern_places(facts, careers)]


def _posts(facts: pd.DataFrame, end: pd.Timestamp) -> Iterator[Offered]:
    changes = facts[facts["event"].isin([*_CHANGES, "post_vacant"])].astype({"event": str, "actor": str})
    kinds = changes["event"].map(_LEFT).fillna(changes["detail"])
    closed = facts[facts["event"] == "centre_closed"].astype({"actor": str}).set_index("actor")["date"].to_dict()
    for (actor, kind), rows in changes[kinds.isin(_POSTS)].groupby(["actor", kinds], sort=True):
        change = rows["event"].map(_CHANGES).fillna(0.0)
        present = change.groupby(rows["date"]).sum().cumsum()  # at the end of each day
        vacant = rows[rows["event"] == "post_vacant"].groupby("date")["value"].last()
        # what was claimed in vain, and who was there on that day: a day on which someone left says one post too few
        posts = float((present.loc[vacant.index] + vacant).max()) if len(vacant) else float(present.max())
        last = min(closed.get(actor, end), end)
        present = present[present.index < last]
        if present.empty:  # claimed on its last day: for no time at all
            continue
        until = [*present.index[1:], last]
        days = [(b - a).days for a, b in zip(present.index, until, strict=True)]
        filled = float((present.to_numpy() * days).sum() / sum(days))
        yield Offered(str(kind), str(actor), posts, filled, ())


def _intern_places(facts: pd.DataFrame, careers: pd.DataFrame) -> Iterator[Offered]:
    vacant = facts[facts["event"] == "intern_place_vacant"].astype({"actor": str})
    openers = facts[facts["event"].isin(["intern_places_opened", "intern_hosted", "intern_place_vacant"])]
    interns: Any = careers.loc[careers["mode"] == "intern", "person"].astype(str).unique()
    for actor in sorted(openers["actor"].astype(str).unique()):
        empty = vacant[vacant["actor"] == actor]
        hosted = sum(person.startswith(f"{actor}-intern-") for person in interns)
        missed = float(empty["value"].sum())
        yield Offered("interns", actor, hosted + missed, float(hosted), tuple(sorted(set(empty["detail"].astype(str)))))
