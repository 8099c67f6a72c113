"""The grammar: cases in a data file (input beside expected output), round trip, never a crash."""

import json
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from handeye.answer_kinds.cells import read, score
from handeye.answer_kinds.clicks import MAX_DIGITS, Cell, parse
from handeye.answer_kinds.reading import Reading
from handeye.rose.questions import formal_answer

LINES = (Path(__file__).parent / "cases/clicks.jsonl").read_text("utf-8").splitlines()
CASES = [json.loads(line) for line in LINES]
MODES = st.sampled_from(["COUNT", "CLICK", "CLICK_COUNT"])
CELLS = st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)).map(lambda c: Cell(*c))
SPACE = st.text(" \t\r\n\u00a0\u3000\u2003\x1f", max_size=3)


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c['mode']}-{ascii(c['text'])[:40]}")
def test_case(case):
    parsed = parse(case["text"], case["mode"])
    assert parsed.parse_error == case["error"]
    assert parsed.format_valid == (case["error"] is None)
    assert list(parsed.invalid_action_tokens) == case.get("tokens", [])
    assert parsed.count == case.get("count")
    assert [list(cell) for cell in parsed.clicks] == case.get("clicks", [])
    assert parsed.submit == case.get("submit")


@given(st.one_of(st.none(), st.text(), st.text("CLICKROUNTSBMDE();, 019\n`")), MODES)
def test_any_text_parses(text, mode):
    parsed = parse(text, mode)
    assert parsed.format_valid == (parsed.parse_error is None)
    if mode != "CLICK_COUNT":
        assert parsed.submit is None
    if parsed.format_valid:
        assert not parsed.invalid_action_tokens
        assert (parsed.count is not None) == (mode == "COUNT")
        assert (parsed.submit is not None) == (mode == "CLICK_COUNT")


@given(st.lists(CELLS, max_size=6), MODES)
def test_a_formal_answer_comes_back(cells, mode):
    parsed = parse(formal_answer(mode, cells), mode)
    assert parsed.format_valid
    if mode == "COUNT":
        assert parsed.count == len(cells)
    else:
        assert list(parsed.clicks) == sorted(cells)
    if mode == "CLICK_COUNT":
        assert parsed.submit == len(cells)


@given(st.lists(CELLS, max_size=4), st.data(), st.sampled_from(["CLICK", "CLICK_COUNT"]))
def test_space_case_and_empty_parts_do_not_matter(cells, data, mode):
    def token(word):
        changed = "".join(data.draw(st.sampled_from([c.lower(), c.upper()])) for c in word)
        return data.draw(SPACE) + changed + data.draw(SPACE)

    text = ""
    for row, col in cells:
        for word in ("click", "(", "r", str(row), ",", "c", str(col), ")"):
            text += token(word)
        text += data.draw(st.sampled_from([";", ";;", "; ;"]))
    ending = ["done"] if mode == "CLICK" else ["submit", "(", "4", ")"]
    parsed = parse(text + "".join(map(token, ending)), mode)
    assert parsed.format_valid
    assert list(parsed.clicks) == cells


@pytest.mark.parametrize("zero", ["0", "\u0660"])
def test_numbers_without_limit(zero):
    long = "9" * (MAX_DIGITS + 1)
    assert parse(f"COUNT({long})", "COUNT").count == 10**MAX_DIGITS - 1
    assert parse(f"COUNT({zero * 5000}7)", "COUNT").count == 7
    assert parse(f"COUNT({zero * 5000})", "COUNT").count == 0
    exact = parse(f"COUNT({'9' * MAX_DIGITS})", "COUNT").count
    assert exact == 10**MAX_DIGITS - 1
    assert str(exact) == "9" * MAX_DIGITS
    clicks = parse(f"CLICK(R{long},C1); DONE", "CLICK").clicks
    assert len(str(clicks[0])) == MAX_DIGITS + len("R,C1")


def test_time_grows_with_the_length_only():
    text = "CLICK(" * 20_000 + " " * 200_000
    assert parse(text, "CLICK").parse_error == "missing_DONE"
    assert parse("CLICK(R1,C1);" * 50_000 + "DONE", "CLICK").format_valid


def test_unknown_mode():
    with pytest.raises(ValueError, match="mode must be COUNT, CLICK or CLICK_COUNT, got 'TYPE'"):
        parse("DONE", "TYPE")


@pytest.mark.parametrize(
    ("text", "cells", "strict"),
    [
        ("CLICK(R3,C1); click( R6 , C8 ); DONE", [(3, 1), (6, 8)], True),
        ("DONE", [], True),
        ("```\nCLICK(R3,C1); DONE\n```", [(3, 1)], False),
        ("The knife lies there.\nCLICK(R3,C1); CLICK(R6,C8)", [(3, 1), (6, 8)], False),
        ('[{"row": 3, "col": 1}]', [(3, 1)], False),
        ("ＣＬＩＣＫ(R３,C1); DONE", [(3, 1)], False),
        ("| row | column |\n|---|---|\n| 3 | 1 |", [(3, 1)], False),
        ("There is nothing to click.", [], False),
    ],
)
def test_cells_are_read_strictly_else_leniently(text, cells, strict):
    assert read(text) == Reading(tuple(Cell(*cell) for cell in cells), strict)


@pytest.mark.parametrize(
    "text",
    *[
        [
            "",
            "R3",
            "CLICK(R3,C1); DONE or CLICK(R6,C8); DONE",
            '{"clicks": [[3, 1], "x"]}',
            "{" * 9999,
        ]
    ],
)
def test_what_is_open_names_no_cells(text):
    assert read(text) is None


def test_examples_of_the_question_are_no_answer():
    shown = [{Cell(3, 1), Cell(6, 8)}]
    repeated = "CLICK(R3,C1); CLICK(R6,C8); DONE\nCLICK(R2,C2); DONE"
    assert read(repeated) is None
    assert read(repeated, shown) == Reading((Cell(2, 2),), False)


@given(st.lists(CELLS, max_size=5, unique=True), st.randoms())
def test_cells_are_right_once_each_in_any_order(cells, random):
    other = random.sample(cells, len(cells))
    found = read(formal_answer("CLICK", other))
    assert score(found, cells) == 1
    assert score(found, [*cells, Cell(10**7, 1)]) == 0
    assert score(Reading((*cells, *cells), True), cells) == (not cells)
    assert score(None, cells) == 0


@given(st.one_of(st.text(), st.text('CLICKRDONE();, 019\n`{}[]":')))
def test_any_text_has_cells_or_none(text):
    found = read(text)
    assert found is None or all(isinstance(cell, Cell) for cell in found.value)
