"""The forgiving reader: cases in a data file, and never another reading than the grammar's."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from handeye.rose.diagnosis.lenient import read
from handeye.rose.questions import formal_answer
from handeye.rose.scene import Cell
from handeye.rose.scoring.grammar import parse

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
