"""Scores a prediction file against a set in a stream; only an index of item ids grows with it.

Predictions are indexed by place, metadata are read in their own order, rows leave in chunks: one
JSON line and one Parquet row per item, in metadata order. Everything is written into a temporary
folder that becomes the run folder when all went well, so that bad input leaves nothing behind.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handeye.errors import DataError, refusal
from handeye.rose.items import Item, read_item
from handeye.rose.release import load, metadata_files, selected, template_ids
from handeye.rose.respondents.small import Strangeness
from handeye.rose.scoring.looks import asked_of, looks
from handeye.rose.scoring.predictions import (
    ITEMS,
    Prediction,
    PredictionFile,
    read_prediction,
    row_of,
)
from handeye.rose.scoring.run_folder import RUN_FORMAT
from handeye.rose.scoring.score_frame import to_frame
from handeye.rose.scoring.score_item import ScoreRow, score_item
from handeye.rose.scoring.summary import summarize
from handeye.run.journal import ANSWERS
from handeye.run.logs import as_lines, is_whole
from handeye.run.options import SMALL
from handeye.scores.join import Given, Join, predictions_of
from handeye.scores.looks import Asked
from handeye.scores.run_folder import RunSummary
from handeye.scores.so_far import begun, refuse_other_rows
from handeye.scores.summary import marked_so_far, noted
from handeye.scores.write import RunWriter, data_entries
from handeye.sets.folder import named_inside
from handeye.sets.jsonl import numbered_lines

if TYPE_CHECKING:
    import polars as pl

ROWS_PER_CHUNK = 5_000
DEV = "dev"


def score_files(
    predictions: str | Path,
    data: Path | str | Sequence[Path | str],
    out: str | Path,
    *,
    allow_missing: bool = False,
    split: str | None = None,
    templates: str | Iterable[str] | None = None,
    item_ids: Collection[str] | None = None,
    run_info: Mapping[str, Any] | None = None,
    strip_thoughts: bool = False,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> RunSummary:
    """Score a prediction file and write the run folder.

    Args:
        predictions: JSONL with ``item_id``, ``raw_text``, optional ``model``, ``error``, ``state``,
            ``image_sha256``, ``prompt``; or a log of ``inspect eval handeye/rose``; or the journal
            in a run folder.
        data: a set folder (its main and bridge metadata), one metadata file, or ``hf:OWNER/NAME``;
            or several of these whose items together are the set.
        out: the run folder; an earlier run of ours there is replaced, its other files are kept.
        allow_missing: score what is there and mark the run as partial.
        split: only items of this split (``test``, ``dev``).
        templates: keys (``T1,T3``), ids, or ``main``, ``bridges``; default all, or what was asked
            where a run's own file or a log tells.
        item_ids: only these items; the others were never meant to be asked and are not missing.
        run_info: further entries of run.json (``cost``, ``options`` ...); ``model`` names the model
            where the predictions do not.
        strip_thoughts: take thoughts and special tokens off the answers before they are scored.
        seed: of the bootstrap.
        progress: called with (items scored, predictions in all).

    Raises:
        DataError: predictions or metadata that cannot be used; nothing is written.
        OptionError: a selection that leaves nothing, or an ``out`` that is not a run folder.
    """
    predictions, out = Path(predictions), Path(out)
    chosen = (split, templates, item_ids) != (None, None, None)
    info = {**(run_info or {}), **({"strip_thoughts": True} if strip_thoughts else {})}
    wanted = _wanted(split, template_ids(templates))
    sources = list(map(metadata_files, [data] if isinstance(data, Path | str) else data))
    with as_lines(predictions, row_of) as file, RunWriter(out, RUN_FORMAT) as writer:
        with PredictionFile(file, strip_thoughts) as answers, _without_collector():
            answers.where = str(predictions)
            model = answers.model() or info.get("model")
            joined = Join[Item, Prediction](
                answers,
                allow_missing=allow_missing,
                wanted=answers.holds
                if not chosen and is_whole(predictions, len(answers))
                else wanted,
                item_ids=item_ids,
                selection=f"split={split}, templates={templates}",
            )
            dev: list[Asked] = []
            asked: list[Asked] = []
            splits: set[str] = set()
            pairs = joined.pairs(_noting(dev, _all_items(sources)))
            strange = Strangeness()
            if model == SMALL:
                pairs = _counted(pairs, strange)
            while chunk := list(islice(pairs, ROWS_PER_CHUNK)):
                rows = [_score(item, found, found.model or model) for item, found in chunk]
                writer.add("scores", rows)
                for (item, found), row in zip(chunk, rows, strict=True):
                    asked.append(asked_of(item, found.raw_text, row.answer_state))
                    splits.add(item.split)
                if progress is not None:
                    progress(joined.answered, len(answers))
        summary = summarize(writer.scan("scores"), seed=seed, n_expected=joined.expected)
        if words := strange.words():
            summary = noted(summary, words)
        if "so_far" in info:
            summary = marked_so_far(summary, "items")
        options = {"allow_missing": allow_missing, "split": split, "templates": templates}
        files = [file for _, files in sources for file in files]
        return writer.finish(
            summary,
            predictions=file,
            source=predictions,
            info={**info, "data": data_entries(files, out), "scoring": options},
            looks=looks(asked, dev=() if DEV in splits else dev, seed=seed),
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
        **others: ``split``, ``templates``, ``strip_thoughts``, ``progress`` of :func:`score_files`.

    Raises:
        RunError: nothing is answered so far.
        DataError: the set is not the one that the run began with.
    """
    so_far = begun(run, data)
    plan = so_far.plan
    items = selected(plan, so_far.where)
    refuse_other_rows(items, plan, so_far.where)
    chosen = {item.item_id for item in items}
    info = {
        "so_far": {"run": str(run.resolve())},
        "model": plan.model,
        **({} if plan.order is None else {"order": plan.order}),
        "selection": {"split": plan.split, "scenes": plan.max_scenes, "templates": plan.templates,
                      "subsets": plan.subsets},
    }  # fmt: skip
    return score_files(
        run / ANSWERS,
        so_far.where,
        out,
        allow_missing=True,
        item_ids=chosen if item_ids is None else chosen.intersection(item_ids),
        run_info=info,
        **({"strip_thoughts": so_far.strip_thoughts} | others),
    )


