"""Counts work, where a test would otherwise look at the clock and fail on a busy machine."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

import pytest

PATIENCE = 300
"""Seconds after which something hangs. A net below tests that wait, no measure: where all is well, nothing waits."""


@dataclass
class Work:
    """How often functions were called, Python's and C's (and generators resumed)."""

    calls: int = 0


@contextmanager
def counted(most: int = sys.maxsize) -> Iterator[Work]:
    """Counts the calls made by this thread. One more than ``most`` fails the test there and then."""
    work = Work()

    def count(frame: FrameType, event: str, arg: Any) -> None:  # noqa: ARG001 (the signature is sys.setprofile's)
        if event in ("call", "c_call"):
            work.calls += 1
            if work.calls > most:
                pytest.fail(f"more than {most:,} calls")  # no Exception: nothing on the way up takes it for an error

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        yield work
    finally:
        sys.setprofile(before)
