"""A confusion of levels as a picture: counts in cells, darker where a row has more of its actions.

What is right is told by the frame around the diagonal and what was missed by a gap and a heading,
not by colour alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup

from handeye.report import svg
from handeye.visualact.records import LARGEST_LEVEL

_CELL, _LEFT, _TOP, _GAP = 46.0, 58.0, 44.0, 12.0
_LEVELS = tuple(str(level) for level in range(LARGEST_LEVEL + 1))
_EXTRA = {"unstated": "no level", "missed": "missed"}
_WIDTH = _LEFT + _CELL * (len(_LEVELS) + len(_EXTRA)) + _GAP + 4
_HEIGHT = _TOP + _CELL * len(_LEVELS) + 6

Confusion = Mapping[str, Mapping[str, int]]


def heat_map(key: str, confusion: Confusion, title: str) -> Markup:
    """Draw a confusion of levels.

    Args:
        key: unique on the page.
        confusion: true level to predicted level (and ``unstated``, ``missed``) to number of true
            actions, as ``summary["priority"]["confusion"]``.
        title: name of the picture for readers that cannot see it.
    """
    parts = [
        svg.text(_LEFT + _CELL * len(_LEVELS) / 2, 12, "level the model gave", "tick", "middle"),
        svg.text(0, _TOP - 8, "true level", "tick"),
    ]
    for name in (*_LEVELS, *_EXTRA):
        centre = _x(name) + _CELL / 2
        class_ = "tick" if name in _EXTRA else "tick strong"
        parts.append(svg.text(centre, _TOP - 8, _EXTRA.get(name, name), class_, "middle"))
    for place, truth in enumerate(_LEVELS):
        y = _TOP + place * _CELL
        row = confusion.get(truth, {})
        total = sum(row.values())
        parts.append(svg.text(_LEFT - 14, y + _CELL / 2 + 4, truth, "tick strong", "end"))
        parts += [_cell(truth, name, row.get(name, 0), total, y) for name in (*_LEVELS, *_EXTRA)]
    return svg.figure(
        key, _WIDTH, _HEIGHT, title, _described(confusion), *parts, class_="panel heat"
    )


def _x(name: str) -> float:
    columns = (*_LEVELS, *_EXTRA)
    return _LEFT + columns.index(name) * _CELL + (_GAP if name in _EXTRA else 0)


def _cell(truth: str, name: str, count: int, total: int, y: float) -> Markup:
    share = count / total if total else 0.0
    box = svg.element(
        "rect",
        x=_x(name) + 1,
        y=y + 1,
        width=_CELL - 2,
        height=_CELL - 2,
        rx=2.0,
        class_="cell" + (" right" if name == truth else "") + (" none" if not count else ""),
        style=f"--v:{share:.3f}",
    )
    words = f"true level {truth}, {_EXTRA.get(name, f'given {name}')}: {count:,} of {total:,}"
    label = svg.text(
        _x(name) + _CELL / 2,
        y + _CELL / 2 + 4,
        f"{count:,}" if count else "·",
        "count" if count else "count none",
        "middle",
    )
    return svg.group(svg.element("title", words), box, label)


def _described(confusion: Confusion) -> str:
    parts = []
    for truth in _LEVELS:
        row = {name: n for name, n in confusion.get(truth, {}).items() if n}
        if row:
            listed = ", ".join(f"{_EXTRA.get(name, name)} {n:,}" for name, n in row.items())
            parts.append(f"True level {truth}: {listed}.")
    return " ".join(parts) or "There are no true actions."
