"""What an answer says: value a, value b, that there is no such thing, or something else.

Strict is the form that was asked for: a value in its own words or in others that the set gives for
it, a number alone, a letter alone. Lenient readings are of longer answers and are counted apart.
What says several of the values, or denies one, is not read; what says none of them in a few words
is something else, a class of its own with its own rate.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Literal, NamedTuple, get_args

from handeye.answer_kinds import choice, number, text as texts
from handeye.answer_kinds.reading import words
from handeye.stress.items import NO_SUCH, Item
from handeye.stress.scoring.predictions import Form

Says = Literal["a", "b", "no_such", "other", "none"]
"""What an answer comes to; ``none``: it did not come, or cannot be read."""
SAYS: tuple[Says, ...] = get_args(Says)
NO_SUCH_WORDS = (
    *("none", "no such thing", "no such object", "no such shape", "not there"),
    *(
        "not in the picture",
        "not applicable",
        "n/a",
        "does not exist",
        "there is none",
        "nothing like that",
    ),
)
"""Words that say that there is no such thing, beside :data:`handeye.stress.items.NO_SUCH`."""
_YES_NO = ("yes", "no")
_BRACED = re.compile(r"\s*\{([^{}]*)\}\.?\s*")
# Words of an answer that may be something else than what is looked for.
_FEW = 4


class Read(NamedTuple):
    """An answer as it was read.

    Attributes:
        says: what it comes to.
        said: the value in the words of the set; of something else as it was written.
        strict: whether the answer has the form that was asked for.
    """

    says: Says
    said: str = ""
    strict: bool = True


NOTHING = Read("none")


# Each is looked for once from the left: no two parts can share what they match.
_SEEN = re.compile(r"[\s*_#]*seen[\s*_]*:", re.IGNORECASE)
_ANSWER = re.compile(r"^[ \t\r*_#]*answer[ \t*_]*:", re.IGNORECASE | re.MULTILINE)
_MARKS = "*_ \t\r\n"


class Parts(NamedTuple):
    """A text that states what is seen and then answers.

    Attributes:
        seen: what it states; empty where that cannot be told.
        answer: the rest; the whole text where it has no such parts.
        strict: whether each part stands behind its word on a line of its own, and nothing else is
            there.
    """

    seen: str
    answer: str
    strict: bool


def parted(text: str) -> Parts:
    """What a text states that it sees, and what it answers."""
    head = _SEEN.match(text)
    line = text.find("\n", head.end()) if head else -1
    found = _ANSWER.search(text, line + 1) if line >= 0 else None
    if head is None or found is None:
        return Parts("", text, False)
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    bare = len(lines) == 2 and lines[0].startswith("Seen:") and lines[1].startswith("Answer:")
    seen, answer = text[head.end() : found.start()], text[found.end() :]
    return Parts(seen.lstrip(_MARKS).rstrip(), answer.lstrip(_MARKS).rstrip(), bare)


def says_of(value: str, item: Item) -> Says:
    """What a value comes to."""
    if value == NO_SUCH:
        return "no_such"
    return ("a", "b")[item.values.index(value)] if value in item.values else "other"


def read(text: str, item: Item, form: Form, order: Sequence[int]) -> Read:
    """Read an answer, strictly if that can be done, else leniently.

    Args:
        text: of the answer.
        item: that was asked.
        form: how it was asked.
        order: places of the item's options by letter as shown.
    """
    if form == "letters":
        shown = [item.options[place] for place in order]
        chosen = choice.read(text, shown)
        if chosen is None:
            return NOTHING
        value = shown[chosen.value]
        return Read(says_of(value, item), value, chosen.strict)
    if "curly bracket" in item.question and (braced := _BRACED.fullmatch(text)):
        text = braced[1]  # some published questions ask for them
    return _number(text, item) if item.answer == "number" else _worded(text, item)


def _number(text: str, item: Item) -> Read:
    found = number.read(text)
    alone = found is not None and found.strict
    gone = None if alone else texts.which(text, [(NO_SUCH, *NO_SUCH_WORDS)])
    if found is None:
        return NOTHING if gone is None else Read("no_such", NO_SUCH, gone.strict)
    if gone is not None:  # both
        return NOTHING
    for value in item.values:
        known = number.read(value)
        if known is not None and known.value == found.value:
            return Read(says_of(value, item), value, found.strict)
    return Read("other", _plain(found.value), found.strict)


def _plain(value: Decimal) -> str:
    return f"{value:f}"


def _worded(text: str, item: Item) -> Read:
    # "There is none" is a plain no where that is asked.
    gone = () if item.values[1] in _YES_NO and NO_SUCH not in item.options else (NO_SUCH,)
    values = [one for one in dict.fromkeys([*item.values, *item.options, *gone]) if one]
    # Each in its own words; other words for it are as good.
    phrases = [
        (value, *item.aliases.get(value, ()), *(NO_SUCH_WORDS if value == NO_SUCH else ()))
        for value in values
    ]
    whole = texts.bare(text)
    for value, ways in zip(values, phrases, strict=True):
        if whole in map(texts.bare_phrase, ways):
            return Read(says_of(value, item), value)
    found = texts.which(text, phrases)
    short = texts.read(text)
    if found is None and short is not None and not short.strict:  # announced, or the last line
        found = texts.which(short.value, phrases)
    if found is not None:
        value = values[found.value]
        return Read(says_of(value, item), value, False)
    if short is None or _says_several(short.value, phrases):
        return NOTHING
    told = words(short.value)
    if len(told.split()) > _FEW:
        return NOTHING
    return Read("other", told, short.strict)


def _says_several(text: str, phrases: Sequence[Sequence[str]]) -> bool:
    """Whether some of the values stand in a text, though none of them is what it says."""
    told = f" {words(text)} "
    return any(f" {words(way)} " in told for ways in phrases for way in ways)
