"""What the explorer computes: levers of every policy, variants, runs that are wanted, numbers as of ess-sim run."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from work import PATIENCE

import ess_sim
from ess_sim.errors import ScenarioError
from ess_sim.experiments.engines.engine import Failure
from ess_sim.faces.cli import bound
from ess_sim.faces.explorer import exports as exports_module
from ess_sim.faces.explorer import titles
from ess_sim.faces.explorer.base import Base, of_file
from ess_sim.faces.explorer.exports import Exports, texts
from ess_sim.faces.explorer.levers import levers
from ess_sim.faces.explorer.messages import faults_of, limits_of
from ess_sim.faces.explorer.page import SCRIPTS
from ess_sim.faces.explorer.runs.desk import Desk
from ess_sim.faces.explorer.runs.measures import measured
from ess_sim.faces.explorer.runs.study import Study
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
def hours() -> list[float]:
    """What the desk's clock shows: its last entry."""
    return [0.0]


@pytest.fixture
def desk(hours: list[float]) -> Iterator[Desk]:
    """One without workers: runs are made here, by `make`."""
    with closing(Desk(0, lambda: hours[-1])) as desk:
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
    return desk.news(study.key, "", 0.0)


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
    given = ess_sim.read_scenario(laval / "smp.yaml")
    assert again.digest == given.digest
    assert (again.name, again.title.said(), again.description.said()) == (
        *("laval-b", given.title.said(), given.description.said()),
    )
    moved = base.variant(1, "", [{**base.begun[0], "rooms": 5}])
    assert moved.description.to("fr") == (
        "Service médical de proximité (médecins retraités et internes) (Laval). Établi dans l'explorateur (ess-sim "
        "explore), à comparer au scénario de référence «\u00a0Laval Agglomération sans le SMP\u00a0» (laval-baseline). "
        "À partir du scénario laval-smp."
    )
    assert moved.title.to("en").startswith("Laval Agglomération, Centre of retired GPs")


def test_a_file_of_its_own_is_compared_with_itself_without_policies(small: Base, tmp_path: Path) -> None:
    smp = small.variant(0, "", [small.standards["smp"]])
    of_centres = sorted(KINDS["smp"].reads())[0]
    value = ess_sim.catalogue()[of_centres].value
    ess_sim.write_scenario(smp.with_parameters("mine", **{of_centres: value}), tmp_path / "mine.yaml")
    base = of_file(tmp_path / "mine.yaml")
    assert (base.baseline.name, base.baseline.policies, dict(base.baseline.parameters)) == ("mine-baseline", (), {})
    assert "sans ses mesures" in base.baseline.title.to("fr")
    assert base.baseline.description.to("en").startswith("The scenario mine without its policies")
    assert dict(base.variant(0, "", base.begun).parameters) == {of_centres: value}
    assert dict(base.variant(0, "", [small.standards["mediators"]]).parameters) == {}


def faults(base: Base, *policies: dict[str, Any]) -> list[dict[str, Any]]:
    """What is wrong with a variant, as the page gets it."""
    with pytest.raises(ScenarioError) as caught:
        base.variant(0, "", policies)
    return faults_of(caught.value)


def test_problems_stand_at_their_fields(small: Base) -> None:
    smp = small.standards["smp"]
    found = faults(small, smp | {"rooms": 900}, {"kind": "cesp", "starts": "2024-01-01"})
    assert [(p["where"], p["say"]) for p in found] == [
        ("policies[0].rooms", ["fault_whole_range", "1", "200", "900"]),
        ("policies[1].per_year", ["fault_missing"]),
    ]
    found = faults(small, {**smp, "zone": "53000", "closes": "2050-01-01"})
    assert {p["where"] for p in found} == {"policies[0].zone", "policies[0].closes"}


