"""The reduced France under the posterior that comes with the package, beside every figure it was fitted to or not.

The runs are not those of the fit: another root seed, a replication of its own for each draw and run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ess_sim.analysis.calibration.runs import TargetRuns
from ess_sim.analysis.calibration.targets import Target, read_calibration
from ess_sim.experiments.draws.posterior import Posterior
from ess_sim.experiments.engines.engine import Engine
from ess_sim.results.statistics.variance import nested_variance
from validation.findings import Finding

FILE = Path(__file__).resolve().parents[1] / "calibrations" / "national.yaml"
SEED = 2
"""The fit took 1."""
REPLICATIONS = 2
"""Of each draw."""
CENTRAL = 60
"""Replications with the catalogue's own values."""
OUTSIDE = (
    "share_without_mt",
    "share_lost",
    "share_never_declared",
    "share_without_mt_17_29",
    "share_without_mt_60_plus",
    "share_without_mt_ald",
    "refusal_rate",
    "searching_share",
    "registered_without_mt_share",
    "cessations_per_list_holder",
    "installations_per_list_holder",
)
"""The figures named for it before the first fit: each should lie in the posterior's 90 % range.

The others have bands of their own only: two are from another country, one is our own division; the growth of lists and
ALD patients at the end of 2018, though published for France, had not been named.
"""
BLUE, ORANGE, BLACK = "#0072B2", "#D55E00", "#000000"


def check(out: Path, *, jobs: int) -> list[Finding]:
    """Findings of part ``national``; writes ``national_targets.csv`` and ``national_targets.png``."""
    calibration = replace(read_calibration(FILE), seed=SEED)
    simulate = TargetRuns(calibration, Engine("processes", jobs))
    draws = Posterior.read("national").draws
    predicted = simulate(draws, _numbers(len(draws)))
    own: Sequence[Mapping[str, float]] = [{}] * (CENTRAL // REPLICATIONS)
    central = simulate(own, _numbers(len(own)))
    names = _names(calibration.targets)
    table = pd.DataFrame(
        [
            _row(n, t, predicted[:, :, k], central[:, :, k])
            for k, (n, t) in enumerate(zip(names, calibration.targets, strict=True))
        ]
    )
    table.to_csv(out / "national_targets.csv", index=False)
    _picture(table).savefig(out / "national_targets.png", dpi=150)
    return _findings(table.to_dict("records"), len(draws))


def _names(targets: Sequence[Target]) -> list[str]:
    """Outcomes; those that have an earlier place in the list, with their year."""
    seen: set[str] = set()
    names = []
    for t in targets:
        names.append(f"{t.outcome}_{t.date.year}" if t.outcome in seen else t.outcome)
        seen.add(t.outcome)
    return names


def _findings(rows: Sequence[Mapping[Any, Any]], draws: int) -> list[Finding]:
    note = f"posterior: {draws} draws × {REPLICATIONS} replications; 90 % range of the expectation"
    outside = [r["name"] for r in rows if r["name"] in OUTSIDE and not r["low"] <= r["observed"] <= r["high"]]
    return [
        *(
            Finding(f"national/{r['name']}", 100 * r["mean"], 100 * r["low"], 100 * r["high"], _note(r, note))
            for r in rows
        ),
        *(
            Finding(
                f"national/catalogue_{r['name']}",
                100 * r["central"],
                100 * (r["central"] - r["central_half"]),
                100 * (r["central"] + r["central_half"]),
                f"catalogue's values, {CENTRAL} replications; 95 % interval of the mean",
            )
            for r in rows
        ),
        Finding("national/outside", float(len(outside)), note=f"{', '.join(outside) or 'none'}; {note}"),
    ]


def _note(row: Mapping[Any, Any], note: str) -> str:
    return note if row["fitted"] else f"held out; {note}"


def _ninety(predicted: NDArray[np.float64], between: float) -> tuple[float, float]:
    """90 % range of the expectation: quantiles of the draws' means, drawn together as in `nested_variance`."""
    of_draws = predicted.mean(axis=1)
    mean, spread = float(of_draws.mean()), float(of_draws.std(ddof=1))
    about = (of_draws - mean) * (between**0.5 / spread if spread else 0.0)
    low, high = np.quantile(mean + about, [0.05, 0.95])
    return float(low), float(high)


def _numbers(points: int) -> NDArray[np.int64]:
    """Replications of points that share none."""
    return np.arange(points * REPLICATIONS).reshape(points, REPLICATIONS)


def _row(name: str, target: Target, predicted: NDArray[np.float64], central: NDArray[np.float64]) -> dict[str, object]:
    found = nested_variance(predicted)
    low, high = _ninety(predicted, found.between)
    return {
        "name": name,
        "outcome": target.outcome,
        "date": target.date,
        "fitted": not target.held_out,
        "observed": target.value,
        "sd": target.spread,
        "mean": found.mean,
        "low": low,
        "high": high,
        "future_low": found.both[0],
        "future_high": found.both[1],
        "central": float(central.mean()),
        "central_half": 2.0 * float(central.std(ddof=1)) / central.size**0.5,
    }


def _picture(table: pd.DataFrame) -> Figure:
    """Each figure as observed, in its standard deviations, and what the model gives."""
    figure = Figure(figsize=(9, 0.55 * len(table) + 1.6), layout="constrained")
    axes = figure.subplots()
    places = np.arange(len(table))[::-1]
    observed, sd = table["observed"].to_numpy(), table["sd"].to_numpy()

    def scaled(column: str) -> NDArray[np.float64]:
        out: NDArray[np.float64] = (table[column].to_numpy() - observed) / sd
        return out

    axes.axvspan(-1.96, 1.96, color="0.9", label="observed, 95 %")
    axes.axvline(0, color=BLACK, linewidth=0.8)
    axes.hlines(places, scaled("low"), scaled("high"), color=BLUE, linewidth=3)
    axes.plot(scaled("mean"), places, "o", color=BLUE, label="posterior: expectation, 90 % range")
    axes.plot(scaled("central"), places, "D", color=ORANGE, label="catalogue's values")
    words = [
        f"{o.replace('_', ' ').replace(' mt', ' MT')}, {d}{'' if fitted else ' (held out)'}"
        for o, d, fitted in zip(table["outcome"], table["date"], table["fitted"], strict=True)
    ]
    axes.set_yticks(places, words)
    axes.set_xlabel("distance from the observed figure, in its standard deviations")
    figure.suptitle("National calibration: what was observed, and what the model gives")
    figure.legend(loc="outside lower center", ncols=3, fontsize="small")
    return figure
