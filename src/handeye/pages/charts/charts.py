"""The charts of the report: the gap, the ladder, and small multiples of one factor.

Each takes plain series of rates and gives one inline SVG. Charts come in a wide and a narrow
drawing where the words would be too small on a phone; the style sheet shows one of the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from handeye.pages.charts import svg
from handeye.scores.estimate import Estimate

_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a chart: a run, people, a published model (grey, without intervals), chance."""

    label: str
    rates: tuple[Estimate, ...]
    style: int = 0
    published: bool = False
    human: bool = False
    chance: bool = False

    @property
    def class_(self) -> str:
        """Style-sheet class of the line."""
        return _class(self.style, self.published, self.human, self.chance)


def _class(style: int, published: bool, human: bool, chance: bool) -> str:
    if human or chance:
        return "series human" if human else "series chance"
    return "series pub" if published else f"series s{style % svg.STYLE_COUNT}"


def shorten(label: str, limit: int) -> str:
    """``label`` cut to ``limit`` characters in its middle: runs of one model differ in the end."""
    if len(label) <= limit:
        return label
    tail = (limit - 1) // 3
    return f"{label[: limit - 1 - tail].rstrip()}…{label[-tail:].lstrip()}"


def _described(categories: Sequence[str], series: Sequence[Series]) -> str:
    """The chart in words, for readers that cannot see it."""
    parts = []
    for one in series:
        values = ", ".join(f"{c} {r.both}" for c, r in zip(categories, one.rates, strict=True))
        parts.append(f"{one.label}{' (published)' if one.published else ''}: {values}.")
    return "Percent. " + " ".join(parts)


def _interval(x: float, rate: Estimate, y_of: Scale, cap: float = 2.5) -> Markup:
    if rate.low is None or rate.high is None:
        return Markup("")
    low, high = y_of(rate.low), y_of(rate.high)
    return (
        svg.line(x, low, x, high, "bar")
        + svg.line(x - cap, low, x + cap, low, "bar")
        + svg.line(x - cap, high, x + cap, high, "bar")
    )


