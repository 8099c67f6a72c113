"""Runs ROSE against a model: every item of a set asked, every answer kept, all of it scored.

The lane (:mod:`handeye.run.lane`) carries the requests; here is what it has to know of the suite.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from handeye.respondents.conversation import told
from handeye.rose.asking.prompts import Asking, Order, check_order, default_templates
from handeye.rose.items import ItemSet
from handeye.rose.release import load
from handeye.rose.respondents.models import RESPONDENTS
from handeye.run.answers import Answer
from handeye.run.job import Job
from handeye.run.lane import carry_out
from handeye.run.options import RunOptions
from handeye.run.questions import Question

if TYPE_CHECKING:
    from inspect_ai import Task


@dataclass(frozen=True, kw_only=True)
class RoseOptions(RunOptions):
    """Everything a run of ROSE is asked for; see :func:`run_rose`."""

    scenes: int | None = None
    templates: str | None = None
    subsets: str | None = None
    order: Order = "image_first"

    def load(self) -> ItemSet:
        """The items that the options select."""
        return load(
            self.data,
            split=self.split,
            templates=self.templates,
            subsets=self.subsets,
            scenes=self.scenes,
        )


def run_rose(
    model: str, data: str | Path, out: str | Path, *, order: str = "image_first", **others: Any
) -> Path:
    """Ask ``model`` every item of ``data`` and score the answers into ``out``.

    Args:
        model: an Inspect model name, such as ``openai/gpt-5.5`` or ``handeye/pixels``.
        data: a set folder, a metadata file with its pictures, or ``hf:OWNER/NAME``.
        out: the run folder; made if absent. A folder of the same run is gone on with.
        order: ``image_first`` or ``authors``.
        **others: ``split``, ``scenes``, ``templates`` (default T1 to T5; ``all``), ``subsets``
            select items; the rest are fields of :class:`handeye.run.options.RunOptions`.

    Returns:
        ``out``. Items without an answer (state ``error``: no answer, a changed picture) do not fail
        the run: they are counted, shown, scored 0 in the official columns, and asked again by the
        next call.

    Raises:
        DataError, OptionError: the set, or the selection from it, cannot be used.
        RunError: no such model, no key, ``out`` holds another run or is being written by another
            process, or nothing but failures came back.
        KeyboardInterrupt: stopped by Ctrl-C; what arrived is kept.
    """
    others["templates"] = others.get("templates") or default_templates(str(data))
    options = RoseOptions(
        model=model, data=str(data), out=Path(out), order=check_order(order), **others
    )
    return carry_out(job(options))


def job(options: RoseOptions) -> Job:
    """What a run is to the lane.

    Raises:
        DataError, OptionError: the set, or the selection from it, cannot be used.
        RunError: a respondent of ours that does not answer for this suite.
    """
    options = told(options, "rose", RESPONDENTS)
    items = options.load()
    return Job(
        options,
        items,
        Asking(options.order),
        suite="rose",
        unit="scenes",
        plan={
            "scenes": len(items.scenes()),
            "order": options.order,
            "asked": {},
            "templates": options.templates,
            "subsets": options.subsets,
            "max_scenes": options.scenes,
        },
        info={
            "selection": {
                "split": options.split,
                "scenes": options.scenes,
                "templates": options.templates,
                "subsets": options.subsets,
            }
        },
        whole=load,
        task=_task,
        row=_row,
        score=partial(_score, options, items),
    )


def _task(*laid_out: Any) -> Task:
    from handeye.rose.asking.task import rose_task

    return rose_task(*laid_out)


def _row(asked: Question, answers: Sequence[Answer]) -> Mapping[str, Any]:
    """Official fields, then ``state`` and what the answer cost."""
    (answer,) = answers
    return {
        "item_id": answer.item_id,
        "raw_text": answer.raw_text,
        "model": answer.model,
        "error": answer.error if answer.state == "error" else None,
        "state": answer.state,
        "stop_reason": answer.stop_reason,
        "usage": answer.usage,
        "seconds": answer.seconds,
        "image_sha256": answer.media_sha256,
        # Nothing where the file was sent as it lies.
        **({"shown": answer.note} if answer.note is not msgspec.UNSET else {}),
    }


def _score(options: RoseOptions, items: ItemSet, info: Mapping[str, Any]) -> None:
    from handeye.rose.scoring.file_scoring import score_files

    score_files(
        options.out / "predictions.jsonl",
        options.data,
        options.out,
        # What was not chosen is not missing.
        item_ids=[item.item_id for item in items],
        run_info=info,
    )
