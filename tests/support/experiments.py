"""How often the intervals of handeye.stats hold the truth, and its tests cry wolf.

Each experiment draws many data sets whose truth is known, and returns what it counted. Tests run
them small, ``benchmarks/coverage.py`` large.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from handeye.stats.curves import logistic
from handeye.stats.intervals import difference, estimates
from handeye.stats.logistic import fit_curves
from handeye.stats.mcnemar import mcnemar
from handeye.stats.multiplicity import holm
from handeye.stats.paired_bootstrap import p_value, paired_rates
from handeye.stats.shares import clustered_shares
from handeye.study.human_row import Outcome, human_row
from tests.support.simulated import SIZES, Scenes


class Count(NamedTuple):
    """``hits`` of ``trials``; ``below`` and ``above`` count intervals that lie off the truth."""

    hits: int
    trials: int
    below: int = 0
    above: int = 0

    @property
    def share(self):
        return self.hits / self.trials


def count(intervals, truth):
    """Coverage of intervals (dicts or pairs); one without ends does not count as a trial."""
    ends = [(e["low"], e["high"]) if isinstance(e, dict) else e for e in intervals]
    ends = np.array([pair for pair in ends if None not in pair], dtype=float)
    below, above = int((ends[:, 1] < truth).sum()), int((ends[:, 0] > truth).sum())
    return Count(len(ends) - below - above, len(ends), below, above)


def macro_rate(rng, sims, rate, sizes=SIZES, per_scene=1, resamples=1000):
    """The macro average of a rate: interval of ``estimates``."""
    scenes = Scenes(sizes, (0,) * per_scene)
    outcomes = np.concatenate([scenes.draw(rng, rate) for _ in range(sims)], axis=1)
    found = rates_of(scenes, outcomes, resamples)
    return count([estimates(found.rates(k)["all"]) for k in range(sims)], rate)


def rates_of(scenes, outcomes, resamples):
    """All columns of ``outcomes`` under the same resamples."""
    groups = {"all": np.ones(scenes.n, bool)}
    groups |= {str(g): scenes.group == g for g in np.unique(scenes.group)}
    return paired_rates(outcomes, scenes.cluster, scenes.stratum, groups, resamples=resamples)


def pooled_share(rng, sims, rate, scenes=40, per_scene=3):
    """One share of clustered items: Wilson's interval with a design effect."""
    made = Scenes((scenes,), (0,) * per_scene)
    outcomes = np.concatenate([made.draw(rng, rate) for _ in range(sims)], axis=1)
    group, cluster = np.repeat(np.arange(sims), made.n), np.tile(made.cluster, sims)
    found = clustered_shares(outcomes.T.ravel(), cluster, group, sims)
    return count(list(zip(found.low, found.high, strict=True)), rate)


def gap(rates):
    """Counting minus action of one run."""
    return difference(rates["0"], rates["1"])


def paired_difference(rng, sims, first, second, contrast, sizes=SIZES, resamples=1000):
    """Two runs on the same items; ``first`` and ``second`` are rates of (counting, action).

    Returns:
        Coverage, and how often the p-value is at most .05.
    """
    scenes = Scenes(sizes)
    rates = np.stack([np.array(first)[scenes.group], np.array(second)[scenes.group]], axis=1)
    drawn = [scenes.draw(rng, rates, 0.2, 0.3, 2) for _ in range(sims)]
    found = rates_of(scenes, np.concatenate(drawn, axis=1), resamples)
    samples = [found.difference(contrast, 2 * k, 2 * k + 1) for k in range(sims)]
    if contrast is gap:
        truth = (first[0] - first[1]) - (second[0] - second[1])
    else:
        truth = float(np.mean(rates[:, 0] - rates[:, 1]))
    small = sum((p_value(one) or 1) <= 0.05 for one in samples)
    return count([estimates(one) for one in samples], truth), Count(small, sims)


def mcnemar_null(rng, sims, rate, scenes=200):
    """Type-I errors of the exact test at .05, and coverage of its difference of 0."""
    made = Scenes((scenes,), (0,))
    found = [mcnemar(*made.draw(rng, rate, 0.5, 0.0, 2).T) for _ in range(sims)]
    errors = sum(one.p_value <= 0.05 for one in found)
    return Count(errors, sims), count([(one.low, one.high) for one in found], 0.0)


def holm_null(rng, sims, rate, tests=7, scenes=200):
    """Families of true null hypotheses in which Holm finds any difference at .05."""
    made = Scenes((scenes,), tuple(range(tests)))
    wrong = 0
    for _ in range(sims):
        outcomes = made.draw(rng, rate, 0.3, 0.2, 2)
        family = {t: mcnemar(*outcomes[made.group == t].T).p_value for t in range(tests)}
        wrong += min(holm(family).values()) <= 0.05
    return Count(wrong, sims)


def thresholds(rng, sims, at=(0.6, 0.0), slope=-2.0, sizes=SIZES, spread=1.0, scene=0.5):
    """Two curves over the same scenes: coverage of the thresholds and of their distance.

    The odds of an item are ``slope * (x - at - easier)``, ``easier`` being its stratum's and adding
    up to 0, so that ``at`` is the mean threshold. Items of a scene share ``scene`` of their chance.
    """
    made = Scenes(sizes)
    easier = spread * np.linspace(-1, 1, len(sizes))[made.stratum] if len(sizes) > 1 else 0.0
    ends = np.array(at)[made.group]
    first, apart = [], []
    for _ in range(sims):
        x = rng.normal(0, 1, made.n // made.per_scene)[made.cluster] + easier
        passed = made.draw(rng, logistic(slope * (x - ends - easier))[:, None], scene)[:, 0]
        found = fit_curves(x, passed, made.cluster, made.group, made.stratum)
        first.append(found.threshold(0))
        apart.append(found.distance(0, 1))
    told = sum(one.value is not None for one in apart)
    return (
        count([(one.low, one.high) for one in first], at[0]),
        count([(one.low, one.high) for one in apart], at[0] - at[1]),
        Count(told, sims),
    )


def human_rows(rng, sims, people, families, skills, items=2, resamples=400):
    """People of beta-distributed skill, asked the same items: the row of the study.

    Items of a family are as much easier or harder for everybody. The truth is the mean of all
    people; of one person, whose interval is over items alone, it is that person's own.

    Returns:
        Coverage, and the mean width.
    """
    found, truths = [], []
    for seed in range(sims):
        skill = rng.beta(*skills, people)[:, None]
        # Within 0 and 1, and the skill on average over families.
        chance = skill + 0.5 * skill * (1 - skill) * rng.uniform(-1, 1, families)
        passed = rng.random((items, people, families)) < chance
        outcomes = [
            Outcome(int(p), f"family {f}", "all", "x", bool(passed[i, p, f]))
            for i, p, f in np.ndindex(passed.shape)
        ]
        row = human_row(outcomes, ["x"], ["all"], seed=seed, resamples=resamples)
        found.append(estimates(row.columns)["x"])
        truths.append(skills[0] / sum(skills) if people > 1 else float(skill[0, 0]))
    width = float(np.mean([one["high"] - one["low"] for one in found]))
    return count(found, np.array(truths)), width
