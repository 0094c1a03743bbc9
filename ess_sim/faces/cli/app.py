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

from ess_sim.errors import EssSimError, Problem, ResultsError, ScenarioError, did_you_mean

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
        str | None,
        typer.Option(
            "--draws",
            "-d",
            help="Draws of the uncertain parameters, each with every replication: how many; or those of a calibration: "
            "its folder, a CSV file, or national, which comes with the package.",
        ),
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
    figure: Annotated[bool, typer.Option("--figure/--no-figure", help="Draw share.png.")] = True,
) -> None:
    """Run scenarios, compare them, draw the share of residents without MT.

    All replications of one number share their random numbers, so that scenarios differ by their policies alone. The
    results folder holds manifest.json (every parameter with its source), one Parquet file a table, scenario and
    replication, comparison.csv, share.png and run.log. The same command again, after Ctrl-C, a crash or a full disk,
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
      ess-sim run batch.yaml --engine dask --scheduler tcp://10.0.0.1:8786
    """
    from ess_sim.experiments.batches.batch import Batch, read_batch
    from ess_sim.experiments.draws.posterior import read_draws
    from ess_sim.experiments.engines.engine import ENGINES, NO_THREADS
    from ess_sim.experiments.experiment import run_experiment
    from ess_sim.inputs.documents.reader import top_keys
    from ess_sim.results.comparison.pairing import baselines

    batch: Batch | None = None
    if any("batch" in top_keys(path) for path in files):
        if len(files) > 1:
            raise ResultsError("a batch file says by itself which scenarios to run: give it alone")
        batch = read_batch(files[0])
    scenarios = list(batch.scenarios) if batch is not None else _read(files)
    names = [s.name for s in scenarios]

    def wanted(name: str, given: Any, default: Any = None) -> Any:
        """An option of the command line, else of the batch file, else its default."""
        said = getattr(batch, name) if batch is not None and given is None else given
        return default if said is None else said

    if engine == "threads":
        raise ResultsError(f"--engine threads: {NO_THREADS}")
    _check_choice("--engine", engine, ENGINES)
    _check_choice("--design", design, ("latin-hypercube", "sobol"))
    if scheduler is not None and wanted("engine", engine) != "dask":
        raise ResultsError("--scheduler goes with --engine dask")
    compared = baselines(names, baseline or (batch.baselines if batch is not None else names[0]))
    folder = out if out is not None else Path("results") / (batch.name if batch is not None else names[0])
    precise = wanted("precision", precision)
    if precise is not None and not precise > 0:
        raise ResultsError(f"--precision {precise:g}: a half-width is above 0")
    drawn = wanted("draws", None if draws is None else read_draws(draws))
    if design is not None and not isinstance(drawn, int):
        raise ResultsError("--design goes with --draws N: it says how N values of the assumptions are spread")
    _warn_of(drawn)
    with _progress() as progress:
        results = run_experiment(
            scenarios,
            replications=wanted("replications", replications, None if precise else 20),
            seed=wanted("seed", seed, 1),
            jobs=wanted("jobs", jobs),
            out=folder,
            overwrite=overwrite,
            progress=progress,
            engine=wanted("engine", engine, "processes"),
            scheduler=scheduler,
            draws=drawn,
            design=wanted("design", design, "latin-hypercube"),
            precision=precise,
            baseline=compared,
        )
    outcome = next(iter(results.declared_outcomes), "share_without_mt")
    _print_summary(results, compared, outcome)
    _print_fairness(results, compared)
    if precise is not None:
        _print_precision(results, compared, outcome, precise)
    if len(results.draws) > 1 and len(results.replications) > 1:
        _print_uncertainty(results, compared, outcome)
    print(f"results     {folder}")
    try:
        if compared:
            print(f"comparison  {_write_comparison(results, compared, folder)}")
        if figure:
            _draw(results, compared, folder)
    except ResultsError as error:  # a full disk: no fault of the input, and the runs are there
        raise EssSimError(f"{error}; all runs are kept in {folder}") from error
    _print_caveats(results)


