"""Calibration: known truths are recovered, what is not identified is reported, files are read or refused."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
from commands import BASE
from hamlets import hamlets
from numpy.typing import NDArray

from ess_sim.analysis.calibration import inference, runs
from ess_sim.analysis.calibration.diagnostics import Fit, diagnose
from ess_sim.analysis.calibration.emulator import fit_emulator
from ess_sim.analysis.calibration.fitting import TABLES, calibrate, posterior, write_fit
from ess_sim.analysis.calibration.inference import Observed, infer
from ess_sim.analysis.calibration.observables import STATISTICS, statistic
from ess_sim.analysis.calibration.runs import UNFINISHED, Kept, TargetRuns
from ess_sim.analysis.calibration.targets import Calibration, Target, read_calibration
from ess_sim.errors import EssSimError, ParameterError, ResultsError, ScenarioError
from ess_sim.experiments.draws.designs import space
from ess_sim.experiments.draws.posterior import Posterior
from ess_sim.experiments.engines.engine import Engine
from ess_sim.experiments.experiment import Progress, run_experiment
from ess_sim.experiments.single_run import run_with
from ess_sim.faces.cli.app import main
from ess_sim.inputs.catalogue.bundled import scenarios_dir
from ess_sim.inputs.catalogue.parameters import Parameter
from ess_sim.inputs.documents.nodes import MAX_PROBLEMS
from ess_sim.model.run.checks import unreadable_parameters
from ess_sim.model.run.simulation import simulate
from ess_sim.results.run import Run

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def parameter(name: str) -> Parameter:
    return Parameter(name, 0.5, 0.0, 1.0, "share", "D", "made up", "made up")


def noise(numbers: Ints, points: int, results: int, own: float, shared: float) -> Floats:
    """Chance as simulators with common random numbers have it: most of it is the replication's."""
    of_replication = np.random.default_rng(7).standard_normal((1000, results))
    of_run = np.random.default_rng([8, points, int(numbers[0, 0])]).standard_normal((*numbers.shape, results))
    out: Floats = shared * of_replication[numbers] + own * of_run
    return out


def sum_and_square(values: Sequence[Mapping[str, float]], numbers: Ints) -> Floats:
    """Knows ``a`` and ``b`` by their sum alone, and ``c`` well."""
    means = np.array([[v["a"] + v["b"], v["c"] ** 2] for v in values])
    return means[:, None] + noise(numbers, len(values), 2, 0.01, 0.05)


TOY = [parameter("a"), parameter("b"), parameter("c")]
SEEN = [Observed("sum", 1.2, 0.03), Observed("square", 0.25, 0.02)]


@pytest.fixture(scope="module")
def toy() -> Fit:
    return diagnose(infer(TOY, SEEN, sum_and_square, simulations=60, draws=100, marginal="uniform"))


def test_what_is_identified_is_found(toy: Fit) -> None:
    c = toy.parameters.set_index("name").loc["c"]
    assert c["q025"] < 0.5 < c["q975"]
    assert c["median"] == pytest.approx(0.5, abs=0.03)
    assert c["identified"]
    drawn = pd.DataFrame(list(toy.draws))
    assert (drawn["a"] + drawn["b"]).mean() == pytest.approx(1.2, abs=0.03)
    assert (drawn["a"] + drawn["b"]).std() < 0.06 < drawn["a"].std()
    assert len(toy.draws) == 100


def test_what_is_not_identified_is_said(toy: Fit) -> None:
    assert toy.parameters.set_index("name").loc[["a", "b"], "identified"].tolist() == [False, False]
    warned = "\n".join(toy.warnings)
    assert "not identified: a, b." in warned
    assert "identified only together: +0.7 " in warned
    assert "a and b (−0.9" in warned
    assert "c" not in warned.split("not identified: ")[1].split(".")[0]


def test_the_prediction_is_that_of_real_runs(toy: Fit) -> None:
    found = toy.targets.set_index("name")
    assert (found["distance"].abs() < 2).all()
    assert (found["low"] < found["value"]).all()
    assert (found["value"] < found["high"]).all()
    # one future varies by chance as well; the prior knows less than the posterior
    assert (found["future_high"] - found["future_low"] > 1.5 * (found["high"] - found["low"])).all()
    assert (found["prior_high"] - found["prior_low"] > 3 * (found["high"] - found["low"])).all()
    last = toy.runs[toy.runs["wave"] == inference.WAVES]
    assert len(last) == toy.candidates == 200
    assert last["weight"].sum() == pytest.approx(1)
    assert 50 < toy.effective <= 200


@pytest.mark.validate
def test_one_seed_one_fit(toy: Fit) -> None:
    again = diagnose(infer(TOY, SEEN, sum_and_square, simulations=60, draws=100, marginal="uniform"))
    assert again.draws == toy.draws
    pd.testing.assert_frame_equal(again.targets, toy.targets)
    other = diagnose(infer(TOY, SEEN, sum_and_square, simulations=60, draws=100, marginal="uniform", seed=2))
    assert other.draws != toy.draws


