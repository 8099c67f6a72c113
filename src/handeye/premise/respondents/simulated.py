"""A simulated respondent: right answers with named faults planted at given rates.

Plain Python, a pure function of (seed, item, what is shown of it, sample, rates): every fault is
drawn from a stream of its own, so that raising one rate changes nothing about the others and
neither order nor concurrency matters. A fault that cannot show on an item is not planted there.

Who cannot see or hear (by a fault, or because nothing is sent) judges a premise about that sense by
its words, half of them true, and guesses what is asked for by the words as well.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from handeye.answer_kinds.choice import LETTERS
from handeye.premise.items import AUDIO_FALSE, FALSE_OF, N_ROLES, VISION_FALSE, Item, Modality
from handeye.premise.scoring.details import stated_of
from handeye.premise.scoring.reading import AnswerKind, options_of
from handeye.premise.scoring.signal import WORDS
from handeye.respondents.fault_rates import Faults, parse_rates
from handeye.run.letters import Letters
from handeye.sets.draw import Draw

MODEL = "handeye/simulated"
REFUSAL = "I'm sorry, but I can't help with this clip."
API_ERROR = "simulated: the server answered 500 to every attempt"
_PROSE = (
    "I went through the whole clip with care and thought about each of its moments.",
    "Several things could be meant here, and I would rather not choose between them.",
    "The clip shows what it shows; more cannot be said of it.",
)
_CUT = "Let me go through the clip from its beginning. First, the"
_BOTH_SENSES = ("vision", "audio")
# Share of the probability that no option has.
_ELSEWHERE = 0.02


@dataclass(frozen=True, slots=True)
class Shown:
    """How an item is asked.

    Attributes:
        answer: the form of the answer.
        order: roles of the options by position.
        seen: whether the clip is seen; black pictures are not.
        heard: whether it is heard; silence is not.
        swapped: it is the clip of another family.
        sample: which of several answers is asked for.
    """

    answer: AnswerKind = "choice"
    order: tuple[int, ...] = tuple(range(N_ROLES))
    seen: bool = True
    heard: bool = True
    swapped: bool = False
    sample: int = 1


class Simulated(NamedTuple):
    """One simulated answer.

    ``raw_text`` is None when no answer came (``state`` ``error``, the reason in ``error``).
    ``stop_reason`` is the engine's word for how it ended. ``planted`` names the faults that were
    really put in, in the order of :data:`FAULTS`. ``letters`` are natural log-probabilities by
    option, consistent with the answer; None where the answer has no options.
    """

    raw_text: str | None
    state: str
    stop_reason: str | None
    error: str | None
    planted: tuple[str, ...]
    letters: Letters | None = None


class Gold:
    """What is asked of every item of a set, whether or not its premise holds."""

    def __init__(self, items: Iterable[Item]) -> None:
        items = list(items)
        true = [item for item in items if item.premise == "standard"]
        # Of published sets a false premise is asked of the same video in other words.
        self._twins = {(item.scene_id, item.modality): item.gold for item in true}
        self._prompts = {item.prompt_id: item.gold for item in true if item.prompt_id}

    def content(self, item: Item) -> int:
        """The role of the content that is right of what is asked; where nobody knows, the first."""
        if item.premise == "standard":
            return item.gold
        twin = self._twins.get((item.scene_id, item.modality), 0)
        return self._prompts.get(item.prompt_id, twin)


def simulate(
    item: Item, content: int, faults: Faults, seed: int, shown: Shown | None = None
) -> Simulated:
    """Answer one question with the faults that fire for it.

    Args:
        item: with its gold.
        content: the role that is right of what is asked (:class:`Gold`).
        faults: rate (0..1) by name, see :data:`FAULTS`.
        seed: of all draws; the same (seed, item id, sample) gives the same answer.
        shown: how it is asked; by default in the paper's order, whole.

    Raises:
        OptionError: an unknown fault or a rate outside 0..1.
    """
    return _Answering(item, content, parse_rates(faults, FAULTS), seed, shown or Shown()).answer()


def simulate_predictions(
    items: Sequence[Item], faults: Faults, seed: int, *, letters: bool = False
) -> Iterator[dict[str, Any]]:
    """Rows of a prediction file, asked with six options in the order of the set.

    Raises:
        OptionError: as :func:`simulate`.
    """
    gold = Gold(items)
    for item in items:
        found = simulate(item, gold.content(item), faults, seed, Shown(order=item.order))
        yield {
            "item_id": item.item_id,
            "model": MODEL,
            "raw_text": found.raw_text,
            "error": found.error,
            "state": found.state,
            "order": list(item.order),
            **({"letters": found.letters.letters} if letters and found.letters else {}),
            "planted": list(found.planted),
        }


class _Answering:
    """One answer on its way."""

    def __init__(self, item: Item, content: int, rates: Faults, seed: int, shown: Shown) -> None:
        self.item, self.shown, self.asked = item, shown, content
        self._seed, self._rates = seed, rates
        self._prompt = item.prompt_id or item.item_id
        self._fired = {name for name, rate in rates.items() if self._draw(name).unit() < rate}
        self.planted: list[str] = []

    def answer(self) -> Simulated:
        fired = self._fired
        if "api_error" in fired:
            return Simulated(None, "error", None, API_ERROR, ("api_error",))
        if "refuse" in fired:
            return Simulated(REFUSAL, "refused", "content_filter", None, ("refuse",))
        if "empty" in fired:
            return Simulated("", "empty", "stop", None, ("empty",))
        if "truncate" in fired:
            return Simulated(_CUT, "truncated", "max_tokens", None, ("truncate",))
        role = self._role()
        text = self._text(role)
        told = None if self.shown.answer == "text" else self._letters(role)
        return Simulated(text, "answered", "stop", None, tuple(self.planted), told)

    def _draw(self, *names: str) -> Draw:
        """A stream of this answer's own."""
        again = [str(self.shown.sample)] if self.shown.sample > 1 else []
        return Draw(self._seed, "premise", *names, self.item.item_id, *again)

    def _by_words(self, *names: str) -> Draw:
        """A stream that is the same for all clips that are asked in these words."""
        return Draw(self._seed, "premise words", *names, self._prompt)

    def _plant(self, name: str, role: int, changed: int) -> int:
        """The role with a fault, if it fires; it is planted where it changes something."""
        if name not in self._fired or changed == role:
            return role
        self.planted.append(name)
        return changed

    def _role(self) -> int:
        """The role that is answered."""
        whole = self._judged(self.shown.seen, self.shown.heard)
        seen = self.shown.seen and "blind" not in self._fired
        heard = self.shown.heard and "deaf" not in self._fired
        for name, senses in (("deaf", (self.shown.seen, heard)), ("blind", (seen, heard))):
            whole = self._plant(name, whole, self._judged(*senses))
        role = self._plant("text_only", whole, self._by_words("text").below(N_ROLES))
        role = self._plant("accept", role, self._content() if role >= VISION_FALSE else role)
        role = self._plant("reject", role, self._rejection() if role < VISION_FALSE else role)
        role = self._plant("swap_rejections", role, _OTHER.get(role, role))
        others = [one for one in range(VISION_FALSE) if one != role]
        wrong = self._draw("wrong_content", "which").pick(others)
        role = self._plant("wrong_content", role, wrong if role < VISION_FALSE else role)
        if self.shown.answer == "text":
            return role
        return self._by_place(role)

    def _by_place(self, role: int) -> int:
        """The faults of whoever chooses by the place of an option."""
        order = self.shown.order
        places = range(2) if self.shown.answer != "choice" else range(N_ROLES)

        def at(place: int) -> int:
            if self.shown.answer == "choice":
                return order[place]
            return self._rejection() if place else self._content()

        if self.shown.answer == "choice":
            late = order[-2:][self._draw("late_letter", "which").below(2)]
            role = self._plant("late_letter", role, late)
        constant = Draw(self._seed, "premise", "constant").below(len(places))
        role = self._plant("constant", role, at(constant))
        return self._plant("random", role, at(self._draw("random", "which").below(len(places))))

    def _false(self, seen: bool, heard: bool) -> list[Modality]:
        """The senses whose premise is held to be false by who sees, or hears."""
        item, both = self.item, self.item.modality == "both"
        claimed: list[Modality] = ["vision", "audio"] if both else [item.modality]
        out: list[Modality] = []
        for sense in claimed:
            known = seen if sense == "vision" else heard
            if known:
                false = self.shown.swapped or item.gold == FALSE_OF[sense]
            else:
                false = not both and self._by_words("premise").unit() < 0.5
            if false:
                out.append(sense)
        return out

    def _judged(self, seen: bool, heard: bool) -> int:
        """What somebody answers who has no other fault."""
        false = self._false(seen, heard)
        return FALSE_OF[false[0]] if false else self._content(seen, heard)

    def _content(self, seen: bool | None = None, heard: bool | None = None) -> int:
        """What is answered where the premise is accepted."""
        seen = self.shown.seen and "blind" not in self._fired if seen is None else seen
        heard = self.shown.heard and "deaf" not in self._fired if heard is None else heard
        known = seen if self._query == "vision" else heard
        if known and not self.shown.swapped:
            return self.asked
        return self._by_words("content").below(VISION_FALSE)

    def _rejection(self) -> int:
        return FALSE_OF[self._query]

    @property
    def _query(self) -> str:
        """The sense of what is asked for."""
        if self.item.modality != "both":
            return self.item.modality
        told = str(self.item.meta.get("query", "")).partition(" ")[0]
        return told if told in _BOTH_SENSES else self._by_words("query").pick(_BOTH_SENSES)

    def _text(self, role: int) -> str:
        """The answer in words; the faults of form are planted here."""
        if "prose" in self._fired:
            self.planted.append("prose")
            return self._draw("prose", "which").pick(_PROSE)
        words = options_of(self.item)[role]
        rejects = role >= VISION_FALSE
        kind = self.shown.answer
        loose = "lenient" in self._fired and kind != "explained"
        if loose:
            self.planted.append("lenient")
        draw = self._draw("lenient", "which")
        if kind == "text":
            return f"Answer: {words}" if loose else words
        if kind == "choice":
            letter = LETTERS[self.shown.order.index(role)]
            forms = (f"**{letter}**", f"Answer: {letter}", f"{letter}. {words}", f"It is {letter}.")
            return draw.pick(forms) if loose else letter
        word = WORDS[rejects]
        if kind == "explained":
            return f"{word}\n{self._why(role, words)}"
        return draw.pick((f"**{word}**", f"Answer: {word}", f"It is {word}.")) if loose else word

    def _why(self, role: int, words: str) -> str:
        """What is said behind TRUE and FALSE: what is there, as far as the set tells."""
        stated = stated_of(self.item)
        rejects = role >= VISION_FALSE
        if not stated:
            return words if rejects else "Everything that is said of it is there."
        turned = "wrong_reason" in self._fired
        if turned:
            self.planted.append("wrong_reason")
        if rejects == turned:
            told = " and ".join(one.clause for one in stated)
        else:
            sense = {VISION_FALSE: "vision", AUDIO_FALSE: "audio"}.get(role, self._query)
            false = [one for one in stated if one.kind[0] == sense] or stated
            told = false[0].sibling
        return f"{told[0].upper()}{told[1:]}."

    def _letters(self, role: int) -> Letters:
        """Log-probabilities: the answer is likeliest; what was perceived shows below it."""
        blindly = self._fired & {"text_only", "late_letter", "constant", "random"}
        seen = self.shown.seen and "blind" not in self._fired
        heard = self.shown.heard and "deaf" not in self._fired
        false = [] if blindly else [FALSE_OF[sense] for sense in self._false(seen, heard)]
        noise = self._draw("letters")
        lean = {one: 2.0 * noise.unit() for one in range(N_ROLES)}
        lean[self._content(seen, heard)] += 2.0
        for one in false:
            lean[one] += 2.0
        if self.shown.answer == "choice":
            held = {one: value for one, value in lean.items() if one != role}
            lean[role] = max(lean[role], max(held.values()) + 0.5)
            return _of(dict(zip(LETTERS, (lean[one] for one in self.shown.order), strict=False)))
        sides = [max(lean[r] for r in ones) for ones in (range(VISION_FALSE), _OTHER)]
        chosen = int(role >= VISION_FALSE)
        sides[chosen] = max(sides[chosen], sides[1 - chosen] + 0.5)
        return _of(dict(zip(WORDS, sides, strict=True)))


