"""Answers to rows: roles by the order shown, strict and lenient, states, what ablations leave."""

from __future__ import annotations

from typing import Any

import pytest

from handeye.errors import DataError
from handeye.premise.items import AUDIO_FALSE, LETTERS, VISION_FALSE, Item
from handeye.premise.scoring.file_scoring import score
from handeye.premise.scoring.predictions import ABLATIONS, of_row, removed
from handeye.premise.scoring.score import ScoreRow, gold_of
from handeye.premise.scoring.siblings import Siblings
from tests.support import premise as made

ITEMS = made.families(12)
BY_ID = {item.item_id: item for item in ITEMS}
V0 = BY_ID["f000-00-v0"]


def rows_of(item: Item, **row: Any) -> ScoreRow:
    given = {"item_id": item.item_id, **row}
    return score([given], [item], bootstrap=0).rows[0]


def letter(item: Item, role: int) -> str:
    return LETTERS[item.order.index(role)]


@pytest.mark.parametrize("item", ITEMS[:19], ids=lambda item: item.item_id)
def test_a_letter_is_the_role_that_stood_there(item: Item) -> None:
    for role in range(6):
        row = rows_of(item, raw_text=letter(item, role))
        assert (row.role, row.letter) == (role, letter(item, role))
        assert row.right == (role == item.gold)
        assert row.told == ((role >= VISION_FALSE) == (item.gold >= VISION_FALSE))
        wanted = {VISION_FALSE: "vision", AUDIO_FALSE: "audio"}.get(role, "accepts")
        assert row.decision == row.lenient_decision == wanted


def test_the_order_that_was_shown_counts() -> None:
    shown = list(reversed(V0.order))
    row = rows_of(V0, raw_text="A", order=shown)
    assert row.role == shown[0]
    assert row.order == "".join(map(str, shown))
    with pytest.raises(DataError, match="not each of the roles 0 to 5 once"):
        rows_of(V0, raw_text="A", order=[0, 0, 1, 2, 3, 4])


def test_another_form_is_unreadable_and_counted_leniently() -> None:
    right = letter(V0, V0.gold)
    for text in (f"I think the answer is {right}, clearly.", V0.options[V0.gold]):
        row = rows_of(V0, raw_text=text)
        assert (row.answer_state, row.decision, row.right, row.told) == ("unreadable",) * 2 + (0, 0)
        assert (row.lenient_role, row.lenient_right) == (V0.gold, 1)
    row = rows_of(V0, raw_text="It could be any of them.")
    assert (row.decision, row.lenient_decision, row.role) == ("unreadable", "unreadable", None)


@pytest.mark.parametrize(
    ("row", "state"),
    [
        ({"raw_text": None, "error": "timeout"}, "error"),
        ({"raw_text": None}, "error"),
        ({"raw_text": " "}, "empty"),
        ({"raw_text": "no", "state": "refused"}, "refused"),
        ({"raw_text": "Let me see whether", "state": "truncated"}, "truncated"),
    ],
)
def test_no_answer_is_a_state_and_wrong(row: dict[str, Any], state: str) -> None:
    found = rows_of(V0, **row)
    assert (found.answer_state, found.decision, found.right) == (state, "none", 0)


def test_what_is_whole_at_the_limit_is_an_answer() -> None:
    found = rows_of(V0, raw_text=letter(V0, V0.gold), state="truncated")
    assert (found.answer_state, found.right) == ("truncated", 1)


def test_true_and_false_have_no_role() -> None:
    false = BY_ID["f000-10-v0"]
    for item, text, right in ((V0, "TRUE", 1), (V0, "False.", 0), (false, "FALSE", 1)):
        row = rows_of(item, raw_text=text, variant="true-false",
                      letters={"TRUE": -0.2, "FALSE": -1.7}, letters_bound=-9.0)  # fmt: skip
        assert (row.right, row.told, row.role, row.letter) == (right, right, None, None)
        assert row.s == pytest.approx(-1.5)
    said = rows_of(false, raw_text="FALSE\nNothing red is there.", variant="true-false-explained")
    assert (said.decision, said.right) == ("rejects", 1)


def test_letters_behind_thoughts_are_marked() -> None:
    letters = dict.fromkeys(LETTERS, -1.8)
    plain = rows_of(V0, raw_text="A", letters=letters)
    told = rows_of(V0, raw_text="A", letters=letters, post_thought=True)
    thought = rows_of(V0, raw_text="<think>Hm.</think>A", letters=letters)
    assert [one.s_from for one in (plain, told, thought)] == ["letters"] + ["post-thought"] * 2


def test_repeated_answers_make_another_s() -> None:
    reject, accept = letter(V0, VISION_FALSE), letter(V0, 0)
    samples = [reject] * 14 + [accept] * 6 + ["no idea", None]
    row = rows_of(V0, raw_text=accept, samples=samples)
    assert (row.n_samples, row.n_rejected, row.s, row.decision) == (21, 14, None, "accepts")
    assert row.s_samples == pytest.approx(0.6592456)
    few = rows_of(V0, raw_text=accept, samples=samples[:5])
    assert few.s_samples is None


