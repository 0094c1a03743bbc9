"""Scenarios never change, and Python may say what a file may say: it gets the same scenarios and the same problems."""

# ruff: noqa: E501 (the tables read best with one case a line)

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import test_files
from pydantic import Field, ValidationError
from test_documents import GOOD, values
from work import PATIENCE

from ess_sim.errors import ScenarioError
from ess_sim.experiments import experiment
from ess_sim.experiments.batches.batch import read_batch
from ess_sim.experiments.experiment import run_experiment
from ess_sim.inputs.catalogue.bundled import scenarios_dir
from ess_sim.inputs.documents.fitting import fitted
from ess_sim.inputs.documents.reader import Reader
from ess_sim.inputs.scenario import checking, policy_model
from ess_sim.inputs.scenario.centre_spec import CentreSpec
from ess_sim.inputs.scenario.files import write_scenario
from ess_sim.inputs.scenario.frozen import Frozen, FrozenDict
from ess_sim.inputs.scenario.policy_model import Kinds, content_of, use_kinds
from ess_sim.inputs.scenario.scenario import Scenario, Supply
from ess_sim.inputs.scenario.territory_spec import WAYS, TerritorySpec
from ess_sim.inputs.territory.territory import Territory
from ess_sim.model.policies.base import Policy
from ess_sim.model.policies.registry import KINDS
from ess_sim.model.run import simulation
from ess_sim.model.run.checks import check
from ess_sim.model.run.prepare import prepare
from ess_sim.model.run.read import read_scenario, read_scenario_file
from ess_sim.model.run.simulation import simulate
from ess_sim.results.run import about

NONE = {"source": "none", "grade": "D"}


class Own(Policy):
    """A user's policy that has lists and mappings."""

    kind: ClassVar[str] = "test_scenario:Own"
    starts: date | None = None
    days: list[int] = Field(default=[])
    by_zone: dict[str, list[float]] = Field(default={})


def plain(**changes: Any) -> dict[str, Any]:
    """A scenario as a file would say it."""
    return {
        "name": "hamlet",
        "start": "2020-01-01",
        "horizon_years": 3,
        "territory": {"communes": ["53034", "53054"]},
        "supply": {
            "list_holding_gps": [
                {"zones": ["53034"], "count": 1, **NONE},
                {"zones": "remainder", "count": 2, **NONE},
            ]
        },
        "parameters": {"settle_probability": 0.1, "informed_share": 0.6},
        "policies": [
            {"kind": "smp", "opens": "2021-01-01", "zone": "53034", "retired_gps": {"count": 4}, "interns": {"per_semester": 1}},
            {"kind": "host_interns", "zone": "53054", "per_semester": 2},
        ],
    } | changes  # fmt: skip


def made(**changes: Any) -> Scenario:
    return Scenario(**plain(**changes))


def said(error: pytest.ExceptionInfo[ScenarioError]) -> list[str]:
    """Problems without their places in a file."""
    return [f"{p.where}: {p.what}" for p in error.value.problems]


# --- nothing changes -------------------------------------------------------------------------------------------------


def _parts(value: Any) -> Iterator[Any]:
    yield value
    inner: Any = ()
    if isinstance(value, Frozen):
        inner = value.__dict__.values()
    elif isinstance(value, Mapping):
        inner = value.values()
    elif isinstance(value, list | tuple):
        inner = value
    for part in inner:
        yield from _parts(part)


def test_no_part_of_a_scenario_can_change() -> None:
    own = Own(days=[1, 2], by_zone={"a": [0.5]})
    finance = {"borne_by": {"secretaries": "state"}, "grants": [{"payer": "state", "euro_per_year": 1, **NONE}]}
    centre = CentreSpec(form="scic", zone="53034", finance=finance)
    opens = {"kind": "open_centre", "opens": "2021-01-01", "centre": centre}
    scenarios = [read_scenario(path) for path in sorted(scenarios_dir().rglob("*.yaml"))]
    seen = set()
    for scenario in [made(policies=[own, Own(), opens]), *scenarios]:
        parts = list(_parts(scenario))
        assert not [part for part in parts if isinstance(part, list | set)]
        assert all(isinstance(part, FrozenDict) for part in parts if isinstance(part, Mapping))
        seen |= {type(part) for part in parts}
    assert {FrozenDict, tuple, Own, Supply} <= seen


