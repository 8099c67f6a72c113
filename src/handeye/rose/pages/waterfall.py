"""The decomposition drawn: from a level of counting, one step after the other, down to acting.

Every step hangs where the one above it ended, so that one sees the losses add up to the gap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from handeye.pages.charts import svg
from handeye.pages.charts.charts import Scale, shorten
from handeye.pages.frame import Panel, Part
from handeye.rose.diagnosis.findings import Chain, End, Findings, Step
from handeye.rose.pages.view import RunView
from handeye.scores.estimate import Estimate
from handeye.scores.tables import Column, Row, Table

# ---- parts of the page


def chain_parts(known: Sequence[tuple[RunView, Findings]]) -> list[Part]:
    """One part for each chain that some run has, the whole gap first."""
    keys = dict.fromkeys(
        key for _, found in known for key, chain in found.decomposition.items() if chain
    )
    out = []
    for key in keys:
        held = [(run, chain) for run, found in known if (chain := found.decomposition.get(key))]
        first = held[0][1]
        panels = []
        for run, chain in held:
            chart = _fall(key, run, chain, alone=len(known) == 1)
            panels.append(Panel(run.label, chart, run.style))
        table = _chain_table(key, held)
        out.append(
            Part(
                key, first.title, first.meaning, tuple(panels), tables=(table,), terms=_terms(held)
            )
        )
    return out


def _terms(held: Sequence[tuple[RunView, Chain]]) -> tuple[tuple[str, str], ...]:
    """What each step means; of a single run also what another order would give."""
    out = []
    for step in held[0][1].steps:
        words = step.meaning
        if len(held) == 1 and step.other_orders is not None:
            ends = [(-Estimate(loss)).percent for loss in step.other_orders[::-1]]
            words += f" Forgiven earlier or later: {ends[0]} to {ends[1]} points."
        out.append((step.label, words))
    return tuple(out)


def _fall(key: str, run: RunView, chain: Chain, *, alone: bool) -> Markup:
    """One run's chain; the only run of a page has room for a wider drawing."""
    title = f"{run.label}: {chain.title}, in percent"
    name = f"chain-{key}-{run.style}"
    room = WIDE if alone else HALF
    wide = waterfall(f"{name}-0", chain, title, run.style, room=room, class_="wide-only")
    small = waterfall(f"{name}-1", chain, title, run.style, room=NARROW, class_="narrow-only")
    return wide + small


def _chain_table(key: str, held: Sequence[tuple[RunView, Chain]]) -> Table:
    first = held[0][1]
    columns = [Column(first.start.label, "level at the start")]
    columns += [Column(step.label, step.meaning) for step in first.steps]
    columns += [Column(first.end.label, "level at the end"), Column("whole", "start minus end")]
    rows = tuple(
        Row(
            run.label,
            (
                chain.start.level,
                *(step.change for step in chain.steps),
                chain.end.level,
                -chain.whole,
            ),
            run.style,
            note=run.partial_note,
        )
        for run, chain in held
    )
    return Table(
        f"t-chain-{key}",
        f"{first.title}: levels in percent, changes in points, with 95 % intervals.",
        tuple(columns),
        rows,
    )


# ---- drawing


_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True)
class Room:
    """Where things stand: labels beside the bars or, if narrow, above them; pixels."""

    width: float
    left: float
    right: float
    row: float
    bar: float
    drop: float  # from the middle of a row down to the middle of its bar
    narrow: bool

    def label_at(self, y: float) -> tuple[float, float, str]:
        """x, y and anchor of a row's label."""
        return (self.left, y - 8, "start") if self.narrow else (self.left - 16, y + 4, "end")

    def value_at(self, y: float) -> tuple[float, float, str]:
        """x, y and anchor of a row's figures."""
        return (self.right, y - 8, "end") if self.narrow else (self.right + 16, y + 4, "start")


WIDE = Room(1110, 230, 930, 30, 16, 0, narrow=False)
HALF = Room(530, 4, 526, 36, 12, 7, narrow=True)
NARROW = Room(360, 4, 356, 40, 13, 7, narrow=True)
_TOP = 22.0


def waterfall(
    key: str, chain: Chain, title: str, style: int = 0, *, room: Room = WIDE, class_: str = ""
) -> Markup:
    """One chain as stepped bars.

    Args:
        key: unique on the page.
        chain: what is drawn.
        title: name of the picture for readers that cannot see it.
        style: colour of the run.
        room: measures of the drawing.
        class_: further classes of the drawing.
    """
    height = _TOP + room.row * (len(chain.steps) + 3) + 6
    x_of = Scale(room.left, room.right)
    parts = [_axis(room, x_of, height)]
    level = chain.start.value or 0.0
    parts.append(_level(room, x_of, 0, chain.start, "level"))
    for k, step in enumerate(chain.steps, 1):
        parts.append(_step(room, x_of, k, step, level))
        level = level - (step.loss.value or 0.0)
    parts.append(_level(room, x_of, len(chain.steps) + 1, chain.end, "level open"))
    parts.append(_whole(room, x_of, len(chain.steps) + 2, chain))
    return svg.figure(
        key,
        room.width,
        height,
        title,
        _described(chain),
        svg.group(*parts, class_=f"series s{style % svg.STYLE_COUNT}"),
        class_=f"waterfall {class_}".strip(),
    )


