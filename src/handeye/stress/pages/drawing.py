"""The suite's own charts: plane of weights, rates in rows, psychometric curves, seen x answered.

Plain values in, one inline SVG out; colours, fonts and dashes are the style sheet's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from handeye.pages.charts import svg
from handeye.pages.charts.charts import Scale, shorten
from handeye.printing import noun
from handeye.scores.estimate import MINUS, Estimate, number
from handeye.stress.scoring.curves import Curve
from handeye.stress.scoring.weighing import Weight, weight_words

# ---- the plane of weights

_REACH = (-8.0, 12.0)
"""Log odds beyond which nothing is drawn to scale: of 160,000 answers one is another."""
_ARROW, _SHAFT = 4.5, 26.0
Pair = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Placed:
    """A kind of cue on the plane.

    ``drawn`` where it is drawn in the picture, not said; ``whole``: several kinds together.
    """

    label: str
    visual: Weight
    cue: Weight
    drawn: bool = False
    whole: bool = False


def known_ends(places: Iterable[Placed]) -> tuple[float, float]:
    """Whole log odds from and to which the axes of all planes of a page go."""
    ends = [0.0, 2.0]
    for place in places:
        for one in (place.visual, place.cue):
            ends += [end for end in (one.value, one.low, one.high) if end is not None]
    held = [min(max(end, _REACH[0]), _REACH[1]) for end in ends]
    return math.floor(min(held)), math.ceil(max(held))


def plane(
    key: str,
    title: str,
    places: Sequence[Placed],
    ends: tuple[float, float],
    style: int,
    *,
    large: bool = False,
) -> Markup:
    """Visual weight against cue weight in log odds, a point a kind of cue.

    On the diagonal both weigh the same; above it answers are with the picture where the two
    disagree. An interval that is open, or goes beyond the axis, ends in an arrow; where the cue's
    weight cannot be told, a dotted line stands for all that it may be.

    Args:
        key: unique on the page.
        title: name of the picture for readers that cannot see it.
        places: kinds of cues; those without any figure are left out.
        ends: of both axes.
        style: colour and mark of the run.
        large: one alone on a page.
    """
    side = 350.0 if large else 214.0
    gutter = 160.0 if large else 126.0
    left, top = 34.0, 22.0
    x_of, y_of = _axes(left, top, side, ends)
    shown = [one for one in places if one.visual.value is not None and one.cue.value is not None]
    parts = [_ground(x_of, y_of, ends)]
    at: list[tuple[float, float]] = []
    for one in shown:
        marks, place = _point(one, x_of, y_of, ends, style)
        at.append(place)
        parts.append(svg.group(*marks, class_=f"series s{style % svg.STYLE_COUNT}"))
    parts.append(_names(shown, at, left + side, (top, top + side), 28 if large else 20))
    words = " ".join(
        f"{one.label}: picture {weight_words(one.visual)}, cue {weight_words(one.cue)}."
        for one in places
    )
    width, height = left + side + gutter, top + side + 36
    return svg.figure(key, width, height, title, f"Log odds. {words}", *parts, class_="panel plane")


class _Axis:
    """Log odds to pixels, held within the plane."""

    def __init__(self, ends: tuple[float, float], scale: Scale) -> None:
        self.ends, self.scale = ends, scale

    def __call__(self, value: float) -> float:
        low, high = self.ends
        return self.scale((value - low) / (high - low))


def _axes(left: float, top: float, side: float, ends: tuple[float, float]) -> tuple[_Axis, _Axis]:
    return _Axis(ends, Scale(left, left + side)), _Axis(ends, Scale(top + side, top))


def _ground(x_of: _Axis, y_of: _Axis, ends: tuple[float, float]) -> Markup:
    """Grid, the diagonal, and what lies on its two sides."""
    low, high = ends
    step = 2 if high - low <= 12 else 4
    first = math.ceil(low / step) * step
    parts = []
    for tick in range(first, math.floor(high) + 1, step):
        x, y = x_of(tick), y_of(tick)
        class_ = "axis" if tick == 0 else "grid"
        parts += [
            svg.line(x, y_of(low), x, y_of(high), class_),
            svg.line(x_of(low), y, x_of(high), y, class_),
            svg.text(x, y_of(low) + 14, f"{tick}".replace("-", MINUS), "tick", "middle"),
            svg.text(x_of(low) - 5, y + 3.5, f"{tick}".replace("-", MINUS), "tick", "end"),
        ]
    parts += [
        svg.line(x_of(low), y_of(low), x_of(high), y_of(high), "even"),
        svg.text(x_of(low), y_of(high) - 8, "↑ the picture weighs more", "tick"),
        svg.text(x_of(high), y_of(low) + 30, "the cue weighs more →", "tick", "end"),
        svg.text(x_of(low), y_of(low) + 30, "cue weight", "tick"),
        svg.element(
            "text", "visual weight",
            transform=f"translate(10 {svg.number((y_of(low) + y_of(high)) / 2)}) rotate(-90)",
            class_="tick", text_anchor="middle",
        ),
    ]  # fmt: skip
    return svg.group(*parts)


def _point(
    one: Placed, x_of: _Axis, y_of: _Axis, ends: tuple[float, float], style: int
) -> tuple[list[Markup], tuple[float, float]]:
    """The marks of a kind of cue, and where its name leads to."""
    value_x, value_y = (_held(weight) for weight in (one.cue, one.visual))
    y = y_of(value_y)
    tip = svg.element(
        "title",
        f"{one.label}: picture {weight_words(one.visual)}, cue {weight_words(one.cue)} log odds",
    )
    if one.cue.bound == "untold":
        x = (x_of(ends[0]) + x_of(ends[1])) / 2
        marks = [tip, svg.line(x_of(ends[0]), y, x_of(ends[1]), y, "bar untold")]
    else:
        x = x_of(value_x)
        marks = [tip, *_bar(one.cue, ends, lambda at: (x_of(at), y), (1.0, 0.0))]
    if one.visual.bound == "untold":
        marks.append(svg.line(x, y_of(ends[0]), x, y_of(ends[1]), "bar untold"))
    else:
        marks += _bar(one.visual, ends, lambda at: (x, y_of(at)), (0.0, -1.0))
    # What is only bounded is no point: a smaller mark at the corner that is known.
    size = 2.6 if one.visual.bound or one.cue.bound else 4.4
    if one.whole:
        size *= 1.5
    marks.append(svg.marker(style, x, y, size, "mark open" if one.drawn else "mark"))
    return marks, (x, y)


def _held(weight: Weight) -> float:
    """Where a weight is drawn: at the end that is known, where the other is open."""
    end = {"at least": weight.low, "at most": weight.high}.get(weight.bound)
    return float(end if end is not None else weight.value or 0.0)


def _bar(
    weight: Weight,
    ends: Pair,
    place: Callable[[float], Pair],
    along: Pair,
) -> Iterator[Markup]:
    """The interval, with an arrow where it goes on beyond what is drawn.

    What has no end is a short arrow: how far it goes nobody knows.
    """
    if weight.bound:
        dx, dy = along if weight.bound == "at least" else (-along[0], -along[1])
        x, y = place(_held(weight))
        tip = x + dx * _SHAFT, y + dy * _SHAFT
        yield svg.line(x, y, *tip, "bar")
        yield _arrow(tip, (dx, dy))
        return
    value = _held(weight)
    low = value if weight.low is None else weight.low
    high = value if weight.high is None else weight.high
    yield svg.line(*place(low), *place(high), "bar")
    if high > ends[1]:
        yield _arrow(place(ends[1]), along)
    if low < ends[0]:
        yield _arrow(place(ends[0]), (-along[0], -along[1]))


def _arrow(at: Pair, along: Pair) -> Markup:
    (x, y), (dx, dy) = at, along
    corners = [
        (x + dx, y + dy),
        (x - _ARROW * (dx - dy * 0.6), y - _ARROW * (dy + dx * 0.6)),
        (x - _ARROW * (dx + dy * 0.6), y - _ARROW * (dy - dx * 0.6)),
    ]
    points = " ".join(f"{svg.number(a)},{svg.number(b)}" for a, b in corners)
    return svg.element("polygon", points=points, class_="tip")


def _names(
    shown: Sequence[Placed],
    at: Sequence[tuple[float, float]],
    right: float,
    room: tuple[float, float],
    limit: int,
) -> Markup:
    """Names in the gutter, moved apart, each with a line to its point."""
    heights = svg.spread([y for _, y in at], 13.0, room[0] + 4, room[1] - 4)
    parts = []
    for one, (x, y), height in zip(shown, at, heights, strict=True):
        lead = svg.element(
            "path",
            d=f"M{svg.number(x + 6)} {svg.number(y)}L{svg.number(right + 6)} {svg.number(height)}",
            class_="lead",
        )
        words = "called strong" if one.whole else "called"
        parts.append(lead + svg.text(right + 9, height + 3.5, shorten(one.label, limit), words))
    return svg.group(*parts, class_="names")


# ---- rates in rows


@dataclass(frozen=True, slots=True)
class Point:
    """A rate of a run, of people, or of whoever does not look (``chance``)."""

    label: str
    rate: Estimate
    style: int = 0
    human: bool = False
    chance: bool = False

    @property
    def class_(self) -> str:
        """Style-sheet class."""
        if self.human or self.chance:
            return "series human" if self.human else "series chance"
        return f"series s{self.style % svg.STYLE_COUNT}"


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the chart: a kind of cue with a point a run."""

    label: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """Rows under a heading."""

    title: str
    lines: tuple[Line, ...]


