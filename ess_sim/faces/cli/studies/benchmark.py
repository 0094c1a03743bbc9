"""The command that compares all policies in real territories."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Annotated, Any

import typer

from ess_sim.atomic import users_path, write_atomically
from ess_sim.errors import ResultsError, did_you_mean
from ess_sim.faces.cli.parts.terminal import AllowCode, progress
from ess_sim.faces.cli.studies.drawing import draw
from ess_sim.faces.cli.studies.options import Added, Policies, listed

__all__ = ["benchmark"]


def benchmark(
    territories: Annotated[
        str | None,
        typer.Option(
            "--territories",
            "-t",
            metavar="LIST",
            help="Keys of the ten, or names or codes of your own, divided by commas. (default: all ten)",
        ),
    ] = None,
    policies: Policies = None,
    add: Added = None,
    replications: Annotated[int, typer.Option("--replications", "-n", min=2, help="Runs of each scenario.")] = 50,
    budget: Annotated[
        float,
        typer.Option(
            "--budget", metavar="EUR", help="Public euro a year for each adult: a dose is what that pays for."
        ),
    ] = 5.0,
    pairs: Annotated[bool, typer.Option("--pairs/--no-pairs", help="Pairs of policies, too.")] = True,
    seed: Annotated[int, typer.Option("--seed", "-s", min=0, help="Root seed: one seed, one result.")] = 1,
    jobs: Annotated[int | None, typer.Option("--jobs", "-j", min=1, help="Workers, all cores by default.")] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the results.")] = Path("results/benchmark"),
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace results of other options.")] = False,
    shard: Annotated[
        str | None,
        typer.Option(
            "--shard",
            help="Make only this part of the runs, e.g. 3/40, below OUT/shards; ess-sim merge OUT/shards/* --out "
            "OUT/runs joins them, and the command without --shard concludes.",
        ),
    ] = None,
    write: Annotated[
        Path | None,
        typer.Option(
            "--write",
            "-w",
            metavar="PAGE",
            help="Write a page of it, too: a Markdown file; an earlier such page is replaced, nothing else.",
        ),
    ] = None,
    published: Annotated[
        bool,
        typer.Option(
            "--published",
            help="Run nothing: show the table that comes with the package, over all territories or each that -t names.",
        ),
    ] = False,
    allow_code: AllowCode = False,
    *,
    ctx: typer.Context,
) -> None:
    """Compare every policy in ten real territories, in as many doses as a public budget pays for: a league table.

    The territories are chosen by a rule and made as ess-sim new makes them; each policy comes in as many usual doses
    as the budget pays for, at the places in need. The folder holds league.csv (effects with intervals, adjusted for
    the number of policies, ranks and how sure they are), doses.csv, absent.csv, league.html and all runs.
    The same command again goes on where it was stopped.

    \b
    Examples:
      ess-sim benchmark --published
      ess-sim benchmark
      ess-sim benchmark -t town,rural -p smp,open_centre,mediators -n 20
      ess-sim benchmark -t "Laval Agglomération" --add my_policy.yaml
      ess-sim benchmark --add my_module:MyPolicy --allow-code
    """
    from importlib.metadata import version

    from ess_sim.analysis.benchmark.benchmark import benchmark as compared
    from ess_sim.analysis.benchmark.own import own_policies
    from ess_sim.faces.cli.parts.printing import basis, note_fewer, print_table
    from ess_sim.faces.report.league import league_html
    from ess_sim.faces.reports.studies.league import headline_table
    from ess_sim.faces.reports.studies.league_page import is_league_page, league_page

    if published:
        if other := _asked(ctx, besides=("published", "territories")):
            raise ResultsError(f"--published shows what has been run, by --territories alone: without {other}")
        _show_published(listed(territories))
        return
    if write is not None and (wrong := _not_a_page(write, out, is_league_page)):
        raise ResultsError(f"--write {write}: {wrong}")
    also = own_policies(add or [], allow_code=allow_code)
    with progress() as say:
        found = compared(
            out,
            places=listed(territories),
            policies=listed(policies),
            also=also,
            replications=replications,
            budget=budget,
            pairs=pairs,
            seed=seed,
            jobs=jobs,
            overwrite=overwrite,
            shard=shard,
            progress=say,
        )
    if found is None:
        print(f"shards      {out / 'shards'}\nshard       {shard}: ess-sim merge joins all of them")
        return
    note_fewer(found.results)
    write_atomically(out / "league.html", league_html(found, budget=budget, version=version("ess_sim")).encode())
    pictures = [out / "league.png", *([write.with_suffix(".png")] if write is not None else [])]
    there = draw(_figure, pictures, found.league)
    if write is not None:
        picture = write.with_suffix(".png").name if len(there) > 1 else ""
        asked = {"-t": territories, "-p": policies, "-n": replications, "--budget": budget, "-s": seed}
        usual = {"-n": 50, "--budget": 5.0, "-s": 1}
        options = [text for key, value in asked.items() if value != usual.get(key) for text in (key, f"{value}")]
        options += [text for policy in add or [] for text in ("--add", policy)] + ["--no-pairs"] * (not pairs)
        command = shlex.join(["ess-sim", "benchmark", *options, "--write", write.as_posix()])
        write_atomically(
            users_path(write), league_page(found, command=command, budget=budget, picture=picture).encode()
        )
    print_table(headline_table(found.league, found.doses))
    n, last = len(found.results.replications), int(found.league["year"].max())
    print(f"\nadults without MT after {last} years, {basis(n)}")
    print(_legend())
    print(f"league      {out / 'league.csv'}")
    print(f"doses       {out / 'doses.csv'}")
    print(f"page        {out / 'league.html'}: open it in a browser")
    for picture in there:
        print(f"picture     {picture}")
    if write is not None:
        print(f"page        {write}")


def _asked(ctx: typer.Context, besides: Collection[str]) -> str:
    """The options that were given, as they are written, but for some."""
    given = [p for p in ctx.command.params if p.name and p.name not in besides and _is_given(ctx, p.name)]
    return ", ".join(max(p.opts, key=len) for p in given)


def _is_given(ctx: typer.Context, name: str) -> bool:
    source = ctx.get_parameter_source(name)
    return source is not None and source.name not in ("DEFAULT", "DEFAULT_MAP")


def _show_published(territories: list[str] | None) -> None:
    """The table that comes with the package, in the terminal."""
    from ess_sim.analysis.benchmark.league import OVERALL
    from ess_sim.analysis.benchmark.published import published_benchmark
    from ess_sim.analysis.benchmark.territories import benchmark_territories
    from ess_sim.faces.cli.parts.printing import basis, print_table
    from ess_sim.faces.reports.studies.league import headline_table
    from ess_sim.results.storage.keys import RESULTS_VERSION

    found = published_benchmark()
    called = {OVERALL: "all ten territories, each counts the same"} | {t.key: t.name for t in benchmark_territories()}
    keys = {str(name).casefold(): t.key for t in benchmark_territories() for name in (t.key, t.name, t.code)}
    keys[OVERALL] = OVERALL
    wanted = list(dict.fromkeys(territories)) if territories is not None else [OVERALL]
    if not wanted:
        raise ResultsError(f"--territories: name at least one of {', '.join(called)}")
    if unknown := [name for name in wanted if name.casefold() not in keys]:
        faults = [
            f"--territories: {name!r} is not among the published ones{did_you_mean(name, keys)}" for name in unknown
        ]
        raise ResultsError("\n".join([*faults[:-1], f"{faults[-1]}: {', '.join(called)}"]))
    last = int(found.league["year"].max())
    for key in dict.fromkeys(keys[name.casefold()] for name in wanted):
        print(f"{key} ({called[key]}): adults without MT after {last} years, {basis(found.replications)}")
        print_table(headline_table(found.league[found.league["territory"] == key], found.doses))
        print()
    print(_legend())
    version = f"results version {found.results_version}"
    if found.results_version < RESULTS_VERSION:
        version += f" (the rules of version {RESULTS_VERSION}, other draws)"
    print(f"{version}, seed {found.seed}, {found.budget:g} € a year for each adult")
    print("in Python: ess_sim.published_benchmark(), with other measures and years")


def _legend() -> str:
    """What the signs of a printed table mean."""
    from ess_sim.analysis.benchmark.league import AFFORDABLE

    return (
        f"–: not ranked, because it costs more than {AFFORDABLE:g} budgets, or changes nothing\n"
        "≥: a part of the cost is unknown and counts as 0; unknown: nothing of it has a price, it is not free\n"
        "intervals cover chance only: docs/benchmark.md"
    )


def _not_a_page(page: Path, out: Path, is_page: Callable[[Path], bool]) -> str:
    """Why a page cannot be written there, or its picture beside it; '' if both can: nothing else is ever replaced."""
    if page.suffix.lower() != ".md":
        return "a page is Markdown: name it .md"
    if page.is_dir() or not page.parent.is_dir():
        return "is a folder; name a file" if page.is_dir() else "no such folder; name a file"
    if page.resolve().is_relative_to(out.resolve()):
        return f"lies in {out}, which is for results alone (--out): choose another place"
    if page.exists() and not is_page(page):
        return "is there, and no page of a benchmark: choose another name"
    picture = page.with_suffix(".png")
    if picture.exists() and not page.exists():
        return f"its picture would replace {picture}, which belongs to no such page: choose another name"
    return ""


def _figure() -> Callable[..., Any]:
    from ess_sim.faces.figures.studies.league import league_figure

    return league_figure
