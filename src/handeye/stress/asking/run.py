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

from handeye.errors import OptionError
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
from handeye.stress.asking.detection import Detector
from handeye.stress.asking.prompts import check_cue_order
from handeye.stress.asking.questions import NOTED, Asking
from handeye.stress.item_set import ItemSet
from handeye.stress.loader import load, selected
from handeye.stress.respondents.models import RESPONDENTS
from handeye.stress.scoring.predictions import refuse_stripping

if TYPE_CHECKING:
    from inspect_ai import Task


@dataclass(frozen=True, kw_only=True)
class StressOptions(RunOptions):
    """Everything a run of the suite is asked for; see :func:`run_stress`."""

    families: tuple[str, ...] | None = None
    cues: tuple[str, ...] | None = None
    groups: int | None = None
    asking: Asking = field(default_factory=Asking)

    def load(self) -> ItemSet:
        """The items that the options select."""
        return load(
            self.data, split=self.split, families=self.families, cues=self.cues, groups=self.groups
        )


def run(
    model: Whom,
    data: str | PathLike[str],
    out: str | PathLike[str] | None = None,
    *,
    name: str | None = None,
    batch: int | None = None,
    split: str | None = "test",
    families: Sequence[str] | str | None = None,
    cues: Sequence[str] | str | None = None,
    groups: int | None = None,
    form: str = "free",
    state_first: bool = False,
    way: str = "plain",
    detector: Detector | None = None,
    **others: Any,
) -> Any:
    """Ask ``model`` every question of ``data``, score the answers, and give the scored run.

    Args:
        model: an Inspect model name, such as ``openai/gpt-5.5`` or ``handeye/stress-oracle``; a
            ``Model`` of Inspect's; or a function, sync or async, of ``pictures`` (one PIL image)
            and ``prompt`` (text, ``<picture 1>`` where the picture stands) that gives the answer's
            text. None is an empty answer, an exception is no answer.
        data: a set folder, one of its files, or ``hf:OWNER/NAME``.
        out: the run folder; made if absent. A folder of the same run is gone on with. Without one
            the run is kept until Python ends.
        name: what a function is known by; a folder of its answers is gone on with under the same
            name only.
        batch: gives the function lists of up to so many, and takes a list of answers back.
        split: ``test``, another name, or ``all``.
        families: of questions, as names or one text with commas; all by default.
        cues: kinds, likewise; items without a cue are always asked.
        groups: at most so many.
        form: of answers, ``free`` or ``letters``.
        state_first: ask the model for what it sees before it answers.
        way: how a question is put: ``plain``; ``detector``, with what one found in the picture;
            ``agent``, in three steps; ``written``, for facts and then an answer, between tags.
        detector: a function of a picture (PIL) that gives names and boxes (x0, y0, x1, y1) in
            pixels, for the way ``detector``; by default the set's own boxes are told.
        **others: what else :func:`make_options` takes: ``option_order``, ``cue_order``,
            ``ablation``, ``letters``, ``epochs``, ``max_connections``, ``generation``,
            ``progress`` ...

    Returns:
        The run, as a path and as figures; with ``score=False`` the folder alone.

    Raises:
        DataError, OptionError, RunError, KeyboardInterrupt: as :func:`run_stress`.
    """
    others |= {"name": name, "batch": batch, "split": split, "families": families, "cues": cues}
    others |= {"groups": groups, "form": form, "state_first": state_first}
    others |= {"way": way, "detector": detector}
    ask = partial(run_stress, model, data, **others)
    return kept_or_aside(ask, out, _opened(others.get("score") is not False))


def _opened(scored: bool) -> Callable[[Path], Any]:
    if not scored:
        return Path
    from handeye.stress.pages.plots import read_run

    return read_run


