"""The command line. Results go to the standard output, progress and error messages to the standard error.

Exit codes: 0 success; 1 something failed; 2 the input is wrong, and nothing was run; 130 interrupted; 141 the reader
of the pipe has closed it.

Commands (`new`, `run`, `folders`, `catalogue`) import slow modules when they run, so that ``--help`` comes at once;
what they print lies in modules with ordinary imports (`printing`, `compare`, `costs`, `reading`).
"""

from __future__ import annotations

import errno
import sys
import traceback
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from ess_sim.atomic import WINDOWS
from ess_sim.errors import EssSimError, ScenarioError
from ess_sim.faces.cli.catalogue import (
    describe,
    explain,
    keys,
    parameters,
    policies,
    scenarios,
    schema,
    territories,
    validate,
)
from ess_sim.faces.cli.folders import compare, costs, merge, report, verify, zones
from ess_sim.faces.cli.new import explore, new
from ess_sim.faces.cli.parts.terminal import complain, open_closed_streams, print_whatever_the_encoding, silence
from ess_sim.faces.cli.run import calibrate, library, run
from ess_sim.faces.cli.studies.benchmark import benchmark
from ess_sim.faces.cli.studies.choose import choose
from ess_sim.faces.cli.studies.elicit import elicit
from ess_sim.faces.cli.studies.value import value

__all__ = ["app", "main"]


OK, FAILED, BAD_INPUT, INTERRUPTED, BROKEN_PIPE = 0, 1, 2, 130, 141
_OF_THE_MACHINE = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG)
"""Errors of a full or broken disk, or of a terminal that is gone: no fault of the input."""


app = typer.Typer(
    name="ess-sim",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with: ess-sim scenarios --copy my-scenarios",
)


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
      ess-sim new "Sud Nivernais" --policy smp your own territory, with and without a policy
      ess-sim scenarios                       what comes with the package
      ess-sim validate my.yaml                every problem, at its line
      ess-sim run base.yaml smp.yaml -n 20    run, compare, draw
    """


for _command in (
    new,
    run,
    merge,
    compare,
    costs,
    value,
    verify,
    calibrate,
    report,
    zones,
    explore,
    library,
    benchmark,
    choose,
    validate,
    describe,
    explain,
    scenarios,
    schema,
    territories,
    policies,
    keys,
    parameters,
):
    app.command()(_command)
app.add_typer(elicit, name="elicit")


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
    open_closed_streams()
    print_whatever_the_encoding()
    given = list(sys.argv[1:] if args is None else args)
    debug = "--debug" in given
    given = [a for a in given if a != "--debug"]
    try:
        # not app(): it would turn interruptions and broken pipes into bare exit codes of its own
        command = typer.main.get_command(app)
        with _plain_warnings(), command.make_context("ess-sim", [*given]) as context:
            command.invoke(context)
        if sys.stdout is not None:  # the caller may have closed it
            sys.stdout.flush()
        return OK
    except typer.Exit as leave:
        if given:
            return leave.exit_code
        complain("wrong usage: nothing was run; see ess-sim --help")  # click before 8.2 shows the help and is content
        return BAD_INPUT
    except BaseException as error:  # every error ends in an exit code and a clear last line
        if WINDOWS and isinstance(error, OSError) and error.errno == errno.EINVAL and error.filename is None:
            error = BrokenPipeError()  # Windows's word for a closed pipe
        if isinstance(error, KeyboardInterrupt | BrokenPipeError):
            return _stopped(error)
        if debug:
            traceback.print_exc()
        return _explained(error)


@contextmanager
def _plain_warnings() -> Iterator[None]:
    """Warnings about the user's data in one line, without the place in the package that noticed."""
    with warnings.catch_warnings():
        usual = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *where: Any) -> None:
            complain(f"warning: {message}") if category is UserWarning else usual(message, category, *where)

        warnings.showwarning = show  # type: ignore[assignment]  # it takes the same, and passes it on
        yield


def _stopped(error: BaseException) -> int:
    if isinstance(error, BrokenPipeError):
        silence(sys.stdout)
        return BROKEN_PIPE
    complain(f"interrupted: {str(error) or 'nothing was kept'}")
    return INTERRUPTED


def _marked(message: str) -> str:
    """Each line that says something wrong begins so; one that is indented goes on with the one above."""
    return "\n".join(line if line[:1] in ("", " ") else f"error: {line}" for line in message.split("\n"))


def _of_the_machine(error: BaseException | None) -> bool:
    """Whether an error, or what it came from, is one of a disk that is full or broken."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _OF_THE_MACHINE:
            return True
        error = error.__cause__
    return False


def _explained(error: BaseException) -> int:
    if isinstance(error, typer.Abort):
        return _stopped(KeyboardInterrupt())
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else FAILED
    if hasattr(error, "format_message"):  # typer's usage errors
        context = getattr(error, "ctx", None)
        command = context.command_path if context is not None else "ess-sim"
        message = error.format_message()
        complain(f"{_marked(message)}\nwrong usage: nothing was run; see {command} --help" if message else "")
        return BAD_INPUT
    if isinstance(error, ScenarioError):  # FILE:LINE:COLUMN is what editors look for
        complain("\n".join(str(p) if p.line else _marked(str(p)) for p in error.problems))
        n, m = len(error.problems), len({p.file for p in error.problems})
        counted = f"{n} problem{'s' if n > 1 else ''} in {m} file{'s' if m > 1 else ''}"
        complain(f"{counted}: nothing was run, nothing was written")
        return BAD_INPUT
    if isinstance(error, EssSimError):
        complain(_marked(str(error)))
        return BAD_INPUT if isinstance(error, ValueError) and not _of_the_machine(error) else FAILED
    if isinstance(error, FileNotFoundError) and error.filename is None:
        complain("error: the current folder no longer exists: change to another one")
        return BAD_INPUT
    if isinstance(error, OSError) and _of_the_machine(error) and error.filename is None:
        if sys.stdout is not None:
            silence(sys.stdout)
        complain(f"error: what is printed cannot be written ({error.strerror})")
        return FAILED
    said = (str(error).splitlines() or [""])[0]
    complain(f"unexpected error: {type(error).__name__}: {said} (--debug shows where)")
    return FAILED


if __name__ == "__main__":
    sys.exit(main())
