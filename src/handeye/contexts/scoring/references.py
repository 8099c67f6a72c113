"""What whoever knows one half can be right about at best: the context alone, or the picture alone.

Both are told with hindsight, as the best single action for everything that they cannot tell apart,
so no respondent without the other half has more. Where nothing else is like it (one scene with a
context, one context of its form in a scene), nothing is told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Literal, Protocol

from handeye.contexts.authored import Answer
from handeye.contexts.scoring.actions import as_text, gold_of, of_text, right

Half = Literal["context", "picture"]
HALVES: dict[Half, str] = {
    "context": "knows the context alone, with hindsight",
    "picture": "knows the picture alone, with hindsight",
}
_MOST = 200  # different right answers that are tried


class _Asked(Protocol):
    """An item or its score row."""

    @property
    def scene_id(self) -> str: ...
    @property
    def group(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def form(self) -> str: ...
    @property
    def answer(self) -> Answer: ...


def best(asked: Sequence[_Asked], half: Half) -> list[bool | None]:
    """Of every item whether the best action for what is alike to that half is right.

    Args:
        asked: what is to be done.
        half: that is known.

    Returns:
        In their order; None where nothing else is alike.
    """
    held: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for place, one in enumerate(asked):
        key = (one.group, one.name) if half == "context" else (one.scene_id,)
        held[*key, one.form].append(place)
    out: list[bool | None] = [None] * len(asked)
    for places in held.values():
        if len(places) < 2:
            continue
        answers = [asked[place].answer for place in places]
        form = asked[places[0]].form
        golds = list(dict.fromkeys(gold_of(form, answer) for answer in answers))[:_MOST]
        texts = list(map(as_text, answers))
        most: list[bool] = []
        for gold in golds:
            known = {text: right(gold, form, of_text(text)) for text in set(texts)}
            found = [known[text] for text in texts]
            if sum(found) > sum(most) or not most:
                most = found
        for place, holds in zip(places, most, strict=True):
            out[place] = holds
    return out


def best_share(asked: Iterable[_Asked], half: Half) -> float:
    """The share of items that the best actions of that half are right about."""
    found = [one for one in best(list(asked), half) if one is not None]
    return sum(found) / len(found) if found else 0.0
