"""Scores a prediction file against the items of a set and writes the run folder."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from handeye.contexts.item_set import ItemSet
from handeye.contexts.items import Item
from handeye.contexts.loader import load, selected
from handeye.contexts.scoring.looks import Answered, looks
from handeye.contexts.scoring.predictions import (
    Prediction,
    all_said,
    any_predictions,
    hold_orders,
    of_file,
)
from handeye.contexts.scoring.run_folder import RUN_FORMAT
from handeye.contexts.scoring.score import ScoreRow, score_rows
from handeye.contexts.scoring.summary import RESAMPLES, Summary, summarize
from handeye.run.journal import ANSWERS
from handeye.run.logs import as_lines, is_whole
from handeye.scores.join import Given, Join, row_of
from handeye.scores.run_folder import RunSummary
from handeye.scores.so_far import begun, refuse_other_rows
from handeye.scores.summary import Scored, marked_so_far, summary_of
from handeye.scores.write import RunWriter, data_entries

DEV = "dev"


def score_files(
    predictions: str | Path,
    data: str | Path | ItemSet,
    out: str | Path,
    *,
    allow_missing: bool = False,
    split: str | None = None,
    item_ids: Collection[str] | None = None,
    run_info: Mapping[str, Any] | None = None,
    strip_thoughts: bool = False,
    seed: int = 0,
    bootstrap: int = RESAMPLES,
    progress: Callable[[int, int], None] | None = None,
) -> RunSummary:
    """Score a prediction file and write the run folder.

    Args:
        predictions: JSONL (:mod:`handeye.contexts.scoring.predictions`), or a log of ``inspect eval
            handeye/contexts``, or the journal in a run folder.
        data: all that was asked about: a set as :func:`~handeye.contexts.loader.load` takes it, or
            a loaded one.
        out: the run folder; an earlier run of ours there is replaced, its other files are kept.
        allow_missing: score what is there and mark the run as partial.
        split: only items of this split.
        item_ids: only these items; the others were never meant to be asked and are not missing.
        run_info: further entries of run.json (``cost`` ...); ``model`` names the model where the
            predictions do not.
        strip_thoughts: take thoughts and special tokens off the answers before they are read.
        seed: of the bootstrap.
        bootstrap: number of resamples of scenes.
        progress: called with (items scored, predictions in all).

    Raises:
        DataError: predictions that cannot be used or do not fit the items; nothing is written.
        OptionError: no item is left to score.
        RunError: ``out`` is not a place for a run.
    """
    predictions, out = Path(predictions), Path(out)
    chosen = (split, item_ids) != (None, None)
    info = {**(run_info or {}), **({"strip_thoughts": True} if strip_thoughts else {})}
    items = data if isinstance(data, ItemSet) else load(data, split=None, media=False)
    with as_lines(predictions, row_of, all_said) as file, RunWriter(out, RUN_FORMAT) as writer:
        with of_file(file, strip_thoughts) as answers:
            answers.where = str(predictions)
            model = answers.model() or info.get("model")
            joined = Join[Item, Prediction](
                answers,
                allow_missing=allow_missing,
                wanted=answers.holds
                if not chosen and is_whole(predictions, len(answers))
                else _wanted(split),
                item_ids=item_ids,
                selection=f"split={split}",
            )
            pairs = list(joined.pairs(items))
            hold_orders(pairs, answers)
        rows = score_rows(pairs, model, items.size)
        writer.add("scores", rows)
        if progress is not None:
            progress(len(rows), len(pairs))
        summary = summarize(rows, n_expected=joined.expected, seed=seed, bootstrap=bootstrap)
        if "so_far" in info:
            summary = marked_so_far(summary, "items")
        asked_dev = any(item.split == DEV for item, _ in pairs)
        told = looks(
            [Answered(item, found, row) for (item, found), row in zip(pairs, rows, strict=True)],
            dev=[] if asked_dev else [item for item in items if item.split == DEV],
            seed=seed,
            bootstrap=bootstrap,
        )
        options = {"allow_missing": allow_missing, "split": split}
        known = {"scoring": options, "data": data_entries(items.files, out), "set": items.name}
        return writer.finish(
            summary, predictions=file, source=predictions, info=info | known, looks=told
        )


def score_so_far(
    run: Path,
    out: Path,
    *,
    data: str | None = None,
    item_ids: Collection[str] | None = None,
    **others: Any,
) -> RunSummary:
    """Score what an unfinished run holds so far, as that; the run may go on meanwhile.

    Args:
        run: its folder.
        out: another folder.
        data: where the set is now; by default where it was when the run began.
        item_ids: only these of the run's items.
        **others: ``strip_thoughts``, ``seed``, ``bootstrap``, ``progress`` of :func:`score_files`.

    Raises:
        RunError: nothing is answered so far.
        DataError: the set is not the one that the run began with.
    """
    so_far = begun(run, data)
    plan = so_far.plan
    items = selected(plan, so_far.where)
    refuse_other_rows(items, plan, so_far.where)
    chosen = {item.item_id for item in items}
    return score_files(
        run / ANSWERS,
        so_far.where,
        out,
        allow_missing=True,
        item_ids=chosen if item_ids is None else chosen.intersection(item_ids),
        run_info=so_far.record(split=plan.split, scenes=plan.max_scenes),
        **({"strip_thoughts": so_far.strip_thoughts} | others),
    )


class Result(Scored[ScoreRow, Summary]):
    """Scores of one model: a row a question, and every table."""

    __slots__ = ()


def score(
    predictions: Given,
    items: str | Path | Iterable[Item],
    *,
    allow_missing: bool = False,
    seed: int = 0,
    bootstrap: int = RESAMPLES,
) -> Result:
    """Score answers in memory.

    Args:
        predictions: of one model: ``{item_id: raw_text}``, rows as in a prediction file, or its
            path.
        items: the items asked, for instance ``contexts.load(DIR)``; or where all of their set is.
        allow_missing: leave items without a prediction out instead of refusing.
        seed: of the bootstrap.
        bootstrap: number of resamples; 0 for no intervals.

    Raises:
        DataError: unknown, duplicate or missing item ids, or an unusable row.
    """
    if isinstance(items, str | PathLike):
        items = load(items, media=False)
    with any_predictions(predictions) as answers:
        answers.model()  # of one alone
        joined = Join[Item, Prediction](answers, allow_missing=allow_missing)
        pairs = list(joined.pairs(items))
        hold_orders(pairs, answers)
        size = items.size if isinstance(items, ItemSet) else lambda item: None
        rows = score_rows(pairs, size=size)
    summary = summarize(rows, n_expected=joined.expected, seed=seed, bootstrap=bootstrap)
    return Result(tuple(rows), summary)


def summarized(scores: Result | Sequence[ScoreRow], **how: Any) -> Summary:
    """Every table of what :func:`score` gave, or of rows.

    Args:
        scores: the result, which has its tables already; or rows, one a question.
        **how: what else :func:`~handeye.contexts.scoring.summary.summarize` takes of rows.

    Raises:
        DataError, OptionError: no rows, something else, or an option that is not allowed.
    """
    return summary_of(scores, ScoreRow, summarize, **how)


def _wanted(split: str | None) -> Callable[[Item], bool] | None:
    """Whether an item is selected; None where all are."""
    return None if split is None else lambda item: item.split == split
