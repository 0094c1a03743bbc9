from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import ZONES, make_run

from ess_sim.errors import ResultsError
from ess_sim.inputs.scenario.outcomes import FAIRNESS, OUTCOMES
from ess_sim.results.indicators import between_zones, calls, groups, outcomes, quantiles, shares, supply
from ess_sim.results.tables import frames
from ess_sim.results.tables.distributions import N_BINS
from ess_sim.results.tables.names import CALL_OUTCOMES, CALLERS, COUNTS
from ess_sim.results.tables.record import Totals
from ess_sim.results.tables.totals import totals_of

RUN = make_run()


def test_share_by_hand():
    table = shares.share_without_mt(RUN.snapshots)
    counts = RUN.record.counts.astype(int)
    without, adults = counts[:, :, 5:7].sum(axis=(1, 2)), counts[:, :, [0, 2, 3, 4]].sum(axis=(1, 2))
    np.testing.assert_array_equal(table["without_mt"], without)
    np.testing.assert_array_equal(table["adults"], adults)
    np.testing.assert_allclose(table["share"], without / adults)
    np.testing.assert_allclose(table["lost_share"] + table["never_declared_share"], table["share"])


@pytest.mark.parametrize("by", ["zone", ["age_band", "ald"], ["zone", "age_band", "ald", "precarious"], "date", []])
def test_groups_add_up_to_the_total(by):
    total = shares.share_without_mt(RUN.snapshots)
    split = shares.share_without_mt(RUN.snapshots, by)
    sums = split.groupby("date")[["adults", "without_mt"]].sum().reset_index()
    pd.testing.assert_frame_equal(sums, total[["date", "adults", "without_mt"]])


def test_unknown_group():
    with pytest.raises(ResultsError, match=r"'zones' \(did you mean 'zone'\?\)"):
        shares.share_without_mt(RUN.snapshots, "zones")


def test_empty_groups_have_no_share():
    snapshots = RUN.snapshots.copy()
    counts = snapshots.columns[snapshots.columns.get_loc("adults") :]
    snapshots.loc[snapshots["zone"] == ZONES[0], counts] = 0
    table = shares.share_without_mt(snapshots, "zone").set_index("zone")
    assert table.loc[ZONES[0], "share"].isna().all()
    assert table.loc[ZONES[1], "share"].notna().all()


def outcomes_of(run):
    series = outcomes.outcome_series(totals_of(run.record), frames.dates(run.scenario.start, run.record.days))
    return series.pivot(index="date", columns="outcome", values="value")


def outcomes_with(adults, without, dates=("2020-01-15",), calls=()):
    """Outcomes where so many adults, and so many of them without MT, are in each zone, and no practice anywhere."""
    days, n = pd.DatetimeIndex(dates), len(dates)
    groups = np.zeros((n, 2, 2, len(COUNTS)), dtype=np.int64)
    groups[:, 0, 0, [COUNTS.index("listed"), COUNTS.index("seeking")]] = sum(adults) - sum(without), sum(without)
    groups[:, 0, 0, COUNTS.index("never_declared")] = sum(without)
    made = np.zeros((n, len(CALL_OUTCOMES), len(CALLERS)), dtype=np.int64)
    for call in calls:
        made[days.get_loc(call.date), CALL_OUTCOMES.index(call.outcome), CALLERS.index(call.caller)] += call.count
    by_zone = (np.tile(np.array(numbers, dtype=np.int32), (n, 1)) for numbers in (adults, without))
    none = np.zeros(n, dtype=np.int64)
    spread = np.zeros((n, N_BINS), dtype=np.int64)
    totals = Totals(groups, groups.sum(axis=(1, 2)).astype(float), *by_zone, made, spread, none, none.astype(float))
    series = outcomes.outcome_series(totals, days.to_numpy().astype("datetime64[s]"))
    return series.pivot(index="date", columns="outcome", values="value")


