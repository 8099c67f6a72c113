"""Items of ROSE put to people: :class:`RosePeople` is what the study knows of the suite.

A person is told the same about the task and the region as a model (:func:`questions.where`), and
nothing more: no size of the grid, no number of what is to be found. What a model is told about the
form of its answer makes no sense to a person, who clicks and types: the answer text is written
for them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from handeye.answer_kinds.clicks import parse
from handeye.errors import DataError
from handeye.hashing import file_sha256
from handeye.rose.asking.prompts import Picture
from handeye.rose.items import Item, ItemSet
from handeye.rose.questions import BY_KEY, MAIN_KEYS, SUBSETS, TEMPLATES, where
from handeye.rose.release import load, metadata_files, template_ids
from handeye.rose.scoring.score_item import score_item
from handeye.rose.scoring.summary import ACTION_KEYS, COUNTING_KEYS
from handeye.stats.agreement import Level
from handeye.stats.intervals import Samples, difference, mean
from handeye.suite import AsksPeople, Shown

# No grid has as many cells; a longer number is a stuck key.
MOST = 99_999
_NAMED = frozenset({"ROW_RANGE", "COL_RANGE", "RECTANGLE", "EXCLUSION"})
_NOTE = "Rows are counted from the top, columns from the left, both starting at 1."
_CLICK, _DIFFERS = "Click every cell", "that differs from the majority"
# By answer mode: board, what stands above the question, label of the number, question around where.
_BOARDS = {
    "COUNT": ("number", "Count", "How many?", "How many cells", "differ from the majority?"),
    "CLICK": ("grid", "Click", None, _CLICK, f"{_DIFFERS}."),
    "CLICK_COUNT": (
        *("grid", "Click and count", "How many did you click?", _CLICK),
        f"{_DIFFERS}, then enter how many cells you clicked.",
    ),
}


class Given(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person did: 1-based (row, column) pairs in the order of clicking, and a number."""

    clicks: list[tuple[int, int]] = []
    number: int | None = None


