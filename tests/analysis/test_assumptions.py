"""Which assumptions matter, and where two variants of a centre change places, in a town of 12,000 adults."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from strategies import NONE, csv_text, scenario_of, without_mt

from ess_sim.analysis.studies.assumptions import flip_points, sensitivity
from ess_sim.errors import ParameterError, ResultsError
from ess_sim.inputs.catalogue.bundled import scenarios_dir
from ess_sim.inputs.catalogue.parameters import catalogue
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.inputs.scenario.sourced import Count, Rate
from ess_sim.model.policies.smp import Interns, RetiredGps, Smp
from ess_sim.model.run.read import read_scenarios
from ess_sim.model.run.simulation import simulate
from ess_sim.results.statistics.intervals import half_width

N = 10
SETTLING = catalogue()["settle_probability"]


def centre(base: Scenario, name: str, *, retired_list: bool, interns: int) -> Scenario:
    """The same retired GPs, who hold lists or only supervise interns."""
    smp = Smp(
        opens=base.start,
        zone="T",
        rooms=20,
        retired_gps=RetiredGps(count=6, fte_each=0.2, list=retired_list),
        interns=Interns(per_semester=interns, list=False),
    )
    return base.with_(name=name, policies=(smp,), parameters={"retired_willing_share": 0.6})


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    """A town short of GPs, without a centre."""
    people = tmp_path_factory.mktemp("town") / "people.csv"
    people.write_text(csv_text({"T": dict.fromkeys(range(8, 82), 185)}), encoding="utf-8")
    supply = {
        "retired_pool": Count(count=12, **NONE),
        "interns_per_semester": Count(count=2, **NONE),
        "first_installations": Rate(per_year=0.4, **NONE),
    }
    return scenario_of(people, gps=10, years=14, residents=without_mt(0.2), supply=supply)


@pytest.fixture(scope="module")
def pair(base: Scenario) -> tuple[Scenario, Scenario]:
    return (
        centre(base, "retired-only", retired_list=True, interns=0),
        centre(base, "interns-only", retired_list=False, interns=3),
    )


def share(scenario: Scenario, replication: int, **parameters: float) -> float:
    run = simulate(scenario.with_parameters(**parameters), seed=1, replication=replication)
    return 100 * float(run.share_without_mt()["share"].iloc[-1])


# --- flip points -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def flips(pair: tuple[Scenario, Scenario]) -> pd.DataFrame:
    table = flip_points(*pair, parameters=["settle_probability"], replications=N, seed=1, tolerance=1 / 4)
    return table.set_index("parameter")


@pytest.mark.validate
def test_interns_win_when_they_settle(flips: pd.DataFrame) -> None:
    """Where interns hardly settle, the retired GPs' own lists help more; where many do, their training does."""
    row = flips.loc["settle_probability"]
    assert row["difference_low"] < -row["half_width_low"] < 0
    assert row["difference_high"] > 0
    assert row["difference_high"] - row["difference_low"] > row["half_width_high"] + row["half_width_low"] > 0
    assert row["flips"]
    assert SETTLING.low < row["value"] < SETTLING.high
    assert SETTLING.low <= row["unclear_low"] <= row["value"] <= row["unclear_high"] <= SETTLING.high
    assert row["unit"] == "probability"


@pytest.mark.validate
def test_differences_are_those_of_the_pairs(flips: pd.DataFrame, pair: tuple[Scenario, Scenario]) -> None:
    row = flips.loc["settle_probability"]
    assert row[["low", "central", "high"]].tolist() == [SETTLING.low, SETTLING.value, SETTLING.high]
    d = np.array([np.subtract(*(share(s, r, settle_probability=SETTLING.low) for s in pair)) for r in range(N)])
    assert row["difference_low"] == pytest.approx(d.mean())
    assert row["half_width_low"] == pytest.approx(float(half_width(d)))


def test_who_is_first_changes_signs_alone(base: Scenario, pair: tuple[Scenario, Scenario]) -> None:
    short = [s.with_(horizon_years=1) for s in (pair[0], base)]
    there, back = (
        flip_points(*order, parameters=["informed_share"], replications=2, seed=1) for order in (short, short[::-1])
    )
    assert there["difference_high"].tolist() == (-back["difference_high"]).tolist()
    assert there["difference_high"].tolist() != [0]