def test_targets_out_of_reach_are_reported() -> None:
    seen = [Observed("sum", 2.5, 0.03), Observed("square", 0.25, 0.02, fitted=False)]
    fit = diagnose(infer(TOY, seen, sum_and_square, simulations=40, draws=30, marginal="uniform"))
    warned = "\n".join(fit.warnings)
    assert "sum is missed: no likely values within the ranges" in warned
    assert fit.targets.set_index("name").loc["sum", "mean"] < 2.1


def test_what_is_held_out_is_predicted_and_not_fitted() -> None:
    seen = [SEEN[0], replace(SEEN[1], fitted=False)]
    fit = diagnose(infer(TOY, seen, sum_and_square, simulations=40, draws=50, marginal="uniform"))
    assert fit.parameters.set_index("name").loc["c", "contraction"] < 0.2
    square = fit.targets.set_index("name").loc["square"]
    assert square["low"] < 0.05 < 0.6 < square["high"]


@pytest.mark.validate
def test_a_rough_emulator_is_put_right_by_the_runs() -> None:
    """The result has a step that no quadratic surface can follow: the runs of the last wave see it."""

    def step(values: Sequence[Mapping[str, float]], numbers: Ints) -> Floats:
        means = np.array([[v["a"] + (2.0 if v["b"] > 0.7 else 0.0)] for v in values])
        return means[:, None] + noise(numbers, len(values), 1, 0.01, 0.02)

    fit = diagnose(infer(TOY[:2], [Observed("y", 0.5, 0.05)], step, simulations=80, draws=100, marginal="uniform"))
    drawn = pd.DataFrame(list(fit.draws))
    assert (drawn["b"] < 0.7).mean() > 0.95
    assert drawn["a"].mean() == pytest.approx(0.5, abs=0.06)
    assert fit.effective < fit.candidates / 2
    assert "emulators" in "\n".join(fit.warnings)


@pytest.mark.validate
def test_intervals_hold_the_truth_as_often_as_they_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """Simulation-based calibration: among draws of its posterior a truth drawn from the prior has any rank."""
    monkeypatch.setattr(inference, "PARTICLES", 500)
    rng = np.random.default_rng(5)

    def curved(values: Sequence[Mapping[str, float]], numbers: Ints) -> Floats:
        means = np.array([[v["a"] + 0.5 * v["b"], v["a"] * v["b"]] for v in values])
        return means[:, None] + noise(numbers, len(values), 2, 0.01, 0.05)

    ranks = []
    for _ in range(32):
        a, b = rng.random(2)
        y = np.array([a + 0.5 * b, a * b]) + 0.1 * rng.standard_normal(2)
        seen = [Observed(name, value, 0.1) for name, value in zip(("line", "product"), y, strict=True)]
        found = infer(TOY[:2], seen, curved, simulations=30, draws=40, marginal="uniform")
        drawn = pd.DataFrame(diagnose(found).draws)
        ranks.append([(drawn["a"] < a).mean(), (drawn["b"] < b).mean()])
    for of_one in np.array(ranks).T:
        counts = np.histogram(of_one, bins=4, range=(0, 1))[0]
        assert ((counts - 8) ** 2 / 8).sum() < 14  # chi² with 3 degrees of freedom: p > 0.003
        assert ((of_one > 0) & (of_one < 1)).mean() >= 0.84  # 95 % of truths lie within the 40 draws


def test_one_future_is_known_less_well_than_an_expectation() -> None:
    spread = {}
    for chance in (False, True):
        found = infer(TOY, SEEN, sum_and_square, simulations=40, draws=50, marginal="uniform", chance=chance)
        spread[chance] = diagnose(found).parameters.set_index("name").loc["c", "contraction"]
    assert spread[True] < spread[False]


def test_arguments_that_make_no_fit() -> None:
    with pytest.raises(ValueError, match="at least 20 simulations"):
        infer(TOY, SEEN, sum_and_square, simulations=10)
    with pytest.raises(ValueError, match="one fitted target"):
        infer(TOY, [replace(SEEN[0], fitted=False)], sum_and_square)


def test_an_emulator_says_how_far_it_errs() -> None:
    rng = np.random.default_rng(3)
    x = rng.uniform(-1, 1, (300, 3))
    surface = 1 + x[:, 0] - 2 * x[:, 1] * x[:, 2]
    rough = np.sin(9 * x[:, 0])  # beyond any quadratic surface
    truth = np.column_stack([surface, surface + 0.3 * rough])
    emulator = fit_emulator(x, truth + 0.1 * rng.standard_normal(truth.shape), np.array([0.01, 0.01]))
    elsewhere = rng.uniform(-1, 1, (2000, 3))
    surface = 1 + elsewhere[:, 0] - 2 * elsewhere[:, 1] * elsewhere[:, 2]
    away = emulator.predict(elsewhere) - np.column_stack([surface, surface + 0.3 * np.sin(9 * elsewhere[:, 0])])
    assert emulator.error == pytest.approx(np.sqrt((away**2).mean(axis=0)), rel=0.5)
    assert emulator.error[0] < 0.05 < 0.15 < emulator.error[1]
    assert emulator.explained[1] < emulator.explained[0]
    assert emulator.surprise == pytest.approx([1, 1], abs=0.2)


