"""``handeye rewards``: rows of a set, and completions judged, as people type it."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from handeye.cli import main
from handeye.rewards.checking import share, within
from handeye.stress.scenes.generation import generate


def handeye(*words: object, code: int = 0, capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["handeye", *map(str, words)])
        patch.setenv("COLUMNS", "200")
        with pytest.raises(SystemExit) as ended:
            main()
    said = capsys.readouterr()
    assert (ended.value.code or 0) == code, said
    return said.out, said.err


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("rewards") / "set"
    return generate(out, seed=3, groups=3, families=("count", "size", "existence"),
                    cues=("hint",), level=1, size=112, workers=1)  # fmt: skip


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_rows_are_judged_right_by_their_own_completions(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "rows.jsonl"
    said, after = handeye("rewards", "rows", data, "--out", out, "--complete", capsys=capsys)
    rows = read(out)
    assert f"{len(rows)} rows for trl" in said
    assert "next: handeye rewards check" in after
    for row in rows:
        assert (data / row["images"][0]).is_file()
        assert row["prompt"][0]["content"].count("<recognition>") == 1
    found = json.loads(handeye("rewards", "check", out, "--json", capsys=capsys)[0])
    for name in ("outcome", "perception", "f1", "form"):
        assert found["rates"][name]["value"] == 1
        assert found["rates"][name]["low"] < 1
    # What a published protocol sees is another figure.
    assert found["rates"]["whole"]["value"] == 0
    assert found["rules"] == {}
    assert found["reward"] == pytest.approx(1.6)
    assert 0 < found["chance"]["outcome"]["value"] < 0.5
    again = tmp_path / "again.jsonl"
    handeye("rewards", "rows", data, "--out", again, "--complete", capsys=capsys)
    assert again.read_bytes() == out.read_bytes()


def test_sets_to_train_on_have_another_split(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train = generate(tmp_path / "set", seed=3, groups=1, families=("count",), size=112, workers=1,
                     split="train")  # fmt: skip
    words = ("rewards", "rows", train, "--out", tmp_path / "rows.jsonl")
    assert "rows for trl" in handeye(*words, capsys=capsys)[0]
    said = handeye(*words, "--split", "test", code=2, capsys=capsys)[1]
    assert "no split 'test' there; it has: train" in said


@pytest.mark.parametrize("layout", ["swift", "verl", "easyr1"])
def test_every_layout_is_read_back(
    layout: str, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, answers = tmp_path / "rows.jsonl", tmp_path / "answers.jsonl"
    handeye("rewards", "rows", data, "--out", out, "--layout", layout, capsys=capsys)
    rows = read(out)
    words = json.dumps(rows[0])
    assert words.count("<image>") == 1
    answers.write_text(
        "".join(json.dumps({"item_id": row["item_id"], "completion": "no"}) + "\n" for row in rows)
    )
    told = handeye("rewards", "check", answers, "--rows", out, "--json", capsys=capsys)[0]
    found = json.loads(told)
    assert found["completions"] == len(rows)
    assert found["rates"]["outcome"]["value"] == 0
    # An answer alone is right for a protocol without the form.
    assert 0 < found["rates"]["whole"]["value"] < 1
    assert {"text_outside", "missing_recognition"} <= set(found["rules"])


def test_text_only_rows_lead_from_facts_to_answers_and_to_not_knowing(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "rows.jsonl"
    handeye("rewards", "rows", data, "--out", out, "--complete", "--text-only", capsys=capsys)
    rows = read(out)
    blind = [row for row in rows if not row["images"]]
    kinds = Counter(row["item_id"].rpartition("-")[2] for row in blind)
    assert kinds["text"] == len(rows) - len(blind)
    assert 0 < kinds["untold"] <= kinds["text"]
    for row in blind:
        content = row["prompt"][0]["content"]
        assert "hint" not in content.casefold()
        untold = row["item_id"].endswith("untold")
        answer = row["completion"][0]["content"]
        assert answer == ("unknown" if untold else row["gold"])
    said = handeye("rewards", "rows", data, "--out", out, "--text-only", code=2, capsys=capsys)[1]
    assert "learned from and not rewarded" in said


def test_groups_scenes_and_rules_are_counted(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, answers, verdicts = (tmp_path / name for name in ("rows.jsonl", "a.jsonl", "v.jsonl"))
    handeye("rewards", "rows", data, "--out", out, "--complete", capsys=capsys)
    lines = []
    for number, row in enumerate(read(out)):
        right = row["completion"][0]["content"]
        false = right.replace(" </recognition>", "; moon </recognition>")
        group = [right, right, false, false] if number % 2 else [right] * 4
        lines += [{"item_id": row["item_id"], "completion": text} for text in group]
    answers.write_text("".join(json.dumps(line) + "\n" for line in lines))
    words = ("rewards", "check", answers, "--rows", out)
    found = json.loads(handeye(*words, "--json", capsys=capsys)[0])
    assert found["groups"]["n"] == found["items"] == len(lines) // 4
    still = found["groups"]["zero_variance"]
    assert still["outcome"]["value"] == 1
    assert 0.3 < still["perception"]["value"] < 0.7
    # One of the two never varies: that is no correlation of 0.
    assert found["groups"]["correlation"] is None
    assert found["rules"]["absent_thing"]["value"] == found["rules"]["unfounded_fact"]["value"]
    assert found["rates"]["perception"]["value"] == 1 - found["rules"]["absent_thing"]["value"]
    assert sum(found["seen"].values()) == found["completions"]
    said = handeye(*words, "--all", "--out", verdicts, capsys=capsys)[0]
    assert "a fact about a thing that the scene has not" in said
    assert f"{answers}:5: reward 1.60: no rule broken" in said
    assert f"{answers}:7: reward 1.00: unfounded_fact, absent_thing" in said
    row = read(verdicts)[6]
    assert row["broken"] == ["unfounded_fact", "absent_thing"]
    assert [fact["state"] for fact in row["facts"]][-1] == "unfounded"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"gold": "a", "completion": 3}', ":1: completion: expected a text or a list of messages"),
        ('{"gold": "a", "completions": "x"}', "did you mean completions?"),
        ('{"completion": "x"}', ":1: gold: missing"),
        ('{"completion": "x", "gold": "a", "facts": ["so nice a day"]}', ":1: facts: 'so nice"),
        ('{"completion": "x", "gold": 3}', ":1: Expected `str`, got `int` - at `$.gold`"),
        ('{"completion": "x", "ground_truth": "{}"}', "missing required field `gold`"),
        ('{"completion": "x", "ground_truth": [1]}', ":1: expected columns by name or as JSON"),
        ("[1]", ":1: not an object; expected one JSON object a line"),
        ("{", ":1: no JSON"),
        ("", "the file is empty"),
    ],
)
def test_what_is_wrong_with_a_file_is_told(
    line: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "c.jsonl"
    file.write_text(line)
    said = handeye("rewards", "check", file, code=2, capsys=capsys)[1]
    assert said.startswith("error: ")
    assert message in said


def test_other_files_are_not_overwritten(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, verdicts, thesis = (tmp_path / name for name in ("rows.jsonl", "v.jsonl", "thesis.tex"))
    thesis.write_text("precious")
    rows = ("rewards", "rows", data, "--complete", "--out")
    handeye(*rows, out, capsys=capsys)
    check = ("rewards", "check", out, "--out")
    for _ in range(2):
        handeye(*check, verdicts, capsys=capsys)
    kept = {one: one.read_bytes() for one in (out, verdicts, thesis)}
    for words in ((*rows, thesis), (*rows, verdicts), (*check, thesis), (*check, out)):
        said = handeye(*words, code=2, capsys=capsys)[1]
        assert f"{words[-1]}: is there and no document like this one" in said
    assert kept == {one: one.read_bytes() for one in tmp_path.iterdir()}


def test_other_mistakes_are_told(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "rows.jsonl"
    handeye("rewards", "rows", data, "--out", out, capsys=capsys)
    kept = out.read_bytes()
    said = handeye("rewards", "rows", data, "--out", out, "--layout", "tlr", code=2, capsys=capsys)
    assert "layout is 'tlr'; allowed: trl" in said[1]
    assert out.read_bytes() == kept, "what was there is not overwritten"
    answers = tmp_path / "a.jsonl"
    item = read(out)[0]["item_id"]
    answers.write_text(json.dumps({"item_id": f"{item}x", "completion": "x"}))
    said = handeye("rewards", "check", answers, "--rows", out, code=2, capsys=capsys)
    assert f"has no row '{item}x'; did you mean {item}?" in said[1]
    out.write_bytes(kept + kept)
    said = handeye("rewards", "check", answers, "--rows", out, code=2, capsys=capsys)
    assert "item_id: it is there twice" in said[1]


def test_intervals_know_scenes_and_correlations_know_groups() -> None:
    draw = np.random.default_rng(1)
    values = np.repeat((draw.random(40) < 0.5).astype(float), 8)
    alone = share(values, np.arange(320))
    together = share(values, np.repeat(np.arange(40), 8))
    assert alone.value == together.value
    assert together.high - together.low > 2 * (alone.high - alone.low)  # type: ignore[operator]
    # Rewards that go together over groups and not within them.
    level = np.repeat(draw.normal(size=200), 8)
    parts = np.stack([level + draw.normal(size=1600), level + draw.normal(size=1600)], 1)
    assert np.corrcoef(parts.T)[0, 1] > 0.3
    groups = [parts[at : at + 8] for at in range(0, 1600, 8)]
    found = within(groups)
    assert found is not None
    assert abs(found) < 0.1
    assert within([np.array([[1.0, 0.0], [1.0, 1.0]])]) is None
    assert within([]) is None
