"""Charts of what was found in states: the chain, knowing and saying, cells of a grid, PGLA."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from textwrap import wrap
from typing import Any

from markupsafe import Markup

from handeye.pages.charts import svg
from handeye.pages.charts.charts import Scale
from handeye.scores.estimate import number, rate_of
from handeye.states.chain import CHANCE, words_of

Told = Mapping[str, Any]
_ROW, _LINE = 34.0, 13.0
_LETTERS = {False: 44, True: 60}
"""Letters of a label's line that there is room for, by whether the drawing is for phones."""
_FOURFOLD = {
    "both": "known and rejected",
    "knows": "known and accepted",
    "says": "rejected, not known",
    "neither": "neither",
}


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
    names = [words_of(level["key"], level.get("sites", ())) for level in way["levels"]]
    labels = [wrap(name, _LETTERS[narrow]) for name in names]
    # Beside a bar there is room for three lines; above it each further one needs its own.
    more = [_LINE * (len(lines) - 1) if narrow else 0.0 for lines in labels]
    top, height = 8.0, 8.0 + row * len(names) + sum(more) + 30
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
        y = top + row * place + sum(more[: place + 1]) + (16 if narrow else 4)
        words = f"{names[place]}: {told.both} %; {step['name']} {lost.text('line', 'points')}"
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
        first = y - 4 - more[place] if narrow else y + 11 - _LINE * (len(labels[place]) - 1) / 2
        label = Markup("").join(
            svg.text(left if narrow else left - 8, first + _LINE * k,
                     line, "label", "start" if narrow else "end")
            for k, line in enumerate(labels[place])
        )  # fmt: skip
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


def fourfold(one: Told, key: str) -> Markup:
    """Knowing and saying as a square of four: told by the probe or not, rejected or not.

    Args:
        one: a stratum of ``knows_says``, as plain values.
        key: unique on the page.
    """
    side, left, top = 92.0, 78.0, 30.0
    parts, described = [], []
    for k, words in enumerate(("rejected", "accepted")):
        parts.append(svg.text(left + side * (k + 0.5), top - 8, words, "tick strong", "middle"))
    for k, words in enumerate(("known", "not known")):
        parts.append(svg.text(left - 8, top + side * (k + 0.5) + 4, words, "tick strong", "end"))
    places = {"both": (0, 0), "knows": (0, 1), "says": (1, 0), "neither": (1, 1)}
    for name, (row, col) in places.items():
        rate = rate_of(one[name])
        share = rate.value or 0.0
        words = f"{_FOURFOLD[name]}: {rate.both} %, {round(share * one['n']):,} of {one['n']:,}"
        described.append(words)
        x, y = left + side * col, top + side * row
        parts.append(
            svg.group(
                svg.element("title", words),
                svg.element("rect", x=x, y=y, width=side, height=side, class_="box"),
                svg.element("rect", x=x, y=y, width=side, height=side, class_="fill",
                            opacity=f"{0.7 * share:.3f}"),
                svg.text(x + side / 2, y + side / 2, number(rate.value), "value", "middle"),
                svg.text(x + side / 2, y + side / 2 + 17, rate.text("ends"), "tick", "middle"),
                class_="gap" if name == "knows" else None,
            )
        )  # fmt: skip
    named = one["stratum"] or "all premises"
    return svg.figure(
        key,
        left + 2 * side + 2,
        top + 2 * side + 2,
        f"False premises of {named}: known by the probe, rejected by the answer, in percent",
        ". ".join(described),
        *parts,
        class_="fourfold",
    )


def heads(told: Sequence[Told], key: str) -> Markup:
    """How much attention each head pays to the evidence: columns are blocks, rows heads.

    The darker, the further from what its area would give: the one colour above, the other below.

    Args:
        told: ``heads`` of what ``attention.json`` holds.
        key: unique on the page.
    """
    most = max(len(one["lift"]) for one in told)
    side = min(30.0, 720.0 / max(len(told), 12))
    left, top = 34.0, 8.0
    parts = []
    every = [(rate_of(found), k, row) for k, one in enumerate(told)
             for row, found in enumerate(one["lift"])]  # fmt: skip
    for lift, col, row in every:
        # Four times as much, or as little, is as dark as can be.
        far = math.log2(max(lift.value or 0.0, 1e-9)) / 2
        words = f"block {col}, head {row}: {lift.text('line', 'plain')}"
        parts.append(
            svg.group(
                svg.element("title", words),
                svg.element("rect", x=left + side * col, y=top + side * row, width=side,
                            height=side, class_="sheet"),
                svg.element("rect", x=left + side * col, y=top + side * row, width=side,
                            height=side, class_="more" if far > 0 else "less",
                            opacity=f"{min(abs(far), 1.0):.3f}"),
            )
        )  # fmt: skip
    step = max(1, round(16 / side))
    bottom = top + side * most
    parts += [
        svg.text(left - 6, top + side * (k + 0.5) + 4, str(k), "tick", "end")
        for k in range(0, most, step)
    ]
    parts += [
        svg.text(left + side * (k + 0.5), bottom + 14, str(k), "tick", "middle")
        for k in range(0, len(told), step)
    ]
    values = sorted((lift.value or 0.0, col, row) for lift, col, row in every)
    ends = ", ".join(
        f"{word} {number(value, 'plain')} in block {col}, head {row}"
        for word, (value, col, row) in (("least", values[0]), ("most", values[-1]))
    )
    return svg.figure(
        key,
        max(left + side * len(told) + 2, 460.0),
        bottom + 22,
        "Lift of every head: attention on the evidence over its area",
        f"Of {len(values)} heads: {ends}.",
        *parts,
        class_="heads",
    )


