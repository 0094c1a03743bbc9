"""What a run takes: memory, time and bytes, measured beside what `ess-sim validate --size` says.

    python benchmarks/size.py               # all cases, each in a process of its own, one after the other
    python benchmarks/size.py laval 62-few  # some of them

A case may end in what is kept: ``few`` (outcomes, facts and accounts) or ``yearly`` (these and yearly snapshots).

The constants of `ess_sim/experiments/estimate.py` are rounded from this table.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from typing import Any

FEW, YEARLY = {"keep": "outcomes,facts,accounts"}, {"keep": "outcomes,facts,accounts,snapshots", "snapshots": "yearly"}
CASES: dict[str, dict[str, Any]] = {
    "laval": {"epci": "200083392", "years": 20},
    "laval-few": {"epci": "200083392", "years": 20, "kept": FEW},
    "53": {"departement": "53", "years": 20},
    "62": {"departement": "62", "years": 20},
    "62-few": {"departement": "62", "years": 20, "kept": FEW},
    "62-yearly": {"departement": "62", "years": 20, "kept": YEARLY},
    "59-few": {"departement": "59", "years": 20, "kept": FEW},
    "gps": {"epci": "200083392", "years": 5, "gps": 1800},
    "settlers": {"epci": "200083392", "years": 3, "settlers": 1800},
}


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def _parcel(run: Any) -> Any:
    """The bytes of a run's tables."""
    from ess_sim.results.storage.journal import parcel_of

    return parcel_of(((table, run.table(table)) for table in run.keep.tables), {})


def measure(case: str) -> str:
    """One case, in this process."""
    from ess_sim.experiments.estimate import estimated, size_of
    from ess_sim.inputs.scenario.blocks import GpBlock
    from ess_sim.inputs.scenario.scenario import Scenario, Supply
    from ess_sim.inputs.scenario.sourced import Rate
    from ess_sim.inputs.scenario.territory_spec import TerritorySpec
    from ess_sim.model.run.simulation import simulate
    from ess_sim.results.keeping import Keep
    from ess_sim.results.tables.totals import totals_of

    own = CASES[case]
    places = {key: own[key] for key in ("epci", "departement") if key in own}
    gps = own.get("gps")
    blocks = (GpBlock(zones="remainder", count=gps, source="none", grade="D"),) if gps else None
    settlers = own.get("settlers")
    entries = Rate(per_year=settlers, source="none", grade="D") if settlers else None
    scenario = Scenario(
        name=case,
        start="2020-01-01",
        horizon_years=own["years"],
        territory=TerritorySpec(**places),
        supply=Supply(list_holding_gps=blocks, first_installations=entries),
    )
    kept = own.get("kept", {})
    size, said = size_of(scenario), estimated([scenario], 1, Keep.of(kept.get("keep"), kept.get("snapshots")))
    small = scenario.with_(horizon_years=1, territory=TerritorySpec(communes=("53130",)), supply=Supply())
    _parcel(simulate(small))  # compiles, and imports
    before = _megabytes()
    began = time.process_time()
    run = simulate(scenario, **kept)
    simulated, after = time.process_time() - began, _megabytes()
    began = time.process_time()
    parcel = _parcel(run)
    made, whole = time.process_time() - began, _megabytes()
    bytes_of = {table: len(data) / 1e6 for table, data in parcel.files.items()}
    rows = {"simulated, s": simulated, "tables, s": made, "before, MB": before, "simulated, MB": after, "MB": whole}
    rows |= {"bytes, MB": sum(bytes_of.values())}
    rows |= {table: bytes_of[table] for table in ("snapshots", "providers") if table in bytes_of}
    rows["facts etc."] = sum(bytes_of.get(t, 0.0) for t in ("facts", "accounts", "careers", "spells"))
    rows["GPs at the end"] = float(totals_of(run.record).practices[-1])
    measured = ", ".join(f"{name} {value:.3g}" for name, value in rows.items())
    return f"{case}: {size.words}\n  measured: {measured}\n  said: {said.words}"


def main(cases: list[str]) -> None:
    """All cases, or some, each in a process of its own: peak memory never falls again."""
    for case in cases or list(CASES):
        subprocess.run([sys.executable, __file__, "--case", case], check=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--case"]:
        print(measure(sys.argv[2]), flush=True)
    else:
        main(sys.argv[1:])
