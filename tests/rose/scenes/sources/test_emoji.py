"""Emoji pairs: providers, names, sets of the user."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from handeye import assets
from handeye.errors import AssetError, OptionError
from handeye.rose.scenes import sources
from handeye.rose.scenes.sources import drawings
from handeye.rose.scenes.sources.chinese_labels import GROUPS, SUBGROUPS
from handeye.rose.scenes.sources.colour_score import colour_score, histogram
from handeye.rose.scenes.sources.drawings import plain, text_of

BODY = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}">{body}</svg>'


def write_set(folder: Path, provider: str, keys: list[str]) -> Path:
    """Some drawings of a bundled set as files."""
    folder.mkdir()
    bundled = assets.emoji(provider)
    for key in keys:
        text = BODY.format(side=bundled.size, body=bundled.icons[key])
        (folder / f"{key}.svg").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def style_keys() -> list[str]:
    return [row["key"] for row in assets.table("emoji-style")[:24]]


def test_style_pairs_show_one_emoji_by_two_providers() -> None:
    source = sources.get("emoji-style")
    seen = set()
    for index in range(120):
        f = source.pair(1, index).fields
        assert f["background_emoji"] == f["target_emoji"] == f["emoji_char"]
        assert f["unicode_key"] == "-".join(f"{ord(c):x}" for c in f["emoji_char"])
        seen.add((f["majority_style"], f["target_style"]))
        assert f["background_path"] == f"{f['majority_style']}/{f['unicode_key']}.svg"
        assert "\\" not in f["target_path"]
    styles = ("noto_svg", "twemoji_svg", "fluent_svg")
    assert seen == {(a, b) for a in styles for b in styles if a != b}


def test_content_pairs_are_of_one_group_and_scored_on_the_official_scale() -> None:
    source = sources.get("emoji-content")
    names = assets.emoji_names()
    for index in range(120):
        f = source.pair(1, index).fields
        a, b = (names[plain(f[key])] for key in ("background_unicode", "target_unicode"))
        assert a.subgroup == b.subgroup
        assert f["h3_title"] == SUBGROUPS[a.subgroup]
        assert (f["background_name_en"], f["target_name_zh"]) == (a.english, b.chinese)
        assert 0.92 <= f["similarity"] <= 1.0
        assert f["pair_key"] == f"{f['background_unicode']}__{f['target_unicode']}"


def test_every_group_and_subgroup_has_a_chinese_name() -> None:
    for name in assets.emoji_names().values():
        assert GROUPS[name.group]
        assert SUBGROUPS[name.subgroup]


def test_official_rows_say_which_sets_were_drawn() -> None:
    row = {"unicode_key": "1f9eb", "emoji_char": "🧫", "target_style": "pngfile"}
    pair = sources.get("emoji-style").official_pair(row)
    assert pair.fields["majority_style"] == "twemoji_svg"
    assert pair.fields["target_style"] == "noto_svg"
    assert pair.fields["target_path"] == "noto_svg/1f9eb.svg"
    assert set(pair.attribution) == {"twemoji", "noto-emoji", "emojibase"}


@pytest.mark.parametrize("name", ["emoji-style", "emoji-content"])
def test_an_emoji_no_set_has_is_named(name: str) -> None:
    row = {
        "unicode_key": "1f1e6",
        "background_unicode": "1f1e6",
        "target_unicode": "1f9eb",
        "pair_key": "1f1e6__1f9eb",
    }
    with pytest.raises(AssetError, match=r"1f1e6.*--emoji"):
        sources.get(name).official_pair(row)


def test_drawings_keep_a_margin_and_fill_the_rest() -> None:
    twemoji = drawings.bundled()["twemoji"]
    tile = drawings.tile(twemoji, "2b1b", 64)  # a black square
    ink = np.argwhere((tile < 255).any(axis=-1))
    assert ink.min() >= 64 // 16
    assert ink.max() < 64 - 64 // 16
    assert ink.max() - ink.min() > 50


def test_compositing_rounds_to_nearest() -> None:
    from handeye.rose.scenes.sources.raster import on_white

    pixel = np.array([[[10, 200, 0, 128]]], np.uint8)
    exact = [(c * 128 + 255 * 127) / 255 for c in (10, 200, 0)]
    assert on_white(pixel)[0, 0].tolist() == [round(value) for value in exact]


def test_a_users_set_is_shown_in_every_style_pair(tmp_path: Path, style_keys: list[str]) -> None:
    folder = write_set(tmp_path / "mine", "fluent", style_keys)
    source = sources.get("emoji-style", emoji={"mine": folder})
    for index in range(30):
        pair = source.pair(1, index)
        styles = {pair.fields["majority_style"], pair.fields["target_style"]}
        assert "mine_svg" in styles
        assert plain(pair.fields["unicode_key"]) in style_keys
        # The same drawings as Fluent's: never paired with Fluent, nor credited for being theirs.
        assert styles != {"mine_svg", "fluent_svg"}
        assert "fluent-emoji" not in pair.attribution


def test_a_users_set_replaces_twemoji_in_content_pairs(tmp_path: Path) -> None:
    rows = assets.table("emoji-content")[:20]
    keys = sorted({row[end] for row in rows for end in ("a", "b")})
    folder = write_set(tmp_path / "mine", "twemoji", keys)
    own = sources.get("emoji-content", emoji={"mine": folder})
    table = {frozenset((r["a"], r["b"])): r for r in assets.table("emoji-content")}
    for index in range(len(rows)):
        pair = own.pair(1, index)
        f = pair.fields
        row = table[frozenset(plain(f[k]) for k in ("background_unicode", "target_unicode"))]
        assert f["background_path"].startswith("mine_svg/")
        assert pair.similarity == pytest.approx(float(row["similarity"]), abs=5e-3)
        assert f["similarity"] == pytest.approx(float(row["score"]), abs=5e-3)


def test_png_sets_are_read_and_fitted(tmp_path: Path) -> None:
    for number, color in enumerate(("red", "blue")):
        folder = tmp_path / color
        folder.mkdir()
        Image.new("RGBA", (100, 60 + 20 * number), color).save(folder / "emoji_u1f9eb.png")
    source = sources.get("emoji-style", emoji={c: tmp_path / c for c in ("red", "blue")})
    pair = source.pair(1, 0)
    art = source.draw(pair, 48)
    assert "1f9eb" in pair.key
    assert not np.array_equal(art.majority, art.target)
    assert any(style.endswith("_png") for style in (pair.fields["majority_style"],))


def test_a_folder_without_emoji_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="holds no SVG or PNG"):
        sources.get("emoji-style", emoji={"mine": tmp_path})
    with pytest.raises(AssetError, match="not a folder"):
        sources.get("emoji-style", emoji={"mine": tmp_path / "absent"})
    (tmp_path / "1f9eb.svg").write_text("<svg", encoding="utf-8")
    with pytest.raises(AssetError, match=r"1f9eb\.svg"):
        sources.get("emoji-style", emoji={"mine": tmp_path}).pair(1, 0)


def test_hostile_drawings_are_refused_at_once(tmp_path: Path) -> None:
    mine = sources.get("emoji-style", emoji={"mine": _folder(tmp_path / "picture", SVG_PICTURE)})
    with pytest.raises(AssetError, match="a picture lies in the SVG"):
        mine.pair(1, 0)
    pipe = _folder(tmp_path / "pipe", "") / "1f9eb.svg"
    pipe.unlink()
    os.mkfifo(pipe)
    with pytest.raises(AssetError, match="no regular file"):
        sources.get("emoji-style", emoji={"mine": pipe.parent}).pair(1, 0)


SVG_PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg"><image href="data:image/png;base64,AA"/></svg>'
)


def _folder(path: Path, text: str) -> Path:
    path.mkdir()
    (path / "1f9eb.svg").write_text(text, encoding="utf-8")
    return path


def test_a_set_with_no_pair_of_the_table_is_refused(tmp_path: Path) -> None:
    folder = write_set(tmp_path / "mine", "twemoji", [assets.table("emoji-content")[0]["a"]])
    with pytest.raises(OptionError, match="no two different pictures"):
        sources.get("emoji-content", emoji={"mine": folder}).pair(1, 0)


def test_colour_scores_order_pictures_by_their_colours() -> None:
    red, pink, blue = (np.full((8, 8, 3), c, np.uint8) for c in ((255, 0, 0),) * 2 + ((0, 0, 255),))
    pink[:2] = (0, 0, 255)
    scores = [colour_score(histogram(red), histogram(other)) for other in (red, pink, blue)]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] == 1.0
    assert scores[2] < 0.92


def test_keys_ignore_variation_selectors() -> None:
    assert plain("2764-FE0F-200d-1f525") == "2764-200d-1f525"
    assert plain("0032-FE0F-20E3") == "32-20e3"
    assert text_of("1f9eb") == "🧫"
