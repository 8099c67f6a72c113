"""What a run of ROSE would send and cost, without sending anything."""

from __future__ import annotations

import struct
from collections import Counter
from pathlib import Path

from handeye.errors import DataError
from handeye.rose.asking.prompts import Picture, prompt_parts
from handeye.rose.asking.run import RoseOptions, request_keys
from handeye.run.dry_run import DryRun, PictureLoad, estimate
from handeye.run.journal import read_journal
from handeye.run.plan import check_plan


def dry_run(options: RoseOptions) -> DryRun:
    """Estimate a run. Sends nothing, writes nothing.

    Raises:
        DataError, OptionError: the set, or the selection from it, cannot be used.
        RunError: the run folder holds another run.
    """
    items = options.load()
    check_plan(options.out, options.plan(items))
    keys = request_keys(items, options)
    done = {answer.key for answer in read_journal(options.out / "answers.jsonl")}
    open_items = [item for item in items if keys[item.item_id] not in done]
    per_picture = Counter(items.image_path(item) for item in open_items)
    return estimate(
        options,
        requests=len(open_items),
        answered=len(keys) - len(open_items),
        scenes=len({item.scene_id for item in open_items}),
        pictures=[PictureLoad(_size(p), p.stat().st_size, n) for p, n in per_picture.items()],
        characters=sum(
            len(part) for item in open_items for part in prompt_parts(item, options.order) if part
        ),
        answer_characters=sum(len(item.ground_truth_formal_answer) for item in open_items),
    )


def _size(path: Path) -> tuple[int, int]:
    """Width and height of a picture in pixels, from its header."""
    picture = Picture.read(path)
    if picture.media_type == "image/png" and len(picture.data) >= 24:
        width, height = struct.unpack(">II", picture.data[16:24])
        return int(width), int(height)
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            return image.size
    except (UnidentifiedImageError, OSError) as error:
        raise DataError(f"{path}: not a readable picture: {error}") from None
