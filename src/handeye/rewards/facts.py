"""Facts about a picture: their grammar, whether a scene bears them out, programs over them.

A text is facts with ``;`` or a new line between them. A fact is a thing that is there, with all
that is said of it; how two things lie to each other; or that there is no such thing:

    circle colour=red x=left
    star left-of ring colour=blue
    no cross

A thing is a name and ``key=value`` pairs; a relation is a word without ``=`` between two things.
Case is of no account, nor are blanks around ``=``. Nothing else is a fact: no prose, no list of
possible values.

Things have no numbers: every fact about a thing claims one more of them, so three circles are
three facts, and what is said of one thing stands in one fact. A scene is closed: what it does not
list is not so. Its relations hold from either end (:data:`INVERSES`).

A program is what a question does with facts:

    count circle                        how many are stated
    whether circle colour=blue          yes or no
    colour of star larger-than star     the value of a key
    relation of star to ring            the relation that is stated

The value of a key is looked for in the fact that relates the thing; where that does not tell it, in
facts about a thing of which all is said that it says: ``star x=left larger-than star; star x=left
colour=red``.

It knows only what is stated. Absence has to be stated, too: without ``no circle``, no facts about
circles are no answer to how many there are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from handeye.answer_kinds.reading import placed
from handeye.errors import DataError

INVERSES = {
    "left-of": "right-of",
    "above": "below",
    "larger-than": "smaller-than",
    "in-front-of": "behind",
    "inside": "around",
    "touches": "touches",
}
"""Relations and what they are seen from the other end; others have no inverse."""
MOST = 256
"""Facts of a text that are read; of a text with more none is."""
LONGEST = 200
"""Characters of a fact."""
_BACK = {inverse: own for own, inverse in INVERSES.items() if inverse != own}
_BOTH = {**INVERSES, **_BACK}
_WORD = re.compile(r"[^\W\d_][\w-]{0,39}")
_VALUE = re.compile(r"[\w.+-]{1,40}")
# Words of sentences: "circle is red" is prose and no relation of two things.
_PROSE = frozenset(
    word
    for line in (
        "a an the and or but not no is are was were be been being am has have had does do did will",
        "would shall should can could may might must maybe perhaps probably possibly likely there",
        "here it its this that these those i we you he she they in on at of to with as if so thus",
        "then than because also either neither both any every all some none nothing only very",
        "answer answers option options choice count click done submit",
    )
    for word in line.split()
)
_EQUALS = re.compile(r"\s{0,9}=\s{0,9}")
_PARTS = re.compile(r"[^;\n]+")


class Thing(NamedTuple):
    """A thing as it is described: its name, and what is said of it by key."""

    name: str
    said: frozenset[tuple[str, str]] = frozenset()

    def fits(self, other: Thing) -> bool:
        """Whether all that is said of ``other`` is said of this one."""
        return self.name == other.name and other.said <= self.said

    def __str__(self) -> str:
        return " ".join([self.name, *(f"{key}={value}" for key, value in sorted(self.said))])


class Fact(NamedTuple):
    """One fact; ``relation`` and ``other`` are None where it is about one thing alone."""

    thing: Thing
    relation: str | None = None
    other: Thing | None = None
    denied: bool = False

    @property
    def sort(self) -> tuple[bool, str, str]:
        """What two facts must share for one to follow from the other."""
        return self.denied, self.relation or "", self.thing.name

    @property
    def size(self) -> int:
        """How much it says, to compare it by: of two denials the one with fewer words says more."""
        words = len(self.thing.said) + (0 if self.other is None else 2 + len(self.other.said))
        return -words if self.denied else words

    def follows(self, known: Fact) -> bool:
        """Whether it is true if ``known`` is: it says less of the same, or denies less."""
        if self.denied != known.denied or self.relation != known.relation:
            return False
        for first, second in known._ends():
            pairs = [(first, self.thing)]
            if second is not None and self.other is not None:
                pairs.append((second, self.other))
            # Who denies a thing of which less is said denies more.
            if all(own.fits(one) if self.denied else one.fits(own) for one, own in pairs):
                return True
        return False

    def _ends(self) -> Iterator[tuple[Thing, Thing | None]]:
        yield self.thing, self.other
        if self.other is not None and self.relation == _BOTH.get(self.relation or ""):
            yield self.other, self.thing

    def __str__(self) -> str:
        words = ["no"] * self.denied + [str(self.thing)]
        if self.relation is not None:
            words += [self.relation, str(self.other)]
        return " ".join(words)


class Stated(NamedTuple):
    """A part of a text: where it stands, and the fact that it is; None where it is none."""

    text: str
    start: int
    end: int
    fact: Fact | None


def read(text: str) -> Fact | None:
    """The fact that a text is; None where it is none."""
    found = _turned(text)
    return None if found is None else found[0]


def _turned(text: str) -> tuple[Fact, bool] | None:
    """The fact that a text is, and whether it is told from the other end than in the text."""
    if len(text) > LONGEST:
        return None
    words = _EQUALS.sub("=", text.casefold()).split()
    denied = words[:1] == ["no"]
    things: list[Thing] = []
    relation = None
    rest = words[denied:]
    while rest:
        name, *rest = rest
        said: dict[str, str] = {}
        while rest and "=" in rest[0]:
            key, _, value = rest.pop(0).partition("=")
            if key in said or not (_WORD.fullmatch(key) and _VALUE.fullmatch(value)):
                return None
            said[key] = value
        if len(things) == 2 or name in _PROSE or not _WORD.fullmatch(name):
            return None
        things.append(Thing(name, frozenset(said.items())))
        if rest and relation is None:
            relation = rest.pop(0)
            if relation in _PROSE or not _WORD.fullmatch(relation) or not rest:
                return None
    if not things or (relation is None) != (len(things) == 1):
        return None
    if relation is None:
        return Fact(things[0], denied=denied), False
    first, second = things
    turned = relation in _BACK or (_BOTH.get(relation) == relation and str(second) < str(first))
    if turned:
        relation, first, second = _BACK.get(relation, relation), second, first
    return Fact(first, relation, second, denied), turned


def stated(text: str) -> list[Stated]:
    """What a text states, part by part, in its order; blank parts are left out."""
    out = []
    for found in _PARTS.finditer(text):
        part = found[0].strip()
        if part:
            start = found.start() + found[0].index(part[0])
            out.append(Stated(part, start, start + len(part), read(part)))
    return out


@lru_cache(maxsize=8192)
def scene(facts: tuple[str, ...]) -> tuple[Fact, ...]:
    """What is true of a picture.

    Raises:
        DataError: one of them is no fact.
    """
    out = []
    for text in facts:
        fact = read(text)
        if fact is None:
            raise DataError(f"{text!r} is no fact; one reads: circle colour=red, or: no circle")
        out.append(fact)
    return tuple(out)


# ---- what a scene bears out


def founded(said: Sequence[Fact], true: Sequence[Fact]) -> list[bool]:
    """Which of some facts a scene bears out, each fact of the scene one of them at most.

    As many as can be, those that say most first, so that neither saying a fact twice nor saying
    less of it in several ways gains anything. Facts weigh on one side of the matching alone, so
    taking them in order of weight, each with an augmenting path, is the best there is (transversal
    matroid; Edmonds and Fulkerson 1965, J. Res. Natl. Bur. Stand. 69B:147).

    Args:
        said: in any order, which has no influence.
        true: the scene's.

    Returns:
        One for each of ``said``.
    """
    by_sort: dict[tuple[bool, str, str], list[int]] = {}
    for place, fact in enumerate(true):
        for name in {fact.thing.name, *(() if fact.other is None else (fact.other.name,))}:
            by_sort.setdefault((fact.denied, fact.relation or "", name), []).append(place)
    reach = [
        [place for place in by_sort.get(fact.sort, ()) if fact.follows(true[place])]
        for fact in said
    ]
    out = [False] * len(said)
    taken: dict[int, int] = {}
    held: dict[int, int] = {}
    lost: set[Fact] = set()
    for at in sorted(range(len(said)), key=lambda at: (-said[at].size, str(said[at]))):
        # What found no place finds none a second time.
        if said[at] in lost:
            continue
        out[at] = placed(at, reach, taken, held)
        if not out[at]:
            lost.add(said[at])
    return out


def covered(needed: Sequence[Fact], said: Sequence[Fact]) -> int:
    """How many of the needed facts follow from what is said, each fact said for one at most."""
    return sum(founded(needed, said))


def contradictions(said: Iterable[Fact], true: Sequence[Fact]) -> set[int]:
    """Places of facts that take back another one of the same text.

    What is stated and denied; a relation that is stated in both directions; a key with two values
    for a thing of which the scene has only one.
    """
    facts = list(said)
    out: set[int] = set()
    denials = [(at, fact) for at, fact in enumerate(facts) if fact.denied]
    single = _single(true)
    values: dict[tuple[str, str], dict[str, int]] = {}
    relations: dict[tuple[str, Thing, Thing], int] = {}
    for at, fact in enumerate(facts):
        if fact.denied:
            continue
        for place, denial in denials:
            ends = [end for end in (fact.thing, fact.other) if end is not None]
            gone = denial.relation is None and any(end.fits(denial.thing) for end in ends)
            if gone or denial._replace(denied=False).follows(fact):
                out |= {at, place}
        if fact.relation is not None and fact.other is not None:
            relations[fact.relation, fact.thing, fact.other] = at
            back = relations.get((fact.relation, fact.other, fact.thing), at)
            if back != at and _BOTH.get(fact.relation) != fact.relation:
                out |= {at, back}
        for thing in (fact.thing, fact.other):
            if thing is None or thing.name not in single:
                continue
            for key, value in thing.said:
                known = values.setdefault((thing.name, key), {})
                known.setdefault(value, at)
                if len(known) > 1:
                    out |= set(known.values())
    return out


def _single(true: Sequence[Fact]) -> set[str]:
    names = [fact.thing.name for fact in true if fact.relation is None and not fact.denied]
    return {name for name in names if names.count(name) == 1}


# ---- programs

ABSENT = "absent"
"""What a program gives where it is stated that there is no such thing."""


@dataclass(frozen=True, slots=True)
class Program:
    """What a question does with facts.

    Attributes:
        verb: ``count``, ``whether``, ``of`` or ``relation``.
        fact: what it is about.
        key: whose value is asked for, where the verb is ``of``.
        other: whether it is asked for of the thing that the fact has in the second place.
    """

    verb: str
    fact: Fact
    key: str = ""
    other: bool = False

    def __call__(self, said: Iterable[Fact]) -> str | None:
        """What follows from the facts alone, whether they are true or not.

        Returns:
            A number, ``yes`` or ``no``, a value, a relation, :data:`ABSENT`; None where they do not
            tell, or tell several.
        """
        facts = list(said)
        there = [fact for fact in facts if not fact.denied]
        gone = [fact for fact in facts if fact.denied]
        ends = [self.fact.thing, *([] if self.fact.other is None else [self.fact.other])]
        absent = any(no.relation is None and end.fits(no.thing) for no in gone for end in ends)
        if self.verb == "relation":
            return _only(set(self._between(there)), absent)
        found = [fact for fact in there if self.fact.follows(fact)]
        if self.verb == "count":
            return str(len(found)) if found else "0" if absent else None
        if self.verb == "whether":
            if self.fact.relation is not None and absent:
                return None if found else ABSENT
            denied = absent or any(self.fact._replace(denied=True).follows(no) for no in gone)
            return None if bool(found) == denied else "yes" if found else "no"
        asked = (thing for fact in found for thing in self._asked(fact))
        return _only({value for thing in asked for value in self._values(thing, there)}, absent)

    def _asked(self, fact: Fact) -> Iterator[Thing]:
        """The things of a fact whose value is asked for: seen from both ends there may be two."""
        one, two = self.fact.thing, self.fact.other
        for first, second in fact._ends():
            if two is None or second is None:
                yield first
            elif first.fits(one) and second.fits(two):
                yield second if self.other else first

    def _values(self, thing: Thing, there: Iterable[Fact]) -> set[str]:
        """The key's values that are stated of a thing: where it is related, else of its like."""
        own = _under(self.key, thing)
        if own or self.fact.relation is None or not thing.said:
            return own
        alone = (fact.thing for fact in there if fact.relation is None)
        return {value for one in alone if one.fits(thing) for value in _under(self.key, one)}

    def _between(self, there: Iterable[Fact]) -> Iterator[str]:
        one, two = self.fact.thing, self.fact.other
        assert two is not None
        for fact in there:
            if fact.relation is None or fact.other is None:
                continue
            if fact.thing.fits(one) and fact.other.fits(two):
                yield fact.relation
            elif fact.other.fits(one) and fact.thing.fits(two) and fact.relation in _BOTH:
                yield _BOTH[fact.relation]


