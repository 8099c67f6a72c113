"""Rows: what a file of them must have, what is held out, in what order the rest comes."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

pytest.importorskip("transformers", reason="needs handeye[train]")

from handeye.errors import DataError, OptionError
from handeye.training.rows import Material, Row, checked, held_out, order, phrases_of, read_rows
from handeye.training.small import made_up
from handeye.training.words import REPLY, build_tokenizer


def row(number: int, seen: bool = True) -> Row:
    images = (f"{number}.png",) if seen else ()
    return Row(
        f"i{number}", f"s{number // 2}", ({"role": "user", "content": "?"},), "a", images, None
    )


def written(folder: Path, *lines: object) -> Path:
    path = folder / "rows.jsonl"
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return path


# ---- files


def test_rows_of_a_file_are_prompts_with_what_is_right(tmp_path: Path) -> None:
    said = {"item_id": "a", "prompt": "How many?", "completion": "3", "gold": "3", "kind": "number"}
    talked = {
        "prompt": [{"role": "user", "content": "Which?"}],
        "completion": [{"role": "assistant", "content": "red"}],
        "images": ["x.png"],
    }
    parts = [{"type": "image"}, {"type": "text", "text": "Which?"}]
    placed = talked | {"prompt": [{"role": "user", "content": parts}]}
    one, two, three = read_rows(written(tmp_path, said, talked, placed))
    assert three.prompt == ({"role": "user", "content": parts},)
    assert one.prompt == ({"role": "user", "content": "How many?"},)
    assert one.truth is not None
    assert (one.completion, one.truth.gold, one.images, one.scene_id) == ("3", "3", (), "a")
    assert (two.completion, two.truth, two.images) == ("red", None, ("x.png",))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ({"completion": "x"}, "missing required field `prompt`"),
        ({"prompt": "x", "images": "x.png"}, r"\$.images"),
        ({"prompt": "x", "gold": 3}, r"\$.gold"),
        ({"prompt": []}, "prompt: expected a text or messages"),
        ({"prompt": [{"role": "alien", "content": "?"}]}, r"'alien' - at `\$.prompt\[0\].role`"),
        ({"prompt": [{"role": "user"}]}, "missing required field `content`"),
        (
            {"prompt": [{"role": "assistant", "content": "?"}], "images": ["x.png"]},
            "prompt: 0 places for 1 pictures",
        ),
        (
            {"prompt": [{"role": "user", "content": [{"type": "image"}, {"type": "image"}]}]},
            "prompt: 2 places for 0 pictures",
        ),
        ({"prompt": [{"role": "user", "content": [{"type": "video"}]}]}, "Invalid value 'video'"),
        ({"prompt": "x", "gold": "2", "facts": ["a", "is it"], "program": "count a"}, "facts: "),
        ([1], "Expected `object`"),
    ],
)
def test_what_is_wrong_in_a_row_is_told_with_its_line(
    tmp_path: Path, line: object, told: str
) -> None:
    with pytest.raises(DataError, match=rf"rows.jsonl:2: .*{told}"):
        read_rows(written(tmp_path, {"prompt": "fine"}, line))


def test_pictures_that_are_missing_are_told_before_anything_is_trained(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"item i0: its picture 0.png is not in .*data.pictures"):
        checked(Material((row(0),), tmp_path))
    with pytest.raises(DataError, match="no row"):
        checked(Material((), tmp_path))


# ---- what is held out


@given(st.integers(2, 60), st.floats(0.01, 0.5), st.randoms())
def test_scenes_are_held_out_whole_whatever_the_order_of_rows(n, share, random) -> None:
    rows = [row(number) for number in range(n * 2)]
    shown, back = held_out(rows, share)
    scenes = [{one.scene_id for one in part} for part in (shown, back)]
    assert not scenes[0] & scenes[1]
    assert len(scenes[1]) == max(1, round(share * n))
    random.shuffle(rows)
    assert {one.item_id for one in held_out(rows, share)[1]} == {one.item_id for one in back}


def test_nothing_may_be_held_out_but_not_everything() -> None:
    assert held_out([row(0)], 0) == ((row(0),), ())
    with pytest.raises(OptionError, match="held_out"):
        held_out([row(0), row(1)], 1.0)


# ---- order


@given(
    st.integers(1, 12), st.integers(0, 12), st.integers(1, 6), st.integers(1, 8),
    st.integers(0, 3), st.one_of(st.none(), st.floats(0, 1)),
)  # fmt: skip
def test_every_row_comes_before_one_comes_again(seen, told, steps, batch, seed, text) -> None:
    rows = [row(number, number < seen) for number in range(seen + told)]
    places = order(rows, steps, batch, seed, text)
    assert len(places) == steps * batch
    assert places == order(rows, steps, batch, seed, text)
    kinds = [range(seen), range(seen, seen + told)]
    for kind in kinds if text is not None and told else [range(seen + told)]:
        counts = Counter(place for place in places if place in kind)
        assert max(counts.values(), default=0) - min(map(counts.__getitem__, kind), default=0) <= 1
    if text is not None and told:
        for step in range(steps):
            part = places[step * batch : (step + 1) * batch]
            assert sum(place >= seen for place in part) == round(text * batch)


def test_a_seed_gives_another_order_and_longer_trainings_begin_alike() -> None:
    rows = [row(number) for number in range(40)]
    assert order(rows, 4, 8, 1) != order(rows, 4, 8, 2)
    assert order(rows, 9, 8, 1)[:32] == order(rows, 4, 8, 1)


# ---- words


def test_a_tokenizer_of_ours_reads_prompts_in_few_tokens(tmp_path: Path) -> None:
    rows = made_up(tmp_path, scenes=8).rows
    phrases = phrases_of(rows)
    tokenizer = build_tokenizer(phrases, REPLY)
    seen = [one for one in rows if one.images]
    lengths = [
        (
            len(tokenizer(one.prompt[0]["content"])["input_ids"]),
            len(tokenizer(one.completion)["input_ids"]),
        )
        for one in seen
    ]
    assert max(prompt for prompt, _ in lengths) < 40
    assert max(answer for _, answer in lengths) < 15
    # A word is the same token wherever it stands, so that what is asked and what is seen can meet.
    (box,) = tokenizer("box")["input_ids"]
    assert all(box in tokenizer(one.prompt[0]["content"])["input_ids"] for one in seen
               if one.truth.program == "colour of box")  # fmt: skip
    assert {"box", "bar", "red", "blue", "green"} <= set(phrases)
    # The written form is no special token of it.
    text = "<recognition> box </recognition> <answer> red </answer>"
    assert tokenizer.decode(tokenizer(text)["input_ids"], skip_special_tokens=True) == text


def test_trainings_on_other_rows_are_told_apart() -> None:
    one, other = Material((row(0), row(1)), Path()), Material((row(1), row(0)), Path())
    assert one.digest() != other.digest()
    assert one.digest() == Material((row(0), row(1)), Path("elsewhere")).digest()
