"""What a text says of a detail, by the declared words of its kind.

Nothing is guessed. In a part of a text (:mod:`handeye.answer_kinds.claims`) a word of the kind's
table (:mod:`handeye.premise.scoring.wordings`) is a claim, if it is about the kind's own thing.
Words that no table has are not seen: a text in other words says nothing here, and is for a judge.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from handeye.answer_kinds.claims import asserted, parts_of
from handeye.premise.items import Item
from handeye.premise.scoring.wordings import WORDINGS, Wording


class Claims(NamedTuple):
    """What a text says of a detail.

    Attributes:
        said: values that it says are so; of a comparison, the thing that comes first, is more.
        denied: values that it says are not so.
        loose: whether the detail is spoken of in a form that is no claim.
    """

    said: frozenset[str] = frozenset()
    denied: frozenset[str] = frozenset()
    loose: bool = False


class Stated(NamedTuple):
    """A detail that a question states, and its sibling, one of which the clip has.

    Attributes:
        kind: of :data:`WORDINGS`.
        clause: what the question says.
        sibling: what would be so in its place.
        holds: whether the clause is true of the clip.
    """

    kind: tuple[str, str]
    clause: str
    sibling: str
    holds: bool


def stated_of(item: Item) -> tuple[Stated, ...]:
    """The details that a question of a generated set states, by sense; none of other sets."""
    shown, prompt, here = (item.meta.get(name) for name in ("shown", "prompt", "here"))
    if not (isinstance(shown, dict) and isinstance(prompt, str) and prompt and here):
        return ()
    senses = ("vision", "audio") if item.modality == "both" else (item.modality,)
    out = []
    for sense in senses:
        one = shown.get(sense)
        if not isinstance(one, dict) or (sense, one.get("kind")) not in WORDINGS:
            return ()
        which = 0 if item.modality == "both" else int(prompt[1:] or 0)
        clauses = one["clauses"]
        holds = here[sense == "audio"] == which
        out.append(Stated((sense, one["kind"]), clauses[which], clauses[1 - which], holds))
    return tuple(out)


def value_of(kind: tuple[str, str], clause: str) -> str:
    """What a clause of the generator says, as :class:`Claims` has it.

    Raises:
        ValueError: it is none of its kind.
    """
    wording = WORDINGS[kind]
    found = re.fullmatch(wording.clause, clause)
    if found is None:
        raise ValueError(f"{clause!r} is no claim about {' '.join(kind)}")
    told = found.groupdict()
    if "value" in told:
        return str(told["value"])
    return _other(wording, clause, told["one"]) if told.get("less") else str(told["one"])


def claim_of(text: str, kind: tuple[str, str], clause: str) -> tuple[str, bool] | None:
    """What a whole text says if it is a claim in the words of the generator, or one with a ``not``.

    Args:
        text: in small letters, without a final stop; a leading article may be missing.
        kind: sense and kind.
        clause: the claim that was stated, about the things of which the text must be.

    Returns:
        Value as of :func:`value_of`, and whether it is said to be so; None where it is no such
        claim.
    """
    for told, yes in ((text, True), (_NOT.sub("", text, count=1), False)):
        if not yes and told == text:
            continue
        for article in ("", "the "):
            claim = article + told
            if re.fullmatch(WORDINGS[kind].clause, claim) and _same_things(kind, clause, claim):
                value = value_of(kind, claim)
                if value in WORDINGS[kind].values or WORDINGS[kind].quoted:
                    return value, yes
    return None


_NOT = re.compile(r"\b(?:(?:does|do) )?not |(?<=is)n't|(?<=are)n't")


def _same_things(kind: tuple[str, str], clause: str, claim: str) -> bool:
    wording = WORDINGS[kind]
    if wording.more:
        return set(_things(wording, clause)) == set(_things(wording, claim))
    return _own(wording, clause) == _own(wording, claim)


def names(text: str, kind: tuple[str, str], clause: str) -> bool:
    """Whether a text has a word for what a claim is about."""
    return _pattern(_own(WORDINGS[kind], clause)).search(text) is not None


def _other(wording: Wording, clause: str, thing: str) -> str:
    return next(one for one in _things(wording, clause) if one != thing)


def _own(wording: Wording, clause: str) -> list[str]:
    """The words that name what a claim is about."""
    if wording.more:
        named = [way for thing in _things(wording, clause) for way in wording.values[thing]]
        return [*wording.about, *named]
    found = re.fullmatch(wording.clause, clause)
    thing = found.groupdict().get("thing") if found else None
    return [*wording.about, *filter(None, [thing])]


def _things(wording: Wording, clause: str) -> list[str]:
    """The two things that a clause compares."""
    found = re.fullmatch(wording.clause, clause)
    told = found.groupdict() if found else {}
    named = [str(told[name]) for name in ("one", "two") if told.get(name)]
    return named if len(named) == 2 else list(wording.values)


# What else a clip of a set shows and lets hear: a word about one of these is about no other.
_NOUNS = (
    *("circle", "circles", "square", "squares", "triangle", "bar", "lamp", "badge", "star"),
    *("cross", "heart", "crescent", "background", "area", "strip", "large shape"),
    *("beep", "beeps", "tap", "taps", "whistle", "drum", "flute", "shaker", "chirp", "chirps"),
    *("voice", "word", "tone", "tones", "knock", "knocks", "note", "noise", "sliding tone"),
    *("bell", "horn", "whoosh", "buzz", "click", "clicks"),
)
_SPOKEN = re.compile(
    r"[\"“”'‘*]([A-Za-z]+)[\"“”'’*]|\b(?:says?|said|word(?:\s+(?:is|was))?)\s+"
    r"(?!(?:the|is|was|that|in|not|said)\b)([a-z]+)(?=\s*$|\s+(?:not|rather|instead)\b)",
    re.IGNORECASE,
)
# "is right" says that something is correct; "is right of" does not.
_CORRECT = re.compile(
    r"\b(?:is|are|was|were|be|answer|all|quite)\s+right(?!\s+of)\b", re.IGNORECASE
)
_IS = re.compile(r"\b(?:is|are|was|were|'s)\b", re.IGNORECASE)
_MEASURE = re.compile(r"\s*(?:s|ms|sec\w*|%|percent|of the)\b|%", re.IGNORECASE)


def claims(text: str, kind: tuple[str, str], clause: str, *, named: bool = False) -> Claims:
    """What a text says of the detail that a clause is about.

    Args:
        text: any.
        kind: sense and kind, of :data:`WORDINGS`.
        clause: the claim about it, of the generator, whose things are meant.
        named: whether only parts count that name the thing: where the text may be about another.
    """
    wording = WORDINGS[kind]
    thing = _pattern(_own(wording, clause))
    said: set[str] = set()
    denied: set[str] = set()
    loose = False
    for part in parts_of(text):
        if named and not thing.search(part):
            continue
        found = dict.fromkeys(_told(part, wording, clause))
        loose = loose or (None, True) in found
        known = [(value, yes) for value, yes in found if value is not None]
        if wording.more and len({value for value, _ in known}) > 1:
            loose = True  # a part that compares in two ways
            continue
        for value, yes in known:
            (said if yes else denied).add(value)
    return Claims(frozenset(said), frozenset(denied), loose)


def _told(part: str, wording: Wording, clause: str) -> Iterator[tuple[str | None, bool]]:
    """What a part says is so, or is not; (None, True) for what is no claim."""
    for value, start, end in _mentions(part, wording, clause):
        if part[start:end].casefold() == "right" and _correct(part, end):
            continue
        yes = None if value is None else asserted(part, start, end, spoken=wording.quoted)
        yield (None, True) if yes is None else (value, yes)


def _correct(part: str, end: int) -> bool:
    """Whether ``right`` says that something is correct."""
    alone = not re.search(r"\w", part.replace(part[end - 5 : end], ""))
    return alone or _CORRECT.search(part, 0, end + 3) is not None


class _Mention(NamedTuple):
    value: str | None
    start: int
    end: int


def _mentions(part: str, wording: Wording, clause: str) -> Iterator[_Mention]:
    """The words of a kind's table in a part, with what they say."""
    if wording.more:
        yield from _compared(part, wording, clause)
        return
    if wording.quoted:
        yield from _spoken(part, value_of(("audio", "word"), clause))
        return
    if wording.verbs and _IS.search(part) and not _pattern(wording.verbs).search(part):
        return
    nouns = _own(wording, clause)
    said = {way for ways in wording.values.values() for way in ways}
    others = _pattern([noun for noun in _NOUNS if noun not in nouns and noun not in said])
    own = _pattern(nouns)
    for value, ways in wording.values.items():
        for found in _pattern(ways).finditer(part):
            start, end = found.span()
            if wording.counts and found[0].casefold() == "one" and not own.match(part, end + 1):
                continue  # "the wrong one", "one of the"
            if wording.counts and _MEASURE.match(part, end):
                continue
            if _about(part, start, end, own, others):
                yield _Mention(value, start, end)


