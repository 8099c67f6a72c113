"""How often respondents are said to answer without looking, by the size of a set.

    python benchmarks/blind.py                          # 20 sets of 20, 40, 80 and 150 scenes
    python benchmarks/blind.py --sets 5 --scenes 40
    python benchmarks/blind.py --only hash

Respondents of ``tests/support/rose/adversaries.py`` answer five questions about scenes of each of
five sources, without pictures. Those whose answers hang on nothing shown should be called so, those
that look now and then should not. Prints the table of docs/diagnosis.md: sets in which "nothing
shows that it looks" was said of all questions.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from itertools import product
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from handeye.rose.scoring.looks import asked_of, looks
from handeye.sets.draw import Draw
from tests.support.rose.adversaries import ALL, Answer, Asked, Said, questions, right

SOURCES = 5
BLIND = ("answers about other scenes", "draws numbers and cells, blindly")
SEEING = (
    "95 % guesses in the region",
    "COUNT(5), one click in 88 %, else from 0",
    "the first corner, right in 20 %",
    "two cells of the region, right in 20 %",
)
asked_about = cache(questions)


@cache
def _columns(seed: int, scenes: int) -> dict[tuple[str, str], list[Asked]]:
    found = defaultdict(list)
    for ask in asked_about(seed, scenes):
        found[ask.item.rose_subset, ask.column].append(ask)
    return found


def exchanged(seed: int, scenes: int) -> Answer:
    """Right answers of other scenes of the same set, another one for every question."""

    def answer(ask: Asked, draw: Draw, scene: Draw) -> Said:
        pool = _columns(seed, scenes)[ask.item.rose_subset, ask.column]
        return right(draw.pick([other for other in pool if other is not ask]))

    return answer


NAMED = {one.name: one for one in ALL}
OWN = "right answers of other scenes of the set"
RESPONDENTS = (
    OWN,
    *BLIND,
    *(one.name for one in ALL if one.group == "unseen" and one.blind),
    *SEEING,
)


def called_blind(job: tuple[str, int, int]) -> bool:
    """Whether it is said of all questions of one set that nothing shows that it looks."""
    name, scenes, seed = job
    answer = exchanged(seed, scenes) if name == OWN else NAMED[name].answer
    told = []
    for ask in asked_about(seed, scenes):
        draws = (Draw(seed, name, ask.item.item_id), Draw(seed, name, ask.item.scene_id))
        said = answer(ask, *draws)
        told.append(asked_of(ask.item, said.text(ask), said.state))
    return looks(told, seed=seed).groups[""].said == "blind"


def main() -> None:
    """Print respondents by sizes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--sets", type=int, default=20)
    parser.add_argument("--scenes", type=int, nargs="+", default=[20, 40, 80, 150])
    parser.add_argument("--only", default="", help="respondents whose name holds this")
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    if wrong := [scenes for scenes in given.scenes if scenes % SOURCES]:
        parser.error(f"--scenes: {wrong[0]} cannot be shared among {SOURCES} sources")
    started = time.perf_counter()
    print(f"| said to be blind, of {given.sets} sets | {' | '.join(map(str, given.scenes))} |")
    print(f"|---|{'---|' * len(given.scenes)}")
    names = [name for name in RESPONDENTS if given.only in name]
    jobs = [
        (name, scenes // SOURCES, 7000 + seed)
        for name, scenes, seed in product(names, given.scenes, range(given.sets))
    ]
    with ProcessPoolExecutor(given.workers) as pool:
        found = pool.map(called_blind, jobs)
        for name in names:
            counts = [sum(next(found) for _ in range(given.sets)) for _ in given.scenes]
            print(f"| {name} | {' | '.join(map(str, counts))} |", flush=True)
    print(f"\n{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
