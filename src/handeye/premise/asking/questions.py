"""How a set is asked: which variant, by which route, in which order of options."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from handeye.errors import OptionError, allowed
from handeye.media.frame_choice import FrameChoice
from handeye.media.frames import ImageFormat, check_encoding
from handeye.media.sent import hashed
from handeye.premise.asking import prompts, route as routes
from handeye.premise.asking.clips import Piece, What, swaps
from handeye.premise.item_set import ItemSet
from handeye.premise.items import Item, Modality
from handeye.premise.scoring.predictions import ABLATIONS, SIX, SWAP, Ablation
from handeye.run.answers import Answer
from handeye.run.letters import ASKED_FOR, tells_letters
from handeye.run.questions import Opening, Question, Turn

if TYPE_CHECKING:
    from inspect_ai.model import Content, GenerateConfig

PAPER_FRAMES = 50
"""Frames that the paper shows of a video."""
PAPER = "paper"
"""Frames as in the paper, at equal distances."""
# Whole videos and sounds weigh as much as hundreds of pictures; so many clips are held at a time.
_MOST_CLIPS = 16
_BLANK: Mapping[Ablation, tuple[What, ...]] = {
    "blank-vision": ("frames", "picture"),
    "blank-audio": ("sound",),
    "blank-both": ("frames", "picture", "sound"),
}
NOTED = ("variant", "order", "ablation")
"""What scoring reads of how an item was asked, from the identity of its question."""
_LIKELY = {"choice": 1, "truth": 5, "explained": 80, "text": 20}
"""Characters of a likely answer."""


@dataclass(frozen=True, slots=True)
class Asking:
    """How clips are shown and asked about.

    Attributes:
        variant: of the prompt, a name in :data:`handeye.premise.asking.prompts.VARIANTS`.
        media_input: a route (:mod:`handeye.premise.asking.route`), or ``auto``.
        frames: which frames of a video, and how large.
        option_order: ``set``, ``paper`` or ``shuffle:SEED``.
        ablation: what is done to the media; empty: nothing.
        image_format: of the frames.
        letters: whether the provider is asked for log-probabilities of the options; None: where it
            is known to give them. What comes unasked is kept.
        stereo: whether left and right are known to be heard apart.
        senses: that the clips of the set have.
        moving: whether they are videos.
    """

    variant: str = SIX
    media_input: str = routes.AUTO
    frames: FrameChoice = field(default_factory=lambda: FrameChoice(count=PAPER_FRAMES))
    option_order: str = "set"
    ablation: Ablation = ""
    image_format: ImageFormat = "jpeg"
    letters: bool | None = None
    stereo: bool = True
    senses: frozenset[Modality] = frozenset({"vision", "audio"})
    moving: bool = True

    def __post_init__(self) -> None:
        """Refuse values that are not allowed.

        Raises:
            OptionError: names the option, what is allowed and what came.
        """
        prompts.variant_of(self.variant)
        routes.check_route(self.media_input)
        prompts.check_order(self.option_order)
        check_encoding(self.image_format, 90)
        if self.ablation not in ABLATIONS:
            names = [name for name in ABLATIONS if name]
            raise OptionError(f"ablation is {self.ablation!r}{allowed(self.ablation, names)}")

    @property
    def scenes_held(self) -> int | None:
        """Whole videos and sounds that are held at a time."""
        return _MOST_CLIPS

    @property
    def sends(self) -> frozenset[str]:
        """What is sent beside words."""
        route = self._route
        seen = routes.sees(route, self.senses, self.ablation)
        heard = routes.hears(route, self.senses, self.ablation)
        shown = "video" if route == "native" else "image"
        return frozenset(({shown} if seen else set()) | ({"audio"} if heard else set()))

    @property
    def _route(self) -> routes.Route:
        """As it was fitted; by default frames and sound."""
        return "frames+audio" if self.media_input == routes.AUTO else self.media_input  # type: ignore[return-value]

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON: what makes two runs ask the same."""
        told: dict[str, Any] = {"variant": self.variant, "media_input": self.media_input}
        if self.moving and self.media_input not in ("native", "audio"):
            told |= {"frames": self.frames.as_dict(), "image_format": self.image_format}
        return {
            **told,
            "option_order": self.option_order,
            **({"ablation": self.ablation} if self.ablation else {}),
            "stereo": self.stereo,
            "letters": self.letters,
            "prompt_version": prompts.VERSION,
        }

    def of_set(self, items: ItemSet) -> Self:
        """The asking of a set: what its clips have, whichever of its questions are asked."""
        moving = any(item.video for item in items)
        has: dict[Modality, bool] = {
            "vision": moving or any(item.picture for item in items),
            "audio": moving or any(item.sound for item in items),
        }
        senses = frozenset(sense for sense, there in has.items() if there)
        return replace(self, senses=senses, moving=moving)

    def fitted(self, model: str) -> Self:
        """The asking as the model's provider can take it.

        Raises:
            OptionError: what is to be sent is not known to be taken.
        """
        route = routes.route_for(model, self.media_input, self.senses, self.moving, self.ablation)
        letters = tells_letters(model) if self.letters is None else self.letters
        stereo = self.stereo and routes.keeps_channels(model)
        return replace(self, media_input=route, letters=letters, stereo=stereo)

    def questions(self, items: ItemSet) -> Iterator[Question]:
        """One question an item that the route carries; reads each file once, for its hash.

        Raises:
            DataError: a file cannot be read; with ``swap``, a family for which there is no other.
        """
        known: dict[Path, str] = {}
        swapped = swaps(items) if self.ablation == SWAP else {}
        asked, config, variant = self.as_dict(), self._config(), prompts.variant_of(self.variant)
        for item in items:
            if routes.why_not(item, asked):
                continue
            shown = swapped.get(item.clip_id, item)
            pieces = self._pieces(items, shown, known)
            order = prompts.order_of(item, self.option_order)
            words = variant.write(item, order)
            identity = {
                **asked,
                "order": list(order),
                "media": [[one.what, one.sha256] for one in pieces],
                "parts": [words],
            }
            note = {
                **{name: identity[name] for name in NOTED if name in identity},
                "input": self.media_input,
                "media": [one.what for one in pieces],
                "media_sha256": pieces[0].sha256 if pieces else "",
                **({"clip": shown.clip_id} if shown.clip_id != item.clip_id else {}),
            }
            yield Question(
                item.item_id,
                item.clip_id,
                identity,
                tuple(one.medium() for one in pieces),
                partial(_opening, item.item_id, pieces, words, note),
                config=config,
                likely=(Turn(len(words), _LIKELY[variant.answer]),),
                letters=variant.letters,
            )

    def follow_up(self, asked: Question, answer: Answer) -> None:
        """Nothing is asked after an answer."""

    def _config(self) -> GenerateConfig | None:
        """Log-probabilities, where they are asked for."""
        if not self.letters or not prompts.variant_of(self.variant).letters:
            return None
        from inspect_ai.model import GenerateConfig

        return GenerateConfig(logprobs=True, top_logprobs=ASKED_FOR)

    def _pieces(self, items: ItemSet, item: Item, known: dict[Path, str]) -> tuple[Piece, ...]:
        """What of a clip is sent, in order; ``known`` are hashes of files."""
        parts: list[tuple[What, str]] = []
        if self._route == "native" and item.video:
            parts.append(("video", "video"))
        else:
            if routes.sees(self._route, self.senses, self.ablation):
                parts.append(("frames", "video") if item.video else ("picture", "picture"))
            if routes.hears(self._route, self.senses, self.ablation):
                parts.append(("sound", "video" if item.video else "sound"))
        paths = items.paths(item)
        return tuple(
            Piece(
                what=what,
                path=paths[medium],
                sha256=hashed(paths[medium], known),
                expected=item.sha256.get(getattr(item, medium), ""),
                blank=what in _BLANK.get(self.ablation, ()),
                frames=self.frames,
                image_format=self.image_format,
                channels=2 if self.stereo else 1,
            )
            for what, medium in parts
            if medium in paths
        )


def frames_of(
    frames: FrameChoice | str | int | Sequence[object], longest_side: int | None = 768
) -> FrameChoice:
    """Which frames of a video are shown; ``paper`` for those of the paper.

    Raises:
        OptionError: it cannot be read.
    """
    if isinstance(frames, FrameChoice):
        return frames
    if frames == PAPER:
        return FrameChoice(count=PAPER_FRAMES, longest_side=longest_side)
    return FrameChoice.parse(frames, longest_side=longest_side)


def _opening(item_id: str, pieces: Sequence[Piece], words: str, note: Mapping[str, Any]) -> Opening:
    """The clip and the question, and beside them the item's id, which no provider sends.

    Raises:
        DataError: a file cannot be used, or is not the one that the row was written for.
    """
    from inspect_ai.model import ChatMessageUser, ContentText

    content: list[Content] = []
    told: dict[str, Any] = {}
    for piece in pieces:
        parts, more = piece.content()
        content += parts
        told |= more
    message = ChatMessageUser(
        content=[*content, ContentText(text=words)], metadata={"item_id": item_id}
    )
    return Opening([message], {**note, **told})
