"""``handeye/hf`` as a respondent: requests as they come in, gathered into batches of scenes.

Whoever finds no batch under way leads one: it waits a moment for more requests, takes those that
wait, scene by scene, and runs them off the event loop. Nobody waits for a batch to fill.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import anyio
import anyio.to_thread
from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessage,
    ChatMessageAssistant,
    Content,
    ContentReasoning,
    ContentText,
    GenerateConfig,
    Logprob,
    Logprobs,
    ModelOutput,
    ModelUsage,
    TopLogprob,
)

from handeye.printing import tell
from handeye.respondents.local.adjuster import read_adjuster, refuse_others
from handeye.respondents.local.chat import Ask, write_ask
from handeye.respondents.local.decoding import Settings
from handeye.respondents.local.engine import Answer, Engine
from handeye.respondents.local.loading import load
from handeye.respondents.local.options import LocalOptions
from handeye.run.letters import Letters
from handeye.run.thoughts import parts_of

MODEL = "handeye/hf"


class NotFiniteError(Exception):
    """An answer that cannot be read off its logits; no reason to stop asking others."""


@dataclass(slots=True, eq=False)
class _Ticket:
    ask: Ask
    settings: Settings
    answer: Answer | None = None
    failure: Exception | None = None

    @property
    def done(self) -> bool:
        return self.answer is not None or self.failure is not None

    @property
    def scene(self) -> tuple[str, ...]:
        return self.ask.media


class LocalRespondent:
    """A model on this machine that sees or hears.

    Attributes:
        connections: requests worth having in flight: one batch running, one gathering.
        takes: what it can be shown beside words: ``image``, ``video``, ``audio``.
        engine: what answers.
    """

    def __init__(self, options: LocalOptions) -> None:
        """Load the model.

        Raises:
            RunError: it cannot be loaded, or the adjuster is not for it.
            DataError: the adjuster's file cannot be read.
        """
        adjuster = None if options.adjuster is None else read_adjuster(Path(options.adjuster))
        if adjuster is not None and adjuster.gate is None:
            tell(f"{MODEL}: the adjuster changes no answer, {adjuster.promise.shut}")
        self.engine = Engine(
            load(options),
            batch_size=options.batch_size,
            cache_bytes=options.cache_bytes,
            share=options.share,
            choices=options.choices,
            adjuster=adjuster,
        )
        self.connections = 2 * options.batch_size
        self.takes = self.engine.loaded.takes
        self._options = options
        self._waiting: list[_Ticket] = []
        self._leading = anyio.Lock()

    def prepare(
        self, messages: Sequence[ChatMessage], config: GenerateConfig
    ) -> tuple[Ask, Settings]:
        """A conversation as the engine takes it.

        Raises:
            RunError: content that the model cannot be shown; or, with an adjuster, other options
                than it was fitted on.
        """
        ask = write_ask(self.engine.loaded, messages, self._options.frames)
        if self.engine.adjusting is not None:
            refuse_others(self.engine.adjusting.adjuster, ask.words)
        return ask, self._settings(config)

    async def generate(
        self, messages: Sequence[ChatMessage], config: GenerateConfig
    ) -> ModelOutput:
        """Answer a conversation.

        Raises:
            RunError: content that the model cannot be shown.
        """
        ticket = _Ticket(*await anyio.to_thread.run_sync(self.prepare, messages, config))
        self._waiting.append(ticket)
        try:
            while not ticket.done:
                async with self._leading:
                    if not ticket.done:
                        await self._lead()
        finally:
            if ticket in self._waiting:
                self._waiting.remove(ticket)
        if ticket.failure is not None:
            raise ticket.failure
        assert ticket.answer is not None
        return self._output(ticket.answer)

    async def _lead(self) -> None:
        before = -1
        while before < len(self._waiting) < self.engine.batch_size:
            before = len(self._waiting)
            await anyio.sleep(self._options.window)
        batch, told = self._take(), len(self.engine.notices)
        await anyio.to_thread.run_sync(self._run, batch)
        for notice in self.engine.notices[told:]:
            tell(f"{MODEL}: {notice}")

    def _take(self) -> list[_Ticket]:
        """The first that wait, each with the others about its media."""
        scenes: dict[tuple[str, ...], list[_Ticket]] = {}
        for ticket in self._waiting:
            scenes.setdefault(ticket.scene, []).append(ticket)
        ordered = [ticket for tickets in scenes.values() for ticket in tickets]
        batch = ordered[: self.engine.batch_size]
        self._waiting = [ticket for ticket in self._waiting if ticket not in batch]
        return batch

    def _run(self, batch: Sequence[_Ticket]) -> None:
        try:
            answers = self.engine.answer([t.ask for t in batch], [t.settings for t in batch])
        except Exception as error:
            if len(batch) > 1:  # one bad medium must not cost the others their answers
                for ticket in batch:
                    self._run([ticket])
            else:
                batch[0].failure = error
            return
        dtype = str(self.engine.loaded.dtype).removeprefix("torch.")
        for ticket, answer in zip(batch, answers, strict=True):
            if answer.ending == "not_finite":
                ticket.failure = NotFiniteError(
                    f"the model's numbers overflowed in {dtype} (its logits are nan or infinite): "
                    "load it with -M dtype=bfloat16 or dtype=float32; if they still do, a file of "
                    "its weights is damaged"
                )
            else:
                ticket.answer = answer

    def _settings(self, config: GenerateConfig) -> Settings:
        return Settings(
            max_tokens=config.max_tokens or self._options.max_tokens,
            stop=tuple(config.stop_seqs or ()),
            temperature=config.temperature or 0.0,
            top_p=config.top_p if config.top_p is not None else 1.0,
            top_k=config.top_k or 0,
            seed=config.seed or 0,
            noted=(config.top_logprobs or 0) if config.logprobs else None,
        )

    def _output(self, answer: Answer) -> ModelOutput:
        metadata: dict[str, object] = {"way": answer.way, "shared_tokens": answer.shared_tokens}
        if answer.choices:
            metadata["choice_logprobs"] = dict(answer.choices)
        if answer.verdict is not None and self.engine.adjusting is not None:
            gate = self.engine.adjusting.adjuster.gate
            metadata["adjuster"] = answer.verdict.as_metadata(gate)
            if answer.verdict.letters:
                metadata.update(Letters(dict(answer.verdict.letters)).as_metadata())
        if self.engine.notices:
            metadata["notices"] = list(self.engine.notices)
        # Nobody else stands between model and answer: thoughts are taken off as a server does.
        text, thoughts, _ = parts_of(answer.text, thoughts_only=True)
        content: str | list[Content] = (
            [ContentReasoning(reasoning=thoughts), ContentText(text=text)] if thoughts else text
        )
        message = ChatMessageAssistant(content=content, model=MODEL, source="generate")
        written = len(answer.tokens)
        return ModelOutput(
            model=MODEL,
            choices=[
                ChatCompletionChoice(
                    message=message,
                    stop_reason="max_tokens" if answer.ending == "max_tokens" else "stop",
                    logprobs=self._logprobs(answer),
                )
            ],
            usage=ModelUsage(
                # Inspect counts what a cache served apart.
                input_tokens=answer.prompt_tokens - answer.shared_tokens,
                output_tokens=written,
                total_tokens=answer.prompt_tokens + written,
                input_tokens_cache_read=answer.shared_tokens,
            ),
            metadata=metadata,
        )

    def _logprobs(self, answer: Answer) -> Logprobs | None:
        if not answer.noted:
            return None
        spelt = self.engine.loaded.tokenizer.decode
        return Logprobs(
            content=[
                Logprob(
                    token=spelt([noted.token]),
                    logprob=noted.logprob,
                    top_logprobs=[
                        TopLogprob(token=spelt([token]), logprob=logprob)
                        for token, logprob in noted.likeliest
                    ],
                )
                for noted in answer.noted
            ]
        )
