"""The question of an item as a person reads it.

The same information about the task and the region as a model gets (:func:`questions.where`), and
nothing more: no size of the grid, no number of what is to be found. What a model is told about the
form of its answer makes no sense to a person, who clicks and types instead.
"""

from __future__ import annotations

from dataclasses import dataclass

from handeye.rose.items import Item
from handeye.rose.questions import where

_NAMED = frozenset({"ROW_RANGE", "COL_RANGE", "RECTANGLE", "EXCLUSION"})


@dataclass(frozen=True, slots=True)
class Wording:
    """A question in three parts, of which the middle one (the region) is shown in bold."""

    before: str
    where: str
    after: str
    note: str

    @property
    def text(self) -> str:
        """The question in one piece."""
        return f"{self.before} {self.where} {self.after}"


def wording(item: Item) -> Wording:
    """Word the question of ``item``."""
    region = where(item.region)
    note = (
        "Rows are counted from the top, columns from the left, both starting at 1."
        if item.region_type in _NAMED
        else ""
    )
    if item.task_mode == "COUNT":
        return Wording("How many cells", region, "differ from the majority?", note)
    after = "that differs from the majority."
    if item.task_mode == "CLICK_COUNT":
        after = "that differs from the majority, then enter how many cells you clicked."
    return Wording("Click every cell", region, after, note)
