"""Comparisons of scenarios, printed, drawn and written to a results folder."""

from __future__ import annotations

import csv
import math
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path

from ess_sim.analysis.accounts.robustness import uncertainty
from ess_sim.atomic import write_atomically
from ess_sim.errors import EssSimError, NotKeptError, ResultsError
from ess_sim.faces.cli.parts.printing import basis, print_caveats, print_table, without_matplotlib
from ess_sim.faces.cli.parts.terminal import complain
from ess_sim.faces.words.glossary import Language
from ess_sim.inputs.scenario.outcomes import OUTCOMES
from ess_sim.results.comparison.differences import compare, levels
from ess_sim.results.comparison.fates import failures
from ess_sim.results.comparison.filled import unfilled
from ess_sim.results.comparison.pairing import across_territories, baselines, check_territories, common_dates
from ess_sim.results.comparison.twins import twin_lines, twins
from ess_sim.results.comparison.words import fairness, groups, summary
from ess_sim.results.results import Results
from ess_sim.results.statistics.variance import FEWEST_DRAWS
from ess_sim.results.storage.files.csv_text import csv_text
from ess_sim.results.storage.files.plain import read_file
from ess_sim.results.storage.keys import COMPARISON, SHARE_FIGURE

__all__ = [
    "comparable",
    "complete_pairs",
    "conclude",
    "draw_share",
    "other_comparison",
    "print_comparison",
    "print_fairness",
    "print_filled",
    "print_groups",
    "print_summary",
    "print_twins",
    "write_comparison",
]


_ABOUT = 6
"""Columns that say what a row of a comparison is about: scenario, baseline, date, outcome, unit, replications."""


def comparable(results: Results, compared: dict[str, str], *, otherwise: bool = False) -> tuple[dict[str, str], str]:
    """What can be compared, and what to print of scenarios that cannot, as they are of different territories.

    Raises
    ------
    ResultsError
        If nothing is left to compare, unless there is something to say ``otherwise``.
    """
    apart = across_territories(results, compared)
    if apart and len(apart) == len(compared) and not otherwise:
        check_territories(results, compared)
    lines = [
        f"{s} and {b} are of different territories: no difference between them is stated\n" for s, b in apart.items()
    ]
    return {s: b for s, b in compared.items() if s not in apart}, "".join([*lines, "\n"] if lines else lines)


def complete_pairs(results: Results) -> Results:
    """What can be compared of results that may be unfinished; says where that is not all of them."""
    paired = results.paired()
    if paired is not results:
        n, m = len(paired.replications), len(results.replications)
        complain(
            f"WARNING: not every scenario has finished every replication: {n} complete pair{'s' if n > 1 else ''} "
            f"of {m} are compared; the command that made the results makes the rest"
        )
    return paired


def print_comparison(results: Results, compared: dict[str, str]) -> None:
    """What a run prints of its first outcome: levels and differences, then how sure they are."""
    outcome = _headline(results)
    print_summary(results, compared, outcome)
    print_twins(results, compared)
    print_fairness(results, compared)
    print_filled(results, compared)
    if len(results.draws) > 1:
        print_uncertainty(results, compared, outcome)


def _headline(results: Results) -> str:
    return next(iter(results.declared_outcomes), "share_without_mt")


def print_own(results: Results, own: Results, compared: dict[str, str], precision: float | None) -> None:
    """What a run prints of the scenarios that it was asked for alone, where it has more of them or went on for them."""
    pairs = {s: b for s, b in compared.items() if s in own.scenarios and b in own.scenarios}
    n, m = len(results.replications), len(own.replications)
    if m > n:
        print(f"all {m} replications of what was asked for (the other scenarios of the folder have {n} in common)\n")
        print_summary(own, pairs, _headline(own))
    if precision is not None:
        print_precision(own, pairs, _headline(own), precision)


