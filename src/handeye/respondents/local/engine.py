"""Questions in, answers out: batches of scenes, with everything that may go wrong about them.

- The media of a scene (pictures, frames, sounds) are run through the model once (``prefixes``); its
  questions are decoded together with those of other scenes (``decoding``).
- Before the first shared answer to what shows pictures, sounds, both or neither, one such question
  is also run whole, the ordinary way. If the two disagree, or the model cannot be run in parts at
  all, its questions are answered by plain batches from then on, and every answer says so.
- Out of memory halves the batch and goes on.

Not safe for several threads; the respondent has one batch under way at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Literal, TypeVar

import torch

from handeye.errors import RunError
from handeye.respondents.local.adjuster import Adjuster
from handeye.respondents.local.adjusting import Adjusting, Verdict
from handeye.respondents.local.chat import Ask
from handeye.respondents.local.choices import choice_logprobs
from handeye.respondents.local.decoding import (
    Ending,
    Noted,
    Row,
    Settings,
    finite,
    run_tails,
    write_answers,
)
from handeye.respondents.local.loading import LocalModel
from handeye.respondents.local.plain import write_plainly
from handeye.respondents.local.prefixes import Prefix, PrefixCache, make_prefix
from handeye.respondents.local.prompts import (
    CannotShareError,
    Head,
    Prompt,
    PromptReader,
    common_length,
    process,
)
from handeye.respondents.local.taps import Tap

T = TypeVar("T")
Way = Literal["shared", "plain"]
# Largest difference of a logit, relative to the largest logit, that arithmetic alone can explain.
_TOLERANCE = {torch.float32: 1e-3, torch.float16: 3e-2, torch.bfloat16: 1e-1}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model wrote.

    Attributes:
        text: without end tokens and stop strings.
        tokens: ids as written, an end token included.
        ending: ``stop``; ``max_tokens`` where it was cut off; ``not_finite`` where the logits were
            nan or infinite, and there is no answer.
        prompt_tokens: length of the question, media included.
        shared_tokens: how many of them came from a prefix.
        way: ``shared``, or ``plain`` where the model cannot share.
        first_logits: at the first answer position, shape (words,), float32.
        noted: log-probabilities of the tokens, where they were asked for.
        choices: log-probabilities of the strings asked for, see ``choices``.
        verdict: what an adjuster did with it; None where there is none.
    """

    text: str
    tokens: tuple[int, ...]
    ending: Ending
    prompt_tokens: int
    shared_tokens: int
    way: Way
    first_logits: torch.Tensor
    noted: tuple[Noted, ...] = ()
    choices: Mapping[str, float] = field(default_factory=dict)
    verdict: Verdict | None = None


