"""True and proposed actions side by side with the lines of the matching between them.

Text is broken before it is drawn (:mod:`.text_lines`), so that a line ends exactly at its box and
nothing moves when the page is read without a script.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from handeye.pages.charts import svg
from handeye.pages.text_lines import wrapped

_LINE, _PAD, _FOOT, _SPACE, _TOP = 15.5, 9.0, 23.0, 10.0, 20.0


@dataclass(frozen=True, slots=True)
class Box:
    """One action: its text, level and type (None: not stated), and whether it has a match."""

    text: str
    level: int | None
    proactive: bool | None
    matched: bool


@dataclass(frozen=True, slots=True)
class Link:
    """An assigned pair: places of the true and of the proposed action, similarity 0..1."""

    truth: int
    predicted: int
    similarity: float
    matched: bool


@dataclass(frozen=True, slots=True)
class Matching:
    """What is drawn. ``nothing`` is said where no action was proposed."""

    truth: Sequence[Box]
    predicted: Sequence[Box]
    links: Sequence[Link]
    threshold: float
    nothing: str = "Nothing was proposed."


@dataclass(frozen=True, slots=True)
class _Frame:
    """Measures of a drawing: widths of the whole and of a box."""

    width: float
    box: float
    narrow: bool


@dataclass(frozen=True, slots=True)
class _Placed:
    y: float
    height: float
    lines: tuple[str, ...]

    @property
    def middle(self) -> float:
        return self.y + self.height / 2


def match_drawing(key: str, matching: Matching, name: str, *, narrow: bool = False) -> Markup:
    """Draw a matching; the same in words stands in its description.

    Args:
        key: unique on the page.
        matching: what is drawn.
        name: title of the picture.
        narrow: the drawing for phones.
    """
    frame = _Frame(360.0, 146.0, True) if narrow else _Frame(860.0, 348.0, False)
    order = ordered(matching)
    right = [matching.predicted[place] for place in order]
    left_boxes, left_end = _column(matching.truth, frame, "Nothing is called for.")
    right_boxes, right_end = _column(right, frame, matching.nothing)
    parts = [
        svg.text(0, 11, "called for", "tick"),
        svg.text(frame.width - frame.box, 11, "proposed", "tick"),
        *_lines(matching, order, left_boxes, right_boxes, frame),
        *_boxes(matching.truth, left_boxes, 0.0, frame, "missed", "Nothing is called for."),
        *_boxes(right, right_boxes, frame.width - frame.box, frame, "no match", matching.nothing),
    ]
    height = max(left_end, right_end)
    class_ = "matching " + ("narrow-only" if narrow else "wide-only")
    return svg.figure(key, frame.width, height, name, described(matching), *parts, class_=class_)


def ordered(matching: Matching) -> list[int]:
    """Places of proposed actions from top to bottom: beside their true action, the rest below."""
    beside = {link.predicted: link.truth for link in matching.links}
    last = len(matching.truth)
    return sorted(
        range(len(matching.predicted)), key=lambda place: (beside.get(place, last), place)
    )


def described(matching: Matching) -> str:
    """The matching in words."""
    parts = []
    for link in matching.links:
        truth, predicted = matching.truth[link.truth], matching.predicted[link.predicted]
        verb = "matches" if link.matched else "was assigned, below the threshold, to"
        parts.append(
            f"Proposed “{predicted.text}” ({_labels(predicted)}) {verb} “{truth.text}” "
            f"({_labels(truth)}), similarity {link.similarity:.2f}."
        )
    parts += [
        f"Missed: “{one.text}” ({_labels(one)})." for one in matching.truth if not one.matched
    ]
    parts += [
        f"Proposed without a match: “{one.text}” ({_labels(one)})."
        for one in matching.predicted
        if not one.matched
    ]
    if not matching.truth:
        parts.append("Nothing is called for.")
    if not matching.predicted:
        parts.append(matching.nothing)
    return " ".join(parts)


def _labels(one: Box) -> str:
    return f"{_level(one.level)}, {_type(one.proactive)}"


def _level(level: int | None) -> str:
    return "no level" if level is None else f"APL {level}"


def _type(proactive: bool | None) -> str:
    return "no type" if proactive is None else "proactive" if proactive else "reactive"


# ---- boxes


def _column(boxes: Sequence[Box], frame: _Frame, nothing: str) -> tuple[list[_Placed], float]:
    placed: list[_Placed] = []
    y = _TOP
    shown: list[Box | None] = [*boxes] or [None]
    for box in shown:
        lines = wrapped(box.text if box else nothing, frame.box - 2 * _PAD)
        foot = _foot_height(box, frame) if box else 0.0
        height = len(lines) * _LINE + 2 * _PAD - 2 + foot
        placed.append(_Placed(y, height, lines))
        y += height + _SPACE
    return placed, y - _SPACE + 2


def _foot_height(box: Box, frame: _Frame) -> float:
    """Room for level and type, and for a line more where a phone has to say what is lacking."""
    return _FOOT + (15.0 if frame.narrow and not box.matched else 0.0)


def _boxes(
    boxes: Sequence[Box],
    placed: Sequence[_Placed],
    x: float,
    frame: _Frame,
    lacking: str,
    nothing: str,
) -> list[Markup]:
    if not boxes:
        return [_box(None, placed[0], x, frame, "", nothing)]
    return [
        _box(box, where, x, frame, "" if box.matched else lacking, box.text)
        for box, where in zip(boxes, placed, strict=True)
    ]


def _box(
    box: Box | None, where: _Placed, x: float, frame: _Frame, lacking: str, text: str
) -> Markup:
    kind = "box" if box is not None and not lacking else "box lone" if box else "box nothing"
    parts = [
        svg.element("title", text),
        svg.element(
            "rect",
            x=x + 1,
            y=where.y,
            width=frame.box - 2,
            height=where.height,
            rx=5.0,
            class_=kind,
        ),
    ]
    for place, line in enumerate(where.lines):
        y = where.y + _PAD + 10 + place * _LINE
        parts.append(svg.text(x + _PAD, y, line, "said" if box else "said none"))
    if box is not None:
        parts += _foot(box, where, x, frame, lacking)
    return svg.group(*parts)


def _foot(box: Box, where: _Placed, x: float, frame: _Frame, lacking: str) -> list[Markup]:
    """Level, type, and whether a match is lacking, along the lower edge of a box."""
    base = where.y + where.height - _PAD - (_foot_height(box, frame) - _FOOT)
    words = "APL ?" if box.level is None else f"APL {box.level}"
    level = "none" if box.level is None else str(box.level)
    left = x + _PAD
    parts = [
        svg.element(
            "rect",
            x=left,
            y=base - 12,
            width=44.0,
            height=16.0,
            rx=8.0,
            class_=f"apl apl-{level}",
        ),
        svg.text(left + 22, base, words, f"aplwords aplwords-{level}", "middle"),
    ]
    mark = left + 56
    if box.proactive is None:
        parts.append(svg.text(mark - 4, base, "no type", "type"))
    else:
        shape, class_ = (3, "typemark") if box.proactive else (0, "typemark hollow")
        parts.append(svg.marker(shape, mark, base - 4, 3.6, class_))
        parts.append(svg.text(mark + 8, base, _type(box.proactive), "type"))
    if lacking:
        at = (left, base + 17.0, "start") if frame.narrow else (x + frame.box - _PAD, base, "end")
        parts.append(svg.text(at[0], at[1], lacking, "lacking", at[2]))
    return parts


# ---- lines


def _lines(
    matching: Matching,
    order: Sequence[int],
    left: Sequence[_Placed],
    right: Sequence[_Placed],
    frame: _Frame,
) -> list[Markup]:
    rows: Mapping[int, int] = {place: row for row, place in enumerate(order)}
    start, end = frame.box, frame.width - frame.box
    middle = (start + end) / 2
    ends = [
        (left[link.truth].middle, right[rows[link.predicted]].middle) for link in matching.links
    ]
    low, high = _TOP + 6, max(one.y + one.height for one in (*left, *right))
    places = svg.spread([(a + b) / 2 for a, b in ends], 17.0, low, high)
    parts = []
    for link, (a, b), place in zip(matching.links, ends, places, strict=True):
        path = " ".join(
            svg.number(value) if isinstance(value, float) else value
            for value in ("M", start, a, "C", middle, a, middle, b, end, b)
        )
        class_ = "tie" if link.matched else "tie weak"
        sign = f"{link.similarity:.2f}"
        if not link.matched and not frame.narrow:
            sign += f" < {matching.threshold:.2f}"
        parts.append(svg.element("path", d=path, class_=class_))
        parts.append(svg.text(middle, place + 4, sign, class_ + " near", "middle"))
    return parts
