"""A local model's own forward pass -> the store: states at layers and sites, letters, its answer.

The engine runs the media of a clip or scene once (:mod:`handeye.respondents.local.prefixes`); the
states of their tokens are read in that pass and stored once for all questions. What stands behind
the media is run for several questions at a time. A question that cannot be run in parts is run
whole, and its media states are then its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import torch

from handeye.errors import DataError, HandeyeError, RunError
from handeye.respondents.local.chat import Ask
from handeye.respondents.local.choices import Spelt
from handeye.respondents.local.decoding import Row, Settings, finite, run_tails, write_answers
from handeye.respondents.local.engine import Engine
from handeye.respondents.local.identity import digest, identity_of, taught
from handeye.respondents.local.loading import LocalModel
from handeye.respondents.local.plain import write_plainly
from handeye.respondents.local.prompts import adds_special, common_length, longer, process
from handeye.respondents.local.taps import Places, Tap
from handeye.run.questions import Question, by_scene
from handeye.run.thoughts import parts_of
from handeye.states.clips import CHECKED_CLIPS, clips_alike, spread
from handeye.states.parts import Record, Taken
from handeye.states.store import PART_BYTES, Writer
from handeye.states.wanted import ANSWER, GRID, LAST, MEDIA, SPAN, Wanted, chosen_layers

if TYPE_CHECKING:
    from inspect_ai.model import ChatMessage, GenerateConfig


class Watched(Protocol):
    """A respondent whose model runs in this process and can be looked into."""

    @property
    def engine(self) -> Engine:
        """What answers."""
        ...

    def prepare(
        self, messages: Sequence[ChatMessage], config: GenerateConfig
    ) -> tuple[Ask, Settings]:
        """A conversation as the engine takes it."""
        ...


class _Found(NamedTuple):
    """What was read of one question."""

    taken: Taken
    states: Mapping[str, Mapping[str, Any]]
    media: Mapping[str, Mapping[str, Any]] | None


class _Given(NamedTuple):
    """First tokens of a given answer, and how many of them stand before each site.

    Behind all of them each option would begin by a token of ``options``; none where that tells them
    not apart, None where no options are asked for.
    """

    tokens: tuple[int, ...] = ()
    before: Mapping[str, int] = {}
    options: tuple[int, ...] | None = None


def capture(
    respondent: Watched,
    questions: Sequence[Question],
    folder: Path,
    wanted: Wanted,
    *,
    config: GenerateConfig,
    settings: Mapping[str, Any],
    progress: Callable[[int, int], None] | None = None,
    part_bytes: int = PART_BYTES,
) -> Record:
    """Capture states of all questions that the folder does not have yet.

    Args:
        respondent: whose model.
        questions: first questions, those of a scene together.
        folder: made if absent; of an unfinished capture it is gone on with.
        wanted: layers, sites and the rest.
        config: of generation, as a run has it.
        settings: plain values that say whom was asked what, and how.
        progress: told how many questions are done, and of how many.
        part_bytes: states that are held before they are written, in bytes.

    Returns:
        The record, as it stands in ``capture.json``.

    Raises:
        RunError: the folder holds another capture or is at work; a state is missing, zero or no
            number; media tokens depend on the question though they are shared.
        DataError: a piece of text is not in its prompt; or nothing could be captured.
        OptionError: a layer that the model has not.
        KeyboardInterrupt: stopped; what was captured is kept.
    """
    return _Capture(respondent, wanted, config).run(
        questions, folder, settings, progress, part_bytes
    )


class _Capture:
    """One capture: a model, and what is wanted of it."""

    def __init__(self, respondent: Watched, wanted: Wanted, config: GenerateConfig) -> None:
        self._respondent, self._wanted, self._config = respondent, wanted, config
        self._engine = respondent.engine
        self._loaded = self._engine.loaded
        blocks = Tap(self._loaded).blocks
        layers = chosen_layers(wanted.layers, blocks)
        self._tap = Tap(self._loaded, layers, grid=GRID in wanted.sites)
        self._spelt = Spelt(self._loaded)
        self._failed: dict[str, str] = {}

    def run(
        self,
        questions: Sequence[Question],
        folder: Path,
        settings: Mapping[str, Any],
        progress: Callable[[int, int], None] | None,
        part_bytes: int,
    ) -> Record:
        tap, loaded = self._tap, self._loaded
        told = {
            **settings,
            "answers": self._wanted.answers,
            "spans": digest({item: self._named(item) for item in self._wanted.spans}),
            "forced": digest([dict(self._wanted.forced), dict(self._wanted.ends)])
            if self._wanted.places
            else "",
            **({"options": digest(self._wanted.options)} if self._wanted.options else {}),
            **identity_of(loaded),
        }
        record = Record(
            settings=told,
            layers=tap.layers,
            sites=self._wanted.sites,
            blocks=tap.blocks,
            width=tap.width,
            dtype=self._wanted.dtype,
        )
        record.info = {**_versions(loaded), "asked": len(questions)}
        with Writer(folder, record, part_bytes=part_bytes) as writer:
            left = [one for one in questions if one.item_id not in writer.taken]
            if left:
                self._media_check(questions, record)
            before = len(questions) - len(left)
            done = 0

            def batch(span: slice) -> list[None]:
                nonlocal done
                asked = left[span]
                # Some are taken where memory ran out while a larger batch was being added.
                new = [one for one in asked if one.item_id not in writer.taken]
                for found in self._batch(new, writer):
                    writer.add(*found)
                done += len(asked)
                if progress is not None:
                    progress(before + done, len(questions))
                return [None] * len(asked)

            with self._engine.tapped(tap):
                self._engine.in_batches(len(left), batch)
            record.failed = dict(self._failed)
            record.info["notices"] = list(self._engine.notices)
            if self._failed and not writer.taken:
                item, reason = next(iter(self._failed.items()))
                raise DataError(f"nothing could be captured; item {item}: {reason}")
        return record

    def _media_check(self, questions: Sequence[Question], record: Record) -> None:
        """Check whether clips' media are the same under two questions of each (:mod:`.clips`).

        Once for a folder, unless there are more clips to be checked by now.

        Raises:
            RunError: they are not, and the engine would share them.
        """
        scenes = [one for one in by_scene(questions).values() if len(one) > 1]
        known = record.checks.get("media_tokens")
        if known is not None and known.get("clips", 0) >= min(len(scenes), CHECKED_CLIPS):
            return

        def asks() -> Iterator[tuple[str, Ask, Ask]]:
            for first, *others in spread(scenes, CHECKED_CLIPS):
                with suppress(HandeyeError):  # told when it is its turn
                    one = self._asked(first)[0]
                    # A scene may have several pictures; the furthest question about the same one.
                    again = (self._asked(other)[0] for other in reversed(others))
                    if (
                        second := next((o for o in again if o.media == one.media), None)
                    ) is not None:
                        yield first.scene_id, one, second

        found = clips_alike(self._tap, self._loaded, asks())
        if found["result"] == "differ" and self._engine.shares:
            raise RunError(
                f"the media tokens of {found['at']} change with the question (by "
                f"{found['largest']:.2g}, relative; up to {found['tolerance']:.0e} is equal), so "
                "they cannot be stored once for all questions: capture with -M share=false"
            )
        record.checks["media_tokens"] = found

    def _asked(self, question: Question) -> tuple[Ask, Settings]:
        config = self._config.merge(question.config) if question.config else self._config
        return self._respondent.prepare(question.write().messages, config)

    def _batch(self, questions: Sequence[Question], writer: Writer) -> list[_Found]:
        asked: list[tuple[Question, Ask, Settings]] = []
        for question in questions:
            try:
                asked.append((question, *self._asked(question)))
            except HandeyeError as error:  # one bad file must not cost the others their states
                self._failed[question.item_id] = str(error)
        if not asked:
            return []
        rows = self._engine.shared([ask for _, ask, _ in asked], [told for *_, told in asked])
        if rows is None:
            return [self._whole(*one) for one in asked]
        parts: dict[int, tuple[Row, dict[str, list[int]]]] = {}
        for number, ((question, ask, _), row) in enumerate(zip(asked, rows, strict=True)):
            laid_out = self._laid_out(question, ask, row)
            if laid_out is not None:
                parts[number] = laid_out
        found = dict(zip(parts, self._shared(asked, parts), strict=True)) if parts else {}
        out: list[_Found] = []
        sent: set[str] = set()
        for number, one in enumerate(asked):
            got = found[number] if number in found else self._whole(*one)
            clip = got.taken.clip
            known = clip in sent or writer.has(clip)
            sent.add(clip)
            out.append(got._replace(media=None) if known else got)
        return out

    # ---- run in parts

    def _laid_out(
        self, question: Question, ask: Ask, row: Row
    ) -> tuple[Row, dict[str, list[int]]] | None:
        """A row with its tail as long as its pieces of text need, and their tokens in the tail.

        None where a piece does not stand behind the media.
        """
        spans = self._spans(question)
        if not spans:
            return row, {}
        behind = row.prefix.behind[: row.used - row.prefix.head_tokens]
        whole = replace(row, used=row.prefix.head_tokens, tail=behind + row.tail)
        ids, offsets = self._tokens(ask)
        start = len(ids) - len(whole.tail)
        if start < 0 or tuple(ids[start:]) != whole.tail:
            return None
        found: dict[str, list[int]] = {}
        for name, text in spans.items():
            at = self._tokens_of(question, ask, name, text, ids, offsets)
            if at[0] < start:
                return None
            found[SPAN + name] = [one - start for one in at]
        return whole, found

    def _shared(
        self,
        asked: Sequence[tuple[Question, Ask, Settings]],
        parts: Mapping[int, tuple[Row, dict[str, list[int]]]],
    ) -> list[_Found]:
        given = {number: self._given(asked[number][0]) for number in parts}
        rows = [
            replace(row, tail=row.tail + given[number].tokens, written=[])
            for number, (row, _) in parts.items()
        ]
        widest = max(len(row.tail) for row in rows)
        places = Places()
        groups: list[dict[str, int]] = []
        for place, (number, (row, spans)) in enumerate(parts.items()):
            first = widest - len(rows[place].tail)
            last = first + len(row.tail) - 1
            groups.append(self._own(places, place, last, given[number]))
            for site, tokens in spans.items():
                groups[-1][site] = places.mean(place, [first + one for one in tokens])
        behind = [len(one.tokens) for one in given.values()]
        with self._tap.reading(places) as states:
            tails = run_tails(self._loaded, rows, 1 + max(behind))
        if self._wanted.answers:
            begun = None if any(behind) else tails
            rows = [row for row, _ in parts.values()] if begun is None else rows
            write_answers(self._loaded, rows, begun)
        out: list[_Found] = []
        for place, (number, (row, _)) in enumerate(parts.items()):
            question, ask, _ = asked[number]
            last = -1 - behind[place] if given[number].options is None else -1
            logits = tails.logits[place, last]
            out.append(
                _Found(
                    self._taken(
                        question, ask, logits, rows[place], row.prefix.key, given[number].options
                    ),
                    _of_groups(states, groups[place]),
                    self._media(row.prefix.states) if ask.media else None,
                )
            )
        return out

    # ---- run whole

    def _whole(self, question: Question, ask: Ask, told: Settings) -> _Found:
        given = self._given(question)
        encoded = process(self._loaded, [ask])
        ids: list[int] = encoded["input_ids"][0].tolist()
        places = self._tap.over_media(ids) if ask.media else Places()
        media = range(places.groups)
        groups = self._own(places, 0, len(ids) - 1, given)
        if spans := self._spans(question):
            short, offsets = self._tokens(ask)
            front = common_length(short, ids)
            back = common_length(short[::-1], ids[::-1])
            for name, text in spans.items():
                at = self._tokens_of(question, ask, name, text, short, offsets)
                if at[-1] < front:
                    tokens = at
                elif at[0] >= len(short) - back:
                    tokens = [one + len(ids) - len(short) for one in at]
                else:
                    raise DataError(
                        f"item {question.item_id}: {text[:60]!r} (span {name}) stands between its "
                        "media; spans are read before the first or behind the last"
                    )
                groups[SPAN + name] = places.mean(0, tokens)
        with self._tap.reading(places) as states:
            behind = self._run(longer(encoded, given.tokens), 1 + len(given.tokens))
            logits = behind[0 if given.options is None else -1]
        if self._wanted.answers:
            (row,) = write_plainly(self._loaded, [ask], [told])
        else:
            row = None
        of_media = {layer: one[media.start : media.stop] for layer, one in states.items()}
        clip = f"item {question.item_id}" if ask.media else ""
        return _Found(
            self._taken(question, ask, logits, row, clip, given.options),
            _of_groups(states, groups),
            self._media(of_media) if ask.media else None,
        )

    @torch.inference_mode()
    def _run(self, encoded: Mapping[str, Any], keep: int) -> torch.Tensor:
        """Logits at the last ``keep`` tokens of one question, shape (keep, words)."""
        logits: torch.Tensor = self._loaded.run(keep, **encoded, use_cache=False).logits
        return logits[0, -keep:].float()

    # ---- what both ways have

    def _own(self, places: Places, row: int, last: int, given: _Given) -> dict[str, int]:
        """Groups of a question's own sites: its last token, and those of the given answer."""
        found: dict[str, int] = {}
        if LAST in self._wanted.sites:
            found[LAST] = places.mean(row, [last])
        for site, before in given.before.items():
            found[site] = places.mean(row, [last + before])
        return found

    def _media(self, states: Mapping[str, torch.Tensor]) -> dict[str, dict[str, Any]] | None:
        """Sites of media from what :meth:`Tap.over_media` reads."""
        found: dict[str, dict[str, Any]] = {}
        for layer, one in states.items():
            sites = {MEDIA: one[0].numpy()} if MEDIA in self._wanted.sites else {}
            if GRID in self._wanted.sites and len(one) > 1:
                sites[GRID] = one[1:].numpy()
            if sites:
                found[layer] = sites
        return found or None

    def _taken(
        self,
        question: Question,
        ask: Ask,
        logits: torch.Tensor,
        row: Row | None,
        clip: str,
        options: Sequence[int] | None,
    ) -> Taken:
        where = f"item {question.item_id}"
        if not finite(logits[None])[0] or (row is not None and row.ending == "not_finite"):
            raise RunError(
                f"{where}: the model's numbers overflowed in {self._loaded.dtype} (its logits are "
                "nan or infinite): load it with -M dtype=bfloat16 or dtype=float32"
            )
        answer = ""
        if self._wanted.answers and row is not None:
            answer, _, _ = parts_of(row.text, thoughts_only=True)
        stored = ask.media and {MEDIA, GRID} & set(self._wanted.sites)
        return Taken(
            item_id=question.item_id,
            scene_id=question.scene_id,
            clip=clip if stored else "",
            letters=self._spelt.logprobs(logits, question.letters)
            if options is None
            else tuple(logits.double().cpu().log_softmax(-1)[list(options)].tolist()),
            answer=answer,
            prompt=hashlib.sha256(ask.text.encode()).hexdigest(),
            media=hashlib.sha256("".join(ask.media).encode()).hexdigest() if ask.media else "",
        )

    def _given(self, question: Question) -> _Given:
        """The given answer, as far as it is read."""
        text = self._wanted.forced.get(question.item_id)
        ends = self._wanted.ends.get(question.item_id)
        if text is None or not self._wanted.places:
            return _Given()
        told = self._loaded.tokenizer(
            text, add_special_tokens=False, return_offsets_mapping=ends is not None
        )
        ids = told["input_ids"]
        before: dict[str, int] = {}
        for place in self._wanted.places:
            if ends is None and place <= len(ids):
                before[f"{ANSWER}{place}"] = place
            elif ends is not None and place < len(ends):
                stops = [stop for _, stop in told["offset_mapping"]]
                before[f"{ANSWER}{place}"] = sum(stop <= ends[place] for stop in stops)
        tokens = tuple(ids[: max(before.values(), default=0)])
        return _Given(tokens, before, self._options(question.item_id, str(text), tokens))

    def _options(self, item_id: str, text: str, tokens: tuple[int, ...]) -> tuple[int, ...] | None:
        """The tokens by which options would begin behind the first tokens of a text."""
        options, ends = self._wanted.options.get(item_id, ()), self._wanted.ends.get(item_id, ())
        if not options or not ends:
            return None
        found = []
        for one in options:
            whole = self._loaded.tokenizer(text[: max(ends)] + one, add_special_tokens=False)
            ids = tuple(whole["input_ids"])
            if ids[: len(tokens)] == tokens and len(ids) > len(tokens):
                found.append(ids[len(tokens)])
        return tuple(found) if len(set(found)) == len(options) else ()

    def _spans(self, question: Question) -> dict[str, str]:
        return self._named(question.item_id)

    def _named(self, item_id: str) -> dict[str, str]:
        """The pieces of text of an item that are wanted, by name."""
        named = self._wanted.spans.get(item_id, {})
        return {name: text for name, text in named.items() if SPAN + name in self._wanted.sites}

    def _tokens(self, ask: Ask) -> tuple[list[int], list[tuple[int, int]]]:
        """Ids and places in the text of its tokens, each medium as one placeholder."""
        if not self._loaded.tokenizer.is_fast:
            raise RunError("the model's tokenizer does not tell where tokens stand: no span sites")
        special = adds_special(self._loaded, ask.text)
        told = self._loaded.tokenizer(
            ask.text, add_special_tokens=special, return_offsets_mapping=True
        )
        return list(told["input_ids"]), [tuple(one) for one in told["offset_mapping"]]

    def _tokens_of(
        self,
        question: Question,
        ask: Ask,
        name: str,
        text: str,
        ids: Sequence[int],
        offsets: Sequence[tuple[int, int]],
    ) -> list[int]:
        """Numbers of the tokens in which a piece of text stands, of those of the whole text."""
        media = [stop for one, (_, stop) in zip(ids, offsets, strict=True)
                 if one in self._loaded.media_ids]  # fmt: skip
        at = ask.text.find(text, max(media, default=0)) if text else -1
        at = ask.text.find(text) if at < 0 and text else at
        found = [
            number
            for number, (start, stop) in enumerate(offsets)
            if start < at + len(text) and stop > at >= 0 and stop > start
        ]
        if not found:
            raise DataError(
                f"item {question.item_id}: its prompt does not hold {text[:60]!r} (span {name})"
            )
        return found


def _of_groups(
    states: Mapping[str, torch.Tensor], groups: Mapping[str, int]
) -> dict[str, dict[str, Any]]:
    return {
        layer: {site: one[group].numpy() for site, group in groups.items()}
        for layer, one in states.items()
    }


def _versions(loaded: LocalModel) -> dict[str, Any]:
    import transformers

    return {
        "torch": str(torch.__version__),
        "transformers": transformers.__version__,
        "device": str(loaded.device),
        "path": str(getattr(loaded.model, "name_or_path", "") or ""),
        "taught": taught(loaded),
    }
