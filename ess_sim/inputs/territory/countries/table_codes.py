"""Codes of a table of zones as they are meant: lost zeros where names or positions agree, successors of communes."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from ess_sim.inputs.territory.countries.codes import Ended, folded_name, former_codes, names_of_kind, whole_code
from ess_sim.inputs.territory.countries.country import Country
from ess_sim.inputs.territory.countries.registry import COUNTRIES
from ess_sim.inputs.territory.countries.written_codes import few

__all__ = ["Meant", "meant_codes", "meant_region"]

_NEAR = (0.3, 0.2)
"""Most degrees of longitude and latitude between a zone and the town hall of its commune: some 20 km."""

_AT = (0.05, 0.035)
"""As far as the middle of a commune may lie from its town hall: some 4 km."""


class Meant(NamedTuple):
    """What codes stand for: their right spelling, successors of communes, notes, and doubtful codes with the reason."""

    spelling: dict[str, str]
    successors: dict[str, Ended]
    notes: list[str]
    doubtful: dict[str, str]


def meant_codes(heads: pd.DataFrame) -> Meant:
    """What the codes of a user's zones stand for.

    A code is taken for another one only where names or positions agree: codes of one's own may look alike. Four digits
    have lost their zero if all such codes lie near the communes that they would be (some 20 km), and at least half have
    their names or lie where they are (some 4 km); some without this evidence are doubtful.

    Parameters
    ----------
    heads : DataFrame
        One row a zone: ``zone``, ``name``, ``lon``, ``lat``.
    """
    meant = Meant({}, {}, [], {})
    for country in COUNTRIES:
        _spelling(heads, country, meant)
        _successors(heads, country, meant)
    return meant


def _spelling(heads: pd.DataFrame, country: Country, meant: Meant) -> None:
    kind = country.commune
    known = names_of_kind(kind.key).keys() | former_codes(country).keys()
    whole = {code: whole_code(code, kind) for code in heads["zone"] if code not in known}
    whole = {code: full for code, full in whole.items() if full in known and len(code) >= kind.digits - 1}
    evidence = _evidence(heads, whole, country)
    if any(not e for e in evidence.values()) or 2 * sum(e > 1 for e in evidence.values()) < len(whole):
        names = names_of_kind(kind.key)
        for code in (code for code, e in evidence.items() if e):
            place = f"near {names.get(whole[code], 'a commune that has ended')} ({whole[code]})"
            what = f"{code!r} lies {place}: has it lost a zero? The table as a whole does not show it"
            meant.doubtful[code] = f"{what}; write codes as text, and codes of your own with a letter"
        return
    if whole:
        meant.spelling.update(whole)
        lost = [(code, full) for code, full in whole.items() if len(code) < len(full)]
        if lost:
            meant.notes.append(f"lost zeros of codes given back: {few(lost)}")
        if other := [(code, full) for code, full in whole.items() if len(code) == len(full)]:
            meant.notes.append(f"codes in capital letters: {few(other)}")


def _successors(heads: pd.DataFrame, country: Country, meant: Meant) -> None:
    former = former_codes(country)
    now = {code: meant.spelling.get(code, code) for code in heads["zone"]}
    ended = {code: former[full] for code, full in now.items() if full in former}
    evidence = _evidence(heads, {code: now[code] for code in ended}, country)
    found = {now[code]: ended[code] for code, e in evidence.items() if e}
    meant.successors.update(found)
    if found:
        pairs = [(code, end.successor) for code, end in found.items()]
        meant.notes.append(f"communes that have merged counted with their successor: {few(pairs)}")


def _evidence(heads: pd.DataFrame, whole: dict[str, str], country: Country) -> dict[str, int]:
    """2 for zones with the name of the commune of a code, or at its place; 1 for those near it; else 0.

    A commune that has ended is where its successor is.
    """
    rows = heads[heads["zone"].isin(whole)]
    former = former_codes(country)
    codes = [former[code].successor if code in former else code for code in (whole[zone] for zone in rows["zone"])]
    there = country.communes().set_index("code").reindex(codes)
    apart = [
        (rows[own] - there[column].to_numpy()).abs() for own, column in (("lon", "longitude"), ("lat", "latitude"))
    ]
    near, at = (((apart[0] <= most[0]) & (apart[1] <= most[1])).tolist() for most in (_NEAR, _AT))
    names = names_of_kind(country.commune.key)
    found = {}
    for i, (zone, name) in enumerate(zip(rows["zone"], rows["name"], strict=True)):
        code = whole[zone]
        ended = former.get(code)
        its = ended.name if ended else names[code]
        same = bool(name and its) and folded_name(name) == folded_name(its)
        found[zone] = 2 if same or at[i] or (near[i] and not name) else int(near[i])
    return found


def meant_region(code: str, country: Country) -> str:
    """The code of a département with its zero and in capital letters, if there is one; else as it is.

    >>> from ess_sim.inputs.territory.countries.france import FRANCE
    >>> meant_region("1", FRANCE), meant_region("2a", FRANCE), meant_region("075", FRANCE)
    ('01', '2A', '075')
    """
    kind = next(kind for kind in country.kinds if kind.key == country.region)
    whole = whole_code(code, kind)
    return whole if whole in names_of_kind(kind.key) else code
