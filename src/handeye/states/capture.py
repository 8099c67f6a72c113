"""A local model's own forward pass -> the store: states at layers and sites, letters, its answer.

The engine runs the media of a clip or scene once (:mod:`handeye.respondents.local.prefixes`); the
states of their tokens are read in that pass and stored once for all questions. What stands behind
the media is run for several questions at a time. A question that cannot be run in parts is run
whole, and its media states are then its own.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import torch

from handeye.errors import DataError, HandeyeError, OptionError, RunError, allowed
from handeye.hashing import file_sha256
from handeye.respondents.local.chat import Ask
from handeye.respondents.local.decoding import Row, Settings, finite, run_tails, write_answers
from handeye.respondents.local.engine import Engine
from handeye.respondents.local.loading import LocalModel
from handeye.respondents.local.plain import write_plainly
from handeye.respondents.local.prompts import adds_special, common_length, process
from handeye.respondents.local.taps import EMBEDDING, FINAL, Places, Tap, is_causal, layer_names
from handeye.run.letters import option_of
from handeye.run.questions import Question, by_scene
from handeye.run.thoughts import parts_of
from handeye.states.store import PART_BYTES, Record, Taken, Writer

if TYPE_CHECKING:
    from inspect_ai.model import ChatMessage, GenerateConfig

LAST, MEDIA, GRID, SPAN, ANSWER = "last", "media", "grid", "span:", "answer:"
CHECKED_CLIPS = 16
"""Clips whose media tokens are compared under two of their questions."""
TOLERANCE = {torch.float32: 1e-5, torch.bfloat16: 1e-2, torch.float16: 1e-2}
"""Largest relative difference of a media token between questions that is called equal."""
_CHECKED_TOKENS = 256


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


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is captured of every question.

    Attributes:
        layers: ``all``, ``second`` (embedding, every second block and the last, final), or names
            and numbers of blocks with commas between them: ``embedding,0,block.05,final``.
        sites: as :class:`handeye.states.store.States` has them.
        dtype: of the store.
        answers: whether the model also writes its own answer, greedily.
        spans: pieces of the prompt by item and name, for sites ``span:NAME``. The first place
            behind the media where one stands is taken, or the first at all.
        forced: the given answer by item, for sites ``answer:K``.
    """

    layers: str = "all"
    sites: tuple[str, ...] = (LAST, MEDIA)
    dtype: str = "float16"
    answers: bool = False
    spans: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    forced: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse sites that are none.

        Raises:
            OptionError: names the site and what there is.
        """
        if not self.sites:
            raise OptionError("no site is named; there are last, media, grid, span:NAME, answer:K")
        for site in self.sites:
            if not (site in (LAST, MEDIA, GRID) or re.fullmatch(r"span:.+|answer:\d+", site)):
                known = (LAST, MEDIA, GRID, "span:NAME", "answer:K")
                raise OptionError(f"no site is called {site!r}{allowed(site, known)}")
        if self.sites != tuple(dict.fromkeys(self.sites)):
            raise OptionError("a site is named twice")

    @property
    def places(self) -> tuple[int, ...]:
        """K of the sites ``answer:K``."""
        return tuple(int(one.removeprefix(ANSWER)) for one in self.sites if one.startswith(ANSWER))


def chosen_layers(wanted: str, blocks: int) -> tuple[str, ...]:
    """The layers that :attr:`Wanted.layers` means, of a model of so many blocks.

    Raises:
        OptionError: there is none of that name.
    """
    names = layer_names(blocks)
    if wanted == "all":
        return names
    if wanted == "second":
        kept = {f"block.{number:02d}" for number in range(blocks - 1, -1, -2)}
        return tuple(name for name in names if name in {EMBEDDING, FINAL} | kept)
    found: set[str] = set()
    for one in filter(None, (part.strip() for part in wanted.split(","))):
        name = f"block.{int(one.removeprefix('block.')):02d}" if _numbered(one) else one
        if name not in names:
            raise OptionError(
                f"no layer {one!r}: the model has embedding, blocks 0 to {blocks - 1} and final"
            )
        found.add(name)
    if not found:
        raise OptionError("no layer is named; give all, second, or names such as embedding,0,final")
    return tuple(name for name in names if name in found)


def _numbered(name: str) -> bool:
    return bool(re.fullmatch(r"(block\.)?\d+", name))


class _Found(NamedTuple):
    """What was read of one question."""

    taken: Taken
    states: Mapping[str, Mapping[str, Any]]
    media: Mapping[str, Mapping[str, Any]] | None


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
        self._spelt: dict[tuple[str, ...], list[torch.Tensor]] = {}
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
            "spans": _digest(self._wanted.spans),
            "forced": _digest(self._wanted.forced),
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
        record.info = _versions(loaded)
        with Writer(folder, record, part_bytes=part_bytes) as writer:
            left = [one for one in questions if one.item_id not in writer.taken]
            if left and "media_tokens" not in record.checks:
                record.checks["media_tokens"] = self.media_check(questions)
            before = len(questions) - len(left)
            done = 0

            def batch(span: slice) -> list[None]:
                nonlocal done
                asked = left[span]
                for found in self._batch(asked, writer):
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
        forced = {number: self._forced(asked[number][0]) for number in parts}
        rows = [
            replace(row, tail=row.tail + forced[number], written=[])
            for number, (row, _) in parts.items()
        ]
        widest = max(len(row.tail) for row in rows)
        places = Places()
        groups: list[dict[str, int]] = []
        for place, (number, (row, spans)) in enumerate(parts.items()):
            first = widest - len(rows[place].tail)
            last = first + len(row.tail) - 1
            groups.append(self._own(places, place, last, len(forced[number])))
            for site, tokens in spans.items():
                groups[-1][site] = places.mean(place, [first + one for one in tokens])
        keep = 1 + max(len(tokens) for tokens in forced.values())
        with self._tap.reading(places) as states:
            tails = run_tails(self._loaded, rows, keep)
        logits = [
            tails.logits[place, -1 - len(forced[number])] for place, number in enumerate(parts)
        ]
        if self._wanted.answers:
            begun = None if any(forced.values()) else tails
            rows = [row for row, _ in parts.values()] if begun is None else rows
            write_answers(self._loaded, rows, begun)
        out: list[_Found] = []
        for place, (number, (row, _)) in enumerate(parts.items()):
            question, ask, _ = asked[number]
            out.append(
                _Found(
                    self._taken(question, ask, logits[place], rows[place], row.prefix.key),
                    _of_groups(states, groups[place]),
                    self._media(row.prefix.states) if ask.media else None,
                )
            )
        return out

    # ---- run whole

    def _whole(self, question: Question, ask: Ask, told: Settings) -> _Found:
        forced = self._forced(question)
        encoded = process(self._loaded, [ask])
        ids: list[int] = encoded["input_ids"][0].tolist()
        places = self._tap.over_media(ids) if ask.media else Places()
        media = range(places.groups)
        groups = self._own(places, 0, len(ids) - 1, len(forced))
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
            logits = self._run(_longer(encoded, forced), 1 + len(forced))
        if self._wanted.answers:
            (row,) = write_plainly(self._loaded, [ask], [told])
        else:
            row = None
        of_media = {layer: one[media.start : media.stop] for layer, one in states.items()}
        clip = f"item {question.item_id}" if ask.media else ""
        return _Found(
            self._taken(question, ask, logits[-1 - len(forced)], row, clip),
            _of_groups(states, groups),
            self._media(of_media) if ask.media else None,
        )

    @torch.inference_mode()
    def _run(self, encoded: Mapping[str, Any], keep: int) -> torch.Tensor:
        """Logits at the last ``keep`` tokens of one question, shape (keep, words)."""
        logits: torch.Tensor = self._loaded.run(keep, **encoded, use_cache=False).logits
        return logits[0, -keep:].float()

    # ---- what both ways have

    def _own(self, places: Places, row: int, last: int, forced: int) -> dict[str, int]:
        """Groups of a question's own sites: its last token, and those of the given answer."""
        found: dict[str, int] = {}
        if LAST in self._wanted.sites:
            found[LAST] = places.mean(row, [last])
        for place in self._wanted.places:
            if place <= forced:
                found[f"{ANSWER}{place}"] = places.mean(row, [last + place])
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
        self, question: Question, ask: Ask, logits: torch.Tensor, row: Row | None, clip: str
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
            letters=self._letters(logits, question.letters),
            answer=answer,
            prompt=hashlib.sha256(ask.text.encode()).hexdigest(),
            media=hashlib.sha256("".join(ask.media).encode()).hexdigest() if ask.media else "",
        )

    def _letters(self, logits: torch.Tensor, options: Sequence[str]) -> tuple[float | None, ...]:
        """Log-probability of each option at the first place of the answer, over its spellings."""
        if not options:
            return ()
        key = tuple(options)
        if key not in self._spelt:
            named: dict[str, list[int]] = {one: [] for one in options}
            for text, token in self._loaded.tokenizer.get_vocab().items():
                if (option := option_of(text, options)) is not None:
                    named[option].append(token)
            self._spelt[key] = [
                torch.tensor(sorted(one), dtype=torch.long) for one in named.values()
            ]
        shares = logits.double().cpu().log_softmax(-1)
        return tuple(
            float(shares[tokens].logsumexp(0)) if len(tokens) else None
            for tokens in self._spelt[key]
        )

    def _forced(self, question: Question) -> tuple[int, ...]:
        """The given answer's first tokens, as many as are read."""
        text = self._wanted.forced.get(question.item_id, "")
        if not (self._wanted.places and text):
            return ()
        ids = self._loaded.tokenizer(text, add_special_tokens=False)["input_ids"]
        return tuple(ids[: max(self._wanted.places)])

    def _spans(self, question: Question) -> dict[str, str]:
        named = self._wanted.spans.get(question.item_id, {})
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

    # ---- the check of the media tokens

    def media_check(self, questions: Sequence[Question]) -> dict[str, Any]:
        """Whether the media tokens of a clip are equal under its different questions.

        Each of :data:`CHECKED_CLIPS` clips is run whole under two of its questions, nothing shared;
        differences are relative, ``|a - b| / max(|a|, |b|)`` of a token's state, the largest over
        tokens and layers. Clips that stand beside each other in the set, such as siblings, are
        compared by the mean over their media.

        Returns:
            ``result``: ``equal``, ``differ``, or ``not applicable`` with ``why``; the figures.

        Raises:
            RunError: they differ, and the engine would share them.
        """
        pairs = [(one[0], one[-1]) for one in by_scene(questions).values() if len(one) > 1]
        if not pairs:
            return {"result": "not applicable", "why": "no clip has two questions"}
        if not is_causal(self._loaded):
            return {"result": "not applicable", "why": "media look at the words behind them"}
        limit = TOLERANCE.get(self._loaded.dtype, 1e-2)
        largest, at, compared = 0.0, "", 0
        means: list[tuple[str, str, torch.Tensor]] = []
        for first, second in _spread(pairs, CHECKED_CLIPS):
            try:
                asks = [self._asked(one)[0] for one in (first, second)]
            except HandeyeError:
                continue  # told when it is its turn
            if not asks[0].media:
                continue
            known = [self._media_tokens(ask) for ask in asks]
            if known[0] is None or known[1] is None or known[0][0] != known[1][0]:
                return {"result": "not applicable", "why": "the question stands before the media"}
            one, other = known[0][1], known[1][1]
            apart = float(_apart(one, other).max())
            compared += 1
            if apart > largest:
                largest, at = apart, first.item_id
            means.append((first.scene_id, "".join(asks[0].media), one.mean(1)))
        if not compared:
            return {"result": "not applicable", "why": "nothing is shown beside the words"}
        between = [
            (float(_apart(one, other).max()), [name, beside])
            for (name, shown, one), (beside, also, other) in pairwise(means)
            if shown != also
        ]
        found = {
            "result": "equal" if largest <= limit else "differ",
            "clips": compared,
            "largest": largest,
            "tolerance": limit,
            "between_clips": {
                "pairs": len(between),
                "smallest": min(between)[0] if between else None,
                "alike": [names for apart, names in between if apart <= limit],
            },
        }
        if found["result"] == "differ" and self._engine.shares:
            raise RunError(
                f"the media tokens of item {at}'s clip change with the question (by {largest:.2g}, "
                f"relative; equal is up to {limit:.0e}), so they cannot be stored once for all of "
                "them: capture with -M share=false"
            )
        return found

    def _media_tokens(self, ask: Ask) -> tuple[list[int], torch.Tensor] | None:
        """All ids up to the end of the media, and states of some media tokens.

        States have the shape (layers, tokens, width); None where no token stands for media.
        """
        encoded = process(self._loaded, [ask])
        ids: list[int] = encoded["input_ids"][0].tolist()
        pieces = self._loaded.picture_ids | self._loaded.sound_ids
        media = [at for at, one in enumerate(ids) if one in pieces]
        if not media:
            return None
        places = Places()
        for at in _spread(media, _CHECKED_TOKENS):
            places.mean(0, [at])
        with self._tap.reading(places) as states:
            self._run(encoded, 1)
        return ids[: media[-1] + 1], torch.stack(list(states.values()))


