"""Batch files: what is declared comes out as whole scenarios, and every fault at its place."""

# ruff: noqa: E501 (the tables of faults read best with one fault a line)

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import model_validator
from work import counted

from ess_sim.clock import Phase
from ess_sim.errors import Problem, ScenarioError
from ess_sim.experiments.batches.batch import MAX_SCENARIOS, Batch, read_batch
from ess_sim.experiments.draws.posterior import Posterior
from ess_sim.inputs.documents.reader import top_keys
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.model.policies.base import Policy
from ess_sim.model.run.read import read_scenario
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.world import World

EXAMPLE = Path(__file__).parents[2] / "examples" / "batch.yaml"

BASE = """
name: base
start: 2020-01-01
horizon_years: 5
territory: {communes: ["53034", "53054"]}
supply:
  list_holding_gps:
    - {zones: ["53034"], count: 1, source: s, grade: D}
    - {zones: remainder, count: 2, source: s, grade: D}
outcomes: [list_holders]
"""
CENTRE = """
extends: base.yaml
name: centre
title: A centre
policies:
  - {kind: smp, opens: 2021-01-01, zone: "53034", retired_gps: {count: 4}, interns: {per_semester: 1}}
  - {kind: host_interns, zone: "53054", per_semester: 2}
"""
HEAD = "batch: b\nscenarios: [base.yaml, centre.yaml]\n"


class Fussy(Policy):
    """Cannot bear 3."""

    kind: ClassVar[str] = "test_batch:Fussy"
    number: int = 0

    @model_validator(mode="after")
    def _check(self) -> Fussy:
        return {0: self, 1: self}[self.number]

    def act(self, world: World) -> Behaviour:
        yield world.at(world.calendar.horizon, Phase.POLICY, "fussy")


Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    (tmp_path / "base.yaml").write_text(BASE)
    (tmp_path / "centre.yaml").write_text(CENTRE)
    (tmp_path / "wrong.csv").write_text("informed_shar\n0.5\n")

    def put(text: str, name: str = "batch.yaml") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return put


def names(batch: Batch) -> list[str]:
    return [s.name for s in batch.scenarios]


def faults(path: Path, *, allow_code: bool = False) -> tuple[Problem, ...]:
    with pytest.raises(ScenarioError) as caught:
        read_batch(path, allow_code=allow_code)
    return caught.value.problems


# --- what is declared ------------------------------------------------------------------------------------------------


def test_the_example() -> None:
    batch = read_batch(EXAMPLE)
    assert "batch" in top_keys(EXAMPLE)
    assert (batch.name, batch.replications, batch.seed, batch.draws, batch.engine) == (
        "laval-settling",
        20,
        1,
        None,
        None,
    )
    assert len(batch.scenarios) == 3 + 3 * 4
    assert batch.baseline == "laval-baseline.settle_probability-0.03"
    posts = {p.retired_gps.count for s in batch.scenarios for p in s.policies}  # type: ignore[attr-defined]
    assert posts == {4, 8, 12, 16}
    for scenario in batch.scenarios:
        own, base = (
            next(s for s in batch.scenarios if s.name == n) for n in (scenario.name, batch.baselines[scenario.name])
        )
        assert own.parameters == base.parameters
        assert not base.policies
        assert scenario.outcomes == ("share_without_mt", "travel_minutes")


def test_a_plain_batch_leaves_its_scenarios_alone(write: Write, tmp_path: Path) -> None:
    batch = read_batch(
        write(
            HEAD + "title: T\nreplications: 3\nseed: 9\ndraws: 4\ndesign: sobol\nprecision: 1\nengine: dask\njobs: 2\n"
        )
    )
    assert list(batch.scenarios) == [read_scenario(tmp_path / f"{n}.yaml") for n in ("base", "centre")]
    assert batch.baseline == "base"
    assert batch.baselines == {"base": "base", "centre": "base"}
    kept = (
        batch.title,
        batch.replications,
        batch.seed,
        batch.draws,
        batch.design,
        batch.precision,
        batch.engine,
        batch.jobs,
    )
    assert kept == ("T", 3, 9, 4, "sobol", 1.0, "dask", 2)
    assert read_batch(write(HEAD + "baseline: centre\n")).baseline == "centre"


