"""A folder or a name on the Hub -> a model that sees or hears, its processor, what its tokens mean.

Loads by the library's auto classes, so every family of ``AutoModelForMultimodalLM`` works by its
own processor and chat template; of those that also speak (Qwen's Omni) only the part that writes
is loaded. Knows nothing of conversations or batches.
"""

from __future__ import annotations

import inspect
import json
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from string import ascii_uppercase
from types import SimpleNamespace
from typing import Any

import torch

from handeye.errors import RunError
from handeye.respondents.local.options import LocalOptions
from handeye.respondents.local.processors import Words, load_processor
from handeye.run.thoughts import marks_thoughts

_WANTED = "a folder written by save_pretrained (model, tokenizer, processor) or a hub id"


@dataclass(frozen=True)
class LocalModel:
    """A loaded model.

    Attributes:
        model: an ``AutoModelForMultimodalLM`` in eval mode.
        processor: its ``AutoProcessor``, with a tokenizer and a chat template.
        media_ids: token ids that stand for a piece of picture, video or sound.
        media_texts: how those tokens are written.
        end_ids: token ids that end an answer.
        pad_id: id to fill up with; never attended to.
        picture_ids, sound_ids: of them, those whose place a piece of a picture or sound takes.
        special_ids: ids of tokens that are no text; of them ``thought_ids`` mark thoughts and stay
            in what is read, so that these can be told from the answer.
    """

    model: Any
    processor: Any
    media_ids: frozenset[int]
    media_texts: tuple[str, ...]
    end_ids: frozenset[int]
    pad_id: int
    special_ids: frozenset[int] = frozenset()
    thought_ids: frozenset[int] = frozenset()
    picture_ids: frozenset[int] = frozenset()
    sound_ids: frozenset[int] = frozenset()

    @property
    def tokenizer(self) -> Any:
        """The processor's tokenizer."""
        return self.processor.tokenizer

    def text_of(self, ids: Sequence[int]) -> str:
        """What token ids say, without special tokens that are no marks of thoughts."""
        if self.thought_ids.isdisjoint(ids):
            return str(self.tokenizer.decode(ids, skip_special_tokens=True))
        rest = [one for one in ids if one not in self.special_ids or one in self.thought_ids]
        return str(self.tokenizer.decode(rest, skip_special_tokens=False))

    @cached_property
    def sampling_rate(self) -> int | None:
        """Samples a second of the sounds it hears; None where it hears none."""
        rate = getattr(self._ear, "sampling_rate", None)
        # A family may have members without the part that hears: their processor is the same.
        deaf = getattr(self.model.config, "audio_config", self) is None
        return rate if isinstance(rate, int) and not deaf else None

    @cached_property
    def seconds_heard(self) -> float | None:
        """The longest sound that its processor takes at once, rather than cut it; None: any."""
        if hasattr(self.processor, "audio_seq_length"):  # Gemma's, which do not say it
            return 30.0
        longest = getattr(self._ear, "chunk_length", None)
        return float(longest) if isinstance(longest, int | float) else None

    @property
    def _ear(self) -> Any:
        # Called the one or the other.
        found = getattr(self.processor, "audio_processor", None)
        return found or getattr(self.processor, "feature_extractor", None)

    @cached_property
    def takes(self) -> frozenset[str]:
        """What it can be shown beside words: ``image``, ``video`` (as images), ``audio``."""
        sees = getattr(self.processor, "image_processor", None) is not None
        hears = self.sampling_rate is not None
        return frozenset({"image", "video"} if sees else ()) | ({"audio"} if hears else set())

    @cached_property
    def letters(self) -> frozenset[int]:
        """Token ids that are one letter from A to Z, whatever space stands before it."""
        named = self.tokenizer.get_vocab().items()
        spelt = {
            f"{before}{letter}" for letter in ascii_uppercase for before in ("", "Ġ", "▁", " ")
        }
        return frozenset(token for text, token in named if text in spelt)

    def run(self, keep: int, **inputs: Any) -> Any:
        """Run the model; what it gives has ``logits`` at the last ``keep`` places alone.

        Some families would give the logits of thousands of pieces of picture and sound with them.
        """
        if self._keeps:
            return self.model(**inputs, logits_to_keep=keep)
        out = self.model.base_model(**inputs)
        logits = self.model.get_output_embeddings()(out[0][:, -keep:])
        return SimpleNamespace(logits=logits, hidden_states=getattr(out, "hidden_states", None))

    @cached_property
    def _keeps(self) -> bool:
        return "logits_to_keep" in inspect.signature(self.model.forward).parameters or (
            self.model.base_model is self.model
        )

    @property
    def device(self) -> torch.device:
        """Where input is to be put."""
        device: torch.device = self.model.get_input_embeddings().weight.device
        return device

    @property
    def dtype(self) -> torch.dtype:
        """Of the model's floating-point input."""
        dtype: torch.dtype = self.model.dtype
        return dtype


