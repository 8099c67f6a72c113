"""Runs VisualActBench against a model: every clip shown and asked about, every answer scored.

The lane (:mod:`handeye.run.lane`) carries the requests; here is what it has to know of the suite.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from handeye.atomic import replacing
from handeye.errors import OptionError
from handeye.hashing import file_sha256
from handeye.media.frame_choice import FrameChoice
from handeye.run.answers import Answer
from handeye.run.journal import Journal, Key
from handeye.run.lane import carry_out
from handeye.run.options import RunOptions
from handeye.run.plan import Plan, rows_sha256
from handeye.run.secrets import without_secrets
from handeye.visualact.asking.capabilities import provider_of, takes_schema, takes_video
from handeye.visualact.asking.options import Asking, second_turn
from handeye.visualact.clip_set import ClipSet
from handeye.visualact.loader import load
from handeye.visualact.records import Clip
from handeye.visualact.scoring.embedder import MINILM, Embedder, load_embedder
from handeye.visualact.scoring.embedding_cache import CachedEmbedder, cache_path
from handeye.visualact.scoring.options import Options
from handeye.visualact.scoring.reading.predictions import row_of

if TYPE_CHECKING:
    from inspect_ai import Task


@dataclass(frozen=True, kw_only=True)
class VisualactOptions(RunOptions):
    """Everything a run of VisualActBench is asked for; see :func:`run_visualact`."""

    data: str
    split: str | None = "test"
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

    def plan(self, clips: ClipSet) -> Plan:
        """The identity of the run over ``clips``."""
        return Plan(
            suite="visualact",
            model=self.model,
            items=len(clips),
            items_sha256=rows_sha256(clips),
            config=dict(self.generation),
            model_args=without_secrets(self.model_args),
            asked=self.asking.as_dict(),
            data=self.data,
            split=self.split,
            subsets=None if self.scenarios is None else ",".join(self.scenarios),
            max_scenes=self.clips,
        )


def run_visualact(model: str, data: str | Path, out: Path, **others: Any) -> Path:
    """Show ``model`` every clip of ``data``, ask what ought to be done, and score into ``out``.

    Args:
        model: an Inspect model name, such as ``openai/gpt-5.5`` or ``handeye/motion``.
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
    return run(make_options(model, data, out, **others))


def run(options: VisualactOptions) -> Path:
    """As :func:`run_visualact`."""
    return carry_out(options, VisualactJob(options))


