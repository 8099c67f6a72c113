"""Hidden states of a model of real size: shapes, seconds, bytes, memory, and are they right.

    python benchmarks/capture.py [--side 448] [--questions 4] [--blocks 28] [--dtype bfloat16]

The sizes are those of Qwen2-VL-2B (2.2 billion parameters, 28 blocks of 1,536 numbers); the weights
are random, which costs what trained ones cost. One picture of ``side`` pixels is asked several
questions. Everything is captured at ``last``, ``media`` and ``grid``, and held to
``output_hidden_states`` of one whole pass. Prints lines; needs about 7 GB of memory. Seconds are of
the processor, all threads together.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

WORDS = "What is to be seen in the picture, the {} or the other one? Answer with A or B."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=448)
    parser.add_argument("--questions", type=int, default=4)
    parser.add_argument("--blocks", type=int, default=28)
    parser.add_argument("--dtype", default="bfloat16")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    began = time.process_time()
    loaded = model_of(options.blocks, getattr(torch, options.dtype))
    count = sum(one.numel() for one in loaded.model.parameters())
    print(f"model: {count / 1e9:.2f} billion parameters, {options.dtype}, "
          f"made in {time.process_time() - began:.0f} s; {peak()}", flush=True)  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        measure(loaded, Path(folder) / "states", options)


def model_of(blocks: int, dtype: torch.dtype) -> Any:
    """The sizes of Qwen2-VL-2B, its words aside: a byte tokenizer, all rows of the embedding."""
    import transformers
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

    from handeye.respondents.local.loading import of
    from handeye.respondents.local.processors import NoVideos, pictures_only
    from handeye.training.words import CHAT_TEMPLATE
    from tests.support.local.builders import byte_tokenizer

    names = ("<|image_pad|>", "<|video_pad|>", "<|vision_start|>", "<|vision_end|>")
    tokenizer = byte_tokenizer(*names)
    tokenizer.image_token = names[0]
    processor = pictures_only(transformers.Qwen2VLProcessor)(
        Qwen2VLImageProcessorPil(min_pixels=3136, max_pixels=2**22),
        tokenizer,
        NoVideos(),
        chat_template=CHAT_TEMPLATE.replace("<image>", names[2] + names[0] + names[3]),
    )
    image, video, start, end = tokenizer.convert_tokens_to_ids(list(names))
    rope = {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [16, 24, 24]}
    config = transformers.Qwen2VLConfig(
        text_config={
            "vocab_size": 151_936, "hidden_size": 1536, "intermediate_size": 8960,
            "num_hidden_layers": blocks, "num_attention_heads": 12, "num_key_value_heads": 2,
            "max_position_embeddings": 32_768, "rope_parameters": rope, "tie_word_embeddings": True,
            "eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id,
            "bos_token_id": None,
        },
        vision_config={"depth": 32, "embed_dim": 1280, "hidden_size": 1536, "num_heads": 16,
                       "mlp_ratio": 4, "patch_size": 14},
        image_token_id=image, video_token_id=video, vision_start_token_id=start,
        vision_end_token_id=end, tie_word_embeddings=True,
    )  # fmt: skip
    with torch.device("meta"):
        model = transformers.Qwen2VLForConditionalGeneration(config).to(dtype)
    model = model.to_empty(device="cpu")
    draws = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, one in model.named_parameters():
            if one.ndim > 1:
                one.normal_(0, 0.02, generator=draws)
            else:
                one.fill_(float(name.endswith("weight")))  # of norms
    for one in model.modules():  # what no parameter holds was left empty
        if hasattr(one, "rope_init_fn") or "Rotary" in type(one).__name__:
            again = type(one)(*([one.config] if hasattr(one, "config") else [one.dim]))
            for name, buffer in again.named_buffers():
                setattr(one, name, buffer)
    model.tie_weights()
    return of(model, processor)


def measure(loaded: Any, folder: Path, options: Any) -> None:
    from inspect_ai.model import GenerateConfig

    from handeye.respondents.local.chat import write_ask
    from handeye.respondents.local.decoding import Settings
    from handeye.respondents.local.engine import Engine
    from handeye.respondents.local.prompts import process
    from handeye.run.questions import Opening, Question
    from handeye.states.capture import capture
    from handeye.states.store import open_store
    from handeye.states.wanted import Wanted
    from tests.support.local.families import conversation, picture

    class Model:
        engine = Engine(loaded)

        def prepare(self, messages: Any, config: Any) -> Any:
            return write_ask(loaded, messages), Settings(max_tokens=1)

    shown = picture(1, options.side, options.side)

    def question(number: int) -> Question:
        messages = conversation(shown, WORDS.format(f"thing {number}"))
        return Question(f"i{number}", "clip", {}, (), lambda: Opening(messages), letters=("A", "B"))

    questions = [question(number) for number in range(options.questions)]
    began = time.process_time()
    record = capture(
        Model(), questions, folder, Wanted(sites=("last", "media", "grid"), dtype="float32"),
        config=GenerateConfig(), settings={},
    )  # fmt: skip
    seconds = time.process_time() - began
    store = open_store(folder)
    size = sum(one.stat().st_size for one in (folder / "parts").iterdir())
    (tokens,) = set(store.tokens("grid", store.item_ids))
    print(f"captured: {record.items} questions about {record.clips} clip, {len(record.layers)} "
          f"layers of {record.width}, {tokens} picture tokens: {seconds:.1f} s with the check (two "
          f"whole passes), {size / 1e6:.1f} MB as float32; {peak()}", flush=True)  # fmt: skip
    print(f"media under two questions: {record.checks['media_tokens']}", flush=True)
    print(f"notices: {record.info['notices']}")
    encoded = process(loaded, [write_ask(loaded, questions[0].write().messages)])
    began = time.process_time()
    with torch.inference_mode():
        states = loaded.model(**encoded, output_hidden_states=True, use_cache=False,
                              logits_to_keep=1).hidden_states  # fmt: skip
    held = sum(one.nbytes for one in states)
    print(f"output_hidden_states of one question: {time.process_time() - began:.1f} s, "
          f"{held / 1e6:.1f} MB held; {peak()}")  # fmt: skip
    ids = encoded["input_ids"][0]
    media = (ids == loaded.model.config.image_token_id).nonzero()[:, 0]
    names = [*store.layers[:-2], store.layers[-1]]
    for site, truth in (
        ("last", [one[0, -1:] for one in states]), ("grid", [one[0, media] for one in states])
    ):  # fmt: skip
        apart = []
        for name, one in zip(names, truth, strict=True):
            places = range(len(one)) if site == "grid" else None
            found = store.states(name, site, ["i0"] * len(one), places)
            want = one.float().numpy()
            norms = np.linalg.norm(want, axis=1)
            apart.append(float((np.linalg.norm(found - want, axis=1) / norms).max()))
        print(f"{site}: largest relative difference to output_hidden_states {max(apart):.1e} "
              f"(layer {names[int(np.argmax(apart))]})")  # fmt: skip


def peak() -> str:
    return f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.1f} GB"


if __name__ == "__main__":
    main()
