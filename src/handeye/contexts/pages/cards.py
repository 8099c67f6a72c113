"""The gallery: a card is a scene as answered in one run, its media, questions and contexts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from handeye.contexts.diagnosis.reasons import WORDS, Found, find_reasons
from handeye.contexts.item_set import ItemSet
from handeye.contexts.items import Item
from handeye.contexts.loader import VIDEOS
from handeye.contexts.pages.view import RunView
from handeye.contexts.scoring.predictions import Prediction
from handeye.contexts.scoring.score import ScoreRow
from handeye.errors import HandeyeError
from handeye.media.view import PictureError, read_view
from handeye.pages import frame
from handeye.pages.frame import Gallery
from handeye.pages.pictures import Album
from handeye.pages.selection import Filter, options, pick_evenly
from handeye.pages.signs import PASSED, Sign
from handeye.progress import told

_SIDES = (640, 200)  # largest and least longer side of a picture in pixels
_NO_SET = "The set of this run is not at hand: its pictures and words cannot be shown."


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture as drawn; empty ``drawing`` where it is not there."""

    name: str
    width: int
    height: int
    drawing: Markup


@dataclass(frozen=True, slots=True)
class Asked:
    """One question with its answer.

    ``context`` are the words of the context, ``failed`` why the answer is wrong; empty where it is
    right.
    """

    item_id: str
    about: str
    name: str
    context: str
    question: str
    said: str
    gold: str
    right: bool
    state: str
    failed: str


@dataclass(frozen=True, slots=True)
class Card:
    """Everything a card shows; texts are raw and escaped by the template."""

    run: int
    run_label: str
    item_id: str
    scene_id: str
    values: dict[str, str]
    title: str
    reason: Sign
    tags: tuple[Sign, ...]
    shots: tuple[Shot, ...]
    sees: tuple[Asked, ...]
    does: tuple[Asked, ...]
    worst: Asked
    raw: tuple[tuple[str, str], ...]
    note: str

    @property
    def drawn(self) -> bool:
        """Whether a picture is shown."""
        return any(shot.drawing for shot in self.shots)


@dataclass(frozen=True, slots=True)
class Whole:
    """A scene as answered in one run, and why most of it failed."""

    rows: tuple[Found, ...]

    @property
    def scene_id(self) -> str:
        """Its id."""
        return self.rows[0].row.scene_id

    @property
    def group(self) -> str:
        """Its group."""
        return self.rows[0].row.group

    @property
    def failed(self) -> int:
        """Items that failed."""
        return sum(not one.passed for one in self.rows)

    @property
    def reason(self) -> str:
        """The commonest reason, of several the more decisive one."""
        counts = Counter(one.reason for one in self.rows if one.reason)
        if not counts:
            return PASSED.key
        return min(counts, key=lambda key: (-counts[key], WORDS.order.index(key)))


class Shots:
    """The pictures of a page within one budget."""

    def __init__(self, expected: int, budget: int, folder: Path | None = None) -> None:
        """Start empty.

        Args:
            expected: pictures there will be.
            budget: bytes for all of them together.
            folder: of the page, where they become files.
        """
        self.album = Album(budget, expected, _SIDES, folder)

    def shots(self, items: ItemSet, item: Item) -> tuple[Shot, ...]:
        """The media of an item; of a video a blank with its name."""
        return tuple(self._shot(items, item, at) for at in range(len(item.media)))

    def _shot(self, items: ItemSet, item: Item, at: int) -> Shot:
        name = item.media[at]
        nothing = Shot(name, 4, 3, Markup())
        if Path(name).suffix.lower() in VIDEOS:
            return nothing
        try:
            path = items.paths(item)[at]
            width, height = read_view(path).size
            picture = self.album.add(path)
        except (HandeyeError, PictureError):
            return nothing
        if picture is None:
            return nothing
        return Shot(name, width, height, picture.drawn(width, height))


