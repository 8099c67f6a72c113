"""Groups of questions as rows, without pictures; respondents with planted weights and faults."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from handeye.stress.items import BY_DEFAULT, DRAWN, NO_SUCH, WORDED, Item
from handeye.stress.scoring.predictions import Prediction
from handeye.stress.scoring.score import ScoreRow, score_rows

VALUES = {
    "existence": ("yes", "no"),
    "contact": ("yes", "no"),
    "count": ("3", "2"),
    "grid": ("5", "6"),
    "part": ("4", "5"),
    "position": ("left", "right"),
    "relation": ("left", "right"),
}
COLOURS = (("red", "blue"), ("blue", "green"), ("green", "red"), ("orange", "blue"))
PX = {1: 80.0, 2: 40.0, 3: 20.0, 4: 10.0}


def groups(
    n: int = 96,
    seed: int = 0,
    *,
    families: Sequence[str] = BY_DEFAULT,
    cues: Sequence[str] = (*WORDED, *DRAWN),
    per_group: int = 2,
    other: bool = True,
) -> list[Item]:
    """The rows of so many groups; each asks without a cue and under some kinds dealt in turn."""
    out: list[Item] = []
    for number in range(n):
        draw = random.Random(f"{seed} {number}")
        family = families[number % len(families)]
        values = VALUES.get(family) or COLOURS[number // len(families) % len(COLOURS)]
        if draw.random() < 0.5:
            values = values[::-1]
        name, level = f"g{seed}-{number:04d}", number // len(families) % 4 + 1
        first = per_group * number
        kinds = [cues[(first + k) % len(cues)] for k in range(min(per_group, len(cues)))]
        options = values if set(values) == {"yes", "no"} else (*values, NO_SUCH)
        side = draw.choice((-1, 1)) if family in ("position", "relation") else 0

        def item(
            picture: str, truth: str, mark: str, question: str, cue: str = "", said: str = "",
            gold: str = "", name: str = name, family: str = family, level: int = level,
            values: tuple[str, str] = values, options: tuple[str, ...] = options, side: int = side,
        ) -> Item:  # fmt: skip
            order = list(range(len(options)))
            random.Random(f"{name} {mark}").shuffle(order)
            return Item(
                item_id=f"{name}-{picture}-{mark}",
                scene_id=name,
                picture_id=f"{name}-{picture}",
                picture=f"pictures/{name}-{picture}.png",
                family=family,
                level=level,
                physical=PX[level],
                values=values,
                truth=truth,
                gold=gold or truth,
                cue=cue,
                cue_value=said,
                question=question,
                options=options,
                order=tuple(order),
                answer="number" if values[0].isdigit() else "text",
                aliases={},
                prompt_id=f"{name}-{mark}",
                side=side,
            )

        pair = tuple(zip("ab", values, strict=True))
        out += [item(p, v, "plain", f"What is asked of {name}?") for p, v in pair]
        for kind in kinds:
            for sign, said in pair:
                for p, v in pair:
                    worded = kind in WORDED
                    shown = p if worded else f"{p}-{kind}-{sign}"
                    mark = f"{kind}-{sign}" if worded else "plain"
                    words = f"{kind} says {said}. What is asked of {name}?" if worded else "What?"
                    out.append(item(shown, v, mark, words, kind, said))
        if other and set(values) != {"yes", "no"} and number % 3 == 0:
            for p, v in pair:
                words = f"The thing that {name} {p} presumes: what is it?"
                out.append(item(p, v, f"other-{p}", words, "other"))
                out.append(item(f"{p}-o", v, f"other-{p}", words, "other", gold=NO_SUCH))
    # A label stands on a picture of its own with the plain words.
    return [one if one.cue not in DRAWN else _drawn(one) for one in out]


def _drawn(one: Item) -> Item:
    import msgspec

    return msgspec.structs.replace(one, item_id=f"{one.item_id}-{one.cue}")


# ---- respondents: from an item to the text of an answer

Answer = Callable[[Item, random.Random], str]


@dataclass(frozen=True)
class Planted:
    """Weights in log odds; lapses are drawn by lot among the two values.

    ``by_level`` is what the visual weight loses a level; ``kinds`` are cue weights of some kinds.
    """

    visual: float = 4.0
    cue: float = 1.0
    spread: float = 0.0
    lapses: float = 0.0
    by_level: float = 0.0
    no_such: float = 1.0
    kinds: tuple[tuple[str, float], ...] = ()

    def odds(self, item: Item) -> float:
        """Log odds of value a."""
        share = random.Random(f"{item.scene_id} share").gauss(0, 1) * self.spread
        picture = 1 if item.truth == item.values[0] else -1
        cue = 0 if not item.cue_value else 1 if item.cue_value == item.values[0] else -1
        visual = self.visual - self.by_level * ((item.level or 1) - 1)
        return share + visual * picture / 2 + dict(self.kinds).get(item.cue, self.cue) * cue / 2

    def __call__(self, item: Item, draw: random.Random) -> str:
        if item.gold == NO_SUCH and draw.random() < self.no_such:
            return NO_SUCH
        if draw.random() < self.lapses:
            return draw.choice(item.values)
        first = draw.random() < 1 / (1 + math.exp(-self.odds(item)))
        return item.values[0 if first else 1]


def oracle(item: Item, draw: random.Random) -> str:
    return item.gold


def at_random(item: Item, draw: random.Random) -> str:
    return draw.choice(item.values)


def follower(item: Item, draw: random.Random) -> str:
    return item.cue_value or item.gold


def contrarian(item: Item, draw: random.Random) -> str:
    if not item.cue_value:
        return item.gold
    return next(value for value in item.values if value != item.cue_value)


def reader(item: Item, draw: random.Random) -> str:
    """Who goes by the words alone, one answer a string."""
    return random.Random(item.prompt_id).choice(item.values)


def constant(item: Item, draw: random.Random) -> str:
    """One word to all questions of a family."""
    return {"position": "left", "relation": "left", "existence": "yes", "contact": "yes"}.get(
        item.family, "2" if item.answer == "number" else "red"
    )


def predictions(items: Sequence[Item], answer: Answer, seed: int = 0) -> list[Prediction]:
    """What a respondent says to every item."""
    return [
        Prediction(one.item_id, answer(one, random.Random(f"{seed} {one.item_id}")), model="m")
        for one in items
    ]


def scored(items: Sequence[Item], answer: Answer, seed: int = 0) -> list[ScoreRow]:
    """Score rows of a respondent."""
    return score_rows(zip(items, predictions(items, answer, seed), strict=True))
