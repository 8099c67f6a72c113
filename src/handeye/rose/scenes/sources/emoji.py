"""Sources ``emoji-style`` and ``emoji-content``.

emoji-style: the same emoji by two providers, either one the majority. emoji-content: two related
emoji of one provider (Twemoji, unless the user gives another set). The bundled tables
(``assets/pairs``) are ours and disjoint from the emoji and pairs of the official test set.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from functools import cached_property
from itertools import permutations
from typing import Any, NamedTuple

from handeye import assets
from handeye.errors import AssetError
from handeye.rose.scenes.sources.base import Art, Band, Pair, check_cell_size
from handeye.rose.scenes.sources.chinese_labels import GROUPS, SUBGROUPS
from handeye.rose.scenes.sources.colour_score import SIZE, colour_score, histogram
from handeye.rose.scenes.sources.drawings import (
    CREDITS,
    Provider,
    bundled,
    key_of,
    plain,
    text_of,
    tile,
)
from handeye.rose.scenes.sources.order import choose, within
from handeye.rose.scenes.sources.raster import on_white
from handeye.rose.scenes.sources.similarity import MEASURE_SIZE, similarity

CONTENT_PROVIDER = "twemoji"


class _Variant(NamedTuple):
    """``majority`` and ``target`` are ``(provider, key)``; ``score`` is the colour score."""

    majority: tuple[str, str]
    target: tuple[str, str]
    similarity: float
    score: float = 0.0


def _name(key: str) -> assets.EmojiName:
    known = assets.emoji_names().get(plain(key))
    if known is not None:
        return known
    text = text_of(plain(key))
    english = " + ".join(unicodedata.name(c, f"U+{ord(c):04X}").lower() for c in text)
    return assets.EmojiName(text, english, "", "", "")


def _official_form(key: str) -> tuple[str, str]:
    """``(text, unicode_key)`` as the release writes them: fe0f only in joined sequences."""
    text = _name(key).text
    if "\u200d" not in text:
        text = text.replace("\ufe0f", "")
    return text, key_of(text)


class _EmojiArt:
    """What both sources share: providers, measuring, drawing."""

    name = ""

    def __init__(self, own: Mapping[str, Provider] | None) -> None:
        self._own = own
        self._providers: dict[str, Provider] = {**bundled(), **(own or {})}
        self._bands: dict[Band | None, dict[str, list[_Variant]]] = {}

    @property
    def _entries(self) -> dict[str, list[_Variant]]:
        raise NotImplementedError

    def _choose(self, seed: int, index: int, band: Band | None) -> _Variant:
        if band not in self._bands:
            self._bands[band] = within(band, self._entries, self.name)
        return choose(seed, self.name, index, self._bands[band])

    def _measure(self, a: tuple[str, str], b: tuple[str, str]) -> float:
        first, second = (tile(self._providers[p], key, MEASURE_SIZE) for p, key in (a, b))
        return similarity(first, second)

    def _has(self, provider: str, key: str) -> bool:
        return self._providers[provider].has(key)

    def draw(self, pair: Pair, cell_size: int) -> Art:
        """Both drawings on white with a margin of a sixteenth of the cell."""
        check_cell_size(cell_size)
        (provider_a, key_a), (provider_b, key_b) = pair.recipe
        return Art(
            majority=tile(self._providers[provider_a], key_a, cell_size),
            target=tile(self._providers[provider_b], key_b, cell_size),
        )

    def _pair(self, key: str, v: _Variant, fields: dict[str, Any]) -> Pair:
        shown = dict.fromkeys((v.majority[0], v.target[0]))
        credit = [CREDITS[p] for p in shown if p in CREDITS and p not in (self._own or {})]
        names = ("emojibase",)
        return Pair(key, v.similarity, fields, (v.majority, v.target), (*credit, *names))

    def _style(self, provider: str) -> str:
        """The release's word for a provider: ``twemoji_svg``."""
        return f"{provider}_{self._providers[provider].suffix}"

    def _path(self, provider: str, key: str) -> str:
        return f"{self._style(provider)}/{key}.{self._providers[provider].suffix}"


