"""A confusion of levels as a picture: counts in cells, darker where a row has more of its actions.

What is right is told by the frame around the diagonal and what was missed by a gap and a heading,
not by colour alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from handeye.pages.charts import svg

_CELL, _LEFT, _TOP, _GAP = 46.0, 58.0, 44.0, 12.0
_EXTRA = {"unstated": "no level", "missed": "missed"}

Confusion = Mapping[str, Mapping[str, int]]


def heat_map(key: str, levels: Sequence[str], confusion: Confusion, title: str) -> Markup:
    """Draw a confusion of levels.

    Args:
        key: unique on the page.
        levels: their names, lowest first.
        confusion: true level to predicted level (and ``unstated``, ``missed``) to number of true
            actions, as ``summary["priority"]["confusion"]``.
        title: name of the picture for readers that cannot see it.
    """
    parts = [
        svg.text(_LEFT + _CELL * len(levels) / 2, 12, "level the model gave", "tick", "middle"),
        svg.text(0, _TOP - 8, "true level", "tick"),
    ]
    for name in (*levels, *_EXTRA):
        centre = _x(levels, name) + _CELL / 2
        class_ = "tick" if name in _EXTRA else "tick strong"
        parts.append(svg.text(centre, _TOP - 8, _EXTRA.get(name, name), class_, "middle"))
    for place, truth in enumerate(levels):
        y = _TOP + place * _CELL
        row = confusion.get(truth, {})
        total = sum(row.values())
        parts.append(svg.text(_LEFT - 14, y + _CELL / 2 + 4, truth, "tick strong", "end"))
        parts += [
            _cell(truth, name, row.get(name, 0), total, _x(levels, name), y)
            for name in (*levels, *_EXTRA)
        ]
    width = _LEFT + _CELL * (len(levels) + len(_EXTRA)) + _GAP + 4
    height = _TOP + _CELL * len(levels) + 6
    return svg.figure(
        key, width, height, title, _described(levels, confusion), *parts, class_="panel heat"
    )


def _x(levels: Sequence[str], name: str) -> float:
    columns = (*levels, *_EXTRA)
    return _LEFT + columns.index(name) * _CELL + (_GAP if name in _EXTRA else 0)


def _cell(truth: str, name: str, count: int, total: int, x: float, y: float) -> Markup:
    share = count / total if total else 0.0
    box = svg.element(
        "rect",
        x=x + 1,
        y=y + 1,
        width=_CELL - 2,
        height=_CELL - 2,
        rx=2.0,
        class_="cell" + (" right" if name == truth else "") + (" none" if not count else ""),
        style=f"--v:{share:.3f}",
    )
    words = f"true level {truth}, {_EXTRA.get(name, f'given {name}')}: {count:,} of {total:,}"
    label = svg.text(
        x + _CELL / 2,
        y + _CELL / 2 + 4,
        f"{count:,}" if count else "·",
        "count" if count else "count none",
        "middle",
    )
    return svg.group(svg.element("title", words), box, label)


def _described(levels: Sequence[str], confusion: Confusion) -> str:
    parts = []
    for truth in levels:
        row = {name: n for name, n in confusion.get(truth, {}).items() if n}
        if row:
            listed = ", ".join(f"{_EXTRA.get(name, name)} {n:,}" for name, n in row.items())
            parts.append(f"True level {truth}: {listed}.")
    return " ".join(parts) or "There are no true actions."
