"""What stands around the cards of the gallery: its words, its filters and its legend."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from handeye.pages.charts import svg
from handeye.pages.pictures import Picture
from handeye.pages.selection import Option, options
from handeye.pages.signs import Vocabulary
from handeye.rose.pages import overlay
from handeye.rose.pages.gallery import Card
from handeye.rose.pages.view import RunView
from handeye.rose.questions import SUBSETS, TEMPLATES


def gallery_context(
    runs: Sequence[RunView],
    cards: Sequence[Card],
    pictures: Sequence[Picture],
    words: Vocabulary,
) -> dict[str, Any]:
    """The names the gallery template reads; ``cards`` as chosen, ``runs`` as on the page."""
    total = sum(run.n_failed for run in runs)
    lead = (
        f"{len(cards):,} of {total:,} failures, chosen evenly over runs, templates, subsets and "
        "reasons (so not in proportion to how often they occur). Select a picture to "
        "enlarge it; the arrow keys go on from there, M hides the marks."
    )
    if not any(card.has_picture for card in cards):
        lead += " The pictures of this set are not at hand: grids are drawn instead."
    return {
        "cards": cards,
        "pictures": pictures,
        "words": lead,
        "empty_words": "Nothing to show: every item passed."
        if not total
        else f"{total:,} failures; the gallery was switched off.",
        "legend": legend(cards),
        "runs": options(
            Counter(str(card.run) for card in cards),
            lambda value: runs[int(value)].label,
            [str(k) for k in range(len(runs))],
        ),
        **common_filters(cards),
        "reasons": options(
            Counter(card.reason.key for card in cards),
            lambda value: words[value].label,
            words.order,
        ),
        "tags": options(
            Counter(sign.key for card in cards for sign in (card.reason, *card.tags)),
            lambda value: words[value].label,
            words.order,
        ),
    }


def common_filters(cards: Sequence[Card]) -> dict[str, list[Option]]:
    """The filters by template and subset."""
    return {
        "templates": options(
            Counter(card.template for card in cards),
            lambda value: TEMPLATES[value].column if value in TEMPLATES else value,
            list(TEMPLATES),
        ),
        "subsets": options(
            Counter(card.subset for card in cards),
            lambda value: value.removeprefix("ROSE-"),
            SUBSETS,
        ),
    }


def legend(cards: Sequence[Card]) -> list[dict[str, Any]]:
    """The marks that any card shows, each with its words."""
    drawn = {kind for card in cards for kind in card.legend}
    return [
        {"symbol": _symbol(kind), "label": label} for kind, label in overlay.LEGEND if kind in drawn
    ]


def _symbol(kind: str) -> Markup:
    if kind in ("region", "excluded"):
        box = {"x": 1.0, "y": 4.0, "width": 26.0, "height": 20.0}
        shape = svg.element("rect", **box, class_=f"ink m-{kind}")
    else:
        shape = overlay.mark(kind, 14.0, 14.0)
    return svg.element("svg", shape, viewBox="0 0 28 28", aria_hidden="true")
