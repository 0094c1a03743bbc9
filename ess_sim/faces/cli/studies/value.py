"""The command that says what is worth measuring: value."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ess_sim.atomic import users_path
from ess_sim.errors import ResultsError
from ess_sim.faces.cli.parts.terminal import Faults

__all__ = ["value"]


def value(
    results: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", help="Results folder of ess-sim run --draws.", show_default=False, callback=users_path
        ),
    ],
    outcome: Annotated[
        str | None, typer.Option("--outcome", help="Choose by this outcome. (default: share_without_mt)")
    ] = None,
    date: Annotated[str | None, typer.Option("--date", help="Recorded day. (default: the last)")] = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            "--threshold",
            metavar="EURO",
            help="Choose by net benefit instead, if a resident-year with MT is worth so much.",
        ),
    ] = None,
    discount: Annotated[
        float | None, typer.Option("--discount", help="Rate a year, with --threshold. (default: 0.025)")
    ] = None,
    scenario: Annotated[
        list[str] | None, typer.Option("--scenario", help="A choice, may be repeated. (default: all scenarios)")
    ] = None,
    group: Annotated[
        list[str] | None,
        typer.Option(
            "--group", metavar="NAME=A,B", help="Parameters to be known together, may be repeated.", show_default=False
        ),
    ] = None,
    shuffles: Annotated[
        int | None,
        typer.Option("--shuffles", metavar="N", help="Most shuffles a row. (default: as many as adjusted p need)"),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", "-s", min=0, help="Of shuffling and intervals.")] = 1,
    figure: Annotated[bool, typer.Option("--figure/--no-figure", help="Draw value.png.")] = True,
) -> None:
    """Say what it would be worth to know parameters before a scenario is chosen, and what to measure first.

    EVPI of all parameters and EVPPI of each and of groups, from the draws of the folder (30 or more), each with its
    Monte Carlo error and beside it what shuffled draws show. value.csv and value.png join the results folder.

    \b
    Examples:
      ess-sim run laval/smp.yaml laval/smp_retired_only.yaml --draws 100 -n 2 --out results/drawn
      ess-sim value results/drawn --date 2027-05-31
      ess-sim value results/drawn --threshold 200
      ess-sim value results/drawn --group calling=call_rate_per_year,informed_share
    """
    from ess_sim.analysis.worth import worth as study
    from ess_sim.atomic import write_atomically
    from ess_sim.faces.cli.parts.compare import complete_pairs
    from ess_sim.faces.cli.parts.printing import print_caveats
    from ess_sim.faces.cli.studies.value_words import draw_value, print_value
    from ess_sim.results.results import Results
    from ess_sim.results.storage.files.csv_text import csv_text
    from ess_sim.results.storage.keys import VALUE, VALUE_FIGURE

    faults = Faults()
    groups: dict[str, list[str]] = {}
    for text in group or ():
        name, _, said = text.partition("=")
        members = [member.strip() for member in said.split(",") if member.strip()]
        with faults:
            if not name.strip() or not members:
                raise ResultsError(f"--group {text}: write NAME=parameter,parameter")
            if name.strip() in groups:
                raise ResultsError(f"--group {text}: a second group of this name")
            groups[name.strip()] = members
    with faults:
        if threshold is not None and (outcome is not None or date is not None):
            raise ResultsError("--threshold chooses by net benefit over the whole run: without --outcome and --date")
    with faults:
        if threshold is None and discount is not None:
            raise ResultsError("--discount goes with --threshold: outcomes are not discounted")
    faults.end()
    runs = complete_pairs(Results.read(results))
    found = study.value(
        runs,
        outcome=outcome or "share_without_mt",
        date=date,
        threshold=threshold,
        discount=0.025 if discount is None else discount,
        scenarios=scenario,
        groups=groups,
        shuffles=shuffles,
        seed=seed,
    )
    written = {"values": str(results / VALUE)}
    # files first: the reader of a pipe may stop reading
    write_atomically(results / VALUE, csv_text(found.table).encode())
    if figure:
        written["figure"] = draw_value(found, results / VALUE_FIGURE)
    print_value(found)
    for what, where in written.items():
        print(f"{what:11} {where}")
    print_caveats(runs)
