"""Whether the adjuster's promise holds: the true loss is within alpha in 95 % of the draws.

A population is planted of which 20,000 families stand for all; adjusters are learnt from others,
and the gate is set on yet others, a draw of them at a time. What is told: the share of draws whose
true loss is above alpha, by families that lose a right answer of a true premise (what ``any``
bounds) and by standard accuracy (what ``share`` bounds, and what ``any`` bounds too); the same of
conformal risk control, which bounds the mean over draws and no more; and whether the gate opens.

    python benchmarks/adjuster.py               # some 3 minutes on one core
    python benchmarks/adjuster.py --draws 50    # a look
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handeye.respondents.local.adjuster import readings
from handeye.states.adjuster import SITE, Learnt as Taught, gated, gates_of, learn, lost_at
from handeye.states.cases import Cases
from handeye.states.gates import Bound, families_needed, family_losses, mean_gate
from handeye.states.targets import Target

Floats = NDArray[np.float64]
LAYER = "block.00"
WIDTH = 24
LEVEL = 0.95
ROWS: tuple[tuple[Bound, float, int], ...] = (
    ("any", 0.03, 90),
    ("any", 0.03, 120),
    ("any", 0.03, 250),
    ("any", 0.10, 100),
    ("share", 0.03, 250),
    ("share", 0.10, 100),
)


@dataclass(frozen=True)
class Planted:
    """Families with their states, as :class:`handeye.states.store.States` gives them."""

    cases: Cases
    x: NDArray[np.float32]
    layers: tuple[str, ...] = (LAYER,)
    sites: tuple[str, ...] = (SITE,)

    def depth(self, layer: str) -> float:
        return 0.5

    def states(
        self, layer: str, site: str, item_ids: Sequence[str], places: Sequence[int] | None = None
    ) -> NDArray[np.float32]:
        return self.x[[int(name) for name in item_ids]]

    def letters(self, item_ids: Sequence[str]) -> Floats:
        return self.cases.letters[[int(name) for name in item_ids]]

    def answers(self, item_ids: Sequence[str]) -> list[str]:
        return ["" for _ in item_ids]

    def targets(self) -> list[Target]:
        """One an item; letters stand in the order of the roles."""
        own = self.cases
        return [
            Target(
                item_id=name,
                target="premise",
                label=int(own.false[row]),
                group=str(own.families[row]),
                strata={"modality": str(own.rejection[row])},
                texts={"question": own.texts[row]},
                roles=tuple(range(6)),
                rejection=int(own.rejection[row]),
            )
            for row, name in enumerate(own.item_ids)
        ]


def planted(
    families: int,
    seed: int,
    *,
    strength: float = 2.5,
    said: float = 0.0,
    text: float = 0.0,
    width: int = WIDTH,
) -> Planted:
    """Families of eight: two senses, two clips, two questions, the premise false where they differ.

    Args:
        families: how many.
        seed: of all but the axes, which depend on the width alone.
        strength: d' of the premise in the state.
        said: how far a false premise raises the rejecting letters; they start 4 below the contents.
        text: how many of the questions' words tell the truth, in 0..1 (then they are not crossed).
        width: of the states.
    """
    draw = np.random.default_rng([seed, families])
    n = 8 * families
    family = np.repeat(np.arange(families), 8)
    sense, clip, question = (
        np.tile(part, families) for part in np.indices((2, 2, 2)).reshape(3, 8)
    )
    false = clip != question
    rejection = 4 + sense
    gold = np.repeat(draw.integers(0, 4, families), 8)
    letters = draw.normal(size=(n, 6))
    letters[:, 4:] -= 3
    letters[np.arange(n), gold] += 3
    letters[:, 4:] += said * false[:, None] + 0.7 * draw.normal(size=(families, 1))[family]
    letters -= np.logaddexp.reduce(letters, axis=1, keepdims=True)
    held = np.zeros((n, width))
    # What is seen differs in strength by family, so that losses come in families.
    held[:, 0] = strength * (false - 0.5) + draw.normal(size=n) * 0.9
    held[:, 0] += 0.44 * draw.normal(size=families)[family]
    held[:, 1] = 4 * (sense - 0.5) + draw.normal(size=n)
    held[:, 2:] = (
        2 * draw.normal(size=(n, width - 2)) + draw.normal(size=(families, width - 2))[family]
    )
    axes, _ = np.linalg.qr(np.random.default_rng(width).normal(size=(width, width)))
    gives_away = draw.random(n) < text
    words = tuple(
        f"question {question[row]} of {family[row]}{f' {false[row]}' if gives_away[row] else ''}"
        for row in range(n)
    )
    cases = Cases(
        tuple(str(row) for row in range(n)),
        letters,
        false,
        np.where(false, rejection, gold),
        rejection,
        family,
        (4, 5),
        words,
    )
    return Planted(cases, (held @ axes).astype(np.float32))


class Everyone:
    """Many families, of which true losses are known, and adjusters that were learnt from others."""

    def __init__(self, families: int, **more: float) -> None:
        self.all = planted(families, 10**6, **more)  # type: ignore[arg-type]
        self.more = more

    def learnt(self, families: int, seed: int) -> Learnt:
        """Probes and calibration from new families."""
        new = planted(families, seed, **self.more)  # type: ignore[arg-type]
        rows = np.arange(len(new.cases))
        return Learnt(
            learn(new, new.cases, rows, layers=new.layers, cs=(0.01, 0.1), inner=3, seed=seed),
            new.cases,
            self,
        )


class Learnt:
    """One adjuster without a gate, and at which gates each family of all loses an answer."""

    def __init__(self, taught: Taught, own: Cases, everyone: Everyone) -> None:
        self.adjuster, self.before, self.more = taught.adjuster, (taught.held, own), everyone.more
        self.gates = gates_of(self.adjuster, *self.before)
        all_ = everyone.all.cases
        lost = lost_at(self.adjuster, readings(self.adjuster, everyone.all.x), all_, self.gates)
        self.families = family_losses(lost, ~all_.false, all_.families, "any").mean(0)
        self.accuracy = lost[~all_.false].mean(0)

    def draw(self, families: int, seed: int, alpha: float, bound: Bound) -> tuple[float, ...]:
        """Whether a gate opened; families and accuracy lost by it; the bounded loss by the mean."""
        new = planted(families, seed, **self.more)  # type: ignore[arg-type]
        behind = readings(self.adjuster, new.x), new.cases
        made = gated(self.adjuster, self.before, behind, alpha=alpha, level=LEVEL, bound=bound)
        lost = lost_at(self.adjuster, *behind, self.gates)
        losses = family_losses(lost, ~new.cases.false, new.cases.families, bound)
        at = mean_gate(losses, alpha)
        whole = self.families if bound == "any" else self.accuracy
        by_mean = 0.0 if at is None else float(whole[at])
        if made.gate is None:
            return 0.0, 0.0, 0.0, by_mean
        gate = int(np.flatnonzero(self.gates == made.gate)[-1])
        return 1.0, float(self.families[gate]), float(self.accuracy[gate]), by_mean


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--learnt", type=int, default=20)
    parser.add_argument("--population", type=int, default=20_000)
    given = parser.parse_args()
    everyone = Everyone(given.population)
    taught = [everyone.learnt(150, 2 * 10**6 + seed) for seed in range(given.learnt)]
    print(
        f"{given.draws} draws of calibration families, for {given.learnt} adjusters in turn; "
        f"{given.population} families stand for all; level {LEVEL}\n"
        "bound  alpha families  opened   families > alpha  accuracy > alpha  mean accuracy lost   "
        "conformal risk control: > alpha   mean loss"
    )
    for bound, alpha, families in ROWS:
        drawn = np.array(
            [
                taught[seed % len(taught)].draw(families, seed, alpha, bound)
                for seed in range(given.draws)
            ]
        )
        above = (drawn > alpha).mean(0)
        print(
            f"{bound:6} {alpha:5.2f} {families:8} {drawn[:, 0].mean():7.3f} {above[1]:18.3f} "
            f"{above[2]:17.3f} {drawn[:, 2].mean():19.4f} {above[3]:33.3f} "
            f"{drawn[:, 3].mean():11.4f}   (a gate takes {families_needed(alpha, LEVEL)})",
            flush=True,
        )


if __name__ == "__main__":
    main()
