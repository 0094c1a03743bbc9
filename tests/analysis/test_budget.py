"""The best use of a budget: known cases, the budget in every run, limits, ties, and the folder that is left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar, Self

import numpy as np
import pandas as pd
import pytest
from hamlets import hamlets
from pages import Page

from ess_sim.analysis.budget.choice import TABLES
from ess_sim.analysis.budget.choose import choose
from ess_sim.analysis.budget.files import write_choice
from ess_sim.analysis.budget.mixes.final import Selected, select_mix
from ess_sim.analysis.budget.mixes.knapsack import additive
from ess_sim.analysis.budget.mixes.limits import Budget, Limits, read_limits
from ess_sim.analysis.budget.mixes.pilot import pilot_of
from ess_sim.analysis.budget.mixes.rules import rules_of_thumb
from ess_sim.analysis.budget.mixes.search import Effort, Found, search
from ess_sim.analysis.budget.mixes.trials import BASE, CONFIRM, Lived, Spot, Trials
from ess_sim.analysis.budget.mixes.units import Mix, Unit, units_of
from ess_sim.analysis.budget.robust import robust_choice
from ess_sim.analysis.budget.tables import Tables
from ess_sim.clock import Phase, add_years
from ess_sim.errors import ArgumentError, ResultsError
from ess_sim.experiments.experiment import run_experiment
from ess_sim.faces.cli.app import main
from ess_sim.inputs.catalogue.bundled import scenarios_dir
from ess_sim.inputs.scenario.files import write_scenario
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.model.policies.base import Policy, Site
from ess_sim.model.policies.registry import KINDS
from ess_sim.model.run.checks import unreadable_parameters
from ess_sim.model.run.read import read_scenario
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.world import World
from ess_sim.results.run import RunTables
from ess_sim.results.tables.names import ORDINARY_CARE, PUBLIC_PAYERS

SMALL = Effort(4, 2, 6, 4, 6, 4, 4, 60, 20)
TINY = Effort(3, 2, 4, 2, 4, 2, 3, 8, 5)


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    """The hamlets for two years, without policy and what only a policy reads."""
    scenario = hamlets(tmp_path_factory.mktemp("hamlets"))
    bare = scenario.with_(name="village-baseline", horizon_years=2, policies=(), parameters={})
    unread = {name for name, _ in unreadable_parameters(bare, scenario.parameters)}
    return bare.with_(parameters={k: v for k, v in scenario.parameters.items() if k not in unread})


class Toy:
    """Futures of mixes whose gains and costs are known; of one kind only the first unit gains anything."""

    def __init__(self, gains: Sequence[float], euros: Sequence[int], kinds: str, noise: float = 0.0, seed: int = 0):
        self.gains, self.euros, self.noise, self.seed = gains, euros, noise, seed
        self.units = tuple(Unit(kind, 0, False, ()) for kind in kinds)
        self.too_dear: set[tuple[Mix, int]] = set()
        self.made: list[Spot] = []

    def __call__(self, spots: Sequence[Spot]) -> Iterator[tuple[Spot, Lived]]:
        for spot in reversed(spots):  # as if the last were finished first
            self.made.append(spot)
            once = {self.units[unit].kind: self.gains[unit] for unit in reversed(spot.mix)}
            of_all = np.random.default_rng([self.seed, spot.replication]).normal()
            own = np.random.default_rng([self.seed, spot.replication, spot.draw, 7, *spot.mix]).normal()
            value = 20 + of_all - sum(once.values()) + self.noise * own
            euro = sum(self.euros[unit] for unit in spot.mix) + 1000 * ((spot.mix, spot.replication) in self.too_dear)
            yield spot, Lived(value, round(1000 * value), (100 * euro, 50 * euro))

    def chosen(
        self, budget: int, *, effort: Effort = SMALL, indifference: float = 0.5, **limits: int
    ) -> tuple[Trials, Found, Selected]:
        """All steps but the tables."""
        trials, held = Trials(self), Budget(100 * budget)
        bounds = Limits(self.units, limits)
        pilot = pilot_of(trials, bounds, held, effort.pilot)
        found = search(trials, pilot, held, bounds, effort)
        finalists = found.screened[: effort.finalists]
        selected = select_mix(trials, finalists, held, effort, indifference=indifference, confidence=0.9)
        return trials, found, selected

    def status(self, trials: Trials, selected: Selected, budget: int) -> pd.DataFrame:
        """The table of candidates by mix."""
        runs = range(CONFIRM, CONFIRM + SMALL.confirmed)
        trials.need(selected.finalists, runs, "confirmation")
        nowhere = SimpleNamespace(zones=(), zone_names=())
        tables = Tables(trials, self.units, nowhere, Budget(100 * budget), runs, -1.0)  # type: ignore[arg-type]
        return tables.candidates(selected).set_index("mix")


# --- known cases ------------------------------------------------------------------------------------------------------


def test_the_best_by_construction_is_chosen_at_the_stated_rate() -> None:
    """It leads by 0.6, the indifference is 0.5; one replication's difference varies by 1.1."""
    right = 0
    for seed in range(25):
        toy = Toy([1.0, 0.4, 0.3, 0.2], [60, 60, 60, 60], "abcd", noise=0.8, seed=seed)
        right += toy.chosen(100)[2].mix == (0,)
    assert right >= 23