def _spoken(part: str, word: str) -> Iterator[_Mention]:
    """Words that a text says were spoken: in quotation marks, behind ``says``, and ``word``."""
    seen = set()
    for found in _SPOKEN.finditer(part):
        which = 1 if found[1] else 2
        seen.add(found.start(which))
        yield _Mention(found[which].lower(), *found.span(which))
    for found in _pattern([word]).finditer(part):
        if found.start() not in seen:
            yield _Mention(word, *found.span())


@lru_cache(1024)
def _compiled(words: tuple[str, ...]) -> re.Pattern[str]:
    alternatives = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
    return re.compile(rf"(?<![\w-])(?:{alternatives})(?![\w-])", re.IGNORECASE)


def _pattern(words: Sequence[str]) -> re.Pattern[str]:
    return _compiled(tuple(words) or ("\0",))


def _last(pattern: re.Pattern[str], text: str, end: int) -> int:
    """Where the last match before a place ends; -1: there is none."""
    return max((found.end() for found in pattern.finditer(text, 0, end)), default=-1)


def _about(
    part: str, start: int, end: int, nouns: re.Pattern[str], others: re.Pattern[str]
) -> bool:
    """Whether a word is about one's own thing: the noun behind it, else the last one before it."""
    behind = part[end:].lstrip()
    if nouns.match(behind):
        return True
    if others.match(behind):
        return False
    return _last(nouns, part, start) >= _last(others, part, start)


