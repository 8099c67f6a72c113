"""The suite for :mod:`handeye.scores.looks`: questions with their answers, and what any scores.

An answer is the letter that was said (TRUE or FALSE, an option's words): who says one letter to
everything says nothing of any premise. Clips of a family are exchanged, each with the answers to
the prompts that all of them are asked, so the words are the same and only what is shown is not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from typing import Any, NamedTuple

from handeye.premise.items import LETTERS, N_ROLES, VISION_FALSE, Item
from handeye.premise.scoring.predictions import Prediction
from handeye.premise.scoring.reading import answer_kind, options_of
from handeye.premise.scoring.score import ScoreRow, gold_of, score_rows
from handeye.premise.scoring.summary import SUITE, summarize
from handeye.premise.scoring.tables import tables
from handeye.scores.estimate import Estimate
from handeye.scores.looks import Asked, Looks, look, repeats
from handeye.scores.tables import Table

_SHOWN = ("headline", "cells", "premises", "two", "kinds", "levels", "categories")


class Answered(NamedTuple):
    """An item with its row; what was said, as it came."""

    item: Item
    row: ScoreRow
    text: str = ""


class PremiseWays:
    """What an answer scores, and its traits: which letter or which word it is."""

    pairs = 20_000

    def score(self, answer: Hashable, asked: Asked) -> float:
        """1 where it is the right one."""
        return float(answer == asked.gold)

    def traits(self, answer: Hashable, asked: Asked) -> Sequence[float]:
        """Which of the letters it is."""
        return [float(answer == place) for place in range(N_ROLES)]

    def anywhere(self, answer: Hashable) -> bool:
        """Any letter may be right of any clip."""
        return True


def looks(
    answered: Sequence[Answered],
    *,
    dev: Iterable[Item] = (),
    seed: int = 0,
    bootstrap: int,
) -> Looks:
    """Whether answers depend on what was shown, and what the best constant answer scores.

    Args:
        answered: the items of a run, those that have a gold.
        dev: of the dev split, where it is not asked.
        seed: of permutations and bootstrap.
        bootstrap: number of resamples of families.
    """
    known = [one for one in answered if one.row.gold is not None]
    variant = known[0].row.variant if known else ""
    places = _places([one.item for one in known])
    asked = [
        _asked(one.item, places[one.item.item_id], _said(one.row), one.row.gold or 0,
               [int(role) for role in one.row.order], variant, one.text)
        for one in known
    ]  # fmt: skip
    others = list(dev)
    placed = _places(others)
    tried = [
        _asked(item, placed[item.item_id], None, gold_of(item, "") or 0, item.order, variant)
        for item in others
    ]
    found, best = look(SUITE, asked, PremiseWays(), dev=tried, seed=seed)
    constant = [
        (
            one.item,
            Prediction(
                one.item.item_id,
                _text(next(iter(answers)), one.item, variant),
                state="answered",
                variant=variant,
                order=tuple(map(int, one.row.order)),
                ablation=one.row.ablation,  # type: ignore[arg-type]
            ),
        )
        for one, answers in zip(known, best, strict=True)
        if answers
    ]
    if constant:
        summary = summarize(score_rows(constant), seed=seed, bootstrap=bootstrap)
        found.chance = {t.key: _lines(t) for t in tables(summary) if t.key in _SHOWN}
        found.chance = {key: rows for key, rows in found.chance.items() if rows}
    return found


class _Place(NamedTuple):
    """Where an item stands: what is exchanged, within what, and which prompt it is there."""

    scene: str
    stratum: str
    kind: str


def _places(items: Sequence[Item]) -> dict[str, _Place]:
    """By item: its clip within the family; alone where no other clip is asked the same prompt."""
    clips: dict[str, set[str]] = defaultdict(set)
    prompts: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for item in items:
        clips[item.prompt_id].add(item.clip_id)
        known = prompts[item.scene_id, item.modality]
        known.setdefault(item.prompt_id, len(known))
    out = {}
    for item in items:
        if item.prompt_id and len(clips[item.prompt_id]) > 1:
            number = prompts[item.scene_id, item.modality][item.prompt_id]
            kind = f"{item.modality} {number + 1}"
            out[item.item_id] = _Place(item.clip_id, item.scene_id, kind)
        else:
            out[item.item_id] = _Place(item.item_id, "", item.modality)
    return out


def _asked(
    item: Item,
    place: _Place,
    answer: Hashable | None,
    gold: int,
    order: Sequence[int],
    variant: str,
    text: str = "",
) -> Asked:
    return Asked(
        scene=place.scene,
        stratum=place.stratum,
        kind=place.kind,
        group=item.modality,
        gold=_right(gold, order, variant),
        answer=answer,
        repeats=repeats(text, (item.question,)),
        words=text.strip()[:200],
        family=item.scene_id,
    )


def _said(row: ScoreRow) -> int | None:
    """What was said, in numbers: the place of a letter, the role of words, 0 for TRUE, else 1."""
    if row.letter is not None:
        return LETTERS.index(row.letter)
    if row.role is not None or not row.is_read:
        return row.role
    return int(row.rejects)


def _right(gold: int, order: Sequence[int], variant: str) -> int:
    """What should be said, in the same numbers."""
    kind = answer_kind(variant)
    if kind == "choice":
        return list(order).index(gold)
    return gold if kind == "text" else int(gold >= VISION_FALSE)


def _text(answer: Any, item: Item, variant: str) -> str:
    """An answer as it is written."""
    kind = answer_kind(variant)
    if kind == "choice":
        return LETTERS[answer]
    return options_of(item)[answer] if kind == "text" else ("TRUE", "FALSE")[answer]


def _lines(table: Table) -> dict[str, dict[str, Estimate]]:
    """Measured figures of all items by row and column."""
    out: dict[str, dict[str, Estimate]] = {}
    for row in table.rows:
        line = {
            column.key: cell
            for column, cell in zip(table.columns, row.cells, strict=True)
            if isinstance(cell, Estimate) and cell.value is not None
        }
        if line and row.path[0] != "answered":
            out["/".join(filter(None, row.path))] = line
    return out
