"""What a model is asked about a scene, in words: the context, the question, the form of an answer.

``VERSION`` changes with any change of wording and goes into every run. A prompt depends on the
words of an item and the order of its options alone, so scenes under one context are asked in the
same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from handeye.answer_kinds.schemas import described
from handeye.contexts.items import CANNOT, Form, Item
from handeye.run.choices import lettered, shuffled, unlettered

VERSION = "contexts-1"
_ALONE = " and nothing else."
_ENDINGS: dict[Form, str] = {
    "choice": f"Answer with the letter of the right option{_ALONE}",
    "number": f"Answer with a number in digits{_ALONE}",
    "text": f"Answer with a word or a short phrase{_ALONE}",
    "cells": f"Answer in this form{_ALONE} For two cells: CLICK(R3,C1); CLICK(R6,C8); DONE. For "
    "none: DONE. Rows and columns are counted from 1, from the upper left corner",
    "point": f"Answer with one place in this form{_ALONE} (x, y)",
    "points": f"Answer with each place in this form{_ALONE} (x, y); (x, y). Where there is none, "
    "answer: none",
}
_COUNTED = {
    "pixels": ", in pixels from the upper left corner of the picture.",
    "unit": ", each from 0 to 1, as a part of the picture's width and height from its upper left "
    "corner.",
    "thousand": ", each from 0 to 1000, as thousandths of the picture's width and height from its "
    "upper left corner.",
}
_NATIVE = "Call the tools that are needed. If nothing is to be called, answer: nothing."
_OF = "Answer with those of these that hold, with commas between{alone} Where none does, answer: "
_OF_THESE = _OF.format(alone=_ALONE) + "none. There are: "
_CANNOT = f" If it cannot be done, answer: {CANNOT}"


def prompt_of(item: Item, order: Sequence[int], *, native: bool = False) -> str:
    """The words that go out with an item's media, but for the system message.

    Args:
        item: that is asked.
        order: places of its options by letter; of labels as they are named.
        native: tools are given natively, and not told in words.
    """
    options = [item.of[place] for place in order]
    ending = _ENDINGS.get(item.form, "")
    parts = [item.text, item.ask]
    if item.form == "choice":
        parts.append(lettered(options))
    elif item.form == "labels":
        ending = f"{_OF_THESE}{', '.join(options)}."
    elif item.form == "cells":
        rows, columns = item.answer.cells.grid if item.kind == "cells" else (0, 0)  # type: ignore[union-attr]
        ending += f"; there are {rows} rows and {columns} columns." if rows else "."
    elif item.form in ("point", "points"):
        ending += _COUNTED[item.points]
    elif item.form in ("call", "calls"):
        ending = _NATIVE if native else described(item.tools)
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


_TOOLS = described(()).partition("\n")[0]
_TOLD = {ending.partition(_ALONE)[0]: form for form, ending in _ENDINGS.items()}
_LABELS = re.compile(rf"{re.escape(_OF_THESE)}(.*?)\.(?:{re.escape(_CANNOT)})?", re.DOTALL)


def read_prompt(text: str) -> Prompt | None:
    """Read a prompt of this file; None where it is none."""
    before, _, ending = text.strip().rpartition("\n\n")
    if found := _LABELS.fullmatch(ending):
        return Prompt("labels", tuple(found[1].split(", ")))
    form = _TOLD.get(ending.partition(_ALONE)[0])
    if form is None and ending.startswith((_TOOLS, _NATIVE)):
        return Prompt("call")
    if form is None:
        return None
    return Prompt(form, unlettered(before.rpartition("\n\n")[2]) if form == "choice" else ())
