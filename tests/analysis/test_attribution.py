"""Breakdowns of a difference: they add up in every pair of runs, and each part is what it says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hamlets import hamlets
from hypothesis import given
from hypothesis import strategies as st
from records import make_run

from ess_sim.analysis.accounts.attribution import by_flow, shapley, shapley_of
from ess_sim.errors import ConservationError, ResultsError
from ess_sim.model.policies.departures import Departures
from ess_sim.model.run.simulation import simulate
from ess_sim.results.comparison.differences import compare
from ess_sim.results.results import Results
from ess_sim.results.run import Run
from ess_sim.results.statistics.intervals import half_width
from ess_sim.results.tables.names import CAUSES, POOLS
from ess_sim.results.tables.record import Sparse

N = 3
ROWS = ["start", *CAUSES, "adults", "total"]


def run_of(name: str, replication: int, shift: float = 0.0, *, more_adults: int = 0, draw: int = 0) -> Run:
    """A synthetic run; every cell may hold more listed adults than it would."""
    parameters = {"informed_share": 0.5 + shift + 0.01 * more_adults}  # scenarios that differ have other content
    run = make_run(name, replication + 100 * draw, shift=shift, parameters=parameters)
    record = run.record
    counts = record.counts.copy()
    counts[..., 0] += more_adults * np.arange(1, len(counts) + 1)[:, None]
    return replace(run, replication=replication, draw=draw, record=replace(record, counts=counts))


RESULTS = Results(
    [
        run_of(name, r, shift, more_adults=more)
        for r in range(N)
        for name, shift, more in (("base", 0.0, 0), ("other", 0.05, 0), ("grown", 0.03, 2))
    ]
)


def parts_and_total(table: pd.DataFrame, groups: list[str], column: str) -> tuple[pd.Series, pd.Series]:
    """Sum of the parts and the total of each group."""
    keys = [*groups, "date"]
    total = table["cause"] == "total"
    return (table[which].groupby(keys, observed=True)[column].sum() for which in (~total, total))


# --- by flow ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", [None, "zone", "pool", ["age_band", "ald"], ("pool", "zone", "precarious")])
@pytest.mark.parametrize("scenario", ["other", "grown"])
def test_one_pair_adds_up(by: str | list[str] | None, scenario: str) -> None:
    """Exactly in residents, up to rounding in points."""
    groups = [by] if isinstance(by, str) else list(by or [])
    for r in range(N):
        one = Results([RESULTS.run(name, r) for name in ("base", scenario)])
        table = by_flow(one, baseline="base", scenario=scenario, by=by)
        assert set(table["n"]) == {1}
        assert table["cause"].tolist() == ROWS * (len(table) // len(ROWS))
        parts, total = parts_and_total(table, groups, "residents")
        assert parts.equals(total)
        assert (total != 0).any()
        parts, total = parts_and_total(table, groups, "points")
        np.testing.assert_allclose(parts, total, atol=1e-11)
        assert table[["half_width", "points_half_width"]].isna().all(axis=None)


def test_the_total_is_that_of_the_comparison() -> None:
    for date in ("2020-06-30", "2021-01-15"):
        table = by_flow(RESULTS, baseline="base", scenario="grown", date=date).set_index("cause")
        found = compare(RESULTS, baseline="base", outcomes="share_without_mt", dates=[date])
        (row,) = found[found["scenario"] == "grown"].to_dict("records")
        assert table.loc["total", "points"] == pytest.approx(row["difference"], rel=1e-12)
        assert table.loc["total", "points_half_width"] == pytest.approx(row["half_width"], rel=1e-9)
        assert table.loc["total", "n"] == row["n"] == N


def test_parts_are_the_flows() -> None:
    table = by_flow(RESULTS, baseline="base", scenario="other", date="2020-11-30").set_index("cause")
    for cause in CAUSES:
        sums = []
        for r in range(N):
            both = []
            for name in ("base", "other"):
                flows = RESULTS.run(name, r).flows
                here = (flows["cause"] == cause) & (flows["date"] <= "2020-11-30")
                both.append(flows.loc[here, "count"].sum())
            sums.append(both[1] - both[0])
        assert table.loc[cause, "residents"] == np.mean(sums)
        assert table.loc[cause, "half_width"] == pytest.approx(float(half_width(np.array(sums, dtype=float))))
    assert table.loc["registered_liberal", "residents"] < 0, "the scenario registers more"
    assert table.loc[["start", "adults", "died"], "residents"].tolist() == [0, 0, 0]
    assert table.loc["adults", "points"] == 0, "the same number of adults"


def test_more_adults_are_a_part_of_their_own() -> None:
    """No resident without MT moves, but there are more adults: the share falls by the adults' term alone."""
    runs = [run_of("base", 0), run_of("grown", 0, more_adults=3)]
    table = by_flow(Results(runs), baseline="base", scenario="grown").set_index("cause")
    ends = [run.share_without_mt().iloc[-1] for run in runs]
    assert ends[1]["adults"] > ends[0]["adults"]
    assert table.loc["total", "points"] == pytest.approx(100 * (ends[1]["share"] - ends[0]["share"]))
    assert table.loc["adults", "points"] == pytest.approx(table.loc["total", "points"])
    assert (table["residents"] == 0).all()