WRONG: list[tuple[str, dict[str, Any], list[str]]] = [
    ("smp", {"rooms": None}, ["fault_whole_range", "1", "200", "empty"]),
    ("smp", {"secretaries": -1}, ["fault_number_range", "0", "200", "-1"]),
    ("smp", {"retired_gps": {"count": 3, "fte_each": 0}}, ["fault_number_above", "0", "1", "0"]),
    ("smp", {"opens": ""}, ["fault_date", "''"]),
    ("smp", {"opens": "2050-01-01"}, ["fault_horizon", "2050-01-01", "2024-01-01", "2026-01-01"]),
    ("smp", {"opens": "2024-06-01", "closes": "2024-06-01"}, ["fault_after_beginning", "2024-06-01", "2024-06-01"]),
    (
        "smp",
        {"opens": "2024-06-01", "assistant_from": "2024-05-01"},
        ["fault_before_opens", "2024-05-01", "2024-06-01"],
    ),
    ("smp", {"zone": "53000"}, ["fault_unknown_zone", "'53000'"]),
    ("mediators", {"zones": []}, ["fault_empty"]),
    ("mediators", {"zones": ["53034", "53034"]}, ["fault_zone_twice", "'53034'"]),
    ("departures", {"gps": ["nobody-1"], "oldest": None}, ["fault_no_gp", "'nobody-1'"]),
    ("departures", {"gps": ["a"], "oldest": 2}, ["fault_gps_or_oldest"]),
    ("grant_cut", {"cut": 0.5, "to_euro_per_year": 2.0}, ["fault_cut_or_amount"]),
    ("lift_barriers", {"physical": 0, "financial": 0, "psychological": 0}, ["fault_barrier"]),
    ("solidarity_days", {"zones": ["53034", "53054"]}, ["fault_no_volunteer"]),
]


@pytest.mark.parametrize(("kind", "change", "said"), WRONG, ids=[f"{kind} {change}" for kind, change, _ in WRONG])
def test_what_checks_say_is_known_to_the_page(small: Base, kind: str, change: dict[str, Any], said: list[str]) -> None:
    assert said in [fault.get("say") for fault in faults(small, small.standards[kind] | change)]


def test_a_message_without_french_is_handed_on_to_be_quoted(small: Base) -> None:
    (found,) = faults(small, small.standards["smp"] | {"only_without_mt": 3})
    assert found == {"where": "policies[0].only_without_mt", "what": "must be true or false, not 3"}


def test_files_are_those_of_write_scenario(small: Base, tmp_path: Path) -> None:
    variant = small.variant(0, "<script>", [small.standards["smp"]])
    for name, text in texts([small.baseline, variant]).items():
        scenario = variant if name == "hamlet-a-script.yaml" else small.baseline
        ess_sim.write_scenario(scenario, tmp_path / name)
        assert (tmp_path / name).read_bytes() == text.encode()
        assert ess_sim.read_scenario(tmp_path / name) == scenario


# --- runs ------------------------------------------------------------------------------------------------------------


def test_what_is_shown_is_what_run_gives(
    small: Base, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports_module, "_OPTIONS", ("--no-figure", "--no-report"))  # which has tests of its own
    smp = small.standards["smp"]
    fewer = smp | {"retired_gps": {"count": 2}}
    variants = [small.variant(2, "<script>", [smp]), small.variant(3, "", [fewer])]
    scenarios = [small.baseline, *variants]
    study = desk.start("page", 1, scenarios, 3, 5)
    assert make(desk) == 15
    state = now(desk, study)
    assert state["state"] == "complete"
    exports = Exports(tmp_path, 1)
    asked = exports.start("key", small.stem, scenarios, 3, 5, lang="fr")
    assert exports.start("key", small.stem, scenarios, 3, 5) is asked  # asked again, as nothing was heard
    for thread in exports._threads:
        thread.join()
    assert asked.process is not None
    assert asked.process.stdin is not None  # by which it notices that the explorer was killed: see the next test
    assert isinstance(asked.process.args, list)
    assert bound.__name__ in asked.process.args
    (written,) = exports.shown()
    assert (written["state"], written["done"], written["of"]) == ("written", 15, 15), written
    assert Path(written["folder"]) == (tmp_path / small.stem).resolve()
    assert written["how"] == f"ess-sim report {shlex.quote(str(Path(written['folder']) / 'results'))} --lang fr"
    assert written["command"].endswith(" --lang fr")
    (Path(written["folder"]) / "results" / "report.html").touch()
    assert Path(exports.shown()[0]["report"]).is_file()
    assert exports.close() == []
    results = ess_sim.Results.read(tmp_path / small.stem / "results")
    dates = [state["baseline"]["dates"][mark] for mark in state["baseline"]["marks"]]
    assert len(dates) == 2
    pairs = [(small.baseline, variants[i], state["variants"][i]) for i in (0, 1)]
    (both,) = state["pairs"]
    for baseline, variant, found in (*pairs, (*variants, both)):
        table = ess_sim.compare(results, baseline=baseline.name, outcomes="share_without_mt", by=(), dates=dates)
        rows = table[table["scenario"] == variant.name].itertuples()
        for mark, row in zip(state["baseline"]["marks"], rows, strict=True):
            assert found["gained"]["mean"][mark] == -row.residents
            half = (row.residents_high - row.residents_low) / 2
            assert found["gained"]["half"][mark] == pytest.approx(half, rel=1e-9)
            assert found["points"]["mean"][mark] == pytest.approx(row.difference, rel=1e-12)
            assert found["points"]["half"][mark] == pytest.approx(row.half_width, rel=1e-9)
            if baseline is small.baseline:
                assert state["baseline"]["share"][mark] == pytest.approx(row.mean_baseline, rel=1e-12)
        table = ess_sim.compare(
            results, baseline=baseline.name, outcomes="share_without_mt", by="zone", dates=dates[-1:]
        )
        zones = -table.loc[table["scenario"] == variant.name, "residents"]
        assert found["zones"]["mean"] == pytest.approx(zones.tolist(), rel=1e-12)
    assert (both["from"], both["to"]) == (0, 1)
    assert both["gained"]["mean"][-1] != 0


