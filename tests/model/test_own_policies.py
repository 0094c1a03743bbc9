"""A policy class of the user's own: what would go wrong in silence is refused, and a file imports none by itself."""

from __future__ import annotations

import importlib
import pickle
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

import pytest
from commands import BASE
from work import PATIENCE

from ess_sim.analysis.calibration.targets import read_calibration
from ess_sim.clock import Phase
from ess_sim.errors import ScenarioError
from ess_sim.experiments.batches.batch import read_batch
from ess_sim.experiments.engines.scripts import packed
from ess_sim.faces.cli.app import main
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.model.policies.base import Policy
from ess_sim.model.policies.own_code import code_of
from ess_sim.model.policies.own_faults import own_faults
from ess_sim.model.policies.registry import KINDS
from ess_sim.model.run.read import read_scenario
from ess_sim.model.run.simulation import simulate
from ess_sim.model.world.levers import Levers
from ess_sim.model.world.world import World


def scenario(*policies: Any) -> Scenario:
    return Scenario(
        name="own", start="2020-01-01", horizon_years=1, territory={"communes": ["53034"]}, policies=policies
    )


def until_the_end(world: World) -> Any:
    return world.at(world.calendar.horizon, Phase.POLICY, "own")


# --- levers -----------------------------------------------------------------------------------------------------------


class Forgets(Policy):
    kind: ClassVar[str] = "forgets"
    starts: date

    def act(self, world: World) -> Any:
        world.levers.bend(call_ratio=3.0)
        yield until_the_end(world)


class ForgetsElsewhere(Forgets):
    def act(self, world: World) -> Any:
        _bent = world.levers.bend(call_ratio=3.0)
        yield until_the_end(world)


class ForgetsAtLast(Forgets):
    def act(self, world: World) -> Any:
        yield world.at(world.today + 1, Phase.POLICY, "own")
        _bent = world.levers.bend(call_ratio=3.0)


def test_a_lever_bent_without_with_is_refused_at_the_start() -> None:
    with pytest.raises(ScenarioError, match=r"policies\[0\]: Forgets.act bends a lever without a with statement"):
        simulate(scenario(Forgets(starts=date(2020, 2, 1))))


@pytest.mark.parametrize("cls", [ForgetsElsewhere, ForgetsAtLast])
def test_a_lever_bent_without_with_is_refused_in_the_run(cls: Any) -> None:
    """Where the text of the class does not show it."""
    with pytest.raises(ValueError, match=r"a lever \(call_ratio\) is bent without a with statement"):
        simulate(scenario(cls(starts=date(2020, 2, 1))))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_lever_bent_by_no_number_is_refused(value: float) -> None:
    levers = Levers()
    with pytest.raises(ValueError, match="'dare' is bent by"):
        levers.bend(call_ratio=1.0, dare=value)
    levers.check_entered()
    assert levers["call_ratio"] == 0.0


# --- dates ------------------------------------------------------------------------------------------------------------


class Acts(Policy):
    kind: ClassVar[str] = "acts"

    def act(self, world: World) -> Any:
        yield until_the_end(world)


class Start(Acts):
    start: date


class Begins(Acts):
    begins: date | None = None


class ReadsIt(Acts):
    first: date

    def act(self, world: World) -> Any:
        yield world.at(world.calendar.day(self.first), Phase.POLICY, "own")


class Unread(Acts):
    starts: date
    end: date | None = None


class Read(Acts):
    starts: date
    pivot: date

    def act(self, world: World) -> Any:
        yield world.at(world.calendar.day(self.pivot), Phase.POLICY, "own")


class Says(Start):
    def first_day(self, calendar: Any) -> int:
        return int(calendar.day(self.start))


@pytest.mark.parametrize(
    ("cls", "field", "words"),
    [
        (Start, "start", r"Start would act from the first day of the run, .* \(did you mean 'starts'\?\)"),
        (Begins, "begins", "call the field starts or opens, or write first_day"),
        (ReadsIt, "first", "would act from the first day of the run"),
        (Unread, "end", r"nothing in Unread reads this date \(did you mean 'ends'\?\)"),
    ],
)
def test_a_date_that_does_not_matter_is_refused(cls: type[Policy], field: str, words: str) -> None:
    with pytest.raises(ScenarioError, match=rf"policies\[0\]\.{field}: .*{words}"):
        simulate(scenario(cls(**dict.fromkeys(cls.model_fields, date(2020, 2, 1)))))


@pytest.mark.parametrize("cls", [Read, Says, Acts, *KINDS.values()])
def test_a_date_that_matters_is_not(cls: type[Policy]) -> None:
    assert own_faults(cls) == ()


class NoAct(Policy):
    kind: ClassVar[str] = "no_act"


class Asynchronous(Acts):
    async def act(self, world: World) -> Any:  # type: ignore[override]
        yield until_the_end(world)


