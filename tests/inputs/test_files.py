"""Reading and writing scenario files: every fault at its place, and nothing but our own errors comes out."""

# ruff: noqa: E501 (the tables of faults read best with one fault a line)

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import Field, model_validator
from test_documents import BAD_LINES as BAD_TEXT
from test_documents import GOOD
from work import counted

from ess_sim.clock import Calendar
from ess_sim.errors import Problem, ScenarioError, TerritoryError, did_you_mean
from ess_sim.inputs.documents.nodes import MAX_PROBLEMS
from ess_sim.inputs.scenario.blocks import Location
from ess_sim.inputs.scenario.files import read_scenarios, write_scenario
from ess_sim.inputs.scenario.scenario import PolicyModel, Scenario
from ess_sim.model.run.read import read_scenario
from ess_sim.model.run.read import read_scenarios as read_with_policies

LAVAL = Path(__file__).parents[2] / "scenarios" / "laval"


class Fake(PolicyModel):
    """A policy that does nothing."""

    kind: ClassVar[str]

    def first_day(self, calendar: Calendar) -> int:  # noqa: ARG002 (a policy's signature)
        return 0

    def problems(self, calendar: Calendar, zones: Sequence[str]) -> list[tuple[Location, str]]:  # noqa: ARG002 (a policy's signature)
        return []

    def to_block(self) -> dict[str, Any]:
        return {"kind": self.kind, **self.model_dump(mode="json")}


class Helpers(Fake):
    kind: ClassVar[str] = "helpers"
    count: Annotated[int, Field(ge=1)]
    fte_each: Annotated[float, Field(gt=0, le=1)] = 0.5
    retired_for_at_most_years: int = 5
    list: bool = True


class Interns(Fake):
    kind: ClassVar[str] = "interns"
    per_semester: Annotated[int, Field(ge=0)]
    list: bool = True


class Centre(Fake):
    kind: ClassVar[str] = "smp"
    opens: date
    zone: str
    retired_gps: Helpers | None = None
    interns: Interns | None = None
    secretaries: float = 0.0
    assistant_from: date | None = None
    zones: tuple[str, ...] = ()


class Pay(Fake):
    kind: ClassVar[str] = "pay"
    uplift: Annotated[float, Field(ge=0, le=1)] = 0.1
    who: Literal["young", "all"] = "all"
    staff: Helpers | Interns | None = None
    anything: Any = None


class Broken(Fake):
    kind: ClassVar[str] = "broken"
    x: int = 0

    @model_validator(mode="after")
    def _fail(self) -> Broken:
        raise KeyError("oops")


KINDS: dict[str, type[Fake]] = {c.kind: c for c in (Centre, Pay, Broken)}


def registry(kind: str) -> type[PolicyModel]:
    if kind == "own.module:Crash":
        raise ZeroDivisionError("at import")
    if kind == "own.module:NoPolicy":
        return int  # type: ignore[return-value]
    return KINDS[kind]


def parameter_problems(overrides: Mapping[str, float]) -> list[tuple[str, str]]:
    found = []
    for name, value in overrides.items():
        if name != "informed_share":
            found.append((name, f"unknown parameter {name!r}{did_you_mean(name, ['informed_share'])}"))
        elif not 0 <= value <= 1:
            found.append((name, f"{value} is out of range: it lies between 0 and 1"))
    return found


def read(*paths: Path | str, **options: Any) -> list[Scenario]:
    kept: dict[str, Any] = {
        "registry": registry,
        "known_kinds": sorted(KINDS),
        "parameter_problems": parameter_problems,
        "semantic": lambda _: [],
    }
    return read_scenarios(paths, **(kept | options))


def faults(*paths: Path | str, **options: Any) -> tuple[Problem, ...]:
    with pytest.raises(ScenarioError) as caught:
        read(*paths, **options)
    return caught.value.problems


def places(*paths: Path | str, **options: Any) -> list[tuple[str, int, int, str]]:
    return [(Path(p.file).name, p.line, p.column, p.where) for p in faults(*paths, **options)]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)  # below it, files may name each other

    def put(text: str | bytes, name: str = "s.yaml") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return put


