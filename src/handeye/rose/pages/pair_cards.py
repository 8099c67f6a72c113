"""Cards of items that tell runs apart.

A card shows the answer that is wrong drawn over the picture, and both answers in words; the right
one is what the marks call a target.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from handeye.pages.differing import Chosen, Drawn
from handeye.pages.pictures import Album
from handeye.pages.signs import Sign, Vocabulary
from handeye.rose.diagnosis.reasons import REASONS
from handeye.rose.pages import gallery
from handeye.rose.pages.gallery import Card, Choice
from handeye.rose.pages.load import load_runs
from handeye.rose.scoring.run_folder import Run
from handeye.scores.sentences import letter

_WORDS = Vocabulary(Sign(reason.key, reason.label, reason.meaning) for reason in REASONS)


@dataclass(frozen=True, slots=True)
class PairCard:
    """The card of the run that fails, with what the other run answered; runs by their letters."""

    card: Card
    style: int
    right: str
    wrong: str
    right_answer: str


def pair_cards(runs: Sequence[Run], chosen: Sequence[Chosen], budget: int) -> Drawn:
    """Lay out items that tell runs apart.

    Args:
        runs: in the order of the comparison.
        chosen: what to show.
        budget: bytes for all pictures.

    Raises:
        DataError: a file of a run cannot be read.
    """
    loaded = load_runs(runs)
    ids = [one.item_id for one in chosen]
    album = Album(budget, len(set(ids)))
    sources = [run.evidence(ids) for run in loaded] if ids else []
    cards = []
    for one in chosen:
        right, wrong = one.direction.right, one.direction.wrong
        source = sources[wrong]
        item = source.items.get(one.item_id)
        card = gallery.build_card(
            Choice(wrong, one.row, one.item_id, one.values.get("reason", ""), ()),
            loaded[wrong].label,
            source.rows[one.item_id],
            source.answers.get(one.item_id),
            item,
            gallery.picture_of(album, source.root, item),
            _WORDS,
        )
        answer = (sources[right].answers.get(one.item_id) or "").strip()
        cards.append(PairCard(card, right, letter(right), letter(wrong), answer))
    inner = [one.card for one in cards]
    lead = (
        "The marks show the wrong answer against the targets. Select a picture to enlarge it; the "
        "arrow keys go on from there, M hides the marks."
    )
    if not any(card.drawn for card in inner):
        lead += " The pictures of this set are not at hand: grids are drawn instead."
    return Drawn(
        package="handeye.rose.pages",
        cards=cards,
        pictures=album.pictures,
        legend=gallery.legend(inner),
        lead=lead,
    )
