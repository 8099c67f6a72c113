"""Runs IMAVB against a model: every question of a set asked, every answer kept, all of it scored.

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
from handeye.media.frame_choice import FrameChoice
from handeye.premise.asking import route as routes
from handeye.premise.asking.questions import NOTED, PAPER, Asking, frames_of
from handeye.premise.item_set import ItemSet
from handeye.premise.loader import Questions, load, selected
from handeye.premise.respondents.models import NOT_FOR_SMALL, RESPONDENTS
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
class PremiseOptions(RunOptions):
    """Everything a run of IMAVB is asked for; see :func:`run_premise`."""

    questions: Questions = "all"
    kinds: tuple[str, ...] | None = None
    families: int | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    asking: Asking = field(default_factory=Asking)

    def load(self) -> ItemSet:
        """The items that the options select."""
        return load(
            self.data,
            split=self.split,
            questions=self.questions,
            kinds=self.kinds,
            families=self.families,
            mapping=dict(self.mapping) or None,
        )


def run(
    model: Whom,
    data: str | PathLike[str],
    out: str | PathLike[str] | None = None,
    *,
    name: str | None = None,
    batch: int | None = None,
    split: str | None = "test",
    questions: str = "all",
    kinds: Sequence[str] | None = None,
    families: int | None = None,
    variant: str = "six",
    media_input: str = routes.AUTO,
    **others: Any,
) -> Any:
    """Ask ``model`` every question of ``data``, score the answers, and give the scored run.

    Args:
        model: an Inspect model name, such as ``google/gemini-3.1-pro`` or ``handeye/oracle`` (one
            that takes no sound needs ``media_input="frames"``); a ``Model`` of Inspect's; or a
            function, sync or async, of ``pictures`` (the frames, PIL images in order), ``sounds``
            (arrays of samples) and ``prompt`` (text, ``<picture N>`` where a frame and
            ``<sound N>`` where a sound stands) that gives the answer's text. None is an empty
            answer, an exception is no answer. One that does not take ``sounds`` can be asked with
            ``media_input="frames"``.
        data: a set folder, the published set or its folder, or ``hf:OWNER/NAME``.
        out: the run folder; made if absent. A folder of the same run is gone on with. Without one
            the run is kept until Python ends.
        name: what a function is known by; a folder of its answers is gone on with under the same
            name only.
        batch: gives the function lists of up to so many, and takes a list of answers back.
        split: ``test``, another name, or ``all``.
        questions: ``single``, ``two`` or ``all``.
        kinds: of details; all by default.
        families: at most so many.
        variant: how it is asked (:data:`handeye.premise.asking.prompts.VARIANTS`).
        media_input: ``auto``, ``native``, ``frames+audio``, ``frames`` or ``audio``.
        **others: what else :func:`make_options` takes: ``frames``, ``option_order``, ``ablation``,
            ``letters``, ``epochs``, ``max_connections``, ``generation``, ``progress`` ...

    Returns:
        The run, as a path and as figures; with ``score=False`` the folder alone.

    Raises:
        DataError, OptionError, RunError, KeyboardInterrupt: as :func:`run_premise`.
    """
    others |= {"name": name, "batch": batch, "split": split, "questions": questions}
    others |= {"kinds": kinds, "families": families}
    others |= {"variant": variant, "media_input": media_input}
    ask = partial(run_premise, model, data, **others)
    return kept_or_aside(ask, out, _opened(others.get("score") is not False))


def _opened(scored: bool) -> Callable[[Path], Any]:
    if not scored:
        return Path
    from handeye.premise.pages.plots import read_run

    return read_run


def run_premise(
    model: Whom, data: str | PathLike[str], out: str | PathLike[str], **others: Any
) -> Path:
    """Ask ``model`` every question of ``data`` and score the answers into ``out``.

    Args:
        model: as :func:`run` takes it.
        data: likewise.
        out: the run folder; made if absent. A folder of the same run is gone on with.
        **others: as :func:`make_options` takes them.

    Returns:
        ``out``. Items without an answer (state ``error``: no answer, a broken file) do not fail the
        run: they are counted, shown, scored 0 in the official columns, and asked again by the next
        call.

    Raises:
        DataError, OptionError: the set, or the selection from it, cannot be used; the model is not
            known to take what is to be sent.
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
    kinds: Sequence[str] | str | None = None,
    variant: str = "six",
    media_input: str = routes.AUTO,
    frames: FrameChoice | str | int | Sequence[object] = PAPER,
    option_order: str = "set",
    ablation: str = "",
    image_format: str = "jpeg",
    letters: bool | None = None,
    **others: Any,
) -> PremiseOptions:
    """The options of a run.

    Args:
        model: as :func:`run_premise` takes it.
        data: likewise.
        out: likewise.
        kinds: of details, as names or one text with commas; all by default.
        variant: of the prompt.
        media_input: a route (:mod:`handeye.premise.asking.route`), or ``auto``.
        frames: of a video: ``paper``, or as :meth:`FrameChoice.parse` reads them.
        option_order: ``set``, ``paper`` or ``shuffle:SEED``.
        ablation: ``without-vision``, ``without-audio``, ``blank-vision``, ``blank-audio``,
            ``blank-both`` or ``swap``; empty for none.
        image_format: of frames, ``jpeg`` or ``png``.
        letters: ask the provider for log-probabilities; None where it is known to give them.
        **others: ``split``, ``questions``, ``families``, ``mapping`` select; ``name`` and ``batch``
            are for functions; the rest are fields of :class:`handeye.run.options.RunOptions`.

    Raises:
        OptionError: a value that is not allowed; a function that does not take sounds, and is to
            be sent some.
        RunError: a function without a name, and ``out`` holds a run.
    """
    asking = Asking(
        variant=variant,
        media_input=media_input,
        frames=frames_of(frames),
        option_order=option_order,
        ablation=ablation,  # type: ignore[arg-type]
        image_format=image_format,  # type: ignore[arg-type]
        letters=letters,
    )
    names = kinds.split(",") if isinstance(kinds, str) else kinds
    chosen = None if names is None else tuple(kind.strip() for kind in names if kind.strip())
    given = asked(model, out, data=data, kinds=chosen, asking=asking, **others)
    return PremiseOptions.of(**given)


