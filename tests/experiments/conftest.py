"""Worker processes begin in two ways."""

from __future__ import annotations

import sys

import pytest

from ess_sim.experiments.engines import forking
from ess_sim.experiments.engines.processes import Worker


@pytest.fixture(params=["forked", "spawned"])
def begun(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> list[Worker]:
    """The workers that a test has begun, in either way."""
    forked = request.param == "forked"
    if forked and sys.platform != "linux":
        pytest.skip("no worker is forked here")
    workers: list[Worker] = []
    begin = Worker.__init__

    def watched(worker: Worker) -> None:
        begin(worker)
        workers.append(worker)

    monkeypatch.setattr(forking.SERVERS, "wanted", forked)
    monkeypatch.setattr(Worker, "__init__", watched)
    return workers
