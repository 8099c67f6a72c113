"""How clips reach a model, and which questions that carries.

A route is what of a clip is sent: its video, frames of it, its picture, its sound. What a provider
takes is known from Inspect (0.3.285); what cannot be sent is refused before anything is asked, and
questions that a route cannot carry are left out and told, never answered from less.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, get_args

from handeye.errors import OptionError, allowed
from handeye.media.frame_choice import FrameChoice
from handeye.media.timeline import Timeline
from handeye.premise.item_set import ItemSet
from handeye.premise.items import Item, Modality
from handeye.premise.scoring.predictions import Ablation, removed
from handeye.printing import noun, tell
from handeye.run.options import OWN_MODELS

Route = Literal["native", "frames+audio", "frames", "audio"]
"""The video as it lies, its sound within; frames of it or the picture, and the sound; one of both.
"""
ROUTES: tuple[Route, ...] = get_args(Route)
AUTO = "auto"
"""The most of these that the provider takes."""

# Providers that hand on ``ContentVideo``, and ``ContentAudio``; whether the model behind them has
# ears only it can tell. Of OpenAI's own, the models with ears say so in their names.
_TAKE_VIDEO = frozenset({"google"})
# Who takes a video apart by itself; by default it is sent what others would be.
_TAKES_APART = "handeye/hf"
_TAKE_SOUND = frozenset(
    {"google", "openai-api", "openrouter", "python", "sglang", "vllm", *OWN_MODELS}
)
# Who hears left and right apart. Gemini mixes channels down, of others it is not known.
_KEEP_CHANNELS = frozenset({"python"})


def _ours(model: str) -> bool:
    """Whether it is a respondent of ours, which takes and tells everything."""
    return model.startswith("handeye/") and model not in OWN_MODELS


def _one_of(model: str, known: frozenset[str]) -> bool:
    return model in known or model.partition("/")[0] in known


def takes_video(model: str) -> bool:
    """Whether its provider is known to hand on videos."""
    return _ours(model) or _one_of(model, _TAKE_VIDEO)


def takes_sound(model: str) -> bool:
    """Whether its provider is known to hand on sounds."""
    hears = model.startswith("openai/") and "audio" in model
    return hears or _ours(model) or _one_of(model, _TAKE_SOUND)


def keeps_channels(model: str) -> bool:
    """Whether it is known to hear left and right apart."""
    return _ours(model) or _one_of(model, _KEEP_CHANNELS)


def route_for(
    model: str, wanted: str, senses: frozenset[Modality], moving: bool, ablation: Ablation
) -> Route:
    """The route by which clips reach a model.

    Args:
        model: its name.
        wanted: a route, or :data:`AUTO`.
        senses: that the clips have.
        moving: they are videos.
        ablation: what is done to them.

    Raises:
        OptionError: the provider is not known to take what is to be sent.
    """
    gone = removed(ablation)
    seen, heard = "vision" in senses, "audio" in senses
    native = takes_video(model) or (wanted == "native" and model == _TAKES_APART)
    whole = moving and native and not gone
    if wanted == "native" and moving and not whole:
        why = (
            f"a video cannot be sent with {ablation.replace('-', ' ')}"
            if gone
            else f"{model.partition('/')[0]} is not known to take videos"
        )
        raise OptionError(f"{why}; give --media-input frames+audio")
    route: Route
    if wanted in ("frames", "audio"):
        route = "frames" if wanted == "frames" else "audio"
    elif whole and wanted in (AUTO, "native"):
        route = "native"
    else:
        route = "frames+audio" if seen and heard else "frames" if seen else "audio"
    if hears(route, senses, ablation) and not takes_sound(model):
        raise OptionError(
            f"{model} is not known to take sound: give --media-input frames to ask about what is "
            "seen alone, or --without audio to ask everything of it deaf"
        )
    return route


def sees(route: Route, senses: frozenset[Modality], ablation: Ablation) -> bool:
    """Whether anything is shown by a route."""
    return route != "audio" and "vision" in senses and ablation != "without-vision"


def hears(route: Route, senses: frozenset[Modality], ablation: Ablation) -> bool:
    """Whether anything is to be heard by a route."""
    return route != "frames" and "audio" in senses and ablation != "without-audio"


# ---- questions that a route carries


def carried(items: ItemSet, asked: Mapping[str, Any]) -> ItemSet:
    """The items of a set that a run asks.

    Args:
        items: as they were selected.
        asked: how it asks (``asked`` of its plan), or nothing.

    Raises:
        OptionError: none is left.
    """
    kept = tuple(item for item in items if not why_not(item, asked))
    if not kept:
        raise OptionError(
            f"{items.name}: media_input={asked.get('media_input')} carries none of its "
            f"{len(items)} questions"
        )
    return items if len(kept) == len(items) else replace(items, items=kept)


def left_out(items: Iterable[Item], asked: Mapping[str, Any]) -> dict[str, int]:
    """How many items a route does not carry, by reason."""
    return dict(Counter(why for item in items if (why := why_not(item, asked))))


def why_not(item: Item, asked: Mapping[str, Any]) -> str:
    """Why a route does not carry the question of an item; empty where it does.

    Raises:
        DataError: the video of its clip does not have the frames that are asked for.
    """
    route = asked.get("media_input")
    if route == "frames" and item.modality != "vision":
        return "no sound is sent"
    if route == "audio" and item.modality != "audio":
        return "no picture is sent"
    needs, shown = item.meta.get("needs", ()), _frames(item, asked)
    if "stereo" in needs and not asked.get("stereo", True):
        return f"{item.kind}: left and right are not known to be heard apart"
    if "motion" in needs and shown == 1:
        return f"{item.kind}: one frame shows no motion"
    return ""


def _frames(item: Item, asked: Mapping[str, Any]) -> int | None:
    """How many frames of a clip are shown, as far as that is known beforehand.

    Raises:
        DataError: its video does not have them.
    """
    if "frames" not in asked or not item.video:
        return None
    choice = FrameChoice.of(asked["frames"])
    number, fps = item.meta.get("frames"), item.meta.get("fps")
    if isinstance(number, int) and isinstance(fps, int | float) and min(number, fps) > 0:
        return len(Timeline.even(number, fps).chosen(choice, Path(item.video)))
    if choice.method == "uniform":
        return choice.count
    times = {*choice.seconds, *choice.indices}
    return len(times) or None


def tell_left_out(items: ItemSet, asked: Mapping[str, Any]) -> None:
    """Say on stderr what is left out, and why."""
    for why, count in left_out(items, asked).items():
        tell(f"note: {count:,} {noun(count, 'items')} of {items.name} are left out ({why})")


def check_route(wanted: str) -> str:
    """Return a route, or :data:`AUTO`, if it is one.

    Raises:
        OptionError: it is none.
    """
    if wanted not in (AUTO, *ROUTES):
        raise OptionError(f"media_input is {wanted!r}{allowed(wanted, (AUTO, *ROUTES))}")
    return wanted
