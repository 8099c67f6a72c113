"""What an answer says of a question: that its premise holds, or that a sense contradicts it.

Letters become roles by the order in which the options were shown; after that nobody asks for
letters but who looks for a bias towards some of them. Strict readings are in the form that was
asked for, lenient ones are not, and are counted apart. What cannot be read is a class of its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple, get_args

from handeye.answer_kinds import choice, text as texts, truth
from handeye.answer_kinds.claims import called_wrong, parts_of
from handeye.premise.items import AUDIO_FALSE, VISION_FALSE, Item
from handeye.premise.scoring.details import (
    Claims,
    Stated,
    claim_of,
    claims,
    names,
    stated_of,
    value_of,
)
from handeye.premise.scoring.wordings import SYNONYMS

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
    "no-question": "choice",
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
        return _read_free(text, item)
    holds = truth.read(text, explained=kind == "explained")
    if holds is None:
        return UNREADABLE
    return Read("accepts" if holds.value else "rejects", strict=holds.strict)


def _of_role(role: int, place: int | None, strict: bool) -> Read:
    return Read(SENSE_OF.get(role, "accepts"), role, place, strict)


# ---- in words of one's own

FORMS = (
    *("the premise is false", "the premise is wrong", "the premise is not true", "false premise"),
    *("the question is false", "the question is wrong", "the question is not true"),
    *("that is not so", "that is not true", "that is false", "that is wrong"),
    *("this is not so", "this is not true", "this is false", "this is wrong"),
)
"""Words that reject a question without saying what of it is wrong: alone, or within an answer."""
_NONE = re.compile(r"there (?:is|are|was|were) no (.+)")
_ANY_FORM = re.compile(rf"\b(?:{'|'.join(FORMS)})\b", re.IGNORECASE)
_NO = re.compile(r"no\s*[,.:;!–—-]\s*", re.IGNORECASE)


def _read_free(text: str, item: Item) -> Read:
    """An answer to the question alone.

    Strict is an option in its own words, or a rejection in one of the declared forms: that option's
    words, one of :data:`FORMS`, ``there is no X`` of what was stated, another claim than the one
    that was stated in the words of such claims, or that claim with a ``not``; ``No,`` may stand in
    front of these two. Leniently it is what a longer answer says; who rejects may answer as well.
    """
    contents = [
        (words, *SYNONYMS.get(str(item.meta.get("query")), {}).get(words, ()))
        for words in item.options
    ]
    rejections = [(words,) for words in options_of(item)[VISION_FALSE:]]
    phrases = [*contents, *rejections]
    told = texts.which(text, phrases)
    if told is not None and not told.strict:  # "two circles" is no answer to how many clicks
        told = texts.which(_beside(text, stated_of(item)), phrases)
    if told is not None and (told.strict or told.value >= VISION_FALSE):
        return _of_role(told.value, None, told.strict)
    if (found := _rejected(text, item)) is not None:
        return found
    return UNREADABLE if told is None else _of_role(told.value, None, False)


def _beside(text: str, stated: Sequence[Stated]) -> str:
    """A text without its parts that speak of what was stated."""

    def speaks(part: str) -> bool:
        return any(any(claims(part, one.kind, one.clause, named=True)) for one in stated)

    parts = parts_of(text)
    kept = [part for part in parts if not speaks(part)]
    return text if len(kept) == len(parts) else "\n".join(kept)


def _rejected(text: str, item: Item) -> Read | None:
    """A rejection in one of the declared forms; None where an answer is none."""
    stated = stated_of(item)
    whole = texts.bare(text)
    alone = _NO.sub("", whole, count=1) if _NO.match(whole) else whole
    senses: set[str] = set()
    strict = False
    for one in stated:
        own = value_of(one.kind, one.clause)
        none = _NONE.fullmatch(alone)
        if none and names(none[1], one.kind, one.clause):
            senses.add(one.kind[0])
            strict = True
        elif (claim := claim_of(alone, one.kind, one.clause)) is not None:
            if (claim[0] != own) == claim[1]:
                senses.add(one.kind[0])
                strict = True
        else:
            said = claims(text, one.kind, one.clause, named=alone == whole)
            if said.said - {own} or own in said.denied:
                senses.add(one.kind[0])
    if not senses:
        if not _ANY_FORM.search(text):
            return None
        strict = alone in map(texts.bare, FORMS)
        if item.modality == "both":
            return Read("rejects", strict=strict)
        senses = {item.modality}
    if len(senses) > 1:  # no option rejects both
        return UNREADABLE
    return _of_role(VISION_FALSE if "vision" in senses else AUDIO_FALSE, None, strict)


# ---- why

Reason = Literal["names", "denies", "wrong", "contradicts", "nothing", "unread", "empty"]
"""What an explanation says of the details that were stated: names what is there; says of what is
not that it is not; says what is not so; says both; says nothing that is known of them; speaks of
them in a form that is no claim (reported, hedged, asked); or does not come."""
REASONS: tuple[Reason, ...] = get_args(Reason)
_SENSES = {
    "vision": re.compile(r"\b(?:visual|picture|image|video|seen|sight)\b", re.IGNORECASE),
    "audio": re.compile(r"\b(?:audio|sound|heard|hearing)\b", re.IGNORECASE),
}


def read_explanation(text: str, item: Item) -> Reason | None:
    """What an explanation says: the exact reader.

    Strict: what it does not surely read is ``nothing`` or ``unread``, neither of which is right.

    Args:
        text: the answer; TRUE or FALSE before it is of no account.
        item: that was asked, with what is true of its clip.

    Returns:
        None where the set does not tell what is true (published ones).
    """
    stated = stated_of(item)
    if not stated:
        return None
    why = truth.explanation(text)
    if not any(letter.isalnum() for letter in why):
        return "empty"
    parts = parts_of(why)
    each: list[Reason] = []
    for one in stated:
        said = claims(why, one.kind, one.clause)
        holds, other = value_of(one.kind, one.clause), value_of(one.kind, one.sibling)
        found = _reason(said, *((holds, other) if one.holds else (other, holds)))
        if found in ("nothing", "unread") and _called_wrong(parts, one.kind[0]):
            found = "wrong" if one.holds else "denies"
        each.append(found)
    for worst in ("contradicts", "wrong"):
        if worst in each:
            return worst
    false = [found for found, one in zip(each, stated, strict=True) if not one.holds]
    if false:
        return false[0]
    return next((found for found in each if found != "names"), "names")


def explains(reason: str, holds: bool) -> bool:
    """Whether it is right of a premise that holds, or of one that does not.

    Of one that holds it says too little to deny what would be there in its place.
    """
    return reason == "names" or (reason == "denies" and not holds)


def _reason(said: Claims, holds: str, other: str) -> Reason:
    """Of one detail; ``other`` is what is not so of it."""
    is_so = holds in said.said
    false = bool(said.said - {holds}) or holds in said.denied
    if (is_so and false) or (other in said.said and other in said.denied):
        return "contradicts"
    if false:
        return "wrong"
    if is_so:
        return "names"
    if said.denied:
        return "denies" if other in said.denied else "nothing"
    return "unread" if said.loose else "nothing"


def _called_wrong(parts: Sequence[str], sense: str) -> bool:
    """Whether what is stated of a sense is said to be wrong."""
    return any(_SENSES[sense].search(part) and called_wrong(part) for part in parts)
