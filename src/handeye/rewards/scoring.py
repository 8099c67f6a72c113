"""Completions and what is right -> rewards, each with the rules that were broken.

The functions take a batch as trainers hand it on, ``(completions, **columns)``, and give a number
for each completion, or None where its row has nothing to score it by. They know no trainer; a
completion is a text or a list of messages. What is asked of a text is asked once
(:func:`verdict_of`): the functions only choose from it.

    outcome      R_O   strict score of what stands between the answer's tags, 0 or 1
    perception   R_P   facts true and enough for the question's program, 0 or 1; of rows without a
                       program the F1 of the facts
    fact_f1            F1 of the stated facts
    form               1 where no rule is broken
    length             from 0 down to -1 as a budget of words is used up
    repetition         from 0 down to -1 as words repeat outside the recognition

R_O is of the written form and of no published protocol: an official grammar gives 0 to a text that
states anything beside its answer. The two are never mixed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from handeye.answer_kinds import calls, choice, number, text as texts, truth as truths_
from handeye.answer_kinds.reading import words
from handeye.errors import OptionError, allowed
from handeye.rewards import facts as said, written
from handeye.rewards.columns import Truth, truths
from handeye.rewards.written import FORM, OUTCOME, PERCEPTION, Span, breaks, in_order

LONGEST_RECOGNITION = 800
"""Words and signs of a recognition, after the 800 tokens of MoCA (arXiv 2605.14054)."""
LONGEST_ANSWER = 200
"""Characters of an answer, but for calls."""
BUDGET, SOFT = 1024, 256
"""Words and signs of a completion, and of its end over which the penalty grows."""
NGRAM = 8
"""Words of a passage that counts as repeated."""
_PIECE = re.compile(r"\w+|[^\w\s]")
_HEDGE = re.compile(
    r"\b(?:maybe|perhaps|might|may|could|possibly|probably|likely|unsure|unclear|either|or|and/or|"
    r"if|whether|would|should|will|seems?|appears?|guess|approximately|about|around|almost|"
    r"at least|at most|(?:more|less|fewer) than|not sure|cannot tell|can't tell)\b|[?~|]|"
    r"[<>]=?\s*\d|\d\s*[-–/]\s*\d"
)
# What announces an answer, wherever it stands: in words, as a call, as a letter of a list.
_ANNOUNCED = re.compile(
    r"\b(?:answers?|solution|result|total|count|therefore|thus|hence|conclusion|choose|choice|"
    r"option|pick|select|final|correct|gold|click|submit|done|boxed|equals?)\b|[(:=]\s*[a-z0-9]+\s*$"
    r"|^\s*\(?[a-z]\)?[.):]?\s*$"
)
_ROMAN = re.compile(r"(?=[ivx])x{0,2}(?:ix|iv|v?i{0,3})")
_NUMBERS = frozenset(
    # Of the languages that policies drift into; what is missed is no fact anyway.
    word
    for line in (
        "zero one two three four five six seven eight nine ten eleven twelve once twice pair dozen",
        "couple single triple first second third fourth fifth sixth seventh eighth ninth tenth",
        "null eins zwei drei vier fünf sechs sieben acht neun zehn un deux trois quatre cinq",
        "sept huit neuf dix uno dos tres cuatro cinco seis siete ocho nueve diez due quattro",
        "cinque sei sette otto nove dieci um dois três quatro sete oito dez een twee drie vijf zes",
        "zeven negen tien ett två tre fyra fem sex sju åtta nio tio",
    )
    for word in line.split()
)


class FactRead(NamedTuple):
    """A part of a recognition: its text and places in the completion, and what was made of it.

    ``state``: ``founded``, ``unfounded``, ``unknown`` (a fact, of a scene that is not known) or
    ``no fact``.
    """

    text: str
    start: int
    end: int
    state: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one completion is worth.

    Attributes:
        outcome: R_O, 0 or 1.
        perception: R_P, 0 to 1; None where the row knows no facts.
        precision: share of what is stated that the scene bears out; None likewise.
        recall: share of what is needed that is stated; None likewise.
        f1: their harmonic mean; None likewise.
        form: 1 where no rule is broken.
        length: -1 to 0.
        repetition: -1 to 0.
        broken: names of the rules that are broken (:data:`handeye.rewards.written.RULES`).
        facts: the recognition, part by part.
        recognition: where it stands in the completion; None where the form is broken.
        answer: likewise.
        program: what the program makes of the stated facts, true or not; None where it cannot tell.
    """

    outcome: float
    perception: float | None
    precision: float | None
    recall: float | None
    f1: float | None
    form: float
    length: float
    repetition: float
    broken: tuple[str, ...]
    facts: tuple[FactRead, ...] = ()
    recognition: Span | None = None
    answer: Span | None = None
    program: str | None = None


