"""The frames of a clip as a strip, and where on the clip's time they and the evidence lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from markupsafe import Markup
from PIL import Image

from handeye.media.frame_choice import FrameChoice
from handeye.media.frames import Footage, Frame, take_frames
from handeye.media.timeline import FrameError
from handeye.pages.charts import svg
from handeye.pages.pictures import Album, Picture

MOST_STILLS = 16
SIDES = (320, 96)  # largest and least longer side of a still in pixels
_LINE_HEIGHT = 27.0


@dataclass(frozen=True, slots=True)
class Still:
    """One frame on the page; ``picture`` is None where it was left out."""

    picture: Picture | None
    width: int
    height: int
    words: str
    alt: str
    evidence: bool


@dataclass(frozen=True, slots=True)
class Strip:
    """The frames in order of time; ``note`` says what they are where they are not those shown."""

    stills: tuple[Still, ...] = ()
    time: Markup = field(default_factory=Markup)
    note: str = ""


def film_strip(
    key: str,
    video: Path,
    choice: FrameChoice,
    album: Album,
    *,
    span: tuple[float, float] | None = None,
    note: str = "",
) -> Strip:
    """Take frames of a clip, embed them, and draw where on its time they lie.

    Args:
        key: unique on the page.
        video: its file.
        choice: which frames.
        album: takes the pictures.
        span: seconds from and to which the evidence is seen, where that is known.
        note: what the frames are, where they are not those that were shown.
    """
    try:
        footage = take_frames(video, choice)
    except FrameError as error:
        return Strip(note=f"No frames: {str(error).removeprefix(f'{video}: ')}.")
    frames, more = _thinned(footage.frames)
    stills = tuple(_still(video, frame, span, album) for frame in frames)
    if any(not still.picture for still in stills):
        more += " Some pictures did not fit into the page's budget."
    line = Markup("").join(
        _time_line(f"{key}-time{narrow:d}", footage, frames, span, narrow)
        for narrow in (False, True)
    )
    return Strip(stills, line, f"{note}{more}".strip())


def _thinned(frames: Sequence[Frame]) -> tuple[Sequence[Frame], str]:
    if len(frames) <= MOST_STILLS:
        return frames, ""
    places = [round(k * (len(frames) - 1) / (MOST_STILLS - 1)) for k in range(MOST_STILLS)]
    return [frames[k] for k in places], f" {MOST_STILLS} of the {len(frames)} frames shown."


def _still(video: Path, frame: Frame, span: tuple[float, float] | None, album: Album) -> Still:
    picture = album.add_image((video, frame.index), Image.fromarray(frame.rgb))
    inside = span is not None and span[0] <= frame.seconds <= span[1]
    height, width = frame.rgb.shape[:2]
    words = f"{frame.seconds:.2f} s"
    alt = f"Frame at {frame.seconds:.2f} seconds{', within the evidence' if inside else ''}"
    return Still(picture, width, height, words, alt, inside)


def _time_line(
    key: str,
    footage: Footage,
    frames: Sequence[Frame],
    span: tuple[float, float] | None,
    narrow: bool,
) -> Markup:
    """The clip's time from left to right: a stroke a frame shown, a bar where the evidence is."""
    width = 360.0 if narrow else 860.0
    left, right, y = 6.0, width - 6.0, 9.0
    length = max(footage.duration, 1e-6)

    def place(seconds: float) -> float:
        return left + (right - left) * min(max(seconds / length, 0.0), 1.0)

    parts = [svg.line(left, y, right, y, "axis")]
    words = [f"Clip of {footage.duration:.1f} seconds, {len(frames)} frames shown"]
    if span is not None:
        ends = place(span[0]), place(span[1])
        wide = max(ends[1] - ends[0], 3.0)
        parts.append(
            svg.element(
                "rect", x=ends[0], y=y - 4, width=wide, height=8.0, rx=2.0, class_="evidence"
            )
        )
        inside = sum(span[0] <= frame.seconds <= span[1] for frame in frames)
        words.append(f"evidence from {span[0]:.1f} to {span[1]:.1f}, {inside} of the frames in it")
    parts += [svg.line(place(f.seconds), y - 6, place(f.seconds), y + 6, "shot") for f in frames]
    parts.append(svg.text(left, _LINE_HEIGHT, "0 s", "tick"))
    parts.append(svg.text(right, _LINE_HEIGHT, f"{footage.duration:.1f} s", "tick", "end"))
    class_ = "timeline " + ("narrow-only" if narrow else "wide-only")
    title = "Time line of the clip"
    told = "; ".join(words) + "."
    return svg.figure(key, width, _LINE_HEIGHT + 2, title, told, *parts, class_=class_)
