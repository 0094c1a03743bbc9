"""Minutes between zones: crow-fly distances, edges, the graph of them, shortest paths.

Only this module knows networkx and scipy's graphs, and loads them when they are asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
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
    "distances_km",
    "graph_of_zones",
    "near_pairs",
    "never_overruled",
    "shortest_paths",
    "travel_note",
    "travel_rows",
]


Edges = tuple[IntArray, IntArray, FloatArray]
"""Origins and destinations (rows of zones), and minutes."""


EARTH_RADIUS_KM = 6371.0088
_BLOCK = 512
"""Origins whose paths are computed at once: a row of minutes to all zones each."""


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
    return float(distances_km(longitude, latitude, other_longitude, other_latitude))


def distances_km(
    longitude: npt.ArrayLike, latitude: npt.ArrayLike, other_longitude: npt.ArrayLike, other_latitude: npt.ArrayLike
) -> FloatArray:
    """Crow-fly distances of points, or of one point from others."""
    lam, phi, other_lam, other_phi = map(np.radians, (longitude, latitude, other_longitude, other_latitude))
    a = np.sin((other_phi - phi) / 2) ** 2 + np.cos(phi) * np.cos(other_phi) * np.sin((other_lam - lam) / 2) ** 2
    return _haversine_km(a)


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


def shortest_paths(zones: int, edges: Edges, cutoff_minutes: float) -> Edges:
    """All pairs within the cut-off by Dijkstra's algorithm on the edges, each zone to itself left out."""
    from scipy.sparse import csr_array  # type: ignore[import-untyped]
    from scipy.sparse.csgraph import dijkstra  # type: ignore[import-untyped]

    origins, destinations, lengths = edges
    keep = origins != destinations
    places = origins[keep].astype(np.int32), destinations[keep].astype(np.int32)  # older scipy takes no others
    graph = csr_array((lengths[keep], places), shape=(zones, zones))
    found: list[Edges] = []
    for start in range(0, zones, _BLOCK):
        some = np.arange(start, min(start + _BLOCK, zones))
        minutes = dijkstra(graph, indices=some, limit=cutoff_minutes)
        minutes[some - start, some] = np.inf
        rows, columns = np.nonzero(np.isfinite(minutes))
        found.append((some[rows], columns.astype(np.int64), minutes[rows, columns]))
    origins, destinations, lengths = (np.concatenate(part) for part in zip(*found, strict=True))
    return origins, destinations, lengths


def never_overruled(given: Edges, paths: Edges, cutoff_minutes: float) -> Edges:
    """The shortest paths, but between zones of an edge what that edge says: ways around are for the other pairs."""
    size = 1 + max(int(part.max(initial=0)) for edges in (given, paths) for part in edges[:2])
    other = ~np.isin(paths[0] * size + paths[1], given[0] * size + given[1])
    direct = (given[0] != given[1]) & (given[2] <= cutoff_minutes)
    origins, destinations, minutes = (np.concatenate([g[direct], p[other]]) for g, p in zip(given, paths, strict=True))
    return origins, destinations, minutes


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


def travel_note(zones: int, fly: CrowFly, cutoff_minutes: float, edges: Edges | None, places: str) -> str:
    """What a territory's notes say of its travel minutes; ``places``: what the zones' positions are."""
    if edges is not None:
        linked = len(set(edges[0][edges[0] != edges[1]].tolist()))
        alone = zones - linked
        lonely = f"; {alone} of {zones} zones lead nowhere" if alone else ""
        return f"travel: the user's own table, shortest paths up to {cutoff_minutes:g} min{lonely}"
    return (
        f"travel: {fly.start_minutes:g} + {fly.minutes_per_km:g} min per crow-fly km between {places}, up to "
        f"{cutoff_minutes:g} min (grade B: fitted on Metric for Gironde; blind to water, relief and traffic), "
        f"within a zone from its area, at most {fly.within_max_minutes:g} min (grade D)"
    )
