"""Checks a set: everything that is written, every hash, every picture; and, of a set of ours, that
it is what its generator makes and what its pictures show.

Every problem is found and told with file, line and key: of each scene the first in what is written,
and all of its media.
"""  # noqa: D205

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from handeye.answer_kinds.schemas import tools_of
from handeye.contexts.authored import Head, Scene
from handeye.contexts.items import JSONL, YAML
from handeye.contexts.loader import VIDEOS, items_of, read_file, set_file
from handeye.contexts.scenes.desk import TOOLS
from handeye.contexts.scenes.generation import GENERATOR, Options, plan_set
from handeye.contexts.scenes.worlds import made, name_of
from handeye.contexts.scoring.actions import gold_said, right
from handeye.errors import DataError, OptionError, first_ten
from handeye.hashing import file_sha256, is_regular
from handeye.media.view import read_view
from handeye.sets.checks import Verified, check_pieces
from handeye.sets.folder import RECORD, inside, read_record, record_problems

REMADE = "scenes made again"
"""What the count of scenes is called whose rows were made again and compared."""
READ = "answers read off pixels"
"""What the count of answers is called that who looks at the pictures alone gave rightly."""
_SCENES_A_JOB = 8
Pixels = NDArray[np.uint8]


def verify(
    data: str | Path,
    *,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Verified:
    """Check a set.

    Args:
        data: a set folder or its file.
        workers: processes (default: as many as it is worth).
        progress: called with (scenes done, scenes in all).

    Returns:
        Counts of ``scenes``, ``questions``, ``contexts``, ``files``, ``scenes made again`` and
        ``answers read off pixels`` (of sets of ours); and every problem with file, line and id.

    Raises:
        DataError: the set cannot be read at all.
        OptionError: workers below 1.
    """
    path = Path(data)
    file = set_file(path) if path.exists() else None
    if file is None:
        raise DataError(f"{path}: no set of this suite: expected {YAML[0]} or {JSONL}")
    problems: list[str] = []
    written = read_file(file, lambda error: problems.append(str(error)))
    root = file.parent
    problems += record_problems(root)
    wanted = _planned(root, written.scenes, problems)
    pieces = [(scene, where, wanted.get(scene.id)) for scene, where in written.scenes]
    found = check_pieces(
        partial(_check_scene, root=root),
        pieces,
        block=_SCENES_A_JOB,
        workers=workers,
        progress=progress,
    )
    scenes = [scene for scene, _ in written.scenes]
    counts = {
        "scenes": len(scenes),
        "questions": sum(len(scene.sees) for scene in scenes),
        "contexts": sum(len(scene.contexts) for scene in scenes),
        "files": found.counts.get("files", 0),
        REMADE: found.counts.get(REMADE, 0),
        READ: found.counts.get(READ, 0),
    }
    return Verified(counts, (*problems, *found.problems))


def _planned(
    root: Path, placed: list[tuple[Scene, str]], problems: list[str]
) -> dict[str, tuple[Options, int]]:
    """By id, which scene of this generator one has to be; empty of other sets."""
    record = read_record(root)
    if record is None or record.get("generator", 1) != GENERATOR or not record.get("complete"):
        return {}
    try:
        told = record["options"]
        options = plan_set(**{name: told[name] for name in Options._fields})
    except (OptionError, LookupError, TypeError) as error:
        problems.append(f"{root / RECORD}: its options make no set: {error}")
        return {}
    names = {name_of(options.split, number): number for number in range(options.scenes)}
    there = {scene.id: where for scene, where in placed}
    if lost := [name for name in names if name not in there]:
        problems.append(f"{root}: no row for {first_ten(lost)}")
    problems += [
        f"{where}: scene {name}: the set was made without it"
        for name, where in there.items()
        if name not in names
    ]
    return {name: (options, number) for name, number in names.items()}


def _check_scene(piece: tuple[Scene, str, tuple[Options, int] | None], *, root: Path) -> Verified:
    """Check the files of one scene, and, of a set of ours, its row."""
    scene, where, known = piece
    before, found, files, read = f"{where}: scene {scene.id}", [], 0, 0
    for name in scene.media:
        try:
            path = inside(root, name, f"{before}: media")
            if not is_regular(path):
                raise DataError(f"{before}: {name} is missing")
            expected = scene.sha256.get(name, "")
            if expected and file_sha256(path) != expected:
                found.append(f"{before}: {name} was changed since (SHA-256 differs)")
            if path.suffix.lower() not in VIDEOS:
                picture = read_view(path).image()
            files += 1
        except DataError as error:
            said = str(error)
            found.append(said if said.startswith(before) else f"{before}: {said}")
    if known is not None:
        options, number = known
        again = made(options.seed, options.split, number).scene(scene.media[0], options.split)
        if msgspec.structs.replace(scene, sha256={}) != again:
            found.append(f"{before}: is not what the generator makes of these options")
        elif not found:
            read, wrong = _looked(scene, np.asarray(picture))
            found += [f"{before}: {one} is not what its picture shows" for one in wrong]
    counts = {"files": files, REMADE: int(known is not None), READ: read}
    return Verified(counts, tuple(found))


def _looked(scene: Scene, pixels: Pixels) -> tuple[int, list[str]]:
    """How many answers who sees the pixels alone gives rightly, and the items of the others."""
    from handeye.contexts.scenes.looking import look

    try:
        seen = {(item.about, item.name): gold_said(item) for item in look(pixels).items}
    except DataError:
        seen = {}
    wrong, rights = [], 0
    for item in items_of(scene, Head(version=1), True, tools_of(list(TOOLS))):
        said = seen.get((item.about, item.name))
        if said is not None and right(said, item.form, item.answer):
            rights += 1
        else:
            wrong.append(item.item_id)
    return rights, wrong