# --- what is right ---------------------------------------------------------------------------------------------------


def test_good(write: Any) -> None:
    (scenario,) = read(write(GOOD))
    assert scenario.name == "good"
    assert scenario.start == date(2017, 6, 15)
    assert scenario.horizon_years == 20
    assert read() == []


def test_bundled_scenarios_read_and_write_back(tmp_path: Path) -> None:
    paths = sorted(LAVAL.parent.rglob("*.yaml"))
    assert len(paths) >= 30
    for path, scenario in zip(paths, read_with_policies(paths), strict=True):
        copy = tmp_path / path.name
        write_scenario(scenario, copy)
        again = read_scenario(copy)
        assert again == scenario
        assert again.digest == scenario.digest


def test_policies_keep_dates_tuples_and_several_of_a_kind(write: Any) -> None:
    text = GOOD + (
        "policies:\n"
        "  - {kind: smp, opens: 2020-01-01, zone: b, zones: [u, v]}\n"
        "  - {kind: smp, opens: '2018-01-01', zone: a, secretaries: 2, assistant_from: null}\n"
    )
    (scenario,) = read(write(text))
    first, second = scenario.policies
    assert isinstance(first, Centre)
    assert isinstance(second, Centre)
    assert {first.opens, second.opens} == {date(2018, 1, 1), date(2020, 1, 1)}
    assert {first.zones, second.zones} == {("u", "v"), ()}


@given(
    title=st.text(max_size=60),
    sources=st.lists(
        st.sampled_from(["no", "y", "1e3", "0o17", "12:30", "2017-06-15", "2017-02-30", "01001", "a b", ""])
    ),
    zone=st.text(min_size=1, max_size=10),
    value=st.floats(0, 1),
)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_round_trip(tmp_path: Path, title: str, sources: list[str], zone: str, value: float) -> None:
    scenario = Scenario(
        name="s-1",
        title=title,
        sources=tuple(sources),
        start=date(2017, 6, 15),
        horizon_years=5,
        territory={"communes": [zone]},
        parameters={"informed_share": value},
        policies=(Centre(opens=date(2018, 1, 1), zone=zone, interns=Interns(per_semester=1)), Pay(uplift=value)),
    )
    write_scenario(scenario, tmp_path / "s.yaml")
    assert read(tmp_path / "s.yaml") == [scenario]


# --- one fault at a time: line, column and words ---------------------------------------------------------------------

