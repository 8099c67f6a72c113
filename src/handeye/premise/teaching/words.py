"""Every claim that a clip can make true, and the phrases of the prompts that name one.

Written out of the tables of the kinds, so that a change of wording there fails a test here.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import permutations

from handeye.premise.asking.prompts import VARIANTS
from handeye.premise.items import PAPER_ORDER, Item
from handeye.premise.scenes.families import LEAD
from handeye.premise.scenes.plan import QUERIES
from handeye.premise.scenes.sound.events import WORDS
from handeye.premise.scenes.vision.details import NUMBERS, RATIOS_OF_COUNTS
from handeye.premise.scenes.vision.moving import WAYS
from handeye.premise.scenes.vision.shapes import CORNERS
from handeye.premise.scenes.vision.stills import HUES, PATTERNS
from handeye.premise.scoring.reading import REJECTIONS
from handeye.premise.scoring.signal import WORDS as TRUTHS

_COUNTS = sorted({n + more for n in RATIOS_OF_COUNTS.values() for more in (0, 1)})
_BODIES = ("circle", "square", "triangle")
_SOUNDS = ("drum", "flute", "whistle", "shaker")
CLAIMS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "vision": {
        "colour": tuple(f"the {body} is {hue}" for body in _BODIES for hue in HUES),
        "shape": tuple(f"the large shape is a {name}" for name in CORNERS),
        "size": tuple(f"the {side} square is the larger one" for side in ("left", "right")),
        "brightness": tuple(
            f"the circle is {word} than the area around it" for word in ("lighter", "darker")
        ),
        "count": tuple(f"there are exactly {NUMBERS[n]} circles" for n in _COUNTS),
        "position": tuple(
            f"the circle is further {side} than the square" for side in ("left", "right")
        ),
        "orientation": tuple(f"the bar leans to the {side}" for side in ("left", "right")),
        "pattern": tuple(f"the square has {pattern}" for pattern in PATTERNS),
        "direction": tuple(
            f"the circle moves {way if way in ('up', 'down') else f'to the {way}'}" for way in WAYS
        ),
        "speed": tuple(f"the {row} square is the faster one" for row in ("upper", "lower")),
        "flashes": tuple(f"the lamp flashes exactly {NUMBERS[n]} times" for n in _COUNTS),
        "order": tuple(
            f"the {one} appears before the {other}"
            for one, other in permutations(("circle", "square"))
        ),
    },
    "audio": {
        "beeps": tuple(f"{NUMBERS[n]} beeps are heard" for n in range(2, 7)),
        "rhythm": ("the taps keep an even beat", "one of the taps comes late"),
        "order": tuple(
            f"the {one} comes before the {other}" for one, other in permutations(_SOUNDS, 2)
        ),
        "side": tuple(f"the chirps come from the {side}" for side in ("left", "right")),
        "word": tuple(f'the voice says the word "{word}"' for word in WORDS),
        "pitch": tuple(f"the second tone is {way} than the first" for way in ("higher", "lower")),
        "loudness": tuple(
            f"the second knock is {way} than the first" for way in ("louder", "softer")
        ),
        "timbre": ("the long note is a pure tone", "the long note has overtones"),
        "noise": ("the noise turns from dull to sharp", "the noise turns from sharp to dull"),
        "glide": tuple(f"the sliding tone goes {way}" for way in ("up", "down")),
    },
}
"""By sense and kind."""


@cache
def numbers(sense: str) -> Mapping[str, int]:
    """The number of every claim of a sense, from 0."""
    every = (claim for claims in CLAIMS[sense].values() for claim in claims)
    return {claim: number for number, claim in enumerate(every)}


@cache
def answers(sense: str) -> Mapping[tuple[str, int], int]:
    """The number of every answer to a query of a sense, from 0."""
    every = ((name, n) for name, query in QUERIES[sense].items() for n in range(len(query.options)))  # type: ignore[index]
    return {answer: number for number, answer in enumerate(every)}


def phrases() -> tuple[str, ...]:
    """What the tokenizer has as one token each: claims, queries, options, the rest of prompts."""
    # A claim begins with a capital or not; of its first letter a token is made in either case.
    # Claims of two parts are two tokens, so that each part is met in other company.
    found = {f"he {body} is ": None for body in _BODIES} | dict.fromkeys(HUES)
    for kinds in CLAIMS.values():
        for kind, claims in kinds.items():
            if kind != "colour":
                found |= {claim[1:]: None for claim in claims}
    found |= {LEAD: None, " and ": None, **dict.fromkeys(REJECTIONS), **dict.fromkeys(TRUTHS)}
    for queries in QUERIES.values():
        for query in queries.values():
            found |= {f". {query.text}\n\n": None, **dict.fromkeys(query.options)}
    found |= {"A. ": None, **{f"\n{letter}. ": None for letter in "BCDEF"}}
    six, truth = (_written(name) for name in ("six", "true-false"))
    found |= {six[six.rindex("\n\n") :]: None, truth[truth.index("\n\n") - 1 :]: None}
    return tuple(phrase for phrase in found if len(phrase) > 1)


def _written(variant: str) -> str:
    item = Item(
        item_id="", scene_id="", clip_id="", modality="vision", premise="standard",
        question=LEAD, options=("a", "b", "c", "d"), gold=0, statement="It is.",
    )  # fmt: skip
    return VARIANTS[variant].write(item, PAPER_ORDER)
