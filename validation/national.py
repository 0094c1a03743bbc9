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
AT_CATALOGUE = ("share_lost", "share_never_declared", "share_without_mt", "refusal_rate")
BLUE, ORANGE, BLACK = "#0072B2", "#D55E00", "#000000"


def check(out: Path, *, jobs: int) -> list[Finding]:
    """Findings of part ``national``; writes ``national_targets.csv`` and ``national_targets.png``."""
    calibration = replace(read_calibration(FILE), seed=SEED)
    simulate = TargetRuns(calibration, Engine("processes", jobs))
    draws = Posterior.read("national").draws
    predicted = simulate(draws, _numbers(len(draws)))
    own: Sequence[Mapping[str, float]] = [{}] * (CENTRAL // REPLICATIONS)
    central = simulate(own, _numbers(len(own)))
    table = pd.DataFrame([_row(t, predicted[:, :, k], central[:, :, k]) for k, t in enumerate(calibration.targets)])
    table.to_csv(out / "national_targets.csv", index=False)
    _picture(table).savefig(out / "national_targets.png", dpi=150)
    rows = table.to_dict("records")
    note = f"posterior: {len(draws)} draws × {REPLICATIONS} replications; 95 % range of the expectation"
    return [
        *(
            Finding(f"national/{r['outcome']}", 100 * r["mean"], 100 * r["low"], 100 * r["high"], _note(r, note))
            for r in rows
        ),
        *(
            Finding(
                f"national/catalogue_{r['outcome']}",
                100 * r["central"],
                100 * (r["central"] - r["central_half"]),
                100 * (r["central"] + r["central_half"]),
                f"catalogue's values, {CENTRAL} replications; 95 % interval of the mean",
            )
            for r in rows
            if r["outcome"] in AT_CATALOGUE
        ),
    ]


def _note(row: Mapping[Any, Any], note: str) -> str:
    return note if row["fitted"] else f"held out; {note}"


def _numbers(points: int) -> NDArray[np.int64]:
    """Replications of points that share none."""
    return np.arange(points * REPLICATIONS).reshape(points, REPLICATIONS)


def _row(target: Target, predicted: NDArray[np.float64], central: NDArray[np.float64]) -> dict[str, object]:
    found = nested_variance(predicted)
    return {
        "outcome": target.outcome,
        "date": target.date,
        "fitted": not target.held_out,
        "observed": target.value,
        "sd": target.spread,
        "mean": found.mean,
        "low": found.not_knowing[0],
        "high": found.not_knowing[1],
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
    axes.plot(scaled("mean"), places, "o", color=BLUE, label="posterior: expectation, 95 % range")
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
