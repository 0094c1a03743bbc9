"""Codes and names of communes, intercommunalities and départements: checking and searching."""

from __future__ import annotations

import difflib
import functools
import unicodedata

import numpy as np
import pandas as pd

from ess_sim.errors import TerritoryError
from ess_sim.inputs.territory.countries.country import Country
from ess_sim.inputs.territory.countries.registry import COUNTRIES, KINDS, country_of

__all__ = ["check_code", "folded_name", "names_of_kind", "search_territories"]


def folded_name(text: str) -> str:
    """Without accents, case, hyphens and apostrophes: how people search."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe"))
    return " ".join("".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c)).split())


@functools.cache
def names_of_kind(key: str) -> dict[str, str]:
    """Code → name of everything of a kind, which is named by its key."""
    frame = KINDS[key].read()
    return dict(zip(frame["code"], frame["name"], strict=True))


def check_code(code: object, key: str) -> str:
    """The code, if it is one of this kind; else an error that says which one was meant."""
    kind = KINDS[key]
    label = kind.label
    if not isinstance(code, str):
        example = kind.example
        raise TerritoryError(
            f"{label} code {code!r} is not text: write it in quotes, with its leading zeros, e.g. '{example}'"
        )
    names = names_of_kind(key)
    if code in names:
        return code
    for other in KINDS.values():
        if code in names_of_kind(other.key):
            what = f"this is the {other.label} {names_of_kind(other.key)[code]}, give it as `{other.key}`"
            raise TerritoryError(f"no {label} {code!r}: {what}")
    country = country_of(key)
    if kind.column in ("code", country.region):
        for start, what in country.left_out.items():
            if code.startswith(start):
                raise TerritoryError(f"no {label} {code!r}: {what}")
    raise TerritoryError(f"no {label} code {code!r}{_code_hint(code, names, kind.digits)}")


def _code_hint(code: str, names: dict[str, str], digits: int) -> str:
    """What to write instead of an unknown code: the code of a name, the code with its zeros, or the nearest code."""
    padded = code.strip().zfill(digits)
    if padded in names:
        return f" (did you mean {padded!r}, {names[padded]}? no spaces, all zeros)"
    if len(code) > 2 and not code[2:].isdigit():  # a name: the only letters of a code are its first two characters
        same = [c for c, name in names.items() if folded_name(name) == folded_name(code)]
        if same:
            return f": this is a name (did you mean {' or '.join(repr(c) for c in same[:5])}?)"
        by_name = {folded_name(name): c for c, name in names.items()}
        near = [by_name[name] for name in difflib.get_close_matches(folded_name(code), by_name, n=1)]
    else:
        near = difflib.get_close_matches(code, names, n=1)
    return f" (did you mean {near[0]!r}, {names[near[0]]}?)" if near else ": `search_territories` finds codes by name"


def search_territories(text: str = "") -> pd.DataFrame:
    """EPCIs, EPTs and départements whose name or code holds a text.

    Parameters
    ----------
    text : str, optional
        Part of a name (accents, case and hyphens do not matter) or the beginning of a code; all by default.

    Returns
    -------
    pandas.DataFrame
        ``code``, ``name``, ``kind`` (``epci``, ``ept``, ``departement``), ``members`` (communes), ``population``
        (municipal population 2023 of the members), largest first within a kind.

    Examples
    --------
    >>> search_territories("laval agglo")[["code", "name", "members"]].values.tolist()
    [['200083392', 'Laval Agglomération', 34]]
    """
    parts = [part for country in COUNTRIES for part in _groups(country, text)]
    return pd.concat([p for p in parts if len(p)] or parts[:1], ignore_index=True)


def _groups(country: Country, text: str) -> list[pd.DataFrame]:
    """A country's groups of communes whose name or code holds a text, a table for each kind."""
    frame = country.communes()
    frame = frame[frame["parent"] == ""]
    wanted, start = folded_name(text), text.strip().lower()
    parts = []
    for kind in (kind for kind in country.kinds if kind.group):
        groups = frame[frame[kind.column] != ""].groupby(kind.column)["population"].agg(["size", "sum"])
        names = names_of_kind(kind.key)
        hits = [c for c in groups.index if wanted in folded_name(names[c]) or c.lower().startswith(start)]
        part = pd.DataFrame(
            {
                "code": hits,
                "name": [names[c] for c in hits],
                "kind": kind.key,
                "members": groups.loc[hits, "size"].to_numpy(np.int64),
                "population": groups.loc[hits, "sum"].to_numpy(np.int64),
            }
        )
        parts.append(part.sort_values(["population", "code"], ascending=[False, True]))
    return parts
