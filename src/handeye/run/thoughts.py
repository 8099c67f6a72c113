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

_TAGS = (
    r"(?:ant)?think(?:ing)?|thoughts?|reason(?:ing)?|reflection|analysis|scratchpad|seed:think|cot|"
    r"internal|inner_monologue"
)
_WRAPS = (
    r"answer|solution|output|result|final|response|reply|final[-_ ]?(?:answer|response)|conclusion"
)
_THOUGHT = r"(?:think(?:ing)?|thoughts?|reasoning)"
_ENDS = (
    r"im_end|eot(?:_id)?|eom(?:_id)?|endoftext|end_of_text|end|return|call|end_of_turn|"
    r"END_OF_TURN_TOKEN|endofturn|end[▁_]of[▁_]sentence|EOS|role_end|assistant_end|user|observation"
)
_ROLES = r"(?:assistant|model|user|system|tool|ai)\b"
_MARK = re.compile(
    # Thoughts, by families: <think>, Kimi, Magistral, Command, OpenThinker, Apertus, Gemma.
    rf"(?P<open>(?:<|&lt;)\s*(?:{_TAGS})(?:\s[^<>/=]{{0,40}}=[^<>/]{{0,80}})?(?:>|&gt;)|◁think▷|\[THINK\]|"
    rf"<\|START_THINKING\|>|<\|(?:(?:begin|start)(?:_of)?_)?{_THOUGHT}(?:_start)?\|>|"
    r"<\|inner_prefix\|>|<unused94>(?:thought)?|<\|channel>thought)|"
    rf"(?P<close>(?:<|&lt;)\s*\\?/\s*(?:{_TAGS})\s*(?:>|&gt;)|◁/think▷|\[/THINK\]|"
    rf"<\|END_THINKING\|>|<\|(?:/|end(?:_of)?_){_THOUGHT}\|>|<\|{_THOUGHT}_end\|>|"
    r"<\|inner_suffix\|>|<unused95>|<channel\|>)|"
    # Answers: <answer>, GLM's box, Command, OpenThinker, Apriel.
    rf"(?P<wrap><\s*(?:{_WRAPS})\s*>|<\|begin_of_box\|>|<\|START_RESPONSE\|>|"
    r"<\|begin_of_solution\|>|\[BEGIN FINAL RESPONSE\]|\[ANSWER\])|"
    rf"(?P<unwrap><\s*/\s*(?:{_WRAPS})\s*>|<\|end_of_box\|>|<\|END_RESPONSE\|>|"
    r"<\|end_of_solution\|>|\[END FINAL RESPONSE\]|\[/ANSWER\])|"
    rf"(?P<end><[|｜](?:{_ENDS})[|｜]>|</s>|<eos>|<end_of_turn>|<end_of_utterance>|<turn\|>|\[EOS\]|"
    r"<seed:eos>|\[\|endofturn\|\]|\[e~\[|\[UNUSED_TOKEN_145\]|<sep>)|"
    r"(?P<token><\|(?:im_start|start|start_header_id|header_start|start_of_role|begin)\|>"
    rf"(?:\s*{_ROLES})?|<start_of_turn>(?:\s*{_ROLES})?|<[|｜][^\s<>|｜]{{1,40}}[|｜]>|"
    rf"<role>\s*{_ROLES}\s*</role>|\]~b\](?:{_ROLES})?|\[\|(?:assistant|user|system)\|\]|"
    r"<s>|<(?:seed:)?bos>|<pad>|<unk>|<mask:\d+>|<SPECIAL_\d+>|<\s*think\s*/\s*>|\[/?INST\])",
    re.IGNORECASE,
)
# gpt-oss: named channels, of which the last final one that says something is the answer; also with
# some of its tokens lost, or all.
_NAMES = r"(?:analysis|commentary|final)"
_CHANNEL = re.compile(
    rf"(?:<\|channel\|>\s*(?P<any>\w+)|(?<!\w)(?P<bare>{_NAMES}))[^<]{{0,40}}"
    rf"(?:<\|constrain\|>[^<]{{0,40}})?<\|message\|>|<\|channel\|>\s*(?P<short>{_NAMES})"
)
_AFTER_CHANNEL = re.compile(r"<\|(?:end|start|return|call|channel)\|>")
_LOST_CHANNEL = re.compile(
    r"\s*(?:assistant\s?(?:analysis|commentary|final)|analysis(?=[A-Z\s])(?=.*assistant\s?final))",
    re.DOTALL,
)
_LOST_NAME = re.compile(r"\s*(?:assistant\s?)?(?:analysis|commentary)")
_LOST_FINAL = re.compile(r"assistant\s?final")
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
    if _LOST_CHANNEL.match(text):
        thoughts, *finals = _LOST_FINAL.split(text)
        answer = next((final.strip() for final in reversed(finals) if final.strip()), "")
        thoughts = _LOST_NAME.sub("", thoughts, count=1).strip()
        return Parts(answer, thoughts, ("assistantfinal",))
    if found := _IN_WORDS.fullmatch(text):
        return Parts(found[2].strip(), found[1].strip(), ("Here is my thought process:",))
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
    finals: list[str] = []
    thoughts: list[str] = []
    marks: dict[str, None] = {"<|channel|>": None}
    # Where no final one says anything, what stands before the first is the answer.
    first = _CHANNEL.search(text)
    before = text[: first.start() if first else 0]
    for found in _CHANNEL.finditer(text):
        end = _AFTER_CHANNEL.search(text, found.end())
        said = text[found.end() : end.start() if end else len(text)].strip()
        name = found["any"] or found["bare"] or found["short"]
        (finals if name.lower() == "final" else thoughts).append(said)
    for said in (*reversed(finals), before):
        inner = parts_of(said) if not _CHANNEL.search(said) else Parts(said, "", ())
        if inner.answer.strip():
            marks |= dict.fromkeys(inner.marks)
            kept = [*thoughts, *([inner.thoughts] if inner.thoughts else [])]
            return Parts(inner.answer.strip(), "\n".join(kept), tuple(marks))
    return Parts("", "\n".join(thoughts), tuple(marks))
