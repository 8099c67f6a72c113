"""Nothing false is said of respondents of known fault, and what was planted is said.

A sample; ``benchmarks/adversaries.py --suite premise`` takes all of them.
"""

from __future__ import annotations

import pytest

from tests.support.premise.adversaries import ALL, Asked, questions
from tests.support.premise.truth import judge

SAMPLE = (
    # Of whom nothing is to be said.
    "right",
    "tells the easiest level alone, else by lot",
    "hears nothing but the closing sounds",
    # What is told by chance by who does not look, and by others.
    "deaf, by the words",
    "deaf and blind, by lot",
    "the letters of the paper's order",
    "accepts false and rejects true, guesses contents",
    "accepts false and rejects true of sound, guesses it",
    "judges each sense by the other, guesses contents",
    "rejects what one sense and not the other changed",
    "tells word alone of audio, guesses contents",
    "tells every premise, guesses what is asked",
    "S points the other way, answers by lot",
    "TRUE or FALSE: the wrong way round",
    # Which sense is named.
    "swaps the senses where two details are named",
    "routes two details by lot",
    # Letters.
    "one of the last two letters",
    "late letters in half, deaf besides",
    "S tells, letters lean to the end",
    "S tells, three letters come back",
    # Forms.
    "as an AI without ears",
    'writes \'{"answer": "{letter}"}\'',
    "swaps half, words in a third",
)


@pytest.fixture(scope="module")
def asked() -> list[Asked]:
    return questions(90210, 60)


def test_the_sample_is_of_the_whole() -> None:
    names = [one.name for one in ALL]
    assert len(set(names)) == len(names)
    assert set(SAMPLE) <= set(names)


@pytest.mark.parametrize("name", SAMPLE)
def test_what_is_said_is_so(name: str, asked: list[Asked]) -> None:
    (one,) = [one for one in ALL if one.name == name]
    result = judge(one, asked, 90210, resamples=300)
    assert result.checked
    assert not result.false, result.sentence
    assert not result.missing, result.sentence


def test_a_false_claim_is_found(asked: list[Asked]) -> None:
    """Judged by the truth about another respondent, claims are false."""
    by_name = {one.name: one for one in ALL}
    liar = by_name["deaf, by the words"]
    good = judge(liar, asked, 1, resamples=200)
    assert "lacks:audio" in good.spoken

    from handeye.premise.diagnosis.claims import Claim
    from tests.support.premise.truth import Truth

    claim = Claim("lacks", "lacks:audio", "", (), parts=("audio",))
    assert Truth(liar, asked, 1).denies(claim) == ""
    assert Truth(by_name["right"], asked, 1).denies(claim)
