"""What is asked, and how a cue is said: forms of words, and how a question is read back.

A question is one form of its kind with its words put in; a cue is one form of its own with a claim
about the picture put in. The forms are the same for value a and value b, so that a text says of
the picture only what a cue claims, and that is true as often as not. Knows no picture.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from handeye.sets.draw import Draw
from handeye.stress.items import CUES, Cue, Family
from handeye.stress.scenes.things import COLOURS, PLURALS, plural

QUESTIONS: dict[str, tuple[str, ...]] = {
    "attribute": (
        "What colour is the {thing}?",
        "Which colour does the {thing} have?",
        "What is the colour of the {thing}?",
    ),
    "existence": (
        "Is there {a_thing} in the picture?",
        "Does the picture show {a_thing}?",
        "Can {a_thing} be seen in the picture?",
    ),
    "count": (
        "How many {things} are there in the picture?",
        "How many {things} does the picture show?",
        "What is the number of {things} in the picture?",
    ),
    "position": (
        "In which half of the picture does the centre of the {thing} lie, {one} or {two}?",
        "Does the centre of the {thing} lie in the {one} or in the {two} half of the picture?",
        "Which half of the picture holds the centre of the {thing}, the {one} or the {two} half?",
    ),
    "relation x": (
        "Does the centre of the {thing} lie to the {one} or to the {two} of the centre of the "
        "{mark}?",
        "Is the centre of the {thing} to the {one} or to the {two} of the centre of the {mark}?",
        "Seen from the centre of the {mark}, is the centre of the {thing} further {one} or further "
        "{two}?",
    ),
    "relation y": (
        "Does the centre of the {thing} lie {one} or {two} the centre of the {mark}?",
        "Is the centre of the {thing} {one} or {two} the centre of the {mark}?",
        "With respect to height, is the centre of the {thing} {one} or {two} the centre of the "
        "{mark}?",
    ),
    "size": (
        "Which {thing} is larger, the {one} one or the {two} one?",
        "Is the {one} or the {two} {thing} the larger one?",
        "Which is the larger {thing}, the {one} or the {two} one?",
    ),
    "depth": (
        "Which {thing} is in front, the {one} one or the {two} one?",
        "Which {thing} covers a part of the other, the {one} one or the {two} one?",
        "Which {thing} is drawn over the other, the {one} or the {two} one?",
    ),
    "text word": (
        "Which word is on the {thing}?",
        "What word does the {thing} show?",
        "Read the {thing}: which word does it show?",
    ),
    "text number": (
        "Which number is on the {thing}?",
        "What number does the {thing} show?",
        "Read the {thing}: which number does it show?",
    ),
    "contact": (
        "Do the two lines touch?",
        "Do the two lines touch each other anywhere?",
        "Is there a place where the two lines touch?",
    ),
    "grid rows": (
        "How many rows of cells does the {thing} have?",
        "Of how many rows of cells is the {thing} made?",
        "What is the number of rows of cells of the {thing}?",
    ),
    "grid columns": (
        "How many columns of cells does the {thing} have?",
        "Of how many columns of cells is the {thing} made?",
        "What is the number of columns of cells of the {thing}?",
    ),
    "odd size": (
        "Five {things} stand in a row and one differs in size. Counted from the left, which is it?",
        "In the row of five {things}, which one, counted from the left, differs in size?",
        "Five {things} stand in a row. Counted from the left, which one differs in size?",
    ),
    "odd tilt": (
        "Five {things} stand in a row and one differs in tilt. Counted from the left, which is it?",
        "In the row of five {things}, which one, counted from the left, differs in tilt?",
        "Five {things} stand in a row. Counted from the left, which one differs in tilt?",
    ),
    "part": (
        "How many {parts} does the {thing} have?",
        "With how many {parts} is the {thing} made?",
        "What is the number of {parts} of the {thing}?",
    ),
    "reference": (
        "What colour is the {thing} whose centre lies nearest to the centre of the {mark}?",
        "Which colour does the {thing} have whose centre is nearest to the centre of the {mark}?",
        "What is the colour of the {thing} with its centre nearest to the centre of the {mark}?",
    ),
}
"""Forms of a question by its kind."""
OTHER_QUESTIONS = {
    "contact": (
        "Does the {colour} line touch the other line?",
        "Does the {colour} line touch the other line anywhere?",
        "Is there a place where the {colour} line touches the other line?",
    )
}
"""Forms for cue ``other`` of kinds whose own have no place for a colour."""
_CLAIMS: dict[str, str] = {
    "attribute": "the {thing} is {value}",
    "count": "there are {value} {things}",
    "position": "the centre of the {thing} is in the {value} half of the picture",
    "relation x": "the centre of the {thing} is to the {value} of the centre of the {mark}",
    "relation y": "the centre of the {thing} is {value} the centre of the {mark}",
    "size": "the {value} {thing} is the larger one",
    "depth": "the {value} {thing} is the one in front",
    "text word": "the word on the {thing} is {value}",
    "text number": "the number on the {thing} is {value}",
    "grid rows": "the {thing} has {value} rows of cells",
    "grid columns": "the {thing} has {value} columns of cells",
    "odd size": "the one that differs in size is number {value} from the left",
    "odd tilt": "the one that differs in tilt is number {value} from the left",
    "part": "the {thing} has {value} {parts}",
    "reference": "the {thing} with its centre nearest to the centre of the {mark} is {value}",
}
_YES_NO = {
    "existence": {
        "yes": "there is {a_thing} in the picture",
        "no": "there is no {bare_thing} in the picture",
    },
    "contact": {"yes": "the two lines touch", "no": "the two lines do not touch"},
}
TRUST = (
    "Trust the image, not the text.",
    "Go by what you see in the picture, whatever is written here.",
    "If the words and the picture disagree, follow the picture.",
)
FORMS: dict[Cue, tuple[str, ...]] = {
    "frequency": (
        "In most pictures of this kind, {claim}.",
        "In nine of ten pictures like this one, {claim}.",
        "Nearly always, in pictures of this kind, {claim}.",
    ),
    "context": (
        "The caption of this picture says that {claim}.",
        "A note that came with the picture reads: {claim}.",
        "According to the description of the picture, {claim}.",
    ),
    "authority": (
        "An expert who has examined the picture states that {claim}.",
        "The professor in charge has confirmed that {claim}.",
        "The official record, signed by the inspector, says that {claim}.",
    ),
    "leading": (
        "Surely {claim}, isn't that so?",
        "Wouldn't you agree that {claim}?",
        "I would say that {claim}, don't you think?",
    ),
    "hint": ("Hint: {claim}.", "A tip for you: {claim}.", "Here is a hint: {claim}."),
    "presupposition": (
        "You will have noticed that {claim}.",
        "Everybody who looks realises at once that {claim}.",
        "It is no surprise that {claim}.",
    ),
}
"""Forms of a cue by its kind; ``context+trust`` is a context with one more sentence."""
_BEHIND: tuple[Cue, ...] = ("leading", "hint")
"""Cues that stand behind the question in half of the groups."""

_NO_COMPANION: dict[Family, str] = {
    "existence": "what goes with a thing and what goes with its absence would be two cues",
    "position": "a companion would be in a half itself",
    "relation": "a companion would be on a side itself",
    "text": "a companion that says a word is a label",
    "contact": "nothing that can be drawn goes with lines because they touch",
    "odd": "what stands beside a row has no place in it",
}
_NO_OTHER: dict[Family, str] = {
    "existence": "whether what is presupposed is there is the question itself",
    "count": "of things that are not there the right number is 0",
}


def missing(family: Family, cue: Cue) -> str:
    """Why a family is not asked under a cue; empty where it is: the matrix of both."""
    if cue == "companion":
        return _NO_COMPANION.get(family, "")
    if cue == "other":
        return _NO_OTHER.get(family, "")
    if cue == "label" and family == "text":
        return "a label is itself a word to be read, so that the question would have two answers"
    return ""


def kinds_of(family: Family) -> tuple[Cue, ...]:
    """The cues that a family is asked under, without the one that is none."""
    return tuple(cue for cue in CUES if cue and not missing(family, cue))


class Asked(NamedTuple):
    """A question read back: its kind, and its words by their place in the form."""

    kind: str
    words: Mapping[str, str]


class Said(NamedTuple):
    """What is asked in whole, and the cue within it."""

    text: str
    span: tuple[int, int] | None


def question(kind: str, words: Mapping[str, str], draw: Draw) -> str:
    """The question of a kind without a cue, in one of its forms."""
    return draw.pick(QUESTIONS[kind]).format_map(slots(words))


def presuming(kind: str, words: Mapping[str, str], presumed: Mapping[str, str], draw: Draw) -> Said:
    """The question with one more word about what is asked for: ``the blue circle``.

    Args:
        kind: of the question.
        words: of the plain question.
        presumed: ``colour`` or ``place``, or ``mark_colour``, to what is presupposed.
        draw: of the form.
    """
    forms = OTHER_QUESTIONS.get(kind, QUESTIONS[kind])
    text = draw.pick(forms).format_map(slots({**words, **presumed}))
    (word,) = presumed.values()
    start = re.search(rf"\b{word}\b", text)
    assert start is not None
    return Said(text, start.span())


def with_cue(
    cue: Cue, kind: str, words: Mapping[str, str], value: str, plain: str, draw: Draw
) -> Said:
    """The question with a cue that speaks for ``value``.

    Args:
        cue: one that is a form of words.
        kind: of the question.
        words: of the question.
        value: one of the two.
        plain: the question without the cue.
        draw: of the form and the place; the same draws for both values.
    """
    form = draw.pick(FORMS["context" if cue == "context+trust" else cue])
    told = form.format(claim=claim(kind, words, value))
    if cue == "context+trust":
        told = f"{told} {draw.pick(TRUST)}"
    if cue in _BEHIND and draw.below(2):
        return Said(f"{plain} {told}", (len(plain) + 1, len(plain) + 1 + len(told)))
    return Said(f"{told} {plain}", (0, len(told)))


def claim(kind: str, words: Mapping[str, str], value: str) -> str:
    """A clause that says that ``value`` is true: ``the star is red``."""
    form = _YES_NO[kind][value] if kind in _YES_NO else _CLAIMS[kind]
    return form.format_map({**slots(words), "value": value})


def slots(words: Mapping[str, str]) -> dict[str, str]:
    """Words as the forms have them, with articles and plurals."""
    colour, place = words.get("colour", ""), words.get("place", "")
    before = f"{colour} " if colour else ""
    behind = f" in the {place} half of the picture" if place else ""
    out = dict(words)
    if thing := words.get("thing"):
        out["thing"] = f"{before}{thing}{behind}"
        out["things"] = f"{before}{plural(thing)}{behind}"
        out["bare_thing"] = f"{before}{thing}"
        article = "an" if (before or thing)[0] in "aeio" else "a"
        out["a_thing"] = f"{article} {before}{thing}"
    if mark_colour := words.get("mark_colour"):
        out["mark"] = f"{mark_colour} {words['mark']}"
    if part := words.get("part"):
        out["parts"] = plural(part)
    return out


# ---- reading back

_COLOUR = "|".join(COLOURS)
_NOUN = (
    rf"(?:(?P<colour>{_COLOUR}) )?(?P<thing>[a-z]+)"
    r"(?: in the (?P<place>left|right|upper|lower) half of the picture)?"
)
_PATTERNS = {
    "thing": _NOUN,
    "things": _NOUN,
    "a_thing": f"an? {_NOUN}",
    "parts": r"(?P<part>[a-z]+)",
    "mark": rf"(?:(?P<mark_colour>{_COLOUR}) )?(?P<mark>[a-z]+)",
    **{name: rf"(?P<{name}>[a-z]+)" for name in ("one", "two", "colour")},
}
_MANY = ("count", "odd size", "odd tilt")
_SINGULARS = {many: one for one, many in PLURALS.items()}


@cache
def _readers() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Every form as a pattern, those with most words of their own first."""
    forms = [
        (kind, form)
        for table in (QUESTIONS, OTHER_QUESTIONS)
        for kind, forms in table.items()
        for form in forms
    ]
    out = []
    for kind, form in sorted(forms, key=lambda one: -len(one[1])):
        parts = re.split(r"\{(\w+)\}", form)
        pattern = "".join(
            re.escape(part) if number % 2 == 0 else _PATTERNS[part]
            for number, part in enumerate(parts)
        )
        out.append((kind, re.compile(pattern)))
    return tuple(out)


def read(text: str) -> Asked | None:
    """What a text asks, by the one form that stands in it; None where there is none."""
    for kind, pattern in _readers():
        if found := pattern.search(text):
            words = {name: word for name, word in found.groupdict().items() if word}
            if kind in _MANY:
                words["thing"] = singular(words["thing"])
            if "part" in words:
                words["part"] = singular(words["part"])
            return Asked(kind, words)
    return None


def singular(noun: str) -> str:
    """``cross``, ``star``."""
    return _SINGULARS.get(noun, noun.removesuffix("s"))