def make_gallery(
    views: Sequence[RunView],
    limit: int,
    budget: int,
    folder: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Gallery:
    """Choose scenes evenly over runs, reasons and groups, and lay them out.

    Args:
        views: of the page.
        limit: at most so many cards; 0 for none.
        budget: bytes for all pictures together.
        folder: where the pictures become files.
        progress: called with how many cards are made and how many there will be.

    Raises:
        DataError: a file of a run cannot be read.
    """
    scenes = [_scenes(find_reasons(view.run.rows())) for view in views]
    chosen = _choose(scenes, limit)
    shots = Shots(len({whole.scene_id for _, whole in chosen}), budget, folder)
    wanted = [
        {one.row.item_id for owner, whole in chosen if owner == k for one in whole.rows}
        for k in range(len(views))
    ]
    answers = [view.answers(ids) if ids else {} for view, ids in zip(views, wanted, strict=True)]
    cards = [_card(views[k], whole, answers[k], shots) for k, whole in told(chosen, progress, 1, 2)]
    return _gallery(cards, shots, [view.label for view in views], scenes)


def _scenes(found: Sequence[Found]) -> list[Whole]:
    held: dict[str, list[Found]] = defaultdict(list)
    for one in found:
        held[one.row.scene_id].append(one)
    return [Whole(tuple(of)) for of in held.values()]


def _choose(scenes: Sequence[Sequence[Whole]], limit: int) -> list[tuple[int, Whole]]:
    piles: dict[tuple[int, str, str], list[Whole]] = defaultdict(list)
    for number, own in enumerate(scenes):
        for whole in own:
            piles[number, whole.reason, whole.group].append(whole)
    order = WORDS.order

    def marginals(key: tuple[int, str, str]) -> Iterable[Hashable]:
        run, reason, group = key
        return ("run", run), ("reason", reason), ("group", group), (run, reason)

    def badness(whole: Whole) -> tuple[float, str]:
        return -whole.failed / len(whole.rows), whole.scene_id

    known = sorted(piles, key=lambda key: (order.index(key[1]), key))
    worst = {key: sorted(piles[key], key=badness) for key in known}
    picked = [(key[0], one) for key, one in pick_evenly(worst, limit, marginals)]
    return sorted(picked, key=lambda p: (order.index(p[1].reason), badness(p[1]), p[0]))


def _card(view: RunView, whole: Whole, answers: Mapping[str, Prediction], shots: Shots) -> Card:
    items, rows = view.material.items, [one.row for one in whole.rows]
    asked = tuple(asked_of(one, items) for one in whole.rows)
    others = dict.fromkeys(
        key
        for one in whole.rows
        for key in (*([one.reason] if one.reason else ()), *one.tags)
        if key != whole.reason
    )
    return Card(
        run=view.style,
        run_label=view.label,
        item_id=whole.scene_id,
        scene_id=whole.scene_id,
        values={"group": whole.group},
        title=f"{len(rows) - whole.failed} of {len(rows)} right",
        reason=WORDS[whole.reason],
        tags=tuple(WORDS[key] for key in others),
        shots=shots_of(view, rows[0], shots),
        sees=tuple(one for one in asked if one.about == "sees"),
        does=tuple(one for one in asked if one.about == "does"),
        worst=next((one for one in asked if one.failed == whole.reason), asked[0]),
        raw=tuple((row.item_id, answer_text(answers.get(row.item_id))) for row in rows),
        note=note_of(view, rows[0]),
    )


def note_of(view: RunView, row: ScoreRow) -> str:
    """What to know of pictures that cannot be shown."""
    return "" if row.item_id in view.material.items else _NO_SET


def shots_of(view: RunView, row: ScoreRow, shots: Shots) -> tuple[Shot, ...]:
    """The media of a row's scene; none where its set is not at hand."""
    item = view.material.items.get(row.item_id)
    return () if item is None else shots.shots(view.material.sets[row.item_id], item)


def asked_of(found: Found, items: Mapping[str, Item]) -> Asked:
    """A question with its answer, in words."""
    row = found.row
    item = items.get(row.item_id)
    said = row.said if row.said is not None else row.lenient_said
    return Asked(
        item_id=row.item_id,
        about=row.about,
        name=row.name,
        context="" if item is None else item.text,
        question=row.name if item is None else item.ask,
        said=row.answer_state if said is None else said or "none",
        gold=row.gold or "none",
        right=bool(row.right),
        state=row.answer_state,
        failed=found.reason or "",
    )


def answer_text(answer: Prediction | None) -> str:
    """An answer as it came."""
    if answer is None:
        return ""
    return frame.clipped(answer.raw_text or (f"error: {answer.error}" if answer.error else ""))


def _gallery(
    cards: Sequence[Card],
    shots: Shots,
    labels: Sequence[str],
    scenes: Sequence[Sequence[Whole]],
) -> Gallery:
    every = [whole for own in scenes for whole in own]
    failed = sum(whole.failed > 0 for whole in every)
    lead = frame.shown_words(cards, failed, len(every), "scenes").replace(
        "that passed", "of which everything is right"
    )
    if len(cards) < len(every):
        lead += (
            " They are chosen evenly over runs, groups and the commonest reason of a scene's "
            "failures (so not in proportion to how often they occur), of each those first of which "
            "most failed."
        )
    return frame.report_gallery(
        cards,
        labels,
        WORDS,
        list(_filters(cards)),
        template="card.html.j2",
        pictures=shots.album.pictures,
        words=lead,
        unit="scene",
        style="clips",
    )


def _filters(cards: Sequence[Card]) -> Iterator[Filter]:
    groups = Counter(card.values["group"] for card in cards)
    if len(groups) > 1:
        yield Filter("group", "Group", options(groups, str, []))