def text_of(completion: Any) -> str:
    """The text of a completion: itself, or what the messages of it say, one behind the other.

    Contents may be texts or lists of parts; pictures among them are left out.
    """
    if isinstance(completion, str):
        return completion
    if isinstance(completion, dict):
        content = completion.get("content")
        if isinstance(content, str) or content is None:
            return content or ""
        parts = content if isinstance(content, (list, tuple)) else ()
        texts_ = (part.get("text") for part in parts if isinstance(part, dict))
        return "".join(text for text in texts_ if isinstance(text, str))
    if isinstance(completion, (list, tuple)):
        return "".join(map(text_of, completion))
    return ""


def verdict_of(completion: Any, truth: Truth, *, budget: int = BUDGET) -> Verdict:
    """Judge one completion.

    Args:
        completion: a text, a message or a list of messages; any text can be judged.
        truth: what is right.
        budget: words and signs that it may have.
    """
    text = text_of(completion)
    read = written.read(text)
    broken = set(read.broken)
    outcome = 0.0
    seen = _Seen()
    if read.recognition is not None and read.answer is not None:
        outcome, rules = answered(read.answer.text, truth)
        broken.update(rules)
        seen = recognized(read.recognition, truth)
        broken.update(seen.broken)
    known = bool(truth.facts)
    right = (
        1.0 if seen.program is not None and seen.program == true_value(truth) else 0.0
    ) if truth.program else seen.f1  # fmt: skip
    unread = "too_long" in broken
    if truth.program:
        perception = 0.0 if breaks(broken, PERCEPTION) else right
    else:
        # The facts are the answer: a false one costs precision, as in the F1 of a detector.
        hard = broken - _COUNTED
        perception = 0.0 if breaks(hard, PERCEPTION) else seen.f1
    return Verdict(
        outcome=0.0 if breaks(broken, OUTCOME) else outcome,
        perception=perception if known else None,
        precision=seen.precision if known else None,
        recall=seen.recall if known else None,
        f1=seen.f1 if known else None,
        form=0.0 if breaks(broken, FORM) else 1.0,
        length=-1.0 if unread else _overlong(text, budget),
        repetition=-1.0 if unread else _repeated(text, read.recognition),
        broken=in_order(broken),
        facts=seen.facts,
        recognition=read.recognition,
        answer=read.answer,
        program=seen.program,
    )


_COUNTED = frozenset({"unfounded_fact", "absent_thing", "copied_cue", "repeated_fact"})


@lru_cache(maxsize=8192)
def true_value(truth: Truth) -> str | None:
    """What the program makes of all that is true."""
    return said.program(truth.program)(said.scene(truth.facts))


# ---- the answer


def answered(span: str, truth: Truth) -> tuple[float, set[str]]:
    """Score what stands between the answer's tags.

    Returns:
        1 where it is right and written as its kind asks, else 0; and the rules that it breaks. A
        wrong answer breaks none.
    """
    told = span.strip()
    if not told:
        return 0.0, {"empty_answer"}
    if len(told) > (calls.LONGEST if truth.kind == "calls" else LONGEST_ANSWER):
        return 0.0, {"long_answer"}
    if _foreign(told, truth):
        return 0.0, {"foreign_answer"}
    found = _strict(told, truth)
    if found is not None:
        return found, set()
    low = told.casefold()
    if _several(low, truth):
        return 0.0, {"several_answers"}
    if _HEDGE.search(low):
        return 0.0, {"hedged_answer"}
    # Another word than those that are known is a wrong answer in the right form.
    plain = truth.kind == "text" and re.fullmatch(r"[\w-]+(?: [\w-]+){0,2}\.?", told)
    return (0.0, set()) if plain and not _named(low, truth) else (0.0, {"loose_answer"})


