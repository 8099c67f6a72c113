"""The learning curve as one SVG file: losses on a logarithmic axis, a share on its own.

Needs no style sheet and no plotting library, so that it can be looked at anywhere.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from markupsafe import Markup

from handeye.pages.charts.svg import element, number

_WIDTH, _HEIGHT = 760.0, 300.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 50.0, 600.0, 20.0, 260.0
_COLOURS = ("#0b62a4", "#c9552f", "#7a4fa3", "#8a6d1f", "#555555", "#b03a6f")
_SHARE_COLOUR = "#2f8f55"


def curve_svg(
    lines: Sequence[Mapping[str, float]],
    losses: Mapping[str, str],
    *,
    watched: tuple[str, str] | None = None,
    rule: tuple[int, str] = (0, ""),
) -> str:
    """Draw the log of a training.

    Args:
        lines: log lines in order, each with ``step``, the losses (not drawn where they are zero:
            nothing was trained by them) and the share.
        losses: names in the lines, and what they are called; six at most.
        watched: name of a share (0..1, axis on the right) in the lines, and what it is called;
            None: there is none.
        rule: a step at which something began, drawn as a vertical line, and what; at 0 none.
    """
    parts: list[Markup] = []
    if lines:
        last = max(line["step"] for line in lines)
        values = [line[key] for line in lines for key in losses if line[key] > 0]
        low, high = (math.log10(end) for end in (min(values), max(values))) if values else (0, 1)
        parts += _axes(last, low, high, shares=watched is not None)
        if 0 < rule[0] < last:
            parts.append(_rule(_x(rule[0], last), rule[1]))
        for place, (key, words) in enumerate(losses.items()):
            points = [
                (_x(line["step"], last), _y(math.log10(line[key]), low, high))
                for line in lines
                if line[key] > 0
            ]
            parts += _series(points, words, _COLOURS[place], place)
        if watched is not None:
            points = [(_x(line["step"], last), _y(line[watched[0]], 0.0, 1.0)) for line in lines]
            parts += _series(points, watched[1], _SHARE_COLOUR, len(losses))
    drawing = element(
        "svg",
        element("title", "Learning curve"),
        element("rect", width=_WIDTH, height=_HEIGHT, fill="#ffffff"),
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {number(_WIDTH)} {number(_HEIGHT)}",
        font_family="sans-serif",
        font_size="11",
    )
    return str(drawing)


def _x(step: float, last: float) -> float:
    return _LEFT + (_RIGHT - _LEFT) * step / max(last, 1)


def _y(value: float, low: float, high: float) -> float:
    return _BOTTOM - (_BOTTOM - _TOP) * (value - low) / max(high - low, 1e-9)


def _axes(last: float, low: float, high: float, shares: bool) -> list[Markup]:
    frame = element(
        "path",
        d=f"M{_LEFT} {_TOP}V{_BOTTOM}H{_RIGHT}V{_TOP}",
        fill="none",
        stroke="#888888",
    )
    labels = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        loss, step = 10 ** (low + share * (high - low)), share * last
        y, x = _y(share, 0.0, 1.0), _x(step, last)
        labels.append(_words(_LEFT - 6, y + 4, f"{loss:.2g}", "end"))
        if shares:
            labels.append(_words(_RIGHT + 6, y + 4, f"{share:.0%}", "start"))
        labels.append(_words(x, _BOTTOM + 16, f"{step:,.0f}", "middle"))
    labels.append(_words((_LEFT + _RIGHT) / 2, _BOTTOM + 32, "steps", "middle"))
    return [frame, *labels]


def _rule(x: float, words: str) -> Markup:
    line = element(
        "path", d=f"M{number(x)} {_TOP}V{_BOTTOM}", stroke="#bbbbbb", stroke_dasharray="4 3"
    )
    return element("g", line, _words(x + 4, _TOP + 10, words, "start"))


def _series(
    points: Sequence[tuple[float, float]], words: str, colour: str, place: int
) -> list[Markup]:
    if not points:
        return []
    path = "M" + "L".join(f"{number(x)} {number(y)}" for x, y in points)
    drawn = element("path", d=path, fill="none", stroke=colour, stroke_width="1.8")
    name = element(
        "text", words, x=_RIGHT + 40, y=_TOP + 12 + 16 * place, fill=colour, font_weight="bold"
    )
    return [drawn, name]


def _words(x: float, y: float, words: str, anchor: str) -> Markup:
    return element("text", words, x=x, y=y, text_anchor=anchor, fill="#333333")