BAD_LINES = [  # a line after GOOD (line 6), column, where, words of the message
    ("titel: x", 1, "titel", "unknown key (did you mean 'title'?)"),
    ("extend: x.yaml", 1, "extend", "did you mean 'extends'?"),
    ("title: 53130", 8, "title", 'must be text or a mapping of keys and values, not 53130: write it in quotes: "53130"'),
    ("title: true", 8, "title", 'write it in quotes: "true"'),
    ("title: [a]", 8, "title", "must be text or a mapping of keys and values, not a list"),
    ("title: {en: b}", 8, "title.fr", "this key is required, and missing"),
    ("title: {en: b, fr: c, de: d}", 23, "title.de", "unknown key"),
    ("title: {en: '', fr: c}", 13, "title.en", "must not be empty"),
    ("description: {en: b, fr: 5}", 26, "description.fr", "must be text, not 5"),
    ("title:", 7, "title", "must be text or a mapping of keys and values, not empty: give a value, or remove the key"),
    ("sources: x", 10, "sources", "must be a list, not 'x': write it in a list"),
    ("sources: [a, 5]", 14, "sources[1]", 'in quotes: "5"'),
    ("outcomes: [share_without_m]", 11, "outcomes", "did you mean 'share_without_mt'?"),
    ("supply: {retired_pool: {count: twenty, source: s, grade: A}}", 32, "supply.retired_pool.count", "must be a whole number from 0 to 1000000, not 'twenty'"),
    ("supply: {retired_pool: {count: 2.5, source: s, grade: A}}", 32, "supply.retired_pool.count", "not 2.5"),
    ("supply: {retired_pool: {count: 20.0, source: s, grade: A}}", 32, "supply.retired_pool.count", "not 20.0: write 20"),
    ("supply: {retired_pool: {count: true, source: s, grade: A}}", 32, "supply.retired_pool.count", "not true"),
    ("supply: {retired_pool: {count: -1, source: s, grade: A}}", 32, "supply.retired_pool.count", "from 0 to 1000000, not -1"),
    ("supply: {retired_pool: {count: 20 years, source: s, grade: A}}", 32, "supply.retired_pool.count", "the unit is implied: write 20"),
    ("supply: {retired_pool: {count: '20', source: s, grade: A}}", 32, "supply.retired_pool.count", "write 20 without quotes"),
    ("supply: {retired_pool: {count: '5,5', source: s, grade: A}}", 32, "supply.retired_pool.count", "only whole numbers fit here; decimals take a point"),
    ("supply: {retired_pool: {count: 20, source: '', grade: A}}", 44, "supply.retired_pool.source", "must not be empty"),
    ("supply: {retired_pool: {count: 20, source: s, grade: E}}", 54, "supply.retired_pool.grade", "must be 'A', 'B', 'C' or 'D', not 'E'"),
    ("supply: {retired_pool: {count: 20, source: s}}", 24, "supply.retired_pool.grade", "required, and missing"),
    ("supply: {retired_pool: {cuont: 20, source: s, grade: A}}", 25, "supply.retired_pool.cuont", "did you mean 'count'?"),
    ("supply: 5", 9, "supply", "must be a mapping of keys and values, not 5"),
    ("supply:", 8, "supply", "not empty: give a value, or remove the key"),
    ("supply: {first_installations: {per_year: '3,1', source: s, grade: A}}", 42, "supply.first_installations.per_year", "write 3.1 with a point"),
    ("supply: {first_installations: {per_year: true, source: s, grade: A}}", 42, "supply.first_installations.per_year", "must be a number"),
    ("supply: {list_holding_gps: []}", 28, "supply.list_holding_gps", "must not be empty"),
    ("supply: {list_holding_gps: [{zones: [53130], count: 1, source: s, grade: A}]}", 38, "supply.list_holding_gps[0].zones[0]", '"53130"'),
    ("supply: {list_holding_gps: [{zones: 53130, count: 1, source: s, grade: A}]}", 37, "supply.list_holding_gps[0].zones", "must be a list or 'remainder', not 53130: write it in a list"),
    ("supply: {list_holding_gps: [{zones: remaindr, count: 1, source: s, grade: A}]}", 37, "supply.list_holding_gps[0].zones", "did you mean 'remainder'?"),
    ("supply: {list_holding_gps: [{zones: [], count: 1, source: s, grade: A}]}", 37, "supply.list_holding_gps[0].zones", "must not be empty"),
    ("residents: {without_mt: [{zones: remainder, share: 20, never_declared_part: 0.2, source: s, grade: A}]}", 52, "residents.without_mt[0].share", "a share lies between 0 and 1: write 0.2 for 20 %"),
    ("residents: {without_mt: [{zones: remainder, share: 20 %, never_declared_part: 0.2, source: s, grade: A}]}", 52, "residents.without_mt[0].share", "write 0.2 for 20 %"),
    ("residents: {without_mt: [{zones: remainder, share: 120, never_declared_part: 0.2, source: s, grade: A}]}", 52, "residents.without_mt[0].share", "from 0 to 1, not 120"),
    ("residents: {without_mt: [{zones: remainder, never_declared_part: 0.2, source: s, grade: A}]}", 26, "residents.without_mt[0]", "give exactly one of share and count"),
    ("parameters: {informed_share: 60 %}", 30, "parameters.informed_share", "in parts of 1: write 0.6 for 60 %"),
    ("parameters: {informed_share: '3,5 %'}", 30, "parameters.informed_share", "write 0.035 for 3,5 %"),
    ("parameters: {informed_share: 5 years}", 30, "parameters.informed_share", "the unit is implied: write 5"),
    ("parameters: {informed_shar: 0.5}", 14, "parameters.informed_shar", "did you mean 'informed_share'?"),
    ("parameters: {informed_share: 20}", 30, "parameters.informed_share", "out of range"),
    ("parameters: {informed_share: x}", 30, "parameters.informed_share", "must be a number, not 'x'"),
    ("parameters: [informed_share]", 13, "parameters", "must be a mapping"),
    ("policies: smp", 11, "policies", "must be a list of policies, not 'smp'"),
    ("policies: [smp]", 12, "policies[0]", "a mapping with a kind, not 'smp'"),
    ("policies: [{zone: x}]", 12, "policies[0]", "needs a kind: one of broken, pay, smp"),
    ("policies: [{kind: 5}]", 19, "policies[0].kind", "must be text: one of broken, pay, smp, not 5"),
    ("policies: [{kind: smpp}]", 19, "policies[0].kind", "unknown policy 'smpp' (did you mean 'smp'?)"),
    ("policies: [{kind: 'own.module:Crash'}]", 19, "policies[0].kind", "cannot be loaded (ZeroDivisionError: at import)"),
    ("policies: [{kind: 'own.module:NoPolicy'}]", 19, "policies[0].kind", "is not a policy class"),
    ("policies: [{kind: broken}]", 12, "policies[0]", "cannot read this block (KeyError: 'oops')"),
    ("policies: [{kind: pay, upliftt: 0.5}]", 24, "policies[0].upliftt", "did you mean 'uplift'?"),
    ("policies: [{kind: pay, uplift: 20}]", 32, "policies[0].uplift", "write 0.2 for 20 %"),
    ("policies: [{kind: pay, who: yung}]", 29, "policies[0].who", "must be 'young' or 'all', not 'yung' (did you mean 'young'?)"),
    ("policies: [{kind: pay, staff: {per_semester: 1, lst: true}}]", 49, "policies[0].staff.lst", "did you mean 'list'?"),
    ("policies: [{kind: pay, staff: {per_semester: x}}]", 46, "policies[0].staff.per_semester", "must be a whole number ≥ 0, not 'x'"),
    ("policies: [{kind: pay, staff: 5}]", 31, "policies[0].staff", "must be a mapping of keys and values, not 5"),
    ("policies: [{kind: smp, opens: '2017-06-01T10:00', zone: a}]", 31, "policies[0].opens", "must be a date such as 2017-06-15"),
    ("policies: [{kind: smp, opens: 01/06/2017, zone: a}]", 31, "policies[0].opens", "write 2017-06-01"),
    ("policies: [{kind: smp, opens: 2017, zone: a}]", 31, "policies[0].opens", "must be a date such as 2017-06-15, not 2017"),
    ("policies: [{kind: smp, opens: '1497484800', zone: a}]", 31, "policies[0].opens", "must be a date"),
    ("policies: [{kind: smp, opens: 2017-06-01, zone: 53130}]", 49, "policies[0].zone", '"53130"'),
    ("policies: [{kind: smp, opens: 2017-06-01, zone: a, retired_gps: {count: 0}}]", 73, "policies[0].retired_gps.count", "must be a whole number ≥ 1, not 0"),
    ("policies: [{kind: smp, opens: 2017-06-01, zone: a, interns: 3}]", 61, "policies[0].interns", "must be a mapping of keys and values, not 3"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "column", "where", "words"), BAD_LINES, ids=[b[0][:50] for b in BAD_LINES])
