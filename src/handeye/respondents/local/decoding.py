"""Questions as one batch, token by token, behind prefixes that were made before.

Greedy unless told otherwise. A row ends at an end token, a stop string or its limit; when half of
the rows have ended the batch is narrowed to the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import torch

from handeye.respondents.local.forking import ForkedCache
from handeye.respondents.local.loading import LocalModel
from handeye.respondents.local.prefixes import Prefix, as_position_ids
from handeye.run.letters import ASKED_FOR

Ending = Literal["stop", "max_tokens", "not_finite"]
"""At an end token or stop string, at the limit, or where the logits were no numbers any more."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How one answer is written.

    Attributes:
        max_tokens: its limit, at least 1.
        stop: strings that end it; they are left out of it.
        temperature: 0 takes the likeliest token; above, tokens are drawn.
        top_p: share of probability that is drawn from, in (0, 1].
        top_k: likeliest tokens that are drawn from; 0 for all.
        seed: of the draws.
        noted: likeliest tokens to note with their log-probabilities at each place; None notes
            nothing, 0 the written token alone. Where any are noted, there are at least
            :data:`ASKED_FOR` at the first place and where a letter is written, and all tokens that
            are a letter follow, however unlikely.
    """

    max_tokens: int = 256
    stop: tuple[str, ...] = ()
    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    seed: int = 0
    noted: int | None = None


@dataclass(frozen=True, slots=True)
class Noted:
    """A written token, its natural log-probability, and the likeliest ones in its place."""

    token: int
    logprob: float
    likeliest: tuple[tuple[int, float], ...]


@dataclass(slots=True)
class Row:
    """A question in a batch: prefix, how much of it is used, the tail, and its answer so far."""

    prefix: Prefix
    used: int
    tail: tuple[int, ...]
    settings: Settings = field(default_factory=Settings)
    written: list[int] = field(default_factory=list)
    noted: list[Noted] = field(default_factory=list)
    text: str = ""
    ending: Ending | None = None
    first_logits: torch.Tensor | None = None
    draws: torch.Generator | None = None

    @property
    def next_position(self) -> int:
        """Position of the tail's first token."""
        return self.prefix.next_position + self.used - self.prefix.head_tokens


@dataclass(frozen=True, slots=True)
class Tails:
    """What the model says over the tails of a batch.

    Attributes:
        logits: at the last ``keep`` tokens, shape (rows, keep, words).
        states: hidden states of every layer, shape (rows, longest tail, width), if asked for;
            rows are filled up on the left.
        cache: goes on behind the tails.
    """

    logits: torch.Tensor
    states: tuple[torch.Tensor, ...]
    cache: ForkedCache


@torch.inference_mode()
def run_tails(
    loaded: LocalModel, rows: Sequence[Row], keep: int = 1, states: bool = False
) -> Tails:
    """Run the model over the tails of all rows at once."""
    tails = [len(row.tail) for row in rows]
    widest = max(tails)
    config = loaded.model.config.get_text_config(decoder=True)
    # The last layers of some families look at what others keep, and keep nothing.
    layers = config.num_hidden_layers - getattr(config, "num_kv_shared_layers", 0)
    cache = ForkedCache([r.prefix for r in rows], [r.used for r in rows], tails, layers)
    ids = torch.full((len(rows), widest), loaded.pad_id)
    positions = torch.zeros((len(rows), widest), dtype=torch.long)
    for place, row in enumerate(rows):
        count = len(row.tail)
        ids[place, -count:] = torch.tensor(row.tail)
        positions[place, -count:] = torch.arange(row.next_position, row.next_position + count)
    out = loaded.run(
        keep,
        input_ids=ids.to(loaded.device),
        attention_mask=cache.mask.long().to(loaded.device),
        position_ids=_positions(loaded, positions),
        past_key_values=cache,
        use_cache=True,
        output_hidden_states=states,
    )
    return Tails(out.logits[:, -keep:].float(), tuple(out.hidden_states) if states else (), cache)


