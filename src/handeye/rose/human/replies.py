"""What a person clicked and typed -> the answer text that the grammar takes."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from handeye.errors import DataError
from handeye.rose.items import Item

# No grid has as many cells; a longer number is a stuck key.
MOST = 99_999


class Reply(msgspec.Struct, frozen=True):
    """One answer as the page sends it.

    ``place`` is the item's 0-based place in the person's order. ``clicks`` are 1-based
    ``[row, column]`` pairs in the order of clicking. ``visible_ms`` is how long the picture was on
    the screen, pauses with the page hidden not counted. ``skipped`` says that the picture could not
    be shown.
    """

    place: int
    clicks: list[tuple[int, int]] = []
    number: int | None = None
    visible_ms: int = 0
    skipped: bool = False


def answer_text(item: Item, reply: Reply) -> str | None:
    """The answer in the grammar, clicks in the order they were made; None for a skipped item.

    Raises:
        DataError: a part that the item asks for is missing, one that it does not ask for is there,
            a cell outside the grid or marked twice, a number out of range.
    """
    if reply.skipped:
        return None
    _check(item, reply)
    if item.task_mode == "COUNT":
        return f"COUNT({reply.number})"
    end = "DONE" if item.task_mode == "CLICK" else f"SUBMIT({reply.number})"
    return "; ".join([*(f"CLICK(R{row},C{col})" for row, col in reply.clicks), end])


def _check(item: Item, reply: Reply) -> None:
    wants_number = item.task_mode != "CLICK"
    if wants_number != (reply.number is not None):
        raise DataError("the answer needs a number" if wants_number else "no number was asked for")
    if reply.number is not None and not 0 <= reply.number <= MOST:
        raise DataError(f"the number must lie within 0 and {MOST}, got {reply.number}")
    if item.task_mode == "COUNT" and reply.clicks:
        raise DataError("no clicks were asked for")
    _check_cells(item, reply.clicks)


def _check_cells(item: Item, clicks: Sequence[tuple[int, int]]) -> None:
    for row, col in clicks:
        if not (1 <= row <= item.rows and 1 <= col <= item.cols):
            raise DataError(f"cell ({row}, {col}) lies outside the picture")
    if len(set(clicks)) != len(clicks):
        raise DataError("a cell is marked twice")
