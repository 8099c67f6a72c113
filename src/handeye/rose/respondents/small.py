"""What ``handeye/small`` was made for, and how much of a set is something else.

Told by what stands in the rows: grids, kind of pictures, wording. The limits are those of its
training (:mod:`handeye.rose.teaching.scenes`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from handeye.rose.items import Item
from handeye.rose.questions import PROMPT_GLOBAL, TEMPLATES, prompt_local
from handeye.rose.v01 import STATISTICS

SIDES = (2, 8)
"""Fewest and most rows, and columns."""
SUBSET = STATISTICS["pixel-content"].subset
"""The subset of which the pictures are."""


class Strangeness:
    """Counts the items of a set that are other than what the model was trained on."""

    def __init__(self, items: Iterable[Item] = ()) -> None:
        self._items = self._strange = 0
        self._why: Counter[str] = Counter()
        for item in items:
            self.add(item)

    def add(self, item: Item) -> None:
        """Take an item into the count."""
        low, high = SIDES
        found = {
            f"grids beyond {low} to {high} rows and columns": not (
                low <= min(item.rows, item.cols) and max(item.rows, item.cols) <= high
            ),
            f"pictures of another kind than {SUBSET}": item.rose_subset != SUBSET,
            "another wording": _reworded(item),
        }
        why = [words for words, holds in found.items() if holds]
        self._items += 1
        self._strange += bool(why)
        self._why.update(why)

    def words(self) -> str:
        """A remark in one clause; empty where all the set is like the training."""
        if not self._strange:
            return ""
        why = ", ".join(f"{count} {words}" for words, count in self._why.most_common())
        return f"handeye/small was not made for {self._strange} of these {self._items} items: {why}"


def _reworded(item: Item) -> bool:
    if not (item.prompt_global or item.prompt_local):  # a set that keeps no parts
        return False
    asked = prompt_local(TEMPLATES[item.task_template], item.region)
    return (item.prompt_global, item.prompt_local) != (PROMPT_GLOBAL, asked)