def _warn_of(draws: Any) -> None:
    """What a calibration said of its draws, whoever runs with them."""
    from ess_sim.experiments.draws.posterior import Posterior

    if isinstance(draws, Posterior) and (caveats := draws.caveats()):
        _complain(f"WARNING: draws of {draws.name}: {caveats}")
        _complain(f'         in full: "warnings" in {draws.manifest}; what they mean: docs/experiments.md')


def _check_choice(option: str, given: str | None, known: Sequence[str]) -> None:
    if given is not None and given not in known:
        raise ResultsError(f"{option} {given}{did_you_mean(given, known)}: choose among {', '.join(known)}")


def _print_precision(results: Any, compared: dict[str, str], outcome: str, wanted: float) -> None:
    """How far a run with a wanted precision got."""
    from ess_sim.results.comparison.differences import compare as compare_results
    from ess_sim.results.comparison.differences import levels

    table = (
        compare_results(results, baseline=compared, outcomes=outcome) if compared else levels(results, outcomes=outcome)
    )
    last = table[table["date"] == table["date"].max()]
    widest = float(last["half_width"].max())
    n = len(results.replications)
    reached = "reached" if widest <= wanted else "NOT reached"
    print(f"precision   ± {wanted:g} {reached} after {n} replications (widest interval at the end: ± {widest:.3f})")


def _print_uncertainty(results: Any, compared: dict[str, str], outcome: str) -> None:
    """At the end: what chance leaves open, and what is open because nobody knows the parameters."""
    from ess_sim.analysis.accounts.robustness import uncertainty

    table = uncertainty(results, baseline=compared or None, outcomes=outcome)
    last = table[table["date"] == table["date"].max()]
    rows = last[last["baseline"] != ""] if compared else last

    def interval(low: str, high: str) -> Any:
        return [f"[{a:.2f}, {b:.2f}]".replace("-", "−") for a, b in zip(rows[low], rows[high], strict=True)]

    shown = rows[["scenario", "unit"]].assign(
        mean=[f"{x:+.2f}".replace("-", "−") for x in rows["mean"]],
        **{
            "of the mean, by chance": interval("mean_low", "mean_high"),
            "expected, parameters unknown": interval("expected_low", "expected_high"),
            "one future": interval("future_low", "future_high"),
        },
    )
    print("95 % ranges at the end" + (" of the difference from the baseline" if compared else "") + "\n")
    _print_table(shown)
    print()


def _draw(results: Any, compared: dict[str, str], folder: Path) -> None:
    from ess_sim.faces.reports.share_figure import MOST_LINES, plot_share
    from ess_sim.results.storage.keys import EXTRAS

    shared = set(compared.values())
    if len(results.scenarios) > MOST_LINES or len(shared) > 1:
        print("figure      left out: too many scenarios for one picture (ess_sim.figures draws some of them)")
        return
    print(f"figure      {plot_share(results, folder / EXTRAS[1], shared.pop() if shared else None)}")