class EmojiStyleSource(_EmojiArt):
    """The same emoji by two providers.

    Args:
        own: the user's sets by name. Every pair then shows at least one of them, beside another of
            them or a bundled set.
    """

    name = "emoji-style"

    @cached_property
    def _entries(self) -> dict[str, list[_Variant]]:
        if self._own is None:
            return {
                row["key"]: list(_both_ways(row["key"], row)) for row in assets.table("emoji-style")
            }
        entries: dict[str, list[_Variant]] = {}
        for a, b in permutations(self._providers, 2):
            # Own before bundled, own before own once: both directions come from one measurement.
            if a not in self._own or (b in self._own and a > b):
                continue
            for key in sorted(set(self._providers[a].keys()) & set(self._providers[b].keys())):
                score = self._measure((a, key), (b, key))
                if score < 1.0:
                    entries.setdefault(key, []).extend(
                        _Variant((m, key), (t, key), score) for m, t in ((a, b), (b, a))
                    )
        return entries

    def pair(self, seed: int, index: int, band: Band | None = None) -> Pair:
        """The pair of scene ``index`` (see :class:`~handeye.rose.scenes.sources.base.Source`)."""
        v = self._choose(seed, index, band)
        key = v.majority[1]
        text, official = _official_form(key)
        name = _name(key)
        fields = {
            "background_emoji": text,
            "target_emoji": text,
            "emoji_char": text,
            "unicode_key": official,
            **self._drawn(v, official),
            "h2_label": GROUPS.get(name.group, ""),
            "h3_title": SUBGROUPS.get(name.subgroup, ""),
            "emoji_name_zh": name.chinese,
        }
        return self._pair(f"{key}@{v.majority[0]}-{v.target[0]}", v, fields)

    def _drawn(self, v: _Variant, key: str) -> dict[str, str]:
        return {
            "majority_style": self._style(v.majority[0]),
            "target_style": self._style(v.target[0]),
            "background_path": self._path(v.majority[0], key),
            "target_path": self._path(v.target[0], key),
        }

    def official_pair(self, row: Mapping[str, Any]) -> Pair:
        """The authors' emoji: Twemoji the majority as theirs, another open set the target.

        The user's sets, if any, are tried as target first, then Noto, then Fluent.

        Raises:
            AssetError: Twemoji or every other set lacks the emoji.
        """
        key = row["unicode_key"]
        order = [*(self._own or {}), "noto", "fluent"]
        targets = [p for p in dict.fromkeys(order) if p != "twemoji" and self._has(p, key)]
        if not targets or not self._has("twemoji", key):
            raise AssetError(
                f"{text_of(key)} ({key}): two sets with this emoji are needed, there is "
                f"{', '.join(p for p in self._providers if self._has(p, key)) or 'none'}; "
                "give a folder that has it with --emoji"
            )
        ends = ("twemoji", plain(key)), (targets[0], plain(key))
        v = _Variant(*ends, self._measure(*ends))
        names = ("background_emoji", "target_emoji", "emoji_char", "unicode_key")
        labels = ("h2_label", "h3_title", "emoji_name_zh")
        fields = {name: row[name] for name in (*names, *labels) if name in row}
        return self._pair(f"{key}@twemoji-{targets[0]}", v, {**fields, **self._drawn(v, key)})


