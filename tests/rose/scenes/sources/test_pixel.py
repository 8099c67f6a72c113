"""Sprites, edits and sprites of the user."""

from __future__ import annotations

import os
import struct
import zlib
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image

from handeye import assets
from handeye.errors import AssetError
from handeye.rose.scenes import sources
from handeye.rose.scenes.sources.base import CELL_SIZES
from handeye.rose.scenes.sources.canvas import PALETTES
from handeye.rose.scenes.sources.edits import OPERATORS, SHARE, edit
from handeye.rose.scenes.sources.raster import on_white, stretch
from handeye.rose.scenes.sources.sprite_plans import PLANS
from handeye.rose.scenes.sources.sprites import (
    AVATAR,
    _avatar_svg,
    changed,
    random_sprite,
    relative,
    swap_part,
)
from handeye.rose.scenes.sources.user_sprites import load_sprites
from handeye.sets.draw import Draw
from tests.support.media import exif, ramps, rgb_png, saved


@pytest.fixture(scope="module")
def sprite_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sprites")
    for number in range(8):
        pixels = random_sprite(Draw(40, number)).pixels()
        Image.fromarray(pixels, "RGBA").save(folder / f"figure{number}.png")
    return folder


@given(st.integers(0, 2**40))
@settings(max_examples=60, deadline=None)
def test_sprites_are_figures_on_a_clear_ground(seed: int) -> None:
    pixels = random_sprite(Draw(seed)).pixels()
    assert pixels.shape in ((24, 24, 4), (16, 16, 4))
    assert (pixels[..., 3] == 0).any()
    share = (pixels[..., 3] > 0).mean()
    assert 0.2 < share < 0.95
    assert len(np.unique(pixels[pixels[..., 3] > 0], axis=0)) >= 4


@pytest.mark.parametrize("plan", PLANS)
def test_every_trait_value_of_a_plan_draws(plan: str) -> None:
    """Traits may hide one another, but each has values that show somewhere."""
    draw, traits = PLANS[plan]
    for name, count in traits.items():
        shown = set()
        for number in range(24):
            stream = Draw(number, plan, name)
            base = {other: stream.below(n) for other, n in traits.items()}
            pictures = {draw(base | {name: value}).tobytes() for value in range(count)}
            shown.add(len(pictures))
        assert max(shown) > 1, name


def test_all_plans_and_palettes_come_up() -> None:
    made = [random_sprite(Draw(1, i)) for i in range(400)]
    assert {s.plan for s in made} == {*PLANS, AVATAR}
    numbers = {dict(s.colors)["palette"] for s in made if s.plan != AVATAR}
    assert len(numbers) == len(PALETTES)


def test_avatars_use_every_kind_of_part() -> None:
    made = [random_sprite(Draw(2, i)) for i in range(600)]
    avatars = [dict(s.traits) for s in made if s.plan == AVATAR]
    for part in assets.avatars()["order"]:
        assert any(traits[part] for traits in avatars), part
    assert not any("{" in _avatar_svg(s) for s in made if s.plan == AVATAR)


def test_relatives_are_of_the_same_plan_and_mostly_of_the_same_colours() -> None:
    same = 0
    for number in range(80):
        sprite = random_sprite(Draw(3, number))
        other = relative(sprite, Draw(4, number))
        assert other.plan == sprite.plan
        assert other.traits != sprite.traits
        same += other.colors == sprite.colors
    assert 48 <= same < 80


def test_a_swapped_part_changes_one_part() -> None:
    sprites = (random_sprite(Draw(5, i)) for i in range(80))
    for number, sprite in enumerate(sprites):
        other = swap_part(sprite, Draw(6, number))
        if sprite.plan != AVATAR:
            assert other is None
            continue
        assert other is not None
        apart = [a for a, b in zip(sprite.traits, other.traits, strict=True) if a != b]
        assert len(apart) == 1


@given(st.integers(0, 2**40))
@settings(max_examples=40, deadline=None)
def test_accepted_edits_are_small_and_seen_at_every_size(seed: int) -> None:
    before = random_sprite(Draw(seed)).pixels()
    made = edit(before, Draw(seed, "edit"), lambda _: None)
    if made is None:
        return
    mask = changed(before, made.pixels)
    assert np.array_equal(mask, made.mask)
    assert SHARE[0] <= mask.sum() / (before[..., 3] > 0).sum() <= SHARE[1]
    for size in (*range(CELL_SIZES[0], 30), 42, 64, 120, 512):
        a, b = (stretch(on_white(p), size) for p in (before, made.pixels))
        assert not np.array_equal(a, b)