class RosePeople(AsksPeople):
    """Puts items to people."""

    item = Item
    strata: Mapping[str, Sequence[str]] = {
        "task_template": tuple(TEMPLATES),
        "rose_subset": SUBSETS,
    }
    words: Mapping[str, str] = {
        "title": "Find what differs",
        "about": "A study of looking and pointing",
        "lead": "You will see pictures made of small cells. Nearly all cells of a picture look the "
        "same; a few do not. Sometimes you count those that differ, sometimes you click them.",
        "care": "Be as exact as you can; a wrong cell makes an answer wrong.",
        "right": "differs and was asked for",
    }

    def templates(self, wanted: str | None, data: str | Path) -> str:
        """Template keys in order; the five of the paper, but a single file is asked as it is."""
        if wanted is None:
            wanted = "all" if Path(data).is_file() else "main"
        chosen = template_ids(wanted) or ()
        return ",".join(t.key for t in TEMPLATES.values() if t.id in chosen)

    def load(
        self, data: str | Path, *, split: str | None = None, templates: str | None = None
    ) -> ItemSet:
        """As :func:`handeye.rose.load`."""
        return load(data, split=split, templates=templates)

    def fingerprint(self, data: str | Path) -> str:
        """SHA-256 over the names and contents of a set's metadata files."""
        root, files = metadata_files(data)
        digest = hashlib.sha256()
        for file in files:
            digest.update(f"{file.relative_to(root).as_posix()}\0{file_sha256(file)}\n".encode())
        return digest.hexdigest()

    def picture_path(self, items: ItemSet, item: Item) -> Path:
        """Where the picture lies, whether it is there or not."""
        return items.image_path(item)

    def picture(self, items: ItemSet, item: Item) -> Shown:
        """The view, as models get it; a :class:`DataError` if it is not the metadata's picture."""
        found = Picture.read(items.image_path(item), item.most_pixels)
        if item.image_sha256 and item.image_sha256 != found.sha256:
            raise DataError(f"{found.path}: not the picture the metadata of {item.item_id} tell of")
        return Shown(*found.view().sent(proven=bool(item.image_sha256)))

    def practice(self, items: Sequence[Item]) -> list[tuple[Item, bytes]]:
        """A few easy items on scenes of our own."""
        from handeye.rose.human.practice import make_practice

        return make_practice(items)

    def board(self, item: Item) -> dict[str, Any]:
        """A grid to click on or a number to enter, and the question in a person's words."""
        kind, eyebrow, number, before, after = _BOARDS[item.task_mode]
        note = _NOTE if item.region_type in _NAMED else ""
        return {
            "kind": kind,
            "rows": item.rows,
            "cols": item.cols,
            "number": number,
            "eyebrow": eyebrow,
            "question": {
                "before": before,
                "where": where(item.region),
                "after": after,
                "note": note,
            },
        }

    def reply(self, item: Item, given: Mapping[str, Any]) -> str:
        """The answer in the grammar, clicks in the order they were made.

        Raises:
            DataError: a part that the item asks for is missing, one that it does not ask for is
                there, a cell outside the grid or marked twice, a number out of range.
        """
        try:
            found = msgspec.convert(given, Given)
        except msgspec.ValidationError as error:
            raise DataError(f"not an answer: {error}") from None
        _check(item, found)
        if item.task_mode == "COUNT":
            return f"COUNT({found.number})"
        end = "DONE" if item.task_mode == "CLICK" else f"SUBMIT({found.number})"
        return "; ".join([*(f"CLICK(R{row},C{col})" for row, col in found.clicks), end])

    def passed(self, item: Item, text: str) -> bool:
        """PASS."""
        return bool(score_item(item, text).passed)

    def feedback(self, item: Item, text: str) -> dict[str, Any]:
        """The cells that were right and the region that was meant."""
        region = item.region
        return {
            "cells": [list(cell) for cell in sorted(item.gold)],
            "region": {
                "rows": [region.r1, region.r2],
                "cols": [region.c1, region.c2],
                "outside": region.type == "EXCLUSION",
            },
            "explain": self._explain(item, text),
        }

    def _explain(self, item: Item, text: str) -> str:
        count, found = len(item.gold), parse(text, item.task_mode)  # type: ignore[arg-type]
        one = {0: "No cell differs there.", 1: "One cell differs there."}
        differ = one.get(count, f"{count} cells differ there.")
        if self.passed(item, text):
            return differ
        if item.task_mode == "COUNT":
            return f"{differ} You entered {found.count}."
        if item.task_mode == "CLICK_COUNT" and found.submit != len(found.clicks):
            return f"{differ} The number must be the number of cells you clicked."
        return differ if count else f"{differ} Then choose “Nothing to click”."

    def column(self, item: Item) -> str:
        """The column of the paper's tables."""
        return TEMPLATES[item.task_template].column

    def meaning(self, item: Item, text: str) -> Hashable:
        """The number, the set of cells, or both."""
        found = parse(text, TEMPLATES[item.task_template].mode)
        if item.task_mode == "COUNT":
            return found.count
        cells = tuple(sorted(found.clicks))
        return cells if item.task_mode == "CLICK" else (cells, found.submit)

    def level(self, item: Item) -> Level:
        """Counts are numbers, where 5 is nearer to 6 than to 9; cells are the same or not."""
        return "interval" if item.task_mode == "COUNT" else "nominal"

    def human_row(
        self, columns: Mapping[str, Samples]
    ) -> tuple[dict[str, Samples], dict[str, Samples]]:
        """``Avg.`` and the headline (counting, action, gap) where all they are made of is there."""

        def averages(wanted: Mapping[str, Sequence[str]]) -> dict[str, Samples]:
            parts = {name: [BY_KEY[key].column for key in keys] for name, keys in wanted.items()}
            return {
                name: mean([columns[part] for part in found], shared=True)
                for name, found in parts.items()
                if all(part in columns for part in found)
            }

        headline = averages({"counting": COUNTING_KEYS, "action": ACTION_KEYS})
        if len(headline) == 2:
            headline["gap"] = difference(headline["counting"], headline["action"])
        return {**columns, **averages({"Avg.": MAIN_KEYS})}, headline


def _check(item: Item, given: Given) -> None:
    wants_number = item.task_mode != "CLICK"
    if wants_number != (given.number is not None):
        raise DataError("the answer needs a number" if wants_number else "no number was asked for")
    if given.number is not None and not 0 <= given.number <= MOST:
        raise DataError(f"the number must lie within 0 and {MOST}, got {given.number}")
    if item.task_mode == "COUNT" and given.clicks:
        raise DataError("no clicks were asked for")
    for row, col in given.clicks:
        if not (1 <= row <= item.rows and 1 <= col <= item.cols):
            raise DataError(f"cell ({row}, {col}) lies outside the picture")
    if len(set(given.clicks)) != len(given.clicks):
        raise DataError("a cell is marked twice")
