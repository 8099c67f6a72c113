"""The suite for :mod:`handeye.scores.looks`: questions with their answers, and what any scores.

Two things are asked of different answers. Whether one is given to everything, and which one would
score best, is a matter of letters: who says one letter to everything says nothing of any premise.
Whether answers hang on what is shown is a matter of roles, over families that are exchanged, each
question with the one in the same place of another family: so neither the words nor the order of
options, which are a family's own, look like something that was seen. That shows who gets what is
asked; who tells true from false and no more is found by exchanging the clips of a family.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace
from itertools import combinations, permutations
from typing import Any, NamedTuple

import numpy as np

from handeye.premise.items import LETTERS, N_ROLES, VISION_FALSE, Item
from handeye.premise.scoring.predictions import Prediction
from handeye.premise.scoring.reading import answer_kind, options_of
from handeye.premise.scoring.score import ScoreRow, score_rows
from handeye.premise.scoring.summary import SUITE, summarize
from handeye.premise.scoring.tables import tables
from handeye.scores.estimate import Estimate
from handeye.scores.looks import (
    FORMAT,
    LEVEL,
    Answers,
    Asked,
    Group,
    Looks,
    constants,
    recognize,
    repeats,
)
from handeye.scores.tables import Table
from handeye.stats.sight import PERMUTATIONS

_SHOWN = ("headline", "cells", "premises", "two", "kinds", "levels", "categories")


class Answered(NamedTuple):
    """An item with its row, and what was said, as it came."""

    item: Item
    row: ScoreRow
    text: str = ""

    @property
    def order(self) -> tuple[int, ...]:
        """Roles by position, as shown."""
        return tuple(map(int, self.row.order))


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

    def meant(self, answer: Hashable, asked: Asked) -> Sequence[Hashable]:
        """A letter, or a role, is written in one way."""
        return ()

    def elsewhere(self, asked: Asked, other: Asked) -> tuple[Hashable, float] | None:
        """No question tells anything of its clip."""
        return other.gold, 1.0


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
    slots, others = _slots(one.item for one in known), list(dev)
    ways = PremiseWays()
    letters = [
        _by_letter(one.item, slot, one.order, one.row.gold or 0, variant, _said(one.row), one.text)
        for one, slot in zip(known, slots, strict=True)
    ]
    tried = [
        _by_letter(item, slot, item.order, item.gold, variant)
        for item, slot in zip(others, _slots(others), strict=True)
    ]
    best, chosen = constants(letters, ways, dev=tried, seed=seed)
    # Clips are what answers are given to; alone in its stratum none is exchanged.
    clips = [
        replace(letter, scene=one.item.clip_id, stratum=one.item.clip_id)
        for letter, one in zip(letters, known, strict=True)
    ]
    groups = recognize(clips, ways, best, seed)
    roles = [_by_role(one.row, slot) for one, slot in zip(known, slots, strict=True)]
    sight = recognize(roles, ways, [{}] * len(roles), seed)[""]
    sight.p_shown = _p_clips([one.row for one in known])
    _add_sight(groups[""], sight)
    found = Looks(
        format=FORMAT,
        suite=SUITE,
        seed=seed,
        permutations=PERMUTATIONS,
        groups=groups,
        chosen=chosen,
        chance={},
    )
    if answer_kind(variant) in ("truth", "explained"):
        best = _one_for_all(best, [one.row.modality == "both" for one in known])
    constant = [
        (
            one.item,
            Prediction(
                one.item.item_id,
                _text(next(iter(answers)), one.item, variant),
                state="answered",
                variant=variant,
                order=one.order,
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


def _one_for_all(best: Sequence[Answers], two: Sequence[bool]) -> list[Answers]:
    """The commonest of the answers that were chosen, of one detail and of two.

    Families that were left out in turn choose TRUE and FALSE, as neither is the better one; what
    these score together no constant answer does.
    """
    votes: dict[bool, Counter[Hashable]] = {False: Counter(), True: Counter()}
    for answers, of_two in zip(best, two, strict=True):
        for answer, share in answers.items():
            votes[of_two][answer] += share  # type: ignore[assignment]
    first = {of_two: dict(found.most_common(1)) for of_two, found in votes.items()}
    return [dict.fromkeys(first[of_two], 1.0) for of_two in two]


def _add_sight(group: Group, sight: Group) -> None:
    """What was found of roles over exchanged families; of letters, what was said of sameness."""
    for name in ("own", "other", "ahead", "p_own", "p_varies", "p_shown"):
        setattr(group, name, getattr(sight, name))
    if group.said in ("", "blind"):
        hangs = sight.p_shown is not None and sight.p_shown <= LEVEL
        group.said = "blind" if sight.said == "blind" and not hangs else ""


def _p_clips(rows: Sequence[ScoreRow]) -> float | None:
    """Whether the same answer to the same words depends on how two clips of a family differ.

    A pair of its four clips differs in the sense that is asked about, in the other one, or in both;
    each kind is there twice. For whoever does not look the clips are interchangeable, all prompts
    of the family together, so the three kinds have the same answer as often; the sums over families
    of what these interchanges give are compared with what was found, by a chi-squared test with two
    degrees of freedom. It finds who tells premises, rightly or the wrong way round, by whatever
    sense, and whoever's letters go with them.

    Returns:
        The p-value; None where prompts are not asked about four clips.
    """
    held: dict[str, dict[str, dict[str, ScoreRow]]] = defaultdict(lambda: defaultdict(dict))
    for row in rows:
        if row.prompt_id and row.modality != "both" and row.is_read:
            held[row.scene_id][row.prompt_id][row.clip_id] = row
    found, middle, spread = np.zeros(3), np.zeros(3), np.zeros((3, 3))
    for prompts in held.values():
        of_sense = {m: _alike(prompts.values(), m) for m in ("vision", "audio")}
        if not all(of_sense.values()):
            continue
        seen, heard = (next(iter(of))[0] for of in of_sense.values())
        table = np.zeros((2, 3))
        for sense, prompts_of in enumerate(of_sense.values()):
            for _, said in prompts_of:
                for one, other in combinations(said, 2):
                    differs = ((one in seen) != (other in seen), (one in heard) != (other in heard))
                    kind = 2 if all(differs) else int(differs[1])
                    table[sense, kind] += said[one] == said[other]
        # By the sense asked about: own, other, both.
        each = [_own_first(table[:, list(order)]) for order in permutations(range(3))]
        found += each[0]
        middle += np.mean(each, axis=0)
        spread += np.cov(each, rowvar=False, bias=True)
    if not spread.any():
        return None
    away = found - middle
    return float(np.exp(-(away @ np.linalg.pinv(spread, rcond=1e-9, hermitian=True) @ away) / 2))


_Said = dict[str, tuple[str, int | None]]


def _alike(
    prompts: Iterable[dict[str, ScoreRow]], modality: str
) -> list[tuple[frozenset[str], _Said]]:
    """Of prompts about a sense with four clips: of which clips they hold, and what was said."""
    out = []
    for clips in prompts:
        whole = len(clips) == 4 and all(row.modality == modality for row in clips.values())
        true = frozenset(c for c, row in clips.items() if (row.gold or 0) < VISION_FALSE)
        if whole and len(true) == 2:
            out.append((true, {clip: (row.decision, row.role) for clip, row in clips.items()}))
    return out


def _own_first(table: np.ndarray[Any, np.dtype[np.float64]]) -> Any:
    """Same answers to what is seen and to what is heard, by how clips differ, in one row."""
    seen, heard = table
    return seen + heard[[1, 0, 2]]


class _Slot(NamedTuple):
    """Which of the questions of a family an item is: of a clip, and of the prompts of its sense."""

    clip: int
    prompt: int


def _slots(items: Iterable[Item]) -> list[_Slot]:
    clips: dict[str, dict[str, int]] = defaultdict(dict)
    prompts: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    out = []
    for item in items:
        of_family, of_sense = clips[item.scene_id], prompts[item.scene_id, item.modality]
        clip = of_family.setdefault(item.clip_id, len(of_family))
        out.append(_Slot(clip, of_sense.setdefault(item.prompt_id or item.item_id, len(of_sense))))
    return out


def _by_letter(
    item: Item,
    slot: _Slot,
    order: Sequence[int],
    gold: int,
    variant: str,
    answer: int | None = None,
    text: str = "",
) -> Asked:
    """As a letter."""
    kind = answer_kind(variant)
    right = gold if kind == "text" else int(gold >= VISION_FALSE)
    return Asked(
        scene=item.scene_id,
        stratum="",
        # Prompts of their own are told apart by nothing that does not tell the premise, too.
        kind=f"{item.modality} {slot.prompt + 1}" if item.prompt_id else item.modality,
        # Of two premises FALSE is right twice as often as TRUE: no group of its own.
        group=item.modality if kind in ("choice", "text") else "",
        gold=list(order).index(gold) if kind == "choice" else right,
        answer=answer,
        repeats=repeats(text, (item.question,)),
        words=text.strip()[:200],
    )


def _by_role(row: ScoreRow, slot: _Slot) -> Asked:
    """As a role, of a scene that is the whole family."""
    of_truth = answer_kind(row.variant) in ("truth", "explained")
    gold = row.gold or 0
    return Asked(
        scene=row.scene_id,
        stratum="",
        kind=f"{row.modality} {slot.clip}-{slot.prompt}",
        group="",
        gold=int(gold >= VISION_FALSE) if of_truth else gold,
        answer=_said(row) if of_truth else row.role,
    )


def _said(row: ScoreRow) -> int | None:
    """What was said, in numbers: the place of a letter, the role of words, 0 for TRUE, else 1."""
    if row.letter is not None:
        return LETTERS.index(row.letter)
    if row.role is not None or not row.is_read or answer_kind(row.variant) == "text":
        return row.role
    return int(row.rejects)


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
