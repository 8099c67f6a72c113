"""What an answer says, in one spelling; whether that is right, and whether two contexts differ.

Every form of answer is a :class:`Way`: how its text is read, strictly or leniently
(:mod:`handeye.answer_kinds`), what of it is right, and how a right one is spelled. Two answers are
the same action where their spellings are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

import msgspec

from handeye.answer_kinds import choice, number, text as texts
from handeye.answer_kinds.reading import words
from handeye.contexts.authored import Answer
from handeye.contexts.items import CANNOT, Item

CANNOT_WORDS = (
    *("cannot be done", "this can't be done", "it cannot be done", "that cannot be done"),
    *("this is not possible", "not possible", "this is impossible", "impossible"),
)
"""Words that say that it cannot be done, beside :data:`handeye.contexts.items.CANNOT`."""


class Said(NamedTuple):
    """What an answer says, in one spelling, and whether it has the form that was asked for."""

    said: str
    strict: bool


class Way(NamedTuple):
    """A form of answer.

    Attributes:
        read: what a text says, given the options in the order shown; None where nothing.
        right: whether what was said is right.
        gold: a right answer, in the spelling of what is said.
        apart: whether no answer is right by both.
    """

    read: Callable[[str, Sequence[str]], Said | None]
    right: Callable[[str, Answer], bool]
    gold: Callable[[Answer], str]
    apart: Callable[[Answer, Answer], bool]


def read(text: str, item: Item, options: Sequence[str]) -> Said | None:
    """What an answer says; None where nothing can be told.

    Args:
        text: of the answer.
        item: that was asked.
        options: of a choice, in the order in which they were shown; of labels all there are.
    """
    if item.refusable and item.form != "choice":
        found = texts.which(text, [(CANNOT, *CANNOT_WORDS)])
        if found is not None:
            return Said(CANNOT, found.strict)
    return WAYS[item.form].read(text, options)


def right(said: str, form: str, answer: Answer) -> bool:
    """Whether what was said is right."""
    if answer.kind == "impossible" or said == CANNOT:
        return said == CANNOT and answer.kind == "impossible"
    return WAYS[form].right(said, answer)


def is_action(said: str, form: str, action: str | Answer) -> bool:
    """Whether what was said is an action that has a name, or is given as an answer."""
    if isinstance(action, Answer):
        return right(said, form, action)
    if form in ("call", "calls"):
        return action in re.findall(r'"name":"([^"]*)"', said)
    return words(said) == words(action)


def gold_said(item: Item) -> str:
    """A right answer to an item, in the spelling of what is said."""
    return gold_of(item.form, item.answer)


def gold_of(form: str, answer: Answer) -> str:
    """A right answer, in the spelling of what is said."""
    return CANNOT if answer.kind == "impossible" else WAYS[form].gold(answer)


def apart(one: Item, other: Item) -> bool:
    """Whether two items of one form call for different actions."""
    return answers_apart(one.form, one.answer, other.form, other.answer)


def answers_apart(form: str, one: Answer, other_form: str, other: Answer) -> bool:
    """Whether two answers of one form have no action that is right by both.

    Answers of different forms are no actions that could be the same: they are not compared.
    """
    if form != other_form:
        return False
    impossible = (one.kind == "impossible") + (other.kind == "impossible")
    return impossible == 1 or (impossible == 0 and WAYS[form].apart(one, other))


def as_text(answer: Answer) -> str:
    """An answer as a score row keeps it."""
    return msgspec.json.encode(answer, order="deterministic").decode()


@lru_cache(maxsize=4096)
def of_text(text: str) -> Answer:
    """What :func:`as_text` made."""
    return msgspec.json.decode(text, type=Answer)


# ---- the forms


def _choice(text: str, options: Sequence[str]) -> Said | None:
    found = choice.read(text, options)
    return None if found is None else Said(options[found.value], found.strict)


def _number(text: str, options: Sequence[str]) -> Said | None:
    found = number.read(text.strip().removesuffix("."))
    return None if found is None else Said(_plain(found.value), found.strict)


def _plain(value: Decimal) -> str:
    """A number in one spelling: ``3`` of ``3.0``."""
    if value == value.to_integral_value():
        return str(value.to_integral_value() + 0)
    return format(value.normalize(), "f")


def _number_right(said: str, answer: Answer) -> bool:
    low, high = answer.range
    return low <= Decimal(said) <= high


def _number_gold(answer: Answer) -> str:
    low, high = answer.range
    ends = [end for end in (low, high) if end.is_finite()]
    return _plain(sum(ends, Decimal(0)) / len(ends))


def _number_apart(one: Answer, other: Answer) -> bool:
    (low, high), (other_low, other_high) = one.range, other.range
    return high < other_low or other_high < low


def _text(text: str, options: Sequence[str]) -> Said | None:
    found = texts.read(text)
    return None if found is None else Said(_meaning(found.value), found.strict)


def _meaning(text: str) -> str:
    """What texts share that are the same answer."""
    told = words(text)
    return told.partition(" ")[2] if told.startswith(("a ", "an ", "the ")) else told


def _labels(text: str, options: Sequence[str]) -> Said | None:
    """All labels that are named; in any order, with commas between them."""
    known = {words(one): one for one in options}
    parts = [words(part) for part in re.split(r"[,;\n]|\band\b", text) if words(part)]
    if parts == ["none"]:
        return Said("", True)
    if not parts or (known and not set(parts) <= set(known)):
        return None
    named = sorted({known.get(part, part) for part in parts})
    return Said(", ".join(named), len(named) == len(parts) == len(text.split(",")))


def _label_set(answer: Answer) -> frozenset[str]:
    return frozenset(words(one) for one in answer.labels or ())


def _labels_right(said: str, answer: Answer) -> bool:
    return {words(one) for one in said.split(", ") if one} == _label_set(answer)


WAYS: Mapping[str, Way] = {
    "choice": Way(
        _choice,
        lambda said, answer: said in answer.choices,
        lambda answer: answer.choices[0],
        lambda one, other: not set(one.choices) & set(other.choices),
    ),
    "number": Way(_number, _number_right, _number_gold, _number_apart),
    "text": Way(
        _text,
        lambda said, answer: said in map(_meaning, answer.texts),
        lambda answer: _meaning(answer.texts[0]),
        lambda one, other: not {*map(_meaning, one.texts)} & {*map(_meaning, other.texts)},
    ),
    "labels": Way(
        _labels,
        _labels_right,
        lambda answer: ", ".join(sorted(answer.labels or ())),
        lambda one, other: _label_set(one) != _label_set(other),
    ),
}
"""Every form that can be asked for."""
