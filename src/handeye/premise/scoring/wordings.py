"""What a text says of a detail: a declared grammar for every kind of detail that sets are made of.

Nothing is guessed. A text is cut into parts (at stops, commas, ``and``, ``but``, ``because``). In a
part a word of the kind's own table is a claim, if it is about the kind's own thing; it is denied
behind ``not`` or before ``is wrong``. What is only reported (``the statement says``), hedged
(``perhaps``, ``or``) or asked is no claim, and the reader says so. Words that no table has are not
seen: a text in other words says nothing here, and is for a judge.

Tables are by the names of kinds and queries (``handeye.premise.scenes``), which this room does not
import; a test holds them together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from handeye.answer_kinds.number import WORDS as NUMBERS
from handeye.answer_kinds.reading import folded
from handeye.premise.items import Item

Ways = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """How details of a kind are told.

    Attributes:
        clause: the claim of the generator; group ``value`` is what it says of its thing, groups
            ``one`` and ``two`` are the things that it compares (of ``one`` it says ``more`` or,
            with a group ``less``, the opposite).
        about: the nouns that the claim is about.
        values: by value the ways to say it; of a comparison by thing the ways to name it.
        more: of a comparison, words that put what stands before them first.
        less: likewise behind.
        alone: of ``more`` and ``less``, those that may stand before their thing (``first the
            drum``).
        implied: the thing that is meant where none is named.
        counts: whether values are numbers, in words or digits.
        quoted: whether any word in quotation marks is a value.
    """

    clause: str
    about: tuple[str, ...]
    values: Ways
    more: tuple[str, ...] = ()
    less: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()
    implied: str = ""
    counts: bool = False
    quoted: bool = False


_SIDES: Ways = {"left": ("left", "leftward", "leftwards"), "right": ("right", "rightward",
                "rightwards")}  # fmt: skip
_WAYS: Ways = {"up": ("up", "upward", "upwards"), "down": ("down", "downward", "downwards"),
               **_SIDES}  # fmt: skip
_COUNTS: Ways = {word: (word, str(n)) for n, word in enumerate(NUMBERS) if n}
_TIMES: Ways = {**_COUNTS, "one": ("one", "1", "once"), "two": ("two", "2", "twice")}
_ORDER = {
    "more": ("before", "first", "earlier", "then", "followed by", "precedes", "preceded"),
    "less": ("after", "later", "last", "second", "follows"),
    "alone": ("first", "last"),
}
_BODIES: Ways = {name: (name,) for name in ("circle", "square", "triangle")}
_HUES = ("red", "orange", "yellow", "green", "cyan", "blue", "purple", "magenta")

WORDINGS: Mapping[tuple[str, str], Wording] = {
    ("vision", "colour"): Wording(
        clause=r"the (?P<thing>\w+) is (?P<value>\w+)",
        about=("shape", "thing", "object", "figure"),
        values={hue: (hue,) for hue in _HUES},
    ),
    ("vision", "shape"): Wording(
        clause=r"the large shape is an? (?P<value>\w+)",
        about=("shape", "large shape", "big shape", "figure"),
        values={
            "triangle": ("triangle", "triangular"),
            "square": ("square",),
            "pentagon": ("pentagon", "pentagonal"),
            "hexagon": ("hexagon", "hexagonal"),
        },
    ),
    ("vision", "size"): Wording(
        clause=r"the (?P<one>\w+) square is the larger one",
        about=("squares",),
        values={"left": ("left", "left square"), "right": ("right", "right square")},
        more=("larger", "bigger", "greater", "largest", "biggest"),
        less=("smaller", "smallest"),
        alone=("larger", "bigger", "largest", "biggest", "smaller", "smallest"),
    ),
    ("vision", "brightness"): Wording(
        clause=r"the (?P<one>circle) is (?:lighter|(?P<less>darker)) than the area around it",
        about=(),
        values={
            "circle": ("circle",),
            "area": ("area", "area around it", "background", "surroundings"),
        },
        more=("lighter", "brighter"),
        less=("darker", "dimmer"),
        implied="circle",
    ),
    ("vision", "count"): Wording(
        clause=r"there are exactly (?P<value>\w+) circles",
        about=("circle", "circles"),
        values=_COUNTS,
        counts=True,
    ),
    ("vision", "position"): Wording(
        clause=r"the (?P<one>\w+) is further (?:left|(?P<less>right)) than the (?P<two>\w+)",
        about=(),
        values=_BODIES,
        more=_SIDES["left"],
        less=_SIDES["right"],
    ),
    ("vision", "orientation"): Wording(
        clause=r"the bar leans to the (?P<value>\w+)", about=("bar",), values=_SIDES
    ),
    ("vision", "pattern"): Wording(
        clause=r"the square has (?P<value>.+)",
        about=("square", "stripes", "lines", "pattern"),
        values={
            "vertical stripes": ("vertical", "vertically"),
            "horizontal stripes": ("horizontal", "horizontally"),
            "dots": ("dots", "dotted"),
            "checks": ("checks", "checked", "checkered", "chequered"),
        },
    ),
    ("vision", "direction"): Wording(
        clause=r"the circle moves (?:to the )?(?P<value>\w+)", about=("circle",), values=_WAYS
    ),
    ("vision", "speed"): Wording(
        clause=r"the (?P<one>\w+) square is the faster one",
        about=("squares",),
        values={
            "upper": ("upper", "upper square", "top square"),
            "lower": ("lower", "lower square", "bottom square"),
        },
        more=("faster", "fastest", "quicker", "quickest"),
        less=("slower", "slowest"),
        alone=("faster", "fastest", "quicker", "quickest", "slower", "slowest"),
    ),
    ("vision", "flashes"): Wording(
        clause=r"the lamp flashes exactly (?P<value>\w+) times",
        about=("lamp", "times", "flash", "flashes"),
        values=_TIMES,
        counts=True,
    ),
    ("vision", "order"): Wording(
        clause=r"the (?P<one>\w+) appears before the (?P<two>\w+)",
        about=(),
        values=_BODIES,
        **_ORDER,
    ),
    ("audio", "beeps"): Wording(
        clause=r"(?P<value>\w+) beeps are heard",
        about=("beep", "beeps"),
        values=_COUNTS,
        counts=True,
    ),
    ("audio", "rhythm"): Wording(
        clause=r"(?:the taps keep an |one of the taps comes )(?P<value>even|late)(?: beat)?",
        about=("tap", "taps", "beat", "rhythm"),
        values={
            "even": ("even", "evenly", "regular", "steady", "on time"),
            "late": ("late", "delayed", "uneven", "irregular"),
        },
    ),
    ("audio", "order"): Wording(
        clause=r"the (?P<one>\w+) comes before the (?P<two>\w+)",
        about=(),
        values={name: (name,) for name in ("whistle", "drum", "flute", "shaker")},
        **_ORDER,
    ),
    ("audio", "side"): Wording(
        clause=r"the chirps come from the (?P<value>\w+)", about=("chirp", "chirps"), values=_SIDES
    ),
    ("audio", "word"): Wording(
        clause=r'the voice says the word "(?P<value>\w+)"',
        about=("voice", "word"),
        values={},
        quoted=True,
    ),
    ("audio", "pitch"): Wording(
        clause=r"the (?P<one>second) tone is (?:higher|(?P<less>lower)) than the first",
        about=("tone", "tones"),
        values={"first": ("first", "first tone"), "second": ("second", "second tone")},
        more=("higher",),
        less=("lower",),
        implied="second",
    ),
    ("audio", "loudness"): Wording(
        clause=r"the (?P<one>second) knock is (?:louder|(?P<less>softer)) than the first",
        about=("knock", "knocks"),
        values={"first": ("first", "first knock"), "second": ("second", "second knock")},
        more=("louder",),
        less=("softer", "quieter"),
        implied="second",
    ),
    ("audio", "timbre"): Wording(
        clause=r"the long note (?:has |is a )(?P<value>overtones|pure)(?: tone)?",
        about=("note", "tone"),
        values={"overtones": ("overtones", "harmonics"), "pure": ("pure",)},
    ),
    ("audio", "noise"): Wording(
        clause=r"the noise turns from (?P<one>\w+) to (?P<two>\w+)",
        about=("noise",),
        values={"sharp": ("sharp",), "dull": ("dull",)},
        more=("to", "then", "into", "before"),
        less=("after",),
    ),
    ("audio", "glide"): Wording(
        clause=r"the sliding tone goes (?P<value>\w+)",
        about=("tone", "sliding tone"),
        values={
            "up": (*_WAYS["up"], "rises", "rising", "ascends", "ascending"),
            "down": (*_WAYS["down"], "falls", "falling", "descends", "descending"),
        },
    ),
}
"""By sense and kind."""

SYNONYMS: Mapping[str, Ways] = {
    "vision badge shape": {
        "a star": ("star", "star-shaped"),
        "a cross": ("cross", "plus", "plus sign"),
        "a heart": ("heart", "heart-shaped"),
        "a crescent": ("crescent", "crescent moon", "moon"),
    },
    "vision badge place": {
        "at the far left": ("far left", "leftmost", "left edge"),
        "left of the middle": ("left of the centre", "left of the center", "left of middle"),
        "right of the middle": ("right of the centre", "right of the center", "right of middle"),
        "at the far right": ("far right", "rightmost", "right edge"),
    },
    "vision badge fill": {
        "completely": ("solid", "fully", "entirely", "completely filled"),
        "not at all, only its outline": ("outline", "hollow", "unfilled", "empty"),
        "with stripes": ("stripes", "striped"),
        "only in its lower half": ("lower half", "bottom half", "half-filled"),
    },
    "audio closing sound": {
        "a bell": ("bell", "chime"),
        "a horn": ("horn",),
        "a whoosh": ("whoosh", "swoosh"),
        "a buzz": ("buzz", "buzzing", "buzzer"),
    },
    "audio closing clicks": {
        word: (str(n),) for n, word in enumerate(NUMBERS) if 2 <= n <= 5
    },
}  # fmt: skip
"""Other ways to give an answer, by query (``sense query`` of ``meta``) and option; a query that is
not there has none."""


class Claims(NamedTuple):
    """What a text says of a detail.

    Attributes:
        said: values that it says are so; of a comparison, the thing that comes first, is more.
        denied: values that it says are not so.
        loose: whether the detail is spoken of in a form that is no claim.
    """

    said: frozenset[str] = frozenset()
    denied: frozenset[str] = frozenset()
    loose: bool = False


class Stated(NamedTuple):
    """A detail that a question states, and its sibling, one of which the clip has.

    Attributes:
        kind: of :data:`WORDINGS`.
        clause: what the question says.
        sibling: what would be so in its place.
        holds: whether the clause is true of the clip.
    """

    kind: tuple[str, str]
    clause: str
    sibling: str
    holds: bool


def stated_of(item: Item) -> tuple[Stated, ...]:
    """The details that a question of a generated set states, by sense; none of other sets."""
    shown, prompt, here = (item.meta.get(name) for name in ("shown", "prompt", "here"))
    if not (isinstance(shown, dict) and isinstance(prompt, str) and prompt and here):
        return ()
    senses = ("vision", "audio") if item.modality == "both" else (item.modality,)
    out = []
    for sense in senses:
        one = shown.get(sense)
        if not isinstance(one, dict) or (sense, one.get("kind")) not in WORDINGS:
            return ()
        which = 0 if item.modality == "both" else int(prompt[1:] or 0)
        clauses = one["clauses"]
        holds = here[sense == "audio"] == which
        out.append(Stated((sense, one["kind"]), clauses[which], clauses[1 - which], holds))
    return tuple(out)


def value_of(kind: tuple[str, str], clause: str) -> str:
    """What a clause of the generator says, as :class:`Claims` has it.

    Raises:
        ValueError: it is none of its kind.
    """
    wording = WORDINGS[kind]
    found = re.fullmatch(wording.clause, clause)
    if found is None:
        raise ValueError(f"{clause!r} is no claim about {' '.join(kind)}")
    told = found.groupdict()
    if "value" in told:
        return str(told["value"])
    return _other(wording, clause, told["one"]) if told.get("less") else str(told["one"])


def _other(wording: Wording, clause: str, thing: str) -> str:
    return next(one for one in _things(wording, clause) if one != thing)


def _things(wording: Wording, clause: str) -> list[str]:
    """The two things that a clause compares."""
    found = re.fullmatch(wording.clause, clause)
    told = found.groupdict() if found else {}
    named = [str(told[name]) for name in ("one", "two") if told.get(name)]
    return named if len(named) == 2 else list(wording.values)


# ---- texts into parts

_PARTS = re.compile(
    r"(?<=[?!])\s*|[.](?=\s|$)\s*|[;:\n,–—()]\s*|\s-+\s|"
    r"\b(?:and|but|because|since|whereas|while|although|though|however|so|as)\b",
    re.IGNORECASE,
)
_NO = re.compile(
    r"\b(?:not|never|no|nor|neither|without|cannot|rather than|instead of|unlike)\b|n't\b"
    r"|\b(?:false|wrong|untrue|incorrect|mistaken)\s+(?:that|to say|to claim)\b",
    re.IGNORECASE,
)
IS_WRONG = re.compile(
    r"\b(?:is|are|was|were)\s+(?:wrong|false|incorrect|untrue|mistaken|not\s+(?:true|so|right|"
    r"correct))\b|\b(?:isn't|aren't|wasn't)\s+(?:true|so|right|correct)\b",
    re.IGNORECASE,
)
"""What says of the words before it that they are not so."""
_REPORTED = re.compile(
    r"\b(?:statement|question|premise|claims?|claimed|prompt|description|described|according to|"
    r"supposed(?:ly)?|alleged(?:ly)?)\b",
    re.IGNORECASE,
)
_SAYS = re.compile(r"\b(?:it says|is said|was said)\b", re.IGNORECASE)
_HEDGED = re.compile(
    r"\b(?:maybe|perhaps|might|may|could|possibly|probably|likely|unsure|not sure|unclear|either|"
    r"or|if|whether|would|should|cannot tell|can't tell|hard to (?:tell|say))\b|\?",
    re.IGNORECASE,
)
# What else a clip of a set shows and lets hear: a word about one of these is about no other.
_NOUNS = (
    *("circle", "circles", "square", "squares", "triangle", "bar", "lamp", "badge", "star"),
    *("cross", "heart", "crescent", "background", "area", "strip", "large shape"),
    *("beep", "beeps", "tap", "taps", "whistle", "drum", "flute", "shaker", "chirp", "chirps"),
    *("voice", "word", "tone", "tones", "knock", "knocks", "note", "noise", "sliding tone"),
    *("bell", "horn", "whoosh", "buzz", "click", "clicks"),
)
_SPOKEN = re.compile(
    r"[\"“”'‘*]([A-Za-z]+)[\"“”'’*]|\b(?:says?|said|word(?:\s+(?:is|was))?)\s+"
    r"(?!(?:the|is|was|that|in|not|said)\b)([a-z]+)(?=\s*$|\s+(?:not|rather|instead)\b)",
    re.IGNORECASE,
)
_MEASURE = re.compile(r"\s*(?:s|ms|sec\w*|%|percent|of the)\b|%", re.IGNORECASE)
_WORD = re.compile(r"[\w'’-]+")


def parts_of(text: str) -> list[str]:
    """A text in parts, each of which says one thing at most."""
    told = folded(text).replace("’", "'")
    return [part.strip() for part in _PARTS.split(told) if part and part.strip()]


def claims(text: str, kind: tuple[str, str], clause: str) -> Claims:
    """What a text says of the detail that a clause is about.

    Args:
        text: any.
        kind: sense and kind, of :data:`WORDINGS`.
        clause: the claim about it, of the generator, whose things are meant.
    """
    wording = WORDINGS[kind]
    said: set[str] = set()
    denied: set[str] = set()
    loose = False
    for part in parts_of(text):
        found = dict.fromkeys(_told(part, wording, clause))
        loose = loose or (None, True) in found
        known = [(value, yes) for value, yes in found if value is not None]
        if wording.more and len({value for value, _ in known}) > 1:
            loose = True  # a part that compares in two ways
            continue
        for value, yes in known:
            (said if yes else denied).add(value)
    return Claims(frozenset(said), frozenset(denied), loose)


def _told(part: str, wording: Wording, clause: str) -> Iterator[tuple[str | None, bool]]:
    """What a part says is so, or is not; (None, True) for what is no claim."""
    for value, start, end in _mentions(part, wording, clause):
        if value is None or _HEDGED.search(part):
            yield None, True
        elif IS_WRONG.search(part, end) or _denied(part, start):
            yield value, False
        elif _REPORTED.search(part, 0, start) or (
            not wording.quoted and _SAYS.search(part, 0, start)
        ):
            yield None, True
        else:
            yield value, True


def _denied(part: str, start: int) -> bool:
    """Whether a word is denied: behind ``not``, at most eight words away."""
    return any(
        len(_WORD.findall(part, found.end(), start)) <= 8 for found in _NO.finditer(part, 0, start)
    )


class _Mention(NamedTuple):
    value: str | None
    start: int
    end: int


def _mentions(part: str, wording: Wording, clause: str) -> Iterator[_Mention]:
    """The words of a kind's table in a part, with what they say."""
    if wording.more:
        yield from _compared(part, wording, clause)
        return
    found = re.fullmatch(wording.clause, clause)
    told = found.groupdict() if found else {}
    if wording.quoted:
        yield from _spoken(part, str(told.get("value")))
        return
    nouns = [*wording.about, *filter(None, [told.get("thing")])]
    said = {way for ways in wording.values.values() for way in ways}
    others = _pattern([noun for noun in _NOUNS if noun not in nouns and noun not in said])
    own = _pattern(nouns)
    for value, ways in wording.values.items():
        for found in _pattern(ways).finditer(part):
            start, end = found.span()
            if wording.counts and found[0].casefold() == "one" and not own.match(part, end + 1):
                continue  # "the wrong one", "one of the"
            if wording.counts and _MEASURE.match(part, end):
                continue
            if _about(part, start, end, own, others):
                yield _Mention(value, start, end)


