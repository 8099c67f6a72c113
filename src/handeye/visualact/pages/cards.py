"""The gallery: which clips are shown, and what stands on each card."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from handeye.errors import DataError
from handeye.media.frame_choice import FrameChoice
from handeye.pages import frame
from handeye.pages.film_strip import MOST_STILLS, SIDES, Strip, film_strip
from handeye.pages.frame import Gallery
from handeye.pages.pictures import Album
from handeye.pages.selection import Filter, options, pick_evenly
from handeye.pages.signs import PASSED, Sign
from handeye.progress import told
from handeye.scores.estimate import percent
from handeye.visualact.diagnosis.reasons import WORDS, Found, find_reasons, pairs_by_clip, truths
from handeye.visualact.pages.match_drawing import Box, Link, Matching, match_drawing
from handeye.visualact.pages.runs import Answer, LoadedRun, Shown
from handeye.visualact.records import SCENARIOS, Action, Clip, Prediction
from handeye.visualact.scoring.tables import scenario_words

Pairs = Mapping[str, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Card:
    """Everything a card shows; texts are raw and escaped by the template."""

    run: int
    run_label: str
    item_id: str
    scenario: str
    title: str
    reason: Sign
    tags: tuple[Sign, ...]
    strip: Strip
    matching: Matching
    drawing: Markup
    state: str
    answer: str
    labels: str
    facts: tuple[str, ...]
    scene_id: str = ""

    @property
    def values(self) -> dict[str, str]:
        """What the filters look at."""
        return {"scenario": self.scenario}

    @property
    def drawn(self) -> bool:
        """Whether frames are shown."""
        return any(still.picture for still in self.strip.stills)


def make_gallery(
    runs: Sequence[LoadedRun],
    limit: int,
    budget: int,
    folder: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Gallery, list[list[Found]]]:
    """Choose clips evenly over runs, reasons and classes, worst first, and lay them out.

    Args:
        runs: of the page.
        limit: at most so many cards; 0 for none.
        budget: bytes for all pictures together.
        folder: where the pictures become files.
        progress: called with how many cards are made and how many there will be.

    Returns:
        The gallery, and what was found of every clip, run by run.

    Raises:
        DataError: a file of a run cannot be read.
    """
    pairs = [pairs_by_clip(run.run) for run in runs]
    found = [
        find_reasons(
            list(run.scores().iter_rows(named=True)),
            own,
            run.material.clips,
            float(run.summary.options["threshold"]),
            passed=True,
        )
        for run, own in zip(runs, pairs, strict=True)
    ]
    chosen = choose(found, limit)
    album = Album(budget, _stills(runs, chosen), SIDES, folder)
    wanted = [{one.clip_id for owner, one in chosen if owner == k} for k in range(len(runs))]
    answers = [run.answers(ids) if ids else {} for run, ids in zip(runs, wanted, strict=True)]
    predictions = [run.predictions() if ids else {} for run, ids in zip(runs, wanted, strict=True)]
    cards = [
        _card(
            place,
            runs[number],
            one,
            pairs[number].get(one.clip_id, ()),
            answers[number].get(one.clip_id, Answer(one.clip_id)),
            predictions[number].get(one.clip_id, Prediction(one.clip_id)),
            album,
        )
        for place, (number, one) in enumerate(told(chosen, progress, 1, 2))
    ]
    return _gallery(cards, album, [run.label for run in runs], found), found


def choose(found: Sequence[Sequence[Found]], limit: int) -> list[tuple[int, Found]]:
    """Up to ``limit`` clips, in the order of the page: by reason, worst first."""
    piles: dict[tuple[int, str, str], list[Found]] = defaultdict(list)
    for number, own in enumerate(found):
        for one in own:
            piles[number, one.reason, one.scenario].append(one)
    worst_first = {
        key: sorted(piles[key], key=lambda one: one.badness)
        for key in sorted(piles, key=lambda key: (WORDS.order.index(key[1]), key))
    }

    def marginals(key: tuple[int, str, str]) -> Iterable[Hashable]:
        run, reason, scenario = key
        return (("run", run), ("reason", reason), ("scenario", scenario), ("pair", run, reason))

    picked = [(key[0], one) for key, one in pick_evenly(worst_first, limit, marginals)]
    reasons = WORDS.order
    return sorted(picked, key=lambda p: (reasons.index(p[1].reason), p[1].badness, p[0]))


def _stills(runs: Sequence[LoadedRun], chosen: Sequence[tuple[int, Found]]) -> int:
    """How many pictures there will be at most; one clip shown twice is embedded once."""
    clips = {(runs[number].material.videos.get(one.clip_id), number) for number, one in chosen}
    each = [runs[number].frames for _, number in clips]
    return sum(
        min(MOST_STILLS, c.count if c is not None and c.method == "uniform" else 8) for c in each
    )


def _card(
    place: int,
    run: LoadedRun,
    found: Found,
    pairs: Sequence[Mapping[str, Any]],
    answer: Answer,
    prediction: Prediction,
    album: Album,
) -> Card:
    key = f"card{place}"
    clip = run.material.clips.get(found.clip_id)
    video = run.material.videos.get(found.clip_id)
    matching = matching_of(clip, prediction, pairs, float(run.summary.options["threshold"]))
    name = f"Actions called for by clip {found.clip_id} and those proposed by {run.label}"
    reason, *tags = (WORDS[sign] for sign in found.signs)
    return Card(
        run=run.number,
        run_label=run.label,
        item_id=found.clip_id,
        scenario=found.scenario,
        title=scenario_words(found.scenario),
        reason=reason,
        tags=tuple(tags),
        strip=shown_strip(key, clip, video, answer.shown, run.frames, album),
        matching=matching,
        drawing=match_drawing(f"{key}-w", matching, name)
        + match_drawing(f"{key}-n", matching, name, narrow=True),
        state=prediction.state,
        answer=frame.clipped(answer.raw_text or (f"error: {answer.error}" if answer.error else "")),
        labels=frame.clipped(answer.labels_text or ""),
        facts=(*answer_facts(matching, found.f1), *clip_facts(clip)),
    )


def shown_strip(
    key: str,
    clip: Clip | None,
    video: Path | None,
    shown: Shown | None,
    choice: FrameChoice | None,
    album: Album,
) -> Strip:
    """The frames that the model was shown, as the prediction says, else as the run does."""
    if clip is None or video is None:
        return Strip(note="The set of this run is not at hand: no frames can be shown.")
    wanted, note = _wanted(shown, choice)
    return film_strip(key, video, wanted, album, span=_evidence(clip), note=note)


def _wanted(shown: Shown | None, choice: FrameChoice | None) -> tuple[FrameChoice, str]:
    if shown is not None and shown.input == "native":
        return (
            FrameChoice(longest_side=SIDES[0]),
            "The model got the video itself; these are eight frames of it at equal distances.",
        )
    if shown is not None and shown.seconds:
        return FrameChoice("seconds", seconds=shown.seconds, longest_side=SIDES[0]), ""
    if choice is not None:
        plain = {**choice.as_dict(), "longest_side": SIDES[0]}
        return FrameChoice.of(plain), ""
    return (
        FrameChoice(longest_side=SIDES[0]),
        "Which frames were shown is not recorded; these are eight at equal distances.",
    )


def _evidence(clip: Clip) -> tuple[float, float] | None:
    span: Any = clip.meta.get("evidence")
    if not isinstance(span, (list, tuple)) or len(span) != 2:
        return None
    if not all(isinstance(end, (int, float)) and not isinstance(end, bool) for end in span):
        return None
    return float(span[0]), float(span[1])


def matching_of(
    clip: Clip | None,
    prediction: Prediction,
    pairs: Sequence[Mapping[str, Any]],
    threshold: float,
) -> Matching:
    """The matching of a clip as it is drawn; without the set only assigned truths are known.

    Raises:
        DataError: a pair is of an action or a truth that is not there.
    """
    matched_truth = {pair["truth"] for pair in pairs if pair["matched"]}
    matched_predicted = {pair["predicted"] for pair in pairs if pair["matched"]}
    true_actions: Mapping[int, Action] = truths(clip, pairs)
    rows = {place: row for row, place in enumerate(sorted(true_actions))}
    proposed = prediction.actions or ()
    for pair in pairs:
        if pair["truth"] not in rows or not 0 <= pair["predicted"] < len(proposed):
            raise DataError(
                f"{prediction.clip_id}: a pair of its scores is of action {pair['predicted']} and "
                f"truth {pair['truth']}, which are not there; score the run again"
            )
    return Matching(
        truth=[
            Box(true_actions[p].text, true_actions[p].apl, true_actions[p].proactive,
                p in matched_truth)
            for p in sorted(true_actions)
        ],
        predicted=[
            Box(one.text, one.apl, one.proactive, place in matched_predicted)
            for place, one in enumerate(proposed)
        ],
        links=[
            Link(rows[pair["truth"]], pair["predicted"], pair["similarity"], pair["matched"])
            for pair in pairs
        ],
        threshold=threshold,
        nothing="Nothing was proposed."
        if prediction.state == "answered"
        else f"No readable answer ({prediction.state}).",
    )  # fmt: skip


def answer_facts(matching: Matching, f1: float | None) -> tuple[str, ...]:
    """How right an answer is, in words; F1 is None where there was nothing to do nor done."""
    matched = f"{sum(link.matched for link in matching.links)} matched"
    return matched, "no F1: nothing called for" if f1 is None else f"F1 {percent(f1)} %"


def clip_facts(clip: Clip | None) -> tuple[str, ...]:
    """What a generated clip says of itself."""
    if clip is None:
        return ("the set is not at hand: unassigned true actions are not shown",)
    out = []
    meta = clip.meta
    if meta.get("kind"):
        way = " (backward)" if meta.get("backward") else ""
        out.append(f"event: {str(meta['kind']).replace('_', ' ')}{way}")
    if meta.get("motion_only"):
        twin = f", twin {meta['twin']}" if meta.get("twin") else ""
        out.append(f"only motion tells{twin}")
    if meta.get("idle"):
        out.append("calls for nothing")
    if isinstance(meta.get("distractors"), (list, tuple)) and meta["distractors"]:
        named = ", ".join(str(name).replace("_", " ") for name in meta["distractors"])
        out.append(f"distractors: {named}")
    return tuple(out)


def _gallery(
    cards: Sequence[Card], album: Album, labels: Sequence[str], found: Sequence[Sequence[Found]]
) -> Gallery:
    every = [one for own in found for one in own]
    failed = sum(one.reason != PASSED.key for one in every)
    lead = frame.shown_words(cards, failed, len(every), "answers")
    if len(cards) < len(every):
        lead += (
            " They are chosen evenly over runs, reasons and classes (so not in proportion to how "
            "often they occur), the worst of each first."
        )
    scenarios = options(Counter(card.scenario for card in cards), scenario_words, list(SCENARIOS))
    return frame.report_gallery(
        cards,
        labels,
        WORDS,
        [Filter("scenario", "Class", scenarios)],
        template="card.html.j2",
        pictures=album.pictures,
        words=lead,
        unit="clip",
        style="clips",
    )
