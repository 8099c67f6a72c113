"""Questions run again with states changed, and what is answered then: S, and the likeliest letter.

Patching runs whole questions in batches; edits of the last token alone run many side by side behind
one question that is run once. What is exact is held while it runs: patched with its own states a
model must answer as before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from string import ascii_uppercase
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from handeye.errors import RunError
from handeye.respondents.local.chat import Ask
from handeye.respondents.local.decoding import Settings, run_tails
from handeye.respondents.local.engine import Engine
from handeye.respondents.local.prompts import process
from handeye.run.letters import option_of
from handeye.states.edits import Edit, edited, layers_of, patch, run, taken, tokens_of
from handeye.states.effects import ITSELF, SIBLING, Said
from handeye.states.parts import Arrays, Piece
from handeye.states.targets import Target

# Rows behind one question that is run once.
_SIDE_BY_SIDE = 128
# How far what must be the same may lie apart, relative to the largest logit: kernels may differ.
_TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True)
class Case:
    """An item that is asked, and the same words about other clips, by the name of the donor."""

    target: Target
    ask: Ask
    donors: Mapping[str, Ask]


@dataclass(slots=True)
class Patched:
    """Answers of all cases: their own, to their donors' clips, and with patched states.

    Attributes:
        own: (n,).
        donors: by name.
        said: by donor, layer and site.
        last: states at the last token by layer, (n, width), where they were wanted.
        itself: largest change of a logit by patching with the same states.
        through: largest difference of S between a run patched at all tokens and the sibling's own.
    """

    own: Said
    donors: dict[str, Said] = field(default_factory=dict)
    said: dict[tuple[str, str, str], Said] = field(default_factory=dict)
    last: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    itself: float = 0.0
    through: float = 0.0


class Answering:
    """A model that answers with letters.

    Attributes:
        layers: names of all of its layers.
    """

    def __init__(self, engine: Engine, rejections: Sequence[int], batch_size: int) -> None:
        self.layers = layers_of(engine.loaded)
        self._engine, self._loaded = engine, engine.loaded
        self._rejections, self._batch_size = list(rejections), batch_size
        self._spelt: list[torch.Tensor] = []

    def media_tokens(self, ask: Ask) -> int:
        """Tokens of pictures and sounds in a question."""
        encoded = process(self._loaded, [ask])
        return int(tokens_of(self._loaded, encoded, "media").sum())

    # ---- patching

    def patched(
        self,
        cases: Sequence[Case],
        layers: Sequence[str],
        sites: Sequence[str],
        *,
        keep: bool,
        done: Callable[[int], None],
        piece: Piece,
    ) -> Patched:
        """Ask all cases, without and with the states of their donors.

        Args:
            cases: what is asked.
            layers: whose output is patched.
            sites: tokens that are patched; none: only what is answered without.
            keep: whether the states at the last token are wanted.
            done: told how many cases were asked.
            piece: gives the arrays of a batch, made now or kept from before.

        Raises:
            RunError: patched with the same states a model answers otherwise, or a donor's clip
                takes other tokens.
        """
        parts = []
        names = tuple(dict.fromkeys(name for case in cases for name in case.donors))
        for start in range(0, len(cases), self._batch_size):
            batch = cases[start : start + self._batch_size]
            make = partial(self._batch, batch, names if sites else (), layers, sites, keep)
            parts.append(piece(f"patched {start}", make))
            done(len(batch))
        whole = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
        out = Patched(
            Said(whole["s"], whole["role"]),
            itself=float(whole["itself"].max()),
            through=float(whole["through"].max()),
        )
        for name in names if sites else ():
            out.donors[name] = Said(whole[f"s|{name}"], whole[f"role|{name}"])
            for layer in layers:
                for site in sites:
                    key = f"{name}|{layer}|{site}"
                    out.said[name, layer, site] = Said(whole[f"s|{key}"], whole[f"role|{key}"])
        out.last = {layer: whole[f"last|{layer}"] for layer in layers if keep}
        return out

    def _batch(
        self,
        batch: Sequence[Case],
        names: Sequence[str],
        layers: Sequence[str],
        sites: Sequence[str],
        keep: bool,
    ) -> Arrays:
        """What a batch of cases answers, as flat arrays of as many rows."""
        roles = [case.target.roles for case in batch]
        encoded = process(self._loaded, [case.ask for case in batch])
        logits, states = taken(self._loaded, encoded, layers)
        own = self._read(logits, roles)
        out: Arrays = {"s": own.s, "role": own.role}
        for layer in layers if keep else ():
            out[f"last|{layer}"] = states[layer][:, -1].float().cpu().numpy()
        itself = self._hold(encoded, logits, states) if names else 0.0
        through = 0.0
        for name in names:
            through = max(through, self._put(out, name, batch, encoded, layers, sites))
        return out | {"itself": np.array([itself]), "through": np.array([through])}

    def _hold(
        self,
        encoded: Mapping[str, Any],
        logits: torch.Tensor,
        states: Mapping[str, torch.Tensor],
    ) -> float:
        """Patch a batch with its own states, which must change nothing; the largest change."""
        every = tokens_of(self._loaded, encoded, "all")
        itself = 0.0
        for layer, own in states.items():
            again = run(self._loaded, encoded, {layer: patch(own, every)})
            itself = max(itself, float((again - logits).abs().max()))
        if itself > _TOLERANCE * max(1.0, float(logits.abs().max())):
            raise RunError(
                f"{type(self._loaded.model).__name__}: patched with the states of {ITSELF} it "
                f"answers otherwise (a logit changes by {itself:.2g}), so nothing can be "
                "learnt from patching it"
            )
        return itself

    def _put(
        self,
        out: Arrays,
        name: str,
        batch: Sequence[Case],
        encoded: Mapping[str, Any],
        layers: Sequence[str],
        sites: Sequence[str],
    ) -> float:
        """Patch a batch with the states of one donor each.

        Returns:
            The largest difference of S between a run patched at all tokens and the sibling's own.
        """
        roles = [case.target.roles for case in batch]
        given = np.array([name in case.donors for case in batch])
        shown = process(self._loaded, [case.donors.get(name, case.ask) for case in batch])
        if not torch.equal(encoded["input_ids"], shown["input_ids"]):
            raise RunError(f"clips of {name} items take other tokens than the items' own")
        logits, states = taken(self._loaded, shown, layers)
        donor = self._read(logits, roles)

        def kept(key: str, said: Said) -> None:
            out[f"s|{key}"] = np.where(given, said.s, np.nan)
            out[f"role|{key}"] = np.where(given, said.role, -1)

        kept(name, donor)
        through = 0.0
        for site in sites:
            where = tokens_of(self._loaded, encoded, site)
            for layer in layers:
                change = {layer: patch(states[layer], where)}
                found = self._read(run(self._loaded, encoded, change), roles)
                kept(f"{name}|{layer}|{site}", found)
                if (name, site) == (SIBLING, "all"):
                    through = max(through, float(np.abs(found.s - donor.s).max()))
        return through

    # ---- edits of the last token

    def at_last(self, case: Case, layer: str, edit: Callable[[slice], Edit], count: int) -> Said:
        """Answers to one question with edits of its last token, (count,).

        Args:
            case: what is asked.
            layer: whose output is edited.
            edit: makes the edit of some of the rows.
            count: rows, one edit each.
        """
        shared = self._engine.shared([case.ask], [Settings()])
        step = self._batch_size if shared is None else _SIDE_BY_SIDE
        parts = []
        for start in range(0, count, step):
            rows = slice(start, min(start + step, count))
            n = rows.stop - start
            if shared is None:
                batch = process(self._loaded, [case.ask] * n)
                logits = run(self._loaded, batch, {layer: edit(rows)})
            else:
                with edited(self._loaded, {layer: edit(rows)}):
                    logits = run_tails(self._loaded, shared * n).logits[:, -1]
            parts.append(self._read(logits, [case.target.roles] * n))
        return Said(*(np.concatenate([getattr(p, name) for p in parts]) for name in ("s", "role")))

    # ---- letters

    def _read(self, logits: torch.Tensor, roles: Sequence[Sequence[int]]) -> Said:
        """Answers off logits (rows, words); roles by position of each row's letters."""
        widest = max(map(len, roles))
        shown = np.full((len(roles), widest), -1)
        for row, own in enumerate(roles):
            shown[row, : len(own)] = own
        values = np.stack(
            [
                logits[:, spelt.to(logits.device)].double().logsumexp(-1).cpu().numpy()
                for spelt in self._letters(widest)
            ],
            axis=1,
        )
        if not np.isfinite(values).all():
            raise RunError("the model's logits are no numbers (nan or infinite)")
        values = np.where(shown < 0, -np.inf, values)
        reject = np.isin(shown, self._rejections)
        odds = [
            np.logaddexp.reduce(np.where(mask, values, -np.inf), axis=1)
            for mask in (reject, ~reject)
        ]
        return Said(odds[0] - odds[1], shown[np.arange(len(shown)), values.argmax(axis=1)])

    def _letters(self, count: int) -> list[torch.Tensor]:
        """Tokens of each of the first letters, however they are spelt."""
        if len(self._spelt) < count:
            options = ascii_uppercase[:count]
            named: dict[str, list[int]] = {one: [] for one in options}
            for text, token in self._loaded.tokenizer.get_vocab().items():
                if token in self._loaded.letters and (one := option_of(text, tuple(options))):
                    named[one].append(token)
            if missing := [one for one, tokens in named.items() if not tokens]:
                raise RunError(f"the model's vocabulary has no letter {missing[0]}: S needs all")
            self._spelt = [torch.tensor(sorted(tokens)) for tokens in named.values()]
        return self._spelt[:count]