def _apart(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """Relative differences of states (..., width)."""
    size = torch.maximum(one.norm(dim=-1), other.norm(dim=-1)).clamp_min(1e-30)
    return (one - other).norm(dim=-1) / size


def _spread(things: Sequence[Any], most: int) -> list[Any]:
    """Up to so many things, in twos that stand beside each other, evenly over all."""
    if len(things) <= most:
        return list(things)
    step = (len(things) - 2) / max(1, most // 2 - 1)
    starts = sorted({round(number * step) for number in range(most // 2)})
    return [things[at] for at in sorted({at for start in starts for at in (start, start + 1)})]


def _of_groups(
    states: Mapping[str, torch.Tensor], groups: Mapping[str, int]
) -> dict[str, dict[str, Any]]:
    return {
        layer: {site: one[group].numpy() for site, group in groups.items()}
        for layer, one in states.items()
    }


def _longer(encoded: Mapping[str, Any], forced: Sequence[int]) -> dict[str, Any]:
    """A question with the first tokens of an answer behind it; what marks tokens marks text."""
    if not forced:
        return dict(encoded)
    length = encoded["input_ids"].shape[1]
    out: dict[str, Any] = {}
    for name, value in encoded.items():
        if value.shape != (1, length) or value.is_floating_point():
            out[name] = value
            continue
        fill = (
            list(forced) if name == "input_ids" else [int(name == "attention_mask")] * len(forced)
        )
        more = torch.tensor([fill], dtype=value.dtype, device=value.device)
        out[name] = torch.cat([value, more], dim=1)
    return out


# ---- what makes two captures the same


def identity_of(loaded: LocalModel) -> dict[str, str]:
    """Family, dtype, checkpoint and processor of a model: what its states hang on.

    ``checkpoint`` is the commit on the Hub, or the SHA-256 of the folder's weights; of a model that
    was never saved, of its weights in memory.
    """
    config = loaded.model.config
    commit = getattr(config, "_commit_hash", None)
    return {
        "family": type(loaded.model).__name__,
        "model_dtype": str(loaded.dtype).removeprefix("torch."),
        "checkpoint": commit or _weights(loaded.model),
        "processor": _processor(loaded.processor),
    }


def _weights(model: Any) -> str:
    folder = Path(str(getattr(model, "name_or_path", "") or ""))
    files = sorted(folder.glob("*.safetensors")) if folder.name and folder.is_dir() else []
    told = hashlib.sha256()
    for file in files:
        told.update(f"{file.name} {file_sha256(file)}\n".encode())
    if not files:
        for name, one in sorted(model.state_dict().items()):
            told.update(name.encode())
            told.update(one.detach().float().cpu().numpy().tobytes())
    return told.hexdigest()


def _processor(processor: Any) -> str:
    tokenizer = processor.tokenizer
    words = (
        tokenizer.backend_tokenizer.to_str()
        if tokenizer.is_fast
        else sorted(tokenizer.get_vocab().items())
    )
    template = getattr(processor, "chat_template", None) or tokenizer.chat_template
    parts = [processor.to_dict(), words, template]
    return _digest(parts)


def _digest(value: Any) -> str:
    if not value:
        return ""
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _versions(loaded: LocalModel) -> dict[str, Any]:
    import transformers

    return {
        "torch": str(torch.__version__),
        "transformers": transformers.__version__,
        "device": str(loaded.device),
    }
