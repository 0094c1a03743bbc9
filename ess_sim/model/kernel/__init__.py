"""The residents' dynamics, compiled: an exact next-event simulation between two actor events.

Arrays in, counts and flows out; no Python object and no file. The rules, by number, are those of ``docs/model.md``. All
residents' events form one continuous-time Markov chain: the kernel holds the absolute time of the next *candidate*
event, drawn from an upper bound of the total rate, and thins it by the true rate of the resident it falls on. The
bound is a pure function of integer counts and fixed parameters, so that it has no memory of the order of events. An
actor who interrupts and changes nothing leaves the pending time untouched; otherwise its remainder is rescaled, which
is exact because an exponential waiting time has no memory.

Most of the time is spent waiting for memory, so a resident is small: a byte in ``b``, which most candidate events
need alone, her MT or state in ``mt``, and a row of ``res``, four to a cache line. Residents on whom an event of their
own may fall (those without MT, those with a far MT, the oldest) stand on swap-remove lists; everyone else is met by
drawing a row. Residents without MT stand on their list with their cell and pool, so that an event that leaves them as
they are, as most do, needs nothing else of them. What decides on a candidate event is drawn a few events ahead
(`draw_ahead`): its waiting time, its family, and its place among them, which changes of counts hardly move, so that
whom it falls on is prefetched in time (`see`).

No event and no act of an actor looks through all residents, providers or zones, so that cost grows as the territory
does. A caller finds those with room within reach by the sparse rows of the travel table: providers stand by zone, those
with room first (`change_room`), and each zone knows the places of lists in the news (`hear`). One who calls blindly
draws a zone from a table in which a bound stands for what its providers weigh (`weigh_appeal`): most openings and
closures leave the tables of all zones around as they are. Who is on a list is
written down as residents join (`note_joined`); leaving costs nothing, as ``mt`` says who is still there. Residents
listed in the territory stand by home zone, too (`settle`), so that one of them can be drawn (`reach_17`). Where a table
that is divided among zones or providers has no room left, it is divided anew, by one look at everybody.

No other folder knows numba. Outside this folder all of its names are taken from here, as in
``from ess_sim.model import kernel as k``.
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
