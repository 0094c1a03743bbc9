"""Which figures of a scenario are those of its place, and which stand there as public data, rates or assumptions."""

from __future__ import annotations

import re

from ess_sim.inputs.catalogue.parameters import catalogue

__all__ = ["is_local"]


_OF_PUBLIC_DATA = re.compile(r"Cnam's count of \d|national share|those of the territory, as |.*, national density: ")
_OF_A_RATE = re.compile(r" \((\w+)\): ")


def is_local(source: str, grade: str) -> bool:
    """Whether a block says something of its own place: it is no assumption, nor what the package itself fills in.

    Examples
    --------
    >>> is_local("CPAM, list of June 2024", "B"), is_local("our guess", "D")
    (True, False)
    >>> is_local("5.4 per 100,000 residents (interns_per_100000): CNG", "C")
    False
    """
    if grade == "D" or _OF_PUBLIC_DATA.match(source):
        return False
    known = catalogue()
    return not any(name in known for name in _OF_A_RATE.findall(source))