@app.command()
def compare(
    results: Annotated[Path, typer.Argument(metavar="DIR", help="Results folder of ess-sim run.", show_default=False)],
    baseline: Annotated[
        str | None, typer.Option("--baseline", "-b", help="Scenario to compare with. (default: as the run said)")
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
    from ess_sim.results.comparison.differences import compare as compare_results
    from ess_sim.results.comparison.pairing import baselines
    from ess_sim.results.results import Results

    found = Results.read(results)
    compared = baselines(found.scenarios, baseline if baseline is not None else found.baselines)
    table = compare_results(found, baseline=compared, outcomes=outcome, dates=date)
    if csv:
        sys.stdout.write(table.to_csv(index=False, lineterminator="\n"))
        return
    for name in dict.fromkeys(table["outcome"]):
        _print_summary(found, compared, name, date)
    _print_fairness(found, compared)
    _print_caveats(found)


@app.command()
def costs(
    results: Annotated[Path, typer.Argument(metavar="DIR", help="Results folder of ess-sim run.", show_default=False)],
    baseline: Annotated[
        str | None, typer.Option("--baseline", "-b", help="Scenario to compare with. (default: as the run said)")
    ] = None,
    discount: Annotated[
        list[float] | None,
        typer.Option("--discount", help="Rate a year, may be repeated. (default: 0.025, as HAS has it, and 0)"),
    ] = None,
    threshold: Annotated[
        list[float] | None,
        typer.Option(
            "--threshold", help="Euro that a resident-year with MT is worth, may be repeated. (default: 100, 300, 1000)"
        ),
    ] = None,
    figure: Annotated[bool, typer.Option("--figure/--no-figure", help="Draw costs.png.")] = True,
) -> None:
    """What the scenarios of a results folder cost the public purse, by payer, and what that buys.

    Gross: because of policies and structures. Net: ordinary care included, so that who leaves a liberal practice for a
    centre is not paid for twice. costs.csv and costs.png join the results folder.

    \b
    Example:
      ess-sim costs results/laval --baseline laval-baseline --threshold 200
    """
    from ess_sim.analysis.accounts import public_cost as accounting
    from ess_sim.atomic import write_atomically
    from ess_sim.results.comparison.pairing import baselines
    from ess_sim.results.results import Results
    from ess_sim.results.storage.keys import EXTRAS

    found = Results.read(results)
    compared = baselines(found.scenarios, baseline if baseline is not None else found.baselines)
    worth = threshold or accounting.THRESHOLDS
    rates = discount or accounting.DISCOUNT_RATES
    money = accounting.costs(found, baseline=compared, discount=rates, thresholds=worth)
    _print_payers(money.table, found)
    _print_worth(money.table)
    for row in money.unknown.itertuples(index=False):
        print(f"cost unknown, in no figure: {row.scenario}: {row.actor}: {row.detail}")
    try:
        path = results / EXTRAS[3]
        write_atomically(path, money.table.to_csv(index=False, lineterminator="\n").encode())
        print(f"costs       {path}")
        if figure:
            _draw_costs(money, compared, worth, results / EXTRAS[4])
    except ResultsError as error:  # a full disk: no fault of the input
        raise EssSimError(str(error)) from error
    _print_caveats(found)


def _print_payers(table: Any, results: Any) -> None:
    """Who pays, in thousand euro, at the first discount rate."""
    rate = table["discount"].iloc[0]
    rows = table[(table["discount"] == rate) & table["measure"].isin(["level", "gross", "net"])]
    cells = {(r.scenario, r.of, r.measure): _euro(r) for r in rows.itertuples(index=False)}
    # a payer who pays nothing anywhere would fill a line with noughts
    payers = [p for p in dict.fromkeys(rows["of"]) if rows.loc[rows["of"] == p, "mean"].any() or p == "public"]
    n = len(results.replications)
    basis = f"mean of {n} replications [95 % interval]" if n > 1 else "one replication: no interval can be stated"
    print(f"cost over the whole run by payer, thousand euro, discounted at {100 * rate:g} % a year, {basis}\n")
    shown = [
        {
            "scenario": scenario,
            "payer": payer.replace("_", " "),
            "gross": cells[scenario, payer, "level"],
            "gross, difference": cells.get((scenario, payer, "gross"), "–"),
            "net, difference": cells.get((scenario, payer, "net"), "–"),
        }
        for scenario in dict.fromkeys(rows["scenario"])
        for payer in payers
    ]
    _print_records(shown)


def _print_worth(table: Any) -> None:
    """What was gained, for how much, and whether it is worth that."""
    shown: list[dict[str, str]] = []
    benefits: list[dict[str, str]] = []
    why: dict[str, None] = {}
    for (scenario, rate), part in table[table["baseline"] != ""].groupby(["scenario", "discount"], sort=False):
        by = {(r.measure, r.of): r for r in part.itertuples(index=False)}
        ratio = by["euro_per_resident_year", ""]
        if ratio.mean != ratio.mean:
            why[f"{scenario}: {ratio.note}"] = None
        line = {
            "scenario": scenario,
            "discount": f"{100 * rate:g} %",
            "resident-years gained": _interval(by["gain", ""], ",.0f"),
            "net public cost": _euro(by["net", "public"]),
            "euro a resident-year": _interval(ratio, ",.0f", ratio.note),
        }
        shown.append(line)
        for measure, of in by:
            if measure == "net_benefit":
                benefits.append(
                    {
                        "scenario": scenario,
                        "discount": line["discount"],
                        "if a resident-year is worth": f"{of} €",
                        "net benefit": _euro(by[measure, of]),
                        "futures above 0": f"{100 * by['acceptable', of].mean:.0f} %",
                    }
                )
    print("resident-years with MT gained, and net public cost in thousand euro, differences from the baseline\n")
    _print_records(shown)
    for text in why:
        print(text)
    if why:
        print()
    print("net benefit, thousand euro: what the resident-years gained are worth, less the net public cost\n")
    _print_records(benefits)


def _euro(row: Any) -> str:
    """A sum in thousand euro, with its interval, and on which side the truth lies where something is unknown."""
    return _interval(row._replace(mean=row.mean / 1000, low=row.low / 1000, high=row.high / 1000), ",.0f", row.note)


def _interval(row: Any, form: str, note: str = "") -> str:
    def number(x: float) -> str:
        text = format(x, form)
        return text.lstrip("-") if float(text.replace(",", "")) == 0 else text.replace("-", "−")

    if row.mean != row.mean:
        return "–"
    interval = f" [{number(row.low)}, {number(row.high)}]" if row.low == row.low else ""
    return f"{note} {number(row.mean)}{interval}".strip()


def _draw_costs(money: Any, compared: dict[str, str], thresholds: Sequence[float], path: Path) -> None:
    from ess_sim.analysis.accounts.public_cost import acceptability
    from ess_sim.faces.reports.costs_figure import plot_costs
    from ess_sim.faces.reports.share_figure import MOST_LINES

    if len(compared) > MOST_LINES:
        print("figure      left out: too many scenarios for one picture (ess_sim.figures draws some of them)")
        return
    rate = money.pairs["discount"].iloc[0]
    pairs = money.pairs[money.pairs["discount"] == rate]
    highest = 1.5 * max(*thresholds, 1.0)
    n, bounds = pairs["replication"].nunique(), sorted(set(money.unknown["scenario"]))
    notes = [
        f"Points: {n} replications. Outlines: 95 % region of the means. Bands: 95 % Wilson intervals. "
        f"Discounted at {100 * rate:g} % a year.",
        f"Some costs are unknown, and in no figure: {', '.join(bounds)}." if bounds else "",
    ]
    shared = set(compared.values())
    drawn = plot_costs(
        pairs,
        acceptability(pairs, [highest * k / 200 for k in range(201)]),
        path,
        baseline=shared.pop() if len(shared) == 1 else "its baseline",
        thresholds=thresholds,
        notes=notes,
    )
    print(f"figure      {drawn}")


@app.command()
def compact(
    results: Annotated[Path, typer.Argument(metavar="DIR", help="Results folder of ess-sim run.", show_default=False)],
) -> None:
    """Put the small files of a results folder together: one file a table and scenario in place of one a run.

    Everything else stays as it is: comparing, resuming, adding replications, reading with pandas or DuckDB.

    \b
    Example:
      ess-sim compact results/laval
    """
    from ess_sim.atomic import lock
    from ess_sim.results.storage.folder import Folder
    from ess_sim.results.tables.schema import SCHEMAS

    folder = Folder.read(results)
    with lock(results):
        print(f"{folder.compact()} runs in {len(folder.manifest['order'])} × {len(SCHEMAS)} files")


@app.command()
def calibrate(
    file: Annotated[Path, typer.Argument(help="Calibration file (YAML).", show_default=False)],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for the posterior. (default: results/<calibration>)")
    ] = None,
    jobs: Annotated[int | None, typer.Option("--jobs", "-j", min=1, help="Workers, all cores by default.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace another posterior, or runs for one.")] = False,
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

    what = read_calibration(file)
    folder = out if out is not None else Path("results") / what.name
    with _progress() as progress:
        fit = fitting.calibrate(what, out=folder, overwrite=overwrite, jobs=jobs, progress=progress)
    _print_fit(fit)
    print(f"posterior   {len(fit.draws)} draws in {folder} (ess-sim run … --draws {folder})")


def _print_fit(fit: Any) -> None:
    """What came out, and what must be known before it is used."""
    print("targets: observed (± sd), and real runs of the posterior: expectation and its 95 % range\n")
    rows = fit.targets.to_dict("records")
    _print_records(
        [
            {
                "target": r["name"] + ("" if r["fitted"] else " (held out)"),
                "observed": f"{r['value']:.4g} ± {r['sd']:.2g}",
                "prior": f"[{r['prior_low']:.3g}, {r['prior_high']:.3g}]",
                "posterior": f"{r['mean']:.4g} [{r['low']:.3g}, {r['high']:.3g}]",
                "distance in sd": f"{r['distance']:+.1f}".replace("-", "−"),
                "emulator Q²": f"{e['explained']:.2f}",
            }
            for r, e in zip(rows, fit.emulator.to_dict("records"), strict=True)
        ]
    )
    print("parameters: prior median and range, posterior median and 95 % interval\n")
    _print_records(
        [
            {
                "parameter": r["name"],
                "prior": f"{r['prior_median']:.3g} [{r['low']:.3g}, {r['high']:.3g}]",
                "posterior": f"{r['median']:.3g} [{r['q025']:.3g}, {r['q975']:.3g}]",
                "prior variance gone": f"{100 * r['contraction']:.0f} %".replace("-", "−"),
                "": "" if r["identified"] else "not identified",
            }
            for r in fit.parameters.to_dict("records")
        ]
    )
    print(f"{fit.effective:.0f} of the last wave's {fit.candidates} points count after weighting by their real runs")
    for text in fit.warnings:
        _complain(f"WARNING: {text}")


@app.command()
def report(
    results: Annotated[Path, typer.Argument(metavar="DIR", help="Results folder of ess-sim run.", show_default=False)],
    stress: Annotated[bool, typer.Option("--stress", help="Fill the STRESS-DES checklist.")] = False,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="File to write. (default: the standard output)")
    ] = None,
) -> None:
    """Fill the STRESS-DES sheet of a results folder: all that others need to judge the batch, and to make it again.

    The checklist is that of Monks et al. (2019). What the folder does not hold is said to be not recorded.

    \b
    Example:
      ess-sim report results/laval --stress --out stress.md
    """
    from ess_sim.atomic import write_atomically
    from ess_sim.faces.reports.stress import stress_sheet

    if not stress:
        raise ResultsError("say what to report: --stress (for results see ess-sim compare and ess-sim costs)")
    sheet = stress_sheet(results)
    if out is None:
        sys.stdout.write(sheet)
        return
    write_atomically(out, sheet.encode())
    print(out)


