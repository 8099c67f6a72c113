"""Score rows -> every table of a run, each figure with an interval (docs/stress-scoring.md).

What the figures are, :mod:`handeye.stress.scoring.figures` and
:mod:`handeye.stress.scoring.weighing` say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import ClassVar

import msgspec

from handeye.errors import DataError, OptionError
from handeye.printing import noun
from handeye.scores.estimate import Estimate, figures_of
from handeye.scores.join import alone
from handeye.scores.summary import Interval, Summary as AnySummary
from handeye.shown import Words
from handeye.stats.intervals import LEVEL, estimates
from handeye.stress.foreign.layouts import TITLES
from handeye.stress.items import Item
from handeye.stress.respondents.references import MOST_READ, READERS
from handeye.stress.scoring.curves import Curve, curves
from handeye.stress.scoring.figures import HEADLINE, Figures
from handeye.stress.scoring.predictions import Prediction
from handeye.stress.scoring.published import Published, published
from handeye.stress.scoring.score import STATES, ScoreRow, score_rows
from handeye.stress.scoring.weighing import Exchange, Kind, exchange_by_family, weigh

FORMAT = 1
SUITE = "stress"
RESAMPLES = 2000
Estimates = dict[str, Estimate]


class Basis(msgspec.Struct):
    """What is right over one choice of items.

    ``headline`` has ``pst`` (pairs of the same words under a cue, both right), ``pairs`` (likewise
    without a cue), ``uncued``, ``true`` and ``misleading`` (accuracy by what the cue is), ``gap``
    (without a cue less misleading, of the same pictures), ``follow`` (misleading cues whose value
    is said) and ``outside`` (readable answers under a cue that are neither value), as far as they
    were asked.
    """

    meaning: str
    n: int
    headline: Estimates


class Summary(AnySummary, kw_only=True):
    """summary.json of a run; docs/stress-scoring.md says what each table means.

    ``weights`` and ``kinds`` are by kind of cue, ``exchange`` and ``curves`` by family;
    ``families`` and ``levels`` are the shares of each. ``staged`` are shares of what was told
    rightly without a cue, by item, by whole groups, and by kind. ``groups`` are groups of which all
    items are right, and of which those without a cue are. ``said`` is what is said in each cell;
    ``other`` is about presuppositions beside the question; ``yes`` about questions answered yes or
    no; ``seen`` about what was stated to be seen before. ``references`` are the headline of
    respondents that only read, who were asked ``n_references`` items (of large sets not all);
    ``published`` what a published set is reported by
    (:mod:`handeye.stress.scoring.published`); empty where the items were not at hand.
    """

    scenes_are: ClassVar[str] = "groups"

    format: int
    suite: str
    model: str | None
    n_items: int
    n_expected: int
    n_scenes: int
    partial: bool
    note: str
    states: dict[str, int]
    form: str
    ablation: str
    interval: Interval
    bases: dict[str, Basis]
    weights: dict[str, Kind]
    exchange: dict[str, Exchange]
    curves: dict[str, Curve]
    kinds: dict[str, Estimates]
    families: dict[str, Estimates]
    levels: dict[str, Estimates]
    groups: Estimates
    staged: dict[str, Estimates]
    said: dict[str, Estimates]
    other: Estimates
    yes: Estimates
    seen: dict[str, Estimates]
    lenient: Estimates
    references: dict[str, Estimates]
    n_references: int = 0
    published: Published | None = None

    def _words(self) -> Words:
        title, figures, note = super()._words()
        if self.published is None:
            return Words(title, figures, note)
        found = {
            f"{name} ({reading.replace('_', ' ')})": text
            for reading, parts in self.published.figures.items()
            for name, text in figures_of(parts["all"]).items()
        }
        return Words(f"{title} of {TITLES[self.published.set]}", {**found, **figures}, note)


def summarize(
    rows: Sequence[ScoreRow],
    *,
    n_expected: int | None = None,
    seed: int = 0,
    bootstrap: int = RESAMPLES,
    items: Sequence[Item] = (),
    weights: bool = True,
) -> Summary:
    """Make every table.

    Args:
        rows: of one model, in the order of the set.
        n_expected: items that were asked; more than there are rows makes the run partial.
        seed: of the bootstrap.
        bootstrap: resamples of groups; 0 gives shares without intervals.
        items: of the rows, in their order, where readers of their words and the figures of a
            published set are to stand beside them.
        weights: also fit weights and curves, which take most of the time.

    Raises:
        DataError: no rows, or rows of several models, forms or ablations.
        OptionError: a negative number of resamples.
    """
    if bootstrap < 0:
        raise OptionError(f"bootstrap must be at least 0, got {bootstrap}")
    if not rows:
        raise DataError("there are no score rows to summarise")
    models = {row.model for row in rows if row.model}
    if len(models) > 1:
        raise DataError(f"score rows of {len(models)} models; summarise each model alone")
    model = next(iter(models), None)
    asked = max(len(rows), n_expected or 0)
    figures = Figures(rows, seed, bootstrap)
    groups = len(figures.groups.names)
    readable = some_groups(items, MOST_READ)
    ablation = alone((row.ablation for row in rows), "ablation")
    notes = []
    if len(rows) < asked:
        notes.append(f"partial run: {len(rows)} of {asked} {noun(asked, 'items')}")
    if ablation:
        notes.append(_ABLATED[ablation])
    whole = {
        "format": FORMAT,
        "suite": SUITE,
        "model": model,
        "n_items": len(rows),
        "n_expected": asked,
        "n_scenes": groups,
        "partial": len(rows) < asked,
        "note": "; ".join(notes),
        "states": {
            **dict.fromkeys(STATES, 0),
            **Counter(row.answer_state for row in rows),
            "missing": asked - len(rows),
        },
        "form": alone((row.form for row in rows), "form"),
        "ablation": ablation,
        "interval": {
            "level": LEVEL,
            "resamples": bootstrap,
            "seed": seed,
            "words": interval_words(groups, seed, bootstrap),
        },
        "weights": weigh(rows) if weights else {},
        "exchange": exchange_by_family(rows) if weights else {},
        "curves": curves(rows, model) if weights else {},
        "references": references(readable, seed, bootstrap) if readable else {},
        "n_references": len(readable),
    }
    tree = figures.tree() | (
        {"published": found} if (found := published(items, rows, seed, bootstrap)) else {}
    )
    return msgspec.convert(
        {name: _plain(value) for name, value in whole.items()} | estimates(tree), Summary
    )


_ABLATED = {
    "grey": "a grey picture was shown in place of each: what is right is right without looking",
    "swap": "the picture of another group was shown in place of each: what is right is right "
    "without having seen the own one",
}


def _plain(value: object) -> object:
    return msgspec.to_builtins(value)


def interval_words(n: int, seed: int, resamples: int) -> str:
    """How intervals were made, in a sentence.

    Args:
        n: groups.
        seed: of the draws.
        resamples: their number.
    """
    if not resamples:
        return "no intervals of shares were computed"
    return (
        f"95 % intervals: bootstrap over {n} {noun(n, 'groups')}, B = {resamples}, seed {seed} "
        "(Wilson score at the resampled variance for shares, percentiles for differences); of "
        "weights by the profile of the likelihood"
    )


# ---- who only reads


def some_groups(items: Sequence[Item], most: int) -> list[Item]:
    """All items, or of many those of groups that are spread evenly over the set.

    Readers that learn from words take memory for every word of every question.

    Args:
        items: in the order of the set.
        most: items that are given.
    """
    if len(items) <= most:
        return list(items)
    sizes = Counter(item.scene_id for item in items)
    kept, held, share = set(), 0, most / len(items)
    for place, (name, size) in enumerate(sizes.items()):
        if int((place + 1) * share) > int(place * share) and held + size <= most:
            kept.add(name)
            held += size
    return [item for item in items if item.scene_id in kept]


def references(items: Sequence[Item], seed: int, resamples: int) -> dict[str, dict[str, object]]:
    """The headline of readers of words (:data:`handeye.stress.respondents.references.READERS`).

    Args:
        items: of a run.
        seed: of the bootstrap.
        resamples: of groups.
    """
    out = {}
    for reader in READERS:
        said = reader.answer(items)
        answers = [Prediction(item.item_id, said.get(item.item_id) or "") for item in items]
        rows = score_rows(zip(items, answers, strict=True))
        figures = Figures(rows, seed, resamples, whole=False)
        out[reader.name] = estimates(figures.part("all", HEADLINE))
    return out
