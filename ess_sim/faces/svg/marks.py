"""Elements of an SVG picture as text: every value escaped, no number longer than a picture needs."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

import numpy as np
from numpy.typing import NDArray

__all__ = ["COLOURS", "DASHES", "Floats", "area", "element", "number", "picture", "polyline", "text"]


Floats = NDArray[np.float64]

COLOURS = ("#555555", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d1f")
"""Of series, the baseline first: Okabe and Ito's, with a grey and a brown."""
DASHES = ("6 4", "", "9 3", "3 3", "9 3 2 3", "1.5 3", "12 4", "5 2")
"""Of series, so that they differ without colour, too."""


def number(value: float) -> str:
    """A coordinate, to a tenth of a unit.

    >>> number(3.0), number(-0.04), number(12.345)
    ('3', '0', '12.3')
    """
    text = f"{value:.1f}"
    text = text.removesuffix(".0")
    return "0" if text == "-0" else text


def element(name: str, inside: str | Iterable[str] = "", /, **attributes: object) -> str:
    """One element; ``_`` in a name of an attribute stands for a hyphen, at the end for nothing; None leaves it out.

    >>> element("line", x1=0, stroke_width=1.5, class_="a<b")
    '<line x1="0" stroke-width="1.5" class="a&lt;b"/>'
    """
    said = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{number(v) if isinstance(v, float) else escape(str(v))}"'
        for key, v in attributes.items()
        if v is not None
    )
    content = inside if isinstance(inside, str) else "".join(inside)
    return f"<{name}{said}>{content}</{name}>" if content else f"<{name}{said}/>"


def text(words: str, x: float, y: float, **attributes: object) -> str:
    """Text at a place; ``words`` are escaped."""
    return element("text", escape(words), x=float(x), y=float(y), **attributes)


def picture(inside: Iterable[str], width: float, height: float, **attributes: object) -> str:
    """A whole picture, as wide as its place."""
    box = f"0 0 {number(width)} {number(height)}"
    return element("svg", inside, viewBox=box, **attributes)


def polyline(x: Floats, y: Floats) -> str:
    """Data of a path through points; where one is missing it is broken.

    >>> polyline(np.array([0.0, 1.0, 2.0, 3.0]), np.array([5.0, 6.0, np.nan, 7.0]))
    'M0 5L1 6M3 7'
    """
    out, pen = [], "M"
    for a, b in zip(x.tolist(), y.tolist(), strict=True):
        if b != b:
            pen = "M"
            continue
        out.append(f"{pen}{number(a)} {number(b)}")
        pen = "L"
    return "".join(out)


def area(x: Floats, low: Floats, high: Floats) -> str:
    """Data of a path around a band; what is missing is left out."""
    there = np.isfinite(low) & np.isfinite(high)
    if there.sum() < 2:
        return ""
    around = np.concatenate([x[there], x[there][::-1]]), np.concatenate([high[there], low[there][::-1]])
    return polyline(*around) + "Z"
