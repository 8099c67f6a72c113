"""Finding the item that a request is about, from what the request holds: picture and text.

The simulated respondent is asked through the same channel as any model and is not told an item id.
"""

from __future__ import annotations

import hashlib

from handeye.errors import DataError, RunError
from handeye.media.view import read_picture, read_view
from handeye.rose.items import Item, ItemSet


class ItemFinder:
    """Items of a set by prompt text and picture."""

    def __init__(self, items: ItemSet) -> None:
        self._set = items
        self._by_text: dict[str, list[Item]] = {}
        self._hashes: dict[str, str | None] = {}
        self._views: dict[str, str | None] = {}
        for item in items:
            texts = {_plain(item.prompt), _plain(f"{item.prompt_global} {item.prompt_local}")}
            for text in texts - {""}:
                self._by_text.setdefault(text, []).append(item)

    def find(self, image: bytes, text: str) -> Item:
        """The item with this prompt and this picture.

        White space in the prompt is of no account, so that both orders of asking are found. A
        picture that is not the set's is accepted when only one item has the prompt.

        Raises:
            RunError: no item fits, or several do.
        """
        with_text = self._by_text.get(_plain(text), [])
        sha256 = hashlib.sha256(image).hexdigest()
        fits = [item for item in with_text if self._hash(item) == sha256]
        # Of a picture that is not raw a PNG of the view is sent.
        fits = fits or [item for item in with_text if self._view_hash(item) == sha256]
        if not fits and len(with_text) == 1:
            fits = with_text
        if len(fits) == 1:
            return fits[0]
        what = f"{len(fits)} items fit" if fits else "no item fits"
        raise RunError(
            f"handeye/simulated: {what} the picture {sha256[:12]} and the prompt "
            f"{_plain(text)[-120:]!r} in {self._set.root}; give the set that is asked about as the "
            "model argument 'data'"
        )

    def _hash(self, item: Item) -> str | None:
        """SHA-256 of the item's picture: the row's own, else of the file, None without either."""
        if item.image_sha256:
            return item.image_sha256
        if item.image not in self._hashes:
            try:
                data = read_picture(self._set.image_path(item))
            except DataError:
                self._hashes[item.image] = None
            else:
                self._hashes[item.image] = hashlib.sha256(data).hexdigest()
        return self._hashes[item.image]

    def _view_hash(self, item: Item) -> str | None:
        """SHA-256 of what is sent of the item's picture, None where that is its file or nothing."""
        if item.image not in self._views:
            try:
                view = read_view(self._set.image_path(item), item.most_pixels)
                sent = view.sent()[0] if view.changes else None
            except DataError:
                sent = None
            self._views[item.image] = None if sent is None else hashlib.sha256(sent).hexdigest()
        return self._views[item.image]


def _plain(text: str) -> str:
    return " ".join(text.split())
