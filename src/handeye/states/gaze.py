"""What a local model's attention does over the tokens of a picture, read while it runs.

Hooks on the blocks' attention reduce each map as it is made: no pass holds those of all layers and
heads. Only eager attention hands weights on. Which part of a picture a token shows is found by
sending a region, white on black, through the model's own processor, whatever that resizes, pads,
crops or cuts into tiles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from handeye.errors import DataError, RunError
from handeye.respondents.local.chat import Ask
from handeye.respondents.local.choices import Spelt, choice_tokens
from handeye.respondents.local.loading import LocalModel
from handeye.respondents.local.media import Picture
from handeye.respondents.local.prompts import longer, process
from handeye.respondents.local.taps import decoder_of, layer_names
from handeye.states.regions import Mask

if TYPE_CHECKING:
    from inspect_ai.model import ChatMessage

Floats32 = NDArray[np.float32]
GENERIC = "Write a general description of the image."
"""The prompt that attention is set against (Zhang et al. 2025, arXiv 2502.17422)."""
COVERED = 0.25
"""A token counts to a region from this share of its pixels on."""


@dataclass(frozen=True, slots=True)
class Looked:
    """The attention of the last token of a question.

    Attributes:
        heads: to each token of the picture, (layers, heads, tokens), of all attention; a head that
            a layer has not is nan.
        rollout: likewise through all blocks of the decoder, (tokens,); empty where a block hands on
            the last token's attention alone.
        through: the same on through the vision tower, where that has the picture's tokens one for
            one and hands on its weights; else empty.
        embedded: what goes into the first block for each token of the picture, (tokens, width).
        logits: at the last token, (words,), float32.
    """

    heads: Floats32
    rollout: Floats32
    through: Floats32
    embedded: Floats32
    logits: torch.Tensor


class Gaze:
    """Reads the attention of one model.

    Attributes:
        layers: names of the blocks that have attention, in order.
    """

    def __init__(self, loaded: LocalModel) -> None:
        """Find where the blocks attend.

        Raises:
            RunError: no block has a part that attends over all tokens.
        """
        self._loaded = loaded
        self._decoder, self._blocks = decoder_of(loaded)
        names = layer_names(len(self._blocks))[1:]
        found = {
            name: block.self_attn
            for name, block in zip(names, self._blocks, strict=False)
            if hasattr(block, "self_attn")
        }
        if not found:
            raise RunError(
                f"{self._family}: its blocks have no self_attn; the attention of this family "
                "cannot be read"
            )
        self.layers, self._attending = tuple(found), tuple(found.values())
        inside = set(self._decoder.modules())
        self._tower = [
            one
            for one in loaded.model.modules()
            if one not in inside and type(one).__name__.endswith("Attention")
        ]
        self._spelt = Spelt(loaded)
        self._plain = lru_cache(maxsize=32)(self._plain_pixels)

    @property
    def _family(self) -> str:
        return type(self._loaded.model).__name__

    # ---- attention

    @torch.inference_mode()
    def look(self, ask: Ask) -> Looked:
        """Run a question and read the attention of its last token.

        Raises:
            RunError: the attention hands on no weights (sdpa, flash ...), or no token of a picture
                is there.
        """
        encoded = process(self._loaded, [ask])
        at = self._tokens(encoded)
        rows: dict[int, torch.Tensor] = {}
        whole: dict[int, torch.Tensor] = {}
        tower: list[torch.Tensor] = []
        embedded: list[torch.Tensor] = []

        def attended(number: int, module: Any, given: Any, out: Any) -> None:
            weights = _weights(out)
            if weights is None:
                raise self._without_weights()
            rows[number] = weights[0, :, -1].float()[:, at].cpu()
            whole[number] = weights[0].mean(0)

        def of_tower(module: Any, given: Any, out: Any) -> None:
            weights = _weights(out)
            if weights is not None and len(weights) == 1:
                tower.append(weights[0].mean(0).float())

        def before(module: Any, given: tuple[Any, ...], named: dict[str, Any]) -> None:
            states = given[0] if given else named["hidden_states"]
            if states.ndim != 3:
                raise RunError(
                    f"{self._family}: its blocks take {tuple(states.shape)} and not states of "
                    "(rows, tokens, width); the attention of this family cannot be read"
                )
            embedded.append(states[0][at].float().cpu())

        with ExitStack() as hooks:
            handles = [self._blocks[0].register_forward_pre_hook(before, with_kwargs=True)]
            handles += [
                one.register_forward_hook(partial(attended, number))
                for number, one in enumerate(self._attending)
            ]
            handles += [one.register_forward_hook(of_tower) for one in self._tower]
            for one in handles:
                hooks.callback(one.remove)
            out = self._loaded.run(1, **encoded, use_cache=False)
        if len(rows) < len(self._attending):
            raise self._without_weights()
        most = max(len(one) for one in rows.values())
        heads = np.full((len(rows), most, len(at)), np.nan, np.float32)
        for number, one in rows.items():
            heads[number, : len(one)] = one.numpy()
        maps = [whole[number] for number in range(len(whole))]
        rollout, through = _rolled(maps, tower, at)
        return Looked(heads, rollout, through, embedded[0].numpy(), out.logits[0, -1].float())

    def _without_weights(self) -> RunError:
        config = self._loaded.model.config.get_text_config(decoder=True)
        way = getattr(config, "_attn_implementation", None) or "the model's"
        remedy = (
            "the attention of this family cannot be read"
            if way == "eager"
            else "load the model with -M attention=eager"
        )
        return RunError(f"{self._family}: attention by {way} hands on no weights; {remedy}")

    def _tokens(self, encoded: Mapping[str, Any]) -> torch.Tensor:
        """Places of the picture's tokens.

        Raises:
            RunError: there are none.
        """
        ids = encoded["input_ids"][0]
        wanted = torch.tensor(sorted(self._loaded.picture_ids), device=ids.device)
        found = torch.isin(ids, wanted).nonzero()[:, 0]
        if not len(found):
            raise RunError(f"{self._family}: no token of a picture is found in a question")
        return found

    # ---- answers

    def logits(self, ask: Ask) -> torch.Tensor:
        """Logits behind a question, (words,), float32."""
        return self._logits(process(self._loaded, [ask]), 1)[0]

    def logprobs(self, ask: Ask, logits: torch.Tensor, options: Sequence[str]) -> list[float]:
        """Log-probability of each option as the beginning of the answer.

        Of single letters over all tokens that spell one; of others the sum over their tokens.

        Args:
            ask: the question.
            logits: behind it.
            options: none is the beginning of another.

        Raises:
            OptionError: an option without tokens.
            DataError: a letter that no token spells.
            RunError: logits that are no numbers.
        """
        if not torch.isfinite(logits).all():
            raise RunError(
                f"the model's numbers overflowed in {self._loaded.dtype}: load it with "
                "-M dtype=bfloat16 or dtype=float32"
            )
        if all(len(one) == 1 and one.isalpha() for one in options):
            spelt = self._spelt.logprobs(logits, options)
            if None in spelt:
                raise DataError(f"no token of the model spells {options[spelt.index(None)]!r}")
            return [float(one) for one in spelt if one is not None]
        first = logits.double().log_softmax(-1)
        found = []
        for option in options:
            ids = choice_tokens(self._loaded, option)
            total = float(first[ids[0]])
            if len(ids) > 1:
                encoded = longer(process(self._loaded, [ask]), ids[:-1])
                later = self._logits(encoded, len(ids) - 1).double().log_softmax(-1)
                total += sum(float(later[place, token]) for place, token in enumerate(ids[1:]))
            found.append(total)
        return found

    @torch.inference_mode()
    def _logits(self, encoded: Mapping[str, Any], keep: int) -> torch.Tensor:
        logits: torch.Tensor = self._loaded.run(keep, **encoded, use_cache=False).logits
        return logits[0, -keep:].float()

    # ---- which tokens show a region

    def covered(self, ask: Ask, mask: Mask) -> tuple[Floats32, tuple[int, ...]]:
        """How much of each token of the picture a region covers.

        Args:
            ask: with one picture of the mask's size; of two that differ in words alone the result
                is the same.
            mask: (height, width) of the region.

        Returns:
            (tokens,) shares in 0..1, and what tells grids apart: pictures of equal ones have their
            tokens in the same places.

        Raises:
            RunError: the family lays its tokens over pictures in a way that is not known.
        """
        tokens, grid = self._pixels(ask, mask)
        zero, _ = self._plain(replace(ask, pictures=()), mask.shape, False)
        one, _ = self._plain(replace(ask, pictures=()), mask.shape, True)
        with np.errstate(invalid="ignore", divide="ignore"):
            share = np.where(one != zero, (tokens - zero) / (one - zero), np.nan)
        known = ~np.isnan(share)
        counts = known.sum(1)
        found = np.where(known, share, 0).sum(1) / np.maximum(counts, 1)
        return np.clip(found, 0, 1).astype(np.float32), grid

    def _plain_pixels(self, ask: Ask, shape: tuple[int, int], white: bool) -> Any:
        return self._pixels(ask, np.full(shape, white))

    def _pixels(self, ask: Ask, mask: Mask) -> tuple[Floats32, tuple[int, ...]]:
        """What the processor makes of a region, white on black: (tokens, numbers); its grid."""
        out = BytesIO()
        Image.fromarray(np.repeat(mask[..., None] * np.uint8(255), 3, axis=2)).save(out, "PNG")
        encoded = process(self._loaded, [replace(ask, pictures=(Picture.of(out.getvalue()),))])
        count = len(self._tokens(encoded))
        pixels = encoded.get("pixel_values")
        found = None if pixels is None else self._by_token(encoded, pixels.float().cpu(), count)
        if pixels is None or found is None:
            shapes = {name: tuple(one.shape) for name, one in encoded.items() if "pixel" in name}
            raise RunError(
                f"{self._family}: how its {count} tokens lie over a picture is not known "
                f"({shapes}), so no region can be found among them; families that cut pictures "
                "into patches in order or into tiles of square grids can be read"
            )
        # Patches and tiles may be as many and lie otherwise.
        laid = encoded["image_grid_thw"][0].tolist() if pixels.ndim == 2 else mask.shape
        one = pixels.ndim > 2 and pixels.shape[:-3].numel() == 1
        return found, (count, *pixels.shape, *(() if one else laid))

    def _by_token(
        self, encoded: Mapping[str, Any], pixels: torch.Tensor, count: int
    ) -> Floats32 | None:
        """Pixels of each token, (tokens, numbers); None where the way is not known."""
        if pixels.ndim == 2 and "image_grid_thw" in encoded:
            # Patches that are merged into a token follow each other.
            merged, rest = divmod(len(pixels), count)
            return None if rest else pixels.reshape(count, merged * pixels.shape[1]).numpy()
        if pixels.ndim not in (4, 5):
            return None
        tiles = pixels.reshape(-1, *pixels.shape[-3:]).numpy()
        each, rest = divmod(count, len(tiles))
        # Families that mark the ends of rows among a picture's own tokens.
        marked = getattr(self._loaded.model.config, "image_grid_pinpoints", None) is not None
        side = int(each**0.5)
        if rest or side * side != each or marked or tiles.shape[-1] != tiles.shape[-2]:
            return None
        # The numbers of pixels that a token has may differ by one where they do not come out even.
        place = np.arange(tiles.shape[-1]) * side // tiles.shape[-1]
        order = (place[:, None] * side + place).ravel()
        widest = int(np.bincount(order).max())
        flat = tiles.transpose(0, 2, 3, 1).reshape(len(tiles), -1, tiles.shape[1])
        out = np.full((len(tiles), each, widest, tiles.shape[1]), np.nan, np.float32)
        for token in range(each):
            own = flat[:, order == token]
            out[:, token, : own.shape[1]] = own
        return out.reshape(count, -1)


def _weights(out: Any) -> torch.Tensor | None:
    """Attention (rows, heads, from, to) of what a part of a model gives; None where it has none."""
    found = out[1] if isinstance(out, tuple) and len(out) > 1 else None
    return found if isinstance(found, torch.Tensor) and found.ndim == 4 else None


def _rolled(
    maps: Sequence[torch.Tensor], tower: Sequence[torch.Tensor], at: torch.Tensor
) -> tuple[Floats32, Floats32]:
    """Attention rollout of the last token (Abnar and Zuidema 2020, arXiv 2005.00928, section 3).

    Each map is averaged with the identity, which stands for the residual stream.

    Returns:
        Over the tokens of the picture, through the decoder and on through the tower.
    """
    nothing = np.zeros(0, np.float32)
    size = maps[0].shape[-1]
    if any(one.shape != (size, size) for one in maps):
        return nothing, nothing
    flow = torch.zeros(size, device=maps[0].device)
    flow[-1] = 1.0
    flow = _flown(flow, maps)[at.to(flow.device)]
    seen = len(flow)
    more = {one.shape[-1] - seen for one in tower if one.shape[-1] == one.shape[-2]}
    if len(more) != 1 or not more <= {0, 1} or any(one.shape[-1] < seen for one in tower):
        return flow.cpu().numpy(), nothing
    # One token more is the tower's own, which stands first and is not handed on.
    (extra,) = more
    padded = torch.cat([torch.zeros(extra, device=flow.device), flow])
    return flow.cpu().numpy(), _flown(padded, tower)[extra:].cpu().numpy()


def _flown(flow: torch.Tensor, maps: Sequence[torch.Tensor]) -> torch.Tensor:
    for one in reversed(maps):
        flow = 0.5 * flow.to(one.device) + 0.5 * flow.to(one.device) @ one.float()
    return flow


def generic(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    """A conversation with :data:`GENERIC` in place of the last words of its user."""
    from inspect_ai.model import ContentText

    out = list(messages)
    last = next(at for at in range(len(out) - 1, -1, -1) if out[at].role == "user")
    content = out[last].content
    if isinstance(content, str):
        out[last] = out[last].model_copy(update={"content": GENERIC})
        return out
    words = [at for at, part in enumerate(content) if isinstance(part, ContentText)]
    parts = [
        ContentText(text=GENERIC) if at == words[-1] else part
        for at, part in enumerate(content)
        if at not in words[:-1]
    ]
    out[last] = out[last].model_copy(update={"content": parts})
    return out
