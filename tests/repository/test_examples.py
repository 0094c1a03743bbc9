"""The examples run, small."""

import importlib.util
from pathlib import Path

import pytest

FEWER = {"select_among_variants": {"RETIRED": (2, 10)}, "sweep_with_draws": {"DRAWS": 10}}
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