# --- a scenario ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def villages(tmp_path_factory: pytest.TempPathFactory) -> Calibration:
    """Two parameters of four villages, targets from thirty runs with known values."""
    scenario = hamlets(tmp_path_factory.mktemp("villages")).with_(policies=(), horizon_years=1)
    names = ("precarious_call_multiplier", "nominal_mt_share")
    idle = {name for name, _ in unreadable_parameters(scenario)}
    rest = {name: v for name, v in scenario.parameters.items() if name not in {*names, *idle}}
    scenario = scenario.with_(parameters=rest)
    truth = {"precarious_call_multiplier": 0.65, "nominal_mt_share": 0.18}
    wanted = {"barrier_psychological": 0.01, "share_listed_far": 0.005}
    when = date(2019, 2, 28)
    runs = [simulate(scenario.with_(parameters={**rest, **truth}), seed=99, replication=r) for r in range(30)]
    targets = [
        Target(
            outcome=name,
            date=when,
            value=float(np.mean([statistic(run, name, when) for run in runs])),
            sd=sd,
            source="made up",
            grade="D",
        )
        for name, sd in wanted.items()
    ]
    return Calibration("villages", "", scenario, space(names), "uniform", tuple(targets), False, 24, 2, 20, 1)


@pytest.fixture(scope="module")
def fitted(villages: Calibration) -> Fit:
    return calibrate(villages)


def test_known_values_of_a_scenario_are_found_again(fitted: Fit) -> None:
    found = fitted.parameters.set_index("name")
    assert found.loc["precarious_call_multiplier", "q025"] < 0.65 < found.loc["precarious_call_multiplier", "q975"]
    assert found.loc["nominal_mt_share", "q025"] < 0.18 < found.loc["nominal_mt_share", "q975"]
    assert found["identified"].all()
    assert (fitted.targets["distance"].abs() < 2).all()


def contents(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir()}


@pytest.mark.validate
def test_neither_workers_nor_interruptions_matter(
    villages: Calibration, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = replace(villages, simulations=20, draws=2)
    made: list[int] = []

    def counted(*args: Any, **options: Any) -> Run:
        made.append(1)
        return run_with(*args, **options)

    def ctrl_c_after(runs: int) -> Progress:
        def progress(done: int, total: int, what: str) -> None:  # noqa: ARG001 (as it is called)
            if done == runs and what != "running":
                raise KeyboardInterrupt

        return progress

    monkeypatch.setattr(runs, "run_with", counted)
    seen: list[tuple[int, int]] = []
    calibrate(small, out=tmp_path / "undisturbed", progress=lambda done, total, _: seen.append((done, total)))
    assert len(made) == 128
    assert seen[-1] == (128, 128)
    out = tmp_path / "out"
    for kept in (25, 60):  # in the first wave and in the second
        with pytest.raises(KeyboardInterrupt, match=f"^{kept} of 128 runs are kept in {out}"):
            calibrate(small, out=out, progress=ctrl_c_after(kept))
    assert len(made) == 128 + 60
    assert not (out / "manifest.json").exists()
    with pytest.raises(ResultsError, match="not a folder of ess-sim calibrate, or an unfinished one"):
        Posterior.read(out)
    # of what a crash may leave, nothing counts that is not whole: here the run in the last line, and one in the middle
    kept = (out / UNFINISHED).read_bytes().splitlines(keepends=True)
    assert len(kept) == 61
    kept[30] = kept[30].replace(b"]", b"1]", 1)
    (out / UNFINISHED).write_bytes(b"".join(kept)[:-5])
    with ThreadPoolExecutor(3) as executor:
        calibrate(small, out=out, engine=executor)
    assert len(made) == 128 + 60 + (128 - 58)
    assert contents(out) == contents(tmp_path / "undisturbed")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("refusal_rate", "no resident or practice in its group"),
        ("list_growth_in_post", "no liberal GP with a list on day 0 is in practice on this date"),
    ],
)
def test_why_a_target_is_undefined_is_said(villages: Calibration, name: str, why: str) -> None:
    target = villages.targets[0].model_copy(update={"outcome": name})
    point = {"precarious_call_multiplier": 0.65, "nominal_mt_share": 0.18}
    kept = Kept({(0, tuple(point.values())): [float("nan")]})
    ask = TargetRuns(replace(villages, targets=(target,)), Engine(jobs=1), kept=kept)
    with pytest.raises(ResultsError, match=rf"^{name}@2019-02-28: undefined in some runs \({why}\)$"):
        ask([point], np.zeros((1, 1), dtype=np.int64))


def test_a_run_that_cannot_be_written_is_no_fault_of_the_input(tmp_path: Path) -> None:
    with pytest.raises(EssSimError, match=r"cannot be written \(No such file.*repeat the same call to resume") as error:
        Kept({}, tmp_path / "gone" / UNFINISHED).add((0, (0.5,)), [0.1])
    assert not isinstance(error.value, ValueError)


