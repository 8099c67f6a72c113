"""Runs VisualActBench against a model: every clip shown and asked about, every answer scored.

The lane (:mod:`handeye.run.lane`) carries the requests; here is what it has to know of the suite.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handeye.errors import OptionError
from handeye.media.frame_choice import FrameChoice
from handeye.printing import tell
from handeye.progress import counting
from handeye.respondents.conversation import told
from handeye.respondents.whom import Whom, asked
from handeye.run.job import Job
from handeye.run.lane import carry_out
from handeye.run.options import SMALL, RunOptions
from handeye.scores.embedder import MINILM, Embedder
from handeye.visualact.asking.questions import Asking
from handeye.visualact.clip_set import ClipSet
from handeye.visualact.loader import load, selected
from handeye.visualact.respondents.models import NOT_FOR_SMALL, RESPONDENTS
from handeye.visualact.scoring.embedding_cache import CachedEmbedder, as_embedder
from handeye.visualact.scoring.options import Options
from handeye.visualact.scoring.reading.predictions import line_of

if TYPE_CHECKING:
    from inspect_ai import Task


@dataclass(frozen=True, kw_only=True)
class VisualactOptions(RunOptions):
    """Everything a run of VisualActBench is asked for; see :func:`run_visualact`."""

    scenarios: tuple[str, ...] | None = None
    clips: int | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    asking: Asking = field(default_factory=Asking)
    embedder: str = MINILM
    scoring: Options = field(default_factory=Options)

    def load(self) -> ClipSet:
        """The clips that the options select."""
        return load(
            self.data,
            split=self.split,
            scenarios=self.scenarios,
            clips=self.clips,
            mapping=dict(self.mapping) or None,
        )


def run_visualact(
    model: Whom, data: str | PathLike[str], out: str | PathLike[str], **others: Any
) -> Path:
    """Show ``model`` every clip of ``data``, ask what ought to be done, and score into ``out``.

    Args:
        model: an Inspect model name, such as ``openai/gpt-5.5`` or ``handeye/motion``; a ``Model``
            of Inspect's; or a function (:mod:`handeye.respondents.whom`).
        data: a set folder, a published file with its videos, or ``hf:OWNER/NAME``.
        out: the run folder; made if absent. A folder of the same run is gone on with.
        **others: as :func:`make_options` takes them.

    Returns:
        ``out``. Clips without an answer (state ``error``: no answer, a broken video) do not fail
        the run: they are counted, shown, scored 0 in the official columns, and asked again by the
        next call.

    Raises:
        DataError, OptionError: the set, or the selection from it, cannot be used.
        RunError: no such model, no key, no embedder, ``out`` holds another run or is being written
            by another process, or nothing but failures came back.
        KeyboardInterrupt: stopped by Ctrl-C; what arrived is kept.
    """
    return carry_out(job(make_options(model, data, out, **others)))


def make_options(
    model: Whom,
    data: str | PathLike[str],
    out: str | PathLike[str],
    *,
    scenarios: Sequence[str] | None = None,
    frames: FrameChoice | str | int | Sequence[object] = 8,
    video_input: str = "frames",
    protocol: str = "one-pass",
    structured: bool | None = None,
    image_format: str = "jpeg",
    **others: Any,
) -> VisualactOptions:
    """The options of a run.

    Args:
        model: as :func:`run_visualact` takes it.
        data: likewise.
        out: likewise.
        scenarios: of navigation, home, safety, hmi; all by default.
        frames: which frames, as :meth:`FrameChoice.parse` reads them.
        video_input: ``frames``, or ``native`` where the provider takes a video; frames elsewhere.
        protocol: ``one-pass`` or ``two-pass``.
        structured: tell the provider the schema of the answer; None where it is known to take one.
        image_format: ``jpeg`` or ``png``.
        **others: ``split``, ``clips``, ``mapping`` select; ``embedder`` and ``scoring`` say how
            answers are scored; ``name`` and ``batch`` are for functions; the rest are fields of
            :class:`handeye.run.options.RunOptions`.

    Raises:
        OptionError: a value that is not allowed.
        RunError: a function without a name, and ``out`` holds a run.
    """
    choice = frames if isinstance(frames, FrameChoice) else FrameChoice.parse(frames)
    asking = Asking(choice, video_input, protocol, structured, image_format)  # type: ignore[arg-type]
    chosen = None if scenarios is None else tuple(scenarios)
    given = asked(model, out, data=data, scenarios=chosen, asking=asking, **others)
    return VisualactOptions.of(**given)


def job(options: VisualactOptions) -> Job:
    """What a run is to the lane; what was taken for what in a foreign file is told on stderr.

    Raises:
        DataError, OptionError: the set, or the selection from it, cannot be used.
        RunError: no embedder, and the run is to be scored; a respondent of ours that does not
            answer for this suite.
    """
    options = told(options, "visualact", RESPONDENTS)
    clips = options.load()
    if options.model == SMALL:
        tell(f"warning: {NOT_FOR_SMALL}")
    for taken in clips.taken:
        tell(taken.words())
    embedder: Embedder | None = None
    if options.score:
        # Before anything is asked: a run that cannot be scored should not cost anything.
        embedder = as_embedder(options.embedder)
    scenarios = options.scenarios
    return Job(
        options,
        clips,
        options.asking,
        suite="visualact",
        unit="clips",
        plan={
            "subsets": None if scenarios is None else ",".join(scenarios),
            "max_scenes": options.clips,
            "scoring": _how_scored(options),
        },
        info={
            "mapping": dict(options.mapping) or None,
            "selection": {
                "split": options.split,
                "scenarios": scenarios,
                "clips": options.clips,
            },
        },
        whole=partial(load, split=None),
        task=partial(_task, embedder=embedder, options=options.scoring),
        row=lambda asked, answers: line_of(answers),
        score=partial(_score, options, clips, embedder),
        without_marks=partial(_score, options, clips, embedder, {"strip_thoughts": True}),
        select=lambda plan: selected(plan, options.data, options.mapping),
        named={
            "subsets": "--scenarios",
            "video_input": "--video",
            "longest_side": "--longest-side",
            "prompt_version": "version of the prompts",
        },
    )


def _how_scored(options: VisualactOptions) -> dict[str, Any]:
    """What a look at the unfinished run has to know; what is as usual is left out."""
    chosen, usual = asdict(options.scoring), asdict(Options())
    found = {
        "embedder": options.embedder if options.embedder != MINILM else None,
        "options": {name: value for name, value in chosen.items() if value != usual[name]},
        "mapping": dict(options.mapping),
    }
    return {name: value for name, value in found.items() if value}


def _task(*laid_out: Any, **scored: Any) -> Task:
    from handeye.visualact.asking.task import visualact_task

    return visualact_task(*laid_out, **scored)


def _score(
    options: VisualactOptions,
    clips: ClipSet,
    embedder: Embedder | None,
    info: Mapping[str, Any],
    out: Path | None = None,
) -> Mapping[str, Any]:
    from handeye.visualact.scoring.file_scoring import score_files

    if embedder is None:
        raise OptionError("a run that is to be scored needs an embedder")
    with counting("embedded texts") as progress:
        if options.progress and isinstance(embedder, CachedEmbedder):
            embedder.progress = progress
        return score_files(
            options.out / "predictions.jsonl",
            clips,
            out or options.out,
            embedder,
            options.scoring,
            run_info=info,
            strip_thoughts=bool(info.get("strip_thoughts")),
        ).summary.data
