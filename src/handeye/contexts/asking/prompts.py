"""What a model is asked about a scene, in words: the context, the question, the form of an answer.

``VERSION`` changes with any change of wording and goes into every run. A prompt depends on the
words of an item and the order of its options alone, so scenes under one context are asked in the
same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from handeye.contexts.items import CANNOT, Form, Item
from handeye.contexts.scoring.actions import WAYS
from handeye.errors import DataError
from handeye.run.choices import lettered, shuffled, unlettered

VERSION = "contexts-1"
_ALONE = " and nothing else."
_ENDINGS: dict[Form, str] = {
    "choice": f"Answer with the letter of the right option{_ALONE}",
    "number": f"Answer with a number in digits{_ALONE}",
    "text": f"Answer with a word or a short phrase{_ALONE}",
    "labels": f"Answer with everything that holds, with commas between{_ALONE} Where nothing does, "
    "answer: none.",
}
_OF = "Answer with those of these that hold, with commas between{alone} Where none does, answer: "
_OF_THESE = _OF.format(alone=_ALONE) + "none. There are: "
_CANNOT = f" If it cannot be done, answer: {CANNOT}"


def prompt_of(item: Item, order: Sequence[int]) -> str:
    """The words that go out with an item's media, but for the system message.

    Args:
        item: that is asked.
        order: places of its options by letter; of labels as they are named.

    Raises:
        DataError: its form of answer cannot be asked for.
    """
    if item.form not in WAYS:
        raise DataError(
            f"item {item.item_id}: an answer of the form {item.form!r} cannot be asked for yet"
        )
    options = [item.of[place] for place in order]
    ending = _ENDINGS[item.form]
    parts = [item.text, item.ask]
    if item.form == "choice":
        parts.append(lettered(options))
    elif item.form == "labels" and options:
        ending = f"{_OF_THESE}{', '.join(options)}."
    if item.refusable and item.form != "choice":
        ending += _CANNOT
    return "\n\n".join(part.strip() for part in (*parts, ending) if part.strip())


def order_of(item: Item, order: str) -> tuple[int, ...]:
    """Places of an item's options, as they are shown.

    Args:
        item: with its options.
        order: ``set``, or ``shuffle:SEED``: drawn, for every item anew.
    """
    drawn = shuffled(order, item.item_id, len(item.of))
    return tuple(range(len(item.of))) if drawn is None else drawn


# ---- a prompt read again


class Prompt(NamedTuple):
    """What a prompt asks for, read off its words alone.

    Attributes:
        form: of the answer.
        options: by letter, or labels; none where none are shown.
    """

    form: Form
    options: tuple[str, ...] = ()


_TOLD = {ending.partition(_ALONE)[0]: form for form, ending in _ENDINGS.items()}
_LABELS = re.compile(rf"{re.escape(_OF_THESE)}(.*?)\.(?:{re.escape(_CANNOT)})?", re.DOTALL)


def read_prompt(text: str) -> Prompt | None:
    """Read a prompt of this file; None where it is none."""
    before, _, ending = text.strip().rpartition("\n\n")
    if found := _LABELS.fullmatch(ending):
        return Prompt("labels", tuple(found[1].split(", ")))
    form = _TOLD.get(ending.partition(_ALONE)[0])
    if form is None:
        return None
    return Prompt(form, unlettered(before.rpartition("\n\n")[2]) if form == "choice" else ())
