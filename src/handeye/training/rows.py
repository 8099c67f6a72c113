"""Rows that a model is trained on, as ``handeye rewards rows`` writes them, and their pictures.

A row is a prompt with or without pictures, what is to be answered, and what is true. Which rows are
held out depends on their scenes alone, and in what order the others come on a seed: trainings with
other weights or losses see the same. Knows no torch, and nothing of models.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from handeye.errors import DataError
from handeye.media.view import read_view
from handeye.reading import UNREADABLE, why
from handeye.rewards.columns import Task, Truth, rows as written_rows, truth_of
from handeye.rewards.scoring import text_of
from handeye.sets.draw import Draw
from handeye.sets.jsonl import numbered_lines
from handeye.training.pictures import held_out_scenes
from handeye.training.targets import PictureTruth

if TYPE_CHECKING:
    from PIL.Image import Image

Message = Mapping[str, Any]


class _Text(msgspec.Struct, frozen=True, tag_field="type", tag="text"):
    text: str


class _Picture(msgspec.Struct, frozen=True, tag_field="type", tag="image"):
    """A place for the next picture."""


class _Message(msgspec.Struct, frozen=True):
    role: Literal["system", "user", "assistant", "tool"]
    content: str | list[_Text | _Picture]


class _Line(msgspec.Struct, frozen=True):
    """What a line must have; further columns are those of rewards."""

    prompt: str | list[_Message]
    item_id: str = ""
    scene_id: str = ""
    completion: str | list[dict[str, Any]] | None = None
    images: list[str] = []


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Attributes:
        item_id: unique, or empty.
        scene_id: what is held out, and resampled, together.
        prompt: messages.
        completion: what is to be answered; None: nothing is told.
        images: paths within the folder of the pictures, in the order in which they are shown.
        truth: what is right, for rewards; None: nothing is known.
    """

    item_id: str
    scene_id: str
    prompt: tuple[Message, ...]
    completion: str | None
    images: tuple[str, ...]
    truth: Truth | None


@dataclass(frozen=True)
class Material:
    """What a training is given.

    Attributes:
        rows: all of them.
        pictures: folder that their paths start from.
        truths: what pictures show, by path; those that are not there train by their words alone.
        text: rows without a picture that are never trained on: what they cost is told.
    """

    rows: tuple[Row, ...]
    pictures: Path
    truths: Mapping[str, PictureTruth] = field(default_factory=dict)
    text: tuple[Row, ...] = ()

    def picture(self, path: str) -> Image:
        """A picture, mode RGB.

        Raises:
            PictureError: it is missing, or no picture.
        """
        return _opened(self.pictures / path)

    def seen(self) -> tuple[Row, ...]:
        """Rows with pictures."""
        return tuple(row for row in self.rows if row.images)

    def digest(self) -> str:
        """SHA-256 of the rows: what tells one training's from another's."""
        told = hashlib.sha256()
        for row in self.rows:
            told.update(msgspec.json.encode(row))
        return told.hexdigest()

    def only(self, rows: Sequence[Row]) -> Material:
        """The same pictures with some of the rows."""
        return replace(self, rows=tuple(rows))


# Small sets are decoded once; of large ones those that were needed last stay.
@lru_cache(maxsize=2048)
def _opened(path: Path) -> Image:
    return read_view(path).image()


# ---- where rows come from


def rows_of(tasks: Iterable[Task]) -> tuple[Row, ...]:
    """The rows of a suite's questions, completed, each with those that train a blind reader.

    Raises:
        DataError: a truth whose parts do not fit; with the item.
    """
    return tuple(
        _row(msgspec.convert(one, _Line), one, f"item {one['item_id']}")
        for one in written_rows(tasks, complete=True, text_only=True)
    )


def read_rows(path: Path) -> tuple[Row, ...]:
    """The rows of a file, as ``handeye rewards rows --complete`` writes them.

    Raises:
        DataError: it cannot be read, or a line is no row; with file, line and key.
    """
    out = []
    for number, data in numbered_lines(path):
        where = f"{path}:{number}"
        try:
            values = msgspec.json.decode(data, type=dict[str, Any])
            line = msgspec.convert(values, _Line)
        except UNREADABLE as error:
            raise DataError(f"{where}: {why(error)}") from None
        out.append(_row(line, values, where))
    return tuple(out)


def _row(line: _Line, values: Mapping[str, Any], where: str) -> Row:
    asked, prompt = line.prompt, values["prompt"]
    messages = [{"role": "user", "content": prompt}] if isinstance(asked, str) else prompt
    if not messages:
        raise DataError(f"{where}: prompt: expected a text or messages with a role and a content")
    shown = len(line.images)
    if not isinstance(asked, str) and (places := _places(asked, shown)) != shown:
        raise DataError(
            f"{where}: prompt: {places} places for {shown} pictures; give a user's message whose "
            "content is a text, or a part of type image for each"
        )
    told = line.completion
    return Row(
        item_id=line.item_id,
        scene_id=line.scene_id or line.item_id or where,
        prompt=tuple(messages),
        completion=None if told is None else text_of(told),
        images=tuple(line.images),
        truth=truth_of(values, where),
    )


