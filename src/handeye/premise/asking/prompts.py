"""What a model is asked about a clip, in words: the variants of a question.

Written for handeye; of the paper's seven variants only the kinds of three are known. ``VERSION``
changes with any change of wording and goes into every run. A prompt depends on the words of an item
and the order of its options alone, so items of one ``prompt_id`` are asked in the same bytes.

:data:`VARIANTS` is open: another one is entered by :func:`enter`, and asked by its name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from handeye.answer_kinds.choice import LETTERS
from handeye.errors import OptionError, allowed
from handeye.premise.items import N_ROLES, PAPER_ORDER, Item
from handeye.premise.scoring.reading import ANSWER_KINDS, AnswerKind, options_of
from handeye.premise.scoring.signal import WORDS
from handeye.run import choices

VERSION = "premise-1"

_BY_LETTER = "Answer with the letter of the right option and nothing else."
_CHECK = (
    "First check, without writing it down, whether what the question says of the clip is so: "
    "compare it with what is seen and with what is heard. Then answer."
)
_IS_TRUE = "Is this true of the clip?"
_ALL_TRUE = "Do not answer this question. Is everything that it says of the clip true?"
_TRUTH = "Answer TRUE or FALSE and nothing else."
_EXPLAINED = (
    "Answer TRUE or FALSE on the first line, and say why in one sentence on the second line."
)
_FREE = "Answer in a few words."
_NOTHING = "What is the answer?"


@dataclass(frozen=True, slots=True)
class Variant:
    """A way to ask a question.

    Attributes:
        about: what it is, in one clause.
        write: its prompt, from an item and the roles of its options by position.
        answer: how answers are read.
    """

    about: str
    write: Callable[[Item, Sequence[int]], str]
    answer: AnswerKind = "choice"

    @property
    def letters(self) -> tuple[str, ...]:
        """The options whose log-probabilities are of interest."""
        if self.answer == "choice":
            return tuple(LETTERS[:N_ROLES])
        return () if self.answer == "text" else WORDS


def lettered(item: Item, order: Sequence[int]) -> str:
    """The six options of an item, a line each."""
    options = options_of(item)
    return choices.lettered([options[role] for role in order])


def _six(item: Item, order: Sequence[int]) -> str:
    return f"{item.question}\n\n{lettered(item, order)}\n\n{_BY_LETTER}"


def _check_first(item: Item, order: Sequence[int]) -> str:
    return f"{_CHECK}\n\n{_six(item, order)}"


def _unasked(item: Item, order: Sequence[int]) -> str:
    return f"{_NOTHING}\n\n{lettered(item, order)}\n\n{_BY_LETTER}"


def _claimed(item: Item) -> str:
    if item.statement:
        return f"{item.statement}\n\n{_IS_TRUE}"
    return f"{item.question}\n\n{_ALL_TRUE}"


def _true_false(item: Item, order: Sequence[int]) -> str:
    return f"{_claimed(item)} {_TRUTH}"


def _explained(item: Item, order: Sequence[int]) -> str:
    return f"{_claimed(item)} {_EXPLAINED}"


def _free(item: Item, order: Sequence[int]) -> str:
    return f"{item.question}\n\n{_FREE}"


VARIANTS: dict[str, Variant] = {
    "six": Variant("six lettered options, two of which reject the question", _six),
    "check-first": Variant("the same, told to check the question first", _check_first),
    "no-question": Variant("the six options under a question that asks nothing", _unasked),
    "true-false": Variant("the premise alone: TRUE or FALSE", _true_false, "truth"),
    "true-false-explained": Variant("the same, and why", _explained, "explained"),
    "free": Variant("the question alone, answered in words", _free, "text"),
}
"""Every variant by its name."""


def enter(name: str, variant: Variant) -> None:
    """Add a variant to those that can be asked and read.

    Raises:
        OptionError: there is one of that name.
    """
    if name in VARIANTS:
        raise OptionError(f"a variant {name!r} is there already; choose another name")
    VARIANTS[name] = variant
    ANSWER_KINDS[name] = variant.answer


def variant_of(name: str) -> Variant:
    """A variant by its name.

    Raises:
        OptionError: there is none.
    """
    if name not in VARIANTS:
        raise OptionError(f"variant {name!r} is not known{allowed(name, VARIANTS)}")
    return VARIANTS[name]


def frames_note(count: int) -> str:
    """The line above the pictures where a video is shown as frames."""
    if count == 1:
        return "One frame of the clip:"
    return f"{count} frames of the clip, in order of time:"


PICTURE_NOTE = "The picture of the clip:"
SOUND_NOTE = "The sound of the clip:"

# ---- the order of options


def check_order(order: str) -> str:
    """Return how options are ordered, if that can be done.

    Raises:
        OptionError: neither ``set``, ``paper`` nor ``shuffle:SEED``.
    """
    return choices.check_order(order, "set", "paper")


def order_of(item: Item, order: str) -> tuple[int, ...]:
    """The roles of an item's options by position.

    Args:
        item: with the order that its set wants.
        order: ``set``; ``paper``: contents, then the rejections for sight and for sound;
            ``shuffle:SEED``: drawn, alike for items of one prompt.
    """
    if order == "paper":
        return PAPER_ORDER
    drawn = choices.shuffled(order, item.prompt_id or item.item_id, N_ROLES)
    return item.order if drawn is None else drawn


# ---- a prompt read again


class Prompt(NamedTuple):
    """What a prompt asks, read off its words alone.

    Attributes:
        answer: the form of answer that is asked for.
        text: the question, or the statement that is asked about.
        options: by position; empty where there are none.
    """

    answer: AnswerKind
    text: str
    options: tuple[str, ...] = ()


def read_prompt(text: str) -> Prompt | None:
    """Read a prompt of one of the variants of this file; None where it is none.

    White space around it is of no account, nor is what stands before it but an empty line.
    """
    told = text.strip()
    for ending, answer in ((_TRUTH, "truth"), (_EXPLAINED, "explained")):
        for claim in (_IS_TRUE, _ALL_TRUE):
            if told.endswith(end := f"\n\n{claim} {ending}"):
                return Prompt(answer, _last(told.removesuffix(end)))  # type: ignore[arg-type]
    if told.endswith(f"\n\n{_FREE}"):
        return Prompt("text", _last(told.removesuffix(f"\n\n{_FREE}")))
    if not told.endswith(f"\n\n{_BY_LETTER}"):
        return None
    parts = told.removesuffix(f"\n\n{_BY_LETTER}").split("\n\n")
    options = choices.unlettered(parts[-1])
    if len(parts) < 2 or len(options) != N_ROLES:
        return None
    return Prompt("choice", _last("\n\n".join(parts[:-1])), options)


def _last(text: str) -> str:
    return text.rpartition("\n\n")[2].strip()
