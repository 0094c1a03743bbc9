"""``docs/benchmark.md``: the league tables of a benchmark, what they rest on, and how they are read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from ess_sim.analysis.benchmark.benchmark import Benchmark
from ess_sim.analysis.benchmark.doses import MOST_COPIES
from ess_sim.analysis.benchmark.league import AFFORDABLE, OVERALL
from ess_sim.analysis.benchmark.suite import NO_REMEDY, YEARS
from ess_sim.experiments.batches.library import signed
from ess_sim.faces.reports.markdown import made_by, plain, table
from ess_sim.faces.reports.studies.league import headline_table
from ess_sim.faces.reports.studies.league_rows import (
    SURE,
    UNKNOWN,
    by_measure,
    by_territory,
    by_year,
    cost_of_one,
    first_of_each,
    single_doses,
    standard_territories,
)
from ess_sim.results.storage.keys import RESULTS_VERSION

__all__ = ["is_league_page", "league_page"]


_TITLE = "# Which policy where: the benchmark"


def is_league_page(path: Path) -> bool:
    """Whether a file is such a page, which another may replace."""
    try:
        with path.open("rb") as file:
            return file.readline(200).strip() == _TITLE.encode()
    except OSError:
        return False


def league_page(found: Benchmark, *, command: str, budget: float, picture: str = "") -> str:
    """The benchmark as a page.

    Parameters
    ----------
    found : Benchmark
    command : str
        What makes the page, to be named in it.
    budget : float
        Of a dose, € per adult-year.
    picture : str, optional
        File name of `league_figure`, beside the page.

    Returns
    -------
    str
        Markdown.
    """
    league, results = found.league, found.results
    n, keys = len(results.replications), list(dict.fromkeys(found.doses["territory"]))
    runs = n * len(results.scenarios)
    what = f"{len(results.scenarios)} scenarios, {n} replications of each ({runs:,} runs), root seed {results.seed}"
    lines = [
        _TITLE,
        "",
        *made_by(command, RESULTS_VERSION, what),
        *_how_to_read(budget),
        "## Over all territories" if OVERALL in set(league["territory"]) else "## Residents without MT",
        "",
        f"Share of residents aged 17+ without MT after {YEARS} years against the same territory without policy, in "
        "points; each territory counts the same.",
        "",
        *_of_frame(headline_table(league, found.doses)),
        "",
        *([f"![The league table in one picture]({picture})", ""] if picture else []),
    ]
    if OVERALL in set(league["territory"]):
        lines += [*_by_year(league), *_by_territory(league, keys), *_by_measure(league)]
    lines += [*_territories(keys), *_doses(found.doses), *_absent(found)]
    return "\n".join(lines).rstrip() + "\n"


def _how_to_read(budget: float) -> list[str]:
    left_out = ", ".join(f"`{kind}` ({why})" for kind, why in NO_REMEDY.items())
    return [
        "## How to read it",
        "",
        f"- **Doses**: each policy comes in its usual dose, as often as {budget:g} € a year for each adult pay for "
        f"(to the nearest whole number, at least once, at most {MOST_COPIES} times), placed where the need is "
        "greatest, then where it is greatest next. One that holds everywhere comes once, and so does one of which no "
        "cost is known, however large the territory. Each part of a pair has half of the money, and what one of them "
        "does not use the other does not get: a pair is not both policies at once. Costs are what public payers pay "
        "for policies and structures, as measured in a pilot with one copy; fees of a centre are among them, those of "
        "ordinary practices are not, even of doctors whom a policy brings (*net* counts them).",
        "- **≥**: a part of the cost is unknown, such as a centre's building, and counts as 0. *unknown*: nothing "
        "of it has a price in any source; it is not free.",
        "- **Costs are not equal**: a policy without places, such as later retirement, comes once whatever it costs, "
        "and one copy alone can be more than a small territory's budget. So the last columns say what each costs: "
        "*€* to public payers because of policies and structures, *net* with what ordinary care costs more or less. "
        "Over all territories both are means in which each counts the same, as in the effect.",
        f"- **Not ranked** (–) is a dose that costs more than {AFFORDABLE:g} budgets, and one that changes nothing in "
        "any run. Over all territories the mean cost decides, so that a dose is not ranked there if it is far too dear "
        "for the small ones: read the table by territory, too.",
        "- **Nothing but money bounds a dose**: it may ask for more contracts, interns or retired GPs than there are, "
        "and take all of them. What stays vacant does nothing. France signs some 550 CESP contracts a year, eight "
        "for a million residents: compare that with the copies below, of which each asks for one contract a year.",
        "- **Ranks overlap.** Beside each rank stands the range that the replications leave open (95 %, of each policy "
        "by itself): means are drawn as Student's t allows, in common for all policies, so that the difference of any "
        "two is as sure as in their paired test. Where ranges overlap, the table does not say which is better; *best* "
        "and *top 3* say how probable it is that a policy is there, by these runs alone.",
        "- `p (Holm)` adjusts for all policies of one territory, measure and year. The page holds many such tables, "
        "and if no policy did anything, one in twenty would have a false alarm: read a single bold figure among many "
        "with that in mind. It says nothing of an effect's size. The first of a territory was chosen among many, so "
        "that its effect is flattered.",
        "- **Intervals cover chance only**, never what is not known of behaviour: with `--draws` on the scenarios in "
        "`runs`, or by `ess-sim choose --draws national`, the order can change.",
        "- **A border keeps effects inside**: the largest territories, of more than 350,000 adults with those of "
        "twenty minutes around, have no halo. Effects of policies that add places are too large there, by a third to "
        "three fifths around Laval, fourfold in dense Plaine Commune ([limits](limits.md), 8). "
        "In the others residents of the halo share what these pay for: what they gain or lose is in no effect, while "
        "*net* counts their ordinary care, too, and falls where they lose their doctor. "
        "Compare policies within a territory rather than territories with each other.",
        "- The territories are chosen by a rule, and are as `ess-sim new` makes them, without any local figure. "
        "Intervals over all of them are about these ten, not about all places of their kinds: one observation is the "
        "mean over the ten of one replication. Each territory counts the same, whatever its size.",
        f"- Left out, because they are no remedies: {left_out}.",
        "",
    ]


def _of_frame(frame: pd.DataFrame) -> Iterator[str]:
    return table(list(frame.columns), frame.itertuples(index=False))


def _by_year(league: pd.DataFrame) -> list[str]:
    years, grid = by_year(league)
    rows = [[dose, *(_with_interval(grid.cells[dose, y]) for y in years)] for dose in grid.doses]
    return [
        "### After 1, 5 and 10 years",
        "",
        *table(["policy", *(f"{y} year{'s' if y > 1 else ''}" for y in years)], rows),
        "",
    ]


def _by_territory(league: pd.DataFrame, keys: list[str]) -> list[str]:
    grid = by_territory(league, keys)
    rows = [[dose, *(_cell(grid.cells.get((dose, key))) for key in keys)] for dose in grid.doses]
    best = [[key, row.dose, _with_interval(row), _part(row)] for key, row in first_of_each(league, keys)]
    return [
        "## By territory",
        "",
        f"Points after {YEARS} years; **bold** where p (Holm) is below 0.05, in brackets where the interval includes "
        "0, a dash where the dose is not ranked.",
        "",
        *table(["policy", *keys], rows),
        "",
        "The first of each territory:",
        "",
        *table(["territory", "policy", "points", "best in"], best),
        "",
    ]


def _with_interval(row: Any) -> str:
    return signed(row.effect, row.low, row.high, interval=True)


def _cell(row: Any) -> str:
    """An effect, and whether it is sure and ranked; nothing where the dose is not possible."""
    if row is None:
        return ""
    text = signed(row.effect, row.low, row.high)
    sure = f"**{text}**" if row.p_holm < SURE else text
    return sure if pd.notna(row.rank) else f"{sure} –"


def _part(row: Any) -> str:
    return "–" if pd.isna(row.p_best) else f"{100 * row.p_best:.0f} %"


def _by_measure(league: pd.DataFrame) -> list[str]:
    lines = [
        "## By other measures",
        "",
        f"Over all territories after {YEARS} years, the first five of those that are ranked. Minutes are those of "
        "residents whose MT is in the territory, so that a list for those who live far away can raise them; and a gap "
        "narrows, too, where others lose their MT.",
        "",
    ]
    for _, about, first in by_measure(league):
        rows = [[_rank(row), row.dose, _in_digits(row, about.digits), _part(row)] for row in first]
        name = about.name.en
        lines += [
            f"### {name[:1].upper()}{name[1:]}",
            "",
            *table(["rank", "policy", about.unit.en, "best in"], rows),
            "",
        ]
    return lines


def _rank(row: Any) -> str:
    return f"{row.rank:g}" if pd.isna(row.rank_low) else f"{row.rank:g} ({row.rank_low:g}–{row.rank_high:g})"


def _in_digits(row: Any, digits: int) -> str:
    limits = "" if pd.isna(row.low) else f" [{row.low:+.{digits}f}, {row.high:+.{digits}f}]"
    return f"{row.effect:+.{digits}f}{limits}".replace("-", "−")


def _territories(keys: list[str]) -> list[str]:
    rows = [
        [t.key, t.name, t.code, f"{t.residents:,}", f"{t.members:,}", t.about.en] for t in standard_territories(keys)
    ]
    if not rows:
        return []
    return [
        "## The territories",
        "",
        "Of each class of EPCI and EPT the one of median size, in this order; a territory that is taken already leaves "
        "its place to the next larger one (`ess_sim.benchmark_territories`).",
        "",
        *table(["key", "territory", "code", "residents", "in the class", "class"], rows),
        "",
    ]


def _doses(doses: pd.DataFrame) -> list[str]:
    keys = list(dict.fromkeys(doses["territory"]))
    cells: dict[str, dict[str, str]] = {}
    for row in single_doses(doses):
        known = cost_of_one(row)
        thousand = known if known == UNKNOWN else f"{row.euro_a_year / 1000:,.0f}{'+' * bool(known)}"
        cells.setdefault(row.policy, {})[row.territory] = f"{row.copies} × {thousand}"
    rows = [[policy, *(of.get(key, "") for key in keys)] for policy, of in cells.items()]
    return [
        "## Doses",
        "",
        "Copies × thousands of public euro a year for one of them (`+`: at least, a part is unknown).",
        "",
        *table(["policy", *keys], rows),
        "",
    ]


def _absent(found: Benchmark) -> list[str]:
    if found.absent.empty:
        return []
    rows = [[row.territory, row.dose, plain(row.why)] for row in found.absent.itertuples(index=False)]
    return ["## Not possible", "", *table(["territory", "policy", "why"], rows), ""]
