"""Runs all that docs/results.md needs and writes it: ``python -m validation.results_page --write docs/results.md``.

Runs are kept below ``--out`` (some 4 GB at full size), so that a command that was interrupted goes on where it was.
"""

from __future__ import annotations

import argparse
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
    chosen = parser.parse_args(arguments)
    if chosen.write.suffix != ".md":
        parser.error(f"--write {chosen.write}: a page is a file that ends in .md")
    if not chosen.write.parent.is_dir():
        parser.error(f"--write {chosen.write}: there is no folder {chosen.write.parent}")
    sizes = Sizes.at_most(chosen.replications, chosen.years, chosen.at_most)
    picture = chosen.write.with_suffix(".png")
    try:
        with ess_sim.progress() as say:
            found = measure(sizes, chosen.out, picture, jobs=chosen.jobs, say=say)
    except ess_sim.EssSimError as error:
        parser.error(str(error))
    command = " ".join([MODULE, *_sizes_given(chosen, parser), "--write", chosen.write.as_posix()])
    write_atomically(chosen.write, page(found, sizes, command=command, picture=picture.name).encode())
    return 0


def _sizes_given(chosen: argparse.Namespace, parser: argparse.ArgumentParser) -> list[str]:
    """Options that change numbers, where they are not the usual ones: a page that names some is a trial."""
    names = ("replications", "years", "at_most")
    unusual = {name: getattr(chosen, name) for name in names if getattr(chosen, name) != parser.get_default(name)}
    return [text for name, n in unusual.items() for text in (f"--{name.replace('_', '-')}", str(n))]


def _at_least_one(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"a whole number of 1 or more, not {text!r}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
