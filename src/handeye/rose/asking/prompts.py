"""What is sent for one item: the picture as people see it and the texts around it, in order.

A picture whose decoded pixels are what people see is sent byte for byte, any other as a PNG of its
view (:mod:`handeye.media.view`). Knows items and pictures, nothing of providers. Two orders:

    image_first   picture, then the general text and the question as one text. The items of a
                  scene share a prefix (the picture), which prompt caches reuse. The default.
    authors       general text, picture, question: the order of the authors' own runner.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, ClassVar, Literal, Self, get_args

from handeye.errors import DataError, OptionError, allowed
from handeye.media.header import PictureError, media_type
from handeye.media.sent import data_url
from handeye.media.view import RULES, MissingPictureError, View, read_picture, view_of
from handeye.rose.items import Item, ItemSet
from handeye.run.answers import Answer
from handeye.run.questions import Media, Opening, PictureLoad, Question, Turn

Order = Literal["image_first", "authors"]


@dataclass(frozen=True, slots=True)
class Picture:
    """One image file of a set.

    Attributes:
        path: where it lies.
        data: its bytes.
        sha256: of its bytes, hexadecimal.
        media_type: by its first bytes.
        most: pixels that it may have (:attr:`handeye.rose.items.Item.most_pixels`).
    """

    path: Path
    data: bytes
    sha256: str
    media_type: str
    most: int | None = None

    @classmethod
    def read(cls, path: Path, most: int | None = None) -> Picture:
        """Read a picture; it is not looked into.

        Raises:
            DataError: the file is missing or no regular one, or neither PNG, JPEG, GIF nor WebP.
        """
        data = read_picture(path)
        kind = media_type(data)
        if kind is None:
            raise DataError(f"{path}: not a PNG, JPEG, GIF or WebP file")
        return cls(path, data, hashlib.sha256(data).hexdigest(), kind, most)

    def view(self) -> View:
        """How it is seen.

        Raises:
            PictureError: it is broken, or has more pixels than it may.
        """
        return view_of(self.data, str(self.path), self.most)

    def is_raw(self) -> bool:
        """Whether it is sent as it lies, if it can be sent at all."""
        try:
            return not self.view().changes
        except PictureError:
            return True

    def data_url(self) -> str:
        """The file's bytes, base64, as a ``data:`` URL."""
        return data_url(self.data, self.media_type)


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
    raise OptionError(f"order is {order!r}{allowed(order, get_args(Order))}")


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
    sends: ClassVar[frozenset[str]] = frozenset({"image"})

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"order": self.order}

    def fitted(self, model: str) -> Self:
        """Every model can take it as it is."""
        return self

    def questions(self, items: ItemSet) -> Iterator[Question]:
        """One question an item.

        Raises:
            DataError: a picture is missing, or a row lacks the prompts that are asked for.
        """
        pictures: dict[Path, Media] = {}
        for item in items:
            path = items.image_path(item)
            if path not in pictures:
                pictures[path] = _media(path, item.most_pixels)
            picture, parts = pictures[path], prompt_parts(item, self.order)
            rules = {} if picture.pictures is None else {"view": RULES}
            asked = sum(len(part) for part in parts if part)
            yield Question(
                item.item_id,
                item.scene_id,
                {"image": picture.sha256, **rules, "parts": list(parts)},
                (picture,),
                partial(_opening, item, parts, picture),
                likely=(Turn(asked, len(item.ground_truth_formal_answer)),),
            )

    def follow_up(self, asked: Question, answer: Answer) -> None:
        """Nothing is asked after an answer."""


def _media(path: Path, most: int | None) -> Media:
    """A picture as it lies; of one that cannot be read there are no bytes, and no hash of them.

    Raises:
        DataError: it is missing. Whatever else is wrong with it is told of the items that ask
            about it (:func:`_opening`).
    """
    try:
        found = Picture.read(path, most)
    except MissingPictureError as error:
        raise DataError(f"{error}; a run needs the images beside the metadata") from None
    except DataError:
        return Media(path, "image", "", partial(_load, path, most))
    made = None if found.is_raw() else partial(_load, path, most)
    return Media(path, "image", found.sha256, made)


def _opening(item: Item, parts: Sequence[str | None], picture: Media) -> Opening:
    """The whole conversation about an item.

    Raises:
        DataError: the picture cannot be read, is broken, larger than the row says, or not the one
            that the row was written for; the gold is of another.
    """
    from inspect_ai.model import ChatMessageUser, Content, ContentImage, ContentText

    expected = item.image_sha256 or picture.sha256
    if picture.sha256 and expected != picture.sha256:
        raise DataError(
            f"{picture.path}: SHA-256 is {picture.sha256[:16]}..., the metadata of item "
            f"{item.item_id} says {expected[:16]}...; the picture was changed"
        )
    proven = bool(item.image_sha256)
    url, note = _shown(picture.path, picture.sha256, item.most_pixels, proven)
    content: list[Content] = [
        ContentImage(image=url) if part is None else ContentText(text=part) for part in parts
    ]
    return Opening([ChatMessageUser(content=content)], note)


# The items of a scene go out together: each picture is read and encoded once for all of them.
@lru_cache(maxsize=32)
def _shown(
    path: Path, sha256: str, most: int | None, proven: bool
) -> tuple[str, Mapping[str, Any] | None]:
    """What is sent of a picture, and what is noted of it: nothing where it is the file."""
    picture = Picture.read(path, most)
    if picture.sha256 != sha256:
        raise DataError(f"{path}: the picture was changed while the run was under way")
    view = picture.view()
    data, kind = view.sent(proven)
    if not view.changes:
        return data_url(data, kind), None
    return data_url(data, kind), {
        "input": "view",
        "changes": list(view.changes),
        "width": view.size[0],
        "height": view.size[1],
        "image_sha256": sha256,
        "view_sha256": hashlib.sha256(data).hexdigest(),
    }


def _load(path: Path, most: int | None) -> list[PictureLoad]:
    """A picture that is sent as its view, for the dry run."""
    view = Picture.read(path, most).view()
    return [PictureLoad(*view.size, len(view.sent()[0]))]