def test_terms_by_hand() -> None:
    one = Results([RESULTS.run(name, 0) for name in ("base", "grown")])
    table = by_flow(one, baseline="base", scenario="grown").set_index("cause")
    (n0, a0), (n1, a1) = (one.run(x).share_without_mt().iloc[-1][["without_mt", "adults"]] for x in ("base", "grown"))
    assert table.loc["total", "residents"] == n1 - n0
    moved = table.loc["registered_liberal", "residents"]
    assert table.loc["registered_liberal", "points"] == pytest.approx(100 * moved * (1 / a0 + 1 / a1) / 2)
    assert table.loc["adults", "points"] == pytest.approx(100 * (n0 + n1) / 2 * (1 / a1 - 1 / a0))
    # the order does not matter: the other way round only the sign changes
    back = by_flow(one, baseline="grown", scenario="base").set_index("cause")
    np.testing.assert_allclose(back["points"], -table["points"], atol=1e-12)


def test_groups_add_up_to_all_residents() -> None:
    whole = by_flow(RESULTS, baseline="base", scenario="other").set_index("cause")["residents"]
    for by in ("zone", "age_band", "ald", "pool"):
        table = by_flow(RESULTS, baseline="base", scenario="other", by=by)
        assert table[by].nunique() > 1
        np.testing.assert_allclose(table.groupby("cause")["residents"].sum()[ROWS], whole)
    pools = by_flow(RESULTS, baseline="base", scenario="other", by="pool")
    shares = pools[pools["cause"] == "total"].set_index("pool")["points"]
    assert set(shares.index) == set(POOLS)
    total = by_flow(RESULTS, baseline="base", scenario="other").set_index("cause").loc["total", "points"]
    assert shares.sum() == pytest.approx(total)


def test_another_start_is_a_part_of_its_own() -> None:
    runs = [run_of("base", 0), replace(run_of("other", 3), replication=0)]
    table = by_flow(Results(runs), baseline="base", scenario="other").set_index("cause")
    first = [run.share_without_mt().iloc[0]["without_mt"] for run in runs]
    assert table.loc["start", "residents"] == first[1] - first[0] != 0
    assert table.loc[ROWS[:-1], "residents"].sum() == table.loc["total", "residents"]


def test_a_draw_counts_once() -> None:
    """Replications of one draw have its parameters in common: one observation."""
    runs = [
        run_of(name, r, shift, draw=d) for d in (1, 2, 3) for r in range(2) for name, shift in (("a", 0), ("b", 0.05))
    ]
    table = by_flow(Results(runs), baseline="a", scenario="b").set_index("cause")
    ends = {(run.name, run.draw, run.replication): run.share_without_mt().iloc[-1]["without_mt"] for run in runs}
    means = np.array([np.mean([ends["b", d, r] - ends["a", d, r] for r in range(2)]) for d in (1, 2, 3)])
    assert table.loc["total", "n"] == 3
    assert table.loc["total", "residents"] == pytest.approx(means.mean())
    assert table.loc["total", "half_width"] == pytest.approx(float(half_width(means)))


def test_a_group_without_adults_has_no_share() -> None:
    runs = []
    for name in ("base", "other"):
        run = run_of(name, 0)
        counts, flows = run.record.counts.copy(), Sparse()
        counts[:, :4] = 0  # no one aged 17 to 29 in the first zone
        when, key, value = run.record.flows.arrays()
        kept = key % counts.shape[1] >= 4
        for t in np.unique(when):
            flows.add(int(t), key[kept & (when == t)].astype(np.int32), value[kept & (when == t)].astype(np.int32))
        runs.append(replace(run, record=replace(run.record, counts=counts, flows=flows)))
    table = by_flow(Results(runs), baseline="base", scenario="other", by=["zone", "age_band"])
    empty = (table["zone"] == "53130") & (table["age_band"] == "17-29")
    assert empty.sum() == len(ROWS)
    assert table.loc[empty, "points"].isna().all()
    assert (table.loc[empty, "residents"] == 0).all()
    assert table.loc[~empty, "points"].notna().all()


