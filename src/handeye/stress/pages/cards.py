"""The gallery: which groups are shown, and what stands on each card."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from markupsafe import Markup
from PIL import Image

from handeye.errors import HandeyeError
from handeye.media.view import PictureError, read_view
from handeye.pages import frame
from handeye.pages.charts import svg
from handeye.pages.frame import Gallery
from handeye.pages.pictures import Album
from handeye.pages.selection import Filter, options, pick_evenly
from handeye.pages.signs import PASSED, Sign
from handeye.progress import told
from handeye.scores.estimate import number
from handeye.stress.diagnosis.reasons import WORDS, Found, find_reasons
from handeye.stress.item_set import ItemSet
from handeye.stress.items import CUES, DRAWN, FAMILIES, Item
from handeye.stress.pages.view import RunView
from handeye.stress.scoring.predictions import Prediction
from handeye.stress.scoring.score import Groups, ScoreRow
from handeye.stress.scoring.tables import KIND_LABELS

_SIDES = (480, 160)  # largest and least longer side of a picture in pixels
_MARGIN = 3  # pixels between the edit and its outline
# Colours of things under the masks, told apart by lightness, too (Okabe and Ito 2008).
_TINTS = ((230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66), (0, 114, 178),
          (213, 94, 0), (204, 121, 167))  # fmt: skip
_NO_SET = "The set of this run is not at hand: its pictures and words cannot be shown."
_OTHER = "another presupposition"


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture as drawn; empty ``drawing`` where it is not there."""

    name: str
    truth: str
    width: int
    height: int
    drawing: Markup


