"""The forgiving reader: cases in a data file, and never another reading than the grammar's."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from handeye.answer_kinds.clicks import parse
from handeye.rose.diagnosis.lenient import answers, read
from handeye.rose.questions import PROMPT_GLOBAL, formal_answer
from handeye.rose.scene import Cell

LINES = (Path(__file__).parent / "cases/lenient.jsonl").read_text("utf-8").splitlines()
CASES = [json.loads(line) for line in LINES]
MODES = st.sampled_from(["COUNT", "CLICK", "CLICK_COUNT"])
CELLS = st.lists(
    st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)).map(lambda c: Cell(*c)), max_size=6
)
WRAPPED = (
    "```\n{}\n```",
    "~~~text\n{}\n~~~",
    "Here is my answer:\n{}",
    "I looked at every cell with care.\n\n{}\n\nThat is all I found.",
    "**{}**",
    "`{}`",
    "{}.",
    "<think>CLICK(R7,C7); COUNT(99)</think>\n{}",
    "Final answer: {}",
    "<answer>{}</answer>",
)


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c['mode']}-{ascii(c['text'])[:50]}")
def test_case(case):
    reading = read(case["text"], case["mode"])
    if case["reading"] is None:
        assert reading is None
        return
    assert reading is not None
    assert [list(cell) for cell in reading.clicks] == case["reading"]["clicks"]
    assert reading.number == case["reading"]["number"]
    assert reading.strict == parse(case["text"], case["mode"]).format_valid


@given(CELLS, MODES)
def test_a_strict_answer_is_read_as_the_grammar_reads_it(cells, mode):
    reading = read(formal_answer(mode, cells), mode)
    assert reading.strict
    parsed = parse(formal_answer(mode, cells), mode)
    assert reading.clicks == parsed.clicks
    assert reading.number == (parsed.count if mode == "COUNT" else parsed.submit)


@given(CELLS, MODES, st.sampled_from(WRAPPED))
def test_words_and_markup_around_a_strict_answer_change_nothing(cells, mode, around):
    text = formal_answer(mode, cells)
    strict, wrapped = read(text, mode), read(around.format(text), mode)
    assert wrapped is not None
    assert not wrapped.strict
    assert (wrapped.clicks, wrapped.number) == (strict.clicks, strict.number)


@given(CELLS.filter(bool), MODES.filter(lambda mode: mode != "COUNT"))
def test_a_strict_answer_without_its_end_keeps_its_clicks(cells, mode):
    text = formal_answer(mode, cells).rpartition("; ")[0]
    reading = read(text, mode)
    assert reading.clicks == tuple(sorted(cells))
    assert reading.number is None


SIGNS = ('""', "''", "“”", "„“", "«»", "‘’", "``")
SHAPES = {
    "objects": lambda cells: {"clicks": [{"row": r, "col": c} for r, c in cells]},
    "texts in objects": lambda cells: {
        "cells": [{"Row": f"{r}", "Column": f"{c}"} for r, c in cells]
    },
    "pairs": lambda cells: {"clicks": [[r, c] for r, c in cells]},
    "bare pairs": lambda cells: [[r, c] for r, c in cells],
    "names": lambda cells: {"clicks": [f"R{r},C{c}" for r, c in cells]},
    "calls": lambda cells: {"clicks": [f"CLICK(R{r},C{c})" for r, c in cells], "end": "DONE"},
    "typed": lambda cells: {
        "actions": [*({"type": "click", "row": r, "col": c} for r, c in cells), {"type": "done"}]
    },
    "numbered": lambda cells: {
        "clicks": {str(n): {"row": r, "col": c} for n, (r, c) in enumerate(cells, 1)}
    },
    "side by side": lambda cells: {"rows": [r for r, _ in cells], "cols": [c for _, c in cells]},
}
ECHOES = (
    "{}",
    "```json\n{}\n```",
    f"{PROMPT_GLOBAL}\n{{}}",
    f"{{}}\n\n{PROMPT_GLOBAL}",
    "CLICK(Rr,Cc); CLICK(Rr,Cc); ...; DONE\n{}",
    "<think>{{'row': 9}}</think>{}",
)


@given(
    CELLS.filter(bool),
    st.sampled_from([*SHAPES]),
    st.sampled_from(SIGNS),
    st.sampled_from(ECHOES),
    st.booleans(),
    st.booleans(),
)
def test_cells_in_any_dress_of_json_are_read_back(cells, shape, signs, around, wide, submits):
    value = SHAPES[shape](cells)
    if submits and isinstance(value, dict):
        value["submit"] = len(cells)
    quotes = iter(signs * (json.dumps(value).count('"') // 2))
    text = "".join(next(quotes) if sign == '"' else sign for sign in json.dumps(value))
    if wide:
        text = text.translate({ord(sign): ord(sign) + 0xFEE0 for sign in "0123456789,:[]{}"})
    reading = read(around.format(text), "CLICK_COUNT")
    assert reading is not None
    assert reading.clicks == tuple(cells)
    assert reading.number == (len(cells) if submits and isinstance(value, dict) else None)


@given(st.integers(0, 10**6), st.sampled_from(ECHOES), st.sampled_from(SIGNS), st.booleans())
def test_a_number_in_any_dress_is_read_back(number, around, signs, wide):
    left, right = signs
    for text in (
        f"{{{left}count{right}: {number}}}",
        f"{{{left}answer{right}: {left}{number}{right}}}",
        f"[{{{left}total{right}: {number} /* in all */}}]",
        f"COUNT({left}{number}{right})",
        f"COUNT(n={number})",
        f"COUNT({number}) // of 64",
    ):
        written = text.translate({o: o + 0xFEE0 for o in range(48, 58)}) if wide else text
        reading = read(around.format(written), "COUNT")
        assert reading is not None, around.format(written)
        assert reading.number == number


@pytest.mark.parametrize("mode", ["COUNT", "CLICK", "CLICK_COUNT"])
def test_an_echo_of_the_question_is_no_answer(mode):
    for text in (
        PROMPT_GLOBAL,
        PROMPT_GLOBAL.split("\n\n", 1)[1],
        "CLICK(Rr,Cc); CLICK(Rr,Cc); ...; DONE",
        "COUNT(n)",
        "How many cells in row 5 differ from the majority? Answer only in the form COUNT(n).",
        "Click every cell in rows 3 to 4 that differs from the majority.",
        "For example: CLICK(R3,C1); CLICK(R6,C8); DONE",
    ):
        assert read(text, mode) is None, text
    # The example may be the answer.
    assert read("CLICK (R3,C1), CLICK (R6,C8), DONE", "CLICK").clicks == (Cell(3, 1), Cell(6, 8))


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("COUNT(3) or COUNT(4)", "COUNT"),
        ("COUNT(2-3)", "COUNT"),
        ('{"count": 3, "count": 4}', "COUNT"),
        ('{"count": 3, "total": 4}', "COUNT"),
        ('{"count": 3}\n{"count": 4}', "COUNT"),
        ("CLICK(R1,C1); DONE or CLICK(R2,C2); DONE", "CLICK"),
        ('{"x": 3, "y": 2}', "CLICK"),
        ('{"clicks": [[1, 2]], "count": 1, "count": 2}', "CLICK_COUNT"),
        ('{"clicks": [{"row": 1, "col": 2}, {"row": 3}]}', "CLICK"),
        ('{"clicks": ["R1,C1", "somewhere"]}', "CLICK"),
        ('{"clicks": [[1, 2]]} or {"clicks": [[3, 4]]}', "CLICK"),
    ],
)
def test_what_may_mean_two_things_is_not_read(text, mode):
    assert read(text, mode) is None


@given(st.one_of(st.none(), st.text(), st.text("CLICKROUNTSBMDE();, 019\n`")), MODES)
def test_any_text_is_read_or_not(text, mode):
    reading = read(text, mode)
    valid = parse(text, mode).format_valid
    assert (reading is not None and reading.strict) == valid
    if reading is not None:
        assert mode != "COUNT" or reading.number is not None
        assert mode == "COUNT" or all(isinstance(cell, Cell) for cell in reading.clicks)


def test_long_nonsense_comes_to_an_end():
    code = """
