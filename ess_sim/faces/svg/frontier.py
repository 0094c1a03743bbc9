"""Effect against cost: a point each with its interval, a line of stairs over the best of them, and a budget."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from ess_sim.faces.svg.marks import COLOURS, element, number, picture, polyline, text
from ess_sim.faces.svg.scales import Scale, digits_of, round_steps

__all__ = ["Point", "frontier"]


WIDTH, HEIGHT = 900.0, 440.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 50.0, 24.0, 28.0, 46.0
_NEAR = 16.0
"""Letters that are nearer than this to another one go to another side of their point."""
_SIDES = ((9.0, -7.0), (9.0, 16.0), (-17.0, -7.0), (-17.0, 16.0), (22.0, 4.0))


class Point(NamedTuple):
    """One mix.

    Attributes
    ----------
    cost, effect, low, high : float
        NaN limits: no interval is known.
    letter : str
        '' for one that is not named.
    series : int
        Its colour: 0 for those that are not named.
    hollow : bool
    worst : float
        Cost of the dearest year, to which a thin line leads; NaN for none.
    """

    cost: float
    effect: float
    low: float
    high: float
    letter: str = ""
    series: int = 0
    hollow: bool = False
    worst: float = float("nan")


def frontier(
    points: Sequence[Point],
    line: tuple[Sequence[float], Sequence[float]],
    *,
    budget: float | None = None,
    lower_is_better: bool = True,
    words: Sequence[tuple[str, str, str, str]] = (),
    **attributes: object,
) -> str:
    """The picture; upwards is better, and the numbers of its axes are ``data-v``, to be written again.

    Parameters
    ----------
    points : sequence of Point
        Named ones last: what is drawn last lies above.
    line : two sequences of float
        Costs and effects along the stairs.
    budget : float, optional
        Where a vertical line stands.
    words : sequence of (str, str, str, str)
        Language, and in it the units of costs and of effects, which stand at the ends of the axes, and of the budget.
    **attributes
        Of the picture.
    """
    xs = [p.cost for p in points] + [p.worst for p in points] + list(line[0]) + [0.0 if budget is None else budget]
    ys = [v for p in points for v in (p.effect, p.low, p.high)]
    steps_x, steps_y = round_steps(*_ends(xs), most=7, spare=0.1), round_steps(*_ends(ys), most=6, spare=0.1)
    x = Scale(float(steps_x[0]), float(steps_x[-1]), _LEFT, WIDTH - _RIGHT)
    ends = (HEIGHT - _BOTTOM, _TOP) if not lower_is_better else (_TOP, HEIGHT - _BOTTOM)
    y = Scale(float(steps_y[0]), float(steps_y[-1]), *ends)
    out = [*_grid(steps_x, steps_y, x, y)]
    for lang, of_costs, of_effects, of_budget in words:
        out.append(text(of_costs, WIDTH - _RIGHT, HEIGHT - 6, text_anchor="end", class_="tick", lang=lang))
        out.append(text(of_effects, 2.0, 14.0, class_="tick", lang=lang))
        if budget is not None:
            at = max(float(x(budget)), _LEFT + 40)  # right of the unit of effects
            out.append(text(of_budget, at, _TOP - 10, text_anchor="middle", class_="tick", lang=lang))
    if budget is not None:
        at = float(x(budget))
        out.append(element("line", x1=at, x2=at, y1=_TOP, y2=HEIGHT - _BOTTOM, class_="cross", stroke="#222"))
    if len(line[0]) > 1:
        path = polyline(np.asarray(x(line[0])), np.asarray(y(line[1])))
        out.append(element("path", d=path, class_="line s3", fill="none", stroke=COLOURS[3]))
    for point in points:
        out += _point(point, x, y)
    return picture([*out, *_letters(points, x, y)], WIDTH, HEIGHT, **attributes)


def _ends(values: Sequence[float]) -> tuple[float, float]:
    known = [v for v in values if np.isfinite(v)]
    return min([0.0, *known]), max([0.0, *known])


def _grid(steps_x: np.ndarray, steps_y: np.ndarray, x: Scale, y: Scale) -> Iterator[str]:
    for steps, along in ((steps_y, False), (steps_x, True)):
        digits = digits_of(steps)
        for step in steps.tolist():
            at = float((x if along else y)(step))
            ends = {"x1": at, "x2": at, "y1": _TOP, "y2": HEIGHT - _BOTTOM}
            if not along:
                ends = {"x1": _LEFT, "x2": WIDTH - _RIGHT, "y1": at, "y2": at}
            zero = step == 0
            yield element("line", **ends, class_="zero" if zero else "grid", stroke="#777" if zero else "#ddd")
            said = f"{step:.{digits}f}"
            where = (at, HEIGHT - _BOTTOM + 18, "middle") if along else (_LEFT - 7, at + 4, "end")
            yield text(said.replace("-", "−"), where[0], where[1], text_anchor=where[2], class_="tick", data_v=said)


def _point(point: Point, x: Scale, y: Scale) -> Iterator[str]:
    at, height, colour = float(x(point.cost)), float(y(point.effect)), COLOURS[point.series]
    named = bool(point.letter)
    if np.isfinite([point.low, point.high]).all():
        ends = {"y1": float(y(point.low)), "y2": float(y(point.high))}
        wide = {"stroke_width": 2.2} if named else {"stroke_width": 1.0, "stroke_opacity": "0.55"}
        yield element("path", d=f"M{number(at)} {number(ends['y1'])}V{number(ends['y2'])}", **_stroke(point), **wide)
    if np.isfinite(point.worst):
        yield element("path", d=f"M{number(at)} {number(height)}H{number(float(x(point.worst)))}", **_stroke(point))
    shape = {"cx": at, "cy": height, "r": 6.0 if named else 3.6, "stroke": colour, "stroke_width": 2}
    yield element("circle", **shape, fill="#fff" if point.hollow else colour, class_=f"dot s{point.series}")


def _stroke(point: Point) -> dict[str, str]:
    return {"class_": f"thin s{point.series}", "stroke": COLOURS[point.series], "fill": "none"}


def _letters(points: Sequence[Point], x: Scale, y: Scale) -> Iterator[str]:
    """Beside their points, each on the first side where neither a letter before it nor another point's bar is."""
    named = [p for p in points if p.letter]
    taken: list[tuple[float, float]] = []
    for point in named:
        places = [(float(x(point.cost)) + a, float(y(point.effect)) + b) for a, b in _SIDES]
        bars = [(float(x(p.cost)), *sorted([float(y(p.low)), float(y(p.high))])) for p in named if p is not point]
        apart = [p for p in places if all(abs(p[0] - t[0]) > _NEAR or abs(p[1] - t[1]) > _NEAR for t in taken)]
        free = [
            p for p in apart if not any(abs(p[0] + 4 - bar) < 9 and low < p[1] < high + 9 for bar, low, high in bars)
        ]
        at = (free or apart or places)[0]
        taken.append(at)
        yield text(point.letter, *at, class_=f"letter s{point.series}", fill=COLOURS[point.series])
