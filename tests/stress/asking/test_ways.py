"""Four ways to put a question: as it is, with a detector, in steps, in the written form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import inspect_ai
import pytest
from PIL import Image

from handeye.errors import DataError, OptionError, RunError
from handeye.rewards.written import tagged
from handeye.run.dry_run import dry_run
from handeye.run.questions import Question
from handeye.stress.asking.prompts import read_prompt
from handeye.stress.asking.questions import Asking
from handeye.stress.asking.run import job, make_options, run_stress
from handeye.stress.asking.task import stress
from handeye.stress.items import Item
from handeye.stress.loader import load
from handeye.stress.rewarded import rewarded
from handeye.stress.scoring.file_scoring import score, score_files, score_so_far
from handeye.stress.scoring.predictions import WAYS


def questions(data: Path, **how: Any) -> list[Question]:
    return list(Asking(**how).fitted("openai/x").questions(load(data)))


def words(question: Question) -> str:
    (message,) = question.write().messages
    return message.content[1].text  # type: ignore[union-attr]


def rows(out: Path) -> dict[str, dict[str, Any]]:
    found = [json.loads(line) for line in (out / "predictions.jsonl").read_bytes().splitlines()]
    return {row["item_id"]: row for row in found}


@pytest.mark.parametrize("form", ["free", "letters"])
@pytest.mark.parametrize("way", WAYS)
def test_who_looks_is_right_in_every_way(way: str, form: str, data: Path, tmp_path: Path) -> None:
    out = run_stress(
        "handeye/stress-oracle", data, tmp_path / "run", way=way, form=form, progress=False,
        groups=1,
    )  # fmt: skip
    head = json.loads((out / "summary.json").read_bytes())["bases"]["all"]["headline"]
    assert [head[name]["value"] for name in ("pst", "uncued", "misleading")] == [1.0] * 3
    told = json.loads((out / "run.json").read_bytes())
    assert told.get("way", "plain") == way
    assert ("marks" in told) is False
    calls = len((out / "answers.jsonl").read_bytes().splitlines())
    assert calls == len(rows(out)) * (3 if way == "agent" else 1)
    assert all(row.get("way", "plain") == way for row in rows(out).values())


def test_a_plain_question_is_asked_as_before(data: Path) -> None:
    plain, named = questions(data), questions(data, way="plain")
    assert [q.key("m", {}) for q in plain] == [q.key("m", {}) for q in named]
    assert not any({"way", "detector", "steps"} & set(q.identity) for q in plain)
    keys = {way: {q.key("m", {})[2] for q in questions(data, way=way)} for way in WAYS}
    assert len(set.union(*keys.values())) == sum(map(len, keys.values()))


def test_the_oracle_of_a_detector_tells_the_boxes_of_the_set(data: Path) -> None:
    items = load(data)
    for item, question in zip(items, questions(data, way="detector"), strict=True):
        found, _, rest = words(question).partition("\n\n")
        assert rest == Asking().prompt(item)
        head, *lines = found.split("\n")
        assert "An object detector was run" in head
        things = items.picture(item).objects
        assert lines == [
            f"- {name}: {box}"
            for *_, name, box in sorted(
                (*one["box"], one["name"], str(list(one["box"]))) for one in things if one["box"]
            )
        ]
        assert "detector_seconds" not in (question.write().note or {})
    assert questions(data, way="detector")[0].identity["detector"] == "oracle"
    with pytest.raises(OptionError, match="hangs on what a detector finds"):
        Asking(way="detector").prompt(items[0])


def test_any_function_detects(data: Path) -> None:
    seen: list[tuple[int, int]] = []

    def mine(picture: Image.Image) -> list[tuple[Any, ...]]:
        seen.append(picture.size)
        return [("cat", (1, 2.5, 3, 4), 0.871), ("a\nline", (0, 0, 1, 1))] if len(seen) < 2 else []

    asked = questions(data, way="detector", detector=mine)
    items = load(data)
    # Each picture once, however many questions there are about it.
    assert len(seen) == len({item.picture_id for item in items})
    assert set(seen) == {(336, 336)}
    found = words(asked[0]).partition("\n\n")[0].split("\n")[1:]
    assert found == ["- cat: [1, 2.5, 3, 4], score 0.87", "- a line: [0, 0, 1, 1]"]
    assert any("It found nothing." in words(one) for one in asked)
    note = asked[0].write().note or {}
    assert note["detector_seconds"] >= 0
    assert asked[0].identity["detector"].endswith("mine")

    for given in ([("cat",)], [("cat", (1, 2, 3))], [("cat", (1, 2, 3, float("nan")))], [3], 5):
        with pytest.raises(RunError, match=r"the detector .* (gave|failed)"):
            questions(data, way="detector", detector=lambda picture, given=given: given)


def test_what_does_not_go_together_is_refused(data: Path) -> None:
    for how, said in (
        ({"way": "swarm"}, "way is 'swarm'"),
        ({"way": "agent", "state_first": True}, "leave out state_first"),
        ({"way": "detector", "ablation": "grey"}, "leave out grey and swap"),
        ({"detector": print}, "for the way detector alone"),
        ({"way": "detector", "detector": "oracle"}, "must be a function of a picture, got str"),
    ):
        with pytest.raises(OptionError, match=said):
            Asking(**how)  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="tags of its own"):
        job(make_options("handeye/stress-oracle", data, "x", way="written", strip_thoughts=True))


def test_an_agent_takes_three_turns_of_one_conversation(data: Path, tmp_path: Path) -> None:
    seen: list[tuple[int, str]] = []

    def model(pictures: Any, prompt: str, history: Any) -> str:
        seen.append((len(history), prompt))
        asked = read_prompt(prompt)
        assert asked is not None
        assert asked.early == (len(history) < 2)
        return f"step {len(history) + 1}"

    out = tmp_path / "run"
    run_stress(model, data, out, way="agent", groups=1, cues="none", progress=False)
    (item, other) = load(data, groups=1, cues=())
    plain = Asking().prompt(item)
    assert plain == Asking().prompt(other)
    assert [number for number, _ in sorted(seen)] == [0, 0, 1, 1, 2, 2]
    first, check, last = (sorted(seen)[place][1] for place in (0, 2, 4))
    assert item.question in first
    assert "Do not answer yet" in first
    assert "check each point" in check
    assert last.endswith(plain)
    row = rows(out)[item.item_id]
    assert (row["turns"], row["raw_text"]) == (["step 1", "step 2"], "step 3")
    # A run that is not finished tells of whole conversations alone.
    lines = (out / "answers.jsonl").read_bytes().splitlines(keepends=True)
    (out / "run.json").unlink()
    (out / "summary.json").unlink()
    (out / "answers.jsonl").write_bytes(b"".join(lines[:5]))
    assert score_so_far(out, tmp_path / "aside").summary.n_items == 1


def test_an_agent_that_says_nothing_or_refuses_is_asked_no_further(
    data: Path, tmp_path: Path
) -> None:
    said = iter(["", "I'm sorry, but I can't help with that."])
    out = tmp_path / "run"
    run_stress(
        lambda pictures, prompt: next(said), data, out, way="agent", groups=1, cues="none",
        progress=False,
    )  # fmt: skip
    assert sorted(row["state"] for row in rows(out).values()) == ["empty", "refused"]
    assert json.loads((out / "summary.json").read_bytes())["states"]["empty"] == 1


def test_the_letters_of_an_agent_are_those_of_its_last_turn(data: Path) -> None:
    asking = Asking(way="agent", form="letters", letters=True)
    first = next(iter(asking.questions(load(data))))
    assert (first.config, first.letters) == (None, ())
    from handeye.run.answers import Answer

    def said(text: str) -> Answer:
        return Answer(item_id="i", model="m", request="r", state="answered", raw_text=text)

    second = asking.follow_up(first, said("one"))
    assert second is not None
    assert (second.config, second.letters) == (None, ())
    third = asking.follow_up(second, said("two"))
    assert third is not None
    assert third.config is not None
    assert third.letters == tuple("ABCD"[: len(third.identity["order"])])
    assert third.turns[::2] == ("one", "two")
    assert asking.follow_up(third, said("three")) is None


def test_the_written_way_asks_in_the_words_of_rewards(data: Path) -> None:
    items = load(data)
    prompts = {task.item_id: task.prompt for task in rewarded(items)}
    for question in questions(data, way="written"):
        assert words(question) == prompts[question.item_id]
        asked = read_prompt(words(question))
        assert asked is not None
        assert asked.written


def scored(item: Item, text: str) -> tuple[str, int, int]:
    found = score([{"item_id": item.item_id, "raw_text": text, "way": "written"}], [item])
    (row,) = found.rows
    return row.answer_state, row.right, row.lenient_right


def test_of_the_written_form_the_answer_is_scored(data: Path) -> None:
    item = next(item for item in load(data) if item.family == "attribute")
    gold, wrong = item.gold, item.values[1 - item.values.index(item.gold)]
    assert scored(item, tagged(f"star colour={wrong}", gold)) == ("answered", 1, 1)
    assert scored(item, tagged(f"star colour={gold}", wrong)) == ("answered", 0, 0)
    assert scored(item, tagged("", f"I think it is {gold}.")) == ("unreadable", 0, 1)
    # Without its tags, or with some of them, it is no answer; what is meant is read leniently.
    assert scored(item, gold) == ("unreadable", 0, 1)
    assert scored(item, f"<recognition> x </recognition> <answer> {gold}") == ("unreadable", 0, 1)
    twice = tagged("", wrong) + tagged("", gold)
    assert scored(item, twice) == ("unreadable", 0, 1)


def test_ways_are_not_mixed_and_marks_of_the_form_stay(data: Path, tmp_path: Path) -> None:
    items = list(load(data))
    lines = [{"item_id": one.item_id, "raw_text": tagged("", one.gold), "way": "written"}
             for one in items]  # fmt: skip
    file = tmp_path / "predictions.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    head = score_files(file, data, tmp_path / "run").summary["bases"]["all"]["headline"]
    assert head["pst"]["value"] == 1
    with pytest.raises(OptionError, match="tags of its own"):
        score_files(file, data, tmp_path / "run2", strip_thoughts=True)
    mixed = [lines[0] | {"way": "agent"}, *lines[1:]]
    file.write_text("".join(json.dumps(line) + "\n" for line in mixed))
    with pytest.raises(DataError, match="several kinds"):
        score_files(file, data, tmp_path / "run2")
    assert not (tmp_path / "run2").exists()


def test_a_dry_run_counts_all_turns(data: Path, tmp_path: Path) -> None:
    counts = {
        way: dry_run(job(make_options("openai/gpt-5.5", data, tmp_path / way, way=way)))
        for way in WAYS
    }
    items = len(load(data))
    assert {way: one.requests for way, one in counts.items()} == {
        "plain": items, "detector": items, "agent": 3 * items, "written": items,
    }  # fmt: skip
    assert counts["detector"].text_tokens > counts["plain"].text_tokens
    assert counts["written"].answer_tokens > counts["plain"].answer_tokens


def test_inspect_asks_in_the_same_ways(data: Path, tmp_path: Path) -> None:
    for way in ("agent", "written"):
        (log,) = inspect_ai.eval(
            stress(str(data), way=way, groups=1),
            model="handeye/stress-oracle",
            log_dir=str(tmp_path / way),
            display="none",
        )
        assert log.status == "success"
        assert log.samples
        value = log.samples[0].scores["stress"].value  # type: ignore[index]
        assert value["uncued"] == value["pairs"] == 1  # type: ignore[index,call-overload]
        told = score_files(Path(log.location), data, tmp_path / f"scored-{way}").summary
        assert told["bases"]["all"]["headline"]["pst"]["value"] == 1
