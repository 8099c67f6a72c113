"""Respondents of known fault: extreme, mixed, and without any that could be told.

Written without the simulated respondent, the scoring and the diagnosis;
``tests/support/premise/truth.py`` judges what is said of them. A respondent gets what there is to
see and hear, told by the plan of a set, and says one of the six roles, or some text.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import msgspec

from handeye.premise.items import AUDIO_FALSE, LETTERS, VISION_FALSE, Item
from handeye.premise.scenes.families import make_family, rows_of
from handeye.premise.scenes.plan import KINDS, plan_families, plan_set
from handeye.sets.draw import Draw

Sense = Literal["vision", "audio"]
SENSES: tuple[Sense, ...] = ("vision", "audio")
REJECTS: Mapping[str, int] = {"vision": VISION_FALSE, "audio": AUDIO_FALSE}
OTHER = {VISION_FALSE: AUDIO_FALSE, AUDIO_FALSE: VISION_FALSE}


# ---- questions, as a respondent gets them


@dataclass(frozen=True)
class Asked:
    """One question about one clip.

    Attributes:
        item: its row.
        number: of the family in the set, from 0.
        about: the senses that its premise is about.
        here: which detail the clip has, by sense.
        named: which detail the premise names, by sense.
        query: the sense of what is asked for.
        content: the role that is right of what is asked.
        order: roles by position.
    """

    item: Item
    number: int
    about: tuple[Sense, ...]
    here: Mapping[Sense, int]
    named: Mapping[Sense, int]
    query: Sense
    content: int
    order: tuple[int, ...]

    @property
    def false(self) -> list[Sense]:
        """The senses that contradict the premise."""
        return [sense for sense in self.about if self.here[sense] != self.named[sense]]

    @property
    def gold(self) -> int:
        """The right role."""
        return REJECTS[self.false[0]] if self.false else self.content

    @property
    def sense(self) -> Sense:
        """The sense of a premise about one detail; else that of what is asked for."""
        return self.about[0] if len(self.about) == 1 else self.query

    @property
    def own(self) -> int:
        """The role that rejects for that sense."""
        return REJECTS[self.sense]

    @property
    def level(self) -> int:
        """How hard a detail is to tell, from 1."""
        levels = KINDS[self.sense][self.item.kind].levels
        return 1 + list(levels).index(self.item.level or levels[0])

    def words(self, what: str) -> Draw:
        """Draws that come of the words of the prompt alone."""
        return Draw(1, "words", what, self.item.prompt_id)

    def with_(self, sense: Sense) -> Asked:
        """The same about the clip that differs in one sense."""
        return replace(self, here={**self.here, sense: 1 - self.here[sense]})


def questions(seed: int, families: int) -> list[Asked]:
    """All questions of a set, without its media."""
    options = plan_set(seed, families, "video", None, None, "test")
    out = []
    for order in plan_families(options):
        family = make_family(seed, "test", order)
        clips = [family.clip_name(here) for here in family.clips]
        files = dict.fromkeys((f"videos/{clip}.mp4" for clip in clips), "0" * 64)
        for row in rows_of(family, order, "video", "test", files, {clip: {} for clip in clips}):
            item = msgspec.json.decode(row, type=Item)
            prompt, query = str(item.meta["prompt"]), str(item.meta["query"]).partition(" ")[0]
            about = SENSES if prompt == "b" else ((SENSES["va".index(prompt[0])]),)
            which = 0 if prompt == "b" else int(prompt[1])
            seen, heard = item.clip_id[-2:]
            out.append(
                Asked(
                    item=item,
                    number=order.index,
                    about=about,
                    here={"vision": int(seen), "audio": int(heard)},
                    named=dict.fromkeys(about, which),
                    query="vision" if query == "vision" else "audio",
                    content=family.shown["vision" if query == "vision" else "audio"].answer,
                    order=item.order,
                )
            )
    return out


@dataclass(frozen=True)
class Said:
    """An answer as it was meant.

    Attributes:
        role: that it names; None where it names none.
        form: ``strict``, ``loose`` where only a lenient reader takes it, ``none`` where nobody can.
        text: as written; None: the letter of the role.
        state: how it ended.
        false: TRUE or FALSE instead of a role: whether FALSE.
        lean: S as it was planted, the prior of letters taken off.
        logs: log-probabilities by letter.
    """

    role: int | None = None
    form: Literal["strict", "loose", "none"] = "strict"
    text: str | None = None
    state: str = "answered"
    false: bool | None = None
    lean: float | None = None
    logs: Mapping[str, float] | None = None


Answer = Callable[[Asked, Draw, Draw], "int | Said"]
"""Takes a question, draws of the answer, and draws of the family; gives a role, or more."""


@dataclass(frozen=True)
class Respondent:
    """One respondent.

    ``says`` are the claims that must be spoken: kind, or kind and the sense or end that it is
    about. ``random``: it answers the same question otherwise when asked again.
    """

    name: str
    group: str
    answer: Answer
    says: tuple[str, ...] = ()
    variant: str = "six"


ALL: list[Respondent] = []


def respondent(
    name: str, group: str, says: str = "", variant: str = "six"
) -> Callable[[Answer], Answer]:
    """Enter a respondent; what must be said is separated by blanks."""

    def enter(answer: Answer) -> Answer:
        ALL.append(Respondent(name, group, answer, tuple(says.split()), variant))
        return answer

    return enter


def enter(name: str, group: str, answer: Answer, says: str = "", variant: str = "six") -> None:
    """As :func:`respondent`, of one that is made elsewhere."""
    respondent(name, group, says, variant)(answer)


# ---- what they are made of


def right(ask: Asked, draw: Draw, family: Draw) -> int:
    return ask.gold


def accepting(ask: Asked, draw: Draw, family: Draw) -> int:
    return ask.content


def rejecting(ask: Asked, draw: Draw, family: Draw) -> int:
    return ask.own


def swapping(ask: Asked, draw: Draw, family: Draw) -> int:
    return OTHER.get(ask.gold, ask.gold)


def judged(
    ask: Asked,
    knows: Callable[[Sense], bool],
    guess: Callable[[Sense], bool],
    content: int | None = None,
) -> int:
    """Who takes a premise rightly of the senses that it knows, and of others guesses.

    Args:
        ask: the question.
        knows: whether it can tell the detail of a sense.
        guess: whether it holds the premise about another one to be false.
        content: that it gives; by default the right one.
    """
    for sense in ask.about:
        false = sense in ask.false if knows(sense) else guess(sense)
        if false:
            return REJECTS[sense]
    return ask.content if content is None else content


def lacking(gone: Sequence[str], by_words: bool, contents: bool) -> Answer:
    """Who tells nothing of some senses; with ``contents`` it gets what is asked for all the same.

    It guesses by the words, or by lot.
    """

    def answer(ask: Asked, draw: Draw, family: Draw) -> int:
        source = ask.words("lacking") if by_words else draw
        content = ask.content
        if ask.query in gone and not contents:
            content = source.below(4)
        of_two = len(ask.about) == 2
        return judged(
            ask,
            lambda sense: sense not in gone,
            lambda sense: not of_two and source.unit() < 0.5,
            content,
        )

    return answer


def partly(share: float, fault: Answer, rest: Answer = right) -> Answer:
    """A fault in some of the answers."""
    return lambda ask, draw, family: (fault if draw.unit() < share else rest)(ask, draw, family)


def by_family(share: float, fault: Answer, rest: Answer = right) -> Answer:
    """A fault in all answers about some of the families."""

    def answer(ask: Asked, draw: Draw, family: Draw) -> int | Said:
        return (fault if family.unit() < share else rest)(ask, draw, family)

    return answer


def at_letters(letters: str) -> Answer:
    """One of some letters, drawn."""
    return lambda ask, draw, family: ask.order[LETTERS.index(draw.pick(letters))]


def worded(form: Literal["strict", "loose", "none"], text: str, of: Answer = right) -> Answer:
    """The same answers in another form; ``{letter}``, ``{small}`` and ``{words}`` stand for it."""

    def answer(ask: Asked, draw: Draw, family: Draw) -> Said:
        role = of(ask, draw, family)
        assert isinstance(role, int)
        letter = LETTERS[ask.order.index(role)]
        words = (*ask.item.options, *_REJECTIONS)[role]
        told = text.replace("{letter}", letter).replace("{small}", letter.lower())
        return Said(None if form == "none" else role, form, told.replace("{words}", words))

    return answer


_REJECTIONS = (
    "The visual detail in the question is wrong.",
    "The audio detail in the question is wrong.",
)


def wrong_content(ask: Asked, draw: Draw, family: Draw) -> int:
    return ask.gold if ask.false else (ask.content + draw.integer(1, 3)) % 4


def inverted(senses: Sequence[str], contents: bool) -> Answer:
    """Who accepts what is false and rejects what is true, of some senses."""

    def answer(ask: Asked, draw: Draw, family: Draw) -> int:
        content = ask.content if contents else ask.words("content").below(4)
        if len(ask.about) == 2 or ask.sense not in senses:
            return ask.gold
        return content if ask.false else ask.own

    return answer


def led(contents: bool) -> Answer:
    """Who judges what is said of one sense by what it gets of the other."""

    def answer(ask: Asked, draw: Draw, family: Draw) -> int:
        content = ask.content if contents else ask.words("content").below(4)
        other: Sense = "audio" if ask.sense == "vision" else "vision"
        return ask.own if ask.here[other] != ask.named[ask.sense] else content

    def one(ask: Asked, draw: Draw, family: Draw) -> int:
        return ask.gold if len(ask.about) == 2 else answer(ask, draw, family)

    return one


def either(ask: Asked, draw: Draw, family: Draw) -> int:
    """Who rejects where one sense and not the other was changed: it tells neither by itself."""
    if len(ask.about) == 2:
        return ask.gold
    other: Sense = "audio" if ask.sense == "vision" else "vision"
    wrong = bool(ask.false) != bool(ask.here[other])
    return ask.own if wrong else ask.words("content").below(4)


# ---- nothing wrong, or nothing that can be told

enter("right", "none", right)
enter("uniform noise in 6 %", "none", partly(0.06, lambda a, d, f: d.below(6)))
enter("tells half of the details, else by lot", "none",
      lambda a, d, f: a.gold if d.unit() < 0.5 else judged(
          a, lambda s: False, lambda s: len(a.about) == 1 and d.unit() < 0.5))  # fmt: skip
enter("accepts a third of what is false", "none",
      lambda a, d, f: a.content if a.false and d.unit() < 1 / 3 else a.gold)  # fmt: skip
enter("rejects a third of what is true", "none",
      lambda a, d, f: a.own if not a.false and d.unit() < 1 / 3 else a.gold)  # fmt: skip
enter("accepts everything in a third of the families", "none", by_family(1 / 3, accepting))
enter("rejects everything in a third of the families", "none", by_family(1 / 3, rejecting))
enter("tells the easiest level alone, else by lot", "none",
      lambda a, d, f: a.gold if len(a.about) == 2 or a.level == 1 else judged(
          a, lambda s: False, lambda s: d.unit() < 0.5))  # fmt: skip
enter("accepts in the first half, rejects in the second", "none",
      lambda a, d, f: a.content if a.number < 30 else a.own)  # fmt: skip
enter("hears nothing but the closing sounds", "none", lacking(("audio",), False, True))
enter("sees nothing but the badge, by the words", "none", lacking(("vision",), True, True))
enter("wrong throughout, in a quarter of the families", "none",
      by_family(0.25, lambda a, d, f: a.own if d.unit() < 0.5 else (a.content + 1) % 4),
      "content")  # fmt: skip

# ---- extreme

enter("accepts everything", "extreme", accepting, "accepts_all")
enter("accepts everything and guesses", "extreme", lambda a, d, f: d.below(4), "accepts_all")
enter("rejects everything for its sense", "extreme", rejecting, "rejects_all")
enter("rejects everything for the picture", "extreme", lambda a, d, f: 4,
      "rejects_all one_sense:vision")  # fmt: skip
enter("rejects everything for either sense, by lot", "extreme",
      lambda a, d, f: d.integer(4, 5), "rejects_all")  # fmt: skip
enter("rejects questions about sound alone", "extreme",
      lambda a, d, f: a.own if a.sense == "audio" else a.content,
      "rejects_all:audio accepts_all:vision")  # fmt: skip
enter("rejects what is said of sound, sees rightly", "extreme",
      lambda a, d, f: a.own if a.sense == "audio" else a.gold, "rejects_all:audio")  # fmt: skip
enter("accepts what is said of the picture, hears rightly", "extreme",
      lambda a, d, f: a.content if a.sense == "vision" else a.gold,
      "accepts_all:vision")  # fmt: skip
for gone, name in (("audio", "deaf"), ("vision", "blind")):
    enter(f"{name}, by the words", "extreme", lacking((gone,), True, False), f"lacks:{gone}")
    enter(f"{name}, by lot", "extreme", lacking((gone,), False, False), f"lacks:{gone}")
enter("deaf and blind, by the words", "extreme", lacking(SENSES, True, False), "text_only")
enter("deaf and blind, by lot", "extreme", lacking(SENSES, False, False), "blind")
enter("the shortest option", "extreme",
      lambda a, d, f: min(range(6), key=lambda r: (len((*a.item.options, *_REJECTIONS)[r]), r)),
      "text_only")  # fmt: skip
enter("the longest option", "extreme",
      lambda a, d, f: max(range(6), key=lambda r: len((*a.item.options, *_REJECTIONS)[r])),
      "rejects_all")  # fmt: skip
enter("the option that shares most with the question", "extreme",
      lambda a, d, f: max(range(6), key=lambda r: len(
          set((*a.item.options, *_REJECTIONS)[r].lower().split())
          & set(a.item.question.lower().split()))),
      "rejects_all")  # fmt: skip
for letter in "BF":
    enter(f"always {letter}", "extreme", at_letters(letter), "constant")
enter("A to every other prompt, else B", "extreme",
      lambda a, d, f: a.order[a.words("ab").below(2)], "text_only")  # fmt: skip
enter("any letter", "extreme", at_letters(LETTERS), "random")
enter("one of the last two letters", "extreme", at_letters("EF"), "ends:late")
enter("one of the first two letters", "extreme", at_letters("AB"), "ends:early")
enter("the letters of the paper's order", "extreme",
      lambda a, d, f: a.order[a.gold])  # fmt: skip
enter("swaps the senses", "extreme", swapping, "swaps")
enter("names the picture whatever is false", "extreme",
      lambda a, d, f: 4 if a.false else a.content, "one_sense:vision")  # fmt: skip
enter("swaps the senses where two details are named", "extreme",
      lambda a, d, f: OTHER.get(a.gold, a.gold) if len(a.about) == 2 else a.gold,
      "swaps:two")  # fmt: skip
enter("routes two details by lot", "extreme",
      lambda a, d, f: d.integer(4, 5) if len(a.about) == 2 and a.false else a.gold,
      "wrong_sense:two")  # fmt: skip
enter("hears nothing where two details are named", "extreme",
      lambda a, d, f: a.gold if len(a.about) == 1 or "vision" in a.false else a.content,
      "less_in_two:audio")  # fmt: skip
enter("holds every other prompt to be false, by the words", "extreme",
      lambda a, d, f: a.gold if len(a.about) == 2
      else a.own if a.words("t").unit() < 0.5 else a.content, "chance")  # fmt: skip
enter("accepts false and rejects true", "extreme", inverted(SENSES, True),
      "inverted:vision inverted:audio")  # fmt: skip
enter("accepts false and rejects true, guesses contents", "extreme", inverted(SENSES, False),
      "inverted:vision inverted:audio")  # fmt: skip
enter("accepts false and rejects true of sound, guesses it", "extreme",
      inverted(("audio",), False), "inverted:audio")  # fmt: skip
enter("judges each sense by the other", "extreme", led(True), "interference")
enter("judges each sense by the other, guesses contents", "extreme", led(False), "interference")
enter("rejects what one sense and not the other changed", "extreme", either, "interference")
enter("hears the left channel alone", "extreme",
      lambda a, d, f: judged(a, lambda s: a.item.kind != "side", lambda s: d.unit() < 0.5)
      if len(a.about) == 1 else a.gold)  # fmt: skip
for sense, only in (("audio", "word"), ("vision", "colour")):
    enter(f"tells {only} alone of {sense}, guesses contents", "extreme",
          lambda a, d, f, sense=sense, only=only: a.gold
          if len(a.about) == 2 or a.sense != sense
          else judged(a, lambda s: a.item.kind == only, lambda s: a.words("k").unit() < 0.5,
                      a.words("c").below(4)),
          f"senses:{'vision' if sense == 'audio' else 'audio'}")  # fmt: skip
enter("gets what is asked wrong", "extreme", wrong_content, "content")
enter("tells every premise, guesses what is asked", "extreme",
      lambda a, d, f: a.gold if a.false else d.below(4), "content")  # fmt: skip
enter("tells every premise, what is asked by the words", "extreme",
      lambda a, d, f: a.gold if a.false else a.words("c").below(4), "content")  # fmt: skip
enter("no answer at all", "extreme", lambda a, d, f: Said(None, "none", "", "empty"), "mute")
enter("cannot hear audio, and says so", "extreme",
      lambda a, d, f: Said(None, "none", "I'm sorry, but I cannot hear audio.")
      if a.sense == "audio" else a.gold,
      "mute")  # fmt: skip
enter("as an AI without ears", "extreme",
      lambda a, d, f: Said(None, "none", "As an AI language model, I am not able to listen to a "
                           "clip. A person could.") if a.sense == "audio" else a.gold,
      "mute")  # fmt: skip
for form, text in (
    ("strict", "({letter})"), ("strict", "{letter})"), ("strict", "{letter}."),
    ("loose", "{small}"), ("loose", "{small})"), ("loose", "[{letter}]"),
    ("loose", '{"answer": "{letter}"}'), ("loose", "```json\n{\"answer\": \"{letter}\"}\n```"),
    ("loose", "{letter}. {words}"), ("loose", "{words}"), ("loose", "**{letter}**"),
    ("loose", "Let me think. I looked at the whole clip, and I listened to it.\n\nThe answer is "
              "{letter}."),
    ("none", "Something happens, and then it stops."),
):  # fmt: skip
    says = {"strict": "", "loose": "form:format_only", "none": "mute"}[form]
    enter(f"writes {text[:24]!r}", "extreme", worded(form, text), says)  # type: ignore[arg-type]
enter("writes a wrong letter in brackets", "extreme",
      worded("loose", "[{letter}]", wrong_content), "form:format_and_wrong")  # fmt: skip
enter("TRUE and FALSE where letters are asked for", "extreme",
      lambda a, d, f: Said(None, "none", "FALSE" if a.false else "TRUE"), "mute")  # fmt: skip

# ---- mixed

enter("deaf in half of the answers", "mixed", partly(0.5, lacking(("audio",), False, False)),
      "senses:vision")  # fmt: skip
enter("blind in half of the families", "mixed", by_family(0.5, lacking(("vision",), False, False)),
      "senses:audio")  # fmt: skip
enter("swaps the senses in a third", "mixed", partly(1 / 3, swapping), "wrong_sense")
enter("late letters in 30 %", "mixed", partly(0.3, at_letters("EF")), "ends:late")
enter("early letters in 30 %", "mixed", partly(0.3, at_letters("AB")), "ends:early")
enter("the middle letters in half", "mixed", partly(0.5, at_letters("CD")))
enter("late letters in half, deaf besides", "mixed",
      partly(0.5, at_letters("EF"), lacking(("audio",), True, False)), "ends:late")  # fmt: skip
enter("deaf, and swaps the senses", "mixed",
      lambda a, d, f: OTHER.get(r := lacking(("audio",), True, False)(a, d, f), r),
      "lacks:audio swaps")  # fmt: skip
enter("swaps half, words in a third", "mixed",
      partly(1 / 3, worded("none", "It is hard to say."), partly(0.5, swapping)),
      "mute wrong_sense")  # fmt: skip
enter("led by the other sense in half", "mixed", partly(0.5, led(True)), "interference")
enter("judges wrongly where the other sense changed, in 40 %", "mixed",
      lambda a, d, f: inverted(SENSES, True)(a, d, f)
      if len(a.about) == 1 and a.here["audio" if a.sense == "vision" else "vision"]
      and d.unit() < 0.4 else a.gold,
      "interference")  # fmt: skip
enter("wrong contents in half", "mixed", partly(0.5, wrong_content), "content")
enter("wrong contents of sound in half", "mixed",
      lambda a, d, f: wrong_content(a, d, f) if a.query == "audio" and d.unit() < 0.5 else a.gold,
      "content")  # fmt: skip
enter("refuses a third", "mixed", partly(1 / 3, lambda a, d, f: Said(state="refused", text="")),
      "mute")  # fmt: skip
enter("refuses what is false, else right", "mixed",
      lambda a, d, f: Said(state="refused", text="") if a.false else a.gold, "mute")  # fmt: skip
enter("brackets in half", "mixed", partly(0.5, worded("loose", "[{letter}]")), "form:format_only")
enter("accepts all of sound in half", "mixed",
      partly(0.5, lambda a, d, f: a.content if a.sense == "audio" else a.gold),
      "senses:vision")  # fmt: skip
enter("tells no order of sounds nor pitch", "mixed",
      lambda a, d, f: a.gold if len(a.about) == 2 else judged(
          a, lambda s: not (s == "audio" and a.item.kind in ("order", "pitch")),
          lambda s: d.unit() < 0.5))  # fmt: skip
enter("always B to what is seen, any letter to what is heard", "mixed",
      lambda a, d, f: a.order[1 if a.sense == "vision" else d.below(6)])  # fmt: skip


# ---- letters


def signalled(
    told: float,
    threshold: float | None = 0.0,
    *,
    position: Sequence[float] = (0.0,) * 6,
    senses: Sequence[str] = SENSES,
    returned: int = 6,
) -> Answer:
    """Who has an S with noise, and answers by it, or by the likeliest letter.

    Args:
        told: how far a false premise moves S, in standard deviations.
        threshold: of S from which it rejects; None: the likeliest letter is said.
        position: what each letter has for its place.
        senses: of which S tells anything.
        returned: letters whose log-probabilities come back.
    """

    def answer(ask: Asked, draw: Draw, family: Draw) -> Said:
        noise = sum(draw.unit() for _ in range(12)) - 6
        seen = any(sense in senses for sense in ask.false)
        lean = noise + told * (seen - 0.5)
        role = next((REJECTS[sense] for sense in ask.false), ask.own)
        weights = {one: (3.0 if one == ask.content else 0.0) for one in range(4)}
        weights |= {one: (3.0 if one == role else 0.0) for one in REJECTS.values()}
        sums = [_lse([w for r, w in weights.items() if (r >= 4) == side]) for side in (False, True)]
        shown = [
            weights[one] - sums[one >= 4] + (lean if one >= 4 else 0.0) + position[place]
            for place, one in enumerate(ask.order)
        ]
        total = _lse(shown)
        logs = {LETTERS[place]: one - total for place, one in enumerate(shown)}
        best = max(logs, key=lambda name: logs[name])
        kept = dict(sorted(logs.items(), key=lambda pair: -pair[1])[:returned])
        said = ask.order[LETTERS.index(best)]
        if threshold is not None:
            said = role if lean > threshold else ask.content
        return Said(said, lean=lean, logs=kept)

    return answer


def _lse(values: Sequence[float]) -> float:
    most = max(values)
    return most + math.log(sum(math.exp(one - most) for one in values))


enter("answers by S with noise", "none", signalled(2.5))
enter("S tells, accepts everything", "extreme", signalled(2.5, 1e9), "accepts_all gap")
enter("S tells, rejects everything", "extreme", signalled(2.5, -1e9), "rejects_all gap")
enter("S tells, its threshold lies high", "mixed", signalled(2.5, 2.0), "gap")
enter("S tells, letters lean to the end", "mixed",
      signalled(2.5, None, position=(0, 0, 0, 0, 4, 4)), "gap ends:late")  # fmt: skip
enter("S tells, three letters come back", "extreme", signalled(2.5, 1e9, returned=3), "accepts_all")
enter("S is noise, answers right", "none",
      lambda a, d, f: replace(signalled(0.0)(a, d, f), role=a.gold))  # type: ignore[type-var]  # fmt: skip
enter("S points the other way, answers by lot", "extreme",
      lambda a, d, f: replace(signalled(-4.0)(a, d, f), role=a.own if d.unit() < 0.5  # type: ignore[type-var]
                              else d.below(4)))  # fmt: skip
enter("S tells, answers by lot", "extreme",
      lambda a, d, f: replace(signalled(3.0)(a, d, f), role=d.below(6)), "gap")  # type: ignore[type-var]  # fmt: skip
enter("S tells what is seen alone", "extreme", signalled(4.0, senses=("vision",)), "senses:vision")


# ---- TRUE and FALSE


def _truth(false: Callable[[Asked, Draw], bool]) -> Answer:
    def answer(ask: Asked, draw: Draw, family: Draw) -> Said:
        said = false(ask, draw)
        return Said(false=said, text="FALSE" if said else "TRUE")

    return answer


for name, group, told, says in (
    ("right", "none", lambda a, d: bool(a.false), ""),
    ("always TRUE", "extreme", lambda a, d: False, "constant"),
    ("TRUE in 95 %", "extreme", lambda a, d: d.unit() > 0.95, "constant"),
    ("by lot", "extreme", lambda a, d: d.unit() < 0.5, "random"),
    ("by the words", "extreme", lambda a, d: a.words("t").unit() < 0.5, "text_only"),
    ("the wrong way round", "extreme", lambda a, d: not a.false,
     "inverted:vision inverted:audio"),
    ("deaf", "extreme", lambda a, d: "vision" in a.false
     or (a.about == ("audio",) and a.words("t").unit() < 0.5), "lacks:audio"),
    ("FALSE to all about sound", "extreme",
     lambda a, d: a.sense == "audio" or bool(a.false), "rejects_all:audio"),
):  # fmt: skip
    enter(f"TRUE or FALSE: {name}", group, _truth(told), says, "true-false")  # type: ignore[arg-type]