@dataclass(frozen=True, slots=True)
class Given:
    """An answer in the table of a card: about which picture, what it came to, whether right."""

    item_id: str
    about: str
    said: str
    right: bool
    state: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One string of words with the answers to it; ``before``, ``cue`` and ``behind`` make it up."""

    kind: str
    before: str
    cue: str
    behind: str
    answers: tuple[Given, ...]
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
    further: tuple[Shot, ...]
    asked: tuple[Asked, ...]
    worst: Asked
    raw: tuple[tuple[str, str], ...]
    facts: tuple[str, ...]
    note: str

    @property
    def drawn(self) -> bool:
        """Whether a picture is shown."""
        return any(shot.drawing for shot in self.shots)


@dataclass(frozen=True, slots=True)
class Whole:
    """A group as answered in one run, and why most of it failed (``passed`` where nothing did)."""

    rows: tuple[Found, ...]

    @property
    def scene_id(self) -> str:
        """Its id."""
        return self.rows[0].row.scene_id

    @property
    def family(self) -> str:
        """What it is asked about."""
        return self.rows[0].row.family

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
    """The pictures of a page, drawn with what is marked in them, within one budget."""

    def __init__(self, expected: int, budget: int, folder: Path | None = None) -> None:
        """Start empty.

        Args:
            expected: pictures there will be, those with masks among them.
            budget: bytes for all of them together.
            folder: of the page, where they become files.
        """
        self.album = Album(budget, expected, _SIDES, folder)

    def shot(self, view: RunView, item: Item, name: str) -> Shot:
        """The picture of an item with its edit outlined, and with its masks."""
        known = view.material.sets[item.item_id]
        row = known.pictures.get(item.picture_id)
        nothing = Shot(
            name, item.truth, row.width if row else 1, row.height if row else 1, Markup()
        )
        try:
            path = known.path(item)
            picture = self.album.add(path)
            image = read_view(path).image() if row is None or picture is not None else None
        except (HandeyeError, PictureError):
            return nothing
        if picture is None or image is None:
            return nothing
        width, height = image.size
        parts = [picture.drawn(width, height)]
        if row is not None:
            masked = self.album.add_image((path, "masks"), self._masked(known, item, image))
            if masked is not None:
                parts.append(svg.group(masked.drawn(width, height), class_="masked"))
            parts.append(svg.group(*_outline(row.evidence), class_="overlay"))
        return Shot(name, item.truth, width, height, Markup("").join(parts))

    @staticmethod
    def _masked(known: ItemSet, item: Item, image: Image.Image) -> Image.Image:
        """The picture in grey under a colour for each thing; as it is where masks are missing."""
        try:
            masks = known.masks(item.picture_id)
        except HandeyeError:
            return image
        grey = np.asarray(image.convert("L").convert("RGB"), np.float64)
        tints = np.array([(255, 255, 255), *_TINTS], np.float64)
        places = np.where(masks > 0, (masks.astype(np.int64) - 1) % len(_TINTS) + 1, 0)
        share = np.where(masks > 0, 0.7, 0.6)[..., None]
        return Image.fromarray((grey * (1 - share) + tints[places] * share).astype(np.uint8))


def _outline(box: Sequence[int]) -> list[Markup]:
    x0, y0, x1, y1 = box
    at = {
        "x": float(x0 - _MARGIN),
        "y": float(y0 - _MARGIN),
        "width": float(x1 - x0 + 2 * _MARGIN),
        "height": float(y1 - y0 + 2 * _MARGIN),
    }
    return [svg.element("rect", **at, class_=f"{kind} m-region") for kind in ("halo", "ink")]


def make_gallery(
    views: Sequence[RunView],
    limit: int,
    budget: int,
    folder: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Gallery:
    """Choose groups evenly over runs, reasons and families, and lay them out.

    Args:
        views: of the page.
        limit: at most so many cards; 0 for none.
        budget: bytes for all pictures together.
        folder: where the pictures become files.
        progress: called with how many cards are made and how many there will be.

    Raises:
        DataError: a file of a run cannot be read.
    """
    groups = [_groups(find_reasons(view.run.rows())) for view in views]
    chosen = _choose(groups, limit)
    asked = {
        (views[k].style, one.row.picture_id): None for k, whole in chosen for one in whole.rows
    }
    shots = Shots(2 * len({picture for _, picture in asked}), budget, folder)
    wanted = [
        {one.row.item_id for owner, whole in chosen if owner == k for one in whole.rows}
        for k in range(len(views))
    ]
    answers = [view.answers(ids) if ids else {} for view, ids in zip(views, wanted, strict=True)]
    cards = [_card(views[k], whole, answers[k], shots) for k, whole in told(chosen, progress, 1, 2)]
    return _gallery(cards, shots, [view.label for view in views], groups)


def _groups(found: Sequence[Found]) -> list[Whole]:
    held: dict[str, list[Found]] = defaultdict(list)
    for one in found:
        held[one.row.scene_id].append(one)
    return [Whole(tuple(of)) for of in held.values()]


def _choose(groups: Sequence[Sequence[Whole]], limit: int) -> list[tuple[int, Whole]]:
    piles: dict[tuple[int, str, str], list[Whole]] = defaultdict(list)
    for number_, own in enumerate(groups):
        for whole in own:
            piles[number_, whole.reason, whole.family].append(whole)
    order = WORDS.order

    def marginals(key: tuple[int, str, str]) -> Iterable[Hashable]:
        run, reason, family = key
        return ("run", run), ("reason", reason), ("family", family), (run, reason)

    def badness(whole: Whole) -> tuple[float, str]:
        return -whole.failed / len(whole.rows), whole.scene_id

    known = sorted(piles, key=lambda key: (order.index(key[1]), key))
    worst = {key: sorted(piles[key], key=badness) for key in known}
    picked = [(key[0], one) for key, one in pick_evenly(worst, limit, marginals)]
    return sorted(picked, key=lambda p: (order.index(p[1].reason), badness(p[1]), p[0]))


def _card(view: RunView, whole: Whole, answers: dict[str, Prediction], shots: Shots) -> Card:
    items = view.material.items
    rows = [one.row for one in whole.rows]
    first = rows[0]
    plain, further = _pictures(view, rows, shots)
    names = {picture: shot.name for picture, shot in (*plain.items(), *further.items())}
    asked = tuple(_asked(whole.rows, items, names))
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
        values={"family": whole.family, "level": "" if first.level is None else str(first.level)},
        title=title_of(first),
        reason=WORDS[whole.reason],
        tags=tuple(WORDS[key] for key in others),
        shots=tuple(plain.values()),
        further=tuple(further.values()),
        asked=asked,
        worst=next((one for one in asked if one.failed == whole.reason), asked[0]),
        raw=tuple((row.item_id, answer_text(answers.get(row.item_id))) for row in rows),
        facts=(f"{len(rows) - whole.failed} of {len(rows)} right", *facts_of(first)),
        note=note_of(view, first.item_id in items),
    )


def note_of(view: RunView, known: bool) -> str:
    """What to know of pictures that were not sent as they lie in the set."""
    if not known:
        return _NO_SET
    return f"The model was {view.shown}; these are the group's own." if view.shown else ""


def title_of(row: ScoreRow) -> str:
    """Family, level and the two values."""
    level = "" if row.level is None else f", level {row.level}"
    return f"{row.family[:1].upper()}{row.family[1:]}{level}: {row.values[0]} or {row.values[1]}"


def facts_of(row: ScoreRow) -> tuple[str, ...]:
    """What the numbers of a row say, in words."""
    if row.physical is None:
        return ()
    size = number(row.physical, "plain").removesuffix(".00").removesuffix(".0")
    return (f"{size} {row.unit} as drawn",)


def _pictures(
    view: RunView, rows: Sequence[ScoreRow], shots: Shots
) -> tuple[dict[str, Shot], dict[str, Shot]]:
    """The two pictures of the group, and those with a label, companions or another attribute."""
    plain: dict[str, Shot] = {}
    further: dict[str, Shot] = {}
    uncued = {row.picture_id for row in rows if row.cell == "uncued"}
    for row in sorted(rows, key=lambda row: (row.picture_id not in uncued, not row.true_a)):
        item = view.material.items.get(row.item_id)
        if item is None or row.picture_id in plain or row.picture_id in further:
            continue
        letter = "A" if row.true_a else "B"
        if row.cue in DRAWN:
            name = f"{letter} with {row.cue_value}"
            further[row.picture_id] = shots.shot(view, item, name)
        elif row.cell == "other" and row.picture_id not in uncued:
            further[row.picture_id] = shots.shot(view, item, f"{letter}, other attribute")
        else:
            plain[row.picture_id] = shots.shot(view, item, letter)
    return plain, further


def _asked(
    rows: Sequence[Found], items: Mapping[str, Item], names: dict[str, str]
) -> Iterable[Asked]:
    """What was asked, the answers to one string together; without a cue first."""
    held: dict[tuple[str, str, str], list[Found]] = defaultdict(list)
    for one in rows:
        row = one.row
        held[row.cue, row.prompt, row.cue_value if row.cue else ""].append(one)
    for (cue, _, value), of in sorted(held.items(), key=lambda one: _place(one[0][0])):
        item = items.get(of[0].row.item_id)
        before, marked, behind = words_of(item, cue, value)
        answers = tuple(given(one.row, names) for one in of)
        reasons = Counter(one.reason for one in of if one.reason)
        failed = max(reasons, key=lambda key: reasons[key]) if reasons else ""
        yield Asked(kind_of(cue), before, marked, behind, answers, failed)


def _place(cue: str) -> int:
    return CUES.index(cue) if cue in CUES else len(CUES)


def kind_of(cue: str) -> str:
    """A kind of cue in words; of none that there is none."""
    if not cue:
        return "no cue"
    return _OTHER if cue == "other" else KIND_LABELS.get(cue, cue)


def words_of(item: Item | None, cue: str, value: str) -> tuple[str, str, str]:
    """The words of a question: before the cue, the cue, and behind it."""
    if item is None:
        return "", value, ""
    if cue in DRAWN:
        return item.question, f"{cue} in the picture: {value}", ""
    if item.cue_span is None:
        return item.question, "", ""
    start, end = item.cue_span
    return item.question[:start], item.question[start:end], item.question[end:]


def given(row: ScoreRow, names: dict[str, str]) -> Given:
    """An answer in a few words."""
    said = {"no_such": "no such"}.get(row.says, row.said)
    if not row.is_read:
        said = row.lenient_said or row.answer_state
    about = names.get(row.picture_id, "A" if row.true_a else "B")
    return Given(row.item_id, about, said[:40], bool(row.right), row.answer_state)


def answer_text(answer: Prediction | None) -> str:
    """An answer as it came."""
    if answer is None:
        return ""
    return frame.clipped(answer.raw_text or (f"error: {answer.error}" if answer.error else ""))


def _gallery(
    cards: Sequence[Card],
    shots: Shots,
    labels: Sequence[str],
    groups: Sequence[Sequence[Whole]],
) -> Gallery:
    every = [whole for own in groups for whole in own]
    failed = sum(whole.failed > 0 for whole in every)
    lead = frame.shown_words(cards, failed, len(every), "groups").replace(
        "that passed", "of which everything is right"
    )
    if len(cards) < len(every):
        lead += (
            " They are chosen evenly over runs, families and the commonest reason of a group's "
            "failures (so not in proportion to how often they occur), of each those first of which "
            "most failed."
        )
    families = Counter(card.values["family"] for card in cards)
    levels = Counter(card.values["level"] for card in cards)
    return frame.report_gallery(
        cards,
        labels,
        WORDS,
        [
            Filter("family", "Family", options(families, str, list(FAMILIES))),
            *([Filter("level", "Level", options(levels, str, []))] if len(levels) > 1 else []),
        ],
        template="card.html.j2",
        pictures=shots.album.pictures,
        words=lead,
        unit="group",
        style="clips",
    )


def pairs_of(rows: Sequence[ScoreRow]) -> dict[str, ScoreRow]:
    """Of each item the one with the same words about the other picture, by its id."""
    return {
        rows[one].item_id: rows[other]
        for two in Groups(rows).pairs
        for one, other in (two, two[::-1])
    }