_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
_HEAD, _POINT = 24.0, 9.0


def rates(key: str, blocks: Sequence[Block], title: str, *, narrow: bool = False) -> Markup:
    """Rates with their intervals from 0 to 100 %, the runs of a row below each other.

    Args:
        key: unique on the page.
        blocks: from top to bottom.
        title: name of the picture for readers that cannot see it.
        narrow: the drawing for phones: labels above the points.
    """
    alone = all(len(line.points) <= 1 for block in blocks for line in block.lines)
    left, right, width = (
        (8.0, 352.0, 360.0) if narrow else (176.0, 404.0 if alone else 520.0, 536.0)
    )
    x_of, y = Scale(left, right), 24.0
    parts: list[Markup] = []
    for block in blocks:
        if block.title:
            parts.append(svg.text(0, y + 15, block.title, "blockhead"))
            y += _HEAD
        for line in block.lines:
            room = max(len(line.points) * _POINT, 12.0) + (20 if narrow else 6)
            parts.append(_line(line, x_of, y, room, (left, right, narrow, alone)))
            y += room
        y += 6
    grid = []
    for tick in _TICKS:
        anchor = {0.0: "start", 1.0: "end"}.get(tick, "middle") if narrow else "middle"
        x = x_of(tick)
        grid += [
            svg.line(x, 18, x, y - 2, "grid"),
            svg.text(x, 11, f"{100 * tick:.0f}", "tick", anchor),
        ]
    words = " ".join(
        f"{line.label}: " + ", ".join(f"{one.label} {one.rate.both}" for one in line.points) + "."
        for block in blocks
        for line in block.lines
    )
    class_ = "rates " + ("narrow-only" if narrow else "wide-only")
    return svg.figure(
        key, width, y, title, "Percent. " + words, svg.group(*grid), *parts, class_=class_
    )


