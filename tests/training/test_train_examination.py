"""The examination: what it counts, and that it is the model that is examined."""

import pytest

torch = pytest.importorskip("torch", reason="needs handeye[train]")
pytest.importorskip("transformers", reason="needs handeye[train]")

import handeye.training.examination as examination
from handeye.errors import RunError
from handeye.rose.questions import BY_KEY
from handeye.training.architecture import build
from handeye.training.examination import averages, examine, load_model, record


@pytest.fixture(scope="module")
def built():
    torch.set_num_threads(1)
    model, processor = build("tiny", 1)
    return model.eval(), processor


def test_every_template_and_side_has_a_mark(built):
    done = []
    marks = examine(*built, seed=1, scenes=2, progress=lambda *at: done.append(at))
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
    marks = examine(*built, seed=1, scenes=12)
    assert all(m.passed == 1 and m.blind == 0 for m in marks)
    assert averages(marks, "seen") == (1, 1)
    # "Nothing there" is right for a share of the regional questions, never for the whole grid.
    chance = {m.template: m.chance for m in marks if m.split == "seen"}
    assert chance["T3"] > 0
    assert chance["T1B"] < 0.2
    assert record(marks, 1, 12)["averages"]["unseen"]["gap"] == 0


def test_a_folder_without_a_model_is_named(tmp_path):
    with pytest.raises(RunError, match="no trained model"):
        load_model(tmp_path)
