"""Every département for five years from the bundled data alone, and which of them stand apart from the others."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ess_sim import Scenario, Territory, run_experiment
from ess_sim.faces.reports import markdown
from ess_sim.inputs.catalogue.bundled import departements
from ess_sim.model.run.situation import situation_of
from validation.findings import Finding

START, YEARS, REPLICATIONS = date(2024, 1, 1), 5, 2
OUTCOMES = ("share_without_mt", "refusal_rate", "share_listed_far", "travel_minutes")
APART = 3.5
"""A département stands apart in a figure where it lies so many robust standard deviations from the median of all."""

FIGURES = {
    "share_65": "residents aged 65 or over, %",
    "residents_per_gp": "residents per list-holding GP",
    "minutes_to_gp": "minutes to the nearest GP, mean over adults",
    "adults_beyond_15": "adults more than 15 minutes from any GP, %",
    "share_after": "adults without MT after five years, %",
    "change": "change in five years, points",
    "refusal_after": "mystery calls refused after five years, %",
    "far_after": "MT far away or outside after five years, %",
}
BLUE, ORANGE = "#0072B2", "#D55E00"


def check(out: Path, *, jobs: int) -> list[Finding]:
    """Findings of part ``departements``; writes ``departements.csv``, ``.md`` and ``.png``."""
    table = pd.DataFrame(list(_rows(out, jobs)))
    table["apart"] = [", ".join(names) for names in _apart(table)]
    table.to_csv(out / "departements.csv", index=False, float_format="%.2f")
    (out / "departements.md").write_text(markdown_of(table), encoding="utf-8")
    picture(table).savefig(out / "departements.png", dpi=150)
    weight = table["adults"] / table["adults"].sum()
    note = f"{len(table)} départements, {YEARS} years from {START}, {REPLICATIONS} replications each"
    return [
        Finding("departements/run", float(len(table)), note=note),
        Finding("departements/gps", float(table["gps"].sum()), note="bundled data, 1 January 2024"),
        Finding("departements/residents", float(table["residents"].sum()), note="bundled data, 1 January 2024"),
        Finding("departements/share_after", float((weight * table["share_after"]).sum()), note=note),
        Finding("departements/refusal_after", float((weight * table["refusal_after"]).sum()), note=note),
    ]


def scenario_of(code: str) -> Scenario:
    """A département as the bundled data give it, with nothing else stated."""
    return Scenario(
        name=f"departement-{code}",
        start=START,
        horizon_years=YEARS,
        territory={"departement": code},
        outcomes=OUTCOMES,
    )


def _rows(out: Path, jobs: int) -> Iterator[dict[str, object]]:
    names: dict[str, str] = dict(departements()[["code", "name"]].itertuples(index=False))
    scenarios = {code: scenario_of(code) for code in names}
    results = run_experiment(
        list(scenarios.values()), replications=REPLICATIONS, seed=1, jobs=jobs, out=out / "departements"
    )
    found = results.outcomes(OUTCOMES)
    last = found.groupby("scenario", observed=True)["date"].transform("max")
    after = found[found["date"] == last].groupby(["scenario", "outcome"], observed=True)["value"].mean()
    for code, scenario in scenarios.items():
        territory = Territory.from_departement(code, year=START.year)
        start = situation_of(scenario, territory)
        zones, residents = start.zones, int(territory.population.sum())
        near = zones["minutes_to_gp"].clip(upper=start.cutoff_minutes)
        share = float(after[scenario.name, "share_without_mt"])
        yield {
            "code": code,
            "name": names[code],
            "residents": residents,
            "adults": start.adults,
            "gps": start.gps,
            "share_65": 100 * start.share_of_residents(65),
            "residents_per_gp": residents / max(1, start.gps),
            "minutes_to_gp": float(np.average(near, weights=zones["adults"])),
            "adults_beyond_15": 100 * start.share_beyond(15.0),
            "share_after": 100 * share,
            "change": 100 * (share - start.share_without_mt),
            "refusal_after": 100 * float(after[scenario.name, "refusal_rate"]),
            "far_after": 100 * float(after[scenario.name, "share_listed_far"]),
        }


def _apart(table: pd.DataFrame) -> list[list[str]]:
    """The figures in which each département stands apart: far from the median, in median absolute deviations."""
    found: list[list[str]] = [[] for _ in range(len(table))]
    for figure in FIGURES:
        values = table[figure].to_numpy()
        middle = np.median(values)
        spread = 1.4826 * np.median(np.abs(values - middle))
        for row in np.flatnonzero(np.abs(values - middle) > APART * spread):
            found[row].append(figure)
    return found


def markdown_of(table: pd.DataFrame) -> str:
    """The table of the page on territories."""
    head: tuple[str, ...] = ("", "Département", "Residents", "65+", "GPs", "Residents a GP", "Minutes", "Beyond 15 min")
    head = (*head, "Without MT", "Refused", "MT far", "Stands apart in")
    rows = [
        (
            str(r["code"]),
            str(r["name"]),
            f"{r['residents']:,}",
            f"{r['share_65']:.1f} %",
            f"{r['gps']:,}",
            f"{r['residents_per_gp']:,.0f}",
            f"{r['minutes_to_gp']:.1f}",
            f"{r['adults_beyond_15']:.1f} %",
            f"{r['share_after']:.1f} %",
            f"{r['refusal_after']:.0f} %",
            f"{r['far_after']:.1f} %",
            str(r["apart"]).replace("_", " "),
        )
        for r in table.to_dict("records")
    ]
    return "\n".join([*markdown.table(head, rows), ""])


def picture(table: pd.DataFrame) -> Figure:
    """A dot a département in every figure; those that stand apart by their code."""
    figure = Figure(figsize=(11, 8), layout="constrained")
    for axes, (name, words) in zip(figure.subplots(4, 2).ravel(), FIGURES.items(), strict=True):
        values = table[name].to_numpy()
        apart = np.array([name in row.split(", ") for row in table["apart"]])
        height = np.random.default_rng(1).uniform(-0.3, 0.3, len(values))  # only so that dots do not hide each other
        axes.plot(values[~apart], height[~apart], "o", color=BLUE, alpha=0.5, markersize=4)
        axes.plot(values[apart], height[apart], "o", color=ORANGE, markersize=4)
        for value, y, code in zip(values[apart], height[apart], table["code"][apart], strict=True):
            axes.annotate(code, (value, y), (3, 2), textcoords="offset points", fontsize=7)
        axes.axvline(float(np.median(values)), color="black", linewidth=0.8)
        axes.set(yticks=[], ylim=(-0.6, 0.6))
        axes.set_title(words, fontsize=9, loc="left")
    figure.suptitle(f"The 101 départements from the bundled data, {START.year} and {YEARS} years on; line: median")
    return figure