def _spoken(part: str, word: str) -> Iterator[_Mention]:
    """Words that a text says were spoken: in quotation marks, behind ``says``, and ``word``."""
    seen = set()
    for found in _SPOKEN.finditer(part):
        which = 1 if found[1] else 2
        seen.add(found.start(which))
        yield _Mention(found[which].lower(), *found.span(which))
    for found in _pattern([word]).finditer(part):
        if found.start() not in seen:
            yield _Mention(word, *found.span())


@cache
def _compiled(words: tuple[str, ...]) -> re.Pattern[str]:
    alternatives = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
    return re.compile(rf"(?<![\w-])(?:{alternatives})(?![\w-])", re.IGNORECASE)


def _pattern(words: Sequence[str]) -> re.Pattern[str]:
    return _compiled(tuple(words) or ("\0",))


def _last(pattern: re.Pattern[str], text: str, end: int) -> int:
    """Where the last match before a place ends; -1: there is none."""
    return max((found.end() for found in pattern.finditer(text, 0, end)), default=-1)


def _about(
    part: str, start: int, end: int, nouns: re.Pattern[str], others: re.Pattern[str]
) -> bool:
    """Whether a word is about one's own thing: the noun behind it, else the last one before it."""
    behind = part[end:].lstrip()
    if nouns.match(behind):
        return True
    if others.match(behind):
        return False
    return _last(nouns, part, start) >= _last(others, part, start)


