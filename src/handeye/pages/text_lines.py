"""Breaking text into lines for drawings, where no browser does it, by estimated widths."""

from __future__ import annotations

import unicodedata

SIZE = 12.0
"""Size of the letters in pixels; the style sheet says the same."""
_MOST_LINES = 5
_NARROW_CHARACTERS = frozenset("iljtfrI.,:;'|!()[]- ")
_WIDE_CHARACTERS = frozenset("mwMW@%—")


def wrapped(text: str, width: float) -> tuple[str, ...]:
    """Lines of at most ``width`` pixels at the drawing's letter size, at most five of them."""
    lines: list[str] = []
    current = ""
    for word in " ".join(text.split()).split(" "):
        for part in _parts(word, width):
            joined = f"{current} {part}".strip()
            if current and _width(joined) > width:
                lines.append(current)
                joined = part
            current = joined
    lines.append(current)
    if len(lines) > _MOST_LINES:
        kept = lines[:_MOST_LINES]
        while kept[-1] and _width(kept[-1] + "…") > width:
            kept[-1] = kept[-1][:-1]
        return (*kept[:-1], kept[-1].rstrip() + "…")
    return tuple(lines)


def _parts(word: str, width: float) -> list[str]:
    """A word, cut where it is longer than a line."""
    out, current = [], ""
    for letter in word:
        if current and _width(current + letter) > width:
            out.append(current)
            current = ""
        current += letter
    return [*out, current]


def _width(text: str) -> float:
    return sum(map(_em, text)) * SIZE


def _em(letter: str) -> float:
    """Width of a letter in ems, on the safe side for common sans-serif fonts."""
    if letter in _NARROW_CHARACTERS:
        return 0.36
    if letter in _WIDE_CHARACTERS or unicodedata.east_asian_width(letter) in "WF":
        return 1.0
    if unicodedata.combining(letter):
        return 0.0
    return 0.72 if letter.isupper() else 0.58
