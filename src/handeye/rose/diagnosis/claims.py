"""What a verdict is made of: claims, the figures behind them, and how figures are said in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Tree = Mapping[str, Any]
Unit = Literal["percent", "points", "factor"]
_NBSP = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One estimate behind a claim with its 95 % interval.

    A fraction of items (``percent``), a difference of two such (``points``), or a distance along a
    factor of difficulty (``factor``).
    """

    label: str
    value: float
    low: float | None
    high: float | None
    n: int
    unit: Unit = "percent"

    @property
    def top(self) -> float:
        """Upper end; without an interval, what 3.7 unseen cases in n would still allow.

        A share that never occurred in n independent items is below 3.7 / n with 97.5 % confidence
        (from (1 - p) ** n = 0.025).
        """
        if self.high is not None:
            return self.high
        return self.value + min(1.0, 3.7 / max(self.n, 1))

    @property
    def width(self) -> float | None:
        """Width of the interval, None without one."""
        return None if self.low is None or self.high is None else self.high - self.low


@dataclass(frozen=True, slots=True)
class Claim:
    """One part of a verdict.

    ``words`` is a clause without capital or full stop; ``why`` says in words which condition on the
    figures lets it be said. ``bound`` is None for a fact about the run; otherwise the interval of
    ``figures[0]`` lies wholly above it (below it for ``below``). ``spoken`` claims form the
    sentence, the others stand beneath it.
    """

    key: str
    words: str
    why: str
    figures: tuple[Figure, ...] = ()
    bound: float | None = None
    below: bool = False
    spoken: bool = True


def read_figure(label: str, estimate: Tree | None, unit: Unit = "percent") -> Figure | None:
    """The figure of ``{"value", "low", "high", "n"}``; None where nothing was measured."""
    if not estimate or estimate.get("value") is None:
        return None
    n = int(estimate.get("n") or 0)
    return Figure(label, estimate["value"], estimate.get("low"), estimate.get("high"), n, unit)


def percent(value: float) -> str:
    """``61 %``; one decimal below 1 and above 99, where it matters."""
    number = value * 100
    digits = 0 if number in (0.0, 100.0) or 1 <= number <= 99 else 1
    return f"{number:.{digits}f}{_NBSP}%"


def points(figure: Figure) -> str:
    """A difference with its ends: ``+1.2 points, −2.0 to +4.4``."""
    words = f"{100 * figure.value:+.1f} points"
    if figure.low is not None and figure.high is not None:
        words += f", {100 * figure.low:+.1f} to {100 * figure.high:+.1f}"
    return words.replace("-", "−")


def interval(figure: Figure) -> str:
    """Only the ends, ``70 to 90 %``; the value where there are none."""
    if figure.low is None or figure.high is None:
        return percent(figure.value)
    return f"{100 * figure.low:.0f} to {100 * figure.high:.0f}{_NBSP}%"
