"""The door to the terminal: whatever is printed passes here, and nothing in it is obeyed.

Names of models, sets and people, prompts, ids and complaints of servers are the text of others.
What a terminal would obey (control characters, escape sequences, marks that turn the direction of
writing) is left out of it; what a console cannot write is written another way. Tables and colours
go through :class:`handeye.terminal.console.Console`, which asks here.
"""

from __future__ import annotations

import codecs
import io
import os
import re
import sys
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from typing import TextIO

# C0 but tab and line feed, DEL and C1; marks, embeddings, overrides and isolates of direction. Of
# an escape sequence no more goes than its control characters: if all between the two ends of a
# title or a link went, a name could hide the words behind it.
_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_ESCAPED = re.compile(f"{_OBEYED.pattern}|[\u2028\u2029]")
_LINE_ENDS = re.compile("[\n\u2028\u2029]+")
PLAIN = str.maketrans(
    {
        **{"−": "-", "–": "-", "—": "-", "\N{NO-BREAK SPACE}": " ", "“": '"', "”": '"'},
        **{"‘": "'", "’": "'", "…": "...", "±": "+/-", "≥": ">=", "≤": "<=", "×": "x", "→": "->"},
    }
)
"""What stands for a sign on a terminal that lacks it."""
_ANYHOW = "handeye.shown_anyhow"


def plain(text: str) -> str:
    """``text`` without what a terminal would obey; line feeds and tabs stay."""
    if text.isascii() and text.isprintable():
        return text
    return _OBEYED.sub("", text)


def whole_characters(text: str) -> str:
    """``text`` as a file can hold it: half a surrogate pair becomes U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


# Letters and signs that show nothing.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def blank(text: str) -> bool:
    """Whether nobody can see a sign of ``text``: white space, marks of width zero or of control."""
    return all(c.isspace() or c in _BLANK or unicodedata.category(c) in ("Cc", "Cf") for c in text)


def one_line(text: str) -> str:
    """``text`` as :func:`plain` leaves it, in one line: nobody can write a line of their own."""
    return _LINE_ENDS.sub(" ", plain(text)).strip()


_SINGULAR = re.compile(
    r"\b(action|annotation|answer|cell|clip|completion|explanation|film|frame|group|image|item|option|pair"
    r"|picture|problem|prompt|question|region|request|run|scene|video)s\b|\b(famil)ies\b"
)


def is_one_line(text: str) -> bool:
    """Whether ``text`` is shown as it is, in one line: some of it to be seen, none to be obeyed."""
    return bool(text.strip()) and plain(text) == text and not _LINE_ENDS.search(text)


def noun(n: int, things: str) -> str:
    """What so many things are called: of one, the first plural that is known is made singular.

    Args:
        n: how many.
        things: their name in the plural, perhaps with words before and after it.
    """
    if n != 1:
        return things
    return _SINGULAR.sub(lambda one: one[1] or f"{one[2]}y", things, count=1)


def fitting(text: str, encoding: str | None) -> str:
    """``text`` as an encoding can write it: a hyphen for the minus, and so on, else ``?``."""
    if encoding is None:  # a stream of characters
        return text
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(PLAIN).encode(encoding, "replace").decode(encoding)
    except LookupError:
        return text.translate(PLAIN)
    return text


def say(text: str = "") -> None:
    """Print to stdout; ``text`` may have several lines."""
    _write(sys.stdout, plain(text) + "\n")


def say_json(text: str) -> None:
    """Print JSON to stdout; what a terminal would obey or end a line at is escaped: values stay."""
    _write(sys.stdout, _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n")


def tell(text: str) -> None:
    """Print one line to stderr: a note, a warning, an error."""
    teller()(text)


def teller() -> Callable[[str], None]:
    """A :func:`tell` to what stderr is now, for later, when somebody may have taken its place."""
    stream = sys.stderr
    return lambda text: _write(stream, one_line(text) + "\n")


def _write(stream: TextIO, text: str) -> None:
    print(fitting(text, getattr(stream, "encoding", None)), end="", file=stream, flush=True)


# ---- streams


def show_anyhow() -> None:
    """Let the streams show what they can, whoever writes: no character they lack is an error."""
    codecs.register_error(_ANYHOW, _shown_anyhow)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_ANYHOW)


def _shown_anyhow(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end].translate(PLAIN)
    return "".join(c if c.isascii() else "?" for c in lacking), error.end


def flush() -> None:
    """Send out what was said to stdout.

    Raises:
        OSError: it cannot be written; it is dropped.
    """
    try:
        if sys.stdout is not None:  # closed from the beginning
            sys.stdout.flush()
    except OSError:
        # What is left would be tried, and fail, once more at the end of the interpreter.
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise
