"""What lies around a territory, and how much of it matters: runs with halos of several widths.

``python -m validation.borders [REPLICATIONS] [TERRITORY …]`` prints what a halo changes in the share without MT and in
the effect of an SMP, from which the advice of ``docs/limits.md`` (8) was taken (30 replications; 10 of
Plaine Commune). Scenarios give nothing but the territory: all figures are those
of the data. Runs of one replication are paired.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ess_sim import Scenario, read_scenario, simulate
from ess_sim.clock import Phase
from ess_sim.inputs.catalogue.bundled import scenarios_dir
from ess_sim.model import kernel as k
from ess_sim.model.policies.base import Policy
from ess_sim.model.run.prepare import prepare
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.world import World
from ess_sim.results.run import Run

__all__ = ["MINUTES", "PLACES", "Outcome", "outcomes"]


PLACES: Mapping[str, Mapping[str, Any]] = {
    "Louverné": {"communes": ["53140"]},
    "Mont des Avaloirs": {"epci": "200042182"},
    "Laval": {"communes": ["53130"]},
    "Perche": {"communes": read_scenario(scenarios_dir() / "perche" / "baseline.yaml").territory.communes},
    "Laval Agglomération": {"epci": "200083392"},
    "Creuse": {"departement": "23"},
    "Plaine Commune": {"ept": "200057867"},
}
MINUTES = (0.0, 10.0, 15.0, 20.0, 30.0)
_DENSE = {"Plaine Commune": MINUTES[:3]}  # beyond lie millions
_EVENT = "found_beyond"


class Outcome(NamedTuple):
    """What runs of one territory and halo give, one value a replication each: shares, seconds."""

    share: NDArray[np.float64]
    effect: NDArray[np.float64]
    beyond: NDArray[np.float64]
    seconds: NDArray[np.float64]


class Witness(Policy):
    """Notes how many of those who found an MT since day 0 have it beyond the border; changes nothing."""

    kind: ClassVar[str] = "validation.borders:Witness"

    def act(self, world: World) -> Behaviour:
        """Looks at everyone on day 0 and at the end."""
        before = world.residents.people().copy()
        yield world.at(world.calendar.horizon, Phase.LEDGER, "witness")
        world.residents.advance(world.today)
        after = world.residents.people()[: len(before)]
        around = [] if world.halo is None else [gp.slot for gp in world.halo.gps.values()]
        found = (before[:, k.STATE] != k.LISTED) & (after[:, k.STATE] == k.LISTED) & (after[:, k.PROVIDER] >= 0)
        found &= (before[:, k.BIRTH] == after[:, k.BIRTH]) & (after[:, k.ZONE] < world.own_zones)
        beyond = np.isin(after[found, k.PROVIDER], around)
        world.note(_EVENT, "witness", value=float(beyond.mean()) if len(beyond) else 0.0)


@cache
def _scenarios(place: str, minutes: float) -> tuple[Scenario, Scenario]:
    """Five years from 2024 without and with an SMP in the largest commune."""
    territory = {**PLACES[place], "halo_minutes": minutes}
    baseline = Scenario(name="borders", start="2024-01-01", horizon_years=5, territory=territory, policies=[Witness()])
    whole = prepare(baseline)
    smp = {
        "kind": "smp",
        "zone": whole.zones[int(np.argmax(whole.adults))],
        "opens": "2025-01-01",
        "retired_gps": {"count": 10, "fte_each": 0.2},
        "interns": {"per_semester": 2},
    }
    return baseline, baseline.with_(policies=[Witness(), smp])


def _share(run: Run) -> float:
    return float(run.share_without_mt()["share"].iloc[-1])


def outcomes(place: str, minutes: float, replications: int) -> Outcome:
    """Runs of one of `PLACES` with a halo, without and with the SMP."""
    rows = []
    for replication in range(replications):
        started = time.process_time()
        without, with_smp = (simulate(s, seed=1, replication=replication) for s in _scenarios(place, minutes))
        seconds = (time.process_time() - started) / 2
        (beyond,) = without.facts.loc[without.facts["event"] == _EVENT, "value"]
        rows.append((_share(without), _share(with_smp) - _share(without), float(beyond), seconds))
    return Outcome(*np.array(rows).T)


def _points(values: NDArray[np.float64]) -> str:
    return f"{100 * values.mean():+6.2f} ± {100 * values.std(ddof=1) / np.sqrt(len(values)):.2f}"


def main(replications: int, places: list[str]) -> None:
    """Prints a line a territory and halo."""
    for place in places:
        alone = outcomes(place, 0.0, replications)
        for minutes in _DENSE.get(place, MINUTES):
            made = outcomes(place, minutes, replications)
            print(
                f"{place:20}{minutes:4.0f} min  share {100 * made.share.mean():5.2f} %, by the halo "
                f"{_points(made.share - alone.share)}  effect of the SMP {_points(made.effect)}, by the halo "
                f"{_points(made.effect - alone.effect)}  found beyond {100 * made.beyond.mean():4.1f} %  "
                f"{np.median(made.seconds):.2f} s"
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 60, sys.argv[2:] or list(PLACES))
