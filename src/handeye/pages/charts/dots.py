"""A dot plot: shares of several trials row by row, each trial a dot, with their mean.

The mean is a diamond with its interval, where there are two trials at least.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from handeye.pages.charts import svg
from handeye.pages.charts.charts import Scale, shorten
from handeye.scores.estimate import Estimate

_TOP, _ROW, _NARROW_ROW, _CAP = 30.0, 26.0, 40.0, 4.0
_DIAMOND, _CIRCLE = 3, 0


@dataclass(frozen=True, slots=True)
class Dots:
    """A row: its name, the share of each trial (0..1), their mean."""

    label: str
    values: tuple[float, ...]
    mean: Estimate


def dots(key: str, rows: Sequence[Dots], title: str, *, narrow: bool = False) -> Markup:
    """Draw rows from top to bottom on a scale from 0 to 100 %.

    Args:
        key: unique on the page.
        rows: from top to bottom.
        title: name of the picture for readers that cannot see it.
        narrow: the drawing for phones: words above the dots.
    """
    width, left, right = (360.0, 10.0, 350.0) if narrow else (1110.0, 180.0, 860.0)
    each = _NARROW_ROW if narrow else _ROW
    x_of = Scale(left, right)
    height = _TOP + each * len(rows) + 6
    parts = []
    for step in range(5):
        x = x_of(step / 4)
        parts.append(svg.line(x, _TOP - 8, x, height - 2, "grid"))
        parts.append(svg.text(x, _TOP - 14, f"{25 * step}", "tick", "middle"))
    for place, row in enumerate(rows):
        parts.append(_row(row, _TOP + each * place, each, x_of, right, narrow))
    words = " ".join(f"{row.label}: {row.mean.both}." for row in rows)
    class_ = "forest " + ("narrow-only" if narrow else "wide-only")
    return svg.figure(key, width, height, title, f"Percent. {words}", *parts, class_=class_)


def _row(row: Dots, top: float, each: float, x_of: Scale, right: float, narrow: bool) -> Markup:
    middle = top + (each - 10 if narrow else each / 2)
    base = top + 14 if narrow else middle + 4
    figures = row.mean.both
    parts = [svg.element("title", f"{row.label}: {figures} %")]
    parts += [svg.marker(_CIRCLE, x_of(value), middle, 3.0, "mark open") for value in row.values]
    if row.mean.low is not None and row.mean.high is not None:
        low, high = x_of(row.mean.low), x_of(row.mean.high)
        parts.append(svg.line(low, middle, high, middle, "bar"))
        parts += [svg.line(x, middle - _CAP, x, middle + _CAP, "bar") for x in (low, high)]
        parts.append(svg.marker(_DIAMOND, x_of(row.mean.value or 0.0), middle, 4.4, "mark"))
    label, value_at = (
        ((0.0, "start"), (right, "end")) if narrow else ((164.0, "end"), (right + 16, "start"))
    )
    return svg.group(
        svg.text(label[0], base, shorten(row.label, 26), "rowlabel", label[1]),
        svg.text(value_at[0], base, figures, "rowvalue", value_at[1]),
        svg.group(*parts, class_="series s0"),
    )
