"""What a run rests on is part of which run it is: content of files, code of own policies, territory, seed."""

from __future__ import annotations

import importlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from ess_sim.clock import Phase
from ess_sim.errors import ResultsError, ScenarioError
from ess_sim.experiments.experiment import ExperimentError, run_experiment
from ess_sim.experiments.identity import Inputs
from ess_sim.inputs.scenario.blocks import GpBlock
from ess_sim.inputs.scenario.scenario import Scenario, Supply
from ess_sim.inputs.scenario.territory_spec import TerritorySpec
from ess_sim.model.policies.base import Policy
from ess_sim.model.policies.own_code import code_of
from ess_sim.model.policies.registry import KINDS
from ess_sim.model.run.checks import check
from ess_sim.model.run.prepare import prepare
from ess_sim.results.results import Results


def zones(path: Path, each: int, codes: str = "AB") -> Path:
    """A territory of two zones with so many residents of each age."""
    rows = [f"{z},{z},{i / 20},48,9,{age},{each}" for i, z in enumerate(codes) for age in range(60)]
    path.write_text("zone,name,lon,lat,area_km2,age,count\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def place(csv: Path, **changes: Any) -> Scenario:
    supply = Supply(list_holding_gps=(GpBlock(zones="remainder", count=1, source="none", grade="D"),))
    said: dict[str, Any] = {"name": "place", "start": date(2020, 1, 1), "horizon_years": 1, "supply": supply}
    return Scenario(**(said | {"territory": TerritorySpec(csv=str(csv))} | changes))


# --- files ------------------------------------------------------------------------------------------------------------


def adults(results: Results) -> int:
    return int(results.share_without_mt()["adults"].iloc[0])


def test_a_file_edited_between_two_calls_is_read_again(tmp_path: Path) -> None:
    csv = zones(tmp_path / "zones.csv", 10)
    scenario = place(csv)
    before = prepare(scenario)
    assert prepare(scenario) is before
    counted = adults(run_experiment(scenario, replications=1))
    status = csv.stat()
    zones(csv, 20)  # as long as before, and as old
    os.utime(csv, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert csv.stat().st_size == status.st_size
    assert prepare(scenario).adults.sum() == 2 * before.adults.sum()
    assert adults(run_experiment(scenario, replications=1)) == 2 * counted


def test_a_travel_table_edited_between_two_calls_is_read_again(tmp_path: Path) -> None:
    zones(tmp_path / "zones.csv", 10)
    table = tmp_path / "minutes.csv"
    spec = TerritorySpec(csv=str(tmp_path / "zones.csv"), travel_csv=str(table))
    found = []
    for minutes in (12, 13):
        table.write_text(f"from_zone,to_zone,minutes\nA,B,{minutes}\n")
        found.append(prepare(place(tmp_path / "zones.csv", territory=spec)).travel_minutes_between("A", "B"))
    assert found == [12, 13]


def test_what_is_wrong_with_a_file_is_looked_for_again(tmp_path: Path) -> None:
    csv = zones(tmp_path / "zones.csv", 10)
    block = {"zones": ["B"], "share": 0.2, "never_declared_part": 0.5, "source": "none", "grade": "D"}
    scenario = place(csv, residents={"without_mt": [block]})
    check(scenario)
    zones(csv, 10, "AC")
    with pytest.raises(ScenarioError, match="unknown zone 'B'"):
        check(scenario)
    zones(csv, 10)
    check(scenario)


def test_a_file_edited_during_an_experiment_ends_it(tmp_path: Path) -> None:
    """One process or several: no run may rest on another territory than the first."""
    csv = zones(tmp_path / "zones.csv", 10)

    def edit(done: int, _total: int, _what: str) -> None:
        if done == 1:
            zones(csv, 11)

    with pytest.raises(ExperimentError, match=r"2 of 3 runs failed.*CSV files of its territory were changed") as caught:
        run_experiment(place(csv), replications=3, out=tmp_path / "out", progress=edit)
    assert len(caught.value.failures) == 2
    with pytest.raises(ResultsError, match=r"differs in the territory of 'place' \(its CSV files hold something else"):
        run_experiment(place(csv), replications=3, out=tmp_path / "out")


def test_a_run_of_another_folder_is_found(tmp_path: Path) -> None:
    scenario = place(zones(tmp_path / "zones.csv", 10))
    for seed in (1, 2):
        run_experiment(scenario, replications=1, seed=seed, out=tmp_path / str(seed))
    for part in (tmp_path / "2").iterdir():
        if part.is_dir():
            shutil.rmtree(tmp_path / "1" / part.name)
            shutil.copytree(part, tmp_path / "1" / part.name)
    with pytest.raises(ResultsError, match="the note is not that of place, replication 0"):
        Results.read(tmp_path / "1")
    again = run_experiment(scenario, replications=1, seed=1, out=tmp_path / "1")
    assert again.outcomes().equals(run_experiment(scenario, replications=1, seed=1).outcomes())


def test_runs_of_two_territories_under_one_name_are_not_joined(tmp_path: Path) -> None:
    from ess_sim.model.run.simulation import simulate

    csv = zones(tmp_path / "zones.csv", 10)
    runs = [simulate(place(csv), replication=0)]
    zones(csv, 11)
    runs.append(simulate(place(csv), replication=1))
    with pytest.raises(ResultsError, match="the runs of 'place' are of two different territories"):
        Results(runs)


# --- own policies -----------------------------------------------------------------------------------------------------


CAMPAIGN = """\
from datetime import date
from typing import ClassVar
import campaign_help
from ess_sim import Phase, Policy
RATIO = 0.2
class Campaign(Policy):
    kind: ClassVar[str] = "campaign"
    starts: date
    def act(self, world):
        from campaign_late import more
        with world.levers.bend(call_ratio=RATIO * campaign_help.TIMES + more()):
            yield world.at(world.calendar.horizon, Phase.POLICY, "campaign")
"""
HELP = "import campaign_deep\nTIMES = 1.0\n"
DEEP = "VALUE = 1\n"
LATE = "def more():\n    return 0.0\n"
NAMES = ("campaign", "campaign_help", "campaign_deep", "campaign_late")


@pytest.fixture
def campaign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], type[Policy]]]:
    """Imports the class anew from the files in the test's folder."""
    folder = tmp_path / "code"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    for name, text in zip(NAMES, (CAMPAIGN, HELP, DEEP, LATE), strict=True):
        (folder / f"{name}.py").write_text(text)

    def forget() -> None:
        for name in NAMES:
            sys.modules.pop(name, None)
        importlib.invalidate_caches()

    def imported() -> type[Policy]:
        forget()
        found: type[Policy] = importlib.import_module("campaign").Campaign
        return found

    yield imported
    forget()