class Engine:
    """Answers questions with one model.

    Attributes:
        prefixes: what is kept of media.
        notices: what a user should know: memory, sharing given up; each once.
        batch_size: questions at a time; falls when memory runs out.
        adjusting: the adjuster at work, if any.
    """

    def __init__(
        self,
        loaded: LocalModel,
        *,
        batch_size: int = 16,
        cache_bytes: int = 1_000_000_000,
        share: bool = True,
        choices: Sequence[str] = (),
        adjuster: Adjuster | None = None,
    ) -> None:
        """Make ready.

        Raises:
            RunError: the adjuster is not for this model.
        """
        self.loaded = loaded
        self.adjusting = None if adjuster is None else Adjusting(loaded, adjuster)
        self.batch_size = batch_size
        self.prefixes = PrefixCache(cache_bytes)
        self.notices: list[str] = []
        self._share = share
        self._checked: set[tuple[bool, bool]] = set()
        self._bends_at = _bend(loaded)
        self._choices = tuple(choices)
        self._reader = PromptReader(loaded)
        self._tap: Tap | None = None

    def answer(self, asks: Sequence[Ask], settings: Sequence[Settings]) -> list[Answer]:
        """Answer questions, in their order; questions of one scene should stand together.

        Raises:
            RunError: a picture that cannot be read, no memory for a single question, or a sound
                that is too short for the model.
        """
        return self.in_batches(len(asks), lambda span: self._batch(asks[span], settings[span]))

    @property
    def shares(self) -> bool:
        """Whether media are encoded once for all their questions, as far as is known by now."""
        return self._share

    def in_batches(self, count: int, run: Callable[[slice], Sequence[T]]) -> list[T]:
        """What ``run`` gives for the questions of each batch; out of memory halves the batch.

        Raises:
            RunError: no memory for a single question.
        """
        found: list[T] = []
        while len(found) < count:
            span = slice(len(found), min(count, len(found) + self.batch_size))
            try:
                found += run(span)
            except (RuntimeError, MemoryError) as error:
                if not _lacks_memory(error):
                    raise
                self._less_memory(error)
        return found

    @contextmanager
    def tapped(self, tap: Tap) -> Iterator[None]:
        """Keep the states of media with the prefixes that are made in the block."""
        self.prefixes.clear()  # those made before hold none
        self._tap = tap
        try:
            yield
        finally:
            self._tap = None
            self.prefixes.clear()

    def rows(self, asks: Sequence[Ask], settings: Sequence[Settings]) -> list[Row]:
        """Questions laid out for :func:`run_tails`, their prefixes made or found.

        Raises:
            CannotShareError: these cannot be run in parts.
        """
        prompts: list[Prompt] = []
        heads: dict[str, Head] = {}
        for ask in asks:
            prompt, head = self._reader.read(ask)
            prompts.append(prompt)
            if head is not None:
                heads.setdefault(prompt.key, head)
        found: dict[str, Prefix] = {}
        for place, prompt in enumerate(prompts):
            if prompt.key in found:
                continue
            prefix = self.prefixes.get(prompt.key)
            if prefix is None:
                prompt, head = self._head(asks[place], prompt, heads)
                if prompt.key != prompts[place].key:  # the reader changed its ways: begin again
                    return self.rows(asks, settings)
                prefix = make_prefix(
                    self.loaded, head, _common_tail(prompt.key, prompts), self._tap
                )
                self.prefixes.put(prompt.key, prefix)
            found[prompt.key] = prefix
        return [
            _row(found[prompt.key], prompt, told)
            for prompt, told in zip(prompts, settings, strict=True)
        ]

    def _head(self, ask: Ask, prompt: Prompt, heads: Mapping[str, Head]) -> tuple[Prompt, Head]:
        if prompt.key in heads:
            return prompt, heads[prompt.key]
        return self._reader.head(ask, prompt)

    def shared(self, asks: Sequence[Ask], settings: Sequence[Settings]) -> list[Row] | None:
        """Questions laid out to be run in parts, or None where they must be run whole.

        Parts are held to the whole the first time that a kind of media comes.
        """
        kinds = {_kinds(ask): ask for ask in reversed(asks)}
        for kind in [kind for kind in kinds if kind not in self._checked]:
            if self._share:
                self._check(kinds[kind])
                self._checked.add(kind)
        try:
            rows = self.rows(asks, settings) if self._share else None
        except CannotShareError:
            rows = None
        return None if rows is None or self._bends(rows) else rows

    def _batch(self, asks: Sequence[Ask], settings: Sequence[Settings]) -> list[Answer]:
        rows = self.shared(asks, settings)
        if rows is None:
            return self._plainly(asks, settings)
        with self._reading(len(rows)) as states:
            write_answers(self.loaded, rows)
        found = choice_logprobs(self.loaded, rows, self._choices)
        answers = [_answer(r, "shared", c) for r, c in zip(rows, found, strict=True)]
        return self._adjusted(asks, answers, states)

    def _plainly(self, asks: Sequence[Ask], settings: Sequence[Settings]) -> list[Answer]:
        answers: list[Answer] = []
        alone = self._bends_at is not None
        for start, stop in _runs(asks, settings, alone):
            with self._reading(stop - start) as states:
                rows = write_plainly(self.loaded, asks[start:stop], settings[start:stop])
            found = choice_logprobs(self.loaded, rows, self._choices, whole=asks[start:stop])
            own = [_answer(r, "plain", c) for r, c in zip(rows, found, strict=True)]
            answers += self._adjusted(asks[start:stop], own, states)
        return answers

    def _reading(self, rows: int) -> AbstractContextManager[Mapping[str, torch.Tensor]]:
        return nullcontext({}) if self.adjusting is None else self.adjusting.reading(rows)

    def _adjusted(
        self,
        asks: Sequence[Ask],
        answers: Sequence[Answer],
        states: Mapping[str, torch.Tensor],
    ) -> list[Answer]:
        """Answers as an adjuster leaves them."""
        if self.adjusting is None:
            return list(answers)
        (layer,) = states.values()
        out = []
        for ask, answer, state in zip(asks, answers, layer, strict=True):
            if answer.ending == "not_finite":
                out.append(answer)
                continue
            verdict = self.adjusting.verdict(ask.words, state, answer.first_logits)
            if verdict.why:
                self._notice(f"the adjuster leaves a question alone: {verdict.why}")
            told = replace(answer, verdict=verdict)
            if (letter := verdict.letter) is not None:
                one = (verdict.token,)
                told = replace(told, text=letter, tokens=one, noted=(), ending="stop")
            out.append(told)
        return out

    def _check(self, ask: Ask) -> None:
        """Hold the shared way to the ordinary one on a question, and give it up if they differ."""
        try:
            shared = run_tails(self.loaded, self.rows([ask], [Settings()])).logits[0, -1]
        except (CannotShareError, RuntimeError, ValueError, TypeError, IndexError) as error:
            if _lacks_memory(error):
                raise
            self._give_up(f"it cannot be run in parts ({error or type(error).__name__})")
            return
        whole = whole_logits(self.loaded, ask)
        if not finite(whole[None])[0]:
            return  # says nothing about parts; the answer itself will be told as none
        limit = _TOLERANCE.get(self.loaded.dtype, 1e-1) * max(1.0, float(whole.abs().max()))
        apart = float((shared - whole).abs().max())
        if not apart <= limit:
            self._give_up(f"a question run in parts is {apart:.2g} from the question run whole")

    def _bends(self, rows: Sequence[Row]) -> bool:
        """Whether prefixes, questions and answers lie on both sides of where positions bend."""
        bend = self._bends_at
        if bend is None:
            return False
        begins = [row.next_position + len(row.tail) for row in rows]
        ends = [at + row.settings.max_tokens for at, row in zip(begins, rows, strict=True)]
        kept = [r.prefix.next_position + len(r.prefix.behind) for r in rows if r.used]
        return min(begins + kept) <= bend < max(ends + kept)

    def _give_up(self, reason: str) -> None:
        self._share = False
        self.prefixes.clear()
        name = type(self.loaded.model).__name__
        self._notice(f"{name} encodes each medium once for every question: {reason}")

    def _less_memory(self, error: Exception) -> None:
        self.prefixes.clear()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        if self.batch_size == 1:
            reason = (str(error) or type(error).__name__).splitlines()[0]
            raise RunError(
                "no memory for a single question; use a smaller dtype, quantization or pictures, "
                f"or several devices (device_map=auto): {reason}"
            ) from error
        self.batch_size //= 2
        self._notice(f"out of memory: going on with {self.batch_size} questions at a time")

    def _notice(self, text: str) -> None:
        if text not in self.notices:
            self.notices.append(text)


