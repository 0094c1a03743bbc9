"""Laval's Service médical de proximité, 2017–2026: what is published, what is predicted.

Nothing is fitted to its list or its consultations; ``retired_from_beyond_ratio`` was set by the number of its doctors.

The predictive distribution carries chance and not knowing: each future draws what the national calibration left open
from its posterior and every other parameter that is not an official figure from its range, and is run once, with
random numbers of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import StrMethodFormatter
from numpy.typing import NDArray

from ess_sim import read_scenario, run_experiment
from ess_sim.experiments.draws.designs import draw_parameters
from ess_sim.experiments.draws.posterior import Posterior
from ess_sim.experiments.experiment import Progress
from ess_sim.results.indicators.supply import start_balance
from ess_sim.results.run import RunTables
from validation.findings import Finding

SCENARIOS = Path(__file__).resolve().parents[1] / "scenarios" / "laval"
CITY = "53130"
CENTRE = f"smp-{CITY}"
YEARS = range(2017, 2027)
FUTURES = 200
LIST_2020, CONSULTATIONS_2019 = 3400.0, 14880.0
"""Published: declared patients in mid-2020, consultations in 2019 (Essentiel Santé Magazine 2020; grade C)."""
ADULTS = 0.8
"""Part of a GP's declared patients who are 17 or older (assumption, as in the parameter ``centre_list_per_fte``)."""
FULL = 0.95
"""A list is called saturated from the first record at which it holds this part of its target."""
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#666666"


def check(out: Path, *, jobs: int) -> list[Finding]:
    """Findings of part ``laval``; writes ``laval_smp.csv`` (quantiles by year) and ``laval_smp.png``."""
    smp = read_scenario(SCENARIOS / "smp.yaml").with_(horizon_years=10)
    central = run_experiment([smp], replications=40, seed=1, jobs=jobs).each(smp_by_year)
    futures = run_experiment([smp], replications=1, seed=1, draws=drawn_futures(FUTURES), jobs=jobs).each(smp_by_year)
    table = pd.concat(
        [_quantiles(central).assign(basis="chance only"), _quantiles(futures).assign(basis="chance and not knowing")]
    )
    table.to_csv(out / "laval_smp.csv", index=False)
    _picture(table).savefig(out / "laval_smp.png", dpi=150)
    return [
        _place("laval/declared_2020", futures, "list", 2020, LIST_2020),
        _place("laval/adults_2020", futures, "list", 2020, ADULTS * LIST_2020),
        _place("laval/consultations_2019", futures, "consultations", 2019, CONSULTATIONS_2019),
        *_balance(jobs),
    ]


def drawn_futures(n: int) -> list[Mapping[str, float]]:
    """Parameter values of ``n`` futures: posterior rows (in turn) over prior draws of all else."""
    posterior = Posterior.read("national").draws
    prior = draw_parameters(n, seed=1)
    return [dict(row) | dict(posterior[i % len(posterior)]) for i, row in enumerate(prior)]


def smp_by_year(run: RunTables) -> pd.DataFrame:
    """List and target on 30 June, consultations of the year, and whether the list is full, by year."""
    providers = run.table("providers")
    here = providers[providers["provider"] == CENTRE]
    june = here[(here["date"].dt.month == 6) & (here["date"].dt.day == 30)]
    june = june.set_index(june["date"].dt.year)
    facts = run.table("facts")
    booked = facts[(facts["event"] == "consultations") & (facts["actor"] == CENTRE)]
    consultations = pd.Series(booked["value"].to_numpy(), index=booked["detail"].astype(int))
    full = here[here["list"] >= FULL * here["target"]]
    first = full["date"].min()
    return pd.DataFrame(
        {
            "year": list(YEARS),
            "list": june["list"].reindex(YEARS).to_numpy(dtype=float),
            "target": june["target"].reindex(YEARS).to_numpy(dtype=float),
            "consultations": consultations.reindex(YEARS).to_numpy(dtype=float),
            "full_by": [float(pd.notna(first) and first.year <= year) for year in YEARS],
        }
    )


def _quantiles(history: pd.DataFrame) -> pd.DataFrame:
    """Mean and quantiles over futures, by year and quantity."""
    rows = []
    for (year, what), values in history.melt(
        ["year"], ["list", "target", "consultations", "full_by"], var_name="what"
    ).groupby(["year", "what"])["value"]:
        x = values.dropna().to_numpy()
        if len(x):
            levels = quantiles(x, [0.025, 0.05, 0.25, 0.5, 0.75, 0.95, 0.975])
            names = ("q025", "q05", "q25", "q50", "q75", "q95", "q975")
            rows.append({"year": year, "what": what, "mean": x.mean(), **dict(zip(names, levels, strict=True))})
    return pd.DataFrame(rows)


