"""One row of numbers per clip, and one per assigned pair of actions.

Formulas: arXiv 2512.09907, section on metrics. A clip without predictions scores 0 where actions
are called for. What the paper leaves open is an option (handeye.visualact.scoring.options).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from handeye.visualact.records import LARGEST_LEVEL
from handeye.visualact.scoring.cases import Case
from handeye.visualact.scoring.matching import Pair, closeness, match
from handeye.visualact.scoring.options import Options

Decide = Callable[[Case], Sequence[Pair]]
"""How the pairs of a case are found; places are in the case's own order."""


class PairScore(msgspec.Struct, frozen=True):
    """An assigned pair; places count from 0 in the lists as they were given.

    ``weight`` is ``1 - |level - level| / 4`` of a matched pair whose levels are both known.
    """

    clip_id: str
    predicted: int
    truth: int
    predicted_text: str
    truth_text: str
    similarity: float
    matched: bool
    predicted_apl: int | None
    truth_apl: int
    predicted_proactive: bool | None
    truth_proactive: bool
    weight: float | None


class ClipScore(msgspec.Struct, frozen=True):
    """The numbers of a clip; fractions of 1, None where a figure does not apply.

    ``outcome``: ``scored``; ``nothing-proposed`` (actions were called for, none was proposed: all
    0); ``unasked`` (proposed where none is called for); ``both-empty``. ``without_level`` counts
    predictions that state no level, ``matched_without_level`` those among them that matched;
    ``without_type`` likewise for proactive or reactive. ``scale`` is the mean weight over matches
    (0 without a match, by default), ``scale_matched`` the same only where there is a match.
    """

    clip_id: str
    scenario: str
    model: str | None
    answer_state: str
    outcome: str
    n_predicted: int
    n_truth: int
    n_matched: int
    precision: float | None
    recall: float | None
    f1: float | None
    weight_sum: float
    weighted_precision: float | None
    weighted_recall: float | None
    weighted_f1: float | None
    scale: float | None
    scale_matched: float | None
    without_level: int
    matched_without_level: int
    without_type: int
    predicted_proactive: int
    truth_proactive: int
    truth_proactive_matched: int
    type_known_matched: int
    type_agrees: int
    video_apl: int | None


def score_case(
    case: Case, options: Options, decide: Decide | None = None
) -> tuple[ClipScore, list[PairScore]]:
    """Score one clip.

    Args:
        case: the clip with its prediction and similarities.
        options: of matching and scoring.
        decide: gives the pairs instead of the embedding matcher (a judge's decisions).
    """
    pairs = list(decide(case)) if decide is not None else embedding_pairs(case, options)
    rows = sorted((_pair_row(case, pair) for pair in pairs), key=lambda row: row.predicted)
    return _clip_row(case, [row for row in rows if row.matched], options), rows


def embedding_pairs(case: Case, options: Options) -> list[Pair]:
    """The pairs by similarity."""
    levels = [action.apl for action in case.proposed()]
    return match(
        case.similarity, closeness(levels, [action.apl for action in case.called_for()]), options
    )


def _pair_row(case: Case, pair: Pair) -> PairScore:
    predicted = case.proposed()[pair.predicted]
    truth = case.called_for()[pair.truth]
    known = pair.matched and predicted.apl is not None
    gap = abs((predicted.apl or 0) - truth.apl)
    return PairScore(
        clip_id=case.clip.clip_id,
        predicted=case.predicted[pair.predicted],
        truth=case.truth[pair.truth],
        predicted_text=predicted.text,
        truth_text=truth.text,
        similarity=pair.similarity,
        matched=pair.matched,
        predicted_apl=predicted.apl,
        truth_apl=truth.apl,
        predicted_proactive=predicted.proactive,
        truth_proactive=truth.proactive,
        weight=1 - gap / LARGEST_LEVEL if known else None,
    )


def _clip_row(case: Case, matches: Sequence[PairScore], options: Options) -> ClipScore:
    proposed, truth = case.proposed(), case.called_for()
    weights = [row.weight for row in matches if row.weight is not None]
    unknown = len(matches) - len(weights)
    outcome = _outcome(len(proposed), len(truth))
    plain = _rates(len(matches), len(proposed), len(truth), outcome, options)
    left_out = unknown if options.missing_level == "exclude" else 0
    weighted = _rates(
        sum(weights), len(proposed) - left_out, len(truth) - left_out, outcome, options
    )
    scale_matched = sum(weights) / len(weights) if weights else None
    return ClipScore(
        clip_id=case.clip.clip_id,
        scenario=case.clip.scenario,
        model=case.prediction.model,
        answer_state=case.prediction.state,
        outcome=outcome,
        n_predicted=len(proposed),
        n_truth=len(truth),
        n_matched=len(matches),
        precision=plain[0],
        recall=plain[1],
        f1=plain[2],
        weight_sum=sum(weights),
        weighted_precision=weighted[0],
        weighted_recall=weighted[1],
        weighted_f1=weighted[2],
        scale=scale_matched if matches else _scale_without_match(outcome, options),
        scale_matched=scale_matched,
        without_level=sum(action.apl is None for action in proposed),
        matched_without_level=unknown,
        without_type=sum(action.proactive is None for action in proposed),
        predicted_proactive=sum(action.proactive is True for action in proposed),
        truth_proactive=sum(action.proactive for action in truth),
        truth_proactive_matched=sum(row.truth_proactive for row in matches),
        type_known_matched=sum(row.predicted_proactive is not None for row in matches),
        type_agrees=sum(row.predicted_proactive is row.truth_proactive for row in matches),
        video_apl=_video_level(case, options),
    )


def _outcome(predicted: int, truth: int) -> str:
    if predicted and truth:
        return "scored"
    if truth:
        return "nothing-proposed"
    return "unasked" if predicted else "both-empty"


def _rates(
    hits: float, predicted: int, truth: int, outcome: str, options: Options
) -> tuple[float | None, float | None, float | None]:
    """Precision, recall and F1 of a sum of hits (or of their weights)."""
    if outcome == "both-empty":
        return (1.0, 1.0, 1.0) if options.both_empty == "one" else (None, None, None)
    if outcome == "unasked":
        return (0.0, 0.0, 0.0) if options.unasked == "zero" else (None, None, None)
    if outcome == "nothing-proposed":
        return 0.0, 0.0, 0.0
    precision = hits / predicted if predicted else None
    recall = hits / truth if truth else None
    if precision is None or recall is None:
        return precision, recall, None
    # The harmonic mean of hits / predicted and hits / truth, defined for no hits as well.
    return precision, recall, 2 * hits / (predicted + truth)


def _scale_without_match(outcome: str, options: Options) -> float | None:
    if outcome == "both-empty" or (outcome == "unasked" and options.unasked == "skip"):
        return None
    return 0.0 if options.scale_without_match == "zero" else None


def _video_level(case: Case, options: Options) -> int | None:
    levels = [action.apl for action in case.clip.actions]
    if not levels:
        return None
    return max(levels) if options.video_level == "max" else levels[0]
