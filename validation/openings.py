"""Openings of centres of rotating doctors: how fast their lists filled, where the model had not seen it.

The rate at which residents hear of a new list was taken from Ajain. Charenton-du-Cher and Reuilly were used for
nothing: each future of theirs draws, as Laval's do, every parameter that is not an official figure, and has random
numbers of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ess_sim import Scenario, Territory, read_scenario, run_experiment
from ess_sim.inputs.scenario.blocks import GpBlock, WithoutMtBlock
from ess_sim.inputs.scenario.scenario import ResidentsStart, Supply
from ess_sim.inputs.scenario.territory_spec import TerritorySpec
from ess_sim.inputs.territory.roads.crow_fly import CrowFly
from ess_sim.model.policies.rotating_doctors import RotatingDoctors
from ess_sim.results.run import RunTables
from validation.findings import Finding
from validation.laval import ADULTS, BLUE, GREY, ORANGE, below, drawn_futures, quantiles

AJAIN = Path(__file__).resolve().parents[1] / "scenarios" / "creuse" / "rotating_doctors.yaml"
REPLICATIONS, FUTURES = 40, 120
ADULTS_RANGE = (0.75, 0.85)
"""Part of adults among declared patients that is thought possible, around `ADULTS` (assumption)."""
FARTHEST_MINUTES = 40.0
"""Farthest commune of a territory made here: beyond the farthest that anybody calls (30), so that its border is far."""
GPS_PER_RESIDENT = 56e-5
"""ARS, 2022, after RCF: 56 GPs for 100,000 residents of the Cher (grade C); assumed next door, too (grade D)."""
WITHOUT_MT, NEVER_DECLARED = 0.20, 0.052
"""CPAM of the Cher, after Le Berry républicain of 26 November 2024: a fifth of the insured (grade C); those who never
declared an MT as in France, June 2021 (Cnam; grade D here)."""
FRANCE, FRANCE_NEVER_DECLARED = 0.11, 0.473
"""Without MT in France, June 2021, and part of them who never declared one (Cnam)."""
CENTRAL, CENTRAL_SILENT = "catalogue", "catalogue, no news"
FUTURE, FUTURE_SILENT, FUTURE_NATIONAL = "futures", "futures, no news", "futures, 11 % without MT"
"""Bases of a prediction."""


@dataclass(frozen=True)
class Opening:
    """A centre, its scenario, and its published patients of all ages by date."""

    place: str
    zone: str
    opened: date
    scenario: Scenario
    published: dict[date, int]

    def finding(self, day: date) -> str:
        """Id of what is found for a day."""
        return f"openings/{self.place.split('-')[0].lower()}_{day:%Y_%m}"


def check(out: Path, *, jobs: int) -> list[Finding]:
    """Findings of part ``openings``; writes ``openings_lists.csv`` (adults by basis and day) and ``openings.png``."""
    findings, tables = [], []
    used, *held_out = openings()
    for opening in (used, *held_out):
        lists = predict(opening, jobs, used=opening is used)
        judged = _ratio if opening is used else _quantile
        findings += [judged(opening, day, lists) for day in opening.published]
        tables.append(_quantiles(lists).assign(place=opening.place))
    table = pd.concat(tables, ignore_index=True)
    table.to_csv(out / "openings_lists.csv", index=False)
    _picture([used, *held_out], table).savefig(out / "openings.png", dpi=150)
    return findings


def openings() -> list[Opening]:
    """Ajain, which the rate of news was taken from, then those that were held out."""
    ajain = Opening(
        "Ajain",
        "23002",
        date(2022, 10, 31),
        read_scenario(AJAIN).with_(horizon_years=2),
        {date(2023, 2, 28): 500, date(2023, 3, 31): 750, date(2023, 6, 19): 900, date(2023, 9, 15): 1100},
    )
    charenton = _held_out(
        "Charenton-du-Cher",
        "18052",
        ("03", "18", "58"),
        date(2024, 2, 6),
        {date(2024, 12, 9): 1280, date(2025, 6, 2): 1300},
    )
    reuilly = _held_out(
        "Reuilly",
        "36171",
        ("18", "36", "41"),
        date(2024, 12, 9),
        {date(2025, 4, 17): 900, date(2025, 12, 9): 1200},
    )
    return [ajain, charenton, reuilly]


def _held_out(
    place: str, zone: str, departements: tuple[str, ...], opened: date, published: dict[date, int]
) -> Opening:
    """An opening among the communes around it, of its own and neighbouring départements."""
    communes = around(zone, departements)
    gps = round(GPS_PER_RESIDENT * int(Territory.from_communes(communes, year=2024).population.sum()))
    scenario = Scenario(
        name=place.lower(),
        start=date(2024, 1, 1),
        horizon_years=2,
        territory=TerritorySpec(communes=tuple(communes)),
        supply=Supply(
            list_holding_gps=(
                GpBlock(zones=(zone,), count=0, source=f"no GP was left in {place} (press, 2024)", grade="C"),
                GpBlock(zones="remainder", count=gps, source="Cher: ARS, 2022, after RCF", grade="D"),
            )
        ),
        residents=_without_mt(WITHOUT_MT, NEVER_DECLARED / WITHOUT_MT, "Cher: CPAM, November 2024"),
        policies=(RotatingDoctors(opens=opened, zone=zone, lines=1),),
    )
    return Opening(place, zone, opened, scenario, published)


def around(zone: str, departements: tuple[str, ...], minutes: float = FARTHEST_MINUTES) -> list[str]:
    """Communes of these départements within some crow-fly minutes of a zone."""
    frame = pd.concat([Territory.from_departement(d).to_frame() for d in departements], ignore_index=True)
    here = frame[frame["zone"] == zone].iloc[0]
    # flat, which errs by less than 0.1 % over such distances
    east = (frame["longitude"] - here["longitude"]) * np.cos(np.radians(here["latitude"]))
    km = 111.2 * np.hypot(east, frame["latitude"] - here["latitude"])
    fly = CrowFly()
    pace = (fly.paces(frame["departement"].tolist()) + fly.paces([here["departement"]])) / 2
    return sorted(frame.loc[fly.minutes_at(km.to_numpy(), pace) <= minutes, "zone"])


def _without_mt(share: float, never_declared_part: float, source: str) -> ResidentsStart:
    """The same share without MT everywhere."""
    block = WithoutMtBlock(
        zones="remainder", share=share, never_declared_part=never_declared_part, source=source, grade="D"
    )
    return ResidentsStart(without_mt=(block,))


def predict(opening: Opening, jobs: int, *, used: bool) -> pd.DataFrame:
    """Adults on the list: ``basis``, ``day`` (since the opening), ``list``, one row a run and day.

    An opening that was held out is predicted without news, and with the national share without MT, too.
    """
    scenario, futures = opening.scenario, drawn_futures(FUTURES)
    bases: list[tuple[str, Scenario, int, list[Mapping[str, float]] | None]] = [
        (CENTRAL, scenario, REPLICATIONS, None),
        (CENTRAL_SILENT, scenario.with_parameters(opening_news_rate_per_year=0.0), REPLICATIONS, None),
        (FUTURE, scenario, 1, futures),
    ]
    if not used:
        national = _without_mt(FRANCE, FRANCE_NEVER_DECLARED, "France, June 2021: Cnam")
        bases += [
            (FUTURE_SILENT, scenario, 1, [{**draw, "opening_news_rate_per_year": 0.0} for draw in futures]),
            (FUTURE_NATIONAL, scenario.with_(residents=national), 1, futures),
        ]
    of: Callable[[RunTables], pd.DataFrame] = partial(adults_listed, opening)
    return pd.concat(
        [
            run_experiment([s], replications=n, seed=1, draws=draws, jobs=jobs).each(of).assign(basis=basis)
            for basis, s, n, draws in bases
        ],
        ignore_index=True,
    )


def adults_listed(opening: Opening, run: RunTables) -> pd.DataFrame:
    """Adults on the centre's list of one run, on record days from the opening on and on the published days."""
    providers = run.table("providers")
    here = providers[providers["provider"] == f"rotating-{opening.zone}"].set_index("date")["list"]
    opened, dates = pd.Timestamp(opening.opened), providers["date"].unique()
    # from an empty list on the opening day; a centre that has closed has none
    recorded = here.reindex(pd.DatetimeIndex([opened, *dates[dates > opened]]), fill_value=0.0)
    days = (pd.DatetimeIndex(recorded.index) - opened).days.to_numpy()
    wanted = np.union1d(days, [(day - opening.opened).days for day in opening.published])
    return pd.DataFrame({"day": wanted, "list": np.interp(wanted, days, recorded.to_numpy(dtype=np.float64))})


