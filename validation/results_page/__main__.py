"""Runs all that docs/results.md needs and writes it: ``python -m validation.results_page --write docs/results.md``.

Runs are kept below ``--out`` (some 3 GB at full size), so that a command that was interrupted goes on where it was.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path

import ess_sim
from ess_sim.atomic import write_atomically
from validation.results_page.page import page
from validation.results_page.runs import Sizes, measure

MODULE = "python -m validation.results_page"
TARGET = "docs/results.md"
COMMAND = f"{MODULE} --write {TARGET}"
"""What makes the page of the repository."""


def main(arguments: list[str] | None = None) -> int:
    """Measure and write the page and its picture, which has the page's name."""
    usual = Sizes()
    parser = argparse.ArgumentParser(prog=MODULE, description=__doc__)
    parser.add_argument("--write", type=Path, required=True, metavar="FILE", help=f"the page, e.g. {TARGET}")
    parser.add_argument("--replications", type=_at_least_one, default=usual.replications, metavar="N")
    parser.add_argument("--years", type=_at_least_one, default=usual.years, metavar="N")
    parser.add_argument(
        "--at-most", type=_at_least_one, default=10**6, metavar="N", help="replications, and draws, of each other part"
    )
    parser.add_argument("--jobs", type=_at_least_one, default=2, metavar="N", help="processes (default 2)")
    parser.add_argument("--out", type=Path, default=Path("results/page"), metavar="DIR", help="where runs are kept")
    given = sys.argv[1:] if arguments is None else arguments
    chosen = parser.parse_args(given)
    if chosen.write.suffix != ".md":
        parser.error(f"--write {chosen.write}: a page is a file that ends in .md")
    sizes = Sizes.at_most(chosen.replications, chosen.years, chosen.at_most)
    picture = chosen.write.with_suffix(".png")
    try:
        with ess_sim.progress() as say:
            found = measure(sizes, chosen.out, picture, jobs=chosen.jobs, say=say)
    except ess_sim.EssSimError as error:
        parser.error(str(error))
    command = f"{MODULE} {shlex.join(given)}"
    write_atomically(chosen.write, page(found, sizes, command=command, picture=picture.name).encode())
    return 0


def _at_least_one(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"a whole number of 1 or more, not {text!r}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
