"""What a model is asked about a picture, in words: the forms of an answer, and where a cue stands.

``VERSION`` changes with any change of wording and goes into every run. A prompt depends on the
words of an item and the order of its options alone, so items of one ``prompt_id`` are asked in the
same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple, get_args

from handeye.errors import OptionError, allowed
from handeye.run.choices import lettered, shuffled, unlettered
from handeye.stress.items import NO_SUCH, Item
from handeye.stress.scoring.predictions import FREE, Form, form_of

VERSION = "stress-1"
CueOrder = Literal["set", "before", "behind"]
"""Where a cue of words stands: as the set has it, before the question, or behind it."""
CUE_ORDERS: tuple[CueOrder, ...] = get_args(CueOrder)

_BY_LETTER = "Answer with the letter of the right option"
_BY_NUMBER = "Answer with a number"
_BY_WORD = "Answer with a word or two"
_ALONE = " and nothing else."
_NO_SUCH = f" If this is about something that is not there, answer: {NO_SUCH}."
_STATE = (
    "First look at the picture, and write what it shows of this on a line that begins with "
    '"Seen:". Then answer on a line that begins with "Answer:". '
)


def prompt_of(
    item: Item,
    form: Form,
    order: Sequence[int],
    *,
    state_first: bool = False,
    cue_order: CueOrder = "set",
) -> str:
    """The words that go out with an item's picture.

    Args:
        item: that is asked.
        form: of the answer.
        order: places of its options by letter.
        state_first: ask for what is seen before the answer.
        cue_order: where the cue stands.

    Raises:
        OptionError: a letter is asked for, and the item has no options.
    """
    first, end = (_STATE, ".") if state_first else ("", _ALONE)
    question = with_cue(item, cue_order)
    if form_of(item, form) == FREE:
        return f"{question}\n\n{first}{answer_words(item, end)}"
    if not item.options:
        raise OptionError(
            f"item {item.item_id} has no options to choose from by letter; ask for free answers"
        )
    return f"{with_options(item, order, question)}\n\n{first}{_BY_LETTER}{end}"


def answer_words(item: Item, end: str = ".") -> str:
    """The form of an answer as its set has it: a number, a word, a letter of a choice."""
    if item.answer == "choice":
        return f"{_BY_LETTER}{end}"
    # The same for all items of a family, so that it tells nothing of any of them.
    gone = _NO_SUCH if NO_SUCH in item.options else ""
    return f"{_BY_NUMBER if item.answer == 'number' else _BY_WORD}{end}{gone}"


def with_options(item: Item, order: Sequence[int], question: str | None = None) -> str:
    """A question, the item's own where none is given, and its options by letter."""
    options = lettered([item.options[place] for place in order])
    return f"{item.question if question is None else question}\n\n{options}"


def with_cue(item: Item, cue_order: CueOrder) -> str:
    """The question with its cue in its place.

    A cue within a sentence (``the blue circle``) is not moved.
    """
    question = item.question
    if cue_order == "set" or item.cue_span is None:
        return question
    start, end = item.cue_span
    before, cue, behind = question[:start], question[start:end], question[end:]
    if before.strip() and behind.strip():
        return question
    rest = (before + behind).strip()
    return f"{cue} {rest}" if cue_order == "before" else f"{rest} {cue}"


def order_of(item: Item, order: str) -> tuple[int, ...]:
    """Places of an item's options by letter.

    Args:
        item: with the order that its set wants.
        order: ``set``, or ``shuffle:SEED``: drawn, alike for items of one prompt.
    """
    drawn = shuffled(order, item.prompt_id or item.item_id, len(item.options))
    return item.order if drawn is None else drawn


def check_cue_order(order: str) -> CueOrder:
    """Return where cues stand, if that is known.

    Raises:
        OptionError: it is not.
    """
    if order not in CUE_ORDERS:
        raise OptionError(f"cue_order is {order!r}{allowed(order, CUE_ORDERS)}")
    return order


# ---- a prompt read again


class Prompt(NamedTuple):
    """What a prompt asks, read off its words alone.

    Attributes:
        form: of the answer.
        question: with the cue within it.
        options: by letter; empty where none are shown.
        state_first: whether what is seen is asked for first.
    """

    form: Form
    question: str
    options: tuple[str, ...] = ()
    state_first: bool = False


_ENDING = re.compile(
    rf"(?P<first>{re.escape(_STATE)})?"
    rf"(?P<by>{_BY_LETTER}|{_BY_NUMBER}|{_BY_WORD})(?:{re.escape(_ALONE)}|\.)"
    rf"(?:{re.escape(_NO_SUCH)})?"
)


def read_prompt(text: str) -> Prompt | None:
    """Read a prompt of this file; None where it is none. White space around it is of no account."""
    before, _, ending = text.strip().rpartition("\n\n")
    found = _ENDING.fullmatch(ending)
    if found is None or not before:
        return None
    first = found["first"] is not None
    if found["by"] != _BY_LETTER:
        return Prompt("free", before, state_first=first)
    question, _, block = before.rpartition("\n\n")
    options = unlettered(block)
    return Prompt("letters", question, options, first) if question and options else None


def stated(seen: str, answer: str) -> str:
    """A statement and an answer, as they are asked for."""
    return f"Seen: {seen}\nAnswer: {answer}"
