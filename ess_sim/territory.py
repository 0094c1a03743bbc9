"""Where people live and how far it is: zones, residents by age, travel minutes.

A `Territory` is frozen. Two territories with the same zones, residents, positions and travel are the same territory,
whatever the order in which they were written down: their `Territory.digest` agrees.

Only this module knows networkx, and loads it when a graph is asked for.
"""

from __future__ import annotations

import difflib
import functools
import hashlib
import json
import unicodedata
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from ess_sim import elementary, resources
from ess_sim.errors import TerritoryError, did_you_mean

__all__ = [
    "ADULT_AGE",
    "AGES",
    "CrowFly",
    "Quarter",
    "Territory",
    "apportion",
    "search_territories",
    "single_year_shares",
]

_T = TypeVar("_T", bound=np.generic)
IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

AGES = 106
"""Number of ages: completed years 0 to 105, the last one open (105 and over)."""

ADULT_AGE = 17
"""Age in completed years from which a resident counts: the Cnam's indicator is about those of 17 and over."""

EARTH_RADIUS_KM = 6371.0088

_BAND_STARTS = np.arange(0, 100, 5)
_KINDS = {"epci": "EPCI", "ept": "EPT", "departement": "département", "commune": "commune"}
_MAX_PROBLEMS = 20
_MAX_NAMES = 6


# --- Ages ---------------------------------------------------------------------------------------------------------


@functools.cache
def _survivors() -> FloatArray:
    """Relative numbers alive at 75, 76, …, 104 and at 105 or over (31 values), from the bundled mortality table."""
    table = resources.mortality() / 100_000
    first, last, oldest = int(table.index[0]), int(table.index[-1]), 120
    alive = np.zeros(oldest + 1)
    for column in ("men_all", "women_all"):  # equally many of both at 30: their mix at 75 and over follows
        q = table[column].to_numpy(np.float64)
        # Beyond the table the growth of its last five years goes on: held still, it would double those of 105 and over.
        beyond = q[-1] * elementary.power(q[-1] / q[-6], np.arange(1, oldest - last) / 5)
        q = np.concatenate([q, np.minimum(beyond, 1.0)])
        alive[first:] += np.concatenate([[1.0], np.cumprod(1.0 - q)])
    return np.concatenate([alive[75 : AGES - 1], [alive[AGES - 1 :].sum()]])


def single_year_shares(bands: npt.ArrayLike) -> FloatArray:
    """Spread five-year bands over single years of age.

    Below 75 a band is spread evenly. From 75 on it declines as the survivors of the bundled mortality table do, and the
    last band (95 and over) reaches to 105 and over. Each band keeps its mass.

    Parameters
    ----------
    bands : array_like of float, shape (20,)
        Residents aged 0–4, 5–9, …, 90–94, 95 and over; not negative, not all zero.

    Returns
    -------
    ndarray of float, shape (106,)
        Shares by age in completed years, adding up to 1.

    Raises
    ------
    ValueError
        If the bands have another shape, a negative value or no mass.

    Notes
    -----
    Survival: INSEE mortality tables 2009–2013, as many men as women at 30; beyond 100 the
    probabilities go on growing as from 95 to 100.

    Examples
    --------
    >>> shares = single_year_shares([5] * 20)
    >>> round(float(shares[:5].sum()), 6), bool(shares[95] > shares[104])
    (0.05, True)
    """
    mass = np.asarray(bands, dtype=np.float64)
    if mass.shape != (len(_BAND_STARTS),) or not np.isfinite(mass).all() or (mass < 0).any() or not mass.any():
        raise ValueError("bands must be 20 numbers, none negative, not all zero")
    within = np.concatenate([np.ones(75), _survivors()])
    band = np.minimum(np.arange(AGES) // 5, len(_BAND_STARTS) - 1)
    shares: FloatArray = within * (mass / np.bincount(band, weights=within))[band]
    shares /= shares.sum()
    return shares


def apportion(totals: npt.ArrayLike, shares: npt.ArrayLike) -> IntArray:
    """Whole residents by age whose sum is each zone's total, by largest remainder.

    What rounding takes from an age or gives to it in one zone is carried over to the next one. Without the carry every
    small zone would round its few very old residents away, and so would the territory.

    Parameters
    ----------
    totals : array_like of int, shape (zones,)
        Residents of each zone, not negative.
    shares : array_like of float, shape (zones, ages)
        Shares of each zone's residents by age; each row adds up to 1.

    Returns
    -------
    ndarray of int, shape (zones, ages)
        Row i adds up to ``totals[i]`` exactly.

    Examples
    --------
    >>> apportion([10, 10], [[0.55, 0.45], [0.55, 0.45]]).tolist()
    [[6, 4], [5, 5]]
    """
    number = np.asarray(totals, dtype=np.int64)
    share = np.asarray(shares, dtype=np.float64)
    result = np.zeros(share.shape, dtype=np.int64)
    carry = np.zeros(share.shape[1])
    for zone, total in enumerate(number):
        # Rounded, so that the last bits of a product never decide a tie; then the youngest goes first.
        wish = np.round(total * share[zone] + carry, 9)
        whole = np.floor(np.maximum(wish, 0.0)).astype(np.int64)
        while (missing := int(total - whole.sum())) != 0:
            order = np.argsort(whole - wish, kind="stable")
            if missing > 0:
                whole[order[:missing]] += 1
            else:  # ages owed to earlier zones cannot fall below zero: the others give way
                order = order[::-1]
                whole[order[whole[order] > 0][:-missing]] -= 1
        result[zone] = whole
        carry = wish - whole
    return result


# --- Population of the communes -----------------------------------------------------------------------------------


@functools.cache
def _places() -> pd.DataFrame:
    """Communes and arrondissements that can be zones: the three communes with arrondissements are replaced by them."""
    frame = resources.communes()
    divided = set(frame["parent"]) - {""}
    return frame[~frame["code"].isin(divided)].set_index("code").sort_index()


@functools.cache
def _departement_shape(departement: str) -> tuple[FloatArray, bool]:
    """Shares by age for the communes without a profile of their own; True where it stands in for an unknown one."""
    known = resources.population_by_age("departement")
    if departement not in known.index:
        return single_year_shares(known.sum().to_numpy()), True
    whole = known.loc[departement].to_numpy()
    own = resources.population_by_age("commune")
    inside = own.index.intersection(_places().query("departement == @departement").index)
    rest = whole - own.loc[inside].sum().to_numpy()
    # Census and estimate are two sources: should they not fit together, the whole is the safer shape.
    return single_year_shares(rest if (rest > 0).all() else whole), False


@functools.cache
def _departement_population(departement: str) -> tuple[dict[str, int], IntArray]:
    """Row of each zone of a département, and residents by age.

    Always for the whole département, so that a commune has the same residents in whatever territory it appears.
    """
    places = _places()
    places = places[places["departement"] == departement]
    own = resources.population_by_age("commune")
    shape, _ = _departement_shape(departement)
    shares = np.tile(shape, (len(places), 1))
    for row, code in enumerate(places.index):
        if code in own.index:
            shares[row] = single_year_shares(own.loc[code].to_numpy())
    return {str(c): i for i, c in enumerate(places.index)}, apportion(places["population"].to_numpy(), shares)


def _listed(names: Sequence[str]) -> str:
    """A few names in full, of many the first ones and a count."""
    if len(names) <= _MAX_NAMES:
        return ", ".join(names)
    return f"{', '.join(names[:_MAX_NAMES])} and {len(names) - _MAX_NAMES} more"


def _population_notes(places: pd.DataFrame) -> list[str]:
    """What is assumed about the residents of these zones."""
    notes = [
        "population: INSEE municipal populations 2023, spread over ages with shapes of 2021 (whole residents by "
        "largest remainder); nobody is aged or moved to the scenario's start year",
    ]
    profiles = resources.population_by_age("commune")
    own: dict[str, int] = dict(zip(profiles.index, profiles.sum(axis=1).tolist(), strict=True))
    names: dict[str, str] = dict(zip(places.index, places["name"], strict=True))
    with_own = [code for code in names if code in own]
    if with_own:
        notes.append(f"ages of the zone's own census 2021: {_listed([names[code] for code in with_own])}")
    for code, now in zip(places.index, places["population"].tolist(), strict=True):
        if code in own and abs(now / own[code] - 1) > 0.1:
            notes.append(
                f"ages of {names[code]} ({code}): census of {own[code]} residents for {now} in 2023, "
                "so its limits differ"
            )
    others = sorted(set(places.loc[~places.index.isin(with_own), "departement"]))
    stand_in = [d for d in others if _departement_shape(d)[1]]
    if set(others) - set(stand_in):
        known = _listed([d for d in others if d not in stand_in])
        notes.append(f"ages of all other zones of {known}: those of the rest of the département (INSEE 2021)")
    if stand_in:
        known = ", ".join(resources.population_by_age().index)
        notes.append(
            f"assumption (grade D): ages of {_listed(stand_in)} are those of the départements {known} together, "
            "for want of a profile of their own"
        )
    if empty := [str(n) for n in places.loc[places["population"] == 0, "name"]]:
        notes.append(f"zones without residents: {_listed(empty)}")
    return notes


def _fill_positions(places: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The zones with a position and an area each, and what had to be assumed."""
    places, notes = places.copy(), []

    def named(rows: Any) -> str:
        return _listed([f"{name} ({code})" for code, name in places.loc[rows, "name"].items()])

    for mark, text in (
        ("corrected", "area corrected, the polygon at hand predates a merger: "),
        ("partial", "area too small, the polygon at hand predates a merger: "),
    ):
        if (rows := places["area_note"] == mark).any():
            notes.append(text + named(rows))
    if (rows := places["area_km2"].isna()).any():
        notes.append(f"assumption (grade D): area unknown, median of the département's communes: {named(rows)}")
        medians = _places().groupby("departement")["area_km2"].median()
        places.loc[rows, "area_km2"] = places.loc[rows, "departement"].map(medians)
    if (rows := places["position"] == "centroid").any():
        notes.append(f"position: centroid for want of a town hall: {named(rows)}")
    if (rows := places["longitude"].isna()).any():
        notes.append(f"assumption (grade D): position unknown, middle of the EPCI's town halls: {named(rows)}")
        middles = _places().groupby("epci")[["longitude", "latitude"]].mean()
        for column in ("longitude", "latitude"):
            places.loc[rows, column] = places.loc[rows, "epci"].map(middles[column])
    return places, notes


# --- Codes and names ----------------------------------------------------------------------------------------------


def _folded(text: str) -> str:
    """Without accents, case, hyphens and apostrophes: how people search."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe"))
    return " ".join("".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c)).split())