def test_an_export_ends_with_an_explorer_that_is_killed() -> None:
    child = f"import threading, {bound.__name__} as bound; bound.end_with_input(); print('on', flush=True)"
    child += "; threading.Event().wait()"
    parent = "import subprocess as s, sys; s.Popen([sys.executable, '-c', sys.argv[1]], stdin=s.PIPE).wait()"
    command = [sys.executable, "-c", parent, child]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True) as explorer:
        assert explorer.stdout is not None
        assert explorer.stdout.readline() == "on\n"
        explorer.kill()
        said, _ = explorer.communicate(timeout=PATIENCE)  # to the end: until its child has ended, too
        assert said == ""


@pytest.mark.parametrize("wrong", ["stopped", "failed"])
def test_what_is_not_written_to_the_end_leaves_nothing(small: Base, tmp_path: Path, wrong: str) -> None:
    exports = Exports(tmp_path, 1)
    if wrong == "failed":
        exports._jobs = 0  # which ess-sim run refuses
    folder = exports.start("key", small.stem, [small.baseline], 1, 3).folder
    if wrong == "stopped":
        assert exports.close() == [folder]
    for thread in exports._threads:
        thread.join()
    (said,) = exports.shown()
    assert said["state"] == wrong
    assert bool(said["why"]) == (wrong == "failed")
    assert list(tmp_path.iterdir()) == []


def test_differences_are_those_of_the_first_replications_whichever_come_first(small: Base, desk: Desk) -> None:
    variant = small.variant(0, "", [small.standards["mediators"]])
    study = desk.start("page", 1, [small.baseline, variant], 1, 3)
    works = [desk._next() for _ in range(6)]
    assert desk._next() is None
    for work in works[1:]:
        assert work is not None
        work.done(work.function(work.task))
    state = now(desk, study)
    assert state == {
        "state": "preparing",
        "of": 3,
        "version": "preparing/0/3",
    }  # of the baseline, replication 0 is missing; no worker has begun
    assert works[0] is not None
    works[0].done(measured(works[0].task))
    assert now(desk, study)["variants"][0]["n"] == 3
    assert now(desk, study)["variants"][0]["gained"]["half"] is None  # below five pairs


