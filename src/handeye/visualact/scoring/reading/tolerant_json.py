"""JSON as models write it: in prose, in fences, with single quotes, loose commas, or cut off.

Strict JSON is tried first at every place; only then a parser that mends. What had to be mended is
named, so that nothing is repaired in silence:

    mended   single quotes, bare keys, Python's True and None, loose or missing commas, comments,
             full-width punctuation
    cut      the text ended inside; values that were complete are kept
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

_STRICT = json.JSONDecoder(strict=False)  # line breaks inside strings are common
_SPACE = re.compile(r"(?:\s|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_BARE = re.compile(r"[A-Za-z_][\w\- ]*?(?=\s*[:：])")
_STARTS = re.compile(r"[{\[｛［]")
_WORD = re.compile(r"[A-Za-z]+")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_WORDS = {"true": True, "false": False, "null": None, "none": None}
_QUOTES = {'"': '"', "'": "'", "“": "”", "‘": "’", "＂": "＂", "「": "」"}
# Punctuation of JSON, with its full-width forms.
_COMMAS, _COLONS = ",，、", ":："
_OPEN_OBJECT, _OPEN_ARRAY, _CLOSE_OBJECT, _CLOSE_ARRAY = "{｛", "[［", "}｝", "]］"
_ENDS_STRING = f"{_COMMAS}{_COLONS}{_CLOSE_OBJECT}{_CLOSE_ARRAY}\"'"
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
# Deeper than any list of actions; keeps a hostile text from exhausting the stack.
_DEEPEST = 20
MOST_FAILURES = 500


@dataclass(frozen=True, slots=True)
class Found:
    """A value in a text: where it stands and how it was read (strict, mended or cut)."""

    value: Any
    start: int
    end: int
    how: str


class _UnreadableError(Exception):
    """This is not JSON, however generously read."""


class _CutError(Exception):
    """The text ended inside a value that cannot be kept."""


def find_values(text: str) -> list[Found]:
    """Every outermost object or array in ``text``, in order.

    Each bracket that begins no value may cost a look at the rest of the text, so a text with more
    than :data:`MOST_FAILURES` of them is given up there: nothing after it is read.
    """
    found: list[Found] = []
    place = failures = 0
    while failures < MOST_FAILURES and (place := _next_start(text, place)) >= 0:
        value = _read_at(text, place)
        if value is None:
            place += 1
            failures += 1
        else:
            found.append(value)
            place = value.end
    return found


def _next_start(text: str, place: int) -> int:
    found = _STARTS.search(text, place)
    return -1 if found is None else found.start()


def _read_at(text: str, start: int) -> Found | None:
    try:
        value, end = _STRICT.raw_decode(text, start)
    except (ValueError, RecursionError):
        pass
    else:
        return Found(value, start, end, "strict")
    parser = _Parser(text, start)
    try:
        value = parser.value(0)
    except (_UnreadableError, _CutError):
        return None
    return Found(value, start, parser.place, "cut" if parser.cut else "mended")


@dataclass
class _Parser:
    """Recursive descent with mending."""

    text: str
    place: int
    cut: bool = field(default=False)

    def value(self, depth: int) -> Any:
        """Read one value."""
        if depth > _DEEPEST:
            raise _UnreadableError
        char = self._peek()
        if char in _OPEN_OBJECT:
            return self._object(depth)
        if char in _OPEN_ARRAY:
            return self._array(depth)
        if char in _QUOTES:
            return self._string()
        if number := _NUMBER.match(self.text, self.place):
            self.place = number.end()
            written = number.group()
            # No whole number that an answer needs is longer; Python refuses to read 4,300 digits.
            whole = len(written) < 16 and not set(written) & set(".eE")
            return int(written) if whole else float(written)
        return self._word()

    def _peek(self) -> str:
        """The next character that counts."""
        space = _SPACE.match(self.text, self.place)
        self.place = space.end() if space else self.place
        if self.place >= len(self.text):
            raise _CutError
        return self.text[self.place]

    def _object(self, depth: int) -> dict[str, Any]:
        out: dict[str, Any] = {}
        self.place += 1
        try:
            while (char := self._peek()) not in _CLOSE_OBJECT:
                if char in _COMMAS:
                    self.place += 1
                    continue
                key = self._key(char)
                if self._peek() not in _COLONS:
                    raise _UnreadableError
                self.place += 1
                out[key] = self.value(depth + 1)
                if self.cut:
                    return out
        except _CutError:
            self._end_here()
            return out
        self.place += 1
        return out

    def _array(self, depth: int) -> list[Any]:
        out: list[Any] = []
        self.place += 1
        try:
            while (char := self._peek()) not in _CLOSE_ARRAY:
                if char in _COMMAS:
                    self.place += 1
                    continue
                item = self.value(depth + 1)
                # Of an entry that was cut, some fields may be whole; half an entry is no entry.
                if self.cut and not isinstance(item, list):
                    return out
                out.append(item)
                if self.cut:
                    return out
        except _CutError:
            self._end_here()
            return out
        self.place += 1
        return out

    def _key(self, char: str) -> str:
        if char in _QUOTES:
            return self._string()
        bare = _BARE.match(self.text, self.place)
        if bare is None:
            raise _UnreadableError
        self.place = bare.end()
        return bare.group()

    def _string(self) -> str:
        """A quoted string; a quote inside it counts as its end only before , : } ] or the end."""
        closing = _QUOTES[self.text[self.place]]
        out: list[str] = []
        place = self.place + 1
        while place < len(self.text):
            char = self.text[place]
            if char == "\\" and place + 1 < len(self.text):
                following = self.text[place + 1]
                out.append(_ESCAPES.get(following, following))
                place += 2
            elif char == closing and self._ends_string(place + 1):
                self.place = place + 1
                return "".join(out)
            else:
                out.append(char)
                place += 1
        raise _CutError

    def _ends_string(self, place: int) -> bool:
        space = _SPACE.match(self.text, place)
        after = space.end() if space else place
        return (
            after >= len(self.text)
            or self.text[after] in _ENDS_STRING
            or "\n" in self.text[place:after]
        )

    def _word(self) -> Any:
        word = _WORD.match(self.text, self.place)
        if word is None or word.group().lower() not in _WORDS:
            raise _UnreadableError
        self.place = word.end()
        return _WORDS[word.group().lower()]

    def _end_here(self) -> None:
        self.cut = True
        self.place = len(self.text)
