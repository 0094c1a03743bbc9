"""The examples run, small."""

import ast
import importlib.util
import re
from pathlib import Path

import pytest

from ess_sim import Scenario, catalogue, read_scenario, scenarios_dir, write_scenario
from ess_sim.model.run.checks import unreadable_parameters

FEWER = {
    "critical_gps": {"COMMUNES": 2},
    "select_among_variants": {"RETIRED": (2, 10)},
    "sweep_assumptions": {"SWEPT": ("list_fill", "settle_probability")},
    "sweep_with_draws": {"DRAWS": 10},
}
"""Less of the same, where an example runs very often."""

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.py"))
NOTEBOOKS = sorted((Path(__file__).parents[2] / "examples" / "notebooks").glob("*.py"))


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


SIZES = re.compile(r"^(?P<names>[A-Z]+(?:, [A-Z]+)+) = .*$", re.MULTILINE)
SMALL = {"REPLICATIONS": "2", "YEARS": "1", "JOBS": "1", "POSTS": "(2, 10)", "PLACE": '"Decize"'}


def cells(text):
    """The code of each cell of a notebook in percent format."""
    parts = re.split(r"^# %%(.*)\n", text, flags=re.MULTILINE)
    assert parts[0] == "", "a notebook begins with a cell"
    found = [(head.strip(), body) for head, body in zip(parts[1::2], parts[2::2], strict=True)]
    assert {head for head, _ in found} == {"", "[markdown]"}
    assert all(re.fullmatch(r"(?:#.*\n|\n)*", body) for head, body in found if head)
    return [body for head, body in found if not head]


def shown(cell, names):
    """What a notebook shows below a cell: its last line, if that is an expression."""
    *body, last = ast.parse(cell).body
    if not isinstance(last, ast.Expr):
        exec(compile(cell, "cell", "exec"), names)
        return None
    exec(compile(ast.Module(body, []), "cell", "exec"), names)
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names)


@pytest.fixture
def small_laval(tmp_path, monkeypatch):
    """In Laval's place a territory of a fifth of its residents, with a centre like Laval's: runs take a fifth."""
    (tmp_path / "laval").mkdir()
    start = read_scenario(scenarios_dir() / "laval" / "baseline.yaml").start
    smp = Scenario.for_territory("Sud Nivernais", policy="smp", start=start).with_(name="laval-smp")
    for name, scenario in (("baseline", smp.with_(name="laval-baseline", policies=())), ("smp", smp)):
        write_scenario(scenario, tmp_path / "laval" / f"{name}.yaml")
    monkeypatch.setattr("ess_sim.scenarios_dir", lambda: tmp_path)


@pytest.mark.usefixtures("small_laval")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_notebooks_run_cell_by_cell(path, capsys):
    text, found = SIZES.subn(
        lambda m: f"{m['names']} = {', '.join(SMALL[name] for name in m['names'].split(', '))}",
        path.read_text(encoding="utf-8"),
    )
    assert found == 1
    names = {"__name__": "__main__"}
    outputs = [shown(cell, names) for cell in cells(text)]
    cards = [html for output in outputs if hasattr(output, "_repr_html_") and (html := output._repr_html_())]
    assert len(cards) >= 4
    assert any("<svg" in card for card in cards)
    capsys.readouterr()


def test_there_are_three_notebooks():
    assert len(NOTEBOOKS) == 3
