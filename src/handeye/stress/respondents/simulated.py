"""A simulated respondent: right answers, or ones by planted weights, with faults at given rates.

Plain Python, a pure function of (seed, item, what is shown of it, sample, plants): every draw is
from a stream of its own, so that changing one plant changes nothing about the others and neither
order nor concurrency matters. A fault that cannot show on an item is not planted there.

With weights an answer is a draw: ``log odds of value a = group + visual * picture + cue * cue +
side * side``, each 1/2 where it speaks for a, -1/2 for b, as :mod:`handeye.stress.scoring.weighing`
fits them. What is no picture of the group's (grey, another's) speaks for neither.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from handeye.answer_kinds.choice import LETTERS
from handeye.errors import OptionError, allowed
from handeye.respondents.fault_rates import Faults, parse_rates
from handeye.run.letters import Letters
from handeye.sets.draw import Draw
from handeye.stress.asking.prompts import stated
from handeye.stress.items import CUES, NO_SUCH, Item
from handeye.stress.scoring.predictions import FREE, Form

MODEL = "handeye/simulated"
REFUSAL = "I'm sorry, but I can't help with this picture."
API_ERROR = "simulated: the server answered 500 to every attempt"
_PROSE = (
    "I went over the whole picture with care and thought about each of its parts.",
    "Several things could be meant here, and I would rather not choose between them.",
    "The picture shows what it shows; more cannot be said of it.",
)
_CUT = "Let me go through the picture from its upper left corner. First, the"
# Share of the probability that neither value has.
_ELSEWHERE = 0.02
# Standard deviation of what letters tell of the log odds.
_NOISE = 0.5
# How sure a respondent without weights is, in log odds.
_SURE = 8.0


class Weight(NamedTuple):
    """A weight in log odds, by kind of cue and level.

    Attributes:
        kinds: by kind of cue; under ``""`` what holds of the others and without a cue. Each from
            level 1 on; the last one holds of all further levels.
    """

    kinds: Mapping[str, tuple[float, ...]]

    def of(self, item: Item) -> float:
        """What holds of an item."""
        levels = self.kinds.get(item.cue, self.kinds[""])
        return levels[min(max(item.level or 1, 1), len(levels)) - 1]


@dataclass(frozen=True, slots=True)
class Plants:
    """What is planted.

    Attributes:
        faults: rate (0..1) by name, see :data:`FAULTS`.
        visual: weight of the picture; None, and no weight of the cue either: answers are right.
        cue: weight of the cue.
        side: weight of the side that value a is on.
        spread: standard deviation of what groups add, in log odds.
        lapses: share of answers by lot (0..1).
    """

    faults: Faults
    visual: Weight | None = None
    cue: Weight | None = None
    side: float = 0.0
    spread: float = 0.0
    lapses: float = 0.0

    @property
    def weighs(self) -> bool:
        """Whether answers go by weights."""
        return self.visual is not None or self.cue is not None


def read_plants(
    faults: str | Sequence[str] | Faults | None = None,
    visual: object = None,
    cue: object = None,
    side: object = 0.0,
    spread: object = 0.0,
    lapses: object = 0.0,
) -> Plants:
    """What is planted, as model arguments give it.

    Args:
        faults: ``follow=0.3,refuse``.
        visual: a number; by level with slashes (``8/6/4``: levels 1, 2, and 3 on); and by kind of
            cue behind its name: ``3,label=6/2``.
        cue: likewise.
        side: a number.
        spread: a number from 0.
        lapses: 0 to 1.

    Raises:
        OptionError: names the argument, and what came.
    """
    plants = Plants(
        parse_rates(faults, FAULTS),
        None if visual is None else _weight("visual", visual),
        None if cue is None else _weight("cue", cue),
        _number("side", side),
        _number("spread", spread),
        _number("lapses", lapses),
    )
    if plants.spread < 0 or not 0 <= plants.lapses <= 1:
        name, range_ = ("spread", "at least 0") if plants.spread < 0 else ("lapses", "0 to 1")
        raise OptionError(f"{name} must be {range_}, got {getattr(plants, name):g}")
    if not plants.weighs and (plants.side or plants.spread or plants.lapses):
        raise OptionError("side, spread and lapses go with the weights visual and cue: give these")
    return plants


def _weight(name: str, given: object) -> Weight:
    kinds: dict[str, tuple[float, ...]] = {"": (0.0,)}
    pairs: list[tuple[str, object]]
    if isinstance(given, Mapping):
        pairs = [(str(key), value) for key, value in given.items()]
    else:
        parts = given if isinstance(given, list | tuple) else str(given).split(",")
        split = [str(part).rpartition("=") for part in parts]
        pairs = [(kind.strip(), value) for kind, _, value in split]
    for kind, value in pairs:
        if kind not in CUES:
            raise OptionError(f"{name}: {kind!r} is no kind of cue{allowed(kind, CUES[1:])}")
        kinds[kind] = tuple(_number(name, one) for one in str(value).split("/"))
    return Weight(kinds)


def _number(name: str, given: object) -> float:
    try:
        found = float(str(given))
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise OptionError(f"{name} must be a number, got {given!r}")
    return found


@dataclass(frozen=True, slots=True)
class Shown:
    """How an item is asked.

    Attributes:
        form: of the answer.
        order: places of the options by letter.
        state_first: what is seen is stated first.
        seen: whether a picture of the item's group is shown; a grey one or another's is none.
        sample: which of several answers is asked for.
    """

    form: Form = FREE
    order: tuple[int, ...] = ()
    state_first: bool = False
    seen: bool = True
    sample: int = 1


class Simulated(NamedTuple):
    """One simulated answer.

    ``raw_text`` is None when no answer came (``state`` ``error``, the reason in ``error``).
    ``stop_reason`` is the engine's word for how it ended. ``planted`` names the faults that were
    really put in, in the order of :data:`FAULTS`. ``letters`` are natural log-probabilities by
    letter: with weights their difference is the log odds and a little noise, the answer a draw from
    the log odds; else the answer is the likeliest. None where no letters are asked for.
    """

    raw_text: str | None
    state: str
    stop_reason: str | None
    error: str | None
    planted: tuple[str, ...]
    letters: Letters | None = None


def simulate(item: Item, plants: Plants, seed: int, shown: Shown | None = None) -> Simulated:
    """Answer one question.

    Args:
        item: with its gold.
        plants: what is planted.
        seed: of all draws; the same (seed, item id, sample) gives the same answer.
        shown: how it is asked; by default freely, with its picture.
    """
    return _Answering(item, plants, seed, shown or Shown(order=item.order)).answer()


def simulate_predictions(
    items: Sequence[Item],
    plants: Plants,
    seed: int,
    *,
    form: Form = FREE,
    letters: bool = False,
    state_first: bool = False,
) -> Iterator[dict[str, Any]]:
    """Rows of a prediction file, options in the order of the set.

    Args:
        items: of a set.
        plants: what is planted.
        seed: as :func:`simulate` takes it.
        form: of the answers.
        letters: with log-probabilities, where letters are asked for.
        state_first: what is seen is stated first.
    """
    for item in items:
        shown = Shown(form, item.order, state_first)
        found = simulate(item, plants, seed, shown)
        yield {
            "item_id": item.item_id,
            "model": MODEL,
            "raw_text": found.raw_text,
            "error": found.error,
            "state": found.state,
            "form": form,
            **({"order": list(item.order)} if form == "letters" else {}),
            **({"state_first": True} if state_first else {}),
            **({"letters": found.letters.letters} if letters and found.letters else {}),
            "planted": list(found.planted),
        }


class _Answering:
    """One answer on its way."""

    def __init__(self, item: Item, plants: Plants, seed: int, shown: Shown) -> None:
        self.item, self.plants, self.shown = item, plants, shown
        self._seed = seed
        rates = plants.faults.items()
        self._fired = {name for name, rate in rates if self._draw(name).unit() < rate}
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
        said = self._said()
        text = self._text(said)
        return Simulated(text, "answered", "stop", None, tuple(self.planted), self._letters(said))

    def _draw(self, *names: str) -> Draw:
        """A stream of this answer's own."""
        again = [str(self.shown.sample)] if self.shown.sample > 1 else []
        return Draw(self._seed, "stress", *names, self.item.item_id, *again)

    def _by_words(self, *names: str) -> Draw:
        """A stream that is the same for all pictures that are asked about in these words."""
        return Draw(self._seed, "stress words", *names, self.item.prompt_id or self.item.item_id)

    def _plant(self, name: str, said: str, changed: str) -> str:
        """The answer with a fault, if it fires; it is planted where it changes something."""
        if name not in self._fired or not changed or changed == said:
            return said
        self.planted.append(name)
        return changed

    # ---- what is said

    def _said(self) -> str:
        """The answer: a value, no such thing, or one of the other options."""
        item = self.item
        said = self._by_weights() if self.plants.weighs else self._looked(self.shown.seen)
        said = self._plant("blind", said, self._looked(False))
        said = self._plant("follow", said, item.cue_value)
        said = self._plant("contrary", said, _other(item, item.cue_value))
        said = self._plant("accept", said, item.truth if said == NO_SUCH else said)
        said = self._plant("deny", said, NO_SUCH if NO_SUCH in item.options else "")
        said = self._plant("wrong", said, _other(item, said))
        strange = [one for one in item.options if one not in (*item.values, NO_SUCH, item.gold)]
        said = self._plant("elsewhere", said, strange[0] if strange else "")
        said = self._plant("constant", said, self._constant())
        either = (*item.values, item.gold)
        return self._plant("random", said, self._draw("random", "which").pick(either))

    def _looked(self, seen: bool) -> str:
        """The right answer; of who does not see, a guess by the words."""
        if seen:
            return self.item.gold
        # In the order of the alphabet, so that it is no value a or b that is guessed.
        return self._by_words("guess").pick(sorted(self.item.values))

    def _constant(self) -> str:
        if self.shown.form == "letters":
            return self.item.options[self.shown.order[0]]
        return min(self.item.values)

    def _by_weights(self) -> str:
        """A draw; what is not there is not taken for there."""
        if self.item.gold not in self.item.values and self.shown.seen:
            return self.item.gold
        lapse = self._draw("lapse").unit() < self.plants.lapses
        share = 0.5 if lapse else _share(self._odds())
        return self.item.values[self._draw("answer").unit() >= share]

    def _odds(self) -> float:
        """Log odds of value a, by the picture, the cue, the side and the group."""
        item, plants = self.item, self.plants
        cue = plants.cue.of(item) if plants.cue else 0.0
        told = 0.0 if not item.cue_value else _sign(item, item.cue_value) * cue
        group = plants.spread * _normal(Draw(self._seed, "stress group", item.scene_id))
        return group + self._sight() + told + plants.side * item.side / 2

    def _sight(self) -> float:
        """What the picture adds to the log odds of value a."""
        if not self.shown.seen:
            return 0.0
        weight = self.plants.visual.of(self.item) if self.plants.visual else 0.0
        return _sign(self.item, self.item.truth) * weight

    # ---- how it is said

    def _text(self, said: str) -> str:
        """The answer in words; the faults of form are planted here."""
        if "prose" in self._fired:
            self.planted.append("prose")
            return self._draw("prose", "which").pick(_PROSE)
        loose = "lenient" in self._fired
        if loose:
            self.planted.append("lenient")
        draw = self._draw("lenient", "which")
        if self.shown.form == FREE:
            forms = (f"**{said}**.", f"The answer is {said}.", f"I think it is {said}.")
            text = draw.pick(forms) if loose else said
        else:
            letter = LETTERS[self.shown.order.index(self.item.options.index(said))]
            forms = (f"**{letter}**", f"Answer: {letter}", f"It is {letter}.")
            text = draw.pick(forms) if loose else letter
        return stated(self._seen(), text) if self.shown.state_first else text

    def _seen(self) -> str:
        """What is stated to be seen, whatever is answered then."""
        item = self.item
        if item.gold not in item.values or not self.plants.weighs:
            seen = self._looked(self.shown.seen and "blind" not in self._fired)
        else:
            share = _share(self._sight())
            seen = item.values[self._draw("seen").unit() >= share]
        return self._plant("misstate", seen, _other(item, seen))

    def _letters(self, said: str) -> Letters | None:
        """Log-probabilities by letter."""
        item = self.item
        if self.shown.form == FREE or "prose" in self.planted:
            return None
        left = math.log1p(-_ELSEWHERE)
        if self.plants.weighs and said in item.values and not self._swayed:
            odds = self._odds() + _NOISE * _normal(self._draw("letters"))
            logs = dict(zip(item.values, (left + _log(odds), left + _log(-odds)), strict=True))
        else:
            most, least = left + _log(_SURE), left + _log(-_SURE)
            logs = {value: most if value == said else least for value in item.values}
            if said not in item.values:
                logs |= dict.fromkeys(item.values, left + _log(-_SURE) - math.log(2))
                logs[said] = most
        rest = [option for option in item.options if option not in logs]
        logs |= {option: math.log(_ELSEWHERE / len(rest)) for option in rest}
        if not rest:
            logs = {option: log - left for option, log in logs.items()}
        return Letters(
            {
                LETTERS[at]: min(0.0, logs[item.options[place]])
                for at, place in enumerate(self.shown.order)
            }
        )

    @property
    def _swayed(self) -> bool:
        """Whether the answer is another one than by the weights."""
        return bool(set(self.planted) - {"lenient", "prose", "misstate"})