def test_runs_of_another_calibration_are_not_taken_for_these(villages: Calibration, tmp_path: Path) -> None:
    def stop(done: int, total: int, what: str) -> None:  # noqa: ARG001 (as it is called)
        if done:
            raise KeyboardInterrupt

    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        calibrate(villages, out=out, progress=stop)
    left = contents(out)
    moved = villages.targets[0].model_copy(update={"value": 0.2})
    others = {
        "seed": replace(villages, seed=2),
        "draws": replace(villages, draws=21),
        "parameters": replace(villages, parameters=(replace(villages.parameters[0], high=1.1), villages.parameters[1])),
        "targets": replace(villages, targets=(moved, villages.targets[1])),
        "scenario": replace(villages, scenario=villages.scenario.with_(horizon_years=2)),
    }
    for what, other in others.items():
        with pytest.raises(ResultsError, match=rf"runs of another calibration \(it differs in {what}\).*--overwrite"):
            calibrate(other, out=out)
        assert contents(out) == left
    with pytest.raises(KeyboardInterrupt):
        calibrate(others["seed"], out=out, overwrite=True, progress=stop)
    assert len((out / UNFINISHED).read_bytes().splitlines()) == 2
    with pytest.raises(ResultsError, match="it differs in seed"):
        calibrate(villages, out=out)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ResultsError, match="not empty"):
        calibrate(villages, out=tmp_path / "full", overwrite=True)
    (tmp_path / "full" / UNFINISHED).write_text("a novel\n", encoding="utf-8")
    with pytest.raises(ResultsError, match="not a file of runs from ess-sim calibrate"):
        calibrate(villages, out=tmp_path / "full", overwrite=True)
    assert (tmp_path / "full" / UNFINISHED).read_text(encoding="utf-8") == "a novel\n"


def test_a_fit_is_written_and_read(fitted: Fit, villages: Calibration, tmp_path: Path) -> None:
    write_fit(fitted, villages, tmp_path / "out")
    assert {p.stem for p in (tmp_path / "out").glob("*.csv")} == {*TABLES, "posterior"}
    read = Posterior.read(tmp_path / "out")
    assert read.name == "villages"
    assert [list(d) for d in read.draws] == [list(d) for d in fitted.draws]
    assert pd.DataFrame(list(read.draws)).to_numpy() == pytest.approx(pd.DataFrame(list(fitted.draws)).to_numpy())
    assert read.about["scenario"] == {"name": "hamlets", "digest": villages.scenario.digest}
    assert read.about["targets"][0]["source"] == "made up"
    assert read.median() == pytest.approx(posterior(fitted, villages).median())


def test_an_experiment_runs_with_a_posterior(villages: Calibration, tmp_path: Path) -> None:
    sample = Posterior("pair", ({"precarious_call_multiplier": 0.5}, {"precarious_call_multiplier": 1.0}))
    scenario = villages.scenario
    out = run_experiment(scenario, replications=1, draws=sample, out=tmp_path / "out")
    assert out.draws == (1, 2)
    kept = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))["draws"]
    assert kept == {"method": "posterior pair", "n": 2, "values": [dict(d) for d in sample.draws]}
    given = run_experiment(scenario, replications=1, draws=sample.draws)
    pd.testing.assert_frame_equal(given.snapshots, out.snapshots, check_dtype=False, check_categorical=False)
    daring = {**scenario.parameters, "precarious_call_multiplier": 1.0}
    alone = simulate(scenario.with_(parameters=daring), replication=2_000_000).share_without_mt()["share"].iloc[-1]
    last = out.snapshots[(out.snapshots["date"] == out.snapshots["date"].max()) & (out.snapshots["draw"] == 2)]
    assert alone == (last["lost"].sum() + last["never_declared"].sum()) / last["adults"].sum()
    # what a scenario sets itself is not drawn
    fixed = scenario.with_parameters(precarious_call_multiplier=0.9)
    others = [{"precarious_call_multiplier": 0.6}] * 2
    same = [run_experiment(fixed, replications=1, draws=draws).snapshots for draws in (sample, others)]
    pd.testing.assert_frame_equal(*same)


def test_statistics_are_read_off_a_run(villages: Calibration) -> None:
    run = simulate(villages.scenario, seed=1)
    when = date(2019, 2, 28)
    day = pd.Timestamp(when)
    now = run.snapshots[run.snapshots["date"] == day]
    without = now["lost"].sum() + now["never_declared"].sum()
    assert statistic(run, "share_without_mt", when) == pytest.approx(without / now["adults"].sum())
    assert statistic(run, "searching_share", when) == pytest.approx(now["seeking"].sum() / without)
    assert statistic(run, "gave_up_share", when) == pytest.approx(now["discouraged"].sum() / without)
    old = now[now["age_band"].isin(["60-74", "75+"])]
    share = (old["lost"].sum() + old["never_declared"].sum()) / old["adults"].sum()
    assert statistic(run, "share_without_mt_60_plus", when) == pytest.approx(share)
    exits = ((run.facts["event"] == "gp_exited") & (run.facts["date"] <= day)).sum()
    assert exits > 0
    rate = statistic(run, "cessations_per_list_holder", when)
    there = run.providers[(run.providers["kind"] == "liberal") & (run.providers["date"] <= day)].groupby("date").size()
    years = (when - run.scenario.start).days / 365.25
    assert rate * there.mean() * years == pytest.approx(exits)
    assert all(s.about and s.undefined for s in STATISTICS.values())


