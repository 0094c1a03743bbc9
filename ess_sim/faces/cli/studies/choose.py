"""The command that looks for the best use of a yearly budget."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from ess_sim.atomic import users_path, write_atomically
from ess_sim.errors import ResultsError
from ess_sim.faces.cli.parts.terminal import AllowCode, Faults, check_choice, complain, draws_option, progress
from ess_sim.faces.cli.studies.drawing import draw
from ess_sim.faces.cli.studies.options import Added, Policies, listed

__all__ = ["choose"]


def choose(
    file: Annotated[Path, typer.Argument(help="The baseline, a scenario file (YAML).", show_default=False)],
    budget: Annotated[
        float, typer.Option("--budget", "-b", metavar="EUR", help="Public euro a year beyond what the baseline costs.")
    ],
    over_horizon: Annotated[
        bool,
        typer.Option(
            "--over-horizon/--per-year",
            help="The budget must hold in the mean of each run's years, so that an investment counts as spread over "
            "them; or in each year of every run.",
        ),
    ] = False,
    outcome: Annotated[
        str, typer.Option("--outcome", metavar="NAME", help="What is to become better.")
    ] = "share_without_mt",
    date: Annotated[
        str | None, typer.Option("--date", metavar="DATE", help="When: a recorded date. (default: the last)")
    ] = None,
    years: Annotated[
        int | None, typer.Option("--years", "-y", min=1, help="Years that are simulated. (default: the file's)")
    ] = None,
    policies: Policies = None,
    add: Added = None,
    limit: Annotated[
        list[str] | None,
        typer.Option(
            "--limit",
            "-l",
            metavar="NAME=N",
            help="At most so many retired_gps, salaried_gps, interns (a semester), centres, copies (policies in all), "
            "copies.KIND. May be repeated.",
        ),
    ] = None,
    price: Annotated[
        list[str] | None,
        typer.Option(
            "--price",
            metavar="KIND=EUR",
            help="Euro a year that one of a kind costs beside what the accounts know. May be repeated.",
        ),
    ] = None,
    known_costs: Annotated[
        bool, typer.Option("--known-costs", help="Leave out policies of whose cost nothing is known.")
    ] = False,
    payers: Annotated[
        str | None,
        typer.Option(
            "--payers",
            metavar="LIST",
            help="Whose money it is: insurer, agency, local_authority, state, divided by commas. (default: all)",
        ),
    ] = None,
    places: Annotated[int, typer.Option("--places", min=1, max=6, help="Places in need that are tried.")] = 4,
    copies: Annotated[
        int, typer.Option("--copies", min=1, max=5, help="How often one policy may be had at one place.")
    ] = 1,
    confidence: Annotated[
        float,
        typer.Option(
            "--confidence",
            metavar="P",
            help="How probable it is to be that the selection at the end finds the best of the finalists: above 0.5, "
            "below 1.",
        ),
    ] = 0.95,
    indifference: Annotated[
        float | None,
        typer.Option(
            "--indifference",
            metavar="X",
            help="Smallest difference that matters, in the outcome's unit (of a share: points), above 0. "
            "(default: 1/20 of the best effect)",
        ),
    ] = None,
    draws: Annotated[
        str | None, draws_option("Draws of the uncertain parameters, over which the choice is made again")
    ] = None,
    effort: Annotated[
        float,
        typer.Option(
            "--effort",
            metavar="X",
            help="How much is simulated: 0.1 to 20 times the usual replications, mixes tried a round and finalists. "
            "0.3 for a first look, 3 for a night.",
        ),
    ] = 1.0,
    seed: Annotated[int, typer.Option("--seed", "-s", min=0, help="Root seed: one seed, one result.")] = 1,
    jobs: Annotated[int | None, typer.Option("--jobs", "-j", min=1, help="Workers, all cores by default.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for the results. (default: results/<scenario>-choice)")
    ] = None,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite", help="Replace a choice of another baseline, number of years, outcome, date, payers or seed."
        ),
    ] = False,
    lang: Annotated[
        str, typer.Option("--lang", help="Language of choice.png, and in which choice.html opens: en or fr.")
    ] = "en",
    allow_code: AllowCode = False,
) -> None:
    """Look for the mix of policies that does most under a yearly public budget.

    Every policy is tried in its usual dose at the first few places in need, then mixes of them, with common random
    numbers; the best of the last ten is selected with a stated confidence, and all figures come from runs that the
    search never saw. The folder holds choice.html (a page for those who decide), choice.png, chosen.yaml, which
    ess-sim run takes, and the tables; the same command again goes on where it was stopped. How to read it:
    docs/choose.md.

    \b
    Examples:
      ess-sim choose scenarios/laval/baseline.yaml --budget 500000 --per-year --years 10
      ess-sim choose my.yaml -b 300000 --limit retired_gps=6 --limit centres=1
      ess-sim choose my.yaml -b 300000 --price later_retirement=40000 --known-costs
      ess-sim choose my.yaml -b 300000 --draws national
    """
    from importlib.metadata import version

    from ess_sim.analysis.benchmark.own import own_policies
    from ess_sim.analysis.budget.asked import Asked
    from ess_sim.analysis.budget.choose import choose as chosen_by
    from ess_sim.analysis.budget.files import PAGE, PICTURE, fresh_replications
    from ess_sim.analysis.budget.mixes.limits import read_limits
    from ess_sim.analysis.budget.mixes.search import Effort
    from ess_sim.experiments.draws.posterior import read_draws
    from ess_sim.faces.cli.parts.printing import print_table, shown
    from ess_sim.faces.cli.parts.reading import read_files, warn_of
    from ess_sim.faces.report.choice import choice_html
    from ess_sim.faces.reports.studies.choice import (
        candidates_note,
        candidates_table,
        choice_lines,
        costs_table,
        rules_table,
    )
    from ess_sim.faces.words.glossary import LANGUAGES, Language

    (baseline,) = read_files([file], allow_code=allow_code)
    faults = Faults()
    limits, prices, drawn, also, work = dict[str, int](), dict[str, float](), None, [], Effort()
    with faults:
        check_choice("--lang", lang, LANGUAGES)
    with faults:
        limits = read_limits(limit or [])
    with faults:
        prices = _prices(price or [])
    with faults:
        work = Effort.of(effort)
    with faults:
        drawn = None if draws is None else read_draws(draws)
    with faults:
        also = own_policies(add or [], allow_code=allow_code)
    if years is not None:
        with faults:
            baseline = baseline.with_(horizon_years=years)
    question: dict[str, Any] = {
        "over_horizon": over_horizon,
        "payers": listed(payers),
        "outcome": outcome,
        "date": date,
        "policies": listed(policies),
        "also": also,
        "limits": limits,
        "prices": prices,
        "places": places,
        "copies": copies,
        "confidence": confidence,
        "indifference": indifference,
    }
    with faults:  # before the first run, together with what is wrong with options alone
        Asked.of(baseline, budget, **question)
    faults.end()
    warn_of(drawn)
    folder = users_path(out or Path("results") / f"{baseline.name.removesuffix('-baseline')}-choice")
    before = 0 if overwrite else fresh_replications(folder)
    with progress() as say:
        found = chosen_by(
            baseline,
            budget,
            **question,
            known_costs=known_costs,
            draws=drawn,
            effort=work,
            seed=seed,
            jobs=jobs,
            out=folder,
            overwrite=overwrite,
            progress=say,
        )
    if before > (n := int(found.candidates["n"].max())):
        complain(
            f"note: the earlier choice of this folder rests on {before} fresh replications of each mix, this one on "
            f"{n} of them (--effort {effort:g})"
        )
    page, picture = folder / PAGE, folder / PICTURE
    language: Language = "fr" if lang == "fr" else "en"
    write_atomically(page, choice_html(found, version=version("ess_sim"), lang=language).encode())
    picture.unlink(missing_ok=True)  # where none can be drawn, none of an earlier choice stays
    tables = {"candidates": found.candidates, "rules": found.rules}
    there = draw(_figure, [picture], found.front, **tables, budget=found.budget, outcome=outcome, lang=language)
    print_table(candidates_table(found))
    print(f"{candidates_note(found)}\n")
    for table in (costs_table(found), rules_table(found)):
        if len(table):
            print_table(table)
            print()
    for line in choice_lines(found):
        print(shown(line))
    print(f"results     {folder}\npage        {page}: open it in a browser\npicture     {there[0]}")


def _figure() -> Callable[..., Any]:
    from ess_sim.faces.figures.studies.frontier import frontier

    return frontier


def _prices(given: Sequence[str]) -> dict[str, float]:
    out: dict[str, float] = {}
    wrong = []
    for text in given:
        kind, _, euro = (part.strip() for part in text.partition("="))
        if kind in out:
            wrong.append(f"price {kind!r} is given twice")
            continue
        try:
            out[kind] = float(euro)
        except ValueError:
            wrong.append(f"price {text!r}: write KIND=EURO, such as later_retirement=40000")
    if wrong:
        raise ResultsError("\n".join(wrong))
    return out
