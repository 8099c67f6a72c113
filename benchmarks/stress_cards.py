"""The instrument cards of the suite ``stress``: what each figure finds where the truth is known.

    python benchmarks/stress_cards.py FOLDER                                  # 9 sets of each kind
    python benchmarks/stress_cards.py FOLDER --runs 40 --write docs/stress-cards.md

Sets are questions without pictures; a simulated respondent with planted weights answers them in
words (or letters), and its answers go the way of every prediction: reader, score rows, figures.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.instrument_cards import Instrument, Page, Row, main, row
from handeye.stress.diagnosis.diagnose import diagnose_rows
from handeye.stress.diagnosis.verdict import claims
from handeye.stress.items import Item
from handeye.stress.respondents.simulated import (
    Plants,
    read_plants,
    simulate_predictions,
)
from handeye.stress.scenes.generation import group_of
from handeye.stress.scenes.plan import plan_groups, plan_set
from handeye.stress.scoring.curves import curves
from handeye.stress.scoring.looks import Answered, looks
from handeye.stress.scoring.predictions import Form, of_row
from handeye.stress.scoring.score import ScoreRow, score_rows
from handeye.stress.scoring.summary import summarize
from handeye.stress.scoring.weighing import Exchange, Weight, weigh

RESAMPLES = 500
SPREAD, LAPSES = 1.0, 0.05


@lru_cache(maxsize=8)
def asked(groups: int, seed: int, families: str | None = None, cues: str = "hint") -> list[Item]:
    """The questions of a set; its pictures are not drawn."""
    options = plan_set(seed, groups, families, cues)
    return [item for order in plan_groups(options) for item in group_of(options, order).items()]


def answered(
    items: Sequence[Item], plants: Plants, seed: int, form: Form = "free"
) -> list[tuple[ScoreRow, str]]:
    """Score rows with the texts that they are of."""
    said = [
        of_row(one, "simulated")
        for one in simulate_predictions(items, plants, seed, form=form, letters=form == "letters")
    ]
    rows = score_rows(zip(items, said, strict=True))
    return [(one, answer.raw_text or "") for one, answer in zip(rows, said, strict=True)]


def planted(visual: Any, cue: Any, **more: Any) -> Plants:
    """Weights, of groups that differ and with lapses."""
    return read_plants(visual=visual, cue=cue, **{"spread": SPREAD, "lapses": LAPSES, **more})


def of_weight(found: Weight | Exchange, truth: float | None, claimed: bool | None = None) -> Row:
    """A line of a weight; its open ends are None."""
    told = {"value": found.value, "low": found.low, "high": found.high}
    return row(told, claimed, truth)


def weighed(name: str, visual: Any, cue: float, n: int, seed: int, form: Form = "free") -> Row:
    """One weight of hints; what is claimed is that it is above 0."""
    rows = [one for one, _ in answered(asked(n, seed), planted(visual, cue), seed, form)]
    found = weigh(rows)["hint"]
    assert (found.source == "letters") == (form == "letters")
    truths = {"visual": visual, "cue": cue}
    truth = truths[name] if isinstance(truths[name], int | float) else None
    return of_weight(getattr(found, name), truth)


def led(visual: float, cue: float, n: int, seed: int) -> Row:
    """Visual less cue; what is claimed is that one of the two surely weighs more."""
    rows = [one for one, _ in answered(asked(n, seed), planted(visual, cue), seed)]
    found = weigh(rows)["hint"].lead
    sure = [end is not None and sign * end > 0 for sign, end in ((1, found.low), (-1, found.high))]
    return of_weight(found, visual - cue, any(sure))


def exchanged(visual: str, cue: float, truth: float | None, n: int, seed: int) -> Row:
    """The level at which both weigh the same; what is claimed is that there is one."""
    rows = [one for one, _ in answered(asked(n, seed), planted(visual, cue), seed)]
    found = weigh(rows)["hint"].exchange
    assert found is not None
    return of_weight(found, truth, found.value is not None)


def threshold(visual: str, n: int, seed: int) -> Row:
    """Where half the pairs of one family are told; what is claimed is that there is such a size."""
    items = asked(n, seed, "attribute", "none")
    rows = [one for one, _ in answered(items, planted(visual, 0, lapses=0.0), seed)]
    (curve,) = curves(rows, None).values()
    found = curve.threshold
    return row({"value": found.value, "low": found.low, "high": found.high},
               found.value is not None)  # fmt: skip


def looked(blind: float, n: int, seed: int) -> Row:
    """Share of strings that go with the picture, and whether it is said that nobody looked."""
    items = asked(n, seed)
    pairs = answered(items, read_plants(f"blind={blind}"), seed)
    told = [Answered(item, one, text) for item, (one, text) in zip(items, pairs, strict=True)]
    found = looks(told, seed=seed, bootstrap=0).groups[""]
    return row(found.ahead, found.said == "blind")


def said(faults: str, kinds: Sequence[str], n: int, seed: int) -> Row:
    """Of what was seen, how often a misleading cue is followed; what the sentence claims."""
    rows = [one for one, _ in answered(asked(n, seed), read_plants(faults or None), seed)]
    summary = summarize(rows, seed=seed, bootstrap=RESAMPLES)
    told = claims(diagnose_rows(summary, rows, seed=seed, resamples=RESAMPLES).data)
    return row(summary.staged["items"]["follow"], any(one.kind in kinds for one in told))


_OF_CUES = ("follows", "label", "contradicts", "outweighs")
_WORLD = f"groups that differ by sd {SPREAD:g}, {LAPSES:.0%} lapses"
CARDS = {
    "visual": Instrument(
        "Visual weight",
        "log odds that the answer changes by with the picture, from answers, under hints",
        f"visual 3, cue 1, {_WORLD}",
        "visual 0, cue 1; a set speaks if the interval is above 0",
        lambda n, seed: weighed("visual", 3.0, 1.0, n, seed),
        lambda n, seed: weighed("visual", 0.0, 1.0, n, seed),
        "that weights differ from level to level. A respondent with 6 at levels 1 and 2 and 0 from "
        "3 on has one weight of",
        lambda n, seed: weighed("visual", "6/6/0", 1.0, n, seed),
    ),
    "cue": Instrument(
        "Cue weight",
        "log odds that the answer changes by with the hint, from answers",
        f"visual 3, cue 1, {_WORLD}",
        "visual 3, cue 0; a set speaks if the interval is above 0",
        lambda n, seed: weighed("cue", 3.0, 1.0, n, seed),
        lambda n, seed: weighed("cue", 3.0, 0.0, n, seed),
        "what a cue would do to who never errs: of visual 40 and cue 1 the figure, mostly said not "
        "to be told, is",
        lambda n, seed: weighed("cue", 40.0, 1.0, n, seed),
    ),
    "letters": Instrument(
        "Cue weight from letters",
        "the same from log-probabilities of letters (their noise has sd 0.5)",
        f"visual 3, cue 1, {_WORLD}",
        "visual 3, cue 0; a set speaks if the interval is above 0",
        lambda n, seed: weighed("cue", 3.0, 1.0, n, seed, "letters"),
        lambda n, seed: weighed("cue", 3.0, 0.0, n, seed, "letters"),
        "an answer that does not go with its letters; lapses of the answer are in none of them.",
    ),
    "lead": Instrument(
        "Lead",
        "visual weight less that of the hint, in log odds",
        f"visual 1.5, cue 3, {_WORLD}",
        "both 2; a set speaks if either surely weighs more",
        lambda n, seed: led(1.5, 3.0, n, seed),
        lambda n, seed: led(2.0, 2.0, n, seed),
        "why: who is polite to a cue, and who believes it, lead by as much.",
    ),
    "exchange": Instrument(
        "Exchange rate",
        "the level at which picture and hint weigh the same",
        f"visual 5, 4, 3, 2, 1 from level to level, cue 3 (equal at level 3), {_WORLD}",
        "visual 5 at all levels, cue 1: nowhere; a set speaks if a level is named",
        lambda n, seed: exchanged("5/4/3/2/1", 3.0, 3.0, n, seed),
        lambda n, seed: exchanged("5", 1.0, None, n, seed),
        "a visual weight that is no straight line over levels. One that falls from 6 to 0 between "
        "levels 2 and 3, beside a cue of 3 (they cross there), is told to be equal at",
        lambda n, seed: exchanged("6/6/0", 3.0, None, n, seed),
        chance=float("nan"),
    ),
    "threshold": Instrument(
        "Threshold",
        "pixels at which half the pairs of the family `attribute` are told",
        "visual 10, 7, 4, 1, 0 from level to level (64 to 6 px), groups that differ by sd 1",
        "visual 3 at all levels: no size is a threshold; a set speaks if one is told",
        lambda n, seed: threshold("10/7/4/1/0", n, seed),
        lambda n, seed: threshold("3", n, seed),
        "sizes between those that were asked, and whether it is the size or what comes with it.",
        chance=float("nan"),
    ),
    "looks": Instrument(
        "Whether it looks",
        "strings whose two answers go with the two pictures, less those that go against, in points",
        "answers by the words alone; a set speaks if it is called blind",
        "a respondent that is blind to six questions in ten; a set speaks if it is called blind",
        lambda n, seed: looked(1.0, n, seed),
        lambda n, seed: looked(0.6, n, seed),
        "who looks at fewer than about one string in six: it may be called blind. Of who looks at "
        "one question in ten, strings are ahead by",
        lambda n, seed: looked(0.9, n, seed),
    ),
    "sentence": Instrument(
        "The sentence about cues",
        "points of what was seen in which a misleading hint is followed",
        "30 of 100 cues are followed, whatever is seen; a set speaks if the sentence says so",
        "15 of 100 answers are the other value, by lot; a set speaks if the sentence says anything "
        "of cues",
        lambda n, seed: said("follow=0.3", ("follows",), n, seed),
        lambda n, seed: said("wrong=0.15", _OF_CUES, n, seed),
        "cues that are followed in less than one item in twenty: nothing is said of them. Of two "
        "in a hundred the share is",
        lambda n, seed: said("follow=0.02", _OF_CUES, n, seed),
    ),
}  # fmt: skip
PAGE = Page(
    "Instrument cards of the stress test",
    "the suite `stress`",
    "benchmarks/stress_cards.py",
    "docs/stress-cards.md",
    {
        key: replace(card, things="groups", unit=100 if key in ("looks", "sentence") else 1)
        for key, card in CARDS.items()
    },
)

if __name__ == "__main__":
    main(PAGE)