def test_bad_line(write: Any, line: str, column: int, where: str, words: str) -> None:
    path = write(GOOD + line + "\n")
    (problem,) = faults(path)
    assert words in problem.what
    assert (problem.file, problem.line, problem.column, problem.where) == (str(path), 6, column, where)
    for internal in ("constrained", "literal[", "Input should", "function-", "Value error"):
        assert internal not in str(problem)


@pytest.mark.parametrize("line", [b[0] for b in BAD_TEXT], ids=[b[0][:50] for b in BAD_TEXT])
def test_a_refused_value_drags_no_other_complaint_along(write: Any, line: str) -> None:
    assert len(faults(write(GOOD + line + "\n"))) == 1


BAD_HEADS = [
    ("name: good", "name: my name", 1, 7, "name", "cannot be a name"),
    ("name: good", "nane: good", 1, 1, "nane", "unknown key (did you mean 'name'?)"),
    ("name: good", "title: good", 1, 1, "name", "required, and missing"),
    ("2017-06-15", "2017-02-30", 2, 8, "start", "not a day of the calendar"),
    ("2017-06-15", "1950-02-03", 2, 8, "start", "between 1990 and 2100"),
    ("2017-06-15", "2017-06-15 00:00:00", 2, 8, "start", "has a time"),
    ("horizon_years: 20", "horizon_years: 0", 3, 16, "horizon_years", "must be a whole number from 1 to 60, not 0"),
    ("horizon_years: 20", "horizon_years: 20 years", 3, 16, "horizon_years", "the unit is implied: write 20"),
    ("horizon_years: 20", "horizon_year: 20", 3, 1, "horizon_year", "did you mean 'horizon_years'?"),
    ('epci: "200083392"', "epci: 200083392", 5, 9, "territory.epci", 'write it in quotes: "200083392"'),
    ('epci: "200083392"', "epic: x", 5, 3, "territory.epic", "did you mean 'epci'?"),
    ('epci: "200083392"', "cutoff_minutes: 5", 5, 3, "territory", "give exactly one of epci"),
    ('epci: "200083392"', 'epci: "2"\n  csv: x.csv', 5, 3, "territory", "(given: epci, csv)"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "column", "where", "words"), BAD_HEADS)
