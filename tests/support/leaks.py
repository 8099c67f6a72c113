"""Sets of states with a leak planted in them, and the same without: for the alarms of controls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np

from handeye.states.planted import InMemory
from handeye.states.targets import Target

LAYERS = ("embedding", "block.00", "block.01", "final")


@dataclass
class Store:
    """Families of two clips and two questions, truth where they match, told in deep layers.

    ``crossed`` is False where every item has a question of its own, whose words say nothing.
    """

    families: int
    seed: int
    width: int = 16
    crossed: bool = True
    told: float = 1.0
    others: dict[str, InMemory] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rng = self.rng = np.random.default_rng(self.seed)
        n = 4 * self.families
        self.truth = np.tile([1, 0, 0, 1], self.families)
        clip = np.repeat(np.arange(2 * self.families), 2)
        self.ids = tuple(f"item-{row:04d}" for row in range(n))
        self.arrays = self.made(self.told)
        # Clips of a family differ; a clip is the same under both questions.
        for layer in LAYERS:
            media = rng.standard_normal((2 * self.families, self.width))
            self.arrays[layer, "media"] = media[clip].astype(np.float32)
        words = rng.choice(["left", "red", "round", "three", "dog", "near", "loud"], (n, 3))
        self.targets = [
            Target(
                item_id=self.ids[row],
                target="premise",
                label=int(self.truth[row]),
                group=f"family-{row // 4:03d}",
                strata={"modality": "vision", "kind": ("colour", "count")[row // 4 % 2]},
                texts={"question": self.question(row, words[row])},
                siblings={"media": self.ids[row ^ 2], "question": self.ids[row ^ 1]},
                roles=tuple(int(role) for role in rng.permutation(6)),
            )
            for row in range(n)
        ]

    def question(self, row: int, words: Any) -> str:
        if self.crossed:
            return f"Is it number {row % 2} of family {row // 4}?"
        return "Is it " + " ".join(words) + "?"

    def made(self, told: float) -> dict[tuple[str, str], Any]:
        """States of the last token: families far apart, the truth growing with depth."""
        n = len(self.truth)
        out = {}
        for depth, layer in enumerate(LAYERS):
            family = np.repeat(self.rng.standard_normal((self.families, self.width)), 4, axis=0)
            own = self.rng.standard_normal((n, self.width)) + family
            own[:, 0] += told * depth / 3 * (2 * self.truth - 1)
            if layer == "embedding":
                own[:] = self.rng.standard_normal(self.width)
            out[layer, "last"] = own.astype(np.float32)
        return out

    @property
    def states(self) -> InMemory:
        return self.held(self.arrays)

    def held(self, arrays: dict[tuple[str, str], Any]) -> InMemory:
        sites = tuple(dict.fromkeys(site for _, site in arrays))
        return InMemory(LAYERS, sites, self.ids, arrays, np.zeros((len(self.ids), 0)))

    def change(self, **columns: Callable[[int], Any]) -> None:
        """Give every target other values of some fields, by its row."""
        self.targets = [
            msgspec.structs.replace(one, **{name: of(row) for name, of in columns.items()})
            for row, one in enumerate(self.targets)
        ]


def embedding(store: Store) -> None:
    """The last token itself differs with the truth: a trailing blank, another template."""
    store.arrays["embedding", "last"][:, 3] += 0.5 * store.truth


def media(store: Store) -> None:
    """States of the clip hang on the question: a prefix that was shared wrongly."""
    store.arrays["block.01", "media"][:, 2] += 0.3 * store.truth


def siblings(store: Store) -> None:
    """A group is a clip and not a family: siblings stand on both sides of folds."""
    store.change(group=lambda row: f"clip-{row // 2}")


def copies(store: Store) -> None:
    """Every fourth family is another one under a new name."""
    half = len(store.ids) // 2
    for layer in LAYERS[1:]:
        held = store.arrays[layer, "last"]
        held[half : half + half // 4 * 2] = held[: half // 4 * 2]


def clip(store: Store) -> None:
    """A coin for each clip, of which the last token holds which it is; folds part its questions."""
    coin = store.rng.integers(0, 2, len(store.ids) // 2)
    for layer in LAYERS[1:]:
        store.arrays[layer, "last"] += 3 * store.arrays[layer, "media"]
    store.change(
        label=lambda row: int(coin[row // 2]),
        group=lambda row: f"item-{row}",
        siblings=lambda row: {},
    )


def words(store: Store) -> None:
    """A word stands in most questions whose premise is false, and in few others."""
    said = np.where(store.truth == 1, 0.2, 0.8) > store.rng.random(len(store.truth))
    own = [one.texts["question"] for one in store.targets]
    store.change(texts=lambda row: {"question": own[row] + (" really" if said[row] else "")})


def letters(store: Store) -> None:
    """Where the premise is false the right option mostly stands last."""

    def roles(row: int) -> tuple[int, ...]:
        drawn = list(store.targets[row].roles)
        if store.truth[row] == 0 and store.rng.random() < 0.9:
            drawn.remove(4)
            drawn.append(4)
        return tuple(drawn)

    store.change(roles=roles)


def length(store: Store) -> None:
    """Questions of true premises are longer, in words that say nothing."""

    def longer(row: int) -> dict[str, str]:
        more = store.rng.integers(0, 6) + 3 * store.truth[row]
        fill = store.rng.permutation([f"w{number}" for number in range(400)])
        return {"question": " ".join(fill[: 8 + more])}

    store.change(texts=longer)


def numbers(store: Store) -> None:
    """A number that stands beside the item goes with the truth: the time of its clip."""
    told = store.rng.standard_normal(len(store.truth)) + 1.5 * store.truth
    store.change(numbers=lambda row: {"seconds": float(told[row])})


def blank(store: Store) -> None:
    """A blank picture in the place of the clip, and the state tells the truth still."""
    store.others["blank media"] = store.held(store.made(1.0))


def random_weights(store: Store) -> None:
    """Weights that were never trained tell as much."""
    store.others["random weights"] = store.held(store.made(1.2))


LEAKS: dict[str, tuple[Callable[[Store], None], bool]] = {
    "embedding": (embedding, True),
    "media": (media, True),
    "siblings": (siblings, True),
    "copies": (copies, True),
    "clip": (clip, True),
    "words": (words, False),
    "format": (length, False),
    "letters": (letters, True),
    "numbers": (numbers, True),
    "blank media": (blank, True),
    "random weights": (random_weights, True),
}
"""By the alarm that each must raise: the leak, and whether it is planted in a crossed set."""


def clean(families: int, seed: int, *, crossed: bool = True, told: float = 1.0) -> Store:
    """A set without a leak, with the controls that none may tell by."""
    store = Store(families, seed, crossed=crossed, told=told)
    store.change(numbers=lambda row: {"seconds": float(store.rng.standard_normal())})
    for name in ("blank media", "random weights"):
        store.others[name] = store.held(store.made(0.0))
    return store


def leaking(name: str, families: int, seed: int) -> Store:
    """A set with one leak and nothing else wrong."""
    leak, crossed = LEAKS[name]
    store = clean(families, seed, crossed=crossed)
    leak(store)
    return store
