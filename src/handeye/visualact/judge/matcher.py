"""A judge model that decides matches, beside the embedding matcher and never mixed with it.

A judge says which predicted and true actions of a clip mean the same deed. Its decisions are scored
by the same metrics under their own name (``matcher: judge:NAME``), and compared with the embedding
matcher over all candidate pairs. This module knows no model: whoever asks one
(:mod:`handeye.visualact.judge.ask`) hands over decisions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from msgspec.structs import replace

from handeye.errors import DataError, OptionError, first_ten
from handeye.stats.agreement import raw_and_kappa
from handeye.stats.intervals import Samples, estimates
from handeye.stats.sums import Sums
from handeye.visualact.records import Clip
from handeye.visualact.scoring.cases import Case
from handeye.visualact.scoring.clip_scores import embedding_pairs
from handeye.visualact.scoring.matching import Pair, from_decisions
from handeye.visualact.scoring.options import Options
from handeye.visualact.scoring.score import Result, score_cases
from handeye.visualact.scoring.summary import RESAMPLES

Decisions = Mapping[str, Sequence[tuple[int, int]]]
"""Clip id to (predicted, truth) places that mean the same deed, counted from 0 as given."""


def score_judged(
    cases: Sequence[Case],
    clips: Sequence[Clip],
    decisions: Decisions,
    name: str,
    options: Options | None = None,
    *,
    embedder: Mapping[str, str] | None = None,
    seed: int = 0,
    bootstrap: int = RESAMPLES,
) -> Result:
    """Score with a judge's matches; ``summary["judge"]`` has its agreement with the embeddings.

    Args:
        cases: from :func:`handeye.visualact.scoring.cases.make_cases`.
        clips: the clips asked about.
        decisions: for each case with actions on both sides; other clips need none.
        name: of the judge.
        options: of scoring; threshold and assignment matter for the agreement alone.
        embedder: name and digest of what the cases were compared with, for the agreement.
        seed: of the bootstrap.
        bootstrap: number of resamples; 0 for no intervals.

    Raises:
        DataError: decisions are missing for a clip or name places that are not there.
        OptionError: a judge without a name.
    """
    if not name.strip():
        raise OptionError("a judge must have a name: it goes into the result")
    chosen = options or Options()
    lacking = [
        case.clip.clip_id
        for case in cases
        if case.predicted and case.truth and case.clip.clip_id not in decisions
    ]
    if lacking:
        raise DataError(
            f"the judge {name} did not decide on {len(lacking)} clips: {first_ten(lacking)}; ask "
            "it again about these, or score without a judge"
        )
    result = score_cases(
        cases,
        clips,
        chosen,
        decide=lambda case: _decided(case, decisions),
        matcher=f"judge:{name}",
        embedder=embedder,
        seed=seed,
        bootstrap=bootstrap,
    )
    found = agreement(cases, decisions, chosen, seed=seed, bootstrap=bootstrap)
    summary = replace(result.summary, judge={"name": name, "agreement": found})
    return Result(result.clips, result.pairs, summary)


def agreement(
    cases: Sequence[Case],
    decisions: Decisions,
    options: Options,
    *,
    seed: int = 0,
    bootstrap: int = RESAMPLES,
) -> dict[str, Any]:
    """How far a judge and the embedding matcher agree, over all (predicted, true) pairs.

    Both are taken as one-to-one matches. ``kappa`` is Cohen's
    (:func:`handeye.stats.agreement.raw_and_kappa`).

    Returns:
        Counts ``both``, ``judge_only``, ``embedding_only``, ``neither``; estimates ``agreement``
        and ``kappa``, with intervals over clips.
    """
    names = ("both", "judge_only", "embedding_only", "neither")
    columns = {name: np.zeros(len(cases)) for name in names}
    for place, case in enumerate(cases):
        judged = {(pair.predicted, pair.truth) for pair in _decided(case, decisions)}
        near = {
            (pair.predicted, pair.truth) for pair in embedding_pairs(case, options) if pair.matched
        }
        pairs = len(case.predicted) * len(case.truth)
        counts = (
            len(judged & near),
            len(judged - near),
            len(near - judged),
            pairs - len(judged | near),
        )
        for name, count in zip(names, counts, strict=True):
            columns[name][place] = count
    sums = Sums([case.clip.scenario for case in cases], columns, bootstrap, seed)
    totals = [sums.total(name) for name in names]
    figures = raw_and_kappa(*totals)
    n = round(float(sum(total[0] for total in totals)))
    return {
        **{name: sums.count(name) for name in names},
        **estimates(
            {
                "agreement": Samples(figures[0], n, sums.touched(names)),
                "kappa": Samples(figures[1], n),
            }
        ),
    }


def _decided(case: Case, decisions: Decisions) -> list[Pair]:
    """A judge's decisions as pairs in the case's own order, with the true similarities."""
    places = {given: own for own, given in enumerate(case.predicted)}
    truths = {given: own for own, given in enumerate(case.truth)}
    decided: list[tuple[int, int]] = []
    for predicted, truth in decisions.get(case.clip.clip_id, ()):
        if predicted not in places or truth not in truths:
            raise DataError(
                f"clip {case.clip.clip_id}: the judge matched predicted action {predicted} with "
                f"true action {truth}; there are {len(places)} and {len(truths)}, counted from 0"
            )
        decided.append((places[predicted], truths[truth]))
    pairs = from_decisions(decided, (len(places), len(truths)))
    return [
        Pair(pair.predicted, pair.truth, float(case.similarity[pair.predicted, pair.truth]), True)
        for pair in pairs
    ]
