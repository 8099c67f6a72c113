"""A model's hidden states changed while it runs: patched, steered, erased.

An edit takes the output of a layer, shape (rows, tokens, width), and gives what goes on instead.
Layers are those of the store (``embedding``, ``block.00`` ..., ``final``), so that what was found
in stored states can be put back where it came from. Plain forward hooks; in-place edits in a trace
of nnsight (``handeye[causal]``) come to the same, which a test holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch

from handeye.errors import RunError, allowed
from handeye.respondents.local.loading import LocalModel
from handeye.respondents.local.taps import EMBEDDING, FINAL, decoder_of, layer_names
from handeye.states.leace import Eraser

Edit = Callable[[torch.Tensor], torch.Tensor]
SITES = ("all", "media", "text", "last")
"""Tokens that are edited: every one; those of pictures and sounds; the others; the last one."""


def patch(donor: torch.Tensor, where: torch.Tensor) -> Edit:
    """States of another run put in place of a run's own.

    Args:
        donor: (rows, tokens, width), of a run of the same shape.
        where: (rows, tokens) which tokens, true or false.
    """
    return lambda states: torch.where(where[..., None].to(states.device), donor, states)


def steer(steps: torch.Tensor, where: torch.Tensor | None = None) -> Edit:
    """A step added to states.

    Args:
        steps: (width,), or (rows, width) for a step of its own for each row.
        where: (rows, tokens) which tokens; None: the last.
    """

    def edit(states: torch.Tensor) -> torch.Tensor:
        step = steps.to(states.device, states.dtype)
        return _placed(states, states + (step if step.ndim == 1 else step[:, None]), where)

    return edit


def erase(erasers: Eraser | Sequence[Eraser], where: torch.Tensor | None = None) -> Edit:
    """What erasers erase taken out of states.

    Args:
        erasers: one, or one for each row, all of one rank.
        where: (rows, tokens) which tokens; None: the last.
    """
    each = [erasers] if isinstance(erasers, Eraser) else list(erasers)

    def stacked(name: str, like: torch.Tensor) -> torch.Tensor:
        # One at a time in the erasers' own precision, since few are used at once.
        values = [torch.as_tensor(getattr(one, name)) for one in each]
        return torch.stack(values).to(like.device, torch.float32)

    def edit(states: torch.Tensor) -> torch.Tensor:
        mean, left, right = (stacked(name, states) for name in ("mean", "left", "right"))
        away = states.float() - mean[:, None]
        moved = away @ right.transpose(1, 2) @ left.transpose(1, 2)
        return _placed(states, (states.float() - moved).to(states.dtype), where)

    return edit


def _placed(
    states: torch.Tensor, changed: torch.Tensor, where: torch.Tensor | None
) -> torch.Tensor:
    if where is None:
        return torch.cat([states[:, :-1], changed[:, -1:]], dim=1)
    return torch.where(where[..., None].to(states.device), changed, states)


# ---- where


def layers_of(loaded: LocalModel) -> tuple[str, ...]:
    """Names of the layers of a model, in order."""
    return layer_names(len(decoder_of(loaded)[1]))


def tokens_of(loaded: LocalModel, encoded: Mapping[str, Any], site: str) -> torch.Tensor:
    """Which tokens of a batch a site has, (rows, tokens); the batch is filled up on the left.

    Raises:
        RunError: no such site.
    """
    ids = encoded["input_ids"]
    if site == "all":
        return torch.ones_like(ids, dtype=torch.bool)
    pieces = sorted(loaded.picture_ids | loaded.sound_ids)
    media = torch.isin(ids, torch.tensor(pieces, device=ids.device))
    if site == "media":
        return media
    if site == "text":
        mask: torch.Tensor = encoded["attention_mask"].bool() & ~media
        return mask
    if site == "last":
        last = torch.zeros_like(media)
        last[:, -1] = True
        return last
    raise RunError(f"site is {site!r}{allowed(site, SITES)}")


@contextmanager
def edited(loaded: LocalModel, edits: Mapping[str, Edit]) -> Iterator[None]:
    """Run a model with the outputs of some layers edited, as long as the block lasts.

    Args:
        loaded: the model.
        edits: by layer.

    Raises:
        RunError: no such layer; while it runs, a layer that gives no (rows, tokens, width).
    """
    decoder, blocks = decoder_of(loaded)
    known = layers_of(loaded)
    with ExitStack() as hooks:
        for layer, edit in edits.items():
            if layer not in known:
                raise RunError(f"layer is {layer!r}{allowed(layer, known)}")
            if layer == EMBEDDING:
                # Behind the embedding itself pictures are not in their places yet.
                handle = blocks[0].register_forward_pre_hook(_before(layer, edit), with_kwargs=True)
            else:
                module = decoder if layer == FINAL else blocks[known.index(layer) - 1]
                handle = module.register_forward_hook(_behind(layer, edit))
            hooks.callback(handle.remove)
        yield


def _before(layer: str, edit: Edit) -> Callable[..., Any]:
    def hook(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if args:
            return (_done(layer, edit, args[0]), *args[1:]), kwargs
        return args, {**kwargs, "hidden_states": _done(layer, edit, kwargs.get("hidden_states"))}

    return hook


def _behind(layer: str, edit: Edit) -> Callable[..., Any]:
    def hook(module: Any, args: tuple[Any, ...], out: Any) -> Any:
        # Some blocks hand on more than the states; a decoder gives a mapping.
        if isinstance(out, torch.Tensor):
            return _done(layer, edit, out)
        if isinstance(out, tuple):
            return (_done(layer, edit, out[0]), *out[1:])
        out["last_hidden_state"] = _done(layer, edit, out["last_hidden_state"])
        return out

    return hook


def _done(layer: str, edit: Edit, states: Any) -> torch.Tensor:
    if not isinstance(states, torch.Tensor) or states.ndim != 3:
        got = tuple(states.shape) if isinstance(states, torch.Tensor) else type(states).__name__
        raise RunError(f"{layer} of this model gives no states (rows, tokens, width), but {got}")
    return edit(states)


def taken(
    loaded: LocalModel, encoded: Mapping[str, Any], layers: Sequence[str]
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """Run a batch and keep the states of some layers.

    Returns:
        Logits at the last token, (rows, words), float32; states by layer, (rows, tokens, width).
    """
    kept: dict[str, torch.Tensor] = {}

    def keeping(layer: str) -> Edit:
        def edit(states: torch.Tensor) -> torch.Tensor:
            kept[layer] = states
            return states

        return edit

    logits = run(loaded, encoded, {layer: keeping(layer) for layer in layers})
    return logits, kept


def run(loaded: LocalModel, encoded: Mapping[str, Any], edits: Mapping[str, Edit]) -> torch.Tensor:
    """Run a batch with edits; logits at the last token, (rows, words), float32."""
    with torch.inference_mode(), edited(loaded, edits):
        out = loaded.run(1, **encoded, use_cache=False)
    logits: torch.Tensor = out.logits[:, -1].float()
    return logits