def make_options(
    model: str,
    data: str | Path,
    out: Path,
    *,
    scenarios: Sequence[str] | None = None,
    frames: FrameChoice | str | int = 8,
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
            answers are scored; the rest are fields of :class:`handeye.run.options.RunOptions`.

    Raises:
        OptionError: a value that is not allowed.
    """
    choice = frames if isinstance(frames, FrameChoice) else FrameChoice.parse(frames)
    asking = Asking(choice, video_input, protocol, False, image_format)  # type: ignore[arg-type]
    return VisualactOptions(
        model=model,
        data=str(data),
        out=out,
        scenarios=None if scenarios is None else tuple(scenarios),
        asking=fitted(asking, model, structured),
        **others,
    )


def fitted(asking: Asking, model: str, structured: bool | None) -> Asking:
    """The asking as the model's provider can take it; a change is told on stderr."""
    if asking.video_input == "native" and not takes_video(model):
        print(
            f"note: the provider {provider_of(model)} is not known to take videos; frames are "
            "shown instead, and the run says so",
            file=sys.stderr,
        )
        asking = replace(asking, video_input="frames")
    return replace(asking, structured=takes_schema(model) if structured is None else structured)


class VisualactJob:
    """VisualActBench as the lane sees it."""

    def __init__(self, options: VisualactOptions) -> None:
        self._options = options
        self.clips = options.load()
        for taken in self.clips.taken:
            print(taken.words(), file=sys.stderr)
        self._config = _config(options)
        self._sums = video_sums(self.clips)
        self._embedder: Embedder | None = None
        if options.score:
            # Before anything is asked: a run that cannot be scored should not cost anything.
            self._embedder = CachedEmbedder(load_embedder(options.embedder), cache_path())
        self.plan = options.plan(self.clips)

    def video_path(self, clip: Clip) -> Path:
        """The clip's video file."""
        return self.clips.video_path(clip)

    def total(self, journal: Journal) -> int:
        """One answer a clip, or two; a second one only where the first has actions."""
        if not self._options.asking.two_pass:
            return len(self.clips)
        first = [journal.arrived(self.key(clip)) for clip in self.clips]
        return sum(1 if a is not None and second_turn(a) is None else 2 for a in first)

    def arrived(self, journal: Journal) -> list[Answer]:
        """The answers that are there already; failures do not count."""
        found = (answer for clip in self.clips for answer in self._found(journal, clip))
        return [answer for answer in found if answer is not None and answer.state != "error"]

    def task(self, journal: Journal) -> Task:
        """One sample a clip."""
        from handeye.visualact.asking.task import visualact_task

        options = self._options
        return visualact_task(
            self.clips,
            options.asking,
            self._embedder,
            journal.path,
            options.max_connections,
            options.scoring,
        )

    def answers(self, journal: Journal) -> list[Answer | None]:
        """In the order of the clips; of two passes the last one asked for."""
        return [self._found(journal, clip)[-1] for clip in self.clips]

    def write_predictions(self, path: Path, journal: Journal) -> None:
        """The answers as scoring reads them, then what was shown and what it cost."""
        with replacing(path) as stream:
            for clip in self.clips:
                found = [a for a in self._found(journal, clip) if a is not None]
                row = {
                    **msgspec.to_builtins(row_of(clip.clip_id, found)),
                    "stop_reason": found[-1].stop_reason,
                    "usage": sum((a.usage for a in found[1:]), found[0].usage),
                    "seconds": round(sum(a.seconds or 0.0 for a in found), 3),
                    "video_sha256": self._sums[clip.clip_id],
                    "shown": found[-1].note if found[-1].note is not msgspec.UNSET else None,
                }
                stream.write(msgspec.json.encode(row) + b"\n")

    def info(self) -> dict[str, Any]:
        """What was shown and asked, and the selection."""
        options = self._options
        return {
            **options.asking.as_dict(),
            "mapping": dict(options.mapping) or None,
            "selection": {
                "split": options.split,
                "scenarios": options.scenarios,
                "clips": options.clips,
            },
        }

    def score(self, info: Mapping[str, Any]) -> None:
        """Score the prediction file into the run folder."""
        from handeye.visualact.scoring.file_scoring import score_files

        if self._embedder is None:
            raise OptionError("a run that is to be scored needs an embedder")
        score_files(
            self._options.out / "predictions.jsonl",
            self.clips,
            self._options.out,
            self._embedder,
            self._options.scoring,
            run_info=info,
        )

    def key(self, clip: Clip, turns: Sequence[str] = ()) -> Key:
        """What the answer about a clip is filed under."""
        config = self._config[bool(turns)]
        sha256 = self._options.asking.sha256(self._sums[clip.clip_id], config, turns)
        return (clip.clip_id, self._options.model, sha256)

    def _found(self, journal: Journal, clip: Clip) -> list[Answer | None]:
        """The answer about a clip, and the second one if there is something to ask for it."""
        first = journal.get(self.key(clip))
        turns = second_turn(first) if self._options.asking.two_pass else None
        return [first] if turns is None else [first, journal.get(self.key(clip, turns))]


def _config(options: VisualactOptions) -> dict[bool, dict[str, Any]]:
    """Settings that can change an answer, of the first (False) and the second turn (True)."""
    from inspect_ai.model import GenerateConfig

    from handeye.run.asker import content_config
    from handeye.visualact.asking.conversation import answer_config

    common = content_config(GenerateConfig(**options.generation))
    out: dict[bool, dict[str, Any]] = {}
    for second in (False, True):
        own = answer_config(options.asking, second)
        out[second] = common if own is None else {**common, **content_config(own)}
    return out


def video_sums(clips: ClipSet) -> dict[str, str]:
    """SHA-256 of every video file, by clip id."""
    return {clip.clip_id: file_sha256(clips.video_path(clip)) for clip in clips}
