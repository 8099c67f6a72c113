"""Families of questions as rows, without media, and respondents with planted faults."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from handeye.premise.items import AUDIO_FALSE, LETTERS, PAPER_ORDER, VISION_FALSE, Item

VISION = ("colour", "shape", "size", "count")
AUDIO = ("pitch", "order")
LEVELS = (30.0, 12.0, 4.0)


def families(
    n: int = 60, seed: int = 0, *, two: bool = True, paper_order: bool = False, start: int = 0
) -> list[Item]:
    """The rows of so many families: 16 questions each, and 3 that name two details."""
    out = []
    for number in range(start, start + n):
        draw = random.Random(f"{seed} {number}")
        name = f"f{number:03d}"
        golds = {"v": number % 4, "a": number // 4 % 4}
        kinds = {"v": VISION[number % 4], "a": AUDIO[number // 2 % 2]}
        prompts = ["v0", "v1", "a0", "a1", *(["b"] if two else [])]
        orders = {p: PAPER_ORDER if paper_order else shuffled(draw) for p in prompts}
        for seen in (0, 1):
            for heard in (0, 1):
                for prompt in prompts:
                    sense = "va"[number % 2] if prompt == "b" else prompt[0]
                    false = false_of(prompt, seen, heard)
                    if prompt == "b" and seen and heard:
                        continue
                    out.append(
                        Item(
                            item_id=f"{name}-{seen}{heard}-{prompt}",
                            scene_id=name,
                            clip_id=f"{name}-{seen}{heard}",
                            modality={"v": "vision", "a": "audio", "b": "both"}[prompt[0]],  # type: ignore[arg-type]
                            premise="standard" if false is None else "misleading",
                            question=f"In this clip, {name} {prompt} holds. What is asked?",
                            options=("one", "two", "three", "four"),
                            gold=golds[sense] if false is None else false,
                            video=f"videos/{name}-{seen}{heard}.mp4",
                            kind="+".join(kinds.values()) if prompt == "b" else kinds[prompt[0]],
                            level=None if prompt == "b" else LEVELS[number // 3 % 3],
                            unit="" if prompt == "b" else "steps",
                            prompt_id=f"{name}-{prompt}",
                            order=orders[prompt],
                            meta={"asked": golds[sense], "sense": sense},
                        )
                    )
    return out


def shuffled(draw: random.Random) -> tuple[int, ...]:
    order = list(PAPER_ORDER)
    draw.shuffle(order)
    return tuple(order)


def false_of(prompt: str, seen: int, heard: int) -> int | None:
    """The role that rejects a prompt about a clip; None where it holds."""
    if prompt == "b":
        return VISION_FALSE if seen else AUDIO_FALSE if heard else None
    shown = seen if prompt[0] == "v" else heard
    if shown == int(prompt[1]):
        return None
    return VISION_FALSE if prompt[0] == "v" else AUDIO_FALSE


# ---- respondents: from an item to the role that is answered


Answer = Callable[[Item, random.Random], "int | str"]
"""A role, or a text that is no letter."""


def letter_of(item: Item, role: int) -> str:
    return LETTERS[item.order.index(role)]


def right(item: Item, draw: random.Random) -> int:
    return item.gold


def asked(item: Item) -> int:
    """The content that is right of what is asked, whether or not the premise holds."""
    return int(item.meta["asked"])


def by_words(item: Item, *more: object) -> random.Random:
    """What comes of the words of a prompt alone."""
    return random.Random(f"{item.prompt_id} {more}")


def guessed(item: Item) -> int:
    """An answer that hangs on the words alone: one of the six."""
    return by_words(item, "six").randrange(6)


def sense_of(item: Item) -> str:
    return {"vision": "v", "audio": "a"}.get(item.modality, str(item.meta["sense"]))


def accepting(item: Item, draw: random.Random) -> int:
    return asked(item)


def rejecting(item: Item, draw: random.Random) -> int:
    return VISION_FALSE if sense_of(item) == "v" else AUDIO_FALSE


def without(sense: str) -> Answer:
    """Who lacks a sense: of it the words are all there is."""

    def answer(item: Item, draw: random.Random) -> int:
        if item.modality == "both":
            false = item.gold if item.gold >= VISION_FALSE else None
            if false == (VISION_FALSE if sense == "v" else AUDIO_FALSE):
                false = None
            gone = sense_of(item) == sense
            content = by_words(item, "content").randrange(4) if gone else asked(item)
            return content if false is None else false
        if sense_of(item) != sense:
            return item.gold
        words = by_words(item, "gone")
        if words.random() < 0.5:
            return words.randrange(4)
        return VISION_FALSE if sense == "v" else AUDIO_FALSE

    return answer


def swapping(item: Item, draw: random.Random) -> int:
    return {VISION_FALSE: AUDIO_FALSE, AUDIO_FALSE: VISION_FALSE}.get(item.gold, item.gold)


def late(share: float) -> Answer:
    def answer(item: Item, draw: random.Random) -> int:
        return item.order[draw.choice((4, 5))] if draw.random() < share else item.gold

    return answer


def at_random(item: Item, draw: random.Random) -> int:
    return draw.randrange(6)


def by_text(item: Item, draw: random.Random) -> int:
    return guessed(item)


def with_letter(place: int) -> Answer:
    return lambda item, draw: item.order[place]


def noisy(answer: Answer, share: float) -> Answer:
    """Any of the six in some of the answers."""
    return lambda item, draw: draw.randrange(6) if draw.random() < share else answer(item, draw)


def sometimes(share: float, other: Answer, answer: Answer = right) -> Answer:
    return lambda item, draw: (other if draw.random() < share else answer)(item, draw)


def disturbed(share: float) -> Answer:
    """Who rejects what holds where the other sense was changed."""

    def answer(item: Item, draw: random.Random) -> int:
        seen, heard = item.clip_id[-2:]
        changed = {"vision": heard, "audio": seen}.get(item.modality) == "1"
        if changed and draw.random() < share:
            return asked(item) if item.gold >= VISION_FALSE else rejecting(item, draw)
        return item.gold

    return answer


@dataclass(frozen=True)
class Sim:
    """A respondent: its answers, and the log-probabilities of its letters.

    Attributes:
        answer: of an item.
        seed: of all draws.
        told: how far S is moved up by a false premise, in standard deviations of its noise; None
            without letters.
        bias: of S.
        letters: what each letter has for its position.
    """

    answer: Answer
    seed: int = 0
    told: float | None = None
    bias: float = 0.0
    letters: Sequence[float] = (0.0,) * 6

    def rows(self, items: Sequence[Item], **more: Any) -> list[dict[str, Any]]:
        """Lines of a prediction file."""
        return [self.row(item) | more for item in items]

    def row(self, item: Item) -> dict[str, Any]:
        draw = random.Random(f"{self.seed} {item.item_id}")
        said = self.answer(item, draw)
        text = said if isinstance(said, str) else LETTERS[item.order.index(said)]
        row: dict[str, Any] = {"item_id": item.item_id, "raw_text": text, "model": "sim/one"}
        if text == "REFUSED":
            row |= {"raw_text": "", "state": "refused"}
        if self.told is not None:
            row |= {"letters": self.logs(item, draw), "letters_bound": -30.0}
        return row

    def logs(self, item: Item, draw: random.Random) -> dict[str, float]:
        """Letters by a softmax over roles: S is as planted, contents as asked."""
        lean = self.bias + draw.gauss(0, 1) + (self.told or 0) * (item.gold >= VISION_FALSE)
        weights = {role: 3.0 * (role == asked(item)) for role in range(4)}
        own = rejecting(item, draw)
        weights |= {role: 3.0 * (role == own) for role in (VISION_FALSE, AUDIO_FALSE)}
        sums = [_lse([w for r, w in weights.items() if (r >= 4) == side]) for side in (False, True)]
        shown = [
            weights[role] - sums[role >= 4] + (lean if role >= 4 else 0.0) + self.letters[place]
            for place, role in enumerate(item.order)
        ]
        total = _lse(shown)
        return {LETTERS[place]: one - total for place, one in enumerate(shown)}


def _lse(values: Sequence[float]) -> float:
    return math.log(sum(map(math.exp, values)))


def changed(rows: Sequence[Mapping[str, Any]], **by_id: Any) -> list[dict[str, Any]]:
    """Rows with other fields for some ids."""
    return [{**row, **by_id.get(row["item_id"], {})} for row in rows]


def published(n: int = 40, seed: int = 0) -> list[Item]:
    """Rows as the published set has them: four questions a video, one order, prompts of its own."""
    out = []
    for one in families(n, seed, two=False, paper_order=True):
        seen, heard = one.clip_id[-2:]
        name = one.item_id.rsplit("-", 1)[1]
        if (seen, heard) == ("0", "0"):
            out.append(replace_item(one, prompt_id="", question=f"{one.question} {name}"))
    return out


def generated(n: int = 12, seed: int = 3) -> list[Item]:
    """The rows of so many families as the generator writes them, without their media."""
    import msgspec

    from handeye.premise.scenes.families import make_family, rows_of
    from handeye.premise.scenes.plan import plan_families, plan_set

    class Hashes(dict):  # type: ignore[type-arg]
        def __missing__(self, key: str) -> str:
            return "0" * 64

    class Clips(dict):  # type: ignore[type-arg]
        def __missing__(self, key: str) -> dict[str, str]:
            return {}

    out = []
    for order in plan_families(plan_set(seed, n, "video", None, None, "test")):
        family = make_family(seed, "test", order)
        lines = rows_of(family, order, "video", "test", Hashes(), Clips())
        out += [msgspec.json.decode(line, type=Item) for line in lines]
    return out


def replace_item(item: Item, **fields: Any) -> Item:
    import msgspec

    return msgspec.structs.replace(item, **fields)


__all__ = ["Sim", "families", "generated", "published", "replace"]
