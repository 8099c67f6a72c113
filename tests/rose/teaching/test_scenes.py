"""Training scenes: pure functions of their number, with right answers, on the right art."""

import numpy as np
import pytest

pytest.importorskip("transformers", reason="needs handeye[train]")

from handeye.rose.questions import BY_KEY
from handeye.rose.scoring.score_item import score_item
from handeye.rose.teaching.art import HELD_OUT, LEAST_DIFFERENCE, difference, plans_of, sprite_pair
from handeye.rose.teaching.evaluation import as_item
from handeye.rose.teaching.recipe import RECIPES
from handeye.rose.teaching.scenes import Ease, draw_scene, test_pictures, training_picture
from handeye.sets.draw import Draw

picture_pair = test_pictures  # so that pytest does not take it for a test
del test_pictures


def test_a_picture_is_a_function_of_seed_and_number():
    first, again, other = (training_picture(s, 5, Ease()) for s in (1, 1, 2))
    assert np.array_equal(first.pixels, again.pixels)
    assert first.questions == again.questions
    assert first.pixels.shape != other.pixels.shape or not np.array_equal(
        first.pixels, other.pixels
    )


@pytest.mark.parametrize("index", range(12))
def test_gold_answers_pass_and_the_picture_shows_the_targets(index):
    picture = training_picture(3, index, Ease())
    rows, cols = picture.grid
    side = picture.pixels.shape[0] // rows
    assert picture.pixels.shape == (rows * side, cols * side, 3)
    keys = [question.key for question in picture.questions]
    assert set(keys) == set(BY_KEY) - (set() if picture.cue else {"T4"})
    for question in picture.questions:
        assert score_item(as_item(picture, question), question.answer).passed == 1
        assert (
            str(question.gold[0].row) in question.answer
            if question.gold and "CLICK" in (question.answer)
            else True
        )
    if picture.cue is None:
        tiles = picture.pixels.reshape(rows, side, cols, side, 3).swapaxes(1, 2)
        odd = {(r - 1, c - 1) for r, c in picture.targets}
        plain = next(tiles[r, c] for r in range(rows) for c in range(cols) if (r, c) not in odd)
        for r in range(rows):
            for c in range(cols):
                assert np.array_equal(tiles[r, c], plain) == ((r, c) not in odd)


def test_targets_are_a_minority_and_grids_stay_in_range():
    for index in range(200):
        scene, _ = draw_scene(1, "training", index, Ease((2, 5), 0.0))
        assert 2 <= scene.grid.rows <= 5
        assert 2 <= scene.grid.cols <= 5
        assert 0 < len(scene.targets) < scene.grid.cell_count / 2


def test_every_case_of_a_region_occurs():
    cases = {draw_scene(1, "training", i, Ease())[0].regions["T3"][1] for i in range(200)}
    assert {"zero", "partial", "all"} <= cases


def test_art_is_split_by_plan():
    assert not set(plans_of("seen")) & set(plans_of("unseen"))
    assert set(plans_of("unseen")) == set(HELD_OUT)
    for number in range(30):
        for split in ("seen", "unseen"):
            pair = sprite_pair(Draw(1, split, number), split, strangers=0.5)
            assert {sprite.plan for sprite in pair} <= set(plans_of(split))
            assert difference(*pair) >= LEAST_DIFFERENCE


def test_examination_scenes_differ_from_training_scenes_of_the_same_seed():
    base, cue = picture_pair(1, "seen", 0, Ease())
    assert [q.key for q in cue.questions] == ["T4"]
    assert len(base.questions) == 6
    trained = training_picture(1, 0, Ease())
    assert (base.grid, base.targets) != (trained.grid, trained.targets)


def test_scenes_grow_harder():
    recipe = RECIPES["small"]
    assert recipe.ease_at(0).sides == (8, 8)
    later = [
        recipe.ease_at(i)
        for i in range(recipe.square_steps * recipe.pictures, recipe.total_pictures, 100)
    ]
    assert {ease.sides for ease in later} == {(2, 8)}
    strangers = [ease.strangers for ease in later]
    assert strangers == sorted(strangers, reverse=True)
    assert strangers[0] > 0.9
    assert later[-1] == Ease()
