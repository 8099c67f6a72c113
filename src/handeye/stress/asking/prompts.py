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
from handeye.rewards.columns import TASK, asked
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
_DESCRIBE = (
    "Do not answer yet. Describe what the picture shows of this: which things there are, what each "
    "is like, where it lies, and how they lie to each other."
)
_CHECK = (
    "Do not answer yet. Say in a sentence or two what decides the question. Then look at the "
    "picture again, check each point of your description that this rests on, and correct what is "
    "wrong."
)
_NOW = "Now answer the question."
_EXAMPLES = {
    "text": "sign text=BOX colour=red",
    "grid": "grid rows=3 columns=3 colour=red",
    "odd": "moon place=6 differs=yes",
    "part": "table parts=3 colour=red",
    "contact": "line colour=red",
}
"""Facts as examples, by family; things are named that no picture shows."""
_RELATIONS = {
    "relation x": "moon left-of sun, moon right-of sun",
    "relation y": "moon above sun, moon below sun",
    "size": "moon colour=red larger-than moon colour=blue",
    "depth": "moon colour=red in-front-of moon colour=blue",
    "contact": "line touches line, or: no line touches line",
    "reference": "moon x=left nearest-to sun, moon y=upper nearest-to sun",
}
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
    return f"{_lettered(item, order, question)}\n\n{first}{_BY_LETTER}{end}"


def _lettered(item: Item, order: Sequence[int], question: str) -> str:
    """A question and its options by letter.

    Raises:
        OptionError: it has none.
    """
    if not item.options:
        raise OptionError(
            f"item {item.item_id} has no options to choose from by letter; ask for free answers"
        )
    options = lettered([item.options[place] for place in order])
    return f"{question}\n\n{options}"


def written_of(item: Item, form: Form, order: Sequence[int], *, cue_order: CueOrder = "set") -> str:
    """The words that ask for what is seen, as facts, and then for the answer, between tags.

    Those of rewards (:func:`handeye.rewards.columns.asked`), so that a model is asked as it was
    trained. Args and errors as :func:`prompt_of`.

    Raises:
        DataError: the question has such a tag itself.
    """
    question, answer = with_cue(item, cue_order), answer_words(item)
    if form_of(item, form) != FREE:
        question, answer = _lettered(item, order, question), f"{_BY_LETTER}."
    thing = _EXAMPLES.get(item.family, "moon colour=red x=left y=upper")
    return asked(question, answer, thing, _RELATIONS.get(str(item.meta.get("kind")), ""))


def steps_of(
    item: Item, form: Form, order: Sequence[int], *, cue_order: CueOrder = "set"
) -> tuple[str, str, str]:
    """What is said in the three turns of an agent: describe, check, answer.

    Args and errors as :func:`prompt_of`.
    """
    question = with_cue(item, cue_order)
    if form_of(item, form) != FREE:
        question = _lettered(item, order, question)
    last = prompt_of(item, form, order, cue_order=cue_order)
    return f"{question}\n\n{_DESCRIBE}", _CHECK, f"{_NOW}\n\n{last}"


def answer_words(item: Item, end: str = ".") -> str:
    """The form of an answer as its set has it: a number, a word, a letter of a choice."""
    if item.answer == "choice":
        return f"{_BY_LETTER}{end}"
    # The same for all items of a family, so that it tells nothing of any of them.
    gone = _NO_SUCH if NO_SUCH in item.options else ""
    return f"{_BY_NUMBER if item.answer == 'number' else _BY_WORD}{end}{gone}"


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
        written: whether it is, and the answer, between tags.
        early: whether the answer is not asked for yet.
    """

    form: Form
    question: str
    options: tuple[str, ...] = ()
    state_first: bool = False
    written: bool = False
    early: bool = False


_ENDING = re.compile(
    rf"(?P<first>{re.escape(_STATE)})?"
    rf"(?P<by>{_BY_LETTER}|{_BY_NUMBER}|{_BY_WORD})(?:{re.escape(_ALONE)}|\.)"
    rf"(?:{re.escape(_NO_SUCH)})?"
)


_HEAD, _TAIL = TASK.partition("{")[0], TASK.rpartition("> ")[2].removesuffix("{answer}")


def read_prompt(text: str) -> Prompt | None:
    """Read a prompt of this file; None where it is none. White space around it is of no account."""
    before, _, ending = text.strip().rpartition("\n\n")
    if ending in (_DESCRIBE, _CHECK):
        return Prompt("free", before, early=True)
    written = ending.startswith(_HEAD)
    if written:
        ending = ending.rpartition(_TAIL)[2]
    found = _ENDING.fullmatch(ending)
    if found is None or not before:
        return None
    first = found["first"] is not None
    if found["by"] != _BY_LETTER:
        return Prompt("free", before, state_first=first, written=written)
    question, _, block = before.rpartition("\n\n")
    options = unlettered(block)
    return Prompt("letters", question, options, first, written) if question and options else None


def stated(seen: str, answer: str) -> str:
    """A statement and an answer, as they are asked for."""
    return f"Seen: {seen}\nAnswer: {answer}"