def _line(
    line: Line, x_of: Scale, y: float, room: float, frame: tuple[float, float, bool, bool]
) -> Markup:
    left, right, narrow, alone = frame
    middle = y + (room + (14 if narrow else 0)) / 2
    base = y + 13 if narrow else middle + 4
    label = shorten(line.label, 40 if narrow else 26)
    parts = [svg.text(left if narrow else left - 10, base, label, "rowlabel",
                      "start" if narrow else "end")]  # fmt: skip
    first = middle - _POINT * (len(line.points) - 1) / 2
    for place, one in enumerate(line.points):
        parts.append(_rate(line.label, one, x_of, first + _POINT * place))
    if alone and line.points:
        at = (right, y + 13, "end") if narrow else (right + 10, base, "start")
        parts.append(svg.text(at[0], at[1], line.points[0].rate.both, "rowvalue", at[2]))
    return svg.group(*parts)


def _rate(label: str, one: Point, x_of: Scale, y: float) -> Markup:
    rate = one.rate
    if rate.value is None:
        return Markup("")
    of = f" (n = {rate.n:,})" if rate.n else ""
    parts = [svg.element("title", f"{one.label}, {label}: {rate.both} %{of}")]
    if rate.low is not None and rate.high is not None:
        parts.append(svg.line(x_of(rate.low), y, x_of(rate.high), y, "bar"))
    small = one.chance or one.human
    parts.append(svg.marker(0 if small else one.style, x_of(rate.value), y, 3.0 if small else 3.8))
    return svg.group(*parts, class_=one.class_)


