"""Bundled art, who made it and under which licence."""

from handeye.assets.credits import SETS, AssetSet, attribution, license_text, license_texts, notice
from handeye.assets.store import (
    PROVIDERS,
    EmojiName,
    EmojiSet,
    Letters,
    avatars,
    emoji,
    emoji_names,
    faces,
    font_bytes,
    letters,
    recording,
    spoken_words,
    table,
)

__all__ = [
    "PROVIDERS",
    "SETS",
    "AssetSet",
    "EmojiName",
    "EmojiSet",
    "Letters",
    "attribution",
    "avatars",
    "emoji",
    "emoji_names",
    "faces",
    "font_bytes",
    "letters",
    "license_text",
    "license_texts",
    "notice",
    "recording",
    "spoken_words",
    "table",
]
