"""What is asked of hidden states about a set: the answer to :class:`handeye.suite.Probed`.

``premise`` is whether the premise is false (1) or holds (0). In a crossed set that is neither in
the words nor in the clip, only in the two together. ``detail: colour red`` is what the clip alone
tells: whether it has what the question names, asked at the clip's own tokens, by the value named,
so that the same is asked of all clips. ``sense`` is which sense a false premise is wrong about, for
the route of a rejection: sight (0) or hearing (1).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from handeye.premise.asking.prompts import order_of, variant_of
from handeye.premise.asking.questions import Asking
from handeye.premise.item_set import ItemSet
from handeye.premise.items import AUDIO_FALSE, VISION_FALSE, Item
from handeye.premise.scoring.details import stated_of, value_of
from handeye.scores.run_folder import ScoredRun
from handeye.states.acting import Action
from handeye.states.protocol import Fixed
from handeye.states.regions import Evidence
from handeye.states.targets import Target

_OTHER = {"vision": "audio", "audio": "vision"}


class PremiseProbed:
    """Targets of questions with a premise."""

    fixed = Fixed(sites="last,media", targets=("premise", "detail"), letters=True)

    def targets(self, items: ItemSet, asking: Asking | None = None) -> Iterator[Target]:
        """Targets item by item.

        Siblings by role: ``media`` has the same prompt about a clip that differs in the asked sense
        alone, ``other`` about one that differs in the other sense alone; ``question`` asks about
        the same clip with another premise of the sense. Strata begin with the sense; questions that
        name two details are ``both``. What the set does not tell is left out.

        Args:
            items: of any set; families and details are known of generated ones.
            asking: how they are asked; None: six options in the order of the set.
        """
        asked = asking or Asking()
        variant = variant_of(asked.variant)
        siblings, kinds = _Siblings(items.items), _kinds(items.items)
        for item in items:
            order = order_of(item, asked.option_order)
            prompt = variant.write(item, order)
            roles = order if variant.answer == "choice" else ()
            spans = _spans(item, prompt)
            level = {} if item.level is None else {"level": f"{item.level:g} {item.unit}".strip()}
            one = Target(
                item_id=item.item_id,
                target="premise",
                label=int(item.premise == "misleading"),
                group=item.scene_id,
                strata={"modality": item.modality, "kind": kinds[item.item_id], **level},
                texts={"question": item.question, "prompt": prompt},
                spans=spans,
                siblings=siblings.of(item),
                roles=roles,
                rejection=_rejection(item) if roles else -1,
                right=item.gold if roles else -1,
                sites=("last", *(f"span:{name}" for name in spans)),
            )
            yield one
            for stated in stated_of(item) if item.modality != "both" else ():
                name = f"detail: {stated.kind[1]} {value_of(stated.kind, stated.clause)}"
                yield replace(one, target=name, label=int(stated.holds), sites=("media",))
            if one.label:
                premises = {"premises": "two" if item.modality == "both" else "one"}
                audio = int(item.gold == AUDIO_FALSE)
                yield replace(
                    one, target="sense", label=audio, strata=premises | one.strata, sites=("last",)
                )

    def actions(self, run: ScoredRun) -> Iterator[Action]:
        """None: items have no cells."""
        yield from ()

    def evidence(self, items: ItemSet, asking: Asking | None = None) -> Iterator[Evidence]:
        """None: what is asked of a clip lies in time, and in its sound."""
        yield from ()


def _rejection(item: Item) -> int:
    """The role that is right if the premise is false; of two premises, which of them decides."""
    if item.modality == "both":
        return item.gold if item.premise == "misleading" else -1
    return VISION_FALSE if item.modality == "vision" else AUDIO_FALSE


def _spans(item: Item, prompt: str) -> dict[str, str]:
    """The premise and the question, as they stand in a prompt."""
    out = {}
    for name, text in (("premise", item.statement.rstrip(".")), ("question", item.question)):
        # Within a question the premise begins with a small letter.
        start = prompt.lower().find(text.lower()) if text else -1
        if start >= 0:
            out[name] = prompt[start : start + len(text)]
    return out


def _kinds(items: Sequence[Item]) -> dict[str, str]:
    """Kind by item: of published sets true premises have none, and would be told by that."""
    false = {(i.clip_id, i.modality): i.kind for i in items if i.kind and i.premise != "standard"}
    return {i.item_id: i.kind or false.get((i.clip_id, i.modality), "") for i in items}


class _Siblings:
    """Items that differ from one in a single thing."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._prompts: dict[str, list[Item]] = defaultdict(list)
        self._clips: dict[tuple[str, str], list[Item]] = defaultdict(list)
        # What a clip is to a sense: which of its family's details it has, else what holds of it.
        self._holding: dict[tuple[str, str], set[str]] = defaultdict(set)
        for item in items:
            if item.prompt_id:
                self._prompts[item.prompt_id].append(item)
            self._clips[item.clip_id, item.modality].append(item)
            if item.premise == "standard":
                self._holding[item.clip_id, item.modality].add(item.prompt_id or item.item_id)

    def of(self, item: Item) -> dict[str, str]:
        """Item by role."""
        out: dict[str, str] = {}
        for other in self._prompts.get(item.prompt_id, ()):
            senses = ("vision", "audio") if item.modality == "both" else (_OTHER[item.modality],)
            same = [self._alike(item, other, sense) for sense in senses]
            if other.clip_id == item.clip_id:
                continue
            if other.premise != item.premise and any(same):
                out.setdefault("media", other.item_id)
            elif other.premise == item.premise and not any(same):
                out.setdefault("other", other.item_id)
        for other in self._clips[item.clip_id, item.modality]:
            if other.premise != item.premise and item.modality != "both":
                out.setdefault("question", other.item_id)
        return out

    def _alike(self, one: Item, two: Item, sense: str) -> bool:
        place = sense == "audio"
        here, there = (item.meta.get("here") for item in (one, two))
        if here and there and one.scene_id == two.scene_id:
            return bool(here[place] == there[place])
        return self._holding[one.clip_id, sense] == self._holding[two.clip_id, sense]