def _values(lists: pd.DataFrame, basis: str, opening: Opening, day: date) -> NDArray[np.float64]:
    """One value a run."""
    rows = (lists["basis"] == basis) & (lists["day"] == (day - opening.opened).days)
    return lists.loc[rows, "list"].to_numpy(dtype=np.float64)


def _ratio(opening: Opening, day: date, lists: pd.DataFrame) -> Finding:
    """The mean at the catalogue's values over the published figure."""
    adults = ADULTS * opening.published[day]
    x, silent, futures = (_values(lists, basis, opening, day) for basis in (CENTRAL, CENTRAL_SILENT, FUTURE))
    half = 1.96 * x.std(ddof=1) / np.sqrt(len(x))
    low, high = (x.mean() - half) / adults, (x.mean() + half) / adults
    note = f"mean of {len(x)} runs {x.mean():,.0f} of {adults:,.0f} adults; {silent.mean():,.0f} without news"
    note += f"; quantile {below(futures, adults):.2f} of {len(futures)} futures"
    return Finding(opening.finding(day), float(x.mean() / adults), float(low), float(high), note)


def _quantile(opening: Opening, day: date, lists: pd.DataFrame) -> Finding:
    """The published figure's quantile among the futures."""
    published = opening.published[day]
    adults = ADULTS * published
    x, silent, national = (_values(lists, basis, opening, day) for basis in (FUTURE, FUTURE_SILENT, FUTURE_NATIONAL))
    central, central_silent = (_values(lists, basis, opening, day).mean() for basis in (CENTRAL, CENTRAL_SILENT))
    low, middle, high = quantiles(x, [0.025, 0.5, 0.975])
    few, many = (below(x, part * published) for part in ADULTS_RANGE)
    note = f"{adults:,.0f} adults; median {middle:,.0f}, 95 % {low:,.0f} to {high:,.0f} of {len(x)} futures; quantile "
    note += f"{few:.2f} to {many:.2f} with {ADULTS_RANGE[0]} to {ADULTS_RANGE[1]} adults, {below(silent, adults):.2f} "
    note += f"without news (median {np.median(silent):,.0f}), {below(national, adults):.2f} with 11 % without MT "
    note += f"({np.median(national):,.0f}); catalogue {central:,.0f}, without news {central_silent:,.0f}"
    return Finding(opening.finding(day), below(x, adults), note=note)