class EmojiContentSource(_EmojiArt):
    """Two related emoji of one provider.

    Args:
        own: the user's sets by name; the pairs of the bundled table that a set has are shown in it.
    """

    name = "emoji-content"

    @cached_property
    def _entries(self) -> dict[str, list[_Variant]]:
        table = assets.table("emoji-content")
        if self._own is None:
            return {
                f"{row['a']}__{row['b']}": list(
                    _both_orders(
                        CONTENT_PROVIDER,
                        (row["a"], row["b"]),
                        float(row["similarity"]),
                        float(row["score"]),
                    )
                )
                for row in table
            }
        entries: dict[str, list[_Variant]] = {}
        for provider in self._own:
            keys = set(self._providers[provider].keys())
            for row in table:
                a, b = row["a"], row["b"]
                if not {a, b} <= keys:
                    continue
                same = self._measure((provider, a), (provider, b))
                if same < 1.0:
                    score = self._colour_score(provider, a, b)
                    entries.setdefault(f"{a}__{b}", []).extend(
                        _both_orders(provider, (a, b), same, score)
                    )
        return entries

    def _colour_score(self, provider: str, a: str, b: str) -> float:
        """The release's ``similarity`` of two drawings of one provider."""
        art = self._providers[provider]
        first, second = (histogram(on_white(art.picture(key, SIZE))) for key in (a, b))
        return round(colour_score(first, second), 6)

    def pair(self, seed: int, index: int, band: Band | None = None) -> Pair:
        """The pair of scene ``index`` (see :class:`~handeye.rose.scenes.sources.base.Source`)."""
        v = self._choose(seed, index, band)
        provider = v.majority[0]
        (text_a, key_a), (text_b, key_b) = map(_official_form, (v.majority[1], v.target[1]))
        name_a, name_b = _name(v.majority[1]), _name(v.target[1])
        fields = {
            "background_emoji": text_a,
            "target_emoji": text_b,
            "background_unicode": key_a,
            "target_unicode": key_b,
            "h2_label": GROUPS.get(name_a.group, ""),
            "h3_title": SUBGROUPS.get(name_a.subgroup, ""),
            "background_name_zh": name_a.chinese,
            "target_name_zh": name_b.chinese,
            "background_name_en": name_a.english,
            "target_name_en": name_b.english,
            "similarity": v.score,
            "pair_key": f"{key_a}__{key_b}",
            "background_path": self._path(provider, key_a),
            "target_path": self._path(provider, key_b),
        }
        return self._pair(f"{key_a}__{key_b}@{provider}", v, fields)

    def official_pair(self, row: Mapping[str, Any]) -> Pair:
        """The authors' two emoji, both of the first set that has both (Twemoji as theirs).

        Raises:
            AssetError: no set has both emoji.
        """
        keys = row["background_unicode"], row["target_unicode"]
        order = [*(self._own or {}), CONTENT_PROVIDER]
        provider = next((p for p in order if all(self._has(p, key) for key in keys)), None)
        if provider is None:
            raise AssetError(
                f"{text_of(keys[0])} ({keys[0]}) and {text_of(keys[1])} ({keys[1]}): no set has "
                "both; give a folder that has them with --emoji"
            )
        ends = (provider, plain(keys[0])), (provider, plain(keys[1]))
        v = _Variant(*ends, self._measure(*ends))
        fields = {name: row[name] for name in CONTENT_FIELDS if name in row} | {
            "background_path": self._path(provider, keys[0]),
            "target_path": self._path(provider, keys[1]),
        }
        return self._pair(f"{row['pair_key']}@{provider}", v, fields)


CONTENT_FIELDS = (
    "background_emoji",
    "target_emoji",
    "background_unicode",
    "target_unicode",
    "h2_label",
    "h3_title",
    "background_name_zh",
    "target_name_zh",
    "background_name_en",
    "target_name_en",
    "similarity",
    "pair_key",
)


def _both_ways(key: str, row: Mapping[str, str]) -> Iterable[_Variant]:
    """Every provider pair of one style row, each direction."""
    for column, score in row.items():
        if column != "key":
            a, b = column.split("-")
            for majority, target in ((a, b), (b, a)):
                yield _Variant((majority, key), (target, key), float(score))


def _both_orders(
    provider: str, keys: tuple[str, str], same: float, score: float
) -> Iterable[_Variant]:
    for majority, target in (keys, keys[::-1]):
        yield _Variant((provider, majority), (provider, target), same, score)
