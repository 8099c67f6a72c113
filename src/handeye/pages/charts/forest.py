"""A forest plot: differences with their intervals around the line of no difference.

What a test has decided is told by shape and weight, not by colour alone: a filled diamond, a solid
bar and bold words; what it has not decided is an open circle with a thin bar.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from handeye.pages.charts import svg
from handeye.pages.charts.charts import Scale, shorten
from handeye.scores.estimate import MINUS, Estimate

_TOP, _ROW, _HEADING, _GAP = 40.0, 22.0, 24.0, 8.0
_NARROW_ROW = 36.0
_DIAMOND, _CIRCLE = 3, 0
_CAP = 4.0


@dataclass(frozen=True, slots=True)
class ForestRow:
    """One difference, -1..1; ``decided`` when it holds after the family's adjustment.

    ``style`` is the colour of the run whose figure is higher; undecided rows are grey.
    """

    label: str
    difference: Estimate
    decided: bool
    style: int = 0
    words: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """Rows under one heading."""

    title: str
    rows: tuple[ForestRow, ...]


@dataclass(frozen=True, slots=True)
class _Room:
    width: float
    left: float
    right: float
    row: float
    narrow: bool


_WIDE = _Room(1110, 262, 800, _ROW, narrow=False)
_SLIM = _Room(360, 6, 354, _NARROW_ROW, narrow=True)


def forest(
    key: str,
    blocks: Sequence[Block],
    title: str,
    sides: tuple[str, str],
    *,
    narrow: bool = False,
) -> Markup:
    """Draw differences on a common scale that is as wide to both sides.

    Args:
        key: unique on the page.
        blocks: from top to bottom.
        title: name of the picture for readers that cannot see it.
        sides: what lies left and what lies right of the line.
        narrow: the drawing for phones: words above the bars.
    """
    room = _SLIM if narrow else _WIDE
    rows = [row for block in blocks for row in block.rows]
    reach = reach_of(row.difference for row in rows)
    x_of = Scale(room.left, room.right)
    height = _TOP + len(rows) * room.row + sum(map(_head, blocks)) + 4
    parts = [_axis(room, x_of, reach, height, sides)]
    for y, item in _placed(blocks, room):
        if isinstance(item, str):
            parts.append(svg.text(0, y + 15, item, "blockhead"))
        else:
            parts.append(_row(room, x_of, reach, y, item))
    words = " ".join(f"{row.label}: {points(row.difference)}, {row.words}." for row in rows)
    class_ = "forest " + ("narrow-only" if narrow else "wide-only")
    return svg.figure(key, room.width, height, title, "Points. " + words, *parts, class_=class_)


def points(rate: Estimate) -> str:
    """A difference in points, signs always shown, with its interval if there is one."""
    return rate.text("cell", "points")


def reach_of(differences: Iterable[Estimate]) -> float:
    """A round half-width of the axis that holds every interval, at least 0.02, at most 1."""
    most = 0.0
    for rate in differences:
        for end in (rate.value, rate.low, rate.high):
            most = max(most, abs(end or 0.0))
    steps = (0.02, 0.04, 0.06, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0)
    return next((step for step in steps if most <= step), 1.0)


def _head(block: Block) -> float:
    return (_HEADING if block.title else 0.0) + _GAP


def _placed(blocks: Sequence[Block], room: _Room) -> Iterator[tuple[float, str | ForestRow]]:
    """Top of every heading and row."""
    y = _TOP
    for block in blocks:
        y += _GAP
        if block.title:
            yield y, block.title
            y += _HEADING
        for row in block.rows:
            yield y, row
            y += room.row


def _axis(room: _Room, x_of: Scale, reach: float, height: float, sides: tuple[str, str]) -> Markup:
    parts = []
    for k in range(5):
        x, value = x_of(k / 4), reach * (k - 2) / 2
        anchor = {0: "start", 4: "end"}.get(k, "middle") if room.narrow else "middle"
        parts.append(svg.line(x, _TOP - 8, x, height - 2, "zero" if k == 2 else "grid"))
        words = f"{100 * value:+.1f}".removesuffix(".0").replace("-", MINUS) if value else "0"
        parts.append(svg.text(x, _TOP - 14, words, "tick", anchor))
    middle = x_of(0.5)
    limit = 24 if room.narrow else 34
    parts.append(svg.text(middle - 10, 11, f"← {shorten(sides[0], limit)}", "side", "end"))
    parts.append(svg.text(middle + 10, 11, f"{shorten(sides[1], limit)} →", "side", "start"))
    return svg.group(*parts)


def _row(room: _Room, x_of: Scale, reach: float, y: float, row: ForestRow) -> Markup:
    middle = y + (room.row - 9 if room.narrow else room.row / 2)
    strong = " strong" if row.decided else ""
    base = y + 13 if room.narrow else middle + 4
    at = (room.left, "start") if room.narrow else (room.left - 16, "end")
    value_at = (room.right, "end") if room.narrow else (room.right + 16, "start")
    figures = svg.text(value_at[0], base, points(row.difference), f"rowvalue{strong}", value_at[1])
    limit = 30 if room.narrow else 40
    label = svg.text(at[0], base, shorten(row.label, limit), f"rowlabel{strong}", at[1])
    return label + figures + _mark(x_of, reach, middle, row)


def _mark(x_of: Scale, reach: float, y: float, row: ForestRow) -> Markup:
    found = row.difference
    if found.value is None:
        return Markup("")

    def place(value: float) -> float:
        return x_of(0.5 + value / reach / 2)

    parts = [svg.element("title", f"{row.label}: {points(found)} points; {row.words}")]
    if found.low is not None and found.high is not None:
        low, high = place(found.low), place(found.high)
        parts.append(svg.line(low, y, high, y, "bar"))
        parts += [svg.line(x, y - _CAP, x, y + _CAP, "bar") for x in (low, high)]
    shape, size = (_DIAMOND, 4.0) if row.decided else (_CIRCLE, 3.4)
    class_ = "mark" if row.decided else "mark open"
    parts.append(svg.marker(shape, place(found.value), y, size, class_))
    style = f"series s{row.style % svg.STYLE_COUNT} decided" if row.decided else "series open"
    return svg.group(*parts, class_=style)
