"""Minutes between zones: edges, the graph of them, shortest paths.

Only this module knows networkx and scipy's graphs, and loads them when they are asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ess_sim.inputs.territory.roads.basis import formula_note
from ess_sim.inputs.territory.roads.crow_fly import CrowFly
from ess_sim.inputs.territory.roads.distances import FloatArray, IntArray, near_pairs
from ess_sim.inputs.territory.roads.islands import island_note, islands_of

__all__ = [
    "Edges",
    "default_edges",
    "direct_is_shortest",
    "graph_of_zones",
    "never_overruled",
    "shortest_paths",
    "travel_notes",
    "travel_rows",
]


Edges = tuple[IntArray, IntArray, FloatArray]
"""Origins and destinations (rows of zones), and minutes."""


_BLOCK = 512
"""Origins whose paths are computed at once: a row of minutes to all zones each."""


def default_edges(
    places: tuple[FloatArray, FloatArray],
    islands: Sequence[str],
    fly: CrowFly,
    pace: FloatArray,
    longest_minutes: float,
) -> Edges:
    """Crow-fly edges in both directions up to some minutes, none over water.

    ``places``: longitudes and latitudes; ``islands``: the island of each zone, '' for none; ``pace``: minutes per km of
    each zone, of which a pair takes the mean.
    """
    # A hair beyond, so that an edge of exactly the longest minutes is kept and then judged in minutes.
    reach = min(fly.reach_km, fly.km_within(longest_minutes, float(pace.min())) * (1 + 1e-9) + 1e-9)
    origins, destinations, km = near_pairs(*places, reach)
    minutes = fly.minutes_at(km, (pace[origins] + pace[destinations]) / 2)
    island = np.unique(np.asarray(islands), return_inverse=True)[1]
    keep = (minutes <= longest_minutes) & (island[origins] == island[destinations])
    return origins[keep], destinations[keep], minutes[keep]


def direct_is_shortest(fly: CrowFly, pace: FloatArray, cutoff_minutes: float) -> bool:
    """Whether no path through other zones can count within the cut-off: default edges are then all there is.

    Between zones nearer than the reach, the direct edge is what counts. Pairs beyond it have none, but any path between
    them has two edges or more, which add up to the reach at least; as the sum of two roots is never less than the root
    of the sum, it takes longer than the reach at the fastest pace with a start more. A test compares the two.
    """
    fastest = fly.minutes_at(np.array([fly.reach_km]), pace).min()
    return bool(cutoff_minutes < fly.start_minutes + fastest)


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
    """The shortest paths, but between zones of an edge what that edge says: ways around are for the other pairs.

    An edge longer than the cut-off says that the two are beyond it.
    """
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


def travel_notes(
    zones: Sequence[str],
    departements: Sequence[str],
    fly: CrowFly,
    cutoff_minutes: float,
    edges: Edges | None,
    places: str,
) -> tuple[str, ...]:
    """What a territory's notes say of its travel minutes; ``places``: what the zones' positions are."""
    if edges is not None:
        alone = len(zones) - len(set(edges[0][edges[0] != edges[1]].tolist()))
        lonely = f"; {alone} of {len(zones)} zones lead nowhere" if alone else ""
        said = [f"the user's own table, shortest paths up to {cutoff_minutes:g} min{lonely}"]
    else:
        said = [
            formula_note(fly, departements, cutoff_minutes, places),
            island_note(islands_of(zones, departements)),
        ]
    return tuple(f"travel: {text}" for text in said if text)
