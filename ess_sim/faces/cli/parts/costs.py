"""Costs of scenarios, printed and drawn."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ess_sim.analysis.accounts.public_cost import Costs, acceptability
from ess_sim.faces.cli.parts.printing import basis, print_records, without_matplotlib
from ess_sim.faces.words.speech import Speech
from ess_sim.inputs.surroundings.halo import minutes_around
from ess_sim.results.comparison.pairing import observations
from ess_sim.results.results import Results
from ess_sim.results.statistics.intervals import FEWEST

__all__ = ["draw_costs", "of_surroundings", "print_payers", "print_worth"]


def print_payers(table: pd.DataFrame, results: Results) -> None:
    """Who pays, in thousand euro, at the first discount rate."""
    rate = table["discount"].iloc[0]
    rows = table[(table["discount"] == rate) & table["measure"].isin(["level", "gross", "net"])]
    cells = {(r.scenario, r.of, r.measure): _euro(r) for r in rows.itertuples(index=False)}
    # a payer who pays nothing anywhere would fill a line with zeros
    payers = [p for p in dict.fromkeys(rows["of"]) if rows.loc[rows["of"] == p, "mean"].any() or p == "public"]
    n = basis(len(results.replications), len(results.draws))
    print(f"cost over the whole run by payer, thousand euro, discounted at {100 * rate:g} % a year, {n}\n")
    shown = [
        {
            "scenario": scenario,
            "payer": payer.replace("_", " "),
            "gross": cells[scenario, payer, "level"],
            "gross, difference": cells.get((scenario, payer, "gross"), "–"),
            "net, difference": cells.get((scenario, payer, "net"), "–"),
        }
        for scenario in dict.fromkeys(rows["scenario"])
        for payer in payers
    ]
    print_records(shown)


def print_worth(table: pd.DataFrame) -> None:
    """What was gained, for how much, and whether it is worth that."""
    shown: list[dict[str, str]] = []
    benefits: list[dict[str, str]] = []
    why: dict[str, None] = {}
    halo = bool((table["of"] == "around").any())
    groups: Any = table[table["baseline"] != ""].groupby(["scenario", "discount"], sort=False)
    for (scenario, rate), part in groups:
        by: dict[tuple[str, str], Any] = {(r.measure, r.of): r for r in part.itertuples(index=False)}
        ratio, own = by["euro_per_resident_year", ""], by.get(("euro_per_resident_year", "territory"))
        around = by.get(("gain", "around"))
        if ratio.mean != ratio.mean:
            why[f"{scenario}: {ratio.note}"] = None
        line = {
            "scenario": scenario,
            "discount": f"{100 * rate:g} %",
            "resident-years gained": _interval(by["gain", ""], ",.0f"),
            **({"of residents around": _interval(around, ",.0f") if around else "–"} if halo else {}),
            "net public cost": _euro(by["net", "public"]),
            "euro a resident-year": _interval(ratio, ",.0f", ratio.note),
            **({"of the territory's own": _interval(own, ",.0f", own.note) if own else "–"} if halo else {}),
        }
        shown.append(line)
        for measure, of in by:
            if measure == "net_benefit":
                benefits.append(
                    {
                        "scenario": scenario,
                        "discount": line["discount"],
                        "if a resident-year is worth": f"{of} €",
                        "net benefit": _euro(by[measure, of]),
                        "futures above 0": f"{100 * by['acceptable', of].mean:.0f} %",
                    }
                )
    print("resident-years with MT gained, and net public cost in thousand euro, differences from the baseline\n")
    print_records(shown)
    for text in why:
        print(text)
    if why:
        print()
    print("net benefit, thousand euro: what the resident-years gained are worth, less the net public cost\n")
    print_records(benefits)


def of_surroundings(results: Results) -> list[str]:
    """That residents around the territory are counted, where they take part in the runs."""
    around = any(minutes_around(results.about(name).scenario["territory"]) for name in results.scenarios)
    return [Speech("figures", "en").say("costs_halo")] if around else []


def _euro(row: Any) -> str:
    """A sum in thousand euro, with its interval, and on which side the truth lies where something is unknown."""
    return _interval(row._replace(mean=row.mean / 1000, low=row.low / 1000, high=row.high / 1000), ",.0f", row.note)


def _interval(row: Any, form: str, note: str = "") -> str:
    def number(x: float) -> str:
        text = format(x, form)
        return text.lstrip("-") if float(text.replace(",", "")) == 0 else text.replace("-", "−")

    if row.mean != row.mean:
        return "–"
    interval = f" [{number(row.low)}, {number(row.high)}]" if row.low == row.low and row.n >= FEWEST else ""
    return f"{note} {number(row.mean)}{interval}".strip()


def draw_costs(
    money: Costs, results: Results, compared: dict[str, str], thresholds: Sequence[float], path: Path
) -> str:
    """The figure of costs, unless there are too many scenarios for one; returns what there is to say of it."""
    try:
        from ess_sim.faces.figures.costs import plot_costs
        from ess_sim.faces.figures.share import titles_of
        from ess_sim.faces.figures.style import MOST_LINES
    except Exception as error:  # whatever a matplotlibrc or a variable of the environment makes matplotlib raise
        return without_matplotlib(error)
    if len(compared) > MOST_LINES:
        return "left out: too many scenarios for one picture (ess_sim.plot_costs draws those you choose)"
    rate = money.pairs["discount"].iloc[0]
    pairs = money.pairs[money.pairs["discount"] == rate]
    highest = 1.5 * max(*thresholds, 1.0)
    each, bounds = observations(pairs["draw"]), sorted(set(money.unknown["scenario"]))
    speech, titles = Speech("figures", "en"), titles_of(results)
    key = "costs_of_draws" if each == "draw" else "costs_of_pairs"
    points = speech.say(key, speech.number(pairs[each].nunique()))
    discount = speech.say("discounted", speech.say("percent", speech.figure(100 * rate)))
    unknown = [speech.say("costs_unknown", ", ".join(titles.get(name, name) for name in bounds))] if bounds else []
    notes = [f"{points} {discount}", *of_surroundings(results), *unknown]
    shared = set(compared.values())
    drawn = plot_costs(
        pairs,
        acceptability(pairs, [highest * k / 200 for k in range(201)]),
        path,
        baseline=shared.pop() if len(shared) == 1 else None,
        thresholds=thresholds,
        notes=notes,
        names=titles,
    )
    return str(drawn)
