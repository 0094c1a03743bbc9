"""A new outcome of something not yet counted is four files: shown in a copy of the package, where spells are dated.

The kernel runs as plain Python, so that nothing is compiled for the copy.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from work import PATIENCE

ROOT = Path(__file__).parents[2]

FILES = {
    "results/tables/distributions.py": (
        "DISTRIBUTIONS = {\n",
        """    "begun": Distribution("completed months until it began", "months", 24, rounded=False),\n""",
    ),
    "model/kernel/counts.py": (
        "        S.m[first + C_SEEKING + state - c.SEEKING] += sign\n",
        """\
        if S.m[r + c.SINCE] > c.UNKNOWN_DAY:
            spread(S, i, D_BEGUN, S.m[r + c.SINCE] // 30, sign)
""",
    ),
    "results/indicators/quantiles.py": (
        "QUANTILES: Mapping[str, Quantile] = {\n",
        """    "median_begun": Quantile("begun", 0.5),\n""",
    ),
    "inputs/scenario/outcomes.py": (
        "_ALL = (\n",
        """    Outcome("median_begun", "median month", "mois médian", unit="months", better="higher"),\n""",
    ),
}
"""What stands in each file behind which line. The kernel's list of the distributions it knows changes, too."""
KNOWN = (
    '(D_MINUTES,) = c.codes_of(tuple(DISTRIBUTIONS), "minutes")',
    'D_MINUTES, D_BEGUN = c.codes_of(tuple(DISTRIBUTIONS), "minutes", "begun")',
)

SCRIPT = """
import numpy as np
import ess_sim
from strategies import make_territory, scenario_of
from ess_sim.model import kernel as k
from ess_sim.model.run.recorder import Recorder
from ess_sim.model.run.simulation import build_world
from ess_sim.results.indicators.quantiles import quantile
from ess_sim.results.tables.distributions import DISTRIBUTIONS, FIRST_BIN

np.seterr(all="ignore")
people = {age: 60 for age in (16, 18, 29, 44, 62, 80)}
territory = make_territory({"A": people, "B": people}, km=3.0)
base = scenario_of(gps=1, years=1, outcomes=["median_begun"])
world = build_world(base, seed=3, replication=0, territory=territory)
recorder = Recorder(world)
world.begin(recorder.new_years())
world.begin(recorder.record())
world.run()
world.residents.check()
tables, high = world.residents._tables, world.residents._arena.n[k.I_HIGH]
since, cell, mt = tables.res[:high, k.SINCE], tables.res[:high, k.CELL], tables.mt[:high]
dated = (mt < k.OUTSIDE) & (since > k.UNKNOWN_DAY)
counts = np.zeros((2, 24))
np.add.at(counts, (cell[dated] // k.ZONE_CELLS, since[dated] // 30), 1)
assert counts.sum() > 10, counts
first = FIRST_BIN[list(DISTRIBUTIONS).index("begun")]
assert np.array_equal(world.residents.distributions[:, first : first + 24], counts)

runs = [ess_sim.simulate(s, seed=3, territory=territory) for s in (base, base.with_(name="more", horizon_years=1))]
results = ess_sim.Results(runs)
whole = results.outcomes(["median_begun"])["value"].to_numpy()
assert np.isnan(whole[0]) and 0 < whole[-1] < 13, whole
table = ess_sim.compare(results, baseline="test", by="zone")
assert table["outcome"].unique().tolist() == ["median_begun"]
assert table["zone"].tolist() == ["A", "B"], table
last = results.distributions.query("quantity == 'begun' and date == date.max() and scenario == 'test'")
for zone, mean, adults in zip(table["zone"], table["mean_baseline"], table["adults"]):
    rows = last[last["zone"] == zone]
    here = np.bincount(rows["value"], rows["residents"], 24)
    assert here.sum() == adults
    assert mean == quantile(here, 0.5, 0.0)
print(ess_sim.__file__)
"""


def test_a_distribution_and_its_median_by_zone(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "ess_sim", tmp_path / "ess_sim", ignore=shutil.ignore_patterns("__pycache__"))
    for name, (line, added) in FILES.items():
        file = tmp_path / "ess_sim" / name
        before = file.read_text(encoding="utf-8")
        assert before.count(line) == 1, name
        file.write_text(before.replace(line, line + added).replace(*KNOWN), encoding="utf-8")
    path = os.pathsep.join(map(str, (tmp_path, ROOT / "tests" / "support")))
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": path, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(tmp_path / "ess_sim" / "__init__.py")


def test_the_guide_names_these_files() -> None:
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (outcome,) = (part for part in guide.split("\n\n") if part.startswith("**An outcome**"))
    missing = [name for name in FILES if name not in outcome and Path(name).name not in outcome]
    assert not missing
    assert len(FILES) <= 4
