"""What a forgiving reader takes from an answer that the strict grammar refuses.

For diagnosis only: scores never use it. Knows nothing of grids or gold answers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from handeye.rose.grammar import parse
from handeye.rose.questions import TaskMode
from handeye.rose.scene import Cell


@dataclass(frozen=True, slots=True)
class Reading:
    """What an answer says, strictly or forgivingly read.

    ``clicks`` stand in the order of the answer, with repeats and whatever the grid. ``number`` is
    the count of a COUNT answer, the submitted number of a CLICK_COUNT answer, None if none was
    given. ``strict`` tells that the strict grammar reads it.
    """

    clicks: tuple[Cell, ...]
    number: int | None
    strict: bool


def read(text: str | None, mode: TaskMode) -> Reading | None:
    """Read an answer, strictly if possible; None where nothing definite can be taken from it.

    Args:
        text: the raw answer; None when there is none.
        mode: COUNT, CLICK or CLICK_COUNT.
    """
    parsed = parse(text, mode)
    if parsed.format_valid:
        return Reading(parsed.clicks, parsed.count if mode == "COUNT" else parsed.submit, True)
    # TODO(attribution part): thicken
    numbers = re.findall(r"\d+", text or "")
    if mode == "COUNT" and len(numbers) == 1:
        return Reading((), int(numbers[0]), False)
    if mode != "COUNT" and parsed.clicks:
        return Reading(parsed.clicks, parsed.submit, False)
    return None