def print_summary(results: Results, compared: dict[str, str], outcome: str, dates: Sequence[str] | None = None) -> None:
    """Levels of an outcome, and differences where scenarios are compared."""
    table = summary(results, baseline=compared or None, outcome=outcome, dates=dates)
    table["date"] = table["date"].dt.strftime("%Y-%m-%d")
    shared = set(compared.values())
    table = table.rename(
        columns={"difference": f"difference from {shared.pop() if len(shared) == 1 else 'its baseline'}"}
    )
    if not compared:
        table = table.iloc[:, :3]
    print(f"{OUTCOMES[outcome].about}, {basis(len(results.replications), len(results.draws))}\n")
    print_table(table)
    print()
    words = table.iloc[:, -1]
    same = [s for s in compared if set(words[table["scenario"] == s]) == {"identical"}]
    for scenario in same:
        print(f"{scenario}: identical to {compared[scenario]} in all runs: it has no effect on this outcome")
    if same:
        print()


def print_twins(results: Results, compared: dict[str, str]) -> None:
    """Scenarios that are identical to another one: what sets them apart did nothing."""
    found = twins(results, first=list(compared.values()))
    for line in twin_lines(found, len(results.draws), len(results.replications)):
        print(line)
    if found:
        print()


def print_filled(results: Results, compared: dict[str, str]) -> None:
    """Posts left vacant and centres that ran out of money: a policy that cannot act must not pass for one in vain."""
    try:
        lines = list(unfilled(results, compared))
    except NotKeptError:
        lines = ["whether posts were filled is not known here: it takes the tables facts and careers (--keep)"]
    with suppress(NotKeptError):
        lines += failures(results)
    for line in lines:
        print(line)
    if lines:
        print()


def print_fairness(results: Results, compared: dict[str, str]) -> None:
    """Who is left out, beside the headline."""
    print(
        "who is left out at the end, shares without MT" + (" (difference from the baseline)" if compared else "") + "\n"
    )
    print_table(fairness(results, baseline=compared or None))
    print()


def print_groups(
    results: Results,
    compared: dict[str, str],
    by: Sequence[str],
    outcomes: Sequence[str] | None,
    dates: Sequence[str] | None,
) -> None:
    """Differences within groups, with numbers of residents beside points."""
    for about, table in groups(results, baseline=compared, by=by, outcomes=outcomes, dates=dates):
        print(OUTCOMES[about.outcome].about)
        rests_on = basis(len(results.replications), about.n) if len(results.draws) > 1 else basis(about.n)
        print(f"{about.scenario} against {about.baseline}, {about.date.date()}, {rests_on}\n")
        print_table(table)
        print()


def print_precision(results: Results, compared: dict[str, str], outcome: str, wanted: float) -> None:
    """The precision reached, beside the one requested."""
    table = compare(results, baseline=compared, outcomes=outcome) if compared else levels(results, outcomes=outcome)
    last = table[table["date"] == table["date"].max()]
    widest = float(last["half_width"].max())
    n = len(results.replications)
    reached = "reached" if widest <= wanted else "NOT reached"
    print(f"precision   ± {wanted:g} {reached} after {n} replications (widest interval at the end: ± {widest:.3f})")


def print_uncertainty(results: Results, compared: dict[str, str], outcome: str) -> None:
    """At the end: what chance leaves open, and what is open because the parameters are uncertain."""
    if len(results.draws) < FEWEST_DRAWS:
        print(f"95 % ranges: none, as they need {FEWEST_DRAWS} parameter draws or more, not {len(results.draws)}\n")
        return
    table = uncertainty(results, baseline=compared or None, outcomes=outcome)
    last = table[table["date"] == table["date"].max()]
    rows = last[last["baseline"] != ""] if compared else last

    def interval(low: str, high: str) -> list[str]:
        limits = zip(rows[low], rows[high], strict=True)
        return ["–" if math.isnan(a) else f"[{a:.2f}, {b:.2f}]".replace("-", "−") for a, b in limits]

    shown = rows[["scenario", "unit"]].assign(
        mean=[f"{x:+.2f}".replace("-", "−") for x in rows["mean"]],
        **{
            "of the mean": interval("mean_low", "mean_high"),
            "expected, parameters unknown": interval("expected_low", "expected_high"),
            "one future": interval("future_low", "future_high"),
        },
    )
    print("95 % ranges at the end" + (" of the difference from the baseline" if compared else "") + "\n")
    print_table(shown)
    print()