def _sign(item: Item, value: str) -> float:
    """1/2 for value a, -1/2 for value b."""
    return 0.5 if value == item.values[0] else -0.5


def _other(item: Item, value: str) -> str:
    """The other value; empty of what is none."""
    return item.values[1 - item.values.index(value)] if value in item.values else ""


def _share(odds: float) -> float:
    return math.exp(_log(odds))


def _log(odds: float) -> float:
    """Log of the share that has these log odds."""
    return -math.log1p(math.exp(-odds)) if odds > -30 else odds


def _normal(draw: Draw) -> float:
    """A draw from a normal distribution, by Box and Muller's transform."""
    radius = math.sqrt(-2.0 * math.log1p(-draw.unit()))
    return radius * math.cos(2.0 * math.pi * draw.unit())


FAULTS: dict[str, str] = {
    "api_error": "no answer arrives at all (nothing else is planted then)",
    "refuse": "declines to answer (nothing else is planted then)",
    "empty": "the answer is empty (nothing else is planted then)",
    "truncate": "the answer is cut off before it says anything (nothing else is planted then)",
    "blind": "sees nothing: guesses by the words alone",
    "follow": "says what the cue says, label and companion among cues",
    "contrary": "says the value that the cue does not say",
    "accept": "takes a thing that is not there for there",
    "deny": "says that there is no such thing",
    "wrong": "says the other value",
    "elsewhere": "says something that is neither value, where the set has such an option",
    "constant": "gives one and the same letter, or of both values the first by the alphabet",
    "random": "chooses a value at random",
    "prose": "words from which no answer can be read",
    "lenient": "the answer in another form than was asked for",
    "misstate": "states that the other value is seen, where that is asked for first",
}
"""Name and meaning of every fault, in the order in which they are applied."""
