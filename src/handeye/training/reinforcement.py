"""Reinforcement by rewards: GRPO whose credit knows what was seen and what was made of it.

R = R_O + weight * R_P + form, length and repetition, by :mod:`handeye.rewards`. TRL gives one
advantage A to a completion; here tokens of the recognition are given their own:

    moca       where the answer is wrong, A + protect * |A| if what was seen is right, else
               A - punish * |A| (MoCA, arXiv 2605.14054)
    perceval   A - charge * |A| on tokens of facts that the scene does not bear out (Perceval,
               RUCAIBox/Perceval)

Both change nothing where A is 0, as in groups of which all are paid alike: how much of what they
would have changed that is, is logged (``credit/idle``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import torch
from datasets import Dataset
from trl import GRPOConfig, GRPOTrainer

from handeye.errors import OptionError
from handeye.rewards.adapters import trl
from handeye.rewards.checking import within
from handeye.rewards.columns import truth_of
from handeye.rewards.scoring import Verdict, verdict_of
from handeye.training.checkpoints import adapter_of
from handeye.training.examination import suppressed
from handeye.training.recipes import Recipe, Rewarded
from handeye.training.rows import Material, order
from handeye.training.stages import Resumable, arguments, rows_at_once

if TYPE_CHECKING:
    from handeye.respondents.local.loading import LocalModel

_WINDOW = 12
_WATCHED = ("outcome", "perception")


# ---- where in a completion something stands


def ends_of(tokenizer: Any, ids: Sequence[int]) -> list[int]:
    """How many characters are written when each token is, (tokens,).

    Tokens are decoded with a few before them: what a token is depends on its neighbours.
    """
    whole = len(tokenizer.decode(ids, skip_special_tokens=True))
    ends, written = [], 0
    for place in range(len(ids)):
        start = max(0, place - _WINDOW)
        before, behind = (
            len(tokenizer.decode(ids[start:stop], skip_special_tokens=True))
            for stop in (place, place + 1)
        )
        written += behind - before
        ends.append(written)
    if written != whole:
        ends = [
            len(tokenizer.decode(ids[:stop], skip_special_tokens=True))
            for stop in range(1, len(ids) + 1)
        ]
    return ends


def tokens_within(ends: Sequence[int], start: int, end: int) -> list[int]:
    """Places of the tokens that write any of the characters ``start`` to ``end``."""
    return [
        place
        for place, (first, last) in enumerate(pairwise((0, *ends)))
        if first < end and last > start and last > first
    ]


# ---- credit


def credited(stage: Rewarded, verdict: Verdict) -> Iterator[tuple[int, int, float]]:
    """Parts of a completion, and what of the size of its advantage they are given beside it.

    Args:
        stage: whose credit counts.
        verdict: of the completion.

    Returns:
        First character, end, share; none where the form is broken, or it is not known what the
        picture shows.
    """
    span = verdict.recognition
    if span is None or verdict.perception is None:
        return
    if stage.credit == "moca" and verdict.outcome == 0 and (inner := span.text.strip()):
        start = span.start + span.text.find(inner)
        share = stage.protect if verdict.perception == 1 else -stage.punish
        yield start, start + len(inner), share
    elif stage.credit == "perceval":
        for fact in verdict.facts:
            if fact.state == "unfounded":
                yield fact.start, fact.end, -stage.charge


class RewardTrainer(Resumable, GRPOTrainer):
    """TRL's GRPO, with credit by token and watchdogs.

    Args:
        stage: of the recipe.
        more: what TRL's takes; rows have the column ``ground_truth``.
    """

    def __init__(self, stage: Rewarded, **more: Any) -> None:
        self._stage = stage
        super().__init__(**more)

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        out: dict[str, Any] = super()._generate_and_score_completions(inputs)
        mask, whole = out["completion_mask"], out["advantages"][:, None]
        shares = torch.zeros_like(mask, dtype=whole.dtype)
        lengths = mask.sum(1).tolist()
        for row, (one, ids) in enumerate(zip(inputs, out["completion_ids"].tolist(), strict=True)):
            for places, share in self._credit(ids[: lengths[row]], one["ground_truth"]):
                shares[row, places] = share
        out["advantages"] = (whole + shares * whole.abs()) * mask
        routed, idle = shares != 0, (shares != 0) & (whole == 0)
        counts = torch.stack([mask.sum(), routed.sum(), idle.sum()])
        tokens, given, nothing = self.accelerator.reduce(counts, "sum").tolist()
        self._note("credit/routed", given / max(tokens, 1))
        self._note("credit/idle", nothing / max(given, 1))
        return out

    def _credit(self, ids: Sequence[int], truth: str) -> Iterator[tuple[list[int], float]]:
        """Places of tokens, and what of the size of its advantage they are given beside it."""
        told = truth_of(truth)
        assert told is not None
        text = self._tokenizer.decode(ids, skip_special_tokens=True)
        spans = list(credited(self._stage, verdict_of(text, told)))
        ends = ends_of(self._tokenizer, ids) if spans else []
        for start, end, share in spans:
            yield tokens_within(ends, start, end), share

    def _calculate_rewards(self, *given: Any) -> torch.Tensor:
        # Of all processes: (completions, functions), group behind group.
        table: torch.Tensor = super()._calculate_rewards(*given)
        groups = table.detach().cpu().double().numpy().reshape(-1, self._group, table.shape[1])
        found = {name: groups[:, :, at] for at, name in enumerate(self.reward_func_names)}
        for name, values in found.items():
            known = values[~np.isnan(values).any(1)]
            if len(known):
                self._note(f"zero_variance/{name}", (np.ptp(known, axis=1) < 1e-9).mean())
        if all(name in found for name in _WATCHED):
            pairs = np.stack([found[name] for name in _WATCHED], -1)
            together = within([pair for pair in pairs if not np.isnan(pair).any()])
            if together is not None:
                self._note("correlation", together)
        return table

    @property
    def _group(self) -> int:
        return int(self.num_generations if self.model.training else self.num_generations_eval)

    def _note(self, name: str, value: Any) -> None:
        mode = "train" if self.model.training else "eval"
        self._metrics[mode][f"handeye/{name}"].append(float(value))


def trainer_of(
    recipe: Recipe, loaded: LocalModel, material: Material, out: Path, seed: int
) -> tuple[RewardTrainer, dict[str, Any]]:
    """The trainer of a stage, and what the card says of it.

    Args:
        recipe: of the training.
        loaded: the model.
        material: rows that are trained on; those without pictures are left out.
        out: folder of the stage.
        seed: of order and sampling.

    Raises:
        OptionError: no row tells what is right; several processes are to share a group unevenly;
            what samples is not installed, or there is no first model to be compared to.
    """
    stage: Rewarded = recipe.stage("reward")
    rows = [row for row in material.rows if row.images and row.truth is not None]
    if not rows:
        raise OptionError("no row with a picture tells what is right; rewards need that")
    functions, weights = trl(stage.reward())
    at_once = rows_at_once(stage)
    never = suppressed(loaded)
    vllm = stage.rollouts == "vllm"
    if vllm and not find_spec("vllm"):
        raise OptionError("reward.rollouts: vllm is not installed: pip install vllm, or say: model")
    kept = Path(recipe.model.name).is_dir() or "/" in recipe.model.name
    if stage.beta and recipe.model.adapter is None and (not kept or recipe.model.tower):
        raise OptionError(
            "reward.beta: the first model has to lie in a folder or on the Hub as it is, to be "
            "compared to; or train an adapter on it"
        )
    settings = arguments(
        GRPOConfig, stage, recipe.machine, out, seed, at_once,
        shuffle_dataset=False,
        num_generations=stage.generations,
        max_completion_length=stage.tokens,
        temperature=stage.temperature,
        reward_weights=weights,
        scale_rewards=stage.scaled,
        beta=stage.beta,
        loss_type=stage.loss,
        generation_kwargs=(
            {"logit_bias": dict.fromkeys(never, -100.0)} if vllm else {"suppress_tokens": never}
        ),
        log_completions=False,
        **({"use_vllm": True, "vllm_mode": "colocate",
            "vllm_gpu_memory_utilization": stage.vllm_memory} if vllm else {}),
    )  # fmt: skip
    places = order(rows, stage.steps, stage.batch // stage.generations, seed)

    def shown(batch: dict[str, list[int]]) -> dict[str, list[Any]]:
        taken = [rows[one] for one in batch["row"]]
        return {
            "prompt": [[dict(one) for one in row.prompt] for row in taken],
            "images": [[material.picture(path) for path in row.images] for row in taken],
            "ground_truth": [msgspec.json.encode(row.truth).decode() for row in taken],
        }

    trainer = RewardTrainer(
        stage,
        model=loaded.model,
        args=settings,
        train_dataset=Dataset.from_dict({"row": places}).with_transform(shown),
        processing_class=loaded.processor,
        reward_funcs=functions,
        peft_config=adapter_of(recipe.model, loaded),
    )
    rewards = {
        function.__name__: weight for function, weight in zip(functions, weights, strict=True)
    }
    return trainer, {"rewards": rewards, "scaled by": stage.scaled, "suppressed": len(never)}