def test_a_policy_that_cannot_act_is_refused() -> None:
    assert [what for _, what in own_faults(NoAct)] == ["NoAct has no method act: a policy without it does nothing"]
    assert "asynchronous" in own_faults(Asynchronous)[0][1]


# --- copies escape no check -------------------------------------------------------------------------------------------


def test_copies_and_mappings_are_checked_as_new_policies_are() -> None:
    van = KINDS["outreach_van"](starts="2020-02-01", zones=["53034"], screenings_per_year=500)
    for wrong in ({"screenings_per_year": -1}, {"screening": 3}, {"starts": "soon"}):
        with pytest.raises(ScenarioError):
            van.model_copy(update=wrong)
        with pytest.raises(ScenarioError):
            type(van).model_validate(van.model_dump() | wrong)
        with pytest.raises(ScenarioError):
            Acts().model_copy(update=wrong)
    assert van.model_copy(update={"screenings_per_year": 600}).to_block()["screenings_per_year"] == 600
    unchecked = type(van).model_construct(**(dict(van) | {"screenings_per_year": -1}))
    with pytest.raises(ScenarioError, match=r"policies\[0\]\.screenings_per_year: must be"):
        scenario(unchecked)


# --- code of a scenario file ------------------------------------------------------------------------------------------


MINE = """\
from datetime import date
from pathlib import Path
from typing import ClassVar
from ess_sim import Phase, Policy
Path(__file__).with_name("ran").touch()
class Mine(Policy):
    kind: ClassVar[str] = "mine:Mine"
    starts: date
    def act(self, world):
        yield world.at(world.calendar.horizon, Phase.POLICY, "mine")
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A scenario beside a module, of which Python remembers nothing afterwards."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    (tmp_path / "mine.py").write_text(MINE)
    write(tmp_path, "mine:Mine")
    yield tmp_path
    sys.modules.pop("mine", None)


def write(folder: Path, kind: str) -> Path:
    path = folder / "s.yaml"
    path.write_text(BASE + f"policies: [{{kind: '{kind}', starts: 2020-02-01}}]\n")
    return path


def commands(folder: Path) -> list[list[str]]:
    (folder / "b.yaml").write_text("batch: b\nscenarios: [s.yaml]\n")
    (folder / "c.yaml").write_text(
        "calibration: c\nscenario: s.yaml\nparameters: [call_rate_per_year]\n"
        "targets: [{outcome: share_without_mt, date: 2020-06-30, value: 0.1, sd: 0.1, source: none, grade: D}]\n"
    )
    given = [[name, str(folder / file)] for name in ("validate", "run") for file in ("s.yaml", "b.yaml")]
    given += [[name, str(folder / "c.yaml")] for name in ("validate", "calibrate")]
    return [*given, ["explain", str(folder / "s.yaml")], ["library", "--folder", str(folder)]]


KINDS_WITH_CODE = (
    *(
        "mine:Mine",
        "mine",
        "mine.Mine",
        "venv.__main__:x",
        "unittest.__main__:x",
        "os:system",
        "this:x",
        "antigravity:x",
    ),
    *(
        "ess_sim.model.policies.smp:Smp",
        "{folder}/mine.py:Mine",
        "..{folder}:Mine",
        "__main__:x",
        ":",
        "mine:",
        ":Mine",
    ),
)


@pytest.mark.parametrize("kind", KINDS_WITH_CODE)
def test_a_file_runs_no_code_by_itself(kind: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is even looked for: neither beside the file, nor among installed modules, nor by an absolute path."""
    path = write(folder, kind.format(folder=folder))
    read_batch_of = folder / "b.yaml"
    commands(folder)
    imported: list[str] = []
    monkeypatch.setattr(importlib, "import_module", imported.append)
    before = set(sys.modules)
    for read, file in ((read_scenario, path), (read_batch, read_batch_of), (read_calibration, folder / "c.yaml")):
        with pytest.raises(ScenarioError, match="policies"):
            read(file)
    with pytest.raises(ScenarioError, match="policies"):
        scenario({"kind": kind.format(folder=folder), "starts": "2020-02-01"})
    assert imported == []
    assert not {name for name in set(sys.modules) - before if not name.startswith(("ess_sim.", "encodings."))}
    assert not (folder / "ran").exists()


