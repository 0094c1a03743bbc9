"""What tests of the command line share."""

from __future__ import annotations

import signal

BASE = """\
name: base
start: 2020-01-01
horizon_years: 1
territory:
  communes: ["53034", "53054"]
supply:
  list_holding_gps:
    - {zones: remainder, count: 2, source: none, grade: D}
  interns_per_semester: {count: 1, source: none, grade: D}
parameters: {capacity_elasticity: 1}  # so few GPs hold as many residents as live there
outcomes: [share_without_mt, list_holders]
"""


def hear_ctrl_c() -> None:
    """In a child: what a shell starts in the background, such as these tests, is born deaf to Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
