"""What training minimises: the loss on the answers, and on what each patch of the picture shows.

The answers alone teach a small model to see very slowly. So for every patch what a lesson labels it
with is named: by linear heads on the tower, which are dropped when the model is saved, or where the
lesson gives words, by how alike projected patches and the embeddings of the words are. Knows
tensors, nothing of what is taught.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional

from handeye.training.lesson import IGNORED, Label
from handeye.training.packing import attention_mask

if TYPE_CHECKING:
    from transformers import LlavaForConditionalGeneration


class Pupil(nn.Module):
    """A model with its training heads.

    Args:
        model: what is trained and shipped.
        labels: of patches, in the order of ``patch_labels``.
        watched: the name of the label whose recall is told.
        patch_weight: weight of the patch loss beside the answer loss.
        looking_steps: calls in training mode during which only the patch loss counts and the
            decoder rests: a picture costs half as much, and it learns to see first.
        seed: of the heads' first weights.
        words: by the name of a label that has words, the token of every choice; choices may share
            one, and are not told apart then.
    """

    def __init__(
        self,
        model: LlavaForConditionalGeneration,
        labels: Sequence[Label],
        watched: str,
        patch_weight: float = 0.5,
        looking_steps: int = 0,
        seed: int = 0,
        words: Mapping[str, Sequence[int]] | None = None,
    ) -> None:
        super().__init__()
        self.model = model
        width = model.config.vision_config.hidden_size
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.heads = nn.ModuleDict(
                {label.name: nn.Linear(width, label.choices) for label in labels if not label.words}
            )
        self._words = {
            name: torch.tensor(tokens).unique(return_inverse=True)
            for name, tokens in (words or {}).items()
        }
        self._names = [label.name for label in labels]
        self._weights = {label.name: label.weights for label in labels}
        self._each = {label.name for label in labels if label.each}
        self._watched = watched
        self.patch_weight = patch_weight
        self.looking_steps = looking_steps
        self.register_buffer("calls", torch.zeros((), dtype=torch.long))

    def forward(
        self,
        pixel_values: torch.Tensor,
        input_ids: torch.Tensor,
        position_ids: torch.Tensor,
        labels: torch.Tensor,
        blocks: torch.Tensor,
        patch_labels: torch.Tensor,
    ) -> dict[str, torch.Tensor]:
        """Losses of a batch (:class:`handeye.training.packing.Batch`).

        Returns:
            ``loss``, what is minimised; ``patch_loss`` and ``answer_loss`` (zero while only
            looking), both mean cross entropies in nats; ``recall`` (0..1): of the
            patches that show something of the watched label, the share told right.
        """
        seen = self._look(pixel_values)
        patches = self.model.model.multi_modal_projector(seen) if self._words else None
        patch_loss, recall = self._patch_loss(seen, patches, patch_labels)
        looking = self.training and int(self.calls) < self.looking_steps
        if self.training:
            self.calls += 1
        parts = {"patch_loss": patch_loss.detach(), "recall": recall}
        if looking:
            return {"loss": patch_loss, "answer_loss": torch.zeros_like(patch_loss)} | parts
        answer_loss = self._answer_loss(seen, patches, input_ids, position_ids, labels, blocks)
        loss = answer_loss + self.patch_weight * patch_loss
        return {"loss": loss, "answer_loss": answer_loss.detach()} | parts

    def _look(self, pixel_values: torch.Tensor) -> torch.Tensor:
        """The layer of the tower that the projector reads, ``(B, P, width)``."""
        tower = self.model.model.vision_tower(pixel_values, output_hidden_states=True)
        seen: torch.Tensor = tower.hidden_states[self.model.config.vision_feature_layer]
        return seen

    def _patch_loss(
        self, seen: torch.Tensor, patches: torch.Tensor | None, wanted: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        loss = recall = seen.new_zeros(())
        for place, name in enumerate(self._names):
            told = wanted[..., place]
            if name in self._words:
                assert patches is not None
                scores, told = self._in_words(name, patches, told)
            else:
                scores = self.heads[name](seen)
            weights = self._weights[name]
            # The mean over no patch at all would be no number.
            if (told != IGNORED).any():
                loss = loss + functional.cross_entropy(
                    scores.flatten(0, -2),
                    told.flatten(),
                    weight=seen.new_tensor(weights) if weights else None,
                    ignore_index=IGNORED,
                )
            if name == self._watched:
                # What a head tells may be that there is nothing; a word is always of something.
                shown = told != IGNORED if name in self._words else told > 0
                right = (scores.argmax(-1) == told) & shown
                recall = right.sum() / shown.sum().clamp(min=1)
        return loss, recall

    def _in_words(
        self, name: str, patches: torch.Tensor, told: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Scores (B, tokens), and which is right (B,), of the patches of a picture together.

        Where each patch tells its own they are (B, P, tokens) and (B, P).

        The mean over those that are to tell it: each need know its part of the evidence only, as
        the decoder may look at all of them. That is learned in fewer steps than by each alone.
        Patches and words count as the decoder's first layer reads them, scaled by its norm: else
        few large patches tell all, and the decoder hears little of it.
        """
        tokens, choices = self._words[name]
        inner = self.model.model.language_model
        read = inner.layers[0].input_layernorm
        seen, right = read(patches), told
        if name not in self._each:
            ours = (told != IGNORED).to(patches.dtype)
            seen = (seen * ours[..., None]).sum(1) / ours.sum(1, keepdim=True).clamp(min=1)
            right = told.amax(1)
        words = read(inner.embed_tokens.weight[tokens])
        scores = seen @ words.T / words.shape[-1] ** 0.5
        return scores, torch.where(right < 0, right, choices.to(right.device)[right.clamp(min=0)])

    def _answer_loss(
        self,
        seen: torch.Tensor,
        patches: torch.Tensor | None,
        input_ids: torch.Tensor,
        position_ids: torch.Tensor,
        labels: torch.Tensor,
        blocks: torch.Tensor,
    ) -> torch.Tensor:
        inner = self.model.model
        words = inner.get_input_embeddings()(input_ids)
        if patches is None:
            patches = inner.multi_modal_projector(seen)
        words = torch.cat([patches.to(words.dtype), words[:, patches.shape[1] :]], 1)
        hidden = inner.language_model(
            inputs_embeds=words,
            attention_mask=_additive(attention_mask(blocks), words.dtype),
            position_ids=position_ids,
            use_cache=False,
        ).last_hidden_state
        # The token before a label tells it; only those go through the output layer.
        follows = labels[:, 1:] != IGNORED
        scores = self.model.lm_head(hidden[:, :-1][follows])
        return functional.cross_entropy(scores, labels[:, 1:][follows])


def _additive(allowed: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """A mask to be added to attention scores: 0 where allowed, else the lowest number."""
    return torch.zeros(allowed.shape, dtype=dtype, device=allowed.device).masked_fill(
        ~allowed, torch.finfo(dtype).min
    )