def table(columns: str, *rows: tuple[Any, ...]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=columns.split())
    return frame.assign(date=pd.to_datetime(frame["date"])) if "date" in frame else frame


def of_tables(name: str, when: str, **tables: pd.DataFrame) -> float:
    """A statistic of a run that began on 1 January 2018, of which only these tables are known."""
    run = cast(Run, SimpleNamespace(scenario=SimpleNamespace(start=date(2018, 1, 1)), **tables))
    return STATISTICS[name].read(run, pd.Timestamp(when))


def test_the_part_of_those_registered_who_had_no_mt() -> None:
    calls = table(
        "date caller outcome count",
        ("2018-12-31", "without_mt", "accepted", 1000),  # more than a year ago
        ("2019-01-31", "without_mt", "accepted", 5),
        ("2019-06-30", "without_mt", "accepted_relative", 1),
        ("2019-12-31", "far", "accepted", 3),
        ("2019-12-31", "change", "accepted_relative", 1),
        ("2019-12-31", "without_mt", "closed", 1000),  # not registered
        ("2020-01-31", "far", "accepted", 1000),  # later
    )
    assert of_tables("registered_without_mt_share", "2019-12-31", calls=calls) == 6 / 10
    assert np.isnan(of_tables("registered_without_mt_share", "2019-12-31", calls=calls[:0]))


def test_the_yearly_growth_of_lists_in_post() -> None:
    providers = table(
        "date provider kind list",
        ("2018-01-01", "a", "liberal", 1000),
        ("2018-01-01", "b", "liberal", 500),
        ("2018-01-01", "gone", "liberal", 9000),
        ("2018-01-01", "house", "centre", 9000),
        ("2020-01-01", "a", "liberal", 1100),
        ("2020-01-01", "b", "liberal", 460),
        ("2020-01-01", "new", "liberal", 9000),
        ("2020-01-01", "house", "centre", 1),
    )
    snapshots = table("date listed", ("2018-01-01", 15000), ("2018-01-01", 9375), ("2020-01-01", 13829))
    growth = of_tables("list_growth_in_post", "2020-01-01", providers=providers, snapshots=snapshots)
    # 19,500 of 24,375 residents with an MT have it here on day 0, later 10,561 of 13,829: others take as many places
    elsewhere = (13829 / 10561) / (24375 / 19500)
    assert growth == pytest.approx((1.04 * elsewhere - 1) / (730 / 365.25))
    at_once = of_tables("list_growth_in_post", "2018-01-01", providers=providers, snapshots=snapshots)
    assert np.isnan(at_once), "no time has passed"


def test_the_part_of_ended_lists_that_colleagues_took_over() -> None:
    facts = table(
        "date event actor other residents",
        ("2018-02-01", "succession_reserved", "followed", "heiress", None),
        ("2018-03-01", "list_handed_over", "followed", "heiress", 700),
        ("2018-03-01", "list_handed_over", "followed", "colleague", 50),
        ("2018-03-01", "gp_exited", "followed", "", 1000),
        ("2018-04-01", "list_handed_over", "alone", "colleague", 150),
        ("2018-04-01", "list_handed_over", "alone", "house", 200),  # a centre is no colleague
        ("2018-04-01", "gp_exited", "alone", "", 800),
        ("2018-05-01", "gp_exited", "far off", "", 200),
        ("2019-01-01", "gp_exited", "later", "", 5000),
    )
    careers = table("person", ("followed",), ("alone",), ("heiress",), ("colleague",))
    assert of_tables("absorbed_share", "2018-12-31", facts=facts, careers=careers) == 150 / 1000
    assert np.isnan(of_tables("absorbed_share", "2018-01-31", facts=facts, careers=careers)), "no list has ended"


# --- files --------------------------------------------------------------------------------------------------------

HEAD = """calibration: test
scenario: {scenario}
parameters: [call_rate_per_year, family_gp_share]
"""
TARGET = """targets:
  - outcome: share_lost
    date: 2019-06-30
    value: 0.1
    sd: 0.01
    source: made up
    grade: D
"""


LAVAL = scenarios_dir() / "laval" / "baseline.yaml"


def written(folder: Path, text: str, scenario: str | Path = LAVAL) -> Path:
    path = folder / "calibration.yaml"
    path.write_text(text.format(scenario=scenario), encoding="utf-8")
    return path