@app.command()
def library(
    replications: Annotated[int, typer.Option("--replications", "-n", min=1, help="Runs of each scenario.")] = 20,
    seed: Annotated[int, typer.Option("--seed", "-s", min=0, help="Root seed: one seed, one result.")] = 1,
    jobs: Annotated[int | None, typer.Option("--jobs", "-j", min=1, help="Workers, all cores by default.")] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the results.")] = Path("results/library"),
    folder: Annotated[
        Path | None,
        typer.Option("--folder", "-f", help="Scenarios of your own. (default: those that come with the package)"),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace results of other scenarios.")] = False,
) -> None:
    """Run every scenario that comes with the package, and print one table: each beside its twin without the mechanism.

    A scenario's twin is the file that it extends. Differences are taken replication by replication, on the scenario's
    last day. headlines.csv holds every figure.

    \b
    Example:
      ess-sim library --replications 20
    """
    from ess_sim.atomic import write_atomically
    from ess_sim.experiments.batches.library import headlines, in_words, read_library
    from ess_sim.experiments.experiment import run_experiment

    scenarios, twins = read_library(folder)
    with _progress() as progress:
        results = run_experiment(
            scenarios,
            replications=replications,
            seed=seed,
            jobs=jobs,
            out=out,
            overwrite=overwrite,
            progress=progress,
            baseline=twins,
        )
    table = headlines(results, twins)
    write_atomically(out / "headlines.csv", table.to_csv(index=False, lineterminator="\n").encode())
    _print_table(in_words(table))
    print(f"\nlast day of each scenario, mean of {len(results.replications)} replications; difference from its twin")
    print(f"headlines   {out / 'headlines.csv'}")
    _print_caveats(results)


def _write_comparison(results: Any, compared: dict[str, str], folder: Path) -> Path:
    from ess_sim.atomic import write_atomically
    from ess_sim.results.comparison.differences import compare as compare_results
    from ess_sim.results.storage.keys import EXTRAS

    path = folder / EXTRAS[0]
    table = compare_results(results, baseline=compared)
    write_atomically(path, table.to_csv(index=False, lineterminator="\n").encode())
    return path


def _print_summary(results: Any, compared: dict[str, str], outcome: str, dates: Sequence[str] | None = None) -> None:
    from ess_sim.inputs.scenario.outcomes import OUTCOMES
    from ess_sim.results.comparison.words import summary

    table = summary(results, baseline=compared or None, outcome=outcome, dates=dates)
    table["date"] = table["date"].dt.strftime("%Y-%m-%d")
    shared = set(compared.values())
    table = table.rename(
        columns={"difference": f"difference from {shared.pop() if len(shared) == 1 else 'its baseline'}"}
    )
    if not compared:
        table = table.iloc[:, :3]
    n, drawn = len(results.replications), len(results.draws)
    basis = f"mean of {n} replications [95 % interval]" if n > 1 else "one replication: no interval can be stated"
    if drawn > 1:
        basis += f", each the mean over {drawn} parameter draws"
    print(f"{OUTCOMES[outcome]}, {basis}\n")
    _print_table(table)
    print()


def _print_fairness(results: Any, compared: dict[str, str]) -> None:
    """Who is left out, beside the headline."""
    from ess_sim.results.comparison.words import fairness

    print(
        "who is left out at the end, shares without MT" + (" (difference from the baseline)" if compared else "") + "\n"
    )
    _print_table(fairness(results, baseline=compared or None))
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


def _print_records(records: list[dict[str, str]]) -> None:
    import pandas as pd

    _print_table(pd.DataFrame(records))
    print()


@contextmanager
def _progress() -> Iterator[Any]:
    """A bar with rate, time left and precision so far on a terminal; elsewhere a line now and then."""
    began = time.monotonic()
    at_first: list[tuple[float, int]] = []  # when the first cell was computed, and how many were there already

    def pace(done: int, total: int, what: str) -> str:
        now = time.monotonic()
        if not at_first:
            if what == "running":
                at_first.append((now, done))
            return ""
        then, there = at_first[0]
        if done == there or now == then:
            return ""
        rate = (done - there) / (now - then)
        left = (total - done) / rate
        return f"{rate:.1f}/s, {int(left) // 60}:{int(left) % 60:02d} left"

    if not sys.stderr.isatty():
        said = [-1.0]

        def lines(done: int, total: int, what: str) -> None:
            now = time.monotonic() - began
            speed = pace(done, total, what)
            if done in (0, total) or " failed: " in what or now - said[0] > 10:
                said[0] = now
                _complain(f"[{now:5.0f} s] {done}/{total}{f', {speed}' if speed else ''}: {what}")

        yield lines
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.fields[speed]}"))
    with Progress(*columns, TextColumn("{task.fields[what]}"), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, what="", speed="")

        def update(done: int, total: int, what: str) -> None:
            bar.update(task, completed=done, total=total, what=what, speed=pace(done, total, what))
            if " failed: " in what:
                bar.console.print(what, markup=False, highlight=False)

        yield update


