"""The VisualActBench task for Inspect: one sample is one clip.

``inspect eval handeye/visualact --model openai/gpt-5.5 -T data=DIR`` and ``handeye run visualact``
both come through here. With ``conversation`` the only file of this suite that knows Inspect's
tasks.

- The solver shows the clip and asks. A broken video is an answer with the state ``error``; it never
  stops the run. Clips are decoded while others are being answered, a bounded number at a time.
- The scorer matches by sentence similarity as :mod:`handeye.visualact.scoring.score` does. A clip
  without an answer has no value (NaN), so the engine leaves it out of the means. The official
  tables, where it counts as 0, are written by the lane.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from anyio import to_thread
from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ChatMessageAssistant, ModelOutput, get_model
from inspect_ai.solver import Generate, Solver, TaskState, solver

from handeye.hashing import file_sha256
from handeye.media.frame_choice import FrameChoice
from handeye.media.frames import FrameError
from handeye.run.answers import Answer
from handeye.run.asker import Asker, content_config
from handeye.run.engine import samples_in_flight
from handeye.run.journal import open_journal
from handeye.run.requests import Request
from handeye.visualact.asking.conversation import Projector, answer_config, messages
from handeye.visualact.asking.options import Asking, second_turn
from handeye.visualact.asking.scorer import ANSWERS, match_actions
from handeye.visualact.clip_set import ClipSet
from handeye.visualact.loader import load
from handeye.visualact.records import Clip
from handeye.visualact.scoring.embedder import MINILM, Embedder, load_embedder
from handeye.visualact.scoring.embedding_cache import CachedEmbedder, cache_path
from handeye.visualact.scoring.options import Options

_CONNECTIONS = 20


@task
def visualact(
    data: str,
    split: str | None = "test",
    scenarios: str | list[str] | None = None,
    clips: int | None = None,
    frames: str | int = 8,
    longest_side: int | None = 768,
    video_input: str = "frames",
    protocol: str = "one-pass",
    structured: bool = False,
    embedder: str = MINILM,
    journal: str | None = None,
) -> Task:
    """Videos: say which actions they call for, how urgent they are, and of which type.

    Args:
        data: a set folder, a published file with its videos, or ``hf:OWNER/NAME``.
        split: keep only this split; empty or ``all`` keeps every split.
        scenarios: of navigation, home, safety, hmi.
        clips: keep this many, from every scenario in turn.
        frames: ``8``, ``fps:2``, ``seconds:0.5,1.5`` or ``indices:0,10``.
        longest_side: of the frames in pixels.
        video_input: ``frames``, or ``native`` for the file itself.
        protocol: ``one-pass`` or ``two-pass``.
        structured: tell the provider the schema of the answer.
        embedder: what compares sentences (docs/visualact-scoring.md).
        journal: a file that every answer is appended to when it arrives; answers found in it are
            used and not asked for again.

    Raises:
        DataError: the set cannot be read, a video is missing, or there is no embedder.
        OptionError: a value that is not allowed, or nothing is left.
    """
    names = scenarios.split(",") if isinstance(scenarios, str) else scenarios
    chosen = load(
        data, split=None if split in (None, "", "all") else split, scenarios=names, clips=clips
    )
    asking = Asking(
        frames=FrameChoice.parse(frames, longest_side=longest_side),
        video_input=video_input,  # type: ignore[arg-type]
        protocol=protocol,  # type: ignore[arg-type]
        structured=structured,
    )
    cached = CachedEmbedder(load_embedder(embedder), cache_path())
    return visualact_task(chosen, asking, cached, Path(journal) if journal else None)


def visualact_task(
    clips: ClipSet,
    asking: Asking,
    embedder: Embedder | None,
    journal: Path | None,
    connections: int | None = None,
    options: Options | None = None,
) -> Task:
    """The task over clips that are loaded already; see :func:`visualact`.

    Args:
        clips: to be asked about.
        asking: how.
        embedder: for the scores in Inspect's log; None leaves them out.
        journal: where answers go.
        connections: requests under way at a time.
        options: of matching.
    """
    by_id = {clip.clip_id: clip for clip in clips}
    return Task(
        dataset=MemoryDataset(
            [_sample(clip) for clip in clips], name="VisualActBench", location=str(clips.root)
        ),
        solver=ask_clip(clips, by_id, asking, journal, connections),
        scorer=None if embedder is None else match_actions(by_id, embedder, options or Options()),
        name="visualact",
        metadata={**asking.as_dict(), "clips": len(clips)},
    )


def _sample(clip: Clip) -> Sample:
    return Sample(
        id=clip.clip_id,
        input=f"Which actions does {clip.video} call for?",
        target=[action.text for action in clip.actions] or ["nothing"],
        metadata={"scenario": clip.scenario, "split": clip.split, "video": clip.video},
    )


@dataclass(frozen=True, slots=True)
class ClipFile:
    """A clip's video file and its hash."""

    clip: Clip
    path: Path
    sha256: str