def test_a_file_is_read(tmp_path: Path) -> None:
    more = "ranges: {{call_rate_per_year: [2, 4]}}\nobserved: one future\nprior: uniform\ndraws: 10\n"
    c = read_calibration(written(tmp_path, HEAD + more + TARGET))
    assert next((p.name, p.low, p.value, p.high) for p in c.parameters) == ("call_rate_per_year", 2.0, 2.0, 4.0)
    assert (c.name, c.chance, c.prior, c.draws, c.seed) == ("test", True, "uniform", 10, 1)
    # nothing behind the last target is simulated
    assert c.scenario.calendar.end >= date(2019, 6, 30)
    assert c.scenario.with_(horizon_years=c.scenario.horizon_years - 1).calendar.end < date(2019, 6, 30)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("family_gp_share", "family_gp_shar"), "3:34: parameters[1]: unknown parameter"),
        (("family_gp_share", "call_rate_per_year"), "3:34: parameters[1]: the parameter 'call_rate_per_year' is named"),
        (("family_gp_share", "cesp_leave_probability"), "3:34: parameters[1]: no policy of this scenario reads it"),
        (
            ("share_lost", "share_lots"),
            "5:14: targets[0].outcome: unknown outcome 'share_lots' (did you mean",
        ),
        (
            ("2019-06-30", "2019-06-29"),
            "6:11: targets[0].date: nothing is recorded on 2019-06-29: the nearest record",
        ),
        (("2019-06-30", "1999-06-30"), "6:11: targets[0].date: 1999-06-30 is not after the scenario's start"),
        (
            ("value: 0.1", "value: 10"),
            "7:12: targets[0].value: a share lies between 0 and 1, not 10: write 0.1 for 10 %",
        ),
        (
            (
                "share_lost\n    date: 2019-06-30\n    value: 0.1",
                "list_growth_in_post\n    date: 2019-06-30\n    value: 2",
            ),
            "7:12: targets[0].value: it lies between -1 and 1, not 2: write 0.02 for 2 %",
        ),
        (
            (
                "share_lost\n    date: 2019-06-30\n    value: 0.1",
                "cessations_per_list_holder\n    date: 2019-06-30\n    value: -1",
            ),
            "7:12: targets[0].value: it is 0 or more, not -1",
        ),
        (("    sd: 0.01\n", ""), "5:5: targets[0]: give either sd, or low and high"),
        (("    sd: 0.01\n", "    low: 0.2\n    high: 0.3\n"), "5:5: targets[0]: value 0.1 must lie between"),
        (("    grade: D\n", "    grade: D\n    held_out: true\n"), "4:1: targets: every target is held out"),
        (("targets:", "drawss: 3\ntargets:"), "4:1: drawss: unknown key (did you mean 'draws'?)"),
        (("targets:", "ranges: {call_rate: [1, 2]}\ntargets:"), "4:10: ranges.call_rate: not among the parameters"),
        (("targets:", "ranges: {family_gp_share: [0, 2]}\ntargets:"), "4:27: ranges.family_gp_share: 2 probability"),
        (("baseline.yaml", "baselin.yaml"), "2:11: scenario: no such file (did you mean 'baseline.yaml'?)"),
    ],
)
def test_a_faulty_file_is_refused(change: tuple[str, str], said: str, tmp_path: Path) -> None:
    path = written(tmp_path, HEAD + TARGET)
    path.write_text(path.read_text(encoding="utf-8").replace(*change), encoding="utf-8")
    with pytest.raises(ScenarioError) as error:
        read_calibration(path)
    assert f"{path}:{said}" in str(error.value)
    assert main(["calibrate", str(path), "--out", str(tmp_path / "out")]) == 2
    assert not (tmp_path / "out").exists()


