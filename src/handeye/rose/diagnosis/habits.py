"""Habits of a model, each a rate over the answers in which it could show.

Unlike reasons, habits do not exclude each other and count in passed items too (as "could have, did
not"). An answer in another coordinate convention is judged by the cells it means. A click on a cell
that the grid does not have is a click.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from handeye.answer_kinds.coordinates import Convention
from handeye.rose.diagnosis.anchoring import asks_for_part, can_repeat, said_number
from handeye.rose.diagnosis.conventions import translated
from handeye.rose.diagnosis.evidence import Evidence, exists
from handeye.rose.diagnosis.reasons import SIGNS
from handeye.rose.scene import Cell


def meant_cells(found: Evidence, convention: Convention | None) -> frozenset[Cell]:
    """Unique cells that an answer clicks, in the convention it is written in; any, as written."""
    return found.written if convention is None else translated(found, convention)


def submits_other(found: Evidence) -> bool:
    """Whether a number was submitted that is neither that of the clicks nor of their cells."""
    if found.reading is None or found.template.mode != "CLICK_COUNT":
        return False
    number = found.reading.number
    return number is not None and number not in (len(found.written), len(found.reading.clicks))


def habits_frame(
    evidence: Sequence[Evidence],
    conventions: Sequence[Convention | None],
    repeats: Sequence[bool],
) -> pl.DataFrame:
    """Where each of :data:`handeye.rose.diagnosis.reasons.SIGNS` can show, and where it does.

    Args:
        evidence: items of one run.
        conventions: what each is written in, None for the convention asked for.
        repeats: whether its number repeats the whole-grid count.

    Returns:
        Boolean columns ``can_<key>`` and ``has_<key>``, one row per item.
    """
    rows = [_habits(*row) for row in zip(evidence, conventions, repeats, strict=True)]
    columns: dict[str, list[bool]] = {}
    for k, sign in enumerate(SIGNS):
        columns[f"can_{sign.key}"] = [row[k][0] for row in rows]
        columns[f"has_{sign.key}"] = [all(row[k]) for row in rows]
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.Boolean()))


def _habits(
    found: Evidence, convention: Convention | None, repeats: bool
) -> tuple[tuple[bool, bool], ...]:
    """Whether each habit can show and whether it does, in the order of ``SIGNS``."""
    readable = found.reading is not None
    clicks = readable and found.template.mode != "COUNT"
    clicked = meant_cells(found, convention) if clicks else frozenset()
    exclusion = clicks and found.region.type == "EXCLUSION"
    submits = clicks and found.template.mode == "CLICK_COUNT" and said_number(found) is not None
    given = found.reading is not None and found.reading.number is not None
    excluded = any(exists(cell, found.grid) and cell not in found.region for cell in clicked)
    return (
        (clicks and not found.gold, bool(clicked)),
        (clicks and bool(found.gold), not clicked),
        (clicks and asks_for_part(found), clicked == found.targets),
        (exclusion, excluded),
        (submits and given, submits_other(found)),
        (can_repeat(found) or (repeats and readable), repeats),
    )
