"""The commands that begin with a territory: a baseline and a policy where it is needed most, in files or on a page."""

from __future__ import annotations

import os
import re
import shlex
import webbrowser
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import typer

from ess_sim.atomic import check_can_be_filled, users_path, write_atomically
from ess_sim.errors import ResultsError, ScenarioError
from ess_sim.faces.cli.parts.terminal import Faults, check_choice, complain, prepare_workers

__all__ = ["explore", "new"]

_OPTIONS = {"codes": "", "start": "--start", "years": "--years", "without_mt": "--without-mt", "policy": "--policy"}
"""What an argument of `begin` is called on the command line."""


def new(
    codes: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="CODE…",
            help="Code or name of an intercommunality, EPT, département, région, of communes, or france.",
            show_default=False,
        ),
    ] = None,
    communes: Annotated[
        Path | None,
        typer.Option("--communes", metavar="FILE", help="Codes of communes in a CSV, for any other grouping."),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option("--start", metavar="DATE", help="First day. (default: 2024-01-01, the year of the GP counts)"),
    ] = None,
    years: Annotated[int, typer.Option("--years", help="Years to run.")] = 10,
    without_mt: Annotated[
        str | None,
        typer.Option(
            "--without-mt",
            metavar="SHARE",
            help="Residents aged 17+ without MT on the first day: 0.14 or '14 %'. "
            "(default: what suits the adults per GP of the département)",
        ),
    ] = None,
    policy: Annotated[
        str | None,
        typer.Option("--policy", metavar="KIND", help="Write a second file with this policy; see ess-sim policies."),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", help="What scenarios are called. (default: as the territory)")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="DIR", help="Folder for the files. (default: as the name)")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
    lang: Annotated[str, typer.Option("--lang", help="Language of the files: en or fr.")] = "en",
) -> None:
    """Write a scenario of your own territory, on public data: it runs as it is, and says what to replace first.

    baseline.yaml holds every number with its source and grade. With --policy a second file lays the policy, in its
    usual dose, on the zone that needs it most, and says why.

    \b
    Examples:
      ess-sim new "Sud Nivernais" --policy smp
      ess-sim new 200083392 --start 2026-01-01 --without-mt 0.14
      ess-sim new Decize Imphy
      ess-sim new departement:58 --policy medicobus --out nievre
      ess-sim new --communes cpts.csv --name my-cpts
    """
    from ess_sim.faces.explanation.commented import baseline_text, grades_of, policy_text, size_of, why_there
    from ess_sim.faces.explanation.doubts import notes_on
    from ess_sim.faces.schema.beside import header, write_beside
    from ess_sim.inputs.territory.countries.code_lists import read_codes
    from ess_sim.inputs.territory.countries.named import larger_meanings
    from ess_sim.model.beginnings.begin import begin

    faults = Faults()
    share, notes, listed = None, list[str](), list[str]()
    with faults:
        check_choice("--lang", lang, ("en", "fr"))
    with faults:
        share = None if without_mt is None else _share(without_mt)
    with faults:
        if communes is not None:
            listed, notes = read_codes(users_path(communes))
        if not (codes or communes):
            raise ResultsError(
                "name a territory: ess-sim new CODE…, or --communes FILE; ess-sim territories finds codes"
            )
        if codes and communes:
            raise ResultsError("--communes names the whole territory: leave out the codes, or write them into the file")
    language: Literal["en", "fr"] = "fr" if lang == "fr" else "en"
    made = None
    with faults:
        try:
            given = listed or codes or []  # of none, all the rest is checked
            made = begin(given, start=start, years=years, without_mt=share, policy=policy, name=name, lang=language)
        except ScenarioError as error:
            found = [replace(p, where=_OPTIONS.get(p.where, p.where)) for p in error.problems]
            if found := [p for p in found if given or p.where]:
                raise ScenarioError(found) from None
    faults.end()
    assert made is not None
    command = _command(codes or [], communes, start, years, without_mt, policy, name, lang)
    folder = users_path(out or Path(made.baseline.name.removesuffix("-baseline")))
    texts = {"baseline.yaml": header() + baseline_text(made, command, language)}
    if made.with_policy is not None:
        texts[f"{policy}.yaml"] = header() + policy_text(made, command, language)
    there = [folder / file for file in texts if os.path.lexists(folder / file)]
    if folders := [path for path in there if path.is_dir()]:
        raise ResultsError("\n".join(f"{path}: this is a folder: nothing was written" for path in folders))
    if there and not force:
        raise ResultsError(
            "\n".join(f"{path}: there already: nothing was written (--force replaces it)" for path in there)
        )
    for file, text in texts.items():
        write_atomically(folder / file, text.encode())
        print(folder / file)
    write_beside(folder)
    for note in (*notes, *larger_meanings(codes or ()), *(words.to(language) for words in notes_on(made))):
        complain(f"note: {note}")
    print(f"\n{size_of(made, language)}")
    grades, further = _WORDS[language]
    print(f"{grades} {grades_of(made)}")
    for line in why_there(made, language):
        print(line)
    both = " ".join(shlex.quote(str(folder / file)) for file in texts)
    in_french = " --lang fr" if language == "fr" else ""
    print(f"\n{further} ess-sim describe {shlex.quote(str(folder / [*texts][-1]))}{in_french}")
    print(f"{' ' * len(further)} ess-sim run {both}{in_french}")


