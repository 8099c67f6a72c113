"""What a forgiving reader takes from an answer that the strict grammar refuses.

For diagnosis only: scores never use it. It forgives the form (code fences, words around, a missing
end, other ways to name a cell) and never the content: where an answer can be read in two ways, or
part of it cannot be read, it takes nothing. Reasoning may come first: what counts is the last
complete answer, not everything that was mentioned. Knows nothing of grids or gold answers.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from handeye.rose.diagnosis.lenient_clicks import read_clicks
from handeye.rose.diagnosis.lenient_count import read_count
from handeye.rose.questions import TaskMode
from handeye.rose.scene import Cell
from handeye.rose.scoring.grammar import parse


@dataclass(frozen=True, slots=True)
class Reading:
    """What an answer says, strictly or forgivingly read.

    ``clicks`` stand in the order of the answer, with repeats and whatever the grid. ``number`` is
    the count of a COUNT answer, the submitted number of a CLICK_COUNT answer, None if none was
    given. ``strict`` tells that the strict grammar reads it.
    """

    clicks: tuple[Cell, ...]
    number: int | None
    strict: bool


def read(text: str | None, mode: TaskMode) -> Reading | None:
    """Read an answer, strictly if possible; None where nothing definite can be taken from it.

    Args:
        text: the raw answer; None when there is none.
        mode: COUNT, CLICK or CLICK_COUNT.

    Raises:
        ValueError: an unknown mode.
    """
    parsed = parse(text, mode)
    if parsed.format_valid:
        return Reading(parsed.clicks, parsed.count if mode == "COUNT" else parsed.submit, True)
    plain = _plain(text or "")
    if not plain:
        return None
    if mode == "COUNT":
        number = read_count(plain)
        return None if number is None else Reading((), number, False)
    found = read_clicks(plain)
    if found is None:
        return None
    return Reading(found.cells, found.number if mode == "CLICK_COUNT" else None, False)


# An answer is at the end of what was written; a longer text is read from there.
_LONGEST = 50_000
_THOUGHT = re.compile(r"<(think|thinking|reasoning)>.*?(?:</\1>|\Z)", re.IGNORECASE | re.DOTALL)
_FENCE = re.compile(r"(?:```|~~~)[\w-]*[ \t]*(?=\n|$)|```")
_MARKUP = re.compile(
    r"[*`#$]+|\\boxed|\\text\w*|</?[a-z_]+>|^[ \t]*>+", re.IGNORECASE | re.MULTILINE
)


def _plain(text: str) -> str:
    """The text without thoughts, fences and markup, compatibility forms (full width) made plain.

    Runs of white space become one space or line break, which also keeps the patterns linear.
    """
    text = unicodedata.normalize("NFKC", text[-_LONGEST:])
    text = _MARKUP.sub(" ", _FENCE.sub("\n", _THOUGHT.sub("\n", text)))
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)
