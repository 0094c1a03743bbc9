"""Is day 0 in balance? Every département's baseline for three years with as many GPs as on day 0.

Installations are set to the exits that the ages of the département's GPs make expected, so that what moves the share
without MT is the start itself. Registrations are included: nothing is left out of the sum.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ess_sim import Scenario, Territory, run_experiment
from ess_sim.faces.reports import markdown
from ess_sim.inputs.catalogue.bundled import departements
from ess_sim.inputs.catalogue.parameters import Parameters
from ess_sim.inputs.figures.gp_ages import AGES_OF_GPS, gp_ages
from ess_sim.model.behaviours.gps.exits import exit_hazard
from validation.findings import Finding

YEARS, REPLICATIONS = 3, 2
OUTCOMES = ("share_without_mt", "share_lost", "refusal_rate", "list_holders")
BAND = 0.5
"""A département is in balance where its share moves by so many points at most."""
FIFTH = 5


def check(out: Path, *, jobs: int) -> list[Finding]:
    """Findings of part ``balance``; writes ``balance.csv``, ``.md`` and ``.png``."""
    table = run(departements()["code"].tolist(), out, jobs)
    by_gps = table.sort_values("adults_per_gp")
    n = len(table) // FIFTH
    note = f"{len(table)} départements, {YEARS} years, {REPLICATIONS} replications each, as many GPs as on day 0"
    return [
        Finding("balance/mean", _mean(table), note=note),
        Finding("balance/few_gps", _mean(by_gps.tail(n)), note=f"{n} départements with the most adults per GP"),
        Finding("balance/many_gps", _mean(by_gps.head(n)), note=f"{n} départements with the fewest adults per GP"),
        Finding("balance/outside", float((table["beyond"] > 0).sum()), note=f"{note}; beyond the band and chance"),
    ]


def run(codes: Sequence[str], out: Path, jobs: int) -> pd.DataFrame:
    """One row a département: change in three years, its error, and what else moved; writes table and picture."""
    scenarios = {code: steady(code) for code in codes}
    found = run_experiment(
        list(scenarios.values()),
        replications=REPLICATIONS,
        jobs=jobs,
        out=out / "balance",
        progress=lambda done, of, what: print(f"balance: {done} of {of}, {what}", file=sys.stderr, flush=True),
    ).outcomes(OUTCOMES)
    names: dict[str, str] = dict(departements()[["code", "name"]].itertuples(index=False))
    rows, squares = [], []
    for code, scenario in scenarios.items():
        first, last = (
            found[(found["scenario"] == scenario.name) & (found["date"] == day)].pivot_table(
                index="replication", columns="outcome", values="value", observed=True
            )
            for day in (found["date"].min(), found["date"].max())
        )
        change = 100 * (last - first)["share_without_mt"].to_numpy()
        gps = float(first["list_holders"].mean())
        squares.append(gps * float(((change - change.mean()) ** 2).sum()) / (len(change) - 1))
        rows.append(
            {
                "code": code,
                "name": names[code],
                "gps": gps,
                "adults_per_gp": _adults(scenario) / gps,
                "share": 100 * float(first["share_without_mt"].mean()),
                "change": float(change.mean()),
                "change_lost": 100 * float((last - first)["share_lost"].mean()),
                "refusal": 100 * float(first["refusal_rate"].mean()),
                "refusal_after": 100 * float(last["refusal_rate"].mean()),
                "gps_change": 100 * float((last["list_holders"] / first["list_holders"] - 1).mean()),
            }
        )
    table = pd.DataFrame(rows)
    # chance falls as the root of the GPs: one variance for all, as few replications say little of each
    table["error"] = np.sqrt(np.mean(squares) / table["gps"] / REPLICATIONS)
    table["beyond"] = np.maximum(0.0, table["change"].abs() - BAND - 1.96 * table["error"])
    out.mkdir(parents=True, exist_ok=True)
    table.to_csv(out / "balance.csv", index=False, float_format="%.3f")
    (out / "balance.md").write_text(markdown_of(table), encoding="utf-8")
    picture(table).savefig(out / "balance.png", dpi=150)
    return table


def steady(code: str) -> Scenario:
    """A département's baseline as `Scenario.for_territory` writes it, with as many installations as exits."""
    scenario = Scenario.for_territory(code, years=YEARS)
    gps = sum(block.total for block in scenario.supply.list_holding_gps or ())
    first = {
        "per_year": round(gps * expected_exits(code, Parameters()), 3),
        "source": "as many as leave at the ages of the département's GPs",
        "grade": "D",
    }
    supply = scenario.supply.model_copy(update={"first_installations": None}).model_dump(exclude_none=True)
    return scenario.with_(supply={**supply, "first_installations": first})


def expected_exits(code: str, p: Parameters) -> float:
    """Exits a year and list-holder in the mean of the first years, each replaced by a GP of the age of entry."""
    ages = AGES_OF_GPS.tolist()
    there = dict(zip(ages, gp_ages(code).tolist(), strict=True))
    decided = []
    for _ in range(YEARS):
        leaving = {age: n * exit_hazard(p, age) for age, n in there.items()}
        decided.append(sum(leaving.values()))
        there = {age + 1: n - leaving[age] for age, n in there.items()}
        entry = round(p["entry_age_mean"])
        there[entry] = there.get(entry, 0.0) + decided[-1]
    notice = p["notice_share"] * (p["notice_months_min"] + p["notice_months_max"]) / 24
    gone: float = sum(decided) + notice * (decided[0] - decided[-1])  # announced before day 0, and not yet gone
    return gone / YEARS


def _adults(scenario: Scenario) -> float:
    code = scenario.territory.departement
    return float(Territory.from_departement(code, year=scenario.start.year).adults.sum())


def _mean(table: pd.DataFrame) -> float:
    """Mean change, weighted by adults."""
    return float(np.average(table["change"], weights=table["gps"] * table["adults_per_gp"]))


def markdown_of(table: pd.DataFrame) -> str:
    """The table of the page on départements."""
    head = (
        "",
        "Département",
        "Adults a GP",
        "Without MT",
        "after 3 years",
        "± 95 %",
        "of whom lost",
        "Refused",
        "after",
    )
    rows = [
        (
            str(r["code"]),
            str(r["name"]),
            f"{r['adults_per_gp']:,.0f}",
            f"{r['share']:.1f} %",
            f"{r['change']:+.2f}",
            f"{1.96 * r['error']:.2f}",
            f"{r['change_lost']:+.2f}",
            f"{r['refusal']:.0f} %",
            f"{r['refusal_after']:.0f} %",
        )
        for r in table.to_dict("records")
    ]
    return "\n".join([*markdown.table(head, rows), ""])


def picture(table: pd.DataFrame) -> Figure:
    """Change by adults per GP, a dot a département, with the band."""
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    axes.axhspan(-BAND, BAND, color="#0072B2", alpha=0.15, linewidth=0)
    axes.errorbar(
        table["adults_per_gp"], table["change"], 1.96 * table["error"], fmt="o", color="#0072B2", markersize=3
    )
    for _, row in table[table["beyond"] > 0].iterrows():
        axes.annotate(
            row["code"], (row["adults_per_gp"], row["change"]), (3, 2), textcoords="offset points", fontsize=7
        )
    axes.set(xscale="log", xlabel="adults per list-holding GP", ylabel="points in three years")
    axes.set_title("Change of the share without MT with as many GPs", fontsize=9, loc="left")
    return figure