@functools.cache
def _names(kind: str) -> dict[str, str]:
    """Code → name of everything of a kind."""
    readers: dict[str, Callable[[], pd.DataFrame]] = {
        "epci": resources.epcis,
        "ept": resources.epts,
        "departement": resources.departements,
        "commune": resources.communes,
    }
    frame = readers[kind]()
    return dict(zip(frame["code"], frame["name"], strict=True))


def _constructor(kind: str) -> str:
    return "from_communes" if kind == "commune" else f"from_{kind}"


def _check_code(code: object, kind: str) -> str:
    """The code, if it is one of this kind; else an error that says which one was meant."""
    label = _KINDS[kind]
    if not isinstance(code, str):
        example = "200083392" if kind in ("epci", "ept") else "01" if kind == "departement" else "01001"
        raise TerritoryError(
            f"{label} code {code!r} is not text: write it in quotes, with its leading zeros, e.g. '{example}'"
        )
    names = _names(kind)
    if code in names:
        return code
    for other in _KINDS:
        if other != kind and code in _names(other):
            raise TerritoryError(
                f"no {label} {code!r}: this is the {_KINDS[other]} {_names(other)[code]}, "
                f"see Territory.{_constructor(other)}"
            )
    if kind in ("departement", "commune") and code.startswith(("975", "977", "978", "98")):
        raise TerritoryError(f"no {label} {code!r}: the overseas collectivities are not in the bundled data")
    raise TerritoryError(f"no {label} code {code!r}{_code_hint(code, names, 5 if kind == 'commune' else 2)}")


def _code_hint(code: str, names: dict[str, str], digits: int) -> str:
    """What to write instead of an unknown code: the code of a name, the code with its zeros, or the nearest code."""
    padded = code.strip().zfill(digits)
    if padded in names:
        return f" (did you mean {padded!r}, {names[padded]}? no spaces, all zeros)"
    if len(code) > 2 and not code[2:].isdigit():  # a name: the only letters of a code are its first two characters
        same = [c for c, name in names.items() if _folded(name) == _folded(code)]
        if same:
            return f": this is a name (did you mean {' or '.join(repr(c) for c in same[:5])}?)"
        by_name = {_folded(name): c for c, name in names.items()}
        near = [by_name[name] for name in difflib.get_close_matches(_folded(code), by_name, n=1)]
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
    frame = resources.communes()
    frame = frame[frame["parent"] == ""]
    wanted = _folded(text)
    parts = []
    for kind in ("epci", "ept", "departement"):
        groups = frame[frame[kind] != ""].groupby(kind)["population"].agg(["size", "sum"])
        names = _names(kind)
        hits = [c for c in groups.index if wanted in _folded(names[c]) or c.lower().startswith(text.strip().lower())]
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


