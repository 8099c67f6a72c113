"""Clips to learn from, and to be examined on: a pure function of (seed, purpose, number).

Drawn as arrays from the kinds of the suite, never as files. What is seen and what is heard are
drawn apart and put together, so that a few thousand of each make millions of clips. The streams are
keyed by names of their own: no clip of a set is ever met in training, whatever the seeds.

Held out of training are details of certain inks, grounds and pitches: :func:`held_out`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from handeye.premise.asking.prompts import VARIANTS
from handeye.premise.items import AUDIO_FALSE, LETTERS, N_ROLES, VISION_FALSE, Item, Premise
from handeye.premise.scenes.families import LEAD
from handeye.premise.scenes.kinds import (
    CLOSE_FROM,
    DETAIL_FROM,
    N_SAMPLES,
    SIZE,
    STAGE,
    Detail,
)
from handeye.premise.scenes.plan import KINDS, QUERIES, SENSES, Sense
from handeye.premise.scoring.reading import options_of
from handeye.premise.scoring.signal import WORDS as TRUTHS
from handeye.premise.teaching.tile import film, spectrogram
from handeye.premise.teaching.words import answers, numbers
from handeye.sets.draw import Draw
from handeye.training.lesson import IGNORED, Label

Split = Literal["seen", "unseen"]


def _label(name: str, words: Iterable[str]) -> Label:
    told = tuple(words)
    return Label(name, len(told), words=told)


LABELS = (
    _label("seen", numbers("vision")),
    *(_label(name, query.options) for name, query in QUERIES["vision"].items()),
    _label("heard", numbers("audio")),
    _label("closing", (QUERIES["audio"][name].options[n] for name, n in answers("audio"))),
)
"""What the patches of either half tell: the claim that holds, and what a query asks for."""
_KEPT = 4096
_TRIES = 400
_HELD_INKS = ([72, 216, 224], [248, 144, 56])
_HELD_COLOURS = {("circle", "cyan"), ("square", "red"), ("triangle", "green")}
# Middles of ranges: what lies on both sides of them is seen, so that it is between and not beyond.
_HELD_SOUNDS: Mapping[str, tuple[str, int, int]] = {
    "beeps": ("hz", 980, 1080), "rhythm": ("hz", 380, 420), "order": ("flute", 360, 390),
    "side": ("hz", 1700, 1800), "timbre": ("hz", 300, 345), "loudness": ("hz", 200, 235),
}  # fmt: skip


def held_out(sense: Sense, kind: str, detail: Detail) -> bool:
    """Whether training never shows a detail: its ink or ground, its pitch, its word."""
    if sense == "vision":
        if kind == "colour":
            return (detail["shape"], detail["colour"]) in _HELD_COLOURS
        if kind == "pattern":
            return bool(detail["period"] == 20)
        if kind == "brightness":
            return bool(122 <= detail["ground"] <= 133)
        return detail["ink"] in _HELD_INKS
    if kind == "word":
        return bool(detail["word"] > "t")
    if kind in _HELD_SOUNDS:
        name, low, high = _HELD_SOUNDS[kind]
        return bool(low <= detail[name] <= high)
    hertz = detail["hz"]
    if kind == "noise":
        return bool(1150 <= (hertz[0] * hertz[1]) ** 0.5 <= 1240)
    return bool(300 <= min(hertz) <= 350)


@dataclass(frozen=True, slots=True)
class Half:
    """What one sense is given: a half of a tile, the claims of its pair, and what may be asked.

    Attributes:
        kind: of the detail.
        level: its number, from 0, the easiest.
        pixels: (128, 64, 3).
        claims: the one that holds, and its sibling.
        query: what is asked for.
        answer: its number.
    """

    kind: str
    level: int
    pixels: NDArray[np.uint8]
    claims: tuple[str, str]
    query: str
    answer: int


def draw_half(draw: Draw, sense: Sense, kinds: Sequence[str], levels: int, split: Split) -> Half:
    """One half of a clip.

    Args:
        draw: its stream.
        sense: whose it is.
        kinds: names, one of which is drawn.
        levels: how many of each kind's, from the easiest.
        split: whether its detail is one that training shows.
    """
    name = draw.pick(kinds)
    kind = KINDS[sense][name]
    level = draw.below(min(levels, len(kind.levels)))
    for _ in range(_TRIES):
        pair = kind.draw(draw, kind.levels[level])
        # Of a pair only one is shown; the other is as its sibling.
        if held_out(sense, name, pair[0]) == (split == "unseen"):
            break
    else:
        raise AssertionError(f"a detail of {name} is drawn within a few tries")
    query = QUERIES[sense][
        draw.pick([q.name for q in QUERIES[sense].values() if name not in q.near])
    ]
    answer = draw.below(4)
    shown, asked = kind.render(pair[0]), query.render(answer, draw)
    if sense == "vision":
        frames = np.empty((len(shown), SIZE, SIZE, 3), np.uint8)
        frames[:, :STAGE], frames[:, STAGE:] = shown, asked
        pixels = film(frames)
    else:
        samples = np.zeros((N_SAMPLES, 2), np.int16)
        samples[DETAIL_FROM : DETAIL_FROM + len(shown)] = shown
        samples[CLOSE_FROM : CLOSE_FROM + len(asked)] = asked
        pixels = spectrogram(samples)
    claims = kind.clause(pair[0]), kind.clause(pair[1])
    return Half(name, level, pixels, claims, query.name, answer)


@dataclass(frozen=True, slots=True)
class Question:
    """One question: what is asked, what is right, and how it came about.

    ``claims``: what it says of the clip, each with whether that is so.
    """

    text: str
    answer: str
    claims: tuple[tuple[str, bool], ...]
    sense: Sense | Literal["both"]
    variant: str
    premise: Premise
    item: Item
    order: tuple[int, ...]

    @property
    def asides(self) -> Sequence[tuple[int, str]]:
        """Whether each claim holds, and each option is the right one, after its last word."""
        found, place = [], 0
        for claim, holds in self.claims:
            # In a statement the first letter is a capital.
            place = self.text.index(claim[1:], place) + len(claim) - 1
            found.append((place, TRUTHS[not holds]))
        if self.variant == "six":
            options = options_of(self.item)
            for role in self.order:
                place = self.text.index(f". {options[role]}", place) + len(options[role]) + 2
                found.append((place, TRUTHS[role != self.item.gold]))
        return found


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip as a tile, and the questions about it.

    ``hidden`` senses are white in the tile.
    """

    halves: Mapping[Sense, Half]
    questions: tuple[Question, ...]
    hidden: frozenset[Sense] = frozenset()

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """The tile, (128, 128, 3)."""
        parts = [
            np.full_like(self.halves[sense].pixels, 255)
            if sense in self.hidden
            else self.halves[sense].pixels
            for sense in SENSES
        ]
        return np.concatenate(parts, 1)

    def patch_labels(self, patches: int) -> NDArray[np.int64]:
        """What the patches of either half tell: :data:`LABELS`."""
        out = np.full((patches, patches, len(LABELS)), IGNORED, np.int64)
        half = patches // 2
        seen, heard = (self.halves[sense] for sense in SENSES)
        out[:, :half, 0] = numbers("vision")[seen.claims[0]]
        place = 1 + list(QUERIES["vision"]).index(seen.query)
        out[:, :half, place] = seen.answer
        out[:, half:, -2] = numbers("audio")[heard.claims[0]]
        out[:, half:, -1] = answers("audio")[heard.query, heard.answer]
        return out.reshape(-1, len(LABELS))

    def blanked(self) -> Clip:
        """Neither seen nor heard."""
        return replace(self, hidden=frozenset(SENSES))


