"""The pixel solver on pictures it has never met: straight, resized, compressed, noisy, odd ones."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from handeye.answer_kinds.clicks import parse
from handeye.rose.respondents.pixels import solve
from handeye.rose.respondents.pixels.reading import CannotAnswerError
from handeye.rose.respondents.pixels.solver import decode, look
from tests.support.rose.cell_pictures import (
    Drawn,
    Pixels,
    as_jpeg,
    encoded,
    highlighted,
    letter_tile,
    noisy,
    picture,
    random_odd,
    random_scene,
    resized,
    sprite_tiles,
)

COUNT_ALL = "How many cells differ from the majority? Answer only in the form COUNT(n)."
CLICK_CUE = (
    "Click every cell inside the highlighted region that differs from the majority. "
    "Answer only in the form CLICK(Rr,Cc); ...; DONE."
)


def _assert_seen(drawn: Drawn, pixels: Pixels) -> None:
    seen = look(pixels)
    assert tuple(seen.lattice) == drawn.shape
    assert (seen.highlighted and tuple(seen.highlighted)) == drawn.cue
    np.testing.assert_array_equal(seen.odd, drawn.odd)


@pytest.mark.parametrize("cue", [False, True])
@pytest.mark.parametrize("seed", range(12))
def test_pictures_straight_from_a_drawing_program(seed: int, cue: bool) -> None:
    drawn = random_scene(seed, cue=cue)
    _assert_seen(drawn, drawn.pixels)


@pytest.mark.parametrize("cue", [False, True])
@pytest.mark.parametrize(("seed", "quality"), [(101, 75), (102, 80), (103, 90), (104, 95)])
def test_jpeg(seed: int, quality: int, cue: bool) -> None:
    drawn = random_scene(seed, cue=cue)
    _assert_seen(drawn, as_jpeg(drawn.pixels, quality))


@pytest.mark.parametrize("cue", [False, True])
@pytest.mark.parametrize(
    ("seed", "factor", "how"),
    [
        (201, 0.7071, Image.Resampling.BICUBIC),
        (202, 0.83, Image.Resampling.BILINEAR),
        (203, 0.55, Image.Resampling.LANCZOS),
        (204, 1.19, Image.Resampling.BICUBIC),
        (205, 0.613, Image.Resampling.BOX),
    ],
)
def test_resized_as_providers_do(seed: int, factor: float, how: object, cue: bool) -> None:
    drawn = random_scene(seed, cue=cue)
    assert isinstance(how, Image.Resampling)
    _assert_seen(drawn, resized(drawn.pixels, factor, how))


@pytest.mark.parametrize("cue", [False, True])
@pytest.mark.parametrize("seed", [301, 302, 303])
def test_resized_then_compressed(seed: int, cue: bool) -> None:
    drawn = random_scene(seed, cue=cue)
    _assert_seen(drawn, as_jpeg(resized(drawn.pixels, 0.77, Image.Resampling.BICUBIC), 85))


@pytest.mark.parametrize("cue", [False, True])
@pytest.mark.parametrize(("seed", "sigma"), [(401, 2.0), (402, 4.0), (403, 6.0)])
def test_mild_noise(seed: int, sigma: float, cue: bool) -> None:
    drawn = random_scene(seed, cue=cue)
    _assert_seen(drawn, noisy(drawn.pixels, sigma, seed))


@pytest.mark.parametrize("spoil", ["none", "jpeg", "resize", "noise"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nothing_is_found_where_all_cells_are_alike(seed: int, spoil: str) -> None:
    drawn = random_scene(seed, cue=False)
    plain = picture(drawn.pixels[: drawn.cell, : drawn.cell], drawn.pixels, drawn.odd & False)
    if drawn.odd[0, 0]:
        pytest.skip("the first cell is a target in this draw")
    pixels = {
        "none": lambda p: p,
        "jpeg": lambda p: as_jpeg(p, 80),
        "resize": lambda p: resized(p, 0.71, Image.Resampling.BICUBIC),
        "noise": lambda p: noisy(p, 4.0, seed),
    }[spoil](plain.pixels)
    _assert_seen(plain, pixels)


@pytest.mark.parametrize(
    ("cell", "rows", "cols"), [(16, 40, 40), (16, 7, 18), (24, 9, 31), (300, 7, 7), (512, 4, 3)]
)
def test_small_and_large_cells_and_many_of_them(cell: int, rows: int, cols: int) -> None:
    rng = np.random.default_rng(cell)
    majority, target = letter_tile("E", cell), letter_tile("F", cell)
    drawn = picture(majority, target, random_odd(rng, rows, cols, 3))
    _assert_seen(drawn, drawn.pixels)


def test_one_pixel_by_one_level_is_enough_in_an_untouched_picture() -> None:
    rng = np.random.default_rng(5)
    majority, _ = sprite_tiles(rng, 120)
    target = majority.copy()
    target[60, 60, 1] ^= 1
    drawn = picture(majority, target, random_odd(rng, 8, 9, 4))
    _assert_seen(drawn, drawn.pixels)


def test_a_tile_that_repeats_within_itself_is_one_tile() -> None:
    rng = np.random.default_rng(6)
    quarter, other = sprite_tiles(rng, 30, blocks=10)
    majority = np.block([[[quarter], [quarter]], [[quarter], [other]]])
    target = np.block([[[other], [quarter]], [[quarter], [quarter]]])
    drawn = picture(majority, target, random_odd(rng, 9, 10, 2))
    _assert_seen(drawn, drawn.pixels)
    _assert_seen(drawn, as_jpeg(drawn.pixels, 90))


@pytest.mark.parametrize(("tint", "frame"), [(0.25, 0), (0.0, 3), (0.5, 4), (0.15, 6)])
def test_highlights_of_other_make(tint: float, frame: int) -> None:
    rng = np.random.default_rng(8)
    scene = picture(letter_tile("P", 56), letter_tile("R", 56), random_odd(rng, 11, 12, 6))
    drawn = highlighted(scene, (3, 7, 2, 6), tint=tint, frame=frame)
    _assert_seen(drawn, drawn.pixels)
    _assert_seen(drawn, as_jpeg(drawn.pixels, 90))


def test_neighbouring_exceptions_are_no_highlight() -> None:
    odd = np.zeros((9, 9), np.bool_)
    odd[3:5, 4:6] = True
    drawn = picture(letter_tile("P", 56), letter_tile("R", 56), odd)
    _assert_seen(drawn, drawn.pixels)
    _assert_seen(drawn, as_jpeg(drawn.pixels, 85))


def _no_grids() -> dict[str, Pixels]:
    rng = np.random.default_rng(9)
    down, along = np.mgrid[:480, :640]
    scenery = rng.integers(0, 256, (12, 16, 3)).astype(np.uint8)
    return {
        "flat": np.full((480, 640, 3), 180, np.uint8),
        "gradient": np.stack([down / 2, along / 3, (down + along) / 5], -1).astype(np.uint8),
        "noise": rng.integers(0, 256, (480, 640, 3)).astype(np.uint8),
        "scenery": resized(scenery, 40, Image.Resampling.BICUBIC),
        "one letter": letter_tile("E", 480),
        "stripes": np.repeat(((along // 20) % 2 * 255)[..., None], 3, axis=2).astype(np.uint8),
    }


@pytest.mark.parametrize("name", list(_no_grids()))
def test_a_picture_that_is_no_grid_is_declined(name: str) -> None:
    said = solve(encoded(_no_grids()[name]), COUNT_ALL)
    assert said.startswith("I cannot answer: I see no grid")
    assert not parse(said, "COUNT").format_valid


def test_what_is_no_picture_is_declined() -> None:
    assert "cannot be decoded" in solve(b"GIF89a but not really", COUNT_ALL)


def test_answers_are_in_the_grammar_and_in_reading_order() -> None:
    odd = np.zeros((9, 10), np.bool_)
    odd[[1, 1, 6, 8], [7, 2, 0, 9]] = True
    drawn = picture(letter_tile("O", 48), letter_tile("Q", 48), odd)
    cued = highlighted(drawn, (1, 4, 2, 5))
    plain = encoded(drawn.pixels)
    assert solve(plain, COUNT_ALL) == "COUNT(4)"
    rows = "Click every cell in rows 2 to 7 that differs from the majority. "
    assert solve(plain, rows) == "CLICK(R2,C3); CLICK(R2,C8); CLICK(R7,C1); DONE"
    outside = "Click every cell outside rows 2 to 7 that differs from the majority, then submit"
    assert solve(plain, outside + " how many you clicked.") == "CLICK(R9,C10); SUBMIT(1)"
    assert solve(plain, "Count the odd cells in column 4.") == "COUNT(0)"
    assert solve(encoded(cued.pixels), CLICK_CUE) == "CLICK(R2,C3); DONE"
    assert solve(encoded(cued.pixels), COUNT_ALL) == "COUNT(4)"


def test_a_region_that_is_not_there_is_declined() -> None:
    drawn = random_scene(1, cue=False)
    image = encoded(drawn.pixels)
    assert solve(image, CLICK_CUE).startswith("I cannot answer: the question is about a marked")
    beyond = f"How many cells in row {drawn.shape[0] + 1} differ from the majority?"
    assert f"I see {drawn.shape[0]} rows" in solve(image, beyond)


def test_transparent_pictures_are_seen_over_white() -> None:
    drawn = random_scene(2, cue=False)
    alpha = np.where(drawn.pixels.min(axis=2) > 250, 0, 255).astype(np.uint8)
    hidden = np.where(alpha[..., None] > 0, drawn.pixels, 0).astype(np.uint8)
    rgba = np.dstack([hidden, alpha])
    seen = look(decode(encoded(rgba)))
    assert tuple(seen.lattice) == drawn.shape
    np.testing.assert_array_equal(seen.odd, drawn.odd)


def test_declining_names_the_reason_as_an_error_too() -> None:
    with pytest.raises(CannotAnswerError, match="no grid of repeating cells"):
        look(np.zeros((200, 200, 3), np.uint8))
