"""Runs ROSE against a model: every item of a set asked, every answer kept, all of it scored.

The lane (:mod:`handeye.run.lane`) carries the requests; here is what it has to know of the suite.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handeye.errors import OptionError
from handeye.printing import tell
from handeye.progress import counting
from handeye.respondents.conversation import told
from handeye.respondents.whom import Whom, asked
from handeye.rose.asking.prompts import Asking, Order, check_order, default_templates
from handeye.rose.items import ItemSet
from handeye.rose.release import load, selected
from handeye.rose.respondents.models import RESPONDENTS
from handeye.rose.respondents.small import Strangeness
from handeye.rose.scoring.predictions import row_of
from handeye.run.job import Job
from handeye.run.lane import carry_out
from handeye.run.options import SMALL, RunOptions
from handeye.scores.asked import kept_or_aside

if TYPE_CHECKING:
    from inspect_ai import Task

    from handeye.rose.pages.plots import DrawnRun


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


def run(
    model: Whom,
    data: str | PathLike[str],
    out: str | PathLike[str] | None = None,
    *,
    name: str | None = None,
    batch: int | None = None,
    split: str | None = "test",
    scenes: int | None = None,
    templates: str | None = None,
    subsets: str | None = None,
    order: str = "image_first",
    **others: Any,
) -> DrawnRun:
    """Ask ``model`` every item of ``data``, score the answers, and give the scored run.

    Args:
        model: an Inspect model name, such as ``openai/gpt-5.5`` or ``handeye/pixels``; a ``Model``
            of Inspect's; or a function, sync or async, of ``pictures`` (PIL images in the order of
            the prompt) and ``prompt`` (text, ``<picture 1>`` where the picture stands) that gives
            the answer's text. None is an empty answer, an exception is no answer.
        data: a set folder, a metadata file with its pictures, or ``hf:OWNER/NAME``.
        out: the run folder; made if absent. A folder of the same run is gone on with. Without one
            the run is kept until Python ends.
        name: what a function is known by; a folder of its answers is gone on with under the same
            name only.
        batch: gives the function lists of up to so many, and takes a list of answers back.
        split: ``test``, ``dev`` or ``all``.
        scenes: at most so many, from every subset in turn.
        templates: ``main`` (T1 to T5, the default for a folder), ``all``, or ``T1,T3``.
        subsets: ``glyph,emoji-style``; all by default.
        order: ``image_first`` or ``authors``.
        **others: further fields of :class:`handeye.run.options.RunOptions`: ``max_connections``,
            ``generation``, ``model_args``, ``progress`` ...

    Returns:
        The run, as a path and as figures; with ``score=False`` the folder alone.

    Raises:
        DataError, OptionError, RunError, KeyboardInterrupt: as :func:`run_rose`.
    """
    others |= {"name": name, "batch": batch, "split": split, "scenes": scenes}
    others |= {"templates": templates, "subsets": subsets, "order": order}
    ask = partial(run_rose, model, data, **others)
    run: DrawnRun = kept_or_aside(ask, out, _opened(others.get("score") is not False))
    return run


def _opened(scored: bool) -> Callable[[Path], Any]:
    if not scored:
        return Path
    from handeye.rose.pages.plots import read_run

    return read_run


def run_rose(
    model: Whom,
    data: str | PathLike[str],
    out: str | PathLike[str],
    *,
    order: str = "image_first",
    **others: Any,
) -> Path:
    """Ask ``model`` every item of ``data`` and score the answers into ``out``.

    Args:
        model: an Inspect model name, such as ``openai/gpt-5.5`` or ``handeye/pixels``; a ``Model``
            of Inspect's; or a function (:mod:`handeye.respondents.whom`).
        data: a set folder, a metadata file with its pictures, or ``hf:OWNER/NAME``.
        out: the run folder; made if absent. A folder of the same run is gone on with.
        order: ``image_first`` or ``authors``.
        **others: ``split``, ``scenes``, ``templates`` (default T1 to T5; ``all``), ``subsets``
            select items; ``name`` and ``batch`` are for functions; the rest are fields of
            :class:`handeye.run.options.RunOptions`.

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
    if others.get("templates") is None:
        others["templates"] = default_templates(str(data))
    for name in ("templates", "subsets"):
        if not others.get(name, True) and others[name] is not None:
            raise OptionError(f"{name} is empty; leave it out, or name some")
        if not isinstance(others.get(name), str | None):
            others[name] = ",".join(sorted(others[name]))
    given = asked(model, out, data=data, order=check_order(order), **others)
    return carry_out(job(RoseOptions.of(**given)))


def job(options: RoseOptions) -> Job:
    """What a run is to the lane.

    Raises:
        DataError, OptionError: the set, or the selection from it, cannot be used.
        RunError: a respondent of ours that does not answer for this suite.
    """
    options = told(options, "rose", RESPONDENTS)
    items = options.load()
    if options.model == SMALL and (strange := Strangeness(items).words()):
        tell(f"warning: {strange}; it is of little use for them (docs/training.md)")
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
        row=lambda asked, answers: row_of(answers),
        score=partial(_score, options, items),
        without_marks=partial(_score, options, items, {"strip_thoughts": True}),
        select=lambda plan: selected(plan, options.data),
    )


def _task(*laid_out: Any) -> Task:
    from handeye.rose.asking.task import rose_task

    return rose_task(*laid_out)


def _score(
    options: RoseOptions, items: ItemSet, info: Mapping[str, Any], out: Path | None = None
) -> Mapping[str, Any]:
    from handeye.rose.scoring.file_scoring import ROWS_PER_CHUNK, score_files

    with counting("scored answers") as progress:
        return score_files(
            options.out / "predictions.jsonl",
            options.data,
            out or options.out,
            # What was not chosen is not missing.
            item_ids=[item.item_id for item in items],
            run_info=info,
            strip_thoughts=bool(info.get("strip_thoughts")),
            # The scorer tells once a chunk; of a single one there is nothing to count.
            progress=progress if options.progress and len(items) > ROWS_PER_CHUNK else None,
        ).summary.data
