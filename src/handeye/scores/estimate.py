"""One measured figure with its interval, and the one way in which figures are written.

Everything that a page, a table or a terminal prints as a number goes through here, so that a
missing value, a rounding and a minus sign look the same everywhere. Minus is U+2212 for people;
CSV and JSON hold the bare numbers, LaTeX writes ``$-$`` (:mod:`handeye.scores.tables`), and a
terminal that cannot show it gets a hyphen (:mod:`handeye.terminal.tables`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import msgspec

MISSING = "–"
MINUS = "−"
Unit = Literal["percent", "points", "plain", "p"]
Style = Literal["value", "ends", "cell", "span", "line", "sentence"]


class Estimate(msgspec.Struct, frozen=True):
    """A figure with its 95 % interval: as it stands in summary.json, as a page shows it.

    Mostly a rate in 0..1 or a difference of rates in -1..1. ``value`` is None when nothing was
    there to measure; ``low`` and ``high`` are None when no interval is known (published values, no
    resamples). ``n`` counts the items behind it, 0 when unknown.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0

    def __neg__(self) -> Estimate:
        """The same seen from the other side: a loss as a change."""
        value, low, high = (
            None if end is None else -end for end in (self.value, self.high, self.low)
        )
        return Estimate(value, low, high, self.n)

    def text(self, style: Style = "cell", unit: Unit = "percent") -> str:
        """The figure in words.

        Args:
            style: ``value``: ``95.4``. In the tables of pages, ``ends``: ``[94.1, 96.6]``, empty
                where there are none, and ``cell``: both of them. On terminals and in sentences,
                ``span``: ``(94.1 to 96.6)``, empty where there are none, ``line``:
                ``95.4 (94.1 to 96.6)``, and ``sentence``, the same but for points, which are said
                and need no brackets: ``+1.2 points, −2.0 to +4.4``.
            unit: ``percent`` of a fraction; ``points``, the same with its sign; ``plain`` for what
                is no fraction, in three digits; ``p`` for p-values.
        """
        value, alone = number(self.value, unit), style in ("ends", "span")
        if style == "value" or self.value is None:
            return "" if alone else value
        points = (style, unit) == ("sentence", "points")
        said = "" if alone else f"{value} points" if points else value
        if self.low is None or self.high is None:
            return said
        low, high = number(self.low, unit), number(self.high, unit)
        if points:
            return f"{said}, {low} to {high}"
        page = style in ("ends", "cell")
        ends = f"[{low},\N{NO-BREAK SPACE}{high}]" if page else f"({low} to {high})"
        return f"{said} {ends}".lstrip()

    @property
    def percent(self) -> str:
        """``95.4``, ``−0.3``, or a dash."""
        return self.text("value")

    @property
    def interval(self) -> str:
        """``[94.1, 96.6]`` in percent, or an empty text."""
        return self.text("ends")

    @property
    def both(self) -> str:
        """Value and interval on one line."""
        return self.text("cell")


class Worded(Estimate, frozen=True):
    """A figure of a table that is no percentage, or has words of its own; files have the number."""

    unit: Unit = "percent"
    words: str = ""

    def text(self, style: Style = "cell", unit: Unit = "percent") -> str:
        """In its own unit, whatever is asked for; its words, if any, for value and interval."""
        if self.words:
            return "" if style in ("ends", "span") else self.words
        return Estimate.text(self, style, self.unit)


def in_unit(found: Estimate, unit: Unit) -> Worded:
    """A figure that tables show in this unit."""
    return Worded(found.value, found.low, found.high, found.n, unit)


NOTHING = Estimate(None)
Figure = Estimate | int | float
"""What the tables of a summary hold: measured figures, and plain counts."""
Figures = dict[str, Figure]


def number(value: float | None, unit: Unit = "percent") -> str:
    """One number in a unit (see :meth:`Estimate.text`) with a true minus; a dash for None."""
    if value is None:
        return MISSING
    if unit == "p":  # without claiming that one is 0
        return "< .001" if value < 0.001 else f"{value:.3f}"
    if unit == "plain":
        size = abs(value)
        words = f"{value:.0f}" if size >= 100 else f"{value:.1f}" if size >= 10 else f"{value:.2f}"
        words = "0.00" if words == "-0.00" else words
    else:
        words = f"{value * 100:.1f}"
        if words == "-0.0":
            words = "0.0"
        elif unit == "points" and not words.startswith("-") and words != "0.0":
            words = f"+{words}"
    return words.replace("-", MINUS)


def integer(value: int | None) -> str:
    """``1,112``, or a dash."""
    return MISSING if value is None else f"{value:,}"


def rate_of(found: object) -> Estimate:
    """The estimate of a tree (``value``, ``low``, ``high``, ``n``), or nothing."""
    if isinstance(found, Estimate):
        return found
    if not isinstance(found, Mapping) or found.get("value") is None:
        return NOTHING
    return Estimate(found["value"], found.get("low"), found.get("high"), int(found.get("n") or 0))


def mean_rate(values: Sequence[float | None]) -> Estimate:
    """Plain mean of published values (no interval); nothing if one is missing."""
    known = [value for value in values if value is not None]
    return Estimate(sum(known) / len(known)) if known and len(known) == len(values) else NOTHING


def percent(value: float | None) -> str:
    """A fraction as percent with one decimal and a true minus sign; a dash for None."""
    return number(value)


def plain(found: object) -> dict[str, Any]:
    """An estimate for programs that read a page: value, low, high, n."""
    data: dict[str, Any] = msgspec.to_builtins(rate_of(found))
    return data


# ---- figures out of plain values

_FIELDS = set(Estimate.__struct_fields__)


def figure_rows(tree: Any, path: tuple[str, ...] = ()) -> Iterator[dict[str, Any]]:
    """Every measured figure of nested plain values: where it stands, value, low, high, n."""
    if isinstance(tree, Mapping):
        if set(tree) == _FIELDS:
            yield {"figure": " / ".join(path), **tree}
            return
        for name, part in tree.items():
            yield from figure_rows(part, (*path, str(name)))
    elif isinstance(tree, Sequence) and not isinstance(tree, str):
        for number, part in enumerate(tree):
            name = part.get("key") if isinstance(part, Mapping) else None
            yield from figure_rows(part, (*path, str(name or number)))


def flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row whose measured figures are spread over columns of their own."""
    out: dict[str, Any] = {}
    for name, value in row.items():
        plain = msgspec.to_builtins(value) if isinstance(value, msgspec.Struct) else value
        if isinstance(plain, Mapping) and set(plain) == _FIELDS:
            out |= {name: plain["value"]} | {f"{name}_{end}": plain[end] for end in ("low", "high")}
        else:
            out[name] = plain
    return out


def figures_of(tree: object) -> dict[str, str]:
    """The measured figures of a mapping in percent with their intervals, by name."""
    if isinstance(tree, msgspec.Struct):
        tree = msgspec.to_builtins(tree)
    if not isinstance(tree, Mapping):
        return {}
    found = {
        str(name): rate_of(part)
        for name, part in tree.items()
        if isinstance(part, Estimate) or (isinstance(part, Mapping) and set(part) == _FIELDS)
    }
    return {name: one.text("cell") for name, one in found.items() if one.value is not None}
