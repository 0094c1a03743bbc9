"""Why posts and places stayed vacant, as facts and careers of a run show it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

__all__ = ["CAREERS", "EVENTS", "FACTS", "REASONS", "Missed", "missed"]


REASONS = {
    "rooms": "no room",
    "supervisors": "no supervisor on duty",
    "either": "no supervisor on duty or no room",
    "faculty": "the faculty sends no more",
    "hosts": "no supervisor free",
    "pool": "no other retired GP of the pool is willing",
    "candidates": "no other GP looks for a post",
    "budget": "no money left",
    "zones": "no zone left",
    "centres": "no centre there",
    "interns": "no intern free",
    "volunteers": "no volunteer",
}
"""What kept posts, places, structures, contracts and weeks from being filled, and in words."""

_DETAILS = {words: reason for reason, words in REASONS.items()}

FACTS: dict[str, Any] = {
    "date": "datetime64[s]",
    "event": str,
    "actor": str,
    "zone": str,
    "other": str,
    "value": float,
    "detail": str,
}
"""Columns of the table ``facts`` that are looked at, and as what."""

CAREERS: dict[str, Any] = {"person": str, "mode": str, "fte": float, "from": "datetime64[s]", "to": "datetime64[s]"}
"""The same of ``careers``."""

_OTHERS = {
    "secpa_not_joined": "structures",
    "cesp_vacant": "contracts",
    "week_unstaffed": "weeks",
}
"""What the facts say is missing, by event."""

_MADE = {"secpa_joined": "structures", "cesp_signed": "contracts"}

EVENTS = frozenset({"post_filled", "intern_hosted", "intern_place_vacant", *_OTHERS, *_MADE})
"""The facts that say something of it."""


class Missed(NamedTuple):
    """What one actor lacked in a run.

    Attributes
    ----------
    kind : str
        ``interns`` (places, summed over the semesters), ``structures``, ``contracts`` or ``weeks`` (of a doctor).
    actor : str
        Centre, or policy.
    reasons : Counter
        How many for each key of `REASONS`.
    made : float
        Structures that joined, or contracts that were signed; NaN where it is not counted here.
    """

    kind: str
    actor: str
    reasons: Counter[str]
    made: float


def missed(facts: pd.DataFrame, careers: pd.DataFrame, rooms: Mapping[str, int]) -> list[Missed]:
    """All that was lacking in a run, by actor and kind, sorted.

    A centre's fact says that a supervisor or a room was missing, not which. What its rooms exclude with any staff
    (an intern needs one, and her supervisor another) is theirs. Of the rest, the doctors present on that day say it:
    where more retired GPs were there than it had places, rooms bound; where all its doctors were no more, supervisors.
    Between the two it depends on how many salaried GPs supervise, which no table says: both are named.

    Parameters
    ----------
    facts, careers : pandas.DataFrame
        Those of the run, with the columns of `FACTS` and `CAREERS`.
    rooms : mapping of str to int
        Consulting rooms of centres for interns, by zone; of a centre elsewhere they are not known to bind.
    """
    rows = facts.loc[facts["event"].isin(EVENTS), list(FACTS)].astype(FACTS)
    said = [_Fact(*row) for row in zip(*(rows[name] for name in FACTS), strict=True)]
    reasons: dict[tuple[str, str], Counter[str]] = {}
    made = Counter((_MADE[fact.event], fact.actor) for fact in said if fact.event in _MADE)
    staff = _Staff(said, careers)
    for key in made:
        reasons.setdefault(key, Counter())
    for fact in said:
        if fact.event == "intern_place_vacant":
            kind, why = "interns", _of_interns(fact, staff, rooms)
        elif fact.event in _OTHERS:
            kind = _OTHERS[fact.event]
            why = Counter({_DETAILS.get(fact.detail or REASONS["volunteers"], fact.detail): int(fact.value)})
        else:
            continue
        reasons.setdefault((kind, fact.actor), Counter()).update(why)
    return [
        Missed(kind, actor, of, float(made[kind, actor]) if kind in _MADE.values() else math.nan)
        for (kind, actor), of in sorted(reasons.items())
    ]


class _Fact(NamedTuple):
    date: pd.Timestamp
    event: str
    actor: str
    zone: str
    other: str
    value: float
    detail: str


def _of_interns(fact: _Fact, staff: _Staff, rooms: Mapping[str, int]) -> Counter[str]:
    """Why intern places stayed vacant on a day: first what rooms exclude with any staff, then what bound that day."""
    vacant, reason = int(fact.value), _DETAILS.get(fact.detail, fact.detail)
    if reason != "either":
        return Counter({reason: vacant})
    asked = staff.places(fact.actor, fact.date) + vacant
    never = min(vacant, max(0, asked - rooms.get(fact.zone, 2 * asked) // 2))
    why = Counter({"rooms": never})
    why[staff.binding(fact.actor, fact.date)] += vacant - never
    return +why


class _Staff:
    """Doctors of centres, and their intern places, as semesters begin."""

    def __init__(self, facts: Sequence[_Fact], careers: pd.DataFrame) -> None:
        employers = {(f.other, f.date): f.actor for f in facts if f.event == "post_filled"}
        rows = careers.loc[careers["mode"].isin(["sessions", "salaried"]), list(CAREERS)].astype(CAREERS)
        self._stints: dict[str, list[tuple[str, float, pd.Timestamp, pd.Timestamp]]] = {}
        for person, mode, fte, first, last in rows.itertuples(index=False, name=None):
            if (actor := employers.get((person, first))) is not None:
                self._stints.setdefault(actor, []).append((mode, fte, first, last))
        self._places = Counter[tuple[str, pd.Timestamp]]()
        for f in facts:
            if f.event == "intern_hosted":
                self._places[f.actor, f.date] += 1
            elif f.event == "intern_place_vacant" and f.detail == REASONS["faculty"]:
                self._places[f.actor, f.date] += int(f.value)

    def places(self, actor: str, day: pd.Timestamp) -> int:
        """How many interns a centre could host on a day."""
        return self._places[actor, day]

    def binding(self, actor: str, day: pd.Timestamp) -> str:
        """What kept a centre from offering more places on a day: ``rooms``, ``supervisors`` or ``either``."""
        stints = self._stints.get(actor, ())
        there = [(mode, fte) for mode, fte, first, last in stints if first < day and not last <= day]
        sessions = int(math.fsum(fte for mode, fte in there if mode == "sessions") + 1e-9)
        everyone = int(math.fsum(fte for _, fte in there) + 1e-9)
        places = self.places(actor, day)
        return "rooms" if sessions > places else "supervisors" if everyone <= places else "either"