def test_of_equal_policies_none_is_separated() -> None:
    apart = 0
    for seed in range(14):
        toy = Toy([1.0, 1.0], [60, 60], "ab", noise=0.5, seed=seed)
        trials, _, selected = toy.chosen(100)
        table = toy.status(trials, selected, 100)
        assert table.loc["baseline", "status"] == "worse"
        apart += "not separated" not in set(table["status"])
    assert apart <= 1


def test_the_best_sum_is_no_matter_of_effect_per_euro() -> None:
    """Greed takes the first, which leaves no room for the other two."""
    toy = Toy([6.6, 5.0, 5.0], [60, 50, 50], "abc")
    trials, _, selected = toy.chosen(100)
    assert selected.mix == (1, 2)
    bounds = Limits(toy.units, {})
    pilot = pilot_of(trials, bounds, Budget(10_000), SMALL.pilot)
    assert rules_of_thumb(pilot, Budget(10_000), bounds)["cheapest_effect"] == (0,)


def test_the_search_mends_what_sums_get_wrong() -> None:
    """Two of one kind do what one does: the sum of effects would take both."""
    toy = Toy([3.0, 3.0, 2.0], [50, 50, 50], "aab")
    trials, found, selected = toy.chosen(100)
    bounds = Limits(toy.units, {})
    pilot = pilot_of(trials, bounds, Budget(10_000), SMALL.pilot)
    gains = [pilot.gain(unit) for unit in pilot.units]
    assert additive(pilot, gains, Budget(10_000), bounds) in ((0, 1), (0, 2))
    assert pilot.left_out == {1: "the same as a"}
    assert selected.mix == (0, 2)
    other = Toy([3.0, 3.1, 2.0], [50, 50, 50], "aab")
    trials, found, selected = other.chosen(100)
    assert (0, 1) in found.gains
    assert selected.mix in ((0, 2), (1, 2))


def test_nothing_is_chosen_where_nothing_helps() -> None:
    assert Toy([-1.0, -0.5], [10, 10], "ab").chosen(100)[2].mix == BASE
    assert Toy([1.0, 1.0], [500, 500], "ab").chosen(100)[2].mix == BASE


def test_a_lean_mix_leaves_out_what_brings_next_to_nothing() -> None:
    found = Toy([3.0, 0.02, 2.0, 0.03], [10, 10, 10, 10], "abcd").chosen(100)[1]
    assert found.lean((0, 1, 2, 3), 0.04) == (0, 2, 3)
    assert found.lean((0, 1, 2, 3), 0.06) == (0, 2)
    assert found.lean((1,), 1.0) == (1,)


