"""Log-probabilities of chosen strings as the beginning of an answer: letters, digits, keywords.

A string's figure is the sum over its tokens, each given those before it, at the place where the
answer begins. Strings of one token cost nothing; longer ones are run behind the question. Options
of a question are read over all tokens that spell one (:class:`Spelt`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch

from handeye.errors import OptionError
from handeye.respondents.local.chat import Ask
from handeye.respondents.local.decoding import Row, run_tails
from handeye.respondents.local.loading import LocalModel
from handeye.respondents.local.prompts import process
from handeye.run.letters import option_of


class Spelt:
    """The tokens of one model that spell options, such as letters."""

    def __init__(self, loaded: LocalModel) -> None:
        self._loaded = loaded
        self._found: dict[tuple[str, ...], list[torch.Tensor]] = {}

    def tokens(self, options: Sequence[str]) -> list[torch.Tensor]:
        """Ids by option; none where no token spells it."""
        key = tuple(options)
        if key not in self._found:
            named: dict[str, list[int]] = {one: [] for one in options}
            # Of a letter the tokens that a run notes (LocalModel.letters); of a word all that it
            # may begin with.
            bare = all(len(one) == 1 for one in options)
            for text, token in self._loaded.tokenizer.get_vocab().items():
                if bare and token not in self._loaded.letters:
                    continue
                if (option := option_of(text, options)) is not None:
                    named[option].append(token)
            self._found[key] = [
                torch.tensor(sorted(one), dtype=torch.long) for one in named.values()
            ]
        return self._found[key]

    def logprobs(self, logits: torch.Tensor, options: Sequence[str]) -> tuple[float | None, ...]:
        """Log of an option's probability over its spellings, at one place; None: it has none.

        Args:
            logits: (words,).
            options: may be none.
        """
        if not options:
            return ()
        shares = logits.double().cpu().log_softmax(-1)
        return tuple(
            float(shares[tokens].logsumexp(0)) if len(tokens) else None
            for tokens in self.tokens(options)
        )


def choice_tokens(loaded: LocalModel, choice: str) -> tuple[int, ...]:
    """Token ids of a string at the beginning of an answer.

    Raises:
        OptionError: it has none.
    """
    ids = loaded.tokenizer(choice, add_special_tokens=False)["input_ids"]
    if not ids:
        raise OptionError(f"choice {choice!r} has no tokens in the model's vocabulary")
    return tuple(ids)


@torch.inference_mode()
def choice_logprobs(
    loaded: LocalModel, rows: Sequence[Row], choices: Sequence[str], whole: Sequence[Ask] = ()
) -> list[dict[str, float]]:
    """Natural log-probabilities of strings, for each question.

    Args:
        loaded: the model.
        rows: questions whose first logits are known.
        choices: strings, at least one token each.
        whole: the questions themselves, where the model cannot be run in parts.

    Raises:
        OptionError: a choice without tokens.
    """
    found: list[dict[str, float]] = [{} for _ in rows]
    for choice in choices:
        ids = choice_tokens(loaded, choice)
        for place, row in enumerate(rows):
            assert row.first_logits is not None
            found[place][choice] = float(row.first_logits.log_softmax(-1)[ids[0]])
        if len(ids) == 1:
            continue
        for place, row in enumerate(rows):
            later = (
                _whole_logits(loaded, whole[place], ids[:-1])
                if whole
                else _later_logits(loaded, row, ids[:-1])
            ).log_softmax(-1)
            found[place][choice] += sum(float(later[i, t]) for i, t in enumerate(ids[1:]))
    return found


def _later_logits(loaded: LocalModel, row: Row, ids: tuple[int, ...]) -> torch.Tensor:
    """Logits behind each of ``ids`` that follow a question, shape (ids, words)."""
    longer = replace(row, tail=row.tail + ids, written=[])
    return run_tails(loaded, [longer], keep=len(ids)).logits[0]


def _whole_logits(loaded: LocalModel, ask: Ask, ids: tuple[int, ...]) -> torch.Tensor:
    words = loaded.tokenizer.decode(ids)
    encoded = process(loaded, [replace(ask, text=ask.text + words)])
    out = loaded.run(len(ids), **encoded, use_cache=False)
    logits: torch.Tensor = out.logits[0, -len(ids) :].float()
    return logits
