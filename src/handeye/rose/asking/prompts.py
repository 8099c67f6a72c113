"""What is sent for one item: the picture's exact bytes and the texts around it, in order.

Knows items and pictures, nothing of providers. Two orders:

    image_first   picture, then the general text and the question as one text. The items of a
                  scene share a prefix (the picture), which prompt caches reuse. The default.
    authors       general text, picture, question: the order of the authors' own runner.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, ClassVar, Literal, Self, get_args

from handeye.errors import DataError, OptionError
from handeye.rose.items import Item, ItemSet
from handeye.run.answers import Answer
from handeye.run.questions import Media, Opening, Question, Turn

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


def default_templates(data: str) -> str | None:
    """What a set is asked where nobody says: T1 to T5; a metadata file as it is."""
    return None if Path(data).is_file() else "main"


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
class Asking:
    """How a set is asked: every item in a conversation of its own, about one picture."""

    order: Order = "image_first"
    scenes_held: ClassVar[int | None] = None

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"order": self.order}

    def fitted(self, model: str) -> Self:
        """Every model can take it as it is."""
        return self

    def questions(self, items: ItemSet) -> Iterator[Question]:
        """One question an item.

        Raises:
            DataError: a picture is missing or none, or a row lacks the prompts that are asked for.
        """
        pictures: dict[Path, Media] = {}
        for item in items:
            path = items.image_path(item)
            if path not in pictures:
                pictures[path] = Media(path, "image", Picture.read(path).sha256)
            picture, parts = pictures[path], prompt_parts(item, self.order)
            asked = sum(len(part) for part in parts if part)
            yield Question(
                item.item_id,
                item.scene_id,
                {"image": picture.sha256, "parts": list(parts)},
                (picture,),
                partial(_opening, item, parts, picture),
                likely=(Turn(asked, len(item.ground_truth_formal_answer)),),
            )

    def follow_up(self, asked: Question, answer: Answer) -> None:
        """Nothing is asked after an answer."""


def _opening(item: Item, parts: Sequence[str | None], picture: Media) -> Opening:
    """The whole conversation about an item.

    Raises:
        DataError: the picture is not the one that the row was written for; the gold is of another.
    """
    from inspect_ai.model import ChatMessageUser, Content, ContentImage, ContentText

    expected = item.image_sha256 or picture.sha256
    if expected != picture.sha256:
        raise DataError(
            f"{picture.path}: SHA-256 is {picture.sha256[:16]}..., the metadata of item "
            f"{item.item_id} says {expected[:16]}...; the picture was changed"
        )
    url = _data_url(picture.path, picture.sha256)
    content: list[Content] = [
        ContentImage(image=url) if part is None else ContentText(text=part) for part in parts
    ]
    return Opening([ChatMessageUser(content=content)])


# The items of a scene go out together: each picture is read and encoded once for all of them.
@lru_cache(maxsize=32)
def _data_url(path: Path, sha256: str) -> str:
    picture = Picture.read(path)
    if picture.sha256 != sha256:
        raise DataError(f"{path}: the picture was changed while the run was under way")
    return picture.data_url()