def clip_file(clips: ClipSet, clip: Clip) -> ClipFile:
    """Find and hash a clip's video."""
    path = clips.video_path(clip)
    return ClipFile(clip, path, file_sha256(path))


@solver
def ask_clip(
    clips: ClipSet,
    by_id: Mapping[str, Clip],
    asking: Asking,
    journal: Path | None,
    connections: int | None = None,
) -> Solver:
    """Show the sample's clip and ask; in two passes, ask again in the same conversation."""
    kept = open_journal(journal) if journal is not None else None
    projector = Projector(asking, samples_in_flight(connections or _CONNECTIONS))
    asker: Asker | None = None

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        nonlocal asker
        if asker is None:
            asker = Asker(get_model(), kept, connections)
        file = await to_thread.run_sync(clip_file, clips, by_id[str(state.sample_id)])
        answers = await _ask(asker, projector, asking, file)
        state.metadata["video_sha256"] = file.sha256
        state.store.set(ANSWERS, [msgspec.to_builtins(answer) for answer in answers])
        text = "\n\n".join(a.raw_text or f"[{a.state}: {a.error or ''}]" for a in answers)
        state.output = ModelOutput.from_content(asker.model_name, text)
        state.messages.append(ChatMessageAssistant(content=text))
        return state

    return solve


async def _ask(asker: Asker, projector: Projector, asking: Asking, file: ClipFile) -> list[Answer]:
    """One answer, or two; what the journal has is not asked for, nor its video decoded.

    A video that is not the one its row was written for is not shown: the gold is of another.
    """
    first = _request(asker, asking, file)
    answer = asker.arrived(first)
    turns = second_turn(answer) if asking.two_pass else None
    if answer is not None:
        if turns is None:
            return [answer]
        second = asker.arrived(_request(asker, asking, file, turns))
        if second is not None:
            return [answer, second]
    if file.clip.video_sha256 and file.clip.video_sha256 != file.sha256:
        return [asker.refuse(first, _changed(file))]
    await asker.ready()
    try:
        async with projector.clip(file.path) as showing:

            def request(said: tuple[str, ...] = ()) -> Request:
                return _request(
                    asker,
                    asking,
                    file,
                    said,
                    lambda: messages(file.clip.clip_id, showing, asking, said),
                    showing.note,
                )

            answer = await asker.ask(request())
            turns = second_turn(answer) if asking.two_pass else None
            return [answer] if turns is None else [answer, await asker.ask(request(turns))]
    except FrameError as error:
        return [asker.refuse(first, str(error))]


def _changed(file: ClipFile) -> str:
    return (
        f"{file.path}: SHA-256 is {file.sha256[:16]}..., the row of clip {file.clip.clip_id} says "
        f"{file.clip.video_sha256[:16]}...; the video was changed or damaged"
    )


def _request(
    asker: Asker,
    asking: Asking,
    file: ClipFile,
    turns: tuple[str, ...] = (),
    write: Any = list,
    note: Mapping[str, Any] | None = None,
) -> Request:
    config = answer_config(asking, second=bool(turns))
    own = {} if config is None else content_config(config)
    return Request(
        item_id=file.clip.clip_id,
        sha256=asking.sha256(file.sha256, {**asker.config, **own}, turns),
        media_sha256=file.sha256,
        messages=write,
        config=config,
        note=note,
    )