# ---- psychometric curves

_WIDE, _HIGH = 284.0, 176.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 30.0, 276.0, 10.0, 146.0
_FEW_RUNS = 3


def curve_panel(key: str, title: str, curves: Sequence[tuple[str, int, Curve]]) -> Markup:
    """Pairs told against size, with fitted curves and where they cross one half.

    Args:
        key: unique on the page.
        title: name of the picture for readers that cannot see it.
        curves: of each run its name, its style and its curve, all in one unit.
    """
    sizes = sorted({point.x for _, _, curve in curves for point in curve.points})
    ends = math.log2(sizes[0]) - 0.35, math.log2(sizes[-1]) + 0.35
    across = Scale(_LEFT, _RIGHT)
    y_of = Scale(_BOTTOM, _TOP)

    def x_of(size: float) -> float:
        return across((math.log2(size) - ends[0]) / (ends[1] - ends[0]))

    parts = [
        svg.group(
            svg.line(_LEFT, y_of(tick), _RIGHT, y_of(tick), "grid" if tick else "axis"),
            svg.text(_LEFT - 5, y_of(tick) + 3.5, f"{100 * tick:.0f}", "tick", "end"),
        )
        for tick in (0.0, 0.5, 1.0)
    ]
    parts += [
        svg.text(x_of(size), _BOTTOM + 14, words, "tick", "middle")
        for size, words in _sizes(sizes, x_of)
    ]
    parts += [
        svg.group(
            *_curve(name, curve, style, (x_of, y_of), ends, len(curves) <= _FEW_RUNS, place),
            class_=f"series s{style % svg.STYLE_COUNT}",
        )
        for place, (name, style, curve) in enumerate(curves)
    ]
    words = " ".join(
        f"{name}: "
        + ", ".join(f"{number(p.x, 'plain')} {p.passed} of {p.n}" for p in curve.points)
        + "."
        for name, _, curve in curves
    )
    return svg.figure(
        key, _WIDE, _HIGH, title, f"Pairs of which both are told. {words}", *parts,
        class_="panel curves",
    )  # fmt: skip


def _sizes(sizes: Sequence[float], x_of: Callable[[float], float]) -> Iterator[tuple[float, str]]:
    """Sizes to write below the axis, those that would touch left out, the largest first."""
    last = math.inf
    for size in reversed(sizes):
        if last - x_of(size) >= 24:
            last = x_of(size)
            yield size, number(size, "plain").removesuffix(".00").removesuffix(".0")


