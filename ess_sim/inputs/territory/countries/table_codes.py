"""Codes of a table of zones as they are meant: lost zeros where names or positions agree, successors of communes."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from ess_sim.inputs.territory.countries.codes import Ended, folded_name, former_codes, names_of_kind, whole_code
from ess_sim.inputs.territory.countries.country import Country
from ess_sim.inputs.territory.countries.registry import COUNTRIES
from ess_sim.inputs.territory.countries.written_codes import few

__all__ = ["Meant", "meant_codes", "meant_region"]

_NEAR_DEGREES = (0.3, 0.2)
"""Most between a zone and the town hall of its commune, in longitude and latitude: some 20 km."""


class Meant(NamedTuple):
    """What codes stand for: their right spelling, successors of communes, notes, and doubtful codes with the reason."""

    spelling: dict[str, str]
    successors: dict[str, Ended]
    notes: list[str]
    doubtful: dict[str, str]


def meant_codes(heads: pd.DataFrame) -> Meant:
    """What the codes of a user's zones stand for.

    A code is taken for another one only where the zone has its name, or lies within some 20 km of its town hall: codes
    of one's own may look alike.

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
    agree = [code for code, yes in _agree(heads, whole, country).items() if yes]
    if len(agree) < len(whole):  # some are codes of one's own: which ones is anybody's guess
        names = names_of_kind(kind.key)
        for code in agree:
            place = f"{names.get(whole[code], '')} ({whole[code]})"
            what = f"{code!r} lies where {place} is, but other codes like it are of no commune: has it lost a zero?"
            meant.doubtful[code] = f"{what} Write codes as text, and codes of your own with a letter"
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
    agree = _agree(heads, {code: end.successor for code, end in ended.items()}, country, ended)
    found = {now[code]: ended[code] for code, yes in agree.items() if yes}
    meant.successors.update(found)
    if found:
        pairs = [(code, end.successor) for code, end in found.items()]
        meant.notes.append(f"communes that have merged counted with their successor: {few(pairs)}")


def _agree(
    heads: pd.DataFrame, whole: dict[str, str], country: Country, ended: dict[str, Ended] | None = None
) -> dict[str, bool]:
    """Whether zones have the name of the commune of a code, or of the one that ended, or lie near it."""
    if not whole:
        return {}
    rows = heads[heads["zone"].isin(whole)]
    former = former_codes(country)
    # Of a commune that has ended, the position is that of its successor.
    codes = [former[code].successor if code in former else code for code in (whole[zone] for zone in rows["zone"])]
    there = country.communes().set_index("code").reindex(codes)
    near = pd.Series(True, index=rows.index)
    for own, column, degrees in zip(("lon", "lat"), ("longitude", "latitude"), _NEAR_DEGREES, strict=True):
        near &= (rows[own] - there[column].to_numpy()).abs() <= degrees
    names = names_of_kind(country.commune.key)
    found = {}
    for zone, name, by in zip(rows["zone"], rows["name"], near, strict=True):
        code = whole[zone]
        own_names = {names.get(code, ""), former[code].name if code in former else ""}
        if ended and zone in ended:
            own_names.add(ended[zone].name)
        found[zone] = bool(by) or folded_name(name) in {folded_name(own) for own in own_names if own}
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