def test_a_whole_run_adds_up(tmp_path: Path) -> None:
    """The engine's own runs, and a scenario that acts on day 0, before the first record."""
    base = hamlets(tmp_path).with_(horizon_years=2, outcomes=("share_without_mt",))
    smp = base.with_(name="with-departures", policies=(*base.policies, Departures(starts=base.start, oldest=2)))
    results = Results([simulate(s, replication=r) for s in (base, smp) for r in range(2)])
    table = by_flow(results, baseline=base.name, scenario=smp.name).set_index("cause")
    assert table.loc["start", "residents"] == 0
    assert table.loc["released_cessation", "residents"] > 50
    assert table.loc["total", "residents"] > 0
    (row,) = compare(results, baseline=base.name, outcomes="share_without_mt", dates=[base.calendar.end]).to_dict(
        "records"
    )
    assert table.loc["total", "points"] == pytest.approx(row["difference"], rel=1e-12)
    first = by_flow(results, baseline=base.name, scenario=smp.name, date=base.start).set_index("cause")["residents"]
    assert first["released_cessation"] == first["total"] > 50


def test_what_cannot_be_accounted_for() -> None:
    good = {"baseline": "base", "scenario": "other"}
    for changes, said in (
        ({"scenario": "otter"}, "'other'"),
        ({"baseline": "bass"}, "'base'"),
        ({"by": "zones"}, "'zone'"),
        ({"by": ["zone", "cause"]}, "choose among zone"),
        ({"date": "2020-06-29"}, "nearest record is that of 2020-06-30"),
        ({"date": "the end"}, "no date"),
    ):
        with pytest.raises(ResultsError, match=said):
            by_flow(RESULTS, **(good | changes))
    unpaired = Results([run_of("base", 0), run_of("other", 1)])
    with pytest.raises(ResultsError, match="same replications"):
        by_flow(unpaired, **good)
    run = run_of("other", 0)
    wrong = Results([run_of("base", 0), replace(run, record=replace(run.record, flows=Sparse()))])
    with pytest.raises(ConservationError, match="do not add up"):
        by_flow(wrong, **good)


# --- Shapley values --------------------------------------------------------------------------------------------------


@st.composite
def games(draw: st.DrawFn) -> tuple[dict[frozenset[str], np.ndarray], list[str]]:
    """Values of all subsets of up to four switches, for some replications."""
    switches = list("abcd"[: draw(st.integers(1, 4))])
    n = draw(st.integers(1, 3))
    numbers = st.lists(st.floats(-100, 100), min_size=n, max_size=n)
    subsets = [frozenset(s for i, s in enumerate(switches) if code >> i & 1) for code in range(2 ** len(switches))]
    return {s: np.array(draw(numbers)) for s in subsets}, switches


def parts(values: dict[frozenset[str], np.ndarray], switches: list[str]) -> pd.Series:
    return shapley(values, switches).set_index("switch")["value"]


@given(games())
def test_parts_add_up_in_every_replication(game: tuple[dict[frozenset[str], np.ndarray], list[str]]) -> None:
    values, switches = game
    n = len(values[frozenset()])
    for r in range(n):
        one = parts({s: v[[r]] for s, v in values.items()}, switches)
        assert one["total"] == values[frozenset(switches)][r] - values[frozenset()][r]
        assert one[switches].sum() == pytest.approx(one["total"], abs=1e-9)


@given(games())
def test_dummies_get_nothing_and_equals_the_same(game: tuple[dict[frozenset[str], np.ndarray], list[str]]) -> None:
    values, switches = game
    with_dummy = values | {s | {"dummy"}: v for s, v in values.items()}
    found = parts(with_dummy, [*switches, "dummy"])
    assert found["dummy"] == 0
    np.testing.assert_allclose(found[switches], parts(values, switches)[switches], atol=1e-9)
    # a value that depends on the number of switches alone
    by_size = {s: values[frozenset(switches[: len(s)])] for s in values}
    found = parts(by_size, switches)
    np.testing.assert_allclose(found[switches], found["total"] / len(switches), atol=1e-9)