def test_outcomes_are_those_that_a_scenario_may_declare():
    assert set(outcomes.SERIES) == set(OUTCOMES) > set(groups.BY_GROUP)
    table = outcomes_of(RUN)
    assert list(table.columns) == list(OUTCOMES)
    # on day 0 no resident has called yet
    assert table.columns[table.iloc[0].isna()].tolist() == [c for c in OUTCOMES if c.startswith("barrier")]
    assert table.iloc[1:].notna().all().all()
    assert table["refusal_rate"].iloc[0] == pytest.approx(1 - (0.4 + 0.0) / 2)
    assert table["refusal_rate"].iloc[-1] == 1.0
    assert table["travel_minutes"].to_numpy() == pytest.approx(7.5)
    assert table["median_minutes"].to_numpy() == pytest.approx(8.0)  # all of them in one whole minute
    assert table["list_holders"].iloc[[0, -1]].tolist() == [2, 1]
    ald = shares.share_without_mt(RUN.snapshots, "ald")
    np.testing.assert_allclose(table["share_without_mt_ald"], ald.loc[ald["ald"], "share"])


def test_every_outcome_is_declared_whole():
    for name, outcome in OUTCOMES.items():
        assert outcome.name == name
        assert outcome.about
        assert outcome.about_fr != outcome.about
        assert outcome.lower_is_better == (outcome.better == "lower")
        stated = outcome.scale, outcome.unit_of_level, outcome.unit_of_difference
        assert stated == ((100.0, "%", "pp") if outcome.unit == "share" else (1.0, outcome.unit, outcome.unit))
    assert {name for name, o in OUTCOMES.items() if not o.lower_is_better} == {"list_holders"}
    others = {name: o.unit for name, o in OUTCOMES.items() if o.unit != "share"}
    assert others == {"travel_minutes": "minutes", "median_minutes": "minutes", "list_holders": "GPs"}
    assert dict(FAIRNESS) == {name: o.short for name, o in OUTCOMES.items() if o.short}
    with pytest.raises(TypeError):
        OUTCOMES["mine"] = OUTCOMES["share_lost"]


def test_no_practice_refuses_nobody():
    record = replace(RUN.record, providers=[np.zeros((0, 5))] * len(RUN.record.days))
    last = outcomes_of(replace(RUN, record=record)).iloc[-1]
    assert last["list_holders"] == 0
    assert np.isnan(last["refusal_rate"])


def test_list_sizes():
    first = supply.list_sizes(RUN.providers).set_index(["date", "kind"]).loc[(pd.Timestamp("2020-01-15"), "liberal")]
    assert (first["providers"], first["mean"], first["median"], first["above_target"]) == (2, 1050, 1050, 0.5)


def test_supply_counts_a_stint_until_the_day_before_its_end():
    end = RUN.careers["to"].iloc[0]
    table = supply.gp_supply(RUN.careers, [end - pd.Timedelta(days=1), end])
    old = table[table["age_band"] == "65+"]
    assert old["date"].tolist() == [end - pd.Timedelta(days=1)]
    assert table.loc[table["mode"] == "intern", "age_band"].unique().tolist() == ["under 40"]
    assert table.groupby("date")["fte"].sum().tolist() == pytest.approx([2.8, 1.8])
    assert supply.gp_supply(RUN.careers, []).empty


def test_failed_calls():
    table = calls.failed_calls(RUN.calls, "zone")
    assert set(table["reason"]) == {"closed", "suppressed"}
    registered = -RUN.flows.loc[RUN.flows["cause"] == "registered_liberal", "count"].sum()
    assert table.loc[table["reason"] == "closed", "calls"].sum() == 2 * registered


def test_months_without_mt():
    spells = RUN.spells[RUN.spells["count"] > 0].iloc[:0]
    assert supply.months_without_mt(spells).empty
    spells = RUN.spells.assign(count=0)
    spells.loc[(spells["pool"] == "lost") & spells["months"].isin([3, 20]), "count"] = [3, 1]
    table = supply.months_without_mt(spells).set_index("pool")
    assert table.loc["lost"].tolist() == [4, (9 + 20) / 4, 3, 20, 0.75]
    assert table.loc["never_declared", "spells"] == 0
    assert table.loc["never_declared", ["mean", "median", "p90"]].isna().all()


