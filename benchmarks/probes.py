"""Probes: the solver against scikit-learn, memory, coverage, alarms (docs/states-probes.md).

    python benchmarks/probes.py race [--widths 256,512,1024]   # ratios on the same core
    python benchmarks/probes.py memory [--gigabytes 1]         # peak above the interpreter's own
    python benchmarks/probes.py coverage [--sims 200]          # how often intervals hold the truth
    python benchmarks/probes.py alarms [--stores 50]           # ten leaks, clean stores

One thread (OMP_NUM_THREADS=1). The race needs scikit-learn (``handeye[test]``): all 100 fits of a
layer of 2,000 rows (5 outer and 5 inner folds, 4 Cs), scikit-learn's in a loop with its own
``StandardScaler``, in CPU seconds of the same run.
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


def coverage(sims: int) -> None:
    """How often an interval holds the mean over data sets, which is what the pipeline expects."""
    print("| families, width, told | figure | mean | deviation | covered % (below + above) |")
    for families, width, told in ((100, 64, 0.7), (100, 16, 1.0), (40, 64, 1.5), (100, 64, 0.0)):
        out = []
        for seed in range(sims):
            store = Store(families, seed, width=width, told=told)
            one = probe(store.states, store.targets, sites=["last"], flips=0, seed=seed).found[0]
            out.append([(e.value, e.low, e.high) for e in (one.auroc, one.balanced_accuracy)])
        for place, figure in enumerate(("AUROC", "balanced accuracy")):
            value, low, high = np.array(out, float)[:, place].T
            middle = value.mean()
            below, above = (high < middle).mean(), (low > middle).mean()
            print(
                f"| {families}, {width}, {told} | {figure} | {middle:.3f} | {value.std():.3f} "
                f"| {100 * (1 - below - above):.1f} ({100 * below:.1f} + {100 * above:.1f}) |",
                flush=True,
            )


def alarms(stores: int) -> None:
    """Ten leaks raise ten alarms; clean stores, every second one crossed, raise none."""

    def raised(store: Store) -> list[str]:
        found = probe(store.states, store.targets, sites=["last"], flips=50)
        told = controls(store.states, store.targets, found, others=store.others)
        return [alarm.name for alarm in told.alarms]

    for name in LEAKS:
        print(f"{name}: {', '.join(raised(leaking(name, 100, seed=1))) or 'SILENT'}", flush=True)
    loud = []
    for seed in range(stores):
        if names := raised(clean(100, seed, crossed=seed % 2 == 0)):
            loud.append(names)
        if seed % 10 == 9 or seed == stores - 1:
            print(f"{seed + 1} clean stores: {len(loud)} with an alarm {loud or ''}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("race", "memory", "coverage", "alarms"))
    parser.add_argument("--widths", default="256,512,1024")
    parser.add_argument("--gigabytes", type=float, default=1.0)
    parser.add_argument("--rows", type=int, default=20000)
    parser.add_argument("--width", type=int, default=1024)
    parser.add_argument("--sims", type=int, default=200)
    parser.add_argument("--stores", type=int, default=50)
    given = parser.parse_args()
    if given.what == "race":
        race([int(width) for width in given.widths.split(",")])
    elif given.what == "memory":
        memory(given.gigabytes, given.rows, given.width)
    elif given.what == "coverage":
        coverage(given.sims)
    else:
        alarms(given.stores)


if __name__ == "__main__":
    main()