def _under(key: str, thing: Thing) -> set[str]:
    return {value for name, value in thing.said if name == key}


def _only(values: set[str], absent: bool) -> str | None:
    if absent:
        return None if values else ABSENT
    return values.pop() if len(values) == 1 else None


@lru_cache(maxsize=8192)
def program(text: str) -> Program:
    """A program from its words.

    Raises:
        DataError: it is none.
    """
    verb, _, rest = text.strip().partition(" ")
    if verb in ("count", "whether"):
        fact = read(rest)
        if fact is not None and not fact.denied:
            return Program(verb, fact)
    elif verb == "relation" and rest.startswith("of "):
        one, _, two = rest.removeprefix("of ").partition(" to ")
        first, second = read(one), read(two)
        if first and second and not (first.denied or second.denied or first.other or second.other):
            return Program("relation", Fact(first.thing, "", second.thing))
    elif rest.startswith("of ") and _WORD.fullmatch(verb):
        found = _turned(rest.removeprefix("of "))
        if found is not None and not found[0].denied:
            return Program("of", found[0], verb.casefold(), found[1])
    raise DataError(
        f"{text!r} is no program; one reads: count circle; whether circle colour=blue; "
        "colour of star; relation of star to ring"
    )


def as_text(facts: Iterable[Fact | str]) -> str:
    """Facts as one text."""
    return "; ".join(map(str, facts))
