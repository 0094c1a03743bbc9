"""The value of information: against closed forms, against noise, and in a results folder."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from records import make_run
from stored import made_up_runs

from ess_sim.analysis.worth.drawn import groups_of, parameters_of
from ess_sim.analysis.worth.gains import gain_of, shares_best, without_regression
from ess_sim.analysis.worth.smoothing import Smoother
from ess_sim.analysis.worth.worth import Worth, value
from ess_sim.errors import EssSimError, ResultsError
from ess_sim.experiments import experiment, sinks
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.results.results import Results
from ess_sim.results.storage.journal import parcel_of
from ess_sim.results.tables.names import TOTALS

# --- a toy with a known answer ----------------------------------------------------------------------------------------
# Example of the overview of the R package voi (Jackson): one treatment yields nothing, the other p1 − p2, with
# p1 ~ N(1, 1) and p2 ~ N(0, 2). What is worth knowing follows from the unit normal loss (Ades et al. 2004).


def loss(mean: float, sd: float) -> float:
    """Expected gain from knowing a normal difference before choosing."""
    z = abs(mean) / sd
    return sd * math.exp(-z * z / 2) / math.sqrt(2 * math.pi) - abs(mean) * math.erfc(z / math.sqrt(2)) / 2


TRUE = {"all": loss(1, math.sqrt(5)), "p1": loss(1, 1), "p2": loss(1, 2), "nothing": 0.0}


def toy(draws: int, seed: int, chance: float) -> tuple[Any, dict[str, Any]]:
    rng = np.random.default_rng(seed)
    p1, p2, nothing = rng.normal(1, 1, draws), rng.normal(0, 2, draws), rng.normal(size=(draws, 3))
    yields = np.column_stack([np.zeros(draws), p1 - p2 + chance * rng.normal(size=draws)])
    return yields[:, None], {
        "all": np.column_stack([p1, p2, nothing]),
        "p1": p1[:, None],
        "p2": p2[:, None],
        "nothing": nothing[:, :1],
    }


def test_the_toy_is_that_of_the_books() -> None:
    assert [round(TRUE[k], 4) for k in ("all", "p1", "p2")] == [0.4798, 0.0833, 0.3956]


@pytest.mark.parametrize("chance", [2.0, pytest.param(0.0, marks=pytest.mark.validate)])
def test_estimates_are_near_the_closed_form(chance: float) -> None:
    found: dict[str, list[Any]] = {name: [] for name in TRUE}
    for seed in range(10):
        yields, known = toy(120, seed, chance)
        for name, columns in known.items():
            found[name].append(gain_of(yields, columns, copies=60, shuffles=99, seed=1))
    for name, gains in found.items():
        values = [gain.value for gain in gains]
        spread = np.std(values, ddof=1) / math.sqrt(10)
        assert np.mean(values) == pytest.approx(TRUE[name], abs=3.5 * spread + 0.02), name
        if name != "nothing":  # the error that is stated is the one that repetitions have
            assert 0.5 < np.mean([gain.error for gain in gains]) / np.std(values, ddof=1) < 2.0, name
    covered = [g.low <= TRUE[name] <= g.high for name, gains in found.items() for g in gains]
    assert np.mean(covered) > 0.85
    assert all(gain.p == 0.01 for gain in found["all"])
    assert np.mean([gain.p > 0.05 for gain in found["nothing"]]) > 0.8


@pytest.mark.validate
def test_errors_order_and_null_over_fifty_samples() -> None:
    """The error stated is that of repetitions, a part is worth no more than the whole, chance is found at its rate."""
    found: dict[str, list[Any]] = {name: [] for name in TRUE}
    for seed in range(50):
        yields, known = toy(60, 1000 + seed, 1.0)
        for name, columns in known.items():
            found[name].append(gain_of(yields, columns, copies=400, shuffles=199, seed=1))
    for name in ("all", "p1", "p2"):
        stated, spread = np.mean([g.error for g in found[name]]), np.std([g.value for g in found[name]], ddof=1)
        assert 0.7 < stated / spread < 1.4, name
        assert np.mean([g.low <= TRUE[name] <= g.high for g in found[name]]) >= 0.8, name
    for name, gains in found.items():
        assert all(g.value >= 0 for g in gains)
        apart = [
            (part.value - whole.value) / math.hypot(part.error, whole.error)
            for part, whole in zip(gains, found["all"], strict=True)
        ]
        assert max(apart) < 2, name
    chance = [
        gain_of(toy(60, 5000 + seed, 1.0)[0], toy(60, 5000 + seed, 1.0)[1]["nothing"], copies=2, shuffles=199, seed=1).p
        for seed in range(200)
    ]
    assert 0.02 <= np.mean(np.array(chance) <= 0.05) <= 0.10  # 5 %, give or take three standard errors


def test_chance_within_draws_is_no_information() -> None:
    rng = np.random.default_rng(3)
    yields = rng.normal(size=(60, 1, 3))  # one replication a draw, and parameters that say nothing
    parameters = rng.uniform(size=(60, 20))
    raw = without_regression(yields)
    gain = gain_of(yields, parameters, copies=60, shuffles=199, seed=1)
    assert raw > 0.6
    assert gain.value < 0.15 * raw
    assert gain.p > 0.05
    assert gain.low == 0.0


def test_replications_say_what_chance_is_where_parameters_are_more_than_draws() -> None:
    rng = np.random.default_rng(8)
    x = rng.uniform(size=(60, 120))
    chance = rng.normal(size=(60, 2, 2))
    known, unknown = 2 * np.sqrt(3) * (x[:, :1] + x[:, 1:2] - 1), np.zeros((60, 1))  # standard deviation √2, and 0
    for expected, least, most in ((known, 0.35, 0.75), (unknown, 0.0, 0.12)):
        runs = 0.3 * chance + np.stack([np.zeros((60, 1)), expected], axis=2)
        gain = gain_of(runs, x, copies=60, shuffles=199, seed=1, everything=True)
        assert least <= gain.value <= most  # of a normal difference with this spread it would be 0.56, without 0
        assert (gain.p <= 0.05) == (expected is known)


def test_a_choice_that_is_always_best_leaves_nothing_to_know() -> None:
    rng = np.random.default_rng(4)
    x = rng.uniform(size=(50, 2))
    yields = np.column_stack([x[:, 0], 5 + x[:, 1], np.full(50, -1.0)])[:, None]
    gain = gain_of(yields, x, copies=60, shuffles=99, seed=1)
    assert (gain.value, gain.high, gain.p) == (0.0, 0.0, 1.0)
    assert shares_best(yields, x).tolist() == [0.0, 1.0, 0.0]


def test_order_of_choices_does_not_matter_and_equal_arguments_give_equal_bytes() -> None:
    yields, known = toy(60, 1, 1.0)
    one = gain_of(yields, known["all"], copies=50, shuffles=99, seed=2)
    assert gain_of(yields, known["all"], copies=50, shuffles=99, seed=2) == one
    assert gain_of(yields[:, :, ::-1], known["all"], copies=50, shuffles=99, seed=2).value == pytest.approx(one.value)
    assert gain_of(yields + 7.0, known["all"], copies=50, shuffles=99, seed=2).value == pytest.approx(one.value)
    assert gain_of(100 * yields, known["all"], copies=50, shuffles=99, seed=2).value == pytest.approx(100 * one.value)


def test_curves_and_products_are_seen() -> None:
    rng = np.random.default_rng(5)
    x = rng.uniform(-1, 1, (150, 2))
    for expected, columns in ((x[:, 0] ** 2, x[:, :1]), (np.clip(x[:, 0], 0, 1), x[:, :1]), (x[:, 0] * x[:, 1], x)):
        noisy = expected + 0.1 * rng.normal(size=150)
        fitted = Smoother(columns).fitted(noisy[:, None])[:, 0]
        assert np.corrcoef(fitted, expected)[0, 1] > 0.95


def test_more_parameters_than_draws() -> None:
    rng = np.random.default_rng(6)
    x = rng.uniform(size=(40, 90))
    yields = np.column_stack([np.zeros(40), x[:, 0] - 0.5])
    gain = gain_of(yields[:, None], np.column_stack([x, np.full(40, 3.0)]), copies=30, shuffles=99, seed=1)
    assert 0.02 < gain.value <= 0.125 * 1.3
    with_constant = Smoother(np.full((40, 2), 1.0))
    assert not with_constant.fitted(yields).any()


# --- results ----------------------------------------------------------------------------------------------------------

ALIKE: dict[str, Any] = {"start": "2020-01-15", "horizon_years": 1, "territory": {"communes": ["53130", "53201"]}}
READ = ("informed_share", "women_fte", "mobility_17_29", "mobility_30_44")


def made_run(cell: Any) -> Any:
    """More places help where few are informed, and harm where many are; nothing else matters."""
    drawn = cell.overrides.get("informed_share", 0.5)
    shift = 0.1 * (0.5 - drawn) if cell.scenario.name == "more" else 0.0
    run = make_run(cell.scenario.name, cell.key.draw * 2 + cell.key.replication, shift=shift)
    own = {"draw": np.int32(cell.key.draw), "replication": np.int32(cell.key.replication)}
    frames = {table: run.table(table).assign(**own) for table in cell.keep.tables}
    note = {
        "end": {"share_without_mt": 0.1},
        "totals": {name: run.totals()[name].tolist() for name in TOTALS},
        "read": list(READ),
        "assumed": [],
    }
    parcel = parcel_of(frames.items(), note)
    return replace(parcel, note=cell.identity | parcel.note)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Thirty draws of two scenarios, between which one parameter decides."""
    out = tmp_path_factory.mktemp("value") / "out"
    scenarios = [Scenario(name=name, **ALIKE) for name in ("base", "more")]
    with made_up_runs(), pytest.MonkeyPatch.context() as patched:
        patched.setattr(sinks, "_parcel", made_run)
        experiment.run_experiment(scenarios, replications=1, draws=30, out=out, keep="outcomes")
    return Results.read(out)


