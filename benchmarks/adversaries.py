"""Does a verdict say anything false? Respondents of known fault, and every claim about them.

Extreme, mixed and faultless respondents answer sets without pictures; what the diagnosis then
claims is held against a truth that is counted from the answers without it
(``tests/support/rose/adversaries.py`` and ``truth.py``). A claim that is not so is false; a fault
that was planted well above what is worth a word, and is not in the sentence, is silence.

    python benchmarks/adversaries.py                # some minutes on one core
    python benchmarks/adversaries.py --show         # the sentences too
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.support.rose.adversaries import ALL, questions
from tests.support.rose.truth import Result, judge


def run(job: tuple[int, int, int]) -> Result:
    place, seed, scenes = job
    result = judge(ALL[place], questions(seed, scenes), seed)
    # Functions made in functions cannot travel between processes.
    return Result(**{**vars(result), "respondent": place})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=30, help="per source; five sources")
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", default="", help="respondents whose name holds this")
    parser.add_argument("--show", action="store_true", help="print a sentence of each")
    options = parser.parse_args()
    start = time.perf_counter()
    chosen = [place for place, one in enumerate(ALL) if options.only in one.name]
    jobs = [(place, 9000 + s, options.scenes) for place in chosen for s in range(options.seeds)]
    by_place: dict[int, list[Result]] = defaultdict(list)
    print("| respondent | kind | claims checked | false | planted, said |\n|---|---|---|---|---|")
    with ProcessPoolExecutor(options.workers) as pool:
        for (place, *_), result in zip(jobs, pool.map(run, jobs), strict=True):
            by_place[place].append(result)
            if len(by_place[place]) == options.seeds:
                row(place, by_place[place], options.show)
    total(by_place)
    print(
        f"{options.seeds} sets of {5 * options.scenes} scenes, {time.perf_counter() - start:.0f} s"
    )


def row(place: int, results: list[Result], show: bool) -> None:
    one = ALL[place]
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


def total(by_place: dict[int, list[Result]]) -> None:
    results = [result for group in by_place.values() for result in group]
    wanted = sum(len(ALL[place].says) * len(group) for place, group in by_place.items())
    said = wanted - sum(len(result.missing) for result in results)
    checked, false = sum(r.checked for r in results), sum(len(r.false) for r in results)
    print(f"\n{len(by_place)} respondents, {checked:,} claims checked, {false} false; ", end="")
    print(f"{said} of {wanted} planted effects said ({said / max(wanted, 1):.1%}).")


if __name__ == "__main__":
    main()
