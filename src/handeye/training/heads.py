"""The perceptual head: what it tells of the tokens of pictures, and the loss where it is wrong.

One head serves an encoder's tokens and the hidden states of a decoder alike: it takes (B, tokens,
width) from wherever they come. Its loss has four parts, and a fifth where regions are asked for:

    patch      cross entropy of every label of every token
    contrast   InfoNCE between a picture and the embedding of its own targets, both ways
    keypoints  binary cross entropy of the heat of every keypoint
    depth      smooth L1
    region     cross entropy of where something that words name is

Works on any number of processes: negatives are gathered over all of them, and a batch without
pictures costs nothing and still touches every weight. Knows tensors, nothing of pictures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

import msgspec
import numpy as np
import torch
from torch import distributed, nn
from torch.nn import functional

from handeye.training.lesson import IGNORED
from handeye.training.recipes import Weights
from handeye.training.targets import CELLS, Targets, Vocabulary

GROUND_WEIGHT = 0.2
"""Of a token that shows no thing, beside one that does: else the ground is most of the loss."""
_COLDEST = 100.0
"""The largest factor of similarities (CLIP, Radford et al. 2021, arXiv 2103.00020, section 2.5)."""
_BETA = 0.1
"""Where smooth L1 turns from a square into a line; depths lie in 0..1."""


class TargetBatch(TypedDict):
    """Targets of ``B`` pictures with at most ``n`` tokens each; shorter grids are padded behind.

    ``classes`` (B, n, labels) int64, ``owner`` (B, n) int64, ``keypoints`` (B, n, K) float32,
    ``depth`` (B, n) float32: as in :class:`handeye.training.targets.Targets`, padding told nothing;
    ``cells`` (B, n) int64: of the board, padding in one more than there are.
    """

    classes: torch.Tensor
    owner: torch.Tensor
    keypoints: torch.Tensor
    depth: torch.Tensor
    cells: torch.Tensor


def batched(targets: Sequence[Targets]) -> TargetBatch:
    """Targets of several pictures as tensors; of none there is no batch (:func:`no_targets`)."""
    length = max(len(one.owner) for one in targets)

    def stacked(rows: Sequence[np.ndarray[Any, Any]], filling: float, kind: Any) -> torch.Tensor:
        out = np.full((len(rows), length, *rows[0].shape[1:]), filling, kind)
        for place, row in zip(out, rows, strict=True):
            place[: len(row)] = row
        return torch.from_numpy(out)

    return TargetBatch(
        classes=stacked([one.classes for one in targets], IGNORED, np.int64),
        owner=stacked([one.owner for one in targets], -1, np.int64),
        keypoints=stacked([one.keypoints for one in targets], np.nan, np.float32),
        depth=stacked([one.depth for one in targets], np.nan, np.float32),
        cells=stacked([one.cells for one in targets], CELLS**2, np.int64),
    )


def no_targets(vocabulary: Vocabulary) -> TargetBatch:
    """The targets of no picture: B and n are 0."""
    whole, real = torch.zeros((0, 0), dtype=torch.long), torch.zeros((0, 0))
    return TargetBatch(
        classes=whole[..., None].expand(0, 0, len(vocabulary.labels)),
        owner=whole,
        keypoints=real[..., None].expand(0, 0, len(vocabulary.keypoints)),
        depth=real,
        cells=whole,
    )


@dataclass(frozen=True, slots=True)
class Told:
    """What a head tells of (B, n) tokens.

    Attributes:
        classes: logits of each label's choices, (B, n, choices), in the vocabulary's order.
        keypoints: logits of heat, (B, n, keypoints).
        depth: (B, n), of which 0..1 is right.
    """

    classes: tuple[torch.Tensor, ...]
    keypoints: torch.Tensor
    depth: torch.Tensor


class PerceptualHead(nn.Module):
    """Tells classes, keypoints and depth of tokens, and which targets are a picture's own.

    Args:
        width: of a token.
        vocabulary: what is told.
        query: width of the states that ask where something is (:meth:`regions`); None: none do.
        projected: width of what pictures and targets are compared in, a cell of the board.
        seed: of the first weights.
    """

    def __init__(
        self,
        width: int,
        vocabulary: Vocabulary,
        *,
        query: int | None = None,
        projected: int = 16,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.vocabulary = vocabulary
        self._choices = [len(choices) for choices in vocabulary.labels.values()]
        points = len(vocabulary.keypoints)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            # States of a decoder are of any size; those of a tower are about one.
            self.norm = nn.LayerNorm(width)
            self.tell = nn.Linear(width, sum(self._choices) + points + 1)
            self.show = nn.Linear(width, projected)
            # A row a choice and none for what is not told; of the ground nothing is said.
            self.words = nn.ModuleList(
                nn.Embedding(count + 1, projected, padding_idx=0) for count in self._choices
            )
            self.maps = nn.Linear(points + 1, projected, bias=False)
            self.sharpness = nn.Parameter(torch.tensor(1 / 0.07).log())
            self.seek: nn.Linear | None = None
            if query is not None:
                self.seek = nn.Linear(query, width)

    def forward(self, tokens: torch.Tensor) -> Told:
        """What is told of tokens (B, n, width)."""
        return self._told(self._normed(tokens))

    def _normed(self, tokens: torch.Tensor) -> torch.Tensor:
        # A model in half precision keeps its head in float32.
        normed: torch.Tensor = self.norm(tokens.to(self.norm.weight.dtype))
        return normed

    def _told(self, normed: torch.Tensor) -> Told:
        parts = self.tell(normed).split([*self._choices, len(self.vocabulary.keypoints), 1], -1)
        return Told(tuple(parts[:-2]), parts[-2], parts[-1][..., 0])

    def losses(
        self, tokens: torch.Tensor, targets: TargetBatch, weights: Weights | None = None
    ) -> dict[str, torch.Tensor]:
        """The parts of the loss, and their weighted sum.

        Args:
            tokens: (B, n, width), of the grids that the targets are of, row by row. B may be 0:
                a process without pictures must call this all the same where others have some.
            targets: of the same pictures.
            weights: of the parts; None: :class:`Weights`.

        Returns:
            ``loss`` with its gradient, whatever there is; ``patch``, ``contrast``, ``keypoints``
            and ``depth``, those that count, detached; each a mean over what is told, 0 where
            nothing is. ``named``: of the tokens that show a thing the share whose name is told
            right, 0..1.
        """
        wanted = weights or Weights()
        if not len(tokens):
            tokens = tokens[:, :0]
        normed = self._normed(tokens)
        told = self._told(normed)
        parts: dict[str, torch.Tensor] = {}
        if wanted.patch:
            parts["patch"] = self._patch_loss(told, targets["classes"])
        if wanted.contrast:
            parts["contrast"] = self._contrast(normed, targets)
        if wanted.keypoints:
            parts["keypoints"] = self._keypoint_loss(told, targets)
        if wanted.depth:
            parts["depth"] = self._depth_loss(told, targets["depth"])
        loss = self.nothing() + 0.0 * told.depth.sum()
        for name, part in parts.items():
            loss = loss + getattr(wanted, name) * part
        told_parts = {name: part.detach() for name, part in parts.items()}
        return {"loss": loss, **told_parts, "named": _named(told, targets["classes"])}

    def nothing(self) -> torch.Tensor:
        """0 with a gradient of 0 for every weight: what processes without a picture add."""
        return sum((p.sum() for p in self.parameters()), self.sharpness.new_zeros(())) * 0.0

    def regions(self, query: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
        """How much each token is where a query points to: logits (B, n).

        Args:
            query: (B, query), such as the states of the last token of a question, behind the words
                that name a region. Tokens before these words cannot know it.
            tokens: (B, n, width).

        Raises:
            ValueError: the head was made without ``query``.
        """
        if self.seek is None:
            raise ValueError("the head was made without query: it finds no regions")
        sought = self.seek(query.to(self.seek.weight.dtype))
        return torch.einsum("bw,bnw->bn", sought, self._normed(tokens)) / sought.shape[-1] ** 0.5

    # ---- parts

    def _patch_loss(self, told: Told, classes: torch.Tensor) -> torch.Tensor:
        """The mean over labels of which anything is told."""
        found = []
        for place, logits in enumerate(told.classes):
            right = classes[..., place].flatten()
            # The mean over no token at all would be no number.
            if bool((right != IGNORED).any()):
                weight = logits.new_ones(logits.shape[-1])
                if place == 0:
                    weight[0] = GROUND_WEIGHT
                found.append(
                    functional.cross_entropy(
                        logits.flatten(0, -2), right, weight=weight, ignore_index=IGNORED
                    )
                )
        return torch.stack(found).mean() if found else told.depth.new_zeros(())

    def _keypoint_loss(self, told: Told, targets: TargetBatch) -> torch.Tensor:
        heat = targets["keypoints"]
        # Between the means of what is warm and of what is cold, as between things and ground.
        weight = torch.where(heat > 0.01, 1.0, GROUND_WEIGHT) * ~heat.isnan()
        each = functional.binary_cross_entropy_with_logits(
            told.keypoints, heat.nan_to_num(), reduction="none"
        )
        return (each * weight).sum() / weight.sum().clamp(min=1)

    def _depth_loss(self, told: Told, depth: torch.Tensor) -> torch.Tensor:
        known = ~depth.isnan()
        each = functional.smooth_l1_loss(
            told.depth, depth.nan_to_num(), reduction="none", beta=_BETA
        )
        return (each * known).sum() / known.sum().clamp(min=1)

    # ---- pictures against targets

    def _contrast(self, normed: torch.Tensor, targets: TargetBatch) -> torch.Tensor:
        """InfoNCE, (van den Oord et al. 2018, arXiv 1807.03748), over the rows of all processes.

        Of each picture the target maps of all others are wrong, those of its scene among them, and
        its own with one attribute of one thing changed.
        """
        shown = _flat(self.show(normed), targets["cells"])
        own = _flat(self._map(targets, targets["classes"]), targets["cells"])
        changed = _flat(self._map(targets, self._one_changed(targets)), targets["cells"])
        scale = self.sharpness.exp().clamp(max=_COLDEST)
        all_shown, all_own, first = gathered(shown, own)
        if not len(shown):
            return (all_shown.sum() + all_own.sum()) * 0.0
        right = torch.arange(len(shown), device=shown.device) + first
        near = scale * (shown * changed).sum(-1, keepdim=True)
        # One without a thing to be changed is its own map again. Masked behind the factor, whose
        # gradient would be no number.
        near = near.masked_fill((changed == own).all(-1, keepdim=True), -torch.inf)
        to_maps = torch.cat([scale * shown @ all_own.T, near], 1)
        to_pictures = scale * own @ all_shown.T
        return 0.5 * (
            functional.cross_entropy(to_maps, right) + functional.cross_entropy(to_pictures, right)
        )

    def _map(self, targets: TargetBatch, classes: torch.Tensor) -> torch.Tensor:
        """The embedding of targets, token by token, (B, n, projected); 0 on the ground."""
        rows = torch.where(classes == IGNORED, -1, classes) + 1
        # The first choice of the first label is the ground, of which nothing is said.
        first = torch.where(rows[..., :1] == 1, 0, rows[..., :1])
        rows = torch.cat([first, rows[..., 1:]], -1)
        seen = sum(words(rows[..., place]) for place, words in enumerate(self.words))
        heat = torch.cat([targets["keypoints"], targets["depth"][..., None]], -1).nan_to_num()
        thing = (targets["owner"] > 0)[..., None]
        out: torch.Tensor = seen + self.maps(heat * thing)
        return out

    def _one_changed(self, targets: TargetBatch) -> torch.Tensor:
        """Classes in which one label of one thing of each picture is another one; drawn anew."""
        classes = targets["classes"].clone()
        device = classes.device
        for number, owner in enumerate(targets["owner"]):
            things = owner[owner > 0].unique()
            if not len(things):
                continue
            thing = things[torch.randint(len(things), (1,)).item()]
            mine = owner == thing
            row = classes[number, mine]
            told = [
                place
                for place, count in enumerate(self._choices)
                # The ground is no choice of a thing's.
                if count > 2 - (place > 0) and int(row[0, place]) != IGNORED
            ]
            if not told:
                continue
            place = told[int(torch.randint(len(told), (1,)))]
            low = 1 if place == 0 else 0
            count = self._choices[place] - low
            step = int(torch.randint(1, count, (1,)))
            row[:, place] = low + (row[:, place] - low + step) % count
            classes[number, mine] = row.to(device)
        return classes


@torch.no_grad()
def _named(told: Told, classes: torch.Tensor) -> torch.Tensor:
    right = classes[..., 0]
    hits = (told.classes[0].argmax(-1) == right) & (right > 0)
    return hits.sum() / (right > 0).sum().clamp(min=1)


def region_loss(logits: torch.Tensor, shares: torch.Tensor) -> torch.Tensor:
    """Cross entropy between where a query points to and where the region is.

    Args:
        logits: (B, n), of :meth:`PerceptualHead.regions`.
        shares: (B, n), how much of each token the region covers, 0..1 and nan for padding; rows
            without any are left out.

    Returns:
        The mean over rows, in nats; 0 where there are none.
    """
    inside = logits.masked_fill(shares.isnan(), torch.finfo(logits.dtype).min)
    right = shares.nan_to_num()
    total = right.sum(-1)
    told = total > 0
    each = -(right * inside.log_softmax(-1)).sum(-1) / total.clamp(min=1e-6)
    return (each * told).sum() / told.sum().clamp(min=1)


def _flat(tokens: torch.Tensor, cells: torch.Tensor) -> torch.Tensor:
    """Tokens (B, n, p) as the means of the board's cells, one vector of length 1 a picture."""
    board = tokens.new_zeros(len(tokens), CELLS**2 + 1, tokens.shape[-1])
    place = cells[..., None].expand_as(tokens)
    board = board.scatter_add(1, place, tokens)
    number = tokens.new_zeros(board.shape[:2]).scatter_add(
        1, cells, torch.ones_like(tokens[..., 0])
    )
    means = (board / number.clamp(min=1)[..., None])[:, :-1]
    return functional.normalize(means.flatten(1), dim=-1)


