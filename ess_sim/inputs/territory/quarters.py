"""Parts of a zone that become zones of their own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ess_sim.arguments import checked
from ess_sim.errors import TerritoryError
from ess_sim.inputs.territory.ages import ADULT_AGE, apportion
from ess_sim.inputs.territory.countries.members import parts_of_commune
from ess_sim.inputs.territory.pieces import Part, Pieces, listed, zone_row
from ess_sim.inputs.territory.roads.distances import crow_fly_km

__all__ = ["Quarter", "carved", "quarter_problems"]


@checked
@dataclass(frozen=True)
class Quarter:
    """A part of a zone that becomes a zone of its own.

    Attributes
    ----------
    code, name : str
        Code of the new zone, different from every other zone's, and its name.
    of : str
        Code or name of the zone that it is a part of.
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


def quarter_problems(whole: Pieces, quarters: Sequence[Quarter], reach_km: float) -> list[tuple[int, str, str]]:
    """What keeps these quarters from being carved out: place in the list, field and message of each fault.

    ``reach_km``: farther from the edge of its zone than this, a quarter's position is taken for a mistake.
    """
    found: list[tuple[int, str, str]] = []
    seen: set[str] = set()
    index = whole.rows
    left = dict(zip(whole.zones, whole.population.sum(axis=1).tolist(), strict=True))
    for i, quarter in enumerate(quarters):
        if quarter.code in index or quarter.code in seen:
            found.append((i, "code", f"there is already a zone {quarter.code!r} in {whole.name}"))
        seen.add(quarter.code)
        try:
            zone = zone_row(quarter.of, index, whole.zone_names, whole.name)
        except TerritoryError as error:
            parts = parts_of_commune(quarter.of)
            found.append((i, "of", f"{error}" + (f": its zones are {parts[0]} to {parts[-1]}" if parts else "")))
            continue
        name, of = whole.zone_names[zone], whole.zones[zone]
        if quarter.residents < 1:
            found.append((i, "residents", f"must be at least 1, not {quarter.residents}"))
        elif quarter.residents > left[of]:
            what = f"{quarter.residents} residents, but {name} has only {left[of]} outside other quarters"
            found.append((i, "residents", what))
        left[of] -= quarter.residents
        middle = float(whole.longitude[zone]), float(whole.latitude[zone])
        km = crow_fly_km(quarter.longitude, quarter.latitude, *middle)
        if not km <= reach_km + np.sqrt(whole.area_km2[zone]):
            what = f"{km:.0f} km from the middle of {name}: are latitude and longitude right, and not swapped?"
            found.append((i, "latitude", what))
    return found


def carved(whole: Pieces, quarters: Sequence[Quarter]) -> Pieces:
    """The pieces with quarters (sorted by code, without problems, of zones by code) as zones of their own."""
    index = whole.rows
    population, area = whole.population.copy(), whole.area_km2.copy()
    rows, areas, notes = [], [], list(whole.notes)
    for quarter in quarters:
        zone = index[quarter.of]
        here = population[zone]
        # no age gives more than the zone has of it: its part is rounded up at most
        rows.append(apportion([quarter.residents], [here / here.sum()])[0])
        areas.append(area[zone] * quarter.residents / here.sum())
        population[zone] -= rows[-1]
        area[zone] -= areas[-1]
    for of in sorted({q.of for q in quarters}):
        parts = listed([f"{q.name} ({q.code})" for q in quarters if q.of == of])
        notes.append(
            f"assumption (grade D): cut out of {whole.zone_names[index[of]]} with its ages and its density: {parts}"
        )
    cut = {part.zone: part for part in whole.parts}
    for quarter, row in zip(quarters, rows, strict=True):
        # of the commune, where the zone is itself a part of one
        commune = cut[quarter.of].of if quarter.of in cut else quarter.of
        kept = int(population[index[quarter.of], ADULT_AGE:].sum())
        cut[quarter.of] = Part(quarter.of, commune, kept)
        cut[quarter.code] = Part(quarter.code, commune, int(row[ADULT_AGE:].sum()))
    order = np.argsort(np.array([*whole.zones, *(q.code for q in quarters)]))

    def joined(own: Iterable[Any], new: Iterable[Any]) -> tuple[Any, ...]:
        both = (*own, *new)
        return tuple(both[i] for i in order)

    return Pieces(
        whole.name,
        zones=joined(whole.zones, (q.code for q in quarters)),
        zone_names=joined(whole.zone_names, (q.name for q in quarters)),
        departements=joined(whole.departements, (whole.departements[index[q.of]] for q in quarters)),
        population=np.array(joined(population, rows)),
        area_km2=np.array(joined(area, areas)),
        longitude=np.array(joined(whole.longitude, (q.longitude for q in quarters))),
        latitude=np.array(joined(whole.latitude, (q.latitude for q in quarters))),
        notes=tuple(notes),
        positions=whole.positions,
        parts=tuple(cut[code] for code in sorted(cut)),
        figures=whole.figures,
    )
