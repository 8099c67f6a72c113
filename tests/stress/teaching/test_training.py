"""`handeye train stress` end to end on its tiny preset, and a model of it asked and captured."""

import json

import pytest

for name in ("torch", "transformers", "accelerate"):
    pytest.importorskip(name, reason="needs handeye[train]")

from typer.testing import CliRunner

from handeye.cli import app
from handeye.errors import OptionError, RunError
from handeye.models.registry import make_respondent
from handeye.stress.items import BY_DEFAULT
from handeye.stress.scenes.generation import generate
from handeye.stress.scenes.looking import answer
from handeye.stress.teaching.evaluation import examine, record
from handeye.stress.teaching.lesson import RECIPES, StressLesson
from handeye.training.training_run import CARD, steps_done, train


def run(*words):
    return CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    out = tmp_path_factory.mktemp("stress") / "model"
    told = run("train", "stress", "--out", out, "--seed", 1, "--preset", "tiny")
    assert told.exit_code == 0, told.output
    assert "Pairs above 0" in told.output
    return out


def test_it_is_trained_and_examined(model, tmp_path):
    card = json.loads((model / CARD).read_text())
    assert (card["suite"], card["recipe"]["cue_truth"]) == ("stress", 0.8)
    assert card["supervision"] == "patches and answers"
    assert card["data"]["questions_answered_in_training"] == 5 * 8 * 4
    found = json.loads((model / "examination.json").read_text())
    assert [mark["family"] for mark in found["marks"]] == [*BY_DEFAULT] * 2
    again = run("train", "examine", model, "--scenes", 1, "--json", tmp_path / "found.json")
    assert again.exit_code == 0, again.output
    assert len(json.loads((tmp_path / "found.json").read_text())["marks"]) == 2
    with pytest.raises(OptionError, match="handeye run stress"):
        StressLesson().examine(None, None, seed=0, scenes=1, data=tmp_path)


def test_another_training_and_a_share_out_of_range_are_refused(model, tmp_path):
    words = ("train", "stress", "--seed", 1, "--preset", "tiny", "--out")
    with pytest.raises(RunError, match="another seed or recipe"):
        run(*words, model, "--cue-truth", 0.5)
    with pytest.raises(OptionError, match=r"cue_truth must lie in 0\.\.1"):
        run(*words, tmp_path / "no", "--cue-truth", 2)
    with pytest.raises(OptionError, match="supervision is 'answer'"):
        run(*words, tmp_path / "no", "--supervision", "answer")
    assert not (tmp_path / "no").exists()


def test_a_training_that_was_stopped_comes_to_the_same_weights(tmp_path):
    class StopError(Exception):
        pass

    def stop(step, steps, losses):
        if step == 6:
            raise StopError

    lesson, whole, broken = StressLesson(), tmp_path / "whole", tmp_path / "broken"
    train(lesson, whole, RECIPES["tiny"], 4)
    with pytest.raises(StopError):
        train(lesson, broken, RECIPES["tiny"], 4, stop)
    assert steps_done(broken) == 4
    train(lesson, broken, RECIPES["tiny"], 4)
    one, other = ((out / "model.safetensors").read_bytes() for out in (whole, broken))
    assert one == other
    assert json.loads((broken / CARD).read_text())["resumed"] is True


def test_who_looks_tells_pairs_and_who_follows_cues_tells_none(monkeypatch):
    def looking(model, processor, pixels, questions):
        # The plain question comes first; what is right does not hang on the words beside it.
        right = answer(questions[0].item.question, pixels) == questions[0].item.gold
        return [q.answer if right else "?" for q in questions]

    def following(model, processor, pixels, questions):
        said = [q.item.cue_value or q.item.values[0] for q in questions]
        return [
            value if q.form == "free" else "ABCD"[q.order.index(q.item.options.index(value))]
            for q, value in zip(questions, said, strict=True)
        ]

    def found(respondent):
        monkeypatch.setattr("handeye.stress.teaching.evaluation.answers", respondent)
        return record(examine(None, None, 5, 12))

    for mark in found(looking)["marks"]:
        assert mark["pairs"] == mark["plain"] == mark["true_cue"] == mark["false_cue"] == 1
    blind = found(following)
    for mark in blind["marks"]:
        assert (mark["pairs"], mark["plain"]) == (0, 0.5)
        assert (mark["true_cue"], mark["false_cue"]) == (1, 0)
    assert blind["seen"] == {"free": [], "letters": []}


def test_it_is_run_about_a_set_and_its_states_are_captured(model, tmp_path):
    data = generate(tmp_path / "set", seed=3, groups=1, families="count", cues="none",
                    level=1, workers=1)  # fmt: skip
    ask = ("--model", "handeye/stress-small", "-M", f"path={model}", "--data", data)
    told = run("run", "stress", *ask, "--form", "letters", "--out", tmp_path / "run")
    assert told.exit_code == 0, told.output
    rows = (tmp_path / "run" / "predictions.jsonl").read_text().splitlines()
    assert len(rows) == 2
    assert all("letters" in json.loads(row) for row in rows)
    told = run("states", "capture", "stress", *ask, "--form", "letters", "--sites", "targets",
               "--out", tmp_path / "states")  # fmt: skip
    assert told.exit_code == 0, told.output
    assert json.loads((tmp_path / "states" / "capture.json").read_text())


def test_where_none_ships_it_is_told_how_to_train_one(monkeypatch, tmp_path):
    monkeypatch.setattr("handeye.respondents.local.shipped._FOLDERS", tmp_path)
    with pytest.raises(RunError, match=r"handeye train stress .* -M path=DIR"):
        make_respondent("stress-small", {})