def _quantiles(lists: pd.DataFrame) -> pd.DataFrame:
    """Mean and quantiles over runs, by basis and day."""
    names, levels = ["q025", "q25", "q50", "q75", "q975"], [0.025, 0.25, 0.5, 0.75, 0.975]
    return pd.DataFrame(
        [
            {"basis": basis, "day": day, **dict(zip(names, quantiles(x, levels), strict=True)), "mean": x.mean()}
            for (basis, day), part in lists.groupby(["basis", "day"], sort=False)
            for x in [part["list"].to_numpy(dtype=np.float64)]
        ]
    )


def _picture(shown: list[Opening], table: pd.DataFrame) -> Figure:
    """A panel a centre: what is predicted by months since the opening, and what was published."""
    figure = Figure(figsize=(12, 4.6), layout="constrained")
    panels = figure.subplots(1, len(shown), sharey=True)
    for axes, opening in zip(panels, shown, strict=True):
        _panel(axes, opening, table[table["place"] == opening.place])
    panels[0].set(ylabel="adults on the centre's list", ylim=(0, None))
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=5, frameon=False)
    figure.suptitle("Lists of new centres: the rate of news was taken from Ajain, the other two were held out")
    return figure


def _panel(axes: Axes, opening: Opening, table: pd.DataFrame) -> None:
    """One centre."""
    month = 365.25 / 12
    last = max((day - opening.opened).days for day in opening.published) / month + 1
    fan = table[table["basis"] == FUTURE]
    months = fan["day"] / month
    axes.fill_between(months, fan["q025"], fan["q975"], color=BLUE, alpha=0.15, lw=0, label="95 % of futures")
    axes.fill_between(months, fan["q25"], fan["q75"], color=BLUE, alpha=0.35, lw=0, label="half of futures")
    for basis, style, label in (
        (CENTRAL, "-", "mean at the catalogue's values"),
        (CENTRAL_SILENT, "--", "the same without news"),
    ):
        mean = table[table["basis"] == basis]
        axes.plot(mean["day"] / month, mean["mean"], color=GREY, ls=style, label=label)
    patients = np.array(list(opening.published.values()), dtype=np.float64)
    few, many = ADULTS_RANGE
    axes.errorbar(
        [(day - opening.opened).days / month for day in opening.published],
        ADULTS * patients,
        yerr=[(ADULTS - few) * patients, (many - ADULTS) * patients],
        fmt="D",
        color=ORANGE,
        capsize=4,
        label=f"published, {100 * few:.0f} to {100 * many:.0f} % of them adults",
    )
    axes.set(title=opening.place, xlabel="months since the opening", xlim=(0, last), xticks=range(0, int(last) + 1, 2))
    axes.spines[["top", "right"]].set_visible(False)
