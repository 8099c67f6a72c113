"""What policies without the picture are paid, and what a reward costs: tables of docs/rewards.md.

    python benchmarks/rewards.py               # a minute on one core
    python benchmarks/rewards.py --groups 24

Policies write to the questions of a set of ``stress`` with all cues, in the written form, knowing
of the picture what their name says; the two pictures of a prompt are asked in the same words, so
one of them has the other possible answer. Intervals of 95 % are over scenes.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import msgspec
import numpy as np

from handeye.rewards import Reward, Truth
from handeye.rewards.checking import share
from handeye.rewards.columns import right_answer, written
from handeye.rewards.scoring import Verdict, verdict_of
from handeye.rewards.written import tagged
from handeye.sets.draw import Draw
from handeye.stress.loader import load
from handeye.stress.rewarded import rewarded
from handeye.stress.scenes.generation import generate


class Asked(NamedTuple):
    """A question: what is right, what is of the other picture, what its cue says, a draw."""

    scene: str
    truth: Truth
    other: Truth
    cue: str | None
    lot: bool


def questions(folder: Path, seed: int, groups: int) -> list[Asked]:
    """Those of a set, in its order."""
    data = generate(folder / "set", seed=seed, groups=groups, cues="all", workers=1)
    items = load(data)
    tasks = list(zip(items, rewarded(items), strict=True))
    by_words: dict[tuple[str, str], list[Truth]] = {}
    for item, task in tasks:
        by_words.setdefault((item.scene_id, task.prompt), []).append(task.truth)
    draw = Draw(seed, "lots")
    return [
        Asked(
            item.scene_id,
            task.truth,
            next(
                one for one in by_words[item.scene_id, task.prompt] if one.gold != task.truth.gold
            ),
            item.cue_value,
            draw.below(2) == 0,
        )
        for item, task in tasks
    ]


def _honest(one: Asked) -> str:
    return written(one.truth, one.truth.needed)


def _by_lot(one: Asked) -> str:
    chosen = one.truth if one.lot else one.other
    return written(chosen, chosen.needed)


def _cue(one: Asked) -> str | None:
    if not one.cue:
        return None
    claimed = msgspec.structs.replace(one.truth, gold=one.cue)
    return written(claimed, one.truth.cue_facts)


def _both_facts(one: Asked) -> str:
    return written(one.truth, [*one.truth.needed, *one.other.needed])


def _announced(one: Asked) -> str:
    right = right_answer(one.truth)
    return tagged(f"the answer is {right}", right)


def _other_facts(one: Asked) -> str:
    return written(one.truth, one.other.needed)


def _both_answers(one: Asked) -> str:
    both = f"{right_answer(one.truth)} or {right_answer(one.other)}"
    return tagged("; ".join(one.truth.needed), both)


POLICIES: dict[str, Callable[[Asked], str | None]] = {
    "honest, with the picture": _honest,
    "one of the two possible answers by lot, with its facts": _by_lot,
    "copies the cue as fact and answer": _cue,
    "right answer, both possible facts": _both_facts,
    'right answer, "the answer is ..." as recognition': _announced,
    "right answer, the facts of the other picture": _other_facts,
    'right facts, "A or B" as the answer': _both_answers,
}


def paid(asked: list[Asked], policy: Callable[[Asked], str | None]) -> str:
    """A row of the table."""
    said = [(one, policy(one)) for one in asked]
    found: list[tuple[str, Verdict]] = [
        (one.scene, verdict_of(text, one.truth)) for one, text in said if text is not None
    ]
    scenes = np.unique([scene for scene, _ in found], return_inverse=True)[1]

    def mean(value: Callable[[Verdict], float | None]) -> str:
        told = share(np.array([value(one) or 0.0 for _, one in found]), scenes)
        assert told.value is not None
        return f"{told.value:.2f} ({told.low:.2f} to {told.high:.2f})"

    total = Reward().total
    whole = sum(total(one) for _, one in found) / len(found)
    parts = (lambda one: one.outcome, lambda one: one.perception, lambda one: one.f1)
    return " | ".join([str(len(found)), *map(mean, parts), f"{whole:.2f}"])


def seconds(text: str, truth: Truth) -> float:
    """Processor time of one verdict: the quickest of several rounds."""
    rounds = []
    for _ in range(7):
        start = time.process_time()
        for _ in range(20):
            verdict_of(text, truth)
        rounds.append((time.process_time() - start) / 20)
    return min(rounds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--groups", type=int, default=72)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        asked = questions(Path(folder), options.seed, options.groups)
    print(f"{options.groups} groups, seed {options.seed}, {len(asked)} questions")
    print("| policy | questions | R_O | R_P | F1 | sum |\n|---|---|---|---|---|---|")
    for name, policy in POLICIES.items():
        print(f"| {name} | {paid(asked, policy)} |")
    truth = asked[0].truth
    short = written(truth, truth.needed)
    ramble = f"<think> {'it might be this or that, hard to say. ' * 900}</think> {short}"
    for name, text in (("short completion", short), ("ramble of 10,000 tokens", ramble)):
        print(f"{name}: {seconds(text, truth) * 1e6:,.0f} microseconds")


if __name__ == "__main__":
    main()
