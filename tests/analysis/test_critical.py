"""Who is critical, and how many departures it takes: a few villages with eight GPs."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hamlets import hamlets

from ess_sim.analysis.studies.critical import critical_gps, tipping_point
from ess_sim.errors import ScenarioError
from ess_sim.inputs.scenario.blocks import GpBlock
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.model.policies.departures import Departures
from ess_sim.model.run.simulation import simulate
from ess_sim.results.run import Run
from ess_sim.results.statistics.intervals import half_width

GPS = ["gp-A-001", "gp-A-002", "gp-A-003", "gp-A-004", "gp-B-001", "gp-B-002", "gp-C-001", "gp-D-001"]
SEED, N = 5, 4


@pytest.fixture(scope="module")
def villages(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    """The hamlets without any policy; there is a centre in none of them."""
    scenario = hamlets(tmp_path_factory.mktemp("hamlets"))
    (smp,) = scenario.policies
    kept = {name: value for name, value in scenario.parameters.items() if name not in smp.reads()}
    return scenario.with_(policies=(), parameters=kept)


def shocked(scenario: Scenario, replication: int, **who: object) -> Run:
    """A year in which some leave on the second day."""
    shock = [Departures(starts=scenario.start + timedelta(1), **who)] if who else []
    return simulate(scenario.with_(horizon_years=1, policies=shock), seed=SEED, replication=replication)


def last(run: Run) -> pd.Series:
    return run.share_without_mt().iloc[-1]


@pytest.fixture(scope="module")
def table(villages: Scenario) -> pd.DataFrame:
    return critical_gps(villages, replications=N, seed=SEED)


def test_every_gp_is_ranked(table: pd.DataFrame) -> None:
    assert sorted(table["gp"]) == GPS
    assert table["rank"].tolist() == list(range(1, 9))
    assert table["loss"].is_monotonic_decreasing
    assert (table["loss"] > 0).all()
    assert (table["n"] == N).all()
    np.testing.assert_allclose(table["high"] - table["loss"], table["half_width"])
    np.testing.assert_allclose(table["loss"] - table["low"], table["half_width"])
    assert (table["gp"].str.slice(3, 4) == table["zone"].astype(str)).all()


@pytest.mark.parametrize("gp", ["gp-A-003", "gp-D-001"])
def test_a_loss_is_what_her_leaving_changes(villages: Scenario, table: pd.DataFrame, gp: str) -> None:
    losses, persons = [], []
    for r in range(N):
        plain = shocked(villages, r)
        gone = shocked(villages, r, gps=(gp,))
        losses.append(last(gone)["without_mt"] - last(plain)["without_mt"])
        (fact,) = (f for f in plain.record.facts if f.event == "gp_present" and f.actor == gp)
        (born,) = (s.birth_year for s in plain.record.stints if s.person == gp and s.mode == "liberal")
        persons.append((villages.start.year - born, fact.residents, max(fact.residents, fact.value)))
    row = table.set_index("gp").loc[gp]
    assert row["loss"] == np.mean(losses)
    assert row["half_width"] == pytest.approx(float(half_width(np.array(losses, dtype=float))))
    np.testing.assert_allclose(row[["age", "list", "places"]].to_numpy(float), np.mean(persons, axis=0))


def test_some_gps_only(villages: Scenario, table: pd.DataFrame) -> None:
    """Who else is asked about changes nothing."""
    some = critical_gps(villages, gps=["gp-D-001", "gp-B-002", "gp-D-001"], replications=N, seed=SEED)
    expected = table[table["gp"].isin(["gp-D-001", "gp-B-002"])].reset_index(drop=True)
    assert some["rank"].tolist() == [1, 2]
    pd.testing.assert_frame_equal(some.drop(columns="rank"), expected.drop(columns="rank"))


def test_fewer_months(villages: Scenario) -> None:
    """Two months from 15 March are over on 15 May; the record that follows is that of 31 May."""
    row = critical_gps(villages, gps=["gp-A-001"], replications=N, seed=SEED, months=2).iloc[0]
    losses = []
    for r in range(N):
        runs = shocked(villages, r, gps=GPS[:1]), shocked(villages, r)
        gone, plain = (run.share_without_mt().set_index("date").loc["2018-05-31", "without_mt"] for run in runs)
        losses.append(gone - plain)
    assert row["loss"] == np.mean(losses)


def test_results_can_be_kept(villages: Scenario, table: pd.DataFrame, tmp_path: Path) -> None:
    said: list[tuple[int, int]] = []
    kept = critical_gps(
        villages,
        gps=["gp-C-001"],
        replications=N,
        seed=SEED,
        out=tmp_path / "out",
        progress=lambda done, total, _: said.append((done, total)),
    )
    assert kept["loss"].iloc[0] == table.set_index("gp").loc["gp-C-001", "loss"]
    assert (tmp_path / "out").is_dir()
    assert said[-1] == (2 * N, 2 * N)


def test_who_is_not_there_is_not_critical(villages: Scenario) -> None:
    with pytest.raises(ScenarioError, match=r"no GP 'gp-A-005' on day 0 \(did you mean 'gp-A-00"):
        critical_gps(villages, gps=["gp-A-001", "gp-A-005"], replications=1)
    for wrong in ({"gps": []}, {"months": 0}, {"replications": 0}):
        with pytest.raises(ValueError, match=r"at least one|1 or more|≥ 1"):
            critical_gps(villages, **({"replications": 1} | wrong))
    empty = villages.supply.model_copy(
        update={"list_holding_gps": [GpBlock(zones="remainder", count=0, source="none", grade="D")]}
    )
    for ask in (
        lambda s: critical_gps(s, replications=1),
        lambda s: tipping_point(s, threshold=50, replications=2),
    ):
        with pytest.raises(ScenarioError, match="no list-holding GP on day 0, so none can leave"):
            ask(villages.with_(supply=empty))


def test_faults_of_the_scenario_are_reported_once(villages: Scenario) -> None:
    faulty = villages.with_(parameters={**villages.parameters, "assistant_target_gain": 0.1})
    for ask in (
        lambda: critical_gps(faulty, replications=1),
        lambda: tipping_point(faulty, threshold=50, replications=2),
    ):
        with pytest.raises(ScenarioError, match="no policy of this scenario reads it") as raised:
            ask()
        assert [problem.where for problem in raised.value.problems] == ["parameters.assistant_target_gain"]


@pytest.fixture(scope="module")
def shares(villages: Scenario) -> np.ndarray:
    """Share without MT (%) after each number of departures, shape (departures from 0 to 8, replications)."""
    return np.array(
        [
            [100 * last(shocked(villages, r, **({"oldest": n} if n else {})))["share"] for r in range(N)]
            for n in range(9)
        ]
    )


def test_the_share_rises_with_the_departures(shares: np.ndarray) -> None:
    assert (np.diff(shares.mean(axis=1)) > 0).all()


@pytest.mark.parametrize("threshold", [0.0, 24.0, 37.0, 55.0, 84.0, 100.0])
def test_the_tipping_point_is_that_of_trying_them_all(villages: Scenario, shares: np.ndarray, threshold: float) -> None:
    found = tipping_point(villages, threshold=threshold, replications=N, seed=SEED)
    mean, half = shares.mean(axis=1), half_width(shares)
    expected = [next((n for n in range(9) if x[n] > threshold), None) for x in (mean, mean - half)]
    assert [found.mean_exceeds, found.interval_exceeds] == expected
    tried = found.table["departures"].to_numpy()
    assert (np.diff(tried) > 0).all()
    assert len(tried) <= 8
    assert (found.table["n"] == N).all()
    for column, values in (("share", mean), ("half_width", half), ("low", mean - half), ("high", mean + half)):
        np.testing.assert_allclose(found.table[column], values[tried])


def test_thresholds_are_shares(villages: Scenario) -> None:
    for wrong in ({"threshold": 101}, {"threshold": -1}, {"replications": 1}, {"months": 0}):
        with pytest.raises(ValueError, match=r"0 to 100|2 or more|1 or more"):
            tipping_point(villages, **({"threshold": 20, "replications": 2} | wrong))
