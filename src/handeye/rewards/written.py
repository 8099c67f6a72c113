"""A completion, read: its blocks, and every rule of the written form that it breaks.

The form is ``<recognition> facts </recognition> <answer> a </answer>``, with a ``<think>`` block
before or behind the recognition where there is one, and white space alone between blocks. Reading
is strict and mends nothing: tags are known by their exact letters, so one that only looks like a
tag is a broken rule and no tag. One pass over the text, whatever it holds; a text longer than
:data:`LONGEST` is not read at all.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

OUTCOME, PERCEPTION, FORM = "outcome", "perception", "form"
_ALL = frozenset({OUTCOME, PERCEPTION, FORM})
_SEEN = frozenset({PERCEPTION, FORM})
_SAID = frozenset({OUTCOME, FORM})


class Rule(NamedTuple):
    """A rule: the rewards that are 0 where it is broken, and what breaks it."""

    breaks: frozenset[str]
    about: str


RULES: dict[str, Rule] = {
    # The form as a whole: nothing in such a text can be trusted to be what it stands for.
    "empty": Rule(_ALL, "nothing is written"),
    "too_long": Rule(_ALL, "longer than is read"),
    "invisible": Rule(_ALL, "signs that cannot be seen, or that turn the direction of writing"),
    "special_token": Rule(_ALL, "a token of a model's own, such as one that stands for a picture"),
    "unknown_tag": Rule(_ALL, "a tag, or what looks like one, that is none of the three"),
    "unclosed": Rule(_ALL, "a tag without its other half"),
    "nested": Rule(_ALL, "a block within a block"),
    "repeated_block": Rule(_ALL, "a block that is there more often than it may be"),
    "missing_recognition": Rule(_ALL, "no recognition block"),
    "missing_answer": Rule(_ALL, "no answer block"),
    "block_order": Rule(_ALL, "blocks in another order"),
    "text_outside": Rule(_ALL, "words outside the blocks"),
    # The recognition.
    "empty_recognition": Rule(_SEEN, "nothing is stated"),
    "long_recognition": Rule(_SEEN, "more words than a recognition may have"),
    "foreign_recognition": Rule(_SEEN, "signs that neither plain text nor the row has"),
    "not_a_fact": Rule(_SEEN, "a statement that is no fact"),
    "answer_in_recognition": Rule(_SEEN, "an answer among what is stated"),
    "hedged_fact": Rule(_SEEN, "a statement that leaves itself open"),
    "many_facts": Rule(_SEEN, "more facts than are read"),
    "unfounded_fact": Rule(_SEEN, "a fact that the scene does not bear out"),
    "absent_thing": Rule(_SEEN, "a fact about a thing that the scene has not"),
    "copied_cue": Rule(_SEEN, "an unfounded fact that the prompt claims"),
    "contradiction": Rule(_SEEN, "facts that take each other back"),
    "repeated_fact": Rule(_SEEN, "a fact that is stated once more than it is so"),
    # The answer.
    "empty_answer": Rule(_SAID, "nothing is answered"),
    "long_answer": Rule(_SAID, "more than an answer of its kind may have"),
    "foreign_answer": Rule(_SAID, "signs that neither plain text nor the row has"),
    "several_answers": Rule(_SAID, "more than one answer"),
    "hedged_answer": Rule(_SAID, "an answer that leaves itself open"),
    "loose_answer": Rule(_SAID, "an answer among other words or signs"),
}
"""By name; what is broken first stands first."""
LONGEST = 200_000
"""Characters of a completion that is read, some 50,000 tokens."""
BLOCKS = ("recognition", "think", "answer")
_TAG = re.compile(r"<(/?)(recognition|think|answer)>")
_DEEPEST = 8
_ORDER = re.compile(r"t?rt?a")
# Signs that stand for angle brackets, as such or as entities.
_OPEN = r"(?:[<＜‹〈《❮❰⟨⟪⧼˂﹤]|&lt;?|&#0{0,6}60;?|&#x0{0,6}3c;?)"
_CLOSE = r"(?:[>＞›〉》❯❱⟩⟫⧽˃﹥]|&gt;?|&#0{0,6}62;?|&#x0{0,6}3e;?)"
# One word, alone or with attributes, right behind the bracket: "x < y and y > z" is none.
_LIKE_A_TAG = re.compile(
    rf"{_OPEN}(?:[/\\／∕⁄]?[^\W\d_]|[!?])[^\s<>]{{0,30}}(?:\s[^<>\n]{{0,30}})?{_CLOSE}",
    re.IGNORECASE,
)
# What begins one is enough, however long it is and whether it ends or not.
_NEARLY_OURS = re.compile(
    rf"{_OPEN}(?:\s{{0,4}}[/\\／∕⁄]?\s{{0,4}}(?:recognition|think|answer)\b|!--|!\[|\?xml\b)",
    re.IGNORECASE,
)
_SPECIAL = re.compile(
    r"<[|｜][^<>\n]{0,60}[|｜]>|<(?:image|img|video|audio|media|start_of_image|end_of_image"
    r"|image_soft_token|fake_token_around_image|global-img|pad|unk|s|/s|bos|eos|0x[\dA-Fa-f]{2})>"
    r"|\[/?(?:IMG|IMG_BREAK|IMG_END|INST)\]"
)
# Of those that print: they join, vary or fill, and show nothing.
_BLANKS = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0e\uffa0\U000e0100-\U000e01ef]"
)
_SPACES = str.maketrans("", "", "\n\r\t")


class Span(NamedTuple):
    """A part of a completion, with its places in it."""

    text: str
    start: int
    end: int


class Written(NamedTuple):
    """A completion as it was read.

    Attributes:
        recognition: between its tags; None where the form is broken.
        answer: likewise.
        think: the thoughts, one behind the other.
        broken: rules of the form as a whole, in the order of :data:`RULES`.
    """

    recognition: Span | None
    answer: Span | None
    think: tuple[Span, ...] = ()
    broken: tuple[str, ...] = ()


def read(text: str) -> Written:
    """Read a completion; whatever it is, nothing is raised."""
    if len(text) > LONGEST:
        return Written(None, None, broken=("too_long",))
    if not text.strip():
        return Written(None, None, broken=("empty",))
    broken = set(_signs(text))
    blocks: list[tuple[str, Span]] = []
    opened: list[tuple[str, int]] = []
    behind = 0
    for tag in _TAG.finditer(text):
        closes, name = tag[1] == "/", tag[2]
        if not opened and text[behind : tag.start()].strip():
            broken.add("text_outside")
        if not closes:
            if opened:
                broken.add("nested")
            if len(opened) == _DEEPEST:
                break
            opened.append((name, tag.end()))
        elif name not in (one for one, _ in opened):
            broken.add("unclosed")
        else:
            while opened[-1][0] != name:
                broken.add("unclosed")
                opened.pop()
            start = opened.pop()[1]
            blocks.append((name, Span(text[start : tag.start()], start, tag.start())))
        behind = tag.end()
    if opened:
        broken.add("unclosed")
    elif text[behind:].strip():
        broken.add("text_outside")
    names = [name for name, _ in blocks]
    begun = {*names, *(name for name, _ in opened)}
    broken |= {f"missing_{name}" for name in ("recognition", "answer") if name not in begun}
    if any(names.count(name) > most for name, most in zip(BLOCKS, (1, 2, 1), strict=True)):
        broken.add("repeated_block")
    if not broken and _ORDER.fullmatch("".join(name[0] for name in names)) is None:
        broken.add("block_order")
    if broken:
        return Written(None, None, broken=in_order(broken))
    of = dict(blocks)
    thoughts = tuple(span for name, span in blocks if name == "think")
    return Written(of["recognition"], of["answer"], thoughts)


def tagged(recognition: str, answer: str) -> str:
    """Facts and an answer in the written form."""
    return f"<recognition> {recognition} </recognition> <answer> {answer} </answer>"


def _signs(text: str) -> Iterable[str]:
    """Rules about the signs of a text that it breaks."""
    hidden = not text.translate(_SPACES).isprintable() and any(map(_unseen, set(text)))
    if hidden or (not text.isascii() and _BLANKS.search(text) is not None):
        yield "invisible"
    if _SPECIAL.search(text) is not None:
        yield "special_token"
    bare = _TAG.sub(" ", _SPECIAL.sub(" ", text))
    if _LIKE_A_TAG.search(bare) is not None or _NEARLY_OURS.search(bare) is not None:
        yield "unknown_tag"


def _unseen(sign: str) -> bool:
    # Spaces of other widths (Zs) are seen.
    return not sign.isprintable() and sign not in "\n\r\t" and unicodedata.category(sign) != "Zs"


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Names of rules in the order of :data:`RULES`."""
    known = set(names)
    return tuple(name for name in RULES if name in known)


def breaks(names: Iterable[str], reward: str) -> bool:
    """Whether one of some broken rules makes a reward 0."""
    return any(reward in RULES[name].breaks for name in names)
