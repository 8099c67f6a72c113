"""Items that one run gets and another does not: which are shown, and their cards.

A card shows the answer that is wrong drawn over the picture, and both answers in words; the right
one is what the marks call a target.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from handeye.pages.pictures import Album
from handeye.pages.selection import Option, options
from handeye.pages.signs import Sign, Vocabulary
from handeye.rose.comparing.paired_runs import PairedRuns
from handeye.rose.diagnosis.reasons import REASONS
from handeye.rose.pages import gallery
from handeye.rose.pages.gallery import Card, Choice, common_filters, legend
from handeye.rose.pages.load import LoadedRun
from handeye.scores.comparison_words import letter

WORDS = Vocabulary(Sign(reason.key, reason.label, reason.meaning) for reason in REASONS)


@dataclass(frozen=True, slots=True)
class Direction:
    """Items that run ``right`` passes and run ``wrong`` does not."""

    right: int
    wrong: int

    @property
    def key(self) -> str:
        """Value of the filter."""
        return f"{self.right}-{self.wrong}"

    @property
    def label(self) -> str:
        """Name of the filter's choice."""
        return f"{letter(self.right)} right, {letter(self.wrong)} wrong"


@dataclass(frozen=True, slots=True)
class PairCard:
    """The card of the run that fails, with what the other run answered."""

    card: Card
    direction: Direction
    wrong_label: str
    right_label: str
    right_answer: str


def directions(pairs: Sequence[Mapping[str, Any]]) -> list[Direction]:
    """Both directions of every pair of runs that was compared."""
    return [
        Direction(*ends)
        for pair in pairs
        for ends in ((pair["first"], pair["second"]), (pair["second"], pair["first"]))
    ]


def differing(paired: PairedRuns, direction: Direction) -> pl.DataFrame:
    """Items of one direction, as the gallery's choice wants its failures."""
    passed = paired.passed
    chosen = (passed[:, direction.right] == 1) & (passed[:, direction.wrong] == 0)
    reasons = paired.reasons[direction.wrong]
    return (
        paired.items.select("item_id", "task_template", "rose_subset")
        .with_row_index("row")
        .with_columns(reason=reasons, tags=pl.lit([], dtype=pl.List(pl.String)))
        .filter(pl.Series(chosen))
    )


def pair_cards(
    runs: Sequence[LoadedRun],
    paired: PairedRuns,
    shown: Sequence[Direction],
    limit: int,
    budget: int,
) -> tuple[list[PairCard], Album, int]:
    """Choose and lay out items that tell runs apart.

    Args:
        runs: opened, in the order of ``paired``.
        paired: the runs side by side, with reasons.
        shown: who is right and who is wrong.
        limit: how many cards at most.
        budget: bytes for all pictures.

    Returns:
        The cards, the pictures they refer to, and how many items there were to choose from.
    """
    found = [differing(paired, direction) for direction in shown]
    choices = gallery.choose(found, limit)
    album = Album(budget, len({choice.item_id for choice in choices}))
    ids = [choice.item_id for choice in choices]
    sources = [run.evidence(ids) for run in runs]
    cards = []
    for number, choice in enumerate(choices):
        direction = shown[choice.run]
        wrong, right = sources[direction.wrong], sources[direction.right]
        item = wrong.items.get(choice.item_id)
        own = Choice(direction.wrong, choice.row, choice.item_id, choice.reason, choice.tags)
        card = gallery.build_card(
            number,
            own,
            runs[direction.wrong].label,
            wrong.rows[choice.item_id],
            wrong.answers.get(choice.item_id),
            item,
            gallery.picture_of(album, wrong.root, item),
            WORDS,
        )
        answer = right.answers.get(choice.item_id) or ""
        cards.append(
            PairCard(
                card, direction, letter(direction.wrong), letter(direction.right), answer.strip()
            )
        )
    return cards, album, sum(frame.height for frame in found)


def gallery_context(
    cards: Sequence[PairCard], album: Album, total: int, shown: Sequence[Direction]
) -> dict[str, Any]:
    """The names that the gallery of the comparison reads."""
    inner = [one.card for one in cards]
    by_key = {direction.key: direction for direction in shown}
    lead = (
        f"{len(cards):,} of {total:,} items that one run gets and the other does not, chosen "
        "evenly over directions, templates, subsets and reasons. The marks show the wrong answer "
        "against the targets. Select a picture to enlarge it; the arrow keys go on from there, "
        "M hides the marks."
    )
    if not any(card.has_picture for card in inner):
        lead += " The pictures of this set are not at hand: grids are drawn instead."
    choices: list[Option] = options(
        Counter(one.direction.key for one in cards),
        lambda key: by_key[key].label,
        list(by_key),
    )
    return {
        "cards": cards,
        "pictures": album.pictures,
        "words": lead,
        "empty_words": "Nothing to show: the runs get the same items."
        if not total
        else f"{total:,} items differ; the gallery was switched off.",
        "legend": legend(inner),
        "directions": choices,
        **common_filters(inner),
        "reasons": options(
            Counter(card.reason.key for card in inner),
            lambda key: WORDS[key].label,
            WORDS.order,
        ),
    }