def test_a_folder_names_what_decides(results: Results) -> None:
    found = value(results, shuffles=199, groups={"two": ["mobility_17_29", "informed_share"]})
    assert isinstance(found, Worth)
    assert found.measure == "informed_share"
    table = found.table
    assert list(table["kind"].unique()) == ["all", "group", "parameter"]
    assert set(table.loc[table["kind"] == "parameter", "name"]) == set(READ[:1] + READ[2:])
    assert (table["value"] >= 0).all()
    assert (table["low"] <= table["value"]).all()
    assert (table["value"] <= table["high"]).all()
    top = table[table["name"] == "informed_share"].iloc[0]
    adults = results.first("base", 1)[0].totals()["adults"].iloc[-1]
    assert top["people"] == pytest.approx(top["value"] / 100 * adults, rel=0.05)
    assert found.choices["best"].sum() == pytest.approx(1)
    assert found.notes == ("one replication a draw: EVPI takes from them how large chance is, and is rough without",)
    assert found.choices["best"].between(0.2, 0.8).all()


def test_a_part_is_worth_no_more_than_the_whole(results: Results) -> None:
    """No group, not even that of all parameters, is above EVPI by more than the errors of both, which chance makes."""
    every = [name for name in READ if name != "women_fte"]  # the same in all draws
    table = value(results, shuffles=99, groups={"every": every}).table
    whole, parts = table.iloc[0], table.iloc[1:]
    assert whole["kind"] == "all"
    assert {"every", "grade D", "mobility_…"} <= set(parts["name"])
    assert whole["value"] > 3 * whole["error"]
    above = (parts["value"] - whole["value"]) / np.hypot(parts["error"], whole["error"])
    assert above.max() < 0.5  # all rest on the same draws
    assert abs(above[parts["name"] == "every"].iloc[0]) < 0.5