def test_changes_are_refused() -> None:
    scenario = made()
    parameters: Any = scenario.parameters
    for change in (
        lambda: parameters.update(x=1.0),
        lambda: parameters.__setitem__("x", 1.0),
        lambda: parameters.__delitem__("informed_share"),
        lambda: parameters.__ior__({"x": 1.0}),
        lambda: parameters.setdefault("x", 1.0),
        lambda: parameters.pop("informed_share"),
        parameters.popitem,
        parameters.clear,
    ):
        with pytest.raises(TypeError, match="a scenario never changes"):
            change()
    with pytest.raises(ValidationError, match="frozen"):
        scenario.name = "other"  # type: ignore[misc]
    assert scenario == made()
    assert dict(parameters) == {"settle_probability": 0.1, "informed_share": 0.6}


def test_what_was_given_may_change_without_the_scenario() -> None:
    given = plain()
    scenario = Scenario(**given)
    given["parameters"]["settle_probability"] = 0.9
    given["territory"]["communes"].append("53130")
    given["policies"].clear()
    assert scenario == made()


def test_hash_and_copies() -> None:
    scenario = made(policies=[*plain()["policies"], Own(days=[3], by_zone={"a": [1.0]})])
    equal = [
        made(policies=[*plain()["policies"], Own(days=[3], by_zone={"a": [1.0]})]),
        pickle.loads(pickle.dumps(scenario)),
        copy.deepcopy(scenario),
        scenario.model_copy(),
        scenario.model_copy(deep=True),
        scenario.with_(),
        scenario.with_parameters(informed_share=0.6),
    ]
    for other in equal:
        assert other == scenario
        assert hash(other) == hash(scenario)
        assert isinstance(other.parameters, FrozenDict)
        assert isinstance(other.policies[2].by_zone, FrozenDict)  # type: ignore[attr-defined]
    different = [
        scenario.with_parameters(informed_share=0.7),
        scenario.with_(name="x"),
        scenario.with_(policies=scenario.policies[:2]),
        scenario.model_copy(update={"parameters": {"informed_share": 0.6}}),
    ]
    assert len({scenario, *equal, *different}) == 1 + len(different)
    assert isinstance(different[-1].parameters, FrozenDict)
    assert scenario != "hamlet"
    assert Own(days=[1]).to_block() == {"kind": Own.kind, "starts": None, "days": [1], "by_zone": {}}


def test_policies_stay_where_they_stand_and_their_order_changes_nothing(tmp_path: Path) -> None:
    blocks = [*plain()["policies"], {"kind": "host_interns", "zone": "53034", "per_semester": 1}]
    one = made(policies=blocks)
    for order in ([2, 1, 0], [1, 2, 0]):
        other = made(policies=[blocks[i] for i in order])
        assert [other.policies[i] for i in (order.index(n) for n in range(3))] == list(one.policies)
        assert [p["kind"] for p in other.to_dict()["policies"]] == [blocks[i]["kind"] for i in order]
        assert other == one
        assert hash(other) == hash(one)
        assert other.digest == one.digest
        assert about(other) == about(one)
        write_scenario(other, tmp_path / "s.yaml")
        assert read_scenario(tmp_path / "s.yaml").policies == other.policies
    assert made(policies=blocks[:2]) != one


class WithSets(Policy):
    """A user's policy with a set, and others deeper in it."""

    kind: ClassVar[str] = "test_scenario:WithSets"
    numbers: frozenset[int] = frozenset()
    by_zone: dict[str, tuple[frozenset[int], ...]] = Field(default={})

    def to_block(self) -> dict[str, Any]:
        return super().to_block() | ({"more": {"a": self.numbers}} if 1 in self.numbers else {})


@pytest.mark.parametrize("more", [[], [1]])
def test_no_order_of_a_set_is_seen(more: list[int]) -> None:
    there, back = ([*more, *numbers] for numbers in ([0, 8], [8, 0]))
    assert list(frozenset(there)) != list(frozenset(back))  # as texts have, from process to process
    one, other = (made(policies=[WithSets(numbers=n, by_zone={"a": [n, [8, 0]]})]) for n in (there, back))
    assert one == other
    assert repr(one.to_dict()) == repr(other.to_dict())
    assert content_of(one.policies[0]) == content_of(other.policies[0])
    assert one.digest == other.digest
    assert one.to_dict()["policies"][0]["numbers"] == sorted(there)
    assert one.to_dict()["policies"][0]["by_zone"] == {"a": [sorted(there), [0, 8]]}


