"""Tables, caveats and a calibration's fit on the standard output."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import pandas as pd

from ess_sim.analysis.calibration.diagnostics import Fit
from ess_sim.faces.cli.parts.terminal import complain
from ess_sim.results.results import Results
from ess_sim.results.statistics.intervals import FEWEST

__all__ = [
    "basis",
    "fitted",
    "note_fewer",
    "print_caveats",
    "print_fit",
    "print_records",
    "print_table",
    "shown",
    "without_matplotlib",
]


def shown(value: object) -> str:
    r"""A value as it is printed: texts of a results folder may be a stranger's, and must not act on the terminal.

    >>> shown("Laval\x1b[31m\n99 %\u200b")
    'Laval\\x1b[31m\\n99 %\\u200b'
    """
    return _ACTING.sub(lambda found: repr(found[0])[1:-1], str(value))


_ACTING = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]")
"""Characters that end a line, move a cursor, colour what follows, turn the direction of reading, or are not seen."""


def without_matplotlib(error: Exception) -> str:
    """What there is to say of a figure when matplotlib cannot be imported."""
    why = (str(error).splitlines() or [""])[0][:200]
    return f"left out: matplotlib cannot start ({type(error).__name__}: {why}); see MPLBACKEND and your matplotlibrc"


def basis(replications: int, draws: int = 1) -> str:
    """What numbers rest on, and what stands in brackets behind them."""
    n, what = replications, "replications"
    if draws > 1:
        n, what = draws, f"parameter draws, each of {replications} replication" + "s" * (replications > 1)
    if n == 1:
        return "one replication: no interval can be stated"
    if n < FEWEST:
        return f"mean of {n} {what}: too few for an interval (from {FEWEST} on)"
    return f"mean of {n} {what} [95 % interval]"


def note_fewer(results: Results) -> None:
    """Says so where a folder was made for more replications than are asked for now, of which the first are compared."""
    n, there = len(results.replications), int((results.manifest or {}).get("replications", 0))
    if n < there:
        complain(f"note: this folder was made for {there} replications: the first {n} are compared, as asked")


def print_table(table: pd.DataFrame) -> None:
    """Columns side by side in their full width: piped output must not depend on a terminal."""
    columns = [[shown(name), *map(shown, table[name])] for name in table.columns]
    widths = [max(map(len, column)) for column in columns]
    for row in zip(*columns, strict=True):
        print("  ".join(value.ljust(width) for value, width in zip(row, widths, strict=True)).rstrip())


def fitted(names: Sequence[str], room: int) -> list[str]:
    """Names without their middle where they are longer than the room, whole where another one would look the same.

    >>> fitted(["Communauté de communes du Pays de Craon"], 24)
    ['Communau…u Pays de Craon']
    """
    head = max(1, room // 3)
    tail = max(1, room - head - 1)
    short = {name: name if len(name) <= max(3, room) else f"{name[:head]}…{name[-tail:]}" for name in names}
    looks = Counter(short.values())
    return [short[name] if looks[short[name]] == 1 else name for name in names]


def print_records(records: list[dict[str, str]]) -> None:
    """A table of records and an empty line."""
    print_table(pd.DataFrame(records))
    print()


def print_caveats(results: Results) -> None:
    """What the numbers rest on, repeated wherever they are printed."""
    grade_d = sorted({name for names in results.grade_d.values() for name in names})
    if grade_d:
        print(f"These results rest on {len(grade_d)} grade-D parameters (assumptions), listed in manifest.json.")
    for text in _together(text for texts in results.assumed.values() for text in texts):
        print(f"assumed: {shown(text)}")


_NUMBER = re.compile(
    r"(?<=: )[0-9.]+(?=(?: %)?(?: [a-z -]+)?, )|(?<=, )[0-9.]+(?= for each of | per 100,000 )"
    r"|(?<=^lists of day 0 are )[0-9.]+(?= % longer )"
)
"""The value of a figure (`assumed_lines`), the rate that it follows from, and by how much lists are too long."""


_GRADED = "assumption (grade D): "


def _together(texts: Iterable[str]) -> list[str]:
    """Each text once; what differs between parameter draws by numbers is one text with their ranges.

    >>> _together([f"interns: {n} a semester, {n / 2} per 100,000 residents, grade D" for n in (4, 6)])
    ['interns: 4 to 6 a semester, 2 to 3 per 100,000 residents, grade D']
    >>> _together([f"residents without MT: {n} % of adults, national share" for n in (11.5, 12)])
    ['residents without MT: 11.5 to 12 % of adults, national share']
    >>> _together([f"lists of day 0 are {n} % longer than the GPs would hold in Decize" for n in (10, 1, 9)])
    ['lists of day 0 are 1 to 10 % longer than the GPs would hold in Decize']
    """
    found: dict[str, list[list[float]]] = {}
    for text in texts:
        alike = _NUMBER.sub("{}", text)
        alike = f"{alike.removeprefix(_GRADED)} (grade D)" if alike.startswith(_GRADED) else alike
        found.setdefault(alike, []).append([float(number) for number in _NUMBER.findall(text)])
    out = []
    for text, rows in found.items():
        for numbers in zip(*rows, strict=True):
            ends = dict.fromkeys(f"{end:.6g}" for end in (min(numbers), max(numbers)))
            text = text.replace("{}", " to ".join(ends), 1)
        out.append(text)
    return out


def print_fit(fit: Fit) -> None:
    """Targets and parameters before and after, and what to know before using the draws."""
    print("targets: observed (± sd), and real runs of the posterior: expectation and its 95 % range\n")
    rows = fit.targets.to_dict("records")
    print_records(
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
    print_records(
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
        complain(f"WARNING: {text}")
