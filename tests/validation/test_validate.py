"""The kernel with every index checked, run by `make validate`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "support")]
CHECKED = """
import sys
from pathlib import Path
import numpy as np
sys.path[:0] = sys.argv[1].split(":")
from hamlets import bender, hamlets, visitor
from paired import run_engine
from numba.core import config
from ess_sim import read_scenario, scenarios_dir, simulate
from ess_sim.model.kernel import add_up_rates
assert config.BOUNDSCHECK == 1
scenario = hamlets(Path(sys.argv[2]))
for replication in range(20):
    run_engine(scenario, seed=1, replication=replication, days=(scenario.calendar.horizon,), actors=(bender, visitor))
for replication in range(2):
    simulate(read_scenario(scenarios_dir() / "laval" / "smp.yaml"), seed=1, replication=replication)
try:
    add_up_rates(*(np.zeros(1, kind) for kind in ("u1", "i8", "i4", "f8", "u8")))  # as small as no arena is
except IndexError:
    print("checked")
"""


@pytest.mark.validate
def test_no_index_out_of_bounds(tmp_path: Path) -> None:
    """Compiled code does not check indices by itself; here it does."""
    done = subprocess.run(
        [sys.executable, "-c", CHECKED, os.pathsep.join(TESTS), str(tmp_path)],
        env=os.environ | {"NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "checked"
