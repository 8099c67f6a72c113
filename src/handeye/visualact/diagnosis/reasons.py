"""Why a clip is worth a look: one reason a clip, and all signs that its answer shows.

The reason is the first sign in the order of :data:`WORDS`, which is also the order of the gallery;
only where no answer could be read, that is the reason, because it explains all the rest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from handeye.pages.signs import PASSED, Sign, Vocabulary
from handeye.visualact.records import Action, Clip
from handeye.visualact.scoring.priority import URGENT
from handeye.visualact.scoring.run_folder import Run

UNREADABLE = "unreadable"
NEAR = 0.10
FAR_LEVELS = 2

WORDS = Vocabulary(
    (
        Sign(
            "missed-urgent",
            "missed an urgent action",
            f"A true action of level {URGENT} or more has no match.",
        ),
        Sign(
            "invented",
            "acted where nothing is called for",
            "The clip calls for nothing, and something was proposed.",
        ),
        Sign(
            "wrong-level",
            "level far off",
            f"A matched action was given a level {FAR_LEVELS} or more away from the true one.",
        ),
        Sign(
            "near-miss",
            "just below the threshold",
            f"A pair was assigned and is less than {NEAR:.2f} below the threshold: perhaps the "
            "same action in other words.",
        ),
        Sign("missed", "missed an action", "A true action below the urgent levels has no match."),
        Sign("extra", "proposed too much", "A proposed action has no match."),
        Sign(
            "wrong-type",
            "wrong type",
            "A matched action was called proactive and is reactive, or the other way round.",
        ),
        Sign(
            UNREADABLE,
            "no readable answer",
            "The model refused, was cut off, said nothing, failed, or wrote what cannot be read.",
        ),
    )
)
_ORDER = WORDS.order


@dataclass(frozen=True, slots=True)
class Found:
    """What is wrong with a run's answer to a clip; ``signs`` are keys, the reason first."""

    clip_id: str
    scenario: str
    signs: tuple[str, ...]
    f1: float
    missed: int

    @property
    def reason(self) -> str:
        """The sign that decides."""
        return self.signs[0]

    @property
    def badness(self) -> tuple[float, int, str]:
        """Worst first: least F1, then most true actions missed; then by id, to be the same."""
        return (self.f1, -self.missed, self.clip_id)


def pairs_by_clip(run: Run) -> dict[str, list[Mapping[str, Any]]]:
    """The assigned pairs of a run's clips; clips without a pair are left out."""
    out: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in run.pairs().iter_rows(named=True):
        out[row["clip_id"]].append(row)
    return out


def find_reasons(
    rows: Sequence[Mapping[str, Any]],
    pairs: Mapping[str, Sequence[Mapping[str, Any]]],
    clips: Mapping[str, Clip],
    threshold: float,
    *,
    passed: bool = False,
) -> list[Found]:
    """Everything that is not as it should be, clip by clip.

    Args:
        rows: score rows of a run.
        pairs: its assigned pairs by clip.
        clips: of the set; where a clip is not at hand, only the actions of pairs are known.
        threshold: least similarity of a match.
        passed: whether clips without fault stand among them, with that as their sign.
    """
    out = []
    for row in rows:
        own = pairs.get(row["clip_id"], ())
        signs = _signs(row, own, clips.get(row["clip_id"]), threshold)
        if passed and not signs:
            signs = {PASSED.key}
        if signs:
            out.append(
                Found(
                    row["clip_id"],
                    row["scenario"],
                    tuple(sorted(signs, key=_decisive)),
                    row["f1"] if row["f1"] is not None else 1.0,
                    row["n_truth"] - row["n_matched"],
                )
            )
    return out


def _decisive(sign: str) -> tuple[bool, int]:
    return sign != UNREADABLE, _ORDER.index(sign)


def _signs(
    row: Mapping[str, Any],
    pairs: Sequence[Mapping[str, Any]],
    clip: Clip | None,
    threshold: float,
) -> set[str]:
    matched = [pair for pair in pairs if pair["matched"]]
    weak = [pair for pair in pairs if not pair["matched"]]
    missed = _missed_levels(row, pairs, clip)
    near = [pair for pair in weak if pair["similarity"] >= threshold - NEAR]
    far = [
        pair
        for pair in matched
        if pair["predicted_apl"] is not None
        and abs(pair["predicted_apl"] - pair["truth_apl"]) >= FAR_LEVELS
    ]
    mistyped = [
        pair
        for pair in matched
        if pair["predicted_proactive"] not in (None, pair["truth_proactive"])
    ]
    holds = {
        UNREADABLE: row["answer_state"] != "answered",
        "invented": row["outcome"] == "unasked",
        "missed-urgent": any(level >= URGENT for level in missed),
        "wrong-level": bool(far),
        "near-miss": bool(near),
        "missed": any(level < URGENT for level in missed),
        "extra": row["n_truth"] > 0 and row["n_predicted"] > row["n_matched"],
        "wrong-type": bool(mistyped),
    }
    return {key for key, held in holds.items() if held}


def _missed_levels(
    row: Mapping[str, Any], pairs: Sequence[Mapping[str, Any]], clip: Clip | None
) -> list[int]:
    """Levels of the true actions without a match, as far as they are known."""
    if clip is not None:
        found = {pair["truth"] for pair in pairs if pair["matched"]}
        return [one.apl for place, one in enumerate(clip.actions) if place not in found]
    levels = [pair["truth_apl"] for pair in pairs if not pair["matched"]]
    if not pairs and row["n_truth"] and row["video_apl"] is not None:
        levels.append(row["video_apl"])
    return levels


def truths(clip: Clip | None, pairs: Sequence[Mapping[str, Any]]) -> dict[int, Action]:
    """True actions by their place; without the set those that were assigned."""
    if clip is not None:
        return dict(enumerate(clip.actions))
    return {
        pair["truth"]: Action(pair["truth_text"], pair["truth_apl"], pair["truth_proactive"])
        for pair in pairs
    }
