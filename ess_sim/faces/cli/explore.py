"""The command that opens the explorer."""

from __future__ import annotations

import webbrowser
from contextlib import closing, suppress
from pathlib import Path
from typing import Annotated

import typer

from ess_sim.atomic import users_path
from ess_sim.faces.cli.terminal import Faults, check_choice, complain

__all__ = ["explore"]


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
    from ess_sim.experiments.engines.engine import Engine, most_workers
    from ess_sim.faces.explorer.base import of_file
    from ess_sim.faces.explorer.desk import Desk
    from ess_sim.faces.explorer.exports import Exports
    from ess_sim.faces.explorer.routes import Routes
    from ess_sim.faces.explorer.server import Server

    faults, given, workers = Faults(), None, 1
    with faults:
        check_choice("--lang", lang, ("en", "fr"))
    with faults:
        workers = most_workers(Engine(jobs=jobs))
    with faults:
        given = None if file is None else of_file(users_path(file))
    faults.end()
    exports = Exports(users_path(out), workers)
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
            raise KeyboardInterrupt("the explorer is closed; what it has exported stays") from None