def test_an_answer_about_another_clip_is_refused() -> None:
    item = made.replace_item(V0, sha256={"videos/x.mp4": "ab" * 32})
    assert rows_of(item, raw_text="A", media_sha256="AB" * 32).letter == "A"
    with pytest.raises(DataError, match="another clip"):
        rows_of(item, raw_text="A", media_sha256="cd" * 32)
    # With other media on purpose, or none, it is what was asked.
    assert rows_of(item, raw_text="A", media_sha256="cd" * 32, ablation="swap").letter == "A"
    assert rows_of(item, raw_text=None, error="gone", media_sha256="cd" * 32).letter is None


def test_what_ablations_leave_to_be_right() -> None:
    both, audio, false = BY_ID["f000-00-b"], BY_ID["f000-00-a0"], BY_ID["f000-10-v0"]
    for ablation in ABLATIONS:
        gone = removed(ablation)
        if ablation == "swap":
            wanted: list[int | None] = [VISION_FALSE, AUDIO_FALSE, None, VISION_FALSE]
        else:
            wanted = [
                None if gone.intersection(senses) else item.gold
                for item, senses in (
                    (V0, {"vision"}), (audio, {"audio"}), (both, {"vision", "audio"}),
                    (false, {"vision"}),
                )
            ]  # fmt: skip
        assert [gold_of(one, ablation) for one in (V0, audio, both, false)] == wanted, ablation
    row = rows_of(V0, raw_text=letter(V0, VISION_FALSE), ablation="swap")
    assert (row.cell, row.right, row.premise) == ("mis_v", 1, "standard")
    row = rows_of(V0, raw_text=letter(V0, V0.gold), ablation="blank-vision")
    assert (row.cell, row.gold, row.right, row.told) == ("std_v", None, 0, 0)


def test_rows_of_no_answer_or_with_impossible_letters_are_refused() -> None:
    with pytest.raises(DataError, match="log-probabilities"):
        of_row({"item_id": "x", "letters": {"A": 0.7}}, "row 1")
    with pytest.raises(DataError, match="state 'unsure' is not known"):
        of_row({"item_id": "x", "state": "unsure"}, "row 1")
    first, *others = made.Sim(made.right).rows(ITEMS[:19])
    with pytest.raises(DataError, match="several kinds"):
        score([first | {"variant": "check-first"}, *others], ITEMS[:19], bootstrap=0)


# ---- siblings


def test_siblings_differ_in_what_is_asked_about_and_in_nothing_else() -> None:
    rows = score(made.Sim(made.right).rows(ITEMS), ITEMS, bootstrap=0).rows
    found = Siblings(rows)
    # Of a prompt two pairs, of a family four prompts.
    assert len(found.siblings) == len(found.crossed) == 12 * 4 * 2
    for true, false in found.siblings:
        one, two = rows[true], rows[false]
        assert one.prompt_id == two.prompt_id
        assert (one.gold or 0) < VISION_FALSE <= (two.gold or 0)
        (seen, heard), (also_seen, also_heard) = one.clip_id[-2:], two.clip_id[-2:]
        assert (seen != also_seen, heard != also_heard) == (
            (True, False) if one.modality == "vision" else (False, True)
        )
    for first, second in found.crossed:
        one, two = rows[first], rows[second]
        assert (one.prompt_id, one.gold) == (two.prompt_id, two.gold)
        assert one.clip_id != two.clip_id
    assert len(found.repeated) == 12 * (4 * 6 + 3)


@pytest.mark.parametrize("sense", ["vision", "audio"])
def test_siblings_are_the_same_where_questions_of_one_sense_alone_are_asked(sense: str) -> None:
    """The set tells which clip is which, whatever is asked about it."""
    every = made.generated(4)
    items = [item for item in every if item.modality == sense]

    def pairs(asked: list[Item]) -> list[set[tuple[str, ...]]]:
        rows = score(made.Sim(made.right).rows(asked), asked, bootstrap=0).rows
        found = Siblings(rows)
        return [
            {
                tuple(rows[k].item_id for k in pair)
                for pair in of
                if rows[pair.first].modality == sense
            }
            for of in (found.siblings, found.crossed)
        ]

    whole, alone = pairs(every), pairs(items)
    assert alone == whole
    assert [len(of) for of in alone] == [4 * 2 * 2] * 2


def test_without_families_a_true_and_a_false_premise_about_a_clip_are_siblings() -> None:
    items = made.published(5)
    rows = score(made.Sim(made.right).rows(items), items, bootstrap=0).rows
    found = Siblings(rows)
    assert not found.families
    assert (len(found.siblings), found.crossed, found.repeated) == (10, [], [])
    assert {rows[p.first].clip_id == rows[p.second].clip_id for p in found.siblings} == {True}