def test_inequality_between_two_zones():
    last = between_zones.inequality(RUN.snapshots).iloc[-1]
    by_zone = shares.share_without_mt(RUN.snapshots, "zone").tail(2).set_index("zone")["share"]
    # each zone holds more than a tenth of the adults: the deciles are the zones' shares
    assert last["worst_decile"] == pytest.approx(by_zone.max())
    assert last["best_decile"] == pytest.approx(by_zone.min())
    assert last["worst_zone"] == by_zone.idxmax()
    assert last["gap"] == pytest.approx(by_zone.max() - by_zone.min())


@given(
    st.lists(st.integers(0, 40), min_size=1, max_size=60),
    st.sampled_from([0.1, 0.5, 0.9]),
    st.sampled_from([-0.5, 0.0]),
)
def test_a_quantile_lies_in_the_bin_of_that_of_the_values(values, part, lowest):
    """The smallest value that so many residents do not exceed, but for its place within the bin."""
    counts = np.bincount(values, minlength=50).astype(float)
    found = float(quantiles.quantile(counts, part, lowest))
    exact = float(np.quantile(values, part, method="inverted_cdf"))
    assert max(0.0, exact + lowest) <= found <= exact + lowest + 1
    doubled = quantiles.quantile(np.stack([counts, 2 * counts]), part, lowest)
    np.testing.assert_allclose(doubled, found)  # a mere number of residents changes nothing


def test_a_quantile_beyond_the_last_bin_is_where_that_begins():
    assert quantiles.quantile(np.array([[1.0, 0, 9], [9, 0, 1]]), 0.5, -0.5) == pytest.approx([1.5, 0.5 * 5 / 9])


# --- fairness --------------------------------------------------------------------------------------------------------


def test_the_gap_is_that_between_precarious_residents_and_the_others():
    table = outcomes_of(RUN)
    groups = shares.share_without_mt(RUN.snapshots, "precarious").pivot(
        index="date", columns="precarious", values="share"
    )
    np.testing.assert_allclose(table["gap_precarious"], groups[True] - groups[False])
    np.testing.assert_allclose(table["share_without_mt_precarious"], groups[True])


def zones_with(adults, without):
    """Snapshots of one day with so many adults, and so many of them without MT, in each zone."""
    adults, without = np.asarray(adults), np.asarray(without)
    counts = dict.fromkeys(COUNTS, 0) | {"never_declared": without}
    return pd.DataFrame(
        {
            "date": pd.Timestamp("2020-01-15"),
            "zone": pd.Categorical([f"z{i:03}" for i in range(len(adults))]),
            "age_band": "17-29",
            "ald": False,
            "precarious": False,
            "adults": adults,
            **counts,
        }
    )


def by_hand(adults, without):
    """Gini index as defined: half the mean difference between the zones of two adults, over the mean."""
    adults, without = np.asarray(adults, float), np.asarray(without, float)
    some = adults > 0
    weight, share = adults[some] / adults.sum(), without[some] / adults[some]
    difference = np.abs(share[:, None] - share[None, :]) * weight[:, None] * weight[None, :]
    return difference.sum() / 2 / (weight @ share)


zones = st.lists(st.tuples(st.integers(0, 500), st.floats(0, 1)), min_size=1, max_size=30).map(
    lambda zones: [(n, int(n * share)) for n, share in zones]
)


@given(zones)
def test_gini_is_half_the_mean_difference_over_the_mean(zones):
    adults, without = map(list, zip(*zones, strict=True))
    found = between_zones.inequality(zones_with(adults, without)).iloc[0]
    if not sum(without):
        assert np.isnan(found["gini"])
        return
    assert found["gini"] == pytest.approx(by_hand(adults, without), abs=1e-9)
    assert -1e-9 <= found["gini"] < 1
    mean = sum(without) / sum(adults)
    assert found["best_decile"] - 1e-9 <= mean <= found["worst_decile"] + 1e-9