def _values(history: pd.DataFrame, what: str, year: int) -> NDArray[np.float64]:
    return history.loc[history["year"] == year, what].dropna().to_numpy(dtype=float)


def quantiles(x: NDArray[np.float64], levels: Sequence[float]) -> NDArray[np.float64]:
    """Between which one more future falls with the probability between their levels: of n, the k-th is k / (n + 1)."""
    out: NDArray[np.float64] = np.quantile(x, levels, method="weibull")
    return out


def below(x: NDArray[np.float64], value: float) -> float:
    """Part of the futures below a value; those that equal it count half."""
    return float((x < value).mean() + (x == value).mean() / 2)


def _place(finding: str, futures: pd.DataFrame, what: str, year: int, published: float) -> Finding:
    """The published value's quantile in the predictive distribution."""
    x = _values(futures, what, year)
    low, middle, high = quantiles(x, [0.025, 0.5, 0.975])
    note = f"{what} {year}: median {middle:,.0f}, 95 % {low:,.0f} to {high:,.0f}; {len(x)} futures"
    if what == "list":
        note += f"; full by {year} in {_values(futures, 'full_by', year).mean():.0%}, by 2026 in "
        note += f"{_values(futures, 'full_by', 2026).mean():.0%}"
    return Finding(finding, below(x, published), note=note)


def balance(replications: int, jobs: int, progress: Progress | None = None) -> pd.DataFrame:
    """What moved the share in the first twelve months, a row a run and place (`start_balance`)."""
    baseline = read_scenario(SCENARIOS / "baseline.yaml").with_(horizon_years=1)
    results = run_experiment([baseline], replications=replications, seed=1, jobs=jobs, progress=progress)

    def of(run: RunTables) -> pd.DataFrame:
        snapshots = run.table("snapshots")
        places = {"city": [CITY], "rest": [zone for zone in snapshots["zone"].unique() if zone != CITY]}
        return start_balance(snapshots, run.table("flows"), places)

    return results.each(of)


def _balance(jobs: int) -> list[Finding]:
    """What the first twelve months change beyond releases and registrations."""
    beyond = balance(40, jobs).groupby("group", observed=True)["beyond_supply"]
    return [
        Finding(f"laval/balance_{place}", float(mean), mean - 1.96 * sem, mean + 1.96 * sem, "40 replications")
        for place, mean, sem in zip(beyond.mean().index, beyond.mean(), beyond.sem(), strict=True)
    ]


def _picture(table: pd.DataFrame) -> Figure:
    """Fan of what is predicted, by year, with what was published."""
    figure = Figure(figsize=(11, 5.2), layout="constrained")
    for axes, what, published, title in (
        (figure.add_subplot(1, 2, 1), "list", (2020, LIST_2020), "Residents aged 17+ on the SMP's list, 30 June"),
        (figure.add_subplot(1, 2, 2), "consultations", (2019, CONSULTATIONS_2019), "Consultations of the year"),
    ):
        part = table[(table["what"] == what) & (table["basis"] == "chance and not knowing")]
        axes.fill_between(
            part["year"], part["q025"], part["q975"], color=BLUE, alpha=0.15, lw=0, label="95 % of futures"
        )
        axes.fill_between(part["year"], part["q25"], part["q75"], color=BLUE, alpha=0.35, lw=0, label="half of futures")
        axes.plot(part["year"], part["q50"], color=BLUE, label="median")
        known = table[(table["what"] == what) & (table["basis"] == "chance only")]
        axes.plot(known["year"], known["mean"], color=GREY, ls="--", label="mean at the catalogue's values")
        axes.plot(*published, "D", color=ORANGE, ms=9, label="published")
        if what == "list":
            axes.plot(published[0], ADULTS * published[1], "D", mfc="none", color=ORANGE, ms=9, label="its adults")
        axes.annotate(f"{published[1]:,.0f}", published, xytext=(8, 4), textcoords="offset points", color=ORANGE)
        axes.set(title=title, xlabel="year", ylim=(0, None), xticks=list(YEARS))
        axes.tick_params(axis="x", rotation=45)
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
        axes.spines[["top", "right"]].set_visible(False)
    figure.legend(*figure.axes[0].get_legend_handles_labels(), frameon=False, loc="outside lower center", ncols=3)
    figure.suptitle("Laval's SMP: published figures and what the model predicts, nothing fitted to them")
    return figure