def _read(files: Sequence[Path]) -> list[Any]:
    from ess_sim.inputs.documents.reader import top_keys
    from ess_sim.model.run.read import read_scenarios

    try:
        return read_scenarios(files)
    except ScenarioError:
        for path in files:
            keys = top_keys(path)
            for key, command in (("batch", "run"), ("calibration", "calibrate")):
                if key in keys:
                    raise ResultsError(f"{path}: a {key} file, no scenario: ess-sim {command} {path}") from None
        raise


# --- what there is ------------------------------------------------------------------------------------------------
@app.command()
def validate(files: Files) -> None:
    """Check scenario, batch and calibration files: every problem at its file, line and column. Nothing is run.

    \b
    Examples:
      ess-sim validate my-scenarios/laval/*.yaml
      ess-sim validate batch.yaml
    """
    from ess_sim.analysis.calibration.targets import read_calibration
    from ess_sim.experiments.batches.batch import read_batch
    from ess_sim.inputs.documents.reader import top_keys
    from ess_sim.model.run.prepare import prepare

    scenario_files = []
    faults: list[Problem] = []
    said = {}
    for path in files:
        keys = top_keys(path)
        try:
            if "batch" in keys:
                said[path] = f"{read_batch(path).name}: a batch"
            elif "calibration" in keys:
                said[path] = f"{read_calibration(path).name}: a calibration"
            else:
                scenario_files.append(path)
        except ScenarioError as error:
            faults += error.problems
    try:
        for path, scenario in zip(scenario_files, _read(scenario_files), strict=True):
            territory = prepare(scenario)
            kinds = ", ".join(str(p.to_block()["kind"]) for p in scenario.policies) or "no policy"
            said[path] = f"{scenario.name}: {scenario.start} to {scenario.calendar.end}, {territory.name}, {kinds}"
    except ScenarioError as error:
        faults += error.problems
    if faults:
        raise ScenarioError(faults)
    for path in files:
        print(f"{path}: {said[path]}: valid")