# --- the budget and limits --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("replication", [3, 100_010, 200_007])
def test_a_mix_that_exceeds_the_budget_in_one_run_is_out(replication: int) -> None:
    """In the search, in the selection, or in the runs of the figures that are stated."""
    toy = Toy([5.0, 1.0], [60, 60], "ab")
    toy.too_dear = {((0,), replication)}
    trials, _, selected = toy.chosen(100)
    assert selected.mix == (1,)
    assert trials.over((1,), Budget(10_000)) == (0, sum(spot.mix == (1,) for spot in toy.made))
    assert selected.exceeded == (((0,),) if replication > 3 else ())


def test_a_budget_over_the_horizon_lets_an_investment_be_spread() -> None:
    """100 in the first year and 50 in the second."""
    cost = np.array([[10_000, 5_000]])
    assert not Budget(8_000).holds(cost).any()
    assert Budget(8_000, over_horizon=True).holds(cost).all()
    assert not Budget(7_499, over_horizon=True).holds(cost).any()


def test_limits_bound_what_is_chosen() -> None:
    toy = Toy([3.0, 2.0, 1.0], [10, 10, 10], "abc")
    assert toy.chosen(100)[2].mix == (0, 1, 2)
    assert toy.chosen(100, copies=1)[2].mix == (0,)
    trials, _, selected = toy.chosen(100, **{"copies.a": 0, "copies": 1})
    assert selected.mix == (1,)
    assert not any(0 in spot.mix for spot in toy.made[-trials.made :])


def test_units_say_what_they_ask_for() -> None:
    laval = read_scenario(scenarios_dir() / "laval" / "baseline.yaml")
    units, absent = units_of(laval, {kind: KINDS[kind] for kind in ("smp", "host_interns", "nurse_delegation")}, 2)
    asks = {unit.key: unit.asks for unit in units}
    assert {
        name: asks["smp@53130"][name] for name in ("retired_gps", "centres", "interns", "copies", "copies.smp")
    } == {
        "retired_gps": 12,
        "centres": 1,
        "interns": 1,
        "copies": 1,
        "copies.smp": 1,
    }
    assert len({unit.zones for unit in units if unit.kind == "smp"}) == 2
    assert asks["nurse_delegation@53130"]["interns"] == 0
    assert asks["host_interns@53119"]["interns"] == 1
    assert absent == {}


def test_wrong_limits_are_named_all_at_once() -> None:
    with pytest.raises(ArgumentError) as error:
        read_limits(["retired_gps", "centres=-1", "interns=2", "interns=3"])
    assert str(error.value).splitlines() == [
        "limit 'retired_gps': write NAME=NUMBER, such as retired_gps=6",
        "limit 'centres=-1': write NAME=NUMBER, such as retired_gps=6",
        "limit 'interns' is given twice",
    ]


# --- over draws -------------------------------------------------------------------------------------------------------


def test_a_choice_over_draws() -> None:
    """The first is best in three draws of four, and very bad in the last, in which only the second is affordable."""

    def run(spots: Sequence[Spot]) -> Iterator[tuple[Spot, Lived]]:
        gains = {BASE: [0, 0, 0, 0], (0,): [3, 3, 3, -6], (1,): [1, 1, 1, 1], (2,): [2, 2, 2, 2]}
        for spot in spots:
            euro = 1000 if spot.mix == (2,) and spot.draw == 4 else 10
            yield spot, Lived(20.0 - gains[spot.mix][spot.draw - 1], 0, (100 * euro,))

    mixes = [BASE, (0,), (1,), (2,)]
    found = robust_choice(Trials(run), mixes, (0,), Budget(10_000), [1, 2, 3, 4], 2, 8.0)
    assert (found.changes, found.matters) == (0.25, 0.0)  # by 8, which is not more than 8
    again = robust_choice(Trials(run), mixes, (0,), Budget(10_000), [1, 2, 3, 4], 2, 7.9)
    assert again.matters == 0.25
    assert found.choices == {"expected_value": (1,), "max_min": (1,), "minimax_regret": (1,)}
    assert found.table["max_regret"].tolist() == [3, 8, 2, 1]
    assert found.table["draws_over"].tolist() == [0, 0, 0, 0.25]


