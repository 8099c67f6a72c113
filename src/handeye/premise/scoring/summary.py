"""Score rows -> every table of a run, each figure with an interval (docs/premise-scoring.md).

What the figures are, :mod:`handeye.premise.scoring.figures` says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import ClassVar

import msgspec

from handeye.errors import DataError, OptionError
from handeye.premise.items import LETTERS
from handeye.premise.scoring.explanations import by_exact_reader, explained
from handeye.premise.scoring.figures import Figures
from handeye.premise.scoring.score import STATES, ScoreRow, priors_of
from handeye.printing import noun
from handeye.scores.estimate import Estimate
from handeye.scores.join import alone
from handeye.scores.summary import Interval, Summary as AnySummary
from handeye.stats.intervals import LEVEL, estimates

FORMAT = 1
SUITE = "premise"
RESAMPLES = 2000
Estimates = dict[str, Estimate]


class Basis(msgspec.Struct):
    """What is right over one choice of items.

    ``headline`` has ``action``, ``std``, ``mis`` and ``bal`` as far as there are true and false
    premises, and ``perception`` and ``gap`` where S is known. ``cells`` are the accuracies of the
    2x2 with ``std``, ``mis``, ``bal``. ``premises`` says by sense, and for their ``mean``, what is
    done with true and with false premises.
    """

    meaning: str
    n: int
    headline: Estimates
    cells: Estimates
    premises: dict[str, Estimates]


class Signals(msgspec.Struct):
    """What S tells, of one kind of S (:data:`handeye.premise.scoring.score.SIGNALS`).

    ``n`` of ``asked`` items have it; of ``censored`` ones only a bound is known. ``by_sense`` has
    the senses and their ``mean``.
    """

    n: int
    asked: int
    censored: int
    by_sense: dict[str, Estimates]


class Kind(msgspec.Struct):
    """What is done with premises about one kind of detail, in all and by level (in ``unit``)."""

    unit: str
    figures: Estimates
    levels: dict[str, Estimates]


class Summary(AnySummary, kw_only=True):
    """summary.json of a run; docs/premise-scoring.md says what each table means.

    ``signal`` names the S that perception is made of, empty without any. ``permuted`` is whether
    letters stand for several roles, ``families`` whether prompts are asked about several clips.
    ``prior`` is what letters have for their positions, by letter, in natural log units; None where
    it could not be told, and is in S still. ``decisions`` are by cell, ``pairs`` by sense,
    ``kinds`` by sense and kind; ``two`` is about questions that name two details, ``without_gold``
    about what has no right answer of the media as they were changed. ``explained`` are verdicts by
    their explanations, as the exact reader has them, by sense and premise
    (:func:`handeye.premise.scoring.explanations.explained`); empty where none were asked for.
    """

    scenes_are: ClassVar[str] = "families"

    format: int
    suite: str
    model: str | None
    n_items: int
    n_expected: int
    n_scenes: int
    n_clips: int
    partial: bool
    note: str
    states: dict[str, int]
    variant: str
    ablation: str
    signal: str
    permuted: bool
    families: bool
    prior: dict[str, float] | None
    interval: Interval
    bases: dict[str, Basis]
    decisions: dict[str, Estimates]
    signals: dict[str, Signals]
    pairs: dict[str, Estimates]
    two: Estimates
    kinds: dict[str, dict[str, Kind]]
    categories: dict[str, Estimates]
    letters: dict[str, Estimates]
    lenient: Estimates
    without_gold: dict[str, Estimates]
    explained: dict[str, dict[str, Estimates]] = msgspec.field(default_factory=dict)

    @property
    def drawn(self) -> str:
        """What is drawn again: families of clips, or videos where each stands alone."""
        return drawn_of(self.families)


def summarize(
    rows: Sequence[ScoreRow],
    *,
    n_expected: int | None = None,
    seed: int = 0,
    bootstrap: int = RESAMPLES,
) -> Summary:
    """Make every table.

    Args:
        rows: of one model, in the order of the set.
        n_expected: items that were asked; more than there are rows makes the run partial.
        seed: of the bootstrap.
        bootstrap: resamples of families; 0 gives figures without intervals.

    Raises:
        DataError: no rows, or rows of several models, variants or ablations.
        OptionError: a negative number of resamples.
    """
    if bootstrap < 0:
        raise OptionError(f"bootstrap must be at least 0, got {bootstrap}")
    if not rows:
        raise DataError("there are no score rows to summarise")
    models = {row.model for row in rows if row.model}
    if len(models) > 1:
        raise DataError(f"score rows of {len(models)} models; summarise each model alone")
    asked = max(len(rows), n_expected or 0)
    prior = priors_of(rows, each=False)
    figures = Figures(rows, seed, bootstrap)
    drawn = drawn_of(figures.pairs.families)
    notes = [f"partial run: {len(rows)} of {asked} {noun(asked, 'items')}"]
    notes = [*(notes if len(rows) < asked else []), *figures.notes(prior is not None)]
    whole = {
        "format": FORMAT,
        "suite": SUITE,
        "model": next(iter(models), None),
        "n_items": len(rows),
        "n_expected": asked,
        "n_scenes": figures.n_families,
        "n_clips": len({row.clip_id for row in rows}),
        "partial": len(rows) < asked,
        "note": "; ".join(notes),
        "states": {
            **dict.fromkeys(STATES, 0),
            **Counter(row.answer_state for row in rows),
            "missing": asked - len(rows),
        },
        "variant": alone((row.variant for row in rows), "variant"),
        "ablation": alone((row.ablation for row in rows), "ablation"),
        "signal": figures.source,
        "permuted": figures.permuted,
        "families": figures.pairs.families,
        "prior": prior and dict(zip(LETTERS, prior.whole, strict=True)),
        "interval": {
            "level": LEVEL,
            "resamples": bootstrap,
            "seed": seed,
            "words": interval_words(figures.n_families, drawn, seed, bootstrap),
        },
    }
    tree = figures.tree()
    tree["explained"] = explained(rows, by_exact_reader(rows), seed, bootstrap)
    return msgspec.convert(whole | estimates(tree), Summary)


def drawn_of(families: bool) -> str:
    """``families``, or ``videos`` where no prompt is asked about two clips."""
    return "families" if families else "videos"


def interval_words(n: int, drawn: str, seed: int, resamples: int) -> str:
    """How intervals were made, in a sentence.

    Args:
        n: scenes.
        drawn: what they are, of :func:`drawn_of`.
        seed: of the draws.
        resamples: their number.
    """
    if not resamples:
        return "no intervals were computed"
    return (
        f"95 % intervals: bootstrap over {n} {noun(n, drawn)}, B = {resamples}, seed {seed} "
        "(Wilson score at the resampled variance for shares, percentiles for differences)"
    )
