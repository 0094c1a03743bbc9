"""``python -m ess_sim.faces.cli.bound`` is ``ess-sim`` for a program that starts it: it ends when that program does.

Its standard input is a pipe of which only that program has the other end. However the program ends, the operating
system closes the pipe, on every platform.
"""

from __future__ import annotations

import os
import sys
import threading

from ess_sim.faces.cli.app import FAILED, main


def end_with_input() -> None:
    """From now on this process ends as soon as its standard input does. What is read from there is empty."""
    pipe = os.dup(0)  # on Windows, whatever asks about a pipe that is being read waits, too: let nothing else have it
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    threading.Thread(target=_wait, args=(pipe,), daemon=True).start()


def _wait(pipe: int) -> None:
    while os.read(pipe, 1):
        pass
    os._exit(FAILED)  # worker processes notice that by themselves


if __name__ == "__main__":
    end_with_input()
    sys.exit(main())
