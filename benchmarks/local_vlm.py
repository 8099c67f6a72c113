"""Questions per second and peak memory of a local model on ROSE: one by one, batched, shared.

    python benchmarks/local_vlm.py [--scenes 2] [--tokens 16] [--threads 1] [--device cpu]

Three ways over the same model and the same questions (seven a scene, six about the base picture
and one about the cue picture), each in a process of its own:

    one      one question at a time with the library's ``generate``
    batch    batches of 14 questions with ``generate``, every picture encoded for every question
    shared   handeye/hf: each picture encoded once, its questions decoded as a batch

The model is a LLaVA of about 100 million random weights with 576 picture tokens. Random weights
never end an answer, so every answer has the same number of new tokens. Before the clock starts each
way answers one question of another scene; the shared way checks itself with it, once a model.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

WAYS = ("one", "batch", "shared")
BATCH = 14
TEMPLATE = (
    "{%- for message in messages -%}{%- for part in message['content'] -%}"
    "{%- if part['type'] == 'image' -%}<image>{%- else -%}{{ part['text'] }}{%- endif -%}"
    "{%- endfor -%}{%- endfor -%}<answer>"
)


def tokenizer_of(texts: list[str]) -> Any:
    """About a token a word, learned from the questions; no end token."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    special = ["<pad>", "<image>", "<answer>"]
    core.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=4000, special_tokens=special))
    return PreTrainedTokenizerFast(
        tokenizer_object=core,
        pad_token="<pad>",
        extra_special_tokens={"image_token": "<image>", "answer_token": "<answer>"},
        padding_side="left",
    )


def model_of(tokenizer: Any) -> tuple[Any, Any]:
    """The model and its processor; weights from a fixed seed."""
    import torch
    from transformers import (
        LlamaConfig,
        LlavaConfig,
        LlavaForConditionalGeneration,
        LlavaProcessor,
        SiglipVisionConfig,
    )
    from transformers.models.siglip import SiglipImageProcessorPil

    vision = SiglipVisionConfig(
        image_size=336,
        patch_size=14,
        hidden_size=512,
        intermediate_size=2048,
        num_hidden_layers=8,
        num_attention_heads=8,
        vision_use_head=False,
    )
    text = LlamaConfig(
        vocab_size=32000,
        hidden_size=640,
        intermediate_size=1728,
        num_hidden_layers=11,
        num_attention_heads=10,
        num_key_value_heads=10,
        max_position_embeddings=4096,
        bos_token_id=None,
        eos_token_id=None,
        pad_token_id=tokenizer.pad_token_id,
        tie_word_embeddings=True,
    )
    torch.manual_seed(1)
    config = LlavaConfig(
        vision_config=vision,
        text_config=text,
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
        vision_feature_select_strategy="full",
        vision_feature_layer=-1,
        image_seq_length=576,
        tie_word_embeddings=True,
    )
    processor = LlavaProcessor(
        image_processor=SiglipImageProcessorPil(size={"height": 336, "width": 336}),
        tokenizer=tokenizer,
        patch_size=14,
        vision_feature_select_strategy="full",
        chat_template=TEMPLATE,
    )
    return LlavaForConditionalGeneration(config), processor


def questions_of(folder: str, loaded: Any) -> list[list[Any]]:
    """The questions of each scene, laid out as a run sends them."""
    from handeye.respondents.local.chat import write_ask
    from handeye.rose import load
    from handeye.rose.asking import scene_request
    from handeye.rose.task import requests_of

    items = load(folder)
    return [
        [
            write_ask(loaded, request.messages())
            for request in requests_of(scene_request(scene, rows, items, "image_first"), {})
        ]
        for scene, rows in items.scenes().items()
    ]


def measure(way: str, folder: str, tokens: int, threads: int, device: str) -> dict[str, Any]:
    """One way in this process: seconds, questions, peak memory in MB, tokens written."""
    import torch

    from handeye.respondents.local.decoding import Settings
    from handeye.respondents.local.engine import Engine
    from handeye.respondents.local.loading import of
    from handeye.respondents.local.plain import write_plainly
    from handeye.rose import load

    torch.set_num_threads(threads)
    texts = [item.prompt or "" for item in load(folder)]
    model, processor = model_of(tokenizer_of(texts))
    loaded = of(model.to(device), processor)
    before, *scenes = questions_of(folder, loaded)
    asks = [ask for scene in scenes for ask in scene]
    told = Settings(max_tokens=tokens)
    engine = Engine(loaded, batch_size=BATCH)

    def answer(some: list[Any]) -> list[list[int]]:
        if way == "shared":
            return [list(a.tokens) for a in engine.answer(some, [told] * len(some))]
        size = 1 if way == "one" else BATCH
        rows = []
        for start in range(0, len(some), size):
            part = some[start : start + size]
            rows += write_plainly(loaded, part, [told] * len(part))
        return [row.written for row in rows]

    answer(before[:1])
    start = time.perf_counter()
    written = answer(asks)
    seconds = time.perf_counter() - start
    if device.startswith("cuda"):
        peak = torch.cuda.max_memory_allocated() / 1e6
    else:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    weights = sum(weight.numel() for weight in model.parameters())
    found = {"seconds": seconds, "asks": len(asks), "peak": peak, "weights": weights}
    return {**found, "written": written, "notices": engine.notices}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--scenes", type=int, default=2)
    parser.add_argument("--tokens", type=int, default=16)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.way:
        found = measure(given.way, given.folder, given.tokens, given.threads, given.device)
        print(json.dumps(found))
        return
    with tempfile.TemporaryDirectory() as folder:
        from handeye.rose import generate

        generate(folder, seed=7, scenes=given.scenes + 1, workers=1, sources="emoji-style")
        print_table({way: _apart(way, folder, sys.argv[1:]) for way in WAYS})


def _apart(way: str, folder: str, options: list[str]) -> dict[str, Any]:
    command = [sys.executable, str(Path(__file__)), *options, "--way", way, "--folder", folder]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found: dict[str, Any] = json.loads(out.splitlines()[-1])
    return found


def print_table(found: dict[str, dict[str, Any]]) -> None:
    first = found["one"]
    print(f"{first['weights'] / 1e6:.0f} M weights, {first['asks']} questions")
    print(f"{'way':>8} {'items/s':>9} {'peak MB':>9} {'x batch':>8} {'as one by one':>14}")
    for way, row in found.items():
        speed = row["asks"] / row["seconds"]
        ratio = found["batch"]["seconds"] / row["seconds"]
        same = sum(a == b for a, b in zip(row["written"], first["written"], strict=True))
        told = f"{same}/{row['asks']}"
        print(f"{way:>8} {speed:9.3f} {row['peak']:9.0f} {ratio:8.2f} {told:>14}")
        for notice in row["notices"]:
            print(f"         note: {notice}")


if __name__ == "__main__":
    main()
