"""Minutes between zones: crow-fly distances, edges, the graph of them, shortest paths.

Only this module knows networkx, and loads it when a graph is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ess_sim.arguments import checked
from ess_sim.errors import TerritoryError
from ess_sim.inputs.territory.ages import FloatArray, IntArray

__all__ = [
    "CrowFly",
    "Edges",
    "crow_fly_km",
    "default_edges",
    "graph_of_zones",
    "near_pairs",
    "shortest_paths",
    "travel_note",
    "travel_rows",
]


Edges = tuple[IntArray, IntArray, FloatArray]
"""Origins and destinations (rows of zones), and minutes."""


EARTH_RADIUS_KM = 6371.0088


@checked
@dataclass(frozen=True)
class CrowFly:
    """Minutes by car from crow-fly kilometres: ``start_minutes + minutes_per_km × km``.

    The defaults were fitted on travel times of INSEE's Metric for Gironde (grade B); they ignore rivers and straits.

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

    @checked
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


def crow_fly_km(longitude: float, latitude: float, other_longitude: float, other_latitude: float) -> float:
    """Crow-fly distance of two points."""
    lam, phi, other_lam, other_phi = np.radians([longitude, latitude, other_longitude, other_latitude])
    a = np.sin((other_phi - phi) / 2) ** 2 + np.cos(phi) * np.cos(other_phi) * np.sin((other_lam - lam) / 2) ** 2
    return float(_haversine_km(a))


def near_pairs(longitude: FloatArray, latitude: FloatArray, reach_km: float) -> tuple[IntArray, IntArray, FloatArray]:
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


def default_edges(longitude: FloatArray, latitude: FloatArray, fly: CrowFly, cutoff_minutes: float) -> Edges:
    """Crow-fly edges in both directions, without those that alone exceed the cut-off: no path can use them."""
    within_cutoff = max((cutoff_minutes - fly.start_minutes) / fly.minutes_per_km, 0.0)
    # A hair beyond, so that an edge of exactly the cut-off is kept and then judged in minutes.
    reach = min(fly.reach_km, within_cutoff * (1 + 1e-9) + 1e-9)
    origins, destinations, km = near_pairs(longitude, latitude, reach)
    minutes = fly.start_minutes + fly.minutes_per_km * km
    keep = minutes <= cutoff_minutes
    return origins[keep], destinations[keep], minutes[keep]


def graph_of_zones(zones: Sequence[str], within: FloatArray, edges: Edges, *, directed: bool) -> Any:
    """The networkx graph of the edges, weighted by ``minutes``; undirected, where both directions are the same."""
    import networkx as nx

    graph: Any = nx.DiGraph() if directed else nx.Graph()
    for zone, minutes in zip(zones, within.tolist(), strict=True):
        graph.add_node(zone, within_minutes=minutes)
    origins, destinations, lengths = edges
    keep = origins != destinations if directed else origins < destinations
    rows = zip(origins[keep].tolist(), destinations[keep].tolist(), lengths[keep].tolist(), strict=True)
    graph.add_weighted_edges_from(((zones[a], zones[b], m) for a, b, m in rows), weight="minutes")
    return graph


def shortest_paths(graph: Any, index: Mapping[str, int], cutoff_minutes: float) -> Edges:
    """All pairs within the cut-off by Dijkstra's algorithm on the travel graph, each zone to itself left out."""
    import networkx as nx

    origins: list[int] = []
    destinations: list[int] = []
    minutes: list[float] = []
    for zone, i in index.items():
        lengths = nx.single_source_dijkstra_path_length(graph, zone, cutoff=cutoff_minutes, weight="minutes")
        del lengths[zone]
        origins += [i] * len(lengths)
        destinations += [index[other] for other in lengths]
        minutes += lengths.values()
    return np.array(origins, np.int64), np.array(destinations, np.int64), np.array(minutes, np.float64)


def travel_rows(edges: Edges, within: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Sparse rows of the travel table: where each origin's destinations start, destinations (ascending), minutes."""
    n = len(within)
    itself = np.arange(n, dtype=np.int64)
    origins = np.concatenate([edges[0], itself])
    destinations = np.concatenate([edges[1], itself])
    minutes = np.concatenate([edges[2], within])
    order = np.lexsort((destinations, origins))
    indptr = np.zeros(n + 1, dtype=np.int64)
    np.cumsum(np.bincount(origins, minlength=n), out=indptr[1:])
    return indptr, destinations[order], minutes[order]


def travel_note(zones: int, fly: CrowFly, cutoff_minutes: float, edges: Edges | None) -> str:
    """What a territory's notes say of its travel minutes."""
    if edges is not None:
        linked = len(set(edges[0][edges[0] != edges[1]].tolist()))
        alone = zones - linked
        lonely = f"; {alone} of {zones} zones lead nowhere" if alone else ""
        return f"travel: the user's own table, shortest paths up to {cutoff_minutes:g} min{lonely}"
    return (
        f"travel: {fly.start_minutes:g} + {fly.minutes_per_km:g} min per crow-fly km between town halls, up to "
        f"{cutoff_minutes:g} min (grade B: fitted on Metric for Gironde; blind to water, relief and traffic), "
        f"within a zone from its area, at most {fly.within_max_minutes:g} min (grade D)"
    )