VARIED = [
    ("horizon_years", "7", "horizon_years: 7"),
    ("parameters.settle_probability", "0.1", "parameters: {settle_probability: 0.1}"),
    ("parameters.retired_willing_share", "0.5", "parameters: {retired_willing_share: 0.5}"),
    ("supply.list_holding_gps.1.count", "3", 'supply: {list_holding_gps: [{zones: ["53034"], count: 1, source: s, grade: D}, {zones: remainder, count: 3, source: s, grade: D}]}'),
    ("policies.smp.retired_gps.count", "6", 'policies: [{kind: host_interns, zone: "53054", per_semester: 2}, {kind: smp, opens: 2021-01-01, zone: "53034", retired_gps: {count: 6}, interns: {per_semester: 1}}]'),
    ("policies.smp.closes", "2023-01-01", 'policies: [{kind: host_interns, zone: "53054", per_semester: 2}, {kind: smp, opens: 2021-01-01, closes: 2023-01-01, zone: "53034", retired_gps: {count: 4}, interns: {per_semester: 1}}]'),
    ("policies.0.only_without_mt", "false", 'policies: [{kind: host_interns, zone: "53054", per_semester: 2}, {kind: smp, opens: 2021-01-01, only_without_mt: false, zone: "53034", retired_gps: {count: 4}, interns: {per_semester: 1}}]'),
    ("policies.smp.retired_gps.fte_each", "0.5", 'policies: [{kind: smp, opens: 2021-01-01, zone: "53034", retired_gps: {count: 4, fte_each: 0.5}, interns: {per_semester: 1}}, {kind: host_interns, zone: "53054", per_semester: 2}]'),
    ("policies.1.per_semester", "3", 'policies: [{kind: host_interns, zone: "53054", per_semester: 3}, {kind: smp, opens: 2021-01-01, zone: "53034", retired_gps: {count: 4}, interns: {per_semester: 1}}]'),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "line"), VARIED, ids=[v[0] for v in VARIED])
def test_a_variant_is_what_a_file_would_say(write: Write, path: str, value: str, line: str) -> None:
    by_hand = read_scenario(write(f"extends: centre.yaml\nname: hand\n{line}\n", "hand.yaml"))
    batch = read_batch(write(HEAD + f"apply_to: [centre]\nvary: {{{path}: [{value}]}}\n"))
    variant = batch.scenarios[1]
    assert variant.digest == by_hand.digest
    assert variant == by_hand.with_(name=variant.name, title=variant.title)
    assert variant.name == f"centre.{path.split('.')[-1]}-{value}"
    assert variant.title == f"A centre, {path.split('.')[-1].replace('_', ' ')} {value}"


def test_what_a_file_leaves_to_defaults_can_vary(write: Write) -> None:
    opens = "  - {kind: open_centre, opens: 2021-01-01, centre: {form: scic, zone: '53034'%s}}\n"
    write(CENTRE + opens % "", "centre.yaml")
    posts = ", posts: {salaried_gps: {count: 0, fte_each: 0.5}}"
    by_hand = read_scenario(write(CENTRE + opens % posts, "hand.yaml"))
    vary = "vary: {policies.open_centre.centre.posts.salaried_gps.fte_each: [0.5]}\n"
    variant = read_batch(write(HEAD + vary)).scenarios[1]
    assert variant == by_hand.with_(name=variant.name, title=variant.title)


def test_a_variant_is_checked_as_a_whole_file(write: Write) -> None:
    around = "supply: {departement_list_holders: {count: 50, source: s, grade: D}}\n"
    write(CENTRE + around, "centre.yaml")
    (problem,) = faults(write(HEAD + "vary: {supply.departement_list_holders.count: [3, 2]}\n"))
    assert (problem.line, problem.where) == (3, "vary.supply.departement_list_holders.count[1]")
    assert problem.what == "2 list-holding GPs in the whole département, but 3 in the territory alone"


def test_the_number_of_a_policy_is_its_place_in_the_file(write: Write) -> None:
    head, smp, host = CENTRE.rstrip().rsplit("\n", 2)
    scenario = read_scenario(write("\n".join([head, host, smp]), "centre.yaml"))
    assert [p.to_block()["kind"] for p in scenario.policies] == ["host_interns", "smp"]
    varied = read_batch(write(HEAD + "vary: {policies.1.rooms: [5]}\n")).scenarios[1]
    assert {p.to_block()["kind"]: p.to_block().get("rooms") for p in varied.policies} == {
        "smp": 5,
        "host_interns": None,
    }


