"""What a territory is made of before travel: zones, residents, positions, and notes on what is assumed."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from ess_sim.errors import TerritoryError, did_you_mean
from ess_sim.inputs.catalogue.figure import Figure
from ess_sim.inputs.territory.ages import AGES, FloatArray, IntArray
from ess_sim.inputs.territory.countries.codes import folded_name, hint_of_code, names_of_kind

__all__ = [
    "Part",
    "Pieces",
    "check_pieces",
    "in_order",
    "joined",
    "listed",
    "sealed",
    "some_zones",
    "without_zones",
    "zone_row",
]


_T = TypeVar("_T", bound=np.generic)
_MAX_NAMES = 6


class Part(NamedTuple):
    """A zone that was cut out of a commune, or what the commune kept: its code, the commune's, and its adults."""

    zone: str
    of: str
    adults: int


class Pieces(NamedTuple):
    """The first fields of a `Territory`, in its order: every constructor returns them.

    ``figures`` are about the territory as it was named: zones that are left out afterwards still count in them.
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
    positions: str = "town halls"
    figures: tuple[Figure, ...] = ()
    parts: tuple[Part, ...] = ()

    @property
    def rows(self) -> dict[str, int]:
        """Row of each zone."""
        return {code: i for i, code in enumerate(self.zones)}


def check_pieces(pieces: Pieces) -> None:
    """Raise `TerritoryError` where the pieces do not fit together."""
    n = len(pieces.zones)
    if n == 0:
        raise TerritoryError(f"territory {pieces.name!r} has no zones")
    if list(pieces.zones) != sorted(set(pieces.zones)):
        raise TerritoryError("zones must be sorted and different from each other")
    if len(pieces.zone_names) != n or len(pieces.departements) != n:
        raise TerritoryError(f"zone_names and departements must have one value for each of the {n} zones")
    if unknown := sorted({*pieces.departements} - {"", *names_of_kind("departement")}):
        raise TerritoryError(f"no département {unknown[0]!r}{hint_of_code(unknown[0], 'departement')}")
    population = np.asarray(pieces.population)
    if population.shape != (n, AGES) or (population < 0).any():
        raise TerritoryError(f"population must have {n} rows of {AGES} ages, none negative")
    if not np.issubdtype(population.dtype, np.integer):
        raise TerritoryError("population must be whole numbers")
    for name in ("area_km2", "longitude", "latitude"):
        if np.shape(getattr(pieces, name)) != (n,) or not np.isfinite(getattr(pieces, name)).all():
            raise TerritoryError(f"{name} must have one number for each of the {n} zones")


def sealed(array: npt.NDArray[_T]) -> npt.NDArray[_T]:
    """The same array, read-only from now on."""
    array.flags.writeable = False
    return array


def listed(names: Sequence[str]) -> str:
    """A few names in full, of many the first ones and a count."""
    if len(names) <= _MAX_NAMES:
        return ", ".join(names)
    return f"{', '.join(names[:_MAX_NAMES])} and {len(names) - _MAX_NAMES} more"


def zone_row(code: str, index: Mapping[str, int], zone_names: Sequence[str], territory: str) -> int:
    """Row of a zone, by its code or name; ``index`` holds the row of each, in the order of ``zone_names``.

    Raises
    ------
    TerritoryError
        If the territory has no such zone, with the nearest one; or several of this name, with their codes.
    """
    if not isinstance(code, str):
        raise TerritoryError(f"zone {code!r} is not text: write it in quotes, with its leading zeros")
    if code in index:
        return index[code]
    folded = folded_name(code)
    by_name = [zone for zone, name in zip(index, zone_names, strict=True) if folded and folded_name(name) == folded]
    if len(by_name) == 1:
        return index[by_name[0]]
    hint = f": it names {listed(by_name)}: give the code" if by_name else did_you_mean(code, tuple(index))
    if not hint and (near := difflib.get_close_matches(folded, map(folded_name, zone_names[:5_000]), n=1, cutoff=0.75)):
        row = [folded_name(name) for name in zone_names].index(near[0])
        hint = f" (did you mean {tuple(index)[row]!r}, {zone_names[row]}?)"
    raise TerritoryError(f"{territory} has no zone {code!r}{hint}")


def some_zones(whole: Pieces, rows: Sequence[int] | IntArray) -> Pieces:
    """The pieces of the zones in some rows, in the order of these."""
    return whole._replace(
        zones=tuple(whole.zones[i] for i in rows),
        zone_names=tuple(whole.zone_names[i] for i in rows),
        departements=tuple(whole.departements[i] for i in rows),
        population=whole.population[rows],
        area_km2=whole.area_km2[rows],
        longitude=whole.longitude[rows],
        latitude=whole.latitude[rows],
    )


def in_order(pieces: Pieces) -> Pieces:
    """The same pieces, sorted by the zones' codes."""
    return some_zones(pieces, sorted(range(len(pieces.zones)), key=pieces.zones.__getitem__))


def joined(first: Pieces, second: Pieces) -> Pieces:
    """The pieces of the first zones, followed by those of the second; name and notes are those of the first."""
    return first._replace(
        zones=first.zones + second.zones,
        zone_names=first.zone_names + second.zone_names,
        departements=first.departements + second.departements,
        population=np.concatenate([first.population, second.population]),
        area_km2=np.concatenate([first.area_km2, second.area_km2]),
        longitude=np.concatenate([first.longitude, second.longitude]),
        latitude=np.concatenate([first.latitude, second.latitude]),
    )


def without_zones(whole: Pieces, gone: Sequence[int]) -> Pieces:
    """The pieces of all zones but those in some rows."""
    if len(gone) == len(whole.zones):
        raise TerritoryError(f"{whole.name} without these zones has none left")
    keep = np.delete(np.arange(len(whole.zones)), gone)
    names = listed([f"{whole.zone_names[i]} ({whole.zones[i]})" for i in gone])
    # parts left out stay: the others keep their part of the whole
    left = f"left out, with {whole.population[gone].sum()} residents: {names}"
    return some_zones(whole, keep)._replace(notes=(*whole.notes, left))
