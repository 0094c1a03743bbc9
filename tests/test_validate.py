"""Long checks, run by `make validate`: engine and reference at Laval's size; the kernel with every index checked."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from paired import compare, describe, detectable, run_pairs

from ess_sim.resources import scenarios_dir
from ess_sim.simulate import read_scenario

ALPHA = 2e-4
REPLICATIONS = 60
YEARS = 6
SEED = 22
OUT = Path(__file__).resolve().parents[1] / "results" / "validation" / "agreement.csv"


def table(tests: pd.DataFrame, cells: pd.DataFrame, replications: int) -> pd.DataFrame:
    """One row a date, measure and family of cells; differences of shares are percentage points."""
    family = ["day", "measure", "family"]
    wide = tests.set_index([*family, "test"])[["value", "p"]].unstack("test")
    size = cells.assign(deviation=cells.deviation.abs(), detectable=detectable(cells, replications, ALPHA)).groupby(
        family, sort=False
    )[["deviation", "detectable"]]
    out = pd.DataFrame(
        {
            "cells": tests.groupby(family, sort=False).cells.first(),
            "largest_t": wide["value", "max |t|"],
            "largest_t_critical": tests[tests.test == "max |t|"].set_index(family).benchmark,
            "largest_t_p": wide["p", "max |t|"],
            "mean_t2": wide["value", "mean t²"],
            "mean_t2_p": wide["p", "mean t²"],
            "largest_difference": size.max().deviation,
            "found_with_probability_0.9": size.max().detectable,
        }
    )
    return out.loc[out.cells.index].reset_index()


@pytest.mark.validate
def test_laval_agrees() -> None:
    """Laval with the SMP; newcomers' taste for shortage is off, so that residents do not steer supply."""
    scenario = read_scenario(scenarios_dir() / "laval" / "smp.yaml").with_(horizon_years=YEARS)
    scenario = scenario.with_parameters(zone_choice_shortage=0.0)
    days = (scenario.calendar.record_days[12 * YEARS // 2], scenario.calendar.horizon)
    pairs = run_pairs(scenario, REPLICATIONS, workers=2, seed=SEED, days=days)
    tests, cells = compare(pairs, days, alpha=ALPHA)
    summary = table(tests, cells, REPLICATIONS)
    OUT.parent.mkdir(parents=True, exist_ok=True)
    summary.round(5).to_csv(OUT, index=False)
    print(f"{REPLICATIONS} pairs of {YEARS} years; smallest of {len(tests)} p-values: {tests.p.min():.2g}")
    print(summary[summary.family.isin(["total", "zone", "band", "zone x band"])].round(3).to_string(index=False))
    assert not tests.rejected.any(), describe(tests, cells)


CHECKED = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from hamlets import bender, hamlets, visitor
from paired import run_engine
from numba.core import config
from ess_sim.resources import scenarios_dir
from ess_sim.simulate import read_scenario, simulate
assert config.BOUNDSCHECK == 1
scenario = hamlets(Path(sys.argv[2]))
for replication in range(20):
    run_engine(scenario, seed=1, replication=replication, days=(scenario.calendar.horizon,), actors=(bender, visitor))
for replication in range(2):
    simulate(read_scenario(scenarios_dir() / "laval" / "smp.yaml"), seed=1, replication=replication)
print("checked")
"""


@pytest.mark.validate
def test_no_index_out_of_bounds(tmp_path: Path) -> None:
    """Compiled code does not check indices by itself; here it does."""
    done = subprocess.run(
        [sys.executable, "-c", CHECKED, str(Path(__file__).parent), str(tmp_path)],
        env=os.environ | {"NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "checked"
