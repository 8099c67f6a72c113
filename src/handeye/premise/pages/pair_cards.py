"""Cards of items that one run answers better than another: the clip, and both answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from handeye.pages.differing import Chosen, Drawn
from handeye.pages.signs import Sign
from handeye.premise.diagnosis.reasons import WORDS
from handeye.premise.pages.cards import (
    Clip,
    Media,
    Option,
    answer_text,
    facts_of,
    note_of,
    options_shown,
    title_of,
)
from handeye.premise.pages.view import RunView, views_of
from handeye.premise.scoring.run_folder import Run
from handeye.scores.sentences import letter


@dataclass(frozen=True, slots=True)
class Side:
    """What one run answered."""

    letter: str
    style: int
    options: tuple[Option, ...]
    state: str
    answer: str
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PairCard:
    """An item with two answers, the better one first; ``reason`` is why the other is worse."""

    item_id: str
    title: str
    reason: Sign | None
    clip: Clip
    question: str
    sides: tuple[Side, Side]


def pair_cards(runs: Sequence[Run], chosen: Sequence[Chosen], budget: int) -> Drawn:
    """Lay out items that tell runs apart.

    Args:
        runs: in the order of the comparison.
        chosen: what to show.
        budget: bytes for all media.

    Raises:
        DataError: a file of a run cannot be read.
    """
    ids = {one.item_id for one in chosen}
    views = views_of(runs) if ids else []
    shown = [(views[one.direction.wrong], one.item_id) for one in chosen]
    media = Media(shown, budget)
    rows = [{r.item_id: r for r in view.run.rows() if r.item_id in ids} for view in views]
    answers = [view.answers(ids) for view in views]

    def side(number: int, item_id: str) -> Side:
        view, row = views[number], rows[number][item_id]
        answer = answers[number].get(item_id)
        return Side(
            letter=letter(view.style),
            style=view.style,
            options=options_shown(view.material.items.get(item_id), row, answer),
            state=row.answer_state,
            answer=answer_text(answer),
            facts=facts_of(row),
        )

    def card(number: int, one: Chosen) -> PairCard:
        wrong: RunView = views[one.direction.wrong]
        item = wrong.material.items.get(one.item_id)
        reason = one.values.get("reason")
        return PairCard(
            item_id=one.item_id,
            title=title_of(rows[one.direction.wrong][one.item_id]),
            reason=WORDS[reason] if reason else None,
            clip=media.clip(f"item{number}", wrong, one.item_id, note_of(wrong)),
            question=item.question if item else "",
            sides=(side(one.direction.right, one.item_id), side(one.direction.wrong, one.item_id)),
        )

    return Drawn(
        package="handeye.premise.pages",
        cards=[card(number, one) for number, one in enumerate(chosen)],
        pictures=media.album.pictures,
        sounds=media.played(),
        lead="Below each clip stand the options as each run was shown them, the better run first; "
        "the right one and the answer are marked.",
        style="clips",
        sheets=("clips.css", "premise.css"),
    )