def job(options: PremiseOptions) -> Job:
    """What a run is to the lane; what is left out of it is told on stderr.

    Raises:
        DataError, OptionError: the set, or the selection from it, cannot be used; the model is not
            known to take what is to be sent.
        RunError: a respondent of ours that does not answer for this suite.
    """
    options = told(options, "premise", RESPONDENTS)
    items = options.load()
    for taken in items.taken:
        tell(taken.words())
    if options.model == SMALL:
        tell(f"warning: {NOT_FOR_SMALL}")
    asking = options.asking.of_set(items).fitted(options.model)
    _refuse_function(options, asking)
    how = asking.as_dict()
    chosen = routes.carried(items, how)
    routes.tell_left_out(items, how)
    if "frames" not in how and asking.frames != frames_of(PAPER):
        tell(f"note: frames ({asking.frames.words()}) are not used: {_SENT_AS[how['media_input']]}")
    scenes = len({item.scene_id for item in items})
    return Job(
        options,
        items,
        asking,
        suite="premise",
        unit="clips",
        plan={
            "items": len(chosen),
            "scenes": scenes,
            "templates": options.questions,
            "subsets": None if options.kinds is None else ",".join(options.kinds),
            "max_scenes": options.families,
            **({"scoring": {"mapping": dict(options.mapping)}} if options.mapping else {}),
        },
        info={
            "mapping": dict(options.mapping) or None,
            "selection": {
                "split": options.split,
                "questions": options.questions,
                "kinds": options.kinds,
                "families": options.families,
            },
            **({"left_out": left} if (left := routes.left_out(items, how)) else {}),
        },
        whole=partial(load, split=None, media=False),
        task=_task,
        row=_row,
        score=partial(_score, options, chosen),
        without_marks=partial(_score, options, chosen, {"strip_thoughts": True}),
        select=lambda plan: selected(plan, options.data, options.mapping, media=False),
        named={
            "max_scenes": "--families",
            "subsets": "--kinds",
            "templates": "--questions",
            "prompt_version": "version of the prompts",
        },
    )


_SENT_AS = {
    "native": "the video is sent as it lies",
    "audio": "no picture is sent",
    **dict.fromkeys(("frames+audio", "frames"), "the set has no videos"),
}


def _refuse_function(options: PremiseOptions, asking: Asking) -> None:
    """Refuse a function that is to be sent sounds and takes none, or is to give letters.

    Raises:
        OptionError: as said.
    """
    if options.asking.letters and options.model.startswith("python/"):
        raise OptionError(
            f"{options.model} gives its answer's text and no log-probabilities; leave letters out"
        )
    takes = getattr(options.here and options.here.api, "takes", None)
    if takes is not None and "audio" in asking.sends and "audio" not in takes:
        raise OptionError(
            f"{options.model} takes no sounds: give the function an argument sounds, or ask about "
            "what is seen alone (media_input='frames'), or everything of it deaf "
            "(ablation='without-audio')"
        )


def _row(question: Question, answers: Sequence[Answer]) -> Mapping[str, Any]:
    """A line; a failure from before it was asked says how it would have been asked, too."""
    how = {name: question.identity[name] for name in NOTED if name in question.identity}
    return {**how, **row_of(answers)}


def _task(*laid_out: Any) -> Task:
    from handeye.premise.asking.task import premise_task

    return premise_task(*laid_out)


def _score(
    options: PremiseOptions, items: ItemSet, info: Mapping[str, Any], out: Path | None = None
) -> Mapping[str, Any]:
    from handeye.premise.scoring.file_scoring import score_files

    with counting("scored answers") as progress:
        return score_files(
            options.out / "predictions.jsonl",
            options.data,
            out or options.out,
            # What was not chosen, or could not be sent, is not missing.
            item_ids=[item.item_id for item in items],
            mapping=dict(options.mapping) or None,
            run_info=info,
            strip_thoughts=bool(info.get("strip_thoughts")),
            progress=progress if options.progress else None,
        ).summary.data