class Measured:
    """Values of made-up scenarios in place of runs: what a line or a parabola says at the parameter's value."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at: Any) -> None:
        self.batches: list[int] = []

        def evaluate(scenarios: list[Scenario], measure: Any, *, replications: int, **_: Any) -> np.ndarray:  # noqa: ARG001
            self.batches.append(len(scenarios))
            noise = np.linspace(-0.01, 0.01, replications)
            x = [s.parameters.get("settle_probability", SETTLING.value) for s in scenarios]
            return np.array([at(v) * (s.name == "retired-only") + noise for v, s in zip(x, scenarios, strict=True)])

        monkeypatch.setattr("ess_sim.analysis.studies.assumptions.evaluate", evaluate)


def test_runs_are_saved(monkeypatch: pytest.MonkeyPatch, pair: tuple[Scenario, Scenario]) -> None:
    measured = Measured(monkeypatch, lambda x: x - 0.1)
    names = ["settle_probability", "informed_share", "entry_age_sd"]
    table = flip_points(*pair, parameters=names, replications=3).set_index("parameter")
    assert measured.batches == [2 * (1 + 2 * 3), *[2] * 6], "all ends at once, then the one that turns, by halves"
    assert table.loc["settle_probability", "value"] == pytest.approx(0.1)
    assert table["flips"].tolist() == [True, False, False], "those that turn come first"
    others = table.loc[["informed_share", "entry_age_sd"]]
    assert others["value"].isna().all()
    assert np.allclose(others[["difference_low", "difference_central", "difference_high"]], SETTLING.value - 0.1)


def test_a_ranking_that_turns_twice(monkeypatch: pytest.MonkeyPatch, pair: tuple[Scenario, Scenario]) -> None:
    Measured(monkeypatch, lambda x: (x - 0.05) * (x - 0.15))
    (row,) = flip_points(*pair, parameters=["settle_probability"], replications=1).to_dict("records")
    assert row["difference_low"] > 0 > row["difference_central"]
    assert row["difference_high"] > 0
    assert row["flips"]
    assert row["value"] == pytest.approx(0.05, abs=0.002)


# Laval's interns settle from the fifth year on: before, their probability cannot matter; later the ranking turns on it


def flip_in_laval(years: int, **more: Any) -> dict[str, Any]:
    """Retired GPs only against interns only, after so many years."""
    files = [scenarios_dir() / "laval" / f"smp_{name}_only.yaml" for name in ("retired", "interns")]
    retired, interns = (scenario.with_(horizon_years=years) for scenario in read_scenarios(files))
    table = flip_points(retired, interns, parameters=["settle_probability"], seed=1, jobs=2, **more)
    (row,) = table.to_dict("records")
    return {str(name): value for name, value in row.items()}


@pytest.mark.validate
def test_laval_has_no_flip_before_interns_settle() -> None:
    row = flip_in_laval(5, replications=6)
    assert not row["flips"]
    assert np.isnan([row["value"], row["unclear_low"], row["unclear_high"]]).all()
    for where in ("low", "central", "high"):
        assert row[f"difference_{where}"] < -row[f"half_width_{where}"] < 0, "the retired GPs' lists do more"


@pytest.mark.validate
def test_laval_turns_with_settling_once_interns_have_settled() -> None:
    row = flip_in_laval(15, replications=20, tolerance=1 / 4)
    assert row["flips"]
    assert row["difference_low"] < -row["half_width_low"] < 0, "few interns settle: the retired GPs' lists do more"
    assert 0 < row["half_width_high"] < row["difference_high"], "one in five settles: the interns do"
    assert SETTLING.low < row["value"] < SETTLING.high
    assert SETTLING.low <= row["unclear_low"] <= row["value"] <= row["unclear_high"] <= SETTLING.high


# --- sensitivity -----------------------------------------------------------------------------------------------------


def test_screening_of_a_difference(base: Scenario, pair: tuple[Scenario, Scenario]) -> None:
    """How many residents a post takes matters; how many an intern does, where none comes to the centre, does not."""
    retired, bare = (s.with_(horizon_years=3) for s in (pair[0], base))
    names = ["centre_list_per_fte", "intern_target_residents"]
    table = sensitivity(retired, bare, parameters=names, replications=2, seed=1, trajectories=3)
    assert table["parameter"].tolist() == names
    assert table["mu"][0] < 0, "a longer list for each post means fewer residents without MT"
    assert table["mu_star"][1] == 0


def test_an_evaluation_is_the_mean_over_replications(base: Scenario) -> None:
    """With one parameter, each elementary effect is the difference of two means over its whole range, times 3/2."""
    short = base.with_(horizon_years=1)
    (row,) = sensitivity(short, parameters=["informed_share"], replications=8, trajectories=6, seed=1).to_dict(
        "records"
    )
    p = catalogue()["informed_share"]
    grid = [p.low + (p.high - p.low) * k / 3 for k in range(4)]
    means = [np.mean([share(short, r, informed_share=x) for r in range(8)]) for x in grid]
    effects = [(b - a) * 3 / 2 for a, b in zip(means[:2], means[2:], strict=True)]
    assert min(effects) - 1e-9 <= row["mu"] <= max(effects) + 1e-9
    assert row["mu"] < 0
    assert means[0] > means[-1]


def test_sobol_of_what_one_side_cannot_read(base: Scenario, pair: tuple[Scenario, Scenario]) -> None:
    """The baseline has no centre: its parameters vary in the other scenario alone."""
    retired, bare = (s.with_(horizon_years=3) for s in (pair[0], base))
    names = ["centre_list_per_fte", "intern_target_residents"]
    table = sensitivity(retired, bare, method="sobol", parameters=names, replications=1, seed=1, n=8)
    total = table[table["order"] == "total"].set_index("parameter")["index"]
    assert total["centre_list_per_fte"] > 0
    assert total["intern_target_residents"] == pytest.approx(0, abs=1e-9)


def test_assumptions_that_are_read_and_free(
    monkeypatch: pytest.MonkeyPatch, base: Scenario, pair: tuple[Scenario, Scenario]
) -> None:
    asked: list[set[str]] = []

    def evaluate(scenarios: list[Scenario], measure: Any, *, replications: int, **_: Any) -> np.ndarray:  # noqa: ARG001
        asked.extend(set(s.parameters) for s in scenarios)
        return np.zeros((len(scenarios), replications))

    monkeypatch.setattr("ess_sim.analysis.studies.assumptions.evaluate", evaluate)
    retired, bare = (s.with_(horizon_years=3) for s in (pair[0], base))
    table = flip_points(retired, bare, replications=2)
    expected = (set(simulate(retired).grade_d) | set(simulate(bare).grade_d)) - {"retired_willing_share"}
    assert set(table["parameter"]) == expected
    assert {"centre_list_per_fte", "settle_probability", "informed_share"} <= expected
    assert all(catalogue()[name].grade == "D" for name in expected)
    assert not table["flips"].any()
    assert {"retired_willing_share", "informed_share"} in asked


def test_what_cannot_be_varied(base: Scenario, pair: tuple[Scenario, Scenario]) -> None:
    short = base.with_(horizon_years=1)
    other = short.with_parameters("other", informed_share=0.2)
    for scenarios, changes, error, said in (
        ((short, other), {"parameters": ["informed_shar"]}, ParameterError, "did you mean 'informed_share'"),
        ((short, other), {"parameters": ["intern_target_residents"]}, ParameterError, "test and other cannot read it"),
        ((short, other), {"parameters": ["informed_share"]}, ParameterError, "set it to different values"),
        ((short, other), {"parameters": []}, ParameterError, "no parameter to vary"),
        ((short, other), {"outcome": "share_wihtout_mt"}, ResultsError, "did you mean 'share_without_mt'"),
        ((short, other), {"date": "2020-03-02"}, ResultsError, "nothing is recorded on 2020-03-02"),
        ((short, other), {"replications": 0, "parameters": ["need_rate_per_year"]}, ValueError, "replications"),
    ):
        for ask in (flip_points, sensitivity):
            with pytest.raises(error, match=said):
                ask(*scenarios, **({"replications": 1} | changes))
    with pytest.raises(ValueError, match="above 0 and below 1"):
        flip_points(*pair, replications=1, tolerance=1)
    with pytest.raises(ValueError, match="method must be 'morris' or 'sobol', not 'fast'"):
        sensitivity(short, method="fast", parameters=["need_rate_per_year"], replications=1)
    # 14 months of notice at least do not go with at most 12
    late = short.with_parameters(notice_months_min=14, notice_months_max=18)
    with pytest.raises(ParameterError, match=r"test: .*notice_months_min is above notice_months_max"):
        flip_points(late, late, parameters=["notice_months_max"], replications=1)
