"""What each simulated fault does to an answer about a clip.

Pure functions of (clip, drafts, draws). A change returns None where the fault cannot show.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from handeye.sets.draw import Draw
from handeye.visualact.records import LARGEST_LEVEL, Clip, PredictedAction
from handeye.visualact.respondents.prior import TEMPLATES
from handeye.visualact.respondents.questions import Asked, kind_of, written

Drafts = tuple[PredictedAction, ...]
"""The actions of an answer on its way."""
Change = Callable[[Clip, Drafts, Draw], Drafts | None]
Form = Callable[[Asked, Drafts, Draw], str | None]

# Wordings far from any action of the catalogue, so that what is planted never matches.
VAGUE = (
    "React in a suitable way",
    "Proceed in the usual manner",
    "Take care of it",
    "Handle things as usual",
)
INVENTED: dict[str, tuple[PredictedAction, ...]] = {
    "navigation": (
        PredictedAction("Refuel at the next petrol station", 1, True),
        PredictedAction("Choose the exit towards the city centre", 2, True),
    ),
    "home": (
        PredictedAction("Feed the goldfish", 1, False),
        PredictedAction("Water the roses on the balcony", 1, True),
    ),
    "safety": (
        PredictedAction("Replace the empty battery of the camera", 2, True),
        PredictedAction("Archive the recordings of last week", 0, False),
    ),
    "hmi": (
        PredictedAction("Calibrate the sensors of the gripper", 2, True),
        PredictedAction("Translate the menu into Spanish", 1, False),
    ),
}
"""Actions of each scenario that no clip calls for."""
UNREADABLE = (
    "I watched the whole video with care and thought about each of its moments.",
    "The video shows several things, and some of them could matter to someone.",
    '{"actions": "see above", "confidence": 0.5}',
)


def right(clip: Clip) -> Drafts:
    """The right answer."""
    return tuple(PredictedAction(a.text, a.apl, a.proactive) for a in clip.actions)


def _idle(clip: Clip, drafts: Drafts, draw: Draw) -> Drafts | None:
    """See nothing to do."""
    return ()


def _overact(clip: Clip, drafts: Drafts, draw: Draw) -> Drafts | None:
    """See something to do where nothing is."""
    if clip.actions:
        return None
    guesses = TEMPLATES[clip.scenario]
    return tuple(guesses[i] for i in draw.sample(len(guesses), draw.integer(1, 2)))


def _miss(clip: Clip, drafts: Drafts, draw: Draw) -> Drafts | None:
    """Leave one out."""
    return _without(drafts, draw.below(len(drafts))) if drafts else None


def _invent(clip: Clip, drafts: Drafts, draw: Draw) -> Drafts:
    """Add what belongs to another scenario."""
    elsewhere = draw.pick([name for name in INVENTED if name != clip.scenario])
    place = draw.integer(0, len(drafts))
    return (*drafts[:place], draw.pick(INVENTED[elsewhere]), *drafts[place:])


def _reword(clip: Clip, drafts: Drafts, draw: Draw) -> Drafts | None:
    """Say everything in other words that are as right."""
    others = {action.text: action.phrasings for action in clip.actions if action.phrasings}
    return tuple(
        msgspec.structs.replace(draft, text=draw.pick(others[draft.text]))
        if draft.text in others
        else draft
        for draft in drafts
    )


def _vague(clip: Clip, drafts: Drafts, draw: Draw) -> Drafts | None:
    """Say one thing so that nobody knows what is meant."""
    if not drafts:
        return None
    return _with(drafts, draw.below(len(drafts)), text=draw.pick(VAGUE))


def _level(clip: Clip, drafts: Drafts, draw: Draw) -> Drafts | None:
    """Find one thing more or less urgent than it is."""
    places = _sound(drafts)
    if not places:
        return None
    place = draw.pick(places)
    others = [level for level in range(LARGEST_LEVEL + 1) if level != drafts[place].apl]
    return _with(drafts, place, apl=draw.pick(others))


def _flip(clip: Clip, drafts: Drafts, draw: Draw) -> Drafts | None:
    """Take one thing for the other type."""
    places = _sound(drafts)
    if not places:
        return None
    place = draw.pick(places)
    return _with(drafts, place, proactive=not drafts[place].proactive)


def _unlevelled(clip: Clip, drafts: Drafts, draw: Draw) -> Drafts:
    return tuple(msgspec.structs.replace(draft, apl=None) for draft in drafts)


def _untyped(clip: Clip, drafts: Drafts, draw: Draw) -> Drafts:
    return tuple(msgspec.structs.replace(draft, proactive=None) for draft in drafts)


def _sound(drafts: Drafts) -> list[int]:
    """Places of the actions that can match, whose labels therefore count."""
    added = (*TEMPLATES.values(), *INVENTED.values())
    spoilt = {action.text for actions in added for action in actions}.union(VAGUE)
    return [place for place, draft in enumerate(drafts) if draft.text not in spoilt]


def _without(drafts: Drafts, place: int) -> Drafts:
    return drafts[:place] + drafts[place + 1 :]


def _with(drafts: Drafts, place: int, **fields: object) -> Drafts:
    changed = msgspec.structs.replace(drafts[place], **fields)
    return (*drafts[:place], changed, *drafts[place + 1 :])


def _broken(asked: Asked, drafts: Drafts, draw: Draw) -> str:
    return draw.pick(UNREADABLE)


def _prose(asked: Asked, drafts: Drafts, draw: Draw) -> str:
    before = draw.pick(("Here is what ought to be done.", "From the video alone I would say this."))
    return f"{before}\n\n{written(asked, drafts)}\n\nI hope that this is of use."


def _bullets(asked: Asked, drafts: Drafts, draw: Draw) -> str | None:
    if asked.form != "actions" or not drafts:
        return None
    return "\n".join(map(_bullet, drafts))


def _bullet(draft: PredictedAction) -> str:
    level = "" if draft.apl is None else f"APL {draft.apl}"
    kind = "" if draft.proactive is None else kind_of(draft.proactive)
    labels = ", ".join(label for label in (level, kind) if label)
    return f"- {draft.text}" + (f" ({labels})" if labels else "")


def _fence(asked: Asked, drafts: Drafts, draw: Draw) -> str:
    return f"```json\n{written(asked, drafts)}\n```"


CHANGES: dict[str, Change] = {
    "idle": _idle,
    "miss": _miss,
    "vague": _vague,
    "reword": _reword,
    "invent": _invent,
    "overact": _overact,
}
"""What the faults of content do."""
LABEL_CHANGES: dict[str, Change] = {
    "level": _level,
    "flip": _flip,
    "unlevelled": _unlevelled,
    "untyped": _untyped,
}
"""What the faults of levels and types do."""
FORMS: dict[str, Form] = {
    "broken": _broken,
    "prose": _prose,
    "bullets": _bullets,
    "fence": _fence,
}
"""How the faults of form write an answer; the first that shows is planted."""
