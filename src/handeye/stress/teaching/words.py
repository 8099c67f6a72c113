"""The phrases of the suite's prompts, and its words, as one token each.

Taken from the forms of the wording itself, so a change there is a change of the vocabulary.
"""

from __future__ import annotations

import re

from handeye.stress.asking.prompts import prompt_of, stated
from handeye.stress.items import BY_DEFAULT, NO_SUCH, Item
from handeye.stress.scenes.families import PARTS, WORDS
from handeye.stress.scenes.things import COLOURS, SHAPES, plural
from handeye.stress.scenes.wording import FORMS, OTHER_QUESTIONS, QUESTIONS, TRUST, claim, slots

NAMES = (*SHAPES, "sign", "line", "grid", *PARTS)
"""Names of things that are asked about."""
KINDS = tuple(kind for kind in QUESTIONS if kind.split()[0] in BY_DEFAULT)
"""Kinds of questions that are taught."""
SIGNS = tuple(word for pair in WORDS for word in pair)
SIDES, HEIGHTS = ("left", "right"), ("upper", "lower")
VALUES = (
    *(*COLOURS, *NAMES, *SIDES, *HEIGHTS, "above", "below", "yes", "no", NO_SUCH, *SIGNS),
    *PARTS.values(),
    *(plural(part) for part in PARTS.values() if plural(part) != f"{part}s"),
)
"""Words that stand in the places of a form, or are an answer."""
_STANDING = re.compile(rf"\b(?:{'|'.join(sorted(VALUES, key=len, reverse=True))})(?=s?\b)")
# What a form is filled with: its plural with or without an s, its article with or without an n.
_FILLED = {"thing": "star", "mark": "cross", "one": "left", "two": "right"}
_FILLINGS = (
    {"part": "point"},
    {"part": "tooth"},
    {"part": "point", "colour": "red"},
    {"part": "point", "colour": "orange"},
    {"part": "point", "place": "left"},
)


def phrases() -> tuple[str, ...]:
    """Words, what stands between them in questions and cues, and the frames of the prompts."""
    texts = [
        form.format_map(slots({**_FILLED, "colour": "red", **more}))
        for table in (QUESTIONS, OTHER_QUESTIONS)
        for kind, forms in table.items()
        if kind in KINDS
        for form in forms
        for more in _FILLINGS
    ]
    texts += [
        claim(kind, {**_FILLED, **more}, value)
        for kind in KINDS
        for more in _FILLINGS
        for value in ("yes", "no")
    ]
    found = dict.fromkeys(VALUES)
    found |= {piece: None for text in texts for piece in _STANDING.split(text)}
    found |= {piece: None for forms in FORMS.values() for form in forms
              for piece in form.split("{claim}")}  # fmt: skip
    found |= dict.fromkeys((*TRUST, ". ", "\n\nA. ", *(f"\n{letter}. " for letter in "BCD")))
    found |= dict.fromkeys(_endings())
    found |= dict.fromkeys(stated("\0", "\0").split("\0"))
    return tuple(phrase for phrase in found if len(phrase) > 1)


def _endings() -> list[str]:
    """What prompts end with: how an answer is to be given."""
    out = []
    for options in (("yes", "no"), ("yes", "no", NO_SUCH)):
        for answer in ("text", "number"):
            item = Item(
                item_id="", scene_id="", picture_id="", picture="", values=("yes", "no"),
                truth="yes", gold="yes", question="?", options=options, answer=answer,
            )  # fmt: skip
            order = range(len(options))
            for first in (False, True):
                out += [prompt_of(item, "free", order, state_first=first)]
                out += [prompt_of(item, "letters", order, state_first=first)]
    return [text[text.rindex("\n\n") :] for text in out]