def test_every_command_names_the_option(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    monkeypatch.chdir(folder)
    for command in commands(folder):
        if command[0] == "library":
            (folder / "b.yaml").unlink(missing_ok=True)
            (folder / "c.yaml").unlink(missing_ok=True)
        assert main(command) == 2, command
        said = capsys.readouterr().err
        assert "'mine:Mine' is Python code" in said, said
        assert "--allow-code" in said
    assert not (folder / "ran").exists()
    assert not (folder / "results").exists()


def test_with_the_option_a_module_beside_the_file_is_found(folder: Path, monkeypatch: Any, capsys: Any) -> None:
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert main(["validate", str(folder / "s.yaml"), "--allow-code"]) == 0
    assert "mine:Mine: valid" in capsys.readouterr().out
    assert (folder / "ran").exists()
    inner = folder / "inner"  # found from the file that names it
    inner.mkdir()
    for name in ("mine.py", "s.yaml"):
        (folder / name).rename(inner / name)
    (folder / "t.yaml").write_text("extends: inner/s.yaml\nname: t\n")
    assert read_scenario(folder / "t.yaml", allow_code=True).policies[0].to_block()["kind"] == "mine:Mine"


def test_a_module_edited_beside_its_file_is_imported_again(folder: Path) -> None:
    (first,) = read_scenario(folder / "s.yaml", allow_code=True).policies
    assert type(read_scenario(folder / "s.yaml", allow_code=True).policies[0]) is type(first)
    (folder / "mine.py").write_text(MINE.replace("starts: date", "starts: date\n    more: int = 3"))
    (again,) = read_scenario(folder / "s.yaml", allow_code=True).policies
    assert again.to_block()["more"] == 3


def test_each_folder_has_its_own_module(folder: Path) -> None:
    other = folder / "other"
    other.mkdir()
    (other / "mine.py").write_text(MINE.replace("starts: date", "starts: date\n    more: int = 3"))
    write(other, "mine:Mine")
    found = [read_scenario(place / "s.yaml", allow_code=True).policies[0] for place in (folder, other, folder)]
    assert ["more" in policy.to_block() for policy in found] == [False, True, False]


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("import sys; sys.exit(3)", "mine:Mine", r"it ends the program \(SystemExit\)"),
        ("1 / 0", "mine:Mine", "ZeroDivisionError: division by zero"),
        ("x = 1", "mine:Mine", "has no attribute 'Mine'"),
        ("Mine = 3", "mine:Mine", "'mine:Mine' is no subclass of ess_sim.Policy"),
        ("", "no_such_module_at_all:Mine", "No module named 'no_such_module_at_all'"),
        ("", "../mine:Mine", "one of your own is named 'module:Class'"),
        ("", "numpy:Mine", "has no attribute 'Mine'"),
    ],
)
def test_what_cannot_be_imported_is_a_problem_of_the_file(folder: Path, text: str, kind: str, words: str) -> None:
    (folder / "mine.py").write_text(text)
    with pytest.raises(ScenarioError, match=rf"s\.yaml:\d+:\d+: policies\[0\]\.kind: .*{words}"):
        read_scenario(write(folder, kind), allow_code=True)


def test_a_module_of_the_users_program_is_not_replaced(folder: Path) -> None:
    sys.modules["mine"] = sys.modules[__name__]
    with pytest.raises(ScenarioError, match="another module is called 'mine'"):
        read_scenario(folder / "s.yaml", allow_code=True)
    assert sys.modules["mine"] is sys.modules[__name__]


def test_in_python_classes_may_be_given(folder: Path) -> None:
    path = write(folder, "acts")
    path.write_text(path.read_text().replace(", starts: 2020-02-01", ""))
    assert type(read_scenario(path, policies=[Acts]).policies[0]) is Acts
    with pytest.raises(ScenarioError, match="unknown policy 'acts'"):
        read_scenario(path)
    with pytest.raises(TypeError, match=r"subclasses of ess_sim\.Policy with a kind"):
        read_scenario(path, policies=[int])  # type: ignore[list-item]


# --- classes that travel by their code --------------------------------------------------------------------------------


def by_value(factor: float) -> type[Policy]:
    """A class as a notebook defines one: with a value and a function of its own, and no file that names it."""

    def strength(ratio: float) -> float:
        return factor * ratio

    class Travels(Policy):
        kind: ClassVar[str] = "travels"
        ratio: float = 1.5

        def act(self, world: World) -> Any:
            with world.levers.bend(call_ratio=strength(self.ratio)):
                yield world.at(world.calendar.horizon, Phase.POLICY, "own")

    for part in (Travels, Travels.act, strength):
        part.__module__ = "__main__"
    return Travels


def test_a_class_that_travels_by_its_code_is_the_same_elsewhere() -> None:
    """Another process, which cannot import it, takes the same digest; another class has another one."""
    policy = by_value(2.0)(ratio=3.0)
    sent = packed(policy)
    assert sent.unknown == ()
    code = (
        "import pickle, sys\n"
        "from ess_sim.model.policies.own_code import code_of\n"
        "policy = pickle.load(sys.stdin.buffer)\n"
        "print(policy.ratio, code_of([policy]).fixed)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], input=sent.data, capture_output=True, timeout=PATIENCE)
    assert done.stdout.decode().split() == ["3.0", code_of([policy]).fixed], done.stderr.decode()
    assert code_of([by_value(2.5)(ratio=3.0)]).fixed != code_of([policy]).fixed
    assert type(pickle.loads(sent.data)) is type(policy)