def score(
    predictions: Given, items: str | Path | Iterable[Item], *, allow_missing: bool = False
) -> pl.DataFrame:
    """Score answers in memory.

    Args:
        predictions: ``{item_id: raw_text}``, rows as in a prediction file, or its path.
        items: the items asked, for instance ``rose.load(DIR)``; or where all of their set is.
        allow_missing: leave items without a prediction out instead of refusing.

    Returns:
        One row per item in the order of ``items``; columns are
        :data:`handeye.rose.scoring.score_frame.SCHEMA`.

    Raises:
        DataError: unknown, duplicate or missing item ids, or an unusable row.
    """
    if isinstance(items, str | PathLike):
        items = load(items)
    with predictions_of(predictions, PredictionFile, read_prediction.of, ITEMS) as answers:
        pairs = Join[Item, Prediction](answers, allow_missing=allow_missing).pairs(items)
        return to_frame([_score(item, found, found.model) for item, found in pairs])


def _counted(
    pairs: Iterable[tuple[Item, Prediction]], strange: Strangeness
) -> Iterator[tuple[Item, Prediction]]:
    for item, found in pairs:
        strange.add(item)
        yield item, found


@contextmanager
def _without_collector() -> Iterator[None]:
    """Pause the search for reference cycles: rows have none, and it costs a fifth of the time."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def _noting(dev: list[Asked], items: Iterable[Item]) -> Iterator[Item]:
    """The items, those of the dev split put aside on the way: chance is estimated on them."""
    for item in items:
        if item.split == DEV:
            dev.append(asked_of(item, None, "missing"))
        yield item


def _all_items(sources: Iterable[tuple[Path, Sequence[Path]]]) -> Iterator[Item]:
    for _, files in sources:
        yield from _items(files)


def _items(files: Sequence[Path]) -> Iterator[Item]:
    """Every item of the set, checked, in file order."""
    for file in files:
        name = str(file)
        try:
            for number, line in numbered_lines(file):
                where = f"{name}:{number}"
                item = read_item(line, where)
                if item.image:  # its picture may be absent
                    named_inside(item.image, f"{where}: image path")
                yield item
        except OSError as error:
            raise DataError(f"{file}: cannot be read: {refusal(error)}") from None


def _wanted(split: str | None, templates: frozenset[str] | None) -> Callable[[Item], bool] | None:
    """Whether an item is selected; None where all are."""
    if split is None and templates is None:
        return None
    return lambda item: (
        (split is None or item.split == split)
        and (templates is None or item.task_template in templates)
    )


def _score(item: Item, answer: Prediction, model: str | None) -> ScoreRow:
    return score_item(item, answer.raw_text, model=model, error=answer.error, state=answer.state)
