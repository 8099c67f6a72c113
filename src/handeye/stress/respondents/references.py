"""Readers of words: what whoever does not look at the picture reaches at best.

Each gives an answer to every item from its prompt, its cue or its label, never from the picture.
:func:`hold` asserts what makes the set a test of looking: none that is a function of the words is
right on both pictures of a prompt, and none is right in more than half of the items.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from handeye.stress.items import Item

Answers = dict[str, str]
"""By ``item_id``: a value, :data:`handeye.stress.items.NO_SUCH`, or empty."""
MOST_READ = 10_000
"""Items that readers are asked at most: of a set that is made, to hold it to its promises (prompts
are held in all of it), and of a run."""
FOLDS = 5


@dataclass(frozen=True, slots=True)
class Reader:
    """A reference respondent.

    Attributes:
        name: for tables.
        about: what it does, as a sentence has it.
        answer: all items to its answers.
        pairs: most of the pairs of which it can be right about both, as a share.
    """

    name: str
    about: str
    answer: Callable[[Sequence[Item]], Answers]
    pairs: float = 0.0


@dataclass(frozen=True, slots=True)
class Tally:
    """How often an answer is right, and on both pictures of a prompt."""

    items: int
    right: int
    pairs: int
    both: int


def tallies(items: Sequence[Item], answers: Answers) -> dict[str, Tally]:
    """By cue, in the order in which cues first appear: how often answers are right."""
    rights: dict[str, dict[str, list[bool]]] = {}
    for item in items:
        right = answers.get(item.item_id) == item.gold
        rights.setdefault(item.cue, {}).setdefault(item.prompt_id, []).append(right)
    return {
        cue: Tally(
            items=sum(map(len, prompts.values())),
            right=sum(map(sum, prompts.values())),
            pairs=sum(len(both) == 2 for both in prompts.values()),
            both=sum(len(both) == 2 and all(both) for both in prompts.values()),
        )
        for cue, prompts in rights.items()
    }


def _prompt(item: Item) -> tuple[object, ...]:
    return item.question, item.options, item.order


def majority(items: Sequence[Item]) -> Answers:
    """Of every prompt the answer that is right most often: the best that any reader can do."""
    golds: dict[object, Counter[str]] = defaultdict(Counter)
    for item in items:
        golds[_prompt(item)][item.gold] += 1
    return {item.item_id: golds[_prompt(item)].most_common(1)[0][0] for item in items}


def constant(items: Sequence[Item]) -> Answers:
    """Of every family the answer that is right most often among those without a cue."""
    golds: dict[str, Counter[str]] = defaultdict(Counter)
    for item in items:
        golds[item.family][item.gold] += not item.cue
    return {item.item_id: golds[item.family].most_common(1)[0][0] for item in items}


def cue_follower(items: Sequence[Item]) -> Answers:
    """What words claim; without a claim in words as :func:`constant`."""
    return constant(items) | {
        item.item_id: item.cue_value for item in items if item.cue_value and not item.cue_is_drawn
    }


def contrarian(items: Sequence[Item]) -> Answers:
    """Whichever of the two values words do not claim; without a claim as :func:`constant`."""
    return constant(items) | {
        item.item_id: item.values[1 - item.values.index(item.cue_value)]
        for item in items
        if item.cue_value and not item.cue_is_drawn
    }


def label_only(items: Sequence[Item]) -> Answers:
    """What a label or companion stands for, of all that is in the picture; else as constant."""
    return constant(items) | {item.item_id: item.cue_value for item in items if item.cue_is_drawn}


def learned(items: Sequence[Item]) -> Answers:
    """A reader that learned answers from other groups: words and pairs of words, TF-IDF, centroids.

    Each fold of groups is answered by what was learned from the others; of its options an item gets
    the one whose centroid its prompt is most like.
    """
    import numpy as np
    from scipy import sparse

    tokens = [_tokens(item) for item in items]
    index = {token: place for place, token in enumerate(sorted({t for ts in tokens for t in ts}))}
    rows = np.repeat(np.arange(len(items)), [len(ts) for ts in tokens])
    columns = np.array([index[token] for ts in tokens for token in ts], np.int64)
    counts = np.array([count for ts in tokens for count in ts.values()], np.float64)
    words = sparse.csr_matrix((counts, (rows, columns)), (len(items), len(index)))
    folds = np.array([_fold(item.scene_id) for item in items])
    golds = sorted({item.gold for item in items})
    place = {gold: number for number, gold in enumerate(golds)}
    own = np.array([place[item.gold] for item in items])
    out: dict[str, str] = {}
    for fold in range(FOLDS):
        train, test = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        if not len(train) or not len(test):
            continue
        seen = np.bincount(words[train].indices, minlength=len(index))
        weights = sparse.diags(np.log((1 + len(train)) / (1 + seen)) + 1)
        known, asked = (_unit(words[part] @ weights) for part in (train, test))
        belongs = sparse.csr_matrix(
            (np.ones(len(train)), (own[train], np.arange(len(train)))), (len(golds), len(train))
        )
        scores = np.asarray((asked @ _unit(belongs @ known).T).todense())
        for row, number in enumerate(test.tolist()):
            item = items[number]
            choices = [place[text] for text in item.options or golds if text in place]
            best = max(choices, key=lambda choice: scores[row, choice], default=0)
            out[item.item_id] = golds[best]
    return out


def _tokens(item: Item) -> Counter[str]:
    shown = [item.options[place] for place in item.order]
    words = re.findall(r"\w+|[^\w\s]", " ".join((item.question, *shown)).casefold())
    pairs = (f"{one} {two}" for one, two in pairwise(words))
    return Counter((*words, *pairs))


def _unit(matrix: Any) -> Any:
    """Rows of length 1."""
    import numpy as np
    from scipy import sparse

    squares = np.sqrt(np.asarray(matrix.multiply(matrix).sum(1)).ravel())
    return sparse.diags(1 / np.where(squares > 0, squares, 1)) @ matrix


def _fold(scene: str) -> int:
    return hashlib.sha256(scene.encode()).digest()[0] % FOLDS


def sampled(items: Sequence[Item]) -> Answers:
    """Draws each answer anew, as often each as it is right in the family: words at a temperature.

    It is no function of the words: of a pair with two values it is right about both by luck in a
    share of at most a quarter.
    """
    from handeye.sets.draw import Draw

    golds: dict[str, list[str]] = defaultdict(list)
    for item in items:
        golds[item.family].append(item.gold)
    return {
        item.item_id: Draw(0, "sampled", item.item_id).pick(golds[item.family]) for item in items
    }


READERS = (
    Reader("majority", "the best answer to every prompt, known beforehand", majority),
    Reader("constant", "one answer for every family, the best of these very items", constant),
    Reader("cue-follower", "says what words claim", cue_follower),
    Reader("contrarian", "says the other value than words claim", contrarian),
    Reader("label-only", "says what a label or companion stands for", label_only),
    Reader("learned", "TF-IDF of the prompt, learned from other groups", learned),
    Reader("sampled", "draws each answer anew", sampled, 0.25),
)


def hold(items: Sequence[Item]) -> None:
    """Hold items to it that words alone are not enough.

    Raises:
        AssertionError: a reader is right about both pictures of a prompt, or, under some cue, in
            more than half of the items (of one that draws: by more than five standard errors).
    """
    for reader in READERS:
        for cue, found in tallies(items, reader.answer(items)).items():
            luck = 5 * math.sqrt(0.25 / max(1, found.items)) if reader.pairs else 0.0
            share = found.right / max(1, found.items)
            assert share <= 0.5 + luck, f"{reader.name}, cue {cue!r}: right in {share:.1%}"
            most = (reader.pairs + luck) * found.pairs
            assert found.both <= most, f"{reader.name}, cue {cue!r}: both right in {found.both}"
