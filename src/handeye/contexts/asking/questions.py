"""How a set is asked: each question in a conversation of its own, about the same bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple, Self, get_args

from handeye.contexts.asking import prompts
from handeye.contexts.item_set import ItemSet
from handeye.contexts.items import Item
from handeye.contexts.loader import VIDEOS
from handeye.errors import OptionError, allowed
from handeye.media.frame_choice import FrameChoice
from handeye.media.frame_loader import FrameLoader
from handeye.media.sent import data_url, hashed, png_of, refuse_changed
from handeye.run.answers import Answer
from handeye.run.choices import check_order
from handeye.run.questions import Media, Opening, PictureLoad, Question, Turn
from handeye.run.tools import takes_tools

if TYPE_CHECKING:
    from inspect_ai.model import ChatMessage, Content

Tools = Literal["auto", "native", "words"]
"""How tools are given: natively, told in words, or the first where the provider takes them."""
TOOLS: tuple[Tools, ...] = get_args(Tools)
NOTED = ("order",)
"""What scoring reads of how an item was asked, from the identity of its question."""
FRAMES = FrameChoice(count=16, longest_side=768)
"""What is shown of a video where nothing else is said: as many, at equal distances."""
_LIKELY = {"choice": 1, "number": 2, "text": 8, "point": 10}
"""Characters of a likely answer."""


@dataclass(frozen=True, slots=True)
class Asking:
    """How scenes are shown and asked about.

    Attributes:
        option_order: ``set`` (drawn once for every item) or ``shuffle:SEED``.
        frames: which of a video are shown.
        tools: how those of calls are given; ``auto``: natively where the provider takes them.
    """

    option_order: str = "set"
    frames: FrameChoice = field(default_factory=lambda: FRAMES)
    tools: Tools = "auto"
    scenes_held: ClassVar[int | None] = None
    sends: ClassVar[frozenset[str]] = frozenset({"image"})

    def __post_init__(self) -> None:
        """Refuse values that are not allowed.

        Raises:
            OptionError: names the option, what is allowed and what came.
        """
        check_order(self.option_order, "set")
        if self.tools not in TOOLS:
            raise OptionError(f"tools is {self.tools!r}{allowed(self.tools, TOOLS)}")

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON: what makes two runs ask the same."""
        return {
            "option_order": self.option_order,
            **({} if self.frames == FRAMES else {"frames": self.frames.as_dict()}),
            **({} if self.tools == "auto" else {"tools": self.tools}),
            "prompt_version": prompts.VERSION,
        }

    def fitted(self, model: str) -> Self:
        """The asking as the model's provider can take it."""
        if self.tools != "auto":
            return self
        return replace(self, tools="native" if takes_tools(model) else "words")

    def questions(self, items: ItemSet) -> Iterator[Question]:
        """One question an item; reads each file once, for its hash.

        Raises:
            DataError: a file cannot be read, or an answer of a form that cannot be asked for.
        """
        known: dict[Path, str] = {}
        asked = self.as_dict()
        for item in items:
            files = [
                _File(path, hashed(path, known), item.sha256.get(name, ""), self.frames)
                for name, path in zip(item.media, items.paths(item), strict=True)
            ]
            order = prompts.order_of(item, self.option_order)
            native = bool(item.tools) and self.tools == "native"
            words = prompts.prompt_of(item, order, native=native)
            identity = {
                **asked,
                **({"order": list(order)} if order else {}),
                "media": [one.identity for one in files],
                **({"system": item.system} if item.system else {}),
                "parts": [None, words],
            }
            note = {name: identity[name] for name in NOTED if name in identity}
            yield Question(
                item.item_id,
                item.scene_id,
                identity,
                tuple(one.medium() for one in files),
                partial(_opening, item, files, words, note),
                likely=(Turn(len(item.system) + len(words), _LIKELY.get(item.form, 40)),),
                tools=item.tools if native else (),
            )

    def follow_up(self, asked: Question, answer: Answer) -> None:
        """Nothing is asked after an answer."""


def frames_of(frames: FrameChoice | str | int | None) -> FrameChoice:
    """Which frames of a video are shown.

    Raises:
        OptionError: it cannot be read.
    """
    if frames is None or isinstance(frames, FrameChoice):
        return frames or FRAMES
    return FrameChoice.parse(frames, longest_side=FRAMES.longest_side)


class _File(NamedTuple):
    """A file as it is sent: a picture, or frames of a video."""

    path: Path
    sha256: str
    expected: str
    frames: FrameChoice

    @property
    def moving(self) -> bool:
        return self.path.suffix.lower() in VIDEOS

    @property
    def identity(self) -> Any:
        """What an answer depends on."""
        return [self.sha256, self.frames.as_dict()] if self.moving else self.sha256

    def medium(self) -> Media:
        """What the frame hashes and prices."""
        kind = "video" if self.moving else "image"
        return Media(self.path, kind, self.sha256, self._loads if self.moving else None)  # type: ignore[arg-type]

    def _loads(self) -> list[PictureLoad]:
        shown = FrameLoader(self.frames, image_format="jpeg").shown(self.path)
        return [PictureLoad(shown.width, shown.height, len(one)) for one in shown.pictures]

    def contents(self) -> list[Content]:
        """What goes before the question.

        Raises:
            DataError: the file cannot be used, or is not the one that the row was written for.
        """
        from inspect_ai.model import ContentImage

        refuse_changed(self.path, self.sha256, self.expected)
        if self.moving:
            urls = _frames(self.path, self.sha256, self.frames)
        else:
            urls = (data_url(png_of(self.path, self.sha256), "image/png"),)
        return [ContentImage(image=url) for url in urls]


@lru_cache(maxsize=8)
def _frames(path: Path, sha256: str, choice: FrameChoice) -> tuple[str, ...]:
    shown = FrameLoader(choice, image_format="jpeg").shown(path)
    return tuple(data_url(one, shown.media_type) for one in shown.pictures)


def _opening(item: Item, files: Sequence[_File], words: str, note: Mapping[str, Any]) -> Opening:
    """System message, media and words, and beside them the item's id, which no provider sends.

    Raises:
        DataError: a file cannot be used, or is not the one that the row was written for.
    """
    from inspect_ai.model import ChatMessageSystem, ChatMessageUser, ContentText

    content = [part for one in files for part in one.contents()]
    told: list[ChatMessage] = [ChatMessageSystem(content=item.system)] if item.system else []
    asked = ChatMessageUser(
        content=[*content, ContentText(text=words)], metadata={"item_id": item.item_id}
    )
    return Opening([*told, asked], note)
