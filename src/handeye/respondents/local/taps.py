"""Hidden states read off while the model runs: at chosen layers and places, no more is held.

What a whole pass would hold in memory (every layer of every token) is reduced in the hook itself,
to single tokens and means over tokens. A layer is called ``embedding`` (what goes into the first
block), ``block.00`` ... (what comes out of each, before any norm that stands behind it) or
``final`` (behind the last norm); ``embedding``, all blocks but the last, and ``final`` are what
Transformers calls ``hidden_states``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch

from handeye.errors import RunError
from handeye.respondents.local.loading import LocalModel

EMBEDDING, FINAL = "embedding", "final"


def layer_names(blocks: int) -> tuple[str, ...]:
    """Names of all layers of a model of so many blocks, in its order."""
    return (EMBEDDING, *(f"block.{number:02d}" for number in range(blocks)), FINAL)


@dataclass(slots=True)
class Places:
    """Tokens of a batch to be read, in groups; of each group the mean is kept.

    Attributes:
        groups: how many.
    """

    groups: int = 0
    _rows: list[int] = field(default_factory=list)
    _tokens: list[int] = field(default_factory=list)
    _into: list[int] = field(default_factory=list)

    def mean(self, row: int, tokens: Sequence[int]) -> int:
        """Read the mean over tokens of a row, at least one; gives the number of the group."""
        assert tokens
        self._rows += [row] * len(tokens)
        self._tokens += tokens
        self._into += [self.groups] * len(tokens)
        self.groups += 1
        return self.groups - 1

    def read(self, states: torch.Tensor) -> torch.Tensor:
        """From states of shape (rows, tokens, width): (groups, width), float32, on the CPU."""
        wanted = (self._rows, self._tokens, self._into)
        # Of none, too, they are whole numbers.
        rows, tokens, into = (
            torch.tensor(one, dtype=torch.long, device=states.device) for one in wanted
        )
        sums = torch.zeros((self.groups, states.shape[-1]), device=states.device)
        sums.index_add_(0, into, states[rows, tokens].float())
        return (sums / into.bincount(minlength=self.groups)[:, None]).cpu()


class Tap:
    """Reads hidden states of one model.

    Attributes:
        layers: that are read, in the order of the model.
        blocks: of its decoder.
        width: of a state.
        grid: whether every token of a picture is read, and not their mean alone.
    """

    def __init__(
        self, loaded: LocalModel, layers: Sequence[str] | None = None, *, grid: bool = False
    ) -> None:
        """Find the blocks.

        Args:
            loaded: the model.
            layers: of :func:`layer_names`; None: all.
            grid: see above.

        Raises:
            RunError: the model has no decoder of blocks that can be found.
        """
        self._loaded = loaded
        self._decoder, self._blocks = decoder_of(loaded)
        config = loaded.model.config.get_text_config(decoder=True)
        self.blocks, self.width, self.grid = len(self._blocks), int(config.hidden_size), grid
        names = layer_names(self.blocks)
        self.layers = names if layers is None else tuple(one for one in names if one in layers)

    @contextmanager
    def reading(self, places: Places, *, first: bool = False) -> Iterator[dict[str, torch.Tensor]]:
        """Read ``places`` in the one forward pass of the block.

        Gives a mapping that is filled by then: (groups, width) by layer.

        Args:
            places: to be read.
            first: there may be more passes, which are not read.

        Raises:
            RunError: a layer was not run, or gives something else than states.
        """
        found: dict[str, torch.Tensor] = {}

        def take(layer: str, states: Any) -> None:
            if first and layer in found:
                return
            shape = tuple(getattr(states, "shape", ()))
            if len(shape) != 3 or shape[-1] != self.width or layer in found:
                name = type(self._loaded.model).__name__
                raise RunError(
                    f"{name}: {layer} gives {'states twice' if layer in found else shape}, not "
                    f"states of shape (rows, tokens, {self.width}) once: hidden states of this "
                    "family cannot be captured"
                )
            found[layer] = places.read(states)

        with ExitStack() as stack:
            for layer in self.layers:
                stack.callback(self._hook(layer, partial(take, layer)).remove)
            yield found
        if missing := [layer for layer in self.layers if layer not in found]:
            name = type(self._loaded.model).__name__
            raise RunError(f"{name}: no states came from {', '.join(missing)}")

    def over_media(self, ids: Sequence[int]) -> Places:
        """Places of a row's media: the mean over all of it, then each token of pictures if wanted.

        Args:
            ids: token ids, at least one of a medium.
        """
        pictures = [at for at, one in enumerate(ids) if one in self._loaded.picture_ids]
        sounds = [at for at, one in enumerate(ids) if one in self._loaded.sound_ids]
        places = Places()
        places.mean(0, sorted(pictures + sounds))
        if self.grid:
            for at in pictures:
                places.mean(0, [at])
        return places

    def _hook(self, layer: str, take: Any) -> Any:
        if layer == EMBEDDING:

            def before(module: Any, given: tuple[Any, ...], named: dict[str, Any]) -> None:
                take(given[0] if given else named.get("hidden_states"))

            return self._blocks[0].register_forward_pre_hook(before, with_kwargs=True)

        def behind(module: Any, given: Any, out: Any) -> None:
            take(out if isinstance(out, torch.Tensor) else out[0])

        module = (
            self._decoder if layer == FINAL else self._blocks[int(layer.removeprefix("block."))]
        )
        return module.register_forward_hook(behind)


def decoder_of(loaded: LocalModel) -> tuple[Any, Any]:
    """The part of a model that reads tokens and its blocks: (module, list of modules).

    Raises:
        RunError: it is not built like that.
    """
    count = loaded.model.config.get_text_config(decoder=True).num_hidden_layers
    named = getattr(loaded.model, "get_decoder", lambda: None)()
    for one in (named, *loaded.model.modules()):
        blocks = getattr(one, "layers", None)
        if isinstance(blocks, torch.nn.ModuleList) and len(blocks) == count:
            return one, blocks
    raise RunError(
        f"{type(loaded.model).__name__}: no decoder of {count} blocks is found in it; its hidden "
        "states cannot be captured"
    )


def is_causal(loaded: LocalModel) -> bool:
    """Whether no token looks at words behind it, as far as the model says.

    Pictures whose own tokens look at each other both ways (Gemma 3) do not matter.
    """
    config = loaded.model.config.get_text_config(decoder=True)
    both_ways = getattr(config, "use_bidirectional_attention", None) in (True, "all")
    decoder, _ = decoder_of(loaded)
    marks = [getattr(one, "is_causal", True) for one in decoder.modules()]
    return not both_ways and all(mark is not False for mark in marks)