def draw_share(results: Results, compared: dict[str, str], folder: Path, lang: Language = "en") -> str:
    """Draw share.png into the results folder, unless it would be crowded; returns what there is to say of it."""
    try:
        from ess_sim.faces.figures.share import plot_share
        from ess_sim.faces.figures.style import MOST_LINES
    except Exception as error:  # whatever a matplotlibrc or a variable of the environment makes matplotlib raise
        return without_matplotlib(error)
    shared = set(compared.values())
    if len(results.scenarios) > MOST_LINES or len(shared) > 1:
        return "left out: too many scenarios for one picture (ess_sim.plot_share draws those you choose)"
    return str(plot_share(results, folder / SHARE_FIGURE, shared.pop() if shared else None, lang=lang))


def write_comparison(results: Results, compared: dict[str, str], folder: Path) -> Path:
    """Write comparison.csv into the results folder; returns its path."""
    path = folder / COMPARISON
    write_atomically(path, _comparison(results, compared).encode())
    return path


def _comparison(results: Results, compared: dict[str, str]) -> str:
    return csv_text(compare(results, baseline=compared))


def conclude(
    results: Results,
    compared: dict[str, str],
    folder: Path,
    *,
    asked: Collection[str] = (),
    figure: bool,
    report: bool,
    precise: float | None = None,
    lang: Language = "en",
) -> None:
    """Write the comparison, the figure and the report of a folder whose runs are there, and print what there is to say.

    It may hold more than was ``asked`` for: all of it is compared, in the replications that all scenarios have.

    Raises
    ------
    EssSimError
        If a file cannot be written.
    """
    compared, apart = comparable(results, compared, otherwise=True)
    if not (dated := _share_dates(results)):
        compared, figure, report = {}, False, False
        apart = f"{apart}the scenarios have no recorded date in common: nothing is compared, drawn or reported\n\n"
    written = {"results": str(folder), "fingerprint": str(results.fingerprint)}
    try:  # files first: the reader of a pipe may stop reading
        every, results = results, results.paired()
        if compared:
            written["comparison"] = str(write_comparison(results, compared, folder))
        if figure:
            written["figure"] = draw_share(results, compared, folder, lang)
        if report:
            written["report"] = _report(results, folder, lang)
    except ResultsError as error:  # a full disk: no fault of the input, and the runs are there
        raise EssSimError(f"{error}; all runs are kept in {folder}") from error
    print(end=apart)
    if dated:
        own = every.paired(asked) if asked else results
        print_comparison(results, compared)
        print_own(results, own, compared, precise)
    for what, where in written.items():
        print(f"{what:11} {where}")
    print_caveats(results)


def _share_dates(results: Results) -> bool:
    """Whether there is a day of which all scenarios have a record."""
    try:
        return len(common_dates(results)) > 0
    except ResultsError:
        return False


def _report(results: Results, folder: Path, lang: Language) -> str:
    """Write report.html; returns what there is to say of it."""
    from ess_sim.faces.report.page import MOST_RUNS, write_report

    (page,) = write_report(folder, lang=lang, most_runs=MOST_RUNS)
    runs = len(results.scenarios) * len(results.draws) * len(results.replications)
    of_all = f"ess-sim report {folder} looks into all"
    some = f" (zones, groups, flows and costs of the first {MOST_RUNS} runs; {of_all})" if runs > MOST_RUNS else ""
    return f"{page} (open it in any browser){some}"


def other_comparison(folder: Path) -> bool | None:
    """Whether the folder's comparison.csv holds other figures than its runs give; None where it is about other runs."""
    if not (folder / COMPARISON).exists():
        return False
    results = Results.read(folder).paired()
    compared, _ = comparable(results, baselines(results.scenarios, results.baselines), otherwise=True)
    expected = list(csv.reader(_comparison(results, compared).splitlines()))
    try:
        written = list(csv.reader(read_file(folder / COMPARISON).decode().splitlines()))
    except (UnicodeDecodeError, csv.Error):
        return True
    if written[:1] != expected[:1]:
        return True
    if [row[:_ABOUT] for row in written] != [row[:_ABOUT] for row in expected]:
        return None
    return any(len(a) != len(b) or not all(map(_alike, a, b)) for a, b in zip(written, expected, strict=True))


def _alike(a: str, b: str) -> bool:
    """Whether two values are the same but for the last digits, which depend on the processor."""
    try:
        return a == b or math.isclose(float(a), float(b), rel_tol=1e-6, abs_tol=1e-9)
    except ValueError:
        return False
