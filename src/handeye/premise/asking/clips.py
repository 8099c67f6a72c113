"""A clip as it is sent: its video, frames, picture or sound, as they are or blank; whose clip.

The questions about a clip go out together, so what is sent is made once for all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from handeye.errors import DataError
from handeye.media.frame_choice import FrameChoice
from handeye.media.frame_loader import FrameLoader
from handeye.media.frames import FrameError, ImageFormat, encode_frame, take_frames
from handeye.media.sent import data_url, png_of, refuse_changed
from handeye.media.sound import RATE, SoundError, encode_wav, read_sound
from handeye.media.view import read_view
from handeye.premise.asking import prompts
from handeye.premise.item_set import ItemSet
from handeye.premise.items import Item
from handeye.reading import read_bytes
from handeye.run.questions import Media, PictureLoad

if TYPE_CHECKING:
    from inspect_ai.model import Content

What = Literal["video", "frames", "picture", "sound"]
_KINDS: Mapping[What, Literal["image", "video", "audio"]] = {
    "video": "video",
    "frames": "video",
    "picture": "image",
    "sound": "audio",
}
_VIDEO_FORMATS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mpg": "mpeg", ".mpeg": "mpeg"}


class Piece(NamedTuple):
    """A part of a clip that is sent.

    Attributes:
        what: it is.
        path: of its file.
        sha256: of the file's bytes, hexadecimal.
        expected: the same as the row has it; empty where it does not say.
        blank: black pictures, or silence, of the same size and length are sent instead.
        frames: which, of a video that is sent as frames.
        image_format: of frames.
        channels: of a sound.
    """

    what: What
    path: Path
    sha256: str
    expected: str
    blank: bool
    frames: FrameChoice
    image_format: ImageFormat
    channels: int

    def medium(self) -> Media:
        """What an answer depends on."""
        as_it_lies = self.what == "picture" and not self.blank
        return Media(self.path, _KINDS[self.what], self.sha256, None if as_it_lies else self._loads)

    def _loads(self) -> list[PictureLoad]:
        """As it is sent, for the dry run; a whole video as frames that stand for it."""
        if self.what == "sound":
            data = _wav(self.path, self.channels, self.blank)
            return [PictureLoad(0, 0, len(data), _seconds(self.path))]
        if self.what == "picture":
            width, height = read_view(self.path).size
            return [PictureLoad(width, height, len(self._picture()))]
        shown = FrameLoader(self.frames, image_format=self.image_format).shown(self.path)
        sizes, heard = [len(picture) for picture in shown.pictures], 0.0
        if self.what == "video":
            sizes = [round(self.path.stat().st_size / len(sizes))] * len(sizes)
            heard = _seconds(self.path) / len(sizes)
        return [PictureLoad(shown.width, shown.height, size, heard) for size in sizes]

    def content(self) -> tuple[list[Content], dict[str, Any]]:
        """What goes before the question, and what is noted of it.

        Raises:
            DataError: the file cannot be used, or is not the one that the row was written for: the
                gold is of another.
        """
        from inspect_ai.model import ContentAudio, ContentImage, ContentText, ContentVideo

        refuse_changed(self.path, self.sha256, self.expected)
        if self.what == "video":
            url, kind = _video(self.path, self.sha256)
            return [ContentVideo(video=url, format=kind)], {}  # type: ignore[arg-type]
        if self.what == "sound":
            url = _sound(self.path, self.sha256, self.channels, self.blank)
            heard = ContentAudio(audio=url, format="wav")
            return [ContentText(text=prompts.SOUND_NOTE), heard], {}
        if self.what == "picture":
            url = data_url(self._picture(), "image/png")
            return [ContentText(text=prompts.PICTURE_NOTE), ContentImage(image=url)], {}
        shown = _frames(self.path, self.sha256, self.frames, self.image_format, self.blank)
        pictures = [ContentImage(image=url) for url in shown.urls]
        note = {"frames": len(pictures), "width": shown.width, "height": shown.height}
        return [ContentText(text=prompts.frames_note(len(pictures))), *pictures], note

    def _picture(self) -> bytes:
        return png_of(self.path, self.sha256, 0 if self.blank else None)


def swaps(items: ItemSet) -> dict[str, Item]:
    """For every clip one of another family, so that every premise about it is false.

    Families are gone through in the order of the set, from half of it on; the first one that has
    none of a family's kinds is shown in its place, clip for clip.

    Raises:
        DataError: a family for which there is none.
    """
    families: dict[str, dict[str, Item]] = {}
    kinds: dict[str, set[str]] = {}
    for item in items:
        families.setdefault(item.scene_id, {}).setdefault(item.clip_id, item)
        kinds.setdefault(item.scene_id, set()).update(_kinds_of(item))
    names = list(families)
    out: dict[str, Item] = {}
    for at, name in enumerate(names):
        order = [names[(at + len(names) // 2 + step) % len(names)] for step in range(len(names))]
        others = (one for one in order if one != name and not kinds[one] & kinds[name])
        if (other := next(others, None)) is None:
            raise DataError(
                f"{items.name}: no other family than {name} has none of its kinds "
                f"({', '.join(sorted(kinds[name])) or 'not known'}), and swapping clips needs one"
            )
        theirs = list(families[other].values())
        for number, clip in enumerate(families[name]):
            out[clip] = theirs[number % len(theirs)]
    return out


def _kinds_of(item: Item) -> set[str]:
    """The kinds of an item's premise, each with the sense that it is of."""
    senses = ("vision", "audio") if item.modality == "both" else (item.modality,)
    return {f"{s} {kind}" for s, kind in zip(senses, item.kind.split("+"), strict=False) if kind}


# ---- media as they are sent


class _Frames(NamedTuple):
    urls: tuple[str, ...]
    width: int
    height: int


@lru_cache(maxsize=8)
def _frames(
    path: Path, sha256: str, choice: FrameChoice, image_format: ImageFormat, blank: bool
) -> _Frames:
    shown = FrameLoader(choice, image_format=image_format).shown(path)
    pictures: Sequence[bytes] = shown.pictures
    if blank:
        black = np.zeros((shown.height, shown.width, 3), np.uint8)
        pictures = [encode_frame(black, image_format)] * len(pictures)
    urls = tuple(data_url(picture, shown.media_type) for picture in pictures)
    return _Frames(urls, shown.width, shown.height)


@lru_cache(maxsize=8)
def _video(path: Path, sha256: str) -> tuple[str, str]:
    """The file as it lies; a first frame is taken so that a broken one is told here."""
    kind = _VIDEO_FORMATS.get(path.suffix.lower())
    if kind is None:
        raise FrameError(
            f"{path}: {path.suffix or 'a file without an ending'} cannot be sent as a video; "
            f"allowed: {', '.join(_VIDEO_FORMATS)}. Show frames instead"
        )
    take_frames(path, FrameChoice(count=1))
    return data_url(read_bytes(path), f"video/{'quicktime' if kind == 'mov' else kind}"), kind


def _seconds(path: Path) -> float:
    """How long a sound lasts; 0 of a video without any."""
    with suppress(SoundError):
        return len(read_sound(path)) / RATE
    return 0.0


def _wav(path: Path, channels: int, blank: bool) -> bytes:
    samples = read_sound(path, channels=channels)
    return encode_wav(np.zeros_like(samples) if blank else samples)


@lru_cache(maxsize=8)
def _sound(path: Path, sha256: str, channels: int, blank: bool) -> str:
    return data_url(_wav(path, channels, blank), "audio/wav")
