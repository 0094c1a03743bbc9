"""Mechanism by mechanism: what switching it off does to the national targets and to what Laval's SMP changes.

Each mechanism is switched off by its parameters, at the values that give the rule without it; all runs of one
replication share their random numbers, so that differences are paired. Nothing is fitted again: where a mechanism
is off, the others keep the values of the catalogue.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ess_sim import read_scenario, run_experiment
from ess_sim.analysis.calibration.runs import TargetRuns
from ess_sim.analysis.calibration.targets import Target, read_calibration
from ess_sim.experiments.engines.engine import Engine
from ess_sim.faces.reports import markdown
from ess_sim.inputs.catalogue.parameters import Parameters
from ess_sim.results.indicators.shares import share_without_mt
from ess_sim.results.run import RunTables
from ess_sim.results.statistics.intervals import half_width
from validation.findings import Finding

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "calibrations" / "national.yaml"
LAVAL = ROOT / "scenarios" / "laval"
SEED = 3
REPLICATIONS = 20
"""Of the reduced France; the standard error of a paired change of the share without MT is held to 0.1 point."""
PAIRS = 20
"""Of Laval with and without its centre."""
YEARS = (1, 5, 20)
JUNE_2021 = ("share_lost", "share_never_declared", "share_without_mt")
CENTRAL, ALL_OFF = "the catalogue's values", "all of them off"
ORANGE, GREY, BLUE = "#D55E00", "#666666", "#0072B2"


@dataclass(frozen=True)
class Mechanism:
    """A rule and the values of its parameters without it; a text stands for the value of another parameter."""

    name: str
    section: str
    off: Mapping[str, float | str]

    def values(self, p: Mapping[str, float]) -> dict[str, float]:
        """Without the rule, given the values of all parameters."""
        return {name: p[value] if isinstance(value, str) else value for name, value in self.off.items()}


MECHANISMS = (
    Mechanism("who settles is in the news", "2.7", {"settlers_announced_share": 0.0}),
    Mechanism("a successor keeps the list", "4", {"successor_handover_share": "handover_share"}),
    Mechanism("colleagues nearby take patients over", "4", {"absorption_minutes": -1.0}),
    Mechanism("full lists stretch", "4", {"stretch_per_year": 0.0}),
    Mechanism("who lost an MT soon needs one", "2.1", {"need_rate_lost_per_year": "need_rate_per_year"}),
    Mechanism("more GPs have more places", "3", {"capacity_elasticity": 1.0}),
    Mechanism("lists follow the custom in part", "3", {"custom_elasticity": 1.0}),
    Mechanism("young practices on day 0", "3", {"filling_years": 0.0}),
    Mechanism("residents of elsewhere take places", "4", {"elsewhere_follows_share": 0.0}),
    Mechanism("acceptance falls softly", "2.2", {"acceptance_sharpness": 200.0}),
    Mechanism("the listed call less", "2.1", {"far_call_rate_per_year": 0.75, "voluntary_change_rate_per_year": 0.03}),
)


def switched(mechanisms: Sequence[Mechanism], p: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """Overrides by case, all of the same parameters in the same order: none off, each off, all off."""
    off = {m.name: m.values(p) for m in mechanisms}
    together = {name: value for values in off.values() for name, value in values.items()}
    held = {name: p[name] for name in together}
    return {CENTRAL: held} | {name: held | values for name, values in off.items()} | {ALL_OFF: held | together}


def check(out: Path, *, jobs: int, replications: int = REPLICATIONS, pairs: int = PAIRS) -> list[Finding]:
    """Findings of part ``mechanisms``.

    Writes ``mechanisms_targets.csv``, ``mechanisms_laval.csv``, ``mechanisms.md`` and ``mechanisms.png``.
    """
    cases = switched(MECHANISMS, Parameters())
    targets = _targets(cases, replications, jobs)
    laval = _laval(cases, pairs, jobs)
    targets.to_csv(out / "mechanisms_targets.csv", index=False)
    laval.to_csv(out / "mechanisms_laval.csv", index=False)
    (out / "mechanisms.md").write_text(page(targets, laval), encoding="utf-8")
    picture(targets, laval).savefig(out / "mechanisms.png", dpi=150)
    shares = targets[targets["outcome"].isin(JUNE_2021) & (targets["case"] != CENTRAL)]
    total = targets[(targets["case"] == ALL_OFF) & (targets["target"] == _total(targets))].iloc[0]
    note = f"{replications} paired replications"
    return [
        Finding("mechanisms/standard_error", float(shares["se"].max()), note=note),
        Finding("mechanisms/all_off", total["change"], total["change_low"], total["change_high"], note),
    ]


def _total(targets: pd.DataFrame) -> str:
    """The first target of the share without MT."""
    return str(targets.loc[targets["outcome"] == "share_without_mt", "target"].iloc[0])


# --- runs ------------------------------------------------------------------------------------------------------------


def _targets(cases: Mapping[str, Mapping[str, float]], replications: int, jobs: int) -> pd.DataFrame:
    """One row a case and target, in percent or points."""
    calibration = replace(read_calibration(FILE), seed=SEED)
    simulate = TargetRuns(calibration, Engine("processes", jobs))
    numbers = np.tile(np.arange(replications), (len(cases), 1))
    found = 100.0 * simulate(list(cases.values()), numbers)
    return pd.DataFrame(
        [
            {"case": case, "target": t.name, "outcome": t.outcome, "date": t.date, "observed": 100 * t.value}
            | {"sd": 100 * t.spread, "fitted": not t.held_out}
            | summary(found[i, :, k], found[0, :, k])
            for i, case in enumerate(cases)
            for k, t in enumerate[Target](calibration.targets)
        ]
    )


def _laval(cases: Mapping[str, Mapping[str, float]], pairs: int, jobs: int) -> pd.DataFrame:
    """One row a case and number of years: what the SMP changes, in points of the share without MT."""
    both = [read_scenario(LAVAL / f"{name}.yaml").with_(horizon_years=max(YEARS)) for name in ("baseline", "smp")]
    rows: list[dict[str, object]] = []
    usual: dict[int, NDArray[np.float64]] = {}
    for case, values in cases.items():
        scenarios = [scenario.with_parameters(**values) for scenario in both]
        results = run_experiment(scenarios, replications=pairs, seed=SEED, jobs=jobs)
        shares = results.each(partial(_shares, YEARS)).pivot(
            index="replication", columns=["years", "scenario"], values="share"
        )
        base, smp = results.scenarios
        for years in YEARS:
            effect = (shares[years, smp] - shares[years, base]).to_numpy(dtype=float)
            usual.setdefault(years, effect)
            without = float(shares[years, base].mean())
            rows.append({"case": case, "years": years, "without_smp": without} | summary(effect, usual[years]))
    return pd.DataFrame(rows)


def _shares(years: Sequence[int], run: RunTables) -> pd.DataFrame:
    """Share without MT of all adults after so many years, in percent."""
    table = share_without_mt(run.table("snapshots"))
    first = table["date"].min()
    ends = [first + pd.Timedelta(days=round(365.25 * n)) for n in years]
    shares = [100 * float(table.loc[table["date"] <= end, "share"].iloc[-1]) for end in ends]
    return pd.DataFrame({"years": list(years), "share": shares})


def summary(values: NDArray[np.float64], usual: NDArray[np.float64]) -> dict[str, float]:
    """Mean and paired change from what is usual, with 95 % Student intervals; no change has none."""
    changes = values - usual
    half, half_of_change = float(half_width(values)), float(half_width(changes))
    mean, change = float(values.mean()), float(changes.mean())
    return {
        "mean": mean,
        "low": mean - half,
        "high": mean + half,
        "se": float(changes.std(ddof=1)) / len(values) ** 0.5,
        "change": change,
        "change_low": change - half_of_change,
        "change_high": change + half_of_change,
    }


# --- page ------------------------------------------------------------------------------------------------------------


def page(targets: pd.DataFrame, laval: pd.DataFrame) -> str:
    """The page of documentation."""
    lines = [
        "![Changes of the share without MT and of the SMP's effect, by mechanism](mechanisms.png)",
        "",
        "## How each is switched off",
        "",
        *markdown.table(
            ("mechanism", "section", "off"),
            [(m.name, m.section, ", ".join(f"`{n}` = {_said(v)}" for n, v in m.off.items())) for m in MECHANISMS],
        ),
        "",
        "## National targets",
        "",
        "In percent, of the reduced France from December 2017.",
        "The first two rows are levels, the others changes from the catalogue's values in points.",
        "",
        *_table_of_targets(targets),
        "",
        "## The SMP in Laval",
        "",
        "What the SMP changes in the share without MT of the agglomeration, in points, "
        "and how much that changes when a mechanism is off.",
        "",
        *_table_of_laval(laval),
        "",
    ]
    return "\n".join(lines)


def _words(outcome: str) -> str:
    """An outcome's name as text."""
    for code, text in (("_mt", " MT"), ("_ald", " ALD"), ("17_29", "17–29"), ("_", " ")):
        outcome = outcome.replace(code, text)
    return outcome


