"""What is published of the SMP beside what the runs say of it, with and without news of openings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ess_sim.experiments.batches.library import signed
from ess_sim.faces.reports.markdown import table
from ess_sim.faces.reports.stress_batch import counted
from ess_sim.results.statistics.intervals import FEWEST
from validation import laval
from validation.results_page.runs import SMP, Measured, Sizes

REFUSED_2019 = 44.0
"""Practices that refused a mystery call in June 2019, % (UFC-Que Choisir; grade B)."""


def beside_published(m: Measured, sizes: Sizes) -> Iterator[str]:
    """The section; years that the runs do not reach have no numbers."""
    adults = laval.ADULTS * laval.LIST_2020
    rows = [
        (
            "adults on the SMP's list, mid-2020",
            f"{adults:,.0f}: {laval.LIST_2020:,.0f} declared patients (press, C), if a fifth are children",
            *_held_against(_of(m.history, "list", 2020), adults),
        ),
        (
            "consultations at the SMP, 2019",
            f"{laval.CONSULTATIONS_2019:,.0f} (press, C)",
            *_held_against(_of(m.history, "consultations", 2019), laval.CONSULTATIONS_2019),
        ),
        (
            "practices that refuse a mystery call, June 2019, baseline, %",
            f"{REFUSED_2019:.0f} in France (UFC-Que Choisir, B)",
            *_held_against(100 * m.refusals["value"].to_numpy(float), REFUSED_2019),
        ),
    ]
    yield "## Beside published figures"
    yield ""
    head = ("", "published", f"mean [5 %, 95 %] of {counted(sizes.replications, 'run')}", "runs below the published")
    yield from table(head, rows)
    yield ""
    yield (
        "Nothing is fitted to the SMP itself: the rate at which residents learn of an opening comes from a centre "
        "in the Creuse ([model](model.md), 2.7). What is not known adds to these ranges ([validation](validation.md))."
    )
    listed = _of(m.unheard, "list", 2020)
    holds = f"its list holds {listed.mean():,.0f} adults in mid-2020, and " if len(listed) else ""
    effects = [
        f"{_effect(row)} after {counted(m.dates[row['date']], 'year')}"
        for row in m.unheard_compared[m.unheard_compared["scenario"].str.startswith(SMP)].to_dict("records")
    ]
    yield (
        f"Without that news (`opening_news_rate_per_year: 0`, {counted(sizes.without_news, 'replication')}) "
        f"{holds}the SMP changes the share, in points, by {', '.join(effects)}."
    )
    yield ""


def _effect(row: Mapping[Any, Any]) -> str:
    return signed(row["difference"], row["low"], row["high"], interval=row["n"] >= FEWEST).strip("()")


def _of(history: pd.DataFrame, what: str, year: int) -> NDArray[np.float64]:
    return history.loc[history["year"] == year, what].dropna().to_numpy(dtype=float)


def _held_against(values: NDArray[np.float64], published: float) -> tuple[str, str]:
    """Mean and range of the runs, and how many of them lie below what is published."""
    if not len(values):
        return "–", "–"
    low, high = laval.quantiles(values, [0.05, 0.95])
    return f"{values.mean():,.0f} [{low:,.0f}, {high:,.0f}]", f"{100 * laval.below(values, published):.0f} %"
