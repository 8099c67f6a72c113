"""A family: a visual detail and its sibling, a sound and its sibling, and all that is asked.

The clips of a family are ``FAMILY-00``, ``-10``, ``-01`` and ``-11``: the first figure says which
visual detail is shown, the second which sound is heard. Nothing else differs. Every prompt that
names a detail is asked of every clip, so it is true of half of them, whatever it says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from handeye.premise.items import AUDIO_FALSE, FALSE_OF, VISION_FALSE, Item, Premise
from handeye.premise.scenes.kinds import (
    CLOSE_FROM,
    DETAIL_FROM,
    N_SAMPLES,
    SIZE,
    STAGE,
    Detail,
    Kind,
    Query,
)
from handeye.premise.scenes.plan import (
    KINDS,
    QUERIES,
    SENSES,
    FamilyOrder,
    Media,
    Sense,
    family_name,
    prompts_of,
    sense_of,
)
from handeye.sets.draw import Draw

FILES = {"video": "videos/{}.mp4", "picture": "pictures/{}.png", "sound": "sounds/{}.wav"}
"""Paths of media inside a set."""
LEAD = "In this clip, "
"""What every question begins with, before its premise."""


class Shown(msgspec.Struct, frozen=True):
    """What a clip of a family shows or lets hear of one sense, as it stands in ``meta``.

    Attributes:
        kind: of the detail.
        level: how far it lies from its sibling.
        details: it and its sibling; which of them a clip has says ``meta["here"]``.
        clauses: what is said of either.
        query: what is asked for.
        answer: its number among the query's options.
        rest: seed, split and number of the family, from which all that is not asked for is drawn.
    """

    kind: str
    level: float
    details: tuple[Detail, Detail]
    clauses: tuple[str, str]
    query: str
    answer: int
    rest: tuple[int, str, int]


@dataclass(frozen=True)
class Family:
    """All that a family is, by sense.

    Attributes:
        name: its id.
        shown: what is seen and heard, for the senses that are asked about.
    """

    name: str
    shown: Mapping[Sense, Shown]

    def kind(self, sense: Sense) -> Kind:
        """The kind of the detail of a sense."""
        return KINDS[sense][self.shown[sense].kind]

    def query(self, sense: Sense) -> Query:
        """What is asked for of a sense."""
        return QUERIES[sense][self.shown[sense].query]

    def frames(self, which: int) -> NDArray[np.uint8]:
        """The frames with one of the details: (48, 224, 224, 3), or 1 where nothing moves."""
        shown = self.shown["vision"]
        stage = self.kind("vision").render(shown.details[which])
        out = np.empty((len(stage), SIZE, SIZE, 3), np.uint8)
        out[:, :STAGE] = stage
        out[:, STAGE:] = self.query("vision").render(shown.answer, _rest(shown))
        return out

    def samples(self, which: int) -> NDArray[np.int16]:
        """The sound with one of the details: (64000, 2)."""
        shown = self.shown["audio"]
        out = np.zeros((N_SAMPLES, 2), np.int16)
        detail = self.kind("audio").render(shown.details[which])
        close = self.query("audio").render(shown.answer, _rest(shown))
        out[DETAIL_FROM : DETAIL_FROM + len(detail)] = detail
        out[CLOSE_FROM : CLOSE_FROM + len(close)] = close
        return out

    @cached_property
    def clips(self) -> tuple[tuple[int, int], ...]:
        """Which visual and which sound detail the clips have, in order; 0 for a sense not there."""
        return clips_of(tuple(self.shown))

    def clip_name(self, here: tuple[int, int]) -> str:
        """The id of a clip."""
        return f"{self.name}-{here[0]}{here[1]}"

    def question(self, prompt: str, two: str) -> tuple[str, str, Sense]:
        """Statement and question of a prompt, and the sense whose query it asks."""
        sense = sense_of(prompt, two)
        if prompt == "b":
            clauses = [shown.clauses[0] for shown in self.shown.values()]
        else:
            clauses = [self.shown[sense].clauses[int(prompt[1])]]
        statement = f"{' and '.join(clauses)}."
        return (
            statement[0].upper() + statement[1:],
            f"{LEAD}{statement} {self.query(sense).text}",
            sense,
        )

    def asked(self, here: tuple[int, int]) -> Iterator[tuple[str, Premise, int | None]]:
        """The prompts of a clip: name, premise, and of a false one the role that rejects it."""
        return asked_of(tuple(self.shown), here)


def clips_of(senses: Sequence[Sense]) -> tuple[tuple[int, int], ...]:
    """The clips of a family whose media carry these senses, as :attr:`Family.clips`."""
    seen, heard = (range(2) if sense in senses else range(1) for sense in SENSES)
    return tuple((v, a) for a in heard for v in seen)


def asked_of(
    senses: Sequence[Sense], here: tuple[int, int]
) -> Iterator[tuple[str, Premise, int | None]]:
    """The prompts of a clip, as :meth:`Family.asked`."""
    for prompt in prompts_of(senses):
        if prompt != "b":
            sense = sense_of(prompt, "")
            holds = here[SENSES.index(sense)] == int(prompt[1])
            yield prompt, "standard" if holds else "misleading", None if holds else FALSE_OF[sense]
        elif here == (0, 0):
            yield prompt, "standard", None
        elif here != (1, 1):
            yield prompt, "misleading", VISION_FALSE if here[0] else AUDIO_FALSE


def _rest(shown: Shown) -> Draw:
    seed, split, index = shown.rest
    return Draw(seed, split, "rest", shown.query, index)


def make_family(seed: int, split: str, order: FamilyOrder) -> Family:
    """Draw the details of a family."""
    shown: dict[Sense, Shown] = {}
    for sense, part in order.parts.items():
        kind = KINDS[sense][part.kind]
        pair = kind.draw(Draw(seed, split, "details", sense, order.index), part.level)
        shown[sense] = Shown(
            kind=part.kind,
            level=part.level,
            details=pair,
            clauses=(kind.clause(pair[0]), kind.clause(pair[1])),
            query=part.query,
            answer=part.answer,
            rest=(seed, split, order.index),
        )
    return Family(family_name(split, order.index), shown)


def family_of(item: Item) -> Family | None:
    """The family of a generated item, from what its row says; None where it says nothing.

    Raises:
        ValueError: it says something that cannot be.
    """
    told = item.meta.get("shown")
    if told is None:
        return None
    shown = msgspec.convert(told, dict[str, Shown])
    if not shown or not set(shown) <= set(SENSES):
        raise ValueError(f"shown has {', '.join(shown) or 'nothing'}")
    for sense in SENSES:
        one = shown.get(sense)
        if one and (one.kind not in KINDS[sense] or one.query not in QUERIES[sense]):
            raise ValueError(f"no kind {one.kind!r} or no query {one.query!r} of {sense}")
    return Family(item.scene_id, {sense: shown[sense] for sense in SENSES if sense in shown})


def media_paths(family: Family, media: Media, here: tuple[int, int]) -> dict[str, str]:
    """Paths of the files of a clip by medium; siblings share what is the same."""
    if media == "video":
        names = {"video": family.clip_name(here)}
    else:
        which = {"picture": here[0], "sound": here[1]}
        names = {medium: f"{family.name}-{which[medium]}" for medium in media.split("+")}
    return {medium: FILES[medium].format(name) for medium, name in names.items()}


def rows_of(
    family: Family,
    order: FamilyOrder,
    media: Media,
    split: str,
    files: Mapping[str, str],
    hashes: Mapping[str, Any],
) -> Iterator[bytes]:
    """The rows of a family, without line ends.

    Args:
        family: what it shows.
        order: how it is asked.
        media: what its files are.
        split: of the set.
        files: SHA-256 by path.
        hashes: what ``meta`` says of the pixels and samples of a clip, by its id.
    """
    for here in family.clips:
        clip = family.clip_name(here)
        paths = media_paths(family, media, here)
        for prompt, premise, false in family.asked(here):
            statement, question, sense = family.question(prompt, order.two)
            senses = tuple(family.shown) if prompt == "b" else (sense,)
            kinds = [family.kind(one) for one in senses]
            single = family.shown[sense] if prompt != "b" else None
            item = Item(
                item_id=f"{clip}-{prompt}",
                scene_id=family.name,
                clip_id=clip,
                modality="both" if prompt == "b" else sense,
                premise=premise,
                question=question,
                options=family.query(sense).options,
                gold=family.shown[sense].answer if false is None else false,
                **paths,
                sha256={path: files[path] for path in paths.values()},
                split=split,
                kind="+".join(kind.name for kind in kinds),
                level=single.level if single else None,
                unit=kinds[0].unit if single else "",
                prompt_id=f"{family.name}-{prompt}",
                order=order.orders[prompt],
                statement=statement,
                meta={
                    "here": here,
                    "prompt": prompt,
                    "query": f"{sense} {family.shown[sense].query}",
                    "needs": sorted({need for kind in kinds for need in kind.needs}),
                    "shown": family.shown,
                    **hashes[clip],
                },
            )
            yield msgspec.json.encode(item)


def array_sha256(array: NDArray[Any]) -> str:
    """SHA-256 of the raw bytes of frames (RGB) or samples (little-endian), in order of time."""
    little = array.astype(array.dtype.newbyteorder("<"), copy=False)
    return hashlib.sha256(np.ascontiguousarray(little).data).hexdigest()
