"""What is taught about clips: pure functions of a number, in the words that a run sends."""

import pytest

pytest.importorskip("torch", reason="needs handeye[train]")
pytest.importorskip("transformers", reason="needs handeye[train]")

from dataclasses import replace

import numpy as np

from handeye.premise.scenes.plan import KINDS, SENSES
from handeye.premise.scoring.reading import read
from handeye.premise.teaching.lesson import PremiseLesson
from handeye.premise.teaching.recipe import RECIPES
from handeye.premise.teaching.scenes import LABELS, draw_half, examined_clip, held_out
from handeye.premise.teaching.tile import SIDE, tile
from handeye.premise.teaching.words import CLAIMS, phrases
from handeye.sets.draw import Draw
from handeye.training.architecture import build_processor, shape_of
from handeye.training.lesson import IGNORED
from handeye.training.packing import Packer
from handeye.training.words import END, build_tokenizer

TINY = RECIPES["tiny"]


def _clips(wanted=range(20)):
    return [PremiseLesson().example(TINY, 3, number) for number in wanted]


def test_a_clip_is_a_function_of_seed_and_number():
    first, again, other = (PremiseLesson().example(TINY, seed, 5) for seed in (1, 1, 2))
    assert np.array_equal(first.pixels, again.pixels)
    assert [q.text for q in first.questions] == [q.text for q in again.questions]
    assert not np.array_equal(first.pixels, other.pixels)
    assert first.pixels.shape == (SIDE, SIDE, 3)


@pytest.mark.parametrize("sense", SENSES)
def test_every_claim_has_its_words(sense):
    """The tables of claims are those of the kinds: none is missing, none is too many for draws."""
    assert list(CLAIMS[sense]) == list(KINDS[sense])
    for name, kind in KINDS[sense].items():
        drawn = {
            kind.clause(detail)
            for number in range(60)
            for detail in kind.draw(Draw(number, name), kind.levels[number % len(kind.levels)])
        }
        assert drawn <= set(CLAIMS[sense][name])
        if len(CLAIMS[sense][name]) < 8:
            assert drawn == set(CLAIMS[sense][name])


def test_a_question_is_a_handful_of_tokens_and_right_answers_are_read_as_such():
    tokenizer = build_tokenizer(phrases())
    for clip in (*_clips(range(0, 60, 7)), examined_clip(1, "seen", 3)):
        for question in clip.questions:
            ids = tokenizer(question.text, add_special_tokens=False)["input_ids"]
            assert tokenizer.decode(ids) == question.text
            assert len(ids) <= (8 if question.variant == "true-false" else 24)
            found = read(question.answer, question.item, question.variant, question.order)
            assert found.strict
            false = question.premise == "misleading"
            if question.variant == "true-false":
                assert (found.decision == "rejects") == false
            else:
                assert found.role == question.item.gold
                assert (found.role >= 4) == false


def test_asides_say_what_holds_where_it_is_said():
    """Each claim by the sense it is of; of six options the right one alone; at ends of tokens."""
    tokenizer = build_tokenizer(phrases())
    packer = Packer(build_processor(shape_of("tile-tiny"), tokenizer))
    for clip in (examined_clip(2, "seen", 4), *_clips([40, 47])):
        clip = replace(clip, questions=clip.questions[::-1])
        told = []
        for question in clip.questions:
            claims = question.asides[: len(question.claims)]
            for (end, word), (claim, _) in zip(claims, question.claims, strict=True):
                assert question.text[:end].lower().endswith(claim.lower())
                holds = any(half.claims[0] == claim for half in clip.halves.values())
                assert word == ("TRUE" if holds else "FALSE")
            options = [word for _, word in question.asides[len(claims) :]]
            if question.variant == "six":
                assert options.index("TRUE") == "ABCDEF".index(question.answer)
                assert options.count("FALSE") == 5
            told += [*(word for _, word in question.asides), question.answer + END]
        labels = packer.pack([clip])["labels"][0]
        assert tokenizer.decode(labels[labels != IGNORED]) == "".join(told)


def test_half_of_what_is_said_is_false_and_no_statement_tells_which():
    """In the examination each claim of a pair is said of a clip, one of them is so."""
    for number in range(12):
        clip = examined_clip(1, "unseen", number)
        for sense in SENSES:
            said = [q for q in clip.questions if q.sense == sense and q.variant == "true-false"]
            assert sorted(q.answer for q in said) == ["FALSE", "TRUE"]
            assert {q.item.statement[1:-1] for q in said} == {
                claim[1:] for claim in clip.halves[sense].claims
            }


def test_held_out_details_are_never_shown():
    for sense in SENSES:
        for name, kind in KINDS[sense].items():
            sides = set()
            for number in range(80):
                pair = kind.draw(Draw(number, name), kind.levels[0])
                sides |= {held_out(sense, name, detail) for detail in pair}
            assert sides == {True, False}, name
            for split in ("seen", "unseen"):
                half = draw_half(Draw(1, split), sense, [name], 1, split)
                assert half.kind == name


def test_false_premises_come_as_often_as_is_wanted():
    lesson, first = PremiseLesson(), TINY.looking_steps + TINY.truth_steps
    numbers = range(first * TINY.pictures, TINY.steps * TINY.pictures)
    for share in (0.0, 1.0):
        recipe = replace(TINY, false_share=share)
        six = [
            question.premise
            for number in numbers
            for question in lesson.example(recipe, 1, number).questions
            if question.variant == "six"
        ]
        assert set(six) == {"misleading" if share else "standard"}


def test_patches_tell_what_holds_and_each_sense_its_own_half():
    clip = _clips([0])[0]
    labels = clip.patch_labels(8).reshape(8, 8, len(LABELS))
    names = [label.name for label in LABELS]
    assert (labels[:, :4, names.index("heard")] == IGNORED).all()
    assert (labels[:, 4:, names.index("seen")] == IGNORED).all()
    assert len(np.unique(labels[:, :4, 0])) == 1
    for place, label in enumerate(LABELS):
        told = labels[..., place][labels[..., place] != IGNORED]
        assert ((told >= 0) & (told < label.choices)).all()


def test_what_is_not_there_is_white():
    clip = _clips([1])[0]
    assert (clip.blanked().pixels == 255).all()
    frames = np.full((3, 224, 224, 3), 9, np.uint8)
    samples = np.zeros((64_000, 2), np.int16)
    assert (tile(frames, None)[:, SIDE // 2 :] == 255).all()
    assert (tile(None, samples)[:, : SIDE // 2] == 255).all()
    assert (tile(frames, samples)[:, : SIDE // 2] == 9).all()
    assert (tile(frames, samples)[:, SIDE // 2 :] == (0, 0, 128)).all()


def test_left_and_right_are_told_apart():
    loud = np.zeros((64_000, 2), np.int16)
    loud[::2, 0] = 4000
    heard = tile(None, loud)[:, SIDE // 2 :].astype(int)
    assert heard[..., 0].sum() > heard[..., 1].sum() == 0
    assert heard[..., 2].min() == 128 < heard[..., 2].max()
