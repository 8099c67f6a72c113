"""States of which it is known what they hold, and a respondent of which it is known what it uses.

A planted set is crossed as a set of clips and questions is: of every family there are two clips,
which hold one or the other detail, and two questions, which name one or the other; each question is
asked of both clips, and its premise is false where the two differ. What the states and the letters
tell of that is Gaussian evidence of known strength d' (the distance of the two means in standard
deviations), so the balanced accuracy of the best reader of each level is ``Phi(d' / 2)``, d' of
independent evidence adding up in squares. States lie in randomly turned axes amid nuisance of
families, clips and rows whose deviation is up to 3 times that of the evidence.

A respondent's letters are made of S, the log odds of rejecting, of which rejection is ahead (as the
log odds of the right one), and of the contents; the last layer holds the log-probabilities exactly.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from handeye.states.figures import Floats
from handeye.states.targets import Target

Respondent = Literal["own", "blind", "constant", "random"]
LAYERS = ("block.00", "block.01", "final")
SITES = ("last", "media")
REJECTIONS = {"vision": 4, "audio": 5}
"""The rejection that is right of a false premise, by sense."""
_ROLES = 6
_KINDS = 4
_NUISANCE = (3.0, 0.1)  # deviation of the first and the last axis


class Truth(msgspec.Struct, frozen=True, kw_only=True):
    """What is planted; strengths are d' of the evidence, 0 for none.

    Attributes:
        seen: of the clip's detail at the media tokens, in every layer.
        apart: of the clip's detail and of the question's, each by itself, at the last token.
        match: of the premise in ``block.01`` at the last token.
        kept: how much of the same evidence the last layer still has.
        contrast: of the premise in which rejection is ahead, which S cannot see.
        rejection: how far a false premise raises S, whose own deviation is ``sqrt(2)``.
        threshold: mean of S where the premise holds; the respondent rejects above 0.
        route: mean log odds of the right rejection against the other one.
        text: of the question alone in S and at the last token, whatever the clip.
        respondent: ``own``: as above. Others have no evidence of theirs: ``blind`` gives one
            question the same letters for both clips, ``constant`` always the same, ``random`` any.
    """

    seen: float = 0.0
    apart: float = 0.0
    match: float = 0.0
    kept: float = 0.0
    contrast: float = 0.0
    rejection: float = 0.0
    threshold: float = -4.0
    route: float = 3.0
    text: float = 0.0
    respondent: Respondent = "own"

    def ideal(self) -> dict[str, float]:
        """Balanced accuracy of the best readers, on endless families, by level.

        From ``seen`` to ``own`` (S at 0); what depends on single letters has no closed form. Holds
        without ``text`` or without ``rejection``.
        """
        letters = math.hypot(self.contrast, self.rejection / math.sqrt(2))
        last = math.hypot(letters, self.kept)
        compared = math.hypot(letters, max(self.match, self.kept))
        seen = math.hypot(compared, self.seen)
        found = {"seen": seen, "compared": compared, "last": last, "letters": letters}
        found["s"] = self.rejection / math.sqrt(2)
        phi = NormalDist().cdf
        levels = {name: phi(strength / 2) for name, strength in found.items()}
        if self.respondent == "own" and not self.text:
            at = self.threshold / math.sqrt(2)
            levels["own"] = (phi(-at) + phi(at + found["s"])) / 2
        else:
            levels["own"] = 0.5
        return levels


PLANTED = {
    "none": Truth(),
    "text only": Truth(text=3),
    "seen, not compared": Truth(seen=3, apart=3),
    "lost on the way": Truth(seen=3, match=3),
    "state only": Truth(seen=3, match=2.5, kept=2.5),
    "letters linear in the state": Truth(contrast=1.5, rejection=2),
    "letters, S blind": Truth(contrast=2.5, route=0),
    "E and F only": Truth(rejection=3.5),
    "perfect threshold": Truth(rejection=3.5, threshold=-1.75),
    "both": Truth(seen=3, match=2.5, kept=2.5, contrast=1, rejection=2),
    "misrouted": Truth(rejection=3.5, threshold=-1.75, route=0),
    "constant": Truth(respondent="constant"),
    "blind": Truth(respondent="blind", text=2, threshold=0),
    "random": Truth(respondent="random"),
}
"""Truths to be found again, by name."""


@dataclass(frozen=True)
class InMemory:
    """States that are held in memory, as a store on disk would give them.

    Attributes:
        layers: from the first to the last.
        sites: of each layer.
        ids: items by row.
        arrays: by layer and site, (rows, width), or (rows, places, width) of the site ``grid``.
        logs: (rows, letters) log-probabilities by position.
        texts: the answer of each row; empty: none was written.
    """

    layers: tuple[str, ...]
    sites: tuple[str, ...]
    ids: tuple[str, ...]
    arrays: dict[tuple[str, str], NDArray[np.float32]]
    logs: Floats
    texts: tuple[str, ...] = ()

    def depth(self, layer: str) -> float:
        """How deep a layer lies: 0 for what comes before all blocks, 1 for the last one."""
        return 0.0 if layer == "embedding" else (1 + self.layers.index(layer)) / len(self.layers)

    def states(
        self, layer: str, site: str, item_ids: Sequence[str], places: Sequence[int] | None = None
    ) -> NDArray[np.float32]:
        """States (n, width) of some items at a layer and site; of a grid, at a place each."""
        rows, held = self._rows(item_ids), self.arrays[layer, site]
        return held[rows] if places is None else held[rows, np.asarray(places)]

    def letters(self, item_ids: Sequence[str]) -> Floats:
        """Log-probabilities (n, letters) by position, A first."""
        return self.logs[self._rows(item_ids)]

    def answers(self, item_ids: Sequence[str]) -> list[str]:
        """The answers as they were written."""
        return [self.texts[row] if self.texts else "" for row in self._rows(item_ids)]

    def _rows(self, item_ids: Sequence[str]) -> NDArray[np.int64]:
        at = {name: row for row, name in enumerate(self.ids)}
        return np.array([at[name] for name in item_ids], np.int64)


@dataclass(frozen=True)
class Planted:
    """A planted set.

    Attributes:
        states: of all items.
        targets: ``premise`` (1: it is false) and ``detail`` (which one the clip holds) of each.
        answers: the role chosen, one a target.
    """

    states: InMemory
    targets: list[Target]
    answers: list[int | None]


def plant(
    truth: Truth | str,
    families: int,
    *,
    width: int = 64,
    seed: int = 0,
    senses: Sequence[str] = ("vision",),
) -> Planted:
    """Make a set in which a truth is planted.

    Args:
        truth: what, or its name in :data:`PLANTED`.
        families: of each sense; each has four items.
        width: of the states, at least 16. Axes depend on it alone, so sets of one width are of one
            model.
        seed: of everything else.
        senses: names of :data:`REJECTIONS`.
    """
    what = PLANTED[truth] if isinstance(truth, str) else truth
    made = [_sense(what, families, width, seed, sense) for sense in senses]
    states = InMemory(
        LAYERS,
        SITES,
        tuple(name for one in made for name in one.states.ids),
        {
            key: np.concatenate([one.states.arrays[key] for one in made])
            for key in made[0].states.arrays
        },
        np.concatenate([one.states.logs for one in made]),
    )
    return Planted(
        states,
        [row for one in made for row in one.targets],
        [r for one in made for r in one.answers],
    )


def _sense(truth: Truth, families: int, width: int, seed: int, sense: str) -> Planted:
    draw = np.random.default_rng([seed, REJECTIONS[sense]])
    n = 4 * families
    clip, asked = np.tile([0, 0, 1, 1], families), np.tile([0, 1, 0, 1], families)
    false = clip ^ asked
    family = np.repeat(np.arange(families), 4)
    roles = np.argsort(draw.random((2 * families, _ROLES)), axis=1)[2 * family + asked]
    logs = _letters(truth, draw, family, asked, false, REJECTIONS[sense])
    detail = truth.seen * (clip - 0.5) + draw.normal(size=2 * families)[2 * family + clip]
    evidence = draw.normal(size=n)
    match = np.zeros((3, n))
    match[1], match[2] = (of * (false - 0.5) + evidence for of in (truth.match, truth.kept))
    words = [part - 0.5 for part in (clip, asked)]
    arrays: dict[tuple[str, str], NDArray[np.float32]] = {}
    for number, layer in enumerate(LAYERS):
        at_last = [
            *(truth.apart * word + 0.5 * draw.normal(size=n) for word in words),
            truth.text * words[1],
            match[number],
            np.full(n, 6.0 * (REJECTIONS[sense] - 4.5)),
            *(logs.T if layer == "final" else ()),
        ]
        arrays[layer, "last"] = _turned(np.stack(at_last, axis=1), width, draw, family, None)
        arrays[layer, "media"] = _turned(detail[:, None], width, draw, family, 2 * family + clip)
    ids = tuple(f"{sense}-{f:05d}-{c}{q}" for f, c, q in zip(family, clip, asked, strict=True))
    by_place = np.take_along_axis(logs, roles, axis=1)
    targets: list[Target] = []
    answers: list[int | None] = []
    for row, name in enumerate(ids):
        for target, label in (("premise", false[row]), ("detail", clip[row])):
            targets.append(
                Target(
                    item_id=name,
                    target=target,
                    label=int(label),
                    group=f"{sense}-{family[row]:05d}",
                    strata={"modality": sense, "kind": f"{sense}-{family[row] % _KINDS}"},
                    texts={"question": f"question {asked[row]} of {family[row]}"},
                    siblings={
                        "media": ids[row ^ 2],
                        "question": ids[row ^ 1],
                    },
                    roles=tuple(roles[row].tolist()),
                    rejection=REJECTIONS[sense],
                )
            )
            answers.append(int(logs[row].argmax()))
    return Planted(InMemory(LAYERS, SITES, ids, arrays, by_place), targets, answers)


def _letters(
    truth: Truth,
    draw: np.random.Generator,
    family: NDArray[np.int64],
    asked: NDArray[np.int64],
    false: NDArray[np.int64],
    right: int,
) -> Floats:
    """Log-probabilities (n, 6) by role."""
    n, kind = len(family), truth.respondent
    if kind == "random":
        logits = draw.normal(size=(n, _ROLES))
        return logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    noise = draw.normal(size=(n, 6))
    if kind == "blind":
        noise = noise[4 * family + asked]
    if kind == "constant":
        noise[:] = 0
    false = false if kind == "own" else np.zeros(n, np.int64)
    gold = (4 * draw.random(len(family) // 4)).astype(int)[family] if kind != "constant" else 0
    own = noise[:, :4].copy()
    own[np.arange(n), gold] += 4
    content = own - np.logaddexp.reduce(own, axis=1, keepdims=True)
    s = truth.threshold + truth.rejection * false + math.sqrt(2) * noise[:, 4]
    s += truth.text * (asked - 0.5) if kind != "constant" else 0
    ahead = truth.route + truth.contrast * (false - 0.5) + noise[:, 5]
    logits = np.empty((n, _ROLES))
    logits[:, :4] = content - np.logaddexp(0, s)[:, None]
    rejects = -np.logaddexp(0, -s)
    logits[:, right] = rejects - np.logaddexp(0, -ahead)
    logits[:, 9 - right] = rejects - np.logaddexp(0, ahead)
    return logits


@lru_cache(maxsize=4)
def _axes(width: int) -> Floats:
    found, _ = np.linalg.qr(np.random.default_rng(width).normal(size=(width, width)))
    return found


def _turned(
    held: Floats,
    width: int,
    draw: np.random.Generator,
    family: NDArray[np.int64],
    clip: NDArray[np.int64] | None,
) -> NDArray[np.float32]:
    """What is held on its own axes, nuisance on the others; equal for all rows of a clip."""
    axes, free = _axes(width), width - held.shape[1]
    rows = np.arange(len(held)) if clip is None else clip
    noise = draw.normal(size=(rows.max() + 1, free)).astype(np.float32)[rows]
    noise += draw.normal(size=(family.max() + 1, free)).astype(np.float32)[family]
    noise *= np.linspace(*_NUISANCE, free, dtype=np.float32)
    turned = axes.astype(np.float32)
    return held.astype(np.float32) @ turned[: held.shape[1]] + noise @ turned[held.shape[1] :]
