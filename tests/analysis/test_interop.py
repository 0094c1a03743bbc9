"""Other libraries, the real ones, run our scenarios and read our results, and get the numbers that we get."""

from __future__ import annotations

import pickle
import re
import sys
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from hamlets import hamlets
from SALib.sample import fast_sampler, latin, morris, sobol

from ess_sim.analysis.studies.indices import problem
from ess_sim.analysis.studies.interop import ScenarioModel, uncertainties
from ess_sim.errors import ScenarioError
from ess_sim.experiments.draws.designs import space
from ess_sim.experiments.experiment import run_experiment
from ess_sim.inputs.scenario.outcomes import OUTCOMES
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.model.policies.mediators import Mediators
from ess_sim.model.policies.registry import KINDS
from ess_sim.model.run.simulation import simulate
from ess_sim.results.results import Results
from ess_sim.results.statistics.sequential import hoad

PAGE = (Path(__file__).parents[2] / "docs" / "interoperation.md").read_text(encoding="utf-8")
SEED = 3
RATES = ["call_rate_per_year", "give_up_rate_per_year"]


@pytest.fixture(scope="module")
def villages(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    whole = hamlets(tmp_path_factory.mktemp("villages"))
    own = {"need_rate_per_year": 0.3, "move_out_rate_per_year": 0.09}
    return whole.with_(horizon_years=2, parameters=own)


@pytest.fixture(scope="module")
def model(villages: Scenario) -> ScenarioModel:
    return ScenarioModel(villages, seed=SEED)


@pytest.fixture(scope="module")
def ema() -> ModuleType:
    """Imported for these tests alone, like sim-tools: both take seconds, and every worker reads this file."""
    with warnings.catch_warnings():  # it says so where optional parts of it are not there
        warnings.simplefilter("ignore")
        import ema_workbench
    return ema_workbench


def share_at_the_end(scenario: Scenario, replication: int = 0, **parameters: float) -> float:
    """Share without MT, by the way that a user of `simulate` takes."""
    run = simulate(scenario.with_parameters(**parameters), seed=SEED, replication=replication)
    return float(run.share_without_mt()["share"].iloc[-1])


# --- the model -------------------------------------------------------------------------------------------------------


def test_outcomes_at_the_horizon(villages: Scenario, model: ScenarioModel) -> None:
    assert list(model()) == list(OUTCOMES)
    assert model()["share_without_mt"] == share_at_the_end(villages)
    found = model(replication=2, call_rate_per_year=1.5, need_rate_per_year=0.6)
    expected = share_at_the_end(villages, 2, call_rate_per_year=1.5, need_rate_per_year=0.6)
    assert found["share_without_mt"] == expected != model(replication=2)["share_without_mt"]


def test_the_same_in_another_process(model: ScenarioModel) -> None:
    assert pickle.loads(pickle.dumps(model))(replication=1) == model(replication=1)


def test_wrong_values(model: ScenarioModel) -> None:
    with pytest.raises(ScenarioError, match="did you mean 'informed_share'"):
        model(informed_shar=0.5)
    with pytest.raises(ScenarioError, match="not read"):
        model(entries_per_list_holder=0.02)
    with pytest.raises(ValueError, match="≥ 0"):
        model(replication=-1)


def test_what_is_uncertain(villages: Scenario, model: ScenarioModel) -> None:
    """All that the scenario can read and leaves to the catalogue, and no official figure."""
    names = {p.name for p in model.uncertain}
    left_out = {p.name for p in space()} - names
    of_others = frozenset().union(*(kind.reads() for kind in KINDS.values())) - villages.policies[0].reads()
    of_others |= Mediators.reads()  # the centre has no mediators
    # its supply gives the pool and the interns
    given = {*villages.parameters, "retired_pool_per_list_holder", "interns_per_100000"}
    assert left_out == (given | of_others) & {p.name for p in space()}
    assert "A" not in {p.grade for p in model.uncertain}
    without_policy = ScenarioModel(villages.with_(policies=()))
    assert names - {p.name for p in without_policy.uncertain} == {n for n in names if n in villages.policies[0].reads()}


# --- sim-tools -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("precision", [0.2, 0.35])
def test_sim_tools(villages: Scenario, model: ScenarioModel, precision: float) -> None:
    """It runs replications as we number them, and finds as many enough as our own version of the algorithm."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from sim_tools.output_analysis import ReplicationsAlgorithm, ReplicationsAlgorithmModelAdapter
    assert isinstance(model, ReplicationsAlgorithmModelAdapter)
    algorithm = ReplicationsAlgorithm(half_width_precision=precision, replication_budget=60)
    needed, table = algorithm.select(model, ["share_without_mt"])
    values = table["Mean"].to_numpy(float)  # its name for the latest value
    assert values.tolist() == [share_at_the_end(villages, r) for r in range(len(values))]
    ours = hoad(values, precision=precision, budget=60)
    assert needed == {"share_without_mt": ours.needed}
    assert ours.needed == len(values) - 5


# --- EMA workbench ---------------------------------------------------------------------------------------------------


def test_uncertainties_are_the_catalogue(ema: ModuleType, model: ScenarioModel) -> None:
    found = uncertainties(model.uncertain)
    assert all(isinstance(u, ema.RealParameter) for u in found)
    assert [(u.name, u.lower_bound, u.upper_bound) for u in found] == [(p.name, p.low, p.high) for p in model.uncertain]


def test_ema_workbench(ema: ModuleType, villages: Scenario, model: ScenarioModel) -> None:
    futures = ema.Model("villages", function=model)
    futures.uncertainties = uncertainties(model.uncertain)
    futures.outcomes = [ema.ScalarOutcome("share_without_mt"), ema.ScalarOutcome("list_holders")]
    np.random.seed(SEED)  # noqa: NPY002 - of its sampler: unseeded, two futures of so small a place may end alike
    experiments, outcomes = ema.perform_experiments(futures, scenarios=4)
    names = [p.name for p in model.uncertain]
    expected = [share_at_the_end(villages, **row) for row in experiments[names].to_dict("records")]
    assert outcomes["share_without_mt"].tolist() == expected
    assert len(set(expected)) > 2  # so small a place may end alike in two futures
    assert outcomes["list_holders"].shape == (4,)


def test_ema_workbench_with_replications(ema: ModuleType, villages: Scenario, model: ScenarioModel) -> None:
    futures = ema.ReplicatorModel("villages", function=model)
    futures.uncertainties = uncertainties(space(RATES))
    futures.replications = [{"replication": r} for r in (4, 1, 5)]
    futures.outcomes = [ema.ScalarOutcome("share_without_mt", function=np.mean)]
    experiments, outcomes = ema.perform_experiments(futures, scenarios=2)
    for found, row in zip(outcomes["share_without_mt"], experiments[RATES].to_dict("records"), strict=True):
        assert found == pytest.approx(np.mean([share_at_the_end(villages, r, **row) for r in (4, 1, 5)]))


def test_without_ema_workbench(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ema_workbench", None)  # as where it is not installed
    with pytest.raises(ImportError, match="pip install ema_workbench"):
        uncertainties(space(RATES))


# --- SALib -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sample", "per_parameter"),
    [
        (lambda p: latin.sample(p, 50, seed=1), lambda k: 50),  # noqa: ARG005
        (lambda p: sobol.sample(p, 8, calc_second_order=False, seed=1), lambda k: 8 * (k + 2)),
        (lambda p: morris.sample(p, 4, seed=1), lambda k: 4 * (k + 1)),
        (lambda p: fast_sampler.sample(p, 65, seed=1), lambda k: 65 * k),
    ],
    ids=["latin", "sobol", "morris", "fast"],
)
def test_salib(sample, per_parameter, model: ScenarioModel) -> None:
    given = problem(model.uncertain)
    x = sample(given)
    assert x.shape == (per_parameter(len(model.uncertain)), len(model.uncertain))
    low, high = np.array(given["bounds"]).T
    assert ((low - 1e-9 <= x) & (x <= high + 1e-9)).all()
    assert (np.ptp(x, axis=0) > 0.5 * (high - low)).all()


# --- results folders -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def stored(villages: Scenario, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("results") / "out"
    pair = [villages, villages.with_(name="without-smp", policies=())]
    run_experiment(pair, replications=2, seed=SEED, draws=2, out=path)
    return path


def runs(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows in one order, plain types: what a reader of Parquet may choose by itself."""
    keys = ["scenario", "draw", "replication", "date", *(["outcome"] if "outcome" in frame else [])]
    plain = {"scenario": object, "draw": int, "replication": int, **({"outcome": object} if "outcome" in frame else {})}
    out = frame.assign(date=pd.to_datetime(frame["date"]).astype("datetime64[s]")).astype(plain)
    return out.sort_values(keys, ignore_index=True)


def test_pandas_reads_results(stored: Path) -> None:
    found = pd.read_parquet(stored / "outcomes")
    pd.testing.assert_frame_equal(runs(found), runs(Results.read(stored).outcomes()), check_column_type=False)


def test_duckdb_reads_results(stored: Path) -> None:
    results = Results.read(stored)
    outcomes = duckdb.sql(f"select * from '{stored}/outcomes/*.parquet'").df()
    pd.testing.assert_frame_equal(runs(outcomes), runs(results.outcomes()), check_column_type=False)
    shares = duckdb.sql(f"""
        select scenario, draw, replication, date, sum(lost + never_declared) / sum(adults) as share
        from '{stored}/snapshots/*.parquet' group by all
    """)
    expected = results.share_without_mt()[["scenario", "draw", "replication", "date", "share"]]
    pd.testing.assert_frame_equal(runs(shares.df()), runs(expected), rtol=1e-14)


# --- the page --------------------------------------------------------------------------------------------------------


def test_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    assert len(blocks) == 6
    names: dict[str, Any] = {}
    for block in blocks:
        exec(compile(block, "interoperation.md", "exec"), names)
    assert names["needed"]["share_without_mt"] >= 3
    assert names["outcomes"]["share_without_mt"].shape == (4,)
    assert len(names["y"]) == 20
    shares = names["shares"].df()
    last = shares[(shares["replication"] == 1) & (shares["date"] == shares["date"].max())]
    frame = names["frame"]
    same = frame[(frame["replication"] == 1) & (frame["date"] == frame["date"].max())]
    assert last["share_without_mt"].tolist() == pytest.approx(
        same.loc[same["outcome"] == "share_without_mt", "value"].tolist()
    )