def test_a_variant_that_changes_nothing_is_the_same_as_the_other_and_says_why(small: Base, desk: Desk) -> None:
    smp = small.standards["smp"] | {"rooms": 3}
    variants = [small.variant(i, "", [smp | {"interns": {"per_semester": n}}]) for i, n in enumerate((1, 4))]
    study = desk.start("page", 1, [small.baseline, *variants], 1, 2)
    make(desk, 3)
    assert now(desk, study)["pairs"][0]["same"] is False  # one replication may be the same by chance
    make(desk)
    state = now(desk, study)
    assert [variant["same"] for variant in state["variants"]] == [False, False]
    assert state["pairs"][0]["same"] is True
    assert limits_of(variants[0]) == []
    (line,) = limits_of(variants[1])
    assert line["where"] == "policies[0].interns.per_semester"
    assert line["en"].startswith("1 of 4 intern places a semester can be filled: 3 rooms")
    assert line["fr"].endswith("celle de son maître de stage")


def test_a_move_gives_up_the_runs_before_it_and_keeps_the_baseline(small: Base, desk: Desk) -> None:
    first = small.variant(0, "", [small.standards["mediators"]])
    second = small.variant(0, "", [{**small.standards["mediators"], "fte": 2.0}])
    before = desk.start("page", 1, [small.baseline, first], 1, 4)
    elsewhere = desk.start("another", 1, [small.baseline], 2, 1)
    assert make(desk, 1) == 1
    assert now(desk, elsewhere)["state"] == "complete"  # the newest study comes first
    assert make(desk, 4) == 4
    running = desk._next()
    assert running is not None
    assert running.wanted()
    after = desk.start("page", 1, [small.baseline, second], 1, 2)
    assert not running.wanted()
    assert now(desk, before)["state"] == "given_up"
    running.done(None)
    assert make(desk) == 2  # the baseline's are there
    assert now(desk, after)["state"] == "complete"
    again = desk.start("page", 1, [small.baseline, first.with_(name="other", title="other")], 1, 2)
    assert now(desk, again)["state"] == "complete"  # names make no other run


def test_a_run_that_fails_ends_its_study(small: Base, desk: Desk) -> None:
    study = desk.start("page", 1, [small.baseline], 1, 2)
    work = desk._next()
    assert work is not None
    work.done(Failure("ValueError: no", ""))
    assert now(desk, study) == {"state": "failed", "why": "ValueError: no", "version": "failed/0"}
    assert desk._next() is None


def test_news_are_what_a_page_has_not_seen(small: Base, desk: Desk) -> None:
    study = desk.start("page", 1, [small.baseline], 1, 2)
    first = desk.news(study.key, "", 0.0)
    assert desk.news(study.key, first["version"], 0.0) == {}
    assert make(desk, 1) == 1
    assert desk.news(study.key, first["version"], 0.0)["baseline"]["n"] == 1
    assert desk.news("unknown", "", 0.0) == {"state": "given_up"}


def test_a_request_that_was_overtaken_changes_nothing(small: Base, desk: Desk) -> None:
    """As on a busy machine, where the answer to the move before is still being made."""
    newer = desk.start("page", 2, [small.baseline], 1, 1)
    older = desk.start("page", 1, [small.baseline], 2, 1)
    assert make(desk) == 1
    assert (now(desk, newer)["state"], now(desk, older)["state"]) == ("complete", "given_up")


def test_runs_of_a_page_that_is_gone_wait_until_it_asks_again(small: Base, desk: Desk, hours: list[float]) -> None:
    study = desk.start("page", 1, [small.baseline], 1, 2)
    hours.append(3_600.0)  # the tab was closed, or the laptop shut
    assert desk._next() is None
    assert now(desk, study)["state"] == "preparing"
    assert make(desk) == 2


# --- words -----------------------------------------------------------------------------------------------------------


def test_every_word_is_there_and_is_said() -> None:
    scripts = "".join(data_path(f"explorer/{name}.js").read_text(encoding="utf-8") for name in SCRIPTS)
    page = data_path("explorer/page.html.j2").read_text(encoding="utf-8")
    said = set(re.findall(r'say\("(\w+)"', scripts)) | set(re.findall(r'data-(?:say|label)="(\w+)"', page))
    known = set(phrases("explorer"))
    assert said - {"way_"} <= known
    folder = Path(titles.__file__).parent
    python = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    written = set(re.findall(r'"(\w+)"', scripts + python)) | {f"way_{form}" for form in ("group", "text", "zones")}
    assert {key for key in known - said - written if not key.startswith("fault_")} == set()
    for words in phrases("explorer").values():
        assert words.en.count("{}") == words.fr.count("{}")
