from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from records import ZONES, make_record, make_run, make_scenario

from ess_sim import atomic
from ess_sim.errors import ResultsError
from ess_sim.results.storage import digest
from ess_sim.results.storage.files import parquet
from ess_sim.results.tables import checking, distributions, frames, names, schema
from ess_sim.results.tables.record import Record, Sparse

ORIGIN = frames.Origin("base", 0, 3, make_scenario().start, ZONES)
RECORD = make_record(make_scenario())
RECORDED = [table for table in schema.SCHEMAS if table != "outcomes"]  # those are made of other tables


@pytest.mark.parametrize("table", RECORDED)
def test_columns_and_types_are_those_of_the_schema(table):
    frame = frames.build(table, RECORD, ORIGIN)
    assert list(frame.columns) == schema.describe_table(table)["column"].tolist()
    pd.testing.assert_frame_equal(checking.conform(frame, table, zones=ZONES), frame)
    for column in schema.SCHEMAS[table]:
        if column.dtype == "category":
            known = list(frame[column.name].cat.categories)
            assert known == sorted(known) or known == list(column.categories or ())
        elif column.dtype == "date":
            assert frame[column.name].dtype == "datetime64[s]"
        elif column.dtype != "text":
            assert frame[column.name].dtype == column.dtype


@pytest.mark.parametrize("table", RECORDED)
def test_parquet_gives_the_same_frame_back(table, tmp_path):
    frame = frames.build(table, RECORD, ORIGIN)
    atomic.write_atomically(tmp_path / "t.parquet", parquet.encode_table(frame))
    back = checking.conform(parquet.read_table(tmp_path / "t.parquet"), table, zones=ZONES)
    pd.testing.assert_frame_equal(back, frame)
    assert digest.table_digest(back) == digest.table_digest(frame)


@pytest.mark.parametrize("table", RECORDED)
def test_a_run_in_which_nothing_happened(table):
    quiet = Record(
        days=RECORD.days[:1],
        counts=RECORD.counts[:1] * 0,
        flows=Sparse(),
        calls=Sparse(),
        spells=RECORD.spells * 0,
        providers=[np.zeros((0, 5))],
        owners=[],
        owner_zone=[],
        owner_centre=[],
        facts=[],
        entries=[],
        stints=[],
    )
    frame = frames.build(table, quiet, ORIGIN)
    assert list(frame.columns) == [c.name for c in schema.SCHEMAS[table]]
    checking.conform(frame, table, zones=ZONES)


def test_snapshots_hold_every_cell_and_add_up():
    frame = frames.build("snapshots", RECORD, ORIGIN)
    keys = ["date", "zone", "age_band", "ald", "precarious"]
    assert len(frame) == len(RECORD.days) * len(ZONES) * 5 * 4
    assert not frame.duplicated(keys).any()
    without = frame["seeking"] + frame["discouraged"] + frame["not_seeking"]
    assert (frame["adults"] == frame["listed"] + without).all()
    assert (frame["lost"] + frame["never_declared"] == without).all()
    # a cell by hand: zone 1, band 2, ALD, not precarious
    row = frame.set_index(keys).loc[(pd.Timestamp("2020-01-31"), ZONES[1], "45-59", True, False)]
    assert row["listed"] == RECORD.counts[1, ((1 * 5 + 2) * 2 + 1) * 2, 0]
    assert row["minutes"] == RECORD.counts[1, ((1 * 5 + 2) * 2 + 1) * 2, 8] / 10


def test_flows_explain_every_change_of_every_cell_and_pool():
    run = make_run()
    keys = ["zone", "age_band", "ald", "precarious"]
    for pool in names.POOLS:
        wide = run.snapshots.pivot(index="date", columns=keys, values=pool)
        flows = run.flows[run.flows["pool"] == pool].pivot_table(
            index="date", columns=keys, values="count", aggfunc="sum", observed=False
        )
        flows = flows.reindex(index=wide.index[1:], columns=wide.columns).fillna(0)
        np.testing.assert_array_equal(wide.diff().iloc[1:].to_numpy(), flows.to_numpy())


def test_sparse_keys_are_read_as_they_are_written():
    record = make_record(make_scenario())
    record.calls = Sparse()
    n = len(ZONES) * 20
    cell = ((1 * 5 + 4) * 2 + 0) * 2 + 1
    key = (names.CALL_OUTCOMES.index("financial") * 3 + names.CALLERS.index("far")) * n + cell
    record.calls.add(2, np.array([key, key + 1]), np.array([7, 0]))
    (row,) = frames.build("calls", record, ORIGIN).to_dict("records")
    assert (row["zone"], row["age_band"], row["ald"], row["precarious"]) == (ZONES[1], "75+", False, True)
    assert (row["caller"], row["outcome"], row["count"]) == ("far", "financial", 7)
    assert row["date"] == pd.Timestamp("2020-02-29")


def test_distributions_are_read_as_they_are_written():
    record = make_record(make_scenario())
    record.distributions = Sparse()
    record.distributions.add(2, np.array([distributions.N_BINS + 120, 3]), np.array([7, 5]))
    frame = frames.build("distributions", record, ORIGIN)
    assert frame["date"].unique().tolist() == [pd.Timestamp("2020-02-29")]
    assert frame[["zone", "quantity", "value", "residents"]].values.tolist() == [
        [ZONES[0], "minutes", 3, 5],
        [ZONES[1], "minutes", 120, 7],
    ]


def test_bins_are_numbered_without_gaps_and_read_back():
    known = distributions.DISTRIBUTIONS
    parts = [(z, q, v) for z in range(3) for q, what in enumerate(known.values()) for v in range(what.bins)]
    assert np.array_equal(np.array(distributions.unpack(np.arange(3 * distributions.N_BINS))).T, parts)


def test_missing_values():
    facts = frames.build("facts", RECORD, ORIGIN)
    assert facts["zone"].isna().tolist() == [False, False, True]
    assert facts["residents"].isna().tolist() == [True, False, True]
    careers = frames.build("careers", RECORD, ORIGIN)
    assert careers["to"].isna().tolist() == [False, True, True]
    assert careers["from"].iloc[2] == pd.Timestamp("2020-05-01")


def test_faulty_frames_are_refused():
    frame = frames.build("spells", RECORD, ORIGIN)
    with pytest.raises(ResultsError, match="no months; unknown month"):
        checking.conform(frame.rename(columns={"months": "month"}), "spells")
    with pytest.raises(ResultsError, match="unknown values: gone"):
        checking.conform(frame.assign(pool="gone"), "spells")
    with pytest.raises(ResultsError, match="did you mean 'flows'"):
        schema.describe_table("flow")
    flows = frames.build("flows", RECORD, ORIGIN)
    with pytest.raises(ResultsError, match="unknown values: 53130"):
        checking.conform(flows, "flows", zones=["53201"])
    with pytest.raises(ResultsError, match="'count' is not int32"):
        checking.conform(flows.assign(count="many"), "flows", zones=ZONES)


def test_concat_unites_categories():
    other = frames.build("spells", RECORD, ORIGIN._replace(scenario="another", replication=0))
    both = checking.concat([frames.build("spells", RECORD, ORIGIN), other], "spells")
    assert list(both["scenario"].cat.categories) == ["another", "base"]
    assert both["scenario"].iloc[0] == "base"
    assert both["scenario"].iloc[-1] == "another"
    assert list(both["pool"].cat.categories) == list(names.POOLS)