# What is going to change in the library is for its users who write code; ours is pinned by tests.
warnings.filterwarnings("ignore", category=FutureWarning, module=r"transformers(\.|$)")
warnings.filterwarnings("ignore", r".* deprecated and will be removed", FutureWarning, r"torch\.")


def load(options: LocalOptions) -> LocalModel:
    """Load a model and its processor.

    Raises:
        RunError: the folder or name holds no such model, it has adapters beside it, or something it
            needs is not installed.
    """
    from safetensors import SafetensorError
    from transformers import (
        MODEL_FOR_MULTIMODAL_LM_MAPPING,
        AutoConfig,
        AutoModelForCausalLM,
        AutoModelForMultimodalLM,
    )
    from transformers.utils import logging

    if _is_path(options.path) and not Path(options.path).is_dir():
        raise RunError(f"{options.path} is no folder; give {_WANTED}")
    logging.disable_progress_bar()  # the run has one of its own
    try:
        processor = load_processor(options.path, options.revision)
        config = AutoConfig.from_pretrained(options.path, revision=options.revision)
        _refuse_adapters_beside(config, options)
        kind: Any = AutoModelForMultimodalLM
        if type(config) not in MODEL_FOR_MULTIMODAL_LM_MAPPING:
            # One of texts alone, whose processor is a tokenizer: for questions without media.
            kind, processor = AutoModelForCausalLM, Words(processor)
        model = kind.from_pretrained(
            options.path,
            revision=options.revision,
            config=getattr(config, "thinker_config", config),
            **_placing(options),
        )
    except SafetensorError as error:
        raise RunError(
            f"{options.path}: a file of weights (*.safetensors) cannot be read ({error}): it was "
            "cut off, or is a Git LFS pointer; fetch it again"
        ) from error
    except (OSError, ValueError, KeyError, ImportError, RuntimeError) as error:
        if (other := _other_kind(Path(options.path))) is not None:
            raise RunError(f"{options.path}: {other}") from error
        raise RunError(
            f"no model that sees or hears can be loaded from {options.path!r}: "
            f"{str(error).strip().splitlines()[0] if str(error) else type(error).__name__}; give "
            f"{_WANTED}"
        ) from error
    if options.device_map is None and options.quantization is None:
        model.to(_device(options))
    return of(model, processor)


def _refuse_adapters_beside(config: Any, options: LocalOptions) -> None:
    """Refuse Phi-4-multimodal as published: without its adapters it would answer all the same.

    Raises:
        RunError: there are some.
    """
    from transformers.utils import has_file

    name = "vision-lora/adapter_config.json"
    if config.model_type == "phi4_multimodal" and has_file(
        options.path, name, revision=options.revision
    ):
        raise RunError(
            f"{options.path} sees and hears by adapters that lie beside it (vision-lora, "
            "speech-lora), which handeye/hf does not apply: merge vision-lora, which is for "
            "pictures with or without sound, into the model (peft), save that, and give its folder"
        )


def _other_kind(folder: Path) -> str | None:
    """What a folder is that holds no such model; None where that cannot be told."""
    if (folder / "adapter_config.json").is_file():
        return "is an adapter (LoRA); merge it into its model, save that, and give its folder"
    try:
        config = json.loads((folder / "config.json").read_bytes())
    except (OSError, ValueError):
        config = None
    if config is None and any(folder.glob("*.gguf")):
        return (
            "holds GGUF files, which are for llama.cpp: serve them with it and ask the server "
            "(--model openai-api/NAME/MODEL --base-url http://HOST:PORT/v1)"
        )
    return None


def _is_path(name: str) -> bool:
    # A name on the hub is OWNER/NAME at most.
    return Path(name).is_absolute() or name.startswith(".") or name.count("/") > 1