@pytest.mark.parametrize("zones", [{"53034"}, frozenset({"53034"}), (zone for zone in ("53034",))])
def test_what_has_no_order_is_no_list_of_zones(zones: Any) -> None:
    with pytest.raises(ScenarioError, match=r"^zones: must be a list, not "):
        KINDS["mediators"](starts="2020-01-01", zones=zones, fte=1)


# --- what files may say ----------------------------------------------------------------------------------------------


def _as_text(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_text(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_as_text(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else value


def test_python_takes_what_files_say() -> None:
    paths = sorted(scenarios_dir().rglob("*.yaml"))
    assert len(paths) >= 30
    for path in paths:
        file = read_scenario_file(path)
        data = values(file.tree)
        for given in (data, _as_text(data)):
            scenario = Scenario(**given)
            assert scenario == file.scenario
            assert scenario.policies == file.scenario.policies
            assert scenario.digest == file.scenario.digest


LINES = [
    line
    for line, _, where, what in test_files.BAD_LINES
    if where not in ("extend", "parameters.informed_shar") and "out of range" not in what  # said when it is run
]


@pytest.fixture
def kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy_model, "_in_use", policy_model.kinds_in_use())  # puts the present ones back
    use_kinds(Kinds(test_files.registry, test_files.KINDS))


@pytest.mark.usefixtures("kinds")
@pytest.mark.parametrize("line", LINES, ids=[line[:50] for line in LINES])
def test_python_hears_the_words_that_files_get(tmp_path: Path, line: str) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(GOOD + line + "\n")
    with pytest.raises(ScenarioError) as by_file:
        test_files.read(path)
    document = Reader().read(str(path))
    assert document is not None
    with pytest.raises(ScenarioError) as by_hand:
        Scenario(**values(document.merged))
    assert said(by_hand) == said(by_file)


def test_all_problems_at_once() -> None:
    smp = plain()["policies"][0] | {"opens": "2021-13-01", "rooms": 0}
    with pytest.raises(ScenarioError) as caught:
        made(start="2020-02-30", horizon_year=5, territory={"epic": "2"}, policies=[smp, {"kind": "smpp"}, 5])
    assert said(caught) == [
        "horizon_year: unknown key (did you mean 'horizon_years'?)",
        "policies[0].opens: must be a date such as 2017-06-15, not '2021-13-01'",
        "policies[0].rooms: must be a whole number from 1 to 200, not 0",
        "policies[1].kind: unknown policy 'smpp' (did you mean 'smp'?); one of your own is named 'module:Class'",
        "policies[2]: must be a mapping with a kind, not 5",
        "start: must be a date such as 2017-06-15, not '2020-02-30'",
        "territory.epic: unknown key (did you mean 'epci'?)",
    ]
    assert str(caught.value).splitlines() == said(caught)
    with pytest.raises(ScenarioError, match="policies: must be a list of policies, not a mapping"):
        made(policies={"kind": "smp"})
    with pytest.raises(ScenarioError, match=r"^zones\[0\]: must be text, not 53034: write it in quotes"):
        KINDS["outreach_van"](starts="2021-01-01", zones=[53034], screenings_per_year=5)
    with pytest.raises(ScenarioError, match=r"^horizon_years: must be a whole number from 1 to 60, not 0$"):
        made().with_(horizon_years=0)
    for text, cure in (("2,5", ""), ("2.5 ans", ""), ("2,0", ": write 2 without quotes"), ("2 ans", ": the unit is")):
        with pytest.raises(ScenarioError) as caught:  # no advice that would be refused
            made(horizon_years=text)
        assert f"{caught.value}:".startswith(
            f"horizon_years: must be a whole number from 1 to 60, not {text!r}{cure or ':'}"
        )


def test_kinds_are_known_by_way_of_the_face_alone() -> None:
    block = {"kind": "host_interns", "zone": "53054", "per_semester": 2}
    use = f"print(Scenario(**{plain(policies=[block])!r}).policies[0].kind)"
    for home, out, err in (
        ("ess_sim", "host_interns", ""),
        ("ess_sim.inputs.scenario.scenario", "", "make scenarios with ess_sim.Scenario"),
    ):
        done = subprocess.run(
            [sys.executable, "-c", f"from {home} import Scenario\n{use}"],
            capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
        assert done.stdout.strip() == out
        assert err in done.stderr


class Colour(Enum):
    RED = "red"


class Exotic(Frozen):
    """Fields of types that no file has values for."""

    colour: Colour | None = None
    share: Decimal | None = None
    where: Path | None = None
    names: set[str] = Field(default=set())
    pairs: tuple[tuple[str, date], ...] = ()
    by_year: dict[int, float] = Field(default={})
    text: str = ""
    either: str | date = ""
    day: date | None = None


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"colour": "red"}, Colour.RED),
        ({"share": 0.1}, Decimal("0.1")),
        ({"where": "a/b"}, Path("a/b")),
        ({"names": ["x", "x"]}, frozenset({"x"})),
        ({"pairs": [["a", "2020-01-01"]]}, (("a", date(2020, 1, 1)),)),
        ({"by_year": {"2020": 1}}, {2020: 1.0}),
        ({"text": date(2020, 1, 1)}, "2020-01-01"),
        ({"text": "2020-01-01"}, "2020-01-01"),
        ({"either": "2020-01-01"}, "2020-01-01"),
        ({"either": date(2020, 1, 1)}, date(2020, 1, 1)),
        ({"day": "2020-01-01"}, date(2020, 1, 1)),
    ],
)
def test_values_that_files_write_as_text(given: dict[str, Any], kept: Any) -> None:
    (value,) = (getattr(Exotic(**given), name) for name in given)
    assert value == kept
    assert type(value) is type(kept) or isinstance(value, FrozenDict)


