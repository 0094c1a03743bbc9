"""Who practises around the territory."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ess_sim.model.world.roster import Roster

__all__ = ["Halo"]


@dataclass(eq=False)
class Halo:
    """The list-holding GPs of the halo, whom no policy of the territory reaches and no table names.

    Attributes
    ----------
    log_adults : float array, shape (zones of the halo,)
        Logarithm of the adults of day 0; −inf where there is none.
    gps : Roster
        In practice.
    usual_capacity : float array, shape (zones of the halo,)
        Of day 0: what newcomers measure their target by.
    """

    log_adults: NDArray[np.float64]
    gps: Roster
    usual_capacity: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
