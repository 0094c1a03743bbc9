"""What the explorer computes: levers of every policy, variants, runs that are wanted, numbers as of ess-sim run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import ess_sim
from ess_sim.errors import ScenarioError
from ess_sim.experiments.engines.engine import Failure
from ess_sim.faces.explorer.base import Base, of_file
from ess_sim.faces.explorer.desk import Desk, Study
from ess_sim.faces.explorer.exports import Exports, texts
from ess_sim.faces.explorer.levers import levers
from ess_sim.faces.explorer.measures import measured
from ess_sim.faces.words.glossary import glossary, phrases
from ess_sim.inputs.catalogue.bundled import data_path, scenarios_dir
from ess_sim.model.policies.registry import KINDS

HAMLET = """
name: hamlet
start: 2024-01-01
horizon_years: 2
territory: {communes: ["53034", "53054"]}
supply:
  list_holding_gps: [{zones: remainder, count: 2, source: made up, grade: D}]
  interns_per_semester: {count: 1, source: made up, grade: D}
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Base:
    """Two communes that are fast."""
    file = tmp_path_factory.mktemp("small") / "hamlet.yaml"
    file.write_text(HAMLET, encoding="utf-8")
    return of_file(file)


@pytest.fixture
def desk() -> Iterator[Desk]:
    """One without workers: runs are made here, by `make`."""
    with closing(Desk(0)) as desk:
        yield desk


def make(desk: Desk, most: int = 1_000) -> int:
    """Makes so many of the runs that are wanted; how many there were."""
    done = 0
    while done < most and (work := desk._next()) is not None:
        work.done(work.function(work.task))
        done += 1
    return done


def now(desk: Desk, study: Study) -> dict[str, Any]:
    """How far a study is."""
    return next(desk.states(study))


# --- levers ----------------------------------------------------------------------------------------------------------


