"""One outcome of many runs: the value of each is that of the run made alone."""

from __future__ import annotations

from contextlib import closing
from datetime import date
from itertools import count, islice
from pathlib import Path

import numpy as np
import pytest
from hamlets import hamlets
from records import Stumble

from ess_sim.analysis.studies import choice, evaluation
from ess_sim.analysis.studies.assumptions import flip_points, sensitivity
from ess_sim.analysis.studies.choice import select
from ess_sim.analysis.studies.evaluation import Case, Measure, evaluate, simulated
from ess_sim.errors import ResultsError, ScenarioError
from ess_sim.experiments.experiment import ExperimentError
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.model.run.simulation import simulate

YEAR_END = date(2018, 12, 31)


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    return hamlets(tmp_path_factory.mktemp("hamlets")).with_(horizon_years=1)


def test_values_are_those_of_the_runs(village: Scenario) -> None:
    more = village.with_parameters("more", informed_share=0.9)
    again = more.with_(name="more-again", title="The same under another name")
    seen: list[tuple[int, int]] = []
    measure = Measure("share_without_mt", YEAR_END)
    found = evaluate(
        [more, village, again],
        measure,
        replications=2,
        seed=3,
        progress=lambda done, total, _: seen.append((done, total)),
    )
    assert found.shape == (3, 2)
    for row, scenario in zip(found, (more, village), strict=False):
        for r in range(2):
            shares = simulate(scenario, seed=3, replication=r).share_without_mt().set_index("date")["share"]
            assert row[r] == pytest.approx(100 * shares[str(YEAR_END)], rel=1e-12)
    assert np.array_equal(found[0], found[2])
    assert seen == [(n, 4) for n in range(1, 5)], "two that say the same run once"


def test_what_is_no_share_stays_in_its_unit(village: Scenario) -> None:
    measure = Measure.of([village], "list_holders", None)
    assert measure.day == date(2019, 3, 15)
    holders = simulate(village, seed=1).outcomes().query("outcome == 'list_holders'")["value"].iloc[-1]
    assert evaluate([village], measure, replications=1, seed=1) == holders


def test_equal_names_of_files_are_not_equal_files(tmp_path: Path, village: Scenario) -> None:
    """A digest knows a CSV file's name alone."""
    older = hamlets(tmp_path).with_(horizon_years=1)
    population = tmp_path / "population.csv"
    rows = [row for row in population.read_text(encoding="utf-8").splitlines() if ",25," not in row]
    population.write_text("\n".join(rows) + "\n", encoding="utf-8")
    assert village.digest == older.digest
    measure = Measure.of([village], "share_without_mt", None)
    first, second = evaluate([village, older], measure, replications=1, seed=1)
    assert first != second


def test_runs_are_made_as_they_are_asked_for(village: Scenario) -> None:
    read: list[int] = []

    def endless():
        for r in count():
            read.append(r)
            yield Case(0, village, r)

    measure = Measure.of([village], "share_without_mt", None)
    with closing(simulated(endless(), measure, seed=1, jobs=1)) as found:
        assert [case.replication for case, _ in islice(found, 2)] == [0, 1]
    assert read == [0, 1]


def test_the_default_date_is_the_last_that_all_record(village: Scenario) -> None:
    longer = village.with_(horizon_years=2)
    assert Measure.of([longer], "share_lost", None).day == date(2020, 3, 15)
    assert Measure.of([longer, village], "share_lost", None).day == date(2019, 2, 28)
    with pytest.raises(ResultsError, match="no recorded date in common"):
        Measure.of([village, village.with_(start=date(2040, 1, 1))], "share_lost", None)


def test_what_cannot_be_measured(village: Scenario) -> None:
    for outcome, day, said in (
        ("share_without", None, "did you mean 'share_without_mt'"),
        (
            "share_without_mt",
            "2018-12-30",
            "nothing is recorded on 2018-12-30: the nearest record is that of 2018-12-31",
        ),
        ("share_without_mt", "soon", "is no date"),
    ):
        with pytest.raises(ResultsError, match=said):
            Measure.of([village], outcome, day)
    measure = Measure.of([village], "share_without_mt", None)
    for wrong in ({"replications": 0}, {"seed": -1}, {"jobs": 0}):
        with pytest.raises(ValueError, match="whole number"):
            evaluate([village], measure, **({"replications": 1, "seed": 1} | wrong))


def test_scenarios_are_checked_before_anything_runs(village: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (evaluation, choice):
        monkeypatch.setattr(module, "simulated", lambda *_, **__: pytest.fail("a worker started"))
    faulty = village.with_(name="faulty", policies=())  # whose parameters nothing reads any more
    measure = Measure.of([village], "share_without_mt", None)
    for ask in (
        lambda: evaluate([village, faulty], measure, replications=1, seed=1),
        lambda: select([village, faulty], indifference=1.0),
    ):
        with pytest.raises(ScenarioError, match=r"faulty: parameters.*no policy of this scenario reads it"):
            ask()


def test_failures_are_told(village: Scenario) -> None:
    measure = Measure.of([village], "share_without_mt", None)
    stumbling = village.with_(name="stumbling", policies=(*village.policies, Stumble()))
    with pytest.raises(ExperimentError, match="stumbling, replication 0 failed: RuntimeError: stumbled") as raised:
        evaluate([stumbling], measure, replications=2, seed=1)
    (text,) = raised.value.failures.values()
    assert "Traceback" in text
    none = [b.model_copy(update={"count": 0}) for b in village.supply.list_holding_gps or []]
    rate = village.supply.first_installations
    empty = village.with_(
        policies=(),
        parameters={},
        supply=village.supply.model_copy(
            update={"list_holding_gps": none, "first_installations": rate.model_copy(update={"per_year": 0.0})}
        ),
    )
    with pytest.raises(ResultsError, match="has no refusal_rate on 2018-03-31"):
        evaluate([empty], Measure.of([empty], "refusal_rate", "2018-03-31"), replications=1, seed=1)


def test_scenarios_of_two_territories_are_not_compared() -> None:
    laval, near = (
        Scenario(name=name, start="2020-01-01", horizon_years=1, territory={"communes": [code]})
        for name, code in (("laval", "53130"), ("near", "53054"))
    )
    for compared in (
        lambda: select([laval, near], indifference=0.5, first=3),
        lambda: sensitivity(near, laval, parameters=["informed_share"], replications=1, trajectories=2),
        lambda: flip_points(laval, near, parameters=["informed_share"], replications=2),
    ):
        with pytest.raises(
            ResultsError, match=r"of different territories: '(near|laval)' and '(near|laval)' have other"
        ):
            compared()
