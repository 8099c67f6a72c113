"""Runs the suite against a model: every question of a set asked, every answer kept, all scored.

The lane (:mod:`handeye.run.lane`) carries the requests; here is what it has to know of the suite.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handeye.contexts.asking.questions import NOTED, Asking, frames_of
from handeye.contexts.item_set import ItemSet
from handeye.contexts.loader import load, selected
from handeye.contexts.respondents.models import RESPONDENTS
from handeye.media.frame_choice import FrameChoice
from handeye.printing import tell
from handeye.progress import counting
from handeye.respondents.conversation import told
from handeye.respondents.whom import Whom, asked
from handeye.run.answers import Answer
from handeye.run.job import Job
from handeye.run.lane import carry_out
from handeye.run.options import SMALL, RunOptions
from handeye.run.questions import Question
from handeye.scores.asked import kept_or_aside
from handeye.scores.join import row_of

if TYPE_CHECKING:
    from inspect_ai import Task


@dataclass(frozen=True, kw_only=True)
class ContextsOptions(RunOptions):
    """Everything a run of the suite is asked for; see :func:`run_contexts`."""

    scenes: int | None = None
    asking: Asking = field(default_factory=Asking)

    def load(self) -> ItemSet:
        """The items that the options select."""
        return load(self.data, split=self.split, scenes=self.scenes)


def run(
    model: Whom,
    data: str | PathLike[str],
    out: str | PathLike[str] | None = None,
    *,
    name: str | None = None,
    batch: int | None = None,
    split: str | None = "test",
    scenes: int | None = None,
    option_order: str = "set",
    **others: Any,
) -> Any:
    """Ask ``model`` every question of ``data``, score the answers, and give the scored run.

    Args:
        model: an Inspect model name, such as ``openai/gpt-5.5`` or ``handeye/simulated``; a
            ``Model`` of Inspect's; or a function, sync or async, of ``pictures`` (PIL images) and
            ``prompt`` (text, the system message first, ``<picture 1>`` where a picture stands) that
            gives the answer's text. None is an empty answer, an exception is no answer.
        data: a set folder, its file, or ``hf:OWNER/NAME``.
        out: the run folder; made if absent. A folder of the same run is gone on with. Without one
            the run is kept until Python ends.
        name: what a function is known by; a folder of its answers is gone on with under the same
            name only.
        batch: gives the function lists of up to so many, and takes a list of answers back.
        split: ``test``, another name, or ``all``.
        scenes: at most so many.
        option_order: ``set`` (drawn once for every item) or ``shuffle:SEED``.
        **others: what else :func:`make_options` takes: ``frames``, ``tools``, ``epochs``,
            ``max_connections``, ``generation``, ``progress`` ...

    Returns:
        The run, as a path and as figures; with ``score=False`` the folder alone.

    Raises:
        DataError, OptionError, RunError, KeyboardInterrupt: as :func:`run_contexts`.
    """
    others |= {"name": name, "batch": batch, "split": split, "scenes": scenes}
    others |= {"option_order": option_order}
    ask = partial(run_contexts, model, data, **others)
    return kept_or_aside(ask, out, _opened(others.get("score") is not False))


def _opened(scored: bool) -> Callable[[Path], Any]:
    if not scored:
        return Path
    from handeye.contexts.pages.plots import read_run

    return read_run


def run_contexts(
    model: Whom, data: str | PathLike[str], out: str | PathLike[str], **others: Any
) -> Path:
    """Ask ``model`` every question of ``data`` and score the answers into ``out``.

    Args:
        model: as :func:`run` takes it.
        data: likewise.
        out: the run folder; made if absent. A folder of the same run is gone on with.
        **others: as :func:`make_options` takes them.

    Returns:
        ``out``. Items without an answer (state ``error``: no answer, a changed picture) do not fail
        the run: they are counted, shown, scored 0, and asked again by the next call.

    Raises:
        DataError, OptionError: the set, or the selection from it, cannot be used.
        RunError: no such model, no key, ``out`` holds another run or is being written by another
            process, or nothing but failures came back.
        KeyboardInterrupt: stopped by Ctrl-C; what arrived is kept.
    """
    return carry_out(job(make_options(model, data, out, **others)))


def make_options(
    model: Whom,
    data: str | PathLike[str],
    out: str | PathLike[str],
    *,
    option_order: str = "set",
    frames: FrameChoice | str | int | None = None,
    tools: str = "auto",
    **others: Any,
) -> ContextsOptions:
    """The options of a run.

    Args:
        model: as :func:`run_contexts` takes it.
        data: likewise.
        out: likewise.
        option_order: ``set`` or ``shuffle:SEED``.
        frames: of a video, as :meth:`handeye.media.frame_choice.FrameChoice.parse` takes them.
        tools: ``native``, ``words``, or ``auto``: natively where the provider takes them.
        **others: ``split`` and ``scenes`` select; ``name`` and ``batch`` are for functions; the
            rest are fields of :class:`handeye.run.options.RunOptions`.

    Raises:
        OptionError: a value that is not allowed.
        RunError: a function without a name, and ``out`` holds a run.
    """
    asking = Asking(option_order, frames_of(frames), tools)  # type: ignore[arg-type]
    return ContextsOptions.of(**asked(model, out, data=data, asking=asking, **others))


def job(options: ContextsOptions) -> Job:
    """What a run is to the lane.

    Raises:
        DataError, OptionError: the set, or the selection from it, cannot be used.
        RunError: a respondent of ours that does not answer for this suite.
    """
    options = told(options, "contexts", RESPONDENTS)
    items = options.load()
    if options.model == SMALL:
        tell(
            "warning: handeye/small was not made for these questions: it was trained on grids of "
            "look-alike cells, and answers nothing else"
        )
    return Job(
        options,
        items,
        options.asking,
        suite="contexts",
        unit="scenes",
        plan={
            "items": len(items),
            "scenes": len({item.scene_id for item in items}),
            "max_scenes": options.scenes,
        },
        info={"selection": {"split": options.split, "scenes": options.scenes}},
        whole=partial(load, split=None, media=False),
        task=_task,
        row=_row,
        score=partial(_score, options, items),
        without_marks=partial(_score, options, items, {"strip_thoughts": True}),
        select=lambda plan: selected(plan, options.data),
        named={"prompt_version": "version of the prompts"},
    )


def _row(question: Question, answers: Sequence[Answer]) -> Mapping[str, Any]:
    """A line; a failure from before it was asked says how it would have been asked, too."""
    how = {name: question.identity[name] for name in NOTED if name in question.identity}
    return {**how, **row_of(answers)}


def _task(*laid_out: Any) -> Task:
    from handeye.contexts.asking.task import contexts_task

    return contexts_task(*laid_out)


def _score(
    options: ContextsOptions, items: ItemSet, info: Mapping[str, Any], out: Path | None = None
) -> Mapping[str, Any]:
    from handeye.contexts.scoring.file_scoring import score_files

    with counting("scored answers") as progress:
        return score_files(
            options.out / "predictions.jsonl",
            options.data,
            out or options.out,
            # What was not chosen is not missing.
            item_ids=[item.item_id for item in items],
            run_info=info,
            strip_thoughts=bool(info.get("strip_thoughts")),
            progress=progress if options.progress else None,
        ).summary.data
