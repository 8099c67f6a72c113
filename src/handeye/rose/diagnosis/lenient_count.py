"""The number in an answer to a counting question that is not in the grammar.

From certain to less certain: ``COUNT(5)`` or ``count = 5`` somewhere (the last one); a last line
that is a number; "the answer is 5"; a sentence that says how many, when no other number is in the
text. Anything else is not read.
"""

from __future__ import annotations

import re

_WORDS = (
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)
_VALUES = {word: value for value, word in enumerate(_WORDS)} | {"none": 0, "nothing": 0, "no": 0}
# More than any count; Python refuses to read far longer ones.
_DIGITS = r"\d{1,15}(?![\d%]|[.,]\d)"
_NUMBER = rf"(?<![\w.,-])({_DIGITS}|{'|'.join(_WORDS)})(?!\w)"
_FLAGS = re.IGNORECASE

_KEYWORD = re.compile(rf"\bCOUNT[\"']?\s*[(\[:=]+\s*(?:{_NUMBER}|({_DIGITS}))", _FLAGS)
_BARE = re.compile(
    rf"[(\[{{\"']*\s*{_NUMBER}\s*[)\]}}\"']*(?:\s+(?:\w+\s+){{0,2}}cells?)?[ .!]*", _FLAGS
)
_CONCLUSION = re.compile(
    rf"\b(?:answer|total|result)\b(?:\s+(?:count|number))?\s*(?:is|are|:|=|of)*\s*"
    rf"(?:exactly\s+)?{_NUMBER}",
    _FLAGS,
)
_HOW_MANY = re.compile(
    rf"\b(?:there\s+(?:is|are)|i\s+(?:can\s+)?(?:see|count|counted|found|find)|"
    rf"(?:number|count)\b[^\d.\n]{{0,60}}?\bis)\s+(?:only\s+|exactly\s+|just\s+)?{_NUMBER}|"
    rf"{_NUMBER}\s+(?:\w+\s+){{0,3}}(?:cells?|tiles?|characters?|glyphs?|emojis?|squares?|differ\w*)\b",
    _FLAGS,
)
_ANY = re.compile(r"\d+")
_NONE = re.compile(
    r"\bthere\s+(?:is|are)\s+(?:no|none)\b|^\W*(?:none|nothing)\b|"
    r"\b(?:no|none\s+of\s+the|not\s+a\s+single)\s+(?:\w+\s+){0,2}cells?\b",
    _FLAGS,
)


def read_count(text: str) -> int | None:
    """The number that ``text`` (without markup) gives as its answer, None if that is not definite.

    Args:
        text: an answer to a counting question.
    """
    named = [_value(found) for found in _KEYWORD.finditer(text)]
    if named:
        return named[-1]
    for line in (text, text.splitlines()[-1].strip()):
        if bare := _BARE.fullmatch(line):
            return _value(bare)
    concluded = [_value(found) for found in _CONCLUSION.finditer(text)]
    if concluded:
        return concluded[-1]
    return _said(text)


def _said(text: str) -> int | None:
    """The number of the sentences that say how many, if they agree and no other number is there."""
    said = {_value(found) for found in _HOW_MANY.finditer(text)}
    numbers = set(_ANY.findall(text))
    if _NONE.search(text):
        return None if numbers or said else 0
    if len(said) != 1:
        return None
    (number,) = said
    return number if all(int(n[:16]) == number for n in numbers) else None


def _value(found: re.Match[str]) -> int:
    word = next(group for group in found.groups() if group).lower()
    return _VALUES[word] if word in _VALUES else int(word)