# --- CSV ----------------------------------------------------------------------------------------------------------


class _Csv:
    """A user's CSV as text, and the faults found in it: all of them are told at once, each with its line."""

    def __init__(self, path: str | PathLike[str], required: Sequence[str], optional: Sequence[str] = ()) -> None:
        self.path = Path(path)
        self.problems: list[tuple[int, str]] = []
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", pd.errors.ParserWarning)
                frame = pd.read_csv(
                    self.path, dtype=str, keep_default_na=False, encoding="utf-8-sig", skip_blank_lines=False
                )
        except FileNotFoundError:
            raise TerritoryError(f"{self.path}: no such file") from None
        except pd.errors.EmptyDataError:
            raise TerritoryError(f"{self.path}:1: the file is empty; it must start with {','.join(required)}") from None
        except UnicodeDecodeError:
            raise TerritoryError(f"{self.path}: not UTF-8 text; save it as 'CSV UTF-8'") from None
        except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
            raise TerritoryError(f"{self.path}: {' '.join(str(error).split())}") from None
        except OSError as error:
            raise TerritoryError(f"{self.path}: {error.strerror or error}") from None
        columns = [str(c).strip() for c in frame.columns]
        if not isinstance(frame.index, pd.RangeIndex):
            raise TerritoryError(f"{self.path}:2: more values than the {len(columns)} columns of the first line")
        if len(columns) == 1 and (";" in columns[0] or "\t" in columns[0]):
            raise TerritoryError(f"{self.path}:1: values must be separated by commas")
        missing = [c for c in required if c not in columns]
        if missing:
            hints = "".join(f" {c!r}{did_you_mean(c, set(columns) - set(required))}," for c in missing).rstrip(",")
            raise TerritoryError(f"{self.path}:1: missing column{hints}; wanted: {','.join(required)}")
        if surplus := [c for c in columns if c not in (*required, *optional)]:
            known = set(required) | set(optional)
            hints = "".join(f" {c!r}{did_you_mean(c, known - set(columns))}," for c in surplus).rstrip(",")
            raise TerritoryError(f"{self.path}:1: unknown column{hints}")
        frame.columns = pd.Index(columns)
        frame = frame.fillna("").apply(lambda column: column.str.strip())
        frame.index = pd.RangeIndex(2, len(frame) + 2)  # a row's line in the file
        self.frame: pd.DataFrame = frame[(frame != "").any(axis=1)]
        if self.frame.empty:
            raise TerritoryError(f"{self.path}:2: no rows")

    def fault(self, wrong: Any, what: Callable[[Any], str]) -> None:
        """Note a fault for each row where ``wrong`` is true; ``what`` words it from the row."""
        rows = self.frame[np.asarray(wrong, dtype=bool)]
        self.problems += [(int(line), what(row)) for line, row in rows.iterrows()]  # type: ignore[call-overload]

    def numbers(self, column: str, low: float, high: float, *, whole: bool = False, above: bool = False) -> FloatArray:
        """A column as numbers; NaN, and a fault, where it is none or out of its range (``above``: low excluded)."""
        text = self.frame[column]
        values = pd.to_numeric(text, errors="coerce").to_numpy(np.float64).copy()
        bad = ~np.isfinite(values)
        self.fault(bad, lambda row: f"{column}: {row[column]!r} is not a number")
        with np.errstate(invalid="ignore"):
            outside = ~bad & ((values < low) | (values > high) | (above & (values == low)))
            uneven = ~bad & ~outside & (values != np.floor(values)) if whole else np.zeros_like(bad)
        start = "more than" if above else "at least"
        limit = f"{start} {low:g}" if high == np.inf else f"{start} {low:g} and at most {high:g}"
        self.fault(outside, lambda row: f"{column}: {row[column]} is out of range, it must be {limit}")
        self.fault(uneven, lambda row: f"{column}: {row[column]} is not a whole number")
        values[bad | outside | uneven] = np.nan
        return values

    def duplicates(self, columns: Sequence[str], keys: Sequence[Any]) -> None:
        """Note a fault for each row whose keys another row before it has."""
        table = pd.DataFrame(dict(zip(columns, keys, strict=True)), index=self.frame.index)
        again = table.duplicated(keep="first") & table.notna().all(axis=1)
        if not again.any():
            return
        first = {tuple(key): line for line, key in zip(table.index[::-1], table.to_numpy()[::-1], strict=True)}

        def what(row: Any) -> str:
            line = first[tuple(table.loc[row.name])]
            return f"{' and '.join(f'{c} {row[c]!r}' for c in columns)}: already given in line {line}"

        self.fault(again, what)

    def stop_if_faulty(self) -> None:
        """Raise one error with all faults, in file order."""
        if not self.problems:
            return
        lines = [f"{self.path}:{line}: {what}" for line, what in sorted(set(self.problems))]
        more = len(lines) - _MAX_PROBLEMS
        raise TerritoryError("\n".join(lines[:_MAX_PROBLEMS] + ([f"… and {more} more"] if more > 0 else [])))


# --- Travel -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CrowFly:
    """Minutes by car from crow-fly kilometres: ``start_minutes + minutes_per_km × km``.

    The defaults were fitted on travel times of INSEE's Metric for Gironde (grade B); they know no river and no strait.

    Attributes
    ----------
    start_minutes : float
        Minutes that each journey between two zones takes at least, positive.
    minutes_per_km : float
        Minutes a kilometre.
    reach_km : float
        The fit holds below this distance: no direct edge beyond.
    within_max_minutes : float
        Cap of the minutes within a zone (large communes are mostly empty; an assumption, grade D).

    Examples
    --------
    >>> round(CrowFly().minutes(10.0), 2)
    12.85
    """

    start_minutes: float = 1.85
    minutes_per_km: float = 1.10
    reach_km: float = 30.0
    within_max_minutes: float = 15.0

    def __post_init__(self) -> None:
        if not min(self.start_minutes, self.minutes_per_km, self.reach_km, self.within_max_minutes) > 0:
            raise TerritoryError(f"{self}: all four values must be positive")

    def minutes(self, km: float) -> float:
        """Minutes for a crow-fly distance in km."""
        return self.start_minutes + self.minutes_per_km * km

    def minutes_within(self, area_km2: FloatArray) -> FloatArray:
        """Minutes within zones of these areas (km²): 2/3 of the radius, the mean way to the centre of a disc."""
        km = 2 / 3 * np.sqrt(area_km2 / np.pi)
        return np.minimum(self.start_minutes + self.minutes_per_km * km, self.within_max_minutes)


