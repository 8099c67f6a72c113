"""The tokenizer: any text comes back, and a question is short."""

import pytest

pytest.importorskip("transformers", reason="needs handeye[train]")

from handeye.rose.questions import TEMPLATES, formal_answer
from handeye.rose.scene import Cell, Region
from handeye.rose.teaching.words import phrases, question_text
from handeye.training.words import ANSWER, END, IMAGE, build_tokenizer


@pytest.fixture(scope="module")
def tokenizer():
    return build_tokenizer(phrases())


def _ids(tokenizer, text):
    return tokenizer(text, add_special_tokens=False)["input_ids"]


@pytest.mark.parametrize(
    "text",
    [
        "COUNT(12)",
        "CLICK(R3,C1); CLICK(R6,C8); DONE",
        "  two  spaces, a\nline\tand \N{GREEK SMALL LETTER ALPHA}\N{CJK UNIFIED IDEOGRAPH-4E2D}",
        "How many cells in rows 2 to 3 differ from something else?",
    ],
)
def test_any_text_comes_back(tokenizer, text):
    assert tokenizer.decode(_ids(tokenizer, text)) == text


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=lambda t: t.key)
def test_a_question_is_a_handful_of_tokens(tokenizer, template):
    region = {
        "global": Region("GLOBAL", 1, 7, 1, 6),
        "local": Region("RECTANGLE", 1, 7, 2, 6),
        "visual": Region("VISUAL_REGION", 1, 2, 2, 6),
        "exclusion": Region("EXCLUSION", 1, 7, 2, 6, exclude_type="RECTANGLE"),
    }[template.context]
    ids = _ids(tokenizer, question_text(template, region))
    assert len(ids) <= 10
    assert tokenizer.decode(ids) == question_text(template, region)


def test_answers_take_few_tokens_and_no_two_share_their_tokens(tokenizer):
    cells = [Cell(1, 2), Cell(8, 8)]
    answers = [formal_answer(mode, cells[:n]) for mode in ("COUNT", "CLICK", "CLICK_COUNT")
               for n in range(3)]  # fmt: skip
    ids = [tuple(_ids(tokenizer, answer)) for answer in answers]
    assert len(set(ids)) == len(answers)
    assert max(map(len, ids)) <= 11


def test_special_tokens_are_single_and_dropped_from_answers(tokenizer):
    for token in (ANSWER, END, IMAGE):
        assert len(_ids(tokenizer, token)) == 1
    ids = _ids(tokenizer, f"COUNT(3){END}")
    assert tokenizer.decode(ids, skip_special_tokens=True) == "COUNT(3)"
