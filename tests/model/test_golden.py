"""Numbers that must not change unseen, on any processor.

A change of results raises `RESULTS_VERSION`, so that runs of the old kind are not mixed with the new, and rewrites the
golden file: ``PYTHONPATH=tests/support python tests/model/test_golden.py``. Made on x86-64 (AVX-512) under Linux.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from processors import OLD_PROCESSOR, features

from ess_sim.inputs.catalogue.bundled import scenarios_dir
from ess_sim.model.run.read import read_scenario
from ess_sim.model.run.simulation import simulate
from ess_sim.results.storage import digest
from ess_sim.results.storage.keys import RESULTS_VERSION
from ess_sim.results.tables.schema import SCHEMAS

GOLDEN = Path(__file__).parent / "golden.json"
SEEDS = (1, 20)
YEARS = 3
SCENARIOS = (
    *("creuse/rotating_doctors", "laval/lift_all", "laval/settlement_grant", "laval/smp", "laval/two_smps"),
    *("lille/nursing_teams", "national/ald_campaign", "national/solidarity_days", "paris/richerand"),
    *("saint_denis/handover", "saint_denis/mediators", "secpa/rollout_26"),
)


def found(seeds: Sequence[int] = SEEDS) -> dict[str, Any]:
    """Digest of each table's content, three years of each scenario with each seed."""
    content = {}
    for name in SCENARIOS:
        scenario = read_scenario(scenarios_dir() / f"{name}.yaml").with_(horizon_years=YEARS)
        for seed in seeds:
            run = simulate(scenario, seed=seed, replication=0)
            content[f"{name}, seed {seed}"] = {table: digest.table_digest(run.table(table)) for table in SCHEMAS}
    return {"results_version": RESULTS_VERSION, "content": content}


def changed(now: dict[str, Any]) -> list[str]:
    """What differs from the golden file."""
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert now["results_version"] == golden["results_version"], f"rewrite the golden file: python {__file__}"
    assert set(now["content"]) <= set(golden["content"])
    return [
        f"{table} of {run}"
        for run, tables in now["content"].items()
        for table in SCHEMAS
        if tables[table] != golden["content"][run].get(table)
    ]


def test_results_change_with_their_version_only() -> None:
    """With one seed; the other one is that of the next test."""
    now = found(SEEDS[1:])
    assert 2 * len(now["content"]) == len(json.loads(GOLDEN.read_text(encoding="utf-8"))["content"])
    assert not changed(now), (
        "results have changed: raise RESULTS_VERSION, rewrite the golden file, add a changelog entry"
    )


def test_an_old_processor_gives_the_same_bytes() -> None:
    done = subprocess.run(
        [sys.executable, str(Path(__file__)), "print"],
        env=os.environ | OLD_PROCESSOR | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    now = json.loads(done.stdout)
    assert not now["features"], "numpy still uses the instructions that this test switches off"
    assert len(now["content"]) == len(SCENARIOS)
    assert not changed(now)


if __name__ == "__main__":
    if sys.argv[1:] == ["print"]:
        print(json.dumps(found(SEEDS[:1]) | {"features": features()}))
    else:
        GOLDEN.write_text(json.dumps(found(), indent=2) + "\n", encoding="utf-8")
