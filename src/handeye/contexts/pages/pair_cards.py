"""Cards of questions that one run answers better than another: the picture, and both answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from handeye.contexts.diagnosis.reasons import WORDS, find_reasons
from handeye.contexts.pages.cards import (
    Asked,
    Shot,
    Shots,
    answer_text,
    asked_of,
    note_of,
    shots_of,
)
from handeye.contexts.pages.view import views_of
from handeye.contexts.scoring.run_folder import Run
from handeye.pages.differing import Chosen, Drawn
from handeye.pages.signs import Sign
from handeye.scores.sentences import letter


@dataclass(frozen=True, slots=True)
class Side:
    """What one run answered."""

    letter: str
    style: int
    asked: Asked
    raw: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PairCard:
    """A question with two answers, the better one first; ``reason`` is why the other is worse."""

    item_id: str
    title: str
    reason: Sign | None
    shots: tuple[Shot, ...]
    note: str
    asked: Asked
    sides: tuple[Side, Side]


def pair_cards(runs: Sequence[Run], chosen: Sequence[Chosen], budget: int) -> Drawn:
    """Lay out questions that tell runs apart.

    Args:
        runs: in the order of the comparison.
        chosen: what to show.
        budget: bytes for all pictures.

    Raises:
        DataError: a file of a run cannot be read.
    """
    views = views_of(runs) if chosen else []
    found = [{one.row.item_id: one for one in find_reasons(view.run.rows())} for view in views]
    ids = {one.item_id for one in chosen}
    answers = [view.answers(ids) for view in views]
    shots = Shots(len(ids), budget)

    def side(number: int, item_id: str) -> Side:
        view = views[number]
        return Side(
            letter=letter(view.style),
            style=view.style,
            asked=asked_of(found[number][item_id], view.material.items),
            raw=((item_id, answer_text(answers[number].get(item_id))),),
        )

    def card(one: Chosen) -> PairCard:
        view = views[one.direction.wrong]
        own = found[one.direction.wrong][one.item_id]
        reason = one.values.get("reason")
        return PairCard(
            item_id=one.item_id,
            title=f"{'Context' if own.row.about == 'does' else 'Question'}: {own.row.name}",
            reason=WORDS[reason] if reason else None,
            shots=shots_of(view, own.row, shots),
            note=note_of(view, own.row),
            asked=asked_of(own, view.material.items),
            sides=(side(one.direction.right, one.item_id), side(one.direction.wrong, one.item_id)),
        )

    return Drawn(
        package="handeye.contexts.pages",
        cards=[card(one) for one in chosen],
        pictures=shots.album.pictures,
        lead="The answers of both runs to one question, those of the better run first.",
        style="clips",
        sheets=("clips.css", "contexts.css"),
    )
