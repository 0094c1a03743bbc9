"""Any bytes end in an error of the package that shows where, in lines that can be printed, or in a valid object."""

from __future__ import annotations

import random
import resource
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from mangled.changes import mangled
from mangled.files import KINDS, fault, lay_out

MANY = 10_000
SECONDS, MEGABYTES = 2, 300
"""Most that a file may take of the processor, and of memory on top of all files before it."""


@pytest.mark.parametrize("name", KINDS)
def test_valid_files_are_read(name: str, tmp_path: Path) -> None:
    lay_out(tmp_path)
    kind = KINDS[name]
    for file in kind.files:
        if isinstance(file, str):
            (tmp_path / kind.name).write_text(file, encoding="utf-8")
            kind.read(tmp_path / kind.name)


@pytest.mark.parametrize("name", KINDS)
def test_a_reader_keeps_its_promise(name: str, tmp_path: Path) -> None:
    lay_out(tmp_path)
    seeds = [f"{name} {i}" for i in range(40)]
    found = {seed: fault(KINDS[name], mangled(KINDS[name], random.Random(seed)), tmp_path) for seed in seeds}
    assert {seed: what for seed, what in found.items() if what} == {}


class Endless(BaseException):
    pass


def _stop(*_: Any) -> None:
    raise Endless


@pytest.mark.validate
@pytest.mark.parametrize("name", KINDS)
def test_ten_thousand_mutants(name: str, tmp_path: Path) -> None:
    lay_out(tmp_path)
    kind, found = KINDS[name], dict[str, str]()
    before = signal.signal(signal.SIGPROF, _stop)
    try:
        for i in range(MANY // len(KINDS) + 1):
            seed = f"validate {name} {i}"
            data = mangled(kind, random.Random(seed))
            began, peak = time.process_time(), _peak()
            signal.setitimer(signal.ITIMER_PROF, 30)
            what = fault(kind, data, tmp_path)
            signal.setitimer(signal.ITIMER_PROF, 0)
            seconds, megabytes = time.process_time() - began, _peak() - peak
            if what or seconds > SECONDS or megabytes > MEGABYTES:
                found[seed] = what or f"{seconds:.1f} s, {megabytes:.0f} MB"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
    assert found == {}


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