@pytest.mark.parametrize("seed", range(5))
def test_parts_of_the_toy_together_are_worth_no_more_than_the_whole(seed: int) -> None:
    """Nor is one of them; with two replications a draw, from which EVPI takes how large chance is."""
    yields, known = toy(60, 300 + seed, 0.0)
    chance = np.random.default_rng(900 + seed).normal(0, 1.4, size=(60, 2, 1))
    runs = yields + np.concatenate([np.zeros((60, 2, 1)), chance], axis=2)
    whole = gain_of(runs, known.pop("all"), copies=60, shuffles=19, seed=1, everything=True)
    parts = known | {"both": np.column_stack([known["p1"], known["p2"]])}
    for name, columns in parts.items():
        part = gain_of(runs, columns, copies=60, shuffles=19, seed=1)
        assert part.value <= whole.value + 0.5 * math.hypot(part.error, whole.error), name


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scenarios": ["base"]}, "a decision needs at least two scenarios, and there is only 'base'"),
        ({"scenarios": ["base", "mor"]}, "no scenario 'mor' (did you mean 'more'?)"),
        ({"outcome": "share_without"}, "unknown outcome 'share_without'"),
        ({"date": "2020-01-16"}, "nothing was recorded on 2020-01-16"),
        (
            {"groups": {"g": ["informed_shar", "women_ft"]}},
            "group 'g': unknown parameter 'informed_shar' (did you mean",
        ),
        ({"groups": {"g": ["family_gp_share"]}}, "family_gp_share is the same in all draws, or no scenario here reads"),
        ({"threshold": 0.0}, "0 is no threshold"),
        ({"threshold": math.inf}, "inf is no threshold"),
        ({"groups": {"grade D": ["informed_share"]}}, "group 'grade D': there is one of this name"),
        ({"shuffles": 5}, "5 shuffles cannot show"),
    ],
)
def test_what_is_wrong_is_said(results: Results, options: dict[str, Any], message: str) -> None:
    with pytest.raises(EssSimError) as raised:
        value(results, **options)
    assert message in str(raised.value)


def in_memory(draws: int) -> Results:
    def run(name: str, draw: int) -> Any:
        made = make_run(name, draw, shift=0.1 * (0.5 - draw / 40) if name == "more" else 0.0)
        parameters = [p | {"value": draw / 40} if p["name"] == "informed_share" else p for p in made.parameters]
        return replace(made, draw=draw, replication=0, parameters=parameters)

    return Results([run(name, draw) for name in ("base", "more") for draw in range(1, draws + 1)])


def test_in_memory_as_in_a_folder_and_not_with_few_draws() -> None:
    found = in_memory(5)
    drawn = parameters_of(found, ["base", "more"])
    assert drawn.columns.tolist() == ["informed_share"]
    assert drawn.loc[5, "informed_share"] == 0.125
    with pytest.raises(ResultsError, match="needs at least 30 parameter draws, not 5"):
        value(found)


def test_groups() -> None:
    found = groups_of(["mobility_17_29", "mobility_30_44", "women_fte", "informed_share"], {"mine": ["women_fte"]})
    assert found == {
        "grade D": ("mobility_17_29", "mobility_30_44", "informed_share"),
        "mobility_…": ("mobility_17_29", "mobility_30_44"),
        "mine": ("women_fte",),
    }
    with pytest.raises(ResultsError, match="group 'none' names no parameter"):
        groups_of(["women_fte"], {"none": []})