_OTHER = {VISION_FALSE: AUDIO_FALSE, AUDIO_FALSE: VISION_FALSE}


def _of(weights: Mapping[str, float]) -> Letters:
    """Log-probabilities of options from their weights, a little left for everything else."""
    most = max(weights.values())
    total = most + math.log(sum(math.exp(one - most) for one in weights.values()))
    left = math.log1p(-_ELSEWHERE)
    return Letters({name: one - total + left for name, one in weights.items()})


FAULTS: dict[str, str] = {
    "api_error": "no answer arrives at all (nothing else is planted then)",
    "refuse": "declines to answer (nothing else is planted then)",
    "empty": "the answer is empty (nothing else is planted then)",
    "truncate": "the answer is cut off before it says anything (nothing else is planted then)",
    "deaf": "hears nothing: judges and guesses what is said of the sound by the words alone",
    "blind": "sees nothing: judges and guesses what is said of the picture by the words alone",
    "text_only": "answers by the words alone",
    "accept": "accepts a premise that is false, and answers what is asked",
    "reject": "rejects a premise that is true",
    "swap_rejections": "rejects for the other sense than the false one",
    "wrong_content": "accepts the premise and gives another content",
    "late_letter": "chooses one of the last two letters",
    "constant": "gives one and the same letter, or word, to everything",
    "random": "chooses at random",
    "wrong_reason": "explains TRUE or FALSE by what would be the reason for the other",
    "prose": "words from which no answer can be read",
    "lenient": "the answer in another form than was asked for",
}
"""Name and meaning of every fault, in the order in which they are applied."""
