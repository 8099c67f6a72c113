"""What is asked of hidden states: one row a question to the state of an item.

A target says of an item's states what a probe shall tell from them (``label``), what may never be
split over folds (``group``), and what else could tell it without looking (``texts``, ``numbers``).
Suites make targets of their items (:class:`handeye.suite.Probed`); own ones are read from JSONL or
Parquet with the same columns, every row checked.
"""

from __future__ import annotations

import msgspec

from handeye.shown import Row


class Target(Row, msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing asked of the states of one item.

    Attributes:
        item_id: whose states; an item of the set.
        target: name of what is asked: ``premise``, ``exception``, ``count is 3``.
        label: 0 or 1; what has several classes is one target for each against the rest.
        group: family or scene; its rows are never split over folds.
        strata: parts that are probed apart, never pooled, by the first key; the others are told
            beside.
        texts: by name, what a reader of words alone may use instead of states; ``prompt`` is the
            whole text that is sent.
        numbers: by name, what a reader of numbers alone may use, such as row and column of a cell.
        spans: by name, pieces of ``prompt`` whose states are wanted: site ``span:NAME``.
        siblings: by role, the item that differs in one thing alone: ``media`` has the same prompt
            about the sibling clip, ``question`` another premise about the same clip.
        roles: role by position of the letters shown, A first; empty where there are no letters.
        rejection: the role that is right if the premise is false; -1 where there is none.
        place: which cell of the item's grid (row by row, from 0) the target is about; None: it is
            about no cell.
        spot: where the middle of that cell lies in the picture, from the left and from the top, in
            shares (0..1) of its width and height.
    """

    item_id: str
    target: str
    label: int
    group: str
    strata: dict[str, str] = {}
    texts: dict[str, str] = {}
    numbers: dict[str, float] = {}
    spans: dict[str, str] = {}
    siblings: dict[str, str] = {}
    roles: tuple[int, ...] = ()
    rejection: int = -1
    place: int | None = None
    spot: tuple[float, float] | None = None

    @property
    def stratum(self) -> str:
        """Its value of the first key of ``strata``; empty where there is none."""
        return next(iter(self.strata.values()), "")
