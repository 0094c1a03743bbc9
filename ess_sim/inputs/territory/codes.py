"""Codes and names of communes, intercommunalities and départements: checking and searching."""

from __future__ import annotations

import difflib
import functools
import unicodedata
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from ess_sim.arguments import checked
from ess_sim.errors import TerritoryError
from ess_sim.inputs.catalogue import bundled

__all__ = ["KINDS", "Kind", "check_code", "folded_name", "names_of_kind", "search_territories"]


class Kind(NamedTuple):
    """A kind of code that can name a territory.

    Attributes
    ----------
    label : str
        What messages call it.
    key : str
        Key of a scenario's ``territory``; `Territory` has a constructor of this name (``from_epci``).
    read : callable
        Gives the bundled table of all of them.
    digits : int
        A shorter code has lost leading zeros.
    example : str
    group : bool
        Whether one code names a group of communes, which has a name of its own.
    """

    label: str
    key: str
    read: Callable[[], pd.DataFrame]
    digits: int
    example: str
    group: bool = True


KINDS: Mapping[str, Kind] = {
    "epci": Kind("EPCI", "epci", bundled.epcis, 2, "200083392"),
    "ept": Kind("EPT", "ept", bundled.epts, 2, "200057867"),
    "departement": Kind("département", "departement", bundled.departements, 2, "01"),
    "commune": Kind("commune", "communes", bundled.communes, 5, "01001", group=False),
}
"""Every kind of code, by the column of the bundled communes that holds it: declared here once."""


def folded_name(text: str) -> str:
    """Without accents, case, hyphens and apostrophes: how people search."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe"))
    return " ".join("".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c)).split())


@functools.cache
def names_of_kind(kind: str) -> dict[str, str]:
    """Code → name of everything of a kind."""
    frame = KINDS[kind].read()
    return dict(zip(frame["code"], frame["name"], strict=True))


def check_code(code: object, kind: str) -> str:
    """The code, if it is one of this kind; else an error that says which one was meant."""
    label = KINDS[kind].label
    if not isinstance(code, str):
        example = KINDS[kind].example
        raise TerritoryError(
            f"{label} code {code!r} is not text: write it in quotes, with its leading zeros, e.g. '{example}'"
        )
    names = names_of_kind(kind)
    if code in names:
        return code
    for name, other in KINDS.items():
        if name != kind and code in names_of_kind(name):
            raise TerritoryError(
                f"no {label} {code!r}: this is the {other.label} {names_of_kind(name)[code]}, "
                f"see Territory.from_{other.key}"
            )
    if kind in ("departement", "commune") and code.startswith(("975", "977", "978", "98")):
        raise TerritoryError(f"no {label} {code!r}: the overseas collectivities are not in the bundled data")
    raise TerritoryError(f"no {label} code {code!r}{_code_hint(code, names, KINDS[kind].digits)}")


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


@checked
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
    frame = bundled.communes()
    frame = frame[frame["parent"] == ""]
    wanted = folded_name(text)
    parts = []
    for kind in (name for name, kind in KINDS.items() if kind.group):
        groups = frame[frame[kind] != ""].groupby(kind)["population"].agg(["size", "sum"])
        names = names_of_kind(kind)
        hits = [
            c for c in groups.index if wanted in folded_name(names[c]) or c.lower().startswith(text.strip().lower())
        ]
        part = pd.DataFrame(
            {
                "code": hits,
                "name": [names[c] for c in hits],
                "kind": kind,
                "members": groups.loc[hits, "size"].to_numpy(np.int64),
                "population": groups.loc[hits, "sum"].to_numpy(np.int64),
            }
        )
        parts.append(part.sort_values(["population", "code"], ascending=[False, True]))
    return pd.concat([p for p in parts if len(p)] or parts[:1], ignore_index=True)
