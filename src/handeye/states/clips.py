"""Whether the media tokens of a clip are the same under its different questions.

They must be where no token looks at what stands behind it and the media come first; only then may a
clip's states be stored once. It is checked, not taken on trust: some clips are run whole under two
of their questions, nothing shared.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, TypeVar

import torch

from handeye.respondents.local.chat import Ask
from handeye.respondents.local.loading import LocalModel
from handeye.respondents.local.prompts import process
from handeye.respondents.local.taps import Places, Tap, is_causal

T = TypeVar("T")
CHECKED_CLIPS = 16
"""Clips of a capture that are checked."""
TOLERANCE = {torch.float32: 1e-5, torch.bfloat16: 1e-2, torch.float16: 1e-2}
"""Largest relative difference of a media token between questions that is called equal."""
# Of clips with thousands of tokens, so many of each.
_TOKENS = 256


def clips_alike(
    tap: Tap, loaded: LocalModel, clips: Iterable[tuple[str, Ask, Ask]]
) -> dict[str, Any]:
    """Compare the media tokens of clips under two questions each, and clips with each other.

    Differences are relative, ``|a - b| / max(|a|, |b|)`` of a token's state, the largest over
    tokens and layers. Neighbours among the clips whose media differ are compared by the mean over
    the media; siblings stand beside each other in a set.

    Args:
        tap: whose layers are compared.
        loaded: its model.
        clips: name of each, and two questions about it.

    Returns:
        ``result``: ``equal``, ``differ`` or ``not applicable``, that with ``why``. Else ``clips``
        (how many), ``largest`` difference, ``at`` (the clip), ``tolerance``, and
        ``between_clips``: ``pairs`` (how many), ``smallest`` difference, ``alike`` (names of those
        within the tolerance).
    """
    if not is_causal(loaded):
        return _not_applicable("media look at the words behind them")
    limit = TOLERANCE.get(loaded.dtype, 1e-2)
    largest, at, shown = 0.0, "", 0
    means: list[tuple[str, tuple[str, ...], torch.Tensor]] = []
    compared = 0
    for name, first, second in clips:
        compared += 1
        if not first.media:
            continue
        before, one = _media_tokens(tap, loaded, first)
        also, other = _media_tokens(tap, loaded, second)
        if before != also:
            return _not_applicable("the question stands before the media")
        shown += 1
        apart = _apart(one, other)
        if apart > largest:
            largest, at = apart, name
        means.append((name, first.media, one.mean(1)))
    if not shown:
        why = "nothing is shown beside the words" if compared else "no clip has two questions"
        return _not_applicable(why)
    between = [
        (_apart(one, other), [name, beside])
        for (name, media, one), (beside, others, other) in pairwise(means)
        if media != others
    ]
    return {
        "result": "equal" if largest <= limit else "differ",
        "clips": shown,
        "largest": largest,
        "at": at,
        "tolerance": limit,
        "between_clips": {
            "pairs": len(between),
            "smallest": min(between)[0] if between else None,
            "alike": [names for apart, names in between if apart <= limit],
        },
    }


def _not_applicable(why: str) -> dict[str, Any]:
    return {"result": "not applicable", "why": why}


@torch.inference_mode()
def _media_tokens(tap: Tap, loaded: LocalModel, ask: Ask) -> tuple[list[int], torch.Tensor]:
    """Ids up to the end of the media, and states of media tokens (layers, tokens, width)."""
    encoded = process(loaded, [ask])
    ids: list[int] = encoded["input_ids"][0].tolist()
    pieces = loaded.picture_ids | loaded.sound_ids
    media = [at for at, one in enumerate(ids) if one in pieces]
    places = Places()
    for at in spread(media, _TOKENS):
        places.mean(0, [at])
    with tap.reading(places) as states:
        loaded.run(1, **encoded, use_cache=False)
    return ids[: media[-1] + 1], torch.stack(list(states.values()))


def _apart(one: torch.Tensor, other: torch.Tensor) -> float:
    """Largest relative difference of states (..., width)."""
    size = torch.maximum(one.norm(dim=-1), other.norm(dim=-1)).clamp_min(1e-30)
    return float(((one - other).norm(dim=-1) / size).max())


def spread(things: Sequence[T], most: int) -> list[T]:
    """Up to so many things, in twos that stand beside each other, evenly over all."""
    if len(things) <= most:
        return list(things)
    step = (len(things) - 2) / max(1, most // 2 - 1)
    starts = {round(number * step) for number in range(most // 2)}
    return [things[at] for at in sorted({at for start in starts for at in (start, start + 1)})]
