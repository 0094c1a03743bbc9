from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from records import make_run

from ess_sim import tables
from ess_sim.errors import ResultsError
from ess_sim.results import Results, _manifest
from ess_sim.scenario import OUTCOMES


def test_a_pickled_run_takes_no_frames():
    run = make_run()
    before = len(pickle.dumps(run))
    assert not run.snapshots.empty
    sent = pickle.dumps(run)
    assert len(sent) == before
    back = pickle.loads(sent)
    assert repr(back) == repr(run) == "Run('base', seed=1, replication=0)"
    for table in tables.SCHEMAS:
        pd.testing.assert_frame_equal(getattr(back, table), getattr(run, table))


def test_tables_are_built_once():
    run = make_run()
    assert run.flows is run.flows
    assert run.table("flows") is run.flows
    with pytest.raises(ResultsError, match="did you mean 'flows'"):
        run.table("flow")
    with pytest.raises(ResultsError):
        run.table("record")


def test_grade_d_counts_only_what_was_read():
    assert make_run().grade_d == ("informed_share",)
    assert Results([make_run()]).grade_d == {"base": ("informed_share",)}


def test_many_runs():
    runs = [make_run(name, r) for r in (1, 0) for name in ("b", "a")]
    results = Results(runs)
    assert results.scenarios == ("b", "a")
    assert results.replications == (0, 1)
    assert (results.seed, results.manifest, results.declared_outcomes) == (1, None, ("share_without_mt",))
    assert results.assumed["a"] == ("the number of retired GPs",)
    shares = results.share_without_mt("zone")
    assert list(shares.columns[:4]) == ["scenario", "replication", "date", "zone"]
    one = shares[(shares["scenario"] == "a") & (shares["replication"] == 1)].reset_index(drop=True)
    pd.testing.assert_frame_equal(one.drop(columns=["scenario", "replication"]), runs[1].share_without_mt("zone"))
    outcomes = results.outcomes()
    assert set(outcomes["outcome"]) == set(OUTCOMES)
    assert len(outcomes) == 4 * len(runs[0].outcomes())
    assert len(results.snapshots) == 4 * len(runs[0].snapshots)
    assert set(results.table("spells", scenario="a")["scenario"]) == {"a"}
    assert results.run("a", 1) is runs[1]


def test_what_does_not_fit_together_is_refused():
    with pytest.raises(ResultsError, match="no run"):
        Results([])
    with pytest.raises(ResultsError, match="replication 0 of 'base' is given twice"):
        Results([make_run(), make_run()])
    with pytest.raises(ResultsError, match="two different scenarios are called 'base'"):
        Results([make_run(), make_run(replication=1, years=2)])
    other = make_run(replication=1)
    other.seed = 2
    with pytest.raises(ResultsError, match="different root seeds"):
        Results([make_run(), other])
    results = Results([make_run()])
    with pytest.raises(ResultsError, match="did you mean 'base'"):
        results.table("flows", scenario="bas")
    with pytest.raises(ResultsError, match="no replication 4"):
        results.run("base", 4)


def test_share_is_that_of_the_record():
    run = make_run()
    last = run.record.counts[-1].sum(axis=0)
    share = (last[5] + last[6]) / (last[0] + last[2] + last[3] + last[4])
    assert np.isclose(run.share_without_mt()["share"].iloc[-1], share)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "no results here"),
        ("nonsense", "not a manifest"),
        ("[]", "not a manifest of ess_sim"),
        ('{"format": "ess_sim results", "results_version": 99}', "version 99"),
    ],
)
def test_folders_without_results(tmp_path, text, message):
    if text is not None:
        (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(ResultsError, match=message):
        _manifest(tmp_path)
    with pytest.raises(ResultsError, match=message):
        Results.read(tmp_path)