def test_cross_and_zip(write: Write) -> None:
    vary = "vary:\n  policies.smp.rooms: [2, 3]\n  parameters.settle_probability: [0.05, 0.1]\n"
    crossed = read_batch(write(HEAD + vary))
    assert names(crossed) == [
        "base.settle_probability-0.05",
        "base.settle_probability-0.1",
        "centre.rooms-2.settle_probability-0.05",
        "centre.rooms-2.settle_probability-0.1",
        "centre.rooms-3.settle_probability-0.05",
        "centre.rooms-3.settle_probability-0.1",
    ]
    assert crossed.baselines["centre.rooms-3.settle_probability-0.1"] == "base.settle_probability-0.1"
    zipped = read_batch(write(HEAD + vary + "combine: zip\n"))
    assert names(zipped)[2:] == ["centre.rooms-2.settle_probability-0.05", "centre.rooms-3.settle_probability-0.1"]
    # side by side, a scenario that lacks a path has each of its own values once
    once = vary.replace("[2, 3]", "[2, 3, 4]").replace("[0.05, 0.1]", "[0.05, 0.1, 0.05]") + "combine: zip\n"
    assert names(read_batch(write(HEAD + once)))[:2] == ["base.settle_probability-0.05", "base.settle_probability-0.1"]


def test_only_those_vary_that_are_named_or_have_the_path(write: Write) -> None:
    assert names(read_batch(write(HEAD + "vary: {policies.smp.rooms: [2, 3]}\n"))) == [
        "base",
        "centre.rooms-2",
        "centre.rooms-3",
    ]
    assert names(read_batch(write(HEAD + "vary: {horizon_years: [2]}\napply_to: [centre]\n"))) == [
        "base",
        "centre.horizon_years-2",
    ]
    # a parameter that only a centre reads is no parameter of a scenario without one
    assert names(read_batch(write(HEAD + "vary: {parameters.retired_willing_share: [0.2]}\n")))[0] == "base"


@given(low=st.integers(0, 40), steps=st.integers(0, 6), step=st.integers(1, 8), rest=st.integers(0, 8))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_a_range_holds_both_ends_exactly(write: Write, low: int, steps: int, step: int, rest: int) -> None:
    high = low + steps * step + min(rest, step - 1)
    ends = ", ".join(f"{key}: {Decimal(n) / 100}" for key, n in (("from", low), ("to", high), ("step", step)))
    text = f"vary: {{parameters.settle_probability: {{{ends}}}}}\napply_to: [base]\n"
    varied = [s.parameters["settle_probability"] for s in read_batch(write(HEAD + text)).scenarios[:-1]]
    assert varied == [float(Decimal(low + i * step) / 100) for i in range(steps + 1)]


