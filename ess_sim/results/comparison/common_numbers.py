"""Scenarios that share their random numbers are alike until a policy acts: checked."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from ess_sim.arguments import checked
from ess_sim.errors import ResultsError
from ess_sim.results.comparison.pairing import ByObservation, Outcomes, Paired, baselines, check_territories
from ess_sim.results.storage.keys import About

__all__ = ["check_before_acts", "first_act", "first_difference"]


def first_act(a: About, b: About) -> date | None:
    """First day on which two scenarios may differ: that of the first policy that only one of them has.

    The start, where they differ in anything else; None where they say the same.
    """
    if _but_policies(a) != _but_policies(b):
        return min(date.fromisoformat(x.scenario["start"]) for x in (a, b))

    def dated(x: About) -> Counter[tuple[str, str]]:
        blocks = (json.dumps(block, sort_keys=True) for block in x.scenario["policies"])
        return Counter(zip(blocks, x.acts_from, strict=True))

    only = (dated(a) - dated(b)) + (dated(b) - dated(a))
    return min((date.fromisoformat(day) for _, day in only), default=None)


def _but_policies(x: About) -> dict[str, Any]:
    without_effect = {"name", "title", "description", "sources", "outcomes", "policies"}
    return {key: value for key, value in x.scenario.items() if key not in without_effect}


def _too_early(scenario: str, baseline: str, found: Any, act: date | None) -> ResultsError:
    allowed = f"no policy distinguishes them before {act}" if act else "no policy distinguishes them at all"
    return ResultsError(
        f"{scenario!r} and {baseline!r} differ on {found}, although {allowed}: their random numbers are not common, or "
        "a policy draws from a stream that is not its own"
    )


def check_before_acts(
    results: Outcomes,
    values: ByObservation,
    baseline: str,
    scenario: str,
    outcomes: Sequence[str],
    dates: Sequence[pd.Timestamp],
) -> None:
    """At each compared date before any policy acts, the two must be the same to the last bit."""
    act = first_act(results.about(baseline), results.about(scenario))
    for outcome in outcomes:
        a, b = values.of(baseline, outcome), values.of(scenario, outcome)
        for day, x, y in zip(dates, a, b, strict=True):
            if (act is None or day.date() < act) and not np.array_equal(x, y, equal_nan=True):
                raise _too_early(scenario, baseline, day.date(), act)


@checked
def first_difference(results: Paired, *, baseline: str) -> pd.DataFrame:
    """First date at which a scenario differs from the baseline, in any replication: in facts, flows or outcomes.

    Facts are dated to the day; flows and outcomes are recorded at the end of each month.

    Returns
    -------
    pandas.DataFrame
        ``scenario``, ``date`` (NaT where nothing differs), ``acts_from`` (first day on which a policy distinguishes
        them; the start where they differ in more than policies; NaT where they say the same).

    Raises
    ------
    ResultsError
        For an unknown baseline, replications that are not the same, or a difference before any policy acts: then the
        scenarios do not share their random numbers, and no pair of theirs means anything.
    """
    found = []
    compared = baselines(results.scenarios, baseline)
    check_territories(results, compared)
    for scenario in compared:
        day = min((d for a, b in results.pairs(baseline, scenario) for d in _first_days(a, b)), default=None)
        act = first_act(results.about(baseline), results.about(scenario))
        if day is not None and (act is None or day.date() < act):
            raise _too_early(scenario, baseline, day.date(), act)
        found.append((scenario, day, act))
    return pd.DataFrame(found, columns=["scenario", "date", "acts_from"]).astype(
        {"date": "datetime64[s]", "acts_from": "datetime64[s]"}
    )


def _first_days(a: Any, b: Any) -> Iterator[pd.Timestamp]:
    """First day on which two runs differ, by table."""
    for table in ("facts", "flows", "outcomes"):
        own = ["scenario", "draw", "replication"]
        x, y = (run.table(table).drop(columns=own).astype({"date": "datetime64[s]"}) for run in (a, b))
        x, y = (frame.astype(dict.fromkeys(frame.select_dtypes("category"), str)) for frame in (x, y))
        columns = list(x.columns)
        both = x.value_counts(dropna=False).sub(y.value_counts(dropna=False), fill_value=0)
        odd = both.index[both.to_numpy() != 0]
        if len(odd):
            yield min(odd.get_level_values(columns.index("date")))
