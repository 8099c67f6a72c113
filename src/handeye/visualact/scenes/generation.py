"""From options to a set of clips on disk: one video and one row a clip, and a card."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from handeye import __version__
from handeye.atomic import replacing, write_bytes, write_text
from handeye.media.encoding import encoder_versions
from handeye.sets.blocks import Progress, make_set
from handeye.sets.draw import Draw
from handeye.sets.folder import set_record
from handeye.visualact.records import Action, Clip, clip_line, clips_name
from handeye.visualact.scenes.card import card_text
from handeye.visualact.scenes.encoding import (
    Drawn,
    draw_film,
    encode_film,
    frame_count,
)
from handeye.visualact.scenes.events import catalogue
from handeye.visualact.scenes.film import Film
from handeye.visualact.scenes.plan import (
    ClipOrder,
    SetOptions,
    film_groups,
    plan_clips,
    plan_set,
)

GENERATOR = 1
"""Raised when the same options come to give other frames or rows."""
BLOCK = 4
FPS = 12


def generate(
    out: str | Path,
    *,
    seed: int,
    clips: int = 100,
    scenarios: Sequence[str] | str | None = None,
    split: str = "test",
    fps: int = FPS,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Path:
    """Make a set of clips in ``out``; the same arguments give the same set.

    Frames and rows are the same everywhere; the bytes of the videos are the same with the same
    encoder, whose versions ``generation.json`` names.

    Args:
        out: folder of the set; empty or new, or begun earlier with the same arguments.
        seed: 0..2^63-1.
        clips: number of clips, divided evenly over the scenarios.
        scenarios: keys, titles or abbreviations; default all four.
        split: name of the split, part of what the clips are drawn from.
        fps: frames a second, 2..60.
        workers: processes (default: as many as it is worth); has no influence on the result.
        progress: called with (clips done, clips in all).

    Returns:
        The folder.

    Raises:
        OptionError: an argument is not allowed, or ``out`` holds something else.
    """
    out = Path(out)
    options = plan_set(seed, clips, scenarios, split, fps)
    orders = plan_clips(options)
    return make_set(
        out,
        set_record("visualact", GENERATOR, encoder_versions(), options.record()),
        film_groups(orders),
        partial(_make_film, out, options),
        partial(_join, out, options, orders),
        block=BLOCK,
        size=len,
        workers=workers,
        progress=progress,
    )


def _make_film(out: Path, options: SetOptions, orders: Sequence[ClipOrder]) -> Iterator[bytes]:
    """Draw one film, write the clips that show it, and give their rows."""
    forward: Drawn | None = None
    for order in orders:
        film = film_of(options.seed, options.split, order)
        forward = forward or draw_film(film, options.fps)
        drawn = forward.reversed() if order.backward else forward
        video = f"videos/{order.clip_id}.mp4"
        data = encode_film(drawn)
        write_bytes(out / video, data)
        clip = Clip(
            clip_id=order.clip_id,
            video=video,
            scenario=order.scenario,
            actions=_worded(options.seed, options.split, order, film.actions),
            split=options.split,
            video_sha256=hashlib.sha256(data).hexdigest(),
            meta=_meta(options, order, film, drawn),
        )
        yield clip_line(clip)


def film_of(seed: int, split: str, order: ClipOrder) -> Film:
    """The film of a clip; both of a pair are drawn from the same stream."""
    draw = Draw(seed, split, order.scenario, "film", order.film)
    return catalogue.kind(order.kind).make(draw, order.backward)


def drawn_again(
    clip: Clip, numbers: Sequence[int] | None = None
) -> tuple[Drawn, tuple[Action, ...]] | None:
    """The frames and actions of a generated clip, made anew from what its row says.

    Args:
        clip: the clip.
        numbers: draw only these of its frames, from 0.

    Returns:
        None where the row does not tell what to draw.
    """
    meta = clip.meta
    if not {"seed", "index", "kind", "backward", "twin", "fps"} <= meta.keys():
        return None
    twin = int(meta["twin"].rpartition("-")[2]) if meta["twin"] else None
    index = meta["index"]
    film_number = index if twin is None else min(index, twin)
    order = ClipOrder(clip.scenario, index, meta["kind"], meta["backward"], film_number, twin)
    film = film_of(meta["seed"], clip.split, order)
    count = frame_count(film, meta["fps"])
    asked = range(count) if numbers is None else numbers
    drawn = draw_film(film, meta["fps"], [count - 1 - n if order.backward else n for n in asked])
    return drawn, _worded(meta["seed"], clip.split, order, film.actions)


def _worded(
    seed: int, split: str, order: ClipOrder, actions: Sequence[Action]
) -> tuple[Action, ...]:
    """The actions with one of their wordings, drawn for this clip, as the main one."""
    draw = Draw(seed, split, order.scenario, "wording", order.index)
    out: list[Action] = []
    for action in actions:
        texts = (action.text, *action.phrasings)
        text = draw.pick(texts)
        others = tuple(other for other in texts if other != text)
        out.append(Action(text, action.apl, action.proactive, others))
    return tuple(out)


def _meta(options: SetOptions, order: ClipOrder, film: Film, drawn: Drawn) -> dict[str, Any]:
    first, last = film.evidence
    if order.backward:
        # Kinds state the evidence on the film's own clock, which runs down in a backward clip.
        first, last = drawn.seconds - last, drawn.seconds - first
    seconds = round(drawn.seconds, 6)
    height, width = drawn.frames[0].shape[:2]
    return {
        "seed": options.seed,
        "index": order.index,
        "kind": order.kind,
        "backward": order.backward,
        "motion_only": order.twin is not None,
        "twin": order.twin_id,
        "idle": not film.actions,
        "evidence": [min(seconds, max(0.0, round(t, 3))) for t in (first, last)],
        "facts": dict(film.facts),
        "distractors": list(film.distractors),
        "fps": drawn.fps,
        "frames": len(drawn.frames),
        "seconds": seconds,
        "width": width,
        "height": height,
        "frames_sha256": drawn.sha256(),
    }


def _join(
    out: Path, options: SetOptions, orders: Sequence[ClipOrder], lines: Iterator[bytes]
) -> list[Path]:
    """Write the rows in the order of the plan, and the card; returns the file of the rows."""
    by_id = {msgspec.json.decode(line, type=Clip).clip_id: line for line in lines}
    rows = out / clips_name(options.split)
    with replacing(rows) as stream:
        for order in orders:
            stream.write(by_id[order.clip_id] + b"\n")
    write_text(out / "README.md", card_text(options, rows.name, __version__))
    return [rows]
