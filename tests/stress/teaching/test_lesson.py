"""What is taught of the stress test: pure functions of a number, in the words that a run sends."""

import pytest

pytest.importorskip("torch", reason="needs handeye[train]")
pytest.importorskip("transformers", reason="needs handeye[train]")

import numpy as np

from handeye.errors import OptionError
from handeye.stress.asking.prompts import read_prompt
from handeye.stress.items import BY_DEFAULT, NO_SUCH
from handeye.stress.scenes.families import LEVELS
from handeye.stress.scenes.looking import answer
from handeye.stress.scenes.plan import plan_set
from handeye.stress.scoring.reading import parted, read
from handeye.stress.teaching.lesson import RECIPES, StressLesson
from handeye.stress.teaching.scenes import (
    EXAMINED,
    LABELS,
    TRAINING,
    TWINS,
    examined_group,
    examined_pictures,
    training_picture,
)
from handeye.stress.teaching.words import NAMES, phrases
from handeye.training.architecture import build_processor, shape_of
from handeye.training.lesson import IGNORED
from handeye.training.packing import Packer
from handeye.training.words import END, build_tokenizer

TINY = RECIPES["tiny"]
FIRST = TINY.looking_steps * TINY.pictures
NUMBERS = range(2 * len(BY_DEFAULT))


@pytest.fixture(scope="module")
def pictures():
    """A and B of a group of every family."""
    return [training_picture(3, number, 168, (1,), 0.8) for number in NUMBERS]


def test_a_picture_is_a_function_of_seed_and_number():
    one, again, other = (StressLesson().example(TINY, seed, FIRST + 5) for seed in (1, 1, 2))
    assert np.array_equal(one.pixels, again.pixels)
    assert one.questions == again.questions
    assert not np.array_equal(one.pixels, other.pixels)
    assert (one.blanked().pixels == 255).all()
    # What is only looked at costs no questions.
    assert StressLesson().example(TINY, 1, 0).questions == ()


def test_no_set_holds_what_training_shows():
    for split in (TRAINING, EXAMINED):
        with pytest.raises(OptionError, match="split must be"):
            plan_set(1, split=split)


def test_right_answers_are_what_the_picture_shows_and_are_read_as_such(pictures):
    """The oracle looks at each picture, and agrees about nearly every question."""
    asked = right = 0
    for shown in pictures:
        for question in shown.questions:
            prompt = read_prompt(question.text)
            assert prompt.form == question.form
            told = question.answer
            if prompt.state_first:
                assert parted(told).seen == question.item.gold
                told = parted(told).answer
            found = read(told, question.item, question.form, question.order)
            assert found.strict
            assert found.said == question.item.gold
            asked += 1
            right += answer(prompt.question, shown.pixels) == question.item.gold
    assert asked == 5 * len(pictures)
    assert right >= 0.95 * asked


def test_a_and_b_are_asked_the_same_plain_question_of_which_other_answers_are_right():
    same = 0
    for number in range(0, 96, 2):
        one, other = (training_picture(4, n, 112, (1,), 0.8) for n in (number, number + 1))
        first, second = (shown.questions[0] for shown in (one, other))
        if first.text == second.text:
            assert first.answer != second.answer
            same += 1
    assert same >= 40  # not where a question presupposes something false


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_cues_are_true_as_often_as_a_recipe_says(share):
    for number in range(48):
        for question in training_picture(5, number, 112, (1,), share).questions:
            if question.item.cue_value:
                assert (question.item.cue_value == question.item.truth) == bool(share)


def test_a_question_is_a_handful_of_tokens(pictures):
    tokenizer = build_tokenizer(phrases())
    for shown in pictures:
        for question in shown.questions:
            ids = tokenizer(question.text, add_special_tokens=False)["input_ids"]
            assert tokenizer.decode(ids) == question.text
            assert len(ids) <= 34


def test_asides_name_the_right_option_at_ends_of_tokens(pictures):
    tokenizer = build_tokenizer(phrases())
    packer = Packer(build_processor(shape_of("scene-tiny"), tokenizer))
    for shown in pictures:
        told = []
        for question in shown.questions:
            words = [word for _, word in question.asides]
            if question.form == "letters":
                options = [question.item.options[place] for place in question.order]
                assert words.index("yes") == options.index(question.item.gold)
                assert words.count("yes") == 1
                assert len(words) == len(options)
            else:
                assert not words
            told += [*words, question.answer + END]
        labels = packer.pack([shown])["labels"][0]
        assert tokenizer.decode(labels[labels != IGNORED]) == "".join(told)


def test_patches_tell_what_is_under_them(pictures):
    names = [label.name for label in LABELS]
    seen = set()
    for number, shown in enumerate(pictures):
        labels = shown.patch_labels(8).reshape(8, 8, len(LABELS))
        for label, told in zip(LABELS, np.moveaxis(labels, -1, 0), strict=True):
            kept = told[told != IGNORED]
            assert ((kept >= 0) & (kept < label.choices)).all()
            seen |= {label.name} if kept.size else set()
        things = {thing.name for thing in shown.painted.scene.things if thing.role != "companion"}
        told = set(labels[..., names.index("shape")].ravel().tolist()) - {IGNORED}
        assert {NAMES[place] for place in told} <= things
        side = labels[..., names.index("side")]
        assert not (side[:, :3] == 1).any()
        assert not (side[:, 5:] == 0).any()
        if BY_DEFAULT[number // 2] == "size":
            twins = set(labels[..., names.index("twin")].ravel().tolist()) - {IGNORED}
            assert {TWINS[place] for place in twins} == {"larger", "smaller"}
    assert seen == set(names)


def test_an_examination_asks_pairs_of_every_family_and_shows_none_of_training():
    for number in range(len(BY_DEFAULT)):
        group = examined_group(1, number, 1)
        one, other = examined_pictures(group)
        assert [q.text for q in one.questions] == [q.text for q in other.questions]
        assert len(one.questions) == 2 * 3
        assert {q.item.cue for q in one.questions} == {"", "frequency"}
        assert all(q.item.gold != NO_SUCH for q in one.questions)
        assert group.sketch.physical in (LEVELS[group.order.family][0], 45)