# --- on the model -----------------------------------------------------------------------------------------------------


class Places(Policy):
    """More places on every list, for a price."""

    kind: ClassVar[str] = "places"
    more: float = 0.2
    euro: float = 50_000.0

    @classmethod
    def standard(cls, site: Site) -> Self:  # noqa: ARG003 - it is the same everywhere
        """As it comes."""
        return cls()

    def act(self, world: World) -> Behaviour:
        """From the first day on; paid at once and after a year."""
        with world.levers.bend(target_ratio=self.more):
            for day in (0, 366):
                yield world.at(day, Phase.POLICY, self.kind)
                world.pay(self.kind, "mediators", "agency", self.euro)
            yield world.at(world.calendar.horizon, Phase.POLICY, self.kind)


class Twin(Places):
    kind: ClassVar[str] = "twin"


class Few(Places):
    kind: ClassVar[str] = "few"
    more: float = 0.01


class Dear(Places):
    kind: ClassVar[str] = "dear"
    more: float = 0.9
    euro: float = 100_000.01


def test_the_policy_that_does_most_is_chosen(village: Scenario) -> None:
    asked = {"policies": [], "also": [Places, Few, Dear, Twin], "effort": TINY, "jobs": 1}
    found = choose(village, 100_000, **asked, limits={"copies": 1})
    assert found.chosen is not None
    assert found.chosen.policies in ((Places(),), (Twin(),))
    table = found.candidates.set_index("mix")
    assert {table.loc["places", "status"], table.loc["twin", "status"]} == {"chosen", "not separated"}
    assert table.loc["few", "status"] == "worse"
    assert table.loc["places", "people"] == table.loc["twin", "people"] > 50
    assert found.units.set_index("unit").loc["dear", "note"] == "exceeds the budget alone"
    assert found.costs is not None
    assert found.costs[["mean", "worst"]].to_numpy().tolist() == [[50_000, 50_000], [50_000, 50_000]]


