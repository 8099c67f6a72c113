"""The gallery: which items are shown, and what stands on each card."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from markupsafe import Markup

from handeye.errors import HandeyeError
from handeye.media.frame_choice import FrameChoice
from handeye.pages import frame
from handeye.pages.film_strip import SIDES, Still, Strip, film_strip
from handeye.pages.frame import Gallery, wide_and_narrow
from handeye.pages.pictures import Album
from handeye.pages.selection import Filter, options, pick_evenly
from handeye.pages.signs import PASSED, Sign
from handeye.pages.sounds import Sound, Sounds
from handeye.premise.asking.prompts import VARIANTS
from handeye.premise.diagnosis.reasons import WORDS, Found, find_reasons
from handeye.premise.items import AUDIO_FALSE, LETTERS, VISION_FALSE, Item
from handeye.premise.pages.view import RunView
from handeye.premise.scenes.kinds import (
    CLOSE_FROM,
    CLOSE_SAMPLES,
    DETAIL_FROM,
    DETAIL_SAMPLES,
    RATE,
)
from handeye.premise.scoring.predictions import Prediction
from handeye.premise.scoring.reading import answer_kind, options_of
from handeye.premise.scoring.score import CELLS, ScoreRow
from handeye.premise.scoring.signal import WORDS as WORDS_OF_TRUTH, logs_of
from handeye.progress import told

_FRAMES = FrameChoice("uniform", 8, longest_side=SIDES[0])
# Of a page's budget for media; the rest, and what sounds leave, is for pictures.
_OF_SOUNDS = 0.4
_SPANS = (
    (DETAIL_FROM / RATE, (DETAIL_FROM + DETAIL_SAMPLES) / RATE, "the detail"),
    (CLOSE_FROM / RATE, (CLOSE_FROM + CLOSE_SAMPLES) / RATE, "what is asked"),
)
_MODALITIES = {"vision": "about the picture", "audio": "about the sound", "both": "about both"}
_PREMISES = {"standard": "true premise", "misleading": "false premise"}
_NO_SET = "The set of this run is not at hand: its clip and options cannot be shown."


@dataclass(frozen=True, slots=True)
class Option:
    """One option as shown: its letter and text; whether it is right, and was answered.

    ``letter`` is empty where options had none; ``share`` is the probability of what names the
    option, None where it is not known.
    """

    letter: str
    text: str
    gold: bool
    chosen: bool
    share: float | None

    @property
    def percent(self) -> str:
        """The share in words."""
        return "" if self.share is None else f"{100 * self.share:.1f} %"


@dataclass(frozen=True, slots=True)
class Clip:
    """The clip of a card: frames, and its sound as drawn; ``note`` where something is missing."""

    strip: Strip
    sound: Sound | None = None
    wave: Markup = field(default_factory=Markup)


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
    clip: Clip
    question: str
    options: tuple[Option, ...]
    state: str
    answer: str
    facts: tuple[str, ...]

    @property
    def drawn(self) -> bool:
        """Whether frames are shown, or a sound is."""
        return any(still.picture for still in self.clip.strip.stills) or self.clip.sound is not None


class Media:
    """The frames and sounds of a page, within one budget."""

    def __init__(
        self, chosen: Iterable[tuple[RunView, str]], budget: int, folder: Path | None = None
    ) -> None:
        """Take the sounds first: they are few and small.

        Args:
            chosen: the items that will be shown, each as answered in a run.
            budget: bytes for all of them together.
            folder: of the page, where they become files.
        """
        self._budget = budget
        self._paths = {(view.style, item_id): _paths(view, item_id) for view, item_id in chosen}
        self.sounds = Sounds(int(budget * _OF_SOUNDS), folder)
        pictures: set[tuple[Path, bool]] = set()
        for paths in self._paths.values():
            if source := paths.get("sound") or paths.get("video"):
                self.sounds.add(source)
            if seen := paths.get("video") or paths.get("picture"):
                pictures.add((seen, "video" in paths))
        expected = sum(_FRAMES.count if moving else 1 for _, moving in pictures)
        self.album = Album(budget - self.sounds.size, expected, SIDES, folder)

    def played(self) -> list[Sound]:
        """What the page plays, when all cards are made: what pictures left is for videos."""
        self.sounds.show_videos(self._budget - self.album.size - self.sounds.size)
        return self.sounds.embedded

    def clip(self, key: str, view: RunView, item_id: str, note: str) -> Clip:
        """The clip of an item; ``key`` is unique on the page, ``note`` what to know of it."""
        item = view.material.items.get(item_id)
        paths = self._paths[view.style, item_id]
        if item is None or not paths:
            return Clip(Strip(note=_NO_SET))
        if video := paths.get("video"):
            strip = film_strip(key, video, _FRAMES, self.album, note=note)
        else:
            strip = self._still(paths.get("picture"), note)
        source = paths.get("sound") or paths.get("video")
        sound = self.sounds.add(source) if source else None
        if sound is None:
            return Clip(strip)
        spans = _SPANS if "shown" in item.meta else ()
        title = f"Sound of clip {item.clip_id}"
        wave = wide_and_narrow(
            lambda narrow: sound.drawn(f"{key}-wave{narrow:d}", title, spans, narrow=narrow)
        )
        return Clip(strip, sound, wave)

    def _still(self, path: Path | None, note: str) -> Strip:
        if path is None:
            return Strip(note=f"{note} This clip has no picture.".strip())
        picture = self.album.add(path)
        if picture is None:
            return Strip(note=f"{note} The picture is not there, broken, or did not fit.".strip())
        return Strip(
            (Still(picture, 224, 224, "still", "The picture of the clip", False),), note=note
        )


def _paths(view: RunView, item_id: str) -> dict[str, Path]:
    item = view.material.items.get(item_id)
    if item is None:
        return {}
    try:
        return view.material.sets[item_id].paths(item)
    except HandeyeError:
        return {}


def make_gallery(
    views: Sequence[RunView],
    carried: Sequence[Collection[tuple[str, str]]],
    limit: int,
    budget: int,
    folder: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Gallery, list[list[Found]]]:
    """Choose items evenly over runs, reasons and kinds, and lay them out.

    Args:
        views: of the page.
        carried: of each run the signs that its figures bear out.
        limit: at most so many cards; 0 for none.
        budget: bytes for all media together.
        folder: where the media become files.
        progress: called with how many cards are made and how many there will be.

    Returns:
        The gallery, and what was found of every item with a gold, run by run.

    Raises:
        DataError: a file of a run cannot be read.
    """
    found = [
        find_reasons(view.run.rows(), carried=signs)
        for view, signs in zip(views, carried, strict=True)
    ]
    chosen = _choose(found, limit)
    media = Media(((views[k], one.row.item_id) for k, one in chosen), budget, folder)
    wanted = [{one.row.item_id for owner, one in chosen if owner == k} for k in range(len(views))]
    answers = [view.answers(ids) if ids else {} for view, ids in zip(views, wanted, strict=True)]
    cards = [
        _card(f"card{place}", views[k], one, answers[k].get(one.row.item_id), media)
        for place, (k, one) in enumerate(told(chosen, progress, 1, 2))
    ]
    return _gallery(cards, media, [view.label for view in views], found), found


def _choose(found: Sequence[Sequence[Found]], limit: int) -> list[tuple[int, Found]]:
    piles: dict[tuple[int, str, str, str], list[Found]] = defaultdict(list)
    for number, own in enumerate(found):
        for one in own:
            piles[number, reason_of(one), one.row.modality, one.row.kind].append(one)
    order = WORDS.order

    def marginals(key: tuple[int, str, str, str]) -> Iterable[Hashable]:
        run, reason, modality, kind = key
        return (
            ("run", run),
            ("reason", reason),
            ("sense", modality),
            ("kind", kind),
            (run, reason),
        )

    known = sorted(piles, key=lambda key: (order.index(key[1]), key))
    worst = {key: sorted(piles[key], key=_badness) for key in known}
    picked = [(key[0], one) for key, one in pick_evenly(worst, limit, marginals)]
    return sorted(picked, key=lambda p: (order.index(reason_of(p[1])), _badness(p[1]), p[0]))


def reason_of(found: Found) -> str:
    """Key of the reason why an item is shown."""
    return found.reason or PASSED.key


def _badness(found: Found) -> tuple[float, str]:
    """The surest mistakes first: S far on the wrong side."""
    row = found.row
    false = (row.gold or 0) >= VISION_FALSE
    s = row.s if row.s is not None else row.s_samples
    return (0.0 if s is None else s if false else -s), row.item_id


def _card(key: str, view: RunView, found: Found, answer: Prediction | None, media: Media) -> Card:
    row = found.row
    item = view.material.items.get(row.item_id)
    return Card(
        run=view.style,
        run_label=view.label,
        item_id=row.item_id,
        scene_id=row.scene_id,
        values={"modality": row.modality, "premise": premise_of(row), "kind": row.kind},
        title=title_of(row),
        reason=WORDS[reason_of(found)],
        tags=tuple(WORDS[tag] for tag in found.tags),
        clip=media.clip(key, view, row.item_id, note_of(view)),
        question=_question(item, row),
        options=options_shown(item, row, answer),
        state=row.answer_state,
        answer=answer_text(answer),
        facts=facts_of(row),
    )


def note_of(view: RunView) -> str:
    """What to know of a clip that was not sent as it lies in the set."""
    if view.summary.ablation == "swap":
        return "The model was shown the clip of another family; this is the item's own."
    if view.summary.ablation:
        return f"The model was not sent all of this, but {view.sent}."
    return ""


def premise_of(row: ScoreRow) -> str:
    """Whether the premise holds of the media as they were shown."""
    return "misleading" if (row.gold or 0) >= VISION_FALSE else "standard"


def title_of(row: ScoreRow) -> str:
    """Cell and kind, in words."""
    words = CELLS[row.cell]
    level = "" if row.level is None else f", {row.level:g} {row.unit}".rstrip()
    kind = f": {row.kind}{level}" if row.kind else ""
    one = f"{words[:1].upper()}{words[1:]}".replace("premises about", "premise about")
    return f"{one}{kind}"


def _question(item: Item | None, row: ScoreRow) -> str:
    """What was asked; without the options where these stand below it."""
    if item is None:
        return ""
    if answer_kind(row.variant) == "choice" or row.variant not in VARIANTS:
        return item.question
    return VARIANTS[row.variant].write(item, item.order).replace("\n\n", "\n")


def options_shown(
    item: Item | None, row: ScoreRow, answer: Prediction | None
) -> tuple[Option, ...]:
    """The options in the order in which they were shown.

    Where the answer is free, what is right and what was answered stand for them.
    """
    if item is None:
        return ()
    kind, texts = answer_kind(row.variant), options_of(item)
    if kind == "choice":
        return tuple(
            Option(
                LETTERS[place],
                texts[int(role)],
                int(role) == row.gold,
                int(role) == row.role and row.is_read,
                _share(log),
            )
            for place, (role, log) in enumerate(zip(row.order, row.logs, strict=True))
        )
    if kind == "text":
        told = (row.gold, row.role if row.is_read else None)
        return tuple(
            Option("", texts[role], role == row.gold, row.is_read and role == row.role, None)
            for role in dict.fromkeys(told)
            if role is not None
        )
    logs = logs_of(answer.letters if answer and answer.letters else {}, kind)
    return tuple(
        Option(
            "",
            word,
            row.gold is not None and rejects == (row.gold >= VISION_FALSE),
            row.is_read and rejects == row.rejects,
            _share(log),
        )
        for rejects, word, log in zip((False, True), WORDS_OF_TRUTH, logs, strict=True)
    )


def _share(log: float | None) -> float | None:
    return None if log is None else math.exp(log)


def answer_text(answer: Prediction | None) -> str:
    """An answer as it came, with the further ones to the same question."""
    if answer is None:
        return ""
    text = answer.raw_text or (f"error: {answer.error}" if answer.error else "")
    if answer.samples:
        counted = Counter((one or "").strip()[:60] or "none" for one in answer.samples)
        more = ", ".join(f"{n} × {one}" for one, n in counted.most_common(8))
        text += f"\n\n{len(answer.samples)} more answers to it: {more}"
    return frame.clipped(text)


def facts_of(row: ScoreRow) -> tuple[str, ...]:
    """What the numbers of a row say, in words."""
    out = []
    if row.s is not None:
        bound = {"at most": "≤ ", "at least": "≥ ", "unsure": "about "}.get(row.s_censored, "")
        out.append(f"S {bound}{_signed(row.s)} ({row.s_from})")
    if row.s_samples is not None:
        out.append(
            f"S {_signed(row.s_samples)} (samples: {row.n_rejected} of {row.n_samples} reject)"
        )
    if row.perceived is not None:
        out.append("S tells the premise" if row.perceived else "S does not tell the premise")
    if row.rank is not None and row.gold in (VISION_FALSE, AUDIO_FALSE):
        out.append(f"the right rejection is {row.rank} of 6 by likelihood")
    out.append(f"clip {row.clip_id}")
    return tuple(out)


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")


def _gallery(
    cards: Sequence[Card], media: Media, labels: Sequence[str], found: Sequence[Sequence[Found]]
) -> Gallery:
    every = [one for own in found for one in own]
    failed = sum(not one.passed for one in every)
    lead = frame.shown_words(cards, failed, len(every), "answers")
    if len(cards) < len(every):
        lead += (
            " They are chosen evenly over runs, reasons, senses and kinds (so not in proportion "
            "to how often they occur), the surest mistakes of each first."
        )
    kinds = Counter(card.values["kind"] for card in cards)
    return frame.report_gallery(
        cards,
        labels,
        WORDS,
        [
            _filter("modality", "Sense", cards, _MODALITIES),
            _filter("premise", "Premise", cards, _PREMISES),
            *([Filter("kind", "Kind", options(kinds, str, []))] if len(kinds) > 1 else []),
        ],
        template="card.html.j2",
        pictures=media.album.pictures,
        sounds=media.played(),
        words=lead,
        unit="item",
        style="clips",
    )


def _filter(name: str, title: str, cards: Sequence[Card], words: dict[str, str]) -> Filter:
    counts = Counter(card.values[name] for card in cards)
    return Filter(name, title, options(counts, lambda key: words.get(key, key), list(words)))
