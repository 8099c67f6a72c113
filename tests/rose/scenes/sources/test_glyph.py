"""Glyph pairs: verified faces, official oddities, fonts of the user."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import ImageFont

from handeye import assets
from handeye.errors import AssetError
from handeye.rose.scenes import sources
from handeye.rose.scenes.sources.glyph import LEVELS, GlyphSource, level
from handeye.rose.scenes.sources.typeface import Typeface, font_size_for

BUNDLE = Path(assets.__file__).parent / "fonts"


@pytest.fixture(scope="module")
def glyphs() -> GlyphSource:
    return GlyphSource()


@pytest.fixture
def latin_font(tmp_path: Path) -> Path:
    """A font without a single Chinese character: the one that Pillow carries."""
    stream = ImageFont.load_default(20).path
    path = tmp_path / "Latin.ttf"
    path.write_bytes(stream.getvalue())
    return path


@pytest.mark.parametrize("face", assets.faces())
def test_every_pair_is_drawn_differently_in_its_faces(face: str) -> None:
    typeface = Typeface(face)
    rows = [row for row in assets.table("glyph") if row[face]]
    assert len(rows) > 900
    assert typeface.missing("".join(row["a"] + row["b"] for row in rows)) == ""
    for row in rows:
        a, b = (typeface.draw(char, 42, font_size_for(char, 42)) for char in (row["a"], row["b"]))
        assert not np.array_equal(a, b), row
        assert a.min() < 128 > b.min()


def test_fields_agree_with_each_other(glyphs: GlyphSource) -> None:
    for index in range(60):
        pair = glyphs.pair(1, index)
        f = pair.fields
        both = {f["background_char"], f["target_char"]}
        assert len(both) == 2
        assert both == set(f["source_pair"]) <= set(f["source_group"])
        assert f["pair_key"] == f["undirected_pair_key"] == "__".join(sorted(both))
        assert f["pair_direction"] == f"{f['background_char']}_majority_{f['target_char']}_target"
        assert f["similarity_level"] == level(pair.similarity)
        assert f["font_name"] in assets.faces()


def test_both_directions_and_all_faces_come_up(glyphs: GlyphSource) -> None:
    pairs = [glyphs.pair(1, i) for i in range(200)]
    order = [p.fields["source_pair"][0] == p.fields["background_char"] for p in pairs]
    assert 60 < sum(order) < 140
    assert {p.fields["font_name"] for p in pairs} == set(assets.faces())


def test_levels_fall_with_similarity() -> None:
    bounds = [bound for _, bound in LEVELS]
    assert bounds == sorted(bounds, reverse=True)
    assert bounds[-1] == 0.0
    assert [level(x) for x in (0.9, 0.75, 0.7, 0.1)] == ["high", "high", "medium", "low"]


@pytest.mark.parametrize(("cell", "font"), [(42, 30), (64, 46), (100, 72), (25, 18)])
def test_font_size_is_72_percent_of_the_cell(glyphs: GlyphSource, cell: int, font: int) -> None:
    art = glyphs.draw(glyphs.pair(1, 0), cell)
    assert art.fields == {"font_size": font}


def test_characters_sit_in_the_middle(glyphs: GlyphSource) -> None:
    """The ink of many characters together is centred to within 3 % of the cell."""
    dark = np.zeros((200, 200))
    for index in range(80):
        art = glyphs.draw(glyphs.pair(1, index), 200)
        dark += 255.0 - art.majority[..., 0]
    middle = [float((np.arange(200) * dark.sum(axis=axis)).sum() / dark.sum()) for axis in (1, 0)]
    assert middle == pytest.approx([99.5, 99.5], abs=6)


def official_row(majority: str, target: str, font: str = "simsun") -> dict[str, object]:
    return {"background_char": majority, "target_char": target, "font_name": font}


@pytest.mark.parametrize(
    ("font", "face"),
    [
        ("SourceHanSansCN-Regular", "NotoSansCJKsc-Regular"),
        ("SourceHanSansCN-Heavy", "NotoSansCJKsc-Bold"),
        ("msjhbd", "NotoSansCJKsc-Bold"),
        ("OPPOSans-B", "NotoSansCJKsc-Bold"),
        ("GenRyuMinTW-SemiBold", "NotoSerifCJKsc-Bold"),
        ("simsun", "NotoSerifCJKsc-Regular"),
        ("TW-Kai-98_1", "NotoSerifCJKsc-Regular"),
        ("文泉驿正黑", "WenQuanYiMicroHei"),
    ],
)
def test_the_nearest_open_face_is_taken(glyphs: GlyphSource, font: str, face: str) -> None:
    pair = glyphs.official_pair(official_row("田", "由", font))
    assert pair.fields["font_name"] == face


def test_a_face_that_draws_both_alike_is_passed_over(glyphs: GlyphSource) -> None:
    """U+5140 and its compatibility twin U+FA0C are one picture in Noto."""
    pair = glyphs.official_pair(official_row("\u5140", "\ufa0c"))
    assert pair.fields["font_name"] == "WenQuanYiMicroHei"
    art = glyphs.draw(pair, 48)
    assert not np.array_equal(art.majority, art.target)


def test_two_character_strings_share_the_width(glyphs: GlyphSource) -> None:
    art = glyphs.draw(glyphs.official_pair(official_row("崇高", "鬼祟")), 50)
    assert art.fields == {"font_size": 18}
    assert (art.majority[:, [0, -1]] == 255).all()


def test_a_character_no_face_has_is_named(glyphs: GlyphSource) -> None:
    with pytest.raises(AssetError, match=r"NotoSansCJKsc-Regular has no picture for \U00020bb7"):
        glyphs.official_pair(official_row("吉", "\U00020bb7"))


def test_a_users_font_is_measured_like_the_bundled_one() -> None:
    path = BUNDLE / "NotoSerifCJKsc-Bold.otf"
    own = sources.get("glyph", fonts=[path])
    table = {frozenset((r["a"], r["b"])): r for r in assets.table("glyph")}
    for index in range(25):
        pair = own.pair(3, index)
        row = table[frozenset(pair.fields["source_pair"])]
        assert pair.fields["font_name"] == "NotoSerifCJKsc-Bold"
        assert pair.similarity == pytest.approx(float(row["NotoSerifCJKsc-Bold"]), abs=5e-3)
        assert pair.attribution == ()


def test_a_folder_of_fonts_is_taken_whole(tmp_path: Path) -> None:
    for name in ("NotoSansCJKsc-Bold.otf", "WenQuanYiMicroHei.ttf"):
        (tmp_path / name).write_bytes((BUNDLE / name).read_bytes())
    own = sources.get("glyph", fonts=[tmp_path])
    shown = {own.pair(3, index).fields["font_name"] for index in range(12)}
    assert shown == {"NotoSansCJKsc-Bold", "WenQuanYiMicroHei"}


def test_a_font_without_the_characters_is_named_with_them(latin_font: Path) -> None:
    with pytest.raises(AssetError, match=r"font Latin has no picture for . \(U\+[0-9A-F]{4}\)"):
        sources.get("glyph", fonts=[latin_font])


def test_fonts_that_are_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="no such file"):
        sources.get("glyph", fonts=[tmp_path / "absent.ttf"])
    with pytest.raises(AssetError, match="holds no font"):
        sources.get("glyph", fonts=[tmp_path])
    broken = tmp_path / "broken.ttf"
    broken.write_bytes(b"not a font")
    with pytest.raises(AssetError, match=r"broken\.ttf"):
        sources.get("glyph", fonts=[broken])
    with pytest.raises(AssetError, match="number of a face"):
        sources.get("glyph", fonts=[f"{BUNDLE / 'NotoSansCJKsc-Bold.otf'}#x"])
