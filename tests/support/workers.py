"""Worker processes, as tests see them."""

from __future__ import annotations

import os

from ess_sim.experiments.engines.processes import Worker

__all__ = ["alive"]


def alive(workers: list[Worker]) -> list[bool]:
    """Of workers that were ready once, whether their processes are still there."""
    return [_is_alive(worker.pid) for worker in workers if worker.pid is not None]


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
