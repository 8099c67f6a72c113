"""Score rows -> every table of a run, each figure with an interval (docs/contexts-scoring.md).

What the figures are, :mod:`handeye.contexts.scoring.figures` says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from handeye.contexts.scoring.figures import Figures
from handeye.contexts.scoring.score import STATES, ScoreRow
from handeye.errors import DataError, OptionError
from handeye.printing import noun
from handeye.scores.estimate import Estimate
from handeye.scores.summary import Interval, Summary as AnySummary
from handeye.stats.intervals import LEVEL, estimates

FORMAT = 1
SUITE = "contexts"
RESAMPLES = 2000
Estimates = dict[str, Estimate]
UNCHECKED = "the gap is unchecked: nothing was asked without its picture or its context"
"""What is said of a run without controls."""


class Basis(msgspec.Struct):
    """What is right over one choice of items.

    ``headline`` has ``sees`` and ``does`` (right answers to what is to be seen, and to be done),
    ``given`` (actions of scenes in which all was seen), ``gap`` (sees less does, of scenes asked
    both), ``consistent`` (scenes right under every context), ``context_blind`` and
    ``picture_blind`` (pairs that call for different actions and got the same), ``harmful`` (of
    actions where harm is declared), ``cannot`` (declined, or said not to be possible where it is)
    and ``form`` (of the texts that came, those in the form that was asked for), as far as they were
    asked.
    """

    meaning: str
    n: int
    headline: Estimates


class Summary(AnySummary, kw_only=True):
    """summary.json of a run; docs/contexts-scoring.md says what each table means.

    ``questions`` and ``contexts`` are by id, ``forms`` by form of answer, ``groups`` by group of
    scenes. ``lenient`` are right answers where other forms are read, too. ``references`` are what
    whoever knows one half is right about at best.
    """

    format: int
    suite: str
    model: str | None
    n_items: int
    n_expected: int
    n_scenes: int
    partial: bool
    note: str
    states: dict[str, int]
    interval: Interval
    bases: dict[str, Basis]
    questions: dict[str, Estimates]
    contexts: dict[str, Estimates]
    forms: dict[str, Estimates]
    groups: dict[str, Estimates]
    lenient: Estimates
    references: dict[str, Estimates]


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
        bootstrap: resamples of scenes; 0 gives shares without intervals.

    Raises:
        DataError: no rows, or rows of several models.
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
    figures = Figures(rows, seed, bootstrap)
    scenes = len(figures.scenes.names)
    notes = []
    if len(rows) < asked:
        notes.append(f"partial run: {len(rows)} of {asked} {noun(asked, 'items')}")
    if not any(row.control for row in rows):
        notes.append(UNCHECKED)
    whole = {
        "format": FORMAT,
        "suite": SUITE,
        "model": next(iter(models), None),
        "n_items": len(rows),
        "n_expected": asked,
        "n_scenes": scenes,
        "partial": len(rows) < asked,
        "note": "; ".join(notes),
        "states": {
            **dict.fromkeys(STATES, 0),
            **Counter(row.answer_state for row in rows),
            "missing": asked - len(rows),
        },
        "interval": {
            "level": LEVEL,
            "resamples": bootstrap,
            "seed": seed,
            "words": interval_words(scenes, seed, bootstrap),
        },
    }
    return msgspec.convert(whole | estimates(figures.tree()), Summary)


def interval_words(n: int, seed: int, resamples: int) -> str:
    """How intervals were made, in a sentence.

    Args:
        n: scenes.
        seed: of the draws.
        resamples: their number.
    """
    if not resamples:
        return "no intervals were computed"
    return (
        f"95 % intervals: bootstrap over {n} {noun(n, 'scenes')}, B = {resamples}, seed {seed} "
        "(Wilson score at the resampled variance for shares, percentiles for differences)"
    )