def _compared(part: str, wording: Wording, clause: str) -> Iterator[_Mention]:
    """Of two things, the one that comes first or is more."""
    things = _things(wording, clause)
    ways = {thing: _pattern(wording.values[thing]) for thing in things}
    named = _pattern([way for thing in things for way in wording.values[thing]])
    others = _pattern([
        noun for noun in _NOUNS if noun not in wording.about and not named.fullmatch(noun)
    ])  # fmt: skip
    words = [(one, True) for one in wording.more] + [(one, False) for one in wording.less]
    for word, first in words:
        for found in _pattern([word]).finditer(part):
            before = [
                (match.end(), thing)
                for thing, pattern in ways.items()
                for match in pattern.finditer(part, 0, found.start())
            ]
            end, subject = max(before, default=(-1, ""))
            if _last(others, part, found.start()) > end:
                continue  # about something else
            if not subject and (word in wording.alone):
                behind = [
                    (match.start(), thing)
                    for thing, pattern in ways.items()
                    for match in pattern.finditer(part, found.end())
                ]
                subject = min(behind, default=(0, ""))[1]
            subject = subject or wording.implied
            if not subject:
                yield _Mention(None, *found.span())
                continue
            value = subject if first else next(one for one in things if one != subject)
            yield _Mention(value, *found.span())
