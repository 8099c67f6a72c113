"""The bundled art: there, small enough, credited, and disjoint from the official test set."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from handeye import assets
from handeye.errors import AssetError

ROOT = Path(__file__).parents[2]
BUNDLE = ROOT / "src/handeye/assets"
BUDGET = 4_000_000  # bytes in the wheel


def official(subset: str) -> list[dict[str, Any]]:
    folder = Path(os.environ.get("HANDEYE_ROSE_DATA", ROOT.parent / "shared/rose-v0.1"))
    path = folder / "global_click.metadata_test.jsonl"
    if not path.is_file():
        pytest.skip("the authors' metadata is not here")
    rows = (json.loads(line) for line in path.open(encoding="utf-8"))
    return [row for row in rows if row["rose_subset"] == subset]


def test_the_bundle_fits_the_wheel() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as wheel:
        for path in BUNDLE.rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                wheel.write(path, path.relative_to(BUNDLE))
    assert 1_000_000 < buffer.tell() <= BUDGET


def test_licences_lie_beside_the_art_and_at_the_top() -> None:
    top = {path.name: path.read_bytes() for path in (ROOT / "LICENSES").iterdir()}
    inside = {path.name: path.read_bytes() for path in (BUNDLE / "LICENSES").iterdir()}
    assert top == inside
    assert {f"{s.license_file}.txt" for s in assets.SETS.values()} == set(top)


@pytest.mark.parametrize("name", assets.SETS)
def test_every_set_has_a_licence_text_and_a_place_in_the_notice(name: str) -> None:
    entry = assets.SETS[name]
    assert len(assets.license_text(entry.license_file)) > 900
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    assert notice == assets.notice()
    for part in (entry.title, entry.author, entry.version, entry.url, entry.license, entry.change):
        assert part in notice


def test_mit_texts_carry_their_own_copyright_lines() -> None:
    assert "Microsoft" in assets.license_text("MIT-Fluent")
    assert "Miles Johnson" in assets.license_text("MIT-emojibase")


def test_attribution_names_each_set_once_in_a_fixed_order() -> None:
    text = assets.attribution(["twemoji", "noto-emoji", "twemoji"])
    assert [line.split(" (")[0] for line in text.splitlines()] == ["Noto Emoji", "Twemoji"]
    assert "CC-BY-4.0" in text
    assert assets.attribution([]) == ""
    with pytest.raises(AssetError, match="klingon"):
        assets.attribution(["klingon"])


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: assets.font_bytes("Comic"), "NotoSansCJKsc-Regular"),
        (lambda: assets.emoji("apple"), "twemoji"),
        (lambda: assets.license_text("GPL"), "OFL-1.1"),
    ],
)
def test_an_unknown_name_is_an_error_that_lists_the_known(call: Any, named: str) -> None:
    with pytest.raises(AssetError, match=named):
        call()


def test_tables_are_large_and_every_entry_once() -> None:
    glyphs = [frozenset((r["a"], r["b"])) for r in assets.table("glyph")]
    styles = [r["key"] for r in assets.table("emoji-style")]
    contents = [frozenset((r["a"], r["b"])) for r in assets.table("emoji-content")]
    assert len(glyphs) == len(set(glyphs)) >= 900
    assert len(styles) == len(set(styles)) >= 400
    assert len(contents) == len(set(contents)) >= 600
    assert all(len(pair) == 2 for pair in (*glyphs, *contents))


def test_our_pairs_are_not_the_official_ones() -> None:
    glyphs = {frozenset((r["a"], r["b"])) for r in assets.table("glyph")}
    theirs = official("ROSE-ChineseGlyph")
    assert glyphs.isdisjoint(frozenset((r["background_char"], r["target_char"])) for r in theirs)

    def plain(key: str) -> str:
        return "-".join(part for part in key.split("-") if part != "fe0f")

    styles = {r["key"] for r in assets.table("emoji-style")}
    assert styles.isdisjoint(plain(r["unicode_key"]) for r in official("ROSE-EmojiStyle"))
    contents = {frozenset((r["a"], r["b"])) for r in assets.table("emoji-content")}
    assert contents.isdisjoint(
        frozenset((plain(r["background_unicode"]), plain(r["target_unicode"])))
        for r in official("ROSE-EmojiContent")
    )


def test_colour_scores_are_spread_like_the_official_ones() -> None:
    ours = sorted(float(r["score"]) for r in assets.table("emoji-content"))
    theirs = sorted(r["similarity"] for r in official("ROSE-EmojiContent"))
    for tenth in range(1, 10):
        at = tenth / 10
        assert ours[int(at * len(ours))] == pytest.approx(theirs[int(at * len(theirs))], abs=0.004)


def test_emoji_of_the_tables_are_drawn_and_named() -> None:
    names = assets.emoji_names()
    for provider in assets.PROVIDERS:
        icons = assets.emoji(provider).icons
        assert all(row["key"] in icons for row in assets.table("emoji-style"))
    twemoji = assets.emoji("twemoji").icons
    for row in assets.table("emoji-content"):
        for key in (row["a"], row["b"]):
            assert key in twemoji
            assert names[key].english
            assert names[key].chinese


@pytest.mark.parametrize("weight", ["regular", "medium", "bold"])
def test_letters_have_outlines_and_figures_of_one_width(weight: str) -> None:
    face = assets.letters(weight)
    assert set(map(chr, range(32, 127))) <= set(face.outlines)
    assert all(path.startswith("M") for one, (_, path) in face.outlines.items() if one != " ")
    assert len({face.outlines[one][0] for one in "0123456789"}) == 1
    with pytest.raises(AssetError, match="regular, medium, bold"):
        assets.letters("thin")


def test_reading_art_needs_no_drawing_library() -> None:
    code = (
        "import sys, handeye.assets as a, handeye.rose.scenes.sources as s\n"
        "a.attribution(['twemoji']);"
        "print([m for m in ('PIL', 'resvg_py', 'polars', 'inspect_ai') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