def test_draws_are_what_the_command_line_takes(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")  # paths are relative to the batch file
    Posterior("mine", ({"informed_share": 0.2}, {"informed_share": 0.6})).write(tmp_path / "fit")
    assert [read_batch(write(HEAD + f"draws: {n}\n")).draws for n in ("3", '"3"', "")] == [3, 3, None]
    for text, name, n in (("fit", "mine", 2), ("./fit/posterior.csv", "posterior", 2), ("national", "national", 60)):
        draws = read_batch(write(HEAD + f"draws: {text}\n")).draws
        assert isinstance(draws, Posterior)
        assert (draws.name, len(draws)) == (name, n)
    (problem,) = faults(write(HEAD + "draws: posterior.csv\n"))
    assert (problem.line, problem.where) == (3, "draws")


def test_names_are_valid_and_differ(write: Write) -> None:
    long = "x" * 95
    write(CENTRE.replace("name: centre", f"name: {long}"), "centre.yaml")
    vary = 'vary:\n  policies.smp.retired_gps.fte_each: [0.2, 0.5]\n  policies.smp.zone: ["53034", "53054"]\n  policies.host_interns.zone: ["53034", "53054"]\n'
    batch = read_batch(write(HEAD + vary))
    found = names(batch)
    assert len(set(found)) == len(found) == 1 + 8
    assert all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", name) for name in found)
    write(CENTRE, "centre.yaml")
    assert "centre.fte_each-0.2.smp.zone-53034.host_interns.zone-53054" in names(read_batch(write(HEAD + vary)))
    # a scenario may already bear a variant's name
    write(BASE.replace("name: base", "name: centre.rooms-2"), "base.yaml")
    assert names(read_batch(write(HEAD + "vary: {policies.smp.rooms: [2]}\n"))) == [
        "centre.rooms-2",
        "centre.rooms-2.2",
    ]


def test_what_makes_a_file_a_batch(write: Write, tmp_path: Path) -> None:
    assert "batch" in top_keys(write(HEAD))
    assert "batch" in top_keys(write("batch:\n"))
    for text in ("name: x\n", "", "[batch]\n", "batch: [\n"):
        assert "batch" not in top_keys(write(text))
    assert "batch" not in top_keys(tmp_path)
    assert "batch" not in top_keys(tmp_path / "none.yaml")


# --- faults ----------------------------------------------------------------------------------------------------------

BAD_LINES = [  # lines after HEAD (line 3 on), line, column, where, words of the message
    ("replication: 3", 3, 1, "replication", "unknown key (did you mean 'replications'?)"),
    ("extends: base.yaml", 3, 1, "extends", "unknown key"),
    ("seed: 1\nseed: 2", 4, 1, "seed", "this key is written twice"),
    ("replications: 0", 3, 15, "replications", "must be a whole number ≥ 1, not 0"),
    ("replications: 2.5", 3, 15, "replications", "must be a whole number"),
    ("seed: -1", 3, 7, "seed", "≥ 0"),
    ("precision: 0", 3, 12, "precision", "must be a number > 0, not 0"),
    ("precision: -0.1", 3, 12, "precision", "> 0"),
    ("draws: 0", 3, 8, "draws", "must be a whole number ≥ 1, a folder of ess-sim calibrate, a CSV file, or national"),
    ("draws: 2.5", 3, 8, "draws", "≥ 1, a folder of ess-sim calibrate, a CSV file, or national, which comes with the package, not 2.5"),
    ("draws: [3]", 3, 8, "draws", "not a list"),
    ('draws: ""', 3, 8, "draws", "not ''"),
    ('draws: "0"', 3, 8, "draws", "0: the number of draws must be at least 1"),
    ("draws: nationl", 3, 8, "draws", "nationl: no posterior (did you mean 'national'?)"),
    ('draws: "a\\0"', 3, 8, "draws", "no file can be called 'a\\x00'"),
    ("draws: .", 3, 8, "draws", ".: not a folder of ess-sim calibrate"),
    ("draws: base.yaml", 3, 8, "draws", "base.yaml:2:1: unknown parameter 'name: base'"),
    ("draws: wrong.csv", 3, 8, "draws", "wrong.csv:1:1: unknown parameter 'informed_shar' (did you mean"),
    ("draws: national\ndesign: sobol", 4, 1, "design", "says nothing of draws that are there already"),
    ("draws: 3\ndesign: lhs", 4, 9, "design", "must be 'latin-hypercube' or 'sobol', not 'lhs'"),
    ("design: sobol", 3, 1, "design", "says nothing without draws"),
    ("combine: zip", 3, 1, "combine", "says nothing without vary"),
    ("apply_to: [base]", 3, 1, "apply_to", "says nothing without vary"),
    ("engine: proceses", 3, 9, "engine", "did you mean 'processes'?"),
    ("engine: threads", 3, 9, "engine", "must be 'processes' or 'dask', not 'threads'"),
    ("jobs: 0", 3, 7, "jobs", "≥ 1"),
    ("jobs: yes", 3, 7, "jobs", "ambiguous"),
    ("baseline: bas", 3, 11, "baseline", "no scenario of this batch is called 'bas' (did you mean 'base'?)"),
    ("outcomes: []", 3, 11, "outcomes", "must not be empty"),
    ("outcomes: [share_without_m]", 3, 12, "outcomes[0]", "did you mean 'share_without_mt'?"),
    ("outcomes: [share_lost, share_lost]", 3, 24, "outcomes[1]", "named twice"),
    ("vary: {}", 3, 7, "vary", "must not be empty"),
    ("vary: {horizon_years: []}", 3, 23, "vary.horizon_years", "must not be empty"),
    ("vary: {horizon_years: 5}", 3, 23, "vary.horizon_years", "a list of values or a range"),
    ("vary: {horizon_years: [[5]]}", 3, 24, "vary.horizon_years[0]", "must be a single value, not a list"),
    ("vary: {horizon_years: [2, 2.0]}", 3, 27, "vary.horizon_years[1]", "the value 2.0 is written twice"),
    ("vary: {horizon_years: [2, 70]}", 3, 27, "vary.horizon_years[1]", "must be a whole number from 1 to 60, not 70"),
    ("vary: {horizon_years: [on]}", 3, 24, "vary.horizon_years[0]", "ambiguous"),
    ("vary: {horizon_years: {from: 2, to: 8}}", 3, 23, "vary.horizon_years", "a range needs from, to and step: step missing"),
    ("vary: {horizon_years: {from: 2, step: 2}}", 3, 23, "vary.horizon_years", "to missing"),
    ("vary: {horizon_years: {from: 2, to: 8, step: 0}}", 3, 46, "vary.horizon_years.step", "must be above 0, not 0"),
    ("vary: {horizon_years: {from: 2, to: 8, step: -1}}", 3, 46, "vary.horizon_years.step", "above 0"),
    ("vary: {horizon_years: {from: 8, to: 2, step: 1}}", 3, 37, "vary.horizon_years.to", "2 is below from, 8"),
    ("vary: {horizon_years: {from: 2, to: 8, step: true}}", 3, 46, "vary.horizon_years.step", "must be a number, not true"),
    ("vary: {horizon_years: {from: 2, to: 8, step: 1, stop: 4}}", 3, 49, "vary.horizon_years.stop", "unknown key"),
    ("vary: {horizon_years: {from: 1, to: 9999999, step: 0.001}}", 3, 23, "vary.horizon_years", "more than 1,000 values"),
    ("vary: {parameters.settle_probabilty: [0.1]}", 3, 8, "vary.parameters.settle_probabilty", "did you mean 'parameters.settle_probability'?"),
    ("vary: {parameters.settle_probability: [1.5]}", 3, 40, "vary.parameters.settle_probability[0]", "out of range"),
    ("vary: {parameters.settle_probability: {from: 0.5, to: 1.5, step: 0.5}}", 3, 39, "vary.parameters.settle_probability", "1.5 probability is out of range"),
    ("vary: {parameters.entries_per_list_holder.x: [1.5]}", 3, 8, "vary.parameters.entries_per_list_holder.x", "no scenario that varies has a value here"),
    ("vary: {start: [2021-01-01]}", 3, 8, "vary.start", "horizon_years, supply, residents, parameters and policies can vary"),
    ("vary: {policies.smp.retired_gp.count: [3]}", 3, 8, "vary.policies.smp.retired_gp.count", "did you mean 'policies.smp.retired_gps.count'?"),
    ("vary: {policies.smp.retired_gps: [3]}", 3, 8, "vary.policies.smp.retired_gps", "no scenario that varies has a value here"),
    ("vary: {policies.2.zone: [3]}", 3, 8, "vary.policies.2.zone", "did you mean 'policies.1.zone'?"),
    ("vary: {policies.0.kind: [smp]}", 3, 8, "vary.policies.0.kind", "no scenario that varies has a value here"),
    ("vary: {policies.smp.rooms: [x]}", 3, 29, "vary.policies.smp.rooms[0]", "must be a whole number from 1 to 200, not 'x'"),
    ("vary: {policies.smp.zone: [53034]}", 3, 28, "vary.policies.smp.zone[0]", 'write it in quotes: "53034"'),
    ('vary: {policies.smp.zone: ["53035"]}', 3, 28, "vary.policies.smp.zone[0]", "unknown zone '53035' in this territory"),
    ("vary: {policies.smp.opens: [2030-01-01]}", 3, 29, "vary.policies.smp.opens[0]", "outside the horizon"),
    ("vary: {policies.smp.rooms: [1], policies.0.rooms: [2]}", 3, 33, "vary.policies.0.rooms", "the same place as policies.smp.rooms"),
    ("vary: {policies.smp.rooms: [2]}\napply_to: [centr]", 4, 12, "apply_to[0]", "did you mean 'centre'?"),
    ("vary: {policies.smp.rooms: [2]}\napply_to: [centre, base]", 4, 20, "apply_to[1]", "none of the varied paths exists in 'base'"),
    ("vary: {policies.smp.rooms: [2]}\napply_to: [centre, centre]", 4, 20, "apply_to[1]", "named twice"),
    ("vary: {policies.smp.rooms: [2]}\napply_to: []", 4, 11, "apply_to", "must not be empty"),
    ("vary: {policies.smp.rooms: [2]}\ncombine: product", 4, 10, "combine", "must be 'cross' or 'zip'"),
    ("vary: {policies.smp.rooms: [2, 3], horizon_years: [4]}\ncombine: zip", 4, 10, "combine", "policies.smp.rooms has 2, horizon_years has 1"),
    ("vary: {policies.smp.rooms: [2, 3, 2], horizon_years: [4, 5, 4]}\ncombine: zip", 3, 1, "vary", "the values in place 3 are those in place 1"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "column", "where", "words"), BAD_LINES, ids=[b[0][:60] for b in BAD_LINES])
def test_bad_line(write: Write, text: str, line: int, column: int, where: str, words: str) -> None:
    path = write(HEAD + text + "\n")
    (problem,) = faults(path)
    assert words in problem.what
    assert (problem.file, problem.line, problem.column, problem.where) == (str(path), line, column, where)


BAD_HEADS = [
    ("batch: b", "batch: my batch", 1, 8, "batch", "cannot be a name"),
    ("batch: b", "batch: 5", 1, 8, "batch", 'in quotes: "5"'),
    ("[base.yaml, centre.yaml]", "[]", 2, 12, "scenarios", "must not be empty"),
    ("[base.yaml, centre.yaml]", "base.yaml", 2, 12, "scenarios", "must be a list"),
    ("[base.yaml, centre.yaml]", "[base.yaml, 5]", 2, 24, "scenarios[1]", "must be text"),
    ("centre.yaml", "center.yaml", 2, 24, "scenarios[1]", "no such file (did you mean 'centre.yaml'?)"),
    ("centre.yaml", "none/x.yaml", 2, 24, "scenarios[1]", "no such file (there is no folder"),
    ("centre.yaml", "../none/x.yaml", 2, 24, "scenarios[1]", "lies outside"),
    ("centre.yaml", "./base.yaml", 2, 24, "scenarios[1]", "this file is named twice"),
    ("centre.yaml", "again.yaml", 2, 24, "scenarios[1]", "a second scenario called 'base'"),
    ("scenarios: [base.yaml, centre.yaml]", "seed: 1", 1, 1, "scenarios", "required, and missing"),
]


@pytest.mark.parametrize(("old", "new", "line", "column", "where", "words"), BAD_HEADS, ids=[b[1] for b in BAD_HEADS])
def test_bad_head(write: Write, old: str, new: str, line: int, column: int, where: str, words: str) -> None:
    write(BASE, "again.yaml")
    path = write(HEAD.replace(old, new))
    (problem,) = faults(path)
    assert words in problem.what
    assert (problem.file, problem.line, problem.column, problem.where) == (str(path), line, column, where)


def test_what_does_not_go_with_the_file_is_said_of_the_value(write: Write) -> None:
    (problem,) = faults(
        write(
            HEAD
            + "vary:\n  horizon_years: [5, 1]\n  policies.smp.rooms: [2]\n  policies.host_interns.ends: [2024-01-01]\napply_to: [centre]\n"
        )
    )
    assert (problem.line, problem.where) == (6, "vary.policies.host_interns.ends[0]")
    assert "2024-01-01 is outside the horizon, 2020-01-01 to 2021-01-01" in problem.what
    write(
        CENTRE.replace('zone: "53054", per_semester: 2', 'zone: "53054", per_semester: 2, ends: 2024-01-01'),
        "centre.yaml",
    )
    (problem,) = faults(write(HEAD + "vary: {horizon_years: [5, 1]}\napply_to: [centre]\n"))
    assert (problem.line, problem.column, problem.where) == (3, 27, "vary.horizon_years[1]")
    assert "the variant centre.horizon_years-1 is not valid: policies[1].ends: 2024-01-01 is outside" in problem.what


def test_all_faults_of_all_files_at_once(write: Write) -> None:
    write(BASE.replace("horizon_years: 5", "horizon_years: 0"), "base.yaml")
    write("name: other\ntitel: x\n", "other.yaml")
    path = write(
        "batch: b\nscenarios: [other.yaml, none.yaml, good.yaml]\nvary: {policies.smp.rooms: [0], supply.x: []}\nseeed: 3\noutcomes: [x]\n"
    )
    write(CENTRE.replace("extends: base.yaml", BASE.replace("name: base", "")), "good.yaml")
    found = [(Path(p.file).name, p.line, p.where) for p in faults(path)]
    assert found == [
        ("batch.yaml", 2, "scenarios[1]"),
        ("batch.yaml", 3, "vary.policies.smp.rooms[0]"),
        ("batch.yaml", 3, "vary.supply.x"),
        ("batch.yaml", 4, "seeed"),
        ("batch.yaml", 5, "outcomes[0]"),
        *[("other.yaml", 1, w) for w in ("horizon_years", "start", "territory")],
        ("other.yaml", 2, "titel"),
    ]  # fmt: skip


def test_two_policies_of_a_kind_go_by_number(write: Write) -> None:
    write(CENTRE + '  - {kind: host_interns, zone: "53034", per_semester: 1}\n', "centre.yaml")
    (problem,) = faults(write(HEAD + "vary: {policies.host_interns.per_semester: [3]}\n"))
    assert "centre has several policies of this kind: give the number in the file, from 0" in problem.what
    varied = read_batch(write(HEAD + "vary: {policies.2.per_semester: [3]}\n")).scenarios[1]
    assert {(p.to_block()["zone"], p.to_block().get("per_semester")) for p in varied.policies} == {
        ("53034", None),
        ("53054", 2),
        ("53034", 3),
    }


def test_a_users_own_policy_may_raise_anything(write: Write) -> None:
    write(CENTRE + "  - {kind: 'test_batch:Fussy', number: 1}\n", "centre.yaml")
    assert names(read_batch(write(HEAD + "vary: {policies.2.number: [0, 1]}\n"), allow_code=True))[1:] == [
        "centre.number-0",
        "centre.number-1",
    ]
    (problem,) = faults(write(HEAD + "vary: {policies.2.number: [3]}\n"), allow_code=True)
    assert (problem.line, problem.column) == (3, 28)
    assert "the policy 'test_batch:Fussy' cannot read this block (KeyError: 3)" in problem.what


def test_a_batch_is_bounded(write: Write) -> None:
    wide = ", ".join(
        f"parameters.{n}: {{from: 0, to: 0.9, step: 0.01}}"
        for n in ("informed_share", "handover_share", "notice_share", "discouraged_part")
    )
    path = write(HEAD + f"vary: {{{wide}}}\n")
    with counted(100_000):  # about twice what it takes: nothing is made of any variant
        (problem,) = faults(path)
    assert f"{2 * 91**4:,} scenarios: a batch holds at most 1,000" in problem.what
    half = MAX_SCENARIOS // 2
    assert (
        len(
            read_batch(
                write(HEAD + f"vary: {{parameters.call_rate_per_year: {{from: 1, to: {half}, step: 1}}}}\n")
            ).scenarios
        )
        == 2 * half
    )
    (problem,) = faults(
        write(HEAD + f"vary: {{parameters.call_rate_per_year: {{from: 1, to: {half + 1}, step: 1}}}}\n")
    )
    assert problem.where == "vary"


@given(text=st.text("abcnyx:[]{}, -\n0125.\"'*&<|>#", max_size=60))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_nothing_but_our_own_errors_comes_out(write: Write, text: str) -> None:
    for tail in (
        text,
        f"vary: {text}",
        f"vary: {{policies.smp.rooms: {text}}}",
        f"apply_to: {text}\nvary: {{horizon_years: [2]}}",
    ):
        path = write(HEAD + tail + "\n")
        try:
            batch: Any = read_batch(path)
        except ScenarioError:
            continue
        assert all(isinstance(s, Scenario) for s in batch.scenarios)