@pytest.mark.parametrize(
    "given",
    [
        {"day": "1497484800"},
        {"day": "2020-01-01T00:00"},
        {"day": 2020},
        {"colour": "blue"},
        {"share": True},
        {"text": 5},
        {"by_year": {"x": 1}},
        {"names": "x"},
    ],
)
def test_nothing_else_is_converted(given: dict[str, Any]) -> None:
    with pytest.raises(ScenarioError, match=next(iter(given))):
        Exotic(**given)
    assert fitted(given, Exotic) == given


def test_keys_that_are_no_text() -> None:
    with pytest.raises(ScenarioError) as caught:
        made(parameters={1: 0.2, 2.5: 0.1, "informed_share": 0.5})
    assert said(caught) == ["parameters.1: the key must be text", "parameters.2.5: the key must be text"]
    with pytest.raises(ScenarioError, match=r"^by_year.x: the key must be a whole number$"):
        Exotic(by_year={"x": 1})


def test_whole_numbers_of_numpy() -> None:
    scenario = made(horizon_years=np.int64(2), parameters={"informed_share": np.int32(1)})
    assert scenario == made(horizon_years=2, parameters={"informed_share": 1.0})
    assert type(scenario.horizon_years) is int
    with pytest.raises(ScenarioError, match=r"^horizon_years: must be a whole number from 1 to 60, not 61$"):
        made(horizon_years=np.int64(61))
    with pytest.raises(ScenarioError, match=r"^horizon_years: must be a whole number from 1 to 60, not "):
        made(horizon_years=np.bool_(True))


def test_a_list_that_contains_itself() -> None:
    loop: list[Any] = []
    loop.append(loop)
    for field, what in (
        ("policies", r"policies\[0\]: must be a mapping with a kind, not what contains itself"),
        ("sources", r"sources\[0\]: must be text, not what contains itself"),
        ("territory", r"territory: must be a mapping of keys and values, not a list"),
    ):
        with pytest.raises(ScenarioError, match=f"^{what}$"):
            made(**{field: loop})
    with pytest.raises(ScenarioError, match=r"^policies\[0\].zone: must be text, not a list$"):
        made(policies=[{"kind": "host_interns", "zone": loop, "per_semester": 2}])


# --- meaning ---------------------------------------------------------------------------------------------------------


def wrong() -> dict[str, Any]:
    """Right in form, wrong in nearly all else."""
    given = plain(parameters={"informed_shar": 0.5, "settle_probability": 7, "secpa_staff_share": 0.5})
    given["policies"][0] |= {"zone": "53035", "opens": "2099-01-01"}
    given["supply"]["list_holding_gps"][0]["zones"] = ["53034", "99999"]
    return given


