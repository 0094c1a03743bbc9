"""The benchmark that comes with the package: all of it, read in an instant."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import pandas as pd

from ess_sim.arguments import checked
from ess_sim.atomic import users_path
from ess_sim.errors import ResultsError
from ess_sim.results.storage.keys import RESULTS_VERSION, SAME_RULES

__all__ = ["ABOUT", "Published", "published_benchmark"]


ABOUT = "about.json"
"""File that says what a benchmark was asked."""


@dataclass(frozen=True, eq=False)
class Published:
    """A benchmark that has been run.

    Attributes
    ----------
    league, doses : pandas.DataFrame
        As of a `Benchmark`.
    replications, seed : int
    budget : float
        Public euro a year for each adult.
    results_version : int
        At most this package's; the rules are the same, the random numbers may be drawn in another order.
    """

    league: pd.DataFrame
    doses: pd.DataFrame
    replications: int
    seed: int
    budget: float
    results_version: int


@checked
def published_benchmark(folder: Path | str | None = None) -> Published:
    """Every policy in ten real territories, as ``ess-sim benchmark`` found it with the rules of this version.

    Parameters
    ----------
    folder : path, optional
        Of a benchmark that was kept likewise; the package's own by default.

    Returns
    -------
    Published

    Raises
    ------
    ResultsError
        If there is none, or one of a results version with other rules than this package's: run ``ess-sim benchmark``.

    Examples
    --------
    >>> found = published_benchmark()
    >>> over_all = found.league.query("territory == 'all' and measure == 'share_without_mt' and year == 10")
    >>> float(over_all.set_index("dose").loc["smp", "effect"]) < -0.5  # points of adults without MT
    True
    """
    place: Traversable = files("ess_sim") / "data" / "benchmark" if folder is None else users_path(folder)
    try:
        about = json.loads((place / ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise ResultsError(f"{place}: no published benchmark is here: run ess-sim benchmark") from None
    if not SAME_RULES <= about["results_version"] <= RESULTS_VERSION:
        raise ResultsError(
            f"the published benchmark is of results version {about['results_version']}, this package makes version "
            f"{RESULTS_VERSION}: run ess-sim benchmark"
        )
    with (place / "league.csv.gz").open("rb") as file:
        league = pd.read_csv(file, compression="gzip")
    with (place / "doses.csv").open("rb") as file:
        doses = pd.read_csv(file, keep_default_na=False)
    return Published(league, doses, **about)
