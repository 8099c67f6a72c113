"""Checks of the videos of a set: there, unchanged, as their rows say, mirrored twins, solvable.

Every video is decoded once. Frames are compared as coarse mosaics, in which what an encoder does to
pixels cancels out. A clip is solved if the solver says, from frames alone, the actions of its row.
The solver is a statistical one and misses some; so where its answer, levels and all, is not the
row's, the film is drawn again from the row's seed. Only if the video shows another film, or the
film calls for other actions, it is the row that is wrong.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from handeye.errors import OptionError
from handeye.hashing import file_sha256, is_regular
from handeye.media.display import Display
from handeye.media.timeline import FrameError, opened
from handeye.sets.checks import Verified
from handeye.visualact.own_sets import PlacedClip
from handeye.visualact.records import Action, Clip, PredictedAction
from handeye.visualact.scenes.encoding import Drawn
from handeye.visualact.scenes.generation import drawn_again
from handeye.visualact.scenes.solver.model import solve

SOLVED = "solved from their frames"
"""What the count of clips is called whose actions the solver says, all and no others."""
SHOWN = 8
"""Frames that the solver is shown of a clip, as many as a model by default."""
COMPARED = 4
"""Frames that are drawn again of a clip that the solver does not solve."""
TILE = 16
"""Side of a tile in pixels; those at the right and below may be smaller."""
ENCODER_TOLERANCE = 16
"""Largest difference (0..255) of tiles of one film encoded or drawn twice; it stays below 8."""
_ROUNDING = 0.001
_NO_FILM = (OptionError, ValueError, TypeError, AttributeError, ArithmeticError)
"""What comes of drawing a film from a row whose numbers are none, or out of all bounds."""
Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class CoarseFilm:
    """All frames of a video, coarse.

    Attributes:
        frames: (rows, columns, 3) mean colours of the tiles, 0..255, in order of time.
        width: of the video, in pixels.
        height: as width.
        fps: frames a second, on average; 0 where the file does not tell.
        pictures: those of the frames that were asked for whole, in order of time.
    """

    frames: tuple[Pixels, ...]
    width: int
    height: int
    fps: float
    pictures: tuple[Image.Image, ...] = ()

    def differs(self, other: CoarseFilm, *, backward: bool = False) -> int:
        """Largest difference of two tiles at the same place and time, 0..255.

        Args:
            other: with as many frames of the same size.
            backward: compare with the other film running from its end to its beginning.

        Raises:
            ValueError: another number or size of frames.
        """
        frames = other.frames[::-1] if backward else other.frames
        return max(_difference(a, b) for a, b in zip(self.frames, frames, strict=True))


def read_coarsely(path: Path, whole: Collection[int] = ()) -> CoarseFilm:
    """Decode all of a video.

    Args:
        path: of the file.
        whole: numbers of the frames, from 0, that are kept as pictures, too.

    Raises:
        FrameError: the file cannot be read or decoded.
    """
    frames: list[Pixels] = []
    pictures: list[Image.Image] = []
    with opened(path) as track:
        display = Display(track)
        for number, frame in enumerate(track.frames()):
            rgb = display.shown(frame)
            frames.append(mosaic(rgb))
            if number in whole:
                pictures.append(Image.fromarray(rgb))
        rate = float(track.stream.average_rate or 0)
        return CoarseFilm(tuple(frames), *display.size, rate, tuple(pictures))


def mosaic(rgb: Pixels) -> Pixels:
    """Mean colours (rows, columns, 3) of the tiles of a (height, width, 3) picture."""
    return np.asarray(Image.fromarray(rgb).reduce(TILE), dtype=np.uint8)


def _difference(first: Pixels, second: Pixels) -> int:
    return int(np.abs(first.astype(np.int16) - second.astype(np.int16)).max())


def check_film(placed: Sequence[PlacedClip], *, root: Path, ours: bool, redraw: bool) -> Verified:
    """Check the videos of one clip, or of two twins.

    Args:
        placed: the clips.
        root: folder of the set.
        ours: whether this version of the generator made them, so that they can be solved.
        redraw: draw films again even where the solver says the actions of the row.
    """
    found: list[str] = []
    films: list[CoarseFilm] = []
    solved = 0
    for one in placed:
        clip, before = one.clip, f"{one.where}: clip {one.clip.clip_id}"
        path = root / clip.video
        if not is_regular(path):
            found.append(f"{before}: {clip.video} is missing")
            continue
        if clip.video_sha256 and file_sha256(path) != clip.video_sha256:
            found.append(
                f"{before}: {clip.video} was changed since the set was made (SHA-256 differs)"
            )
        try:
            film = read_coarsely(path, _spread(clip.meta.get("frames"), SHOWN) if ours else ())
        except FrameError as error:
            found.append(f"{before}: {error}")
            continue
        films.append(film)
        wrong = list(_row_problems(clip, film))
        known = bool(film.pictures) and not wrong and "kind" in clip.meta
        said = solve(film.pictures) if known else ()
        solved += known and _says(said, clip.actions, levels=False)
        if redraw or (known and not _says(said, clip.actions, levels=True)):
            wrong += _drawing_problems(clip, film, whole=redraw)
        found += [f"{before}: {what}" for what in wrong]
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
    return Verified({SOLVED: solved} if ours else {}, tuple(found))


def _spread(frames: Any, parts: int) -> list[int]:
    """Numbers of the frames in the middle of equal parts of a clip, each once."""
    if not isinstance(frames, int):
        return []
    return sorted({(2 * part + 1) * frames // (2 * parts) for part in range(parts)})


def _says(said: Sequence[PredictedAction], gold: Sequence[Action], *, levels: bool) -> bool:
    """Whether these are the actions of a row in any of its wordings, with or without levels."""
    return len(said) == len(gold) and all(
        any(
            one.text in (action.text, *action.phrasings) and (one.apl == action.apl or not levels)
            for one in said
        )
        for action in gold
    )


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
    if off > ENCODER_TOLERANCE:
        yield (
            f"its twin {twin.clip_id} is not this clip backwards: frames differ by {off} of "
            f"255 somewhere, more than {ENCODER_TOLERANCE}"
        )


def _drawing_problems(clip: Clip, film: CoarseFilm, *, whole: bool) -> Iterator[str]:
    """A generated clip whose film, drawn again, is another one.

    Args:
        clip: the clip.
        film: what its video shows.
        whole: draw every frame, and compare with the hash in the row, too.
    """
    numbers = range(len(film.frames)) if whole else _spread(len(film.frames), COMPARED)
    try:
        again = drawn_again(clip, None if whole else numbers)
    except _NO_FILM as error:
        yield f"cannot be drawn again from what its row says: {error}"
        return
    if again is None:
        return
    drawn, actions = again
    if whole and drawn.sha256() != clip.meta.get("frames_sha256"):
        yield "drawn again from its seed, its frames are others"
    elif not _shows([film.frames[number] for number in numbers], drawn):
        yield f"its video does not show the film of its row ({clip.meta['kind']})"
    if actions != clip.actions:
        yield "drawn again from its seed, it calls for other actions"


def _shows(frames: Sequence[Pixels], drawn: Drawn) -> bool:
    """Whether coarse frames are those of a film, as far as an encoder keeps them."""
    again = [mosaic(frame) for frame in drawn.frames]
    return [f.shape for f in frames] == [f.shape for f in again] and all(
        _difference(one, other) <= ENCODER_TOLERANCE
        for one, other in zip(frames, again, strict=True)
    )
