"""The kernel compiled before it is needed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.model.kernel.compiled import is_cached, watch
from ess_sim.model.residents.practice import Practice
from ess_sim.model.run.recorder import Recorder
from ess_sim.model.run.simulation import build_world

__all__ = ["compile_kernel", "load_kernel"]


def compile_kernel(say: Callable[[str], None] = lambda _: None) -> None:
    """Compiles the residents' kernel, once a machine if the machine code can be kept, by running a hamlet for a year.

    Parameters
    ----------
    say : function of a text, optional
        Called with a few words before each function that is compiled; never if all machine code is there.
    """
    kept = "once" if is_cached() else "each process anew: no folder can be written, set NUMBA_CACHE_DIR to one"
    with watch(
        lambda n, all_: say(f"compiling the kernel ({kept}): function {n} of {all_}"),
        lambda: say("waiting for the kernel, which another process is compiling"),
    ):
        _run_hamlet()


class _MissingError(Exception):
    """Machine code is not there yet."""


def load_kernel() -> None:
    """Loads the kernel's machine code, where it is kept; nothing is compiled."""

    def missing(*_: object) -> None:
        raise _MissingError

    if is_cached():
        with suppress(_MissingError), watch(missing, lambda: None):
            _run_hamlet()


def _run_hamlet() -> None:
    unsourced = {"source": "none", "grade": "D"}
    hamlet = Scenario(
        name="hamlet",
        start="2020-01-01",
        horizon_years=1,
        territory={"communes": ["53034", "53054"]},
        supply={
            "list_holding_gps": [{"zones": "remainder", "count": 2, **unsourced}],
            "interns_per_semester": {"count": 1, **unsourced},
        },
    )
    world = build_world(hamlet, seed=0, replication=0)
    recorder = Recorder(world)
    world.begin(recorder.new_years())
    world.begin(recorder.record())
    with world.levers.bend(call_ratio=0.0):
        world.run()
    # what the year did not call for
    first, second = list(world.gps.values())
    residents, today = world.residents, world.today
    residents.hand_over(today, first.slot, 0.1, [(second.slot, 1e6)])
    residents.close(today, first.slot)
    residents.open(today, Practice(zone=0, target=1.0, news_per_year=1.0))
    residents.accompany(today, n=1)
    residents.share_without_mt(today)
    residents.by_mt()
    residents.check()
