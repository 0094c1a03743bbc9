"""The page in Markdown: tables, and sentences that hold whatever the numbers are, or that follow from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from ess_sim import Scenario
from ess_sim.experiments.batches.library import signed
from ess_sim.faces.reports.markdown import made_by, plain, table
from ess_sim.faces.reports.stress_batch import counted
from ess_sim.results.statistics.intervals import FEWEST, half_width
from validation.results_page.published import beside_published
from validation.results_page.runs import BASELINE, INTERNS, REFUSALS, RETIRED, SEED, SHARE, SMP, Measured, Sizes

NAMES = {BASELINE: "baseline", SMP: "SMP", RETIRED: "retired GPs only", INTERNS: "interns only"}
PLACES = {"city": "Laval", "rest": "the rest"}


def page(m: Measured, sizes: Sizes, *, command: str, picture: str) -> str:
    """The whole page; ``picture`` is how it names the figure."""
    lines = [
        "# Laval: what the model says, and how it was measured",
        "",
        *made_by(command, m.version, f"{_runs(sizes)}, root seed {SEED}; {plain(m.software)}"),
        "In brackets are 95 % intervals, which cover chance only; "
        "what is not known is in [the draws](#with-values-drawn-from-the-national-posterior) "
        "and in [one assumption at a time](#one-assumption-at-a-time).",
        "Read [what the model can and cannot say](limits.md) before quoting a number. "
        "[Validation](validation.md#the-engine-against-an-independent-reference) says how exact the engine is, in the "
        "closed territory: the reference knows no halo.",
        "Communes within twenty minutes take part in the runs: their residents compete for the same places; all "
        "figures are those of Laval's own residents. Closed, the SMP's effect would look a third to two fifths larger; "
        "with thirty minutes around it was smaller still after ten and twenty years ([limits](limits.md), 8).",
        "",
        *_levels(m, picture),
        *_draws(m, sizes),
        *_why(m),
        *_for_whom(m),
        *beside_published(m, sizes),
        *_start(m, sizes),
        *_assumptions(m, sizes),
        *_flip(m, sizes),
        *scenarios_of(m.scenarios),
    ]
    return "\n".join(lines) + "\n"


def scenarios_of(scenarios: Iterable[Scenario]) -> Iterator[str]:
    """The end of the page: which scenarios, by the digest of all that can change their results."""
    yield "## The scenarios"
    yield ""
    yield from table(("scenario", "digest"), [(f"`{s.name}`: {s.title}", f"`{s.digest}`") for s in scenarios])


def _runs(sizes: Sizes) -> str:
    return f"{counted(sizes.replications, 'replication')} of four scenarios over {counted(sizes.years, 'year')}"


# --- numbers in words ------------------------------------------------------------------------------------------------


def _mean(values: Any) -> str:
    """A mean with its sign and its interval."""
    x = np.asarray(values, dtype=float)
    return _signed(float(x.mean()), float(half_width(x)), len(x))


def _signed(mean: float, half: float, n: int) -> str:
    """A mean difference in points and its interval, which few values do not have."""
    return signed(mean, mean - half, mean + half, interval=n >= FEWEST).strip("()")


def _residents(mean: float, half: float, n: int) -> str:
    """The same in residents."""
    interval = f" [{mean - half:+,.0f}, {mean + half:+,.0f}]" if n >= FEWEST else ""
    return f"{mean:+,.0f}{interval}".replace("-", "−").replace("+0", "0").replace("−0", "0")


def _level(row: Any, low: str = "low", high: str = "high") -> str:
    known = row["n"] >= FEWEST and np.isfinite(row[low])
    interval = f" [{row[low]:.1f}, {row[high]:.1f}]" if known else ""
    return f"{row['mean']:.1f}{interval}"


def _when(m: Measured) -> list[str]:
    """Heads of columns."""
    return ["", *(counted(years, "year") for years in m.dates.values())]


def _cells(m: Measured, frame: pd.DataFrame) -> list[Any]:
    """The rows of a frame that has one a date."""
    by_date = frame.set_index("date")
    return [by_date.loc[day] for day in m.dates]


# --- sections --------------------------------------------------------------------------------------------------------


def _levels(m: Measured, picture: str) -> Iterator[str]:
    yield "Residents aged 17 or over of Laval Agglomération without médecin traitant (MT), from 15 June 2017:"
    yield "levels in %, and differences from the baseline in percentage points."
    yield ""
    base = m.levels[m.levels["scenario"] == BASELINE]
    rows = [["baseline, %", *map(_level, _cells(m, base[base["outcome"] == SHARE]))]]
    for name in (SMP, RETIRED, INTERNS):
        rows.append([NAMES[name], *map(_difference, _cells(m, m.compared[m.compared["scenario"] == name]))])
    rows.append(["retired GPs only − interns only", *map(_difference, _cells(m, m.halves))])
    rows.append(["practices that refuse, baseline, %", *map(_level, _cells(m, base[base["outcome"] == REFUSALS]))])
    yield from table(_when(m), rows)
    yield ""
    yield f"![Share without MT over time, and its difference from the baseline]({picture})"
    yield ""
    smp = _cells(m, m.compared[m.compared["scenario"] == SMP])
    gains = [
        f"{row['variance_reduction']:,.0f} after {counted(years, 'year')}"
        for row, years in zip(smp, m.dates.values(), strict=True)
        if np.isfinite(row["variance_reduction"])
    ]
    if gains:
        yield f"Common random numbers divide the variance of the SMP's effect by {', '.join(gains)}."
    yield "*Interns only* keeps the retired GPs as supervisors without a list: without them there would be no interns."
    yield ""


def _difference(row: Any) -> str:
    return signed(row["difference"], row["low"], row["high"], interval=row["n"] >= FEWEST).strip("()")


def _draws(m: Measured, sizes: Sizes) -> Iterator[str]:
    yield "## With values drawn from the national posterior"
    yield ""
    yield (
        f"The values that a [national calibration](validation.md#national-calibration) retained, {sizes.draws} draws, "
        f"each of {counted(sizes.of_each_draw, 'replication')} of its own (`--draws national`)."
    )
    yield "In brackets: 95 % range of what is expected once the values are known, which more runs do not narrow."
    yield ""
    level = m.drawn[(m.drawn["scenario"] == BASELINE) & (m.drawn["baseline"] == "")]
    effect = m.drawn[(m.drawn["scenario"] == SMP) & (m.drawn["baseline"] == BASELINE)]
    expected = ["expected_low", "expected_high"]
    rows = [
        ["baseline, %", *(_level(r.rename({"draws": "n"}), *expected) for r in _cells(m, level))],
        ["SMP", *(signed(*r[["mean", *expected]], interval=True).strip("()") for r in _cells(m, effect))],
        [
            "draws in which fewer are without MT with the SMP",
            *(f"{r['draws_better'] * r['draws']:g} of {r['draws']}" for r in _cells(m, effect)),
        ],
    ]
    yield from table(_when(m), rows)
    yield ""


def _why(m: Measured) -> Iterator[str]:
    last = list(m.dates.values())[-1]
    yield "## Why"
    yield ""
    yield (
        "Two effects on two clocks: the retired GPs hold lists at once, as long as posts are filled; "
        "the interns trained there may settle, years later."
    )
    yield (
        f"What each adds after {counted(last, 'year')}, on average over both orders of adding them "
        "(Shapley values, `ess_sim.shapley_of`), in points:"
    )
    yield ""
    rows = [(r["switch"], _signed(r["value"], r["half_width"], r["n"])) for r in m.parts.to_dict("records")]
    yield from table(("part of the SMP", "share without MT"), rows)
    yield ""


def _for_whom(m: Measured) -> Iterator[str]:
    last = list(m.dates.values())[-1]
    yield "## For whom"
    yield ""
    yield (
        f"What moved residents into and out of the share without MT in {counted(last, 'year')}, SMP − baseline "
        "(`ess_sim.by_flow`)."
    )
    yield "Below 0: fewer are without MT for this reason, by more registrations or by fewer releases."
    yield "The rows add up to the total."
    yield ""
    flows = m.flows.set_index("cause")
    rows = [
        (
            str(cause).replace("_", " "),
            _residents(r["residents"], r["half_width"], r["n"]),
            _signed(r["points"], r["points_half_width"], r["n"]),
        )
        for cause, r in flows.iterrows()
        if cause == "total" or r["residents"] or r["points"]
    ]
    yield from table(("cause", "residents", "points"), rows)
    yield ""
    centre, liberal = (float(flows["residents"][f"registered_{kind}"]) for kind in ("centre", "liberal"))
    if centre < 0:
        fewer = "fewer" if liberal > 0 else "more"
        yield (
            "For 100 residents without MT whom the centre registers, "
            f"liberal practices register {abs(100 * liberal / centre):.0f} {fewer} than they would have."
        )
        yield ""


def _start(m: Measured, sizes: Sizes) -> Iterator[str]:
    yield "## Is the start in balance?"
    yield ""
    yield (
        f"First twelve months of the baseline, points of the adults of day 0, {counted(sizes.start, 'replication')} "
        "(`ess_sim.start_balance`)."
    )
    yield "*Beyond supply* is what neither releases nor registrations explain; `make validate` allows it half a point."
    yield ""
    parts = ["change", "released", "registered", "beyond_supply"]
    rows = [
        (PLACES[str(place)], *(_mean(group[part]) for part in parts))
        for place, group in m.start.groupby("group", observed=True)
    ]
    yield from table(("", *(part.replace("_", " ") for part in parts)), rows)
    yield ""


def _assumptions(m: Measured, sizes: Sizes) -> Iterator[str]:
    yield "## One assumption at a time"
    yield ""
    yield (
        f"`python examples/sweep_assumptions.py`: {counted(sizes.swept, 'replication')}, "
        f"{counted(sizes.swept_years, 'year')}, the low and the high value of each; all else as in the catalogue."
    )
    yield ""
    effect = "SMP - baseline, points"
    rows = [
        (
            r["assumption"].replace(".", ", "),
            "" if pd.isna(r["value"]) else f"{r['value']:g}",
            f"{r['targets / adults']:.2f}",
            f"{r['baseline %']:.1f}",
            _signed(r[effect], r[effect] - r["low"], sizes.swept),
            f"{r['SMP list, year 3']:,.0f}",
        )
        for r in m.swept.to_dict("records")
    ]
    lists = f"SMP's list after {counted(min(3, sizes.swept_years), 'year')}"
    yield from table(("assumption", "value", "targets / adults", "baseline, %", "SMP, points", lists), rows)
    yield ""
    ends = m.swept[m.swept["assumption"] != "central"]
    central = float(m.swept.loc[m.swept["assumption"] == "central", effect].iloc[0])
    alike = int((np.sign(ends[effect]) == np.sign(central)).sum())
    by_effect = ends.sort_values(effect, kind="stable").to_dict("records")
    lowest, highest = (
        f"{_signed(r[effect], np.nan, 0)} ({r['assumption'].replace('.', ', ')})" for r in (by_effect[0], by_effect[-1])
    )
    yield f"The effect has the sign of that at the central values in {alike} of {len(ends)} rows."
    yield f"It ranges from {lowest} to {highest}."
    yield ""


def _flip(m: Measured, sizes: Sizes) -> Iterator[str]:
    (row,) = m.flip.to_dict("records")
    name, low, high = row["parameter"], row["low"], row["high"]
    yield "## Retired GPs or interns?"
    yield ""
    yield (
        f"Which half does more after {counted(sizes.years, 'year')} may depend on `{name}`, "
        "the probability that an intern settles, which has never been measured "
        f"(`ess_sim.flip_points`, {counted(sizes.flips, 'replication')})."
    )
    at = [(end, row[f"difference_{end}"], row[f"half_width_{end}"]) for end in ("low", "central", "high")]
    yield "Retired GPs only − interns only, points:"
    yield ""
    heads = (f"{row[end]:g} ({end})" for end, *_ in at)
    yield from table((f"`{name}`", *heads), [("difference", *(_signed(d, h, sizes.flips) for _, d, h in at))])
    yield ""
    if row["flips"]:
        yield f"The ranking reverses at {row['value']:.3f}."
    else:
        yield f"The mean difference has one sign from {low:g} to {high:g}: no flip point was found in the range."
    if not pd.isna(row["unclear_low"]):
        yield f"These replications leave the sign unclear from {row['unclear_low']:.3f} to {row['unclear_high']:.3f}."
    yield ""
