"""JSON as models write it: in prose, in fences, with single quotes, loose commas, or cut off.

Strict JSON is tried first at every place; only then a parser that mends. What had to be mended is
named, so that nothing is repaired in silence:

    mended   quotes of any kind or none, bare keys, Python's words and tuples, loose, missing or
             full-width punctuation, comments, a key that stands twice, a bracket more or less
    cut      the text ended inside, or began anew; values that were complete are kept

What no reading makes sense of is left out and counted (:attr:`Found.skipped`). An object in which a
key stands again is several objects, one after the other: both are meant.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

_SPACE = re.compile(
    r"(?:[\s\ufeff\u200b-\u200d\u2060]|//[^\n]*|/\*.{0,500}?\*/|#[^\n]*|<!--.{0,500}?-->|"
    r"--[ \t][^\n]*)*",
    re.DOTALL,
)
_BARE_KEY = re.compile(r"[*_`]{0,2}(\w[\w\-. ()/]{0,60}?)[*_`]{0,2}(?=\s{0,9}(?:[:：=]|->))")
_STARTS = re.compile(r"[{\[｛［]")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?!\w)")
_WORDS = {"true": True, "false": False, "null": None, "none": None, "undefined": None}
# Punctuation of JSON, with its full-width forms.
_COMMAS, _COLONS = ",，、;；", ":："
_COLON = re.compile(r"[:：]|=>|->|=")
_OPEN_OBJECT, _OPEN_ARRAY, _CLOSE_OBJECT, _CLOSE_ARRAY = "{｛", "[［", "}｝", "]］"
_CLOSES = f"{_CLOSE_OBJECT}{_CLOSE_ARRAY})"
# Quotes by what opens them: what closes them, and what closes them where the two were mixed.
_QUOTES = {
    '"': ('"', "”“″＂"),
    "'": ("'", ""),
    **dict.fromkeys("“”„‟", ("“”", '"')),
    **dict.fromkeys("‘’‚‛", ("‘’", "'")),
    **dict.fromkeys("«»", ("«»", "")),
    **dict.fromkeys("‹›", ("‹›", "")),
    **dict.fromkeys("〝〞〟", ("〝〞〟", "")),
    **{one: (one, "") for one in "＂＇″′`´"},
    **{pair[0]: (pair[1], "") for pair in ("「」", "『』", "《》", "〈〉", "“”")},
    "“": ("”“", '"'),
}
_OPENS_INSIDE = {"”": "“„", "“": "„", "’": "‘‚", '"': '"'}
# Quotes of several signs, the longest first; the doubled ones hold a text or a key.
_LONG_QUOTE = re.compile(r'"""|\'\'\'|``|""(?=[^\s,:}\]")])|\'\'(?=[^\s,:}\]\')])')
_LONG_CLOSE = {"``": ("``", "''")}
_ANY_QUOTE = "".join(_QUOTES)
_QUOTE = "[" + re.escape("".join({*_ANY_QUOTE, *"".join(c + m for c, m in _QUOTES.values())})) + "]"
_GAP = r"[\s\ufeff\u200b-\u200d\u2060]"
_PREFIX = re.compile(r"[uUbBrRfF](?=[\"'])")
_PLUS = re.compile(rf"\s*\+\s*(?={_QUOTE})")
# After a comma inside an object: a key, quoted or bare, or the end of the object.
_NEXT_KEY = re.compile(
    rf"(?:{_GAP}|[*_])*(?:[uUbBrRfF]?{_QUOTE}{{1,3}}(?:(?!{_QUOTE}).){{0,60}}{_QUOTE}{{1,3}}"
    rf"|\w[\w\-. ()/]{{0,60}}?)[*_`]{{0,2}}{_GAP}{{0,9}}(?:[:：=]|->)"
    rf"|{_GAP}*(?:[{re.escape(_CLOSES)}]|\Z|\.\.\.|…|//|#|/\*)"
)
# A text without quotes, up to what may end it.
_BARE_TEXT = re.compile(r"(?:(?![ \t](?://|#|/\*|--[ \t]))[^{}\[\]｛｝［］\n,，、;；])+")
_SPACES = re.compile(r"\s*")
_ELLIPSIS = re.compile(r"\.\.\.|…")
_JUNK = re.compile(r"[^,，;；{}\[\]｛｝［］]*[,，;；]?")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_HEX = re.compile(r"u([0-9a-fA-F]{4})")
# By its first signs a value is known that is begun again, this often in a text.
_HEAD, _MOST_BEGUN = 10, 8
# Deeper than any list of actions; keeps a hostile text from exhausting the stack.
_DEEPEST = 20
MOST_FAILURES = 500


