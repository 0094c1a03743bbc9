"""What holds for every test."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# Before numpy is imported: of OpenBLAS's threads, one for each core, most wait for work and burn what others need. The
# tests of calibration take half the time with one.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# A busy machine is slow, not wrong. A test that suppresses health checks of its own names `too_slow` again, because
# its list replaces this one.
settings.register_profile("ess_sim", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ess_sim")


collect_ignore_glob = ["*/conftest.py"]
"""No example stands there: those of two folders could not both be imported to look for one."""


def pytest_collection_finish() -> None:
    """Before the first test: what is there now stays, so that no collection of garbage need look at it again.

    And there are fewer of them: the reference alone makes hundreds of thousands of objects.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)


@pytest.fixture(scope="session", autouse=True)
def no_waiting_for_the_disk() -> Iterator[None]:
    """No test pulls the plug: whether bytes have reached the disk is the same to all but those that look for it."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "fsync", os.fstat)  # as which it fails where there is no file
        yield
