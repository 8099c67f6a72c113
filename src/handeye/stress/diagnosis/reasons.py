"""Why an item failed: one reason, and what else its answer shows.

The order of :data:`REASONS` is their precedence: the first that holds is the item's reason. Whether
it was seen is told by the same question without a cue, of a picture of which the same is true.
Signs (:data:`TAGS`) never decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from handeye.pages.signs import Sign, Vocabulary
from handeye.stress.items import DRAWN
from handeye.stress.scoring.score import Groups, ScoreRow

REASONS: tuple[Sign, ...] = (
    # No answer to look at.
    Sign("no_answer", "no answer", "No text came, after all attempts."),
    Sign("refused", "refused", "The model or its provider declined to answer."),
    Sign("truncated", "cut off", "The answer ended at the token limit before it was complete."),
    # An answer, but not as it was asked for.
    Sign(
        "format_only",
        "right but for its form",
        "The strict reading refuses the answer, though a lenient one is right.",
    ),
    Sign("unreadable", "unreadable", "Nothing definite can be read from it, even leniently."),
    Sign(
        "format_and_wrong",
        "wrong form and wrong",
        "The strict reading refuses the answer, and a lenient one is wrong.",
    ),
    # What it does with what it is shown.
    Sign(
        "no_such_missed",
        "took for there what is not",
        "The question presumes a thing that is not in the picture, and the answer goes along.",
    ),
    Sign(
        "no_such_false",
        "denied what is there",
        "The thing is in the picture, and the answer says that there is no such thing.",
    ),
    Sign(
        "unseen",
        "did not see",
        "The same question without a cue was answered wrongly, too, or it is that question.",
    ),
    Sign(
        "followed_label",
        "saw, but took the label",
        "Without a cue it was right; it says what the label or the companion in the picture says.",
    ),
    Sign(
        "followed",
        "saw, but followed the cue",
        "Without a cue it was right; it says the value that the words speak for.",
    ),
    Sign(
        "contradicted",
        "saw, and contradicted the cue",
        "Without a cue it was right; the cue is true, and it says the other value.",
    ),
    Sign("other", "other", "Another wrong answer."),
)
"""Every reason, in order of precedence."""
TAGS: tuple[Sign, ...] = (
    Sign("cue_said", "says what the cue says", "The value that the cue speaks for, wrongly."),
    Sign("outside", "neither value", "Something else than the two values of the group."),
    Sign(
        "as_pair",
        "the same answer to the other picture",
        "The same words about the picture of which the opposite is true got the same answer.",
    ),
    Sign("stated", "had stated it rightly", "What it stated to see before answering was right."),
)
"""Signs that are never a reason of their own."""
WORDS = Vocabulary((*REASONS, *TAGS))
_UNANSWERED = {"error": "no_answer", "empty": "no_answer", "refused": "refused"}


@dataclass(frozen=True, slots=True)
class Found:
    """What is known of one item: passed, or why not, and the signs beside that."""

    row: ScoreRow
    reason: str | None = None
    tags: tuple[str, ...] = field(default=())

    @property
    def passed(self) -> bool:
        """Whether the answer is right."""
        return self.reason is None


def find_reasons(rows: Sequence[ScoreRow]) -> list[Found]:
    """One reason for every item that failed.

    Args:
        rows: of a run, all of them: questions without a cue are looked up.
    """
    groups = Groups(rows)
    partner = {one: other for two in groups.pairs for one, other in (two, two[::-1])}
    out = []
    for place, row in enumerate(rows):
        if row.right:
            out.append(Found(row))
            continue
        plain = groups.plain[place]
        reason = reason_of(row, None if plain is None else rows[plain])
        other = partner.get(place)
        holds = {
            "cue_said": bool(row.followed),
            "outside": row.is_read and row.says not in ("a", "b") and row.cell != "other",
            "as_pair": row.is_read and other is not None and rows[other].said == row.said,
            "stated": row.seen == row.right_says,
        }
        out.append(Found(row, reason, tuple(key for key, held in holds.items() if held)))
    return out


def reason_of(row: ScoreRow, plain: ScoreRow | None) -> str:
    """Why the answer of a row is not right.

    Args:
        row: that failed.
        plain: the same question without a cue, where it was asked.
    """
    if row.answer_state in _UNANSWERED:
        return _UNANSWERED[row.answer_state]
    if not row.is_read:
        if row.answer_state == "truncated":
            return "truncated"
        if row.lenient_right:
            return "format_only"
        return "unreadable" if row.lenient_says == "none" else "format_and_wrong"
    if row.right_says == "no_such":
        return "no_such_missed"
    if row.says == "no_such":
        return "no_such_false"
    if row.cell == "uncued" or (plain is not None and not plain.right):
        return "unseen"
    if row.cell == "misleading" and row.followed and plain is not None:
        return "followed_label" if row.cue in DRAWN else "followed"
    if row.cell == "true" and row.says in ("a", "b") and plain is not None:
        return "contradicted"
    return "other"
