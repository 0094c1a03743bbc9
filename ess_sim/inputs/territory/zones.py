"""Zones with residents and travel minutes: what can be read of a territory, however it was made."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from ess_sim.errors import TerritoryError
from ess_sim.inputs.catalogue.figure import Figure
from ess_sim.inputs.notebooks.cards import Table, card
from ess_sim.inputs.notebooks.pictures import places
from ess_sim.inputs.territory.ages import ADULT_AGE, FloatArray, IntArray
from ess_sim.inputs.territory.pieces import Part, Pieces, check_pieces, joined, sealed, zone_row
from ess_sim.inputs.territory.roads.basis import TRAVEL, travel_figures
from ess_sim.inputs.territory.roads.crow_fly import CrowFly
from ess_sim.inputs.territory.roads.distances import distances_km
from ess_sim.inputs.territory.roads.islands import islands_of
from ess_sim.inputs.territory.travel import (
    Edges,
    default_edges,
    direct_is_shortest,
    graph_of_zones,
    never_overruled,
    shortest_paths,
    travel_notes,
    travel_rows,
)

__all__ = ["Zones"]


_SHOWN = 8
"""The largest zones that notebooks show."""


@dataclass(frozen=True, eq=False, repr=False)
class Zones:
    """The fields of a `Territory`, and what is read from them. Arrays are copied and read-only."""

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
    cutoff_minutes: float = 30.0
    crow_fly: CrowFly = CrowFly()  # noqa: RUF009 - frozen
    edges: Edges | None = None
    halo: Zones | None = None

    def __post_init__(self) -> None:
        self._check()
        if not self.cutoff_minutes > 0 or not np.isfinite(float(self.cutoff_minutes)):
            raise TerritoryError(f"cutoff_minutes must be positive, not {self.cutoff_minutes!r}")
        # Copies: the arrays that were given may be changed afterwards.
        self._set("population", sealed(np.array(self.population, dtype=np.int64)))
        for name in ("area_km2", "longitude", "latitude"):
            self._set(name, sealed(np.array(getattr(self, name), dtype=np.float64)))
        if self.edges is not None:
            origins, destinations, minutes = self.edges
            order = np.lexsort((destinations, origins))
            parts = (np.asarray(origins, np.int64), np.asarray(destinations, np.int64), np.asarray(minutes, np.float64))
            self._set("edges", tuple(sealed(part[order]) for part in parts))
        travel = travel_notes(
            self.zones, self.departements, self.crow_fly, self.cutoff_minutes, self.edges, self.positions
        )
        self._set("notes", (*(t for t in self.notes if not t.startswith("travel: ")), *travel))
        pairs = None if self.edges is None else len(self.edges[0])
        figures = travel_figures(self.crow_fly, self.departements, self.population.sum(axis=1), pairs)
        self._set("figures", (*(f for f in self.figures if f.key != TRAVEL), *figures))

    def _check(self) -> None:
        check_pieces(self.pieces)
        if self.halo is not None and self.edges is not None:
            raise TerritoryError(f"{self.name} has a halo, whose zones no travel table of the territory's can reach")
        if self.halo is not None and (both := sorted({*self.zones} & {*self.halo.zones})):
            raise TerritoryError(f"zone {both[0]!r} is in the territory and in its halo")

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
        around = "" if self.halo is None else f", {len(self.halo.zones)} zones around it"
        return f"Territory({self.name!r}: {zones}, {residents} residents, {adults} aged {ADULT_AGE}+{around})"

    def _repr_html_(self) -> str:
        """What notebooks show: the largest zones, and where all of them lie."""
        residents, adults = self.population.sum(axis=1), self.adults
        largest = np.argsort(-residents, kind="stable")[:_SHOWN].tolist()
        rows = [(self.zones[i], self.zone_names[i], int(residents[i]), int(adults[i])) for i in largest]
        facts = {"zones": len(rows) if len(rows) == len(self.zones) else f"{len(self.zones)}, of which the largest:"}
        facts |= {"residents": int(residents.sum()), f"aged {ADULT_AGE} or over": int(adults.sum())}
        if self.halo is not None:
            facts["zones around it"] = len(self.halo.zones)
        columns = ["zone", "name", "residents", f"aged {ADULT_AGE}+"]
        return card(
            self.name,
            facts,
            [Table(columns, rows)],
            places(self.longitude.tolist(), self.latitude.tolist(), residents.tolist()),
        )

    @property
    def pieces(self) -> Pieces:
        """All but travel."""
        return Pieces(*(getattr(self, name) for name in Pieces._fields))

    @cached_property
    def whole(self) -> Zones:
        """The territory and its halo as one: its own zones first, then the halo's. Itself where it has no halo."""
        if self.halo is None:
            return self
        both = joined(self.pieces, self.halo.pieces)
        return _Whole(*both, cutoff_minutes=self.cutoff_minutes, crow_fly=self.crow_fly)

    @property
    def adults(self) -> IntArray:
        """Residents aged 17 or over, shape (zones,)."""
        adults: IntArray = self.population[:, ADULT_AGE:].sum(axis=1)
        return adults

    @cached_property
    def _index(self) -> dict[str, int]:
        return {code: i for i, code in enumerate(self.zones)}

    def zone_index(self, code: str) -> int:
        """Row of a zone, by its code or name, in all arrays.

        Raises
        ------
        TerritoryError
            If the territory has no such zone, or several of this name.

        Examples
        --------
        >>> from ess_sim import Territory
        >>> Territory.from_communes(["53130", "53054"]).zone_index("53130")
        1
        """
        return zone_row(code, self._index, self.zone_names, self.name)

    def to_frame(self) -> pd.DataFrame:
        """One row a zone.

        Its columns: ``zone``, ``name``, ``departement``, ``residents``, ``adults``, ``area_km2``, ``longitude``,
        ``latitude``.

        Examples
        --------
        >>> from ess_sim import Territory
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
        """SHA-256 of all that can change a result: not the name, notes and figures."""
        head = {
            "zones": self.zones,
            "zone_names": self.zone_names,
            "departements": self.departements,
            "cutoff_minutes": float(self.cutoff_minutes),
            "crow_fly": self.crow_fly.values,
            "islands": self._islands,
            "edges": self.edges is not None,
        }
        if self.halo is not None:
            head["halo"] = self.halo.digest
        if self.parts:  # of how many GPs a commune has, its parts have theirs
            head["parts"] = self.parts
        sha = hashlib.sha256(json.dumps(head, sort_keys=True).encode())
        sha.update(self.population.astype("<i8").tobytes())
        for array in (self.area_km2, self.longitude, self.latitude, self._pace):
            sha.update(array.astype("<f8").tobytes())
        if self.edges is not None:
            for part, kind in zip(self.edges, ("<i8", "<i8", "<f8"), strict=True):
                sha.update(part.astype(kind).tobytes())
        return sha.hexdigest()

    @cached_property
    def minutes_within(self) -> FloatArray:
        """Travel minutes within each zone, shape (zones,)."""
        minutes = self.crow_fly.minutes_within(self.area_km2, self._pace)
        if self.edges is not None:
            origins, destinations, given = self.edges
            own = origins == destinations
            minutes[origins[own]] = given[own]
        return sealed(minutes)

    @cached_property
    def _pace(self) -> FloatArray:
        """Minutes per km of each zone."""
        return sealed(self.crow_fly.paces(self.departements))

    @cached_property
    def _islands(self) -> tuple[str, ...]:
        return islands_of(self.zones, self.departements)

    def _crow_fly_minutes(self, origins: IntArray, destinations: IntArray) -> FloatArray:
        """Crow-fly minutes between rows of zones."""
        ends = (array[rows] for rows in (origins, destinations) for array in (self.longitude, self.latitude))
        pace = (self._pace[origins] + self._pace[destinations]) / 2
        return self.crow_fly.minutes_at(distances_km(*ends), pace)

    def _default_edges(self, longest_minutes: float) -> Edges:
        places = self.longitude, self.latitude
        return default_edges(places, self._islands, self.crow_fly, self._pace, longest_minutes)

    def travel_graph(self) -> Any:
        """The graph whose shortest paths are the travel minutes; between zones of an edge, that edge is.

        Zones nearer than the formula's reach have no other way than their edge, which is left out where it is longer
        than the cut-off.

        Returns
        -------
        networkx.Graph
            Nodes are zone codes with ``within_minutes``; edges carry ``minutes``. A user's table gives a ``DiGraph``,
            since its two directions may differ.

        Examples
        --------
        >>> from ess_sim import Territory
        >>> graph = Territory.from_communes(["53130", "53054"]).travel_graph()
        >>> round(graph["53130"]["53054"]["minutes"], 1)
        6.0
        """
        edges = self._default_edges(self.cutoff_minutes) if self.edges is None else self.edges
        return graph_of_zones(self.zones, self.minutes_within, edges, directed=self.edges is not None)

    def _shortest_paths(self) -> Edges:
        # all edges within the reach: one beyond the cut-off keeps ways around from taking its place
        edges = self._default_edges(math.inf) if self.edges is None else self.edges
        paths = shortest_paths(len(self.zones), edges, self.cutoff_minutes)
        return never_overruled(edges, paths, self.cutoff_minutes)

    @property
    def _direct_is_shortest(self) -> bool:
        return self.edges is None and direct_is_shortest(self.crow_fly, self._pace, self.cutoff_minutes)

    @cached_property
    def _travel(self) -> tuple[IntArray, IntArray, FloatArray]:
        edges = self._default_edges(self.cutoff_minutes) if self._direct_is_shortest else self._shortest_paths()
        indptr, indices, minutes = travel_rows(edges, self.minutes_within)
        return sealed(indptr), sealed(indices), sealed(minutes)

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
        """Minutes from one zone to another, by code or name; infinite beyond the cut-off.

        Raises
        ------
        TerritoryError
            If the territory has no such zone, or several of this name.

        Examples
        --------
        >>> from ess_sim import Territory
        >>> Territory.from_communes(["53130", "13055"]).travel_minutes_between("53130", "13201")
        inf
        """
        i, j = self.zone_index(origin), self.zone_index(destination)
        indptr, indices, minutes = self._travel
        row = indices[indptr[i] : indptr[i + 1]]
        place = int(np.searchsorted(row, j))
        return float(minutes[indptr[i] + place]) if place < len(row) and row[place] == j else float("inf")


class _Whole(Zones):
    """Zones of a territory, then those of its halo: each part is in order, the two together are not."""

    def _check(self) -> None:
        pass
