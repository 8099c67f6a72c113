"""From options to a set of scenes on disk: pictures, seven rows a scene, card and licences."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from handeye.atomic import replacing, write_bytes
from handeye.rose.scene import Scene
from handeye.rose.scenes import card, layout, sources
from handeye.rose.scenes.options import SetOptions, libraries, plan_set
from handeye.rose.scenes.render import base_picture, cue_picture
from handeye.rose.scenes.rows import Drawn, image_id, image_name, scene_rows
from handeye.rose.scenes.sampling import sample_scene
from handeye.rose.scenes.sources.base import Art, Pair, Source
from handeye.rose.v01 import STATISTICS
from handeye.sets.blocks import Progress, make_set
from handeye.sets.draw import Draw
from handeye.sets.folder import set_record

GENERATOR = 1
"""Raised when the same options come to give other bytes."""
BLOCK = 8


@dataclass(frozen=True, slots=True)
class SceneOrder:
    """One scene to make: sampled at ``index``, or given whole with the official row it is from."""

    source: str
    index: int
    split: str
    scene: Scene | None = None
    row: dict[str, Any] | None = None
    kept: dict[str, dict[str, Any]] | None = None


def generate(
    out: str | Path,
    *,
    seed: int,
    scenes: int | None = None,
    like: str | None = None,
    sources: str | Sequence[str] | None = None,
    similarity: str | tuple[float, float] | None = None,
    grid: str | tuple[int, int] | None = None,
    format: str = "images",
    fonts: Sequence[str | Path] = (),
    emoji: dict[str, str | Path] | None = None,
    sprites: str | Path | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Path:
    """Make a set of ROSE scenes in ``out``; the same arguments give the same bytes.

    Args:
        out: folder of the set; empty or new, or begun earlier with the same arguments.
        seed: 0..2^63-1.
        scenes: number of scenes over all sources (default 100), or
        like: ``"v0.1"`` for the counts and splits of the official set.
        sources: names, see :data:`handeye.rose.v01.SOURCE_NAMES`; default all five.
        similarity: ``"LOW:HIGH"``, limits on the pairs' similarity (0..1).
        grid: ``"LOW:HIGH"``, fewest and most rows, and columns (2..30); default: those of v0.1.
        format: ``"images"`` (release layout) or ``"parquet"`` (the same and Parquet shards).
        fonts: fonts, or folders of fonts, to draw glyphs with instead of the bundled ones.
        emoji: provider name to folder of pictures named by code point, added to the bundled ones.
        sprites: a folder of PNG files to use instead of the procedural sprites.
        workers: processes (default: as many as it is worth); has no influence on the result.
        progress: called with (scenes done, scenes in all).

    Raises:
        OptionError: an argument is not allowed, or ``out`` holds something else.
        AssetError: the user's art cannot show what is asked.
    """
    options = plan_set(
        seed,
        scenes=scenes,
        like=like,
        sources=sources,
        similarity=similarity,
        grid=grid,
        format=format,
        fonts=fonts,
        emoji=emoji,
        sprites=sprites,
    )
    # Art or a band that cannot be must be refused before the folder is claimed for it.
    for name in options.scenes:
        _source(options_key(options), name).pair(options.seed, 0, options.band)
    return make_scenes(Path(out), options, list(_sampled(options)), workers, progress)


def _sampled(options: SetOptions) -> Iterator[SceneOrder]:
    for name, count in options.scenes.items():
        dev = set(Draw(options.seed, name, "split").sample(count, options.dev[name]))
        for index in range(count):
            yield SceneOrder(name, index, "dev" if index in dev else "test")


def make_scenes(
    out: Path,
    options: SetOptions,
    orders: Sequence[SceneOrder],
    workers: int | None,
    progress: Progress | None,
) -> Path:
    """Make or finish the set of ``orders`` in ``out``."""
    return make_set(
        out,
        set_record("rose", GENERATOR, libraries(), options.record()),
        orders,
        partial(_make_scene, out, options),
        partial(join_rows, out, options),
        block=BLOCK,
        workers=workers,
        progress=progress,
    )


def _make_scene(out: Path, options: SetOptions, order: SceneOrder) -> Iterator[bytes]:
    return write_scene(out, options.seed, order, *art_of(options, order))


def write_scene(
    out: Path, seed: int, order: SceneOrder, scene: Scene, pair: Pair, art: Art
) -> Iterator[bytes]:
    """Write the two pictures of a scene and give its rows, each with the file it belongs to."""
    cue_region = scene.regions["T4"][0]
    base = base_picture(scene.grid, scene.targets, art)
    cue, _ = cue_picture(scene.grid, scene.targets, art, cue_region)
    drawn = Drawn(
        order.source,
        seed,
        order.split,
        scene,
        pair,
        art,
        hashlib.sha256(base).hexdigest(),
        hashlib.sha256(cue).hexdigest(),
    )
    rules = STATISTICS[order.source]
    for data, is_cue in ((base, False), (cue, True)):
        name = image_name(rules.subset, image_id(rules.prefix, scene.number, cue=is_cue))
        write_bytes(out / name, data)
    for key, row in scene_rows(drawn).items():
        if order.kept and key in order.kept:
            row |= order.kept[key]
        head = {"file": layout.metadata_name(key, order.split), "art": pair.attribution}
        yield msgspec.json.encode(head) + b"\t" + msgspec.json.encode(row)


def art_of(options: SetOptions, order: SceneOrder) -> tuple[Scene, Pair, Art]:
    """A scene with the content of its cells.

    Raises:
        AssetError, OptionError: the art cannot show it.
    """
    source = _source(options_key(options), order.source)
    scene = order.scene or sample_scene(options.seed, order.source, order.index, options.grid)
    pair = (
        source.official_pair(order.row)
        if order.row
        else source.pair(options.seed, order.index, options.band)
    )
    return scene, pair, source.draw(pair, scene.cell_size)


OptionsKey = tuple[tuple[str, ...], tuple[tuple[str, str], ...], str | None]


def options_key(options: SetOptions) -> OptionsKey:
    """The part of the options that decides the art, hashable."""
    return options.fonts, tuple(sorted((options.emoji or {}).items())), options.sprites


@cache
def _source(key: OptionsKey, name: str) -> Source:
    fonts, emoji, sprites = key
    return sources.get(name, fonts=fonts or None, emoji=dict(emoji) or None, sprites=sprites)


def join_rows(out: Path, options: SetOptions, lines: Iterator[bytes]) -> list[Path]:
    """Write the rows into the metadata files, then what describes them; returns the files."""
    art: set[str] = set()
    with ExitStack() as stack:
        streams: dict[str, BinaryIO] = {}
        for line in lines:
            head, row = line.split(b"\t", 1)
            info = json.loads(head)
            art.update(info["art"])
            if info["file"] not in streams:
                streams[info["file"]] = stack.enter_context(replacing(out / info["file"]))
            streams[info["file"]].write(row + b"\n")
    card.write_card(out, options, sorted(art))
    if options.format == "parquet":
        from handeye.rose.scenes import parquet

        parquet.write_shards(out)
    return layout.metadata_paths(out)
