"""Cards of clips that one run answers better than another: the frames, and both matchings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from handeye.pages.differing import Chosen, Drawn
from handeye.pages.film_strip import SIDES, Strip
from handeye.pages.frame import clipped, wide_and_narrow
from handeye.pages.pictures import Album
from handeye.pages.signs import Sign
from handeye.scores.sentences import letter
from handeye.visualact.diagnosis.reasons import WORDS, pairs_by_clip
from handeye.visualact.pages.cards import answer_facts, clip_facts, matching_of, shown_strip
from handeye.visualact.pages.match_drawing import match_drawing
from handeye.visualact.pages.runs import Answer, LoadedRun, load_runs
from handeye.visualact.records import Prediction
from handeye.visualact.scoring.run_folder import Run
from handeye.visualact.scoring.tables import scenario_words

_STILLS = 8


@dataclass(frozen=True, slots=True)
class Side:
    """What one run makes of a clip."""

    letter: str
    style: int
    facts: tuple[str, ...]
    drawing: Markup
    state: str
    answer: str
    labels: str


@dataclass(frozen=True, slots=True)
class PairCard:
    """A clip with two answers, the better one first; ``reason`` is why the other is worse."""

    clip_id: str
    title: str
    reason: Sign | None
    strip: Strip
    sides: tuple[Side, Side]
    facts: tuple[str, ...]


def pair_cards(runs: Sequence[Run], chosen: Sequence[Chosen], budget: int) -> Drawn:
    """Lay out clips that tell runs apart.

    Args:
        runs: in the order of the comparison.
        chosen: what to show.
        budget: bytes for all pictures.

    Raises:
        DataError: a file of a run cannot be read.
    """
    ids = {one.item_id for one in chosen}
    sources = [_Source(run, ids) for run in load_runs(runs)] if ids else []
    album = Album(budget, _STILLS * len(ids), SIDES)
    return Drawn(
        package="handeye.visualact.pages",
        cards=[_card(number, one, sources, album) for number, one in enumerate(chosen)],
        pictures=album.pictures,
        lead="The frames are those that the worse run was shown; below them stand the actions that "
        "the clip calls for and those that either run proposed, the better run first.",
        style="clips",
        sheets=("clips.css", "visualact.css"),
    )


class _Source:
    """A run with its answers to the chosen clips."""

    def __init__(self, run: LoadedRun, ids: set[str]) -> None:
        self.run = run
        self.answers, self.predictions = run.answers(ids), run.predictions()
        self.pairs = pairs_by_clip(run.run)
        rows = run.scores().select("clip_id", "f1")
        self.f1 = dict(zip(rows["clip_id"], rows["f1"], strict=True))

    def side(self, key: str, clip_id: str) -> Side:
        """The answer to a clip; ``key`` is unique on the page."""
        run = self.run
        answer = self.answers.get(clip_id, Answer(clip_id))
        prediction = self.predictions.get(clip_id, Prediction(clip_id))
        threshold = float(run.summary.options["threshold"])
        clip = run.material.clips.get(clip_id)
        matching = matching_of(clip, prediction, self.pairs.get(clip_id, ()), threshold)
        name = f"Actions called for by clip {clip_id} and those proposed by {run.label}"
        return Side(
            letter=letter(run.number),
            style=run.number,
            facts=answer_facts(matching, self.f1.get(clip_id)),
            drawing=wide_and_narrow(
                lambda narrow: match_drawing(f"{key}-{narrow:d}", matching, name, narrow=narrow)
            ),
            state=prediction.state,
            answer=clipped(answer.raw_text or (f"error: {answer.error}" if answer.error else "")),
            labels=clipped(answer.labels_text),
        )


def _card(number: int, one: Chosen, sources: Sequence[_Source], album: Album) -> PairCard:
    clip_id = one.item_id
    key = f"clip{number}"
    right, wrong = sources[one.direction.right], sources[one.direction.wrong]
    material = wrong.run.material
    clip = material.clips.get(clip_id)
    shown = wrong.answers.get(clip_id, Answer(clip_id)).shown
    video = material.videos.get(clip_id)
    reason = one.values.get("reason")
    return PairCard(
        clip_id=clip_id,
        title=scenario_words(one.values["scenario"]),
        reason=WORDS[reason] if reason else None,
        strip=shown_strip(key, clip, video, shown, wrong.run.frames, album),
        sides=(right.side(f"{key}-r", clip_id), wrong.side(f"{key}-w", clip_id)),
        facts=clip_facts(clip),
    )