def of(model: Any, processor: Any) -> LocalModel:
    """A model that is loaded already, ready to be asked.

    Raises:
        RunError: the processor has no tokenizer or no chat template.
    """
    tokenizer = getattr(processor, "tokenizer", None)
    if tokenizer is None or not _chat_template(processor):
        lacks = "tokenizer" if tokenizer is None else "chat template"
        raise RunError(
            f"{type(processor).__name__} has no {lacks}; handeye/hf asks models that were tuned "
            "for conversation: add it (such as chat_template.jinja) to the model's folder"
        )
    found = list(_media_tokens(model.config, processor))
    media = {token: text for _, token, text in found}
    ends = _end_ids(model, tokenizer)
    pad = tokenizer.pad_token_id
    special = _special_tokens(tokenizer)
    model.eval()
    return LocalModel(
        model,
        processor,
        frozenset(media),
        tuple(dict.fromkeys(media.values())),
        ends,
        int(pad if pad is not None else min(ends, default=0)),
        frozenset(special),
        frozenset(token for token, text in special.items() if marks_thoughts(text)),
        _pieces(found, "image", "video"),
        _pieces(found, "audio"),
    )


def _placing(options: LocalOptions) -> dict[str, Any]:
    dtype = options.dtype
    if dtype == "auto":
        dtype = "bfloat16" if _device(options).type == "cuda" else "float32"
    kwargs: dict[str, Any] = {"dtype": getattr(torch, dtype)}
    if options.attention is not None:
        kwargs["attn_implementation"] = options.attention
    if options.device_map is not None:
        kwargs["device_map"] = options.device_map
    if options.quantization is not None:
        from transformers import BitsAndBytesConfig

        kwargs["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=options.quantization == "4bit",
            load_in_8bit=options.quantization == "8bit",
            bnb_4bit_compute_dtype=kwargs["dtype"],
        )
        kwargs.setdefault("device_map", {"": str(_device(options))})
    return kwargs


def _device(options: LocalOptions) -> torch.device:
    if options.device != "auto":
        try:
            return torch.device(options.device)
        except RuntimeError as error:
            raise RunError(f"device {options.device!r} is none: {error}") from None
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def _chat_template(processor: Any) -> bool:
    own = getattr(processor, "chat_template", None)
    return bool(own or getattr(processor.tokenizer, "chat_template", None))


def _media_tokens(config: Any, processor: Any) -> Iterator[tuple[str, int, str]]:
    """Kind, id and text of placeholder tokens: what the config names, then the processor's."""
    tokenizer = processor.tokenizer
    for kind in ("image", "video", "audio"):
        for holder in (config, processor):
            for name in (f"{kind}_token_id", f"{kind}_token_index"):
                token = getattr(holder, name, None)
                # A config may name a token that this vocabulary lacks, such as one for videos.
                if isinstance(token, int) and (text := tokenizer.convert_ids_to_tokens(token)):
                    yield kind, token, str(text)
        written = getattr(processor, f"{kind}_token", None)
        if isinstance(written, str):
            token = tokenizer.convert_tokens_to_ids(written)
            if isinstance(token, int) and token != tokenizer.unk_token_id:
                yield kind, token, written


def _pieces(found: Sequence[tuple[str, int, str]], *kinds: str) -> frozenset[int]:
    """The ids that stand for pieces: of each kind the first; others mark its beginning."""
    first: dict[str, int] = {}
    for kind, token, _ in found:
        first.setdefault(kind, token)
    return frozenset(token for kind, token in first.items() if kind in kinds)


def _special_tokens(tokenizer: Any) -> dict[int, str]:
    """Ids and texts of the tokens that decoding leaves out."""
    found = {
        int(one): str(tokenizer.convert_ids_to_tokens(one)) for one in tokenizer.all_special_ids
    }
    for one, token in getattr(tokenizer, "added_tokens_decoder", {}).items():
        if token.special:
            found[int(one)] = str(token.content)
    return found


def _end_ids(model: Any, tokenizer: Any) -> frozenset[int]:
    found: set[int] = set()
    holders = (model.generation_config.eos_token_id, tokenizer.eos_token_id)
    for ids in holders:
        found.update(ids if isinstance(ids, list | tuple) else () if ids is None else (ids,))
    return frozenset(found)
