"""The command line. Results go to the standard output, progress and complaints to the standard error.

Exit codes: 0 all went well; 1 something failed; 2 the input is wrong, and nothing was run; 130 interrupted; 141 the
reader of a pipe has gone. Whatever is slow to import is imported inside the command that needs it.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from ess_sim.errors import EssSimError, ResultsError, ScenarioError, did_you_mean

__all__ = ["app", "main"]

OK, FAILED, BAD_INPUT, INTERRUPTED, BROKEN_PIPE = 0, 1, 2, 130, 141

app = typer.Typer(
    name="ess-sim",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with: ess-sim scenarios --copy my-scenarios",
)

Files = Annotated[list[Path], typer.Argument(help="Scenario files (YAML).", show_default=False)]


def _complain(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"ess_sim {version('ess_sim')}")
        raise typer.Exit()


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks of errors (may stand anywhere).")] = False,
) -> None:
    """Simulate a territory's access to a médecin traitant (MT), with and without policies.

    Scenarios are YAML files. They are run several times each, with common random numbers, and compared replication by
    replication.

    \b
    Examples:
      ess-sim scenarios                       what comes with the package
      ess-sim validate my.yaml                every problem, at its line
      ess-sim run base.yaml smp.yaml -n 20    run, compare, draw
    """


# --- run and compare ----------------------------------------------------------------------------------------------


@app.command()
def run(
    files: Files,
    replications: Annotated[int, typer.Option("--replications", "-n", min=1, help="Runs of each scenario.")] = 20,
    seed: Annotated[int, typer.Option("--seed", "-s", min=0, help="Root seed: one seed, one result.")] = 1,
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", "-j", min=1, help="Processes, all cores by default."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for the results. (default: results/<first scenario>)")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace results of other scenarios, seeds or numbers of replications.")
    ] = False,
    baseline: Annotated[
        str | None, typer.Option("--baseline", "-b", help="Scenario to compare with. (default: the first)")
    ] = None,
    figure: Annotated[bool, typer.Option("--figure/--no-figure", help="Draw share.png.")] = True,
) -> None:
    """Run scenarios, compare them, draw the share of residents without MT.

    All replications of one number share their random numbers, so that scenarios differ by their policies alone. The
    results folder holds manifest.json (every parameter with its source), one Parquet file a table, scenario and
    replication, comparison.csv, share.png and run.log. The same command again replaces its own
    results; a folder that holds anything else is refused.

    \b
    Examples:
      ess-sim run scenarios/laval/baseline.yaml scenarios/laval/smp.yaml
      ess-sim run laval/*.yaml -n 50 -j 8 -o out --baseline laval-baseline
    """
    from ess_sim.experiment import EXTRAS, cores, run_experiment

    scenarios = _read(files)
    names = [s.name for s in scenarios]
    if baseline is not None and baseline not in names:
        known = ", ".join(names)
        raise ResultsError(f"no baseline {baseline!r}{did_you_mean(baseline, names)}: the scenarios are {known}")
    folder = out if out is not None else Path("results") / names[0]
    cells = len(scenarios) * replications
    with _progress(cells) as progress:
        results = run_experiment(
            scenarios,
            replications=replications,
            seed=seed,
            jobs=min(jobs or cores(), cells),
            out=folder,
            overwrite=overwrite,
            progress=progress,
        )
    first = baseline if baseline is not None else names[0]
    _print_summary(results, first, "share_without_mt")
    print(f"results     {folder}")
    if len(names) > 1:
        print(f"comparison  {_write_comparison(results, first, folder)}")
    if figure:
        from ess_sim.figures import plot_share

        print(f"figure      {plot_share(results, folder / EXTRAS[1], first)}")
    _print_caveats(results)


@app.command()
def compare(
    results: Annotated[Path, typer.Argument(metavar="DIR", help="Results folder of ess-sim run.", show_default=False)],
    baseline: Annotated[
        str | None, typer.Option("--baseline", "-b", help="Scenario to compare with. (default: the first)")
    ] = None,
    outcome: Annotated[
        list[str] | None,
        typer.Option("--outcome", help="Outcome, may be repeated. (default: those the scenarios declare)"),
    ] = None,
    date: Annotated[
        list[str] | None,
        typer.Option("--date", help="Recorded day, may be repeated. (default: after 1, 3, 5, 10, 20 years)"),
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Print every figure as CSV.")] = False,
) -> None:
    """Compare the scenarios of a results folder, replication by replication.

    \b
    Examples:
      ess-sim compare results/laval --baseline laval-baseline
      ess-sim compare results/laval --outcome list_holders --csv > out.csv
    """
    from ess_sim.compare import compare as compare_results
    from ess_sim.results import Results

    found = Results.read(results)
    first = baseline if baseline is not None else found.scenarios[0]
    table = compare_results(found, baseline=first, outcomes=outcome, dates=date)
    if csv:
        sys.stdout.write(table.to_csv(index=False, lineterminator="\n"))
        return
    for name in dict.fromkeys(table["outcome"]):
        _print_summary(found, first, name, date)
    _print_caveats(found)


def _write_comparison(results: Any, baseline: str, folder: Path) -> Path:
    from ess_sim.compare import compare as compare_results
    from ess_sim.experiment import EXTRAS
    from ess_sim.store import write_atomically

    path = folder / EXTRAS[0]
    table = compare_results(results, baseline=baseline)
    write_atomically(path, table.to_csv(index=False, lineterminator="\n").encode())
    return path


def _print_summary(results: Any, baseline: str, outcome: str, dates: Sequence[str] | None = None) -> None:
    from ess_sim.compare import summary
    from ess_sim.scenario import OUTCOMES

    table = summary(results, baseline=baseline, outcome=outcome, dates=dates)
    table["date"] = table["date"].dt.strftime("%Y-%m-%d")
    table = table.rename(columns={"difference": f"difference from {baseline}"})
    if len(results.scenarios) == 1:
        table = table.iloc[:, :3]
    n = len(results.replications)
    basis = f"mean of {n} replications [95 % interval]" if n > 1 else "one replication: no interval can be stated"
    print(f"{OUTCOMES[outcome]}, {basis}\n")
    _print_table(table)
    print()


def _print_caveats(results: Any) -> None:
    """What the numbers rest on, said wherever they are printed."""
    grade_d = sorted({name for names in results.grade_d.values() for name in names})
    if grade_d:
        print(f"These results rest on {len(grade_d)} grade-D parameters (assumptions), listed in manifest.json.")
    for text in dict.fromkeys(text for texts in results.assumed.values() for text in texts):
        print(f"assumed: {text}")


def _print_table(table: Any) -> None:
    """Columns side by side, as wide as they are: what is piped must not depend on a terminal."""
    columns = [[str(name), *map(str, table[name])] for name in table.columns]
    widths = [max(map(len, column)) for column in columns]
    for row in zip(*columns, strict=True):
        print("  ".join(value.ljust(width) for value, width in zip(row, widths, strict=True)).rstrip())


@contextmanager
def _progress(total: int) -> Iterator[Any]:
    """A bar with the time left on a terminal; elsewhere a line now and then."""
    if not sys.stderr.isatty():
        began, said = time.monotonic(), [-1.0]

        def lines(done: int, total: int, what: str) -> None:
            now = time.monotonic() - began
            if done in (0, total) or " failed: " in what or now - said[0] > 10:
                said[0] = now
                _complain(f"[{now:5.0f} s] {done}/{total} {what}")

        yield lines
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn())
    with Progress(*columns, TextColumn("{task.fields[what]}"), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total, what="")

        def update(done: int, total: int, what: str) -> None:  # noqa: ARG001 (the bar knows the total)
            bar.update(task, completed=done, what=what)
            if " failed: " in what:
                bar.console.print(what, markup=False, highlight=False)

        yield update


def _read(files: Sequence[Path]) -> list[Any]:
    from ess_sim.simulate import read_scenarios

    return read_scenarios(files)


# --- what there is ------------------------------------------------------------------------------------------------


@app.command()
def validate(files: Files) -> None:
    """Check scenario files: every problem at its file, line and column. Nothing is run.

    \b
    Example:
      ess-sim validate my-scenarios/laval/*.yaml
    """
    from ess_sim.simulate import prepare

    for path, scenario in zip(files, _read(files), strict=True):
        territory = prepare(scenario)
        kinds = ", ".join(str(p.to_block()["kind"]) for p in scenario.policies) or "no policy"
        dates = f"{scenario.start} to {scenario.calendar.end}"
        print(f"{path}: {scenario.name}: {dates}, {territory.name}, {kinds}: valid")


@app.command()
def scenarios(
    copy: Annotated[
        Path | None, typer.Option("--copy", metavar="DIR", help="Copy them to a folder; nothing there is overwritten.")
    ] = None,
) -> None:
    """List the scenarios that come with the package, or copy them to change them.

    \b
    Example:
      ess-sim scenarios --copy my-scenarios
    """
    from ess_sim.resources import scenarios_dir
    from ess_sim.store import write_atomically

    source = scenarios_dir()
    paths = sorted(p for p in source.rglob("[!.]*") if p.is_file())
    if copy is None:
        for path in paths:
            if path.suffix == ".yaml":
                print(f"{path}\n    {_read([path])[0].title or path.stem}")
        return
    targets = [copy / p.relative_to(source) for p in paths]
    there = [t for t in targets if t.exists()]
    if there:
        raise ResultsError("\n".join(f"{t}: there already: nothing was copied" for t in there))
    for path, target in zip(paths, targets, strict=True):
        write_atomically(target, path.read_bytes())
        print(target)


@app.command()
def territories(
    text: Annotated[str, typer.Argument(help="Part of a name, or the beginning of a code.", show_default=False)] = "",
) -> None:
    """Find a territory's code: intercommunal bodies (epci), EPTs of Grand Paris (ept), départements.

    \b
    Example:
      ess-sim territories laval
    """
    from ess_sim.territory import search_territories

    found = search_territories(text)
    if found.empty:
        raise ResultsError(f"no EPCI, EPT or département holds {text!r} in its name or code")
    _print_table(found)


@app.command()
def policies() -> None:
    """List the kinds of policies with their fields, as a scenario file names them."""
    from ess_sim.policies.registry import KINDS

    for kind, model in sorted(KINDS.items()):
        print(f"{kind}\n    {model.about}")
        schema = model.model_json_schema()
        _print_fields(schema, schema.get("$defs", {}), "    ")
        print()
    print("One of your own, a subclass of ess_sim.Policy, is named by its path: kind: my_module:MyPolicy")


def _print_fields(schema: dict[str, Any], models: dict[str, Any], indent: str) -> None:
    required = schema.get("required", [])
    for name, said in schema.get("properties", {}).items():
        options = [o for o in said.get("anyOf", [said]) if o.get("type") != "null"]
        default = "required" if name in required else f"default {_yaml(said.get('default'))}"
        nested = [models[o["$ref"].rsplit("/", 1)[-1]] for o in options if "$ref" in o]
        words = " or ".join(dict.fromkeys(_type(o) for o in options))
        print(f"{indent}{name}: {words} ({default})")
        for model in nested:
            _print_fields(model, models, indent + "    ")


def _type(option: dict[str, Any]) -> str:
    """A JSON schema type in words."""
    if "$ref" in option:
        return "fields"
    if "enum" in option or "const" in option:
        return " or ".join(map(_yaml, option.get("enum", [option.get("const")])))
    if option.get("format") == "date":
        return "date"
    if option.get("type") == "array":
        return f"list of {_type(option.get('items', {}))}"
    words = {"integer": "whole number", "number": "number", "string": "text", "boolean": "true or false"}
    word = words.get(option.get("type", ""), "any value")
    limits = [
        f"{sign} {option[key]:g}"
        for key, sign in (("exclusiveMinimum", ">"), ("minimum", "≥"), ("exclusiveMaximum", "<"), ("maximum", "≤"))
        if key in option
    ]
    return " ".join([word, " and ".join(limits)]).strip()


def _yaml(value: Any) -> str:
    return "none" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


# --- entry point --------------------------------------------------------------------------------------------------


def main(args: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    args : sequence of str, optional
        Arguments without the program's name; those of the process by default.

    Returns
    -------
    int
        Exit code.
    """
    given = list(sys.argv[1:] if args is None else args)
    debug = "--debug" in given
    given = [a for a in given if a != "--debug"]
    try:
        # not app(): it would turn interruptions and broken pipes into bare exit codes of its own
        command = typer.main.get_command(app)
        with command.make_context("ess-sim", given) as context:
            command.invoke(context)
        sys.stdout.flush()
        return OK
    except typer.Exit as leave:
        return leave.exit_code
    except BaseException as error:  # whatever happens ends in a code and a clear last line
        if isinstance(error, KeyboardInterrupt | BrokenPipeError):
            return _stopped(error)
        if debug:
            traceback.print_exc()
        return _explained(error)


def _stopped(error: BaseException) -> int:
    if isinstance(error, BrokenPipeError):
        # what is still in the buffer would raise again when the interpreter flushes it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    _complain(f"interrupted: {error or 'nothing was kept'}")
    return INTERRUPTED


def _explained(error: BaseException) -> int:
    if isinstance(error, typer.Abort):
        return _stopped(KeyboardInterrupt())
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else FAILED
    if hasattr(error, "format_message"):  # typer's usage errors
        context = getattr(error, "ctx", None)
        command = context.command_path if context is not None else "ess-sim"
        message = error.format_message()
        _complain(f"{message}\nwrong usage: nothing was run; see {command} --help" if message else "")
        return BAD_INPUT
    if isinstance(error, ScenarioError):
        _complain(str(error))
        n, m = len(error.problems), len({p.file for p in error.problems})
        counted = f"{n} problem{'s' if n > 1 else ''} in {m} file{'s' if m > 1 else ''}"
        _complain(f"{counted}: nothing was run, nothing was written")
        return BAD_INPUT
    if isinstance(error, EssSimError) and isinstance(error, ValueError):
        _complain(f"error: {error}")
        return BAD_INPUT
    if isinstance(error, EssSimError):
        _complain(f"error: {error}")
        return FAILED
    said = (str(error).splitlines() or [""])[0]
    _complain(f"unexpected error: {type(error).__name__}: {said} (--debug shows where)")
    return FAILED


if __name__ == "__main__":
    sys.exit(main())
