"""VisualActBench for :mod:`handeye.scores.looks`: clips with their answers, and what any scores.

An answer is its list of actions; on any clip it scores its F1 there, by similarity. The best
constant answer is scored like any other, so it has every figure of the tables. No prompt tells the
class of a clip; it is chosen by class all the same, which makes the bar higher.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handeye.scores.embedder import Embedder, checked_rows
from handeye.scores.estimate import NOTHING, Estimate, rate_of
from handeye.scores.looks import Asked, Looks, look, repeats
from handeye.scores.tables import Table
from handeye.visualact.asking.prompts import ELICITATION, FREE_ELICITATION
from handeye.visualact.records import Clip, PredictedAction, Prediction
from handeye.visualact.scoring.cases import Case, case_of, wordings
from handeye.visualact.scoring.clip_scores import score_case
from handeye.visualact.scoring.motion_split import MOTION, headline_f1, split_f1
from handeye.visualact.scoring.options import Options
from handeye.visualact.scoring.summary import SUITE, summarize
from handeye.visualact.scoring.tables import tables

Answer = tuple[PredictedAction, ...]
_QUESTIONS = (ELICITATION, FREE_ELICITATION)
_SHOWN = ("headline", "classes", "priority", "proactive")
# A mean of levels; all else that the best constant answer scores is a share.
_IN_LEVELS = "mean_error"


class ClipWays:
    """What an answer scores on a clip, and its traits: how many actions, and what they are about.

    Args:
        clips: by id.
        embedder: of the texts.
        options: of matching and scoring.
        answers: everything that will be scored.
    """

    pairs = 5_000

    def __init__(
        self, clips: Iterable[Clip], embedder: Embedder, options: Options, answers: Iterable[Answer]
    ) -> None:
        self._clips = {clip.clip_id: clip for clip in clips}
        self._options = options
        texts = {one.text: None for answer in answers for one in answer}
        for clip in self._clips.values():
            texts |= {text: None for one in clip.actions for text in wordings(one, options)}
        self._places = {text: place for place, text in enumerate(texts)}
        self._rows = checked_rows(embedder, list(texts)) if texts else np.zeros((0, 1), np.float32)

    def case(self, answer: Answer, clip_id: str, model: str | None = None) -> Case:
        """A clip with any answer to it."""
        prediction = Prediction(clip_id, model, actions=answer)
        return case_of(self._clips[clip_id], prediction, self._options, self._places, self._rows)

    def score(self, answer: Answer, asked: Asked) -> float:
        """F1 as the options have it; 0 where the clip is in no mean."""
        found = score_case(self.case(answer, asked.scene), self._options)[0].f1
        return 0.0 if found is None else found

    def traits(self, answer: Answer, asked: Asked) -> Sequence[float]:
        """Number of actions, their mean level, and the mean of their vectors."""
        if not answer:
            return [0.0] * (2 + self._rows.shape[1])
        near: NDArray[np.float32] = self._rows[[self._places[one.text] for one in answer]]
        levels = [one.apl for one in answer if one.apl is not None]
        return [len(answer), sum(levels) / len(levels) if levels else 0.0, *near.mean(axis=0)]

    def anywhere(self, answer: Answer) -> bool:
        """To leave alone may be right of any clip, but scores in no mean: chosen by class."""
        return False

    def meant(self, answer: Answer, asked: Asked) -> Sequence[Answer]:
        """Texts mean what they say."""
        return ()

    def elsewhere(self, asked: Asked, other: Asked) -> tuple[Hashable, float] | None:
        """No question tells anything of its clip."""
        return other.gold, 1.0


def looks(
    cases: Sequence[Case],
    embedder: Embedder,
    options: Options,
    *,
    dev: Sequence[Clip] = (),
    seed: int = 0,
    bootstrap: int,
) -> Looks:
    """Whether answers depend on the video, and what the best constant answer scores.

    Args:
        cases: of a run.
        embedder: of the texts.
        options: of matching and scoring.
        dev: clips of the dev split, where it is not asked.
        seed: of permutations and bootstrap.
        bootstrap: number of resamples of clips.
    """
    asked = [_asked(case.clip, case.prediction) for case in cases]
    tried = [_asked(clip, Prediction(clip.clip_id, state="missing")) for clip in dev]
    given: list[Any] = [one.gold for one in (*asked, *tried)]
    given += [one.answer for one in asked if one.answer is not None]
    clips = [case.clip for case in cases]
    ways = ClipWays([*clips, *dev], embedder, options, given)
    found, best = look(SUITE, asked, ways, dev=tried, seed=seed)
    first: list[Any] = [next(iter(answers), None) for answers in best]
    constant = [
        ways.case(answer, clip.clip_id)
        for clip, answer in zip(clips, first, strict=True)
        if answer is not None
    ]
    if constant:
        scored = [score_case(case, options) for case in constant]
        rows, shown = [row for row, _ in scored], [case.clip for case in constant]
        summary = summarize(
            rows,
            [pair for _, pairs in scored for pair in pairs],
            shown,
            options,
            seed=seed,
            bootstrap=bootstrap,
        )
        found.chance = {t.key: _lines(t) for t in tables(summary) if t.key in _SHOWN}
        kinds = split_f1(
            {clip.clip_id: clip for clip in shown},
            rows,
            options,
            figure=headline_f1(options),
            seed=seed,
            bootstrap=bootstrap,
        )
        of_all = {"all": found.chance["headline"].get("all", {}).get("f1", NOTHING)}
        of_all |= {kind: rate_of(one) for kind, one in kinds.items()}
        found.chance[MOTION] = {"all": of_all}
    return found


def _asked(clip: Clip, said: Prediction) -> Asked:
    words = (said.raw_text or "").strip() if said.state in ("answered", "unreadable") else ""
    return Asked(
        scene=clip.clip_id,
        stratum=clip.scenario,
        kind="",
        group="",
        gold=tuple(PredictedAction(one.text, one.apl, one.proactive) for one in clip.actions),
        answer=said.actions if said.state == "answered" else None,
        # What the question offers for nothing is an answer.
        repeats=said.actions != () and repeats(words, _QUESTIONS),
        words=words[:200],
    )


def _lines(table: Table) -> dict[str, dict[str, Estimate]]:
    """Measured figures by row and column."""
    out: dict[str, dict[str, Estimate]] = {}
    for row in table.rows:
        line = {
            column.key: cell
            for column, cell in zip(table.columns, row.cells, strict=True)
            if isinstance(cell, Estimate) and cell.value is not None and _IN_LEVELS not in row.path
        }
        if line and (not row.path or row.path[0] != "answered"):
            out["/".join(filter(None, row.path))] = line
    return out