def test_an_interaction_is_shared_equally() -> None:
    rng = np.random.default_rng(3)
    zero = rng.normal(14, 1, 8)
    retired, interns, together = rng.normal(-1.5, 0.2, 8), rng.normal(-0.2, 0.1, 8), rng.normal(-0.6, 0.1, 8)
    values = {
        frozenset[str](): zero,
        frozenset({"retired"}): zero + retired,
        frozenset({"interns"}): zero + interns,
        frozenset({"retired", "interns"}): zero + retired + interns + together,
    }
    table = shapley(values, ["retired", "interns"]).set_index("switch")
    for name, effect in (("retired", retired + together / 2), ("interns", interns + together / 2)):
        assert table.loc[name, "value"] == pytest.approx(effect.mean())
        assert table.loc[name, "half_width"] == pytest.approx(float(half_width(effect)))
        assert table.loc[name, "low"] < table.loc[name, "value"] < table.loc[name, "high"]
    assert (table["n"] == 8).all()
    # paired: the level of the replications, which varies by far more, is not in the intervals
    assert (table["half_width"] < float(half_width(zero)) / 2).all()


def test_sets_of_switches_that_are_missing_are_named() -> None:
    values = {frozenset[str](): [1.0], frozenset("a"): [2.0], frozenset("abc"): [3.0]}
    with pytest.raises(ResultsError) as raised:
        shapley(values, ["a", "b", "c"])
    assert all(s in str(raised.value) for s in ("{b}", "{c}", "{a, b}", "{a, c}", "{b, c}"))
    assert "{a}" not in str(raised.value)
    with pytest.raises(ResultsError, match="same replications"):
        shapley({frozenset(): [1.0, 2.0], frozenset("a"): [2.0]}, ["a"])
    for switches in ([], ["a", "a"]):
        with pytest.raises(ValueError, match="switches"):
            shapley({frozenset(): [1.0], frozenset("a"): [2.0]}, switches)


LAVAL = {"baseline": (), "retired-only": ("retired",), "interns-only": ("interns",), "smp": ("retired", "interns")}
SHIFTS = {"baseline": 0.0, "retired-only": 0.05, "interns-only": 0.01, "smp": 0.09}


def test_shapley_values_of_scenarios() -> None:
    results = Results([run_of(name, r, shift) for name, shift in SHIFTS.items() for r in range(4)])
    table = shapley_of(results, LAVAL, date="2020-12-31").set_index("switch")
    ends = {
        name: np.array([float(results.run(name, r).share_without_mt().iloc[-2]["share"]) for r in range(4)])
        for name in LAVAL
    }
    e0, e1, e2, e12 = (100 * ends[name] for name in LAVAL)
    assert table.loc["retired", "value"] == pytest.approx(np.mean((e1 - e0 + e12 - e2) / 2))
    assert table.loc["interns", "value"] == pytest.approx(np.mean((e2 - e0 + e12 - e1) / 2))
    found = compare(results, baseline="baseline", outcomes="share_without_mt", dates=["2020-12-31"])
    (row,) = found[found["scenario"] == "smp"].to_dict("records")
    assert table.loc["total", "value"] == pytest.approx(row["difference"])
    assert table.loc["total", "half_width"] == pytest.approx(row["half_width"])
    assert set(table["unit"]) == {"pp"}
    minutes = shapley_of(results, LAVAL, outcome="travel_minutes")
    assert set(minutes["unit"]) == {"minutes"}
    assert set(minutes["date"].dt.date.astype(str)) == {"2021-01-15"}, "the end, where no date is given"


def test_shapley_values_that_cannot_be_computed() -> None:
    results = Results([run_of(name, r, s) for name, s in SHIFTS.items() for r in range(2 + (name == "smp"))])
    for variants, changes, said in (
        ({k: v for k, v in LAVAL.items() if k != "smp"}, {}, "missing {interns, retired}"),
        (LAVAL, {}, "same replications"),
        (LAVAL | {"smp": ("retired",)}, {}, "same switches"),
        (LAVAL | {"smpp": ("x",)}, {}, "'smp'"),
        (LAVAL, {"outcome": "share_without"}, "'share_without_mt'"),
        (LAVAL, {"date": "1999-01-01"}, "nothing was recorded"),
    ):
        with pytest.raises(ResultsError, match=said):
            shapley_of(results, variants, **changes)
