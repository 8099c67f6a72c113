"""From options to a set on disk: blocks of scenes on any number of workers, resumable.

Each block writes its pictures and one row file under ``.unfinished/``; when all blocks are there
the row files are joined into the metadata in order. A block is a pure function of the options, so
the number of workers, the order and interruptions leave no trace in the bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import msgspec

from handeye import __version__
from handeye.atomic import replacing, write_bytes
from handeye.rose.scene import Scene
from handeye.rose.scenes import card, layout, sources
from handeye.rose.scenes.options import SetOptions, libraries, plan_set
from handeye.rose.scenes.render import base_picture, cue_picture
from handeye.rose.scenes.rows import Drawn, image_id, image_name, scene_rows
from handeye.rose.scenes.sampling import sample_scene
from handeye.rose.scenes.sources.base import Source
from handeye.rose.v01 import STATISTICS
from handeye.sets.draw import Draw
from handeye.sets.folder import UNFINISHED, claim, finish
from handeye.sets.processes import as_finished, worker_count

BLOCK = 8
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class SceneOrder:
    """One scene to make: sampled at ``index``, or given whole with the official row it is from."""

    source: str
    index: int
    split: str
    scene: Scene | None = None
    row: dict[str, Any] | None = None
    kept: dict[str, dict[str, Any]] | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """Scenes that one worker makes in one go."""

    name: str
    orders: tuple[SceneOrder, ...]


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
        workers: processes (default: one per core); has no influence on the result.
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
    return make_set(Path(out), options, list(_sampled(options)), workers, progress)


def _sampled(options: SetOptions) -> Iterator[SceneOrder]:
    for name, count in options.scenes.items():
        dev = set(Draw(options.seed, name, "split").sample(count, options.dev[name]))
        for index in range(count):
            yield SceneOrder(name, index, "dev" if index in dev else "test")


def make_set(
    out: Path,
    options: SetOptions,
    orders: Sequence[SceneOrder],
    workers: int | None,
    progress: Progress | None,
) -> Path:
    """Make or finish the set of ``orders`` in ``out``."""
    workers = worker_count(workers)
    record = {"handeye": __version__, "libraries": libraries(), "options": options.record()}
    if not claim(out, record):
        if progress:
            progress(len(orders), len(orders))
        return out
    blocks = _blocks(orders)
    _make_blocks(out, options, blocks, workers, progress)
    attributions = _join(out, blocks)
    card.write_card(out, options, attributions)
    if options.format == "parquet":
        from handeye.rose.scenes import parquet

        parquet.write_shards(out)
    finish(out, record, layout.metadata_paths(out))
    return out


def _blocks(orders: Sequence[SceneOrder]) -> list[Block]:
    return [
        Block(f"{start // BLOCK:06d}", tuple(orders[start : start + BLOCK]))
        for start in range(0, len(orders), BLOCK)
    ]


def _make_blocks(
    out: Path,
    options: SetOptions,
    blocks: Sequence[Block],
    workers: int,
    progress: Progress | None,
) -> None:
    total = sum(len(block.orders) for block in blocks)
    todo = [block for block in blocks if not _row_file(out, block).exists()]
    done = total - sum(len(block.orders) for block in todo)
    for finished in as_finished(partial(make_block, out, options), todo, workers):
        done += finished
        if progress:
            progress(done, total)


def make_block(out: Path, options: SetOptions, block: Block) -> int:
    """Write the pictures and the row file of one block; returns its number of scenes."""
    lines: list[bytes] = []
    for order in block.orders:
        lines += _make_scene(out, options, order)
    write_bytes(_row_file(out, block), b"\n".join(lines))
    return len(block.orders)


def _make_scene(out: Path, options: SetOptions, order: SceneOrder) -> Iterator[bytes]:
    source = _source(options_key(options), order.source)
    scene = order.scene or sample_scene(options.seed, order.source, order.index, options.grid)
    pair = (
        source.official_pair(order.row)
        if order.row
        else source.pair(options.seed, order.index, options.band)
    )
    art = source.draw(pair, scene.cell_size)
    cue_region = scene.regions["T4"][0]
    base = base_picture(scene.grid, scene.targets, art)
    cue, _ = cue_picture(scene.grid, scene.targets, art, cue_region)
    drawn = Drawn(
        order.source,
        options.seed,
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


OptionsKey = tuple[tuple[str, ...], tuple[tuple[str, str], ...], str | None]


def options_key(options: SetOptions) -> OptionsKey:
    """The part of the options that decides the art, hashable."""
    return options.fonts, tuple(sorted((options.emoji or {}).items())), options.sprites


@cache
def _source(key: OptionsKey, name: str) -> Source:
    fonts, emoji, sprites = key
    return sources.get(name, fonts=fonts or None, emoji=dict(emoji) or None, sprites=sprites)


def _row_file(out: Path, block: Block) -> Path:
    return out / UNFINISHED / f"{block.name}.jsonl"


def _join(out: Path, blocks: Sequence[Block]) -> list[str]:
    """Join the row files into the metadata files; returns the art used."""
    attributions: set[str] = set()
    with ExitStack() as stack:
        streams: dict[str, Any] = {}
        for block in blocks:
            for line in _row_file(out, block).read_bytes().split(b"\n"):
                head, row = line.split(b"\t", 1)
                info = json.loads(head)
                attributions.update(info["art"])
                if info["file"] not in streams:
                    streams[info["file"]] = stack.enter_context(replacing(out / info["file"]))
                streams[info["file"]].write(row + b"\n")
    return sorted(attributions)
