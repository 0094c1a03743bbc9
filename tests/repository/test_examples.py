"""The examples run, small."""

import importlib.util
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.py"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_runs(path, capsys):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.main(replications=2, years=1, jobs=1)
    printed = capsys.readouterr().out
    assert ("settle_probability.high" if path.stem == "sweep_assumptions" else "2018-06-15") in printed
