"""Which part of a text is the answer, and which are thoughts, marks around them, and end tokens.

A thinking model behind a server without its reasoning parser hands everything on as one text. What
the marks are is a matter of families of models; here they are all read by one rule:

- what stands between an opening mark and its close is thought; an opening without a close opens
  thoughts to the end;
- a close without an opening (the chat template had opened it) ends thoughts that began with the
  text; a close with nothing behind it is stray;
- where the answer has marks of its own (``<answer>``, a box, a final channel), the last such part
  that says something is the answer;
- an end token ends the answer; other special tokens are left out.

A text without marks is its own answer, to the byte. Knows no suite and no grammar of answers. Time
grows with the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_TAGS = r"think(?:ing)?|thoughts?|reason(?:ing)?|reflection|analysis|scratchpad|seed:think"
_WRAPS = r"answer|final[_ ]?answer|final|response|conclusion"
_ENDS = (
    r"im_end|eot_id|eom_id|endoftext|end_of_text|end|return|call|end_of_turn|END_OF_TURN_TOKEN|"
    r"endofturn|end▁of▁sentence|EOS"
)
_ROLES = r"(?:assistant|model|user|system|tool)\b"
_MARK = re.compile(
    # Thoughts, by families: <think>, Kimi, Magistral, Command, OpenThinker, Gemma.
    rf"(?P<open><\s*(?:{_TAGS})(?:\s[^<>/=]{{0,40}}=[^<>/]{{0,80}})?>|◁think▷|\[THINK\]|<\|START_THINKING\|>|"
    r"<\|begin_of_thought\|>|<unused94>(?:thought)?|<\|channel>thought)|"
    rf"(?P<close><\s*/\s*(?:{_TAGS})\s*>|◁/think▷|\[/THINK\]|<\|END_THINKING\|>|"
    r"<\|end_of_thought\|>|<unused95>|<channel\|>)|"
    # Answers: <answer>, GLM's box, Command, OpenThinker, Apriel.
    rf"(?P<wrap><\s*(?:{_WRAPS})\s*>|<\|begin_of_box\|>|<\|START_RESPONSE\|>|"
    r"<\|begin_of_solution\|>|\[BEGIN FINAL RESPONSE\])|"
    rf"(?P<unwrap><\s*/\s*(?:{_WRAPS})\s*>|<\|end_of_box\|>|<\|END_RESPONSE\|>|"
    r"<\|end_of_solution\|>|\[END FINAL RESPONSE\])|"
    rf"(?P<end><[|｜](?:{_ENDS})[|｜]>|</s>|<eos>|<end_of_turn>|<end_of_utterance>|<turn\|>|\[EOS\])|"
    rf"(?P<token><\|(?:im_start|start|start_header_id|begin)\|>(?:\s*{_ROLES})?|"
    rf"<start_of_turn>(?:\s*{_ROLES})?|<[|｜][^\s<>|｜]{{1,40}}[|｜]>|"
    r"<s>|<bos>|<pad>|<unk>|<\s*think\s*/\s*>|\[/?INST\])",
    re.IGNORECASE,
)
# gpt-oss: named channels, of which the last final one is the answer; also with its tokens lost.
_CHANNEL = re.compile(
    r"(?:<\|channel\|>\s*)(\w+)[^<]{0,40}(?:<\|constrain\|>[^<]{0,40})?<\|message\|>"
)
_AFTER_CHANNEL = re.compile(r"<\|(?:end|start|return|call|channel)\|>")
_LOST_CHANNEL = re.compile(r"\s*analysis(?=[A-Z\s])(.*)assistantfinal(.*)", re.DOTALL)
# Granite 3 says it in words.
_IN_WORDS = re.compile(
    r"\s*here(?: is|'s) my thought process:(.*)here(?: is|'s) my response:(.*)",
    re.DOTALL | re.IGNORECASE,
)


_OF_THOUGHTS = ("open", "close")
_CHANNEL_TOKENS = ("<|channel|>", "<|message|>", "<|start|>")


class Parts(NamedTuple):
    """A text taken apart.

    ``answer`` is the text itself where it has no ``marks``, else without white space around it;
    ``marks`` are named as they stand, in order of first appearance.
    """

    answer: str
    thoughts: str
    marks: tuple[str, ...]


Piece = tuple[str, str]
"""A kind (``text``, or a group of the marks) and what stands there."""


def parts_of(text: str, thoughts_only: bool = False) -> Parts:
    """Take a text apart into answer and thoughts.

    Args:
        text: as it came.
        thoughts_only: take off thoughts alone, as the reasoning parser of a server does; answers
            keep the marks around them.
    """
    for pattern, name in ((_LOST_CHANNEL, "analysis"), (_IN_WORDS, "Here is my thought process:")):
        if found := pattern.fullmatch(text):
            return Parts(found[2].strip(), found[1].strip(), (name,))
    if _CHANNEL.search(text):
        return _from_channels(text)
    pieces = list(_pieces(text))
    if thoughts_only:
        pieces = [(kind if kind in _OF_THOUGHTS else "text", piece) for kind, piece in pieces]
    marks = dict.fromkeys(" ".join(piece.split()) for kind, piece in pieces if kind != "text")
    if not marks:
        return Parts(text, "", ())
    shown, thought = _closed(pieces)
    shown, before = _after_the_last_close(shown)
    answer, around = _wrapped(_before_the_end(shown))
    thoughts = [*before, *thought, *around]
    return Parts(answer.strip(), "\n".join(filter(None, map(str.strip, thoughts))), tuple(marks))


def answer_of(text: str) -> str:
    """The answer in a text, without thoughts, marks and end tokens; a plain text as it is."""
    return parts_of(text).answer


def marks_thoughts(token: str) -> bool:
    """Whether a special token of a model tells thoughts from the answer."""
    found = _MARK.fullmatch(token)
    return token in _CHANNEL_TOKENS or (found is not None and found.lastgroup in _OF_THOUGHTS)


def _pieces(text: str) -> Iterator[Piece]:
    """Marks and the texts between them, in order."""
    place = 0
    for found in _MARK.finditer(text):
        if found.start() > place:
            yield "text", text[place : found.start()]
        yield str(found.lastgroup), found.group()
        place = found.end()
    if place < len(text):
        yield "text", text[place:]


def _closed(pieces: list[Piece]) -> tuple[list[Piece], list[str]]:
    """What is shown, and the thoughts that an opening mark begins.

    Thoughts that are never closed go up to an answer with marks of its own, or to the end.
    """
    ends: dict[int, int] = {}
    close = wrap = 0
    for place in range(len(pieces) - 1, -1, -1):
        kind = pieces[place][0]
        if kind == "close":
            close = place + 1
        elif kind == "wrap":
            wrap = wrap or place
        elif kind == "open":
            ends[place] = close or wrap or len(pieces)
    shown: list[Piece] = []
    thoughts: list[str] = []
    place = 0
    while place < len(pieces):
        if place in ends:
            thoughts += [piece for kind, piece in pieces[place : ends[place]] if kind == "text"]
            place = ends[place]
        else:
            shown.append(pieces[place])
            place += 1
    return shown, thoughts


def _after_the_last_close(shown: list[Piece]) -> tuple[list[Piece], list[str]]:
    """What stands behind the last close that has something behind it, and the thoughts before."""
    said = False
    for place in range(len(shown) - 1, -1, -1):
        kind, piece = shown[place]
        said = said or (kind == "text" and bool(piece.strip()))
        if kind == "close" and said:
            return shown[place + 1 :], [text for kind, text in shown[:place] if kind == "text"]
    return shown, []


def _before_the_end(shown: list[Piece]) -> list[Piece]:
    """What stands before the first end token that has something before it."""
    said = False
    for place, (kind, piece) in enumerate(shown):
        said = said or (kind == "text" and bool(piece.strip()))
        if kind == "end" and said:
            return shown[:place]
    return shown


def _wrapped(shown: list[Piece]) -> tuple[str, list[str]]:
    """The answer, and what is said around it: the last wrapped part that says something, or all."""
    parts: list[str] = []
    around: list[str] = []
    inside = False
    for kind, piece in shown:
        if kind == "wrap":
            inside = True
            parts.append("")
        elif kind == "unwrap":
            inside = False
        elif kind == "text" and inside:
            parts[-1] += piece
        elif kind == "text":
            around.append(piece)
    said = [part for part in parts if part.strip()]
    return (said[-1], around) if said else ("".join(around), [])


def _from_channels(text: str) -> Parts:
    answer, thoughts = "", []
    for found in _CHANNEL.finditer(text):
        end = _AFTER_CHANNEL.search(text, found.end())
        said = text[found.end() : end.start() if end else len(text)].strip()
        if found[1].lower() == "final":
            answer = said
        else:
            thoughts.append(said)
    return Parts(answer, "\n".join(thoughts), ("<|channel|>",))
