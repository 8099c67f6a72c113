"""One measured rate with its interval, and how rates are written in words.

Everything the report prints as a number goes through here, so that a missing value, a rounding and
a minus sign look the same everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MISSING = "–"
MINUS = "−"


@dataclass(frozen=True, slots=True)
class Estimate:
    """A rate in 0..1 (a difference of rates in -1..1) with its 95 % interval.

    ``value`` is None when nothing was there to measure; ``low`` and ``high`` are None when no
    interval is known (published values). ``n`` counts the items behind it, 0 when unknown.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0

    @property
    def percent(self) -> str:
        """``95.4``, ``−0.3``, or a dash."""
        return percent(self.value)

    @property
    def interval(self) -> str:
        """``[94.1, 96.6]`` in percent, or an empty text."""
        if self.low is None or self.high is None:
            return ""
        return f"[{percent(self.low)},\N{NO-BREAK SPACE}{percent(self.high)}]"

    @property
    def both(self) -> str:
        """Value and interval on one line."""
        return f"{self.percent} {self.interval}".strip()


NOTHING = Estimate(None)


def rate_of(found: object) -> Estimate:
    """An estimate of a summary (``value``, ``low``, ``high``, ``n``), or nothing."""
    if not isinstance(found, Mapping) or found.get("value") is None:
        return NOTHING
    return Estimate(found["value"], found.get("low"), found.get("high"), int(found.get("n") or 0))


def percent(value: float | None) -> str:
    """A fraction as percent with one decimal and a true minus sign; a dash for None."""
    if value is None:
        return MISSING
    words = f"{value * 100:.1f}"
    if words == "-0.0":
        return "0.0"
    return words.replace("-", MINUS)


def integer(value: int | None) -> str:
    """``1,112``, or a dash."""
    return MISSING if value is None else f"{value:,}"


def mean_rate(values: list[float | None]) -> Estimate:
    """Plain mean of published values (no interval); nothing if one is missing."""
    known = [value for value in values if value is not None]
    return Estimate(sum(known) / len(known)) if known and len(known) == len(values) else NOTHING


def figure(value: float) -> str:
    """Any value in three digits: ``0.74``, ``12.3``, ``410``."""
    size = abs(value)
    words = f"{value:.0f}" if size >= 100 else f"{value:.1f}" if size >= 10 else f"{value:.2f}"
    return words.replace("-", MINUS)


def signed(rate: Estimate) -> str:
    """A value that is no share, with its interval: a distance, a number, a correlation."""
    if rate.value is None:
        return MISSING
    ends = [figure(end) for end in (rate.value, rate.low, rate.high) if end is not None]
    return ends[0] if len(ends) < 3 else f"{ends[0]} [{ends[1]},\N{NO-BREAK SPACE}{ends[2]}]"


def percent_with_interval(found: Mapping[str, Any]) -> str:
    """An estimate in percent with its interval."""
    if found["value"] is None:
        return "-"
    text = f"{100 * found['value']:.1f}"
    if found["low"] is None:
        return text
    return f"{text} ({100 * found['low']:.1f} to {100 * found['high']:.1f})"
