"""Reads the bundled art. Every reader is a pure look-up: the same name gives the same bytes.

What lies here was made by the scripts in ``tools/assets`` and is described in ``NOTICE``:

    fonts/*.otf, *.ttf     subsets of open CJK faces
    emoji/<provider>.json.xz   {"size": n, "icons": {"1f9eb": "<svg body>", ...}}
    emoji/names.json.xz    {"1f9eb": [text, english, chinese, group, subgroup], ...}
    letters.json.xz        {"units": n, "faces": {"regular": {"A": [advance, outline], ...}, ...}}
    avatars.json           parts and colours of DiceBear's "Pixel Art"
    pairs/*.tsv            look-alikes with their similarities
    words/*.wav            spoken words, 16 kHz, 16 bits, one channel
    words/words.tsv        their phonemes, numbers of samples and SHA-256 of the samples
"""

from __future__ import annotations

import io
import json
import lzma
import wave
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

from handeye.errors import AssetError

PROVIDERS = ("noto", "twemoji", "fluent")
"""Emoji sets in the wheel."""


class EmojiName(NamedTuple):
    """An emoji's characters, what it is called and where Unicode's emoji list files it."""

    text: str
    english: str
    chinese: str
    group: str
    subgroup: str


class EmojiSet(NamedTuple):
    """SVG bodies by lower-case code points joined by "-", on a square of ``size`` units."""

    size: int
    icons: dict[str, str]


def _read(*parts: str) -> bytes:
    place = files("handeye.assets").joinpath(*parts)
    try:
        return place.read_bytes()
    except OSError:
        raise AssetError(f"bundled art {'/'.join(parts)} is missing; reinstall handeye") from None


def faces() -> tuple[str, ...]:
    """Names of the bundled font faces, sorted."""
    folder = files("handeye.assets").joinpath("fonts")
    names = (entry.name.rsplit(".", 1) for entry in folder.iterdir())
    return tuple(sorted(stem for stem, suffix in names if suffix in ("otf", "ttf")))


@lru_cache(maxsize=16)
def font_bytes(face: str) -> bytes:
    """The font file of a bundled face.

    Raises:
        AssetError: no such face; the message names those there are.
    """
    if face not in faces():
        raise AssetError(f"no bundled font {face!r}; there are {', '.join(faces())}")
    suffix = "ttf" if face.startswith("WenQuanYi") else "otf"
    return _read("fonts", f"{face}.{suffix}")


@lru_cache(maxsize=8)
def emoji(provider: str) -> EmojiSet:
    """All bundled drawings of one emoji provider.

    Raises:
        AssetError: unknown provider; the message names those there are.
    """
    if provider not in PROVIDERS:
        raise AssetError(f"no bundled emoji set {provider!r}; there are {', '.join(PROVIDERS)}")
    raw = json.loads(lzma.decompress(_read("emoji", f"{provider}.json.xz")))
    return EmojiSet(raw["size"], raw["icons"])


class Letters(NamedTuple):
    """A face as outlines: of every character its advance and its path, y downwards, in units."""

    units: int
    outlines: dict[str, tuple[int, str]]


@lru_cache(maxsize=4)
def letters(weight: str) -> Letters:
    """The outlines of the Latin letters of one weight: ``regular``, ``medium``, ``bold``.

    Raises:
        AssetError: no such weight; the message names those there are.
    """
    raw = json.loads(lzma.decompress(_read("letters.json.xz")))
    if weight not in raw["faces"]:
        raise AssetError(f"no letters of weight {weight!r}; there are {', '.join(raw['faces'])}")
    return Letters(
        raw["units"], {one: (wide, path) for one, (wide, path) in raw["faces"][weight].items()}
    )


@lru_cache(maxsize=1)
def emoji_names() -> dict[str, EmojiName]:
    """Names and groups by code points, for every emoji any provider or table here has."""
    raw = json.loads(lzma.decompress(_read("emoji", "names.json.xz")))
    return {key: EmojiName(*value) for key, value in raw.items()}


@lru_cache(maxsize=1)
def avatars() -> dict[str, Any]:
    """DiceBear "Pixel Art": ``base``, ``order``, ``parts``, ``colors``, ``chances`` (percent)."""
    parsed: dict[str, Any] = json.loads(_read("avatars.json"))
    return parsed


@lru_cache(maxsize=8)
def table(name: str) -> tuple[dict[str, str], ...]:
    """Rows of ``pairs/<name>.tsv`` (glyph, emoji-style, emoji-content), by column name."""
    return _rows("pairs", f"{name}.tsv")


@lru_cache(maxsize=1)
def spoken_words() -> dict[str, dict[str, str]]:
    """The words there are recordings of: ``phonemes``, ``samples``, ``sha256`` by word, sorted."""
    return {row["word"]: row for row in _rows("words", "words.tsv")}


@lru_cache(maxsize=128)
def recording(word: str) -> bytes:
    """The samples of a spoken word: 16 kHz, one channel of 16 bits, little-endian.

    Raises:
        AssetError: there is no recording of it; the message names those there are.
    """
    if word not in spoken_words():
        raise AssetError(f"no recording of {word!r}; there are {', '.join(spoken_words())}")
    with wave.open(io.BytesIO(_read("words", f"{word}.wav"))) as file:
        return bytes(file.readframes(file.getnframes()))


def _rows(*parts: str) -> tuple[dict[str, str], ...]:
    lines = _read(*parts).decode().splitlines()
    head = lines[0].split("\t")
    return tuple(dict(zip(head, line.split("\t"), strict=True)) for line in lines[1:])
