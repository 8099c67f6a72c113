"""Checks of the videos of a set: there, unchanged, decodable, as their rows say, twins mirrored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from handeye.errors import OptionError
from handeye.hashing import file_sha256
from handeye.media.timeline import FrameError
from handeye.visualact.own_sets import PlacedClip
from handeye.visualact.records import Clip
from handeye.visualact.scenes.coarse_frames import CoarseFilm, read_coarsely
from handeye.visualact.scenes.generation import drawn_again

MIRROR_TOLERANCE = 16
"""Largest difference (0..255) of tiles between twins; the encoder alone stays below 8."""
_ROUNDING = 0.001


def film_problems(root: Path, placed: Sequence[PlacedClip], *, redraw: bool = False) -> list[str]:
    """What is wrong with the videos of one clip, or of two twins."""
    found: list[str] = []
    films: list[CoarseFilm] = []
    for one in placed:
        before = f"{one.where}: clip {one.clip.clip_id}"
        path = root / one.clip.video
        if not path.is_file():
            found.append(f"{before}: {one.clip.video} is missing")
            continue
        if one.clip.video_sha256 and file_sha256(path) != one.clip.video_sha256:
            found.append(
                f"{before}: {one.clip.video} was changed since the set was made (SHA-256 differs)"
            )
        try:
            film = read_coarsely(path)
        except FrameError as error:
            found.append(f"{before}: {error}")
            continue
        found += [f"{before}: {what}" for what in _row_problems(one.clip, film)]
        films.append(film)
        if redraw:
            found += [f"{before}: {what}" for what in _drawing_problems(one.clip)]
    if len(placed) == 2 and len(films) == 2:
        first, second = placed
        before = f"{first.where}: clip {first.clip.clip_id}"
        found += [f"{before}: {what}" for what in _twin_problems(second.clip, *films)]
    elif len(placed) == 1 and placed[0].clip.meta.get("twin"):
        twin = placed[0].clip.meta["twin"]
        found.append(
            f"{placed[0].where}: clip {placed[0].clip.clip_id}: its twin {twin} is not there or "
            "does not name it"
        )
    return found


def _row_problems(clip: Clip, film: CoarseFilm) -> Iterator[str]:
    """What the row of a clip says about its video and is not so."""
    if not film.frames:
        yield f"{clip.video} holds no frame"
    actual: dict[str, float] = {
        "frames": len(film.frames),
        "width": film.width,
        "height": film.height,
    }
    if film.fps:
        actual |= {"fps": film.fps, "seconds": len(film.frames) / film.fps}
    for name, value in actual.items():
        stated = clip.meta.get(name, value)
        if not _is_number(stated):
            yield f"{name} is {stated!r}, not a number"
        elif abs(stated - value) > _ROUNDING:
            yield f"{name} is {stated}, the video has {value:.6g}"
    if "evidence" in clip.meta:
        yield from _evidence_problems(clip.meta["evidence"], clip.meta.get("seconds"))


def _evidence_problems(evidence: Any, seconds: Any) -> Iterator[str]:
    if not isinstance(evidence, list) or len(evidence) != 2 or not all(map(_is_number, evidence)):
        yield f"evidence is {evidence!r}, not two numbers"
        return
    first, last = evidence
    end = seconds if _is_number(seconds) else last
    if not 0 <= first <= last <= end:
        yield f"evidence {first} to {last} s does not lie within the clip of {end} s"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _twin_problems(twin: Clip, first: CoarseFilm, second: CoarseFilm) -> Iterator[str]:
    """Twins that are not each other's mirror in time."""
    try:
        off = first.differs(second, backward=True)
    except ValueError:
        yield f"its twin {twin.clip_id} has another number or size of frames"
        return
    if off > MIRROR_TOLERANCE:
        yield (
            f"its twin {twin.clip_id} is not this clip backwards: frames differ by {off} of "
            f"255 somewhere, more than {MIRROR_TOLERANCE}"
        )


def _drawing_problems(clip: Clip) -> Iterator[str]:
    """A generated clip whose film, drawn again, is another one."""
    try:
        again = drawn_again(clip)
    except (OptionError, ValueError, TypeError) as error:
        yield f"cannot be drawn again from what its row says: {error}"
        return
    if again is None:
        return
    frames_sha256, actions = again
    if frames_sha256 != clip.meta.get("frames_sha256"):
        yield "drawn again from its seed, its frames are others"
    if actions != clip.actions:
        yield "drawn again from its seed, it calls for other actions"
