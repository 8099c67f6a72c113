"""Answers that stand in a log of Inspect's or in a run's journal, as a prediction file.

``inspect eval handeye/NAME`` keeps every answer in its sample's store (:mod:`handeye.run.task`), a
run in its journal; here they become the lines that ``handeye NAME score`` reads. A journal is read
without being held: the run may go on. Imports the engine when a log is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import msgspec

from handeye.errors import DataError
from handeye.hashing import open_regular
from handeye.printing import tell
from handeye.reading import why
from handeye.run.answers import Answer, judged_again, line
from handeye.run.journal import ANSWERS as JOURNAL, read_journal
from handeye.run.plan import PLAN, Plan, read_plan

if TYPE_CHECKING:
    from inspect_ai.log import EvalSample

ANSWERS = "answers"
"""Where a sample's store has its answers."""
OWN_FILES = ("predictions.jsonl", JOURNAL)
"""Files of answers in a run folder."""
Row = Callable[[Sequence[Answer]], Mapping[str, Any]]
"""A line of a suite's prediction file, from the answers about one item in their order."""
_Item = tuple[list[Answer], Sequence[Answer | None]]
"""The answers about an item that make its line, and the further ones where it has several."""
Said = Callable[[Plan, Sequence[Answer]], Sequence[Answer]]
"""Of a run's answers about an item those that make its line; none while more is asked."""


@contextmanager
def as_lines(predictions: Path, row: Row, said: Said | None = None) -> Iterator[Path]:
    """A prediction file: the one given, or one made of what was given instead.

    Args:
        predictions: JSON lines, a log of Inspect's (``.eval``, or its JSON form), or the journal in
            a run folder.
        row: how the suite writes a line.
        said: chooses among the answers of a journal; by default the last about every item.

    Raises:
        DataError: no such file, or none that can be read; a log of no task of handeye's.
    """
    try:
        open_regular(predictions).close()
    except IsADirectoryError:
        pass  # the reader of lines says what to give instead
    except OSError as error:
        raise DataError(f"{predictions}: cannot be read: {why(error)}") from None
    journal = predictions.name == JOURNAL and (predictions.parent / PLAN).is_file()
    if not journal and not _is_log(predictions):
        yield predictions
        return
    with TemporaryDirectory() as folder:
        file = Path(folder) / "predictions.jsonl"
        with file.open("wb") as stream:
            found = _in_journal(predictions, said) if journal else _by_item(predictions)
            for answers, further in found:
                stream.write(msgspec.json.encode(line(row(answers), answers, further)) + b"\n")
        yield file


def is_whole(predictions: Path, count: int) -> bool:
    """Whether a run's own file, or a log, has answers to all that was asked: no other was missed.

    Args:
        predictions: as :func:`as_lines` takes it.
        count: how many items it has answers to.
    """
    if _is_log(predictions):
        from inspect_ai.log import read_eval_log

        log = read_eval_log(str(predictions), header_only=True)
        done = log.results
        if log.status != "success" or done is None:
            return False
        return done.completed_samples == done.total_samples
    try:
        return predictions.name in OWN_FILES and read_plan(predictions.parent).items == count
    except DataError:
        return False


def adjuster_of(predictions: Path) -> dict[str, Any]:
    """``adjuster`` with what is known of that behind the answers of a run's own file, or of a log.

    Args:
        predictions: as :func:`as_lines` takes it.

    Returns:
        Empty where the model was asked as it is, or nothing is known.
    """
    if _is_log(predictions):
        from inspect_ai.log import read_eval_log

        asked = read_eval_log(str(predictions), header_only=True).eval
        ours = asked.model.startswith("handeye/") and asked.model_args.get("adjuster")
        return {"adjuster": {}} if ours else {}
    with suppress(DataError):
        plan = read_plan(predictions.parent) if predictions.name in OWN_FILES else None
        if plan is not None and plan.model.startswith("handeye/") and "adjuster" in plan.model_args:
            known = {} if plan.scoring is msgspec.UNSET else plan.scoring
            return {"adjuster": known.get("adjuster", {})}
    return {}


def _in_journal(path: Path, said: Said | None) -> Iterator[_Item]:
    """The answers about every item that has all of its own, in order of arrival; no failures."""
    plan = read_plan(path.parent)
    items: dict[str, dict[int, dict[str, Answer]]] = {}
    for answer in read_journal(path):
        sample = 1 if answer.sample is msgspec.UNSET else answer.sample
        found = items.setdefault(answer.item_id, {}).setdefault(sample, {})
        found.setdefault(answer.request, answer)
    for samples in items.values():
        chosen = []
        for _, by_request in sorted(samples.items()):
            answers = list(by_request.values())
            chosen.append(answers[-1:] if said is None else said(plan, answers))
        if 1 in samples and chosen[0]:
            yield list(chosen[0]), [answers[-1] for answers in chosen[1:] if answers]


def _is_log(path: Path) -> bool:
    if not path.is_file():
        return False
    if path.suffix == ".eval":
        return True
    if path.suffix != ".json":
        return False
    with path.open("rb") as stream:
        head = stream.read(4096)
    return head.lstrip()[:1] == b"{" and b'"eval"' in head and b'"version"' in head


def _by_item(path: Path) -> Iterator[_Item]:
    """The answers about every item, in the order of the log, and those of further epochs."""
    from inspect_ai.log import read_eval_log, read_eval_log_samples

    later: dict[str, list[Answer | None]] = {}
    try:
        header = read_eval_log(str(path), header_only=True).eval
        task, epochs, found = header.task, header.config.epochs or 1, False
        if epochs > 1:
            for sample in read_eval_log_samples(str(path), all_samples_required=False):
                for answers in _stored(sample).values() if sample.epoch > 1 else ():
                    later.setdefault(answers[-1].item_id, []).append(answers[-1])
        for sample in read_eval_log_samples(str(path), all_samples_required=False):
            if sample.epoch > 1 or sample.store.get(ANSWERS) is None:
                continue
            found = True
            for item_id, answers in _stored(sample).items():
                yield answers, later.get(item_id, [])
    except Exception as error:  # whatever a damaged archive makes of itself
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DataError(f"{path}: cannot be read as a log of Inspect's: {reason}") from None
    if not found:
        raise DataError(
            f"{path}: the log of the task {task} holds no answers of handeye's; logs of "
            "'inspect eval handeye/NAME' and of RUN/logs do"
        )
    if epochs > 1:
        tell(f"note: {path} holds {epochs} epochs; answers of the first are scored")


def _stored(sample: EvalSample) -> dict[str, list[Answer]]:
    """The answers about a sample's items, in order."""
    items: dict[str, list[Answer]] = {}
    for one in sample.store.get(ANSWERS) or ():
        answer = judged_again(msgspec.convert(one, Answer))
        items.setdefault(answer.item_id, []).append(answer)
    return items
