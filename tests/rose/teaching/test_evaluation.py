"""The examination: what it counts, and that it is the model that is examined."""

import pytest

torch = pytest.importorskip("torch", reason="needs handeye[train]")
pytest.importorskip("transformers", reason="needs handeye[train]")

import handeye.rose.teaching.evaluation as examination
from handeye.errors import RunError
from handeye.rose.questions import BY_KEY
from handeye.rose.release import load
from handeye.rose.scenes.generation import generate
from handeye.rose.teaching.art import HELD_OUT
from handeye.rose.teaching.evaluation import averages, examine, record
from handeye.rose.teaching.papers import own_papers, set_papers, split_of
from handeye.rose.teaching.words import phrases
from handeye.training.architecture import build
from handeye.training.asking import load_model


@pytest.fixture(scope="module")
def built():
    torch.set_num_threads(1)
    model, processor = build("tiny", 1, phrases())
    return model.eval(), processor


def test_every_template_and_side_has_a_mark(built):
    done = []
    marks = examine(*built, own_papers(1, 2), lambda *at: done.append(at))
    assert done == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert [(m.split, m.template) for m in marks] == [
        (split, key) for split in ("seen", "unseen") for key in BY_KEY
    ]
    assert all(m.items == 2 for m in marks)
    # Random weights do not hit on the grammar.
    assert all(m.passed == m.blind == 0 for m in marks)
    assert all(0 <= m.low <= m.passed <= m.high <= 1 for m in marks)


def test_sight_and_blindness_are_told_apart(built, monkeypatch):
    """A respondent that knows the answers when it sees a picture, and none when it is white."""

    def oracle(model, processor, pixels, questions):
        return [q.answer if (pixels < 255).any() else "" for q in questions]

    monkeypatch.setattr(examination, "answers", oracle)
    marks = examine(*built, own_papers(1, 12))
    assert all(m.passed == 1 and m.blind == 0 for m in marks)
    assert averages(marks, "seen") == (1, 1)
    # "Nothing there" is right for a share of the regional questions, never for the whole grid.
    chance = {m.template: m.chance for m in marks if m.split == "seen"}
    assert chance["T3"] > 0
    assert chance["T1B"] < 0.2
    found = record(marks, scenes=12)
    assert found["averages"]["unseen"]["gap"] == 0
    assert found["scenes"] == 12


def test_a_set_is_asked_as_it_is(built, monkeypatch, tmp_path):
    """Its own questions about its own pictures; art is told apart by the names of its pairs."""
    data = generate(
        tmp_path / "set", seed=2, scenes=8, sources="pixel-content", grid="2:4", workers=1
    )
    items = load(data)
    gold = {(item.prompt_local, item.image): item.ground_truth_formal_answer for item in items}
    sizes = {item.image: (item.image_height, item.image_width, 3) for item in items}
    shown = set()

    def oracle(model, processor, pixels, questions):
        if (pixels == 255).all():
            return ["" for _ in questions]
        shown.add(pixels.shape)
        assert all(q.answer in gold.values() for q in questions)
        return [q.answer for q in questions]

    monkeypatch.setattr(examination, "answers", oracle)
    marks = examine(*built, set_papers(data))
    assert shown == set(sizes.values())
    assert sum(mark.items for mark in marks) == len(items)
    assert all(mark.passed == 1 and mark.blind == 0 for mark in marks)
    plans = {item.pair_key.partition("-")[0]: split_of(item) for item in items}
    assert plans == {name: "unseen" if name in HELD_OUT else "seen" for name in plans}
    assert len(set(plans.values())) == 2


def test_averages_need_every_template(built):
    marks = examine(*built, own_papers(1, 1))
    assert averages(marks, "seen") is not None
    assert averages([mark for mark in marks if mark.template != "T4"], "seen") is None


def test_a_folder_without_a_model_is_named(tmp_path):
    with pytest.raises(RunError, match="no trained model"):
        load_model(tmp_path)
