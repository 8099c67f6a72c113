"""Cards of questions that one run answers better than another, beside their pair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from handeye.pages.differing import Chosen, Drawn
from handeye.pages.signs import Sign
from handeye.scores.sentences import letter
from handeye.stress.diagnosis.reasons import WORDS
from handeye.stress.pages.cards import (
    Asked,
    Given,
    Shot,
    Shots,
    answer_text,
    given,
    kind_of,
    note_of,
    pairs_of,
    title_of,
    words_of,
)
from handeye.stress.pages.view import RunView, views_of
from handeye.stress.scoring.run_folder import Run


@dataclass(frozen=True, slots=True)
class Side:
    """What one run answered to the question, then to its pair."""

    letter: str
    style: int
    answers: tuple[Given, ...]
    raw: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PairCard:
    """A question with two answers, the better one first; ``reason`` is why the other is worse."""

    item_id: str
    title: str
    reason: Sign | None
    shots: tuple[Shot, ...]
    further: tuple[Shot, ...]
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
    whole = [view.run.rows() for view in views]
    rows = [{row.item_id: row for row in of} for of in whole]
    pairs = [pairs_of(of) for of in whole]
    ids = {one.item_id for one in chosen}
    ids |= {of[name].item_id for of in pairs for name in tuple(ids) if name in of}
    answers = [view.answers(ids) for view in views]
    shots = Shots(2 * len(ids), budget)

    def side(number: int, item_ids: Sequence[str], names: dict[str, str]) -> Side:
        known = [name for name in item_ids if name in rows[number]]
        return Side(
            letter=letter(views[number].style),
            style=views[number].style,
            answers=tuple(given(rows[number][name], names) for name in known),
            raw=tuple((name, answer_text(answers[number].get(name))) for name in known),
        )

    def card(one: Chosen) -> PairCard:
        view: RunView = views[one.direction.wrong]
        row = rows[one.direction.wrong][one.item_id]
        pair = pairs[one.direction.wrong].get(one.item_id)
        both = [row, *([pair] if pair else [])]
        shown, names = [], {}
        for own, words in zip(both, ("this one", "its pair"), strict=False):
            names[own.picture_id] = words
            if item := view.material.items.get(own.item_id):
                shown.append(shots.shot(view, item, words))
        item = view.material.items.get(one.item_id)
        value = row.cue_value if row.cue else ""
        reason = one.values.get("reason")
        asked = Asked(kind_of(row.cue), *words_of(item, row.cue, value), (), "")
        ids_of = [own.item_id for own in both]
        return PairCard(
            item_id=one.item_id,
            title=title_of(row),
            reason=WORDS[reason] if reason else None,
            shots=tuple(shown),
            further=(),
            note=note_of(view, item is not None),
            asked=asked,
            sides=(
                side(one.direction.right, ids_of, names),
                side(one.direction.wrong, ids_of, names),
            ),
        )

    return Drawn(
        package="handeye.stress.pages",
        cards=[card(one) for one in chosen],
        pictures=shots.album.pictures,
        lead="Beside each picture stands the other one that the same words were asked about; the "
        "answers to both follow, those of the better run first.",
        style="clips",
        sheets=("clips.css", "stress.css"),
    )