def _said(value: float | str) -> str:
    return f"`{value}`" if isinstance(value, str) else f"{value:g}".replace("-", "−")


def _signed(row: Mapping[Any, Any]) -> str:
    """A change and its half interval."""
    half = row["change_high"] - row["change"]
    return f"{row['change']:+.2f} ± {half:.2f}".replace("-", "−")


def _level(row: Mapping[Any, Any]) -> str:
    return f"{row['mean']:.2f} [{row['low']:.2f}, {row['high']:.2f}]".replace("-", "−")


def _unmoved(targets: pd.DataFrame) -> list[str]:
    """Targets that are the same, run by run, whatever is off."""
    moved = targets[["change", "change_low", "change_high"]].abs().max(axis=1).groupby(targets["target"]).max() > 1e-9
    return [name for name in dict.fromkeys(targets["target"]) if not moved[name]]


def _table_of_targets(targets: pd.DataFrame) -> Iterator[str]:
    unmoved = _unmoved(targets)
    if unmoved:
        yield f"No mechanism changes {', '.join(unmoved).replace('_', ' ')}."
        yield ""
    names = [name for name in dict.fromkeys(targets["target"]) if name not in unmoved]
    rows = targets.set_index(["case", "target"]).to_dict("index")
    cases = list(dict.fromkeys(targets["case"]))
    first = [rows[CENTRAL, name] for name in names]
    head = [f"{_words(r['outcome'])}, {r['date']}" for r in first]
    yield from markdown.table(
        ("", *(h if r["fitted"] else f"{h} (held out)" for h, r in zip(head, first, strict=True))),
        [
            ("published", *(f"{r['observed']:.1f} (sd {r['sd']:.1f})" for r in first)),
            (CENTRAL, *map(_level, first)),
            *((case, *(_signed(rows[case, name]) for name in names)) for case in cases if case != CENTRAL),
        ],
    )


