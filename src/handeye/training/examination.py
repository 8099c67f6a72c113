"""What a model does on rows that are held out, before a training and after it.

Perplexity tells what a training cost of what was known before; answers, written greedily and judged
as :mod:`handeye.rewards` judges them, tell what it brought. Every process of several does the same,
so that a model which is spread over them can be asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import t as student
from torch.nn import functional
from trl.data_utils import apply_chat_template, prepare_multimodal_messages
from trl.trainer.sft_trainer import DataCollatorForVisionLanguageModeling

from handeye.atomic import replacing
from handeye.rewards.checking import Judged, summed
from handeye.rewards.scoring import verdict_of
from handeye.scores.estimate import NOTHING, Estimate
from handeye.training.lesson import IGNORED
from handeye.training.rows import Material, Row

if TYPE_CHECKING:
    from handeye.respondents.local.loading import LocalModel
    from handeye.training.recipes import Rewarded

Progress = Callable[[int, int], None]


class Words:
    """Rows -> token ids, pixels and labels, padded behind; prompts are not learned."""

    def __init__(self, loaded: LocalModel, material: Material) -> None:
        self._material, self._processor = material, loaded.processor
        # By the row itself, which is kept with them: a row comes again and again.
        self._texts: dict[int, tuple[Row, dict[str, str]]] = {}
        self._collate = DataCollatorForVisionLanguageModeling(
            loaded.processor, max_length=None, completion_only_loss=True
        )

    def __call__(self, rows: Sequence[Row]) -> dict[str, Any]:
        """A batch of rows with completions, with and without pictures as they come."""
        told = []
        for row in rows:
            images = [self._material.picture(path) for path in row.images]
            told.append({**self._text(row, images), "images": images})
        return dict(self._collate(told))

    def _text(self, row: Row, images: Sequence[Any]) -> dict[str, str]:
        if id(row) not in self._texts:
            answer = [{"role": "assistant", "content": row.completion}]
            told = {
                "prompt": prepare_multimodal_messages([dict(one) for one in row.prompt], images),
                "completion": prepare_multimodal_messages(answer),
            }
            self._texts[id(row)] = row, dict(apply_chat_template(told, self._processor))
        return self._texts[id(row)][1]


@contextmanager
def at_rest(model: Any) -> Iterator[None]:
    """Ask a model that is being trained, and leave it and the random states as they were."""
    training = model.training
    model.eval()
    with torch.random.fork_rng(), torch.no_grad():
        yield
    model.train(training)


def surprise(model: Any, rows: Sequence[Row], words: Words, batch: int) -> dict[str, list[float]]:
    """How surprised a model is by right completions: by scene, nats in all and tokens.

    Args:
        model: that is asked.
        rows: with completions; there may be none.
        words: makes batches of them.
        batch: rows at a time.
    """
    out: dict[str, list[float]] = {}
    with at_rest(model):
        for start in range(0, len(rows), batch):
            some = rows[start : start + batch]
            given = {name: one.to(model.device) for name, one in words(some).items()}
            wanted = given.pop("labels")[:, 1:]
            logits = model(**given).logits[:, :-1].float()
            each = functional.cross_entropy(
                logits.transpose(1, 2), wanted, ignore_index=IGNORED, reduction="none"
            ).sum(1)
            counts = (wanted != IGNORED).sum(1)
            for row, nats, tokens in zip(some, each.tolist(), counts.tolist(), strict=True):
                total = out.setdefault(row.scene_id, [0.0, 0.0])
                total[0] += nats
                total[1] += tokens
    return out


def perplexity(found: Mapping[str, list[float]]) -> dict[str, Any]:
    """What a surprise by scene comes to.

    Returns:
        ``scenes``, ``tokens``, and ``perplexity``: e to the mean nats a token, an estimate.
    """
    totals = np.array([*found.values()], float).reshape(-1, 2)
    told = _raised(totals[:, 0], totals[:, 1])
    return {"scenes": len(totals), "tokens": told.n, "perplexity": msgspec.to_builtins(told)}


def change(before: Mapping[str, list[float]], after: Mapping[str, list[float]]) -> Estimate:
    """By what factor perplexity changed, on the same tokens; 1: it did not."""
    both = [(after[one][0] - before[one][0], after[one][1]) for one in after]
    totals = np.array(both, float).reshape(-1, 2)
    return _raised(totals[:, 0], totals[:, 1])


def _raised(totals: NDArray[np.float64], counts: NDArray[np.float64]) -> Estimate:
    """E to a mean over tokens, with its 95 % interval over scenes.

    Of a quotient of sums, linearised (Cochran 1977, Sampling Techniques, equation 6.10), with
    Student's t.

    Args:
        totals: of each scene.
        counts: tokens of each scene.
    """
    n, whole = len(totals), float(counts.sum())
    if not whole:
        return NOTHING
    mean = float(totals.sum()) / whole
    if n < 2:
        return Estimate(float(np.exp(mean)), n=int(whole))
    spread = float(((totals - mean * counts) ** 2).sum() * n / (n - 1)) ** 0.5 / whole
    wide = float(student.ppf(0.975, n - 1)) * spread
    value, low, high = (float(np.exp(end)) for end in (mean, mean - wide, mean + wide))
    return Estimate(value, low, high, int(whole))


def suppressed(loaded: LocalModel) -> list[int]:
    """Tokens that are never to be sampled: all that are no text, but for those that end an answer.

    One that stands for a picture would end the training: there is no picture for it.
    """
    special = (loaded.special_ids | loaded.media_ids | {loaded.pad_id}) - loaded.end_ids
    return sorted(special - loaded.thought_ids)


def answers(
    loaded: LocalModel,
    model: Any,
    material: Material,
    rows: Sequence[Row],
    *,
    tokens: int,
    batch: int,
    progress: Progress | None = None,
) -> list[str]:
    """What a model writes to the prompts of rows, greedily.

    Args:
        loaded: the model with its processor.
        model: itself, or what it is wrapped in.
        material: has the pictures.
        rows: that are asked.
        tokens: of an answer at most.
        batch: rows at a time.
        progress: called with (rows done, in all).
    """
    out: list[str] = []
    with at_rest(model):
        for start in range(0, len(rows), batch):
            given = prompts(loaded, material, rows[start : start + batch]).to(model.device)
            made = model.generate(
                **given, do_sample=False, max_new_tokens=tokens, suppress_tokens=suppressed(loaded)
            )
            told = made[:, given["input_ids"].shape[1] :]
            out += loaded.tokenizer.batch_decode(told, skip_special_tokens=True)
            if progress:
                progress(len(out), len(rows))
    return out


def drawn(
    loaded: LocalModel,
    model: Any,
    material: Material,
    rows: Sequence[Row],
    course: Rewarded,
    *,
    batch: int,
    seed: int = 0,
    progress: Progress | None = None,
) -> list[list[str]]:
    """Completions to the prompts of rows, drawn in groups as a training by rewards draws them.

    Args:
        loaded: the model with its processor.
        model: itself, or what it is wrapped in.
        material: has the pictures.
        rows: that are asked.
        course: says how many completions a group has, how long one is, and how sharply it is drawn.
        batch: rows at a time.
        seed: of the draws.
        progress: called with (rows done, in all).
    """
    out: list[list[str]] = []
    many = course.generations
    with at_rest(model):
        torch.manual_seed(seed)
        for start in range(0, len(rows), batch):
            some = [row for row in rows[start : start + batch] for _ in range(many)]
            given = prompts(loaded, material, some).to(model.device)
            made = model.generate(
                **given, do_sample=True, temperature=course.temperature, top_k=0, top_p=1.0,
                max_new_tokens=course.tokens, suppress_tokens=suppressed(loaded),
            )  # fmt: skip
            told = made[:, given["input_ids"].shape[1] :]
            texts = loaded.tokenizer.batch_decode(told, skip_special_tokens=True)
            out += [texts[place : place + many] for place in range(0, len(texts), many)]
            if progress:
                progress(len(out), len(rows))
    return out


def prompts(loaded: LocalModel, material: Material, rows: Sequence[Row]) -> Any:
    """Prompts of rows as a batch, padded on the left, with their pictures."""
    images = [[material.picture(path) for path in row.images] for row in rows]
    said = [
        prepare_multimodal_messages([dict(one) for one in row.prompt], images=shown)
        for row, shown in zip(rows, images, strict=True)
    ]
    texts = [loaded.processor.apply_chat_template(one, add_generation_prompt=True) for one in said]
    return loaded.processor(
        text=texts,
        images=images if any(images) else None,
        padding=True,
        padding_side="left",
        add_special_tokens=False,
        return_tensors="pt",
    )


def judged(rows: Sequence[Row], said: Sequence[str]) -> dict[str, Any]:
    """What answers are worth, as ``handeye rewards check`` has it: JSON values.

    Args:
        rows: with what is right.
        said: an answer to each.
    """
    found = []
    for row, text in zip(rows, said, strict=True):
        assert row.truth is not None
        verdict = verdict_of(text, row.truth)
        found.append(Judged(row.item_id, row.item_id, row.scene_id, text, row.truth, verdict))
    told: dict[str, Any] = msgspec.to_builtins(summed(found))
    return told


def write_answers(path: Path, rows: Sequence[Row], said: Sequence[str]) -> None:
    """Write answers as lines that ``handeye rewards check`` reads."""
    with replacing(path) as stream:
        for row, text in zip(rows, said, strict=True):
            line = {
                "item_id": row.item_id,
                "scene_id": row.scene_id,
                "completion": text,
                "ground_truth": msgspec.json.encode(row.truth).decode(),
            }
            stream.write(msgspec.json.encode(line) + b"\n")