def _lacks_memory(error: Exception) -> bool:
    # A GPU has an error of its own; the allocator of the CPU raises a plain one.
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or (
        "DefaultCPUAllocator" in str(error)
    )


@torch.inference_mode()
def whole_logits(loaded: LocalModel, ask: Ask) -> torch.Tensor:
    """Logits behind a question run in one piece, the ordinary way; shape (words,), float32."""
    out = loaded.run(1, **process(loaded, [ask]), use_cache=False)
    logits: torch.Tensor = out.logits[0, -1].float()
    return logits


def _common_tail(key: str, prompts: Sequence[Prompt]) -> tuple[int, ...]:
    """What the questions of a scene have in common behind its head; one token is left to each.

    For a question that is alone with its picture that is all but its last token, so that a long
    one does not widen the batch for all others.
    """
    tails = [prompt.tail for prompt in prompts if prompt.key == key]
    shared = min(common_length(tails[0], tail) for tail in tails)
    return tails[0][: min(shared, min(map(len, tails)) - 1)]


def _row(prefix: Prefix, prompt: Prompt, settings: Settings) -> Row:
    behind = min(common_length(prefix.behind, prompt.tail), len(prompt.tail) - 1)
    return Row(prefix, prefix.head_tokens + behind, prompt.tail[behind:], settings)


def _runs(
    asks: Sequence[Ask], settings: Sequence[Settings], alone: bool
) -> Iterator[tuple[int, int]]:
    """Stretches of equal settings, kinds of media and lengths of sounds; or each ``alone``.

    Some families let the filling behind a shorter sound into its end.
    """
    told = [
        (_kinds(ask), [len(sound.samples) for sound in ask.sounds], one)
        for ask, one in zip(asks, settings, strict=True)
    ]
    start = 0
    for place in range(1, len(told) + 1):
        if place == len(told) or alone or told[place] != told[start]:
            yield start, place
            start = place


def _kinds(ask: Ask) -> tuple[bool, bool]:
    """Whether a question shows pictures, and sounds."""
    return bool(ask.pictures), bool(ask.sounds)


def _bend(loaded: LocalModel) -> int | None:
    """From how many tokens on a model turns positions by another rule; None: it has one rule.

    Phi's long positions: the longest of a batch decides for all, and what was kept of a shorter
    beginning is of no use behind it.
    """
    config = loaded.model.config.get_text_config(decoder=True)
    rope = getattr(config, "rope_parameters", None) or {}
    bends = rope.get("rope_type") == "longrope"
    return int(rope["original_max_position_embeddings"]) if bends else None


def _answer(row: Row, way: Way, choices: Mapping[str, float]) -> Answer:
    assert row.ending is not None
    assert row.first_logits is not None
    return Answer(
        text=row.text,
        tokens=tuple(row.written),
        ending=row.ending,
        prompt_tokens=row.used + len(row.tail),
        shared_tokens=row.used,
        way=way,
        first_logits=row.first_logits,
        noted=tuple(row.noted),
        choices=choices,
    )