def _strict(told: str, truth: Truth) -> float | None:
    """The score of an answer that is written as it should be; None for any other."""
    if truth.kind == "calls":
        found = calls.read(told)
        return None if found is None else calls.score(found, truth.gold)
    bare = texts.bare(told)
    if truth.kind in ("text", "number"):
        # Beside numbers there are words, each in one way: "no such".
        for ways in truth.answers or (truth.ways,):
            if truth.kind == "number":
                ways = () if number.read(ways[0]) else ways[:1]
            if bare in map(texts.bare, ways):
                return float(ways[0] == truth.gold)
    if truth.kind == "number":
        said_number = number.read(told)
        if said_number is None or not said_number.strict:
            return None
        gold = number.read(truth.gold)
        return 0.0 if gold is None else number.score(said_number, gold.value)
    if truth.kind == "truth":
        claim = truths_.read(told)
        ok = claim is not None and claim.strict
        return truths_.score(claim, truth.gold == "true") if ok else None
    if truth.kind == "choice":
        options = [way[0] for way in truth.answers]
        chosen = choice.read(told, options)
        ok = chosen is not None and chosen.strict
        return choice.score(chosen, options.index(truth.gold)) if ok else None
    return None


def _named(low: str, truth: Truth) -> set[str]:
    """Which of the known answers stand in a text, whatever is said of them."""
    told = f" {words(low)} "
    known = truth.answers or (truth.ways,)
    if truth.kind == "truth":
        known = (("true",), ("false",))
    return {ways[0] for ways in known if any(f" {words(way)} " in told for way in ways)}


def _several(low: str, truth: Truth) -> bool:
    if len(_named(low, truth)) > 1:
        return True
    if truth.kind == "choice":
        return len(set(re.findall(r"(?<![\w'])[a-z](?![\w'])", low))) > 1
    if truth.kind == "number":
        return len(set(re.findall(r"\d+", low)) | (set(words(low).split()) & _NUMBERS)) > 1
    return False


@lru_cache(maxsize=8192)
def _own_signs(truth: Truth) -> frozenset[str]:
    """Signs beside plain text that the row has itself, in capitals and small."""
    own = (truth.gold, *truth.facts, *(way for ways in truth.answers for way in ways))
    cases = (case for text in own for case in (text, text.lower(), text.upper()))
    return frozenset(sign for text in cases for sign in text if not sign.isascii())


def _foreign(text: str, truth: Truth) -> bool:
    return not text.isascii() and any(
        not sign.isascii() and sign not in _own_signs(truth) for sign in set(text)
    )


# ---- the recognition


class _Seen(NamedTuple):
    """What a recognition states, and what is true of it."""

    broken: frozenset[str] = frozenset()
    facts: tuple[FactRead, ...] = ()
    precision: float = 0.0
    recall: float = 0.0
    f1: float = 0.0
    program: str | None = None


def recognized(span: Span, truth: Truth) -> _Seen:
    """Judge what stands between the recognition's tags."""
    if not span.text.strip():
        return _Seen(frozenset({"empty_recognition"}))
    broken: set[str] = set()
    pieces = sum(1 for _ in _PIECE.finditer(span.text))
    if pieces > LONGEST_RECOGNITION:
        broken.add("long_recognition")
    if _foreign(span.text, truth):
        broken.add("foreign_recognition")
    if not truth.facts:
        # Of a picture of which nothing is known prose is read, by somebody else.
        if _leaks(span.text, truth):
            broken.add("answer_in_recognition")
        return _Seen(frozenset(broken))
    parts = [
        part._replace(fact=None) if _foreign(part.text, truth) else part
        for part in said.stated(span.text)
    ]
    if not parts:
        return _Seen(frozenset({*broken, "empty_recognition"}))
    if len(parts) > said.MOST:
        return _Seen(frozenset({*broken, "many_facts"}))
    true = said.scene(truth.facts)
    stated = [part.fact for part in parts if part.fact is not None]
    there = iter(said.founded(stated, true))
    states = ["no fact" if p.fact is None else _FOUNDED[next(there)] for p in parts]
    cue = said.scene(truth.cue_facts)
    false_cue = {one for one, so in zip(cue, said.founded(cue, true), strict=True) if not so}
    names = {
        end.name for fact in true if not fact.denied for end in (fact.thing, fact.other) if end
    }
    good = [part.fact for part, state in zip(parts, states, strict=True)
            if part.fact is not None and state == "founded"]  # fmt: skip
    for part, state in zip(parts, states, strict=True):
        if part.fact is None:
            broken.update(_no_fact(part.text[: said.LONGEST], truth))
        elif state == "unfounded":
            broken.update(_unfounded(part.fact, good, names, false_cue))
    if said.contradictions(stated, true):
        broken.add("contradiction")
    needed = said.scene(truth.needed)
    precision = len(good) / len(parts)
    recall = said.covered(needed, good) / len(needed) if needed else float(bool(good))
    total = precision + recall
    places = tuple(
        FactRead(part.text, span.start + part.start, span.start + part.end, state)
        for part, state in zip(parts, states, strict=True)
    )
    found = said.program(truth.program)(stated) if truth.program else None
    return _Seen(
        frozenset(broken), places, precision, recall,
        2 * precision * recall / total if total else 0.0, found,
    )  # fmt: skip


