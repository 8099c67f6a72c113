"""Scores a prediction file against a set in a stream; only an index of item ids grows with it.

Predictions are indexed by place, metadata are read in their own order, rows leave in chunks: one
JSON line and one Parquet row per item, in metadata order. Everything is written into a temporary
folder that becomes the run folder when all went well, so that bad input leaves nothing behind.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from handeye.errors import DataError, OptionError, first_ten
from handeye.rose.items import Item, read_item, safe_image_path
from handeye.rose.release import metadata_files, template_ids
from handeye.rose.scoring.predictions import Prediction, PredictionFile
from handeye.rose.scoring.run_folder import RunWriter
from handeye.rose.scoring.score_frame import to_frame
from handeye.rose.scoring.score_item import ScoreRow, score_item
from handeye.scores.run_folder import RunSummary
from handeye.sets.jsonl import numbered_lines

if TYPE_CHECKING:
    import polars as pl

ROWS_PER_CHUNK = 5_000
Answers = Path | str | Mapping[str, str | None] | Iterable[Prediction | Mapping[str, Any]]


def score_files(
    predictions: Path,
    data: Path | str | Sequence[Path | str],
    out: Path,
    *,
    allow_missing: bool = False,
    split: str | None = None,
    templates: str | Iterable[str] | None = None,
    item_ids: Collection[str] | None = None,
    run_info: Mapping[str, Any] | None = None,
    seed: int = 0,
) -> RunSummary:
    """Score a prediction file and write the run folder.

    Args:
        predictions: JSONL with ``item_id``, ``raw_text``, optional ``model``, ``error``, ``state``.
        data: a set folder (its main and bridge metadata), one metadata file, or ``hf:OWNER/NAME``;
            or several of these whose items together are the set.
        out: the run folder; an earlier run of ours there is replaced, its other files are kept.
        allow_missing: score what is there and mark the run as partial.
        split: only items of this split (``test``, ``dev``).
        templates: keys (``T1,T3``), ids, or ``main``, ``bridges``; default all.
        item_ids: only these items; the others were never meant to be asked and are not missing.
        run_info: further entries of run.json (``cost``, ``options`` ...); ``model`` names the model
            where the predictions do not.
        seed: of the bootstrap.

    Raises:
        DataError: predictions or metadata that cannot be used; nothing is written.
        OptionError: a selection that leaves nothing, or an ``out`` that is not a run folder.
    """
    info = dict(run_info or {})
    wanted = _wanted(split, template_ids(templates), item_ids)
    sources = list(map(metadata_files, [data] if isinstance(data, Path | str) else data))
    matched = _Matched(allow_missing, by_name=item_ids is not None)
    with RunWriter(out) as writer:
        with PredictionFile(predictions) as answers, _without_collector():
            model = answers.model or info.get("model")
            rows = _score_all(_all_items(sources), answers, matched, model, wanted)
            while chunk := list(islice(rows, ROWS_PER_CHUNK)):
                writer.add(chunk)
            matched.finish(answers, f"split={split}, templates={templates}")
            if item_ids is not None and split is None and templates is None:
                matched.refuse_absent(item_ids, str(answers.path))
        options = {"allow_missing": allow_missing, "split": split, "templates": templates}
        return writer.finish(
            model=model,
            predictions=predictions,
            metadata=[file for _, files in sources for file in files],
            n_expected=matched.expected,
            seed=seed,
            info={**info, "scoring": options},
        )


def read_item_ids(path: Path) -> list[str]:
    """Item ids from a text file, one a line; blank lines are left out.

    Raises:
        DataError: the file cannot be read, or names nothing.
    """
    try:
        found = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read: {error}") from None
    ids = [item_id for item_id in found if item_id]
    if not ids:
        raise DataError(f"{path}: names no item; expected one item id a line")
    return ids


def score(
    predictions: Answers, items: Iterable[Item], *, allow_missing: bool = False
) -> pl.DataFrame:
    """Score answers in memory.

    Args:
        predictions: ``{item_id: raw_text}``, rows as in a prediction file, or its path.
        items: the items asked, for instance ``rose.load(DIR)``.
        allow_missing: leave items without a prediction out instead of refusing.

    Returns:
        One row per item in the order of ``items``; columns are
        :data:`handeye.rose.scoring.score_frame.SCHEMA`.

    Raises:
        DataError: unknown, duplicate or missing item ids, or an unusable row.
    """
    answers = _by_id(predictions)
    rows: list[ScoreRow] = []
    missing: list[str] = []
    known: set[str] = set()
    for item in items:
        known.add(item.item_id)
        found = answers.get(item.item_id)
        if found is None:
            missing.append(item.item_id)
        else:
            rows.append(_score(item, found, found.model))
    unknown = [item_id for item_id in answers if item_id not in known]
    _refuse_unknown(unknown, "the predictions")
    if missing and not allow_missing:
        _refuse_missing(len(missing), missing, "the predictions", len(rows) + len(missing))
    return to_frame(rows)


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


@dataclass
class _Matched:
    """What the join has met so far."""

    allow_missing: bool
    # Ids are kept only where somebody named them: a million of them need room.
    by_name: bool = False
    expected: int = 0
    answered: int = 0
    chosen: set[str] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)
    missing_first: list[str] = field(default_factory=list)
    doubles: list[str] = field(default_factory=list)

    def miss(self, item_id: str) -> None:
        """Note an item without prediction."""
        if item_id in self.missing:
            self.doubles.append(item_id)
            return
        self.missing.add(item_id)
        if len(self.missing_first) < 10:
            self.missing_first.append(item_id)

    def refuse_absent(self, item_ids: Collection[str], where: str) -> None:
        """Refuse ids that were asked for by name and are not in the data."""
        absent = sorted(set(item_ids) - self.chosen)
        if absent:
            raise DataError(
                f"{where}: {len(absent)} of the chosen item ids are not in the data: "
                f"{first_ten(absent)}"
            )

    def finish(self, answers: PredictionFile, selection: str) -> None:
        """Refuse what must not be scored."""
        if self.doubles:
            raise DataError(
                f"the metadata hold {len(self.doubles)} item ids more than once: "
                f"{first_ten(self.doubles)}; give each set once"
            )
        _refuse_unknown(answers.unseen(), str(answers.path))
        if self.expected == 0:
            raise OptionError(f"no item is left by the selection ({selection})")
        if self.missing and not self.allow_missing:
            _refuse_missing(len(self.missing), self.missing_first, str(answers.path), self.expected)
        if not self.answered:
            raise DataError(f"{answers.path}: holds no prediction for any selected item")


def _refuse_unknown(unknown: Sequence[str], where: str) -> None:
    if unknown:
        raise DataError(
            f"{where}: {len(unknown)} item ids are not in the data: {first_ten(list(unknown))}; "
            "is it the set the model was asked about?"
        )


def _refuse_missing(count: int, first: list[str], where: str, expected: int) -> None:
    shown = ", ".join(first[:10]) + (f" and {count - 10} more" if count > 10 else "")
    raise DataError(
        f"{where}: {count} of {expected} items have no prediction: {shown}; to score only some "
        "templates use --templates (say, main), to score the rest as a partial run --allow-missing"
    )


def _all_items(sources: Iterable[tuple[Path, Sequence[Path]]]) -> Iterator[Item]:
    for root, files in sources:
        yield from _items(root, files)


def _items(root: Path, files: Sequence[Path]) -> Iterator[Item]:
    """Every item of the set, checked, in file order."""
    for file in files:
        name = str(file)
        try:
            for number, line in numbered_lines(file):
                where = f"{name}:{number}"
                item = read_item(line, where)
                _check_image(root, item.image, where)
                yield item
        except OSError as error:
            raise DataError(f"{file}: cannot be read: {error.strerror}") from None


def _check_image(root: Path, name: str, where: str) -> None:
    """Refuse a path that leaves the folder; only a suspicious one costs a look at the disk."""
    if ".." in name or name[:1] in ("/", "\\") or name[1:2] == ":":
        drive = name[1:2] == ":"
        safe_image_path(root, "/" + name if drive else name.replace("\\", "/"), where)


def _wanted(
    split: str | None, templates: frozenset[str] | None, item_ids: Collection[str] | None
) -> Callable[[Item], bool]:
    """Whether an item is selected."""
    if split is None and templates is None and item_ids is None:
        return lambda item: True
    ids = None if item_ids is None else frozenset(item_ids)
    return lambda item: (
        (split is None or item.split == split)
        and (templates is None or item.task_template in templates)
        and (ids is None or item.item_id in ids)
    )


def _score_all(
    items: Iterable[Item],
    answers: PredictionFile,
    matched: _Matched,
    model: str | None,
    wanted: Callable[[Item], bool],
) -> Iterator[ScoreRow]:
    for item in items:
        item_id = item.item_id
        if answers.seen(item_id):
            matched.doubles.append(item_id)
            continue
        if not wanted(item):
            answers.see(item_id)
            continue
        matched.expected += 1
        if matched.by_name:
            matched.chosen.add(item_id)
        found = answers.get(item_id)
        if found is None:
            matched.miss(item_id)
        else:
            matched.answered += 1
            yield _score(item, found, found.model or model)


def _score(item: Item, answer: Prediction, model: str | None) -> ScoreRow:
    return score_item(item, answer.raw_text, model=model, error=answer.error, state=answer.state)


def _by_id(predictions: Answers) -> dict[str, Prediction]:
    """Predictions of any accepted form by item id."""
    if isinstance(predictions, str | Path):
        with PredictionFile(Path(predictions)) as answers:
            return {row.item_id: row for row in answers}
    if isinstance(predictions, Mapping):
        predictions = [{"item_id": key, "raw_text": text} for key, text in predictions.items()]
    out: dict[str, Prediction] = {}
    doubles: list[str] = []
    for number, row in enumerate(predictions, 1):
        if not isinstance(row, Prediction):
            try:
                row = msgspec.convert(row, Prediction)
            except msgspec.ValidationError as error:
                raise DataError(f"prediction {number}: {error}") from None
        if row.item_id in out:
            doubles.append(row.item_id)
        out[row.item_id] = row
    if doubles:
        raise DataError(f"{len(doubles)} duplicate item ids: {first_ten(doubles)}")
    return out