# ---- several processes


class _Summed(torch.autograd.Function):
    """The sum over all processes; so is its gradient."""

    @staticmethod
    def forward(ctx: Any, rows: torch.Tensor) -> torch.Tensor:
        out = rows.clone()
        distributed.all_reduce(out)
        return out

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> torch.Tensor:
        out = grads[0].contiguous().clone()
        distributed.all_reduce(out)
        return out


def gathered(*tables: torch.Tensor) -> tuple[Any, ...]:
    """The rows of all processes, in their order, with gradients to all of them.

    Args:
        tables: (rows, width) each, of as many rows; other processes may have more or none.

    Returns:
        Each table with all rows, and the place of the first of one's own.
    """
    if not (distributed.is_available() and distributed.is_initialized()):
        return (*tables, 0)
    counts = tables[0].new_zeros(distributed.get_world_size(), dtype=torch.long)
    rank = distributed.get_rank()
    counts[rank] = len(tables[0])
    distributed.all_reduce(counts)
    first, total = int(counts[:rank].sum()), int(counts.sum())
    out = []
    for table in tables:
        placed = functional.pad(table, (0, 0, first, total - first - len(table)))
        out.append(_Summed.apply(placed))
    return (*out, first)


def heads_file(head: PerceptualHead) -> Mapping[str, Any]:
    """What makes a head again, beside its weights: JSON values."""
    return {
        "width": head.tell.in_features,
        "projected": head.show.out_features,
        "query": None if head.seek is None else head.seek.in_features,
        "vocabulary": msgspec.to_builtins(head.vocabulary),
    }