_FOUNDED = {True: "founded", False: "unfounded"}


def _unfounded(
    fact: said.Fact, good: Sequence[said.Fact], names: set[str], cue: set[said.Fact]
) -> set[str]:
    """Rules that a fact breaks which the scene does not bear out; ``cue``: false claims."""
    found = {"repeated_fact"} if any(map(fact.follows, good)) else {"unfounded_fact"}
    ends = (fact.thing, fact.other)
    if not fact.denied and any(end is not None and end.name not in names for end in ends):
        found.add("absent_thing")
    # That there is one more of a thing says too little to follow from another fact.
    if any(one == fact or (one.size and one.follows(fact)) for one in cue):
        found.add("copied_cue")
    return found


def _no_fact(text: str, truth: Truth) -> set[str]:
    """Rules that a statement breaks which is no fact, the most telling ones with it."""
    found = {"not_a_fact"}
    low = text.casefold()
    if _says_answer(low, truth):
        found.add("answer_in_recognition")
    if _HEDGE.search(low):
        found.add("hedged_fact")
    return found


def _says_answer(low: str, truth: Truth) -> bool:
    """Whether a statement that is no fact gives an answer, in whatever way."""
    if _ANNOUNCED.search(low) or any(sign.isdigit() for sign in low):
        return True
    told = words(low).split()
    return bool(
        _NUMBERS & set(told)
        or (len(told) == 1 and _ROMAN.fullmatch(told[0]))
        or _named(low, truth)
        or _foreign(low, truth)
    )


_LEAK = re.compile(
    r"\b(?:the\s+)?(?:final\s+|correct\s+|right\s+)?(?:answer|solution|option|choice)\b[\s*_`\"']*"
    r"(?:is|:|=|would be|must be)|\\boxed|\b(?:count|click|submit)\s*\(|\btherefore\b|\bhence\b",
    re.IGNORECASE,
)


def _leaks(prose: str, truth: Truth) -> bool:
    """Whether prose answers where it should describe: an announcement, a call, a bare answer."""
    if _LEAK.search(prose):
        return True
    right = {texts.bare(way) for way in truth.ways}
    lines = (line for part in prose.split("\n") for line in part.split(";"))
    return any(texts.bare(line) in right for line in lines if 0 < len(line) <= LONGEST_ANSWER)


# ---- penalties


def _overlong(text: str, budget: int) -> float:
    """0 up to the last :data:`SOFT` of a budget, from there in a line to -1 at its end.

    The soft punishment of DAPO (arXiv 2503.14476, equation 13), in words and signs for tokens.
    """
    # No more of a text than is needed to know.
    many = 0
    for many, _ in enumerate(_PIECE.finditer(text), 1):
        if many >= budget:
            return -1.0
    soft = min(SOFT, budget)
    return min(0.0, (budget - soft - many) / soft)


def _repeated(text: str, recognition: Span | None) -> float:
    """Minus the share of passages of :data:`NGRAM` words that were there before.

    As in Yeo et al. 2025 (arXiv 2502.03373, appendix B), of all but the recognition, where things
    that look alike are stated alike and false ones are punished anyway.
    """
    if recognition is not None:
        text = f"{text[: recognition.start]} {text[recognition.end :]}"
    told = text.casefold().split()
    total = len(told) - NGRAM + 1
    if total < 1:
        return 0.0
    return len({tuple(told[at : at + NGRAM]) for at in range(total)}) / total - 1


# ---- batches


def verdicts(
    completions: Sequence[Any], *, budget: int = BUDGET, **columns: Any
) -> list[Verdict | None]:
    """Judge a batch: everything that the functions below give, and the rules that were broken.

    Args:
        completions: texts, or lists of messages.
        budget: words and signs of each.
        **columns: lists of as many values (:data:`handeye.rewards.columns.COLUMNS`, or
            ``ground_truth``); others are left alone.

    Returns:
        None where the row has no gold.

    Raises:
        DataError: a column is not what the schema says.
    """
    return judged(completions, columns, budget)


