"""A model's processor; where torchvision is missing, without the part that would read videos.

handeye shows videos as pictures, so that part is never used. The library makes it all the same,
and without torchvision refuses the whole processor of several families: Qwen-VL, InternVL,
LLaVA-OneVision, SmolVLM, Qwen's Omni, Gemma 4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from transformers import CONFIG_MAPPING, AutoConfig, AutoProcessor
from transformers.models.auto.processing_auto import PROCESSOR_MAPPING
from transformers.utils import import_utils


def load_processor(path: str, revision: str | None = None) -> Any:
    """The processor of the model in a folder or on the Hub.

    Raises:
        ImportError, KeyError, OSError, ValueError: as the library raises them.
    """
    if not import_utils.is_torchvision_available():
        config = AutoConfig.from_pretrained(path, revision=revision)
        # Saved on its own, the part of an Omni model that writes text is a family without an entry.
        whole = config.model_type.removesuffix("_thinker")
        family = CONFIG_MAPPING[whole] if whole in CONFIG_MAPPING else type(config)
        kind = PROCESSOR_MAPPING.get(family, None)
        if kind is not None and "video_processor" in kind.get_attributes():
            return pictures_only(kind).from_pretrained(path, revision=revision)
    return AutoProcessor.from_pretrained(path, revision=revision)


class Words:
    """The processor of a model of texts alone: a tokenizer that is called as processors are."""

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer

    def apply_chat_template(self, turns: Sequence[Mapping[str, Any]], **kwargs: Any) -> Any:
        """A conversation as text: templates of such models take words, not parts."""
        plain = [
            {**turn, "content": "\n\n".join(part["text"] for part in turn["content"])}
            for turn in turns
        ]
        return self.tokenizer.apply_chat_template(plain, **kwargs)

    def __call__(self, text: Sequence[str], text_kwargs: Mapping[str, Any], **kwargs: Any) -> Any:
        """Token ids of texts."""
        return self.tokenizer(list(text), **text_kwargs, **kwargs)

    def to_dict(self) -> dict[str, Any]:
        """What decides its results beside the tokenizer: nothing."""
        return {}


class NoVideos:
    """Stands where a processor keeps its part for videos, and where it asks how that would read."""

    num_frames = fps = None
    model_input_names: tuple[str, ...] = ()
    # Asked for where the processor is saved.
    _auto_class = None


def pictures_only(kind: Any) -> Any:
    """A processor class of the library with :class:`NoVideos` as its ``video_processor``."""
    attributes: list[str] = kind.get_attributes()

    class Others(kind):
        @classmethod
        def get_attributes(cls) -> list[str]:
            return [name for name in attributes if name != "video_processor"]

    class PicturesOnly(kind):
        @classmethod
        def _get_arguments_from_pretrained(cls, *given: Any, **kwargs: Any) -> list[Any]:
            parts: list[Any] = Others._get_arguments_from_pretrained(*given, **kwargs)
            parts.insert(attributes.index("video_processor"), NoVideos())
            return parts

        def check_argument_for_proper_class(self, argument_name: str, argument: Any) -> Any:
            if isinstance(argument, NoVideos):
                return NoVideos
            return super().check_argument_for_proper_class(argument_name, argument)

        def to_dict(self) -> dict[str, Any]:
            told = super().to_dict()
            return {name: value for name, value in told.items() if name != "video_processor"}

    PicturesOnly.__name__ = PicturesOnly.__qualname__ = kind.__name__
    return PicturesOnly
