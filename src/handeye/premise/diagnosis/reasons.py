"""Why an item failed: one reason, and what else its answer shows.

The order of :data:`REASONS` is their precedence: the first that holds is the item's reason. Signs
(:data:`TAGS`) never decide; they say what stands beside a wrong answer.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from handeye.pages.signs import Sign, Vocabulary
from handeye.premise.items import VISION_FALSE
from handeye.premise.scoring.score import ScoreRow, contents_of
from handeye.premise.scoring.siblings import Siblings

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
    # What it does with the premise.
    Sign(
        "wrong_sense",
        "rejects for the wrong sense",
        "The premise is false, and the answer says so of the other sense.",
    ),
    Sign(
        "accepts_false",
        "accepts a false premise",
        "The clip contradicts the premise, and the answer takes it for true.",
    ),
    Sign(
        "rejects_true",
        "rejects a true premise",
        "The premise holds of the clip, and the answer says that it does not.",
    ),
    Sign(
        "wrong_content",
        "wrong content",
        "The premise holds and is accepted; what is asked is answered wrongly.",
    ),
)
"""Every reason, in order of precedence."""
TAGS: tuple[Sign, ...] = (
    Sign(
        "signal_knew",
        "S told it",
        "The answer takes the premise wrongly, and S takes it rightly, by a threshold that was "
        "chosen on other families. Of senses that S surely tells.",
    ),
    Sign(
        "second",
        "the right rejection was second",
        "Of the six options the one that rejects for the right sense was the second likeliest. Of "
        "senses that S surely tells.",
    ),
    Sign(
        "as_sibling",
        "the same answer to the sibling",
        "The same words about a clip of which the opposite is true got the same answer.",
    ),
    Sign(
        "as_twin",
        "the same answer to the twin question",
        "The twin question about the same clip, whose premise is true where this one's is false or "
        "false where it is true, got the same answer.",
    ),
    Sign(
        "with_other_sense",
        "right about the clip that differs in the other sense",
        "The same words about a clip that differs in the other sense alone were answered rightly. "
        "Only where more answers of the run differ so than errors by lot would.",
    ),
    Sign(
        "right_content",
        "answers what is asked",
        "The false premise is accepted, and what is asked is answered rightly.",
    ),
    Sign(
        "wrong_content_too",
        "answers that wrongly, too",
        "The false premise is accepted, and what is asked is answered wrongly as well.",
    ),
)
"""Signs that are never a reason of their own."""
OF_RUNS = ("signal_knew", "second", "with_other_sense")
"""Signs that errors by lot show in single items, too: they hang on what the whole run shows."""
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


def find_reasons(
    rows: Sequence[ScoreRow], *, carried: Collection[tuple[str, str]] = ()
) -> list[Found]:
    """One reason for every item that failed; items without a gold are left out.

    Args:
        rows: of a run, all of them: siblings are looked up.
        carried: signs that the figures of the whole run bear out, each with the sense that
            questions are about (:func:`handeye.premise.diagnosis.verdict.carried`). Of those that
            one item cannot show (:data:`OF_RUNS`) no others are given.
    """
    pairs, contents = Siblings(rows), contents_of(rows)
    siblings, crossed = (_partners(found) for found in (pairs.siblings, pairs.crossed))
    out = []
    for place, row in enumerate(rows):
        if row.gold is None:
            continue
        reason = None if row.right else reason_of(row)
        tags: list[str] = []
        if reason in ("wrong_sense", "accepts_false", "rejects_true", "wrong_content"):
            tags = [
                tag
                for tag in _tags(
                    row,
                    [rows[k] for k in siblings.get(place, ())],
                    [rows[k] for k in crossed.get(place, ())],
                    contents.get(row.prompt),
                )
                if tag not in OF_RUNS or (tag, row.modality) in carried
            ]
        out.append(Found(row, reason, tuple(tags)))
    return out


def reason_of(row: ScoreRow) -> str:
    """Why the answer of a row with a gold is not right."""
    if row.answer_state in _UNANSWERED:
        return _UNANSWERED[row.answer_state]
    if not row.is_read:
        if row.answer_state == "truncated":
            return "truncated"
        if row.lenient_right:
            return "format_only"
        return "unreadable" if row.lenient_decision == "unreadable" else "format_and_wrong"
    if (row.gold or 0) >= VISION_FALSE:
        return "wrong_sense" if row.rejects else "accepts_false"
    return "rejects_true" if row.rejects else "wrong_content"


def _tags(
    row: ScoreRow, siblings: Sequence[ScoreRow], crossed: Sequence[ScoreRow], content: int | None
) -> list[str]:
    same = (row.decision, row.role)
    of_false = row.decision == "accepts" and (row.gold or 0) >= VISION_FALSE
    known = of_false and content is not None and row.role is not None
    holds = {
        "signal_knew": row.perceived == 1 and not row.told,
        "second": (row.gold or 0) >= VISION_FALSE and row.rank == 2,
        "as_sibling": any(
            (one.decision, one.role) == same for one in siblings if one.clip_id != row.clip_id
        ),
        "as_twin": any(
            (one.decision, one.role) == same for one in siblings if one.clip_id == row.clip_id
        ),
        "with_other_sense": any(one.right for one in crossed),
        "right_content": known and row.role == content,
        "wrong_content_too": known and row.role != content,
    }
    return [key for key, held in holds.items() if held]


def _partners(pairs: Sequence[tuple[int, int]]) -> dict[int, list[int]]:
    out: dict[int, list[int]] = {}
    for one, other in pairs:
        out.setdefault(one, []).append(other)
        out.setdefault(other, []).append(one)
    return out
