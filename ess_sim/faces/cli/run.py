"""The commands that simulate: run, library, calibrate."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Any

import typer

from ess_sim.atomic import users_path
from ess_sim.errors import ResultsError
from ess_sim.faces.cli.parts.terminal import (
    AllowCode,
    Faults,
    check_choice,
    complain,
    draws_option,
    prepare_workers,
    progress,
)

__all__ = ["calibrate", "library", "run"]


def run(
    files: Annotated[list[Path], typer.Argument(help="Scenario files (YAML), or one batch file.", show_default=False)],
    replications: Annotated[
        int | None,
        typer.Option(
            "--replications", "-n", min=1, help="Runs of each scenario. (default: 20; with --precision at most 500)"
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", "-s", min=0, help="Root seed: one seed, one result. (default: 1)")
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", "-j", min=1, help="Workers, all cores by default."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder for the results. (default: results/<first scenario or batch>)"),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace results of other scenarios, seeds or draws.")
    ] = False,
    baseline: Annotated[
        str | None, typer.Option("--baseline", "-b", help="Scenario to compare with. (default: the first)")
    ] = None,
    precision: Annotated[
        float | None,
        typer.Option(
            "--precision",
            "-p",
            help="Go on until every difference's 95 % interval is ± this many percentage points, and stays so.",
        ),
    ] = None,
    draws: Annotated[
        str | None, draws_option("Draws of the uncertain parameters, each with its own replications")
    ] = None,
    design: Annotated[
        str | None, typer.Option("--design", help="How to draw: latin-hypercube (default) or sobol.")
    ] = None,
    engine: Annotated[
        str | None, typer.Option("--engine", "-e", help="Where to compute: processes (default) or dask.")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option("--scheduler", help="Address of a running Dask scheduler, e.g. tcp://10.0.0.1:8786.")
    ] = None,
    keep: Annotated[
        str | None,
        typer.Option(
            "--keep",
            metavar="TABLES",
            help="Tables that the folder keeps of each run, e.g. outcomes,facts,accounts; outcomes in any case. "
            "(default: all)",
        ),
    ] = None,
    snapshots: Annotated[
        str | None,
        typer.Option("--snapshots", help="Residents by cell are kept monthly (default), yearly, or none of them."),
    ] = None,
    shard: Annotated[
        str | None,
        typer.Option(
            "--shard",
            help="Make only this part of the runs, e.g. 3/40, or slurm: as the variables of a SLURM array say. Each "
            "shard has a folder of its own below --out; ess-sim merge joins them.",
        ),
    ] = None,
    figure: Annotated[bool, typer.Option("--figure/--no-figure", help="Draw share.png.")] = True,
    report: Annotated[
        bool, typer.Option("--report/--no-report", help="Write report.html, a page for those who decide.")
    ] = True,
    lang: Annotated[
        str, typer.Option("--lang", help="Language of share.png, and in which report.html opens: en or fr.")
    ] = "en",
    allow_code: AllowCode = False,
) -> None:
    """Run scenarios, compare them, draw the share of residents without MT.

    All replications of one number share their random numbers, so that scenarios differ by their policies alone. The
    results folder holds manifest.json (every parameter with its source), one Parquet file a table and hundred runs,
    comparison.csv, share.png, report.html and run.log. The same command again, after Ctrl-C, a crash or a full disk,
    runs what is missing or damaged; more replications or scenarios join those that are there. A folder that holds
    anything else is refused. A batch file names scenarios, a grid of variants and all of these options; an option
    given here wins.

    \b
    Examples:
      ess-sim run scenarios/laval/baseline.yaml scenarios/laval/smp.yaml
      ess-sim run laval/*.yaml -n 50 -j 8 -o out --baseline laval-baseline
      ess-sim run laval/*.yaml --precision 0.1
      ess-sim run laval/*.yaml --draws 50 -n 4
      ess-sim run laval/*.yaml --draws national -n 4
      ess-sim run laval/*.yaml -n 1000 --keep outcomes,facts,accounts
      ess-sim run batch.yaml --shard 3/40 -o shards
      ess-sim run batch.yaml --engine dask --scheduler tcp://10.0.0.1:8786
    """
    prepare_workers(jobs, engine)
    from ess_sim.experiments.draws.posterior import read_draws
    from ess_sim.experiments.engines.engine import ENGINES, NO_THREADS, Engine, most_workers
    from ess_sim.experiments.experiment import MOST_REPLICATIONS, run_experiment
    from ess_sim.experiments.shards import read_shard
    from ess_sim.faces.cli.parts.compare import conclude
    from ess_sim.faces.cli.parts.reading import check_size, read_experiment, say_what_binds, trees_of, warn_of
    from ess_sim.results.comparison.pairing import across_territories, baselines
    from ess_sim.results.keeping import Keep
    from ess_sim.results.results import Results
    from ess_sim.results.storage.described import other_baselines

    batch, scenarios = read_experiment(files, allow_code=allow_code)
    names = [s.name for s in scenarios]

    def wanted(name: str, given: Any, default: Any = None) -> Any:
        """An option of the command line, else of the batch file, else its default."""
        said = getattr(batch, name) if batch is not None and given is None else given
        return default if said is None else said

    faults = Faults()
    with faults:
        if engine == "threads":
            raise ResultsError(f"--engine threads: {NO_THREADS}")
        check_choice("--engine", engine, ENGINES)
    with faults:
        check_choice("--lang", lang, ("en", "fr"))
    with faults:
        check_choice("--design", design, ("latin-hypercube", "sobol"))
    with faults:
        if scheduler is not None and wanted("engine", engine) != "dask":
            raise ResultsError("--scheduler goes with --engine dask")
    compared, drawn = dict[str, str](), None
    with faults:
        compared = baselines(names, baseline or (batch.baselines if batch is not None else names[0]))
    usual = dict.fromkeys(names[1:], names[0])
    said = baseline is not None or (batch is not None and (batch.baseline_named or compared != usual))
    folder = users_path(out or Path("results") / (batch.name if batch is not None else names[0]))
    precise = wanted("precision", precision)
    with faults:
        if precise is not None and not precise > 0:
            raise ResultsError(f"--precision {precise:g}: a half-width is above 0")
    with faults:
        drawn = wanted("draws", None if draws is None else read_draws(draws))
        if design is not None and not isinstance(drawn, int):
            raise ResultsError("--design goes with --draws N: it says how N values of the assumptions are spread")
    with faults:
        if precise is not None and drawn is not None:
            raise ResultsError("--precision goes without --draws: replications do not narrow what draws leave open")
    kept = Keep()
    with faults:
        kept = Keep.of(wanted("keep", keep), wanted("snapshots", snapshots))
    part = None
    with faults:
        part = read_shard(shard)
        if part is not None and precise is not None:
            raise ResultsError("--precision goes without --shard: it looks at all runs")
    faults.end()
    warn_of(drawn)
    say_what_binds(scenarios, batch.trees if batch is not None else trees_of(files, allow_code=allow_code))
    each = wanted("replications", replications, MOST_REPLICATIONS if precise else 20)
    each *= drawn if isinstance(drawn, int) else len(drawn or [0])
    where = Engine(wanted("engine", engine, "processes"), wanted("jobs", jobs), scheduler)
    local = most_workers(where) if where.kind == "processes" else None
    check_size(scenarios, each / (part.total if part is not None else 1), kept, local)
    before = _manifest_of(folder)
    with progress() as say:
        results = run_experiment(
            scenarios,
            replications=wanted("replications", replications, None if precise else 20),
            seed=wanted("seed", seed, 1),
            jobs=wanted("jobs", jobs),
            out=folder,
            overwrite=overwrite,
            progress=say,
            engine=wanted("engine", engine, "processes"),
            scheduler=scheduler,
            draws=drawn,
            design=wanted("design", design, "latin-hypercube"),
            precision=precise,
            baseline=compared if said else None,
            keep=wanted("keep", keep),
            snapshots=wanted("snapshots", snapshots),
            shard=part,
        )
    if part is not None:
        print(f"results     {folder / part.folder}\nshard       {part}: ess-sim merge joins all of them")
        return
    for line in other_baselines(before, results.manifest or {}) if before is not None else ():
        complain(f"note: {line}")
    held, shown = int((results.manifest or {}).get("replications", 0)), len(results.replications)
    if held > shown or len(results.scenarios) > len(names):
        results = Results.read(folder)  # what is printed is what the report says
    if len(results.replications) > shown:
        complain(f"note: {folder} holds {len(results.replications)} replications: all of them count")
    conclude(
        results,
        {**results.baselines, **across_territories(results, compared)},  # of those a folder keeps no baseline
        folder,
        asked=names,
        figure=figure,
        report=report,
        precise=precise,
        lang="fr" if lang == "fr" else "en",
    )


def _manifest_of(folder: Path) -> dict[str, Any] | None:
    """What a results folder says of its experiment before another execution; None where it says nothing readable."""
    from ess_sim.results.storage.described import read
    from ess_sim.results.storage.layout import Layout

    try:
        return read(Layout(folder).manifest)
    except ResultsError:
        return None


def library(
    replications: Annotated[int, typer.Option("--replications", "-n", min=1, help="Runs of each scenario.")] = 20,
    seed: Annotated[int, typer.Option("--seed", "-s", min=0, help="Root seed: one seed, one result.")] = 1,
    jobs: Annotated[int | None, typer.Option("--jobs", "-j", min=1, help="Workers, all cores by default.")] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the results.")] = Path("results/library"),
    folder: Annotated[
        Path | None,
        typer.Option("--folder", "-f", help="Scenarios of your own. (default: those that come with the package)"),
    ] = None,
    write: Annotated[
        Path | None,
        typer.Option(
            "--write",
            "-w",
            metavar="PAGE",
            help="Write a page of them, too: a Markdown file; an earlier such page is replaced, nothing else.",
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace results of other scenarios.")] = False,
    allow_code: AllowCode = False,
) -> None:
    """Run every scenario that comes with the package, and print one table: each beside its twin without the mechanism.

    A scenario's twin is the file that it extends. Differences are taken replication by replication, on the scenario's
    last day. headlines.csv holds every figure; a page (--write) says what each asks, what is published, and what the
    model says after 1 and 5 years and on the last day.

    \b
    Examples:
      ess-sim library --replications 20
      ess-sim library --replications 20 --write docs/scenarios.md
    """
    from ess_sim.atomic import write_atomically
    from ess_sim.experiments.batches.library import headlines, in_words, read_library
    from ess_sim.experiments.experiment import run_experiment
    from ess_sim.faces.cli.parts.printing import basis, print_caveats, print_table
    from ess_sim.faces.reports.library.page import library_page
    from ess_sim.results.storage.files.csv_text import csv_text
    from ess_sim.results.storage.keys import HEADLINES

    out = users_path(out)
    page = users_path(write) if write is not None else None
    if page is not None and (wrong := _not_a_page(page, out)):
        raise ResultsError(f"--write {page}: {wrong}")
    scenarios, twins = read_library(folder, allow_code=allow_code)
    with progress() as say:
        results = run_experiment(
            scenarios,
            replications=replications,
            seed=seed,
            jobs=jobs,
            out=out,
            overwrite=overwrite,
            progress=say,
            baseline=twins,
        )
    table = headlines(results, twins)
    write_atomically(out / HEADLINES, csv_text(table).encode())
    n = len(results.replications)
    if page is not None:
        write_atomically(page, library_page(out, n, command=_again(n, seed, folder, page)).encode())
    print_table(in_words(table))
    print(f"\nlast day of each scenario, {basis(n)}; difference from its twin")
    print(f"headlines   {out / HEADLINES}")
    if page is not None:
        print(f"page        {page}")
    print_caveats(results)


def _not_a_page(page: Path, out: Path) -> str:
    """Why a page of scenarios cannot be written there; '' if it can: nothing else is ever replaced."""
    from ess_sim.faces.reports.library.page import is_page

    if page.is_dir():
        return "is a folder; name a file"
    if not page.parent.is_dir():
        return "no such folder; name a file"
    if page.resolve().is_relative_to(out.resolve()):
        return f"lies in {out}, which is for results alone (--out): choose another place"
    if page.suffix.lower() in {".yaml", ".yml"}:
        return "a page is Markdown, not a scenario file: name it .md"
    return "" if is_page(page) or not page.exists() else "is there, and no page of scenarios: choose another name"


def _again(replications: int, seed: int, folder: Path | None, page: Path) -> str:
    """The command that makes a page again; of paths from the root only the name, as they hold on one machine alone."""
    options = ["--replications", str(replications)]
    if seed != 1:
        options += ["--seed", str(seed)]
    for option, path in (("--folder", folder), ("--write", page)):
        if path is not None:
            options += [option, path.name if path.is_absolute() else path.as_posix()]
    return shlex.join(["ess-sim", "library", *options])


def calibrate(
    file: Annotated[Path, typer.Argument(help="Calibration file (YAML).", show_default=False)],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for the posterior. (default: results/<calibration>)")
    ] = None,
    jobs: Annotated[int | None, typer.Option("--jobs", "-j", min=1, help="Workers, all cores by default.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace another posterior, or runs for one.")] = False,
    allow_code: AllowCode = False,
) -> None:
    """Fit parameters to dated figures with their uncertainty: a posterior sample for ess-sim run --draws.

    The scenario is simulated all over the parameters' ranges, then where the figures can be met, and at last at the
    sample itself, which is weighted by these runs. Says which parameters the figures do not identify. The folder holds
    posterior.csv and manifest.json, and every table of the diagnostics. After Ctrl-C or a crash the same command goes
    on from the runs that were finished.

    \b
    Examples:
      ess-sim calibrate calibrations/national.yaml --out posterior
      ess-sim run my.yaml --draws posterior -n 4
    """
    from ess_sim.analysis.calibration import fitting
    from ess_sim.analysis.calibration.targets import read_calibration
    from ess_sim.faces.cli.parts.printing import print_fit

    what = read_calibration(file, allow_code=allow_code)
    folder = out if out is not None else Path("results") / what.name
    with progress() as say:
        fit = fitting.calibrate(what, out=folder, overwrite=overwrite, jobs=jobs, progress=say)
    print_fit(fit)
    print(f"posterior   {len(fit.draws)} draws in {folder} (ess-sim run … --draws {folder})")
