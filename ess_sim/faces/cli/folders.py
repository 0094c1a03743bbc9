"""The commands that take a results folder: compare, merge, costs, verify, report, zones."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ess_sim.atomic import users_path
from ess_sim.errors import ResultsError

__all__ = ["compare", "costs", "merge", "report", "verify", "zones"]


_Folder = Annotated[
    Path,
    typer.Argument(metavar="DIR", help="Results folder of ess-sim run.", show_default=False, callback=users_path),
]


def compare(
    results: _Folder,
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
    by: Annotated[
        list[str] | None,
        typer.Option(
            "--by",
            help="Compare within groups: zone, departement, age_band, ald or precarious; may be repeated. "
            "(day: the last, unless --date is given)",
        ),
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Print every figure as CSV.")] = False,
) -> None:
    """Compare the scenarios of a results folder, replication by replication.

    \b
    Examples:
      ess-sim compare results/laval --baseline laval-baseline
      ess-sim compare results/laval --outcome list_holders --csv > out.csv
      ess-sim compare results/laval --by zone
    """
    from ess_sim.faces.cli.parts.compare import (
        comparable,
        complete_pairs,
        print_fairness,
        print_filled,
        print_groups,
        print_summary,
        print_twins,
    )
    from ess_sim.faces.cli.parts.printing import print_caveats
    from ess_sim.results.comparison.differences import compare as compare_results
    from ess_sim.results.comparison.pairing import baselines, wanted_outcomes
    from ess_sim.results.results import Results
    from ess_sim.results.storage.files.csv_text import csv_text

    found = complete_pairs(Results.read(results))
    compared = baselines(found.scenarios, baseline if baseline is not None else found.baselines)
    if not csv:  # whose lines are for other programs
        compared, apart = comparable(found, compared)
        print(end=apart)
    if not compared and baseline is None and not (by or csv) and len(found.scenarios) > 1:
        for name in wanted_outcomes(found, outcome):
            print_summary(found, {}, name, date)
        print_fairness(found, {})
        print("no scenario has a baseline of its own territory: levels alone (--baseline names one)\n")
        print_caveats(found)
        return
    if by and not csv:
        print_groups(found, compared, by, outcome, date)
        print_caveats(found)
        return
    table = compare_results(found, baseline=compared, outcomes=outcome, dates=date, by=by or None)
    if csv:
        print(csv_text(table), end="")
        return
    for name in dict.fromkeys(table["outcome"]):
        print_summary(found, compared, name, date)
    print_twins(found, compared)
    print_fairness(found, compared)
    print_filled(found, compared)
    print_caveats(found)


def merge(
    shards: Annotated[
        list[Path], typer.Argument(metavar="SHARD…", help="Folders of all shards, e.g. shards/*.", show_default=False)
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the results: a new one.", show_default=False)],
    figure: Annotated[bool, typer.Option("--figure/--no-figure", help="Draw share.png.")] = True,
    report: Annotated[bool, typer.Option("--report/--no-report", help="Write report.html.")] = True,
) -> None:
    """Join the shards of a batch (ess-sim run --shard) to what one run of all would have written, byte for byte.

    Names every run that is missing, and writes nothing then. The shards stay as they are.

    \b
    Example:
      ess-sim merge shards/* --out results/laval
    """
    from ess_sim.faces.cli.parts.compare import conclude
    from ess_sim.results.merging import merge_shards

    folder = users_path(out)
    results = merge_shards(shards, out=folder)
    conclude(results, results.baselines, folder, figure=figure, report=report)


def costs(
    results: _Folder,
    baseline: Annotated[
        str | None, typer.Option("--baseline", "-b", help="Scenario to compare with. (default: as the run said)")
    ] = None,
    discount: Annotated[
        list[float] | None,
        typer.Option("--discount", help="Rate a year, may be repeated. (default: 0.025, as HAS recommends, and 0)"),
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

    Gross: because of policies and structures. Net: ordinary care included, so that a doctor who leaves a liberal
    practice for a centre is not paid for twice. Residents of the communes around, where they take part, are counted,
    too. costs.csv and costs.png join the results folder.

    \b
    Example:
      ess-sim costs results/laval --baseline laval-baseline --threshold 200
    """
    from ess_sim.analysis.accounts import public_cost as accounting
    from ess_sim.atomic import write_atomically
    from ess_sim.faces.cli.parts.compare import comparable, complete_pairs
    from ess_sim.faces.cli.parts.costs import draw_costs, of_surroundings, print_payers, print_worth
    from ess_sim.faces.cli.parts.printing import print_caveats, shown
    from ess_sim.faces.cli.parts.terminal import Faults
    from ess_sim.results.comparison.pairing import baselines
    from ess_sim.results.results import Results
    from ess_sim.results.storage.files.csv_text import csv_text
    from ess_sim.results.storage.keys import COSTS, COSTS_FIGURE

    worth = threshold or accounting.THRESHOLDS
    rates = discount or accounting.DISCOUNT_RATES
    faults, there, compared, apart = Faults(), None, dict[str, str](), ""
    with faults:
        accounting.rates_and_worth(rates, worth)
    with faults:
        there = complete_pairs(Results.read(results))
        compared = baselines(there.scenarios, baseline if baseline is not None else there.baselines)
        compared, apart = comparable(there, compared)
    found = faults.ended(there)
    print(end=apart)
    money = accounting.costs(found, baseline=compared, discount=rates, thresholds=worth)
    written = {"costs": str(results / COSTS)}
    # files first: the reader of a pipe may stop reading
    write_atomically(results / COSTS, csv_text(money.table).encode())
    if figure:
        written["figure"] = draw_costs(money, found, compared, worth, results / COSTS_FIGURE)
    print_payers(money.table, found)
    print_worth(money.table)
    for line in of_surroundings(found):
        print(line)
    for row in money.unknown.itertuples(index=False):
        print(shown(f"cost unknown, in no figure: {row.scenario}: {row.actor}: {row.detail}"))
    for what, where in written.items():
        print(f"{what:11} {where}")
    print_caveats(found)


def verify(
    results: _Folder,
    rerun: Annotated[
        int, typer.Option("--rerun", "-r", min=0, metavar="K", help="Simulate K runs again and compare their tables.")
    ] = 0,
    seed: Annotated[int, typer.Option("--seed", "-s", min=0, help="Which runs are simulated again.")] = 1,
    files: Annotated[
        Path,
        typer.Option("--files", help="Folder of the CSV files that scenarios name. (default: the current folder)"),
    ] = Path(),
) -> None:
    """Check that every file of a results folder is as it was written, and say what the results can be cited by.

    Digests find damage and edits. Only simulating again (--rerun) shows that results are those of the model: new
    digests can be written for edited tables, too. The exit code is 1 where something differs, and
    2 where runs cannot be simulated again, e.g. without the CSV files that their scenario names.

    \b
    Examples:
      ess-sim verify results/laval
      ess-sim verify results/laval --rerun 5
    """
    from ess_sim.experiments.rerun import chosen, differences
    from ess_sim.faces.cli.parts.compare import other_comparison
    from ess_sim.faces.cli.parts.terminal import complain
    from ess_sim.results.storage.keys import COMPARISON
    from ess_sim.results.verification import verify as check

    found = check(results)
    print(f"checked     {found.runs} runs with {found.tables} tables, their notes and the manifest")
    problems, unable = list(found.problems), []
    for text in found.remarks:
        print(f"note        {text}")
    other_figures = other_comparison(results) if found.fingerprint and found.runs else False
    if other_figures:
        problems.append(f"{results / COMPARISON}: other figures than those of the runs; ess-sim run writes it again")
    elif other_figures is None:
        print(f"note        {COMPARISON} is not about all runs that are there: not checked")
    if rerun and found.folder is not None and not problems:
        keys = chosen(found.folder, rerun, seed)
        for key in keys:
            try:
                other = differences(found.folder, key, files)
            except ResultsError as error:
                unable.append(str(error))
                continue
            if other:
                problems.append(f"{key}: other content when simulated again: {', '.join(other)}")
            else:
                print(f"again       {key}: the same content in all tables")
    for text in dict.fromkeys([*problems, *unable]):
        complain(text)
    if problems:
        complain(f"{len(problems)} problem{'s'[: len(problems) > 1]}: these are not the results that were written")
        raise typer.Exit(1)
    print(f"fingerprint {found.fingerprint}")
    if unable:
        complain(f"{len(unable)} of the runs chosen cannot be simulated again: nothing is known of them")
        raise typer.Exit(2)


def report(
    results: _Folder,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="File to write. (default: DIR/report.html; of --stress the screen)"),
    ] = None,
    lang: Annotated[str, typer.Option("--lang", help="Language in which it opens: en or fr. It holds both.")] = "en",
    excel: Annotated[
        bool, typer.Option("--excel", help="Write its tables as a workbook, too (extra excel), beside it.")
    ] = False,
    geojson: Annotated[
        Path | None,
        typer.Option("--geojson", metavar="FILE", help="Outlines of zones of your own, for the maps."),
    ] = None,
    stress: Annotated[
        bool, typer.Option("--stress", help="Fill the STRESS-DES sheet instead: what others need to judge and repeat.")
    ] = False,
) -> None:
    """Write a page that says what a results folder shows: how many, where, for whom, how sure, at what cost.

    One HTML file in English and French that asks for nothing from elsewhere: hand it on, print it, open it in any
    browser. With --stress the checklist of Monks et al. (2019); what the folder does not hold is said to be not
    recorded.

    \b
    Examples:
      ess-sim report results/laval
      ess-sim report results/laval --lang fr --excel --out laval.html
      ess-sim report results/laval --stress --out stress.md
    """
    from ess_sim.atomic import write_atomically
    from ess_sim.faces.cli.parts.printing import shown
    from ess_sim.faces.cli.parts.targets import file_to_write, page_to_write
    from ess_sim.faces.cli.parts.terminal import Faults, check_choice

    faults = Faults()
    with faults:
        check_choice("--lang", lang, ("en", "fr"))
    with faults:
        if stress and (excel or geojson is not None):
            raise ResultsError("--excel and --geojson are about the page: they go without --stress")
    with faults:
        if not stress and out is not None:
            out = page_to_write("--out", out, *([".xlsx"] if excel else []))
    with faults:
        if stress and out is not None:
            out = file_to_write("--out", out, ".md", ".txt")
    faults.end()
    if stress:
        from ess_sim.faces.reports.stress import stress_sheet

        sheet = stress_sheet(results)
        if out is None:
            print("\n".join(map(shown, sheet.split("\n"))), end="")
            return
        write_atomically(out, sheet.encode())
        print(out)
        return
    from ess_sim.faces.report.page import write_report

    own = None if geojson is None else users_path(geojson)
    language: Any = lang
    for path in write_report(results, out=out, lang=language, excel=excel, geojson=own):
        print(f"{'workbook' if path.suffix == '.xlsx' else 'report':11} {path}")


def zones(
    results: _Folder,
    geojson: Annotated[
        Path | None, typer.Option("--geojson", "-g", metavar="FILE", help="Write a FeatureCollection, for QGIS.")
    ] = None,
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Write a table, a row a scenario and zone.")
    ] = None,
    date: Annotated[str | None, typer.Option("--date", help="Recorded day. (default: the last)")] = None,
    baseline: Annotated[
        str | None, typer.Option("--baseline", "-b", help="Scenario to compare with. (default: as the run said)")
    ] = None,
    contours: Annotated[
        Path | None,
        typer.Option(
            "--contours", metavar="FILE", help="GeoJSON with contours of zones of your own, for the layer of --geojson."
        ),
    ] = None,
) -> None:
    """Write the zones of a results folder with their numbers: a layer for QGIS, a table, or both.

    For each zone and scenario: adults, share without MT, minutes to the MT, GPs, and the paired difference from the
    baseline with its 95 % interval, in points and in people. Communes have contours, zones without any a point.

    \b
    Examples:
      ess-sim zones results/laval --geojson laval.geojson
      ess-sim zones results/laval --csv laval.csv --date 2022-06-15
      ess-sim zones results/own --geojson own.geojson --contours my-zones.geojson
    """
    import pandas as pd

    from ess_sim.atomic import write_atomically
    from ess_sim.faces.cli.parts.compare import comparable, complete_pairs
    from ess_sim.faces.cli.parts.targets import file_to_write
    from ess_sim.faces.cli.parts.terminal import Faults
    from ess_sim.faces.reports.zone_layer import check_contours, feature_collection, positions_of, zone_rows
    from ess_sim.results.comparison.pairing import baselines, common_dates, wanted_dates
    from ess_sim.results.results import Results
    from ess_sim.results.storage.files.csv_text import csv_text

    faults, there, compared, day = Faults(), None, dict[str, str](), pd.Timestamp(0)
    with faults:
        if geojson is None and csv is None:
            raise ResultsError("nothing to write: name --geojson FILE, --csv FILE, or both")
    with faults:
        if contours is not None and geojson is None:
            raise ResultsError("--contours goes with --geojson: a table has no contours")
    with faults:
        geojson = None if geojson is None else file_to_write("--geojson", geojson, ".geojson", ".json")
    with faults:
        csv = None if csv is None else file_to_write("--csv", csv, ".csv")
    with faults:
        there = complete_pairs(Results.read(results))
    if there is not None:
        with faults:
            compared = baselines(there.scenarios, baseline if baseline is not None else there.baselines)
        with faults:
            recorded = common_dates(there)
            day = recorded[-1] if date is None else wanted_dates(recorded, [date])[0]
        with faults:
            check_contours(there, contours)
    found = faults.ended(there)
    compared, apart = comparable(found, compared, otherwise=True)
    rows = zone_rows(found, compared, day)
    layer = feature_collection(rows, positions_of(found), contours) if geojson is not None else ""
    print(end=apart)
    if geojson is not None:
        write_atomically(geojson, layer.encode())
        print(f"layer       {geojson}: {rows['zone'].nunique()} zones on {day.date()}")
    if csv is not None:
        write_atomically(csv, csv_text(rows).encode())
        print(f"table       {csv}: {len(rows)} rows")