def test_the_command_leaves_a_choice_that_holds_its_budget(
    village: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Counted anew from the accounts of runs of the files that it leaves; the same command again makes no run."""
    monkeypatch.chdir(tmp_path.parent)  # a file may name CSV files below the working directory
    file, out = tmp_path / "village.yaml", tmp_path / "out"
    write_scenario(village, file)
    given = ["choose", str(file), "--budget", "150000", "--per-year", "-p", "nurse_delegation,smp", "--places", "1"]
    given += ["--limit", "centres=0", "--effort", "0.1", "-j", "1", "-o", str(out)]
    assert main(given) == 0
    printed = capsys.readouterr().out
    assert "chosen      nurse_delegation " in printed
    assert "budget      held in all " in printed
    assert {path.name for path in out.iterdir()} - {".lock"} == {
        *("baseline.yaml", "chosen.yaml", "runs.jsonl", "choice.html", "choice.png"),
        *(f"{name}.csv" for name in TABLES if name != "robust"),
    }
    effect = pd.read_csv(out / "candidates.csv").set_index("status").loc["chosen", "effect"]
    page = Page((out / "choice.html").read_text(encoding="utf-8"))
    assert f"{effect:+.2f}".replace("-", "−") in page.text
    assert "The limit centres that open: 0 of at most 0 are asked for." in page.text
    chosen, base = read_scenario(out / "chosen.yaml"), read_scenario(out / "baseline.yaml")
    assert base.digest == village.digest
    assert [policy.kind for policy in chosen.policies] == ["nurse_delegation"]  # type: ignore[attr-defined]
    results = run_experiment([base, chosen], replications=4, seed=1, keep="accounts")
    turn = pd.Timestamp(add_years(base.start, 1))

    def euro(run: RunTables) -> pd.DataFrame:
        rows = run.table("accounts")
        rows = rows[rows["payer"].isin(PUBLIC_PAYERS) & ~rows["actor"].isin(ORDINARY_CARE)]
        parts = {"first": rows["date"] < turn, "second": rows["date"] >= turn}
        return pd.DataFrame({name: [rows.loc[which, "cents"].sum() / 100] for name, which in parts.items()})

    paid = results.each(euro).astype({"scenario": str}).set_index(["scenario", "replication"])
    more = paid.loc["village-chosen", ["first", "second"]] - paid.loc["village-baseline", ["first", "second"]]
    worst = pd.read_csv(out / "costs.csv")["worst"]
    assert 0 < more.to_numpy().max() <= 150_000
    assert more.max().to_numpy() == pytest.approx(worst, abs=0.01)
    lines = (out / "runs.jsonl").read_text(encoding="utf-8").splitlines()
    (out / "runs.jsonl").write_text("\n".join(lines)[:-9], encoding="utf-8")  # as if killed while the last was written
    before = (out / "candidates.csv").read_bytes()
    assert main(given) == 0
    again = (out / "runs.jsonl").read_text(encoding="utf-8").splitlines()
    assert again[:-2] == lines[:-1]
    assert again[-1] == lines[-1]
    assert (out / "candidates.csv").read_bytes() == before


@pytest.mark.validate
def test_the_choice_is_the_same_for_any_number_of_jobs(village: Scenario, tmp_path: Path) -> None:
    asked = {"policies": ["nurse_delegation", "smp", "rotating_doctors"], "effort": Effort.of(0.1)}
    for jobs in (1, 2):
        choose(village, 300_000, **asked, jobs=jobs, out=tmp_path / str(jobs), draws=3)
    one, two = (
        {path.name: path.read_bytes() for path in (tmp_path / jobs).iterdir() if path.suffix in (".csv", ".yaml")}
        for jobs in ("1", "2")
    )
    assert {"chosen.yaml", *(f"{table}.csv" for table in TABLES if table != "limits")} <= set(one)
    assert one == two


def test_wrong_arguments_are_named_all_at_once(village: Scenario, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError) as error:
        choose(village, -1, places=0, copies=9, confidence=2, indifference=0, payers=["agencies"], prices={"smp": -1})
    assert str(error.value).splitlines() == [
        "the budget is an amount in euro a year above 0, not -1",
        "places must be 1 to 6, not 0",
        "copies must be 1 to 5, not 9",
        "the confidence lies above 0.5 and below 1, not 2",
        "the indifference must be above 0, not 0",
        "no public payer 'agencies' (did you mean 'agency'?): one of insurer, agency, local_authority, state",
        "the price of 'smp' is an amount in euro a year of at least 0, not -1",
    ]
    with pytest.raises(
        ArgumentError, match=r"a price of 'smpp'.*\nunknown limit 'centre' \(did you mean 'centres'\?\)"
    ):
        choose(village, 1, prices={"smpp": 1}, limits={"centre": 1}, policies=["smp"])
    with pytest.raises(ArgumentError, match="draws must be"):
        choose(village, 1, draws=10**30, policies=["smp"])
    with pytest.raises(ArgumentError, match="effort: pilot must be at least 2, not 1\neffort: maximum must be"):
        Effort(pilot=1, maximum=2)
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ResultsError, match="not empty"):
        choose(village, 1, out=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_ctrl_c_says_what_is_kept(village: Scenario, tmp_path: Path) -> None:
    def stop(done: int, total: int, what: str) -> None:  # noqa: ARG001 - a progress function takes them
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match=r"3 runs are kept in .*repeat the same call"):
        choose(village, 1, policies=["smp"], effort=TINY, jobs=1, places=1, out=tmp_path / "out", progress=stop)
    lines = (tmp_path / "out" / "runs.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + 3  # what was asked, and the runs


def test_another_question_in_the_folder_of_a_choice_is_refused(
    village: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another budget is not another question; `--overwrite` leaves nothing of the earlier choice."""
    monkeypatch.chdir(tmp_path.parent)
    file, out = tmp_path / "village.yaml", tmp_path / "out"
    write_scenario(village, file)
    policies = ["-p", "nurse_delegation,mediators", "--places", "1"]
    given = ["choose", str(file), *policies, "--effort", "0.1", "-j", "1", "-o", str(out)]

    def left() -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in out.iterdir() if path.name != ".lock"}

    assert main([*given, "-b", "150000", "--limit", "centres=0"]) == 0
    first = left()
    for more, what in (
        (["--years", "1"], "the years, the day"),
        (["--seed", "2"], "the seed"),
        (["--outcome", "refusal_rate"], "the outcome"),
        (["--payers", "agency"], "whose money it is"),
    ):
        assert main([*given, "-b", "150000", *more]) == 2
        said = capsys.readouterr().err
        assert "holds a choice for village-baseline over 2 years by share_without_mt on " in said
        assert f"seed 1; what is asked now differs in {what}: choose another folder" in said
        assert "replace it with --overwrite" in said
        assert left() == first
    other = tmp_path / "other.yaml"
    write_scenario(village.with_(parameters={**village.parameters, "call_rate_per_year": 3.0}), other)
    assert main(["choose", str(other), *given[2:], "-b", "150000"]) == 2
    assert "differs in what the baseline says: " in capsys.readouterr().err
    assert main([*given, "-b", "120000"]) == 0
    second = left()
    assert second["runs.jsonl"].startswith(first["runs.jsonl"].splitlines()[0])
    assert "limits.csv" not in second
    assert main([*given, "-b", "150000", "--years", "1", "--overwrite"]) == 0
    third = left()
    assert not set(third["runs.jsonl"].splitlines()) & set(first["runs.jsonl"].splitlines())
    assert pd.read_csv(out / "costs.csv")["year"].tolist() == [1]
    (out / "runs.jsonl").write_bytes(first["runs.jsonl"].split(b"\n", 1)[1])  # as it was before it said what was asked
    assert main([*given, "-b", "150000"]) == 2
    assert "holds a choice that does not say what was asked: " in capsys.readouterr().err


