"""The kernel compiled before it is needed."""

from __future__ import annotations

from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.model.residents.practice import Practice
from ess_sim.model.run.recorder import Recorder
from ess_sim.model.run.simulation import build_world

__all__ = ["compile_kernel"]


def compile_kernel() -> None:
    """Compiles the residents' kernel (some 30 seconds once a machine, then cached) by running a hamlet for a year."""
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
