"""Residents' cells, zone × age band × ALD × precarious: how they are numbered.

The one place that knows the layout: the kernel, the residents and the tables all take it from here.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from numpy.typing import NDArray

from ess_sim.results.tables.names import AGE_BANDS

__all__ = ["ALD_STEP", "BAND_STEP", "N_BANDS", "PRECARIOUS_STEP", "ZONE_STEP", "Parts", "pack", "unpack", "view"]


N_BANDS = len(AGE_BANDS)
PRECARIOUS_STEP = 1
ALD_STEP = 2 * PRECARIOUS_STEP
BAND_STEP = 2 * ALD_STEP
ZONE_STEP = N_BANDS * BAND_STEP
"""By how much the numbers of neighbouring cells differ; ZONE_STEP is the number of cells of a zone.

ALD and precarious are the two lowest bits of a number: the kernel reads them so, and `codes` makes sure of it.
"""


class Parts(NamedTuple):
    """What a cell stands for: indices of the zone and the age band, and 0 or 1 for ALD and precarious."""

    zone: Any
    band: Any
    ald: Any
    precarious: Any


def pack(zone: Any, band: Any, ald: Any, precarious: Any) -> Any:
    """Numbers of cells, from whole numbers or arrays of them. The kernel compiles this function too.

    >>> pack(1, 0, 1, 0)
    22
    """
    return zone * ZONE_STEP + band * BAND_STEP + ald * ALD_STEP + precarious * PRECARIOUS_STEP


def unpack(cell: Any) -> Parts:
    """What cells stand for, of one number or an array of them.

    >>> unpack(22)
    Parts(zone=1, band=0, ald=1, precarious=0)
    """
    return Parts(cell // ZONE_STEP, cell // BAND_STEP % N_BANDS, cell // ALD_STEP % 2, cell // PRECARIOUS_STEP % 2)


def view(counts: NDArray[Any], axis: int = 0) -> NDArray[Any]:
    """An array with an axis of cells, with four axes in its place: zone, age band, ALD, precarious.

    >>> import numpy as np
    >>> view(np.arange(40).reshape(40, 1)).shape
    (2, 5, 2, 2, 1)
    """
    before, after = counts.shape[:axis], counts.shape[axis + 1 :]
    return counts.reshape(*before, counts.shape[axis] // ZONE_STEP, N_BANDS, 2, 2, *after)
