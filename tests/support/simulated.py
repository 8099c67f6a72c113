"""Scenes whose true rates are known: correlated items within a scene, several runs, several strata.

An item passes where a normal draw lies below the quantile of its rate. The draw is made of parts
shared by the scene, by the item (all runs see the same picture and question), and of chance, so
that the rate of every group is exactly what was asked for, whatever the correlation.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

SIZES = (80, 60, 60, 60, 40)  # scenes by stratum: 300, as unequal as the release's subsets


class Scenes:
    """Strata of scenes with the same number of items; ``groups`` is the group of each item."""

    def __init__(self, sizes=SIZES, groups=(0, 0, 1, 1, 1)):
        scenes, self.per_scene = sum(sizes), len(groups)
        self.n = scenes * self.per_scene
        self.cluster = np.repeat(np.arange(scenes), self.per_scene)
        self.stratum = np.repeat(np.repeat(np.arange(len(sizes)), sizes), self.per_scene)
        self.group = np.tile(groups, scenes)

    def draw(self, rng, rates, scene=0.3, item=0.0, runs=1):
        """Outcomes (n, runs).

        Args:
            rng: source of chance.
            rates: true rates, (n,) or anything that broadcasts to (n, runs).
            scene: share of the variance that the items of a scene share.
            item: share of the variance that the runs share beyond that.
            runs: how many columns.
        """
        shared = np.sqrt(scene) * rng.standard_normal(self.n // self.per_scene)[self.cluster]
        shared = shared + np.sqrt(item) * rng.standard_normal(self.n)
        own = np.sqrt(1 - scene - item) * rng.standard_normal((self.n, runs))
        return (shared[:, None] + own < norm.ppf(rates)).astype(float)


def tolerance(nominal, trials, sigmas=3.5):
    """Half width within which a share of ``trials`` lies but for one time in 2,000."""
    return sigmas * np.sqrt(nominal * (1 - nominal) / trials)
