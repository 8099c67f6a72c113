"""Probes: the solver against scikit-learn, memory, coverage, alarms (docs/states-probes.md).

    python benchmarks/probes.py race [--widths 256,512,1024]   # ratios on the same core
    python benchmarks/probes.py memory [--gigabytes 1]         # peak above the interpreter's own
    python benchmarks/probes.py coverage FOLDER [--sims 200]   # how often intervals hold the truth
    python benchmarks/probes.py alarms FOLDER [--stores 50]    # planted leaks, clean stores

Of the last two every set is a line of a file as soon as it is done; started again, what is done is
not done again, and ``--workers N`` does N at a time. One thread each (OMP_NUM_THREADS=1). The race
needs scikit-learn (``handeye[test]``): all 100 fits of a layer of 2,000 rows (5 outer and 5 inner
folds, 4 Cs), scikit-learn's in a loop with its own ``StandardScaler``, in CPU seconds of the same
run.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.resumed import Row, resumed  # noqa: E402
from handeye.states.controls import controls  # noqa: E402
from handeye.states.figures import areas  # noqa: E402
from handeye.states.folds import nested_folds  # noqa: E402
from handeye.states.probes import probe  # noqa: E402
from handeye.states.solver import Design  # noqa: E402
from handeye.states.targets import Target  # noqa: E402
from tests.support.leaks import LEAKS, Store, clean, leaking  # noqa: E402

CS = (1e-3, 1e-2, 1e-1, 1.0)


def layer(n: int, d: int, seed: int = 0) -> tuple[Any, Any, Any]:
    """States of very different size along their axes, families alike, a weak truth: x, y, group."""
    rng = np.random.default_rng(seed)
    group = np.arange(n) // 4
    y = (rng.random(n) < 0.5).astype(int)
    axes = rng.standard_normal((d, d)) / np.sqrt(d) * np.logspace(0.5, -1.5, d)[:, None]
    x = rng.standard_normal((n, d)) + 0.5 * np.repeat(rng.standard_normal((n // 4, d)), 4, axis=0)
    x[:, 20:40] += 0.15 * (2 * y - 1)[:, None]
    return (x @ axes + 3 * rng.standard_normal(d)).astype(np.float32), y, group


def race(widths: Sequence[int]) -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    print("| width | ours, s | scikit-learn 1e-4, s | 1e-8, s | ratios | AUROC off | chance off |")
    for d in widths:
        x, y, group = layer(2000, d)
        _, inner = nested_folds([str(name) for name in group], 5, 5, seed=0)
        folds = [(own >= 0) & (own != fold) for own in inner for fold in range(5)]
        weights = np.repeat(np.stack(folds, axis=1), len(CS), axis=1)
        cs = np.tile(CS, len(folds))
        start = time.process_time()
        design = Design(x)
        found = design.fit(np.repeat(y[:, None], len(cs), axis=1), weights, cs)
        z = design.logits(found)
        ours = time.process_time() - start
        loops = []
        for tolerance in (1e-4, 1e-8):
            start = time.process_time()
            for column, c in enumerate(cs):
                own = weights[:, column]
                scale = StandardScaler().fit(x[own])
                model = LogisticRegression(C=c, tol=tolerance, max_iter=10000)
                model.fit(scale.transform(x[own]), y[own]).decision_function(
                    scale.transform(x[~own])
                )
            loops.append(time.process_time() - start)
        # The converged fit: scikit-learn in float64, on some of the folds.
        off_area = off_chance = 0.0
        for column in range(0, len(cs), 13):
            own = weights[:, column]
            scale = StandardScaler().fit(x[own].astype(float))
            model = LogisticRegression(C=cs[column], tol=1e-9, max_iter=50000)
            model.fit(scale.transform(x[own].astype(float)), y[own])
            best = model.decision_function(scale.transform(x[~own].astype(float)))
            pair = np.stack([z[~own, column], best], axis=1)
            one, two = areas(pair, y[~own, None].astype(bool))
            off_area = max(off_area, abs(one - two))
            chance = 1 / (1 + np.exp(-pair))
            off_chance = max(off_chance, np.abs(chance[:, 0] - chance[:, 1]).max())
        ratios = " / ".join(f"{loop / ours:.1f}" for loop in loops)
        print(
            f"| {d} | {ours:.2f} | {loops[0]:.2f} | {loops[1]:.2f} | {ratios} "
            f"| {off_area:.1e} | {off_chance:.1e} |",
            flush=True,
        )


class Mapped:
    """A store of float16 states on the disk, read as they are asked for."""

    def __init__(self, folder: Path, rows: int, width: int, layers: int) -> None:
        self.layers = ("embedding", *(f"block.{k:02d}" for k in range(layers - 2)), "final")
        self.sites = ("last",)
        self.rows = {f"i{row}": row for row in range(rows)}
        self.folder = folder
        rng = np.random.default_rng(0)
        for name in self.layers:
            held = np.lib.format.open_memmap(
                folder / f"{name}.npy", "w+", np.float16, (rows, width)
            )
            for start in range(0, rows, 4096):
                held[start : start + 4096] = rng.standard_normal(held[start : start + 4096].shape)
            held.flush()

    def depth(self, layer: str) -> float:
        return self.layers.index(layer) / (len(self.layers) - 1)

    def states(
        self, layer: str, site: str, ids: Sequence[str], places: Sequence[int] | None = None
    ) -> Any:
        held = np.load(self.folder / f"{layer}.npy", mmap_mode="r")
        return held[[self.rows[name] for name in ids]].astype(np.float32)

    def letters(self, ids: Sequence[str]) -> Any:
        raise NotImplementedError

    def answers(self, ids: Sequence[str]) -> Any:
        raise NotImplementedError


def memory(gigabytes: float, rows: int, width: int) -> None:
    """Layers are read one by one: what is held does not grow with their number."""
    layers = max(3, round(gigabytes * 2**30 / (rows * width * 2)))
    with tempfile.TemporaryDirectory() as folder:
        states = Mapped(Path(folder), rows, width, layers)
        targets = [
            Target(item_id=f"i{row}", target="t", label=(0, 1, 1, 0)[row % 4], group=f"g{row // 4}")
            for row in range(rows)
        ]
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        start = time.process_time()
        probe(states, targets, sites=["last"], cs=(1e-3, 1e-1), folds=3, inner=2, flips=0)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    held = rows * width * 2 * layers / 2**30
    print(
        f"{rows} rows x {width} x {layers} layers = {held:.2f} GiB in float16: "
        f"peak {peak / 2**20:.2f} GiB ({before / 2**20:.2f} before), "
        f"{time.process_time() - start:.0f} s of CPU"
    )


TOLD = ((100, 64, 0.7), (100, 16, 1.0), (40, 64, 1.5), (100, 64, 0.0))
"""Families, width and how much is told, of the sets of the coverage."""


def coverage(folder: Path, sims: int, workers: int) -> None:
    """How often an interval holds the mean over data sets, which is what the pipeline expects."""
    jobs = [
        {"families": families, "width": width, "told": told, "seed": seed}
        for seed in range(sims)
        for families, width, told in TOLD
    ]
    rows = resumed(folder / "coverage.jsonl", jobs, one_probe, workers)
    print(
        "| families, width, told | sets | figure | mean | deviation | covered % (below + above) |"
    )
    for kind in TOLD:
        own = [one for one in rows if (one["families"], one["width"], one["told"]) == kind]
        for key, figure in (("auroc", "AUROC"), ("balanced", "balanced accuracy")):
            value, low, high = np.array([one[key] for one in own], float).T
            middle = value.mean()
            below, above = (high < middle).mean(), (low > middle).mean()
            print(
                f"| {', '.join(map(str, kind))} | {len(own)} | {figure} | {middle:.3f} "
                f"| {value.std():.3f} "
                f"| {100 * (1 - below - above):.1f} ({100 * below:.1f} + {100 * above:.1f}) |"
            )
    spent(rows)


def one_probe(families: int, width: int, told: float, seed: int) -> Row:
    store = Store(families, seed, width=width, told=told)
    one = probe(store.states, store.targets, sites=["last"], flips=0, seed=seed).found[0]
    figures = (("auroc", one.auroc), ("balanced", one.balanced_accuracy))
    return {name: [found.value, found.low, found.high] for name, found in figures}


def alarms(folder: Path, stores: int, workers: int) -> None:
    """Each leak raises its alarm; clean stores, every second one crossed, raise none."""
    jobs = [
        *({"leak": name, "seed": 1} for name in LEAKS),
        *({"leak": "", "seed": seed} for seed in range(stores)),
    ]
    rows = resumed(folder / "alarms.jsonl", jobs, one_store, workers)
    for one in rows[: len(LEAKS)]:
        found = one["leak"] in one["raised"]
        print(f"{one['leak']}: {'raised' if found else 'SILENT'} ({', '.join(one['raised'])})")
    loud = [one["raised"] for one in rows[len(LEAKS) :] if one["raised"]]
    print(f"{stores} clean stores: {len(loud)} with an alarm {loud or ''}")
    spent(rows)


def one_store(leak: str, seed: int) -> Row:
    store = leaking(leak, 100, seed) if leak else clean(100, seed, crossed=seed % 2 == 0)
    found = probe(store.states, store.targets, sites=["last"], flips=50)
    told = controls(store.states, store.targets, found, others=store.others)
    return {"raised": [alarm.name for alarm in told.alarms]}


def spent(rows: Sequence[Row]) -> None:
    print(f"{len(rows):,} sets, {sum(one['seconds'] for one in rows) / 60:.1f} core minutes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("race", "memory", "coverage", "alarms"))
    parser.add_argument("folder", type=Path, nargs="?", help="of what coverage and alarms find")
    parser.add_argument("--widths", default="256,512,1024")
    parser.add_argument("--gigabytes", type=float, default=1.0)
    parser.add_argument("--rows", type=int, default=20000)
    parser.add_argument("--width", type=int, default=1024)
    parser.add_argument("--sims", type=int, default=200)
    parser.add_argument("--stores", type=int, default=50)
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    if given.what == "race":
        race([int(width) for width in given.widths.split(",")])
    elif given.what == "memory":
        memory(given.gigabytes, given.rows, given.width)
    elif given.folder is None:
        parser.error(f"{given.what} needs a folder for the sets that are done")
    elif given.what == "coverage":
        coverage(given.folder, given.sims, given.workers)
    else:
        alarms(given.folder, given.stores, given.workers)


if __name__ == "__main__":
    # Workers import this module; what ``__main__`` alone has would be done by one process.
    from benchmarks.probes import main

    main()