def _haversine_km(a: npt.ArrayLike) -> FloatArray:
    """Distance from the haversine of an angle, to the millimetre: sines differ by the processor in their last bit."""
    return np.round(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(a)), 6)


def _km(longitude: float, latitude: float, other_longitude: float, other_latitude: float) -> float:
    """Crow-fly distance of two points."""
    lam, phi, other_lam, other_phi = np.radians([longitude, latitude, other_longitude, other_latitude])
    a = np.sin((other_phi - phi) / 2) ** 2 + np.cos(phi) * np.cos(other_phi) * np.sin((other_lam - lam) / 2) ** 2
    return float(_haversine_km(a))


def _near_pairs(longitude: FloatArray, latitude: FloatArray, reach_km: float) -> tuple[IntArray, IntArray, FloatArray]:
    """All ordered pairs of different points nearer than ``reach_km``: origins, destinations, km; in no special order.

    Blocks of points sorted by latitude are compared with the band of latitudes they can reach: memory stays small, and
    all of France takes seconds.
    """
    order = np.argsort(latitude, kind="stable")
    phi, lam = np.radians(latitude[order]), np.radians(longitude[order])
    cos_phi = np.cos(phi)
    band = reach_km / EARTH_RADIUS_KM * (1 + 1e-9)
    found: list[tuple[IntArray, IntArray, FloatArray]] = []
    block = 128
    for start in range(0, len(order), block):
        stop = min(start + block, len(order))
        left, right = np.searchsorted(phi, [phi[start] - band, phi[stop - 1] + band])
        d_phi = phi[start:stop, None] - phi[None, left:right]
        d_lam = lam[start:stop, None] - lam[None, left:right]
        a = np.sin(d_phi / 2) ** 2 + cos_phi[start:stop, None] * cos_phi[None, left:right] * np.sin(d_lam / 2) ** 2
        rows, columns = np.nonzero(a < np.sin(min(band, np.pi) / 2) ** 2)
        km = _haversine_km(a[rows, columns])
        rows, columns = rows + start, columns + left
        keep = (rows != columns) & (km < reach_km)
        found.append((order[rows[keep]], order[columns[keep]], km[keep]))
    origins, destinations, distances = (np.concatenate(part) for part in zip(*found, strict=True))
    return origins, destinations, distances


# --- The territory ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Quarter:
    """A part of a zone that becomes a zone of its own.

    Attributes
    ----------
    code, name : str
        Code of the new zone, different from every other zone's, and its name.
    of : str
        Code of the zone that it is a part of.
    residents : int
        Residents of all ages, at most as many as the whole zone has.
    latitude, longitude : float
        Its middle, degrees (WGS84).
    """

    code: str
    name: str
    of: str
    residents: int
    latitude: float
    longitude: float


