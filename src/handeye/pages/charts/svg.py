"""Small parts of inline SVG: safe elements, markers, and label spacing. Knows no suite.

Colours, dashes and fonts live in the style sheet (classes ``s0``..``s5`` and ``pub``), so that
light, dark and print share one drawing.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

STYLE_COUNT = 6  # distinct colours; each also has its own marker and dash
_SHAPES = ("circle", "square", "triangle", "diamond", "wedge", "hexagon")


def element(name: str, *children: str | Markup | None, **attributes: object) -> Markup:
    """One XML element; every child and attribute that is not :class:`Markup` is escaped.

    A trailing underscore is dropped and other underscores become hyphens (``class_``,
    ``stroke_width``); attributes that are None are left out.
    """
    # Plain text with every value escaped by hand: Markup.format would cost most of a page's time.
    parts = [
        f' {key.rstrip("_").replace("_", "-")}="{_text(value)}"'
        for key, value in attributes.items()
        if value is not None
    ]
    opening = f"<{name}{''.join(parts)}"
    inner = "".join(escape(child) for child in children if child is not None)
    return Markup(f"{opening}>{inner}</{name}>" if inner else f"{opening}/>")


def number(value: float) -> str:
    """A coordinate with at most two decimals."""
    return f"{value:.2f}".rstrip("0").rstrip(".") or "0"


def _text(value: object) -> str:
    return number(value) if isinstance(value, float) else escape(value)


def group(*children: Markup, **attributes: object) -> Markup:
    """A ``<g>`` of the children."""
    return element("g", Markup("").join(children), **attributes)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """A straight line."""
    return element("line", x1=float(x1), y1=float(y1), x2=float(x2), y2=float(y2), class_=class_)


def text(x: float, y: float, words: str, class_: str = "", anchor: str = "start") -> Markup:
    """A line of text; ``anchor`` is start, middle or end."""
    return element("text", words, x=float(x), y=float(y), class_=class_ or None, text_anchor=anchor)


def marker(style: int, x: float, y: float, size: float = 4.5, class_: str = "mark") -> Markup:
    """The marker of a series: shape by ``style``, about ``2 * size`` wide, centred at x, y."""
    shape = _SHAPES[style % STYLE_COUNT]
    if shape == "circle":
        return element("circle", cx=float(x), cy=float(y), r=float(size), class_=class_)
    if shape == "square":
        side = size * 1.8
        return element(
            "rect",
            x=x - side / 2,
            y=y - side / 2,
            width=float(side),
            height=float(side),
            class_=class_,
        )
    corners = {
        "triangle": [(0.0, -1.2), (1.1, 0.9), (-1.1, 0.9)],
        "diamond": [(0.0, -1.3), (1.3, 0.0), (0.0, 1.3), (-1.3, 0.0)],
        "wedge": [(0.0, 1.2), (1.1, -0.9), (-1.1, -0.9)],
        "hexagon": [
            (-1.1, 0.0),
            (-0.55, -1.0),
            (0.55, -1.0),
            (1.1, 0.0),
            (0.55, 1.0),
            (-0.55, 1.0),
        ],
    }[shape]
    points = " ".join(f"{number(x + dx * size)},{number(y + dy * size)}" for dx, dy in corners)
    return element("polygon", points=points, class_=class_)


def figure(
    key: str,
    width: float,
    height: float,
    title: str,
    description: str,
    *children: Markup,
    class_: str = "",
) -> Markup:
    """A whole chart: ``role=img`` named by its ``<title>`` and described by its ``<desc>``.

    ``key`` must be unique on the page; the ids of title and description are made from it.
    """
    return element(
        "svg",
        element("title", title, id=f"{key}-title"),
        element("desc", description, id=f"{key}-desc"),
        *children,
        viewBox=f"0 0 {number(width)} {number(height)}",
        role="img",
        aria_labelledby=f"{key}-title",
        aria_describedby=f"{key}-desc",
        class_=("chart " + class_).strip(),
    )


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Move positions as little as needed so that neighbours are ``gap`` apart within low..high.

    Order is kept. When they do not all fit, they are spaced evenly.
    """
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    if len(order) > 1 and gap * (len(order) - 1) > high - low:
        gap = (high - low) / (len(order) - 1)
    placed: list[list[int]] = []  # blocks of touching labels, each around the mean of its wishes

    def start(block: list[int]) -> float:
        mean = sum(wanted[i] - k * gap for k, i in enumerate(block)) / len(block)
        return min(max(mean, low), high - gap * (len(block) - 1))

    for index in order:
        placed.append([index])
        while len(placed) > 1:
            above, below = placed[-2], placed[-1]
            if start(above) + gap * len(above) <= start(below) + 1e-9:
                break
            placed[-2:] = [above + below]
    out = [0.0] * len(wanted)
    for block in placed:
        first = start(block)
        for k, index in enumerate(block):
            out[index] = first + k * gap
    return out
