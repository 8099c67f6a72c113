"""What a set is to hold: options -> groups, families in turn, levels and cues dealt.

A group is a pure function of (seed, split, family, its number within the family); what other
families or groups there are leaves no trace in it. Within a family each level comes once in every
round, and in as many groups as there are kinds of cues each kind twice, paired with others in turn.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from handeye.errors import LARGEST_SEED, OptionError, allowed, refuse_twice, within
from handeye.sets.blocks import MOST
from handeye.sets.draw import Draw
from handeye.stress.items import BY_DEFAULT, CUES, FAMILIES, Cue, Family
from handeye.stress.scenes.drawing import STAGE
from handeye.stress.scenes.families import FEWER, N_LEVELS, OWN
from handeye.stress.scenes.groups import Order
from handeye.stress.scenes.wording import kinds_of

MOST_GROUPS = MOST // 10
SMALLEST, LARGEST = 112, 2016
"""Sides of a picture in pixels."""
MOST_THINGS = 12
"""Of a picture, where they are told: so many always find room."""
IN_TURN = "two"
"""Two kinds of cues a group, dealt in turn."""
_DEALT = 2
# It stands in names of files, in ids and in the card.
_LONGEST_SPLIT = 40
_SPLIT = re.compile(rf"\w[\w.-]{{0,{_LONGEST_SPLIT - 1}}}")


@dataclass(frozen=True, slots=True)
class SetOptions:
    """Checked options of a set.

    Attributes:
        seed: 0..2^63-1.
        groups: how many.
        families: those that are asked, in turn.
        cues: kinds that every group is asked under where its family has them; None: two in turn.
        level: only this one; None: all in turn.
        size: side of the pictures in pixels.
        split: name of the split.
        things: fewest and most in a picture; None: as many as its family has.
    """

    seed: int
    groups: int
    families: tuple[Family, ...]
    cues: tuple[Cue, ...] | None
    level: int | None
    size: int
    split: str
    things: tuple[int, int] | None = None

    def record(self) -> dict[str, Any]:
        """The options in JSON form."""
        return {
            "seed": self.seed,
            "groups": self.groups,
            "families": list(self.families),
            "cues": IN_TURN if self.cues is None else list(self.cues) or "none",
            "level": self.level,
            "size": self.size,
            "split": self.split,
            # Sets of before are those of today: they say nothing of it.
            **({} if self.things is None else {"things": ":".join(map(str, self.things))}),
        }


def plan_set(
    seed: int,
    groups: int = 60,
    families: Sequence[str] | str | None = None,
    cues: Sequence[str] | str | None = None,
    level: int | None = None,
    size: int = STAGE,
    split: str = "test",
    things: str | None = None,
) -> SetOptions:
    """Check the options of a set; arguments are those of :func:`generate`.

    Raises:
        OptionError: one is out of range, or a family or cue is unknown.
    """
    within("seed", seed, 0, LARGEST_SEED)
    within("groups", groups, 1, MOST_GROUPS)
    within("size", size, SMALLEST, LARGEST)
    if level is not None:
        within("level", level, 1, N_LEVELS)
    if not _SPLIT.fullmatch(split) or split == "all":
        raise OptionError(
            "split must be a name such as test or dev (letters and digits, _, - and . within; at "
            f"most {_LONGEST_SPLIT}), got {split[: _LONGEST_SPLIT + 1]!r}"
        )
    asked = BY_DEFAULT if families is None else _chosen("families", families, FAMILIES)
    kinds = tuple(cue for cue in CUES if cue)
    words = cues.strip() if isinstance(cues, str) else cues
    given: tuple[Cue, ...] | None
    if words is None or words == IN_TURN:
        given = None
    elif words == "all" or words == "none":
        given = kinds if words == "all" else ()
    else:
        given = _chosen("cues", words, kinds)
    room = None if things is None else _things(things, asked)
    return SetOptions(seed, groups, asked, given, level, size, split, room)


def _things(text: str, families: Sequence[Family]) -> tuple[int, int]:
    """Fewest and most things of a picture.

    Raises:
        OptionError: no such range, or a family has other numbers of its own.
    """
    try:
        low, high = (int(part) for part in text.split(":"))
    except (ValueError, AttributeError):
        raise OptionError(f"things must read LOW:HIGH, for example 3:5; got {text!r}") from None
    if not 1 <= low <= high <= MOST_THINGS:
        raise OptionError(f"things must satisfy 1 <= LOW <= HIGH <= {MOST_THINGS}; got {text}")
    for family in families:
        if high < OWN[family]:
            raise OptionError(
                f"things: a picture of {family} has {OWN[family]} at the least, and {text} allows "
                f"{high}"
            )
        if family in FEWER and low == high:
            raise OptionError(
                f"things: of two pictures of {family} one has a thing less; give two numbers, such "
                f"as {low}:{high + 1}"
            )
    return low, high


def _chosen(name: str, given: Sequence[str] | str, known: Sequence[Any]) -> tuple[Any, ...]:
    """Names of a list, in the order in which they are known."""
    words = given.split(",") if isinstance(given, str) else given
    wanted = [word for one in words if (word := one.strip())]
    refuse_twice(name, wanted)
    for word in wanted:
        if word not in known:
            raise OptionError(f"{name}: {word!r} is not known{allowed(word, known)}")
    if not wanted:
        raise OptionError(f"{name}: none is named; there are: {', '.join(known)}")
    return tuple(one for one in known if one in wanted)


def plan_groups(options: SetOptions) -> list[Order]:
    """All groups of a set, in order: families take turns."""
    many = len(options.families)
    return [
        group_order(options, options.families[index % many], index // many)
        for index in range(options.groups)
    ]


def group_order(options: SetOptions, family: Family, number: int) -> Order:
    """The group of a family by its number within the family, from 0."""
    key = (options.seed, options.split, family)
    level = options.level or _dealt(Draw(*key, "levels", number // N_LEVELS), number)
    kinds = kinds_of(family)
    if options.cues is None:
        deck = Draw(*key, "cues").shuffled(kinds)
        first, turn = number % len(deck), number // len(deck)
        second = (first + 1 + turn % (len(deck) - 1)) % len(deck)
        cues = tuple(cue for cue in kinds if cue in (deck[first], deck[second]))
    else:
        cues = tuple(cue for cue in kinds if cue in options.cues)
    return Order(family, number, level, cues, options.things)


def _dealt(draw: Draw, number: int) -> int:
    """Levels in rounds, each round in another order."""
    return draw.shuffled(range(1, N_LEVELS + 1))[number % N_LEVELS]
