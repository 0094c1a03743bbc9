from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from records import ZONES, make_run

from ess_sim import indicators
from ess_sim.errors import ResultsError
from ess_sim.scenario import OUTCOMES

RUN = make_run()


def test_share_by_hand():
    table = indicators.share_without_mt(RUN.snapshots)
    counts = RUN.record.counts.astype(int)
    without, adults = counts[:, :, 5:7].sum(axis=(1, 2)), counts[:, :, [0, 2, 3, 4]].sum(axis=(1, 2))
    np.testing.assert_array_equal(table["without_mt"], without)
    np.testing.assert_array_equal(table["adults"], adults)
    np.testing.assert_allclose(table["share"], without / adults)
    np.testing.assert_allclose(table["lost_share"] + table["never_declared_share"], table["share"])


@pytest.mark.parametrize("by", ["zone", ["age_band", "ald"], ["zone", "age_band", "ald", "precarious"], "date", []])
def test_groups_add_up_to_the_total(by):
    total = indicators.share_without_mt(RUN.snapshots)
    split = indicators.share_without_mt(RUN.snapshots, by)
    sums = split.groupby("date")[["adults", "without_mt"]].sum().reset_index()
    pd.testing.assert_frame_equal(sums, total[["date", "adults", "without_mt"]])


def test_unknown_group():
    with pytest.raises(ResultsError, match=r"'zones' \(did you mean 'zone'\?\)"):
        indicators.share_without_mt(RUN.snapshots, "zones")


def test_empty_groups_have_no_share():
    snapshots = RUN.snapshots.copy()
    counts = snapshots.columns[snapshots.columns.get_loc("adults") :]
    snapshots.loc[snapshots["zone"] == ZONES[0], counts] = 0
    table = indicators.share_without_mt(snapshots, "zone").set_index("zone")
    assert table.loc[ZONES[0], "share"].isna().all()
    assert table.loc[ZONES[1], "share"].notna().all()


def test_outcomes_are_those_that_a_scenario_may_declare():
    assert list(indicators.UNITS) == list(OUTCOMES)
    table = indicators.outcome_series(RUN.snapshots, RUN.providers).pivot(
        index="date", columns="outcome", values="value"
    )
    assert list(table.columns) == list(OUTCOMES)
    assert table.notna().all().all()
    assert table["refusal_rate"].iloc[0] == pytest.approx(1 - (0.4 + 0.0) / 2)
    assert table["refusal_rate"].iloc[-1] == 1.0
    assert table["travel_minutes"].to_numpy() == pytest.approx(7.5)
    assert table["list_holders"].iloc[[0, -1]].tolist() == [2, 1]
    ald = indicators.share_without_mt(RUN.snapshots, "ald")
    np.testing.assert_allclose(table["share_without_mt_ald"], ald.loc[ald["ald"], "share"])


def test_no_practice_refuses_nobody():
    series = indicators.outcome_series(RUN.snapshots, RUN.providers.iloc[:0])
    last = series[series["date"] == series["date"].max()].set_index("outcome")["value"]
    assert last["list_holders"] == 0
    assert np.isnan(last["refusal_rate"])


def test_list_sizes():
    first = (
        indicators.list_sizes(RUN.providers).set_index(["date", "kind"]).loc[(pd.Timestamp("2020-01-15"), "liberal")]
    )
    assert (first["providers"], first["mean"], first["median"], first["above_target"]) == (2, 1050, 1050, 0.5)


def test_supply_counts_a_stint_until_the_day_before_its_end():
    end = RUN.careers["to"].iloc[0]
    table = indicators.gp_supply(RUN.careers, [end - pd.Timedelta(days=1), end])
    old = table[table["age_band"] == "65+"]
    assert old["date"].tolist() == [end - pd.Timedelta(days=1)]
    assert table.loc[table["mode"] == "intern", "age_band"].unique().tolist() == ["under 40"]
    assert table.groupby("date")["fte"].sum().tolist() == pytest.approx([2.8, 1.8])
    assert indicators.gp_supply(RUN.careers, []).empty


def test_failed_calls():
    table = indicators.failed_calls(RUN.calls, "zone")
    assert set(table["reason"]) == {"closed", "suppressed"}
    registered = -RUN.flows.loc[RUN.flows["cause"] == "registered_liberal", "count"].sum()
    assert table.loc[table["reason"] == "closed", "calls"].sum() == 2 * registered


def test_months_without_mt():
    spells = RUN.spells[RUN.spells["count"] > 0].iloc[:0]
    assert indicators.months_without_mt(spells).empty
    spells = RUN.spells.assign(count=0)
    spells.loc[(spells["pool"] == "lost") & spells["months"].isin([3, 20]), "count"] = [3, 1]
    table = indicators.months_without_mt(spells).set_index("pool")
    assert table.loc["lost"].tolist() == [4, (9 + 20) / 4, 3, 20, 0.75]
    assert table.loc["never_declared", "spells"] == 0
    assert table.loc["never_declared", ["mean", "median", "p90"]].isna().all()


def test_inequality_between_two_zones():
    last = indicators.inequality(RUN.snapshots).iloc[-1]
    shares = indicators.share_without_mt(RUN.snapshots, "zone").tail(2).set_index("zone")["share"]
    # each zone holds more than a tenth of the adults: the deciles are the zones' shares
    assert last["worst_decile"] == pytest.approx(shares.max())
    assert last["best_decile"] == pytest.approx(shares.min())
    assert last["worst_zone"] == shares.idxmax()
    assert last["gap"] == pytest.approx(shares.max() - shares.min())
