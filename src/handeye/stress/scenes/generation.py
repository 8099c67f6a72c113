"""From options to a set on disk: pictures, masks, depths, two tables of rows, a card."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from handeye import __version__
from handeye.atomic import replacing, write_all, write_text
from handeye.sets.blocks import Progress, make_set
from handeye.sets.folder import set_record
from handeye.sets.jsonl import numbered_lines
from handeye.stress.items import Item, items_name, pictures_name
from handeye.stress.respondents.references import MOST_READ, hold
from handeye.stress.scenes.card import card_text
from handeye.stress.scenes.drawing import STAGE
from handeye.stress.scenes.exports import write_tables
from handeye.stress.scenes.groups import Group, Order, prompt_problems
from handeye.stress.scenes.plan import SetOptions, plan_groups, plan_set

GENERATOR = 2
"""Raised when the same options come to give other pixels or rows."""
BLOCK = 8
_PICTURE = b'{"picture_id":'
_encode = msgspec.json.Encoder().encode


def generate(
    out: str | Path,
    *,
    seed: int,
    groups: int = 60,
    families: Sequence[str] | str | None = None,
    cues: Sequence[str] | str | None = None,
    level: int | None = None,
    size: int = STAGE,
    split: str = "test",
    things: str | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Path:
    """Make a set of groups in ``out``; the same arguments give the same set.

    Pixels and rows are the same everywhere; the bytes of PNG files, and so their hashes in the
    rows, are the same with the same compression library, whose version ``generation.json`` names.

    Args:
        out: folder of the set; empty or new, or begun earlier with the same arguments.
        seed: 0..2^63-1.
        groups: number of groups: two pictures and, with two cue kinds, ten questions each (drawn
            cues and ``other`` have pictures of their own).
        families: of questions, in turn; by default all but those on request
            (:data:`~handeye.stress.items.ON_REQUEST`).
        cues: ``two`` (default): two kinds a group, in turn; ``all``; ``none``; or names.
        level: only this level of difficulty, 1 (easy) to 5; default all.
        size: side of the pictures in pixels.
        split: name of the split, part of what everything is drawn from.
        things: ``"LOW:HIGH"``, fewest and most in a picture, labels and companions aside (1..12);
            default: as many as its family has.
        workers: processes (default: as many as it is worth); has no influence on the result.
        progress: called with (groups done, groups in all).

    Returns:
        The folder.

    Raises:
        OptionError: an argument is not allowed, or ``out`` holds something else.
    """
    out = Path(out)
    options = plan_set(seed, groups, families, cues, level, size, split, things)
    return make_set(
        out,
        set_record("stress", GENERATOR, libraries(), options.record()),
        plan_groups(options),
        partial(_make_group, out, options),
        partial(_join, out, options),
        block=BLOCK,
        workers=workers,
        progress=progress,
    )


def libraries() -> dict[str, str]:
    """Versions of what turns pixels into files."""
    from importlib.metadata import version

    from PIL import features

    return {"pillow": version("pillow"), "zlib": str(features.version("zlib"))}


def group_of(options: SetOptions, order: Order) -> Group:
    """A group of a set."""
    return Group(options.seed, options.split, order, options.size)


def _make_group(out: Path, options: SetOptions, order: Order) -> Iterator[bytes]:
    """Write the files of a group, and give its rows: pictures, then items."""
    group = group_of(options, order)
    pictures = list(group.pictures())
    # Encoding, then writing: in turn with other work, each takes more of the processor.
    files: dict[str, bytes] = {}
    for picture in pictures:
        painted = group.painted[picture.picture_id[len(group.name) + 1 :]]
        files[picture.picture] = encode_png(painted.pixels)
        files[picture.masks] = encode_png(painted.masks)
        files[picture.depth] = encode_png(painted.depth)
    write_all({out / name: data for name, data in files.items()})
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    for picture in pictures:
        own = {name: hashes[name] for name in (picture.picture, picture.masks, picture.depth)}
        yield _encode(msgspec.structs.replace(picture, sha256=own))
    items = list(group.items())
    assert not (wrong := list(prompt_problems(items))), wrong
    for item in items:
        yield _encode(msgspec.structs.replace(item, sha256=hashes[item.picture]))


def encode_png(pixels: NDArray[np.uint8]) -> bytes:
    """A picture (height, width, 3) or a map (height, width) as a PNG."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG", compress_level=6)
    return out.getvalue()


def _join(out: Path, options: SetOptions, lines: Iterator[bytes]) -> list[Path]:
    """Write both tables in the order of the plan, as JSONL and Parquet, and the card."""
    items, pictures = out / items_name(options.split), out / pictures_name(options.split)
    with replacing(items) as asked, replacing(pictures) as shown:
        for line in lines:
            (shown if line.startswith(_PICTURE) else asked).write(line + b"\n")
    hold(take_some(items))
    tables = write_tables(items, pictures)
    write_text(out / "README.md", card_text(options, items.name, pictures.name, __version__))
    return [items, pictures, *tables]


def take_some(items: Path) -> list[Item]:
    """The first items of a file, whole groups, as many as readers of words are tried on."""
    decode = msgspec.json.Decoder(Item).decode
    rows = [decode(line) for _, line in islice(numbered_lines(items), MOST_READ + 1)]
    return [item for item in rows if len(rows) <= MOST_READ or item.scene_id != rows[-1].scene_id]


def made_again(record: Mapping[str, Any]) -> SetOptions:
    """The options of a record.

    Raises:
        OptionError, LookupError, TypeError: they make no set.
    """
    told = record["options"]
    given = {name: told[name] for name in SetOptions.__dataclass_fields__ if name != "things"}
    return plan_set(**given, things=told.get("things"))
