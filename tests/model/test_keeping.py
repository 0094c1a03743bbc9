"""A run that keeps few tables has the same numbers as one that keeps all, and says what it has not."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import pytest
from frames import same_frames
from pairs import hamlet

from ess_sim.errors import ArgumentError, NotKeptError
from ess_sim.experiments.experiment import run_experiment
from ess_sim.model.run import recorder
from ess_sim.model.run.simulation import simulate
from ess_sim.results.run import Run
from ess_sim.results.tables import schema, totals

SCENARIO = hamlet(horizon_years=3)
YEARLY = ["2020-01-01", "2020-12-31", "2021-12-31", "2023-01-01"]


@pytest.fixture(scope="module")
def whole() -> Run:
    return simulate(SCENARIO, seed=3)


@pytest.fixture(params=[1, 30_000, 1 << 21], ids=["one by one", "some", "all"])
def at_once(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """How many counts are written in full at once."""
    monkeypatch.setattr(recorder, "_AT_ONCE", request.param)
    return request.param


@pytest.mark.parametrize(
    ("keep", "snapshots"),
    [
        ("facts,accounts", None),
        ("snapshots,flows,providers", "yearly"),
        (None, "none"),
        ("calls,snapshots,spells", None),
    ],
)
def test_what_is_kept_is_the_same(
    whole: Run, at_once: int, keep: str | None, snapshots: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = simulate(SCENARIO, seed=3, keep=keep, snapshots=snapshots)
    monkeypatch.setattr(totals, "_AT_ONCE", at_once)
    same_frames(run.totals(), whole.totals())
    assert "outcomes" in run.keep.tables
    for table in run.keep.tables:
        expected = whole.table(table)
        if table == "snapshots" and snapshots == "yearly":
            expected = expected[expected["date"].isin(pd.to_datetime(YEARLY))].reset_index(drop=True)
        same_frames(run.table(table), expected)


def test_what_is_not_kept_takes_no_memory_and_is_refused(whole: Run) -> None:
    run = simulate(SCENARIO, seed=3, keep="outcomes")
    held = run.record
    assert held.counts.size == 0
    assert not any(len(some) for some in (held.flows.key, held.calls.key, held.distributions.key, held.providers))
    assert not any((held.facts, held.entries, held.stints))
    for table in set(schema.SCHEMAS) - {"outcomes"}:
        with pytest.raises(NotKeptError, match=f"not kept of this run: the table {table}; .*in keep"):
            run.table(table)
    for ask in (lambda: run.snapshots, run.share_without_mt, lambda: run.flows):
        with pytest.raises(NotKeptError, match="not kept of this run"):
            ask()
    assert (run.record.events, run.assumed, run.grade_d) == (whole.record.events, whole.assumed, whole.grade_d)


def test_yearly_snapshots_are_those_near_the_anniversaries(whole: Run) -> None:
    run = simulate(SCENARIO, seed=3, snapshots="yearly")
    assert run.snapshots["date"].unique().astype(str).tolist() == YEARLY
    assert len(run.record.counts) == len(YEARLY)
    shares = whole.share_without_mt("zone")
    kept = shares["date"].isin(pd.to_datetime(YEARLY))
    same_frames(run.share_without_mt("zone"), shares[kept].reset_index(drop=True))


def test_results_in_memory_keep_what_is_asked_for() -> None:
    few = run_experiment(SCENARIO, replications=1, seed=3, keep="facts")
    assert few.run("hamlet").record.counts.size == 0
    same_frames(few.outcomes(), run_experiment(SCENARIO, replications=1, seed=3).outcomes())
    with pytest.raises(NotKeptError, match="the table snapshots"):
        few.by_group(["share_without_mt"], ["zone"])


def test_what_is_no_table_is_refused_before_anything_runs() -> None:
    with pytest.raises(ArgumentError, match="did you mean 'flows'"):
        simulate(SCENARIO, keep="flow")
