"""From options to a set on disk: the clips of every family, a row for every question, a card."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from handeye import __version__
from handeye.atomic import replacing, write_bytes, write_text
from handeye.media.encoding import encoder_versions
from handeye.media.sound import encode_wav
from handeye.premise.items import items_name
from handeye.premise.scenes.card import card_text
from handeye.premise.scenes.encoding import (
    encode_pictures,
    encode_png,
    encode_sound,
    put_together,
)
from handeye.premise.scenes.families import (
    Family,
    array_sha256,
    make_family,
    media_paths,
    rows_of,
)
from handeye.premise.scenes.kinds import FPS, N_FRAMES, N_SAMPLES, RATE
from handeye.premise.scenes.plan import (
    SENSES,
    FamilyOrder,
    Media,
    Sense,
    SetOptions,
    plan_families,
    plan_set,
)
from handeye.sets.blocks import Progress, make_set
from handeye.sets.folder import set_record

GENERATOR = 1
"""Raised when the same options come to give other frames, samples or rows."""
BLOCK = 2


def generate(
    out: str | Path,
    *,
    seed: int,
    families: int = 60,
    media: str = "video",
    kinds: Sequence[str] | str | None = None,
    level: int | None = None,
    split: str = "test",
    workers: int | None = None,
    progress: Progress | None = None,
) -> Path:
    """Make a set of families in ``out``; the same arguments give the same set.

    Frames, samples and rows are the same everywhere; the bytes of videos and pictures are the same
    with the same encoder, whose versions ``generation.json`` names.

    Args:
        out: folder of the set; empty or new, or begun earlier with the same arguments.
        seed: 0..2^63-1.
        families: number of families; each has four clips and 19 questions (two clips and four
            questions where the media carry one sense).
        media: ``video`` (MP4 with sound), ``picture+sound`` (PNG and WAV), ``picture`` or
            ``sound``, which ask about their own sense.
        kinds: kinds of details, of both senses; default all that the media carry.
        level: only this level of difficulty, 1 for the easiest; default all.
        split: name of the split, part of what everything is drawn from.
        workers: processes (default: as many as it is worth); has no influence on the result.
        progress: called with (families done, families in all).

    Returns:
        The folder.

    Raises:
        OptionError: an argument is not allowed, or ``out`` holds something else.
    """
    out = Path(out)
    options = plan_set(seed, families, media, kinds, level, split)
    return make_set(
        out,
        set_record("premise", GENERATOR, encoder_versions(), options.record()),
        plan_families(options),
        partial(_make_family, out, options),
        partial(_join, out, options),
        block=BLOCK,
        workers=workers,
        progress=progress,
    )


def _make_family(out: Path, options: SetOptions, order: FamilyOrder) -> Iterator[bytes]:
    """Write the files of a family, and give its rows."""
    family = make_family(options.seed, options.split, order)
    data, hashes = encoded(family, options.media)
    for path, content in data.items():
        write_bytes(out / path, content)
    files = {path: hashlib.sha256(content).hexdigest() for path, content in data.items()}
    yield from rows_of(family, order, options.media, options.split, files, hashes)


def encoded(family: Family, media: Media) -> tuple[dict[str, bytes], dict[str, dict[str, Any]]]:
    """The files of a family by path, and what is told of the pixels and samples of its clips."""
    film = media == "video"
    pictures: list[bytes] = []
    sounds: list[bytes] = []
    told: dict[Sense, list[dict[str, Any]]] = {"vision": [], "audio": []}
    for which in range(2) if "vision" in family.shown else ():
        frames = family.frames(which) if film else family.frames(which)[:1]
        pictures.append(encode_pictures(frames) if film else encode_png(frames[0]))
        length = {"frames": N_FRAMES, "fps": FPS} if film else {"frames": 1}
        told["vision"].append({"frames_sha256": array_sha256(frames), **length})
    for which in range(2) if "audio" in family.shown else ():
        samples = family.samples(which)
        sounds.append(encode_sound(samples) if film else encode_wav(samples))
        length = {"samples": N_SAMPLES, "rate": RATE}
        told["audio"].append({"samples_sha256": array_sha256(samples), **length})
    data: dict[str, bytes] = {}
    hashes: dict[str, dict[str, Any]] = {}
    for here in family.clips:
        hashes[family.clip_name(here)] = {
            name: value
            for sense, which in zip(SENSES, here, strict=True)
            if told[sense]
            for name, value in told[sense][which].items()
        }
        for medium, path in media_paths(family, media, here).items():
            if medium == "video":
                data[path] = put_together(pictures[here[0]], sounds[here[1]])
            else:
                data[path] = pictures[here[0]] if medium == "picture" else sounds[here[1]]
    return data, hashes


def _join(out: Path, options: SetOptions, lines: Iterator[bytes]) -> list[Path]:
    """Write the rows in the order of the plan, and the card; returns the file of the rows."""
    rows = out / items_name(options.split)
    with replacing(rows) as stream:
        for line in lines:
            stream.write(line + b"\n")
    write_text(out / "README.md", card_text(options, rows.name, __version__))
    return [rows]
