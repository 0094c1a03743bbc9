"""A choice under a budget in words: what is printed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import pandas as pd

from ess_sim.analysis.budget.choice import BudgetChoice
from ess_sim.analysis.budget.robust import CRITERIA
from ess_sim.experiments.batches.library import signed
from ess_sim.faces.reports.studies.choice_rows import BASELINE, differences, left_out, next_run
from ess_sim.inputs.scenario.outcomes import OUTCOMES

__all__ = ["candidates_note", "candidates_table", "choice_lines", "costs_table", "rules_table"]


_MARK = "→ "
"""Before the rank of the chosen mix, which need not be the first."""


def choice_lines(found: BudgetChoice) -> Iterator[str]:
    """What was chosen, what it does and costs, and how sure that is; a line each."""
    table = found.candidates
    chosen = table[table["status"] == "chosen"].iloc[0]
    about = OUTCOMES[found.outcome]
    if found.chosen is None:
        yield "chosen      nothing: no mix that was found is better than the baseline"
        for k, (note, number) in enumerate(left_out(found.units)):
            yield f"{'' if k else 'left out':<12}{number} of {len(found.units)} policies and places: {note}"
    else:
        first, *others = str(chosen["what"]).split("; ")
        yield f"chosen      {first}"
        yield from (f"            {other}" for other in others)
        effect = signed(chosen["effect"], chosen["effect_low"], chosen["effect_high"], interval=True)
        unit = "points" if about.unit == "share" else about.unit_of_difference
        yield f"effect      {about.name} on {found.day}: {effect} {unit} ({chosen['n']} fresh replications)"
        sign, fewer = (1, "fewer") if chosen["people"] >= 0 else (-1, "more")
        low, high = sorted((sign * chosen["people_low"], sign * chosen["people_high"]))
        people = f"{_n(sign * chosen['people'])} [{_n(low)}, {_n(high)}]"
        yield f"people      {people} {fewer} residents without MT on that day"
        least = "at least " if chosen["unknown"] else ""
        yield (
            f"cost        {least}{_n(chosen['euro_a_year'])} € a year in the mean, "
            f"{_n(chosen['worst_year'])} € in the worst year of all runs"
        )
        if chosen["unknown"]:
            yield f"unknown     {chosen['unknown']}"
        yield f"budget      held in all {found.runs} runs: {_next_run(found.runs)}"
        if n := found.thrown_out:
            mixes = f"{n} other mix{'es'[: 2 * (n != 1)]} that exceeded it in a run {'was' if n == 1 else 'were'}"
            yield f"            too sure: {mixes} thrown out before"
    yield from _selection(found)
    if found.posts is not None:
        yield from _posts(found.posts)
    if found.robust is not None:
        yield from _robust(found)


def _selection(found: BudgetChoice) -> Iterator[str]:
    status = found.candidates["status"]
    finalists = int((status != "over budget").sum()) - 1
    equal = int((status == "not separated").sum())
    what = f"{found.indifference:g} {'points' if OUTCOMES[found.outcome].unit == 'share' else ''}".strip()
    mixes = f"{finalists} mix{'es'[: 2 * (finalists != 1)]}"
    if not finalists:
        return
    if found.chosen is None:
        yield f"selection   compared at the end: {mixes}; none does better"
        return
    if found.decided:
        yield (
            f"selection   on runs of its own, among {mixes} and the baseline: the best of them with probability ≥ "
            f"{100 * found.confidence:g} % if that one leads all others by {what}"
        )
    else:
        yield (
            f"selection   undecided: its runs ran out before one of {mixes} was found to be the best; the chosen one "
            "has the best mean of these runs, which are not those of the table"
        )
    if equal:
        rows = found.candidates[status == "not separated"]
        yield f"            {equal} of the others cannot be separated from it"
        rows = rows.assign(length=rows["mix"].str.count(r" \+ "))
        mine = found.candidates[status == "chosen"].iloc[0]
        smaller = {
            "cheapest": rows[rows["euro_a_year"] < mine["euro_a_year"]].sort_values("euro_a_year", kind="stable"),
            "shortest": rows[rows["length"] < str(mine["mix"]).count(" + ")].sort_values("length", kind="stable"),
        }
        for what, some in smaller.items():
            for cost, mix in zip(_euro(some[:1]), some["mix"][:1], strict=True):
                yield f"            the {what} of these, {cost} € a year: {_against(mix, _chosen(found))}"
    if (status == "better").any():
        n = int((status == "better").sum())
        yield f"            {n} did better in the fresh runs: more replications (--effort) or a smaller --indifference"
    if (status == "over budget").any():
        yield f"            {int((status == 'over budget').sum())} more exceeded the budget in a fresh run"


def _posts(posts: pd.DataFrame) -> Iterator[str]:
    head = "posts       "
    for actor, kind, offered, filled, why in zip(
        *(posts[name] for name in ("actor", "kind", "offered", "filled", "why")), strict=True
    ):
        what = {"sessions": "posts for retired GPs", "salaried": "posts for salaried GPs"}.get(kind, "intern places")
        yield f"{head}{actor}: {what} filled {filled:.1f} of {offered:.3g}{f': {why}' if why else ''}"
        head = "            "


def _robust(found: BudgetChoice) -> Iterator[str]:
    yield (
        f"draws       another finalist or the baseline is better in {100 * found.changes:.0f} % of the draws, "
        f"by more than {found.indifference:g} in {100 * found.matters:.0f} %"
    )
    for name, mix in found.criteria.items():
        yield f"            {CRITERIA[name]}: {_against(mix, _chosen(found))}"


def candidates_table(found: BudgetChoice) -> pd.DataFrame:
    """The finalists as texts, the best of the fresh replications first, and a mark at the chosen one."""
    rows = found.candidates
    marks = [_MARK if status == "chosen" else " " * len(_MARK) for status in rows["status"]]
    ranks = [_rank(*row) for row in rows[["rank", "rank_low", "rank_high"]].itertuples(index=False)]
    return pd.DataFrame(
        {
            f"{' ' * len(_MARK)}rank": [mark + rank for mark, rank in zip(marks, ranks, strict=True)],
            "status": rows["status"],
            "effect": _signed(rows, "effect"),
            "€ a year": _euro(rows),
            "best": ["–" if pd.isna(p) else f"{100 * p:.0f} %" for p in rows["p_best"]],
            "mix": [_against(mix, _chosen(found)) for mix in rows["mix"]],
        }
    )


def candidates_note(found: BudgetChoice) -> str:
    """On which runs the ranks of that table rest, and on which the choice."""
    rows = found.candidates
    used = rows.loc[rows["selection"] > 0, "selection"]
    fresh = f"ranks, effects and costs rest on {int(rows['n'].iloc[0])} fresh replications of each mix"
    if used.empty:
        return fresh
    least, most = int(used.min()), int(used.max())
    return f"{fresh}; {_MARK}was chosen on others, {least}{f' to {most}' * (most > least)} of each"


def rules_table(found: BudgetChoice) -> pd.DataFrame:
    """The rules of thumb as texts: regret against the chosen mix."""
    rows = found.rules
    runs = zip(rows["runs_over"], rows["runs"], strict=True) if len(rows) else ()
    over = [f"in {some} of {all_} runs" if some else "no" for some, all_ in runs]
    return pd.DataFrame(
        {
            "rule": rows["rule"],
            "effect": _signed(rows, "effect"),
            "regret": _signed(rows, "regret"),
            "€ a year": _euro(rows),
            "over budget": over,
            "mix": [_against(mix, _chosen(found)) for mix in rows["mix"]],
        }
    )


def costs_table(found: BudgetChoice) -> pd.DataFrame:
    """Cost of the chosen mix by year as texts."""
    rows = found.costs if found.costs is not None else pd.DataFrame(columns=["begins", "mean", "worst", "budget"])
    columns = {"year from": rows["begins"], **{name: list(map(_n, rows[name])) for name in ("mean", "worst", "budget")}}
    return pd.DataFrame(columns)


def _chosen(found: BudgetChoice) -> str:
    return str(found.candidates.loc[found.candidates["status"] == "chosen", "mix"].iloc[0])


def _against(mix: str, chosen: str) -> str:
    """A mix by how it differs from the chosen one, where that is shorter.

    >>> _against("a + c + d", "a + b + c"), _against("a", "a + b + c"), _against("a + b", "a + b")
    ('without b, with d', 'a', 'the chosen one')
    >>> _against("a + b + d + e", "a + b + c + c + e")
    'without 2 × c, with d'
    """
    if mix == chosen and mix != BASELINE:
        return "the chosen one"
    parts = differences(mix, chosen)
    if parts is None:
        return " + ".join(_each(mix.split(" + ")))
    return ", ".join(
        f"{word} {' and '.join(_each(names))}" for word, names in zip(("without", "with"), parts, strict=True) if names
    )


def _each(names: Iterable[str]) -> list[str]:
    return [f"{n} × {name}" if n > 1 else name for name, n in Counter(names).items()]


def _signed(rows: pd.DataFrame, name: str) -> list[str]:
    columns = [name, f"{name}_low", f"{name}_high"]
    return [signed(*row, interval=True) for row in rows[columns].itertuples(index=False)]


def _rank(rank: float, low: float, high: float) -> str:
    return "–" if pd.isna(rank) else f"{rank:g}" if pd.isna(low) else f"{rank:g} ({low:g}–{high:g})"


def _euro(rows: pd.DataFrame) -> list[str]:
    """Costs a year, ≥ where a part is unknown."""
    least = rows["unknown"].fillna("") != ""
    return ["≥ " * more + _n(cost) for more, cost in zip(least, rows["euro_a_year"], strict=True)]


def _n(x: float) -> str:
    """A whole number with its thousands."""
    return f"{x:,.0f}".replace("-", "−")


def _next_run(n: int) -> str:
    return f"a further one would exceed it with a probability of at most {100 * next_run(n):.1f} %"
