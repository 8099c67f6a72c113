"""What a set is to hold: options -> families, dealt so that nothing in a text tells an answer.

Families come in runs of four that share their kinds and queries. Within a run each of the four
answers of a query is right once, so that a text says as little of the answer as a die with four
sides. Where a set has fewer families than four for each kind, a run is one family long and
answers are dealt in turn over all that ask the same. Runs are laid out so that the first families
of a set are of as many kinds as can be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, get_args

from handeye.errors import LARGEST_SEED, OptionError, allowed, refuse_twice, within
from handeye.premise.items import N_ROLES
from handeye.premise.scenes.kinds import Kind, Query
from handeye.premise.scenes.sound import AUDIO, QUERIES as CLOSING_SOUNDS
from handeye.premise.scenes.vision import QUERIES as BADGES, VISION
from handeye.sets.blocks import MOST
from handeye.sets.draw import Draw

Media = Literal["video", "picture+sound", "picture", "sound"]
MEDIA_CHOICES: tuple[Media, ...] = get_args(Media)
Sense = Literal["vision", "audio"]
SENSES: tuple[Sense, ...] = get_args(Sense)
KINDS: Mapping[Sense, Mapping[str, Kind]] = {"vision": VISION, "audio": AUDIO}
QUERIES: Mapping[Sense, Mapping[str, Query]] = {"vision": BADGES, "audio": CLOSING_SOUNDS}
MOST_FAMILIES = MOST // 10
"""Most of a set; the plan of more would take gigabytes."""
RUN = 4
"""Families of a run, as many as a query has answers."""
# Each row once behind every other: the first row of Williams' square of six (Aust. J. Sci. Res. A
# 2 (1949) 149); the others add 1 to 5.
_WILLIAMS = (0, 1, 5, 2, 4, 3)


@dataclass(frozen=True, slots=True)
class Part:
    """What one sense of a family is about: names of a kind and a query, level, right answer."""

    kind: str
    level: float
    query: str
    answer: int


@dataclass(frozen=True, slots=True)
class FamilyOrder:
    """One family to be made.

    Attributes:
        index: in the set, from 0.
        parts: by sense, those that the media of the set carry.
        two: the sense whose query the two-premise question asks; empty where there is none.
        orders: roles by position of every prompt (``v0``, ``v1``, ``a0``, ``a1``, ``b``).
    """

    index: int
    parts: Mapping[Sense, Part]
    two: Sense | Literal[""]
    orders: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class SetOptions:
    """Checked options of a set.

    Attributes:
        seed: 0..2^63-1.
        families: how many.
        media: what the files are.
        kinds: names by sense, in the order of their definition.
        level: only this one of every kind, 1 for the easiest; None: all in turn.
        split: name of the split.
    """

    seed: int
    families: int
    media: Media
    kinds: Mapping[Sense, tuple[str, ...]]
    level: int | None
    split: str

    @cached_property
    def senses(self) -> tuple[Sense, ...]:
        """The senses that the media carry, and questions are about."""
        return tuple(sense for sense in SENSES if self.kinds[sense])

    def record(self) -> dict[str, Any]:
        """The options in JSON form."""
        return {
            "seed": self.seed,
            "families": self.families,
            "media": self.media,
            "kinds": {sense: list(names) for sense, names in self.kinds.items()},
            "level": self.level,
            "split": self.split,
        }


def plan_set(
    seed: int,
    families: int,
    media: str,
    kinds: Sequence[str] | str | None,
    level: int | None,
    split: str,
) -> SetOptions:
    """Check the options of a set.

    Raises:
        OptionError: one is out of range, a kind is unknown or not carried by the media, or none is
            left for a sense.
    """
    within("seed", seed, 0, LARGEST_SEED)
    within("families", families, 1, MOST_FAMILIES)
    if media not in MEDIA_CHOICES:
        raise OptionError(f"media {media!r} is not known{allowed(media, MEDIA_CHOICES)}")
    if not split.strip() or split == "all" or any(sign in split for sign in "/\\\n\0"):
        raise OptionError(f"split must be a name such as test or dev, got {split!r}")
    words = kinds.split(",") if isinstance(kinds, str) else kinds
    wanted = None if words is None else [name for word in words if (name := word.strip())]
    chosen = {sense: _carried(sense, media, wanted) for sense in SENSES}
    if wanted is not None:
        refuse_twice("kinds", wanted)
        known = {name for found in KINDS.values() for name in found}
        for name in wanted:
            if name not in known:
                raise OptionError(f"kind {name!r} is not known{allowed(name, sorted(known))}")
            if not any(name in names for names in chosen.values()):
                raise OptionError(f"kind {name!r} cannot be shown with media {media}")
    for sense, medium in (("vision", "sound"), ("audio", "picture")):
        if media != medium and not chosen[sense]:  # type: ignore[index]
            raise OptionError(
                f"kinds leave nothing of {sense}; name at least one of: "
                f"{', '.join(_carried(sense, media, None))}"  # type: ignore[arg-type]
            )
    if level is not None:
        found = [KINDS[sense][name] for sense, names in chosen.items() for name in names]
        within("level", level, 1, min(len(kind.levels) for kind in found))
    return SetOptions(seed, families, media, chosen, level, split)


def _carried(sense: Sense, media: str, wanted: Sequence[str] | None) -> tuple[str, ...]:
    """Kinds of a sense that the media carry, those that are wanted."""
    if media == ("sound" if sense == "vision" else "picture"):
        return ()
    return tuple(
        name
        for name, kind in KINDS[sense].items()
        if (media == "video" or "motion" not in kind.needs) and (wanted is None or name in wanted)
    )


def family_name(split: str, index: int) -> str:
    """The id of a family."""
    return f"{split}-{index:04d}"


def prompts_of(senses: Sequence[Sense]) -> tuple[str, ...]:
    """The prompts of a family: of each sense that of either detail, and the one that names both."""
    single = tuple(f"{sense[0]}{number}" for sense in senses for number in range(2))
    return (*single, "b") if len(senses) == 2 else single


def sense_of(prompt: str, two: str) -> Sense:
    """The sense whose query a prompt asks; ``two`` is that of the one that names two details."""
    return "vision" if (two if prompt == "b" else prompt)[0] == "v" else "audio"


def plan_families(options: SetOptions) -> list[FamilyOrder]:
    """All families of a set, in order."""
    most = max(len(names) for names in options.kinds.values())
    length = RUN if options.families >= RUN * most else 1
    runs = -(-options.families // length)
    deals = {sense: _Deal(options, sense, runs, length) for sense in options.senses}
    asked = _deal(Draw(options.seed, options.split, "two"), options.senses)
    twos = [next(asked) for _ in range(runs)]
    squares = _Squares(options)
    out: list[FamilyOrder] = []
    for index in range(options.families):
        turn, run = divmod(index, runs)
        parts = {sense: deal.part(run, turn) for sense, deal in deals.items()}
        both = len(parts) == 2
        two: Sense | Literal[""] = twos[run] if both else ""
        orders = {
            prompt: squares.row(prompt[0], parts[sense_of(prompt, two)].answer)
            for prompt in prompts_of(options.senses)
        }
        out.append(FamilyOrder(index, parts, two, orders))
    return out


class _Deal:
    """Deals kinds, levels, queries and answers of one sense."""

    def __init__(self, options: SetOptions, sense: Sense, runs: int, length: int) -> None:
        def draw(*what: str) -> Draw:
            return Draw(options.seed, options.split, "plan", sense, *what)

        kinds = _deal(draw("kinds"), options.kinds[sense])
        queries = _deal(draw("queries"), tuple(QUERIES[sense].values()))
        put_back: list[Query] = []
        self._kinds: list[str] = []
        self._queries: list[str] = []
        for _ in range(runs):
            kind = next(kinds)
            query = next((q for q in put_back if kind not in q.near), None)
            if query is None:
                while kind in (query := next(queries)).near:
                    put_back.append(query)
            else:
                put_back.remove(query)
            self._kinds.append(kind)
            self._queries.append(query.name)
        self._levels: dict[str, Iterator[float]] = {}
        for name in options.kinds[sense]:
            levels, only = KINDS[sense][name].levels, options.level
            levels = levels if only is None else levels[only - 1 : only]
            self._levels[name] = _deal(draw("levels", name), levels)
        answers = {name: _deal(draw("answers", name), range(RUN)) for name in QUERIES[sense]}
        self._answers = [[next(answers[query]) for _ in range(length)] for query in self._queries]

    def part(self, run: int, turn: int) -> Part:
        """The part of the family that comes ``turn`` in its run; asked in the order of the set."""
        kind = self._kinds[run]
        return Part(kind, next(self._levels[kind]), self._queries[run], self._answers[run][turn])


class _Squares:
    """Orders of options.

    In every six prompts of a sense with one answer, each role stands once at every position, and
    once behind every other role. In every six prompts that name two details, so do the right
    content, the contents that come one, two and three behind it, and both rejections.
    """

    def __init__(self, options: SetOptions) -> None:
        self._options = options
        self._rows: dict[tuple[str, int], Iterator[tuple[int, ...]]] = {}

    def row(self, what: str, answer: int) -> tuple[int, ...]:
        """The next order of prompts about ``what`` whose right content is ``answer``."""
        stream = (what, answer if what != "b" else 0)
        row = next(self._rows.setdefault(stream, self._endless(*stream)))
        shift = answer - stream[1]
        return tuple((role + shift) % RUN if role < RUN else role for role in row)

    def _endless(self, what: str, answer: int) -> Iterator[tuple[int, ...]]:
        draw = Draw(self._options.seed, self._options.split, "orders", what, answer)
        while True:
            roles = draw.shuffled(range(N_ROLES))
            for number in draw.shuffled(range(N_ROLES)):
                yield tuple(roles[(place + number) % N_ROLES] for place in _WILLIAMS)


def _deal(draw: Draw, cards: Iterable[Any]) -> Iterator[Any]:
    """Cards in rounds, each round in another order."""
    deck = tuple(cards)
    while True:
        yield from draw.shuffled(deck)
