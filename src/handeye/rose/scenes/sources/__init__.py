"""The visual sources of ROSE scenes.

    source = sources.get("glyph")
    pair = source.pair(seed=7, index=0)
    art = source.draw(pair, cell_size=48)

The user's own art replaces the bundled art of the sources it is for: ``fonts`` those of glyph,
``sprites`` those of both pixel sources; ``emoji`` sets are shown in every emoji pair (in
emoji-style beside each other or a bundled set). Constants of the release per source (subset names,
id prefixes, seeds) are in :mod:`handeye.rose.v01`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from handeye.errors import OptionError, allowed
from handeye.rose.scenes.sources.base import Art, Band, Pair, Source, Tile
from handeye.rose.v01 import SOURCE_NAMES

NAMES = SOURCE_NAMES
"""The five sources, in the order of the paper's tables."""

__all__ = ["NAMES", "Art", "Band", "Pair", "Source", "Tile", "get"]


def get(
    name: str,
    *,
    fonts: Sequence[str | Path] | None = None,
    emoji: Mapping[str, str | Path] | None = None,
    sprites: str | Path | None = None,
) -> Source:
    """A visual source by name.

    Args:
        name: one of :data:`NAMES`.
        fonts: font files (``FILE.ttc#2`` for a face of a collection) or folders of them.
        emoji: folders of SVG or PNG files named by code points, by a name for the set.
        sprites: a folder of PNG files, all of which are sprites.

    Raises:
        OptionError: an unknown source.
        AssetError: the user's art cannot be read or lacks what the source needs.
    """
    # Drawing libraries are loaded here, not with the package: `handeye --help` stays quick.
    if name == "glyph":
        from handeye.rose.scenes.sources.glyph import GlyphSource
        from handeye.rose.scenes.sources.typeface import user_faces

        return GlyphSource(user_faces(fonts) if fonts else None)
    if name in ("emoji-style", "emoji-content"):
        from handeye.rose.scenes.sources.drawings import from_folders
        from handeye.rose.scenes.sources.emoji import EmojiContentSource, EmojiStyleSource

        own = from_folders(emoji) if emoji else None
        return EmojiStyleSource(own) if name == "emoji-style" else EmojiContentSource(own)
    if name in ("pixel-edit", "pixel-content"):
        from handeye.rose.scenes.sources.pixel import PixelContentSource, PixelEditSource
        from handeye.rose.scenes.sources.user_sprites import load_sprites

        figures = load_sprites(Path(sprites)) if sprites else None
        return PixelEditSource(figures) if name == "pixel-edit" else PixelContentSource(figures)
    raise OptionError(f"source {name!r} is unknown{allowed(name, NAMES)}")
