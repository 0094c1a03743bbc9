"""The league table of a benchmark in words: what is printed, and a Markdown page of it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pandas as pd

from ess_sim.experiments.batches.library import signed
from ess_sim.faces.reports.studies.league_rows import UNKNOWN, headline, is_unpriced, partly_unknown
from ess_sim.faces.reports.studies.rows import each
from ess_sim.faces.words.glossary import Language
from ess_sim.model.policies.registry import KINDS

__all__ = ["dose_label", "headline_table"]


def dose_label(dose: str, lang: Language) -> str:
    """What a dose is called: its policies by their names."""
    kinds = [KINDS.get(kind) for kind in dose.split("+")]
    words = [
        k.label.to(lang) if k is not None and k.label else kind for k, kind in zip(kinds, dose.split("+"), strict=True)
    ]
    return " + ".join(words)


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
        (public, of policies and structures) and ``net`` (with what ordinary care costs more or less), ≥ where a part
        is unknown.
    """
    rows, more = headline(league).lines, partly_unknown(doses)
    return pd.DataFrame(
        {
            "rank": [_rank(*row) for row in rows[["rank", "rank_low", "rank_high"]].itertuples(index=False)],
            "policy": rows["dose"],
            "points": [signed(*row, interval=True) for row in rows[["effect", "low", "high"]].itertuples(index=False)],
            "p (Holm)": [_p(p) for p in rows["p_holm"]],
            "best": [_percent(p) for p in rows["p_best"]],
            "top 3": [_percent(p) for p in rows["p_top3"]],
            "€ per adult-year": [_cost(row, row.cost, more) for row in each(rows)],
            "net": [_cost(row, row.net, more) for row in each(rows)],
        }
    )


def _cost(row: Any, euro: float, more: Collection[str]) -> str:
    if is_unpriced(row, more):
        return UNKNOWN
    return ("≥ " if row.dose in more else "") + f"{euro:.2f}".replace("-", "−")


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
