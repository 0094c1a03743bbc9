"""The bundled contours of communes: how the file holds them, and how one département is read.

``contours.npz`` has one array a département, so that a map of one need not decompress the others. It is a row of whole
numbers (int32), whose four planes of bytes lie one after the other, since the upper ones are nearly all 0: steps of a
degree (1,000, or 10,000 where neighbours match), numbers of communes and of rings; then columns, numbers and positions
as differences from the entry before: the communes' numbers within the département; of each ring what it begins (2: a
commune, 1: another polygon, 0: a hole), how many steps follow its first point, that point's longitude and latitude;
then the steps of all rings, first of the longitudes, then of the latitudes.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ess_sim.inputs.catalogue.bundled import data_path

__all__ = ["Polygons", "bundled_contours", "departement_of", "packed"]

Ring = NDArray[np.float64]
Polygons = list[list[Ring]]
"""Polygons of a zone: rings, outer first, closed, of shape (points, 2): longitude and latitude, degrees."""

_HOLE, _POLYGON, _COMMUNE = range(3)
_LETTERS = 5


def departement_of(code: str) -> str:
    """The département in a commune's code.

    >>> departement_of("97105"), departement_of("2A004")
    ('971', '2A')
    """
    return code[:3] if code.startswith("97") else code[:2]


def packed(shapes: Mapping[str, Sequence[Sequence[NDArray[np.int64]]]], scale: int) -> NDArray[np.uint8]:
    """The array of a département.

    Parameters
    ----------
    shapes : mapping of str to polygons
        By code, sorted, of one département: polygons → closed rings of shape (points, 2), in steps of a degree.
    scale : int
        Steps of a degree.
    """
    rings: list[NDArray[np.int64]] = []
    begins: list[int] = []
    for polygons in shapes.values():
        for i, polygon in enumerate(polygons):
            rings += polygon
            begins += [_POLYGON if i else _COMMUNE, *[_HOLE] * (len(polygon) - 1)]
    numbers = [int(code[len(departement_of(code)) :]) for code in shapes]
    steps = [np.diff(ring, axis=0)[:-1] for ring in rings]  # the last one leads back
    columns = [
        np.array([scale, len(shapes), len(rings)]),
        np.diff(numbers, prepend=0),
        np.array(begins),
        np.array([len(s) for s in steps]),
        *(np.diff([ring[0, axis] for ring in rings], prepend=0) for axis in (0, 1)),
        *(np.concatenate([s[:, axis] for s in steps]) for axis in (0, 1)),
    ]
    whole = np.concatenate(columns).astype("<i4")
    return np.ascontiguousarray(whole.view(np.uint8).reshape(-1, 4).T)


def _unpacked(departement: str, planes: NDArray[np.uint8]) -> dict[str, Polygons]:
    row = np.ascontiguousarray(planes.T).view("<i4").ravel().astype(np.int64)
    (scale, communes, rings), row = row[:3], row[3:]
    digits = _LETTERS - len(departement)
    codes = iter([f"{departement}{number:0{digits}d}" for number in np.cumsum(row[:communes])])
    begins, lengths, x, y = row[communes : communes + 4 * rings].reshape(4, rings)
    steps = row[communes + 4 * rings :].reshape(2, -1).T
    ends = np.cumsum(lengths)
    first = np.column_stack([np.cumsum(x), np.cumsum(y)])
    found: dict[str, Polygons] = {}
    for i, what in enumerate(begins):
        points = np.empty((lengths[i] + 2, 2))
        points[0] = points[-1] = first[i]
        points[1:-1] = first[i] + np.cumsum(steps[ends[i] - lengths[i] : ends[i]], axis=0)
        points /= scale
        points.setflags(write=False)
        if what == _COMMUNE:
            polygons = found[next(codes)] = []
        if what != _HOLE:
            polygons.append([])
        polygons[-1].append(points)
    return found


@functools.lru_cache(maxsize=32)
def bundled_contours(departement: str) -> Mapping[str, Polygons]:
    """Contours of a département's communes by code, read once; none for a code that is no département's."""
    with np.load(Path(str(data_path("contours.npz"))), allow_pickle=False) as file:
        return _unpacked(departement, file[departement]) if departement in file.files else {}
