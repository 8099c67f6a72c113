"""A simulated respondent for clips: the true actions with named faults planted at given rates.

Plain Python, a pure function of (seed, clip, question, rates): every fault is drawn from a stream
of its own, so that raising one rate changes nothing about the others and neither order nor
concurrency matters. A fault that cannot show on a clip is not planted there.

Where levels are asked for in a second question (the two-pass protocol), the first answer takes the
faults of transport and of content, and the second those of labels and of form.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from handeye.respondents.fault_rates import Faults, parse_rates
from handeye.sets.draw import Draw
from handeye.visualact.records import Clip
from handeye.visualact.respondents.changes import (
    CHANGES,
    FORMS,
    LABEL_CHANGES,
    Change,
    Drafts,
    right,
)
from handeye.visualact.respondents.questions import Asked, labelled, written

MODEL = "handeye/simulated"
REFUSAL = "I'm sorry, but I can't help with this video."
API_ERROR = "simulated: the server answered 500 to every attempt"
ONE_PASS = Asked("actions")


class Simulated(NamedTuple):
    """One simulated answer.

    ``raw_text`` is None when no answer came (``state`` ``error``, the reason in ``error``).
    ``state`` is answered, empty, refused, truncated, unreadable or error. ``stop_reason`` is the
    engine's word for how it ended. ``planted`` names the faults that were really put in, in the
    order of :data:`FAULTS`.
    """

    raw_text: str | None
    state: str
    stop_reason: str | None
    error: str | None
    planted: tuple[str, ...]


def simulate(clip: Clip, faults: Faults, seed: int, asked: Asked = ONE_PASS) -> Simulated:
    """Answer one question about ``clip`` with the faults that fire for it.

    Args:
        clip: with its true actions.
        faults: rate (0..1) by name, see :data:`FAULTS`.
        seed: seed of all draws; the same (seed, clip id, question) gives the same answer.
        asked: the question.

    Raises:
        OptionError: an unknown fault or a rate outside 0..1.
    """
    fired = _fired(clip, parse_rates(faults, FAULTS), seed)
    second = asked.form == "labels"
    if "api_error" in fired and not second:
        return Simulated(None, "error", None, API_ERROR, ("api_error",))
    if "refuse" in fired and not second:
        return Simulated(REFUSAL, "refused", "content_filter", None, ("refuse",))
    drafts, planted = _content(clip, fired, seed)
    if second:
        drafts, planted = tuple(a for a in labelled(asked, drafts) if a), []
    if asked.form != "list":
        drafts = _changed(clip, drafts, LABEL_CHANGES, fired, seed, planted)
    text, state = written(asked, drafts), "answered"
    if asked.form != "list":
        for name in (name for name in FORMS if name in fired):
            formed = FORMS[name](asked, drafts, _effect(name, clip, seed))
            if formed is not None:
                text, state = formed, "unreadable" if name == "broken" else state
                planted.append(name)
                break
    if second:
        return Simulated(text, state, "stop", None, tuple(planted))
    return _sent(text, state, fired, planted, _effect("truncate", clip, seed))


def _sent(
    text: str, state: str, fired: frozenset[str], planted: list[str], draw: Draw
) -> Simulated:
    """The answer as it arrives: whole, cut off, or nothing of it."""
    if "empty" in fired:
        return Simulated("", "empty", "stop", None, ("empty",))
    if "truncate" in fired:
        text = text[: draw.integer(1, max(1, len(text) - 3))]
        return Simulated(text, "truncated", "max_tokens", None, (*planted, "truncate"))
    return Simulated(text, state, "stop", None, tuple(planted))


def _content(clip: Clip, fired: frozenset[str], seed: int) -> tuple[Drafts, list[str]]:
    """What is said, with the faults of content that were put in."""
    planted: list[str] = []
    drafts = _changed(clip, right(clip), CHANGES, fired, seed, planted)
    return drafts, planted


def _changed(
    clip: Clip,
    drafts: Drafts,
    changes: dict[str, Change],
    fired: frozenset[str],
    seed: int,
    planted: list[str],
) -> Drafts:
    """The drafts after those of ``changes`` that fire; their names are added to ``planted``."""
    for name, change in changes.items():
        if name not in fired:
            continue
        changed = change(clip, drafts, _effect(name, clip, seed))
        if changed is not None and changed != drafts:
            drafts = changed
            planted.append(name)
        if "idle" in planted:
            break
    return drafts


def _fired(clip: Clip, rates: Faults, seed: int) -> frozenset[str]:
    return frozenset(
        name
        for name, rate in rates.items()
        if Draw(seed, "clip fault", name, clip.clip_id).unit() < rate
    )


def _effect(name: str, clip: Clip, seed: int) -> Draw:
    return Draw(seed, "clip fault effect", name, clip.clip_id)


def simulate_predictions(
    clips: Iterable[Clip], faults: Faults, seed: int
) -> Iterator[dict[str, Any]]:
    """Rows of a prediction file for ``clips``: clip_id, model, raw_text, error, state, planted.

    Raises:
        OptionError: as :func:`simulate`.
    """
    rates = parse_rates(faults, FAULTS)
    for clip in clips:
        answer = simulate(clip, rates, seed)
        yield {
            "clip_id": clip.clip_id,
            "model": MODEL,
            "raw_text": answer.raw_text,
            "error": answer.error,
            "state": answer.state,
            "planted": list(answer.planted),
        }


FAULTS: dict[str, str] = {
    "api_error": "no answer arrives at all (nothing else is planted then)",
    "refuse": "declines to answer (nothing else is planted then)",
    "idle": "says that nothing ought to be done (nothing else of content is planted then)",
    "miss": "leaves one action out",
    "vague": "says one action too vaguely to be matched",
    "reword": "says the other actions in another right wording, where the set has one",
    "invent": "adds one action that belongs to another scenario",
    "overact": "proposes actions on a clip that calls for none",
    "level": "states a level off by 1 to 4 for one action",
    "flip": "states the other type for one action",
    "unlevelled": "states no levels",
    "untyped": "states no types",
    "broken": "words from which no actions can be read",
    "prose": "the JSON stands between sentences",
    "bullets": "a list with levels and types in brackets instead of JSON",
    "fence": "the JSON stands in a fenced block",
    "empty": "the answer is empty (nothing else is planted then)",
    "truncate": "the answer is cut off before its end",
}
"""Name and meaning of every fault, in the order in which they are applied."""