_WORDS = {"en": ("inputs by grade:", "next:"), "fr": ("données par niveau de preuve :", "ensuite :")}


def _share(text: str) -> float:
    """A share of the command line: ``0.14``, ``0,14``, ``14 %``."""
    found = re.fullmatch(r"\s*(\d+(?:[.,]\d+)?|[.,]\d+)\s*(%?)\s*", text)
    if not found:
        raise ResultsError(f"--without-mt {text}: a share such as 0.14 or '14 %'")
    value = float(found[1].replace(",", "."))
    if found[2]:
        value = round(value / 100, 6)
    if value > 1:
        meant = f" (did you mean '{value:g} %'?)" if 1 < value <= 100 and not found[2] else ""
        raise ResultsError(f"--without-mt {text}: a share of residents is at most 1{meant}")
    return value


def _command(
    codes: list[str],
    communes: Path | None,
    start: str | None,
    years: int,
    without_mt: str | None,
    policy: str | None,
    name: str | None,
    lang: str,
) -> str:
    """What was typed, but for where the files went."""
    options = {
        "--communes": None if communes is None else communes.name,
        "--start": start,
        "--years": None if years == 10 else str(years),
        "--without-mt": without_mt,
        "--policy": policy,
        "--name": name,
        "--lang": None if lang == "en" else lang,
    }
    given = [part for option, value in options.items() if value is not None for part in (option, value)]
    return shlex.join(["ess-sim", "new", *codes, *given])


def explore(
    file: Annotated[
        Path | None, typer.Argument(help="A scenario file; without it the page asks for a territory.")
    ] = None,
    port: Annotated[int, typer.Option("--port", min=0, max=65_535, help="Where to listen; 0: any free port.")] = 0,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in a browser.")] = True,
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-j", min=1, help="Worker processes. (default: all cores)")
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Folder for what is exported.")] = Path(
        "explored"
    ),
    lang: Annotated[
        str | None, typer.Option("--lang", help="Language of the page: en or fr. (default: the browser's)")
    ] = None,
) -> None:
    """Place policies on the map of a territory, move their levers, and see what they change as runs come in.

    A page on this machine, for one user: it listens on 127.0.0.1 alone, and its address holds a token without which
    it answers nothing. Up to four variants are compared with the baseline, replication by replication; what the page
    shows is what ess-sim run makes of the files that it saves. Ctrl-C stops it.

    \b
    Examples:
      ess-sim explore
      ess-sim explore scenarios/laval/smp.yaml
      ess-sim explore --no-browser --port 8000
    """
    prepare_workers(jobs)
    from ess_sim.experiments.engines.engine import Engine, most_workers
    from ess_sim.faces.explorer.base import of_file
    from ess_sim.faces.explorer.exports import Exports
    from ess_sim.faces.explorer.routes import Routes
    from ess_sim.faces.explorer.runs.desk import Desk
    from ess_sim.faces.explorer.server import Server

    faults, given, workers, folder = Faults(), None, 1, out
    with faults:
        check_choice("--lang", lang, ("en", "fr"))
    with faults:
        folder = users_path(out)
        check_can_be_filled(folder)
    with faults:
        workers = most_workers(Engine(jobs=jobs))
    with faults:
        given = None if file is None else of_file(users_path(file))
    faults.end()
    exports = Exports(folder, workers)
    server = Server(port, has_file=given is not None, lang=lang or "")
    with server, closing(exports), closing(Desk(workers)) as desk:
        server.routes = Routes(desk, exports, given)
        print(server.url, flush=True)
        complain("the explorer listens here, for this machine alone; Ctrl-C stops it")
        if browser:
            with suppress(webbrowser.Error):
                webbrowser.open(server.url)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            gone = "".join(f"; {path} was not finished, and is removed" for path in exports.close())
            raise KeyboardInterrupt(f"the explorer is closed; what it has exported stays{gone}") from None
