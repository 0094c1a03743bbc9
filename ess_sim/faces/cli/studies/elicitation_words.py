"""What experts' answers come to, printed."""

from __future__ import annotations

from typing import Any

from ess_sim.experiments.elicitation.elicited import POOLING, Elicited
from ess_sim.faces.cli.parts.printing import print_records, shown
from ess_sim.inputs.catalogue.parameters import catalogue

__all__ = ["print_elicited"]


def print_elicited(found: Elicited) -> None:
    """Each parameter's pooled distribution beside the catalogue's range, and where experts disagree."""
    experts = {answer.expert.casefold() for pooled in found.pools for answer in pooled.answers}
    counted = ", ".join(
        f"{n} {what}{'s'[: n > 1]}"
        for n, what in ((len(found.pools), "parameter"), (len(experts), "expert"), (len(found.forms), "form"))
    )
    print(f"{counted}; pooled: {POOLING[found.pools[0].by]}\n")
    table = found.table()
    records = []
    row: Any
    for row in table.itertuples(index=False):
        p = catalogue()[row.parameter]
        records.append(
            {
                "parameter": row.parameter,
                "experts": str(row.experts),
                "median [90 % range]": f"{_short(row.median)} [{_short(row.q05)}, {_short(row.q95)}]",
                "catalogue": f"{p.value:g} [{p.low:g}, {p.high:g}]",
                "unit": p.unit,
            }
        )
    print_records(records)
    for row in table.itertuples(index=False):
        if row.apart:
            print(shown(f"disagree: {row.parameter}: no value in common: {row.apart}"))
    for form in found.forms:
        if not form.answers:
            print(shown(f"no answers: {form.file}"))
    silent = [a for pooled in found.pools for a in pooled.answers if not a.why]
    if silent:
        print(f"without a reason: {len(silent)} answer{'s'[: len(silent) > 1]}, named in the provenance")
    if found.left_out:
        print(f"{found.left_out} draws were drawn anew, as two of their parameters cannot be true together")


def _short(value: float) -> str:
    """Three digits, never as a power of ten.

    >>> _short(0.36512), _short(4361.2)
    ('0.365', '4360')
    """
    return f"{float(f'{value:.3g}'):.15g}"