def test_all_faults_of_all_kinds_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "calibration.yaml"
    path.write_text(
        """calibration: my own
scenario: faulty.yaml
parameters: [call_rate_per_yeer, informed_share, informed_share, 5]
ranges: {informed_shar: [0.9, 0.1], informed_share: [0, 2], handover_share: 3}
targets:
  - {outcome: share_lots, date: 2019-06-30, value: 0.1, source: none}
  - {outcome: share_lost, date: 30/06/2019, value: 0.1, ds: 0.01, source: none, grade: A}
  - {outcome: share_lost, date: 2019-06-30, value: 0.5, low: 0.1, high: 0.2, grade: A}
drawss: 10
""",
        encoding="utf-8",
    )
    (tmp_path / "faulty.yaml").write_text("name: faulty\nhorizon_yeers: 2\n", encoding="utf-8")
    with pytest.raises(ScenarioError) as error:
        read_calibration(path)
    assert [(Path(p.file).name, p.line, p.where, p.what.split(":")[0][:28]) for p in error.value.problems] == [
        ("calibration.yaml", 1, "calibration", "'my own' cannot be a name"),
        ("calibration.yaml", 3, "parameters[0]", "unknown parameter 'call_rate"),
        ("calibration.yaml", 3, "parameters[2]", "the parameter 'informed_shar"),
        ("calibration.yaml", 3, "parameters[3]", "must be text, not 5"),
        ("calibration.yaml", 4, "ranges.informed_shar", "not among the parameters (di"),
        ("calibration.yaml", 4, "ranges.informed_shar", "must begin below its end, no"),
        ("calibration.yaml", 4, "ranges.informed_share", "2 share is out of range"),
        ("calibration.yaml", 4, "ranges.handover_share", "not among the parameters"),
        ("calibration.yaml", 4, "ranges.handover_share", "must be a list, not 3"),
        ("calibration.yaml", 6, "targets[0]", "give either sd, or low and h"),
        ("calibration.yaml", 6, "targets[0].grade", "this key is required, and mi"),
        ("calibration.yaml", 6, "targets[0].outcome", "unknown outcome 'share_lots'"),
        ("calibration.yaml", 7, "targets[1].date", "must be a date such as 2017-"),
        ("calibration.yaml", 7, "targets[1].ds", "unknown key"),
        ("calibration.yaml", 8, "targets[2]", "value 0.5 must lie between l"),
        ("calibration.yaml", 8, "targets[2].source", "this key is required, and mi"),
        ("calibration.yaml", 9, "drawss", "unknown key (did you mean 'd"),
        ("faulty.yaml", 1, "start", "this key is required, and mi"),
        ("faulty.yaml", 1, "territory", "this key is required, and mi"),
        ("faulty.yaml", 2, "horizon_yeers", "unknown key (did you mean 'h"),
    ]
    assert main(["calibrate", str(path), "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == f"{error.value}\n20 problems in 2 files: nothing was run, nothing was written\n"
    assert not (tmp_path / "out").exists()


def test_what_a_scenario_does_not_go_with_is_said_beside_faults_of_form(tmp_path: Path) -> None:
    wrong = (HEAD + TARGET).replace("family_gp_share", "cesp_leave_probability").replace("2019-06-30", "2019-06-29")
    with pytest.raises(ScenarioError) as error:
        read_calibration(written(tmp_path, wrong + "simulations: 5\n"))
    assert [p.where for p in error.value.problems] == ["parameters[1]", "targets[0].date", "simulations"]


@pytest.mark.parametrize(
    "hostile",
    [
        "parameters: [" + ", ".join(f"call_rate_per_yeer{i}" for i in range(5000)) + "]\n",
        "parameters: [informed_share]\nranges: {" + ", ".join(f"call{i}: [2, 1]" for i in range(5000)) + "}\n",
        "parameters: [informed_share]\ntargets: [&a {outcome: x, date: 2019-06-29}" + ", *a" * 2000 + "]\n",
    ],
    ids=["parameters", "ranges", "targets"],
)
def test_a_file_full_of_faults_is_soon_refused(hostile: str, tmp_path: Path) -> None:
    path = tmp_path / "calibration.yaml"
    path.write_text(f"calibration: x\nscenario: none.yaml\n{hostile}", encoding="utf-8")
    with pytest.raises(ScenarioError) as error:
        read_calibration(path)
    assert MAX_PROBLEMS < len(error.value.problems) < 6 * MAX_PROBLEMS


def test_the_national_calibration_is_valid() -> None:
    c = read_calibration(Path(__file__).parents[2] / "calibrations" / "national.yaml")
    assert c.scenario.name == "national-baseline"
    assert not set(c.scenario.parameters) & {p.name for p in c.parameters}


def test_the_posterior_that_comes_with_the_package() -> None:
    """It is of the calibration beside the scenarios, and of the scenario as it is."""
    c = read_calibration(Path(__file__).parents[2] / "calibrations" / "national.yaml")
    found = Posterior.read("national")
    assert set(found.draws[0]) == {p.name for p in c.parameters}
    assert len(found) == c.draws
    assert found.about["seed"] == c.seed
    assert {t["name"]: (t["value"], t["source"]) for t in found.about["targets"]} == {
        t.name: (t.value, t.source) for t in c.targets
    }
    assert found.about["scenario"]["digest"] == c.scenario.digest
    table = pd.DataFrame(list(found.draws))
    for p in c.parameters:
        assert table[p.name].between(p.low, p.high).all()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "call_rate_per_yeer\n1.0\n",
            r"draws.csv:1:1: unknown parameter 'call_rate_per_yeer' \(did you mean 'call_rate_per_year'",
        ),
        ("informed_share\n1.5\n", "draws.csv:2:1: informed_share: 1.5 share is out of range"),
        ("informed_share\nmuch\n", "draws.csv:2:1: informed_share: 'much' is not a number"),
        ("informed_share\n", "no draw"),
        ("", "draws.csv:1:1: the table is empty"),
        ("informed_share,call_rate_per_year\n0.5,\n", "draws.csv:2:5: call_rate_per_year: '' is not a number"),
        (
            "informed_share\n0,5\n",
            "draws.csv:2:1: 2 values for 1 columns \\(decimals take a point, or quotation marks\\)",
        ),
        ("informed_share,informed_share\n0.5,0.5\n", "draws.csv:1:16: a second column informed_share"),
        ("draw\n1\n", "draws.csv:1:1: no column names a parameter"),
        ('informed_share\n"0.5\n', "draws.csv:2:1: a quotation mark opens here and is never closed"),
        ("informed_share\n0.5\n" * 2, "draws.csv:3:1: informed_share: 'informed_share' is not a number"),
        ("PAR1 and more", "draws.csv:1:1: a Parquet file: save it as CSV"),
    ],
)
def test_a_faulty_sample_is_refused(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "draws.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises((ParameterError, ResultsError), match=said):
        Posterior.read(path)


def test_all_faults_of_a_sample_at_once(tmp_path: Path) -> None:
    path = tmp_path / "draws.csv"
    path.write_text("draw,informed_shar,call_rate_per_year\n1,0.5,-1\n2,0.5\n\n4,,x\n", encoding="utf-8")
    with pytest.raises(ParameterError) as caught:
        Posterior.read(path)
    places = [line.removeprefix(f"{path}:").split(": ")[0] for line in str(caught.value).split("\n")]
    assert places == ["1:6", "2:7", "3:1", "5:4"]


def test_draws_of_a_french_spreadsheet(tmp_path: Path) -> None:
    plain, french = tmp_path / "plain.csv", tmp_path / "french.csv"
    plain.write_text("draw,informed_share,give_up_rate_per_year\n1,0.5,0.125\n2,0.25,0.5\n")
    french.write_text("draw;informed_share;give_up_rate_per_year\n1;0,5;0,125\n2;0,25;0,5\n\n", encoding="utf-16")
    quoted = tmp_path / "quoted.csv"
    quoted.write_text('informed_share,give_up_rate_per_year\n"0,5","0,125"\n"0,25","0,5"\n')
    expected = Posterior.read(plain)
    assert expected.about == {}
    for path, notes in ((french, ["UTF-16", "semicolons", "decimal commas"]), (quoted, ["decimal commas"])):
        found = Posterior.read(path)
        assert (found.draws, found.about) == (expected.draws, {"notes": notes})


@pytest.mark.parametrize(
    "about",
    [{"parameters": 3}, {"parameters": [1]}, {"parameters": [{}]}, {"warnings": "few"}, {"warnings": [1]}, {"name": 1}],
)
def test_a_manifest_of_other_types_is_refused(about: dict[str, Any], tmp_path: Path) -> None:
    Posterior("mine", ({"informed_share": 0.5},)).write(tmp_path)
    there = json.loads((tmp_path / "manifest.json").read_text())
    (tmp_path / "manifest.json").write_text(json.dumps(there | about))
    with pytest.raises(ResultsError, match=r"manifest\.json: not a manifest of ess-sim calibrate"):
        Posterior.read(tmp_path)


def test_what_a_calibration_warned_of_in_short(tmp_path: Path) -> None:
    national = Posterior.read("national")
    warned = national.caveats()
    assert Path(national.manifest).name == "posterior_national.json"
    loose = [p["name"] for p in national.about["parameters"] if not p["identified"]]
    assert warned.startswith(f"{len(loose)} of {len(national.about['parameters'])} parameters not identified (")
    assert "share_without_mt@2022-12-31 was held out, and is not reproduced" in warned
    assert len(warned) < 500
    draws = ({"informed_share": 0.5},)
    assert Posterior("bare", draws).caveats() == ""
    about = {"parameters": [{"name": "informed_share", "identified": True}], "warnings": ["few points count: 3"]}
    Posterior("mine", draws, about).write(tmp_path / "mine")
    read = Posterior.read("mine", tmp_path)
    assert (read.caveats(), read.manifest) == ("few points count", str(tmp_path / "mine" / "manifest.json"))


def test_no_sample_where_there_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ResultsError, match="did you mean 'national'"):
        Posterior.read("nationale")
    with pytest.raises(ResultsError, match="not a folder of ess-sim calibrate"):
        Posterior.read(tmp_path)
    with pytest.raises(ParameterError, match="draw 2 does not name"):
        Posterior("uneven", ({"informed_share": 0.5}, {"call_rate_per_year": 1.0}))
    laval = str(scenarios_dir() / "laval" / "baseline.yaml")
    assert main(["run", laval, "--draws", "nationale", "--out", str(tmp_path / "out")]) == 2
    assert main(["run", laval, "--draws", "0", "--out", str(tmp_path / "out")]) == 2
    assert "at least 1" in capsys.readouterr().err


def test_the_command_writes_a_posterior(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inference, "PARTICLES", 500)  # what is found is not the subject
    (tmp_path / "two.yaml").write_text(BASE.replace("horizon_years: 1", "horizon_years: 3"), encoding="utf-8")
    text = HEAD + TARGET.replace("2019-06-30", "2020-06-30") + "simulations: 20\ndraws: 2\n"
    path = written(tmp_path, text, "two.yaml")
    out = tmp_path / "out"
    assert main(["calibrate", str(path), "--jobs", "1", "--out", str(out)]) == 0
    shown = capsys.readouterr()
    assert "share_lost@2020-06-30" in shown.out
    assert "WARNING: not identified" in shown.err
    assert len(Posterior.read(out)) == 2
    before = contents(out)
    assert main(["calibrate", str(path), "--out", str(out)]) == 2  # what is there is not written over
    assert "--overwrite" in capsys.readouterr().err
    assert contents(out) == before