def _curve(
    name: str,
    curve: Curve,
    style: int,
    axes: tuple[Callable[[float], float], Scale],
    ends: tuple[float, float],
    whole: bool,
    place: int,
) -> Iterator[Markup]:
    """The fitted line with its threshold, then what was measured."""
    x_of, y_of = axes
    threshold, slope = curve.threshold, curve.slope.value
    if threshold.value is not None and slope is not None:
        steps = [ends[0] + (ends[1] - ends[0]) * k / 60 for k in range(61)]
        middle = math.log2(threshold.value)
        points = " L".join(
            f"{svg.number(x_of(2.0**at))} {svg.number(y_of(_logistic(slope * (at - middle))))}"
            for at in steps
        )
        yield svg.element("path", d=f"M{points}", class_="line")
        inside = ends[0] <= middle <= ends[1]
        if inside and threshold.low is not None and threshold.high is not None:
            y = y_of(0.5) + 2.5 * place
            tip = svg.element("title", f"{name}: one half at {number(threshold.value, 'plain')} "
                              f"{curve.unit}")  # fmt: skip
            yield svg.group(
                tip,
                svg.line(x_of(threshold.low), y, x_of(threshold.high), y, "reach"),
                svg.line(x_of(threshold.value), y_of(0.5), x_of(threshold.value), _BOTTOM, "foot"),
            )
    for point in curve.points:
        x = x_of(point.x) + (2.5 * place if whole else 0.0)
        low, high = _wilson(point.passed, point.n)
        tip = svg.element(
            "title",
            f"{name}, {number(point.x, 'plain')} {curve.unit}: {point.passed} of {point.n} "
            f"{noun(point.n, 'pairs')}",
        )
        parts = [tip]
        if whole:
            parts.append(svg.line(x, y_of(low), x, y_of(high), "bar"))
        parts.append(svg.marker(style, x, y_of(point.passed / point.n), 3.4))
        yield svg.group(*parts)


def _wilson(passed: int, n: int) -> tuple[float, float]:
    """The 95 % score interval of independent outcomes (Wilson 1927): a pair is one of its group."""
    z2, share = 1.96**2, passed / n
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    reach = math.sqrt(z2 * (share * (1 - share) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    return middle - reach, middle + reach


def _logistic(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-min(max(x, -40.0), 40.0)))


# ---- seen against answered

_SIDE = 54.0


def fourfold(key: str, title: str, shares: Sequence[Estimate], style: int) -> Markup:
    """Stated rightly or not, by answered rightly or not, in percent of the items.

    Args:
        key: unique on the page.
        title: name of the picture for readers that cannot see it.
        shares: seen and right, seen and wrong, not seen and right, not seen and wrong.
        style: colour of the run.
    """
    left, top = 62.0, 20.0
    names = ("seen", "not seen"), ("right", "wrong")
    parts = [
        svg.text(left + _SIDE * (k + 0.5), 13, words, "tick", "middle")
        for k, words in enumerate(names[1])
    ]
    parts += [
        svg.text(left - 7, top + _SIDE * (k + 0.5) + 4, words, "tick", "end")
        for k, words in enumerate(names[0])
    ]
    for place, one in enumerate(shares):
        row, column = divmod(place, 2)
        x, y = left + _SIDE * column, top + _SIDE * row
        what = f"{names[0][row]}, answered {names[1][column]}"
        parts.append(
            svg.group(
                svg.element("title", f"{what}: {one.both} % (n = {one.n:,})"),
                svg.element(
                    "rect", x=x + 1, y=y + 1, width=_SIDE - 2, height=_SIDE - 2, class_="quarter",
                    style=f"--v:{one.value or 0.0:.3f}",
                ),
                svg.text(x + _SIDE / 2, y + _SIDE / 2 + 4, one.percent, "count", "middle"),
            )
        )  # fmt: skip
    words = "; ".join(
        f"{names[0][k // 2]}, {names[1][k % 2]}: {one.both}" for k, one in enumerate(shares)
    )
    return svg.figure(
        key, left + 2 * _SIDE + 2, top + 2 * _SIDE + 2, title, f"Percent. {words}.",
        svg.group(*parts, class_=f"series s{style % svg.STYLE_COUNT}"), class_="panel fourfold",
    )  # fmt: skip
