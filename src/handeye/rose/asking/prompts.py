"""What is sent for one item: the picture's exact bytes and the texts around it, in order.

Knows items and pictures, nothing of providers. Two orders:

    image_first   picture, then the general text and the question as one text. The items of a
                  scene share a prefix (the picture), which prompt caches reuse. The default.
    authors       general text, picture, question: the order of the authors' own runner.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from handeye.errors import DataError, OptionError
from handeye.rose.items import Item, ItemSet

Order = Literal["image_first", "authors"]
_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
)


@dataclass(frozen=True, slots=True)
class Picture:
    """One image file as it lies in the set: nothing is decoded, scaled or re-encoded."""

    path: Path
    data: bytes
    sha256: str
    media_type: str

    @classmethod
    def read(cls, path: Path) -> Picture:
        """Read a picture.

        Raises:
            DataError: the file is missing, or neither PNG, JPEG, GIF nor WebP.
        """
        try:
            data = path.read_bytes()
        except OSError as error:
            raise DataError(
                f"{path}: the picture cannot be read ({error.strerror}); a run needs the images "
                "beside the metadata"
            ) from None
        return cls(path, data, hashlib.sha256(data).hexdigest(), _media_type(data, path))

    def data_url(self) -> str:
        """The file's bytes, base64, as a ``data:`` URL."""
        return f"data:{self.media_type};base64,{base64.b64encode(self.data).decode('ascii')}"


def _media_type(data: bytes, path: Path) -> str:
    for signature, media_type in _SIGNATURES:
        if data.startswith(signature):
            return media_type
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    raise DataError(f"{path}: not a PNG, JPEG, GIF or WebP file")


def check_order(order: str) -> Order:
    """Return ``order`` if it is one.

    Raises:
        OptionError: it is not.
    """
    for known in get_args(Order):
        if order == known:
            return known  # type: ignore[no-any-return]
    raise OptionError(f"order is {order!r}; allowed: {', '.join(get_args(Order))}")


def prompt_parts(item: Item, order: Order) -> tuple[str | None, ...]:
    """The texts of an item in sending order, ``None`` where the picture goes.

    Raises:
        DataError: the row has no prompt, or (order ``authors``) not both parts of it.
    """
    if order == "authors":
        if not (item.prompt_global and item.prompt_local):
            raise DataError(
                f"item {item.item_id} lacks prompt_global or prompt_local, which the order "
                "'authors' needs; use the order 'image_first'"
            )
        return (item.prompt_global, None, item.prompt_local)
    whole = item.prompt or "\n".join(p for p in (item.prompt_global, item.prompt_local) if p)
    if not whole:
        raise DataError(f"item {item.item_id} has no prompt, prompt_global or prompt_local")
    return (None, whole)


@dataclass(frozen=True, slots=True)
class Question:
    """One item ready to be asked; ``picture`` indexes the pictures of its scene."""

    item: Item
    parts: tuple[str | None, ...]
    picture: int


@dataclass(frozen=True, slots=True)
class SceneRequest:
    """All questions about one scene and the pictures they share, each read once."""

    scene_id: str
    pictures: tuple[Picture, ...]
    questions: tuple[Question, ...]

    def picture_of(self, question: Question) -> Picture:
        """The picture that a question is about."""
        return self.pictures[question.picture]


def scene_request(
    scene_id: str, items: Sequence[Item], source: ItemSet, order: Order
) -> SceneRequest:
    """Read the pictures of a scene and lay out its questions.

    Raises:
        DataError: a picture is missing, damaged or not the one the metadata was written for.
    """
    pictures: list[Picture] = []
    places: dict[Path, int] = {}
    questions: list[Question] = []
    for item in items:
        path = source.image_path(item)
        if path not in places:
            places[path] = len(pictures)
            pictures.append(Picture.read(path))
        picture = pictures[places[path]]
        if item.image_sha256 and item.image_sha256 != picture.sha256:
            raise DataError(
                f"{path}: SHA-256 is {picture.sha256[:16]}..., the metadata of item "
                f"{item.item_id} says {item.image_sha256[:16]}...; the picture was changed"
            )
        questions.append(Question(item, prompt_parts(item, order), places[path]))
    return SceneRequest(scene_id, tuple(pictures), tuple(questions))