def test_bad_head(write: Any, old: str, new: str, line: int, column: int, where: str, words: str) -> None:
    found = faults(write(GOOD.replace(old, new)))
    assert [(p.line, p.column, p.where) for p in found] == [(line, column, where)]
    assert words in found[0].what


HOSTILE = {
    "long key": "? " + "k" * 300_000 + "\n: 1\n",
    "sixties": "title: " + "1:" * 100_000 + "x",
    "many keys": "".join(f"horizon_year{i}: 1\n" for i in range(5_000)),
    "many policies": "policies:\n" + "- {kind: smpp}\n" * 2_500,
    "many wrong items": "sources: [" + "5," * 10_000 + "]",
    "many parameters": "parameters:\n" + "".join(f"  informed_shar{i}: 1\n" for i in range(5_000)),
}

MOST = {"long key": 1_200_000, "sixties": 1_000_000, "many parameters": 2_500_000}
"""Calls that reading a file may take, at most about twice what it does: 4 million where nothing else is said."""


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_in_bounded_time(write: Any, name: str) -> None:
    path = write(HOSTILE[name])
    with counted(MOST.get(name, 4_000_000)):
        found = faults(path)
    assert len(found) <= 2 * MAX_PROBLEMS
    assert all(len(str(p)) < len(str(path)) + 600 for p in found)


# --- all at once -----------------------------------------------------------------------------------------------------


def test_all_problems_of_all_files_at_once(write: Any) -> None:
    first = write(GOOD + "titel: x\ntitle: 5\npolicies: [{kind: smpp}]\n", "a.yaml")
    second = write(GOOD.replace("good", "two").replace("20\n", "x\n") + "policies: [{kind: smp, zone: 5}]\n", "b.yaml")
    third = write("a: [", "c.yaml")
    assert places(third, second, first) == [
        ("a.yaml", 6, 1, "titel"),
        ("a.yaml", 7, 8, "title"),
        ("a.yaml", 8, 19, "policies[0].kind"),
        ("b.yaml", 3, 16, "horizon_years"),
        ("b.yaml", 6, 12, "policies[0].opens"),
        ("b.yaml", 6, 30, "policies[0].zone"),
        ("c.yaml", 1, 5, ""),
    ]
    with pytest.raises(ScenarioError) as caught:
        read(first, second)
    text = str(caught.value)
    assert f"{first}:6:1: titel: unknown key (did you mean 'title'?)" in text.splitlines()


def test_names_and_files_are_used_once(write: Any, tmp_path: Path) -> None:
    a, b = write(GOOD, "a.yaml"), write(GOOD, "b.yaml")
    (problem,) = faults(a, b)
    assert (problem.file, problem.line, problem.column, problem.where) == (str(b), 1, 7, "name")
    assert f"'good' is already taken by {a}:1" in problem.what
    (problem,) = faults(a, tmp_path / "." / "a.yaml", tmp_path / ".." / tmp_path.name / "a.yaml")[:1]
    assert "given twice" in problem.what


