"""What holds for every test."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# Before numpy is imported: of OpenBLAS's threads, one for each core, most wait for work and burn what others need. The
# tests of calibration take half the time with one.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# A busy machine is slow, not wrong. A test that suppresses health checks of its own names `too_slow` again, because
# its list replaces this one.
settings.register_profile("ess_sim", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ess_sim")