def test_worst_decile_takes_the_zone_at_the_edge_in_part():
    # a tenth of 1000 adults: 60 at 50 %, 40 of the next 200 at 20 %
    adults, without = [60, 200, 740, 0], [30, 40, 74, 0]
    found = between_zones.inequality(zones_with(adults, without)).iloc[0]
    assert found["worst_decile"] == pytest.approx((30 + 0.2 * 40) / 100)
    assert found["best_decile"] == pytest.approx(0.1)
    assert (found["worst_zone"], found["worst_share"]) == ("z000", 0.5)
    series = outcomes_with(adults, without).iloc[0]
    assert series["worst_decile_zones"] == found["worst_decile"]
    assert series["gini_zones"] == found["gini"]


def test_equal_zones_are_equal():
    found = between_zones.inequality(zones_with([100, 300], [10, 30])).iloc[0]
    assert found["gini"] == pytest.approx(0)
    assert found["gap"] == pytest.approx(0)


# --- barriers --------------------------------------------------------------------------------------------------------


def some_calls(*rows):
    columns = ["date", "zone", "caller", "outcome", "count"]
    frame = pd.DataFrame(rows, columns=columns).assign(ald=False, precarious=True, age_band="17-29")
    return frame.astype({"date": "datetime64[s]", "zone": "category", "caller": "category", "outcome": "category"})


CALLS = some_calls(
    ("2020-01-31", "a", "without_mt", "too_far", 4),
    ("2020-01-31", "b", "without_mt", "accepted", 6),
    ("2020-02-29", "a", "without_mt", "suppressed", 5),
    ("2020-02-29", "a", "far", "too_far", 99),
    ("2020-12-31", "a", "without_mt", "financial", 3),
    ("2020-12-31", "a", "without_mt", "accepted_relative", 1),
    ("2020-12-31", "b", "without_mt", "no_place", 1),
    ("2021-02-28", "b", "without_mt", "closed", 5),
)


def test_barriers_of_the_twelve_months_up_to_a_date():
    dates = pd.to_datetime(["2020-01-15", "2020-01-31", "2020-02-29", "2020-12-31", "2021-01-31", "2021-02-28"])
    found = outcomes_with([10], [1], dates, CALLS.itertuples())[
        ["barrier_physical", "barrier_financial", "barrier_psychological"]
    ]
    assert found.iloc[0].isna().all()
    expected = [[0.4, 0, 0], [4 / 15, 0, 5 / 15], [0.2, 3 / 20, 5 / 20], [0, 0.3, 0.5], [0, 0.3, 0]]
    np.testing.assert_allclose(found.iloc[1:], expected)


def test_barriers_by_group_and_time():
    whole = calls.barriers(CALLS)
    assert list(whole.columns) == ["attempts", "registered", "physical", "financial", "psychological", "no_room"]
    assert whole.iloc[0].tolist() == pytest.approx([25, 7 / 25, 4 / 25, 3 / 25, 5 / 25, 6 / 25])
    zones = calls.barriers(CALLS, "zone", since="2020-02-01", until="2020-12-31").set_index("zone")
    assert zones["attempts"].tolist() == [9, 1]
    assert zones.loc["a", "psychological"] == pytest.approx(5 / 9)
    assert zones.loc["b", "no_room"] == 1
    dated = calls.barriers(CALLS, ["date", "precarious"])
    assert dated["attempts"].tolist() == [10, 5, 5, 5]
    np.testing.assert_allclose(dated.iloc[:, 3:].sum(axis=1), 1)
    assert calls.barriers(CALLS, since="2022-01-01").empty
    with pytest.raises(ResultsError, match="did you mean 'zone'"):
        calls.barriers(CALLS, "zones")


def test_barriers_of_a_run_add_up():
    parts = calls.barriers(RUN.calls, ["zone", "age_band", "ald", "precarious"])
    whole = calls.barriers(RUN.calls).iloc[0]
    assert parts["attempts"].sum() == whole["attempts"] == RUN.calls["count"].sum()
    assert (parts["attempts"] * parts["psychological"]).sum() == pytest.approx(
        whole["attempts"] * whole["psychological"]
    )