def test_a_scenario_made_in_python_is_checked_as_a_file_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = Scenario(**wrong())
    write_scenario(scenario, tmp_path / "s.yaml")
    with pytest.raises(ScenarioError) as by_file:
        read_scenario(tmp_path / "s.yaml")

    def never(*_: Any, **__: Any) -> Any:
        raise AssertionError("it began to run")

    monkeypatch.setattr(simulation, "build_world", never)
    with pytest.raises(ScenarioError) as by_hand:
        simulate(scenario)
    assert said(by_hand) == sorted(said(by_file))
    assert [what.split(":")[0] for what in said(by_hand)] == [
        "parameters.informed_shar",
        "parameters.secpa_staff_share",
        "parameters.settle_probability",
        "policies[0].opens",
        "policies[0].zone",
        "supply.list_holding_gps[0].zones[1]",
    ]
    other = made(name="other", policies=[{"kind": "departures", "starts": "2020-05-01", "gps": ["gp-x"]}])
    with pytest.raises(ScenarioError) as of_both:
        run_experiment([scenario, made(name="good"), other], replications=1, out=tmp_path / "out")
    found = said(of_both)
    assert [what for what in found if what.startswith("hamlet: ")] == [f"hamlet: {what}" for what in said(by_hand)]
    (rest,) = (what for what in found if not what.startswith("hamlet: "))
    assert rest.startswith("other: policies[0].gps[0]: no GP 'gp-x' on day 0")
    assert not (tmp_path / "out").exists()


def test_problems_are_at_the_place_of_their_policy_whatever_was_checked_before() -> None:
    blocks = [{"kind": "host_interns", "zone": zone, "per_semester": 2} for zone in ("53054", "99999")]
    for i, order in ((1, blocks), (0, blocks[::-1])):
        with pytest.raises(ScenarioError, match=rf"^policies\[{i}\].zone: unknown zone '99999'"):
            check(made(policies=order))


def test_counts_and_territories() -> None:
    many = {"without_mt": [{"zones": "remainder", "count": 10**8, "never_declared_part": 0.5, **NONE}]}
    with pytest.raises(ScenarioError, match=r"^residents.without_mt\[0\].count: more residents without MT"):
        simulate(made(residents=many))
    with pytest.raises(ScenarioError, match=r"^territory.epci: no EPCI code '5'"):
        simulate(made(territory={"epci": "5"}))
    with pytest.raises(ScenarioError, match=r"^territory.leave_out: no zone is left"):
        simulate(made(territory={"communes": ["53034"], "leave_out": ["53034"]}))


def test_a_territory_that_cannot_be_built_hides_no_problem(tmp_path: Path) -> None:
    table = tmp_path / "zones.csv"
    nowhere = made(name="nowhere", territory={"csv": str(table)}, parameters={"settle_probability": 7})
    wrong_zone = made(name="zone", policies=[{"kind": "host_interns", "zone": "99999", "per_semester": 2}])
    with pytest.raises(ScenarioError) as caught:
        check(nowhere, made(name="good"), wrong_zone)
    assert [what.split(" ")[:2] for what in said(caught)] == [
        ["nowhere:", "parameters.settle_probability:"],
        ["nowhere:", "territory.csv:"],
        ["zone:", "policies[0].zone:"],
    ]
    table.write_text("zone,name\n", encoding="utf-8")  # what was wrong with a file is not kept
    with pytest.raises(ScenarioError) as later:
        check(nowhere)
    assert {"no such file" in what for what in said(caught)} == {True, False}
    assert not [what for what in said(later) if "no such file" in what]


def test_paths_of_tables_are_whole_from_the_beginning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    tables = {"csv": "zones.csv", "travel_csv": Path("of") / "travel.csv"}
    scenario = made(territory=tables)
    monkeypatch.chdir(tmp_path.parent)
    assert scenario.territory.csv == str(tmp_path / "zones.csv")
    assert scenario.territory.travel_csv == str(tmp_path / "of" / "travel.csv")
    assert scenario.digest == made(territory=tables).digest
    assert scenario != made(territory=tables)
    for wrong, what in ((5, "must be text, not 5"), ("", "must not be empty")):
        with pytest.raises(ScenarioError, match=f"^territory.csv: {what}"):
            made(territory={"csv": wrong})


def test_dates_after_the_end_of_a_shortened_copy_are_no_mistake() -> None:
    whole = made(policies=[{"kind": "host_interns", "zone": "53054", "per_semester": 2, "ends": "2022-06-01"}])
    short = whole.with_(horizon_years=1)
    for copied in (short, pickle.loads(pickle.dumps(short)), short.with_(title="x"), short.model_copy()):
        assert simulate(copied).scenario == copied
    with pytest.raises(
        ScenarioError, match=r"^policies\[0\].ends: 2022-06-01 is outside the horizon, 2020-01-01 to 20"
    ):
        simulate(Scenario(**{name: getattr(short, name) for name in Scenario.model_fields}))
    with pytest.raises(ScenarioError, match=r"policies\[0\].ends: 2022-06-01 is outside the horizon, 2023-01-01 to 20"):
        simulate(short.with_(start=date(2023, 1, 1)))


