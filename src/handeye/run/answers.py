"""What comes back for one request: the text, its state, and what it cost.

Knows nothing of the engine, of files or of scoring. The states:

    answered    the model wrote something and ended by itself
    empty       the model ended by itself and wrote nothing that can be seen
    refused     the provider or the model declined (content filter, refusal field, or in words)
    truncated   the answer was cut by a length limit (max_tokens, context window)
    error       no answer: every attempt failed, or what came back has no end of the model's own

The first four are answers: they arrived, they are final. An ``error`` is asked again by the next
run over the same folder. What came back is no answer where it has no choice, where its finish
reason is none of stop, length, content filter and tool calls, or where the text is a complaint of
the server, which the engine hands on as if the model had said it (:func:`why_no_answer`). Where a
server counts no tokens, one text does not show whose it is; several do (:class:`Arrivals`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, get_args

import msgspec

from handeye.printing import blank
from handeye.run.secrets import without_keys, without_known_keys
from handeye.run.tools import blotted

__all__ = [
    "ANSWER_STATES",
    "Answer",
    "AnswerState",
    "Arrivals",
    "Usage",
    "declines",
    "fingerprint",
    "judged_again",
    "line",
    "request_sha256",
    "state_of",
    "why_no_answer",
    "without_its_keys",
]

AnswerState = Literal["answered", "empty", "refused", "truncated", "error"]
ANSWER_STATES: tuple[AnswerState, ...] = get_args(AnswerState)

# Stop reasons of the engine (inspect_ai 0.3.285, ``StopReason``) that cut an answer short.
_CUT = ("max_tokens", "model_length")
_OWN_ENDS = ("stop", "tool_calls", "content_filter", *_CUT)
# What the engine puts over a server's complaint that it hands on as the model's text.
_OF_COMPLAINTS = ("model_length", "content_filter")
# A text that a server may have put in the place of an answer: a page, an error object, or a line
# that begins as reports of trouble do. So often the same, to as many items, it is the server's.
_REPEATED = 3
_COMPLAINT = re.compile(
    r"\s*(?:<!doctype html|<html\b|\{\s*\"(?:error|detail|message|status|code)\"|"
    r"\W*(?:(?:\w+ )?(?:error|exception)\b|traceback \(|upstream\b|"
    r"(?:http )?[45]\d\d\b\W+[a-z]|bad gateway|gateway time-?out|service (?:is )?unavailable|"
    r"(?:request|connection|read) (?:timed? ?out|refused|reset|aborted|failed)|time-?out\b|"
    r"too many requests|rate limit|quota exceeded|unauthori[sz]ed|forbidden\b|access denied|"
    r"please (?:sign|log) in|no healthy upstream|cuda (?:error|out)|out of memory|"
    r"(?:the )?(?:server|service|model|engine) (?:is |has )?(?:busy|overloaded|down|loading|"
    r"unavailable|not (?:loaded|ready|available))))",
    re.IGNORECASE,
)
_TAGS = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.IGNORECASE | re.DOTALL)
# Numbers and names of requests, which differ from one complaint to the next.
_NUMBERED = re.compile(r"\b[0-9a-f]{6,}(?:-[0-9a-f]+)*\b|\d+", re.IGNORECASE)
# A whole answer that only says that it will not be given. Not to see, to find or to know something
# is an answer; a longer text, or one with a number in it, may hold one.
_LONGEST_REFUSAL = 300
_DECLINES = re.compile(
    r"\W*(?:(?:i'?m|i am|we'?re|we are)\s+(?:very |really |so )?(?:sorry|afraid)\b\W*|"
    r"(?:my )?apolog(?:ies|i[sz]e)\b\W*|sorry\b\W*|unfortunately\b\W*)?(?:but |that )?"
    r"(?:i|we)\s*(?:(?:can'?t|cannot|can not|won'?t|will not|"
    r"(?:'m|am|'re|are) (?:unable|not able) to|"
    r"(?:must |have to )?(?:decline|refuse) to)\s+(?:\w+ )?"
    r"(?:help(?! but)|assist|comply|fulfil+|engage|participate|continue|do (?:that|this|so))\b|"
    r"(?:must |have to )?(?:decline|refuse)\b)[^\d]*",
    re.IGNORECASE,
)
# Inspect's providers on this machine, which give no stop reason ever.
_GIVE_NO_END = ("hf/", "nnterp/", "transformer_lens/")


class Usage(msgspec.Struct, frozen=True, omit_defaults=True):
    """Tokens of one answer as the provider counted them; all 0 when it did not say.

    ``input`` is everything read, ``cached`` the part of it that came from a prompt cache;
    ``output`` is everything written, ``reasoning`` the part of it that is hidden reasoning.
    """

    input: int = 0
    cached: int = 0
    output: int = 0
    reasoning: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.input + other.input,
            self.cached + other.cached,
            self.output + other.output,
            self.reasoning + other.reasoning,
        )


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One line of ``answers.jsonl``.

    ``request`` is the SHA-256 of everything that was sent (:func:`fingerprint`), ``media_sha256``
    that of the file with the picture or video. ``seconds`` is the wall time of the call that
    brought the answer, ``at`` the UTC time it was written down, ``note`` what the suite wants to
    remember about what was sent. ``own_end`` is there where the rest would let an answer be taken
    for a complaint, and it is known to be none. ``masked`` is true where the text held keys and has
    ``[key]`` in their place (:mod:`handeye.run.secrets`). ``letters`` has natural log-probabilities
    by spelling where the answer names an option, ``letters_bound`` what those that are missing have
    at most (absent: none is), ``post_thought`` whether thoughts came before that place
    (:mod:`handeye.run.letters`). ``sample`` is the number of an answer to a question that is asked
    several times, absent for the first. ``calls`` are those of native tools, each with ``name`` and
    ``arguments`` (:func:`handeye.run.tools.calls_in`): empty where none was called, absent where no
    tools were given.
    """

    item_id: str
    model: str
    request: str
    state: AnswerState
    raw_text: str = ""
    stop_reason: str | None = None
    error: str | None = None
    media_sha256: str = ""
    usage: Usage = Usage()
    seconds: float | None = None
    at: str = ""
    note: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    own_end: bool | msgspec.UnsetType = msgspec.UNSET
    masked: bool | msgspec.UnsetType = msgspec.UNSET
    letters: dict[str, float] | msgspec.UnsetType = msgspec.UNSET
    letters_bound: float | msgspec.UnsetType = msgspec.UNSET
    post_thought: bool | msgspec.UnsetType = msgspec.UNSET
    sample: int | msgspec.UnsetType = msgspec.UNSET
    calls: list[dict[str, Any]] | msgspec.UnsetType = msgspec.UNSET

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes two answers the same: item, model, content of the request."""
        return (self.item_id, self.model, self.request)


def without_its_keys(answer: Answer) -> Answer:
    """An answer as it may be kept: keys in text and calls are blotted out, and it says so."""
    text = without_known_keys(answer.raw_text)
    calls = answer.calls and blotted(answer.calls, without_known_keys)
    error = answer.error and without_keys(answer.error)
    same = (text, calls) == (answer.raw_text, answer.calls)
    if same and error == answer.error:
        return answer
    masked: bool | msgspec.UnsetType = answer.masked if same else True
    return msgspec.structs.replace(answer, raw_text=text, calls=calls, error=error, masked=masked)


def line(
    row: Mapping[str, Any], answers: Sequence[Answer], further: Sequence[Answer | None] = ()
) -> dict[str, Any]:
    """A line of a prediction file.

    Args:
        row: as the suite writes it.
        answers: that it was made of; the line says so where a text of them is not as it came, and
            has the last one's ``calls`` where tools were given.
        further: where the item was asked several times, the other answers: their texts stand in
            ``samples`` (null where none came), their states in ``sample_states``, their calls in
            ``sample_calls``.
    """
    known = [answer for answer in (*answers, *further) if answer is not None]
    found = dict(row)
    if answers and answers[-1].calls is not msgspec.UNSET:
        found["calls"] = answers[-1].calls
    if further:
        arrived = [None if one is None or one.state == "error" else one for one in further]
        found["samples"] = [one and one.raw_text for one in arrived]
        found["sample_states"] = [one.state if one else "error" for one in arrived]
        if "calls" in found:
            found["sample_calls"] = [one and (one.calls or []) for one in arrived]
    if any(answer.masked is True for answer in known):
        found["masked"] = True
    return found


def declines(text: str) -> bool:
    """Whether a text is nothing but a plain refusal."""
    said = " ".join(text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").split())
    return len(said) <= _LONGEST_REFUSAL and _DECLINES.fullmatch(said) is not None


def state_of(
    text: str, stop_reason: str | None, refused: bool, called: bool = False
) -> AnswerState:
    """Classify a completed response.

    A refusal outranks a cut, a cut outranks emptiness: a reasoning model that used up its tokens
    before the first visible word is ``truncated``, not ``empty``. Who ``called`` a tool has
    answered, whatever is said beside it.
    """
    if refused or stop_reason == "content_filter":
        return "refused"
    if stop_reason in _CUT:
        return "truncated"
    if called:
        return "answered"
    if blank(text):
        return "empty"
    return "refused" if declines(text) else "answered"


def why_no_answer(text: str, stop_reason: str | None, usage: Usage) -> str | None:
    """Why a response is no answer of the model, from what is kept of it; None where it is one.

    Missing token counts are no evidence; a text for which tokens were counted, none of them
    written, is the server's. A refusal field is the model's own word and is not asked about here.
    """
    if stop_reason is None:
        return None if text.strip() else "the response held no choice"
    if stop_reason not in _OWN_ENDS:
        return "the response has no end of the model's own"
    if text.strip() and usage.input and not (usage.output or usage.reasoning):
        return "the text is the server's, the model wrote none of it"
    return None


def judged_again(answer: Answer) -> Answer:
    """A line of a journal by the rule of today: ``error`` where it was kept as an answer wrongly.

    Journals of before do not say whose text it is; what looks like a complaint that the engine
    handed on (its stop reasons, without token counts) is taken for one and asked again.
    """
    if answer.state == "error" or answer.own_end is True:
        return answer
    text, stop = answer.raw_text, answer.stop_reason
    if answer.state == "refused" and stop != "content_filter":
        return answer  # a refusal field
    if stop == "unknown" and answer.model.startswith(_GIVE_NO_END):
        return answer
    why = why_no_answer(text, stop, answer.usage)
    if stop is None and not answer.at:
        why = None  # no run wrote this line
    handed_on = stop in _OF_COMPLAINTS and text.strip() and not answer.usage.input
    if why is None and (handed_on or answer.error):
        why = "the server complained"
    if why is None:
        return answer
    said = f"{why}: {answer.error or text}" if answer.error or text.strip() else why
    return msgspec.structs.replace(answer, state="error", raw_text="", error=said)


class Arrivals:
    """The answers of a run by key, as they arrive; a failure never hides an answer.

    A text without a counted token that looks like a server's complaint and comes to several items
    (:data:`_REPEATED`) is taken for one: its answers, those before too, are ``error``.
    """

    def __init__(self) -> None:
        self._by_key: dict[tuple[str, str, str], Answer] = {}
        self._complaints: dict[str, dict[tuple[str, str, str], Answer]] = {}

    def add(self, answer: Answer) -> Answer:
        """Take note of an answer, whatever the order; it comes back as it is judged."""
        known = self._by_key.get(answer.key)
        if known is not None and known.state != "error":
            return answer
        self._by_key[answer.key] = answer
        if (said := _complaint(answer)) is None:
            return answer
        alike = self._complaints.setdefault(said, {})
        alike[answer.key] = answer
        if len({one.item_id for one in alike.values()}) >= _REPEATED:
            for key, one in alike.items():
                if self._by_key[key] is one:
                    self._by_key[key] = msgspec.structs.replace(
                        one,
                        state="error",
                        raw_text="",
                        error="the text is a complaint, counts no tokens and came to "
                        f"{_REPEATED} items or more: {_plain(one.raw_text)[:300]}",
                    )
        return self._by_key[answer.key]

    def get(self, key: tuple[str, str, str]) -> Answer | None:
        """What is known under a key."""
        return self._by_key.get(key)

    def __len__(self) -> int:
        return len(self._by_key)

    def __iter__(self) -> Iterator[Answer]:
        return iter(list(self._by_key.values()))


def _complaint(answer: Answer) -> str | None:
    """What a text that may be the server's has in common with others; None where it is none."""
    used, text = answer.usage, answer.raw_text
    if answer.state != "answered" or answer.calls:
        return None
    if used.input or used.output or used.reasoning:
        return None
    return _NUMBERED.sub("#", _plain(text).casefold()) if _COMPLAINT.match(text) else None


def _plain(text: str) -> str:
    return " ".join(_TAGS.sub(" ", text).split()) or text


def request_sha256(
    image_sha256: str, parts: Sequence[str | None], config: Mapping[str, Any]
) -> str:
    """Fingerprint of the content of a request about one picture.

    Args:
        image_sha256: hex SHA-256 of the picture's file bytes.
        parts: the texts in the order sent, ``None`` where the picture stands.
        config: every setting that can change the answer (not connections, retries, timeouts).
    """
    return fingerprint({"image": image_sha256, "parts": list(parts), "config": dict(config)})


def fingerprint(content: Mapping[str, Any]) -> str:
    """SHA-256 of everything that a request says, from plain values (JSON)."""
    return hashlib.sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()