@dataclass(frozen=True, eq=False, repr=False)
class Territory:
    """Zones with their residents by age, their position and the travel minutes between them.

    Made by `from_epci`, `from_ept`, `from_departement`, `from_communes`, `france` or `from_csv`.
    ``dataclasses.replace`` makes a variant, e.g. with another ``cutoff_minutes`` or ``crow_fly``.

    Parameters
    ----------
    name : str
        For people; it is not part of the digest.
    zones : tuple of str
        Zone codes, sorted. All arrays follow this order.
    zone_names : tuple of str
        One name a zone.
    departements : tuple of str
        Code of each zone's département, '' where a CSV gives none.
    population : ndarray of int, shape (zones, 106)
        Residents by age in completed years, 0 to 105 (the last: 105 and over). Read-only, as are all arrays.
    area_km2, longitude, latitude : ndarray of float, shape (zones,)
        Area in km²; position in degrees (WGS84).
    notes : tuple of str
        What is assumed, or differs from what a reader would expect. A result repeats them.
    cutoff_minutes : float
        Longer journeys are left out of the travel table.
    crow_fly : CrowFly
        Minutes from distances, for the default edges and within zones.
    edges : tuple of three ndarrays, optional
        A user's travel table: origins and destinations (row numbers of ``zones``) and minutes. Replaces the default
        edges; a row from a zone to itself sets its minutes within.

    Raises
    ------
    TerritoryError
        If the pieces do not fit together.

    Examples
    --------
    >>> laval = Territory.from_epci("200083392")
    >>> laval
    Territory('Laval Agglomération': 34 zones, 115195 residents, 91851 aged 17+)
    >>> round(laval.travel_minutes_between("53130", "53054"), 1)  # Laval, Changé
    4.8
    """

    name: str
    zones: tuple[str, ...]
    zone_names: tuple[str, ...]
    departements: tuple[str, ...]
    population: IntArray
    area_km2: FloatArray
    longitude: FloatArray
    latitude: FloatArray
    notes: tuple[str, ...] = ()
    cutoff_minutes: float = 30.0
    crow_fly: CrowFly = CrowFly()
    edges: tuple[IntArray, IntArray, FloatArray] | None = None

    def __post_init__(self) -> None:
        n = len(self.zones)
        if n == 0:
            raise TerritoryError(f"territory {self.name!r} has no zones")
        if list(self.zones) != sorted(set(self.zones)):
            raise TerritoryError("zones must be sorted and different from each other")
        if len(self.zone_names) != n or len(self.departements) != n:
            raise TerritoryError(f"zone_names and departements must have one value for each of the {n} zones")
        if not self.cutoff_minutes > 0 or not np.isfinite(self.cutoff_minutes):
            raise TerritoryError(f"cutoff_minutes must be positive, not {self.cutoff_minutes!r}")
        if np.shape(self.population) != (n, AGES) or (np.asarray(self.population) < 0).any():
            raise TerritoryError(f"population must have {n} rows of {AGES} ages, none negative")
        if not np.issubdtype(np.asarray(self.population).dtype, np.integer):
            raise TerritoryError("population must be whole numbers")
        for name in ("area_km2", "longitude", "latitude"):
            if np.shape(getattr(self, name)) != (n,) or not np.isfinite(getattr(self, name)).all():
                raise TerritoryError(f"{name} must have one number for each of the {n} zones")
        # Copies, so that whoever handed the arrays in cannot change them afterwards.
        self._set("population", _sealed(np.array(self.population, dtype=np.int64)))
        for name in ("area_km2", "longitude", "latitude"):
            self._set(name, _sealed(np.array(getattr(self, name), dtype=np.float64)))
        if self.edges is not None:
            origins, destinations, minutes = self.edges
            order = np.lexsort((destinations, origins))
            parts = (np.asarray(origins, np.int64), np.asarray(destinations, np.int64), np.asarray(minutes, np.float64))
            self._set("edges", tuple(_sealed(part[order]) for part in parts))
        self._set("notes", (*(t for t in self.notes if not t.startswith("travel: ")), self._travel_note()))

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def __setstate__(self, state: dict[str, Any]) -> None:
        # Arrays come out of a pickle writable; a worker's territory must be as frozen as the parent's.
        for value in state.values():
            for array in value if isinstance(value, tuple) else (value,):
                if isinstance(array, np.ndarray):
                    array.flags.writeable = False
        self.__dict__.update(state)

    def __repr__(self) -> str:
        residents, adults = int(self.population.sum()), int(self.adults.sum())
        zones = "1 zone" if len(self.zones) == 1 else f"{len(self.zones)} zones"
        return f"Territory({self.name!r}: {zones}, {residents} residents, {adults} aged {ADULT_AGE}+)"

    # -- Making one --

    @classmethod
    def _from_places(cls, name: str, codes: Iterable[str], cutoff_minutes: float) -> Territory:
        places, notes = _fill_positions(_places().loc[sorted(codes)])
        population = np.zeros((len(places), AGES), dtype=np.int64)
        for row, (code, departement) in enumerate(places["departement"].items()):
            rows, numbers = _departement_population(str(departement))
            population[row] = numbers[rows[str(code)]]
        return cls(
            name=name,
            zones=tuple(str(c) for c in places.index),
            zone_names=tuple(str(c) for c in places["name"]),
            departements=tuple(str(c) for c in places["departement"]),
            population=population,
            area_km2=places["area_km2"].to_numpy(np.float64),
            longitude=places["longitude"].to_numpy(np.float64),
            latitude=places["latitude"].to_numpy(np.float64),
            notes=(*_population_notes(places), *notes),
            cutoff_minutes=cutoff_minutes,
        )

    @classmethod
    def _from_group(cls, kind: str, code: str, cutoff_minutes: float) -> Territory:
        code = _check_code(code, kind)
        frame = resources.communes()
        # By the commune of an arrondissement: whichever of the two rows carries the membership, both follow it.
        members = set(frame.loc[frame[kind] == code, "code"])
        places = _places()
        chosen = places.index[places.index.isin(members) | places["parent"].isin(members)]
        return cls._from_places(_names(kind)[code], (str(c) for c in chosen), cutoff_minutes)

    @classmethod
    def from_epci(cls, code: str, *, cutoff_minutes: float = 30.0) -> Territory:
        """The communes of an EPCI.

        Parameters
        ----------
        code : str
            Nine digits (SIREN), e.g. ``"200083392"``; `search_territories` finds it by name.
        cutoff_minutes : float, optional
            Longest journey of the travel table.

        Raises
        ------
        TerritoryError
            If there is no such EPCI.

        Examples
        --------
        >>> len(Territory.from_epci("200083392").zones)
        34
        """
        return cls._from_group("epci", code, cutoff_minutes)

    @classmethod
    def from_ept(cls, code: str, *, cutoff_minutes: float = 30.0) -> Territory:
        """The communes of an établissement public territorial of Grand Paris; parameters as `from_epci`.

        Examples
        --------
        >>> Territory.from_ept("200057867").name
        'Plaine Commune'
        """
        return cls._from_group("ept", code, cutoff_minutes)

    @classmethod
    def from_departement(cls, code: str, *, cutoff_minutes: float = 30.0) -> Territory:
        """The communes of a département (``"53"``, ``"2A"``, ``"974"``); parameters as `from_epci`.

        Examples
        --------
        >>> int(Territory.from_departement("53").population.sum())
        305468
        """
        return cls._from_group("departement", code, cutoff_minutes)

    @classmethod
    def from_communes(cls, codes: Iterable[str], *, name: str = "", cutoff_minutes: float = 30.0) -> Territory:
        """Any communes, in any order. Paris, Lyon and Marseille stand for their arrondissements.

        Parameters
        ----------
        codes : iterable of str
            INSEE codes, each once.
        name : str, optional
            By default made from the largest commune.
        cutoff_minutes : float, optional
            Longest journey of the travel table.

        Raises
        ------
        TerritoryError
            If a code is unknown or given twice, or there is none.

        Examples
        --------
        >>> Territory.from_communes(["53140", "53130"]).zone_names
        ('Laval', 'Louverné')
        """
        if isinstance(codes, str):
            raise TerritoryError(f"from_communes wants a list of codes: write [{codes!r}]")
        places = _places()
        chosen: dict[str, str] = {}
        for code in codes:
            _check_code(code, "commune")
            parts = [code] if code in places.index else [str(c) for c in places.index[places["parent"] == code]]
            for part in parts:
                if part in chosen:
                    within = "" if part == code == chosen[part] else f" (through {chosen[part]!r} and {code!r})"
                    raise TerritoryError(f"commune {part!r}, {_names('commune')[part]}, is given twice{within}")
                chosen[part] = code
        if not chosen:
            raise TerritoryError("from_communes: no code given")
        if not name:
            asked = set(chosen.values())
            frame = resources.communes().set_index("code").loc[sorted(asked)]
            name = str(frame.at[frame["population"].idxmax(), "name"])
            if len(asked) > 1:
                name += f" and {len(asked) - 1} other commune{'s' if len(asked) > 2 else ''}"
        return cls._from_places(name, chosen, cutoff_minutes)

    @classmethod
    def france(cls, *, cutoff_minutes: float = 30.0) -> Territory:
        """All communes of the 101 départements. Takes a few seconds; travel is computed only when asked for.

        Examples
        --------
        >>> int(Territory.france().population.sum())
        68350798
        """
        return cls._from_places("France", (str(c) for c in _places().index), cutoff_minutes)

    @classmethod
    def from_csv(
        cls,
        population_csv: str | PathLike[str],
        travel_csv: str | PathLike[str] | None = None,
        *,
        name: str = "",
        cutoff_minutes: float = 30.0,
    ) -> Territory:
        """A territory of one's own zones (quarters, IRIS, another country's communes).

        Parameters
        ----------
        population_csv : path
            Comma-separated UTF-8 with the columns ``zone,name,lon,lat,area_km2,age,count`` and, if wished,
            ``departement``: one row a zone and age (0 to 105, the last: 105 and over), in any order. An age without row
            counts nobody.
        travel_csv : path, optional
            As for `with_travel_csv`; by default crow-fly minutes.
        name : str, optional
            By default the file's name.
        cutoff_minutes : float, optional
            Longest journey of the travel table.

        Raises
        ------
        TerritoryError
            With the file and line of everything that is wrong.

        Examples
        --------
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "two_quarters.csv"
        >>> _ = path.write_text("zone,name,lon,lat,area_km2,age,count\\nB,East,0.02,48,1,40,7\\nA,West,0,48,1,40,5\\n")
        >>> Territory.from_csv(path).zones
        ('A', 'B')
        """
        columns = ("zone", "name", "lon", "lat", "area_km2", "age", "count")
        csv = _Csv(population_csv, columns, ("departement",))
        frame = csv.frame
        csv.fault(frame["zone"] == "", lambda _: "zone: no code")
        numbers = pd.DataFrame(
            {
                "lon": csv.numbers("lon", -180, 180),
                "lat": csv.numbers("lat", -90, 90),
                "area_km2": csv.numbers("area_km2", 0, np.inf, above=True),
                "age": csv.numbers("age", 0, AGES - 1, whole=True),
                "count": csv.numbers("count", 0, np.inf, whole=True),
            },
            index=frame.index,
        )
        csv.duplicates(["zone", "age"], [frame["zone"].replace("", None), numbers["age"]])
        table = numbers.assign(zone=frame["zone"], name=frame["name"])
        table["departement"] = frame.get("departement", "")
        steady = ["name", "lon", "lat", "area_km2", "departement"]
        first = table.groupby("zone")[steady].transform("first")
        for column in steady:
            differs = (table[column] != first[column]) & table[column].notna() & first[column].notna()
            csv.fault(differs, lambda row, c=column: f"{c}: zone {row['zone']!r} has another {c} in a row before")  # type: ignore[misc]
        csv.stop_if_faulty()

        zones = sorted(set(table["zone"]))
        index = {zone: i for i, zone in enumerate(zones)}
        population = np.zeros((len(zones), AGES), dtype=np.int64)
        rows = table["zone"].map(index).to_numpy(np.int64)
        population[rows, table["age"].to_numpy(np.int64)] = table["count"].to_numpy(np.int64)
        heads = table.drop_duplicates("zone").set_index("zone").loc[zones]
        notes = [f"population: {csv.path.name}, as given"]
        if absent := len(zones) * AGES - len(table):
            notes.append(f"population: {absent} of {len(zones) * AGES} zones and ages have no row: nobody there")
        territory = cls(
            name=name or csv.path.stem,
            zones=tuple(zones),
            zone_names=tuple(str(n) or zone for zone, n in zip(zones, heads["name"], strict=True)),
            departements=tuple(str(d) for d in heads["departement"]),
            population=population,
            area_km2=heads["area_km2"].to_numpy(np.float64),
            longitude=heads["lon"].to_numpy(np.float64),
            latitude=heads["lat"].to_numpy(np.float64),
            notes=tuple(notes),
            cutoff_minutes=cutoff_minutes,
        )
        return territory if travel_csv is None else territory.with_travel_csv(travel_csv)

    def with_travel_csv(self, path: str | PathLike[str]) -> Territory:
        """The same territory with a travel table of one's own instead of crow-fly minutes.

        The table is taken as the edges of a graph: between zones without a row, the shortest way through others counts.

        Parameters
        ----------
        path : path
            Comma-separated UTF-8 with the columns ``from_zone,to_zone,minutes``. A pair in one direction only holds for
            both; a row from a zone to itself sets its minutes within.

        Raises
        ------
        TerritoryError
            With the file and line of everything that is wrong: an unknown zone, a pair twice, negative minutes.
        """
        csv = _Csv(path, ("from_zone", "to_zone", "minutes"))
        minutes = csv.numbers("minutes", 0, np.inf)
        for column in ("from_zone", "to_zone"):
            csv.fault(
                ~csv.frame[column].isin(self.zones),
                lambda row, c=column: f"{c}: unknown zone {row[c]!r}{did_you_mean(row[c], self.zones)}",  # type: ignore[misc]
            )
        csv.duplicates(["from_zone", "to_zone"], [csv.frame["from_zone"], csv.frame["to_zone"]])
        csv.stop_if_faulty()
        origins = csv.frame["from_zone"].map(self._index).to_numpy(np.int64)
        destinations = csv.frame["to_zone"].map(self._index).to_numpy(np.int64)
        n = len(self.zones)
        back = ~np.isin(destinations * n + origins, origins * n + destinations)
        edges = (
            np.concatenate([origins, destinations[back]]),
            np.concatenate([destinations, origins[back]]),
            np.concatenate([minutes, minutes[back]]),
        )
        return replace(self, edges=edges)

    def quarter_problems(self, quarters: Sequence[Quarter]) -> list[tuple[int, str, str]]:
        """What keeps these quarters from being carved out: place in the list, field and message of each fault."""
        found: list[tuple[int, str, str]] = []
        seen: set[str] = set()
        left = dict(zip(self.zones, self.population.sum(axis=1).tolist(), strict=True))
        for i, quarter in enumerate(quarters):
            if quarter.code in self._index or quarter.code in seen:
                found.append((i, "code", f"there is already a zone {quarter.code!r} in {self.name}"))
            seen.add(quarter.code)
            try:
                zone = self.zone_index(quarter.of)
            except TerritoryError as error:
                places = _places()
                parts = places.index[places["parent"] == quarter.of].tolist()
                found.append((i, "of", f"{error}" + (f": its zones are {parts[0]} to {parts[-1]}" if parts else "")))
                continue
            name = self.zone_names[zone]
            if quarter.residents < 1:
                found.append((i, "residents", f"must be at least 1, not {quarter.residents}"))
            elif quarter.residents > left[quarter.of]:
                what = f"{quarter.residents} residents, but {name} has only {left[quarter.of]} outside other quarters"
                found.append((i, "residents", what))
            left[quarter.of] -= quarter.residents
            km = _km(quarter.longitude, quarter.latitude, float(self.longitude[zone]), float(self.latitude[zone]))
            if not km <= self.crow_fly.reach_km + np.sqrt(self.area_km2[zone]):
                what = f"{km:.0f} km from the middle of {name}: are latitude and longitude right, and not swapped?"
                found.append((i, "latitude", what))
        return found

    def with_quarters(self, quarters: Iterable[Quarter]) -> Territory:
        """The same territory with parts of its zones as zones of their own.

        A quarter takes its residents from its zone, with that zone's ages (whole residents by largest remainder), and
        area in proportion; its travel starts from its own position. What the zone keeps stays at the zone's position.

        Parameters
        ----------
        quarters : iterable of Quarter
            In any order: it changes nothing.

        Raises
        ------
        TerritoryError
            With everything that is wrong: an unknown zone, a code in use, more residents than there are, a position far
            from the zone; or where the territory has a travel table, which must come after its quarters.

        Examples
        --------
        >>> hilard = Quarter("53130-H", "Hilard", "53130", 4000, 48.077, -0.785)
        >>> Territory.from_communes(["53130"]).with_quarters([hilard]).population.sum(axis=1).tolist()
        [45400, 4000]
        """
        if self.edges is not None:
            raise TerritoryError(f"{self.name} has a travel table: name its quarters first, then add the table")
        ordered = sorted(quarters, key=lambda quarter: quarter.code)
        if problems := self.quarter_problems(ordered):
            raise TerritoryError(
                "\n".join(f"quarter {ordered[i].code!r}: {field}: {what}" for i, field, what in problems)
            )
        population, area = self.population.copy(), self.area_km2.copy()
        rows, areas, notes = [], [], list(self.notes)
        for quarter in ordered:
            zone = self.zone_index(quarter.of)
            here = population[zone]
            # no age gives more than the zone has of it: its part is rounded up at most
            rows.append(apportion([quarter.residents], [here / here.sum()])[0])
            areas.append(area[zone] * quarter.residents / here.sum())
            population[zone] -= rows[-1]
            area[zone] -= areas[-1]
        for of in sorted({q.of for q in ordered}):
            parts = _listed([f"{q.name} ({q.code})" for q in ordered if q.of == of])
            whole = self.zone_names[self.zone_index(of)]
            notes.append(f"assumption (grade D): cut out of {whole} with its ages and its density: {parts}")
        codes = np.array([*self.zones, *(q.code for q in ordered)])
        order = np.argsort(codes)

        def joined(own: Iterable[Any], new: Iterable[Any]) -> tuple[Any, ...]:
            both = (*own, *new)
            return tuple(both[i] for i in order)

        return replace(
            self,
            zones=joined(self.zones, (q.code for q in ordered)),
            zone_names=joined(self.zone_names, (q.name for q in ordered)),
            departements=joined(self.departements, (self.departements[self.zone_index(q.of)] for q in ordered)),
            population=np.array(joined(population, rows)),
            area_km2=np.array(joined(area, areas)),
            longitude=np.array(joined(self.longitude, (q.longitude for q in ordered))),
            latitude=np.array(joined(self.latitude, (q.latitude for q in ordered))),
            notes=tuple(notes),
        )

    def without(self, codes: Iterable[str]) -> Territory:
        """The same territory with some zones left out, e.g. the rest of a town of which only some quarters matter.

        Parameters
        ----------
        codes : iterable of str
            Zones, in any order.

        Raises
        ------
        TerritoryError
            If a zone is unknown, none is left, or the territory has a travel table, which must come afterwards.

        Examples
        --------
        >>> Territory.from_communes(["53130", "53140"]).without(["53130"]).zone_names
        ('Louverné',)
        """
        if self.edges is not None:
            raise TerritoryError(f"{self.name} has a travel table: leave zones out first, then add the table")
        gone = sorted({self.zone_index(code) for code in codes})
        if len(gone) == len(self.zones):
            raise TerritoryError(f"{self.name} without these zones has none left")
        keep = np.delete(np.arange(len(self.zones)), gone)
        names = _listed([f"{self.zone_names[i]} ({self.zones[i]})" for i in gone])
        return replace(
            self,
            zones=tuple(self.zones[i] for i in keep),
            zone_names=tuple(self.zone_names[i] for i in keep),
            departements=tuple(self.departements[i] for i in keep),
            population=self.population[keep],
            area_km2=self.area_km2[keep],
            longitude=self.longitude[keep],
            latitude=self.latitude[keep],
            notes=(*self.notes, f"left out, with {self.population[gone].sum()} residents: {names}"),
        )

    # -- Reading it --

    @property
    def adults(self) -> IntArray:
        """Residents aged 17 or over, shape (zones,)."""
        adults: IntArray = self.population[:, ADULT_AGE:].sum(axis=1)
        return adults

    @cached_property
    def _index(self) -> dict[str, int]:
        return {code: i for i, code in enumerate(self.zones)}

    def zone_index(self, code: str) -> int:
        """Row of a zone in all arrays.

        Raises
        ------
        TerritoryError
            If the territory has no such zone.

        Examples
        --------
        >>> Territory.from_communes(["53130", "53054"]).zone_index("53130")
        1
        """
        try:
            return self._index[code]
        except (KeyError, TypeError):
            pass
        if not isinstance(code, str):
            raise TerritoryError(f"zone {code!r} is not text: write it in quotes, with its leading zeros")
        folded = _folded(code)
        by_name = [zone for zone, name in zip(self.zones, self.zone_names, strict=True) if _folded(name) == folded]
        hint = f" (did you mean {by_name[0]!r}?)" if by_name else did_you_mean(code, self.zones)
        raise TerritoryError(f"{self.name} has no zone {code!r}{hint}")

    def to_frame(self) -> pd.DataFrame:
        """One row a zone: ``zone``, ``name``, ``departement``, ``residents``, ``adults``, ``area_km2``, ``longitude``,
        ``latitude``.

        Examples
        --------
        >>> Territory.from_communes(["53130"]).to_frame()[["zone", "residents"]].values.tolist()
        [['53130', 49400]]
        """
        return pd.DataFrame(
            {
                "zone": self.zones,
                "name": self.zone_names,
                "departement": self.departements,
                "residents": self.population.sum(axis=1),
                "adults": self.adults,
                "area_km2": self.area_km2,
                "longitude": self.longitude,
                "latitude": self.latitude,
            }
        )

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all that can change a result: not the name, nor the notes."""
        crow_fly = self.crow_fly
        head = {
            "zones": self.zones,
            "zone_names": self.zone_names,
            "departements": self.departements,
            "cutoff_minutes": float(self.cutoff_minutes),
            "crow_fly": [float(getattr(crow_fly, name)) for name in crow_fly.__dataclass_fields__],
            "edges": self.edges is not None,
        }
        sha = hashlib.sha256(json.dumps(head, sort_keys=True).encode())
        sha.update(self.population.astype("<i8").tobytes())
        for array in (self.area_km2, self.longitude, self.latitude):
            sha.update(array.astype("<f8").tobytes())
        if self.edges is not None:
            for part, kind in zip(self.edges, ("<i8", "<i8", "<f8"), strict=True):
                sha.update(part.astype(kind).tobytes())
        return sha.hexdigest()

    # -- Travel --

    def _travel_note(self) -> str:
        fly = self.crow_fly
        if self.edges is not None:
            linked = len(set(self.edges[0][self.edges[0] != self.edges[1]].tolist()))
            alone = len(self.zones) - linked
            lonely = f"; {alone} of {len(self.zones)} zones lead nowhere" if alone else ""
            return f"travel: the user's own table, shortest paths up to {self.cutoff_minutes:g} min{lonely}"
        return (
            f"travel: {fly.start_minutes:g} + {fly.minutes_per_km:g} min per crow-fly km between town halls, up to "
            f"{self.cutoff_minutes:g} min (grade B: fitted on Metric for Gironde; blind to water, relief and traffic), "
            f"within a zone from its area, at most {fly.within_max_minutes:g} min (grade D)"
        )

    @cached_property
    def minutes_within(self) -> FloatArray:
        """Travel minutes within each zone, shape (zones,)."""
        minutes = self.crow_fly.minutes_within(self.area_km2)
        if self.edges is not None:
            origins, destinations, given = self.edges
            own = origins == destinations
            minutes[origins[own]] = given[own]
        return _sealed(minutes)

    def _default_edges(self) -> tuple[IntArray, IntArray, FloatArray]:
        """Crow-fly edges in both directions, without those that alone exceed the cut-off: no path can use them."""
        fly = self.crow_fly
        within_cutoff = max((self.cutoff_minutes - fly.start_minutes) / fly.minutes_per_km, 0.0)
        # A hair beyond, so that an edge of exactly the cut-off is kept and then judged in minutes.
        reach = min(fly.reach_km, within_cutoff * (1 + 1e-9) + 1e-9)
        origins, destinations, km = _near_pairs(self.longitude, self.latitude, reach)
        minutes = fly.start_minutes + fly.minutes_per_km * km
        keep = minutes <= self.cutoff_minutes
        return origins[keep], destinations[keep], minutes[keep]

    def travel_graph(self) -> Any:
        """The graph whose shortest paths are the travel minutes.

        Returns
        -------
        networkx.Graph
            Nodes are zone codes with ``within_minutes``; edges carry ``minutes``. A user's table gives a ``DiGraph``,
            since its two directions may differ. Default edges longer than the cut-off are left out.

        Examples
        --------
        >>> graph = Territory.from_communes(["53130", "53054"]).travel_graph()
        >>> round(graph["53130"]["53054"]["minutes"], 1)
        4.8
        """
        import networkx as nx

        graph: Any = nx.Graph() if self.edges is None else nx.DiGraph()
        for zone, minutes in zip(self.zones, self.minutes_within.tolist(), strict=True):
            graph.add_node(zone, within_minutes=minutes)
        origins, destinations, lengths = self._default_edges() if self.edges is None else self.edges
        keep = origins < destinations if self.edges is None else origins != destinations
        zones = self.zones
        graph.add_weighted_edges_from(
            (
                (zones[a], zones[b], m)
                for a, b, m in zip(
                    origins[keep].tolist(), destinations[keep].tolist(), lengths[keep].tolist(), strict=True
                )
            ),
            weight="minutes",
        )
        return graph

    def _shortest_paths(self) -> tuple[IntArray, IntArray, FloatArray]:
        """All pairs within the cut-off by Dijkstra's algorithm on the travel graph, each zone to itself left out."""
        import networkx as nx

        graph = self.travel_graph()
        index = self._index
        origins: list[int] = []
        destinations: list[int] = []
        minutes: list[float] = []
        for i, zone in enumerate(self.zones):
            lengths = nx.single_source_dijkstra_path_length(graph, zone, cutoff=self.cutoff_minutes, weight="minutes")
            del lengths[zone]
            origins += [i] * len(lengths)
            destinations += [index[other] for other in lengths]
            minutes += lengths.values()
        return np.array(origins, np.int64), np.array(destinations, np.int64), np.array(minutes, np.float64)

    @property
    def _direct_is_shortest(self) -> bool:
        """Whether the default edges are already the shortest paths.

        Distances on a sphere obey the triangle inequality, and each further edge adds the positive start: a detour is
        always longer than the direct edge, where there is one. Pairs beyond the reach have none, but any path between
        them takes more than the longest edge: within that cut-off it does not count either. A test compares the two.
        """
        return self.edges is None and self.cutoff_minutes <= self.crow_fly.minutes(self.crow_fly.reach_km)

    @cached_property
    def _travel(self) -> tuple[IntArray, IntArray, FloatArray]:
        n = len(self.zones)
        origins, destinations, minutes = self._default_edges() if self._direct_is_shortest else self._shortest_paths()
        everyone = np.arange(n, dtype=np.int64)
        origins = np.concatenate([origins, everyone])
        destinations = np.concatenate([destinations, everyone])
        minutes = np.concatenate([minutes, self.minutes_within])
        order = np.lexsort((destinations, origins))
        indptr = np.zeros(n + 1, dtype=np.int64)
        np.cumsum(np.bincount(origins, minlength=n), out=indptr[1:])
        return _sealed(indptr), _sealed(destinations[order]), _sealed(minutes[order])

    @property
    def travel_indptr(self) -> IntArray:
        """Where each origin's destinations start and end in `travel_indices`, shape (zones + 1,)."""
        return self._travel[0]

    @property
    def travel_indices(self) -> IntArray:
        """Destinations within the cut-off, row numbers of ``zones``, ascending for each origin, itself included."""
        return self._travel[1]

    @property
    def travel_minutes(self) -> FloatArray:
        """Minutes from origin to destination, in the order of `travel_indices`."""
        return self._travel[2]

    def travel_minutes_between(self, origin: str, destination: str) -> float:
        """Minutes from one zone to another; infinite beyond the cut-off.

        Raises
        ------
        TerritoryError
            If the territory has no such zone.

        Examples
        --------
        >>> Territory.from_communes(["53130", "13055"]).travel_minutes_between("53130", "13201")
        inf
        """
        i, j = self.zone_index(origin), self.zone_index(destination)
        indptr, indices, minutes = self._travel
        row = indices[indptr[i] : indptr[i + 1]]
        place = int(np.searchsorted(row, j))
        return float(minutes[indptr[i] + place]) if place < len(row) and row[place] == j else float("inf")


def _sealed(array: npt.NDArray[_T]) -> npt.NDArray[_T]:
    """The same array, read-only from now on."""
    array.flags.writeable = False
    return array
