"""A simulated respondent: the gold answer with named faults planted at given rates.

For tests, demos and for checking a diagnosis against what was really done. Plain Python, a pure
function of (seed, item, rates): every fault is drawn from a stream of its own, so that raising
one rate changes nothing about the others. Faults that fire together are applied in the order of
:data:`FAULTS`, the order in which an answer comes about: transport, what is seen, where, how it is
written. A fault that cannot show on an item (another submitted number on a COUNT item, say) is not
planted there; one that is planted never leaves the right answer standing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from handeye.respondents.fault_rates import Faults, parse_rates
from handeye.rose.items import Item
from handeye.rose.respondents.fault_changes import (
    CHANGES,
    Draft,
    garbled,
    misformed,
    right,
    written,
)
from handeye.run.answers import AnswerState
from handeye.sets.draw import Draw

MODEL = "handeye/simulated"
REFUSAL = "I'm sorry, but I can't help with this picture."
API_ERROR = "simulated: the server answered 500 to every attempt"


class Simulated(NamedTuple):
    """One simulated answer.

    ``raw_text`` is None when no answer came (``state`` ``error``, with the reason in ``error``).
    ``stop_reason`` is the engine's word for how it ended. ``planted`` names the faults that were
    really put in, in the order of :data:`FAULTS`.
    """

    raw_text: str | None
    state: AnswerState
    stop_reason: str | None
    error: str | None
    planted: tuple[str, ...]


def simulate(item: Item, faults: Faults, seed: int) -> Simulated:
    """Answer ``item`` with the faults that fire for it.

    Args:
        item: the question with its gold answer.
        faults: rate (0..1) by name, see :data:`FAULTS` and :func:`parse_faults`.
        seed: seed of all draws; the same (seed, item id) gives the same answer.

    Raises:
        OptionError: an unknown fault or a rate outside 0..1.
    """
    rates = parse_faults(faults)
    fired = [name for name in FAULTS if name in rates and _fires(name, item, rates, seed)]
    if "api_error" in fired:
        return Simulated(None, "error", None, API_ERROR, ("api_error",))
    if "refuse" in fired:
        return Simulated(REFUSAL, "refused", "content_filter", None, ("refuse",))
    planted, draft = _drafted(item, fired, rates, seed)
    text = written(item, draft)
    for name, spoil in (("break_grammar", misformed), ("garble", garbled)):
        if name in fired:
            text = spoil(item, draft, _effect(name, item, seed))
            planted.append(name)
    if "truncate" in fired:
        text = text[: _effect("truncate", item, seed).integer(1, max(1, len(text) - 3))]
        return Simulated(text, "truncated", "max_tokens", None, (*planted, "truncate"))
    return Simulated(text, "answered", "stop", None, tuple(planted))


def _drafted(item: Item, fired: Iterable[str], rates: Faults, seed: int) -> tuple[list[str], Draft]:
    """The faults that change what is answered, one after the other."""
    planted: list[str] = []
    draft = gold = right(item, item.gold)
    for name in fired:
        change = CHANGES.get(name)
        if change is None or (name == "anchor" and not _fires("miscount_scene", item, rates, seed)):
            continue
        changed = change(item, draft, _effect(name, item, seed))
        if changed is not None and not changed.same(gold):
            draft = changed
            planted.append(name)
    return planted, draft


# Faults of a scene: drawn alike for all its items. The number of a scene that is miscounted is
# what `anchor` repeats in the other items of the scene.
_OF_SCENE = {"miscount_scene": "miscount_scene", "anchor": "miscount_scene"}


def _fires(name: str, item: Item, rates: Faults, seed: int) -> bool:
    key = item.scene_id if name == "miscount_scene" else item.item_id
    return Draw(seed, "fault", name, key).unit() < rates.get(name, 0.0)


def _effect(name: str, item: Item, seed: int) -> Draw:
    if name in _OF_SCENE:
        return Draw(seed, "fault effect", _OF_SCENE[name], item.scene_id)
    return Draw(seed, "fault effect", name, item.item_id)


def simulate_predictions(
    items: Iterable[Item], faults: Faults, seed: int
) -> Iterator[dict[str, Any]]:
    """Rows of a prediction file for ``items``: item_id, model, raw_text, error, state, planted.

    Raises:
        OptionError: as :func:`simulate`.
    """
    rates = parse_faults(faults)
    for item in items:
        answer = simulate(item, rates, seed)
        yield {
            "item_id": item.item_id,
            "model": MODEL,
            "raw_text": answer.raw_text,
            "error": answer.error,
            "state": answer.state,
            "planted": list(answer.planted),
        }


def parse_faults(text: str | Sequence[str] | Faults | None) -> Faults:
    """Read fault rates, such as ``"miscount=0.2,refuse=0.05"``; see :func:`parse_rates`.

    Raises:
        OptionError: an unknown name, a name given twice, a rate that is no number in 0..1.
    """
    return parse_rates(text, FAULTS)


FAULTS: dict[str, str] = {
    "api_error": "no answer arrives at all (nothing else is planted then)",
    "refuse": "declines to answer (nothing else is planted then)",
    "ignore_region": "answers for the whole grid, where that is another answer",
    "miscount_scene": "counts the whole grid wrong, by one to three",
    "anchor": "repeats the number of a miscounted scene where a part of it is asked for",
    "never_abstain": "finds one cell where there is none",
    "abstain_wrongly": "finds nothing where there is something",
    "miss": "misses one exception; clicks and submitted number agree",
    "over": "one cell too many, in the region; clicks and submitted number agree",
    "miscount": "one exception too many or too few; clicks and submitted number agree",
    "wrong_cells": "one click lands elsewhere in the region, away from any exception",
    "off_by_one_cell": "one click lands on a neighbouring cell",
    "click_exclusion": "one click more, in the part to be left out",
    "click_outside": "one click more, outside the region asked for",
    "swap_row_col": "row and column swapped in every click",
    "flip_rows": "rows counted from below in every click",
    "flip_cols": "columns counted from the right in every click",
    "zero_based": "rows and columns counted from 0",
    "off_grid": "one click more, outside the grid",
    "repeat_click": "one cell clicked twice",
    "wrong_submit": "submits another number than was clicked",
    "break_grammar": "right or wrong, in a form that the grammar does not allow",
    "garble": "words from which no answer can be read",
    "truncate": "the answer is cut off before its end",
}
"""Name and meaning of every fault, in the order in which they are applied."""
