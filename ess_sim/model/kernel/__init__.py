"""Residents' events, compiled: arrays in, counts and flows out; the only place that knows numba.

Outside this folder all of its names are taken from here (``from ess_sim.model import kernel as k``).
"""

from ess_sim.model.kernel.actors import *  # noqa: F403 - the folder's public names, all of them
from ess_sim.model.kernel.arena import *  # noqa: F403 - the folder's public names, all of them
from ess_sim.model.kernel.calls import *  # noqa: F403 - the folder's public names, all of them
from ess_sim.model.kernel.codes import *  # noqa: F403 - the folder's public names, all of them
from ess_sim.model.kernel.counts import *  # noqa: F403 - the folder's public names, all of them
from ess_sim.model.kernel.draws import *  # noqa: F403 - the folder's public names, all of them
from ess_sim.model.kernel.events import *  # noqa: F403 - the folder's public names, all of them
from ess_sim.model.kernel.moves import *  # noqa: F403 - the folder's public names, all of them
from ess_sim.model.kernel.supply import *  # noqa: F403 - the folder's public names, all of them