def _places(messages: Sequence[_Message], pictures: int) -> int:
    """How many pictures messages have places for: all of them before a user's first text."""
    text = any(one.role == "user" and isinstance(one.content, str) for one in messages)
    parts = [
        part
        for one in messages
        if one.role != "tool" and not isinstance(one.content, str)
        for part in one.content
    ]
    return pictures * text + sum(isinstance(part, _Picture) for part in parts)


def checked(material: Material) -> Material:
    """Material whose pictures are there.

    Raises:
        DataError: it has no row, or a picture of one is missing; with the item.
    """
    if not material.rows:
        raise DataError("there is no row to train on")
    known: set[str] = set()
    for row in material.rows:
        for path in row.images:
            if path not in known and not (material.pictures / path).is_file():
                raise DataError(
                    f"item {row.item_id}: its picture {path} is not in {material.pictures}; say "
                    "with data.pictures where pictures lie"
                )
            known.add(path)
    return material


# ---- what is held out, and in what order the rest comes


def held_out(rows: Sequence[Row], share: float) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    """Rows to train on, and those of a share of the scenes, always the same, that are kept back.

    Of some scenes at least one is held out, if any is to be.

    Raises:
        OptionError: nothing is left to train on.
    """
    back = held_out_scenes((row.scene_id for row in rows), share)
    kept = tuple(row for row in rows if row.scene_id not in back)
    return kept, tuple(row for row in rows if row.scene_id in back)


def order(
    rows: Sequence[Row], steps: int, batch: int, seed: int, text: float | None = None
) -> list[int]:
    """Places of the rows of every step, one step behind the other.

    Every row comes before one comes again; those with and without a picture take turns of their
    own where their shares are told.

    Args:
        rows: to be trained on.
        steps: of the optimiser.
        batch: rows a step.
        seed: of the order.
        text: share of rows without a picture in a step; None: as they come.
    """
    seen = [at for at, row in enumerate(rows) if row.images]
    told = [at for at, row in enumerate(rows) if not row.images]
    if text is None or not seen or not told:
        endless = _endless(list(range(len(rows))), seed, "rows")
        return [next(endless) for _ in range(steps * batch)]
    few = min(batch, max(0, round(text * batch)))
    turns = _endless(seen, seed, "seen"), _endless(told, seed, "told")
    out = []
    for step in range(steps):
        both = [next(turns[0]) for _ in range(batch - few)] + [next(turns[1]) for _ in range(few)]
        # Mixed, so that every process has its share of both.
        out += Draw(seed, "order", "step", step).shuffled(both)
    return out


def _endless(places: Sequence[int], seed: int, name: str) -> Iterator[int]:
    turn = 0
    while True:
        yield from Draw(seed, "order", name, turn).shuffled(places)
        turn += 1


# ---- words of a tokenizer of ours

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_KEY = re.compile(r"[\w-]+=")
_ENDS = re.compile(r"(?<=[.?!])(?=\s)|(\d)")
_OFTEN = 3
_MOST = 4000


def phrases_of(rows: Sequence[Row], whole: Sequence[str] = ()) -> tuple[str, ...]:
    """Pieces of text that a tokenizer of ours has as one token each, for these rows.

    Names and values of facts and answers are each a word of their own, the same wherever they
    stand; what stands between them in a sentence is one piece.

    Args:
        rows: of the training.
        whole: texts that are one piece each, whatever stands in them.
    """
    longest = sorted(whole, key=lambda text: (-len(text), text))
    units = re.compile("|".join(map(re.escape, longest)) if whole else r"(?!)")
    standing: set[str] = set()
    for row in rows:
        if row.truth is not None:
            told = (*row.truth.facts, *row.truth.needed, *row.truth.cue_facts)
            words = {word for fact in told for word in _KEY.sub(" ", fact).split() if word != "no"}
            standing |= words | {row.truth.gold, *(way[0] for way in row.truth.answers)}
    words = {word for word in standing if _WORD.fullmatch(word)}
    by_length = "|".join(map(re.escape, sorted(words, key=lambda word: (-len(word), word))))
    apart = re.compile(rf"\b(?:{by_length})(?=s?\b)" if words else r"(?!)")
    counts: Counter[str] = Counter()
    for row in rows:
        told = (text_of(list(row.prompt)), row.completion or "")
        texts = [part for text in told for part in units.split(text)]
        pieces = (piece for text in texts for part in apart.split(text) for piece in _cut(part))
        counts.update(set(pieces))
    often = [piece for piece, count in counts.items() if count >= _OFTEN and len(piece) > 1]
    kept = sorted(often, key=lambda piece: (-counts[piece], piece))[:_MOST]
    return tuple(sorted({*words, *kept, *whole}))


def _cut(text: str) -> list[str]:
    """The sentences of a text, and its digits apart."""
    return [part for part in _ENDS.split(text) if part]