def _compared(part: str, wording: Wording, clause: str) -> Iterator[_Mention]:
    """Of two things, the one that comes first or is more."""
    things = _things(wording, clause)
    ways = {thing: _pattern(wording.values[thing]) for thing in things}
    named = _pattern([way for thing in things for way in wording.values[thing]])
    others = _pattern([
        noun for noun in _NOUNS if noun not in wording.about and not named.fullmatch(noun)
    ])  # fmt: skip
    words = [(one, True) for one in wording.more] + [(one, False) for one in wording.less]
    for word, first in words:
        for found in _pattern([word]).finditer(part):
            before = [
                (match.end(), thing)
                for thing, pattern in ways.items()
                for match in pattern.finditer(part, 0, found.start())
            ]
            end, subject = max(before, default=(-1, ""))
            behind_it = part[found.end() :].lstrip()
            if others.match(behind_it) or _last(others, part, found.start()) > end:
                continue  # about something else: "the lower square"
            if not subject and (word in wording.alone):
                behind = [
                    (match.start(), thing)
                    for thing, pattern in ways.items()
                    for match in pattern.finditer(part, found.end())
                ]
                subject = min(behind, default=(0, ""))[1]
            if not subject and not others.search(part):
                subject = wording.implied
            if not subject:
                yield _Mention(None, *found.span())
                continue
            value = subject if first else next(one for one in things if one != subject)
            yield _Mention(value, *found.span())
