"""Territories found by a part of their name or code."""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt
import pandas as pd

from ess_sim.arguments import checked
from ess_sim.inputs.territory.countries.codes import (
    bare_name,
    folded_name,
    former_codes,
    holds_bare_name,
    names_of_kind,
)
from ess_sim.inputs.territory.countries.country import Country, Kind
from ess_sim.inputs.territory.countries.members import holds_regions
from ess_sim.inputs.territory.countries.registry import COUNTRIES

__all__ = ["search_territories"]

IntArray = npt.NDArray[np.int64]


@checked
def search_territories(text: str = "") -> pd.DataFrame:
    """EPCIs, EPTs, départements, régions and communes whose name or code holds a text.

    Parameters
    ----------
    text : str, optional
        Part of a name (accents, case and hyphens do not matter; of an intercommunality neither its kind nor articles:
        "CC Pays de Craon") or the beginning of a code. All by default, but for communes. The name or code of a former
        commune finds the one that it is a part of.

    Returns
    -------
    pandas.DataFrame
        ``code``, ``name``, ``kind`` (``epci``, ``ept``, ``departement``, ``region``, ``communes``: the key in a
        scenario's ``territory``), ``departement`` (code; of a group the one in which most of its residents live, '' of
        a région), ``members`` (communes), ``population`` (municipal population 2023 of the members), largest first
        within a kind.

    Examples
    --------
    >>> search_territories("laval agglo")[["code", "name", "members"]].values.tolist()
    [['200083392', 'Laval Agglomération', 34]]
    """
    wanted = text.strip()
    parts = [part for country in COUNTRIES for part in (*_groups(country, wanted), _communes(country, wanted))]
    return pd.concat([p for p in parts if len(p)] or parts[:1], ignore_index=True)


def _groups(country: Country, text: str) -> list[pd.DataFrame]:
    """A country's groups of communes whose name or code holds a text, a table for each kind."""
    frame = country.communes()
    frame = frame[frame["parent"] == ""]
    parts = []
    for kind in (kind for kind in country.kinds if kind.group):
        groups = frame[frame[kind.column] != ""].groupby(kind.column)["population"].agg(["size", "sum"])
        names = names_of_kind(kind.key)
        bare = bare_name(text, kind.key)
        hits = [code for code in groups.index if _holds(text, code, names[code])]
        hits = hits or [code for code in groups.index if holds_bare_name(bare, names[code], kind.key)]
        found = groups.loc[hits]
        region = _mostly(country, kind, hits)
        parts.append(_table(kind, hits, region, found["size"].to_numpy(np.int64), found["sum"].to_numpy(np.int64)))
    return parts


def _mostly(country: Country, kind: Kind, codes: list[str]) -> list[str]:
    """Code of the region (of France: the département) in which most residents of each group live; '' of several."""
    if holds_regions(kind):
        return [code if kind.column == country.region else "" for code in codes]
    frame = country.communes()
    frame = frame[(frame["parent"] == "") & frame[kind.column].isin(codes)]
    residents = frame.groupby([kind.column, country.region])["population"].sum().reset_index()
    first = residents.sort_values(["population", country.region], ascending=[False, True]).groupby(kind.column).first()
    regions: dict[str, str] = dict(zip(first.index, first[country.region], strict=True))
    return [regions[code] for code in codes]


def _communes(country: Country, text: str) -> pd.DataFrame:
    """A country's communes whose name or code, now or formerly, holds a text; none for an empty one."""
    frame, kind = country.communes().set_index("code"), country.commune
    former = {e.successor for code, e in former_codes(country).items() if text and _holds(text, code, e.name)}
    hits = [c for c, name in names_of_kind(kind.key).items() if text and (c in former or _holds(text, c, name))]
    regions = frame.loc[hits, country.region].tolist()
    return _table(kind, hits, regions, np.ones(len(hits), np.int64), frame.loc[hits, "population"].to_numpy(np.int64))


def _holds(text: str, code: str, name: str) -> bool:
    folded = _folded(text)
    found = folded in _folded(name) if folded else not text
    return found or code.lower().startswith(text.lower())


_folded = functools.cache(folded_name)


def _table(kind: Kind, codes: list[str], regions: list[str], members: IntArray, population: IntArray) -> pd.DataFrame:
    names = names_of_kind(kind.key)
    table = pd.DataFrame(
        {
            "code": codes,
            "name": [names[code] for code in codes],
            "kind": kind.key,
            "departement": regions,
            "members": members,
            "population": population,
        }
    )
    return table.sort_values(["population", "code"], ascending=[False, True])
