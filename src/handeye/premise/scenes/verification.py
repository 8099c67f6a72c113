"""Checks a set of questions: rows, families, prompts, hashes, and every file by who looks at it.

Every problem is found and told with file, line and item, not only the first. Of a set that this
generator made, all is made again: rows have to be what the generator says, siblings may differ
in nothing but the stage or the window of the detail, files have to show and let hear what was
drawn, and the oracle answers every item from what it sees and hears after decoding. Rows of
sets that handeye did not make are read by the loader, which stops at the first bad row; their
files are opened all the same.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from handeye.errors import DataError, OptionError, first_ten
from handeye.hashing import file_sha256, is_regular
from handeye.media.display import Display
from handeye.media.frames import take_frames
from handeye.media.sound import read_sound
from handeye.media.timeline import FrameError, opened
from handeye.media.view import read_view
from handeye.premise.items import MEDIA, PREMISES, Item
from handeye.premise.loader import items_files, load, read_row, set_problems, split_of
from handeye.premise.published_layout import PlacedItem
from handeye.premise.respondents.oracle import Witness
from handeye.premise.scenes.families import (
    Family,
    array_sha256,
    asked_of,
    clips_of,
    make_family,
    rows_of,
)
from handeye.premise.scenes.generation import GENERATOR
from handeye.premise.scenes.kinds import (
    DETAIL_FROM,
    DETAIL_SAMPLES,
    N_FRAMES,
    SIZE,
    STAGE,
)
from handeye.premise.scenes.plan import (
    FamilyOrder,
    Sense,
    SetOptions,
    family_name,
    plan_families,
    plan_set,
)
from handeye.sets.checks import Verified, check_pieces
from handeye.sets.folder import RECORD, inside, read_record, record_problems
from handeye.sets.jsonl import numbered_lines

TWO = "about two details"
"""What the count of items is called that name two details, where there are any."""
SOLVED = "answered by the oracle"
"""What the count of items is called that the oracle answers right from decoded media."""
_FAMILIES_A_JOB = 2
_TILE = 16
_PIXEL_TOLERANCE = 16
"""Largest difference (0..255) of mean colours of tiles of a film as drawn and as decoded."""
_SOUND_TOLERANCE = 0.1
"""Largest root of the mean squared error of a sound as decoded, as a share of its own."""


def verify(
    data: str | Path,
    *,
    mapping: Mapping[str, str] | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Verified:
    """Check a set of questions.

    Args:
        data: a set folder or items file, or anything else that
            :func:`handeye.premise.loader.load` takes.
        mapping: as there.
        workers: processes (default: as many as it is worth).
        progress: called with (families done, families in all).

    Returns:
        Counts of ``items`` (rows read), those ``about two details``, ``prompts`` (whole ones that
        differ), ``clips``, ``families`` and, for sets made by this generator, items ``answered by
        the oracle``; and every problem with file, line and item. That the oracle is wrong about an
        item is a problem only where it is wrong about more than one in a hundred.

    Raises:
        DataError: the set cannot be read at all.
        OptionError: workers below 1.
    """
    path = Path(data)
    files = items_files(path, None) if path.exists() else ()
    if files:
        placed, problems = _read_rows(files)
        root = files[0].parent
    else:
        loaded = load(data, split=None, mapping=mapping)
        placed, problems = [PlacedItem(item, str(loaded.files[0])) for item in loaded], []
        root = loaded.root
    problems += record_problems(root)
    record = read_record(root)
    orders: dict[str, FamilyOrder] = {}
    options = None
    if record is not None:
        options, orders, wrong = _planned(record, placed, root)
        problems += wrong
    families: dict[str, list[PlacedItem]] = defaultdict(list)
    for one in placed:
        families[one.item.scene_id].append(one)
    pieces = [(orders.get(name), tuple(found)) for name, found in families.items()]
    found = check_pieces(
        partial(_check_family, root=root, options=options),
        pieces,
        block=_FAMILIES_A_JOB,
        workers=workers,
        progress=progress,
    )
    two = sum(one.item.modality == "both" for one in placed)
    counts = {
        "items": len(placed),
        **({TWO: two} if two else {}),
        "prompts": len({_prompt(one.item) for one in placed}),
        "clips": len({one.item.clip_id for one in placed}),
        "families": len(families),
        **found.counts,
    }
    said = list(found.problems)
    missed = [text for text in said if _MISSED in text]
    if 100 * len(missed) <= len(placed):
        said = [text for text in said if _MISSED not in text]
    return Verified(counts, (*problems, *said))


def _read_rows(files: Sequence[Path]) -> tuple[list[PlacedItem], list[str]]:
    """The rows that can be read, and what is wrong with all of them."""
    placed: list[PlacedItem] = []
    found: list[str] = []
    for file in files:
        try:
            for number, line in numbered_lines(file):
                found += read_row(line, f"{file}:{number}", split_of(file), placed)
        except DataError as error:
            found.append(str(error))
    return placed, found + set_problems(placed)


def _planned(
    record: Mapping[str, Any], placed: Sequence[PlacedItem], root: Path
) -> tuple[SetOptions | None, dict[str, FamilyOrder], list[str]]:
    """Options and families of a set that this generator made, and rows that are not as promised."""
    if record.get("generator", 1) != GENERATOR or not record.get("complete"):
        return None, {}, []
    told = record["options"]
    try:
        kinds = sorted({name for names in told["kinds"].values() for name in names})
        options = plan_set(
            told["seed"], told["families"], told["media"], kinds, told["level"], told["split"]
        )
    except (OptionError, LookupError, TypeError, AttributeError) as error:
        return None, {}, [f"{root / RECORD}: its options make no set: {error}"]
    orders = {}
    promised: list[str] = []
    for order in plan_families(options):
        name = family_name(options.split, order.index)
        orders[name] = order
        promised += [
            f"{name}-{here[0]}{here[1]}-{prompt}"
            for here in clips_of(options.senses)
            for prompt, *_ in asked_of(options.senses, here)
        ]
    there = {one.item.item_id: one.where for one in placed}
    wrong = []
    if missing := [name for name in promised if name not in there]:
        wrong.append(f"{root}: no row for {first_ten(missing)}")
    strange = sorted(there.keys() - set(promised))
    wrong += [f"{there[name]}: item {name}: the set was made without it" for name in strange]
    return options, orders, wrong


# ---- one family


def _check_family(
    piece: tuple[FamilyOrder | None, Sequence[PlacedItem]],
    *,
    root: Path,
    options: SetOptions | None,
) -> Verified:
    """Check the rows and files of one family."""
    order, placed = piece
    found = list(_prompt_problems(placed))
    clips: dict[str, list[PlacedItem]] = defaultdict(list)
    for one in placed:
        clips[one.item.clip_id].append(one)
    if options is None or order is None:
        for same in clips.values():
            heard = any(item.modality != "vision" for item, _ in same)
            found += _decoded(same[0], root, whole=False, heard=heard)[1]
        return Verified({}, tuple(found))
    family = make_family(options.seed, options.split, order)
    drawn = _drawn(family, film=options.media == "video")
    found += _row_problems(placed, family, order, options)
    found += _sibling_problems(placed[0], family, drawn)
    solved = 0
    for here in family.clips:
        same = clips.get(family.clip_name(here), [])
        if not same:
            continue
        media, wrong = _decoded(same[0], root, whole=True)
        wrong += _media_problems(same[0], here, media, drawn)
        found += wrong
        witness = None if wrong else Witness(**media)
        for item, where in same if witness else ():
            if witness and witness.role(item.question, item.options) == item.gold:
                solved += 1
            else:
                found.append(f"{where}: item {item.item_id}: {_MISSED}")
    return Verified({SOLVED: solved}, tuple(found))


def _drawn(family: Family, *, film: bool) -> dict[Sense, list[NDArray[Any]]]:
    """Frames and samples of both siblings of each sense."""
    out: dict[Sense, list[NDArray[Any]]] = {}
    if "vision" in family.shown:
        out["vision"] = [family.frames(n) if film else family.frames(n)[:1] for n in range(2)]
    if "audio" in family.shown:
        out["audio"] = [family.samples(n) for n in range(2)]
    return out


_MISSED = "the oracle, who looks and listens, does not come to its answer"


def _prompt(item: Item) -> bytes:
    """All that a reader sees of an item, as bytes."""
    return msgspec.json.encode((item.question, item.options, item.order))


def _prompt_problems(placed: Sequence[PlacedItem]) -> Iterator[str]:
    """Prompts that are not the same bytes wherever they are asked, or not as often true as false.

    A prompt about one detail has to be true of as many clips as it is false of; one that names two
    is true once, wrong about sight once and wrong about sound once. So the prompts of standard and
    of misleading items are one and the same multiset of bytes.
    """
    by_id: dict[str, list[PlacedItem]] = defaultdict(list)
    for one in placed:
        if one.item.prompt_id:
            by_id[one.item.prompt_id].append(one)
    for name, same in by_id.items():
        first, where = same[0]
        before = f"{where}: item {first.item_id}"
        for item, _ in same[1:]:
            if _prompt(item) != _prompt(first):
                yield f"{before}: its prompt {name} has other bytes in item {item.item_id}"
        if len({item.clip_id for item, _ in same}) < len(same):
            yield f"{before}: its prompt {name} is asked of a clip twice"
        right = {item.gold for item, _ in same if item.premise == "standard"}
        if len(right) > 1:
            yield f"{before}: what its prompt {name} asks for has several answers: {sorted(right)}"
    for modality in ("vision", "audio", "both"):
        cells = {
            premise: Counter(
                _prompt(item)
                for item, _ in placed
                if (item.modality, item.premise) == (modality, premise) and item.prompt_id
            )
            for premise in PREMISES
        }
        if modality == "both":
            golds = Counter(
                (_prompt(item), item.gold if item.premise == "misleading" else 0)
                for item, _ in placed
                if item.modality == "both" and item.prompt_id
            )
            whole = len(golds) == 3 * len({prompt for prompt, _ in golds}) and (
                len(set(golds.values())) <= 1
            )
        else:
            whole = cells["standard"] == cells["misleading"]
        if not whole:
            yield (
                f"{placed[0].where}: family {placed[0].item.scene_id}: prompts about {modality} "
                "are not true as often as false, so that their text says something of their truth"
            )


def _row_problems(
    placed: Sequence[PlacedItem], family: Family, order: FamilyOrder, options: SetOptions
) -> Iterator[str]:
    """Rows that are not what the generator writes, but for hashes of files."""
    by_id = {one.item.item_id: one for one in placed}
    files: dict[str, str] = {}
    hashes: dict[str, dict[str, Any]] = {family.clip_name(here): {} for here in family.clips}
    told = ("frames_sha256", "frames", "fps", "samples_sha256", "samples", "rate")
    for item, _ in placed:
        files |= item.sha256
        hashes[item.clip_id] = {name: item.meta[name] for name in told if name in item.meta}
    try:
        lines = list(rows_of(family, order, options.media, options.split, files, hashes))
    except KeyError as error:
        yield f"{placed[0].where}: family {family.name}: no SHA-256 of {error}"
        return
    for line in lines:
        wanted = msgspec.json.decode(line, type=Item)
        if wanted.item_id not in by_id:
            continue
        item, where = by_id[wanted.item_id]
        for name in Item.__struct_fields__:
            if getattr(item, name) != getattr(wanted, name):
                yield (
                    f"{where}: item {item.item_id}: made again, its {name} is another: "
                    f"{str(getattr(wanted, name))[:80]!r}"
                )


def _sibling_problems(
    first: PlacedItem, family: Family, drawn: Mapping[Sense, Sequence[NDArray[Any]]]
) -> Iterator[str]:
    """Clips of a family that differ beyond the stage, or beyond the window of the detail."""
    before = f"{first.where}: family {family.name}"
    if "vision" in drawn:
        one, other = drawn["vision"]
        if one.shape != other.shape:
            yield f"{before}: its visual siblings have other numbers of frames"
        elif (one[:, STAGE:] != other[:, STAGE:]).any():
            yield f"{before}: its visual siblings differ on the strip"
        elif (one == other).all():
            yield f"{before}: its visual siblings do not differ"
    if "audio" in drawn:
        same = drawn["audio"][0] == drawn["audio"][1]
        end = DETAIL_FROM + DETAIL_SAMPLES
        if not same[:DETAIL_FROM].all() or not same[end:].all():
            yield f"{before}: its siblings of sound differ outside the window of the detail"
        elif same.all():
            yield f"{before}: its siblings of sound do not differ"


# ---- files


def _decoded(
    one: PlacedItem, root: Path, *, whole: bool, heard: bool = True
) -> tuple[dict[str, Any], list[str]]:
    """Frames and samples of a clip, and what is wrong with its files; see :func:`_read`."""
    item, where = one
    before = f"{where}: clip {item.clip_id}"
    media: dict[str, Any] = {}
    found: list[str] = []
    for medium in MEDIA:
        name: str = getattr(item, medium)
        if not name:
            continue
        try:
            path = inside(root, name, f"{before}: {medium}")
            if not is_regular(path):
                raise DataError(f"{before}: {name} is missing")
            if name in item.sha256 and file_sha256(path) != item.sha256[name]:
                found.append(
                    f"{before}: {name} was changed since the set was made (SHA-256 differs)"
                )
            media |= _read(path, medium, whole=whole, heard=heard)
        except DataError as error:
            found.append(str(error) if str(error).startswith(before) else f"{before}: {error}")
    return media, found


def _read(path: Path, medium: str, *, whole: bool, heard: bool) -> dict[str, Any]:
    """Frames and samples of a file, decoded; nothing where it is only tried whether it can be.

    Args:
        path: of the file.
        medium: that it should be.
        whole: whether all of it is wanted.
        heard: whether the sound of a video is asked about.

    Raises:
        DataError: it cannot be.
    """
    if medium == "picture":
        picture = np.asarray(read_view(path).image())
        return {"frames": picture[None]} if whole else {}
    if not whole:
        if medium == "video":
            take_frames(path)
        if medium == "sound" or heard:
            read_sound(path)
        return {}
    media: dict[str, Any] = {"samples": read_sound(path)}
    if medium == "video":
        with opened(path) as track:
            display = Display(track)
            # One more than there should be is enough to tell that there are others.
            found = [display.shown(one) for one in islice(track.frames(), N_FRAMES + 1)]
        if not found or any(frame.shape != (SIZE, SIZE, 3) for frame in found):
            raise FrameError(f"{path}: its frames are not {SIZE} x {SIZE} pixels")
        media["frames"] = np.stack(found)
    return media


def _media_problems(
    one: PlacedItem,
    here: tuple[int, int],
    media: Mapping[str, NDArray[Any]],
    drawn: Mapping[Sense, Sequence[NDArray[Any]]],
) -> list[str]:
    """What of the decoded files of a clip is not what was drawn."""
    item, where = one
    out: list[str] = []
    if "frames" in media:
        frames, wanted = media["frames"], drawn["vision"][here[0]]
        number = N_FRAMES if item.video else 1
        if array_sha256(wanted) != item.meta.get("frames_sha256"):
            out.append("drawn again, its frames are others (frames_sha256)")
        if frames.shape != (number, *wanted.shape[1:]):
            out.append(f"has frames of {frames.shape}, not {(number, *wanted.shape[1:])}")
        elif (off := _apart(frames, wanted)) > _PIXEL_TOLERANCE:
            out.append(f"does not show what was drawn: tiles differ by {off} of 255")
    if "samples" in media:
        samples, made = media["samples"], drawn["audio"][here[1]]
        if array_sha256(made) != item.meta.get("samples_sha256"):
            out.append("made again, its samples are others (samples_sha256)")
        if samples.shape != made.shape:
            out.append(f"has samples of {samples.shape}, not {made.shape}")
        else:
            wrong = np.linalg.norm(samples.astype(np.float64) - made)
            share = float(wrong / max(1.0, float(np.linalg.norm(made.astype(np.float64)))))
            if share > _SOUND_TOLERANCE:
                out.append(f"does not sound as it was made: off by {share:.0%} of the sound")
    return [f"{where}: clip {item.clip_id}: {what}" for what in out]


def _apart(frames: NDArray[np.uint8], drawn: NDArray[np.uint8]) -> int:
    """Largest difference of the mean colours of tiles at the same place and time, 0..255."""
    wanted = [_mosaic(frame) for frame in drawn]
    return max(
        int(np.abs(_mosaic(frame) - wanted[number % len(wanted)]).max())
        for number, frame in enumerate(frames)
    )


def _mosaic(rgb: NDArray[np.uint8]) -> NDArray[np.int16]:
    return np.asarray(Image.fromarray(rgb).reduce(_TILE), np.int16)