# --- extends ---------------------------------------------------------------------------------------------------------


def test_extends_merges_replaces_and_removes(write: Any) -> None:
    write(GOOD + "title: Base\nsources: [a, b]\nparameters: {informed_share: 0.5}\n", "base.yaml")
    write("territory: {cutoff_minutes: 12}\nhorizon_years: 3\n", "short.yaml")
    child = write(
        "extends: [base.yaml, short.yaml]\nname: child\nsources: [c]\nparameters: null\ntitle: null\n", "child.yaml"
    )
    grandchild = write("extends: ../child.yaml\nname: grandchild\nhorizon_years: 4\n", "deeper/grandchild.yaml")
    one, two = read(child, grandchild)
    assert one.territory.epci == "200083392"
    assert one.territory.cutoff_minutes == 12
    assert one.horizon_years == 3
    assert one.sources == ("c",)
    assert one.parameters == {}
    assert one.title == ""
    assert two.horizon_years == 4
    assert two.with_(name="child", horizon_years=3) == one


def test_a_name_is_not_inherited(write: Any) -> None:
    write(GOOD, "base.yaml")
    (problem,) = faults(write("# a comment\nextends: base.yaml\n", "child.yaml"))
    assert (problem.line, problem.column, problem.where) == (2, 1, "name")
    assert "states its own name" in problem.what


def test_an_error_is_cited_where_it_was_written_and_once(write: Any) -> None:
    write(GOOD.replace("20\n", "200\n") + "titel: x\npolicies: [{kind: smpp}]\ntitle: on\n", "base.yaml")
    children = [write(f"extends: base.yaml\nname: c{i}\noutcomes: 5\n", f"c{i}.yaml") for i in range(3)]
    assert places(*children) == [
        ("base.yaml", 3, 16, "horizon_years"),
        ("base.yaml", 6, 1, "titel"),
        ("base.yaml", 7, 19, "policies[0].kind"),
        ("base.yaml", 8, 8, "title"),
        *((f"c{i}.yaml", 3, 11, "outcomes") for i in range(3)),
    ]


def test_a_broken_parent_does_not_hide_the_child_s_own_faults(write: Any) -> None:
    write("a: [\n", "base.yaml")
    a = write("extends: base.yaml\nname: a\ntitel: x\nterritory: {cutoff_minutes: x}\n", "a.yaml")
    b = write("extends: [base.yaml, gone.yaml]\nname: b\n", "b.yaml")
    assert [p[0] + ":" + p[3] for p in places(a, b)] == [
        "a.yaml:titel",
        "a.yaml:territory.cutoff_minutes",
        "b.yaml:extends[1]",
        "base.yaml:",
    ]


def test_csv_paths_are_relative_to_the_file_that_wrote_them(write: Any, tmp_path: Path) -> None:
    write(GOOD.replace('epci: "200083392"', "csv: data/zones.csv\n  travel_csv: ../t.csv"), "deep/base.yaml")
    child = write("extends: deep/base.yaml\nname: child\n", "child.yaml")
    (scenario,) = read(child)
    assert scenario.territory.csv == str(tmp_path / "deep" / "data" / "zones.csv")
    assert scenario.territory.travel_csv == str(tmp_path / "t.csv")
    write_scenario(scenario, tmp_path / "deep" / "copy.yaml")
    assert "csv: data/zones.csv" in (tmp_path / "deep" / "copy.yaml").read_text().replace('"', "")
    assert read(tmp_path / "deep" / "copy.yaml") == [scenario]


# --- hooks -----------------------------------------------------------------------------------------------------------


