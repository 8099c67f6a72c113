"""Checks a set of clips: rows, hashes, every video decoded, twins compared, gold by the rules.

Every problem is found and told with file, line and clip, not only the first. Rows of sets that
handeye did not make are read by the loader, which stops at the first bad row; their videos are
decoded all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec

from handeye.errors import DataError
from handeye.sets.folder import read_record, record_problems
from handeye.sets.jsonl import numbered_lines
from handeye.sets.processes import as_finished, worker_count
from handeye.visualact.loader import load
from handeye.visualact.own_sets import PlacedClip, clips_files, split_of
from handeye.visualact.records import Clip, problems
from handeye.visualact.scenes.verification_rows import gold_problems, plan_problems
from handeye.visualact.scenes.verification_videos import film_problems

_CLIPS_A_JOB = 4


@dataclass(frozen=True, slots=True)
class Verification:
    """What was checked and every problem found, in the order of the set.

    Attributes:
        clips: rows read.
        actions: in these rows.
        pairs: motion twins compared.
        problems: in words, with file, line and clip.
    """

    clips: int
    actions: int
    pairs: int
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing was wrong."""
        return not self.problems


def verify(
    data: str | Path,
    *,
    redraw: bool = False,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Verification:
    """Check a set of clips.

    Args:
        data: a set folder or clips file, or anything else that
            :func:`handeye.visualact.loader.load` takes.
        redraw: also draw every generated film again and compare the hash of its frames and its
            actions (about as long as making the set).
        workers: processes (default: one per core).
        progress: called with (clips done, clips in all).

    Raises:
        DataError: the set cannot be read at all.
        OptionError: workers below 1.
    """
    processes = worker_count(workers)
    path = Path(data)
    files = clips_files(path, None) if path.exists() else ()
    if files:
        placed, found = _read_rows(files)
        root = files[0].parent
    else:
        loaded = load(data, split=None)
        placed, found = [PlacedClip(clip, str(loaded.files[0])) for clip in loaded], []
        root = loaded.root
    found += record_problems(root)
    record = read_record(root)
    if record is not None:
        found += plan_problems(record, placed, root)
        found += [problem for one in placed for problem in gold_problems(one)]
    films = _films(placed)
    found += _video_problems(root, films, redraw, processes, progress, len(placed))
    pairs = sum(len(film) == 2 for film in films)
    actions = sum(len(one.clip.actions) for one in placed)
    return Verification(len(placed), actions, pairs, tuple(found))


def _read_rows(files: Sequence[Path]) -> tuple[list[PlacedClip], list[str]]:
    """The rows that can be read, and what is wrong with all of them."""
    placed: dict[str, PlacedClip] = {}
    found: list[str] = []
    for file in files:
        try:
            for number, line in numbered_lines(file):
                found += _row_problems(line, f"{file}:{number}", split_of(file), placed)
        except DataError as error:
            found.append(str(error))
    return list(placed.values()), found


def _row_problems(
    line: bytes, where: str, split: str, placed: dict[str, PlacedClip]
) -> Iterator[str]:
    """Read one row into ``placed`` and tell what is wrong with it."""
    try:
        clip = msgspec.json.decode(line, type=Clip)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        yield f"{where}: not a clip row: {error}"
        return
    name = f"{where}: clip {clip.clip_id or '-'}"
    yield from (f"{name}: {what}" for what in problems(clip))
    if clip.split != split:
        yield f"{name}: its split is {clip.split!r}, the file is for {split!r}"
    if clip.clip_id in placed:
        yield f"{name}: was already in {placed[clip.clip_id].where}"
    else:
        placed[clip.clip_id] = PlacedClip(clip, where)


def _films(placed: Sequence[PlacedClip]) -> list[tuple[PlacedClip, ...]]:
    """Clips to look at together: twins that name each other, and everything else alone."""
    by_id = {one.clip.clip_id: one for one in placed}
    out: list[tuple[PlacedClip, ...]] = []
    taken: set[str] = set()
    for one in placed:
        clip_id, twin = one.clip.clip_id, str(one.clip.meta.get("twin") or "")
        if clip_id in taken:
            continue
        mutual = twin != clip_id and twin in by_id and twin not in taken
        if mutual and by_id[twin].clip.meta.get("twin") == clip_id:
            taken.add(twin)
            out.append((one, by_id[twin]))
        else:
            out.append((one,))
    return out


def _video_problems(
    root: Path,
    films: Sequence[tuple[PlacedClip, ...]],
    redraw: bool,
    workers: int,
    progress: Callable[[int, int], None] | None,
    total: int,
) -> list[str]:
    """What is wrong with the videos, in the order of the films."""
    jobs = [
        tuple(range(start, min(start + _CLIPS_A_JOB, len(films))))
        for start in range(0, len(films), _CLIPS_A_JOB)
    ]
    done, found = 0, dict[int, list[str]]()
    for result in as_finished(partial(_job, root, films, redraw), jobs, workers):
        found |= result
        done += sum(len(films[number]) for number in result)
        if progress:
            progress(done, total)
    return [problem for number in range(len(films)) for problem in found[number]]


def _job(
    root: Path, films: Sequence[tuple[PlacedClip, ...]], redraw: bool, numbers: Sequence[int]
) -> dict[int, list[str]]:
    return {number: film_problems(root, films[number], redraw=redraw) for number in numbers}