def judged(
    completions: Sequence[Any], columns: Mapping[str, Any], budget: int = BUDGET
) -> list[Verdict | None]:
    """The same from columns whatever their names, a ``budget`` among them."""
    known = truths(len(completions), columns)
    return [
        None if truth is None else _judged(text_of(completion), truth, budget)
        for completion, truth in zip(completions, known, strict=True)
    ]


# Every part of a reward asks for the same batch.
_judged = lru_cache(maxsize=2048)(
    lambda text, truth, budget: verdict_of(text, truth, budget=budget)
)


Values = list[float | None]


def _each(name: str, completions: Sequence[Any], columns: Mapping[str, Any]) -> Values:
    found = judged(completions, columns)
    return [None if one is None else getattr(one, name) for one in found]


def outcome(completions: Sequence[Any], **columns: Any) -> Values:
    """R_O: 1 where the answer is right and written as its kind asks, in an unbroken form."""
    return _each("outcome", completions, columns)


def perception(completions: Sequence[Any], **columns: Any) -> Values:
    """R_P by program: 1 where all stated facts are true and the question can be answered by them.

    Of rows without a program the F1 of the facts; None where no facts are known.
    """
    return _each("perception", completions, columns)


def fact_f1(completions: Sequence[Any], **columns: Any) -> Values:
    """F1 of what is stated: precision over all that is, recall of what the question needs."""
    return _each("f1", completions, columns)


def form(completions: Sequence[Any], **columns: Any) -> Values:
    """1 where no rule is broken, else 0."""
    return _each("form", completions, columns)


def length(completions: Sequence[Any], **columns: Any) -> Values:
    """From 0 to -1 over the last :data:`SOFT` of :data:`BUDGET` words and signs."""
    return _each("length", completions, columns)


def repetition(completions: Sequence[Any], **columns: Any) -> Values:
    """Minus the share of passages of :data:`NGRAM` words that repeat, outside the recognition."""
    return _each("repetition", completions, columns)


PARTS: dict[str, Callable[..., Values]] = {
    "outcome": outcome,
    "perception": perception,
    "fact_f1": fact_f1,
    "form": form,
    "length": length,
    "repetition": repetition,
}
"""Every reward by its name."""
By = Literal["program", "facts"]


@dataclass(frozen=True, slots=True)
class Reward:
    """A weighted sum: ``outcome * R_O + perception * R_P + form * F + length * L + ...``.

    Weights are at least 0; penalties are negative themselves. What a row cannot tell (R_P without
    facts) is left out of its sum.

    Attributes:
        outcome: weight of R_O.
        perception: weight of R_P; what the papers have lies between 0.1 and 1.0.
        form: weight of the form.
        length: weight of the length penalty.
        repetition: weight of the repetition penalty.
        by: what R_P is: ``program``, or ``facts`` for the F1 of the facts everywhere.
        budget: words and signs of a completion.
    """

    outcome: float = 1.0
    perception: float = 0.5
    form: float = 0.1
    length: float = 0.5
    repetition: float = 0.5
    by: By = "program"
    budget: int = BUDGET

    def __post_init__(self) -> None:
        if self.by not in ("program", "facts"):
            raise OptionError(f"by is {self.by!r}{allowed(self.by, ('program', 'facts'))}")
        for name in ("outcome", "perception", "form", "length", "repetition"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise OptionError(f"{name} must be a weight of at least 0")
        if not isinstance(self.budget, int) or self.budget < 1:
            raise OptionError(f"budget must be a whole number of at least 1, got {self.budget}")

    def __call__(self, completions: Sequence[Any], **columns: Any) -> Values:
        """The sum for each completion; None where its row has no gold."""
        found = judged(completions, columns, self.budget)
        return [None if one is None else self.total(one) for one in found]

    def total(self, verdict: Verdict) -> float:
        """The sum of one verdict."""
        seen = verdict.f1 if self.by == "facts" else verdict.perception
        return (
            self.outcome * verdict.outcome
            + self.perception * (seen or 0.0)
            + self.form * verdict.form
            + self.length * verdict.length
            + self.repetition * verdict.repetition
        )