def _described(chain: Chain) -> str:
    steps = " ".join(f"{step.label} {_words(step.change)}." for step in chain.steps)
    return (
        f"Percent. {chain.start.label} {chain.start.level.both}. {steps} {chain.end.label} "
        f"{chain.end.level.both}. The whole: {_words(-chain.whole)}."
    )


def _words(change: Estimate) -> str:
    """``−31.0 [−35.2, −26.1]``, ``+1.2``."""
    return change.text("cell", "points")


def _parts(change: Estimate) -> tuple[str, str]:
    return change.text("value", "points"), change.interval


def _axis(room: Room, x_of: Scale, height: float) -> Markup:
    parts = []
    for tick in _TICKS:
        x = x_of(tick)
        anchor = {0.0: "start", 1.0: "end"}.get(tick, "middle") if room.narrow else "middle"
        parts.append(svg.line(x, _TOP - 6, x, height - 4, "grid"))
        parts.append(svg.text(x, _TOP - 11, f"{tick * 100:.0f}", "tick", anchor))
    return svg.group(*parts)


def _middle(room: Room, k: int) -> float:
    return _TOP + room.row * (k + 0.5)


def _level(room: Room, x_of: Scale, k: int, end: End, class_: str) -> Markup:
    """The bar of a level, from 0; the interval as a whisker at its end."""
    label, rate = end.label, end.level
    y = _middle(room, k)
    bar_y = y + room.drop
    value = rate.value or 0.0
    rect = svg.element(
        "rect",
        x=x_of(0.0),
        y=bar_y - room.bar / 2,
        width=max(x_of(value) - x_of(0.0), 0.5),
        height=float(room.bar),
        class_=class_,
    )
    return svg.group(
        svg.element("title", f"{label}: {rate.both} %"),
        rect,
        _whisker(x_of, rate.low, rate.high, bar_y),
        _label(room, y, label, "strong"),
        _value(room, y, rate.percent, rate.interval, "strong"),
    )


def _step(room: Room, x_of: Scale, k: int, step: Step, before: float) -> Markup:
    loss = step.loss.value or 0.0
    after = before - loss
    y = _middle(room, k)
    bar_y = y + room.drop
    left, right = sorted((x_of(before), x_of(after)))
    kind = "gain" if loss < 0 else "loss"
    rect = svg.element(
        "rect",
        x=left,
        y=bar_y - room.bar / 2,
        width=max(right - left, 1.5),
        height=float(room.bar),
        class_=kind if step.sure else f"{kind} unsure",
    )
    above = _middle(room, k - 1) + room.drop + room.bar / 2
    low = None if step.loss.high is None else before - step.loss.high
    high = None if step.loss.low is None else before - step.loss.low
    return svg.group(
        svg.element("title", f"{step.label}: {_words(step.change)} points"),
        svg.line(x_of(before), above, x_of(before), bar_y + room.bar / 2, "hang"),
        rect,
        _whisker(x_of, low, high, bar_y),
        _label(room, y, step.label),
        _value(room, y, *_parts(step.change)),
    )


def _whole(room: Room, x_of: Scale, k: int, chain: Chain) -> Markup:
    """A brace over everything that was lost, with its sum."""
    y = _middle(room, k)
    bar_y = y + room.drop
    ends = x_of(chain.end.value or 0.0), x_of(chain.start.value or 0.0)
    n = svg.number
    path = f"M{n(ends[0])} {n(bar_y - 5)}V{n(bar_y)}H{n(ends[1])}V{n(bar_y - 5)}"
    return svg.group(
        svg.element("path", d=path, class_="brace"),
        _label(room, y, "all together"),
        _value(room, y, *_parts(-chain.whole), "strong"),
    )


def _whisker(x_of: Scale, low: float | None, high: float | None, y: float) -> Markup:
    if low is None or high is None:
        return Markup("")
    ends = x_of(low), x_of(high)
    caps = [svg.line(x, y - 3.5, x, y + 3.5, "whisker") for x in ends]
    return svg.group(svg.line(ends[0], y, ends[1], y, "whisker"), *caps)


def _label(room: Room, y: float, words: str, class_: str = "") -> Markup:
    x, at, anchor = room.label_at(y)
    return svg.text(x, at, shorten(words, 38), f"rowlabel {class_}".strip(), anchor)


def _value(room: Room, y: float, value: str, interval: str, class_: str = "") -> Markup:
    x, at, anchor = room.value_at(y)
    words = svg.element("tspan", value, class_="v")
    limits = svg.element("tspan", f" {interval}" if interval else "", class_="ci")
    return svg.element(
        "text",
        words,
        limits,
        x=float(x),
        y=float(at),
        text_anchor=anchor,
        class_=f"rowvalue {class_}".strip(),
    )
