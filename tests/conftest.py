"""What holds for every test."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# A busy machine is slow, not wrong. A test that suppresses health checks of its own names `too_slow` again, because
# its list replaces this one.
settings.register_profile("ess_sim", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ess_sim")
