"""The examples run, small."""

import importlib.util
from pathlib import Path

import pytest

from ess_sim import catalogue, read_scenario, scenarios_dir
from ess_sim.model.run.checks import unreadable_parameters

FEWER = {
    "critical_gps": {"COMMUNES": 2},
    "select_among_variants": {"RETIRED": (2, 10)},
    "sweep_assumptions": {"SWEPT": ("list_fill", "settle_probability")},
    "sweep_with_draws": {"DRAWS": 10},
}
"""Less of the same, where an example runs very often."""

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.py"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_runs(path, capsys, monkeypatch):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name, value in FEWER.get(path.stem, {}).items():
        monkeypatch.setattr(module, name, value)
    module.main(replications=2, years=1, jobs=1)
    printed = capsys.readouterr().out
    assert ("settle_probability.high" if path.stem == "sweep_assumptions" else "2018-06-15") in printed


def test_all_that_is_swept_matters_in_both_scenarios():
    """Of which the test above runs two."""
    spec = importlib.util.spec_from_file_location("sweep", EXAMPLES[0].parent / "sweep_assumptions.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name in ("baseline", "smp"):
        scenario = read_scenario(scenarios_dir() / "laval" / f"{name}.yaml")
        assert unreadable_parameters(scenario.with_parameters(**{n: catalogue()[n].low for n in module.SWEPT})) == []
