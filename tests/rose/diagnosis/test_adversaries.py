"""Nothing false is said of respondents of known fault, and what was planted is said.

A sample; ``benchmarks/adversaries.py`` takes all of them, on several sets.
"""

import pytest

from tests.support.rose.adversaries import ALL, questions
from tests.support.rose.truth import judge

SAMPLE = (
    # What is measured over readable answers, and how many are not.
    "80 % of the clicks unreadable, else the whole grid",
    "80 % of the clicks refused, else nothing",
    "every answer ends at the limit, whole",
    # Conventions, used and not.
    "half wild, a quarter from 0, a quarter right",
    "zero_based_rows in 100 %",
    "30 % from 0, guesses in the region besides",
    "clicks n random cells of the region, counts right",
    "guesses one to four cells of the region",
    "clicks R5,C5, right in 10 %",
    "rounds rows to even ones",
    "clicks every cell of the region",
    "pointing up to two cells off",
    "a hand that drifts up and left",
    "a hand that drifts right in 70 % of the clicks",
    "only the first click up and left",
    # Nothing seen.
    "draws numbers and cells, blindly",
    "the four corners",
    "the first corner, right in 20 %",
    "repeats the example of the prompt",
    "always COUNT(5), one click",
    # Numbers.
    "COUNT(5) in half of the questions",
    "counts the rows of the grid",
    "repeats a wrong G-Cnt in half of the counts",
    # No scene differs from another.
    "never submits",
    "reads outside as inside",
    "refuses 30 % of the scenes",
    # What each share is of.
    "leaves the grid where nothing is",
    "submits without what lies outside the grid",
    "swapped in 100 %, whole grid",
    "zero_based in 100 %, and finds one where there is none",
    "one click slips, two more outside",
    "submits the number of its clicks, one of them twice",
    # Of counting, or of clicks, alone.
    "always COUNT(5), swapped in 100 %",
    "COUNT(5), one click in 88 %, else from 0",
    "counts one more, one click",
    "answers about other scenes",
    # One source alone.
    "clicks beside in one source",
    "sees nothing in one source",
    "counts from 0 in one source",
    "right in one source, nothing to read in four",
    "refuses one source",
    # Where it is lost.
    "one click slips, one more outside",
    "a cell too many inside, when it clicks, in 30 %",
)


@pytest.fixture(scope="module")
def asked():
    return questions(90210, 20)


def test_the_sample_is_of_the_whole():
    names = [one.name for one in ALL]
    assert len(set(names)) == len(names)
    assert set(SAMPLE) <= set(names)


def test_a_source_without_answers_comes_first(asked):
    for name, words in (
        ("refuses one source", "All 100 EmojiStyle questions have no usable answer, and count as"),
        ("right in one source, nothing to read in four", "All 100 ChineseGlyph questions, all "),
    ):
        (one,) = [one for one in ALL if one.name == name]
        assert judge(one, asked, 90210, resamples=0).sentence.startswith(words)


@pytest.mark.parametrize("name", SAMPLE)
def test_what_is_said_is_so(name, asked):
    (one,) = [one for one in ALL if one.name == name]
    result = judge(one, asked, 90210, resamples=300)
    assert result.checked
    assert not result.false, result.sentence
    assert not result.missing, result.sentence
