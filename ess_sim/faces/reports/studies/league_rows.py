"""Rows of a benchmark's tables, in their order: what its page in Markdown and the one in HTML both show."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from ess_sim.analysis.benchmark.league import OVERALL
from ess_sim.analysis.benchmark.measures import MEASURES, Measure
from ess_sim.analysis.benchmark.territories import Chosen, benchmark_territories
from ess_sim.faces.reports.studies.rows import each
from ess_sim.results.statistics.intervals import FEWEST

__all__ = [
    "FIRST",
    "HEADLINE",
    "SURE",
    "UNKNOWN",
    "Grid",
    "Headline",
    "by_measure",
    "by_territory",
    "by_year",
    "cost_of_one",
    "first_of_each",
    "headline",
    "is_unpriced",
    "lines_of",
    "partly_unknown",
    "single_doses",
    "standard_territories",
]


HEADLINE = "share_without_mt"
"""The measure that a table shows where none is asked for."""
FIRST = 5
"""Lines of the tables by other measures."""

UNKNOWN = "unknown"
"""What stands for a cost of which no part has a price."""

SURE = 0.05
"""Adjusted p-value below which an effect is marked in the table by territory."""

_HOW_SURE = ["low", "high", "p_holm", "rank_low", "rank_high", "p_best", "p_top3"]


class Headline(NamedTuple):
    """The first table of a league.

    Attributes
    ----------
    territory : str
        `OVERALL`, or the only one.
    year : int
        The last.
    lines : pandas.DataFrame
        See `lines_of`.
    """

    territory: str
    year: int
    lines: pd.DataFrame


class Grid(NamedTuple):
    """Doses against something else.

    Attributes
    ----------
    doses : list of str
        The rows, in their order.
    cells : mapping of (str, object) to row
        By dose and column, with columns of the league as attributes; one is missing where a dose is not possible.
    """

    doses: list[str]
    cells: Mapping[tuple[str, Any], Any]


def headline(league: pd.DataFrame) -> Headline:
    """The share of residents without MT over all territories (or of the only one), at the end."""
    known, year = list(pd.unique(league["territory"])), int(league["year"].max())
    territory = OVERALL if OVERALL in known else str(known[0])
    return Headline(territory, year, lines_of(league, territory, HEADLINE, year))


def lines_of(league: pd.DataFrame, territory: str, measure: str, year: int) -> pd.DataFrame:
    """One table of the league, the best first; those without a rank come last, by their effect.

    Of too few replications it says of nothing how sure it is.
    """
    rows = league[(league["territory"] == territory) & (league["measure"] == measure) & (league["year"] == year)]
    rows = rows.sort_values(["rank", "effect"], na_position="last", kind="stable", ignore_index=True)
    rows.loc[rows["n"] < FEWEST, _HOW_SURE] = float("nan")
    return rows


def by_year(league: pd.DataFrame) -> tuple[list[int], Grid]:
    """The headline after each of the years, in the order of the last."""
    first, years = headline(league), sorted(map(int, league["year"].unique()))
    tables = {year: lines_of(league, first.territory, HEADLINE, year) for year in years}
    cells = {(row.dose, year): row for year, table in tables.items() for row in each(table)}
    return years, Grid(first.lines["dose"].tolist(), cells)


def by_territory(league: pd.DataFrame, territories: Sequence[str]) -> Grid:
    """The headline in each territory at the end, in the order over all of them."""
    year = headline(league).year
    tables = {key: lines_of(league, key, HEADLINE, year) for key in territories}
    cells = {(row.dose, key): row for key, table in tables.items() for row in each(table)}
    doses = [*lines_of(league, OVERALL, HEADLINE, year)["dose"], *league["dose"]]
    return Grid(list(dict.fromkeys(doses)), cells)


def first_of_each(league: pd.DataFrame, territories: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """Each territory and the line that comes first there."""
    year = headline(league).year
    for key in territories:
        yield key, next(each(lines_of(league, key, HEADLINE, year)))


def by_measure(league: pd.DataFrame) -> Iterator[tuple[str, Measure, list[Any]]]:
    """Every other measure that says what is good: the first of those that are ranked, over all territories."""
    year = headline(league).year
    for measure, about in MEASURES.items():
        if measure != HEADLINE and about.good:
            lines = lines_of(league, OVERALL, measure, year)
            yield measure, about, list(each(lines.dropna(subset="rank").head(FIRST)))


def single_doses(doses: pd.DataFrame) -> Iterator[Any]:
    """What one copy of each policy costs where, without pairs."""
    yield from each(doses[~doses["dose"].str.contains("+", regex=False)])


def partly_unknown(doses: pd.DataFrame | None) -> set[str]:
    """Doses of which a part of the cost is unknown somewhere."""
    return set() if doses is None else set(doses.loc[doses["bound"] != "", "dose"])


def cost_of_one(row: Any) -> str:
    """On which side of its cost the truth lies in a line of `single_doses`; ``unknown``: no part of it has a price.

    >>> doses = pd.DataFrame({"dose": ["smp", "van"], "euro_a_year": [4e5, 0.0], "bound": "at least"})
    >>> [cost_of_one(row) for row in single_doses(doses)]
    ['at least', 'unknown']
    """
    return UNKNOWN if row.bound and abs(row.euro_a_year) < 0.5 else str(row.bound)


def is_unpriced(row: Any, more: Collection[str]) -> bool:
    """Whether nothing of what a dose costs is known; ``more``: those of which a part is unknown."""
    return row.dose in more and abs(row.cost) < 0.005


def standard_territories(keys: Sequence[str]) -> list[Chosen]:
    """Those of the ten that are among some, in the order of the ten."""
    return [territory for territory in benchmark_territories() if territory.key in keys]
