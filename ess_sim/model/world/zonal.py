"""Levers that are bent in each zone by a value of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import numpy as np
from numpy.typing import NDArray

from ess_sim.model.world.levers import Levers

__all__ = ["bend_each"]


@contextmanager
def bend_each(levers: Levers, **by_zone: NDArray[np.float64]) -> Iterator[None]:
    """Bends levers for as long as the block lasts, in each zone by the zone's value of an array of shape (zones,).

    Where all zones have the same, a lever is bent everywhere at once.

    Examples
    --------
    >>> levers = Levers()
    >>> with bend_each(levers, dare=np.array([0.1, 0.3])):
    ...     levers.at("dare", 0), levers.at("dare", 1)
    (0.1, 0.3)
    """
    with ExitStack() as bent:
        for name, values in by_zone.items():
            if (values == values[0]).all():
                bent.enter_context(levers.bend(zone=None, actor="", **{name: float(values[0])}))
                continue
            for zone, value in enumerate(values.tolist()):
                bent.enter_context(levers.bend(zone=zone, actor="", **{name: value}))
        yield
