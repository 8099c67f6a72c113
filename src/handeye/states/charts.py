"""The charts of what was found in states: the chain as a waterfall, PGLA's front."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from handeye.pages.charts import svg
from handeye.pages.charts.charts import Scale
from handeye.scores.estimate import number, rate_of
from handeye.states.chain import CHANCE, LEVELS

Told = Mapping[str, Any]
_ROW = 34.0


def waterfall(way: Told, key: str, *, narrow: bool = False) -> Markup:
    """What is told at every level of a chain, and what is lost before it, from the eye down.

    A bar reaches to the balanced accuracy of its level; the piece behind it is what was lost since
    the level above, dark where the loss may be said. The line is chance.

    Args:
        way: a stratum of ``chain.ways``, as plain values.
        key: unique on the page.
        narrow: the drawing for phones.
    """
    width = 360.0 if narrow else 900.0
    left, right = (8.0, width - 52) if narrow else (260.0, width - 60)
    row = _ROW + (16 if narrow else 0)
    top, height = 8.0, 8.0 + row * len(way["levels"]) + 30
    x_of = Scale(left, right)
    parts = []
    for tick in (0.0, 0.25, CHANCE, 0.75, 1.0):
        class_ = "axis" if tick == CHANCE else "grid"
        parts.append(svg.line(x_of(tick), top, x_of(tick), height - 26, class_))
        parts.append(svg.text(x_of(tick), height - 12, f"{100 * tick:.0f}", "tick", "middle"))
    described = []
    before = 1.0
    for place, (level, step) in enumerate(zip(way["levels"], way["steps"], strict=True)):
        told, lost = rate_of(level["balanced"]), rate_of(step["lost"])
        if told.value is None or lost.value is None:
            continue
        y = top + row * place + (16 if narrow else 4)
        words = (
            f"{LEVELS[level['key']]}: {told.both} %; {step['name']} {lost.text('line', 'points')}"
        )
        described.append(words)
        low, high = sorted((told.value, before))
        bar = svg.element(
            "rect", x=x_of(0), y=y, width=x_of(told.value) - x_of(0), height=row - 20, class_="told"
        )
        piece = svg.element(
            "rect",
            x=x_of(low),
            y=y,
            width=max(x_of(high) - x_of(low), 0.0),
            height=row - 20,
            class_="lost said" if step["claimed"] else "lost",
        )
        ends = Markup("")
        if told.low is not None and told.high is not None:
            middle = y + (row - 20) / 2
            ends = svg.line(x_of(told.low), middle, x_of(told.high), middle, "bar")
        label = svg.text(left if narrow else left - 8, y - 4 if narrow else y + 11,
                         LEVELS[level["key"]], "label", "start" if narrow else "end")  # fmt: skip
        figure = svg.text(right + 6, y + 11, number(told.value), "value")
        parts.append(svg.group(svg.element("title", words), bar, piece, ends, label, figure))
        before = told.value
    named = way["stratum"] or "all premises"
    return svg.figure(
        key,
        width,
        height,
        f"From seen to said of {named}: balanced accuracy in percent",
        ". ".join(described),
        svg.group(*parts, class_="series s0"),
        class_="waterfall " + ("narrow-only" if narrow else "wide-only"),
    )


def front(told: Told, key: str) -> Markup:
    """PGLA's settings that no other beats, beside the raw letters and what stood for the probe."""
    theirs = told["pgla"]
    raw = {name: rate_of(one).value for name, one in theirs["raw"].items()}
    named = {"own letters": raw, "nested": theirs["folds"], "selected on test": theirs["on_test"]}
    named |= {name: one["nested"] for name, one in theirs["ablations"].items()}
    marks = [
        (name, one["standard"], one["misleading"])
        for name, one in named.items()
        if one["standard"] is not None and one["misleading"] is not None
    ]
    points = sorted(theirs["front"])
    x_of, x_ticks = _axis([x for _, x, _ in marks] + [x for x, _ in points], 44.0, 420.0)
    y_of, y_ticks = _axis([y for *_, y in marks] + [y for _, y in points], 320.0, 24.0)
    left, right, bottom, top = 44.0, 420.0, 320.0, 24.0
    parts = [svg.text(left - 38, top - 10, "misleading accuracy", "tick strong")]
    for tick in x_ticks:
        parts.append(svg.line(x_of(tick), bottom, x_of(tick), top, "grid"))
        parts.append(svg.text(x_of(tick), bottom + 16, f"{100 * tick:.0f}", "tick", "middle"))
    for tick in y_ticks:
        parts.append(svg.line(left, y_of(tick), right, y_of(tick), "grid"))
        parts.append(svg.text(left - 6, y_of(tick) + 4, f"{100 * tick:.0f}", "tick", "end"))
    parts.append(svg.text(right, bottom + 34, "standard accuracy", "tick strong", "end"))
    path = "".join(
        f"{'L' if k else 'M'}{svg.number(x_of(x))} {svg.number(y_of(y))}"
        for k, (x, y) in enumerate(points)
    )
    line = svg.element("path", d=path, class_="line") if path else Markup("")
    dots = [svg.marker(0, x_of(x), y_of(y), 2.0) for x, y in points]
    parts.append(svg.group(line, *dots, class_="series pub"))
    places = svg.spread([y_of(y) for *_, y in marks], 15.0, top, bottom)
    described = []
    for style, ((name, x, y), place) in enumerate(zip(marks, places, strict=True)):
        words = f"{name}: standard {number(x)}, misleading {number(y)}"
        described.append(words)
        lead = svg.element(
            "path",
            d=f"M{svg.number(x_of(x) + 6)} {svg.number(y_of(y))}"
            f"L{svg.number(right + 10)} {svg.number(place)}",
            class_="lead",
        )
        parts.append(
            svg.group(
                svg.element("title", words),
                lead,
                svg.marker(style, x_of(x), y_of(y), 4.5),
                svg.text(right + 14, place + 4, name, "label"),
                class_=f"series s{style % svg.STYLE_COUNT}",
            )
        )
    return svg.figure(
        key,
        560.0,
        366.0,
        "PGLA: standard and misleading accuracy, in percent",
        ". ".join(described),
        *parts,
        class_="front",
    )


def _axis(
    values: Sequence[float], start: float, end: float
) -> tuple[Callable[[float], float], list[float]]:
    """A scale over the tens of percent that hold all values, and its ticks."""
    low = math.floor(10 * min(values) - 1e-9) / 10
    high = max(math.ceil(10 * max(values) + 1e-9) / 10, low + 0.1)
    of = Scale(start, end)
    step = 0.1 if high - low <= 0.6 else 0.2
    ticks = [low + step * k for k in range(round((high - low) / step) + 1)]
    return lambda value: of((value - low) / (high - low)), ticks
