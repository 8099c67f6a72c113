"""A number in digits, or in words up to twenty.

Strict is the number alone: digits with a sign, a decimal point, commas between thousands. Else the
first of these decides that says anything, and only where it says one number: what is announced
(``Answer: 3``), numbers anywhere. Exact is equal as numbers, ``3`` as ``3.0``.
"""

from __future__ import annotations

import re
from decimal import Decimal

from handeye.answer_kinds.reading import Reading, announced, denied, only, plain

WORDS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"),
    *("nineteen", "twenty"),
)
"""Numbers in words, by their value."""
# At most 30 digits before and behind the point: nothing that is counted or measured has more.
_DIGITS = r"[-+−]?(?:\d{1,3}(?:,\d{3}){1,9}|\d{1,30})(?:\.\d{1,30})?"
_STRICT = re.compile(rf"\s*({_DIGITS})\s*")
_NUMBER = re.compile(
    rf"(?<![\w.,])({_DIGITS})(?![\w]|[.,]\d)|(?<![\w-])({'|'.join(WORDS)})\b(?!-)", re.IGNORECASE
)


def read(text: str) -> Reading[Decimal] | None:
    """The number that an answer gives; None where it gives none, or several."""
    if found := _STRICT.fullmatch(text):
        return Reading(_value(found[1]), True)
    told = plain(text)
    said = [value for line in announced(told) for value in _numbers(line)]
    value = only(said or _numbers(told))
    return None if value is None else Reading(value, False)


def score(found: Reading[Decimal] | None, gold: float | Decimal, within: float = 0) -> float:
    """1 where the number is the right one, or at most ``within`` off; else 0."""
    return float(
        found is not None and abs(found.value - Decimal(str(gold))) <= Decimal(str(within))
    )


def between(found: Reading[Decimal] | None, low: float | None, high: float | None) -> float:
    """1 where the number is in a range with its ends, of which one may be open; else 0."""
    if found is None:
        return 0.0
    above = low is None or found.value >= Decimal(str(low))
    return float(above and (high is None or found.value <= Decimal(str(high))))


def _numbers(text: str) -> list[Decimal]:
    """Every number in a text, but for those that are said not to be."""
    return [_value(found[0]) for found in _NUMBER.finditer(text) if not denied(text, found.start())]


def _value(text: str) -> Decimal:
    if (word := text.casefold()) in WORDS:
        return Decimal(WORDS.index(word))
    return Decimal(text.replace(",", "").replace("−", "-"))