@app.command()
def explain(
    file: Annotated[Path, typer.Argument(help="Scenario file (YAML).", show_default=False)],
    baseline: Annotated[
        Path | None,
        typer.Option("--baseline", "-b", help="Scenario file to compare with. (default: the file that it extends)"),
    ] = None,
    lang: Annotated[str, typer.Option("--lang", help="en or fr.")] = "en",
) -> None:
    """Say in plain words what a scenario changes against its baseline.

    \b
    Example:
      ess-sim explain scenarios/laval/smp.yaml --lang fr
    """
    from ess_sim.faces.explanation.text import explain as explained
    from ess_sim.inputs.scenario.files import baseline_of

    other = baseline if baseline is not None else baseline_of(file)
    found = _read([file] if other is None else [file, other])
    _check_choice("--lang", lang, ("en", "fr"))
    sys.stdout.write(explained(*found, lang=lang))  # type: ignore[arg-type]


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
    from ess_sim.atomic import write_atomically
    from ess_sim.inputs.catalogue.bundled import scenarios_dir

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
    from ess_sim.inputs.territory.codes import search_territories

    found = search_territories(text)
    if found.empty:
        raise ResultsError(f"no EPCI, EPT or département holds {text!r} in its name or code")
    _print_table(found)


@app.command()
def policies() -> None:
    """List the kinds of policies with their fields, as a scenario file names them."""
    from ess_sim.model.policies.registry import KINDS

    for kind, model in sorted(KINDS.items()):
        print(f"{kind}\n    {model.about}")
        schema = model.model_json_schema()
        _print_fields(schema, schema.get("$defs", {}), "    ")
        print()
    print("One of your own, a subclass of ess_sim.Policy, is named by its path: kind: my_module:MyPolicy")


@app.command()
def parameters(
    text: Annotated[str, typer.Argument(help="Part of a name, or of what it does.", show_default=False)] = "",
    markdown: Annotated[
        bool, typer.Option("--markdown", help="The whole page with sources, as docs/parameters.md holds it.")
    ] = False,
) -> None:
    """List the parameters: value, defensible range, grade of the evidence, and which modules read them.

    \b
    Examples:
      ess-sim parameters handover
      ess-sim parameters --markdown > docs/parameters.md
    """
    from ess_sim.faces.reports.parameter_page import parameter_page, parameter_table

    if markdown:
        if text:
            raise ResultsError("--markdown is the whole page: leave out the text")
        sys.stdout.write(parameter_page())
        return
    table = parameter_table(text)
    if table.empty:
        raise ResultsError(f"no parameter holds {text!r} in its name or in what it does")
    for subject, rows in table.groupby("subject", sort=False):
        print(f"{subject}\n")
        _print_table(rows[["name", "value", "range", "unit", "grade", "read by", "only with"]])
        print()


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
