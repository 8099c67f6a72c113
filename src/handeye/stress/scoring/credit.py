"""What measures of published sets give to answers that have no two values.

``vqav2``: ten people answered. An answer is worth min(1, matches / 3) against nine of them, on
average over whom is left out (Antol et al. 2015, arXiv:1505.00468, and the evaluation code of VQA).
Both sides are made alike first: small letters, punctuation taken out or for a space by the rules of
that code, numbers up to ten in digits, no articles. That code puts apostrophes into words that lack
one; here both sides lose theirs, which comes to the same but for pairs such as *its* and *it's*.
It leaves answers as they are where all ten people agree word for word; here, as in EvalAI's
version, they never are.

``gqa``: 1 where the words are the same in small letters without punctuation (GQA's accuracy, Hudson
and Manning 2019, arXiv:1902.09506; so read by the usual harnesses).
"""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from functools import lru_cache

from handeye.answer_kinds.number import WORDS
from handeye.stress.items import Item

_PUNCTUATION = ';/[]"{}()=+\\_-><@`,?!'
_IN_NUMBER = re.compile(r"\d,\d")
_STOP = re.compile(r"\.(?!\d)")
_DIGITS = {word: str(value) for value, word in enumerate(WORDS[:11])} | {"none": "0"}
_ARTICLES = ("a", "an", "the")
_TO_COUNT = 3


def credit(item: Item, text: str) -> float | None:
    """What an answer is worth, 0 to 1; None where its set has no such measure.

    Args:
        item: that was asked.
        text: the answer as it came; empty where none did.
    """
    named = item.meta.get("set")
    if named == "vqav2":
        return soft_accuracy(text, item.meta["answers"])
    return exact_match(text, item.gold) if named == "gqa" else None


def soft_accuracy(text: str, answers: Sequence[str]) -> float:
    """The mean over people of min(1, how many of the others say it / 3)."""
    said = normalised(text)
    same = [normalised(answer) == said for answer in answers]
    of_all = sum(same)
    return sum(min(1.0, (of_all - own) / _TO_COUNT) for own in same) / len(same) if same else 0.0


def exact_match(text: str, gold: str) -> float:
    """1 where two texts are the same words."""
    said, right = (" ".join(one.lower().translate(_NONE_OF_THEM).split()) for one in (text, gold))
    return float(said == right)


_NONE_OF_THEM = str.maketrans("", "", string.punctuation)


@lru_cache(65536)
def normalised(text: str) -> str:
    """A text as VQA's accuracy compares it."""
    told = " ".join(text.replace("’", "'").split())
    in_number = _IN_NUMBER.search(told) is not None
    out = told
    for sign in _PUNCTUATION:
        apart = in_number or f"{sign} " in told or f" {sign}" in told
        out = out.replace(sign, "" if apart else " ")
    words = _STOP.sub("", out).lower().replace("'", "").split()
    return " ".join(_DIGITS.get(word, word) for word in words if word not in _ARTICLES)
