"""Read the unpacked npm packages into plain tables keyed by code points.

A key is the lower-case code points joined by "-", without variation selectors (fe0f), which the
sets do not write alike.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

PACKAGES = {
    "noto": "iconify-json-noto-1.2.9",
    "twemoji": "iconify-json-twemoji-1.2.5",
    "fluent": "iconify-json-fluent-emoji-flat-1.2.6",
}
# Components that the sets draw but leave out of their own list of characters.
UNLISTED = {
    "1f3fb": "light-skin-tone",
    "1f3fc": "medium-light-skin-tone",
    "1f3fd": "medium-skin-tone",
    "1f3fe": "medium-dark-skin-tone",
    "1f3ff": "dark-skin-tone",
    "1f9b0": "red-haired",
    "1f9b1": "curly-haired",
    "1f9b2": "bald",
    "1f9b3": "white-haired",
}
EMOJIBASE = "emojibase-data-17.0.0"


def plain(key: str) -> str:
    """A key in lower case, without variation selectors and leading zeros."""
    parts = (part.lstrip("0") for part in key.lower().split("-"))
    return "-".join(part for part in parts if part != "fe0f")


def _squared(icon: dict[str, Any], side: int, flip: bool) -> str:
    """An icon's body, moved to the middle of the set's square if its own box is not that square."""
    body: str = icon["body"]
    width, height = icon.get("width", side), icon.get("height", side)
    if flip:
        body = f'<g transform="translate({width} 0) scale(-1 1)">{body}</g>'
    if (width, height) != (side, side):
        scale = min(1.0, side / max(width, height))
        x, y = (side - width * scale) / 2, (side - height * scale) / 2
        body = f'<g transform="translate({x:g} {y:g}) scale({scale:g})">{body}</g>'
    return body


def load_set(work: Path, provider: str) -> tuple[int, dict[str, str]]:
    """Side of the square and bodies by key of one provider."""
    folder = work / PACKAGES[provider]
    data = json.loads((folder / "icons.json").read_text(encoding="utf-8"))
    listed = json.loads((folder / "chars.json").read_text(encoding="utf-8"))
    named = {plain(key): name for key, name in listed.items()}
    icons, aliases, side = data["icons"], data.get("aliases", {}), data["width"]
    bodies = {}
    for key, name in {**UNLISTED, **named}.items():
        flip = False
        while name in aliases:
            flip ^= bool(aliases[name].get("hFlip"))
            name = aliases[name]["parent"]
        if name in icons:
            bodies[key] = _squared(icons[name], side, flip)
    return side, bodies


def load_names(work: Path) -> dict[str, tuple[str, str, str, str, str]]:
    """``(emoji, english, chinese, group, subgroup)`` by key, skin-toned forms included."""

    def flat(language: str) -> dict[str, dict[str, Any]]:
        path = work / EMOJIBASE / language / "data.json"
        out = {}
        for entry in json.loads(path.read_text(encoding="utf-8")):
            for form in (entry, *entry.get("skins", [])):
                out[plain(form["hexcode"])] = {**entry, **form}
        return out

    messages = json.loads((work / EMOJIBASE / "en/messages.json").read_text(encoding="utf-8"))
    groups = {g["order"]: g["key"] for g in messages["groups"]}
    meta = json.loads((work / EMOJIBASE / "meta/groups.json").read_text(encoding="utf-8"))
    subgroups = {int(number): key for number, key in meta["subgroups"].items()}
    english, chinese = flat("en"), flat("zh")
    return {
        key: (
            entry["emoji"],
            entry["label"],
            chinese.get(key, entry)["label"],
            groups.get(entry.get("group", -1), "symbols"),
            subgroups.get(entry.get("subgroup", -1), "other-symbol"),
        )
        for key, entry in english.items()
    }