def clip_of(halves: Mapping[Sense, Half], draw: Draw, wanted: Mapping[str, Any]) -> Clip:
    """Ask about two halves.

    Args:
        halves: by sense.
        draw: of orders and premises.
        wanted: ``truth``: how many statements of each sense, one or both of its pair;
            ``six``: how many questions with six options of each sense; ``two``: whether one names
            both details; ``false_share``: of these, how many have a false premise; None: every
            second one, and of two premises one in two of three.
    """
    found: list[Question] = []
    share = wanted["false_share"]
    for sense in SENSES:
        half = halves[sense]
        found += [
            _asked(halves, sense, [(half.claims[which], not which)], "true-false", draw)
            for which in draw.sample(2, wanted["truth"])
        ]
        for number in range(wanted["six"]):
            which = number % 2 if share is None else int(draw.unit() < share)
            found.append(_asked(halves, sense, [(half.claims[which], not which)], "six", draw))
    if wanted["two"]:
        asked = draw.pick(SENSES)
        false = draw.pick(SENSES) if draw.unit() < (2 / 3 if share is None else share) else None
        claims = [(halves[sense].claims[sense == false], sense != false) for sense in SENSES]
        found.append(_asked(halves, asked, claims, "six", draw))
    return Clip(halves, tuple(found))


def _asked(
    halves: Mapping[Sense, Half],
    sense: Sense,
    claims: Sequence[tuple[str, bool]],
    variant: str,
    draw: Draw,
) -> Question:
    """A question of a sense, which says one thing of it, or one of each sense."""
    half = halves[sense]
    query = QUERIES[sense][half.query]
    senses = (sense,) if len(claims) == 1 else SENSES
    rejects = dict(zip(SENSES, (VISION_FALSE, AUDIO_FALSE), strict=True))
    false = [rejects[one] for one, (_, holds) in zip(senses, claims, strict=True) if not holds]
    gold = false[0] if false else half.answer
    said = " and ".join(claim for claim, _ in claims)
    item = Item(
        item_id="",
        scene_id="",
        clip_id="",
        modality=sense if len(claims) == 1 else "both",
        premise="misleading" if false else "standard",
        question=f"{LEAD}{said}. {query.text}",
        options=query.options,
        gold=gold,
        kind=half.kind,
        statement=f"{said[0].upper()}{said[1:]}.",
    )
    order = tuple(draw.shuffled(range(N_ROLES)))
    answer = TRUTHS[bool(false)] if variant == "true-false" else LETTERS[order.index(gold)]
    text = VARIANTS[variant].write(item, order)
    return Question(text, answer, tuple(claims), item.modality, variant, item.premise, item, order)


@lru_cache(maxsize=2 * _KEPT)
def training_half(seed: int, sense: Sense, kinds: str, levels: int, number: int) -> Half:
    """Half ``number`` of a training; the last few thousand are remembered."""
    draw = Draw(seed, "small-premise", "training", sense, number)
    return draw_half(draw, sense, kinds.split(","), levels, "seen")


def examined_clip(seed: int, split: Split, number: int, levels: int = 3) -> Clip:
    """Clip ``number`` of an examination: kinds in turn, every form of question, true and false."""
    halves: dict[Sense, Half] = {}
    for sense in SENSES:
        names = list(KINDS[sense])
        draw = Draw(seed, "small-premise", f"examination-{split}", sense, number)
        halves[sense] = draw_half(draw, sense, [names[number % len(names)]], levels, split)
    draw = Draw(seed, "small-premise", f"examination-{split}", "asked", number)
    return clip_of(halves, draw, {"truth": 2, "six": 2, "two": True, "false_share": None})
