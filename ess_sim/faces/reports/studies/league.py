"""The league table of a benchmark in words: what is printed, and a Markdown page of it."""

from __future__ import annotations

import pandas as pd

from ess_sim.analysis.benchmark.league import OVERALL
from ess_sim.experiments.batches.library import signed
from ess_sim.faces.words.glossary import Language
from ess_sim.model.policies.registry import KINDS
from ess_sim.results.statistics.intervals import FEWEST

__all__ = ["HEADLINE", "dose_label", "headline_table", "lines_of", "partly_unknown"]


HEADLINE = "share_without_mt"
"""The measure that a table shows where none is asked for."""


def dose_label(dose: str, lang: Language) -> str:
    """What a dose is called: its policies by their names."""
    kinds = [KINDS.get(kind) for kind in dose.split("+")]
    words = [
        k.label.to(lang) if k is not None and k.label else kind for k, kind in zip(kinds, dose.split("+"), strict=True)
    ]
    return " + ".join(words)


def lines_of(league: pd.DataFrame, territory: str, measure: str, year: int) -> pd.DataFrame:
    """One table of the league, the best first; those without a rank come last, by their effect."""
    rows = league[(league["territory"] == territory) & (league["measure"] == measure) & (league["year"] == year)]
    return rows.sort_values(["rank", "effect"], na_position="last", kind="stable", ignore_index=True)


def partly_unknown(doses: pd.DataFrame | None) -> set[str]:
    """Doses of which a part of the cost is unknown somewhere."""
    return set() if doses is None else set(doses.loc[doses["bound"] != "", "dose"])


def headline_table(league: pd.DataFrame, doses: pd.DataFrame | None = None) -> pd.DataFrame:
    """What is printed: over all territories (or of the only one), at the end, the share of residents without MT.

    Parameters
    ----------
    league, doses : pandas.DataFrame
        Of a `Benchmark`; without doses it is not said of which costs a part is unknown.

    Returns
    -------
    pandas.DataFrame
        Texts: ``rank`` (with the middle 95 % of ranks), ``policy``, ``points`` (difference with its 95 % interval),
        ``p (Holm)``, ``best`` and ``top 3`` (how probable, in %), ``€ per adult-year``
        (≥ where a part is unknown).
    """
    first = league["territory"].iloc[0]
    territory = OVERALL if (league["territory"] == OVERALL).any() else str(first)
    rows = lines_of(league, territory, HEADLINE, int(league["year"].max()))
    more = partly_unknown(doses)
    if len(rows) and rows["n"].iloc[0] < FEWEST:  # too few to say how sure anything is
        rows[["low", "high", "p_holm", "rank_low", "rank_high", "p_best", "p_top3"]] = float("nan")
    return pd.DataFrame(
        {
            "rank": [_rank(*row) for row in rows[["rank", "rank_low", "rank_high"]].itertuples(index=False)],
            "policy": rows["dose"],
            "points": [signed(*row, interval=True) for row in rows[["effect", "low", "high"]].itertuples(index=False)],
            "p (Holm)": [_p(p) for p in rows["p_holm"]],
            "best": [_percent(p) for p in rows["p_best"]],
            "top 3": [_percent(p) for p in rows["p_top3"]],
            "€ per adult-year": [
                f"{'≥ ' if dose in more else ''}{cost:.2f}"
                for dose, cost in zip(rows["dose"], rows["cost"], strict=True)
            ],
        }
    )


def _rank(rank: float, low: float, high: float) -> str:
    """A rank with its range.

    >>> _rank(2.0, 1.0, 4.5), _rank(float("nan"), float("nan"), float("nan"))
    ('2 (1–4.5)', '–')
    """
    if pd.isna(rank):
        return "–"
    return f"{rank:g}" if pd.isna(low) else f"{rank:g} ({low:g}–{high:g})"


def _p(p: float) -> str:
    return "–" if pd.isna(p) else "< 0.001" if p < 0.001 else f"{p:.3f}"


def _percent(part: float) -> str:
    return "–" if pd.isna(part) else f"{100 * part:.0f} %"
