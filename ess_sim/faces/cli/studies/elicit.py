"""The commands that ask experts: elicit new, elicit read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ess_sim.atomic import users_path
from ess_sim.errors import ResultsError
from ess_sim.faces.cli.parts.terminal import AllowCode, Faults, check_choice

__all__ = ["elicit"]


elicit = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Ask experts about parameters that have never been measured: make the form, and draws of the answers.",
)


@elicit.command("new")
def new(
    file: Annotated[Path, typer.Argument(help="Scenario file (YAML).", show_default=False)],
    parameters: Annotated[
        str | None,
        typer.Option(
            "--parameters", metavar="A,B", help="What to ask about. (default: all of grade D that the scenario reads)"
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="DIR", help="Folder for the form. (default: the current one)"),
    ] = None,
    lang: Annotated[str, typer.Option("--lang", help="Language of the form: en or fr.")] = "en",
    force: Annotated[bool, typer.Option("--force", help="Replace a form that is there.")] = False,
    allow_code: AllowCode = False,
) -> None:
    """Write the form: a table for spreadsheets (CSV), and a page to print or fill in, which sends nothing anywhere.

    For each parameter experts give a low, a most likely and a high value (the true one lies beyond low and high with
    5 % each), and say why.

    \b
    Examples:
      ess-sim elicit new laval/smp.yaml --parameters informed_share,call_rate_per_year --lang fr
      ess-sim elicit new laval/smp.yaml --out forms
    """
    from ess_sim.atomic import write_together
    from ess_sim.experiments.elicitation.questions import Question, form_text, questions
    from ess_sim.faces.cli.parts.reading import read_files
    from ess_sim.faces.elicitation.page import form_page, translated, units_in
    from ess_sim.inputs.scenario.scenario import Scenario

    faults = Faults()
    names = None if parameters is None else [n.strip() for n in parameters.split(",") if n.strip()]
    with faults:
        check_choice("--lang", lang, ("en", "fr"))
    with faults:
        if names is not None and not names:
            raise ResultsError("--parameters names none: write them with commas between")
    read: list[Scenario] = []
    with faults:
        read = read_files([file], allow_code=allow_code)
    named: tuple[Question, ...] = ()
    with faults:
        if read and names:
            named = questions(read[0], names)
    for scenario in read:
        with faults:
            folder = Path() if out is None else users_path(out)
            table, page = (folder / f"{scenario.name}-form.{kind}" for kind in ("csv", "html"))
            if (there := [path for path in (table, page) if path.exists()]) and not force:
                shown = ", ".join(map(str, there))
                raise ResultsError(f"{shown}: there already, perhaps filled in: --force replaces it")
    faults.end()
    language: Any = lang
    asked = translated(named or questions(scenario), language)
    title = scenario.title.to(language) or scenario.name
    text = form_text(asked, units_in(language), language)
    html = form_page(asked, scenario=title, name=scenario.name, lang=language)
    write_together({table: b"\xef\xbb\xbf" + text.encode(), page: html.encode()})  # Excel needs the mark of order
    print(f"asked       {len(asked)} parameter{'s'[: len(asked) > 1]}")
    print(f"table       {table}")
    print(f"page        {page}")
    print(f"when filled in: ess-sim elicit read {table} … --out draws.csv")


@elicit.command("read")
def read(
    forms: Annotated[
        list[Path], typer.Argument(metavar="FORM…", help="Forms that were filled in (CSV).", show_default=False)
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="Draws to write (CSV).", show_default=False)],
    draws: Annotated[int, typer.Option("--draws", "-d", min=1, max=5000, help="How many.")] = 100,
    seed: Annotated[int, typer.Option("--seed", "-s", min=0, help="Of the draws.")] = 1,
    weights: Annotated[
        str,
        typer.Option(
            "--weights",
            help="equal: experts alike; column: by the column weight of the forms; median: of their quantiles.",
        ),
    ] = "equal",
    force: Annotated[bool, typer.Option("--force", help="Replace draws that are there.")] = False,
) -> None:
    """Pool the answers of experts into draws of the parameters, for ess-sim run --draws FILE.

    Beside the draws stands their provenance (.json): who said what, when and why, how it was pooled, digests of the
    forms. Where experts' ranges have no value in common, it is said.

    \b
    Examples:
      ess-sim elicit read forms/*.csv --out draws.csv --draws 200
      ess-sim run laval/smp.yaml laval/smp_retired_only.yaml --draws draws.csv -n 2
    """
    from ess_sim.experiments.elicitation.elicited import elicited
    from ess_sim.faces.cli.studies.elicitation_words import print_elicited

    target, faults = users_path(out), Faults()
    with faults:
        check_choice("--weights", weights, ("equal", "column", "median"))
    with faults:
        if target.suffix.lower() != ".csv":
            raise ResultsError(f"--out {out}: draws are a CSV file: name it .csv")
        there = [path for path in (target, target.with_suffix(".json")) if path.exists()]
        if there and not force:
            raise ResultsError(f"{', '.join(map(str, there))}: there already: --force replaces it")
        if any(target.resolve() == users_path(form).resolve() for form in forms):
            raise ResultsError(f"--out {out}: this is one of the forms")
    faults.end()
    by: Any = weights
    found = elicited([users_path(form) for form in forms], draws=draws, seed=seed, weights=by)
    beside = found.write(target)
    print_elicited(found)
    print(f"draws       {target} ({len(found.draws)}; ess-sim run … --draws {target})")
    print(f"provenance  {beside}")
