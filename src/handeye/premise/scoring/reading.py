"""What an answer says of a question: that its premise holds, or that a sense contradicts it.

Letters become roles by the order in which the options were shown; after that nobody asks for
letters but who looks for a bias towards some of them. Strict readings are in the form that was
asked for, lenient ones are not, and are counted apart. What cannot be read is a class of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, get_args

from handeye.answer_kinds import choice, text as texts, truth
from handeye.premise.items import AUDIO_FALSE, VISION_FALSE, Item

Decision = Literal["accepts", "vision", "audio", "rejects", "unreadable", "none"]
"""What an answer does with a premise: accepts it, rejects it for the sight or for the sound of it,
rejects it without a word of why (TRUE or FALSE), cannot be read, or did not come."""
DECISIONS: tuple[Decision, ...] = get_args(Decision)
REJECTING: frozenset[Decision] = frozenset({"vision", "audio", "rejects"})
SENSE_OF: dict[int, Decision] = {VISION_FALSE: "vision", AUDIO_FALSE: "audio"}

AnswerKind = Literal["choice", "truth", "explained", "text"]
ANSWER_KINDS: dict[str, AnswerKind] = {
    "six": "choice",
    "check-first": "choice",
    "true-false": "truth",
    "true-false-explained": "explained",
    "free": "text",
}
"""How the answers to each variant are read; those of others are letters."""
REJECTIONS = (
    "The visual detail in the question is wrong.",
    "The audio detail in the question is wrong.",
)
"""The words of the two options that reject, where a set has none of its own."""


class Read(NamedTuple):
    """An answer as it was read.

    Attributes:
        decision: on the premise.
        role: of the option that was chosen; None where none was, as by TRUE and FALSE.
        place: of that option as shown, from 0.
        strict: whether the answer has the form that was asked for.
    """

    decision: Decision
    role: int | None = None
    place: int | None = None
    strict: bool = False


NOTHING = Read("none")
UNREADABLE = Read("unreadable")


def answer_kind(variant: str) -> AnswerKind:
    """How answers to a variant are read."""
    return ANSWER_KINDS.get(variant, "choice")


def options_of(item: Item) -> tuple[str, ...]:
    """The words of the six options, by role."""
    return *item.options, *item.meta.get("rejections", REJECTIONS)


def read(text: str, item: Item, variant: str, order: Sequence[int]) -> Read:
    """Read an answer, strictly if that can be done, else leniently.

    Args:
        text: of the answer.
        item: that was asked.
        variant: how it was asked.
        order: roles of the options by position as shown.
    """
    kind, options = answer_kind(variant), options_of(item)
    if kind == "choice":
        chosen = choice.read(text, [options[role] for role in order])
        if chosen is None:
            return UNREADABLE
        return _of_role(order[chosen.value], chosen.value, chosen.strict)
    if kind == "text":
        said = texts.read(text)
        roles = [role for role, words in enumerate(options) if texts.score(said, words)]
        return _of_role(roles[0], None, bool(said and said.strict)) if roles else UNREADABLE
    holds = truth.read(text, explained=kind == "explained")
    if holds is None:
        return UNREADABLE
    return Read("accepts" if holds.value else "rejects", strict=holds.strict)


def _of_role(role: int, place: int | None, strict: bool) -> Read:
    return Read(SENSE_OF.get(role, "accepts"), role, place, strict)