@torch.inference_mode()
def write_answers(loaded: LocalModel, rows: Sequence[Row], begun: Tails | None = None) -> None:
    """Write the answers of a batch into its rows; ``begun`` where their tails were run already."""
    begun = begun or run_tails(loaded, rows)
    cache, logits = begun.cache, begun.logits[:, -1]
    for row, first in zip(rows, logits, strict=True):
        row.first_logits = first
        if row.settings.temperature > 0:
            row.draws = torch.Generator().manual_seed(row.settings.seed)
    mask = cache.mask.long().to(loaded.device)
    places = torch.tensor([row.next_position + len(row.tail) for row in rows])
    batch = list(rows)
    while True:
        fine = finite(logits)
        tokens = _chosen(batch, logits, fine)
        for row, token, scores, known in zip(batch, tokens, logits, fine, strict=True):
            if row.ending is None and not known:
                row.written.append(token)
                row.ending = "not_finite"
            elif row.ending is None:
                note(loaded, row, token, scores)
                _append(loaded, row, token)
        going = [place for place, row in enumerate(batch) if row.ending is None]
        if not going:
            return
        if 2 * len(going) <= len(batch):
            kept = torch.tensor(going)
            cache.keep_rows(kept)
            mask, places = mask[kept.to(mask.device)], places[kept]
            batch = [batch[place] for place in going]
        mask = torch.nn.functional.pad(mask, (0, 1), value=1)
        logits = (
            loaded.model(
                input_ids=torch.tensor([[row.written[-1]] for row in batch], device=loaded.device),
                attention_mask=mask,
                position_ids=_positions(loaded, places[:, None]),
                past_key_values=cache,
                use_cache=True,
            )
            .logits[:, -1]
            .float()
        )
        places = places + 1


def note(loaded: LocalModel, row: Row, token: int, scores: torch.Tensor) -> None:
    """Note a token that is about to be written, ``scores`` (words,), if that is asked for."""
    count = row.settings.noted
    if count is None:
        return
    shares = scores.float().log_softmax(-1)
    names = count > 0 and (not row.noted or token in loaded.letters)
    count = min(max(count, ASKED_FOR) if names else count, len(shares))
    likeliest: list[int] = shares.topk(count).indices.tolist()
    if names:
        others = loaded.letters.difference(likeliest)
        likeliest += sorted(others, key=lambda letter: (-float(shares[letter]), letter))
    noted = tuple((one, float(shares[one])) for one in likeliest)
    row.noted.append(Noted(token, float(shares[token]), noted))


def finite(logits: torch.Tensor) -> list[bool]:
    """Whether the largest of each row of logits, shape (rows, words), is a number.

    Words that are ruled out may be -inf; a nan anywhere is the largest.
    """
    return torch.isfinite(logits.amax(-1)).tolist()  # type: ignore[no-any-return]


def _positions(loaded: LocalModel, positions: torch.Tensor) -> torch.Tensor:
    """Text positions, shape (rows, tokens), in as many axes as the model has."""
    base = getattr(loaded.model, "model", loaded.model)
    axes = 3 if hasattr(base, "get_rope_index") else 1
    return as_position_ids(positions.to(loaded.device).expand(axes, -1, -1))


def _chosen(batch: Sequence[Row], logits: torch.Tensor, fine: Sequence[bool]) -> list[int]:
    tokens: list[int] = logits.argmax(-1).tolist()
    for place, row in enumerate(batch):
        if row.draws is not None and fine[place]:
            tokens[place] = _drawn(logits[place], row.settings, row.draws)
    return tokens


def _drawn(logits: torch.Tensor, settings: Settings, draws: torch.Generator) -> int:
    shares, order = (logits / settings.temperature).softmax(-1).cpu().sort(descending=True)
    if settings.top_k:
        shares[settings.top_k :] = 0
    # The likeliest words whose shares reach top_p; the first always.
    shares[(shares.cumsum(-1) - shares) >= settings.top_p] = 0
    return int(order[torch.multinomial(shares, 1, generator=draws)])


def _append(loaded: LocalModel, row: Row, token: int) -> None:
    if token in loaded.end_ids:
        row.written.append(token)
        row.ending = "stop"
    else:
        row.written.append(token)
        if len(row.written) >= row.settings.max_tokens:
            row.ending = "max_tokens"
    if row.ending is None and not row.settings.stop:
        return
    row.text = loaded.text_of(row.written)
    found = [p for p in (row.text.find(stop) for stop in row.settings.stop) if p >= 0]
    if found:
        row.text, row.ending = row.text[: min(found)], "stop"