def test_semantic_problems_have_positions_in_the_file(write: Any) -> None:
    policies = "policies:\n  - {kind: smp, opens: 2020-01-01, zone: z}\n  - {kind: smpp}\n  - {kind: pay}\n"

    def semantic(scenario: Scenario) -> list[tuple[Location, str]]:
        # In the scenario's own order pay comes first.
        index = [type(p) for p in scenario.policies].index(Centre)
        return [
            (("policies", index, "zone"), "unknown zone"),
            (("supply", "retired_pool"), "too few"),
            (("parameters", "p"), "unread"),
        ]

    assert places(write(GOOD + policies), semantic=semantic) == [
        ("s.yaml", 1, 1, "supply.retired_pool"),
        ("s.yaml", 7, 42, "policies[0].zone"),
        ("s.yaml", 8, 12, "policies[1].kind"),
    ]


def test_a_territory_that_cannot_be_built(write: Any) -> None:
    def semantic(_: Scenario) -> list[tuple[Location, str]]:
        raise TerritoryError("no such code\nnor this")

    found = faults(write(GOOD), semantic=semantic)
    assert [(p.line, p.column, p.where, p.what) for p in found] == [
        (5, 9, "territory.epci", "no such code"),
        (5, 9, "territory.epci", "nor this"),
    ]


def test_registry_may_raise_a_scenario_error(write: Any) -> None:
    def raising(kind: str) -> type[PolicyModel]:
        raise ScenarioError(f"no module for {kind!r}")

    (problem,) = faults(write(GOOD + "policies: [{kind: 'a.b:C'}]\n"), registry=raising)
    assert problem.what == "no module for 'a.b:C'"


# --- fuzz ------------------------------------------------------------------------------------------------------------

FUZZ = settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
FAULTS = [b[0] for b in [*BAD_TEXT, *BAD_LINES] if len(b[0]) < 200]
WHOLE = (GOOD + "\n".join(FAULTS)).encode()


def only_scenario_errors(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    problems: tuple[Problem, ...] = ()
    try:
        assert read(path)
    except ScenarioError as error:
        problems = error.problems
        said = str(error)
    assert all(p.file and p.what and str(p) in said for p in problems)


@FUZZ
@given(st.text(max_size=300))
def test_fuzz_text(tmp_path: Path, text: str) -> None:
    only_scenario_errors(tmp_path / "f.yaml", text.encode("utf-8", "surrogatepass"))


@FUZZ
@given(st.lists(st.sampled_from(FAULTS), max_size=6), st.integers(0, 5))
def test_fuzz_bad_lines(tmp_path: Path, lines: list[str], dropped: int) -> None:
    head = GOOD.splitlines()
    only_scenario_errors(tmp_path / "f.yaml", "\n".join([*head[:dropped], *head[dropped + 1 :], *lines]).encode())


@FUZZ
@given(
    st.lists(st.tuples(st.integers(0, len(WHOLE)), st.integers(0, 40), st.binary(max_size=8)), min_size=1, max_size=8)
)
def test_fuzz_mutated_bytes(tmp_path: Path, cuts: list[tuple[int, int, bytes]]) -> None:
    data = (LAVAL / "baseline.yaml").read_bytes() + (LAVAL / "smp.yaml").read_bytes().split(b"\n", 3)[3]
    for at, length, new in cuts:
        at %= len(data) + 1
        data = data[:at] + new + data[at + length :]
    only_scenario_errors(tmp_path / "f.yaml", data)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


TREE = yaml.safe_load((LAVAL / "baseline.yaml").read_text(encoding="utf-8"))


@FUZZ
@given(st.data())
def test_fuzz_values(tmp_path: Path, data: st.DataObject) -> None:
    """A valid scenario in which some values are replaced by anything."""
    tree = copy.deepcopy(TREE)
    tree["policies"] = [{"kind": "smp", "opens": date(2018, 1, 1), "zone": "x", "interns": {"per_semester": 1}}]
    for _ in range(data.draw(st.integers(1, 4))):
        node: Any = tree
        while True:
            keys = list(node) if isinstance(node, dict) else list(range(len(node)))
            if not keys:
                break
            key = data.draw(st.sampled_from(keys))
            if not isinstance(node[key], dict | list) or not node[key] or data.draw(st.booleans()):
                node[key] = data.draw(JUNK)
                break
            node = node[key]
    only_scenario_errors(tmp_path / "f.yaml", yaml.safe_dump(tree, allow_unicode=True).encode())
