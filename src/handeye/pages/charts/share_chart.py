"""How often each reason occurs, as bars with intervals, the runs one under the other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from markupsafe import Markup

from handeye.pages.charts import svg
from handeye.pages.charts.charts import Scale, shorten
from handeye.scores.estimate import Estimate

_TOP = 22.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One run's rate of the reason; nothing is drawn where it is 0 or None."""

    run: str
    style: int
    rate: Estimate


@dataclass(frozen=True, slots=True)
class BarRow:
    """One reason with a bar per run."""

    label: str
    bars: tuple[Bar, ...]


class Shown(Protocol):
    """How often a reason occurs."""

    key: str
    label: str
    rate: Estimate


def share_rows(
    held: Sequence[tuple[str, int, Sequence[Shown]]], least: float = 0.0
) -> list[BarRow]:
    """A row for each reason, the most frequent first.

    Args:
        held: of each run the name, its style and its reasons.
        least: reasons that are rarer in every run are left out.
    """
    labels: dict[str, str] = {}
    rates: dict[str, dict[int, Estimate]] = {}
    for k, (_, _, reasons) in enumerate(held):
        for one in reasons:
            labels[one.key] = one.label
            rates.setdefault(one.key, {})[k] = one.rate
    most = {key: max(r.value or 0.0 for r in found.values()) for key, found in rates.items()}
    nothing = Estimate(0.0)  # the reason did not occur in that run
    return [
        BarRow(
            labels[key],
            tuple(
                Bar(run, style, rates[key].get(k, nothing))
                for k, (run, style, _) in enumerate(held)
            ),
        )
        for key in sorted(most, key=lambda key: -most[key])
        if most[key] >= least
    ]


def shares(key: str, rows: Sequence[BarRow], title: str, *, narrow: bool = False) -> Markup:
    """Horizontal bars of rates on a common scale that ends just above the largest interval.

    Args:
        key: unique on the page.
        rows: from top to bottom; every row has the same runs.
        title: name of the picture for readers that cannot see it.
        narrow: the drawing for phones: labels above the bars.
    """
    runs = max((len(row.bars) for row in rows), default=1)
    bar = 14.0 if runs == 1 else 8.0 if runs <= 3 else 6.0
    block = runs * (bar + 2) + (26 if narrow else 10)
    width, left, right = (
        (360.0, 4.0, 356.0) if narrow else (536.0, 184.0, 404.0 if runs == 1 else 520.0)
    )
    height = _TOP + block * len(rows) + 4
    top = scale_end(one.rate for row in rows for one in row.bars)
    x_of = Scale(left, right)
    parts = [_axis(x_of, top, height, narrow)]
    for k, row in enumerate(rows):
        y = _TOP + block * k
        label_y = y + 13 if narrow else y + block / 2 + 4
        place = (left, label_y, "start") if narrow else (left - 10, label_y, "end")
        parts.append(svg.text(place[0], place[1], shorten(row.label, 40), "rowlabel", place[2]))
        first = y + (20 if narrow else (block - runs * (bar + 2)) / 2)
        for j, one in enumerate(row.bars):
            middle = first + j * (bar + 2) + bar / 2
            parts.append(_bar(row.label, one, x_of, top, middle, bar))
        if runs == 1:
            rate = row.bars[0].rate
            at = (right, y + 13, "end") if narrow else (right + 10, label_y, "start")
            parts.append(_figures(rate, *at))
    words = " ".join(
        f"{row.label}: " + ", ".join(f"{one.run} {one.rate.both}" for one in row.bars) + "."
        for row in rows
    )
    class_ = "shares " + ("narrow-only" if narrow else "wide-only")
    return svg.figure(key, width, height, title, "Percent. " + words, *parts, class_=class_)


def scale_end(rates: Iterable[Estimate]) -> float:
    """A round end of the axis, at least 0.05 and at most 1, that holds every interval."""
    most = 0.0
    for rate in rates:
        for end in (rate.value, rate.high):
            most = max(most, end or 0.0)
    return next((step for step in _ENDS if most <= step), 1.0)


# Ends of an axis with the distance of its ticks, all round in percent.
_ENDS = {
    0.05: 0.01,
    0.1: 0.02,
    0.2: 0.05,
    0.3: 0.05,
    0.4: 0.1,
    0.5: 0.1,
    0.6: 0.1,
    0.8: 0.2,
    1: 0.2,
}


def _axis(x_of: Scale, top: float, height: float, narrow: bool) -> Markup:
    parts = []
    steps = round(top / _ENDS[top])
    for k in range(steps + 1):
        x = x_of(k / steps)
        anchor = {0: "start", steps: "end"}.get(k, "middle") if narrow else "middle"
        parts.append(svg.line(x, _TOP - 6, x, height - 2, "grid"))
        parts.append(svg.text(x, _TOP - 11, f"{_ENDS[top] * k * 100:.0f}", "tick", anchor))
    return svg.group(*parts)


def _bar(label: str, one: Bar, x_of: Scale, top: float, y: float, height: float) -> Markup:
    rate = one.rate
    if not rate.value:
        return Markup("")
    rect = svg.element(
        "rect",
        x=x_of(0.0),
        y=y - height / 2,
        width=max(x_of(rate.value / top) - x_of(0.0), 1.0),
        height=float(height),
        class_="share",
    )
    whisker = Markup("")
    if rate.low is not None and rate.high is not None:
        ends = x_of(rate.low / top), x_of(rate.high / top)
        whisker = svg.line(ends[0], y, ends[1], y, "whisker")
    tip = svg.element("title", f"{one.run}, {label}: {rate.both} %")
    return svg.group(tip, rect, whisker, class_=f"series s{one.style % svg.STYLE_COUNT}")


def _figures(rate: Estimate, x: float, y: float, anchor: str) -> Markup:
    return svg.element(
        "text",
        svg.element("tspan", rate.percent, class_="v"),
        svg.element("tspan", f" {rate.interval}" if rate.interval else "", class_="ci"),
        x=float(x),
        y=float(y),
        text_anchor=anchor,
        class_="rowvalue",
    )


def shares_of_one(named: str, reasons: Sequence[Shown], title: str) -> Markup:
    """The chart of one run's reasons, for whoever asks for it alone."""
    return shares("reasons", share_rows([(named, 0, reasons)]), title)