def test_a_shortened_copy_is_written_where_it_can_be_read_back(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    ends = [{"kind": "host_interns", "zone": "53054", "per_semester": 2, "ends": f"202{year}-06-01"} for year in (0, 2)]
    short = made(policies=ends[:1]).with_(horizon_years=1)
    write_scenario(short, path)
    assert read_scenario(path) == short
    before = path.read_bytes()
    where = r"^policies\[1\].ends: 2022-06-01 is outside the horizon, 2020-01-01 to 2021-01-01; "
    with pytest.raises(ScenarioError, match=where + "the scenario is a copy shortened to horizon_years=1,") as caught:
        write_scenario(made(policies=ends).with_(horizon_years=1), path)
    assert len(caught.value.problems) == 1
    assert path.read_bytes() == before


# --- no more often than needed ---------------------------------------------------------------------------------------


@pytest.fixture
def validations(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Counts, in its length, how often a whole scenario is validated."""
    found: list[int] = []
    init, validate = Scenario.__init__, checking.validated

    def counted_init(self: Scenario, /, **data: Any) -> None:
        found.append(1)
        init(self, **data)

    def counted_validate(*args: Any, **kwargs: Any) -> Any:
        found.append(1)
        return validate(*args, **kwargs)

    monkeypatch.setattr(Scenario, "__init__", counted_init)
    monkeypatch.setattr(checking, "validated", counted_validate)
    return found


def test_a_scenario_is_validated_once(validations: list[int], tmp_path: Path) -> None:
    made()
    assert len(validations) == 1
    write_scenario(made(), tmp_path / "s.yaml")
    validations.clear()
    read_scenario(tmp_path / "s.yaml")
    assert len(validations) == 1
    validations.clear()
    batch = tmp_path / "batch.yaml"
    batch.write_text("batch: b\nscenarios: [s.yaml]\noutcomes: [share_lost]\nvary: {policies.smp.rooms: [2, 3, 4]}\n")
    assert len(read_batch(batch).scenarios) == 3
    assert len(validations) == 1 + 3


def test_an_experiment_validates_once_a_run(validations: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(experiment, "compile_kernel", lambda _: None)  # runs a hamlet of its own
    scenario = made(horizon_years=1, policies=[])
    validations.clear()
    run_experiment(scenario, replications=2, draws=3)
    assert len(validations) == 3 * 2


# --- territories -----------------------------------------------------------------------------------------------------


def test_ways_to_name_a_territory() -> None:
    assert set(WAYS) <= set(TerritorySpec.model_fields)
    for way, code, group in (
        ("epci", "200083392", "200083392"),
        ("ept", "200057867", "200057867"),
        ("departement", "53", "53"),
        ("region", "94", "94"),
        ("communes", ["53034", "53054"], None),
    ):
        spec = TerritorySpec(**{way: code}, cutoff_minutes=20)
        assert (spec.way, spec.group) == (way, group)
        assert spec.whole(2023).cutoff_minutes == 20.0
    assert TerritorySpec(csv="zones.csv").way == "csv"
    with pytest.raises(
        ScenarioError,
        match=r"give exactly one of epci, ept, departement, region, communes, france, csv \(given: epci, csv\)",
    ):
        TerritorySpec(epci="1", csv="x")


def test_equal_territories_are_built_once() -> None:
    one = made(territory=TerritorySpec(communes=("53034", "53054")))
    assert prepare(one) is prepare(made(name="other", territory={"communes": ["53034", "53054"], "cutoff_minutes": 30}))
    assert prepare(one) is not prepare(made(territory={"communes": ["53034", "53130"]}))


def test_residents_are_those_of_the_start_year() -> None:
    spec = TerritorySpec(communes=("53034", "53054"))
    digests = {year: Territory.from_communes(["53034", "53054"], year=year).digest for year in (2021, 2023, 2026)}
    assert len(set(digests.values())) == 3
    for day in (date(2021, 1, 1), date(2021, 12, 31), date(2026, 7, 1)):
        assert prepare(made(territory=spec, start=day)).digest == digests[day.year]
