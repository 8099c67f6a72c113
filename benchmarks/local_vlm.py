"""Local models: one request at a time, plain batches, and the picture encoded once.

    python benchmarks/local_vlm.py [--scenes 12] [--tokens 16] [--batch 14] [--threads 2]

One random model for all (LLaVA-style, 576 tokens a picture, about 100 M parameters; random weights
cost what trained ones cost), one set of ROSE with all seven items a scene, and the same number of
new tokens for every answer, because a random model never stops by itself. Each way runs in a
process of its own, on a GPU if there is one. Prints Markdown: items a second, peak memory, ratios,
and whether all three ways wrote the same tokens.
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

WAYS = {
    "one": "one request at a time, `generate`",
    "batched": "batches of `generate`, nothing shared",
    "shared": "handeye/hf",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenes", type=int, default=12)
    parser.add_argument("--tokens", type=int, default=16)
    parser.add_argument("--batch", type=int, default=14)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        print(json.dumps(measure(options)))
        return
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder), options.scenes)
        print_table({way: in_a_process(way, Path(folder), options) for way in WAYS})


def prepare(folder: Path, scenes: int) -> None:
    """Write the set and the model."""
    from handeye.rose.scenes.generation import generate

    generate(folder / "set", seed=5, scenes=scenes, workers=1)
    write_model(folder / "model", texts(folder / "set"))


def texts(data: Path) -> list[str]:
    from handeye.rose.asking.prompts import prompt_parts
    from handeye.rose.release import load

    parts = [prompt_parts(item, "image_first") for item in load(data, templates="all")]
    return [part for told in parts for part in told if part]


def write_model(folder: Path, corpus: list[str]) -> None:
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import (
        LlamaConfig,
        LlavaConfig,
        LlavaForConditionalGeneration,
        LlavaProcessor,
        PreTrainedTokenizerFast,
        SiglipVisionConfig,
    )
    from transformers.models.siglip import SiglipImageProcessorPil

    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    # Few merges, so that words fall into about as many pieces as in a large vocabulary.
    trainer = trainers.BpeTrainer(
        vocab_size=600,
        special_tokens=["<pad>", "<end>", "<image>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    core.train_from_iterator(sorted(set(corpus)), trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core,
        pad_token="<pad>",
        eos_token="<end>",
        extra_special_tokens={"image_token": "<image>"},
    )
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
        # As large as in practice: the output layer is part of every step.
        vocab_size=32000,
        hidden_size=640,
        intermediate_size=1728,
        num_hidden_layers=8,
        num_attention_heads=10,
        num_key_value_heads=10,
        max_position_embeddings=4096,
        pad_token_id=0,
        bos_token_id=None,
        eos_token_id=1,
    )
    config = LlavaConfig(
        vision_config=vision,
        text_config=text,
        image_token_index=2,
        vision_feature_select_strategy="full",
        vision_feature_layer=-1,
        image_seq_length=576,
    )
    torch.manual_seed(0)
    model = LlavaForConditionalGeneration(config)
    # No end token is ever likeliest.
    with torch.no_grad():
        model.lm_head.weight[1].zero_()
    template = (
        "{% for m in messages %}{% for p in m['content'] %}"
        "{{ '<image>' if p['type'] == 'image' else p['text'] }}{% endfor %}{% endfor %}\n"
    )
    processor = LlavaProcessor(
        image_processor=SiglipImageProcessorPil(size={"height": 336, "width": 336}),
        tokenizer=tokenizer,
        patch_size=14,
        vision_feature_select_strategy="full",
        chat_template=template,
        image_token="<image>",
    )
    model.save_pretrained(folder)
    processor.save_pretrained(folder)


def in_a_process(way: str, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    told = {name: getattr(options, name) for name in ("scenes", "tokens", "batch", "threads")}
    flags = [part for name, value in told.items() for part in (f"--{name}", str(value))]
    command = [sys.executable, __file__, "--way", way, "--folder", str(folder), *flags]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def measure(options: argparse.Namespace) -> dict[str, Any]:
    import torch

    torch.set_num_threads(options.threads)
    from handeye.respondents.local.decoding import Settings
    from handeye.respondents.local.loading import load as load_model
    from handeye.respondents.local.options import LocalOptions

    loaded = load_model(LocalOptions(path=str(options.folder / "model")))
    asks = requests(loaded, options.folder / "set")
    settings = Settings(max_tokens=options.tokens)
    answer(loaded, "one", asks[:1], settings, 1)  # first use of every kernel
    start = time.perf_counter()
    tokens = answer(loaded, options.way, asks, settings, options.batch)
    synchronize()
    seconds = time.perf_counter() - start
    gpu = torch.cuda.is_available()
    return {
        "items": len(asks),
        "parameters": sum(p.numel() for p in loaded.model.parameters()),
        "device": torch.cuda.get_device_name() if gpu else "CPU",
        "seconds": seconds,
        "peak": torch.cuda.max_memory_allocated() if gpu else peak_memory(),
        "tokens": tokens,
    }


def requests(loaded: Any, data: Path) -> list[Any]:
    """The set's questions, scene by scene, as a run sends them."""
    from handeye.respondents.local.chat import write_ask
    from handeye.rose.asking.prompts import Asking
    from handeye.rose.release import load
    from handeye.run.questions import by_scene

    scenes = by_scene(Asking().questions(load(data, templates="all"))).values()
    return [write_ask(loaded, q.write().messages) for scene in scenes for q in scene]


def answer(loaded: Any, way: str, asks: list[Any], settings: Any, batch: int) -> list[list[int]]:
    from handeye.respondents.local.engine import Engine
    from handeye.respondents.local.plain import write_plainly

    if way == "shared":
        found = Engine(loaded, batch_size=batch).answer(asks, [settings] * len(asks))
        return [list(one.tokens) for one in found]
    size = 1 if way == "one" else batch
    rows = []
    for start in range(0, len(asks), size):
        part = asks[start : start + size]
        rows += write_plainly(loaded, part, [settings] * len(part))
    return [row.written for row in rows]


def synchronize() -> None:
    import torch

    if torch.cuda.is_available():
        torch.cuda.synchronize()


def peak_memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def print_table(found: dict[str, dict[str, Any]]) -> None:
    first = found["one"]
    print(
        f"{first['items']} items, {first['parameters'] / 1e6:.0f} M parameters, {first['device']}, "
        f"{len(first['tokens'][0])} new tokens an answer\n"
    )
    print("| way | s | items/s | peak MB | against one at a time | against batches |")
    print("|---|---|---|---|---|---|")
    for way, name in WAYS.items():
        row = found[way]
        ratios = (found[other]["seconds"] / row["seconds"] for other in ("one", "batched"))
        print(
            f"| {name} | {row['seconds']:.1f} | {row['items'] / row['seconds']:.2f} | "
            f"{row['peak'] / 1e6:.0f} | " + " | ".join(f"{ratio:.2f}" for ratio in ratios) + " |"
        )
    same = [row["tokens"] == first["tokens"] for row in found.values()]
    print(f"\nthe same tokens: {'yes' if all(same) else 'NO'}")


if __name__ == "__main__":
    main()