def test_all_kinds_of_edit_come_up() -> None:
    source = sources.get("pixel-edit")
    kinds = Counter(source.pair(1, i).fields["edit_type"] for i in range(250))
    assert set(kinds) == {*OPERATORS, "swap_part"}
    assert max(kinds.values()) < 125


def test_the_mask_marks_exactly_what_differs() -> None:
    source = sources.get("pixel-edit")
    for index in range(40):
        pair = source.pair(1, index)
        art = source.draw(pair, 131)
        assert art.mask is not None
        assert art.mask.shape == (131, 131)
        differs = (art.majority != art.target).any(axis=-1)
        # A pixel may be cleared where the sprite was white already: marked, though it looks alike.
        assert not (differs & ~art.mask).any()
        assert differs.sum() > 0.5 * art.mask.sum()
        assert SHARE[0] <= pair.fields["edit_ratio"] <= SHARE[1]
        assert pair.fields["asset_resize_mode"] == "stretch"


def test_scaling_repeats_whole_pixels() -> None:
    picture = np.arange(12, dtype=np.uint8).reshape(3, 4)
    assert np.array_equal(stretch(picture, 12), picture.repeat(4, axis=0).repeat(3, axis=1))


def test_official_rows_of_one_key_are_drawn_alike() -> None:
    for name in ("pixel-edit", "pixel-content"):
        source = sources.get(name)
        row = {"pair_key": "somewhere-default.png", "asset_resize_mode": "stretch"}
        first, again = source.official_pair(row), sources.get(name).official_pair(dict(row))
        assert first == again
        assert first.fields["pair_key"] == "somewhere-default.png"
        other = source.official_pair(row | {"pair_key": "elsewhere-default.png"})
        assert other.recipe != first.recipe


@pytest.mark.parametrize("name", ["pixel-edit", "pixel-content"])
def test_a_folder_of_sprites_takes_the_place_of_ours(name: str, sprite_folder: Path) -> None:
    source = sources.get(name, sprites=sprite_folder)
    pairs = [source.pair(1, index) for index in range(8)]
    assert all("figure" in pair.key and pair.attribution == () for pair in pairs)
    if name == "pixel-edit":
        assert len({pair.key.split("__")[0] for pair in pairs}) == 8
    row = {"pair_key": "a.png", "asset_resize_mode": "stretch"}
    assert "figure" in source.official_pair(row).fields["drawn_pair"]
    art = source.draw(pairs[0], 120)
    assert not np.array_equal(art.majority, art.target)


def test_folders_that_hold_no_pixel_art_are_refused(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="not a folder"):
        sources.get("pixel-edit", sprites=tmp_path / "absent")
    Image.new("RGBA", (24, 24), "red").save(tmp_path / "one.png")
    with pytest.raises(AssetError, match="at least two"):
        sources.get("pixel-edit", sprites=tmp_path)
    Image.new("RGBA", (640, 480), "red").save(tmp_path / "two.png")
    with pytest.raises(AssetError, match="640 x 480"):
        sources.get("pixel-edit", sprites=tmp_path)
    Image.new("RGBA", (24, 24)).save(tmp_path / "two.png")
    with pytest.raises(AssetError, match="shows nothing"):
        sources.get("pixel-edit", sprites=tmp_path)


def test_hostile_art_is_refused_at_once(tmp_path: Path) -> None:
    Image.new("RGBA", (24, 24), "red").save(tmp_path / "one.png")
    other = tmp_path / "two.png"
    data = bytearray((tmp_path / "one.png").read_bytes())
    data[16:24] = struct.pack(">II", 50_000, 50_000)
    other.write_bytes(data)
    with pytest.raises(AssetError, match="50000 x 50000"):
        sources.get("pixel-edit", sprites=tmp_path)
    text = b"k\0\0" + zlib.compress(bytes(100_000_000), 1)
    other.write_bytes(rgb_png(before=[(b"zTXt", text)]))
    with pytest.raises(AssetError, match="broken"):
        sources.get("pixel-edit", sprites=tmp_path)
    other.unlink()
    os.mkfifo(other)
    with pytest.raises(AssetError, match="no regular file"):
        sources.get("pixel-edit", sprites=tmp_path)


def test_sprites_are_seen_upright(tmp_path: Path) -> None:
    figure = Image.fromarray(ramps((24, 16))).convert("RGBA")
    figure.save(tmp_path / "a.png")
    lying = figure.transpose(Image.Transpose.ROTATE_90)
    (tmp_path / "b.png").write_bytes(saved(lying, "PNG", exif=exif(6)))
    first, second = load_sprites(tmp_path)
    assert np.array_equal(first.pixels, second.pixels)
