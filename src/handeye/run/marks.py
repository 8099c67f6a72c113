"""What is said of thoughts and special tokens in answers: how many, and the score without.

They are the server's set-up as a rule, not the model: its reasoning parser or stop tokens are off.
The strict score stays; ``--strip-thoughts`` scores without them. Knows summaries by their headline.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from handeye.printing import tell
from handeye.run.thoughts import parts_of


def found_marks(texts: Iterable[str]) -> Counter[str]:
    """Thoughts and special tokens in answers: by mark, in how many; under ``""`` in how many any.

    Empty where no answer holds one.
    """
    found: Counter[str] = Counter()
    for text in texts:
        marks = parts_of(text).marks
        found.update((*marks, "") if marks else ())
    return found


def marks_told(
    marks: Counter[str], answers: int, without: Mapping[str, Any] | None
) -> dict[str, Any]:
    """What run.json says of them; nothing where there are none.

    Args:
        marks: as they were found.
        answers: how many there are.
        without: the summary of the answers without them, if it was made.
    """
    if not marks:
        return {}
    kinds = {mark: number for mark, number in marks.most_common() if mark}
    told: dict[str, Any] = {"answers": marks[""], "of": answers, "kinds": kinds}
    if without is not None:
        told["headline_without"] = without["bases"]["all"]["headline"]
    return {"marks": told}


def say_marks(
    marks: Counter[str],
    answers: int,
    now: Mapping[str, Any],
    without: Mapping[str, Any] | None,
    *,
    stripped: bool,
) -> None:
    """Say on stderr how many answers hold marks, and what the score is without; nothing for none.

    Args:
        marks: as they were found.
        answers: how many there are.
        now: the summary as it was scored.
        without: the summary of the answers without the marks, if it was made.
        stripped: the marks were taken off before scoring.
    """
    if not marks:
        return
    kinds = ", ".join([mark for mark in marks if mark][:5])
    said = f"note: {marks['']} of {answers} answers hold thoughts or special tokens ({kinds})"
    if stripped:
        said += "; they were taken off before scoring"
    elif without is not None:
        old, new = (one["bases"]["all"]["headline"] for one in (now, without))
        changed = [name for name in old if old[name] != new[name]]
        if changed:
            figures = ", ".join(
                f"{name} {_percent(old[name])} -> {_percent(new[name])}" for name in changed
            )
            said += (
                ": the server's set-up, not the model; its reasoning parser or stop tokens are "
                f"off. Without them: {figures}. Mend the server, or add --strip-thoughts to score "
                "the answers so"
            )
        else:
            said += "; the scores are the same without them"
    tell(said)


def _percent(estimate: Mapping[str, Any]) -> str:
    value = estimate["value"]
    return "-" if value is None else f"{100 * value:.1f}"