from handeye.rose.diagnosis.lenient import read
for piece in ("(", " ", "R1C1 ", "CLICK(R1,C1); ", "row ", "<think>", "1,", "```", "no "):
    for mode in ("COUNT", "CLICK", "CLICK_COUNT"):
        read(piece * 100_000 + "x", mode)
"""
    # Seconds where the time grows with the text; hours where it grows with its square.
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300)


def test_an_unknown_mode_is_refused():
    with pytest.raises(ValueError, match="mode must be"):
        read("DONE", "DRAG")


FORMS = """Answer forms:
(a) COUNT(n)
(b) CLICK(Rr,Cc); CLICK(Rr,Cc); ...; DONE
(c) CLICK(Rr,Cc); CLICK(Rr,Cc); ...; SUBMIT(n)

One example of each:
COUNT(4)
CLICK(R3,C1); CLICK(R6,C8); DONE
CLICK(R3,C1); CLICK(R6,C8); SUBMIT(2)
"""


@pytest.mark.parametrize("mode", ["COUNT", "CLICK", "CLICK_COUNT"])
def test_a_question_that_is_repeated_is_no_answer(mode: Any) -> None:
    asked = "How many cells in rows 3 through 5 differ? Answer only in the form COUNT(n)."
    assert read(FORMS, mode) is None
    assert read(asked, mode) is None
    assert read(FORMS + asked, mode) is None
    said = {"COUNT": "COUNT(7)", "CLICK": "CLICK(R2,C2); DONE"}.get(mode, "CLICK(R2,C2); SUBMIT(1)")
    for text in (f"{FORMS}{asked}\n{said}", f"The form COUNT(n) is asked for. {said}"):
        found = read(text, mode)
        assert found is not None
        assert (found.number, len(found.clicks)) == {
            "COUNT": (7, 0), "CLICK": (None, 1), "CLICK_COUNT": (1, 1)
        }[mode]  # fmt: skip


EXAMPLES = {
    "COUNT": "COUNT(4)",
    "CLICK": "CLICK(R3,C1); CLICK(R6,C8); DONE",
    "CLICK_COUNT": "CLICK(R3,C1); CLICK(R6,C8); SUBMIT(2)",
}
AROUND_EXAMPLES = (
    "{said}\n\n(Example: {example})",
    "{said}\n\n[e.g. {example}]",
    "{said}\n\n**Example of the answer**:\n`{example}`",
    "{said} (for example {example})",
    "{said}\n\nSuch as {example}.",
    "Answer: {said}\n\nAnswer forms:\n(a) COUNT(n)\n{count}\n{click}\n{submit}",
    "{said}\n\nAnswer forms:\n(a) {count}\n(b) {click}\n(c) {submit}",
    "{example}\n{said}",
    "Example: {example}\n{said}",
    "{count}\n{click}\n{submit}\n\n{said}",
    # Those of the release.
    "COUNT(3)\nCLICK(R2,C5); CLICK(R4,C7); DONE\nCLICK(R2,C5); CLICK(R4,C7); SUBMIT(2)\n\n{said}",
)


@given(
    st.lists(st.tuples(st.integers(1, 30), st.integers(1, 30)).map(lambda c: Cell(*c)), max_size=5),
    MODES,
    st.sampled_from(AROUND_EXAMPLES),
)
def test_an_example_of_the_question_is_not_the_answer(cells, mode, around):
    count, click, submit = EXAMPLES.values()
    text = formal_answer(mode, cells)
    strict = read(text, mode)
    found = read(
        around.format(said=text, example=EXAMPLES[mode], count=count, click=click, submit=submit),
        mode,
    )
    assert found is not None
    assert (found.clicks, found.number) == (strict.clicks, strict.number)
    assert not found.strict


@pytest.mark.parametrize(
    ("text", "mode", "number", "clicks"),
    [
        ("COUNT(3)\nCOUNT(7)", "COUNT", None, None),
        ("COUNT(3), COUNT(7)", "COUNT", None, None),
        ("COUNT(3)\n\nThe grid is large.\nCOUNT(7)", "COUNT", None, None),
        ("COUNT(3)\nCOUNT(4)", "COUNT", None, None),
        # The example in a line of its own, then an answer.
        ("COUNT(4)\nCOUNT(3)", "COUNT", 3, 0),
        ("COUNT(4)\n\nThe grid is large.\nCOUNT(3)", "COUNT", 3, 0),
        ("COUNT(4) is the example. COUNT(3)", "COUNT", 3, 0),
        ("COUNT(4) (example)\nCOUNT(3)", "COUNT", 3, 0),
        ("COUNT(4), COUNT(3)", "COUNT", None, None),
        ("COUNT(4) or COUNT(3)", "COUNT", None, None),
        ("None differ.", "COUNT", 0, 0),
        ("COUNT(3)\nCOUNT(3)", "COUNT", 3, 0),
        ("COUNT(3)\nWait, I missed one. COUNT(7)", "COUNT", 7, 0),
        ("I see three in row 1: COUNT(3) there, with the rest COUNT(7)", "COUNT", 7, 0),
        ("In the form asked for: COUNT(4)", "COUNT", 4, 0),
        ("CLICK(R1,C1); DONE\nCLICK(R2,C2); DONE", "CLICK", None, None),
        ("CLICK(R1,C1); DONE\nDONE", "CLICK", None, None),
        ("CLICK(R1,C1); DONE\nNo, nothing differs.\nDONE", "CLICK", None, 0),
        ("CLICK(R1,C1); DONE\nWait. Final answer:\nDONE", "CLICK", None, 0),
        ("DONE\nCLICK(R1,C1); DONE", "CLICK", None, None),
        ("CLICK(R1,C1); SUBMIT(1)\nSUBMIT(1)", "CLICK_COUNT", 1, 1),
        ("CLICK(R1,C1); SUBMIT(1)\nSUBMIT(0)", "CLICK_COUNT", None, None),
        ("CLICK(R1,C1); DONE\nSUBMIT(1)", "CLICK_COUNT", 1, 1),
    ],
)
def test_of_two_answers_that_differ_the_last_is_meant_only_where_words_say_so(
    text, mode, number, clicks
):
    found = read(text, mode)
    if clicks is None:
        assert (number, found) == (None, None)
    else:
        assert (found.number, len(found.clicks)) == (number, clicks)


@given(CELLS.filter(bool), MODES)
def test_all_complete_answers_of_a_text_are_told(cells, mode):
    text = formal_answer(mode, cells)
    assert len(answers(text, mode)) == 1
    assert answers(f"{text}\n\n(Example: {EXAMPLES[mode]})", mode) == answers(text, mode)
    other = formal_answer(mode, [*cells, Cell(10**7, 10**7)])
    assert len(answers(f"{text}\nWait.\n{other}", mode)) == 2
    assert answers(None, mode) == frozenset()
