"""The JSON Schema of scenario and batch files accepts what ess-sim accepts, and refuses nearly all that it refuses."""

from __future__ import annotations

import copy
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator, FormatChecker

import ess_sim
from ess_sim.errors import ScenarioError
from ess_sim.faces.cli.app import main
from ess_sim.faces.schema.batch_schema import batch_schema
from ess_sim.faces.schema.beside import FILE, write_beside
from ess_sim.faces.schema.scenario_schema import scenario_schema
from ess_sim.inputs.catalogue.parameters import catalogue
from ess_sim.inputs.documents.reader import Reader
from ess_sim.model.policies.base import Case
from ess_sim.model.policies.registry import KINDS

ROOT = Path(__file__).resolve().parents[2]
SCENARIOS = sorted(ess_sim.scenarios_dir().rglob("*.yaml"))


@pytest.fixture(scope="module")
def checker() -> Draft202012Validator:
    schema = scenario_schema()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=FormatChecker())


@pytest.fixture(scope="module")
def batches() -> Draft202012Validator:
    schema = batch_schema()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=FormatChecker())


def as_json(value: Any) -> Any:
    """What an editor sees of a YAML value: it knows no dates."""
    if isinstance(value, dict):
        return {str(key): as_json(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [as_json(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else value


def wrong(checker: Draft202012Validator, said: Any) -> list[str]:
    return [f"{error.json_path}: {error.message[:200]}" for error in checker.iter_errors(as_json(said))]


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_scenarios_of_the_package_are_accepted(checker: Draft202012Validator, path: Path) -> None:
    assert wrong(checker, yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)) == []


def test_whole_scenarios_are_accepted(checker: Draft202012Validator) -> None:
    """With every key written out, null where it may be."""
    for path in (p for p in SCENARIOS if p.parent.name == "perche"):
        assert wrong(checker, ess_sim.read_scenario(path).to_dict()) == []


def test_every_policy_with_all_its_fields_is_accepted(checker: Draft202012Validator) -> None:
    case = Case(date(2018, 1, 1), date(2022, 1, 1), ("53130", "53034"))
    blocks = [cls.example(case).to_block() for cls in KINDS.values()]
    assert len({block["kind"] for block in blocks}) == len(KINDS)
    assert [(b["kind"], found) for b in blocks if (found := wrong(checker, GOOD | {"policies": [b]}))] == []


def test_the_batch_of_the_examples_is_accepted(batches: Draft202012Validator) -> None:
    assert wrong(batches, yaml.safe_load((ROOT / "examples" / "batch.yaml").read_text(encoding="utf-8"))) == []


# --- broken files -----------------------------------------------------------------------------------------------------

SAID = {"source": "the press", "grade": "C"}
GOOD: dict[str, Any] = {
    "name": "good",
    "title": "A good file",
    "start": date(2018, 1, 1),
    "horizon_years": 5,
    "territory": {"communes": ["53130", "53034", "53054"]},
    "supply": {
        "list_holding_gps": [{"zones": "remainder", "count": 9, **SAID}],
        "retired_pool": {"count": 20, **SAID},
        "centres": [{"form": "scic", "zone": "53130", "listed": 100, "finance": {"members_euro": 1000.0}, **SAID}],
    },
    "residents": {
        "without_mt": [{"zones": ["53130"], "share": 0.1, "never_declared_part": 0.2, **SAID}],
        "rates": [{"zones": "remainder", "informed_share": 0.5, **SAID}],
    },
    "parameters": {"settle_probability": 0.1},
    "policies": [
        {"kind": "smp", "opens": date(2019, 1, 1), "zone": "53130", "retired_gps": {"count": 3},
         "interns": {"per_semester": 1}},
        {"kind": "departures", "starts": date(2020, 1, 1), "oldest": 1},
    ],
    "outcomes": ["share_without_mt"],
}  # fmt: skip
GONE = object()
BROKEN: dict[str, Any] = {
    "name": [GONE, "a b", "", 5, "-x", "é", "con", "a.", "x" * 101],
    "titel": ["x"],
    "title": [5, ["a"], {"en": "a"}, {"en": "a", "fr": ""}, {"en": "a", "fr": "b", "de": "c"}, None],
    "sources": ["one", [5]],
    "start": [GONE, "2018", "2018-13-01", "2018-02-30", "1989-12-31", "2101-01-01", 2018],
    "horizon_years": [GONE, 0, 61, 2.5, "five", True],
    "territory": [GONE, {}, "53130", {"communes": []}, {"communes": [53130]}, {"communes": ["53130"], "france": True},
                  {"france": False}, {"epci": ["200083392"]}, {"region": "52", "cutoff_minutes": 0},
                  {"france": True, "halo_minutes": 10}, {"epci": "200083392", "halo_minutes": -1}],
    "supply.retired_pool": [{"count": 20}, {"count": -1, **SAID}, {"count": 1.5, **SAID},
                            {"count": 1, "source": "", "grade": "A"}, {"count": 1, "source": "s", "grade": "E"},
                            {"cuont": 1, **SAID}, 20],
    "supply.first_installations": [{"per_year": "3,1", **SAID}],
    "supply.list_holding_gps": [[], [{"zones": "remainder", **SAID}], [{"zones": "remaindr", "count": 1, **SAID}],
                                [{"zones": "remainder", "count": 1, "counts": {"53130": 1}, **SAID}],
                                [{"zones": [], "count": 1, **SAID}]],
    "supply.centres.0.form": ["gmbh", "association"],
    "supply.centres.0.manager": ["a group"],
    "supply.centres.0.months_of_deficit": [3],
    "supply.centres.0.listed": [GONE, "many"],
    "residents.without_mt.0.share": [GONE, 20, "20 %", -0.1],
    "residents.without_mt.0.count": [5],
    "residents.without_mt.0.never_declared_part": [GONE, 1.5],
    "residents.rates.0.informed_share": [GONE, 7],
    "parameters": [["settle_probability"], {"settle_probabilty": 0.1}, {"settle_probability": "0.1"},
                   {"settle_probability": 2}, {"distance_decay_minutes": 0}],
    "policies": ["smp", ["smp"], [{"zone": "53130"}], [{"kind": 5}], [{"kind": "smpp"}]],
    "policies.0.opens": [GONE, "soon", "01/01/2019"],
    "policies.0.rooms": [0, 2.5],
    "policies.0.interns": [{"per_semester": 1, "lst": True}, GONE],
    "policies.0.zone": [53130],
    "policies.1.oldest": [GONE, 0],
    "policies.1.gps": [["gp-1"]],
    "outcomes": [["share_without_m"], ["share_without_mt", "share_without_mt"], "share_without_mt"],
    "extend": ["base.yaml"],
}  # fmt: skip
"""Values in the place of good ones, each of which makes the file a broken one that a schema can refuse."""

BEYOND: dict[str, Any] = {
    "horizon_years": [5.0],  # a whole number for JSON
    "territory": [{"epci": "no such place"}],
    "residents.without_mt.0.zones": [["53999"], ["53130", "53130"]],
    "supply.centres.0.staffed": [3],  # more than posts
    "policies.0.opens": [date(2030, 1, 1)],  # after the end
    "policies.0.closes": [date(2018, 6, 1)],  # before it opens
    "parameters": [
        {"notice_months_min": 100.0},
        {"ald_campaign_months": 6.0},
    ],  # above another one; not read
}
"""What takes a territory, another value of the file, or a whole number to be told from a decimal one."""


def edited(path: str, value: Any) -> dict[str, Any]:
    out = copy.deepcopy(GOOD)
    *most, last = [int(part) if part.isdecimal() else part for part in path.split(".")]
    place: Any = out
    for part in most:
        place = place[part]
    if value is GONE:
        del place[last]
    else:
        place[last] = value
    return out


def refused(folder: Path, said: Any) -> bool:
    """Whether ess-sim refuses a file of this content."""
    (folder / "s.yaml").write_text(yaml.safe_dump(said), encoding="utf-8")
    try:
        ess_sim.read_scenario(folder / "s.yaml")
    except ScenarioError:
        return True
    return False


def test_broken_files_are_refused(checker: Draft202012Validator, tmp_path: Path) -> None:
    assert wrong(checker, GOOD) == []
    assert not refused(tmp_path, GOOD)
    broken = [(path, value) for path, values in BROKEN.items() for value in values]
    assert len(broken) > 75
    assert [case for case in broken if not wrong(checker, edited(*case))] == []
    assert [case for case in broken if not refused(tmp_path, edited(*case))] == []


def test_what_a_schema_cannot_say(checker: Draft202012Validator, tmp_path: Path) -> None:
    for path, values in BEYOND.items():
        for value in values:
            assert wrong(checker, edited(path, value)) == [], (path, value)
            assert refused(tmp_path, edited(path, value)), (path, value)


@pytest.mark.parametrize(
    "said",
    [
        {"batch": "b"},
        {"scenarios": ["a.yaml"]},
        {"batch": "a b", "scenarios": ["a.yaml"]},
        {"batch": "b", "scenarios": []},
        {"batch": "b", "scenarios": ["a.yaml"], "replications": 0},
        {"batch": "b", "scenarios": ["a.yaml"], "replications": 100_001},
        {"batch": "b", "scenarios": ["a.yaml"], "seed": -1},
        {"batch": "b", "scenarios": ["a.yaml"], "design": "sobol"},
        {"batch": "b", "scenarios": ["a.yaml"], "combine": "zip"},
        {"batch": "b", "scenarios": ["a.yaml"], "draws": 0},
        {"batch": "b", "scenarios": ["a.yaml"], "vary": {"horizon_year": [5, 6]}},
        {"batch": "b", "scenarios": ["a.yaml"], "vary": {"horizon_years": {"from": 4, "to": 6}}},
        {"batch": "b", "scenarios": ["a.yaml"], "vary": {"horizon_years": {"from": 4, "to": 6, "step": 0}}},
        {"batch": "b", "scenarios": ["a.yaml"], "vary": {"parameters.settle_probability": []}},
        {"batch": "b", "scenarios": ["a.yaml"], "vary": {"parameters.settle_probability": 0.1}},
        {"batch": "b", "scenarios": ["a.yaml"], "outcomes": ["share"]},
        {"batch": "b", "scenarios": ["a.yaml"], "keep": ["everything"]},
        {"batch": "b", "scenarios": ["a.yaml"], "engine": "threads"},
        {"batch": "b", "scenarios": ["a.yaml"], "title": {"fr": "x"}},
        {"batch": "b", "scenario": ["a.yaml"]},
    ],
    ids=str,
)
def test_broken_batches_are_refused(batches: Draft202012Validator, said: dict[str, Any]) -> None:
    assert wrong(batches, said)
    assert not wrong(batches, {"batch": "b", "scenarios": ["a.yaml"], "vary": {"horizon_years": [4, 5]}, "draws": 10})


# --- files that extend others -----------------------------------------------------------------------------------------


def test_a_file_that_extends_another_one_may_leave_out_and_remove(checker: Draft202012Validator) -> None:
    part: dict[str, Any] = {"extends": "base.yaml", "name": "part"}
    for more in (
        {},
        {"title": None, "supply": None, "start": None},
        {"territory": {"cutoff_minutes": 20}},
        {"supply": {"retired_pool": {"count": 5}, "centres": None}},
        {"parameters": {"settle_probability": None}},
        {"residents": {"rates": None}},
        {"policies": [{"kind": "my_module:Mine", "anything": 1}]},
    ):
        assert wrong(checker, part | more) == []
    for more in (
        {"name": None},
        {"supply": {"retired_pol": None}},
        {"supply": {"list_holding_gps": [{"zones": "remainder", **SAID}]}},  # lists are written whole
        {"parameters": {"settle_probability": 2}},
        {"policies": [{"kind": "smp"}]},
        {"extends": 5},
    ):
        assert wrong(checker, part | more), more
    assert wrong(checker, {"extends": "base.yaml"})


# --- what editors show ------------------------------------------------------------------------------------------------


def test_every_key_has_a_meaning_in_the_schema() -> None:
    said = scenario_schema()
    mute = [
        (name, key)
        for name, definition in said["$defs"].items()
        if not name.endswith(".laid")
        for key, field in definition.get("properties", {}).items()
        if len(field.get("description", "")) < 5
    ]
    assert mute == []
    parameters = said["$defs"]["Scenario"]["properties"]["parameters"]["properties"]
    assert set(parameters) == set(catalogue())
    assert "defensible from" in parameters["settle_probability"]["description"]
    assert said["$defs"]["Scenario"]["properties"]["supply"]["title"] == "supply on day 0 · offre au premier jour"


def test_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == scenario_schema()
    assert main(["schema", "--batch", "--out", str(tmp_path / "b.json")]) == 0
    assert json.loads((tmp_path / "b.json").read_bytes()) == batch_schema()


def test_new_files_and_copies_name_the_schema(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["new", "Decize", "--out", "mine"]) == 0
    assert main(["scenarios", "--copy", "copies"]) == 0
    for folder, file in (("mine", "baseline.yaml"), ("copies", "laval/smp.yaml")):
        path = tmp_path / folder / file
        first = path.read_text(encoding="utf-8").splitlines()[0]
        named = (path.parent / first.partition("$schema=")[2]).resolve()
        assert named == tmp_path / folder / FILE
        assert json.loads(named.read_bytes()) == scenario_schema()
    shipped = (ess_sim.scenarios_dir() / "laval" / "smp.yaml").read_bytes()
    assert (tmp_path / "copies" / "laval" / "smp.yaml").read_bytes().endswith(b"\n" + shipped)


def test_a_file_of_that_name_that_is_another_one_stays(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("{}")
    assert write_beside(tmp_path) is None
    assert (tmp_path / FILE).read_text() == "{}"
    (tmp_path / FILE).write_text('{"$comment": "made by ess-sim schema, ess_sim 0.0.1: do not edit"}')
    assert write_beside(tmp_path) == tmp_path / FILE
    assert len((tmp_path / FILE).read_bytes()) > 1000


def test_files_with_the_line_are_read_as_before(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("# yaml-language-server: $schema=scenario.schema.json\nname: x\n")
    document = Reader().read(str(path))
    assert document is not None
    assert list(document.own.items) == ["name"]