class Several(list[Any]):
    """The objects that an object with repeated keys stands for, in order."""


@dataclass(frozen=True, slots=True)
class Found:
    """A value in a text: where it stands and how it was read (strict, mended or cut).

    ``skipped`` counts the pieces in it that could not be read.
    """

    value: Any
    start: int
    end: int
    how: str
    skipped: int = 0


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
    place = failures = begun = 0
    while failures < MOST_FAILURES and (place := _next_start(text, place)) >= 0:
        value = _read_at(text, place)
        if value is not None and value.how != "strict" and begun < _MOST_BEGUN:
            again = text.find(text[place : place + _HEAD], place + 1, value.end)
            if again > 0:
                begun += 1
                value = _first_of(text, value, again)
        if value is None:
            place += 1
            failures += 1
        else:
            found.append(value)
            place = value.end
    return found


def _first_of(text: str, whole: Found, again: int) -> Found:
    """What was begun, where it was cut off and begun anew at ``again``; else the whole."""
    if whole.how != "cut":
        rest = _read_at(text, again)
        if rest is None or rest.how == "cut" or rest.end < whole.end:
            return whole
    return _mended(text[:again], whole.start) or whole


def _next_start(text: str, place: int) -> int:
    found = _STARTS.search(text, place)
    return -1 if found is None else found.start()


def _read_at(text: str, start: int) -> Found | None:
    doubled: list[bool] = []
    strict = json.JSONDecoder(  # line breaks inside strings are common
        strict=False, object_pairs_hook=lambda pairs: _object_of(pairs, doubled)
    )
    try:
        value, end = strict.raw_decode(text, start)
    except (ValueError, RecursionError):
        pass
    else:
        return Found(value, start, end, "mended" if doubled else "strict")
    return _mended(text, start)


def _mended(text: str, start: int) -> Found | None:
    parser = _Parser(text, start)
    try:
        value = parser.value(0)
    except (_UnreadableError, _CutError):
        return None
    return Found(value, start, parser.place, "cut" if parser.cut else "mended", parser.skipped)


def _object_of(pairs: list[tuple[Any, Any]], doubled: list[bool]) -> Any:
    """The object with these entries; :class:`Several`, where a key stands again."""
    whole = dict(pairs)
    if len(whole) == len(pairs):
        return whole
    doubled.append(True)
    several = Several([{}])
    for key, value in pairs:
        if key in several[-1]:
            several.append({})
        several[-1][key] = value
    return several


