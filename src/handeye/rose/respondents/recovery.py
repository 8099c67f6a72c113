"""Plant faults, diagnose the answers, and compare what is found with what was planted.

The check of attribution (docs/attribution.md), and a way to ask what a set of some size can show.
Scenes are drawn as for a real set, without pictures; attribution never sees what was planted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import polars as pl

from handeye.respondents.fault_rates import Faults
from handeye.rose.diagnosis.attribution import Attribution, attribute, attribution_tables
from handeye.rose.diagnosis.evidence import evidence
from handeye.rose.diagnosis.reasons import REASONS
from handeye.rose.items import Item
from handeye.rose.respondents.simulated import simulate
from handeye.rose.scenes.rows import Drawn, scene_rows
from handeye.rose.scenes.sampling import sample_scene
from handeye.rose.scenes.sources.base import Art, Pair
from handeye.rose.scoring.score_frame import to_frame
from handeye.rose.scoring.score_item import score_item
from handeye.rose.scoring.tally import SCENE, Ledger, Tally
from handeye.rose.v01 import SOURCE_NAMES
from handeye.stats.intervals import estimates

_NO_TILE = np.zeros((1, 1, 3), np.uint8)


def items_without_pictures(seed: int, scenes: int) -> list[Item]:
    """All seven items of ``scenes`` scenes of every source, drawn with v0.1's statistics.

    Args:
        seed: of the scenes.
        scenes: number per source (5 sources).
    """
    pair, art = Pair("", 0.0, {}, ()), Art(_NO_TILE, _NO_TILE)
    items: list[Item] = []
    for source in SOURCE_NAMES:
        for index in range(scenes):
            scene = sample_scene(seed, source, index)
            drawn = Drawn(source, seed, "test", scene, pair, art, "", "")
            items += [msgspec.convert(row, Item) for row in scene_rows(drawn).values()]
    return items


@dataclass(frozen=True, slots=True)
class Recovery:
    """A respondent with planted faults, diagnosed.

    ``planted`` and ``reasons`` are per item of ``items``; a reason is None where the item passed.
    """

    items: Sequence[Item]
    planted: Sequence[tuple[str, ...]]
    reasons: Sequence[str | None]
    attribution: Attribution

    def tables(self, *, seed: int = 0, resamples: int = 1000) -> dict[str, Any]:
        """:func:`handeye.rose.diagnosis.attribution.attribution_tables` of the run."""
        return attribution_tables(self.attribution, seed=seed, resamples=resamples)


def recover(items: Sequence[Item], faults: Faults, seed: int) -> Recovery:
    """Answer ``items`` with planted faults and attribute the failures.

    Raises:
        OptionError: an unknown fault or a rate outside 0..1.
    """
    answers = [simulate(item, faults, seed) for item in items]
    attribution = attribute_answers(
        items, [answer.raw_text for answer in answers], [answer.state for answer in answers]
    )
    planted = [answer.planted for answer in answers]
    return Recovery(items, planted, attribution.rows["reason"].to_list(), attribution)


def attribute_answers(
    items: Sequence[Item], texts: Sequence[str | None], states: Sequence[str | None] = ()
) -> Attribution:
    """Score and attribute answers that were not asked for through a run.

    Args:
        items: what was asked.
        texts: the answers, in the order of ``items``.
        states: how each ended; empty for "as the text tells".

    Raises:
        DataError: as :func:`handeye.rose.scoring.score_item.score_item`.
    """
    ended = states or [None] * len(items)
    rows = [
        score_item(item, text, state=state)
        for item, text, state in zip(items, texts, ended, strict=True)
    ]
    by_id = {item.item_id: text for item, text in zip(items, texts, strict=True)}
    return attribute(evidence(to_frame(rows), by_id))


# The reason that a fault leads to, where the region holds something and the answer clicks.
_REASONS: Mapping[str, str] = {
    "api_error": "no_answer",
    "refuse": "refused",
    "truncate": "truncated",
    "break_grammar": "format_only",
    "garble": "unreadable",
    "zero_based": "zero_based",
    "swap_row_col": "swapped",
    "flip_rows": "flipped",
    "flip_cols": "flipped",
    "off_grid": "off_grid",
    "ignore_region": "whole_grid",
    "never_abstain": "not_abstained",
    "abstain_wrongly": "abstained",
    "off_by_one_cell": "neighbour",
    "click_exclusion": "inside_exclusion",
    "click_outside": "outside_region",
    "wrong_submit": "submitted_other",
    "anchor": "anchored",
    "miss": "missed",
    "over": "over_clicked",
    "wrong_cells": "elsewhere",
    "repeat_click": "repeated",
}
_ORDER = tuple(reason.key for reason in REASONS)
_COUNTED = {"miss": "count_low", "over": "count_high"}
# Clicks in a region without targets are "did not abstain", whatever made them.
_NOTHING_THERE = ("click_exclusion", "click_outside", "over", "anchor")


def expected_reasons(item: Item, fault: str) -> frozenset[str]:
    """The reasons that the documented order gives an item with this fault alone.

    More than one where the fault leaves open which of them it is (a miscount is one less or one
    more), or where the answer cannot tell them apart (the only target missed: nothing clicked).
    """
    gold = len(item.gold)
    if fault == "miscount":
        ways = ("miss", "over") if gold else ("over",)
        return frozenset().union(*(expected_reasons(item, way) for way in ways))
    if fault == "miscount_scene":
        return frozenset({"count_low", "count_high"})
    if not gold and fault in _NOTHING_THERE:
        return frozenset({"not_abstained"})
    if fault == "miss" and gold == 1:
        return frozenset({"abstained"})
    if item.task_mode == "COUNT" and fault in _COUNTED:
        return frozenset({_COUNTED[fault]})
    return frozenset({_REASONS[fault]})


# Faults of form and transport: nothing else is looked at.
_OUTER = ("api_error", "refuse", "truncate", "garble")
_CONVENTIONS = ("swap_row_col", "zero_based", "flip_rows", "flip_cols")
_MOVES = ("off_by_one_cell", "wrong_cells")
# What leaves the set of clicks as it was.
_HARMLESS = ("repeat_click", "wrong_submit")


def expected_of_several(item: Item, planted: Sequence[str]) -> frozenset[str]:
    """The reasons that the documented order gives an item with these faults.

    Told from what was planted alone. A fault whose sign another one wipes out is passed over: what
    is missed or added makes an answer for the whole grid one that violates its region; clicks
    added to none are no abstention; a cell beside its target is a slip only if their number is
    right; an answer that hits no target cannot tell its convention.
    """
    for name in _OUTER:
        if name in planted:
            return expected_reasons(item, name)
    content = [name for name in planted if name != "break_grammar"]
    if "break_grammar" in planted:
        return frozenset({"format_and_wrong"}) if content else frozenset({"format_only"})
    if len(content) == 1:
        return expected_reasons(item, content[0])
    used = [name for name in content if name in _CONVENTIONS]
    content = [name for name in content if name not in _CONVENTIONS]
    hits = len(item.targets if "ignore_region" in content else item.gold)
    if used and hits > sum(name in ("wrong_cells", "miss") for name in content):
        return expected_reasons(item, used[0])
    if "off_grid" in content:
        return frozenset({"off_grid"})
    return _first_left(item, content)


def _first_left(item: Item, content: Sequence[str]) -> frozenset[str]:
    """The reason of several faults of content, those passed over that others wipe out."""
    moving = [name for name in content if name not in _HARMLESS]
    expected = [expected_reasons(item, name) for name in content]
    if len(moving) > 1:
        if not item.gold:
            return frozenset({"not_abstained"})
        if item.task_mode == "COUNT":
            return frozenset({"count_low", "count_high"})
        if "ignore_region" in content:
            exclusion = item.region_type == "EXCLUSION"
            return frozenset({"inside_exclusion" if exclusion else "outside_region"})
        if all(name in _MOVES for name in moving):
            return frozenset({"elsewhere"})
        wiped = (*_MOVES, "abstain_wrongly", "anchor")
        left = [expected_reasons(item, name) for name in content if name not in wiped]
        expected = [one - {"abstained"} or frozenset({"missed"}) for one in left] or expected
    return min(expected, key=lambda one: min(map(_ORDER.index, one)))


def can_show(run: Recovery, fault: str, seed: int) -> list[bool]:
    """Whether a fault could have been planted on each item: with a rate of 1 it would be.

    A number can be repeated only in a scene that was miscounted.
    """
    if fault != "anchor":
        always = {fault: 1.0}
        return [fault in simulate(item, always, seed).planted for item in run.items]
    wrong = {
        item.scene_id
        for item, planted in zip(run.items, run.planted, strict=True)
        if "miscount_scene" in planted
    }
    always = {"anchor": 1.0, "miscount_scene": 1.0}
    return [
        item.scene_id in wrong and "anchor" in simulate(item, always, seed).planted
        for item in run.items
    ]


def recovered_rate(
    run: Recovery, fault: str, can: Sequence[bool], *, resamples: int = 1000
) -> dict[str, Any]:
    """Share of the items in which a fault can show that are given a reason it leads to.

    Args:
        run: answers in which this is the only fault that shows on those items.
        fault: which one.
        can: see :func:`can_show`.
        resamples: number of resamples of scenes.

    Returns:
        An estimate {"value", "low", "high", "n"}.
    """
    hits = [
        possible and reason is not None and reason in expected_reasons(item, fault)
        for item, reason, possible in zip(run.items, run.reasons, can, strict=True)
    ]
    rows = run.attribution.rows.select("rose_subset", "scene_id").with_columns(
        pl.Series("can", can), pl.Series("hit", hits)
    )
    tally, scope = Tally(resamples), ("recovered",)
    for (subset,), part in rows.group_by("rose_subset", maintain_order=True):
        numbered = part.with_columns((pl.col("scene_id").rank("dense") - 1).alias(SCENE))
        ledger = Ledger(numbered[SCENE].n_unique())
        ledger.add(scope, numbered, ("can", "hit"))
        tally.put(str(subset), ledger, 0)
    rate = tally.over(tally.subsets, [scope]).share("hit", "can")
    found: dict[str, Any] = estimates(rate)
    return found


def confusion(runs: Iterable[Recovery], *, alone: bool) -> dict[str, dict[str, int]]:
    """How often each planted fault was given each reason.

    Args:
        runs: diagnosed runs, with one fault or several.
        alone: count the items with exactly one fault, by fault; else those with several, by the
            first reason expected of them.
    """
    counts: dict[str, dict[str, int]] = {}
    for run in runs:
        for item, planted, reason in zip(run.items, run.planted, run.reasons, strict=True):
            if not planted or (len(planted) == 1) != alone:
                continue
            fault, found = planted[0], reason or "passed"
            if not alone:
                expected = expected_of_several(item, planted)
                fault = reason if reason in expected else min(expected, key=_ORDER.index)
            row = counts.setdefault(fault, {})
            row[found] = row.get(found, 0) + 1
    return counts
