"""Numbers that must not change unseen.

A change of results raises `RESULTS_VERSION`, so that runs of the old kind are not mixed with the new, and rewrites the
golden file: ``python tests/test_golden.py``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ess_sim import store
from ess_sim.folder import RESULTS_VERSION
from ess_sim.resources import scenarios_dir
from ess_sim.simulate import read_scenario, simulate
from ess_sim.tables import SCHEMAS

GOLDEN = Path(__file__).parent / "golden.json"


def found() -> dict[str, Any]:
    """Digest of each table's content, three years of Laval with its SMP."""
    scenario = read_scenario(scenarios_dir() / "laval" / "smp.yaml").with_(horizon_years=3)
    run = simulate(scenario, seed=1, replication=0)
    return {
        "results_version": RESULTS_VERSION,
        "content": {table: store.table_digest(run.table(table)) for table in SCHEMAS},
    }


def test_results_change_with_their_version_only():
    golden, now = json.loads(GOLDEN.read_text(encoding="utf-8")), found()
    assert now["results_version"] == golden["results_version"], "rewrite the golden file: python tests/test_golden.py"
    changed = [table for table in SCHEMAS if now["content"][table] != golden["content"].get(table)]
    assert not changed, "results have changed: raise RESULTS_VERSION, rewrite the golden file, tell the changelog"


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(found(), indent=2) + "\n", encoding="utf-8")
