"""The table of verdicts and the reasons given for them: R+R, R+W, W+R, W+W.

The first letter is the verdict (TRUE or FALSE), the second its explanation. The four are those of
the released code of Senses Wide Shut (arXiv 2605.13737; its variant A5). Who decides about
explanations is said beside every table: the exact reader
(:func:`handeye.premise.scoring.reading.read_explanation`), or a judge
(:mod:`handeye.premise.judge`). They are never mixed.

True and false premises weigh alike. The words of a prompt are the same where it holds and where it
does not, so whoever goes by the words alone has at most 50 % R+R, and never both siblings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from handeye.premise.items import VISION_FALSE
from handeye.premise.scoring.reading import explains
from handeye.premise.scoring.score import ScoreRow, families_of
from handeye.premise.scoring.siblings import Siblings
from handeye.stats.intervals import Samples, mean
from handeye.stats.sums import Sums

SENSES = {"vision": "vision", "audio": "audio", "both": "two"}
"""Rows of the table, by what a question is about: ``two`` names two details."""
FOUR = ("r_r", "r_w", "w_r", "w_w")


class Decided(NamedTuple):
    """What was decided about an explanation: whether it is right, and names what is there."""

    right: bool
    named: bool = False
    unread: bool = False


def by_exact_reader(rows: Sequence[ScoreRow]) -> dict[str, Decided]:
    """What the exact reader decides, by item id; what it cannot read is not right."""
    return {
        row.item_id: Decided(
            explains(row.explained, row.gold < VISION_FALSE),
            row.explained == "names",
            row.explained in ("nothing", "unread"),
        )
        for row in rows
        if row.explained is not None and row.gold is not None
    }


def explained(
    rows: Sequence[ScoreRow], decided: Mapping[str, Decided], seed: int, resamples: int
) -> dict[str, dict[str, dict[str, Samples]]]:
    """The table, of samples over families.

    Args:
        rows: of a run, in the order of the set.
        decided: by item id; rows that are not there are in no figure.
        seed: of the bootstrap.
        resamples: of families.

    Returns:
        By sense and premise (``true``, ``false``, and their mean ``premises``): :data:`FOUR`;
        ``named``, the explanations of false premises alone that name what is there; ``siblings``,
        pairs both of whose verdicts and explanations are right; ``unread``, the explanations that
        hold no claim that the reader knows. Empty where nothing was decided.
    """
    known = [row for row in rows if row.gold is not None and row.item_id in decided]
    if not known:
        return {}
    families = families_of(rows)
    found = [decided[row.item_id] for row in known]
    false = np.array([(row.gold or 0) >= VISION_FALSE for row in known])
    sense = np.array([row.modality for row in known])
    verdict = np.array([row.told == 1 for row in known])
    right = np.array([one.right for one in found])
    outcomes = {
        "r_r": verdict & right,
        "r_w": verdict & ~right,
        "w_r": ~verdict & right,
        "w_w": ~verdict & ~right,
        "named": np.array([one.named for one in found]),
        "unread": np.array([one.unread for one in found]),
    }
    columns: dict[str, Any] = {}
    for modality in SENSES:
        for premise, of in (("true", ~false), ("false", false)):
            inside = (sense == modality) & of
            columns[f"{modality}.{premise}.n"] = inside
            for name, outcome in outcomes.items():
                columns[f"{modality}.{premise}.{name}"] = inside & outcome
    pairs = Siblings(known).siblings
    for modality in ("vision", "audio"):
        own = [pair for pair in pairs if sense[pair.first] == modality]
        first = np.array([pair.first for pair in own], np.int64)
        both = [float(outcomes["r_r"][pair.first] & outcomes["r_r"][pair.second]) for pair in own]
        columns[f"{modality}.pairs.n"] = np.bincount(first, minlength=len(known))
        columns[f"{modality}.pairs.r_r"] = np.bincount(first, both, len(known))
    cluster = np.array([families[row.scene_id] for row in known], np.int64)
    as_floats = {name: np.asarray(of, np.float64) for name, of in columns.items()}
    sums = Sums(["families"] * len(known), as_floats, resamples, seed, cluster)

    def share(where: str, name: str) -> Samples:
        return sums.share(f"{where}.{name}", f"{where}.n")

    out = {name: _of(modality, share) for modality, name in SENSES.items()}
    for modality in ("vision", "audio"):
        if sums.count(f"{modality}.pairs.n") and "premises" in out[modality]:
            out[modality]["premises"]["siblings"] = share(f"{modality}.pairs", "r_r")
    return {name: of for name, of in out.items() if of}


def _of(modality: str, share: Callable[[str, str], Samples]) -> dict[str, dict[str, Samples]]:
    """The lines of one sense: true premises, false ones, and both alike where both were asked."""
    out: dict[str, dict[str, Samples]] = {}
    for premise in ("true", "false"):
        where = f"{modality}.{premise}"
        names = (*FOUR, *(["named"] if premise == "false" else []), "unread")
        if (line := {name: share(where, name) for name in names})["r_r"].n:
            out[premise] = line
    if len(out) == 2:
        shared = [name for name in out["true"] if name in out["false"]]
        out["premises"] = {
            name: mean([line[name] for line in (out["true"], out["false"])], shared=True)
            for name in shared
        } | {"named": out["false"]["named"]}
    return out