def cells(one: Told, key: str, *, picture: str | None = None, mapped: bool = True) -> Markup:
    """The grid of an item: what a reader makes of each cell, or the picture, beside the clicks.

    Args:
        one: an example (:class:`handeye.states.acting.Example`), as plain values.
        key: unique on the page.
        picture: what the model was shown, as the address of an image; it fills the grid.
        mapped: shade the cells by their probability and mark those that are called right.
    """
    rows, cols, side = one["rows"], one["cols"], 20.0
    width, height = cols * side, rows * side
    read = list(zip(one["places"], one["probability"], one["right"], strict=True))
    parts = [svg.element("rect", x=0.0, y=0.0, width=width, height=height, class_="sheet")]
    if picture and not mapped:
        parts.append(
            svg.element("image", href=picture, width=width, height=height,
                        preserveAspectRatio="none")
        )  # fmt: skip
    steps = [f"M{svg.number(k * side)} 0V{svg.number(height)}" for k in range(1, cols)]
    steps += [f"M0 {svg.number(k * side)}H{svg.number(width)}" for k in range(1, rows)]
    marks = []
    for place, chance, right in read:
        row, col = divmod(place, cols)
        x, y = col * side, row * side
        if mapped:
            words = f"R{row + 1},C{col + 1}: {100 * chance:.0f} %"
            parts.append(
                svg.element("rect", svg.element("title", words), x=x, y=y, width=side,
                            height=side, class_="chance", opacity=f"{chance:.3f}")
            )  # fmt: skip
            if chance > one["cut"]:
                marks.append(_mark("called", x, y))
        if right:
            marks.append(_mark("right", x, y))
    marks += [
        _mark("click", place % cols * side, place // cols * side)
        for place in one["done"]
        if place < rows * cols
    ]
    rules = (
        [] if picture and not mapped else [svg.element("path", d="".join(steps), class_="rules")]
    )
    what = "the reader's probabilities" if mapped else "the picture" if picture else "the grid"
    return svg.figure(
        key,
        width,
        height,
        f"{one['item_id']}: {what}, {rows} rows and {cols} columns",
        cells_words(one, mapped=mapped),
        *parts,
        *rules,
        *marks,
        class_="cells",
    )


def cells_words(one: Told, *, mapped: bool = True) -> str:
    """The marks of a grid in words."""
    cols = one["cols"]

    def named(places: Sequence[int]) -> str:
        return ", ".join(f"R{at // cols + 1},C{at % cols + 1}" for at in places) or "none"

    read = list(zip(one["places"], one["probability"], one["right"], strict=True))
    words = f"Right: {named([at for at, _, right in read if right])}. "
    words += f"Clicked: {named(one['done'])}."
    if mapped:
        words += f" Called right by the reader: {named([a for a, p, _ in read if p > one['cut']])}."
    return words


def cell_symbol(kind: str) -> Markup:
    """A mark of the grid, for a legend (decorative)."""
    shape = (
        svg.element("rect", x=4.0, y=4.0, width=20.0, height=20.0, class_="chance", opacity="0.8")
        if kind == "chance"
        else _mark(kind, 4.0, 4.0)
    )
    return svg.element("svg", shape, viewBox="0 0 28 28", aria_hidden="true", class_="cells")


def _mark(kind: str, x: float, y: float) -> Markup:
    """A mark in a cell of 20 units whose corner is at x, y, with a casing under it."""
    if kind == "called":
        return svg.element("circle", cx=x + 10, cy=y + 10, r=3.0, class_="called")
    shape: dict[str, object] = {"x": x + 2, "y": y + 2, "width": 16.0, "height": 16.0}
    name = "rect"
    if kind == "click":
        name, shape = "path", {"d": f"M{svg.number(x + 5)} {svg.number(y + 5)}l10 10m0-10l-10 10"}
    return svg.element(name, **shape, class_=f"halo m-{kind}") + svg.element(
        name, **shape, class_=f"ink m-{kind}"
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