def run_stress(
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
    families: Sequence[str] | str | None = None,
    cues: Sequence[str] | str | None = None,
    form: str = "free",
    option_order: str = "set",
    cue_order: str = "set",
    state_first: bool = False,
    way: str = "plain",
    detector: Detector | None = None,
    ablation: str = "",
    letters: bool | None = None,
    **others: Any,
) -> StressOptions:
    """The options of a run.

    Args:
        model: as :func:`run_stress` takes it.
        data: likewise.
        out: likewise.
        families: of questions, as names or one text with commas; all by default.
        cues: kinds, likewise; ``none`` asks without cues only.
        form: of answers, ``free`` or ``letters``.
        option_order: ``set`` or ``shuffle:SEED``.
        cue_order: where cues of words stand: ``set``, ``before`` or ``behind`` the question.
        state_first: ask the model for what it sees before it answers.
        way: how a question is put, as :func:`run` takes it.
        detector: likewise.
        ablation: ``grey`` or ``swap``; empty for none.
        letters: ask the provider for log-probabilities; None where it is known to give them.
        **others: ``split`` and ``groups`` select; ``name`` and ``batch`` are for functions; the
            rest are fields of :class:`handeye.run.options.RunOptions`.

    Raises:
        OptionError: a value that is not allowed.
        RunError: a function without a name, and ``out`` holds a run.
    """
    asking = Asking(
        form=form,  # type: ignore[arg-type]
        option_order=option_order,
        cue_order=check_cue_order(cue_order),
        state_first=state_first,
        way=way,  # type: ignore[arg-type]
        detector=detector,
        ablation=ablation,  # type: ignore[arg-type]
        letters=letters,
    )
    others |= {"families": _names(families), "cues": () if cues == "none" else _names(cues)}
    return StressOptions.of(**asked(model, out, data=data, asking=asking, **others))


def _names(given: Sequence[str] | str | None) -> tuple[str, ...] | None:
    words = given.split(",") if isinstance(given, str) else given
    return None if words is None else tuple(name.strip() for name in words if name.strip())


def job(options: StressOptions) -> Job:
    """What a run is to the lane.

    Raises:
        DataError, OptionError: the set, or the selection from it, cannot be used.
        RunError: a respondent of ours that does not answer for this suite.
    """
    options = told(options, "stress", RESPONDENTS)
    if options.asking.letters and options.model.startswith("python/"):
        raise OptionError(
            f"{options.model} gives its answer's text and no log-probabilities; leave letters out"
        )
    refuse_stripping(options.asking.way, options.strip_thoughts)
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
        suite="stress",
        unit="groups",
        plan={
            "items": len(items),
            "scenes": len({item.scene_id for item in items}),
            "templates": _joined(options.families),
            "subsets": _joined(options.cues),
            "max_scenes": options.groups,
        },
        info={
            "selection": {
                "split": options.split,
                "families": options.families,
                "cues": options.cues,
                "groups": options.groups,
            }
        },
        whole=partial(load, split=None, media=False),
        task=_task,
        row=_row,
        score=partial(_score, options, items),
        without_marks=partial(_score, options, items, {"strip_thoughts": True}),
        tagged=options.asking.way == "written",
        select=lambda plan: selected(plan, options.data),
        named={
            "max_scenes": "--groups",
            "subsets": "--cues",
            "templates": "--family",
            "prompt_version": "version of the prompts",
        },
    )


def _joined(names: tuple[str, ...] | None) -> str | None:
    return None if names is None else ",".join(names)


def _row(question: Question, answers: Sequence[Answer]) -> Mapping[str, Any]:
    """A line; a failure from before it was asked says how it would have been asked, too."""
    how = {name: question.identity[name] for name in NOTED if name in question.identity}
    return {**how, **row_of(answers)}


def _task(*laid_out: Any) -> Task:
    from handeye.stress.asking.task import stress_task

    return stress_task(*laid_out)


def _score(
    options: StressOptions, items: ItemSet, info: Mapping[str, Any], out: Path | None = None
) -> Mapping[str, Any]:
    from handeye.stress.scoring.file_scoring import score_files

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
