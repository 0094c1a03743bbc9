"""What ``ess-sim compare --by`` prints: a table of groups for each outcome, scenario and date."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ess_sim.inputs.scenario.outcomes import OUTCOMES
from ess_sim.results.comparison.words import groups

__all__ = ["print_groups"]


def print_groups(
    results: Any,
    compared: dict[str, str],
    by: Sequence[str],
    outcomes: Sequence[str] | None,
    dates: Sequence[str] | None,
    print_table: Callable[[Any], None],
) -> None:
    """Differences within groups, with numbers of residents beside points."""
    for about, table in groups(results, baseline=compared, by=by, outcomes=outcomes, dates=dates):
        basis = f"mean of {about.n} replications [95 % interval]" if about.n > 1 else "one replication: no interval"
        print(OUTCOMES[about.outcome].about)
        print(f"{about.scenario} against {about.baseline}, {about.date.date()}, {basis}\n")
        print_table(table)
        print()
