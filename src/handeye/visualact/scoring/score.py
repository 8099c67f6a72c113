"""Predictions and clips -> scores in memory.

result = score(predictions, clips)
result.summary["bases"]["all"]["headline"]["f1"]
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from handeye.errors import OptionError
from handeye.scores.embedder import Embedder
from handeye.scores.join import Given
from handeye.scores.looks import Looks
from handeye.shown import Shown, Words
from handeye.visualact.loader import any_clips
from handeye.visualact.records import Clip
from handeye.visualact.scoring.cases import Case, make_cases
from handeye.visualact.scoring.clip_scores import ClipScore, Decide, PairScore, score_case
from handeye.visualact.scoring.embedding_cache import RememberingEmbedder, as_embedder
from handeye.visualact.scoring.looks import looks
from handeye.visualact.scoring.options import SWEEP, Options
from handeye.visualact.scoring.reading.predictions import any_predictions
from handeye.visualact.scoring.summary import RESAMPLES, Summary, summarize


@dataclass(frozen=True, slots=True, repr=False)
class Result(Shown):
    """Scores of one model: a row a clip, a row an assigned pair, and every table.

    ``looks`` is None where it was not asked for.
    """

    clips: tuple[ClipScore, ...]
    pairs: tuple[PairScore, ...]
    summary: Summary
    looks: Looks | None = None

    def to_dict(self) -> dict[str, Any]:
        """Rows and summary as plain values."""
        rows = {"clips": self.clips, "pairs": self.pairs}
        return {**msgspec.to_builtins(rows), "summary": self.summary.to_dict()}

    def _words(self) -> Words:
        return self.summary._words()

    def _rows(self) -> list[dict[str, Any]]:
        return [msgspec.to_builtins(clip) for clip in self.clips]


def score(
    predictions: Given,
    clips: str | Path | Iterable[Clip],
    embedder: Embedder | str | None = None,
    options: Options | None = None,
    *,
    allow_missing: bool = False,
    dev: Sequence[Clip] | None = None,
    sweep: Sequence[float] = SWEEP,
    seed: int = 0,
    bootstrap: int = RESAMPLES,
) -> Result:
    """Match by similarity and score.

    Args:
        predictions: of one model, one a clip: ``{clip_id: raw_text}``, rows as in a prediction
            file, its path, or :class:`~handeye.visualact.records.Prediction` s.
        clips: the clips asked about, or where their set is.
        embedder: of the texts, or its name; by default the one of the command line, with what it
            embedded before. Its name and digest go into the summary.
        options: of matching and scoring; defaults as documented.
        allow_missing: score what is there and mark the run as partial.
        dev: clips of the dev split, to choose the best constant answer by (none: by the clips
            themselves); None: neither that nor whether the answers depend on the clips is told.
        sweep: thresholds for the sweep, none for no sweep.
        seed: of the bootstrap.
        bootstrap: number of resamples; 0 for no intervals.

    Raises:
        DataError: predictions and clips that do not fit, an embedder that fails.
        OptionError: a threshold of the sweep that is not allowed.
    """
    chosen = options or Options()
    known = any_clips(clips)
    embedder = RememberingEmbedder(as_embedder(embedder))
    answers = any_predictions(predictions)
    cases = make_cases(answers, known, embedder, chosen, allow_missing=allow_missing)
    at = {limit: replace(chosen, threshold=limit) for limit in sweep}
    others = {limit: [score_case(case, one)[0] for case in cases] for limit, one in at.items()}
    result = score_cases(
        cases,
        known,
        chosen,
        sweep=others,
        embedder={"name": embedder.name, "digest": embedder.digest},
        seed=seed,
        bootstrap=bootstrap,
    )
    if dev is None:
        return result
    told = looks(cases, embedder, chosen, dev=dev, seed=seed, bootstrap=bootstrap)
    return replace(result, looks=told)


def summarized(
    scores: Result | Sequence[ClipScore],
    pairs: Sequence[PairScore] = (),
    clips: Sequence[Clip] = (),
    options: Options | None = None,
    **how: Any,
) -> Summary:
    """Every table of what :func:`score` gave, or of rows.

    Args:
        scores: the result, which has its tables already; or rows, one a scored clip.
        pairs: the assigned pairs of rows.
        clips: all clips that rows were asked about.
        options: that rows were made with.
        **how: what else :func:`~handeye.visualact.scoring.summary.summarize` takes of rows.

    Raises:
        DataError, OptionError: no rows, something else, or an option that is not allowed.
    """
    if not isinstance(scores, Result):
        rows = scores if isinstance(scores, Sequence) else [None]
        if not all(isinstance(row, ClipScore) for row in rows):
            raise OptionError("scores must be what score() gives, or clip scores of it")
        return summarize(scores, pairs, clips, options, **how)
    if pairs or clips or options or how:
        raise OptionError("a result of score() has its tables already: give these options to score")
    return scores.summary


def score_cases(
    cases: Sequence[Case],
    clips: Sequence[Clip],
    options: Options,
    *,
    decide: Decide | None = None,
    matcher: str = "embedding",
    sweep: Mapping[float, Sequence[ClipScore]] | None = None,
    embedder: Mapping[str, str] | None = None,
    seed: int = 0,
    bootstrap: int = RESAMPLES,
) -> Result:
    """Score cases that are made already, with the embedding matcher or with ``decide``."""
    rows: list[ClipScore] = []
    pairs: list[PairScore] = []
    losses: Counter[str] = Counter()
    for case in cases:
        row, found = score_case(case, options, decide)
        rows.append(row)
        pairs += found
        losses.update(case.prediction.losses)
    summary = summarize(
        rows,
        pairs,
        clips,
        options,
        sweep=sweep,
        losses=losses,
        embedder=embedder,
        matcher=matcher,
        seed=seed,
        bootstrap=bootstrap,
    )
    return Result(tuple(rows), tuple(pairs), summary)