@dataclass(frozen=True, slots=True)
class Scale:
    """Linear map from 0..1 to pixels ``start``..``end``."""

    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Pixel of ``value``, held within the ends."""
        return self.start + (self.end - self.start) * min(max(value, 0.0), 1.0)


def _polyline(xs: Sequence[float], rates: Sequence[Estimate], y_of: Scale) -> Markup:
    """Line through the known rates, broken where one is missing."""
    steps: list[str] = []
    pen_down = False
    for x, rate in zip(xs, rates, strict=True):
        if rate.value is None:
            pen_down = False
            continue
        steps.append(f"{'L' if pen_down else 'M'}{svg.number(x)} {svg.number(y_of(rate.value))}")
        pen_down = True
    return svg.element("path", d=" ".join(steps), class_="line") if steps else Markup("")


def _draw_series(
    one: Series, categories: Sequence[str], xs: list[float], y_of: Scale, joined: bool = True
) -> Markup:
    points = []
    for x, rate, category in zip(xs, one.rates, categories, strict=True):
        if rate.value is None:
            continue
        tip = svg.element("title", f"{one.label}, {category}: {rate.both} %" + _of(rate))
        small = one.published or one.chance
        mark = svg.marker(
            0 if small else one.style,
            x,
            y_of(rate.value),
            2.2 if one.published else 3.0 if one.chance else 4.2,
        )
        bar = Markup("") if one.chance else _interval(x, rate, y_of)
        points.append(svg.group(tip, bar, mark))
    joint = _polyline(xs, one.rates, y_of) if joined else Markup("")
    return svg.group(joint, *points, class_=one.class_)


def _of(rate: Estimate) -> str:
    return f" (n = {rate.n:,})" if rate.n else ""


def ladder(
    key: str,
    categories: Sequence[str],
    series: Sequence[Series],
    *,
    narrow: bool = False,
    title: str = "PASS along the ladder of templates, in percent",
    joined: bool = True,
) -> Markup:
    """Rates along ordered categories, one line per run, with intervals and end labels.

    Args:
        key: unique on the page.
        categories: from left to right; template columns, numbers of frames.
        series: runs and published models; each with one rate per category.
        narrow: the drawing for phones, without end labels (a legend stands below it).
        title: name of the picture for readers that cannot see it.
        joined: whether the categories have an order; lines join them then.
    """
    width, height = (360.0, 300.0) if narrow else (1110.0, 400.0)
    left, right = (30.0, 346.0) if narrow else (34.0, 900.0)
    top, bottom = 14.0, height - (28.0 if narrow else 34.0)
    y_of = Scale(bottom, top)
    step = (right - left) / len(categories)
    centres = [left + step * (k + 0.5) for k in range(len(categories))]
    parts = [_y_axis(y_of, left, right)]
    parts += [
        svg.text(x, bottom + 20, name, "tick strong", "middle")
        for x, name in zip(centres, categories, strict=True)
    ]
    # Published lines first: they lie beneath the runs.
    for one, offset in _dodged(sorted(series, key=lambda s: not s.published), step * 0.5, 10.0):
        parts.append(_draw_series(one, categories, [x + offset for x in centres], y_of, joined))
    if not narrow:
        parts.append(_end_labels(series, centres[-1], right, y_of))
    return svg.figure(
        key,
        width,
        height,
        title,
        _described(categories, series),
        *parts,
        class_="narrow-only" if narrow else "wide-only",
    )


def _dodged(series: Sequence[Series], room: float, most: float) -> list[tuple[Series, float]]:
    """Runs a little apart, so that none hides another; what stands beside them in the middle."""
    runs = [one for one in series if not one.published and not one.chance]
    step = min(room / max(len(runs), 1), most)
    places = {id(one): (k - (len(runs) - 1) / 2) * step for k, one in enumerate(runs)}
    return [(one, places.get(id(one), 0.0)) for one in series]


def _y_axis(y_of: Scale, left: float, right: float, ticks: Sequence[float] = _TICKS) -> Markup:
    parts = []
    for tick in ticks:
        y = y_of(tick)
        parts.append(svg.line(left, y, right, y, "grid" if tick else "axis"))
        parts.append(svg.text(left - 6, y + 3.5, f"{tick * 100:.0f}", "tick", "end"))
    return svg.group(*parts)


def _end_labels(series: Sequence[Series], last_x: float, right: float, y_of: Scale) -> Markup:
    """Names at the right end of the lines, moved apart where they would overlap."""
    known = [(one, y_of(v)) for one in series if (v := one.rates[-1].value) is not None]
    places = svg.spread([y for _, y in known], 13.5, y_of.end, y_of.start)
    parts = []
    for (one, y), place in zip(known, places, strict=True):
        bend = f"M{svg.number(last_x + 12)} {svg.number(y)}H{svg.number(right - 18)}"
        path = f"{bend}L{svg.number(right + 6)} {svg.number(place)}"
        lead = svg.element("path", d=path, class_="lead")
        words = shorten(one.label, 32 if one.published else 24)
        label = svg.text(right + 10, place + 3.5, words, "label")
        parts.append(svg.group(lead, label, class_=one.class_))
    return svg.group(*parts)


@dataclass(frozen=True, slots=True)
class Gap:
    """One row of the dumbbell chart; ``figures`` are two sides, and what joins them."""

    label: str
    figures: tuple[Estimate, ...]
    style: int = 0
    published: bool = False
    human: bool = False
    chance: bool = False

    @property
    def class_(self) -> str:
        """Style-sheet class of the row."""
        return _class(self.style, self.published, self.human, self.chance)


def gaps(
    key: str, rows: Sequence[Gap], title: str, names: Sequence[str], *, narrow: bool = False
) -> Markup:
    """Two rates of each row, joined by a bar: a dumbbell.

    Args:
        key: unique on the page.
        rows: from top to bottom.
        title: name of the picture for readers that cannot see it.
        names: of the two sides and of what joins them.
        narrow: the drawing for phones.
    """
    small = all(row.published for row in rows)
    row_height = 34.0 if narrow else 19.0 if small else 26.0
    left, right, width = (8.0, 352.0, 360.0) if narrow else (178.0, 496.0, 620.0)
    # Quoted rows stand below the runs, on the same axis.
    top = 4.0 if small else 26.0
    height = top + row_height * len(rows) + 8
    x_of = Scale(left, right)
    parts = []
    for tick in _TICKS:
        x = x_of(tick)
        anchor = {0.0: "start", 1.0: "end"}.get(tick, "middle") if narrow else "middle"
        parts.append(svg.line(x, top - 4, x, height - 4, "grid"))
        if not small:
            parts.append(svg.text(x, top - 12, f"{tick * 100:.0f}", "tick", anchor))
    if not narrow and not small:
        parts.append(svg.text(width, top - 12, names[2], "tick", "end"))
    for k, row in enumerate(rows):
        y = top + row_height * (k + 0.5) + (7 if narrow else 0)
        label_at = (left, y - 12, "start") if narrow else (left - 12, y + 4, "end")
        parts.append(_gap_row(row, names, x_of, y, label_at, (width, narrow)))
    words = " ".join(
        f"{row.label}: "
        + ", ".join(f"{n} {one.both}" for n, one in zip(names, row.figures, strict=True))
        + "."
        for row in rows
    )
    class_ = "narrow-only" if narrow else "wide-only"
    return svg.figure(key, width, height, title, "Percent. " + words, *parts, class_=class_)


def _gap_row(
    row: Gap,
    names: Sequence[str],
    x_of: Scale,
    y: float,
    label_at: tuple[float, float, str],
    room: tuple[float, bool],
) -> Markup:
    width, narrow = room
    first, second, joint = row.figures
    words = f"{names[2]} {joint.both}" if narrow else joint.both
    label = shorten(row.label, 29 if row.published else 25)
    parts = [
        svg.text(*label_at[:2], label, "label", label_at[2]),
        svg.text(
            width - 8 if narrow else width, y - 12 if narrow else y + 4, words, "value", "end"
        ),
    ]
    if first.value is not None and second.value is not None:
        ends = x_of(first.value), x_of(second.value)
        parts.append(svg.line(ends[0], y, ends[1], y, "span"))
    size = 3.4 if row.published else 5.0
    for rate, name, shape in ((first, names[0], 0), (second, names[1], 3)):
        if rate.value is None:
            continue
        tip = svg.element("title", f"{row.label}, {name}: {rate.both} %")
        bar = Markup("")
        if rate.low is not None and rate.high is not None:
            bar = svg.line(x_of(rate.low), y, x_of(rate.high), y, "bar wide")
        mark = svg.marker(
            shape, x_of(rate.value), y, size - 0.1 * shape, "mark open" if shape else "mark"
        )
        parts.append(svg.group(tip, bar, mark))
    return svg.group(*parts, class_=row.class_)


def panel(
    key: str,
    title: str,
    bins: Sequence[str],
    series: Sequence[Series],
    *,
    joined: bool = True,
    size: tuple[float, float] = (214.0, 156.0),
    shaded: Sequence[tuple[str, float]] = (),
) -> Markup:
    """One small multiple: PASS against the bins of a factor, one line per run.

    ``joined`` draws the line between the bins; leave it out where they have no order. ``size`` is
    width and height in pixels. ``shaded`` are names and values (0..1) up to which the ground is
    shaded: what is reached without that which the lines are about.
    """
    width, height = size
    left, right, top, bottom = 26.0, width - 4, 10.0, height - 30
    y_of = Scale(bottom, top)
    step = (right - left) / max(len(bins), 1)
    centres = [left + step * (k + 0.5) for k in range(len(bins))]
    parts = [
        svg.group(
            svg.element("title", f"{name}: {100 * value:.1f}"),
            svg.element("rect", x=left, y=y_of(value), width=right - left,
                        height=bottom - y_of(value), class_="ground"),
        )
        for name, value in shaded
    ]  # fmt: skip
    parts.append(_y_axis(y_of, left, right, (0.0, 0.5, 1.0)))
    # Names that would touch stand on two levels in turn.
    stagger = 12.0 if max((len(name) for name in bins), default=0) * 5.6 > step - 3 else 0.0
    parts += [
        svg.text(x, bottom + 14 + stagger * (k % 2), name, "tick", "middle")
        for k, (x, name) in enumerate(zip(centres, bins, strict=True))
    ]
    for one, offset in _dodged(series, step * 0.6, 7.0):
        at = [x + offset for x in centres]
        parts.append(_draw_series(one, bins, at, y_of, joined or one.chance))
    described = _described(bins, series)
    if shaded:
        described += " Shaded: " + ", ".join(f"{n} {100 * v:.1f}" for n, v in shaded) + "."
    return svg.figure(key, width, height, title, described, *parts, class_="panel")


def swatch(
    style: int, *, published: bool = False, human: bool = False, chance: bool = False
) -> Markup:
    """The marker and dash of a series, for legends and tables (decorative)."""
    class_ = _class(style, published, human, chance)
    stroke = svg.line(1, 7, 27, 7, "line")
    mark = svg.marker(0 if published else style, 14, 7, 2.2 if published else 4.2)
    return svg.element(
        "svg",
        svg.group(stroke, mark, class_=class_),
        viewBox="0 0 28 14",
        width="28",
        height="14",
        aria_hidden="true",
        class_="swatch",
    )