def code(cls: type[Policy], **fields: Any) -> str:
    return code_of([cls(**({"starts": date(2020, 2, 1)} | fields))]).whole


def test_every_file_that_an_own_policy_imports_beside_itself_counts(campaign: Any, tmp_path: Path) -> None:
    seen = {code(campaign())}
    assert code(campaign()) in seen, "importing it again changes nothing"
    for name in NAMES:
        path = tmp_path / "code" / f"{name}.py"
        path.write_text(path.read_text() + "# an edit\n")
        now = code(campaign())
        assert now not in seen, name
        seen.add(now)


def test_a_file_edited_after_its_import_is_refused(campaign: Any, tmp_path: Path) -> None:
    """Else one process would run the old code, and another the new."""
    cls = campaign()
    assert code(cls)
    for name in ("campaign", "campaign_help"):
        path = tmp_path / "code" / f"{name}.py"
        before = path.read_text()
        path.write_text(before.replace("0.2", "9.0").replace("1.0", "7.0"))
        with pytest.raises(ScenarioError, match=rf"{name}\.py was changed after Python imported it"):
            code(cls)
        path.write_text(before)
        assert code(cls)


def test_a_constant_that_was_replaced_counts(campaign: Any) -> None:
    cls = campaign()
    before = code(cls)
    sys.modules["campaign"].RATIO = 9.0  # type: ignore[attr-defined]
    assert code(cls) != before
    sys.modules["campaign"].RATIO = 0.2  # type: ignore[attr-defined]
    assert code(cls) == before


def test_an_own_policy_edited_between_two_runs_is_not_mixed(campaign: Any, tmp_path: Path) -> None:
    base = place(zones(tmp_path / "zones.csv", 10))

    def run(replications: int, jobs: int = 1) -> Results:
        mine = base.with_(name="mine", policies=[campaign()(starts=date(2020, 2, 1))])
        return run_experiment(mine, replications=replications, out=tmp_path / "out", jobs=jobs)

    run(1)
    path = tmp_path / "code" / "campaign.py"
    path.write_text(CAMPAIGN.replace("0.2", "9.0"))
    with pytest.raises(ResultsError, match="differs in the code of policies in 'mine'"):
        run(2)
    path.write_text(CAMPAIGN)
    assert len(run(2).replications) == 2


def test_another_process_with_other_code_is_refused(campaign: Any, tmp_path: Path) -> None:
    mine = place(zones(tmp_path / "zones.csv", 10), policies=[campaign()(starts=date(2020, 2, 1))])
    began = Inputs.of(mine)
    elsewhere = Inputs(began.territory, began.residents, began.code, process=-1)
    elsewhere.check(mine)
    sys.modules["campaign"].RATIO = 9.0  # type: ignore[attr-defined]
    began.check(mine)  # the same process: a counter of one's own may count
    with pytest.raises(ResultsError, match="the code of its policies is not the same in this process"):
        elsewhere.check(mine)


def made(ratio: float, table: Any = None, act: int = 0, base: type[Policy] = Policy) -> type[Policy]:
    """A class without a file of its own: what it captures counts."""

    def one(_self: Any, world: Any) -> Any:
        yield world.at(world.calendar.horizon, Phase.POLICY, f"{ratio}{table}")

    def other(_self: Any, world: Any) -> Any:
        yield world.at(world.calendar.horizon, Phase.POLICY, f"other {ratio}{table}")

    body = {"kind": "made", "__annotations__": {"kind": ClassVar[str], "starts": date}, "act": (one, other)[act]}
    return type("Made", (base,), body | {"__module__": __name__, "__qualname__": "made.<locals>.Made"})


def test_a_class_without_a_file_counts_by_its_code_and_what_it_captures() -> None:
    assert code(made(0.2)) == code(made(0.2))
    frame = np.arange(4.0)
    variants = [
        *(made(0.2), made(0.3), made(0.2, act=1), made(0.2, [1]), made(0.2, [2]), made(0.2, {"a": {1, 2}})),
        *(made(0.2, frame), made(0.2, frame + 1), made(0.2, base=made(0.5)), made(0.2, base=made(0.6))),
    ]
    assert len({code(cls) for cls in variants}) == len(variants)


def test_the_packages_own_policies_have_no_code_of_their_own(tmp_path: Path) -> None:
    smp = {"kind": "smp", "opens": "2020-02-01", "zone": "A", "retired_gps": {"count": 1, "fte_each": 0.2}}
    said = smp | {"interns": {"per_semester": 0}}
    assert "smp" in KINDS
    assert code_of(place(zones(tmp_path / "zones.csv", 10), policies=[said]).policies) == ("", "")
