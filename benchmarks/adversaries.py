"""Does a verdict say anything false? Respondents of known fault, and every claim about them.

Extreme, mixed and faultless respondents answer sets without media; what the diagnosis then claims
is held against a truth that is told from the answers without it (``adversaries.py`` and
``truth.py`` of a suite in ``tests/support``). A claim that is not so is false; a fault that was
planted well above what is worth a word, and is not in the sentence, is silence.

    python benchmarks/adversaries.py                    # ROSE, some minutes on one core
    python benchmarks/adversaries.py --suite premise
    python benchmarks/adversaries.py --show             # the sentences too
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.support.judged import Result

# What ``--scenes`` counts, and how many there are by default.
SUITES = {"rose": ("scenes of each of five sources", 30), "premise": ("families", 60)}


def part(suite: str, module: str) -> Any:
    """``adversaries`` or ``truth`` of a suite."""
    return import_module(f"tests.support.{suite}.{module}")


def run(job: tuple[str, int, int, int]) -> Result:
    suite, place, seed, scenes = job
    respondents = part(suite, "adversaries")
    asked = respondents.questions(seed, scenes)
    result: Result = part(suite, "truth").judge(respondents.ALL[place], asked, seed)
    # Functions made in functions cannot travel between processes.
    return Result(**{**vars(result), "respondent": place})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suite", choices=SUITES, default="rose")
    parser.add_argument("--scenes", type=int, help="30 of each of five sources, or 60 families")
    parser.add_argument("--seeds", type=int, default=6, help="sets that each answers")
    parser.add_argument("--first", type=int, default=0, help="number of the first set")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", default="", help="respondents whose name holds this")
    parser.add_argument("--show", action="store_true", help="print a sentence of each")
    options = parser.parse_args()
    start = time.perf_counter()
    unit, usual = SUITES[options.suite]
    scenes = options.scenes or usual
    every = part(options.suite, "adversaries").ALL
    chosen = [place for place, one in enumerate(every) if options.only in one.name]
    seeds = range(9000 + options.first, 9000 + options.first + options.seeds)
    jobs = [(options.suite, place, seed, scenes) for place in chosen for seed in seeds]
    by_place: dict[int, list[Result]] = defaultdict(list)
    print("| respondent | kind | claims checked | false | planted, said |\n|---|---|---|---|---|")
    with ProcessPoolExecutor(options.workers) as pool:
        for (_, place, *_), result in zip(jobs, pool.map(run, jobs), strict=True):
            by_place[place].append(result)
            if len(by_place[place]) == options.seeds:
                row(every[place], by_place[place], options.show)
    total(every, by_place)
    print(f"{options.seeds} sets of {scenes} {unit}, {time.perf_counter() - start:.0f} s")


def row(one: Any, results: list[Result], show: bool) -> None:
    wanted = len(one.says) * len(results)
    said = wanted - sum(len(result.missing) for result in results)
    false = [words for result in results for words in result.false]
    checked = sum(result.checked for result in results)
    planted = f"{said} of {wanted}" if wanted else ""
    print(f"| {one.name} | {one.group} | {checked} | {len(false)} | {planted} |", flush=True)
    if show:
        print(f"      {results[0].sentence}")
    for words in dict.fromkeys(false):
        print(f"      FALSE: {words}")
    for result in results:
        for key in result.missing:
            print(f"      SILENT: {key}: {result.sentence}")


def total(every: Sequence[Any], by_place: dict[int, list[Result]]) -> None:
    results = [result for group in by_place.values() for result in group]
    wanted = sum(len(every[place].says) * len(group) for place, group in by_place.items())
    said = wanted - sum(len(result.missing) for result in results)
    checked, false = sum(r.checked for r in results), sum(len(r.false) for r in results)
    print(f"\n{len(by_place)} respondents, {checked:,} claims checked, {false} false; ", end="")
    print(f"{said} of {wanted} planted effects said ({said / max(wanted, 1):.1%}).")


if __name__ == "__main__":
    main()