def test_files_that_no_choice_left_are_not_replaced(village: Scenario, tmp_path: Path) -> None:
    """Although a choice calls its own by these names."""
    (tmp_path / "baseline.yaml").write_text("name: mine\n", encoding="utf-8")
    with pytest.raises(ResultsError, match=r"not empty \(it holds baseline.yaml\)"):
        choose(village, 1, policies=["smp"], out=tmp_path, overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["baseline.yaml"]


def test_less_effort_than_a_folder_has_is_said(
    village: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path.parent)
    file, out = tmp_path / "village.yaml", tmp_path / "out"
    write_scenario(village, file)
    given = ["choose", str(file), "-b", "150000", "-p", "nurse_delegation", "--places", "1", "-j", "1", "-o", str(out)]
    assert main([*given, "--effort", "0.3"]) == 0
    assert "note: " not in capsys.readouterr().err
    assert main([*given, "--effort", "0.1"]) == 0
    said = capsys.readouterr()
    assert "rests on 12 fresh replications of each mix, this one on 10 of them (--effort 0.1)" in said.err
    assert "rest on 10 fresh replications of each mix" in said.out


def test_no_text_of_a_table_is_a_formula(village: Scenario, tmp_path: Path) -> None:
    table = pd.DataFrame({"unit": ["=1+1", "smp"], "zone": ["@A", "Laval"], "effect": [-1.5, 0.5]})
    write_choice(tmp_path, village, None, {"units": table})
    assert pd.read_csv(tmp_path / "units.csv").to_numpy().tolist() == [["'=1+1", "'@A", -1.5], ["smp", "Laval", 0.5]]


OWN_MODULE = """
import ess_sim

class Mine(ess_sim.Policy):
    kind = "mine"
    zone: str

    @classmethod
    def standard(cls, site):
        return cls(zone="nowhere")

    def act(self, world):
        yield world.at(0, 5, "mine")

class NoDose(ess_sim.Policy):
    kind = "nodose"

    def act(self, world):
        yield world.at(0, 5, "nodose")

class Broken(NoDose):
    kind = "broken"

    @classmethod
    def standard(cls, site):
        return cls(zone=site.nowhere)
"""


def test_policies_of_one_s_own_are_checked_before_the_search(
    village: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """All their faults, each at its place, from a file and from classes; of what a blank is filled with only one."""
    monkeypatch.chdir(tmp_path.parent)
    file, own, module = (tmp_path.parent / name for name in ("town.yaml", "blanks.yaml", "own_for_choice.py"))
    write_scenario(village, file)
    own.write_text(
        "policies:\n  - {kind: mediators, starts: $start, zones: [nowhere], fte: 1}\n"
        "  - {kind: medicobus, starts: $start, ends: 1999-01-01, zones: $stops, fte: 1, form: association}\n",
        encoding="utf-8",
    )
    module.write_text(OWN_MODULE, encoding="utf-8")
    classes = [text for name in ("Mine", "NoDose", "Broken") for text in ("--add", f"own_for_choice:{name}")]
    given = [
        "choose",
        str(file),
        "-b",
        "1000",
        "--add",
        str(own),
        *classes,
        "--allow-code",
        "-o",
        str(tmp_path / "out"),
    ]
    assert main(given) == 2
    said = [line.removeprefix(f"{tmp_path.parent}/") for line in capsys.readouterr().err.splitlines()]
    assert [line.split(": ")[:2] for line in said[:-1]] == [
        ["blanks.yaml:2:47", "policies[0].zones[0]"],
        ["blanks.yaml:3:45", "policies[1].ends"],
        ["blanks.yaml:3:45", "policies[1].ends"],
        ["own_for_choice.py:4:1", "Mine.zone"],
        ["own_for_choice.py:15:1", "NoDose.standard"],
        ["own_for_choice.py:21:1", "Broken.standard"],
    ]
    assert said[-1] == "6 problems in 2 files: nothing was run, nothing was written"
    assert list(tmp_path.iterdir()) == []


def test_the_help_says_what_effort_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["choose", "--help"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "How much is simulated: 0.1 to 20 times the usual replications" in said
    assert (Effort.of(0.1).finalists, Effort.of(20).confirmed) == (3, 800)


@pytest.mark.parametrize("effort", ["0.09", "20.1", "-1", "nan", "much"])
def test_an_effort_out_of_range_is_refused(effort: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(scenarios_dir() / "laval" / "baseline.yaml")
    assert main(["choose", file, "-b", "1", "-o", str(tmp_path / "out"), "--effort", effort]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert "effort" in said.splitlines()[0]
    assert list(tmp_path.iterdir()) == []


def test_wrong_options_are_named_all_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(scenarios_dir() / "laval" / "baseline.yaml")
    given = ["choose", file, "-b", "1", "-o", str(tmp_path / "out")]
    assert main([*given, "--limit", "smp", "--effort", "99", "--price", "smp"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "error: limit 'smp': write NAME=NUMBER, such as retired_gps=6",
        "error: price 'smp': write KIND=EURO, such as later_retirement=40000",
        "error: the effort is a factor from 0.1 to 20 of the usual one, not 99.0",
    ]
    wrong = ["--lang", "de", "-b", "1e13", "--date", "1999-01-01", "-p", "smpp", "--price", "smp=1", "--price", "smp=2"]
    assert main([*given, *wrong]) == 2
    assert [line.removeprefix("error: ") for line in capsys.readouterr().err.splitlines()] == [
        "--lang de: choose among en, fr",
        "price 'smp' is given twice",
        "the budget is an amount in euro a year below 1,000,000,000,000, not 10000000000000.0",
        "unknown policy 'smpp' (did you mean 'smp'?)",
        "nothing is recorded on 1999-01-01: the nearest record is that of 2017-06-15",
    ]
    assert list(tmp_path.iterdir()) == []