def _fields(fields: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for field in fields:
        yield field
        inner = [field, *field.get("ways", []), *([field["item"]] if "item" in field else [])]
        for form in inner:
            yield from _fields(form.get("fields", []))


def test_every_field_of_every_policy_is_a_lever_with_words_in_both_languages() -> None:
    assert {lever["kind"] for lever in levers()} == set(KINDS)
    for lever in levers():
        assert [field["key"] for field in lever["fields"]] == list(KINDS[lever["kind"]].model_fields)
        own = set(KINDS[lever["kind"]].field_labels)
        keys = {field["key"] for field in _fields(lever["fields"])}
        assert keys <= own | set(glossary().fields)
        for field in _fields(lever["fields"]):
            assert all(choice["en"] and choice["fr"] for choice in field.get("choices", []))


def test_levers_have_the_ranges_of_the_fields() -> None:
    smp = {field["key"]: field for lever in levers() if lever["kind"] == "smp" for field in _fields(lever["fields"])}
    assert (smp["count"]["least"], smp["count"]["most"], smp["count"]["form"]) == (0, 500, "whole")
    assert (smp["fte_each"]["above"], smp["fte_each"]["most"], smp["fte_each"]["default"]) == (0, 1, 0.2)
    assert smp["closes"]["optional"]
    assert not smp["opens"]["optional"]


def test_every_policy_can_be_placed() -> None:
    laval = of_file(scenarios_dir() / "laval" / "baseline.yaml")
    assert set(laval.standards) == set(KINDS)
    for kind, block in laval.standards.items():
        (policy,) = laval.variant(0, "", [block]).policies
        assert policy.to_block() == block, kind


# --- bases and variants ----------------------------------------------------------------------------------------------


def test_a_file_is_compared_with_what_it_extends() -> None:
    laval = scenarios_dir() / "laval"
    base = of_file(laval / "smp.yaml")
    assert base.baseline == ess_sim.read_scenario(laval / "baseline.yaml")
    again = base.variant(1, "", base.begun)
    assert again.name == "laval-b"
    assert again.digest == ess_sim.read_scenario(laval / "smp.yaml").digest


def test_a_file_of_its_own_is_compared_with_itself_without_policies(small: Base, tmp_path: Path) -> None:
    smp = small.variant(0, "", [small.standards["smp"]])
    of_centres = sorted(KINDS["smp"].reads())[0]
    value = ess_sim.catalogue()[of_centres].value
    ess_sim.write_scenario(smp.with_parameters("mine", **{of_centres: value}), tmp_path / "mine.yaml")
    base = of_file(tmp_path / "mine.yaml")
    assert (base.baseline.name, base.baseline.policies, dict(base.baseline.parameters)) == ("mine-baseline", (), {})
    assert dict(base.variant(0, "", base.begun).parameters) == {of_centres: value}
    assert dict(base.variant(0, "", [small.standards["mediators"]]).parameters) == {}


def test_problems_stand_at_their_fields(small: Base) -> None:
    with pytest.raises(ScenarioError) as caught:
        small.variant(0, "", [small.standards["smp"] | {"rooms": 900}, {"kind": "cesp", "starts": "2024-01-01"}])
    assert [p.where for p in caught.value.problems] == ["policies[0].rooms", "policies[1].per_year"]
    with pytest.raises(ScenarioError) as caught:
        small.variant(0, "", [{**small.standards["smp"], "zone": "53000", "closes": "2050-01-01"}])
    assert {p.where for p in caught.value.problems} == {"policies[0].zone", "policies[0].closes"}


def test_files_are_those_of_write_scenario(small: Base, tmp_path: Path) -> None:
    variant = small.variant(0, "<script>", [small.standards["smp"]])
    for name, text in texts([small.baseline, variant]).items():
        scenario = variant if name.endswith("-a.yaml") else small.baseline
        ess_sim.write_scenario(scenario, tmp_path / name)
        assert (tmp_path / name).read_bytes() == text.encode()
        assert ess_sim.read_scenario(tmp_path / name) == scenario


# --- runs ------------------------------------------------------------------------------------------------------------


def test_what_is_shown_is_what_run_gives(small: Base, desk: Desk, tmp_path: Path) -> None:
    variant = small.variant(2, "", [small.standards["smp"]])
    scenarios = [small.baseline, variant]
    study = desk.start("page", scenarios, 3, 6)
    assert make(desk) == 12
    state = now(desk, study)
    assert state["state"] == "complete"
    (found,) = state["variants"]
    *lines, end = Exports(tmp_path, 1).run(small.stem, scenarios, 3, 6)
    assert "failed" not in end, lines
    assert Path(end["folder"]) == (tmp_path / small.stem).resolve()
    results = ess_sim.Results.read(tmp_path / small.stem / "results")
    dates = [state["baseline"]["dates"][mark] for mark in state["baseline"]["marks"]]
    table = ess_sim.compare(results, baseline=small.baseline.name, outcomes="share_without_mt", by=(), dates=dates)
    assert len(table) == len(dates) == 2
    for mark, row in zip(state["baseline"]["marks"], table.itertuples(), strict=True):
        assert found["gained"]["mean"][mark] == -row.residents
        assert found["gained"]["half"][mark] == pytest.approx((row.residents_high - row.residents_low) / 2, rel=1e-9)
        assert found["points"]["mean"][mark] == pytest.approx(row.difference, rel=1e-12)
        assert found["points"]["half"][mark] == pytest.approx(row.half_width, rel=1e-9)
        assert state["baseline"]["share"][mark] == pytest.approx(row.mean_baseline, rel=1e-12)
    by_zone = ess_sim.compare(
        results, baseline=small.baseline.name, outcomes="share_without_mt", by="zone", dates=dates[-1:]
    )
    assert found["zones"]["mean"] == pytest.approx((-by_zone["residents"]).tolist(), rel=1e-12)
    assert found["gained"]["mean"][-1] != 0


def test_differences_are_those_of_the_first_replications_whichever_come_first(small: Base, desk: Desk) -> None:
    variant = small.variant(0, "", [small.standards["mediators"]])
    study = desk.start("page", [small.baseline, variant], 1, 3)
    works = [desk._next() for _ in range(6)]
    assert desk._next() is None
    for work in works[1:]:
        assert work is not None
        work.done(work.function(work.task))
    state = now(desk, study)
    assert state == {"state": "preparing", "of": 3}  # of the baseline, replication 0 is missing; no worker has begun
    assert works[0] is not None
    works[0].done(measured(works[0].task))
    assert now(desk, study)["variants"][0]["n"] == 3
    assert now(desk, study)["variants"][0]["gained"]["half"] is None  # below five pairs


def test_a_move_gives_up_the_runs_before_it_and_keeps_the_baseline(small: Base, desk: Desk) -> None:
    first = small.variant(0, "", [small.standards["mediators"]])
    second = small.variant(0, "", [{**small.standards["mediators"], "fte": 2.0}])
    before = desk.start("page", [small.baseline, first], 1, 4)
    elsewhere = desk.start("another", [small.baseline], 2, 1)
    assert make(desk, 1) == 1
    assert now(desk, elsewhere)["state"] == "complete"  # the newest study comes first
    assert make(desk, 4) == 4
    running = desk._next()
    assert running is not None
    assert running.wanted()
    after = desk.start("page", [small.baseline, second], 1, 2)
    assert not running.wanted()
    assert [state for state in desk.states(before) if state][-1]["state"] == "given_up"
    running.done(None)
    assert make(desk) == 2  # the baseline's are there
    assert now(desk, after)["state"] == "complete"
    again = desk.start("page", [small.baseline, first.with_(name="other", title="other")], 1, 2)
    assert now(desk, again)["state"] == "complete"  # names make no other run


def test_a_run_that_fails_ends_its_study(small: Base, desk: Desk) -> None:
    study = desk.start("page", [small.baseline], 1, 2)
    work = desk._next()
    assert work is not None
    work.done(Failure("ValueError: no", ""))
    assert now(desk, study) == {"state": "failed", "why": "ValueError: no"}
    assert desk._next() is None


# --- words -----------------------------------------------------------------------------------------------------------


def test_every_word_is_there_and_is_said() -> None:
    scripts = "".join(
        data_path(f"explorer/{name}.js").read_text(encoding="utf-8")
        for name in ("words", "fields", "form", "chart", "map", "results", "app")
    )
    page = data_path("explorer/page.html.j2").read_text(encoding="utf-8")
    said = set(re.findall(r'say\("(\w+)"', scripts)) | set(re.findall(r'data-(?:say|label)="(\w+)"', page))
    said |= set(re.findall(r'"(more|fewer|points|points_few|chosen|chosen_gps)"', scripts))
    known = set(phrases("explorer"))
    ways = {f"way_{form}" for form in ("group", "text", "zones")}
    assert said - {"way_"} <= known
    assert known - said == ways
    for words in phrases("explorer").values():
        assert words.en.count("{}") == words.fr.count("{}")