def _table_of_laval(laval: pd.DataFrame) -> Iterator[str]:
    rows = laval.set_index(["case", "years"]).to_dict("index")
    spans = list(dict.fromkeys(laval["years"]))
    head = [text for n in spans for text in (f"after {n} year{'s' * (n > 1)}", "change", "without the SMP, %")]
    yield from markdown.table(
        ("off", *head),
        [
            (
                case if case != CENTRAL else f"none ({CENTRAL})",
                *(
                    text
                    for r in (rows[case, n] for n in spans)
                    for text in (_level(r), "" if case == CENTRAL else _signed(r), f"{r['without_smp']:.1f}")
                ),
            )
            for case in dict.fromkeys(laval["case"])
        ],
    )


def picture(targets: pd.DataFrame, laval: pd.DataFrame) -> Figure:
    """Left: change of the share without MT and its pools in June 2021. Right: the SMP's effect."""
    figure = Figure(figsize=(12, 5), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    cases = [case for case in dict.fromkeys(targets["case"]) if case != CENTRAL]
    places = np.arange(len(cases) + 1)[::-1]
    day = targets.loc[targets["target"] == _total(targets), "date"].iloc[0]
    for shift, (name, colour) in zip((0.2, 0.0, -0.2), zip(JUNE_2021, (ORANGE, GREY, BLUE), strict=True), strict=True):
        some = targets[(targets["outcome"] == name) & (targets["date"] == day)].set_index("case").loc[cases]
        errors = some["change_high"] - some["change"]
        said = _words(name.removeprefix("share_"))
        left.errorbar(some["change"], places[1:] + shift, xerr=errors, fmt="o", ms=4, lw=1, color=colour, label=said)
    left.axvline(0.0, color="black", lw=0.8)
    left.set_yticks(places, [CENTRAL, *cases])
    left.set_xlabel(f"off: change of the share of adults on {day} (points)")
    for shift, (years, colour) in zip((0.2, 0.0, -0.2), zip(YEARS, (ORANGE, GREY, BLUE), strict=True), strict=True):
        here = laval[laval["years"] == years].set_index("case").loc[[CENTRAL, *cases]]
        errors = here["high"] - here["mean"]
        said = f"after {years} year{'s' * (years > 1)}"
        right.errorbar(here["mean"], places + shift, xerr=errors, fmt="o", ms=4, lw=1, color=colour, label=said)
    right.axvline(0.0, color="black", lw=0.8)
    right.set_xlabel("what Laval's SMP changes in the share without MT (points)")
    for axes in (left, right):
        axes.legend(fontsize=8)
    figure.suptitle("Mechanisms switched off one by one, and all together; 95 % intervals")
    return figure
