"""How well planted faults are recovered: the matrix and the table of docs/attribution.md.

    python benchmarks/recovery.py [--suite rose] [--scenes 60] [--seeds 4] [--workers 2]

Every run answers all items of fresh scenes with faults at known rates and is diagnosed without
knowing them. Prints Markdown: planted x attributed for single faults, recovered rates with the
coverage of their 95 % intervals, the same for mixtures, and false alarms of models that point
badly but use no other convention. Some two minutes on 2 cores with the defaults. Of
``--suite premise`` (``--scenes`` are families) single faults and their rates alone, and which
claims a diagnosis makes of each at full and at half strength, and where nothing is planted.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from handeye.premise.diagnosis.diagnose import diagnose_rows
from handeye.premise.diagnosis.reasons import REASONS as PREMISE_REASONS, find_reasons
from handeye.premise.diagnosis.verdict import claims
from handeye.premise.respondents.simulated import (
    FAULTS as PREMISE_FAULTS,
    simulate_predictions,
)
from handeye.premise.scoring.file_scoring import score
from handeye.premise.scoring.looks import Answered, looks
from handeye.rose.diagnosis.reasons import REASONS
from handeye.rose.items import Item
from handeye.rose.respondents.fault_changes import right, written
from handeye.rose.respondents.recovery import (
    attribute_answers,
    can_show,
    confusion,
    expected_of_several,
    items_without_pictures,
    recover,
    recovered_rate,
)
from handeye.rose.respondents.simulated import FAULTS
from handeye.rose.scene import Cell
from handeye.sets.draw import Draw
from handeye.stats.intervals import estimates
from handeye.stats.sums import Sums

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.support.premise.adversaries import questions

KEYS = [reason.key for reason in REASONS]
RATES = (0.05, 0.2, 0.6)
MIXTURES: dict[str, dict[str, float]] = {
    "region": {"ignore_region": 0.3, "miss": 0.1, "off_by_one_cell": 0.1, "break_grammar": 0.05},
    "zero": {"zero_based": 0.5, "over": 0.1, "wrong_submit": 0.2, "never_abstain": 0.3},
    "swap": {
        "swap_row_col": 0.2,
        "zero_based": 0.1,
        "refuse": 0.05,
        "off_grid": 0.05,
        "wrong_cells": 0.1,
    },
    "abstain": {
        "never_abstain": 0.6,
        "abstain_wrongly": 0.1,
        "click_exclusion": 0.2,
        "click_outside": 0.15,
        "truncate": 0.05,
    },
    "anchor": {"anchor": 0.3, "miscount_scene": 0.5, "ignore_region": 0.1, "over": 0.1},
    "flip": {
        "flip_rows": 0.15,
        "garble": 0.05,
        "repeat_click": 0.1,
        "off_by_one_cell": 0.2,
        "miss": 0.1,
    },
}
WEIGHTS = {
    "swap_row_col": "swapped",
    "zero_based": "zero_based",
    "flip_rows": "flipped_rows",
    "flip_cols": "flipped_cols",
}


@dataclass
class Seen:
    """What one run showed; ``estimates`` by name, ``planted`` shares by reason."""

    name: str
    rate: float
    alone: dict[str, dict[str, int]] = field(default_factory=dict)
    several: dict[str, dict[str, int]] = field(default_factory=dict)
    found: dict[str, Any] | None = None
    weight: dict[str, Any] | None = None
    planted: dict[str, float] = field(default_factory=dict)
    reasons: dict[str, dict[str, Any]] = field(default_factory=dict)
    spoken: tuple[str, ...] = ()


def single(job: tuple[str, float, int, int]) -> Seen:
    """One fault alone."""
    fault, rate, seed, scenes = job
    items = items_without_pictures(seed, scenes)
    rates = {fault: rate, "miscount_scene": 0.5} if fault == "anchor" else {fault: rate}
    run = recover(items, rates, seed)
    seen = Seen(fault, rate, confusion([run], alone=True))
    seen.found = recovered_rate(run, fault, can_show(run, fault, seed))
    if fault in WEIGHTS:
        by_key = {one["key"]: one for one in run.tables()["conventions"]}
        seen.weight = by_key[WEIGHTS[fault]]["weight"]
    return seen


def mixed(job: tuple[str, int, int]) -> Seen:
    """Several faults at once."""
    name, seed, scenes = job
    items = items_without_pictures(seed, scenes)
    run = recover(items, MIXTURES[name], seed)
    seen = Seen(name, 0.0, confusion([run], alone=True), confusion([run], alone=False))
    labels = Counter(
        min(expected_of_several(item, planted), key=KEYS.index)
        for item, planted in zip(run.items, run.planted, strict=True)
        if planted and item.task_mode != "COUNT"
    )
    action = run.tables()["action"]
    seen.planted = {key: count / action["n_items"] for key, count in labels.items()}
    seen.reasons = {row["key"]: row["rate"] for row in action["reasons"]}
    return seen


def alarms(job: tuple[str, int, int]) -> tuple[str, bool]:
    """Whether a model without any other convention is said to use one."""
    kind, seed, scenes = job
    items = [one for one in items_without_pictures(seed, scenes) if one.task_mode != "COUNT"]
    texts = [_badly(kind, one, Draw(seed, kind, one.item_id)) for one in items]
    return kind, any(one["decided"] for one in attribute_answers(items, texts).conventions)


def _badly(kind: str, item: Item, draw: Draw) -> str:
    cells: Sequence[Cell] = item.gold
    if kind == "wild" and draw.unit() < 0.6:
        count = draw.integer(1, 6)
        cells = [Cell(draw.integer(1, item.rows), draw.integer(1, item.cols)) for _ in range(count)]
    if kind == "unsteady" and draw.unit() < 0.6:
        cells = [Cell(r + draw.integer(-1, 1), c + draw.integer(-1, 1)) for r, c in cells]
    return written(item, right(item, cells))


# The reasons that a fault of a clip's answers may lead to.
_ANY = frozenset({"accepts_false", "rejects_true", "wrong_sense", "wrong_content"})
EXPECTED: dict[str, frozenset[str]] = {
    "api_error": frozenset({"no_answer"}),
    "refuse": frozenset({"refused"}),
    "empty": frozenset({"no_answer"}),
    "truncate": frozenset({"truncated"}),
    "accept": frozenset({"accepts_false"}),
    "reject": frozenset({"rejects_true"}),
    "swap_rejections": frozenset({"wrong_sense"}),
    "wrong_content": frozenset({"wrong_content"}),
    "prose": frozenset({"unreadable"}),
    "lenient": frozenset({"format_only"}),
    **dict.fromkeys(("deaf", "blind", "text_only", "late_letter", "constant", "random"), _ANY),
}


def premise(job: tuple[str, float, int, int, bool]) -> Seen:
    """One fault alone, of answers about clips; the last of a job: whether it is diagnosed."""
    fault, rate, seed, families, whole = job
    items = [ask.item for ask in questions(seed, families)]
    faults = {fault: rate} if fault else {}
    rows = list(simulate_predictions(items, faults, seed))
    planted = [bool(row.pop("planted")) for row in rows]
    scored = score(rows, items, bootstrap=1000 if whole else 0)
    seen = Seen(fault, rate)
    if whole:
        known = [
            Answered(item, row, str(one["raw_text"] or ""))
            for item, row, one in zip(items, scored.rows, rows, strict=True)
        ]
        told = looks(known, bootstrap=0)
        found = diagnose_rows(scored.summary, scored.rows, looks=told, resamples=1000)
        facts = ("level", "two")
        seen.spoken = tuple(
            ":".join(filter(None, [claim.kind, *claim.parts[:1]]))
            for claim in claims(found.data)
            if claim.spoken and claim.kind not in facts
        )
        return seen
    reasons = [one.reason for one in find_reasons(scored.rows)]
    # What really changes an answer: a fault that shows where it is planted for sure.
    always = [bool(row["planted"]) for row in simulate_predictions(items, {fault: 1.0}, seed)]
    counts = Counter(r or "passed" for r, there in zip(reasons, planted, strict=True) if there)
    seen.alone = {fault: dict(counts)}
    hits = [
        float(there and (reason in EXPECTED[fault] or (reason is None and EXPECTED[fault] is _ANY)))
        for reason, there in zip(reasons, planted, strict=True)
    ]
    numbers = {name: k for k, name in enumerate(dict.fromkeys(one.scene_id for one in items))}
    cluster = np.array([numbers[one.scene_id] for one in items], np.int64)
    columns = {"hit": np.array(hits), "can": np.array(always, np.float64)}
    share = Sums(["families"] * len(items), columns, 1000, seed, cluster).share("hit", "can")
    seen.found = estimates(share)
    return seen


def premise_tables(options: argparse.Namespace) -> None:
    """Print the tables of the suite premise."""
    families, seeds = options.scenes, range(1, options.seeds + 1)
    rates = [(f, rate, s, families, False) for f in PREMISE_FAULTS for rate in RATES for s in seeds]
    told = [(f, rate, s, families, True) for f in PREMISE_FAULTS for rate in (1.0, 0.5)
            for s in seeds]  # fmt: skip
    none = [("", 0.0, 100 + s, families, True) for s in range(5 * options.seeds)]
    with ProcessPoolExecutor(options.workers) as pool:
        singles = list(pool.map(premise, rates, chunksize=4))
        spoken = list(pool.map(premise, [*told, *none]))
    print("### One fault: items by planted fault and attributed reason\n")
    matrix(singles, "alone", [*PREMISE_FAULTS], [one.key for one in PREMISE_REASONS])
    print("\n### One fault: recovered rates in percent\n")
    rates_table(singles, [*PREMISE_FAULTS])
    print(f"\n### What is said, in how many of {options.seeds} runs\n")
    print("| planted | in all | in half |\n|---|---|---|")
    for fault in PREMISE_FAULTS:
        cells = [_said([one for one in spoken if (one.name, one.rate) == (fault, rate)])
                 for rate in (1.0, 0.5)]  # fmt: skip
        print(f"| `{fault}` | {' | '.join(cells)} |")
    nothing = [one for one in spoken if not one.name]
    print(f"\nNothing planted, {len(nothing)} runs: {_said(nothing)}")


def _said(seen: Sequence[Seen]) -> str:
    counts = Counter(claim for one in seen for claim in one.spoken)
    return ", ".join(f"{name} {count}" for name, count in counts.most_common()) or "nothing"


def matrix(
    seen: Sequence[Seen],
    part: str,
    faults: Sequence[str] = tuple(FAULTS),
    keys: Sequence[str] = KEYS,
) -> None:
    """Print planted x attributed; columns that never occur are left out."""
    counts: dict[str, Counter[str]] = {}
    for one in seen:
        rows: Mapping[str, Mapping[str, int]] = getattr(one, part)
        for planted, row in rows.items():
            counts.setdefault(planted, Counter()).update(row)
    order = [*keys, "passed"]
    columns = [key for key in order if any(row[key] for row in counts.values())]
    print("| planted | " + " | ".join(columns) + " |")
    print("|---|" + "---|" * len(columns))
    for planted in [*faults, *keys] if part == "alone" else keys:
        if planted in counts:
            row = counts.pop(planted)
            print(f"| {planted} | " + " | ".join(str(row[key] or "") for key in columns) + " |")


def _covers(estimate: Mapping[str, Any], value: float) -> bool:
    return bool(estimate["low"] <= value <= estimate["high"])


def rates_table(seen: Sequence[Seen], faults: Sequence[str] = tuple(FAULTS)) -> None:
    """Print recovered rates of single faults, and how often their intervals hold the rate."""
    print("| fault | " + " | ".join(f"planted {rate:.0%}" for rate in RATES) + " | covered |")
    print("|---|" + "---|" * (len(RATES) + 1))
    hits = total = weight_hits = weights = 0
    for fault in faults:
        cells, held, runs = [], 0, 0
        for rate in RATES:
            found = [one for one in seen if (one.name, one.rate) == (fault, rate)]
            values = [one.found["value"] for one in found if one.found]
            cells.append(f"{100 * sum(values) / len(values):.1f}")
            held += sum(_covers(one.found, rate) for one in found if one.found)
            runs += len(values)
            weight_hits += sum(_covers(one.weight, rate) for one in found if one.weight)
            weights += sum(one.weight is not None for one in found)
        print(f"| {fault} | " + " | ".join(cells) + f" | {held} of {runs} |")
        hits, total = hits + held, total + runs
    print(f"\nRates in their 95 % interval: {hits} of {total} ({hits / total:.1%}).")
    if weights:
        print(f"Weights of conventions: {weight_hits} of {weights} ({weight_hits / weights:.1%}).")


def mixtures_table(seen: Sequence[Seen]) -> None:
    """Print planted and attributed shares of action items; truth is the mean over all runs."""
    print("| mixture | reason | planted % | attributed % | covered |\n|---|---|---|---|---|")
    hits = total = 0
    for name in MIXTURES:
        runs = [one for one in seen if one.name == name]
        for key in KEYS:
            truth = sum(one.planted.get(key, 0.0) for one in runs) / len(runs)
            if truth < 0.01:
                continue
            found = [one.reasons[key] for one in runs if key in one.reasons]
            mean = sum(one["value"] for one in found) / len(runs)
            held = sum(_covers(one, truth) for one in found)
            print(f"| {name} | {key} | {truth:.1%} | {mean:.1%} | {held} of {len(runs)} |")
            hits, total = hits + held, total + len(runs)
    print(f"\nShares in their 95 % interval: {hits} of {total} ({hits / total:.1%}).")


def main() -> None:
    """Run everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suite", choices=("rose", "premise"), default="rose")
    parser.add_argument(
        "--scenes", type=int, default=60, help="of each of five sources; or families"
    )
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    if options.suite == "premise":
        premise_tables(options)
        return
    seeds = range(1, options.seeds + 1)
    jobs = [(f, rate, seed, options.scenes) for f in FAULTS for rate in RATES for seed in seeds]
    more = [(name, 1000 + seed, options.scenes) for name in MIXTURES for seed in seeds]
    models = range(5 * options.seeds)
    bad = [(kind, 2000 + s, options.scenes) for kind in ("wild", "unsteady") for s in models]
    with ProcessPoolExecutor(options.workers) as pool:
        singles = list(pool.map(single, jobs, chunksize=4))
        mixtures = list(pool.map(mixed, more))
        false = Counter(kind for kind, alarm in pool.map(alarms, bad, chunksize=4) if alarm)
    print("### One fault: items by planted fault and attributed reason\n")
    matrix(singles, "alone")
    print("\n### One fault: recovered rates in percent\n")
    rates_table(singles)
    print("\n### Mixtures, items with exactly one fault\n")
    matrix(mixtures, "alone")
    print("\n### Mixtures, items with several faults: expected reason by attributed reason\n")
    matrix(mixtures, "several")
    print("\n### Mixtures: shares of action items\n")
    mixtures_table(mixtures)
    print("\n### Conventions claimed where none is used\n")
    for kind in ("wild", "unsteady"):
        print(f"- {kind} clicks: {false[kind]} of {len(models)} models")


if __name__ == "__main__":
    main()
