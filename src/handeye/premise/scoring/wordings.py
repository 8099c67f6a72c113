"""How details, and answers, are told: a table of words for every kind of generated sets.

The kinds and queries are those of :mod:`handeye.premise.scenes`, by name, which this room does not
import; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from handeye.answer_kinds.number import WORDS as NUMBERS

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
        verbs: what the thing does: to say what it *is* says no value (``is on the left`` tells
            nothing of where it moves).
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
    verbs: tuple[str, ...] = ()
    counts: bool = False
    quoted: bool = False


_SIDES: Ways = {"left": ("left", "leftward", "leftwards"), "right": ("right", "rightward",
                "rightwards")}  # fmt: skip
_WAYS: Ways = {"up": ("up", "upward", "upwards"), "down": ("down", "downward", "downwards"),
               **_SIDES}  # fmt: skip
_COUNTS: Ways = {word: (word, str(n)) for n, word in enumerate(NUMBERS) if n}
_TIMES: Ways = {**_COUNTS, "one": ("one", "1", "once"), "two": ("two", "2", "twice")}
_FIRST = ("before", "first", "earlier", "then", "followed by", "precedes", "preceded")
_LATER = ("after", "later", "last", "second", "follows")
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
        clause=r"the bar leans to the (?P<value>\w+)",
        about=("bar",),
        values=_SIDES,
        verbs=(
            "lean",
            "leans",
            "leaning",
            "tilt",
            "tilts",
            "tilted",
            "slants",
            "slanted",
            "inclined",
        ),
    ),
    ("vision", "pattern"): Wording(
        clause=r"the square has (?P<value>.+)",
        about=("square", "stripes", "lines", "pattern"),
        values={
            "vertical stripes": ("vertical", "vertically"),
            "horizontal stripes": ("horizontal", "horizontally"),
            "dots": ("dots", "dotted"),
            "checks": ("checks", "checkered", "chequered"),
        },
    ),
    ("vision", "direction"): Wording(
        clause=r"the circle moves (?:to the )?(?P<value>\w+)",
        about=("circle",),
        values=_WAYS,
        verbs=(
            "move",
            "moves",
            "moving",
            "moved",
            "goes",
            "going",
            "travels",
            "travelling",
            "traveling",
            "slides",
            "sliding",
            "drifts",
            "heads",
            "heading",
            "direction",
        ),
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
        more=_FIRST,
        less=_LATER,
        alone=("first", "last"),
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
        more=_FIRST,
        less=_LATER,
        alone=("first", "last"),
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