@dataclass
class _Parser:
    """Recursive descent with mending."""

    text: str
    place: int
    cut: bool = field(default=False)
    skipped: int = field(default=0)
    doubled: list[bool] = field(default_factory=list)

    def value(self, depth: int, inside: str = "") -> Any:
        """Read one value; ``inside`` an ``object`` or an ``array``."""
        if depth > _DEEPEST:
            raise _UnreadableError
        char = self._peek()
        if char in _OPEN_OBJECT:
            return self._object(depth)
        if char in _OPEN_ARRAY or (char == "(" and inside):
            return self._array(depth)
        if prefix := _PREFIX.match(self.text, self.place):
            self.place = prefix.end()
            char = self.text[self.place]
        if char in _QUOTES:
            return self._string(inside)
        if (number := _NUMBER.match(self.text, self.place)) and self._ends_bare(number.end()):
            self.place = number.end()
            written = number.group()
            # No whole number that an answer needs is longer; Python refuses to read 4,300 digits.
            whole = len(written) < 16 and not set(written) & set(".eE")
            return int(written) if whole else float(written)
        return self._bare(inside, depth)

    def _peek(self) -> str:
        """The next character that counts."""
        space = _SPACE.match(self.text, self.place)
        self.place = space.end() if space else self.place
        if self.place >= len(self.text):
            raise _CutError
        return self.text[self.place]

    def _passes(self, char: str) -> bool:
        """Step over a comma or an ellipsis, if one is next."""
        if char in _COMMAS:
            self.place += 1
            return True
        more = _ELLIPSIS.match(self.text, self.place)
        if more is None:
            return False
        self.place = more.end()
        return True

    def _object(self, depth: int) -> Any:
        pairs: list[tuple[str, Any]] = []
        self.place += 1
        try:
            while (char := self._peek()) not in _CLOSE_OBJECT:
                if char in _CLOSES:
                    # One bracket too few: it closes what is around.
                    self.place -= depth > 0
                    break
                if self._passes(char):
                    continue
                try:
                    pairs.append((self._key(char), self._after_key(depth)))
                except _UnreadableError:
                    if not pairs:
                        raise
                    self._skip()
                if self.cut:
                    return _object_of(pairs, self.doubled)
        except _CutError:
            self._end_here()
            return _object_of(pairs, self.doubled)
        self.place += 1
        return _object_of(pairs, self.doubled)

    def _after_key(self, depth: int) -> Any:
        self._peek()
        colon = _COLON.match(self.text, self.place)
        if colon is None:
            raise _UnreadableError
        self.place = colon.end()
        return self.value(depth + 1, "object")

    def _array(self, depth: int) -> list[Any]:
        out: list[Any] = []
        close = ")" if self.text[self.place] == "(" else _CLOSE_ARRAY
        self.place += 1
        try:
            while (char := self._peek()) not in close:
                if char in _CLOSE_OBJECT:
                    if self._goes_on(self.place + 1):
                        self.place += 1  # one bracket too many
                        continue
                    self.place -= depth > 0
                    break
                if self._passes(char):
                    continue
                objects = any(isinstance(one, dict | Several) for one in out)
                try:
                    item = self.value(depth + 1, "array")
                except _UnreadableError:
                    if not objects:
                        raise
                    self._skip()
                    continue
                if objects and isinstance(item, str) and char not in _QUOTES:
                    self.skipped += 1  # words between objects
                    continue
                # Of an entry that was cut, some fields may be whole; half an entry is no entry.
                if self.cut and (isinstance(item, Several) or not isinstance(item, list)):
                    if isinstance(item, Several):
                        out += item[:-1]
                    return out
                out.append(item)
                if self.cut:
                    return out
        except _CutError:
            self._end_here()
            return out
        self.place += 1
        return out

    def _goes_on(self, place: int) -> bool:
        """Whether entries follow although the object around seems to end here."""
        space = _SPACE.match(self.text, place)
        after = space.end() if space else place
        if self.text[after : after + 1] in tuple(_COMMAS):
            space = _SPACE.match(self.text, after + 1)
            after = space.end() if space else after + 1
        return self.text[after : after + 1] in tuple(_OPEN_OBJECT + _CLOSE_ARRAY)

    def _skip(self) -> None:
        """Leave out what cannot be read, up to the next comma or bracket."""
        self.skipped += 1
        junk = _JUNK.match(self.text, self.place)
        self.place = max(junk.end() if junk else 0, self.place + 1)

    def _key(self, char: str) -> str:
        if prefix := _PREFIX.match(self.text, self.place):
            self.place = prefix.end()
            char = self.text[self.place]
        if char in _QUOTES:
            return self._string("key")
        bare = _BARE_KEY.match(self.text, self.place)
        if bare is None:
            raise _UnreadableError
        self.place = bare.end()
        return bare[1]

    def _string(self, inside: str) -> str:
        """A quoted string; a quote inside it is its end only where something can follow."""
        long = _LONG_QUOTE.match(self.text, self.place)
        if long:
            opening = long.group()
            closes: tuple[str, ...] = _LONG_CLOSE.get(opening, (opening,))
            mixed = ""
        else:
            opening = self.text[self.place]
            signs, mixed = _QUOTES[opening]
            closes = tuple(signs)
        place = self.place + len(opening)
        out: list[str] = []
        seen: dict[str, int] = {}
        while place < len(self.text):
            char = self.text[place]
            if char == "\\" and place + 1 < len(self.text):
                place = self._escape(place + 1, out)
                continue
            close = next((one for one in closes if self.text.startswith(one, place)), "")
            if not close and char in mixed and not seen.get(char):
                close = char
            if close and self._ends_string(place + len(close), inside):
                self.place = place + len(close)
                return "".join(out) + self._joined(inside)
            for closer, openers in _OPENS_INSIDE.items():
                if char in openers and (char != closer or not seen.get(closer)):
                    seen[closer] = seen.get(closer, 0) + 1
                elif char == closer and seen.get(closer):
                    seen[closer] -= 1
            out.append(char)
            place += 1
        raise _CutError

    def _escape(self, place: int, out: list[str]) -> int:
        """Read what follows a backslash; the place behind it."""
        if code := _HEX.match(self.text, place):
            out.append(chr(int(code[1], 16)))
            if "\ud800" <= out[-2:][0] <= "\udbff" and "\udc00" <= out[-1] <= "\udfff":
                pair = "".join(out[-2:]).encode("utf-16", "surrogatepass")
                out[-2:] = [pair.decode("utf-16", "replace")]
            return code.end()
        following = self.text[place]
        out.append(_ESCAPES.get(following, following))
        return place + 1

    def _joined(self, inside: str) -> str:
        """The rest of a text that was written as "one" + "another"."""
        if inside and (plus := _PLUS.match(self.text, self.place)):
            self.place = plus.end()
            return self._string(inside)
        return ""

    def _ends_string(self, place: int, inside: str) -> bool:
        space = _SPACE.match(self.text, place)
        after = space.end() if space else place
        if after >= len(self.text):
            return True
        char = self.text[after]
        if inside == "key":
            return _COLON.match(self.text, after) is not None
        if char in _CLOSES or "\n" in self.text[place:after]:
            return True
        if char in _COMMAS:
            return inside != "object" or self._key_follows(after + 1)
        if _PLUS.match(self.text, place):
            return True
        if inside == "object":  # the comma is missing
            return after > place and self._key_follows(after)
        return char in _ANY_QUOTE

    def _key_follows(self, place: int) -> bool:
        space = _SPACE.match(self.text, place)
        return _NEXT_KEY.match(self.text, space.end() if space else place) is not None

    def _ends_bare(self, place: int) -> bool:
        """Whether a number or a text without quotes can end here."""
        spaces = _SPACES.match(self.text, place)
        space = _SPACE.match(self.text, place)
        after = space.end() if space else place
        if after >= len(self.text) or (spaces and spaces.end() != after):
            return True  # a comment follows
        if "\n" in self.text[place:after] or self.text[after] in _COMMAS + _CLOSES:
            return True
        return after > place and self.text[after] in _ANY_QUOTE + _OPEN_OBJECT

    def _bare(self, inside: str, depth: int) -> Any:
        """A word of JSON or Python, or a text without quotes; commas may stand in one."""
        start = self.place
        while (more := _BARE_TEXT.match(self.text, self.place)) is not None:
            self.place = more.end()
            comma = self.text[self.place : self.place + 1]
            if not comma or comma not in _COMMAS or inside != "object":
                break
            if self._key_follows(self.place + 1) or self._line_ends(self.place + 1):
                break
            self.place += 1
        written = self.text[start : self.place].strip().strip("*_")
        if written.lower() in _WORDS:
            return _WORDS[written.lower()]
        # A bracket in prose holds words too.
        if not re.search(r"\w", written) or not inside or (inside == "array" and depth < 2):
            self.place = start
            raise _UnreadableError
        if self.place >= len(self.text):
            raise _CutError
        return written

    def _line_ends(self, place: int) -> bool:
        spaces = _SPACES.match(self.text, place)
        end = spaces.end() if spaces else place
        return end >= len(self.text) or "\n" in self.text[place:end]

    def _end_here(self) -> None:
        self.cut = True
        self.place = len(self.text)
