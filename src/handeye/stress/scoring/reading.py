"""What an answer says: value a, value b, that there is no such thing, or something else.

Strict is the form that was asked for: a value in its own words or in others that the set gives for
it, a number alone, a letter alone. Lenient readings are of longer answers and are counted apart.
What says several of the values, or denies one, is not read; what says none of them in a few words
is something else, a class of its own with its own rate.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Literal, NamedTuple, get_args

from handeye.answer_kinds import choice, number, text as texts
from handeye.answer_kinds.claims import asserted, parts_of
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
        "not in the image",
        "not present",
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

# ---- what is said in ways that the kinds of answers do not know

_SURE = re.compile(r"\b(?:no|without(?: a| any)?|beyond(?: a| any)?) doubt\b", re.IGNORECASE)
_AWAY = re.compile(
    r"\b(?:anything but|all but|far from(?! the\b)|except(?: for)?|other than|doubt\w*)\b",
    re.IGNORECASE,
)
_AGREED = re.compile(
    r"\b(?:that['’]s|that is|you['’]re|you are|all|quite) right\b(?! (?:side|half|hand|of)\b)",
    re.IGNORECASE,
)
_NUMERAL = rf"(?:\d[\d.,]{{0,15}}|{'|'.join(number.WORDS)})"
# Bounds, powers, fractions, hundreds: no number that a picture is asked for.
_NO_NUMBER = re.compile(
    rf"\b(?:(?:fewer|less|more|greater|other) than|at (?:least|most)|up to) {_NUMERAL}\b"
    rf"|\b{_NUMERAL}[\s-]+(?:hundred|thousand|million|dozen)s?\b"
    r"|(?<!\d)\d{0,30}[²³¹⁰⁴-⁹₀-₉¼-¾⅐-⅞]+",
    re.IGNORECASE,
)
_ORDINALS = (
    *("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"),
    "tenth",
)
_ORDINAL = re.compile(
    rf"(?P<the>\b(?:the|is|it['’]s|:)\s+|^\W*)?\b(?:(?P<digits>\d{{1,2}})(?:st|nd|rd|th)"
    rf"|(?P<word>{'|'.join(_ORDINALS)}))\b(?:\s+one\b)?(?P<right>\s+from the right\b)?",
    re.IGNORECASE,
)
_NOTHING_THERE = re.compile(
    r"(?:(?P<there>there (?:is|are|was|were) (?:no|not (?:an?|any))"
    r"|there (?:is|are)n['’]t (?:an?|any)|i (?:can )?see no"
    r"|i (?:don['’]t|do not) see (?:an?|any)|no) "
    r"(?P<what>\w+(?: \w+){0,2}?)"
    r"(?: (?:here|there|in (?:the|this) (?:picture|image)))?"
    r"|(?:(?:it|this|that|(?P<which>\w+(?: \w+){0,2})) )?(?:is|are)(?: not|n['’]t) "
    r"(?:there|present|shown|in (?:the|this) (?:picture|image)))",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"<[|/]?\w+[|/]?>")
_UNTOLD = re.compile(
    r"\b(?:can(?:not|['’]t| not)|could(?:n['’]t| not)|unable|(?:don['’]t|do not) know|no idea|sorry"
    r"|not sure|unsure|unclear|hard to (?:tell|say|see))\b",
    re.IGNORECASE,
)


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
        if not chosen.strict and _denies(text, choice.LETTERS[chosen.value], value):
            return NOTHING
        return Read(says_of(value, item), value, chosen.strict)
    if "curly bracket" in item.question and (braced := _BRACED.fullmatch(text)):
        text = braced[1]  # some published questions ask for them
    return _number(text, item) if item.answer == "number" else _worded(text, item)


def _number(text: str, item: Item) -> Read:
    found = number.read(text.strip().removesuffix("."))
    alone = found is not None and found.strict
    if not alone:
        found = number.read(_ORDINAL.sub(_placed(item), _NO_NUMBER.sub(" ", text)))
    gone = None if alone else _gone(text, item)
    if found is None:
        return gone or NOTHING
    if gone is not None:  # both
        return NOTHING
    for value in item.values:
        known = number.read(value)
        if known is not None and known.value == found.value:
            return Read(says_of(value, item), value, alone)
    return Read("other", _plain(found.value), alone)


def _placed(item: Item) -> Callable[[re.Match[str]], str]:
    """What stands for an ordinal: a number where the place in a row is asked for, else nothing."""

    def told(found: re.Match[str]) -> str:
        if item.family != "odd" or found["the"] is None or found["right"]:
            return " "
        place = found["digits"] or _ORDINALS.index(found["word"].lower()) + 1
        return f"{found['the']}{place} "

    return told


def _gone(text: str, item: Item) -> Read | None:
    """Whether an answer says that there is no such thing; what it is called has to be asked for."""
    if found := texts.which(text, [(NO_SUCH, *NO_SUCH_WORDS)]):
        return Read("no_such", NO_SUCH, found.strict)
    whole = _NOTHING_THERE.fullmatch(texts.bare(text))
    if whole is None:
        return None
    # "No lines touch" is a plain no.
    if whole["there"] == "no" and _YES_NO[1] in item.values:
        return None
    asked = {word.removesuffix("s").removesuffix("e") for word in words(item.question).split()}
    named = (whole["what"] or whole["which"] or "").split()
    if any(word.removesuffix("s").removesuffix("e") not in asked for word in named):
        return None
    return Read("no_such", NO_SUCH, False)


def _denies(text: str, letter: str, option: str) -> bool:
    """Whether a text only says of an option that it is not the one."""
    ways = r"\s+".join(map(re.escape, option.split()))
    named = re.compile(rf"(?<![\w-])(?:{letter}|(?i:{ways}))(?![\w'-])")
    said = {
        asserted(part, found.start(), found.end())
        for part in parts_of(_simply(text))
        for found in named.finditer(part)
    }
    return False in said and True not in said


def _simply(text: str) -> str:
    """A text with a plain "not" for other ways to deny, and without what agrees or assures."""
    return _AGREED.sub("so", _AWAY.sub(" not ", _SURE.sub("surely", text)))


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
    told = _simply(text)
    found = texts.which(told, phrases)
    short = texts.read(told)
    if found is None and short is not None and not short.strict:  # announced, or the last line
        lines = {texts.bare(line) for line in text.splitlines()}
        if sum(not lines.isdisjoint(map(texts.bare_phrase, ways)) for ways in phrases) < 2:
            found = texts.which(short.value, phrases)
    if found is not None:
        value = values[found.value]
        return Read(says_of(value, item), value, False)
    if gone and (there := _gone(text, item)) is not None:
        return there
    if short is None or _says_several(text if short.strict else short.value, phrases):
        return NOTHING
    told = words(_TOKEN.sub(" ", short.value))
    if not told or len(told.split()) > _FEW or _UNTOLD.search(short.value):
        return NOTHING
    return Read("other", told, short.strict)


def _says_several(text: str, phrases: Sequence[Sequence[str]]) -> bool:
    """Whether some of the values stand in a text, though none of them is what it says."""
    told = f" {words(text)} "
    return any(f" {words(way)} " in told for ways in phrases for way in ways)
