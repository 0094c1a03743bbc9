"""Pictures that stand in a card: a line over time, and places as circles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ess_sim.inputs.notebooks.cards import Picture

__all__ = ["places", "sparkline"]


_BLUE = "#0072B2"


def sparkline(values: Sequence[float], low: float | None = None, high: float | None = None) -> Picture:
    """A line through values at equal distances, as SVG; nothing where there are fewer than two.

    ``low`` and ``high``: what the lower and the upper edge stand for; by default the least and the largest value.

    Examples
    --------
    >>> sparkline([1, 2, 4]).count(",")
    3
    """
    found = np.asarray(values, dtype=float)
    if found.size < 2 or not np.isfinite(found).all():
        return Picture()
    width, height, edge = 120, 24, 2
    bottom = float(found.min()) if low is None else low
    span = (float(found.max()) if high is None else high) - bottom or 1.0
    x = np.linspace(edge, width - edge, found.size)
    y = height - edge - (found - bottom) / span * (height - 2 * edge)
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    return Picture(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" role="img" aria-label="over time">'
        f'<polyline points="{points}" fill="none" stroke="{_BLUE}" stroke-width="1.5"/></svg>'
    )


def places(longitude: Sequence[float], latitude: Sequence[float], size: Sequence[float]) -> Picture:
    """Places as circles with areas in proportion to their size, as SVG, north above; nothing for more than 500."""
    x, y, area = (np.asarray(values, dtype=float) for values in (longitude, latitude, size))
    if not 2 <= x.size <= 500:
        return Picture()
    x = x * float(np.cos(np.radians(y.mean())))
    span = max(float(np.ptp(x)), float(np.ptp(y)), 1e-9)
    side, edge = 180, 14
    scale = (side - 2 * edge) / span
    radius = 12 * np.sqrt(area / max(float(area.max()), 1.0))
    left, top = edge + (x - x.min()) * scale, edge + (y.max() - y) * scale
    width, height = (round(2 * edge + float(np.ptp(values)) * scale) for values in (x, y))
    circles = "".join(
        f'<circle cx="{a:.1f}" cy="{b:.1f}" r="{max(r, 1):.1f}"/>' for a, b, r in zip(left, top, radius, strict=True)
    )
    return Picture(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" role="img" aria-label="zones by '
        f'residents"><g fill="{_BLUE}" fill-opacity=".45" stroke="{_BLUE}">{circles}</g></svg>'
    )
